"""The numbers that OpenDocument lists and headings write themselves, counted as LibreOffice counts them."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Any

from vnclone.documents.numerals import letter, roman

_OASIS = "urn:oasis:names:tc:opendocument:xmlns:"
T, STYLE = f"{{{_OASIS}text:1.0}}", f"{{{_OASIS}style:1.0}}"
OUTLINE = "\x00outline"
_LEVELS = 10
_FORMS: dict[str, Callable[[int], str]] = {
    "1": str,
    "a": letter,
    "A": lambda n: letter(n).upper(),
    "i": lambda n: roman(n).lower(),
    "I": roman,
}


@dataclass(frozen=True, slots=True)
class _Level:
    form: str = ""
    prefix: str = ""
    suffix: str = ""
    shown: int = 1
    start: int = 1
    whole: str = ""  # LibreOffice 7's loext: "Điều %1%."


@dataclass(slots=True)
class Lists:
    """List styles by name, and how far each has counted."""

    styles: dict[str, dict[int, _Level]]
    counts: dict[str, list[int]] = field(default_factory=dict)

    def begin(self, style: str, goes_on: bool) -> None:
        """A list begins; it counts from its start unless it goes on with an earlier one."""
        if not goes_on:
            self.counts.pop(style, None)

    def label(self, style: str, level: int, start: str = "") -> str:
        """The number of the next item at a level from 1; "" for bullets and unknown lists."""
        levels = self.styles.get(style, {})
        own = levels.get(level)
        if own is None or not 0 < level <= _LEVELS:
            return ""
        counts = self.counts.setdefault(style, [0] * (_LEVELS + 1))
        first = not counts[level]
        counts[level] = own.start if first else counts[level] + 1
        if start.isdigit() and len(start) < 7:
            counts[level] = int(start)
        counts[level + 1 :] = [0] * (_LEVELS - level)
        return _written(own, level, levels, counts) if own.form else ""


def _written(own: _Level, level: int, levels: dict[int, _Level], counts: list[int]) -> str:
    def number(at: int) -> str:
        form = levels.get(at, _Level()).form
        return _FORMS[form](counts[at] or levels.get(at, _Level()).start) if form in _FORMS else ""

    if own.whole:
        text = own.whole
        for at in range(1, level + 1):
            text = text.replace(f"%{at}%", number(at))
        return text.strip()
    numbers = (number(at) for at in range(max(1, level - own.shown + 1), level + 1))
    return f"{own.prefix}{'.'.join(n for n in numbers if n)}{own.suffix}".strip()


def lists(roots: Iterable[Any]) -> Lists:
    """From the roots of styles.xml and content.xml."""
    found: dict[str, dict[int, _Level]] = {}
    for root in roots:
        for style in root.iter(f"{T}list-style", f"{T}outline-style"):
            name = OUTLINE if style.tag == f"{T}outline-style" else style.get(f"{STYLE}name", "")
            found[name] = {number: level for number, level in map(_level, style.iterchildren()) if number}
    return Lists(found)


def _level(element: Any) -> tuple[int, _Level]:
    number, shown, start = (
        int(value) if value.isdigit() and len(value) < 7 else 1
        for value in (element.get(f"{T}{name}", "1") for name in ("level", "display-levels", "start-value"))
    )
    whole = next((value for name, value in element.attrib.items() if name.endswith("}num-list-format")), "")
    form = "" if element.tag == f"{T}list-level-style-bullet" else element.get(f"{STYLE}num-format", "")
    prefix, suffix = (element.get(f"{STYLE}num-{side}", "") for side in ("prefix", "suffix"))
    return number, _Level(form, prefix, suffix, shown, start, whole)
