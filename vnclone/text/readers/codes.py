"""Numbers of documents ("98/2020/NĐ-CP"), of standards ("ISO 9001:2015"), of articles ("Điều 12a")."""

from __future__ import annotations

import re

from vnclone.text.readers import letters, numbers
from vnclone.text.readers.rule import Family, Place, cues
from vnclone.text.readers.tables import table

FAMILY = Family("codes")

_SIGN = r"[A-ZĐƯ][A-ZĐƯa-zđư&]{0,20}\d{0,3}"
_TAIL = rf"{_SIGN}(?:[-/.]{_SIGN}){{0,4}}(?:[-/]\d{{1,4}})?"
_DOCUMENT = cues(
    "nghị định, thông tư, quyết định, nghị quyết, luật, luật số, chỉ thị, công văn, văn bản, số, bộ luật, pháp lệnh, "
    "hợp đồng, hiệp định, thông báo, kế hoạch, công điện, tờ trình, hướng dẫn, bản án, nđ, tt, qđ, nq, tb, cv, hóa đơn"
)
_ARTICLE = cues(
    "điều, khoản, điểm, mục, chương, phụ lục, mẫu, biểu, bảng, hình, lớp, khối, tiết, câu, bài, số, nhà, lô, căn"
)
_STANDARD = cues("iso, tcvn, qcvn, iec, iso/iec, tiêu chuẩn, quy chuẩn, tccs, tcxdvn, tcxd, astm, en, din, jis")


@FAMILY.rule("d", rf"(\d{{1,5}}[A-Za-z]?)/(?:(\d{{4}})/?)?({_TAIL})(?!\w)")
def _code(match: re.Match[str], place: Place) -> str | None:
    number, year, tail = match.groups()
    if not year and not _is_known(tail):
        return None
    parts = [_number(number), *([numbers.cardinal(year)] if year else []), sign(tail)]
    return " trên ".join(parts)


@FAMILY.rule("d", rf"(\d{{1,5}})-({_SIGN}/(?:TW|TƯ|TU|HU|ĐU|ĐUK|UB))(?!\w)")
def _of_the_party(match: re.Match[str], place: Place) -> str:
    """ "18-NQ/TW"."""
    return f"{_number(match[1])} {sign(match[2])}"


@FAMILY.rule("d", r"(\d{1,5})/((?:19|20)\d{2})(?![\d/.,-]\d|\d)")
def _number_of_a_year(match: re.Match[str], place: Place) -> str | None:
    if not place.follows(_DOCUMENT):
        return None
    return f"{_number(match[1])} trên {numbers.cardinal(match[2])}"


@FAMILY.rule("A", rf"({_SIGN}(?:-{_SIGN}){{1,3}})(?![\w/])")
def _bare_sign(match: re.Match[str], place: Place) -> str | None:
    """ "NĐ-CP", "QĐ-TTg" without a number."""
    known = table("abbreviations").get(match[1]) or table("documents").get(match[1])
    if known:
        return known
    parts = match[1].split("-")
    return sign(match[1]) if all(part in table("documents") for part in parts) else None


@FAMILY.rule("d", r"(\d{2,6})(-\d{1,2})?:((?:19|20)\d\d)(?!\d)(?:/([A-ZĐ]{2,8}))?")
def _standard(match: re.Match[str], place: Place) -> str | None:
    if not place.near(_STANDARD, 3):
        return None
    part = f" {numbers.cardinal(match[2][1:])}" if match[2] else ""
    owner = f" {sign(match[4])}" if match[4] else ""
    return f"{numbers.whole(match[1])}{part}, {numbers.cardinal(match[3])}{owner}"


@FAMILY.rule("d", r"(\d{1,3})([a-zđA-ZĐ])(?![\w/])")
def _article(match: re.Match[str], place: Place) -> str | None:
    return f"{numbers.cardinal(match[1])} {letters.name(match[2])}" if place.follows(_ARTICLE) else None


def _number(written: str) -> str:
    letter = written[-1] if written[-1].isalpha() else ""
    return f"{numbers.whole(written.rstrip(letter) if letter else written)} {letters.name(letter) if letter else ''}".strip()


def _is_known(tail: str) -> bool:
    first = re.split(r"[-/.]", tail)[0]
    return tail in table("documents") or first.rstrip("0123456789") in table("documents")


def sign(tail: str) -> str:
    """What follows the number: "NĐ-CP", "QH15", "TTLT-BTC-BTP", "QĐ/UB"."""
    known = table("documents").get(tail)
    if known:
        return known
    for cut in range(len(tail) - 1, 0, -1):
        if tail[cut] in "-/." and (head := _part(tail[:cut])):
            return f"{head}{' trên' if tail[cut] == '/' else ''} {sign(tail[cut + 1 :])}"
    return _part(tail) or _spelled(tail)


def _part(written: str) -> str | None:
    """A whole entry of the table, perhaps with a number ("QH15": of the 15th National Assembly)."""
    bare = written.rstrip("0123456789")
    known = table("documents").get(bare) or table("abbreviations").get(bare)
    if not known and not ("-" in bare or "/" in bare or "." in bare):
        known = _spelled(bare) if bare else None
        return f"{known} {numbers.whole(written[len(bare) :])}" if known and bare != written else known
    if not known or bare == written:
        return known
    word = "khóa " if bare.endswith("QH") else ""
    return f"{known} {word}{numbers.whole(written[len(bare) :])}"


def _spelled(written: str) -> str:
    return numbers.whole(written) if written.isdecimal() else letters.spell(written.replace("&", ""))
