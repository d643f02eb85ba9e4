"""A calm typographic cover for an audiobook: the title, a line, and who reads."""

from __future__ import annotations

import hashlib
import io
import unicodedata
from functools import lru_cache
from itertools import groupby
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from PIL.ImageDraw import ImageDraw
    from PIL.ImageFont import FreeTypeFont

FONTS = Path(__file__).resolve().parent.parent.parent / "assets" / "fonts"
SUBSETS = ("latin", "vietnamese", "latin-ext")  # the family's files; the first that has a letter draws it
# Ground, and ink: each pair has a contrast above 7 (WCAG 2.2, AAA).
COLOURS = (
    ("#1f3a4d", "#f4efe6"),
    ("#2f4538", "#f3f1e4"),
    ("#4a2f3a", "#f7eeea"),
    ("#3a3552", "#f1eef7"),
    ("#54402a", "#f8f1e6"),
    ("#f1ece2", "#2b3138"),
)
MARGIN = 0.11  # of the side, as all below
TITLE_SIZES = (0.105, 0.09, 0.078, 0.068, 0.06, 0.052)  # the largest in which the title fits is taken
SUBTITLE_SIZE, SUBTITLE_LINES = 0.038, 2
LEADING = 1.28  # of a line, in its letters' size: room for a hook above a circumflex
TITLE_BOTTOM = 0.74
MOST_LETTERS = 400  # more than fit


def cover(title: str, subtitle: str, size: int = 1200) -> bytes:
    """A square PNG of `size` pixels; the same words make the same bytes. A title that is too long ends with "…".

    Letters that the family lacks (Chinese, Cyrillic, …) are left out.
    """
    from PIL import Image, ImageDraw

    title, subtitle = _drawable(title), _drawable(subtitle)
    ground, ink = COLOURS[hashlib.sha256(title.encode("utf-8", "replace")).digest()[0] % len(COLOURS)]
    picture = Image.new("RGB", (size, size), ground)
    draw, left, width = ImageDraw.Draw(picture), MARGIN * size, size - 2 * MARGIN * size
    pixels, lines = _fitting(title, width, (TITLE_BOTTOM - MARGIN) * size, size)
    _write(draw, lines, left, MARGIN * size, pixels, 600, ink)
    rule = TITLE_BOTTOM * size + 0.03 * size
    draw.rectangle((left, rule, left + 0.12 * size, rule + max(1, round(0.004 * size))), fill=ink)
    small = round(SUBTITLE_SIZE * size)
    lines = _shortened(_wrapped(subtitle, small, 400, width), SUBTITLE_LINES, small, 400, width)
    _write(draw, lines, left, rule + 0.035 * size, small, 400, ink)
    made = io.BytesIO()
    picture.quantize(64, dither=Image.Dither.NONE).save(made, "PNG", optimize=True)
    return made.getvalue()


def _drawable(text: str) -> str:
    """The beginning, its letters composed (NFC), without those that no file of the family has."""
    letters = unicodedata.normalize("NFC", text)[:MOST_LETTERS]
    return " ".join("".join(c for c in letters if c.isspace() or _subset(c)).split())


def _fitting(title: str, width: float, height: float, size: int) -> tuple[int, list[str]]:
    """The largest size of letters in which the title fits, and its lines; shortened when none is small enough."""
    pixels, lines = 0, [""]
    for share in TITLE_SIZES:
        pixels = round(share * size)
        lines = _wrapped(title, pixels, 600, width)
        longest = max((_length(word, pixels, 600) for word in title.split()), default=0)
        if len(lines) * LEADING * pixels <= height and longest <= width:
            return pixels, lines
    return pixels, _shortened(lines, int(height / (LEADING * pixels)), pixels, 600, width)


def _wrapped(text: str, pixels: int, weight: int, width: float) -> list[str]:
    """Lines no wider than `width`, broken between words, or inside one that is wider itself."""
    lines, space, used = [""], _length(" ", pixels, weight), 0.0
    for piece in (part for word in text.split() for part in _broken(word, pixels, weight, width)):
        long = _length(piece, pixels, weight)
        if lines[-1] and used + space + long <= width:
            lines[-1], used = f"{lines[-1]} {piece}", used + space + long
        else:
            lines.append(piece)
            used = long
    return [line for line in lines if line]


def _broken(word: str, pixels: int, weight: int, width: float) -> list[str]:
    """The word, or pieces of it that are no wider than `width`."""
    if _length(word, pixels, weight) <= width:
        return [word]
    most = max(1, int(len(word) * width / _length(word, pixels, weight) * 0.9))  # letters differ in width
    return [word[start : start + most] for start in range(0, len(word), most)]


def _shortened(lines: list[str], most: int, pixels: int, weight: int, width: float) -> list[str]:
    if len(lines) <= most:
        return lines
    last = lines[most - 1]
    while last and _length(last + "…", pixels, weight) > width:
        last = last[:-1].rstrip()
    return [*lines[: most - 1], last + "…"]


def _write(draw: ImageDraw, lines: list[str], left: float, top: float, pixels: int, weight: int, ink: str) -> None:
    """Lines below each other; each letter from the file that has it, all on one baseline."""
    for number, line in enumerate(lines):
        x, baseline = left, top + pixels + number * LEADING * pixels
        for run, font in _runs(line, pixels, weight):
            draw.text((x, baseline), run, fill=ink, font=font, anchor="ls")
            x += font.getlength(run)


@lru_cache(maxsize=4096)
def _length(text: str, pixels: int, weight: int) -> float:
    return sum(font.getlength(run) for run, font in _runs(text, pixels, weight))


def _runs(text: str, pixels: int, weight: int) -> list[tuple[str, FreeTypeFont]]:
    """Neighbouring letters that one file has."""
    grouped = groupby(text, lambda letter: _subset(letter) or SUBSETS[0])
    return [("".join(letters), _font(subset, weight, pixels)) for subset, letters in grouped]


@lru_cache(maxsize=1024)
def _subset(letter: str) -> str:
    """The file that has a letter; none for a space. What a font lacks it draws as its own empty glyph."""
    return next((s for s in SUBSETS if _font(s, 400, 20).getmask(letter).getbbox() is not None), "")


@lru_cache(maxsize=64)
def _font(subset: str, weight: int, pixels: int) -> FreeTypeFont:
    """FreeType unpacks WOFF2. The basic layout is the same whatever libraries are there."""
    from PIL import ImageFont

    path = FONTS / f"be-vietnam-pro-{subset}-{weight}-normal.woff2"
    return ImageFont.truetype(path, pixels, layout_engine=ImageFont.Layout.BASIC)
