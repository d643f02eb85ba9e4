"""What will be said beside what is written, in the generate tab; worked out only while a person looks at it."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Sequence
from typing import Any, Literal, cast

import gradio as gr

from vnclone import engines
from vnclone.errors import NotFound, VncloneError
from vnclone.models import LANGUAGES, Chapter
from vnclone.services.previewing import FIRST_CHARACTERS, MORE_CHARACTERS, MOST_CHARACTERS, Preview, preview
from vnclone.services.reading import typed
from vnclone.text.differences import Stretch
from vnclone.text.lexicon import Lexicon
from vnclone.ui.actions import asked_number
from vnclone.ui.door import door, language
from vnclone.ui.markup import block, button, e, notice
from vnclone.ui.newest import Newest
from vnclone.ui.registry import Registry
from vnclone.ui.words import say
from vnclone.wire import Services

TYPING_SECONDS = 0.3  # a pause this long while typing, and what is typed is looked at


class SpokenPanel:
    """Builds the folded part of the tab inside the open Blocks."""

    def __init__(self, services: Services, registry: Registry) -> None:
        self._services, self._newest = services, Newest()
        self.characters = gr.State(0)  # how many are shown; 0 while it is folded
        with registry.add(gr.Accordion(open=False, elem_id="spoken"), label="spoken_title") as self.box:
            self.block = block("spoken-text")

    def tie(self, form: Sequence[Any], changes: Sequence[Any], entries: Sequence[Any]) -> None:
        """`form`: source, document, text, language, engine; `changes` are events after which it may read otherwise."""
        raw: dict[str, Any] = {"show_progress": "hidden", "api_visibility": "private", "concurrency_limit": None}
        raw |= {"preprocess": False, "trigger_mode": "multiple"}
        self.shown: list[Any] = [self.characters, *form]
        self.box.collapse(lambda: 0, None, self.characters, **raw)
        self.box.expand(lambda: FIRST_CHARACTERS, None, self.characters, **raw).then(
            door(self.look), self.shown, self.block, **raw
        )
        self.block.click(door(more), None, self.characters, **raw).then(door(self.look), self.shown, self.block, **raw)
        gr.on(changes, door(self.look), self.shown, self.block, **raw)
        for event in entries:
            event.then(door(self.look), self.shown, self.block, **raw)

    async def look(
        self, characters: Any, source: Any, document: Any, text: Any, spoken_in: Any, engine: Any, request: gr.Request
    ) -> Any:
        """The preview as HTML, once nothing has been typed for a moment; nothing new while it is folded."""
        owner, chosen = str(request.username or ""), language(request)
        if not characters or not owner:
            return gr.skip()
        with self._newest.of(request) as still_newest:
            await asyncio.sleep(TYPING_SECONDS)
            if not still_newest():
                return gr.skip()
            wanted = (str(document or ""), "") if source == "document" else ("", str(text or ""))
            made = await asyncio.to_thread(self._html, owner, chosen, int(characters), wanted, spoken_in, engine)
            return made if still_newest() else gr.skip()

    def _html(
        self, owner: str, chosen: str, characters: int, wanted: tuple[str, str], spoken_in: Any, engine: Any
    ) -> str:
        lexicon = self._services.lexicons.of(owner)
        try:
            chapters = self._chapters(owner, *wanted)
            cues = engines.load(self._services.generations.engine_name(str(engine))).cues
        except VncloneError as error:
            return notice(error.said.in_(chosen))
        asked = spoken_in if spoken_in in LANGUAGES else "auto"
        found = preview(chapters, cast(Literal["auto", "vi", "en"], asked), lexicon, cues, characters)
        return html(found, lexicon, characters, chosen)

    def _chapters(self, owner: str, document: str, text: str) -> Sequence[Chapter]:
        if not document:
            return typed(text[: 2 * MOST_CHARACTERS])
        try:
            return self._services.library.get(owner, document).to_read
        except NotFound:  # deleted meanwhile
            return ()


def more(event: gr.EventData, request: gr.Request) -> int:
    """How many characters are shown after a click on the button."""
    return min(asked_number(event, "count", FIRST_CHARACTERS), MOST_CHARACTERS)


def html(found: Preview, lexicon: Lexicon, characters: int, language: str) -> str:
    """A paragraph a row: what is written, what is said; one under the other on a phone."""
    if not found.paragraphs:
        return f'<p class="v-hint">{e(say("spoken_none", language))}</p>'
    names = (say("spoken_written", language), say("spoken_said", language))
    head = "".join(f"<b>{e(name)}</b>" for name in names)
    rows = "".join(_row(paragraph, lexicon, names, language) for paragraph in found.paragraphs)
    below = ""
    if not found.is_whole and characters >= MOST_CHARACTERS:
        below = f'<p class="v-hint">{e(say("spoken_enough", language))}</p>'
    elif not found.is_whole:
        below = button(say("spoken_more", language), "more", count=characters + MORE_CHARACTERS)
    return (
        f'<p class="v-hint">{e(say("spoken_hint", language))}</p>'
        f'<div class="v-pairs"><div class="v-pair v-pair-head" aria-hidden="true">{head}</div>{rows}</div>{below}'
    )


def _row(paragraph: Iterable[Stretch], lexicon: Lexicon, names: tuple[str, str], language: str) -> str:
    written, spoken = [], []
    for stretch in paragraph:
        is_own = stretch.is_changed and bool(lexicon.used([stretch.written]))
        written.append(f"<u>{e(stretch.written)}</u>" if stretch.is_changed else e(stretch.written))
        spoken.append(_said(stretch, is_own, language))
    cells = (
        f'<p><span class="v-pair-name">{e(name)}: </span>{" ".join(part for part in parts if part)}</p>'
        for name, parts in zip(names, (written, spoken), strict=True)
    )
    return f'<div class="v-pair">{"".join(cells)}</div>'


def _said(stretch: Stretch, is_own: bool, language: str) -> str:
    if not stretch.is_changed or not stretch.spoken:
        return e(stretch.spoken)
    own = ""
    if is_own:
        own = f'<span aria-hidden="true"> ✎</span><span class="v-hidden"> ({e(say("spoken_own", language))})</span>'
    return f"<mark>{e(stretch.spoken)}{own}</mark>"
