"""How one voice's spectra become another's: statistics of each, and the linear map between them.

Per class (voiced, unvoiced) the source's log mel bands are moved to the reference's mean, and their cepstra by the
optimal transport between two Gaussians, so that formants keep moving as they did. Features are log power in 48 mel
bands; cepstra are their orthonormal DCT-II.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

import numpy as np

from vnclone.engines import world
from vnclone.engines.world import Analysis, Array

_CLASSES = ("voiced", "unvoiced", "everything")
_NEPER = np.log(10) / 10  # one dB of power in natural-log units
_ACTIVE_DB = 35.0  # a frame counts within this of the 95th percentile of the frames' power
_TRANSPORTED = slice(1, 24)  # cepstral coefficients moved by optimal transport; the finer ones by the mean alone
_SHARPENED = slice(4, 24)
_SHARPENING = 1.1
_MIN_FRAMES = 60  # of a class, for its covariance to be believed at all
MIN_ACTIVE = 20  # of a class, for its mean to be believed
_SHRINKAGE_FRAMES = 100.0
_RIDGE = 1e-3
_VARIANCE_RATIO = (0.8, 1.4)  # per band, reference over mapped source
_UNVOICED_SMOOTHING = 4.0  # bands
_LARGEST_SHIFT = 20 * _NEPER  # of a band's mean, around the shifts' median
_DEAD_BAND = 30 * _NEPER  # below the median shift there is no sound: the recording's bandwidth ends there

_ROLL_OFF = 2  # bands beside a dead one that its filter's slope has already lowered
_VOICING_SMOOTHING, _DIFFERENCE_SMOOTHING, _SOURCE_SMOOTHING = 1.0, 3.0, 1.2  # frames of 5 ms


@dataclass(frozen=True, slots=True)
class ClassStatistics:
    """Of one class's active frames. `mean`: (48,), `covariance`: (48, 48), of log bands; `frames`: how many."""

    frames: int
    mean: Array
    covariance: Array


@dataclass(frozen=True, slots=True)
class Statistics:
    """A voice as the map sees it. `aperiodicity`: (3,) mean dB of voiced frames."""

    voiced: ClassStatistics
    unvoiced: ClassStatistics
    everything: ClassStatistics
    aperiodicity: Array


@dataclass(frozen=True, slots=True)
class ClassMap:
    """What is added to a frame's bands x: x @ gain + offset. `gain`: (48, 48), `offset`: (48,)."""

    gain: Array
    offset: Array


@dataclass(frozen=True, slots=True)
class VoiceMap:
    """From a source to a reference. `aperiodicity`: (3,) dB added to voiced frames."""

    voiced: ClassMap
    unvoiced: ClassMap
    aperiodicity: Array


def measure(analysis: Analysis) -> Statistics:
    """The statistics of a recording's active frames; classes it does not have count 0 frames."""
    bands = world.log_bands(analysis.envelope)
    speech = active(analysis.envelope)
    voiced = analysis.voiced & speech
    aperiodicity = analysis.aperiodicity[voiced]
    return Statistics(
        _class(bands[voiced]),
        _class(bands[speech & ~voiced]),
        _class(bands[speech]),
        aperiodicity.mean(axis=0) if len(aperiodicity) else np.zeros(analysis.aperiodicity.shape[1]),
    )


def active(envelope: Array) -> np.ndarray:
    """Which frames are speech and not pause, (n,) of bool."""
    power = np.log(envelope.sum(axis=1))
    return np.asarray(power > np.percentile(power, 95) - _ACTIVE_DB * _NEPER)


def _class(bands: Array) -> ClassStatistics:
    count, width = bands.shape
    if count < 2:
        return ClassStatistics(0, np.zeros(width), np.eye(width))
    return ClassStatistics(count, bands.mean(axis=0), np.cov(bands, rowvar=False))


def to_arrays(statistics: Statistics, prefix: str) -> dict[str, np.ndarray]:
    """Plain arrays by name, each name starting with `prefix`; `from_arrays` takes them back."""
    arrays = {f"{prefix} aperiodicity": statistics.aperiodicity}
    for name in _CLASSES:
        one: ClassStatistics = getattr(statistics, name)
        arrays |= {f"{prefix} {name} mean": one.mean, f"{prefix} {name} covariance": one.covariance}
        arrays[f"{prefix} {name} frames"] = np.array(one.frames)
    return arrays


def from_arrays(arrays: dict[str, np.ndarray], prefix: str) -> Statistics:
    def one(name: str) -> ClassStatistics:
        mean, covariance = (arrays[f"{prefix} {name} {part}"] for part in ("mean", "covariance"))
        return ClassStatistics(int(arrays[f"{prefix} {name} frames"]), mean, covariance)

    return Statistics(one("voiced"), one("unvoiced"), one("everything"), arrays[f"{prefix} aperiodicity"])


def fit(source: Statistics, reference: Statistics) -> VoiceMap:
    """The map from `source` to `reference`; what the reference has too little of stays as in the source.

    A reference without voiced frames (a whisper) gives its overall shift, smoothed.
    """
    voiced_shift, unvoiced_shift = _shifts(source, reference)
    enough = min(source.voiced.frames, reference.voiced.frames) >= MIN_ACTIVE
    return VoiceMap(
        _class_map(source.voiced, reference.voiced, voiced_shift, voiced=True),
        _class_map(source.unvoiced, reference.unvoiced, unvoiced_shift, voiced=False),
        np.clip(reference.aperiodicity - source.aperiodicity, -12.0, 12.0) if enough else np.zeros(3),
    )


def _shifts(source: Statistics, reference: Statistics) -> tuple[Array, Array]:
    """How far each class's mean moves, (48,) each. Few unvoiced frames estimate badly, so theirs is the voiced one."""
    if reference.voiced.frames >= MIN_ACTIVE:
        shift = _plausible(reference.voiced.mean - source.voiced.mean)
        return shift, _smooth(shift, _UNVOICED_SMOOTHING)
    if reference.everything.frames >= MIN_ACTIVE:
        shift = _smooth(_plausible(reference.everything.mean - source.everything.mean), _UNVOICED_SMOOTHING)
        return shift, shift
    return np.zeros(world.BANDS), np.zeros(world.BANDS)


def _plausible(shift: Array) -> Array:
    """Bands that the recording lacks (a telephone, a low sample rate) follow their nearest neighbour that it has."""
    middle = float(np.median(shift))
    dead = shift < middle - _DEAD_BAND
    widened = np.convolve(dead, np.ones(2 * _ROLL_OFF + 1), "same") > 0
    alive = np.flatnonzero(~(dead if widened.all() else widened))
    nearest = alive[np.abs(np.arange(len(shift))[:, None] - alive).argmin(axis=1)]
    return np.asarray(np.clip(shift[nearest], middle - _LARGEST_SHIFT, middle + _LARGEST_SHIFT))


def _smooth(values: Array, sigma: float, axis: int = 0) -> Array:
    from scipy.ndimage import gaussian_filter1d

    return np.asarray(gaussian_filter1d(values, sigma, axis=axis, mode="nearest"))


def _class_map(source: ClassStatistics, reference: ClassStatistics, shift: Array, voiced: bool) -> ClassMap:
    matrix = np.eye(world.BANDS)
    if min(source.frames, reference.frames) >= _MIN_FRAMES:
        matrix = _transport(source, reference)
        if voiced:
            matrix = _variance_ratio(source, reference, matrix)[:, None] * matrix
    sharpening = _sharpening() if voiced else np.eye(world.BANDS)
    target = sharpening @ (source.mean + shift)
    matrix = sharpening @ matrix
    return ClassMap((matrix - np.eye(world.BANDS)).T.copy(), target - matrix @ source.mean)


def _transport(source: ClassStatistics, reference: ClassStatistics) -> Array:
    """The bands' map (48, 48) that takes the source's Gaussian to the reference's at least cost, in the cepstrum.

    T = S^-1/2 (S^1/2 R S^1/2)^1/2 S^-1/2 (Olkin, Pukelsheim, 1982), R shrunk towards the source's correlations.
    """
    dct, block = _dct(), _TRANSPORTED
    s = (dct @ source.covariance @ dct.T)[block, block]
    r = _shrunk((dct @ reference.covariance @ dct.T)[block, block], s, reference.frames)
    s = s + np.eye(len(s)) * _RIDGE * np.trace(s) / len(s)
    r = r + np.eye(len(r)) * _RIDGE * np.trace(r) / len(r)
    root, inverse = _power(s, 0.5), _power(s, -0.5)
    cepstral = np.eye(world.BANDS)
    cepstral[block, block] = inverse @ _power(root @ r @ root, 0.5) @ inverse
    return dct.T @ cepstral @ dct


def _shrunk(r: Array, s: Array, frames: int) -> Array:
    weight = frames / (frames + _SHRINKAGE_FRAMES)
    ratio = np.sqrt(np.diag(r) / np.diag(s))
    return weight * r + (1 - weight) * (ratio[:, None] * s * ratio)


def _power(matrix: Array, exponent: float) -> Array:
    """Of a symmetric positive definite matrix."""
    values, vectors = np.linalg.eigh(matrix)
    return np.asarray((vectors * np.maximum(values, 1e-12) ** exponent) @ vectors.T)


def _variance_ratio(source: ClassStatistics, reference: ClassStatistics, matrix: Array) -> Array:
    """Global variance (Toda, Black, Tokuda, 2007): per band, the reference's deviation over the mapped source's."""
    mapped = np.einsum("ij,jk,ik->i", matrix, source.covariance, matrix)
    return np.asarray(np.clip(np.sqrt(np.diag(reference.covariance) / mapped), *_VARIANCE_RATIO))


@cache
def _dct() -> Array:
    """Orthonormal DCT-II, (48, 48): cepstrum = dct @ bands."""
    n = np.arange(world.BANDS)
    rows = np.sqrt(2 / world.BANDS) * np.cos(np.pi * (n + 0.5) * n[:, None] / world.BANDS)
    rows[0] /= np.sqrt(2)
    return np.asarray(rows)


@cache
def _sharpening() -> Array:
    """The bands' map that deepens formants a little: what averaging took away."""
    weights = np.ones(world.BANDS)
    weights[_SHARPENED] = _SHARPENING
    return _dct().T @ (weights[:, None] * _dct())


def apply(voice: VoiceMap, analysis: Analysis) -> tuple[Array, Array]:
    """The analysis' envelope (n, 513) and aperiodicity (n, 3) in the mapped voice; F0 is not touched."""
    bands = world.log_bands(analysis.envelope)
    voicing = _smooth(analysis.voiced.astype(np.float64), _VOICING_SMOOTHING)
    # A linear map would blow up the shape of a pause's noise: no band goes below its faintest in speech. (A floor
    # common to all bands would lift those that the source hardly has, 60 dB and more below the others.)
    audible = np.maximum(bands, bands[active(analysis.envelope)].min(axis=0))
    difference = _difference(voice, audible, voicing[:, None])
    mapped = _smooth(bands, _SOURCE_SMOOTHING) + _smooth(difference, _DIFFERENCE_SMOOTHING)
    # From the bands alone: the source's finer structure is its own, and no help to the reference's likeness.
    envelope = np.exp(world.to_bins(mapped))
    return envelope, np.where(analysis.voiced[:, None], analysis.aperiodicity + voice.aperiodicity, 0.0)


def _difference(voice: VoiceMap, audible: Array, voicing: Array) -> Array:
    """What is added to each frame's bands; `audible` are the bands of frames and pauses alike, (n, 48)."""
    voiced = audible @ voice.voiced.gain + voice.voiced.offset
    unvoiced = audible @ voice.unvoiced.gain + voice.unvoiced.offset
    return np.asarray(voicing * voiced + (1 - voicing) * unvoiced)
