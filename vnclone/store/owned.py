"""Tables whose rows belong to a user: every read names the owner, so a stranger's id is the same as a missing one."""

from __future__ import annotations

import logging
from collections.abc import Iterable
from contextlib import AbstractContextManager
from dataclasses import MISSING, Field, fields
from datetime import UTC, datetime
from typing import Any, Generic, TypeVar

from vnclone.errors import NotFound
from vnclone.models import Document, Generation, Voice
from vnclone.store.database import Database
from vnclone.store.rows import encode, from_row, to_row

T = TypeVar("T")
log = logging.getLogger(__name__)


def now() -> str:
    """The time in UTC, ISO 8601 to the microsecond: sorts as text."""
    return datetime.now(UTC).isoformat(timespec="microseconds")


class Owned(Generic[T]):
    """The rows of one table as `model`s. `heavy` columns are left out of lists; `noun` names the thing in errors."""

    def __init__(
        self, database: Database, table: str, model: type[T], noun: tuple[str, str], heavy: tuple[str, ...] = ()
    ) -> None:
        self._database, self._table, self._model, self._noun = database, table, model, noun
        # What lists leave out has the model's default there; a text without one is empty.
        left_out = {f.name: "null" if _has_default(f) else "''" for f in fields(model)}  # type: ignore[arg-type]
        self._light = [f"{empty} as [{n}]" if n in heavy else f"[{n}]" for n, empty in left_out.items()]

    def add(self, item: T) -> None:
        self._rows.insert(to_row(item))

    def get(self, user_id: str, item_id: str) -> T:
        """Raises NotFound for a missing id and for somebody else's alike."""
        for row in self._rows.rows_where("id = ? and user_id = ?", [item_id, user_id]):
            return from_row(self._model, row)
        vi, en = self._noun
        raise NotFound(
            f"Không tìm thấy {vi} này. Có thể nó đã bị xoá.", f"There is no such {en}. It may have been deleted."
        )

    def find(self, item_id: str) -> T | None:
        """Whoever has it; for work that goes on without its owner."""
        for row in self._rows.rows_where("id = ?", [item_id]):
            return from_row(self._model, row)
        return None

    def exists(self, item_id: str) -> bool:
        """Whether anybody still has it."""
        return bool(self._rows.count_where("id = ?", [item_id]))

    def all(self, user_id: str, limit: int | None = None, offset: int = 0, **filters: str) -> list[T]:
        """Newest first, without the heavy columns. `filters`: see `_matching`."""
        where, values = _matching(user_id, filters)
        rows = self._rows.rows_where(
            where,
            values,
            select=", ".join(self._light),
            order_by="created_at desc, id",
            limit=limit if limit is not None else -1,
            offset=offset,
        )
        return self._models(rows)

    def count(self, user_id: str, most: int = -1, **filters: str) -> int:
        """How many there are, counted up to `most`: the first thousand of ten thousand are counted at once."""
        where, values = _matching(user_id, filters)
        sql = f"select count(*) from (select 1 from [{self._table}] where {where} limit ?)"
        return int(self._database.db.execute(sql, [*values, most]).fetchone()[0])

    def has_status(self, item_id: str, *statuses: str) -> bool:
        """Whether there is such a row in one of `statuses`."""
        marks = ", ".join("?" for _ in statuses)
        return bool(self._rows.count_where(f"id = ? and status in ({marks})", [item_id, *statuses]))

    def with_status(self, *statuses: str) -> list[T]:
        """Everybody's rows in one of `statuses`, oldest first: what a restart has to take up again."""
        marks = ", ".join("?" for _ in statuses)
        return self._models(self._rows.rows_where(f"status in ({marks})", statuses, order_by="created_at"))

    def where(self, user_id: str, column: str, value: str) -> list[T]:
        """A user's rows whose `column` is `value`, oldest first."""
        where = f"user_id = ? and [{column}] = ?"
        return self._models(self._rows.rows_where(where, [user_id, value], order_by="created_at"))

    def before(self, moment: str, statuses: tuple[str, ...], user_id: str = "", most: int = -1) -> list[T]:
        """Rows in `statuses` completed, or else last changed, before `moment`, the oldest first; a user's or all."""
        marks, since = ", ".join("?" for _ in statuses), "coalesce(completed_at, updated_at)"
        where, values = f"status in ({marks}) and {since} < ?", [*statuses, moment]
        if user_id:
            where, values = f"user_id = ? and {where}", [user_id, *values]
        light = ", ".join(self._light)
        return self._models(self._rows.rows_where(where, values, select=light, order_by=since, limit=most))

    def update(self, item_id: str, only_from: tuple[str, ...] = (), **changes: Any) -> bool:
        """Set columns of one row; with `only_from`, only while its status is one of these. False if nothing changed.

        One UPDATE statement, so that a late worker cannot revive a row that was cancelled or deleted meanwhile.
        """
        changes = {name: encode(value) for name, value in {"updated_at": now(), **changes}.items()}
        sets = ", ".join(f"[{name}] = ?" for name in changes)
        guard = f" and status in ({', '.join('?' for _ in only_from)})" if only_from else ""
        db = self._database.db
        with db.atomic():
            sql = f"update [{self._table}] set {sets} where id = ?{guard}"
            return db.execute(sql, [*changes.values(), item_id, *only_from]).rowcount > 0

    def delete(self, item_id: str) -> None:
        self._rows.delete_where("id = ?", [item_id])
        self._database.checkpoint()

    def transaction(self) -> AbstractContextManager[Any]:
        """For reading and then writing what was read: nobody writes in between."""
        return self._database.transaction()

    def ids(self) -> set[str]:
        """Everybody's: what may have files."""
        return {row["id"] for row in self._rows.rows_where(select="id")}

    def _models(self, rows: Iterable[dict[str, Any]]) -> list[T]:
        """One row that cannot be read costs itself alone, not the list it stands in, nor the start of the app."""
        found = []
        for row in rows:
            try:
                found.append(from_row(self._model, row))
            except (TypeError, ValueError, KeyError):
                log.exception("row %s of %s cannot be read", row.get("id"), self._table)
        return found

    @property
    def _rows(self) -> Any:
        return self._database.db.table(self._table)


def _has_default(field: Field[Any]) -> bool:
    return field.default is not MISSING or field.default_factory is not MISSING


def _matching(user_id: str, filters: dict[str, str]) -> tuple[str, list[str]]:
    """SQL and its values: a column's exact value each, but `search`, each of whose words the column has to contain."""
    where, values = ["user_id = ?"], [user_id]
    for column, value in filters.items():
        parts = value.split() if column == "search" else [value]
        where += ["instr([search], ?) > 0" if column == "search" else f"[{column}] = ?"] * len(parts)
        values += parts
    return " and ".join(where), values


def voices(database: Database) -> Owned[Voice]:
    return Owned(database, "voice_profiles", Voice, ("giọng", "voice"))


def documents(database: Database) -> Owned[Document]:
    return Owned(database, "documents", Document, ("tài liệu", "document"), heavy=("chapters",))


def generations(database: Database) -> Owned[Generation]:
    heavy = ("text_input", "search", "lexicon")
    return Owned(database, "generations", Generation, ("bản đọc", "audio"), heavy)
