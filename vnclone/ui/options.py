"""What most people leave as it is when they have something read: engine, format, pauses, a voice for each chapter."""

from __future__ import annotations

from typing import Any

import gradio as gr

from vnclone.models import FORMATS, QUALITIES, Generation
from vnclone.services.asking import LONGEST_PAUSE_SECONDS
from vnclone.text.chunks import PAUSES
from vnclone.ui import choices
from vnclone.ui.casting import Casting
from vnclone.ui.registry import Registry

LONGEST_SECONDS = min(5.0, LONGEST_PAUSE_SECONDS)
BOUNDARIES = ("clause", "sentence", "paragraph", "heading", "chapter")


class Options:
    """Builds the folded part of the form inside the open Blocks."""

    def __init__(self, registry: Registry) -> None:
        with gr.Accordion(open=False, elem_id="generate-more") as self.box:
            self.engine = gr.Dropdown([("", "auto")], value="auto", elem_id="generate-engine")
            self.format = gr.Radio(list(FORMATS), value="mp3", elem_id="generate-format")
            self.quality = gr.Radio(list(QUALITIES), value="cbr", elem_id="generate-quality")
            with gr.Column(elem_id="generate-pauses"):
                self._title = gr.Markdown(elem_classes="v-group-title")
                self.pauses = [self._pause(boundary, registry) for boundary in BOUNDARIES]
            self.cast = Casting()
        self._say(registry)
        hidden: dict[str, Any] = {"show_progress": "hidden", "api_visibility": "private", "queue": False}
        self.format.change(quality_of, self.format, self.quality, preprocess=False, **hidden)

    def _pause(self, boundary: str, registry: Registry) -> gr.Number:
        box = gr.Number(
            PAUSES[boundary], minimum=0, maximum=LONGEST_SECONDS, step=0.05, min_width=120, elem_id=f"pause-{boundary}"
        )
        return registry.add(box, label=f"pause_{boundary}")  # type: ignore[no-any-return]

    def _say(self, registry: Registry) -> None:
        registry.add(self.box, label="more_options")
        registry.add(self._title, value="pauses")
        registry.compute(self.engine, choices.engines)
        registry.compute(self.format, choices.formats)
        registry.compute(self.quality, choices.of("mp3_quality", "mp3", QUALITIES))

    @property
    def components(self) -> list[Any]:
        """What has a value of the person's."""
        return [self.engine, self.format, self.quality, *self.pauses, self.cast.chosen]

    def of(self, generation: Generation, cast: dict[str, str]) -> dict[Any, Any]:
        """The values with which a recording was made, by component; `cast` are the voices that are still there."""
        lengths = {
            box: generation.pauses.get(boundary, PAUSES[boundary])
            for boundary, box in zip(BOUNDARIES, self.pauses, strict=True)
        }
        return lengths | {
            self.box: gr.update(open=True),
            self.engine: generation.engine,
            self.format: generation.format,
            self.quality: gr.update(value=generation.quality, visible=generation.format == "mp3"),
            self.cast.chosen: (generation.document_id, cast),
        }

    def pauses_asked(self, asked: dict[Any, Any]) -> dict[str, float]:
        """Seconds by boundary, of those that are not the usual ones. An empty box is the usual one."""
        given = {boundary: asked[box] for boundary, box in zip(BOUNDARIES, self.pauses, strict=True)}
        return {b: seconds for b, seconds in given.items() if seconds not in (None, "") and seconds != PAUSES[b]}


def quality_of(kind: Any) -> Any:
    """The choice of MP3's quality, shown for MP3 alone."""
    return gr.update(visible=kind == "mp3")
