"""Chunks on this machine: spawned worker processes, fairly shared, and replaced when one hangs or dies.

Each engine has a crew: so many lanes as its placement says, and one queue. A lane is a thread that owns a process, and
gives it one task after the other: a thread can wait for whatever happens to its process, and a process can be killed.
Nothing is tried again here: whoever waits for a task knows what is still missing of it.
"""

from __future__ import annotations

import multiprocessing
import os
import signal
import threading
import time
from collections.abc import Callable, Collection
from concurrent.futures import CancelledError, Future
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from functools import partial
from multiprocessing import connection, resource_tracker
from pathlib import Path

from vnclone import engines
from vnclone.engines.base import Batch, speech_seconds
from vnclone.models import Said
from vnclone.pools import setbacks, worker
from vnclone.pools.setbacks import TooSlow, WorkerDied
from vnclone.pools.turns import Turns

LIMIT_SECONDS, LIMIT_FACTOR = 300.0, 30.0  # a model is loaded, then speech takes 30 times as long as it lasts
IDLE_SECONDS = 600.0  # after so long without a task a process ends, and its models' memory is free
URGENT_SECONDS = 2.0
GRACE_SECONDS = 4.0  # what `close` gives the tasks that run; then they are killed
LEAVING_SECONDS = 1.0  # what a process without a task needs to end
_SPAWN = multiprocessing.get_context("spawn")


class PoolClosed(Exception):
    """The app is stopping: what is unfinished goes on at its next start."""


def limit_seconds(task: worker.Task) -> float:
    """How long a task may take, with room for loading a model and for a machine that is busy."""
    texts = task.texts if isinstance(task, worker.SpeakTask) else ()
    return LIMIT_SECONDS + LIMIT_FACTOR * sum(map(speech_seconds, texts))


@dataclass(frozen=True, slots=True)
class Rules:
    """What lanes keep to. `work` is called in their processes; `limit` says how many seconds a task may take."""

    temporary: str = ""
    work: worker.Work = worker.do
    limit: Callable[[worker.Task], float] = limit_seconds
    idle_seconds: float = IDLE_SECONDS


class LocalPool:
    """The surface of vnclone.pools.places.Pool. Processes start with the first tasks, and end with this process."""

    def __init__(self, cores: int = 0, temporary: Path | None = None, rules: Rules | None = None) -> None:
        self._cores = cores or os.cpu_count() or 1
        self._rules = rules or Rules(str(temporary or ""))
        self._crews: dict[str, Crew] = {}
        self._urged: dict[str, float] = {}  # generation -> until when it is urgent, by time.monotonic()
        self._lock = threading.Lock()  # guards the above; a crew's own lock may be held when it is taken
        self._closed = False

    def workers(self, engine: str) -> int:
        """How many tasks of this engine run at once."""
        return engines.load(engine).placement(self._cores).workers

    def batch(self, engine: str) -> Batch:
        """How many chunks of one task it speaks together."""
        return Batch(1, engines.load(engine).placement(self._cores).batch)

    def obstacle(self, task: worker.Task) -> Said | None:
        """What keeps a queued task from being begun, for people; None when only other work is before it."""
        return None

    def following(self, generation: str) -> AbstractContextManager[None]:
        """Work on this machine goes on whether or not anybody follows it."""
        return nullcontext()

    def followed(self, generation: str) -> bool:
        """Whether somebody follows it whose presence the work needs."""
        return False

    def urge(self, generation: str) -> None:
        """Somebody hears this generation now and is about to run out; said again within 2 s, or it lapses."""
        now = time.monotonic()
        with self._lock:
            self._urged = {urged: until for urged, until in self._urged.items() if until > now}
            self._urged[generation] = now + URGENT_SECONDS

    def sharing(self, engine: str) -> int:
        """How many different generations have tasks of this engine queued or running."""
        crew = self._crews.get(engine)
        return crew.generations() if crew else 0

    def processes(self, engine: str) -> list[int]:
        """The process ids of this engine's workers that run now."""
        crew = self._crews.get(engine)
        return crew.processes() if crew else []

    def submit(self, task: worker.Task) -> Future[None]:
        """Queue a task, to be waited for with `finish`. Cancelled while it waits, it leaves the queue at once.

        Its future raises what the task raised, TooSlow, WorkerDied or PoolClosed. Raises PoolClosed.
        """
        return self._crew(task.engine).add(task)

    def finish(self, task: worker.Task, future: Future[None]) -> None:
        """Wait for `task`. Raises what it raised, TooSlow, WorkerDied, PoolClosed."""
        try:
            future.result()
        except CancelledError:
            raise PoolClosed from None

    def run(self, task: worker.Task) -> None:
        self.finish(task, self.submit(task))

    def close(self) -> None:
        """Give up what waits and finish what runs, within seconds; afterwards nobody writes any more."""
        with self._lock:
            self._closed, crews = True, list(self._crews.values())
        for crew in crews:
            crew.close()
        deadline = time.monotonic() + GRACE_SECONDS
        for crew in crews:
            crew.leave_by(deadline)

    def _crew(self, engine: str) -> Crew:
        if crew := self._crews.get(engine):
            return crew
        workers = self.workers(engine)  # loads the engine, which takes its time: before the lock
        with self._lock:
            if self._closed:
                raise PoolClosed
            if engine not in self._crews:
                self._crews[engine] = Crew(workers, self._rules, self._urgent)
            return self._crews[engine]

    def _urgent(self) -> Collection[str]:
        """The generations that are urgent now."""
        now = time.monotonic()
        with self._lock:
            return {urged for urged, until in self._urged.items() if until > now}


class Call(Future[None]):
    """A task until it is done."""

    def __init__(self, task: worker.Task, crew: Crew) -> None:
        super().__init__()
        self.task, self.user, self.generation = task, task.user, task.generation
        self._crew = crew

    def cancel(self) -> bool:
        """At once while it waits; False when it runs or is done."""
        if self._crew.drop(self):
            super().cancel()
            self.set_running_or_notify_cancel()
        return self.cancelled()


class Crew:
    """One engine's lanes, and the queue that they share."""

    def __init__(self, workers: int, rules: Rules, urgent: Callable[[], Collection[str]]) -> None:
        self.rules, self._urgent = rules, urgent
        self.closed = False
        self._changed = threading.Condition()  # guards all here but what a lane does with its own process
        self._turns: Turns[Call] = Turns()
        self._running: set[Call] = set()
        self._rested = 0  # lanes that wait with a process
        self._lanes = [Lane(self) for _ in range(workers)]
        for lane in self._lanes:
            lane.start()

    def add(self, task: worker.Task) -> Call:
        call = Call(task, self)
        with self._changed:
            if self.closed:
                raise PoolClosed
            self._turns.add(call)
            self._changed.notify_all()  # not one: it might be a lane without a process, which leaves it to another
        return call

    def drop(self, call: Call) -> bool:
        with self._changed:
            return self._turns.drop(call)

    def generations(self) -> int:
        with self._changed:
            return len({call.generation for call in (*self._turns.waiting(), *self._running)})

    def processes(self) -> list[int]:
        return [pid for lane in self._lanes if (pid := lane.pid) is not None]

    def take(self, rested: bool) -> Call | None:
        """The next call for a lane. None when there is nothing more to do, or for long nothing for its process.

        `rested`: whether it has a process. A lane without one takes only what is too much for those that have.
        """
        deadline = time.monotonic() + self.rules.idle_seconds
        with self._changed:
            self._rested += rested
            try:
                while not self.closed:
                    if len(self._turns) > (0 if rested else self._rested):
                        return self._next()
                    left = deadline - time.monotonic() if rested else None
                    if left is not None and left <= 0:
                        return None
                    self._changed.wait(left)
                return None
            finally:
                self._rested -= rested

    def _next(self) -> Call | None:
        call = self._turns.next(self._urgent())
        if call is not None:
            call.set_running_or_notify_cancel()  # with the lock, so that `cancel` finds it in the queue or running
            self._running.add(call)
        return call

    def done(self, call: Call, error: BaseException | None) -> None:
        with self._changed:
            self._running.discard(call)
            if self.closed and isinstance(error, WorkerDied | TooSlow):
                error = PoolClosed()
        if error is None:
            call.set_result(None)
        else:
            call.set_exception(error)

    def close(self) -> None:
        """Take no more, and give up what waits."""
        with self._changed:
            self.closed, waiting = True, list(self._turns.waiting())
            self._changed.notify_all()
        for call in waiting:
            call.cancel()

    def leave_by(self, deadline: float) -> None:
        """Wait for the lanes; at `deadline`, in time.monotonic(), kill what still runs."""
        for lane in self._lanes:
            lane.join(max(deadline - time.monotonic(), 0.0))
        for lane in self._lanes:
            lane.stop()
        for lane in self._lanes:
            lane.join(LEAVING_SECONDS)


class Lane(threading.Thread):
    """One task after the other, in a process that starts with the first and is replaced when it hangs or dies."""

    def __init__(self, crew: Crew) -> None:
        super().__init__(name="lane", daemon=True)
        self._crew = crew
        self._process: Process | None = None
        self._stopped = False

    @property
    def pid(self) -> int | None:
        """Of its process; None when there is none."""
        process = self._process
        return process.pid if process and process.alive() else None

    def run(self) -> None:
        resource_tracker.ensure_running()  # the first process would start it, and let Ctrl-C through again
        # In a terminal Ctrl-C reaches every process, and is the server's alone to answer: its processes inherit this
        # before they run a line.
        signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
        while not self._crew.closed:
            call = self._crew.take(rested=self._process is not None)
            if call is None:
                self._let_go()
                continue
            _, error = worker.outcome(partial(self._perform, call.task))
            if isinstance(error, TooSlow | WorkerDied):
                self._let_go(by_force=True)
            self._crew.done(call, error)
        self._let_go()

    def stop(self) -> None:
        """From another thread: whatever its process does, it ends, and no other one is used."""
        self._stopped = True
        if process := self._process:
            process.kill()

    def _perform(self, task: worker.Task) -> None:
        if self._process and not self._process.alive():  # killed while it had nothing to do
            self._let_go()
        if not self._process:
            self._process = Process(self._crew.rules)
        if self._stopped:  # after the process is known: either this sees the stop, or `stop` the process
            raise setbacks.worker_died()
        self._process.do(task, self._crew.rules.limit(task))

    def _let_go(self, by_force: bool = False) -> None:
        process, self._process = self._process, None
        if process and by_force:
            process.kill()
        if process:
            process.end()


class Process:
    """A worker and the pipe to it, from the server's side."""

    def __init__(self, rules: Rules) -> None:
        """Raises WorkerDied when the machine has no room for another process."""
        self._pipe, theirs = _SPAWN.Pipe()
        arguments = (theirs, rules.work, rules.temporary)
        self._process = _SPAWN.Process(target=worker.serve, args=arguments, daemon=True)
        try:
            self._process.start()
        except OSError as error:
            self._pipe.close()
            raise setbacks.worker_died() from error
        finally:
            theirs.close()  # the worker's copy alone is left: when it dies, reading ends

    @property
    def pid(self) -> int | None:
        return self._process.pid

    def alive(self) -> bool:
        return not connection.wait([self._process.sentinel], 0)

    def do(self, task: worker.Task, seconds: float) -> None:
        """Raises what the task raised, TooSlow after `seconds`, WorkerDied."""
        try:
            self._pipe.send(task)
            if not connection.wait([self._pipe, self._process.sentinel], seconds):
                raise setbacks.too_slow(seconds)
            if not self._pipe.poll():  # its copy of the pipe may outlive it in a process that it started
                raise setbacks.worker_died()
            told: worker.Trouble | None = self._pipe.recv()
        except (EOFError, OSError) as error:
            raise setbacks.worker_died() from error
        if told is not None:
            raise worker.raised(told)

    def kill(self) -> None:
        self._process.kill()

    def end(self) -> None:
        """It ends by itself when the pipe is closed; when it does not, by force."""
        self._pipe.close()
        self._process.join(LEAVING_SECONDS)
        if self.alive():
            self.kill()
            self._process.join(LEAVING_SECONDS)  # one that the kernel holds is left to it
