"""A person's own pronunciations, found in a text before anything else reads it. Strings in, strings out.

A word or phrase is found whole: no letter or digit touches it, and it is no part of a longer number, of an address or
of a cue. One in lower case is found in any case, one with capitals only as it is spelt. The longest one wins.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from itertools import accumulate

from vnclone.models import Language, Pronunciation
from vnclone.text import cues, normalize
from vnclone.text.sentences import split_sentences
from vnclone.text.tidy import is_speakable, tidy

# Signs that stand for what was found: `tidy` leaves none of them in a text, and no rule of ours cuts one in two.
_FIRST_SIGN, _LAST_SIGN = 0xF0000, 0xFFFFD
_SIGN = re.compile(f"([{chr(_FIRST_SIGN)}-{chr(_LAST_SIGN)}])")
_SAME = {0x2018: "'", 0x2019: "'", 0x02BC: "'"}  # "don’t" is "don't"

_ADDRESS = (
    r"\b(?:https?://|www\.)\S*[\w/]|\b[\w.+-]{1,64}@(?:[\w-]{1,64}\.){1,8}\w+|"
    r"\b(?:[\w-]{1,64}\.){1,8}(?:vn|com|net|org|edu|gov|info|io)\b(?:/\S*[\w/])?"
)
_NUMBER = r"\d+(?:[.,:/-]\d+)+(?!\w)"
# Of these a text is made: an address, a cue and a number with what joins its digits are one each.
_TOKEN = re.compile(
    rf"{_ADDRESS}|{cues.CUE.pattern.replace('(', '(?:')}|{_NUMBER}|\w+|\s+|.", re.IGNORECASE | re.DOTALL
)

# What stands between two entries: "-19" after "Covid" is no negative number, and a bracket is a pause.
_AFTER = re.compile(r"[-–—]*([\s\"'”’»)\]]*)([.,;:!?…]*)")
_BEFORE = re.compile(r"([,;:]*)\s*([\"'“‘«(\[]*|(?<!\d)/|[-–—]+)\Z")
_LONGEST_END = 40  # characters of it that are looked at: of 100,000 commas, the last ones
_FIGURES = re.compile(r"\d+(?:[.,]\d+)*")


@dataclass(slots=True)
class _Node:
    """What may follow the tokens that lead here; `exact` and `loose` are the entries that end here."""

    following: dict[str, _Node] = field(default_factory=dict)
    exact: dict[str, Pronunciation] = field(default_factory=dict)
    loose: Pronunciation | None = None


class Lexicon:
    """Entries ready to be looked for. Building one takes 20 ms for 5,000 of them."""

    def __init__(self, entries: Iterable[Pronunciation] = ()) -> None:
        self.entries = tuple(entries)
        self._root = _Node()
        for entry in self.entries:
            self._plant(entry)

    @classmethod
    def of(cls, entries: Mapping[str, str]) -> Lexicon:
        """Word -> how to say it."""
        return cls(Pronunciation(word, say) for word, say in entries.items())

    def _plant(self, entry: Pronunciation) -> None:
        word = tidy(entry.word).translate(_SAME)
        node = self._root
        for token in _TOKEN.findall(word):
            node = node.following.setdefault(token.lower(), _Node())
        if word == word.lower():
            node.loose = entry
        else:
            node.exact[word] = entry

    def __bool__(self) -> bool:
        return bool(self.entries)

    def hide(self, text: str) -> Hidden:
        """`text`, tidied already, with a sign in place of each entry in it."""
        signs: dict[tuple[str, str], str] = {}
        parts, at = [], 0
        for start, end, entry in self._found(text):
            key = (text[start:end], entry.say)
            if key not in signs and len(signs) > _LAST_SIGN - _FIRST_SIGN:
                continue  # 65,534 spellings in one paragraph
            parts += [text[at:start], signs.setdefault(key, chr(_FIRST_SIGN + len(signs)))]
            at = end
        return Hidden("".join([*parts, text[at:]]), {sign: key for key, sign in signs.items()})

    def used(self, texts: Iterable[str]) -> dict[str, str]:
        """The entries that are found in `texts`, word -> how to say it: they say the same as all of them would."""
        found: dict[str, str] = {}
        for text in texts if self else ():
            for form in {tidy(text), tidy(cues.without(text))}:
                found |= {entry.word: entry.say for _, _, entry in self._found(form)}
        return dict(sorted(found.items()))

    def _found(self, text: str) -> Iterator[tuple[int, int, Pronunciation]]:
        """(start, end, entry), from left to right. Each start is looked at once, as far as an entry reaches."""
        if not self:
            return
        tokens = _TOKEN.findall(text.translate(_SAME))
        keys, starts = [token.lower() for token in tokens], list(accumulate(map(len, tokens), initial=0))
        at, first = 0, self._root.following
        while at < len(tokens):
            end, entry = self._longest(tokens, keys, at) if keys[at] in first else (at, None)
            if entry:
                yield starts[at], starts[end], entry
            at = end if entry else at + 1

    def _longest(self, tokens: list[str], keys: list[str], at: int) -> tuple[int, Pronunciation | None]:
        node, end, found = self._root, at, None
        for place in range(at, len(keys)):
            following = node.following.get(keys[place])
            if following is None:
                break
            node = following
            exact = node.exact.get("".join(tokens[at : place + 1])) if node.exact else None
            entry = exact or node.loose
            if entry and not _goes_on(tokens, place + 1):
                end, found = place + 1, entry
        return end, found


def _goes_on(tokens: list[str], at: int) -> bool:
    """Whether a mark of the letter before comes next, as in scripts whose vowels are marks."""
    return at < len(tokens) and unicodedata.category(tokens[at][0]).startswith("M")


@dataclass(frozen=True, slots=True)
class Hidden:
    """A text in which each entry is one sign, so that no sentence or chunk ends inside it."""

    text: str
    _found: Mapping[str, tuple[str, str]]  # sign -> what is written there, how to say it

    def written(self, part: str) -> str:
        """A part of the text as it was."""
        return _SIGN.sub(lambda sign: self._found[sign[1]][0], part) if self._found else part

    def is_speakable(self, part: str) -> bool:
        return is_speakable(part) or bool(self._found and _SIGN.search(part))

    def spoken(self, part: str, language: Language) -> str:
        """A part of the text as it is said: entries as their owner says, the rest as `normalize.spoken` does."""
        pieces = _SIGN.split(part)  # odd places hold a sign
        if len(pieces) == 1:
            return normalize.spoken(part, language)
        said = ""
        for place, piece in enumerate(pieces):
            if place % 2:
                said = _joined(said, "", _figures_read(self._found[piece][1], language))
            else:
                said = _joined(said, *_between(piece, place > 0, place < len(pieces) - 1, language))
        return said


def spoken(text: str, language: Language, lexicon: Lexicon) -> str:
    """As `normalize.spoken`, but what is in `lexicon` is said as it says."""
    if not lexicon:
        return normalize.spoken(text, language)
    hidden = lexicon.hide(tidy(text))
    sentences = (hidden.spoken(sentence, language) for sentence in split_sentences(hidden.text))
    return " ".join(sentence for sentence in sentences if sentence)


def _joined(said: str, mark: str, words: str) -> str:
    said += mark if said else ""
    return f"{said} {words}" if said and words else said or words


def _between(piece: str, after: bool, before: bool, language: Language) -> tuple[str, str]:
    """(the punctuation it begins with, its words) of what stands `after` an entry, `before` one, or both."""
    mark = tail = ""
    if after and (lead := _AFTER.match(piece)):
        mark = lead[2] or ("," if ")" in lead[1] or "]" in lead[1] else "")
        piece = piece[lead.end() :]
    if before and (end := _BEFORE.search(piece, max(0, len(piece) - _LONGEST_END))):
        tail = end[1] or ("," if "(" in end[2] or "[" in end[2] else "")
        piece = piece[: end.start()]
    words = normalize.spoken(piece, language)
    return (mark, f"{words}{tail}") if words else (mark or tail, "")


def _figures_read(say: str, language: Language) -> str:
    """As given, but for figures, which not every voice can read."""
    if not _FIGURES.search(say):
        return say
    return " ".join(_FIGURES.sub(lambda found: f" {normalize.spoken(found[0], language)} ", say).split())
