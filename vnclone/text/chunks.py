"""Chapters in, chunks out: what is read, in which order, in pieces an engine reads well. Knows no engine."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Literal

from vnclone.models import DEFAULT_WORDS_PER_MINUTE, Chapter, Chunk, Language
from vnclone.text import cues as emotions
from vnclone.text.language import detect
from vnclone.text.lexicon import Hidden, Lexicon
from vnclone.text.sentences import split_sentences
from vnclone.text.tidy import fold, is_speakable, tidy

# Silence after a chunk, in seconds, by the boundary that follows it.
PAUSES: dict[str, float] = {
    "inside": 0.0,
    "clause": 0.12,
    "sentence": 0.3,
    "paragraph": 0.6,
    "heading": 0.8,
    "chapter": 1.5,
}

NO_LEXICON = Lexicon()
TITLE = -1  # the paragraph index of a title
FIRST_CHARS = 90  # about 6 s of speech: the first sound comes soon
_USUAL_SENTENCES = 2  # an utterance of more sentences loses its intonation, unless they are short
_SHORT_SHARE = 0.5  # of max_chars: up to here any number of short sentences are joined
_OWN_LANGUAGE_WORDS = 4  # a shorter sentence speaks its paragraph's language: "OK." is no evidence
_CLAUSE_END = re.compile(r"[,;:–—)\]]+[\"'”’»]*\s|\s[–—-]\s")


@dataclass(frozen=True, slots=True)
class _Piece:
    """A sentence or a part of one, with the boundary that follows it."""

    written: str
    spoken: str
    language: Language
    boundary: str


@dataclass(frozen=True, slots=True)
class _Planner:
    language: Literal["auto", "vi", "en"]
    max_chars: int
    cues: bool
    lexicon: Lexicon

    def pieces(self, text: str, first: bool) -> list[_Piece]:
        """A paragraph's sentences, each cut until its spoken form fits."""
        pieces: list[_Piece] = []
        whole = self._language_of(text, None)
        hidden = self.lexicon.hide(tidy(text if self.cues else emotions.without(text)))
        for sentence in split_sentences(hidden.text):
            if hidden.is_speakable(sentence):
                language = self._language_of(hidden.written(sentence), whole)
                head = first and not pieces
                pieces += self._sentence(hidden, sentence, language, head)
        return pieces

    def _language_of(self, text: str, paragraph: Language | None) -> Language:
        if self.language != "auto":
            return self.language
        if paragraph and len(text.split()) < _OWN_LANGUAGE_WORDS:
            return paragraph
        return detect(text)

    def _sentence(self, hidden: Hidden, sentence: str, language: Language, is_first: bool) -> list[_Piece]:
        cut = _cut_head(sentence, min(FIRST_CHARS, self.max_chars)) if is_first else ("", sentence)
        parts = [piece for part in cut if part for piece in self._fit(hidden, part, language) if piece.spoken]
        return [*parts[:-1], replace(parts[-1], boundary="sentence")] if parts else []

    def _fit(self, hidden: Hidden, part: str, language: Language) -> Iterator[_Piece]:
        """Halve a part of the hidden text until each half's spoken form is at most `max_chars` long."""
        # Speech is seldom shorter than writing, so that a text far too long is cut without asking.
        if len(part) <= 2 * self.max_chars:
            written, said = hidden.written(part), hidden.spoken(part, language)
            if len(said) <= self.max_chars:
                yield _Piece(written, said, language, "clause" if part[-1:] in ",;:–—" else "inside")
                return
            if " " not in part:
                yield from self._share_out(written, said, language)
                return
        for half in _halve(part):
            yield from self._fit(hidden, half, language)

    def _share_out(self, written: str, said: str, language: Language) -> Iterator[_Piece]:
        """A single word spoken in many ("123456789"): its spoken words are spread over parts of it, in order."""
        parts = wrap(said, self.max_chars)
        for index, part in enumerate(parts):
            share = slice(len(written) * index // len(parts), len(written) * (index + 1) // len(parts))
            yield _Piece(written[share], part, language, "inside")


def plan(
    chapters: Sequence[Chapter],
    language: Literal["auto", "vi", "en"],
    max_chars: int,
    cues: bool = False,
    apart: bool = False,
    opening: bool = True,
    lexicon: Lexicon = NO_LEXICON,
) -> list[Chunk]:
    """The chunks of every included chapter in order; `len(chunk.spoken) <= max_chars` for each of them.

    `chunk.chapter` and `chunk.paragraph` are indices into `chapters` and its paragraphs; a title read on its own
    carries the paragraph index TITLE. `apart` makes a chunk of each sentence, so that the pause after each is what the
    boundary says; `opening`: the very first chunk is short, so that it is heard soon. A title that the first paragraphs
    repeat is read once. Text without a letter or digit makes no chunk. Without `cues`, "[cười]" and its like are left
    out. What is in `lexicon` is said so, and no chunk ends inside it. Raises ValueError unless `max_chars` >= 1.
    """
    if max_chars < 1:
        raise ValueError(f"max_chars must be at least 1, not {max_chars}")
    planner = _Planner(language, max_chars, cues, lexicon)
    chunks: list[Chunk] = []
    for number, chapter in enumerate(chapters):
        if not chapter.included:
            continue
        before = len(chunks)
        for index, text, boundary in _texts(chapter):
            pieces = planner.pieces(text, first=opening and not chunks)
            packed = pieces if apart else _pack(pieces, max_chars, keep_first=opening and not chunks)
            chunks += [_chunk(piece, number, index) for piece in _ending_with(packed, boundary)]
        if len(chunks) > before:
            chunks[-1] = replace(chunks[-1], pause_seconds=PAUSES["chapter"], boundary="chapter")
    return chunks


def estimate_seconds(word_count: int, words_per_minute: float = DEFAULT_WORDS_PER_MINUTE) -> float:
    """Seconds that reading `word_count` words aloud takes at `words_per_minute`."""
    return 60 * word_count / words_per_minute


def _texts(chapter: Chapter) -> Iterator[tuple[int, str, str]]:
    """(paragraph index, text, boundary after it): the title unless it is repeated, then the paragraphs."""
    if is_speakable(chapter.title) and not _repeats_title(chapter):
        yield TITLE, chapter.title, "heading"
    for index, paragraph in enumerate(chapter.paragraphs):
        yield index, paragraph.text, "heading" if paragraph.kind == "heading" else "paragraph"


def _repeats_title(chapter: Chapter) -> bool:
    """Whether the text opens with its title, perhaps over several paragraphs ("Chương I", "Quy định chung")."""
    title = fold(chapter.title)
    opening = ""
    for paragraph in chapter.paragraphs[:6]:
        opening += fold(paragraph.text[: 2 * len(chapter.title) + 64])
        if len(opening) >= len(title):
            break
    return opening.startswith(title)


def _pack(pieces: list[_Piece], max_chars: int, keep_first: bool) -> list[_Piece]:
    """Join neighbours of one language up to a comfortable size; the very first piece stays alone to be heard soon."""
    packed: list[_Piece] = []
    count = 0
    for piece in pieces:
        alone = keep_first and len(packed) == 1
        if packed and not alone and _belong(packed[-1], piece, count, max_chars):
            packed[-1] = _join(packed[-1], piece)
        else:
            packed.append(piece)
            count = 0
        count += piece.boundary == "sentence"
    return packed


def _belong(left: _Piece, right: _Piece, sentences: int, max_chars: int) -> bool:
    size = len(left.spoken) + 1 + len(right.spoken)
    if left.language != right.language or size > max_chars:
        return False
    if left.boundary != "sentence" or right.boundary != "sentence":
        return False  # a part of a long sentence goes on by itself
    return sentences < _USUAL_SENTENCES or size <= _SHORT_SHARE * max_chars


def _join(left: _Piece, right: _Piece) -> _Piece:
    return _Piece(f"{left.written} {right.written}", f"{left.spoken} {right.spoken}", left.language, right.boundary)


def _ending_with(pieces: list[_Piece], boundary: str) -> list[_Piece]:
    return [*pieces[:-1], replace(pieces[-1], boundary=boundary)] if pieces else []


def _chunk(piece: _Piece, chapter: int, paragraph: int) -> Chunk:
    return Chunk(
        piece.written, piece.spoken, piece.language, PAUSES[piece.boundary], chapter, paragraph, piece.boundary
    )


def _cut_head(sentence: str, limit: int) -> tuple[str, str]:
    """A head of at most `limit` characters that ends at a clause, else at a blank; ("", sentence) when it is short."""
    if len(sentence) <= limit * 3 // 2:
        return "", sentence
    ends = [m.end() for m in _CLAUSE_END.finditer(sentence, 0, limit) if m.end() >= limit // 4]
    cut = ends[-1] if ends else sentence.rfind(" ", 0, limit) + 1
    return (sentence[:cut].strip(), sentence[cut:].strip()) if cut > 0 else ("", sentence)


def _halve(text: str) -> tuple[str, str]:
    """Two parts of `text`, cut near the middle: after a clause, else at a blank, else between two characters."""
    middle = len(text) // 2
    low, high = middle - len(text) // 4, middle + len(text) // 4
    ends = [match.end() for match in _CLAUSE_END.finditer(text, low, high)]
    cut = min(ends, key=lambda end: abs(end - middle)) if ends else _nearest_blank(text, middle)
    return text[:cut].strip(), text[cut:].strip()


def _nearest_blank(text: str, middle: int) -> int:
    """The blank closest to the middle; without one in the middle half, the middle itself."""
    left = text.rfind(" ", len(text) // 8, middle)
    right = text.find(" ", middle, len(text) - len(text) // 8)
    found = [place for place in (left, right) if place > 0]
    if not found and len(text) < 4096:  # a short text whose only blank is at its edge
        found = [place for place in (text.find(" "), text.rfind(" ")) if place > 0]
    return min(found, key=lambda place: abs(place - middle)) if found else max(middle, 1)


def wrap(text: str, width: int) -> list[str]:
    """Lines of at most `width` characters, cut at blanks where there are any. Linear in `len(text)`."""
    lines, start = [], 0
    while len(text) - start > width:
        cut = text.rfind(" ", start + 1, start + width + 1)
        end = cut if cut > 0 else start + width
        lines.append(text[start:end].strip())
        start = end
    return [line for line in (*lines, text[start:].strip()) if line]
