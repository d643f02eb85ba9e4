"""Files that are whole or not there: written under a temporary name, flushed, renamed. A full disk says so."""

from __future__ import annotations

import errno
import json
import os
import sqlite3
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from vnclone.errors import disk_full


@contextmanager
def no_space_said() -> Iterator[None]:
    """Turns "no space left on device" into the sentence that says so."""
    try:
        yield
    except OSError as error:
        if error.errno in (errno.ENOSPC, errno.EDQUOT):
            raise disk_full() from error
        raise
    except sqlite3.OperationalError as error:
        if error.sqlite_errorcode == sqlite3.SQLITE_FULL:
            raise disk_full() from error
        raise


@contextmanager
def writing(target: Path) -> Iterator[Path]:
    """A temporary path beside `target` that becomes `target` when the block ends well, and vanishes otherwise."""
    part = target.with_name(f".{uuid.uuid4().hex}.part{target.suffix}")
    try:
        with no_space_said():
            yield part
            with part.open("rb") as written:
                os.fsync(written.fileno())
            os.replace(part, target)
    finally:
        part.unlink(missing_ok=True)


def write_json(target: Path, value: Any) -> None:
    with writing(target) as part:
        part.write_text(json.dumps(value, ensure_ascii=False), encoding="utf-8")
