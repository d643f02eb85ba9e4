"""What a generation will speak: its chunks in order, each with the hash that names its sound. A JSON file."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from vnclone.disk import write_json
from vnclone.engines.base import Batch, speech_seconds
from vnclone.models import Chunk, Generation, Params, Voice

FILE = "plan.json"  # in the folder of an edition


@dataclass(frozen=True, slots=True)
class Step:
    """One chunk, the name of its sound (without the ending), the id of its voice, and which take of it this is.

    Takes differ in nothing but the engine's chance; the first is 0.
    """

    chunk: Chunk
    key: str
    voice: str
    take: int = 0

    def params(self, generation: Generation) -> Params:
        return Params(self.chunk.language, generation.accent, generation.speed, self.take)

    def pause_seconds(self, generation: Generation) -> float:
        """The silence after it: what was asked for at such a boundary, else the usual."""
        return generation.pauses.get(self.chunk.boundary, self.chunk.pause_seconds)


@dataclass(frozen=True, slots=True)
class Plan:
    """`chapters` are the titles that `chunk.chapter` counts."""

    steps: tuple[Step, ...]
    chapters: tuple[str, ...] = ()

    def of_paragraph(self, chapter: int, paragraph: int | None) -> list[Step]:
        """The steps of a paragraph; of a whole chapter for None."""
        return [s for s in self.steps if s.chunk.chapter == chapter and paragraph in (None, s.chunk.paragraph)]


def key(chunk: Chunk, voice: Voice, generation: Generation, take: int = 0) -> str:
    """SHA-256 of everything that determines the sound: spoken text, voice content, engine, revision, settings."""
    made_of: list[Any] = [
        chunk.spoken,
        chunk.language,
        voice.reference_hash,
        voice.transcript,
        generation.engine,
        generation.engine_revision,
        generation.accent,
        generation.speed,
    ]
    made_of += [take] if take else []
    return hashlib.sha256(json.dumps(made_of, ensure_ascii=False).encode()).hexdigest()


def make(chunks: Sequence[Chunk], voices: Mapping[str, Voice], generation: Generation) -> list[Step]:
    """`voices` are those that `voice_of` names, by id."""
    steps = []
    for chunk in chunks:
        voice = voices[voice_of(generation, chunk.chapter)]
        steps.append(Step(chunk, key(chunk, voice, generation), voice.id))
    return steps


def voice_of(generation: Generation, chapter: int) -> str:
    """The id of the voice that reads a chapter."""
    return generation.voices.get(str(chapter), generation.voice_profile_id)


def groups(steps: Sequence[Step], generation: Generation, batch: Batch) -> Iterator[list[Step]]:
    """Consecutive steps that one call may speak together: `batch.first`, then twice that, … at most `batch.most`.

    A step that is larger than that is alone; all of a group share their voice and their parameters.
    """
    group: list[Step] = []
    size, used = batch.first, 0.0
    for step in steps:
        share = 1.0 if batch.unit == "chunk" else speech_seconds(step.chunk.spoken, generation.speed)
        if group and (used + share > size or _apart(step, group[0], generation)):
            yield group
            group, size, used = [], min(2 * size, batch.most), 0.0
        group.append(step)
        used += share
    if group:
        yield group


def _apart(step: Step, other: Step, generation: Generation) -> bool:
    return step.voice != other.voice or step.params(generation) != other.params(generation)


def save(folder: Path, plan: Plan) -> None:
    write_json(folder / FILE, {"chapters": plan.chapters, "steps": [asdict(step) for step in plan.steps]})


def load(folder: Path, generation: Generation) -> Plan:
    """The plan in `folder`; without a step when none was made yet."""
    path = folder / FILE
    if not path.exists():
        return Plan(())
    data = json.loads(path.read_text(encoding="utf-8"))
    if isinstance(data, list):  # of version 0.2: steps alone, all in one voice
        data = {"chapters": [], "steps": [{**step, "voice": generation.voice_profile_id} for step in data]}
    return Plan(steps_from_json(data["steps"]), tuple(data["chapters"]))


def steps_from_json(data: list[dict[str, Any]]) -> tuple[Step, ...]:
    return tuple(Step(**{**step, "chunk": Chunk(**step["chunk"])}) for step in data)
