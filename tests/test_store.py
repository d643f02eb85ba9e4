"""The store: migrations from empty and from older files, threads, ownership, files that are whole or not there."""

from __future__ import annotations

import errno
import os
import sqlite3
import threading
from pathlib import Path

import pytest
import sqlite_utils

from vnclone.disk import writing
from vnclone.errors import NotFound, Unavailable
from vnclone.models import Chapter, Document, Finding, Paragraph, ReferenceReport, Said, User, Voice
from vnclone.store import owned
from vnclone.store.accounts import AccountRows
from vnclone.store.database import Database
from vnclone.store.files import Files
from vnclone.store.migrations import MIGRATIONS
from vnclone.store.paces import Paces


def with_user(path: Path, user_id: str = "u1") -> Database:
    database = Database(path)
    AccountRows(database).add_user(User(user_id, f"{user_id}@x.vn", "X", True, "a", "a"), "hash")
    return database


def voice(voice_id: str = "v1", user_id: str = "u1", **more: object) -> Voice:
    return Voice(voice_id, user_id, "Bà", "processing", "2026", "page", owned.now(), owned.now(), **more)  # type: ignore[arg-type]


def test_an_empty_folder_gets_every_table(tmp_path: Path) -> None:
    database = Database(tmp_path / "new" / "x.db")
    tables = set(database.db.table_names())
    assert {"users", "sessions", "voice_profiles", "documents", "generations", "sign_in_failures", "paces"} <= tables
    assert database.db.journal_mode == "wal"


def test_an_older_file_is_brought_up_to_date_with_its_rows(tmp_path: Path) -> None:
    old = sqlite_utils.Database(tmp_path / "x.db")
    MIGRATIONS.apply(old, stop_before="m002_voices_documents_generations")
    assert "voice_profiles" not in old.table_names()
    row = {"id": "u1", "email": "a@b.vn", "hashed_password": "h", "full_name": "A", "is_active": 1}
    old.table("users").insert(row | {"created_at": "t", "updated_at": "t"})
    old.close()
    database = Database(tmp_path / "x.db")
    found = AccountRows(database).user("u1")
    assert found is not None and found.email == "a@b.vn"
    owned.voices(database).add(voice())
    assert not MIGRATIONS.pending(database.db)


def test_opening_twice_changes_nothing(tmp_path: Path) -> None:
    with_user(tmp_path / "x.db")
    assert AccountRows(Database(tmp_path / "x.db")).user("u1") is not None


def test_each_thread_has_its_own_connection_and_writers_wait_for_each_other(tmp_path: Path) -> None:
    database = with_user(tmp_path / "x.db")
    rows, seen, errors = owned.voices(database), set(), []

    def work(number: int) -> None:
        try:
            seen.add(id(database.db))
            for item in range(20):
                rows.add(voice(f"v{number}-{item}"))
        except sqlite3.Error as error:
            errors.append(error)

    threads = [threading.Thread(target=work, args=(number,)) for number in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not errors and len(seen) == 6
    assert rows.count("u1") == 120


def test_nested_values_come_back_as_they_went_in(tmp_path: Path) -> None:
    database = with_user(tmp_path / "x.db")
    finding = Finding("noise", "warning", Said("ồn", "noisy"), 1.0, 2.5)
    report = ReferenceReport(True, 80, 10.0, 8.0, 20.0, -23.0, 0.0, 8000.0, 44100, True, (finding,))
    owned.voices(database).add(voice(report=report, error=Said("a", "b")))
    assert owned.voices(database).get("u1", "v1").report == report
    chapters = (Chapter("Một", (Paragraph("Chào", "heading", 3),), included=False),)
    document = Document("d1", "u1", "a.pdf", "pdf", "ready", "t", "t", chapters=chapters, notes=(Said("x", "y"),))
    owned.documents(database).add(document)
    assert owned.documents(database).get("u1", "d1") == document
    assert owned.documents(database).all("u1")[0].chapters == ()


def test_a_strangers_id_is_the_same_as_a_missing_one(tmp_path: Path) -> None:
    database = with_user(tmp_path / "x.db")
    owned.voices(database).add(voice())
    with pytest.raises(NotFound) as stranger:
        owned.voices(database).get("u2", "v1")
    with pytest.raises(NotFound) as missing:
        owned.voices(database).get("u1", "nothing")
    assert stranger.value.said == missing.value.said


def test_a_late_worker_cannot_revive_what_was_cancelled(tmp_path: Path) -> None:
    database = with_user(tmp_path / "x.db")
    rows = owned.voices(database)
    rows.add(voice())
    assert rows.update("v1", status="failed")
    assert not rows.update("v1", only_from=("processing",), status="ready")
    assert rows.get("u1", "v1").status == "failed"


def test_a_row_that_cannot_be_read_costs_itself_alone(tmp_path: Path) -> None:
    database = with_user(tmp_path / "x.db")
    rows = owned.voices(database)
    rows.add(voice("good"))
    rows.add(voice("bad"))
    database.db.execute("update voice_profiles set name = null where id = 'bad'")
    database.db.commit()
    assert [v.id for v in rows.all("u1")] == [v.id for v in rows.with_status("processing")] == ["good"]


def test_deleted_text_does_not_stay_in_the_database_files(tmp_path: Path) -> None:
    database = with_user(tmp_path / "x.db")
    rows = owned.documents(database)
    chapters = (Chapter("", (Paragraph("CHUYỆN RIÊNG " * 500),)),)
    rows.add(Document("d1", "u1", "a.txt", "txt", "ready", "t", "t", chapters=chapters))
    rows.delete("d1")
    content = b"".join(path.read_bytes() for path in tmp_path.glob("x.db*"))
    assert "CHUYỆN RIÊNG".encode() not in content


def test_folders_without_a_row_are_swept_and_others_stay(tmp_path: Path) -> None:
    before = Files(tmp_path)
    for name in ("kept", "orphan"):
        (before.voice("u1", name) / "reference.wav").write_bytes(b"x")
    os.utime(before.voice("u1", "orphan"), (1, 1))
    os.utime(before.voice("u1", "kept"), (1, 1))
    Files(tmp_path).sweep_orphans({"voices": {"kept"}})
    assert [path.name for path in (tmp_path / "users" / "u1" / "voices").iterdir()] == ["kept"]


def test_a_user_cannot_be_given_a_taken_email(tmp_path: Path) -> None:
    rows = AccountRows(with_user(tmp_path / "x.db"))
    assert not rows.add_user(User("u9", "u1@x.vn", "X", True, "a", "a"), "hash")


def test_a_measured_pace_replaces_the_default_and_then_moves_slowly(tmp_path: Path) -> None:
    paces = Paces(Database(tmp_path / "x.db"))
    assert paces.words_per_minute("e") == 150
    assert paces.realtime_factor("e") is None
    paces.measured("e", words_per_minute=200, realtime_factor=0.1)
    assert paces.words_per_minute("e") == 200
    paces.measured("e", words_per_minute=300, realtime_factor=0.1)
    assert 200 < paces.words_per_minute("e") < 250


def test_a_failed_write_leaves_the_old_file_and_no_scraps(tmp_path: Path) -> None:
    target = tmp_path / "a.txt"
    target.write_text("old")
    with pytest.raises(ValueError), writing(target) as part:
        part.write_text("half")
        raise ValueError
    assert target.read_text() == "old"
    assert [path.name for path in tmp_path.iterdir()] == ["a.txt"]


def test_a_full_disk_is_told_as_such(tmp_path: Path) -> None:
    with pytest.raises(Unavailable) as told, writing(tmp_path / "a"):
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
    assert "đầy" in told.value.said.vi and "full" in told.value.said.en
    assert not list(tmp_path.iterdir())


def test_nothing_outside_the_data_folder_can_be_removed(tmp_path: Path) -> None:
    files = Files(tmp_path / "data")
    outside = tmp_path / "keep"
    outside.mkdir()
    with pytest.raises(ValueError):
        files.remove(tmp_path / "data" / ".." / "keep")
    assert outside.exists()
