"""Text as written in, text as spoken out: numbers, dates, units and abbreviations become words, a sentence at a time.

Vietnamese goes tidy -> our readers (readers/), which leave no digit and no sign -> sea-g2p for the words they do not
know. English keeps its digits, which the English voice reads itself; only signs it would skip become words.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable
from functools import cache

from vnclone import __version__
from vnclone.models import Language
from vnclone.text import cues
from vnclone.text.language import is_english
from vnclone.text.readers import library, scan
from vnclone.text.readers.tables import table
from vnclone.text.sentences import split_sentences
from vnclone.text.tidy import is_speakable, tidy

Rule = tuple[re.Pattern[str], str | Callable[[re.Match[str]], str]]

_READERS = 1  # counts up when the readers say something otherwise, so that old answers are not taken for new ones
_MOST_CHARS_OF_A_WORD, _PART_OF_A_WORD = 200, 24
_MOST_CHARS = 1_000  # of a piece; no honest sentence is longer
_ENDLESS_WORD = re.compile(rf"\S{{{_MOST_CHARS_OF_A_WORD},}}")
_FOREIGN_DIGIT = re.compile(r"[^\W0-9²³¹\D]")
_NUMBER_SIGN = re.compile(r"[\u2160-\u2188\u2460-\u249b\u24ea-\u24ff\u2776-\u2793\u3220-\u3229\u3280-\u3289]")


@cache
def normalizer() -> str:
    """What makes words of figures here, with its version."""
    from importlib.metadata import version

    return f"vnclone {__version__} readers {_READERS}, sea-g2p {version('sea-g2p')}"


def spoken(text: str, language: Language) -> str:
    """`text` (a line or a paragraph) as it is said aloud in `language`; "" when nothing in it can be said.

    Cues ("[cười]") stay what they are. Never raises on odd text and never loses a word. Vietnamese is left without a
    digit and without a sign but . , ! ? and the hyphens and apostrophes inside words. Thread-safe.
    """
    if language == "vi":
        text = text.replace("\u200b", " ").replace("\u200c", " ")  # pasted from the web between syllables
    clean = tidy(text).replace("\ufffd", "")
    sentences = (_speak_sentence(sentence, language) for sentence in split_sentences(clean))
    return " ".join(sentence for sentence in sentences if is_speakable(sentence))


def _speak_sentence(sentence: str, language: Language) -> str:
    said = ""
    for part, is_cue in cues.split(sentence):
        words = part if is_cue else _speak_words(part, language)
        mark = re.match(r"\s*([.,;:!?…]*)", part)[1] if said and not is_cue else ""  # type: ignore[index]
        said += mark + (f" {words}" if said and words else words)
    return said


def _speak_words(sentence: str, language: Language) -> str:
    if language == "en":
        return _apply(_ENGLISH_RULES, sentence).strip() if is_speakable(sentence) else ""
    if is_english(sentence):
        return library.normalized(sentence)
    plain = _plain_digits(sentence) if not sentence.isascii() else sentence
    return " ".join(said for piece in _bounded(plain) if (said := scan.read(piece)))


def _apply(rules: tuple[Rule, ...], text: str) -> str:
    for pattern, replacement in rules:
        text = pattern.sub(replacement, text)
    return text


def _plain_digits(text: str) -> str:
    """Digits of other scripts as ours, "Ⅷ" as "VIII", "①" as "1"."""
    text = _FOREIGN_DIGIT.sub(lambda match: str(unicodedata.digit(match.group())), text)
    text = _NUMBER_SIGN.sub(lambda match: f" {unicodedata.normalize('NFKC', match.group())} ", text)
    for sign in {sign for sign in text if sign.isnumeric() and not sign.isalpha() and not sign.isascii()}:
        if sign not in table("signs"):
            text = text.replace(sign, f" {unicodedata.numeric(sign):g} ")
    return text


def _in_parts(match: re.Match[str]) -> str:
    word = match.group()
    return " ".join(word[at : at + _PART_OF_A_WORD] for at in range(0, len(word), _PART_OF_A_WORD))


def _bounded(text: str) -> list[str]:
    """Pieces of a comfortable size, cut at blanks; a word without end is cut anywhere."""
    if len(text) <= _MOST_CHARS_OF_A_WORD:
        return [text]
    text = _ENDLESS_WORD.sub(_in_parts, text)
    pieces, start = [], 0
    while len(text) - start > _MOST_CHARS:
        cut = text.rfind(" ", start, start + _MOST_CHARS) + 1
        end = cut if cut > start else start + _MOST_CHARS
        pieces.append(text[start:end])
        start = end
    return [*pieces, text[start:]]


_MONTHS = (
    *("January", "February", "March", "April", "May", "June"),
    *("July", "August", "September", "October", "November", "December"),
)


def _english_date(year: str, month: str, day: str) -> str:
    return f"{_MONTHS[int(month) - 1]} {int(day)}, {year}"


_ENGLISH_RULES: tuple[Rule, ...] = (
    (re.compile(r"\s*\|\s*"), ", "),
    (re.compile(r"\s*&\s*"), " and "),
    (re.compile(r"\bDr\.(?= ?[A-Z])"), "Doctor"),
    (re.compile(r"\bMr\.(?= ?[A-Z])"), "Mister"),
    (re.compile(r"\bMrs\.(?= ?[A-Z])"), "Missus"),
    (re.compile(r"\bProf\.(?= ?[A-Z])"), "Professor"),
    (re.compile(r"\bNo\.(?= ?\d)"), "number"),
    (re.compile(r"(?<=\d) ?km/h\b"), " kilometers per hour"),
    (re.compile(r"(?<=\d) ?km\b"), " kilometers"),
    (re.compile(r"(?<=\d) ?kg\b"), " kilograms"),
    (re.compile(r"(?<=\d) ?cm\b"), " centimeters"),
    (re.compile(r"(?<=\d) ?mm\b"), " millimeters"),
    (re.compile(r"\b(\d{4})-(0[1-9]|1[0-2])-(0[1-9]|[12]\d|3[01])\b"), lambda match: _english_date(*match.groups())),
    (re.compile(r"(?<=\d)\s?%"), " percent"),
    (re.compile(r"\$\s?(\d[\d,]*(?:\.\d+)?)(\s+(?:thousand|million|billion|trillion))?"), r"\1\2 dollars"),
    (re.compile(r"€\s?(\d[\d,]*(?:\.\d+)?)(\s+(?:thousand|million|billion|trillion))?"), r"\1\2 euros"),
    (re.compile(r"£\s?(\d[\d,]*(?:\.\d+)?)(\s+(?:thousand|million|billion|trillion))?"), r"\1\2 pounds"),
    (re.compile(r"(?<=\d)\s?°\s?C\b"), " degrees Celsius"),
    (re.compile(r"(?<=\d)\s?°\s?F\b"), " degrees Fahrenheit"),
    (re.compile(r"(?<![\w.,/)\-–−])(?:-|−\s?)(?=\d)"), "minus "),
    (re.compile(r"(?<=\d)\s?[–-]\s?(?=\d+\b(?![-/]))(?<![-/]\d\d[-–])"), " to "),
)
