"""The same sound at another sample rate."""

from __future__ import annotations

import numpy as np

from vnclone.models import Clip


def resample(clip: Clip, sample_rate: int) -> Clip:
    """The clip at `sample_rate` Hz, through soxr's 20-bit filter; the clip itself when it has that rate already."""
    if clip.sample_rate == sample_rate:
        return clip
    import soxr

    samples = soxr.resample(clip.samples.astype(np.float32, copy=False), clip.sample_rate, sample_rate, quality="HQ")
    return Clip(samples, sample_rate)
