"""Word's .docx: paragraphs, tables, notes and text boxes in the order they are read."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from vnclone.documents.draft import Asked, Block, Draft
from vnclone.documents.sniff import DAMAGED_ZIP, broken_zip
from vnclone.models import ParagraphKind
from vnclone.sandbox import Report

CELL_MARK = " | "
_W = "{http://schemas.openxmlformats.org/wordprocessingml/2006/main}"
_FALLBACK = "{http://schemas.openxmlformats.org/markup-compatibility/2006}Fallback"
_HEADING = re.compile(r"(?:heading|tiêu đề|título|titre|überschrift)\s*(\d)", re.IGNORECASE)
_MAX_DEPTH = 200  # elements inside each other; real documents stay under 60
_BREAKS = {f"{_W}br": "\n", f"{_W}cr": "\n", f"{_W}tab": " ", f"{_W}noBreakHyphen": "-", f"{_W}ptab": " "}
_NOTE_REFERENCES = {f"{_W}footnoteReference": "footnotes", f"{_W}endnoteReference": "endnotes"}
# Deleted text, field codes, phonetic guides, and the second copy of a drawing for old programs.
_SKIPPED = {f"{_W}del", f"{_W}moveFrom", f"{_W}instrText", f"{_W}rt", f"{_W}pPr", f"{_W}rPr", _FALLBACK}


def read(path: str, asked: Asked, report: Report) -> Draft:
    """The .docx at `path`. Its pages exist only when printed: there are none to count.

    Raises BadInput for a damaged file. Sizes were bounded by `sniff`.
    """
    import docx
    from docx.opc.exceptions import PackageNotFoundError
    from lxml.etree import LxmlError

    try:
        document = docx.Document(path)
        title = document.core_properties.title or ""
        walk = _Walk(_styles(document), _notes(document))
        blocks = tuple(walk.blocks(document.element.body))
    except (PackageNotFoundError, LxmlError, *DAMAGED_ZIP, LookupError, AttributeError, TypeError) as error:
        raise broken_zip() from error
    return Draft(title, blocks)


@dataclass(frozen=True, slots=True)
class _Style:
    """What a paragraph style means: its lower-case name and the heading level, if it is one."""

    name: str = ""
    level: int | None = None


@dataclass(slots=True)
class _Paragraph:
    """A paragraph being gathered: its text, the notes it refers to and the text boxes anchored in it."""

    text: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    boxes: list[Any] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class _Walk:
    """Turns the XML body into blocks."""

    styles: dict[str, _Style]
    notes: dict[tuple[str, str], str]

    def blocks(self, container: Any, depth: int = 0) -> Iterator[Block]:
        """Blocks of a body, cell, text box or content control, in document order."""
        if depth > _MAX_DEPTH:
            raise ValueError("nested too deep")
        for element in container.iterchildren():
            if element.tag == f"{_W}p":
                yield from self._paragraph(element, depth)
            elif element.tag == f"{_W}tbl":
                yield from self._table(element, depth)
            elif element.tag in (f"{_W}sdt", f"{_W}sdtContent", f"{_W}ins", f"{_W}customXml", f"{_W}smartTag"):
                yield from self.blocks(element, depth + 1)

    def _paragraph(self, element: Any, depth: int) -> Iterator[Block]:
        gathered = _Paragraph()
        self._gather(element, gathered, depth)
        style = self._style_of(element)
        kind, level = self._kind(element, style)
        yield Block("".join(gathered.text), kind, level=level, sure=level is not None)
        for note in gathered.notes:
            yield Block(note, "footnote")
        for box in gathered.boxes:
            yield from self.blocks(box, depth + 1)

    def _gather(self, element: Any, into: _Paragraph, depth: int) -> None:
        if depth > _MAX_DEPTH:
            raise ValueError("nested too deep")
        for child in element.iterchildren():
            tag = child.tag
            if tag == f"{_W}t":
                into.text.append(child.text or "")
            elif tag in _BREAKS:
                into.text.append(_BREAKS[tag] if child.get(f"{_W}type") is None else " ")
            elif tag in _NOTE_REFERENCES:
                note = self.notes.get((_NOTE_REFERENCES[tag], child.get(f"{_W}id", "")))
                into.notes += [note] if note else []
            elif tag == f"{_W}txbxContent":
                into.boxes.append(child)
            elif tag not in _SKIPPED and isinstance(tag, str):
                self._gather(child, into, depth + 1)

    def _style_of(self, paragraph: Any) -> _Style:
        """A paragraph may name no style, or one that the document does not define."""
        style = paragraph.find(f"{_W}pPr/{_W}pStyle")
        return self.styles.get(style.get(f"{_W}val", ""), _Style()) if style is not None else _Style()

    def _kind(self, paragraph: Any, style: _Style) -> tuple[ParagraphKind, int | None]:
        outline = _outline_level(paragraph.find(f"{_W}pPr"))
        level = outline if outline is not None else style.level
        if level is not None:
            return "heading", level
        if style.name.startswith("caption"):
            return "caption", None
        listed = paragraph.find(f"{_W}pPr/{_W}numPr") is not None or style.name.startswith("list")
        return ("list item" if listed else "body"), None

    def _table(self, table: Any, depth: int) -> Iterator[Block]:
        """A row is one block; a table of one column is only a frame around paragraphs."""
        for row in _children(table, "tr"):
            cells = list(_children(row, "tc"))
            if len(cells) == 1:
                yield from self.blocks(cells[0], depth + 1)
                continue
            inside = [list(self.blocks(cell, depth + 1)) for cell in cells]
            texts = [_cell_text(cell) for cell in inside]
            yield Block(CELL_MARK.join(text for text in texts if text), "table row")
            yield from (block for cell in inside for block in cell if block.kind == "footnote")


def _cell_text(blocks: list[Block]) -> str:
    return " ".join(b.text.strip() for b in blocks if b.kind != "footnote" and b.text.strip())


def _children(element: Any, name: str) -> Iterator[Any]:
    """Rows of a table or cells of a row, also those inside content controls."""
    for child in element.iterchildren():
        if child.tag == f"{_W}{name}":
            yield child
        elif child.tag in (f"{_W}sdt", f"{_W}sdtContent", f"{_W}customXml", f"{_W}ins"):
            yield from _children(child, name)


def _outline_level(properties: Any) -> int | None:
    """1 to 9 from w:outlineLvl; Word's 9 means body text."""
    found = properties.find(f"{_W}outlineLvl") if properties is not None else None
    value = found.get(f"{_W}val", "9") if found is not None else "9"
    return int(value) + 1 if value.isdigit() and int(value) < 9 else None


def _styles(document: Any) -> dict[str, _Style]:
    """Paragraph styles by id, with heading levels inherited from the styles they are based on."""
    elements = {style.get(f"{_W}styleId", ""): style for style in document.styles.element.iterchildren(f"{_W}style")}
    return {name: _Style(_style_name(style), _style_level(style, elements)) for name, style in elements.items()}


def _style_name(style: Any) -> str:
    name = style.find(f"{_W}name")
    return str(name.get(f"{_W}val", "")).lower() if name is not None else ""


def _style_level(style: Any, elements: dict[str, Any]) -> int | None:
    for _ in range(10):  # a chain of styles may be a loop
        match = _HEADING.match(_style_name(style))
        level = int(match[1]) if match else _outline_level(style.find(f"{_W}pPr"))
        if level is not None or _style_name(style) == "title":
            return level if level is not None else 1
        base = style.find(f"{_W}basedOn")
        parent = elements.get(base.get(f"{_W}val", "")) if base is not None else None
        if parent is None:
            return None
        style = parent
    return None


def _notes(document: Any) -> dict[tuple[str, str], str]:
    """The text of footnotes and endnotes by (kind, id). Separators carry no text and so make no note."""
    from lxml import etree

    parser = etree.XMLParser(resolve_entities=False, no_network=True, huge_tree=False)
    notes: dict[tuple[str, str], str] = {}
    for part in document.part.package.iter_parts():
        kind = str(part.partname).rsplit("/", 1)[-1].removesuffix(".xml")
        if kind in ("footnotes", "endnotes"):
            for note in etree.fromstring(part.blob, parser).iterchildren():
                text = " ".join(t.text for t in note.iter(f"{_W}t") if t.text).strip()
                if text:
                    notes[kind, note.get(f"{_W}id", "")] = re.sub(r"\s+", " ", text)
    return notes
