"""How good a recording is for cloning: measures of a Clip, and the verdict people read. Changes no sample."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from vnclone.audio import loudness, speech
from vnclone.audio.speech import Activity, decibels, runs
from vnclone.errors import clock, figure, lasting
from vnclone.models import Clip, Finding, ReferenceReport, Said

NOISY_DB = 25.0  # SNR below which denoising gains more than it costs: six clips with white noise crossed at 20-25 dB
AUDIBLE_NOISE_DB, LOUD_NOISE_DB, HOPELESS_DB = 20.0, 10.0, 0.0
MAX_SNR_DB = 60.0  # a gated recording has digital silence for noise: any higher figure says nothing
MIN_SPEECH_SECONDS, GOOD_SPEECH_SECONDS = 3.0, 6.0
ADVISED_SECONDS = "15–30"  # one advice everywhere: more than enough speech, and still pleasant to read
SILENT_LUFS, QUIET_LUFS = -60.0, -38.0
CLIPPED_SHARE, BADLY_CLIPPED_SHARE = 0.0005, 0.01
TELEPHONE_HZ, MUFFLED_HZ = (
    4_500.0,
    7_000.0,
)  # narrow-band telephony ends at 3.4 kHz (ITU-T G.712), wide-band at 7 (G.722)

CLIP_RUN = 3  # samples in a row at the very same extreme; a real peak touches it once
CLIP_FLOOR = 0.1  # full scale; flat tops below it are silence or a converter's last bits
CLIP_GAP_SECONDS, CLIP_SPANS = 1.0, 3  # clipped places closer than this are one; this many are named
NOISE_DISTANCE = 10  # frames between speech and what counts as noise: breaths and decaying vowels are neither
FEWEST_NOISE_FRAMES = 20
SPECTRUM_WINDOW = 2_048
BANDWIDTH_DEPTH_DB = 60.0  # below the loudest part of the spectrum: fricatives lie 40-55 dB down


@dataclass(frozen=True, slots=True)
class Measures:
    """Seconds, dB, LUFS, Hz; `clipped_spans` are (start, end) in seconds, the worst ones, in order."""

    duration_seconds: float
    net_speech_seconds: float
    snr_db: float
    loudness_lufs: float
    clipped_share: float
    clipped_spans: tuple[tuple[float, float], ...]
    bandwidth_hz: float
    sample_rate: int


def measure(clip: Clip, activity: Activity) -> Measures:
    """Measures of the recording as it came; `activity` says where speech is (of its denoised copy, if it was noisy)."""
    clipped = clipped_samples(clip)
    return Measures(
        duration_seconds=clip.seconds,
        net_speech_seconds=activity.seconds,
        snr_db=snr(speech.frame_levels(clip, len(activity.speech)), activity.speech),
        loudness_lufs=loudness.measure(clip).lufs,
        clipped_share=float(clipped.mean()) if len(clipped) else 0.0,
        clipped_spans=_worst_spans(clipped, clip.sample_rate),
        bandwidth_hz=bandwidth(clip, activity),
        sample_rate=clip.sample_rate,
    )


def snr(levels: np.ndarray, active: np.ndarray) -> float:
    """Speech power above noise power in dB, from -20 to 60; both arguments of shape (frames,), levels in dB.

    Noise is the mean power of frames 100 ms and more away from speech, or of the quietest tenth where the speaker
    never pauses. On six clips with added white noise it found 10 to 30 dB within 1 dB.
    """
    if not active.any():
        return -20.0
    power = 10 ** (levels / 10)
    away = ~np.convolve(active, np.ones(2 * NOISE_DISTANCE + 1), "same").astype(bool)
    quietest = np.sort(power)[: max(1, len(power) // 10)]
    noise = float(power[away].mean() if away.sum() >= FEWEST_NOISE_FRAMES else quietest.mean())
    ratio = max(float(power[active].mean()) - noise, 1e-12) / max(noise, 1e-12)
    return float(np.clip(10 * np.log10(ratio), -20.0, MAX_SNR_DB))


def clipped_samples(clip: Clip) -> np.ndarray:
    """bool, (samples,): three or more in a row at the recording's own highest or lowest value.

    The recording's own, because a copy made quieter after clipping is broken all the same.
    """
    clipped = np.zeros(len(clip.samples), bool)
    if not len(clipped):
        return clipped
    for samples in (clip.samples, -clip.samples):
        top = float(samples.max())
        if top >= CLIP_FLOOR:
            flat = samples >= top * (1 - 1e-4)
            for start, end in runs(flat):
                clipped[start:end] = end - start >= CLIP_RUN
    return clipped


def bandwidth(clip: Clip, activity: Activity) -> float:
    """Hz up to which speech reaches: 60 dB below the spectrum's loudest part, and above the noise of the pauses."""
    peak = np.abs(clip.samples).max(initial=1e-4)  # quiet recordings are measured as if they were not
    clip = Clip(clip.samples / peak, clip.sample_rate)
    active, pauses = _frames(clip, activity.speech), _frames(clip, ~activity.speech)
    if not len(active):
        return 0.0
    loud = np.percentile(active, 95, axis=0)  # an /s/ is rare: the mean would miss the treble it shows
    audible = loud > loud.max() - BANDWIDTH_DEPTH_DB
    if len(pauses) >= FEWEST_NOISE_FRAMES // 2:
        audible &= loud > np.percentile(pauses, 95, axis=0) + 3
    top = int(np.flatnonzero(audible).max(initial=0))
    return float(top * clip.sample_rate / SPECTRUM_WINDOW)


def judge(measures: Measures, denoised: bool) -> ReferenceReport:
    """The verdict: errors refuse the recording, warnings take from the score, infos only inform."""
    findings = tuple(_findings(measures, denoised))
    ok = all(finding.severity != "error" for finding in findings)
    return ReferenceReport(
        ok=ok,
        score=score(measures) if ok else min(score(measures), 20),
        duration_seconds=round(measures.duration_seconds, 3),
        net_speech_seconds=round(measures.net_speech_seconds, 2),
        snr_db=round(measures.snr_db, 1),
        loudness_lufs=round(measures.loudness_lufs, 1),
        clipped_share=round(measures.clipped_share, 6),
        bandwidth_hz=round(measures.bandwidth_hz),
        sample_rate=measures.sample_rate,
        denoised=denoised,
        findings=findings,
    )


def score(measures: Measures) -> int:
    """0 to 100: what is lost to noise, too little speech, clipping, missing treble and a level near the noise."""
    lost = np.interp(measures.snr_db, [0, 10, 20, 30, 35], [70, 40, 18, 4, 0])
    lost += np.interp(measures.net_speech_seconds, [3, 6, 10], [20, 6, 0])
    lost += np.interp(measures.clipped_share, [0, CLIPPED_SHARE, BADLY_CLIPPED_SHARE, 0.1], [0, 5, 30, 60])
    lost += np.interp(measures.bandwidth_hz, [3_400, TELEPHONE_HZ, MUFFLED_HZ, 10_000], [35, 28, 12, 0])
    lost += np.interp(measures.loudness_lufs, [SILENT_LUFS, QUIET_LUFS, QUIET_LUFS + 6], [20, 8, 0])
    return round(float(np.clip(100 - lost, 0, 100)))


def _frames(clip: Clip, mask: np.ndarray) -> np.ndarray:
    """Spectra in dB, (frames, bins), of at most 3000 frames of `mask`, evenly chosen: memory does not follow length."""
    chosen = np.flatnonzero(mask)[:: max(1, int(mask.sum()) // 3_000)]
    starts = (chosen * speech.HOP_SECONDS * clip.sample_rate).astype(int)
    starts = starts[starts + SPECTRUM_WINDOW <= len(clip.samples)]
    if not len(starts):
        return np.zeros((0, SPECTRUM_WINDOW // 2 + 1))
    window = np.hanning(SPECTRUM_WINDOW).astype(np.float32)
    blocks = np.lib.stride_tricks.sliding_window_view(clip.samples, SPECTRUM_WINDOW)[starts]
    return decibels(np.square(np.abs(np.fft.rfft(blocks * window))) / window.sum() ** 2)


def _worst_spans(clipped: np.ndarray, rate: int) -> tuple[tuple[float, float], ...]:
    places: list[list[int]] = []
    for start, end in runs(clipped):
        if places and start - places[-1][1] < CLIP_GAP_SECONDS * rate:
            places[-1][1] = end
        else:
            places.append([start, end])
    worst = sorted(places, key=lambda place: -int(clipped[place[0] : place[1]].sum()))[:CLIP_SPANS]
    return tuple((round(start / rate, 2), round(end / rate, 2)) for start, end in sorted(worst))


def _findings(measures: Measures, denoised: bool) -> list[Finding]:
    """In order of weight: the first error is what a refusal says."""
    if measures.loudness_lufs <= SILENT_LUFS:
        return [_silent()]
    found = _about_speech(measures)
    if any(finding.severity == "error" for finding in found):
        return found + _about_clipping(measures)
    found += _about_clipping(measures) + _about_noise(measures) + _about_sound(measures)
    if denoised:
        found.append(_finding("denoised", "info", "Đã lọc tạp âm nền.", "Background noise has been filtered out."))
    return found


def _finding(code: str, severity: str, vi: str, en: str, span: tuple[float, float] | None = None) -> Finding:
    start, end = span or (None, None)
    return Finding(code, severity, Said(vi, en), start, end)  # type: ignore[arg-type]


def _silent() -> Finding:
    return _finding(
        "silent",
        "error",
        "Bản ghi gần như không có tiếng. Hãy kiểm tra micro, nói gần và to hơn, rồi ghi lại.",
        "The recording is almost silent. Check the microphone, speak closer and louder, and record again.",
    )


def _about_speech(measures: Measures) -> list[Finding]:
    seconds = measures.net_speech_seconds
    if seconds < 0.5:
        return [
            _finding(
                "no_speech",
                "error",
                "Không nghe thấy tiếng nói rõ ràng trong bản ghi. Hãy ghi lại một người đọc to ở nơi yên tĩnh.",
                "No clear speech can be heard in the recording. Record one person reading aloud in a quiet place.",
            )
        ]
    if measures.snr_db < HOPELESS_DB:
        return [_hopeless_noise()]
    if seconds < MIN_SPEECH_SECONDS:
        return [_too_little(seconds)]
    return [_little(seconds)] if seconds < GOOD_SPEECH_SECONDS else []


def _hopeless_noise() -> Finding:
    return _finding(
        "noise",
        "error",
        "Tạp âm to hơn giọng nói nên chưa bắt chước được. Hãy tắt quạt, nhạc, ti vi rồi ghi lại ở nơi yên tĩnh.",
        "The noise is louder than the voice, so it cannot be cloned. Turn off fans, music and TV, then record again.",
    )


def _tenths(seconds: float) -> float:
    """Cut, not rounded: 2.97 s must not be told as the 3 s that it lacks."""
    return math.floor(seconds * 10) / 10


def _too_little(seconds: float) -> Finding:
    return _finding(
        "too_little_speech",
        "error",
        f"Bản ghi chỉ có {figure(_tenths(seconds))} giây tiếng nói, cần ít nhất {figure(MIN_SPEECH_SECONDS)} giây. "
        f"Hãy đọc liền một đoạn {ADVISED_SECONDS} giây.",
        f"The recording has only {lasting(_tenths(seconds), 'en')} of speech; at least "
        f"{lasting(MIN_SPEECH_SECONDS, 'en')} are needed. Read for {ADVISED_SECONDS} seconds without long pauses.",
    )


def _little(seconds: float) -> Finding:
    return _finding(
        "little_speech",
        "warning",
        f"Bản ghi chỉ có {figure(_tenths(seconds))} giây tiếng nói. Đọc {ADVISED_SECONDS} giây thì giọng sẽ giống hơn.",
        f"The recording has only {lasting(_tenths(seconds), 'en')} of speech. "
        f"With {ADVISED_SECONDS} seconds the voice will sound closer.",
    )


def _about_clipping(measures: Measures) -> list[Finding]:
    if measures.clipped_share < CLIPPED_SHARE:
        return []
    return [
        _finding(
            "clipping",
            "warning",
            f"Âm thanh bị vỡ tiếng ở {_place(span)}; hãy ghi xa micro hơn hoặc giảm mức thu.",
            f"The sound is distorted (clipped) at {_place(span)}; move away from the microphone or lower its level.",
            span,
        )
        for span in measures.clipped_spans
    ]


def _place(span: tuple[float, float]) -> str:
    start, end = clock(span[0]), clock(math.ceil(span[1]))
    return start if start == end else f"{start}–{end}"


def _about_noise(measures: Measures) -> list[Finding]:
    if measures.snr_db >= AUDIBLE_NOISE_DB:
        return []
    how_vi, how_en = ("rất ồn", "very noisy") if measures.snr_db < LOUD_NOISE_DB else ("khá ồn", "rather noisy")
    decibel = f"{measures.snr_db:.0f} dB"
    return [
        _finding(
            "noise",
            "warning",
            f"Bản ghi {how_vi} (giọng chỉ to hơn tạp âm {decibel}); ghi lại ở nơi yên tĩnh thì giọng sẽ giống hơn.",
            f"The recording is {how_en} (only {decibel} between voice and noise). "
            "Recorded in a quiet place, the voice will sound closer.",
        )
    ]


def _about_sound(measures: Measures) -> list[Finding]:
    found, (vi, en) = [], (f"{figure(measures.bandwidth_hz / 1000, language)} kHz" for language in ("vi", "en"))
    if measures.bandwidth_hz < TELEPHONE_HZ:
        found.append(
            _finding(
                "telephone",
                "warning",
                f"Âm thanh chỉ đến {vi}, như qua điện thoại; hãy ghi trực tiếp bằng micro, không qua cuộc gọi.",
                f"The sound only reaches {en}, like a telephone; record with a microphone, not through a call.",
            )
        )
    elif measures.bandwidth_hz < MUFFLED_HZ:
        found.append(
            _finding(
                "muffled",
                "warning",
                f"Âm thanh hơi đục (chỉ đến {vi}); hãy dùng tệp gốc chưa nén và không che micro.",
                f"The sound is muffled (only up to {en}); use the original file and an uncovered microphone.",
            )
        )
    if measures.loudness_lufs < QUIET_LUFS:
        found.append(
            _finding(
                "quiet",
                "warning",
                "Bản ghi khá nhỏ tiếng; hãy nói gần micro hơn hoặc tăng mức thu.",
                "The recording is rather quiet; speak closer to the microphone or raise the recording level.",
            )
        )
    return found
