"""Characters that no reader, voice or page can use are removed or replaced, so that every other room sees plain NFC."""

from __future__ import annotations

import re
import unicodedata

# Bullets of Symbol and Wingdings live in the private use area; as "•" they are at least a list mark.
_PRIVATE_BULLETS = dict.fromkeys((0xF0B7, 0xF0A7, 0xF0D8, 0xF076, 0xF0FC, 0xF02D), "•")
_SPACES = dict.fromkeys([0x09, 0xA0, 0x1680, *range(0x2000, 0x200B), 0x202F, 0x205F, 0x3000], " ")
_LINE_ENDS = dict.fromkeys((0x0B, 0x0C, 0x0D, 0x85, 0x2028, 0x2029), "\n")
_HYPHENS = {0x2010: "-", 0x2011: "-"}
_LIGATURES = {code: unicodedata.normalize("NFKC", chr(code)) for code in range(0xFB00, 0xFB07)}
_TABLE: dict[int, str] = _PRIVATE_BULLETS | _SPACES | _LINE_ENDS | _HYPHENS | _LIGATURES

_TRANSLATED = re.compile("[" + re.escape("".join(map(chr, _TABLE))) + "]")

# C0/C1 controls, soft hyphen, zero-width and direction marks, private use, non-characters, lone surrogates.
_UNUSABLE = re.compile(
    "[\x00-\x09\x0b-\x1f\x7f-\x9f\u00ad\u034f\u061c\u180e\u200b-\u200f\u202a-\u202e\u2060-\u206f"
    "\ufe00-\ufe0f\ufeff\ufff0-\ufffb\ufffe\uffff\ud800-\udfff\ue000-\uf8ff\U000e0000-\U000e0fff\U000f0000-\U0010ffff]"
)
_SURROGATE = re.compile("[\ud800-\udfff]")
_BLANKS = re.compile(" {2,}")
_BLANKS_AT_LINE_END = re.compile(" ?\n ?")


def tidy(text: str) -> str:
    """`text` in NFC with single spaces and plain "\\n" line ends; no control, private or invisible character stays.

    Words, punctuation and line breaks are kept. Two halves of a surrogate pair become the character they mean.
    """
    if _SURROGATE.search(text):
        text = text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "ignore")
    text = text.replace("\r\n", "\n")
    if _TRANSLATED.search(text):  # a third of the time of translating what needs none
        text = text.translate(_TABLE)
    text = unicodedata.normalize("NFC", _UNUSABLE.sub("", text))
    return _BLANKS_AT_LINE_END.sub("\n", _BLANKS.sub(" ", text)).strip()


def is_speakable(text: str) -> bool:
    """Whether there is at least one letter or digit in it."""
    return any(character.isalnum() for character in text)


def fold(text: str) -> str:
    """Letters and digits only, case folded: equal for texts that differ in case, spacing and punctuation."""
    return "".join(character for character in unicodedata.normalize("NFC", text).casefold() if character.isalnum())


def searchable(text: str) -> str:
    """Words in lower case without diacritics, a blank between them: "Lời nói đầu" is found by "loi noi"."""
    plain = unicodedata.normalize("NFD", text.casefold()).replace("đ", "d")
    kept = (character for character in plain if not unicodedata.combining(character))
    return " ".join("".join(c if c.isalnum() else " " for c in kept).split())
