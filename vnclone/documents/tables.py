"""Tables drawn with lines: type and rules in, one line a row out, cells between " | "; what stands outside stays."""

from __future__ import annotations

from bisect import bisect_right
from collections import defaultdict
from collections.abc import Sequence
from typing import NamedTuple

from vnclone.documents.columns import row_of
from vnclone.documents.glyphs import Rect
from vnclone.documents.lines import Line, Piece, rows

_THIN = 3.0  # points: a box that is thinner is a line
_REACH = 3.0  # points by which a line may miss the corner it was drawn for
_MOST_CELLS = 4000


class _Edge(NamedTuple):
    """A horizontal (or vertical) line: where it lies, and from where to where it runs."""

    at: float
    start: float
    end: float


def without_tables(
    pieces: Sequence[Piece], rules: Sequence[Rect], page: int, height: float
) -> tuple[list[Piece], list[Line]]:
    """(pieces outside of tables, rows of the tables)."""
    flat, upright = _edges(rules)
    if len(flat) < 2 or len(upright) < 3:
        return list(pieces), []
    cells: dict[Rect, list[Piece]] = defaultdict(list)
    outside: list[Piece] = []
    grid = _Grid(flat, upright)
    for piece in pieces:
        cell = grid.cell((piece.x0 + piece.x1) / 2, (piece.y0 + piece.y1) / 2)
        if cell is None:
            outside.append(piece)
        else:
            cells[cell].append(piece)
    tables = [table for table in _tables(list(cells)) if _is_table(table)]
    inside = {cell for table in tables for cell in table}
    # What is framed and no table goes back to where it stood among the rest.
    loose = {id(piece) for cell, held in cells.items() if cell not in inside for piece in held}
    if loose:
        kept = {id(piece) for piece in outside} | loose
        outside = [piece for piece in pieces if id(piece) in kept]
    found = [line for table in tables for line in _rows(table, cells, page, height)]
    return outside, found


def _edges(rules: Sequence[Rect]) -> tuple[list[_Edge], list[_Edge]]:
    """Horizontal and vertical lines: of thin boxes the middle, of others all four sides."""
    flat: set[_Edge] = set()
    upright: set[_Edge] = set()
    for x0, y0, x1, y1 in rules:
        if y1 - y0 < _THIN:
            if x1 - x0 >= _THIN:
                flat.add(_Edge(round((y0 + y1) / 2, 1), x0, x1))
        elif x1 - x0 < _THIN:
            upright.add(_Edge(round((x0 + x1) / 2, 1), y0, y1))
        else:
            flat |= {_Edge(round(y0, 1), x0, x1), _Edge(round(y1, 1), x0, x1)}
            upright |= {_Edge(round(x0, 1), y0, y1), _Edge(round(x1, 1), y0, y1)}
    return sorted(flat), sorted(upright)


class _Grid:
    """Finds the cell around a point: the nearest lines above, below, left and right that pass it."""

    def __init__(self, flat: list[_Edge], upright: list[_Edge]) -> None:
        self._flat, self._upright = flat, upright
        self._heights = [edge.at for edge in flat]
        self._places = [edge.at for edge in upright]
        self._seen = 0

    def cell(self, x: float, y: float) -> Rect | None:
        self._seen += 1
        if self._seen > _MOST_CELLS:
            return None
        split, cut = bisect_right(self._heights, y), bisect_right(self._places, x)
        top = next((e.at for e in reversed(self._flat[:split]) if _passes(e, x)), None)
        bottom = next((e.at for e in self._flat[split:] if _passes(e, x)), None)
        left = next((e.at for e in reversed(self._upright[:cut]) if _passes(e, y)), None)
        right = next((e.at for e in self._upright[cut:] if _passes(e, y)), None)
        if top is None or bottom is None or left is None or right is None:
            return None
        return left, top, right, bottom


def _passes(edge: _Edge, place: float) -> bool:
    return edge.start - _REACH <= place <= edge.end + _REACH


def _tables(cells: list[Rect]) -> list[list[Rect]]:
    """Cells that touch, gathered."""
    tables: list[list[Rect]] = []
    for cell in sorted(cells, key=lambda cell: (cell[1], cell[0])):
        for table in reversed(tables[-8:]):
            if any(_touch(cell, other) for other in table[-200:]):
                table.append(cell)
                break
        else:
            tables.append([cell])
    return tables


def _touch(a: Rect, b: Rect) -> bool:
    # Empty cells stand between: as wide a gap as a narrow column or row is still the same table.
    return a[0] <= b[2] + 60 and b[0] <= a[2] + 60 and a[1] <= b[3] + 30 and b[1] <= a[3] + 30


def _is_table(cells: list[Rect]) -> bool:
    """Two columns at least: one cell beside another in some row."""
    return len(cells) > 1 and any(
        a[0] >= b[2] - _REACH and a[1] < b[3] - 1 and b[1] < a[3] - 1 for a in cells[:300] for b in cells[:300]
    )


def _rows(table: list[Rect], cells: dict[Rect, list[Piece]], page: int, height: float) -> list[Line]:
    """Cells that begin at one height are a row, from left to right."""
    found: list[Line] = []
    by_top: list[list[Rect]] = []
    for cell in sorted(table, key=lambda cell: cell[1]):
        if by_top and cell[1] - by_top[-1][0][1] < _REACH:
            by_top[-1].append(cell)
        else:
            by_top.append([cell])
    for group in by_top:
        held = (rows(cells[cell], page, height) for cell in sorted(group))
        if filled := [sorted(cell, key=lambda line: line.y0) for cell in held if cell]:
            row = row_of(filled)
            row.is_row = True
            found.append(row)
    return found
