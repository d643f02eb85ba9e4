"""Sound files in, Clips out, and back to WAV. Mixes to mono; what a file is and holds, decoders.py finds out."""

from __future__ import annotations

import wave
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from vnclone import disk, errors
from vnclone.audio import decoders
from vnclone.audio.decoders import SoundInfo, damaged
from vnclone.models import Clip

__all__ = ["SoundInfo", "decode", "pcm16", "probe", "read_wav", "write_wav"]
CODEC_PADDING_SECONDS = 0.1  # an exactly 300 s recording decodes to 300.05 s from AAC or MP3: padding is not length


def probe(path: Path) -> SoundInfo:
    """What the content says, not the name; the first samples are really decoded.

    Raises BadInput for an empty file, one that is not sound, one damaged beyond use, or one without an audio stream.
    """
    _refuse_empty(path)
    info = decoders.probe(path)
    if next(decoders.blocks(path), None) is None or info.duration_seconds <= 0:
        raise damaged()
    return info


def decode(path: Path, max_seconds: float) -> Clip:
    """The whole sound at its own rate and full width, mixed to mono, within [-1, 1].

    Channels are averaged; where they cancel out or one of them is dead, the stronger is taken. Reading stops above
    `max_seconds` of decoded sound, so memory stays below rate * seconds * 8 bytes whatever the header claims.
    Raises BadInput as `probe` does, TooLarge above `max_seconds`.
    """
    _refuse_empty(path)
    mix = _mix(path, max_seconds, None)
    if (channel := mix.better_channel()) is not None:
        mix = _mix(path, max_seconds, channel)
    if not mix.frames:
        raise damaged()
    return Clip(_within_full_scale(np.concatenate(mix.parts)), mix.rate)


def read_wav(path: Path) -> Clip:
    """A sound file of our own. Raises BadInput when it is damaged, FileNotFoundError when it is missing."""
    import soundfile

    if not path.exists():
        raise FileNotFoundError(path)
    try:
        samples, rate = soundfile.read(path, dtype="float32")
    except soundfile.LibsndfileError:
        raise damaged() from None
    return Clip(np.clip(samples if samples.ndim == 1 else samples.mean(axis=1), -1, 1), rate)


def write_wav(path: Path, clip: Clip) -> None:
    """16-bit PCM, complete or not there at all. Raises Unavailable when the disk is full."""
    with disk.writing(path) as temporary, open(temporary, "wb") as file, wave.open(file, "wb") as out:
        out.setnchannels(1)
        out.setsampwidth(2)
        out.setframerate(clip.sample_rate)
        out.writeframes(pcm16(clip.samples).tobytes())


def pcm16(samples: np.ndarray) -> np.ndarray:
    """Float samples as little-endian int16 of the same shape; beyond full scale is clipped, NaN is silence."""
    return np.asarray(np.rint(np.clip(np.nan_to_num(samples), -1, 1) * 32767).astype("<i2"))


def _too_long(max_seconds: float) -> errors.TooLarge:
    return errors.TooLarge(
        f"Bản ghi dài hơn {errors.lasting(max_seconds)}. Hãy cắt ngắn lại, chỉ giữ đoạn nói rõ nhất, rồi tải lên.",
        f"The recording is longer than {errors.lasting(max_seconds, 'en')}. Cut out the clearest part and upload that.",
    )


def _refuse_empty(path: Path) -> None:
    if path.stat().st_size == 0:
        raise errors.BadInput(
            "Tệp âm thanh rỗng (0 byte). Hãy chọn tệp khác, hoặc ghi âm lại.",
            "The audio file is empty (0 bytes). Choose another file, or record again.",
        )


@dataclass(slots=True)
class _Mix:
    """Mono parts of a file, and what is needed to notice that averaging the channels was the wrong thing to do."""

    rate: int = 0
    frames: int = 0
    mono_energy: float = 0.0
    channel_energy: np.ndarray = field(default_factory=lambda: np.zeros(1))
    parts: list[np.ndarray] = field(default_factory=list)
    channel: int | None = None

    def add(self, rate: int, block: np.ndarray) -> None:
        mono = block.mean(axis=1) if self.channel is None else block[:, self.channel].copy()
        self.rate = rate
        self.frames += len(mono)
        self.mono_energy += float(np.dot(mono, mono))
        self.channel_energy = self.channel_energy + np.square(block).sum(axis=0, dtype=np.float64)
        self.parts.append(mono)

    def better_channel(self) -> int | None:
        """The channel to take alone: the only live one, or the loudest when the average cancels it out by 10 dB."""
        if self.channel is not None or len(self.channel_energy) == 1:
            return None
        loudest = int(np.argmax(self.channel_energy))
        cancelled = self.mono_energy < 0.1 * self.channel_energy[loudest]
        alone = np.delete(self.channel_energy, loudest).max() < 1e-4 * self.channel_energy[loudest]
        return loudest if cancelled or alone else None


def _mix(path: Path, max_seconds: float, channel: int | None) -> _Mix:
    mix = _Mix(channel=channel)
    for rate, block in decoders.blocks(path):
        mix.add(rate, block)
        if mix.frames > (max_seconds + CODEC_PADDING_SECONDS) * rate:
            raise _too_long(max_seconds)
    return mix


def _within_full_scale(samples: np.ndarray) -> np.ndarray:
    """Lossy decoders overshoot a little, which players clip; float files of another scale are brought down whole."""
    peak = float(np.abs(samples).max(initial=0))
    if peak > 1.5:
        samples /= peak
    return np.asarray(np.clip(samples, -1, 1, out=samples))
