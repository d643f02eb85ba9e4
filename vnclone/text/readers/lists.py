"""List markers: "1.", "a)", "IV.", "2.3.1": a label and a pause, for neural voices babble on a sentence of one number."""

from __future__ import annotations

import re

from vnclone.text.readers import letters, numbers, roman
from vnclone.text.readers.rule import Family, Place
from vnclone.text.readers.tables import table

FAMILY = Family("lists")

_ADDRESS = re.compile(r", ?(?:Q|P|H|TP|quận|huyện|tỉnh)\b")
_AFTER_A_COLON = re.compile(r"[:;,] $")


def _opens_an_item(place: Place) -> bool:
    return place.is_first or bool(_AFTER_A_COLON.search(place.text[max(0, place.at - 2) : place.at]))


@FAMILY.rule("d", r"(\d{1,3}(?:\.\d{1,3}){0,4})(?:\.|\)|/|\.\)) +(?=\S)")
def _number(match: re.Match[str], place: Place) -> str | None:
    if not _opens_an_item(place) or (not place.is_first and len(match[1]) > 2):
        return None
    return " chấm ".join(numbers.whole(part) for part in match[1].split(".")) + ","


@FAMILY.rule("d", r"(\d{1,2}(?:\.\d{1,2}){1,4})\.? +(?=[^\W\d_a-z])")
def _section(match: re.Match[str], place: Place) -> str | None:
    following = place.ahead(match.end()).split()[:1]
    if not place.is_first or not following or following[0][:3] in ("USD", "EUR", "VND", "VNĐ", "GB", "MB", "TB", "Hz"):
        return None
    if not following[0].isalpha() or following[0] in table("units"):
        return None
    return " chấm ".join(numbers.whole(part) for part in match[1].split(".")) + ","


@FAMILY.rule("A", rf"({roman.NUMERAL})(?:[.)/] +| ?[-–—:] +)(?=\S)")
def _roman(match: re.Match[str], place: Place) -> str | None:
    numeral = match[1]
    if not place.is_first or numeral in ("C", "D", "L", "M"):
        return None
    if numeral in ("V", "X") and not _is_heading(place.ahead(match.end(), 40)):
        return None  # "V. Nguyễn Văn A" is a name
    return f"{numbers.cardinal(roman.value(numeral))},"


@FAMILY.rule("A", rf"({roman.NUMERAL})((?:\.\d{{1,2}}){{1,3}})\.? +(?=\S)")
def _roman_section(match: re.Match[str], place: Place) -> str | None:
    """ "II.1. Tình hình"."""
    parts = [numbers.cardinal(roman.value(match[1])), *(numbers.whole(part) for part in match[2].split(".")[1:])]
    return " chấm ".join(parts) + "," if place.is_first else None


@FAMILY.rule("A", r"([IVX]{2,7}) +(?=[^\W\d_a-z]{2})")
def _bare_roman(match: re.Match[str], place: Place) -> str | None:
    """ "II KẾT QUẢ" at the beginning."""
    is_numeral = re.fullmatch(roman.NUMERAL, match[1])
    return f"{numbers.cardinal(roman.value(match[1]))}," if is_numeral and place.is_first else None


@FAMILY.rule("aA", r"([a-zđA-ZĐ])(\)|\.|/) +(?=\S)")
def _letter(match: re.Match[str], place: Place) -> str | None:
    if not _opens_an_item(place) or (match[1].isupper() and match[2] == "." and not place.is_first):
        return None
    if match[1] in "PQ" and _ADDRESS.search(place.ahead(match.end(), 40)):
        return None  # "P. Bến Nghé, Q. 1"
    is_name = match[1].isupper() and match[2] == "." and not _is_heading(place.ahead(match.end(), 40))
    return f"{letters.name(match[1])}{'' if is_name else ','}"


def _is_heading(ahead: str) -> bool:
    """Whether words as of a heading follow: in capitals, or going on in small letters."""
    words = ahead.split()[:2]
    return bool(words) and ((len(words[0]) > 1 and words[0].isupper()) or (len(words) > 1 and words[1][0].islower()))
