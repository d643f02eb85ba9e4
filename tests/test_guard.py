"""The guard on real readings and damaged ones; what is done about a bad reading; tempo."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from importlib.util import find_spec
from pathlib import Path

import numpy as np
import pytest
import soundfile

from vnclone import engines
from vnclone.audio import tempo
from vnclone.engines import guard, level, neural
from vnclone.errors import BadInput
from vnclone.models import Clip, Params

RATE = 24_000
SHORT = ("Vâng.", "Không!", "Chương một.", "Ai đó?", "Được rồi.", "Hà Nội.", "Mẹ ơi!", "Xin chào bạn.")
LONG = (
    "Hôm nay trời đẹp, chúng tôi đi dạo quanh hồ và nói chuyện rất lâu.",
    "Bà ngoại nấu nồi canh chua trong im lặng; sau đó trở về nhà.",
    "Anh ấy hỏi vì sao giá vé tàu hoả lại tăng nhanh như thế?",
    "Thầy hiệu trưởng kể một câu chuyện dài. Rồi thôi.",
    "Nguyễn Thị Hằng viết thư cho mẹ dù ngoài kia gió thổi mạnh, và mọi người đều vui.",
    "Đoàn tàu chạy qua cánh đồng lúa chín vàng khi trời vừa hửng nắng.",
)
ENGLISH = ("The weather is lovely today, so we walked around the lake.", "She reads stories to her children.")


def _recordings() -> list[tuple[np.ndarray, int, str]]:
    """(samples, rate, what is said) of the people in the `vieneu` package."""
    spec = find_spec("vieneu")
    assert spec and spec.submodule_search_locations
    folder = Path(spec.submodule_search_locations[0]) / "assets" / "samples"
    found = []
    for path in sorted(folder.glob("*.wav")):
        samples, rate = soundfile.read(path, dtype="float32", always_2d=True)
        found.append((samples.mean(axis=1), rate, path.with_suffix(".txt").read_text("utf-8")))
    assert len(found) > 4
    return found


@cache
def _read(text: str) -> np.ndarray:
    engine = engines.load("parametric")
    return engine.speak(text, _voice(), Params(language="en" if text in ENGLISH else "vi")).samples


@cache
def _voice() -> object:
    samples, rate, _ = _recordings()[1]
    return engines.load("parametric").enroll(Clip(samples, rate), None)


def _flaws(samples: np.ndarray, text: str) -> tuple[str, ...]:
    return guard.judge(samples, RATE, text).flaws


# What is good


def test_what_people_read_is_not_rejected() -> None:
    for samples, rate, text in _recordings():
        assert guard.judge(samples, rate, text) == guard.Verdict((), 0.0), text


@pytest.mark.parametrize("text", [*SHORT, *LONG, *ENGLISH])
def test_a_good_reading_is_not_rejected(text: str) -> None:
    assert _flaws(_read(text), text) == ()


@pytest.mark.parametrize("gain", [0.02, 3.0])
def test_level_and_silent_ends_do_not_matter(gain: float) -> None:
    padded = np.pad(gain * _read(LONG[0]), RATE)
    assert _flaws(padded, LONG[0]) == ()


@pytest.mark.parametrize("speed", [0.75, 1.3])
def test_slow_and_quick_readers_are_not_rejected(speed: float) -> None:
    for text in LONG:
        assert _flaws(tempo.stretch(Clip(_read(text), RATE), speed).samples, text) == ()


def test_what_a_text_says_twice_may_sound_twice() -> None:
    text = "Đi thôi đi thôi đi thôi đi thôi."
    sound = np.tile(np.pad(_read("Đi thôi đi thôi."), (0, 2400)), 2)
    assert _flaws(sound, text) == ()


def test_a_cue_may_take_its_time() -> None:
    laugh = 0.1 * np.random.default_rng(0).normal(size=RATE) * (np.sin(np.arange(RATE) / RATE * 40) > 0)
    sound = np.concatenate([_read("Thế à."), laugh])
    assert "too_long" not in _flaws(sound, "Thế à [cười].") and "babble" not in _flaws(sound, "Thế à [cười].")


@pytest.mark.parametrize(
    ("text", "count"),
    [
        ("Nghiêng người khuya khoắt", 4),
        ("xoè tay", 2),
        ("The cake is yellow", 5),
        ("TPHCM", 5),
        ("một 2", 2),
        ("Ừ [cười] thì <|emotion_2|> thôi", 3),
        ("… —", 0),
    ],
)
def test_syllables_are_counted_in_both_languages_without_cues(text: str, count: int) -> None:
    assert guard.syllables(text) == count


# What is not


def _half(s: np.ndarray) -> np.ndarray:
    return s[: int(0.45 * len(s))]


def _doubled(s: np.ndarray) -> np.ndarray:
    return np.concatenate([s, s])


def _babbling(s: np.ndarray) -> np.ndarray:
    return np.concatenate([s, np.resize(_read("Ngày xưa ở làng kia có hai anh em mồ côi cha mẹ từ thuở bé."), len(s))])


def _with_gap(s: np.ndarray) -> np.ndarray:
    return np.concatenate([_half(s), np.zeros(2 * RATE, np.float32), s[len(_half(s)) :]])


def _clipped(s: np.ndarray) -> np.ndarray:
    return np.clip(6 * s, -1, 1)


def _noise(s: np.ndarray) -> np.ndarray:
    return np.random.default_rng(0).normal(0, 0.1, max(len(s), RATE))


def _humming(s: np.ndarray) -> np.ndarray:
    times = np.arange(2 * RATE) / RATE
    return np.concatenate([s, 0.1 * sum(np.sin(2 * np.pi * 150 * n * times) / n for n in range(1, 12))])


def _looping(s: np.ndarray) -> np.ndarray:
    middle, word = len(s) // 2, int(0.35 * RATE)
    return np.concatenate([s[:middle], np.tile(s[middle : middle + word], 8), s[middle:]])


@pytest.mark.parametrize(
    ("damage", "codes"),
    [
        (_half, {"too_short"}),
        (_doubled, {"too_long"}),
        (_babbling, {"too_long"}),
        (_with_gap, {"gap"}),
        (_clipped, {"clipped"}),
        (_noise, {"noise"}),
        (_humming, {"stuck"}),
        (_looping, {"loop", "too_long"}),
        (np.zeros_like, {"silent"}),
        (lambda s: s[:0], {"silent"}),
        (lambda s: np.where(np.arange(len(s)) == 99, np.nan, s), {"broken"}),
        (lambda s: np.where(np.arange(len(s)) == 99, np.inf, s), {"broken"}),
    ],
)
def test_damage_is_heard_and_named(damage: Callable[[np.ndarray], np.ndarray], codes: set[str]) -> None:
    for text in LONG[:4]:
        verdict = guard.judge(damage(_read(text)), RATE, text)
        assert codes & set(verdict.flaws) and verdict.badness > 0, (text, verdict)


@pytest.mark.parametrize("text", ["Vâng.", "Không!", "Ai đó?", "Được rồi."])
def test_one_word_with_more_said_after_it_is_babble(text: str) -> None:
    assert {"babble", "too_long"} & set(_flaws(np.concatenate([_read(text), _read("Không phải thế đâu.")]), text))


def test_more_damage_is_worse() -> None:
    sound = _read(LONG[0])
    little, much = (guard.judge(np.tile(sound, times), RATE, LONG[0]).badness for times in (2, 4))
    assert 0 < little < much < guard.judge(np.zeros(RATE), RATE, LONG[0]).badness


@pytest.mark.parametrize("count", [1, 2, 100, 500])
def test_the_shortest_sounds_are_judged_too(count: int) -> None:
    assert _flaws(np.full(count, 0.5), LONG[0])
    assert isinstance(_flaws(np.full(count, 0.5), "…"), tuple)


# What is done about it


def test_a_bad_reading_is_replaced_by_a_good_one_with_another_seed() -> None:
    seeds: list[int] = []

    def raw(seed: int) -> np.ndarray:
        seeds.append(seed)
        return _doubled(_read(LONG[0])) if len(seeds) < 3 else _read(LONG[0])

    clip = neural.speak_well(raw, LONG[0], RATE, Params(seed=5))
    assert len(set(seeds)) == 3 and seeds[0] == 5 and clip.flaws == ()
    assert clip.seconds == pytest.approx(len(_read(LONG[0])) / RATE, abs=0.05)


def test_a_good_reading_is_not_read_again() -> None:
    seeds: list[int] = []

    def raw(seed: int) -> np.ndarray:
        seeds.append(seed)
        return _read(LONG[0])

    neural.speak_well(raw, LONG[0], RATE, Params())
    neural.speak_well(raw, LONG[0], RATE, Params(), first=_read(LONG[0]))
    assert seeds == [0]


def test_the_least_bad_reading_is_kept_with_its_flaws() -> None:
    readings = iter([np.tile(_read(LONG[0]), 4), np.tile(_read(LONG[0]), 2), np.tile(_read(LONG[0]), 3)])
    clip = neural.speak_well(lambda seed: next(readings), LONG[0], RATE, Params())
    assert "too_long" in clip.flaws and clip.seconds == pytest.approx(2 * len(_read(LONG[0])) / RATE, abs=0.1)


@pytest.mark.parametrize("value", [0.0, np.nan])
def test_readings_without_sound_are_a_silence_that_says_so(value: float) -> None:
    clip = neural.speak_well(lambda seed: np.full(RATE, value), LONG[0], RATE, Params())
    assert 0 < clip.seconds < 0.3 and not clip.samples.any() and clip.flaws


@pytest.mark.parametrize("gain", [0.01, 0.3, 4.0])
def test_whatever_the_models_level_the_clip_is_equally_loud(gain: float) -> None:
    clip = neural.speak_well(lambda seed: gain * _read(LONG[1]), LONG[1], RATE, Params())
    assert level.loudness(clip.samples.astype(np.float64), RATE) == pytest.approx(level.TARGET_LUFS, abs=0.3)


@pytest.mark.parametrize("seed", [0, -1, 2**32, 2**40])
def test_any_seed_is_within_what_generators_take(seed: int) -> None:
    taken: list[int] = []

    def raw(given: int) -> np.ndarray:
        taken.append(given)
        return np.zeros(10)

    neural.speak_well(raw, "a", RATE, Params(seed=seed))
    assert len(taken) == 3 and all(0 <= given < 2**32 for given in taken)


@pytest.mark.parametrize("limit", [7, 20, 40, 140])
def test_pieces_lose_and_double_nothing_and_keep_the_limit(limit: int) -> None:
    text = "một hai ba, bốn năm [thở dài] sáu bảy; tám — “chín” mười. " * 6 + "a" * 50
    pieces = neural.pieces(text, limit)
    assert "".join(pieces).replace(" ", "") == text.replace(" ", "")
    assert all(0 < len(piece) <= limit for piece in pieces)
    if limit >= 20:
        assert sum(piece.count("[thở dài]") for piece in pieces) == 6


# Tempo


def _tone(seconds: float, rate: int) -> np.ndarray:
    return (0.5 * np.sin(2 * np.pi * 220 * np.arange(round(seconds * rate)) / rate)).astype(np.float32)


@pytest.mark.parametrize("rate", [24_000, 48_000])
@pytest.mark.parametrize("speed", [0.5, 0.8, 1.25, 1.5, 2.0])
@pytest.mark.parametrize("seconds", [0.3, 3.0])
def test_tempo_changes_the_length_and_not_the_pitch(rate: int, speed: float, seconds: float) -> None:
    sound = _tone(seconds, rate)
    other = tempo.stretch(Clip(sound, rate), speed)
    assert len(other.samples) == round(len(sound) / speed) and other.sample_rate == rate
    spectrum = np.abs(np.fft.rfft(other.samples * np.hanning(len(other.samples)), 1 << 19))
    assert spectrum.argmax() * rate / (1 << 19) == pytest.approx(220, rel=0.01)


@pytest.mark.parametrize("speed", [0.5, 0.9, 1.1, 2.0])
def test_tempo_makes_no_clicks_and_keeps_both_ends(speed: float) -> None:
    sound = np.pad(_tone(2, RATE), (RATE // 10, 0))
    other = tempo.stretch(Clip(sound, RATE), speed).samples
    inside = other[int(0.15 * RATE / speed) : len(other) - RATE // 50]
    assert np.abs(np.diff(inside)).max() < 1.1 * np.abs(np.diff(sound[RATE // 5 :])).max()
    loud = np.flatnonzero(np.abs(other) > 0.05)
    assert loud[0] / RATE == pytest.approx(0.1 / speed, abs=0.06) and len(other) - loud[-1] < 0.02 * RATE


def test_tempo_of_one_is_the_clip_itself_and_of_nothing_nothing() -> None:
    clip = Clip(_tone(1, RATE), RATE, ("gap",))
    assert tempo.stretch(clip, 1.0) is clip and tempo.stretch(clip, 1.5).flaws == ("gap",)
    assert len(tempo.stretch(Clip(np.zeros(0, np.float32), RATE), 2.0).samples) == 0


@pytest.mark.parametrize("speed", [0.0, 0.49, 2.01, float("nan"), float("inf")])
def test_tempo_refuses_what_would_be_heard(speed: float) -> None:
    with pytest.raises(BadInput):
        tempo.stretch(Clip(_tone(1, RATE), RATE), speed)
