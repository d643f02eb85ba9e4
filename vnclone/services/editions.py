"""What lies in a recording's folder: the edition that is heard, and what a change or a crash left beside it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from vnclone.audio import pcm
from vnclone.models import Generation
from vnclone.services import notes, plans, takes, timeline
from vnclone.services.assembling import MASTER

LIVE = "first.pcm"  # see Files.live


def state(folder: Path, generation: Generation) -> dict[str, Any]:
    """The columns of a finished recording as the edition in `folder` has them."""
    sound, count = timeline.load(folder), len(plans.load(folder, generation).steps)
    found: dict[str, Any] = {"status": "completed", "progress": 100, "eta_seconds": None, "error": None}
    if (folder / MASTER).exists():
        wav = pcm.look(folder / MASTER)
        found["duration"] = wav.samples / wav.sample_rate
    doubts = notes.doubts(sound.flawed(gaps=False), sound.flawed(gaps=True))
    return found | {"chunks_done": count, "chunks_total": count, "note": doubts}


def scraps(own: Path, generation: Generation) -> list[Path]:
    """What is not heard, of a generation that rests, in its folder `own`: whole editions and single files."""
    if not own.exists():
        return []
    heard = str(generation.edition) if generation.edition else ""
    found = [path for path in own.iterdir() if path.is_dir() and path.name != heard]
    files = [path for path in own.iterdir() if path.is_file() and path.name != takes.FILE]
    return found + [path for path in files if heard or path.name == LIVE]
