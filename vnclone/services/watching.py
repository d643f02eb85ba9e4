"""One generation while it runs: its row is written here alone, and here it stops when it is no longer wanted."""

from __future__ import annotations

import time
from concurrent.futures import CancelledError, Future, wait

from vnclone.models import UNFINISHED, Generation
from vnclone.pools.places import Pool
from vnclone.pools.worker import Task
from vnclone.pools.zerogpu import Deserted
from vnclone.services.notes import no_progress
from vnclone.settings import on_zero_gpu
from vnclone.store.owned import Owned
from vnclone.store.patience import patiently

CHECK_SECONDS = 0.5  # how often somebody who waits looks whether the generation is still wanted
SOON_SECONDS = 0.2  # between two states of one that hurries through what is there already
STALL_SECONDS = 1800.0


class Stopped(Exception):
    """The generation was cancelled, paused or deleted while it ran."""


class Watch:
    """Every method raises Stopped when the generation is no longer one that runs."""

    def __init__(self, rows: Owned[Generation], pool: Pool, generation: Generation) -> None:
        self._rows, self._pool, self._id = rows, pool, generation.id
        self._written, self._progress = 0.0, time.monotonic()

    def set(self, **changes: object) -> None:
        """Change the row; patient while another program holds the database."""
        if not patiently(lambda: self._rows.update(self._id, only_from=UNFINISHED, **changes)):
            raise Stopped
        self._written = time.monotonic()

    def soon(self, **changes: object) -> None:
        """`set`, unless that was done a moment ago."""
        if time.monotonic() - self._written > SOON_SECONDS:
            self.set(**changes)

    def check(self) -> None:
        """Raises Unavailable too, when there was no progress for half an hour."""
        if not patiently(lambda: self._rows.has_status(self._id, *UNFINISHED)):
            raise Stopped
        if time.monotonic() - self._progress > STALL_SECONDS:
            raise no_progress()

    def progress(self) -> None:
        """Another chunk is there."""
        self._progress = time.monotonic()

    def wait(self, task: Task, future: Future[None]) -> None:
        """Until the task is done, however it ended; meanwhile the row says what keeps it from being begun."""
        note = None
        while not wait([future], CHECK_SECONDS).done:
            obstacle = self._pool.obstacle(task)
            if obstacle:
                self.progress()
            if obstacle != note:
                self.set(note=obstacle, eta_seconds=None)
            elif on_zero_gpu():
                # The row's new time is a new state for its followers, and only when Gradio has one to deliver does it
                # notice that a follower has left, whose presence the work needs there.
                self.set()
            self.check()
            note = obstacle
        if note and not isinstance(outcome(future), Deserted):  # then it goes on being why it waits
            self.set(note=None)

    def pause(self, seconds: float) -> None:
        until = time.monotonic() + seconds
        while (left := until - time.monotonic()) > 0:
            time.sleep(min(left, CHECK_SECONDS))
            self.check()


def let_go(futures: list[Future[None]]) -> None:
    """Whoever stops a reading may delete its folder next: nothing may still be written into it."""
    wait([future for future in futures if not future.cancel()])


def outcome(future: Future[None]) -> BaseException | None:
    """What a finished task raised."""
    try:
        return future.exception()
    except CancelledError as error:
        return error
