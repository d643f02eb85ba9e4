"""Addresses: "Q.1, P.5", "12/3A Nguyễn Trãi", "Km12+500", "QL1A", "đường 3/2"."""

from __future__ import annotations

import re

from vnclone.text.readers import letters, numbers
from vnclone.text.readers.rule import Family, Place, cues
from vnclone.text.readers.tables import alternation, table

FAMILY = Family("addresses")

_HOUSE = cues(
    "số, số nhà, nhà, nhà số, ngõ, hẻm, kiệt, ngách, địa chỉ, đ/c, tại, ở, trụ sở, lô, căn hộ, phòng, nhà ở, tổ"
)
_STREET = cues("đường, phố, quận, phường, xã, thôn, ấp, khu phố, tổ, đại lộ")
_DIGIT_ROADS = frozenset(("QL", "TL", "ĐT", "CT", "HL"))


@FAMILY.rule(
    "A", rf"({alternation(k for k in table('places') if k.isalpha())})(\.? ?)(\d{{1,4}})([A-Za-z])?(?![\w/%]|[.,]\d)"
)
def _numbered(match: re.Match[str], place: Place) -> str | None:
    """ "Q.1", "P5", "QL1A", "KP3"."""
    short, joint, number, letter = match.groups()
    if (short == "F" or len(short) == 1) and "." not in joint and (short == "F" or not _among_addresses(match, place)):
        return None
    name = "phòng" if short == "P" and len(number) > 2 else table("places")[short]
    said = numbers.digits(number) if len(number) == 4 and short == "P" else numbers.cardinal(number)
    return f"{name} {said} {letters.name(letter)}" if letter else f"{name} {said}"


def _among_addresses(match: re.Match[str], place: Place) -> bool:
    around = place.text[max(0, place.at - 40) : match.end() + 40]
    return bool(
        re.search(r"đường|phường|quận|TP|[QPH]\. ?[\dA-ZĐ]|số nhà|hẻm|ngõ", around.replace(match.group(), "", 1))
    )


@FAMILY.rule("A", rf"({alternation(k for k in table('places') if k.isalpha())})\. ?(?=[^\W\d_])")
def _named(match: re.Match[str], place: Place) -> str | None:
    """ "Q. Bình Thạnh", "P.Bến Nghé"."""
    if place.is_first and len(match[1]) == 1 and match[1] not in "QP":
        return None
    words = place.ahead(match.end(), 30).split()
    if not words or not words[0][:1].isupper():
        return None
    is_address = (
        (
            place.before in ("", ",", " ", "(")
            and (
                _among_addresses(match, place)
                or place.follows(_HOUSE)
                or place.text[max(0, place.at - 2) : place.at].strip() == ","
                or place.follows(cues("về, thuộc, ở, tại"))
            )
        )
        or (match[1] == "Q" and place.is_first)
        or (place.is_first and _among_addresses(match, place))
    )
    return table("places")[match[1]] if is_address or len(match[1]) > 1 else None


@FAMILY.rule("A", r"Đ\. ?(\d{1,2})/(\d{1,2})(?!\d)")
def _dated_street(match: re.Match[str], place: Place) -> str:
    return f"đường {numbers.cardinal(match[1])} tháng {'tư' if match[2] == '4' else numbers.cardinal(match[2])}"


@FAMILY.rule("aA", r"[Kk][Mm] ?(\d{1,4}) ?\+ ?(\d{1,3})(?!\w)")
def _milestone(match: re.Match[str], place: Place) -> str:
    return f"ki lô mét {numbers.cardinal(match[1])} cộng {numbers.cardinal(match[2])}"


@FAMILY.rule("aA", r"[Kk]m ?(\d{1,4})(?![\w+]|[.,]\d)")
def _at_a_milestone(match: re.Match[str], place: Place) -> str:
    return f"ki lô mét {numbers.cardinal(match[1])}"


@FAMILY.rule("d", r"(\d{1,4}[A-Za-zĐđ]?)((?:/\d{1,4}[A-Za-zĐđ]?){1,4})(?![\w/]|[.,]\d)")
def _house(match: re.Match[str], place: Place) -> str | None:
    parts = match.group().split("/")
    has_letter = any(part[-1].isalpha() for part in parts)
    is_long = len(parts) > 2
    if not (place.follows(_HOUSE) or has_letter or is_long):
        return None
    if any(len(part) > 1 and part.endswith(("k", "K", "m", "g", "l")) for part in parts):
        return None
    return " trên ".join(_side(part) for part in parts)


def _side(part: str) -> str:
    letter = part[-1] if part[-1].isalpha() else ""
    said = numbers.whole(part[: len(part) - len(letter)])
    return f"{said} {letters.name(letter)}" if letter else said
