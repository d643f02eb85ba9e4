"""Cues in, SRT or WebVTT out."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Cue:
    """What is said from `start` to `end`, in seconds."""

    start: float
    end: float
    text: str


def write(cues: Iterable[Cue], format: str) -> str:
    """The subtitle file's text; `format` is "srt" or "vtt"."""
    return vtt(cues) if format == "vtt" else srt(cues)


def srt(cues: Iterable[Cue]) -> str:
    """SubRip: numbered blocks, a comma before the milliseconds."""
    blocks = (
        f"{number}\n{clock(cue.start, ',')} --> {clock(cue.end, ',')}\n{one_line(cue.text)}\n"
        for number, cue in enumerate(cues, start=1)
    )
    return "\n".join(blocks)


def vtt(cues: Iterable[Cue]) -> str:
    """WebVTT (W3C): a header, a full stop before the milliseconds, `&` and `<` escaped."""
    blocks = (
        f"{clock(cue.start, '.')} --> {clock(cue.end, '.')}\n"
        f"{one_line(cue.text).replace('&', '&amp;').replace('<', '&lt;').replace('>', '&gt;')}\n"
        for cue in cues
    )
    return "\n".join(["WEBVTT\n", *blocks])


def clock(seconds: float, mark: str) -> str:
    """00:01:02,345"""
    milliseconds = round(seconds * 1000)
    hours, rest = divmod(milliseconds, 3_600_000)
    minutes, rest = divmod(rest, 60_000)
    return f"{hours:02}:{minutes:02}:{rest // 1000:02}{mark}{rest % 1000:03}"


def one_line(text: str) -> str:
    return " ".join(text.split())
