"""Loudness and edges of one spoken chunk, so that an hour of them sounds like one reading."""

from __future__ import annotations

from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

TARGET_LUFS = -19.0  # mono; sounds like the -16 LUFS stereo of spoken-word platforms (AES TD1004)
CEILING_DBTP = -1.5  # true peak
_CEILING = 10 ** ((CEILING_DBTP - 1.0) / 20)  # below it by what MP3, AAC and Opus add, up to 0.8 dB measured
_KNEE = 0.7 * _CEILING  # 3 dB below the ceiling: above it peaks are bent, below it nothing is touched
_HOLD_SECONDS = 0.004  # how far around a peak the gain is lowered: short enough that nothing pumps
_MORE_PASSES, _HARDLY_LESS = 2, 0.985  # of the power: less than 0.07 LU taken away is not worth another measurement
_OVERSAMPLING, _REACH = 4, 8  # times, and the filter's samples to each side
_CELL, _STRETCH = 16, 128  # samples that share a gain, and that are oversampled together
_BLOCK_SECONDS, _ABSOLUTE_GATE, _RELATIVE_GATE = 0.4, -70.0, -10.0  # ITU-R BS.1770-4: s, LUFS, LU
_SILENCE = 10 ** (-50 / 20)  # of the loudest 5 ms
_MARGIN_SECONDS, _FADE_SECONDS = 0.010, 0.004
Array = NDArray[np.float64]
Sound = NDArray[np.float32]


def trim(samples: Array, rate: int) -> Array:
    """Without what is 50 dB below the loudest 5 ms at either end, but for 10 ms; empty if all is silence."""
    start, end = edges(samples, rate)
    return samples[start:end]


def edges(samples: Array, rate: int) -> tuple[int, int]:
    """From which sample to which one `trim` keeps."""
    size = rate // 200
    rms = np.sqrt(np.mean(np.square(_blocks(samples, size)), axis=1))
    loud = np.flatnonzero(rms > _SILENCE * rms.max(initial=0.0))
    if not len(loud):
        return 0, 0
    margin = int(_MARGIN_SECONDS * rate)
    return max(0, int(loud[0]) * size - margin), min(len(samples), (int(loud[-1]) + 1) * size + margin)


def finish(samples: Array, rate: int) -> Sound:
    """float32 at -19 LUFS with a true peak of at most -1.5 dBTP, trimmed, with short fades, so that no end clicks."""
    samples = trim(samples, rate)
    if not len(samples):
        return samples.astype(np.float32)
    sound = _levelled(samples, rate)
    fade = min(int(_FADE_SECONDS * rate), len(sound) // 2)
    ramp = (0.5 - 0.5 * np.cos(np.pi * np.arange(fade) / max(fade, 1))).astype(np.float32)
    sound[:fade] *= ramp
    sound[len(sound) - fade :] *= ramp[::-1]
    return sound


def loudness(samples: Array | Sound, rate: int) -> float:
    """Gated loudness in LUFS of mono samples, ITU-R BS.1770-4; sound shorter than a block is one block."""
    size = min(int(_BLOCK_SECONDS * rate), len(samples))
    power = _block_power(_k_weighted(samples, rate), size, max(1, size // 4))
    levels = -0.691 + 10 * np.log10(np.maximum(power, 1e-12))
    gated = power[levels > _ABSOLUTE_GATE]
    if not len(gated):
        return float(levels.max())
    gate = -0.691 + 10 * np.log10(gated.mean()) + _RELATIVE_GATE
    return float(-0.691 + 10 * np.log10(power[levels > max(gate, _ABSOLUTE_GATE)].mean()))


def _block_power(samples: Array, size: int, hop: int) -> Array:
    """Mean square of overlapping blocks, (blocks,); what is left at the end is filled up with zeros."""
    so_far = np.concatenate([[0.0], np.cumsum(np.square(samples))])
    starts = np.arange(0, max(len(samples) - size + hop, 1), hop)
    return np.asarray((so_far[np.minimum(starts + size, len(samples))] - so_far[starts]) / size)


def _blocks(samples: Array, size: int) -> Array:
    """Side by side, (blocks, size); what is left at the end is filled up with zeros."""
    return np.pad(samples, (0, -len(samples) % size)).reshape(-1, size)


def _k_weighted(samples: Array | Sound, rate: int) -> Array:
    """BS.1770's K weighting."""
    from scipy.signal import sosfilt

    return np.asarray(sosfilt(_sections(rate), samples))


@lru_cache(maxsize=8)
def _sections(rate: int) -> Array:
    """BS.1770's shelf (+4 dB above 1.68 kHz) and high pass (38 Hz) as second-order sections for any rate, (2, 6).

    De Man, "Evaluation of implementations of the EBU R128 loudness measurement", AES 145, 2018.
    """
    k, q, high = np.tan(np.pi * 1681.974450955533 / rate), 0.7071752369554196, 10 ** (3.999843853973347 / 20)
    band, a0 = high**0.4996667741545416, 1 + k / q + k * k
    shelf = [high + band * k / q + k * k, 2 * (k * k - high), high - band * k / q + k * k, a0]
    shelf += [2 * (k * k - 1), 1 - k / q + k * k]
    k, q = np.tan(np.pi * 38.13547087602444 / rate), 0.5003270373238773
    a0_pass = 1 + k / q + k * k
    high_pass = [1.0, -2.0, 1.0, 1.0, 2 * (k * k - 1) / a0_pass, (1 - k / q + k * k) / a0_pass]
    return np.array([[value / a0 for value in shelf], high_pass])


def true_peak_db(samples: Array | Sound) -> float:
    """The true peak in dBTP: the highest value of the signal oversampled four times, ITU-R BS.1770-4 annex 2."""
    return float(20 * np.log10(max(_true_peaks(samples.astype(np.float32), 0.0).max(initial=0.0), 1e-6)))


def _levelled(samples: Array, rate: int) -> Sound:
    """At the target; what holding peaks down takes from the loudness is given back to the rest."""
    gain_db = TARGET_LUFS - loudness(samples, rate)
    scaled = _scaled(samples, gain_db)
    held = _held_down(scaled, rate)
    for _ in range(_MORE_PASSES):
        if np.dot(held, held) > _HARDLY_LESS * np.dot(scaled, scaled):
            break
        gain_db += TARGET_LUFS - loudness(held, rate)
        scaled = _scaled(samples, gain_db)
        held = _held_down(scaled, rate)
    return held


def _scaled(samples: Array, gain_db: float) -> Sound:
    return np.multiply(samples, 10 ** (gain_db / 20), dtype=np.float32, casting="same_kind")


def _held_down(samples: Sound, rate: int) -> Sound:
    """Peaks above the knee bend smoothly towards the ceiling, each with the 4 ms around it; then all is scaled by what
    is still over, which is next to nothing. The samples themselves where nothing is above the knee."""
    from scipy.ndimage import minimum_filter1d, uniform_filter1d

    peaks = _true_peaks(samples, _KNEE)
    if peaks.max(initial=0.0) <= _KNEE:
        return samples
    above, room = np.maximum(peaks, _KNEE) - _KNEE, _CEILING - _KNEE
    gain = (_KNEE + room * np.tanh(above / room)) / (_KNEE + above)
    size = round(_HOLD_SECONDS / 2 * rate / _CELL) | 1
    gain = uniform_filter1d(minimum_filter1d(gain, size + 2), size)  # two more: the slope below leaves its cell
    held = samples * _between_cells(gain)[: len(samples)]
    over = _true_peaks(held, _KNEE, peaks).max() / _CEILING
    return np.asarray(held / np.float32(over) if over > 1 else held)


def _between_cells(values: Sound) -> Sound:
    """One value for each sample, in straight lines from the middle of a cell to the middle of the next."""
    ends = np.pad(values, 1, "edge")
    share = (np.arange(_CELL, dtype=np.float32) + np.float32(0.5)) / _CELL
    lines = np.multiply.outer(np.diff(ends), share)
    lines += ends[:-1, None]
    return np.asarray(lines.ravel()[_CELL // 2 :])


def _true_peaks(samples: Sound, floor: float, louder: Sound | None = None) -> Sound:
    """The highest absolute value in each cell of 16 samples, oversampled four times.

    Only stretches that could pass `floor` are oversampled, or did in `louder`, the peaks of the same sound before it
    was held down; elsewhere it is the samples' own.
    """
    from scipy.signal import upfirdn

    taps, most = _interpolator()
    padded = np.pad(samples, (_REACH, _REACH + -len(samples) % _STRETCH))
    inside = padded[_REACH : len(padded) - _REACH].reshape(-1, _STRETCH // _CELL, _CELL)
    cells = np.maximum(inside.max(axis=2), -inside.min(axis=2))
    if louder is None:
        around = np.pad(most * cells.max(axis=1), 1)
        louder = np.maximum(np.maximum(around[:-2], around[1:-1]), around[2:])
    high = np.flatnonzero(louder.reshape(len(cells), -1).max(axis=1) > floor)
    if len(high):
        rows = np.lib.stride_tricks.sliding_window_view(padded, _STRETCH + 2 * _REACH)[::_STRETCH][high]
        start = _OVERSAMPLING * _REACH + len(taps) // 2  # of the first sample: after the margin and the filter's delay
        fine = upfirdn(taps, rows, _OVERSAMPLING, axis=1)[:, start : start + _OVERSAMPLING * _STRETCH]
        between = np.abs(fine).reshape(len(high), -1, _OVERSAMPLING * _CELL).max(axis=2)
        cells[high] = np.maximum(cells[high], between)
    return np.asarray(cells.ravel())


@lru_cache(maxsize=1)
def _interpolator() -> tuple[Sound, float]:
    """A windowed sinc that oversamples four times, and the most that it makes of samples within [-1, 1]."""
    from scipy.signal import firwin

    taps = _OVERSAMPLING * firwin(2 * _OVERSAMPLING * _REACH + 1, 1 / _OVERSAMPLING, window=("kaiser", 5.0))
    most = max(np.abs(taps[phase::_OVERSAMPLING]).sum() for phase in range(_OVERSAMPLING))
    return taps.astype(np.float32), float(most)
