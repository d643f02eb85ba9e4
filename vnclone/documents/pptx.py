"""PowerPoint's .pptx: slide by slide, the title first, then what else stands on it from top to bottom.

lxml reads the parts directly: python-pptx refuses a deck of which one part is broken, and knows no SmartArt.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from typing import Any

from vnclone.documents.cells import CELL_MARK
from vnclone.documents.draft import READING, Asked, Block, Draft
from vnclone.documents.equations import M, linear
from vnclone.documents.numerals import letter, roman
from vnclone.documents.zipped import Damaged, Package, broken_zip, opened, spaced
from vnclone.models import Said
from vnclone.sandbox import Report
from vnclone.text.tidy import fold

_P = "{http://schemas.openxmlformats.org/presentationml/2006/main}"
_A = "{http://schemas.openxmlformats.org/drawingml/2006/main}"
_R = "{http://schemas.openxmlformats.org/officeDocument/2006/relationships}"
_MC = "{http://schemas.openxmlformats.org/markup-compatibility/2006}"
_DIAGRAM = "{http://schemas.openxmlformats.org/drawingml/2006/diagram}"
_TITLES = ("title", "ctrTitle")
_DROPPED = ("dt", "ftr", "sldNum", "hdr", "sldImg")
_FIELDS = ("slidenum", "datetime")
_BAND = 300_000  # EMU, a third of an inch: shapes whose tops differ less stand side by side
_REPEATED = 0.6  # of the slides: what stands on so many is their frame
_FEW_SLIDES = 4
_MAX_DEPTH = 60
_NUMBERED: dict[str, Callable[[int], str]] = {
    "arabic": str,
    "alphaLc": letter,
    "alphaUc": lambda n: letter(n).upper(),
    "romanUc": roman,
}
_NUMBERED |= {"romanLc": lambda n: roman(n).lower()}
_MARKS = {"Period": "{}.", "ParenR": "{})", "ParenBoth": "({})", "Plain": "{}"}


@dataclass(slots=True)
class _Shape:
    """What one shape says and where it stands (EMU from the top left; the file's order where it does not say)."""

    blocks: list[Block]
    y: int | None
    x: int
    is_title: bool = False


@dataclass(slots=True)
class _Slide:
    shapes: list[_Shape] = field(default_factory=list)
    notes: list[Block] = field(default_factory=list)


def read(path: str, asked: Asked, report: Report) -> Draft:
    """The slides at `path`; a page is a slide. Notes of the speaker are of kind "speaker note".

    Raises BadInput for a damaged file, ManyPages or TooLarge for more slides than are read.
    """
    with opened(path) as package:
        main = _main_part(package)
        names = _slide_names(package, main)
        asked.check_pages(len(names))
        slides, lost = [], []
        for number, name in enumerate(names, 1):
            try:
                slides.append((number, _slide(package, name)))
            except Damaged:
                lost.append(number)
            report(READING, number / len(names))
        if lost and not slides:
            raise broken_zip()
        return Draft(_title(package), tuple(_blocks(slides)), len(names), (_lost(lost),) if lost else ())


def _main_part(package: Package) -> str:
    for relation in package.relations("").values():
        if relation.kind == "officeDocument" and relation.target in package:
            return relation.target
    return "ppt/presentation.xml"


def _slide_names(package: Package, main: str) -> list[str]:
    """In the order of the presentation; by their numbers where the list is lost."""
    relations = package.relations(main)
    listed = [relations.get(e.get(f"{_R}id") or "") for e in package.optional(main).iter(f"{_P}sldId")]
    names = list(dict.fromkeys(relation.target for relation in listed if relation))
    if names:
        return names
    loose = [n for n in package.members if n.startswith("ppt/slides/slide") and n.endswith(".xml")]
    if not loose:
        raise broken_zip()
    return sorted(loose, key=lambda name: (len(name), name))


def _slide(package: Package, name: str) -> _Slide:
    root = package.xml(name)
    relations = package.relations(name)
    places = _layout_places(package, next((r.target for r in relations.values() if r.kind == "slideLayout"), ""))
    diagrams = {key: relation.target for key, relation in relations.items() if relation.kind == "diagramData"}
    slide = _Slide()
    for tree in root.iter(f"{_P}spTree"):
        slide.shapes = list(_shapes(tree, package, places, diagrams))
        break
    notes = next((r.target for r in relations.values() if r.kind == "notesSlide"), "")
    slide.notes = _notes(package.optional(notes))
    return slide


def _layout_places(package: Package, name: str) -> dict[tuple[str, str], tuple[int, int]]:
    """Where a layout, else its master, puts placeholders, by (type, index): slides need not say it again."""
    masters = (relation.target for relation in package.relations(name).values() if relation.kind == "slideMaster")
    found: dict[tuple[str, str], tuple[int, int]] = {}
    for part in (next(masters, ""), name):
        for shape in package.optional(part).iter(f"{_P}sp"):
            key, place = _placeholder(shape), _place(shape)
            if key is not None and place is not None:
                found |= {key: place, (key[0], ""): place}
            elif key is not None and part == name:
                inherited = found.get((key[0], "")) or found.get(("body", ""))
                found |= {key: inherited} if inherited else {}
    return found


def _shapes(tree: Any, package: Package, places: Any, diagrams: dict[str, str], depth: int = 0) -> Iterator[_Shape]:
    if depth > _MAX_DEPTH:
        raise RecursionError
    for element in tree.iterchildren():
        if element.tag == f"{_MC}AlternateContent":
            choice = next(iter(element.iterchildren()), None)
            if choice is not None:
                yield from _shapes(choice, package, places, diagrams, depth + 1)
        elif element.tag == f"{_P}grpSp":
            yield _group(element, list(_shapes(element, package, {}, diagrams, depth + 1)))
        elif element.tag in (f"{_P}sp", f"{_P}cxnSp"):
            yield from _text_shape(element, places)
        elif element.tag == f"{_P}graphicFrame":
            yield _frame(element, package, diagrams)


def _group(element: Any, inside: list[_Shape]) -> _Shape:
    """Grouped shapes are read together, where the group stands."""
    place = _place(element)
    blocks = [block for shape in _ordered(inside) for block in shape.blocks]
    return _Shape(blocks, place[1] if place else None, place[0] if place else 0)


def _text_shape(element: Any, places: dict[tuple[str, str], tuple[int, int]]) -> Iterator[_Shape]:
    key = _placeholder(element)
    if key and key[0] in _DROPPED:
        return
    place = _place(element)
    if place is None and key is not None:
        place = places.get(key) or places.get((key[0], "")) or places.get(("body", ""))
    is_title = key is not None and key[0] in _TITLES
    body = element.find(f"{_P}txBody")
    blocks = list(_paragraphs(body, key is not None)) if body is not None else []
    if is_title and blocks:
        blocks = [Block(" ".join(b.text for b in blocks), "heading", level=1, sure=True)]
    yield _Shape(blocks, place[1] if place else None, place[0] if place else 0, is_title)


def _placeholder(element: Any) -> tuple[str, str] | None:
    for found in element.iterfind(f"{_P}nvSpPr/{_P}nvPr/{_P}ph"):
        return found.get("type") or "obj", found.get("idx") or "0"
    return None


def _place(element: Any) -> tuple[int, int] | None:
    """(x, y) in EMU from the left and the top, where the shape says it."""
    for path in (f"{_P}spPr/{_A}xfrm/{_A}off", f"{_P}grpSpPr/{_A}xfrm/{_A}off", f"{_P}xfrm/{_A}off"):
        offset = element.find(path)
        if offset is not None:
            x, y = offset.get("x") or "", offset.get("y") or ""
            if x.lstrip("-").isdigit() and y.lstrip("-").isdigit() and len(x) + len(y) < 40:
                return int(x), int(y)
    return None


def _paragraphs(body: Any, is_placeholder: bool) -> Iterator[Block]:
    found = [p for p in body.iterchildren(f"{_A}p")]
    counts: Counter[int] = Counter()
    listed = is_placeholder and len(found) > 1
    for paragraph in found:
        text = _text(paragraph).strip()
        label = _label(paragraph, counts) if text else ""
        if text:
            yield Block(f"{label} {text}" if label else text, "list item" if listed or label else "body")


def _label(paragraph: Any, counts: Counter[int]) -> str:
    """The number that PowerPoint writes before a paragraph itself."""
    properties = paragraph.find(f"{_A}pPr")
    level = properties.get("lvl", "0") if properties is not None else "0"
    depth = int(level) if level.isdigit() and len(level) < 3 else 0
    for deeper in [key for key in counts if key > depth]:
        del counts[deeper]
    numbered = properties.find(f"{_A}buAutoNum") if properties is not None else None
    if numbered is None:
        counts.pop(depth, None)
        return ""
    start = numbered.get("startAt", "1")
    counts[depth] = counts[depth] + 1 if depth in counts else int(start) if start.isdigit() and len(start) < 6 else 1
    kind = numbered.get("type", "arabicPeriod")
    for name, write in _NUMBERED.items():
        if kind.startswith(name):
            return _MARKS.get(kind.removeprefix(name), "{}.").format(write(counts[depth]))
    return f"{counts[depth]}."


def _text(paragraph: Any) -> str:
    parts = []
    for element in paragraph.iter(f"{_A}t", f"{_A}br", f"{M}oMath"):
        parent = element.getparent()
        if element.tag == f"{M}oMath":
            parts.append(f" {linear(element)} ")
        elif element.tag == f"{_A}br":
            parts.append("\n")
        elif not (parent.tag == f"{_A}fld" and (parent.get("type") or "").startswith(_FIELDS)) and not _in_fallback(
            element
        ):
            parts.append((element.text or "").replace("\n", " ").replace("\x0b", "\n"))
    return "".join(parts)


def _in_fallback(element: Any) -> bool:
    return any(parent.tag == f"{_MC}Fallback" for parent in element.iterancestors())


def _frame(element: Any, package: Package, diagrams: dict[str, str]) -> _Shape:
    """A table, row by row, or a SmartArt picture's words."""
    place = _place(element)
    blocks = [block for row in element.iter(f"{_A}tr") for block in _row(row)]
    for relation in element.iter(f"{_DIAGRAM}relIds"):
        root = package.optional(diagrams.get(relation.get(f"{_R}dm") or "", ""))
        texts = (spaced("".join(t.text or "" for t in p.iter(f"{_A}t"))) for p in root.iter(f"{_A}p"))
        blocks += [Block(text, "list item") for text in texts if text]
    return _Shape(blocks, place[1] if place else None, place[0] if place else 0)


def _row(row: Any) -> Iterator[Block]:
    cells = (cell for cell in row.iterchildren(f"{_A}tc") if not (_is_on(cell, "hMerge") or _is_on(cell, "vMerge")))
    texts = (" ".join(spaced(_text(p)) for p in cell.iter(f"{_A}p")).strip() for cell in cells)
    text = CELL_MARK.join(text for text in texts if text)
    if text:
        yield Block(text, "table row")


def _is_on(element: Any, name: str) -> bool:
    return element.get(name) in ("1", "true")


def _notes(root: Any) -> list[Block]:
    """What the speaker wrote under a slide, without its picture, number and date."""
    found = []
    for shape in root.iter(f"{_P}sp"):
        key, body = _placeholder(shape), shape.find(f"{_P}txBody")
        if body is not None and key is not None and key[0] == "body":
            found += [Block(b.text, "speaker note") for b in _paragraphs(body, False)]
    return found


def _blocks(slides: list[tuple[int, _Slide]]) -> Iterator[Block]:
    repeated = _repeated([slide for _, slide in slides])
    for number, slide in slides:
        for shape in _ordered(slide.shapes):
            kept = shape.is_title or fold("".join(b.text for b in shape.blocks)) not in repeated
            yield from (replace(block, page=number) for block in shape.blocks if kept)
        yield from (replace(block, page=number) for block in slide.notes)


def _repeated(slides: list[_Slide]) -> set[str]:
    """What the same shape says on most slides: a school's name, a motto, a date."""
    if len(slides) < _FEW_SLIDES:
        return set()
    said: Counter[str] = Counter()
    for slide in slides:
        texts = {fold("".join(b.text for b in shape.blocks)) for shape in slide.shapes if not shape.is_title}
        said.update(text for text in texts if text)
    return {text for text, count in said.items() if count >= _REPEATED * len(slides)}


def _ordered(shapes: list[_Shape]) -> list[_Shape]:
    """The title, then from top to bottom in bands, and from left to right in each; the file's order if places lack."""
    titles = [shape for shape in shapes if shape.is_title]
    others = [shape for shape in shapes if not shape.is_title and shape.blocks]
    if any(shape.y is None for shape in others):
        return titles + others
    ordered, band = [], list[_Shape]()
    for shape in sorted(others, key=lambda each: each.y or 0):
        if band and (shape.y or 0) - (band[0].y or 0) > _BAND:
            ordered += sorted(band, key=lambda each: each.x)
            band = []
        band.append(shape)
    return titles + ordered + sorted(band, key=lambda each: each.x)


def _title(package: Package) -> str:
    for relation in package.relations("").values():
        if relation.kind == "core-properties":
            return str(package.optional(relation.target).findtext("{http://purl.org/dc/elements/1.1/}title") or "")
    return ""


def _lost(numbers: list[int]) -> Said:
    listed = ", ".join(map(str, numbers[:20]))
    return Said(
        f"Trang chiếu {listed} bị hỏng nên không đọc được.", f"Slide {listed} is damaged and could not be read."
    )
