"""What gradio_client calls: the contract's endpoints over the same services as the page. Nothing else is exposed."""

# No `from __future__ import annotations` here: Gradio derives each endpoint's schema from the real type hints.
import asyncio
from collections.abc import AsyncIterator
from typing import Any

import gradio as gr
import gradio.events

from vnclone.models import LANGUAGES, UNFINISHED, Generation
from vnclone.services import shapes
from vnclone.services.asking import Request, check_choice
from vnclone.services.exports import file_name
from vnclone.services.generations import POLL_SECONDS
from vnclone.text.language import detect
from vnclone.text.lexicon import spoken
from vnclone.ui.arguments import checked
from vnclone.ui.door import door, language, user_id
from vnclone.ui.uploads import handed_out, taken
from vnclone.wire import Services

Shape = dict[str, Any]


def add(services: Services) -> None:
    """Register every endpoint in the Blocks being built."""
    endpoints = Endpoints(services)
    for name in NAMES:
        gr.events.api(door(checked(getattr(endpoints, name))), api_name=name, concurrency_limit=None)


NAMES = (
    "me",
    "create_voice",
    "voices",
    "voice",
    "delete_voice",
    "add_document",
    "documents",
    "document",
    "update_document",
    "delete_document",
    "generate",
    "follow",
    "generation",
    "history",
    "cancel",
    "resume",
    "subtitles",
    "preview",
    "rename_voice",
    "delete_generation",
    "audio",
)


class Endpoints:
    """Each method is one endpoint; every one of them asks who is calling."""

    def __init__(self, services: Services) -> None:
        self._services = services

    def me(self, request: gr.Request) -> Shape:
        """The signed-in user."""
        return shapes.user_shape(self._services.accounts.user(user_id(request)))

    def create_voice(
        self, audio: gr.FileData, name: str, consent: bool, request: gr.Request, transcript: str = ""
    ) -> Shape:
        """Make a voice from a recording of 5 seconds to 5 minutes; returns it when it is ready.

        Args:
            audio: the recording (MP3, WAV, M4A, OGG, FLAC or WebM)
            name: what to call the voice
            consent: true if the speaker agreed that their voice is used
            transcript: what is said in the recording, if known
        """
        owner = user_id(request)
        with taken(audio) as path:
            voice = self._services.voices.create(owner, path, name, consent, transcript, door="gradio_client")
        return shapes.voice_shape(self._services.voices.wait(owner, voice.id), language(request))

    def voices(self, request: gr.Request) -> list[Shape]:
        """The user's voices, newest first."""
        found = self._services.voices.list(user_id(request))
        return [shapes.voice_shape(voice, language(request)) for voice in found]

    def voice(self, voice_id: str, request: gr.Request) -> Shape:
        """One voice, with the reasons for its quality score."""
        return shapes.voice_shape(self._services.voices.get(user_id(request), voice_id), language(request))

    def delete_voice(self, voice_id: str, request: gr.Request, recordings: bool = False) -> Shape:
        """Delete a voice, what was learned from it, and what is being read in it.

        Args:
            voice_id: the voice
            recordings: also delete every finished recording in this voice
        """
        owner = user_id(request)
        self._services.generations.forget_voice(owner, voice_id, recordings)
        self._services.voices.delete(owner, voice_id)
        return {"id": voice_id, "deleted": True}

    def add_document(self, file: gr.FileData, request: gr.Request, name: str = "") -> Shape:
        """Read a document (PDF, Word, RTF, ODT, PPTX, EPUB, HTML, MD, TXT, pictures); returns it when it is ready.

        Args:
            file: the document
            name: what to call it; its file name if empty
        """
        owner = user_id(request)
        with taken(file) as path:
            document = self._services.library.add(owner, path, name or path.name)
        return self._document(request, self._services.library.wait(owner, document.id), whole=False)

    def documents(self, request: gr.Request) -> list[Shape]:
        """The user's documents, newest first, without their text."""
        found = self._services.library.list(user_id(request))
        return [self._document(request, document, whole=False) for document in found]

    def document(self, document_id: str, request: gr.Request) -> Shape:
        """One document with its text and chapters."""
        return self._document(request, self._services.library.get(user_id(request), document_id), whole=True)

    def update_document(self, document_id: str, paragraphs: list[Shape], request: gr.Request) -> Shape:
        """Change a document before it is read aloud.

        Args:
            document_id: the document
            paragraphs: changes, made one after another, all or none. Of a paragraph: {"chapter": 0, "paragraph": 3,
                "text": "…"} (an empty text leaves it out; it keeps its place), "restore": true or "kind": "heading"
                in place of "text". Of a chapter: {"chapter": 0, "included": false}, {"chapter": 0, "title": "…"},
                {"chapter": 1, "merge": true} (with the one before), {"chapter": 0, "split": 5} (a new one from
                paragraph 5). Of the document: {"skipped": ["footnote", "speaker note", "caption", "table row"]}
        """
        changed = self._services.library.update(user_id(request), document_id, paragraphs)
        return self._document(request, changed, whole=True)

    def delete_document(self, document_id: str, request: gr.Request) -> Shape:
        """Delete a document. Recordings made from it stay."""
        self._services.library.delete(user_id(request), document_id)
        return {"id": document_id, "deleted": True}

    def generate(
        self,
        voice_id: str,
        request: gr.Request,
        text: str = "",
        document_id: str = "",
        language: str = "auto",
        engine: str = "auto",
        speed: float = 1.0,
        format: str = "mp3",
    ) -> str:
        """Start reading a text or a document in a voice; returns the generation's id.

        Args:
            voice_id: the voice
            text: what to read, unless document_id is given
            document_id: the document to read
            language: auto, vi or en
            engine: auto or an engine's name
            speed: 0.5 to 2.0; 1.0 is the voice's own pace
            format: mp3, wav, flac, m4a, m4b or opus
        """
        asked = Request(voice_id, text, document_id, language, engine, speed, format)
        return self._services.generations.create(user_id(request), asked).id

    async def follow(self, generation_id: str, request: gr.Request) -> AsyncIterator[Shape]:
        """Every state of a generation until it is over or paused. Its work goes on without (on ZeroGPU only with)."""
        generations, owner = self._services.generations, user_id(request)
        last = None
        with await asyncio.to_thread(generations.following, owner, generation_id):
            while True:
                generation = await asyncio.to_thread(generations.get, owner, generation_id)
                audible = await asyncio.to_thread(generations.is_audible, generation)
                if (generation, audible) != last:
                    yield self._state(request, generation)
                    last = generation, audible
                if generation.status not in UNFINISHED:
                    return
                await asyncio.sleep(POLL_SECONDS)

    def generation(self, generation_id: str, request: gr.Request) -> Shape:
        """A generation's state."""
        return self._state(request, self._services.generations.get(user_id(request), generation_id))

    def history(self, request: gr.Request, limit: int = 50, offset: int = 0) -> list[Shape]:
        """The user's generations, newest first."""
        found = self._services.generations.history(user_id(request), limit, offset)
        return [self._record(g, request) for g in found]

    def cancel(self, generation_id: str, request: gr.Request) -> Shape:
        """Stop a generation; what is over stays as it is."""
        return self._state(request, self._services.generations.cancel(user_id(request), generation_id))

    def resume(self, generation_id: str, request: gr.Request) -> Shape:
        """Go on with a generation that was paused, was cancelled or has failed; nothing is read twice."""
        return self._state(request, self._services.generations.resume(user_id(request), generation_id))

    def subtitles(self, generation_id: str, request: gr.Request, format: str = "srt") -> gr.FileData:
        """The subtitles of a finished generation as a file.

        Args:
            generation_id: the generation
            format: srt or vtt
        """
        owner = user_id(request)
        generation = self._services.generations.get(owner, generation_id)
        path = self._services.exports.subtitles(owner, generation_id, format)
        return handed_out(path, self._services.files.copies(owner, generation_id), file_name(generation, path))  # type: ignore[return-value]

    def preview(self, text: str, request: gr.Request, language: str = "auto") -> str:
        """A text as it would be spoken: figures, dates and abbreviations in words, what is in the lexicon as it says.

        Args:
            text: what to read
            language: auto, vi or en
        """
        lexicon = self._services.lexicons.of(user_id(request))
        check_choice("language", language, ("auto", *LANGUAGES))
        lines = ((line, detect(line) if language == "auto" else language) for line in text.splitlines())
        return "\n".join(spoken(line, chosen, lexicon) for line, chosen in lines)  # type: ignore[arg-type]

    def rename_voice(self, voice_id: str, name: str, request: gr.Request) -> Shape:
        """Give a voice another name."""
        voice = self._services.voices.rename(user_id(request), voice_id, name)
        return shapes.voice_shape(voice, language(request))

    def delete_generation(self, generation_id: str, request: gr.Request) -> Shape:
        """Delete a generation and its sound."""
        self._services.generations.delete(user_id(request), generation_id)
        return {"id": generation_id, "deleted": True}

    def audio(self, generation_id: str, request: gr.Request) -> gr.FileData:
        """The finished sound as a file."""
        owner = user_id(request)
        generation = self._services.generations.get(owner, generation_id)
        path = self._services.exports.audio(owner, generation_id)
        return handed_out(path, self._services.files.copies(owner, generation_id), file_name(generation, path))  # type: ignore[return-value]

    def _document(self, request: gr.Request, document: Any, whole: bool) -> Shape:
        pace = self._services.paces.words_per_minute(self._services.generations.engine_name())
        return shapes.document_shape(document, pace, language(request), whole)

    def _state(self, request: gr.Request, generation: Generation) -> Shape:
        return shapes.generation_shape(generation, self._audio_url(generation), language(request))

    def _record(self, generation: Generation, request: gr.Request) -> Shape:
        expires_at = self._services.retention.expires_at(generation)
        return shapes.generation_record(generation, self._audio_url(generation), language(request), expires_at)

    def _audio_url(self, generation: Generation) -> str | None:
        audible = self._services.generations.is_audible(generation)
        return self._services.links.audio(generation.user_id, generation.id) if audible else None
