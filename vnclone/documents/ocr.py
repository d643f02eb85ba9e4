"""Scanned pages: one page's grey picture in, its printed lines out, by Tesseract where it is installed.

The child process that this runs in has OMP_THREAD_LIMIT=1: Tesseract's threads wait for each other, and a page takes
10.3 s with them, 1.5 s without.
"""

from __future__ import annotations

import os
import shutil
import time
from collections.abc import Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import replace
from functools import cache
from statistics import median
from typing import Any

from vnclone.documents.layout import Line

INSTALL = "apt install tesseract-ocr tesseract-ocr-vie"
DPI = 200  # 0.16 % of characters wrong on clean pages, against 0.53 % at 300
MAX_PIXELS = 25_000_000
PAGE_SECONDS = 60
BUDGET_SECONDS = 720  # for all pages of a document: what is read by then is worth more than a child killed at 900
_CONFIDENCE = 30  # of 100; the mean of a line below this is a stamp, a signature or dust
_LINE_TO_TYPE = 0.75  # Tesseract's line boxes reach from ascender to descender


@cache
def languages() -> str:
    """What to pass to Tesseract: "vie+eng" or "vie"; "" when it or its Vietnamese model is not installed."""
    import pytesseract

    if not shutil.which("tesseract"):
        return ""
    try:
        installed = pytesseract.get_languages()
    except (pytesseract.TesseractError, OSError):
        return ""
    if "vie" not in installed:
        return ""
    return "vie+eng" if "eng" in installed else "vie"


def render(page: Any) -> Any:
    """The page as a grey Pillow image at 200 dpi, smaller where that would be above 25 megapixels."""
    from PIL import Image

    scale = DPI / 72
    pixels = page.rect.width * page.rect.height * scale * scale
    scale *= min(1.0, (MAX_PIXELS / max(pixels, 1)) ** 0.5)
    picture = page.get_pixmap(matrix=(scale, 0, 0, scale, 0, 0), colorspace="GRAY", alpha=False)
    return Image.frombytes("L", (picture.width, picture.height), picture.samples)


def read_pages(pages: Iterable[tuple[int, Any]]) -> Iterator[tuple[int, list[Line]]]:
    """(page number, lines) of each (page number, page), in order, two or more at once; pages after 720 s are left out.

    Rendering stays in this thread, since PyMuPDF is not made for several; Tesseract's processes run beside it.
    """
    workers = max(1, min(4, len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1))
    deadline = time.monotonic() + BUDGET_SECONDS
    with ThreadPoolExecutor(workers) as pool:
        waiting: list[tuple[int, Future[list[Line]]]] = []
        for number, page in pages:
            if time.monotonic() > deadline:
                break
            waiting.append((number, pool.submit(lines_of, render(page), number, page.rect.height)))
            if len(waiting) > workers:  # no more pictures in memory than processes can take
                done, future = waiting.pop(0)
                yield done, future.result()
        for number, future in waiting:
            yield number, future.result()


def lines_of(picture: Any, number: int, page_height: float) -> list[Line]:
    """The printed lines of a page picture; [] where Tesseract fails on it or needs more than a minute."""
    import pytesseract

    try:
        table = pytesseract.image_to_data(
            picture, languages(), config="--psm 3", timeout=PAGE_SECONDS, output_type=pytesseract.Output.DICT
        )
    except (pytesseract.TesseractError, RuntimeError):  # RuntimeError is pytesseract's time limit
        return []
    lines = list(_lines(table, number, page_height, picture.height / page_height))
    usual = median(line.size for line in lines) if lines else 0.0
    # A box is as high as its letters happen to reach: only the page's usual size can be trusted.
    return [replace(line, size=usual) for line in lines]


def _lines(table: dict[str, list[Any]], number: int, page_height: float, scale: float) -> Iterator[Line]:
    """Tesseract's words gathered by block, paragraph and line; pixels become points by `scale`."""
    words: dict[tuple[int, int, int], list[int]] = {}
    for place, text in enumerate(table["text"]):
        if str(text).strip():
            key = table["block_num"][place], table["par_num"][place], table["line_num"][place]
            words.setdefault(key, []).append(place)
    for (block, paragraph, _), places in words.items():
        if sum(float(table["conf"][p]) for p in places) / len(places) < _CONFIDENCE:
            continue
        x0, y0 = min(table["left"][p] for p in places), min(table["top"][p] for p in places)
        x1 = max(table["left"][p] + table["width"][p] for p in places)
        y1 = max(table["top"][p] + table["height"][p] for p in places)
        text = " ".join(str(table["text"][p]).strip() for p in places)
        size = _LINE_TO_TYPE * (y1 - y0) / scale
        box = (x0 / scale, y0 / scale, x1 / scale, y1 / scale)
        yield Line(text, number, *box, size, False, page_height, block * 1000 + paragraph, scanned=True)
