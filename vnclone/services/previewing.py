"""What will be said, before it is: the beginning of a text beside its spoken form. Only what is shown is worked out."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import groupby
from typing import Literal

from vnclone.models import Chapter, Paragraph
from vnclone.text import chunks
from vnclone.text.differences import Stretch, stretches
from vnclone.text.lexicon import Lexicon
from vnclone.text.tidy import is_speakable

FIRST_CHARACTERS = 900
MORE_CHARACTERS = 2400
MOST_CHARACTERS = 30_000
_SENTENCE_CHARACTERS = 400  # a longer one is compared in parts
_SENTENCE_ENDS = (". ", "! ", "? ", "… ")


@dataclass(frozen=True, slots=True)
class Preview:
    """A paragraph a tuple of stretches; `is_whole`: nothing of the text is left out."""

    paragraphs: tuple[tuple[Stretch, ...], ...]
    is_whole: bool


def preview(
    chapters: Sequence[Chapter],
    language: Literal["auto", "vi", "en"],
    lexicon: Lexicon,
    cues: bool = False,
    characters: int = FIRST_CHARACTERS,
) -> Preview:
    """About the first so many characters of what is included, up to the end of a sentence."""
    shown, is_whole = _beginning(chapters, min(characters, MOST_CHARACTERS))
    found = chunks.plan(shown, language, _SENTENCE_CHARACTERS, cues, apart=True, opening=False, lexicon=lexicon)
    together = groupby(found, key=lambda chunk: (chunk.chapter, chunk.paragraph))
    paragraphs = (
        tuple(stretch for chunk in one for stretch in stretches(chunk.written, chunk.spoken)) for _, one in together
    )
    return Preview(tuple(paragraphs), is_whole)


def _beginning(chapters: Sequence[Chapter], characters: int) -> tuple[list[Chapter], bool]:
    """The chapters as far as they are shown, and whether that is all."""
    shown: list[Chapter] = []
    left = characters
    for chapter in (c for c in chapters if c.included):
        if left <= 0:
            return shown, False
        paragraphs: list[Paragraph] = []
        for paragraph in chapter.paragraphs:
            cut = _cut(paragraph.text, left)
            paragraphs += [replace(paragraph, text=cut)] if cut else []
            left -= len(cut) if is_speakable(cut) else 0
            if len(cut) < len(paragraph.text):
                return [*shown, replace(chapter, paragraphs=tuple(paragraphs))], False
        shown.append(replace(chapter, paragraphs=tuple(paragraphs)))
        left -= len(chapter.title)
    return shown, True


def _cut(text: str, characters: int) -> str:
    """At most about so many characters: to the end of a sentence, else of a word."""
    if len(text) <= characters:
        return text
    head = text[: max(0, characters)]
    end = max(head.rfind(mark) for mark in _SENTENCE_ENDS) + 1 or head.rfind(" ")
    return head[:end] if end > 0 else head
