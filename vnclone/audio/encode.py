"""A joined WAV in, the file that people keep out: of the whole, of a stretch, or a zip with one for each chapter."""

from __future__ import annotations

import unicodedata
import uuid
import zipfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from vnclone.audio import encoders, formats, pcm
from vnclone.audio.dress import dress
from vnclone.audio.encoder import Encoder, Trail
from vnclone.audio.mp3stream import Mp3Stream
from vnclone.audio.pcm import Pcm
from vnclone.disk import no_space_said, writing

__all__ = ["Encoder", "Mp3Stream", "Trail", "dress", "encode", "file_names", "parts", "piece"]
NAME_BYTES = 120  # of a title in a file's name: file systems take 255 with the number and what people put in front
_FORBIDDEN = str.maketrans(dict.fromkeys('<>:"/\\|?*', "-"))  # in names on Windows


def encode(
    wav: Path,
    out: Path,
    format: str,
    tags: dict[str, str],
    chapters: Sequence[tuple[str, float]] = (),
    quality: str = "cbr",
    cover: bytes | None = None,
) -> None:
    """Write `wav`, 16-bit mono, to `out` as `format` (mp3, wav, flac, m4a, m4b, opus), whole or not there at all.

    In constant memory. `quality`: "cbr", or "vbr" for an MP3 of about the same size that spends its bits where the
    sound needs them. `tags`, `chapters` and `cover` as `dress` takes them. Raises BadInput for an unknown format or
    quality or a damaged file, Unavailable when the disk is full.
    """
    formats.find(format)
    formats.check_quality(quality)
    sound = pcm.look(wav)
    _encode(sound, 0, sound.samples, out, format, tags, chapters, quality, cover)


def piece(
    wav: Path,
    out: Path,
    start: float,
    end: float,
    format: str,
    tags: dict[str, str],
    quality: str = "cbr",
    cover: bytes | None = None,
) -> None:
    """As `encode`, of what is heard between `start` and `end`, in seconds; what is outside the file is left out."""
    formats.find(format)
    formats.check_quality(quality)
    sound = pcm.look(wav)
    first, last = (min(max(round(moment * sound.sample_rate), 0), sound.samples) for moment in (start, end))
    _encode(sound, first, max(first, last) - first, out, format, tags, (), quality, cover)


def parts(
    wav: Path,
    out_zip: Path,
    pieces: Sequence[tuple[str, float, float]],
    format: str,
    tags: dict[str, str],
    quality: str = "cbr",
    cover: bytes | None = None,
) -> None:
    """A zip, stored, of one file for each of `pieces` (title, start, end in seconds), whole or not there at all.

    Each carries its own title, its number among all and the whole's title as its album. Raises as `encode` does.
    """
    names = file_names([title for title, _, _ in pieces], format)
    with writing(out_zip) as temporary, zipfile.ZipFile(temporary, "w", zipfile.ZIP_STORED) as archive:
        for number, (name, (title, start, end)) in enumerate(zip(names, pieces, strict=True), start=1):
            own = {"title": title or name, "album": tags.get("title", ""), "track": f"{number}/{len(pieces)}"}
            with _beside(out_zip) as made:
                piece(wav, made, start, end, format, tags | own, quality, cover)
                archive.write(made, name)


def file_names(titles: Sequence[str], format: str) -> list[str]:
    """ "01 Title.mp3" for each title: safe on Windows too, in one order everywhere, and no two alike."""
    digits = max(2, len(str(len(titles))))
    return [f"{number:0{digits}d} {_safe(title)}".rstrip(" .") + f".{format}" for number, title in enumerate(titles, 1)]


def _safe(title: str) -> str:
    """A title as part of a file's name, its letters composed (NFC)."""
    written = unicodedata.normalize("NFC", title).translate(_FORBIDDEN)
    shown = "".join(letter if letter.isprintable() else " " for letter in written)
    return " ".join(shown.split()).encode("utf-8", "replace")[:NAME_BYTES].decode("utf-8", "ignore")


def _encode(
    sound: Pcm,
    start: int,
    samples: int,
    out: Path,
    format: str,
    tags: dict[str, str],
    chapters: Sequence[tuple[str, float]],
    quality: str,
    cover: bytes | None,
) -> None:
    with _beside(out) as part:
        with no_space_said(), part.open("wb+") as file:
            sink = encoders.opened(file, formats.find(format), sound.sample_rate, quality)
            for block in pcm.blocks(sound, start, samples):
                sink.write(block)
            sink.close()
        dress(part, out, format, tags, chapters, cover, quality)


@contextmanager
def _beside(out: Path) -> Iterator[Path]:
    """A path in the same folder for what is only needed meanwhile."""
    scrap = out.with_name(f".{uuid.uuid4().hex}.part")
    try:
        yield scrap
    finally:
        scrap.unlink(missing_ok=True)
