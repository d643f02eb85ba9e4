"""From an upload to text that can be read aloud: read in a child process, divided into chapters, editable."""

from __future__ import annotations

import threading
import uuid
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from vnclone import sandbox
from vnclone.disk import writing
from vnclone.documents.bounds import check_length
from vnclone.documents.draft import READING
from vnclone.errors import BadInput, Conflict, Locked, ManyPages, NotFound, VncloneError, figure
from vnclone.models import (
    ENCODINGS,
    Document,
    Manuscript,
    ReadOptions,
    Said,
    manuscript_from_json,
)
from vnclone.services import editing, rereading
from vnclone.services.tasks import Report, Tasks
from vnclone.services.uploads import Uploads, check_size
from vnclone.settings import Settings
from vnclone.store.files import Files
from vnclone.store.owned import Owned, now
from vnclone.store.patience import patiently

READ, DRAW = "vnclone.documents.reader:read", "vnclone.documents.pictures:page_picture"
LIMITS = sandbox.Limits(seconds=180, memory_bytes=4 << 30, file_bytes=1 << 30)
PICTURE_LIMITS = sandbox.Limits(seconds=60, memory_bytes=2 << 30, file_bytes=64 << 20)
PICTURE_WIDTH = 1240  # pixels: A4 at 150 dpi, a width at which print can be read
DRAWN_AT_ONCE = 2
ASKED_HOURS = 24  # how long an upload waits for a password or a confirmation
_ASKS = {Locked: "password", ManyPages: "pages"}


class Library(Uploads[Document]):
    """A user's documents. A password is never stored: a restart while such a file is read asks for it again."""

    waiting = READING
    not_ready = Said(
        "Tài liệu này chưa sẵn sàng. Hãy đợi xử lý xong hoặc chọn tài liệu khác.",
        "This document is not ready. Wait until it is processed, or choose another.",
    )

    def __init__(self, rows: Owned[Document], files: Files, tasks: Tasks, settings: Settings) -> None:
        super().__init__(rows, files, tasks, settings)
        self._passwords: dict[str, str] = {}  # of what is being read now, by document id
        self._stops: dict[str, threading.Event] = {}  # set when nobody wants what is being read any more
        self._starting = threading.Lock()
        self._drawing = threading.BoundedSemaphore(DRAWN_AT_ONCE)

    def folder(self, item: Document) -> Path:
        return self._files.document(item.user_id, item.id)

    def add(
        self,
        user_id: str,
        upload: Path,
        name: str,
        password: str | None = None,
        options: ReadOptions = ReadOptions(),  # noqa: B008 - frozen
    ) -> Document:
        """Take the upload and start reading it; `follow` tells when it is ready. Raises BadInput, TooLarge."""
        check_size(upload, self._settings.max_upload_size)
        check_encoding(options.encoding)
        self.forget_unanswered()
        name = safe_name(name or upload.name)
        moment, title = now(), Path(name).stem
        kind = Path(name).suffix.lstrip(".").lower()[:10]
        document = Document(
            uuid.uuid4().hex, user_id, name, kind, "processing", moment, moment, title=title, options=options
        )
        if password:
            self._passwords[document.id] = password
        try:
            self._take(document, upload)
        except BaseException:
            self._forget_secrets(document.id)
            raise
        return document

    def answer(self, user_id: str, document_id: str, password: str | None = None, all_pages: bool = False) -> Document:
        """Go on with an upload that waits for its password, or for the word that all its pages are meant.

        Raises Conflict when it waits for nothing.
        """
        item = self.get(user_id, document_id)
        if not item.asks or item.status != "failed" or not self._original(item).exists():
            raise _waits_for_nothing()
        if password:
            self._passwords[document_id] = password
        options = replace(item.options, all_pages=item.options.all_pages or all_pages)
        going_on = {"status": "processing", "error": None, "asks": "", "options": options}
        if not self._rows.update(document_id, only_from=("failed",), **going_on):
            raise _waits_for_nothing()
        document = self.get(user_id, document_id)
        self._start(document)
        return document

    def read_again(self, user_id: str, document_id: str, options: ReadOptions, password: str | None = None) -> Document:
        """Read the kept file once more in another way; the text stays usable meanwhile, and changes made are kept.

        Raises BadInput, and Conflict while it is being read already. What goes wrong later is the document's `error`.
        """
        check_encoding(options.encoding)
        with self._starting:
            item = self.require_ready(user_id, document_id)
            if self.is_busy(item):
                raise Conflict("Tài liệu đang được đọc. Hãy đợi xong.", "The document is being read. Wait until it is.")
            self._rows.update(document_id, only_from=("ready",), error=None, asks="")
            if password:
                self._passwords[document_id] = password
            # All the pages that are there were meant the first time.
            self._start_again(replace(item, options=replace(options, all_pages=True)))
        return self.get(user_id, document_id)

    def _start_again(self, item: Document) -> None:
        def failed(error: Said) -> None:
            patiently(lambda: self._rows.update(item.id, only_from=("ready",), error=error))

        self._stops[item.id] = threading.Event()
        self._tasks.start(item.user_id, item.id, self.waiting, lambda report: self._process_again(item, report), failed)

    def stop_reading_again(self, user_id: str, document_id: str) -> None:
        """Leave the text as it is."""
        item = self.get(user_id, document_id)
        if item.status == "ready" and (stop := self._stops.get(document_id)):
            stop.set()

    def update(self, user_id: str, document_id: str, changes: Sequence[dict[str, Any]]) -> Document:
        """Edit before reading aloud: see `editing.changed` for what a change is. All of them or none.

        Raises BadInput, TooLarge, and Conflict when what a change was meant for has become another.
        """
        with self._rows.transaction():  # two edits at once must not undo one another
            document = editing.changed(self.require_ready(user_id, document_id), changes)
            check_length(document.chapters)
            words, moment = Manuscript("", document.chapters).word_count, now()
            columns: dict[str, Any] = {"chapters": document.chapters, "skipped": document.skipped}
            self._rows.update(document_id, **columns, word_count=words, updated_at=moment)
        return replace(document, word_count=words, updated_at=moment)

    def proposed(self, document: Document) -> set[int]:
        """The numbers of the chapters that the reader itself has left out, and that are left out still."""
        first = rereading.load(self.folder(document), document.chapters)
        left_out = {start for start, _, included in first.starts if not included} if first else set()
        places = rereading.beginnings(document.chapters)
        chapters = zip(places, document.chapters, strict=True)
        return {n for n, (place, chapter) in enumerate(chapters) if place in left_out and not chapter.included}

    def picture(self, user_id: str, document_id: str, page: int) -> Path:
        """A PNG of a page that was read by OCR, made when it is asked for. Raises NotFound, BadInput, Unavailable."""
        item = self.get(user_id, document_id)
        if item.status != "ready" or page not in {scan.page for scan in item.scans}:
            raise NotFound("Không có ảnh của trang này.", "There is no picture of this page.")
        target = self.folder(item) / f"page-{page}.png"
        with self._drawing:
            if not target.exists():
                self._draw(item, page, target)
        if not self._rows.exists(document_id):  # deleted meanwhile
            self._files.remove(self.folder(item))
        return target

    def _draw(self, item: Document, page: int, target: Path) -> None:
        with writing(target) as part:
            asked = {"path": str(self._original(item)), "page": page, "width": PICTURE_WIDTH, "out": str(part)}
            original = self._original(item)
            sandbox.run(DRAW, asked | {"password": None}, PICTURE_LIMITS, reads=[original], writes=[part.parent])

    def delete(self, user_id: str, item_id: str) -> None:
        item = self.get(user_id, item_id)
        if stop := self._stops.get(item.id):
            stop.set()
        super().delete(user_id, item_id)
        self._forget_secrets(item_id)

    def forget_unanswered(self) -> None:
        """Delete the files of uploads that have waited in vain for an answer."""
        since = (datetime.now(UTC) - timedelta(hours=ASKED_HOURS)).isoformat(timespec="microseconds")
        for item in self._rows.with_status("failed"):
            if item.asks and item.updated_at < since and self._rows.update(item.id, only_from=("failed",), asks=""):
                self._forget_secrets(item.id)
                self._files.remove(self.folder(item))

    def resume_unfinished(self) -> None:
        self.forget_unanswered()
        super().resume_unfinished()

    def read(self, path: Path, name: str, password: str | None = None, encoding: str = "auto") -> Manuscript:
        """The text of a file, as many pages as may be, without keeping anything. Raises BadInput, TooLarge."""
        check_size(path, self._settings.max_upload_size)
        check_encoding(encoding)
        return self._read(self._job(path, name, password, ReadOptions(encoding, all_pages=True)))

    def _start(self, item: Document) -> None:
        self._stops[item.id] = threading.Event()
        super()._start(item)

    def _process(self, item: Document, report: Report) -> None:
        """Read it for the first time. What it needs to be told is asked, and the file kept for the answer."""
        with self._wanted(item) as stop:
            text = self._attempt(item, report, stop)
            if text is None:
                return
            rereading.save(self.folder(item), text.chapters)
            more = {"status": "ready", "chapters": text.chapters, "word_count": text.word_count}
            columns = _columns(text, item) | more
            patiently(lambda: self._rows.update(item.id, only_from=("processing",), **columns))

    def _process_again(self, item: Document, report: Report) -> None:
        """Read it once more; what a person made of it meanwhile is kept as well."""
        with self._wanted(item) as stop:
            text = self._attempt(item, report, stop)
            if text is not None:
                patiently(lambda: self._replace(item, text, stop))

    def _replace(self, item: Document, text: Manuscript, stop: threading.Event) -> None:
        with self._rows.transaction():
            current = self._rows.find(item.id)
            if current is None or stop.is_set():
                return
            first = rereading.load(self.folder(item), current.chapters)
            carried = rereading.carried(current.chapters, first, text.chapters)
            words = Manuscript("", carried.chapters).word_count
            notes = (*text.notes, _lost(carried.lost)) if carried.lost else text.notes
            columns = _columns(text, item) | {"notes": notes, "options": item.options}
            self._rows.update(item.id, chapters=carried.chapters, word_count=words, **columns)
        rereading.save(self.folder(item), text.chapters)

    @contextmanager
    def _wanted(self, item: Document) -> Iterator[threading.Event]:
        """The event that is set once nobody wants the text any more; from then on no error is one."""
        stop = self._stops[item.id]
        try:
            yield stop
        except VncloneError:
            if not stop.is_set():
                raise
        finally:
            if self._stops.get(item.id) is stop:
                del self._stops[item.id]

    def _attempt(self, item: Document, report: Report, stop: threading.Event) -> Manuscript | None:
        """The text; None where nobody wants it any more, or where something has to be asked first."""
        password = self._passwords.pop(item.id, None)
        if stop.is_set():
            return None
        try:
            job = self._job(self._original(item), item.filename, password, item.options)
            text = self._read(job, report, stop.is_set)
        except (Locked, ManyPages) as error:
            if password and isinstance(error, ManyPages):
                self._passwords[item.id] = password  # it is the right one
            self._ask(item, error)
            return None
        return None if stop.is_set() else text

    def _ask(self, item: Document, error: Locked | ManyPages) -> None:
        """A first reading has failed until it is answered; one that is there already stays as it is."""
        status = "failed" if item.status == "processing" else item.status
        asked = {"status": status, "error": error.said, "asks": _ASKS[type(error)]}
        patiently(lambda: self._rows.update(item.id, only_from=(item.status,), **asked))

    def _forget_secrets(self, document_id: str) -> None:
        self._passwords.pop(document_id, None)

    def _refusal(self, item: Document, error: Said) -> VncloneError:
        kinds: dict[str, type[VncloneError]] = {name: kind for kind, name in _ASKS.items()}
        return kinds.get(item.asks, BadInput)(error.vi, error.en)

    def _read(
        self, job: dict[str, Any], report: Report | None = None, stopped: Callable[[], bool] | None = None
    ) -> Manuscript:
        return manuscript_from_json(sandbox.run(READ, job, LIMITS, report, reads=[Path(job["path"])], stopped=stopped))

    def _job(self, path: Path, name: str, password: str | None, options: ReadOptions) -> dict[str, Any]:
        """What the reader is asked; all pages, once confirmed, are as many as may be."""
        most = self._settings.max_confirmed_pages
        limits = {"max_pages": most if options.all_pages else self._settings.max_document_pages, "most_pages": most}
        return {"path": str(path), "filename": name, "password": password, "encoding": options.encoding} | limits


def _columns(text: Manuscript, item: Document) -> dict[str, Any]:
    """What a reading says of the whole document."""
    return {
        "title": text.title or item.title,
        "file_type": text.file_type or item.file_type,
        "pages": text.pages,
        "notes": text.notes,
        "scans": text.scans,
        "encoding": text.encoding,
    }


def check_encoding(encoding: str) -> None:
    if encoding not in ENCODINGS:
        listed = ", ".join(ENCODINGS)
        raise BadInput(f"Bảng mã phải là một trong: {listed}.", f"The encoding must be one of: {listed}.")


def safe_name(name: str) -> str:
    """A person's file name for showing: no folders, no control characters, at most 200 characters."""
    name = "".join(c for c in name.replace("\\", "/").split("/")[-1] if c.isprintable())
    return name[-200:].strip() or "tai-lieu"


def _lost(count: int) -> Said:
    return Said(
        f"{figure(count)} chỗ bạn đã sửa không còn tương ứng với bản đọc lại nên không giữ được. Hãy xem lại.",
        f"{figure(count, 'en')} of your changes no longer match the text as read again and were dropped. Please check.",
    )


def _waits_for_nothing() -> Conflict:
    return Conflict(
        "Tệp này không còn chờ trả lời. Hãy tải lại trang, hoặc tải tệp lên lần nữa.",
        "This file is not waiting for an answer any more. Reload the page, or upload the file again.",
    )
