"""Where chunks run: fairly shared workers that hang, die and raise, and nothing is lost or done twice."""

from __future__ import annotations

import json
import os
import random
import signal
import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor, wait
from pathlib import Path

import naughty
import numpy as np
import pytest

from vnclone import engines
from vnclone.audio.files import read_wav
from vnclone.engines.base import save_enrollment
from vnclone.errors import BadInput
from vnclone.models import Clip, Enrollment, Params, Word
from vnclone.pools import worker
from vnclone.pools.local import Lane, LocalPool, PoolClosed, Process, Rules, limit_seconds
from vnclone.pools.setbacks import BadSound, TooSlow, WorkerDied
from vnclone.pools.worker import EnrollTask, SpeakTask, Task

ROOT = Path(__file__).resolve().parent.parent
NAME = naughty.NAME


@pytest.fixture(autouse=True)
def known(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setitem(engines._ENGINES, NAME, "naughty:Naughty")
    yield
    engines._load.cache_clear()


Pools = Callable[..., LocalPool]


@pytest.fixture
def pools() -> Iterator[Pools]:
    made: list[LocalPool] = []

    def make(cores: int = 1, hanging: float = 60.0, **rules: float) -> LocalPool:
        def limit(task: Task) -> float:
            return hanging if isinstance(task, SpeakTask) and "hang" in task.texts[0] else 60.0

        made.append(LocalPool(cores, rules=Rules(work=naughty.work, limit=limit, **rules)))
        return made[-1]

    yield make
    for pool in made:
        pool.close()


@pytest.fixture
def voice(tmp_path: Path) -> str:
    save_enrollment(tmp_path / "voice.npz", Enrollment(NAME, "1"))
    return str(tmp_path / "voice.npz")


@pytest.fixture
def task(tmp_path: Path, voice: str) -> Callable[..., SpeakTask]:
    def make(*texts: str, name: str = "out", user: str = "", generation: str = "", seed: int = 0) -> SpeakTask:
        outs = tuple(str(tmp_path / f"{name}{number}.wav") for number, _ in enumerate(texts))
        return SpeakTask(NAME, voice, texts, outs, Params(seed=seed), generation=generation, user=user)

    return make


def begun(future: Future[None]) -> None:
    deadline = time.monotonic() + 30
    while not future.running():
        assert time.monotonic() < deadline
        time.sleep(0.005)


def logged(path: Path) -> list[str]:
    return [line.split()[0] for line in path.read_text("utf-8").splitlines()] if path.exists() else []


def test_a_sentence_is_not_kept_waiting_by_a_book(pools: Pools, task: Callable[..., SpeakTask], tmp_path: Path) -> None:
    pool, log, gate = pools(), tmp_path / "log", tmp_path / "gate"
    first = pool.submit(task(f"wait={gate}", user="an", generation="book"))
    begun(first)
    book = [pool.submit(task(f"log={log}:book", name=f"b{n}", user="an", generation="book")) for n in range(10)]
    said = pool.submit(task(f"log={log}:sentence", name="s", user="bình", generation="sentence"))
    assert pool.sharing(NAME) == 2
    gate.touch()
    wait([first, said, *book])
    assert logged(log) == ["sentence", *["book"] * 10]
    assert pool.sharing(NAME) == 0


def test_who_is_heard_goes_first_until_it_lapses(
    pools: Pools, task: Callable[..., SpeakTask], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    pool, log = pools(), tmp_path / "log"

    def order(gate: Path) -> list[str]:
        log.unlink(missing_ok=True)
        futures = [pool.submit(task(f"wait={gate}", user="x"))]
        begun(futures[0])
        for user in ("an", "bình", "chi"):
            for n in range(3):
                what = task(f"log={log}:{user}", name=f"{user}{n}", user=user, generation=user)
                futures.append(pool.submit(what))
        gate.touch()
        wait(futures)
        return logged(log)

    monkeypatch.setattr("vnclone.pools.local.URGENT_SECONDS", 3600.0)
    pool.urge("chi")
    assert order(tmp_path / "one") == ["chi", "an", "chi", "bình", "chi", "an", "bình", "an", "bình"]
    monkeypatch.setattr("vnclone.pools.local.URGENT_SECONDS", -1.0)
    pool.urge("chi")
    assert order(tmp_path / "two") == ["an", "bình", "chi"] * 3


def test_a_queued_task_is_cancelled_at_once_and_never_run(
    pools: Pools, task: Callable[..., SpeakTask], tmp_path: Path
) -> None:
    pool, gate = pools(), tmp_path / "gate"
    running = pool.submit(task(f"wait={gate}"))
    begun(running)
    queued = pool.submit(task("x", name="queued"))
    waited = ThreadPoolExecutor(1).submit(wait, [queued])
    assert queued.cancel() and queued.cancel() and queued.cancelled()
    assert waited.result(10).done == {queued}, "whoever waits for it goes on"
    with pytest.raises(PoolClosed):
        pool.finish(task("x"), queued)
    assert not running.cancel(), "one that runs is finished and kept"
    gate.touch()
    running.result(30)
    assert (tmp_path / "out0.wav").exists() and not (tmp_path / "queued0.wav").exists()


def test_a_worker_that_hangs_is_killed_and_the_next_task_has_a_fresh_one(
    pools: Pools, task: Callable[..., SpeakTask], tmp_path: Path
) -> None:
    pool = pools(hanging=3.0)
    pool.run(task("x"))
    [before] = pool.processes(NAME)
    stuck, after = pool.submit(task("hang", name="stuck")), pool.submit(task("x", name="after"))
    with pytest.raises(TooSlow) as told:
        pool.finish(task("hang"), stuck)
    assert "3 giây" in told.value.said.vi and "3 seconds" in told.value.said.en
    pool.finish(task("x"), after)
    [now] = pool.processes(NAME)
    assert now != before and not alive(before)


def alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True


def test_a_worker_that_dies_takes_only_its_task_with_it(pools: Pools, task: Callable[..., SpeakTask]) -> None:
    pool = pools(2)
    slow = pool.submit(task("sleep=1", name="slow"))
    begun(slow)
    with pytest.raises(WorkerDied) as told:
        pool.run(task("die"))
    assert "bộ nhớ" in told.value.said.vi
    slow.result(30)
    pool.run(task("x"))


def test_a_worker_killed_while_it_rests_costs_no_task(pools: Pools, task: Callable[..., SpeakTask]) -> None:
    pool = pools()
    for _ in range(3):
        pool.run(task("x"))
        [pid] = pool.processes(NAME)
        os.kill(pid, signal.SIGKILL)
        while pool.processes(NAME):
            time.sleep(0.005)


def test_what_a_task_raises_arrives_as_itself_or_by_its_name(pools: Pools, task: Callable[..., SpeakTask]) -> None:
    pool = pools()
    pool.run(task("x"))
    processes = pool.processes(NAME)
    for deed, kind, text in (
        ("unpicklable", RuntimeError, "Unpicklable('cannot be pickled')"),
        ("unreadable", RuntimeError, "Unreadable('one two')"),
        ("nameless", RuntimeError, "Nameless"),
        ("exit", RuntimeError, "SystemExit(3)"),
        ("memory", MemoryError, ""),
    ):
        with pytest.raises(kind) as told:
            pool.run(task(deed))
        assert str(told.value) == text and type(told.value) is kind
        assert "naughty.py" in "".join(told.value.__notes__), "where it happened is known"
    with pytest.raises(BadInput) as ours:
        pool.run(EnrollTask(NAME, __file__, "", "/nowhere/x.npz"))
    assert ours.value.said.vi, "not a sound: an error of ours comes with both its sentences"
    assert pool.processes(NAME) == processes, "none of these cost the worker"


def test_a_sound_of_no_numbers_is_not_kept_and_the_others_are(
    pools: Pools, task: Callable[..., SpeakTask], tmp_path: Path
) -> None:
    with pytest.raises(BadSound):
        pools().run(task("x", "nan", "x"))
    assert [(tmp_path / f"out{n}.wav").exists() for n in range(3)] == [True, False, True]


def test_a_silent_text_is_read_again_and_said_to_be_silent_when_it_stays_so(
    pools: Pools, task: Callable[..., SpeakTask], tmp_path: Path
) -> None:
    log = tmp_path / "log"
    texts = (f"silent log={log}:one", f"silent_at_first=1 log={log}:two", f"silent_at_first=2 log={log}:three", "…")
    pools().run(task(*texts, seed=5))
    assert logged(log) == ["one", "two", "three", "one", "one", "two", "three", "three"]
    peaks = [float(np.abs(read_wav(tmp_path / f"out{n}.wav").samples).max()) for n in range(4)]
    assert peaks[0] < 1e-3 and min(peaks[1:3]) > 0.4 and peaks[3] == 0
    flaws = [(tmp_path / f"out{n}.flaws").exists() for n in range(4)]
    assert flaws == [True, False, False, False]
    assert json.loads((tmp_path / "out0.flaws").read_text()) == ["silent"]


def test_silence_is_right_where_there_is_nothing_to_say() -> None:
    assert not worker.has_words("… — ?!") and worker.has_words("3") and worker.has_words("ạ") and worker.has_words("你")
    quiet, nothing = np.full(10, 0.9e-3, np.float32), np.zeros(0, np.float32)
    assert worker.is_silent(Clip(quiet, 8000)) and worker.is_silent(Clip(nothing, 8000))
    assert not worker.is_silent(Clip(quiet * 2, 8000))
    for bad in (np.nan, np.inf, -np.inf):
        assert not worker.is_silent(Clip(np.array([0, bad], np.float32), 8000)), "not silent but broken"


def test_words_and_flaws_lie_beside_a_sound_and_go_with_the_next_take(tmp_path: Path) -> None:
    out, tone = tmp_path / "a.wav", np.full(100, 0.5, np.float32)
    words = (Word("xin", 0.0, 0.25), Word("chào", 0.25, 0.5))
    worker.keep(Clip(tone, 8000, ("too_long",), words), str(out))
    assert json.loads((tmp_path / "a.words").read_text()) == [["xin", 0.0, 0.25], ["chào", 0.25, 0.5]]
    assert json.loads((tmp_path / "a.flaws").read_text()) == ["too_long"]
    worker.keep(Clip(tone, 8000), str(out))
    assert sorted(path.name for path in tmp_path.iterdir()) == ["a.wav"]


def test_a_process_without_work_ends_and_starts_again(pools: Pools, task: Callable[..., SpeakTask]) -> None:
    pool = pools(2, idle_seconds=0.3)
    wait([pool.submit(task("sleep=0.2", name=f"{n}")) for n in range(4)])
    pids = pool.processes(NAME)
    assert pids
    while any(map(alive, pids)):
        time.sleep(0.01)
    assert not pool.processes(NAME)
    pool.run(task("x"))
    assert pool.processes(NAME)


def test_one_user_alone_keeps_one_process_warm(pools: Pools, task: Callable[..., SpeakTask]) -> None:
    """A task goes to a process that is there: another would have to load its models first."""
    pool = pools(4)
    for _ in range(12):
        pool.run(task("x"))
    assert len(pool.processes(NAME)) == 1


def test_closing_keeps_what_runs_gives_up_what_waits_and_may_be_said_twice(
    pools: Pools, task: Callable[..., SpeakTask], tmp_path: Path
) -> None:
    pool = pools()
    running = pool.submit(task("sleep=0.5", name="running"))
    begun(running)
    waiting = pool.submit(task("x", name="waiting"))
    pool.close()
    pool.close()
    assert running.exception(0) is None and waiting.cancelled()
    assert (tmp_path / "running0.wav").exists() and not (tmp_path / "waiting0.wav").exists()
    assert not pool.processes(NAME)
    for ask in (pool.submit, pool.run):
        with pytest.raises(PoolClosed):
            ask(task("x"))


def test_a_worker_that_hangs_does_not_hold_up_the_end(
    pools: Pools, task: Callable[..., SpeakTask], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("vnclone.pools.local.GRACE_SECONDS", 0.5)
    pool = pools(2)
    stuck = [pool.submit(task("hang", name=f"{n}")) for n in range(2)]
    for future in stuck:
        begun(future)
    while len(pids := pool.processes(NAME)) < 2:
        time.sleep(0.01)
    pool.close()
    assert all(isinstance(future.exception(0), PoolClosed) for future in stuck)
    assert not any(map(alive, pids))


def test_a_worker_that_starts_while_the_pool_ends_does_nothing(
    pools: Pools, task: Callable[..., SpeakTask], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    started, stopped = threading.Event(), threading.Event()

    class Slow(Process):
        def __init__(self, rules: Rules) -> None:
            super().__init__(rules)
            started.set()
            stopped.wait(30)

    class Told(Lane):
        def stop(self) -> None:
            super().stop()
            stopped.set()

    for name, kind in (("Process", Slow), ("Lane", Told), ("GRACE_SECONDS", 0.1), ("LEAVING_SECONDS", 20.0)):
        monkeypatch.setattr(f"vnclone.pools.local.{name}", kind)
    pool = pools()
    future = pool.submit(task(f"log={tmp_path / 'log'}:x"))
    assert started.wait(30)
    pool.close()
    assert isinstance(future.exception(0), PoolClosed) and not logged(tmp_path / "log")


def test_nothing_is_lost_or_done_twice_whatever_happens(
    pools: Pools, task: Callable[..., SpeakTask], tmp_path: Path
) -> None:
    """200 tasks from many threads, some cancelled, while workers are killed, raise and hang."""
    pool, log, dice = pools(2, hanging=1.5), tmp_path / "log", random.Random(11)
    deeds = {0: "unpicklable", 50: "hang", 100: "die", 150: "nan"}
    futures: dict[int, Future[None]] = {}
    kills = 0

    def submit(number: int) -> None:
        text = f"log={log}:{number} {deeds.get(number, 'sleep=0.01')}"
        futures[number] = pool.submit(task(text, name=f"t{number}", user=f"{number % 5}", generation=f"{number % 9}"))
        if dice.random() < 0.2:
            time.sleep(dice.random() / 20)
            futures[number].cancel()

    with ThreadPoolExecutor(16) as threads:
        submitting = threads.map(submit, range(200))
        for done in (5, 30, 60, 100):
            while sum(future.done() for future in list(futures.values())) < done:
                time.sleep(0.005)
            for pid in pool.processes(NAME)[:1]:
                os.kill(pid, signal.SIGKILL)
                kills += 1
            pool.urge(f"{dice.randrange(9)}")
        list(submitting)
    assert not wait(futures.values(), 200).not_done
    ran, died, cancelled = Counter(logged(log)), 0, 0
    for number, future in futures.items():
        there, times = (tmp_path / f"t{number}0.wav").exists(), ran[f"{number}"]
        if future.cancelled():
            assert not there and not times
            cancelled += 1
        elif isinstance(error := future.exception(), WorkerDied):
            assert times <= 1, "nothing is done twice"
            died += 1
        else:
            assert times == 1 and there == (error is None) == (number not in deeds), (number, error)
    assert died <= kills + 1, "a worker that is killed takes one task with it at most"
    assert 0 < cancelled < 100
    assert pool.sharing(NAME) == 0
    pool.run(task("x"))


def test_a_long_text_has_a_longer_limit() -> None:
    assert limit_seconds(EnrollTask("", "", "", "")) == 300
    assert limit_seconds(SpeakTask("", "", ("một hai",) * 5, (), Params())) == 300 + 30 * 4


PROGRAM = """
import sys, time
from pathlib import Path
sys.path[:0] = {path}
import naughty
from vnclone import engines
from vnclone.pools.local import LocalPool, Rules
from vnclone.pools.worker import SpeakTask
from vnclone.models import Params

if __name__ == "__main__":
    engines._ENGINES["naughty"] = "naughty:Naughty"
    pool = LocalPool(2, rules=Rules(work=naughty.work))
    futures = [pool.submit(SpeakTask("naughty", {voice!r}, ("sleep=3600",), ("/nowhere",), Params())) for _ in "ab"]
    try:
        while {wanted}:
            time.sleep(0.005)
        print("ready", flush=True)
        time.sleep(60)
    except KeyboardInterrupt:
        print(*pool.processes("naughty"), flush=True)
        if {close}:
            pool.close()
"""


@pytest.mark.parametrize(
    ("wanted", "close"), [("not pool.processes('naughty') or time.sleep(0.1)", True), ("time.sleep(1.5)", False)]
)
def test_ctrl_c_leaves_no_worker_and_no_traceback(wanted: str, close: bool, voice: str, tmp_path: Path) -> None:
    """Neither while workers start nor while they are busy, whether or not the server closes its pool."""
    script = tmp_path / "program.py"
    script.write_text(PROGRAM.format(path=[str(ROOT), str(ROOT / "tests")], voice=voice, wanted=wanted, close=close))
    program = subprocess.Popen(
        [sys.executable, str(script)], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, start_new_session=True
    )
    assert program.stdout and program.stdout.readline() == "ready\n"
    os.killpg(program.pid, signal.SIGINT)
    pids = [int(pid) for pid in program.stdout.readline().split()]
    _, complaints = program.communicate(timeout=30)
    assert pids and complaints == ""
    deadline = time.monotonic() + 10
    while any(map(alive, pids)) and time.monotonic() < deadline:
        time.sleep(0.05)
    assert not any(map(alive, pids))
