"""English words and acronyms inside Vietnamese: known by table, said as a word where one can, else spelled."""

from __future__ import annotations

import re

from vnclone.text.readers import letters, library
from vnclone.text.readers.rule import Family, Place
from vnclone.text.readers.tables import alternation, table

SIGNED = Family("names with signs")
FAMILY = Family("foreign")

_PRONOUNCEABLE = 5  # capitals of this length with vowels among them are a name in capitals: "SAMSUNG"
_SINGLE = re.compile(r"[^\W\d_]$")
_WITH_SIGNS = [key for key in table("acronyms") if not key.isalpha()]
_CAPITAL_NEIGHBOUR = re.compile(r"[^\W\d_]{2,}")
_HARD_RUN = re.compile(r"[bcdfghjklmnpqrstvwxz]{4}", re.IGNORECASE)


@SIGNED.rule("dAa", rf"(?:{alternation(_WITH_SIGNS)})(?![^\W_]|[&+#])")
def _known_with_signs(match: re.Match[str], place: Place) -> str:
    return table("acronyms")[match.group()]


@SIGNED.rule("s", r"<en>([^<>\d]{1,200})</en>")
def _marked(match: re.Match[str], place: Place) -> str:
    """English, marked as sea-g2p marks it: as it is."""
    return match[1].strip().lower()


@FAMILY.rule("Aa", r"[A-Za-z]{2,}(?:-[A-Za-z]{2,})+(?![\w])")
def _hyphenated(match: re.Match[str], place: Place) -> str:
    """ "text-to-speech", "bare-metal": the hyphen is not said."""
    return " ".join(say(word, place) for word in match.group().split("-"))


def say(word: str, place: Place) -> str:
    """A run of letters: an acronym, a name, a single letter."""
    known = table("acronyms").get(word)
    if known and not (letters.is_word(word) and is_among_capitals(place, len(word))):
        return known
    word = letters.latin(word)
    if len(word) == 1:
        return letters.name(word)
    if word.isupper():
        return _capitals(word, place)
    if word[1:].islower() or not word.isascii():
        return letters.spell(word) if _is_hopeless(word) else word.lower()
    return library.word(word)


def _is_hopeless(word: str) -> bool:
    return word.isascii() and word.isalpha() and letters.is_unpronounceable(word)


def _capitals(word: str, place: Place) -> str:
    if letters.is_word(word) or (not word.isascii() and len(word) > 6):
        return word.lower()
    if len(word) >= _PRONOUNCEABLE and word.isascii() and _reads_well(word):
        return word.lower()
    return letters.spell(word)


def _reads_well(word: str) -> bool:
    vowels = sum(sign in "AEIOUY" for sign in word)
    return vowels * 4 >= len(word) and not _HARD_RUN.search(word)


def is_among_capitals(place: Place, length: int) -> bool:
    """Whether the neighbours are in capitals too: a heading, in which "LAN" is a name and "AN" a word."""
    before = place.text[max(0, place.at - 24) : place.at].split()
    after = place.text[place.at + length : place.at + length + 24].split()
    around = [*before[-1:], *after[:1]]
    return any(letters.is_word(w.strip(".,:;")) and w.strip(".,:;").isupper() and len(w) > 1 for w in around)
