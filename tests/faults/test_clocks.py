"""A clock that is set years forward or back while a recording is made: wherever the app reads it."""

from __future__ import annotations

import datetime as datetimes
import random
import time
from collections.abc import Iterator

import pytest

from faults.conftest import BOOK, Scale, Table
from faults.desk import Desk
from vnclone.errors import NotSignedIn
from vnclone.models import Generation
from vnclone.services import retention
from vnclone.store import owned

YEAR = 365.25 * 86_400
JUMPS = (10 * YEAR, -10 * YEAR, 70 * YEAR, -40 * YEAR, 31 * 86_400.0, 7200.0, -7200.0)


class WrongClock:
    """`time.time()` and `datetime.now()` as this process sees them, `ahead` seconds of the real ones."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.ahead = 0.0
        real = time.time

        class Datetime(datetimes.datetime):
            @classmethod
            def now(cls, tz: datetimes.tzinfo | None = None) -> datetimes.datetime:  # type: ignore[override]
                return datetimes.datetime.fromtimestamp(real() + self.ahead, tz)

        monkeypatch.setattr(time, "time", lambda: real() + self.ahead)
        for module in (owned, retention):
            monkeypatch.setattr(module, "datetime", Datetime)


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Iterator[WrongClock]:
    wrong = WrongClock(monkeypatch)
    yield wrong
    wrong.ahead = 0.0


def test_a_clock_that_jumps_costs_nothing(scale: Scale, table: Table, clock: WrongClock, desk: Desk) -> None:
    dice, services, rounds = random.Random(16), desk.services, scale(1, 14)
    kept = desk.finished(desk.ask("Bản này đã xong từ trước khi đồng hồ nhảy."))
    for number in range(rounds):
        ahead, at = JUMPS[number % len(JUMPS)], dice.randint(0, 8)
        generation = desk.ask(f"Lần {number}.\n{BOOK}", format="wav")
        estimates = []
        for state in services.generations.follow(desk.user, generation.id):
            if state.chunks_done >= at:
                clock.ahead = ahead
            estimates.append(state.eta_seconds)
        assert state.status == "completed", state.error
        assert all(eta is None or 0 <= eta < 600 for eta in estimates), estimates
        check_nothing_purged(desk, [kept, state])
        check_links(desk, state)
        assert {g.id for g in services.generations.history(desk.user)} == {kept.id, state.id}
        clock.ahead = 0.0
        check_nothing_purged(desk, [kept, state])
        services.generations.delete(desk.user, state.id)
        desk.rest()
    found = "nothing deleted, estimates below ten minutes, history and links answer"
    table.add(
        "5",
        "the clock jumps by hours to decades, forward and back, while a recording is made",
        f"{rounds} jumps",
        found,
    )


def check_nothing_purged(desk: Desk, recordings: list[Generation]) -> None:
    """Not by three rounds of keeping house, as many as would delete what is really old, and not at a start."""
    before = desk.house.chunks()
    for _ in range(3):
        desk.services.retention._tick()
    desk.services.retention._sweeper.everything(ages=False)  # as a start does
    for recording in recordings:
        assert desk.services.exports.audio(desk.user, recording.id).exists()
    assert desk.house.chunks() == before


def check_links(desk: Desk, recording: Generation) -> None:
    """A link that is made now is good now; with any other time it says no, and nothing worse."""
    links = desk.services.links
    link = links.audio(desk.user, recording.id)
    said = dict(part.split("=") for part in link.split("?")[1].split("&"))
    assert links.check(recording.id, said["user"], said["expires"], said["signature"]) == desk.user
    for expires in ("0", "-1", "9" * 12, "9" * 30, "", "nan"):
        with pytest.raises(NotSignedIn):
            links.check(recording.id, said["user"], expires, said["signature"])
