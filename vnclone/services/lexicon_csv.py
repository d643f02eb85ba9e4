"""Pronunciations as a CSV file, in and out; and what one entry may be. Every fault names its line."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterable, Iterator, Sequence

from vnclone.errors import BadInput, TooLarge, figure
from vnclone.models import Pronunciation
from vnclone.text.tidy import is_speakable, tidy

HEADER = ("word", "say")
MOST_ENTRIES = 5000
LONGEST_WORD, LONGEST_SAY = 100, 300  # characters
MAX_BYTES = 4 << 20  # as many entries, each as long as it may be, with quotes around
_SEPARATORS = (";", "\t", ",")
# A cell that begins so is a formula to a spreadsheet. A quote before it makes it text; reading takes that away again.
_FORMULA = re.compile(r"'*[=+\-@\t\r＝＋－＠]")


def checked(word: str, say: str) -> Pronunciation:
    """The entry in NFC, on one line. Raises BadInput for what could never be found or said."""
    word, say = (" ".join(tidy(text).split()) for text in (word, say))
    if not word:
        raise BadInput("Hãy ghi từ hoặc cụm từ cần đọc theo ý bạn.", "Enter the word or phrase.")
    if not is_speakable(say):
        raise BadInput(f"Hãy ghi cách đọc của “{word[:40]}” bằng chữ.", f"Enter in letters how to say “{word[:40]}”.")
    for text, limit in ((word, LONGEST_WORD), (say, LONGEST_SAY)):
        if len(text) > limit:
            raise BadInput(
                f"“{text[:30]}…” dài {figure(len(text))} ký tự, tối đa là {limit}.",
                f"“{text[:30]}…” has {len(text):,} characters; the limit is {limit}.",
            )
    return Pronunciation(word, say)


def check_count(count: int) -> None:
    if count > MOST_ENTRIES:
        raise TooLarge(
            f"Danh sách cách đọc có tối đa {figure(MOST_ENTRIES)} mục. Hãy bỏ bớt mục không dùng.",
            f"A list of pronunciations has at most {MOST_ENTRIES:,} entries. Remove some that are not used.",
        )


def read(content: bytes) -> list[Pronunciation]:
    """The entries of a file: UTF-8, two columns apart by a comma, a semicolon or a tab, the header may be missing.

    Raises BadInput naming the line of the first fault, TooLarge.
    """
    found: dict[str, tuple[Pronunciation, int]] = {}
    for line, cells in _rows(_decoded(content)):
        try:
            entry = checked(*_two(cells))
        except BadInput as error:
            raise _at(line, error.said.vi, error.said.en) from None
        before, first = found.setdefault(entry.word, (entry, line))
        if before.say != entry.say:
            raise _at(
                line,
                f"“{entry.word}” đã có ở dòng {first} với cách đọc khác.",
                f"“{entry.word}” is on line {first} already, said differently.",
            )
        check_count(len(found))
    return [entry for entry, _ in found.values()]


def write(entries: Iterable[Pronunciation]) -> str:
    """The file that `read` takes back. It opens with a mark by which spreadsheets know that it is UTF-8."""
    out = io.StringIO()
    writer = csv.writer(out)
    writer.writerow(HEADER)
    writer.writerows((_guarded(entry.word), _guarded(entry.say)) for entry in entries)
    return "\ufeff" + out.getvalue()


def _decoded(content: bytes) -> str:
    if len(content) > MAX_BYTES:
        raise TooLarge(
            f"Tệp này quá lớn: tối đa {MAX_BYTES >> 20} MB.",
            f"This file is too large: the limit is {MAX_BYTES >> 20} MB.",
        )
    try:
        return content.decode("utf-16" if content[:2] in (b"\xff\xfe", b"\xfe\xff") else "utf-8-sig")
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        raise _at(
            line,
            "tệp không phải UTF-8. Trong Excel, hãy lưu dạng “CSV UTF-8”.",
            "the file is not UTF-8. In Excel, save it as “CSV UTF-8”.",
        ) from None


def _rows(text: str) -> Iterator[tuple[int, list[str]]]:
    """(line on which it begins, cells) of every row that is not empty, without the header."""
    reader, line = csv.reader(io.StringIO(text, newline=""), delimiter=_separator(text)), 1
    try:
        for cells in reader:
            is_header = line == 1 and tuple(cell.strip().casefold() for cell in cells[:2]) == HEADER
            if any(cell.strip() for cell in cells) and not is_header:
                yield line, cells
            line = reader.line_num + 1
    except csv.Error:
        raise _at(line, "không đọc được. Hãy xem lại dấu ngoặc kép.", "cannot be read. Check its quotes.") from None


def _separator(text: str) -> str:
    """What stands between the two cells of the first line."""
    first = text.lstrip("\r\n").split("\n", 1)[0]
    for separator in _SEPARATORS:
        if len(_first_cells(first, separator)) == 2:
            return separator
    return ","


def _first_cells(line: str, separator: str) -> list[str]:
    try:
        return next(csv.reader([line], delimiter=separator), [])
    except csv.Error:
        return []


def _two(cells: Sequence[str]) -> tuple[str, str]:
    if len(cells) < 2 or any(cell.strip() for cell in cells[2:]):
        raise BadInput(
            f"cần đúng hai cột: từ, cách đọc; ở đây có {len(cells)}. Ô có dấu phẩy cần đặt trong ngoặc kép.",
            f"two columns are needed: word, say; here are {len(cells)}. Put a cell that has a comma in quotes.",
        )
    return _unguarded(cells[0].strip(" ")), _unguarded(cells[1].strip(" "))


def _unguarded(cell: str) -> str:
    return cell[1:] if cell.startswith("'") and _FORMULA.match(cell) else cell


def _guarded(cell: str) -> str:
    return f"'{cell}" if _FORMULA.match(cell) else cell


def _at(line: int, vi: str, en: str) -> BadInput:
    return BadInput(f"Dòng {line}: {vi}", f"Line {line}: {en}")
