"""A rule: what a piece of writing looks like and how it is said; a place: what stands around it, which decides."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, field

_LOOK_BACK = 64  # characters: eight words and more
_AROUND_WORDS = ".,;:!?()[]{}\"'“”‘’«»…–—-"
_CLAUSE_END = (".", "!", "?", ";")
_OPENING = " \"'“‘«([{-–—•*+#>"

Say = Callable[[re.Match[str], "Place"], str | None]


class Place:
    """Where in a sentence something is read."""

    __slots__ = ("_words", "at", "text")

    def __init__(self, text: str, at: int) -> None:
        self.text, self.at = text, at
        self._words: list[str] | None = None

    @property
    def words(self) -> list[str]:
        """Up to eight words of the same clause before this place, in lower case, the nearest last."""
        if self._words is None:
            found: list[str] = []
            for word in reversed(self.text[max(0, self.at - _LOOK_BACK) : self.at].lower().split()[-8:]):
                if found and word.endswith(_CLAUSE_END) and len(word) > 3:
                    break
                found.append(word.strip(_AROUND_WORDS))
            self._words = [word for word in reversed(found) if word]
        return self._words

    def follows(self, cues: frozenset[str]) -> bool:
        """Whether the one, two or three words right before are among `cues`."""
        words = self.words
        return any(" ".join(words[-count:]) in cues for count in range(1, min(3, len(words)) + 1))

    def near(self, cues: frozenset[str], reach: int = 6) -> bool:
        """Whether one of `cues` (up to three words each) is among the last `reach` words before."""
        words = self.words[-reach:]
        return any(
            " ".join(words[start : start + count]) in cues
            for start in range(len(words))
            for count in range(1, min(3, len(words) - start) + 1)
        )

    @property
    def before(self) -> str:
        """The character right before; "" at the beginning."""
        return self.text[self.at - 1 : self.at] if self.at else ""

    @property
    def is_first(self) -> bool:
        """Whether nothing but bullets, dashes, quotes and brackets stands before."""
        return self.at <= 8 and not self.text[: self.at].strip(_OPENING)

    def ahead(self, end: int, size: int = 24) -> str:
        """The `size` characters from `end` on."""
        return self.text[end : end + size]

    def next_word(self, end: int) -> str:
        """The first word after `end`, in lower case."""
        following = self.text[end : end + 24].split(maxsplit=1)
        return following[0].lower().strip(_AROUND_WORDS) if following else ""


@dataclass(frozen=True, slots=True)
class Rule:
    """`starts`: what it begins with: "d" a digit, "A" a capital, "a" a small letter, "s" a sign."""

    starts: str
    pattern: re.Pattern[str]
    say: Say


@dataclass(frozen=True, slots=True)
class Family:
    """The rules of one kind of writing, in the order in which they are tried."""

    name: str
    rules: list[Rule] = field(default_factory=list)

    def rule(self, starts: str, pattern: str, flags: int = 0) -> Callable[[Say], Say]:
        """A function that says a match of `pattern`, or None where it is something else after all."""

        def add(say: Say) -> Say:
            self.rules.append(Rule(starts, re.compile(pattern, flags), say))
            return say

        return add


def cues(text: str) -> frozenset[str]:
    """Words and phrases from a list with commas between them."""
    return frozenset(cue.strip() for cue in text.replace("\n", " ").split(",") if cue.strip())
