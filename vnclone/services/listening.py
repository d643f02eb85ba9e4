"""A generation's sound while it is made: an MP3 stream that follows the chunks as they become files."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator

from vnclone import engines
from vnclone.audio.encode import Mp3Stream
from vnclone.audio.files import read_wav
from vnclone.models import UNFINISHED, Generation
from vnclone.services.generations import Generations
from vnclone.services.plans import Step

POLL_SECONDS = 0.1
PATIENCE_SECONDS = 1800  # a stream without a new chunk for this long ends


async def listen(generations: Generations, generation: Generation) -> AsyncIterator[bytes]:
    """MP3 bytes from the first chunk on; ends with the last one, or when the generation stops.

    Asynchronous and polling, so that a hundred listeners hold no thread while they wait.
    """
    stream = Mp3Stream(engines.load(generation.engine).sample_rate)
    for step in await _planned(generations, generation):
        if not await _wait_for(generations, generation, step):
            break
        yield await asyncio.to_thread(_sound, stream, generations, generation, step)
    yield await asyncio.to_thread(stream.finish)


def _sound(stream: Mp3Stream, generations: Generations, generation: Generation, step: Step) -> bytes:
    clip = read_wav(generations.sound(generation, step))
    return stream.feed(clip) + stream.silence(step.chunk.pause_seconds)


async def _planned(generations: Generations, generation: Generation) -> list[Step]:
    """The steps, once there are any."""
    deadline = time.monotonic() + PATIENCE_SECONDS
    while not (steps := await asyncio.to_thread(generations.steps, generation)):
        if not await _running(generations, generation) or time.monotonic() > deadline:
            return []
        await asyncio.sleep(POLL_SECONDS)
    return steps


async def _wait_for(generations: Generations, generation: Generation, step: Step) -> bool:
    """True once the step's sound is a file; False when it will not be."""
    sound, deadline = generations.sound(generation, step), time.monotonic() + PATIENCE_SECONDS
    while not sound.exists():
        if not await _running(generations, generation) or time.monotonic() > deadline:
            return sound.exists()
        await asyncio.sleep(POLL_SECONDS)
    return True


async def _running(generations: Generations, generation: Generation) -> bool:
    state = await asyncio.to_thread(generations.get, generation.user_id, generation.id)
    return state.status in UNFINISHED
