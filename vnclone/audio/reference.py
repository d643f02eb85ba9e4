"""A person's recording in, a voice's clean reference out. Both functions run in a limited child process."""

from __future__ import annotations

import math
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np

from vnclone.audio import clean, files, loudness, quality, speech, window
from vnclone.audio.rates import resample
from vnclone.audio.speech import Activity
from vnclone.errors import BadInput, figure, lasting
from vnclone.models import Clip, ReferenceReport, Said
from vnclone.sandbox import Report

NAME = "reference.wav"
MIN_RATE, MAX_RATE = 24_000, 48_000  # Hz of the reference: what engines listen to; above 48 kHz nothing is heard
CHECKING = Said("Đang kiểm tra file audio…", "Checking the audio file…")
PROCESSING = Said("Đang xử lý audio…", "Processing the audio…")
NOISE_KEPT_SPEECH = 0.5  # a denoiser that leaves less of the speech than this took the voice for noise
NO_SPEECH_DB = -6.0  # "speech" this far below the noise it came from is what a denoiser leaves of noise alone
LISTENED, DENOISED, TRIMMED = 0.2, 0.9, 0.95  # shares of the work


def prepare(source: str, folder: str, min_seconds: float, max_seconds: float, report: Report) -> dict[str, Any]:
    """Write `folder`/reference.wav: the best minute at most, denoised when noisy, trimmed, at -19 LUFS.

    16-bit mono at the recording's own rate, but at least 24 and at most 48 kHz.

    Returns a ReferenceReport as a dict. Raises BadInput for a file that is not readable sound, is shorter than
    `min_seconds` or has a refused quality (nothing is written then), TooLarge above `max_seconds`, Unavailable for a
    full disk.
    """
    clip, activity, verdict = _listen(source, min_seconds, max_seconds, report)
    for finding in verdict.findings:
        if finding.severity == "error":
            raise BadInput(finding.message.vi, finding.message.en)
    report(PROCESSING, DENOISED)
    levelled = loudness.normalise(clean.trim(clip, activity))
    report(PROCESSING, TRIMMED)
    files.write_wav(Path(folder) / NAME, levelled)
    return asdict(verdict)


def check(source: str, min_seconds: float, max_seconds: float, report: Report) -> dict[str, Any]:
    """The verdict of `prepare` without writing anything; a refused quality is a report with `ok` False, not an error.

    Still raises BadInput for what is not readable sound or too short, TooLarge for what is too long.
    """
    return asdict(_listen(source, min_seconds, max_seconds, report)[2])


def _listen(
    source: str, min_seconds: float, max_seconds: float, report: Report
) -> tuple[Clip, Activity, ReferenceReport]:
    """(the part to keep, denoised if need be; where speech is in it; the verdict on the recording as it came)."""
    report(CHECKING, 0.0)
    original = files.decode(Path(source), max_seconds)
    if original.seconds < min_seconds:
        raise _too_short(original.seconds, min_seconds, max_seconds)
    report(PROCESSING, 0.0)
    whole = resample(original, min(max(original.sample_rate, MIN_RATE), MAX_RATE))
    activity = speech.detect(whole)
    start, end = window.best(activity, quality.clipped_samples(original), original.sample_rate)
    clip, heard = _part(whole, start, end), activity.between(start, end)
    report(PROCESSING, LISTENED)
    denoised = _denoised(clip, heard, report)
    if denoised is not None:
        clip, heard = denoised
        activity = activity.corrected(start, heard)
    return clip, heard, quality.judge(quality.measure(original, activity), denoised is not None)


def _part(clip: Clip, start: float, end: float) -> Clip:
    return Clip(clip.samples[round(start * clip.sample_rate) : round(end * clip.sample_rate)], clip.sample_rate)


def _denoised(clip: Clip, activity: Activity, report: Report) -> tuple[Clip, Activity] | None:
    """The clip without noise and where speech is in it; None when it is clean, silent, or better left as it is."""
    noisy = quality.snr(activity.levels, activity.speech) < quality.NOISY_DB
    if not noisy or loudness.measure(clip).lufs <= quality.SILENT_LUFS:
        return None
    quiet = clean.denoise(clip, lambda share: report(PROCESSING, LISTENED + share * (DENOISED - LISTENED)))
    heard = speech.detect(quiet)
    if quality.snr(speech.frame_levels(clip, len(heard.speech)), heard.speech) < NO_SPEECH_DB:
        heard = Activity(np.zeros_like(heard.speech), heard.levels)
    kept_voice = heard.seconds >= NOISE_KEPT_SPEECH * activity.seconds
    return (quiet, heard) if kept_voice else None


def _too_short(seconds: float, min_seconds: float, max_seconds: float) -> BadInput:
    seconds = math.floor(seconds * 10) / 10  # 4.99 is not "5.0"
    return BadInput(
        f"Bản ghi chỉ dài {figure(seconds)} giây, ngắn quá; cần từ {lasting(min_seconds)} đến {lasting(max_seconds)}, "
        f"tốt nhất là {quality.ADVISED_SECONDS} giây. Hãy ghi dài hơn rồi tải lên lại.",
        f"The recording is only {lasting(seconds, 'en')} long; it must be {lasting(min_seconds, 'en')} to "
        f"{lasting(max_seconds, 'en')}, best {quality.ADVISED_SECONDS} seconds. Record more and upload it again.",
    )
