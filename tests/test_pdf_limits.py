"""PDFs that are locked, damaged, endless or hostile; and pictures of pages."""

from __future__ import annotations

from pathlib import Path

import factories
import needs
import pymupdf
import pytest
from papers import sentence
from test_pdf import drafted, paper, texts

from vnclone.documents import notices, pictures
from vnclone.errors import BadInput, Locked, ManyPages, NotFound, TooLarge


def test_an_owner_s_lock_does_not_keep_a_pdf_from_being_read(tmp_path: Path) -> None:
    aes = {"encryption": pymupdf.PDF_ENCRYPT_AES_256, "owner_pw": "chủ", "permissions": 0}
    assert texts(factories.pdf(tmp_path / "a.pdf", [["Xin chào các bạn"]], **aes)) == ["Xin chào các bạn"]


def test_a_password_is_asked_for_by_an_error_of_its_own(tmp_path: Path) -> None:
    aes = {"encryption": pymupdf.PDF_ENCRYPT_AES_256, "user_pw": "bí mật", "owner_pw": "chủ"}
    path = factories.pdf(tmp_path / "a.pdf", [["Xin chào các bạn"]], **aes)
    for password in (None, "", "sai"):
        with pytest.raises(Locked):
            drafted(path, password=password)
    assert drafted(path, password="bí mật").blocks


def test_pages_beyond_the_limits_are_asked_about_or_refused(tmp_path: Path) -> None:
    path = factories.pdf(tmp_path / "a.pdf", [["Xin chào"]] * 4)
    with pytest.raises(ManyPages):
        drafted(path, max_pages=3, most_pages=9)
    with pytest.raises(TooLarge) as refused:
        drafted(path, max_pages=3, most_pages=3)
    assert not isinstance(refused.value, ManyPages)


def _pdf(objects: list[bytes]) -> bytes:
    body, places = b"%PDF-1.7\n", []
    for number, data in enumerate(objects, start=1):
        places.append(len(body))
        body += b"%d 0 obj\n%s\nendobj\n" % (number, data)
    table = b"".join(b"%010d 00000 n \n" % place for place in places)
    size = len(objects) + 1
    trailer = b"trailer\n<</Root 1 0 R/Size %d>>\nstartxref\n%d\n%%%%EOF" % (size, len(body))
    return body + b"xref\n0 %d\n0000000000 65535 f \n" % size + table + trailer


@pytest.mark.parametrize(
    "objects",
    [
        [b"<</Type/Catalog/Pages 2 0 R>>", b"<</Type/Pages/Count 0/Kids[]>>"],
        [b"<</Type/Catalog/Pages 2 0 R>>", b"<</Type/Pages/Count 1/Kids[2 0 R]>>"],
        [b"<</Type/Catalog/Pages 2 0 R>>", b"<</Type/Pages/Count 2/Kids[3 0 R]>>", b"<</Type/Pages/Kids[2 0 R]>>"],
        [b"<</Type/Catalog/Pages 1 0 R>>"],
        [b"<</Type/Catalog/Pages 2 0 R>>", b"2 0 R"],
        [b"<</Type/Catalog/Pages 2 0 R>>", b"<</Type/Pages/Count 1000000000/Kids[]>>"],
    ],
)
def test_circular_and_empty_page_trees_are_refused(tmp_path: Path, objects: list[bytes]) -> None:
    (tmp_path / "a.pdf").write_bytes(_pdf(objects))
    with pytest.raises((BadInput, TooLarge)):
        drafted(tmp_path / "a.pdf", most_pages=5000)


def test_a_file_cut_off_anywhere_is_read_in_part_or_refused_kindly(tmp_path: Path) -> None:
    made = paper()
    for seed in range(12):
        made.paragraph(sentence(seed))
    whole = made.save(tmp_path / "whole.pdf").read_bytes()
    for share in range(1, 12):
        (tmp_path / "cut.pdf").write_bytes(whole[: len(whole) * share // 12])
        try:
            assert drafted(tmp_path / "cut.pdf").notes
        except BadInput as refused:
            assert "damaged" in refused.said.en


def test_fifty_thousand_scattered_letters_take_seconds(tmp_path: Path) -> None:
    document = pymupdf.open()
    page = document.new_page()
    page.insert_text((1, 9), "x", fontname="helv", fontsize=4)
    places = ((n * 7919 % 5900 / 10, n * 104_729 % 8400 / 10) for n in range(50_000))
    drawn = "".join(f"1 0 0 1 {x} {y} Tm (a) Tj\n" for x, y in places)
    document.update_stream(page.get_contents()[0], f"BT /helv 4 Tf\n{drawn}ET".encode())
    document.save(tmp_path / "a.pdf")
    assert sum(len(text.split()) for text in texts(tmp_path / "a.pdf")) > 10_000


def test_a_form_that_other_programs_only_promise_is_read_from_its_xml(tmp_path: Path) -> None:
    path = factories.pdf(tmp_path / "raw.pdf", [["Please wait... If this message is not eventually replaced"]])
    document = pymupdf.open(path)
    xml = "<template xmlns='x'><caption><value><text>Họ và tên người khai</text></value></caption></template>"
    xref = document.get_new_xref()
    document.update_object(xref, "<<>>")
    document.update_stream(xref, xml.encode())
    document.xref_set_key(document.pdf_catalog(), "AcroForm", f"<</XFA[(template) {xref} 0 R]/Fields[]>>")
    document.save(tmp_path / "a.pdf")
    assert texts(tmp_path / "a.pdf") == ["Họ và tên người khai"]


# Pictures of pages


def test_a_page_is_drawn_for_a_person_to_compare(tmp_path: Path) -> None:
    from PIL import Image

    path = factories.pdf(tmp_path / "a.pdf", [["Xin chào"], ["Trang hai"]])
    for name, width in (("a.jpg", 900), ("a.png", 5000)):
        pictures.page_picture(str(path), 2, width, str(tmp_path / name), lambda said, share: None)
        with Image.open(tmp_path / name) as drawn:
            assert drawn.width == min(width, pictures.MOST_WIDTH) and len(set(drawn.convert("L").getdata())) > 2
    with pytest.raises(NotFound):
        pictures.page_picture(str(path), 3, 900, str(tmp_path / "x.jpg"), lambda said, share: None)


def test_ranges_of_pages_are_named_shortly() -> None:
    assert notices.ranges([1, 2, 3, 7, 9, 10]) == "1–3, 7, 9–10"


def test_real_scans_have_text_to_recognise() -> None:
    with pymupdf.open(needs.documents() / "scan-10209629.pdf") as document:
        assert not any(page.get_text().strip() for page in document)
