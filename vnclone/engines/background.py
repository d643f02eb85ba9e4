"""The sources of the parametric engine, and how each sounds by itself: what enrolment compares a reference with.

The figures are shipped in background.npz (`python -m vnclone.engines.background` writes it), because measuring them
takes some seconds; with another eSpeak NG than the one they were measured from they are measured again, once a process.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

import numpy as np

from vnclone.engines import espeak, level, mapping, world
from vnclone.engines.world import Array
from vnclone.models import Accent, Language, Params

SHIPPED = Path(__file__).with_name("background.npz")
VARIANTS = ("", "+f2")  # eSpeak NG's own voice for low references, its second female one for high ones
WORDS_PER_MINUTE = 150
_VERSION = "version"
_VOICES: dict[tuple[Language, Accent], str] = {
    ("vi", "north"): "vi",
    ("vi", "central"): "vi-VN-x-central",
    ("vi", "south"): "vi-VN-x-south",
    ("en", "north"): "en-us",
}
VOICES = tuple(_VOICES.values())
_SPREAD = (10.0, 90.0)  # percentiles of log F0: octave errors of the tracker stay outside
_SENTENCES = {
    "vi": (
        "Sáng nay trời trở gió, mẹ dặn em nhớ mặc thêm chiếc áo ấm.",
        "Những người thợ già vẫn ngồi kể chuyện cũ bên bờ sông vắng.",
        "Hãy giữ gìn sức khỏe và cố gắng ngủ đủ giấc mỗi ngày.",
        "Quyển sách kỹ thuật này được xuất bản lần đầu ở Huế.",
        "Chúng tôi đi bộ qua khu phố cổ rồi rẽ về phía nhà ga.",
        "Bỗng nhiên tiếng sấm nổ vang, lũ trẻ vội vã chạy vào hiên.",
        "Anh ấy hỏi vì sao giá vé tàu hoả lại tăng nhanh như thế.",
        "Thầy giáo viết lên bảng một bài thơ ngắn về mùa thu xưa.",
    ),
    "en": (
        "The early train was late again, so we walked along the river.",
        "She asked whether anyone had seen the old yellow notebook.",
        "Fresh bread, good cheese and a bottle of juice are on the table.",
        "Why would they choose such a difficult path through the mountains?",
    ),
}


@dataclass(frozen=True, slots=True)
class Pitch:
    """Of voiced frames: `centre`, the median of log F0 (Hz); `spread`, its 10th to 90th percentile distance."""

    centre: float
    spread: float


def voice_name(params: Params) -> str:
    """eSpeak NG's voice, without a variant, for a language and an accent."""
    return _VOICES.get((params.language, params.accent), "en-us")


def pitch_of(f0: Array) -> Pitch | None:
    """None when too few frames are voiced to tell."""
    voiced = np.log(f0[f0 > 0])
    if len(voiced) < mapping.MIN_ACTIVE:
        return None
    low, high = np.percentile(voiced, _SPREAD)
    return Pitch(float(np.median(voiced)), float(high - low))


def source_version() -> str:
    """Of the package that carries eSpeak NG; "none" where it is not installed."""
    try:
        return version("espeakng-loader")
    except PackageNotFoundError:
        return "none"


def statistics(variant: str) -> mapping.Statistics:
    """How eSpeak NG's `variant` sounds; one of VARIANTS."""
    return mapping.from_arrays(_figures(), _key("spectrum", variant))


def pitch(voice: str, variant: str) -> Pitch:
    """How high and how lively eSpeak NG reads in `voice`, one of VOICES."""
    centre, spread = _figures()[_key("pitch", voice, variant)]
    return Pitch(float(centre), float(spread))


def measure(variants: tuple[str, ...] = VARIANTS) -> dict[str, np.ndarray]:
    """Every figure of `variants`, measured from eSpeak NG as installed: plain arrays by name."""
    figures: dict[str, np.ndarray] = {_VERSION: np.array(source_version())}
    for variant in variants:
        # The variant sets the timbre, not the language: the northern voice speaks for all.
        spectrum = mapping.measure(world.analyze(_reading(VOICES[0], variant)))
        figures |= mapping.to_arrays(spectrum, _key("spectrum", variant))
        for voice in VOICES:
            measured = pitch_of(world.pitch(_reading(voice, variant))[0])
            assert measured is not None, f"{voice}{variant} has no voiced frame"
            figures[_key("pitch", voice, variant)] = np.array((measured.centre, measured.spread))
    return figures


def _key(*parts: str) -> str:
    return " ".join(filter(None, parts))


@cache
def _figures() -> dict[str, np.ndarray]:
    if SHIPPED.is_file():
        with np.load(SHIPPED, allow_pickle=False) as file:
            figures = {name: file[name].astype(np.float64) for name in file.files if name != _VERSION}
            if str(file[_VERSION]) == source_version():
                return figures
    return measure()


def _reading(voice: str, variant: str) -> Array:
    sentences = _SENTENCES["en" if voice.startswith("en") else "vi"]
    clips = (espeak.speak(text, voice + variant, WORDS_PER_MINUTE) for text in sentences)
    return np.concatenate([level.trim(world.samples_at_24k(clip), world.SAMPLE_RATE) for clip in clips])


def main() -> None:
    """Measure and write the figures that are shipped."""
    figures = {name: figure if name == _VERSION else figure.astype(np.float32) for name, figure in measure().items()}
    np.savez_compressed(SHIPPED, allow_pickle=False, **figures)


if __name__ == "__main__":
    main()
