"""Word's .docx, .docm and .dotx, whoever wrote them: the package's parts found, its body walked, headings guessed.

lxml reads the parts directly: python-docx refuses files that Word opens (a part missing or broken, the namespaces of
ISO Strict), and reads no notes, text boxes or list numbers.
"""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import replace
from typing import Any

from vnclone.documents.cells import CELL_MARK
from vnclone.documents.draft import Asked, Block, Draft, gathered
from vnclone.documents.wordfields import Fields, pairs
from vnclone.documents.wordlists import numbering
from vnclone.documents.wordstyles import W, styles
from vnclone.documents.wordwalk import Look, NoteParts, Walk
from vnclone.documents.zipped import Package, broken_zip, opened, parsed_or_salvaged
from vnclone.models import Said
from vnclone.sandbox import Report

__all__ = ["CELL_MARK", "read"]
_MAIN = re.compile(
    rb'PartName="([^"]+)"[^>]*ContentType="[^"]*(?:word\w*\.(?:document|template)\w*\.?\w*)\.main\+xml"', re.I
)
_TITLE = "{http://purl.org/dc/elements/1.1/}title"
_DRAWING = "{http://schemas.openxmlformats.org/drawingml/2006/main}"
_LARGER = 1.15  # times the size of the body: what is set so is a heading, where nothing else tells


def read(path: str, asked: Asked, report: Report) -> Draft:
    """The Word document at `path`. Its pages exist only when printed: there are none to count.

    Raises BadInput for a damaged file, TooLarge for a bomb.
    """
    with opened(path) as package:
        main = _main_part(package)
        body, notes = _body(package, main)
        walk = _walk(package, main)
        blocks = _gathered(walk, body, report)
        if walk.skipped_parts:
            notes.append(_embedded(walk.skipped_parts))
        return Draft(_title(package), _with_looks(blocks, walk), None, tuple(notes))


def _gathered(walk: Walk, body: Any, report: Report) -> list[Block]:
    blocks = gathered(walk.blocks(body), report)
    # A contents field that never ends would swallow the document.
    unended = walk.fields.in_contents
    return [replace(b, sure=False) if unended and b.level is None else b for b in blocks]


def _main_part(package: Package) -> str:
    """By the package's first relation, which need not say word/document.xml."""
    for relation in package.relations("").values():
        if relation.kind == "officeDocument" and relation.target in package:
            return relation.target
    named = _MAIN.search(package.data("[Content_Types].xml")) if "[Content_Types].xml" in package else None
    return named[1].decode("utf-8", "replace").lstrip("/") if named else "word/document.xml"


def _body(package: Package, main: str) -> tuple[Any, list[Said]]:
    """(w:body, notes). A document whose XML is broken is read up to there, and the person is told."""
    root, notes = parsed_or_salvaged(package.data(main), main)
    body = root.find(f"{W}body")
    if body is None:
        raise broken_zip()
    return body, notes


def _walk(package: Package, main: str) -> Walk:
    parts = {relation.kind: relation.target for relation in reversed(package.relations(main).values())}
    theme = package.optional(parts.get("theme", ""))
    relations = package.relations(main)

    def diagram(relation_id: str) -> list[str]:
        relation = relations.get(relation_id)
        root = package.optional(relation.target if relation else "")
        return ["".join(t.text or "" for t in p.iter(f"{_DRAWING}t")) for p in root.iter(f"{_DRAWING}p")]

    return Walk(
        styles(package.optional(parts.get("styles", "")), theme),
        numbering(package.optional(parts.get("numbering", ""))),
        _notes(package, parts),
        Fields(trusted=pairs(package.data(main))),
        diagram,
    )


def _notes(package: Package, parts: dict[str, str]) -> NoteParts:
    """The elements of footnotes and endnotes by (kind, id). Separators carry no text and so make no note."""
    found = {}
    for kind in ("footnotes", "endnotes"):
        for note in package.optional(parts.get(kind, "")).iterchildren():
            found[kind, note.get(f"{W}id", "")] = note
    return found


def _title(package: Package) -> str:
    for relation in package.relations("").values():
        if relation.kind == "core-properties":
            return str(package.optional(relation.target).findtext(_TITLE) or "")
    return ""


def _with_looks(blocks: list[Block], walk: Walk) -> tuple[Block, ...]:
    """Short paragraphs in larger, or all bold, letters get a level each size of its own: the largest is the highest."""
    body = walk.body_half_points
    standing = [look for look in walk.looks if _stands_out(look, body)]
    sizes = Counter((look.half_points > body * _LARGER and look.half_points, look.bold) for look in standing)
    ranks = {rank: place for place, rank in enumerate(sorted(sizes, reverse=True), 1)}
    guessed = {}
    for look in standing:
        guessed[look.place] = ranks[(look.half_points > body * _LARGER and look.half_points, look.bold)]
    return tuple(replace(b, level=guessed[n]) if n in guessed and b.level is None else b for n, b in enumerate(blocks))


def _stands_out(look: Look, body: int) -> bool:
    return look.half_points > body * _LARGER or look.bold


def _embedded(count: int) -> Said:
    return Said(
        f"Bỏ qua {count} tài liệu khác được nhúng trong tài liệu này. Hãy tải riêng chúng lên nếu cần.",
        f"{count} other documents embedded in this one were left out. Upload them on their own if you need them.",
    )
