"""`python -m bench.startup`: `python app.py` to its first page against an empty Gradio Blocks; at most 1.4."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from pathlib import Path

LIMIT = 1.4
ROUNDS = 5
ROOT = Path(__file__).resolve().parent.parent
EMPTY = "import gradio as gr\nwith gr.Blocks() as demo:\n    pass\ndemo.launch(ssr_mode=False)\n"


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def first_page(command: list[str], folder: str) -> float:
    """Seconds from the start of the process to the first 200 of its page."""
    port = free_port()
    quiet = {"GRADIO_ANALYTICS_ENABLED": "False", "HF_HUB_DISABLE_TELEMETRY": "1", "HF_HUB_OFFLINE": "1"}
    env = os.environ | quiet | {"VNCLONE_DATA": folder, "GRADIO_SERVER_PORT": str(port)}
    start = time.perf_counter()
    server = subprocess.Popen(command, cwd=ROOT, env=env, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        wait_for(f"http://127.0.0.1:{port}/", server)
        return time.perf_counter() - start
    finally:
        server.kill()
        server.wait()


def wait_for(url: str, server: subprocess.Popen[bytes]) -> None:
    while server.poll() is None:
        try:
            with urllib.request.urlopen(url, timeout=10) as answer:
                if answer.status == 200:
                    return
        except (urllib.error.URLError, ConnectionError):
            time.sleep(0.02)
    raise RuntimeError(f"the server ended with code {server.returncode}")


def main() -> None:
    """The best of a few starts of each, taken in turns."""
    with tempfile.TemporaryDirectory() as folder:
        empty_script = Path(folder, "empty.py")
        empty_script.write_text(EMPTY)
        empty, ours = [], []
        for _ in range(ROUNDS):
            empty.append(first_page([sys.executable, str(empty_script)], folder))
            ours.append(first_page([sys.executable, "app.py"], folder))
    ratio = min(ours) / min(empty)
    print(f"first page: app.py {min(ours):.2f} s / empty Blocks {min(empty):.2f} s = {ratio:.2f} (at most {LIMIT})")


if __name__ == "__main__":
    main()
