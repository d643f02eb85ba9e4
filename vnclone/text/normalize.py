"""Text as written in, text as spoken out: numbers, dates, units and abbreviations become words, a sentence at a time.

Vietnamese goes tidy -> rules for what the library is known to lose -> sea-g2p's normaliser -> tidy. English keeps its
digits, which the English voice reads itself; only signs it would skip become words.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import cache

from vnclone import __version__
from vnclone.models import Language
from vnclone.text import cues
from vnclone.text.sentences import split_sentences
from vnclone.text.tidy import is_speakable, tidy

# Everything from Cyrillic on, except the Latin and Greek blocks in between: Greek letters it knows how to name.
_OTHER_SCRIPT = re.compile(
    "([\u0400-\u1dff\u2c80-\u2dff\u3005-\ua71f\ua800-\ud7ff\uf900-\ufaff\U00010000-\U0001efff]+)"
)
Rule = tuple[re.Pattern[str], str | Callable[[re.Match[str]], str]]

_SAFE_CHARS = 600  # the library was seen to panic at 39,000 characters; no honest sentence is longer than this
_SAFE_CHARS_OF_A_WORD = 80  # it takes quadratic time on runs like "1.1.1.": 22 ms for 160 characters, a panic at 240
_ENDLESS_WORD = re.compile(rf"\S{{{_SAFE_CHARS_OF_A_WORD}}}(?=\S)")
_HOPELESS_CHARS = 24  # a piece this short that still panics is kept as written

_ROMAN = {"I": 1, "V": 5, "X": 10, "L": 50, "C": 100}
_ROMAN_KEYWORD = (
    "phụ lục|chương|phần|mục|tiểu mục|điều|khoản|quyển|tập|khoá|khóa|kỳ|quý|thế kỷ|thế kỉ|hồi|bảng|hình|lần thứ|thứ|"
    "loại|cấp|hạng|nhóm|khối|đại hội|bậc|vòng|giai đoạn"
)
# After these a long number is a name, not a quantity, and is read digit by digit.
_IDENTIFIER = re.compile(
    r"(?:điện thoại|đt|sđt|tel|phone|hotline|fax|zalo|gọi|cmnd|cmt|cccd|căn cước|chứng minh|hộ chiếu|stk|tài khoản|"
    r"mst|mã|số hiệu|sê-?ri|serial|imei|isbn|issn|id|otp|pin)[^.!?\d]{0,40}$",
    re.IGNORECASE,
)
_UNIT = r"(?:[a-zA-Zµ]{1,4}[²³]?|°[CF]|%|đ|₫|đồng)"


@cache
def normalizer() -> str:
    """What makes words of figures here, with its version."""
    from importlib.metadata import version

    return f"vnclone {__version__}, sea-g2p {version('sea-g2p')}"


def spoken(text: str, language: Language) -> str:
    """`text` (a line or a paragraph) as it is said aloud in `language`; "" when nothing in it can be said.

    Cues ("[cười]") stay what they are. Never raises on odd text and never loses a word: what the normaliser cannot
    take stays as written. Thread-safe.
    """
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
    if not is_speakable(sentence):
        return ""
    if language == "en":
        return _apply(_ENGLISH_RULES, sentence).strip()
    said = " ".join(_vietnamese(_apply(_VIETNAMESE_RULES, piece)) for piece in _bounded(sentence))
    said = _apply(_REPAIRS, said).strip()
    return said if is_speakable(said) else sentence


def _apply(rules: tuple[Rule, ...], text: str) -> str:
    for pattern, replacement in rules:
        text = pattern.sub(replacement, text)
    return text


def _bounded(text: str) -> list[str]:
    """Pieces of at most 600 characters, cut at blanks; words of more than 80 characters are cut anywhere."""
    text = _ENDLESS_WORD.sub(r"\g<0> ", text)
    pieces = []
    while len(text) > _SAFE_CHARS:
        cut = text.rfind(" ", 0, _SAFE_CHARS) + 1
        pieces.append(text[:cut])
        text = text[cut:]
    return [*pieces, text]


def _vietnamese(text: str) -> str:
    """sea-g2p on everything but letters of other scripts, which it would drop silently."""
    parts = _OTHER_SCRIPT.split(text)  # odd places hold the other script
    said = [part.strip() if place % 2 else _guarded(part) for place, part in enumerate(parts) if part.strip()]
    return " ".join(part for part in said if part)


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


def _group_digits(match: re.Match[str]) -> str:
    """ "5500000" -> "5.500.000", unless what comes before says that it is a phone number, an account or a code."""
    digits = match.group()
    before = match.string[max(0, match.start() - 60) : match.start()]
    if _IDENTIFIER.search(before):
        return digits
    return f"{int(digits):,}".replace(",", ".")


def _range(match: re.Match[str]) -> str:
    """ "10.000 - 15.000" rises, so it is a range; "3 - 2" is a score or a difference and stays."""
    low, high = (int(number.replace(".", "") or 0) for number in match.groups())
    return f"{match[1]} đến {match[2]}" if low < high else match.group()


def _roman(match: re.Match[str]) -> str:
    numeral = match["roman"]
    values = [_ROMAN[letter] for letter in numeral]
    total = sum(-v if v < following else v for v, following in zip(values, [*values[1:], 0], strict=True))
    return f"{match['before']}{total}{match['after']}"


def _roman_label(match: re.Match[str]) -> str:
    """ "IV. NỘI DUNG" and "II - Kết quả", but not the pronoun of "I think" nor "C là"."""
    is_label = bool(match["after"]) or len(match["roman"]) > 1 or match.string[match.end() :].lstrip()[:1] in "-–—:"
    return _roman(match) if is_label else match.group()


def _date(match: re.Match[str]) -> str:
    day, month, year = match["day"], match["month"], match["year"]
    ok = 1 <= int(day) <= 31 and 1 <= int(month) <= 12
    return f"{int(day)} tháng {int(month)} năm {year}" if ok else match.group()


# A lone C or L is a letter ("khối C", "mục C"), not a hundred or fifty.
_CANONICAL_ROMAN = r"(?=[IVXLC])(?![CL]\b)(?:C{0,3})(?:XC|XL|L?X{0,3})(?:IX|IV|V?I{0,3})"

# Order matters: labels before dates, ranges before minus signs.
_VIETNAMESE_RULES: tuple[Rule, ...] = (
    (re.compile(r"\s*\|\s*"), ", "),  # table cells
    # A label read with a full stop is a sentence of one number, on which neural voices babble.
    (re.compile(rf"^(?P<before>)(?P<roman>{_CANONICAL_ROMAN})(?P<after>[.)]?)(?=\s)(?!\s?$)"), _roman_label),
    (re.compile(r"^\(?(\d{1,3}(?:\.\d{1,3}){0,4}|[a-zđA-ZĐ])[.)]\s+(?=\S)"), r"\1, "),
    (re.compile(rf"(?P<before>\b(?i:{_ROMAN_KEYWORD})\s+)(?P<roman>{_CANONICAL_ROMAN})(?P<after>)(?![\w-])"), _roman),
    # "12/1999/PL-UBTVQH10" is a document's number; the library hears a month and a year in it.
    (re.compile(r"(?<![\d/])(\d{1,4})/([12]\d{3})/(?=[A-ZĐ])"), r"\1 trên \2/"),
    (re.compile(r"\b(?P<day>\d{1,2})(?P<sep>[/.-])(?P<month>\d{1,2})(?P=sep)(?P<year>[12]\d{3})\b"), _date),
    (re.compile(r"\b(\d{1,2}):(\d\d)\s?[-–—]\s?(\d{1,2}):(\d\d)\b"), r"\1h\2 đến \3h\4"),
    (re.compile(rf"\b(\d[\d.,]{{0,20}})\s?({_UNIT})\s?[-–—]\s?(\d[\d.,]{{0,20}})\s?\2(?!\w)"), r"\1 \2 đến \3 \2"),
    (re.compile(r"(?<=[\d%)])\s*−\s*(?=\d)"), " trừ "),
    (re.compile(r"\b(\d[\d.]{0,20})\s+[–-]\s+(\d[\d.]{0,20})(?!\s?[\d=])"), _range),
    (re.compile(r"(?<![\w.,/)\-–−])(?:[-–]|−\s?)(?=\d)"), "âm "),
    (re.compile(r"(?<![\w.,/+-])[1-9]\d{6,14}(?![\w/-]|[.,]\d)"), _group_digits),
    (re.compile(r"(?<=\d)\s?‰"), " phần nghìn"),
    (re.compile(r"№\s*"), "số "),
    (re.compile(r"§\s*(?=\d)"), "mục "),
    (re.compile(r"[\u2150-\u218f\u2460-\u249b]"), lambda match: f" {_compatible(match.group())} "),
)
_REPAIRS: tuple[Rule, ...] = (
    (re.compile(r"</?en>"), ""),  # marks for the library's own phonetics
    (re.compile(r"\s+(?=[,.;:!?](?:\s|$))"), ""),
    (re.compile(r"\s{2,}"), " "),
)
_ENGLISH_RULES: tuple[Rule, ...] = (
    (re.compile(r"\s*\|\s*"), ", "),
    (re.compile(r"\s*&\s*"), " and "),
    (re.compile(r"(?<=\d)\s?%"), " percent"),
    (re.compile(r"\$\s?(\d[\d,]*(?:\.\d+)?)(\s+(?:thousand|million|billion|trillion))?"), r"\1\2 dollars"),
    (re.compile(r"€\s?(\d[\d,]*(?:\.\d+)?)(\s+(?:thousand|million|billion|trillion))?"), r"\1\2 euros"),
    (re.compile(r"£\s?(\d[\d,]*(?:\.\d+)?)(\s+(?:thousand|million|billion|trillion))?"), r"\1\2 pounds"),
    (re.compile(r"(?<=\d)\s?°\s?C\b"), " degrees Celsius"),
    (re.compile(r"(?<=\d)\s?°\s?F\b"), " degrees Fahrenheit"),
    (re.compile(r"(?<![\w.,/)\-–−])(?:-|−\s?)(?=\d)"), "minus "),
    (re.compile(r"(?<=\d)\s?[–-]\s?(?=\d+\b(?![-/]))(?<![-/]\d\d[-–])"), " to "),
)


def _compatible(character: str) -> str:
    """ "Ⅷ" -> "VIII", "①" -> "1", "⅓" -> "1/3": signs the library drops."""
    import unicodedata

    return unicodedata.normalize("NFKC", character).replace("\u2044", "/")
