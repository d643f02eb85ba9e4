"""SIGTERM and Ctrl-C at any time: the app leaves at once, and goes on at its next start."""

from __future__ import annotations

import random
import shutil
import signal
import subprocess
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from faults.conftest import FOLLOW, Model, Scale, Table, full_only, redo, request_of
from faults.house import FORMATS, House, Steps
from tests.test_serve import running

LEAVING_SECONDS = 15.0


def signalled(number: int, after: float) -> Callable[[subprocess.Popen[str]], None]:
    def meanwhile(child: subprocess.Popen[str]) -> None:
        time.sleep(after)
        child.send_signal(number)
        child.wait(LEAVING_SECONDS)

    return meanwhile


def test_the_app_is_stopped_at_any_time(
    scale: Scale, table: Table, model: Model, redone: tuple[bytes, object], ready: House, tmp_path: Path
) -> None:
    dice, stops = random.Random(18), 0
    for run in range(scale(1, 12)):
        again = run % 3 == 2
        house = (model.house if again else ready).copy(tmp_path / f"{run}")
        asked: Steps = (
            redo(house.rows()[0]) if again else [["create", request_of(house, FORMATS[run % len(FORMATS)])], *FOLLOW]
        )
        steps = asked
        for _ in range(scale(1, dice.randint(1, 3))):
            number = dice.choice([signal.SIGTERM, signal.SIGINT])
            done = house.run(steps, meanwhile=signalled(number, dice.uniform(0.9, 3.5)))
            stops += done.code == -signal.SIGTERM or bool(done.last("interrupted"))
            assert done.code in (0, -signal.SIGTERM, -signal.SIGINT, 1), done.errors
            house.look()
            rows = house.rows()
            steps = FOLLOW if rows and (not again or rows[0]["status"] != "completed" or rows[0]["edition"]) else asked
        assert house.run(steps).last("closed")
        (row,) = house.rows()
        house.check_finished(row, redone[0] if again else model.pcm)
        house.look()
        house.check_clean()
        shutil.rmtree(house.root)
    assert stops
    table.add(
        "9a",
        "SIGTERM or Ctrl-C while a recording is made or changed",
        f"{stops} stops",
        "gone within seconds; taken up at the next start, same samples",
    )


def left(server: subprocess.Popen[str]) -> int:
    """Its exit status; fails with where its threads are when it does not leave."""
    try:
        return server.wait(LEAVING_SECONDS)
    except subprocess.TimeoutExpired:
        server.send_signal(signal.SIGABRT)
        pytest.fail(server.communicate()[1][-8000:])


@full_only
def test_the_whole_app_with_its_page_is_stopped(
    scale: Scale, table: Table, model: Model, ready: House, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PYTHONFAULTHANDLER", "1")
    stops = scale(1, 6)
    house = ready.copy(tmp_path / "house")
    house.run([["create", request_of(house)]])  # left for the page's process
    for number in range(stops):
        with running(house.data) as (_, server):
            server.send_signal((signal.SIGTERM, signal.SIGINT)[number % 2])
            assert left(server) == 0
        house.look()
    assert house.run(FOLLOW).last("closed")
    (row,) = house.rows()
    house.check_finished(row, model.pcm)
    house.check_clean()
    table.add("9b", "the same to the app with its page, as soon as it answers", f"{stops} stops", "the same")
