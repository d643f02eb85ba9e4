"""One SQLite file in WAL mode, one connection a thread, brought up to date by migrations."""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import Iterator
from contextlib import contextmanager
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
        connection.execute("PRAGMA secure_delete = ON")  # what a person deletes is overwritten, not only unlinked
        connection.execute("PRAGMA journal_size_limit = 8000000")
        return sqlite_utils.Database(connection)

    @contextmanager
    def transaction(self) -> Iterator[sqlite_utils.Database]:
        """A write transaction from its first statement on.

        A plain BEGIN that reads before it writes fails at once ("database is locked") when another thread has
        written meanwhile, however long the busy timeout is.
        """
        self.db.execute("BEGIN IMMEDIATE")
        try:
            yield self.db
            self.db.execute("COMMIT")
        except BaseException:
            self.db.rollback()  # also when the disk was too full to commit: else everybody waits for this thread
            raise

    def checkpoint(self) -> None:
        """Write the journal into the database and empty it, so that nothing deleted lives on in it."""
        self.db.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()

    def close(self) -> None:
        """Close this thread's connection."""
        if hasattr(self._local, "db"):
            self._local.db.close()
            del self._local.db
