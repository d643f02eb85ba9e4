"""Letters: their names, and which letters and words a Vietnamese mouth can say at all."""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache

from vnclone.text.language import is_syllable
from vnclone.text.readers.tables import table

_VIETNAMESE_MARKS = frozenset("\u0300\u0301\u0303\u0309\u0323\u0306\u0302\u031b")
_WITHOUT_PARTS = str.maketrans(
    {
        "ß": "ss",
        "ø": "o",
        "Ø": "O",
        "ł": "l",
        "Ł": "L",
        "æ": "ae",
        "Æ": "Ae",
        "œ": "oe",
        "Œ": "Oe",
        "ð": "d",
        "Ð": "Đ",
        "þ": "th",
        "Þ": "Th",
        "ı": "i",
        "ħ": "h",
        "ŋ": "ng",
    }
)
_VOWELS = re.compile(r"[aeiouyăâêôơư]", re.IGNORECASE)
_FOREIGN = re.compile("[ß-öø-ɏ\u1e00-\u1e9f\u0300-\u036f]", re.IGNORECASE)


def name(letter: str) -> str:
    """ "B" -> "bê"; a letter of another script stays itself."""
    return table("letters").get(letter.lower(), letter.lower())


def spell(word: str) -> str:
    """Letter by letter: "NĐ" -> "nờ đê"."""
    return " ".join(name(letter) for letter in word)


@lru_cache(20_000)
def is_unpronounceable(word: str) -> bool:
    """Whether a word has no vowel at all ("km", "ptit"): not what anybody reads as a word."""
    return not _VOWELS.search(bare(word))


def is_word(word: str) -> bool:
    """Whether it is spelled like one Vietnamese syllable, with or without marks."""
    return is_syllable(bare(word.lower()))


def bare(word: str) -> str:
    """Without marks: "Đường" -> "Duong"."""
    plain = "".join(sign for sign in unicodedata.normalize("NFD", word) if not unicodedata.combining(sign))
    return plain.replace("đ", "d").replace("Đ", "D")


def latin(word: str) -> str:
    """Foreign letters as the nearest Vietnamese ones: "München" -> "Munchen", "Straße" -> "Strasse"."""
    if word.isascii() or not _FOREIGN.search(word):
        return word
    return "".join(_nearest(sign) for sign in word.translate(_WITHOUT_PARTS))


@lru_cache(2_000)
def _nearest(sign: str) -> str:
    if sign.isascii() or sign in "đĐ":
        return sign
    parts = unicodedata.normalize("NFD", sign)
    is_vietnamese = all(mark in _VIETNAMESE_MARKS for mark in parts[1:]) and parts[0].lower() in "aeiouy"
    allowed = parts[0].lower() in "aeo" or "\u0302" not in parts
    if (is_vietnamese and allowed and not _impossible(parts)) or not parts[0].isascii():
        return sign
    return parts[0]


def _impossible(parts: str) -> bool:
    """Marks that Vietnamese has, on letters where it has them not: "ŭ", "ĕ"."""
    return ("\u0306" in parts and parts[0].lower() != "a") or ("\u031b" in parts and parts[0].lower() not in "ou")
