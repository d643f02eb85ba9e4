"""The app as a process: it starts, stops at once, and goes on after being killed."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
import pytest

from tests.conftest import DEMO_VOICE, PASSWORD, ROOT, copy_of, free_port, new_email
from tests.test_generations import LONG


@contextmanager
def running(data: Path) -> Iterator[tuple[str, subprocess.Popen[str]]]:
    """`python app.py` on a free port; its address and process."""
    port = free_port()
    env = os.environ | {"VNCLONE_DATA": str(data), "VNCLONE_PORT": str(port)}
    command = [sys.executable, "app.py"]
    server = subprocess.Popen(command, cwd=ROOT, env=env, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    url = f"http://127.0.0.1:{port}"
    try:
        wait_until(lambda: healthy(url) or server.poll() is not None)
        assert server.poll() is None, server.stderr and server.stderr.read()
        yield url, server
    finally:
        server.kill()
        server.wait()


def healthy(url: str) -> bool:
    try:
        return httpx.get(f"{url}/health").status_code == 200
    except httpx.TransportError:
        return False


def wait_until(done: object, seconds: float = 60) -> None:
    deadline = time.monotonic() + seconds
    while not done():  # type: ignore[operator]
        assert time.monotonic() < deadline, "took too long"
        time.sleep(0.05)


def workers_of(pid: int) -> list[int]:
    """The processes below `pid` that run Python."""
    found = subprocess.run(["ps", "-o", "pid=", "--ppid", str(pid)], capture_output=True, text=True).stdout
    return [int(line) for line in found.split()]


def alive(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0] != "Z"
    except FileNotFoundError:
        return False


def test_a_session_survives_a_restart_and_ctrl_c_stops_the_app_at_once(tmp_path: Path) -> None:
    body = {"email": new_email(), "password": PASSWORD}
    with running(tmp_path) as (url, server):
        token = {"authorization": f"Bearer {httpx.post(f'{url}/api/auth/register', json=body).json()['access_token']}"}
        assert "vnclone" in httpx.get(url, headers=token).text
        server.send_signal(signal.SIGINT)
        assert server.wait(timeout=15) == 0
        assert url in (server.stdout.read() if server.stdout else "")
    with running(tmp_path) as (url, _):
        assert httpx.get(f"{url}/api/auth/me", headers=token).json()["email"] == body["email"]
    assert not [path for path in tmp_path.iterdir() if path.stat().st_mode & 0o077 and path.suffix == ".key"]


@pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")
def test_a_killed_app_leaves_no_process_behind_and_finishes_the_reading_when_it_is_back(tmp_path: Path) -> None:
    from gradio_client import Client, handle_file

    body = {"email": new_email(), "password": PASSWORD}
    with running(tmp_path) as (url, server):
        token = httpx.post(f"{url}/api/auth/register", json=body).json()["access_token"]
        client = Client(url, headers={"Authorization": f"Bearer {token}"}, verbose=False)
        voice = client.predict(handle_file(copy_of(DEMO_VOICE, tmp_path)), "Đoan", True, api_name="/create_voice")
        generation = client.predict(voice["id"], LONG, api_name="/generate")
        wait_until(lambda: client.predict(generation, api_name="/generation")["chunks_done"] >= 1)
        children = workers_of(server.pid)
        assert children
        server.kill()
        wait_until(lambda: not any(alive(pid) for pid in children), 20)
    with running(tmp_path) as (url, _):
        client = Client(url, headers={"Authorization": f"Bearer {token}"}, verbose=False)
        states = list(client.submit(generation, api_name="/follow"))
        assert states[-1]["status"] == "completed" and states[-1]["duration_seconds"] > 20
