"""What engines were measured to do on this machine: words a minute, and their speed against real time."""

from __future__ import annotations

from vnclone.models import DEFAULT_WORDS_PER_MINUTE
from vnclone.store.database import Database

WEIGHT_OF_NEW = 0.3  # a running mean that a single odd run does not overturn


class Paces:
    def __init__(self, database: Database) -> None:
        self._database = database

    def words_per_minute(self, engine: str) -> float:
        return self._get(engine)[0]

    def realtime_factor(self, engine: str) -> float | None:
        """Seconds of work for a second of sound; None until it has been measured."""
        return self._get(engine)[1]

    def measured(self, engine: str, words_per_minute: float, realtime_factor: float) -> None:
        old_words, old_factor = self._get(engine)
        if old_factor is not None:
            words_per_minute = old_words + WEIGHT_OF_NEW * (words_per_minute - old_words)
            realtime_factor = old_factor + WEIGHT_OF_NEW * (realtime_factor - old_factor)
        row = {"engine": engine, "words_per_minute": words_per_minute, "realtime_factor": realtime_factor}
        self._database.db.table("paces").upsert(row, pk="engine")

    def _get(self, engine: str) -> tuple[float, float | None]:
        for row in self._database.db.table("paces").rows_where("engine = ?", [engine]):
            return row["words_per_minute"], row["realtime_factor"]
        return float(DEFAULT_WORDS_PER_MINUTE), None
