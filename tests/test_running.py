"""What a document repeats on its pages is dropped; what only looks like it stays."""

from __future__ import annotations

from pathlib import Path

import papers
import pymupdf
import pytest
from papers import Paper, sentence
from test_pdf import texts


@pytest.mark.parametrize("pages", [2, 3, 9])
@pytest.mark.parametrize(
    ("head", "foot"),
    [
        ("Báo cáo tổng kết năm 2019", "Trang {n}/{m}"),
        ("CÔNG BÁO/Số 1 + 2/Ngày 01-01-2020", "{n}"),
        ("{n} | Luận văn thạc sĩ", "- {n} -"),
        ("Kỷ yếu hội thảo khoa học", "{roman}"),
        ("", "Page {n} of {m}"),
    ],
)
def test_running_heads_and_page_numbers_are_not_read(tmp_path: Path, pages: int, head: str, foot: str) -> None:
    made, said = Paper(), []
    for number in range(1, pages + 1):
        made.turn_page()
        roman = ["i", "ii", "iii", "iv", "v", "vi", "vii", "viii", "ix"][number - 1]
        numbers = {"n": number, "m": pages, "roman": roman}
        if head:
            made.centre(297 if number % 2 else 200, 45, head.format(**numbers), 9)
        made.centre(297, 812, foot.format(**numbers), 9)
        for seed in range(4):
            made.paragraph(sentence(10 * number + seed))
            said.append(sentence(10 * number + seed))
    assert texts(made.save(tmp_path / "a.pdf")) == said


def test_heads_differ_on_odd_and_even_pages_and_with_the_chapter(tmp_path: Path) -> None:
    made, said = Paper(), []
    for number in range(1, 13):
        made.turn_page()
        chapter = 1 + (number - 1) // 5  # the last chapter's head stands on one even page only
        made.put(72, 45, "Nguyễn Văn A" if number % 2 else f"Chương {chapter}. Phần thứ {chapter}", 9)
        made.put(500, 45, str(number + 16), 9)
        for seed in range(4):
            made.paragraph(sentence(10 * number + seed))
            said.append(sentence(10 * number + seed))
    assert texts(made.save(tmp_path / "a.pdf")) == said


def test_chapters_that_begin_at_the_top_of_pages_are_no_running_heads(tmp_path: Path) -> None:
    made = Paper()
    for number in range(1, 6):
        made.turn_page()
        made.centre(297, 72, f"Chương {number}")
        made.y = 90
        made.paragraph(sentence(number))
    said = texts(made.save(tmp_path / "a.pdf"))
    assert [text for text in said if text.startswith("Chương")] == [f"Chương {number}" for number in range(1, 6)]


def forms(path: Path, tops: list[list[tuple[float, str]]]) -> Path:
    """A page for each list of (points from the top, line), with a paragraph below it."""
    document = pymupdf.open()
    for number, top in enumerate(tops, start=1):
        page = document.new_page()
        page.insert_font(fontname="F0", fontbuffer=papers.REGULAR.buffer)
        under = top[-1][0] + 20
        below = [(under, f"Đoạn {number} nói về một việc."), (under + 16, f"Việc ấy đã xong từ năm {1990 + number}.")]
        for at, line in [*top, *below]:
            page.insert_text((72, at), line, fontname="F0", fontsize=12)
    document.save(path)
    return path


@pytest.mark.parametrize("title", ["ĐỀ SỐ {n}", "Phiếu số {n}", "PHIẾU BÀI TẬP TUẦN {n} - LỚP 3", "Unit {n}: Reading"])
@pytest.mark.parametrize("pages", [2, 5, 14])
def test_what_is_counted_one_a_page_keeps_its_title(tmp_path: Path, title: str, pages: int) -> None:
    made, said = Paper(), []
    for number in range(1, pages + 1):
        made.turn_page()
        made.put(72, 40, "Trường Tiểu học Kim Đồng", 9)
        made.centre(297, 72, title.format(n=number), 12)
        made.centre(297, 812, str(number), 9)
        made.y = 110  # with white below it
        made.paragraph(sentence(number))
        said += [title.format(n=number), sentence(number)]
    assert texts(made.save(tmp_path / "a.pdf")) == said


def test_a_sentence_that_opens_every_letter_is_no_running_head(tmp_path: Path) -> None:
    tops = [
        [(96, f"Trường kính mời ông bà dự cuộc họp lần thứ {n} tại hội trường,"), (111, "xin đến đúng giờ.")]
        for n in (1, 2, 3)
    ]
    read = " ".join(texts(forms(tmp_path / "a.pdf", tops)))
    assert all(f"cuộc họp lần thứ {number}" in read for number in (1, 2, 3)) and read.count("đúng giờ") == 3


def test_a_line_below_the_page_s_own_title_is_no_running_head(tmp_path: Path) -> None:
    names = ("BẦU TRỜI", "KHÚC NHẠC", "CỘI NGUỒN", "MÀU SẮC", "GIAI ĐIỆU")
    tops = [[(76, f"Bài {n}: {name}"), (100, "I. MỤC TIÊU")] for n, name in enumerate(names, start=1)]
    read = " ".join(texts(forms(tmp_path / "a.pdf", tops)))
    assert read.count("I. MỤC TIÊU") == 5
