"""A draft in, a Manuscript out: headings found, chapters cut, a title chosen."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace
from pathlib import PurePath

from vnclone.documents.draft import Block, Draft
from vnclone.documents.legacy import legacy_note
from vnclone.models import Chapter, Manuscript, Paragraph
from vnclone.text.headings import heading_level, is_contents, is_label_only
from vnclone.text.tidy import fold, is_speakable, tidy

_TITLE_CHARS = 120
_LIST_ITEM = re.compile(r"(?:[-–—•●▪◦○■□➢✓+*]|\d{1,2}[.)]|[a-zđ][.)])\s+\S")
_CAPTION = re.compile(r"(?:Hình|Bảng|Biểu đồ|Sơ đồ|Ảnh|Figure|Table|Fig\.)\s+\d+[\d.]*\s*[.:–-]\s*\S")
_PROGRAM_TITLE = re.compile(
    r"microsoft word|untitled|^document\d*$|\.(?:docx?|pdf|rtf|txt|odt|indd|qxd)$|^slide \d", re.IGNORECASE
)


def assemble(draft: Draft, filename: str, encoding: str = "auto") -> Manuscript:
    """The draft's blocks as chapters, tidy and NFC; nothing said twice, nothing dropped but blocks without a sign."""
    blocks = [replace(block, text=tidy(block.text)) for block in draft.blocks]
    blocks = _with_headings([block for block in blocks if block.text])
    title = _title(draft.title, blocks, filename)
    note = legacy_note("\n".join(block.text for block in blocks))
    notes = (*draft.notes, note) if note else draft.notes
    # A title that is only the file's name is not read aloud: the document does not say it.
    said = "" if title == PurePath(filename).stem else title
    return Manuscript(title, tuple(_cut(blocks, said)), draft.pages, notes, scans=draft.scans)


def _with_headings(blocks: list[Block]) -> list[Block]:
    """Levels from the format where it declares two or more; else from the words; else from type size."""
    declared = sum(block.level is not None and block.sure for block in blocks) >= 2
    worded = [_by_words(block) for block in blocks]
    if declared:
        lowest = max(block.level or 0 for block in blocks if block.sure)
        merged = [_declared_or_worded(block, word, lowest) for block, word in zip(blocks, worded, strict=True)]
    elif sum(level is not None for level in worded) >= 2:
        merged = [replace(b, level=level, kind=b.kind) for b, level in zip(blocks, worded, strict=True)]
    else:
        merged = blocks
    return [_with_kind(block) for block in _with_names(merged)]


def _by_words(block: Block) -> int | None:
    return heading_level(block.text) if block.kind in ("body", "heading", "list item") else None


def _declared_or_worded(block: Block, worded: int | None, lowest: int) -> Block:
    """Declared levels stand; a heading by its words alone goes below all of them."""
    if block.sure and block.level is not None:
        return block
    return replace(block, level=None if worded is None else lowest + worded)


def _with_names(blocks: list[Block]) -> list[Block]:
    """ "Chương I" and then "QUY ĐỊNH CHUNG": the second line is the heading's name, of the same level."""
    named = list(blocks)
    for place, block in enumerate(blocks[:-1]):
        following = blocks[place + 1]
        if block.level is not None and is_label_only(block.text) and _could_be_a_name(following):
            named[place + 1] = replace(following, level=block.level, sure=block.sure)
    return named


def _could_be_a_name(block: Block) -> bool:
    short = len(block.text) <= _TITLE_CHARS and block.text[-1] not in ".;,:!?"
    return short and block.kind in ("body", "heading") and heading_level(block.text) is None


def _with_kind(block: Block) -> Block:
    if block.level is not None:
        return replace(block, kind="heading")
    if block.kind == "heading":
        return replace(block, kind="body")
    if block.kind == "body" and _CAPTION.match(block.text) and len(block.text) < 200:
        return replace(block, kind="caption")
    return replace(block, kind="list item") if block.kind == "body" and _LIST_ITEM.match(block.text) else block


def _title(declared: str, blocks: Sequence[Block], filename: str) -> str:
    """The declared title when the text bears it out, else the first heading, else a short first line that is no
    sentence, else the file's name. "Chương 1: …" names a part of the document and never the whole."""
    declared = tidy(declared).replace("\n", " ")
    opening = fold(" ".join(block.text for block in blocks[:30]))
    if declared and not _PROGRAM_TITLE.search(declared) and fold(declared) and fold(declared) in opening:
        return declared[:_TITLE_CHARS]
    speakable = [block for block in blocks[:10] if is_speakable(block.text)]
    first = next((block for block in speakable if block.level == 1), speakable[0] if speakable else None)
    if first and heading_level(first.text) is not None:
        first = speakable[0]
    if first and heading_level(first.text) is None and (first.level or _like_a_title(first.text)):
        return _shortened(first.text)
    return PurePath(filename).stem


def _like_a_title(text: str) -> bool:
    return len(text) <= _TITLE_CHARS and not text.rstrip().endswith((".", "!", "?", "…", ":", ";", ","))


def _shortened(text: str) -> str:
    """The first line, at most 120 characters, cut between words."""
    line = text.split("\n", 1)[0].strip()
    if len(line) <= _TITLE_CHARS:
        return line
    return line[: line.rfind(" ", 0, _TITLE_CHARS) if " " in line[:_TITLE_CHARS] else _TITLE_CHARS].rstrip(" ,;:") + "…"


def _cut(blocks: list[Block], title: str) -> list[Chapter]:
    """Chapters start at headings of the cutting level or above; headings in a row stay together."""
    cutting = _cutting_level(blocks)
    groups: list[list[Block]] = [[]]
    for block in blocks:
        starts = block.level is not None and block.level <= cutting
        if starts and any(earlier.level is None for earlier in groups[-1]):
            groups.append([])
        groups[-1].append(block)
    return [_chapter(group, cutting, title) for group in groups if group]


def _cutting_level(blocks: list[Block]) -> int:
    """The highest level at which there are at least two places to cut; 0 for none."""
    levels = [block.level for place, block in enumerate(blocks) if block.level is not None and _opens(blocks, place)]
    return next((level for level in sorted(set(levels)) if sum(other <= level for other in levels) >= 2), 0)


def _opens(blocks: list[Block], place: int) -> bool:
    """A heading's name is no place to cut of its own."""
    return place == 0 or blocks[place - 1].level != blocks[place].level or not is_label_only(blocks[place - 1].text)


def _chapter(group: list[Block], cutting: int, title: str) -> Chapter:
    paragraphs = tuple(Paragraph(block.text, block.kind, block.page) for block in group)
    heads = []
    for block in group:
        if block.level is None or block.level > cutting:
            break
        heads.append(block.text.replace("\n", " ").rstrip(" .:"))
    name = _shortened(". ".join(heads)) if heads else title
    return Chapter(name, paragraphs, included=not is_contents(name))
