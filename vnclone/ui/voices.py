"""The tab of voices: a form that uploads or records, and the list of what is there."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from typing import Any

import gradio as gr

from vnclone.errors import VncloneError
from vnclone.models import ReferenceReport, Voice
from vnclone.services.tasks import Progress
from vnclone.services.voices import MAX_TRANSCRIPT, MIN_SECONDS
from vnclone.settings import Settings
from vnclone.ui.actions import asked, asked_yes
from vnclone.ui.door import door, language
from vnclone.ui.formatting import length, size
from vnclone.ui.forms import Form, check_box, drop_zone, more, recorder, text_field
from vnclone.ui.markup import ARRIVE, badge, bar, block, button, e, empty, error_line, facts, goto, live, when
from vnclone.ui.newest import Newest
from vnclone.ui.session import member, over
from vnclone.ui.shelf import watched
from vnclone.ui.uploads import taken
from vnclone.ui.words import say
from vnclone.wire import Services

ACCEPT = "audio/*,.mp3,.wav,.m4a,.ogg,.oga,.opus,.flac,.webm,.aac"


class VoicesTab:
    """Builds the components inside the open Blocks and ties their events."""

    def __init__(self, services: Services) -> None:
        self._services, self._newest = services, Newest()
        with gr.Row(elem_classes="v-columns"):
            with gr.Column(scale=4, min_width=320):
                self.form = block("voice-form")
            with gr.Column(scale=7, min_width=320):
                self.listing = block("voice-list")

    def show(self, user: str, chosen: str) -> list[Any]:
        """Values of the form and of the list, for page load."""
        return [form(chosen, self._services.settings), self._cards(user, chosen)]

    @property
    def components(self) -> list[Any]:
        return [self.form, self.listing]

    def tie(self, picked: Any) -> None:
        """Tie the events. `picked` is the dropdown that "use this voice" sets."""
        hidden: dict[str, Any] = {"show_progress": "hidden", "api_visibility": "private", "concurrency_limit": None}
        added = self.form.submit(door(self.add), None, [self.form, self.listing], **hidden)
        added.then(door(self.watch), None, self.listing, trigger_mode="multiple", **hidden)
        acted = self.listing.click(door(self.act), None, [self.listing, picked], **hidden)
        acted.then(None, js=ARRIVE, **hidden)

    async def add(self, event: gr.EventData, request: gr.Request) -> tuple[Any, Any]:
        """Take the uploaded recording; whatever was wrong with it is told inside the form."""
        owner, chosen, settings = member(request), language(request), self._services.settings
        try:
            voice = await asyncio.to_thread(self._create, owner, event)
        except VncloneError as error:
            return form(chosen, settings, error=error.said.in_(chosen)), gr.skip()
        return form(chosen, settings, done=voice.id), await asyncio.to_thread(self._cards, owner, chosen)

    def _create(self, owner: str, event: gr.EventData) -> Voice:
        with taken(asked(event, "path")) as path:
            name, transcript = asked(event, "name"), asked(event, "transcript")
            return self._services.voices.create(owner, path, name, asked_yes(event, "consent"), transcript)

    async def watch(self, request: gr.Request) -> AsyncIterator[Any]:
        """The list, again and again while something in it is being processed; for a guest the way to sign in."""
        owner, chosen = str(request.username or ""), language(request)
        if not owner:
            yield over(chosen)
            return
        async for voices, arrived in watched(self._services.voices, owner, self._newest, request):
            yield cards(voices, self._progress(voices), chosen, arrived)

    def act(self, event: gr.EventData, request: gr.Request) -> list[Any]:
        """A button of a card: delete, rename, or use it for what is generated next. Returns the list and the pick."""
        owner, voice = member(request), asked(event, "id")
        if asked(event, "action") == "use":
            return [gr.skip(), gr.update(choices=voice_choices(self._services.voices.list(owner)), value=voice)]
        if asked(event, "action") == "delete":
            self._services.generations.forget_voice(owner, voice, asked_yes(event, "option"))
            self._services.voices.delete(owner, voice)
        elif asked(event, "action") == "rename":
            self._services.voices.rename(owner, voice, asked(event, "text"))
        elif asked(event, "action") == "transcript":
            self._services.voices.set_transcript(owner, voice, asked(event, "text"))
        return [self._cards(owner, language(request)), gr.skip()]

    def _cards(self, owner: str, chosen: str) -> str:
        voices = self._services.voices.list(owner) if owner else []
        return cards(voices, self._progress(voices), chosen)

    def _progress(self, voices: list[Voice]) -> dict[str, Progress]:
        found = {voice.id: self._services.tasks.progress(voice.id) for voice in voices if voice.status == "processing"}
        return {voice_id: progress for voice_id, progress in found.items() if progress}


def form(language: str, settings: Settings, error: str = "", done: str = "") -> str:
    """The form that adds a voice. `done` is the id of the voice it has just made."""
    limits = {
        "shortest": f"{MIN_SECONDS:.0f}",
        "longest": length(settings.max_audio_duration, language),
        "limit": size(settings.max_upload_size, language),
    }
    transcript = text_field(
        "voice-transcript", say("transcript", language), hint=say("transcript_hint", language), lines=3
    )
    fields = (
        drop_zone("voice-file", say("voice_file", language), ACCEPT, language)
        + recorder(language)
        + text_field("voice-name", say("voice_name", language), example=say("voice_name_example", language))
        + more("voice-more", say("transcript", language), transcript)
        + check_box("voice-consent", say("consent", language))
    )
    title, hint = say("voice_new", language), say("voice_hint", language, **limits)
    made = Form("voice", title, hint, fields, say("voice_submit", language), settings.max_upload_size)
    return made.html(language, error, done)


def cards(voices: list[Voice], progress: dict[str, Progress], language: str, arrived: Sequence[Voice] = ()) -> str:
    """The list. `progress` is of those being processed, by id; `arrived` are those that became ready meanwhile."""
    if not voices:
        inside = empty(say("voices_empty", language), say("voices_empty_next", language))
    else:
        inside = "".join(card(voice, progress.get(voice.id), language) for voice in voices)
    news = "".join(f"<p>{e(say('voice_ready', language, name=voice.name))}</p>" for voice in arrived)
    if any(voice.status == "ready" for voice in voices):
        chosen = {"action": "use", "id": arrived[0].id} if arrived else {}
        news += goto(say("next_document", language), "documents", kind="link", **chosen)
    running = next((p.said.in_(language) for p in progress.values()), "")
    title, told = f"<h2>{e(say('voices_yours', language))}</h2>", f'<div class="v-news" role="status">{news}</div>'
    return f"<section>{title}{live(running)}{inside}{told}</section>"


def card(voice: Voice, progress: Progress | None, language: str) -> str:
    head = f'<div class="v-head"><h3>{e(voice.name)}</h3>{badge(voice.status, language)}</div>'
    body = {"ready": _ready, "processing": _processing, "failed": _failed}[voice.status](voice, progress, language)
    return f'<article class="v-card v-item" id="voice-{e(voice.id)}">{head}{body}{_actions(voice, language)}</article>'


def _ready(voice: Voice, _: Progress | None, language: str) -> str:
    spoken = say("speech_seconds", language, seconds=length(voice.duration, language))
    label, url = e(say("voice_listen", language, name=voice.name)), f"/api/voice-profiles/{e(voice.id)}/reference"
    about = facts(_score(voice.quality_score, language), e(spoken), when(voice.created_at, language))
    sample = f'<audio controls preload="none" src="{url}" aria-label="{label}"></audio>'
    return about + sample + _reasons(voice.report, language, voice.id)


def _processing(voice: Voice, progress: Progress | None, language: str) -> str:
    percent = round(100 * progress.share) if progress else 0
    doing = progress.said.in_(language) if progress else say("status_processing", language)
    return bar(percent, say("status_processing", language)) + facts(e(doing), f"{percent}%")


def _failed(voice: Voice, _: Progress | None, language: str) -> str:
    return error_line(voice.error.in_(language) if voice.error else None) + facts(when(voice.created_at, language))


def _score(score: int | None, language: str) -> str:
    if score is None:
        return ""
    tone = "good" if score >= 75 else "fair" if score >= 50 else "weak"
    return f'<span class="v-score v-{tone}">{e(say("quality", language, score=score))}</span>'


def _reasons(report: ReferenceReport | None, language: str, voice_id: str) -> str:
    """The findings behind the score, in words."""
    if report is None:
        return ""
    if not report.findings:
        return f'<p class="v-hint">{e(say("quality_good", language))}</p>'
    items = "".join(
        f'<li class="v-{finding.severity}">{e(finding.message.in_(language))}</li>' for finding in report.findings
    )
    return (
        f'<details class="v-more" id="reasons-{e(voice_id)}"><summary>{e(say("quality_reasons", language))}</summary>'
        f'<ul class="v-reasons">{items}</ul></details>'
    )


def _actions(voice: Voice, language: str) -> str:
    ask = say("voice_delete_ask", language, name=voice.name)
    rename = button(
        say("rename", language),
        "rename",
        id=voice.id,
        prompt=say("voice_rename_ask", language),
        value=voice.name,
        accept=say("save", language),
        decline=say("cancel", language),
    )
    words = button(
        say("voice_transcript", language),
        "transcript",
        id=voice.id,
        prompt=say("voice_transcript_ask", language),
        value=voice.transcript,
        longest=MAX_TRANSCRIPT,
        accept=say("save", language),
        decline=say("cancel", language),
    )
    delete = button(
        say("delete", language),
        "delete",
        "danger",
        id=voice.id,
        confirm=ask,
        check=say("voice_delete_recordings", language),
        accept=say("delete", language),
        decline=say("keep", language),
    )
    return f'<div class="v-actions">{rename + words if voice.status != "failed" else ""}{delete}</div>'


def voice_choices(voices: Sequence[Voice]) -> list[tuple[str, str]]:
    """What a dropdown offers: the voices that can read."""
    return [(voice.name, voice.id) for voice in voices if voice.status == "ready"]
