"""The page: one file a tab, handlers are plain functions. Widgets live here, and the endpoints that gradio_client calls."""
