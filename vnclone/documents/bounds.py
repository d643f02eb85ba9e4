"""How long a document may be: what an edit, a page and a recording of it have to carry as a whole."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from vnclone.errors import TooLarge, figure
from vnclone.models import Chapter

MAX_CHARACTERS = 5_000_000  # half as much again as War and Peace
MAX_PARAGRAPHS = 100_000  # twenty on each of 5,000 pages; 400,000 of one letter made an edit take 20 s and 1.8 GB
MAX_CHAPTERS = 10_000  # two on each of 5,000 pages


class Worded(Protocol):
    """A block, or whatever else will be a paragraph."""

    @property
    def text(self) -> str: ...


def check_blocks(blocks: Sequence[Worded]) -> None:
    """Before chapters are found, which is most of the work. Raises TooLarge; blocks without a sign do not count, and
    of the signs some are dropped later."""
    _check(sum(1 for block in blocks if block.text.strip()), MAX_PARAGRAPHS, "đoạn văn", "paragraphs")
    _check(sum(len(block.text) for block in blocks), 2 * MAX_CHARACTERS, "ký tự", "characters")


def check_length(chapters: Sequence[Chapter]) -> None:
    """Raises TooLarge above the limit of characters, paragraphs or chapters."""
    _check(sum(len(p.text) for chapter in chapters for p in chapter.paragraphs), MAX_CHARACTERS, "ký tự", "characters")
    _check(sum(len(chapter.paragraphs) for chapter in chapters), MAX_PARAGRAPHS, "đoạn văn", "paragraphs")
    _check(len(chapters), MAX_CHAPTERS, "chương", "chapters")


def _check(count: int, most: int, vi: str, en: str) -> None:
    if count > most:
        raise TooLarge(
            f"Tài liệu dài quá giới hạn {figure(most)} {vi}. Hãy chia thành nhiều tệp nhỏ hơn.",
            f"The document is over the limit of {most:,} {en}. Split it into several smaller files.",
        )
