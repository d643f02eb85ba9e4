"""A person's changes to a document: words, kinds, titles, what is read, chapters merged and split. All or nothing."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any, TypeVar

from vnclone.errors import BadInput, Conflict
from vnclone.models import Chapter, Document, Paragraph
from vnclone.text.headings import is_label_only
from vnclone.text.tidy import fold, tidy

SKIPPABLE = ("footnote", "caption", "table row")  # kinds that a whole document may be read without
SETTABLE = ("heading", "body")  # kinds that a person may give a paragraph
LONGEST_TITLE = 300
_OPENING = 6  # paragraphs at the most that a chapter's title is taken from
V = TypeVar("V")


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
    parts = [_Part(c.title, list(c.paragraphs), c.included) for c in document.chapters]
    skipped = document.skipped
    for change in changes:
        try:
            if set(change) == {"skipped"}:
                skipped = _skipped(change["skipped"])
            else:
                _change(parts, change)
        except (KeyError, IndexError, TypeError, ValueError):
            raise _late() if isinstance(change, dict) and "mark" in change else _not_found() from None
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


def _change(parts: list[_Part], change: dict[str, Any]) -> None:
    """Make one change. Raises KeyError, IndexError, TypeError or ValueError for one that cannot be made."""
    names = [name for name in (*_ON_PARAGRAPHS, *_ON_CHAPTERS) if name in change]
    if len(names) != 1:
        raise KeyError("exactly one change")
    name = names[0]
    chapter = _index(change["chapter"], len(parts))
    if name in _ON_PARAGRAPHS:
        _only(change, name, "chapter", "paragraph")
        at = _index(change["paragraph"], len(parts[chapter].paragraphs))
        _check(change, mark(parts[chapter].paragraphs[at]))
        _ON_PARAGRAPHS[name](parts[chapter], at, change[name])
    else:
        _only(change, name, "chapter")
        _check(change, _chapter_mark(parts[chapter].title, parts[chapter].paragraphs))
        _ON_CHAPTERS[name](parts, chapter, change[name])


def _set_text(part: _Part, at: int, value: Any) -> None:
    _put(part, at, rewritten(part.paragraphs[at], tidy(_of(str, value))))


def _restore(part: _Part, at: int, value: Any) -> None:
    _yes(value)
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
        raise ValueError(value)
    part.paragraphs[at] = replace(part.paragraphs[at], kind=value)


def _rename(parts: list[_Part], chapter: int, value: Any) -> None:
    title = _plain(tidy(_of(str, value)))
    if len(title) > LONGEST_TITLE:
        raise ValueError(title)
    parts[chapter].title = title


def _include(parts: list[_Part], chapter: int, value: Any) -> None:
    parts[chapter].included = _of(bool, value)


def _merge(parts: list[_Part], chapter: int, value: Any) -> None:
    _yes(value)
    if chapter == 0:
        raise IndexError("nothing comes before it")
    parts[chapter - 1].paragraphs += parts.pop(chapter).paragraphs


def _split(parts: list[_Part], chapter: int, value: Any) -> None:
    part = parts[chapter]
    at = _index(value, len(part.paragraphs))
    if at == 0:
        raise IndexError("it begins there already")
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
    kinds = set(_of(list, value))
    if not kinds <= set(SKIPPABLE):
        raise ValueError(value)
    return tuple(kind for kind in SKIPPABLE if kind in kinds)


def _joined(heads: Sequence[Paragraph]) -> str:
    return ". ".join(_plain(head.text) for head in heads if head.text)[:LONGEST_TITLE]


def _plain(text: str) -> str:
    """On one line, without the point at its end."""
    return " ".join(text.split()).rstrip(" .:")


def _check(change: dict[str, Any], now: str) -> None:
    if change.get("mark", now) != now:
        raise _late()


def _only(change: dict[str, Any], *names: str) -> None:
    if set(change) - {"mark"} != set(names):
        raise KeyError(str(sorted(change)))


def _yes(value: Any) -> None:
    if value is not True:
        raise ValueError(value)


def _index(value: Any, count: int) -> int:
    index = _of(int, value)
    if not 0 <= index < count:
        raise IndexError(index)
    return index


def _of(kind: type[V], value: Any) -> V:
    """`value`, which must be of exactly this kind: "false" is no bool and true no index."""
    if type(value) is not kind:
        raise TypeError(f"{value!r} is not a {kind.__name__}")
    return value


def _chapter_mark(title: str, paragraphs: Sequence[Paragraph]) -> str:
    return _digest(title, str(len(paragraphs)), *(said(paragraph) for paragraph in paragraphs[:1]))


def _digest(*texts: str) -> str:
    return hashlib.sha256("\n".join(texts).encode("utf-8", "surrogatepass")).hexdigest()[:12]


def _late() -> Conflict:
    return Conflict(
        "Phần này đã thay đổi ở nơi khác. Hãy xem lại rồi sửa lần nữa.",
        "This part was changed elsewhere in the meantime. Check it, then edit it again.",
    )


def _not_found() -> BadInput:
    return BadInput(
        "Không tìm thấy đoạn hoặc chương cần sửa. Hãy tải lại trang rồi sửa lại.",
        "The paragraph or chapter to change was not found. Reload the page and edit again.",
    )
