"""Plain text of any encoding: bytes in, paragraphs out."""

from __future__ import annotations

import codecs
import re
import statistics
import unicodedata
from pathlib import Path

from vnclone.documents.draft import Asked, Block, Draft
from vnclone.errors import BadInput, TooLarge
from vnclone.models import Said
from vnclone.sandbox import Report

MAX_BYTES = 20 << 20  # text of 20 MiB is some 300 hours of speech
_BOMS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
_READABLE = re.compile("[\t\n\r\x20-\x7e\u00a0-\u024f\u0300-\u0323\u1ea0-\u1ef9\u2010-\u2026]")
_ONLY_VIETNAMESE = re.compile("[ăđơư\u1ea0-\u1ef9]", re.IGNORECASE)
_WRAP_COLUMNS = 120  # lines wrapped by a program are no longer than this
_ENDS = tuple('.!?:;…"”’»)')


def read(path: str, asked: Asked, report: Report) -> Draft:
    """The text file at `path`.

    Raises TooLarge above 20 MiB and BadInput for bytes that are no text in any encoding.
    """
    if Path(path).stat().st_size > MAX_BYTES:
        raise TooLarge(
            f"Tệp văn bản này lớn hơn {MAX_BYTES >> 20} MB. Hãy chia thành nhiều tệp nhỏ hơn.",
            f"This text file is larger than {MAX_BYTES >> 20} MB. Split it into smaller files.",
        )
    text, notes = decode(Path(path).read_bytes())
    return Draft("", tuple(Block(paragraph) for paragraph in paragraphs(text)), None, notes)


def decode(data: bytes) -> tuple[str, tuple[Said, ...]]:
    """(text, notes). By byte order mark, else UTF-8, else UTF-16 by its zeros, else cp1258 or Western one-byte text."""
    for bom, encoding in _BOMS:
        if data.startswith(bom):
            return data.decode(encoding, "replace"), ()
    if b"\x00" in data[:4096]:
        return _decode_utf16(data), ()
    try:
        return data.decode("utf-8"), ()
    except UnicodeDecodeError:
        return _decode_damaged_or_old(data)


def _decode_utf16(data: bytes) -> str:
    """UTF-16 without a mark, in the byte order that gives readable letters."""
    for encoding in ("utf-16-le", "utf-16-be"):
        text = data.decode(encoding, "replace")
        if len(_READABLE.findall(text[:4096])) > 0.9 * len(text[:4096]):
            return text
    raise not_text()


def _decode_damaged_or_old(data: bytes) -> tuple[str, tuple[Said, ...]]:
    text = data.decode("utf-8", "replace")
    letters = sum(character > "\x7f" for character in text)
    if text.count("\ufffd") < 0.05 * letters:
        return text.replace("\ufffd", ""), (_damaged(),)
    controls = sum(byte < 9 or 13 < byte < 27 or byte == 127 for byte in data[:65536])
    if controls > 0.02 * len(data[:65536]):
        raise not_text()
    return _decode_one_byte(data), ()


def _decode_one_byte(data: bytes) -> str:
    """cp1258 writes tone marks after their letters; composed, they make letters that only Vietnamese has."""
    vietnamese = unicodedata.normalize("NFC", data.decode("cp1258", "replace"))
    loose_marks = sum(unicodedata.combining(character) > 0 for character in vietnamese)
    composed = len(re.findall("[\u1ea0-\u1ef9]", vietnamese))
    if composed > 2 and composed > 5 * loose_marks and "\ufffd" not in vietnamese:
        return vietnamese
    return data.decode("cp1252", "replace") if b"\x81" not in data else data.decode("latin-1")


def not_text() -> BadInput:
    """The error for bytes of an unknown kind."""
    return BadInput(
        "Không nhận ra định dạng của tệp này. Hãy dùng tệp .docx, .pdf hoặc .txt.",
        "The format of this file was not recognised. Use a .docx, .pdf or .txt file.",
    )


def _damaged() -> Said:
    return Said(
        "Một vài ký tự trong tệp bị hỏng và đã được bỏ qua.",
        "A few characters of the file are damaged and were left out.",
    )


def paragraphs(text: str) -> list[str]:
    """Paragraphs of `text`: blocks between blank lines, with lines that a program wrapped joined again."""
    lines = [line.rstrip() for line in re.split(r"\r\n|[\n\r\x0b\x0c\x85\u2028\u2029]", text)]
    width = _wrap_width([line for line in lines if line.strip()])
    joined: list[str] = []
    previous = ""
    for line in lines:
        if line.strip() and previous.strip() and _goes_on(previous, line, width):
            joined[-1] += " " + line.strip()
        elif line.strip():
            joined.append(line.strip())
        previous = line
    return joined


def _wrap_width(lines: list[str]) -> int:
    """The column at which lines were wrapped, or 0 where each line is a paragraph of its own."""
    if len(lines) < 4:
        return 0
    lengths = sorted(len(line) for line in lines)
    width = lengths[int(0.95 * (len(lengths) - 1))]
    full = sum(length >= 0.8 * width for length in lengths)
    wrapped = 40 <= width <= _WRAP_COLUMNS and full >= 0.4 * len(lengths)
    return width if wrapped and statistics.median(lengths) > 30 else 0


def _goes_on(previous: str, line: str, width: int) -> bool:
    """A full line goes on below, unless it ends a sentence where the next begins indented or with a list mark."""
    first = line.strip()[0]
    if not width or len(previous) < 0.75 * width or line[:1] in "\t " or first in "-–—•*":
        return False
    return not (previous.endswith(_ENDS) and len(previous) < 0.9 * width and not first.islower())
