"""One generation from its text to its finished file: plan, speak, join, encode, only then `completed`."""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Iterator
from concurrent.futures import Future, wait
from dataclasses import dataclass
from pathlib import Path

from vnclone import engines
from vnclone.audio.encode import encode
from vnclone.audio.files import read_wav
from vnclone.audio.joiner import Joiner
from vnclone.disk import no_space_said, writing
from vnclone.errors import BadInput
from vnclone.models import UNFINISHED, Chapter, Document, Generation, Paragraph, Voice
from vnclone.pools.local import LocalPool
from vnclone.pools.worker import EnrollTask, SpeakTask
from vnclone.services import plans
from vnclone.services.plans import Step
from vnclone.services.voices import Voices
from vnclone.store.files import Files
from vnclone.store.owned import Owned, now
from vnclone.store.paces import Paces
from vnclone.text import chunks

LAST_PAUSE_SECONDS = 0.5  # enough that a player does not cut the last word
FINISHING_SHARE = 3  # percent kept for joining's end and encoding


class Stopped(Exception):
    """The generation was cancelled or deleted while it ran."""


@dataclass(slots=True)
class Pace:
    """How fast this run goes: the ETA is the time so far for each character spoken, times those left."""

    characters: int
    started: float
    done: int = 0

    def eta_seconds(self) -> float | None:
        spent = time.monotonic() - self.started
        return round(spent / self.done * (self.characters - self.done), 1) if self.done else None


class Reader:
    """Runs generations. Holds no state of any: killed at any point, `read` goes on from the chunks that are files."""

    def __init__(self, rows: Owned[Generation], voices: Voices, files: Files, pool: LocalPool, paces: Paces) -> None:
        self._rows, self._voices, self._files, self._pool, self._paces = rows, voices, files, pool, paces

    def read(self, generation: Generation, document: Document | None) -> None:
        """Do all that is still to do. Raises VncloneError, or Stopped."""
        self._set(generation, status="processing")
        voice = self._voices.require_ready(generation.user_id, generation.voice_profile_id)
        self._enroll(voice, generation)
        steps = self._plan(generation, voice, document)
        folder = self._files.generation(generation.user_id, generation.id)
        started, fresh = time.monotonic(), not any(self._files.chunks(voice.user_id, voice.id).iterdir())
        with writing(folder / "audio.wav") as part:
            seconds = self._join(part, self._speak(generation, voice, steps), generation, steps)
        if fresh:
            self._measure(generation, steps, time.monotonic() - started, seconds)
        self._encode(generation, folder)

    def _enroll(self, voice: Voice, generation: Generation) -> None:
        target = self._voices.enrollment(voice, generation.engine, generation.engine_revision)
        if not target.exists():
            reference = str(self._voices.reference(voice))
            self._pool.run(EnrollTask(generation.engine, reference, voice.transcript, str(target)))

    def _plan(self, generation: Generation, voice: Voice, document: Document | None) -> list[Step]:
        path = self._files.generation(generation.user_id, generation.id) / "plan.json"
        steps = plans.load(path)
        if not steps:
            limit = engines.load(generation.engine).max_chars
            found = chunks.plan(chapters_of(generation, document), generation.language, limit)  # type: ignore[arg-type]
            if not found:
                raise nothing_to_say()
            steps = plans.make(found, voice, generation)
            plans.save(path, steps)
        self._set(generation, chunks_total=len(steps), chunks_done=0, progress=0)
        return steps

    def _speak(self, generation: Generation, voice: Voice, steps: list[Step]) -> Iterator[Path]:
        """The chunks' files in order. A few more than the workers are under way, so that two readings share them."""
        folder = self._files.chunks(voice.user_id, voice.id)
        enrollment = str(self._voices.enrollment(voice, generation.engine, generation.engine_revision))
        under_way: deque[tuple[SpeakTask, Future[None] | None]] = deque()
        try:
            for step in steps:
                out = folder / f"{step.key}.wav"
                task = SpeakTask(generation.engine, enrollment, step.chunk.spoken, step.params(generation), str(out))
                twin = any(other.out == task.out for other, _ in under_way)
                under_way.append((task, None if out.exists() or twin else self._pool.submit(task)))
                if len(under_way) > self._pool.workers + 1:
                    yield self._finished(*under_way.popleft())
            while under_way:
                yield self._finished(*under_way.popleft())
        finally:
            # Whoever stops this may delete the folder next: nothing may still be written into it.
            wait([future for _, future in under_way if future and not future.cancel()])

    def _finished(self, task: SpeakTask, future: Future[None] | None) -> Path:
        if future is not None:
            self._pool.finish(task, future)
        elif not Path(task.out).exists():
            self._pool.run(task)
        return Path(task.out)

    def _join(self, part: Path, sounds: Iterator[Path], generation: Generation, steps: list[Step]) -> float:
        """Join every sound as it comes; returns the seconds of sound. Stops within one chunk of a cancellation."""
        pace = Pace(sum(len(step.chunk.spoken) for step in steps), time.monotonic())
        with no_space_said(), Joiner(part, engines.load(generation.engine).sample_rate) as joiner:
            for done, (step, sound) in enumerate(zip(steps, sounds, strict=True), start=1):
                joiner.add(read_wav(sound), step.chunk.pause_seconds if done < len(steps) else LAST_PAUSE_SECONDS)
                pace.done += len(step.chunk.spoken)
                progress = done * (100 - FINISHING_SHARE) // len(steps)
                eta = pace.eta_seconds()
                self._set(generation, chunks_done=done, progress=progress, eta_seconds=eta, duration=joiner.seconds)
            return joiner.seconds

    def _encode(self, generation: Generation, folder: Path) -> None:
        target = folder / f"audio.{generation.format}"
        if generation.format != "wav":
            encode(folder / "audio.wav", target, generation.format, tags(generation))
        done = {"status": "completed", "progress": 100, "eta_seconds": 0.0, "completed_at": now()}
        self._set(generation, **done)

    def _measure(self, generation: Generation, steps: list[Step], spent: float, seconds: float) -> None:
        """Keep the engine's own pace, for better estimates. Only of readings long enough to mean something."""
        words = sum(len(step.chunk.written.split()) for step in steps)
        if words >= 50 and seconds > 10:
            pace = words / seconds * 60 / generation.speed
            self._paces.measured(generation.engine, pace, spent / seconds)

    def _set(self, generation: Generation, **changes: object) -> None:
        """Raises Stopped when the generation is no longer one that runs."""
        if not self._rows.update(generation.id, only_from=UNFINISHED, **changes):
            raise Stopped


def chapters_of(generation: Generation, document: Document | None) -> tuple[Chapter, ...]:
    """The document's chapters, or the typed text as one without a title, a line a paragraph."""
    if document is not None:
        return document.chapters
    lines = (line.strip() for line in generation.text_input.splitlines())
    return (Chapter("", tuple(Paragraph(line) for line in lines if line)),)


def tags(generation: Generation) -> dict[str, str]:
    """What the file says of itself: always that it is made by a machine."""
    comment = f"AI-generated with vnclone, voice {generation.voice_name}, {generation.created_at[:10]}"
    return {"title": generation.title, "artist": generation.voice_name, "comment": comment}


def nothing_to_say() -> BadInput:
    return BadInput(
        "Không có chữ nào để đọc. Hãy nhập văn bản, hoặc chọn ít nhất một chương có nội dung.",
        "There is nothing to read aloud. Type some text, or tick at least one chapter with text in it.",
    )
