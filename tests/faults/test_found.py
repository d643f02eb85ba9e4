"""What the fault runs, or reading the code with them in mind, brought to light: each once more, and quickly."""

from __future__ import annotations

import os
import sqlite3
import time
from collections.abc import Iterator
from concurrent.futures import Future
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from faults.desk import Desk
from faults.house import House
from vnclone.engines.base import save_enrollment
from vnclone.errors import Conflict, DiskFull, disk_full
from vnclone.models import Enrollment
from vnclone.services import editions, plans, reading
from vnclone.services.revising import Change
from vnclone.services.speaking import Asked
from vnclone.store.database import Connection, Database

TEXT = "Đây là câu thứ nhất.\nĐây là câu thứ hai.\nĐây là câu thứ ba."


@pytest.fixture(scope="module")
def warm(ready: House, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Desk]:
    """One for all, so that its workers start once."""
    made = Desk(ready.copy(tmp_path_factory.mktemp("desk")))
    yield made
    made.services.close()


@pytest.fixture
def desk(warm: Desk) -> Iterator[Desk]:
    """Without any recording, before and afterwards."""
    yield warm
    for generation in warm.services.generations.history(warm.user):
        warm.services.generations.delete(warm.user, generation.id)
    warm.rest()


def row(desk: Desk) -> dict[str, Any]:
    (found,) = desk.house.rows()
    return found


def test_words_of_a_chunk_whose_sound_was_never_written_are_swept(desk: Desk) -> None:
    folder = desk.services.files.chunks(desk.user, desk.voice)
    for suffix in (".words", ".flaws"):
        (folder / ("0" * 64)).with_suffix(suffix).write_text("[]")
    desk.services.retention._sweeper.everything()
    assert not list(folder.iterdir())


def test_what_a_killed_worker_leaves_of_an_enrolment_is_swept(
    desk: Desk, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    names: list[str] = []
    monkeypatch.setattr(np, "savez", lambda file, **arrays: names.append(Path(file.name).name))
    save_enrollment(tmp_path / "enrollment.npz", Enrollment("parametric", "1"))
    scrap = desk.services.files.voice(desk.user, desk.voice) / names[0]
    scrap.touch()
    os.utime(scrap, (1, 1))
    desk.services.files.sweep()
    assert not scrap.exists()


def test_a_change_that_is_cancelled_leaves_its_row_and_folder_as_they_were(desk: Desk) -> None:
    before = desk.finished(desk.ask(TEXT, format="mp3"))
    desk.services.revisions.redo(desk.user, before.id, 0, None, Change(text="Một câu dài hơn hẳn, để đọc lại lâu hơn."))
    for state in desk.services.generations.follow(desk.user, before.id):
        if state.chunks_done >= 1:
            break
    after = desk.services.generations.cancel(desk.user, before.id)
    desk.rest()
    if after.edition == before.edition:
        same = ("status", "progress", "chunks_done", "chunks_total", "duration", "note", "error")
        assert [getattr(after, name) for name in same] == [getattr(before, name) for name in same]
    desk.house.check_editions(row(desk))


def test_a_change_whose_plan_does_not_fit_on_the_disk_never_began(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    before = desk.finished(desk.ask(TEXT, format="mp3"))

    def full(*_: object) -> None:
        raise disk_full()

    with monkeypatch.context() as patch, pytest.raises(DiskFull):
        patch.setattr(plans, "save", full)
        desk.services.revisions.redo(desk.user, before.id, 0, 1, Change())
    assert desk.services.generations.get(desk.user, before.id).status == "completed"
    desk.services.revisions.redo(desk.user, before.id, 0, 1, Change())
    assert desk.finished(before).edition == 1


def test_a_change_of_an_edition_that_another_tab_has_replaced_is_refused(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    old = desk.finished(desk.ask(TEXT, format="mp3"))
    desk.services.revisions.redo(desk.user, old.id, 0, 1, Change(text="Câu thứ hai đã khác."))
    new = desk.finished(old)
    desk.rest()
    plan = desk.services.generations.plan(new)
    monkeypatch.setattr(desk.services.revisions, "_finished", lambda *_: old)  # as a tab read it before
    monkeypatch.setattr(desk.services.generations, "plan", lambda *_: plan)
    with pytest.raises(Conflict):
        desk.services.revisions.redo(desk.user, old.id, 0, 2, Change())
    assert plans.load(desk.services.generations.folder(new), new) == plan


def test_a_failure_that_does_not_fit_on_the_disk_is_told_as_soon_as_it_does(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    rows, refused = desk.services.generations._rows, 3

    def update(item: str, only_from: tuple[str, ...] = (), **changes: Any) -> bool:
        nonlocal refused
        if changes.get("status") == "failed" and refused:
            refused -= 1
            raise disk_full()
        return type(rows).update(rows, item, only_from, **changes)

    def full(*_: object) -> None:
        raise disk_full()

    monkeypatch.setattr(plans, "save", full)
    monkeypatch.setattr(rows, "update", update)
    failed = desk.finished(desk.ask(TEXT))
    assert failed.status == "failed" and not refused and failed.error and "đầy" in failed.error.vi


def test_what_is_deleted_while_it_is_taken_over_is_made_anew(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    first, linked = desk.finished(desk.ask(TEXT, format="wav")), reading.link

    def link(source: Path, target: Path) -> None:
        if source.name == reading.MASTER:
            raise FileNotFoundError(source)
        linked(source, target)

    monkeypatch.setattr(reading, "link", link)
    second = desk.finished(desk.ask(TEXT, format="wav"))
    assert second.status == "completed" and desk.pcm(second) == desk.pcm(first)


def test_a_transaction_that_cannot_be_committed_holds_nobody_up(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    database, execute = Database(tmp_path / "a.db"), Connection.execute

    def full(self: Connection, *arguments: Any) -> Any:
        if arguments[0] == "COMMIT":
            raise disk_full()
        return execute(self, *arguments)

    with monkeypatch.context() as patch, pytest.raises(DiskFull):
        patch.setattr(Connection, "execute", full)
        with database.transaction() as db:
            db.execute("delete from paces")
    other = sqlite3.connect(tmp_path / "a.db", timeout=0)
    other.execute("BEGIN IMMEDIATE").connection.rollback()
    other.close()
    with database.transaction():
        pass


def test_the_same_sentence_twice_in_one_task_is_asked_for_once(tmp_path: Path) -> None:
    asked: list[list[int]] = []

    def submit(missing: list[int]) -> Future[None]:
        asked.append(missing)
        return Future()

    same, other = tmp_path / "same.wav", tmp_path / "other.wav"
    Asked().claim([same, other, same], submit)
    assert asked == [[0, 1]]


def test_a_start_with_a_wrong_clock_evicts_nothing_by_age(desk: Desk) -> None:
    done = desk.finished(desk.ask(TEXT, format="wav"))
    sounds = [desk.services.generations.sound(done, step) for step in desk.services.generations.plan(done).steps]
    for sound in sounds:
        os.utime(sound, (time.time() - 400 * 86_400,) * 2)
    desk.services.retention._sweeper.everything(ages=False)
    assert all(sound.exists() for sound in sounds)
    desk.services.retention._sweeper.everything()
    assert not any(sound.exists() for sound in sounds)


def test_the_original_of_a_voice_goes_at_the_next_start_when_a_kill_left_it(desk: Desk) -> None:
    original = desk.services.files.voice(desk.user, desk.voice) / "original"
    original.write_bytes(b"RIFF")
    desk.services.voices.resume_unfinished()
    assert not original.exists()


def test_an_edition_that_a_kill_left_behind_goes_at_the_next_start(desk: Desk) -> None:
    done = desk.finished(desk.ask(TEXT, format="mp3"))
    desk.rest()
    scrap = desk.services.files.edition(desk.user, done.id, 7) / "audio.wav"
    scrap.write_bytes(b"RIFF")
    desk.services.generations.live(done).touch()
    assert len(editions.scraps(desk.services.generations.folder(done), done)) == 2
    desk.services.generations.tidy_all()
    desk.house.check_editions(row(desk))


def test_a_change_that_was_cancelled_for_another_one_does_not_come_about_in_its_place(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    old, dress, changed = desk.finished(desk.ask(TEXT, format="mp3")), reading.dress, []

    def late(*arguments: Any) -> None:
        """The first change is all but done when its owner changes their mind."""
        dress(*arguments)
        if not changed:
            changed.append(desk.services.generations.cancel(desk.user, old.id))
            desk.services.revisions.redo(desk.user, old.id, 0, 2, Change(text="Câu thứ ba, lần sau."))

    monkeypatch.setattr(reading, "dress", late)
    desk.services.revisions.redo(desk.user, old.id, 0, 1, Change(text="Câu thứ hai, lần đầu."))
    new = desk.finished(old)
    desk.rest()
    assert changed and new.edition == 1
    assert [part.written for part in desk.services.revisions.parts(desk.user, old.id)] == [
        "Đây là câu thứ nhất.",
        "Đây là câu thứ hai.",
        "Câu thứ ba, lần sau.",
    ]
    desk.house.check_finished(row(desk), desk.pcm(new))
