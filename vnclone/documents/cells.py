"""Rows of tables as blocks, the same for every format: one block a row, unless the table only lays out a page."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

from vnclone.documents.draft import Block
from vnclone.text.headings import is_alone, labelled

CELL_MARK = " | "
_LONG_CELL = 400  # characters; a cell with more, or with four paragraphs, is read as a text of its own
_MANY_PARAGRAPHS = 4


def row(cells: Sequence[Sequence[Block]], is_frame: bool = False) -> Iterator[Block]:
    """The blocks of one row. `is_frame`: its table has one column only, so that it is a frame around paragraphs.

    Footnotes follow the row. A row of one cell between rows of many is a line over or in the table, unless it is
    labelled like a chapter: whole forms are set in tables.
    """
    if not cells:
        return
    if is_frame and len(cells) == 1:
        yield from cells[0]
        return
    said = [[block for block in cell if block.kind != "footnote" and block.text.strip()] for cell in cells]
    if len(cells) == 1 and (len(said[0]) > 1 or any(labelled(b.text) or is_alone(b.text) for b in said[0])):
        yield from cells[0]
    elif any(_is_long(cell) for cell in said):
        yield from (b if b.kind == "footnote" else _in_table(b) for cell in cells for b in cell)
    else:
        text = CELL_MARK.join(" ".join(block.text.strip() for block in cell) for cell in said if cell)
        yield from (Block(text, "table row") for _ in range(bool(text)))
        yield from (block for cell in cells for block in cell if block.kind == "footnote")


def _in_table(block: Block) -> Block:
    """Heading styles in columns side by side are for their looks: the heads of official texts are set so."""
    return replace(block, kind="table row", level=None, sure=block.sure and block.level is None)


def _is_long(cell: Sequence[Block]) -> bool:
    nested = any(block.kind == "table row" for block in cell)
    return nested or len(cell) >= _MANY_PARAGRAPHS or sum(len(block.text) for block in cell) > _LONG_CELL
