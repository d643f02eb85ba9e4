"""Runs of type in, printed lines out: what a page shows at one height is one line, with its spaces and note numbers."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import NamedTuple

from vnclone.documents.draft import CAPITALS_BEGIN, CAPITALS_END
from vnclone.documents.syllables import divided, is_syllable

# Around the number of a note: raised small type. `tidy` drops the two signs with the rest of the private use area.
_LEADERS = ("...", ". .", "……", "__")  # from a title in a table of contents to its page
MARK_BEGIN, MARK_END = "\ue020", "\ue021"
SPACE_SHARE = 0.15  # of the type size: a wider gap between two letters is a space
_TAB_SHARE = 3.5  # of the type size: as far behind a list's label its text may begin
_WORD_SHARE = 0.8  # of the type size: a wider gap on one line may be another cell or column
_LABEL = re.compile(
    r"[-–—•●▪◦○■□➢✓❖+*\uf02d\uf076\uf0a7\uf0b7\uf0d8\uf0fc]|\(?(?:\d{1,3}(?:\.\d{1,3})*|[a-zđA-ZĐ]|[ivxIVX]{1,5})[.):]"
    r"|\d{1,3}(?:\.\d{1,3})+|\[\d{1,3}\]|(?:Điều|Câu|Bài|Mục|Chương|Phần|Hình|Bảng|Khoản)\s+[\dIVX.]+[.:]?"
)
_RAISED = 0.05  # of the type size: smaller letters on the same line have their middle lower than that
_SMALL = 0.8
_NOTE = re.compile(r"\s*[(\[]?(\d{1,3}|\*{1,4}|[†‡§])[)\]]?\s*")
_BLANKS = re.compile(r"\s+")
_UNSPACED_LABEL = re.compile(r"^(\d{1,3}[.)])(?=[^\W\d_]{2})")
_LETTERS = re.compile(r"[^\W\d_]")


class Piece(NamedTuple):
    """Letters in one font on one line. Points from the page's top left; `base` is the height they stand on."""

    text: str
    x0: float
    y0: float
    x1: float
    y1: float
    base: float
    size: float
    bold: bool
    block: int


@dataclass(slots=True, eq=False)
class Line:
    """One printed line, or one row of a table. Coordinates in points from the page's top left; `size` is the type's.

    `block` numbers what the format holds together; `left` and `right` are the edges of the column the line stands in.
    A `scanned` line's size is an estimate and makes no heading.
    """

    text: str
    page: int
    x0: float
    y0: float
    x1: float
    y1: float
    size: float
    bold: bool
    page_height: float
    block: int = 0
    scanned: bool = False
    left: float = 0.0
    right: float = 0.0
    is_row: bool = False

    @property
    def middle(self) -> float:
        return (self.y0 + self.y1) / 2


def rows(pieces: Iterable[Piece], page: int, height: float) -> list[Line]:
    """The lines that `pieces` (in the order of the page's text) make up."""
    return [line for group in _grouped(pieces) if (line := joined(group, page, height))]


def _grouped(pieces: Iterable[Piece]) -> Iterator[list[Piece]]:
    group: list[Piece] = []
    for piece in pieces:
        if group and not _is_same_row(group[-1], piece):
            yield group
            group = []
        group.append(piece)
    if group:
        yield group


def _is_same_row(last: Piece, piece: Piece) -> bool:
    """MuPDF cuts a line at tabs and changes of type; pieces at one height and close together are one line."""
    gap = piece.x0 - last.x1
    overlap = min(last.y1, piece.y1) - max(last.y0, piece.y0)
    if overlap <= 0.5 * min(last.y1 - last.y0, piece.y1 - piece.y0):
        return False
    size = max(last.size, piece.size)
    if not -size < gap < _TAB_SHARE * size or size > 1.8 * min(last.size, piece.size) + 4:
        return False
    if gap < (_WORD_SHARE if last.block == piece.block else 0.5) * size:
        return True
    text = last.text.strip()
    return bool(_LABEL.fullmatch(text)) or text.endswith(_LEADERS)


def joined(group: list[Piece], page: int, height: float) -> Line | None:
    """The pieces of one row as a line; None without a sign in it."""
    first = group[0]
    if len(group) == 1:
        text = _plain(first.text)
        if not text:
            return None
        return Line(text, page, first.x0, first.y0, first.x1, first.y1, first.size, first.bold, height, first.block)
    main = max(group, key=lambda piece: len(piece.text.strip()) * piece.size)
    text = _plain(_text_of(group, main))
    if not text:
        return None
    bold = sum(len(piece.text) for piece in group if piece.bold) * 2 > sum(len(piece.text) for piece in group)
    x0, x1 = min(piece.x0 for piece in group), max(piece.x1 for piece in group)
    return Line(text, page, x0, main.y0, x1, main.y1, main.size, bold, height, first.block)


def _text_of(group: list[Piece], main: Piece) -> str:
    parts: list[str] = []
    last: Piece | None = None
    for piece in group:
        gap = 0.0 if last is None else piece.x0 - last.x1
        if last is not None and gap > SPACE_SHARE * min(last.size, piece.size) and not last.text.endswith(" "):
            parts.append("  " if gap > 0.7 * piece.size else " ")
        note = _NOTE.fullmatch(piece.text) if piece.size < _SMALL * main.size else None
        if note and (piece.y0 + piece.y1) / 2 < (main.y0 + main.y1) / 2 + _RAISED * main.size:
            parts.append(f"{MARK_BEGIN}{note[1]}{MARK_END}" + " " * piece.text[-1].isspace())
        else:
            parts.append(piece.text)
        last = piece
    return "".join(parts)


def _plain(text: str) -> str:
    """One blank between words, no unknown signs; letters set wide apart come together."""
    if "\ufffd" in text:
        text = text.replace("\ufffd", "")
    text = text.strip()
    if text.count(" ") * 5 >= len(text) * 2:
        text = _closed_up(text)
    if text[:1].isdigit():
        text = _UNSPACED_LABEL.sub(r"\1 ", text)
    return _BLANKS.sub(" ", text) if "  " in text or "\t" in text or "\xa0" in text else text


def _closed_up(text: str) -> str:
    """ "N G H Ị   Đ Ị N H" as "NGHỊ ĐỊNH": wide gaps divide words; without them the syllables themselves do."""
    tokens = text.split()
    if len(tokens) < 4 or sum(len(token) > 2 for token in tokens) > 0.2 * len(tokens):
        return text
    if sum(bool(_LETTERS.match(token)) for token in tokens) < 0.7 * len(tokens):
        return text
    words = ["".join(word.split()) for word in re.split(r"\s{2,}", text)]
    return " ".join(word if is_syllable(word) else divided(word) for word in words)


def in_capitals(text: str) -> str:
    """`text` marked as set in a legacy font of capitals."""
    return f"{CAPITALS_BEGIN}{text}{CAPITALS_END}"
