"""What a reader of one format hands on: blocks in reading order, before they are gathered into chapters."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from vnclone.models import Said

BlockKind = Literal["heading", "body", "list item", "table row", "footnote", "caption"]


@dataclass(frozen=True, slots=True)
class Block:
    """A paragraph and what its format says about it. `level`: 1 is the highest heading, None is no heading.

    `sure`: the format itself declares the heading (a style, an outline); otherwise it is a guess from type size.
    """

    text: str
    kind: BlockKind = "body"
    page: int | None = None
    level: int | None = None
    sure: bool = False


@dataclass(frozen=True, slots=True)
class Draft:
    """A document before chapters. `title` is what its properties say, perhaps ""; `pages` is None without pages."""

    title: str
    blocks: tuple[Block, ...]
    pages: int | None = None
    notes: tuple[Said, ...] = ()
