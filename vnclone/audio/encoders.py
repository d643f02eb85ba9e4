"""Samples in, an encoded file without tags out, in FFmpeg's encoders and constant memory."""

from __future__ import annotations

from fractions import Fraction
from typing import Any, BinaryIO, Protocol

import numpy as np

from vnclone.audio.formats import Format
from vnclone.audio.mp4 import Mp4Writer

GLOBAL_HEADER = 1 << 22  # AV_CODEC_FLAG_GLOBAL_HEADER: the decoder's configuration apart from the frames, as MP4 has it


class Sink(Protocol):
    """Where samples go. What was not closed is not a whole file."""

    def write(self, pcm: np.ndarray) -> None:
        """int16, shape (n,)."""

    def close(self) -> None:
        """Write what the encoder still holds, and what only the end knows: lengths and indexes."""


def opened(file: BinaryIO, target: Format, rate: int, quality: str) -> Sink:
    """A sink for samples at `rate` Hz into `file`, which is open for writing and reading and stays open."""
    return _Aac(file, target, rate) if target.codec == "aac" else _Container(file, target, rate, quality)


class _Container:
    """Whatever FFmpeg muxes in constant memory."""

    def __init__(self, file: BinaryIO, target: Format, rate: int, quality: str) -> None:
        import av

        self._rate, self._samples, self._gain = rate, 0, target.gain(quality)
        options = target.muxer_options | ({"id3v2_version": "0"} if target.name == "mp3" else {})
        sink: Any = av.open(file, "w", format=target.muxer, options=options)
        codec_options = target.options(quality)
        stream: Any = sink.add_stream(target.codec, rate=target.rate(rate), layout="mono", options=codec_options)
        self._sink, self._stream = sink, stream
        if (bits := target.bit_rate(stream.rate)) is not None:
            stream.bit_rate = bits

    def write(self, pcm: np.ndarray) -> None:
        if len(pcm):
            self._sink.mux(self._stream.encode(_frame(amplified(pcm, self._gain), self._rate, self._samples)))
            self._samples += len(pcm)

    def close(self) -> None:
        if not self._samples:  # a file without a single packet is none that a player opens
            self.write(np.zeros(self._rate // 50, "<i2"))
        self._sink.mux(self._stream.encode(None))
        self._sink.close()


class _Aac:
    """AAC in MP4, by our own muxer: FFmpeg's keeps 72 bytes a frame, 60 MB for ten hours at 24 kHz."""

    def __init__(self, file: BinaryIO, target: Format, rate: int) -> None:
        import av

        self._rate, self._samples, self._coded = rate, 0, target.rate(rate)
        codec: Any = av.CodecContext.create("aac", "w")
        codec.sample_rate, codec.layout, codec.format = self._coded, "mono", "fltp"
        codec.bit_rate, codec.time_base = target.bit_rate(self._coded), Fraction(1, self._coded)
        codec.flags |= GLOBAL_HEADER
        codec.open()
        self._codec, self._mp4 = codec, Mp4Writer(file, self._coded, bytes(codec.extradata))

    def write(self, pcm: np.ndarray) -> None:
        if len(pcm):
            self._add(self._codec.encode(_frame(pcm, self._rate, self._samples)))
            self._samples += len(pcm)

    def close(self) -> None:
        self._add(self._codec.encode(None))
        self._mp4.close(self._samples * self._coded // self._rate)

    def _add(self, packets: list[Any]) -> None:
        for packet in packets:
            self._mp4.add(bytes(packet))


def amplified(pcm: np.ndarray, gain: float) -> np.ndarray:
    """int16 samples times `gain`, within full scale."""
    if gain == 1.0:
        return pcm
    return np.asarray(np.clip(np.rint(pcm * np.float32(gain)), -32768, 32767).astype("<i2"))


def _frame(pcm: np.ndarray, rate: int, at: int) -> Any:
    import av

    frame = av.AudioFrame.from_ndarray(np.ascontiguousarray(pcm, "<i2")[None, :], format="s16", layout="mono")
    frame.sample_rate, frame.pts, frame.time_base = rate, at, Fraction(1, rate)
    return frame
