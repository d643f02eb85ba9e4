"""DOCX, ODT, PPTX, EPUB, HTML, Markdown and text: files of every kind made here, and what is read out of them."""

from __future__ import annotations

import io
import shutil
import zipfile
from pathlib import Path
from typing import Any

import docx
import factories
import pytest
from docx.oxml import parse_xml
from test_legacy import written

from vnclone.documents.reader import read
from vnclone.errors import BadInput, ManyPages, VncloneError
from vnclone.models import Manuscript, manuscript_from_json

W = "http://schemas.openxmlformats.org/wordprocessingml/2006/main"
NS = f'xmlns:w="{W}"'
RELATIONS = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"


def opened(path: Path, **asked: Any) -> Manuscript:
    return manuscript_from_json(read(str(path), lambda said, share: None, **{"filename": path.name, **asked}))


def texts(manuscript: Manuscript) -> list[str]:
    return [paragraph.text for chapter in manuscript.chapters for paragraph in chapter.paragraphs]


def kinds(manuscript: Manuscript) -> list[tuple[str, str]]:
    return [(p.kind, p.text) for chapter in manuscript.chapters for p in chapter.paragraphs]


def titles(manuscript: Manuscript) -> list[str]:
    return [chapter.title for chapter in manuscript.chapters]


def refusal(path: Path, **asked: Any) -> VncloneError:
    with pytest.raises(VncloneError) as caught:
        opened(path, **asked)
    assert caught.value.said.vi != caught.value.said.en
    return caught.value


def word(path: Path, body: str, parts: dict[str, str] | None = None, **named: str) -> Path:
    """A .docx of this XML between w:body; `named` are parts by the last word of their relation: styles, numbering …"""
    main = "application/vnd.openxmlformats-officedocument.wordprocessingml.document.main+xml"
    types = f'<Override PartName="/word/document.xml" ContentType="{main}"/>'
    relations = "".join(
        f'<Relationship Id="r{n}" Type="{RELATIONS}/{kind}" Target="{kind}.xml"/>' for n, kind in enumerate(named)
    )
    relation_list = (
        '<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships">{}</Relationships>'
    )
    start = f'<Relationship Id="r0" Type="{RELATIONS}/officeDocument" Target="word/document.xml"/>'
    members = {
        "[Content_Types].xml": f'<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types">{types}</Types>',
        "_rels/.rels": relation_list.format(start),
        "word/_rels/document.xml.rels": relation_list.format(relations),
        "word/document.xml": f"<w:document {NS}><w:body>{body}</w:body></w:document>",
    }
    members |= {f"word/{kind}.xml": f"<w:{kind} {NS}>{xml}</w:{kind}>" for kind, xml in named.items()}
    return factories.zipped(path, {name: text.encode() for name, text in (members | (parts or {})).items()})


def p(text: str = "", properties: str = "", runs: str = "") -> str:
    said = f'<w:r><w:t xml:space="preserve">{text}</w:t></w:r>' if text else ""
    return f"<w:p><w:pPr>{properties}</w:pPr>{said}{runs}</w:p>"


# OpenDocument --------------------------------------------------------------------------------------------------------

ODF = "urn:oasis:names:tc:opendocument:xmlns"
ODF_NAMES = (
    " ".join(f'xmlns:{n}="{ODF}:{n}:1.0"' for n in ("office", "text", "table", "style"))
    + f' xmlns:draw="{ODF}:drawing:1.0"'
)


def odt(path: Path, body: str, styles: str = "", **parts: str) -> Path:
    content = (
        f"<office:document-content {ODF_NAMES}><office:automatic-styles>{styles}</office:automatic-styles>"
        f"<office:body><office:text>{body}</office:text></office:body></office:document-content>"
    )
    members = {"mimetype": "application/vnd.oasis.opendocument.text", "content.xml": content, **parts}
    return factories.zipped(path, {name: text.encode() for name, text in members.items()})


def test_open_document_gives_headings_lists_tables_and_notes(tmp_path: Path) -> None:
    styles = (
        '<text:list-style style:name="L1">'
        '<text:list-level-style-number text:level="1" style:num-format="1" style:num-suffix="."/>'
        '<text:list-level-style-number text:level="2" style:num-format="a" style:num-suffix=")"/></text:list-style>'
        '<style:style style:name="An"><style:text-properties text:display="none"/></style:style>'
    )
    body = (
        "<text:tracked-changes><text:changed-region><text:deletion><text:p>đã xoá</text:p></text:deletion>"
        "</text:changed-region></text:tracked-changes>"
        "<text:table-of-content><text:index-body><text:p>Mở đầu 1</text:p><text:p>Kết 2</text:p></text:index-body>"
        "</text:table-of-content>"
        '<text:h text:outline-level="1">Mở đầu</text:h>'
        '<text:p>Có<text:s text:c="2"/>chữ<text:span text:style-name="An">ẩn</text:span>'
        "<text:note><text:note-citation>1</text:note-citation>"
        "<text:note-body><text:p>Ghi chú.</text:p></text:note-body></text:note> đây."
        "<office:annotation><text:p>nhận xét</text:p></office:annotation></text:p>"
        '<text:list text:style-name="L1"><text:list-item><text:p>một</text:p><text:list><text:list-item>'
        "<text:p>con</text:p></text:list-item></text:list></text:list-item>"
        "<text:list-item><text:p>hai</text:p></text:list-item></text:list>"
        "<text:p>Giữa.<draw:frame><draw:text-box><text:p>Khung.</text:p></draw:text-box></draw:frame></text:p>"
        '<text:list text:style-name="L1" text:continue-numbering="true"><text:list-item><text:p>ba</text:p>'
        "</text:list-item></text:list>"
        "<table:table><table:table-row><table:table-cell><text:p>A</text:p></table:table-cell>"
        "<table:covered-table-cell/><table:table-cell><text:p>B</text:p></table:table-cell></table:table-row></table:table>"
        '<text:h text:outline-level="1">Kết</text:h><text:p>Hết.</text:p>'
    )
    manuscript = opened(odt(tmp_path / "a.odt", body, styles))
    assert kinds(manuscript)[2:] == [
        ("heading", "Mở đầu"),
        ("body", "Có chữ đây."),
        ("footnote", "Ghi chú."),
        ("list item", "1. một"),
        ("list item", "a) con"),
        ("list item", "2. hai"),
        ("body", "Giữa."),
        ("body", "Khung."),
        ("list item", "3. ba"),
        ("table row", "A | B"),
        ("heading", "Kết"),
        ("body", "Hết."),
    ]
    assert [c.included for c in manuscript.chapters] == [False, True, True]


def test_an_encrypted_open_document_says_so(tmp_path: Path) -> None:
    manifest = (
        f'<m:manifest xmlns:m="{ODF}:manifest:1.0"><m:file-entry><m:encryption-data/></m:file-entry></m:manifest>'
    )
    path = odt(tmp_path / "a.odt", "<text:p>x</text:p>", **{"META-INF/manifest.xml": manifest})
    assert "password" in refusal(path).said.en


# PowerPoint ----------------------------------------------------------------------------------------------------------


def deck(path: Path, slides: int = 5) -> Path:
    from pptx import Presentation
    from pptx.util import Inches

    presentation = Presentation()
    for number in range(1, slides + 1):
        slide = presentation.slides.add_slide(presentation.slide_layouts[1])
        slide.shapes.title.text = f"Tiêu đề {number}"
        slide.placeholders[1].text = f"Ý thứ nhất {number}\nÝ thứ hai"
        right = slide.shapes.add_textbox(Inches(5), Inches(5), Inches(2), Inches(1))
        right.text_frame.text = f"Bên phải {number}"
        left = slide.shapes.add_textbox(Inches(1), Inches(5.1), Inches(2), Inches(1))
        left.text_frame.text = f"Bên trái {number}"
        footer = slide.shapes.add_textbox(Inches(1), Inches(7), Inches(2), Inches(0.3))
        footer.text_frame.text = "Trường Đại học Bách khoa"
        slide.notes_slide.notes_text_frame.text = f"Lời nói thêm {number}"
    table = presentation.slides[0].shapes.add_table(1, 2, Inches(1), Inches(6), Inches(4), Inches(0.5)).table
    table.cell(0, 0).text, table.cell(0, 1).text = "Ô một", "Ô hai"
    presentation.save(path)
    return path


def test_slides_are_read_title_first_then_as_they_stand(tmp_path: Path) -> None:
    manuscript = opened(deck(tmp_path / "a.pptx"))
    assert manuscript.pages == 5 and titles(manuscript) == [f"Tiêu đề {n}" for n in range(1, 6)]
    assert [(p.kind, p.text, p.page) for p in manuscript.chapters[0].paragraphs] == [
        ("heading", "Tiêu đề 1", 1),
        ("list item", "Ý thứ nhất 1", 1),
        ("list item", "Ý thứ hai", 1),
        ("body", "Bên trái 1", 1),
        ("body", "Bên phải 1", 1),
        ("table row", "Ô một | Ô hai", 1),
        ("speaker note", "Lời nói thêm 1", 1),
    ]


def test_many_slides_ask_first(tmp_path: Path) -> None:
    assert isinstance(refusal(deck(tmp_path / "a.pptx", 4), max_pages=3), ManyPages)


def test_a_broken_slide_costs_that_slide(tmp_path: Path) -> None:
    path = factories.with_parts(deck(tmp_path / "a.pptx"), {"ppt/slides/slide2.xml": b"<p:sld"})
    manuscript = opened(path)
    assert "Ý thứ nhất 3" in texts(manuscript) and "Ý thứ nhất 2" not in texts(manuscript)
    assert "Slide 2" in manuscript.notes[0].en


# E-books -------------------------------------------------------------------------------------------------------------

XHTML = 'xmlns="http://www.w3.org/1999/xhtml" xmlns:epub="http://www.idpf.org/2007/ops"'


def book(path: Path, pages: dict[str, str], nav: str = "", ncx: str = "", **members: bytes) -> Path:
    items = "".join(
        f'<item id="{n}" href="{name}" media-type="application/xhtml+xml"/>' for n, name in enumerate(pages)
    )
    items += '<item id="nav" href="nav.xhtml" properties="nav" media-type="application/xhtml+xml"/>' if nav else ""
    items += '<item id="ncx" href="toc.ncx" media-type="application/x-dtbncx+xml"/>' if ncx else ""
    spine = "".join(f'<itemref idref="{n}"/>' for n in range(len(pages)))
    metadata = '<metadata xmlns:dc="http://purl.org/dc/elements/1.1/"><dc:title>Làng quê</dc:title></metadata>'
    lists = f"<manifest>{items}</manifest><spine>{spine}</spine>"
    opf = f'<package xmlns="http://www.idpf.org/2007/opf">{metadata}{lists}</package>'
    container = (
        '<container xmlns="urn:oasis:names:tc:opendocument:xmlns:container">'
        '<rootfiles><rootfile full-path="OEBPS/book.opf"/></rootfiles></container>'
    )
    files = {
        f"OEBPS/{name}": f"<html {XHTML}><head><title>t</title></head><body>{text}</body></html>".encode()
        for name, text in pages.items()
    }
    files |= {"META-INF/container.xml": container.encode(), "OEBPS/book.opf": opf.encode()}
    files |= (
        {"OEBPS/nav.xhtml": f'<html {XHTML}><body><nav epub:type="toc"><ol>{nav}</ol></nav></body></html>'.encode()}
        if nav
        else {}
    )
    files |= (
        {"OEBPS/toc.ncx": f'<ncx xmlns="http://www.daisy.org/z3986/2005/ncx/"><navMap>{ncx}</navMap></ncx>'.encode()}
        if ncx
        else {}
    )
    return factories.zipped(path, files | members)


def test_a_book_s_nav_names_its_chapters_also_within_a_file(tmp_path: Path) -> None:
    links = {"a.xhtml#c1": "Chương 1: Trở về", "a.xhtml#c2": "Đêm mưa", "b%20c.xhtml": "Chương cuối"}
    nav = "".join(f'<li><a href="{target}">{name}</a></li>' for target, name in links.items())
    pages = {
        "a.xhtml": '<p class="h" id="c1">Chương 1</p><p>Trở về</p>'
        '<p>Làng tôi ở bên sông.<a epub:type="noteref" href="#n">1</a></p>'
        '<aside epub:type="footnote" id="n"><p>Sông Hồng.</p></aside><h3 id="c2">Đêm mưa</h3>'
        "<p>Mưa <ruby>漢<rt>hán</rt></ruby>&nbsp;to.</p>",
        "b c.xhtml": "<p>Không có tên ở đây.</p>",
    }
    manuscript = opened(book(tmp_path / "a.epub", pages, nav))
    assert manuscript.title == "Làng quê" or manuscript.title
    assert titles(manuscript) == ["Chương 1. Trở về", "Đêm mưa", "Chương cuối"]
    assert ("footnote", "Sông Hồng.") in kinds(manuscript) and "Mưa 漢 to." in texts(manuscript)


def test_an_old_book_s_ncx_does_too_and_a_broken_part_costs_itself(tmp_path: Path) -> None:
    ncx = "".join(
        f'<navPoint><navLabel><text>Phần {n}</text></navLabel><content src="{n}.xhtml"/></navPoint>' for n in (1, 2, 3)
    )
    pages = {f"{n}.xhtml": f"<p>Nội dung của phần {n} nằm ở đây.</p>" for n in (1, 2, 3)}
    path = book(tmp_path / "a.epub", pages, ncx=ncx)
    data = bytearray(path.read_bytes())
    with zipfile.ZipFile(path) as archive:
        place = archive.getinfo("OEBPS/2.xhtml").header_offset + 45
    data[place : place + 20] = bytes(20)
    path.write_bytes(data)
    manuscript = opened(path)
    assert titles(manuscript) == ["Phần 1", "Phần 3"] and "2.xhtml" in manuscript.notes[0].vi


def test_a_locked_book_is_refused_and_scrambled_fonts_are_not(tmp_path: Path) -> None:
    def locks(algorithm: str) -> bytes:
        method = f'<EncryptionMethod Algorithm="{algorithm}"/>'
        return f'<encryption xmlns="urn:x"><EncryptedData>{method}</EncryptedData></encryption>'.encode()

    pages = {"a.xhtml": "<p>Xin chào các bạn.</p>"}
    free = book(tmp_path / "a.epub", pages, **{"META-INF/encryption.xml": locks("http://www.idpf.org/2008/embedding")})
    assert texts(opened(free)) == ["Xin chào các bạn."]
    shut = book(
        tmp_path / "b.epub", pages, **{"META-INF/encryption.xml": locks("http://www.w3.org/2001/04/xmlenc#aes128-cbc")}
    )
    assert "DRM" in refusal(shut).said.en


def test_a_tricky_path_in_a_book_reaches_no_file(tmp_path: Path) -> None:
    (tmp_path / "secret.xhtml").write_text("<html><body><p>bí mật</p></body></html>")
    path = book(tmp_path / "a.epub", {"a.xhtml": "<p>Lành.</p>", "../../../secret.xhtml": "<p>Trong sách.</p>"})
    assert "bí mật" not in opened(path).text


# Web pages, Markdown, text -------------------------------------------------------------------------------------------

PAGE = """<!doctype html><html><head><meta charset=utf-8><title>Báo</title><style>p{}</style></head><body>
<nav><a href=/>Trang chủ</a></nav><header>Logo</header><main><h1>Tin chính</h1><p>Một&nbsp;câu<br>hai dòng.</p>
<script>alert(1)</script><ul><li>mục <b>đậm</b></li></ul>
<table><tr><th>A</th><th>B</th></tr><tr><td>1</td><td>2</td></tr></table>
<h2>Phần hai</h2><p>Xong &lt;nhé&gt;.</p><div style="display: none">ẩn</div></main>
<footer>Bản quyền</footer></body></html>"""


def test_a_web_page_is_read_without_what_stands_around(tmp_path: Path) -> None:
    (tmp_path / "a.html").write_text(PAGE, "utf-8")
    manuscript = opened(tmp_path / "a.html")
    assert kinds(manuscript) == [
        ("heading", "Tin chính"),
        ("body", "Một câu\nhai dòng."),
        ("list item", "mục đậm"),
        ("table row", "A | B"),
        ("table row", "1 | 2"),
        ("heading", "Phần hai"),
        ("body", "Xong <nhé>."),
    ]
    assert manuscript.file_type == "html"


@pytest.mark.parametrize(
    ("declared", "encoding"), [("windows-1258", "cp1258"), ("iso-8859-1", "utf-8"), ("utf-8", "utf-16")]
)
def test_a_web_page_s_letters_are_right_whatever_it_declares(tmp_path: Path, declared: str, encoding: str) -> None:
    text = f"<html><head><meta charset={declared}></head><body><p>Cà phê sữa, áo đỏ</p></body></html>"
    data = (
        text.encode(encoding)
        if encoding != "cp1258"
        else text.replace("ữ", "ư\u0303").replace("ỏ", "o\u0309").replace("à", "à").encode("cp1258")
    )
    (tmp_path / "a.html").write_bytes(data)
    assert texts(opened(tmp_path / "a.html")) == ["Cà phê sữa, áo đỏ"]


def test_cells_inside_cells_without_a_table_lose_no_word(tmp_path: Path) -> None:
    inner = "<tr><td>trong</td><td>nữa</td></tr>sau"
    body = f"<table><tr><td>một {inner}</td><td>hai</td></tr></table><td>ngoài</td>"
    body += "<ol start='3'><li>ba</li></ol><p>Hết</p>"
    xhtml = book(tmp_path / "a.epub", {"a.xhtml": body})
    found = " ".join(texts(opened(xhtml)))
    for word_in_it in ("một", "trong", "nữa", "sau", "hai", "ngoài", "3. ba", "Hết"):
        assert found.count(word_in_it) == 1, (word_in_it, found)


def test_a_page_of_nothing_but_a_menu_still_says_it(tmp_path: Path) -> None:
    (tmp_path / "a.html").write_text("<html><body><nav><p>Chỉ có mục này thôi.</p></nav></body></html>")
    assert texts(opened(tmp_path / "a.html")) == ["Chỉ có mục này thôi."]


def test_fonts_that_nobody_closed_cost_no_text_and_endless_boxes_are_refused(tmp_path: Path) -> None:
    (tmp_path / "a.html").write_text(f"<html><body>{'<font><b>x' * 300}<p>Chữ ở sâu.</p></body></html>")
    assert "Chữ ở sâu." in texts(opened(tmp_path / "a.html"))
    (tmp_path / "b.html").write_text(f"<html><body>{'<div>' * 600}x</body></html>")
    assert "nested" in refusal(tmp_path / "b.html").said.en
    (tmp_path / "c.html").write_text(f"{'<div>' * 100_000}x")
    assert "nested" in refusal(tmp_path / "c.html").said.en


STYLES = """<!-- /* p { display: none } */
.menu-di-dong, #quang-cao { color: red; display:none; }
p.an { visibility: hidden }
span.hien { display: inline }
.phong-to { display: none } .phong-to { display: block }
@media print { p { display: none } }
@media screen { .chi-in { display: none } }
article p:hover { display: none } -->"""
HIDING = f"""<html><head><style>{STYLES}</style></head><body>
<p>Một.</p><div class="x menu-di-dong"><p>Trình đơn.</p></div><p class="an">Ẩn.</p><div class="an">Hai.</div>
<p id="quang-cao">Mua ngay!</p><p class="phong-to">Ba.</p><p class="chi-in">Chỉ khi in.</p>
<p>Bốn <span class="hien">rõ</span>.</p><p hidden>Năm.</p></body></html>"""


def test_what_a_page_s_styles_hide_is_not_read(tmp_path: Path) -> None:
    (tmp_path / "a.html").write_text(HIDING, "utf-8")
    assert texts(opened(tmp_path / "a.html")) == ["Một.", "Hai.", "Ba.", "Bốn rõ."]


def test_markdown_says_its_words_without_its_marks(tmp_path: Path) -> None:
    text = "---\ntitle: Sổ tay\n---\n# Mở đầu\n\nXem [trang này](http://x.vn) và **đậm**.\n\n- một\n- hai\n\n"
    text += "```\nmã = 1\n```\n\n| A | B |\n|---|---|\n| 1 | 2 |\n\n# Kết\n\nHết.\n"
    (tmp_path / "a.md").write_text(text, "utf-8")
    manuscript = opened(tmp_path / "a.md")
    assert texts(manuscript) == [
        "Mở đầu",
        "Xem trang này và đậm.",
        "một",
        "hai",
        "mã = 1",
        "A | B",
        "1 | 2",
        "Kết",
        "Hết.",
    ]
    assert titles(manuscript) == ["Mở đầu", "Kết"] and manuscript.file_type == "md"


def test_text_in_viscii_and_utf_16_without_a_mark(tmp_path: Path) -> None:
    from vnclone.documents.charsets import _VISCII

    text = "Trường đại học của chúng tôi ở đường phố lớn nhất thành phố, nơi những người bạn gặp nhau."
    backwards = {letter: byte for byte, letter in _VISCII.items()}
    (tmp_path / "a.txt").write_bytes(bytes(backwards[letter] for letter in text))
    (tmp_path / "b.txt").write_bytes(text.encode("utf-32-le"))
    assert opened(tmp_path / "a.txt").text == opened(tmp_path / "b.txt").text == text


def test_lines_of_capitals_are_a_text_s_headings(tmp_path: Path) -> None:
    prose = "Ngày ấy trời mưa to lắm, nước dâng ngập cả con đường làng quanh co. " * 8
    (tmp_path / "a.txt").write_text(f"MÙA NƯỚC NỔI\n\n{prose}\n\nMÙA GẶT\n\n{prose}\n", "utf-8")
    assert titles(opened(tmp_path / "a.txt")) == ["MÙA NƯỚC NỔI", "MÙA GẶT"]


def test_a_renamed_file_is_read_as_what_it_is(tmp_path: Path) -> None:
    path = shutil.copy(word(tmp_path / "a.docx", p("Xin chào.")), tmp_path / "a.epub")
    manuscript = opened(Path(path))
    assert manuscript.file_type == "docx" and texts(manuscript) == ["Xin chào."]


def test_python_docx_files_with_charts_and_odd_runs_open(tmp_path: Path) -> None:
    document = docx.Document()
    paragraph = document.add_paragraph("Trước ")
    paragraph._p.append(parse_xml(f"<w:smartTag {NS}><w:r><w:t>thẻ</w:t></w:r></w:smartTag>"))
    paragraph._p.append(parse_xml(f'<w:fldSimple {NS} w:instr=" PAGE "><w:r><w:t>3</w:t></w:r></w:fldSimple>'))
    out = io.BytesIO()
    document.save(out)
    (tmp_path / "a.docx").write_bytes(out.getvalue())
    assert texts(opened(tmp_path / "a.docx")) == ["Trước thẻ"]


def test_every_refusal_here_is_about_the_file(tmp_path: Path) -> None:
    assert isinstance(refusal(word(tmp_path / "a.docx", p("  "))), BadInput)


LEGACY = [written("Căn cứ vào quy định của pháp luật về việc quản lý và sử dụng đất đai,", "tcvn3")] * 3
HEAD = written("quyết định của bộ trưởng", "tcvn3")


FONTS = ('<font face=".VnTimeH">{}</font>', "<span style='font-family:\".VnArialH\"'>{}</span>")


@pytest.mark.parametrize("font", FONTS)
def test_a_web_page_in_a_font_of_capitals_is_in_capitals(tmp_path: Path, font: str) -> None:
    body = "".join(f"<p>{text}</p>" for text in (font.format(HEAD), *LEGACY))
    (tmp_path / "a.html").write_text(f"<html><meta charset=utf-8><body>{body}</body></html>", "utf-8")
    assert texts(opened(tmp_path / "a.html"))[0] == "QUYẾT ĐỊNH CỦA BỘ TRƯỞNG"


def test_an_open_document_in_a_font_of_capitals_is_in_capitals(tmp_path: Path) -> None:
    styles = "".join(
        f'<style:style style:name="{name}"><style:text-properties style:font-name="{font}"/></style:style>'
        for name, font in (("H", ".VnTimeH"), ("T", ".VnTime"))
    )
    small = f'<text:span text:style-name="T">{written("số", "tcvn3")}</text:span>'
    head = f'<text:p text:style-name="H">{HEAD} {small} {HEAD}</text:p>'
    path = odt(tmp_path / "a.odt", head + "".join(f"<text:p>{text}</text:p>" for text in LEGACY), styles)
    capitals = "QUYẾT ĐỊNH CỦA BỘ TRƯỞNG"
    assert texts(opened(path))[0] == f"{capitals} số {capitals}"
