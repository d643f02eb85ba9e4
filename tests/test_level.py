"""Loudness and true peak of a chunk, set once when it is made."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from tests.conftest import DEMO_VOICE
from vnclone.audio import files, loudness
from vnclone.audio.encode import encode
from vnclone.engines import level
from vnclone.models import Clip

RATE = 24_000


def speech() -> Clip:
    return files.read_wav(DEMO_VOICE)


def knock(samples: np.ndarray) -> np.ndarray:
    """The same with a burst of 5 ms, 12 dB above everything else."""
    knocked = samples.copy()
    place = slice(len(knocked) // 2, len(knocked) // 2 + RATE // 200)
    knocked[place] = 4 * np.abs(samples).max() * np.sin(np.arange(RATE // 200) * 0.8)
    return knocked


@pytest.mark.parametrize("gain", [0.02, 1.0, 3.0])
def test_a_chunk_is_at_19_lufs_below_a_true_peak_of_minus_1_5_db(gain: float) -> None:
    finished = level.finish(speech().samples.astype(np.float64) * gain, RATE)
    measured = loudness.measure(Clip(finished, RATE))  # by FFmpeg's meter
    assert finished.dtype == np.float32
    assert measured.lufs == pytest.approx(-19, abs=0.1)
    assert measured.true_peak_db <= -1.5


@pytest.mark.parametrize("seed", range(3))
def test_clicks_that_jump_between_samples_stay_below_the_true_peak(seed: int) -> None:
    chance = np.random.default_rng(seed)
    voice = speech().samples.astype(np.float64)
    voice[chance.integers(0, len(voice), 400)] += chance.choice([-2, 2], 400)
    assert loudness.measure(Clip(level.finish(voice, RATE), RATE)).true_peak_db <= -1.5


def test_sharp_sounds_stay_below_the_true_peak_and_do_not_pull_the_voice_down() -> None:
    voice = speech().samples.astype(np.float64)
    plain, knocked = level.finish(voice, RATE), level.finish(knock(voice), RATE)
    assert loudness.measure(Clip(knocked, RATE)).true_peak_db <= -1.5
    early = slice(RATE // 2, len(voice) // 2 - RATE // 10)
    lost = 20 * np.log10(np.std(plain[early]) / np.std(knocked[early]))
    assert -0.5 < lost < 1.0
    assert level.loudness(knocked, RATE) == pytest.approx(-19, abs=0.2)


@pytest.mark.parametrize(
    ("name", "quality"),
    [("mp3", "cbr"), ("mp3", "vbr"), ("wav", ""), ("flac", ""), ("opus", ""), ("m4a", ""), ("m4b", "")],
)
def test_every_format_is_as_loud_and_keeps_below_the_true_peak(tmp_path: Path, name: str, quality: str) -> None:
    voice = speech().samples.astype(np.float64)
    files.write_wav(tmp_path / "a.wav", Clip(level.finish(np.tile(knock(voice), 3), RATE), RATE))
    encode(tmp_path / "a.wav", tmp_path / f"a.{name}", name, {}, quality=quality or "cbr")
    heard = loudness.measure(files.decode(tmp_path / f"a.{name}", 60))
    assert heard.lufs == pytest.approx(-19, abs=0.3)
    assert heard.true_peak_db <= -1.5


def test_only_what_is_around_a_peak_is_held_down() -> None:
    """No pumping: 10 ms away from it the samples are a constant times what they were."""
    voice = speech().samples.astype(np.float64)
    far = np.abs(np.arange(len(voice)) - len(voice) // 2) > RATE // 100
    held = level._held_down((0.4 * knock(voice) / np.abs(voice).max()).astype(np.float32), RATE)
    loud = far & (np.abs(voice) > 0.1 * np.abs(voice).max())
    ratio = held[loud] / voice[loud]
    assert ratio.max() / ratio.min() == pytest.approx(1, abs=1e-3)


@pytest.mark.parametrize("shift", [0.0, 0.25, 0.5])
def test_the_true_peak_is_found_between_samples(shift: float) -> None:
    # A sine of a quarter of the rate: its samples show 3 dB less than its peak, or all of it.
    sine = 0.5 * np.sin(np.pi / 2 * (np.arange(4800) + shift)) * np.minimum(1, 4 * np.hanning(4800))
    assert level.true_peak_db(sine) == pytest.approx(20 * np.log10(0.5), abs=0.05)


def test_nothing_and_next_to_nothing_have_a_level_too() -> None:
    for count in (0, 1, 7, 300):
        finished = level.finish(np.full(count, 0.3), RATE)
        assert np.isfinite(finished).all() and len(finished) <= max(count, 1)
