"""A person's changes to a document: words, kinds, titles, what is read, chapters merged and split. All or nothing."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any

from vnclone.models import Chapter, Document, Paragraph
from vnclone.services import wrongs
from vnclone.text.headings import is_label_only
from vnclone.text.tidy import fold, tidy

SKIPPABLE = ("footnote", "speaker note", "caption", "table row")  # kinds that a whole document may be read without
SETTABLE = ("heading", "body")  # kinds that a person may give a paragraph
LONGEST_TITLE = 300
_SKIPPED = "skipped"
_OPENING = 6  # paragraphs at the most that a chapter's title is taken from


@dataclass(slots=True)
class _Part:
    """A chapter while it is being changed."""

    title: str
    paragraphs: list[Paragraph]
    included: bool


def changed(document: Document, changes: Sequence[dict[str, Any]]) -> Document:
    """The document with each change made, one after another: each counts chapters as the one before left them.

    `{"chapter": 0, "paragraph": 3, "text": "…"}` (an empty text leaves the paragraph out, in its place),
    `{"chapter": 0, "paragraph": 3, "restore": true}`, `{"chapter": 0, "paragraph": 3, "kind": "heading"}` or "body",
    `{"chapter": 0, "title": "…"}`, `{"chapter": 0, "included": false}`, `{"chapter": 1, "merge": true}` (with the one
    before), `{"chapter": 0, "split": 5}` (a new chapter from paragraph 5), `{"skipped": ["footnote"]}`. A "mark" beside
    them says what was seen there. Raises BadInput for a change that makes no sense, Conflict for one that comes late.
    """
    if not isinstance(changes, list | tuple):
        raise wrongs.no_list(changes)
    parts = [_Part(c.title, list(c.paragraphs), c.included) for c in document.chapters]
    skipped = document.skipped
    for change in changes:
        name = _name(change)
        if name == _SKIPPED:
            skipped = _skipped(change[name])
        else:
            _change(parts, change, name)
    chapters = tuple(Chapter(part.title, tuple(part.paragraphs), part.included) for part in parts)
    return replace(document, chapters=chapters, skipped=skipped)


def mark(paragraph: Paragraph) -> str:
    """A short digest by which a paragraph is known again: another one once it was changed."""
    return _digest(paragraph.text, paragraph.original or "")


def chapter_mark(chapter: Chapter) -> str:
    """The same for a chapter: another one once it was renamed, merged or split."""
    return _chapter_mark(chapter.title, chapter.paragraphs)


def said(paragraph: Paragraph) -> str:
    """What the document says there, whatever was made of it."""
    return paragraph.text if paragraph.original is None else paragraph.original


def rewritten(paragraph: Paragraph, text: str) -> Paragraph:
    """With `text` in place of its words; what the document says is kept beside it, once they differ."""
    original = said(paragraph)
    return replace(paragraph, text=text, original=None if text == original else original)


def opening_title(paragraphs: Sequence[Paragraph]) -> str:
    """What a chapter that begins with these is called: its first heading, with the name that follows a bare number."""
    heads: list[str] = []
    for paragraph in paragraphs[:_OPENING]:
        if paragraph.kind != "heading" or (heads and not is_label_only(heads[-1])):
            break
        if paragraph.text:
            heads.append(_plain(paragraph.text))
    return ". ".join(heads)[:LONGEST_TITLE]


def _name(change: Any) -> str:
    """What is to be changed. Raises BadInput for a change of nothing, of two things, or with keys that mean nothing."""
    known = (*_ON_PARAGRAPHS, *_ON_CHAPTERS, _SKIPPED)
    names = [name for name in known if name in change] if isinstance(change, dict) else []
    if len(names) != 1:
        raise wrongs.no_change(change, known)
    name = names[0]
    place = ("chapter", "paragraph") if name in _ON_PARAGRAPHS else ("chapter",) if name in _ON_CHAPTERS else ()
    allowed = (name, *place, *(("mark",) if place else ()))
    if unknown := [key for key in change if key not in allowed]:
        raise wrongs.unknown_keys(name, unknown, allowed)
    if missing := [key for key in place if key not in change]:
        raise wrongs.missing_key(name, missing[0])
    return name


def _change(parts: list[_Part], change: dict[str, Any], name: str) -> None:
    """Make one change of a chapter or a paragraph. Raises BadInput, Conflict."""
    chapter = _place(change, "chapter", len(parts))
    if name in _ON_PARAGRAPHS:
        at = _place(change, "paragraph", len(parts[chapter].paragraphs))
        _check(change, mark(parts[chapter].paragraphs[at]))
        _ON_PARAGRAPHS[name](parts[chapter], at, change[name])
    else:
        _check(change, _chapter_mark(parts[chapter].title, parts[chapter].paragraphs))
        _ON_CHAPTERS[name](parts, chapter, change[name])


def _set_text(part: _Part, at: int, value: Any) -> None:
    _put(part, at, rewritten(part.paragraphs[at], tidy(_words("text", value))))


def _restore(part: _Part, at: int, value: Any) -> None:
    _yes("restore", value)
    _put(part, at, rewritten(part.paragraphs[at], said(part.paragraphs[at])))


def _put(part: _Part, at: int, paragraph: Paragraph) -> None:
    """A title that the chapter's first headings say follows them: else both the old and the new would be read."""
    end = _titled_to(part) if at < _OPENING else None
    part.paragraphs[at] = paragraph
    if end is not None and at < end:
        part.title = _joined(part.paragraphs[:end])


def _titled_to(part: _Part) -> int | None:
    """The number of headings at the beginning that say the title together; None when they do not say it."""
    found, title = None, fold(part.title)
    for end, paragraph in enumerate(part.paragraphs[:_OPENING], 1):
        if paragraph.kind != "heading":
            break
        if fold(_joined(part.paragraphs[:end])) == title:
            found = end
    return found


def _set_kind(part: _Part, at: int, value: Any) -> None:
    if value not in SETTABLE:
        raise wrongs.wrong_value("kind", value, _any_of(SETTABLE, "hoặc"), _any_of(SETTABLE, "or"))
    part.paragraphs[at] = replace(part.paragraphs[at], kind=value)


def _rename(parts: list[_Part], chapter: int, value: Any) -> None:
    title = _plain(tidy(_words("title", value)))
    if len(title) > LONGEST_TITLE:
        raise wrongs.long_title(len(title), LONGEST_TITLE)
    parts[chapter].title = title


def _include(parts: list[_Part], chapter: int, value: Any) -> None:
    if not isinstance(value, bool):
        raise wrongs.wrong_value("included", value, "true hoặc false", "true or false")
    parts[chapter].included = value


def _merge(parts: list[_Part], chapter: int, value: Any) -> None:
    _yes("merge", value)
    if chapter == 0:
        raise wrongs.nothing_before()
    parts[chapter - 1].paragraphs += parts.pop(chapter).paragraphs


def _split(parts: list[_Part], chapter: int, value: Any) -> None:
    part = parts[chapter]
    at = _number("split", value, 1, len(part.paragraphs) - 1)
    rest = part.paragraphs[at:]
    del part.paragraphs[at:]
    parts.insert(chapter + 1, _Part(opening_title(rest), rest, part.included))


_ON_PARAGRAPHS: dict[str, Callable[[_Part, int, Any], None]] = {
    "text": _set_text,
    "restore": _restore,
    "kind": _set_kind,
}
_ON_CHAPTERS: dict[str, Callable[[list[_Part], int, Any], None]] = {
    "title": _rename,
    "included": _include,
    "merge": _merge,
    "split": _split,
}


def _skipped(value: Any) -> tuple[str, ...]:
    if not isinstance(value, list) or not all(kind in SKIPPABLE for kind in value):
        vi, en = _any_of(SKIPPABLE, "hoặc"), _any_of(SKIPPABLE, "or")
        raise wrongs.wrong_value(_SKIPPED, value, f"danh sách gồm {vi}", f"a list of {en}")
    return tuple(kind for kind in SKIPPABLE if kind in value)


def _joined(heads: Sequence[Paragraph]) -> str:
    return ". ".join(_plain(head.text) for head in heads if head.text)[:LONGEST_TITLE]


def _plain(text: str) -> str:
    """On one line, without the point at its end."""
    return " ".join(text.split()).rstrip(" .:")


def _check(change: dict[str, Any], now: str) -> None:
    if change.get("mark", now) != now:
        raise wrongs.late()


def _place(change: dict[str, Any], name: str, count: int) -> int:
    """The number of a chapter or paragraph. What was there when it was seen, and is no more, comes late."""
    value = change[name]
    if "mark" in change and type(value) is int and value >= count:
        raise wrongs.late()
    return _number(name, value, 0, count - 1)


def _number(name: str, value: Any, first: int, last: int) -> int:
    if type(value) is not int or not first <= value <= last:  # true is an int of Python's, and no number
        raise wrongs.wrong_place(name, value, first, last)
    return value


def _words(name: str, value: Any) -> str:
    if not isinstance(value, str):
        raise wrongs.wrong_value(name, value, "chữ trong ngoặc kép", "a text in quotation marks")
    return value


def _yes(name: str, value: Any) -> None:
    if value is not True:
        raise wrongs.wrong_value(name, value, "true", "true")


def _any_of(names: Sequence[str], word: str) -> str:
    quoted = [f'"{name}"' for name in names]
    return f"{', '.join(quoted[:-1])} {word} {quoted[-1]}"


def _chapter_mark(title: str, paragraphs: Sequence[Paragraph]) -> str:
    return _digest(title, str(len(paragraphs)), *(said(paragraph) for paragraph in paragraphs[:1]))


def _digest(*texts: str) -> str:
    return hashlib.sha256("\n".join(texts).encode("utf-8", "surrogatepass")).hexdigest()[:12]
