"""An encoder that runs beside a reading, in a thread of its own: FFmpeg works without Python's lock."""

from __future__ import annotations

from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from queue import Full, Queue
from threading import Condition, Event
from types import TracebackType

import numpy as np

from vnclone.audio import encoders, formats, pcm
from vnclone.audio.joiner import HEADER_BYTES
from vnclone.disk import no_space_said

BLOCK_SAMPLES = 1 << 16
MOST_BLOCKS = 128  # that wait: 16 MB, six minutes at 24 kHz
LOOK_SECONDS = 0.1  # how often somebody who waits for room looks whether the encoder has failed


class Encoder:
    """Encodes what it is fed into `part`, a complete file without tags once `finish` has returned; see `dress`.

    Leaving the block by an exception, or without `finish`, stops the encoder and removes the file.

        with Encoder(part, "mp3", 24_000) as encoder, Joiner(wav, 24_000, tee=encoder.feed) as joiner:
            joiner.add(clip, pause_seconds=0.3)
            encoder.finish()
    """

    def __init__(self, part: Path, format: str, sample_rate: int, quality: str = "cbr") -> None:
        formats.check_quality(quality)
        self._part, self._format, self._rate, self._quality = part, formats.find(format), sample_rate, quality
        self._queue: Queue[np.ndarray | None] = Queue(MOST_BLOCKS)
        self._abandoned, self._finished = Event(), False
        self._threads = ThreadPoolExecutor(1, "encoder")
        self._done: Future[None] = Future()

    def __enter__(self) -> Encoder:
        self._done = self._threads.submit(self._run)
        return self

    def feed(self, pcm: np.ndarray) -> None:
        """Take int16 samples, shape (n,), which must not change any more. Waits only when minutes of sound wait.

        Raises what the encoder met: Unavailable when the disk is full.
        """
        for start in range(0, len(pcm), BLOCK_SAMPLES):
            self._put(pcm[start : start + BLOCK_SAMPLES])

    def finish(self) -> None:
        """Wait until all that was fed is in the file. Raises as `feed` does."""
        self._put(None)
        self._done.result()
        self._finished = True

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        if not self._finished:
            self._abandoned.set()
            if self._queue.empty():
                self._queue.put(None)  # it may be waiting for something to do
        self._threads.shutdown()
        if not self._finished:
            self._part.unlink(missing_ok=True)

    def _put(self, block: np.ndarray | None) -> None:
        while True:
            if self._done.done():
                self._done.result()
                raise ValueError("the encoder has finished")
            try:
                return self._queue.put(block, timeout=LOOK_SECONDS)
            except Full:
                continue

    def _run(self) -> None:
        with no_space_said(), self._part.open("wb+") as file:
            sink = encoders.opened(file, self._format, self._rate, self._quality)
            while (block := self._queue.get()) is not None:
                if self._abandoned.is_set():
                    return
                sink.write(block)
            if not self._abandoned.is_set():
                sink.close()


class Trail:
    """Feeds an encoder from the WAV that a Joiner still writes, in a thread of its own: joining never waits for it.

    What was joined before a restart is joined again ten times as fast as it is encoded. Leaving the block without
    `finish` stops it.

        with Encoder(part, "mp3", 24_000) as encoder, Trail(wav, encoder) as trail:
            with Joiner(wav, 24_000, trail.feed) as joiner:
                joiner.add(clip, 0.3)
            trail.finish()
    """

    def __init__(self, wav: Path, encoder: Encoder) -> None:
        self._wav, self._encoder = wav, encoder
        self._told = Condition()  # guards the three below
        self._samples, self._over, self._abandoned = 0, False, False
        self._threads = ThreadPoolExecutor(1, "trail")
        self._done: Future[None] = Future()

    def __enter__(self) -> Trail:
        self._done = self._threads.submit(self._run)
        return self

    def feed(self, samples: np.ndarray) -> None:
        """These samples are in the file now. Raises what the encoder met: Unavailable when the disk is full."""
        if self._done.done():
            self._done.result()
        with self._told:
            self._samples += len(samples)
            self._told.notify()

    def finish(self) -> None:
        """Wait until all is encoded, and the encoder has finished. Raises as `feed` does."""
        self._end()
        self._done.result()
        self._encoder.finish()

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self._abandoned = True
        self._end()
        self._threads.shutdown()

    def _end(self) -> None:
        with self._told:
            self._over = True
            self._told.notify()

    def _run(self) -> None:
        fed = 0
        while (until := self._reached(fed)) > fed:
            with self._wav.open("rb") as file:
                file.seek(HEADER_BYTES + fed * pcm.SAMPLE_BYTES)
                block = np.frombuffer(file.read(min(until - fed, BLOCK_SAMPLES) * pcm.SAMPLE_BYTES), "<i2")
            self._encoder.feed(block)
            fed += len(block)

    def _reached(self, fed: int) -> int:
        """How many samples are in the file, once there are more than `fed`; `fed` when no more will come."""
        with self._told:
            self._told.wait_for(lambda: self._samples > fed or self._over)
            return fed if self._abandoned else self._samples
