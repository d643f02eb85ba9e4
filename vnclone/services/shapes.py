"""What doors answer with: plain dicts with the contract's keys, sentences in the caller's language."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from vnclone.models import Document, Generation, Manuscript, User, Voice, chapters_to_json
from vnclone.services.notes import message
from vnclone.services.voices import voice_summary
from vnclone.text.chunks import estimate_seconds


def user_shape(user: User) -> dict[str, Any]:
    return asdict(user)


def voice_shape(voice: Voice, language: str = "vi") -> dict[str, Any]:
    """`findings` are the reasons for the quality score; `error` is the sentence when it failed."""
    return {
        "id": voice.id,
        "name": voice.name,
        "duration": round(voice.duration, 2),
        "quality_score": voice.quality_score,
        "status": voice.status,
        "transcript": voice.transcript,
        "consent_at": voice.consent_at,
        "consent_by": voice.consent_by,
        "created_at": voice.created_at,
        "updated_at": voice.updated_at,
        "findings": voice_summary(voice.report, language)["findings"] if voice.report else [],
        "error": voice.error.in_(language) if voice.error else None,
    }


def document_shape(
    document: Document, words_per_minute: float, language: str = "vi", whole: bool = False
) -> dict[str, Any]:
    """`whole` adds `text_content`, without what was left out, and `chapters`, where its place is kept by an empty text.

    `scans`: how sure OCR was of each page it read, 0 to 100. `asks`: what a failed one needs, "password" or "pages".
    """
    shape: dict[str, Any] = {
        "id": document.id,
        "filename": document.filename,
        "file_type": document.file_type,
        "title": document.title,
        "word_count": document.word_count,
        "pages": document.pages,
        "estimated_duration": round(estimate_seconds(document.word_count, words_per_minute), 1),
        "status": document.status,
        "created_at": document.created_at,
        "updated_at": document.updated_at,
        "notes": [note.in_(language) for note in document.notes],
        "error": document.error.in_(language) if document.error else None,
        "asks": document.asks,
        "encoding": document.encoding,
        "skipped": list(document.skipped),
        "scans": [asdict(scan) for scan in document.scans],
    }
    if whole:
        shape["text_content"] = Manuscript("", document.chapters).text
        shape["chapters"] = chapters_to_json(document.chapters)
    return shape


def generation_shape(generation: Generation, audio_url: str | None, language: str = "vi") -> dict[str, Any]:
    """The contract's generation state."""
    return {
        "id": generation.id,
        "status": generation.status,
        "progress": generation.progress,
        "message": message(generation).in_(language),
        "chunks_done": generation.chunks_done,
        "chunks_total": generation.chunks_total,
        "duration_seconds": round(generation.duration, 2),
        "eta_seconds": generation.eta_seconds,
        "engine": generation.engine,
        "audio_url": audio_url,
        "error": generation.error.in_(language) if generation.error else None,
    }


def generation_record(
    generation: Generation, audio_url: str | None, language: str = "vi", expires_at: str | None = None
) -> dict[str, Any]:
    """The state and what was asked for: what history lists."""
    asked = ("title", "voice_name", "voice_profile_id", "document_id", "language", "accent", "speed")
    more = ("format", "quality", "pauses", "voices", "engine_revision", "normalizer", "created_at", "completed_at")
    measured = ("spent_seconds", "size_bytes", "edition")
    record = generation_shape(generation, audio_url, language)
    record |= {name: getattr(generation, name) for name in (*asked, *more, *measured)}
    factor = round(generation.spent_seconds / generation.duration, 3) if generation.duration else None
    return record | {"duration": record["duration_seconds"], "realtime_factor": factor, "expires_at": expires_at}
