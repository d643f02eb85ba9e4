"""Loudness and edges of one spoken chunk, so that an hour of them sounds like one reading."""

from __future__ import annotations

from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

TARGET_LUFS = -20.0
_PEAK = 0.97  # full scale; the ceiling that no sample passes
_KNEE = 0.8  # above it peaks are rounded off instead of cut
_BLOCK_SECONDS, _ABSOLUTE_GATE, _RELATIVE_GATE = 0.4, -70.0, -10.0  # ITU-R BS.1770-4: s, LUFS, LU
_SILENCE = 10 ** (-50 / 20)  # of the loudest 5 ms
_MARGIN_SECONDS, _FADE_SECONDS = 0.010, 0.004
Array = NDArray[np.float64]


def trim(samples: Array, rate: int) -> Array:
    """Without what is 50 dB below the loudest 5 ms at either end, but for 10 ms; empty if all is silence."""
    size = rate // 200
    rms = np.sqrt(np.mean(np.square(_blocks(samples, size)), axis=1))
    loud = np.flatnonzero(rms > _SILENCE * rms.max(initial=0.0))
    if not len(loud):
        return samples[:0]
    margin = int(_MARGIN_SECONDS * rate)
    return samples[max(0, loud[0] * size - margin) : (loud[-1] + 1) * size + margin]


def finish(samples: Array, rate: int) -> NDArray[np.float32]:
    """float32 within [-1, 1] at -20 LUFS, trimmed, with short fades, so that no end clicks."""
    samples = trim(samples, rate)
    if not len(samples):
        return samples.astype(np.float32)
    samples = _rounded(samples * 10 ** ((TARGET_LUFS - loudness(samples, rate)) / 20))
    fade = min(int(_FADE_SECONDS * rate), len(samples) // 2)
    ramp = 0.5 - 0.5 * np.cos(np.pi * np.arange(fade) / max(fade, 1))
    samples[:fade] *= ramp
    samples[len(samples) - fade :] *= ramp[::-1]
    return samples.astype(np.float32)


def loudness(samples: Array, rate: int) -> float:
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


def _k_weighted(samples: Array, rate: int) -> Array:
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


def _rounded(samples: Array) -> Array:
    """Peaks above the knee bend smoothly towards the ceiling; everything else is untouched."""
    over = np.abs(samples) > _KNEE
    room = _PEAK - _KNEE
    samples[over] = np.sign(samples[over]) * (_KNEE + room * np.tanh((np.abs(samples[over]) - _KNEE) / room))
    return samples
