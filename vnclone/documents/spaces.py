"""Words that MuPDF glued together, apart again by their syllables: "bốtần" is "bố tần"."""

from __future__ import annotations

import re
from functools import lru_cache

from vnclone.documents.syllables import is_syllable

_LETTER = "\u1ea0-\u1ef9"  # after these MuPDF sees no gap
_GLUE = re.compile(f"[{_LETTER}]")
_RUN = re.compile(r"[^\W\d_]+")
_ATTACHED = re.compile(rf"(?<=[{_LETTER}])(?=[\d(\[“‘])")
# TCVN3's ư and ã come as these two signs, after which MuPDF sees no gap either.
_LEGACY = re.compile(r"[^\W\d_][\u2212\u2219][^\W\d_]")
_CODAS = ("ch", "ng", "nh")
_MOST_CUTS = 24


@lru_cache(maxsize=50_000)
def restored(word: str) -> str | None:
    """`word` (no blank in it) with the spaces that MuPDF lost; None where its letters alone do not tell."""
    if word.isascii():
        return word
    if _LEGACY.search(word):
        return None
    if not _GLUE.search(word):
        return word
    runs = {run: _divided(run) for run in _RUN.findall(word)}
    if None in runs.values():
        return None
    apart = _RUN.sub(lambda match: runs[match[0]] or match[0], word)
    return _ATTACHED.sub(" ", apart)


def _divided(run: str) -> str | None:
    """A run of letters divided behind letters after which MuPDF sees no gap, so that every part is a word."""
    if is_syllable(run):
        return run
    cuts = [match.end() for match in _GLUE.finditer(run) if match.end() < len(run)]
    if not any(_may_be_glued(run[:cut], run[cut:]) for cut in cuts):
        return run
    if len(cuts) > _MOST_CUTS:
        return None
    # The fewest parts up to each cut: a list of parts, or None where there is no way.
    best: dict[int, list[str] | None] = {0: []}
    for end in [*cuts, len(run)]:
        ways = [
            [*parts, run[start:end]] for start, parts in best.items() if parts is not None and _is_word(run[start:end])
        ]
        best[end] = min(ways, key=len, default=None)
    parts = best[len(run)]
    return None if parts is None else " ".join(parts)


def _is_word(part: str) -> bool:
    """A syllable, or an acronym ("GDĐT")."""
    return is_syllable(part) or (part.isupper() and len(part) > 1 and not _GLUE.search(part))


def _may_be_glued(head: str, tail: str) -> bool:
    """Whether a word may end here: another begins, and it is no rime of the same syllable ("Đắk")."""
    if len(tail) < 2 or tail.lower() in _CODAS:
        return False
    return is_syllable(head[-7:]) or any(is_syllable(head[-count:]) for count in range(1, 7))
