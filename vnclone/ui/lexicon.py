"""A person's own pronunciations in the generate tab: added, looked for, changed, deleted; as a file in and out."""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from typing import Any

import gradio as gr

from vnclone.errors import VncloneError
from vnclone.models import Pronunciation
from vnclone.services.lexicon_csv import LONGEST_SAY, LONGEST_WORD, MAX_BYTES, MOST_ENTRIES
from vnclone.ui.actions import asked, asked_number
from vnclone.ui.door import door, language
from vnclone.ui.formatting import number
from vnclone.ui.forms import Form, drop_zone
from vnclone.ui.markup import block, button, e, notice
from vnclone.ui.registry import Registry
from vnclone.ui.session import member
from vnclone.ui.uploads import taken
from vnclone.ui.words import say
from vnclone.wire import Services

PAGE = 20
LONGEST_SEARCH = 100
DOWNLOAD = "/api/lexicon?format=csv"
# What is typed: its label, an example, and how long it may be.
FIELDS = {
    "word": ("lexicon_word", "lexicon_word_example", LONGEST_WORD),
    "say": ("lexicon_say", "lexicon_say_example", LONGEST_SAY),
}


class LexiconPanel:
    """Builds the folded part of the tab inside the open Blocks."""

    def __init__(self, services: Services, registry: Registry) -> None:
        self._services = services
        with registry.add(gr.Accordion(open=False, elem_id="lexicon"), label="lexicon_title"):
            self.listing = block("lexicon-list")
            self.file = block("lexicon-file")

    @property
    def components(self) -> list[Any]:
        return [self.listing, self.file]

    def show(self, user: str, chosen: str) -> list[Any]:
        """Values of both, for page load."""
        return [self._listing(user, chosen), file_form(chosen)] if user else ["", ""]

    def tie(self) -> list[Any]:
        """Tie the events; returned, so that what depends on the entries follows."""
        hidden: dict[str, Any] = {"show_progress": "hidden", "api_visibility": "private", "concurrency_limit": None}
        acted = self.listing.click(door(self.act), None, self.listing, **hidden)
        return [acted, self.file.submit(door(self.load), None, [self.file, self.listing], **hidden)]

    def act(self, event: gr.EventData, request: gr.Request) -> str:
        """A form or a button of the list. What was wrong is told there, and nothing typed is lost."""
        owner, chosen, query = member(request), language(request), asked(event, "query")[:LONGEST_SEARCH]
        count, word, told, wrong = asked_number(event, "count", PAGE), asked(event, "word"), "", ""
        typed = {"word": "", "say": ""}
        try:
            told = self._done(owner, chosen, asked(event, "action"), word, event)
        except VncloneError as error:
            wrong = error.said.in_(chosen)
            typed = {name: asked(event, name) for name in FIELDS} if asked(event, "action") == "put" else typed
        return self._listing(owner, chosen, query, count, notice(told, "good") + notice(wrong), typed)

    def _done(self, owner: str, chosen: str, action: str, word: str, event: gr.EventData) -> str:
        """Change one entry; what to tell about it."""
        lexicons = self._services.lexicons
        if action in ("put", "edit"):
            how = asked(event, "say" if action == "put" else "text")
            return say("lexicon_saved", chosen, word=lexicons.put(owner, word, how).word)
        if action == "delete":
            lexicons.delete(owner, word)
            return say("lexicon_gone", chosen, word=word)
        return ""

    def load(self, event: gr.EventData, request: gr.Request) -> list[Any]:
        """Take in an uploaded file; the line where it is wrong is told inside the form."""
        owner, chosen = member(request), language(request)
        try:
            with taken(asked(event, "path")) as path, path.open("rb") as file:
                count = self._services.lexicons.load(owner, file.read(MAX_BYTES + 1))
        except VncloneError as error:
            return [file_form(chosen, error.said.in_(chosen)), gr.skip()]
        told = notice(say("lexicon_loaded", chosen, count=number(count, chosen)), "good")
        return [file_form(chosen, done=secrets.token_hex(4)), self._listing(owner, chosen, told=told)]

    def _listing(
        self,
        owner: str,
        chosen: str,
        query: str = "",
        count: int = PAGE,
        told: str = "",
        typed: dict[str, str] | None = None,
    ) -> str:
        everything = self._services.lexicons.entries(owner)
        found = self._services.lexicons.entries(owner, query) if query.strip() else everything
        search = search_form(query, len(found), len(everything), chosen) if everything else ""
        title = e(say("lexicon_count", chosen, count=number(len(everything), chosen)))
        none = "" if everything else f'<p class="v-hint">{e(say("lexicon_none", chosen))}</p>'
        return (
            f'<p class="v-hint">{e(say("lexicon_hint", chosen))}</p>{add_form(typed or {}, query, count, chosen)}{told}'
            f"<section><h2>{title}</h2>{search}{listed(found, query, count, chosen)}{none}</section>"
        )


def add_form(typed: dict[str, str], query: str, count: int, language: str) -> str:
    """Two fields and a button; `typed` is what stands in them."""
    fields = "".join(
        f'<div class="v-field"><label for="lexicon-{name}">{e(say(label, language))}</label>'
        f'<input type="text" id="lexicon-{name}" name="{name}" maxlength="{longest}" required autocomplete="off"'
        f' placeholder="{e(say(example, language))}" value="{e(typed.get(name, ""))}"></div>'
        for name, (label, example, longest) in FIELDS.items()
    )
    save = f'<button type="submit" class="v-button v-primary">{e(say("lexicon_add", language))}</button>'
    view = f'data-query="{e(query)}" data-count="{count}"'
    return f'<form class="v-lexicon-add" data-ask data-clears data-action="put" {view}>{fields}{save}</form>'


def search_form(query: str, found: int, total: int, language: str) -> str:
    label, told = say("lexicon_search", language), ""
    if query.strip():
        counts = {"found": number(found, language), "count": number(total, language)}
        back = button(say("lexicon_all", language), "search", "link", query="")
        told = f'<p class="v-hint" role="status">{e(say("lexicon_found", language, **counts))} {back}</p>'
    return (
        f'<form class="v-inline" data-ask data-action="search" role="search">'
        f'<input type="search" id="lexicon-query" name="query" value="{e(query)}" maxlength="{LONGEST_SEARCH}"'
        f' aria-label="{e(label)}" placeholder="{e(label)}">'
        f'<button type="submit" class="v-button v-quiet">{e(say("lexicon_look", language))}</button></form>{told}'
    )


def listed(found: Sequence[Pronunciation], query: str, count: int, language: str) -> str:
    """The first `count` entries, and a button for more."""
    if not found:
        return ""
    items = "".join(_item(entry, query, count, language) for entry in found[:count])
    more = ""
    if left := len(found) - count:
        text = say("lexicon_more", language, count=number(left, language))
        more = button(text, "more", query=query, count=5 * count) if left > 0 else ""
    return f'<ul class="v-lexicon">{items}</ul>{more}'


def _item(entry: Pronunciation, query: str, count: int, language: str) -> str:
    view: dict[str, Any] = {"word": entry.word, "query": query, "count": count}
    edit = button(
        say("lexicon_edit", language),
        "edit",
        label=say("lexicon_edit_label", language, word=entry.word),
        prompt=say("lexicon_edit_ask", language, word=entry.word),
        value=entry.say,
        longest=LONGEST_SAY,
        accept=say("save", language),
        decline=say("cancel", language),
        **view,
    )
    label = say("lexicon_delete_label", language, word=entry.word)
    delete = button(say("delete", language), "delete", "danger", label=label, **view)
    return f"<li><p><b>{e(entry.word)}</b> <span>{e(entry.say)}</span></p>{edit}{delete}</li>"


def file_form(language: str, error: str = "", done: str = "") -> str:
    """Taking in a file, and the link to one's own; folded unless something was wrong. A new `done` empties it."""
    hint = say("lexicon_file_hint", language, most=number(MOST_ENTRIES, language))
    zone = drop_zone("lexicon-upload", say("lexicon_file", language), ".csv,.txt,.tsv,text/csv", language)
    title, submit = say("lexicon_file_title", language), say("lexicon_file_submit", language)
    form = Form("lexicon-csv-form", title, hint, zone, submit, MAX_BYTES).html(language, error, done)
    link = f'<a class="v-button v-quiet" href="{DOWNLOAD}" download>{e(say("lexicon_download", language))}</a>'
    opened = " open" if error else ""
    return (
        f'<details class="v-more" id="lexicon-csv"{opened}><summary>{e(say("lexicon_csv", language))}</summary>'
        f'<div><div class="v-actions">{link}</div>{form}</div></details>'
    )
