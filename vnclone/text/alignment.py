"""Words as written in, and when they are heard out: the times of the spoken words, given to what stands on the page.

"Ngày 2/9/1945, Bác" is spoken "ngày hai tháng chín năm một nghìn chín trăm bốn mươi lăm, bác". Each written token is
read by itself, what comes out is matched with what was said, and what matches nothing belongs between its neighbours.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator, Sequence
from difflib import SequenceMatcher
from itertools import accumulate, pairwise

from vnclone.models import Word
from vnclone.text import normalize
from vnclone.text.tidy import fold

# Reading one token takes 0.1 ms: of a table's many numbers, or of a web address, only the length is asked.
_MOST_READINGS, _LONGEST_READING = 10, 24
_CHARS_A_WORD = 3
# Signs without letters that are spoken: currencies, operators, and of punctuation these ("50 %", "R & D").
_SPOKEN_CATEGORIES, _SPOKEN_MARKS = frozenset(("Sc", "Sm", "So")), frozenset("%‰&@#§")


def written_words(written: str, spoken: Sequence[Word]) -> list[Word]:
    """Each token of `written`, split at blanks, with when it is heard; [] when no spoken word is given.

    `spoken`: what was said for it, in order, with ascending times. The result is in order and ascends as they do;
    a token without sound ("–") stands at the end of the token before it for no time at all.
    """
    tokens = written.split()
    if not spoken or not tokens:
        return []
    sounding = [n for n, token in enumerate(tokens) if _is_spoken(token)]
    times = _times([tokens[n] for n in sounding], spoken)
    heard = set(sounding)
    at = spoken[0].start
    words = []
    for n, token in enumerate(tokens):
        start, at = next(times) if n in heard else (at, at)
        words.append(Word(token, start, at))
    return words


def _is_spoken(token: str) -> bool:
    return any(
        character.isalnum() or character in _SPOKEN_MARKS or unicodedata.category(character) in _SPOKEN_CATEGORIES
        for character in token
    )


def _times(tokens: list[str], spoken: Sequence[Word]) -> Iterator[tuple[float, float]]:
    """Start and end of each of `tokens`, in seconds. One that nothing was said for has a part of its neighbour's."""
    said = [fold(word.text) or word.text for word in spoken]
    readings = _readings(tokens, frozenset(said))
    first: dict[int, int] = {}  # token -> its first spoken word, both ascending
    for place, owner in enumerate(_owners(readings, said)):
        first.setdefault(owner, place)
    owners = [*first, len(tokens)]
    places = [*first.values(), len(spoken)]
    for n, (begin, end) in enumerate(pairwise([0, *owners[1:]])):
        letters = [len("".join(reading)) for reading in readings[begin:end]]
        yield from _shared(letters, spoken[places[n]].start, spoken[places[n + 1] - 1].end)


def _shared(weights: list[int], start: float, end: float) -> Iterator[tuple[float, float]]:
    """`start` to `end` in as many parts as there are `weights`, one after the other."""
    edges = [start + (end - start) * weight / sum(weights) for weight in accumulate(weights, initial=0)]
    yield from pairwise([*edges[:-1], end])


def _readings(tokens: list[str], said: frozenset[str]) -> list[list[str]]:
    """The words, folded, that each token is probably spoken in; "?" for words that cannot be foreseen."""
    readings, asked = [], 0
    for token in tokens:
        key = fold(token)
        if key in said or (key.isalpha() and (token.islower() or token.istitle())):
            readings.append([key])
        elif asked < _MOST_READINGS and len(token) <= _LONGEST_READING:
            reading = [fold(word) for word in normalize.spoken(token, "vi").split()]
            if readings and reading[:1] == readings[-1] == ["ngày"]:
                del reading[0]  # "ngày" of a date, when the token before says it
            readings.append(reading or ["?"])
            asked += 1
        else:
            digits = sum(character.isdigit() for character in token)
            readings.append(["?"] * max(1, digits + (len(token) - digits) // _CHARS_A_WORD))
    return readings


def _owners(readings: list[list[str]], said: list[str]) -> Iterator[int]:
    """The token that each spoken word belongs to, ascending."""
    words = [(word, n) for n, reading in enumerate(readings) for word in reading]
    matcher = SequenceMatcher(None, [word for word, _ in words], said, autojunk=False)
    a = b = 0
    for run in matcher.get_matching_blocks():
        between = words[a : run.a] or words[max(a - 1, 0) : a] or words[:1]
        for n in range(run.b - b):
            yield between[(2 * n + 1) * len(between) // (2 * (run.b - b))][1]
        yield from (owner for _, owner in words[run.a : run.a + run.size])
        a, b = run.a + run.size, run.b + run.size
