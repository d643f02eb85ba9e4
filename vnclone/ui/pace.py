"""How fast an engine reads, for the estimates that the page shows."""

from __future__ import annotations

from vnclone.errors import VncloneError
from vnclone.models import DEFAULT_WORDS_PER_MINUTE
from vnclone.wire import Services


def words_per_minute(services: Services, engine: str = "auto") -> float:
    """The pace of what `engine` stands for now; the usual one when no engine is ready or it is unknown."""
    try:
        return services.paces.words_per_minute(services.generations.engine_name(engine))
    except VncloneError:
        return float(DEFAULT_WORDS_PER_MINUTE)
