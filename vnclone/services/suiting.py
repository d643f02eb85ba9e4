"""Whether an engine suits what is asked of it: is it ready, does it know the language, has the voice what it needs."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal, cast

from vnclone import engines
from vnclone.engines.base import Engine
from vnclone.errors import BadInput, Unavailable
from vnclone.models import LANGUAGES, Chapter, Said, Voice
from vnclone.text.language import detect

NAMES = {"vi": Said("tiếng Việt", "Vietnamese"), "en": Said("tiếng Anh", "English")}
SAMPLE_CHARACTERS = 20_000  # enough of a document to know its language
EVIDENCE_WORDS = 4  # fewer tell nothing

Asked = Literal["auto", "vi", "en"]


def choose(asked: str, voice: Voice, language: str, chapters: Sequence[Chapter]) -> Engine:
    """The engine called `asked`; for "auto" the best ready one that reads this text. Raises as `check` does."""
    if asked != engines.AUTO:
        check(engine := engines.load(asked), voice, language, chapters)
        return engine
    for name in engines.names():
        engine = engines.load(name)
        if engine.status().state == "ready" and reads(engine, language, chapters) and not engine.needs_transcript:
            return engine
    return engines.load(engines.best())


def check(engine: Engine, voice: Voice, language: str, chapters: Sequence[Chapter]) -> None:
    """Before anything is begun. Raises Unavailable for an engine that is not ready, BadInput for what it cannot do."""
    status = engine.status()
    if status.state != "ready":
        raise Unavailable(
            f"Bộ đọc {engine.name} chưa dùng được. {status.detail.vi}",
            f"The engine {engine.name} cannot be used yet. {status.detail.en}",
        )
    if engine.needs_transcript and not voice.transcript:
        raise BadInput(
            f"Bộ đọc {engine.name} cần biết bản ghi của giọng “{voice.name}” nói gì. Hãy điền “Nội dung bản ghi” của "
            "giọng này (ở mục Giọng nói), rồi thử lại.",
            f"The engine {engine.name} needs to know what the recording of “{voice.name}” says. Fill in this voice's "
            "transcript (under Voices), then try again.",
        )
    language_for(engine, language, chapters)


def language_for(engine: Engine, asked: str, chapters: Sequence[Chapter]) -> Asked:
    """The language to plan in. An engine of one language reads a text of it with all the foreign words in it.

    Raises BadInput when the text, or what was asked for, is not in a language that the engine reads.
    """
    if asked == "auto" and engine.languages >= set(LANGUAGES):
        return "auto"
    wanted = _detected(engine, chapters) if asked == "auto" else asked
    if wanted not in engine.languages:
        raise _not_its_language(engine, wanted)
    return cast("Asked", wanted)


def _detected(engine: Engine, chapters: Sequence[Chapter]) -> str:
    """The text's language; the engine's own for a few words, which are no evidence ("I." is a heading, too)."""
    sample = _sample(chapters)
    return detect(sample) if len(sample.split()) >= EVIDENCE_WORDS else min(engine.languages)


def reads(engine: Engine, asked: str, chapters: Sequence[Chapter]) -> bool:
    """Whether this text is in a language of the engine's."""
    try:
        language_for(engine, asked, chapters)
    except BadInput:
        return False
    return True


def _sample(chapters: Sequence[Chapter]) -> str:
    text, included = "", [chapter for chapter in chapters if chapter.included]
    for paragraph in (paragraph for chapter in included for paragraph in chapter.paragraphs):
        text += paragraph.text + "\n"
        if len(text) > SAMPLE_CHARACTERS:
            break
    return text


def _not_its_language(engine: Engine, wanted: str) -> BadInput:
    reads = sorted(engine.languages)
    return BadInput(
        f"Bộ đọc {engine.name} chỉ đọc được {' và '.join(NAMES[name].vi for name in reads)}, không đọc được "
        f"{NAMES[wanted].vi}. Hãy chọn bộ đọc khác.",
        f"The engine {engine.name} reads only {' and '.join(NAMES[name].en for name in reads)}, not "
        f"{NAMES[wanted].en}. Choose another engine.",
    )
