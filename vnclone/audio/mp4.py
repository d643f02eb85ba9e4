"""One AAC track in an MP4 file (ISO/IEC 14496-12 and -14), with the chapters, tags and cover of an audiobook.

FFmpeg's muxer keeps 72 bytes a frame and moves the whole file to put the index in front; this one keeps 4 and copies
once. Chapters are a QuickTime text track, as Apple reads them, and a `chpl` box, as Nero and others do.
"""

from __future__ import annotations

import re
import struct
from array import array
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import BinaryIO

import numpy as np

from vnclone.audio import ranges
from vnclone.audio.decoders import damaged

FRAME_SAMPLES = 1024  # of AAC-LC
PRIMING = 1024  # samples that FFmpeg's encoder gives before the first of the sound
MOST_CHPL = 255  # chapters that the box has numbers for; the text track has all
_CHUNK_FRAMES = 32  # frames between two entries of the index: about a second
_NARROW = 0xFFFFFFFF
_MOST_NARROW = _NARROW - (1 << 28)  # bytes of sound with which any index in front still keeps places in 32 bits
_MATRIX = struct.pack(">9I", 0x10000, 0, 0, 0, 0x10000, 0, 0, 0, 0x40000000)
_MDAT_BYTES = 16  # of an mdat box's header with a 64-bit size
_TEXTS = {  # FFmpeg's names for tags -> those of iTunes
    "title": b"\xa9nam",
    "artist": b"\xa9ART",
    "album_artist": b"aART",
    "album": b"\xa9alb",
    "composer": b"\xa9wrt",
    "comment": b"\xa9cmt",
    "genre": b"\xa9gen",
    "date": b"\xa9day",
    "description": b"desc",
    "copyright": b"cprt",
}
_LONGEST = 0xFFFF  # bytes of a text sample
_TEXT_ENTRY = (  # a QuickTime text sample's description: as plain as it can be, with an empty font table
    struct.pack(">I4s6xHI18xH6x", 59, b"text", 1, 1, 1) + struct.pack(">I4sHHB", 13, b"ftab", 1, 1, 0)
)
_NO_PICTURE = struct.pack(">I4sI4H4x", 24, b"gmin", 0, 0x40, 0x8000, 0x8000, 0x8000)  # of no media of QuickTime's own
_UTF8, _JPEG, _PNG, _INTEGER = 1, 13, 14, 21  # types of iTunes' values
_AUDIOBOOK = 2  # iTunes' kind of media


@dataclass(frozen=True, slots=True)
class Track:
    """An AAC track: `config` is its AudioSpecificConfig, `sizes` the bytes of each frame, `samples` those to be heard
    after the priming, `offset` where the first frame is in its file."""

    rate: int
    config: bytes
    sizes: np.ndarray
    samples: int
    offset: int

    @property
    def size(self) -> int:
        """Bytes of all frames together."""
        return int(self.sizes.sum(dtype=np.int64))


@dataclass(frozen=True, slots=True)
class Labels:
    """What is said of a track. `chapters`: (title, start in seconds), in order."""

    tags: dict[str, str]
    chapters: Sequence[tuple[str, float]] = ()
    cover: bytes | None = None
    audiobook: bool = False


class Mp4Writer:
    """Frames as they come, the index at the end: complete, and playable from a file, once it is closed."""

    def __init__(self, file: BinaryIO, rate: int, config: bytes) -> None:
        self._file, self._rate, self._config = file, rate, config
        self._sizes = array("H")  # a frame has at most 768 bytes a channel
        file.write(_brands(False))
        self._start = file.tell()
        file.write(_mdat(0))

    def add(self, frame: bytes) -> None:
        self._file.write(frame)
        self._sizes.append(len(frame))

    def close(self, samples: int) -> None:
        """Write the index of a track of which `samples` are to be heard. The file itself stays open."""
        sizes = np.frombuffer(self._sizes, np.uint16).astype(np.uint32)
        track = Track(self._rate, self._config, sizes, samples, self._start + _MDAT_BYTES)
        self._file.write(_movie(track, Labels({}), track.offset, 0))
        self._file.seek(self._start)
        self._file.write(_mdat(track.size))


def relabel(source: BinaryIO, target: BinaryIO, labels: Labels) -> None:
    """Copy a file that was written here into the empty `target` with these labels, the index in front.

    Raises BadInput for a file that this module has not written.
    """
    track = look(source)
    brands, titles = _brands(labels.audiobook), b"".join(_titles(labels))
    first = len(brands) + len(_movie(track, labels, 0, 0)) + _MDAT_BYTES
    target.write(brands + _movie(track, labels, first + len(titles), first) + _mdat(len(titles) + track.size) + titles)
    ranges.append(target, source, track.offset, track.size)


def look(file: BinaryIO) -> Track:
    """The track of a file that was written here. Raises BadInput for any other."""
    movie = next((file.read(size) for kind, size in _top(file) if kind == b"moov"), b"")
    try:
        track = _inside(movie, b"trak")
        media = _inside(track, b"mdia")
        table = _inside(_inside(media, b"minf"), b"stbl")
        header, edit = _inside(media, b"mdhd"), _inside(_inside(track, b"edts"), b"elst")
        config = _inside(table, b"stsd").partition(b"\x05\x80\x80\x80")[2]
        chunks = _inside(table, b"stco") or _inside(table, b"co64")
        offset = "Q" if _inside(table, b"co64") else "I"
        return Track(
            rate=_number(header, 20 if header[0] else 12, "I"),
            config=config[1 : 1 + config[0]],
            sizes=np.frombuffer(_inside(table, b"stsz"), ">u4", offset=12),
            samples=_number(edit, 8, "Q" if edit[0] else "I"),
            offset=_number(chunks, 8, offset) if len(chunks) > 8 else 0,
        )
    except (struct.error, ValueError, IndexError):
        raise damaged() from None


def _top(file: BinaryIO) -> Iterator[tuple[bytes, int]]:
    """Kind and size of the content of each box of a file, which stands there meanwhile."""
    file.seek(0)
    while len(head := file.read(8)) == 8:
        size, kind = struct.unpack(">I4s", head)
        content = struct.unpack(">Q", file.read(8))[0] - 16 if size == 1 else size - 8
        start = file.tell()
        yield kind, content
        file.seek(start + max(content, 0))


def _inside(content: bytes, kind: bytes) -> bytes:
    """The content of the first box of this kind; nothing when there is none."""
    at = 0
    while len(head := content[at : at + 8]) == 8:
        size, found = struct.unpack(">I4s", head)
        if found == kind:
            return content[at + 8 : at + size]
        at += max(size, 8)
    return b""


def _number(content: bytes, at: int, kind: str) -> int:
    return int(struct.unpack_from(f">{kind}", content, at)[0])


def _box(kind: bytes, *parts: bytes) -> bytes:
    return struct.pack(">I4s", 8 + sum(map(len, parts)), kind) + b"".join(parts)


def _full(kind: bytes, *parts: bytes, version: int = 0, flags: int = 0) -> bytes:
    return _box(kind, struct.pack(">I", version << 24 | flags), *parts)


def _brands(audiobook: bool) -> bytes:
    return _box(b"ftyp", b"M4B " if audiobook else b"M4A ", struct.pack(">I", 512), b"M4A M4B isomiso2mp42")


def _mdat(size: int) -> bytes:
    return struct.pack(">I4sQ", 1, b"mdat", _MDAT_BYTES + size)


def _stamped(kind: bytes, fields: bytes, duration: int, rest: bytes, flags: int = 0) -> bytes:
    """A header whose times have 64 bits where 32 are not enough. When it was created and changed is left open."""
    wide = duration > _NARROW
    times = bytes(16 if wide else 8), fields, struct.pack(">Q" if wide else ">I", duration)
    return _full(kind, *times, rest, version=int(wide), flags=flags)


def _movie(track: Track, labels: Labels, audio_at: int, titles_at: int) -> bytes:
    """The whole index. Its size does not depend on the two places."""
    chapters = bool(labels.chapters)
    rest = struct.pack(">IH10x", 0x10000, 0x100) + _MATRIX + bytes(24) + struct.pack(">I", 3)
    return _box(
        b"moov",
        _stamped(b"mvhd", struct.pack(">I", track.rate), track.samples, rest),
        _audio_track(track, audio_at, chapters),
        _chapter_track(track, labels, titles_at) if chapters else b"",
        _box(b"udta", _meta(labels), _chpl(labels.chapters) if chapters else b""),
    )


def _audio_track(track: Track, at: int, chapters: bool) -> bytes:
    ends = np.cumsum(track.sizes, dtype=np.int64)
    places = at + np.concatenate([[0], ends[_CHUNK_FRAMES - 1 : len(ends) - 1 : _CHUNK_FRAMES]])[: len(ends)]
    count, frames = len(ends), struct.pack(">II", len(ends), FRAME_SAMPLES)
    table = _box(
        b"stbl",
        _full(b"stsd", struct.pack(">I", 1), _sample_entry(track)),
        _full(b"stts", struct.pack(">I", 1), frames),
        _full(b"stsc", _runs(count)),
        _full(b"stsz", struct.pack(">II", 0, count), track.sizes.astype(">u4").tobytes()),
        _offsets(places, track.size > _MOST_NARROW),
        _full(b"sgpd", struct.pack(">4sIIh", b"roll", 2, 1, -1), version=1),  # a decoder needs the frame before
        _full(b"sbgp", struct.pack(">4sIII", b"roll", 1, count, 1)),
    )
    media = _box(
        b"mdia",
        _stamped(b"mdhd", struct.pack(">I", track.rate), count * FRAME_SAMPLES, b"\x55\xc4\0\0"),
        _handler(b"soun"),
        _box(b"minf", _full(b"smhd", bytes(4)), _here(), table),
    )
    refers = _box(b"tref", _box(b"chap", struct.pack(">I", 2))) if chapters else b""
    return _box(b"trak", *_head(1, track.samples, PRIMING, 0x100, 3), refers, media)


def _chapter_track(track: Track, labels: Labels, at: int) -> bytes:
    """Titles as text samples. The first begins with the sound: a text track has no gaps."""
    starts = [0, *(round(start * 1000) for _, start in labels.chapters[1:])]
    total = max(round(track.samples * 1000 / track.rate), starts[-1])
    lasting = [max(0, end - start) for start, end in zip(starts, [*starts[1:], total], strict=True)]
    titles, count = _titles(labels), struct.pack(">I", len(starts))
    table = _box(
        b"stbl",
        _full(b"stsd", struct.pack(">I", 1), _TEXT_ENTRY),
        _full(b"stts", count, *(struct.pack(">II", 1, duration) for duration in lasting)),
        _full(b"stsc", struct.pack(">IIII", 1, 1, len(starts), 1)),
        _full(b"stsz", bytes(4), count, *(struct.pack(">I", len(title)) for title in titles)),
        _offsets(np.array([at])),
    )
    media = _box(
        b"mdia",
        _stamped(b"mdhd", struct.pack(">I", 1000), sum(lasting), bytes(4)),
        _handler(b"text"),
        _box(b"minf", _box(b"gmhd", _NO_PICTURE, _box(b"text", _MATRIX)), _here(), table),
    )
    return _box(b"trak", *_head(2, track.samples, 0, 0, 2), media)


def _titles(labels: Labels) -> list[bytes]:
    """Text samples: a length, UTF-8, and a box that says that it is."""
    texts = [title.encode("utf-8", "replace")[:_LONGEST] for title, _ in labels.chapters]
    return [struct.pack(">H", len(text)) + text + _box(b"encd", struct.pack(">I", 0x100)) for text in texts]


def _head(number: int, duration: int, start: int, volume: int, flags: int) -> tuple[bytes, bytes]:
    """tkhd, and an edit list that leaves out what is before `start`."""
    wide = duration > _NARROW
    edit = struct.pack(">IQqI" if wide else ">IIiI", 1, duration, start, 0x10000)
    rest = struct.pack(">12xHH", volume, 0) + _MATRIX + bytes(8)
    header = _stamped(b"tkhd", struct.pack(">II", number, 0), duration, rest, flags)
    return header, _box(b"edts", _full(b"elst", edit, version=int(wide)))


def _sample_entry(track: Track) -> bytes:
    heard = max(1, len(track.sizes)) * FRAME_SAMPLES
    bits = track.size * 8 * track.rate // heard
    decoder = _descriptor(4, b"\x40\x15\0\0\0", struct.pack(">II", bits, bits), _descriptor(5, track.config))
    stream = _descriptor(3, b"\0\1\0", decoder, _descriptor(6, b"\2"))
    return _box(b"mp4a", struct.pack(">6xH8xHHIHH", 1, 1, 16, 0, track.rate, 0), _full(b"esds", stream))


def _descriptor(tag: int, *parts: bytes) -> bytes:
    """Of ISO/IEC 14496-1, shorter than 128 bytes."""
    return bytes([tag, 0x80, 0x80, 0x80, sum(map(len, parts))]) + b"".join(parts)


def _runs(count: int) -> bytes:
    """stsc: how many chunks in a row have how many frames."""
    full, rest = divmod(count, _CHUNK_FRAMES)
    runs = ([(1, _CHUNK_FRAMES, 1)] if full else []) + ([(full + 1, rest, 1)] if rest else [])
    return struct.pack(">I", len(runs)) + b"".join(struct.pack(">III", *run) for run in runs)


def _offsets(places: np.ndarray, wide: bool = False) -> bytes:
    kind, width = (b"co64", ">u8") if wide else (b"stco", ">u4")
    return _full(kind, struct.pack(">I", len(places)), places.astype(width).tobytes())


def _handler(kind: bytes) -> bytes:
    return _full(b"hdlr", struct.pack(">I4s12x", 0, kind), b"vnclone\0")


def _here() -> bytes:
    """The samples are in this very file."""
    return _box(b"dinf", _full(b"dref", struct.pack(">I", 1), _full(b"url ", flags=1)))


def _meta(labels: Labels) -> bytes:
    """iTunes' list of tags."""
    items = [_item(_TEXTS[name], _UTF8, value.encode("utf-8", "replace")) for name, value in _known(labels.tags)]
    if track := re.fullmatch(r"([0-9]{1,4})(?:/([0-9]{1,4}))?", labels.tags.get("track", "")):
        items.append(_item(b"trkn", 0, struct.pack(">HHHH", 0, int(track[1]), int(track[2] or 0), 0)))
    if labels.audiobook:
        items.append(_item(b"stik", _INTEGER, bytes([_AUDIOBOOK])))
    if labels.cover:
        items.append(_item(b"covr", _PNG if labels.cover.startswith(b"\x89PNG") else _JPEG, labels.cover))
    handler = _full(b"hdlr", struct.pack(">I4s4s9x", 0, b"mdir", b"appl"))
    return _full(b"meta", handler, _box(b"ilst", *items))


def _known(tags: dict[str, str]) -> list[tuple[str, str]]:
    return [(name, value) for name, value in tags.items() if value and name in _TEXTS]


def _item(name: bytes, kind: int, value: bytes) -> bytes:
    return _box(name, _box(b"data", struct.pack(">II", kind, 0), value))


def _chpl(chapters: Sequence[tuple[str, float]]) -> bytes:
    """Nero's list: starts in 100 ns, titles of at most 255 bytes."""
    entries = []
    for number, (title, start) in enumerate(chapters[:MOST_CHPL]):
        text = title.encode("utf-8", "replace")[:255].decode("utf-8", "ignore").encode()
        entries.append(struct.pack(">QB", round(start * 1e7) if number else 0, len(text)) + text)
    return _full(b"chpl", struct.pack(">IB", 0, len(entries)), *entries, version=1)
