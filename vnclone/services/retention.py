"""How long recordings are kept: so many days, told in advance; then they are deleted with all that belongs to them."""

from __future__ import annotations

import threading
import time
from datetime import UTC, datetime, timedelta

from vnclone.errors import VncloneError
from vnclone.models import OVER, Generation
from vnclone.services.generations import Generations
from vnclone.services.sweeping import Sweeper
from vnclone.services.tasks import run_logged
from vnclone.store.owned import Owned

EVERY_SECONDS = 3600.0
JUMP_SECONDS = 3600.0
DOUBT_SECONDS = 86_400.0


class Clock:
    """Whether this machine's clock has jumped, as its own count of seconds shows."""

    def __init__(self) -> None:
        self._ahead, self._until = time.time() - running_seconds(), 0.0

    def doubtful(self) -> bool:
        """For a day after the time has jumped by more than an hour since this was asked the last time."""
        ahead = time.time() - running_seconds()
        if abs(ahead - self._ahead) > JUMP_SECONDS:
            self._until = running_seconds() + DOUBT_SECONDS
        self._ahead = ahead
        return running_seconds() < self._until


def running_seconds() -> float:
    """Seconds that nobody sets; where the system can tell, those of a machine that sleeps count too."""
    boot = getattr(time, "CLOCK_BOOTTIME", None)
    return time.monotonic() if boot is None else time.clock_gettime(boot)


class Retention:
    """`days` after a recording was finished it is deleted; 0 keeps it for ever.

    What has expired is deleted an hour of running later: a machine that starts with a wrong clock sets it right by
    then, and has lost nothing. A clock that jumps is not believed for a day.
    """

    def __init__(
        self,
        rows: Owned[Generation],
        generations: Generations,
        sweeper: Sweeper,
        days: int,
        every: float = EVERY_SECONDS,
    ) -> None:
        self._rows, self._generations, self._sweeper, self._days, self._every = rows, generations, sweeper, days, every
        self._seen: set[str] = set()  # what had expired the last time, and still has
        self._clock = Clock()
        self._closed = threading.Event()

    def start(self) -> None:
        threading.Thread(target=self._keep_house, name="retention", daemon=True).start()

    def close(self) -> None:
        self._closed.set()

    def expires_at(self, generation: Generation) -> str | None:
        """When it will be deleted, ISO 8601 in UTC; None for what is not over, and where all is kept."""
        since = generation.completed_at or generation.updated_at
        if not self._days or generation.status not in OVER:
            return None
        return (datetime.fromisoformat(since) + timedelta(days=self._days)).isoformat(timespec="seconds")

    def soon(self, user_id: str, days: int, most: int) -> list[Generation]:
        """A user's recordings that will be deleted within `days`, the first one first."""
        return self._rows.before(self._since(self._days - days), OVER, user_id, most) if self._days else []

    def expired(self) -> list[Generation]:
        """What should be gone by now, by this machine's clock."""
        return self._rows.before(self._since(self._days), OVER) if self._days else []

    def _since(self, days: int) -> str:
        """So many days ago."""
        return (datetime.now(UTC) - timedelta(days=days)).isoformat(timespec="microseconds")

    def purge(self) -> int:
        """Delete what has expired, then cached chunks by age and size; returns how many recordings went."""
        count = 0
        for generation in self.expired():
            count += self._delete(generation)
        self._sweeper.everything()
        return count

    def _keep_house(self) -> None:
        while not self._closed.wait(self._every):
            run_logged(self._tick, lambda _: None)

    def _tick(self) -> None:
        if self._clock.doubtful():
            self._seen.clear()
            self._sweeper.everything(ages=False)
            return
        expired = {generation.id: generation for generation in self.expired()}
        for generation_id in self._seen & expired.keys():
            self._delete(expired[generation_id])
        self._seen = set(expired)
        self._sweeper.everything()

    def _delete(self, generation: Generation) -> bool:
        try:
            self._generations.delete(generation.user_id, generation.id)
        except VncloneError:  # its owner was quicker
            return False
        return True
