"""Background work a person waits for: it runs whether or not anybody watches, and anybody may watch."""

from __future__ import annotations

import logging
import threading
import time
import uuid
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from vnclone.errors import VncloneError
from vnclone.models import Said
from vnclone.services.turnstile import Turnstile

log = logging.getLogger(__name__)
POLL_SECONDS = 0.1
AT_ONCE, EACH = 4, 2  # files worked on at once, and of one user: nobody's long scans keep another's page waiting
Report = Callable[[Said, float], None]
Work = Callable[[Report], None]
Failed = Callable[[Said], None]  # told why, when the work raised


@dataclass(frozen=True, slots=True)
class Progress:
    """What is being done now and the share done (0..1)."""

    said: Said
    share: float


class Tasks:
    """A few things worked on at once, users in turn, and for each thing (by its id) how far it is."""

    def __init__(self, most: int = AT_ONCE, each: int = EACH) -> None:
        self._turns = Turnstile(self._run, self._moved, most, each)
        self._jobs: dict[str, tuple[Work, Failed]] = {}
        self._progress: dict[str, Progress] = {}
        self._lock = threading.Lock()

    def start(self, user_id: str, item_id: str, waiting: Said, work: Work, failed: Failed) -> None:
        """Run `work(report)` at the user's next turn; `failed(sentence)` is called when it raises."""
        with self._lock:
            self._jobs[item_id] = (work, failed)
        self._note(item_id, waiting, 0.0)
        self._turns.add(user_id, item_id)

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
        self._turns.close()

    def _run(self, item_id: str) -> None:
        with self._lock:
            job = self._jobs.pop(item_id, None)
        if job is None:
            return
        work, failed = job
        try:
            run_logged(lambda: work(lambda said, share: self._note(item_id, said, share)), failed)
        finally:
            with self._lock:
                if item_id not in self._jobs:  # not started again meanwhile
                    self._progress.pop(item_id, None)

    def _moved(self, item_id: str, position: int) -> None:
        with self._lock:
            if item_id in self._jobs:
                self._progress[item_id] = Progress(_queued(position), 0.0)

    def _note(self, item_id: str, said: Said, share: float) -> None:
        with self._lock:
            self._progress[item_id] = Progress(said, share)


def _queued(position: int) -> Said:
    before = position - 1
    if not before:
        return Said("Đang chờ đến lượt: tiếp theo.", "Waiting for its turn: next.")
    return Said(f"Đang chờ đến lượt: còn {before} tệp đứng trước.", f"Waiting for its turn: {before} before it.")


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
