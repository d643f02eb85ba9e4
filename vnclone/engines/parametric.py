"""The parametric engine: eSpeak NG's phonetics through the WORLD vocoder, adapted to the reference. No download.

`enroll` computes all that depends on the voice: linear maps for spectra, targets for pitch. `speak` applies them.
"""

from __future__ import annotations

import textwrap
from importlib.util import find_spec

import numpy as np

from vnclone.engines import background, espeak, level, mapping, world
from vnclone.engines.background import Pitch
from vnclone.engines.base import Plain, check_enrollment, not_installed
from vnclone.engines.mapping import ClassMap, VoiceMap
from vnclone.engines.world import Array
from vnclone.errors import BadInput, figure
from vnclone.models import Clip, EngineStatus, Enrollment, Params, Said

INSTALL = "pip install espeakng-loader pyworld-prebuilt"
_ALGORITHM = "2"  # part of the revision: raise it whenever the same input would sound different
_HIGH_VOICE = np.log(165.0)  # Hz: references above it are spoken from eSpeak's female variant
_SLOPE = (0.6, 1.0)  # of log F0: widening eSpeak's contour costs intelligibility
_SPEEDS = (0.25, 4.0)
_RATES = (80, 300)  # words a minute that eSpeak reads well; beyond, time is stretched
# How long eSpeak NG's "vi" takes at these words a minute, times the rate, over the same at 150: it hurries a little.
_RATE_POINTS, _RATE_ERROR = (80, 100, 150, 200, 250, 300), (0.98, 1.03, 1.0, 0.978, 0.959, 0.934)
_SILENCE_SECONDS = 0.05
_SHORTEST_REFERENCE = 0.2  # seconds: less than this is no voice at all


class Parametric(Plain):
    """Follows vnclone.engines.base.Engine."""

    name = "parametric"
    sample_rate = world.SAMPLE_RATE
    max_chars = 300
    languages = frozenset({"vi", "en"})
    licence = "GPL-3.0-or-later (eSpeak NG), MIT and BSD-3-Clause (pyworld, WORLD)"

    def __init__(self) -> None:
        self.revision = f"{_ALGORITHM}-espeak-{background.source_version()}"

    def status(self) -> EngineStatus:
        if find_spec("espeakng_loader") and find_spec("pyworld"):
            return EngineStatus("ready", Said("Sẵn sàng, không cần tải thêm gì.", "Ready; nothing to download."))
        return not_installed(INSTALL)

    def enroll(self, reference: Clip, transcript: str | None) -> Enrollment:
        """The maps from eSpeak NG's voice to `reference`, which may be short or whispered; `transcript` is not needed.

        What the recording has too little of (voiced frames, any sound) stays as eSpeak NG speaks it.
        """
        samples = world.samples_at_24k(reference)
        if len(samples) < _SHORTEST_REFERENCE * world.SAMPLE_RATE:
            samples = np.zeros(int(_SHORTEST_REFERENCE * world.SAMPLE_RATE))
        analysis = world.analyze(samples)
        pitch = background.pitch_of(analysis.f0)
        variant = int(pitch is not None and pitch.centre >= _HIGH_VOICE)
        source = background.statistics(background.VARIANTS[variant])
        voice = mapping.fit(source, mapping.measure(analysis))
        return Enrollment(self.name, self.revision, _map_arrays(voice) | _pitch_arrays(pitch, variant))

    def speak(self, text: str, voice: Enrollment, params: Params) -> Clip:
        """`text` at 24 kHz and -20 LUFS without silence at its ends; longer than `max_chars`, it is read in pieces.

        Raises EnrollmentUnusable for another revision's enrolment; BadInput for a language, accent or speed it has not.
        """
        check_enrollment(voice, self)
        _check(params)
        pieces = textwrap.wrap(espeak.sayable(text), self.max_chars, break_on_hyphens=False)
        spoken = [clip for clip in (_speak(piece, voice, params) for piece in pieces) if len(clip)]
        silence = np.zeros(int(_SILENCE_SECONDS * world.SAMPLE_RATE), np.float32)
        return Clip(np.concatenate(spoken) if spoken else silence, world.SAMPLE_RATE)


def _check(params: Params) -> None:
    slowest, fastest = _SPEEDS
    if not slowest <= params.speed <= fastest:
        raise BadInput(
            f"Tốc độ đọc nằm ngoài giới hạn. Hãy chọn từ {figure(slowest, digits=2)} đến {figure(fastest)}.",
            f"The reading speed is out of range. Choose from {slowest:g} to {fastest:g}.",
        )
    if params.language not in Parametric.languages:
        raise BadInput(
            f"Bộ đọc này chưa đọc được ngôn ngữ “{params.language}”. Hãy chọn vi hoặc en.",
            f"This engine cannot read the language “{params.language}” yet. Choose vi or en.",
        )


def _speak(text: str, voice: Enrollment, params: Params) -> np.ndarray:
    rate, frame_ms = _pace(params.speed)
    name = background.voice_name(params)
    variant = background.VARIANTS[int(voice.arrays["variant"])]
    source = level.trim(world.samples_at_24k(espeak.speak(text, name + variant, rate)), world.SAMPLE_RATE)
    if not len(source):
        return np.zeros(0, np.float32)
    analysis = world.analyze(source)
    envelope, aperiodicity = mapping.apply(_voice_map(voice), analysis)
    f0 = _move_pitch(analysis.f0, *_pitches(voice, name))
    return level.finish(world.synthesize(f0, envelope, aperiodicity, frame_ms), world.SAMPLE_RATE)


def _pace(speed: float) -> tuple[int, float]:
    """eSpeak's words a minute and the vocoder's frame length in ms that together give `speed`."""
    rate = round(min(max(background.WORDS_PER_MINUTE * speed, _RATES[0]), _RATES[1]))
    expected = np.interp(rate, _RATE_POINTS, _RATE_ERROR) * background.WORDS_PER_MINUTE / rate
    return rate, float(world.FRAME_MS / speed / expected)


def _move_pitch(f0: Array, source: Pitch, target: Pitch) -> Array:
    """Log-linear from the source's centre and spread to the reference's: every tone keeps its shape."""
    slope = np.clip(target.spread / source.spread, *_SLOPE)
    voiced = f0 > 0
    moved = target.centre + slope * (np.log(np.where(voiced, f0, 1.0)) - source.centre)
    return np.where(voiced, np.clip(np.exp(moved), world.F0_FLOOR, 2 * world.F0_CEILING), 0.0)


def _map_arrays(voice: VoiceMap) -> dict[str, np.ndarray]:
    return {
        "voiced_gain": voice.voiced.gain,
        "voiced_offset": voice.voiced.offset,
        "unvoiced_gain": voice.unvoiced.gain,
        "unvoiced_offset": voice.unvoiced.offset,
        "aperiodicity": voice.aperiodicity,
    }


def _voice_map(voice: Enrollment) -> VoiceMap:
    a = voice.arrays
    voiced = ClassMap(a["voiced_gain"], a["voiced_offset"])
    return VoiceMap(voiced, ClassMap(a["unvoiced_gain"], a["unvoiced_offset"]), a["aperiodicity"])


def _pitch_arrays(target: Pitch | None, variant: int) -> dict[str, np.ndarray]:
    """Centre and spread of each source voice (4, 2) and of the reference (2,), which defaults to the northern one's."""
    sources = [background.pitch(name, background.VARIANTS[variant]) for name in background.VOICES]
    target = target or sources[0]
    return {
        "variant": np.array(variant),
        "source_pitch": np.array([(pitch.centre, pitch.spread) for pitch in sources]),
        "pitch": np.array((target.centre, target.spread)),
    }


def _pitches(voice: Enrollment, name: str) -> tuple[Pitch, Pitch]:
    source = voice.arrays["source_pitch"][background.VOICES.index(name)]
    return Pitch(*map(float, source)), Pitch(*map(float, voice.arrays["pitch"]))
