"""sea-g2p, for what has no rule: words of other languages, camel case, formulas. Guarded: it panics on odd input."""

from __future__ import annotations

import re
from functools import cache, lru_cache

_SAFE_CHARS = 600  # it was seen to panic at 39,000 characters; no honest piece is longer than this
_SAFE_CHARS_OF_A_WORD = 80  # it takes quadratic time on runs like "1.1.1.": 22 ms for 160 characters, a panic at 240
_ENDLESS_WORD = re.compile(rf"\S{{{_SAFE_CHARS_OF_A_WORD}}}(?=\S)")
_HOPELESS_CHARS = 24  # a piece this short that still panics is kept as written
_MARKS = re.compile(r"</?en>")  # for the library's own phonetics
_REMEMBERED = 20_000


@lru_cache(_REMEMBERED)
def word(written: str) -> str:
    """A word as the library says it among Vietnamese words."""
    return normalized(written)


def normalized(text: str) -> str:
    """The library's answer for a text of any length; what it cannot take stays as written."""
    return " ".join(_MARKS.sub("", _guarded(piece)) for piece in _bounded(text)).strip()


def _bounded(text: str) -> list[str]:
    """Pieces of at most 600 characters, cut at blanks; words of more than 80 characters are cut anywhere."""
    text = _ENDLESS_WORD.sub(r"\g<0> ", text)
    pieces = []
    while len(text) > _SAFE_CHARS:
        cut = text.rfind(" ", 0, _SAFE_CHARS) + 1
        pieces.append(text[:cut])
        text = text[cut:]
    return [*pieces, text]


def _guarded(text: str) -> str:
    """The normaliser's answer; where it panics, halves are tried, and what still panics stays as written."""
    try:
        return str(_normaliser().normalize(text))
    except BaseException as error:
        if not _is_panic(error):
            raise
    if len(text) <= _HOPELESS_CHARS:
        return text
    left, right = _halves(text)
    return f"{_guarded(left)} {_guarded(right)}".strip()


def _is_panic(error: BaseException) -> bool:
    """pyo3 raises Rust panics as a BaseException whose class cannot be imported."""
    return type(error).__module__ == "pyo3_runtime" and type(error).__name__ == "PanicException"


def _halves(text: str) -> tuple[str, str]:
    middle = len(text) // 2
    cut = text.rfind(" ", middle // 2, middle + middle // 2)
    cut = cut if cut > 0 else middle
    return text[:cut].rstrip(), text[cut:].lstrip()


@cache
def _normaliser():  # type: ignore[no-untyped-def]  # the library has no types
    from sea_g2p import Normalizer

    return Normalizer()
