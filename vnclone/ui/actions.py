"""What a click in an HTML component asked for: data-* attributes of the button, as the browser sent them."""

from __future__ import annotations

import gradio as gr


def asked(event: gr.EventData, name: str, default: str = "") -> str:
    """One value as text, whatever the browser sent; `default` when it is not there."""
    data = event._data if isinstance(event._data, dict) else {}
    value = data.get(name, default)
    return value if isinstance(value, str) else str(value)


def asked_number(event: gr.EventData, name: str, default: int = 0) -> int:
    """One value as a whole number; `default` for anything that is none."""
    text = asked(event, name)
    return int(text) if text.isascii() and text.isdigit() and len(text) < 10 else default


def asked_yes(event: gr.EventData, name: str) -> bool:
    return asked(event, name).lower() in ("true", "1", "on")


def asked_files(event: gr.EventData, name: str) -> list[tuple[str, str]]:
    """(path, the person's name for it) of uploaded files; nothing where something else was sent."""
    data = event._data if isinstance(event._data, dict) else {}
    files = data.get(name)
    found = [file for file in files if isinstance(file, dict)] if isinstance(files, list) else []
    return [(str(file.get("path", "")), str(file.get("filename", ""))) for file in found]
