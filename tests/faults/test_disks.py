"""A disk that is full at any write: a file system of a test's own, filled to its last byte at that moment."""

from __future__ import annotations

import random
import shutil
import subprocess
import time
from pathlib import Path

from faults.conftest import FOLLOW, Model, Moments, Scale, Table, full_only, in_turn, redo, request_of
from faults.house import FORMATS, House, Outcome, Steps
from faults.moments import Orders
from tests.conftest import DEMO_VOICE, copy_of
from tests.small_disks import fill, resize

ROOM_MEGABYTES = 24
TOLD_SECONDS = 2.5  # how long a full disk is left as it is
BEFORE = ("lock/lock", "mkdir /", "work/work", "sql create", "sql drop")  # the app's own start


def full_at(house: House, steps: Steps, given: Orders) -> tuple[Outcome, bool]:
    """A run whose disk is full from that moment on, for a while; whether it was."""
    filled, ballast = Path(given.done), house.root / "ballast"

    def meanwhile(child: subprocess.Popen[str]) -> None:
        while child.poll() is None and not filled.exists():
            time.sleep(0.02)
        until = time.monotonic() + TOLD_SECONDS
        while child.poll() is None and time.monotonic() < until:
            time.sleep(0.02)
        ballast.unlink(missing_ok=True)

    done = house.run(steps, given, meanwhile=meanwhile)
    assert done.last("closed"), done.errors
    return done, filled.exists()


def with_little_room(house: House, steps: Steps, leave: int) -> Outcome:
    """A run on a disk that has so many bytes left."""
    ballast = fill(house.root, leave)
    try:
        return house.run(steps)
    finally:
        ballast.unlink()


def check_told(house: House, done: Outcome) -> None:
    """What could not be done says that it is the disk, in the row or to the caller."""
    error = done.last("error")
    if error:
        assert "đầy" in error["vi"], error
    if done.last("refused"):
        assert "đầy" in done.last("refused")
    assert error or done.last("refused") or done.last("status") == "completed", (done.told, done.errors)
    house.look()
    house.check_database()


def go_on(house: House, asked: Steps) -> None:
    """There is room again."""
    rows = house.rows()
    steps = [["resume", rows[0]["id"]], *FOLLOW] if rows else asked
    done = house.run(steps)
    assert done.last("closed"), done.errors
    house.look()


def test_the_disk_is_full_at_any_write_of_a_reading(
    scale: Scale, table: Table, model: Model, ready: House, small_disk: Path, tmp_path: Path
) -> None:
    assert resize(small_disk, ROOM_MEGABYTES, "remount")
    dice, fills = random.Random(11), 0
    moments = [m for m in in_turn(model.moments, dice) if not any(part in m[1] for part in BEFORE)]
    for run in range(scale(1, 26)):
        house = ready.copy(small_disk / f"{run}", logs=tmp_path)
        asked: Steps = [["create", request_of(house, FORMATS[run % len(FORMATS)])], *FOLLOW]
        who, label, count = moments[run % len(moments)]
        filled = str(tmp_path / f"filled{run}")
        done, was = full_at(
            house, asked, Orders(str(house.data), "fill", who, label, dice.randint(1, count), done=filled)
        )
        fills += was
        check_told(house, done)
        go_on(house, asked)
        (row,) = house.rows()
        house.check_finished(row, model.pcm)
        house.check_clean()
        shutil.rmtree(house.root)
    assert fills
    found = "the sentence about the disk, no finished chunk lost; with room again the same samples"
    table.add(
        "3a", "disk full at a write of a reading (chunk, WAV, timeline, encoder, tags, row)", f"{fills} times", found
    )


@full_only
def test_the_disk_has_room_for_a_part_of_a_reading(
    scale: Scale, table: Table, model: Model, ready: House, small_disk: Path, tmp_path: Path
) -> None:
    assert resize(small_disk, ROOM_MEGABYTES, "remount")
    dice, failures, runs = random.Random(12), 0, scale(1, 14)
    for run in range(runs):
        house = ready.copy(small_disk / f"{run}", logs=tmp_path)
        asked: Steps = [["create", request_of(house, FORMATS[run % len(FORMATS)])], *FOLLOW]
        done = with_little_room(house, asked, leave=300_000 + (3_400_000 * run) // runs + dice.randrange(100_000))
        failures += done.last("status") != "completed"
        check_told(house, done)
        go_on(house, asked)
        (row,) = house.rows()
        house.check_finished(row, model.pcm)
        house.check_clean()
        shutil.rmtree(house.root)
    assert failures
    table.add("3b", "a disk with room for a part of a reading, of several sizes", f"{runs} sizes", "the same")


@full_only
def test_the_disk_is_full_while_a_paragraph_is_read_again(
    scale: Scale,
    table: Table,
    model: Model,
    redone: tuple[bytes, Moments],
    small_disk: Path,
    tmp_path: Path,
) -> None:
    assert resize(small_disk, ROOM_MEGABYTES, "remount")
    (new, moments), dice, fills = redone, random.Random(13), 0
    moments = [m for m in moments if not any(part in m[1] for part in BEFORE)]
    for run in range(scale(1, 14)):
        house = model.house.copy(small_disk / f"{run}", logs=tmp_path)
        house.look()
        (row,) = house.rows()
        who, label, count = moments[run % len(moments)]
        filled = str(tmp_path / f"filled{run}")
        _, was = full_at(
            house, redo(row), Orders(str(house.data), "fill", who, label, dice.randint(1, count), done=filled)
        )
        fills += was
        house.look()
        (row,) = house.rows()
        assert row["status"] == "completed" and house.pcm(row) == (new if row["edition"] else model.pcm)
        assert row["chunks_done"] == row["chunks_total"] and abs(row["duration"] - len(house.pcm(row)) / 48_000) < 0.01
        if not row["edition"]:
            done = house.run(redo(row))
            assert done.last("closed"), done.errors
        (row,) = house.rows()
        house.check_finished(row, new)
        house.check_clean()
        shutil.rmtree(house.root)
    assert fills
    table.add(
        "3c",
        "disk full while a paragraph is read again",
        f"{fills} times",
        "the old sound as it was; with room again the new one",
    )


@full_only
def test_the_disk_is_full_while_a_voice_is_taken_in(
    scale: Scale, table: Table, ready: House, small_disk: Path, tmp_path: Path
) -> None:
    assert resize(small_disk, ROOM_MEGABYTES, "remount")
    refused, runs = 0, scale(1, 8)
    for run in range(runs):
        house = ready.copy(small_disk / f"{run}", logs=tmp_path)
        upload = copy_of(DEMO_VOICE, tmp_path)
        leave = 120_000 + (700_000 * run) // runs
        done = with_little_room(house, [["voice", str(upload)], ["settle"]], leave)
        if done.last("voice") != "ready":
            assert "đầy" in str(done.last("refused")), (done.told, done.errors)
            refused += 1
        voices = house.rows("select * from voice_profiles")
        assert len(voices) == 1 + (done.last("voice") == "ready")
        assert {path.name for path in house.data.glob("users/*/voices/*")} == {voice["id"] for voice in voices}
        assert house.run([["voice", str(copy_of(DEMO_VOICE, tmp_path))], ["settle"]]).last("voice") == "ready"
        house.check_clean(0)
        shutil.rmtree(house.root)
    assert refused
    table.add(
        "3d",
        "a disk with too little room for an uploaded voice",
        f"{runs} sizes",
        "refused with the reason and nothing of it kept, or ready",
    )
