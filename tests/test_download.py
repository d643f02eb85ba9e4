"""`python -m vnclone download`: a child process and a hub on loopback; and that nothing is fetched unasked."""

from __future__ import annotations

import json
import os
import pty
import re
import signal
import subprocess
import sys
from pathlib import Path

from tests.conftest import ROOT
from tests.fetching import (
    BIG,
    NOTICE,
    REPOSITORY,
    SECOND,
    arrived,
    bundle,
    environment,
    file_of,
    partial,
    program,
    published,
    run,
    shell,
    wait_until,
)
from tests.hub import Hub
from vnclone.engines import weights
from vnclone.engines.weights import Bundle


def test_download_from_a_shell_tells_the_licence_first_and_ends_well(hub: Hub, tmp_path: Path) -> None:
    wanted = published(hub, model=BIG, second=SECOND)
    free = Bundle("tiny", "CC-BY-NC-SA-4.0", NOTICE, wanted.repositories)
    done = run(shell(free, "download", "parametric"), environment(hub, tmp_path))
    assert done.returncode == 0, done.stderr
    told = done.stderr.splitlines()
    assert "CC-BY-NC-SA-4.0" in told[0] and REPOSITORY in told[0] and NOTICE.vi in told[1]
    assert told[-1].startswith("100 %, 2,3 MB / 2,3 MB")
    assert "parametric" in done.stdout and arrived(wanted, "model") == BIG
    again = run(shell(free, "download", "parametric"), environment(hub, tmp_path, HF_HUB_OFFLINE="1"))
    assert again.returncode == 0 and "100 %" not in again.stderr


def test_download_on_a_terminal_shows_a_bar_with_the_rate(hub: Hub, tmp_path: Path) -> None:
    wanted = published(hub, model=BIG)
    ours, theirs = pty.openpty()
    env = environment(hub, tmp_path, TERM="xterm", COLUMNS="120")
    child = subprocess.Popen(shell(wanted, "download", "parametric"), env=env, cwd=ROOT, stderr=theirs)
    os.close(theirs)
    shown = b""
    while True:
        try:
            shown += os.read(ours, 4096)
        except OSError:  # the other end is closed
            break
    assert child.wait(60) == 0 and arrived(wanted, "model") == BIG
    assert "━" in shown.decode() and re.search(r"100 %, 2 MB / 2 MB, [1-9][\d,]* \wB/s", shown.decode())


def test_download_that_is_stopped_goes_on_at_the_next(hub: Hub, tmp_path: Path) -> None:
    wanted = published(hub, model=BIG)
    hub.stall_after = 1_000_000
    env = environment(hub, tmp_path, HF_HUB_DOWNLOAD_TIMEOUT="600")
    command = shell(wanted, "download", "parametric")
    child = subprocess.Popen(command, env=env, cwd=ROOT, stderr=subprocess.PIPE, text=True)
    wait_until(lambda: partial(wanted).exists() and partial(wanted).stat().st_size >= 900_000)
    child.send_signal(signal.SIGINT)
    _, told = child.communicate(timeout=60)
    assert child.returncode == 130 and "Traceback" not in told and "giữ lại" in told
    hub.stall_after = -1
    hub.go.set()
    assert run(command, env).returncode == 0
    assert hub.gets[-1].start >= 900_000 and arrived(wanted, "model") == BIG


def test_a_download_that_fails_is_one_plain_line_and_exit_2(hub: Hub, tmp_path: Path) -> None:
    wanted = bundle(file_of("lost.onnx", BIG))
    done = run(shell(wanted, "download", "parametric"), environment(hub, tmp_path))
    assert done.returncode == 2 and "lost.onnx" in done.stderr.splitlines()[-1]
    assert len(done.stderr.splitlines()) == 2 and "Traceback" not in done.stderr  # what it is, and why it failed


def test_an_unknown_engine_is_one_plain_line_and_exit_2(hub: Hub, tmp_path: Path) -> None:
    done = run(program("download", "nosuch"), environment(hub, tmp_path))
    assert done.returncode == 2 and len(done.stderr.splitlines()) == 1
    assert "nosuch" in done.stderr and "parametric" in done.stderr and hub.asked == []


def test_an_engine_that_needs_nothing_says_so(hub: Hub, tmp_path: Path) -> None:
    done = run(program("download", "parametric"), environment(hub, tmp_path))
    assert done.returncode == 0 and "parametric" in done.stdout and "không cần tải" in done.stdout
    assert done.stderr == "" and hub.asked == []


def test_nothing_is_fetched_unasked(hub: Hub, tmp_path: Path) -> None:
    """Not by listing the engines, asking their status, looking for their weights, nor importing any module."""
    code = """
import importlib, pkgutil
import vnclone
for module in pkgutil.walk_packages(vnclone.__path__, "vnclone."):
    if not module.name.endswith("__main__"):
        importlib.import_module(module.name)
from vnclone import engines
from vnclone.engines import weights
for name in engines.names():
    engine = engines.load(name)
    engine.status()
    needed = engine.weights()
    assert needed is None or weights.missing_bytes(needed) > 0, name
"""
    env = environment(hub, tmp_path)
    done = run([sys.executable, "-c", code], env)
    assert done.returncode == 0, done.stderr
    assert json.loads(run(program("engines", "--json"), env).stdout)
    assert hub.asked == []
    assert run([sys.executable, "-c", f"import urllib.request as r; r.urlopen('{hub.url}/x')"], env).returncode == 1
    assert len(hub.asked) == 1, "the hub would have seen it"


def test_download_again_mends_what_is_damaged(hub: Hub, tmp_path: Path) -> None:
    wanted = published(hub, model=BIG)
    assert run(shell(wanted, "download", "parametric"), environment(hub, tmp_path)).returncode == 0
    (weights.folder(wanted.repositories[0]) / "model").resolve().write_bytes(b"x" + BIG[1:])
    assert run(shell(wanted, "download", "parametric"), environment(hub, tmp_path)).returncode == 0
    assert arrived(wanted, "model") == BIG
