"""ZeroGPU's device API on loopback, as `spaces` 0.51 speaks it (zero/api.py), and an engine that wants its card."""

from __future__ import annotations

import base64
import json
import os
import signal
import threading
import time
from collections import deque
from collections.abc import Callable, Generator, Iterator, Sequence
from contextlib import contextmanager, suppress
from contextvars import ContextVar
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest

from vnclone import engines
from vnclone.engines.base import Placement
from vnclone.engines.parametric import Parametric
from vnclone.models import Clip, Enrollment, Params
from vnclone.pools import zerogpu

TEXTS = ("Một hai ba.", "Bốn năm sáu.", "Bảy tám chín.", "Mười mười một.", "Mười hai mười ba.")
WHO: ContextVar[str] = ContextVar("who", default="nobody")  # set by a follower, read where the engine speaks


class OnCard(Parametric):
    """The parametric engine, placed on a graphics card."""

    name = "on_card"
    spoken: list[tuple[str, str]] = []  # whose context, which text  # noqa: RUF012 - a record of all calls
    troubles: deque[tuple[int, Exception | None]] = deque()  # noqa: RUF012 - for each next call: after so many clips, this

    def placement(self, cores: int) -> Placement:
        return Placement(workers=1, gpu=True)

    def speak_many(self, texts: Sequence[str], voice: Enrollment, params: Params) -> Iterator[Clip]:
        after, error = self.troubles.popleft() if self.troubles else (len(texts), None)
        for text in texts[:after]:
            self.spoken.append((WHO.get(), text))
            yield self.speak(text, voice, params)
        if error:
            raise error


def until(true: Callable[[], Any], seconds: float = 20) -> Any:
    """What `true` gives, once it gives something."""
    deadline = time.monotonic() + seconds
    while not (found := true()):
        assert time.monotonic() < deadline, "took too long"
        time.sleep(0.02)
    return found


def install() -> None:
    """Into the registry of this process, as its last engine."""
    engines._ENGINES["on_card"] = "tests.zero_api:OnCard"


@contextmanager
def placed(monkeypatch: pytest.MonkeyPatch) -> Iterator[type[OnCard]]:
    """The engine is in the registry of this process, without a record, and its pool looks often."""
    monkeypatch.setitem(engines._ENGINES, "on_card", "tests.zero_api:OnCard")
    monkeypatch.setattr(zerogpu, "TICK_SECONDS", 0.05)
    OnCard.spoken.clear()
    OnCard.troubles.clear()
    yield OnCard
    OnCard.troubles.clear()


def token(who: str) -> str:
    """What a visitor's request carries as X-IP-Token: a JWT, here unsigned."""
    parts = ({"alg": "none"}, {"user": who}, {})
    return ".".join(base64.urlsafe_b64encode(json.dumps(part).encode()).decode().rstrip("=") for part in parts)


def environment(url: str, folder: Path) -> dict[str, str]:
    """What makes `spaces` believe that it is on ZeroGPU."""
    cgroup = folder / "cgroup"
    cgroup.write_text("5:devices:/space\n")
    return os.environ | {
        "SPACES_ZERO_GPU": "true",
        "SPACES_ZERO_DEVICE_API_URL": url,
        "ZEROGPU_PROC_SELF_CGROUP_PATH": str(cgroup),
        "ZEROGPU_OFFLOAD_DIR": str(folder / "tensors"),
        "HOME": str(folder),
    }


class DeviceApi:
    """Grants every call, unless `answers` has something else for the next ones:

    "quota" (429), "expired" (401), "none" (503), "queue" (waits until `grant` is set), "full" (queued in vain),
    "kill" (grants, and kills the process a moment after it began).
    """

    def __init__(self) -> None:
        self.answers: deque[str] = deque()
        self.scheduled: list[dict[str, str]] = []  # the queries of /schedule
        self.pids: list[int] = []  # of the processes that were allowed to use the card
        self.released: list[str] = []
        self.grant = threading.Event()
        self.killing: set[str] = set()
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), self._handler())
        self._server.daemon_threads = True
        threading.Thread(target=self._server.serve_forever, daemon=True).start()
        self.url = f"http://127.0.0.1:{self._server.server_address[1]}"

    @property
    def tokens(self) -> list[str]:
        return [query.get("token", "") for query in self.scheduled]

    def close(self) -> None:
        """Nobody is left waiting, and no process on the card that outlived its app."""
        self.grant.set()
        for pid in self.pids:
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        self._server.shutdown()
        self._server.server_close()

    def _handler(api) -> type[BaseHTTPRequestHandler]:
        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                where = urlsplit(self.path)
                query = {name: values[0] for name, values in parse_qs(where.query).items()}
                status, kind, parts = getattr(api, where.path.strip("/").replace("-", "_"))(query)
                self.send_response(status)
                self.send_header("content-type", kind)
                self.end_headers()
                try:
                    for part in parts:
                        self.wfile.write(part.encode())
                        self.wfile.flush()
                except (BrokenPipeError, ConnectionResetError):
                    return  # who waited has gone

            def log_message(self, *_: object) -> None:
                return

        return Handler

    def startup_report(self, _: dict[str, str]) -> tuple[int, str, list[str]]:
        return 200, "text/plain", []

    def schedule(self, query: dict[str, str]) -> tuple[int, str, list[str] | Generator[str, None, None]]:
        self.scheduled.append(query)
        answer = self.answers.popleft() if self.answers else "grant"
        pass_ = f"allow-{len(self.scheduled)}"
        granted = json.dumps({"idle": False, "nvidiaIndex": 0, "nvidiaUUID": "GPU-0", "allowToken": pass_})
        if answer == "kill":
            self.killing.add(pass_)
        if answer == "quota":
            return 429, "application/json", [json.dumps({"left": 3, "wait": 900})]
        if answer in ("expired", "none"):
            return {"expired": 401, "none": 503}[answer], "text/plain", []
        if answer in ("queue", "full"):
            return 200, "text/event-stream", self._queue(granted, in_vain=answer == "full")
        return 200, "application/json", [granted]

    def allow(self, query: dict[str, str]) -> tuple[int, str, list[str]]:
        pid = int(query["pid"])
        self.pids.append(pid)
        if query["allowToken"] in self.killing:
            threading.Timer(0.4, os.kill, (pid, signal.SIGKILL)).start()
        return 200, "text/plain", []

    def release(self, query: dict[str, str]) -> tuple[int, str, list[str]]:
        self.released.append(query["allowToken"])
        return 200, "text/plain", []

    def _queue(self, granted: str, in_vain: bool) -> Generator[str, None, None]:
        while not self.grant.wait(0.2):
            yield "event: ping\n\n"
        yield "event: failed\n\n" if in_vain else f"event: succeeded\ndata: {granted}\n\n"
        time.sleep(0.05)
