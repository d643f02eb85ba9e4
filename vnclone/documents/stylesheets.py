"""What a page's own style sheet hides: rules for a tag, a class or an id, as menus and texts for other screens have."""

from __future__ import annotations

import re
from typing import Any, NamedTuple

MOST_CHARS = 1 << 20  # of style sheets; what follows is not looked at
_MOST_RULES = 300  # that hide or show: each element is asked for each
_COMMENT = re.compile(r"/\*.*?(?:\*/|$)|<!--|-->", re.DOTALL)
_RULE = re.compile(r"([^{}]{1,2000})\{([^{}]{0,20000})\}")
_SCREENS = re.compile(r"@media\s+(?:all|screen)\s*$", re.IGNORECASE)
_SELECTOR = re.compile(r"(?P<tag>[a-z][a-z0-9]*)?(?:#(?P<id>[\w-]+))?(?P<classes>(?:\.[\w-]+)*)", re.IGNORECASE)
_DISPLAY = re.compile(r"(?:^|;)\s*(?:display|mso-hide)\s*:\s*([a-z-]+)", re.IGNORECASE)
_VISIBILITY = re.compile(r"(?:^|;)\s*visibility\s*:\s*([a-z-]+)", re.IGNORECASE)


class Rule(NamedTuple):
    """Whether elements of this tag, id and these classes (empty: any) are hidden. A later rule outweighs one before."""

    tag: str
    id: str
    classes: frozenset[str]
    hides: bool


def hidden(root: Any) -> list[Any]:
    """The elements of the page that `root` (lxml's) belongs to which its own rules hide.

    Only simple selectors count ("p.note", "#menu"): those with a combinator or a state depend on more than a reader
    knows. Of two rules the later one holds, or else the one with an id: no other weight is known here.
    """
    from lxml import etree

    whole = root.getroottree().getroot()
    sheets = [text for element in whole.iter(etree.Element) if _is(element, "style") and (text := element.text)]
    found = rules("\n".join(sheets)[:MOST_CHARS])
    if not any(rule.hides for rule in found):
        return []
    return [element for element in whole.iter(etree.Element) if _is_hidden(element, found)]


def rules(sheet: str) -> list[Rule]:
    """Those rules of a style sheet that hide or show, in order; those for paper are left out."""
    found = []
    for match in _RULE.finditer(_on_screens(_COMMENT.sub(" ", sheet))):
        hides = _hides(match[2])
        if hides is None:
            continue
        for selector in match[1].split(","):
            parts = _SELECTOR.fullmatch(selector.strip())
            if parts and parts[0]:
                classes = frozenset(parts["classes"].split(".")[1:])
                found.append(Rule((parts["tag"] or "").lower(), parts["id"] or "", classes, hides))
    return sorted(found[:_MOST_RULES], key=lambda rule: bool(rule.id))


def _on_screens(sheet: str) -> str:
    """Without the rules that are grouped for paper or for some screens only; those for all stay."""
    kept: list[str] = []
    depth, start, is_kept = 0, 0, True
    for brace in re.finditer(r"[{}]", sheet):
        piece = sheet[start : brace.start()]
        head = piece.rsplit(";", 1)[-1].strip()
        start = brace.end()
        if brace[0] == "{" and depth == 0 and head.startswith("@"):
            depth, is_kept = 1, bool(_SCREENS.match(head))
            continue
        if brace[0] == "}" and depth == 1:
            depth, is_kept = 0, True
            continue
        if is_kept:
            kept.append(piece + brace[0])
        if depth:
            depth += 1 if brace[0] == "{" else -1
    return "".join(kept)


def _hides(body: str) -> bool | None:
    """None where a rule says nothing about it."""
    shown = [values[-1].lower() for found in (_DISPLAY, _VISIBILITY) if (values := found.findall(body))]
    if not shown:
        return None
    return any(value in ("none", "hidden", "collapse", "all") for value in shown)


def _is(element: Any, tag: str) -> bool:
    return isinstance(element.tag, str) and element.tag.rsplit("}", 1)[-1].lower() == tag


def _is_hidden(element: Any, found: list[Rule]) -> bool:
    classes, own = set((element.get("class") or "").split()), element.get("id") or ""
    is_hidden = False
    for tag, identity, needed, hides in found:
        if (not tag or _is(element, tag)) and identity in ("", own) and needed <= classes:
            is_hidden = hides
    return is_hidden
