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
from vnclone.services import timeline
from vnclone.services.generations import Generations
from vnclone.services.plans import Step

POLL_SECONDS = 0.1
PATIENCE_SECONDS = 1800  # a stream without a new chunk for this long ends
GAP_SECONDS = 2.0  # how often a stream that waits looks whether the chunk was given up
HURRY_SECONDS = 30.0  # of sound ahead of a listener: with less, the generation is urged


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


class Listener:
    """One stream of one generation, from `start` seconds on."""

    def __init__(self, generations: Generations, generation: Generation, start: float = 0.0) -> None:
        self._generations, self._generation, self._start = generations, generation, start
        self._rate = engines.load(generation.engine).sample_rate
        self._stream = Mp3Stream(self._rate)
        self._began, self._sent = time.monotonic(), 0.0  # seconds of sound sent

    async def listen(self) -> AsyncIterator[bytes]:
        """MP3 bytes; ends with the last chunk, or when the generation stops.

        Asynchronous and polling, so that a hundred listeners hold no thread while they wait.
        """
        steps = await self._planned()
        first, skip = await asyncio.to_thread(self._place)
        live = Live(self._generations.live(self._generation), self._rate)
        for number, step in enumerate(steps[first:], start=first):
            if number == 0:
                async for piece in self._live(step, live):
                    yield await asyncio.to_thread(self._fed, piece)
            if not await self._wait_for(step):
                break
            heard = live if number == 0 and live.heard else None
            yield await asyncio.to_thread(self._sound, step, heard, skip if number == first else 0.0)
        yield await asyncio.to_thread(self._stream.finish)

    def _place(self) -> tuple[int, float]:
        """The step that is heard at `start`, and how many of its seconds are over by then; the last that is ready."""
        sound = timeline.load(self._generations.folder(self._generation))
        for number, placed in enumerate(sound.placed):
            if (placed.end + placed.pause) / sound.rate > self._start:
                return number, max(0.0, self._start - placed.start / sound.rate)
        return (len(sound.placed) if self._start > 0 else 0), 0.0

    def _fed(self, clip: Clip) -> bytes:
        self._sent += clip.seconds
        return self._stream.feed(clip)

    def _sound(self, step: Step, heard: Live | None, skip: float) -> bytes:
        """A finished chunk and its pause. Of one that was heard while it was made, only what had not been read yet."""
        try:
            clip = heard.read() if heard else read_wav(self._generations.sound(self._generation, step))
        except FileNotFoundError:  # a gap, or evicted since
            clip = Clip(np.zeros(self._rate, np.float32), self._rate)
        pause = step.pause_seconds(self._generation)
        self._sent += pause
        return self._fed(Clip(clip.samples[round(skip * self._rate) :], self._rate)) + self._stream.silence(pause)

    async def _live(self, step: Step, live: Live) -> AsyncIterator[Clip]:
        """Pieces of the first chunk until it is a file, or will not be one."""
        sound = self._generations.sound(self._generation, step)
        while not await asyncio.to_thread(sound.exists) and await self._running():
            piece = await asyncio.to_thread(live.read)
            if len(piece.samples):
                yield piece
            else:
                self._hurry()
                await asyncio.sleep(POLL_SECONDS)

    async def _planned(self) -> list[Step]:
        """The steps, once there are any."""
        deadline = time.monotonic() + PATIENCE_SECONDS
        while not (plan := await asyncio.to_thread(self._generations.plan, self._generation)).steps:
            if not await self._running() or time.monotonic() > deadline:
                return []
            await asyncio.sleep(POLL_SECONDS)
        return list(plan.steps)

    async def _wait_for(self, step: Step) -> bool:
        """True once the step's sound is a file, or is left out; False when it will not be."""
        sound, deadline = self._generations.sound(self._generation, step), time.monotonic() + PATIENCE_SECONDS
        looked = time.monotonic()
        while not sound.exists():
            if not await self._running() or time.monotonic() > deadline:
                return sound.exists()
            if time.monotonic() - looked > GAP_SECONDS:
                looked = time.monotonic()
                if await asyncio.to_thread(self._is_gap, step):
                    return True
            self._hurry()
            await asyncio.sleep(POLL_SECONDS)
        return True

    def _is_gap(self, step: Step) -> bool:
        placed = timeline.load(self._generations.folder(self._generation)).placed
        return any(p.key == step.key and timeline.GAP in p.flaws for p in placed)

    def _hurry(self) -> None:
        """The listener waits for the next chunk: urge it, unless what was sent lasts for a while."""
        if self._sent - (time.monotonic() - self._began) < HURRY_SECONDS:
            self._generations.urge(self._generation)

    async def _running(self) -> bool:
        """False also for one that was deleted meanwhile."""
        try:
            state = await asyncio.to_thread(self._generations.get, self._generation.user_id, self._generation.id)
        except NotFound:
            return False
        return state.status in UNFINISHED
