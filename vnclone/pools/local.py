"""Chunks on this machine's cores: spawned worker processes, replaced when one dies."""

from __future__ import annotations

import multiprocessing
import os
import threading
from concurrent.futures import CancelledError, Future, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool

from vnclone.errors import Unavailable
from vnclone.pools import worker

TRIES = 3  # a worker killed from outside takes its chunk with it: that chunk is given to another


class PoolClosed(Exception):
    """The app is stopping: what is unfinished goes on at its next start."""


class LocalPool:
    """One process a core. They start with the first task, and end with this process."""

    def __init__(self, workers: int = 0) -> None:
        self.workers = workers or os.cpu_count() or 1
        self._executor: ProcessPoolExecutor | None = None
        self._lock = threading.Lock()
        self._closed = False

    def submit(self, task: worker.SpeakTask | worker.EnrollTask) -> Future[None]:
        """Queue a task, to be waited for with `finish`. Raises PoolClosed."""
        function = worker.speak if isinstance(task, worker.SpeakTask) else worker.enroll
        for _ in range(TRIES):
            executor = self._running()
            try:
                return executor.submit(function, task)  # type: ignore[arg-type]
            except BrokenProcessPool:
                self._discard(executor)
        raise _keeps_dying()

    def finish(self, task: worker.SpeakTask | worker.EnrollTask, future: Future[None]) -> None:
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

    def run(self, task: worker.SpeakTask | worker.EnrollTask) -> None:
        self.finish(task, self.submit(task))

    def close(self) -> None:
        """Finish what the workers hold, and nothing else; afterwards nobody writes any more."""
        with self._lock:
            self._closed, executor, self._executor = True, self._executor, None
        if executor:
            executor.shutdown(wait=True, cancel_futures=True)

    def _running(self) -> ProcessPoolExecutor:
        with self._lock:
            if self._closed:
                raise PoolClosed
            if self._executor is None:
                spawn = multiprocessing.get_context("spawn")
                self._executor = ProcessPoolExecutor(self.workers, mp_context=spawn, initializer=worker.start)
            return self._executor

    def _discard(self, broken: ProcessPoolExecutor) -> None:
        with self._lock:
            if self._executor is broken:
                self._executor = None
        broken.shutdown(wait=False)


def _keeps_dying() -> Unavailable:
    return Unavailable(
        "Tiến trình tạo giọng bị dừng nhiều lần (có thể máy chủ thiếu bộ nhớ). Hãy thử lại với văn bản ngắn hơn.",
        "The speech process keeps being stopped (the server may be short of memory). Try again with a shorter text.",
    )
