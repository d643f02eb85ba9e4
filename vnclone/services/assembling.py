"""From the sounds of a generation's steps to one WAV, its timeline, and beside them the compressed file. On disk."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from vnclone.audio.encode import Encoder, Trail
from vnclone.audio.files import read_wav
from vnclone.audio.joiner import Joiner
from vnclone.disk import no_space_said, writing
from vnclone.models import Clip, Generation, Word
from vnclone.pools.worker import FLAWS, WORDS
from vnclone.services import notes, takes, timeline
from vnclone.services.plans import Step
from vnclone.services.timeline import GAP, Placed, Timeline

LAST_PAUSE_SECONDS = 0.5  # enough that a player does not cut the last word
GAP_SECONDS = 1.0  # of silence where a sentence could not be read
MASTER = "audio.wav"  # in the folder of an edition: all other formats are made from it
BESIDE = "beside"  # the compressed sound that is made while the WAV is, still without its tags


@dataclass(frozen=True, slots=True)
class Slice:
    """A step's sound in the WAV of the edition before."""

    wav: Path
    placed: Placed


Sound = Path | Slice | None  # a chunk's file, a part of the last edition, or nothing: a gap


class Assembly:
    """Joins the sounds of one edition in `folder`, as they come."""

    def __init__(self, folder: Path, rate: int, generation: Generation) -> None:
        self._folder, self._rate, self._generation = folder, rate, generation
        self._heard = False

    def join(
        self, steps: Sequence[Step], sounds: Iterator[Sound], placed: Callable[[int, float], None]
    ) -> tuple[Timeline, Path | None]:
        """Returns where everything is and the compressed file beside it, None for WAV.

        `placed` is told after each step how many there are, and how many seconds they last.
        Raises BadInput when nothing could be heard, Unavailable when the disk is full, and what `sounds` raises.
        """
        target, beside = self._folder / MASTER, self._beside()
        with ExitStack() as stack:
            part = stack.enter_context(writing(target))
            line = stack.enter_context(timeline.Writer(self._folder, self._rate))
            encoder = stack.enter_context(self._encoder(beside)) if beside else None
            trail = stack.enter_context(Trail(part, encoder)) if encoder else None
            joiner = stack.enter_context(Joiner(part, self._rate, tee=trail.feed if trail else None))
            known: list[Placed] = []
            for number, (step, sound) in enumerate(zip(steps, sounds, strict=True), start=1):
                pause = step.pause_seconds(self._generation) if number < len(steps) else LAST_PAUSE_SECONDS
                known.append(self._place(joiner, step, sound, pause))
                line.add(known[-1])
                placed(number, joiner.seconds)
            if not self._heard:
                raise notes.unreadable(self._generation)
            if trail:
                trail.finish()
        return Timeline(self._rate, tuple(known)), beside

    def _place(self, joiner: Joiner, step: Step, sound: Sound, pause_seconds: float) -> Placed:
        start, pause = joiner.samples, max(0, round(pause_seconds * self._rate))
        flaws: tuple[str, ...] = ()
        words: tuple[Word, ...] = ()
        if isinstance(sound, Slice):
            joiner.copy(sound.wav, sound.placed.start, sound.placed.samples)
            flaws, words = sound.placed.flaws, sound.placed.words
            self._heard = True
        elif sound is None:
            flaws = (GAP,)
        else:
            joiner.add(clip := read_wav(sound), 0)
            flaws, words = flaws_of(sound), words_of(sound)
            self._heard = self._heard or bool(clip.samples.any())
        length = joiner.samples - start
        joiner.add(Clip(np.zeros(0, np.float32), self._rate), pause / self._rate + (0 if sound else GAP_SECONDS))
        return Placed(step.key, start, length, joiner.samples - start - length, flaws, words)

    def _beside(self) -> Path | None:
        format = self._generation.format
        return None if format == "wav" else self._folder / f"{BESIDE}.{format}"

    def _encoder(self, beside: Path) -> Encoder:
        return Encoder(beside, self._generation.format, self._rate, self._generation.quality)


def flaws_of(sound: Path) -> tuple[str, ...]:
    return tuple(_read(sound.with_suffix(FLAWS)))


def words_of(sound: Path) -> tuple[Word, ...]:
    return tuple(Word(*word) for word in _read(sound.with_suffix(WORDS)))


def _read(path: Path) -> list[str]:
    """The JSON list at `path`; an empty one when there is none."""
    try:
        found: list[str] = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return []
    return found


def chapter_marks(steps: Sequence[Step], titles: Sequence[str], sound: Timeline) -> list[tuple[str, float]]:
    """(title, seconds at which it starts) of each chapter that is heard; none of a text in one piece."""
    marks: list[tuple[str, float]] = []
    last = None
    for step, placed in zip(steps, sound.placed, strict=True):
        if step.chunk.chapter != last:
            last = step.chunk.chapter
            title = titles[last] if last < len(titles) else ""
            marks.append((title or f"{last + 1}", placed.start / sound.rate))
    return marks if len(marks) > 1 or any(titles) else []


def clear(folder: Path) -> None:
    """Remove the files of an edition, but neither the editions in folders below it nor the takes beside them."""
    with no_space_said():
        for file in folder.iterdir():
            if file.is_file() and file.name != takes.FILE:
                file.unlink(missing_ok=True)
