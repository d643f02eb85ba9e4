"""One document opened: which chapters are read, and its paragraphs, each of which can be corrected."""

from __future__ import annotations

import hashlib
import secrets
from typing import Any

from vnclone.errors import Conflict
from vnclone.models import Chapter, Document, Paragraph
from vnclone.text.chunks import estimate_seconds
from vnclone.ui.formatting import number, rough_length
from vnclone.ui.markup import button, e, facts, goto, notice, warnings
from vnclone.ui.words import WORDS, say

SHOWN_AT_ONCE = 80  # paragraphs; a chapter of a long book stays light


def page(document: Document, pace: float, language: str, opened: int = -1, limit: int = 0, error: str = "") -> str:
    """The document with chapter number `opened` unfolded (-1: none), `limit` paragraphs of it (0: the first ones)."""
    limit = max(limit, SHOWN_AT_ONCE)
    chapters = "".join(
        chapter(document, index, language, opened, limit if index == opened else 0)
        for index in range(len(document.chapters))
    )
    back = button(f"← {say('back', language)}", "close", "link", id=document.id)
    use = goto(say("use_document", language), "generate", action="use", id=document.id)
    told = warnings(note.in_(language) for note in document.notes)
    return (
        f'<section class="v-card v-reading" data-scroll="{e(document.id)}" data-opened="{opened}" data-limit="{limit}"'
        f' data-answer="{secrets.token_hex(4)}">{back}<div class="v-head">'
        f"<h2>{e(document.title or document.filename)}</h2>{use}</div>"
        f"{facts(*included(document, pace, language))}{notice(error)}{told}"
        f'<p class="v-hint">{e(say("chapters_hint", language))}</p>{chapters}</section>'
    )


def included(document: Document, pace: float, language: str) -> list[str]:
    """Words that will be read, and about how long that takes, as HTML."""
    count = sum(words_of(chapter) for chapter in document.chapters if chapter.included)
    time = rough_length(estimate_seconds(count, pace), language)
    words = say("words", language, count=number(count, language))
    about = say("about", language, time=time) if count else ""
    return [e(part) for part in (document.filename, words, about) if part]


def words_of(chapter: Chapter) -> int:
    return sum(len(paragraph.text.split()) for paragraph in chapter.paragraphs)


def chapter(document: Document, index: int, language: str, opened: int, limit: int) -> str:
    """One chapter: a box that says whether it is read, its title, and `limit` of its paragraphs (0: folded)."""
    found = document.chapters[index]
    title = found.title or say("chapter_untitled", language, number=index + 1)
    if len(document.chapters) == 1 and not found.title:
        title = say("chapter_text", language)
    checked = " checked" if found.included else ""
    box = (
        f'<input type="checkbox" data-action="include" data-id="{e(document.id)}" data-chapter="{index}"'
        f' data-opened="{opened}"{checked}'
        f' aria-label="{e(say("chapter_read", language, title=title))}">'
    )
    count = say("words", language, count=number(words_of(found), language))
    fold = _fold(document, index, language, bool(limit))
    body = f'<div class="v-paragraphs">{paragraphs(document, index, language, limit)}</div>' if limit else ""
    state = "" if found.included else " v-left-out"
    head = f'<div class="v-chapter-head">{box}<h3>{e(title)}</h3><span class="v-hint">{e(count)}</span>{fold}</div>'
    return f'<section class="v-chapter{state}">{head}{body}</section>'


def paragraphs(document: Document, index: int, language: str, limit: int) -> str:
    """The first `limit` paragraphs of a chapter, and a button for the rest."""
    found = document.chapters[index].paragraphs
    shown = "".join(paragraph(p, document.id, index, at, language, limit) for at, p in enumerate(found[:limit]))
    left = len(found) - limit
    if left > 0:
        label = say("paragraphs_more", language, count=number(left, language))
        shown += button(label, "open", id=document.id, opened=index, limit=limit + 5 * SHOWN_AT_ONCE)
    return shown


def paragraph(found: Paragraph, document_id: str, chapter_index: int, at: int, language: str, limit: int) -> str:
    """The text and the button that turns it into a box to write in. `mark` tells whether it changed meanwhile."""
    data: dict[str, Any] = {
        "id": document_id,
        "chapter": chapter_index,
        "opened": chapter_index,
        "paragraph": at,
        "mark": mark(found.text),
        "limit": limit,
        "says": say("edit_label", language, number=at + 1),
        "hint": say("edit_hint", language),
        "save": say("save", language),
        "decline": say("cancel", language),
        "edit": "",
    }
    kind = "v-heading" if found.kind == "heading" else "v-body"
    return f'<div class="v-paragraph {kind}"><p>{e(found.text)}</p>{button(say("edit", language), **data)}</div>'


def mark(text: str) -> str:
    """A short digest by which a paragraph is known again."""
    return hashlib.sha256(text.encode()).hexdigest()[:12]


def check_unchanged(document: Document, chapter_index: int, at: int, seen: str) -> None:
    """Raises Conflict when the paragraph is not the one that was being edited (another tab was quicker)."""
    chapters = document.chapters
    there = chapters[chapter_index].paragraphs if chapter_index < len(chapters) else ()
    if at >= len(there) or mark(there[at].text) != seen:
        said = WORDS["changed_meanwhile"]
        raise Conflict(said.vi, said.en)


def _fold(document: Document, index: int, language: str, unfolded: bool) -> str:
    if len(document.chapters) == 1:
        return ""
    if unfolded:
        return button(say("chapter_hide", language), "open", id=document.id, opened="none")
    return button(say("chapter_show", language), "open", id=document.id, opened=index)
