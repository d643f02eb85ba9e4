"""Whose task is next: the fair queue of one engine. Pure, without threads or a clock; the pool holds a lock around it.

The rule, where a turn is one task (a chunk, or a group of chunks that are spoken together):

1. Between users, round robin. Somebody who comes to wait goes to the end of the round, just before whoever had the
   last turn: a sentence waits for one turn of each book that is being read, never for a book.
2. Within a user, tasks of urgent generations (somebody hears them now and is about to run out) first, then first come,
   first served.
3. A user with an urgent task waiting goes before the others. But after such a turn out of order comes one in order,
   and nobody goes out of order right after a turn of their own. So of any two turns one at least is plain round robin:
   a book that is listened to gets at most every second turn while others wait, and nobody waits more than twice as
   long as without it, however many listen.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from typing import Generic, Protocol, TypeVar


class Waiting(Protocol):
    """What is asked of a call in the queue."""

    @property
    def user(self) -> str: ...

    @property
    def generation(self) -> str: ...


C = TypeVar("C", bound=Waiting)


class Turns(Generic[C]):
    """The calls that wait for one engine. Of users who do not wait it keeps nothing but who had the last turn."""

    def __init__(self) -> None:
        self._calls: dict[str, list[C]] = {}  # user -> theirs, as they came; never an empty list
        self._places: dict[str, float] = {}  # user -> when they come in the round, lowest first
        self._turn = 0
        self._last: str | None = None  # who had the last turn
        self._out_of_order = False  # whether that turn was out of order

    def __len__(self) -> int:
        return sum(map(len, self._calls.values()))

    def waiting(self) -> Iterator[C]:
        """Every call, a user after the other."""
        for calls in self._calls.values():
            yield from calls

    def add(self, call: C) -> None:
        calls = self._calls.setdefault(call.user, [])
        if not calls:  # the half: before who had the last turn, behind everybody else
            self._places[call.user] = self._turn - (0.0 if call.user == self._last else 0.5)
        calls.append(call)

    def drop(self, call: C) -> bool:
        """Take it out without a turn; False when it does not wait here."""
        calls = self._calls.get(call.user, [])
        if call not in calls:
            return False
        calls.remove(call)
        if not calls:
            del self._calls[call.user], self._places[call.user]
        return True

    def next(self, urgent: Collection[str] = ()) -> C | None:
        """Whose turn it is, taken out; None when nobody waits. `urgent`: the generations that are."""
        if not self._calls:
            return None
        user = self._whose(urgent)
        calls = self._calls[user]
        call = next((call for call in calls if call.generation in urgent), calls[0])
        self.drop(call)
        self._turn, self._last = self._turn + 1, user
        if user in self._places:
            self._places[user] = self._turn
        return call

    def _whose(self, urgent: Collection[str]) -> str:
        in_order = min(self._calls, key=self._places.__getitem__)
        eager = (user for user in self._calls if user != self._last and self._has_urgent(user, urgent))
        first = in_order if self._out_of_order else min(eager, key=self._places.__getitem__, default=in_order)
        self._out_of_order = first != in_order
        return first

    def _has_urgent(self, user: str, urgent: Collection[str]) -> bool:
        return any(call.generation in urgent for call in self._calls[user])
