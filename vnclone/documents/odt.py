"""OpenDocument text (.odt, .ott): content.xml as blocks, with the numbers that its lists write themselves."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from vnclone.documents.cells import row
from vnclone.documents.draft import CAPITALS_BEGIN, CAPITALS_END, Asked, Block, Draft, gathered, is_font_of_capitals
from vnclone.documents.odtlists import OUTLINE, Lists, lists
from vnclone.documents.zipped import Package, broken_zip, opened, parsed_or_salvaged
from vnclone.errors import BadInput
from vnclone.models import ParagraphKind
from vnclone.sandbox import Report

_OASIS = "urn:oasis:names:tc:opendocument:xmlns:"
T, TABLE, DRAW, STYLE, OFFICE = (f"{{{_OASIS}{name}:1.0}}" for name in ("text", "table", "drawing", "style", "office"))
_MANIFEST = f"{{{_OASIS}manifest:1.0}}"
_MAX_DEPTH = 240
_MAX_BLANKS = 100
_INDEXES = {
    f"{T}{name}"
    for name in (
        "table-of-content",
        "illustration-index",
        "table-index",
        "object-index",
        "user-index",
        "alphabetical-index",
    )
}
_WRAPPERS = {f"{T}{name}" for name in ("section", "index-body", "index-title")}
# What is deleted, said beside the text, or only tells where something was.
_SKIPPED = {
    f"{T}{name}" for name in ("note-citation", "ruby-text", "hidden-text", "page-number", "page-count", "script")
}
_SKIPPED |= {f"{OFFICE}annotation", f"{DRAW}image", f"{DRAW}object"}
_BREAKS = {f"{T}tab": " ", f"{T}line-break": "\n"}


@dataclass(slots=True)
class _Paragraph:
    text: list[str] = field(default_factory=list)
    notes: list[Any] = field(default_factory=list)
    frames: list[Any] = field(default_factory=list)


@dataclass(slots=True)
class _Styles:
    """Names of automatic and common styles: hidden letters, titles, and what each is based on."""

    hidden: frozenset[str]
    capitals: dict[str, bool]  # those that name a font: whether it is a legacy one of capitals
    parents: dict[str, str]
    outline: dict[str, int]

    def chain(self, name: str) -> Iterator[str]:
        for _ in range(12):  # styles based on one another may be a loop
            if not name:
                return
            yield name
            name = self.parents.get(name, "")

    def are_capitals(self, name: str, outside: bool) -> bool:
        """Whether text in this style is in capitals by its font, where the text around it is so or not."""
        return next((self.capitals[one] for one in self.chain(name) if one in self.capitals), outside)


@dataclass(slots=True)
class _Walk:
    """One walk in document order: lists count as it goes. `label` waits for the first paragraph of a list's item."""

    styles: _Styles
    lists: Lists
    label: str = ""
    in_list: int = 0
    contents: int = 0

    def blocks(self, container: Any, depth: int = 0) -> Iterator[Block]:
        if depth > _MAX_DEPTH:
            raise RecursionError
        for element in container.iterchildren():
            tag = element.tag
            if tag in (f"{T}p", f"{T}h"):
                yield from self._paragraph(element, depth)
            elif tag == f"{T}list":
                yield from self._list(element, "", 1, depth)
            elif tag == f"{TABLE}table":
                yield from self._table(element, depth)
            elif tag in _INDEXES:
                self.contents += 1
                yield from self.blocks(element, depth + 1)
                self.contents -= 1
            elif tag in _WRAPPERS and element.get(f"{T}display") != "none":
                yield from self.blocks(element, depth + 1)
            elif isinstance(tag, str) and tag.startswith(DRAW):
                yield from self._frame(element, depth)

    def _list(self, element: Any, style: str, level: int, depth: int) -> Iterator[Block]:
        """Items and the lists inside them, which are a level deeper and usually name no style of their own."""
        if depth > _MAX_DEPTH:
            raise RecursionError
        style = element.get(f"{T}style-name") or style
        if level == 1:
            goes_on = element.get(f"{T}continue-numbering") == "true" or bool(element.get(f"{T}continue-list"))
            self.lists.begin(style, goes_on)
        for item in element.iterchildren(f"{T}list-item", f"{T}list-header"):
            holds_text = any(child.tag in (f"{T}p", f"{T}h") for child in item.iterchildren())
            if item.tag == f"{T}list-item" and holds_text:
                self.label = self.lists.label(style, level, item.get(f"{T}start-value", ""))
            yield from self._item(item, style, level, depth)
            self.label = ""

    def _item(self, item: Any, style: str, level: int, depth: int) -> Iterator[Block]:
        self.in_list += 1
        for child in item.iterchildren():
            if child.tag == f"{T}list":
                yield from self._list(child, style, level + 1, depth + 1)
            elif child.tag in (f"{T}p", f"{T}h"):
                yield from self._paragraph(child, depth)
        self.in_list -= 1

    def _paragraph(self, element: Any, depth: int) -> Iterator[Block]:
        gathered = _Paragraph()
        self._gather(element, gathered, depth)
        text = "".join(gathered.text)
        label, self.label = self.label, ""
        level = self._level(element)
        if not label and level and not self.in_list and text.strip():
            label = self.lists.label(OUTLINE, level) if element.get(f"{T}is-list-header") != "true" else ""
        if text.strip():
            yield self._block(f"{label} {text}" if label else text, level, element)
        for note in gathered.notes:
            said = " ".join(
                block.text.strip()
                for body in note.iterchildren(f"{T}note-body")
                for block in self.blocks(body, depth + 1)
            )
            yield Block(said, "footnote")
        for frame in gathered.frames:
            yield from self._frame(frame, depth + 1)

    def _level(self, element: Any) -> int | None:
        names = list(self.styles.chain(element.get(f"{T}style-name") or ""))
        if element.tag == f"{T}h":
            value = element.get(f"{T}outline-level", "1")
            return int(value) if value in "12345678910" and value else 1
        if "Title" in names:
            return 1
        return next((self.styles.outline[name] for name in names if name in self.styles.outline), None)

    def _block(self, text: str, level: int | None, element: Any) -> Block:
        """A contents entry is surely no heading: `sure` without a level."""
        names = list(self.styles.chain(element.get(f"{T}style-name") or ""))
        if self.contents:
            heads = any("Heading" in name for name in names)
            return Block(text, "heading", level=1, sure=True) if heads else Block(text, "body", sure=True)
        if level is not None:
            return Block(text, "heading", level=level, sure=True)
        kind: ParagraphKind = "list item" if self.in_list else "body"
        captioned = any(name in ("Caption", "Illustration", "Table", "Figure") for name in names)
        return Block(text, "caption" if captioned else kind)

    def _gather(self, element: Any, into: _Paragraph, depth: int, outside: bool = False) -> None:
        """`outside`: whether the text around `element` is in a font of capitals."""
        if depth > _MAX_DEPTH:
            raise RecursionError
        inside = self.styles.are_capitals(element.get(f"{T}style-name") or "", outside)
        if inside != outside:
            into.text.append(CAPITALS_BEGIN if inside else CAPITALS_END)
        into.text.append(_flat(element.text))
        for child in element.iterchildren():
            tag = child.tag
            if tag == f"{T}s":
                into.text.append(" " * min(int(child.get(f"{T}c") or 1), _MAX_BLANKS))
            elif tag in _BREAKS:
                into.text.append(_BREAKS[tag])
            elif tag == f"{T}note":
                into.notes.append(child)
            elif isinstance(tag, str) and tag.startswith(DRAW) and tag != f"{DRAW}a":
                into.frames.append(child)
            elif tag not in _SKIPPED and child.get(f"{T}style-name") not in self.styles.hidden:
                self._gather(child, into, depth + 1, inside)
            into.text.append(_flat(child.tail))
        if inside != outside:
            into.text.append(CAPITALS_END if inside else CAPITALS_BEGIN)

    def _frame(self, element: Any, depth: int) -> Iterator[Block]:
        """The text of a box or shape; a frame's other children are other pictures of the same."""
        if depth > _MAX_DEPTH:
            raise RecursionError
        box = element.find(f"{DRAW}text-box")
        if box is not None:
            yield from self.blocks(box, depth + 1)
        elif element.tag not in _SKIPPED:
            yield from self.blocks(element, depth + 1)

    def _table(self, table: Any, depth: int) -> Iterator[Block]:
        """Row by row; a table of one column is only a frame around paragraphs."""
        rows = list(_rows(table))
        is_frame = all(len(line) == 1 for line in rows)
        for line in rows:
            cells = list(line.iterchildren(f"{TABLE}table-cell"))
            inside = [list(self.blocks(cell, depth + 1)) for cell in cells]
            yield from row(inside, is_frame)


def _rows(table: Any) -> Iterator[Any]:
    for child in table.iterchildren():
        if child.tag == f"{TABLE}table-row":
            yield child
        elif child.tag in (f"{TABLE}table-header-rows", f"{TABLE}table-row-group", f"{TABLE}table-rows"):
            yield from _rows(child)


def _flat(text: str | None) -> str:
    """Line ends of the file are blanks: the format has an element for those that are meant."""
    return text.replace("\n", " ") if text else ""


def read(path: str, asked: Asked, report: Report) -> Draft:
    """The document at `path`. Raises BadInput for a damaged or encrypted file, TooLarge for a bomb."""
    with opened(path) as package:
        _refuse_encrypted(package)
        root, notes = parsed_or_salvaged(package.data("content.xml"))
        body = next(root.iter(f"{OFFICE}text"), None)
        if body is None:
            raise broken_zip()
        common = package.optional("styles.xml")
        walk = _Walk(_styles(common, root), lists((common, root)))
        blocks = gathered(walk.blocks(body), report)
        title = package.optional("meta.xml").findtext(".//{http://purl.org/dc/elements/1.1/}title")
        return Draft(title or "", tuple(blocks), None, tuple(notes))


def _refuse_encrypted(package: Package) -> None:
    manifest = package.optional("META-INF/manifest.xml")
    for entry in manifest.iter(f"{_MANIFEST}file-entry"):
        if entry.find(f"{_MANIFEST}encryption-data") is not None:
            raise BadInput(
                "Tài liệu OpenDocument này được bảo vệ bằng mật khẩu. "
                "Hãy mở bằng LibreOffice, lưu lại không có mật khẩu rồi tải lên.",
                "This OpenDocument file is protected by a password. "
                "Open it in LibreOffice, save it without a password and upload that.",
            )


def _styles(common: Any, content: Any) -> _Styles:
    hidden, parents, outline = set(), {}, {}
    capitals: dict[str, bool] = {}
    for root in (common, content):
        for style in root.iter(f"{STYLE}style"):
            name = style.get(f"{STYLE}name", "")
            parents[name] = style.get(f"{STYLE}parent-style-name", "")
            properties = style.find(f"{STYLE}text-properties")
            if properties is not None and properties.get(f"{T}display") == "none":
                hidden.add(name)
            if properties is not None and (font := properties.get(f"{STYLE}font-name")):
                capitals[name] = is_font_of_capitals(font)
            level = style.get(f"{STYLE}default-outline-level", "")
            if level.isdigit() and 0 < len(level) < 3 and int(level):
                outline[name] = int(level)
    return _Styles(frozenset(hidden), capitals, parents, outline)
