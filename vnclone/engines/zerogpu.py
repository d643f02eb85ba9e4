"""The two functions that run on ZeroGPU's shared graphics card, and how long each asks to have it.

Imported only on a ZeroGPU Space (or by a test), there before torch: `spaces` has to replace PyTorch's CUDA first. On
the Space `spaces` runs each call in a process forked from this one, with the arguments and results pickled; anywhere
else its decorator changes nothing.
"""

from __future__ import annotations

import os
from collections.abc import Generator

import spaces

from vnclone import engines
from vnclone.engines.base import speech_seconds
from vnclone.errors import VncloneError
from vnclone.models import Clip, Enrollment, Params

# A call is refused when it asks for more than is left of the visitor's daily quota, and the less it asks for the
# earlier its turn comes (Hub documentation, "Spaces ZeroGPU"): so it is an estimate and not always the default 60 s.
SHORTEST, LONGEST = 15, 60  # seconds; no more than the default, whatever a single chunk has in it
START_SECONDS = 10  # for a new process and the copying of some gigabytes of weights onto the card
SHARE = 0.5  # of the speech: VieNeu v3 needs 0.55-0.61 of it on six processor cores by its authors, a card far less
ENROLL_SECONDS = 20  # a start, and some seconds of reference through the encoder


def seconds_needed(engine: str, texts: tuple[str, ...], voice: Enrollment, params: Params) -> int:
    """How many seconds of the card `speak` asks for, with the same arguments."""
    speech = sum(speech_seconds(text, params.speed) for text in texts)
    return round(min(max(START_SECONDS + SHARE * speech, SHORTEST), LONGEST))


@spaces.GPU(duration=seconds_needed)  # type: ignore[untyped-decorator]
def speak(
    engine: str, texts: tuple[str, ...], voice: Enrollment, params: Params
) -> Generator[Clip | VncloneError, None, None]:
    """Each text's clip as soon as it is made. An error of ours comes last, as a value.

    Raised, only the name of its class would come back from the forked process.
    """
    try:
        yield from engines.load(engine).speak_many(texts, voice, params)
    except VncloneError as error:
        yield error


@spaces.GPU(duration=ENROLL_SECONDS)  # type: ignore[untyped-decorator]
def enroll(engine: str, reference: Clip, transcript: str | None) -> Enrollment | VncloneError:
    """What the engine keeps of a voice, or an error of ours as a value."""
    try:
        return engines.load(engine).enroll(reference, transcript)
    except VncloneError as error:
        return error


def prepare() -> None:
    """Load the models that run on the card, before the app is launched: `spaces` packs them then for its processes."""
    for engine in map(engines.load, engines.names()):
        if engine.placement(os.cpu_count() or 1).gpu and engine.status().state == "ready":
            engine.prepare()
