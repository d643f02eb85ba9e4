"""Roman numerals: after a word that asks for a number always, elsewhere only where nothing else is written so."""

from __future__ import annotations

import re

from vnclone.text.readers import letters, numbers
from vnclone.text.readers.rule import Family, Place, cues
from vnclone.text.readers.tables import table

FAMILY = Family("roman")

NUMERAL = r"(?=[IVXLCDM])M{0,3}(?:CM|CD|D?C{0,3})(?:XC|XL|L?X{0,3})(?:IX|IV|V?I{0,3})"
_VALUES = {"I": 1, "V": 5, "X": 10, "L": 50, "C": 100, "D": 500, "M": 1000}
_SMALL = frozenset("IVX")
KEYWORDS = cues(
    "phụ lục, chương, phần, mục, tiểu mục, điều, khoản, quyển, tập, khoá, khóa, kỳ, kì, quý, thế kỷ, thế kỉ, hồi, bảng, "
    "hình, lần thứ, thứ, lần, loại, cấp, hạng, nhóm, đại hội, bậc, vòng, giai đoạn, thế chiến, đại chiến, học kỳ, học kì, "
    "đời, vua, đệ, triều, vùng, khu, quân khu, quân đoàn, nhiệm kỳ, thứ bậc, đợt, trung ương, năm, tháng, đề, câu, bài, "
    "cảnh, màn, độ, type, kiểu, tuýp, factor, yếu tố, đô thị loại, di tích cấp, mức, phân khu, louis, napoléon, napoleon, "
    "henry, george, charles, elizabeth, edward, william, james, richard, john, philip, philippe, frederick, ferdinand, "
    "peter, pierre, catherine, pius, benedict, leo, gregory, otto, phao-lô, nicholas, alexander, ramses, rama"
)
_LETTER_KEYWORDS = cues("khối, điểm, loại, vitamin, nhóm, hạng, mục, phương án, đáp án")
_YEARLY = cues("quý, kỳ, học kỳ, đợt, tháng")
_TIMES = ("thế", "kỷ")


def value(numeral: str) -> int:
    """ "XIV" -> 14."""
    values = [_VALUES[letter] for letter in numeral]
    return sum(-v if v < following else v for v, following in zip(values, [*values[1:], 0], strict=True))


@FAMILY.rule("A", rf"({NUMERAL}) ?[-–] ?({NUMERAL})/([12]\d{{3}})(?![\d/])")
def _range_of_a_year(match: re.Match[str], place: Place) -> str:
    first, second = (numbers.cardinal(value(numeral)) for numeral in match.group(1, 2))
    return f"{first} đến {second} năm {numbers.cardinal(match[3])}"


@FAMILY.rule("A", rf"({NUMERAL})/([12]\d{{3}})(?![\d/])")
def _of_a_year(match: re.Match[str], place: Place) -> str:
    return f"{numbers.cardinal(value(match[1]))} năm {numbers.cardinal(match[2])}"


@FAMILY.rule("A", rf"({NUMERAL}) ?[-–—] ?({NUMERAL})(?!\w)")
def _range(match: re.Match[str], place: Place) -> str | None:
    if not (place.follows(KEYWORDS) or (_is_clear(match[1]) and _is_clear(match[2]))):
        return None
    return f"{numbers.cardinal(value(match[1]))} đến {numbers.cardinal(value(match[2]))}"


@FAMILY.rule("A", rf"({NUMERAL})((?:\.\d{{1,3}})*)([a-zA-H]?)(?![\w])(?!\.[^\W\d_])(?!-[^\W\d_]{2})")
def _numeral(match: re.Match[str], place: Place) -> str | None:
    numeral, parts, letter = match.groups()
    if not _is_number(numeral, letter, place):
        return None
    said = numbers.cardinal(value(numeral))
    for part in parts.split(".")[1:]:
        said += f" chấm {numbers.whole(part)}"
    return f"{said} {letters.name(letter)}" if letter else said


def _is_number(numeral: str, letter: str, place: Place) -> bool:
    if place.follows(KEYWORDS):
        is_a_letter = numeral in "CDLM" and len(numeral) == 1
        return not (
            is_a_letter
            or (len(numeral) == 1 and numeral != "I" and place.follows(_LETTER_KEYWORDS) and numeral not in "VX")
        )
    if _continues(place) and _SMALL.issuperset(numeral):
        return True
    return _is_clear(numeral) and not letter


def _continues(place: Place) -> bool:
    """ "chương I, II và V": a numeral that goes on with a list."""
    words = place.words
    last = next((word for word in reversed(words) if word not in ("và", "hoặc", "đến", "hay", "tới")), "")
    return bool(re.fullmatch("[ivx]+", last)) and any(word in KEYWORDS for word in words)


def _is_clear(numeral: str) -> bool:
    """ "XIV" is a number; "CD", "MC", "MIX" and "XL" are not, and one letter is a letter."""
    return len(numeral) > 1 and _SMALL.issuperset(numeral) and numeral not in table("acronyms")
