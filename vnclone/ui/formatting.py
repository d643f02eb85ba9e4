"""Numbers, lengths of time, sizes and dates as people write them in Vietnamese and English."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone

# Asia/Ho_Chi_Minh has had no daylight saving since 1975, so no time-zone database is needed.
VIETNAM = timezone(timedelta(hours=7), "Asia/Ho_Chi_Minh")
MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")


def number(value: int, language: str) -> str:
    """1234567 -> 1.234.567 in Vietnamese, 1,234,567 in English."""
    grouped = f"{value:,}"
    return grouped if language == "en" else grouped.replace(",", ".")


def decimal(value: float, language: str, digits: int = 1) -> str:
    """At most so many digits after the point, and none that is a zero at the end: 7,5 in Vietnamese, 7.5 in English."""
    text = f"{value:.{digits}f}".rstrip("0").removesuffix(".")
    return text if language == "en" else text.replace(".", ",")


def length(seconds: float, language: str) -> str:
    """A length of sound or of waiting: "45 giây", "3 phút 20 giây", "1 giờ 5 phút"."""
    hour, minute, second = ("h", "min", "s") if language == "en" else ("giờ", "phút", "giây")
    whole = max(0, round(seconds))
    if whole < 60:
        return f"{whole} {second}"
    if whole < 3600:
        return _two(whole // 60, minute, whole % 60, second)
    return _two(whole // 3600, hour, whole % 3600 // 60, minute)


def rough_length(seconds: float, language: str) -> str:
    """An estimate, without precision that it has not: to 5 seconds below a minute, then to the minute."""
    if seconds < 57.5:
        return length(max(5, round(seconds / 5) * 5), language)
    return length(max(1, round(seconds / 60)) * 60, language)


def size(count: int, language: str) -> str:
    """Bytes as KB, MB or GB, the way upload limits are told; a digit after the point while there is one before it."""
    if count < 2**20:
        return f"{max(1, round(count / 2**10))} KB"
    value, unit = (count / 2**20, "MB") if count < 2**30 else (count / 2**30, "GB")
    return f"{decimal(value if value < 10 or unit == 'GB' else round(value), language)} {unit}"


def date(moment: str, language: str) -> str:
    """An ISO 8601 time in UTC as shown in Vietnam: 22/11/2026 19:20, or 22 Nov 2026, 19:20."""
    local = datetime.fromisoformat(moment).astimezone(VIETNAM)
    if language == "en":
        return f"{local.day} {MONTHS[local.month - 1]} {local.year}, {local:%H:%M}"
    return f"{local:%d/%m/%Y %H:%M}"


def day(moment: str, language: str) -> str:
    """The same without the hour: 22/11/2026, or 22 Nov 2026."""
    local = datetime.fromisoformat(moment).astimezone(VIETNAM)
    return f"{local.day} {MONTHS[local.month - 1]} {local.year}" if language == "en" else f"{local:%d/%m/%Y}"


def _two(big: int, big_unit: str, small: int, small_unit: str) -> str:
    return f"{big} {big_unit} {small} {small_unit}" if small else f"{big} {big_unit}"
