"""The engines of this server: which can read now, what the others lack, and the button that fetches it."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import gradio as gr

from vnclone import engines
from vnclone.engines.base import Engine
from vnclone.engines.weights import Progress, amount
from vnclone.errors import VncloneError
from vnclone.models import EngineStatus
from vnclone.services.downloads import Download
from vnclone.ui import choices
from vnclone.ui.actions import asked
from vnclone.ui.door import door, language
from vnclone.ui.formatting import rough_length
from vnclone.ui.markup import bar, block, button, e, error_line, notice
from vnclone.ui.newest import Newest
from vnclone.ui.session import member
from vnclone.ui.words import say
from vnclone.wire import Services

POLL_SECONDS = 0.5
TONES = {"ready": "good", "needs_download": "busy", "not_installed": "quiet", "unreachable": "quiet"}


class EnginesPanel:
    """Builds its component inside the open Blocks; `tie` says which dropdown offers the engines."""

    def __init__(self, services: Services) -> None:
        self._services, self._newest = services, Newest()
        self.block = block("engines")

    def tie(self, chooser: Any) -> None:
        hidden: dict[str, Any] = {"show_progress": "hidden", "api_visibility": "private", "concurrency_limit": None}
        acted = self.block.click(door(self.act), None, self.block, **hidden)
        self.watched = [self.block, chooser]
        acted.then(door(self.watch), None, self.watched, trigger_mode="multiple", **hidden)

    def show(self, user: str, chosen: str, error: str = "") -> str:
        """The panel as a person sees it: closed, unless something is to be told."""
        downloads = self._services.downloads
        owner = bool(user) and downloads.may_ask(user)
        known = [(engines.load(name), downloads.of(name)) for name in engines.names()]
        cards = "".join(card(engine, download, owner, chosen) for engine, download in known)
        busy = error or any(download.running or download.error for _, download in known)
        opened = " open" if busy else ""
        return (
            f'<details class="v-card v-engines" id="engines-all"{opened}><summary>{e(summary(chosen))}</summary>'
            f"{notice(error)}{cards}</details>"
        )

    def act(self, event: gr.EventData, request: gr.Request) -> str:
        """The buttons: fetch what an engine lacks, or stop fetching it."""
        user, chosen, engine = member(request), language(request), asked(event, "engine")
        try:
            if asked(event, "action") == "download":
                self._services.downloads.start(user, engine)
            elif asked(event, "action") == "stop":
                self._services.downloads.stop(user, engine)
        except VncloneError as error:
            return self.show(user, chosen, error.said.in_(chosen))
        return self.show(user, chosen)

    async def watch(self, request: gr.Request) -> AsyncIterator[list[Any]]:
        """Progress while anything is fetched, by whomever; at its end the dropdown offers what is ready."""
        user, chosen = str(request.username or ""), language(request)
        with self._newest.of(request) as still_newest:
            while user and self._services.downloads.any_running() and still_newest():
                yield [await asyncio.to_thread(self.show, user, chosen), gr.skip()]
                await asyncio.sleep(POLL_SECONDS)
            if not user or not still_newest():
                yield [gr.skip(), gr.skip()]  # a generator that yields nothing would empty both
                return
            offered = await asyncio.to_thread(choices.engines, chosen)
            yield [await asyncio.to_thread(self.show, user, chosen), gr.update(**offered)]


def summary(language: str) -> str:
    """Which engine "automatic" stands for now; and that there is a better one to be had."""
    try:
        best = engines.best()
    except VncloneError as error:
        return error.said.in_(language)
    using = say("engines_using", language, name=say(f"engine_{best}", language))
    return using if best == engines.names()[0] else f"{using} {say('engines_better', language)}"


def card(engine: Engine, download: Download, owner: bool, language: str) -> str:
    """One engine: what it is, how it stands, and what can be done about it."""
    status = engine.status()
    state = say("engine_state_downloading" if download.running else f"engine_state_{status.state}", language)
    badge = f'<span class="v-badge v-{TONES[status.state]}">{e(state)}</span>'
    about = f'<p class="v-hint">{e(say(f"engine_{engine.name}_about", language))}</p>'
    about_state = "" if status.state == "ready" else status.detail.in_(language)  # the badge says it already
    if status.state == "needs_download":
        about_state = "" if owner or download.running else say("engine_ask_owner", language)
    detail = f'<p class="v-hint">{e(about_state)}</p>' if about_state else ""
    licence = f'<p class="v-facts"><span>{e(say("engine_licence", language, licence=engine.licence))}</span></p>'
    head = f'<div class="v-head"><h3>{e(say(f"engine_{engine.name}", language))}</h3>{badge}</div>'
    failed = error_line(download.error.in_(language) if download.error else None)
    acts = _fetching(engine, status, download, owner, language)
    return (
        f'<section class="v-engine" id="engine-{e(engine.name)}">{head}{about}{detail}{licence}{failed}{acts}</section>'
    )


def _fetching(engine: Engine, status: EngineStatus, download: Download, owner: bool, language: str) -> str:
    """The progress of a download and the button that ends it, or the button that begins one."""
    bundle = engine.weights()
    if download.running:
        stop = button(say("stop", language), "stop", engine=engine.name) if owner else ""
        return f'{progress_line(download.progress, language)}<div class="v-actions">{stop}</div>'
    if status.state not in ("ready", "needs_download") or bundle is None or not owner:
        return ""
    if status.state == "ready":
        check = button(say("engine_check", language), "download", engine=engine.name)
        return f'<div class="v-actions">{check}</div>'
    label = say("engine_download", language, size=amount(status.download_bytes, language))
    agreed = {}
    if bundle.notice:
        agreed = {
            "confirm": bundle.notice.in_(language),
            "accept": say("engine_agree", language),
            "decline": say("cancel", language),
            "tone": "good",
        }
    act = button(label, "download", "primary", engine=engine.name, **agreed)
    return f'<div class="v-actions">{act}</div>'


def progress_line(progress: Progress | None, language: str) -> str:
    """Bytes, rate and what is left, with a bar."""
    if progress is None:
        return f'<p class="v-facts" role="status"><span>{e(say("engine_connecting", language))}</span></p>'
    percent = round(100 * progress.done / max(progress.total, 1))
    parts = [f"{amount(progress.done, language)} / {amount(progress.total, language)}"]
    parts.append(say("per_second", language, size=amount(round(progress.bytes_per_second), language)))
    if progress.eta_seconds is not None:
        parts.append(say("progress_eta", language, time=rough_length(progress.eta_seconds, language)))
    return (
        bar(percent, say("engine_fetching", language))
        + '<p class="v-facts" role="status">'
        + "".join(f"<span>{e(part)}</span>" for part in parts)
        + "</p>"
    )
