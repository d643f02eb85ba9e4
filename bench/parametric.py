"""`python -m bench.parametric`: what the parametric engine costs and does, as ratios measured in one run.

Cost: `speak` against WORLD copy-synthesis (DIO, StoneMask, CheapTrick, D4C, synthesis) of the same sound; at most 1.5.
Effect, on each of the clips in the `vieneu` package: the spectral distance to the reference before and after, the
error of the median F0, and how far the clone's tones follow the source's.
"""

from __future__ import annotations

from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path

import numpy as np
import soundfile

from bench.race import race
from vnclone import engines
from vnclone.engines import background, espeak, level, mapping, world
from vnclone.engines.base import Engine
from vnclone.models import Clip, Enrollment, Params

LIMIT = 1.5
TEXT = "Hôm nay trời đẹp, chúng tôi đi dạo quanh hồ và nói chuyện rất lâu. Ngày mai có thể sẽ mưa."
ROUNDS = 7


def clips() -> Iterator[tuple[str, Clip]]:
    """The recordings in the `vieneu` package, by file name; none where it is not installed."""
    spec = find_spec("vieneu")
    for folder in (spec.submodule_search_locations or []) if spec else []:
        for path in sorted(Path(folder, "assets", "samples").glob("*.wav")):
            samples, rate = soundfile.read(path, dtype="float32", always_2d=True)
            yield path.stem, Clip(samples.mean(axis=1), rate)


def source(variant: str) -> world.Array:
    """What the engine starts from: eSpeak NG's reading at 24 kHz without silent ends."""
    return level.trim(world.samples_at_24k(espeak.speak(TEXT, "vi" + variant)), world.SAMPLE_RATE)


def copy_synthesis(samples: world.Array) -> world.Array:
    """WORLD there and back, every frame, pyworld's own functions with the engine's settings."""
    import pyworld

    rate, size = world.SAMPLE_RATE, world.FFT_SIZE
    f0, times = pyworld.dio(samples, rate, world.F0_FLOOR, world.F0_CEILING, frame_period=world.FRAME_MS)
    f0 = pyworld.stonemask(samples, f0, times, rate)
    envelope = pyworld.cheaptrick(samples, f0, times, rate, fft_size=size)
    aperiodicity = pyworld.d4c(samples, f0, times, rate, fft_size=size)
    return np.asarray(pyworld.synthesize(f0, envelope, aperiodicity, rate, world.FRAME_MS))


def cost(engine: Engine, voice: Enrollment) -> float:
    """Print real-time factors; the ratio of `speak` to copy-synthesis."""
    samples = source(background.VARIANTS[int(voice.arrays["variant"])])
    seconds = len(samples) / world.SAMPLE_RATE
    speak, copy = race(ROUNDS, lambda: engine.speak(TEXT, voice, Params()), lambda: copy_synthesis(samples))
    print(f"speak {speak / seconds:.4f} x real time, copy-synthesis {copy / seconds:.4f} x ({seconds:.1f} s of speech)")
    print(f"ratio {speak / copy:.2f} (at most {LIMIT})")
    return speak / copy


def effect(engine: Engine, name: str, reference: Clip) -> None:
    """Print one line: distances in dB, F0 in per cent, correlation of log F0 contours."""
    voice = engine.enroll(reference, None)
    raw = world.analyze(source(background.VARIANTS[int(voice.arrays["variant"])]))
    clone = world.analyze(world.samples_at_24k(engine.speak(TEXT, voice, Params())))
    target = world.analyze(world.samples_at_24k(reference))
    before, after = distance(raw, target), distance(clone, target)
    error = np.median(clone.f0[clone.voiced]) / np.median(target.f0[target.voiced]) - 1
    print(f"{name:24s} {before:6.1f} {after:6.1f} {100 * error:+7.1f} {contour_correlation(clone.f0, raw.f0):12.3f}")


def distance(a: world.Analysis, b: world.Analysis) -> float:
    """Root mean square in dB between the mean voiced log envelopes below 10 kHz, levels set aside."""
    below = world.centres() < 10000
    difference = (mapping.measure(a).voiced.mean - mapping.measure(b).voiced.mean)[below]
    return float(np.std(difference) * 10 / np.log(10))


def contour_correlation(ours: world.Array, theirs: world.Array) -> float:
    """Of log F0 where both are voiced, at the best of +-8 frames: either may have lost some of its silent edge."""

    def at(lag: int) -> float:
        a, b = ours[max(0, lag) :], theirs[max(0, -lag) :]
        both = (a[: len(b)] > 0) & (b[: len(a)] > 0)
        return float(np.corrcoef(np.log(a[: len(b)][both]), np.log(b[: len(a)][both]))[0, 1])

    return max(map(at, range(-8, 9)))


def main() -> None:
    engine = engines.load("parametric")
    references = list(clips()) or [("eSpeak NG, vi+m3", espeak.speak(TEXT, "vi+m3"))]
    ratio = cost(engine, engine.enroll(references[0][1], None))
    print(f"\n{'reference':24s} {'raw dB':>6s} {'clone':>6s} {'F0 %':>7s} {'tones kept':>12s}")
    for name, reference in references:
        effect(engine, name, reference)
    raise SystemExit(ratio > LIMIT)


if __name__ == "__main__":
    main()
