"""What engines were measured to do on this machine: words a minute, and their speed against real time."""

from __future__ import annotations

from vnclone.models import DEFAULT_WORDS_PER_MINUTE
from vnclone.store.database import Database

WEIGHT_OF_NEW = 0.3  # a running mean that a single odd run does not overturn


class Paces:
    def __init__(self, database: Database) -> None:
        self._database = database

    def words_per_minute(self, engine: str) -> float:
        return float(self._get(engine).get("words_per_minute") or DEFAULT_WORDS_PER_MINUTE)

    def realtime_factor(self, engine: str) -> float | None:
        """Seconds of work for a second of sound; None until it has been measured."""
        return self._get(engine).get("realtime_factor")

    def seconds_per_character(self, engine: str) -> float | None:
        """Seconds until one more character is spoken, all workers at it; None until it has been measured."""
        return self._get(engine).get("seconds_per_character")

    def measured(self, engine: str, **figures: float) -> None:
        """`figures`: some of words_per_minute, realtime_factor and seconds_per_character."""
        old = self._get(engine)
        for name, value in figures.items():
            before = old.get(name)
            figures[name] = value if before is None else before + WEIGHT_OF_NEW * (value - before)
        self._database.db.table("paces").upsert({"engine": engine, **figures}, pk="engine")

    def _get(self, engine: str) -> dict[str, float]:
        for row in self._database.db.table("paces").rows_where("engine = ?", [engine]):
            return dict(row)
        return {}
