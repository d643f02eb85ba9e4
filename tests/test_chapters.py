"""Where chapters begin: documents as people write them, from declared headings to none at all."""

from __future__ import annotations

from dataclasses import replace

import pytest

from vnclone.documents.chapters import assemble
from vnclone.documents.draft import Block, Draft
from vnclone.models import Manuscript
from vnclone.text.headings import heading_level, is_apart, labelled, numbered

PROSE = "Trong những năm qua, công tác quản lý đã đạt được nhiều kết quả quan trọng, góp phần phát triển kinh tế."
LONG = f"{PROSE} " * 12


def made(*lines: str | Block, title: str = "") -> Manuscript:
    blocks = tuple(line if isinstance(line, Block) else Block(line) for line in lines)
    return assemble(Draft(title, blocks), "tệp.docx")


def head(text: str, level: int = 1) -> Block:
    return Block(text, "heading", level=level, sure=True)


def titles(manuscript: Manuscript) -> list[str]:
    return [chapter.title for chapter in manuscript.chapters]


def said(manuscript: Manuscript) -> list[str]:
    return [paragraph.text for chapter in manuscript.chapters for paragraph in chapter.paragraphs]


DECREE = (
    "CHÍNH PHỦ",
    "Số: 48/2009/NĐ-CP",
    "CỘNG HÒA XÃ HỘI CHỦ NGHĨA VIỆT NAM",
    "Độc lập - Tự do - Hạnh phúc",
    "NGHỊ ĐỊNH",
    "Quy định về các biện pháp bảo đảm bình đẳng giới",
    "Căn cứ Luật Tổ chức Chính phủ ngày 25 tháng 12 năm 2001;",
    "NGHỊ ĐỊNH:",
)


def test_a_decree_falls_into_its_chapters_under_its_own_title() -> None:
    manuscript = made(
        *DECREE,
        "Chương I",
        "NHỮNG QUY ĐỊNH CHUNG",
        "Điều 1. Phạm vi điều chỉnh",
        PROSE,
        "Điều 2. Đối tượng áp dụng",
        PROSE,
        "Chương II",
        "NỘI DUNG VÀ BIỆN PHÁP THỰC HIỆN BÌNH ĐẲNG GIỚI TRONG CÁC LĨNH VỰC",
        "CỦA ĐỜI SỐNG XÃ HỘI VÀ GIA ĐÌNH",
        "Điều 3. Thông tin, giáo dục",
        "Điều 5 của Luật này quy định như sau.",
        PROSE,
    )
    title = "NGHỊ ĐỊNH Quy định về các biện pháp bảo đảm bình đẳng giới"
    assert manuscript.title == title
    assert titles(manuscript)[:2] == [title, "Chương I. NHỮNG QUY ĐỊNH CHUNG"]
    assert titles(manuscript)[2].startswith("Chương II. NỘI DUNG VÀ BIỆN PHÁP") and len(titles(manuscript)) == 3
    assert "Căn cứ Luật" in manuscript.chapters[0].paragraphs[6].text and manuscript.chapters[0].included


def test_a_decision_s_articles_are_chapters_even_as_long_paragraphs() -> None:
    first = f"Điều 1. Phê duyệt danh mục dự án với những nội dung chủ yếu sau đây: {LONG}"
    last = "Điều 3. Quyết định này có hiệu lực thi hành kể từ ngày ký ban hành và thay thế quyết định cũ."
    manuscript = made("QUYẾT ĐỊNH:", first, "Điều 2. Giao Bộ Tài chính tổ chức thực hiện việc này trong năm nay.", last)
    assert titles(manuscript)[1:] == ["Điều 1", "Điều 2", "Điều 3"]
    assert [c.paragraphs[0].kind for c in manuscript.chapters[1:]] == ["body"] * 3


def test_appendices_do_not_hide_the_articles() -> None:
    lines = [text for n in range(1, 4) for text in (f"Điều {n}. Quy định {n}", PROSE)]
    manuscript = made("THÔNG TƯ", *lines, "Phụ lục số 1", PROSE, "Phụ lục số 2", PROSE)
    assert len(manuscript.chapters) == 6 and titles(manuscript)[-1] == "Phụ lục số 2"


def test_quoted_articles_of_another_law_begin_no_chapter() -> None:
    manuscript = made(
        "Điều 1. Sửa đổi, bổ sung một số điều",
        "1. Điều 17 được sửa đổi như sau:",
        "Điều 17. Thẩm quyền xử phạt",
        PROSE,
        "Điều 5 Luật Đất đai năm 2013 có hiệu lực.",
        "Điều 2. Hiệu lực thi hành",
        PROSE,
        "Điều 3. Trách nhiệm thi hành",
        PROSE,
    )
    assert [title.split(".")[0] for title in titles(manuscript)] == ["Điều 1", "Điều 2", "Điều 3"]


def test_more_than_forty_articles_without_chapters_are_grouped() -> None:
    lines = [text for n in range(1, 91) for text in (f"Điều {n}. Quy định số {n}", LONG)]
    groups = titles(made(*lines))
    assert 5 < len(groups) < 45 and groups[0].startswith("Điều 1 – Điều ") and groups[-1].endswith("Điều 90")


def test_parts_that_hold_chapters_are_not_the_chapters() -> None:
    lines: list[str] = []
    for part, chapters in (("PHẦN THỨ NHẤT", (1, 2)), ("PHẦN THỨ HAI", (3, 4, 5))):
        lines.append(part)
        for chapter in chapters:
            lines += [f"Chương {chapter}: Chuyện thứ {chapter}", LONG]
    assert titles(made(*lines)) == [
        "PHẦN THỨ NHẤT. Chương 1: Chuyện thứ 1",
        "Chương 2: Chuyện thứ 2",
        "PHẦN THỨ HAI. Chương 3: Chuyện thứ 3",
        "Chương 4: Chuyện thứ 4",
        "Chương 5: Chuyện thứ 5",
    ]


COVERS = [
    (
        ["BỘ GIÁO DỤC VÀ ĐÀO TẠO", "TRƯỜNG ĐẠI HỌC CẦN THƠ", "KHOA CÔNG NGHỆ", "NGUYỄN THỊ THU HÀ", "QUẢN LÝ ĐẤT ĐAI",
         "Ở ĐỒNG BẰNG SÔNG CỬU LONG", "LUẬN ÁN TIẾN SĨ", "Chuyên ngành: Địa lý", "Cần Thơ, 2019"],
        "QUẢN LÝ ĐẤT ĐAI Ở ĐỒNG BẰNG SÔNG CỬU LONG",
    ),
    (
        ["HỌC VIỆN NGÂN HÀNG", "KHÓA LUẬN TỐT NGHIỆP", "Đề tài: Nợ xấu của ngân hàng", "Sinh viên: Lê An", "Lớp: K12"],
        "Nợ xấu của ngân hàng",
    ),
    (["CHÍNH PHỦ", "Nghị định của Chính phủ số 114/2003/NĐ-CP", "ngày 10/10/2003 về cán bộ xã.", "Chính phủ", "Căn"],
     "Nghị định của Chính phủ số 114/2003/NĐ-CP ngày 10/10/2003 về cán bộ xã"),
    (["THỦ TƯỚNG CHÍNH PHỦ", ": _ QUYẾT ĐỊNH", "Sửa đổi Quyết định số 622/QĐ-TTg", "Căn cứ Luật Tổ chức Chính phủ;"],
     "QUYẾT ĐỊNH Sửa đổi Quyết định số 622/QĐ-TTg"),
    (["CHÍNH PHỦ", "CỘNG HÒA XÃ HỘI CHỦ NGHĨA VIỆT NAM", "NGHỊ ĐỊNH VỀ AN NINH QUỐC GIA", "Căn cứ Luật Tổ chức;"],
     "NGHỊ ĐỊNH VỀ AN NINH QUỐC GIA"),
    (["BỘ Y TẾ", "Cẩm nang chăm sóc trẻ sơ sinh", PROSE], "Cẩm nang chăm sóc trẻ sơ sinh"),
    (["Trường ca mùa hạ", PROSE], "Trường ca mùa hạ"),
]  # fmt: skip


@pytest.mark.parametrize(("lines", "title"), COVERS)
def test_a_document_is_called_what_people_call_it(lines: list[str], title: str) -> None:
    assert made(*lines, *[PROSE] * 3).title == title


THESIS_PAGE = ("TRƯỜNG ĐẠI HỌC BÁCH KHOA HÀ NỘI", "LUẬN VĂN THẠC SĨ", "NGHIÊN CỨU MẠNG CẢM BIẾN", "Hà Nội – 2015")


def test_a_thesis_keeps_its_cover_contents_and_references_out() -> None:
    manuscript = made(
        *THESIS_PAGE,
        "MỤC LỤC",
        "MỞ ĐẦU ........................... 1",
        "Chương 1. Tổng quan ............. 3",
        "1.1. Khái niệm ................. 4",
        "Chương 2. Kết quả .............. 30",
        "TÀI LIỆU THAM KHẢO .............. 60",
        "DANH MỤC CÁC CHỮ VIẾT TẮT",
        "WSN: mạng cảm biến không dây",
        "MỞ ĐẦU",
        LONG,
        "Chương 1. Tổng quan",
        "1.1. Khái niệm",
        *[LONG] * 8,
        "Chương 2. Kết quả",
        *[LONG] * 8,
        "KẾT LUẬN",
        PROSE,
        "TÀI LIỆU THAM KHẢO",
        "[1] Nguyễn Văn A, Mạng máy tính, 2010.",
    )
    assert [(c.title, c.included) for c in manuscript.chapters] == [
        ("NGHIÊN CỨU MẠNG CẢM BIẾN", False),
        ("MỤC LỤC", False),
        ("DANH MỤC CÁC CHỮ VIẾT TẮT", False),
        ("MỞ ĐẦU", True),
        ("Chương 1. Tổng quan", True),
        ("Chương 2. Kết quả", True),
        ("KẾT LUẬN", True),
        ("TÀI LIỆU THAM KHẢO", False),
    ]
    assert len(said(manuscript)) == 37  # left out is not lost
    assert manuscript.chapters[4].paragraphs[1].kind == "heading"


def test_a_contents_page_without_page_numbers_is_known_by_what_follows() -> None:
    names = ["Chương 1. Ngày xưa", "Chương 2. Ngày nay", "Chương 3. Mai sau"]
    lines = [text for name in names for text in (name, LONG)]
    manuscript = made("Mục lục", *names, *lines)
    assert titles(manuscript) == ["Mục lục", *names]
    assert [c.included for c in manuscript.chapters] == [False, True, True, True]


def test_declared_headings_count_more_than_words() -> None:
    manuscript = made(head("Khởi đầu"), PROSE, "Điều 1. Một điều gì đó", PROSE, head("Tiếp theo"), PROSE)
    assert titles(manuscript) == ["Khởi đầu", "Tiếp theo"]


def test_a_few_stray_declared_headings_do_not_hide_the_chapters() -> None:
    manuscript = made(
        head("Nơi nhận"),
        PROSE,
        "Chương I. Một",
        LONG,
        "Chương II. Hai",
        LONG,
        "Chương III. Ba",
        LONG,
        head("Người ký"),
        PROSE,
    )
    assert [t.split(".")[0] for t in titles(manuscript)[1:]] == ["Chương I", "Chương II", "Chương III"]


def test_a_chapter_that_missed_its_style_is_a_chapter_still() -> None:
    manuscript = made(head("Chương 1"), LONG, head("Chương 2", 2), LONG, "Chương 3", LONG, head("Chương 4"), LONG)
    assert titles(manuscript) == ["Chương 1", "Chương 2", "Chương 3", "Chương 4"]


def test_body_text_in_heading_styles_makes_no_chapters() -> None:
    manuscript = made(*[head(LONG) for _ in range(9)], head("Thật"))
    assert len(manuscript.chapters) == 1


def test_lists_in_heading_styles_make_no_chapters() -> None:
    items = [head(f"Mặt hàng thứ {n}") for n in range(40)]
    manuscript = made(head("Đầu"), PROSE, *items, head("Cuối"), PROSE)
    assert titles(manuscript) == ["Đầu", "Cuối"]


def test_crumbs_of_a_level_are_no_chapters() -> None:
    lines: list[str | Block] = []
    for name in ("Vần A", "Vần B"):
        lines.append(head(name))
        lines += [each for n in range(30) for each in (head(f"{name} từ {n}", 2), "Nghĩa ngắn.")]
    assert titles(made(*lines)) == ["Vần A", "Vần B"]


def test_a_glossary_s_entries_are_no_chapters_and_slides_are() -> None:
    entries = [each for n in range(40) for each in (head(f"Từ {n}"), Block("Nghĩa ngắn."))]
    assert len(made(*entries).chapters) == 1
    slides = [replace(block, page=place // 2 + 1) for place, block in enumerate(entries)]
    assert len(made(*slides).chapters) == 40


def test_numbers_make_chapters_where_no_word_does() -> None:
    manuscript = made(
        "BÁO CÁO TỔNG KẾT",
        "I. Đặc điểm tình hình:",
        PROSE,
        "1. Thuận lợi",
        LONG,
        "2. Khó khăn",
        LONG,
        "II. Kết quả đạt được",
        "1. Về kinh tế",
        LONG,
        "III. Phương hướng",
        LONG,
    )
    assert titles(manuscript)[1:] == ["I. Đặc điểm tình hình", "II. Kết quả đạt được", "III. Phương hướng"]


def test_clauses_are_no_headings() -> None:
    lines = [
        f"{n}. Cơ quan thứ {n} có trách nhiệm thực hiện quy định này theo thẩm quyền được giao." for n in range(1, 9)
    ]
    assert len(made("Thông báo", *lines).chapters) == 1


def test_long_text_without_headings_is_cut_between_paragraphs() -> None:
    manuscript = made(*[LONG] * 60)
    assert titles(manuscript) == [f"Phần {n}" for n in range(1, len(manuscript.chapters) + 1)]
    sizes = [sum(len(p.text.split()) for p in c.paragraphs) for c in manuscript.chapters]
    assert len(sizes) > 2 and all(3000 <= size <= 5000 for size in sizes)
    english = made(*["It was a bright cold day in April, and the clocks were striking thirteen. " * 20] * 60)
    assert titles(english)[0] == "Part 1"


def test_a_paragraph_of_many_lines_holds_its_articles() -> None:
    manuscript = made(
        f"Quyết định\nĐiều 1. Thành lập Ban\n{PROSE}\nĐiều 2. Hiệu lực\n{PROSE}", "Điều 3. Thi hành", PROSE
    )
    assert titles(manuscript)[-3:] == ["Điều 1. Thành lập Ban", "Điều 2. Hiệu lực", "Điều 3. Thi hành"]


def test_english_books_have_chapters_too() -> None:
    lines = [each for n in ("One", "Two", "Three") for each in (f"CHAPTER {n}", "The River", LONG)]
    assert titles(made(*lines, "References", "[1] A book.")) == [
        "CHAPTER One. The River",
        "CHAPTER Two. The River",
        "CHAPTER Three. The River",
        "References",
    ]


def test_table_rows_are_never_headings() -> None:
    rows = [Block(f"Điều {n}. Cũ | Điều {n}. Mới", "table row") for n in range(1, 9)]
    assert len(made("So sánh", *rows).chapters) == 1


@pytest.mark.parametrize(
    ("text", "level"),
    [
        ("Chương I", 2),
        ("CHƯƠNG 1: TỔNG QUAN", 2),
        ("Chương thứ nhất", 2),
        ("Hồi thứ mười lăm", 2),
        ("Phụ lục số II", 1),
        ("PHẦN MỞ ĐẦU", 1),
        ("Điều 5. Giải thích từ ngữ", 5),
        ("Điều 12a. Bổ sung", 5),
        ("Phần Lan là một nước Bắc Âu", None),
        ("Điều 5 Luật Đất đai quy định", None),
        ("Chương trình đào tạo", None),
        ("Mục tiêu chung", None),
        ("Tập đoàn Dầu khí", None),
        ("Bài học kinh nghiệm", None),
        ("Phần I này nói về nhiều thứ khác nhau", None),
    ],
)
def test_headings_by_their_words(text: str, level: int | None) -> None:
    assert heading_level(text) == level


def test_labels_know_their_numbers() -> None:
    numbers = {"Chương IX": 9, "Hồi thứ hai mươi mốt": 21, "Điều 105.": 105, "Chapter Twelve": 12, "Phần B": 2}
    for text, number in numbers.items():
        label = labelled(text)
        assert label and label.number == number, text
    assert numbered("2.1. Khái niệm") and not numbered("2. Cơ quan này chịu trách nhiệm;") and not numbered("Câu")


@pytest.mark.parametrize(
    ("title", "apart"),
    [
        ("TÀI LIỆU THAM KHẢO", True),
        ("5. Tài liệu tham khảo", True),
        ("Danh mục các hình vẽ", True),
        ("References", True),
        ("Bản quyền", True),
        ("Danh mục hàng hóa cấm nhập khẩu", False),
        ("Bìa rừng", False),
        ("Kết luận", False),
    ],
)
def test_what_nobody_listens_to(title: str, apart: bool) -> None:
    assert is_apart(title) == apart
