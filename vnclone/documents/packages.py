"""Which kind of document a zip is, by its members and their content types, never by its name."""

from __future__ import annotations

import zipfile
from typing import Literal

from vnclone.documents import refusals
from vnclone.documents.zipped import DAMAGED_ZIP, Damaged, Package, opened, refuse_bomb
from vnclone.errors import BadInput

Kind = Literal["docx", "odt", "pptx", "epub"]
_ENCRYPTED_FLAG = 1
# Content types of main parts: documents and templates, with and without macros.
_MAIN_PARTS: tuple[tuple[bytes, Kind], ...] = (
    (b"wordprocessingml.document.main+xml", "docx"),
    (b"wordprocessingml.template.main+xml", "docx"),
    (b"ms-word.document.macroenabled.main+xml", "docx"),
    (b"ms-word.template.macroenabledtemplate.main+xml", "docx"),
    (b"presentationml.presentation.main+xml", "pptx"),
    (b"presentationml.slideshow.main+xml", "pptx"),
    (b"presentationml.template.main+xml", "pptx"),
    (b"ms-powerpoint.presentation.macroenabled.main+xml", "pptx"),
    (b"ms-powerpoint.slideshow.macroenabled.main+xml", "pptx"),
    (b"ms-powerpoint.template.macroenabled.main+xml", "pptx"),
)
_MAIN_NAMES: tuple[tuple[str, Kind], ...] = (("word/document.xml", "docx"), ("ppt/presentation.xml", "pptx"))
_ODT_TYPES = ("text", "text-template", "text-master", "text-web")
_OPEN_DOCUMENTS: tuple[tuple[str, str, str], ...] = (
    ("spreadsheet", "bảng tính OpenDocument (.ods)", "an OpenDocument spreadsheet (.ods)"),
    ("presentation", "bản trình chiếu OpenDocument (.odp)", "an OpenDocument presentation (.odp)"),
    ("graphics", "bản vẽ OpenDocument (.odg)", "an OpenDocument drawing (.odg)"),
)
_OTHERS: tuple[tuple[str, str, str], ...] = (
    ("xl/workbook.xml", "bảng tính Excel (.xlsx)", "an Excel sheet (.xlsx)"),
    ("xl/workbook.bin", "bảng tính Excel (.xlsb)", "an Excel sheet (.xlsb)"),
    ("visio/document.xml", "bản vẽ Visio (.vsdx)", "a Visio drawing (.vsdx)"),
    ("fixeddocseq.fdseq", "tài liệu XPS", "an XPS file"),
    ("androidmanifest.xml", "ứng dụng Android (.apk)", "an Android app (.apk)"),
    ("index/document.iwa", "tài liệu Pages, Keynote hoặc Numbers của Apple", "an Apple Pages, Keynote or Numbers file"),
    ("index.zip", "tài liệu Pages, Keynote hoặc Numbers của Apple", "an Apple Pages, Keynote or Numbers file"),
    ("meta-inf/manifest.mf", "chương trình Java (.jar)", "a Java program (.jar)"),
    ("doc.kml", "bản đồ KMZ", "a KMZ map"),
)
_DOCUMENTS = (
    ".docx", ".doc", ".pdf", ".odt", ".rtf", ".pptx", ".epub", ".html", ".htm", ".md", ".txt", ".png", ".jpg", ".jpeg",
)  # fmt: skip


def kind(path: str, filename: str) -> Kind:
    """The kind of the document in the zip at `path`.

    Raises BadInput for half an upload and for what is no document, saying what it is; TooLarge for a bomb.
    """
    try:
        with zipfile.ZipFile(path) as archive:
            refuse_bomb(archive)
            flags = [member.flag_bits for member in archive.infolist()]
    except DAMAGED_ZIP as error:
        raise refusals.half_upload() from error
    with opened(path) as package:
        found = _office(package) or _declared(package, filename) or _by_names(package)
        if found:
            return found
        if any(flag & _ENCRYPTED_FLAG for flag in flags):
            raise refusals.locked_archive()
        raise _other(package, filename)


def _office(package: Package) -> Kind | None:
    """By content type, since the main part need not be called word/document.xml; where that is lost, by its name."""
    types = _bytes(package, "[Content_Types].xml").lower()
    for main, found in _MAIN_PARTS:
        if main in types:
            return found
    return next((found for name, found in _MAIN_NAMES if name in package), None)


def _declared(package: Package, filename: str) -> Kind | None:
    """By the member `mimetype` of EPUB and OpenDocument, wherever in the zip it is."""
    declared = _bytes(package, "mimetype").strip().decode("ascii", "replace")
    if declared == "application/epub+zip":
        return "epub"
    name = declared.removeprefix("application/vnd.oasis.opendocument.")
    if name in _ODT_TYPES:
        return "odt"
    for other, vi, en in _OPEN_DOCUMENTS:
        if name != declared and name.startswith(other):
            raise refusals.unsupported(filename, vi, en)
    return None


def _by_names(package: Package) -> Kind | None:
    """Where no `mimetype` says so: an EPUB has a container or a package file, OpenDocument its content."""
    if "META-INF/container.xml" in package or any(name.endswith(".opf") for name in package.members):
        return "epub"
    if "content.xml" in package and b"office:text" in _bytes(package, "content.xml"):
        return "odt"
    return None


def _other(package: Package, filename: str) -> BadInput:
    for member, vi, en in _OTHERS:
        if member in package:
            return refusals.unsupported(filename, vi, en)
    files = [name for name in package.members.values() if not name.endswith("/") and not _is_system(name)]
    documents = [name for name in files if name.lower().endswith(_DOCUMENTS)]
    if len(documents) == 1:
        return refusals.archive_of_one(documents[0].replace("\\", "/").rsplit("/", 1)[-1][:100])
    return refusals.unsupported(filename, "một tệp nén ZIP", "a ZIP archive")


def _is_system(name: str) -> bool:
    return name.startswith("__MACOSX/") or name.rsplit("/", 1)[-1].lower() in (".ds_store", "thumbs.db")


def _bytes(package: Package, name: str) -> bytes:
    try:
        return package.data(name) if name in package else b""
    except Damaged:
        return b""
