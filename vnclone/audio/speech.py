"""Where somebody speaks in a Clip: frames, their band levels, and a voice activity detector. No file, no verdict."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from vnclone.audio.rates import resample
from vnclone.models import Clip

RATE = 16_000  # Hz: speech is found below 8 kHz, whatever the recording carries above
HOP_SECONDS = 0.010
HOP, WINDOW = 160, 512  # samples: 10 ms and 32 ms
LOW_HZ, HIGH_HZ, BANDS = 100.0, 7_000.0, 20
FRAMES_AT_ONCE = 2_000  # spectra held in memory at a time
SILENCE_DB = -100.0
RANGE_DB = 45.0  # what lies further below a band's loud frames than this is silence, not quieter speech
DIVERGENCE_DB = 3.0  # mean rise of the bands that counts as speech; five minutes of steady noise reach 2.3
SHORTEST_SPEECH, LONGEST_GAP = 0.08, 0.20  # seconds: shorter bursts are clicks; shorter gaps are closed consonants


@dataclass(frozen=True, slots=True)
class Activity:
    """Speech frame by frame. `speech`: bool (frames,); `levels`: mean-square level of each frame in dB, (frames,)."""

    speech: np.ndarray
    levels: np.ndarray

    @property
    def seconds(self) -> float:
        """Net speech: without pauses."""
        return float(self.speech.sum()) * HOP_SECONDS

    def spans(self) -> list[tuple[float, float]]:
        """(start, end) of every stretch of speech, in seconds."""
        return [(start * HOP_SECONDS, end * HOP_SECONDS) for start, end in runs(self.speech)]

    def between(self, start: float, end: float) -> Activity:
        """The part from `start` to `end` seconds."""
        frames = slice(round(start / HOP_SECONDS), round(end / HOP_SECONDS))
        return Activity(self.speech[frames], self.levels[frames])

    def corrected(self, start: float, part: Activity) -> Activity:
        """The same levels, with `part`'s speech from `start` seconds on."""
        mask, first = self.speech.copy(), round(start / HOP_SECONDS)
        known = part.speech[: max(0, len(mask) - first)]
        mask[first : first + len(known)] = known
        return Activity(mask, self.levels)


def detect(clip: Clip) -> Activity:
    """Frames of speech, by long-term spectral divergence: how far the bands rise above the noise's own levels.

    After Ramírez et al., "Efficient voice activity detection algorithms using long-term speech information", Speech
    Communication 42 (2004); with mel-spaced bands instead of single bins, and the noise taken from the quietest tenth
    of each band. It hears speech down to about 0 dB of broadband noise; steady noise, hum and silence are not speech.
    """
    bands = band_levels(clip)
    if not len(bands):
        return Activity(np.zeros(0, bool), np.zeros(0))
    return Activity(_tidy(_divergence(bands) > DIVERGENCE_DB), frame_levels(clip, len(bands)))


def band_levels(clip: Clip) -> np.ndarray:
    """Power in dB, shape (frames, 20): mel-spaced bands from 100 to 7000 Hz every 10 ms."""
    samples = resample(clip, RATE).samples
    if len(samples) < WINDOW:
        return np.zeros((0, BANDS))
    frames = np.lib.stride_tricks.sliding_window_view(samples, WINDOW)[::HOP]
    window, matrix = np.hanning(WINDOW).astype(np.float32), _band_matrix()
    parts = []
    for start in range(0, len(frames), FRAMES_AT_ONCE):
        spectra = np.fft.rfft(frames[start : start + FRAMES_AT_ONCE] * window)
        parts.append((np.square(np.abs(spectra)) / window.sum() ** 2) @ matrix)
    return decibels(np.concatenate(parts))


def frame_levels(clip: Clip, frames: int) -> np.ndarray:
    """Mean square of `frames` windows of 32 ms every 10 ms, in dB, at the clip's own rate."""
    centred = clip.samples - clip.samples.mean()  # a cheap sound card's offset is not noise
    energy = np.concatenate([[0.0], np.cumsum(np.square(centred, dtype=np.float64))])
    starts = np.minimum(np.rint(np.arange(frames) * HOP_SECONDS * clip.sample_rate).astype(int), len(clip.samples))
    length = max(1, round(WINDOW / RATE * clip.sample_rate))
    ends = np.minimum(starts + length, len(clip.samples))
    return decibels((energy[ends] - energy[starts]) / length)


def runs(mask: np.ndarray) -> list[tuple[int, int]]:
    """(first, one past the last) of every run of True."""
    edges = np.flatnonzero(np.diff(np.concatenate([[False], mask, [False]]).astype(np.int8)))
    return [(int(start), int(end)) for start, end in zip(edges[::2], edges[1::2], strict=True)]


def decibels(power: np.ndarray) -> np.ndarray:
    """10 log10 of a power, not below -100 dB."""
    return np.asarray(10 * np.log10(np.maximum(power, 10 ** (SILENCE_DB / 10))))


def _band_matrix() -> np.ndarray:
    """(bins, bands): the rectangular mel bands' bins, O'Shaughnessy's mel scale, at least one bin a band."""
    mel = np.linspace(_mel(LOW_HZ), _mel(HIGH_HZ), BANDS + 1)
    edges = 700 * (10 ** (mel / 2595) - 1)
    bins = np.fft.rfftfreq(WINDOW, 1 / RATE)
    return np.asarray((bins[:, None] >= edges[:-1]) & (bins[:, None] < edges[1:]), dtype=np.float32)


def _mel(hertz: float) -> float:
    return float(2595 * np.log10(1 + hertz / 700))


def _divergence(bands: np.ndarray) -> np.ndarray:
    """Mean rise over the noise in dB, shape (frames,). Bands are smoothed over 70 ms, so that noise stays flat."""
    smooth = _moving_mean(10 ** (bands / 10), 7)
    levels = decibels(smooth)
    loud = np.percentile(levels, 95, axis=0)
    noise = np.maximum(np.percentile(levels, 10, axis=0), loud - RANGE_DB)
    return np.asarray(np.maximum(levels - noise, 0).mean(axis=1))


def _moving_mean(values: np.ndarray, width: int) -> np.ndarray:
    padded = np.pad(values, ((width // 2, width // 2), (0, 0)), mode="edge")
    sums = np.cumsum(np.pad(padded, ((1, 0), (0, 0))), axis=0)
    return np.asarray((sums[width:] - sums[:-width]) / width)


def _tidy(mask: np.ndarray) -> np.ndarray:
    """Without bursts too short to be a sound, then without gaps too short to be a pause."""
    tidy = mask.copy()
    for start, end in runs(tidy):
        if (end - start) * HOP_SECONDS < SHORTEST_SPEECH:
            tidy[start:end] = False
    for start, end in runs(~tidy):
        if start > 0 and end < len(tidy) and (end - start) * HOP_SECONDS < LONGEST_GAP:
            tidy[start:end] = True
    return tidy
