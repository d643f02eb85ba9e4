"""One generation from its text to its finished file: plan, speak, join, encode, only then `completed`."""

from __future__ import annotations

import os
import shutil
import time
from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager, suppress
from pathlib import Path

from vnclone import engines
from vnclone.audio.cover import cover
from vnclone.audio.encode import dress, encode
from vnclone.disk import no_space_said
from vnclone.errors import DiskFull
from vnclone.models import Chapter, Document, Generation, Paragraph, Voice
from vnclone.pools.places import Pool
from vnclone.services import assembling, notes, plans, timeline
from vnclone.services.assembling import MASTER, Assembly, Slice, Sound
from vnclone.services.pacing import Pace
from vnclone.services.plans import Plan, Step
from vnclone.services.speaking import Asked, Speaking
from vnclone.services.suiting import language_for
from vnclone.services.timeline import GAP, Timeline
from vnclone.services.voices import Voices
from vnclone.services.watching import Stopped, Watch
from vnclone.store.files import Files
from vnclone.store.owned import Owned, now
from vnclone.store.paces import Paces
from vnclone.store.patience import patiently
from vnclone.text import chunks
from vnclone.text.lexicon import Lexicon

FINISHING_SHARE = 3  # percent kept for joining's end and encoding
MEASURED_WORDS = 50  # a shorter reading says nothing about an engine's pace


class Reader:
    """Runs generations. Holds no state of any: killed at any point, `read` goes on from the chunks that are files."""

    def __init__(self, rows: Owned[Generation], voices: Voices, files: Files, pool: Pool, paces: Paces) -> None:
        self._rows, self._voices, self._files, self.pool, self._paces = rows, voices, files, pool, paces
        self._asked = Asked()

    def read(self, generation: Generation, document: Document | None) -> None:
        """Do all that is still to do. Raises VncloneError, or Stopped."""
        notes.check_revision(generation)
        run = Run(self, generation, Watch(self._rows, self.pool, generation))
        started = time.monotonic()
        run.watch.set(status="processing", note=None)
        try:
            if not self._taken_over(run):
                run.make(self._plan(run, document))
        finally:
            spent = round(generation.spent_seconds + (0 if generation.is_heard else time.monotonic() - started), 2)
            with suppress(DiskFull):  # a figure: what the reading came to is written elsewhere
                patiently(lambda: self._rows.update(generation.id, spent_seconds=spent))

    def _plan(self, run: Run, document: Document | None) -> Plan:
        generation = run.generation
        plan = plans.load(run.folder, generation)
        if not plan.steps and generation.is_heard:  # killed before the change was written: what is heard is made again
            plan = plans.load(self.folder(generation, generation.edition), generation)
            plans.save(run.folder, plan)
        if not plan.steps:
            engine, chapters = engines.load(generation.engine), chapters_of(generation, document)
            language = language_for(engine, generation.language, chapters)
            apart = engine.by_sentence or "sentence" in generation.pauses
            own = Lexicon.of(generation.lexicon)
            found = chunks.plan(chapters, language, engine.max_chars, engine.cues, apart, lexicon=own)
            if not found:
                raise notes.nothing_to_say()
            voices = {id: self.voice(generation, id) for id in {plans.voice_of(generation, c.chapter) for c in found}}
            plan = Plan(tuple(plans.make(found, voices, generation)), tuple(chapter.title for chapter in chapters))
            plans.save(run.folder, plan)
        run.watch.set(chunks_total=len(plan.steps))
        return plan

    def voice(self, generation: Generation, voice_id: str) -> Voice:
        return self._voices.require_ready(generation.user_id, voice_id)

    def speaking(self, run: Run, steps: Sequence[Step]) -> Speaking:
        voices = {id: self.voice(run.generation, id) for id in {step.voice for step in steps}}
        return Speaking(run.generation, voices, run.watch, self.pool, self._asked, self._files, self._voices)

    def pace(self, run: Run, left: int) -> Pace:
        engine = run.generation.engine
        before = self._paces.seconds_per_character(engine)
        return Pace(left, self.pool.workers(engine), before, self.pool.sharing(engine) + 1)

    def measure(self, run: Run, steps: Sequence[Step], spent: float, sound: Timeline, pace: Pace) -> None:
        """Keep the engine's own pace, for better estimates. Only of readings long enough to mean something."""
        words, engine = sum(len(step.chunk.written.split()) for step in steps), run.generation.engine
        if words < MEASURED_WORDS or not sound.seconds:
            return
        figures = {"words_per_minute": words / sound.seconds * 60 / run.generation.speed}
        figures["realtime_factor"] = spent / sound.seconds
        if (speed := pace.seconds_per_character) is not None:
            figures["seconds_per_character"] = speed
        patiently(lambda: self._paces.measured(engine, **figures))

    def _taken_over(self, run: Run) -> bool:
        """The very same was made before: its files are this generation's as well. False when there is none."""
        generation = run.generation
        if generation.is_heard or not generation.request_hash:
            return False
        for other in self._rows.where(generation.user_id, "request_hash", generation.request_hash):
            there = self.folder(other, other.edition)
            if other.status == "completed" and other.edition == 0 and (there / MASTER).exists():
                try:
                    self._take_over(run, other, there)
                except FileNotFoundError:  # it was deleted or changed just now: what is missing is made
                    continue
                return True
        return False

    def _take_over(self, run: Run, other: Generation, there: Path) -> None:
        generation = run.generation
        for name in (plans.FILE, timeline.FILE, MASTER):
            link(there / name, run.folder / name)
        plan, sound = plans.load(run.folder, generation), timeline.load(run.folder)
        made = there / f"audio.{generation.format}"
        alike = made.exists() and generation.format != "wav" and other.quality == generation.quality
        run.watch.set(chunks_total=len(plan.steps), chunks_done=len(plan.steps), duration=sound.seconds)
        run.finish(plan, sound, made if alike else None)

    def folder(self, generation: Generation, edition: int) -> Path:
        return self._files.edition(generation.user_id, generation.id, edition)

    def transaction(self) -> AbstractContextManager[object]:
        return self._rows.transaction()

    def forget_live(self, generation: Generation) -> None:
        self._files.live(generation.user_id, generation.id).unlink(missing_ok=True)


class Run:
    """One attempt at one generation: the first edition, or the next one of a recording that is there."""

    def __init__(self, reader: Reader, generation: Generation, watch: Watch) -> None:
        self._reader, self.generation, self.watch = reader, generation, watch
        self.edition = generation.edition + 1 if generation.is_heard else generation.edition
        self.folder = reader.folder(generation, self.edition)

    def make(self, plan: Plan) -> None:
        """Speak what is missing, join, encode."""
        old = self._last_edition()
        new = [step for step in plan.steps if step.key not in old]
        speaking = self._reader.speaking(self, new)
        missing = [step for step in new if not speaking.sound(step).exists()]
        if missing:
            speaking.enroll()
        pace = self._reader.pace(self, sum(len(step.chunk.spoken) for step in missing))
        started, fresh = time.monotonic(), len(missing) == len(plan.steps)
        progress = Progress(self, plan, {step.key for step in missing}, pace)
        assembly = Assembly(self.folder, engines.load(self.generation.engine).sample_rate, self.generation)
        sound, beside = assembly.join(plan.steps, _in_order(plan.steps, old, speaking.sounds(new)), progress.placed)
        if fresh:
            self._reader.measure(self, plan.steps, time.monotonic() - started, sound, pace)
        self.finish(plan, sound, beside)

    def finish(self, plan: Plan, sound: Timeline, compressed: Path | None) -> None:
        """Tags, chapters and cover; then, in one step, this edition is what is heard."""
        generation = self.generation
        marks = assembling.chapter_marks(plan.steps, plan.chapters, sound)
        target = self.folder / f"audio.{generation.format}"
        tags, picture = notes.tags(generation), cover(generation.title, generation.voice_name)
        if compressed:
            dress(compressed, target, generation.format, tags, marks, picture)
        elif generation.format != "wav":
            encode(self.folder / MASTER, target, generation.format, tags, marks, generation.quality, picture)
        for leftover in self.folder.glob(f"{assembling.BESIDE}.*"):
            leftover.unlink()
        self._reader.forget_live(generation)
        patiently(lambda: self._commit(plan, sound, target))
        if self.edition:
            assembling.clear(self._reader.folder(generation, self.edition - 1))

    def _commit(self, plan: Plan, sound: Timeline, target: Path) -> None:
        """Raises Stopped when this change was cancelled, and another one begun, while it was made."""
        with self._reader.transaction():
            if plans.load(self.folder, self.generation) != plan:
                raise Stopped
            self.watch.set(
                status="completed",
                progress=100,
                eta_seconds=0.0,
                completed_at=now(),
                edition=self.edition,
                duration=sound.seconds,
                size_bytes=target.stat().st_size,
                error=None,
                note=notes.doubts(sound.flawed(gaps=False), sound.flawed(gaps=True)),
                chunks_done=len(plan.steps),
                chunks_total=len(plan.steps),
            )

    def _last_edition(self) -> dict[str, Slice]:
        """The sounds of the edition that is heard until this one is done, by key; gaps are tried again."""
        if not self.generation.is_heard:
            return {}
        folder = self._reader.folder(self.generation, self.generation.edition)
        if not (folder / MASTER).exists():
            return {}
        placed = timeline.load(folder).placed
        return {p.key: Slice(folder / MASTER, p) for p in placed if GAP not in p.flaws}


class Progress:
    """Writes into the row how far the joining is. What was read before this run is joined again, nothing falls back."""

    def __init__(self, run: Run, plan: Plan, missing: set[str], pace: Pace) -> None:
        self._run, self._steps, self._missing, self._pace = run, plan.steps, missing, pace

    def placed(self, done: int, seconds: float) -> None:
        step, total = self._steps[done - 1], len(self._steps)
        made = step.key in self._missing
        if made:
            self._missing.discard(step.key)
            self._pace.made(len(step.chunk.spoken))
        if done < self._run.generation.chunks_done:
            self._run.watch.soon(note=notes.CATCHING_UP)
            return
        percent = done * (100 - FINISHING_SHARE) // total
        state = {"chunks_done": done, "progress": percent, "duration": seconds, "eta_seconds": self._pace.eta_seconds()}
        if done == self._run.generation.chunks_done:
            self._run.watch.set(**state, note=None)
        elif made or done == total:
            self._run.watch.set(**state)
        else:
            self._run.watch.soon(**state)


def _in_order(steps: Sequence[Step], old: dict[str, Slice], spoken: Iterator[Path | None]) -> Iterator[Sound]:
    for step in steps:
        yield old[step.key] if step.key in old else next(spoken)


def link(source: Path, target: Path) -> None:
    """The same file under another name; a copy where the file system has no such links."""
    target.unlink(missing_ok=True)
    try:
        os.link(source, target)
    except OSError:
        with no_space_said():
            shutil.copyfile(source, target)


def chapters_of(generation: Generation, document: Document | None) -> tuple[Chapter, ...]:
    """The document's chapters as they are read, or the typed text as one without a title, a line a paragraph."""
    return document.to_read if document is not None else typed(generation.text_input)


def typed(text: str) -> tuple[Chapter, ...]:
    """A typed text as one chapter without a title, a line a paragraph."""
    lines = (line.strip() for line in text.splitlines())
    return (Chapter("", tuple(Paragraph(line) for line in lines if line)),)
