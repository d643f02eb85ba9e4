"""Untrusted files are parsed here: one function in a child process with limits, killed as a group when it exceeds them.

The child is a fresh interpreter (`python -m vnclone.sandbox`) that serves one job: nothing is forked, nothing of the
server or of an earlier file is in it. It reads one JSON job on stdin and writes JSON lines on stdout: progress events,
then a result or an error. A server keeps one ready, its libraries loaded, so that a small file need not wait for that.
"""

from __future__ import annotations

import importlib
import json
import logging
import os
import resource
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import IO, Any

from vnclone import errors
from vnclone.confine import confine
from vnclone.models import Said

log = logging.getLogger(__name__)
Report = Callable[[Said, float], None]  # what is being done, and the share done so far (0..1)
Stopped = Callable[[], bool]
LOGGED_BYTES = 4000
WATCH_SECONDS = 0.2
PACKAGE_ROOT = Path(__file__).resolve().parent.parent
KEPT_ENVIRONMENT = ("PATH", "HOME", "LANG", "LC_ALL", "TESSDATA_PREFIX", "OPENBLAS_CORETYPE", "VIRTUAL_ENV")
LOADED = ("vnclone.documents.reader", "pymupdf", "docx", "lxml.html")  # what most files need


@dataclass(frozen=True, slots=True)
class Limits:
    """`seconds` without a sign of progress; `memory_bytes` of address space; `file_bytes` of the largest file it may
    write. These two hold for each of its processes; `threads` for all of them together."""

    seconds: float = 300
    memory_bytes: int = 4 << 30
    file_bytes: int = 2 << 30
    threads: int = 200  # LibreOffice has about 30, four of Tesseract four


def run(
    target: str,
    arguments: dict[str, Any],
    limits: Limits | None = None,
    report: Report | None = None,
    *,
    reads: Sequence[Path] = (),
    writes: Sequence[Path] = (),
    stopped: Stopped | None = None,
) -> Any:
    """Call `target` ("package.module:function") with `arguments` and `report=` in a child; return its JSON result.

    It reads none of our files but `reads`, and writes none but below `writes` and in a folder for its temporary files;
    it has no network (see `confine`). It is killed soon after `stopped()` is true.
    Raises the VncloneError that the function raised; Unavailable for a full disk; Conflict when it was stopped;
    BadInput when the child ran out of time or memory or died.
    """
    limits = limits or Limits()
    child = _spares.take()
    watch = _Watch(child, limits, stopped)
    places = {"reads": [str(path.resolve()) for path in reads], "writes": [str(path.resolve()) for path in writes]}
    try:
        job = {"target": target, "arguments": arguments, "limits": asdict(limits), **places}
        return _converse(child.process, job, watch.heard(report))
    except _Died:
        raise watch.why or _died() from None
    finally:
        watch.end()
        child.end(target)
        _spares.fill()


def keep_ready(count: int) -> None:
    """Have so many children waiting with their libraries loaded; 0 ends those that wait."""
    _spares.keep(count)


@dataclass(slots=True)
class _Child:
    """A process that waits for its job, what it complains of, and a folder for its temporary files."""

    process: subprocess.Popen[str]
    complaints: IO[str]
    folder: str

    def end(self, target: str = "") -> None:
        _kill(self.process)
        self.process.wait()
        for pipe in (self.process.stdin, self.process.stdout):
            if pipe:
                _close(pipe)
        if target:
            _log(target, self.complaints)
        self.complaints.close()
        shutil.rmtree(self.folder, ignore_errors=True)


@dataclass(slots=True)
class _Spares:
    """Children started before there is a job for them."""

    wanted: int = 0
    ready: list[_Child] = field(default_factory=list)
    lock: threading.Lock = field(default_factory=threading.Lock)

    def keep(self, count: int) -> None:
        self.wanted = count
        self.fill()
        while len(self.ready) > count:
            self.ready.pop().end()

    def take(self) -> _Child:
        with self.lock:
            while self.ready:
                child = self.ready.pop()
                if child.process.poll() is None:
                    return child
                child.end()
        return _start(())

    def fill(self) -> None:
        with self.lock:
            while len(self.ready) < self.wanted:
                self.ready.append(_start(LOADED))


_spares = _Spares()


class _Crowd:
    """How many processes and threads the group of `leader` has, by /proc; a confined process cannot leave its group.

    RLIMIT_NPROC counts all that a user runs, wherever, and does not hold for root, whom containers run as; a cgroup's
    pids.max may be written by few. What is counted can grow between two looks, but not escape the end of its group.
    """

    def __init__(self, leader: int) -> None:
        self._leader = leader
        self._others: set[int] = set()  # looked at once: thousands of strangers need not be asked each time

    def size(self) -> int:
        """Its threads, those of a process without more counted as one; 0 where there is no /proc."""
        try:
            running = {int(name) for name in os.listdir("/proc") if name.isdigit()}
        except FileNotFoundError:
            return 0
        self._others &= running
        return sum(self._threads(process) for process in running - self._others)

    def _threads(self, process: int) -> int:
        try:
            stat = Path(f"/proc/{process}/stat").read_bytes()
        except (OSError, ProcessLookupError):
            return 0  # it has ended
        after_name = stat.rpartition(b")")[2].split()  # state, parent, group, …: proc_pid_stat(5)
        if int(after_name[2]) != self._leader:
            self._others.add(process)
            return 0
        return int(after_name[17])


class _Watch:
    """Kills a child that shows no progress any more, becomes a crowd, or does what nobody wants; `why` tells which."""

    def __init__(self, child: _Child, limits: Limits, stopped: Stopped | None) -> None:
        self.why: errors.VncloneError | None = None
        self._child, self._limits, self._stopped = child, limits, stopped
        self._crowd = _Crowd(child.process.pid)
        self._last, self._over = time.monotonic(), threading.Event()
        self._thread = threading.Thread(target=self._watch, daemon=True, name="sandbox-watch")
        self._thread.start()

    def heard(self, report: Report | None) -> Report:
        def told(said: Said, share: float) -> None:
            self._last = time.monotonic()
            if report:
                report(said, share)

        return told

    def end(self) -> None:
        self._over.set()
        self._thread.join()

    def _watch(self) -> None:
        while not self._over.wait(min(WATCH_SECONDS, self._limits.seconds)):
            if self._stopped and self._stopped():
                self.why = _was_stopped()
            elif time.monotonic() - self._last > self._limits.seconds:
                self.why = _took_too_long(self._limits.seconds)
            elif self._crowd.size() > self._limits.threads:
                self.why = _died()
            if self.why:
                _kill(self._child.process)
                return


def _log(target: str, complaints: IO[str]) -> None:
    """What the child wrote to stderr: a traceback of a crash, or a library's warnings."""
    complaints.seek(0, os.SEEK_END)
    complaints.seek(max(0, complaints.tell() - LOGGED_BYTES))
    if text := complaints.read().strip():
        log.warning("%s said:\n%s", target, text)


def _start(loaded: Sequence[str]) -> _Child:
    folder = tempfile.mkdtemp(prefix="vnclone-")
    complaints = tempfile.TemporaryFile("w+", encoding="utf-8", errors="replace")  # noqa: SIM115 - closed by end()
    environment = {name: os.environ[name] for name in KEPT_ENVIRONMENT if name in os.environ}
    # One BLAS thread: a child is one of many, and thread pools eat the address space limit.
    environment |= dict.fromkeys(("OMP_NUM_THREADS", "OMP_THREAD_LIMIT", "OPENBLAS_NUM_THREADS"), "1")
    environment |= {"PYTHONPATH": str(PACKAGE_ROOT), "TMPDIR": folder}
    process = subprocess.Popen(
        [sys.executable, "-m", "vnclone.sandbox", *loaded],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=complaints,
        text=True,
        encoding="utf-8",
        env=environment,
        start_new_session=True,
    )
    return _Child(process, complaints, folder)


def _close(pipe: IO[str]) -> None:
    try:
        pipe.close()
    except BrokenPipeError:
        return  # it died with our job unread


def _converse(child: subprocess.Popen[str], job: dict[str, Any], report: Report) -> Any:
    assert child.stdin and child.stdout
    try:
        child.stdin.write(json.dumps(job))
        child.stdin.close()
    except BrokenPipeError:
        raise _Died from None
    for line in child.stdout:
        event = json.loads(line)
        if "result" in event:
            return event["result"]
        if "error" in event:
            raise errors.from_json(event["error"])
        report(Said(**event["said"]), event["share"])
    raise _Died


class _Died(Exception):
    """The child ended without an answer."""


def _took_too_long(seconds: float) -> errors.BadInput:
    minutes = round(seconds / 60) or 1
    return errors.BadInput(
        f"Tệp này xử lý mãi không xong (hơn {minutes} phút không tiến triển) nên đã dừng. "
        "Hãy chia nhỏ tệp, hoặc thử lại khi máy chủ rảnh hơn.",
        f"This file took over {minutes} min without getting any further and was stopped. "
        "Split it, or try again when the server is less busy.",
    )


def _was_stopped() -> errors.Conflict:
    return errors.Conflict("Đã dừng xử lý tệp này.", "The work on this file was stopped.")


def _died() -> errors.BadInput:
    return errors.BadInput(
        "Tệp này quá lớn hoặc quá phức tạp để đọc an toàn. Hãy thử tệp nhỏ hơn hoặc lưu lại bằng phần mềm khác.",
        "This file is too large or too complex to read safely. Try a smaller one, or save it from another program.",
    )


def _kill(child: subprocess.Popen[str]) -> None:
    try:
        os.killpg(child.pid, signal.SIGKILL)
    except (ProcessLookupError, PermissionError):
        return


def main() -> None:
    """The child's side. Only the job's own output may reach stdout, so the real one is put aside first."""
    out = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(2, 1)

    def write(event: dict[str, Any]) -> None:
        out.write(json.dumps(event) + "\n")
        out.flush()

    def report(said: Said, share: float) -> None:
        write({"said": asdict(said), "share": share})

    threading.Thread(target=_end_with, args=(os.getppid(),), daemon=True).start()
    for name in sys.argv[1:]:
        importlib.import_module(name)
    job = sys.stdin.read()
    if not job:
        return shutil.rmtree(os.environ["TMPDIR"], ignore_errors=True)  # not needed any more, or the server has gone
    try:
        write({"result": _do(json.loads(job), report)})
    except errors.VncloneError as error:
        write({"error": error.to_json()})
    except OSError as error:
        if error.errno != 28:  # ENOSPC
            raise
        write({"error": errors.disk_full().to_json()})
    except MemoryError:
        write({"error": _died().to_json()})


def _end_with(parent: int) -> None:
    """A child whose server has gone has nobody to read for."""
    while os.getppid() == parent:
        time.sleep(1)
    shutil.rmtree(os.environ["TMPDIR"], ignore_errors=True)
    os.killpg(0, signal.SIGKILL)  # with all that it started


def _do(job: dict[str, Any], report: Report) -> Any:
    limits = Limits(**job["limits"])
    resource.setrlimit(resource.RLIMIT_AS, (limits.memory_bytes, limits.memory_bytes))
    resource.setrlimit(resource.RLIMIT_FSIZE, (limits.file_bytes, limits.file_bytes))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    module, _, name = job["target"].partition(":")
    function = getattr(importlib.import_module(module), name)
    models = [os.environ["TESSDATA_PREFIX"]] if "TESSDATA_PREFIX" in os.environ else []
    confine([*job["reads"], *models], [*job["writes"], tempfile.gettempdir()])
    return function(report=report, **job["arguments"])


if __name__ == "__main__":
    main()
