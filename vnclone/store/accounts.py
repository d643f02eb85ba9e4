"""Users, their sessions, and the failed sign-ins that slow a guesser down."""

from __future__ import annotations

import sqlite3
import time
from typing import Any

from vnclone.models import User
from vnclone.store.database import Database
from vnclone.store.owned import now
from vnclone.store.rows import from_row, to_row


class AccountRows:
    """The tables users, sessions and sign_in_failures."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def add_user(self, user: User, hashed_password: str) -> bool:
        """False when the e-mail is taken."""
        try:
            self._table("users").insert(to_row(user) | {"hashed_password": hashed_password})
        except sqlite3.IntegrityError:
            return False
        return True

    def user(self, user_id: str) -> User | None:
        for row in self._table("users").rows_where("id = ? and is_active = 1", [user_id]):
            return from_row(User, row)
        return None

    def first_user(self) -> str:
        """The id of the oldest account; "" when there is none."""
        for row in self._table("users").rows_where(select="id", order_by="created_at, rowid", limit=1):
            return str(row["id"])
        return ""

    def credentials(self, email: str) -> tuple[User, str] | None:
        """The user with this e-mail and the hash of the password."""
        for row in self._table("users").rows_where("email = ? and is_active = 1", [email]):
            return from_row(User, row), row["hashed_password"]
        return None

    def set_password(self, user_id: str, hashed_password: str) -> None:
        self._table("users").update(user_id, {"hashed_password": hashed_password, "updated_at": now()})

    def add_session(self, token_hash: str, user_id: str, expires_at: str) -> None:
        row = {"token_hash": token_hash, "user_id": user_id, "created_at": now(), "expires_at": expires_at}
        self._table("sessions").insert(row)

    def session_user(self, token_hash: str) -> str | None:
        """The id of the user whose unexpired session this is."""
        where = "token_hash = ? and expires_at > ? and user_id in (select id from users where is_active = 1)"
        for row in self._table("sessions").rows_where(where, [token_hash, now()]):
            return str(row["user_id"])
        return None

    def end_session(self, token_hash: str) -> None:
        self._table("sessions").delete_where("token_hash = ? or expires_at <= ?", [token_hash, now()])

    def failures(self, keys: list[str]) -> float:
        """Until when (seconds since the epoch) any of `keys` has to wait; 0 for not at all."""
        marks = ", ".join("?" for _ in keys)
        rows = self._table("sign_in_failures").rows_where(f"key in ({marks})", keys)
        return max((row["blocked_until"] for row in rows), default=0.0)

    def add_failure(self, key: str, free: int, longest_seconds: float) -> None:
        """Count one more failure: the first `free` cost nothing, then the wait doubles. A quiet day forgives."""
        moment = time.time()
        with self._database.transaction() as db:
            db.table("sign_in_failures").delete_where("last < ?", [moment - 86400])
            found = list(db.table("sign_in_failures").rows_where("key = ?", [key]))
            count = (found[0]["count"] if found else 0) + 1
            wait = min(longest_seconds, 2.0 ** (count - free)) if count >= free else 0.0
            row = {"key": key, "count": count, "blocked_until": moment + wait if wait else 0.0, "last": moment}
            db.table("sign_in_failures").upsert(row, pk="key")

    def take_back(self, key: str) -> None:
        """Uncount the one failure that turned out to be a success."""
        with self._database.transaction() as db:
            sql = "update sign_in_failures set count = max(count - 1, 0), blocked_until = 0 where key = ?"
            db.execute(sql, [key])

    def forgive(self, keys: list[str]) -> None:
        marks = ", ".join("?" for _ in keys)
        self._table("sign_in_failures").delete_where(f"key in ({marks})", keys)

    def _table(self, name: str) -> Any:
        return self._database.db.table(name)
