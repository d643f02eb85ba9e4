"""E-books (EPUB 2 and 3): the spine's parts in order, headings by the book's own table of contents."""

from __future__ import annotations

import posixpath
from dataclasses import dataclass, replace
from typing import Any

from vnclone.documents.draft import READING, Asked, Block, Draft
from vnclone.documents.markup import Page, local, tree_of_xhtml, types, walked
from vnclone.documents.zipped import Damaged, Package, broken_zip, opened, salvaged, spaced, within
from vnclone.errors import BadInput
from vnclone.models import Said
from vnclone.sandbox import Report
from vnclone.text.tidy import fold

_PAGES = ("application/xhtml+xml", "text/html", "application/xml", "text/xml", "application/x-dtbook+xml")
_PAGE_NAMES = (".xhtml", ".html", ".htm", ".xml")
# Fonts are scrambled, not locked: the ways of IDPF and of Adobe.
_SCRAMBLED = ("http://www.idpf.org/2008/embedding", "http://ns.adobe.com/pdf/enc#RC")
_RIGHTS = ("META-INF/rights.xml", "META-INF/sinf.xml", "META-INF/license.lcpl")
_MAX_ENTRIES = 20_000
_MAX_LEVEL = 9
_NEAR = 4  # blocks within which a heading of the table of contents must stand


@dataclass(frozen=True, slots=True)
class Entry:
    """A line of the book's table of contents: where it points, and how deep it stands."""

    title: str
    part: str
    anchor: str
    level: int


@dataclass(frozen=True, slots=True)
class _Book:
    title: str
    spine: list[str]
    nav: str
    ncx: str


def read(path: str, asked: Asked, report: Report) -> Draft:
    """The book at `path`. A damaged part costs that part, which the notes name.

    Raises BadInput for a book under copy protection, or without one readable part.
    """
    with opened(path) as package:
        _refuse_locked(package)
        book = _book(package)
        entries = _entries(package, book)
        return _draft(package, book, entries, report)


def _draft(package: Package, book: _Book, entries: list[Entry], report: Report) -> Draft:
    blocks: list[Block] = []
    lost: list[str] = []
    for number, part in enumerate(book.spine):
        try:
            page = walked(tree_of_xhtml(package.data(part), part))
        except Damaged:
            lost.append(part)
            continue
        own = [entry for entry in entries if entry.part == part]
        blocks += _contents(page) if part == book.nav else _with_entries(page, own, len(entries) > 1)
        report(READING, (number + 1) / len(book.spine))
    if not blocks and lost:
        raise broken_zip()
    return Draft(book.title, tuple(blocks), None, (_lost_note(lost),) if lost else ())


def _refuse_locked(package: Package) -> None:
    locked = any(name in package for name in _RIGHTS)
    for element in package.optional("META-INF/encryption.xml").iter():
        if local(element) == "encrypteddata":
            methods = [child.get("Algorithm") for child in element.iter() if local(child) == "encryptionmethod"]
            locked = locked or not any(method in _SCRAMBLED for method in methods)
    if locked:
        raise BadInput(
            "Sách này được khoá bản quyền (DRM) nên chỉ mở được bằng ứng dụng của nơi bán. "
            "Hãy dùng một bản EPUB không khoá.",
            "This book is under copy protection (DRM): only the shop's own program can open it. "
            "Use an EPUB without protection.",
        )


def _book(package: Package) -> _Book:
    name = _package_file(package)
    folder = posixpath.dirname(name)
    data = package.data(name)
    try:
        root = package.xml(name)
    except Damaged:
        root = salvaged(data, name)
    items = {e.get("id") or "": e for e in root.iter() if local(e) == "item" and e.get("href")}
    parts = {identity: within(folder, element.get("href")) for identity, element in items.items()}
    listed = [parts.get(e.get("idref") or "", "") for e in root.iter() if local(e) == "itemref"]
    spine = list(dict.fromkeys(part for part in listed if part))
    spine = spine or [parts[identity] for identity, e in items.items() if e.get("media-type") in _PAGES]
    nav = next((parts[i] for i, e in items.items() if "nav" in (e.get("properties") or "").split()), "")
    ncx = next((parts[i] for i, e in items.items() if e.get("media-type") == "application/x-dtbncx+xml"), "")
    title = next((spaced("".join(e.itertext())) for e in root.iter() if local(e) == "title"), "")
    return _Book(title, spine, nav, ncx)


def _package_file(package: Package) -> str:
    """What META-INF/container.xml names, or the only .opf there is."""
    for element in package.optional("META-INF/container.xml").iter():
        target = within("", element.get("full-path") or "") if local(element) == "rootfile" else ""
        if target in package and target:
            return target
    named = sorted(name for name in package.members if name.endswith(".opf"))
    if not named:
        raise broken_zip()
    return named[0]


def _entries(package: Package, book: _Book) -> list[Entry]:
    """The lines of the table of contents: EPUB 3's nav, else EPUB 2's NCX."""
    found: list[Entry] = []
    if book.nav:
        root = package.optional(book.nav)
        if local(root) == "missing" and book.nav in package:
            root = _loose(package, book.nav)
        for nav in root.iter():
            if local(nav) == "nav" and ("toc" in types(nav) or not types(nav)):
                found += _nav_entries(nav, posixpath.dirname(book.nav))
                break
    if not found and book.ncx:
        found = _ncx_entries(package.optional(book.ncx), posixpath.dirname(book.ncx))
    return found[:_MAX_ENTRIES]


def _loose(package: Package, name: str) -> Any:
    from lxml import etree

    try:
        return tree_of_xhtml(package.data(name), name)
    except Damaged:
        return etree.Element("missing")


def _nav_entries(nav: Any, folder: str) -> list[Entry]:
    found = []
    for link in nav.iter():
        if local(link) == "a" and link.get("href"):
            depth = sum(local(parent) == "ol" for parent in link.iterancestors())
            found.append(_entry("".join(link.itertext()), link.get("href"), folder, depth))
    return found


def _ncx_entries(root: Any, folder: str) -> list[Entry]:
    found = []
    for point in root.iter():
        if local(point) != "navpoint":
            continue
        label = next((c for c in point.iterchildren() if local(c) == "navlabel"), None)
        target = next((c.get("src") for c in point.iterchildren() if local(c) == "content"), None)
        if label is not None and target:
            depth = 1 + sum(local(parent) == "navpoint" for parent in point.iterancestors())
            found.append(_entry("".join(label.itertext()), target, folder, depth))
    return found


def _entry(title: str, target: str, folder: str, depth: int) -> Entry:
    _, _, anchor = target.partition("#")
    return Entry(spaced(title), within(folder, target), anchor, min(max(depth, 1), _MAX_LEVEL))


def _contents(page: Page) -> list[Block]:
    """The table of contents where the book shows it as a page: its lines are surely no headings."""
    return [b if b.level is not None and n == 0 else replace(b, kind="body", level=None, sure=True)
            for n, b in enumerate(page.blocks)]  # fmt: skip


def _with_entries(page: Page, entries: list[Entry], trusted: bool) -> list[Block]:
    """The page's blocks, with the headings that the table of contents gives it; its own h1 to h6 go below those."""
    if not trusted:
        return page.blocks
    lowest = max((entry.level for entry in entries), default=1)
    blocks = [replace(b, level=min(lowest + b.level, 12)) if b.level else b for b in page.blocks]
    before: dict[int, list[Block]] = {}
    taken: set[int] = set()
    for entry in entries:
        place = page.anchors.get(entry.anchor, 0) if entry.anchor else 0
        found = _found(blocks, place, entry.title, taken)
        for number in found:
            blocks[number] = replace(blocks[number], kind="heading", level=entry.level, sure=True)
            taken.add(number)
        if not found and fold(entry.title) and len(entry.title) < 300:
            before.setdefault(place, []).append(Block(entry.title, "heading", level=entry.level, sure=True))
    return [b for n in range(len(blocks) + 1) for b in (*before.get(n, ()), *blocks[n : n + 1])]


def _found(blocks: list[Block], place: int, title: str, taken: set[int]) -> list[int]:
    """The blocks that say an entry's title: one, or two or three in a row ("Chương 1", "Trở về")."""
    wanted = fold(title)
    for first in range(place, min(place + _NEAR, len(blocks))):
        said = ""
        for last in range(first, min(first + 3, len(blocks))):
            if last in taken or blocks[last].kind == "table row" or len(blocks[last].text) > 300:
                break
            said += fold(blocks[last].text)
            if wanted and (said == wanted or (first == last and _is_most(said, wanted))):
                return list(range(first, last + 1))
    return []


def _is_most(said: str, wanted: str) -> bool:
    """A heading may say a little more than its entry, or its name without the number."""
    shorter, longer = sorted((said, wanted), key=len)
    return bool(shorter) and shorter in longer and len(shorter) > 0.5 * len(longer)


def _lost_note(lost: list[str]) -> Said:
    names = ", ".join(posixpath.basename(name)[:60] for name in lost[:5])
    return Said(
        f"{len(lost)} phần của sách bị hỏng nên không đọc được: {names}.",
        f"{len(lost)} parts of this book are damaged and could not be read: {names}.",
    )
