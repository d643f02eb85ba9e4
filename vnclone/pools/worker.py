"""A worker process: some chunks or one enrolment a task, from files to files. Never touches the database."""

from __future__ import annotations

import functools
import logging
import multiprocessing
import multiprocessing.connection
import os
import pickle
import tempfile
import threading
import traceback
from collections.abc import Callable, Generator, Iterator
from dataclasses import dataclass, replace
from functools import partial
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

import numpy as np

from vnclone import engines
from vnclone.audio.files import read_wav, write_wav
from vnclone.disk import no_space_said, write_json
from vnclone.engines.base import Engine, load_enrollment, save_enrollment
from vnclone.models import Clip, Enrollment, Params
from vnclone.pools import setbacks

FLAWS = ".flaws"  # beside a chunk's sound, when its engine still dislikes it: the codes, as JSON
WORDS = ".words"  # beside it, when its engine knows when it says them: [[text, start, end], …] in seconds, as JSON
SILENCE = 1e-3  # a peak of -60 dBFS: no text that has something to say is so quiet
TAKES = 3  # readings of a text that comes out silent: the first, and two with other seeds
SEED_STEP = 1_000_003  # from one take's seed to the next one's: far from the seeds that a person would choose


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
    user: str = ""  # whose turn it takes


@dataclass(frozen=True, slots=True)
class EnrollTask:
    """Enrol the reference WAV (and its transcript, "" for none) into `out`."""

    engine: str
    reference: str
    transcript: str
    out: str
    generation: str = ""
    user: str = ""


Task = SpeakTask | EnrollTask
Work = Callable[[Task], None]
Trouble = tuple[bytes, str, str]  # what a task raised: pickled (empty when it cannot be), its repr, its traceback


def do(task: Task) -> None:
    """What a worker does with a task. Raises VncloneError, and whatever an engine raises."""
    if isinstance(task, SpeakTask):
        speak(task)
    else:
        enroll(task)


def speak(task: SpeakTask) -> None:
    """Write the clips, each whole or not at all, each as soon as it is there.

    Raises BadSound for a clip that is none, after the others were kept.
    """
    broken = None
    for out, clip in _takes(engines.load(task.engine), task, enrollment_at(task.enrollment)):
        try:
            keep(clip, out)
        except setbacks.BadSound as error:
            broken = error
    if broken:
        raise broken


def _takes(engine: Engine, task: SpeakTask, voice: Enrollment) -> Iterator[tuple[str, Clip]]:
    """Each file's clip as soon as it is there; at the end, when the engine's call for all is over, the retakes."""
    if task.live:
        clips = iter([_streamed(engine.stream(task.texts[0], voice, task.params), Path(task.live))])
    else:
        clips = engine.speak_many(task.texts, voice, task.params)
    silent = []
    for text, out, clip in zip(task.texts, task.outs, clips, strict=True):
        if is_silent(clip) and has_words(text):
            silent.append((text, out, clip))
        else:
            yield out, clip
    for text, out, clip in silent:
        yield out, again(engine, text, voice, task.params, clip)


def enroll(task: EnrollTask) -> None:
    """Write the enrolment, whole or not at all."""
    enrollment = engines.load(task.engine).enroll(read_wav(Path(task.reference)), task.transcript or None)
    save_enrollment(Path(task.out), enrollment)


def is_silent(clip: Clip) -> bool:
    """Whether its peak is below -60 dBFS. What is no sound at all (NaN) is not silent."""
    return not np.abs(clip.samples).max(initial=0.0) >= SILENCE and bool(np.isfinite(clip.samples).all())


def has_words(text: str) -> bool:
    """Whether something is to be heard of it: a letter of any script, or a digit."""
    return any(character.isalnum() for character in text)


def again(engine: Engine, text: str, voice: Enrollment, params: Params, silent: Clip) -> Clip:
    """Another take of a text that came out silent; after two more silent ones the first, with the flaw "silent"."""
    for take in range(1, TAKES):
        clip = engine.speak(text, voice, replace(params, seed=params.seed + take * SEED_STEP))
        if not is_silent(clip):
            return clip
    return replace(silent, flaws=tuple(dict.fromkeys((*silent.flaws, "silent"))))


def keep(clip: Clip, out: str) -> None:
    """Write a clip, whole or not at all, and beside it its words and what its engine dislikes about it.

    What an earlier take left beside it goes. Raises BadSound when its samples are no numbers, Unavailable when the
    disk is full.
    """
    if not np.isfinite(clip.samples).all():
        raise setbacks.bad_sound()
    words = [[word.text, word.start, word.end] for word in clip.words]
    for suffix, beside in ((FLAWS, list(clip.flaws)), (WORDS, words)):
        if beside:
            write_json(Path(out).with_suffix(suffix), beside)
        else:
            Path(out).with_suffix(suffix).unlink(missing_ok=True)
    write_wav(Path(out), clip)  # last: who sees the sound sees what is beside it


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


def serve(pipe: Connection, work: Work, temporary: str) -> None:
    """A worker's life: a task in, None or Trouble out, until the pool lets go of the pipe."""
    start(temporary)
    while True:
        try:
            task = pipe.recv()
            _, error = outcome(partial(work, task))
            pipe.send(None if error is None else trouble(error))
        except (EOFError, OSError):
            return


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
    _one_thread()


def _one_thread() -> None:
    """NumPy's matrices on one core: an engine has a process for each, or an inference library with threads of its own.

    Those here are small (48 columns), and a second thread takes more time than it saves: 12 % of `parametric`'s.
    """
    from threadpoolctl import threadpool_limits

    threadpool_limits(1, user_api="blas")


def _die_with(sentinel: int) -> None:
    multiprocessing.connection.wait([sentinel])
    os._exit(1)


def outcome(work: Callable[[], Any]) -> tuple[Any, BaseException | None]:
    """What `work` returns, or what it raised, whatever that is: it is the task's, and whoever carries it goes on."""
    try:
        return work(), None
    except BaseException as error:  # noqa: BLE001 - the door between tasks and what runs them
        return None, error


def trouble(error: BaseException) -> Trouble:
    """`error` as it crosses to the server: in plain types, so that reading it cannot fail there."""
    pickled, unpicklable = outcome(partial(pickle.dumps, error))
    text, nameless = outcome(partial(repr, error))
    return (
        b"" if unpicklable else pickled,
        type(error).__name__ if nameless else text,
        "".join(traceback.format_exception(error)),
    )


def raised(told: Trouble) -> Exception:
    """The error that `trouble` told: itself where it can be, else a RuntimeError with its repr."""
    pickled, text, trace = told
    error, broken = outcome(partial(pickle.loads, pickled))
    known: Exception = error if isinstance(error, Exception) and not broken else RuntimeError(text)
    known.add_note(f"In the worker:\n{trace}")
    return known
