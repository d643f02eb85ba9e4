"""A generation's sound while it is made: an MP3 stream that follows the chunks as they become files."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator
from pathlib import Path

import numpy as np

from vnclone import engines
from vnclone.audio.encode import Mp3Stream
from vnclone.audio.files import read_wav
from vnclone.errors import NotFound
from vnclone.models import UNFINISHED, Clip, Generation
from vnclone.services.generations import Generations
from vnclone.services.plans import Step

POLL_SECONDS = 0.1
PATIENCE_SECONDS = 1800  # a stream without a new chunk for this long ends


class Live:
    """The samples of the first chunk, read while an engine that streams still writes them."""

    def __init__(self, path: Path, rate: int) -> None:
        self._path, self._rate, self._bytes = path, rate, 0

    @property
    def heard(self) -> bool:
        return self._bytes > 0

    def read(self) -> Clip:
        """What has come since the last time, perhaps nothing."""
        try:
            with self._path.open("rb") as file:
                file.seek(self._bytes)
                new = file.read()
        except FileNotFoundError:
            new = b""
        new = new[: len(new) // 4 * 4]  # float32
        self._bytes += len(new)
        return Clip(np.frombuffer(new, "<f4"), self._rate)


async def listen(generations: Generations, generation: Generation) -> AsyncIterator[bytes]:
    """MP3 bytes from the first chunk on; ends with the last one, or when the generation stops.

    Asynchronous and polling, so that a hundred listeners hold no thread while they wait.
    """
    rate = engines.load(generation.engine).sample_rate
    stream, live = Mp3Stream(rate), Live(generations.live(generation), rate)
    for number, step in enumerate(await _planned(generations, generation)):
        if number == 0:
            async for piece in _live(generations, generation, step, live):
                yield await asyncio.to_thread(stream.feed, piece)
        if not await _wait_for(generations, generation, step):
            break
        heard = live if number == 0 and live.heard else None
        yield await asyncio.to_thread(_sound, stream, generations.sound(generation, step), heard, step)
    yield await asyncio.to_thread(stream.finish)


def _sound(stream: Mp3Stream, sound: Path, heard: Live | None, step: Step) -> bytes:
    """A finished chunk and its pause. Of one that was heard while it was made, only what had not been read yet."""
    clip = heard.read() if heard else read_wav(sound)
    return stream.feed(clip) + stream.silence(step.chunk.pause_seconds)


async def _live(generations: Generations, generation: Generation, step: Step, live: Live) -> AsyncIterator[Clip]:
    """Pieces of the first chunk until it is a file, or will not be one."""
    sound = generations.sound(generation, step)
    while not await asyncio.to_thread(sound.exists) and await _running(generations, generation):
        piece = await asyncio.to_thread(live.read)
        if len(piece.samples):
            yield piece
        else:
            await asyncio.sleep(POLL_SECONDS)


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
    """False also for one that was deleted meanwhile."""
    try:
        state = await asyncio.to_thread(generations.get, generation.user_id, generation.id)
    except NotFound:
        return False
    return state.status in UNFINISHED
