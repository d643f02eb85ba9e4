"""XFA forms: PDFs whose pages only say "Please wait", while their text is XML inside the file."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from vnclone.documents.draft import Block
from vnclone.documents.lines import Line

_MOST_BYTES = 30 << 20  # of XML, as of any other XML part
_MOST_PARTS = 64
_SAID = frozenset(("text", "exData"))  # elements of a template that hold words
_PLEASE_WAIT = ("please wait", "adobe reader", "vui lòng chờ")


def is_placeholder(lines: list[Line]) -> bool:
    """Whether all that a page says is that a form needs another program to be shown."""
    text = " ".join(line.text for line in lines[:20]).casefold()
    return len(lines) < 20 and any(words in text for words in _PLEASE_WAIT)


def blocks(document: Any) -> list[Block]:
    """The captions and values of the file's XFA form, in the order of its template; [] where there is none."""
    found: list[Block] = []
    for name, data in _packets(document):
        if name == "template":
            found += [Block(text) for text in _captions(data)]
        elif name == "datasets":
            found += [Block(text) for text in _values(data)]
    return found


def _packets(document: Any) -> Iterator[tuple[str, bytes]]:
    """(name, XML) of each packet of the form; a form in one stream is one packet, "template"."""
    import pymupdf

    try:
        kind, value = document.xref_get_key(document.pdf_catalog(), "AcroForm/XFA")
        names = _references(document, kind, value)
        for name, xref in names[:_MOST_PARTS]:
            data = document.xref_stream(xref) or b""
            if len(data) <= _MOST_BYTES:
                yield name, data
    except (RuntimeError, ValueError, TypeError, pymupdf.mupdf.FzErrorBase):
        return  # a damaged form has no text


def _references(document: Any, kind: str, value: str) -> list[tuple[str, int]]:
    if kind == "xref":
        xref = int(value.split()[0])
        if document.xref_is_stream(xref):
            return [("template", xref)]
        value = document.xref_object(xref)
    return [(name, int(xref)) for name, xref in re.findall(r"\((\w+)\)\s*(\d+) 0 R", value)]


def _captions(data: bytes) -> Iterator[str]:
    for element in _parsed(data):
        if _name(element) in _SAID and (text := " ".join("".join(element.itertext()).split())):
            yield text


def _values(data: bytes) -> Iterator[str]:
    for element in _parsed(data):
        if len(element) == 0 and (text := " ".join((element.text or "").split())):
            yield text


def _parsed(data: bytes) -> Iterator[Any]:
    from lxml import etree

    parser = etree.XMLParser(resolve_entities=False, no_network=True, huge_tree=False, load_dtd=False, recover=True)
    root = etree.fromstring(data, parser)
    return iter(()) if root is None else root.iter(etree.Element)


def _name(element: Any) -> str:
    return str(element.tag).rpartition("}")[2]
