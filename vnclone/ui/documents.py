"""The tab of documents: a form that uploads, the list, and one document opened to choose chapters and correct text."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace
from typing import Any

import gradio as gr

from vnclone.errors import NotFound, VncloneError
from vnclone.models import Document
from vnclone.services.tasks import Progress
from vnclone.ui import preview
from vnclone.ui.actions import asked, asked_files
from vnclone.ui.document_cards import cards, document_choices, form
from vnclone.ui.document_edits import change, moved
from vnclone.ui.door import door, language
from vnclone.ui.markup import ARRIVE, block
from vnclone.ui.newest import Newest
from vnclone.ui.pace import words_per_minute
from vnclone.ui.session import member, over
from vnclone.ui.shelf import POLL_SECONDS, watched
from vnclone.ui.uploads import taken
from vnclone.ui.view import About, View, asked_view
from vnclone.ui.words import say
from vnclone.wire import Services

MOST_AT_ONCE = 50  # files of one upload
Looking = tuple[str, View, bool]  # the opened document's id, what of it is unfolded, whether it was being read again
NOTHING: Looking = ("", View(), False)


class DocumentsTab:
    """Builds the components inside the open Blocks and ties their events."""

    def __init__(self, services: Services) -> None:
        self._services, self._watchers, self._followers = services, Newest(), Newest()
        self.looking, self.added = gr.State(NOTHING), gr.State(())
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
            found = self._services.library.get(user, document)
        except VncloneError:  # deleted meanwhile
            return values
        progress = self._services.tasks.progress(document)
        return [*values[:2], *self._shown(found, asked_view(event, found), progress, chosen)]

    @property
    def components(self) -> list[Any]:
        return [self.form, self.listing, self.opened, self.shelf]

    def tie(self, picked: list[Any]) -> None:
        """Tie the events. `picked` are the dropdown and the kind of source that "use this document" sets."""
        hidden: dict[str, Any] = {"show_progress": "hidden", "api_visibility": "private", "concurrency_limit": None}
        many = {**hidden, "trigger_mode": "multiple"}
        added = self.form.submit(door(self.add), None, [self.form, self.listing, self.added], **hidden)
        added.then(door(self.watch_added), self.added, self.listing, **many)
        changes = [self.listing, self.opened, self.shelf, *picked, self.looking]
        for clicked in (self.listing.click, self.opened.click):
            acted = clicked(door(self.act), None, changes, **hidden)
            acted.then(None, js=ARRIVE, **hidden)
            acted.then(door(self.watch), None, self.listing, **many)
            acted.then(door(self.follow), self.looking, self.opened, **many)

    async def add(self, event: gr.EventData, request: gr.Request) -> tuple[Any, Any, tuple[str, ...]]:
        """Take the uploaded files; whatever was wrong with one at once is told inside the form."""
        owner, chosen, settings = member(request), language(request), self._services.settings
        done, errors = await asyncio.to_thread(self._add, owner, asked_files(event, "files"), chosen)
        listing = await asyncio.to_thread(self._cards, owner, chosen) if done else gr.skip()
        return form(chosen, settings, error=" ".join(errors), done=done[-1] if done else ""), listing, tuple(done)

    def _add(self, owner: str, files: list[tuple[str, str]], chosen: str) -> tuple[list[str], list[str]]:
        """The ids of those that were taken, and a sentence for each that was not."""
        if not files:
            return [], [say("file_missing", chosen)]
        if len(files) > MOST_AT_ONCE:
            return [], [say("document_many", chosen, most=MOST_AT_ONCE)]
        done: list[str] = []
        errors: list[str] = []
        for path, name in files:
            try:
                with taken(path) as claimed:
                    done.append(self._services.library.add(owner, claimed, name or claimed.name).id)
            except VncloneError as error:
                said = error.said.in_(chosen)
                errors.append(f"{name}: {said}" if len(files) > 1 else said)
        return done, errors

    async def watch(self, request: gr.Request) -> AsyncIterator[Any]:
        """The list, again and again while something in it is being read; for a guest the way to sign in."""
        async for value in self.watch_added((), request):
            yield value

    async def watch_added(self, added: Any, request: gr.Request) -> AsyncIterator[Any]:
        """The same, with what was just added told once it is ready."""
        owner, chosen = str(request.username or ""), language(request)
        if not owner:
            yield over(chosen)
            return
        async for found, arrived in watched(self._services.library, owner, self._watchers, request, added or ()):
            yield cards(found, self._progress(found), self._pace(), chosen, arrived)

    async def follow(self, looking: Looking, request: gr.Request) -> AsyncIterator[Any]:
        """The opened document while it is read again, and once that is done."""
        owner, chosen = str(request.username or ""), language(request)
        document, view, busy = looking
        told: Progress | None = None
        with self._followers.of(request) as still_newest:
            while owner and busy and still_newest():
                # Asked before the text is: once it is over, that is the new one.
                progress = self._services.tasks.progress(document)
                busy = progress is not None
                try:
                    found = await asyncio.to_thread(self._services.library.get, owner, document)
                except NotFound:  # deleted meanwhile
                    break
                if (progress != told or not busy) and still_newest():
                    yield self._page(found, view, progress, chosen)
                told = progress
                await asyncio.sleep(POLL_SECONDS)
        yield gr.skip()  # Gradio sends the last value once more at the end: by now it would be an old one

    def act(self, event: gr.EventData, request: gr.Request) -> list[Any]:
        """A button of a card or of the opened document: the list, what is opened, the shelf, the pick, what of it."""
        owner, chosen = member(request), language(request)
        action, document = asked(event, "action"), asked(event, "id")
        if action == "delete":
            self._services.library.delete(owner, document)
        if action == "answer":
            password, all_pages = asked(event, "password") or None, asked(event, "pages") == "all"
            self._services.library.answer(owner, document, password, all_pages)
        if action in ("delete", "close", "answer"):
            return [self._cards(owner, chosen), *closed(), gr.skip(), gr.skip(), NOTHING]
        if action == "use":
            choices = document_choices(self._services.library.list(owner))
            picked = [gr.update(choices=choices, value=document), gr.update(value="document")]
            return [gr.skip(), gr.skip(), gr.skip(), *picked, gr.skip()]
        return self._changed(owner, chosen, document, event)

    def _changed(self, owner: str, chosen: str, document: str, event: gr.EventData) -> list[Any]:
        """The document after a change, with the reason where it could not be made; and the shelf out of sight."""
        library, tasks, error = self._services.library, self._services.tasks, ""
        progress = tasks.progress(document)  # asked before the text is, here and below: once it is over, that is new
        before, found = library.get(owner, document), None
        view = asked_view(event, before)
        try:
            found = change(library, owner, before, event)
            view = moved(view, event)
        except VncloneError as problem:
            error = problem.said.in_(chosen)
        if found is None:
            progress = tasks.progress(document)
            found = library.get(owner, document)
        view = replace(view, opened=0) if len(found.chapters) == 1 else view
        looking = (document, view, progress is not None)
        return [gr.skip(), *self._shown(found, view, progress, chosen, error), gr.skip(), gr.skip(), looking]

    def _shown(self, found: Document, view: View, progress: Progress | None, chosen: str, error: str = "") -> list[Any]:
        value = self._page(found, view, progress, chosen, error)
        return [gr.update(value=value, visible=True), gr.update(visible=False)]

    def _page(self, found: Document, view: View, progress: Progress | None, chosen: str, error: str = "") -> str:
        def link(page: int) -> str:
            return self._services.links.page(found.user_id, found.id, page)

        proposed = frozenset(self._services.library.proposed(found))
        return preview.page(found, view, About(self._pace(), link, proposed, progress, error), chosen)

    def _cards(self, owner: str, chosen: str) -> str:
        documents = self._services.library.list(owner) if owner else []
        return cards(documents, self._progress(documents), self._pace(), chosen)

    def _pace(self) -> float:
        return words_per_minute(self._services)

    def _progress(self, documents: list[Document]) -> dict[str, Progress]:
        found = {document.id: self._services.tasks.progress(document.id) for document in documents}
        return {document_id: progress for document_id, progress in found.items() if progress}


def closed() -> list[Any]:
    """No document opened, and the shelf in sight."""
    return [gr.update(value="", visible=False), gr.update(visible=True)]
