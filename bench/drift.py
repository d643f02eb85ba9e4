"""`python -m bench.drift`: whether a long reading stays as loud and as high at its end as at its beginning.

Sixty chunks as neural engines finish them, from raw sound that differs by up to 24 dB (real clips of several speakers),
and sixty of the parametric engine. Printed: spread of loudness between chunks, and trends from first to last.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np

ROOT = Path(__file__).resolve().parent.parent
CHUNKS = 60
SENTENCE = "Câu số {number} kể chuyện một ngày bình thường ở làng, có nắng, có gió và tiếng cười của trẻ nhỏ."


def report(name: str, loudness: Sequence[float], pitch: Sequence[float] = ()) -> None:
    """Print spread and trend: LU, and semitones where a pitch was measured."""
    order = np.arange(len(loudness))
    slope = float(np.polyfit(order, loudness, 1)[0]) * (len(loudness) - 1)
    print(f"{name}: {len(loudness)} chunks, loudness {np.mean(loudness):.2f} LUFS")
    print(f"  spread (standard deviation) {np.std(loudness):.2f} LU, first to last {slope:+.2f} LU")
    if len(pitch):
        tones = 12 * np.log2(np.asarray(pitch) / np.median(pitch))
        trend = float(np.polyfit(order, tones, 1)[0]) * (len(tones) - 1)
        print(f"  pitch: spread {np.std(tones):.2f} semitones, first to last {trend:+.2f} semitones")


def finished_clips() -> None:
    """Raw sound at very different levels, as a sampling model gives it, through what finishes every chunk."""
    import importlib.util

    import soundfile

    from vnclone.engines import level, neural
    from vnclone.models import Params

    found = importlib.util.find_spec("vieneu")
    folder = Path(found.submodule_search_locations[0]) if found and found.submodule_search_locations else None
    assert folder, "vieneu is not installed"
    paths = sorted((folder / "assets" / "samples").glob("*.wav"))
    clips = [(*soundfile.read(path, dtype="float32"), path.with_suffix(".txt").read_text("utf-8")) for path in paths]
    dice, before, after = np.random.default_rng(0), [], []
    for number in range(CHUNKS):
        samples, rate, text = clips[number % len(clips)]
        raw = (samples.mean(axis=1) if samples.ndim > 1 else samples) * 10 ** (dice.uniform(-24, 0) / 20)
        done = neural.speak_well(lambda _seed, raw=raw: raw, text, rate, Params(), first=raw)  # type: ignore[misc]
        before.append(level.loudness(raw.astype(np.float64), rate))
        after.append(level.loudness(done.samples.astype(np.float64), rate))
    report("raw clips", before)
    report("the same, finished", after)


def parametric() -> None:
    from vnclone import engines
    from vnclone.audio.files import read_wav
    from vnclone.engines import background, level, world
    from vnclone.models import Params

    engine = engines.load("parametric")
    voice = engine.enroll(read_wav(ROOT / "assets" / "demo_voice.wav"), None)
    loudness, pitch = [], []
    for number in range(CHUNKS):
        clip = engine.speak(SENTENCE.format(number=number), voice, Params())
        loudness.append(level.loudness(clip.samples.astype(np.float64), clip.sample_rate))
        heard = background.pitch_of(world.analyze(clip.samples.astype(np.float64)).f0)
        assert heard
        pitch.append(float(np.exp(heard.centre)))
    report("parametric", loudness, pitch)


def main() -> None:
    finished_clips()
    parametric()


if __name__ == "__main__":
    main()
