"""The numbers that Word writes before paragraphs itself: "Điều 1.", "a)", "Chương I", counted as Word counts."""

from __future__ import annotations

import re
from dataclasses import dataclass, field, replace
from typing import Any

from vnclone.documents.numerals import written
from vnclone.documents.wordstyles import Style, W

_LEVELS = 9
_MOST = 1_000_000  # a number that no document reaches


@dataclass(frozen=True, slots=True)
class Level:
    """How one level of a list is numbered. `restarts`: the level (from 1) whose numbers restart it; 0 for none."""

    start: int = 1
    form: str = "decimal"
    text: str = ""
    restarts: int | None = None
    legal: bool = False
    style: str = ""


@dataclass(slots=True)
class _List:
    """A w:num: the abstract list whose numbers it goes on with, its own levels, and numbers it begins at once."""

    abstract: str
    levels: dict[int, Level]
    starts: dict[int, int] = field(default_factory=dict)


@dataclass(slots=True)
class Numbering:
    """The lists of a document, and how far each has counted. One walk in document order uses one of these."""

    lists: dict[str, _List]
    counts: dict[str, list[int | None]] = field(default_factory=dict)

    def label(self, properties: tuple[str, str], style: Style) -> str | None:
        """What Word writes before the next paragraph with this numbering; "" for a bullet, None for no list."""
        list_id = properties[0] or style.numbering[0]
        used = self.lists.get(list_id)
        if used is None:
            return None
        level = _level(properties[1] or style.numbering[1], used, style, own=bool(properties[0]))
        definition = used.levels.get(level)
        if definition is None:
            return ""
        counts = self._count(used, level, definition)
        return "" if definition.form == "bullet" else _text(definition, used, counts)

    def _count(self, used: _List, level: int, definition: Level) -> list[int | None]:
        counts = self.counts.setdefault(used.abstract, [None] * _LEVELS)
        if level in used.starts:
            counts[level] = used.starts.pop(level)
        else:
            before = counts[level]
            counts[level] = definition.start if before is None else min(before + 1, _MOST)
        for higher in range(level):
            if counts[higher] is None:
                counts[higher] = used.levels.get(higher, Level()).start
        for lower in range(level + 1, _LEVELS):
            restarts = used.levels.get(lower, Level()).restarts
            if restarts is None or level < restarts:
                counts[lower] = None
        return counts


def _level(said: str, used: _List, style: Style, own: bool) -> int:
    """The level that is said; a style's list knows it by the style's name, where the paragraph itself says none."""
    if not own or not said:
        linked = [level for level, definition in used.levels.items() if style.id and definition.style == style.id]
        if linked:
            return linked[0]
    return min(int(said), _LEVELS - 1) if said.isdigit() and len(said) < 4 else 0


def _text(definition: Level, used: _List, counts: list[int | None]) -> str:
    def number(match: re.Match[str]) -> str:
        place = int(match[1]) - 1
        form = used.levels.get(place, Level()).form
        value = counts[place]
        if value is None or form in ("none", "bullet"):
            return ""
        return written(value, "decimal" if definition.legal else form)

    return re.sub(r"%([1-9])", number, definition.text).strip()


def numbering(root: Any) -> Numbering:
    """From the root of numbering.xml, perhaps an empty element."""
    elements = {e.get(f"{W}abstractNumId", ""): e for e in root.iterchildren(f"{W}abstractNum")}
    by_style = {_value(e, "styleLink"): e for e in elements.values() if _value(e, "styleLink")}
    lists = {}
    for element in root.iterchildren(f"{W}num"):
        abstract = _value(element, "abstractNumId")
        source = elements.get(abstract)
        if source is not None and _value(source, "numStyleLink"):
            source = by_style.get(_value(source, "numStyleLink"), source)
        lists[element.get(f"{W}numId", "")] = _list(abstract, source, element)
    lists.pop("0", None)  # 0 takes a paragraph out of its style's list
    return Numbering(lists)


def _list(abstract: str, source: Any, element: Any) -> _List:
    levels = {} if source is None else {_number(e.get(f"{W}ilvl", "0")): _definition(e) for e in source.iter(f"{W}lvl")}
    found = _List(abstract, levels)
    for override in element.iterchildren(f"{W}lvlOverride"):
        level = _number(override.get(f"{W}ilvl", "0"))
        own = override.find(f"{W}lvl")
        if own is not None:
            found.levels[level] = _definition(own)
        start = _value(override, "startOverride")
        if start:
            found.starts[level] = _number(start)
            found.levels[level] = replace(found.levels.get(level, Level()), start=_number(start))
    return found


def _definition(element: Any) -> Level:
    restarts, legal = _value(element, "lvlRestart"), element.find(f"{W}isLgl")
    return Level(
        start=_number(_value(element, "start") or "0"),
        form=_value(element, "numFmt") or "decimal",
        text=_value(element, "lvlText"),
        restarts=_number(restarts) if restarts else None,
        legal=legal is not None and legal.get(f"{W}val", "1") not in ("0", "false", "off"),
        style=_value(element, "pStyle"),
    )


def _value(element: Any, name: str) -> str:
    found = element.find(f"{W}{name}")
    return str(found.get(f"{W}val", "")) if found is not None else ""


def _number(text: str) -> int:
    return min(int(text), _MOST) if text.isdigit() and len(text) < 12 else 0
