"""What a generation will speak: its chunks in order, each with the hash that names its sound. Written once as JSON."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from vnclone.disk import write_json
from vnclone.engines.base import Batch, speech_seconds
from vnclone.models import Chunk, Generation, Params, Voice


@dataclass(frozen=True, slots=True)
class Step:
    """One chunk and the name of its sound (without the ending)."""

    chunk: Chunk
    key: str

    def params(self, generation: Generation) -> Params:
        return Params(self.chunk.language, generation.accent, generation.speed)


def key(chunk: Chunk, voice: Voice, generation: Generation) -> str:
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
    return hashlib.sha256(json.dumps(made_of, ensure_ascii=False).encode()).hexdigest()


def make(chunks: list[Chunk], voice: Voice, generation: Generation) -> list[Step]:
    return [Step(chunk, key(chunk, voice, generation)) for chunk in chunks]


def groups(steps: list[Step], generation: Generation, batch: Batch) -> Iterator[list[Step]]:
    """Consecutive steps that one call may speak together: `batch.first`, then twice that, … at most `batch.most`.

    A step that is larger than that is alone; all of a group share their parameters.
    """
    group: list[Step] = []
    size, used = batch.first, 0.0
    for step in steps:
        share = 1.0 if batch.unit == "chunk" else speech_seconds(step.chunk.spoken, generation.speed)
        if group and (used + share > size or step.params(generation) != group[0].params(generation)):
            yield group
            group, size, used = [], min(2 * size, batch.most), 0.0
        group.append(step)
        used += share
    if group:
        yield group


def save(path: Path, steps: list[Step]) -> None:
    write_json(path, [asdict(step) for step in steps])


def load(path: Path) -> list[Step]:
    """The plan at `path`; empty when none was made yet."""
    if not path.exists():
        return []
    return [Step(Chunk(**step["chunk"]), step["key"]) for step in json.loads(path.read_text(encoding="utf-8"))]
