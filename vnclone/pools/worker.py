"""What a worker process does: one chunk or one enrolment, from files to a file. Never touches the database."""

from __future__ import annotations

import functools
import multiprocessing
import multiprocessing.connection
import os
import threading
from dataclasses import dataclass
from pathlib import Path

from vnclone import engines
from vnclone.audio.files import read_wav, write_wav
from vnclone.engines.base import load_enrollment, save_enrollment
from vnclone.models import Enrollment, Params


@dataclass(frozen=True, slots=True)
class SpeakTask:
    """Speak `text` with the enrolment at `enrollment` into a WAV at `out`."""

    engine: str
    enrollment: str
    text: str
    params: Params
    out: str


@dataclass(frozen=True, slots=True)
class EnrollTask:
    """Enrol the reference WAV (and its transcript, "" for none) into `out`."""

    engine: str
    reference: str
    transcript: str
    out: str


def speak(task: SpeakTask) -> None:
    """Write the clip, whole or not at all."""
    enrollment = _enrollment(task.enrollment, Path(task.enrollment).stat().st_mtime_ns)
    write_wav(Path(task.out), engines.load(task.engine).speak(task.text, enrollment, task.params))


def enroll(task: EnrollTask) -> None:
    """Write the enrolment, whole or not at all."""
    enrollment = engines.load(task.engine).enroll(read_wav(Path(task.reference)), task.transcript or None)
    save_enrollment(Path(task.out), enrollment)


@functools.lru_cache(maxsize=8)
def _enrollment(path: str, _modified_ns: int) -> Enrollment:
    return load_enrollment(Path(path))


def start() -> None:
    """Runs first in each worker: yield to the page's own process, and never outlive it."""
    os.nice(5)
    parent = multiprocessing.parent_process()
    if parent is not None:
        threading.Thread(target=_die_with, args=(parent.sentinel,), daemon=True).start()


def _die_with(sentinel: int) -> None:
    multiprocessing.connection.wait([sentinel])
    os._exit(1)
