"""Times of day and durations: "14h30", "23:59", "8g sáng", "7h-9h", "1h15m", "2'30''", "phút 90+3"."""

from __future__ import annotations

import re

from vnclone.text.readers import numbers
from vnclone.text.readers.rule import Family, Place, cues

FAMILY = Family("clock")

_HOUR = r"([01]?\d|2[0-4])"
_MINUTE = r"([0-5]\d)"
_TIME = rf"{_HOUR}(?:[hHgG:]|giờ) ?{_MINUTE}(?:[':p]?{_MINUTE}s?)?"
_TO = r" ?(?:[-–—→]|đến) ?"
_RACE = cues("trong, chạy, hết, thành tích, kỷ lục, thời lượng, dài, mất")
_RATIO = cues("tỉ lệ, tỷ lệ, tỉ số, tỷ số, tỉ lệ là, tỷ lệ là, tỉ số là, là")
_SCALE = cues("tỉ lệ, tỷ lệ, tỉ số, tỷ số, bản đồ, cược, tỉ lệ cược, nợ/vốn")
_NOT_AN_HOUR = cues("lớp, khối, mã, lô, căn hộ, phòng, số, biển, biển số")


def time(hour: str, minute: str | None = None, second: str | None = None) -> str:
    """ "14", "05" -> "mười bốn giờ năm phút"; full hours have no minutes, but for midnight."""
    said = f"{numbers.cardinal(int(hour))} giờ"
    if second is not None:
        return f"{said} {numbers.cardinal(int(minute or 0))} phút {numbers.cardinal(int(second))} giây"
    if minute and (int(minute) or not int(hour)):
        said += f" {numbers.cardinal(int(minute))} phút"
    return said


@FAMILY.rule("d", r"(1[0-2]|0?[1-9])(?:[:h.]([0-5]\d))? ?([aApP])\.?[mM]\.?(?!\w)")
def _half_day(match: re.Match[str], place: Place) -> str:
    """ "5pm", "9:30 AM"."""
    hour = int(match[1])
    if match[3] in "aA":
        part = "đêm" if hour == 12 else "sáng"
    else:
        part = "trưa" if hour == 12 else "chiều" if hour < 6 else "tối"
    return f"{time(match[1], match[2])} {part}"


@FAMILY.rule("d", rf"{_HOUR}[:h]{_MINUTE}{_TO}{_HOUR}[:h]{_MINUTE}(?![\d:])(?: ?(?:h|giờ)(?!\w))?")
def _span(match: re.Match[str], place: Place) -> str:
    return f"{time(match[1], match[2])} đến {time(match[3], match[4])}"


@FAMILY.rule("d", rf"{_HOUR}[hg]?{_MINUTE}?{_TO}{_HOUR}[hg]{_MINUTE}?(?![\w:])")
def _hours_span(match: re.Match[str], place: Place) -> str | None:
    """ "7h-9h", "7-9h", "7h30-9h"."""
    hour, minute, hour2, minute2 = match.groups()
    first = match.group()[len(hour) : len(hour) + 1]
    if "g" in match.group() and not place.near(cues("lúc, từ, sáng, chiều, tối"), 3):
        return None
    if first not in "hg":
        return f"{numbers.cardinal(int(hour))} đến {time(hour2, minute2)}" if not minute else None
    return f"{time(hour, minute)} đến {time(hour2, minute2)}"


@FAMILY.rule("d", rf"([01]?\d|2[0-4]):{_MINUTE}:{_MINUTE}(?![\d:])(?: ?giây(?!\w))?")
def _with_seconds(match: re.Match[str], place: Place) -> str | None:
    if place.near(_SCALE, 2):
        return None
    return time(match[1], match[2], match[3])


@FAMILY.rule("d", r"(\d{1,3})[:'](\d\d)[.,](\d{1,3})(?![\d:])")
def _race(match: re.Match[str], place: Place) -> str | None:
    """ "1:45.32": a time that was run."""
    if int(match[2]) > 59 or place.near(_SCALE, 3):
        return None
    return f"{numbers.cardinal(int(match[1]))} phút {numbers.spoken_number(f'{int(match[2])},{match[3]}')} giây"


@FAMILY.rule("d", rf"(\d{{1,2}}):{_MINUTE}(?![\d:]|[.,]\d)(?: ?(?:phút|h|giờ)(?!\w))?")
def _colon(match: re.Match[str], place: Place) -> str | None:
    if place.near(_SCALE, 3):
        return None
    if int(match[1]) > 24 or place.follows(_RACE):
        return f"{numbers.cardinal(int(match[1]))} phút {numbers.cardinal(int(match[2]))} giây"
    return time(match[1], match[2])


@FAMILY.rule(
    "d",
    rf"{_HOUR}(?:[hHgG]|giờ){_MINUTE}?(?:(?:'|ph?|m|phút)(?:{_MINUTE}(?:s|''|\")?)?)?(?![\w:]|['’]\d)(?: phút(?!\w))?",
)
def _hour(match: re.Match[str], place: Place) -> str | None:
    written = match.group()
    if not match[2] and (written[-1] in "gGH" or "h" not in written):
        is_hour = written[-1] == "g" and (
            place.follows(cues("lúc, từ, đến, khoảng, trước, sau"))
            or place.next_word(match.end()) in ("sáng", "trưa", "chiều", "tối", "đêm", "kém")
        )
        return time(match[1]) if is_hour else None
    if place.follows(_NOT_AN_HOUR) and not match[2]:
        return None
    return time(match[1], match[2], match[3])


@FAMILY.rule("d", r"(\d{1,3})h(\d{1,2})?(?:'|ph?|m|phút)?(\d{1,2})?s?(?!\w)")
def _long(match: re.Match[str], place: Place) -> str | None:
    """ "72h", "36h15p": a duration of more than a day; "1h5"."""
    if place.follows(_NOT_AN_HOUR):
        return None
    return time(match[1], match[2] if match[2] and int(match[2]) else None, match[3])


@FAMILY.rule("d", r"(\d{1,3})(?:['’′]|p|m|ph)(\d{1,2})(?:''|’’|\"|″|s)(?!\w)")
def _minutes(match: re.Match[str], place: Place) -> str:
    return f"{numbers.cardinal(match[1])} phút {numbers.cardinal(int(match[2]))} giây"


@FAMILY.rule("d", r"(\d{1,2})['’′]([0-5]\d)(?![\w'’\"])")
def _bare_minutes(match: re.Match[str], place: Place) -> str:
    return f"{numbers.cardinal(match[1])} phút {numbers.cardinal(int(match[2]))} giây"


@FAMILY.rule("d", r"(\d{1,3})(?:\+(\d{1,2}))?['’′](?![\w'’])")
def _minute_of_play(match: re.Match[str], place: Place) -> str | None:
    """ "90+3'", "bàn thắng 45'"."""
    more = f" cộng {numbers.cardinal(match[2])}" if match[2] else ""
    has_name = place.words[-1:] == ["phút"]
    if has_name:
        return f"{numbers.cardinal(match[1])}{more}" if more else None
    return f"{numbers.cardinal(match[1])}{more} phút"


@FAMILY.rule("d", r"(\d{1,3})p(?:h)?(?![\w/])")
def _short_minutes(match: re.Match[str], place: Place) -> str | None:
    return f"{numbers.cardinal(match[1])} phút" if match[1] != "0" else None


@FAMILY.rule("d", r"(\d+(?:[.,]\d+)?)(?: ?: ?(\d+(?:[.,]\d+)*))(?: ?: ?(\d+(?:[.,]\d+)?))?(?![\d:])")
def _ratio(match: re.Match[str], place: Place) -> str | None:
    """ "tỷ lệ 1:2:3", "16:9"."""
    parts = [numbers.spoken_number(part) for part in match.groups() if part]
    is_scale = len(match[2]) > 3 and match[1] == "1"
    return (", " if is_scale else " trên ").join(parts)
