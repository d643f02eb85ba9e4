"""The child process that parses untrusted files: its results, its errors, its limits."""

from __future__ import annotations

import ctypes
import os
import pickle
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from vnclone import errors, sandbox
from vnclone.errors import KINDS, BadInput, Conflict, TooLarge, Unavailable, VncloneError
from vnclone.models import Said

HERE = "tests.test_sandbox"
A_SOCKET = "import socket; socket.socket(socket.AF_INET6)"


def sandboxed() -> bool:
    """Whether the kernel limits files (Landlock); it limits system calls on every machine that tests run on."""
    return ctypes.CDLL(None).syscall(444, None, ctypes.c_size_t(0), 1) > 0


def answer(report: sandbox.Report, **arguments: object) -> dict[str, object]:
    report(Said("đang làm", "working"), 0.5)
    print("noise on stdout")
    return {**arguments, "pid": os.getpid(), "secret": os.environ.get("VNCLONE_SECRET_KEY")}


def refuse(report: sandbox.Report) -> None:
    raise TooLarge("quá dài", "too long")


def crash(report: sandbox.Report) -> None:
    raise RuntimeError("a bug")


def sleep(report: sandbox.Report, mark: str) -> None:
    Path(mark).write_text(str(os.getpid()))
    time.sleep(60)


def swell(report: sandbox.Report) -> int:
    return len(bytearray(3 << 30))


def fill(report: sandbox.Report, out: str) -> None:
    Path(out).write_bytes(bytes(2 << 20))


def tempt(report: sandbox.Report, **paths: str) -> dict[str, str]:
    """What a file could mislead a library into."""
    tried = {
        "a named file": lambda: Path(paths["named"]).read_text(),
        "another's file": lambda: Path(paths["other"]).read_text(),
        "a file elsewhere": lambda: Path(paths["elsewhere"]).write_text("x"),
        "a named folder": lambda: (Path(paths["folder"]) / "made").write_text("x"),
        "a temporary file": lambda: tempfile.TemporaryFile().close(),
        "a socket": lambda: socket.socket(socket.AF_INET).close(),
        "a child's socket": lambda: subprocess.run([sys.executable, "-c", A_SOCKET], check=True, capture_output=True),
        "a local socket": lambda: socket.socket(socket.AF_UNIX).connect(paths["listening"]),
        "a pair of sockets": lambda: socket.socketpair(),
        "another's mode": lambda: os.chmod(paths["other"], 0o777),
        "another's owner": lambda: os.chown(paths["other"], os.getuid(), os.getgid()),
        "another's times": lambda: os.utime(paths["other"], (1, 1)),
        "another's attributes": lambda: os.setxattr(paths["other"], "user.a", b"b"),
        "another's file under a name of its own": lambda: os.link(paths["other"], Path(paths["folder"]) / "mine"),
        "a group of its own": os.setsid,
        "the server's secrets": lambda: Path(f"/proc/{os.getppid()}/environ").read_bytes(),
    }
    return {name: _outcome(attempt) for name, attempt in tried.items()}


def _outcome(attempt: Callable[[], object]) -> str:
    try:
        attempt()
    except (OSError, subprocess.CalledProcessError):
        return "refused"
    return "done"


def multiply(report: sandbox.Report, out: str) -> None:
    """A process whose children never end. At most 400, so that a machine survives where they are not stopped."""
    for _ in range(400):
        if (child := os.fork()) == 0:
            time.sleep(30)
            os._exit(0)
        with open(out, "a") as told:
            told.write(f"{child}\n")
        time.sleep(0.003)
    time.sleep(30)


def linger(report: sandbox.Report, steps: int) -> str:
    for step in range(steps):
        time.sleep(0.5)
        report(Said("đang làm", "working"), step / steps)
    return "done"


def loaded(report: sandbox.Report) -> dict[str, object]:
    return {"pid": os.getpid(), "reader": "vnclone.documents.reader" in sys.modules}


def no_space(report: sandbox.Report) -> None:
    with open("/dev/full", "wb", buffering=0) as full:
        full.write(b"x")


def test_a_result_and_progress_come_back_from_another_process(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("VNCLONE_SECRET_KEY", "secret")
    seen: list[tuple[Said, float]] = []
    result = sandbox.run(
        f"{HERE}:answer", {"text": "tiếng Việt"}, report=lambda said, share: seen.append((said, share))
    )
    assert result["text"] == "tiếng Việt" and result["pid"] != os.getpid()
    assert seen == [(Said("đang làm", "working"), 0.5)]
    assert result["secret"] is None


def test_an_error_of_ours_comes_back_as_itself() -> None:
    with pytest.raises(TooLarge) as told:
        sandbox.run(f"{HERE}:refuse", {})
    assert told.value.said == Said("quá dài", "too long")


@pytest.mark.parametrize("kind", KINDS.values())
def test_an_error_crosses_from_a_worker_process_whole(kind: type[VncloneError]) -> None:
    there = pickle.loads(pickle.dumps(kind("lý do", "a reason")))
    assert type(there) is kind and there.said == Said("lý do", "a reason")


@pytest.mark.parametrize(
    ("value", "vi", "en"), [(120_000, "120.000", "120,000"), (4.0, "4", "4"), (1.72, "1,7", "1.7"), (0, "0", "0")]
)
def test_numbers_in_sentences_follow_the_language(value: float, vi: str, en: str) -> None:
    assert (errors.figure(value), errors.figure(value, "en")) == (vi, en)


@pytest.mark.parametrize(
    ("seconds", "vi", "en"),
    [
        (5, "5 giây", "5 seconds"),
        (300, "5 phút", "5 minutes"),
        (90, "1,5 phút", "1.5 minutes"),
        (60, "1 phút", "1 minute"),
    ],
)
def test_limits_of_time_are_told_as_people_say_them(seconds: float, vi: str, en: str) -> None:
    assert (errors.lasting(seconds), errors.lasting(seconds, "en")) == (vi, en)


def test_a_crash_is_a_sentence_and_leaves_a_trace_in_the_log(caplog: pytest.LogCaptureFixture) -> None:
    with pytest.raises(BadInput):
        sandbox.run(f"{HERE}:crash", {})
    assert "a bug" in caplog.text


def test_a_child_that_takes_too_long_is_killed(tmp_path: Path) -> None:
    started = time.monotonic()
    with pytest.raises(BadInput, match="took over"):
        sandbox.run(f"{HERE}:sleep", {"mark": str(tmp_path / "pid")}, sandbox.Limits(seconds=2), writes=[tmp_path])
    assert time.monotonic() - started < 30
    with pytest.raises(ProcessLookupError):
        os.kill(int((tmp_path / "pid").read_text()), 0)


def test_a_child_that_takes_too_much_memory_is_refused() -> None:
    with pytest.raises(BadInput):
        sandbox.run(f"{HERE}:swell", {}, sandbox.Limits(memory_bytes=1 << 30))


def test_a_child_cannot_write_more_than_it_may(tmp_path: Path) -> None:
    with pytest.raises(BadInput):
        sandbox.run(
            f"{HERE}:fill", {"out": str(tmp_path / "big")}, sandbox.Limits(file_bytes=1 << 20), writes=[tmp_path]
        )
    assert (tmp_path / "big").stat().st_size <= 1 << 20


def test_a_full_disk_in_the_child_is_told_as_such() -> None:
    with pytest.raises(Unavailable):
        sandbox.run(f"{HERE}:no_space", {})


@pytest.mark.skipif(not sandboxed(), reason="this kernel has no Landlock")
def test_a_child_reaches_nothing_but_what_it_was_given(tmp_path: Path) -> None:
    for name in ("named", "other"):
        (tmp_path / name).write_text(name)
    (tmp_path / "folder").mkdir()
    paths = {name: str(tmp_path / name) for name in ("named", "other", "elsewhere", "folder", "listening")}
    listening = socket.socket(socket.AF_UNIX)
    listening.bind(paths["listening"])
    listening.listen()
    given = {"reads": [tmp_path / "named"], "writes": [tmp_path / "folder"]}
    assert sandbox.run(f"{HERE}:tempt", paths, **given) == {
        "a named file": "done",
        "another's file": "refused",
        "a file elsewhere": "refused",
        "a named folder": "done",
        "a temporary file": "done",
        "a socket": "refused",
        "a child's socket": "refused",
        "a local socket": "refused",
        "a pair of sockets": "refused",
        "another's mode": "refused",
        "another's owner": "refused",
        "another's times": "refused",
        "another's attributes": "refused",
        "another's file under a name of its own": "refused",
        "a group of its own": "refused",
        "the server's secrets": "refused",
    }


def test_a_child_that_multiplies_is_ended_with_all_of_its_own(tmp_path: Path) -> None:
    out = tmp_path / "made"
    with pytest.raises(BadInput, match="too complex"):
        sandbox.run(f"{HERE}:multiply", {"out": str(out)}, sandbox.Limits(threads=50), writes=[tmp_path])
    made = out.read_text().split()
    assert 50 <= len(made) < 400
    until = time.monotonic() + 20
    while any(map(runs, made)) and time.monotonic() < until:
        time.sleep(0.1)
    assert not any(map(runs, made))


def runs(process: str) -> bool:
    """Whether it has neither ended nor waits for somebody to hear that it has."""
    try:
        return Path(f"/proc/{process}/stat").read_bytes().rpartition(b")")[2].split()[0] != b"Z"
    except (FileNotFoundError, ProcessLookupError):
        return False


def test_long_work_that_shows_progress_is_let_be() -> None:
    assert sandbox.run(f"{HERE}:linger", {"steps": 6}, sandbox.Limits(seconds=2)) == "done"


def test_work_that_nobody_wants_any_more_is_stopped(tmp_path: Path) -> None:
    mark = tmp_path / "pid"
    with pytest.raises(Conflict):
        sandbox.run(f"{HERE}:sleep", {"mark": str(mark)}, writes=[tmp_path], stopped=mark.exists)


def test_nothing_temporary_stays_behind(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    sandbox.keep_ready(0)  # an app that another test has started keeps one, with a folder of its own
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    with pytest.raises(BadInput):
        sandbox.run(f"{HERE}:crash", {})
    assert list(tmp_path.iterdir()) == []


@pytest.fixture
def warm() -> Iterator[None]:
    sandbox.keep_ready(1)
    yield
    sandbox.keep_ready(0)


def test_a_child_kept_ready_has_its_libraries_and_serves_once(warm: None) -> None:
    first, second = (sandbox.run(f"{HERE}:loaded", {}) for _ in range(2))
    assert first["reader"] and second["reader"] and first["pid"] != second["pid"]


def test_a_ready_child_that_died_is_replaced(warm: None) -> None:
    os.kill(sandbox._spares.ready[0].process.pid, 9)
    time.sleep(0.2)
    assert sandbox.run(f"{HERE}:loaded", {})["pid"]
