"""A recording to be done again with something changed: what of its voice, document and text there still is."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import groupby

from vnclone.errors import NotFound
from vnclone.models import Document, Generation, Voice
from vnclone.services.plans import Step
from vnclone.ui.markup import e, warnings
from vnclone.ui.words import say
from vnclone.wire import Services


@dataclass(frozen=True, slots=True)
class Left:
    """`voice` and `document` are None where they are gone; `text` is what was typed, or read of a lost document.

    `cast`: voice ids by chapter, of the voices that are there; `uncast`: whether some are not.
    """

    generation: Generation
    voice: Voice | None
    document: Document | None
    text: str
    cast: dict[str, str]
    uncast: bool

    @property
    def source(self) -> str:
        """What the generate tab's choice between document and text has to be."""
        return "text" if self.text or not self.generation.document_id else "document"


def left(services: Services, user_id: str, generation_id: str) -> Left:
    """Raises NotFound when the recording itself is gone."""
    generation = services.generations.get(user_id, generation_id)
    ready = {voice.id: voice for voice in services.voices.list(user_id) if voice.status == "ready"}
    document = _document(services, generation) if generation.document_id else None
    lost = bool(generation.document_id) and document is None
    text = read_text(services.generations.plan(generation).steps) if lost else generation.text_input
    cast = {chapter: voice for chapter, voice in generation.voices.items() if voice in ready and not lost}
    uncast = not lost and len(cast) < len(generation.voices)
    return Left(generation, ready.get(generation.voice_profile_id), document, text, cast, uncast)


def _document(services: Services, generation: Generation) -> Document | None:
    try:
        return services.library.get(generation.user_id, generation.document_id)
    except NotFound:
        return None


def read_text(steps: tuple[Step, ...]) -> str:
    """What was read, as it was written: a line a paragraph, an empty one between chapters."""
    lines, last = [], None
    for (chapter, _), chunks in groupby(steps, lambda step: (step.chunk.chapter, step.chunk.paragraph)):
        if last not in (None, chapter):
            lines.append("")
        lines.append(" ".join(step.chunk.written for step in chunks))
        last = chapter
    return "\n".join(lines)


def told(found: Left, language: str) -> str:
    """That everything is as it was, ready to be changed; and kindly what could not be brought back. HTML."""
    name, title = found.generation.voice_name, found.generation.title
    missing = [] if found.voice else [say("again_no_voice", language, name=name)]
    if found.generation.document_id and not found.document:
        missing.append(say("again_no_document" if found.text else "again_nothing_left", language))
    if found.uncast:
        missing.append(say("again_chapters_differ", language))
    ready = f'<p class="v-notice v-good" role="status">{e(say("again_ready", language, title=title))}</p>'
    return ready + warnings(missing)
