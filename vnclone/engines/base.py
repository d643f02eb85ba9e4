"""What every engine is, and how what it keeps of a voice is written to a file and read back."""

from __future__ import annotations

import errno
import os
import threading
import zipfile
from collections.abc import Generator, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Literal, Protocol

import numpy as np

from vnclone.errors import Conflict, disk_full
from vnclone.models import DEFAULT_WORDS_PER_MINUTE, Clip, EngineStatus, Enrollment, Params, Said

if TYPE_CHECKING:
    from vnclone.engines.weights import Bundle

_ENGINE_KEY, _REVISION_KEY = "__engine__", "__revision__"
_loading = threading.Lock()


@dataclass(frozen=True, slots=True)
class Placement:
    """How an engine likes to run: so many processes, and so many chunks in one call; `gpu`: on a graphics card."""

    workers: int
    batch: int = 1
    gpu: bool = False


@dataclass(frozen=True, slots=True)
class Batch:
    """How much one call speaks: `first`, so that sound starts soon, then twice as much each time, at most `most`."""

    first: float
    most: float
    unit: Literal["chunk", "second"] = "chunk"  # a second of speech, as `speech_seconds` estimates it


class Engine(Protocol):
    """Stateless and safe to call from several threads and processes: the voice is an argument and is never kept."""

    name: str
    sample_rate: int  # Hz, of every Clip that `speak` returns
    max_chars: int  # the longest chunk it reads well
    languages: frozenset[str]
    revision: str  # part of a chunk's cache key: it changes whenever the same input would sound different
    licence: str
    needs_transcript: bool  # it cannot enrol a voice without knowing what the recording says
    by_sentence: bool  # it reads a sentence at a time just as well: then the pause after each is what was asked for
    cues: bool  # it laughs, sighs and clears its throat at [cười], [thở dài] and [hắng giọng]

    def status(self) -> EngineStatus:
        """Whether it can speak here and now, and what it would take if not. Quick; loads no model."""
        ...

    def weights(self) -> Bundle | None:
        """The files that it has to download to run on this machine; None when it needs none."""
        ...

    def placement(self, cores: int) -> Placement:
        """How it likes to run on a machine of so many cores."""
        ...

    def prepare(self) -> None:
        """Load now what the first call would load: where processes are forked, they share what is there already."""
        ...

    def enroll(self, reference: Clip, transcript: str | None) -> Enrollment:
        """What the engine keeps of a voice: computed once from a cleaned recording, stored beside it."""
        ...

    def speak(self, text: str, voice: Enrollment, params: Params) -> Clip:
        """`text`, already normalised, in `voice`. Text with nothing to say gives a short silence."""
        ...

    def speak_many(self, texts: Sequence[str], voice: Enrollment, params: Params) -> Iterator[Clip]:
        """Each text's clip, in order; together where the backend is faster so."""
        ...

    def stream(self, text: str, voice: Enrollment, params: Params) -> Generator[Clip, None, Clip]:
        """`speak` for an impatient listener: yields raw pieces as they are made, returns the finished clip.

        An engine that cannot stream yields nothing.
        """
        ...


class Plain:
    """What an engine has that needs nothing special: a chunk a call on every core, no cues, no files to fetch."""

    needs_transcript = False
    by_sentence = False
    cues = False

    def weights(self) -> Bundle | None:
        return None

    def placement(self, cores: int) -> Placement:
        return Placement(workers=cores)

    def prepare(self) -> None:
        pass

    def speak_many(self: Engine, texts: Sequence[str], voice: Enrollment, params: Params) -> Iterator[Clip]:
        for text in texts:
            yield self.speak(text, voice, params)

    def stream(self: Engine, text: str, voice: Enrollment, params: Params) -> Generator[Clip, None, Clip]:
        yield from ()
        return self.speak(text, voice, params)


def speech_seconds(text: str, speed: float = 1.0) -> float:
    """About how long `text` takes to say, at the specification's 150 words (in Vietnamese, syllables) a minute."""
    return 60 * len(text.split()) / DEFAULT_WORDS_PER_MINUTE / speed


def not_installed(command: str) -> EngineStatus:
    """Of an engine whose packages `command` installs."""
    return EngineStatus("not_installed", Said(f"Chưa cài. Hãy chạy: {command}", f"Not installed. Run: {command}"))


class EnrollmentUnusable(Conflict):
    """A stored enrolment is broken or belongs to another engine or revision: enrol the reference again."""


def save_enrollment(path: Path, e: Enrollment) -> None:
    """Write `e` to `path` as .npz without pickle, under a temporary name first, so that `path` is whole or absent.

    Raises Unavailable when the disk is full; ValueError for an array that would need pickle.
    """
    arrays = {name: np.asarray(array) for name, array in e.arrays.items()}
    if any(array.dtype.hasobject for array in arrays.values()):
        raise ValueError("an enrolment holds plain arrays only")
    arrays |= {_ENGINE_KEY: np.array(e.engine), _REVISION_KEY: np.array(e.revision)}
    temporary = path.with_name(f".{path.name}.{os.getpid()}.{os.urandom(4).hex()}.part")
    try:
        with temporary.open("xb") as file:
            np.savez(file, allow_pickle=False, **arrays)
            file.flush()
            os.fsync(file.fileno())
        temporary.replace(path)
    except OSError as error:
        raise disk_full() if error.errno == errno.ENOSPC else error from error
    finally:
        temporary.unlink(missing_ok=True)


def load_enrollment(path: Path) -> Enrollment:
    """The enrolment that `save_enrollment` wrote at `path`.

    Raises EnrollmentUnusable for a file that is missing, cut short or not an enrolment; whether its engine and
    revision are still the ones in use is what `check_enrollment` says.
    """
    try:
        # One at a time: NumPy parses headers with `ast`, whose threads disturb one another before CPython 3.11.8
        # (gh-106905): "AST constructor recursion depth mismatch".
        with _loading, np.load(path, allow_pickle=False) as file:
            arrays = {name: file[name] for name in file.files}
        return Enrollment(str(arrays.pop(_ENGINE_KEY)), str(arrays.pop(_REVISION_KEY)), arrays)
    except (OSError, ValueError, KeyError, EOFError, zipfile.BadZipFile) as error:
        raise _unusable() from error


def check_enrollment(e: Enrollment, engine: Engine) -> None:
    """Raise EnrollmentUnusable unless `e` was made by this very engine and revision."""
    if (e.engine, e.revision) != (engine.name, engine.revision):
        raise _unusable()


def _unusable() -> EnrollmentUnusable:
    return EnrollmentUnusable(
        "Dữ liệu đã lưu của giọng này bị hỏng hoặc thuộc phiên bản cũ. Hãy tạo lại giọng từ bản ghi rồi thử lại.",
        "The stored data of this voice is damaged or from an older version. Create the voice again, then retry.",
    )
