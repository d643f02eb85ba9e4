"""A draft in, a Manuscript out: letters converted, headings found, chapters cut, a title chosen."""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import PurePath

from vnclone.documents.contents import is_listed, marked
from vnclone.documents.draft import Block, Draft
from vnclone.documents.legacy import converted
from vnclone.documents.structure import begins, cutting_level, with_headings, words
from vnclone.documents.titles import TITLE_CHARS, shortened, title_of
from vnclone.models import Chapter, Manuscript, Paragraph
from vnclone.text.headings import heading_level, is_alone, is_apart, is_contents, is_label_only, labelled
from vnclone.text.language import detect
from vnclone.text.tidy import fold, tidy

_LIST_ITEM = re.compile(r"(?:[-–—•●▪◦○■□➢✓+*]|\d{1,2}[.)]|[a-zđ][.)])\s+\S")
_CAPTION = re.compile(r"(?:Hình|Bảng|Biểu đồ|Sơ đồ|Ảnh|Figure|Table|Fig\.)\s+\d+[\d.]*\s*[.:–-]\s*\S")
_LONG_WORDS = 6_000  # a text without headings that is longer is cut
_PART_WORDS = 4_000
_COVER_WORDS = 200
_COVER_PARAGRAPH_WORDS = 25
_BOOK_WORDS = 2_000  # shorter documents have no cover worth leaving out
_GROUPED_ARTICLES = 40
_ARTICLE_GROUP_WORDS = 2_000


def assemble(draft: Draft, filename: str, encoding: str = "auto") -> Manuscript:
    """The draft's blocks as chapters, tidy and NFC; nothing said twice, nothing dropped but blocks without a sign.

    Letters of an old encoding are converted first: tidying would drop what its signs look like.
    """
    changed = converted([draft.title, *(block.text for block in draft.blocks)], encoding)
    declared, *texts = changed.texts
    blocks = [replace(b, text=tidy(text)) for b, text in zip(draft.blocks, texts, strict=True)]
    blocks = [piece for block in blocks if block.text for piece in _pieces(block)]
    blocks = [_with_kind(block) for block in with_headings(marked(blocks))]
    title = title_of(declared, blocks, filename)
    notes = (*draft.notes, changed.note) if changed.note else draft.notes
    # A title that is only the file's name is not read aloud: the document does not say it.
    said = "" if title == PurePath(filename).stem else title
    chapters = tuple(_chapters(blocks, said))
    return Manuscript(title, chapters, draft.pages, notes, scans=draft.scans, encoding=changed.encoding)


def _pieces(block: Block) -> Iterator[Block]:
    """A paragraph of many lines in which some begin "Điều 2. …" is several: somebody pressed Shift and Enter."""
    lines = block.text.split("\n")
    if block.sure or len(lines) == 1 or block.kind in ("table row", "footnote", "speaker note"):
        yield block
        return
    piece = [lines[0]]
    for line in lines[1:]:
        if labelled(line) and heading_level(line) is not None:
            yield replace(block, text="\n".join(piece))
            piece = []
        elif len(piece) == 1 and len(block.text) > 2 * TITLE_CHARS and heading_level(piece[0]) is not None:
            yield replace(block, text=piece[0])
            piece = []
        piece.append(line)
    yield replace(block, text="\n".join(piece))


def _with_kind(block: Block) -> Block:
    if block.level is not None or is_listed(block):
        return block
    if block.kind == "body" and _CAPTION.match(block.text) and len(block.text) < 200:
        return replace(block, kind="caption")
    return replace(block, kind="list item") if block.kind == "body" and _LIST_ITEM.match(block.text) else block


def _chapters(blocks: list[Block], title: str) -> Iterator[Chapter]:
    """Chapters at headings of the cutting level; contents pages by themselves; long text without headings in parts."""
    cutting = cutting_level(blocks)
    groups = _joined_articles(list(_groups(blocks, cutting)))
    total = sum(_words(group) for group in groups)
    parts = 0
    for number, group in enumerate(groups):
        if group[0].level is None and _words(group) > _LONG_WORDS and not is_listed(group[0]):
            for piece in _equal_parts(group):
                parts += 1
                yield Chapter(_part_name(parts, blocks), _paragraphs(piece))
            continue
        name = _name(group, cutting, title)
        cover = number == 0 and len(groups) > 2 and total >= _BOOK_WORDS and _is_cover(group)
        yield Chapter(name, _paragraphs(group), included=not (cover or _is_left_out(group, name)))


def _groups(blocks: Sequence[Block], cutting: int) -> Iterator[list[Block]]:
    group: list[Block] = []
    for place, block in enumerate(blocks):
        listed = is_listed(block)
        titled = is_contents(block.text) and place + 1 < len(blocks) and is_listed(blocks[place + 1])
        ends = bool(group) and is_listed(group[-1]) and not listed
        opens = listed and not (group and (is_listed(group[-1]) or is_contents(group[-1].text)))
        if group and (ends or opens or titled or begins(blocks, place, cutting)):
            yield group
            group = []
        group.append(block)
    if group:
        yield group


def _joined_articles(groups: list[list[Block]]) -> list[list[Block]]:
    """More than forty articles without chapters over them are read in groups of some 2,000 words."""
    articles = [label for group in groups if (label := labelled(group[0].text)) and label.kind == "article"]
    if len(articles) <= _GROUPED_ARTICLES or len(articles) < 0.8 * len(groups):
        return groups
    joined: list[list[Block]] = []
    held = 0
    for group, own in zip(groups, map(_words, groups), strict=True):
        label, before = labelled(group[0].text), labelled(joined[-1][0].text) if joined else None
        both = label is not None and before is not None and label.kind == before.kind == "article"
        if both and label and label.number != 1 and held + own <= _ARTICLE_GROUP_WORDS:
            joined[-1].extend(group)
            held += own
        else:
            joined.append(list(group))
            held = own
    return joined


def _equal_parts(group: list[Block]) -> Iterator[list[Block]]:
    """Pieces of some 4,000 words each, cut between paragraphs."""
    left = _words(group)
    size = left / max(2, round(left / _PART_WORDS))
    piece: list[Block] = []
    held = 0
    for block in group:
        own = words(block.text)
        if piece and held + own / 2 > size and left > size / 2:
            yield piece
            piece, held = [], 0
        piece.append(block)
        held += own
        left -= own
    yield piece


def _part_name(number: int, blocks: Sequence[Block]) -> str:
    english = detect(" ".join(block.text for block in blocks[:40])) == "en"
    return f"{'Part' if english else 'Phần'} {number}"


def _words(group: Sequence[Block]) -> int:
    return sum(words(block.text) for block in group)


def _paragraphs(group: Sequence[Block]) -> tuple[Paragraph, ...]:
    return tuple(Paragraph(block.text, block.kind, block.page) for block in group)


def _name(group: Sequence[Block], cutting: int, title: str) -> str:
    """The headings that the chapter begins with, but not the document's own title over its first chapter; of an
    article that is one long paragraph, its number; articles in a group are named from the first to the last."""
    heads = []
    for block in group:
        if block.level is None or block.level > cutting:
            break
        heads.append(_head(block))
        if block.kind != "heading" or (is_alone(block.text) and len(heads) == 1):
            break
        if len(heads) > 1 and labelled(block.text) and heads[-2].startswith("Điều"):
            break
    labels = [label for block in group if block.level == cutting and (label := labelled(block.text))]
    if len(labels) > 1 and all(label.kind == "article" for label in labels):
        return f"{labels[0].text} – {labels[-1].text}"
    if not heads:
        return "" if is_listed(group[0]) and not title else title
    if len(heads) > 1 and fold(heads[0]) == fold(title):
        heads = heads[1:]
    return shortened(_as_one(heads))


def _as_one(heads: Sequence[str]) -> str:
    """ "Chương I. QUY ĐỊNH CHUNG": a stop after each, but for a name in capitals that goes on over lines."""
    name = heads[0]
    for before, head in itertools.pairwise(heads):
        goes_on = head.isupper() and before.isupper() and not labelled(head) and not labelled(before)
        name += f"{' ' if goes_on else '. '}{head}"
    return name


def _head(block: Block) -> str:
    label = labelled(block.text)
    if label and (block.kind != "heading" or not label.rest):
        return label.text
    if label and not label.marked:
        return f"{label.text}. {label.rest}".replace("\n", " ").rstrip(" .:")
    return block.text.replace("\n", " ").rstrip(" .:")


def _is_left_out(group: Sequence[Block], name: str) -> bool:
    """Contents pages, references, indexes, imprints: nobody listens to them unless they ask."""
    listed = sum(is_listed(block) for block in group)
    return listed > 0.5 * len(group) or is_contents(name) or is_apart(name)


def _is_cover(group: Sequence[Block]) -> bool:
    """A title page: a few short lines, none of them a sentence."""
    longest = max(words(block.text) for block in group)
    return (
        _words(group) <= _COVER_WORDS
        and longest <= _COVER_PARAGRAPH_WORDS
        and len(group) > 1
        and not any(block.text.rstrip().endswith((".", ";", "?", "!")) and words(block.text) > 8 for block in group)
        and not any(is_label_only(block.text) or heading_level(block.text) is not None for block in group)
    )
