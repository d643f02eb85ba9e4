"""Whose task is next: the rule of vnclone/pools/turns.py, by sequences."""

from __future__ import annotations

import random
from dataclasses import dataclass
from itertools import islice, pairwise

import pytest

from vnclone.pools.turns import Turns


@dataclass(frozen=True)
class Ticket:
    """A call as the queue sees one."""

    user: str
    generation: str
    number: int = 0


def served(turns: Turns[Ticket], *urgent: str, most: int = 100) -> str:
    """Users in the order of their turns."""
    return "".join(call.user for call in islice(iter(lambda: turns.next(urgent), None), most))


def queue(users: str) -> Turns[Ticket]:
    """A call for each letter, in this order; user and generation are the letter."""
    turns: Turns[Ticket] = Turns()
    for number, user in enumerate(users):
        turns.add(Ticket(user, user, number))
    return turns


def test_users_take_turns_whatever_they_asked_for_first() -> None:
    assert served(queue("aaaabbc")) == "abcabaa"


def test_a_sentence_waits_for_one_turn_of_a_book() -> None:
    turns = queue("aaaaaa")
    assert served(turns, most=2) == "aa"
    turns.add(Ticket("b", "b"))
    assert served(turns) == "baaaa"


def test_whoever_comes_waits_for_those_who_wait_already() -> None:
    turns = queue("aaaabbbbcccc")
    assert served(turns, most=1) == "a"
    turns.add(Ticket("d", "d"))
    assert served(turns, most=5) == "bcdab"


def test_a_stream_of_newcomers_starves_nobody() -> None:
    turns, order = queue("aaaaa"), ""
    for number in range(8):
        turns.add(Ticket(f"{number}", "x"))
        order += served(turns, most=1)
    assert order.count("a") >= 3


def test_leaving_and_coming_back_gains_nothing() -> None:
    staying, leaving = queue("aabbcc"), queue("aabbcc")
    assert served(staying, most=2) == served(leaving, most=2) == "ab"
    call = Ticket("a", "a", 1)
    assert leaving.drop(call) and not leaving.drop(call)
    leaving.add(call)
    assert served(leaving) == served(staying) == "cabc"


def test_of_one_user_the_urgent_generation_is_first_then_who_came_first() -> None:
    turns: Turns[Ticket] = Turns()
    calls = [Ticket("a", generation, number) for number, generation in enumerate("xxyxyy")]
    for call in calls:
        turns.add(call)
    order = [turns.next({"y"}) for _ in calls]
    assert [(call.generation, call.number) for call in order if call] == [
        ("y", 2), ("y", 4), ("y", 5), ("x", 0), ("x", 1), ("x", 3),
    ]  # fmt: skip


def test_who_is_listened_to_gets_every_second_turn_and_no_more() -> None:
    assert served(queue("aaaabbbbcccc"), "c", most=8) == "cacbcacb"


def test_however_many_listen_everybody_gets_every_second_round() -> None:
    order = served(queue("a" * 30 + "".join("xyz" * 30)), "x", "y", "z", most=40)
    assert all("a" in order[at : at + 8] for at in range(32)), order
    assert not any(one == other for one, other in pairwise(order))


def test_alone_an_urgent_user_has_every_turn() -> None:
    assert served(queue("aaa"), "a") == "aaa"
    assert Turns[Ticket]().next({"a"}) is None


@pytest.mark.parametrize("seed", range(20))
def test_of_two_turns_one_is_in_order_and_nobody_is_forgotten(seed: int) -> None:
    """Random users come, go and listen: each call is served once, and nobody waits for more than two rounds."""
    dice, turns, number = random.Random(seed), Turns[Ticket](), 0
    since: dict[str, int] = {}  # user -> turns of others since they wait or had one
    left: set[Ticket] = set()
    last = None
    for _ in range(400):
        for _ in range(dice.choice([0, 1, 1, 2])):
            user = dice.choice("abcdefgh")
            call, number = Ticket(user, dice.choice([user, user + "2"]), number), number + 1
            turns.add(call)
            left.add(call)
            since.setdefault(user, 0)
        if left and dice.random() < 0.1:
            gone = dice.choice(sorted(left, key=lambda call: call.number))
            assert turns.drop(gone)
            left.discard(gone)
        call = turns.next({user for user in "abcd" if dice.random() < 0.7})
        assert (call is None) == (not left)
        if call is not None:
            waiting = {c.user for c in left}
            assert call.user != last or waiting == {call.user}
            left.remove(call)
            last = call.user
            since = {u: n + 1 for u, n in since.items() if u in {c.user for c in left}} | (
                {call.user: 0} if any(c.user == call.user for c in left) else {}
            )
        assert len(turns) == len(left) == len(list(turns.waiting()))
        assert all(n <= 2 * 8 for n in since.values()), since
