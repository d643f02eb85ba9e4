"""From an upload to text that can be read aloud: read in a child process, divided into chapters, editable."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, TypeVar

from vnclone import sandbox
from vnclone.errors import BadInput, TooLarge, figure
from vnclone.models import Chapter, Document, Manuscript, Said, manuscript_from_json
from vnclone.services.tasks import Report, Tasks
from vnclone.services.uploads import Uploads, check_size
from vnclone.settings import Settings
from vnclone.store.files import Files
from vnclone.store.owned import Owned, now
from vnclone.store.patience import patiently
from vnclone.text.tidy import tidy

LIMITS = sandbox.Limits(seconds=900, memory_bytes=4 << 30, file_bytes=1 << 30)
MAX_CHARACTERS = 5_000_000  # half as much again as War and Peace
V = TypeVar("V")


class Library(Uploads[Document]):
    """A user's documents. A password is never stored: a restart while such a file is read asks for it again."""

    waiting = Said("Đang đọc tài liệu…", "Reading the document…")
    not_ready = Said(
        "Tài liệu này chưa sẵn sàng. Hãy đợi xử lý xong hoặc chọn tài liệu khác.",
        "This document is not ready. Wait until it is processed, or choose another.",
    )

    def __init__(self, rows: Owned[Document], files: Files, tasks: Tasks, settings: Settings) -> None:
        super().__init__(rows, files, tasks, settings)
        self._passwords: dict[str, str] = {}  # of what is being read now, by document id

    def folder(self, item: Document) -> Path:
        return self._files.document(item.user_id, item.id)

    def add(self, user_id: str, upload: Path, name: str, password: str | None = None) -> Document:
        """Take the upload and start reading it; `follow` tells when it is ready. Raises BadInput, TooLarge."""
        check_size(upload, self._settings.max_upload_size)
        name = safe_name(name or upload.name)
        moment = now()
        kind = Path(name).suffix.lstrip(".").lower()[:10]
        document = Document(uuid.uuid4().hex, user_id, name, kind, "processing", moment, moment, title=Path(name).stem)
        if password:
            self._passwords[document.id] = password
        try:
            self._take(document, upload)
        except BaseException:
            self._passwords.pop(document.id, None)
            raise
        return document

    def update(self, user_id: str, document_id: str, changes: Sequence[dict[str, Any]]) -> Document:
        """Edit before reading. A change is `{"chapter": 0, "paragraph": 3, "text": "…"}` (an empty text removes it)
        or `{"chapter": 0, "included": false}`. Indices are those of the document as it is now. Raises BadInput.
        """
        with self._rows.transaction():  # two edits at once must not undo one another
            chapters = apply_changes(self.require_ready(user_id, document_id).chapters, changes)
            words = Manuscript("", chapters).word_count
            self._rows.update(document_id, chapters=chapters, word_count=words)
        return self.get(user_id, document_id)

    def read(self, path: Path, name: str, password: str | None = None) -> Manuscript:
        """The text of a file, without keeping anything. Raises BadInput, TooLarge."""
        check_size(path, self._settings.max_upload_size)
        return self._read(self._job(path, name, password))

    def _process(self, item: Document, report: Report) -> None:
        job = self._job(self._original(item), item.filename, self._passwords.pop(item.id, None))
        text = self._read(job, report)
        check_length(text)
        ready = {
            "status": "ready",
            "title": text.title or item.title,
            "file_type": text.file_type or item.file_type,
            "word_count": text.word_count,
            "pages": text.pages,
            "chapters": text.chapters,
            "notes": text.notes,
            "scans": text.scans,
            "encoding": text.encoding,
        }
        patiently(lambda: self._rows.update(item.id, only_from=("processing",), **ready))

    def _read(self, job: dict[str, Any], report: Report | None = None) -> Manuscript:
        return manuscript_from_json(sandbox.run("vnclone.documents.reader:read", job, LIMITS, report))

    def _job(self, path: Path, name: str, password: str | None) -> dict[str, Any]:
        settings = self._settings
        limits = {"max_pages": settings.max_document_pages, "most_pages": settings.max_confirmed_pages}
        return {"path": str(path), "filename": name, "password": password, **limits}


def check_length(text: Manuscript) -> None:
    characters = sum(len(p.text) for chapter in text.chapters for p in chapter.paragraphs)
    if characters > MAX_CHARACTERS:
        raise TooLarge(
            f"Tài liệu có {figure(characters)} ký tự, quá {figure(MAX_CHARACTERS)}. Hãy chia thành nhiều tệp.",
            f"The document has {characters:,} characters; the limit is {MAX_CHARACTERS:,}. Split it up.",
        )


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
                included[chapter] = _of(bool, change["included"])
            else:
                text, at = tidy(_of(str, change["text"])), _index(change["paragraph"])
                paragraphs[chapter][at] = replace(paragraphs[chapter][at], text=text)
    except (KeyError, IndexError, TypeError, ValueError):
        raise BadInput(
            "Không tìm thấy đoạn cần sửa. Hãy tải lại trang rồi sửa lại.",
            "The paragraph to change was not found. Reload the page and edit again.",
        ) from None
    kept = (tuple(p for p in chapter if p.text) for chapter in paragraphs)
    return tuple(replace(c, paragraphs=p, included=i) for c, p, i in zip(chapters, kept, included, strict=True))


def _index(value: Any) -> int:
    index = _of(int, value)
    if index < 0:
        raise IndexError(index)
    return index


def _of(kind: type[V], value: Any) -> V:
    """`value`, which must be of exactly this kind: "false" is no bool and true no index."""
    if type(value) is not kind:
        raise TypeError(f"{value!r} is not a {kind.__name__}")
    return value
