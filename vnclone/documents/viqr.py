"""VIQR: Vietnamese in ASCII, a letter and then its marks ("Vie^.t Nam"); RFC 1456, section 2."""

from __future__ import annotations

import re
import unicodedata

from vnclone.documents.syllables import is_syllable

_SHAPES = {"^": "\u0302", "(": "\u0306", "+": "\u031b", "*": "\u031b"}  # "*" is an older way to write the horn
_TONES = {"'": "\u0301", "`": "\u0300", "?": "\u0309", "~": "\u0303", ".": "\u0323"}
_MARKS = _SHAPES | _TONES
_ALLOWED = {"a": "^(", "e": "^", "o": "^+*", "u": "+*"}
_LETTER = re.compile(r"\\(.)|([Dd])([Dd])|([AEIOUYaeiouy])([\^(+*]?)(['`?~.]?)([\^(+*]?)")
_WORD = re.compile(r"[A-Za-z](?:\\.|[A-Za-z^(+*'`?~.])*|\\.")
_LONGEST = 16  # signs of a syllable: seven letters, their marks, a backslash
_END = re.compile(r"[.?][\"”)\s]*$")  # the end of a sentence at the end of a line, more likely than a tone


def decoded(text: str) -> str:
    """`text` with VIQR read, NFC. A backslash keeps the sign after it ("\\\\." is a full stop).

    A mark counts only where it makes a syllable: "you?" and the end of "Ha` No^.i." keep their punctuation.
    """
    return "\n".join(_line(line) for line in text.split("\n"))


def _line(line: str) -> str:
    end = _END.search(line)
    place = end.start() if end else len(line)
    read = _WORD.sub(lambda match: _word(match[0]), line[:place])
    return unicodedata.normalize("NFC", read.removesuffix("\\") + line[place:])


def _word(word: str) -> str:
    """The longest beginning of `word` that reads as one syllable, then the rest as it stands."""
    for end in range(min(len(word), _LONGEST), 0, -1):
        if word[end - 1] == "\\":  # never between a backslash and its sign
            continue
        read = unicodedata.normalize("NFC", _LETTER.sub(_letter, word[:end]))
        if is_syllable(read):
            return read + _rest(word[end:])
    return _rest(word)


def _rest(word: str) -> str:
    """What is no syllable: đ is never meant as two letters at the start of one, all else keeps its signs."""
    plain = re.sub(r"\\(.)", r"\1", word)
    return re.sub(r"^([Dd])[Dd]", lambda match: "đ" if match[1] == "d" else "Đ", plain)


def _letter(match: re.Match[str]) -> str:
    escaped, d, _, vowel, first, tone, second = match.groups()
    if escaped:
        return str(escaped)
    if d:
        return "đ" if d == "d" else "Đ"
    shape = first or second
    if shape and shape not in _ALLOWED.get(vowel.lower(), ""):
        return match[0]
    if first and second:
        return vowel + _MARKS[first] + (_MARKS[tone] if tone else "") + second
    return vowel + (_MARKS[shape] if shape else "") + (_MARKS[tone] if tone else "")
