"""Small documents made on the spot, for every test that needs a file."""

from __future__ import annotations

import zipfile
from collections.abc import Sequence
from pathlib import Path

import matplotlib
import pymupdf

# PyMuPDF's own fonts have no Vietnamese letters; matplotlib, which noisereduce brings, carries one that has.
FONT_FILE = Path(matplotlib.get_data_path()) / "fonts" / "ttf" / "DejaVuSans.ttf"
FONT = pymupdf.Font(fontfile=str(FONT_FILE))


def pdf(path: Path, pages: Sequence[Sequence[str]], size: float = 11, spaces: bool = True, **save: object) -> Path:
    """A PDF with one line of Vietnamese text under another on each page; without `spaces`, gaps only."""
    document = pymupdf.open()
    for lines in pages:
        writer = pymupdf.TextWriter((page := document.new_page()).rect)
        for number, line in enumerate(lines):
            _write(writer, 72, 72 + number * size * 1.4, line, size, spaces)
        if any(line.strip() for line in lines):
            writer.write_text(page)
    document.save(path, **save)
    return path


def _write(writer: pymupdf.TextWriter, x: float, y: float, line: str, size: float, spaces: bool) -> None:
    if spaces:
        writer.append((x, y), line, font=FONT, fontsize=size)
        return
    for word in line.split(" "):
        writer.append((x, y), word, font=FONT, fontsize=size)
        x += FONT.text_length(word, size) + 0.28 * size


def scan(path: Path, pages: Sequence[Sequence[str]], stamp: str = "") -> Path:
    """The same page as a picture at 200 dpi, so that its words have to be recognised; `stamp` is real text on it."""
    source = pymupdf.open(pdf(path.with_suffix(".source.pdf"), pages, size=13))
    document = pymupdf.open()
    for original in source:
        page = document.new_page(width=original.rect.width, height=original.rect.height)
        page.insert_image(page.rect, pixmap=original.get_pixmap(dpi=200, colorspace=pymupdf.csGRAY))
        if stamp:
            page.insert_text((20, 20), stamp, fontsize=6)
    document.save(path)
    return path


def zipped(path: Path, members: dict[str, bytes]) -> Path:
    """A zip with these members, compressed."""
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in members.items():
            archive.writestr(name, data)
    return path


def with_parts(path: Path, parts: dict[str, bytes]) -> Path:
    """The zip at `path` with members added or replaced, in place."""
    with zipfile.ZipFile(path) as archive:
        members = {name: archive.read(name) for name in archive.namelist()}
    return zipped(path, members | parts)
