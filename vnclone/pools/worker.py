"""What a worker process does: some chunks or one enrolment, from files to files. Never touches the database."""

from __future__ import annotations

import functools
import logging
import multiprocessing
import multiprocessing.connection
import os
import tempfile
import threading
from collections.abc import Generator
from dataclasses import dataclass
from pathlib import Path

from vnclone import engines
from vnclone.audio.files import read_wav, write_wav
from vnclone.disk import no_space_said, write_json
from vnclone.engines.base import load_enrollment, save_enrollment
from vnclone.models import Clip, Enrollment, Params

FLAWS = ".flaws"  # beside a chunk's sound, when its engine still dislikes it: the codes, as JSON


@dataclass(frozen=True, slots=True)
class SpeakTask:
    """Speak each of `texts` with the enrolment at `enrollment` into the WAV of the same place in `outs`.

    With `live`, a path, the pieces of a single text's sound are appended there, float32, as they are made.
    """

    engine: str
    enrollment: str
    texts: tuple[str, ...]
    outs: tuple[str, ...]
    params: Params
    live: str = ""
    generation: str = ""  # whose work it is


@dataclass(frozen=True, slots=True)
class EnrollTask:
    """Enrol the reference WAV (and its transcript, "" for none) into `out`."""

    engine: str
    reference: str
    transcript: str
    out: str
    generation: str = ""


Task = SpeakTask | EnrollTask


def speak(task: SpeakTask) -> None:
    """Write the clips, each whole or not at all, each as soon as it is there."""
    engine = engines.load(task.engine)
    enrollment = enrollment_at(task.enrollment)
    if task.live:
        keep(_streamed(engine.stream(task.texts[0], enrollment, task.params), Path(task.live)), task.outs[0])
        return
    for out, clip in zip(task.outs, engine.speak_many(task.texts, enrollment, task.params), strict=True):
        keep(clip, out)


def enroll(task: EnrollTask) -> None:
    """Write the enrolment, whole or not at all."""
    enrollment = engines.load(task.engine).enroll(read_wav(Path(task.reference)), task.transcript or None)
    save_enrollment(Path(task.out), enrollment)


def keep(clip: Clip, out: str) -> None:
    """Write a clip, whole or not at all, and beside it what its engine dislikes about it."""
    flaws = Path(out).with_suffix(FLAWS)
    if clip.flaws:
        write_json(flaws, list(clip.flaws))
    write_wav(Path(out), clip)  # last: who sees the sound sees its flaws


def _streamed(pieces: Generator[Clip, None, Clip], live: Path) -> Clip:
    """The finished clip; its raw pieces are at `live` by then."""
    with no_space_said(), live.open("wb", buffering=0) as file:
        while True:
            try:
                file.write(next(pieces).samples.astype("<f4").tobytes())
            except StopIteration as finished:
                clip: Clip = finished.value
                return clip


def enrollment_at(path: str) -> Enrollment:
    """The stored enrolment at `path`, read once. Raises EnrollmentUnusable for a broken one."""
    return _enrollment(path, Path(path).stat().st_mtime_ns)


@functools.lru_cache(maxsize=8)
def _enrollment(path: str, _modified_ns: int) -> Enrollment:
    return load_enrollment(Path(path))


def start(temporary: str) -> None:
    """Runs first in each worker: yield to the page's own process, never outlive it, leave nothing in /tmp.

    What libraries log about a text is nobody's to see; what goes wrong is raised.
    """
    os.nice(5)
    tempfile.tempdir = temporary or None
    logging.getLogger().addHandler(logging.NullHandler())
    parent = multiprocessing.parent_process()
    if parent is not None:
        threading.Thread(target=_die_with, args=(parent.sentinel,), daemon=True).start()


def _die_with(sentinel: int) -> None:
    multiprocessing.connection.wait([sentinel])
    os._exit(1)
