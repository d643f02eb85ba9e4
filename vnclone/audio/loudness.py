"""How loud a Clip is, and the same clip at another loudness. ITU-R BS.1770-4 as FFmpeg's ebur128 filter measures it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np

from vnclone.models import Clip

TARGET_LUFS = -19.0  # mono; sounds like the -16 LUFS stereo of spoken-word platforms (AES TD1004)
CEILING_DBTP = -1.5  # true peak, so that lossy coding does not overshoot full scale
GAIN_PASSES = 2  # a knock that was held down had counted as loudness: a second pass gives that back to the voice
LIMITER_MARGIN_DB = 1.0  # a limited knock peaks this much higher between its samples
METER_STEP_DB = 0.02  # the meter rounds its true peak to a thousandth of full scale
UNMEASURABLE = -70.0  # the standard's absolute gate: silence, or shorter than one 400 ms block


@dataclass(frozen=True, slots=True)
class Loudness:
    """`lufs`: integrated and gated, -70 when nothing passes the gate; `true_peak_db`: dBTP, 4x oversampled."""

    lufs: float
    true_peak_db: float


def measure(clip: Clip) -> Loudness:
    """Integrated loudness (ITU-R BS.1770-4, EBU R 128) and true peak of the whole clip."""
    last: dict[str, str] = {}
    for frame in _filtered(clip, ("ebur128", "metadata=1:peak=true:framelog=quiet")):
        last = dict(frame.metadata) or last
    lufs = float(last.get("lavfi.r128.I", UNMEASURABLE))
    peak = max(float(last.get("lavfi.r128.true_peak", 0.0)), float(np.abs(clip.samples).max(initial=0.0)), 1e-6)
    return Loudness(max(lufs, UNMEASURABLE) if np.isfinite(lufs) else UNMEASURABLE, float(20 * np.log10(peak)))


def normalise(clip: Clip, target_lufs: float = TARGET_LUFS, ceiling_dbtp: float = CEILING_DBTP) -> Clip:
    """The clip at `target_lufs`, single peaks above `ceiling_dbtp` held down; silence is returned as it is."""
    for _ in range(GAIN_PASSES):
        before = measure(clip)
        gain_db = target_lufs - before.lufs
        at_target = abs(gain_db) < 0.05 and before.true_peak_db <= ceiling_dbtp
        if before.lufs <= UNMEASURABLE or at_target:
            return clip
        clip = _scaled(clip, gain_db)
        if before.true_peak_db + gain_db > ceiling_dbtp:
            clip = _held_down(clip, ceiling_dbtp)
    return clip


def _held_down(clip: Clip, ceiling_dbtp: float) -> Clip:
    """Limited, then brought down by what is still over: the limiter sees samples, not the peaks between them."""
    limited = _limited(clip, ceiling_dbtp - LIMITER_MARGIN_DB)
    over_db = measure(limited).true_peak_db + METER_STEP_DB - ceiling_dbtp
    return _scaled(limited, -over_db) if over_db > 0 else limited


def _scaled(clip: Clip, gain_db: float) -> Clip:
    return Clip((clip.samples * np.float32(10 ** (gain_db / 20))).astype(np.float32, copy=False), clip.sample_rate)


def _limited(clip: Clip, limit_db: float) -> Clip:
    options = f"limit={10 ** (limit_db / 20):.6f}:attack=5:release=50:level=false:latency=true"
    parts = [frame.to_ndarray().ravel() for frame in _filtered(clip, ("alimiter", options))]
    samples = np.concatenate(parts).astype(np.float32, copy=False)
    return Clip(samples[: len(clip.samples)], clip.sample_rate)


def _filtered(clip: Clip, *filters: tuple[str, str]) -> Iterator[Any]:
    """The frames that come out of a chain of FFmpeg audio filters, fed a second at a time."""
    import av
    import av.filter

    graph: Any = av.filter.Graph()
    source = graph.add_abuffer(sample_rate=clip.sample_rate, format="flt", layout="mono")
    nodes = [graph.add(name, options) for name, options in filters]
    as_float = graph.add("aformat", "sample_fmts=flt")
    graph.link_nodes(source, *nodes, as_float, graph.add("abuffersink")).configure()
    for start in range(0, len(clip.samples), clip.sample_rate):
        graph.push(_frame(clip, start))
        yield from _pull(graph)
    graph.push(None)
    yield from _pull(graph)


def _frame(clip: Clip, start: int) -> Any:
    import av

    block = np.ascontiguousarray(clip.samples[start : start + clip.sample_rate], dtype=np.float32)
    frame = av.AudioFrame.from_ndarray(block[None, :], format="flt", layout="mono")
    frame.sample_rate, frame.pts = clip.sample_rate, start
    return frame


def _pull(graph: Any) -> Iterator[Any]:
    import av

    while True:
        try:
            yield graph.pull()
        except (av.error.BlockingIOError, av.error.EOFError):
            return
