"""HTML and XHTML as blocks: a walk without recursion over an lxml tree, for web pages, e-books and Markdown."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from html.entities import html5
from typing import Any

from vnclone.documents import stylesheets
from vnclone.documents.cells import row
from vnclone.documents.draft import CAPITALS_BEGIN, CAPITALS_END, Block, is_font_of_capitals
from vnclone.documents.numerals import letter, roman
from vnclone.documents.zipped import RESOURCE_LIMIT, Damaged, parsed, too_deep
from vnclone.models import ParagraphKind

OPS = "{http://www.idpf.org/2007/ops}"
_BLOCKS = frozenset(
    """address article aside blockquote body center dd details dialog div dl dt fieldset figcaption figure footer form
    h1 h2 h3 h4 h5 h6 header hr html li main nav ol p pre section summary table caption tbody thead tfoot tr td th ul
    title legend option""".split()  # noqa: SIM905
)
_SKIPPED = frozenset(
    """script style head template iframe object embed audio video canvas svg noscript noframes button input select
    textarea datalist map rt rp annotation annotation-xml xml del""".split()  # noqa: SIM905
)
_FORMS: dict[str, Callable[[int], str]] = {
    "a": letter,
    "A": lambda number: letter(number).upper(),
    "i": lambda number: roman(number).lower(),
    "I": roman,
}
_HEADINGS = {f"h{level}": level for level in range(1, 7)}
_KINDS: dict[str, ParagraphKind] = {"li": "list item", "dd": "list item", "figcaption": "caption", "caption": "caption"}
_HIDDEN = re.compile(r"display\s*:\s*none|mso-hide\s*:\s*all|visibility\s*:\s*hidden", re.IGNORECASE)
_FAMILY = re.compile(r"(?:^|[;\s])(?:mso-ascii-)?font-family\s*:\s*([^;]{1,100})", re.IGNORECASE)
_NOTES = ("footnote", "endnote", "rearnote", "doc-footnote", "doc-endnote")
_REFERENCES = ("noteref", "doc-noteref", "pagebreak", "doc-pagebreak")  # numbers that nobody reads aloud
_SPACE = re.compile(r"[ \t\r\n\f]+")
_SPACES = re.compile(r" {2,}")
_AROUND_BREAK = re.compile(r" ?\n ?")
_ENTITY = re.compile(rb"&([A-Za-z][A-Za-z0-9]{1,31});")
_INLINE = re.compile(r"</?(?:font|span|b|i|u|em|strong|big|small|center)\b[^<>]{0,2000}>", re.IGNORECASE)
_PREDEFINED = (b"lt", b"gt", b"amp", b"quot", b"apos")


@dataclass(slots=True)
class Page:
    """What a page says. `anchors`: id -> the number of the block it stands before."""

    title: str = ""
    blocks: list[Block] = field(default_factory=list)
    anchors: dict[str, int] = field(default_factory=dict)


@dataclass(slots=True)
class _Table:
    """A table being gathered: its finished rows, and the cells of the row that is open."""

    rows: list[list[list[Block]]] = field(default_factory=list)
    cells: list[list[Block]] | None = None
    in_cell: bool = False


@dataclass(slots=True)
class _Walker:
    """The state of one walk: where blocks go now (the page, or a table's cell), and the paragraph being gathered."""

    page: Page
    dropped: frozenset[Any]
    sinks: list[list[Block]]
    tables: list[_Table] = field(default_factory=list)
    open: list[str] = field(default_factory=list)
    opened: list[bool] = field(default_factory=list)
    lists: list[int | None] = field(default_factory=list)
    forms: list[Callable[[int], str]] = field(default_factory=list)
    label: str = ""
    notes: int = 0
    preformatted: int = 0
    text: list[str] = field(default_factory=list)

    def start(self, element: Any) -> bool:
        """Whether the element is entered."""
        tag = local(element)
        if not tag or tag in _SKIPPED or element in self.dropped or _is_hidden(element):
            return False
        if tag in _BLOCKS:
            self.flush()
            self.open.append(tag)
        if identity := element.get("id") or (element.get("name") if tag == "a" else None):
            self.page.anchors.setdefault(identity, len(self.page.blocks))
        self.notes += _is_note(element)
        self.preformatted += tag == "pre"
        self._open(tag)
        self._count(element, tag)
        if _is_in_capitals(element):
            self.text.append(CAPITALS_BEGIN)
        self.say(element.text)
        return True

    def _count(self, element: Any, tag: str) -> None:
        """An item of a numbered list has its number before it, as a browser shows it."""
        if tag in ("ol", "ul"):
            start = element.get("start", "1")
            bare = tag == "ul" or "nav" in self.open or "none" in (element.get("style") or "")
            self.lists.append(None if bare else int(start) - 1 if start.isdigit() and len(start) < 7 else 0)
            self.forms.append(_FORMS.get(element.get("type") or "1", str))
        elif tag == "li" and self.lists and self.lists[-1] is not None:
            self.lists[-1] += 1
            self.label = f"{self.forms[-1](self.lists[-1])}. "

    def _open(self, tag: str) -> None:
        if tag == "br":
            self.text.append("\n")
        elif tag == "table":
            self.tables.append(_Table())
        elif tag in ("tr", "td", "th"):
            self.opened.append(self._opens(tag))

    def _opens(self, tag: str) -> bool:
        """Whether a row or cell begins here: one outside a table, or inside another of its kind, is just a block."""
        table = self.tables[-1] if self.tables else None
        if table is None or (tag == "tr") == (table.cells is not None) or (tag != "tr" and table.in_cell):
            return False
        if table.cells is None:
            table.cells = []
        else:
            table.in_cell = True
            table.cells.append([])
            self.sinks.append(table.cells[-1])
        return True

    def end(self, element: Any) -> None:
        tag = local(element)
        if _is_in_capitals(element):
            self.text.append(CAPITALS_END)
        if tag in _BLOCKS:
            self.flush()
            self.open.pop()
        if tag in ("ol", "ul") and self.lists:
            self.lists.pop()
            self.forms.pop()
        self._close(tag)
        self.notes -= _is_note(element)
        self.preformatted -= tag == "pre"

    def _close(self, tag: str) -> None:
        if tag == "table":
            table = self.tables.pop()
            is_frame = all(len(cells) == 1 for cells in table.rows)
            self.sinks[-1].extend(block for cells in table.rows for block in row(cells, is_frame))
        elif tag in ("tr", "td", "th") and self.opened.pop():
            table = self.tables[-1]
            if tag == "tr":
                table.rows.append(table.cells or [])
                table.cells = None
            else:
                table.in_cell = False
                self.sinks.pop()

    def say(self, text: str | None) -> None:
        if text:
            self.text.append(text if self.preformatted else _SPACE.sub(" ", text))

    def flush(self) -> None:
        text = "".join(self.text)
        self.text.clear()
        if not self.preformatted:
            text = _AROUND_BREAK.sub("\n", _SPACES.sub(" ", text))
        if text.strip(f"{CAPITALS_BEGIN}{CAPITALS_END} \n"):
            self.sinks[-1].append(self._block(self.label + text.strip()))
            self.label = ""

    def _block(self, text: str) -> Block:
        if self.notes:
            return Block(text, "footnote")
        for tag in reversed(self.open):
            if tag in _HEADINGS:
                return Block(text, "heading", level=_HEADINGS[tag], sure=True)
            if tag in _KINDS:
                return Block(text, _KINDS[tag])
        return Block(text)


def walked(root: Any, dropped: Iterable[Any] = ()) -> Page:
    """The blocks of a tree, without the elements in `dropped` and what its page hides."""
    from lxml import etree

    page = Page()
    walker = _Walker(page, frozenset((*dropped, *stylesheets.hidden(root))), [page.blocks])
    steps = etree.iterwalk(root, events=("start", "end"))
    skipped: set[Any] = set()
    for event, element in steps:
        if event == "start":
            if not walker.start(element):
                skipped.add(element)
                steps.skip_subtree()
            continue
        if element in skipped:
            skipped.discard(element)
        else:
            walker.end(element)
        if element is not root:
            walker.say(element.tail)
    walker.flush()
    return page


def local(element: Any) -> str:
    """The tag without its namespace, in lower case; "" for what is no element."""
    tag = element.tag
    return tag.rsplit("}", 1)[-1].lower() if isinstance(tag, str) else ""


def types(element: Any) -> list[str]:
    """What an element is said to be: epub:type and role."""
    return f"{element.get(f'{OPS}type') or element.get('epub:type') or ''} {element.get('role') or ''}".split()


def _is_note(element: Any) -> bool:
    return any(kind in _NOTES for kind in types(element))


def _is_in_capitals(element: Any) -> bool:
    family = _FAMILY.search(element.get("style") or "")
    return is_font_of_capitals(family[1] if family else element.get("face") or "")


def _is_hidden(element: Any) -> bool:
    if element.get("hidden") is not None or element.get("aria-hidden") == "true":
        return not _is_note(element)
    if any(kind in _REFERENCES for kind in types(element)):
        return True
    style = element.get("style")
    return bool(style and _HIDDEN.search(style))


def tree_of_html(text: str) -> Any:
    """The tree of a page, however badly it is written. Raises Damaged where there is none, BadInput where its parts
    are nested too deeply. Letters in a hundred fonts that nobody closed are not: those marks are taken out."""
    text = re.sub(r"^\s*<\?xml[^>]*\?>", "", text)
    root, is_cut = _html(text)
    if is_cut:
        root, is_cut = _html(_INLINE.sub(" ", text))
    if is_cut:
        raise too_deep()
    return root


def _html(text: str) -> tuple[Any, bool]:
    """(the root, whether the parser left out what stood too deep)."""
    from lxml import etree, html

    parser = html.HTMLParser(
        encoding="utf-8", no_network=True, huge_tree=False, remove_comments=True, remove_pis=True, recover=True
    )
    try:
        root = html.document_fromstring(text.encode("utf-8", "replace"), parser=parser)
    except (etree.LxmlError, ValueError) as error:
        raise Damaged("html") from error
    return root, any(entry.type == RESOURCE_LIMIT for entry in parser.error_log)


def tree_of_xhtml(data: bytes, name: str) -> Any:
    """The tree of an e-book's part: as XML, else as the HTML it is instead. Raises Damaged."""
    from vnclone.documents.charsets import decoded_page

    try:
        return parsed(_ENTITY.sub(_character, data), name)
    except Damaged:
        return tree_of_html(decoded_page(data))


def _character(match: re.Match[bytes]) -> bytes:
    """`&nbsp;` and its kind are HTML's: XML knows five."""
    if match[1] in _PREDEFINED:
        return match[0]
    found = html5.get(f"{match[1].decode()};")
    return "".join(f"&#{ord(letter)};" for letter in found).encode() if found else match[0]
