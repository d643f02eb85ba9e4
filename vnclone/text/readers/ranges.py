"""Two figures and a dash: a range ("5-7 kg"), a score ("thắng 3-2"), a difference ("10 - 3 = 7"), a line-up ("4-4-2")."""

from __future__ import annotations

import re

from vnclone.text.readers import measures, numbers
from vnclone.text.readers.measures import MAGNITUDE, UNIT
from vnclone.text.readers.numbers import NUMBER
from vnclone.text.readers.rule import Family, Place, cues

FAMILY = Family("ranges")

SCORES = cues(
    "thắng, thua, hòa, hoà, tỷ số, tỉ số, dẫn, dẫn trước, gỡ, gỡ hòa, chung cuộc, đánh bại, hạ, hạ gục, vượt qua, trận, "
    "kết quả, bại, thảm bại, đại thắng, set, hiệp, séc, luân lưu, penalty, ván, game, đè bẹp, hủy diệt, kết thúc, chiến thắng, "
    "thất bại, bị dẫn, nâng tỷ số, nâng tỉ số, ấn định, hiệp một, hiệp hai, cầm hòa, sau, san bằng, quật ngã, với"
)
_STRONG_SCORES = SCORES - cues("sau, với, trận, kết quả, kết thúc, set, dẫn, hạ, game")
_RANGES = cues(
    "cấp, từ, khoảng, trong, lớp, độ, tuổi, trang, điều, mức, tầm, chừng, gần, mua, mất, cần, hơn, lần, nhóm, khoản, câu, "
    "bài, chương, tháng, ngày, gió, gió cấp, giật cấp, bậc, quý, số, mỗi, tới, giá, cao, dài, rộng, sâu, nặng, tập, phần, "
    "giai đoạn, tầng, đường, kỳ, tiết, vòng"
)
_MINUS = cues("bằng, tính, kết quả, phép tính, lấy, hiệu, phép trừ")
_DASH = r" ?(?:[-–—−~]|->|→) ?"
_NAME = re.compile(r"^\s+[A-ZĐÀ-Ỹ]")
_NAME_BEFORE = re.compile(r"[A-ZĐÀ-Ỹ][^\W\d_]*\s*$")


@FAMILY.rule("d", r"(\d{1,2})((?:-\d{1,2}){2,5})(?![\w]|-\d|[.,]\d)")
def _line(match: re.Match[str], place: Place) -> str:
    return " ".join(numbers.whole(part) for part in match.group().split("-"))


@FAMILY.rule(
    "d",
    rf"({NUMBER})( ?)(?:({MAGNITUDE}) ?)?({UNIT})?({_DASH})(-?)({NUMBER})(?:( ?)(?:({MAGNITUDE}) ?)?({UNIT}))?"
    rf"(?: ?({MAGNITUDE}))?",
)
def _two(match: re.Match[str], place: Place) -> str | None:
    first, gap, size, name, dash, minus, second, gap2, size2, name2, size3 = match.groups()
    size2 = size2 or size3
    if name2 and not measures.is_unit(name2, place, second, not gap2):
        return None
    if not (size or name or size2 or name2):
        return _bare(match, place, first, second, dash, bool(minus))
    if name and not measures.is_unit(name, place, first, not gap):
        return None
    if name and name2 and not size and not _alike(name, name2):
        return None  # "220V-50Hz"
    if "→" in dash or ">" in dash or dash.strip():
        left = measures.amount(first, size, name)
        right = measures.amount(second, size2, name2)
        return f"{left} đến {'âm ' if minus else ''}{right}"
    return None


def _alike(first: str, second: str) -> bool:
    times = ("h", "p", "s", "phút", "giờ", "giây", "ngày", "tuần", "tháng", "năm")
    return first[-1] == second[-1] or (first in times and second in times)


def _bare(match: re.Match[str], place: Place, first: str, second: str, dash: str, minus: bool) -> str | None:
    end = match.start(7) + len(second)
    ahead = place.ahead(end, 12)
    if end != match.end() or re.match(r"[A-Za-zĐđ/_]|-\w|:\d", ahead) or re.search(r"[\w]-?$", place.before):
        return None
    left, right = numbers.spoken_number(first), numbers.spoken_number(second)
    right = f"âm {right}" if minus else right
    joint = _joint(place, first, second, dash, ahead)
    return f"{left} {joint} {right}" if joint else f"{left} {right}"


def _joint(place: Place, first: str, second: str, dash: str, ahead: str) -> str:
    """ "đến", "trừ", or nothing for a score."""
    if re.match(r"\s*=", ahead) or place.follows(_MINUS) or "−" in dash or _is_a_sum(place):
        return "trừ"
    if "~" in dash or "→" in dash or ">" in dash:
        return "đến"
    small = len(first) <= 3 and len(second) <= 3 and first.isdigit() and second.isdigit()
    is_a_result = place.near(_STRONG_SCORES, 7)
    if small and is_a_result and not place.follows(_RANGES - cues("với, số")):
        return ""
    if place.follows(_RANGES):
        return "đến"
    if small and place.near(SCORES, 4) and max(int(first), int(second)) < 30:
        return ""
    if small and _NAME.match(ahead) and _NAME_BEFORE.search(place.text[max(0, place.at - 16) : place.at]):
        return ""
    if small and (int(first) > int(second) or first == second or first == "0"):
        return "" if max(int(first), int(second)) < 30 else "đến"
    return "đến" if abs(len(first) - len(second)) < 4 or not small else ""


def _is_a_sum(place: Place) -> bool:
    return bool(re.search(r"[=+×÷] ?$", place.text[max(0, place.at - 3) : place.at]))


@FAMILY.rule("d", rf"({NUMBER}) ?(?:[-−–]) ?({NUMBER})(?= ?=)")
def _difference(match: re.Match[str], place: Place) -> str:
    return f"{numbers.spoken_number(match[1])} trừ {numbers.spoken_number(match[2])}"
