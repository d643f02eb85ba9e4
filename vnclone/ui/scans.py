"""Pages that were read by OCR: which are doubtful, and any of them as a picture beside its text."""

from __future__ import annotations

from vnclone.models import Document, Scan
from vnclone.ui.formatting import number
from vnclone.ui.markup import button, e, notice
from vnclone.ui.paragraphs import on_page, paragraphs
from vnclone.ui.view import About, View
from vnclone.ui.words import say

SURE = 80  # percent; below it a page is shown as doubtful
LISTED = 30


def scans(document: Document, view: View, about: About, language: str) -> str:
    """The panel, folded until a page is looked at; nothing where nothing was scanned."""
    if not document.scans:
        return ""
    doubtful = [scan for scan in document.scans if scan.confidence < SURE]
    count, unsure = number(len(document.scans), language), number(len(doubtful), language)
    title = say("scans_doubtful", language, count=count, doubtful=unsure) if doubtful else ""
    inside = f'<p class="v-hint">{e(say("scans_hint", language))}</p>{_doubtful(doubtful, view, language)}'
    inside += _choose(document, view, language) + _looked_at(document, view, about, language)
    return (
        f'<details class="v-more v-scans" id="scans-{e(document.id)}"{" open" if view.page else ""}>'
        f"<summary>{e(title or say('scans', language, count=count))}</summary><div>{inside}</div></details>"
    )


def _doubtful(found: list[Scan], view: View, language: str) -> str:
    """A button a page, the ones to look at."""
    shown = "".join(
        button(
            say("scan_sure", language, number=scan.page, percent=scan.confidence),
            "look",
            page=scan.page,
            **({"current": "true"} if scan.page == view.page else {}),
        )
        for scan in found[:LISTED]
    )
    left = len(found) - LISTED
    if left > 0:
        shown += f'<span class="v-hint">{e(say("scan_more", language, count=number(left, language)))}</span>'
    return f'<div class="v-actions">{shown}</div>' if shown else ""


def _choose(document: Document, view: View, language: str) -> str:
    """A field for the number of any scanned page."""
    pages = [scan.page for scan in document.scans]
    name = f"scan-{e(document.id)}"
    value = view.page or pages[0]
    return (
        f'<form class="v-inline" data-ask data-action="look"><label for="{name}">{e(say("scan_choose", language))}'
        f'</label><input type="number" id="{name}" name="page" min="{min(pages)}" max="{max(pages)}" value="{value}">'
        f'<button type="submit" class="v-button v-quiet">{e(say("scan_look", language))}</button></form>'
    )


def _looked_at(document: Document, view: View, about: About, language: str) -> str:
    """The picture of a page and the paragraphs that begin on it, side by side."""
    pages = [scan.page for scan in document.scans]
    if not view.page:
        return ""
    if view.page not in pages:
        return notice(say("scan_not", language))
    scan = document.scans[pages.index(view.page)]
    found = on_page(document, view.page)
    nothing = f'<p class="v-hint">{e(say("scan_nothing", language))}</p>'
    text = paragraphs(found, document.skipped, language) if found else nothing
    title = say("scan_sure", language, number=scan.page, percent=scan.confidence)
    head = (
        f'<div class="v-head"><h3>{e(title)}</h3><div class="v-actions">{_turn(pages, view.page, language)}</div></div>'
    )
    return f'{head}<div class="v-scan">{_picture(scan.page, about, language)}<div>{text}</div></div>'


def _picture(page: int, about: About, language: str) -> str:
    address, alternative = e(about.link(page)), e(say("scan_picture", language, number=page))
    failed = e(say("scan_failed", language))
    return (
        f'<a class="v-picture" href="{address}" target="_blank" rel="noreferrer">'
        f'<img src="{address}" alt="{alternative}" data-failed="{failed}"></a>'
    )


def _turn(pages: list[int], page: int, language: str) -> str:
    """To the neighbouring scanned pages, and away."""
    at = pages.index(page)
    before = button("←", "look", page=pages[at - 1], label=say("scan_before", language)) if at else ""
    after = button("→", "look", page=pages[at + 1], label=say("scan_after", language)) if at + 1 < len(pages) else ""
    return before + after + button(say("scan_close", language), "look", page="none")
