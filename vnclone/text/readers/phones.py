"""Telephone numbers, digit by digit: mobile, landline, abroad, hotlines, emergency numbers."""

from __future__ import annotations

import re

from vnclone.text.readers import numbers
from vnclone.text.readers.rule import Family, Place, cues

FAMILY = Family("phones")

CUES = cues(
    "điện thoại, đt, sđt, đtdđ, tel, phone, mobile, hotline, fax, zalo, viber, whatsapp, gọi, tổng đài, liên hệ, alo, "
    "đường dây nóng, số máy, di động, máy bàn, nhắn tin, gọi số, số, đầu số, cấp cứu, cứu hỏa, cứu hoả, cảnh sát, công an, "
    "gọi ngay, call, sms, lh, bấm, quay số, bấm số"
)
_NEAR = cues("điện thoại, đt, sđt, đtdđ, tel, phone, hotline, fax, zalo, viber, tổng đài, đường dây nóng, di động, gọi, lh, "
             "liên hệ, đầu số, máy bàn, số máy, nhắn tin")  # fmt: skip
_EMERGENCY = cues("gọi, số, hotline, tổng đài, cấp cứu, cứu hỏa, cứu hoả, cảnh sát, công an, đường dây nóng, gọi ngay, "
                  "cứu nạn, bấm, hoặc, và, gọi số, số máy, đầu số, cứu hộ, là, khẩn cấp")  # fmt: skip
_ABOUT_CALLS = re.compile(
    r"gọi|hotline|tổng đài|cấp cứu|cứu h[oỏ]|cảnh sát|đường dây nóng|khẩn cấp|báo cháy", re.IGNORECASE
)
_SEPARATOR = r"[ .-]"


def _digits(written: str) -> str:
    """Groups apart as they are written."""
    said = [numbers.digits(group) for group in re.findall(r"\d+", written)]
    return ("cộng " if written.lstrip("(").startswith("+") else "") + ", ".join(said)


@FAMILY.rule("s", rf"\(?\+\d{{1,3}}\)?{_SEPARATOR}?\(?\d{{1,4}}\)?(?:{_SEPARATOR}?\d{{2,4}}){{1,4}}(?!\d)")
def _abroad(match: re.Match[str], place: Place) -> str | None:
    return _digits(match.group()) if sum(sign.isdigit() for sign in match.group()) >= 9 else None


@FAMILY.rule("s", rf"\(0\d{{1,4}}\){_SEPARATOR}?\d{{3,8}}(?:{_SEPARATOR}\d{{2,4}}){{0,3}}(?!\d)")
@FAMILY.rule("d", rf"0\d{{1,4}}(?:{_SEPARATOR}\d{{2,8}}){{1,4}}(?![\d])")
@FAMILY.rule("d", r"0\d{8,10}(?!\d)")
@FAMILY.rule("d", rf"1[89]00{_SEPARATOR}?(?:\d{{4,6}}|\d{{2}}{_SEPARATOR}\d{{2}}(?:{_SEPARATOR}\d{{2}})?)(?![\d])")
@FAMILY.rule("d", rf"84[ .-]?[1-9]\d{{1,2}}(?:{_SEPARATOR}?\d{{3,4}}){{2}}(?!\d)")
def _number(match: re.Match[str], place: Place) -> str | None:
    count = sum(sign.isdigit() for sign in match.group())
    return _digits(match.group()) if 8 <= count <= 12 else None


@FAMILY.rule("d", r"(11[1-59]|10[0-9]\d?|1[89]00|1\d\d|[2-9]\d\d)(?![.,/:-]\d|[%\w/-])")
def _short(match: re.Match[str], place: Place) -> str | None:
    if place.follows(cues("tổng đài, hotline, đường dây nóng, đầu số")):
        return numbers.digits(match[1])
    is_emergency = match[1] in ("111", "112", "113", "114", "115", "119", "911", "1022", "1080", "1900", "1800")
    is_meant = is_emergency and place.follows(_EMERGENCY) and _ABOUT_CALLS.search(place.text[: place.at][-80:])
    return numbers.digits(match[1]) if is_meant else None


@FAMILY.rule("d", rf"\d{{2,5}}(?:{_SEPARATOR}\d{{2,5}}){{1,4}}(?![\d/]|[.,-]\d)")
@FAMILY.rule("d", r"\d{6,12}(?![\d/]|[.,-]\d)")
def _after_its_name(match: re.Match[str], place: Place) -> str | None:
    count = sum(sign.isdigit() for sign in match.group())
    return _digits(match.group()) if 6 <= count <= 12 and place.near(_NEAR, 4) else None
