"""Printed lines in, paragraphs out: running heads dropped, lines joined across columns and pages, sizes weighed."""

from __future__ import annotations

import re
import statistics
from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise

from vnclone.documents.draft import Block
from vnclone.models import ParagraphKind
from vnclone.text.headings import heading_level, is_label_only
from vnclone.text.tidy import fold


@dataclass(frozen=True, slots=True)
class Line:
    """One printed line. Coordinates in points from the page's top left; `size` is the type size in points.

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

    @property
    def middle(self) -> float:
        return (self.y0 + self.y1) / 2


_EDGE_SHARE = 0.12  # of the page's height, at its top and its bottom: where running heads and feet live
_OF_PAGES = r"(?:\s*(?:/|of|trên)\s*\d{1,4})?"
_PAGE_NUMBER = re.compile(rf"[-–—\s]*(?:trang|page)?[\s:]*(\d{{1,4}}){_OF_PAGES}[-–—\s.]*", re.IGNORECASE)
_WORDED_NUMBER = re.compile(rf"(?:trang|page)\s*\d{{1,4}}{_OF_PAGES}|[-–—]\s*\d{{1,4}}\s*[-–—]", re.IGNORECASE)
_ITEM = re.compile(r"(?:[-–—•●▪◦○■□➢✓+*]\s*\S|\(?\d{1,3}(?:\.\d{1,3}){0,4}[.)]\s|\(?[a-zđ]\)\s|[IVXLC]{1,6}[.)]\s)")
_COLUMN_REACH = 400.0  # points up and down within which lines tell a column's width
_BRIEF = 25.0  # type sizes, about 50 letters: columns of running text are wider
_MOST_LINES = 400  # a page with more is a drawing or a listing: comparing all pairs would take too long
_STOPS = tuple('.!?:;…”"»)')


def blocks(lines: Sequence[Line], titles: frozenset[tuple[int, str]] = frozenset()) -> list[Block]:
    """Paragraphs of a whole document's lines (in reading order), with headings guessed from type size.

    `titles`: (page, folded text) of lines known to be headings, which join no paragraph.
    """
    # When only running lines would be left to drop, they are all the document has to say.
    kept = _with_columns(without_running_lines(lines) or list(lines))
    if not kept:
        return []
    body = body_size(kept)
    words = _hyphenated_words(kept)
    return [_block(group, body, words) for group in _grouped(kept, titles)]


def body_size(lines: Iterable[Line]) -> float:
    """The type size that most characters are set in, in half points."""
    weights: Counter[float] = Counter()
    for line in lines:
        weights[round(line.size * 2) / 2] += len(line.text)
    return weights.most_common(1)[0][0]


def without_running_lines(lines: Sequence[Line]) -> list[Line]:
    """The lines without running heads, feet and page numbers.

    A head is a line near an edge whose text, digits aside, stands at the same height on 30 % of the pages (at least
    two); a page number counts with the pages, or says "Trang 3/9" or "- 3 -".
    """
    pages = {line.page for line in lines}
    edges = [line for line in lines if _is_at_edge(line)]
    seen: dict[tuple[str, int], set[int]] = defaultdict(set)
    for line in edges:
        for key in _running_keys(line):
            seen[key].add(line.page)
    enough = max(2, 0.3 * len(pages))
    offset = _number_offset(edges)
    dropped = {
        id(line)
        for line in edges
        if any(len(seen[key]) >= enough for key in _running_keys(line)) or _is_page_number(line, offset)
    }
    return [line for line in lines if id(line) not in dropped]


def _is_at_edge(line: Line) -> bool:
    margin = _EDGE_SHARE * line.page_height
    return len(line.text) <= 150 and (line.middle < margin or line.middle > line.page_height - margin)


def _running_keys(line: Line) -> tuple[tuple[str, int], ...]:
    """Text without digits, at two overlapping grids of 8 points, so that neighbours share at least one key."""
    text = re.sub(r"\d+", "#", line.text.casefold())
    text = re.sub(r"\s+", " ", text).strip()
    if not text.strip("# "):
        return ()  # bare numbers are judged as page numbers
    return (text, round(line.middle / 8)), (text, 10_000 + int(line.middle / 8))


def _number_offset(edges: Sequence[Line]) -> int:
    """Printed number minus page, where two pages agree on it (a book may begin with page 17), else 0."""
    offsets = Counter(int(m[1]) - line.page for line in edges if (m := _PAGE_NUMBER.fullmatch(line.text)))
    best = offsets.most_common(1)
    return best[0][0] if best and best[0][1] >= 2 else 0


def _is_page_number(line: Line, offset: int) -> bool:
    if _WORDED_NUMBER.fullmatch(line.text):
        return True
    match = _PAGE_NUMBER.fullmatch(line.text)
    return match is not None and int(match[1]) - line.page == offset


def _with_columns(lines: list[Line]) -> list[Line]:
    """Each line with the edges of its column: those of the lines of its page that it overlaps most of."""
    by_page: dict[int, list[Line]] = defaultdict(list)
    for line in lines:
        by_page[line.page].append(line)
    return [_in_column(line, by_page[line.page]) for line in lines]


def _in_column(line: Line, page: list[Line]) -> Line:
    if len(page) > _MOST_LINES:
        return replace(line, left=line.x0, right=line.x1)
    near = [other for other in page if _shares_column(line, other)]
    return replace(line, left=min(o.x0 for o in near), right=max(o.x1 for o in near))


def _shares_column(line: Line, other: Line) -> bool:
    """Most of the narrower of the two lies over the other."""
    if abs(other.middle - line.middle) > _COLUMN_REACH:
        return False
    shared = min(other.x1, line.x1) - max(other.x0, line.x0)
    return shared >= 0.6 * (line.x1 - line.x0)


def _grouped(lines: list[Line], titles: frozenset[tuple[int, str]]) -> list[list[Line]]:
    """Lines gathered into paragraphs."""
    leading = _leading(lines)
    groups = [[lines[0]]]
    for previous, line in pairwise(lines):
        known = titles and ((line.page, fold(line.text)) in titles or _is_title(groups[-1], titles))
        if not known and _goes_on(groups[-1], previous, line, leading):
            groups[-1].append(line)
        else:
            groups.append([line])
    return groups


def _is_title(group: list[Line], titles: frozenset[tuple[int, str]]) -> bool:
    return len(group) < 5 and (group[0].page, fold("".join(line.text for line in group))) in titles


def _leading(lines: list[Line]) -> float:
    """The usual distance between lines, in type sizes."""
    steps = [
        (b.middle - a.middle) / a.size
        for a, b in pairwise(lines)
        if a.page == b.page and a.block == b.block and a.size > 0 and 0 < b.middle - a.middle < 3 * a.size
    ]
    return statistics.median(steps) if steps else 1.3


def _goes_on(group: list[Line], previous: Line, line: Line, leading: float) -> bool:
    """Whether `line` belongs to the paragraph that ends with `previous`."""
    if _differs_in_type(previous, line) or heading_level(line.text) is not None:
        return False
    if len(group) == 1 and _is_whole_heading(previous, line):
        return False
    if line.page != previous.page or line.middle < previous.y0 - previous.size:
        return _goes_on_elsewhere(previous, line)
    step = (line.middle - previous.middle) / max(previous.size, 1)
    if step > leading * 1.35 + 0.1 or step < 0.4:
        return False
    if _is_centred(previous) and _is_centred(line):
        return previous.text.isupper() == line.text.isupper() and not previous.text.endswith(_STOPS)
    if _had_room_for(previous, line) or (_ITEM.match(line.text) and previous.text.endswith(_STOPS)):
        return False
    return not _is_indented(group, previous, line)


def _differs_in_type(previous: Line, line: Line) -> bool:
    if previous.scanned and line.scanned:
        return _is_capitals(previous.text) != _is_capitals(line.text)
    larger, smaller = max(previous.size, line.size), max(min(previous.size, line.size), 0.1)
    if _is_capitals(previous.text) != _is_capitals(line.text):
        return True
    return larger / smaller > 1.12 or (previous.bold != line.bold and (_is_short(previous) or line.bold))


def _is_whole_heading(previous: Line, line: Line) -> bool:
    """A bare "Chương I", or a heading that ends too soon to have been broken before a capital."""
    if is_label_only(previous.text):
        return True
    is_brief = previous.x1 - previous.x0 < _BRIEF * previous.size
    return is_brief and line.text[:1].isupper() and heading_level(previous.text) is not None


def _is_capitals(text: str) -> bool:
    """Two words or more in capitals: a heading's line, not an acronym that a sentence ends with."""
    return text.isupper() and " " in text


def _goes_on_elsewhere(previous: Line, line: Line) -> bool:
    """Over a column's or page's end: the sentence is open, and the next line begins like its middle."""
    if previous.text.endswith((".", "!", "?", ":", ";")) or _ITEM.match(line.text):
        return False
    return line.text[:1].islower() or (not _is_short(previous) and line.x0 - line.left < line.size)


def _is_short(line: Line) -> bool:
    """It ends well before its column does, so that the next word would have fitted."""
    return line.right - line.x1 > max(0.1 * (line.right - line.left), 2.5 * line.size)


def _had_room_for(previous: Line, line: Line) -> bool:
    """The next line's first word would have fitted, so that the line ended on purpose; true of ragged text too."""
    if previous.scanned:
        return _is_short(previous)  # pages lie askew and boxes are rough
    word = len(line.text.split(maxsplit=1)[0]) / len(line.text) * (line.x1 - line.x0)
    return previous.right - previous.x1 > 1.1 * word + 0.6 * previous.size


def _is_centred(line: Line) -> bool:
    before, after = line.x0 - line.left, line.right - line.x1
    return before > 2 * line.size and abs(before - after) < 0.15 * (before + after) + 2


def _is_indented(group: list[Line], previous: Line, line: Line) -> bool:
    """A first-line indent: further right than the line before, unless that one's bullet or number hangs left of it."""
    indent = 0.8 * line.size
    if line.x0 - previous.x0 <= indent:
        # Two first lines under each other, both indented from the column: only their words tell them apart.
        ends = previous.text.endswith(_STOPS) or heading_level(previous.text) is not None
        return len(group) == 1 and line.x0 - line.left > indent and ends
    return not (len(group) == 1 and _ITEM.match(previous.text))


def _hyphenated_words(lines: list[Line]) -> frozenset[str]:
    """Words written with a hyphen inside a line: their hyphen is meant."""
    return frozenset(word.casefold() for line in lines for word in re.findall(r"\w+-\w+", line.text))


def _block(group: list[Line], body: float, hyphenated: frozenset[str]) -> Block:
    text = group[0].text
    for line in group[1:]:
        text = joined(text, line.text, hyphenated)
    size = statistics.median(line.size for line in group)
    level = _size_level(group, text, size, body)
    kind: ParagraphKind = "footnote" if _is_footnote(group, size, body) else "heading" if level else "body"
    return Block(text, kind, group[0].page, level if kind == "heading" else None)


def joined(before: str, after: str, hyphenated: frozenset[str]) -> str:
    """Two lines as one: a word divided at the line's end becomes whole, a meant hyphen stays."""
    before = before.rstrip()
    if before.endswith("\u00ad"):
        return before[:-1] + after.lstrip()
    if re.search(r"\w-$", before) and after[:1].isalpha():
        left, right = re.split(r"[\s(“\"]", before)[-1], re.match(r"\w*", after)[0]  # type: ignore[index]
        is_meant = (left + right).casefold() in hyphenated or not right.islower() or not (left[:-1] + right).isascii()
        return before + after if is_meant else before[:-1] + after
    return f"{before} {after.lstrip()}"


def _size_level(group: list[Line], text: str, size: float, body: float) -> int | None:
    """1 to 3 for short paragraphs in larger type, 4 for short bold ones; None for the rest."""
    if group[0].scanned or len(group) > 3 or len(text) > 140 or len(fold(text)) < 3 or text.endswith((".", ";", ",")):
        return None
    for level, factor in ((1, 1.6), (2, 1.3), (3, 1.12)):
        if size >= factor * body:
            return level
    return 4 if all(line.bold for line in group) else None


def _is_footnote(group: list[Line], size: float, body: float) -> bool:
    first = group[0]
    is_low = not first.scanned and first.middle > 0.6 * first.page_height
    return is_low and size < 0.9 * body and bool(re.match(r"(?:\[?\d{1,3}\]?|\*+)[\s.)]*\S", first.text))
