"""What the styles of a Word document mean: heading levels, contents entries, hidden text, fonts, sizes, numbering."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from vnclone.documents.draft import is_font_of_capitals

W = "{http://schemas.openxmlformats.org/wordprocessingml/2006/main}"
_A = "{http://schemas.openxmlformats.org/drawingml/2006/main}"
# English names are stored whatever Word's language; other programs store theirs.
_HEADING = re.compile(r"(?:heading|tiêu đề|titre|título|überschrift|标题)\s*([1-9])$", re.IGNORECASE)
_CONTENTS = re.compile(r"(?:toc|mục lục|contents)\s*\d$|table of (?:figures|authorities)$|index [1-9]$", re.IGNORECASE)
_LIST = re.compile(r"list(?: bullet| number)?(?: \d)?$", re.IGNORECASE)
_CHAIN = 12  # styles based on one another; the chain may be a loop
DEFAULT_HALF_POINTS = 20  # Word's size where nobody says one
_OFF = ("0", "false", "off")
_VAL, _BOLD, _FONTS, _SIZE, _VANISH = (f"{W}{name}" for name in ("val", "b", "rFonts", "sz", "vanish"))


@dataclass(frozen=True, slots=True)
class Run:
    """How letters look, as far as it matters. None: nothing is said here, so what is below holds."""

    hidden: bool | None = None
    font: str | None = None
    bold: bool | None = None
    half_points: int | None = None

    def over(self, below: Run) -> Run:
        """These properties, and those of `below` where these say nothing."""
        return _over(self, below)

    @property
    def is_capitals(self) -> bool:
        """Whether the font is one of TCVN3's fonts of capitals: .VnTimeH, .VnArialH …"""
        return self.font is not None and self.font[:1] == "." and is_font_of_capitals(self.font)


@lru_cache(4096)
def _over(above: Run, below: Run) -> Run:
    return Run(
        below.hidden if above.hidden is None else above.hidden,
        below.font if above.font is None else above.font,
        below.bold if above.bold is None else above.bold,
        below.half_points if above.half_points is None else above.half_points,
    )


@dataclass(frozen=True, slots=True)
class Style:
    """A style with all that it inherits. `numbering` is (list id, level in it), each "" where it is not said."""

    id: str = ""
    name: str = ""
    level: int | None = None
    numbering: tuple[str, str] = ("", "")
    run: Run = Run()

    @property
    def is_contents(self) -> bool:
        return bool(_CONTENTS.match(self.name))

    @property
    def is_list(self) -> bool:
        return bool(_LIST.match(self.name))


@dataclass(frozen=True, slots=True)
class Styles:
    """The styles of one document by id, its default paragraph style, and the fonts of its theme."""

    by_id: dict[str, Style]
    default: Style
    theme: dict[str, str]

    def get(self, style_id: str) -> Style:
        """A paragraph may name no style, or one that the document does not define."""
        return self.by_id.get(style_id, self.default)


def styles(root: Any, theme_root: Any) -> Styles:
    """From the roots of styles.xml and theme1.xml, either perhaps an empty element."""
    theme = _theme(theme_root)
    elements = {style.get(f"{W}styleId", ""): style for style in root.iterchildren(f"{W}style")}
    document = run_properties(root.find(f"{W}docDefaults/{W}rPrDefault/{W}rPr"), theme)
    found = {name: _style(name, elements, theme, document) for name in elements}
    defaults = (
        name
        for name, style in elements.items()
        if style.get(f"{W}type", "paragraph") == "paragraph" and style.get(f"{W}default") in ("1", "true", "on")
    )
    default = found.get(next(defaults, ""), Style(run=document))
    return Styles(found, default, theme)


def _style(name: str, elements: dict[str, Any], theme: dict[str, str], document: Run) -> Style:
    run, numbering, level, settled = Run(), ("", ""), None, False
    for element in _chain(name, elements):
        run = run.over(run_properties(element.find(f"{W}rPr"), theme))
        if numbering == ("", ""):
            numbering = numbers(element.find(f"{W}pPr"))
        if not settled:
            level, settled = _own_level(element)
    is_character = elements[name].get(f"{W}type") == "character"
    return Style(name, _name(elements[name]), level, numbering, run if is_character else run.over(document))


def _chain(name: str, elements: dict[str, Any]) -> list[Any]:
    """The style and those it is based on, nearest first."""
    chain: list[Any] = []
    while name in elements and len(chain) < _CHAIN:
        chain.append(elements[name])
        base = elements[name].find(f"{W}basedOn")
        name = base.get(f"{W}val", "") if base is not None else ""
    return chain


def _own_level(style: Any) -> tuple[int | None, bool]:
    """(heading level, whether this style decides it). An outline level of 10 says: body text, whatever the base."""
    name = _name(style)
    if match := _HEADING.match(name):
        return int(match[1]), True
    if name in ("title", "toc heading"):
        return 1, True
    if _CONTENTS.match(name):
        return None, True
    return outline_level(style.find(f"{W}pPr"))


def outline_level(properties: Any) -> tuple[int | None, bool]:
    """(1 to 9 or None, whether w:outlineLvl is there at all); Word's 9 means body text."""
    found = properties.find(f"{W}outlineLvl") if properties is not None else None
    if found is None:
        return None, False
    value = found.get(f"{W}val", "9")
    return (int(value) + 1 if value.isdigit() and int(value) < 9 else None), True


def numbers(properties: Any) -> tuple[str, str]:
    """(list id, level) of a w:pPr, each "" where it is not said."""
    numbering = properties.find(f"{W}numPr") if properties is not None else None
    if numbering is None:
        return "", ""
    found = (numbering.find(f"{W}numId"), numbering.find(f"{W}ilvl"))
    list_id, level = (element.get(f"{W}val", "") if element is not None else "" for element in found)
    return list_id, level


def run_properties(properties: Any, theme: dict[str, str]) -> Run:
    """A w:rPr, perhaps None."""
    hidden = bold = half_points = font = None
    for element in properties if properties is not None else ():
        tag = element.tag
        if tag == _BOLD:
            bold = element.get(_VAL, "1") not in _OFF
        elif tag == _FONTS:
            font = _font(element, theme)
        elif tag == _SIZE:
            value = element.get(_VAL, "")
            half_points = int(value) if value.isdigit() and len(value) < 5 else None
        elif tag == _VANISH:
            hidden = element.get(_VAL, "1") not in _OFF
    return _run(hidden, font, bold, half_points)


@lru_cache(4096)
def _run(hidden: bool | None, font: str | None, bold: bool | None, half_points: int | None) -> Run:
    """One object for each look: a document has few, and thousands of runs."""
    return Run(hidden, font, bold, half_points)


def _font(fonts: Any, theme: dict[str, str]) -> str | None:
    name = fonts.get(f"{W}ascii") or fonts.get(f"{W}hAnsi")
    if name:
        return str(name)
    themed = fonts.get(f"{W}asciiTheme") or fonts.get(f"{W}hAnsiTheme") or ""
    return theme.get(themed[:5])


def _name(style: Any) -> str:
    name = style.find(f"{W}name")
    return str(name.get(f"{W}val", "")).lower() if name is not None else ""


def _theme(root: Any) -> dict[str, str]:
    """ "major" and "minor" -> the theme's font for Latin letters."""
    found = {}
    for kind in ("major", "minor"):
        latin = root.find(f".//{_A}{kind}Font/{_A}latin")
        if latin is not None:
            found[kind] = str(latin.get("typeface", ""))
    return found
