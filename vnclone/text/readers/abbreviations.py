"""Vietnamese abbreviations from the table, and capitals with stops between them ("T.Ư", "P.V.")."""

from __future__ import annotations

import re

from vnclone.text.readers import letters
from vnclone.text.readers.rule import Family, Place
from vnclone.text.readers.tables import alternation, table

FAMILY = Family("abbreviations")

_CAPITALS = alternation(key for key in table("abbreviations") if key[0].isupper())
_SMALL = alternation(key for key in table("abbreviations") if not key[0].isupper())
_GOES_ON = re.compile(r"\.? ?[^\W_]")
_NEVER_LAST = frozenset(
    "TS ThS Ths Th.S GS PGS BS KS LS KTS TP Tp GS.TS PGS.TS TSKH Cty NXB ĐT HLV NSND NSƯT BS.CK Mr Mrs Ms Dr St Prof".split()
)


@FAMILY.rule("aA", r"[Tt]r\. ?(?=\d)")
def _page(match: re.Match[str], place: Place) -> str:
    return "trang"


@FAMILY.rule("A", rf"({_CAPITALS})(?![\w&])(?!\.[A-ZĐ])(\.(?= ?[^\W_]))?")
@FAMILY.rule("a", rf"({_SMALL})(?![\w&/])(\.(?= ?[^\W_]))?")
def _known(match: re.Match[str], place: Place) -> str:
    written, stop = match.groups()
    said = table("abbreviations").get(written) or table("abbreviations")[written + "."]
    if place.words[-len(said.split()) :] == said.split():
        return letters.spell(written)  # "cộng tác viên (CTV)"
    if written.endswith(".") and match.end() == len(match.string):
        return f"{said}."  # "v.v." closes the sentence
    ends = stop and written not in _NEVER_LAST and match.string[match.end() : match.end() + 1] == " "
    return f"{said}{'.' if ends and match.string[match.end() + 1 : match.end() + 2].isupper() else ''}"


@FAMILY.rule("A", r"(?:(?:[A-ZĐƯ]{1,5}|ThS|Ths)\.){1,4}[A-ZĐƯ]{1,5}(?![\w])")
def _with_stops(match: re.Match[str], place: Place) -> str:
    """ "TS.BS", "U.S", "J.K": each part by itself."""
    return " ".join(
        table("abbreviations").get(part) or letters.spell(part) for part in match.group().split(".") if part
    )
