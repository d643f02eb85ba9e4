"""Web pages: what the page says, without its menus, heads and feet where it tells them apart."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from vnclone.documents.charsets import decoded_page
from vnclone.documents.draft import Asked, Draft
from vnclone.documents.markup import local, tree_of_html, walked
from vnclone.documents.refusals import no_text
from vnclone.documents.zipped import Damaged, spaced
from vnclone.errors import TooLarge
from vnclone.sandbox import Report

MAX_BYTES = 30 << 20
_AROUND = ("nav", "footer", "aside")
_AROUND_ROLES = ("navigation", "banner", "contentinfo", "complementary", "search", "menu", "dialog", "alert")
_MAIN_SHARE = 0.4  # of a page's letters: an article with fewer is one of many
_LEAST_SHARE = 0.3  # of them must be left when what is around is dropped; else it was no frame


def read(path: str, asked: Asked, report: Report) -> Draft:
    """The page at `path`. Raises TooLarge above 30 MiB, BadInput where there is no text."""
    if Path(path).stat().st_size > MAX_BYTES:
        raise _too_large()
    text = decoded_page(Path(path).read_bytes())
    try:
        root = tree_of_html(text)
    except Damaged as error:
        raise no_text() from error
    page = walked(_main(root), _around(root))
    return Draft(_title(root), tuple(page.blocks))


def _too_large() -> TooLarge:
    return TooLarge(
        "Trang web này lớn hơn 30 MB. Hãy chia thành nhiều tệp nhỏ hơn.",
        "This web page is larger than 30 MB. Split it into several files.",
    )


def _title(root: Any) -> str:
    title = root.find(".//title")
    return spaced("".join(title.itertext())) if title is not None else ""


def _letters(element: Any) -> int:
    return sum(len(text.strip()) for text in element.itertext())


def _main(root: Any) -> Any:
    """The one part that is said to be the main one, where it holds much of the page; else the page."""
    body = root.find(".//body")
    page = body if body is not None else root
    whole = _letters(page)
    for found in (_named(page, "main"), _named(page, "article")):
        if len(found) == 1 and _letters(found[0]) >= _MAIN_SHARE * whole:
            return found[0]
    return page


def _named(page: Any, name: str) -> list[Any]:
    elements = [element for element in page.iter() if local(element) == name or element.get("role") == name]
    return [element for element in elements if element.getparent() not in elements]


def _around(root: Any) -> list[Any]:
    """Menus, feet and side columns; none where hardly anything would be left."""
    body = root.find(".//body")
    page = body if body is not None else root
    found = [element for element in page.iter() if local(element) in _AROUND or element.get("role") in _AROUND_ROLES]
    inner = set(found)
    outermost = [element for element in found if not any(parent in inner for parent in element.iterancestors())]
    left = _letters(page) - sum(_letters(element) for element in outermost)
    return outermost if left >= _LEAST_SHARE * _letters(page) else []
