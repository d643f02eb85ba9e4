"""Waiting while another program, a backup say, holds the database for longer than SQLite itself waits."""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Callable
from typing import TypeVar

T = TypeVar("T")
LOCKED_SECONDS = 600.0  # a backup may hold the database for minutes
PAUSE_SECONDS = 0.05
PRIMARY = 0xFF  # of SQLite's result codes, the low byte; the rest says more, as SQLITE_BUSY_RECOVERY does


def patiently(ask: Callable[[], T]) -> T:
    """What `ask` returns. For work in the background, whose outcome must not be lost; a page is not kept waiting so."""
    until = time.monotonic() + LOCKED_SECONDS
    while True:
        try:
            return ask()
        except sqlite3.OperationalError as error:
            locked = error.sqlite_errorcode & PRIMARY in (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED)
            if not locked or time.monotonic() > until:
                raise
            time.sleep(PAUSE_SECONDS)
