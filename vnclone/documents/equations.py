"""Equations of Office (OMML) as one line of text: a/b, x^2, √(x)."""

from __future__ import annotations

from typing import Any

from vnclone.documents.zipped import spaced

M = "{http://schemas.openxmlformats.org/officeDocument/2006/math}"
_SKIPPED = ("rPr", "ctrlPr", "fPr", "sSupPr", "sSubPr", "radPr", "naryPr", "dPr", "mPr", "accPr", "barPr", "groupChrPr")
_MAX_DEPTH = 120


def linear(element: Any, depth: int = 0) -> str:
    """An m:oMath or part of one as text. Operators that its properties name (∑, brackets) are written out."""
    if depth > _MAX_DEPTH:
        return ""
    name = element.tag.removeprefix(M) if isinstance(element.tag, str) else ""
    if name == "t":
        return element.text or ""
    if name in _SHAPES:
        parts = {child.tag.removeprefix(M): linear(child, depth + 1) for child in _children(element)}
        return spaced(_SHAPES[name](parts, element))
    if name in ("d", "m"):
        return _list(element, name, depth)
    return "".join(linear(child, depth + 1) for child in _children(element))


def _children(element: Any) -> list[Any]:
    return [c for c in element.iterchildren() if isinstance(c.tag, str) and c.tag.removeprefix(M) not in _SKIPPED]


def _grouped(text: str) -> str:
    return text if len(text) <= 1 or text.isalnum() or text.startswith("(") else f"({text})"


def _fraction(parts: dict[str, str], _element: Any) -> str:
    return f"{_grouped(parts.get('num', ''))}/{_grouped(parts.get('den', ''))}"


def _script(parts: dict[str, str], _element: Any) -> str:
    below, above = parts.get("sub", ""), parts.get("sup", "")
    text = parts.get("e", "")
    text += f"_{_grouped(below)}" if below else ""
    return text + (f"^{_grouped(above)}" if above else "")


def _root(parts: dict[str, str], _element: Any) -> str:
    return f"{parts.get('deg', '')}√{_grouped(parts.get('e', ''))}"


def _large(parts: dict[str, str], element: Any) -> str:
    sign = element.find(f"{M}naryPr/{M}chr")
    text = sign.get(f"{M}val", "∫") if sign is not None else "∫"
    below, above = parts.get("sub", ""), parts.get("sup", "")
    text += f"_{_grouped(below)}" if below else ""
    text += f"^{_grouped(above)}" if above else ""
    return f"{text} {parts.get('e', '')}"


def _function(parts: dict[str, str], _element: Any) -> str:
    return f"{parts.get('fName', '')} {parts.get('e', '')}"


def _list(element: Any, name: str, depth: int) -> str:
    """Brackets with what is in them; a matrix as its rows."""
    inside = [linear(child, depth + 1) for child in _children(element)]
    if name == "m":
        return "; ".join(inside)
    begin, end = (element.find(f"{M}dPr/{M}{side}") for side in ("begChr", "endChr"))
    left = begin.get(f"{M}val", "(") if begin is not None else "("
    right = end.get(f"{M}val", ")") if end is not None else ")"
    return f"{left}{', '.join(inside)}{right}"


_SHAPES = {"f": _fraction, "sSup": _script, "sSub": _script, "sSubSup": _script, "rad": _root, "nary": _large}
_SHAPES |= {"func": _function}
