"""Chemistry and simple mathematics: "2H2 + O2 → 2H2O", "1.5×10^-3", "6.02e23", "x² + 3x = 0"."""

from __future__ import annotations

import itertools
import re
import unicodedata

from vnclone.text.readers import letters, library, numbers
from vnclone.text.readers.numbers import NUMBER
from vnclone.text.readers.rule import Family, Place
from vnclone.text.readers.tables import table

FAMILY = Family("science")

_RAISED = "⁰¹²³⁴⁵⁶⁷⁸⁹⁺⁻ⁿⁱˣ"
_LOWERED = "₀₁₂₃₄₅₆₇₈₉₊₋ₙᵢ"
_ATOM = r"[A-Z][a-z]?"
_FORMULA = rf"(?:(?:{_ATOM}|[(\[]|[)\]])[\d{_LOWERED}]{{0,2}}){{1,16}}(?:\^?\d?[+\-⁺⁻](?![\w])|[{_RAISED}]{{1,3}})?"
_AMONG_FORMULAS = re.compile(r"[A-Z][a-z]?[A-Z][a-z]?\d?, (?:KI|HI|CO|NO)\b|\b(?:KI|HI|CO|NO), [A-Z]{1,2}[a-z]?[A-Z]")
_PARTS = re.compile(rf"({_ATOM})|([\d{_LOWERED}]+)|([{_RAISED}^+\-]+)")
_FUNCTIONS = "sin|cos|tan|cot|log|ln|lim|arcsin|arccos|arctan|max|min|sup|mod|exp"
_TOKEN = (
    rf"(?:[-−]?(?:\|)?(?:{_FUNCTIONS})?[(\[√∫∂∑Σ½|]{{0,3}}(?:\d+(?:[.,]\d+)?)?(?:{_FUNCTIONS})?[a-zA-ZαβγδλμπσφωθΔ∆]{{0,3}}"
    rf"(?:_[a-z]{{1,6}})?[{_RAISED}{_LOWERED}]{{0,4}}(?:\^\(?-?[\w]{{1,3}}\)?)?[!)\]|'%]{{0,3}})"
)
_OPERATOR = r"(?:[=+*/·×÷<>≤≥≠≈±∓−→∈^-]|==|\*\*)"
_EQUATION = rf"(?=[^\s+*=<>^/·×÷→-]|[-−][\w(√]){_TOKEN}(?: ?{_OPERATOR} ?{_TOKEN}){{1,16}}(?![\w])"
_STRONG = re.compile(rf"[=√∫∂∑±∈≤≥≠≈{_RAISED}!|^]|(?<![a-z])[a-z0-9)] ?[-+] ?[a-z0-9(](?![a-z])")
_VARIABLE = re.compile(r"(?<![^\W\d_])[a-zA-ZαβγδλμπσφωθΔ∆]{1,3}(?![^\W\d_]{2})")


def is_formula(written: str) -> bool:
    """Atoms of the periodic table, two at least or one with a number; no pair twice in a row ("MoMo" is a name)."""
    atoms = [match[1] for match in _PARTS.finditer(written) if match[1]]
    if not atoms or any(atom not in table("elements") for atom in atoms):
        return False
    twice = any(len(a) == 2 and a == b for a, b in itertools.pairwise(atoms))
    has_number = any(sign.isdigit() for sign in written)
    return not twice and (len(atoms) > 1 or has_number) and "()" not in written


@FAMILY.rule("A", r"([A-Z][a-z])(?= ?[+→⟶] ?\d{0,2}[A-Z])")
def _atom(match: re.Match[str], place: Place) -> str | None:
    """ "Fe + 2HCl": a single symbol in a reaction."""
    return letters.spell(match[1]) if match[1] in table("elements") else None


@FAMILY.rule("A", _FORMULA + r"(?!\w)")
@FAMILY.rule("d", rf"(\d{{1,2}})({_FORMULA})(?!\w)")
def _formula(match: re.Match[str], place: Place) -> str | None:
    count, written = match.groups() if match.re.groups == 2 else (None, match.group())
    is_plain = not any(sign.isdigit() or sign.islower() or sign in _RAISED for sign in written)
    if written in ("KI", "HI", "CO", "NO") and _AMONG_FORMULAS.search(
        place.text[max(0, place.at - 8) : match.end() + 8]
    ):
        return letters.spell(written)
    if (
        not is_formula(written)
        or written in table("acronyms")
        or written in table("abbreviations")
        or (is_plain and not count)
        or written.count("(") != written.count(")")
    ):
        return None
    if (count and is_plain and len(written) < 3) or (len(written) == 2 and written[1].islower()):
        return None
    said = " ".join(_said(*parts.groups()) for parts in _PARTS.finditer(written))
    return f"{numbers.cardinal(count)} {said}" if count else said


def _said(atom: str | None, count: str | None, charge: str | None) -> str:
    if atom:
        return letters.spell(atom)
    if count:
        return numbers.cardinal(_plain(count))
    written = _plain(charge or "").replace("^", "")
    return " ".join(numbers.cardinal(s) if s.isdigit() else {"+": "cộng", "-": "trừ"}.get(s, "") for s in written)


def _plain(written: str) -> str:
    """Raised and lowered figures as plain ones."""
    return unicodedata.normalize("NFKC", written).replace("−", "-")


@FAMILY.rule("d", rf"({NUMBER})(?: ?[x×*.·] ?(10))?(?:\^ ?\(?([-+−]?\d{{1,4}})\)?|([⁺⁻]?[⁰¹²³⁴⁵⁶⁷⁸⁹]{{1,4}}))(?!\w)")
def _power(match: re.Match[str], place: Place) -> str:
    number, ten, plain, raised = match.groups()
    exponent = _plain(plain or raised)
    said = f"{_decimal(number)} nhân mười" if ten else numbers.spoken_number(number)
    if exponent in ("2", "3") and raised and not ten:
        return f"{said} {'bình phương' if exponent == '2' else 'lập phương'}"
    return f"{said} mũ {'trừ ' if exponent.startswith('-') else ''}{numbers.cardinal(exponent.lstrip('+-'))}"


@FAMILY.rule("d", r"(\d+(?:[.,]\d+)?)[eE]([-+]?)(\d{1,3})(?!\w)")
def _scientific(match: re.Match[str], place: Place) -> str:
    sign = "trừ " if match[2] == "-" else ""
    return f"{_decimal(match[1])} nhân mười mũ {sign}{numbers.cardinal(match[3])}"


def _decimal(written: str) -> str:
    """ "6.626" before a power of ten is no thousand."""
    parts = re.split("[.,]", written)
    if len(parts) != 2:
        return numbers.spoken_number(written)
    return f"{numbers.cardinal(parts[0])} {'chấm' if '.' in written else 'phẩy'} {numbers.decimals(parts[1])}"


@FAMILY.rule("d", r"(\d{1,3})!(?= ?[=+×/*-])")
def _factorial(match: re.Match[str], place: Place) -> str:
    return f"{numbers.cardinal(match[1])} giai thừa"


@FAMILY.rule("aA", r"([A-Za-z])(['’′]{1,2})(?![\w'’])")
def _prime(match: re.Match[str], place: Place) -> str | None:
    if place.before in ("'", "‘", "’") or place.before.isalnum():
        return None
    return f"{letters.name(match[1])}{' phẩy' * len(match[2])}"


@FAMILY.rule("s", r"<math>(.{1,200}?)</math>")
def _marked(match: re.Match[str], place: Place) -> str:
    return library.normalized(match.group()).rstrip(".")


@FAMILY.rule("aA", r"([A-Za-z]{1,6})([⁺⁻]?[⁰¹⁴⁵⁶⁷⁸⁹]{1,3}|\^-?\d{1,3})(?!\w)")
def _raised_unit(match: re.Match[str], place: Place) -> str:
    exponent = _plain(match[2]).lstrip("^")
    name = table("units").get(match[1]) or (match[1] if len(match[1]) > 1 else letters.name(match[1]))
    return f"{name} mũ {'trừ ' if exponent.startswith('-') else ''}{numbers.cardinal(exponent.lstrip('-'))}"


@FAMILY.rule("dAas", _EQUATION)
@FAMILY.rule("as", rf"(?:[√∫∂∑|]|lim|log|ln|sin|cos|tan){_TOKEN}(?: ?{_TOKEN})?(?![\w])")
def _equation(match: re.Match[str], place: Place) -> str | None:
    """A run of variables, figures and operators is given to sea-g2p, which knows mathematics; plain sums are not."""
    written = match.group().strip()
    has_variable = any(not _is_word(word) for word in _VARIABLE.findall(written))
    if not has_variable or not _STRONG.search(written) or place.before.isalnum():
        return None
    if re.search(r"[^\W\d_]{4,}", re.sub(_FUNCTIONS, "", written)):
        return None
    said = library.normalized("ta có " + written).removeprefix("ta có ").rstrip(".")
    return None if re.search(r"\d", said) else said


def _is_word(word: str) -> bool:
    return len(word) > 1 and word in (
        "khi",
        "ta",
        "la",
        "va",
        "thi",
        "cho",
        "co",
        "sin",
        "cos",
        "tan",
        "log",
        "lim",
        "ln",
    )
