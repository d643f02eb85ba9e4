"""Tags, chapters and a cover on a file that is encoded already: nothing is encoded again."""

from __future__ import annotations

import base64
import io
import os
import struct
from collections.abc import Sequence
from fractions import Fraction
from pathlib import Path
from typing import Any, BinaryIO

from vnclone.audio import formats, mp4, ranges
from vnclone.audio.formats import Format
from vnclone.disk import writing

Chapters = Sequence[tuple[str, float]]
ATTACHED_PICTURE = 0x400  # AV_DISPOSITION_ATTACHED_PIC
FRONT_COVER = 3  # of ID3's and FLAC's list of pictures
_MILLISECOND = Fraction(1, 1000)
_SILENT_FRAME = b"\xff\xf3\x84\xc4" + bytes(188)  # of an MP3 that is thrown away once its tags are written


def dress(
    part: Path,
    out: Path,
    format: str,
    tags: dict[str, str],
    chapters: Chapters = (),
    cover: bytes | None = None,
    quality: str = "cbr",
) -> None:
    """Write `part`, a file of that format made by `Encoder` or here, to `out` with tags, chapters and a cover.

    `out` is whole or not there at all; it may be `part` itself. Packets are copied, in constant memory: lengths, the
    MP3's Xing header and what makes it gapless stay as the encoder wrote them, which is why `quality` changes nothing.
    `tags`: FFmpeg's names (title, artist, album, track as "3/12", comment, …), written where the format has a place for
    them. `chapters`: (title, start in seconds), in order; kept by all but wav. `cover`: a PNG or JPEG, kept by all but
    wav. Raises BadInput for an unknown format or quality or a damaged file, ValueError for a cover of another kind,
    Unavailable when the disk is full.
    """
    target = formats.find(format)
    formats.check_quality(quality)
    if cover is not None:
        mime(cover)
    said = {name: _plain(value) for name, value in tags.items() if value}
    marks = [(_plain(title), start) for title, start in chapters]
    with writing(out) as temporary, part.open("rb") as source, temporary.open("wb+") as file:
        if target.codec == "aac":
            mp4.relabel(source, file, mp4.Labels(said, marks, cover, audiobook=target.name == "m4b"))
        elif target.name == "mp3":
            _dress_mp3(source, file, said, marks, cover)
        else:
            _remux(source, file, target, _with_comments(target, said, marks, cover), cover)


def _plain(text: str) -> str:
    """Without what C strings and UTF-8 cannot hold."""
    return text.replace("\0", " ").encode("utf-8", "replace").decode()


def mime(cover: bytes) -> str:
    """Raises ValueError for what is neither PNG nor JPEG."""
    for start, name in ((b"\x89PNG\r\n", "image/png"), (b"\xff\xd8\xff", "image/jpeg")):
        if cover.startswith(start):
            return name
    raise ValueError("a cover is a PNG or a JPEG")


def _dress_mp3(source: BinaryIO, file: BinaryIO, tags: dict[str, str], chapters: Chapters, cover: bytes | None) -> None:
    """A new ID3 tag in front of the frames, which stay byte by byte what they are."""
    import av

    with av.open(source, "r", format="mp3") as container:
        seconds = float((container.duration or 0) / av.time_base)
    file.write(_id3(tags, chapters, cover, seconds))
    start = _id3_bytes(source)
    ranges.append(file, source, start, os.fstat(source.fileno()).st_size - start)


def _id3_bytes(file: BinaryIO) -> int:
    """How long the ID3v2 tag in front is."""
    file.seek(0)
    head = file.read(10)
    if head[:3] != b"ID3":
        return 0
    return 10 + sum(byte << shift for byte, shift in zip(head[6:10], (21, 14, 7, 0), strict=True))


def _id3(tags: dict[str, str], chapters: Chapters, cover: bytes | None, seconds: float) -> bytes:
    """An ID3v2.3 tag as FFmpeg writes it, in front of an MP3 of one frame."""
    import av

    made, target = io.BytesIO(), formats.find("mp3")
    options = {**target.muxer_options, "write_xing": "0"}
    with av.open(made, "w", format=target.muxer, options=options, metadata_errors="replace") as sink:
        sink.metadata.update(tags)
        sink.set_chapters(_marks(chapters, seconds))
        sound: Any = sink.add_mux_stream(target.codec, rate=24_000)
        _add_cover(sink, cover)
        _mux(sink, sound, _SILENT_FRAME)
    made.seek(0)
    return made.getvalue()[: _id3_bytes(made)]


def _marks(chapters: Chapters, seconds: float) -> list[Any]:
    ends = [*[start for _, start in chapters[1:]], max(seconds, chapters[-1][1])] if chapters else []
    return [
        {
            "id": number,
            "start": round(start * 1000),
            "end": round(end * 1000),
            "time_base": _MILLISECOND,
            "metadata": {"title": title},
        }
        for number, ((title, start), end) in enumerate(zip(chapters, ends, strict=True))
    ]


def _remux(source: BinaryIO, file: BinaryIO, target: Format, tags: dict[str, str], cover: bytes | None) -> None:
    import av

    with av.open(source, "r", format="ogg" if target.muxer == "opus" else target.muxer) as container:
        heard = container.streams.audio[0]
        with av.open(file, "w", format=target.muxer, options=target.muxer_options, metadata_errors="replace") as sink:
            sink.metadata.update(tags)
            stream = sink.add_stream_from_template(heard)
            if target.name == "flac":
                _add_cover(sink, cover)
            for packet in container.demux(heard):
                if packet.size:
                    packet.stream = stream
                    sink.mux(packet)


def _add_cover(sink: Any, cover: bytes | None) -> None:
    """As FFmpeg's muxers take it: a video stream of one picture."""
    if cover is None:
        return
    width, height = _size(cover)
    stream = sink.add_mux_stream("png" if mime(cover) == "image/png" else "mjpeg", width=width, height=height)
    stream.disposition = ATTACHED_PICTURE
    stream.metadata["comment"] = "Cover (front)"
    _mux(sink, stream, cover)


def _mux(sink: Any, stream: Any, content: bytes) -> None:
    import av

    packet = av.Packet(content)
    packet.stream, packet.pts, packet.dts, packet.time_base = stream, 0, 0, _MILLISECOND
    sink.mux(packet)


def _size(cover: bytes) -> tuple[int, int]:
    from PIL import Image

    with Image.open(io.BytesIO(cover)) as picture:
        return picture.size


def _with_comments(target: Format, tags: dict[str, str], chapters: Chapters, cover: bytes | None) -> dict[str, str]:
    """The tags, and for Vorbis comments what FFmpeg's muxers have no other way for: chapters, and Opus's cover."""
    if target.name == "wav":
        return tags
    said = dict(tags)
    for number, (title, start) in enumerate(chapters, start=1):  # wiki.xiph.org/Chapter_Extension
        said[f"CHAPTER{number:03d}"] = _clock(start)
        said[f"CHAPTER{number:03d}NAME"] = title
    if cover is not None and target.name == "opus":
        said["METADATA_BLOCK_PICTURE"] = base64.b64encode(_picture(cover)).decode()
    return said


def _clock(seconds: float) -> str:
    minutes, milliseconds = divmod(round(seconds * 1000), 60_000)
    return f"{minutes // 60:02d}:{minutes % 60:02d}:{milliseconds // 1000:02d}.{milliseconds % 1000:03d}"


def _picture(cover: bytes) -> bytes:
    """FLAC's block of a picture (RFC 9639, section 8.8), which a Vorbis comment holds in base64."""
    kind, (width, height) = mime(cover).encode(), _size(cover)
    head = struct.pack(">II", FRONT_COVER, len(kind)) + kind + struct.pack(">I", 0)
    return head + struct.pack(">5I", width, height, 24, 0, len(cover)) + cover
