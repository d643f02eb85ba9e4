"""The tab of documents: a form that uploads, the list, and one document opened to choose chapters and correct text."""

from __future__ import annotations

import asyncio
import mmap
import time
from collections.abc import AsyncIterator, Sequence
from pathlib import Path
from typing import Any

import gradio as gr

from vnclone.errors import BadInput, VncloneError
from vnclone.models import Document
from vnclone.services.shapes import document_shape
from vnclone.services.tasks import Progress
from vnclone.settings import Settings
from vnclone.ui import preview
from vnclone.ui.actions import asked, asked_number, asked_yes
from vnclone.ui.door import door, language
from vnclone.ui.formatting import number, rough_length, size
from vnclone.ui.forms import Form, drop_zone, more, text_field
from vnclone.ui.markup import (
    ARRIVE,
    badge,
    bar,
    block,
    button,
    e,
    empty,
    error_line,
    facts,
    goto,
    live,
    warnings,
    when,
)
from vnclone.ui.newest import Newest
from vnclone.ui.pace import words_per_minute
from vnclone.ui.session import member, over
from vnclone.ui.shelf import watched
from vnclone.ui.uploads import taken
from vnclone.ui.words import say
from vnclone.wire import Services

UNLOCK_SECONDS = 8.0  # a wrong password is known sooner; a long document goes on being read meanwhile


class DocumentsTab:
    """Builds the components inside the open Blocks and ties their events."""

    def __init__(self, services: Services) -> None:
        self._services, self._newest = services, Newest()
        self.opened = block("document-open", visible=False)
        with gr.Row(elem_classes="v-columns") as self.shelf:
            with gr.Column(scale=4, min_width=320):
                self.form = block("document-form")
            with gr.Column(scale=7, min_width=320):
                self.listing = block("document-list")

    def show(self, user: str, chosen: str) -> list[Any]:
        """Values of the form, the list, the opened document and the shelf, for page load."""
        return [form(chosen, self._services.settings), self._cards(user, chosen), *closed()]

    def show_again(self, user: str, chosen: str, event: gr.EventData) -> list[Any]:
        """The same after a switch of the language: the document that was open stays open."""
        values, document = self.show(user, chosen), asked(event, "document")
        if not user or not document:
            return values
        try:
            return [*values[:2], *self._opened(user, chosen, document, event)]
        except VncloneError:  # deleted meanwhile
            return values

    @property
    def components(self) -> list[Any]:
        return [self.form, self.listing, self.opened, self.shelf]

    def tie(self, picked: list[Any]) -> None:
        """Tie the events. `picked` are the dropdown and the kind of source that "use this document" sets."""
        hidden: dict[str, Any] = {"show_progress": "hidden", "api_visibility": "private", "concurrency_limit": None}
        added = self.form.submit(door(self.add), None, [self.form, self.listing], **hidden)
        added.then(door(self.watch), None, self.listing, trigger_mode="multiple", **hidden)
        changes = [self.listing, self.opened, self.shelf, *picked]
        for clicked in (self.listing.click, self.opened.click):
            clicked(door(self.act), None, changes, **hidden).then(None, js=ARRIVE, **hidden)

    async def add(self, event: gr.EventData, request: gr.Request) -> tuple[Any, Any]:
        """Take the uploaded file; whatever was wrong with it at once is told inside the form."""
        owner, chosen, settings = member(request), language(request), self._services.settings
        try:
            document = await asyncio.to_thread(self._add, owner, event)
        except VncloneError as error:
            locked = isinstance(error, Locked)
            return form(chosen, settings, error=error.said.in_(chosen), locked=locked), gr.skip()
        return form(chosen, settings, done=document.id), await asyncio.to_thread(self._cards, owner, chosen)

    def _add(self, owner: str, event: gr.EventData) -> Document:
        with taken(asked(event, "path")) as path:
            name, encrypted = asked(event, "filename") or path.name, is_encrypted(path)
            document = self._services.library.add(owner, path, name, asked(event, "password") or None)
        return self._unlocked(document) if encrypted else document

    def _unlocked(self, document: Document) -> Document:
        """The same once it is being read. Raises Locked, and keeps nothing, where it could not be opened."""
        until = time.monotonic() + UNLOCK_SECONDS
        while document.status == "processing" and time.monotonic() < until:
            time.sleep(0.1)
            document = self._services.library.get(document.user_id, document.id)
        if document.error:
            self._services.library.delete(document.user_id, document.id)
            raise Locked(document.error.vi, document.error.en)
        return document

    async def watch(self, request: gr.Request) -> AsyncIterator[Any]:
        """The list, again and again while something in it is being read; for a guest the way to sign in."""
        owner, chosen = str(request.username or ""), language(request)
        if not owner:
            yield over(chosen)
            return
        async for found, arrived in watched(self._services.library, owner, self._newest, request):
            yield cards(found, self._progress(found), self._pace(), chosen, arrived)

    def act(self, event: gr.EventData, request: gr.Request) -> list[Any]:
        """A button of a card or of the opened document. Returns the list, what is opened, the shelf and the pick."""
        owner, chosen = member(request), language(request)
        action, document = asked(event, "action"), asked(event, "id")
        if action == "delete":
            self._services.library.delete(owner, document)
        if action in ("delete", "close"):
            return [self._cards(owner, chosen), *closed(), gr.skip(), gr.skip()]
        if action == "use":
            choices = document_choices(self._services.library.list(owner))
            picked = [gr.update(choices=choices, value=document), gr.update(value="document")]
            return [gr.skip(), gr.skip(), gr.skip(), *picked]
        return [gr.skip(), *self._opened(owner, chosen, document, event), gr.skip(), gr.skip()]

    def _opened(self, owner: str, chosen: str, document: str, event: gr.EventData) -> list[Any]:
        """The document after a change, with the reason where it could not be made; and the shelf out of sight."""
        error = ""
        try:
            self._change(owner, document, event)
        except VncloneError as problem:
            error = problem.said.in_(chosen)
        found = self._services.library.get(owner, document)
        opened = asked_number(event, "opened", -1) if len(found.chapters) > 1 else 0
        shown = preview.page(found, self._pace(), chosen, opened, asked_number(event, "limit"), error)
        return [gr.update(value=shown, visible=True), gr.update(visible=False)]

    def _change(self, owner: str, document: str, event: gr.EventData) -> None:
        """What a button of the opened document changes: whether a chapter is read, or the text of a paragraph."""
        action, chapter = asked(event, "action"), asked_number(event, "chapter")
        if action == "include":
            change: dict[str, Any] = {"chapter": chapter, "included": asked_yes(event, "checked")}
            self._services.library.update(owner, document, [change])
        elif action == "edit":
            at = asked_number(event, "paragraph")
            preview.check_unchanged(self._services.library.get(owner, document), chapter, at, asked(event, "mark"))
            change = {"chapter": chapter, "paragraph": at, "text": asked(event, "text")}
            self._services.library.update(owner, document, [change])

    def _cards(self, owner: str, chosen: str) -> str:
        documents = self._services.library.list(owner) if owner else []
        return cards(documents, self._progress(documents), self._pace(), chosen)

    def _pace(self) -> float:
        return words_per_minute(self._services)

    def _progress(self, documents: list[Document]) -> dict[str, Progress]:
        busy = [document.id for document in documents if document.status == "processing"]
        found = {document_id: self._services.tasks.progress(document_id) for document_id in busy}
        return {document_id: progress for document_id, progress in found.items() if progress}


class Locked(BadInput):
    """An encrypted PDF that the given password, or none, does not open."""


def is_encrypted(path: Path) -> bool:
    """Whether a PDF names a password's dictionary, which its trailer does in plain letters (ISO 32000-1, 7.6.1)."""
    with path.open("rb") as file:
        if file.read(5) != b"%PDF-":
            return False
        with mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as content:
            return content.rfind(b"/Encrypt") >= 0


def closed() -> list[Any]:
    """No document opened, and the shelf in sight."""
    return [gr.update(value="", visible=False), gr.update(visible=True)]


def form(language: str, settings: Settings, error: str = "", done: str = "", locked: bool = False) -> str:
    """The form that adds a document. `done` is the id of the one it has just taken; `locked` unfolds the password."""
    password = text_field(
        "document-password",
        say("document_password_label", language),
        hint=say("document_password_hint", language),
        kind="password",
    )
    fields = drop_zone("document-file", say("document_file", language), "", language)
    fields += more("document-more", say("document_password", language), password, unfolded=locked)
    title = say("document_new", language)
    limit = size(settings.max_upload_size, language)
    hint = say("document_hint", language, pages=settings.max_document_pages, limit=limit)
    made = Form("document", title, hint, fields, say("document_submit", language), settings.max_upload_size)
    return made.html(language, error, done)


def cards(
    documents: list[Document],
    progress: dict[str, Progress],
    pace: float,
    language: str,
    arrived: Sequence[Document] = (),
) -> str:
    """The list. `progress` is of those being read, by id; `arrived` are those that became ready meanwhile."""
    if not documents:
        inside = empty(say("documents_empty", language), say("documents_empty_next", language))
    else:
        inside = "".join(card(d, progress.get(d.id), pace, language) for d in documents)
    news = "".join(f"<p>{e(say('document_ready', language, name=document.title))}</p>" for document in arrived)
    if any(document.status == "ready" for document in documents):
        chosen = {"action": "use", "id": arrived[0].id} if arrived else {}
        news += goto(say("next_generate", language), "generate", kind="link", **chosen)
    running = next((p.said.in_(language) for p in progress.values()), "")
    title, told = f"<h2>{e(say('documents_yours', language))}</h2>", f'<div class="v-news" role="status">{news}</div>'
    return f"<section>{title}{live(running)}{inside}{told}</section>"


def card(document: Document, progress: Progress | None, pace: float, language: str) -> str:
    head = (
        f'<div class="v-head"><h3>{e(document.title or document.filename)}</h3>{badge(document.status, language)}</div>'
    )
    if document.status == "processing":
        percent = round(100 * progress.share) if progress else 0
        doing = progress.said.in_(language) if progress else say("status_processing", language)
        body = bar(percent, say("status_processing", language)) + facts(e(doing), f"{percent}%")
    elif document.status == "failed":
        error = document.error.in_(language) if document.error else None
        body = error_line(error) + facts(e(document.filename), when(document.created_at, language))
    else:
        body = facts(*measures(document, pace, language), when(document.created_at, language))
        body += warnings(note.in_(language) for note in document.notes)
    return (
        f'<article class="v-card v-item" id="document-{e(document.id)}">{head}{body}'
        f'<div class="v-actions">{_actions(document, language)}</div></article>'
    )


def measures(document: Document, pace: float, language: str) -> list[str]:
    """File name, pages, words and the estimated length of the sound, as HTML."""
    shape = document_shape(document, pace, language)
    pages = say("pages", language, count=number(document.pages, language)) if document.pages else ""
    words = say("words", language, count=number(document.word_count, language))
    time = say("about", language, time=rough_length(shape["estimated_duration"], language))
    return [e(part) for part in (document.filename, pages, words, time) if part]


def _actions(document: Document, language: str) -> str:
    delete = button(
        say("delete", language),
        "delete",
        "danger",
        id=document.id,
        confirm=say("document_delete_ask", language, name=document.title or document.filename),
        accept=say("delete", language),
        decline=say("keep", language),
    )
    opens = button(say("open", language), "open", id=document.id) if document.status == "ready" else ""
    return opens + delete


def document_choices(documents: Sequence[Document]) -> list[tuple[str, str]]:
    """What a dropdown offers: the documents that can be read aloud. Their words are told when one is chosen."""
    return [(document.title or document.filename, document.id) for document in documents if document.status == "ready"]
