"""The body of a Word document as blocks, in the order it is read: paragraphs, tables, notes, text boxes."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

from vnclone.documents.cells import row
from vnclone.documents.draft import CAPITALS_BEGIN, CAPITALS_END, Block
from vnclone.documents.equations import M, linear
from vnclone.documents.wordfields import Fields, is_page_number, simple_name
from vnclone.documents.wordlists import Numbering
from vnclone.documents.wordsigns import resolved, sign
from vnclone.documents.wordstyles import Run, Style, Styles, W, numbers, outline_level, run_properties
from vnclone.models import ParagraphKind

_MC = "{http://schemas.openxmlformats.org/markup-compatibility/2006}"
_A = "{http://schemas.openxmlformats.org/drawingml/2006/main}"
_V = "{urn:schemas-microsoft-com:vml}"
_MAX_DEPTH = 240  # elements inside each other; real documents stay under 60
_HEADING_CHARS = 150
_BREAKS = {f"{W}cr": "\n", f"{W}tab": " ", f"{W}ptab": " ", f"{W}noBreakHyphen": "-", f"{W}softHyphen": "\u00ad"}
_NOTE_REFERENCES = {f"{W}footnoteReference": "footnotes", f"{W}endnoteReference": "endnotes"}
_WRAPPERS = tuple(f"{W}{name}" for name in ("sdt", "sdtContent", "ins", "moveTo", "customXml", "smartTag"))
# Deleted text, field data, phonetic guides, properties: nothing of it is seen.
_SKIPPED = {f"{W}{name}" for name in ("del", "moveFrom", "delText", "rt", "pPr", "rPr", "tblPr", "sdtPr", "sdtEndPr")}
_CONTENTS_GALLERIES = ("Table of Contents", "Bibliographies")
_RUN, _TEXT, _RUN_PROPERTIES, _RUN_STYLE = f"{W}r", f"{W}t", f"{W}rPr", f"{W}rStyle"
NoteParts = dict[tuple[str, str], Any]


@dataclass(slots=True)
class Look:
    """How a short paragraph is set, for guessing headings where nothing declares them. Sizes in half points."""

    place: int
    half_points: int
    bold: bool
    centred: bool


@dataclass(slots=True)
class _Paragraph:
    """A paragraph being gathered: its text, the notes it refers to, the text boxes anchored in it, its letters."""

    run: Run
    text: list[str] = field(default_factory=list)
    notes: list[Any] = field(default_factory=list)
    boxes: list[Any] = field(default_factory=list)
    drawings: list[str] = field(default_factory=list)
    is_contents: bool = False
    in_capitals: bool = False
    half_points: int = 0
    light: bool = False  # whether some of its letters are not bold


@dataclass(slots=True)
class Walk:
    """Turns the XML body into blocks. One walk, in document order: lists count and fields open as it goes.

    `diagram`: what a SmartArt picture of that relation id says, a paragraph each. `skipped_parts` counts embedded
    documents (w:altChunk), which are not read.
    """

    styles: Styles
    numbering: Numbering
    notes: NoteParts
    fields: Fields
    diagram: Callable[[str], list[str]]
    looks: list[Look] = field(default_factory=list)
    skipped_parts: int = 0
    _contents: int = 0
    _notes_depth: int = 0
    _blocks: int = 0
    _sizes: dict[int, int] = field(default_factory=dict)

    @property
    def body_half_points(self) -> int:
        """The size of most letters."""
        return max(self._sizes, key=lambda size: self._sizes[size], default=0)

    def blocks(self, container: Any, depth: int = 0, in_cell: bool = False) -> Iterator[Block]:
        """Blocks of a body, cell, text box or content control, in document order."""
        if depth > _MAX_DEPTH:
            raise RecursionError
        for element in container.iterchildren():
            tag = element.tag
            if tag == f"{W}p":
                yield from self._paragraph(element, depth, in_cell)
            elif tag == f"{W}tbl":
                yield from self._table(element, depth)
            elif tag in _WRAPPERS:
                yield from self._wrapped(element, depth, in_cell)
            elif tag == f"{_MC}AlternateContent":
                yield from self.blocks(_choice(element), depth + 1, in_cell)
            elif tag == f"{W}altChunk":
                self.skipped_parts += 1

    def _wrapped(self, element: Any, depth: int, in_cell: bool) -> Iterator[Block]:
        gallery = element.find(f"{W}sdtPr/{W}docPartObj/{W}docPartGallery")
        listed = gallery is not None and gallery.get(f"{W}val") == "Table of Contents"
        self._contents += listed
        yield from self.blocks(element, depth + 1, in_cell)
        self._contents -= listed

    def _paragraph(self, element: Any, depth: int, in_cell: bool) -> Iterator[Block]:
        if not len(element):
            return
        properties = element.find(f"{W}pPr")
        style = self._style_of(properties)
        label = self.numbering.label(numbers(properties), style)
        gathered = _Paragraph(style.run)
        self._gather(element, gathered, style.run, depth)
        if gathered.in_capitals:
            gathered.text.append(CAPITALS_END)
        text = "".join(gathered.text)
        if text.strip() or (label and in_cell):
            block = self._block(f"{label} {text}" if label else text, properties, style, label, gathered)
            if not in_cell:
                self._look(block, properties, gathered)
            self._blocks += not in_cell
            yield block
        yield from self._beside(gathered, depth)

    def _beside(self, gathered: _Paragraph, depth: int) -> Iterator[Block]:
        """Notes, text boxes and diagrams of a paragraph, after it."""
        found: list[Block] = [Block(text) for text in gathered.drawings]
        for note in gathered.notes:
            self._notes_depth += 1
            text = " ".join(block.text.strip() for block in self.blocks(note, depth + 1, True))
            self._notes_depth -= 1
            found += [Block(text, "footnote")] if text else []
        for box in gathered.boxes:
            found += self.blocks(box, depth + 1, True)
        self._blocks += len(found)
        yield from found

    def _block(self, text: str, properties: Any, style: Style, label: str | None, gathered: _Paragraph) -> Block:
        """A contents entry is surely no heading: `sure` without a level."""
        said, is_said = outline_level(properties)
        level = said if is_said and said is not None else style.level
        if style.is_contents or gathered.is_contents or (self._contents and level is None):
            return Block(text, "body", sure=True)
        if level is not None:
            return Block(text, "heading", level=level, sure=True)
        kind: ParagraphKind = "list item" if label is not None or style.is_list else "body"
        return Block(text, "caption" if style.name.startswith("caption") else kind)

    def _look(self, block: Block, properties: Any, gathered: _Paragraph) -> None:
        size = gathered.half_points
        self._sizes[size] = self._sizes.get(size, 0) + len(block.text)
        if block.level is None and not block.sure and len(block.text) <= _HEADING_CHARS:
            justified = properties.find(f"{W}jc") if properties is not None else None
            centred = justified is not None and justified.get(f"{W}val") == "center"
            self.looks.append(Look(self._blocks, size, not gathered.light, centred))

    def _gather(self, element: Any, into: _Paragraph, run: Run, depth: int) -> None:
        if depth > _MAX_DEPTH:
            raise RecursionError
        for child in element.iterchildren():
            tag = child.tag
            if tag == _RUN:
                own = self._run(child, into.run)
                if not own.hidden:
                    self._gather(child, into, own, depth + 1)
            elif tag == _TEXT:
                if child.text:
                    self._say(child.text, into, run)
            elif tag in _SKIPPED:
                continue
            elif tag in _HANDLERS:
                _HANDLERS[tag](self, child, into, run, depth)
            else:
                self._gather(child, into, run, depth + 1)

    def _run(self, element: Any, below: Run) -> Run:
        properties = element[0] if len(element) else None  # w:rPr is the first of a run, or is not there
        if properties is None or properties.tag != _RUN_PROPERTIES or not len(properties):
            return below
        own = run_properties(properties, self.styles.theme)
        named = properties[0] if properties[0].tag == _RUN_STYLE else None
        style = self.styles.by_id.get(named.get(f"{W}val", "")) if named is not None else None
        return own.over(style.run.over(below) if style else below)

    def _say(self, text: str, into: _Paragraph, run: Run) -> None:
        if self.fields.stack:
            if self.fields.is_muted:
                return
            into.is_contents = into.is_contents or self.fields.in_contents
        if run.is_capitals != into.in_capitals:
            into.text.append(CAPITALS_END if into.in_capitals else CAPITALS_BEGIN)
            into.in_capitals = run.is_capitals
        if run.half_points and run.half_points > into.half_points:
            into.half_points = run.half_points
        if not run.bold and not text.isspace():
            into.light = True
        into.text.append(resolved(text, run.font))

    def _break(self, child: Any, into: _Paragraph, run: Run, depth: int) -> None:
        if not self.fields.is_muted:
            into.text.append(_BREAKS.get(child.tag) or ("\n" if _is_line_break(child) else " "))

    def _sign(self, child: Any, into: _Paragraph, run: Run, depth: int) -> None:
        self._say(sign(child.get(f"{W}font") or "", child.get(f"{W}char") or ""), into, run)

    def _field_mark(self, child: Any, into: _Paragraph, run: Run, depth: int) -> None:
        self.fields.mark(child)

    def _instruction(self, child: Any, into: _Paragraph, run: Run, depth: int) -> None:
        self.fields.instruct(child.text or "")

    def _simple_field(self, child: Any, into: _Paragraph, run: Run, depth: int) -> None:
        if not is_page_number(simple_name(child)):
            self._gather(child, into, run, depth + 1)

    def _note(self, child: Any, into: _Paragraph, run: Run, depth: int) -> None:
        """Notes inside notes are none of Word's: they would be a circle."""
        note = self.notes.get((_NOTE_REFERENCES[child.tag], child.get(f"{W}id", "")))
        if note is not None and self._notes_depth == 0:
            into.notes.append(note)

    def _box(self, child: Any, into: _Paragraph, run: Run, depth: int) -> None:
        into.boxes.append(child)

    def _alternate(self, child: Any, into: _Paragraph, run: Run, depth: int) -> None:
        self._gather(_choice(child), into, run, depth + 1)

    def _equation(self, child: Any, into: _Paragraph, run: Run, depth: int) -> None:
        if not self.fields.is_muted:
            into.text.append(f" {linear(child)} ")

    def _word_art(self, child: Any, into: _Paragraph, run: Run, depth: int) -> None:
        shape = child.getparent()
        if shape is None or "watermark" not in (shape.get("id") or "").lower():
            into.drawings.append(child.get("string") or "")

    def _drawn_text(self, child: Any, into: _Paragraph, run: Run, depth: int) -> None:
        into.drawings += ["".join(t.text or "" for t in p.iter(f"{_A}t")) for p in child.iter(f"{_A}p")]

    def _diagram(self, child: Any, into: _Paragraph, run: Run, depth: int) -> None:
        into.drawings += self.diagram(child.get(f"{_RELATIONS}dm") or "")

    def _style_of(self, properties: Any) -> Style:
        named = properties.find(f"{W}pStyle") if properties is not None else None
        return self.styles.get(named.get(f"{W}val", "")) if named is not None else self.styles.default

    def _table(self, table: Any, depth: int) -> Iterator[Block]:
        """Row by row; a table of one column is only a frame around paragraphs."""
        rows = [list(_children(line, "tc")) for line in _children(table, "tr") if not _is_unseen(line)]
        is_frame = all(len(cells) == 1 for cells in rows)
        for cells in rows:
            alone = len(cells) == 1
            shown = (cell for cell in cells if not _goes_on(cell))
            yield from row([list(self.blocks(cell, depth + 1, not alone)) for cell in shown], is_frame)


def _goes_on(cell: Any) -> bool:
    """A cell merged with the one above or before it: what it holds is not shown."""
    properties = cell.find(f"{W}tcPr")
    if properties is None:
        return False
    merges = (properties.find(f"{W}vMerge"), properties.find(f"{W}hMerge"))
    return any(merge is not None and merge.get(f"{W}val", "continue") == "continue" for merge in merges)


def _is_unseen(element: Any) -> bool:
    """A row that is deleted by a revision, or hidden."""
    properties = element.find(f"{W}trPr")
    return properties is not None and any(properties.find(f"{W}{name}") is not None for name in ("del", "hidden"))


def _choice(element: Any) -> Any:
    """The first version of a drawing that has more than one, or the one for old programs where there is no other."""
    for kind in ("Choice", "Fallback"):
        found = element.find(f"{_MC}{kind}")
        if found is not None:
            return found
    return ()


def _is_line_break(element: Any) -> bool:
    return element.get(f"{W}type") in (None, "textWrapping")


def _children(element: Any, name: str) -> Iterator[Any]:
    """Rows of a table or cells of a row, also those inside content controls."""
    for child in element.iterchildren():
        if child.tag == f"{W}{name}":
            yield child
        elif child.tag in _WRAPPERS:
            yield from _children(child, name)


_RELATIONS = "{http://schemas.openxmlformats.org/officeDocument/2006/relationships}"
_DIAGRAM = "{http://schemas.openxmlformats.org/drawingml/2006/diagram}"
_HANDLERS: dict[str, Callable[[Walk, Any, _Paragraph, Run, int], None]] = {
    f"{W}br": Walk._break,
    **dict.fromkeys(_BREAKS, Walk._break),
    f"{W}sym": Walk._sign,
    f"{W}fldChar": Walk._field_mark,
    f"{W}instrText": Walk._instruction,
    f"{W}fldSimple": Walk._simple_field,
    **dict.fromkeys(_NOTE_REFERENCES, Walk._note),
    f"{W}txbxContent": Walk._box,
    f"{_MC}AlternateContent": Walk._alternate,
    f"{M}oMath": Walk._equation,
    f"{_V}textpath": Walk._word_art,
    f"{_A}txBody": Walk._drawn_text,
    f"{_DIAGRAM}relIds": Walk._diagram,
}
