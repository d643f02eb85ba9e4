"""The look: one accent colour, warm neutral greys, Be Vietnam Pro in every weight, light and dark."""

from __future__ import annotations

from pathlib import Path
from typing import Any

ASSETS = Path(__file__).resolve().parent.parent.parent / "assets"
LOGO = ASSETS / "logo.svg"
STYLES = ("page.css", "player.css", "documents.css", "lexicon.css")
SCRIPTS = ("player.js", "readalong.js", "page.js", "keep.js")  # in the order in which they know of each other
FAMILY = "Be Vietnam Pro"
WEIGHTS = (400, 600, 700)
# Google Fonts' division of the family: a browser fetches only the files whose letters are on the page. Of two that
# have a letter the last one is taken: Vietnamese comes last, so that ă, đ, ơ and ư need no latin-ext.
RANGES = {
    "latin-ext": "U+0100-02BA,U+02BD-02C5,U+02C7-02CC,U+02CE-02D7,U+02DD-02FF,U+0304,U+0308,U+0329,U+1D00-1DBF,"
    "U+1E00-1E9F,U+1EF2-1EFF,U+2020,U+20A0-20AB,U+20AD-20C0,U+2113,U+2C60-2C7F,U+A720-A7FF",
    "latin": "U+0000-00FF,U+0131,U+0152-0153,U+02BB-02BC,U+02C6,U+02DA,U+02DC,U+0304,U+0308,U+0329,U+2000-206F,"
    "U+20AC,U+2122,U+2191,U+2193,U+2212,U+2215,U+FEFF,U+FFFD",
    "vietnamese": "U+0102-0103,U+0110-0111,U+0128-0129,U+0168-0169,U+01A0-01A1,U+01AF-01B0,U+0300-0301,U+0303-0304,"
    "U+0308-0309,U+0323,U+0329,U+1EA0-1EF9,U+20AB",
}


def head() -> str:
    """Styles and script for the page's <head>. Not `css=`: Gradio rewrites that and loses nested rules and ranges."""
    css = "".join((ASSETS / name).read_text(encoding="utf-8") for name in STYLES)
    scripts = "".join(f"<script>{(ASSETS / name).read_text(encoding='utf-8')}</script>" for name in SCRIPTS)
    return f"<style>{font_faces()}\n{css}</style>\n{scripts}"


def font_faces() -> str:
    """The nine files of the family, served from our own assets."""
    return "\n".join(
        f"@font-face{{font-family:'{FAMILY}';font-style:normal;font-weight:{weight};font-display:swap;"
        f"src:url(/assets/fonts/be-vietnam-pro-{subset}-{weight}-normal.woff2) format('woff2');"
        f"unicode-range:{letters}}}"
        for subset, letters in RANGES.items()
        for weight in WEIGHTS
    )


def theme() -> Any:
    """Gradio's own components in the same colours as page.css, which takes its colours from this theme's variables."""
    import gradio as gr
    from gradio.themes.utils import colors, fonts

    base = gr.themes.Base(
        primary_hue=colors.teal,
        secondary_hue=colors.teal,
        neutral_hue=colors.stone,
        text_size=gr.themes.sizes.text_md,
        radius_size=gr.themes.sizes.radius_lg,
        font=[fonts.Font(FAMILY), fonts.Font("system-ui"), fonts.Font("sans-serif")],
        font_mono=[fonts.Font("ui-monospace"), fonts.Font("monospace")],
    )
    return base.set(**_surfaces(), **_controls())


def _surfaces() -> dict[str, str]:
    return {
        "body_background_fill": "#faf9f7",
        "body_background_fill_dark": "#141312",
        "body_text_color": "#292524",
        "body_text_color_dark": "#ece9e6",
        "body_text_color_subdued": "#625b55",
        "body_text_color_subdued_dark": "#b3aca5",
        "background_fill_primary": "#ffffff",
        "background_fill_primary_dark": "#1e1c1b",
        "background_fill_secondary": "#f5f3f0",
        "background_fill_secondary_dark": "#272524",
        "border_color_primary": "#e3dfda",
        "border_color_primary_dark": "#3a3633",
        "block_background_fill": "transparent",
        "block_background_fill_dark": "transparent",
        "block_border_width": "0px",
        "block_padding": "0px",
        "block_shadow": "none",
        "block_label_background_fill": "transparent",
        "block_label_background_fill_dark": "transparent",
        "block_title_text_weight": "600",
        "block_title_text_color": "*body_text_color",
        "block_title_text_color_dark": "*body_text_color",
        "panel_border_width": "0px",
        "layout_gap": "16px",
    }


def _controls() -> dict[str, str]:
    return {
        "input_background_fill": "#ffffff",
        "input_background_fill_dark": "#171615",
        "input_border_color": "#cfc9c2",
        "input_border_color_dark": "#4b4641",
        "input_border_width": "1px",
        "input_shadow": "none",
        "input_radius": "10px",
        "button_primary_background_fill": "#0f766e",
        "button_primary_background_fill_hover": "#115e59",
        "button_primary_background_fill_dark": "#2dd4bf",
        "button_primary_background_fill_hover_dark": "#5eead4",
        "button_primary_text_color": "#ffffff",
        "button_primary_text_color_dark": "#06302c",
        "button_large_radius": "10px",
        "button_large_text_weight": "600",
        "color_accent": "#0f766e",
        "slider_color": "#0f766e",
        "slider_color_dark": "#2dd4bf",
        "checkbox_background_color_selected": "#0f766e",
        "checkbox_background_color_selected_dark": "#0f766e",
        "checkbox_label_background_fill": "*input_background_fill",
        "checkbox_label_background_fill_dark": "*input_background_fill",
        "checkbox_label_background_fill_hover": "*background_fill_secondary",
        "checkbox_label_background_fill_hover_dark": "*background_fill_secondary",
        "checkbox_label_background_fill_selected": "*primary_50",
        "checkbox_label_background_fill_selected_dark": "#123c39",
    }
