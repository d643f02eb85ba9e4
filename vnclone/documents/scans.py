"""Which pages of a document need OCR, and what it made of them."""

from __future__ import annotations

import re
import unicodedata
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from vnclone.documents import notices, ocr, syllables
from vnclone.documents.glyphs import Sheet, large_picture
from vnclone.documents.lines import Line
from vnclone.models import Said, Scan
from vnclone.sandbox import Report
from vnclone.text.tidy import fold

Doubt = Literal["", "empty", "few", "garbage", "poor"]

_MIN_CHARACTERS = 50  # on a page with a picture over half of it: fewer are a stamp or a link, not its text
_STRAY_CHARACTERS = 400  # a stamp of a signature or of a website over a scan is no longer
_STRAY_AREA = 0.04  # of the page, at most: a page's own text covers more
_MAX_GARBAGE = 0.1  # share of control, private and unknown characters above which the fonts have no letters
_PICTURE = 0.25  # of a page without letters: pictures that cover less are an ornament or an advertisement
_MIN_STROKES = 50  # drawn paths on a page without text: letters turned into outlines
_POOR = 0.6  # share of well-formed syllables in a layer that some other program recognised
_UNMARKED = 0.35  # share of words with a Vietnamese letter: "NGHI DINH cua Chinh phu" has lost half of what it says
_CID = re.compile(r"\(cid:\d+\)")
# Controls, (cid:n), private, unknown and unassigned signs: none of these in nearly every page.
_MAYBE_ODD = re.compile("[\x00-\x08\x0e-\x1f\x7f-\x9f\ufff0-\uffff\ue000-\uf8ff\U000e0000-\U0010ffff]|\\(cid:")
_ODD = frozenset(("Cc", "Co", "Cn"))


@dataclass(slots=True)
class Page:
    """A page's lines, and why they may not be its text: nothing, a few stray ones, unknown signs, a poor OCR layer."""

    lines: list[Line]
    doubt: Doubt = ""


@dataclass(frozen=True, slots=True)
class Recognised:
    """What OCR did: sentences for people, and each page it read with its confidence."""

    notes: tuple[Said, ...] = ()
    scans: tuple[Scan, ...] = ()


def doubt(found: Sheet, lines: Sequence[Line]) -> Doubt:
    """Why OCR may know the page better than its own text; "" where the text is to be trusted."""
    text = "".join(piece.text for piece in found.pieces)
    count = sum(not sign.isspace() for sign in text) if len(text) < 4 * _STRAY_CHARACTERS else len(text)
    if count == 0:
        return "empty" if large_picture(found, _PICTURE) or found.paths >= _MIN_STROKES else ""
    if not found.has_legacy_font and _garbage_share(text) > _MAX_GARBAGE:
        return "garbage"
    if not found.pictures or not large_picture(found):
        return ""
    if found.hidden > 0.5 * count and count >= _MIN_CHARACTERS:
        return "poor" if _is_poor(lines) else ""
    if count < _MIN_CHARACTERS or (count < _STRAY_CHARACTERS and _covered(found) < _STRAY_AREA):
        return "few"
    return ""


def _covered(found: Sheet) -> float:
    """The share of the page that letters cover."""
    letters = sum((piece.x1 - piece.x0) * (piece.y1 - piece.y0) for piece in found.pieces)
    return letters / max(found.width * found.height, 1)


def _garbage_share(text: str) -> float:
    if not _MAYBE_ODD.search(text):
        return 0.0
    odd = sum(count for sign, count in Counter(text).items() if _is_odd(sign))
    return (odd + 6 * len(_CID.findall(text))) / len(text)


def _is_odd(sign: str) -> bool:
    return sign == "\ufffd" or (unicodedata.category(sign) in _ODD and sign not in "\t\n\r")


def _is_poor(lines: Sequence[Line]) -> bool:
    """Whether a layer over a scan is neither Vietnamese nor English: recognised without the marks, or badly."""
    text = _text(lines)
    is_vietnamese = syllables.share(text) >= _POOR and syllables.marked(text) >= _UNMARKED
    return not is_vietnamese and not syllables.is_english(text)


def _text(lines: Sequence[Line]) -> str:
    return "\n".join(line.text for line in lines)


def recognise(document: Any, pages: Mapping[int, Page], report: Report) -> Recognised:
    """Replace the lines of doubtful pages by what OCR reads, where that is more."""
    doubtful = sorted(number for number, page in pages.items() if page.doubt)
    if not doubtful:
        return Recognised()
    _drop_stamps(pages, doubtful)
    if not ocr.languages():
        return Recognised((notices.no_ocr(doubtful),)) if doubtful else Recognised()
    read: list[Scan] = []
    for result in ocr.read_pages(_pictures(document, doubtful), len(doubtful), report):
        page = pages[result.page]
        if _is_better(result.lines, page):
            page.lines = result.lines
            read.append(Scan(result.page, result.confidence))
    unread = [number for number in doubtful if not pages[number].lines]
    notes = [notices.recognised([scan.page for scan in read])] if read else []
    notes += [notices.unread(unread)] if unread else []
    return Recognised(tuple(notes), tuple(read))


def _pictures(document: Any, numbers: Sequence[int]) -> Iterator[tuple[int, Any, float]]:
    """(number, picture, height in points) of each page; those that cannot be drawn are left out."""
    import pymupdf

    for number in numbers:
        try:
            page = document[number - 1]
            picture, height = ocr.render(page), page.rect.height
        except (RuntimeError, ValueError, IndexError, pymupdf.mupdf.FzErrorBase):
            continue  # told as unread by the caller
        yield number, picture, height


def _drop_stamps(pages: Mapping[int, Page], doubtful: Sequence[int]) -> None:
    """Text that several scanned pages share is a stamp; unknown signs are no text at all."""
    said = {number: fold("".join(line.text for line in pages[number].lines)) for number in doubtful}
    times = Counter(said.values())
    for number in doubtful:
        if pages[number].doubt == "garbage" or (pages[number].doubt == "few" and times[said[number]] > 1):
            pages[number].lines = []


def _is_better(lines: Sequence[Line], page: Page) -> bool:
    """Whether OCR read more than what the page says itself (a slide's few words stay as they are)."""
    own, read = _text(page.lines), _text(lines)
    if page.doubt == "poor":
        return _sense(read) > _sense(own)
    return len(fold(read)) > 1.5 * len(fold(own))


def _sense(text: str) -> float:
    """How much like Vietnamese it is: words without their marks are syllables too, but say little."""
    return syllables.share(text) + syllables.marked(text)
