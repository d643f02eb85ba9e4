"""Which generations run: some of each user's at once, users in turn; and when one will be done."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable

import pytest

from vnclone.services.pacing import TRUSTED, Pace
from vnclone.services.turnstile import Turnstile


class Runs:
    """Work that lasts until it is let go, and the order in which it began."""

    def __init__(self, most: int = 4, each: int = 2) -> None:
        self.begun: list[str] = []
        self.positions: dict[str, int] = {}
        self._gates: dict[str, threading.Semaphore] = {}
        self._changed = threading.Condition()
        self.turnstile = Turnstile(self._run, self.positions.__setitem__, most, each)

    def add(self, *items: str) -> None:
        """The first letter is the user."""
        for item in items:
            self._gates.setdefault(item, threading.Semaphore(0))
            self.turnstile.add(item[0], item)

    def end(self, item: str) -> None:
        self._gates[item].release()

    def wait(self, count: int) -> list[str]:
        with self._changed:
            assert self._changed.wait_for(lambda: len(self.begun) >= count, 10), self.begun
            return list(self.begun)

    def _run(self, item: str) -> None:
        with self._changed:
            self.begun.append(item)
            self._changed.notify_all()
        self._gates[item].acquire()


def until(true: Callable[[], bool]) -> None:
    """Positions are told a moment after a thread has begun."""
    deadline = time.monotonic() + 10
    while not true():
        assert time.monotonic() < deadline
        time.sleep(0.01)


def test_a_users_many_generations_leave_room_for_anothers() -> None:
    runs = Runs(most=4, each=2)
    runs.add("a1", "a2", "a3", "a4")
    assert runs.wait(2) == ["a1", "a2"] and runs.positions == {"a3": 1, "a4": 2}
    runs.add("b1")
    assert runs.wait(3)[-1] == "b1"
    runs.end("a1")
    assert runs.wait(4)[-1] == "a3"
    until(lambda: runs.positions["a4"] == 1)


def test_users_take_turns_when_all_places_are_taken() -> None:
    runs = Runs(most=1, each=1)
    runs.add("a1", "a2", "a3", "b1", "c1", "b2")
    for expected in ("a1", "b1", "c1", "a2", "b2", "a3"):
        assert runs.wait(len(runs.begun))[-1:] == [expected] or runs.wait(len(runs.begun) + 1)[-1] == expected
        before = len(runs.begun)
        runs.end(expected)
        if expected != "a3":
            runs.wait(before + 1)
    assert runs.begun == ["a1", "b1", "c1", "a2", "b2", "a3"]


def test_what_is_added_while_it_runs_runs_once_more() -> None:
    runs = Runs()
    runs.add("a1")
    runs.wait(1)
    runs.add("a1", "a1")
    runs.end("a1")
    assert runs.wait(2) == ["a1", "a1"]
    runs.end("a1")


def test_what_is_dropped_never_begins_and_the_next_moves_up() -> None:
    runs = Runs(most=1)
    runs.add("a1")
    runs.wait(1)
    runs.add("a2", "a3")
    runs.turnstile.drop("a", "a2")
    assert runs.positions["a3"] == 1
    runs.end("a1")
    assert runs.wait(2) == ["a1", "a3"]
    runs.end("a3")


def test_nothing_begins_once_it_is_closed() -> None:
    runs = Runs(most=1)
    runs.add("a1")
    runs.wait(1)
    runs.add("a2")
    runs.turnstile.close()
    runs.end("a1")
    runs.add("b1")
    assert runs.begun == ["a1"]


class Clock:
    now = 0.0

    def __call__(self) -> float:
        return self.now


@pytest.mark.parametrize(("workers", "loading"), [(1, 0.0), (2, 30.0), (4, 90.0)])
def test_after_ten_chunks_the_eta_is_right_within_a_fifth(workers: int, loading: float) -> None:
    """Chunks of 60 to 260 characters, spoken at an even speed by so many workers that first load a model."""
    sizes = [60 + (number * 7919) % 201 for number in range(80)]
    free = [loading] * workers
    ends = []
    for size in sizes:
        worker = free.index(min(free))
        free[worker] += size * 0.05
        ends.append(free[worker])
    clock, done = Clock(), 0.0
    pace = Pace(sum(sizes), workers, before=0.5, clock=clock)  # ten times too slow: an old machine's
    for number, size in enumerate(sizes, start=1):
        clock.now = done = max(done, ends[number - 1])  # in order
        pace.made(size)
        if 10 <= number <= 75:
            left, eta = max(ends) - clock.now, pace.eta_seconds()
            assert eta is not None and abs(eta - left) < 0.2 * left + 6, (number, eta, left)


def test_before_this_run_knows_the_machines_own_speed_counts_shared_among_readings() -> None:
    assert Pace(1000, 2, before=0.01).eta_seconds() == 10
    assert Pace(1000, 2, before=0.01, sharing=3).eta_seconds() == 30
    assert Pace(1000, 2, before=None).eta_seconds() is None


def test_the_eta_follows_when_others_come() -> None:
    clock = Clock()
    pace = Pace(100 * 100, 1, None, clock=clock)
    for number in range(95):
        clock.now += 1 if number < 30 else 3
        pace.made(100)
    assert TRUSTED < 30 and 14 <= (pace.eta_seconds() or 0) <= 16
