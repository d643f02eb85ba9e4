"""OLE compound files, Microsoft's containers of 1993 to 2003: their stream names say which program wrote them."""

from __future__ import annotations

from typing import Literal

from vnclone.documents.refusals import broken_office, unsupported
from vnclone.errors import Locked

MAGIC = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_OTHERS: tuple[tuple[str, str, str], ...] = (
    ("workbook", "bảng tính Excel cũ (.xls)", "an old Excel sheet (.xls)"),
    ("book", "bảng tính Excel cũ (.xls)", "an old Excel sheet (.xls)"),
    ("powerpoint document", "bản trình chiếu PowerPoint cũ (.ppt)", "an old PowerPoint presentation (.ppt)"),
    ("pp40", "bản trình chiếu PowerPoint cũ (.ppt)", "an old PowerPoint presentation (.ppt)"),
    ("__properties_version1.0", "thư Outlook (.msg)", "an Outlook message (.msg)"),
    ("visiodocument", "bản vẽ Visio (.vsd)", "a Visio drawing (.vsd)"),
    ("quill", "ấn phẩm Publisher (.pub)", "a Publisher file (.pub)"),
    ("matost", "tài liệu Microsoft Works (.wps)", "a Microsoft Works file (.wps)"),
    ("!_stringpool", "bộ cài đặt Windows (.msi)", "a Windows installer (.msi)"),
)


def kind(path: str, filename: str) -> Literal["doc"]:
    """ "doc" for a Word document of 6.0 to 2003.

    Raises Locked for an encrypted document of today, BadInput for what is broken or no Word document.
    """
    names = streams(path)
    if "encryptedpackage" in names:
        raise locked()
    if "worddocument" in names:
        return "doc"
    for stream, vi, en in _OTHERS:
        if stream in names:
            raise unsupported(filename, vi, en)
    raise unsupported(filename, "tệp Office cũ (.doc, .xls, .ppt)", "an old Office file (.doc, .xls, .ppt)")


def streams(path: str) -> frozenset[str]:
    """The names at the top of the directory, in lower case. Raises BadInput where there is no directory."""
    import olefile

    try:
        with olefile.OleFileIO(path) as ole:
            return frozenset(entry[0].lower() for entry in ole.listdir(streams=True, storages=True))
    except (OSError, ValueError, LookupError, TypeError, AttributeError, RecursionError, OverflowError) as error:
        raise broken_office() from error


def is_compound(path: str) -> bool:
    with open(path, "rb") as file:
        return file.read(len(MAGIC)) == MAGIC


def locked() -> Locked:
    """The error for a document whose password is missing."""
    return Locked(
        "Tệp này được bảo vệ bằng mật khẩu của Office. Hãy nhập mật khẩu của tệp rồi thử lại.",
        "This file is protected by an Office password. Enter the file's password and try again.",
    )
