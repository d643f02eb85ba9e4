"""Rich Text Format: paragraphs, table rows, notes and headings of an .rtf, with the fonts that tell legacy letters.

A reader of our own: striprtf gives one string without fonts (".VnTimeH" means capitals), rows, notes or outline levels,
and reads the bytes of ".VnTime" by whatever code page the font declares. Words of the format are those of Microsoft's
"Rich Text Format (RTF) Specification", version 1.9.1.
"""

from __future__ import annotations

import codecs
import re
from collections.abc import Callable
from dataclasses import dataclass, field, replace

from vnclone.documents.draft import Asked, Draft
from vnclone.documents.rtf_flow import Flow, Nature
from vnclone.documents.rtf_words import (
    CAPITALS_FONT,
    CHARACTERS,
    CHARSETS,
    CONTENTS_FIELDS,
    DOCUMENT_CODECS,
    ENTERED,
    LEGACY_FONT,
    LIST_TEXT,
    PAGE_FIELDS,
    SKIPPED,
    STORIES,
    SYMBOL_BASE,
    SYMBOL_CHARSET,
    SYMBOLS,
)
from vnclone.errors import BadInput
from vnclone.models import Said
from vnclone.sandbox import Report

_TOKEN = re.compile(
    rb"\\(?P<word>[A-Za-z]{1,32})(?P<number>-?\d{1,10})? ?|\\'(?P<hex>[0-9A-Fa-f]{2})|\\(?P<symbol>.)"
    rb"|(?P<brace>[{}])|(?P<text>[^\\{}\r\n]+)|[\r\n]+|\\",
    re.DOTALL,
)
_HEADING = re.compile(r"(?:heading|tiêu đề)\s*(\d)", re.IGNORECASE)
_CONTENTS = re.compile(r"(?:toc|mục lục|contents)\s*\d$|table of (?:figures|authorities)$|index [1-9]$", re.IGNORECASE)
_MAX_DEPTH = 2_000  # groups inside each other; real documents stay under 50
_INSTRUCTION_CHARS = 200
_REPORT_BYTES = 4 << 20
_READING = Said("Đang đọc tài liệu RTF…", "Reading the RTF document…")


def read(path: str, asked: Asked, report: Report) -> Draft:
    """The .rtf at `path`; what a truncated one has is read. Its pages exist only when printed.

    Raises BadInput for groups nested beyond reason.
    """
    with open(path, "rb") as file:
        data = file.read()
    parser = _Parser(report, len(data))
    parser.feed(data)
    return Draft(parser.title, tuple(block for block in parser.flows[0].closed() if block.text.strip()))


@dataclass(slots=True)
class _Field:
    """A field whose result is shown; its instruction begins with its name."""

    instruction: str = ""

    @property
    def name(self) -> str:
        words = self.instruction.split(None, 1)
        return words[0].upper() if words else ""


@dataclass(slots=True)
class _State:
    """What holds inside the braces of one group."""

    font: int = -1
    skip_after_unicode: int = 1  # \ucN: how many characters stand in for a \u for old readers
    silent: bool = False  # a group without text
    hidden: bool = False
    place: str = ""  # "fonttbl", "stylesheet", "info", "title", "upr", "instruction" or "" for text
    starred: bool = False
    style: int = 0
    outline: int | None = None
    in_table: bool = False
    listed: bool = False
    story: bool = False  # a flow of its own ends with this group
    contents: bool = False  # within the result of a table of contents
    field_: _Field | None = None


@dataclass(slots=True)
class _Font:
    name: str = ""
    charset: int = 1
    codec: str = ""
    capitals: bool = False


@dataclass(slots=True)
class _Style:
    name: str = ""
    outline: int | None = None

    @property
    def nature(self) -> Nature:
        """What paragraphs of this style are; headings have 1 to 9."""
        name = self.name.strip().lower()
        if match := _HEADING.match(name):
            return Nature("heading", int(match[1]))
        if _CONTENTS.match(name):
            return Nature(contents=True)
        if self.outline is not None or name in ("title", "toc heading"):
            return Nature("heading", self.outline or 1)
        return Nature("caption" if name.startswith("caption") else "body")


@dataclass(slots=True)
class _Parser:
    """Goes through the file once; groups are a stack of states, notes and text boxes a stack of flows."""

    report: Report
    size: int
    title: str = ""
    flows: list[Flow] = field(default_factory=lambda: [Flow()])
    _state: _State = field(default_factory=_State)
    _stack: list[_State] = field(default_factory=list)
    _fonts: dict[int, _Font] = field(default_factory=dict)
    _styles: dict[int, _Style] = field(default_factory=dict)
    _codec: str = "cp1252"
    _default_font: int = 0
    _bytes: bytearray = field(default_factory=bytearray)
    _to_skip: int = 0  # characters that only repeat the last \u

    def feed(self, data: bytes) -> None:
        position, reported = 0, 0
        match = _TOKEN.match(data)
        while match:
            position = match.end() + self._token(match)
            if position - reported > _REPORT_BYTES:
                reported = position
                self.report(_READING, position / self.size)
            match = _TOKEN.match(data, position)
        self._flush()

    def _token(self, match: re.Match[bytes]) -> int:
        """Takes one token; returns how many bytes after it are no text (\\bin)."""
        kind = match.lastgroup
        if kind == "text":
            self._take(match["text"])
        elif kind == "hex":
            self._take(bytes.fromhex(match["hex"].decode()))
        elif kind in ("word", "number"):
            return self._word(match["word"].decode(), int(match["number"]) if match["number"] else None)
        elif kind == "brace":
            self._open() if match["brace"] == b"{" else self._close()
        elif kind == "symbol":
            self._symbol(match["symbol"].decode("latin-1"))
        return 0

    def _open(self) -> None:
        self._flush()
        self._to_skip = 0
        if len(self._stack) >= _MAX_DEPTH:
            raise _damaged()
        self._stack.append(self._state)
        self._state = replace(self._state, starred=False, story=False)

    def _close(self) -> None:
        self._flush()
        self._to_skip = 0
        if self._state.story and len(self.flows) > 1:
            blocks = self.flows.pop().closed()
            self.flows[-1].put_behind(blocks)
        if self._stack:
            inner, self._state = self._state, self._stack.pop()
            self._state.listed |= inner.listed and self._state.place == inner.place

    def _take(self, data: bytes) -> None:
        """Bytes of text, less those that repeat a \\u."""
        skipped = min(self._to_skip, len(data))
        self._to_skip -= skipped
        self._bytes += data[skipped:]

    def _flush(self) -> None:
        """Bytes gathered so far become letters by the font they stand in."""
        if self._bytes:
            data = bytes(self._bytes)
            self._bytes.clear()
            if not self._state.silent:
                self._write(self._decoded(data))

    def _decoded(self, data: bytes) -> str:
        font = self._fonts.get(self._state.font) or self._fonts.get(self._default_font) or _Font()
        if self._state.place or (data.isascii() and font.charset != SYMBOL_CHARSET):
            return _decoded(data, self._codec)
        if font.charset == SYMBOL_CHARSET:
            return "".join(chr(SYMBOL_BASE + byte) for byte in data)
        return _decoded(data, font.codec or self._codec)

    def _write(self, text: str) -> None:
        state = self._state
        if state.silent:
            return
        if state.place == "fonttbl":
            self._name_font(text)
        elif state.place == "stylesheet":
            self._styles.setdefault(state.style, _Style()).name += text.rstrip(";")
        elif state.place == "title":
            self.title += text
        elif state.place == "instruction" and state.field_:
            state.field_.instruction += text[:_INSTRUCTION_CHARS]
        elif not state.place and not state.hidden:
            font = self._fonts.get(state.font if state.font >= 0 else self._default_font)
            self.flows[-1].write(text, bool(font and font.capitals))

    def _name_font(self, text: str) -> None:
        font = self._fonts.setdefault(self._state.font, _Font())
        name, end, _ = text.partition(";")
        font.name += name
        if end:
            legacy = LEGACY_FONT.match(font.name.strip())
            font.codec = "cp1252" if legacy else CHARSETS.get(font.charset, "")
            font.capitals = bool(CAPITALS_FONT.match(font.name.strip()))

    def _symbol(self, symbol: str) -> None:
        if symbol == "*":
            self._state.starred = True
        elif symbol in "\r\n":
            self._end_paragraph()
        elif symbol in SYMBOLS:
            self._character(SYMBOLS[symbol])

    def _character(self, character: str) -> None:
        self._flush()
        if self._to_skip:
            self._to_skip -= 1
        else:
            self._write(character)

    def _word(self, word: str, number: int | None) -> int:
        if word == "bin":
            return max(0, number or 0)
        if word == "u" and number is not None:
            self._flush()
            self._write(chr(number % 65536))
            self._to_skip = self._state.skip_after_unicode
        elif word in CHARACTERS:
            self._character(CHARACTERS[word])
        elif word not in _KNOWN and not self._state.starred:
            self._to_skip = max(0, self._to_skip - 1)
        else:
            self._flush()
            self._to_skip = max(0, self._to_skip - 1)
            if not self._group_word(word):
                self._format_word(word, number)
        return 0

    def _group_word(self, word: str) -> bool:
        """Words that say what a group is for."""
        state = self._state
        starred, state.starred = state.starred, False
        if word == "title" and state.place == "info":
            state.silent, state.place = False, "title"
        elif word == "ud" and state.place == "upr":
            state.silent, state.place = False, ""
        elif word in ("info", "upr") and not state.silent:
            state.silent, state.place = True, word
        elif word in SKIPPED or (starred and word not in ENTERED):
            state.silent = True
        elif word in ("fonttbl", "stylesheet"):
            state.place = word
        elif word in STORIES and not state.silent:
            state.story, state.in_table, state.listed = True, False, False
            self.flows.append(Flow("footnote" if word == "footnote" else "body"))
        elif word in LIST_TEXT:
            state.listed = True
        else:
            return self._field_word(word)
        return True

    def _field_word(self, word: str) -> bool:
        """A field is its instruction and its result: only that is read, and of numbers of pages not even that."""
        state = self._state
        if word == "field":
            state.field_ = _Field()
        elif word == "fldinst" and not state.silent:
            state.place = "instruction"
        elif word == "fldrslt" and state.field_:
            state.contents |= state.field_.name in CONTENTS_FIELDS
            state.silent |= state.field_.name in PAGE_FIELDS
        else:
            return False
        return True

    def _format_word(self, word: str, number: int | None) -> None:
        if word in _ENDS and not self._state.silent:
            _ENDS[word](self)
        elif word in DOCUMENT_CODECS:
            self._codec = DOCUMENT_CODECS[word]
        elif word == "ansicpg" and _is_codec(f"cp{number}"):
            self._codec = f"cp{number}"
        elif word == "deff":
            self._default_font = number or 0
        else:
            self._state_word(word, number)

    def _state_word(self, word: str, number: int | None) -> None:
        state = self._state
        if word == "f":
            state.font = number or 0
        elif word == "fcharset" and state.place == "fonttbl":
            self._fonts.setdefault(state.font, _Font()).charset = number or 0
        elif word == "uc":
            state.skip_after_unicode = min(max(0, number or 0), 9)
        elif word in ("v", "deleted"):
            state.hidden = number != 0
        elif word == "plain":
            state.font, state.hidden = self._default_font, False
        elif word in ("pard", "sectd"):
            state.style, state.outline, state.in_table, state.listed = 0, None, False, False
        else:
            self._paragraph_word(word, number)

    def _paragraph_word(self, word: str, number: int | None) -> None:
        state = self._state
        if word == "s":
            state.style = number or 0
        elif word == "outlinelevel" and number is not None:
            level = number + 1 if 0 <= number < 9 else None
            if state.place == "stylesheet":
                self._styles.setdefault(state.style, _Style()).outline = level
            else:
                state.outline = level
        elif word == "intbl":
            state.in_table = True
        elif word == "ls":
            state.listed = bool(number)

    def _nature(self) -> Nature:
        state = self._state
        nature = self._styles.get(state.style, _Style()).nature
        if state.outline is not None:
            return Nature("heading", state.outline)
        if nature.level is None and (state.contents or nature.contents):
            return Nature(contents=True)
        return Nature("list item") if state.listed and nature == Nature() else nature

    def _end_paragraph(self) -> None:
        self._flush()
        if self._state.silent or self._state.place:
            return
        self.flows[-1].paragraph(self._nature(), self._state.in_table)

    def _end_cell(self) -> None:
        self.flows[-1].cell(self._nature())


# Words that end something.
_ENDS: dict[str, Callable[[_Parser], None]] = {
    "par": _Parser._end_paragraph,
    "sect": _Parser._end_paragraph,
    "cell": _Parser._end_cell,
    "row": lambda parser: parser.flows[-1].row(),
    "nestcell": lambda parser: parser.flows[-1].inner_cell(),
    "nestrow": lambda parser: parser.flows[-1].inner_row(),
}
_STATES = (
    "f fcharset uc v deleted plain pard sectd s outlinelevel intbl ls ansicpg deff info title upr ud fonttbl "
    "stylesheet field fldinst fldrslt"
)
# All words that mean something here; the others, most of a file, are left at once.
_KNOWN = SKIPPED | ENTERED | STORIES | LIST_TEXT | _ENDS.keys() | DOCUMENT_CODECS.keys() | set(_STATES.split())


def _decoded(data: bytes, codec: str) -> str:
    """Codes that Windows-1252 leaves open are letters of VPS: they come out as Latin-1 has them."""
    try:
        return data.decode(codec)
    except UnicodeDecodeError:
        if codec != "cp1252":
            return data.decode(codec, "replace")
        return "".join(bytes([byte]).decode("cp1252" if byte not in _OPEN_CODES else "latin-1") for byte in data)


_OPEN_CODES = frozenset(b"\x81\x8d\x8f\x90\x9d")


def _is_codec(name: str) -> bool:
    try:
        return bool(codecs.lookup(name))
    except LookupError:
        return False


def _damaged() -> BadInput:
    return BadInput(
        "Tệp RTF này bị hỏng nên không đọc được. Hãy mở bằng Word hoặc LibreOffice, lưu lại rồi tải lên.",
        "This RTF file is damaged and cannot be read. Open it in Word or LibreOffice, save it again and upload that.",
    )
