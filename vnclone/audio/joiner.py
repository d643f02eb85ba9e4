"""Clips, and stretches of earlier WAVs, in; one long WAV out, in constant memory: where a reading is assembled."""

from __future__ import annotations

import os
import struct
from collections.abc import Callable
from pathlib import Path
from types import TracebackType

import numpy as np

from vnclone.audio import pcm, ranges
from vnclone.audio.files import pcm16
from vnclone.disk import no_space_said
from vnclone.models import Clip

FADE_SECONDS = 0.005  # long enough that a join does not click, short enough to leave a plosive alone
HEADER_BYTES = 80
RIFF_LIMIT = 0xFFFFFFFF  # a RIFF size is 32 bits: 24.8 hours of 24 kHz; a longer file becomes RF64
SILENCE_BLOCK = 1 << 16  # samples


class Joiner:
    """Writes clips one after the other as 16-bit mono PCM.

    The header states no samples until `close`, so a file left half-way by a crash or an exception plays nothing;
    still, give it a temporary path and rename that. Above 4 GiB the header becomes RF64 (EBU Tech 3306), whose `ds64`
    chunk takes the place kept for it by a `JUNK` chunk, so nothing has to be moved. `tee` gets every block of samples
    that is written, int16 of shape (n,), in order: for an encoder that runs beside.

        with Joiner(temporary, 24_000) as joiner:
            joiner.add(clip, pause_seconds=0.3)
    """

    def __init__(self, path: Path, sample_rate: int, tee: Callable[[np.ndarray], None] | None = None) -> None:
        self.sample_rate = sample_rate
        self.samples = 0
        self._tee = tee
        with no_space_said():
            self._file = open(path, "wb")  # noqa: SIM115 - closed by close()
            self._file.write(header(sample_rate, 0))

    @property
    def seconds(self) -> float:
        return self.samples / self.sample_rate

    def add(self, clip: Clip, pause_seconds: float) -> None:
        """Append the clip, faded over 5 ms at both ends, then silence.

        Raises ValueError for a clip of another sample rate, Unavailable when the disk is full.
        """
        if clip.sample_rate != self.sample_rate:
            raise ValueError(f"a clip of {clip.sample_rate} Hz cannot join a file of {self.sample_rate} Hz")
        self._write(pcm16(faded(clip)))
        silence = max(0, round(pause_seconds * self.sample_rate))
        for start in range(0, silence, SILENCE_BLOCK):
            self._write(np.zeros(min(SILENCE_BLOCK, silence - start), "<i2"))

    def copy(self, source: Path, start: int, samples: int) -> None:
        """Append the samples [start, start + samples) of a WAV that was joined before, as they are.

        Raises ValueError for another sample rate or a stretch outside the file, BadInput for a damaged one,
        FileNotFoundError for a missing one, Unavailable when the disk is full.
        """
        wav = pcm.look(source)
        if wav.sample_rate != self.sample_rate:
            raise ValueError(f"a file of {wav.sample_rate} Hz cannot join one of {self.sample_rate} Hz")
        pcm.check(wav, start, samples)
        if self._tee:
            for block in pcm.blocks(wav, start, samples):
                self._write(block)
            return
        with no_space_said(), source.open("rb") as file:
            ranges.append(self._file, file, wav.offset + start * pcm.SAMPLE_BYTES, samples * pcm.SAMPLE_BYTES)
        self.samples += samples

    def close(self) -> None:
        """State the length in the header and flush to disk. A second call does nothing."""
        if self._file.closed:
            return
        with no_space_said(), self._file:
            self._file.seek(0)
            self._file.write(header(self.sample_rate, self.samples))
            self._file.flush()
            os.fsync(self._file.fileno())

    def __enter__(self) -> Joiner:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        if kind is None:
            self.close()
        else:
            with no_space_said():
                self._file.close()

    def _write(self, block: np.ndarray) -> None:
        with no_space_said():
            self._file.write(block.tobytes())
        self.samples += len(block)
        if self._tee and len(block):
            with no_space_said():
                self._file.flush()  # whoever is told may read it from the file
            self._tee(block)


def faded(clip: Clip) -> np.ndarray:
    """The clip's samples with a raised-cosine fade at both ends; a clip shorter than two fades up to its middle."""
    samples = np.array(clip.samples, dtype=np.float32)
    length = min(round(FADE_SECONDS * clip.sample_rate), len(samples) // 2)
    if length:
        ramp = (0.5 - 0.5 * np.cos(np.pi * np.arange(length) / length)).astype(np.float32)
        samples[:length] *= ramp
        samples[-length:] *= ramp[::-1]
    return samples


def header(sample_rate: int, samples: int) -> bytes:
    """80 bytes before the samples of a mono 16-bit WAV: RIFF, or RF64 (EBU Tech 3306) when 32 bits are not enough."""
    data_bytes = samples * 2
    riff_bytes = HEADER_BYTES - 8 + data_bytes
    fmt = struct.pack("<4sIHHIIHH", b"fmt ", 16, 1, 1, sample_rate, sample_rate * 2, 2, 16)
    if riff_bytes <= RIFF_LIMIT:
        start = struct.pack("<4sI4s4sI28x", b"RIFF", riff_bytes, b"WAVE", b"JUNK", 28)
        return start + fmt + struct.pack("<4sI", b"data", data_bytes)
    start = struct.pack("<4sI4s4sIQQQI", b"RF64", RIFF_LIMIT, b"WAVE", b"ds64", 28, riff_bytes, data_bytes, samples, 0)
    return start + fmt + struct.pack("<4sI", b"data", RIFF_LIMIT)
