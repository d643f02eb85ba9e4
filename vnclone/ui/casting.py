"""A voice for each chapter of a document: a list of chapters with a choice each, where there is anything to choose."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import gradio as gr

from vnclone.models import Chapter, Document
from vnclone.ui.actions import asked
from vnclone.ui.door import door
from vnclone.ui.markup import block, e
from vnclone.ui.words import say

Voices = list[tuple[str, str]]  # (name, id), as a dropdown has them
NOBODY: tuple[str, dict[str, str]] = ("", {})  # (a document's id, voices' ids by chapter); they are for that one alone


class Casting:
    """The list is HTML: a dropdown of Gradio's for each of a hundred chapters would be slow to draw."""

    def __init__(self) -> None:
        self.chosen = gr.State(NOBODY)
        self.block = block("generate-cast")
        self.block.click(
            door(assigned), self.chosen, self.chosen, show_progress="hidden", api_visibility="private", queue=False
        )


def assigned(chosen: Any, event: gr.EventData, request: gr.Request) -> tuple[str, dict[str, str]]:
    """A choice in the list."""
    document, chapter, voice = asked(event, "document"), asked(event, "chapter"), asked(event, "value")
    voices = voices_of(chosen, document) | {chapter: voice}
    return document, {number: voice for number, voice in voices.items() if voice}


def voices_of(chosen: Any, document: str) -> dict[str, str]:
    """What was chosen for this very document: voice ids by the chapter's number, from 0."""
    return dict(chosen[1]) if chosen and chosen[0] == document else {}


def html(document: Document | None, voices: Voices, chosen: Any, language: str) -> str:
    """The list, folded; nothing with a single chapter or a single voice."""
    chapters = [(n, chapter) for n, chapter in enumerate(document.chapters) if chapter.included] if document else []
    if document is None or len(chapters) < 2 or len(voices) < 2:
        return ""
    cast = voices_of(chosen, document.id)
    rows = "".join(_row(document.id, n, chapter, voices, cast.get(str(n), ""), language) for n, chapter in chapters)
    return (
        f'<details class="v-more v-cast" id="cast-{e(document.id)}">'
        f"<summary>{e(say('cast', language, count=len(chapters)))}</summary>"
        f'<div><p class="v-hint">{e(say("cast_hint", language))}</p>'
        f'<div class="v-cast-list">{rows}</div></div></details>'
    )


def _row(document: str, number: int, chapter: Chapter, voices: Voices, chosen: str, language: str) -> str:
    title = chapter.title or say("chapter_untitled", language, number=number + 1)
    offered: Sequence[tuple[str, str]] = [(say("cast_common", language), ""), *voices]
    value = chosen if chosen in (id for _, id in voices) else ""
    options = "".join(
        f'<option value="{e(id)}"{" selected" if id == value else ""}>{e(name)}</option>' for name, id in offered
    )
    label = e(say("cast_label", language, title=title))
    return (
        f'<label><span>{e(title)}</span><select aria-label="{label}" data-action="cast" data-document="{e(document)}"'
        f' data-chapter="{number}" data-chosen="{e(value)}">{options}</select></label>'
    )
