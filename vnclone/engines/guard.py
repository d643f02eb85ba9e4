"""Is this raw chunk a reading of this text? What sampling sometimes gives instead: babble, loops, silence, half of it.

Judges sound against text by measures alone, so it knows no engine. It would rather miss a flaw than reject good
speech: each rejection costs another reading.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from vnclone.audio import speech
from vnclone.models import Clip

# Syllables a second. Vietnamese is read at 5.25 on average, English at 6.34, the fastest of 17 languages' readers at
# 9.1 (Coupé, Oh, Dediu and Pellegrino, Science Advances 5(9), 2019). VieNeu's own training clips give 0.53 codec frames
# for a phoneme character in the median, 1.50 at the 99.9th percentile and never under 0.25 (core_utils.py and
# v3_turbo_serve/engine.py of vieneu 3.8.3): at 6 characters a syllable and 12.5 frames a second 3.9, 1.4 and 8.3.
FASTEST, SLOWEST = 9.1, 1.4
FIXED_SECONDS = 1.0  # what a reading of any length may take more: an ending drawn out, a breath
CUE_SECONDS = 1.5  # a laugh, a sigh, a throat cleared: 5 to 12 frames in vieneu's core_utils.py, and a pause
PAUSE_SECONDS = 0.7  # at a mark of punctuation inside: vieneu's V3_GAP_SILENCE
# Syllables counted in good speech against those of its text: a share, and a few more or less.
FEWEST, MOST, CUE_NUCLEI = (0.7, -0.5), (1.35, 2.0), 6
DIP_DB, NUCLEUS_DB = 3.0, 22.0  # between two nuclei; of a nucleus below the loud frames
SONORITY_BANDS, TOP_PERCENTILE, RANGE_DB = slice(2, 14), 95, 35.0
SILENCE, CLIPPED_SHARE, NOISE_DB = 1e-3, 0.002, 12.0
HOLD_FRAMES, HOLD_DB = 5, 1.0
LOOP_LAG_FRAMES, LOOP_DB = 30, 4.0  # root mean square over the bands
GAP_SECONDS = 1.5  # no pause inside a chunk is so long
HUM_SECONDS = 1.2  # no vowel is held so long
LOOP_SECONDS = 0.6  # of sound that comes again exactly, where the text does not
BURST_SYLLABLES = 3  # up to so many, syllables are counted as bursts of sound; beyond, they run together

_CUE = re.compile(r"\[[^\]]*\]|<\|emotion_\d+\|>")
_WORD = re.compile(r"[^\W_]+")
_VOWELS = re.compile("[aeiouy]+")
_INNER_MARK = re.compile(r"[.,;:!?…–—](?=.*\w)")


@dataclass(frozen=True, slots=True)
class Verdict:
    """`flaws`: codes, worst first, () for a good reading; `badness`: 0 for that, more for worse."""

    flaws: tuple[str, ...]
    badness: float


def syllables(text: str) -> int:
    """Of normalised Vietnamese (one a word) or English (groups of vowels, a silent final e aside); cues have none."""
    return sum(_syllables(word) for word in _WORD.findall(_CUE.sub(" ", text)))


def _syllables(word: str) -> int:
    plain = "".join(c for c in unicodedata.normalize("NFD", word.lower()) if not unicodedata.combining(c))
    groups = len(_VOWELS.findall(plain.removesuffix("e"))) or 1
    spelt = not _VOWELS.search(plain)  # "TPHCM" is read letter by letter
    return len(plain) if spelt else groups


def judge(samples: np.ndarray, rate: int, text: str) -> Verdict:
    """`samples`, float mono shape (n,) at `rate` Hz, as a reading of `text` at the voice's own pace.

    Codes: "broken" (not numbers), "silent", "noise" (no syllables in it), "too_short" (some of the text is missing),
    "too_long" (more than the text was said), "babble" (a word or three, and more said after them), "gap" (a long
    silence inside), "stuck" (one sound held), "loop" (said again, sound for sound), "clipped".
    """
    if not np.isfinite(samples).all():
        return Verdict(("broken",), 1000.0)
    if not len(samples) or np.abs(samples).max() < SILENCE:
        return Verdict(("silent",), 500.0)
    heard, wanted = _Heard(samples, rate), _Wanted(text)
    found = {code: how_bad for code, how_bad in _flaws(heard, wanted) if how_bad > 0}
    return Verdict(tuple(sorted(found, key=lambda code: -found[code])), sum(found.values()))


def _flaws(heard: _Heard, wanted: _Wanted) -> Iterator[tuple[str, float]]:
    """(code, how bad): how far a measure is beyond its bound, as a factor or in seconds; nothing below 0 counts."""
    yield "clipped", 10 * (heard.clipped - CLIPPED_SHARE) / CLIPPED_SHARE
    yield "gap", heard.longest_gap - GAP_SECONDS
    yield "stuck", heard.longest_hold - HUM_SECONDS
    if not wanted.repeats:
        yield "loop", heard.longest_loop - LOOP_SECONDS
    if wanted.syllables and heard.dynamics < NOISE_DB:
        yield "noise", 100.0
    if not wanted.cues and wanted.syllables <= BURST_SYLLABLES:
        yield "babble", float(_bursts(heard) - wanted.syllables)
    few, many = wanted.nuclei
    yield "too_short", max(few / max(heard.nuclei, 0.5), wanted.shortest / max(heard.seconds, 0.01)) - 1
    yield "too_long", max(heard.nuclei / many, heard.seconds / wanted.longest) - 1


class _Wanted:
    """What a text asks of its sound."""

    def __init__(self, text: str) -> None:
        words = _WORD.findall(_CUE.sub(" ", text.lower()))
        self.cues = len(_CUE.findall(text))
        self.syllables = sum(map(_syllables, words))
        self.pauses = len(_INNER_MARK.findall(text))
        pairs = list(pairwise(words))  # a word alone that comes again is shorter than what counts as a loop
        self.repeats = len(set(pairs)) < len(pairs) or any(one == next_ for one, next_ in pairs)

    @property
    def shortest(self) -> float:
        """Seconds."""
        return self.syllables / FASTEST

    @property
    def longest(self) -> float:
        """Seconds."""
        return self.syllables / SLOWEST + FIXED_SECONDS + CUE_SECONDS * self.cues + PAUSE_SECONDS * self.pauses

    @property
    def nuclei(self) -> tuple[float, float]:
        """The fewest and the most syllables that may be counted in the sound."""
        (least, less), (most, more) = FEWEST, MOST
        return least * self.syllables + less, most * self.syllables + more + CUE_NUCLEI * self.cues


class _Heard:
    """A sound by its frames of 10 ms; the silence at its ends is set aside."""

    def __init__(self, samples: np.ndarray, rate: int) -> None:
        self.samples, self.rate = samples, rate
        bands = speech.band_levels(Clip(_padded(samples, rate), rate))
        loud = _sonority(bands)
        spoken = np.flatnonzero(loud > np.percentile(loud, TOP_PERCENTILE) - RANGE_DB)
        self.bands, self.loud = bands[spoken[0] : spoken[-1] + 1], loud[spoken[0] : spoken[-1] + 1]
        self.top = float(np.percentile(self.loud, TOP_PERCENTILE))

    @property
    def seconds(self) -> float:
        return len(self.loud) * speech.HOP_SECONDS

    @property
    def dynamics(self) -> float:
        """dB between the loud frames and the quiet ones."""
        return self.top - float(np.percentile(self.loud, 100 - TOP_PERCENTILE))

    @property
    def nuclei(self) -> int:
        """Syllables, as peaks of sonority with dips between them.

        After de Jong and Wempe, "Praat script to detect syllable nuclei", Behavior Research Methods 41(2), 2009.
        """
        count, rising, extreme = 0, True, -np.inf
        for level in self.loud:
            extreme = max(extreme, level) if rising else min(extreme, level)
            if abs(level - extreme) < DIP_DB:
                continue
            count += int(rising and extreme > self.top - NUCLEUS_DB)
            rising, extreme = not rising, level
        return count + int(rising and extreme > self.top - NUCLEUS_DB)

    @property
    def longest_gap(self) -> float:
        """Seconds of silence between sounds."""
        return _longest(self.loud < self.top - RANGE_DB)

    @property
    def longest_hold(self) -> float:
        """Seconds of sound whose spectrum stays as it is: a hum, a vowel that does not end."""
        shape = _shapes(self.bands)
        moved = np.abs(shape[HOLD_FRAMES:] - shape[:-HOLD_FRAMES]).mean(axis=1)
        return _longest((moved < HOLD_DB) & (self.loud[HOLD_FRAMES:] > self.top - NUCLEUS_DB))

    @property
    def longest_loop(self) -> float:
        """Seconds of sound that come again later, spectrum for spectrum: what a sampler does that is caught."""
        shape = _shapes(self.bands)[::2].astype(np.float32)
        sounding = (self.loud > self.top - RANGE_DB)[::2]
        same = _squared_distances(shape) < shape.shape[1] * LOOP_DB**2
        both, neither = sounding & sounding[:, None], ~(sounding | sounding[:, None])
        return 2 * speech.HOP_SECONDS * _longest_diagonal(same & both, neither, LOOP_LAG_FRAMES // 2)

    @property
    def clipped(self) -> float:
        """The share of samples in flat tops: four or more neighbours at the sound's very peak."""
        size = np.abs(self.samples)
        tops = [end - start for start, end in speech.runs(size > 0.999 * size.max())]
        return sum(length for length in tops if length > 3) / len(size)


def _padded(samples: np.ndarray, rate: int) -> np.ndarray:
    """float32, with a little silence around it, so that the shortest sound has frames."""
    return np.pad(np.asarray(samples, np.float32), rate // 10)


def _sonority(bands: np.ndarray) -> np.ndarray:
    """(frames,) dB: power of the bands from about 250 to 3300 Hz, smoothed over 50 ms."""
    window = np.hanning(7)[1:-1]
    power = (10 ** (bands[:, SONORITY_BANDS] / 10)).sum(axis=1)
    return np.asarray(speech.decibels(np.convolve(power, window / window.sum(), "same")))


def _shapes(bands: np.ndarray) -> np.ndarray:
    """(frames, bands) dB without each frame's own level; what is 40 dB below its loudest band does not count."""
    floor = np.maximum(bands, bands.max(axis=1, keepdims=True) - 40)
    return np.asarray(floor - floor.mean(axis=1, keepdims=True))


def _squared_distances(rows: np.ndarray) -> np.ndarray:
    """(n, n) between all pairs of rows, by one matrix product."""
    squares = np.square(rows).sum(axis=1)
    return np.asarray(squares + squares[:, None] - 2 * (rows @ rows.T))


def _longest_diagonal(counted: np.ndarray, passed: np.ndarray, nearest: int) -> int:
    """The most `counted` in a row along a diagonal of square masks that lies at least `nearest` beside the main one.

    What is `passed` neither counts nor ends the row.
    """
    width = max(0, len(counted) - nearest)
    longest, ending = 0, np.zeros(width + 1, np.int32)
    for row in range(width):  # ending[k]: the run that ends in this row, k rows beyond the nearest diagonal
        beyond = counted[row, row + nearest :]
        ending = (ending[: len(beyond)] + beyond) * (beyond | passed[row, row + nearest :])
        longest = max(longest, int(ending.max(initial=0)))
    return longest


def _longest(mask: np.ndarray) -> float:
    """Seconds of the longest run of frames."""
    return max((end - start for start, end in speech.runs(mask)), default=0) * speech.HOP_SECONDS


def _bursts(heard: _Heard) -> int:
    from vieneu_utils.core_utils import count_speech_bursts

    return int(count_speech_bursts(heard.samples, heard.rate))
