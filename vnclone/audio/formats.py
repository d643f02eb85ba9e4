"""What each format is to FFmpeg: muxer, encoder, sample rates and bit rates for one voice."""

from __future__ import annotations

from dataclasses import dataclass, field

from vnclone.errors import BadInput
from vnclone.models import QUALITIES

MP3_RATES = (8_000, 11_025, 12_000, 16_000, 22_050, 24_000, 32_000, 44_100, 48_000)  # MPEG-1, -2 and -2.5 layer III
OPUS_RATES = (8_000, 12_000, 16_000, 24_000, 48_000)  # RFC 6716; every decoder gives 48 kHz
AAC_RATES = (8_000, 11_025, 12_000, 16_000, 22_050, 24_000, 32_000, 44_100, 48_000, 64_000, 88_200, 96_000)
# LAME's -V level whose average is nearest to the constant rate below. Six voices read at 24 kHz: V2 67, V3 62, V4 55
# kbit/s against 64; at 16 kHz V3 46 against 48; at 48 kHz V3 83 against 96.
VBR_LEVEL = 3
_CBR_SCALE = 0.95  # what LAME multiplies samples by at every constant rate and none else: 0.45 dB, measured on a sine
_LAMBDA = 118  # FF_QP2LAMBDA of libavutil: what FFmpeg counts a quality level in


@dataclass(frozen=True, slots=True)
class Format:
    """FFmpeg's names for a muxer and an encoder, their options, and the sample rates it has; none for any rate."""

    name: str
    muxer: str
    codec: str
    rates: tuple[int, ...] = ()
    muxer_options: dict[str, str] = field(default_factory=dict)
    codec_options: dict[str, str] = field(default_factory=dict)

    def rate(self, rate: int) -> int:
        """The rate itself, or the nearest above it that the format has."""
        return next((possible for possible in self.rates if possible >= rate), self.rates[-1]) if self.rates else rate

    def bit_rate(self, rate: int) -> int | None:
        """Bits a second of one voice; None for lossless.

        LAME's own mono presets are 64 kbit/s ("tape") to 96 ("cd"); Opus at 32 is transparent for speech (RFC 7587,
        section 3.1.1: 28 to 40 kbit/s for full-band speech).
        """
        if self.codec == "libopus":
            return 32_000
        if self.codec not in ("libmp3lame", "aac"):
            return None
        return 48_000 if rate < 22_050 else 64_000 if rate <= 24_000 else 96_000

    def gain(self, quality: str) -> float:
        """What samples are multiplied by before they are encoded, so that all formats sound equally loud."""
        return 1 / _CBR_SCALE if self.codec == "libmp3lame" and quality != "vbr" else 1.0

    def options(self, quality: str) -> dict[str, str]:
        """The encoder's options; "vbr" changes MP3 alone."""
        if self.codec == "libmp3lame" and quality == "vbr":
            return {"flags": "+qscale", "global_quality": str(VBR_LEVEL * _LAMBDA)}
        return dict(self.codec_options)


_FORMATS = {
    # 2.3 is the version of ID3 that old players read Vietnamese from.
    "mp3": Format("mp3", "mp3", "libmp3lame", MP3_RATES, {"id3v2_version": "3"}),
    "wav": Format("wav", "wav", "pcm_s16le", muxer_options={"rf64": "auto"}),
    "flac": Format("flac", "flac", "flac"),
    "m4a": Format("m4a", "ipod", "aac", AAC_RATES),
    "m4b": Format("m4b", "ipod", "aac", AAC_RATES),
    "opus": Format("opus", "opus", "libopus", OPUS_RATES, codec_options={"application": "voip", "vbr": "on"}),
}


def find(name: str) -> Format:
    """Raises BadInput, which lists the formats there are."""
    if name not in _FORMATS:
        known = ", ".join(_FORMATS)
        raise BadInput(
            f"Không có định dạng âm thanh “{name}”. Hãy chọn một trong: {known}.",
            f"There is no audio format called “{name}”. Choose one of: {known}.",
        )
    return _FORMATS[name]


def check_quality(quality: str) -> None:
    """Raises BadInput, which lists what there is."""
    if quality not in QUALITIES:
        known = ", ".join(QUALITIES)
        raise BadInput(
            f"Không có kiểu nén “{quality}”. Hãy chọn một trong: {known}.",
            f"There is no quality called “{quality}”. Choose one of: {known}.",
        )
