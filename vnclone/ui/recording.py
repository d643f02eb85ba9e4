"""The panel of one recording: its player, its text to read along, and what is asked for to read a paragraph again."""

from __future__ import annotations

import json
from typing import Any

import gradio as gr

from vnclone.errors import VncloneError
from vnclone.services.revising import Change, Part, no_paragraph
from vnclone.ui.actions import asked
from vnclone.ui.door import door, language
from vnclone.ui.markup import block, e
from vnclone.ui.session import member
from vnclone.ui.voices import voice_choices
from vnclone.wire import Services

# Both are built by the scripts inside components whose own value never changes: Gradio leaves them alone then.
CONTROLS = ("generate-controls", "<div data-controls></div>", "window.vnclonePlayer.mount(element)")
SCRIPT = ("generate-reading", "<div data-script></div>", "window.vncloneReadAlong.mount(element, trigger)")
ANSWERS = ("generate-answer", "", "window.vncloneReadAlong.answers(element, watch)")


class RecordingPanel:
    """Builds the components inside the open Blocks; `tie` says what follows a change."""

    def __init__(self, services: Services) -> None:
        self._services = services
        with gr.Column(elem_classes="v-card v-recorded", elem_id="generate-recording"):
            self.controls = _fixed(*CONTROLS)
            self.player = block("generate-player")
            self.script = _fixed(*SCRIPT)
            self.answer = _fixed(*ANSWERS)

    def tie(self) -> Any:
        """Tie the events. Returns the one after which the recording is to be followed again."""
        hidden: dict[str, Any] = {"show_progress": "hidden", "api_visibility": "private", "concurrency_limit": None}
        self.script.click(door(self.part), None, self.answer, trigger_mode="multiple", **hidden)
        return self.script.submit(door(self.redo), None, self.answer, trigger_mode="multiple", **hidden)

    def part(self, event: gr.EventData, request: gr.Request) -> str:
        """One paragraph as it is heard, or of a chapter the first; and the voices that there are."""
        owner = member(request)
        try:
            found = self._part(owner, event)
        except VncloneError as error:
            return answer(event, error=error.said.in_(language(request)))
        voices = [[id, name] for name, id in voice_choices(self._services.voices.list(owner))]
        said = {"text": found.written, "spoken": found.spoken, "voice": found.voice_id}
        names, alike = dict(voices), len(set(found.versions)) == 1
        told = ["" if alike else f"{names.get(voice, '')}: {text}".removeprefix(": ") for text, voice in found.versions]
        return answer(event, **said, take=found.take, takes=found.takes, told=told, voices=voices)

    def _part(self, owner: str, event: gr.EventData) -> Part:
        chapter, paragraph = _place(event)
        for part in self._services.revisions.parts(owner, asked(event, "id")):
            if part.chapter == chapter and paragraph in (None, part.paragraph):
                return part
        raise no_paragraph()

    def redo(self, event: gr.EventData, request: gr.Request) -> str:
        """Read it again, or take up a take that there is. What is wrong is told beside the paragraph."""
        owner, revisions, id = member(request), self._services.revisions, asked(event, "id")
        try:
            chapter, paragraph = _place(event)
            if asked(event, "action") == "choose":
                revisions.choose(owner, id, chapter, -2 if paragraph is None else paragraph, _number(event, "take"))
            else:
                revisions.redo(owner, id, chapter, paragraph, change(event))
        except VncloneError as error:
            return answer(event, error=error.said.in_(language(request)))
        return answer(event)


def change(event: gr.EventData) -> Change:
    """What is to be different: only what was sent. An empty text is a text, which nobody can read."""
    sent = event._data if isinstance(event._data, dict) else {}
    text, spoken = (asked(event, name) if name in sent else None for name in ("text", "spoken"))
    return Change(text, spoken, asked(event, "voice") or None)


def answer(event: gr.EventData, **values: Any) -> str:
    """For the script, which knows by the number what it had asked."""
    told = json.dumps({**values, "nonce": asked(event, "nonce")}, ensure_ascii=False)
    return f'<span data-answer="{e(told)}" hidden></span>'


def _place(event: gr.EventData) -> tuple[int, int | None]:
    """Chapter and paragraph, None for the whole chapter. -1 is a chapter's title. Raises NotFound."""
    paragraph = asked(event, "paragraph")
    return _number(event, "chapter"), None if paragraph == "" else _number(event, "paragraph")


def _number(event: gr.EventData, name: str) -> int:
    text = asked(event, name)
    if not text.removeprefix("-").isdecimal() or len(text) > 9:
        raise no_paragraph()
    return int(text)


def _fixed(elem_id: str, value: str, script: str) -> gr.HTML:
    return gr.HTML(value, elem_id=elem_id, js_on_load=script, apply_default_css=False, padding=False)
