"""Plain text of any encoding: bytes in, paragraphs out."""

from __future__ import annotations

import re
import statistics
from pathlib import Path

from vnclone.documents.charsets import decoded
from vnclone.documents.draft import Asked, Block, Draft
from vnclone.errors import TooLarge
from vnclone.sandbox import Report

MAX_BYTES = 20 << 20  # text of 20 MiB is some 300 hours of speech
_WRAP_COLUMNS = 120  # lines wrapped by a program are no longer than this
_ENDS = tuple('.!?:;…"”’»)')
_LABEL = re.compile(
    r"(?:phần|chương|mục|điều|bài|hồi|quyển|tập|phụ lục|part|chapter|section|book|appendix)\s+[\dIVXLC]+", re.IGNORECASE
)
_RULE = re.compile(r"[\W_]{3,}")
_HEADING_CHARS = 100


def read(path: str, asked: Asked, report: Report) -> Draft:
    """The text file at `path`. A short line of capitals between blank lines is taken for a heading, unless words or
    numbers give better ones. Raises TooLarge above 20 MiB, BadInput for bytes that are no text."""
    check_size(path)
    text, notes = decoded(Path(path).read_bytes())
    return Draft("", tuple(_blocks(text)), None, notes)


def check_size(path: str) -> None:
    """Raises TooLarge above 20 MiB."""
    if Path(path).stat().st_size > MAX_BYTES:
        raise TooLarge(
            "Tệp văn bản lớn hơn 20 MB. Hãy chia thành nhiều tệp nhỏ hơn.",
            "This text file is larger than 20 MB. Split it into several files.",
        )


def _blocks(text: str) -> list[Block]:
    return [Block(p, level=1 if _is_shouted(p) else None) for p in paragraphs(text)]


def _is_shouted(text: str) -> bool:
    letters = [character for character in text if character.isalpha()]
    return len(letters) > 3 and len(text) <= _HEADING_CHARS and text.upper() == text and text[-1] not in ".,;:"


def paragraphs(text: str) -> list[str]:
    """Paragraphs of `text`: blocks between blank lines, with lines that a program wrapped joined again."""
    lines = [line.rstrip() for line in re.split(r"\r\n|[\n\r\x0b\x0c\x85\u2028\u2029]", text)]
    width = _wrap_width([line for line in lines if line.strip()])
    joined: list[list[str]] = []
    previous = ""
    for line in lines:
        if line.strip() and previous.strip() and _goes_on(previous, line, width):
            joined[-1].append(line.strip())
        elif line.strip():
            joined.append([line.strip()])
        previous = line
    return [" ".join(part) for part in joined]


def _wrap_width(lines: list[str]) -> int:
    """The column at which lines were wrapped, or 0 where each line is a paragraph of its own."""
    if len(lines) < 4:
        return 0
    lengths = sorted(len(line) for line in lines)
    width = lengths[int(0.95 * (len(lengths) - 1))]
    full = sum(length >= 0.8 * width for length in lengths)
    wrapped = 40 <= width <= _WRAP_COLUMNS and full >= 0.4 * len(lengths)
    return width if wrapped and statistics.median(lengths) > 30 else 0


def _goes_on(previous: str, line: str, width: int) -> bool:
    """A full line goes on below, unless it ends a sentence where the next begins indented or with a list mark."""
    first = line.strip()[0]
    if not width or len(previous) < 0.75 * width or line[:1] in "\t " or first in "-–—•*":
        return False
    if (_LABEL.match(line) and previous.endswith(_ENDS)) or _RULE.fullmatch(previous.strip()):
        return False
    return not (previous.endswith(_ENDS) and len(previous) < 0.9 * width and not first.islower())
