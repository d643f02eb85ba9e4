"""Untrusted files are parsed here: one function in a child process with limits, killed as a group when it exceeds them.

The child is a fresh interpreter (`python -m vnclone.sandbox`): nothing is forked, nothing of the server is in it.
It reads one JSON job on stdin and writes JSON lines on stdout: progress events, then a result or an error.
"""

from __future__ import annotations

import importlib
import json
import logging
import os
import resource
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import IO, Any

from vnclone import errors
from vnclone.models import Said

log = logging.getLogger(__name__)
Report = Callable[[Said, float], None]  # what is being done, and the share done so far (0..1)
LOGGED_BYTES = 4000
PACKAGE_ROOT = Path(__file__).resolve().parent.parent
KEPT_ENVIRONMENT = ("PATH", "HOME", "LANG", "LC_ALL", "TMPDIR", "TESSDATA_PREFIX", "OPENBLAS_CORETYPE", "VIRTUAL_ENV")


@dataclass(frozen=True, slots=True)
class Limits:
    """`seconds` of wall clock; `memory_bytes` of address space; `file_bytes` for the largest file it may write."""

    seconds: float = 300
    memory_bytes: int = 4 << 30
    file_bytes: int = 2 << 30


def run(target: str, arguments: dict[str, Any], limits: Limits | None = None, report: Report | None = None) -> Any:
    """Call `target` ("package.module:function") with `arguments` and `report=` in a child; return its JSON result.

    Raises the VncloneError that the function raised; Unavailable for a full disk; BadInput when the child ran out of
    time or memory or died.
    """
    limits = limits or Limits()
    with tempfile.TemporaryFile("w+", encoding="utf-8", errors="replace") as complaints:
        child, late = _start(complaints), threading.Event()
        timer = threading.Timer(limits.seconds, _stop, [child, late])
        timer.start()
        try:
            return _converse(child, {"target": target, "arguments": arguments, "limits": asdict(limits)}, report)
        except _Died:
            raise _took_too_long(limits.seconds) if late.is_set() else _died() from None
        finally:
            timer.cancel()
            _kill(child)
            child.wait()
            _log(target, complaints)


def _log(target: str, complaints: IO[str]) -> None:
    """What the child wrote to stderr: a traceback of a crash, or a library's warnings."""
    complaints.seek(0, os.SEEK_END)
    complaints.seek(max(0, complaints.tell() - LOGGED_BYTES))
    if text := complaints.read().strip():
        log.warning("%s said:\n%s", target, text)


def _start(complaints: IO[str]) -> subprocess.Popen[str]:
    environment = {name: os.environ[name] for name in KEPT_ENVIRONMENT if name in os.environ}
    # One BLAS thread: a child is one of many, and thread pools eat the address space limit.
    environment |= dict.fromkeys(("OMP_NUM_THREADS", "OMP_THREAD_LIMIT", "OPENBLAS_NUM_THREADS"), "1")
    environment["PYTHONPATH"] = str(PACKAGE_ROOT)
    return subprocess.Popen(
        [sys.executable, "-m", "vnclone.sandbox"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=complaints,
        text=True,
        encoding="utf-8",
        env=environment,
        start_new_session=True,
    )


def _converse(child: subprocess.Popen[str], job: dict[str, Any], report: Report | None) -> Any:
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
        if report:
            report(Said(**event["said"]), event["share"])
    raise _Died


class _Died(Exception):
    """The child ended without an answer."""


def _took_too_long(seconds: float) -> errors.BadInput:
    minutes = round(seconds / 60) or 1
    return errors.BadInput(
        f"Xử lý tệp này mất hơn {minutes} phút nên đã dừng. Hãy chia nhỏ tệp, hoặc thử lại khi máy chủ rảnh hơn.",
        f"This file took over {minutes} min and was stopped. Split it, or try again when the server is less busy.",
    )


def _died() -> errors.BadInput:
    return errors.BadInput(
        "Tệp này quá lớn hoặc quá phức tạp để đọc an toàn. Hãy thử tệp nhỏ hơn hoặc lưu lại bằng phần mềm khác.",
        "This file is too large or too complex to read safely. Try a smaller one, or save it from another program.",
    )


def _stop(child: subprocess.Popen[str], late: threading.Event) -> None:
    late.set()
    _kill(child)


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
    try:
        write({"result": _do(json.load(sys.stdin), report)})
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
    os._exit(1)


def _do(job: dict[str, Any], report: Report) -> Any:
    limits = Limits(**job["limits"])
    resource.setrlimit(resource.RLIMIT_AS, (limits.memory_bytes, limits.memory_bytes))
    resource.setrlimit(resource.RLIMIT_FSIZE, (limits.file_bytes, limits.file_bytes))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    module, _, function = job["target"].partition(":")
    return getattr(importlib.import_module(module), function)(report=report, **job["arguments"])


if __name__ == "__main__":
    main()
