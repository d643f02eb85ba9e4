"""Numbers as lists write them: 1, 01, a, A, i, I, ordinals and Vietnamese number words."""

from __future__ import annotations

from collections.abc import Callable

_ROMAN = (
    (1000, "M"), (900, "CM"), (500, "D"), (400, "CD"), (100, "C"), (90, "XC"), (50, "L"), (40, "XL"), (10, "X"),
    (9, "IX"), (5, "V"), (4, "IV"), (1, "I"),
)  # fmt: skip
_DIGITS = ("", "một", "hai", "ba", "bốn", "năm", "sáu", "bảy", "tám", "chín")
_LETTER_LIMIT = 780  # Word repeats letters: 27 is aa, 780 is thirty z


def roman(value: int) -> str:
    """1 to 3999 in capitals; other values in digits."""
    if not 0 < value < 4000:
        return str(value)
    out = ""
    for size, letters in _ROMAN:
        out += letters * (value // size)
        value %= size
    return out


def from_roman(text: str) -> int:
    """The value of roman digits in either case; 0 for what is none."""
    values = {"I": 1, "V": 5, "X": 10, "L": 50, "C": 100, "D": 500, "M": 1000}
    digits = [values.get(letter, 0) for letter in text.upper()]
    if not digits or 0 in digits:
        return 0
    total = sum(-d if d < following else d for d, following in zip(digits, [*digits[1:], 0], strict=True))
    return total if roman(total) == text.upper() else 0


def letter(value: int) -> str:
    """a to z, then aa, bb, as Word counts."""
    if not 0 < value <= _LETTER_LIMIT:
        return str(value)
    return chr(ord("a") + (value - 1) % 26) * ((value - 1) // 26 + 1)


def vietnamese(value: int) -> str:
    """1 to 99 in words; other values in digits."""
    if not 0 < value < 100:
        return str(value)
    tens, ones = divmod(value, 10)
    if tens == 0:
        return _DIGITS[ones]
    head = "mười" if tens == 1 else f"{_DIGITS[tens]} mươi"
    tail = {1: "một" if tens == 1 else "mốt", 5: "lăm"}.get(ones, _DIGITS[ones])
    return f"{head} {tail}".strip()


def ordinal(value: int) -> str:
    """1st, 2nd, 3rd, 4th …"""
    ending = "th" if value % 100 in (11, 12, 13) else {1: "st", 2: "nd", 3: "rd"}.get(value % 10, "th")
    return f"{value}{ending}"


# ST_NumberFormat of ECMA-376 part 1, 17.18.59: those that Vietnamese and English documents use.
FORMATS: dict[str, Callable[[int], str]] = {
    "decimal": str,
    "decimalZero": lambda value: f"{value:02d}",
    "upperRoman": roman,
    "lowerRoman": lambda value: roman(value).lower(),
    "upperLetter": lambda value: letter(value).upper(),
    "lowerLetter": letter,
    "ordinal": ordinal,
    "vietnameseCounting": vietnamese,
}


def written(value: int, form: str) -> str:
    """`value` in a format of that name; in digits where the name is not known."""
    return FORMATS.get(form, str)(value)
