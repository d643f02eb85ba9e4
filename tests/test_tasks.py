"""Background work: users in turn, where each stands, and what becomes of errors."""

from __future__ import annotations

import threading
from collections.abc import Iterator

import pytest

from vnclone.errors import BadInput
from vnclone.models import Said
from vnclone.services.tasks import Progress, Tasks

WAITING = Said("đang chờ", "waiting")


@pytest.fixture
def tasks() -> Iterator[Tasks]:
    made = Tasks(most=3, each=2)
    yield made
    made.close()


def ignore(said: Said) -> None:
    raise AssertionError(said)


def test_one_persons_long_files_do_not_keep_anothers_waiting(tasks: Tasks) -> None:
    let_go, done = threading.Event(), threading.Event()
    for number in range(5):
        tasks.start("b", f"long{number}", WAITING, lambda report: let_go.wait(60) and None, ignore)
    tasks.start("a", "short", WAITING, lambda report: done.set(), ignore)
    assert done.wait(30)
    waiting = [tasks.progress(f"long{number}") for number in range(2, 5)]
    assert [p.said.en if p else "" for p in waiting] == [
        "Waiting for its turn: next.",
        "Waiting for its turn: 1 before it.",
        "Waiting for its turn: 2 before it.",
    ]
    let_go.set()
    for number in range(5):
        assert list(tasks.follow(f"long{number}")) is not None
        assert tasks.progress(f"long{number}") is None


def test_progress_is_followed_and_an_error_told(tasks: Tasks) -> None:
    step, told = threading.Event(), []

    def work(report: object) -> None:
        report(Said("nửa", "half"), 0.5)  # type: ignore[operator]
        step.wait(30)
        raise BadInput("hỏng", "broken")

    tasks.start("a", "one", WAITING, work, told.append)
    for progress in tasks.follow("one"):
        if progress == Progress(Said("nửa", "half"), 0.5):
            step.set()
    assert told == [Said("hỏng", "broken")]
