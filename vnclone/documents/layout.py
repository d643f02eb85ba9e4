"""Printed lines in, paragraphs out: running heads dropped, lines joined across columns and pages, sizes weighed."""

from __future__ import annotations

import re
import statistics
from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from itertools import pairwise

from vnclone.documents import columns, footnotes, running
from vnclone.documents.draft import CAPITALS_BEGIN, Block
from vnclone.documents.footnotes import Note
from vnclone.documents.lines import Line
from vnclone.documents.outline import Titles
from vnclone.documents.syllables import is_syllable
from vnclone.models import ParagraphKind
from vnclone.text.headings import heading_level, is_label_only
from vnclone.text.tidy import fold

_ITEM = re.compile(
    r"(?:[-–—•●▪◦○■□➢✓❖+*\uf02d\uf076\uf0a7\uf0b7\uf0d8\uf0fc]\s*\S|\(?\d{1,3}(?:\.\d{1,3}){0,4}[.)]\s|\(?[a-zđ]\)\s"
    r"|[IVXLC]{1,6}[.)]\s|\[\d{1,3}\]\s)"
)
_LEADER = re.compile(r"(?:[.…·_]\s?){4,}\s*(?:\d{1,4}|[ivxlc]{1,6})$|\.{3,}\s*\d{1,4}$")
_MOST_INITIALS = 20  # of one page
_FIGURES = frozenset("0123456789ivxlc")
_BRIEF = 25.0  # type sizes, about 50 letters: columns of running text are wider
_STOPS = tuple('.!?:;…”"»)')
_WORD_PARTS = re.compile(r"\w+-\w+")
_LAST_PART = re.compile(r"[^\s(“\"/]+$")
_FIRST_PART = re.compile(r"\w*")
# Halves of English compounds where words are not divided otherwise: not "real-" (real-ize) nor "-dependent" (in-).
_COMPOUND_BEGINS = frozenset(("self", "well", "high", "low", "small", "large", "long", "e", "half", "old", "new"))
_COMPOUND_BEGINS |= frozenset(("user", "one", "two", "three", "four", "five", "full", "first", "third", "peer", "non"))
_COMPOUND_ENDS = frozenset(("based", "scale", "level", "term", "free", "oriented", "driven", "off", "quality"))
_COMPOUND_ENDS |= frozenset(("making", "income", "sized", "year", "specific", "esteem"))



def blocks(pages: Sequence[Sequence[Line]], titles: Titles | None = None) -> list[Block]:
    """Paragraphs of a whole document's lines (a list for each page), with headings guessed from type size.

    `titles`: lines that the outline names, which are sure headings and join no other paragraph.
    """
    titles = titles or {}
    body = body_size(line for page in pages for line in page)
    text, notes = _told_apart(pages, body)
    if not text and not notes:
        return []
    words = _hyphenated_words(text)
    paragraphs = [(group, _block(group, body, words, titles)) for group in _grouped(text, titles)]
    return _with_notes(paragraphs, notes, words)


def body_size(lines: Iterable[Line]) -> float:
    """The type size that most characters are set in, in half points; 0 without a line."""
    weights: Counter[float] = Counter()
    for line in lines:
        weights[line.size] += len(line.text)
    halves: Counter[float] = Counter()
    for size, weight in weights.items():
        halves[round(size * 2) / 2] += weight
    return halves.most_common(1)[0][0] if halves else 0.0


def _told_apart(pages: Sequence[Sequence[Line]], body: float) -> tuple[list[Line], list[Note]]:
    """(the text's lines in reading order, the notes), without what runs through the document."""
    kept = running.without(pages, body)
    if not any(kept):
        kept = [list(page) for page in pages]  # running lines are all that the document has to say
    text: list[Line] = []
    notes: list[Note] = []
    heads: set[str] = set()
    for page in kept:
        ordered = columns.with_edges(page) if page and page[0].scanned else columns.in_order(page)
        ordered = _without_repeated_head(_with_initials(ordered), heads)
        own, found = footnotes.told_apart(ordered, body)
        text += [line for line in own if any(map(str.isalnum, line.text))]
        notes += found
    return text, notes


def _with_initials(page: list[Line]) -> list[Line]:
    """A large first letter that reaches over two lines or more goes to the first of them."""
    initials = [line for line in page if len(line.text) == 1 and line.text.isalpha()][:_MOST_INITIALS]
    taken: set[int] = set()
    for initial in initials:
        if first := _beside(initial, page):
            first.text = _after_initial(initial.text, first.text)
            first.x0 = initial.x0
            taken.add(id(initial))
    return [line for line in page if id(line) not in taken] if taken else page


def _beside(initial: Line, page: list[Line]) -> Line | None:
    """The topmost line right of a letter that is nearly twice as large, or None."""
    near = [
        line
        for line in page
        if line.size * 1.7 < initial.size
        and initial.y0 < line.middle < initial.y1
        and -0.3 * initial.size < line.x0 - initial.x1 < initial.size
        and len(line.text) > 3
    ]
    return min(near, key=lambda line: line.y0, default=None)


def _after_initial(letter: str, text: str) -> str:
    """ "T" and "rong khi" as "Trong khi", "Ở" and "nhà" as "Ở nhà": whichever makes syllables."""
    word = text.split(maxsplit=1)[0]
    apart = is_syllable(word) and word[:1].isalpha() and not is_syllable(letter + word)
    return f"{letter} {text}" if apart or (text[0].isupper() and not text[:2].isupper()) else letter + text


def _without_repeated_head(page: list[Line], heads: set[str]) -> list[Line]:
    """A table that goes on over pages repeats its first row on each of them; `heads` remembers the first rows."""
    first = next((place for place, line in enumerate(page) if line.is_row), None)
    if first is None:
        return page
    is_repeated = first == 0 and page[first].text in heads
    heads.update(line.text for place, line in enumerate(page) if line.is_row and not (place and page[place - 1].is_row))
    return page[1:] if is_repeated else page


def _grouped(lines: Sequence[Line], titles: Titles) -> list[list[Line]]:
    setting = _Setting(_leading(lines), _has_indents(lines))
    groups: list[list[Line]] = []
    for line in lines:
        if groups and _belongs(groups[-1], line, titles, setting):
            groups[-1].append(line)
        else:
            groups.append([line])
    return groups


def _belongs(group: list[Line], line: Line, titles: Titles, setting: _Setting) -> bool:
    if titles and (id(line) in titles or id(group[-1]) in titles):
        return titles.get(id(line)) == titles.get(id(group[-1]))
    return _goes_on(group, group[-1], line, setting)


@dataclass(frozen=True, slots=True)
class _Setting:
    """How a document is set: the step from line to line in type sizes, and whether paragraphs begin indented."""

    leading: float
    has_indents: bool


def _has_indents(lines: Sequence[Line]) -> bool:
    """Whether most lines after a paragraph's short last one stand in."""
    indented = flush = 0
    for a, b in pairwise(lines[:20_000]):
        if a.page == b.page and a.text.endswith(".") and not b.is_row and _is_short(a) and not _ITEM.match(b.text):
            if 0.8 * b.size < b.x0 - b.left < 6 * b.size:
                indented += 1
            elif b.x0 - b.left < 0.3 * b.size:
                flush += 1
    return indented > 2 * flush and indented > 2


def _leading(lines: Sequence[Line]) -> float:
    """The usual step from line to line, in type sizes."""
    steps = []
    for a, b in pairwise(lines[:20_000]):
        if a.page == b.page and a.size > 0:
            step = (b.y1 - a.y1) / a.size
            if 0.7 < step < 3:
                steps.append(step)
    # Blank lines between paragraphs are no steps of the text: the lower third is what lines are set at.
    return statistics.quantiles(steps, n=3)[0] if len(steps) > 2 else 1.3


def _goes_on(group: list[Line], previous: Line, line: Line, setting: _Setting) -> bool:
    """Whether `line` belongs to the paragraph that ends with `previous`."""
    if previous.is_row or line.is_row or _differs_in_type(previous, line) or _is_heading(line.text):
        return False
    if len(group) == 1 and _is_whole_heading(previous, line):
        return False
    if line.page != previous.page or line.y1 < previous.y0 - previous.size:
        return _goes_on_elsewhere(previous, line, setting)
    step = (line.y1 - previous.y1) / max(previous.size, 1)
    if step > setting.leading * 1.35 + 0.1 or step < 0.4:
        return False
    if _is_centred(previous) and _is_centred(line):
        is_title = previous.bold or previous.text.isupper()  # of verses every line begins with a capital
        return previous.text.isupper() == line.text.isupper() and (
            line.text[0].islower() or (is_title and not previous.text.endswith(_STOPS))
        )
    ends = previous.text.endswith(_STOPS)
    if _ITEM.match(line.text) and (ends or _is_short(previous) or _ITEM.match(group[0].text)):
        return False
    if previous.text[-1] in _FIGURES and _LEADER.search(previous.text):
        return False
    if not ends and line.text[0].islower():
        return True  # in the middle of a sentence, however narrow the column
    return not _had_room_for(previous, line) and not _is_indented(group, previous, line)


def _is_heading(text: str) -> bool:
    return text[0].isupper() and heading_level(text) is not None


def _differs_in_type(previous: Line, line: Line) -> bool:
    if _is_capitals(previous.text) != _is_capitals(line.text):
        return True
    if previous.scanned and line.scanned:
        return False
    larger, smaller = (previous.size, line.size) if previous.size > line.size else (line.size, previous.size)
    return larger > 1.12 * smaller or (previous.bold != line.bold and (_is_short(previous) or line.bold))


def _is_whole_heading(previous: Line, line: Line) -> bool:
    """A bare "Chương I", or a heading that ends too soon to have been broken before a capital."""
    if not previous.text[0].isupper():
        return False
    level = heading_level(previous.text)
    if level is None:
        return False
    is_brief = previous.x1 - previous.x0 < _BRIEF * previous.size
    return is_label_only(previous.text) or (is_brief and line.text[:1].isupper())


def _is_capitals(text: str) -> bool:
    """Two words or more in capitals: a heading's line, not an acronym that a sentence ends with."""
    if text[-1].islower():
        return False
    return (text.isupper() and " " in text) or text[0] == CAPITALS_BEGIN


def _goes_on_elsewhere(previous: Line, line: Line, setting: _Setting) -> bool:
    """Over a column's or page's end: the sentence is open, and the next line begins like its middle.

    Where paragraphs are indented, a full line and one that is not indented are of one paragraph, full stop or no.
    """
    if _ITEM.match(line.text):
        return False
    if previous.text.endswith((".", "!", "?", ":", ";")):
        is_full = not previous.scanned and previous.right - previous.x1 < 0.5 * previous.size
        return setting.has_indents and is_full and line.x0 - line.left < 0.5 * line.size
    return line.text[:1].islower() or (not _is_short(previous) and line.x0 - line.left < line.size)


def _is_short(line: Line) -> bool:
    """It ends well before its column does, so that the next word would have fitted."""
    return line.right - line.x1 > max(0.1 * (line.right - line.left), 2.5 * line.size)


def _had_room_for(previous: Line, line: Line) -> bool:
    """The next line's first word would have fitted, so that the line ended on purpose; true of ragged text too."""
    if previous.scanned:
        return _is_short(previous)  # pages lie askew and boxes are rough
    length = line.text.find(" ")
    word = (length if length > 0 else len(line.text)) / len(line.text) * (line.x1 - line.x0)
    return previous.right - previous.x1 > 1.1 * word + 0.6 * previous.size


def _is_centred(line: Line) -> bool:
    before, after = line.x0 - line.left, line.right - line.x1
    return before > 2 * line.size and abs(before - after) < 0.15 * (before + after) + 2


def _is_indented(group: list[Line], previous: Line, line: Line) -> bool:
    """A first-line indent: further right than the line before, unless that one's bullet or number hangs left of it."""
    indent = 0.8 * line.size
    if line.x0 - previous.x0 <= indent:
        # Two first lines under each other, both indented from the column: only their words tell them apart.
        if len(group) > 1 or line.x0 - line.left <= indent:
            return False
        return previous.text.endswith(_STOPS) or _is_heading(previous.text)
    return not (len(group) == 1 and _ITEM.match(previous.text))


def _hyphenated_words(lines: list[Line]) -> frozenset[str]:
    """Words written with a hyphen inside a line: their hyphen is meant."""
    return frozenset(word.casefold() for line in lines if "-" in line.text for word in _WORD_PARTS.findall(line.text))


def _block(group: list[Line], body: float, hyphenated: frozenset[str], titles: Titles) -> Block:
    first = group[0]
    text = _text_of(group, hyphenated)
    if id(first) in titles:
        return Block(text, "heading", first.page, titles[id(first)][1], True)
    if first.is_row:
        return Block(text, "table row", first.page)
    level = _size_level(group, text, body) if len(group) <= 3 else None
    return Block(text, "heading" if level else "body", first.page, level)


def _text_of(group: list[Line], hyphenated: frozenset[str]) -> str:
    """The lines as one text; divided words become whole."""
    if len(group) == 1:
        return group[0].text
    parts: list[str] = []
    for line in group:
        if parts and parts[-1][-1] in "-\u00ad\u2010":
            parts[-1] = joined(parts[-1], line.text, hyphenated)
        else:
            parts.append(line.text)
    return " ".join(parts)


def joined(before: str, after: str, hyphenated: frozenset[str]) -> str:
    """Two lines as one: a word divided at the line's end becomes whole, a meant hyphen stays."""
    before, after = before.rstrip(), after.lstrip()
    if before.endswith("\u00ad"):
        # A soft hyphen, unless it is TCVN3's ư at the end of "nh­", "t­".
        return before[:-1] + after if _is_plain_word(before[:-1]) else f"{before} {after}"
    if re.search(r"\w[-\u2010]$", before) and after[:1].isalpha():
        left = _LAST_PART.search(before)
        right = _FIRST_PART.match(after)
        assert left and right
        return before + after if _is_meant(left[0], right[0], hyphenated) else before[:-1] + after
    if re.search(r"\w-$", before) and after[:1].isdigit():
        return before + after  # "COVID-19", "2010-2015"
    return f"{before} {after}"


def _is_meant(left: str, right: str, hyphenated: frozenset[str]) -> bool:
    """Whether the hyphen between the two belongs to the word: "Anh-|Mỹ", not "inter-|national"."""
    if (left + right).casefold() in hyphenated or not right.islower():
        return True
    if (left[:-1] + right).isascii():
        return "-" in left[:-1] or left[:-1].casefold() in _COMPOUND_BEGINS or right in _COMPOUND_ENDS
    # Vietnamese is divided between syllables, where a hyphen is meant; halves of one syllable are no words.
    return not (is_syllable(left[:-1] + right) and not (is_syllable(left[:-1]) and is_syllable(right)))


@lru_cache(maxsize=1000)
def _is_plain_word(text: str) -> bool:
    word = re.search(r"\w*$", text)
    return word is not None and len(word[0]) > 3


def _size_level(group: list[Line], text: str, body: float) -> int | None:
    """1 to 3 for short paragraphs in larger type, 4 for short bold ones; None for the rest."""
    size = statistics.median(line.size for line in group)
    if size < 1.12 * body and not group[0].bold:
        return None
    if group[0].scanned or len(text) > 140 or len(fold(text)) < 3 or text.endswith((".", ";", ",")):
        return None
    for level, factor in ((1, 1.6), (2, 1.3), (3, 1.12)):
        if size >= factor * body:
            return level
    return 4 if all(line.bold for line in group) else None


def _with_notes(
    paragraphs: list[tuple[list[Line], Block]], notes: Sequence[Note], words: frozenset[str]
) -> list[Block]:
    """The blocks, each note after the paragraph that refers to it, else after the last one of its page."""
    known: dict[int, dict[str, Note]] = defaultdict(dict)
    for note in notes:
        known[note.page].setdefault(note.label, note)
    after: dict[int, list[Note]] = defaultdict(list)
    placed: set[int] = set()
    last_of_page: dict[int, int] = {}
    for place, (group, _) in enumerate(paragraphs):
        for line in group:
            last_of_page[line.page] = place
            for mark in footnotes.marks(line.text):
                found = known.get(line.page, {}).get(mark)
                if found is not None and id(found) not in placed:
                    placed.add(id(found))
                    after[place].append(found)
    for note in notes:
        if id(note) not in placed:
            after[max((p for n, p in last_of_page.items() if n <= note.page), default=-1)].append(note)
    out = [_note_block(note, words) for note in after.get(-1, ())]
    for place, (_, block) in enumerate(paragraphs):
        labels = frozenset(note.label for note in after.get(place, ()))
        text = footnotes.without_marks(block.text, labels)
        out.append(block if text == block.text else replace(block, text=text))
        out += [_note_block(note, words) for note in after.get(place, ())]
    return out


def _note_block(note: Note, words: frozenset[str]) -> Block:
    kind: ParagraphKind = "footnote"
    return Block(footnotes.without_label(_text_of(note.lines, words)), kind, note.page)
