"""Word documents made here as XML, good and bad: what is read out of them, and how the bad ones are refused."""

from __future__ import annotations

import random
import zipfile
from pathlib import Path

import docx
import factories
import pytest
from test_formats import NS, W, kinds, opened, p, refusal, texts, titles, word

from vnclone.documents import encrypted
from vnclone.errors import Locked, TooLarge


def level(number: int, text: str, form: str = "decimal", start: int = 1, more: str = "") -> str:
    return (
        f'<w:lvl w:ilvl="{number}"><w:start w:val="{start}"/><w:numFmt w:val="{form}"/>{more}'
        f'<w:lvlText w:val="{text}"/></w:lvl>'
    )


def listed(number: int, at: int = 0) -> str:
    return f'<w:numPr><w:ilvl w:val="{at}"/><w:numId w:val="{number}"/></w:numPr>'


LISTS = (
    f'<w:abstractNum w:abstractNumId="0">{level(0, "Chương %1", "upperRoman")}{level(1, "Điều %2.", more=chr(0))}'
    f"{level(2, '%3)', 'lowerLetter')}</w:abstractNum>"
    f'<w:abstractNum w:abstractNumId="1">{level(0, "•", "bullet")}</w:abstractNum>'
    '<w:num w:numId="1"><w:abstractNumId w:val="0"/></w:num><w:num w:numId="2"><w:abstractNumId w:val="1"/></w:num>'
    '<w:num w:numId="3"><w:abstractNumId w:val="0"/><w:lvlOverride w:ilvl="2"><w:startOverride w:val="1"/>'
    "</w:lvlOverride></w:num>"
).replace(chr(0), '<w:lvlRestart w:val="0"/>')


def test_word_s_own_numbers_are_read_and_make_the_chapters(tmp_path: Path) -> None:
    body = (
        p("QUY ĐỊNH CHUNG", listed(1))
        + p("Phạm vi", listed(1, 1))
        + p("Nội dung một.")
        + p("mục a;", listed(1, 2))
        + p("mục b.", listed(1, 2))
        + p("Đối tượng", listed(1, 1))
        + p("mục a lại.", listed(1, 2))
        + p("gạch", listed(2))
        + p("TỔ CHỨC", listed(1))
        + p("Hiệu lực", listed(1, 1))
        + p("Hết rồi nhé các bạn.")
        + p("đếm lại", listed(3, 2))
    )
    manuscript = opened(word(tmp_path / "a.docx", body, numbering=LISTS))
    assert texts(manuscript) == [
        "Chương I QUY ĐỊNH CHUNG",
        "Điều 1. Phạm vi",
        "Nội dung một.",
        "a) mục a;",
        "b) mục b.",
        "Điều 2. Đối tượng",
        "a) mục a lại.",
        "gạch",
        "Chương II TỔ CHỨC",
        "Điều 3. Hiệu lực",
        "Hết rồi nhé các bạn.",
        "a) đếm lại",
    ]
    assert titles(manuscript) == ["Chương I. QUY ĐỊNH CHUNG", "Chương II. TỔ CHỨC"]


def test_numbers_come_from_styles_too(tmp_path: Path) -> None:
    linked = level(0, "Điều %1.", more='<w:pStyle w:val="D"/>')
    lists = f'<w:abstractNum w:abstractNumId="0">{linked}</w:abstractNum>'
    lists += '<w:num w:numId="5"><w:abstractNumId w:val="0"/></w:num>'
    numbered = '<w:pPr><w:numPr><w:numId w:val="5"/></w:numPr></w:pPr>'
    styles = f'<w:style w:type="paragraph" w:styleId="D"><w:name w:val="Dieu"/>{numbered}</w:style>'
    style = '<w:pStyle w:val="D"/>'
    body = (
        p("Một", style) + p("Lời.") + p("Không số", style + '<w:numPr><w:numId w:val="0"/></w:numPr>') + p("Hai", style)
    )
    assert texts(opened(word(tmp_path / "a.docx", body, numbering=lists, styles=styles))) == [
        "Điều 1. Một",
        "Lời.",
        "Không số",
        "Điều 2. Hai",
    ]


def test_merged_cells_are_read_once_and_nested_tables_in_order(tmp_path: Path) -> None:
    def cell(content: str, properties: str = "") -> str:
        return f"<w:tc><w:tcPr>{properties}</w:tcPr>{content}</w:tc>"

    begins, wide = '<w:vMerge w:val="restart"/>', '<w:gridSpan w:val="2"/>'
    inner = f"<w:tbl><w:tr>{cell(p('x'))}{cell(p('y'))}</w:tr></w:tbl>"
    body = (
        "<w:tbl>"
        f"<w:tr>{cell(p('Tên'), begins)}{cell(p('Rộng'), wide)}</w:tr>"
        f"<w:tr>{cell(p('Tên'), '<w:vMerge/>')}{cell(p('1'))}{cell(p('2'))}</w:tr>"
        f"<w:tr>{cell(p('Trong'))}{cell(inner + p())}</w:tr>"
        f"<w:tr><w:trPr><w:del/></w:trPr>{cell(p('xoá'))}{cell(p('rồi'))}</w:tr>"
        "</w:tbl>"
    )
    manuscript = opened(word(tmp_path / "a.docx", p("Đầu.") + body))
    assert texts(manuscript) == ["Đầu.", "Tên | Rộng", "1 | 2", "Trong", "x | y"]


def test_hidden_deleted_and_instructing_letters_stay_unread(tmp_path: Path) -> None:
    def field(kind: str) -> str:
        return f'<w:r><w:fldChar w:fldCharType="{kind}"/></w:r>'

    runs = (
        "<w:r><w:t>Thấy</w:t></w:r><w:r><w:rPr><w:vanish/></w:rPr><w:t>ẩn</w:t></w:r>"
        "<w:del><w:r><w:delText>bỏ</w:delText></w:r></w:del><w:ins><w:r><w:t> thêm</w:t></w:r></w:ins>"
        f"{field('begin')}<w:r><w:instrText> REF x </w:instrText></w:r>{field('separate')}"
        f"<w:r><w:t> kết quả</w:t></w:r>{field('end')}"
        f"{field('begin')}<w:r><w:instrText>PAGE</w:instrText></w:r>{field('separate')}"
        f"<w:r><w:t>17</w:t></w:r>{field('end')}"
        '<w:r><w:commentReference w:id="1"/></w:r><w:r><w:noBreakHyphen/><w:sym w:font="Symbol" w:char="F061"/></w:r>'
        '<w:r><w:rPr><w:vanish w:val="0"/></w:rPr><w:t> hiện</w:t></w:r>'
    )
    assert texts(opened(word(tmp_path / "a.docx", p(runs=runs)))) == ["Thấy thêm kết quả-α hiện"]


def test_notes_follow_their_paragraph_and_boxes_are_read_once(tmp_path: Path) -> None:
    box = f"<w:txbxContent>{p('Trong khung')}</w:txbxContent>"
    mc = 'xmlns:mc="http://schemas.openxmlformats.org/markup-compatibility/2006"'
    versions = (
        f'<mc:Choice Requires="wps"><w:drawing>{box}</w:drawing></mc:Choice>'
        f"<mc:Fallback><w:pict>{box}</w:pict></mc:Fallback>"
    )
    drawing = f"<w:r><mc:AlternateContent {mc}>{versions}</mc:AlternateContent></w:r>"
    body = p("Một câu", runs='<w:r><w:footnoteReference w:id="2"/></w:r>' + drawing) + p("Câu hai.")
    notes = f'<w:footnote w:id="2">{p("Chú thích")}{p("hai đoạn.")}</w:footnote>'
    manuscript = opened(word(tmp_path / "a.docx", body, footnotes=notes))
    assert kinds(manuscript) == [
        ("body", "Một câu"),
        ("footnote", "Chú thích hai đoạn."),
        ("body", "Trong khung"),
        ("body", "Câu hai."),
    ]


def test_equations_are_one_line(tmp_path: Path) -> None:
    m = 'xmlns:m="http://schemas.openxmlformats.org/officeDocument/2006/math"'

    def r(text: str) -> str:
        return f"<m:r><m:t>{text}</m:t></m:r>"

    equation = (
        f"<m:oMath {m}>{r('x=')}<m:f><m:num>{r('a+b')}</m:num><m:den>{r('2')}</m:den></m:f>"
        f"<m:sSup><m:e>{r('y')}</m:e><m:sup>{r('2')}</m:sup></m:sSup><m:rad><m:deg/><m:e>{r('z')}</m:e></m:rad></m:oMath>"
    )
    assert texts(opened(word(tmp_path / "a.docx", p("Ta có", runs=equation)))) == ["Ta có x=(a+b)/2y^2√z"]


def test_a_contents_field_makes_no_chapters_and_is_left_out(tmp_path: Path) -> None:
    def mark(kind: str) -> str:
        return f'<w:r><w:fldChar w:fldCharType="{kind}"/></w:r>'

    def instruct(text: str) -> str:
        return f"<w:r><w:instrText>{text}</w:instrText></w:r>"

    def entry(text: str) -> str:
        number = mark("begin") + instruct("PAGEREF _Toc1") + mark("separate") + "<w:r><w:t>9</w:t></w:r>" + mark("end")
        return f"<w:r><w:t>{text}</w:t></w:r><w:r><w:tab/></w:r>{number}"

    styles = "".join(
        f'<w:style w:type="paragraph" w:styleId="H{n}"><w:name w:val="heading {n}"/></w:style>' for n in (1, 2)
    )
    head = '<w:pStyle w:val="H1"/>'
    body = (
        p("MỤC LỤC")
        + p(runs=mark("begin") + instruct('TOC \\o "1-3"') + mark("separate") + entry("Khởi đầu"))
        + p(runs=entry("Tiếp theo"))
        + p(runs=mark("end"))
        + p("Khởi đầu", head)
        + p("Lời một.")
        + p("Tiếp theo", head)
        + p("Lời hai.")
        + p("TÀI LIỆU THAM KHẢO", head)
        + p("Nguyễn Văn A, Sách.")
    )
    manuscript = opened(word(tmp_path / "a.docx", body, styles=styles))
    assert [(c.title, c.included) for c in manuscript.chapters] == [
        ("MỤC LỤC", False),
        ("Khởi đầu", True),
        ("Tiếp theo", True),
        ("TÀI LIỆU THAM KHẢO", False),
    ]
    assert texts(manuscript)[:3] == ["MỤC LỤC", "Khởi đầu", "Tiếp theo"]  # the page numbers are the printer's


def test_fields_that_never_end_cost_no_text(tmp_path: Path) -> None:
    begun = '<w:r><w:fldChar w:fldCharType="begin"/></w:r>'
    assert texts(opened(word(tmp_path / "a.docx", p(runs=begun) + p("Vẫn đọc.")))) == ["Vẫn đọc."]


def test_strict_namespaces_and_missing_parts_are_no_obstacle(tmp_path: Path) -> None:
    path = word(tmp_path / "a.docx", p("Chuẩn nghiêm ngặt.", '<w:pStyle w:val="Lạ"/>' + listed(9)), styles="<w:style/>")
    with zipfile.ZipFile(path) as archive:
        body = archive.read("word/document.xml").replace(
            W.encode(), b"http://purl.oclc.org/ooxml/wordprocessingml/main"
        )
    factories.with_parts(path, {"word/document.xml": body, "word/styles.xml": b"<broken"})
    assert texts(opened(path)) == ["Chuẩn nghiêm ngặt."]


def test_half_an_xml_part_is_read_up_to_its_end(tmp_path: Path) -> None:
    path = word(tmp_path / "a.docx", p("Còn nguyên.") + p("Đã mất."))
    with zipfile.ZipFile(path) as archive:
        body = archive.read("word/document.xml")
    factories.with_parts(path, {"word/document.xml": body[: body.index("mất".encode())]})
    manuscript = opened(path)
    assert texts(manuscript)[0] == "Còn nguyên." and "damaged" in manuscript.notes[0].en


def test_an_embedded_document_is_named(tmp_path: Path) -> None:
    manuscript = opened(word(tmp_path / "a.docx", p("Chính.") + '<w:altChunk xmlns:r="x" r:id="r1"/>'))
    assert texts(manuscript) == ["Chính."] and "embedded" in manuscript.notes[0].en


def test_macros_are_neither_run_nor_read(tmp_path: Path) -> None:
    path = word(tmp_path / "a.docm", p("Có macro."), parts={"word/vbaProject.bin": "Sub AutoOpen"})
    with zipfile.ZipFile(path) as archive:
        types = archive.read("[Content_Types].xml").replace(
            b"openxmlformats-officedocument.wordprocessingml.document.main", b"ms-word.document.macroEnabled.main"
        )
    factories.with_parts(path, {"[Content_Types].xml": types})
    manuscript = opened(path)
    assert texts(manuscript) == ["Có macro."] and manuscript.file_type == "docx"


def test_fonts_of_capitals_become_capitals(tmp_path: Path) -> None:
    font = '<w:rPr><w:rFonts w:ascii=".VnTimeH"/></w:rPr>'
    line = "NghÞ ®Þnh cña ChÝnh phñ vÒ tæ chøc vµ ho¹t ®éng cña c¸c c¬ quan thanh tra nhµ n\u00adíc"
    body = p(runs=f"<w:r>{font}<w:t>{line}</w:t></w:r>") + p(line) * 5
    manuscript = opened(word(tmp_path / "a.docx", body))
    assert texts(manuscript)[0] == "NGHỊ ĐỊNH CỦA CHÍNH PHỦ VỀ TỔ CHỨC VÀ HOẠT ĐỘNG CỦA CÁC CƠ QUAN THANH TRA NHÀ NƯỚC"
    assert texts(manuscript)[1] == "Nghị định của Chính phủ về tổ chức và hoạt động của các cơ quan thanh tra nhà nước"


def test_signs_of_tcvn3_stored_as_soft_hyphens_survive(tmp_path: Path) -> None:
    line = "<w:r><w:t>Nhµ n</w:t></w:r><w:r><w:softHyphen/></w:r><w:r><w:t>íc quy ®Þnh chÕ ®é lµm viÖc</w:t></w:r>"
    assert texts(opened(word(tmp_path / "a.docx", p(runs=line) * 6)))[0] == "Nhà nước quy định chế độ làm việc"


def test_larger_or_bold_lines_are_headings_where_nothing_else_is(tmp_path: Path) -> None:
    document = docx.Document()
    for name in ("Mùa xuân", "Mùa hạ", "Mùa thu"):
        document.add_paragraph().add_run(name).bold = True
        document.add_paragraph("Trời xanh mây trắng nắng vàng, gió nhẹ thổi qua cánh đồng lúa chín. " * 6)
    document.save(tmp_path / "a.docx")
    assert titles(opened(tmp_path / "a.docx")) == ["Mùa xuân", "Mùa hạ", "Mùa thu"]


# Bad Word files ------------------------------------------------------------------------------------------------------


def test_entities_are_refused_and_never_resolved(tmp_path: Path) -> None:
    (tmp_path / "secret").write_text("bí mật")
    laughs = "".join(f'<!ENTITY l{n} "{f"&l{n - 1};" * 10 if n else "ha"}">' for n in range(12))
    for declared, used in ((laughs, "&l11;"), (f'<!ENTITY x SYSTEM "file://{tmp_path}/secret">', "&x;")):
        text = f"<!DOCTYPE w:document [{declared}]><w:document {NS}><w:body>{p(used)}</w:body></w:document>"
        path = word(tmp_path / "a.docx", "", parts={"word/document.xml": text})
        assert "entities" in refusal(path).said.en


def test_tables_inside_tables_without_end_are_refused(tmp_path: Path) -> None:
    body = "<w:tbl><w:tr><w:tc>" * 90 + p("sâu") + "</w:tc></w:tr></w:tbl>" * 90
    assert "nested" in refusal(word(tmp_path / "a.docx", body)).said.en


def test_a_paragraph_of_millions_of_letters_is_refused(tmp_path: Path) -> None:
    error = refusal(word(tmp_path / "a.docx", p("chữ " * 3_000_000)))
    assert isinstance(error, TooLarge) and "paragraph" in error.said.en


def test_a_million_empty_paragraphs_are_no_text(tmp_path: Path) -> None:
    assert "no text" in refusal(word(tmp_path / "a.docx", "<w:p/>" * 1_000_000)).said.en


def test_a_password_opens_an_office_file_and_a_wrong_one_does_not(tmp_path: Path) -> None:
    from msoffcrypto.format.ooxml import OOXMLFile

    def locked(name: str, password: str) -> Path:
        # Its own encryption writes containers of less than 4 KiB wrongly; the pages are of no compressible kind.
        filler = {"word/media/noise.bin": random.Random(0).randbytes(9000).hex()}
        plain = word(tmp_path / "plain.docx", p("Điều bí mật."), filler)
        with plain.open("rb") as file, (tmp_path / name).open("wb") as out:
            OOXMLFile(file).encrypt(password, out)
        return tmp_path / name

    path = locked("a.docx", "mật khẩu")
    assert isinstance(refusal(path), Locked)
    for given, word_of_it in ((None, "protected"), ("sai", "wrong")):
        with pytest.raises(Locked, match=word_of_it):
            opened(path, password=given)
    assert texts(opened(path, password="mật khẩu")) == ["Điều bí mật."]
    assert texts(opened(locked("b.docx", encrypted.DEFAULT_PASSWORD))) == ["Điều bí mật."]
