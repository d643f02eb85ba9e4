"""The nouns every room shares: frozen values, no work. Imports nothing of ours."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import asdict, dataclass, field, replace
from typing import Any, Literal

import numpy as np

Language = Literal["vi", "en"]
Accent = Literal["north", "central", "south"]
LANGUAGES: tuple[Language, ...] = ("vi", "en")
ACCENTS: tuple[Accent, ...] = ("north", "central", "south")
ParagraphKind = Literal["heading", "body", "list item", "table row", "footnote", "speaker note", "caption"]
FILE_TYPES = ("pdf", "docx", "doc", "rtf", "odt", "pptx", "epub", "html", "md", "txt", "image")
# How a text's letters are written: "auto" finds out, "keep" converts nothing, VIQR is only ever asked for.
ENCODINGS = ("auto", "keep", "tcvn3", "vni", "vps", "cp1258", "viqr")
FORMATS = ("mp3", "wav", "flac", "m4a", "m4b", "opus")
QUALITIES = ("cbr", "vbr")  # of MP3: the same bits every second, or as many as the sound needs
BOUNDARIES = ("inside", "clause", "sentence", "paragraph", "heading", "chapter")  # what may follow a chunk
UNFINISHED = ("pending", "processing")  # what a restart takes up again
OPEN = (*UNFINISHED, "paused")  # what may still become sound
OVER = ("completed", "failed", "cancelled")
DEFAULT_WORDS_PER_MINUTE = 150  # the specification's estimate until the engine's own pace is measured


@dataclass(frozen=True, slots=True)
class Said:
    """One sentence for people, in both languages. `{}` never stays in it: it is complete."""

    vi: str
    en: str

    def in_(self, language: str) -> str:
        """The sentence in `language`; anything but "en" reads Vietnamese."""
        return self.en if language == "en" else self.vi


@dataclass(frozen=True, slots=True)
class Word:
    """A word and when it is heard, in seconds."""

    text: str
    start: float
    end: float


@dataclass(frozen=True, slots=True)
class Pronunciation:
    """A word or phrase of a person's own lexicon, and how to say it."""

    word: str
    say: str


@dataclass(frozen=True, slots=True)
class Clip:
    """Mono sound. `samples`: float32, shape (n,), within [-1, 1]; `sample_rate` in Hz.

    `flaws` are codes of what an engine's guard still dislikes in it after reading it again: "too_long", "silent", …
    `words`: the words as spoken, from an engine that knows when it says them.
    """

    samples: np.ndarray
    sample_rate: int
    flaws: tuple[str, ...] = ()
    words: tuple[Word, ...] = ()

    @property
    def seconds(self) -> float:
        return len(self.samples) / self.sample_rate


@dataclass(frozen=True, slots=True)
class User:
    """An account. The password's hash stays in the store."""

    id: str
    email: str
    full_name: str
    is_active: bool
    created_at: str
    updated_at: str


@dataclass(frozen=True, slots=True)
class Finding:
    """One reason behind a quality score. `start` and `end` are seconds in the uploaded sound, or None for all of it."""

    code: str
    severity: Literal["info", "warning", "error"]
    message: Said
    start: float | None = None
    end: float | None = None


@dataclass(frozen=True, slots=True)
class ReferenceReport:
    """What enrolment found in a recording. Seconds, dB (SNR) and LUFS (loudness before it was set)."""

    ok: bool
    score: int
    duration_seconds: float
    net_speech_seconds: float
    snr_db: float
    loudness_lufs: float
    clipped_share: float
    bandwidth_hz: float
    sample_rate: int
    denoised: bool
    findings: tuple[Finding, ...] = ()


@dataclass(frozen=True, slots=True)
class Voice:
    """A voice profile. `reference_hash` is the SHA-256 of the cleaned reference: the content of the voice.
    `consent_at` and `consent_by` record when, and through which door, the right to use the voice was confirmed."""

    id: str
    user_id: str
    name: str
    status: Literal["processing", "ready", "failed"]
    consent_at: str
    consent_by: str
    created_at: str
    updated_at: str
    transcript: str = ""
    duration: float = 0.0
    quality_score: int | None = None
    reference_hash: str = ""
    report: ReferenceReport | None = None
    error: Said | None = None


@dataclass(frozen=True, slots=True)
class Scan:
    """A page that was read by OCR: how sure it was of its words, 0 to 100."""

    page: int
    confidence: int


@dataclass(frozen=True, slots=True)
class Paragraph:
    """A paragraph as written. `page` counts from 1; None where the format has no pages.

    `original` is what the document says where a person changed the text; with an empty `text` they left it out.
    """

    text: str
    kind: ParagraphKind = "body"
    page: int | None = None
    original: str | None = None


@dataclass(frozen=True, slots=True)
class Chapter:
    """Consecutive paragraphs under one title. `included`: whether it will be read aloud."""

    title: str
    paragraphs: tuple[Paragraph, ...]
    included: bool = True


@dataclass(frozen=True, slots=True)
class ReadOptions:
    """How a file is to be read: its encoding (one of ENCODINGS), and whether as many pages as that are meant."""

    encoding: str = "auto"
    all_pages: bool = False


@dataclass(frozen=True, slots=True)
class Manuscript:
    """What a reader got out of a file: the document's own words, NFC, unnormalised.

    `encoding` is the legacy encoding that its text was converted from, "" for none.
    """

    title: str
    chapters: tuple[Chapter, ...]
    pages: int | None = None
    notes: tuple[Said, ...] = ()
    file_type: str = ""  # by content: one of FILE_TYPES
    scans: tuple[Scan, ...] = ()
    encoding: str = ""

    @property
    def text(self) -> str:
        """Every chapter, a paragraph a block."""
        return "\n\n".join(p.text for c in self.chapters for p in c.paragraphs if p.text)

    @property
    def word_count(self) -> int:
        return sum(len(p.text.split()) for c in self.chapters for p in c.paragraphs)


@dataclass(frozen=True, slots=True)
class Document:
    """An uploaded file and its text. Lists leave `chapters` empty; one document carries them.

    `options` is how it was asked to be read, `encoding` what it was converted from, `skipped` the kinds of paragraphs
    that are not read aloud. `asks`: what a failed one waits to be told, so that it need not be uploaded again.
    """

    id: str
    user_id: str
    filename: str
    file_type: str
    status: Literal["processing", "ready", "failed"]
    created_at: str
    updated_at: str
    title: str = ""
    word_count: int = 0
    pages: int | None = None
    chapters: tuple[Chapter, ...] = ()
    notes: tuple[Said, ...] = ()
    error: Said | None = None
    scans: tuple[Scan, ...] = ()
    encoding: str = ""
    options: ReadOptions = ReadOptions()
    skipped: tuple[str, ...] = ()
    asks: Literal["", "password", "pages"] = ""

    @property
    def to_read(self) -> tuple[Chapter, ...]:
        """The chapters as they will be read aloud, each in its place: without what was left out or is skipped.

        One of which nothing is left is not `included`; what is not included has no paragraphs.
        """
        return tuple(self._to_read(chapter) for chapter in self.chapters)

    def _to_read(self, chapter: Chapter) -> Chapter:
        spoken = (p for p in chapter.paragraphs if p.text and p.kind not in self.skipped)
        plain = (p if p.original is None else replace(p, original=None) for p in spoken)
        paragraphs = tuple(plain) if chapter.included else ()
        emptied = not paragraphs and bool(chapter.paragraphs)
        return replace(chapter, paragraphs=paragraphs, included=chapter.included and not emptied)


@dataclass(frozen=True, slots=True)
class Params:
    """How a chunk is to be spoken. `speed` is a factor: 1.0 is the voice's own pace, 2.0 twice as fast."""

    language: Language = "vi"
    accent: Accent = "north"
    speed: float = 1.0
    seed: int = 0


@dataclass(frozen=True, slots=True)
class Chunk:
    """The unit of synthesis. `written` is what the page shows, `spoken` what the engine gets."""

    written: str
    spoken: str
    language: Language
    pause_seconds: float
    chapter: int = 0
    paragraph: int = 0
    boundary: str = "sentence"  # one of BOUNDARIES: what the pause is for


@dataclass(frozen=True, slots=True)
class Generation:
    """ "Read this text in this voice with these settings", and how far it is."""

    id: str
    user_id: str
    voice_profile_id: str
    document_id: str
    text_input: str  # lists leave it empty
    title: str
    voice_name: str
    language: str
    accent: Accent
    engine: str
    engine_revision: str
    speed: float
    format: str
    status: Literal["pending", "processing", "paused", "completed", "failed", "cancelled"]
    created_at: str
    updated_at: str
    progress: int = 0
    chunks_done: int = 0
    chunks_total: int = 0
    duration: float = 0.0
    eta_seconds: float | None = None
    completed_at: str | None = None
    error: Said | None = None
    note: Said | None = None  # what to know about it now: why it waits, or what to listen to again
    quality: str = "cbr"
    pauses: dict[str, float] = field(default_factory=dict)  # seconds by boundary, where they are not the usual ones
    voices: dict[str, str] = field(
        default_factory=dict
    )  # voice ids by "chapter", counted from 0, of those with another
    edition: int = 0  # how often a paragraph was read again: names the folder of what is heard now
    spent_seconds: float = 0.0  # of work, all runs together
    size_bytes: int = 0  # of the finished sound
    normalizer: str = ""  # what made words of its figures, and its version
    lexicon: dict[str, str] = field(default_factory=dict)  # of the owner's pronunciations, those that its text has
    request_hash: str = ""  # SHA-256 of all that was asked for: the same again is the same sound
    search: str = ""  # folded title, voice and beginning of the text; lists leave it out

    @property
    def is_heard(self) -> bool:
        """Whether there is a finished sound, perhaps while a newer edition of it is made."""
        return self.completed_at is not None


@dataclass(frozen=True, slots=True)
class EngineStatus:
    """Whether an engine can speak here and now, and what it would take if not."""

    state: Literal["ready", "needs_download", "not_installed", "unreachable"]
    detail: Said
    download_bytes: int = 0


@dataclass(frozen=True, slots=True)
class Enrollment:
    """What an engine keeps of a voice: plain arrays, so that it is stored and sent without pickle."""

    engine: str
    revision: str
    arrays: dict[str, np.ndarray] = field(default_factory=dict)


def manuscript_to_json(manuscript: Manuscript) -> dict[str, Any]:
    """A plain dict of lists and strings; `manuscript_from_json` takes it back."""
    return asdict(replace(manuscript, chapters=())) | {"chapters": chapters_to_json(manuscript.chapters)}


def manuscript_from_json(data: dict[str, Any]) -> Manuscript:
    return Manuscript(
        title=data["title"],
        chapters=chapters_from_json(data["chapters"]),
        pages=data["pages"],
        notes=tuple(Said(**note) for note in data["notes"]),
        file_type=data["file_type"],
        scans=tuple(Scan(**scan) for scan in data["scans"]),
        encoding=data["encoding"],
    )


def chapters_to_json(chapters: Iterable[Chapter]) -> list[dict[str, Any]]:
    """What `chapters_from_json` takes back. `asdict`, which copies every string, takes ten times as long."""
    return [
        {"title": c.title, "paragraphs": [_paragraph_to_json(p) for p in c.paragraphs], "included": c.included}
        for c in chapters
    ]


def _paragraph_to_json(paragraph: Paragraph) -> dict[str, Any]:
    return {
        "text": paragraph.text,
        "kind": paragraph.kind,
        "page": paragraph.page,
        "original": paragraph.original,
    }


def chapters_from_json(chapters: list[dict[str, Any]]) -> tuple[Chapter, ...]:
    return tuple(
        Chapter(c["title"], tuple(Paragraph(**p) for p in c["paragraphs"]), c.get("included", True)) for c in chapters
    )


def report_from_json(data: dict[str, Any]) -> ReferenceReport:
    findings = tuple(Finding(**{**f, "message": Said(**f["message"])}) for f in data["findings"])
    return ReferenceReport(**{**data, "findings": findings})
