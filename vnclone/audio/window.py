"""Which part of a long recording becomes the reference: at most a minute, opening with its best seconds."""

from __future__ import annotations

import numpy as np

from vnclone.audio.speech import HOP_SECONDS, Activity

SECONDS = 60.0  # engines listen to 8-60 s; denoising five minutes instead took 40 s and changed nothing they hear
OPENING_SECONDS = 8.0  # VieNeu hears only the first 8 s of a reference: how good they are decides
FEWEST_SECONDS = 20.0  # a shorter remainder is not worth a better opening
LEAD_SECONDS = 0.2  # before the first word, so that trimming finds its onset
CLIPPED_WEIGHT = 10.0  # 1 % of clipped samples in the opening outweighs 10 % more speech in it
NOTICEABLE = 0.05  # a later opening must be better by this much: what people say first is usually fine


def best(activity: Activity, clipped: np.ndarray, clip_rate: int) -> tuple[float, float]:
    """(start, end) in seconds of the recording. Whole when it is no longer than `FEWEST_SECONDS`.

    `clipped`: bool (samples,) at `clip_rate`. Starts are tried at every stretch of speech; the densest and least
    clipped opening wins, the earliest among equals.
    """
    seconds = len(clipped) / clip_rate
    starts = [max(0.0, start - LEAD_SECONDS) for start, _ in activity.spans()]
    starts = [start for start in starts if seconds - start >= FEWEST_SECONDS]
    if seconds <= FEWEST_SECONDS or not starts:
        return 0.0, min(seconds, SECONDS)
    chosen = starts[0]
    for start in starts[1:]:
        if _opening(activity, clipped, clip_rate, start) > _opening(activity, clipped, clip_rate, chosen) + NOTICEABLE:
            chosen = start
    return chosen, min(seconds, chosen + SECONDS)


def _opening(activity: Activity, clipped: np.ndarray, clip_rate: int, start: float) -> float:
    """Share of speech in the opening, less what clipping costs."""
    end = start + OPENING_SECONDS
    speech = activity.speech[int(start / HOP_SECONDS) : int(end / HOP_SECONDS)]
    broken = clipped[int(start * clip_rate) : int(end * clip_rate)]
    return float(speech.mean() - CLIPPED_WEIGHT * broken.mean()) if len(speech) and len(broken) else -1.0
