"""The bare text of an old Word file from its own bytes: Word 6 and 95, and any .doc that no other engine can open.

Paragraphs, rows of tables and footnotes; no styles, no fonts. catdoc does the same but drops U+00AD, TCVN3's ư.
Sources: Microsoft's "[MS-DOC]: Word (.doc) Binary File Format" (FIB, Clx) and "Microsoft Word 6.0 Binary File Format".
"""

from __future__ import annotations

import re
import struct
from collections.abc import Iterator
from dataclasses import dataclass

from vnclone.documents.docx import CELL_MARK
from vnclone.documents.draft import Block, Draft
from vnclone.documents.refusals import broken_office

_WORD_97 = 0xC1  # the first nFib of Word 97; below it all text is of one byte a letter
_MAX_PIECES = 200_000
# Field codes between 0x13 and 0x14 are not shown; their results up to 0x15 are.
_FIELD_CODE = re.compile("\x13[^\x13\x14\x15]*(?:\x14|(?=\x15))")
_SHOWN = str.maketrans({"\x0b": "\n", "\x0c": "\r", "\x0e": " ", "\t": " ", "\x1e": "-", "\x1f": "\u00ad"})
_UNSHOWN = re.compile("[\x00-\x06\x08\x0e-\x1d]")
# Windows-1252; where that has no letters VPS does, and they come out as Latin-1 has them.
_LETTERS = [bytes([code]).decode("latin-1" if code in b"\x81\x8d\x8f\x90\x9d" else "cp1252") for code in range(256)]


@dataclass(frozen=True, slots=True)
class Header:
    """The part of the file information block that says how to read the rest. `pieces`: offset and length of the Clx.

    `obfuscated`: encrypted in the way before Word 97, which no library undoes.
    """

    version: int
    encrypted: bool
    obfuscated: bool
    complex: bool
    table: str
    begin: int
    main: int
    notes: int
    pieces: tuple[int, int]


def header(stream: bytes) -> Header:
    """The header of a WordDocument stream. Raises BadInput for one that is cut short or of another kind."""
    if len(stream) < 0x200 or stream[:2] not in (b"\xdc\xa5", b"\xec\xa5"):
        raise broken_office()
    version, flags = struct.unpack_from("<H", stream, 2)[0], struct.unpack_from("<H", stream, 10)[0]
    old = version < _WORD_97
    lengths = struct.unpack_from("<2L", stream, 0x34 if old else 0x4C)
    return Header(
        version=version,
        encrypted=bool(flags & 0x0100),
        obfuscated=bool(flags & 0x0100) and (old or bool(flags & 0x8000)),
        complex=bool(flags & 0x0004) or not old,
        table="1Table" if flags & 0x0200 else "0Table",
        begin=struct.unpack_from("<L", stream, 0x18)[0],
        main=lengths[0],
        notes=lengths[1],
        pieces=struct.unpack_from("<2L", stream, 0x160 if old else 0x1A2),
    )


def stream(path: str, name: str = "WordDocument") -> bytes:
    """A stream of the compound file at `path`. Raises BadInput where there is none."""
    import olefile

    try:
        with olefile.OleFileIO(path) as ole:
            return bytes(ole.openstream(name).read())
    except (OSError, ValueError, LookupError, TypeError, AttributeError, RecursionError, OverflowError) as error:
        raise broken_office() from error


def read_text(path: str) -> Draft:
    """The text of the unencrypted .doc at `path`. Raises BadInput for a file whose table of pieces is broken."""
    words = stream(path)
    head = header(words)
    whole = b"".join(_pieces(path, words, head))  # lengths count halves of surrogate pairs, so bytes are what is cut
    end = 2 * (head.main + head.notes)
    main, notes = (part.decode("utf-16-le", "replace") for part in (whole[: 2 * head.main], whole[2 * head.main : end]))
    blocks = [*_blocks(main), *(Block(line, "footnote") for line in _lines(notes))]
    return Draft("", tuple(block for block in blocks if block.text.strip()))


def _pieces(path: str, words: bytes, head: Header) -> Iterator[bytes]:
    """The text in order, in UTF-16-LE. A file saved "fast" keeps it in pieces, and Word 97 keeps all of it so."""
    if not head.complex:
        yield _one_byte(words[head.begin : head.begin + head.main + head.notes])
        return
    old = head.version < _WORD_97
    offset, length = head.pieces
    table = words if old else stream(path, head.table)
    for start, end, place in _piece_table(table[offset : offset + length]):
        compressed = bool(place & 0x40000000)
        if old or compressed:
            begin = place if old else (place & 0x3FFFFFFF) // 2
            yield _one_byte(words[begin : begin + end - start])
        else:
            yield words[place : place + 2 * (end - start)]


def _piece_table(clx: bytes) -> Iterator[tuple[int, int, int]]:
    """First letter, letter after the last, and place of each piece: blocks of kind 1 (formats), then one of kind 2."""
    position = 0
    while position + 3 <= len(clx) and clx[position] == 1:
        position += 3 + struct.unpack_from("<H", clx, position + 1)[0]
    if position + 5 > len(clx) or clx[position] != 2:
        raise broken_office()
    size = struct.unpack_from("<L", clx, position + 1)[0]
    plc = clx[position + 5 : position + 5 + size]
    count = min((len(plc) - 4) // 12, _MAX_PIECES)
    if count < 1:
        raise broken_office()
    ends = struct.unpack_from(f"<{count + 1}L", plc)
    for number in range(count):
        place = struct.unpack_from("<L", plc, 4 * (count + 1) + 8 * number + 2)[0]
        if ends[number] <= ends[number + 1]:
            yield ends[number], ends[number + 1], place


def _one_byte(data: bytes) -> bytes:
    return "".join(_LETTERS[byte] for byte in data).encode("utf-16-le")


def _lines(text: str) -> list[str]:
    """Paragraphs as shown; cells still end in \\x07."""
    before = None
    while before != text:  # fields inside fields: a code is gone once the fields in it are
        before, text = text, _FIELD_CODE.sub("", text, count=0)
        if text.count("\x13") == before.count("\x13"):
            break
    return _UNSHOWN.sub("", text.replace("\x14", "").translate(_SHOWN)).split("\r")


def _blocks(text: str) -> Iterator[Block]:
    """A row of a table ends in two cell marks; each is one block."""
    for line in _lines(text):
        *rows, rest = line.split("\x07\x07")
        for row in rows:
            cells = [cell.strip() for cell in row.split("\x07")]
            yield Block(CELL_MARK.join(cell for cell in cells if cell), "table row" if len(cells) > 1 else "body")
        if rest.strip("\x07 "):
            yield Block(CELL_MARK.join(cell for cell in rest.split("\x07") if cell.strip()))
