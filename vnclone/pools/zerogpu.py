"""Chunks on ZeroGPU's shared graphics card, each call paid for by somebody who is watching the generation.

A Space's card is lent for seconds at a time, on the quota of the visitor whose request the call runs in. So a call
waits for a follower of its generation and runs in a copy of the newest one's context; every clip is a file as soon as
it comes back, so that a call that is stopped loses nothing, and the next one speaks only what is missing.
"""

from __future__ import annotations

import logging
import math
import os
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import CancelledError, Future
from contextlib import closing, contextmanager
from contextvars import Context, copy_context
from dataclasses import dataclass
from functools import cache, partial
from pathlib import Path
from typing import TypeVar

from vnclone import engines
from vnclone.audio.files import read_wav
from vnclone.engines.base import Batch, save_enrollment
from vnclone.errors import VncloneError
from vnclone.models import Said
from vnclone.pools import setbacks, worker
from vnclone.pools.local import PoolClosed

T = TypeVar("T")
log = logging.getLogger(__name__)
BATCH = Batch(first=8.0, most=45.0, unit="second")  # 45 s of speech: some seconds of the card, well below its limit
AT_ONCE = 4  # calls of different generations: while one waits in ZeroGPU's queue, others need not
FRUITLESS = 3  # calls cut one after the other without a single clip
GRACE_SECONDS = 15.0  # a page that is reloaded is back by then
TICK_SECONDS = 0.5
CLOSING_SECONDS = 5.0  # a call may be in ZeroGPU's queue for a minute; nothing is written any more by then


class Deserted(Exception):
    """Nobody follows the generation, so its work is given back, to be asked for again when somebody does."""


@dataclass(eq=False, slots=True)
class Follower:
    """Somebody who watches a generation now; what `spaces` reads of a visitor is in the context of their request."""

    context: Context
    rests_until: float = 0.0  # time.monotonic(), as everywhere here


class Call(Future[None]):
    """A task until it is done, through as many calls on the card as it takes."""

    def __init__(self, task: worker.Task, lock: threading.Condition) -> None:
        super().__init__()
        self.task, self._lock = task, lock
        self.under_way = self.unwanted = False
        self.size = max(1, len(self.missing()))  # most texts of the next call
        self.kept = 0  # clips of the last call
        self.fruitless = 0  # calls cut without one
        self.rests_until = 0.0
        self.followed_at = time.monotonic()

    def missing(self) -> list[tuple[str, str]]:
        """The texts whose sounds are not there yet, and where to put them; of an enrolment its file."""
        if isinstance(self.task, worker.EnrollTask):
            pairs = [(self.task.transcript, self.task.out)]
        else:
            pairs = list(zip(self.task.texts, self.task.outs, strict=True))
        return [(text, out) for text, out in pairs if not Path(out).exists()]

    def halve(self) -> None:
        """After a call that was cut: again with half as much, unless that brought nothing several times."""
        self.fruitless = 0 if self.kept else self.fruitless + 1
        self.size = max(1, math.ceil(min(self.size, len(self.missing())) / 2))
        if self.fruitless == FRUITLESS:
            self.set_exception(setbacks.keeps_being_cut())

    def cancel(self) -> bool:
        """At once while it waits; one that runs ends after the clip that is being made, and False is returned."""
        with self._lock:
            self.unwanted = True
            if self.under_way or self.done():
                return self.cancelled()
            super().cancel()
            self.set_running_or_notify_cancel()
            self._lock.notify_all()
            return True


class ZeroPool:
    """The surface of vnclone.pools.places.Pool. Holds followers and waiting calls in memory; what is done is files."""

    def __init__(self) -> None:
        self._changed = threading.Condition()  # guards everything below
        self._calls: list[Call] = []
        self._followers: dict[str, list[Follower]] = {}
        self._threads: list[threading.Thread] = []
        self._closed = False

    def workers(self, engine: str) -> int:
        """Of one generation one call after the other: they all come out of one person's quota."""
        return 1

    def batch(self, engine: str) -> Batch:
        return BATCH

    def obstacle(self, task: worker.Task) -> Said | None:
        """What this task waits for, and the way out; None while it runs, or when only other calls are before it."""
        with self._changed:
            sentence = self._waits_for(task)
        return sentence(_elsewhere()) if sentence else None

    @contextmanager
    def following(self, generation: str) -> Iterator[None]:
        """While open, calls of this generation may run in a copy of the caller's context."""
        follower = Follower(copy_context())
        with self._changed:
            self._followers.setdefault(generation, []).append(follower)
            self._changed.notify_all()
        try:
            yield
        finally:
            with self._changed:
                self._followers[generation].remove(follower)
                if not self._followers[generation]:
                    del self._followers[generation]

    def followed(self, generation: str) -> bool:
        with self._changed:
            return generation in self._followers

    def urge(self, generation: str) -> None:
        """Nothing to do: each generation's calls run on its own follower's quota, and ZeroGPU's queue is not ours."""

    def sharing(self, engine: str) -> int:
        """How many different generations have calls of this engine that are not done."""
        with self._changed:
            return len({call.task.generation for call in self._calls if call.task.engine == engine and not call.done()})

    def processes(self, engine: str) -> list[int]:
        """None of ours: the card's processes are those of `spaces`."""
        return []

    def submit(self, task: worker.Task) -> Future[None]:
        """Queue a task. Its future may also raise Deserted. Raises PoolClosed."""
        with self._changed:
            if self._closed:
                raise PoolClosed
            call = Call(task, self._changed)
            self._calls.append(call)
            if not self._threads:
                self._threads = [threading.Thread(target=self._work, daemon=True) for _ in range(AT_ONCE)]
                for thread in self._threads:
                    thread.start()
            self._changed.notify_all()
        return call

    def finish(self, task: worker.Task, future: Future[None]) -> None:
        """Wait for `task`. Raises what it raised, Deserted, PoolClosed."""
        try:
            future.result()
        except CancelledError:
            raise PoolClosed from None

    def run(self, task: worker.Task) -> None:
        self.finish(task, self.submit(task))

    def close(self) -> None:
        """Give up what waits; what runs ends after the clip that is being made."""
        with self._changed:
            self._closed = True
            for call in self._calls:
                call.cancel()
            self._changed.notify_all()
        deadline = time.monotonic() + CLOSING_SECONDS
        for thread in self._threads:
            thread.join(max(deadline - time.monotonic(), 0.0))

    def _work(self) -> None:
        """A dispatcher's life."""
        while chosen := self._next():
            call, follower = chosen
            error = self._try(call, follower)
            with self._changed:
                call.under_way = False
                if call.unwanted:
                    call.cancel()
                elif error:
                    _failed(call, follower, error)
                elif not call.missing():
                    call.set_result(None)
                self._changed.notify_all()

    def _try(self, call: Call, follower: Follower) -> Exception | None:
        """One call on the card, in a copy of the follower's context; what came of it."""
        try:
            follower.context.copy().run(_perform, call)
        except Exception as error:  # noqa: BLE001 - whatever it is, it is the task's and not the dispatcher's
            return error
        return None

    def _next(self) -> tuple[Call, Follower] | None:
        """The first call that may run, and the follower whose context it runs in. Waits for one; None once closed."""
        with self._changed:
            while not self._closed:
                self._calls = [call for call in self._calls if not call.done()]
                self._give_back()
                passed = {call.task.generation for call in self._calls if call.under_way}
                for call in self._calls:
                    generation = call.task.generation
                    follower = newest(self._followers.get(generation, []), time.monotonic())
                    if generation not in passed and follower and call.rests_until <= time.monotonic():
                        call.under_way = True
                        return call, follower
                    passed.add(generation)  # in order: what comes later is of no use before
                self._changed.wait(TICK_SECONDS if self._calls else None)
        return None

    def _give_back(self) -> None:
        """What nobody has followed for a while, so that it holds no thread while it waits."""
        for call in self._calls:
            if call.under_way or call.task.generation in self._followers:
                call.followed_at = time.monotonic()
            elif time.monotonic() - call.followed_at > GRACE_SECONDS:
                call.set_exception(Deserted())
        self._calls = [call for call in self._calls if not call.done()]

    def _waits_for(self, task: worker.Task) -> Callable[[Said], Said] | None:
        """What makes the sentence out of the one about other engines."""
        now, followers = time.monotonic(), self._followers.get(task.generation, [])
        call = next((call for call in self._calls if call.task is task), None)
        if call is None or call.under_way:
            return None
        if not followers:
            return setbacks.alone
        if call.rests_until > now:
            return setbacks.busy
        if newest(followers, now):
            return None
        soonest = min(follower.rests_until for follower in followers) - now
        return setbacks.expired if math.isinf(soonest) else partial(setbacks.quota, soonest)


def newest(followers: list[Follower], now: float) -> Follower | None:
    """The one that came last of those who do not rest: its request's token is the freshest."""
    return next((follower for follower in reversed(followers) if follower.rests_until <= now), None)


def _perform(call: Call) -> None:
    from vnclone.engines import zerogpu

    task, call.kept = call.task, 0
    if isinstance(task, worker.EnrollTask):
        made = zerogpu.enroll(task.engine, read_wav(Path(task.reference)), task.transcript or None)
        save_enrollment(Path(task.out), _raised(made))
        return
    if not (portion := call.missing()[: call.size]):
        return
    texts, voice = tuple(text for text, _ in portion), worker.enrollment_at(task.enrollment)
    with closing(zerogpu.speak(task.engine, texts, voice, task.params)) as clips:
        for (_, out), clip in zip(portion, clips, strict=True):
            if call.unwanted:
                return
            worker.keep(_raised(clip), out)
            call.kept += 1


def _failed(call: Call, follower: Follower, error: Exception) -> None:
    setback = setbacks.setback(error)
    if setback is None:
        call.set_exception(error)
        return
    log.info("ZeroGPU: %s: %s", setback.kind, error)
    if setback.kind == "cut":
        call.halve()
    elif setback.kind == "busy":
        call.rests_until = time.monotonic() + setback.seconds
    else:
        follower.rests_until = time.monotonic() + setback.seconds


def _raised(made: T | VncloneError) -> T:
    """What came back from the card, unless it is an error."""
    if isinstance(made, VncloneError):
        raise made
    return made


@cache
def _elsewhere() -> Said:
    """About the engines that are ready and need no card."""
    ready = []
    for engine in map(engines.load, engines.names()):
        if not engine.placement(os.cpu_count() or 1).gpu and engine.status().state == "ready":
            ready.append(engine.name)
    return setbacks.instead(ready)
