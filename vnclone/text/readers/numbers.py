"""Numbers: cardinals to 10^18, both ways of writing decimals, ordinals, fractions, percentages, signs."""

from __future__ import annotations

import re

from vnclone.text.readers.rule import Family, Place, cues

ORDINALS = Family("ordinals")
FAMILY = Family("numbers")

NUMBER = r"\d{1,3}(?: \d{3})+(?![\d.,]\d|\d| \d{3})|\d+(?:[.,]\d+)*"
"""What a number looks like: "1.250.000", "1 000 000", "3,5"."""

_DIGITS = ("không", "một", "hai", "ba", "bốn", "năm", "sáu", "bảy", "tám", "chín")
_SCALES = ("", "nghìn", "triệu")
_MOST_DIGITS = 21  # above it nobody says a quantity
_GROUPED = re.compile(r"\d{1,3}(?:[.,]\d{3})+")

_ORDINAL_WORDS = {"1": "nhất", "4": "tư"}
_ORDINAL = cues("thứ, lần thứ, hạng, giải, top thứ")
_PHASE = {"tháng": "tư"}
# Here a/b is said "a trên b"; elsewhere "a phần b".
OVER = cues(
    "phân số, xác suất, tỉ lệ, tỷ lệ, tỉ số, tỷ số, giá trị, bằng, tính, kết quả, số nhà, số, nhà, ngõ, hẻm, kiệt, "
    "ngách, đường, điểm, huyết áp, thị lực, mắt, nhịp, cos, sin, tan, đạt, tốc độ, khẩu độ, chấm, đánh giá"
)


_RATES = cues("phân số, xác suất, tỉ lệ, tỷ lệ, tỉ số, tỷ số, giá trị, huyết áp, thị lực")


def digits(written: str) -> str:
    """Each digit by itself: "0912" -> "không chín một hai". Anything else in it is passed over."""
    return " ".join(_DIGITS[int(sign)] for sign in written if sign in "0123456789")


def cardinal(number: int | str) -> str:
    """A whole number as it is counted; digit by digit when it is longer than 10^18 and more."""
    written = str(number).lstrip("0")
    if len(written) > _MOST_DIGITS:
        return digits(written)
    groups = [written[max(0, end - 3) : end] for end in range(len(written), 0, -3)]
    said: list[str] = []
    for place in range(len(groups) - 1, -1, -1):
        if groups[place] != "000":
            said += [_hundreds(groups[place]), _SCALES[place % 3], *["tỷ"] * (place // 3)]
    return " ".join(_once_each_scale(said)) or "không"


def _once_each_scale(said: list[str]) -> list[str]:
    """ "một tỷ … triệu tỷ" as it is said: "một nghìn không trăm năm mươi tỷ" names the milliard once."""
    words = [word for word in said if word]
    last = len(words) - 1 - words[::-1].index("tỷ") if "tỷ" in words else -1
    return [word for at, word in enumerate(words) if word != "tỷ" or at == last or words[at + 1] == "tỷ"]


def _hundreds(group: str) -> str:
    hundreds, tens, units = (int(sign) for sign in group.rjust(3, "0"))
    said = [f"{_DIGITS[hundreds]} trăm"] if len(group) == 3 else []
    if tens:
        said.append("mười" if tens == 1 else f"{_DIGITS[tens]} mươi")
    elif units and said:
        said.append("linh")
    if units:
        said.append(_last_digit(tens, units))
    return " ".join(said)


def _last_digit(tens: int, units: int) -> str:
    if units == 5 and tens:
        return "lăm"
    if tens > 1 and units in (1, 4):
        return "mốt" if units == 1 else "tư"
    return _DIGITS[units]


def decimals(written: str) -> str:
    """What stands after the mark: "25" -> "hai lăm", "05" -> "không năm"."""
    said = digits(written)
    is_five = len(written) > 1 and written[-1] == "5" and written[-2] != "0"
    return f"{said[:-3]}lăm" if is_five else said


def spoken_number(written: str, exact: bool = False) -> str:
    """A number as written, in either convention. `exact`: with English thousands ("1,299" is not a decimal)."""
    written = written.replace(" ", "")
    if written.isdigit():
        return whole(written)
    marks = {mark for mark in written if mark in ".,"}
    if len(marks) == 2:
        return _mixed(written)
    mark = marks.pop()
    parts = written.split(mark)
    if _GROUPED.fullmatch(written) and parts[0][0] != "0" and (_is_thousands(parts, mark) or exact):
        return cardinal("".join(parts))
    name = "chấm" if mark == "." else "phẩy"
    if len(parts) == 2:
        return f"{cardinal(parts[0])} {name} {decimals(parts[1])}"
    if mark == "." and any(len(part) > 2 for part in parts):
        return f" {name} ".join(digits(part) for part in parts)
    return f" {name} ".join([whole(parts[0]), *(decimals(part) for part in parts[1:])])


def _is_thousands(parts: list[str], mark: str) -> bool:
    """ "1.250" and "1,000,000" and "5,000" are thousands; "1,299" is a decimal of the Vietnamese kind."""
    return mark == "." or len(parts) > 2 or parts[1] == "000"


def _mixed(written: str) -> str:
    """ "1.234,25" and "1,234.25": the last mark is the decimal one if it stands once."""
    mark = written[max(written.rfind("."), written.rfind(","))]
    if written.count(mark) > 1:
        return " ".join(digits(part) for part in re.split(r"[.,]", written))
    before, after = written.rsplit(mark, 1)
    said = cardinal(re.sub(r"[.,]", "", before))
    after = after.rstrip("0")
    return f"{said} phẩy {decimals(after)}" if after else said


def whole(written: str) -> str:
    """An integer; one that opens with a zero is a code and is said digit by digit ("06" -> "không sáu")."""
    return digits(written) if len(written) > 1 and written[0] == "0" else cardinal(written)


def value(written: str) -> float:
    """How much it is, for comparing two ends of a range."""
    written = written.replace(" ", "")
    if _GROUPED.fullmatch(written):
        return float(re.sub(r"[.,]", "", written))
    return float(re.sub(r"[.,](?=.*[.,])", "", written).replace(",", "."))


def ordinal(written: str) -> str:
    """ "1" -> "nhất", "4" -> "tư", the others as they are counted."""
    return _ORDINAL_WORDS.get(written.lstrip("0"), cardinal(written))


@ORDINALS.rule("d", r"(\d{1,4})(?![\d.,/:-]\d|\d|[A-Za-z%]| ?(?:triệu|nghìn|tỷ|tỉ|ngàn)| ?[-–] ?\d)")
def _ordinal(match: re.Match[str], place: Place) -> str | None:
    if place.follows(_ORDINAL):
        return ordinal(match[1])
    is_april = match[1] in ("4", "04") and place.words[-1:] == ["tháng"]
    return "tư" if is_april else None


@FAMILY.rule("d", r"(\d{1,4}) ?/ ?(\d{1,5})(?![\d/]|[.,]\d)")
def _fraction(match: re.Match[str], place: Place) -> str | None:
    above, below = int(match[1]), int(match[2])
    ahead = match.string[match.end() : match.end() + 3]
    is_part = 0 < above < below <= 1000 and not (match[2].startswith("0") or match[1].startswith("0"))
    if not is_part or place.follows(OVER) or place.near(_RATES, 8) or _is_formula(place, ahead):
        return f"{_side(match[1])} trên {_side(match[2])}"
    return f"{cardinal(above)} phần {'tư' if below == 4 else cardinal(below)}"


def _side(written: str) -> str:
    return digits(written) if written.startswith("0") else cardinal(written)


def _is_formula(place: Place, ahead: str) -> bool:
    around = place.text[max(0, place.at - 3) : place.at] + " " + ahead
    return any(sign in around for sign in "+=×÷*<>≤≥−") or " - " in around or " x" in ahead


@FAMILY.rule("d", rf"({NUMBER}) ?(%|‰)")
def _percent(match: re.Match[str], place: Place) -> str:
    return f"{spoken_number(match[1])} phần {'trăm' if match[2] == '%' else 'nghìn'}"


@FAMILY.rule("d", rf"{NUMBER}")
def _number(match: re.Match[str], place: Place) -> str:
    return spoken_number(match.group())
