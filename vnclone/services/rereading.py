"""A file read once more: what a person made of the first reading finds its place in the second.

Paragraphs never come or go by editing, so the first reading is known again by its paragraphs; how it was divided is
kept beside the file as an outline. What a person changed is what differs from that, and it alone is carried over.
"""

from __future__ import annotations

import hashlib
import json
from bisect import bisect_left, bisect_right
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import accumulate, chain
from pathlib import Path
from typing import Any

from vnclone.disk import write_json
from vnclone.models import Chapter, Paragraph
from vnclone.services.editing import rewritten, said
from vnclone.text.tidy import fold

FILE = "outline.json"


@dataclass(frozen=True, slots=True)
class Outline:
    """How a reader divided a document: every kind of paragraph, and (first paragraph, title, included) of chapters."""

    kinds: tuple[str, ...]
    starts: tuple[tuple[int, str, bool], ...]

    def spread(self) -> list[bool]:
        """For each paragraph whether its chapter is included."""
        ends = [*(start for start, _, _ in self.starts[1:]), len(self.kinds)]
        parts = zip(self.starts, ends, strict=False)  # an empty document has an end alone
        return list(chain.from_iterable([included] * (end - start) for (start, _, included), end in parts))


@dataclass(frozen=True, slots=True)
class Carried:
    """The chapters of the second reading with what was carried over, and how many changes found no place in it."""

    chapters: tuple[Chapter, ...]
    lost: int


def outline(chapters: Sequence[Chapter]) -> Outline:
    parts = zip(beginnings(chapters), chapters, strict=True)
    starts = tuple((at, chapter.title, chapter.included) for at, chapter in parts if chapter.paragraphs)
    return Outline(tuple(p.kind for p in _all(chapters)), starts)


def beginnings(chapters: Sequence[Chapter]) -> list[int]:
    """For each chapter how many paragraphs come before it."""
    lengths = [len(chapter.paragraphs) for chapter in chapters]
    return [0, *accumulate(lengths[:-1])] if lengths else []


def save(folder: Path, chapters: Sequence[Chapter]) -> None:
    """Keep how a reader divided the document. Raises Unavailable on a full disk."""
    found = outline(chapters)
    write_json(folder / FILE, {"mark": _mark(chapters), "kinds": found.kinds, "starts": found.starts})


def load(folder: Path, chapters: Sequence[Chapter]) -> Outline | None:
    """The outline of the reading that these chapters were made from; None where it was not kept."""
    try:
        data = json.loads((folder / FILE).read_text("utf-8"))
    except (FileNotFoundError, ValueError):
        return None
    if data["mark"] != _mark(chapters):
        return None
    return Outline(tuple(data["kinds"]), tuple((start, title, included) for start, title, included in data["starts"]))


def carried(old: Sequence[Chapter], was: Outline | None, new: Sequence[Chapter]) -> Carried:
    """What a person made of `old`, in the chapters `new` of a second reading; `was`: how `old` was divided at first."""
    before, after = _all(old), _all(new)
    places = align([said(p) for p in before], [said(p) for p in after])
    now = outline(old)
    was = was or Outline(now.kinds, tuple((start, title, True) for start, title, _ in now.starts))
    lost = _carry_paragraphs(before, was, after, places)
    starts, lost_starts = _carry_starts(now, was, outline(new), places)
    return Carried(_cut(after, starts), lost + lost_starts)


def align(old: Sequence[str], new: Sequence[str]) -> dict[int, int]:
    """Index in `old` -> index in `new` of the same paragraph: by position where there are as many, else by words.

    Paragraphs that occur once in both are the anchors, in the longest order they share (patience diff, by Bram Cohen);
    between two anchors as many on either side belong together, else equal ones from both ends. O(n log n).
    """
    if len(old) == len(new):
        return {index: index for index in range(len(old))}
    a, b = [_key(text) for text in old], [_key(text) for text in new]
    places: dict[int, int] = {}
    last = (-1, -1)
    for anchor in [*_anchors(a, b), (len(a), len(b))]:
        _between(a, b, last, anchor, places)
        if anchor[0] < len(a):
            places[anchor[0]] = anchor[1]
        last = anchor
    return places


def _carry_paragraphs(before: list[Paragraph], was: Outline, after: list[Paragraph], places: dict[int, int]) -> int:
    """Put edited words and changed kinds into `after`; returns how many edits have no place there."""
    lost = 0
    for index, paragraph in enumerate(before):
        place = places.get(index)
        if place is None:
            lost += paragraph.original is not None
            continue
        if paragraph.original is not None:
            after[place] = rewritten(after[place], paragraph.text)
        if paragraph.kind != was.kinds[index]:
            after[place] = replace(after[place], kind=paragraph.kind)
    return lost


Starts = dict[int, tuple[str, bool]]  # first paragraph of a chapter -> its title, and whether it is included


def _carry_starts(now: Outline, was: Outline, new: Outline, places: dict[int, int]) -> tuple[Starts, int]:
    """The chapters of the second reading with the person's own; and how many of theirs have no place there."""
    starts, there = {start: (title, included) for start, title, included in new.starts}, new.spread()
    first = {start: title for start, title, _ in was.starts}
    mine = {start: title for start, title, _ in now.starts}
    for start in first.keys() - mine.keys():  # merged
        if places.get(start):
            starts.pop(places[start], None)
    chosen = _choices(now, was)
    turns = {at for at, choice in enumerate(chosen) if choice != (chosen[at - 1] if at else None)}
    lost = 0
    for start in sorted(mine):
        own = mine[start] != first.get(start)  # split here, or renamed
        if not own and start not in turns:
            continue
        if (place := places.get(start)) is None:
            lost += 1
            continue
        title, included = starts.get(place, (mine[start], there[place]))
        starts[place] = (mine[start] if own else title, included)
    return _chosen(starts, chosen, places), lost


def _choices(now: Outline, was: Outline) -> list[bool | None]:
    """For each paragraph: whether a person chose that it is read or not, None where they left it as it was."""
    return [mine if mine != first else None for mine, first in zip(now.spread(), was.spread(), strict=True)]


def _chosen(starts: Starts, chosen: list[bool | None], places: dict[int, int]) -> Starts:
    """Each chapter is read or not as was chosen for the first of its paragraphs that was there before."""
    choices: dict[int, bool | None] = {}
    at = sorted(starts)
    for index, place in sorted(places.items(), key=lambda pair: pair[1]):
        if found := bisect_right(at, place):
            choices.setdefault(at[found - 1], chosen[index])
    decided = {start: choice for start, choice in choices.items() if choice is not None}
    return {start: (title, decided.get(start, included)) for start, (title, included) in starts.items()}


def _cut(paragraphs: list[Paragraph], starts: Starts) -> tuple[Chapter, ...]:
    at = sorted(starts)
    ends = [*at[1:], len(paragraphs)]
    return tuple(Chapter(starts[a][0], tuple(paragraphs[a:b]), starts[a][1]) for a, b in zip(at, ends, strict=True))


def _anchors(a: list[str], b: list[str]) -> list[tuple[int, int]]:
    """Pairs of what occurs once on both sides, rising on both: the longest such sequence."""
    once = {key for key, count in Counter(a).items() if count == 1}
    there = {key: place for place, key in enumerate(b) if key in once}
    for key, count in Counter(b).items():
        if count > 1:
            there.pop(key, None)
    pairs = [(index, there[key]) for index, key in enumerate(a) if key in there]
    ends: list[int] = []  # the lowest end of a rising sequence of each length, and which pair that is
    holders: list[int] = []
    before: list[int] = []
    for number, (_, place) in enumerate(pairs):
        length = bisect_left(ends, place)
        ends[length : length + 1] = [place]
        holders[length : length + 1] = [number]
        before.append(holders[length - 1] if length else -1)
    found, number = [], holders[-1] if holders else -1
    while number >= 0:
        found.append(pairs[number])
        number = before[number]
    return found[::-1]


def _between(a: list[str], b: list[str], low: tuple[int, int], high: tuple[int, int], places: dict[int, int]) -> None:
    """Match what stands between two anchors."""
    i, j, i_end, j_end = low[0] + 1, low[1] + 1, high[0], high[1]
    if i_end - i == j_end - j:
        places |= zip(range(i, i_end), range(j, j_end), strict=True)
        return
    while i < i_end and j < j_end and a[i] == b[j]:
        places[i] = j
        i, j = i + 1, j + 1
    while i < i_end and j < j_end and a[i_end - 1] == b[j_end - 1]:
        i_end, j_end = i_end - 1, j_end - 1
        places[i_end] = j_end


def _key(text: str) -> str:
    return fold(text) or text


def _all(chapters: Sequence[Chapter]) -> list[Paragraph]:
    return [paragraph for chapter in chapters for paragraph in chapter.paragraphs]


def _mark(chapters: Sequence[Chapter]) -> str:
    """A digest of what the document says, whatever was made of it."""
    digest: Any = hashlib.sha256()
    for paragraph in _all(chapters):
        digest.update(said(paragraph).encode("utf-8", "surrogatepass") + b"\0")
    return str(digest.hexdigest())
