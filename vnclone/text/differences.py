"""What is written beside what is said of it: stretches of words that are the same, and those that are not."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher

from vnclone.text.tidy import fold, is_speakable


@dataclass(frozen=True, slots=True)
class Stretch:
    """Words as written and as said; `is_changed` where a reader would see another word."""

    written: str
    spoken: str
    is_changed: bool


def stretches(written: str, spoken: str) -> list[Stretch]:
    """All words of both, in order. For a sentence or two: the time is quadratic in their words at worst."""
    left, right = written.split(), spoken.split()
    found: list[Stretch] = []
    for _, a, a_end, b, b_end in SequenceMatcher(None, _keys(left), _keys(right), autojunk=False).get_opcodes():
        here, there = " ".join(left[a:a_end]), " ".join(right[b:b_end])
        found.append(Stretch(here, there, fold(here) != fold(there) and (is_speakable(here) or is_speakable(there))))
    return found


def _keys(words: Sequence[str]) -> list[str]:
    """Case and punctuation are no difference; a sign alone is itself."""
    return [fold(word) or word for word in words]
