"""Amounts with a unit: "60 km/h", "5m x 10m", "1m75", "30°C", "10°46'37\"N", "1/2kg"; units by themselves."""

from __future__ import annotations

import re

from vnclone.text.readers import letters, numbers
from vnclone.text.readers.numbers import NUMBER
from vnclone.text.readers.rule import Family, Place, cues
from vnclone.text.readers.tables import alternation, table

FAMILY = Family("measures")

_NAMES = {**table("currencies"), **table("units"), "%": "phần trăm", "‰": "phần nghìn"}
_SIMPLE = rf"(?:{alternation(_NAMES)})"
_BELOW = r"(?:\d{1,4} ?)?(?:\([^\W\d_]{1,4}[.·]?[^\W\d_]{0,4}\)|[^\W\d_]{1,12}[23²³]?)"
UNIT = rf"{_SIMPLE}(?:(?<![%đ])[23²³](?!\d))?(?: ?/ ?{_BELOW}){{0,2}}(?![\w²³])"
"""A unit, or one over another: "km", "m2", "mg/dL", "lít/100km", "đồng/người/năm"."""
MAGNITUDE = rf"(?:{alternation(k for k in table('magnitudes') if k.isascii() or k in ('trđ',))}|triệu|tỷ|tỉ|nghìn|ngàn)(?!\w|\.? ?CN)"

_POWERS = {"2": "vuông", "²": "vuông", "3": "khối", "³": "khối"}
_AMBIGUOUS = frozenset("AKNJLVWMPT")
LETTERED = cues(
    "lớp, khối, mã, lô, căn hộ, phòng, số, tầng, khu, nhà, block, tòa, tổ, nhóm, mã lô, chương, mục, đường, vùng, ghế, cổng"
)
_ELECTRIC = re.compile(r"dòng|điện|ampe|cầu chì|sạc|nguồn|aptomat|vôn|\dV|pin", re.IGNORECASE)
_COMPASS = {"N": "bắc", "S": "nam", "E": "đông", "W": "tây", "B": "bắc", "Đ": "đông", "T": "tây"}
_MONEY_BEFORE = re.compile(r"\d ?(?:tr|tỷ|tỉ|triệu|k)\b|giá|bán|tiền|đồng|vốn|lương", re.IGNORECASE)
_INCHES = cues("màn hình, tivi, ti vi, tv, laptop, ống, bánh, vành, đường kính, mâm, đĩa, màn, máy tính bảng, rộng")


def unit(written: str) -> str:
    """ "km/h" -> "ki lô mét trên giờ", "m2" -> "mét vuông"."""
    if written in _NAMES:
        return _NAMES[written]
    above, *below = re.split(r" ?/ ?", written)
    return " trên ".join([_one(above), *(_under(part.strip("()")) for part in below)])


def _one(written: str) -> str:
    if written in _NAMES:
        return _NAMES[written]
    if written[-1:] in _POWERS and written[:-1] in _NAMES:
        return f"{_NAMES[written[:-1]]} {_POWERS[written[-1]]}"
    lower = written.lower()
    if lower in _NAMES:
        return _NAMES[lower]
    known = table("acronyms").get(written) or table("abbreviations").get(written)
    return known or (letters.spell(written) if letters.is_unpronounceable(written) and written.isalpha() else lower)


def _under(written: str) -> str:
    match = re.match(r"(\d+) ?", written)
    count = f"{numbers.cardinal(match[1])} " if match else ""
    bare = written[match.end() :] if match else written
    return count + (
        "giây bình phương" if bare in ("s2", "s²") else " ".join(_one(part) for part in re.split("[.·]", bare))
    )


def amount(number: str, magnitude: str | None, name: str | None) -> str:
    """ "2,5", "tr", "đ" -> "hai phẩy năm triệu đồng"."""
    said = numbers.spoken_number(number)
    if magnitude:
        said += f" {table('magnitudes').get(magnitude, magnitude.lower())}"
    return f"{said} {unit(name)}" if name else said


def is_unit(written: str | None, place: Place, number: str, glued: bool) -> bool:
    """Whether these letters after a number are a unit here, and not the name of a class or a lot ("lớp 10A")."""
    if not written or written not in _AMBIGUOUS:
        return True
    if not number.isdigit() or not glued:
        return not place.follows(LETTERED)
    if written == "L":
        return not place.near(LETTERED, 2)
    if written in "VW":
        return not place.follows(LETTERED)
    return written == "A" and bool(_ELECTRIC.search(place.text)) and not place.follows(LETTERED)


@FAMILY.rule("d", r"(\d{1,3})°(\d{1,2})['’′](?:(\d{1,2}(?:[.,]\d+)?)(?:\"|″|''|”))? ?([NSEWBĐT])?(?!\w)")
def _position(match: re.Match[str], place: Place) -> str:
    degrees, minutes, seconds, direction = match.groups()
    said = f"{numbers.cardinal(degrees)} độ {numbers.cardinal(int(minutes))} phút"
    said += f" {numbers.spoken_number(seconds)} giây" if seconds else ""
    return f"{said} {_COMPASS[direction]}" if direction else said


@FAMILY.rule("d", r"(\d{1,3})(m|kg)(\d{1,2})(?![\w/]|[.,]\d)")
def _height(match: re.Match[str], place: Place) -> str | None:
    """ "1m75", "1m8", "3kg2"; but "50m2" is an area."""
    whole, name, rest = match.groups()
    is_area = name == "m" and rest in ("2", "3") and not place.follows(cues("cao, chiều cao, cao tới, cao khoảng"))
    return None if is_area else f"{numbers.cardinal(whole)} {_NAMES[name]} {numbers.whole(rest)}"


@FAMILY.rule(
    "d",
    rf"({NUMBER}) ?({UNIT})?((?: ?[x×X*] ?(?:{NUMBER})(?: ?{UNIT})?){{1,3}})(?![\w])(?! ?\^)",
)
def _size(match: re.Match[str], place: Place) -> str:
    said = [amount(match[1], None, match[2])]
    for part in re.finditer(rf"[x×X*] ?({NUMBER})(?: ?({UNIT}))?", match[3]):
        said.append(amount(part[1], None, part[2]))
    return " nhân ".join(said)


@FAMILY.rule("d", rf"({NUMBER})( ?)(?:({MAGNITUDE}) ?)?({UNIT})")
def _measure(match: re.Match[str], place: Place) -> str | None:
    number, gap, magnitude, name = match.groups()
    if not is_unit(name, place, number, not gap) or (
        gap and len(name) == 1 and name in "tshgđĐ" and not number[-1].isdigit()
    ):
        return None
    if name == "t" and not magnitude and _MONEY_BEFORE.search(place.text[max(0, place.at - 60) : place.at]):
        return f"{numbers.spoken_number(number)} tỷ"
    if magnitude is None and re.match(r"\d{1,4} ?/ ?\d", number):
        return None
    return amount(number, magnitude, name)


@FAMILY.rule("d", rf"({NUMBER}) ?(?:\"|″|”)")
def _inches(match: re.Match[str], place: Place) -> str | None:
    is_inches = match.group().endswith("″") or place.follows(_INCHES)
    return f"{numbers.spoken_number(match[1])} inch" if is_inches else None


@FAMILY.rule("aAs", UNIT)
def _behind_a_number(match: re.Match[str], place: Place) -> str | None:
    """The unit of a fraction or a word ("1/2kg", "5 triệu km"); one without vowels anywhere ("đơn vị km")."""
    written = match.group()
    behind = place.text[max(0, place.at - 2) : place.at]
    if (
        behind[-1:].isdigit()
        or (behind[:1].isdigit() and behind[1:] == " ")
        or (behind[-1:] and behind[-1:] in ")½¼¾⅓⅔")
    ):
        return unit(written) if behind[-1:] != ")" or written[0] in "²³%°" else None
    if place.words[-1:] and place.words[-1] in (
        "triệu",
        "tỷ",
        "tỉ",
        "nghìn",
        "ngàn",
        "trăm",
        "vạn",
        "chục",
        "vài",
        "mấy",
    ):
        return unit(written)
    is_clear = len(written) > 1 and written[:2] in ("km", "kg", "cm", "mm", "ml", "mg", "kW", "Hz", "GH", "MH")
    return unit(written) if is_clear and letters.is_unpronounceable(re.split(r"[/\d²³]", written)[0]) else None
