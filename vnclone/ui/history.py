"""The tab of recordings made so far: looked for, heard, downloaded, followed, stopped, done again and deleted here."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from typing import Any

import gradio as gr

from vnclone import engines
from vnclone.errors import NotFound, VncloneError
from vnclone.models import UNFINISHED, Generation
from vnclone.ui import choices, expiry
from vnclone.ui.actions import asked, asked_number
from vnclone.ui.cards import About, card
from vnclone.ui.door import door, language
from vnclone.ui.downloads import ChapterCounts
from vnclone.ui.formatting import number
from vnclone.ui.generate import GenerateTab
from vnclone.ui.markup import ARRIVE, block, button, e, empty, goto
from vnclone.ui.newest import Newest
from vnclone.ui.registry import Registry
from vnclone.ui.session import member, over
from vnclone.ui.voices import voice_choices
from vnclone.ui.words import say
from vnclone.wire import Services

PAGE = 20
MOST = 1000
POLL_SECONDS = 0.5
TYPING_SECONDS = 0.3  # a pause this long while typing, and what is typed is looked for
LONGEST_SEARCH = 200  # characters
STATUSES = ("pending", "processing", "paused", "completed", "failed", "cancelled")
FILTERS = ("search", "status", "engine", "voice_profile_id")  # the service's names, in the order of the components
NOTHING_WRONG = ("", "")
NOTHING_SOUGHT = ("",) * len(FILTERS)
UNCHANGED = [gr.skip(), gr.skip()]


class HistoryTab:
    """Builds the components inside the open Blocks and ties their events."""

    def __init__(self, services: Services, registry: Registry, generate: GenerateTab) -> None:
        self._services, self._generate = services, generate
        self._newest, self._chapters = Newest(), ChapterCounts(services.generations)
        self.shown = gr.State(PAGE)  # how many are listed
        self.trouble = gr.State(NOTHING_WRONG)  # (id, sentence) of what did not work just now
        self.sought = gr.State(NOTHING_SOUGHT)  # the filters that the list was made for
        self.expiring = block("history-expiring")
        self._search(registry)
        self.listing = block("history-list")
        self._tie()

    def _search(self, registry: Registry) -> None:
        with gr.Row(elem_classes="v-filters", elem_id="history-filters"):
            box = gr.Textbox(max_lines=1, scale=3, min_width=240, elem_id="history-search", max_length=LONGEST_SEARCH)
            self.search = registry.add(box, label="history_search", placeholder="history_search_example")
            self.status, self.engine, self.voice = (
                gr.Dropdown([("", "")], value="", scale=1, min_width=150, elem_id=f"history-{name}")
                for name in ("status", "engine", "voice")
            )
        registry.compute(self.status, statuses)
        registry.compute(self.engine, used_engines)
        registry.add(self.voice, label="generate_voice")

    @property
    def filters(self) -> list[Any]:
        """The components whose values are `FILTERS`."""
        return [self.search, self.status, self.engine, self.voice]

    @property
    def watched(self) -> set[Any]:
        """What `watch` needs to know."""
        return {self.shown, self.trouble, self.sought, *self.filters}

    @property
    def looked_at(self) -> list[Any]:
        """What `watch` gives values for."""
        return [self.listing, self.expiring]

    def refresh(self, user: str, chosen: str) -> list[Any]:
        """The voices there are to choose from, and that nothing has gone wrong yet: `refreshed` has the components."""
        voices = voice_choices(self._services.voices.list(user)) if user else []
        return [gr.update(choices=[(say("history_any_voice", chosen), ""), *voices]), NOTHING_WRONG]

    @property
    def refreshed(self) -> list[Any]:
        return [self.voice, self.trouble]

    def opened(self, request: gr.Request) -> list[Any]:
        """When the tab is opened."""
        return self.refresh(str(request.username or ""), language(request))

    def _tie(self) -> None:
        hidden: dict[str, Any] = {"show_progress": "hidden", "api_visibility": "private", "concurrency_limit": None}
        # Raw values: what is no choice any more, such as a deleted voice, finds nothing, and is no error.
        raw, many = {**hidden, "preprocess": False}, {**hidden, "trigger_mode": "multiple"}
        generate = self._generate
        states = [self.shown, self.trouble, self.sought]
        changed = [*states, self.listing, generate.current, *self.filters, *generate.refilled]
        acted = self.listing.click(door(self.act), self.watched, changed, **raw)
        followed = [generate.progress, generate.player]
        self.following = acted.then(door(generate.follow), generate.current, followed, **many)
        acted.then(door(self.watch), self.watched, self.looked_at, **many, preprocess=False)
        acted.then(None, js=ARRIVE, **hidden)
        # Gradio's `input` is blind to what is pasted, dictated or composed.
        sought = [self.search.change, *(box.input for box in (self.status, self.engine, self.voice))]
        outputs = [*states, *self.looked_at]
        gr.on(sought, door(self.look), self.watched, outputs, **many, preprocess=False)

    def act(self, now: dict[Any, Any], event: gr.EventData, request: gr.Request) -> dict[Any, Any]:
        """A button of the list. Returns what changes, by component; what did not work is told on the card itself."""
        owner, chosen = member(request), language(request)
        action, generation = asked(event, "action"), asked(event, "id")
        changed: dict[Any, Any] = {self.trouble: NOTHING_WRONG}
        if action == "follow":
            return changed | {self._generate.current: generation}
        if action == "again":
            return changed | self._generate.again(owner, generation, chosen)
        if action == "more":
            changed[self.shown] = min(asked_number(event, "count", PAGE), MOST)
        if action == "clear":
            changed |= {self.shown: PAGE, self.sought: NOTHING_SOUGHT} | dict.fromkeys(self.filters, "")
        changed[self.trouble] = self._done(owner, chosen, action, generation)
        return changed | {self.listing: self.cards(owner, chosen, now | changed)}

    def _done(self, owner: str, chosen: str, action: str, generation: str) -> tuple[str, str]:
        """Change one recording. Returns what did not work; raises NotFound where there is no card to tell it on."""
        service = self._services.generations
        deeds = {"delete": service.delete, "cancel": service.cancel, "pause": service.pause, "resume": service.resume}
        try:
            if action in deeds:
                deeds[action](owner, generation)
        except NotFound:
            raise
        except VncloneError as error:
            return generation, error.said.in_(chosen)
        return NOTHING_WRONG

    async def look(self, now: dict[Any, Any], request: gr.Request) -> AsyncIterator[list[Any]]:
        """Something else is looked for: once nothing has been typed for a moment, the list from its beginning."""
        with self._newest.of(request) as still_newest:
            await asyncio.sleep(TYPING_SECONDS)
            wanted = tuple(str(now[box] or "") for box in self.filters)
            if not still_newest() or wanted == tuple(now[self.sought]):  # the button that clears has done all of it
                yield [gr.skip(), gr.skip(), gr.skip(), *UNCHANGED]
                return
        start = {self.shown: PAGE, self.trouble: NOTHING_WRONG, self.sought: wanted}
        async for values in self.watch(now | start, request):
            yield [*([gr.skip()] * 3 if values == UNCHANGED else start.values()), *values]

    async def watch(self, now: dict[Any, Any], request: gr.Request) -> AsyncIterator[list[Any]]:
        """The list, and again whenever it changes while anything is under way; for a guest the way to sign in."""
        owner, chosen, last = str(request.username or ""), language(request), ""
        if not owner:
            yield [over(chosen), ""]
            return
        with self._newest.of(request) as still_newest:
            expiring = await asyncio.to_thread(expiry.banner, self._services, owner, chosen)
            while still_newest():
                under_way = await asyncio.to_thread(self._under_way, owner)
                cards = await asyncio.to_thread(self.cards, owner, chosen, now)
                if cards != last and still_newest():
                    yield [cards, expiring]
                    last = cards
                if not under_way:
                    break
                await asyncio.sleep(POLL_SECONDS)
            if not last or not still_newest():  # what a generator gave last is sent once more when it ends
                yield UNCHANGED

    def _under_way(self, owner: str) -> bool:
        return any(self._services.generations.count(owner, status=status) for status in UNFINISHED)

    def cards(self, owner: str, chosen: str, now: dict[Any, Any]) -> str:
        """The newest recordings that the filters leave, as HTML; `now` has the components' values."""
        wanted = {name: str(now[box] or "") for name, box in zip(FILTERS, self.filters, strict=True)}
        wanted["search"] = wanted["search"][:LONGEST_SEARCH]
        history = self._services.generations
        found = history.history(owner, int(now[self.shown]), 0, **wanted)
        counts = history.count(owner, MOST + 1, **wanted), history.count(owner, MOST + 1)
        return listing(found, counts, any(wanted.values()), self._about(now[self.trouble]), chosen)

    def _about(self, trouble: Any) -> About:
        link, expires_at = self._services.links.of, self._services.retention.expires_at
        about = (trouble[0], trouble[1]) if trouble else NOTHING_WRONG
        return About(lambda g, what: link(g.user_id, g.id, what), expires_at, self._chapters.of, about)


def statuses(language: str) -> dict[str, Any]:
    """The choices of the filter by state."""
    known = choices.of("history_status", "status", STATUSES)(language)
    return known | {"choices": [(say("history_any_status", language), ""), *known["choices"]]}


def used_engines(language: str) -> dict[str, Any]:
    """The choices of the filter by engine."""
    known = [(say(f"engine_{name}", language), name) for name in engines.names()]
    return {"label": say("engine", language), "choices": [(say("history_any_engine", language), ""), *known]}


def listing(
    generations: Sequence[Generation], counts: tuple[int, int], filtered: bool, about: About, language: str
) -> str:
    """Newest first. `counts`: how many were found, and how many there are in all, as far as they are counted."""
    found, total = counts
    title = f"<h2>{e(say('history_title', language))}</h2>"
    if not total:
        go = goto(say("history_go", language), "generate")
        inside = empty(say("history_empty", language), say("history_empty_next", language), go)
        return f'<section data-empty>{title}<p class="v-hint" role="status"></p>{inside}</section>'
    key = "history_found" if filtered else "history_all"
    counted = say(key, language, found=counted_number(found, language), total=counted_number(total, language))
    title += f'<p class="v-hint" role="status">{e(counted)}</p>'
    if not found:
        clear = button(say("history_clear", language), "clear")
        inside = empty(say("history_none", language), say("history_none_next", language), clear)
        return f"<section>{title}{inside}</section>"
    items = "".join(card(generation, about, language) for generation in generations)
    return f"<section>{title}{items}{pages(len(generations), found, language)}</section>"


def counted_number(count: int, language: str) -> str:
    """Beyond what is counted: "hơn 1.000"."""
    return say("more_than", language, count=number(MOST, language)) if count > MOST else number(count, language)


def pages(shown: int, total: int, language: str) -> str:
    """How many are shown and a button for more; nothing when all are."""
    if shown >= min(total, MOST):
        return ""
    counted = say("history_count", language, shown=number(shown, language), total=counted_number(total, language))
    more = button(say("history_more", language), "more", count=shown + PAGE)
    return f'<div class="v-pages"><p class="v-hint">{e(counted)}</p>{more}</div>'
