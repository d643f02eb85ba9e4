"""Zip packages (Word, OpenDocument, PowerPoint, EPUB) and their XML, read within bounds: nothing goes to the disk."""

from __future__ import annotations

import errno
import posixpath
import re
import struct
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any
from urllib.parse import unquote

from vnclone.errors import BadInput, TooLarge
from vnclone.models import Said

MAX_MEMBERS = 2_000
MAX_UNPACKED_BYTES = 300 << 20
MAX_XML_BYTES = 30 << 20
_MARKUP = (".xml", ".rels", ".xhtml", ".html", ".htm", ".opf", ".ncx")

# What zipfile raises on damage: a bad CRC, a broken stream, an unknown method, a member under a password.
DAMAGED_ZIP = (zipfile.BadZipFile, zlib.error, NotImplementedError, ValueError, EOFError, RuntimeError, struct.error)
# What walking a tree that is not what it should be raises. RecursionError and UnicodeError are among the above.
MALFORMED = (*DAMAGED_ZIP, LookupError, AttributeError, TypeError, OverflowError)
RESOURCE_LIMIT = 114  # libxml2's XML_ERRRESOURCE_LIMIT: more than 256 elements deep, or 10 MB of text in one element
# ISO/IEC 29500 Strict writes other namespaces for the same elements.
_STRICT = (
    (
        b"http://purl.oclc.org/ooxml/wordprocessingml/main",
        b"http://schemas.openxmlformats.org/wordprocessingml/2006/main",
    ),
    (b"http://purl.oclc.org/ooxml/presentationml/main", b"http://schemas.openxmlformats.org/presentationml/2006/main"),
    (b"http://purl.oclc.org/ooxml/drawingml/", b"http://schemas.openxmlformats.org/drawingml/2006/"),
    (b"http://purl.oclc.org/ooxml/officeDocument/", b"http://schemas.openxmlformats.org/officeDocument/2006/"),
)


class Damaged(Exception):
    """A member is missing, or is not what its format says."""


@dataclass(frozen=True, slots=True)
class Relation:
    """A link from one part to another: the last word of its type ("footnotes") and the part's name."""

    kind: str
    target: str


@dataclass(frozen=True, slots=True)
class Package:
    """An open zip. Names are found whatever their case and slashes, as Office finds them."""

    archive: zipfile.ZipFile
    members: dict[str, str]

    def __contains__(self, name: str) -> bool:
        return _plain(name) in self.members

    def data(self, name: str) -> bytes:
        """The bytes of a member. Raises Damaged."""
        try:
            return self.archive.read(self.members[_plain(name)])
        except (KeyError, *DAMAGED_ZIP) as error:
            raise Damaged(name) from error
        except OSError as error:
            if error.errno != errno.EINVAL:  # the directory names a place before the file's beginning
                raise
            raise Damaged(name) from error

    def xml(self, name: str) -> Any:
        """The root element of a member. Raises Damaged, or BadInput for hostile XML."""
        return parsed(self.data(name), name)

    def optional(self, name: str) -> Any:
        """The root element, or an empty one where the part is missing or broken: the document opens without it."""
        from lxml import etree

        try:
            return self.xml(name) if name else etree.Element("missing")
        except Damaged:
            return etree.Element("missing")

    def relations(self, part: str) -> dict[str, Relation]:
        """The relations of a part of an Office package by id."""
        folder, name = posixpath.split(part)
        found = {}
        for element in self.optional(posixpath.join(folder, "_rels", f"{name}.rels")).iterchildren():
            target = element.get("Target") or ""
            if element.get("TargetMode") != "External" and target:
                kind = (element.get("Type") or "").rsplit("/", 1)[-1]
                found[element.get("Id") or ""] = Relation(kind, within(folder, target))
        return found


@contextmanager
def opened(path: str) -> Iterator[Package]:
    """The zip at `path`. Raises TooLarge for a bomb; damage that its reader does not handle becomes BadInput."""
    try:
        with zipfile.ZipFile(path) as archive:
            refuse_bomb(archive)
            yield Package(archive, {_plain(name): name for name in reversed(archive.namelist())})
    except RecursionError as error:
        raise too_deep() from error
    except (Damaged, *MALFORMED) as error:
        raise broken_zip() from error


def parsed(data: bytes, name: str = "") -> Any:
    """The root element of XML. Raises Damaged for what is not well formed, BadInput for entities and deep nesting,
    TooLarge for ten million characters in one element."""
    from lxml import etree

    _refuse_entities(data)
    try:
        root = etree.fromstring(_transitional(data), _parser(recover=False))
    except etree.XMLSyntaxError as error:
        if error.code == RESOURCE_LIMIT:
            raise (too_deep() if "depth" in str(error) else _too_long()) from error
        raise Damaged(name) from error
    except (etree.LxmlError, ValueError) as error:
        raise Damaged(name) from error
    return root


def salvaged(data: bytes, name: str = "") -> Any:
    """What of broken XML can be read. Raises Damaged where that is nothing."""
    from lxml import etree

    _refuse_entities(data)
    try:
        root = etree.fromstring(_transitional(data), _parser(recover=True))
    except (etree.LxmlError, ValueError) as error:
        raise Damaged(name) from error
    if root is None:
        raise Damaged(name)
    return root


def _parser(recover: bool) -> Any:
    from lxml import etree

    return etree.XMLParser(
        resolve_entities=False,
        no_network=True,
        huge_tree=False,
        load_dtd=False,
        recover=recover,
        remove_comments=True,
        remove_pis=True,
    )


def parsed_or_salvaged(data: bytes, name: str = "") -> tuple[Any, list[Said]]:
    """(the root element, notes). XML that is broken is read up to there, and the person is told."""
    try:
        return parsed(data, name), []
    except Damaged:
        note = Said(
            "Tài liệu bị hỏng một phần: chỉ đọc được những gì còn nguyên. Hãy so với bản gốc.",
            "Part of this document is damaged: what is intact was read. Compare it with the original.",
        )
        return salvaged(data, name), [note]


def _transitional(data: bytes) -> bytes:
    if b"//purl.oclc.org/ooxml/" in data[:20_000]:
        for strict, usual in _STRICT:
            data = data.replace(strict, usual)
    return data


def _refuse_entities(data: bytes) -> None:
    """No document needs them; they are how a small file becomes gigabytes, or asks for files of the server."""
    if b"<!ENTITY" in data or any("<!ENTITY".encode(code) in data for code in ("utf-16-le", "utf-16-be")):
        raise BadInput(
            "Tệp này khai báo thực thể XML (ENTITY), thứ mà tài liệu thật không dùng, nên không được mở. "
            "Hãy mở bằng Word hoặc LibreOffice, lưu lại rồi tải lên.",
            "This file declares XML entities, which no real document uses, so it was not opened. "
            "Open it in Word or LibreOffice, save it again and upload that.",
        )


def within(folder: str, target: str) -> str:
    """A link's target as a member's name: percent signs resolved, `..` never above the root, no fragment."""
    target = unquote(target.split("#", 1)[0].split("?", 1)[0]).replace("\\", "/")
    name = target if target.startswith("/") else f"/{folder}/{target}"
    return posixpath.normpath(name).lstrip("/")


def _plain(name: str) -> str:
    return name.replace("\\", "/").lstrip("/").casefold()


def refuse_bomb(archive: zipfile.ZipFile) -> None:
    """Declared sizes are enough: zipfile never gives out more bytes of a member than its directory declares."""
    members = archive.infolist()
    largest_xml = max((m.file_size for m in members if m.filename.lower().endswith(_MARKUP)), default=0)
    unpacked = sum(m.file_size for m in members)
    if len(members) <= MAX_MEMBERS and unpacked <= MAX_UNPACKED_BYTES and largest_xml <= MAX_XML_BYTES:
        return
    raise TooLarge(
        "Nội dung giải nén của tệp này quá lớn để đọc an toàn. Hãy bỏ bớt hình ảnh hoặc chia nhỏ tài liệu.",
        "The unpacked content of this file is too large to read safely. Remove pictures or split the document.",
    )


def broken_zip() -> BadInput:
    """The error for a package whose parts cannot be read."""
    return BadInput(
        "Tệp này bị hỏng nên không mở được. Hãy mở tệp gốc, lưu lại rồi tải lên lần nữa.",
        "This file is damaged, so it cannot be opened. Open the original, save it again and upload that.",
    )


def too_deep() -> BadInput:
    """The error for elements inside each other beyond any real document."""
    return BadInput(
        "Tài liệu này có các phần lồng nhau quá sâu nên không đọc được an toàn. "
        "Hãy bỏ bớt bảng lồng nhau hoặc lưu lại bằng phần mềm khác.",
        "The parts of this document are nested too deeply to be read safely. "
        "Remove tables inside tables, or save it from another program.",
    )


def _too_long() -> TooLarge:
    return TooLarge(
        "Tài liệu này có một đoạn dài hơn mười triệu ký tự nên không đọc được an toàn. "
        "Hãy chia đoạn đó ra hoặc chia nhỏ tài liệu.",
        "A single paragraph of this document has more than ten million characters, too many to be read safely. "
        "Divide it, or split the document.",
    )


def spaced(text: str) -> str:
    """Text with each run of white space as one blank, and none at its ends."""
    return re.sub(r"\s+", " ", text).strip()
