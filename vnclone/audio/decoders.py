"""One file in, blocks of samples out: libsndfile and FFmpeg behind one door. Never trusts a name or a header."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from vnclone import errors

MIN_RATE, MAX_RATE = 4_000, 192_000  # Hz; outside it is a lying header, and memory is rate times seconds
BLOCK_VALUES = 1 << 18  # samples of all channels read at once, whatever the header promises
BROKEN_PACKETS = 50  # more undecodable packets than good ones, beyond this many, is not a recording any more

# What libsndfile reads in its own width (magic, kind at byte 8). FFmpeg reads the rest, MP3 too: it skips the covers
# and the junk that mpg123 stops at.
_LIBSNDFILE = (
    (b"RIFF", b"WAVE"),
    (b"RIFX", b"WAVE"),
    (b"RF64", b"WAVE"),
    (b"FORM", b"AIF"),
    (b"riff", b""),
    (b"caff", b""),
    (b"fLaC", b""),
    (b".snd", b""),
)
# Only demuxers of plain sound files: HLS, concat and their like open further files that their content names.
_DEMUXERS = "mp3,mov,mp4,m4a,3gp,ogg,matroska,webm,aac,flac,wav,w64,aiff,au,caf,asf,amr,wv,ape,ac3,avi,flv,mpegts"
_FORMATS = {"mov": "m4a", "matroska": "webm", "wavex": "wav", "rf64": "wav", "w64": "wav", "asf": "wma"}
_SOUND_MAGIC = (b"RIFF", b"OggS", b"\x1aE\xdf\xa3", b"ID3", b"fLaC", b"FORM", b"caff")


@dataclass(frozen=True, slots=True)
class SoundInfo:
    """What a file says of itself. `format` is a short name such as "wav", "mp3", "m4a", "ogg"."""

    duration_seconds: float
    sample_rate: int
    channels: int
    format: str


def probe(path: Path) -> SoundInfo:
    """What the content states, the samples unread. Raises BadInput as `blocks` does."""
    info = _probe_libsndfile(path) if _for_libsndfile(path) else None
    return info or _probe_ffmpeg(path)


def blocks(path: Path) -> Iterator[tuple[int, np.ndarray]]:
    """(sample rate, float32 block of shape (frames, channels)) one after the other, from whichever library can.

    Raises BadInput for what is not sound, is damaged beyond use, has no audio stream or states an impossible rate.
    """
    if _for_libsndfile(path) and _probe_libsndfile(path):
        yield from _libsndfile_blocks(path)
    else:
        yield from _ffmpeg_blocks(path)


def _probe_libsndfile(path: Path) -> SoundInfo | None:
    """None where libsndfile does not know the codec inside (FFmpeg may)."""
    import soundfile

    try:
        info = soundfile.info(str(path))
    except soundfile.LibsndfileError:
        return None
    _check_rate(info.samplerate)
    return SoundInfo(info.frames / info.samplerate, info.samplerate, info.channels, _short(info.format.lower()))


def _libsndfile_blocks(path: Path) -> Iterator[tuple[int, np.ndarray]]:
    import soundfile

    with soundfile.SoundFile(path) as file:
        frames = max(256, BLOCK_VALUES // file.channels)
        while True:
            try:
                block = file.read(frames, dtype="float32", always_2d=True)
            except soundfile.LibsndfileError:  # cut off in the middle: what was read so far is kept
                return
            if not len(block):
                return
            yield file.samplerate, np.nan_to_num(block, copy=False, posinf=0, neginf=0)


class _Nameless:
    """A file without its name: FFmpeg would otherwise let the extension take part in guessing the format."""

    def __init__(self, path: Path) -> None:
        self._file = open(path, "rb")  # noqa: SIM115 - closed by _sound_stream
        self.read, self.tell, self.close = self._file.read, self._file.tell, self._file.close

    def seek(self, offset: int, whence: int = 0) -> int:
        """The new position; -1, which FFmpeg takes as an error, where a damaged index points before the file."""
        try:
            return self._file.seek(offset, whence)
        except (OSError, ValueError, OverflowError):
            return -1


@contextmanager
def _sound_stream(path: Path) -> Iterator[tuple[Any, Any]]:
    """(container, its audio stream), closed afterwards."""
    import av

    file = _Nameless(path)
    options = {"format_whitelist": _DEMUXERS, "protocol_whitelist": "none"}
    try:
        with av.open(file, options=options, metadata_errors="replace") as container:
            if not container.streams.audio:
                raise _no_audio_stream()
            stream: Any = container.streams.best("audio") or container.streams.audio[0]
            if stream.codec_context is None:  # a codec number that nobody knows
                raise damaged()
            stream.thread_count = 1  # sound decodes fast enough; threads would eat a child's address space
            yield container, stream
    except av.error.FFmpegError as error:
        raise _open_error(path) from error
    finally:
        file.close()


def _open_error(path: Path) -> errors.BadInput:
    """Cut off, when the content starts like a sound file; otherwise something else altogether."""
    with open(path, "rb") as file:
        head = file.read(12)
    return damaged() if head.startswith(_SOUND_MAGIC) or head[4:8] == b"ftyp" else _not_a_sound()


def _probe_ffmpeg(path: Path) -> SoundInfo:
    with _sound_stream(path) as (container, stream):
        name = _short(container.format.name.split(",")[0])
        rate, channels = stream.codec_context.sample_rate, stream.codec_context.channels
        seconds = _stated_seconds(container, stream)
    _check_rate(rate)
    return SoundInfo(seconds, rate, channels, name)


def _stated_seconds(container: Any, stream: Any) -> float:
    """The stream's length, else the container's, else (browsers' own recordings state none) the last packet's end."""
    if stream.duration:
        return float(stream.duration * stream.time_base)
    if container.duration:
        return float(container.duration / 1e6)
    ends = [p.pts + (p.duration or 0) for p in container.demux(stream) if p.pts is not None]
    return float(max(ends, default=0) * stream.time_base)


def _ffmpeg_blocks(path: Path) -> Iterator[tuple[int, np.ndarray]]:
    import av

    with _sound_stream(path) as (container, stream):
        resampler: Any = None
        for frame in _frames(container, stream):
            if resampler is None:
                _check_rate(frame.sample_rate)
                rate, layout, shape = frame.sample_rate, frame.layout.name, _shape(frame)
                resampler = av.AudioResampler("fltp", layout, rate)
            elif _shape(frame) != shape:  # a live stream's rate or channels may change on the way
                shape, resampler = _shape(frame), av.AudioResampler("fltp", layout, rate)
            for planar in resampler.resample(frame):
                yield rate, np.nan_to_num(planar.to_ndarray().T, posinf=0, neginf=0)


def _shape(frame: Any) -> tuple[str, str, int]:
    return frame.format.name, frame.layout.name, frame.sample_rate


def _frames(container: Any, stream: Any) -> Iterator[Any]:
    """Decoded frames; a broken packet is skipped as players do, unless most of them are broken."""
    import av

    good = broken = 0
    for packet in container.demux(stream):
        try:
            frames = packet.decode()
        except av.error.InvalidDataError:
            broken += 1
            if broken > BROKEN_PACKETS + good:
                raise damaged() from None
            continue
        good += 1
        yield from frames


def _check_rate(rate: int) -> None:
    if not MIN_RATE <= rate <= MAX_RATE:
        raise _bad_rate(rate)


def _short(name: str) -> str:
    return _FORMATS.get(name, name)


def damaged() -> errors.BadInput:
    return errors.BadInput(
        "Tệp âm thanh bị hỏng hoặc bị cắt dở nên không đọc được. Hãy ghi lại hoặc xuất lại tệp rồi tải lên.",
        "The audio file is damaged or cut off and cannot be read. Record it again or export it again, then upload it.",
    )


def _not_a_sound() -> errors.BadInput:
    return errors.BadInput(
        "Tệp này không phải tệp âm thanh đọc được. Hãy dùng tệp WAV, MP3, M4A, FLAC, OGG hoặc WebM.",
        "This is not an audio file that can be read. Please use WAV, MP3, M4A, FLAC, OGG or WebM.",
    )


def _no_audio_stream() -> errors.BadInput:
    return errors.BadInput(
        "Tệp này không có âm thanh (chỉ có hình hoặc dữ liệu khác). Hãy chọn một bản ghi giọng nói.",
        "This file has no sound in it (only pictures or other data). Please choose a voice recording.",
    )


def _bad_rate(rate: int) -> errors.BadInput:
    return errors.BadInput(
        f"Tệp âm thanh có tần số lấy mẫu {errors.figure(rate)} Hz nên không dùng được. Hãy xuất lại tệp ở 16–48 kHz.",
        f"The audio file has a sample rate of {rate} Hz, which cannot be used. Export it again at 16–48 kHz.",
    )


def _for_libsndfile(path: Path) -> bool:
    with open(path, "rb") as file:
        head = file.read(12)
    return any(head.startswith(magic) and head[8:].startswith(kind) for magic, kind in _LIBSNDFILE)
