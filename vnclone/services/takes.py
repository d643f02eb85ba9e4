"""All that a paragraph has sounded like: each reading of it as its steps. A JSON file beside the editions."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path

from vnclone.disk import write_json
from vnclone.services.plans import Step, steps_from_json

FILE = "takes.json"  # in a generation's folder: "chapter:paragraph" -> list of takes, each a list of steps
Takes = dict[str, list[tuple[Step, ...]]]


def place(chapter: int, paragraph: int) -> str:
    return f"{chapter}:{paragraph}"


def load(folder: Path) -> Takes:
    """Of those paragraphs that were read more than once."""
    path = folder / FILE
    if not path.exists():
        return {}
    data = json.loads(path.read_text(encoding="utf-8"))
    return {where: [steps_from_json(take) for take in all_takes] for where, all_takes in data.items()}


def add(folder: Path, where: str, now: Sequence[Step], new: Sequence[Step]) -> None:
    """Keep both, each once: what the paragraph was, and what it is going to be."""
    known = load(folder)
    all_takes = known.setdefault(where, [])
    for take in (tuple(now), tuple(new)):
        if take and keys(take) not in [keys(other) for other in all_takes]:
            all_takes.append(take)
    write_json(folder / FILE, {place: [[asdict(s) for s in t] for t in ts] for place, ts in known.items()})


def keys(take: Sequence[Step]) -> list[str]:
    return [step.key for step in take]


def steps(folder: Path) -> list[Step]:
    """Of all takes of all paragraphs."""
    return [step for all_takes in load(folder).values() for take in all_takes for step in take]
