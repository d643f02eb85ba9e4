"""kill -9, of the app and of its workers, at seeded moments from the first row to the last rename."""

from __future__ import annotations

import json
import random
import shutil
import sqlite3
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from faults.conftest import FOLLOW, Model, Moments, Scale, Table, in_turn, redo, request_of
from faults.house import FORMATS, House, Steps, moments_told
from faults.moments import Orders
from tests.conftest import DEMO_VOICE, copy_of
from vnclone.store.migrations import MIGRATIONS


def orders(house: House, moment: tuple[str, str, int], dice: random.Random) -> Orders:
    """A kill at that moment, or a few milliseconds later, or with a file just opened and nothing in it."""
    who, label, count = moment
    delay = dice.choice([0.0, -1.0, -1.0] if label.startswith("open") else [0.0, dice.uniform(0.0005, 0.02)])
    deed = "kill" if who == "app" else "kill_both"
    return Orders(str(house.data), deed, who, label, dice.randint(1, count), delay)


def test_the_app_is_killed_at_any_moment_of_a_reading(
    scale: Scale, table: Table, model: Model, ready: House, tmp_path: Path
) -> None:
    dice, kills, runs, wanted = random.Random(4), 0, 0, scale(1, 40)
    moments = in_turn(model.moments, dice)
    while kills < wanted:
        format = FORMATS[runs % len(FORMATS)]
        house = ready.copy(tmp_path / f"{runs}")
        asked: Steps = [["create", request_of(house, format)], *FOLLOW]
        for number in range(scale(1, dice.randint(1, 4))):
            moment = moments[(kills + number) % len(moments)]
            after = 0.0 if dice.random() < 0.75 else dice.uniform(0.3, 3.5)
            given = replace(orders(house, moment, dice), deed="" if after else orders(house, moment, dice).deed)
            done = house.run(FOLLOW if house.rows() else asked, given, after)
            assert done.killed or done.last("closed"), done.errors
            kills += done.killed
            house.look()
        done = house.run(FOLLOW if house.rows() else asked)
        assert done.last("closed"), done.errors
        house.look()
        (row,) = house.rows()
        house.check_finished(row, model.pcm)
        house.check_clean()
        shutil.rmtree(house.root)
        runs += 1
    found = "same samples, no finished chunk made again, every file playable, nothing left over"
    table.add(
        "1a",
        "kill -9 of the app at a moment of a reading, from its row to its last rename",
        f"{kills} kills in {runs} readings",
        found,
    )


def test_the_app_is_killed_while_a_paragraph_is_read_again(
    scale: Scale, table: Table, model: Model, redone: tuple[bytes, Moments], tmp_path: Path
) -> None:
    (new, moments), dice, kills = redone, random.Random(6), 0
    wanted = scale(1, 24)
    for run in range(wanted * 3):
        if kills >= wanted:
            break
        house = model.house.copy(tmp_path / f"{run}")
        house.look()
        for number in range(scale(1, dice.randint(1, 3))):
            (row,) = house.rows()
            if row["edition"]:
                break
            done = house.run(
                redo(row) if row["status"] == "completed" else FOLLOW,
                orders(house, moments[(kills + number) % len(moments)], dice),
            )
            assert done.killed or done.last("closed"), done.errors
            kills += done.killed
            (row,) = house.rows()
            assert house.pcm(row) == (new if row["edition"] else model.pcm)  # what is heard is whole at any moment
            house.look()
        (row,) = house.rows()
        done = house.run(redo(row) if (row["status"], row["edition"]) == ("completed", 0) else FOLLOW)
        assert done.last("closed"), done.errors
        (row,) = house.rows()
        house.check_finished(row, new)
        house.look()
        house.check_clean()
        shutil.rmtree(house.root)
    assert kills >= wanted
    table.add(
        "1b",
        "kill -9 of the app while a paragraph is read again",
        f"{kills} kills",
        "the old sound whole until the new one is, then the new one alone",
    )


def test_the_app_is_killed_while_a_recording_is_deleted(
    scale: Scale, table: Table, model: Model, tmp_path: Path
) -> None:
    told = tmp_path / "moments.txt"
    first = model.house.copy(tmp_path / "first")
    (row,) = first.rows()
    steps: Steps = [["delete", row["id"]], ["settle"]]
    first.run(steps, Orders(str(first.data), told=str(told)))
    dice, kills = random.Random(7), 0
    moments = in_turn(moments_told(told), dice)
    for number in range(scale(1, 12)):
        house = model.house.copy(tmp_path / f"{number}")
        done = house.run(steps, orders(house, moments[number % len(moments)], dice))
        kills += done.killed
        done = house.run([["settle"]])
        assert done.last("closed"), done.errors
        check_all_or_nothing(house, model)
        shutil.rmtree(house.root)
    assert kills
    table.add(
        "1c",
        "kill -9 of the app while a recording is deleted",
        f"{kills} kills",
        "the whole recording, or no file of it at all",
    )


def check_all_or_nothing(house: House, model: Model) -> None:
    rows = house.rows()
    for row in rows:
        house.check_finished(row, model.pcm)
    if not rows:
        assert not [path for path in house.data.glob("users/*/chunks/*/*")]
    house.check_clean(len(rows))


def test_the_app_is_killed_while_a_voice_is_taken_in(scale: Scale, table: Table, ready: House, tmp_path: Path) -> None:
    told = tmp_path / "moments.txt"
    first = ready.copy(tmp_path / "first")
    steps: Steps = [["voice", str(copy_of(DEMO_VOICE, first.root))], ["settle"]]
    first.run(steps, Orders(str(first.data), told=str(told)))
    dice, kills = random.Random(8), 0
    moments = in_turn(moments_told(told), dice)
    for number in range(scale(1, 12)):
        house = ready.copy(tmp_path / f"{number}")
        upload = copy_of(DEMO_VOICE, house.root)
        done = house.run([["voice", str(upload)], ["settle"]], orders(house, moments[number % len(moments)], dice))
        kills += done.killed
        assert house.run([["settle"]]).last("closed")
        voices = house.rows("select * from voice_profiles")
        assert {voice["status"] for voice in voices} == {"ready"} and (len(voices) == 2 or not done.last("taken"))
        assert {path.name for path in house.data.glob("users/*/voices/*")} == {voice["id"] for voice in voices}
        files = {path.name for path in house.data.glob("users/*/voices/*/*")}
        assert files == {"reference.wav"}, files
        house.check_clean(0)
        shutil.rmtree(house.root)
    assert kills
    table.add(
        "1d",
        "kill -9 of the app while a voice is taken in",
        f"{kills} kills",
        "the voice ready after the restart, or nothing of it",
    )


@pytest.fixture
def last_version(model: Model, tmp_path: Path) -> House:
    """The finished recording as the version before this one kept it: fewer columns, and plans without voices."""
    house = model.house.copy(tmp_path / "old")
    new = house.data / "vnclone.db"
    with sqlite3.connect(new) as database:
        database.row_factory = sqlite3.Row
        kept = {
            name: [dict(r) for r in database.execute(f"select * from {name}")]
            for name in ("users", "voice_profiles", "documents", "generations")
        }
    database.close()
    for file in house.data.glob("vnclone.db*"):
        file.unlink()
    old_database(new, kept)
    (row,) = house.rows()
    plan = house.folder(row | {"edition": 0}) / "plan.json"
    steps = json.loads(plan.read_text())["steps"]
    plan.write_text(
        json.dumps(
            [{"chunk": {k: v for k, v in s["chunk"].items() if k != "boundary"}, "key": s["key"]} for s in steps]
        )
    )
    return house


def old_database(path: Path, kept: dict[str, list[dict[str, Any]]]) -> None:
    import sqlite_utils

    database = sqlite_utils.Database(path)
    MIGRATIONS.apply(database, stop_before="m006_editions_and_history")
    for name, rows in kept.items():
        columns = database.table(name).columns_dict
        database.table(name).insert_all([{k: v for k, v in row.items() if k in columns} for row in rows])
    database.close()


def test_the_app_is_killed_while_it_migrates_a_database(
    scale: Scale, table: Table, model: Model, last_version: House, tmp_path: Path
) -> None:
    told, before = tmp_path / "moments.txt", last_version.rows()
    first = last_version.copy(tmp_path / "first")
    assert first.run([["settle"]], Orders(str(first.data), told=str(told))).last("closed")
    count = sum(number for (_, label), number in moments_told(told).items())
    dice, kills = random.Random(9), 0
    for number in range(scale(1, 20)):
        house = last_version.copy(tmp_path / f"{number}")
        for _ in range(scale(1, dice.randint(1, 2))):
            given = Orders(str(house.data), "kill", nth=dice.randint(1, count), delay=dice.choice([0.0, 0.001]))
            kills += house.run([["settle"]], given).killed
        assert house.run([["settle"]]).last("closed")
        (row,), (old,) = house.rows(), before
        assert {name: row[name] for name in old} == old
        assert house.pcm(row | {"edition": 0}) == model.pcm
        house.check_clean()
        shutil.rmtree(house.root)
    assert kills
    table.add(
        "1e",
        "kill -9 of the app while it migrates the database of the version before",
        f"{kills} kills",
        "migrated at the next start, every row as it was, the recording still heard",
    )


def test_workers_are_killed_again_and_again(
    scale: Scale, table: Table, model: Model, ready: House, tmp_path: Path
) -> None:
    """Each worker that takes the place of a killed one is killed too, three times in a run."""
    dice, kills = random.Random(10), 0
    moments = [moment for moment in in_turn(model.moments, dice) if moment[0] == "worker"]
    for run in range(scale(1, 12)):
        house, deaths = ready.copy(tmp_path / f"{run}"), tmp_path / f"{run}.deaths"
        _, label, count = moments[run % len(moments)]
        nth = dice.randint(1, max(1, count // 3))
        asked: Steps = [["create", request_of(house, FORMATS[run % len(FORMATS)])], *FOLLOW]
        done = house.run(
            asked, Orders(str(house.data), "kill", "worker", label, nth, done=str(deaths), times=scale(1, 3))
        )
        assert done.last("closed"), done.errors
        kills += min(3, deaths.stat().st_size) if deaths.exists() else 0
        (row,) = house.rows()
        house.check_finished(row, model.pcm)
        assert house.run([["settle"]]).last("closed")  # what a killed worker was writing goes at the next start
        house.check_clean()
        shutil.rmtree(house.root)
    assert kills
    table.add(
        "2",
        "kill -9 of worker processes, each at a moment of its work",
        f"{kills} kills",
        "same samples, no gap, no chunk lost or made again",
    )
