"""From an upload to text that can be read aloud: read in a child process, divided into chapters, editable."""

from __future__ import annotations

import uuid
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from vnclone import sandbox
from vnclone.errors import BadInput
from vnclone.models import Chapter, Document, Manuscript, Said, manuscript_from_json
from vnclone.services.tasks import Progress, Report, Tasks
from vnclone.services.voices import check_size
from vnclone.settings import Settings
from vnclone.store.files import Files
from vnclone.store.owned import Owned, now

LIMITS = sandbox.Limits(seconds=900, memory_bytes=4 << 30, file_bytes=1 << 30)
READING = Said("Đang đọc tài liệu…", "Reading the document…")
READY = Said("Tài liệu đã được xử lý!", "The document has been processed!")


class Library:
    """A user's documents."""

    def __init__(self, rows: Owned[Document], files: Files, tasks: Tasks, settings: Settings) -> None:
        self._rows, self._files, self._tasks, self._settings = rows, files, tasks, settings

    def add(self, user_id: str, upload: Path, name: str, password: str | None = None) -> Document:
        """Take the upload and start reading it; `follow` tells when it is ready. Raises BadInput, TooLarge."""
        check_size(upload, self._settings.max_upload_size)
        name = safe_name(name or upload.name)
        moment = now()
        kind = Path(name).suffix.lstrip(".").lower()[:10]
        document = Document(uuid.uuid4().hex, user_id, name, kind, "processing", moment, moment, title=Path(name).stem)
        original = self._files.document(user_id, document.id) / "original"
        try:
            self._files.take(upload, original)
            self._rows.add(document)
        except BaseException:
            self._files.remove(original.parent)
            raise
        self._start(document, password)
        return document

    def resume_unfinished(self) -> None:
        """After a restart: read again what was being read. A password is never stored, so such a file asks again."""
        for document in self._rows.with_status("processing"):
            self._start(document, None)

    def get(self, user_id: str, document_id: str) -> Document:
        return self._rows.get(user_id, document_id)

    def list(self, user_id: str) -> list[Document]:
        return self._rows.all(user_id)

    def follow(self, user_id: str, document_id: str) -> Iterator[Progress]:
        """Progress until it is ready or failed."""
        self.get(user_id, document_id)
        yield from self._tasks.follow(document_id)

    def wait(self, user_id: str, document_id: str) -> Document:
        """The finished document. Raises BadInput with the reason when it cannot be read; such a one is not kept."""
        for _ in self.follow(user_id, document_id):
            pass
        document = self.get(user_id, document_id)
        if document.error:
            self.delete(user_id, document_id)
            raise BadInput(document.error.vi, document.error.en)
        return document

    def update(self, user_id: str, document_id: str, changes: Sequence[dict[str, Any]]) -> Document:
        """Edit before reading. A change is `{"chapter": 0, "paragraph": 3, "text": "…"}` (an empty text removes it)
        or `{"chapter": 0, "included": false}`. Indices are those of the document as it is now. Raises BadInput.
        """
        chapters = apply_changes(self.require_ready(user_id, document_id).chapters, changes)
        words = Manuscript("", chapters).word_count
        self._rows.update(document_id, chapters=chapters, word_count=words)
        return self.get(user_id, document_id)

    def require_ready(self, user_id: str, document_id: str) -> Document:
        document = self.get(user_id, document_id)
        if document.status != "ready":
            raise BadInput(
                "Tài liệu này chưa sẵn sàng. Hãy đợi đọc xong hoặc chọn tài liệu khác.",
                "This document is not ready. Wait until it has been read, or choose another.",
            )
        return document

    def delete(self, user_id: str, document_id: str) -> None:
        """Remove the file and its text. Recordings made from it stay."""
        self.get(user_id, document_id)
        self._rows.delete(document_id)
        self._files.remove(self._files.document(user_id, document_id))

    def read(self, path: Path, name: str, password: str | None = None) -> Manuscript:
        """The text of a file, without keeping anything. Raises BadInput, TooLarge."""
        check_size(path, self._settings.max_upload_size)
        return self._read(self._job(path, name, password))

    def _start(self, document: Document, password: str | None) -> None:
        def failed(error: Said) -> None:
            self._rows.update(document.id, only_from=("processing",), status="failed", error=error)
            self._files.remove(self._files.document(document.user_id, document.id))

        self._tasks.start(document.id, READING, lambda report: self._process(document, password, report), failed)

    def _process(self, document: Document, password: str | None, report: Report) -> None:
        path = self._files.document(document.user_id, document.id) / "original"
        job = self._job(path, document.filename, password)
        text = self._read(job, report)
        self._rows.update(
            document.id,
            only_from=("processing",),
            status="ready",
            title=text.title or document.title,
            word_count=text.word_count,
            pages=text.pages,
            chapters=text.chapters,
            notes=text.notes,
        )

    def _read(self, job: dict[str, Any], report: Report | None = None) -> Manuscript:
        return manuscript_from_json(sandbox.run("vnclone.documents.reader:read", job, LIMITS, report))

    def _job(self, path: Path, name: str, password: str | None) -> dict[str, Any]:
        pages = self._settings.max_document_pages
        return {"path": str(path), "filename": name, "max_pages": pages, "password": password}


def safe_name(name: str) -> str:
    """A person's file name for showing: no folders, no control characters, at most 200 characters."""
    name = "".join(c for c in name.replace("\\", "/").split("/")[-1] if c.isprintable())
    return name[-200:].strip() or "tai-lieu"


def apply_changes(chapters: tuple[Chapter, ...], changes: Sequence[dict[str, Any]]) -> tuple[Chapter, ...]:
    """The chapters with each change made. Raises BadInput for a change that names what is not there."""
    paragraphs = [list(chapter.paragraphs) for chapter in chapters]
    included = [chapter.included for chapter in chapters]
    try:
        for change in changes:
            chapter = _index(change["chapter"])
            if "included" in change:
                included[chapter] = bool(change["included"])
            else:
                text, at = str(change["text"]).strip(), _index(change["paragraph"])
                paragraphs[chapter][at] = replace(paragraphs[chapter][at], text=text)
    except (KeyError, IndexError, TypeError, ValueError):
        raise BadInput(
            "Không tìm thấy đoạn cần sửa. Hãy tải lại trang rồi sửa lại.",
            "The paragraph to change was not found. Reload the page and edit again.",
        ) from None
    kept = (tuple(p for p in chapter if p.text) for chapter in paragraphs)
    return tuple(replace(c, paragraphs=p, included=i) for c, p, i in zip(chapters, kept, included, strict=True))


def _index(value: Any) -> int:
    index = int(value)
    if index < 0:
        raise IndexError(index)
    return index
