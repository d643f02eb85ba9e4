"""The chapters of an opened document: which are read, what they are called, where they begin and end."""

from __future__ import annotations

from typing import Any

from vnclone.models import Chapter, Document
from vnclone.services.editing import chapter_mark
from vnclone.text import cues
from vnclone.text.tidy import searchable
from vnclone.ui.formatting import number
from vnclone.ui.markup import button, e
from vnclone.ui.paragraphs import paragraphs
from vnclone.ui.view import CHAPTERS_AT_ONCE, PARAGRAPHS_AT_ONCE, About, View
from vnclone.ui.words import say

_CONTENTS = ("muc luc", "contents", "danh muc")
_REFERENCES = ("tai lieu tham khao", "references", "bibliography", "thu muc")


def tree(document: Document, view: View, about: About, language: str) -> str:
    """The chapters in their order, one of them unfolded; of a long book the first ones, and a button for more."""
    listed = range(min(view.chapters, len(document.chapters)))
    shown = "".join(_chapter(document, index, view, about, language) for index in listed)
    left = len(document.chapters) - len(listed)
    if left > 0:
        more = view.chapters + 5 * CHAPTERS_AT_ONCE
        shown += button(say("chapters_more", language, count=number(left, language)), "open", chapters=more)
    return _choices(document, language) + shown


def title_of(document: Document, index: int, language: str) -> str:
    """What a chapter is called on the page: cues are for the voice alone."""
    title = cues.without(document.chapters[index].title)
    if title:
        return title
    return say("chapter_text" if len(document.chapters) == 1 else "chapter_untitled", language, number=index + 1)


def words_of(chapter: Chapter, skipped: tuple[str, ...] = ()) -> int:
    """Its words, without those of kinds that are not read."""
    return sum(len(p.text.split()) for p in chapter.paragraphs if p.kind not in skipped)


def _choices(document: Document, language: str) -> str:
    """What to do with the boxes; all at once where there are several."""
    hint = f'<p class="v-hint">{e(say("chapters_hint", language))}</p>'
    if len(document.chapters) < 2:
        return hint
    both = button(say("chapters_all", language), "all", "link") + button(say("chapters_none", language), "none", "link")
    return f'<div class="v-tree-head">{hint}<div class="v-actions">{both}</div></div>'


def _chapter(document: Document, index: int, view: View, about: About, language: str) -> str:
    chapter, title = document.chapters[index], title_of(document, index, language)
    unfolded = index == view.opened
    count = say("words", language, count=number(words_of(chapter, document.skipped), language))
    fold = _fold(document, index, title, unfolded, language)
    head = (
        f'<div class="v-chapter-head">{_box(chapter, index, title, language)}<h3>{e(title)}</h3>'
        f'<span class="v-hint">{e(count)}</span>{fold}</div>'
    )
    body = _body(document, index, view, language) if unfolded else ""
    state = "" if chapter.included else " v-left-out"
    return f'<section class="v-chapter{state}">{head}{_why(chapter, index, about, language)}{body}</section>'


def _box(chapter: Chapter, index: int, title: str, language: str) -> str:
    checked = " checked" if chapter.included else ""
    return (
        f'<input type="checkbox" data-action="include" data-chapter="{index}" data-mark="{chapter_mark(chapter)}"'
        f'{checked} aria-label="{e(say("chapter_read", language, title=title))}">'
    )


def _why(chapter: Chapter, index: int, about: About, language: str) -> str:
    """Why the reader left it out, while it is left out still."""
    if index not in about.proposed:
        return ""
    words = searchable(chapter.title)
    if words.startswith(_CONTENTS):
        why = "why_contents"
    elif words.startswith(_REFERENCES):
        why = "why_references"
    else:
        why = "why_cover" if index == 0 else "why_other"
    return f'<p class="v-hint v-why">{e(say(why, language))}</p>'


def _fold(document: Document, index: int, title: str, unfolded: bool, language: str) -> str:
    if len(document.chapters) == 1:
        return ""
    label = say("chapter_hide_of" if unfolded else "chapter_show_of", language, title=title)
    opened = "none" if unfolded else index
    data: dict[str, Any] = {"opened": opened, "limit": PARAGRAPHS_AT_ONCE, "chapter": index, "label": label}
    text = say("chapter_hide" if unfolded else "chapter_show", language)
    return button(text, "open", expanded=str(unfolded).lower(), **data)


def _body(document: Document, index: int, view: View, language: str) -> str:
    """What can be done with the chapter, its first paragraphs, and a button for the rest."""
    found = document.chapters[index].paragraphs
    placed = ((index, at, paragraph) for at, paragraph in enumerate(found[: view.limit]))
    shown = paragraphs(placed, document.skipped, language)
    left = len(found) - view.limit
    if left > 0:
        more: dict[str, Any] = {"opened": index, "limit": view.limit + 5 * PARAGRAPHS_AT_ONCE}
        shown += button(say("paragraphs_more", language, count=number(left, language)), "open", **more)
    return _tools(document, index, language) + shown


def _tools(document: Document, index: int, language: str) -> str:
    chapter = document.chapters[index]
    place: dict[str, Any] = {"chapter": index, "mark": chapter_mark(chapter)}
    rename = button(
        say("chapter_rename", language),
        "rename",
        prompt=say("chapter_rename_ask", language),
        value=chapter.title,
        accept=say("save", language),
        decline=say("cancel", language),
        **place,
    )
    merge = button(say("chapter_merge", language), "merge", **place) if index else ""
    return f'<div class="v-actions v-tools">{rename}{merge}</div>'
