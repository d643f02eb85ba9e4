"""Lines of a page in any order in, the order they are read in out: by bands of columns, or row by row for a table."""

from __future__ import annotations

import statistics
from collections.abc import Sequence
from dataclasses import replace
from itertools import pairwise

from vnclone.documents.lines import Line

_DEPTH = 4  # columns within columns
_GUTTER = 0.5  # of the type size: the least width of the white between two columns
_PROSE_FILL = 0.72  # of the column's width: lines of running text reach so far
_TABLE_ROWS = 3
_MOST_GUTTERS = 30
_MOST_PENDING = 6  # lines beside a gutter that stand apart from the columns above
_TAB = 3.0  # type sizes between two pieces of one line
_TOUCH = 0.25  # of a line's box at its top and bottom: boxes reach from ascender to descender, and may touch
_BESIDE = 0.25  # of a line's box: a line of another column that overlaps so much of it stands beside it, not under it
_RUNNING = 0.6  # share of lines that begin in small letters: of a column of running text, however ragged
Span = tuple[float, float]


def in_order(lines: Sequence[Line]) -> list[Line]:
    """The lines of one page as they are read, each with the edges of its column; rows of tables as one line each."""
    if not lines:
        return []
    by_height = sorted(lines, key=_top)
    if _is_one_column(by_height):
        return with_edges(by_height)
    return _flow(_joined(_bands(by_height)), _DEPTH)


def _is_one_column(lines: Sequence[Line]) -> bool:
    """Whether no line (by height) stands beside another."""
    bottom = float("-inf")
    above: Line | None = None
    for line in lines:
        less = _TOUCH * (line.y1 - line.y0)
        if line.y0 + less < bottom or (above and _is_beside(above, line)):
            return False
        bottom, above = line.y1 - less, line
    return True


def _is_beside(above: Line, line: Line) -> bool:
    """Whether a line that begins lower, as lines of another column may by half a step, still stands beside it."""
    if min(above.x1, line.x1) > max(above.x0, line.x0) - _GUTTER * line.size:
        return False
    return above.y1 - line.y0 > _BESIDE * (line.y1 - line.y0)


def _top(line: Line) -> tuple[float, float]:
    return line.y0, line.x0


# A strip: lines that stand side by side, with no white line across between them. A band: strips that share a gutter.
Strip = list[Line]
Band = list[Strip]


def _strips(lines: Sequence[Line]) -> list[Strip]:
    """Lines (by height) cut apart wherever white runs across."""
    strips: list[Strip] = []
    bottom = float("-inf")
    for line in lines:
        less = _TOUCH * (line.y1 - line.y0)
        if not strips or (line.y0 + less >= bottom and not any(_is_beside(last, line) for last in strips[-1][-3:])):
            strips.append([])
            bottom = line.y1 - less
        strips[-1].append(line)
        bottom = max(bottom, line.y1 - less)
    return strips


def _bands(lines: Sequence[Line]) -> list[Band]:
    """Strips gathered while they have a gutter in common; a line across closes a band, and stands alone."""
    bands: list[Band] = []
    open_band: Band = []
    gutters: list[Span] | None = None
    pending: Band = []  # single lines beside the gutter: of the band only if more of it follows
    for strip in _strips(lines):
        free = _free(strip)
        shared = _shared(gutters, free) if gutters else []
        if gutters and shared and len(strip) > 1 and _is_near(pending or open_band, strip):
            open_band += [*pending, strip]
            pending, gutters = [], shared
        elif gutters and len(strip) == 1 and (left := _uncrossed(gutters, strip[0])):
            gutters = left
            if not pending and _continues(open_band, strip[0]):
                open_band.append(strip)
            else:
                pending.append(strip)
                gutters = left if len(pending) < _MOST_PENDING or _fill(open_band, pending) else None
        else:
            bands += _closed(open_band, pending)
            open_band, pending, gutters = ([strip], [], free) if len(strip) > 1 and free else ([], [], None)
            if gutters is None:
                bands.append([strip])
    return bands + _closed(open_band, pending)


def _closed(band: Band, pending: Band) -> list[Band]:
    if _fill(band, pending):
        return [[*band, *pending]]
    return [*([band] if band else []), *([strip] for strip in pending)]


def _fill(band: Band, pending: Band) -> bool:
    """Whether single lines under a band are set to the width of one of its columns, which then goes on alone."""
    lines = [strip[0] for strip in pending]
    if len(lines) < _TABLE_ROWS:
        return False
    beside = [line for strip in band for line in strip if line.x0 < lines[-1].x1 and lines[-1].x0 < line.x1]
    left, right = _edges(beside)
    if not all(left - line.size < line.x0 and line.x1 < right + line.size for line in lines):
        return False
    full = sum(line.x1 > right - 3 * line.size and line.x0 < left + 3 * line.size for line in lines)
    return full > 0.5 * len(lines) and right - left > 9 * lines[0].size and _is_prose([beside])


def _continues(band: Band, line: Line) -> bool:
    """Whether `line` stands right under the last one of a column, in line with it."""
    above = [other for strip in band[-12:] for other in strip if other.x0 < line.x1 and line.x0 < other.x1]
    if not above:
        return False
    *others, last = sorted(above, key=lambda other: other.y1)
    usual = last.y0 - others[-1].y1 if others else 0.0
    if line.y0 - last.y1 >= max(0.6, min(1.2 * usual / line.size, 1.5)) * line.size:
        return False
    middles = abs(line.x0 + line.x1 - last.x0 - last.x1) / 2
    return min(abs(line.x0 - last.x0), middles) < 1.5 * line.size


def _joined(bands: list[Band]) -> list[Band]:
    """Bands too low for columns, whose pieces are near each other, as single lines: tabs, or words spaced to fill."""
    out: list[Band] = []
    for band in bands:
        if len(band) < _TABLE_ROWS and all(len(strip) == 1 or _is_one_line(strip) for strip in band):
            out += [[[_one_line(strip)]] for strip in band]
        else:
            out.append(band)
    return out


def _is_one_line(strip: Strip) -> bool:
    by_place = sorted(strip, key=lambda line: line.x0)
    near = all(0 < b.x0 - a.x1 < _TAB * b.size for a, b in pairwise(by_place))
    return near and _is_level(strip)


def _one_line(strip: Strip) -> Line:
    if len(strip) == 1:
        return strip[0]
    line = row_of([sorted(strip, key=lambda line: line.x0)])
    return replace(line, bold=sum(len(part.text) for part in strip if part.bold) * 2 > len(line.text))


def _is_near(band: Band, strip: Strip) -> bool:
    last = max(line.y1 for line in band[-1])
    return strip[0].y0 - last < 4 * strip[0].size


def _free(strip: Strip) -> list[Span]:
    """The white between the lines of a strip, from left to right."""
    found: list[Span] = []
    right = float("-inf")
    for line in sorted(strip, key=lambda line: line.x0):
        if right > float("-inf") and line.x0 - right > _GUTTER * line.size:
            found.append((right, line.x0))
        right = max(right, line.x1)
    return found[:_MOST_GUTTERS]


def _shared(a: list[Span], b: list[Span]) -> list[Span]:
    both = [(max(x[0], y[0]), min(x[1], y[1])) for x in a for y in b]
    return [span for span in both if span[1] - span[0] > 2]


def _uncrossed(gutters: list[Span], line: Line) -> list[Span]:
    """What `line` leaves free of the gutters: it may reach into one, from the left or from the right."""
    left = [(max(span[0], line.x1), span[1]) if line.x0 < span[0] else span for span in gutters]
    free = [(span[0], min(span[1], line.x0)) if line.x1 > span[1] else span for span in left]
    return [span for span in free if span[1] - span[0] > _GUTTER * line.size]


def _flow(bands: list[Band], depth: int) -> list[Line]:
    """Single lines share the edges of the whole; columns have their own."""
    with_edges([band[0][0] for band in bands if len(band) == 1 and len(band[0]) == 1])
    out: list[Line] = []
    for band in bands:
        if len(band) == 1 and len(band[0]) == 1:
            out += band[0]
        else:
            out += _band(band, depth)
    return out


def _band(band: Band, depth: int) -> list[Line]:
    columns = _columns(band)
    if len(columns) < 2 or depth == 0:
        return with_edges([line for strip in band for line in sorted(strip, key=lambda line: (line.x0, line.y0))])
    if _is_table(band, columns):
        return _table(band, columns)
    out: list[Line] = []
    for column in columns:
        lines = sorted((line for strip in column for line in strip), key=_top)
        out += with_edges(lines) if depth == 1 else _flow(_joined(_bands(lines)), depth - 1)
    return out


def _columns(band: Band) -> list[Band]:
    """The band's strips cut at the gutters that all of them share."""
    lines = sorted((line for strip in band for line in strip), key=lambda line: line.x0)
    starts: list[float] = []
    right = float("-inf")
    for line in lines:
        if line.x0 > right + (_GUTTER * line.size if starts else 0):
            starts.append(line.x0)
        right = max(right, line.x1)
    columns: list[Band] = [[] for _ in starts]
    for strip in band:
        for place, start in enumerate(starts):
            end = starts[place + 1] if place + 1 < len(starts) else float("inf")
            if part := [line for line in strip if start <= line.x0 < end]:
                columns[place].append(part)
    return columns


def _is_table(band: Band, columns: list[Band]) -> bool:
    """Rows at one height in short cells, not running text that happens to stand level."""
    full = [strip for strip in band if len(strip) > 1]
    level = sum(_is_level(strip) for strip in full)
    if level < _TABLE_ROWS or level < 0.8 * len(full):
        return False
    if any(_is_figures(column) for column in columns[1:]):
        return True
    if sum(_is_prose(column) for column in columns) * 2 >= len(columns):
        return False
    return len(columns) > 2 or not any(_is_centred(column) for column in columns)


def _is_level(strip: Strip) -> bool:
    low, high = min(line.y1 for line in strip), max(line.y1 for line in strip)
    return high - low < 0.5 * strip[0].size


def _is_prose(column: Band) -> bool:
    lines = [line for strip in column for line in strip]
    left, right = _edges(lines)
    width = right - left
    full = sum(line.x1 - line.x0 > _PROSE_FILL * width for line in lines)
    running = sum(line.text[0].islower() for line in lines)
    return len(lines) > 3 and max(full / 0.6, running / _RUNNING) > len(lines) and width > 9 * lines[0].size


def _is_figures(column: Band) -> bool:
    """Whether nearly all of a column are numbers: sums, or the pages of a table of contents."""
    texts = [line.text for strip in column for line in strip]
    return sum(text[0].isdigit() and not any(map(str.isalpha, text)) for text in texts) > 0.7 * len(texts)


def _is_centred(column: Band) -> bool:
    lines = [line for strip in column for line in strip]
    middles = [(line.x0 + line.x1) / 2 for line in lines]
    widths = [line.x1 - line.x0 for line in lines]
    size = lines[0].size
    return max(middles) - min(middles) < 1.2 * size < max(widths) - min(widths)


def _table(band: Band, columns: list[Band]) -> list[Line]:
    """A line a row, cells between " | "; a row that begins with an empty cell goes on with the row above."""
    starts = [min(line.x0 for strip in column for line in strip) for column in columns]
    steps = [b[0].y0 - a[0].y0 for a, b in pairwise(band)]
    usual = statistics.median(steps) if steps else 0.0
    above = 0.0
    table: list[list[list[Line]]] = []
    for strip in band:
        cells: list[list[Line]] = [[] for _ in columns]
        for line in sorted(strip, key=lambda line: line.x0):
            cells[max(n for n, start in enumerate(starts) if start <= line.x0 + 0.1)].append(line)
        if table and not cells[0] and strip[0].y0 - above <= 1.05 * usual:
            for cell, more in zip(table[-1], cells, strict=True):
                cell.extend(more)
        else:
            table.append(cells)
        above = strip[0].y0
    return with_edges([row_of([cell for cell in cells if cell]) for cells in table])


def row_of(cells: Sequence[Sequence[Line]]) -> Line:
    """The cells of one row as one line; each cell is its lines, at least one of them."""
    lines = [line for cell in cells for line in cell]
    text = " | ".join(" ".join(line.text for line in cell) for cell in cells)
    x0, x1 = min(line.x0 for line in lines), max(line.x1 for line in lines)
    y0, y1 = min(line.y0 for line in lines), max(line.y1 for line in lines)
    bold = all(line.bold for line in lines)
    return replace(lines[0], text=text, x0=x0, y0=y0, x1=x1, y1=y1, bold=bold, is_row=len(cells) > 1)


def _edges(lines: Sequence[Line]) -> Span:
    if not lines:
        return float("inf"), float("-inf")
    return min(line.x0 for line in lines), max(line.x1 for line in lines)


def with_edges(lines: Sequence[Line]) -> list[Line]:
    """The same lines, told that they share one column."""
    left, right = _edges(lines)
    for line in lines:
        line.left, line.right = left, right
    return list(lines)
