"""Asks the pool for the sounds of one generation, in order: what is there is taken, what fails is tried again."""

from __future__ import annotations

import logging
import os
import threading
from collections import deque
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import CancelledError, Future
from contextlib import suppress
from dataclasses import dataclass, field, replace
from itertools import count
from pathlib import Path

from vnclone.engines.base import EnrollmentUnusable, load_enrollment
from vnclone.errors import BadInput, Conflict, DiskFull, NotFound, VncloneError
from vnclone.models import Generation, Voice
from vnclone.pools.local import PoolClosed
from vnclone.pools.places import Pool
from vnclone.pools.setbacks import BadSound
from vnclone.pools.worker import EnrollTask, SpeakTask, Task
from vnclone.pools.zerogpu import Deserted
from vnclone.services import notes, plans
from vnclone.services.plans import Step
from vnclone.services.voices import Voices
from vnclone.services.watching import Watch, let_go, outcome
from vnclone.store.files import Files

log = logging.getLogger(__name__)
BACKOFF_SECONDS = (1.0, 5.0, 20.0)  # before each of the three further tries of a chunk
MOST_GAPS_IN_A_ROW = 3  # then it is not the text: the generation stops and can be resumed
SEED_STEP = 7_000_003  # apart from those of an engine that reads again by itself
FINAL = (DiskFull, EnrollmentUnusable, PoolClosed, Deserted)  # errors that end the run
HOPELESS = (BadInput, Conflict, NotFound)  # errors of one text that another try would meet again


class Asked:
    """The files that workers are making now, so that two generations of the same text ask for each sound once."""

    def __init__(self) -> None:
        self._futures: dict[Path, Future[None]] = {}
        self._lock = threading.Lock()

    def claim(
        self, outs: Sequence[Path], submit: Callable[[list[int]], Future[None]]
    ) -> tuple[Future[None] | None, list[Future[None]]]:
        """Submit those of `outs`, by index, that are neither there nor asked for.

        Returns the future of these, None when there are none, and those of others that make the rest.
        """
        with self._lock:
            others: list[Future[None]] = []
            missing: list[int] = []
            for index, out in enumerate(outs):
                future = self._futures.get(out)
                if out.exists():
                    _used(out)
                elif future and not future.done():
                    others.append(future)
                elif out not in [outs[other] for other in missing]:  # the same sentence twice
                    missing.append(index)
            own = submit(missing) if missing else None
            if own:
                self._futures |= {outs[index]: own for index in missing}
            return own, others

    def release(self, outs: Sequence[Path]) -> None:
        """Forget what has been made, or will not be."""
        with self._lock:
            for out in outs:
                if (future := self._futures.get(out)) and future.done():
                    del self._futures[out]


@dataclass(slots=True)
class UnderWay:
    """Some steps and where their sounds will be; `own` is the future of `task`, `others` those of other generations."""

    steps: list[Step]
    outs: list[Path]
    task: Task | None = None
    own: Future[None] | None = None
    others: list[Future[None]] = field(default_factory=list)


class Speaking:
    """The sounds of one run of one generation. `voices` are all that its steps name."""

    def __init__(
        self,
        generation: Generation,
        voices: Mapping[str, Voice],
        watch: Watch,
        pool: Pool,
        asked: Asked,
        files: Files,
        shelf: Voices,
    ) -> None:
        self._generation, self._voices, self._watch = generation, voices, watch
        self._pool, self._asked, self._files, self._shelf = pool, asked, files, shelf
        self._gaps_in_a_row, self._most_gaps = 0, MOST_GAPS_IN_A_ROW

    def sound(self, step: Step) -> Path:
        """Where a step's sound lies, or will."""
        return self._files.chunks(self._generation.user_id, step.voice) / f"{step.key}.wav"

    def enroll(self) -> None:
        """Each voice once for each engine and revision; again when what was stored is broken."""
        for voice in self._voices.values():
            target = self._enrollment(voice)
            try:
                load_enrollment(target)
            except EnrollmentUnusable:
                target.unlink(missing_ok=True)
                if error := self._insist(target, lambda _, voice=voice: self._enroll_task(voice)):  # type: ignore[misc]
                    raise error from None

    def sounds(self, steps: Sequence[Step]) -> Iterator[Path | None]:
        """The steps' files in order, None for one that could not be made.

        A few more than the workers are under way, so that two readings share them.
        """
        self._most_gaps = min(MOST_GAPS_IN_A_ROW, len(steps))
        ahead = self._pool.workers(self._generation.engine) + 1
        under_way: deque[UnderWay] = deque()
        try:
            for group in plans.groups(steps, self._generation, self._pool.batch(self._generation.engine)):
                under_way.append(self._begin(group, first=not under_way))
                if len(under_way) > ahead:
                    yield from self._finished(under_way[0])
                    under_way.popleft()
            while under_way:
                yield from self._finished(under_way[0])
                under_way.popleft()
        finally:
            let_go([item.own for item in under_way if item.own])
            for item in under_way:
                self._asked.release(item.outs)

    def _begin(self, group: list[Step], first: bool = False) -> UnderWay:
        item = UnderWay(group, [self.sound(step) for step in group])

        def submit(missing: list[int]) -> Future[None]:
            item.task = self._speak_task([group[i] for i in missing], [item.outs[i] for i in missing], first)
            return self._pool.submit(item.task)

        item.own, item.others = self._asked.claim(item.outs, submit)
        return item

    def _finished(self, item: UnderWay) -> Iterator[Path | None]:
        error: BaseException | None = None
        if item.task and item.own:
            self._watch.wait(item.task, item.own)
            error = outcome(item.own)
        for future in item.others:
            self._watch.wait(self._speak_task(item.steps, item.outs, False), future)
        self._asked.release(item.outs)
        for step, out in zip(item.steps, item.outs, strict=True):
            failed = None if out.exists() else self._again(step, out, error)
            if failed is not None:
                self._gap(step, failed)
            else:
                self._watch.progress()
                self._gaps_in_a_row = 0
            yield out if failed is None else None

    def _again(self, step: Step, out: Path, error: BaseException | None) -> BaseException | None:
        """Try a single step until it is there; the last error when it is not."""
        tries = count()

        def task(out: Path) -> Task:
            """With a seed of its own after a sound that was none, else it would be the same again."""
            asked = self._speak_task([step], [out], False)
            number = next(tries) + 1
            seed = asked.params.seed + SEED_STEP * number if isinstance(error, BadSound) else asked.params.seed
            return replace(asked, params=replace(asked.params, seed=seed))

        return self._insist(out, task, error)

    def _insist(
        self, out: Path, task: Callable[[Path], Task], error: BaseException | None = None
    ) -> BaseException | None:
        """Until `out` is there, three further times after the first error; returns the last one."""
        delays = iter(BACKOFF_SECONDS)
        while not out.exists():
            if isinstance(error, FINAL):
                raise error
            if error is not None and not isinstance(error, CancelledError):
                delay = next(delays, None)
                if delay is None or isinstance(error, HOPELESS):
                    return error
                log.warning("chunk %s of %s: %r; again in %g s", out.stem[:8], self._generation.id, error, delay)
                self._watch.pause(delay)
            error = self._attempt(out, task(out))
        return None

    def _attempt(self, out: Path, task: Task) -> BaseException | None:
        future, others = self._asked.claim([out], lambda _: self._pool.submit(task))
        for waited in [future] if future else others:
            try:
                self._watch.wait(task, waited)
            finally:
                let_go([future] if future else [])
                self._asked.release([out])
            return outcome(waited)
        return None

    def _gap(self, step: Step, error: BaseException) -> None:
        """Say that this step stays silent. Raises the error when it is not this step alone."""
        self._gaps_in_a_row += 1
        log.error("chunk %s of %s is left out: %r", step.key[:8], self._generation.id, error)
        if self._gaps_in_a_row >= self._most_gaps:
            raise error if isinstance(error, VncloneError) else notes.keeps_failing() from error

    def _speak_task(self, steps: list[Step], outs: list[Path], first: bool) -> SpeakTask:
        live = self._files.live(self._generation.user_id, self._generation.id)
        return SpeakTask(
            engine=self._generation.engine,
            enrollment=str(self._enrollment(self._voices[steps[0].voice])),
            texts=tuple(step.chunk.spoken for step in steps),
            outs=tuple(map(str, outs)),
            params=steps[0].params(self._generation),
            # Only the first is streamed: by the time that it has been heard, the others are files.
            live=str(live) if first and len(outs) == 1 and not self._generation.is_heard else "",
            generation=self._generation.id,
            user=self._generation.user_id,
        )

    def _enroll_task(self, voice: Voice) -> EnrollTask:
        reference, target = str(self._shelf.reference(voice)), str(self._enrollment(voice))
        g = self._generation
        return EnrollTask(g.engine, reference, voice.transcript, target, generation=g.id, user=g.user_id)

    def _enrollment(self, voice: Voice) -> Path:
        return self._shelf.enrollment(voice, self._generation.engine, self._generation.engine_revision)


def _used(out: Path) -> None:
    """What was used last is evicted last."""
    with suppress(FileNotFoundError):
        os.utime(out)
