"""The moments of a process: what it does to files and rows, in order. At a chosen one of them something happens.

A process watches itself through an audit hook (PEP 578), so that every file that is opened for writing, renamed, linked
or removed below the data folder is a moment, just before it is done; so is every statement that changes the database.
What happens is really done: SIGKILL to the process itself or to its parent, or a file that takes the last byte of the
disk. Parent and worker processes get their orders from the environment.
"""

from __future__ import annotations

import json
import os
import re
import signal
import sys
import threading
import time
from collections import Counter
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from vnclone.pools import worker

ORDERS = "VNCLONE_FAULT_ORDERS"
WRITING = os.O_WRONLY | os.O_RDWR | os.O_CREAT | os.O_TRUNC
# Audit event -> which of its arguments is the path that matters.
PATHS = {"open": 0, "os.rename": 1, "os.remove": 0, "os.link": 1, "os.mkdir": 0, "os.rmdir": 0, "shutil.rmtree": 0}
CHANGING = ("insert", "update", "delete", "create", "alter", "drop", "commit")
SOUNDS = re.compile(r"\.(mp3|m4b|m4a|opus|flac)$")
IDS = re.compile(r"[0-9a-f]{16,}")


@dataclass(frozen=True)
class Orders:
    """`deed` ("kill", "fill", "kill_both" or "") at the `nth` moment named `label` of a process of kind `who`.

    "kill_both" kills its parent too, as a power cut does. `delay`: so many seconds later, from another thread, between
    two moments; below 0, as soon as the file that is opened is there, before anything is in it. `told`: a file to
    write every moment into; `done`: one that grows whenever it happens, which it does at most `times`, all processes of
    that kind together.
    """

    root: str
    deed: str = ""
    who: str = "app"
    label: str = ""
    nth: int = 0
    delay: float = 0.0
    told: str = ""
    done: str = ""
    times: int = 1

    def environment(self) -> dict[str, str]:
        return {ORDERS: json.dumps(asdict(self))}


def orders(environment: Mapping[str, str] = os.environ) -> Orders | None:
    return Orders(**json.loads(environment[ORDERS])) if ORDERS in environment else None


class Watcher:
    """Counts the moments of this process."""

    def __init__(self, who: str, given: Orders) -> None:
        self._who, self._given, self._seen, self._all = who, given, Counter[str](), 0
        self._told = os.open(given.told, os.O_WRONLY | os.O_CREAT | os.O_APPEND) if given.told else -1
        self._lock = threading.RLock()

    def hook(self, event: str, arguments: tuple[Any, ...]) -> None:
        if event in PATHS and (label := label_of(event, arguments, self._given.root)):
            self.moment(label, os.fspath(arguments[PATHS[event]]))

    def moment(self, label: str, path: str = "") -> None:
        with self._lock:
            self._seen[label] += 1
            self._all += 1
            if self._told >= 0:
                os.write(self._told, f"{self._who}\t{label}\n".encode())
            count = self._seen[label] if self._given.label else self._all
            due = self._given.who == self._who and self._given.label in (label, "") and count == self._given.nth
        if due and self._given.deed:
            self._happen(path)

    def _happen(self, path: str) -> None:
        given = self._given
        if given.done:
            done = os.open(given.done, os.O_WRONLY | os.O_CREAT | os.O_APPEND)
            os.write(done, b"x")
            if os.fstat(done).st_size > given.times:
                return
        if given.delay:
            threading.Thread(target=self._later, args=(path,), daemon=True).start()
            time.sleep(0)  # the other thread first
        else:
            perform(given)

    def _later(self, path: str) -> None:
        if self._given.delay < 0:
            while path and not os.path.exists(path):
                pass
        else:
            time.sleep(self._given.delay)
        perform(self._given)


def perform(given: Orders) -> None:
    if given.deed == "fill":
        fill(Path(given.root).parent)
    else:
        if given.deed == "kill_both":
            os.kill(os.getppid(), signal.SIGKILL)
        os.kill(os.getpid(), signal.SIGKILL)


def fill(disk: Path) -> None:
    """Take every byte that is left."""
    with open(disk / "ballast", "ab", buffering=0) as ballast:
        for size in (1 << 16, 1 << 12, 1):
            try:
                while ballast.write(bytes(size)) == size:
                    pass
            except OSError:
                continue


def label_of(event: str, arguments: tuple[Any, ...], root: str) -> str:
    """ "rename generations/plan.json", without ids; "" for what changes nothing below `root`."""
    path = arguments[PATHS[event]]
    if event == "open" and not (isinstance(arguments[2], int) and arguments[2] & WRITING):
        return ""
    if not isinstance(path, str | os.PathLike) or not os.fspath(path).startswith(root):  # type: ignore[arg-type]
        return ""
    parts = Path(os.fspath(path)).relative_to(root).parts
    place = parts[2] if parts[:1] == ("users",) and len(parts) > 2 else parts[0] if parts else ""
    name = SOUNDS.sub(".sound", IDS.sub("*", parts[-1])) if parts else ""
    return f"{event.removeprefix('os.')} {place}/{name}"


def watch_rows(watcher: Watcher) -> None:
    """Every statement that changes the database is a moment too."""
    from vnclone.store.database import Connection

    execute = Connection.execute

    def watched(self: Connection, *arguments: Any) -> Any:
        words = arguments[0].replace("[", " ").replace("]", " ").replace('"', " ").split()
        if words[0].lower().strip(";") in CHANGING:
            over = " over" if "completed_at" in arguments[0] and words[0] == "update" else ""
            watcher.moment(f"sql {' '.join(words[:3]).lower()[:40]}{over}")
        return execute(self, *arguments)

    Connection.execute = watched  # type: ignore[method-assign]


def watch(who: str) -> None:
    """From now on this process knows its moments, if it was given orders."""
    given = orders()
    if given:
        watcher = Watcher(who, given)
        sys.setswitchinterval(1e-4)  # so that a thread that is to kill is not late
        sys.addaudithook(watcher.hook)
        if who == "app":
            watch_rows(watcher)


_watched = False


def work(task: worker.Task) -> None:
    """What workers do with a task."""
    global _watched
    if not _watched:
        _watched = True
        watch("worker")
    worker.do(task)
