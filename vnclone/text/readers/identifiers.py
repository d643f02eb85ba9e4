"""Plates, identity numbers, tax numbers, accounts, model names and other mixtures of letters and digits."""

from __future__ import annotations

import re

from vnclone.text.readers import letters, library, numbers, roman
from vnclone.text.readers.rule import Family, Place, cues
from vnclone.text.readers.tables import table

PLATES = Family("plates")
EARLY = Family("identity numbers")
FAMILY = Family("mixtures")

NAMED = cues(
    "cmnd, cmt, cccd, căn cước, căn cước công dân, chứng minh, chứng minh nhân dân, chứng minh thư, hộ chiếu, passport, stk, "
    "tài khoản, mst, mã số thuế, mã số, mã, số hiệu, sê-ri, seri, serial, imei, isbn, issn, id, otp, pin, mã vạch, số thẻ, "
    "thẻ tín dụng, mã vận đơn, vận đơn, đơn hàng, mã đơn, mã khách hàng, mã bưu chính, số hồ sơ, mã bưu điện, mã pin, "
    "mật khẩu, bảo hiểm xã hội, bhxh, mã hồ sơ, số khung, số máy, mã đơn hàng, hóa đơn, số hóa đơn, mã giao dịch, sbd, "
    "số báo danh, báo danh, mã zip, mã sinh viên, mssv, visa, số tài khoản, swift, sim"
)
_PLATE_NAMED = cues(
    "biển, biển số, bks, biển kiểm soát, xe, số xe, biển số xe, mang biển, biển số là, biển xanh, biển đỏ"
)
_CODE_NAMED = cues("mã, seri, serial, số hiệu, mã số, chuyến bay, chuyến, ký hiệu, mã vé, mã lô, sbd")
_PARTS = re.compile(r"[^\W\d_]+|\d+")


@PLATES.rule("d", r"(\d{2})([A-ZĐ]{1,2})(\d?)[ .-]{1,3}(\d{3}[.]\d{2}|\d{4,5})(?![\w])")
@PLATES.rule("A", r"()([A-ZĐ]{2})(\d?)[ -](\d{2}[ .-]\d{2}|\d{2}[.-]\d{3})(?![\w])")
def _plate(match: re.Match[str], place: Place) -> str | None:
    if not match[1] and not place.near(_PLATE_NAMED, 3):
        return None
    number = " chấm ".join(numbers.digits(part) for part in match[4].split("."))
    said = [numbers.digits(match[1]), letters.spell(match[2]), numbers.digits(match[3]), number]
    return " ".join(part for part in said if part)


@PLATES.rule("d", r"(\d{2})([A-ZĐ]{1,2})(\d?)(?!\w)")
def _half_a_plate(match: re.Match[str], place: Place) -> str | None:
    if not place.follows(cues("biển, biển số, bks, biển kiểm soát, biển số xe")):
        return None
    said = [numbers.digits(match[1]), letters.spell(match[2]), numbers.digits(match[3])]
    return " ".join(part for part in said if part)


@EARLY.rule("d", r"\d{4}(?:[ -]\d{4}){2,4}(?!\d)")
@EARLY.rule("d", r"\d{10}-\d{3}(?!\d)")
@EARLY.rule("d", r"97[89](?:-?\d){10}(?!\d)")
def _groups(match: re.Match[str], place: Place) -> str:
    """Cards, tax numbers of branches, books."""
    joint = " " if match.group().count("-") == 1 else ", "
    return joint.join(numbers.digits(group) for group in re.split("[ -]", match.group()))


@EARLY.rule("d", r"\d{4,30}(?:[ .-]\d{2,12}){0,5}(?![\d/]|[.,-]\d|[A-Za-z])")
@EARLY.rule("d", r"\d{2,4}(?:[ .-]\d{2,6}){2,5}(?![\d/]|[.,-]\d|[A-Za-z])")
def _named(match: re.Match[str], place: Place) -> str | None:
    if not place.near(NAMED, 4) or place.near(cues("tiền, giá, đồng, năm, tổng"), 2):
        return None
    return ", ".join(numbers.digits(group) for group in re.split("[ .-]", match.group()))


@EARLY.rule("d", r"0\d{2,30}(?![\d/:]|[.,-]\d|[A-Za-z%])")
def _opens_with_zero(match: re.Match[str], place: Place) -> str:
    return numbers.digits(match.group())


@FAMILY.rule("aA", r"([A-Za-z]{1,8}(?:-[A-Z]{1,4})?)[-]?(\d{1,9})((?:[-/.]?[A-Za-z0-9]{1,10}){0,4})(?![\w])")
@FAMILY.rule("d", r"()(\d{1,9})((?:[-/]?[A-Za-z][A-Za-z0-9]{0,10}){1,4}(?:[-/][A-Za-z0-9]{1,10}){0,3})(?![\w])")
@FAMILY.rule("A", r"([A-ZĐ]{1,6})-?(\d{1,9})()(?![\w])")
def _mixture(match: re.Match[str], place: Place) -> str | None:
    written = match.group()
    parts = _PARTS.findall(written)
    is_code = (place.follows(_CODE_NAMED) and len(parts) > 2) or (
        "-" in written and len(match[2]) >= 3 and not match[3]
    )
    if "/" in written and not any(part.isdigit() for part in written.split("/")[-1]):
        return None
    said = [
        _number(part, is_code, at) if part.isdecimal() else _letters(part, at, parts, place)
        for at, part in enumerate(parts)
    ]
    if "/" in written:
        return " trên ".join(_mixed(half, place) for half in written.split("/"))
    return " ".join(said)


def _mixed(written: str, place: Place) -> str:
    parts = _PARTS.findall(written)
    return " ".join(
        _number(part, False, at) if part.isdecimal() else _letters(part, at, parts, place)
        for at, part in enumerate(parts)
    )


def _number(part: str, is_code: bool, at: int) -> str:
    if (is_code and len(part) > 2) or len(part) > 5:
        return numbers.digits(part)
    return numbers.whole(part) if len(part) != 3 or at == 0 else numbers.digits(part)


def _letters(part: str, at: int, parts: list[str], place: Place) -> str:
    if part in ("to", "for", "by", "text", "door", "food"):
        return part
    known = table("acronyms").get(part)
    if known and len(part) > 2:
        return known
    if len(part) > 1 and set(part) <= set("IVX") and at:
        return numbers.cardinal(roman.value(part))  # "RON 95-III"
    is_hex = len(parts) > 2 and len(part) < 4
    if part.isupper() or len(part) < 3 or is_hex:
        return letters.spell(part)
    return library.word(part)


@FAMILY.rule("a", r"([a-z]+)([24])([a-z]+)(?!\w)")
def _to_or_for(match: re.Match[str], place: Place) -> str:
    """ "text2text", "b2b": English words with a figure for one."""
    return f"{match[1]} {'two' if match[2] == '2' else 'four'} {match[3]}"


FAMILY.rules.insert(0, FAMILY.rules.pop())
