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
from vnclone.engines.base import EnrollmentUnusable, load_enrollment
from vnclone.errors import BadInput, Conflict, clock
from vnclone.models import UNFINISHED, Chapter, Document, Generation, Paragraph, Said, Voice
from vnclone.pools.places import Pool
from vnclone.pools.worker import FLAWS, EnrollTask, SpeakTask, Task
from vnclone.services import plans
from vnclone.services.plans import Step
from vnclone.services.suiting import language_for
from vnclone.services.voices import Voices
from vnclone.store.files import Files
from vnclone.store.owned import Owned, now
from vnclone.store.paces import Paces
from vnclone.text import chunks

LAST_PAUSE_SECONDS = 0.5  # enough that a player does not cut the last word
FINISHING_SHARE = 3  # percent kept for joining's end and encoding
CHECK_SECONDS = 0.5  # how often somebody who waits for a chunk looks whether it is still wanted
MOST_NAMED = 5  # doubtful places that a note names; more of them are counted


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


@dataclass(slots=True)
class UnderWay:
    """Some steps' sounds, and the task that makes those which were not there. `future` is None when all were."""

    outs: list[Path]
    task: SpeakTask | None = None
    future: Future[None] | None = None


class Reader:
    """Runs generations. Holds no state of any: killed at any point, `read` goes on from the chunks that are files."""

    def __init__(self, rows: Owned[Generation], voices: Voices, files: Files, pool: Pool, paces: Paces) -> None:
        self._rows, self._voices, self._files, self.pool, self._paces = rows, voices, files, pool, paces

    def read(self, generation: Generation, document: Document | None) -> None:
        """Do all that is still to do. Raises VncloneError, or Stopped."""
        check_revision(generation)
        self._set(generation, status="processing", note=None)
        voice = self._voices.require_ready(generation.user_id, generation.voice_profile_id)
        self._enroll(voice, generation)
        steps = self._plan(generation, voice, document)
        folder = self._files.generation(generation.user_id, generation.id)
        started, fresh = time.monotonic(), not any(self._files.chunks(voice.user_id, voice.id).iterdir())
        doubtful: list[float] = []
        with writing(folder / "audio.wav") as part:
            seconds = self._join(part, self._speak(generation, voice, steps), generation, steps, doubtful)
        if fresh:
            self._measure(generation, steps, time.monotonic() - started, seconds)
        self._encode(generation, folder, doubtful)

    def _enroll(self, voice: Voice, generation: Generation) -> None:
        """Once for each voice, engine and revision; again when what was stored is broken."""
        target = self._voices.enrollment(voice, generation.engine, generation.engine_revision)
        try:
            load_enrollment(target)
        except EnrollmentUnusable:
            reference = str(self._voices.reference(voice))
            task = EnrollTask(generation.engine, reference, voice.transcript, str(target), generation.id)
            future = self.pool.submit(task)
            try:
                self._wait(generation, task, future)
            finally:
                let_go([future])

    def _plan(self, generation: Generation, voice: Voice, document: Document | None) -> list[Step]:
        path = self._files.generation(generation.user_id, generation.id) / "plan.json"
        steps = plans.load(path)
        if not steps:
            engine, chapters = engines.load(generation.engine), chapters_of(generation, document)
            language = language_for(engine, generation.language, chapters)
            found = chunks.plan(chapters, language, engine.max_chars, engine.cues)
            if not found:
                raise nothing_to_say()
            steps = plans.make(found, voice, generation)
            plans.save(path, steps)
        self._set(generation, chunks_total=len(steps))
        return steps

    def _speak(self, generation: Generation, voice: Voice, steps: list[Step]) -> Iterator[Path]:
        """The chunks' files in order. A few more than the workers are under way, so that two readings share them."""
        ahead = self.pool.workers(generation.engine) + 1
        under_way: deque[UnderWay] = deque()
        try:
            for group in plans.groups(steps, generation, self.pool.batch(generation.engine)):
                under_way.append(self._begin(generation, voice, group, under_way))
                if len(under_way) > ahead:
                    yield from self._finished(generation, under_way[0])
                    under_way.popleft()
            while under_way:
                yield from self._finished(generation, under_way[0])
                under_way.popleft()
        finally:
            let_go([item.future for item in under_way if item.future])

    def _begin(self, generation: Generation, voice: Voice, group: list[Step], others: deque[UnderWay]) -> UnderWay:
        """Ask for those sounds of a group that are neither there nor asked for already."""
        folder = self._files.chunks(voice.user_id, voice.id)
        outs = [folder / f"{step.key}.wav" for step in group]
        asked = {out for item in others for out in item.outs}
        missing = {out: step for out, step in zip(outs, group, strict=True) if out not in asked and not out.exists()}
        if not missing:
            return UnderWay(outs)
        task = SpeakTask(
            engine=generation.engine,
            enrollment=str(self._voices.enrollment(voice, generation.engine, generation.engine_revision)),
            texts=tuple(step.chunk.spoken for step in missing.values()),
            outs=tuple(map(str, missing)),
            params=group[0].params(generation),
            # Only the first is streamed: by the time that it has been heard, the others are files.
            live="" if others or len(outs) > 1 else str(self._files.live(generation.user_id, generation.id)),
            generation=generation.id,
        )
        return UnderWay(outs, task, self.pool.submit(task))

    def _finished(self, generation: Generation, item: UnderWay) -> list[Path]:
        if item.task and item.future:
            self._wait(generation, item.task, item.future)
        return item.outs

    def _wait(self, generation: Generation, task: Task, future: Future[None]) -> None:
        """Until the task is done. Raises what it raised; Stopped, when the generation is no longer wanted."""
        note = None
        while not wait([future], CHECK_SECONDS).done:
            obstacle = self.pool.obstacle(task)
            # Also without a change: the row's new time is a new state for its followers, and only when Gradio has one
            # to deliver does it notice that a follower has left, whose presence the work may need.
            self._set(generation, **({"note": obstacle, "eta_seconds": None} if obstacle != note else {}))
            note = obstacle
        self.pool.finish(task, future)
        if note:
            self._set(generation, note=None)

    def _join(
        self, part: Path, sounds: Iterator[Path], generation: Generation, steps: list[Step], doubtful: list[float]
    ) -> float:
        """Join every sound as it comes; returns the seconds of sound. Stops within one chunk of a cancellation.

        `doubtful` gets the times of what the engine itself did not like.
        """
        pace, heard = Pace(sum(len(step.chunk.spoken) for step in steps), time.monotonic()), False
        with no_space_said(), Joiner(part, engines.load(generation.engine).sample_rate) as joiner:
            for done, (step, sound) in enumerate(zip(steps, sounds, strict=True), start=1):
                if sound.with_suffix(FLAWS).exists():
                    doubtful.append(joiner.seconds)
                clip = read_wav(sound)
                heard = heard or bool(clip.samples.any())
                joiner.add(clip, step.chunk.pause_seconds if done < len(steps) else LAST_PAUSE_SECONDS)
                pace.done += len(step.chunk.spoken)
                if done < generation.chunks_done:  # read before this run: it is joined again, and nothing falls back
                    self._set(generation)
                    continue
                progress = done * (100 - FINISHING_SHARE) // len(steps)
                eta = pace.eta_seconds()
                self._set(generation, chunks_done=done, progress=progress, eta_seconds=eta, duration=joiner.seconds)
            if not heard:
                raise unreadable(generation)
            return joiner.seconds

    def _encode(self, generation: Generation, folder: Path, doubtful: list[float]) -> None:
        target = folder / f"audio.{generation.format}"
        if generation.format != "wav":
            encode(folder / "audio.wav", target, generation.format, tags(generation))
        self._files.live(generation.user_id, generation.id).unlink(missing_ok=True)
        done = {"status": "completed", "progress": 100, "eta_seconds": 0.0, "completed_at": now()}
        self._set(generation, **done, note=listen_again(doubtful) if doubtful else None)

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


def let_go(futures: list[Future[None]]) -> None:
    """Whoever stops a reading may delete its folder next: nothing may still be written into it."""
    wait([future for future in futures if not future.cancel()])


def check_revision(generation: Generation) -> None:
    """A generation keeps its engine and revision to the end. Raises Conflict when this revision is gone."""
    if engines.load(generation.engine).revision != generation.engine_revision:
        raise Conflict(
            f"Bộ đọc {generation.engine} đã được thay bằng phiên bản khác từ lúc bản đọc này bắt đầu, nên không thể "
            "đọc tiếp cho liền giọng. Hãy tạo lại bản đọc.",
            f"The engine {generation.engine} has changed since this reading began, so the rest would sound different. "
            "Start the reading again.",
        )


def listen_again(seconds: list[float]) -> Said:
    """Where the engine read something that it did not like even after reading it again."""
    named = ", ".join(clock(moment) for moment in seconds[:MOST_NAMED])
    more = len(seconds) - MOST_NAMED
    return Said(
        f"Nên nghe lại ở {named}" + (f" và {more} chỗ khác." if more > 0 else "."),
        f"Listen again at {named}" + (f" and {more} more places." if more > 0 else "."),
    )


def chapters_of(generation: Generation, document: Document | None) -> tuple[Chapter, ...]:
    """The document's chapters, or the typed text as one without a title, a line a paragraph."""
    return document.chapters if document is not None else typed(generation.text_input)


def typed(text: str) -> tuple[Chapter, ...]:
    """A typed text as one chapter without a title, a line a paragraph."""
    lines = (line.strip() for line in text.splitlines())
    return (Chapter("", tuple(Paragraph(line) for line in lines if line)),)


def tags(generation: Generation) -> dict[str, str]:
    """What the file says of itself: always that it is made by a machine."""
    comment = f"AI-generated with vnclone, voice {generation.voice_name}, {generation.created_at[:10]}"
    return {"title": generation.title, "artist": generation.voice_name, "comment": comment}


def unreadable(generation: Generation) -> BadInput:
    """Every chunk came out silent: letters of a script that the engine does not know."""
    return BadInput(
        f"Bộ đọc {generation.engine} không đọc được chữ nào trong văn bản này (có thể là chữ của ngôn ngữ khác). "
        "Hãy chọn bộ đọc khác hoặc sửa văn bản.",
        f"The engine {generation.engine} could read nothing in this text (it may be in another script). Choose another "
        "engine, or change the text.",
    )


def nothing_to_say() -> BadInput:
    return BadInput(
        "Không có chữ nào để đọc. Hãy nhập văn bản, hoặc chọn ít nhất một chương có nội dung.",
        "There is nothing to read aloud. Type some text, or tick at least one chapter with text in it.",
    )
