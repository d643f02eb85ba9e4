"""A model hub on loopback: enough of the real one's HTTP for huggingface_hub's own client, and its bad days.

Files of more than a kilobyte are answered as the hub answers large ones: a redirect to another host (here another
port) that knows nothing of tokens, and takes Range requests. What was asked and what was sent is kept.
"""

from __future__ import annotations

import hashlib
import math
import re
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

LARGE = 1024
PIECE = 16 * 1024


class _Server(ThreadingHTTPServer):
    daemon_threads = True

    def handle_error(self, *_: Any) -> None:
        """A client that left in the middle is no news."""


@dataclass(frozen=True)
class Asked:
    """One request. `start` is where its Range begins; `token` whether it carried one."""

    method: str
    path: str
    start: int
    token: bool
    agent: str


@dataclass
class Hub:
    """`files` by "owner/name/resolve/revision/path". Each of `ill` spoils one answer, first come first served."""

    url: str = ""
    cdn: str = ""
    files: dict[str, bytes] = field(default_factory=dict)
    listed: dict[str, str] = field(default_factory=dict)  # a hash that is told instead of the right one
    asked: list[Asked] = field(default_factory=list)
    sent: int = 0  # bytes of files, not of headers
    refuse: list[tuple[int, dict[str, str]]] = field(default_factory=list)  # statuses for the next requests
    cut: list[int] = field(default_factory=list)  # the next GETs end after so many bytes
    stall_after: int = -1  # every GET sends so many bytes, then nothing until `go`
    stalled: float = math.inf  # when the first of them did, by time.monotonic()
    ranges: bool = True
    lengths: bool = True  # else the end of a large file is only the end of the connection
    portal: bool = False  # everything is a sign-in page
    on_get: Callable[[], None] = lambda: None
    go: threading.Event = field(default_factory=threading.Event)
    moved: dict[str, str] = field(default_factory=dict)  # repositories that have another name now
    elsewhere: str = ""  # the server that they moved to, where it is another one

    def publish(self, repository: str, revision: str, path: str, content: bytes) -> None:
        self.files[f"/{repository}/resolve/{revision}/{path}"] = content

    @property
    def gets(self) -> list[Asked]:
        """GETs that were answered with bytes of a large file."""
        return [asked for asked in self.asked if asked.method == "GET" and asked.path.startswith("/cdn/")]

    def start(self) -> Hub:
        self._servers = [_Server(("127.0.0.1", 0), self._handler()) for _ in range(2)]
        self.url, self.cdn = (f"http://127.0.0.1:{server.server_address[1]}" for server in self._servers)
        for server in self._servers:
            threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True).start()
        return self

    def stop(self) -> None:
        self.go.set()
        for server in self._servers:
            server.shutdown()
            server.server_close()

    def _handler(hub) -> type[BaseHTTPRequestHandler]:
        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def log_message(self, *_: Any) -> None:
                pass

            def do_HEAD(self) -> None:
                hub._answer(self)

            def do_GET(self) -> None:
                hub._answer(self)

        return Handler

    def _answer(self, request: BaseHTTPRequestHandler) -> None:
        place = re.match(r"bytes=(\d+)-", request.headers.get("Range", ""))
        start = int(place[1]) if place and self.ranges else 0
        token, agent = "Authorization" in request.headers, request.headers.get("User-Agent", "")
        self.asked.append(Asked(request.command, request.path, start, token, agent))
        if self.portal:
            return self._reply(request, 200, {"Content-Type": "text/html"}, b"<html>Please sign in</html>")
        if self.refuse:
            status, headers = self.refuse.pop(0)
            return self._reply(request, status, headers)
        for old, new in self.moved.items():
            if request.path.startswith(f"/{old}/"):
                return self._reply(request, 307, {"Location": self.elsewhere + request.path.replace(old, new, 1)})
        if request.path.startswith("/cdn/"):
            return self._send(request, self.files[request.path.removeprefix("/cdn")], start, bool(place))
        content = self.files.get(request.path)
        if content is None:
            code = {"X-Error-Code": "EntryNotFound", "X-Repo-Commit": "0" * 40}
            return self._reply(request, 404, code)
        self._resolve(request, content)

    def _resolve(self, request: BaseHTTPRequestHandler, content: bytes) -> None:
        commit = {"X-Repo-Commit": request.path.split("/resolve/")[1].split("/")[0]}
        if len(content) > LARGE:
            linked = self.listed.get(request.path) or hashlib.sha256(content).hexdigest()
            linked_headers = {"X-Linked-Etag": f'"{linked}"', "X-Linked-Size": str(len(content))}
            self._reply(request, 302, commit | linked_headers | {"Location": f"{self.cdn}/cdn{request.path}"})
        else:
            blob = hashlib.sha1(f"blob {len(content)}\0".encode() + content).hexdigest()
            self._reply(request, 200, commit | {"ETag": f'"{self.listed.get(request.path) or blob}"'}, content)

    def _reply(
        self, request: BaseHTTPRequestHandler, status: int, headers: dict[str, str], content: bytes = b""
    ) -> None:
        request.send_response(status)
        for name, value in (headers | {"Content-Length": str(len(content))}).items():
            request.send_header(name, value)
        request.end_headers()
        if request.command == "GET":
            request.wfile.write(content)

    def _send(self, request: BaseHTTPRequestHandler, content: bytes, start: int, ranged: bool) -> None:
        rest = content[start:]
        partial = ranged and self.ranges
        request.send_response(206 if partial else 200)
        if self.lengths:
            request.send_header("Content-Length", str(len(rest)))
        request.close_connection = not self.lengths
        if partial:
            request.send_header("Content-Range", f"bytes {start}-{len(content) - 1}/{len(content)}")
        request.end_headers()
        self.on_get()
        self._body(request, rest, self.cut.pop(0) if self.cut else -1)

    def _body(self, request: BaseHTTPRequestHandler, rest: bytes, cut: int) -> None:
        try:
            for at in range(0, len(rest), PIECE):
                if 0 <= self.stall_after <= at:
                    self.stalled = min(self.stalled, time.monotonic())
                    self.go.wait()
                piece = rest[at : at + PIECE] if cut < 0 else rest[at : min(at + PIECE, cut)]
                request.wfile.write(piece)
                self.sent += len(piece)
                if 0 <= cut <= at + PIECE:
                    request.close_connection = True
                    return
        except (BrokenPipeError, ConnectionResetError):
            request.close_connection = True
