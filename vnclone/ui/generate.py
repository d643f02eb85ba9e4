"""The tab that makes recordings: what to read, in which voice and how; then its progress and its sound."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from typing import Any

import gradio as gr

from vnclone.errors import BadInput, NotFound, VncloneError
from vnclone.models import ACCENTS, LANGUAGES, OPEN, Document, Generation, Manuscript
from vnclone.services.asking import FASTEST, SLOWEST, Request
from vnclone.settings import on_zero_gpu
from vnclone.ui import again, casting, choices, player
from vnclone.ui.actions import asked
from vnclone.ui.document_cards import document_choices
from vnclone.ui.door import door, language
from vnclone.ui.downloads import ChapterCounts
from vnclone.ui.engines import EnginesPanel
from vnclone.ui.estimate import estimate, kept
from vnclone.ui.lexicon import LexiconPanel
from vnclone.ui.markup import block, e, empty, goto, notice, warnings
from vnclone.ui.newest import Newest
from vnclone.ui.options import Options
from vnclone.ui.recording import RecordingPanel
from vnclone.ui.registry import Registry
from vnclone.ui.session import member, over
from vnclone.ui.spoken import SpokenPanel
from vnclone.ui.voices import voice_choices
from vnclone.ui.words import WORDS, say
from vnclone.wire import Services

POLL_SECONDS = 0.3
FOLLOW_AGAIN_SECONDS = 100  # on ZeroGPU, where a request's token lasts less than three minutes


class GenerateTab:
    """Builds the components inside the open Blocks and ties their events."""

    def __init__(self, services: Services, registry: Registry) -> None:
        self._services, self._newest = services, Newest()
        self._chapters = ChapterCounts(services.generations)
        self.current = gr.State("")  # the generation that is followed here
        self.first_step = block("generate-first")
        with gr.Row(elem_classes="v-columns") as self.desk:
            with gr.Column(scale=7, min_width=320, elem_classes="v-card v-desk"):
                self.hint = block("generate-again")
                self._what(registry)
                self._how(registry)
                self.lexicon = LexiconPanel(services, registry)
                self.spoken = SpokenPanel(services, registry)
                self.estimate = block("generate-estimate")
                self.error = block("generate-error")
                self.button = registry.add(
                    gr.Button(variant="primary", elem_id="generate-submit"), value="generate_submit"
                )
            with gr.Column(scale=5, min_width=320):
                self.progress = block("generate-progress")
                self.recording = RecordingPanel(services)
                self.player = self.recording.player
                self.engines = EnginesPanel(services)
        self._tie()
        self.engines.tie(self.engine)

    def _what(self, registry: Registry) -> None:
        self.voice = registry.add(gr.Dropdown([], elem_id="generate-voice"), label="generate_voice")
        self.source = gr.Radio(["document", "text"], value="document", elem_id="generate-source")
        registry.compute(self.source, choices.of("generate_source", "source", ("document", "text")))
        self.document = registry.add(gr.Dropdown([], elem_id="generate-document"), label="generate_document")
        self.notes = block("generate-notes")
        box = gr.Textbox(lines=7, max_lines=16, visible=False, elem_id="generate-text")
        self.text = registry.add(box, label="generate_text", placeholder="generate_text_example")

    def _how(self, registry: Registry) -> None:
        with gr.Row(elem_classes="v-settings"):
            self.language = gr.Dropdown([("", "auto")], value="auto", min_width=190, elem_id="generate-language")
            self.accent = gr.Dropdown([("", "north")], value="north", min_width=190, elem_id="generate-accent")
            slider = gr.Slider(SLOWEST, FASTEST, 1.0, step=0.05, min_width=200, buttons=[], elem_id="generate-speed")
            self.speed = registry.add(slider, label="speed", info="speed_hint")
        self.options = Options(registry)
        self.engine = self.options.engine
        registry.compute(self.language, choices.of("language", "language", ("auto", *LANGUAGES)))
        registry.compute(self.accent, choices.of("accent", "accent", ACCENTS))

    @property
    def refreshed(self) -> list[Any]:
        """What `refresh` gives values for."""
        return [self.first_step, self.desk, self.voice, self.document, self.engines.block, *self.lexicon.components]

    @property
    def kept(self) -> list[Any]:
        """What `refresh` has to know, so that a choice already made stays."""
        return [self.voice, self.document]

    @property
    def measured(self) -> list[Any]:
        """What `measure` needs to know."""
        options = self.options
        return [self.source, self.document, self.text, self.speed, self.engine, options.format, options.cast.chosen]

    @property
    def told(self) -> list[Any]:
        """What `measure` tells."""
        return [self.notes, self.estimate, self.options.cast.block]

    def refresh(self, user: str, chosen: str, voice: Any, document: Any) -> list[Any]:
        """The voices and documents there are now; and what to do first when there is no voice yet."""
        voices = voice_choices(self._services.voices.list(user)) if user else []
        documents = document_choices(self._services.library.list(user)) if user else []
        go = goto(say("need_voice_go", chosen), "voices")
        needed = empty(say("need_voice", chosen), say("need_voice_next", chosen), go) if user else over(chosen)
        first = "" if voices else needed
        return [
            gr.update(value=first, visible=not voices),
            gr.update(visible=bool(voices)),
            choices.kept(voices, voice),
            choices.kept(documents, document),
            self.engines.show(user, chosen) if user else "",
            *self.lexicon.show(user, chosen),
        ]

    def opened(self, voice: Any, document: Any, request: gr.Request) -> list[Any]:
        """When the tab is opened; Gradio also says so to a guest, who sees no tab."""
        return self.refresh(str(request.username or ""), language(request), voice, document)

    def _tie(self) -> None:
        hidden: dict[str, Any] = {"show_progress": "hidden", "api_visibility": "private", "concurrency_limit": None}
        # Raw values: the services check them, in the reader's language; Gradio's own check speaks English only.
        raw = {**hidden, "preprocess": False}
        self.source.change(show_source, self.source, [self.document, self.text, self.error], **raw)
        changed = [self.source, self.document, self.text, self.engine, self.options.format]
        changes = [*(component.change for component in changed), self.speed.release]
        gr.on(changes, door(self.measure), self.measured, self.told, trigger_mode="always_last", **raw)
        read = [self.source, self.document, self.text, self.language, self.engine]
        self.spoken.tie(read, [component.change for component in read], self.lexicon.tie())
        shown = [self.current, self.error, self.progress, self.player, self.hint]
        started = self.button.click(door(self.start), set(self.asked_for), shown, **raw)
        watched = [self.progress, self.player]
        self.following = started.then(door(self.follow), self.current, watched, trigger_mode="multiple", **hidden)
        if on_zero_gpu():  # the newest follower's token is the one that counts: the page keeps it fresh
            again = gr.Timer(FOLLOW_AGAIN_SECONDS)
            again.tick(door(self.follow), self.current, watched, trigger_mode="multiple", **hidden)
        # "multiple": a click whose answer got lost must not keep later ones from being sent.
        changed_course = self.progress.click(door(self.act), None, self.progress, trigger_mode="multiple", **hidden)
        for event in (changed_course, self.recording.tie()):
            event.then(door(self.follow), self.current, watched, trigger_mode="multiple", **hidden)

    def measure(
        self,
        source: Any,
        document: Any,
        text: Any,
        speed: Any,
        engine: Any,
        kind: Any,
        cast: Any,
        request: gr.Request,
    ) -> list[str]:
        """What to know about the document; the words and what they come to; the chapters' voices. All are HTML."""
        chosen, owner = language(request), str(request.username or "")

        def expected(count: int) -> str:
            known = estimate(self._services, count, choices.speed(speed), str(engine), str(kind), chosen)
            return known + kept(self._services.settings.retention_days, chosen)

        if source != "document":
            return ["", expected(len(str(text or "").split())), ""]
        found = self._document(owner, document)
        if not found:
            return [self._no_document(owner, chosen), expected(0), ""]
        count, told = words_read(found), warnings(note.in_(chosen) for note in found.notes)
        if not count:
            return [told + warnings([say("nothing_read", chosen)]), "", ""]
        voices = voice_choices(self._services.voices.list(owner))
        return [told, expected(count), casting.html(found, voices, cast, chosen)]

    def _no_document(self, owner: str, chosen: str) -> str:
        """Where a document comes from, for somebody who has none yet."""
        if not owner or any(document.status == "ready" for document in self._services.library.list(owner)):
            return ""
        go = goto(say("document_new", chosen), "documents", kind="link")
        return f'<p class="v-hint">{e(say("no_document", chosen))} {go}</p>'

    def _document(self, owner: str, document: Any) -> Document | None:
        """The chosen one with its chapters; None for a guest, without a choice, and when it was deleted meanwhile."""
        if not document or not owner:
            return None
        try:
            return self._services.library.get(owner, str(document))
        except NotFound:
            return None

    @property
    def asked_for(self) -> list[Any]:
        """All that is chosen in the form."""
        how = [self.language, self.accent, self.speed, *self.options.components]
        return [self.voice, self.source, self.document, self.text, *how]

    def start(self, asked: dict[Any, Any], request: gr.Request) -> list[Any]:
        """Ask for the recording. What is wrong with the choices is told beside the button, and nothing is lost."""
        owner, chosen = member(request), language(request)
        try:
            check_chosen(asked[self.voice], asked[self.source] == "document", asked[self.document])
            generation = self._services.generations.create(owner, self._request(asked))
        except VncloneError as error:
            return ["", notice(error.said.in_(chosen)), gr.skip(), gr.skip(), gr.skip()]
        return [generation.id, started(generation), *self.shown(generation, chosen), ""]

    def _request(self, asked: dict[Any, Any]) -> Request:
        """The form's raw values as what the service is asked for."""
        options, from_document = self.options, asked[self.source] == "document"
        document = str(asked[self.document]) if from_document else ""
        return Request(
            voice_id=str(asked[self.voice]),
            text="" if from_document else str(asked[self.text] or ""),
            document_id=document,
            language=str(asked[self.language]),
            engine=str(asked[self.engine]),
            speed=choices.speed(asked[self.speed]),
            format=str(asked[options.format]),
            accent=str(asked[self.accent]),
            quality=str(asked[options.quality]),
            pauses=options.pauses_asked(asked),
            voices=casting.voices_of(asked[options.cast.chosen], document) if document else {},
        )

    @property
    def refilled(self) -> list[Any]:
        """What `again` gives values for."""
        return [self.hint, self.error, self.options.box, *self.asked_for]

    def again(self, user: str, generation_id: str, chosen: str) -> dict[Any, Any]:
        """The form as it was for a recording, by component; and what of that is no longer there. Raises NotFound."""
        found = again.left(self._services, user, generation_id)
        generation = found.generation
        offered = {
            self.voice: (voice_choices(self._services.voices.list(user)), found.voice),
            self.document: (document_choices(self._services.library.list(user)), found.document),
        }
        chosen_of = {
            box: gr.update(choices=there, value=item.id if item else None) for box, (there, item) in offered.items()
        }
        return {
            **chosen_of,
            **self.options.of(generation, found.cast),
            self.hint: again.told(found, chosen),
            self.error: "",
            self.source: found.source,
            self.text: gr.update(value=found.text, visible=found.source == "text"),
            self.language: generation.language,
            self.accent: generation.accent,
            self.speed: generation.speed,
        }

    async def follow(self, current: str, request: gr.Request) -> AsyncIterator[list[Any]]:
        """Progress and sound of the generation followed here, until it is over. The work goes on without it."""
        owner, chosen = str(request.username or ""), language(request)
        if not owner or not current:
            yield [gr.skip(), gr.skip()]  # a generator that yields nothing would empty both
            return
        try:
            following = await asyncio.to_thread(self._services.generations.following, owner, current)
        except NotFound:
            yield nothing_yet(chosen)
            return
        with self._newest.of(request) as still_newest, following:
            async for values in self._watch(owner, current, chosen, still_newest):
                yield values

    async def _watch(
        self, owner: str, current: str, chosen: str, still_newest: Callable[[], bool]
    ) -> AsyncIterator[list[Any]]:
        last: tuple[Generation, bool] | None = None
        while still_newest():
            try:
                generation = await asyncio.to_thread(self._services.generations.get, owner, current)
            except NotFound:  # deleted meanwhile, here or in another tab
                yield nothing_yet(chosen)
                return
            audible = await asyncio.to_thread(self._services.generations.is_audible, generation)
            if (generation, audible) != last and still_newest():
                yield self.shown(generation, chosen)
                last = generation, audible
            if generation.status not in OPEN:  # a paused one may be resumed in another tab
                return
            await asyncio.sleep(POLL_SECONDS)
        yield [gr.skip(), gr.skip()]  # Gradio sends the last value once more at the end: by now it would be an old one

    def shown(self, generation: Generation, chosen: str) -> list[Any]:
        """The progress and the player of a generation."""
        url = self._services.links.audio(generation.user_id, generation.id)
        audible = self._services.generations.is_audible(generation)
        chapters = self._chapters.of(generation) if generation.is_heard else 1
        return [player.progress(generation, chosen), player.player(generation, audible, url, chosen, chapters)]

    def resume(self, user: str, chosen: str, current: str) -> list[Any]:
        """What to show when the page is opened: what was followed, else the newest under way, else the last heard."""
        found = self._under_way(user, current)
        if found is None:
            return ["", *nothing_yet(chosen)]
        return [found.id, *self.shown(found, chosen)]

    def _under_way(self, user: str, current: str) -> Generation | None:
        newest = self._services.generations.history(user, 20)
        followed = next((g for g in newest if g.id == current), None)
        under_way = next((g for g in newest if g.status in OPEN), None)
        return followed or under_way or next((g for g in newest if g.is_heard), None)

    def act(self, event: gr.EventData, request: gr.Request) -> Any:
        """The buttons beside the progress."""
        generations = self._services.generations
        courses = {"cancel": generations.cancel, "pause": generations.pause, "resume": generations.resume}
        change = courses.get(asked(event, "action"))
        if change is None:
            return gr.skip()
        return player.progress(change(member(request), asked(event, "id")), language(request))


def nothing_yet(language: str) -> list[Any]:
    """The progress and the player before anything is made here."""
    return [empty(say("player_empty", language), say("player_empty_next", language)), ""]


def started(generation: Generation) -> str:
    """Where an error would stand: the mark by which the script knows what was asked for in this page."""
    return f'<span data-started="{e(generation.id)}" hidden></span>'


def words_read(document: Document) -> int:
    """The words that will be read."""
    return Manuscript("", document.to_read).word_count


def show_source(source: str) -> list[Any]:
    """Either the dropdown of documents or the box for text; what was wrong with the other one is told no more."""
    return [gr.update(visible=source == "document"), gr.update(visible=source != "document"), ""]


def check_chosen(voice: Any, from_document: bool, document: Any) -> None:
    """Raises BadInput where a dropdown was left empty."""
    missing = "choose_voice" if not voice else "choose_document" if from_document and not document else ""
    if missing:
        said = WORDS[missing]
        raise BadInput(said.vi, said.en)
