"""The parametric engine: eSpeak NG's phonetics through the WORLD vocoder, adapted to the reference. No download.

`enroll` computes all that depends on the voice: linear maps for spectra, targets for pitch. `speak` applies them.
Seed 0 is the plain reading; every other seed is another take of it, read a little faster or slower, livelier or calmer,
with phrases that fall more or less. eSpeak NG's word times are carried along to the finished sound.
"""

from __future__ import annotations

import textwrap
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from hashlib import blake2b
from importlib.util import find_spec

import numpy as np

from vnclone.engines import background, espeak, level, mapping, world
from vnclone.engines.background import Pitch
from vnclone.engines.base import Plain, check_enrollment, not_installed
from vnclone.engines.mapping import ClassMap, VoiceMap
from vnclone.engines.world import Array
from vnclone.errors import BadInput, figure
from vnclone.models import Clip, EngineStatus, Enrollment, Params, Said, Word

INSTALL = "pip install espeakng-loader pyworld-prebuilt"
_ALGORITHM = "4"  # part of the revision: raise it whenever the same input would sound different
_HIGH_VOICE = np.log(165.0)  # Hz: references above it are spoken from eSpeak's female variant
_SLOPE = (0.6, 1.0)  # of log F0: widening eSpeak's contour costs intelligibility
_SPEEDS = (0.25, 4.0)
_RATES = (80, 300)  # words a minute that eSpeak reads well; beyond, time is stretched
# How long eSpeak NG's "vi" takes at these words a minute, times the rate, over the same at 150: it hurries a little.
_RATE_POINTS, _RATE_ERROR = (80, 100, 150, 200, 250, 300), (0.98, 1.03, 1.0, 0.978, 0.959, 0.934)
_SILENCE_SECONDS = 0.05
# How far a take goes from the plain reading, least and most: far enough to hear, too little to bend a tone.
_PACE = (0.025, 0.04)  # of the speed
_LIVELIER, _CALMER = (0.08, 0.12), (0.15, 0.22)  # of the pitch range; less up than down: a wider one is less clear
_HIGHER = 0.25  # nepers of F0 that twice the pitch range is spoken higher; a calmer reading is lower
_FALL = (0.15, 0.25)  # of the pitch range
_FALL_SECONDS = 0.4  # before a phrase's last voiced sound: two syllables, so that each keeps its tone
# The signs of pace, range and fall. Neighbours differ in two or three of them, so that no take sounds like the last.
_SIGNS = ((1, 1, 1), (1, -1, -1), (-1, 1, -1), (-1, -1, 1), (1, 1, -1), (1, -1, 1), (-1, 1, 1), (-1, -1, -1))
_PHRASE_ENDS, _CLOSERS = tuple(".,;:!?…"), "\"'”’»)]}"
_SHORTEST_REFERENCE = 0.2  # seconds: less than this is no voice at all


class Parametric(Plain):
    """Follows vnclone.engines.base.Engine."""

    name = "parametric"
    sample_rate = world.SAMPLE_RATE
    max_chars = 300
    languages = frozenset({"vi", "en"})
    by_sentence = True
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
        """`text` at 24 kHz and -19 LUFS without silence at its ends; longer than `max_chars`, it is read in pieces.

        The words are those of `text`, with no time between them: a pause belongs to the word before it.
        Raises EnrollmentUnusable for another revision's enrolment; BadInput for a language, accent or speed it has not.
        """
        check_enrollment(voice, self)
        _check(params)
        pieces = textwrap.wrap(espeak.sayable(text), self.max_chars, break_on_hyphens=False)
        spoken = [clip for clip in (_speak(piece, voice, params) for piece in pieces) if len(clip.samples)]
        return _joined(spoken) if spoken else Clip(_silence(), world.SAMPLE_RATE)


@dataclass(frozen=True, slots=True)
class _Take:
    """A manner of reading: factors of pace and of pitch range; how far phrase ends are lifted, in pitch ranges."""

    pace: float = 1.0
    range: float = 1.0
    lift: float = 0.0


def _take(text: str, seed: int) -> _Take:
    """The same for the same text and seed, on any machine and with any version of numpy."""
    if not seed:
        return _Take()
    digest = blake2b(f"{seed} {text}".encode(), digest_size=3).digest()
    flips = blake2b(text.encode(), digest_size=1).digest()[0]  # so that not every chunk changes in the same way
    signs = [sign * (-1) ** (flips >> bit & 1) for bit, sign in enumerate(_SIGNS[seed % len(_SIGNS)])]
    limits = (_PACE, _LIVELIER if signs[1] > 0 else _CALMER, _FALL)
    pace, width, lift = (
        sign * (least + (most - least) * byte / 255)
        for sign, (least, most), byte in zip(signs, limits, digest, strict=True)
    )
    return _Take(1 + pace, 1 + width, lift)


def _joined(clips: list[Clip]) -> Clip:
    words: list[Word] = []
    at = 0.0
    for clip in clips:
        words += (Word(word.text, at + word.start, at + word.end) for word in clip.words)
        at += clip.seconds
    return Clip(np.concatenate([clip.samples for clip in clips]), world.SAMPLE_RATE, words=tuple(words))


def _silence() -> np.ndarray:
    return np.zeros(int(_SILENCE_SECONDS * world.SAMPLE_RATE), np.float32)


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


def _speak(text: str, voice: Enrollment, params: Params) -> Clip:
    take = _take(text, params.seed)
    rate, frame_ms = _pace(params.speed)
    name = background.voice_name(params)
    said = espeak.speak(text, name + background.VARIANTS[int(voice.arrays["variant"])], rate)
    whole = world.samples_at_24k(said)
    source = level.trim(whole, world.SAMPLE_RATE)
    if not len(source):
        return Clip(np.zeros(0, np.float32), world.SAMPLE_RATE)
    words = list(_moved(said.words, _lost(whole)))
    analysis = world.analyze(source)
    envelope, aperiodicity = mapping.apply(_voice_map(voice), analysis)
    f0 = _move_pitch(analysis.f0, *_pitches(voice, name), take, _ends(words, analysis.f0))
    made = world.synthesize(f0, envelope, aperiodicity, frame_ms / take.pace)
    stretch, lost = frame_ms / take.pace / world.FRAME_MS, _lost(made)
    samples = level.finish(made, world.SAMPLE_RATE)
    return Clip(samples, world.SAMPLE_RATE, words=_within(_moved(words, lost, stretch), len(samples)))


def _lost(samples: Array) -> float:
    """Seconds that `level.trim` takes from the front."""
    return level.edges(samples, world.SAMPLE_RATE)[0] / world.SAMPLE_RATE


def _moved(words: Iterable[Word], lost: float, stretch: float = 1.0) -> Iterator[Word]:
    for word in words:
        yield Word(word.text, word.start * stretch - lost, word.end * stretch - lost)


def _within(words: Iterable[Word], samples: int) -> tuple[Word, ...]:
    """The words of a sound that is so long: the last one ends with it, and trimmed edges are no time."""
    seconds = samples / world.SAMPLE_RATE
    kept = [Word(word.text, *np.clip((word.start, word.end), 0.0, seconds).tolist()) for word in words]
    return (*kept[:-1], *(Word(word.text, word.start, seconds) for word in kept[-1:]))


def _pace(speed: float) -> tuple[int, float]:
    """eSpeak's words a minute and the vocoder's frame length in ms that together give `speed`."""
    rate = round(min(max(background.WORDS_PER_MINUTE * speed, _RATES[0]), _RATES[1]))
    expected = np.interp(rate, _RATE_POINTS, _RATE_ERROR) * background.WORDS_PER_MINUTE / rate
    return rate, float(world.FRAME_MS / speed / expected)


def _move_pitch(f0: Array, source: Pitch, target: Pitch, take: _Take, ends: Array) -> Array:
    """Log-linear from the source's centre and spread to the reference's: every tone keeps its shape.

    `ends`: how far each frame is in the end of its phrase, 0 to 1.
    """
    slope = np.clip(target.spread / source.spread, *_SLOPE) * take.range
    centre = target.centre + _HIGHER * (take.range - 1)
    voiced = f0 > 0
    moved = centre + slope * (np.log(np.where(voiced, f0, 1.0)) - source.centre + take.lift * source.spread * ends)
    return np.where(voiced, np.clip(np.exp(moved), world.F0_FLOOR, 2 * world.F0_CEILING), 0.0)


def _ends(words: list[Word], f0: Array) -> Array:
    """Of each frame: 0, and rising to 1 over the last 0.4 s before the last voiced frame of a phrase."""
    ramp = np.linspace(0.0, 1.0, int(1000 * _FALL_SECONDS / world.FRAME_MS))
    ends, voiced = np.zeros(len(f0)), np.flatnonzero(f0 > 0)
    for word in words:
        before = int(np.searchsorted(voiced, 1000 * word.end / world.FRAME_MS))
        if before and word.text.rstrip(_CLOSERS).endswith(_PHRASE_ENDS):
            stop = voiced[before - 1] + 1
            start = max(0, stop - len(ramp))
            ends[start:stop] = ramp[start - stop :]
    return ends


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
