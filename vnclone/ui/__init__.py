"""The page and what gradio_client calls: one file a tab, handlers are plain functions. Widgets live here."""
