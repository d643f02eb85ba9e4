"""What is under way and what waits for its turn: some of each user's at once, users in turn."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable
from dataclasses import dataclass, field

log = logging.getLogger(__name__)
EACH = 3  # of one user at once: they share the workers anyway, and each holds a thread


@dataclass(slots=True)
class _User:
    waiting: list[str] = field(default_factory=list)
    under_way: set[str] = field(default_factory=set)
    served: int = 0  # when the last one began, by a count of all beginnings


class Turnstile:
    """Runs `run(id)` in a thread for each id added, at most `most` at once and `each` of a user.

    `moved(id, position)` tells one that waits how many of its user's are before it. An id that is added while it is
    under way runs once more afterwards.
    """

    def __init__(
        self, run: Callable[[str], None], moved: Callable[[str, int], None], most: int, each: int = EACH
    ) -> None:
        self._run, self._moved, self._most, self._each = run, moved, most, each
        self._users: dict[str, _User] = {}
        self._beginnings = 0
        self._again: set[str] = set()
        self._lock = threading.Lock()
        self.closed = False

    def add(self, user: str, item: str) -> None:
        with self._lock:
            who = self._users.setdefault(user, _User())
            if item in who.under_way:
                self._again.add(item)
            elif item not in who.waiting:
                who.waiting.append(item)
        self._advance(user)

    def drop(self, user: str, item: str) -> None:
        """Take out one that waits."""
        with self._lock:
            who = self._users.get(user)
            if who and item in who.waiting:
                who.waiting.remove(item)
            self._again.discard(item)
        self._advance(user)

    def close(self) -> None:
        """Begin nothing more."""
        with self._lock:
            self.closed = True

    def _advance(self, user: str) -> None:
        """Begin what may begin; tell those of `user` who wait where they stand."""
        with self._lock:
            begun = []
            while (turn := self._next()) is not None:
                begun.append(turn)
            waiting = list(self._users[user].waiting) if user in self._users else []
        for owner, item in begun:
            threading.Thread(target=self._work, args=(owner, item), name=f"turn-{item}", daemon=True).start()
        for position, item in enumerate(waiting, start=1):
            self._moved(item, position)

    def _next(self) -> tuple[str, str] | None:
        busy = sum(len(who.under_way) for who in self._users.values())
        if self.closed or busy >= self._most:
            return None
        ready = [(u, who) for u, who in self._users.items() if who.waiting and len(who.under_way) < self._each]
        if not ready:
            return None
        user, who = min(ready, key=lambda pair: (len(pair[1].under_way), pair[1].served))
        self._beginnings += 1
        who.served = self._beginnings
        item = who.waiting.pop(0)
        who.under_way.add(item)
        return user, item

    def _work(self, user: str, item: str) -> None:
        try:
            self._run(item)
        finally:
            with self._lock:
                who = self._users[user]
                who.under_way.discard(item)
                again = item in self._again
                self._again.discard(item)
                if not again and not who.under_way and not who.waiting:
                    del self._users[user]
            if again:
                self.add(user, item)
            else:
                self._advance(user)
