"""Tables of contents inside a text: their lines look like headings and are none.

A block that is surely no heading is one that is `sure` and has no level: readers set it for what the format declares
a contents entry, and `marked` for what looks like one.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import replace

from vnclone.documents.draft import Block
from vnclone.models import ParagraphKind
from vnclone.text.headings import is_contents
from vnclone.text.tidy import fold

_PAGE = re.compile(r"(?<![^\s|.…_·-])(?:\d{1,4}|[ivxlc]{1,7})$", re.IGNORECASE)
_PAGE_COLUMN = re.compile(r"(?:trang|page)(?: số)?", re.IGNORECASE)
_DOTS = ".…_·-"
_LEAST_DOTS = 4
_ENTRY_CHARS = 200
_GAP = 2  # lines of a contents page that look like none: a title over two lines
_RUN = 3  # lines with dots and a page number in a row, to be one without a title over them
_REPEATED = 0.5  # of a contents page's lines without page numbers: they come again as headings


def is_listed(block: Block) -> bool:
    """Whether a block is an entry of a table of contents."""
    return block.sure and block.level is None


def marked(blocks: Sequence[Block]) -> list[Block]:
    """The blocks, with the lines of contents pages marked as such."""
    places = {place for place, block in enumerate(blocks) if is_listed(block)}
    titles = [place for place, block in enumerate(blocks) if place not in places and is_contents(block.text)]
    said = Counter(_name(b.text) for b in blocks if len(b.text) <= _ENTRY_CHARS) if titles else Counter()
    for place in titles:
        places |= _below(blocks, place + 1, said)
    places |= _runs(blocks)
    return [replace(b, kind=_plain(b), level=None, sure=True) if n in places else b for n, b in enumerate(blocks)]


def _plain(block: Block) -> ParagraphKind:
    """The kind of a line that looked like a heading."""
    return "body" if block.kind == "heading" else block.kind


def _below(blocks: Sequence[Block], first: int, said: Counter[str]) -> set[int]:
    """The entries under the title of a contents page: lines that end in a number, or that come again as headings."""
    found: set[int] = set()
    seen: set[str] = set()
    missed = 0
    for place in range(first, len(blocks)):
        text, name = blocks[place].text, _name(blocks[place].text)
        if name in seen and len(seen) > 1 and not _is_led(text):
            break
        if _is_entry(text) or (said[name] > 1 and len(text) <= _ENTRY_CHARS):
            found.update(range(place - missed, place + 1))
            seen.add(name)
            missed = 0
        elif missed == _GAP or len(text) > _ENTRY_CHARS:
            break
        else:
            missed += 1
    return found if len(found) > 1 else set()


def _parted(text: str) -> tuple[str, int, str]:
    """ "Mở đầu ..... 3" as name, number of dots between, page number; without one, the whole is the name."""
    text = text.rstrip()
    match = _PAGE.search(text[-8:])
    page = match[0] if match else ""
    before = text[: len(text) - len(page)].rstrip(" |")
    name = before.rstrip(f"{_DOTS} ")
    between = before[len(name) :]
    return name, len(between.replace(" ", "")) + 2 * between.count("…"), page


def _is_led(text: str) -> bool:
    """Whether a line ends in a row of dots and a page number."""
    if len(text) > _ENTRY_CHARS:
        return False
    name, dots, page = _parted(text)
    return bool(name and page) and dots >= _LEAST_DOTS


def _is_entry(text: str) -> bool:
    if len(text) > _ENTRY_CHARS:
        return False
    name, _, page = _parted(text)
    return bool(page and any(character.isalpha() for character in name)) or bool(_PAGE_COLUMN.fullmatch(text))


def _runs(blocks: Sequence[Block]) -> set[int]:
    """Lines with leaders and page numbers, three or more in a row."""
    found: set[int] = set()
    run: list[int] = []
    for place, block in enumerate(blocks):
        if _is_led(block.text):
            run.append(place)
        elif run and place - run[-1] > _GAP:
            found |= set(range(run[0], run[-1] + 1)) if len(run) >= _RUN else set()
            run = []
    return found | (set(range(run[0], run[-1] + 1)) if len(run) >= _RUN else set())


def _name(text: str) -> str:
    """A line without its dots and page number, folded."""
    return fold(_parted(text[:_ENTRY_CHARS])[0])
