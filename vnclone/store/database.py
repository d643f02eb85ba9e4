"""One SQLite file in WAL mode, one connection a thread, brought up to date by migrations."""

from __future__ import annotations

import sqlite3
import threading
from pathlib import Path
from typing import Any

import sqlite_utils

from vnclone.disk import no_space_said
from vnclone.store.migrations import MIGRATIONS

BUSY_SECONDS = 15  # how long a writer waits for another before "database is locked"


class Connection(sqlite3.Connection):
    """Says "the disk is full" as every other writer of ours does."""

    def execute(self, *arguments: Any) -> sqlite3.Cursor:
        with no_space_said():
            return super().execute(*arguments)


class Database:
    """The file at `path`; `db` is this thread's own connection to it."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._local = threading.local()
        path.parent.mkdir(parents=True, exist_ok=True)
        MIGRATIONS.apply(self.db)

    @property
    def db(self) -> sqlite_utils.Database:
        if not hasattr(self._local, "db"):
            self._local.db = self._connect()
        db: sqlite_utils.Database = self._local.db
        return db

    def _connect(self) -> sqlite_utils.Database:
        # Used by one thread, but closed by whichever thread collects the garbage of a finished one.
        connection = sqlite3.connect(self.path, timeout=BUSY_SECONDS, check_same_thread=False, factory=Connection)
        connection.execute("PRAGMA journal_mode = WAL")
        connection.execute("PRAGMA foreign_keys = ON")
        return sqlite_utils.Database(connection)

    def close(self) -> None:
        """Close this thread's connection."""
        if hasattr(self._local, "db"):
            self._local.db.close()
            del self._local.db
