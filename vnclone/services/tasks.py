"""Background work a person waits for: it runs whether or not anybody watches, and anybody may watch."""

from __future__ import annotations

import logging
import threading
import time
import uuid
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

from vnclone.errors import VncloneError
from vnclone.models import Said

log = logging.getLogger(__name__)
POLL_SECONDS = 0.1
Report = Callable[[Said, float], None]
Work = Callable[[Report], None]
Failed = Callable[[Said], None]  # told why, when the work raised


@dataclass(frozen=True, slots=True)
class Progress:
    """What is being done now and the share done (0..1)."""

    said: Said
    share: float


class Tasks:
    """A few threads, and for each thing being worked on (by its id) how far it is."""

    def __init__(self, threads: int = 2) -> None:
        self._threads = ThreadPoolExecutor(threads, thread_name_prefix="task")
        self._progress: dict[str, Progress] = {}
        self._lock = threading.Lock()

    def start(self, item_id: str, waiting: Said, work: Work, failed: Failed) -> None:
        """Run `work(report)` soon; `failed(sentence)` is called when it raises."""
        self._note(item_id, waiting, 0.0)
        self._threads.submit(self._run, item_id, work, failed)

    def progress(self, item_id: str) -> Progress | None:
        """None once the work is over, or when it never was."""
        with self._lock:
            return self._progress.get(item_id)

    def follow(self, item_id: str) -> Iterator[Progress]:
        """Every change of progress until the work is over."""
        last = None
        while (progress := self.progress(item_id)) is not None:
            if progress != last:
                yield progress
                last = progress
            time.sleep(POLL_SECONDS)

    def close(self) -> None:
        self._threads.shutdown(wait=False, cancel_futures=True)

    def _run(self, item_id: str, work: Work, failed: Failed) -> None:
        try:
            run_logged(lambda: work(lambda said, share: self._note(item_id, said, share)), failed)
        finally:
            with self._lock:
                self._progress.pop(item_id, None)

    def _note(self, item_id: str, said: Said, share: float) -> None:
        with self._lock:
            self._progress[item_id] = Progress(said, share)


def run_logged(work: Callable[[], None], failed: Failed) -> None:
    """The one door of background work: an error of ours is told as it is, any other is logged with an id to quote."""
    try:
        work()
    except VncloneError as error:
        failed(error.said)
    except Exception as error:  # noqa: BLE001 - the door: nothing above it would hear of it
        failed(unexpected(error))


def unexpected(error: BaseException) -> Said:
    """Logs the traceback under a new id and returns the plain sentence that quotes it."""
    error_id = uuid.uuid4().hex[:8]
    log.error("unexpected error %s", error_id, exc_info=error)
    return Said(
        f"Có lỗi ngoài dự kiến (mã {error_id}). Hãy thử lại; nếu lỗi lặp lại, gửi mã này cho người quản trị.",
        f"Something unexpected went wrong (id {error_id}). Try again; if it repeats, give the administrator this id.",
    )
