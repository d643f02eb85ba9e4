"""What engines that sample have in common: bad readings are read again, and all come out equally loud and paced."""

from __future__ import annotations

import logging
import re
import unicodedata
from collections.abc import Callable, Generator, Iterator
from contextlib import AbstractContextManager, closing
from typing import Protocol

import numpy as np

from vnclone.audio import tempo
from vnclone.engines import guard, level
from vnclone.errors import BadInput
from vnclone.models import Clip, Params

READINGS = 3  # the first, and two more when the guard dislikes it
SILENCE_SECONDS = 0.05  # what text without anything to say sounds like
PIECE_PAUSE_SECONDS = 0.3  # between pieces of a text above an engine's limit: V3_GAP_SILENCE["minor"] of vieneu 3.8.3
SEED_STEP = 1_000_003  # between one reading's seed and the next: chunks with neighbouring seeds share none
SEEDS = 1 << 32  # what numpy's and PyTorch's generators take

log = logging.getLogger(__name__)


def speak_well(
    raw: Callable[[int], np.ndarray], text: str, rate: int, params: Params, first: np.ndarray | None = None
) -> Clip:
    """`text` as `raw` reads it, at -19 LUFS and at `params.speed`, without silence at its ends.

    `raw(seed)` gives float samples, shape (n,), at `rate` Hz and the voice's own pace; it is called with
    `params.seed` first (or `first` is what it gave already), and with two other seeds at most while the guard
    dislikes what it hears. The best reading is kept; what is still wrong with it is in `Clip.flaws`.
    Raises BadInput for a speed outside 0.5 to 2.0.
    """
    tempo.check_speed(params.speed)
    samples, verdict = _best(raw, text, rate, params.seed, first)
    return _finished(samples, rate, params.speed, verdict.flaws)


def _best(
    raw: Callable[[int], np.ndarray], text: str, rate: int, seed: int, first: np.ndarray | None
) -> tuple[np.ndarray, guard.Verdict]:
    best = raw(seed % SEEDS) if first is None else first
    verdict = guard.judge(best, rate, text)
    for reading in range(1, READINGS):
        if not verdict.flaws:
            return best, verdict
        log.info("reading %d was %s; reading again", reading, ", ".join(verdict.flaws))
        other = raw((seed + reading * SEED_STEP) % SEEDS)
        other_verdict = guard.judge(other, rate, text)
        if other_verdict.badness < verdict.badness:
            best, verdict = other, other_verdict
    if verdict.flaws:
        log.info("after %d readings the best one is still %s", READINGS, ", ".join(verdict.flaws))
    return best, verdict


def _finished(samples: np.ndarray, rate: int, speed: float, flaws: tuple[str, ...]) -> Clip:
    sound = np.asarray(samples, np.float64)
    if flaws:  # only a reading that was not disliked is known to be numbers
        sound = np.nan_to_num(sound, posinf=0, neginf=0)
    if speed != 1.0:
        sound = tempo.stretch(Clip(level.trim(sound, rate), rate), speed).samples.astype(np.float64)
    finished = level.finish(sound, rate)
    return Clip(finished, rate, flaws) if len(finished) else silence(rate, flaws)


class Dice(Protocol):
    """Seeded chance for one reading among several, which may be thrown a frame at a time."""

    def thrown(self) -> AbstractContextManager[None]: ...


def drawn(frames: Generator[np.ndarray, None, None], dice: Dice) -> Iterator[np.ndarray]:
    """`frames` as float32, each of them made with `dice`; whoever stops early closes them."""
    with closing(frames):
        while True:
            with dice.thrown():
                samples = next(frames, None)
            if samples is None:
                return
            yield np.asarray(samples, np.float32)


def silence(rate: int, flaws: tuple[str, ...] = ()) -> Clip:
    """The short silence that stands for a text with nothing to say."""
    return Clip(np.zeros(int(SILENCE_SECONDS * rate), np.float32), rate, flaws)


def joined(clips: Iterator[Clip], rate: int, text: str = "") -> Clip:
    """Finished pieces of one text as one clip, a short pause between them; their flaws together. Silence for none.

    A `text` with letters that the engine's phonetics do not know (Chinese, Cyrillic, …) is "unread" as well.
    """
    pause = np.zeros(int(PIECE_PAUSE_SECONDS * rate), np.float32)
    parts: list[np.ndarray] = []
    flaws: list[str] = ["unread"] if any(map(_is_foreign, text)) else []
    for clip in clips:
        parts += [pause, clip.samples] if parts else [clip.samples]
        flaws += [code for code in clip.flaws if code not in flaws]
    return Clip(np.concatenate(parts), rate, tuple(flaws)) if parts else silence(rate, tuple(flaws))


def _is_foreign(character: str) -> bool:
    """A letter of another script than Latin, or Greek, whose letters are named in formulas."""
    known = not character.isalpha() or unicodedata.name(character, "").startswith(("LATIN", "GREEK"))
    return not known and unicodedata.category(character) != "Lm"


def pieces(text: str, max_chars: int) -> list[str]:
    """`text` in pieces of at most `max_chars`, cut after punctuation where that keeps half a piece, else at a space.

    A word longer than `max_chars` is cut; cues such as [thở dài] stay whole where they fit.
    """
    rest, found = " ".join(text.split()), []
    while len(rest) > max_chars:
        cut = _cut(rest[: max_chars + 1], max_chars)
        found.append(rest[:cut].strip())
        rest = rest[cut:].strip()
    return [piece for piece in (*found, rest) if piece]


def _cut(head: str, max_chars: int) -> int:
    marks = [match.end() for match in re.finditer(r"[.!?…;:,](?= )", head)]
    spaces = [match.start() for match in re.finditer(r" (?![^\[\]]*\])", head)] or [head.rfind(" ")]
    for found in (marks, spaces):
        if found and max_chars // 2 <= found[-1] <= max_chars:
            return found[-1]
    return spaces[-1] if spaces[-1] > 0 else max_chars


def check(params: Params, languages: frozenset[str]) -> None:
    """Raise BadInput for a speed or a language that cannot be read."""
    tempo.check_speed(params.speed)
    if params.language not in languages:
        known_vi, known_en = " hoặc ".join(sorted(languages)), " or ".join(sorted(languages))
        raise BadInput(
            f"Bộ đọc này chưa đọc được ngôn ngữ “{params.language}”. Hãy chọn {known_vi}.",
            f"This engine cannot read the language “{params.language}” yet. Choose {known_en}.",
        )


def reference(clip: Clip, shortest_seconds: float) -> np.ndarray:
    """A cleaned recording's samples as encoders like them: float32, trimmed, at -19 LUFS.

    Raises BadInput when it is silent, or has less than `shortest_seconds` of sound.
    """
    samples = level.finish(np.nan_to_num(clip.samples.astype(np.float64), posinf=0, neginf=0), clip.sample_rate)
    silent = not len(samples) or np.abs(clip.samples).max(initial=0) < guard.SILENCE
    if silent or len(samples) < shortest_seconds * clip.sample_rate:
        raise BadInput(
            f"Bản ghi giọng quá ngắn hoặc không có tiếng: cần ít nhất {shortest_seconds:g} giây có tiếng nói. "
            "Hãy ghi âm hoặc chọn một bản ghi khác dài hơn.",
            f"The voice recording is too short or silent: it needs at least {shortest_seconds:g} seconds of speech. "
            "Record or choose a longer one.",
        )
    return samples
