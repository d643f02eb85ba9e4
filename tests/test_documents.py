"""Documents: real files of every kind in, chapters out, through the same limited child process as in the app."""

from __future__ import annotations

import random
import unicodedata
from pathlib import Path
from typing import Any

import docx
import factories
import needs
import pymupdf
import pytest

from vnclone import sandbox
from vnclone.documents.layout import joined
from vnclone.documents.plain import paragraphs as text_paragraphs
from vnclone.documents.reader import read
from vnclone.errors import BadInput, TooLarge, VncloneError
from vnclone.models import Manuscript, Said, manuscript_from_json

SENTENCE = "phân bố tần số và kết quả đạt được ở Hà Nội của mỗi người lao động tại cơ sở sản xuất lớn nhất"
WORDS = SENTENCE.split()
TARGET = "vnclone.documents.reader:read"
W = "http://schemas.openxmlformats.org/wordprocessingml/2006/main"


def opened(path: Path, name: str = "", max_pages: int = 100, password: str | None = None) -> Manuscript:
    asked = {"filename": name or path.name, "max_pages": max_pages, "password": password}
    return manuscript_from_json(read(str(path), lambda said, share: None, **asked))


def texts(manuscript: Manuscript) -> list[str]:
    return [paragraph.text for chapter in manuscript.chapters for paragraph in chapter.paragraphs]


def refusal(path: Path, **asked: Any) -> VncloneError:
    with pytest.raises(VncloneError) as caught:
        opened(path, **asked)
    assert caught.value.said.vi != caught.value.said.en
    return caught.value


def wrapped(words: int, page: int) -> list[str]:
    """A full paragraph of numbered words on lines of one width, the last one short."""
    sequence = random.Random(page).choices(WORDS, k=words)
    lines, line = [], ""
    for word in sequence:
        if factories.FONT.text_length(f"{line} {word}", 11) > 380:
            lines.append(line)
            line = word
        else:
            line = f"{line} {word}".strip()
    return [*lines, line]


def test_vietnamese_words_set_without_spaces_are_not_glued(tmp_path: Path) -> None:
    path = factories.pdf(tmp_path / "a.pdf", [["Sự phân bố tần số và", "kết quả ở đó"]], spaces=False)
    with pymupdf.open(path) as raw:
        assert "bốtần" in raw[0].get_text()  # what the library alone makes of it
    assert " ".join(texts(opened(path))) == "Sự phân bố tần số và kết quả ở đó"


def test_lines_become_paragraphs_across_pages_without_heads_and_numbers(tmp_path: Path) -> None:
    document = pymupdf.open()
    expected = []
    rest = wrapped(900, 0)
    for number in range(1, 4):
        page = document.new_page()
        writer = pymupdf.TextWriter(page.rect)
        writer.append((72, 40), f"Công báo số {number} năm 2010", font=factories.FONT, fontsize=9)
        writer.append((290, 815), str(number + 16), font=factories.FONT, fontsize=9)
        for row in range(20 if number < 3 else len(rest)):
            writer.append((72, 90 + row * 15.4), rest[row], font=factories.FONT, fontsize=11)
            expected.append(rest[row])
        rest = rest[20:]
        writer.write_text(page)
    document.save(tmp_path / "b.pdf")
    assert texts(opened(tmp_path / "b.pdf")) == [" ".join(expected)]


def test_a_document_of_running_lines_alone_still_says_them(tmp_path: Path) -> None:
    assert "Một hai ba" in opened(factories.pdf(tmp_path / "a.pdf", [["Một hai ba"]] * 3)).text


def test_chapters_follow_the_words_of_their_headings(tmp_path: Path) -> None:
    lines = ["Lời ngỏ của tác giả.", "Chương I", "QUY ĐỊNH CHUNG", "Nội dung một.", "Chương II. Kết thúc", "Hai."]
    manuscript = opened(factories.pdf(tmp_path / "a.pdf", [lines]))
    assert [chapter.title for chapter in manuscript.chapters] == [
        "",
        "Chương I. QUY ĐỊNH CHUNG",
        "Chương II. Kết thúc",
    ]
    assert [p.kind for p in manuscript.chapters[1].paragraphs] == ["heading", "heading", "body"]
    assert texts(manuscript) == lines
    assert all(p.page == 1 for c in manuscript.chapters for p in c.paragraphs)


def test_an_outline_gives_the_chapters(tmp_path: Path) -> None:
    document = pymupdf.open(factories.pdf(tmp_path / "raw.pdf", [["Khởi đầu", "Lời một."], ["Tiếp theo", "Lời hai."]]))
    document.set_toc([[1, "Khởi đầu", 1], [1, "Tiếp theo", 2]])
    document.save(tmp_path / "a.pdf")
    manuscript = opened(tmp_path / "a.pdf")
    assert [(c.title, c.paragraphs[-1].page) for c in manuscript.chapters] == [("Khởi đầu", 1), ("Tiếp theo", 2)]


def test_larger_type_makes_headings_where_words_do_not(tmp_path: Path) -> None:
    document = pymupdf.open()
    page = document.new_page()
    writer = pymupdf.TextWriter(page.rect)
    seasons = [("Mùa xuân", 18), *((line, 11) for line in wrapped(60, 1))]
    seasons += [("Mùa thu", 18), *((line, 11) for line in wrapped(60, 3))]
    for row, (line, size) in enumerate(seasons):
        writer.append((72, 120 + row * 22), line, font=factories.FONT, fontsize=size)
    writer.write_text(page)
    document.save(tmp_path / "a.pdf")
    assert [chapter.title for chapter in opened(tmp_path / "a.pdf").chapters] == ["Mùa xuân", "Mùa thu"]


@pytest.mark.parametrize(
    ("before", "after", "whole"),
    [
        ("the inter-", "national law", "the international law"),
        ("a well-", "known man", "a well-known man"),
        ("hội Anh-", "Mỹ", "hội Anh-Mỹ"),
        ("a small-", "scale study", "a small-scale study"),
        ("the state-of-", "the-art method", "the state-of-the-art method"),
        ("gửi e-", "mail", "gửi e-mail"),
        ("dịch COVID-", "19 và", "dịch COVID-19 và"),
        ("to real-", "ize it", "to realize it"),
        ("an in-", "dependent test", "an independent test"),
        ("soft\u00ad", "ware", "software"),
        ("hai", "ba", "hai ba"),
    ],
)
def test_words_divided_at_a_line_s_end_become_whole(before: str, after: str, whole: str) -> None:
    assert joined(before, after, frozenset({"well-known"})) == whole


def test_an_encrypted_pdf_asks_for_its_password(tmp_path: Path) -> None:
    aes = {"encryption": pymupdf.PDF_ENCRYPT_AES_256, "user_pw": "bí mật", "owner_pw": "chủ"}
    path = factories.pdf(tmp_path / "a.pdf", [["Xin chào các bạn"]], **aes)
    assert "password" in refusal(path).said.en
    assert "wrong" in refusal(path, password="khác").said.en
    assert opened(path, password="bí mật").text == "Xin chào các bạn"


def test_a_broken_pdf_is_refused_kindly(tmp_path: Path) -> None:
    whole = factories.pdf(tmp_path / "a.pdf", [["Xin chào"]]).read_bytes()
    (tmp_path / "half.pdf").write_bytes(whole[: len(whole) // 3])
    (tmp_path / "junk.pdf").write_bytes(b"%PDF-1.7\n" + bytes(range(256)) * 20)
    for name in ("half.pdf", "junk.pdf"):
        assert "damaged" in refusal(tmp_path / name).said.en


def test_too_many_pages_names_both_numbers(tmp_path: Path) -> None:
    error = refusal(factories.pdf(tmp_path / "a.pdf", [["Xin chào"]] * 5), max_pages=3)
    assert isinstance(error, TooLarge) and "5" in error.said.vi and "3" in error.said.vi


def test_empty_files_and_files_without_text_are_refused(tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_bytes(b"")
    assert "empty" in refusal(tmp_path / "a.txt").said.en
    (tmp_path / "b.txt").write_bytes(b" \n\n***\n")
    assert "no text" in refusal(tmp_path / "b.txt").said.en
    assert "no text" in refusal(factories.pdf(tmp_path / "c.pdf", [[""]])).said.en


def word(tmp_path: Path) -> Path:
    document = docx.Document()
    document.add_heading("Báo cáo", 0)
    document.add_heading("Khởi đầu", 1)
    document.add_paragraph("Trước bảng.").style = None
    table = document.add_table(2, 2)
    for cell, text in zip((c for row in table.rows for c in row.cells), ("Tên", "Tuổi", "Lan", "20"), strict=True):
        cell.text = text
    document.add_paragraph("Sau bảng ti\u0301nh.")
    document.add_paragraph("Mục nhỏ", style="List Bullet")
    document.add_heading("Tiếp theo", 1)
    document.add_paragraph("Hết.")
    document.save(tmp_path / "a.docx")
    return tmp_path / "a.docx"


def test_word_gives_paragraphs_and_tables_in_order(tmp_path: Path) -> None:
    manuscript = opened(word(tmp_path))
    assert [chapter.title for chapter in manuscript.chapters] == ["Khởi đầu", "Tiếp theo"]
    found = [(p.kind, p.text) for p in manuscript.chapters[0].paragraphs[2:]]
    assert found == [
        ("body", "Trước bảng."),
        ("table row", "Tên | Tuổi"),
        ("table row", "Lan | 20"),
        ("body", "Sau bảng tính."),
        ("list item", "Mục nhỏ"),
    ]


def test_word_gives_footnotes_and_text_boxes_once_and_no_deleted_text(tmp_path: Path) -> None:
    path = word(tmp_path)
    box = "<w:txbxContent><w:p><w:r><w:t>Trong khung</w:t></w:r></w:p></w:txbxContent>"
    alternate = (
        '<mc:AlternateContent xmlns:mc="http://schemas.openxmlformats.org/markup-compatibility/2006">'
        f'<mc:Choice Requires="wps">{box}</mc:Choice><mc:Fallback>{box}</mc:Fallback></mc:AlternateContent>'
    )
    body = (
        f'<w:document xmlns:w="{W}"><w:body><w:p><w:pPr><w:pStyle w:val="Lạ"/></w:pPr><w:r><w:t>Một câu</w:t></w:r>'
        f'<w:del><w:r><w:delText>bỏ</w:delText></w:r></w:del><w:r><w:footnoteReference w:id="2"/></w:r>'
        f"<w:r>{alternate}</w:r></w:p></w:body></w:document>"
    )
    note = '<w:footnote w:id="2"><w:p><w:r><w:t>Chú thích.</w:t></w:r></w:p></w:footnote>'
    notes = f'<w:footnotes xmlns:w="{W}">{note}</w:footnotes>'
    kind = "application/vnd.openxmlformats-officedocument.wordprocessingml.footnotes+xml"
    relation = "http://schemas.openxmlformats.org/officeDocument/2006/relationships/footnotes"
    with_parts(path, body, notes, kind, relation)
    assert texts(opened(path)) == ["Một câu", "Chú thích.", "Trong khung"]


def with_parts(path: Path, body: str, notes: str, kind: str, relation: str) -> None:
    """Put a body and footnotes of our own into the Word file, with the entries that make them known."""
    import zipfile

    with zipfile.ZipFile(path) as archive:
        types = archive.read("[Content_Types].xml").decode()
        relations = archive.read("word/_rels/document.xml.rels").decode()
    types = types.replace("</Types>", f'<Override PartName="/word/footnotes.xml" ContentType="{kind}"/></Types>')
    entry = f'<Relationship Id="rId99" Type="{relation}" Target="footnotes.xml"/></Relationships>'
    parts = {
        "word/document.xml": body,
        "word/footnotes.xml": notes,
        "[Content_Types].xml": types,
        "word/_rels/document.xml.rels": relations.replace("</Relationships>", entry),
    }
    factories.with_parts(path, {name: text.encode() for name, text in parts.items()})


def test_half_a_word_file_is_refused_kindly(tmp_path: Path) -> None:
    data = word(tmp_path).read_bytes()
    (tmp_path / "half.docx").write_bytes(data[: len(data) // 2])
    assert "damaged" in refusal(tmp_path / "half.docx").said.en


def cp1258(text: str) -> bytes:
    """As Windows wrote Vietnamese: the letter, then its tone mark."""
    tones = "\u0300\u0301\u0303\u0309\u0323"
    out = b""
    for character in unicodedata.normalize("NFC", text):
        marks = unicodedata.normalize("NFD", character)
        letter = unicodedata.normalize("NFC", "".join(m for m in marks if m not in tones))
        out += (letter + "".join(m for m in marks if m in tones)).encode("cp1258")
    return out


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "utf-32", "cp1258"])
def test_text_of_any_encoding_is_read(tmp_path: Path, encoding: str) -> None:
    text = "Trường đại học của chúng tôi ở đường phố lớn nhất.\r\nDòng hai."
    data = cp1258(text) if encoding == "cp1258" else text.encode(encoding)
    (tmp_path / "a.txt").write_bytes(data)
    assert texts(opened(tmp_path / "a.txt")) == text.split("\r\n")


def test_western_text_stays_western(tmp_path: Path) -> None:
    text = "Café à la crème, déjà vu, señor, über alles. Ça va très bien."
    (tmp_path / "a.txt").write_bytes(text.encode("latin-1"))
    assert opened(tmp_path / "a.txt").text == text


def test_a_few_damaged_bytes_do_not_cost_the_text(tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_bytes(("Việt Nam quê hương tôi đẹp lắm. " * 9).encode() + b"\xff Xong.")
    manuscript = opened(tmp_path / "a.txt")
    assert manuscript.text.endswith("Xong.") and "damaged" in manuscript.notes[0].en


def test_text_wrapped_by_a_program_is_joined_and_a_poem_is_not() -> None:
    prose = "Một hai ba bốn năm sáu bảy tám chín mười mười một mười hai mười ba"
    lines = [prose] * 4 + ["hết."]
    assert text_paragraphs("\n".join([*lines, "", "Đoạn mới."])) == [" ".join(lines), "Đoạn mới."]
    poem = ["Trăm năm trong cõi người ta", "Chữ tài chữ mệnh khéo là ghét nhau"] * 3
    assert text_paragraphs("\n".join(poem)) == poem


def test_no_control_character_or_surrogate_comes_out(tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_bytes("Xin\x01 cha\u0300o\u00ad \u200bbạn\x7f \ufeffnhé".encode())
    assert opened(tmp_path / "a.txt").text == "Xin chào bạn nhé"


def test_progress_is_told_and_never_goes_back(tmp_path: Path) -> None:
    heard: list[tuple[Said, float]] = []
    path = factories.pdf(tmp_path / "a.pdf", [[f"Trang số {n} có chữ"] for n in range(25)])
    sandbox.run(TARGET, arguments(path), reads=[path], report=lambda said, share: heard.append((said, share)))
    shares = [share for _, share in heard]
    assert [heard[0][0].vi, heard[-1][0].vi] == ["Đang đọc tài liệu…", "Đang phân tích văn bản…"]
    assert shares == sorted(shares) and shares[0] == 0 and shares[-1] == 1


def arguments(path: Path) -> dict[str, Any]:
    return {"path": str(path), "filename": path.name, "max_pages": 100, "password": None}


def test_errors_cross_the_child_process_whole(tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_bytes(b"")
    with pytest.raises(BadInput, match="empty"):
        sandbox.run(TARGET, arguments(tmp_path / "a.txt"), reads=[tmp_path])


def test_real_decrees_fall_into_their_chapters() -> None:
    manuscript = opened(needs.documents() / "tcvn3-2004-NghiDinh114_2003.txt")
    assert [c.title[:11].rstrip(". ") for c in manuscript.chapters[1:4]] == ["Chương I. N", "Chương II", "Chương III"]


def test_a_file_without_a_title_is_called_by_its_name_but_the_name_is_not_read_aloud(tmp_path: Path) -> None:
    path = tmp_path / "scan_final-v2.txt"
    path.write_text("Buổi sáng hôm ấy trời trong và gió nhẹ.\n\nĐoạn hai.\n", encoding="utf-8")
    manuscript = opened(path)
    assert manuscript.title == "scan_final-v2" and manuscript.chapters[0].title == ""
    path.write_text("Buổi sáng\n\nTrời trong và gió nhẹ.\n", encoding="utf-8")
    assert opened(path).title == opened(path).chapters[0].title == "Buổi sáng"


@pytest.mark.parametrize("heading", ["Chương 1: Buổi sáng", "Phần I", "Bài 3", "Chapter 1", "PHẦN A. MỞ ĐẦU"])
def test_a_chapter_heading_is_not_the_title_of_the_whole_document(tmp_path: Path, heading: str) -> None:
    path = tmp_path / "truyện ngắn.txt"
    path.write_text(f"{heading}\n\nTrời trong và gió nhẹ.\n\nChương 2\n\nHết rồi.\n", encoding="utf-8")
    manuscript = opened(path)
    assert manuscript.title == "truyện ngắn"
    assert manuscript.chapters[0].title == heading and "truyện" not in manuscript.text
    path.write_text(f"GIÓ ĐẦU MÙA\n\n{heading}\n\nTrời trong.\n\nChương 2\n\nHết rồi.\n", encoding="utf-8")
    assert opened(path).title == "GIÓ ĐẦU MÙA"
