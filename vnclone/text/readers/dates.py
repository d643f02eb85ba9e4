"""Dates of every shape: days, months, quarters, years, spans between them, weekdays, ISO stamps."""

from __future__ import annotations

import re

from vnclone.text.readers import clock, numbers
from vnclone.text.readers.rule import Family, Place, cues

FAMILY = Family("dates")

_DAY_SAID = cues("ngày, mùng, mồng, hôm, rằm")
_DAY_NEAR = cues(
    "vào, ngày, hôm, hôm nay, hôm qua, hôm kia, mai, sinh, sinh nhật, kỷ niệm, kỉ niệm, lễ, tết, diễn ra, tổ chức, tuần, "
    "phiên, mùng, mồng, thứ hai, thứ ba, thứ tư, thứ năm, thứ sáu, thứ bảy, chủ nhật, khai mạc, khai giảng, khởi hành, "
    "hạn chót, deadline, dịp, thứ"
)
_DAY_RIGHT_BEFORE = cues(
    "sáng, trưa, chiều, tối, đêm, khuya, rạng sáng, trước, sau, từ, hết, hạn, đợt, nghỉ, lúc, đến, tới, qua, kể từ, đường, "
    "cn, t2, t3, t4, t5, t6, t7"
)
_NO_DATE = cues("phân số, xác suất, tỉ lệ, tỷ lệ, khoảng, chiếm, gần, hơn, được, số, nhà, số nhà, điểm, bằng")
_STREETS = frozenset(
    ("3/2", "30/4", "2/9", "19/5", "26/3", "1/5", "23/9", "19/8", "3/3", "8/3", "27/7", "2/4", "30/10")
)
_TIME_WORDS = cues(
    "sáng, trưa, chiều, tối, đêm, từ, đến, tới, nghỉ, lịch, ngày, và, hoặc, vào, hôm, cả, hết, qua, trước, sau, mỗi, học"
)
_YEAR_NEAR = cues(
    "năm, giai đoạn, niên khóa, năm học, khóa, từ, nhiệm kỳ, thời kỳ, niên độ, mùa, mùa giải, trong, những năm, vụ, các năm"
)
_SUM = re.compile(r" ?[=+×<>]")
_DAY_WITH_A_DASH = cues("ngày, mùng, mồng, hôm, lễ, dịp, sáng, trưa, chiều, tối, đêm, sáng ngày, rạng sáng, kỷ niệm")
_ERA = r"(?:TCN|SCN|tr\.? ?CN|Tr\.? ?CN)"
_MONTH_DAYS = (31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31)
_WEEKDAYS = {"2": "hai", "3": "ba", "4": "tư", "5": "năm", "6": "sáu", "7": "bảy"}
_TO = r" ?(?:[-–—→]|đến|tới) ?"
_D, _M, _Y = r"(\d{1,2})", r"(\d{1,2})", r"([12]\d{3})"
_END = r"(?![\d/]|[.,-]\d)"


def _month(written: str) -> str:
    return "tư" if int(written) == 4 else numbers.cardinal(int(written))


def _day_month(day: str, month: str) -> str:
    return f"{numbers.cardinal(int(day))} tháng {_month(month)}"


def _is_day(day: str, month: str, year: str = "2024") -> bool:
    if not (1 <= int(month) <= 12 and 1 <= int(day) <= _MONTH_DAYS[int(month) - 1]):
        return False
    year_number = int(year)
    is_leap = year_number % 4 == 0 and (year_number % 100 != 0 or year_number % 400 == 0)
    return (int(day), int(month)) != (29, 2) or is_leap


def _named(place: Place, said: str) -> str:
    """With "ngày" before it unless the text has that."""
    return said if place.follows(_DAY_SAID) else f"ngày {said}"


@FAMILY.rule("d", r"(\d{4})-(\d\d)-(\d\d)(?:[T ](\d\d):(\d\d)(?::(\d\d))?(?:\.\d{1,9})?(Z|[+-]\d\d:?\d\d)?)?(?![\d-])")
def _iso(match: re.Match[str], place: Place) -> str | None:
    year, month, day = match.group(1, 2, 3)
    if not _is_day(day, month, year):
        return None
    said = _named(place, f"{_day_month(day, month)} năm {numbers.cardinal(year)}")
    if match[4]:
        joint = " tê" if match.group()[10] == "T" else ""
        said += f"{joint} {clock.time(match[4], match[5], match[6])}"
    return f"{said} dét" if match[7] == "Z" else said


@FAMILY.rule("d", rf"{_D}([/.-]){_M}\2{_Y}{_TO}{_D}\2{_M}\2{_Y}{_END}")
def _full_span(match: re.Match[str], place: Place) -> str | None:
    day, _, month, year, day2, month2, year2 = match.groups()
    if not (_is_day(day, month, year) and _is_day(day2, month2, year2)):
        return None
    return (
        f"{_named(place, _day_month(day, month))} năm {numbers.cardinal(year)} "
        f"đến ngày {_day_month(day2, month2)} năm {numbers.cardinal(year2)}"
    )


@FAMILY.rule("d", rf"{_D}(?:([/.-]){_M})? ?[-–—] ?{_D}([/.]){_M}(?:\5{_Y})?{_END}")
def _days_span(match: re.Match[str], place: Place) -> str | None:
    """ "15-20/3/2024", "30/4-1/5", "30/4 - 1/5/2024"."""
    day, mark, month, day2, mark2, month2, year = match.groups()
    if (mark and mark != mark2) or not _is_day(day2, month2) or not _is_day(day, month or month2):
        return None
    if (mark2 == "." and not year) or (not month and int(day) >= int(day2)) or _SUM.match(match.string, match.end()):
        return None
    first = _day_month(day, month) if month else numbers.cardinal(int(day))
    second = f"{'ngày ' if month else ''}{_day_month(day2, month2)}"
    return _named(place, f"{first} đến {second}{f' năm {numbers.cardinal(year)}' if year else ''}")


@FAMILY.rule("d", rf"{_D} ?([/.-]) ?{_M} ?\2 ?([12]\d{{3}}|\d\d){_END}")
def _full(match: re.Match[str], place: Place) -> str | None:
    day, mark, month, year = match.groups()
    if len(year) == 2:
        return _short_year(day, month, year, place) if mark != "." else None
    if not _is_day(day, month, year):
        if mark == "/" and _is_day(month, day, year):  # "12/25/2024" as Americans write it
            return _named(place, f"{_day_month(month, day)} năm {numbers.cardinal(year)}")
        parts = (numbers.cardinal(int(day)), numbers.cardinal(int(month)), numbers.cardinal(year))
        return " trên ".join(parts) if mark == "/" else None
    return _named(place, f"{_day_month(day, month)} năm {numbers.cardinal(year)}")


def _short_year(day: str, month: str, year: str, place: Place) -> str | None:
    """ "19/5/90", only where a day is meant."""
    if not _is_day(day, month) or not (place.near(_DAY_NEAR, 3) or place.follows(_DAY_RIGHT_BEFORE)):
        return None
    century = "19" if int(year) > 40 else "20"
    return _named(place, f"{_day_month(day, month)} năm {numbers.cardinal(century + year)}")


@FAMILY.rule("d", rf"{_M}/{_Y}{_TO}{_M}/{_Y}{_END}")
def _months_span(match: re.Match[str], place: Place) -> str | None:
    first, year, second, year2 = match.groups()
    if not (1 <= int(first) <= 12 and 1 <= int(second) <= 12):
        return None
    name = _period(place)
    opening = "" if name else "tháng "
    return (
        f"{opening}{_month(first)} năm {numbers.cardinal(year)} đến {name or 'tháng'} "
        f"{_month(second)} năm {numbers.cardinal(year2)}"
    )


@FAMILY.rule("d", rf"(\d{{1,2}})(?: ?[-–—] ?(\d{{1,2}}))?/{_Y}{_END}")
def _month_of_a_year(match: re.Match[str], place: Place) -> str | None:
    first, second, year = match.groups()
    name = _period(place)
    if not 1 <= int(second or first) <= 12 or not 1 <= int(first) <= 12:
        return None
    said = [numbers.cardinal(int(part)) if name == "quý" else _month(part) for part in (first, second) if part]
    return f"{'' if name else 'tháng '}{' đến '.join(said)} năm {numbers.cardinal(year)}"


def _period(place: Place) -> str:
    """The word that names what is counted, if it is there already."""
    last = place.words[-1] if place.words else ""
    return last if last in ("tháng", "quý", "kỳ", "đợt", "tuần", "số", "vụ", "học kỳ") else ""


@FAMILY.rule("d", r"(?P<d>\d{1,2})/(?P<m>\d{1,2})(?![\d/]|[.,]\d|[A-Za-zĐđ%])(?! ?[+=×x*<>] ?\d)")
def _day(match: re.Match[str], place: Place) -> str | None:
    day, month = match["d"], match["m"]
    if match.group() in ("24/7", "24/24") and not place.follows(_DAY_SAID):
        return f"hai mươi tư trên {numbers.cardinal(month)}"
    if not _is_day(day, month):
        is_padded = day.startswith("0") or month.startswith("0")
        return f"{numbers.whole(day)} trên {numbers.whole(month)}" if is_padded else None
    if place.words[-1:] in (["đường"], ["đ"], ["phố"], ["quảng trường"]):
        return _day_month(day, month) if match.group() in _STREETS else None
    if not _is_meant(day, month, place):
        return None
    return _named(place, _day_month(day, month))


def _is_meant(day: str, month: str, place: Place) -> bool:
    if place.near(_NO_DATE, 2):
        return False
    if place.follows(_DAY_RIGHT_BEFORE) or place.near(_DAY_NEAR, 3):
        return True
    is_padded = day.startswith("0") or month.startswith("0")
    return is_padded or int(day) > 12 or (int(day) > int(month) and not place.follows(numbers.OVER))


@FAMILY.rule("d", r"(\d{1,2})[-.](\d{1,2})(?![.,/-]?\d|[A-Za-z%-])")
def _day_with_a_dash(match: re.Match[str], place: Place) -> str | None:
    """ "ngày 2-9", "mùng 5-5"."""
    is_known = match.group().replace("-", "/") in _STREETS and int(match[1]) > 12 and not place.words
    if not _is_day(*match.groups()) or not (is_known or place.follows(_DAY_WITH_A_DASH)):
        return None
    ahead = place.ahead(match.end(), 8)
    return None if re.match(r" ?(?:tháng|/|=)", ahead) else _named(place, _day_month(match[1], match[2]))


@FAMILY.rule("d", r"(\d{1,4}) ?[-–—] ?(\d{1,4})(?= ?(?:TCN|tr\.? ?CN|Tr\.? ?CN|SCN|trước Công|sau Công))")
@FAMILY.rule("d", r"(1[0-9]\d\d|20\d\d|21\d\d) ?[-–—] ?(1[0-9]\d\d|20\d\d|21\d\d)(?![\d/]|[.,-]\d|[A-Za-z%])")
def _years(match: re.Match[str], place: Place) -> str | None:
    if match[1] in ("1800", "1900") and not (place.near(_YEAR_NEAR, 3) or place.before == "("):
        return None  # "1800-1900" is a telephone number
    return f"{numbers.cardinal(match[1])} đến {numbers.cardinal(match[2])}"


@FAMILY.rule("d", r"(1[89]\d\d|20\d\d) ?[-–] ?(\d\d)(?![\d/]|[.,-]\d|[A-Za-z%])")
def _short_years(match: re.Match[str], place: Place) -> str | None:
    """ "năm học 2023-24"."""
    if not place.near(_YEAR_NEAR, 3) or int(match[2]) != (int(match[1]) + 1) % 100:
        return None
    return f"{numbers.cardinal(match[1])} đến {numbers.cardinal(match[1][:2] + match[2])}"


@FAMILY.rule("d", rf"(\d{{1,4}}) ?({_ERA}) ?[-–—] ?(\d{{1,4}}) ?({_ERA})(?!\w)")
def _eras(match: re.Match[str], place: Place) -> str:
    eras = ["sau công nguyên" if era == "SCN" else "trước công nguyên" for era in match.group(2, 4)]
    return f"{numbers.cardinal(match[1])} {eras[0]} đến {numbers.cardinal(match[3])} {eras[1]}"


@FAMILY.rule("A", r"Q([1-4])[/ -]([12]\d{3})(?!\d)")
def _quarter(match: re.Match[str], place: Place) -> str:
    return f"quý {numbers.cardinal(match[1])} năm {numbers.cardinal(match[2])}"


@FAMILY.rule("A", r"T([2-7])(?: ?[-–] ?T?([2-7]|CN))?(?!\w)")
@FAMILY.rule("A", r"CN(?!\w)")
def _weekday(match: re.Match[str], place: Place) -> str | None:
    if not place.follows(_TIME_WORDS) and not (place.before == "(" or place.before == ","):
        return None
    if match.group() == "CN":
        return (
            "chủ nhật"
            if place.follows(cues("sáng, trưa, chiều, tối, đêm, và, đến, ngày, nghỉ, hoặc, t7, t6"))
            else None
        )
    first = f"thứ {_WEEKDAYS[match[1]]}"
    if not match[2]:
        return first
    return f"{first} đến {'chủ nhật' if match[2] == 'CN' else 'thứ ' + _WEEKDAYS[match[2]]}"
