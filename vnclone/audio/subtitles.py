"""What is said and when in, subtitles that people can read out: SRT or WebVTT, by line or by word.

Lines follow what broadcasters ask of subtitles: two of at most 42 characters, shown for 1 to 7 seconds, cut where the
sentence is (Netflix, "Timed Text Style Guide: General Requirements"; BBC, "Subtitle Guidelines").
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import accumulate, pairwise

from vnclone.models import Word

LINE_CHARS, LINES = 42, 2
SHORTEST, LONGEST = 1.0, 7.0  # seconds that a cue is shown, where its words allow it
_JOIN_GAP = 0.5  # seconds: a longer pause is a new paragraph, whose text stands alone
_SENTENCE, _CLAUSE, _BLANK = 0, 1, 2  # where words may be cut, best first
# What counts against a cue: that it is one, each sentence that ends within it, each second that it is too short.
_EACH, _ACROSS, _SHORT = 2.0, 2.5, 4.0
_UNEVEN = 8  # characters of imbalance that a better cut between two lines is worth
_CLOSERS = "\"'”’»)]}›"
_ABBREVIATION = re.compile(r"(?:\w|[A-ZĐ]\w{0,2}|\d+|(?:\w{1,3}\.)+\w{1,3})\.")  # "Nguyễn V.", "TP.", "1.", "v.v."
# SRT has no escapes. Players take the first for times, hide what is in braces and obey tags, even "< b>".
_ARROW, _TAG = re.compile(r"-{2,}>"), re.compile(r"<(\s*/?\s*[A-Za-z][^<>]*)>")
_BRACES = str.maketrans("{}", "()")


@dataclass(frozen=True, slots=True)
class Span:
    """What is said from `start` to `end`, in seconds: a chunk. `words`: as written, on the same clock, if known."""

    start: float
    end: float
    text: str
    words: tuple[Word, ...] = ()


@dataclass(frozen=True, slots=True)
class Cue:
    """What is shown from `start` to `end`, in seconds, in one line or two. `words`: when each is heard, if measured."""

    start: float
    end: float
    text: str
    words: tuple[Word, ...] = ()


def subtitles(spans: Iterable[Span], format: str, by_word: bool = False) -> str:
    """A whole subtitle file of what is said; `format` is "srt" or "vtt".

    By word, SRT shows one word at a time and WebVTT marks in each cue when its words are heard; a span without word
    times stays lines.
    """
    if format == "vtt":
        return write(cues(spans), format, karaoke=by_word)
    return write(word_cues(spans) if by_word else cues(spans), format)


def cues(spans: Iterable[Span]) -> Iterator[Cue]:
    """What is shown and when, a few words at a time, none before the last has gone. `spans` ascend; one is held.

    Without word times, a span's characters share its seconds. Short cues are joined where they are close, else shown
    for a second if the pause after them is that long.
    """
    waiting: Cue | None = None
    for cue in (cue for span in spans for cue in _cut(span)):
        joint = _joint(waiting, cue) if waiting else None
        if waiting and not joint:
            yield _lasting(waiting, cue.start)
        waiting = joint or cue
    if waiting:
        yield waiting  # the sound may end with it


def word_cues(spans: Iterable[Span]) -> Iterator[Cue]:
    """One cue a word, soundless tokens ("–") beside the word before them; a span without word times gives `cues`."""
    for span in spans:
        words = _words(span)
        if not words:
            yield from cues([span])
        for word in _merged(words):
            yield Cue(word.start, word.end, word.text, (word,))


def _merged(words: Sequence[Word]) -> list[Word]:
    """Words that take time, each with the timeless ones after it; those before the first stand before it."""
    merged: list[Word] = []
    for word in words:
        if merged and (word.end <= word.start or merged[-1].end <= merged[-1].start):
            before = merged.pop()
            word = Word(f"{before.text} {word.text}", before.start, max(before.end, word.end))
        merged.append(word)
    return merged


def _words(span: Span) -> tuple[Word, ...]:
    """The span's measured words; none when they are not those of its text."""
    return span.words if [word.text for word in span.words] == span.text.split() else ()


def _cut(span: Span) -> list[Cue]:
    measured = _words(span)
    words = _short(measured or _shared(span.text.split(), span.start, span.end))
    parts = [part for clause, cost in _clauses(words) for part in _fitting(clause, cost)]
    return [_cue(group, bool(measured)) for group in _groups(parts)]


def _cue(words: list[Word], measured: bool) -> Cue:
    text = _laid_out([word.text for word in words]) or " ".join(word.text for word in words)
    return Cue(words[0].start, words[-1].end, text, tuple(words) if measured else ())


def _shared(tokens: Sequence[str], start: float, end: float) -> list[Word]:
    """`tokens` one after the other from `start` to `end`, each as long as its share of the characters."""
    lengths = [len(token) + 1 for token in tokens]
    edges = [start + (end - start) * length / max(sum(lengths), 1) for length in accumulate(lengths, initial=0)]
    return [Word(token, a, b) for token, (a, b) in zip(tokens, pairwise(edges), strict=True)]


def _short(words: Iterable[Word]) -> list[Word]:
    """Words that fit in a line: addresses, and scripts without blanks, are cut where the line ends."""
    short: list[Word] = []
    for word in words:
        pieces, rest = [], word.text
        while len(rest) > LINE_CHARS:
            cut = LINE_CHARS
            while cut > 1 and unicodedata.combining(rest[cut]):  # a letter keeps its marks
                cut -= 1
            pieces.append(rest[:cut])
            rest = rest[cut:]
        short += _shared([*pieces, rest], word.start, word.end) if pieces else [word]
    return short


def _clauses(words: Sequence[Word]) -> Iterator[tuple[list[Word], int]]:
    """Runs of words up to where a sentence or a clause ends, each with what a cut there costs."""
    clause: list[Word] = []
    for word, following in zip(words, [*words[1:], Word("", 0.0, 0.0)], strict=True):
        clause.append(word)
        cost = _cost(word.text, following.text)
        if cost < _BLANK or not following.text:
            yield clause, cost
            clause = []


def _cost(token: str, following: str) -> int:
    bare = token.rstrip(_CLOSERS)
    if bare.endswith(tuple(".!?…。！？")) and not following[:1].islower() and not _ABBREVIATION.fullmatch(bare):
        return _SENTENCE
    return _CLAUSE if bare.endswith(tuple(",;:–—、，")) or token != bare else _BLANK


def _fitting(words: list[Word], cost: int) -> list[tuple[list[Word], int]]:
    """The words in halves, and these again, until each part can be one cue."""
    if len(words) == 1 or _fits(words):
        return [(words, cost)]
    lengths = list(accumulate(len(word.text) + 1 for word in words))
    middle = min(range(1, len(words)), key=lambda cut: abs(2 * lengths[cut - 1] - lengths[-1]))
    return _fitting(words[:middle], _BLANK) + _fitting(words[middle:], cost)


def _fits(words: Sequence[Word]) -> bool:
    return words[-1].end - words[0].start <= LONGEST and _laid_out([word.text for word in words]) is not None


def _groups(parts: Sequence[tuple[list[Word], int]]) -> list[list[Word]]:
    """Neighbouring parts as cues, at the least cost in all: few cues, cut at sentence ends, none too short."""
    best: list[tuple[float, int]] = [(0.0, 0)]  # of the parts before each place: cost, and where the last cue begins
    for end in range(1, len(parts) + 1):
        choices = []
        for begin in range(end - 1, -1, -1):
            words = [word for part, _ in parts[begin:end] for word in part]
            if begin < end - 1 and not _fits(words):
                break
            inside = sum(cost == _SENTENCE for _, cost in parts[begin : end - 1])
            short = max(0.0, SHORTEST - (words[-1].end - words[0].start))
            choices.append((best[begin][0] + _EACH + _ACROSS * inside + _SHORT * short, begin))
        best.append(min(choices))
    groups, end = [], len(parts)
    while end:
        begin = best[end][1]
        groups.append([word for part, _ in parts[begin:end] for word in part])
        end = begin
    return groups[::-1]


def _laid_out(tokens: Sequence[str]) -> str | None:
    """One line, or two of about the same length, cut at a clause's end where one is near; None if they do not fit."""
    whole = " ".join(tokens)
    if len(whole) <= LINE_CHARS:
        return whole
    breaks, at = [], -1
    for token, following in pairwise(tokens):
        at += len(token) + 1
        if max(at, len(whole) - at - 1) <= LINE_CHARS:
            uneven = abs(len(whole) - 2 * at - 1) + _UNEVEN * _cost(token, following)
            breaks.append((uneven, at))
    at = min(breaks)[1] if breaks else 0
    return f"{whole[:at]}\n{whole[at + 1 :]}" if breaks else None


def _joint(first: Cue, second: Cue) -> Cue | None:
    """Both in one, if either is too short alone and they are close; None if not."""
    close = second.start - first.end <= _JOIN_GAP and second.end - first.start <= LONGEST
    if not close or min(first.end - first.start, second.end - second.start) >= SHORTEST:
        return None
    text = _laid_out(f"{first.text} {second.text}".split())
    words = first.words + second.words if first.words and second.words else ()
    return Cue(first.start, second.end, text, words) if text else None


def _lasting(cue: Cue, until: float) -> Cue:
    """At least a second long, if the next begins no sooner."""
    return replace(cue, end=max(cue.end, min(cue.start + SHORTEST, until)))


def write(cues: Iterable[Cue], format: str, karaoke: bool = False) -> str:
    """The subtitle file's text; `format` is "srt" or "vtt". `karaoke`: with the times of words, in WebVTT alone."""
    return vtt(cues, karaoke) if format == "vtt" else srt(cues)


def srt(cues: Iterable[Cue]) -> str:
    """SubRip: numbered blocks, a comma before the milliseconds; "<b>" is written "‹b›", braces as brackets."""
    blocks = (
        f"{number}\n{clock(start, ',')} --> {clock(end, ',')}\n{_harmless(_lines(cue.text))}\n"
        for number, (start, end, cue) in enumerate(_timed(cues), start=1)
    )
    return "\n".join(blocks)


def vtt(cues: Iterable[Cue], karaoke: bool = False) -> str:
    """WebVTT (W3C): a header, a full stop before the milliseconds, `&`, `<` and `>` escaped."""
    blocks = (
        f"{clock(start, '.')} --> {clock(end, '.')}\n{text}\n"
        for start, end, cue in _timed(cues)
        for text in [_sung(cue, start, end) if karaoke else _escaped(_lines(cue.text))]
    )
    return "\n".join(["WEBVTT\n", *blocks])


def _timed(cues: Iterable[Cue]) -> Iterator[tuple[int, int, Cue]]:
    """Start and end in whole milliseconds, ascending, none shown before the last has gone; without empty cues."""
    free = 0
    for cue in cues:
        if cue.text.strip():
            start = max(free, round(cue.start * 1000))
            free = max(start + 1, round(cue.end * 1000))
            yield start, free, cue


def _sung(cue: Cue, start: int, end: int) -> str:
    """The cue's text with a WebVTT timestamp before each word but the first; they ascend within the cue."""
    times = iter(cue.words)
    latest, lines = start, []
    for line in _lines(cue.text).split("\n") if cue.words else ():
        parts = []
        for part in line.split(" "):
            at = round(next(times, cue.words[-1]).start * 1000)
            if latest < at < end:
                parts.append(f"<{clock(at, '.')}>{_escaped(part)}")
                latest = at
            else:
                parts.append(_escaped(part))
        lines.append(" ".join(parts))
    return "\n".join(lines) or _escaped(_lines(cue.text))


def clock(milliseconds: int, mark: str) -> str:
    """00:01:02,345"""
    hours, rest = divmod(milliseconds, 3_600_000)
    minutes, rest = divmod(rest, 60_000)
    return f"{hours:02}:{minutes:02}:{rest // 1000:02}{mark}{rest % 1000:03}"


def _harmless(text: str) -> str:
    return _TAG.sub(r"‹\1›", _ARROW.sub("→", text.translate(_BRACES)))


def _escaped(text: str) -> str:
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def _lines(text: str) -> str:
    """Its lines without superfluous blanks; an empty one would end the cue."""
    return "\n".join(" ".join(line.split()) for line in text.splitlines() if line.strip())
