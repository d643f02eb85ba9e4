"""Scanned pages: pictures in, printed lines out, by Tesseract where it is installed, several pages at once.

The child process that this runs in has OMP_THREAD_LIMIT=1: Tesseract's threads wait for each other, and a page takes
10.3 s with them, 1.5 s without.
"""

from __future__ import annotations

import os
import shutil
import tempfile
import time
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path
from statistics import median
from typing import Any

from vnclone.documents import cleaning, syllables
from vnclone.documents.lines import Line
from vnclone.errors import lasting
from vnclone.models import Said
from vnclone.sandbox import Report

INSTALL = "apt install tesseract-ocr tesseract-ocr-vie"
DPI = 200  # 0.16 % of characters wrong on clean pages, against 0.53 % at 300
MAX_PIXELS = 25_000_000
PAGE_SECONDS = 120  # for one look at one page
MOST_WORKERS = 4
_WORD_CONFIDENCE = 30  # of 100; the mean of a line below this is a stamp, a signature or dust
_LINE_TO_TYPE = 0.75  # Tesseract's line boxes reach from ascender to descender
_DOUBTFUL = 75  # mean confidence of a page below which it is looked at again, cleaned
_VIETNAMESE = 0.5  # share of well-formed syllables below which a page lies on its side or head, or is English

Table = dict[str, list[Any]]


@dataclass(frozen=True, slots=True)
class Result:
    """What was read on a page: its lines, and the mean confidence of its letters, 0 to 100."""

    page: int
    lines: list[Line]
    confidence: int


@dataclass(frozen=True, slots=True)
class _Look:
    """What Tesseract made of one picture. `weight`: letters times their confidence, to compare looks by."""

    table: Table
    picture: Any
    confidence: float
    weight: float

    @property
    def text(self) -> str:
        return " ".join(str(word) for word in self.table["text"])


def languages() -> str:
    """What pages can be read in: "vie+eng" or "vie"; "" when Tesseract or its Vietnamese model is not installed.

    Both at once read Vietnamese worse (0.941 against 0.961 of the words of a real scan): English is only for pages
    that turn out not to be Vietnamese.
    """
    installed = _installed()
    if "vie" not in installed:
        return ""
    return "vie+eng" if "eng" in installed else "vie"


@cache
def _installed() -> frozenset[str]:
    import pytesseract

    if not shutil.which("tesseract"):
        return frozenset()
    try:
        return frozenset(pytesseract.get_languages())
    except (pytesseract.TesseractError, OSError):
        return frozenset()


def render(page: Any) -> Any:
    """The page as a Pillow image at 200 dpi, smaller where that would be above 25 megapixels."""
    from PIL import Image

    scale = DPI / 72
    pixels = page.rect.width * page.rect.height * scale * scale
    scale *= min(1.0, (MAX_PIXELS / max(pixels, 1)) ** 0.5)
    picture = page.get_pixmap(matrix=(scale, 0, 0, scale, 0, 0), colorspace="RGB", alpha=False)
    return Image.frombytes("RGB", (picture.width, picture.height), picture.samples)


def workers() -> int:
    """How many pages are read at once: as many as there are processors, at most four."""
    count = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    return max(1, min(MOST_WORKERS, count))


def read_pages(
    pictures: Iterable[tuple[int, Any, float]], count: int, report: Report, at_once: int | None = None
) -> Iterator[Result]:
    """A result for each (page number, picture, page height in points), in order, `at_once` pages at a time.

    Pictures are made in this thread, since PyMuPDF is not made for several; Tesseract's processes run beside it.
    `count` is how many there will be, for the progress that is reported.
    """
    at_once = at_once or workers()
    progress = _Progress(count, report)
    with ThreadPoolExecutor(at_once) as pool:
        waiting: deque[tuple[int, Future[Result]]] = deque()
        for number, picture, height in pictures:
            waiting.append((number, pool.submit(read_page, picture, number, height)))
            if len(waiting) > at_once:  # no more pictures in memory than processes can take
                yield progress.after(waiting.popleft()[1], report)
        while waiting:
            yield progress.after(waiting.popleft()[1], report)


class _Progress:
    """Says page x of y, and how long the rest will take at the pace so far."""

    def __init__(self, count: int, report: Report) -> None:
        self._count, self._done, self._start = count, 0, time.monotonic()
        report(self._said(), 0.5)

    def after(self, future: Future[Result], report: Report) -> Result:
        result = future.result()
        self._done += 1
        report(self._said(), 0.5 + 0.5 * self._done / max(self._count, self._done))
        return result

    def _said(self) -> Said:
        place = f"{min(self._done + 1, self._count)}/{self._count}"
        left = (self._count - self._done) * (time.monotonic() - self._start) / max(self._done, 1)
        vi, en = f"Đang nhận dạng chữ trang {place}", f"Recognising the text of page {place}"
        if self._done and left >= 5:
            rounded = round(left / 60) * 60 if left >= 90 else max(5, round(left / 5) * 5)
            vi, en = f"{vi}, còn khoảng {lasting(rounded)}", f"{en}, about {lasting(rounded, 'en')} left"
        return Said(f"{vi}…", f"{en}…")


def read_page(picture: Any, number: int, page_height: float) -> Result:
    """The printed lines of a page picture (Pillow, colour or grey), looked at again where one look is doubtful."""
    look = _best_look(picture)
    if look is None:
        return Result(number, [], 0)
    lines = list(_lines(look.table, number, page_height, look.picture.height / page_height))
    usual = median(line.size for line in lines) if lines else 0.0
    # A box is as high as its letters happen to reach: only the page's usual size can be trusted.
    return Result(number, [replace(line, size=usual) for line in lines], round(look.confidence))


def _best_look(picture: Any) -> _Look | None:
    grey = cleaning.straightened(cleaning.evened(cleaning.grey(picture)))
    best = _looked(grey)
    if stampless := cleaning.without_stamps(picture):
        best = _better(best, lambda: cleaning.straightened(cleaning.evened(stampless)))
    if best is None or best.confidence < _DOUBTFUL:
        best = _better(best, lambda: cleaning.despeckled(grey))
    if best is None or best.confidence < _DOUBTFUL or syllables.share(best.text) < _VIETNAMESE:
        best = _turned(best, cleaning.grey(picture))
    if best and "eng" in _installed() and syllables.share(best.text) < _VIETNAMESE:
        seen = best.picture
        best = _better(best, lambda: seen, "eng+vie")
    return best


def _better(best: _Look | None, make: Callable[[], Any], language: str = "vie") -> _Look | None:
    look = _looked(make(), language)
    return look if look and (best is None or look.weight > best.weight) else best


def _turned(best: _Look | None, grey: Any) -> _Look | None:
    """The page turned upright, where that makes its letters surer."""
    for angle in _likely_turns(grey):
        look = _looked(cleaning.straightened(grey.rotate(angle, expand=True, fillcolor=255)))
        if look and (best is None or look.weight > 1.2 * best.weight):
            best = look
        if best and best.confidence > _DOUBTFUL:
            break
    return best


def _likely_turns(grey: Any) -> list[int]:
    """Degrees counter-clockwise to try, the likeliest first, by Tesseract's own look at the script."""
    import pytesseract

    if "osd" not in _installed():
        return [90, 270, 180]
    try:
        found = pytesseract.image_to_osd(grey, output_type=pytesseract.Output.DICT, timeout=PAGE_SECONDS)
    except (pytesseract.TesseractError, RuntimeError):
        return [90, 270, 180]
    turn = -int(found.get("rotate", 0)) % 360
    return [turn] if turn else []


def _looked(grey: Any, language: str = "vie") -> _Look | None:
    """One look at a grey picture; None where Tesseract fails on it or needs too long."""
    import pytesseract

    with tempfile.TemporaryDirectory(prefix="ocr-") as folder:
        path = Path(folder) / "page.pgm"  # no time is lost on packing it
        grey.save(path)
        try:
            table = pytesseract.image_to_data(
                str(path),
                language,
                config=f"--psm 3 --dpi {DPI}",
                timeout=PAGE_SECONDS,
                output_type=pytesseract.Output.DICT,
            )
        except (pytesseract.TesseractError, RuntimeError):  # RuntimeError is pytesseract's time limit
            return None
    sure = [(float(conf), len(str(text).strip())) for conf, text in zip(table["conf"], table["text"], strict=True)]
    letters = sum(length for conf, length in sure if conf >= 0)
    weight = sum(conf * length for conf, length in sure if conf >= 0)
    return _Look(table, grey, weight / max(letters, 1), weight)


def _lines(table: Table, number: int, page_height: float, scale: float) -> Iterator[Line]:
    """Tesseract's words gathered by block, paragraph and line; pixels become points by `scale`."""
    words: dict[tuple[int, int, int], list[int]] = {}
    for place, text in enumerate(table["text"]):
        if str(text).strip():
            key = table["block_num"][place], table["par_num"][place], table["line_num"][place]
            words.setdefault(key, []).append(place)
    for (block, paragraph, _), places in words.items():
        if sum(float(table["conf"][p]) for p in places) / len(places) < _WORD_CONFIDENCE:
            continue
        x0, y0 = min(table["left"][p] for p in places), min(table["top"][p] for p in places)
        x1 = max(table["left"][p] + table["width"][p] for p in places)
        y1 = max(table["top"][p] + table["height"][p] for p in places)
        text = " ".join(str(table["text"][p]).strip() for p in places)
        size = _LINE_TO_TYPE * (y1 - y0) / scale
        box = (x0 / scale, y0 / scale, x1 / scale, y1 / scale)
        yield Line(text, number, *box, size, False, page_height, block * 1000 + paragraph, scanned=True)
