"""WAV in, the format people keep out; and an MP3 stream while it is still being made. FFmpeg's encoders, in blocks."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np

from vnclone.audio.files import pcm16
from vnclone.disk import writing
from vnclone.errors import BadInput
from vnclone.models import Clip

MP3_RATES = (8_000, 11_025, 12_000, 16_000, 22_050, 24_000, 32_000, 44_100, 48_000)  # MPEG-1, -2 and -2.5 layer III
SILENCE_SECONDS = 1.0  # silence is encoded in pieces of this length at most


@dataclass(frozen=True, slots=True)
class _Format:
    """FFmpeg's names for a muxer and an encoder, and the muxer's options."""

    muxer: str
    codec: str
    options: dict[str, str]


_MP4 = {"movflags": "faststart"}  # the index in front, so that a browser plays before it has everything
_FORMATS = {
    "mp3": _Format("mp3", "libmp3lame", {"id3v2_version": "3"}),  # 2.3, which old players read Vietnamese from
    "wav": _Format("wav", "pcm_s16le", {"rf64": "auto"}),
    "flac": _Format("flac", "flac", {}),
    "m4a": _Format("ipod", "aac", _MP4),
    "m4b": _Format("ipod", "aac", _MP4),
}


def encode(wav: Path, out: Path, format: str, tags: dict[str, str], chapters: Sequence[tuple[str, float]] = ()) -> None:
    """Write `wav` to `out` as `format` (mp3, wav, flac, m4a, m4b), complete or not there at all, in constant memory.

    `tags`: title, artist, comment and the like, written where the format has a place for them. `chapters`: (title,
    start in seconds) in order, kept by m4a, m4b and mp3. Raises BadInput for an unknown format, Unavailable when the
    disk is full.
    """
    import av

    target = _format(format)
    with writing(out) as temporary, open(temporary, "wb+") as file, av.open(str(wav), format="wav") as source:
        stream = source.streams.audio[0]
        options = dict(target.options)
        with av.open(file, "w", format=target.muxer, options=options, metadata_errors="replace") as sink:
            sink.metadata.update({name: value for name, value in tags.items() if value})
            _mark_chapters(sink, chapters, float((source.duration or 0) / av.time_base))
            _pump(source.decode(stream), sink, target.codec, stream.codec_context.sample_rate)


def _format(name: str) -> _Format:
    if name not in _FORMATS:
        known = ", ".join(_FORMATS)
        raise BadInput(
            f"Không có định dạng âm thanh “{name}”. Hãy chọn một trong: {known}.",
            f"There is no audio format called “{name}”. Choose one of: {known}.",
        )
    return _FORMATS[name]


def _pump(frames: Iterator[Any], sink: Any, codec: str, rate: int) -> None:
    stream = sink.add_stream(codec, rate=_supported(codec, rate), layout="mono")
    if (bits := _bit_rate(codec, stream.rate)) is not None:
        stream.bit_rate = bits
    for frame in frames:
        sink.mux(stream.encode(frame))
    sink.mux(stream.encode(None))


def _supported(codec: str, rate: int) -> int:
    """The rate itself, or the nearest above it that MP3 has; the other formats take any rate an engine speaks at."""
    if codec != "libmp3lame":
        return rate
    return next((possible for possible in MP3_RATES if possible >= rate), MP3_RATES[-1])


def _bit_rate(codec: str, rate: int) -> int | None:
    """Bits a second of one voice; None for lossless. LAME's own mono presets are 64 kbit/s ("tape") to 96 ("cd")."""
    if codec not in ("libmp3lame", "aac"):
        return None
    return 48_000 if rate < 22_050 else 64_000 if rate <= 24_000 else 96_000


def _mark_chapters(sink: Any, chapters: Sequence[tuple[str, float]], seconds: float) -> None:
    if not chapters:
        return
    ends = [*[start for _, start in chapters[1:]], max(seconds, chapters[-1][1])]
    sink.set_chapters(
        [
            {
                "id": number,
                "start": round(start * 1000),
                "end": round(end * 1000),
                "time_base": Fraction(1, 1000),
                "metadata": {"title": title},
            }
            for number, ((title, start), end) in enumerate(zip(chapters, ends, strict=True))
        ]
    )


class Mp3Stream:
    """Clips in, MP3 bytes out as soon as they are there; all bytes in a row are one playable MP3.

    Frames do not borrow bits from earlier ones (no bit reservoir), so a listener may join or leave anywhere.
    Feeding costs about 1/140 of real time on one core: call it outside an event loop.
    """

    def __init__(self, sample_rate: int) -> None:
        import av

        self.sample_rate = sample_rate
        rate = _supported("libmp3lame", sample_rate)
        self._codec: Any = av.CodecContext.create("libmp3lame", "w")
        self._codec.sample_rate, self._codec.layout, self._codec.format = rate, "mono", "s16p"
        self._codec.bit_rate = _bit_rate("libmp3lame", rate)
        self._codec.time_base = Fraction(1, rate)
        self._codec.options = {"reservoir": "0", "compression_level": "7"}  # level 7 takes half the time of 5
        self._resampler = av.AudioResampler("s16p", "mono", rate)
        self._samples = 0
        self._finished = False

    def feed(self, clip: Clip) -> bytes:
        """The bytes that are complete after this clip. Raises ValueError for a clip of another sample rate."""
        if clip.sample_rate != self.sample_rate:
            raise ValueError(f"a clip of {clip.sample_rate} Hz cannot join a stream of {self.sample_rate} Hz")
        return self._encode(pcm16(clip.samples))

    def silence(self, seconds: float) -> bytes:
        left, out = max(0, round(seconds * self.sample_rate)), bytearray()
        while left:
            count = min(left, round(SILENCE_SECONDS * self.sample_rate))
            out += self._encode(np.zeros(count, "<i2"))
            left -= count
        return bytes(out)

    def finish(self) -> bytes:
        """What the encoder still held. Afterwards there is nothing more to feed."""
        if self._finished:
            return b""
        self._finished = True
        rest = [packet for frame in self._resampler.resample(None) for packet in self._codec.encode(frame)]
        with contextlib.suppress(EOFError):
            rest += self._codec.encode(None)
        return b"".join(bytes(packet) for packet in rest)

    def _encode(self, pcm: np.ndarray) -> bytes:
        import av

        if not len(pcm):
            return b""
        frame = av.AudioFrame.from_ndarray(pcm[None, :], format="s16p", layout="mono")
        frame.sample_rate, frame.pts = self.sample_rate, self._samples
        frame.time_base = Fraction(1, self.sample_rate)
        self._samples += len(pcm)
        packets = [packet for piece in self._resampler.resample(frame) for packet in self._codec.encode(piece)]
        return b"".join(bytes(packet) for packet in packets)
