"""What a reader of one format is asked, and what it hands on: blocks in reading order, before there are chapters."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass

from vnclone.documents.bounds import check_blocks
from vnclone.errors import ManyPages, TooLarge
from vnclone.models import ParagraphKind, Said, Scan
from vnclone.sandbox import Report

READING = Said("Đang đọc tài liệu…", "Reading the document…")
_EVERY = 2000  # blocks between two words about progress
_MANY = 50_000  # blocks of a very long document: how many there will be is known only at its end

# Around text in a legacy font of capitals (.VnTimeH): its bytes are those of small letters. Conversion reads these two
# marks; `tidy` drops them, as it does all of the private use area.
CAPITALS_BEGIN, CAPITALS_END = "\ue010", "\ue011"
_OF_CAPITALS = re.compile(r"\.vn[^,;'\"]*h\s*(?:$|[,;'\"])", re.IGNORECASE)


def is_font_of_capitals(name: str) -> bool:
    """Whether a font's name, or a list of names, begins with one of TCVN3's fonts of capitals: .VnTimeH, .VnArialH …"""
    return bool(_OF_CAPITALS.match(name.lstrip("'\"")))


@dataclass(frozen=True, slots=True)
class Asked:
    """What a person asks of a reader. `filename` is their name for the file, `password` what opens an encrypted one,
    `encoding` one of models.ENCODINGS. Up to `max_pages` are read without asking, up to `most_pages` when confirmed.
    """

    filename: str = ""
    max_pages: int = 100
    most_pages: int = 5000
    password: str | None = None
    encoding: str = "auto"

    def check_pages(self, count: int) -> None:
        """Raises ManyPages above `max_pages`, TooLarge above `most_pages`."""
        if count > max(self.max_pages, self.most_pages):
            raise TooLarge(
                f"Tài liệu có {count} trang, nhiều hơn giới hạn {self.most_pages} trang. Hãy chia thành nhiều tệp.",
                f"This document has {count} pages; the limit is {self.most_pages}. Split it into several files.",
            )
        if count > self.max_pages:
            raise ManyPages(
                f"Tài liệu có {count} trang, nhiều hơn {self.max_pages} trang. Hãy xác nhận để đọc hết.",
                f"This document has {count} pages, more than {self.max_pages}. Confirm that all are to be read.",
            )


@dataclass(frozen=True, slots=True)
class Block:
    """A paragraph and what its format says about it. `level`: 1 is the highest heading, None is no heading.

    `sure`: the format itself declares the heading (a style, an outline); otherwise it is a guess from type size.
    """

    text: str
    kind: ParagraphKind = "body"
    page: int | None = None
    level: int | None = None
    sure: bool = False


@dataclass(frozen=True, slots=True)
class Draft:
    """A document before chapters. `title` is what its properties say, perhaps ""; `pages` is None without pages."""

    title: str
    blocks: tuple[Block, ...]
    pages: int | None = None
    notes: tuple[Said, ...] = ()
    scans: tuple[Scan, ...] = ()


def gathered(blocks: Iterable[Block], report: Report) -> list[Block]:
    """The blocks that a walk yields, with word of its progress. Raises TooLarge where there is no end of them."""
    found = []
    for block in blocks:
        found.append(block)
        if len(found) % _EVERY == 0:
            report(READING, min(0.9, len(found) / _MANY))
            check_blocks(found)
    return found
