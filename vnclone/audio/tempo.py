"""The same speech faster or slower, at the same pitch: FFmpeg's `atempo`, a WSOLA, through PyAV."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

from vnclone.errors import BadInput, figure
from vnclone.models import Clip

SLOWEST, FASTEST = 0.5, 2.0  # beyond, WSOLA's repeated and dropped periods are heard
TAIL_SECONDS = 0.2  # of silence behind the sound: the filter keeps up to 23 ms of what it was given last
BLOCK = 1 << 15  # samples handed to the filter at a time


def stretch(clip: Clip, speed: float) -> Clip:
    """`clip` in 1/`speed` of its time, to the sample; the clip itself at 1.0.

    Waveform-similarity overlap-add (Verhelst and Roelands, ICASSP 1993) as libavfilter's af_atempo.c does it.
    Raises BadInput for a speed outside 0.5 to 2.0.
    """
    check_speed(speed)
    if speed == 1.0 or not len(clip.samples):
        return clip
    wanted = round(len(clip.samples) / speed)
    tail = np.zeros(int(TAIL_SECONDS * clip.sample_rate), np.float32)
    padded = Clip(np.concatenate([clip.samples.astype(np.float32, copy=False), tail]), clip.sample_rate)
    samples = np.concatenate(list(_filtered(padded, speed)))
    return Clip(samples[:wanted], clip.sample_rate, clip.flaws)


def check_speed(speed: float) -> None:
    """Raise BadInput unless `speed` is one that `stretch` can give."""
    if not SLOWEST <= speed <= FASTEST:
        raise BadInput(
            f"Tốc độ đọc nằm ngoài giới hạn. Hãy chọn từ {figure(SLOWEST)} đến {figure(FASTEST)}.",
            f"The reading speed is out of range. Choose from {SLOWEST:g} to {FASTEST:g}.",
        )


def _filtered(clip: Clip, speed: float) -> Iterator[np.ndarray]:
    import av
    import av.filter

    graph: Any = av.filter.Graph()
    source = graph.add_abuffer(sample_rate=clip.sample_rate, format="flt", layout="mono")
    graph.link_nodes(source, graph.add("atempo", f"{speed:.6f}"), graph.add("abuffersink")).configure()
    for start in range(0, len(clip.samples), BLOCK):
        block = np.ascontiguousarray(clip.samples[start : start + BLOCK], dtype=np.float32)
        frame = av.AudioFrame.from_ndarray(block[None, :], format="flt", layout="mono")
        frame.sample_rate, frame.pts = clip.sample_rate, start
        graph.push(frame)
        yield from _pulled(graph)
    graph.push(None)
    yield from _pulled(graph)


def _pulled(graph: Any) -> Iterator[np.ndarray]:
    import av

    while True:
        try:
            yield graph.pull().to_ndarray().ravel()
        except (av.error.BlockingIOError, av.error.EOFError):
            return
