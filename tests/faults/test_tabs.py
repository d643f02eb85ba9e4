"""Many hands: two tabs on one recording, the same request at once, and a deletion in the middle of it."""

from __future__ import annotations

import random
import threading
import time
from collections.abc import Callable
from contextlib import suppress

from faults.conftest import Scale, Table
from faults.desk import PATIENCE_SECONDS, Desk
from vnclone.errors import VncloneError
from vnclone.models import Generation
from vnclone.services.revising import Change


def at_once(*acts: Callable[[], object]) -> None:
    """Each in a thread of its own; what our errors say is an answer, anything else a fault."""
    wrong: list[BaseException] = []

    def run(act: Callable[[], object]) -> None:
        try:
            act()
        except VncloneError:
            pass
        except BaseException as error:  # noqa: BLE001 - told below
            wrong.append(error)

    threads = [threading.Thread(target=run, args=(act,)) for act in acts]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(PATIENCE_SECONDS)
        assert not thread.is_alive(), "a tab hangs"
    assert not wrong, wrong


def a_tab(desk: Desk, generation: Generation, seed: int) -> Callable[[], None]:
    """Some presses of buttons, in random order."""
    dice, user, id = random.Random(seed), desk.user, generation.id
    generations, revisions = desk.services.generations, desk.services.revisions
    presses: list[Callable[[], object]] = [
        lambda: generations.pause(user, id),
        lambda: generations.resume(user, id),
        lambda: generations.cancel(user, id),
        lambda: revisions.redo(user, id, 0, dice.randint(0, 3), Change()),
        lambda: revisions.redo(user, id, 0, 1, Change(text="Một câu khác.")),
        lambda: revisions.choose(user, id, 0, dice.randint(0, 3), dice.randint(0, 1)),
    ]

    def tab() -> None:
        for _ in range(8):
            with suppress(VncloneError):
                dice.choice(presses)()
            time.sleep(dice.choice([0.0, 0.02, 0.2]))

    return tab


TEXT = "\n".join(f"Đây là đoạn số {word} của một chuyện ngắn." for word in ("một", "hai", "ba", "bốn"))


def test_two_tabs_on_one_recording_press_everything(scale: Scale, table: Table, desk: Desk) -> None:
    rounds, services = scale(2, 30), desk.services
    for number in range(rounds):
        generation = desk.ask(TEXT, format="mp3", pauses={"paragraph": round(0.3 + number / 1000, 3)})
        if number % 2:
            desk.finished(generation)
        at_once(*(a_tab(desk, generation, 100 * number + tab) for tab in range(2)))
        services.generations.resume(desk.user, generation.id)
        done = desk.finished(generation)
        desk.rest()
        check_consistent(desk, done)
        at_once(*[lambda id=done.id: services.generations.delete(desk.user, id)] * 2)  # type: ignore[misc]
        desk.rest()
    assert not list(desk.house.data.glob("users/*/generations/*"))
    assert not desk.house.chunks() and not desk.house.scraps()
    assert desk.house.rows() == []
    found = "one consistent recording, the sound that its steps say, no file left over, nothing hangs"
    table.add(
        "6",
        "two tabs that pause, resume, cancel, read again, choose and delete at once",
        f"{rounds} rounds of 16 presses",
        found,
    )


def check_consistent(desk: Desk, done: Generation) -> None:
    """The row says what the files are, and these are what its steps say."""
    services = desk.services
    (row,) = desk.house.rows()
    assert done.status == "completed", (done.status, done.error)
    desk.house.check_editions(row)
    sound = desk.pcm(done)
    desk.house.check_finished(row | {"note": None}, sound)
    keys = [step.key for step in services.generations.plan(done).steps]
    assert len(services.revisions.parts(desk.user, done.id)) == 4
    assert len(keys) == done.chunks_total


def test_the_same_request_at_once_is_made_once_whatever_becomes_of_the_others(
    scale: Scale, table: Table, desk: Desk
) -> None:
    rounds, dice, services = scale(1, 18), random.Random(15), desk.services
    for number in range(rounds):
        text, count = f"Lần thứ {number} kể chuyện.\n{TEXT}", 2 + number % 3
        desk.spoken.clear()
        all_of_them = [desk.ask(text, format=dice.choice(["mp3", "wav", "opus"])) for _ in range(count)]
        gone = dice.randrange(count) if count > 2 else -1
        if gone >= 0:
            time.sleep(dice.uniform(0, 0.8))
            act = dice.choice([services.generations.delete, services.generations.cancel])
            at_once(lambda id=all_of_them[gone].id, act=act: act(desk.user, id))  # type: ignore[misc]
        kept = [generation for at, generation in enumerate(all_of_them) if at != gone]
        done = [desk.finished(generation) for generation in kept]
        assert [g.status for g in done] == ["completed"] * len(done), [g.error for g in done]
        assert len({desk.pcm(g) for g in done}) == 1
        begun_twice = len(desk.spoken) - len(set(desk.spoken))
        assert begun_twice == 0 or (gone >= 0 and begun_twice <= 4)  # what was queued for the one that went
        assert len(set(desk.spoken)) == done[0].chunks_total
        desk.rest()
        for generation in all_of_them:
            at_once(lambda id=generation.id: services.generations.delete(desk.user, id))  # type: ignore[misc]
        desk.rest()
        assert not desk.house.chunks() and not desk.house.scraps()
        assert not list(desk.house.data.glob("users/*/generations/*"))
    found = "one synthesis, the same sound for all that stay, no file of the one that went"
    table.add(
        "7",
        "the same request two to four times at once, one of them cancelled or deleted meanwhile",
        f"{rounds} rounds",
        found,
    )
