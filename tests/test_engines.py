"""The engines' room: the registry, eSpeak NG by ctypes, WORLD, and the parametric clone, all for real."""

from __future__ import annotations

import hashlib
import os
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from importlib.util import find_spec
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
import soundfile

from vnclone import engines
from vnclone.engines import background, base, espeak, level, mapping, world
from vnclone.engines.base import Engine, EnrollmentUnusable
from vnclone.errors import BadInput
from vnclone.models import Clip, Enrollment, Params

SENTENCE = "Hôm nay trời đẹp, chúng tôi đi dạo quanh hồ và nói chuyện rất lâu."
ENGLISH = "The weather is lovely today, so we walked around the lake."
ROOT = Path(__file__).parent.parent


def _reference(name: str) -> Clip:
    spec = find_spec("vieneu")
    assert spec and spec.submodule_search_locations
    folder = Path(spec.submodule_search_locations[0]) / "assets" / "samples"
    (path,) = folder.glob(f"{name}*.wav")
    samples, rate = soundfile.read(path, dtype="float32", always_2d=True)
    return Clip(samples.mean(axis=1), rate)


@pytest.fixture(scope="module")
def engine() -> Engine:
    return engines.load("parametric")


@pytest.fixture(scope="module")
def man(engine: Engine) -> Enrollment:
    return engine.enroll(_reference("Tuyên"), None)


@pytest.fixture(scope="module")
def woman(engine: Engine) -> Enrollment:
    return engine.enroll(_reference("Ly"), "không cần lời")


def _analysis(clip: Clip) -> world.Analysis:
    return world.analyze(world.samples_at_24k(clip))


def _median_f0(clip: Clip) -> float:
    f0 = world.pitch(world.samples_at_24k(clip))[0]
    return float(np.median(f0[f0 > 0]))


def _timbre(clip: Clip) -> np.ndarray:
    """Mean voiced log envelope below 10 kHz without its level."""
    mean = mapping.measure(_analysis(clip)).voiced.mean[world.centres() < 10000]
    return np.asarray(mean - mean.mean())


def _contour_correlation(clip: Clip, source: np.ndarray) -> float:
    """Of log F0 where both are voiced, at the best of +-8 frames: either may have lost some of its silent edge."""
    ours, theirs = world.pitch(world.samples_at_24k(clip))[0], world.pitch(source)[0]
    best = 0.0
    for lag in range(-8, 9):
        a, b = ours[max(0, lag) :], theirs[max(0, -lag) :]
        both = (a[: len(b)] > 0) & (b[: len(a)] > 0)
        assert both.sum() > 200
        best = max(best, np.corrcoef(np.log(a[: len(b)][both]), np.log(b[: len(a)][both]))[0, 1])
    return best


def _tones_kept(clip: Clip, source: np.ndarray) -> float:
    """The same for a take, whose pace differs: in the source's time, without the tracker's slips (1 to 2 % of frames).

    A slip is a frame that lies further from the line through all than 98 in 100 do: half an octave off, mostly.
    """
    ours, theirs = world.pitch(world.samples_at_24k(clip))[0], world.pitch(source)[0]
    ours = ours[np.linspace(0, len(ours) - 1, len(theirs)).round().astype(int)]
    best = 0.0
    for lag in range(-8, 9):
        a, b = ours[max(0, lag) :], theirs[max(0, -lag) :]
        a, b = a[: len(b)], b[: len(a)]
        x, y = np.log(b[(a > 0) & (b > 0)]), np.log(a[(a > 0) & (b > 0)])
        off = np.abs(y - np.polyval(np.polyfit(x, y, 1), x))
        kept = off <= np.quantile(off, 0.98)
        best = max(best, np.corrcoef(x[kept], y[kept])[0, 1])
    return best


def _bytes(clip: Clip) -> str:
    return hashlib.sha256(clip.samples.tobytes()).hexdigest()


# The registry


def test_auto_is_an_engine_that_is_ready() -> None:
    assert engines.best() in engines.names()
    assert engines.load("auto").name == engines.best()
    assert engines.load("auto").status().state == "ready"


def test_an_unknown_engine_lists_what_exists_in_both_languages() -> None:
    with pytest.raises(BadInput) as caught:
        engines.load("festival")
    for said in (caught.value.said.vi, caught.value.said.en):
        assert "festival" in said and "parametric" in said and "auto" in said


def test_importing_the_room_loads_nothing_heavy() -> None:
    heavy = {"scipy", "pyworld", "soxr", "espeakng_loader", "torch", "librosa"}
    code = f"import sys\nfrom vnclone import engines\nengines.load('auto')\nprint({heavy!r} & set(sys.modules))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=ROOT)
    assert done.stdout.strip() == "set()"


# eSpeak NG


@pytest.mark.parametrize("voice", ["vi", "vi-VN-x-central", "vi-VN-x-south", "en-us", "vi+f2", "en-us+f2"])
def test_every_source_voice_speaks(voice: str) -> None:
    clip = espeak.speak(SENTENCE, voice)
    assert clip.sample_rate == 22050 and clip.seconds > 2 and np.abs(clip.samples).max() > 0.1


def test_voices_and_variants_differ() -> None:
    names = ["vi", "vi-VN-x-central", "vi-VN-x-south", "vi+f2"]
    assert len({_bytes(espeak.speak(SENTENCE, name)) for name in names}) == len(names)


@pytest.mark.parametrize("name", ["vi+nope", "vi+../../vi", "tlh-klingon", ""])
def test_an_unknown_voice_or_variant_is_refused(name: str) -> None:
    with pytest.raises(BadInput):
        espeak.speak("xin chào", name)


@pytest.mark.parametrize("text", ["", "   \n\t", "...!?—…", "🙂🙂", "\x00\x01\x1b", "\u200b\ufeff", "<>", "\ud800"])
def test_nothing_to_say_is_an_empty_clip(text: str) -> None:
    assert espeak.sayable(text) == ""
    assert len(espeak.speak(text, "vi").samples) == 0


def test_markup_is_read_as_words_and_never_obeyed() -> None:
    spoken = espeak.speak('<voice name="en-us">xin chào</voice>', "vi")
    plain = espeak.speak('voice name="en-us" xin chào /voice', "vi")
    assert _bytes(spoken) == _bytes(plain)
    assert _bytes(espeak.speak("[[h@l@U]] xin chào", "vi")) == _bytes(espeak.speak("h@l@U xin chào", "vi"))


def test_embedded_commands_and_broken_characters_change_nothing() -> None:
    plain = _bytes(espeak.speak("xin chào", "vi"))
    for dirty in ("\x01xin chào", "xin\x00 chào", "xin chào\ud800", "xin chào 🙂"):
        assert _bytes(espeak.speak(dirty, "vi")) == plain


def test_a_very_long_text_is_read_to_its_end() -> None:
    short, long = (espeak.speak("một hai ba bốn năm, " * times, "vi", 300).seconds for times in (100, 400))
    assert long == pytest.approx(4 * short, rel=0.05)
    assert espeak.speak("a" * 5000, "vi", 300).seconds > 1


def test_the_rate_changes_the_length_and_is_kept_within_limits() -> None:
    slow, normal, fast = (espeak.speak(SENTENCE, "vi", rate).seconds for rate in (100, 150, 250))
    assert slow > 1.2 * normal > 1.2 * 1.2 * fast
    assert espeak.speak(SENTENCE, "vi", 5).seconds == espeak.speak(SENTENCE, "vi", 80).seconds


def test_espeak_keeps_nothing_between_calls() -> None:
    first = _bytes(espeak.speak(SENTENCE, "vi+f2"))
    espeak.speak("something else entirely", "en-us", 300, pitch=90)
    assert _bytes(espeak.speak(SENTENCE, "vi+f2")) == first


def test_a_data_folder_deeper_than_espeaks_buffer_is_found(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    import espeakng_loader

    real, deep = espeakng_loader.get_data_path(), tmp_path / ("d" * 120) / ("e" * 120)
    deep.mkdir(parents=True)
    (deep / "espeak-ng-data").symlink_to(real)
    plain = _bytes(espeak.speak("xin chào", "vi+f2"))
    monkeypatch.setattr(espeakng_loader, "get_data_path", lambda: str(deep / "espeak-ng-data"))
    assert _bytes(espeak.speak("xin chào", "vi+f2")) == plain


# WORLD and level


def test_sparse_aperiodicity_is_close_to_every_frames() -> None:
    import pyworld

    samples = world.samples_at_24k(espeak.speak(SENTENCE, "vi"))
    f0, times = world.pitch(samples)
    full = pyworld.d4c(samples, f0, times, world.SAMPLE_RATE, fft_size=world.FFT_SIZE)
    exact, sparse = pyworld.code_aperiodicity(full, world.SAMPLE_RATE), world.analyze(samples).aperiodicity
    steady = np.convolve(f0 > 0, np.ones(5), "same") == 5
    assert np.abs(exact - sparse)[steady].mean() < 1.0  # dB


def test_bands_and_bins_agree_on_a_smooth_envelope() -> None:
    slope = np.exp(np.linspace(0.0, -6.0, world.FFT_SIZE // 2 + 1))[None]
    back = world.to_bins(world.log_bands(slope))
    inside = slice(5, 480)
    assert np.abs(back - np.log(slope))[0, inside].max() < 0.1


def test_loudness_is_that_of_the_standards_reference_tone() -> None:
    # ITU-R BS.1770-4: a full-scale 997 Hz sine in one channel reads -3.01 LUFS.
    tone = np.sin(2 * np.pi * 997 * np.arange(5 * 24000) / 24000)
    assert level.loudness(tone, 24000) == pytest.approx(-3.01, abs=0.05)


# The parametric clone


def test_speech_is_finite_within_bounds_and_without_silent_ends(engine: Engine, man: Enrollment) -> None:
    clip = engine.speak(SENTENCE, man, Params())
    assert clip.sample_rate == engine.sample_rate == 24000 and clip.samples.dtype == np.float32
    assert np.isfinite(clip.samples).all() and np.abs(clip.samples).max() <= 1
    loud = np.flatnonzero(np.abs(clip.samples) > 0.01 * np.abs(clip.samples).max())
    assert loud[0] < 0.03 * 24000 and len(clip.samples) - loud[-1] < 0.03 * 24000


def test_chunks_are_equally_loud(engine: Engine, man: Enrollment, woman: Enrollment) -> None:
    texts = (SENTENCE, "Vâng.", "Anh ấy hỏi vì sao giá vé tàu hoả lại tăng nhanh như thế?")
    clips = [engine.speak(text, voice, Params()) for text in texts for voice in (man, woman)]
    levels = [level.loudness(clip.samples.astype(np.float64), 24000) for clip in clips]
    assert max(levels) - min(levels) < 1.0 and np.mean(levels) == pytest.approx(level.TARGET_LUFS, abs=1.0)


def test_each_clone_is_nearer_to_its_own_reference(engine: Engine, man: Enrollment, woman: Enrollment) -> None:
    references = {"man": _reference("Tuyên"), "woman": _reference("Ly")}
    clones = {"man": engine.speak(SENTENCE, man, Params()), "woman": engine.speak(SENTENCE, woman, Params())}
    for own, other in (("man", "woman"), ("woman", "man")):
        clone, mine, theirs = clones[own], references[own], references[other]
        ratio = abs(np.log(_median_f0(clone) / _median_f0(mine)))
        assert ratio < 0.12 and ratio < abs(np.log(_median_f0(clone) / _median_f0(theirs)))
        distance = [np.sqrt(np.mean((_timbre(clone) - _timbre(clip)) ** 2)) for clip in (mine, theirs)]
        assert distance[0] < 0.4 * distance[1]


@pytest.mark.parametrize(("voice", "variant"), [("man", ""), ("woman", "+f2")])
def test_tones_stay_those_of_the_source(
    engine: Engine, voice: str, variant: str, request: pytest.FixtureRequest
) -> None:
    clone = engine.speak(SENTENCE, request.getfixturevalue(voice), Params())
    source = level.trim(world.samples_at_24k(espeak.speak(SENTENCE, "vi" + variant)), 24000)
    assert _contour_correlation(clone, source) > 0.9


@pytest.mark.parametrize(("voice", "variant"), [("man", ""), ("woman", "+f2")])
def test_every_take_is_another_reading_with_the_same_tones(
    engine: Engine, voice: str, variant: str, request: pytest.FixtureRequest
) -> None:
    enrolled = request.getfixturevalue(voice)
    takes = [engine.speak(SENTENCE, enrolled, Params(seed=seed)) for seed in range(5)]
    source = level.trim(world.samples_at_24k(espeak.speak(SENTENCE, "vi" + variant)), 24000)
    assert all(_tones_kept(take, source) > 0.94 for take in takes)
    for take, following in pairwise(takes):
        faster, higher = take.seconds / following.seconds, _median_f0(take) / _median_f0(following)
        assert max(abs(np.log(faster)), abs(np.log(higher))) > 0.02
        assert abs(np.log(takes[0].seconds / following.seconds)) == pytest.approx(0.0325, abs=0.011)


def test_a_take_is_the_same_every_time_and_differs_by_text(engine: Engine, man: Enrollment) -> None:
    assert _bytes(engine.speak(SENTENCE, man, Params(seed=7))) == _bytes(engine.speak(SENTENCE, man, Params(seed=7)))
    texts = [f"Câu số {n}." for n in range(12)]
    paces = {
        engine.speak(text, man, Params(seed=7)).seconds > engine.speak(text, man, Params()).seconds for text in texts
    }
    assert paces == {True, False}


def test_no_voice_leaks_into_the_next(engine: Engine, man: Enrollment, woman: Enrollment) -> None:
    first = _bytes(engine.speak(SENTENCE, man, Params()))
    engine.speak(ENGLISH, woman, Params(language="en", speed=1.5))
    assert _bytes(engine.speak(SENTENCE, man, Params())) == first


def test_two_voices_at_once_are_as_one_after_the_other(engine: Engine, man: Enrollment, woman: Enrollment) -> None:
    jobs = [(text, voice) for text in (SENTENCE, "Một hai ba bốn.") for voice in (man, woman)] * 2
    in_turn = [_bytes(engine.speak(text, voice, Params())) for text, voice in jobs]
    with ThreadPoolExecutor(2) as pool:
        at_once = list(pool.map(lambda job: _bytes(engine.speak(*job, Params())), jobs))
    assert at_once == in_turn


def test_another_process_gives_the_same_samples(engine: Engine, woman: Enrollment, tmp_path: Path) -> None:
    base.save_enrollment(tmp_path / "voice.npz", woman)
    code = (
        "import hashlib\nfrom pathlib import Path\nfrom vnclone import engines\nfrom vnclone.engines import base\n"
        "from vnclone.models import Params\n"
        f"e = base.load_enrollment(Path({str(tmp_path / 'voice.npz')!r}))\n"
        f"clip = engines.load('parametric').speak({SENTENCE!r}, e, Params())\n"
        "print(hashlib.sha256(clip.samples.tobytes()).hexdigest())"
    )
    one_thread = os.environ | {"OPENBLAS_NUM_THREADS": "1", "OMP_NUM_THREADS": "1"}
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=ROOT, env=one_thread
    )
    assert done.stdout.strip() == _bytes(engine.speak(SENTENCE, woman, Params()))


@pytest.mark.parametrize("speed", [0.5, 2.0, 3.0])
def test_speed_sets_the_length_and_not_the_pitch(engine: Engine, man: Enrollment, speed: float) -> None:
    normal, other = engine.speak(SENTENCE, man, Params()), engine.speak(SENTENCE, man, Params(speed=speed))
    assert normal.seconds / other.seconds == pytest.approx(speed, rel=0.08)
    assert _median_f0(other) == pytest.approx(_median_f0(normal), rel=0.1)


@pytest.mark.parametrize("speed", [0.0, -1.0, 100.0, float("nan")])
def test_an_impossible_speed_is_refused(engine: Engine, man: Enrollment, speed: float) -> None:
    with pytest.raises(BadInput):
        engine.speak(SENTENCE, man, Params(speed=speed))


def test_accents_and_english_sound_different(engine: Engine, man: Enrollment) -> None:
    settings = [Params(), Params(accent="central"), Params(accent="south"), Params(language="en")]
    clips = [engine.speak("Xin mời các bạn cùng nghe.", man, params) for params in settings]
    assert len({_bytes(clip) for clip in clips}) == len(clips)
    pitches = [_median_f0(clip) for clip in clips[:3]]
    assert all(abs(np.log(a / b)) < 0.2 for a, b in pairwise(pitches))  # one speaker, whatever the accent


def test_english_is_read_as_english(engine: Engine, woman: Enrollment) -> None:
    source = level.trim(world.samples_at_24k(espeak.speak(ENGLISH, "en-us+f2")), 24000)
    clip = engine.speak(ENGLISH, woman, Params(language="en"))
    assert clip.seconds == pytest.approx(len(source) / 24000, abs=0.05)
    assert _contour_correlation(clip, source) > 0.9


@pytest.mark.parametrize("text", ["", "…", "🙂", "\x00", "“”"])
def test_nothing_to_say_is_a_short_silence(engine: Engine, man: Enrollment, text: str) -> None:
    clip = engine.speak(text, man, Params())
    assert 0 < clip.seconds < 0.3 and not clip.samples.any()


def test_text_longer_than_the_limit_is_read_whole_in_pieces(engine: Engine, man: Enrollment) -> None:
    words = ("một hai ba bốn năm sáu bảy " * 20).strip()
    assert len(words) > engine.max_chars
    half = words[: len(words) // 2].rsplit(" ", 1)[0]
    assert engine.speak(words, man, Params(speed=2)).seconds > 1.8 * engine.speak(half, man, Params(speed=2)).seconds
    assert engine.speak("a" * 700, man, Params(speed=2)).seconds > 0.3


# Difficult references


def _whisper(seconds: float) -> Clip:
    """Noise through a real voice's envelope: speech without voicing."""
    analysis = _analysis(_reference("Ly"))
    frames = int(seconds * 200)
    silent = np.zeros(frames)
    return Clip(world.synthesize(silent, analysis.envelope[:frames], np.zeros((frames, 3))).astype(np.float32), 24000)


def test_a_whispered_voice_is_enrolled_and_keeps_its_timbre(engine: Engine) -> None:
    whisper = _whisper(3.0)
    assert (world.pitch(world.samples_at_24k(whisper))[0] > 0).mean() < 0.2
    clip = engine.speak(SENTENCE, engine.enroll(whisper, None), Params())
    assert np.isfinite(clip.samples).all() and clip.seconds > 2


@pytest.mark.parametrize("seconds", [0.0, 0.05, 0.5, 3.0])
@pytest.mark.parametrize("kind", ["silence", "noise", "tone", "voice"])
def test_a_poor_reference_still_gives_a_voice(engine: Engine, kind: str, seconds: float) -> None:
    count = int(seconds * 16000)
    samples = {
        "silence": np.zeros(count),
        "noise": np.random.default_rng(0).normal(0, 0.1, count),
        "tone": 0.3 * np.sin(2 * np.pi * 200 * np.arange(count) / 16000),
        "voice": world.samples_at_24k(_reference("Bình"))[:count],
    }[kind]
    clip = engine.speak("Xin chào.", engine.enroll(Clip(samples.astype(np.float32), 16000), None), Params())
    assert np.isfinite(clip.samples).all() and 0.3 < clip.seconds < 2


def test_a_telephone_recording_does_not_muffle_the_clone(engine: Engine) -> None:
    import soxr

    reference = _reference("Tuyên")
    narrow = Clip(soxr.resample(reference.samples, reference.sample_rate, 8000), 8000)
    envelope = {
        kind: mapping.measure(_analysis(engine.speak(SENTENCE, engine.enroll(clip, None), Params()))).everything.mean
        for kind, clip in (("wide", reference), ("narrow", narrow))
    }
    high = (world.centres() > 4500) & (world.centres() < 9000)
    assert (envelope["wide"] - envelope["narrow"])[high].mean() < 2.3  # nepers of power, 10 dB


# What is kept of a voice


def test_an_enrolment_survives_its_file(engine: Engine, man: Enrollment, tmp_path: Path) -> None:
    base.save_enrollment(tmp_path / "voice.npz", man)
    back = base.load_enrollment(tmp_path / "voice.npz")
    assert (back.engine, back.revision, set(back.arrays)) == (man.engine, man.revision, set(man.arrays))
    assert _bytes(engine.speak("Xin chào.", back, Params())) == _bytes(engine.speak("Xin chào.", man, Params()))
    assert [path.name for path in tmp_path.iterdir()] == ["voice.npz"]


@pytest.mark.parametrize("content", [b"", b"not a zip", b"PK\x03\x04 cut short"])
def test_a_broken_enrolment_says_enrol_again(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "voice.npz").write_bytes(content)
    with pytest.raises(EnrollmentUnusable):
        base.load_enrollment(tmp_path / "voice.npz")
    with pytest.raises(EnrollmentUnusable):
        base.load_enrollment(tmp_path / "missing.npz")


def test_an_enrolment_cut_at_any_tenth_is_broken_not_wrong(man: Enrollment, tmp_path: Path) -> None:
    path = tmp_path / "voice.npz"
    base.save_enrollment(path, man)
    whole = path.read_bytes()
    for tenth in range(10):
        path.write_bytes(whole[: len(whole) * tenth // 10])
        with pytest.raises(EnrollmentUnusable):
            base.load_enrollment(path)


def test_another_revisions_enrolment_is_refused(engine: Engine, man: Enrollment) -> None:
    for stranger in (Enrollment("parametric", "0", man.arrays), Enrollment("f5", man.revision, man.arrays)):
        with pytest.raises(EnrollmentUnusable):
            engine.speak("Xin chào.", stranger, Params())


def test_pickled_objects_never_enter_an_enrolment(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="plain arrays"):
        base.save_enrollment(tmp_path / "voice.npz", Enrollment("x", "1", {"a": np.array([object()])}))
    np.savez(tmp_path / "evil.npz", __engine__=np.array([print], dtype=object), __revision__=np.array("1"))
    with pytest.raises(EnrollmentUnusable):
        base.load_enrollment(tmp_path / "evil.npz")


def test_the_shipped_figures_are_those_of_the_code() -> None:
    with np.load(background.SHIPPED, allow_pickle=False) as file:
        shipped = {name: file[name] for name in file.files}
    assert str(shipped.pop("version")) == background.source_version()
    measured = background.measure(("+f2",))
    assert measured.pop("version") == background.source_version()
    assert len(measured) == len(shipped) / len(background.VARIANTS)
    for name, figure in measured.items():
        np.testing.assert_allclose(shipped[name], figure, rtol=1e-3, atol=1e-3, err_msg=name)
