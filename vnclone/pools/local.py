"""Chunks on this machine's cores: spawned worker processes, replaced when one dies."""

from __future__ import annotations

import multiprocessing
import os
import threading
from concurrent.futures import CancelledError, Future, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from contextlib import AbstractContextManager, nullcontext
from pathlib import Path

from vnclone import engines
from vnclone.engines.base import Batch
from vnclone.errors import Unavailable
from vnclone.models import Said
from vnclone.pools import worker

TRIES = 3  # a worker killed from outside takes its chunk with it: that chunk is given to another


class PoolClosed(Exception):
    """The app is stopping: what is unfinished goes on at its next start."""


class LocalPool:
    """Processes for each engine, as many as it likes. They start with its first task, and end with this process."""

    def __init__(self, cores: int = 0, temporary: Path | None = None) -> None:
        self._cores = cores or os.cpu_count() or 1
        self._temporary = str(temporary or "")
        self._executors: dict[str, ProcessPoolExecutor] = {}
        self._lock = threading.Lock()
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

    def submit(self, task: worker.Task) -> Future[None]:
        """Queue a task, to be waited for with `finish`. Raises PoolClosed."""
        function = worker.speak if isinstance(task, worker.SpeakTask) else worker.enroll
        for _ in range(TRIES):
            executor = self._running(task.engine)
            try:
                return executor.submit(function, task)  # type: ignore[arg-type]
            except BrokenProcessPool:
                self._discard(task.engine, executor)
        raise _keeps_dying()

    def finish(self, task: worker.Task, future: Future[None]) -> None:
        """Wait for `task`; when its worker died, give it to a new one.

        Raises what the task raised, Unavailable when workers keep dying, PoolClosed.
        """
        for _ in range(TRIES):
            try:
                return future.result()
            except BrokenProcessPool:
                future = self.submit(task)
            except CancelledError:
                raise PoolClosed from None
        raise _keeps_dying()

    def run(self, task: worker.Task) -> None:
        self.finish(task, self.submit(task))

    def close(self) -> None:
        """Finish what the workers hold, and nothing else; afterwards nobody writes any more."""
        with self._lock:
            self._closed, running = True, list(self._executors.values())
            self._executors.clear()
        for executor in running:
            executor.shutdown(wait=False, cancel_futures=True)
        for executor in running:
            executor.shutdown(wait=True)

    def _running(self, engine: str) -> ProcessPoolExecutor:
        with self._lock:
            if self._closed:
                raise PoolClosed
            if engine not in self._executors:
                spawn = multiprocessing.get_context("spawn")
                self._executors[engine] = ProcessPoolExecutor(
                    self.workers(engine), mp_context=spawn, initializer=worker.start, initargs=(self._temporary,)
                )
            return self._executors[engine]

    def _discard(self, engine: str, broken: ProcessPoolExecutor) -> None:
        with self._lock:
            if self._executors.get(engine) is broken:
                del self._executors[engine]
        broken.shutdown(wait=False)


def _keeps_dying() -> Unavailable:
    return Unavailable(
        "Tiến trình tạo giọng bị dừng nhiều lần (có thể máy chủ thiếu bộ nhớ). Hãy thử lại với văn bản ngắn hơn.",
        "The speech process keeps being stopped (the server may be short of memory). Try again with a shorter text.",
    )
