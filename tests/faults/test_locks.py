"""A database that other programs hold: locked for seconds, and copied again and again by SQLite's online backup."""

from __future__ import annotations

import random
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

from faults.conftest import FOLLOW, Model, Scale, Table, full_only, redo, request_of
from faults.house import FORMATS, House, Steps

HOLDER = """
import sqlite3, sys, time
database = sqlite3.connect(sys.argv[1], timeout=60, isolation_level=None)
database.execute("BEGIN " + sys.argv[2])
time.sleep(float(sys.argv[3]))
database.execute("ROLLBACK")
"""


def held(house: House, kind: str, seconds: float, wait: float) -> Callable[[subprocess.Popen[str]], None]:
    """Another process locks the database, `wait` seconds after there is a row."""

    def meanwhile(child: subprocess.Popen[str]) -> None:
        while child.poll() is None and not house.rows():
            time.sleep(0.01)
        time.sleep(wait)
        subprocess.run([sys.executable, "-c", HOLDER, str(house.data / "vnclone.db"), kind, str(seconds)], check=True)

    return meanwhile


@full_only
def test_a_locked_database_is_waited_for(
    scale: Scale, table: Table, model: Model, ready: House, tmp_path: Path
) -> None:
    dice, times = random.Random(17), [1.0] if not scale.full else [1.0, 5.0, 20.0, 20.0, 17.0, 20.0]
    runs = 0
    for seconds in times:
        for kind in ("IMMEDIATE", "EXCLUSIVE")[: scale(1, 2)]:
            house = ready.copy(tmp_path / f"{runs}")
            asked: Steps = [["create", request_of(house, FORMATS[runs % len(FORMATS)])], *FOLLOW]
            done = house.run(asked, meanwhile=held(house, kind, seconds, dice.uniform(0, 2.5) if runs else 0.0))
            assert done.last("status") == "completed", (done.told, done.errors)
            (row,) = house.rows()
            house.check_finished(row, model.pcm)
            house.check_clean()
            runs += 1
    found = "the reading waits, then goes on; same samples"
    table.add(
        "8a",
        "the database locked by another program for 1, 5, 17 or 20 s (BEGIN IMMEDIATE, EXCLUSIVE)",
        f"{runs} times",
        found,
    )


def test_backups_taken_meanwhile_are_whole(
    scale: Scale, table: Table, model: Model, ready: House, tmp_path: Path
) -> None:
    backups = 0
    for run in range(scale(1, 6)):
        house, copies = ready.copy(tmp_path / f"{run}"), []

        def meanwhile(child: subprocess.Popen[str], house: House = house, copies: list[Path] = copies) -> None:  # type: ignore[assignment]
            while child.poll() is None:
                copies.append(backup(house, house.root / f"backup{len(copies)}.db", pages=1 + 4 * len(copies) % 50))
                time.sleep(0.05)

        done = house.run([["create", request_of(house)], *FOLLOW], meanwhile=meanwhile)
        assert done.last("status") == "completed", (done.told, done.errors)
        (row,) = house.rows()
        if run % 2:
            done = house.run(redo(row), meanwhile=meanwhile)
            assert done.last("closed"), done.errors
        house.check_database()
        for copy in copies:
            check_backup(copy, row["id"])
        backups += len(copies)
    assert backups > 3
    table.add(
        "8b",
        "SQLite's online backup in a loop while recordings are made and changed",
        f"{backups} backups",
        "each opens whole and with rows that can be taken up; the recording as ever",
    )


def backup(house: House, target: Path, pages: int) -> Path:
    with sqlite3.connect(house.data / "vnclone.db", timeout=60) as source, sqlite3.connect(target) as copy:
        source.backup(copy, pages=pages, sleep=0.001)
    source.close()
    copy.close()
    return target


def check_backup(copy: Path, generation: str) -> None:
    with sqlite3.connect(copy) as database:
        assert database.execute("pragma integrity_check").fetchall() == [("ok",)]
        rows = database.execute("select id, status, chunks_done, chunks_total from generations").fetchall()
        assert len(database.execute("select id from voice_profiles").fetchall()) == 1
    database.close()
    for id, status, made, total in rows:
        assert id == generation and status in ("pending", "processing", "completed") and 0 <= made <= total
