"""The page as a whole: header, guest's landing or the four tabs, footer; and what happens at load and at a switch."""

from __future__ import annotations

from typing import Any

import gradio as gr

from vnclone.models import User
from vnclone.ui import endpoints, frame, theme
from vnclone.ui.actions import asked
from vnclone.ui.documents import DocumentsTab
from vnclone.ui.door import door, language
from vnclone.ui.generate import GenerateTab
from vnclone.ui.guest import landing
from vnclone.ui.history import HistoryTab
from vnclone.ui.markup import block
from vnclone.ui.registry import Registry
from vnclone.ui.voices import VoicesTab
from vnclone.wire import Services

TITLE = "vnclone"
FORGOTTEN_UPLOADS = (3600, 86400)  # every hour, what was uploaded a day ago and never used


class Blocks(gr.Blocks):
    """Gradio's, but for one error that would print what a person sent into the log and answer without a word."""

    def validate_inputs(self, block_fn: Any, inputs: list[Any]) -> None:
        try:
            super().validate_inputs(block_fn, inputs)
        except ValueError:
            raise gr.Error("Thiếu tham số. / A parameter is missing.", print_exception=False) from None


def build(services: Services) -> gr.Blocks:
    """The whole page, with the endpoints that gradio_client calls."""
    demo = Blocks(title=TITLE, analytics_enabled=False, fill_width=True, delete_cache=FORGOTTEN_UPLOADS)
    with demo:
        endpoints.add(services)  # first, so that no handler of the page takes an endpoint's name
        Page(services).tie(demo)
    return demo


def launch_options(services: Services) -> dict[str, Any]:
    """For `demo.launch`: the look, the script, and none of Gradio's own footer."""
    return {
        "theme": theme.theme(),
        "head": theme.head(),
        "favicon_path": str(theme.LOGO),
        "footer_links": [],
        "pwa": False,
    }


class Page:
    """The components in their order, and the two moments at which all of them get their words."""

    def __init__(self, services: Services) -> None:
        self._services, self._registry = services, Registry()
        self.header = block("header")
        self.guest = block("guest", visible=False)
        with gr.Column(visible=False, elem_id="app") as self.app:
            self._tabs()
        self.footer = block("footer")

    def _tabs(self) -> None:
        add = self._registry.add
        with gr.Tabs(elem_id="tabs", selected="voices", overflow_behavior="wrap"):
            with add(gr.Tab(id="voices", elem_id="voices"), label="tab_voices") as self.voices_tab:
                self.voices = VoicesTab(self._services)
            with add(gr.Tab(id="documents", elem_id="documents"), label="tab_documents") as self.documents_tab:
                self.documents = DocumentsTab(self._services)
            with add(gr.Tab(id="generate", elem_id="generate"), label="tab_generate") as self.generate_tab:
                self.generate = GenerateTab(self._services, self._registry)
            with add(gr.Tab(id="history", elem_id="history"), label="tab_history") as self.history_tab:
                self.history = HistoryTab(self._services, self._registry, self.generate)
        self.voices.tie(self.generate.voice)
        self.documents.tie([self.generate.document, self.generate.source])

    def tie(self, demo: gr.Blocks) -> None:
        """What happens when the page is opened, when the language is switched, and when a tab is opened."""
        hidden: dict[str, Any] = {"show_progress": "hidden", "api_visibility": "private", "concurrency_limit": None}
        generate, history = self.generate, self.history
        state = [generate.current, *generate.kept]
        everything = [
            *(self.header, self.guest, self.app, self.footer, *self._registry.components),
            *(*self.voices.components, *self.documents.components, *generate.refreshed),
            *(generate.current, generate.progress, generate.player, *history.refreshed),
        ]
        raw, many = {**hidden, "preprocess": False}, {**hidden, "trigger_mode": "multiple"}
        loaded = demo.load(door(self.load), state, everything, **raw)
        switched = self.header.click(door(self.switch), state, everything, **raw)
        for shown in (loaded, switched):
            shown.then(door(generate.follow), generate.current, [generate.progress, generate.player], **many)
            shown.then(door(self.voices.watch), None, self.voices.listing, **many)
            shown.then(door(history.watch), history.watched, history.looked_at, **many, preprocess=False)
            shown.then(door(self.documents.watch), None, self.documents.listing, **many)
            shown.then(door(generate.engines.watch), None, generate.engines.watched, **many)
            shown.then(door(generate.measure), generate.measured, generate.told, **many, preprocess=False)
            shown.then(
                door(generate.spoken.look), generate.spoken.shown, generate.spoken.block, **many, preprocess=False
            )
        opened = self.generate_tab.select(door(generate.opened), generate.kept, generate.refreshed, **raw)
        opened.then(door(generate.engines.watch), None, generate.engines.watched, **many)
        opened.then(door(generate.measure), generate.measured, generate.told, **many, preprocess=False)
        self.voices_tab.select(door(self.voices.watch), None, self.voices.listing, **many)
        self.documents_tab.select(door(self.documents.watch), None, self.documents.listing, **many)
        looked_for = self.history_tab.select(door(history.opened), None, history.refreshed, **hidden)
        looked_for.then(door(history.watch), history.watched, history.looked_at, **many, preprocess=False)

    def load(self, current: str, voice: Any, document: Any, request: gr.Request) -> list[Any]:
        """Every component's value for whoever opens the page, in their language."""
        return self._everything(language(request), current, voice, document, None, request)

    def switch(self, current: str, voice: Any, document: Any, event: gr.EventData, request: gr.Request) -> list[Any]:
        """The same in the other language; the script has put it into the cookie as well."""
        chosen = "en" if asked(event, "setLanguage") == "en" else "vi"
        return self._everything(chosen, current, voice, document, event, request)

    def _everything(
        self,
        chosen: str,
        current: str,
        voice: Any,
        document: Any,
        event: gr.EventData | None,
        request: gr.Request,
    ) -> list[Any]:
        user = self._user(request)
        owner = user.id if user else ""
        follow = self.generate.resume(owner, chosen, current) if owner else ["", "", ""]
        return [
            frame.header(chosen, user),
            self._landing(chosen, user),
            gr.update(visible=user is not None),
            frame.footer(chosen, self._services.settings.source_url),
            *self._registry.updates(chosen),
            *self.voices.show(owner, chosen),
            *(self.documents.show_again(owner, chosen, event) if event else self.documents.show(owner, chosen)),
            *self.generate.refresh(owner, chosen, voice, document),
            *follow,
            *self.history.refresh(owner, chosen),
        ]

    def _landing(self, chosen: str, user: User | None) -> Any:
        registration_open = self._services.settings.registration == "open"
        return gr.update(value="" if user else landing(chosen, registration_open), visible=user is None)

    def _user(self, request: gr.Request) -> User | None:
        return self._services.accounts.user(str(request.username)) if request.username else None
