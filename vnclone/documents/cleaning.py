"""Pictures of pages in, pictures that are easier to recognise out: grey, even light, level lines, no red stamps."""

from __future__ import annotations

from typing import Any

_LEAST_ANGLE, _MOST_ANGLE = 0.8, 12.0  # degrees; Tesseract itself reads lines that are less askew than the first
_SMALL = 600  # pixels: the longer side of the picture that the angle is measured on
_UNEVEN = 50  # of 255: how much darker one part of the paper is than another before its light is evened
_RED_SHARES = (0.002, 0.08)  # of the page's pixels: a stamp, not a small logo and not a red page


def grey(picture: Any) -> Any:
    """The picture in shades of grey."""
    return picture if picture.mode == "L" else picture.convert("L")


def straightened(picture: Any) -> Any:
    """The grey picture with its lines level, where they are 0.8 to 12 degrees askew."""
    from PIL import Image

    angle = skew(picture)
    if abs(angle) < _LEAST_ANGLE:
        return picture
    return picture.rotate(angle, resample=Image.Resampling.BICUBIC, expand=True, fillcolor=255)


def skew(picture: Any) -> float:
    """Degrees counter-clockwise by which to turn the grey picture so that its lines are level; 0 where none shows.

    The angle at which the rows' darkness differs most from row to row (Postl 1986), first in steps of 1 degree, then
    of 0.1.
    """
    import numpy as np
    from PIL import Image

    scale = _SMALL / max(picture.size)
    small = (
        picture
        if scale >= 1
        else picture.resize(
            (max(1, round(picture.width * scale)), max(1, round(picture.height * scale))), Image.Resampling.BOX
        )
    )
    dark = 255.0 - np.asarray(small, dtype=np.float32)
    dark[dark < max(30.0, float(dark.mean()) + 10)] = 0
    if not dark.any():
        return 0.0
    ys, xs = np.nonzero(dark)
    weights = dark[ys, xs]
    coarse = max((_sharpness(xs, ys, weights, angle), angle) for angle in np.arange(-_MOST_ANGLE, _MOST_ANGLE + 1, 1.0))
    fine = max(
        (_sharpness(xs, ys, weights, angle), angle) for angle in np.arange(coarse[1] - 0.9, coarse[1] + 0.91, 0.1)
    )
    level = _sharpness(xs, ys, weights, 0.0)
    return float(fine[1]) if fine[0] > 1.1 * level else 0.0


def _sharpness(xs: Any, ys: Any, weights: Any, angle: float) -> float:
    """How much the sums of rows differ from one to the next when the picture is turned by `angle`."""
    import numpy as np

    turn = np.deg2rad(angle)
    heights = ys * np.cos(turn) - xs * np.sin(turn)
    rows = np.bincount((heights - heights.min()).astype(np.int64), weights=weights)
    return float(np.square(np.diff(rows)).sum())


def evened(picture: Any) -> Any:
    """The grey picture with shadows of its paper taken out, where they are deep."""
    import numpy as np
    from PIL import Image, ImageFilter

    small = picture.resize((max(1, picture.width // 16), max(1, picture.height // 16)), Image.Resampling.BOX)
    paper = small.filter(ImageFilter.MaxFilter(5)).filter(ImageFilter.GaussianBlur(3))
    shades = np.asarray(paper, dtype=np.float32)
    if np.percentile(shades, 95) - np.percentile(shades, 10) < _UNEVEN:
        return picture
    light = np.asarray(paper.resize(picture.size, Image.Resampling.BILINEAR), dtype=np.float32)
    even = np.asarray(picture, dtype=np.float32) * (245.0 / np.maximum(light, 40.0))
    return Image.fromarray(np.clip(even, 0, 255).astype(np.uint8))


def without_stamps(picture: Any) -> Any | None:
    """A colour picture in grey without what is printed in red; None where there is no red, or too much for a stamp."""
    import numpy as np
    from PIL import Image

    # Seen from afar, the red and blue fringes that scanners put around black letters are gone.
    if picture.mode != "RGB" or not _RED_SHARES[0] < float(_is_red(picture.reduce(4)).mean()) < _RED_SHARES[1]:
        return None
    is_red = _is_red(picture)
    red = np.asarray(picture)[..., 0]
    shades = np.asarray(picture.convert("L")).copy()
    # The red channel shows a red stamp as paper and black letters under it as they are.
    shades[is_red] = np.maximum(shades[is_red], red[is_red])
    return Image.fromarray(shades)


def _is_red(picture: Any) -> Any:
    """Which pixels of an RGB picture are red: shape (height, width), bool."""
    import numpy as np

    colours = np.asarray(picture).astype(np.int16)
    red, other = colours[..., 0], np.maximum(colours[..., 1], colours[..., 2])
    return (red - other > 50) & (red > 110)


def despeckled(picture: Any) -> Any:
    """The grey picture without dots smaller than a full stop."""
    from PIL import ImageFilter

    return picture.filter(ImageFilter.MedianFilter(3))
