"""PDF: real pages laid out on the spot in; what a person would read, in the order they would read it, out."""

from __future__ import annotations

import re
import unicodedata
from pathlib import Path

import factories
import papers
import pymupdf
import pytest
from papers import BOLD, Paper, sentence

from vnclone.documents import pdf, syllables
from vnclone.documents.draft import CAPITALS_BEGIN, CAPITALS_END, Asked, Block, Draft
from vnclone.documents.spaces import restored


def drafted(path: Path, **asked: object) -> Draft:
    return pdf.read(str(path), Asked(**{"filename": path.name, **asked}), lambda said, share: None)


def blocks(path: Path) -> list[Block]:
    return list(drafted(path).blocks)


def texts(path: Path) -> list[str]:
    return [block.text for block in blocks(path)]


def paper() -> Paper:
    made = Paper()
    made.turn_page()
    return made


# Spaces


@pytest.mark.parametrize(
    ("glued", "apart"),
    [
        ("bốtần", "bố tần"),
        ("sựtựdo", "sự tự do"),
        ("THỊTRƯỜNG,", "THỊ TRƯỜNG,"),
        ("sởGDĐT", "sở GDĐT"),
        ("số12", "số 12"),
        ("Bộ(Sở)", "Bộ (Sở)"),
        ("việt", "việt"),
        ("Đắk", "Đắk"),
        ("nước", "nước"),
        ("hello", "hello"),
        ("vềwebsite", None),
        ("n\u2212íc", None),
    ],
)
def test_glued_words_are_divided_by_their_syllables_or_left_to_the_gaps(glued: str, apart: str | None) -> None:
    assert restored(glued) == apart


def test_gaps_divide_where_syllables_cannot(tmp_path: Path) -> None:
    lines = ["Tra cứu về website và để backup dữ liệu", "phân bố tần số"]
    assert " ".join(texts(factories.pdf(tmp_path / "a.pdf", [lines], spaces=False))) == " ".join(lines)


def test_syllables_are_known_from_what_is_none() -> None:
    for word in re.findall(r"\w+", "nghiêng quyết khuỷu giếng thuở xoong Việt TRƯỜNG gì quốc"):
        assert syllables.is_syllable(word), word
    for word in re.split(" ", "bốtần sốvà nghòa việc1 website tấc̣ họcsinh cạ́"):
        assert not syllables.is_syllable(unicodedata.normalize("NFC", word)), word


def test_as_many_well_formed_syllables_as_were_set(tmp_path: Path) -> None:
    made = paper()
    made.finish_page()
    whole = " ".join(sentence(seed) for seed in range(6))
    rows = made.lines(whole, 430)
    document = factories.pdf(tmp_path / "a.pdf", [rows], spaces=False)
    assert " ".join(texts(document)).split() == whole.split()


def test_letters_set_wide_apart_come_together(tmp_path: Path) -> None:
    made = paper()
    made.centre(297, 100, "N G H Ị   Đ Ị N H", 14)
    made.centre(297, 160, "C Ộ N G H Ò A X Ã H Ộ I", 14)
    made.y = 180
    made.paragraph(sentence(1))
    assert texts(made.save(tmp_path / "a.pdf"))[:2] == ["NGHỊ ĐỊNH", "CỘNG HÒA XÃ HỘI"]


# What is on the page twice, or not to be read


def test_text_printed_twice_for_weight_is_read_once(tmp_path: Path) -> None:
    made = paper()
    made.put(72, 100, "In đậm giả", 13)
    made.put(72.4, 100, "In đậm giả", 13)
    assert texts(made.save(tmp_path / "a.pdf")) == ["In đậm giả"]


def test_invisible_text_over_visible_is_read_once_and_an_ocr_layer_alone_is_read(tmp_path: Path) -> None:
    said = [sentence(seed) for seed in range(3)]
    scan = pymupdf.open()
    page = scan.new_page()
    picture = pymupdf.Pixmap(pymupdf.csGRAY, (0, 0, 100, 140))
    picture.clear_with(250)
    page.insert_image(page.rect, pixmap=picture)
    writer = pymupdf.TextWriter(page.rect)
    for row, line in enumerate(line for text in said for line in Paper().lines(text, 430)):
        writer.append((72, 100 + row * 16), line, font=papers.REGULAR, fontsize=11)
    writer.write_text(page, render_mode=3)
    scan.save(tmp_path / "layer.pdf")
    assert " ".join(texts(tmp_path / "layer.pdf")) == " ".join(said)
    writer.write_text(page)
    scan.save(tmp_path / "both.pdf")
    assert " ".join(texts(tmp_path / "both.pdf")) == " ".join(said)


def test_invisible_text_on_bare_paper_is_not_read(tmp_path: Path) -> None:
    made = paper()
    made.paragraph(sentence(1))
    made.finish_page()
    assert made.page is not None
    hidden = pymupdf.TextWriter(made.page.rect)
    hidden.append((72, 600), "từ khoá ẩn", font=papers.REGULAR)
    hidden.write_text(made.page, render_mode=3)
    picture = pymupdf.Pixmap(pymupdf.csGRAY, (0, 0, 10, 10))
    made.page.insert_image((72, 300, 520, 320), pixmap=picture)
    made.writer = pymupdf.TextWriter(made.page.rect)
    assert texts(made.save(tmp_path / "a.pdf")) == [sentence(1)]


def test_annotations_are_not_read_and_fields_of_a_form_are(tmp_path: Path) -> None:
    made = paper()
    made.paragraph(sentence(1))
    assert made.page is not None
    made.page.add_freetext_annot((72, 600, 300, 650), "ghi chú riêng")
    field = pymupdf.Widget()
    field.field_type, field.field_name = pymupdf.PDF_WIDGET_TYPE_TEXT, "ten"
    field.rect, field.field_value, field.text_fontsize = pymupdf.Rect(72, 500, 400, 520), "Nguyen Van An", 11
    made.page.add_widget(field)
    assert texts(made.save(tmp_path / "a.pdf")) == [sentence(1), "Nguyen Van An"]


def test_watermarks_and_stamps_in_the_margin_are_not_read(tmp_path: Path) -> None:
    made = paper()
    made.paragraph(sentence(1))
    assert made.page is not None
    slant = (pymupdf.Point(150, 600), pymupdf.Matrix(45))
    made.page.insert_text((150, 600), "BAN NHAP", fontsize=50, color=(0.8, 0.8, 0.8), morph=slant)
    made.page.insert_text((20, 500), "Cong bao dien tu", rotate=90)
    assert texts(made.save(tmp_path / "a.pdf")) == [sentence(1)]


# Order


def test_turned_pages_are_read_upright(tmp_path: Path) -> None:
    made = paper()
    for seed in range(3):
        made.paragraph(sentence(seed))
    expected = [sentence(seed) for seed in range(3)]
    source = pymupdf.open(made.save(tmp_path / "upright.pdf"))
    for turn in (90, 180, 270):
        turned = pymupdf.open()
        page = turned.new_page(width=842 if turn != 180 else 595, height=595 if turn != 180 else 842)
        page.show_pdf_page(page.rect, source, 0, rotate=turn)
        turned.save(tmp_path / f"{turn}.pdf")
        assert texts(tmp_path / f"{turn}.pdf") == expected
    source[0].set_rotation(90)
    source.save(tmp_path / "flag.pdf")
    assert texts(tmp_path / "flag.pdf") == expected


@pytest.mark.parametrize(("count", "lower"), [(2, 0), (3, 0), (2, 7), (3, 7), (2, 4), (3, 10)])
def test_columns_are_read_one_after_the_other_however_they_were_written(tmp_path: Path, count: int, lower: int) -> None:
    """`lower`: points by which every other column stands lower: half a line, a little, nearly a line."""
    made = Paper(width=842, height=595)
    made.turn_page()
    title = "Một số vấn đề về phát triển kinh tế nông thôn"
    made.centre(421, 80, title, 18, BOLD)
    said = [sentence(seed, 70) for seed in range(count)]
    width = 700 / count - 22
    columns = [made.lines(text, width, 10) for text in said]
    for row in range(max(map(len, columns))):  # row by row, as some programs write
        for place, column in enumerate(columns):
            if row < len(column):
                made.put(72 + place * 700 / count, 120 + row * 14 + place % 2 * lower, column[row], 10)
    assert texts(made.save(tmp_path / "a.pdf")) == [title, *said]


def column(made: Paper, x: float, y: float, text: str, leading: float = 14) -> float:
    """`text` set 210 points wide from there on; where it ends."""
    for line in made.lines(text, 210, 10):
        made.put(x, y, line, 10)
        y += leading
    return y


def test_a_short_column_waits_for_the_long_one_before_it(tmp_path: Path) -> None:
    made = paper()
    y = column(made, 72, 100, sentence(1))
    made.put(72, y + 8, "2. Phương pháp", 11, BOLD)
    column(made, 72, y + 26, sentence(2, 90))
    column(made, 310, 100, "Cột phải chỉ có hai dòng ngắn ở trên cùng của trang này thôi.")
    expected = [sentence(1), "2. Phương pháp", sentence(2, 90)]
    assert texts(made.save(tmp_path / "a.pdf"))[:3] == expected


@pytest.mark.parametrize("leading", [14, 18, 20])
def test_the_last_line_of_the_longest_column_stays_in_it(tmp_path: Path, leading: float) -> None:
    made = paper()
    column(made, 310, 100, sentence(2), leading)
    column(made, 72, 100, sentence(1, 46) + " Hết.", leading)
    assert " ".join(texts(made.save(tmp_path / "a.pdf"))) == f"{sentence(1, 46)} Hết. {sentence(2)}"


def test_a_decree_s_head_and_signature_are_read_side_by_side(tmp_path: Path) -> None:
    made = paper()
    made.centre(160, 80, "CHÍNH PHỦ", font=BOLD)
    made.centre(410, 80, "CỘNG HÒA XÃ HỘI CHỦ NGHĨA VIỆT NAM", 10, BOLD)
    made.centre(410, 96, "Độc lập - Tự do - Hạnh phúc", font=BOLD)
    made.centre(160, 120, "Số: 12/2010/NĐ-CP")
    made.centre(410, 120, "Hà Nội, ngày 26 tháng 02 năm 2010")
    made.y = 150
    made.paragraph(sentence(1))
    top = made.y + 30
    receivers = ["Nơi nhận:", "- Như Điều 3;", "- Văn phòng Chính phủ và các bộ;", "- Lưu: VT, KTTH (5b)."]
    for row, line in enumerate(receivers):
        made.put(72, top + row * 13, line, 10)
    made.centre(420, top, "TM. CHÍNH PHỦ", font=BOLD)
    made.centre(420, top + 17, "THỦ TƯỚNG", font=BOLD)
    made.centre(420, top + 90, "Nguyễn Văn Dũng", font=BOLD)
    said = texts(made.save(tmp_path / "a.pdf"))
    assert said[:2] == ["CHÍNH PHỦ", "Số: 12/2010/NĐ-CP"]
    assert said[2] == "CỘNG HÒA XÃ HỘI CHỦ NGHĨA VIỆT NAM"
    assert said[5:10] == [sentence(1), *receivers]
    assert said[-1] == "Nguyễn Văn Dũng"


# Tables

_TABLE = [
    ("STT", "Họ và tên", "Chức vụ", "Hệ số"),
    ("1", "Nguyễn Văn An", "Trưởng phòng hành chính tổng hợp", "4,98"),
    ("2", "Trần Thị Bình", "Phó trưởng phòng", "4,65"),
    ("3", "Lê Hoàng Cường", "Chuyên viên", "3,33"),
]
_EDGES = (72, 110, 250, 430, 523)


def test_a_table_with_lines_is_read_row_by_row_and_once(tmp_path: Path) -> None:
    made = paper()
    made.paragraph(sentence(1))
    top = made.y + 10
    assert made.page is not None
    for row in _TABLE:
        cells = [made.lines(text, _EDGES[n + 1] - _EDGES[n] - 8) for n, text in enumerate(row)]
        height = max(map(len, cells)) * 15 + 6
        for place, cell in enumerate(cells):
            made.page.draw_rect((_EDGES[place], top, _EDGES[place + 1], top + height))
            for number, line in enumerate(cell):
                made.put(_EDGES[place] + 4, top + 14 + number * 15, line)
        top += height
    made.y = top + 10
    made.paragraph(sentence(2))
    found = blocks(made.save(tmp_path / "a.pdf"))
    assert [block.text for block in found] == [sentence(1), *(" | ".join(row) for row in _TABLE), sentence(2)]
    assert [block.kind for block in found[1:5]] == ["table row"] * 4


def test_cells_full_of_prose_are_read_by_the_lines_around_them(tmp_path: Path) -> None:
    made = paper()
    made.paragraph(sentence(1))
    cells = [[sentence(10 * row + column, 30) for column in range(2)] for row in range(3)]
    assert made.page is not None
    for row in cells:
        broken = [made.lines(text, 205) for text in row]
        height = max(map(len, broken)) * 15 + 6
        for place, lines in enumerate(broken):
            made.page.draw_rect((72 + place * 215, made.y, 287 + place * 215, made.y + height))
            for number, line in enumerate(lines):
                made.put(76 + place * 215, made.y + 14 + number * 15, line)
        made.y += height
    assert texts(made.save(tmp_path / "a.pdf")) == [sentence(1), *(" | ".join(row) for row in cells)]


def test_a_table_without_lines_is_read_row_by_row(tmp_path: Path) -> None:
    made = paper()
    made.paragraph(sentence(1))
    for row in _TABLE:
        made.y += 16
        for place, text in zip(_EDGES, row, strict=False):
            made.put(place, made.y, text[:22])
    made.y += 10
    made.paragraph(sentence(2))
    found = blocks(made.save(tmp_path / "a.pdf"))
    assert [b.text for b in found if b.kind == "table row"] == [" | ".join(t[:22] for t in row) for row in _TABLE]
    assert [found[0].text, found[-1].text] == [sentence(1), sentence(2)]


@pytest.mark.parametrize("leader", [".", " "])
def test_titles_in_a_table_of_contents_keep_their_page_numbers(tmp_path: Path, leader: str) -> None:
    made = paper()
    made.paragraph(sentence(1))
    titles = [f"{n}. Cơ sở lý luận của vấn đề {n}" for n in range(1, 7)]
    for number, title in enumerate(titles):
        made.y += 18
        end = 72 + papers.REGULAR.text_length(title + " ", 11)
        dots = int((490 - end) / papers.REGULAR.text_length(".", 11)) if leader == "." else 0
        made.put(72, made.y, f"{title} {'.' * dots}".strip())
        made.put(500, made.y, str(10 + number))
    said = texts(made.save(tmp_path / "a.pdf"))[1:]
    assert [(text[: len(titles[0])], text[-2:]) for text in said] == [(t, str(10 + n)) for n, t in enumerate(titles)]
    assert leader == " " or not any("|" in text for text in said)


def test_a_table_s_head_repeated_on_every_page_is_read_once(tmp_path: Path) -> None:
    made = Paper()
    for number in range(3):
        made.turn_page()
        made.y = 150
        assert made.page is not None
        for row in (_TABLE[0], *((f"{n}{number}", f"Ông {n}", f"Việc {n * 7 + number}", "1,0") for n in range(1, 5))):
            for place, text in enumerate(row):
                made.page.draw_rect((_EDGES[place], made.y, _EDGES[place + 1], made.y + 20))
                made.put(_EDGES[place] + 4, made.y + 14, text)
            made.y += 20
    found = texts(made.save(tmp_path / "a.pdf"))
    assert found.count(" | ".join(_TABLE[0])) == 1 and len(found) == 13


def test_a_framed_paragraph_is_no_table(tmp_path: Path) -> None:
    made = paper()
    made.paragraph(sentence(1))
    assert made.page is not None
    made.page.draw_rect((60, 60, 540, made.y + 10))
    assert [(block.kind, block.text) for block in blocks(made.save(tmp_path / "a.pdf"))] == [("body", sentence(1))]


def test_numbered_points_with_a_wide_tab_are_no_table(tmp_path: Path) -> None:
    made = paper()
    for number in range(1, 6):
        made.y += 16
        made.put(72, made.y, f"{number}.")
        made.put(96, made.y, sentence(number, 8))
    assert texts(made.save(tmp_path / "a.pdf")) == [f"{n}. {sentence(n, 8)}" for n in range(1, 6)]


# Notes


NOTE_ENDS = {1: "hướng dẫn thi hành.", 2: "sửa đổi, bổ sung của Chính phủ."}


def with_notes(path: Path) -> Path:
    made = Paper()
    for number in (1, 2):
        made.turn_page()
        made.paragraph(sentence(number))
        rows = made.lines(sentence(10 + number), 451)
        for row in rows:
            made.y += 15.4
            made.put(72, made.y, row)
        made.put(72 + papers.REGULAR.text_length(rows[-1], 11), made.y - 4, str(number), 6)
        made.y += 6
        made.paragraph(sentence(20 + number))
        made.put(72, 758, str(number), 5)
        made.put(78, 760, f"Xem Luật Đất đai năm 2013, điều {number} và các văn bản", 8.5)
        made.put(78, 771, NOTE_ENDS[number], 8.5)
    return made.save(path)


def test_footnotes_follow_the_paragraph_that_refers_to_them(tmp_path: Path) -> None:
    found = blocks(with_notes(tmp_path / "a.pdf"))
    kinds = [(block.kind, block.text) for block in found]
    for number in (1, 2):
        note = ("footnote", f"Xem Luật Đất đai năm 2013, điều {number} và các văn bản {NOTE_ENDS[number]}")
        assert kinds[kinds.index(note) - 1] == ("body", sentence(10 + number))  # and its number is not read
    assert len(found) == 8


def test_raised_figures_that_are_no_notes_stay(tmp_path: Path) -> None:
    made = paper()
    made.put(72, 100, "Diện tích là 25 m")
    made.put(72 + papers.REGULAR.text_length("Diện tích là 25 m", 11), 96, "2", 6)
    assert texts(made.save(tmp_path / "a.pdf")) == ["Diện tích là 25 m2"]


# Paragraphs


def test_a_large_first_letter_belongs_to_its_word(tmp_path: Path) -> None:
    made = paper()
    text = sentence(3, 60)
    made.put(72, 170, text[0], 40, BOLD)
    for row, line in enumerate(made.lines(text[1:], 400)):
        made.put(72 + (40 if row < 2 else 0), 150 + row * 16, line)
    assert texts(made.save(tmp_path / "a.pdf")) == [text]


def test_verses_stay_apart(tmp_path: Path) -> None:
    verses = ["Trăm năm trong cõi người ta,", "Chữ tài chữ mệnh khéo là ghét nhau", "Trải qua một cuộc bể dâu,"]
    made = paper()
    made.paragraph(sentence(1))
    for verse in verses:
        made.y += 15.4
        made.centre(297, made.y, verse)
    made.y += 10
    made.paragraph(sentence(2))
    assert texts(made.save(tmp_path / "a.pdf"))[1:4] == verses


def test_a_paragraph_goes_on_over_the_page_after_a_full_stop_where_paragraphs_are_indented(tmp_path: Path) -> None:
    made = paper()
    for seed in range(4):
        lines = made.lines(sentence(seed), 427)
        for row, line in enumerate(lines):
            made.y += 15.4
            made.put(72 + (24 if row == 0 else 0), made.y, line)
    rest = made.lines(sentence(9), 451)
    full = "Câu này vừa khít chiều rộng của cột chữ và hết đúng cuối dòng của trang này."
    size = 11 * 451 / papers.REGULAR.text_length(full, 11)
    made.put(72, 740, full, size)
    made.turn_page()
    for line in rest:
        made.y += 15.4
        made.put(72, made.y, line)
    assert texts(made.save(tmp_path / "a.pdf"))[-1] == f"{full} {sentence(9)}"


def test_an_outline_s_title_may_be_broken_over_lines_and_lack_its_number(tmp_path: Path) -> None:
    made = paper()
    made.put(72, 100, "1. Những vấn đề chung về quản lý")
    made.put(72, 116, "ngân sách nhà nước")
    made.y = 140
    made.paragraph(sentence(1))
    made.put(72, made.y + 20, "2. Kết quả")
    made.y += 30
    made.paragraph(sentence(2))
    titles = ["Những vấn đề chung về quản lý ngân sách nhà nước", "2. Kết quả"]
    made.document.set_toc([[1, title, 1] for title in titles])
    found = [block for block in blocks(made.save(tmp_path / "a.pdf")) if block.sure]
    assert [(block.text, block.level) for block in found] == [(f"1. {titles[0]}", 1), (titles[1], 1)]


# Fonts


def with_font_name(path: Path, name: str, text: str) -> Path:
    """A PDF in a font of that name, Western letters in it."""
    document = pymupdf.open()
    page = document.new_page()
    page.insert_text((72, 100), text, fontname="helv", fontsize=12)
    for xref in range(1, document.xref_length()):
        if document.xref_get_key(xref, "BaseFont")[1] == "/Helvetica":
            document.xref_set_key(xref, "BaseFont", f"/{name}")
    document.save(path)
    return path


def test_a_legacy_font_of_capitals_is_marked_and_no_legacy_font_goes_to_ocr(tmp_path: Path) -> None:
    capitals = drafted(
        with_font_name(tmp_path / "a.pdf", ".VnTimeH", "ch-\xacng mét vµ n-íc, nh- Q§-TTg kinh tÕ-x· héi")
    )
    assert capitals.blocks[0].text == (
        f"{CAPITALS_BEGIN}ch\xad\xacng mét vµ n\xadíc, nh\xad Q§-TTg kinh tÕ-x· héi{CAPITALS_END}"
    )
    small = drafted(with_font_name(tmp_path / "b.pdf", ".VnTime", "\xab\xac\xad\xb5\xb6 \x81\x8d"))
    assert small.blocks and not small.scans and CAPITALS_BEGIN not in small.blocks[0].text
