"""Paragraphs of an opened document: each can be corrected in its place, left out, and taken back."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from typing import Any

from vnclone.models import Document, Paragraph
from vnclone.services.editing import mark
from vnclone.ui.markup import button, e
from vnclone.ui.words import say

Placed = tuple[int, int, Paragraph]  # its chapter, its number there, itself
_KINDS = {
    "footnote": "kind_footnote",
    "speaker note": "kind_speaker_note",
    "caption": "kind_caption",
    "table row": "kind_table_row",
}


def paragraphs(found: Iterable[Placed], skipped: Sequence[str], language: str) -> str:
    """These paragraphs one under another; those of the `skipped` kinds are shown as not read."""
    shown = "".join(_paragraph(chapter, at, p, skipped, language) for chapter, at, p in found)
    return f'<div class="v-paragraphs">{shown}</div>'


def on_page(document: Document, page: int) -> list[Placed]:
    """The paragraphs that begin on this page, of all chapters."""
    return [
        (chapter, at, paragraph)
        for chapter, found in enumerate(document.chapters)
        for at, paragraph in enumerate(found.paragraphs)
        if paragraph.page == page
    ]


def editor_words(language: str) -> str:
    """What the script's box to write in says, as JSON: once for the whole document, not once a paragraph."""
    keys = ("edit_label", "edit_hint", "edit_split", "edit_heading", "edit_body", "save", "cancel")
    blanks = {"edit_label": {"number": "{number}"}}
    words = {key: say(key, language, **blanks.get(key, {})) for key in keys}
    words |= {key: say(key, language, text="{text}") for key in ("edit_original", "edit_elsewhere")}
    return json.dumps(words, ensure_ascii=False)


def _paragraph(chapter: int, at: int, found: Paragraph, skipped: Sequence[str], language: str) -> str:
    states = {
        "v-heading": found.kind == "heading",
        "v-gone": not found.text,
        "v-changed": bool(found.text) and found.original is not None,
        "v-skipped": found.kind in skipped,
    }
    classes = " ".join(["v-paragraph", *(name for name, on in states.items() if on)])
    return f'<div class="{classes}">{_text(found, skipped, language)}{_buttons(chapter, at, found, language)}</div>'


def _text(found: Paragraph, skipped: Sequence[str], language: str) -> str:
    """The words; of what was left out, what the document says, struck through."""
    tags = [say(_KINDS[found.kind], language)] if found.kind in _KINDS else []
    if not found.text:
        gone = f'<span class="v-hidden">{e(say("paragraph_gone", language))} </span>'
        return f"<p>{gone}<del>{e(found.original)}</del></p>"
    tags += [say("paragraph_skipped", language)] if found.kind in skipped else []
    tags += [say("paragraph_changed", language)] if found.original is not None else []
    label = f'<span class="v-tag">{e(" · ".join(tags))}</span>' if tags else ""
    return f"<p>{e(found.text)}</p>{label}"


def _buttons(chapter: int, at: int, found: Paragraph, language: str) -> str:
    place: dict[str, Any] = {"chapter": chapter, "paragraph": at, "mark": mark(found)}
    restore = edit = ""
    if found.original is not None:
        label = say("restore_label", language, number=at + 1)
        restore = button(say("restore", language), "restore", label=label, **place)
    if found.text:
        more: dict[str, Any] = {"original": found.original} if found.original is not None else {}
        label = say("edit_label", language, number=at + 1)
        edit = button(say("edit", language), label=label, edit="", kind_of=found.kind, **place, **more)
    return restore + edit
