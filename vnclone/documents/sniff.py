"""What a file really is, by its first bytes, OLE stream names and zip members; its name is only quoted back."""

from __future__ import annotations

import re
import struct
import zipfile
import zlib
from pathlib import Path, PurePath
from typing import Literal

from vnclone.errors import BadInput, TooLarge

Kind = Literal["pdf", "docx", "doc", "rtf", "odt", "pptx", "epub", "html", "md", "txt", "image"]

MAX_MEMBERS = 2_000
MAX_UNPACKED_BYTES = 300 << 20
MAX_XML_BYTES = 30 << 20

_OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_HEAD_BYTES = 8192
_CLAIMS = ("pdf", "docx", "txt", "doc", "rtf", "odt", "epub")  # extensions that promise a document
# Magic bytes of what cannot be read yet: (bytes, offset, Vietnamese name, English name).
_UNSUPPORTED: tuple[tuple[bytes, int, str, str], ...] = (
    (b"{\\rtf", 0, "tài liệu RTF", "an RTF file"),
    (b"\x89PNG", 0, "ảnh PNG", "a PNG image"),
    (b"\xff\xd8\xff", 0, "ảnh JPEG", "a JPEG image"),
    (b"GIF8", 0, "ảnh GIF", "a GIF image"),
    (b"BM", 0, "ảnh BMP", "a BMP image"),
    (b"II*\x00", 0, "ảnh TIFF", "a TIFF image"),
    (b"MM\x00*", 0, "ảnh TIFF", "a TIFF image"),
    (b"WEBP", 8, "ảnh WebP", "a WebP image"),
    (b"ftypheic", 4, "ảnh HEIC", "a HEIC image"),
    (b"ftyp", 4, "video hoặc âm thanh MP4", "an MP4 video or audio file"),
    (b"RIFF", 0, "âm thanh hoặc video RIFF (WAV, AVI)", "a WAV or AVI file"),
    (b"ID3", 0, "âm thanh MP3", "an MP3 audio file"),
    (b"\xff\xfb", 0, "âm thanh MP3", "an MP3 audio file"),
    (b"OggS", 0, "âm thanh Ogg", "an Ogg audio file"),
    (b"fLaC", 0, "âm thanh FLAC", "a FLAC audio file"),
    (b"AT&TFORM", 0, "tài liệu DjVu", "a DjVu file"),
    (b"%!PS", 0, "tài liệu PostScript", "a PostScript file"),
    (b"BOOKMOBI", 60, "sách Kindle (MOBI)", "a Kindle book (MOBI)"),
    (b"Rar!", 0, "tệp nén RAR", "a RAR archive"),
    (b"7z\xbc\xaf", 0, "tệp nén 7z", "a 7z archive"),
    (b"\x1f\x8b", 0, "tệp nén gzip", "a gzip archive"),
    (b"MZ", 0, "chương trình Windows", "a Windows program"),
    (b"\x7fELF", 0, "chương trình Linux", "a Linux program"),
    (b"\xdb\xa5-\x00", 0, "Word 2.0 cũ (.doc)", "an old Word 2.0 file (.doc)"),
)
# OLE compound files name their streams in UTF-16: the stream says which program wrote the file.
_OLE_STREAMS: tuple[tuple[str, str, str], ...] = (
    ("WordDocument", "Word cũ (.doc)", "an old Word file (.doc)"),
    ("Workbook", "bảng tính Excel cũ (.xls)", "an old Excel sheet (.xls)"),
    ("PowerPoint Document", "bản trình chiếu PowerPoint cũ (.ppt)", "an old PowerPoint presentation (.ppt)"),
    ("__substg1.0", "thư Outlook (.msg)", "an Outlook message (.msg)"),
)
_ZIP_MEMBERS: tuple[tuple[str, str, str], ...] = (
    ("xl/workbook.xml", "bảng tính Excel (.xlsx)", "an Excel sheet (.xlsx)"),
    ("ppt/presentation.xml", "bản trình chiếu PowerPoint (.pptx)", "a PowerPoint presentation (.pptx)"),
    ("META-INF/container.xml", "sách EPUB", "an EPUB book"),
    ("content.xml", "tài liệu OpenDocument (.odt)", "an OpenDocument file (.odt)"),
    ("AndroidManifest.xml", "ứng dụng Android", "an Android app"),
)

# What zipfile raises on damage: a bad CRC, a broken stream, an unknown method, a member under a password.
DAMAGED_ZIP = (zipfile.BadZipFile, zlib.error, NotImplementedError, ValueError, EOFError, RuntimeError, struct.error)
_WORD_MAIN_PARTS = (
    b"wordprocessingml.document.main+xml",
    b"wordprocessingml.template.main+xml",
    b"ms-word.document.macroEnabled.main+xml",
    b"ms-word.template.macroEnabledTemplate.main+xml",
)


def sniff(path: str, filename: str) -> Kind:
    """The kind of the file at `path`. `filename` is the person's name for it, used in messages only.

    Raises BadInput for an empty file and for what is not read yet, naming what it really is; TooLarge for a zip bomb.
    """
    with open(path, "rb") as file:
        head = file.read(_HEAD_BYTES)
    if not head.strip(b"\x00 \t\r\n\xef\xbb\xbf"):
        _refuse_blank(Path(path).stat().st_size)
    if b"%PDF" in head[:1024]:
        return "pdf"
    if head.startswith(_OLE):
        raise _ole_error(path, filename)
    if head.startswith(b"PK\x03\x04") or head.startswith(b"PK\x05\x06"):
        return _sniff_zip(path, filename)
    for magic, offset, vi, en in _UNSUPPORTED:
        if head[offset : offset + len(magic)] == magic and not _is_plain(head):
            raise unsupported(filename, vi, en)
    return "txt"


def unsupported(filename: str, vi: str, en: str) -> BadInput:
    """The error for a real kind that is not read yet."""
    vi, en = _named(filename, vi, en)
    return BadInput(
        f"{vi}, hiện chưa đọc được. Hãy lưu nội dung thành .docx, .pdf hoặc .txt rồi tải lên.",
        f"{en}, which cannot be read yet. Save its content as .docx, .pdf or .txt and upload that.",
    )


def _named(filename: str, vi: str, en: str) -> tuple[str, str]:
    """What the file is; that it "really" is so only where its extension claims another kind of document."""
    extension = PurePath(filename).suffix[1:].lower()
    if extension in _CLAIMS and extension not in re.findall(r"\w+", en.lower()):
        return f"Tệp “{filename}” thực ra là {vi}", f"“{filename}” is really {en}"
    return f"Tệp này là {vi}", f"This is {en}"


def _is_plain(head: bytes) -> bool:
    """Text may begin with "BM" or "MZ": those magics count only with control bytes around."""
    if head.startswith((b"{\\rtf", b"%!PS")):
        return False
    return not any(byte < 9 or 13 < byte < 27 for byte in head[:512])


def _refuse_blank(size: int) -> None:
    if size == 0:
        raise BadInput(
            "Tệp này rỗng (0 byte). Hãy kiểm tra lại tệp gốc rồi tải lên lại.",
            "This file is empty (0 bytes). Check the original and upload it again.",
        )
    if size <= _HEAD_BYTES:
        raise no_text()


def no_text() -> BadInput:
    """The error for a document that opens and says nothing."""
    return BadInput(
        "Tài liệu này không có chữ nào để đọc. Hãy chọn một tài liệu có nội dung chữ.",
        "There is no text in this document to read aloud. Choose a document with text in it.",
    )


def _ole_error(path: str, filename: str) -> BadInput:
    """OLE: .doc, .xls, .ppt, .msg, or an encrypted Office document of today."""
    data = Path(path).read_bytes()
    if _utf16("EncryptedPackage") in data:
        return BadInput(
            f"Tệp “{filename}” được bảo vệ bằng mật khẩu của Office. Hãy mở nó bằng Word, bỏ mật khẩu rồi tải lên lại.",
            f"“{filename}” is protected by an Office password. Open it in Word, remove the password, then upload it.",
        )
    for stream, vi, en in _OLE_STREAMS:
        if _utf16(stream) in data:
            return _old_word(filename) if stream == "WordDocument" else unsupported(filename, vi, en)
    return unsupported(filename, "tệp Office cũ (.doc, .xls, .ppt)", "an old Office file (.doc, .xls, .ppt)")


def _old_word(filename: str) -> BadInput:
    vi, en = _named(filename, "Word cũ (.doc)", "an old Word file (.doc)")
    return BadInput(
        f"{vi}, hiện chưa đọc được. Hãy mở bằng Word hoặc LibreOffice, lưu lại thành .docx rồi tải lên.",
        f"{en}, which cannot be read yet. Open it in Word or LibreOffice, save it as .docx and upload that.",
    )


def _utf16(name: str) -> bytes:
    return name.encode("utf-16-le")


def _sniff_zip(path: str, filename: str) -> Kind:
    try:
        with zipfile.ZipFile(path) as archive:
            _refuse_bomb(archive)
            names = set(archive.namelist())
            if _is_word(archive, names):
                return "docx"
    except DAMAGED_ZIP as error:
        raise broken_zip() from error
    for member, vi, en in _ZIP_MEMBERS:
        if member in names:
            raise unsupported(filename, vi, en)
    raise unsupported(filename, "một tệp nén ZIP", "a ZIP archive")


def broken_zip() -> BadInput:
    """The error for a zip that cannot be opened: half an upload, usually."""
    return BadInput(
        "Tệp này bị hỏng hoặc tải lên chưa trọn vẹn nên không mở được. Hãy lưu lại rồi tải lên lần nữa.",
        "This file is damaged or was not uploaded completely, so it cannot be opened. Save it and upload it again.",
    )


def _is_word(archive: zipfile.ZipFile, names: set[str]) -> bool:
    """By content type, since the main part need not be called word/document.xml."""
    if "[Content_Types].xml" not in names:
        return False
    types = archive.read("[Content_Types].xml")
    return any(main in types for main in _WORD_MAIN_PARTS)


def _refuse_bomb(archive: zipfile.ZipFile) -> None:
    """Declared sizes are enough: zipfile never gives out more bytes of a member than its directory declares."""
    members = archive.infolist()
    largest_xml = max((m.file_size for m in members if m.filename.lower().endswith((".xml", ".rels"))), default=0)
    unpacked = sum(m.file_size for m in members)
    if len(members) <= MAX_MEMBERS and unpacked <= MAX_UNPACKED_BYTES and largest_xml <= MAX_XML_BYTES:
        return
    raise TooLarge(
        "Nội dung giải nén của tệp này quá lớn để đọc an toàn. Hãy bỏ bớt hình ảnh hoặc chia nhỏ tài liệu.",
        "The unpacked content of this file is too large to read safely. Remove pictures or split the document.",
    )
