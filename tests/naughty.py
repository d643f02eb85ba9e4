"""An engine that does what its text says, in worker processes of the real pool: a word a deed, done in order.

`work` is what such a pool's workers do with a task: it puts the engine on the list of its own process first.
"""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np

from vnclone import engines
from vnclone.engines.base import Placement, Plain
from vnclone.models import Clip, EngineStatus, Enrollment, Params, Said, Word
from vnclone.pools import worker

NAME = "naughty"
RATE = 24_000


class Unpicklable(Exception):
    """Holds what no pickle takes."""

    def __init__(self) -> None:
        super().__init__("cannot be pickled")
        self.held = lambda: None


class Unreadable(Exception):
    """Can be pickled; reading that raises."""

    def __init__(self, one: str, two: str) -> None:
        super().__init__(f"{one} {two}")


class Nameless(Exception):
    """Its repr raises too."""

    def __repr__(self) -> str:
        raise ValueError("no repr")

    def __reduce__(self) -> str:
        raise ValueError("no pickle")


ERRORS = {"unpicklable": Unpicklable, "unreadable": lambda: Unreadable("one", "two"), "nameless": Nameless}


class Naughty(Plain):
    """Follows vnclone.engines.base.Engine; its text is a list of deeds, and anything else that has words is a tone."""

    name = NAME
    sample_rate = RATE
    max_chars = 300
    languages = frozenset({"vi", "en"})
    revision = "1"
    licence = "CC0"

    def status(self) -> EngineStatus:
        return EngineStatus("ready", Said("", ""))

    def placement(self, cores: int) -> Placement:
        return Placement(workers=cores)

    def enroll(self, reference: Clip, transcript: str | None) -> Enrollment:
        return Enrollment(NAME, self.revision)

    def speak(self, text: str, voice: Enrollment, params: Params) -> Clip:
        samples, flaws, words = np.full(RATE // 100, 0.5 * worker.has_words(text), np.float32), (), ()
        for deed in text.split():
            name, _, value = deed.partition("=")
            if name in ERRORS:
                raise ERRORS[name]()
            if name == "nan":
                samples[3] = np.nan
            if name in ("silent", "silent_at_first") and (
                name == "silent" or params.seed < 1_000_003 * int(value or 1)
            ):
                samples[:] = 0.0005
            if name == "flaw":
                flaws = (value,)
            if name == "word":
                words = (Word(value, 0.0, 0.01),)
            _do(name, value)
        return Clip(samples, RATE, flaws, words)

    def speak_many(self, texts: Sequence[str], voice: Enrollment, params: Params) -> Iterator[Clip]:
        for text in texts:
            yield self.speak(text, voice, params)


def _do(name: str, value: str) -> None:
    if name == "sleep":
        time.sleep(float(value))
    elif name == "hang":
        time.sleep(3600)
    elif name == "die":
        os.kill(os.getpid(), signal.SIGKILL)
    elif name == "exit":
        raise SystemExit(3)
    elif name == "memory":
        raise MemoryError
    elif name == "wait":  # until the file is there
        while not Path(value).exists():
            time.sleep(0.005)
    elif name == "log":  # path:what
        path, _, what = value.partition(":")
        with open(path, "a", encoding="utf-8") as file:
            file.write(f"{what} {os.getpid()}\n")


def work(task: worker.Task) -> None:
    """What the workers of a test's pool do."""
    engines._ENGINES[NAME] = "naughty:Naughty"
    worker.do(task)
