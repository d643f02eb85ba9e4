"""When a reading will be done: from the speed of this run, and before that from what this machine did before."""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable

WINDOW, WINDOW_SECONDS = 60, 60.0  # chunks and seconds looked back, whichever is more: others come and go
TRUSTED = 4  # chunks after the first ones: from then on this run's own speed alone counts


class Pace:
    """`left`: the characters still to be spoken; `workers` of them at once, so that chunks come by so many.

    `before`: seconds a character took on this machine with all workers at it, None where it was never measured;
    `sharing`: how many readings share the workers now.
    """

    def __init__(
        self,
        left: int,
        workers: int,
        before: float | None,
        sharing: int = 1,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self.left, self._workers, self._clock = left, workers, clock
        self._before = before * max(1, sharing) if before is not None else None
        self._count, self._done = 0, 0
        self._marks: deque[tuple[float, int]] = deque()  # time, characters by then

    def made(self, characters: int) -> None:
        """One more chunk has been spoken. The first ones wait for processes and models: they tell no speed."""
        self._count += 1
        self.left -= characters
        self._done += characters
        if self._count >= self._workers:
            self._marks.append((self._clock(), self._done))
            self._forget()

    def _forget(self) -> None:
        while len(self._marks) > WINDOW and self._marks[-1][0] - self._marks[1][0] >= WINDOW_SECONDS:
            self._marks.popleft()

    @property
    def seconds_per_character(self) -> float | None:
        """Of this run; None before it is known well enough."""
        if len(self._marks) <= TRUSTED:
            return None
        (first, before), (last, done) = self._marks[0], self._marks[-1]
        return (last - first) / (done - before) if done > before else None

    def eta_seconds(self) -> float | None:
        """Seconds until all is spoken; None while nothing is known."""
        speed = self.seconds_per_character
        if speed is None:
            speed = self._before
        if speed is None and len(self._marks) > 1:
            (first, before), (last, done) = self._marks[0], self._marks[-1]
            speed = (last - first) / max(1, done - before)
        return None if speed is None else round(max(self.left, 0) * speed, 1)
