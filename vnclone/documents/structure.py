"""Which blocks are headings, of which level, and at which level a document falls into chapters.

What the format declares comes first, then words (Chương, Điều …), then numbers (I., 1.1.), then the look of the type.
Each is mistrusted: body text in heading styles, lists in heading styles, quoted articles of another law.
"""

from __future__ import annotations

import statistics
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise

from vnclone.documents.contents import is_listed
from vnclone.documents.draft import Block
from vnclone.text.headings import (
    MAX_HEADING_CHARS,
    Label,
    heading_level,
    is_alone,
    is_apart,
    is_label_only,
    labelled,
    numbered,
)

_CANDIDATES = ("body", "heading", "list item")
_DECLARED_CHARS = 200  # a paragraph in a heading style that is longer is a paragraph
_ROW = 5  # declared headings of one level in a row, nothing between: a list in a heading style
_NAME_CHARS = 120
_SHOUTED_CHARS = 300  # a name in capitals over several lines
_LETTERS_SHARE = 0.6  # of a heading by its look alone; a rule, a date or a reference number has fewer
_SAME = 3  # lines by look that say the same: signatures and column heads
_MAX_NAME_LINES = 3
_GAP = 3  # numbers that may be missing between two articles
_LEAST_WORDS = 30  # a level most of whose chapters have fewer is too deep …
_MANY = 12  # … where there are more than a dozen
_GROUP_WORDS = 40  # between numbered headings, on average
_HEADING_SHARE = 0.4  # of all blocks: where more look like headings, none are
_NUMBERED_SHARE = 0.6  # the same for numbered lines: a form has more
_SENTENCE_WORDS = 12
Levels = dict[int, int]


@dataclass(frozen=True, slots=True)
class _Worded:
    """A heading by its words: its level, and its kind ("chapter"; "alone" for a name without a number)."""

    level: int
    kind: str


def words(text: str) -> int:
    """How many words, nearly: blanks are counted, which are single in tidy text."""
    return text.count(" ") + 1


def with_headings(blocks: Sequence[Block]) -> list[Block]:
    """The blocks with their levels; one whose text is a sentence keeps its kind and only begins a chapter."""
    worded = dict(_in_order(_worded(blocks), blocks))
    declared = _declared(blocks)
    levels = _levels(blocks, declared, worded)
    levels |= _names(blocks, levels)
    sure = {place for place in levels if place in declared or place in worded}
    return [_settled(block, levels.get(place), place in sure) for place, block in enumerate(blocks)]


def _settled(block: Block, level: int | None, sure: bool) -> Block:
    if is_listed(block):
        return block
    if level is None:
        return replace(block, level=None, sure=False, kind="body" if block.kind == "heading" else block.kind)
    kind = block.kind if _is_paragraph(block.text) else "heading"
    return replace(
        block, level=level, sure=sure, kind="body" if kind == "heading" and _is_paragraph(block.text) else kind
    )


def _is_paragraph(text: str) -> bool:
    """ "Điều 3. Quyết định này có hiệu lực kể từ ngày ký ban hành." begins a chapter and is no title."""
    return len(text) > _DECLARED_CHARS or (text.endswith((".", ";", ":")) and len(text.split()) > _SENTENCE_WORDS)


def _levels(blocks: Sequence[Block], declared: Levels, worded: dict[int, _Worded]) -> Levels:
    key = _key(worded)
    counted = _by_numbers(blocks) if key is None else {}
    trusted = len(declared) >= 2 and _is_trusted(blocks, declared, worded, key, counted)
    if trusted:
        return _alike(declared, worded) | _below_declared(blocks, declared, worded)
    if key is not None or (len(worded) >= 2 and not counted):
        return _by_words(blocks, declared, worded, key)
    if counted:
        return counted | dict.fromkeys(worded, 1)
    return _by_look(blocks) | declared | dict.fromkeys(worded, 1)


def _is_trusted(
    blocks: Sequence[Block], declared: Levels, worded: dict[int, _Worded], key: str | None, counted: Levels
) -> bool:
    """Whether the format's headings are the document's: they hold most of its chapters by word, or of its titles by
    number, or divide it better than those do."""
    if key is not None:
        return _share([place for place, each in worded.items() if each.kind == key], declared) >= 0.5
    top = [place for place, level in counted.items() if level == 1]
    if len(top) < _SAME or _share(top, declared) >= 0.5:
        return True
    return _largest(blocks, sorted(declared)) <= _largest(blocks, top) + 0.2


def _largest(blocks: Sequence[Block], places: Sequence[int]) -> float:
    """The share of a document's words in the largest piece between these places."""
    counts = [words(block.text) for block in blocks]
    pieces = [sum(counts[a:b]) for a, b in pairwise([0, *places, len(counts)])]
    return max(pieces) / max(1, sum(counts))


def _alike(declared: Levels, worded: dict[int, _Worded]) -> Levels:
    """The declared levels, where a chapter in another style than most chapters gets the level of its sisters."""
    found = dict(declared)
    for kind, levels in _sisters(declared, worded).items():
        level, count = levels.most_common(1)[0]
        if kind != "alone" and count >= 0.6 * levels.total():
            found |= {place: level for place, each in worded.items() if each.kind == kind and place in declared}
    return found


def _sisters(declared: Levels, worded: dict[int, _Worded]) -> dict[str, Counter[int]]:
    """Each kind's declared levels, counted."""
    sisters: dict[str, Counter[int]] = {}
    for place, each in worded.items():
        if place in declared:
            sisters.setdefault(each.kind, Counter())[declared[place]] += 1
    return sisters


def _worded(blocks: Sequence[Block]) -> Iterator[tuple[int, _Worded, Label | None]]:
    for place, block in enumerate(blocks):
        if block.kind not in _CANDIDATES or is_listed(block):
            continue
        if is_alone(block.text):
            yield place, _Worded(1, "alone"), None
            continue
        label = labelled(block.text)
        if label and (heading_level(block.text) is not None or (label.kind == "article" and label.marked)):
            yield place, _Worded(label.level, label.kind), label


def _in_order(
    found: Iterator[tuple[int, _Worded, Label | None]], blocks: Sequence[Block]
) -> Iterator[tuple[int, _Worded]]:
    """Headings whose numbers count up, from one again in every part; a quoted article of another law does not fit."""
    last: dict[str, int] = {}
    for place, worded, label in found:
        if label is None or label.number == 0 or worded.kind in ("section", "subsection", "appendix"):
            yield place, worded
            continue
        before = last.get(worded.kind)
        fits = before is None or label.number == 1 or before < label.number <= before + _GAP
        if fits or (blocks[place].sure and blocks[place].level is not None):
            last[worded.kind] = label.number
            yield place, worded


def _declared(blocks: Sequence[Block]) -> Levels:
    """The headings that the format declares, without paragraphs and lists set in their styles."""
    said = {n: b.level for n, b in enumerate(blocks) if b.sure and b.level is not None}
    kept = {n: level for n, level in said.items() if len(blocks[n].text) <= _DECLARED_CHARS}
    if len(kept) < 0.5 * len(said):
        return {}
    for row in _rows(kept):
        if len(row) >= _ROW and not any(labelled(blocks[n].text) or is_alone(blocks[n].text) for n in row):
            for place in row[:-1]:  # the last may head what follows the list
                del kept[place]
    return kept


def _rows(levels: Levels) -> Iterator[list[int]]:
    """Places in a row, nothing between them, that have one level."""
    row: list[int] = []
    for place in sorted(levels):
        if row and (place != row[-1] + 1 or levels[place] != levels[row[-1]]):
            yield row
            row = []
        row.append(place)
    yield row


def _key(worded: dict[int, _Worded]) -> str | None:
    """The kind that a document falls into by its words: chapters, else parts, lessons or articles, else sections."""
    counts = Counter(each.kind for each in worded.values())
    return next((kind for kind in ("chapter", "part", "article", "section") if counts[kind] >= 2), None)


def _share(places: Sequence[int], declared: Levels) -> float:
    """Of these headings, how many the format declares too."""
    return sum(place in declared for place in places) / len(places) if places else 1.0


def _below_declared(blocks: Sequence[Block], declared: Levels, worded: dict[int, _Worded]) -> Levels:
    """Undeclared headings by words: like their declared sisters; bibliographies on top; others below all declared."""
    top, lowest = min(declared.values()), max(declared.values())
    sisters = _sisters(declared, worded)
    found = {}
    for place, each in worded.items():
        if place not in declared:
            text = blocks[place].text
            if each.kind in sisters and each.kind != "alone":
                found[place] = sisters[each.kind].most_common(1)[0][0]
            elif each.kind == "alone" and (is_apart(text) or text.isupper()):
                found[place] = top
            else:
                found[place] = lowest + each.level
    return found


def _by_words(blocks: Sequence[Block], declared: Levels, worded: dict[int, _Worded], key: str | None) -> Levels:
    """Words give the levels; what is declared besides stands with the chapters, or below them."""
    levels = {place: each.level for place, each in worded.items()}
    base = next((each.level for each in worded.values() if each.kind == key), 1)
    lowest = max(levels.values())
    for place, level in declared.items():
        levels.setdefault(place, base if level == 1 and blocks[place].text.isupper() else lowest + level)
    for place, block in enumerate(blocks):
        if place not in levels and block.kind in ("body", "list item") and not is_listed(block):
            found = numbered(block.text)
            if found and found.scheme == "1" and len(found.numbers) > 1:
                levels[place] = lowest + len(found.numbers)
    return levels


def _by_numbers(blocks: Sequence[Block]) -> Levels:
    """Titles numbered I, II or A, B or 1, 2 with text between them; each scheme that begins later is a level deeper."""
    found = [
        (place, title)
        for place, block in enumerate(blocks)
        if block.kind in _CANDIDATES and not is_listed(block) and (title := numbered(block.text))
    ]
    if len(found) > _NUMBERED_SHARE * len(blocks):
        return {}
    order = list(dict.fromkeys(title.scheme for _, title in found))
    tops: dict[str, list[int]] = {}
    for scheme in order:
        tops[scheme] = _sequence([(n, t.numbers) for n, t in found if t.scheme == scheme], restarts=scheme != order[0])
    first = next((scheme for scheme in order if len(tops[scheme]) >= 2), None)
    if first is None or not _is_spread(blocks, tops[first]):
        return {}
    used = order[order.index(first) :]
    allowed = {place for scheme in used for place in tops[scheme]}
    return {
        n: 1 + used.index(t.scheme) + len(t.numbers) - 1
        for n, t in found
        if n in allowed or (len(t.numbers) > 1 and t.scheme in used)
    }


def _sequence(titles: list[tuple[int, tuple[int, ...]]], restarts: bool) -> list[int]:
    """Places whose first-level numbers are 1, 2, 3 …, from one again where it is allowed."""
    places, last = [], 0
    for place, numbers in titles:
        if len(numbers) > 1:
            continue
        if last < numbers[0] <= last + (_GAP if last else 1) or (restarts and numbers[0] == 1):
            places.append(place)
            last = numbers[0]
    return places


def _is_spread(blocks: Sequence[Block], places: list[int]) -> bool:
    return sum(words(block.text) for block in blocks[places[0] :]) >= _GROUP_WORDS * len(places)


def _by_look(blocks: Sequence[Block]) -> Levels:
    """What is larger or bolder than the text, unless that is most of it."""
    found = {n: b.level for n, b in enumerate(blocks) if b.level is not None and not b.sure and b.kind in _CANDIDATES}
    said = Counter(blocks[n].text for n in found)
    kept = {n: level for n, level in found.items() if said[blocks[n].text] < _SAME and _may_head(blocks[n].text)}
    return kept if len(kept) <= _HEADING_SHARE * len(blocks) or len(blocks) < _MANY else {}


def _may_head(text: str) -> bool:
    letters = sum(character.isalpha() or character.isspace() for character in text)
    return len(text) <= MAX_HEADING_CHARS and letters >= _LETTERS_SHARE * len(text) and text[0] not in "(-–—*+"


def _names(blocks: Sequence[Block], levels: Levels) -> Levels:
    """ "Chương I", then "QUY ĐỊNH CHUNG", perhaps over two lines: they are the heading's name, of the same level."""
    named: Levels = {}
    for place, level in levels.items():
        if not is_label_only(blocks[place].text):
            continue
        for line in range(1, _MAX_NAME_LINES + 1):
            following = blocks[place + line] if place + line < len(blocks) else None
            if following is None or levels.get(place + line, 99) < level or not _could_be_a_name(following):
                break
            if line > 1 and not (following.text.isupper() and blocks[place + line - 1].text.isupper()):
                break
            named[place + line] = level
    return named


def _could_be_a_name(block: Block) -> bool:
    short = len(block.text) <= (_SHOUTED_CHARS if block.text.isupper() else _NAME_CHARS)
    short = short and block.text[-1] not in ".;,:!?"
    return short and block.kind in ("body", "heading") and not is_listed(block) and heading_level(block.text) is None


def cutting_level(blocks: Sequence[Block]) -> int:
    """The level at which chapters begin: the highest with two places or more, below parts that hold chapters, and
    above what falls into crumbs; 0 for none."""
    levels = sorted({block.level for block in blocks if block.level is not None})
    sizes = {level: _sizes(blocks, level) for level in levels}
    possible = [level for level in levels if len(sizes[level]) >= 2]
    possible = [level for level in possible if not _is_crumbs(sizes[level]) or _are_slides(blocks, level)]
    main = [level for level in possible if _main_headings(blocks, level) >= 2]
    fit = main or possible
    if not fit:
        return 0
    deeper = [level for level in fit[1:] if _holds_chapters(blocks, fit[0], level)]
    return deeper[0] if deeper else fit[0]


def _main_headings(blocks: Sequence[Block], level: int) -> int:
    """How many chapters begin at this level, forewords, conclusions and appendices not counted."""
    texts = [blocks[place].text for place in range(len(blocks)) if begins(blocks, place, level)]
    labels = [(text, labelled(text)) for text in texts]
    return sum(not is_alone(text) and (label is None or label.kind != "appendix") for text, label in labels)


def _sizes(blocks: Sequence[Block], level: int) -> list[int]:
    """Words of each chapter that begins at this level or above."""
    sizes: list[int] = []
    for place, block in enumerate(blocks):
        if begins(blocks, place, level):
            sizes.append(0)
        if sizes:
            sizes[-1] += words(block.text)
    return sizes


def _is_crumbs(sizes: list[int]) -> bool:
    return len(sizes) > _MANY and statistics.median(sizes) < _LEAST_WORDS


def _are_slides(blocks: Sequence[Block], level: int) -> bool:
    """Whether each heading opens a page of its own: few words on each are the manner of slides."""
    opening = [place for place in range(len(blocks)) if begins(blocks, place, level)]
    fresh = [n for n in opening if blocks[n].page is not None and (n == 0 or blocks[n - 1].page != blocks[n].page)]
    return len(fresh) >= 0.9 * len(opening)


def _holds_chapters(blocks: Sequence[Block], upper: int, lower: int) -> bool:
    """Whether the lower level is that of chapters ("Chương", "Hồi") and the upper one only of what holds them."""
    kinds = {
        level: [label.kind for b in blocks if b.level == level and (label := labelled(b.text))]
        for level in (upper, lower)
    }
    if kinds[lower].count("chapter") >= 2 and kinds[upper].count("chapter") < 2:
        return True
    sizes = _sizes(blocks, upper)
    return max(sizes) > 0.8 * sum(sizes) and sum(sizes) > 3000 and len(_sizes(blocks, lower)) > len(sizes) + 1


def begins(blocks: Sequence[Block], place: int, cutting: int) -> bool:
    """Whether a chapter begins here, at this cutting level: a heading after text, or a second one with a number of
    its own; the lines of one heading, and a part's heading before a chapter's, stay together."""
    block = blocks[place]
    if block.level is None or block.level > cutting:
        return False
    before = blocks[place - 1] if place else None
    if before is None or before.level is None or before.level > cutting or _is_paragraph(before.text):
        return True
    if before.level < block.level or is_label_only(before.text):
        return False
    return labelled(block.text) is not None or is_alone(block.text)
