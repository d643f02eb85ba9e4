"""Signs that no rule took: said where they mean something, a pause where they part, nothing where they adorn."""

from __future__ import annotations

import re

from vnclone.text.readers.tables import table

_PAUSES = {
    ";": ",",
    ":": ",",
    "(": ",",
    ")": ",",
    "[": ",",
    "]": ",",
    "{": ",",
    "}": ",",
    "|": ",",
    "…": ".",
    "。": ".",
    "，": ",",
    "、": ",",
    "：": ",",
    "；": ",",
    "？": "?",
    "！": "!",
    "‥": ".",
    "․": ".",
    "¿": "",
    "¡": "",
}
_DASHES = "-–—‒―−"
_ORNAMENT = re.compile(r"([*_~=^#+<>$%@\\/&-])\1+")
_TAG = re.compile(r"</?[A-Za-z][^<>]{0,60}>")
_SILENT_AT_START = "#*+~>^=<"  # marks of lists, headings and quotations
_SIZES = re.compile(r"(?:size|cỡ|sz) [SMLX/]{1,8}$", re.IGNORECASE)
_DIFFERENCE = re.compile(r" ?\d[\d/.,]{0,12} ?=")
_RUN = re.compile(r"[.!?]+")


def say(text: str, at: int, said: list[str]) -> int:
    """Say the sign at `at`; where reading goes on."""
    sign = text[at]
    if run := _RUN.match(text, at):
        said.append("." if run.group().startswith("..") else run.group())
        return run.end()
    if sign in ",":
        said.append(",")
    elif sign in _PAUSES:
        said.append(_PAUSES[sign])
    elif ornament := _ORNAMENT.match(text, at) or _TAG.match(text, at):
        return ornament.end()
    elif sign in _DASHES:
        said.append(_dash(text, at))
    elif sign == "/":
        said.append(_slash(text, at))
    elif not _is_decoration(text, at):
        said.append(table("signs").get(sign, ""))
    return at + 1


def _dash(text: str, at: int) -> str:
    """Between blanks a pause, inside a word nothing, before a figure minus."""
    ahead, behind = text[at + 1 : at + 2], text[at - 1 : at] if at else " "
    if ahead.isdigit() and not behind.isalnum() and behind not in (")", "/"):
        return "" if text[max(0, at - 4) : at].strip().endswith("âm") else "âm"
    if ahead == "" or (at < 8 and not text[:at].strip()):
        return ""
    if _DIFFERENCE.match(text, at + 1) and text[max(0, at - 2) : at].strip()[-1:].isdigit():
        return "trừ"
    if text[at] == "−":
        return "trừ"
    return "," if ahead == " " or behind == " " else ""


def _slash(text: str, at: int) -> str:
    ahead, behind = text[at + 1 : at + 2], text[at - 1 : at] if at else ""
    if ahead == " " and behind == " " and not any(sign.isdigit() for sign in text[max(0, at - 6) : at + 6]):
        return "trên"
    if _SIZES.search(text[max(0, at - 14) : at]):
        return ""
    if text[at + 1 : at + 5] in ("hoặc", "or") or text[max(0, at - 3) : at] in ("và", "and"):
        return ""
    return "trên" if ahead.strip() and behind else ""


def _is_decoration(text: str, at: int) -> bool:
    sign, ahead, behind = text[at], text[at + 1 : at + 2], text[at - 1 : at] if at else ""
    if sign in _SILENT_AT_START and at < 8 and not text[:at].strip(" -*#>+"):
        return not ahead.isdigit() or sign in ">*"
    if sign == "_":
        return not (ahead.isalnum() and behind.isalnum())
    if sign == "*":
        return not (ahead == " " and behind == " ") and not (ahead.isdigit() and behind.isdigit())
    return sign in "^\\" and not ahead.isalnum()
