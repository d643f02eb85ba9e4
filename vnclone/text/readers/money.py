"""Money: "$1,299.99", "18tr5", "500k", "90t" after a sum, "1,2 tỷ đồng", rates."""

from __future__ import annotations

import re

from vnclone.text.readers import measures, numbers
from vnclone.text.readers.measures import MAGNITUDE, UNIT
from vnclone.text.readers.numbers import NUMBER
from vnclone.text.readers.rule import Family, Place
from vnclone.text.readers.tables import alternation, rows, table

FAMILY = Family("money")

_BEFORE = [key for key in table("currencies") if not key[-1].isalpha()]
_WORDS = r"nghìn|ngàn|triệu|tỷ|tỉ|trăm"
_BIG = {
    "M": "triệu",
    "m": "triệu",
    "B": "tỷ",
    "b": "tỷ",
    "bn": "tỷ",
    "T": "nghìn tỷ",
    "million": "triệu",
    "billion": "tỷ",
}
_VALUES = {row[0]: int(row[2]) for row in rows("magnitudes")}
_COMPACT = alternation(key for key in table("magnitudes") if key not in ("nghìn", "ngàn", "triệu", "trđ"))


@FAMILY.rule(
    "sA",
    rf"({alternation(_BEFORE)}) ?({NUMBER})(?: ?({MAGNITUDE}|(?:{_WORDS}|[MBTmb]|bn|million|billion)(?!\w)))?"
    rf"(?: ?[-–—] ?(?:{alternation(_BEFORE)})? ?({NUMBER})(?: ?({MAGNITUDE}|(?:{_WORDS})(?!\w)))?)?"
    r"((?: ?/ ?[^\W\d_]{1,12}[23²³]?){0,2})",
)
def _sign_first(match: re.Match[str], place: Place) -> str:
    sign, first, size, second, size2, rate = match.groups()
    said = _sized(first, size)
    if second:
        said += f" đến {_sized(second, size2)}"
    said += f" {table('currencies')[sign]}"
    return said + "".join(f" trên {measures.unit(part.strip())}" for part in rate.split("/")[1:])


def _sized(number: str, size: str | None) -> str:
    is_english = bool(re.fullmatch(r"\d{1,3}(?:,\d{3})+(?:\.\d+)?", number))
    said = numbers.spoken_number(number, exact=is_english)
    return f"{said} {_BIG.get(size) or table('magnitudes').get(size, size)}" if size else said


@FAMILY.rule("d", rf"(\d{{1,6}}) ?({_COMPACT})(\d{{1,3}})(?!\d|[.,]\d)(?: ?({UNIT}))?(?!\w)")
def _compact(match: re.Match[str], place: Place) -> str | None:
    """ "18tr5" is 18,500,000; "1tr250" 1,250,000."""
    whole, size, rest, name = match.groups()
    more = int(rest) * _VALUES[size] // 10 ** len(rest)
    said = f"{numbers.cardinal(whole)} {table('magnitudes')[size]}"
    if more:
        said += f" {numbers.cardinal(more)}"
    return f"{said} {measures.unit(name)}" if name else said


@FAMILY.rule("d", rf"({NUMBER}) ?({MAGNITUDE})((?: ?/ ?[^\W\d_]{{1,12}}[23²³]?){{0,2}})")
def _size(match: re.Match[str], place: Place) -> str | None:
    if match[2] == "K" and (place.follows(measures.LETTERED) or match[1] in ("2", "4", "8", "16")):
        return None
    said = measures.amount(match[1], match[2], None)
    return said + "".join(f" trên {measures.unit(part.strip())}" for part in match[3].split("/")[1:])
