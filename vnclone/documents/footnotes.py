"""Footnotes of a page told from its text, and set after the paragraph that refers to them."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field

from vnclone.documents.lines import MARK_BEGIN, MARK_END, Line

_SMALLER = 0.93  # of the body's size
_LOWER = 0.35  # of the page's height: notes stand below
_LABEL = re.compile(rf"{MARK_BEGIN}([^{MARK_END}]+){MARK_END}\s*(?=\S)|\[?(\d{{1,3}}|\*{{1,4}}|[†‡§])[\]).]?\s+(?=\S)")
_MARK = re.compile(rf"\s*{MARK_BEGIN}([^{MARK_END}]*){MARK_END}")
_UNITS = re.compile(r"(?:\d|\b(?:m|km|cm|dm|mm|hm|dam|ha|s|x|y|z|n|R|CO|H|O|10))$")


@dataclass(slots=True)
class Note:
    """One footnote: the page it stands on, its number or star, and its lines."""

    page: int
    label: str
    lines: list[Line] = field(default_factory=list)


def told_apart(lines: Sequence[Line], body: float) -> tuple[list[Line], list[Note]]:
    """(the page's text, its notes). A note begins with its number in small type low on the page, and ends with it."""
    text: list[Line] = []
    notes: list[Note] = []
    is_note = False
    for line in lines:
        is_small = not line.is_row and line.size < _SMALLER * body and line.middle > _LOWER * line.page_height
        label = label_of(line) if is_small and not line.scanned else ""
        if label and (is_note or _follows(label, notes)):
            notes.append(Note(line.page, label))
            is_note = True
        elif is_note and (not is_small or line.middle < notes[-1].lines[0].y0):
            is_note = False
        if is_note:
            notes[-1].lines.append(line)
        else:
            text.append(line)
    return text, notes


def _follows(label: str, notes: list[Note]) -> bool:
    return not notes or not label.isdigit() or not notes[-1].label.isdigit() or int(label) > int(notes[-1].label)


def label_of(line: Line) -> str:
    """The number or star that the line begins with, "" for none."""
    match = _LABEL.match(line.text)
    return (match[1] or match[2]) if match else ""


def marks(text: str) -> list[str]:
    """The numbers of the notes that `text` refers to."""
    return [match[1] for match in _MARK.finditer(text)] if MARK_BEGIN in text else []


def without_marks(text: str, known: frozenset[str]) -> str:
    """`text` without the numbers of notes; what is raised for another reason (m², 10³) stays as digits."""
    if MARK_BEGIN not in text:
        return text

    def replacement(match: re.Match[str]) -> str:
        before = text[: match.start()]
        if match[1] in known or not match[1].isdigit():
            return ""
        return match[1] if not before or _UNITS.search(before) else ""

    return _MARK.sub(replacement, text)


def without_label(text: str) -> str:
    """A note's text without the number that it begins with."""
    return without_marks(_LABEL.sub("", text, count=1), frozenset())
