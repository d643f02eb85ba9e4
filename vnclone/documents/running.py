"""Which lines a document repeats on its pages: running heads and feet, page numbers, watermarks, line numbers."""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence

from vnclone.documents.lines import MARK_BEGIN, Line
from vnclone.text.headings import heading_level, is_label_only

_EDGE_SHARE = 0.14  # of the page's height, at its top and its bottom: where running heads and feet live
_EDGE_LINES = 4  # no more lines than that at either edge
_ROMAN = r"(?=[ivxlcIVXLC])(?:x[cl]|l?x{0,3}|XC|XL|L?X{0,3})(?:ix|iv|v?i{0,3}|IX|IV|V?I{0,3})"
_OF_PAGES = r"(?:\s*(?:/|of|trên|trong)\s*(?:tổng số\s*)?\d{1,4}(?:\s*(?:trang|pages?))?)?"
_DASHES = r"[-–—~_=\[\]()|.•·*\s]*"
_PAGE_NUMBER = re.compile(
    rf"{_DASHES}(?:trang(?:\s*số)?|tr\.|page|p\.)?[\s:.]*(\d{{1,4}}|{_ROMAN}){_OF_PAGES}{_DASHES}", re.IGNORECASE
)
_WORDED_NUMBER = re.compile(
    rf"{_DASHES}(?:trang(?:\s*số)?|page)[\s:.]*(?:\d{{1,4}}|{_ROMAN}){_OF_PAGES}{_DASHES}"
    rf"|[-–—~]\s*\d{{1,4}}\s*[-–—~]|\d{{1,4}}\s*/\s*\d{{1,4}}",
    re.IGNORECASE,
)
_DIGITS = re.compile(r"\d{1,6}")
_AT_ENDS = re.compile(r"^\d+(?=\s)|(?<=\s)\d+$")
_ROMAN_WORD = re.compile(rf"\b{_ROMAN}\b")
# What a collection counts, one a page: exams, lessons, forms. A number after these words is theirs, not the page's;
# "Công báo số 12" begins with the name of what the pages belong to.
_COUNTED = (
    "đề|bài|phiếu|mẫu|phụ lục|buổi|tuần|tiết|câu|nhóm|thẻ|lesson|unit|test|exam|form|worksheet|sheet|exercise|week|day"
)
_UNIT = re.compile(rf"(?:{_COUNTED})\b[^\d/]{{0,30}}?\b(\d{{1,4}}|[ivxlc]{{1,7}})\b(?![/\d])", re.IGNORECASE)
_GRID = 6.0  # points: lines that stand as near as that on two pages stand at the same height
_MARKED_PAGES = 4  # a document with fewer has no watermark that could be told from its text
_SAMPLE_PAGES = 40  # among which a watermark is looked for
_APART = 1.15  # of the type size: more white than that divides a head from the text
_SMALLER = 0.92  # times the body's size: small type at an edge is a head even where it stands near
_LARGE = 1.3  # times the body's size: a title, not a running head


Key = tuple[str, str, int]
Keys = dict[int, tuple[Key, ...]]  # of each line at an edge, by its id
Place = tuple[str, int, int]


def without(pages: Sequence[Sequence[Line]], body: float) -> list[list[Line]]:
    """The lines of each page less those that the document repeats. `body` is the type size of the text, in points.

    A head is a line near an edge whose text, digits aside, stands at the same height on two pages of a short document
    or three of a long one (heads differ on odd and even pages, and with the chapter); elsewhere on the page a line must
    stand at the same place on 60 % of them.
    """
    edges = [_outermost(page) for page in pages]
    keys = {id(line): _keys(line) for page in edges for line in page}
    repeated = _repeated(edges, keys, body)
    repeated -= _joined_to_text(pages, edges, keys, repeated, body)
    slots = _filled(edges, keys, repeated)
    offsets = _offsets(edges)
    dropped = {
        id(line)
        for page, near in zip(pages, edges, strict=True)
        for line in near
        if any(key in repeated for key in keys[id(line)])
        or _is_page_number(line, offsets)
        or (slots and any(slot in slots for slot in _slots(line)) and _stands_apart(line, page))
    }
    marks = _watermarks(pages)
    return [
        [line for line in page if id(line) not in dropped and not (marks and _place(line) in marks)] for page in pages
    ]


def is_at_edge(line: Line) -> bool:
    margin = _EDGE_SHARE * line.page_height
    return (line.y1 < margin * 1.1 or line.y0 > line.page_height - margin) and len(line.text) <= 200


def _outermost(page: Sequence[Line]) -> list[Line]:
    near = [line for line in page if is_at_edge(line)]
    near.sort(key=lambda line: line.y0 + line.y1)
    top = [line for line in near if line.middle < line.page_height / 2][:_EDGE_LINES]
    bottom = [line for line in near if line.middle >= line.page_height / 2][-_EDGE_LINES:]
    return top + bottom


def pattern(text: str) -> str:
    """The text with every number as "#", in small letters: "Công báo số 12" and "CÔNG BÁO SỐ 13" are alike."""
    text = _ROMAN_WORD.sub("#", _DIGITS.sub("#", text)).casefold()
    return " ".join(text.split())


def _keys(line: Line) -> tuple[Key, ...]:
    """Its text's pattern at two overlapping grids of height, so that neighbours share at least one key."""
    if line.text[0] == MARK_BEGIN:
        return ()  # a footnote
    text = _pattern_of(line)
    if not any(sign.isalpha() for sign in text):
        return ()  # bare numbers are judged as page numbers
    side = "top" if line.middle < line.page_height / 2 else "foot"
    return (side, text, int(line.middle / _GRID)), (side, text, 100_000 + int(line.middle / _GRID + 0.5))


def _pattern_of(line: Line) -> str:
    if heading_level(line.text) is not None:
        # "Chương I", "Chương II" atop the pages where chapters begin are no head; "Chương I. Mở đầu 12" is.
        return line.text.casefold() if is_label_only(line.text) else _AT_ENDS.sub("#", line.text.casefold())
    if line.scanned:  # letters and marks that OCR mistakes now and then are left out
        return "".join(sign for sign in pattern(line.text) if sign.isalpha())[:24]
    return pattern(line.text)


def _repeated(edges: list[list[Line]], keys: Keys, body: float) -> set[Key]:
    seen: dict[Key, list[Line]] = defaultdict(list)
    for page in edges:
        for line in page:
            for key in keys[id(line)]:
                seen[key].append(line)
    return {key for key, lines in seen.items() if len(lines) > 1 and _is_repeated(lines, len(edges), body)}


def _is_repeated(lines: list[Line], count: int, body: float) -> bool:
    """Whether these lines of one pattern and height are one running head.

    Where their numbers differ they must go with the pages, or stand on half of them: "Câu 1", "Câu 2" atop two pages
    are none.
    """
    enough = 2 if count <= 12 else 3
    if any(line.size > _LARGE * body and not line.scanned for line in lines):
        enough = max(enough, round(0.6 * count))
    if len({line.page for line in lines}) < enough:
        return False
    if _counts_units(lines):
        return False
    texts = Counter(line.text for line in lines)
    if texts.most_common(1)[0][1] >= enough or len({line.page for line in lines}) >= max(3, 0.5 * count):
        return True
    offsets = Counter(offset for line in lines for offset in {int(n) - line.page for n in _DIGITS.findall(line.text)})
    return bool(offsets) and offsets.most_common(1)[0][1] >= enough


def _counts_units(lines: list[Line]) -> bool:
    """Whether they are "ĐỀ SỐ 1", "ĐỀ SỐ 2" atop an exam a page: the titles of what begins there."""
    found = [_UNIT.match(line.text) for line in lines]
    numbers = [_value(match[1]) for match in found if match]
    return len(numbers) == len(lines) and numbers == sorted(set(numbers))


def _joined_to_text(
    pages: Sequence[Sequence[Line]], edges: list[list[Line]], keys: Keys, repeated: set[Key], body: float
) -> set[Key]:
    """Keys of lines that on most of their pages stand as near to the text as its own lines and headings do, or have
    text farther out: the same words open every form or lesson of a collection, and are no head."""
    near: Counter[Key] = Counter()
    all_of: Counter[Key] = Counter()
    for page, edge in zip(pages, edges, strict=True):
        running = [line for line in edge if any(key in repeated for key in keys[id(line)])]
        attached = {id(line) for line in (*_attached(page, running, body), *_below_text(page, running))}
        for line in running:
            all_of.update(keys[id(line)])
            near.update(keys[id(line)] if id(line) in attached else ())
    return {key for key in repeated if 2 * near[key] > all_of[key]}


def _below_text(page: Sequence[Line], running: list[Line]) -> list[Line]:
    """Running lines with another line, which is none and no page number, between them and the edge of the page."""
    others = [o for o in page if o not in running and not _PAGE_NUMBER.fullmatch(o.text) and not o.is_row]
    tops = min((other.middle for other in others), default=0.0)
    feet = max((other.middle for other in others), default=0.0)

    def is_inside(line: Line) -> bool:
        if line.middle < line.page_height / 2:
            return line.middle > tops + 0.6 * line.size
        return line.middle < feet - 0.6 * line.size

    return [line for line in running if is_inside(line)]


def _attached(page: Sequence[Line], running: list[Line], body: float) -> list[Line]:
    """From the text outwards, the running lines of a page that are not set apart from what follows them."""
    found: list[Line] = []
    known = {id(line) for line in running}
    for side in (-1, 1):  # heads, from the lowest up; feet, from the highest down
        group = [line for line in running if (line.middle < line.page_height / 2) == (side < 0)]
        for line in sorted(group, key=lambda line: side * line.middle):
            inner = [
                other
                for other in page
                if id(other) not in known and side * (line.middle - other.middle) > 0.6 * line.size
            ]
            gap = min((other.y0 - line.y1 if side < 0 else line.y0 - other.y1 for other in inner), default=0.0)
            if gap > _APART * max(line.size, body) or line.size < _SMALLER * body:
                break
            found.append(line)
            known.discard(id(line))
    return found


def _place(line: Line) -> Place:
    return line.text, round(line.x0), round(line.y0)


def _watermarks(pages: Sequence[Sequence[Line]]) -> set[Place]:
    """Text and place of lines that stand at one place on most pages, over the text or beside it but not in its flow."""
    if len(pages) < _MARKED_PAGES:
        return set()
    step = max(1, len(pages) // _SAMPLE_PAGES)
    sample = pages[::step]
    seen: Counter[Place] = Counter()
    for page in sample:
        seen.update({_place(line) for line in page if not line.is_row})
    found = {place for place, count in seen.items() if count >= 0.6 * len(sample)}
    flowing = Counter(_place(o) for page in sample for o in page if _place(o) in found and _is_in_flow(o, page))
    return {place for place in found if flowing[place] < 0.5 * seen[place]}


def _is_in_flow(line: Line, page: Sequence[Line]) -> bool:
    """Whether it is a line among lines: nothing lies over it, and the next one below or above it is near."""
    beside = [o for o in page if o is not line and min(o.x1, line.x1) > max(o.x0, line.x0)]
    gaps = [max(other.y0 - line.y1, line.y0 - other.y1) for other in beside]
    return bool(gaps) and -0.4 * line.size < min(gaps) < 2.5 * line.size


def _slots(line: Line) -> tuple[tuple[int, int], ...]:
    size = round(line.size * 2)
    return (int(line.middle / _GRID), size), (100_000 + int(line.middle / _GRID + 0.5), size)


def _filled(edges: list[list[Line]], keys: Keys, repeated: set[Key]) -> set[tuple[int, int]]:
    """Slots that running lines fill on half of the pages: another chapter's head stands there only once, perhaps."""
    filled: dict[tuple[int, int], set[int]] = defaultdict(set)
    for page in edges:
        for line in page:
            if not line.scanned and any(key in repeated for key in keys[id(line)]):
                for slot in _slots(line):
                    filled[slot].add(line.page)
    return {slot for slot, where in filled.items() if len(where) >= max(4, 0.5 * len(edges))}


def _stands_apart(line: Line, page: Sequence[Line]) -> bool:
    """Whether more white than between two lines of text divides it from the rest, or its type is smaller."""
    others = [other for other in page if other is not line and abs(other.middle - line.middle) > 0.6 * line.size]
    if not others:
        return False
    gap = min(max(other.y0 - line.y1, line.y0 - other.y1) for other in others)
    return gap > 0.6 * line.size


def _offsets(edges: Iterable[Iterable[Line]]) -> frozenset[int]:
    """Printed number minus page where two pages agree on it: a book may begin with page 17, or again after "xii"."""
    counts: dict[int, set[int]] = defaultdict(set)
    for page in edges:
        for line in page:
            if (match := _PAGE_NUMBER.fullmatch(line.text)) and (number := _value(match[1])):
                counts[number - line.page].add(line.page)
    return frozenset({0} | {offset for offset, where in counts.items() if len(where) >= 2})


def _is_page_number(line: Line, offsets: frozenset[int]) -> bool:
    if len(line.text) > 40:
        return False
    if _WORDED_NUMBER.fullmatch(line.text):
        return True
    match = _PAGE_NUMBER.fullmatch(line.text)
    return match is not None and _value(match[1]) - line.page in offsets


def _value(number: str) -> int:
    """Of Arabic or Roman figures."""
    if number.isdigit():
        return int(number)
    worth = {"i": 1, "v": 5, "x": 10, "l": 50, "c": 100}
    values = [worth[sign] for sign in number.lower()]
    return sum(-v if v < max(values[place:], default=0) else v for place, v in enumerate(values))
