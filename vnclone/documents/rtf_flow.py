"""A stream of RTF text becoming blocks: paragraphs, cells gathered into rows, notes behind their paragraph."""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from vnclone.documents.docx import CELL_MARK
from vnclone.documents.draft import CAPITALS_BEGIN, CAPITALS_END, Block
from vnclone.models import ParagraphKind

# The page number of a contents entry, after its tab or its dots.
_PAGE_NUMBER = re.compile(r"[ .…_\t]*[\t…_][ .…_\t]*[\divxlc]{1,6}\s*$|\.{3,}\s*\d{1,4}\s*$", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Nature:
    """What a paragraph is by its properties. `contents`: an entry of a table of contents, surely no heading."""

    kind: ParagraphKind = "body"
    level: int | None = None
    contents: bool = False


@dataclass(slots=True)
class Flow:
    """The text of the document, of a note or of a text box. `kind`: what its paragraphs are where nothing else says."""

    kind: ParagraphKind = "body"
    blocks: list[Block] = field(default_factory=list)
    _text: list[str] = field(default_factory=list)
    _capitals: bool = False
    _behind: list[Block] = field(default_factory=list)
    _cell: list[Block] = field(default_factory=list)
    _row: list[list[Block]] = field(default_factory=list)
    _inner_row: list[str] = field(default_factory=list)

    def write(self, text: str, capitals: bool) -> None:
        """More of the running paragraph; `capitals` is whether its font has only those."""
        if capitals != self._capitals:
            self._text.append(CAPITALS_BEGIN if capitals else CAPITALS_END)
            self._capitals = capitals
        self._text.append(text)

    def put_behind(self, blocks: list[Block]) -> None:
        """Blocks to come after the running paragraph."""
        self._behind += blocks

    def paragraph(self, nature: Nature, in_table: bool) -> None:
        """The running paragraph ends, as one of its row's cell or on its own."""
        text, level = self._taken(), nature.level
        if nature.contents:
            text = _PAGE_NUMBER.sub("", text)
        kind = nature.kind if self.kind == "body" else self.kind
        block = Block(text, kind, level=level, sure=nature.contents or level is not None)
        if not in_table:
            self._flush()
        to = self._cell if in_table else self.blocks
        to += [block, *self._behind] if block.text.strip() else self._behind
        self._behind = []

    def cell(self, nature: Nature) -> None:
        self.paragraph(nature, in_table=True)
        self._row.append(self._cell)
        self._cell = []

    def row(self) -> None:
        """A row is one block; a row of one cell is only a frame around paragraphs."""
        if len(self._row) == 1:
            self.blocks += self._row[0]
        elif self._row:
            texts = [" ".join(b.text.strip() for b in cell if b.kind != "footnote") for cell in self._row]
            self.blocks.append(Block(CELL_MARK.join(text for text in texts if text), "table row"))
            self.blocks += [block for cell in self._row for block in cell if block.kind == "footnote"]
        self._row = []

    def inner_cell(self) -> None:
        """The end of a cell of a table inside a cell."""
        self._inner_row.append(self._taken().strip())

    def inner_row(self) -> None:
        self._cell.append(Block(CELL_MARK.join(text for text in self._inner_row if text), "table row"))
        self._inner_row = []

    def closed(self) -> list[Block]:
        """All its blocks; what was begun ends here."""
        self.paragraph(Nature(), in_table=bool(self._row or self._cell))
        self._flush()
        return self.blocks

    def _flush(self) -> None:
        """A row that the file never ended, as in a file cut short."""
        if self._inner_row:
            self.inner_row()
        if self._cell:
            self._row.append(self._cell)
            self._cell = []
        self.row()

    def _taken(self) -> str:
        text = "".join(self._text) + (CAPITALS_END if self._capitals else "")
        self._text, self._capitals = [], False
        return text
