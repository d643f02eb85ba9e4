"""A PDF's own outline: its entries found among the printed lines of their pages."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from vnclone.documents.lines import Line
from vnclone.text.tidy import fold, tidy

_SLIDE = re.compile(r"(?:slide|trang|page|untitled|blank page)\s*\d*|\d+", re.IGNORECASE)
_NUMBER = re.compile(r"^\s*(?:\d+(?:\.\d+)*|[IVXLC]+|[A-Za-z])[.):]?\s+")
_MOST_LINES = 4  # of one title
_MOST_ENTRIES = 5000
Titles = Mapping[int, tuple[int, int]]  # id of a line -> (number of its entry, level)


def titles(document: Any, pages: Mapping[int, Sequence[Line]]) -> dict[int, tuple[int, int]]:
    """Lines that the outline names, by their ids: (number of the entry, its level). {} where it only counts slides."""
    entries = _entries(document)
    found: dict[int, tuple[int, int]] = {}
    wanted: dict[int, list[tuple[int, int, str]]] = defaultdict(list)
    for number, (level, title, page) in enumerate(entries):
        wanted[page].append((number, level, title))
    for page, listed in wanted.items():
        for number, level, title in listed:
            # A destination may point to the foot of the page before, or to where the page after begins.
            for near in (page, page + 1, page - 1):
                if lines := _match(pages.get(near, ()), title, found):
                    found |= {id(line): (number, level) for line in lines}
                    break
    return found if len({number for number, _ in found.values()}) >= 2 else {}


def _entries(document: Any) -> list[tuple[int, str, int]]:
    """(level, folded title, page) of each entry that is more than a slide's number."""
    import pymupdf

    try:
        outline = document.get_toc()
    except (RuntimeError, ValueError, TypeError, RecursionError, pymupdf.mupdf.FzErrorBase):
        return []  # a damaged outline costs chapters, not the text
    named = [(level, tidy(title), page) for level, title, page, *_ in outline[:_MOST_ENTRIES]]
    return [(level, fold(title), page) for level, title, page in named if fold(title) and not _SLIDE.fullmatch(title)]


def _match(page: Sequence[Line], title: str, taken: Mapping[int, object]) -> list[Line]:
    """The consecutive lines that together say `title` (folded), perhaps after a number of their own; [] for none."""
    for place in range(len(page)):
        if id(page[place]) in taken:
            continue
        for start in _beginnings(page[place].text):
            if start and title.startswith(start):
                said, lines = start, [page[place]]
                for line in page[place + 1 : place + _MOST_LINES]:
                    if said == title or not title.startswith(said + fold(line.text)):
                        break
                    said += fold(line.text)
                    lines.append(line)
                if said == title:
                    return lines
    return []


def _beginnings(text: str) -> Iterator[str]:
    yield fold(text)
    if bare := _NUMBER.sub("", text):
        yield fold(bare)
