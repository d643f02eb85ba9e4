"""Pictures of pages: photographs and scans saved as PNG, JPEG, TIFF, WebP, BMP or GIF, read by OCR, a frame a page."""

from __future__ import annotations

import struct
import warnings
import zlib
from collections.abc import Iterator
from typing import Any

from vnclone.documents import layout, notices, ocr
from vnclone.documents.draft import Asked, Draft
from vnclone.errors import BadInput, TooLarge, Unavailable
from vnclone.models import Said, Scan
from vnclone.sandbox import Report

READING = Said("Đang đọc ảnh…", "Reading the picture…")
MOST_PIXELS = 120_000_000  # as declared, before anything is decoded: 0.4 GB of colours, more than any camera in use
_FORMATS = ("PNG", "JPEG", "TIFF", "WEBP", "BMP", "GIF")
# What Pillow's decoders raise on damage.
_DAMAGE = (
    OSError,
    EOFError,
    ValueError,
    SyntaxError,
    LookupError,
    TypeError,
    ArithmeticError,
    AttributeError,
    RuntimeError,
    struct.error,
    zlib.error,
)
_PAGE_HEIGHT = 842.0  # points: a picture is taken for a page of A4, since its own resolution is seldom true
_LONG_SIDE = 2400  # pixels: A4 at 200 dpi, at which Tesseract errs least
_SHORT_SIDE = 1000  # a smaller picture is a cutting or a screenshot, whose letters are too small as they are


def read(path: str, asked: Asked, report: Report) -> Draft:
    """The text of the picture at `path`.

    Raises BadInput for a damaged picture or one without letters; TooLarge for too many pixels or frames; ManyPages
    above the pages to be read unasked; Unavailable where there is no OCR.
    """
    with opened(path) as picture:
        count = frames(picture)
        asked.check_pages(count)
        if not ocr.languages():
            raise _no_ocr()
        report(READING, 0.0)
        results = list(ocr.read_pages(_pages(picture, count), count, _second_half(report)))
    if not results:
        raise broken()
    blocks = layout.blocks([result.lines for result in results])
    if not blocks:
        raise _no_letters()
    read_pages = [result for result in results if result.lines]
    unread = sorted(set(range(1, count + 1)) - {result.page for result in read_pages})
    notes = [notices.recognised([result.page for result in read_pages])]
    notes += [notices.unread(unread)] if unread else []
    confidences = tuple(Scan(result.page, result.confidence) for result in read_pages)
    return Draft("", tuple(blocks), count, tuple(notes), confidences)


def opened(path: str) -> Any:
    """The Pillow picture at `path`, nothing of it decoded. Raises BadInput for a damaged one, TooLarge for a bomb."""
    from PIL import Image

    Image.MAX_IMAGE_PIXELS = MOST_PIXELS
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error", Image.DecompressionBombWarning)
            return Image.open(path, formats=_FORMATS)
    except (Image.DecompressionBombError, Image.DecompressionBombWarning) as error:
        raise _too_large() from error
    except _DAMAGE as error:
        raise broken() from error


def frames(picture: Any) -> int:
    """How many pages the picture has; the further frames of a phone's JPEG (MPO) are previews of the first."""
    if picture.format == "MPO":
        return 1
    try:
        return int(getattr(picture, "n_frames", 1))
    except _DAMAGE as error:
        raise broken() from error


def frame(picture: Any, number: int) -> Any:
    """Page `number` (from 1) upright, in grey or RGB on white. Raises BadInput where it cannot be decoded."""
    from PIL import Image, ImageOps

    try:
        picture.seek(number - 1)
        if picture.width * picture.height > MOST_PIXELS:
            raise _too_large()
        if picture.format in ("JPEG", "MPO"):
            picture.draft("RGB", (_LONG_SIDE * 2, _LONG_SIDE * 2))  # decoded at half the size where that is enough
        upright = ImageOps.exif_transpose(picture)
        return _flat(upright)
    except (Image.DecompressionBombError, Image.DecompressionBombWarning) as error:
        raise _too_large() from error
    except _DAMAGE as error:
        raise broken() from error


def _flat(picture: Any) -> Any:
    """In RGB or grey, what is transparent as white paper."""
    from PIL import Image

    if picture.mode in ("L", "RGB"):
        return picture.copy()
    if picture.mode == "1":
        return picture.convert("L")
    if picture.mode in ("I;16", "I;16B", "I;16L", "I", "F"):
        return _of_deep_grey(picture)
    if "A" in picture.mode or "transparency" in picture.info:
        letters = picture.convert("RGBA")
        paper = Image.new("RGBA", letters.size, "white")
        return Image.alpha_composite(paper, letters).convert("RGB")
    return picture.convert("RGB")


def _of_deep_grey(picture: Any) -> Any:
    """16 or 32 bits a pixel as 8, from the darkest to the lightest."""
    import numpy as np
    from PIL import Image

    shades = np.nan_to_num(np.asarray(picture, dtype=np.float64))
    low, high = float(shades.min()), float(shades.max())
    return Image.fromarray((255 * (shades - low) / max(high - low, 1e-9)).astype(np.uint8))


def _pages(picture: Any, count: int) -> Iterator[tuple[int, Any, float]]:
    """(number, picture, height in points) of each frame; damaged ones are left out."""
    for number in range(1, count + 1):
        try:
            shown = frame(picture, number)
        except TooLarge:
            raise
        except BadInput:
            continue  # told as unread by the caller
        yield number, _sized(shown), _PAGE_HEIGHT


def _sized(picture: Any) -> Any:
    """The picture at about the size of A4 at 200 dpi; a small one twice as large."""
    from PIL import Image

    longer = max(picture.size)
    share = _LONG_SIDE / longer if longer > _LONG_SIDE * 1.25 else 2.0 if longer < _SHORT_SIDE else 1.0
    if share == 1.0:
        return picture
    size = max(1, round(picture.width * share)), max(1, round(picture.height * share))
    return picture.resize(size, Image.Resampling.BICUBIC if share > 1 else Image.Resampling.BOX)


def _second_half(report: Report) -> Report:
    """`ocr.read_pages` reports from 0.5 on; here its work is all there is."""
    return lambda said, share: report(said, max(0.0, 2 * share - 1))


def _no_ocr() -> Unavailable:
    return Unavailable(
        f"Máy chủ chưa có bộ nhận dạng chữ nên chưa đọc được ảnh. Người quản trị cần cài: {ocr.INSTALL}.",
        f"This server has no text recognition yet, so pictures cannot be read. The administrator must install it: "
        f"{ocr.INSTALL}.",
    )


def _no_letters() -> BadInput:
    return BadInput(
        "Không tìm thấy chữ nào trong ảnh. Hãy chụp thẳng, đủ sáng, rõ nét rồi tải lên lại.",
        "No text was found in this picture. Take it straight on, in good light and in focus, and upload it again.",
    )


def _too_large() -> TooLarge:
    megapixels = MOST_PIXELS // 1_000_000
    return TooLarge(
        f"Ảnh này quá lớn (hơn {megapixels} triệu điểm ảnh). Hãy thu nhỏ ảnh rồi tải lên lại.",
        f"This picture is too large (over {megapixels} megapixels). Make it smaller and upload it again.",
    )


def broken() -> BadInput:
    """The error for a picture that cannot be decoded."""
    return BadInput(
        "Tệp ảnh này bị hỏng hoặc tải lên chưa trọn vẹn nên không mở được. Hãy lưu lại rồi tải lên lần nữa.",
        "This picture is damaged or was not uploaded completely, so it cannot be opened. Save it and upload it again.",
    )
