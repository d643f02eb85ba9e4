"""What a person asks to have read: checked before anything begins, in sentences about their own input."""

from __future__ import annotations

import hashlib
import json
import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

from vnclone import engines
from vnclone.errors import BadInput, figure
from vnclone.models import ACCENTS, BOUNDARIES, FORMATS, LANGUAGES, QUALITIES, Chapter, Document, Generation, Voice
from vnclone.services import notes
from vnclone.settings import canonical_engine
from vnclone.text import cues
from vnclone.text.tidy import is_speakable, tidy

SLOWEST, FASTEST = 0.5, 2.0
MAX_TEXT = 2_000_000  # characters typed or pasted: a long novel
LONGEST_PAUSE_SECONDS = 10.0
AUTO_LANGUAGE = "auto"


@dataclass(frozen=True, slots=True)
class Request:
    """`text` or `document_id`. `pauses`: seconds by boundary; `voices`: voice ids by chapter, counted from 0."""

    voice_id: str
    text: str = ""
    document_id: str = ""
    language: str = AUTO_LANGUAGE
    engine: str = engines.AUTO
    speed: float = 1.0
    format: str = "mp3"
    accent: str = "north"
    quality: str = "cbr"
    pauses: Mapping[str, float] = field(default_factory=dict)
    voices: Mapping[str, str] = field(default_factory=dict)

    def tidied(self) -> Request:
        """The same with its text in NFC, and with plain values. Raises BadInput for what cannot be done."""
        settings = asdict(self) | {"text": tidy(self.text), "engine": canonical_engine(self.engine)}
        settings |= {"pauses": checked_pauses(self.pauses), "voices": checked_voices(self.voices)}
        check_choice("language", self.language, (AUTO_LANGUAGE, *LANGUAGES))
        check_choice("format", self.format, FORMATS)
        check_choice("accent", self.accent, ACCENTS)
        check_choice("quality", self.quality, QUALITIES)
        check_speed(self.speed)
        return Request(**{**settings, "speed": float(self.speed)})


def check_text(text: str, document: Document | None) -> None:
    if document is None and not is_speakable(text):
        raise notes.nothing_to_say()
    if len(text) > MAX_TEXT:
        raise BadInput(
            f"Văn bản dài {figure(len(text))} ký tự, quá {figure(MAX_TEXT)}. Hãy chia thành nhiều phần.",
            f"The text has {len(text):,} characters; the limit is {MAX_TEXT:,}. Split it into parts.",
        )


def check_choice(name: str, value: str, choices: tuple[str, ...]) -> None:
    if value not in choices:
        listed = ", ".join(choices)
        raise BadInput(f"{name} phải là một trong: {listed}.", f"{name} must be one of: {listed}.")


def check_speed(speed: float) -> None:
    if not SLOWEST <= speed <= FASTEST:  # also false for NaN
        raise BadInput(
            f"Tốc độ đọc phải từ {figure(SLOWEST)} đến {figure(FASTEST)}.",
            f"The reading speed must be between {figure(SLOWEST, 'en')} and {figure(FASTEST, 'en')}.",
        )


def checked_pauses(pauses: Mapping[str, Any]) -> dict[str, float]:
    """Raises BadInput for a boundary that does not exist or a length that makes no sense."""
    for boundary, seconds in pauses.items():
        check_choice("pauses", boundary, BOUNDARIES)
        number = isinstance(seconds, int | float) and not isinstance(seconds, bool) and math.isfinite(seconds)
        if not number or not 0 <= seconds <= LONGEST_PAUSE_SECONDS:
            raise BadInput(
                f"Quãng nghỉ phải từ 0 đến {figure(LONGEST_PAUSE_SECONDS)} giây.",
                f"A pause must be between 0 and {figure(LONGEST_PAUSE_SECONDS, 'en')} seconds.",
            )
    return {boundary: round(float(seconds), 3) for boundary, seconds in sorted(pauses.items())}


def checked_voices(voices: Mapping[str, Any]) -> dict[str, str]:
    """Raises BadInput unless these are ids by a chapter's number."""
    if not all(str(chapter).isdecimal() and isinstance(voice, str) for chapter, voice in voices.items()):
        raise BadInput(
            "Giọng của từng chương phải có dạng {số chương (đếm từ 0): mã giọng}.",
            "Voices of chapters must be given as {number of the chapter (from 0): voice id}.",
        )
    return {str(int(chapter)): voice for chapter, voice in voices.items() if voice}


def beginning(chapters: Sequence[Chapter], characters: int) -> str:
    """The first words of a document, at least so many characters of them where it has them."""
    text = ""
    for paragraph in (p for chapter in chapters for p in chapter.paragraphs):
        text += f"{paragraph.text} "
        if len(text) >= characters:
            break
    return text


def texts(chapters: Sequence[Chapter]) -> Iterator[str]:
    """All that is read of them, titles too."""
    for chapter in chapters:
        yield chapter.title
        yield from (paragraph.text for paragraph in chapter.paragraphs)


def title_of(text: str) -> str:
    """The first words of a typed text."""
    words = " ".join(cues.without(text).split())
    return words if len(words) <= 60 else words[:60].rsplit(" ", 1)[0] + "…"


def request_hash(generation: Generation, voices: Sequence[Voice], chapters: Sequence[Chapter]) -> str:
    """SHA-256 of all that determines the sound of the whole. Two generations with the same one sound the same."""
    sound = [(voice.id, voice.reference_hash, voice.transcript) for voice in voices]
    g = generation
    settings = [g.language, g.accent, g.engine, g.engine_revision, g.speed, g.pauses, g.voices, g.normalizer]
    settings += [g.lexicon] if g.lexicon else []
    read = [asdict(chapter) for chapter in chapters]
    return hashlib.sha256(json.dumps([sound, settings, read], ensure_ascii=False).encode()).hexdigest()
