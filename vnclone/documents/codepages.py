"""The legacy code pages: their tables (encodings/*.tsv), and how a word and a line written in one is read."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass, field
from functools import cached_property
from itertools import pairwise
from pathlib import Path

from vnclone.documents.draft import CAPITALS_BEGIN, CAPITALS_END
from vnclone.documents.syllables import is_syllable

_FOLDER = Path(__file__).parent / "encodings"
_HIDDEN_HYPHEN = "\u00ad"
_MARKS = CAPITALS_BEGIN + CAPITALS_END
_MARK = re.compile(f"[{_MARKS}]")
# Signs that are no Western letters: between letters they can only be legacy text ("tr\u00adêng", "®¹i").
_SIGNS = "¡¢£¤¥¦§¨©«¬®¶·¸¹»¼½¾×÷\u00ad\u2212\u2219"
# Signs that mean themselves where they stand alone: bullets, quotes, ©, ±, multiplication.
_ALONE = "¡¢£¤¥¦§©«·»¼½¾×÷\u00ad\u2212\u2219"
_AFTER_FIGURES = tuple("µ\u03bcªº¹²³¼½¾")
# VPS has letters at the places of these, TCVN3 of «»®: around a whole word they are what they look like.
_QUOTES = "“”‘’…–—"
_AROUND = _QUOTES + "«»®©"
_LETTERS = "A-Za-z\u00aa\u00b5\u00ba\u00c0-\u00d6\u00d8-\u00f6\u00f8-\u024f\u0300-\u036f\u03bc"
_SMALL = re.compile("[a-z]")
_REMEMBERED = 20_000
_LOST_U = re.compile("([ơờớởỡợ])(?=(?:ng|c|u)$)")


@dataclass(frozen=True)
class Codepage:
    """One legacy encoding. `table`: what the eye sees where it is taken for Windows-1252 -> what was meant.

    `small_capitals`: capitals with a tone have no code of their own and are written as small letters ("VIÖT").
    """

    name: str
    table: dict[str, str] = field(repr=False)
    small_capitals: bool = False

    @cached_property
    def _pattern(self) -> re.Pattern[str]:
        return re.compile("|".join(re.escape(key) for key in sorted(self.table, key=len, reverse=True)))

    @cached_property
    def _token(self) -> re.Pattern[str]:
        signs = "".join(re.escape(key) for key in self.table if len(key) == 1)
        return re.compile(f"[{_LETTERS}{signs}{_MARKS}]+")

    @cached_property
    def _known(self) -> re.Pattern[str]:
        return re.compile(f"(?:{self._pattern.pattern}|[A-Za-z])*")

    def tokens(self, line: str) -> list[str]:
        """The words of a line as this code page knows them; what stands for itself is not among them."""
        return [match[0] for match in self._token.finditer(line) if self._is_word(match)]

    def is_quoted(self, token: str) -> bool:
        """Whether only quotes and the like are not ASCII in it: that tells nothing of any code page."""
        return token.strip(_AROUND + _MARKS).isascii()

    def is_foreign(self, token: str) -> bool:
        """Whether it has letters that this code page does not have."""
        return not self._known.fullmatch(token)

    def is_solid(self, token: str) -> bool:
        """Whether a sign that is no letter stands before or between letters: no other language writes so."""
        return self.name == "tcvn3" and any(
            sign in _SIGNS and following.isalpha() for sign, following in pairwise(token)
        )

    def line(self, line: str) -> str:
        """The line read in this code page; marks of capitals stay where they are."""
        if self.name == "tcvn3":
            line = _with_hidden_hyphens(line, self)
        read = self._token.sub(lambda match: self.word(match[0]) if self._is_word(match) else match[0], line)
        return read.upper() if self.small_capitals and self._is_shouted(line) else read

    def _is_shouted(self, line: str) -> bool:
        """Whether all its plain letters are capitals, two of a word with toned letters among them: "X· HéI"."""
        if _SMALL.search(line) or sum("A" <= letter <= "Z" for letter in line) < 5:
            return False
        return any(_is_shouted(token) and not token.isascii() for token in self.tokens(line))

    def _is_word(self, match: re.Match[str]) -> bool:
        """ "©" alone, "3×4" and "10 µm" mean what they show; "500 ®" is đồng, and "µ" after a word is "à"."""
        token = match[0].strip(_MARKS)
        if token[:1] in _AFTER_FIGURES:
            before = match.string[max(0, match.start() - 9) : match.start()].rstrip(" \u00a0" + _MARKS)
            return not before[-1:].isdigit()
        return len(token) > 1 or token not in _ALONE

    def word(self, token: str) -> str:
        """One word read in this code page, NFC."""
        known = self._words
        if (word := known.get(token)) is None:
            if len(known) >= _REMEMBERED:
                known.clear()
            word = known[token] = self._word(token)
        return word

    @cached_property
    def _words(self) -> dict[str, str]:
        """Words that were read before: a text repeats most of its own."""
        return {}

    def _word(self, token: str) -> str:
        if _MARK.search(token):
            return self._marked(token)
        word = self._read(token)
        if not is_syllable(word) and (bare := token.strip(_quotes(token))) and bare != token:
            begin, end = token.split(bare, 1)
            return begin + self.word(bare) + end
        if _HIDDEN_HYPHEN in token and not is_syllable(word):
            without = self._read(token.replace(_HIDDEN_HYPHEN, ""))
            word = without if is_syllable(without) or token.replace(_HIDDEN_HYPHEN, "").isascii() else word
        if self.name == "tcvn3" and not is_syllable(word) and is_syllable(whole := _LOST_U.sub(r"ư\1", word)):
            return whole
        return word

    def _read(self, token: str) -> str:
        word = unicodedata.normalize("NFC", self._pattern.sub(lambda match: self.table[match[0]], token))
        return word.upper() if self.small_capitals and _is_shouted(token) and word != token else word

    def _marked(self, token: str) -> str:
        """A run of capitals may begin inside a word: marks go back to the letters they stood before."""
        pieces = re.split(f"([{_MARKS}])", token)
        return "".join(piece if piece in _MARKS else self._read(piece) for piece in pieces)


def _quotes(token: str) -> str:
    """Signs that may be quotes around `token`: all of them around an English word, else those that VPS alone uses."""
    bare = token.strip(_AROUND)
    return _AROUND if bare.isascii() and len(bare) > 2 else _QUOTES


def _is_shouted(token: str) -> bool:
    plain = [letter for letter in token if letter.isascii() and letter.isalpha()]
    return len(plain) >= 2 and all(letter.isupper() for letter in plain)


_DASHED = re.compile(f"(?<![\\w-])([{_LETTERS}{_SIGNS}]{{0,8}})-([{_LETTERS}{_SIGNS}]{{0,8}})(?![\\w-])")


def _with_hidden_hyphens(line: str, page: Codepage) -> str:
    """TCVN3's ư has the code of the soft hyphen, and many a PDF shows it as a hyphen: "tr-êng" is "trường".

    Only where the whole is a syllable and its beginning is none: "Hµ Néi-HuÕ" stays two names, "- u" a list item.
    """

    def whole(match: re.Match[str]) -> str:
        begin, end = match[1], match[2]
        joined = f"{begin}{_HIDDEN_HYPHEN}{end}"
        opens = bool(begin) and not is_syllable(page.word(begin))
        opens = opens or (not begin and (not end.isascii() or end == "u"))
        return joined if opens and is_syllable(page.word(joined)) else match[0]

    return _DASHED.sub(whole, line) if "-" in line else line


def _table(name: str) -> dict[str, str]:
    """A file of the folder: code points, the look of them, the letter; a combining mark stands on a dotted circle."""
    rows = [line.split("\t") for line in (_FOLDER / f"{name}.tsv").read_text("utf-8").splitlines() if line[:2] == "U+"]
    return {"".join(chr(int(c[2:], 16)) for c in codes.split()): letter.lstrip("◌") for codes, _, letter in rows}


def _vni() -> dict[str, str]:
    """A capital letter with a small mark, and the other way round, is what caps lock makes of VNI."""
    table = _table("vni")
    pairs = [(key, letter) for key, letter in table.items() if len(key) == 2]
    return table | {key[0] + key[1].swapcase(): letter for key, letter in pairs}


def _through_1258(table: dict[str, str]) -> dict[str, str]:
    """The same code page where Windows-1258 was taken for it: there some codes are Vietnamese letters and marks."""

    def seen(key: str) -> str:
        return "".join(c.encode("cp1252", "replace").decode("cp1258", "replace") if c > "\xa0" else c for c in key)

    return {seen(key): letter for key, letter in table.items() if "\ufffd" not in seen(key) and "?" not in seen(key)}


_TCVN3, _VNI, _VPS = _table("tcvn3"), _vni(), _table("vps")
CODEPAGES = (
    Codepage("tcvn3", _TCVN3, small_capitals=True),
    Codepage("vni", _VNI),
    Codepage("vps", _VPS, small_capitals=True),
    Codepage("cp1258", _table("cp1258")),
    Codepage("tcvn3", _through_1258(_TCVN3), small_capitals=True),
    Codepage("vni", _through_1258(_VNI)),
)
