"""Every person's own pronunciations: one row a word, gone with its owner."""

from __future__ import annotations

from collections.abc import Callable

from vnclone.models import Pronunciation
from vnclone.store.database import Database


class LexiconRows:
    """The table pronunciations. Each statement names the owner."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def all(self, user_id: str) -> list[Pronunciation]:
        sql = "select word, say from pronunciations where user_id = ?"
        return [Pronunciation(*row) for row in self._database.db.execute(sql, [user_id]).fetchall()]

    def change(self, user_id: str, changed: Callable[[dict[str, str]], dict[str, str]]) -> None:
        """Write what `changed` makes of word -> how to say it; nobody writes in between. What it raises undoes all."""
        with self._database.transaction() as db:
            before = {entry.word: entry.say for entry in self.all(user_id)}
            after = changed(dict(before))
            gone = [(user_id, word) for word in before.keys() - after.keys()]
            new = [(user_id, word, say) for word, say in after.items() if before.get(word) != say]
            for row in gone:
                db.execute("delete from pronunciations where user_id = ? and word = ?", row)
            for entry in new:
                db.execute("insert or replace into pronunciations (user_id, word, say) values (?, ?, ?)", entry)
        if gone:
            self._database.checkpoint()
