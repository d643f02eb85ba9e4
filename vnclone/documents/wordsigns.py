"""Signs of the fonts Symbol and Wingdings, which Word stores as codes of those fonts, as Unicode."""

from __future__ import annotations

import re

# The Symbol font's codes 0x61-0x7A and 0x41-0x5A are Greek; the rest are those signs that texts use
# (after unicode.org/Public/MAPPINGS/VENDORS/ADOBE/symbol.txt).
_GREEK_SMALL = "αβχδεφγηιϕκλμνοπθρστυϖωξψζ"
_GREEK_LARGE = "ΑΒΧΔΕΦΓΗΙϑΚΛΜΝΟΠΘΡΣΤΥςΩΞΨΖ"
_SIGNS = {
    0x22: "∀", 0x24: "∃", 0x2D: "−", 0xA3: "≤", 0xA5: "∞", 0xAB: "↔", 0xAC: "←", 0xAD: "↑", 0xAE: "→", 0xAF: "↓",
    0xB0: "°", 0xB1: "±", 0xB3: "≥", 0xB4: "×", 0xB5: "∝", 0xB6: "∂", 0xB7: "•", 0xB8: "÷", 0xB9: "≠", 0xBA: "≡",
    0xBB: "≈", 0xBC: "…", 0xC6: "∅", 0xC7: "∩", 0xC8: "∪", 0xCC: "⊂", 0xCD: "⊆", 0xCE: "∈", 0xCF: "∉", 0xD0: "∠",
    0xD1: "∇", 0xD5: "∏", 0xD6: "√", 0xD7: "⋅", 0xD9: "∧", 0xDA: "∨", 0xDB: "⇔", 0xDE: "⇒", 0xE5: "∑", 0xF2: "∫",
}  # fmt: skip
_SYMBOL = (
    {code: chr(code) for code in range(0x20, 0x7F)}
    | {0x61 + place: sign for place, sign in enumerate(_GREEK_SMALL)}
    | {0x41 + place: sign for place, sign in enumerate(_GREEK_LARGE)}
    | _SIGNS
)
# Wingdings' arrows, ticks and boxes; its other codes are ornaments that say nothing.
_WINGDINGS = {0xE0: "→", 0xF0: "→", 0xDF: "←", 0xFC: "✓", 0xFE: "☑", 0xA8: "☐", 0x6F: "☐", 0xFB: "✗", 0xFD: "☒"}
_WINGDINGS |= dict.fromkeys((0x6C, 0x9F, 0xA7, 0x76, 0xD8, 0xB7), "•")
_PRIVATE = re.compile("[\uf020-\uf0ff]")


def sign(font: str, code: str) -> str:
    """The character of a w:sym: `code` is four hexadecimal digits, F000 added or not; "" for an ornament."""
    try:
        value = int(code, 16)
    except ValueError:
        return ""
    if font.lower().startswith(("symbol", "wingdings", "webdings")):
        value = value - 0xF000 if value >= 0xF000 else value
        return (_SYMBOL if font.lower().startswith("symbol") else _WINGDINGS).get(value, "")
    return chr(value) if 0x20 <= value < 0xD800 or 0xF8FF < value < 0xFFFE else ""


def resolved(text: str, font: str | None) -> str:
    """Text set in one of those fonts: its letters are codes in the private use area. Line ends are blanks."""
    if "\n" in text:
        text = text.replace("\n", " ")
    if not _PRIVATE.search(text):
        return text
    name = (font or "symbol").lower()
    table = _WINGDINGS if name.startswith(("wingdings", "webdings")) else _SYMBOL
    return _PRIVATE.sub(lambda match: table.get(ord(match[0]) - 0xF000, ""), text)
