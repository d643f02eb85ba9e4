"""Engines' weights, fetched when somebody who may asks for it. Everybody of this server sees how far it is."""

from __future__ import annotations

import threading
from contextlib import suppress
from dataclasses import dataclass, replace

from vnclone import engines
from vnclone.engines import weights
from vnclone.engines.weights import Bundle, DownloadStopped, Progress
from vnclone.errors import BadInput
from vnclone.models import Said
from vnclone.services.accounts import Accounts
from vnclone.services.tasks import run_logged


@dataclass(frozen=True, slots=True)
class Download:
    """One engine's download. `progress` is None before the first byte; `error` says why it ended, if not well."""

    running: bool = True
    progress: Progress | None = None
    error: Said | None = None


class Downloads:
    """At most one for each engine, in a thread of its own. Which files an engine lacks is what the disk says."""

    def __init__(self, accounts: Accounts) -> None:
        self._accounts = accounts
        self._downloads: dict[str, Download] = {}
        self._stopping: set[str] = set()
        self._lock = threading.Lock()
        self._closed = False

    def may_ask(self, user_id: str) -> bool:
        """Gigabytes of the server's disk are its owner's to give: the first account made on it."""
        return self._accounts.is_first(user_id)

    def start(self, user_id: str, engine: str) -> None:
        """Fetch what the engine lacks; nothing happens when that is under way already. Raises BadInput."""
        self._check(user_id)
        bundle = wanted(engine)
        with self._lock:
            if self._closed or self.of(engine).running:
                return
            self._downloads[engine] = Download()
            self._stopping.discard(engine)
        threading.Thread(target=self._run, args=(engine, bundle), name=f"download-{engine}", daemon=True).start()

    def stop(self, user_id: str, engine: str) -> None:
        """What has come stays: the next start goes on from there."""
        self._check(user_id)
        self._stopping.add(engine)

    def of(self, engine: str) -> Download:
        """How the engine's download is going; one that never was is not running."""
        return self._downloads.get(engine, Download(running=False))

    def any_running(self) -> bool:
        return any(download.running for download in list(self._downloads.values()))

    def close(self) -> None:
        with self._lock:
            self._closed = True

    def _run(self, engine: str, bundle: Bundle) -> None:
        def failed(error: Said) -> None:
            self._downloads[engine] = replace(self.of(engine), running=False, error=error)

        run_logged(lambda: self._fetch(engine, bundle), failed)

    def _fetch(self, engine: str, bundle: Bundle) -> None:
        def report(progress: Progress) -> None:
            self._downloads[engine] = Download(progress=progress)

        with suppress(DownloadStopped):  # as asked; how much is there is what the engine's status says
            weights.download(bundle, report, lambda: self._closed or engine in self._stopping)
        self._downloads[engine] = Download(running=False)

    def _check(self, user_id: str) -> None:
        if not self.may_ask(user_id):
            raise BadInput(
                "Chỉ người lập máy chủ này (tài khoản đầu tiên) mới tải được bộ đọc. Hãy nhờ người ấy.",
                "Only the owner of this server (its first account) can download engines. Please ask them.",
            )


def wanted(engine: str) -> Bundle:
    """What an engine needs. Raises BadInput for an engine that needs nothing, or is unknown."""
    bundle = engines.load(engine).weights()
    if bundle is None:
        raise BadInput(
            f"Bộ đọc {engine} không cần tải gì thêm.", f"The engine {engine} needs nothing to be downloaded."
        )
    return bundle
