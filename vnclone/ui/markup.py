"""Pieces of HTML that several tabs share. Whatever a person wrote goes through `e` on its way in."""

from __future__ import annotations

from collections.abc import Iterable
from html import escape
from typing import Any

import gradio as gr

from vnclone.ui.formatting import date
from vnclone.ui.words import say

# Buttons with data-action, forms with data-form and players: assets/page.js finds them inside the component.
MOUNT = "window.vnclone.mount(element, trigger, watch)"
# After the handler of a button that also leads to another tab: what it chose is there before the tab is opened.
ARRIVE = "() => window.vnclone.arrive()"
TONES = {"ready": "good", "completed": "good", "failed": "bad", "cancelled": "quiet"}


def e(text: object) -> str:
    """Escaped for a text node and for a quoted attribute alike."""
    return escape(str(text), quote=True)


def block(elem_id: str, **options: Any) -> gr.HTML:
    """An HTML component whose buttons and forms call `.click` and `.submit` handlers."""
    return gr.HTML(elem_id=elem_id, js_on_load=MOUNT, apply_default_css=False, padding=False, **options)


def button(text: str, action: str = "", kind: str = "quiet", **data: object) -> str:
    """A button of type button; `data` becomes data-* attributes, which its handler receives.

    But for `label`, `expanded` and `current`, which tell a screen reader more than the text does.
    """
    spoken = {name: data.pop(name) for name in ("label", "expanded", "current") if name in data}
    aria = "".join(f' aria-{name}="{e(value)}"' for name, value in spoken.items())
    attributes = "".join(f' data-{name.replace("_", "-")}="{e(value)}"' for name, value in data.items())
    acts = f' data-action="{e(action)}"' if action else ""
    return f'<button type="button" class="v-button v-{kind}"{acts}{attributes}{aria}>{e(text)}</button>'


def badge(status: str, language: str) -> str:
    tone = TONES.get(status, "busy")
    return f'<span class="v-badge v-{tone}">{e(say(f"status_{status}", language))}</span>'


def facts(*parts: str) -> str:
    """A line of small facts; empty ones are left out. The parts are HTML already."""
    return '<p class="v-facts">' + "".join(f"<span>{part}</span>" for part in parts if part) + "</p>"


def when(moment: str, language: str) -> str:
    return f'<time datetime="{e(moment)}">{e(date(moment, language))}</time>'


def bar(percent: int, label: str) -> str:
    """A progress bar; `percent` 0-100."""
    return (
        f'<div class="v-bar" role="progressbar" aria-label="{e(label)}" aria-valuemin="0" aria-valuemax="100"'
        f' aria-valuenow="{percent}"><span style="width:{percent}%"></span></div>'
    )


def notice(text: str, tone: str = "bad") -> str:
    """A sentence that stands out; a screen reader speaks it at once."""
    role = "alert" if tone == "bad" else "status"
    return f'<p class="v-notice v-{tone}" role="{role}">{e(text)}</p>' if text else ""


def empty(title: str, next_step: str, action: str = "") -> str:
    """What a list shows before anything is in it; `action` is HTML."""
    return f'<div class="v-empty"><p class="v-empty-title">{e(title)}</p><p>{e(next_step)}</p>{action}</div>'


def goto(label: str, tab: str, kind: str = "primary", action: str = "", **data: object) -> str:
    """A button that opens another tab, in the browser alone unless it also has an action."""
    return button(label, action, kind, goto=tab, **data)


def warnings(sentences: Iterable[str]) -> str:
    """What a person should know before going on, each in a line of its own; nothing where there is nothing."""
    return "".join(f'<p class="v-notice v-fair">{e(sentence)}</p>' for sentence in sentences)


def error_line(text: str | None) -> str:
    return f'<p class="v-error">{e(text)}</p>' if text else ""


def live(text: str) -> str:
    """The line that a screen reader speaks when it changes; for the eye the same is in the cards."""
    return f'<p class="v-hidden" role="status">{e(text)}</p>'
