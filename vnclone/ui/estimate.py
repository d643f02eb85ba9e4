"""About how long a text will be to hear and how large its file, before it is made; and how long it will be kept."""

from __future__ import annotations

from vnclone import engines
from vnclone.audio import formats
from vnclone.errors import VncloneError
from vnclone.text.chunks import estimate_seconds
from vnclone.ui.formatting import number, rough_length, size
from vnclone.ui.markup import e
from vnclone.ui.pace import words_per_minute
from vnclone.ui.words import say
from vnclone.wire import Services

USUAL_RATE = 24_000  # Hz, where the engine is not known yet
FLAC_SHARE = 0.4  # of the same as PCM: 607,084 of 1,616,720 bytes of a reading by `parametric`


def estimate(services: Services, count: int, speed: float, engine: str, kind: str, language: str) -> str:
    """For `count` words; `kind` is the format. HTML."""
    if not count:
        return f'<p class="v-hint">{e(say("estimate_none", language))}</p>'
    seconds = estimate_seconds(count, words_per_minute(services, engine)) / speed
    words, time = say("words", language, count=number(count, language)), rough_length(seconds, language)
    told = say("estimate", language, words=words, time=time)
    large = bytes_a_second(services, engine, kind) * seconds
    about = say("estimate_size", language, size=size(rough(large), language)) if large else ""
    return f'<p class="v-estimate">{e(" · ".join(part for part in (told, about) if part))}</p>'


def bytes_a_second(services: Services, engine: str, kind: str) -> float:
    """Of a file in the format `kind`; 0 where there is no such format."""
    try:
        target, rate = formats.find(kind), sample_rate(services, engine)
    except VncloneError:
        return 0.0
    bits = target.bit_rate(target.rate(rate))
    return bits / 8 if bits else 2.0 * rate * (FLAC_SHARE if kind == "flac" else 1.0)


def rough(count: float) -> int:
    """So many KB with two figures: without precision that an estimate has not."""
    return int(float(f"{count / 1024:.1e}") * 1024)


def sample_rate(services: Services, engine: str) -> int:
    """What the engine gives, in Hz; the usual where it is unknown or not ready."""
    try:
        return engines.load(services.generations.engine_name(engine)).sample_rate
    except VncloneError:
        return USUAL_RATE


def kept(days: int, language: str) -> str:
    """How long a recording is kept. HTML."""
    told = say("kept_days", language, days=days) if days else say("kept_always", language)
    return f'<p class="v-hint">{e(told)}</p>'
