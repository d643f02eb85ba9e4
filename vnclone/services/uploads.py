"""What voices and documents have in common: taken in, worked on in the background, followed, then ready or failed."""

from __future__ import annotations

import math
from abc import ABC, abstractmethod
from collections.abc import Iterator
from pathlib import Path
from typing import Generic, TypeVar

from vnclone.errors import BadInput, NotFound, TooLarge, VncloneError, figure
from vnclone.models import Document, Said, Voice
from vnclone.services.tasks import Progress, Report, Tasks
from vnclone.settings import Settings
from vnclone.store.files import Files
from vnclone.store.owned import Owned
from vnclone.store.patience import patiently

T = TypeVar("T", Voice, Document)


class Uploads(ABC, Generic[T]):
    """The rows of one kind of upload. A subclass says where the files lie and what the work is."""

    waiting: Said  # what a person reads until the work says more
    not_ready: Said

    def __init__(self, rows: Owned[T], files: Files, tasks: Tasks, settings: Settings) -> None:
        self._rows: Owned[T] = rows
        self._files, self._tasks, self._settings = files, tasks, settings

    @abstractmethod
    def folder(self, item: T) -> Path:
        """Where everything of `item` lies."""

    @abstractmethod
    def _process(self, item: T, report: Report) -> None:
        """Do the work and set the row's status. Raises VncloneError when it cannot be done."""

    def get(self, user_id: str, item_id: str) -> T:
        """Raises NotFound."""
        return self._rows.get(user_id, item_id)

    def list(self, user_id: str) -> list[T]:
        """Newest first."""
        return self._rows.all(user_id)

    def ids(self) -> set[str]:
        """Everybody's."""
        return self._rows.ids()

    def require_ready(self, user_id: str, item_id: str) -> T:
        """Raises NotFound, or BadInput while it is processed and after it failed."""
        item = self.get(user_id, item_id)
        if item.status != "ready":
            raise BadInput(self.not_ready.vi, self.not_ready.en)
        return item

    def follow(self, user_id: str, item_id: str) -> Iterator[Progress]:
        """Progress until it is ready or failed."""
        self.get(user_id, item_id)
        yield from self._tasks.follow(item_id)

    def wait(self, user_id: str, item_id: str) -> T:
        """The finished one. Raises BadInput or TooLarge with the reason when it failed; such a one is not kept."""
        for _ in self.follow(user_id, item_id):
            pass
        item = self.get(user_id, item_id)
        if item.error and item.status == "failed":
            self.delete(user_id, item_id)
            raise self._refusal(item, item.error)
        return item

    def is_busy(self, item: T) -> bool:
        """Whether it is being worked on, for the first time or again."""
        return item.status == "processing" or self._tasks.progress(item.id) is not None

    def delete(self, user_id: str, item_id: str) -> None:
        """Remove the row and every file. Recordings that were made stay."""
        item = self.get(user_id, item_id)
        self._rows.delete(item_id)
        self._files.remove(self.folder(item))

    def resume_unfinished(self) -> None:
        """After a restart: take up again what was being worked on."""
        for item in self._rows.with_status("processing"):
            self._start(item)

    def _take(self, item: T, upload: Path) -> None:
        """Move the upload in, add the row and start the work; all of it or nothing. Raises Unavailable."""
        try:
            self._files.take(upload, self._original(item))
            self._rows.add(item)
        except BaseException:
            self._files.remove(self.folder(item))
            raise
        self._start(item)

    def _refusal(self, item: T, error: Said) -> VncloneError:
        return BadInput(error.vi, error.en)

    def _original(self, item: T) -> Path:
        return self.folder(item) / "original"

    def _start(self, item: T) -> None:
        def failed(error: Said) -> None:
            patiently(lambda: self._rows.update(item.id, only_from=("processing",), status="failed", error=error))
            self._files.remove(self.folder(item))

        self._tasks.start(item.user_id, item.id, self.waiting, lambda report: self._work(item, report), failed)

    def _work(self, item: T, report: Report) -> None:
        try:
            self._process(item, report)
        finally:
            if not self._rows.exists(item.id):  # deleted meanwhile
                self._files.remove(self.folder(item))


def check_size(upload: Path, limit: int) -> None:
    """Raises NotFound, BadInput for an empty file, TooLarge above `limit` bytes."""
    if not upload.is_file():
        raise NotFound("Không tìm thấy tệp. Hãy tải lên lại.", "The file was not found. Upload it again.")
    size = upload.stat().st_size
    if size == 0:
        raise BadInput("Tệp này rỗng (0 byte). Hãy chọn tệp khác.", "This file is empty (0 bytes). Choose another one.")
    if size > limit:
        have, allowed = math.ceil(10 * size / 2**20) / 10, limit / 2**20  # never told as the limit itself
        raise TooLarge(
            f"Tệp này nặng {figure(have)} MB, giới hạn là {figure(allowed)} MB. Hãy chọn tệp nhỏ hơn.",
            f"This file is {figure(have, 'en')} MB; the limit is {figure(allowed, 'en')} MB. Choose a smaller one.",
        )
