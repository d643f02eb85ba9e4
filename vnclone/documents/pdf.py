"""PDF: pages with their type and lines in, paragraphs out; pages without letters go to OCR."""

from __future__ import annotations

import time
from contextlib import suppress
from typing import Any

from vnclone.documents import forms, layout, notices, outline, scans
from vnclone.documents.draft import READING, Asked, Block, Draft
from vnclone.documents.glyphs import sheet
from vnclone.documents.lines import Line, rows
from vnclone.documents.scans import Page
from vnclone.documents.tables import without_tables
from vnclone.errors import BadInput, Locked
from vnclone.models import Said
from vnclone.sandbox import Report

_OFTEN = 10  # pages between two reports
_STORE_PAGES = 200  # pages after which MuPDF's store of fonts and pictures is emptied
_SLOW_SECONDS = 5.0  # for one page


def read(path: str, asked: Asked, report: Report) -> Draft:
    """The PDF at `path`.

    Raises BadInput for a damaged file, or scans where there is no OCR; Locked for a missing or wrong password;
    ManyPages or TooLarge above the limits.
    """
    with opened(path, asked.password) as document:
        count = page_count(document)
        if count == 0:
            raise notices.broken()
        asked.check_pages(count)
        return _draft(document, count, report)


def opened(path: str, password: str | None) -> Any:
    """The PyMuPDF document at `path`, unlocked. Raises BadInput for a damaged file, Locked without its password."""
    pymupdf = _pymupdf()
    pymupdf.TOOLS.mupdf_display_errors(False)
    pymupdf.TOOLS.mupdf_display_warnings(False)
    try:
        document = pymupdf.open(path, filetype="pdf")
    except (RuntimeError, ValueError, pymupdf.mupdf.FzErrorBase) as error:
        raise notices.broken() from error
    try:
        _unlock(document, password)
    except Locked:
        document.close()
        raise
    return document


def _unlock(document: Any, password: str | None) -> None:
    if not document.needs_pass:
        return
    if password is None or password == "":
        raise Locked(
            "Tệp PDF này được bảo vệ bằng mật khẩu. Hãy nhập mật khẩu của tệp rồi thử lại.",
            "This PDF is protected by a password. Enter the file's password and try again.",
        )
    if not document.authenticate(password):
        raise Locked(
            "Mật khẩu của tệp PDF không đúng. Hãy kiểm tra chữ hoa, chữ thường rồi nhập lại.",
            "The password of this PDF is wrong. Check upper and lower case, then enter it again.",
        )


def _pymupdf() -> Any:
    """PyMuPDF, imported at first need: it takes 0.2 s and is only half typed."""
    import pymupdf

    return pymupdf


def page_count(document: Any) -> int:
    """0 where the file's list of pages cannot be read."""
    import pymupdf

    try:
        return int(document.page_count)
    except (RuntimeError, ValueError, RecursionError, pymupdf.mupdf.FzErrorBase):
        return 0


def _draft(document: Any, count: int, report: Report) -> Draft:
    pages = _pages(document, count, report)
    damaged = sorted(set(range(1, count + 1)) - set(pages))
    recognised = scans.recognise(document, pages, report)
    notes = list(recognised.notes)
    if damaged:
        notes.append(notices.damaged(damaged))
    elif document.is_repaired:
        notes.append(notices.repaired())
    lines = {number: page.lines for number, page in pages.items()}
    if count == 1 and forms.is_placeholder(lines.get(1, [])) and (filled := forms.blocks(document)):
        return Draft(_title(document), tuple(filled), count, tuple(notes))
    if not any(lines.values()):
        blocks = forms.blocks(document)
        _refuse_silence(document, blocks, notes, bool(damaged))
        return Draft(_title(document), tuple(blocks), count, tuple(notes))
    titles = outline.titles(document, lines)
    blocks = layout.blocks([lines[number] for number in sorted(lines)], titles)
    return Draft(_title(document), tuple(blocks), count, tuple(notes), tuple(recognised.scans))


def _refuse_silence(document: Any, blocks: list[Block], notes: list[Said], is_damaged: bool) -> None:
    """Raises BadInput for a document without any text, naming why where that is known."""
    if blocks:
        return
    if is_damaged or document.is_repaired:
        raise notices.broken()
    if notes:
        raise BadInput(f"Không đọc được chữ nào. {notes[0].vi}", f"No text could be read. {notes[0].en}")


def _title(document: Any) -> str:
    return str((document.metadata or {}).get("title") or "")


def _pages(document: Any, count: int, report: Report) -> dict[int, Page]:
    """What can be read of each page; damaged ones are left out."""
    pymupdf = _pymupdf()
    pages: dict[int, Page] = {}
    with_widgets, with_rules = bool(document.is_form_pdf), True
    for number in range(1, count + 1):
        # MuPDF repairs a file while it reads, and may find fewer pages than there were at first: an IndexError.
        with suppress(RuntimeError, ValueError, IndexError, RecursionError, pymupdf.mupdf.FzErrorBase):
            start = time.monotonic()
            pages[number] = _page(document, number, with_widgets, with_rules)
            # Millions of drawn paths on one page: what may follow is read without them, and without tables.
            with_rules = with_rules and time.monotonic() - start < _SLOW_SECONDS
        if number % _OFTEN == 0:
            report(READING, 0.5 * number / count)
        if number % _STORE_PAGES == 0:
            pymupdf.TOOLS.store_shrink(100)
    return pages


def _page(document: Any, number: int, with_widgets: bool, with_rules: bool) -> Page:
    found = sheet(document[number - 1], with_widgets, with_rules)
    pieces, table = without_tables(found.pieces, found.rules, number, found.height)
    lines: list[Line] = rows(pieces, number, found.height) + table
    return Page(lines, scans.doubt(found, lines))
