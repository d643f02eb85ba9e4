"""Fonts of the 1990s: text in TCVN3 (ABC), VNI, VPS or Windows-1258 that poses as Western letters becomes Unicode.

The encoding is found for the document and applied line by line, since mixed documents are common: Unicode headings
over TCVN3 paragraphs, English lines, formulas. VIQR is read only when asked for: "you?" is English too.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from vnclone.documents import viqr
from vnclone.documents.codepages import CODEPAGES, Codepage
from vnclone.documents.draft import CAPITALS_BEGIN, CAPITALS_END
from vnclone.documents.syllables import is_syllable
from vnclone.models import ENCODINGS, Said

NAMES = {"tcvn3": "TCVN3 (ABC)", "vni": "VNI-Windows", "vps": "VPS", "cp1258": "Windows-1258", "viqr": "VIQR"}
# Letters with two marks stand only in Unicode, and so do circumflex, breve and horn apart from their letter (NFD): a
# line that has one is no legacy line, though words of it may be.
_UNICODE = re.compile("[\u1ea0-\u1ef9\u0302\u0306\u031b]")
_HIGH = re.compile("[\u00a1-\uffff]|[\x80-\x9f]")
_SAMPLE_CHARS = 400_000
_WORD = re.compile(r"\S+")
_PLAIN_WORD = re.compile(r"[A-Za-z]+")
# At least three words become Vietnamese, two of them different, three in five of all that would change; and half of
# the words around them are Vietnamese too: "på" and "så" would make two syllables of Swedish.
_LEAST_WORDS, _LEAST_DISTINCT, _LEAST_SHARE, _LEAST_AROUND = 3, 2, 0.6, 0.5
_MARKS = dict.fromkeys(map(ord, (CAPITALS_BEGIN, CAPITALS_END)))


@dataclass(frozen=True, slots=True)
class Converted:
    """`texts` as many as were given; `encoding` a key of NAMES or "" when nothing was converted; what to tell."""

    texts: list[str]
    encoding: str
    note: Said | None


@dataclass(slots=True)
class _Evidence:
    """Words that conversion would make Vietnamese, that it would spoil, that stay Vietnamese, that stay unknown."""

    good: int = 0
    against: int = 0
    neutral: int = 0
    odd: int = 0

    def weigh(self, before: str, after: str, solid: bool, times: int = 1) -> None:
        was, becomes = is_syllable(before), is_syllable(after)
        if was == becomes:
            kind = "neutral" if was or _is_abbreviation(after) else "odd"
        else:
            kind = "good" if becomes else "against"
        if kind in ("odd", "neutral") and not was and solid:
            kind = "neutral"
        setattr(self, kind, getattr(self, kind) + times)


def converted(texts: Sequence[str], choice: str) -> Converted:
    """`texts` (paragraphs as their format has them, before any tidying) with legacy letters as Unicode.

    `choice` is one of models.ENCODINGS: "auto" finds the encoding of the document and leaves lines that are not in
    it, "keep" converts nothing, a name is believed for every line without Vietnamese Unicode letters. Text between
    the marks of CAPITALS becomes upper case in what was converted; the marks themselves are gone from all of it.
    Raises ValueError for another choice.
    """
    if choice not in ENCODINGS:
        raise ValueError(f"unknown encoding {choice!r}; there are {', '.join(ENCODINGS)}")
    if choice == "viqr":
        return _told([viqr.decoded(text.translate(_MARKS)) for text in texts], texts, "viqr")
    page = _found(texts, choice)
    if page is None:
        return Converted([text.translate(_MARKS) for text in texts], "", None)
    return _told([_text(text, page, choice != "auto") for text in texts], texts, page.name)


def encoding_of(texts: Sequence[str]) -> str:
    """The legacy encoding that "auto" finds in `texts`, a key of NAMES, or ""."""
    page = _found(texts, "auto")
    return page.name if page else ""


def _is_abbreviation(word: str) -> bool:
    """Capitals that are no syllable stand for words: "QĐ", "HĐND"."""
    return len(word) > 1 and word.isupper() and not is_syllable(word)


def _told(after: list[str], before: Sequence[str], encoding: str) -> Converted:
    if all(new == old.translate(_MARKS) for new, old in zip(after, before, strict=True)):
        return Converted(after, "", None)
    name = NAMES[encoding]
    note = Said(
        f"Đã chuyển từ bảng mã {name} sang Unicode. Nếu chữ hiện ra không đúng, hãy chọn giữ nguyên bảng mã "
        "rồi đọc lại tài liệu.",
        f"Converted from {name} to Unicode. If the letters look wrong, choose to keep the encoding as it is "
        "and read the document again.",
    )
    return Converted(after, encoding, note)


def _found(texts: Sequence[str], choice: str) -> Codepage | None:
    """The code page that makes the most words Vietnamese; by "auto" only one that clearly does."""
    if choice == "keep":
        return None
    words = _sample(texts)
    pages = [page for page in CODEPAGES if choice in ("auto", page.name)]
    weighed = [(page, *_evidence(page, words)) for page in pages]
    page, evidence, distinct = max(weighed, key=lambda each: each[1].good)
    if choice != "auto" or (distinct >= _LEAST_DISTINCT and _is_clear(evidence, words)):
        return page
    return None


def _is_clear(evidence: _Evidence, words: Counter[str]) -> bool:
    good, changing = evidence.good, evidence.good + evidence.against + evidence.odd
    if good < _LEAST_WORDS or good < _LEAST_SHARE * changing:
        return False
    around: Counter[bool] = Counter()
    for word, times in words.items():
        for plain in _PLAIN_WORD.findall(word) if word.isascii() else ():
            around[is_syllable(plain.lower())] += 0 if _is_abbreviation(plain) else times
    return good + around[True] >= _LEAST_AROUND * (changing + around.total())


def _sample(texts: Sequence[str]) -> Counter[str]:
    """The words of lines with more than ASCII that are not Unicode Vietnamese; of a long document a part."""
    step = 1 + sum(map(len, texts)) // _SAMPLE_CHARS
    words: Counter[str] = Counter()
    for line in _lines(texts[::step]):
        if _HIGH.search(line) and not _UNICODE.search(line):
            words.update(line.translate(_MARKS).split())
    return words


def _lines(texts: Sequence[str]) -> Iterator[str]:
    for text in texts:
        yield from text.split("\n")


def _evidence(page: Codepage, words: Counter[str]) -> tuple[_Evidence, int]:
    """What speaks for and against `page`, and how many different words speak for it."""
    evidence, distinct = _Evidence(), 0
    for word, times in words.items():
        if word.isascii():
            continue
        before = evidence.good
        _weigh(evidence, page, word, times)
        distinct += evidence.good > before
    return evidence, distinct


def _weigh(evidence: _Evidence, page: Codepage, line: str, times: int = 1) -> None:
    for token in page.tokens(line):
        after = page.word(token)
        if page.is_quoted(token):
            continue
        if after != token:
            evidence.weigh(token, after, page.is_solid(token), times)
        elif page.is_foreign(token):
            evidence.against += times


def _text(text: str, page: Codepage, sure: bool) -> str:
    """One paragraph, line by line; a run of capitals may go on over the end of a line."""
    lines, inside = [], False
    for line in text.split("\n"):
        begins = CAPITALS_BEGIN + line if inside else line
        inside = begins.rfind(CAPITALS_BEGIN) > begins.rfind(CAPITALS_END)
        plain = line.translate(_MARKS)
        if _UNICODE.search(plain):
            lines.append(_WORD.sub(lambda word: _word(word[0], page), plain))
        else:
            lines.append(_capitals(page.line(begins)) if sure or _belongs(plain, page) else plain)
    return "\n".join(lines)


def _word(word: str, page: Codepage) -> str:
    """A word of a line that holds Unicode letters too: converted where that makes Vietnamese of what was none."""
    if word.isascii() or _UNICODE.search(word):
        return word
    evidence = _Evidence()
    _weigh(evidence, page, word)
    return page.line(word) if evidence.good and not evidence.against + evidence.odd else word


def _belongs(line: str, page: Codepage) -> bool:
    """Whether a line of a document in `page` is itself in it; one of ASCII letters alone may be anything, so it is."""
    if not _HIGH.search(line):
        return True
    evidence = _Evidence()
    _weigh(evidence, page, line)
    return evidence.good + evidence.neutral >= evidence.against + evidence.odd


def _capitals(line: str) -> str:
    """Text between the marks in upper case; a mark without its partner reaches to the end of the line."""
    pieces = re.split(f"({CAPITALS_BEGIN}[^{CAPITALS_END}]*)", line)
    return "".join(piece.upper() if piece[:1] == CAPITALS_BEGIN else piece for piece in pieces).translate(_MARKS)
