"""The tables of readings (text/tables/*.tsv): what is written, a tab, how it is said. "#" opens a remark."""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import cache
from pathlib import Path

_FOLDER = Path(__file__).parent.parent / "tables"


@cache
def rows(name: str) -> tuple[tuple[str, ...], ...]:
    """The lines of a table, each as its columns."""
    lines = (_FOLDER / f"{name}.tsv").read_text("utf-8").splitlines()
    return tuple(tuple(line.split("\t")) for line in lines if line and not line.startswith("# "))


@cache
def table(name: str) -> dict[str, str]:
    """What is written -> how it is said."""
    return {row[0]: row[1] for row in rows(name)}


def alternation(keys: Iterable[str]) -> str:
    """A pattern for any of `keys`, the longest first."""
    return "|".join(re.escape(key) for key in sorted(keys, key=len, reverse=True))
