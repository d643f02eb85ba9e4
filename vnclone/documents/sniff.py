"""What a file really is, by its first bytes, OLE stream names and zip members; its name only tells Markdown."""

from __future__ import annotations

import codecs
import re
from pathlib import Path, PurePath
from typing import Literal

from vnclone.documents import compound, packages, refusals
from vnclone.documents.refusals import no_text

__all__ = ["Kind", "no_text", "sniff"]
Kind = Literal["pdf", "docx", "doc", "rtf", "odt", "pptx", "epub", "html", "md", "txt", "image"]

_HEAD_BYTES = 8192
# A PDF may have 1,024 bytes before its header (Adobe's implementation notes to PDF 1.7, annex H, note 13).
_PDF_BYTES = 1024
_LATE_PDF = re.compile(rb"%PDF-\d\.\d.{0,6000}?\d \d+ obj", re.DOTALL)
_PICTURES = (
    (b"\x89PNG\r\n\x1a\n", 0),
    (b"\xff\xd8\xff", 0),
    (b"GIF87a", 0),
    (b"GIF89a", 0),
    (b"II*\x00", 0),
    (b"MM\x00*", 0),
    (b"II+\x00", 0),
    (b"MM\x00+", 0),
)
# Magic bytes of what is not read: (bytes, offset, Vietnamese name, English name).
_UNSUPPORTED: tuple[tuple[bytes, int, str, str], ...] = (
    (b"ftyphei", 4, "ảnh HEIC", "a HEIC image"),
    (b"ftypmif1", 4, "ảnh HEIC", "a HEIC image"),
    (b"ftypavif", 4, "ảnh AVIF", "an AVIF image"),
    (b"ftyp", 4, "video hoặc âm thanh MP4", "an MP4 video or audio file"),
    (b"RIFF", 0, "âm thanh hoặc video RIFF (WAV, AVI)", "a WAV or AVI file"),
    (b"ID3", 0, "âm thanh MP3", "an MP3 audio file"),
    (b"\xff\xfb", 0, "âm thanh MP3", "an MP3 audio file"),
    (b"OggS", 0, "âm thanh Ogg", "an Ogg audio file"),
    (b"fLaC", 0, "âm thanh FLAC", "a FLAC audio file"),
    (b"\x1aE\xdf\xa3", 0, "video MKV hoặc WebM", "an MKV or WebM video"),
    (b"AT&TFORM", 0, "tài liệu DjVu", "a DjVu file"),
    (b"%!PS", 0, "tài liệu PostScript", "a PostScript file"),
    (b"BOOKMOBI", 60, "sách Kindle (MOBI)", "a Kindle book (MOBI)"),
    (b"ITSF", 0, "sách trợ giúp Windows (.chm)", "a Windows help book (.chm)"),
    (b"Rar!", 0, "tệp nén RAR", "a RAR archive"),
    (b"7z\xbc\xaf", 0, "tệp nén 7z", "a 7z archive"),
    (b"\x1f\x8b", 0, "tệp nén gzip", "a gzip archive"),
    (b"BZh", 0, "tệp nén bzip2", "a bzip2 archive"),
    (b"\xfd7zXZ", 0, "tệp nén xz", "an xz archive"),
    (b"MZ", 0, "chương trình Windows", "a Windows program"),
    (b"\x7fELF", 0, "chương trình Linux", "a Linux program"),
    (b"SQLite format 3", 0, "cơ sở dữ liệu SQLite", "an SQLite database"),
    (b"\xdb\xa5-\x00", 0, "Word 2.0 cũ (.doc)", "an old Word 2.0 file (.doc)"),
    (b"\x31\xbe\x00\x00", 0, "tài liệu Microsoft Write (.wri)", "a Microsoft Write file (.wri)"),
    (b"\xffWPC", 0, "tài liệu WordPerfect (.wpd)", "a WordPerfect file (.wpd)"),
)
# What XML that is no web page begins with.
_XML_KINDS: tuple[tuple[str, str, str], ...] = (
    ("<pkg:package", "tài liệu Word dạng XML", "a Word file saved as XML"),
    ("<w:wordDocument", "tài liệu Word 2003 dạng XML", "a Word 2003 file saved as XML"),
    ("<office:document", "tài liệu OpenDocument dạng XML (.fodt)", "an OpenDocument file saved as XML (.fodt)"),
    ("<FictionBook", "sách FictionBook (.fb2)", "a FictionBook e-book (.fb2)"),
    ("<svg", "bản vẽ SVG", "an SVG drawing"),
    ("<?xml", "dữ liệu XML", "an XML data file"),
)
_OPENING = r"\s*(?:<\?xml[^>]*>\s*)?(?:<!--.{0,2000}?-->\s*)*"
_PAGE = re.compile(rf"{_OPENING}<(?:!doctype\s+html|html|head|body)\b", re.IGNORECASE | re.DOTALL)
_PIECE = re.compile(
    rf"{_OPENING}<(?:meta|title|style|p|div|h[1-6]|table|article|section|main|span|center|font|ul|ol|b|strong)\b[^<>]*>",
    re.IGNORECASE | re.DOTALL,
)
_CLOSING = re.compile(r"</(?:p|div|h[1-6]|table|td|title|article|section|main|span|center|font|li|b|strong)\s*>", re.I)
_TAG = re.compile(r"<(?:p|div|h[1-6]|table|tr|td|section|span|font|li|br|b)\b[^<>]{0,200}>", re.IGNORECASE)
_MANY_TAGS = 8
_MARKDOWN = (".md", ".markdown", ".mdown", ".mkd")
_LOCK_SIZES = (162, 165)  # Word's; Excel's and PowerPoint's
_LOCK_NAME_BYTES = 55
_BMP_HEADERS = (12, 40, 52, 56, 64, 108, 124)
_BOMS = (
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)


def sniff(path: str, filename: str) -> Kind:
    """The kind of the file at `path`. `filename`, the person's name for it, tells Markdown from other text and is
    quoted in messages; nothing else is believed of it.

    Raises BadInput for what is empty, half, a lock file or not read, naming what it really is; TooLarge for a zip
    bomb; Locked for an encrypted document.
    """
    with open(path, "rb") as file:
        head = file.read(_HEAD_BYTES)
    size = Path(path).stat().st_size
    _refuse_blank(path, head, size)
    if _is_lock(head, size, filename):
        raise refusals.lock_file()
    if head.startswith(compound.MAGIC):
        return compound.kind(path, filename)
    if head.startswith((b"PK\x03\x04", b"PK\x05\x06", b"PK\x07\x08")):
        return packages.kind(path, filename)
    return _binary(head, filename) or _text(head, filename)


def _refuse_blank(path: str, head: bytes, size: int) -> None:
    if size == 0:
        raise refusals.empty()
    if not head.strip(b"\x00") and _is_all_zeros(path):
        raise refusals.only_zeros()
    if size <= _HEAD_BYTES and not head.strip(b"\x00 \t\r\n\xef\xbb\xbf\xff\xfe"):
        raise no_text()


def _is_all_zeros(path: str) -> bool:
    with open(path, "rb") as file:
        while block := file.read(1 << 20):
            if block.count(0) != len(block):
                return False
    return True


def _is_lock(head: bytes, size: int, filename: str) -> bool:
    """Word's `~$` files: the length of a user name, the name, filling; then the same in UTF-16."""
    if PurePath(filename).name.startswith(("~$", ".~lock.")) and size < 300:
        return True
    length = head[0]
    name, filling = head[1 : 1 + length], head[1 + length : _LOCK_NAME_BYTES]
    twice = head[_LOCK_NAME_BYTES - 1 : _LOCK_NAME_BYTES + 2]
    return (
        size in _LOCK_SIZES
        and 0 < length < _LOCK_NAME_BYTES
        and not filling.strip(b"\x00 ")
        and not any(byte < 32 for byte in name)
        and length in twice
    )


def _binary(head: bytes, filename: str) -> Kind | None:
    start = head.lstrip(b"\xef\xbb\xbf \t\r\n")
    if start.startswith(b"{\\rtf"):
        return "rtf"
    if start.startswith(b"%PDF-") or _is_late_pdf(head):
        return "pdf"
    if any(head[at : at + len(magic)] == magic for magic, at in _PICTURES) or _is_webp(head) or _is_bmp(head):
        return "image"
    for magic, offset, vi, en in _UNSUPPORTED:
        if head[offset : offset + len(magic)] == magic and (magic == b"%!PS" or not _is_plain(head)):
            raise refusals.unsupported(filename, vi, en)
    return None


def _is_late_pdf(head: bytes) -> bool:
    """A text may speak of "%PDF-1.7": the first object follows where it is one."""
    return b"%PDF-" in head[:_PDF_BYTES] and _LATE_PDF.search(head) is not None


def _is_webp(head: bytes) -> bool:
    return head.startswith(b"RIFF") and head[8:12] == b"WEBP"


def _is_bmp(head: bytes) -> bool:
    """Text may begin with "BM": a bitmap's four reserved bytes are zero, and its header has one of a few lengths."""
    return (
        head.startswith(b"BM") and head[6:10] == bytes(4) and head[14:18] in {bytes([n, 0, 0, 0]) for n in _BMP_HEADERS}
    )


def _is_plain(head: bytes) -> bool:
    """Text may begin with "MZ": magics count only with control bytes around."""
    return not any(byte < 9 or 13 < byte < 27 for byte in head[:512])


def _text(head: bytes, filename: str) -> Kind:
    text = _decoded(head)
    named_markdown = PurePath(filename).suffix.lower() in _MARKDOWN
    if _PAGE.match(text) or (not named_markdown and _PIECE.match(text) and _has_tags(text)):
        return "html"
    if re.match(r"(?:MIME-Version:|From:.{0,200}\n(?:.{0,200}\n){0,8}MIME-Version:)", text) and "multipart/" in text:
        raise refusals.web_archive()
    if text.lstrip().startswith("<"):
        _refuse_xml(text, filename)
    return "md" if named_markdown else "txt"


def _has_tags(text: str) -> bool:
    """Whether an element is closed, or so many are opened that their ends come later."""
    return bool(_CLOSING.search(text)) or len(_TAG.findall(text[:4000])) >= _MANY_TAGS


def _refuse_xml(text: str, filename: str) -> None:
    for start, vi, en in _XML_KINDS:
        if re.match(rf"{_OPENING}{re.escape(start)}", text, re.DOTALL) or (start in text and text.startswith("<?xml")):
            raise refusals.unsupported(filename, vi, en)


def _decoded(head: bytes) -> str:
    """The beginning as letters: ASCII is enough to know marks by, in UTF-8 and in UTF-16 with or without a mark."""
    for bom, encoding in _BOMS:
        if head.startswith(bom):
            return head.decode(encoding, "replace")
    if head[1:64:2].count(0) > 20 or head[:64:2].count(0) > 20:
        return head.decode("utf-16-le" if head[1:2] == b"\x00" else "utf-16-be", "replace")
    return head.removeprefix(codecs.BOM_UTF8).decode("utf-8", "replace")
