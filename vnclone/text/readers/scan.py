"""A sentence in, its spoken form out: one scan that passes plain words and asks the rules about everything else."""

from __future__ import annotations

import re
from functools import lru_cache

from vnclone.text.readers import foreign, letters, signs
from vnclone.text.readers.order import RULES
from vnclone.text.readers.rule import Place
from vnclone.text.readers.tables import table

_REMEMBERED = 50_000
_LONGEST_REMEMBERED = 24
_SMALL = "a-z\u00df-\u00f6\u00f8-\u024f\u0400-\u1cff\u1e00-\u1eff"
_NO_LETTER = "²³¹¼½¾⁰-ₜ⅐-ↈ①-⓿❶-➓ℝℕℤℚℂªº"
_PLAIN = re.compile(
    rf"(?P<open>[(\[{{“‘\"'«]*)(?P<word>(?![{_NO_LETTER}])[^\W\d_][{_SMALL}]+(?:['’](?:s|t|m|d|ll|re|ve))?|[aeiuyàáảãạèéẻẽẹìíỉĩịòóỏõọùúủũụ"
    rf"ỳýỷỹỵăâêôơưắằấầếềồốớờứừẵẫễỗỡữặậệộợựẳẩểổởử])(?P<close>[.,;:!?…”’\"'»)\]}}]*)"
)
_OPENERS = {key.split()[0] for name in ("abbreviations", "acronyms") for key in table(name) if " " in key}
_WORD = re.compile(rf"(?:(?![{_NO_LETTER}])[^\W\d_])+(?:['’](?:s|t|m|d|ll|re|ve)\b)?")
_GREEK = re.compile(r"[\u0370-\u03ff\u1f00-\u1fff]{2,}|[^\W\d_](?=[\u0370-\u03ff])")
_MARKS = str.maketrans(dict.fromkeys(";:()[]{}", ",") | {"…": "."} | dict.fromkeys("“”‘’\"'«»"))
_RUN_OF_MARKS = re.compile(r"\s*([.,!?](?:\s*[.,!?])*)\s*")
_LEFT_OVER = re.compile(rf"[^\w\s.,!?'’-]|_|\d|[{_NO_LETTER}]")


def read(text: str) -> str:
    """`text`, one sentence without line breaks, in words: no digit and no sign but . , ! ? is left."""
    said: list[str] = []
    at, end = 0, len(text)
    while at < end:
        if text[at] == " ":
            at += 1
            continue
        stop = text.find(" ", at, at + _LONGEST_REMEMBERED)
        stop = min(end, at + _LONGEST_REMEMBERED) if stop < 0 else stop
        plain = _plain(text[at:stop]) if stop == end or text[stop] == " " else None
        if plain is None:
            at = _piece(text, at, said)
        else:
            said.append(plain)
            at = stop
    return _joined(said)


@lru_cache(_REMEMBERED)
def _plain(token: str) -> str | None:
    """An ordinary word with its marks, as it is said; None for what the rules must see."""
    match = _PLAIN.fullmatch(token)
    if (
        not match
        or match["word"] in table("abbreviations")
        or match["word"] in table("acronyms")
        or match["word"] in _OPENERS
    ):
        return None
    word, close = match["word"], match["close"]
    if f"{word}." in table("abbreviations") or (letters.is_unpronounceable(word) and word.isascii()):
        return None
    opening = ", " if any(mark in "([{" for mark in match["open"]) else ""
    return f"{opening}{letters.latin(word.replace('’', chr(39))).lower()}{close.translate(_MARKS)}"


def _piece(text: str, at: int, said: list[str]) -> int:
    """Read what begins at `at`; where it ends."""
    first = text[at]
    if first in table("signs") and not _GREEK.match(text, at):
        kind = "s"
    else:
        kind = "d" if first.isdecimal() else "A" if first.isupper() else "a" if first.isalpha() else "s"
    place = Place(text, at)
    for rule in RULES[kind]:
        match = rule.pattern.match(text, at)
        if match and (answer := rule.say(match, place)) is not None:
            said.append(answer)
            return match.end()
    if kind != "s" and (word := _WORD.match(text, at)):
        said.append(foreign.say(word.group().replace("’", "'"), place))
        return word.end()
    return signs.say(text, at, said)


def _joined(said: list[str]) -> str:
    """Words with one blank between them; of marks that meet, the strongest stays; none opens a sentence."""
    text = _RUN_OF_MARKS.sub(_strongest, " ".join(part for part in said if part))
    return _LEFT_OVER.sub(" ", text).strip(" ,")


def _strongest(match: re.Match[str]) -> str:
    marks = match[1]
    mark = next(mark for mark in "!?.," if mark in marks) if "!" in marks and marks.startswith("!") else None
    return f"{mark or next(mark for mark in '?!.,' if mark in marks)} "
