"""What a file really is: by its first bytes, its streams and its members, whatever it is called."""

from __future__ import annotations

import io
import shutil
import zipfile
from pathlib import Path

import factories
import pytest
import test_formats
from PIL import Image

from vnclone.documents.sniff import sniff
from vnclone.errors import BadInput, Locked, TooLarge, VncloneError

OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
SECTOR = 512


def compound(path: Path, *streams: str) -> Path:
    """An OLE file with these empty streams: a header, a table of sectors and a directory (MS-CFB 2.2 to 2.6)."""

    def entry(name: str, kind: int, child: int, right: int) -> bytes:
        letters = name.encode("utf-16-le")
        out = letters.ljust(64, b"\0") + (len(letters) + 2).to_bytes(2, "little") + bytes([kind, 1])
        out += b"\xff" * 4 + right.to_bytes(4, "little") + child.to_bytes(4, "little") + bytes(16 + 4 + 16)
        return out + b"\xfe\xff\xff\xff" + bytes(8)

    none = 0xFFFFFFFF
    entries = [entry("Root Entry", 5, 1 if streams else none, none)]
    entries += [entry(s, 2, none, n + 1 if n < len(streams) else none) for n, s in enumerate(streams, 1)]
    directory = b"".join(entries)
    directory += bytes(-len(directory) % SECTOR)
    sectors = len(directory) // SECTOR
    header = OLE + bytes(16) + b"\x3e\x00\x03\x00\xfe\xff\x09\x00\x06\x00" + bytes(6) + bytes(4)
    header += (1).to_bytes(4, "little") + (1).to_bytes(4, "little") + bytes(4) + (4096).to_bytes(4, "little")
    header += b"\xfe\xff\xff\xff" + bytes(4) + b"\xfe\xff\xff\xff" + bytes(4) + bytes(4)
    header = header.ljust(SECTOR, b"\xff")
    chain = [0xFFFFFFFD, *(n + 2 for n in range(sectors - 1)), 0xFFFFFFFE]
    table = b"".join(n.to_bytes(4, "little") for n in chain).ljust(SECTOR, b"\xff")
    path.write_bytes(header + table + directory)
    return path


def refusal(path: Path, name: str = "") -> VncloneError:
    with pytest.raises(VncloneError) as caught:
        sniff(str(path), name or path.name)
    assert caught.value.said.vi != caught.value.said.en
    return caught.value


def written(path: Path, data: bytes) -> Path:
    path.write_bytes(data)
    return path


def picture(kind: str) -> bytes:
    out = io.BytesIO()
    Image.new("L", (9, 9)).save(out, kind)
    return out.getvalue()


@pytest.mark.parametrize("kind", ["PNG", "JPEG", "TIFF", "WebP", "BMP", "GIF"])
def test_pictures_of_pages_are_images(tmp_path: Path, kind: str) -> None:
    assert sniff(str(written(tmp_path / "a.docx", picture(kind))), "a.docx") == "image"


@pytest.mark.parametrize(
    ("data", "name", "kind"),
    [
        (b"%PDF-1.7\n1 0 obj", "a.docx", "pdf"),
        (b"rubbish of a mail program\n" * 9 + b"%PDF-1.4\n%\xe2\xe3\n1 0 obj\n", "a.pdf", "pdf"),
        ("Tệp bắt đầu bằng %PDF-1.7 là tệp PDF.".encode(), "a.txt", "txt"),
        (b"\xef\xbb\xbf {\\rtf1\\ansi x}", "a.doc", "rtf"),
        (b"  <!DOCTYPE HTML><p>x", "a.doc", "html"),
        (b'<?xml version="1.0"?>\n<!-- x -->\n<html xmlns="http://www.w3.org/1999/xhtml"></html>', "a.txt", "html"),
        ("<html>xin chào</html>".encode("utf-16"), "a.txt", "html"),
        (b"<p align=center>x</p>", "a.doc", "html"),
        (b"<p align=center>x</p>\n# Title", "README.md", "md"),
        (b"a < b and c > d", "a.txt", "txt"),
        (b"# x", "a.markdown", "md"),
        (b"# x", "a.txt", "txt"),
        (b"MZ la mot huyen", "a.txt", "txt"),
        (b"BM", "a.txt", "txt"),
        ("xin chào".encode("utf-16-le"), "a.docx", "txt"),
    ],
)
def test_the_content_decides(tmp_path: Path, data: bytes, name: str, kind: str) -> None:
    assert sniff(str(written(tmp_path / "x", data)), name) == kind


def test_old_word_files_are_known_by_their_streams(tmp_path: Path) -> None:
    path = compound(tmp_path / "a.pdf", "1Table", "WordDocument")
    assert sniff(str(path), "a.pdf") == "doc"
    loose = compound(tmp_path / "b.doc", "Contents")
    loose.write_bytes(loose.read_bytes() + "WordDocument".encode("utf-16-le"))  # in some text, not in the directory
    assert "old Office file" in refusal(loose).said.en


@pytest.mark.parametrize(
    ("stream", "named"),
    [("Workbook", "Excel"), ("PowerPoint Document", "PowerPoint"), ("__properties_version1.0", "Outlook")],
)
def test_other_old_office_files_are_named(tmp_path: Path, stream: str, named: str) -> None:
    assert named in refusal(compound(tmp_path / "a.doc", stream)).said.en
    assert "really" in refusal(compound(tmp_path / "a.doc", stream)).said.en


def test_an_encrypted_office_file_asks_for_its_password(tmp_path: Path) -> None:
    assert isinstance(refusal(compound(tmp_path / "a.docx", "EncryptionInfo", "EncryptedPackage")), Locked)


def test_half_an_old_file_says_so(tmp_path: Path) -> None:
    data = compound(tmp_path / "a.doc", "WordDocument").read_bytes()
    assert "completely" in refusal(written(tmp_path / "b.doc", data[:700])).said.en


def zipped(path: Path, **members: str) -> Path:
    return factories.zipped(path, {name.replace("__", "/"): text.encode() for name, text in members.items()})


def test_packages_are_known_by_their_members(tmp_path: Path) -> None:
    word = test_formats.word(tmp_path / "a.zip", test_formats.p("x"))
    assert sniff(str(word), "a.zip") == "docx"
    assert sniff(str(test_formats.deck(tmp_path / "b.zip", 1)), "b.zip") == "pptx"
    assert sniff(str(test_formats.odt(tmp_path / "c.zip", "")), "c.zip") == "odt"
    assert sniff(str(test_formats.book(tmp_path / "d.zip", {"a.xhtml": "x"})), "d.docx") == "epub"


def test_a_book_is_one_without_a_mimetype_and_with_a_broken_cover(tmp_path: Path) -> None:
    path = test_formats.book(
        tmp_path / "a.epub", {"a.xhtml": "<p>x</p>"}, **{"OEBPS/cover.jpg": b"\xff\xd8" + bytes(99)}
    )
    data = bytearray(path.read_bytes())
    with zipfile.ZipFile(path) as archive:
        place = archive.getinfo("OEBPS/cover.jpg").header_offset
    data[place + 14 : place + 18] = b"oops"  # the checksum
    assert sniff(str(written(tmp_path / "b.epub", bytes(data))), "b.epub") == "epub"


@pytest.mark.parametrize(
    ("member", "named"),
    [
        ("xl/workbook.xml", "Excel"),
        ("AndroidManifest.xml", "Android"),
        ("META-INF/MANIFEST.MF", "Java"),
        ("Index/Document.iwa", "Apple"),
        ("FixedDocSeq.fdseq", "XPS"),
        ("a.dll", "ZIP archive"),
    ],
)
def test_other_packages_are_named(tmp_path: Path, member: str, named: str) -> None:
    assert named in refusal(factories.zipped(tmp_path / "a.docx", {member: b"x"})).said.en


def test_an_archive_of_one_document_tells_to_unpack_it(tmp_path: Path) -> None:
    path = factories.zipped(
        tmp_path / "a.zip", {"thư mục/Luận văn.docx": b"x", "__MACOSX/._x.docx": b"", "ảnh.svg": b""}
    )
    assert "Luận văn.docx" in refusal(path).said.vi
    assert "ZIP archive" in refusal(factories.zipped(tmp_path / "b.zip", {"a.docx": b"", "b.docx": b""})).said.en


def test_half_a_zip_is_an_upload_that_broke_off(tmp_path: Path) -> None:
    data = test_formats.word(tmp_path / "a.docx", test_formats.p("x")).read_bytes()
    assert "completely" in refusal(written(tmp_path / "b.docx", data[: len(data) // 2])).said.en


def test_nothing_of_an_archive_reaches_the_disk(tmp_path: Path) -> None:
    folder = tmp_path / "in"
    folder.mkdir()
    refusal(factories.zipped(folder / "a.docx", {"../../evil.docx": b"x", "/tmp/evil2.docx": b"x"}))
    assert [path.name for path in tmp_path.rglob("*")] == ["in", "a.docx"]


def test_bombs_are_too_large(tmp_path: Path) -> None:
    many = factories.zipped(tmp_path / "a.docx", {f"{n}.xml": b"" for n in range(2001)})
    large = factories.zipped(tmp_path / "b.epub", {"a.xhtml": bytes(31 << 20)})
    assert isinstance(refusal(many), TooLarge) and isinstance(refusal(large), TooLarge)


def test_each_kind_of_nothing_has_its_own_words(tmp_path: Path) -> None:
    empty = refusal(written(tmp_path / "a.docx", b"")).said
    zeros = refusal(written(tmp_path / "a.docx", bytes(20_000))).said
    blank = refusal(written(tmp_path / "a.txt", b" \n\t\n")).said
    assert "empty" in empty.en and "zeros" in zeros.en and "no text" in blank.en


def test_word_s_lock_files_are_explained(tmp_path: Path) -> None:
    name = "Nguyen Van A"
    lock = bytes([len(name)]) + name.encode() + b" " * (54 - len(name)) + bytes([len(name), 0])
    lock = (lock + name.encode("utf-16-le")).ljust(162, b"\0")
    for called in ("~$an van.docx", "x.docx"):
        assert "lock file" in refusal(written(tmp_path / "x", lock), called).said.en
    assert "lock file" in refusal(written(tmp_path / "y", b",me,host;"), ".~lock.a.odt#").said.en
    assert (
        sniff(str(written(tmp_path / "z", "Đoạn văn dài đúng như thế. ".encode()[:36] * 4 + b"a" * 18)), "z.txt")
        == "txt"
    )


@pytest.mark.parametrize(
    ("data", "named"),
    [
        (b"MIME-Version: 1.0\nContent-Type: multipart/related; boundary=x\n", ".mht"),
        (b'<?xml version="1.0"?><?mso-application progid="Word.Document"?><pkg:package>', "Word"),
        (b'<?xml version="1.0"?><FictionBook>', "FictionBook"),
        (b'<?xml version="1.0"?><data/>', "XML"),
        (b"Rar!\x1a\x07\x00", "RAR"),
        (b"\x00\x00\x00\x18ftypheic\x00", "HEIC"),
        (b"\xdb\xa5-\x00\x00", "Word 2.0"),
        (b"\0" * 60 + b"BOOKMOBI\0", "Kindle"),
    ],
)
def test_what_is_not_read_is_named(tmp_path: Path, data: bytes, named: str) -> None:
    error = refusal(written(tmp_path / "a.docx", data))
    assert isinstance(error, BadInput) and named in error.said.en


def test_a_renamed_pdf_is_a_pdf(tmp_path: Path) -> None:
    pdf = factories.pdf(tmp_path / "a.pdf", [["x"]])
    assert sniff(shutil.copy(pdf, tmp_path / "a.docx"), "a.docx") == "pdf"
