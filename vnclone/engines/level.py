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
Complex = NDArray[np.complexfloating]


def trim(samples: Array, rate: int) -> Array:
    """Without what is 50 dB below the loudest 5 ms at either end, but for 10 ms; empty if all is silence."""
    size = rate // 200
    rms = np.sqrt(np.mean(np.square(_blocks(samples, size, size)), axis=1))
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
    power = np.mean(np.square(_blocks(_k_weighted(samples, rate), size, max(1, size // 4))), axis=1)
    levels = -0.691 + 10 * np.log10(np.maximum(power, 1e-12))
    gated = power[levels > _ABSOLUTE_GATE]
    if not len(gated):
        return float(levels.max())
    gate = -0.691 + 10 * np.log10(gated.mean()) + _RELATIVE_GATE
    return float(-0.691 + 10 * np.log10(power[levels > max(gate, _ABSOLUTE_GATE)].mean()))


def _blocks(samples: Array, size: int, hop: int) -> Array:
    """Overlapping views, (blocks, size); what is left at the end is filled up with zeros."""
    missing = -(len(samples) - size) % hop if len(samples) > size else size - len(samples)
    padded = np.pad(samples, (0, missing))
    return np.lib.stride_tricks.sliding_window_view(padded, size)[::hop]


def _k_weighted(samples: Array, rate: int) -> Array:
    """BS.1770's K weighting by its magnitude response: power is all that is measured, so phase does not matter."""
    size = 1 << (len(samples) - 1).bit_length() if len(samples) > 1 else 2
    return np.fft.irfft(np.fft.rfft(samples, size) * _response(size, rate), size)[: len(samples)]


@lru_cache(maxsize=8)
def _response(size: int, rate: int) -> Array:
    """The weighting's magnitude at each frequency of a spectrum of `size` samples, (size // 2 + 1,)."""
    s = 2j * np.pi * np.fft.rfftfreq(size, 1 / rate)
    return np.abs(_shelf(s) * _high_pass(s))


def _shelf(s: Complex) -> Complex:
    """BS.1770's first stage as an analogue filter: +4 dB above 1.68 kHz (De Man, AES 145, 2018)."""
    w, q, gain = 2 * np.pi * 1681.974450955533, 0.7071752369554196, 10 ** (3.999843853973347 / 20)
    s = s / w
    return np.asarray((gain * s**2 + gain**0.4996667741545416 * s / q + 1) / (s**2 + s / q + 1))


def _high_pass(s: Complex) -> Complex:
    """BS.1770's second stage: a second-order high pass at 38 Hz (De Man, AES 145, 2018)."""
    s = s / (2 * np.pi * 38.13547087602444)
    return np.asarray(s**2 / (s**2 + s / 0.5003270373238773 + 1))


def _rounded(samples: Array) -> Array:
    """Peaks above the knee bend smoothly towards the ceiling; everything else is untouched."""
    over = np.abs(samples) > _KNEE
    room = _PEAK - _KNEE
    samples[over] = np.sign(samples[over]) * (_KNEE + room * np.tanh((np.abs(samples[over]) - _KNEE) / room))
    return samples
