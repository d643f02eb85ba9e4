"""Documents before one is opened: the form that adds them, and a card for each that tells how it stands."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

from vnclone.models import Document
from vnclone.services.shapes import document_shape
from vnclone.services.tasks import Progress
from vnclone.settings import Settings
from vnclone.ui.formatting import number, rough_length, size
from vnclone.ui.forms import Form, drop_zone
from vnclone.ui.markup import badge, bar, button, e, empty, error_line, facts, goto, live, warnings, when
from vnclone.ui.preview import name_of
from vnclone.ui.words import say

ACCEPTED = ".pdf,.docx,.doc,.rtf,.odt,.pptx,.epub,.html,.htm,.md,.txt,.png,.jpg,.jpeg,.tif,.tiff,.webp"
_COUNT = re.compile(r"\d+")


def form(language: str, settings: Settings, error: str = "", done: str = "") -> str:
    """The form that adds documents. `done` is the id of the last one it has just taken."""
    fields = drop_zone("document-file", say("document_file", language), ACCEPTED, language, several=True)
    title = say("document_new", language)
    hint = say("document_hint", language, limit=size(settings.max_upload_size, language))
    made = Form("document", title, hint, fields, say("document_submit", language), settings.max_upload_size)
    return made.html(language, error, done)


def cards(
    documents: list[Document],
    progress: Mapping[str, Progress],
    pace: float,
    language: str,
    arrived: Sequence[Document] = (),
) -> str:
    """The list. `progress` is of those being read, by id; `arrived` are those that became ready meanwhile."""
    if not documents:
        inside = empty(say("documents_empty", language), say("documents_empty_next", language))
    else:
        inside = "".join(card(d, progress.get(d.id), pace, language) for d in documents)
    news = "".join(f"<p>{e(say('document_ready', language, name=name_of(document)))}</p>" for document in arrived)
    if any(document.status == "ready" for document in documents):
        chosen = {"action": "use", "id": arrived[0].id} if arrived else {}
        news += goto(say("next_generate", language), "generate", kind="link", **chosen)
    running = next((p.said.in_(language) for p in progress.values()), "")
    title, told = f"<h2>{e(say('documents_yours', language))}</h2>", f'<div class="v-news" role="status">{news}</div>'
    return f"<section>{title}{live(running)}{inside}{told}</section>"


def card(document: Document, progress: Progress | None, pace: float, language: str) -> str:
    state = "asks" if document.asks and document.status == "failed" else document.status
    head = f'<div class="v-head"><h3>{e(name_of(document))}</h3>{badge(state, language)}</div>'
    made = when(document.created_at, language)
    if document.status == "processing":
        body = _reading(progress, say("status_processing", language), language)
    elif document.status == "failed":
        error = document.error.in_(language) if document.error else None
        told = warnings([error or ""]) if document.asks else error_line(error)
        body = told + _asks(document, language) + facts(e(document.filename), made)
    else:
        again = _reading(progress, say("rereading", language), language) if progress else ""
        notes = warnings(note.in_(language) for note in document.notes)
        body = facts(*measures(document, pace, language), made) + again + notes
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


def _reading(progress: Progress | None, label: str, language: str) -> str:
    """How far it is, in the reader's own words."""
    percent = round(100 * progress.share) if progress else 0
    doing = progress.said.in_(language) if progress else label
    return bar(percent, label) + facts(e(doing), f"{percent}%")


def _asks(document: Document, language: str) -> str:
    """What it needs to be told, so that it goes on without a new upload."""
    if document.asks == "password":
        asked = _password(document, language)
    elif document.asks == "pages":
        asked = button(_all_pages(document, language), "answer", "primary", id=document.id, pages="all")
        asked = f'<div class="v-actions">{asked}</div>'
    else:
        return ""
    return f'<div class="v-asks">{asked}<p class="v-hint">{e(say("document_asks_day", language))}</p></div>'


def _password(document: Document, language: str) -> str:
    name, label = f"password-{e(document.id)}", e(say("document_password", language, name=document.filename))
    hint = e(say("document_password_hint", language))
    return (
        f'<form class="v-inline" data-ask data-action="answer" data-id="{e(document.id)}">'
        f'<label for="{name}">{label}</label><input type="password" id="{name}" name="password" autocomplete="off"'
        f' maxlength="200" required aria-describedby="{name}-hint"><button type="submit" class="v-button v-primary">'
        f'{e(say("document_unlock", language))}</button></form><p class="v-hint" id="{name}-hint">{hint}</p>'
    )


def _all_pages(document: Document, language: str) -> str:
    """The error tells the number of pages first."""
    counted = _COUNT.search(document.error.en.replace(",", "")) if document.error else None
    if counted is None:
        return say("document_all_pages_of_it", language)
    return say("document_all_pages", language, count=number(int(counted[0]), language))


def _actions(document: Document, language: str) -> str:
    busy, name = document.status == "processing", name_of(document)
    delete = button(
        say("document_stop" if busy else "delete", language),
        "delete",
        "danger",
        id=document.id,
        confirm=say("document_stop_ask" if busy else "document_delete_ask", language, name=name),
        accept=say("document_stop" if busy else "delete", language),
        decline=say("keep", language),
    )
    opens = button(say("open", language), "open", id=document.id) if document.status == "ready" else ""
    return opens + delete


def document_choices(documents: Sequence[Document]) -> list[tuple[str, str]]:
    """What a dropdown offers: the documents that can be read aloud. Their words are told when one is chosen."""
    return [(name_of(document), document.id) for document in documents if document.status == "ready"]
