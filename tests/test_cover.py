"""The cover of an audiobook: any title, in letters that are there, inside its square."""

from __future__ import annotations

import io

import numpy as np
import pytest
from PIL import Image

from vnclone.audio import cover as covers
from vnclone.audio.cover import cover

VIETNAMESE = "aăâbcdđeêghiklmnoôơpqrstuưvxyàáảãạằắẳẵặầấẩẫậèéẻẽẹềếểễệìíỉĩịòóỏõọồốổỗộờớởỡợùúủũụừứửữựỳýỷỹỵ"


def test_the_same_words_make_the_same_small_square_cover() -> None:
    made = cover("Truyện Kiều", "Nguyễn Du")
    assert made == cover("Truyện Kiều", "Nguyễn Du") != cover("Truyện Kiều", "Đoan")
    assert len(made) < 200_000
    (picture := Image.open(io.BytesIO(made))).load()
    assert picture.size == (1200, 1200) and picture.format == "PNG"


def test_every_vietnamese_letter_has_a_glyph() -> None:
    assert [c for c in VIETNAMESE + VIETNAMESE.upper() + "“”—…:/0123456789" if not covers._subset(c)] == []
    assert covers._subset("中") == ""


TITLES = {"none": "", "one": "a", "long": "Dài " * 200, "no spaces": "k" * 300, "foreign": "中文", "tall": "Ễ" * 90}


@pytest.mark.parametrize("title", [*TITLES.values(), "e\u0302\u0301 Ư\nƠ"], ids=[*TITLES, "decomposed"])
def test_any_title_stays_inside_its_cover(title: str) -> None:
    made = cover(title, title, 300)
    pixels = np.asarray(Image.open(io.BytesIO(made)).convert("RGB")).astype(int)
    drawn = np.abs(pixels - pixels[0, 0]).sum(axis=2) > 60
    rows, columns = np.flatnonzero(drawn.any(axis=1)), np.flatnonzero(drawn.any(axis=0))
    assert rows.min() > 15 and rows.max() < 290 and columns.min() > 25 and columns.max() < 275
