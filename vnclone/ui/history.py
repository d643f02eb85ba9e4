"""The tab of recordings made so far: heard, downloaded, followed, stopped and deleted here."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from typing import Any

import gradio as gr

from vnclone.models import UNFINISHED, Generation
from vnclone.services.generations import message
from vnclone.ui.actions import asked, asked_number
from vnclone.ui.door import door, language
from vnclone.ui.formatting import length, number
from vnclone.ui.generate import GenerateTab
from vnclone.ui.markup import ARRIVE, badge, bar, block, button, e, empty, facts, goto, warnings, when
from vnclone.ui.newest import Newest
from vnclone.ui.player import audio, downloads, engine_of, failure
from vnclone.ui.session import member, over
from vnclone.ui.words import say
from vnclone.wire import Services

PAGE = 20
MOST = 1000
POLL_SECONDS = 0.5


class HistoryTab:
    """Builds the components inside the open Blocks and ties their events."""

    def __init__(self, services: Services, generate: GenerateTab) -> None:
        self._services, self._generate, self._newest = services, generate, Newest()
        self.shown = gr.State(PAGE)  # how many are listed
        self.listing = block("history-list")
        self._tie()

    def _tie(self) -> None:
        hidden: dict[str, Any] = {"show_progress": "hidden", "api_visibility": "private", "concurrency_limit": None}
        target = [self.shown, self.listing, self._generate.current]
        acted = self.listing.click(door(self.act), self.shown, target, **hidden)
        followed = [self._generate.progress, self._generate.player]
        self.following = acted.then(
            door(self._generate.follow), self._generate.current, followed, trigger_mode="multiple", **hidden
        )
        acted.then(door(self.watch), self.shown, self.listing, trigger_mode="multiple", **hidden)
        acted.then(None, js=ARRIVE, **hidden)

    def act(self, shown: int, event: gr.EventData, request: gr.Request) -> list[Any]:
        """A button of the list. Returns how many are listed, the list, and which generation is followed."""
        owner, chosen = member(request), language(request)
        action, generation = asked(event, "action"), asked(event, "id")
        current: Any = gr.skip()
        if action == "delete":
            self._services.generations.delete(owner, generation)
        elif action == "cancel":
            self._services.generations.cancel(owner, generation)
        elif action == "follow":
            current = generation
        elif action == "more":
            shown = min(asked_number(event, "count", PAGE), MOST)
        return [shown, self.cards(owner, chosen, shown), current]

    async def watch(self, shown: int, request: gr.Request) -> AsyncIterator[Any]:
        """The list, again and again while something in it is under way; for a guest the way to sign in."""
        owner, chosen = str(request.username or ""), language(request)
        if not owner:
            yield over(chosen)
            return
        with self._newest.of(request) as still_newest:
            while still_newest():
                under_way = await asyncio.to_thread(self._under_way, owner, shown)
                yield await asyncio.to_thread(self.cards, owner, chosen, shown)
                if not under_way:
                    return
                await asyncio.sleep(POLL_SECONDS)

    def _under_way(self, owner: str, shown: int) -> bool:
        return any(g.status in UNFINISHED for g in self._services.generations.history(owner, shown))

    def cards(self, owner: str, chosen: str, shown: int = PAGE) -> str:
        """The newest `shown` recordings as HTML."""
        generations = self._services.generations.history(owner, shown) if owner else []
        total = self._services.generations.count(owner) if owner else 0
        return listing(generations, total, lambda g: self._services.links.audio(owner, g.id), chosen)


def listing(generations: list[Generation], total: int, link: Callable[[Generation], str], language: str) -> str:
    """Newest first; `link` gives the audio link of a generation, `total` how many there are in all."""
    title = f"<h2>{e(say('history_title', language))}</h2>"
    if not generations:
        go = goto(say("history_go", language), "generate")
        inside = empty(say("history_empty", language), say("history_empty_next", language), go)
        return f"<section>{title}{inside}</section>"
    items = "".join(card(generation, link(generation), language) for generation in generations)
    return f"<section>{title}{items}{pages(len(generations), total, language)}</section>"


def pages(shown: int, total: int, language: str) -> str:
    """How many are shown and a button for more; nothing when all are."""
    if shown >= total:
        return ""
    counted = say("history_count", language, shown=number(shown, language), total=number(total, language))
    more = button(say("history_more", language), "more", count=shown + PAGE)
    return f'<div class="v-pages"><p class="v-hint">{e(counted)}</p>{more}</div>'


def card(generation: Generation, url: str, language: str) -> str:
    head = f'<div class="v-head"><h3>{e(generation.title)}</h3>{badge(generation.status, language)}</div>'
    length_of = length(generation.duration, language) if generation.status == "completed" else ""
    voice = say("voice_of", language, name=generation.voice_name)
    about = facts(e(voice), e(length_of), when(generation.created_at, language), engine_of(generation, language))
    body = _body(generation, url, language)
    return (
        f'<article class="v-card v-item" id="generation-{e(generation.id)}">{head}{about}{body}'
        f'<div class="v-actions">{_actions(generation, url, language)}</div></article>'
    )


def _body(generation: Generation, url: str, language: str) -> str:
    if generation.status == "completed":
        doubtful = warnings([generation.note.in_(language)] if generation.note else [])
        return audio(generation, language, url) + doubtful
    if generation.status in UNFINISHED:
        said = message(generation).in_(language)
        return bar(generation.progress, say("progress_label", language)) + facts(e(said), f"{generation.progress}%")
    return failure(generation, language)


def _actions(generation: Generation, url: str, language: str) -> str:
    """Downloads of a finished one, following and stopping of a running one; deleting of any."""
    delete = button(
        say("delete", language),
        "delete",
        "danger",
        id=generation.id,
        confirm=say("generation_delete_ask", language, title=generation.title),
        accept=say("delete", language),
        decline=say("keep", language),
    )
    if generation.status == "completed":
        return downloads(generation, url, language) + delete
    if generation.status in UNFINISHED:
        follow = goto(say("follow", language), "generate", "quiet", "follow", id=generation.id)
        return follow + button(say("stop", language), "cancel", id=generation.id) + delete
    return delete
