"""A finished recording read again in one place: another take, voice, pronunciation or wording; the rest stays."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from vnclone import engines
from vnclone.errors import BadInput, Conflict, NotFound
from vnclone.models import Chapter, Chunk, Generation, Paragraph
from vnclone.services import notes, plans, suiting, takes
from vnclone.services.generations import Generations
from vnclone.services.lexicon import Lexicons
from vnclone.services.plans import Plan, Step
from vnclone.services.voices import Voices
from vnclone.store.files import Files
from vnclone.store.owned import Owned
from vnclone.text import chunks
from vnclone.text.tidy import is_speakable, tidy

MAX_PARAGRAPH = 20_000  # characters of a paragraph written anew


@dataclass(frozen=True, slots=True)
class Part:
    """A paragraph as it is heard: what is written, what is said, in which voice; `take` of `takes`, from 0.

    `versions` are what each take says, and in which voice.
    """

    chapter: int
    paragraph: int
    written: str
    spoken: str
    voice_id: str
    take: int
    takes: int
    versions: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class Change:
    """What is to be different; with nothing set, another take of the same."""

    text: str | None = None  # written anew
    spoken: str | None = None  # the same writing, said so
    voice_id: str | None = None


class Revisions:
    """Each change makes a new edition out of the last: only what changed is synthesised."""

    def __init__(
        self, rows: Owned[Generation], generations: Generations, voices: Voices, lexicons: Lexicons, files: Files
    ) -> None:
        self._rows, self._generations, self._voices = rows, generations, voices
        self._lexicons, self._files = lexicons, files

    def parts(self, user_id: str, generation_id: str) -> list[Part]:
        """The paragraphs in the order in which they are heard. Raises NotFound."""
        generation = self._generations.get(user_id, generation_id)
        kept = takes.load(self._folder(generation))
        return [self._part(steps, kept) for steps in paragraphs(self._generations.plan(generation))]

    def redo(self, user_id: str, generation_id: str, chapter: int, paragraph: int | None, change: Change) -> Generation:
        """Read a paragraph again, or with None all of a chapter. Raises NotFound, Conflict, BadInput, Unavailable."""
        generation = self._finished(user_id, generation_id)
        plan = self._generations.plan(generation)
        there = plan.of_paragraph(chapter, paragraph)
        if not there:
            raise no_paragraph()
        self._check(generation, change)
        new, kept = {}, takes.load(self._folder(generation))
        for steps in paragraphs(Plan(tuple(there))):
            new[_where(steps)] = self._read_anew(generation, steps, change, kept.get(_where(steps), []))
        return self._begin(generation, plan, new)

    def choose(self, user_id: str, generation_id: str, chapter: int, paragraph: int, take: int) -> Generation:
        """Put an earlier take in its place again; counted from 0. Raises NotFound, Conflict."""
        generation = self._finished(user_id, generation_id)
        where = takes.place(chapter, paragraph)
        kept = takes.load(self._folder(generation)).get(where, [])
        if not 0 <= take < len(kept):
            raise no_paragraph()
        return self._begin(generation, self._generations.plan(generation), {where: kept[take]})

    def sounds(self, user_id: str, generation_id: str, chapter: int, paragraph: int, take: int) -> list[Path]:
        """The files of a take, to be heard before it is chosen. Raises NotFound; also when they are cached no more."""
        generation = self._generations.get(user_id, generation_id)
        kept = takes.load(self._folder(generation)).get(takes.place(chapter, paragraph), [])
        if not 0 <= take < len(kept):
            raise no_paragraph()
        found = [self._generations.sound(generation, step) for step in kept[take]]
        if not all(path.exists() for path in found):
            raise notes.no_sound()
        return found

    def _finished(self, user_id: str, generation_id: str) -> Generation:
        generation = self._generations.get(user_id, generation_id)
        if generation.status != "completed":
            raise Conflict(
                "Hãy đợi bản đọc xong rồi mới sửa từng đoạn.",
                "Wait until the recording is finished before changing a paragraph.",
            )
        notes.check_revision(generation)
        return generation

    def _check(self, generation: Generation, change: Change) -> None:
        """Before anything is written."""
        for text in (change.text, change.spoken):
            if text is not None and not is_speakable(tidy(text)):
                raise notes.nothing_to_say()
            if text is not None and len(text) > MAX_PARAGRAPH:
                raise BadInput("Đoạn này quá dài. Hãy chia nhỏ ra.", "This paragraph is too long. Split it.")
        voice = self._voices.require_ready(generation.user_id, change.voice_id or generation.voice_profile_id)
        suiting.check(engines.load(generation.engine), voice, generation.language, ())

    def _read_anew(
        self, generation: Generation, steps: list[Step], change: Change, kept: Sequence[tuple[Step, ...]]
    ) -> tuple[Step, ...]:
        """The paragraph's new steps. `kept`: its takes so far, so that another take is a new one."""
        found = [step.chunk for step in steps]
        if change.text is not None:
            found = self._worded(generation, tidy(change.text), found)
        elif change.spoken is not None:
            found = _said(tidy(change.spoken), found, engines.load(generation.engine).max_chars)
        same = change.text is None and change.spoken is None and change.voice_id in (None, steps[0].voice)
        take = 1 + max(step.take for one in (steps, *kept) for step in one) if same else steps[0].take
        voice = self._voices.require_ready(generation.user_id, change.voice_id or steps[0].voice)
        return tuple(Step(c, plans.key(c, voice, generation, take), voice.id, take) for c in found)

    def _worded(self, generation: Generation, text: str, old: list[Chunk]) -> list[Chunk]:
        engine = engines.load(generation.engine)
        chapter = (Chapter("", tuple(Paragraph(line) for line in text.splitlines() if line.strip())),)
        language = suiting.language_for(engine, generation.language, chapter)
        apart = engine.by_sentence or "sentence" in generation.pauses
        own = self._lexicons.of(generation.user_id)  # as it is now: it may have been written for this very paragraph
        found = chunks.plan(chapter, language, engine.max_chars, engine.cues, apart, opening=False, lexicon=own)
        if not found:
            raise notes.nothing_to_say()
        return _placed(found, old)

    def _begin(self, generation: Generation, plan: Plan, new: dict[str, tuple[Step, ...]]) -> Generation:
        steps: list[Step] = []
        for old in paragraphs(plan):
            steps += new.get(_where(old), tuple(old))
        folder = self._files.edition(generation.user_id, generation.id, generation.edition + 1)
        state = {"chunks_done": 0, "chunks_total": len(steps), "progress": 0, "note": None, "error": None}
        # In one transaction, so that a crash or a full disk leaves the recording as it was, and two tabs cannot both
        # begin: not at once, nor one with the plan of an edition that the other has replaced meanwhile.
        with self._rows.transaction():
            if self._generations.get(generation.user_id, generation.id).edition != generation.edition:
                raise busy()
            # The request is no longer what it was: nobody may take this over for it.
            if not self._rows.update(
                generation.id, only_from=("completed",), status="pending", request_hash="", **state
            ):
                raise busy()
            for old in paragraphs(plan):
                if _where(old) in new:
                    takes.add(self._folder(generation), _where(old), old, new[_where(old)])
            plans.save(folder, replace(plan, steps=tuple(steps)))
        self._generations.begin(generation)
        return self._generations.get(generation.user_id, generation.id)

    def _part(self, steps: list[Step], kept: takes.Takes) -> Part:
        chunk = steps[0].chunk
        all_takes = kept.get(takes.place(chunk.chapter, chunk.paragraph), [tuple(steps)])
        known = [takes.keys(take) for take in all_takes]
        current = known.index(takes.keys(steps)) if takes.keys(steps) in known else 0
        versions = tuple((_joined(take, "spoken"), take[0].voice) for take in all_takes)
        said = (_joined(steps, "written"), _joined(steps, "spoken"), steps[0].voice)
        return Part(chunk.chapter, chunk.paragraph, *said, current, len(known), versions)

    def _folder(self, generation: Generation) -> Path:
        return self._files.generation(generation.user_id, generation.id)


def _joined(steps: Sequence[Step], name: str) -> str:
    return " ".join(getattr(step.chunk, name) for step in steps)


def _where(steps: Sequence[Step]) -> str:
    return takes.place(steps[0].chunk.chapter, steps[0].chunk.paragraph)


def paragraphs(plan: Plan) -> list[list[Step]]:
    """Consecutive steps of one paragraph together."""
    found: list[list[Step]] = []
    for step in plan.steps:
        where = (step.chunk.chapter, step.chunk.paragraph)
        if found and (found[-1][0].chunk.chapter, found[-1][0].chunk.paragraph) == where:
            found[-1].append(step)
        else:
            found.append([step])
    return found


def _placed(new: list[Chunk], old: list[Chunk]) -> list[Chunk]:
    """`new` in the place of `old`: its numbers, and the pause that followed it."""
    first, last = old[0], old[-1]
    found = [replace(chunk, chapter=first.chapter, paragraph=first.paragraph) for chunk in new]
    return [*found[:-1], replace(found[-1], pause_seconds=last.pause_seconds, boundary=last.boundary)]


def _said(spoken: str, old: list[Chunk], max_chars: int) -> list[Chunk]:
    """The same writing said so: in as few chunks as it fits in, the writing shared out among them."""
    parts, written = chunks.wrap(spoken, max_chars), " ".join(chunk.written for chunk in old)
    language, found = old[0].language, []
    for index, part in enumerate(parts):
        share = written[len(written) * index // len(parts) : len(written) * (index + 1) // len(parts)]
        found.append(Chunk(share, part, language, 0.0, boundary="inside"))
    return _placed(found, old)


def no_paragraph() -> NotFound:
    return NotFound("Không tìm thấy đoạn này. Hãy tải lại trang.", "There is no such paragraph. Reload the page.")


def busy() -> Conflict:
    return Conflict(
        "Bản đọc này đang được sửa ở nơi khác. Hãy đợi một lát rồi thử lại.",
        "This recording is being changed somewhere else. Wait a moment, then try again.",
    )
