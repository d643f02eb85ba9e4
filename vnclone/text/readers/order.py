"""The order in which rules are tried: what is written most distinctly first, plain numbers last."""

from __future__ import annotations

from vnclone.text.readers import (
    abbreviations,
    addresses,
    clock,
    codes,
    dates,
    foreign,
    identifiers,
    lists,
    measures,
    money,
    numbers,
    phones,
    ranges,
    roman,
    science,
    web,
)
from vnclone.text.readers.rule import Rule

FAMILIES = (
    web.FAMILY,
    lists.FAMILY,
    foreign.SIGNED,
    identifiers.PLATES,
    codes.FAMILY,
    dates.FAMILY,
    clock.FAMILY,
    phones.FAMILY,
    identifiers.EARLY,
    addresses.FAMILY,
    roman.FAMILY,
    numbers.ORDINALS,
    science.FAMILY,
    ranges.FAMILY,
    money.FAMILY,
    measures.FAMILY,
    abbreviations.FAMILY,
    foreign.FAMILY,
    identifiers.FAMILY,
    numbers.FAMILY,
)

RULES: dict[str, tuple[Rule, ...]] = {
    kind: tuple(rule for family in FAMILIES for rule in family.rules if kind in rule.starts) for kind in "dAas"
}
