"""The 16-bit mono WAVs that readings are kept in, RIFF or RF64: where their samples are, and any stretch of them."""

from __future__ import annotations

import struct
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

import numpy as np

from vnclone.audio.decoders import damaged

BLOCK_SAMPLES = 1 << 16
UNKNOWN = 0xFFFFFFFF  # an RF64 file's 32-bit size: the real one is in its ds64 chunk
SAMPLE_BYTES = 2


@dataclass(frozen=True, slots=True)
class Pcm:
    """A WAV's samples: `offset` bytes into the file at `path`."""

    path: Path
    sample_rate: int
    samples: int
    offset: int

    @property
    def seconds(self) -> float:
        return self.samples / self.sample_rate


def look(path: Path) -> Pcm:
    """Where the samples of a WAV are. Of one that was cut off, those that are there.

    Raises BadInput for a damaged file or one that is not 16-bit mono, FileNotFoundError for a missing one.
    """
    with path.open("rb") as file:
        if file.read(4) not in (b"RIFF", b"RF64") or file.read(8)[4:] != b"WAVE":
            raise damaged()
        return _look(path, file)


def _look(path: Path, file: BinaryIO) -> Pcm:
    rate, long_size = 0, 0
    while len(head := file.read(8)) == 8:
        name, size = struct.unpack("<4sI", head)
        start = file.tell()
        if name == b"ds64":
            long_size = struct.unpack("<8xQ", file.read(16))[0]
        elif name == b"fmt ":
            kind, channels, rate, _, _, bits = struct.unpack("<HHIIHH", file.read(16).ljust(16, b"\0"))
            if (channels, bits) != (1, 16) or kind not in (1, 0xFFFE) or not rate:
                raise damaged()
        elif name == b"data" and rate:
            there = path.stat().st_size - start
            return Pcm(path, rate, min(long_size if size == UNKNOWN else size, there) // SAMPLE_BYTES, start)
        file.seek(start + size + size % 2)
    raise damaged()


def blocks(wav: Pcm, start: int = 0, samples: int | None = None) -> Iterator[np.ndarray]:
    """Samples [start, start + samples) as int16 arrays, (n,), of at most 65,536; without `samples`, all to the end.

    Raises ValueError for a stretch outside the file, EOFError when the file is shorter than it was.
    """
    left = wav.samples - start if samples is None else samples
    check(wav, start, left)
    with wav.path.open("rb") as file:
        file.seek(wav.offset + start * SAMPLE_BYTES)
        while left:
            content = file.read(min(BLOCK_SAMPLES, left) * SAMPLE_BYTES)
            if len(content) < SAMPLE_BYTES:
                raise EOFError(f"{wav.path.name} lacks {left} samples")
            block = np.frombuffer(content, "<i2", len(content) // SAMPLE_BYTES)
            left -= len(block)
            yield block


def check(wav: Pcm, start: int, samples: int) -> None:
    """Raise ValueError for a stretch that is not inside the file."""
    if start < 0 or samples < 0 or start + samples > wav.samples:
        raise ValueError(f"samples {start} to {start + samples} are not all among the {wav.samples} of {wav.path.name}")
