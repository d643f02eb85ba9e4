"""A page as a picture, to be shown beside the text that OCR made of it. Called in a limited child process."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from vnclone.documents import image, pdf
from vnclone.errors import BadInput, NotFound
from vnclone.sandbox import Report

MOST_WIDTH = 1600  # pixels
_MOST_HEIGHT = 4 * MOST_WIDTH
_QUALITY = 85


def page_picture(path: str, page: int, width: int, out: str, report: Report, password: str | None = None) -> None:
    """Draw page `page` (from 1) of the PDF or picture at `path` into `out`, at most `width` (to 1,600) pixels wide.

    `out` ends in .png, or is a JPEG. Raises NotFound for a page that is not there, BadInput for a damaged file, Locked
    without its password.
    """
    width = max(1, min(width, MOST_WIDTH))
    with open(path, "rb") as file:
        is_pdf = b"%PDF" in file.read(1024)
    drawn = _of_pdf(path, page, width, password) if is_pdf else _of_image(path, page, width)
    if Path(out).suffix.lower() == ".png":
        drawn.save(out, format="PNG")
    else:
        drawn.save(out, format="JPEG", quality=_QUALITY)


def _of_pdf(path: str, page: int, width: int, password: str | None) -> Any:
    import pymupdf
    from PIL import Image

    with pdf.opened(path, password) as document:
        _check(page, pdf.page_count(document))
        try:
            shown = document[page - 1]
            scale = min(width / max(shown.rect.width, 1), _MOST_HEIGHT / max(shown.rect.height, 1))
            drawn = shown.get_pixmap(matrix=(scale, 0, 0, scale, 0, 0), colorspace="RGB", alpha=False)
        except (RuntimeError, ValueError, pymupdf.mupdf.FzErrorBase) as error:
            raise _undrawable() from error
        return Image.frombytes("RGB", (drawn.width, drawn.height), drawn.samples)


def _of_image(path: str, page: int, width: int) -> Any:
    with image.opened(path) as picture:
        _check(page, image.frames(picture))
        drawn = image.frame(picture, page)
    drawn.thumbnail((width, _MOST_HEIGHT))
    return drawn


def _check(page: int, count: int) -> None:
    if not 1 <= page <= count:
        raise NotFound(
            f"Tài liệu không có trang {page}: chỉ có {count} trang.",
            f"There is no page {page} in this document: it has {count}.",
        )


def _undrawable() -> BadInput:
    return BadInput(
        "Trang này bị hỏng nên không hiện được ảnh của trang.",
        "This page is damaged, so its picture cannot be shown.",
    )
