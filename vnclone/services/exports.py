"""A recording as files to keep: in every format, whole or a chapter a file, with subtitles; and where what is heard."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path
from typing import Any

from vnclone.audio import subtitles
from vnclone.audio.cover import cover
from vnclone.audio.encode import encode, parts, piece
from vnclone.audio.subtitles import Span
from vnclone.disk import writing
from vnclone.errors import NotFound
from vnclone.models import FORMATS, QUALITIES, UNFINISHED, Generation, Word
from vnclone.services import assembling, notes, plans, timeline
from vnclone.services.asking import check_choice
from vnclone.services.assembling import MASTER
from vnclone.services.generations import Generations
from vnclone.services.plans import Plan
from vnclone.services.timeline import Timeline
from vnclone.text.alignment import written_words

SUBTITLES = ("srt", "vtt")


class Exports:
    """Files are made when they are first asked for, beside the recording that they belong to."""

    def __init__(self, generations: Generations) -> None:
        self._generations = generations

    def audio(self, user_id: str, generation_id: str, format: str = "", quality: str = "") -> Path:
        """The finished file, in the format it was asked for or in another. Raises NotFound until there is one."""
        generation, folder = self._finished(user_id, generation_id)
        format, quality = checked(generation, format, quality)
        same = quality == generation.quality or format != "mp3"
        target = folder / (f"audio.{format}" if same else f"audio.{quality}.{format}")
        if not target.exists():
            label = (notes.tags(generation), self._marks(generation), quality, _cover(generation))
            encode(folder / MASTER, target, format, *label)
        return target

    def chapter(self, user_id: str, generation_id: str, number: int, format: str = "", quality: str = "") -> Path:
        """One chapter as a file; `number` counts those that are heard from 1."""
        generation, folder = self._finished(user_id, generation_id)
        format, quality = checked(generation, format, quality)
        pieces = self._pieces(generation)
        if not 1 <= number <= len(pieces):
            raise NotFound("Không có chương này trong bản đọc.", "There is no such chapter in this recording.")
        title, start, end = pieces[number - 1]
        target = folder / f"chapter{number}.{quality}.{format}"
        if not target.exists():
            about = notes.tags(generation) | {"title": title, "album": generation.title, "track": f"{number}"}
            piece(folder / MASTER, target, start, end, format, about, quality, _cover(generation))
        return target

    def chapters(self, user_id: str, generation_id: str, format: str = "", quality: str = "") -> Path:
        """A zip with a file for each chapter."""
        generation, folder = self._finished(user_id, generation_id)
        format, quality = checked(generation, format, quality)
        target = folder / f"chapters.{quality}.{format}.zip"
        if not target.exists():
            about = (notes.tags(generation), quality, _cover(generation))
            parts(folder / MASTER, target, self._pieces(generation), format, *about)
        return target

    def subtitles(self, user_id: str, generation_id: str, format: str = "srt", words: bool = False) -> Path:
        """SRT or WebVTT; `words`: a cue for each word in SRT, the time of each word in WebVTT."""
        generation, folder = self._finished(user_id, generation_id)
        check_choice("format", format, SUBTITLES)
        target = folder / f"subtitles{'.words' if words else ''}.{format}"
        if not target.exists():
            with writing(target) as part:
                part.write_text(self._subtitles(generation, format, words), encoding="utf-8")
        return target

    def spans(self, generation: Generation) -> Iterator[Span]:
        """What is written, and from when to when it is heard; while it is made, of what is ready."""
        plan, sound = self._placed(generation)
        for step, placed in zip(plan.steps, sound.placed, strict=False):
            start, spoken = placed.start / sound.rate, placed.words
            words = tuple(Word(w.text, start + w.start, start + w.end) for w in _written(step.chunk.written, spoken))
            yield Span(start, placed.end / sound.rate, step.chunk.written, words)

    def reading(self, user_id: str, generation_id: str, since: int = 0, ready: bool = False) -> dict[str, Any]:
        """For reading along: each chunk from number `since` on with its times, chapter, paragraph and flaws.

        `ready`: only those that can be heard. `seconds` can be heard now, `total_seconds` is about what it will be;
        `chapters` have their titles.
        """
        generation = self._generations.get(user_id, generation_id)
        plan, sound = self._placed(generation)
        chunks = []
        until = len(sound.placed) if ready else len(plan.steps)
        for number, step in enumerate(plan.steps[since:until], start=since):
            placed = sound.placed[number] if number < len(sound.placed) else None
            times = {"start": placed.start / sound.rate, "end": placed.end / sound.rate} if placed else {}
            flaws = {"flaws": placed.flaws} if placed and placed.flaws else {}
            where = {"chapter": step.chunk.chapter, "paragraph": step.chunk.paragraph}
            chunks.append({"text": step.chunk.written, **where, **times, **flaws})
        done = generation.status not in UNFINISHED
        total = sound.seconds if len(sound.placed) >= len(plan.steps) else expected_seconds(plan, sound)
        state = {"status": generation.status, "edition": generation.edition, "complete": done, "since": since}
        known = {"chapters": plan.chapters, "seconds": sound.seconds, "total_seconds": total}
        return state | known | {"chunks": chunks}

    def words(self, user_id: str, generation_id: str) -> list[dict[str, Any]]:
        """Each written word with its times, where the engine tells them."""
        generation = self._generations.get(user_id, generation_id)
        return [asdict(word) for span in self.spans(generation) for word in span.words]

    def doubtful(self, user_id: str, generation_id: str) -> list[float]:
        """Where, in seconds, a finished reading has what its engine did not like itself, or a gap. Raises NotFound."""
        _, folder = self._finished(user_id, generation_id)
        sound = timeline.load(folder)
        return sorted(sound.flawed(gaps=False) + sound.flawed(gaps=True))

    def _finished(self, user_id: str, generation_id: str) -> tuple[Generation, Path]:
        generation = self._generations.get(user_id, generation_id)
        folder = self._generations.folder(generation)
        if not generation.is_heard or not (folder / MASTER).exists():
            raise notes.no_sound()
        return generation, folder

    def _placed(self, generation: Generation) -> tuple[Plan, Timeline]:
        folder = self._generations.folder(generation)
        return plans.load(folder, generation), timeline.load(folder)

    def _marks(self, generation: Generation) -> list[tuple[str, float]]:
        plan, sound = self._placed(generation)
        return assembling.chapter_marks(plan.steps, plan.chapters, sound)

    def _pieces(self, generation: Generation) -> list[tuple[str, float, float]]:
        """(title, start, end) of each chapter in seconds; of a text in one piece that alone."""
        marks = self._marks(generation) or [(generation.title, 0.0)]
        ends = [start for _, start in marks[1:]] + [timeline.load(self._generations.folder(generation)).seconds]
        return [(title, start, end) for (title, start), end in zip(marks, ends, strict=True)]

    def _subtitles(self, generation: Generation, format: str, words: bool) -> str:
        """Raises NotFound for a recording of version 0.2, which does not know when what is heard."""
        if not (spans := list(self.spans(generation))):
            raise notes.no_sound()
        return subtitles.subtitles(spans, format, words)


def checked(generation: Generation, format: str, quality: str) -> tuple[str, str]:
    """What was asked for, else what the generation was made with. Raises BadInput."""
    format, quality = format or generation.format, quality or generation.quality
    check_choice("format", format, FORMATS)
    check_choice("quality", quality, QUALITIES)
    return format, quality


def expected_seconds(plan: Plan, sound: Timeline) -> float | None:
    """About how long the whole will be, from how long the characters so far took; None before there is any."""
    done = sum(len(step.chunk.spoken) for step in plan.steps[: len(sound.placed)])
    everything = sum(len(step.chunk.spoken) for step in plan.steps)
    return round(sound.seconds * everything / done, 1) if done and sound.seconds else None


def file_name(generation: Generation, path: Path) -> str:
    """The title as a file name, in letters that every system takes, with what tells this file from others of it."""
    title = "".join(c if c.isalnum() or c in " -_" else " " for c in unicodedata.normalize("NFC", generation.title))
    kind, *more = path.stem.split(".")
    number = kind.removeprefix("chapter")
    part = f" - {int(number):02}" if number.isdecimal() else ""
    other = "".join(f" ({name})" for name in more if name in ("vbr", "words"))
    return f"{' '.join(title.split())[:80] or 'vnclone'}{part}{other}{path.suffix}"


def _written(text: str, spoken: tuple[Word, ...]) -> list[Word]:
    return written_words(text, spoken) if spoken else []


def _cover(generation: Generation) -> bytes:
    return cover(generation.title, generation.voice_name)
