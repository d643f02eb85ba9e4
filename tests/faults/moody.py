"""An engine that fails now and then: tests/naughty.py's deeds, for good or, after the word "once", the first time only.

What it says depends on the text, so that two recordings can be compared; what it has done once it knows by a file.
"""

from __future__ import annotations

import hashlib
import os
from pathlib import Path

import naughty
import numpy as np

from vnclone import engines
from vnclone.models import Clip, Enrollment, Params
from vnclone.pools import worker

NAME = "moody"
DONE = "VNCLONE_FAULT_DONE"  # the folder of those files


class Moody(naughty.Naughty):
    name = NAME

    def enroll(self, reference: Clip, transcript: str | None) -> Enrollment:
        return Enrollment(NAME, self.revision)

    def speak(self, text: str, voice: Enrollment, params: Params) -> Clip:
        digest = hashlib.sha256(text.encode()).digest()
        if "once" in text.split():
            done = Path(os.environ[DONE]) / digest.hex()
            if done.exists():
                text = " ".join(word for word in text.split() if word not in DEEDS)
            done.touch()
        clip = super().speak(text, voice, params)
        tone = np.linspace(0, 40 + digest[0], len(clip.samples), dtype=np.float32)
        clip.samples[:] *= np.cos(tone)
        return clip


SILENT = ("silent",)
BROKEN = ("nan", "die", "exit", "memory", "unpicklable", "hang")
DEEDS = (*SILENT, *BROKEN)


def work(task: worker.Task) -> None:
    """What the workers of a test's pool do."""
    engines._ENGINES[NAME] = "faults.moody:Moody"
    worker.do(task)
