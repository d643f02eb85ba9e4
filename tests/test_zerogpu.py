"""ZeroGPU: what a call asks for, who pays for it, what stops it, and what is waited for."""

from __future__ import annotations

import math
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import CancelledError, Future
from contextlib import contextmanager
from contextvars import Context
from pathlib import Path
from typing import Any

import httpx
import numpy as np
import pytest
import spaces
from spaces.zero import gradio as zero_gradio

from tests.conftest import DEMO_VOICE
from tests.zero_api import TEXTS, WHO, OnCard, placed, until
from vnclone import engines
from vnclone.audio.files import read_wav
from vnclone.engines import zerogpu
from vnclone.engines.base import Batch, Placement, save_enrollment, speech_seconds
from vnclone.errors import BadInput, Unavailable
from vnclone.models import Chunk, Clip, Enrollment, Generation, Params
from vnclone.pools import places, setbacks
from vnclone.pools import zerogpu as pools_zerogpu
from vnclone.pools.local import LocalPool, PoolClosed
from vnclone.pools.places import Places
from vnclone.pools.worker import EnrollTask, SpeakTask, Task
from vnclone.pools.zerogpu import Deserted, Follower, ZeroPool, newest
from vnclone.services import plans
from vnclone.services.plans import Step
from vnclone.settings import on_zero_gpu

QUOTA = ("ZeroGPU quota exceeded", "You have exceeded your free ZeroGPU quota (15s requested vs. 3s left). ")


def said_by_spaces(title: str, text: str) -> Exception:
    return zero_gradio.error(title, text)


@pytest.fixture
def card(monkeypatch: pytest.MonkeyPatch) -> Iterator[type[OnCard]]:
    with placed(monkeypatch) as engine:
        yield engine


@pytest.fixture
def pool(card: type[OnCard]) -> Iterator[ZeroPool]:
    made = ZeroPool()
    yield made
    made.close()


@pytest.fixture(scope="module")
def voice_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("voice") / "voice.npz"
    save_enrollment(path, OnCard().enroll(read_wav(DEMO_VOICE), None))
    return path


@pytest.fixture
def asked(voice_file: Path, tmp_path: Path) -> Callable[..., SpeakTask]:
    def task(generation: str = "one", texts: tuple[str, ...] = TEXTS, name: str = "", **params: float) -> SpeakTask:
        outs = tuple(str(tmp_path / f"{name or generation}-{n}.wav") for n in range(len(texts)))
        return SpeakTask("on_card", str(voice_file), texts, outs, Params(**params), generation=generation)  # type: ignore[arg-type]

    return task


@contextmanager
def follows(pool: ZeroPool, generation: str, who: str) -> Iterator[None]:
    """`who` follows it: what they bring is seen by nobody else."""
    before = WHO.set(who)
    following = pool.following(generation)
    following.__enter__()
    WHO.reset(before)
    try:
        yield
    finally:
        following.__exit__(None, None, None)


def made(task: SpeakTask) -> list[bool]:
    return [Path(out).exists() for out in task.outs]


# What a call asks for


@pytest.mark.parametrize(("value", "on"), [("true", True), ("1", True), ("T", True), ("", False), ("no", False)])
def test_zero_gpu_is_told_as_spaces_tells_it(value: str, on: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    from spaces.config import boolean

    monkeypatch.setenv("SPACES_ZERO_GPU", value)
    assert on_zero_gpu() is boolean(value) is on


def test_off_zero_gpu_there_is_no_such_pool_and_nobody_has_to_follow(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.delenv("SPACES_ZERO_GPU", raising=False)
    pool = places.here(tmp_path)
    with pool.following("x"):
        assert isinstance(pool, LocalPool) and not pool.followed("x")
    assert not hasattr(zerogpu.speak, "zerogpu")  # the decorator left it as it was


def test_the_card_is_asked_for_as_long_as_the_text_needs_and_never_longer_than_the_default() -> None:
    voice = Enrollment("on_card", "1")
    words = "một " * 150  # a minute, by the specification
    assert speech_seconds(words) == pytest.approx(60) and speech_seconds(words, 2.0) == pytest.approx(30)
    asked = [zerogpu.seconds_needed("on_card", texts, voice, Params()) for texts in ((), (words,), (words, words))]
    assert asked == [zerogpu.SHORTEST, zerogpu.START_SECONDS + 30, zerogpu.LONGEST]
    assert zerogpu.seconds_needed("on_card", (words,), voice, Params(speed=2.0)) == zerogpu.START_SECONDS + 15
    assert zerogpu.LONGEST <= 60  # zero/client.py, DEFAULT_SCHEDULE_DURATION


def a_generation(speed: float = 1.0) -> Generation:
    asked = ("id", "user", "voice", "", "", "title", "name", "auto", "north", "on_card", "1", speed, "mp3")
    return Generation(*asked, "pending", "2026", "2026")  # type: ignore[arg-type]


def test_a_call_covers_forty_five_seconds_of_speech_and_the_first_one_less() -> None:
    chunk = Chunk("a", "một " * 15, "vi", 0.3)  # 6 s
    steps = [Step(chunk, str(n), "voice") for n in range(20)]
    sizes = [len(group) for group in plans.groups(steps, a_generation(), ZeroPool().batch("on_card"))]
    assert sizes == [1, 2, 5, 7, 5]  # 8, 16, 32, 45 s
    fast = [len(group) for group in plans.groups(steps, a_generation(speed=2.0), ZeroPool().batch("on_card"))]
    assert fast == [2, 5, 10, 3]


def test_a_chunk_above_the_limit_is_alone_and_none_is_lost() -> None:
    chunks = [Chunk("a", "một " * words, "vi", 0.3) for words in (200, 2, 2, 200, 2)]
    steps = [Step(chunk, str(n), "voice") for n, chunk in enumerate(chunks)]
    groups = list(plans.groups(steps, a_generation(), Batch(8, 45, "second")))
    assert [[step.key for step in group] for group in groups] == [["0"], ["1", "2"], ["3"], ["4"]]


# What spaces raises


@pytest.mark.parametrize(
    ("error", "kind", "seconds"),
    [
        (said_by_spaces(QUOTA[0], QUOTA[1] + "Try again in 0:15:00. "), "quota", 900),
        (said_by_spaces(QUOTA[0], QUOTA[1] + "Try again in 1 day, 2:03:04. Subscribe"), "quota", 93784),
        (said_by_spaces(QUOTA[0], "You have exceeded your ZeroGPU runs limit. "), "quota", 600),
        (said_by_spaces(QUOTA[0], "Space app has reached its GPU limit. Try re-running"), "quota", 600),
        (said_by_spaces(QUOTA[0], "No GPU was available after 60s. Try re-running"), "busy", 60),
        (said_by_spaces("ZeroGPU pending credits exceeded", "You have too many"), "quota", 60),
        (zero_gradio.error("ZeroGPU queue timeout", "No GPU was available after 60s", html=True), "busy", 60),
        (said_by_spaces("ZeroGPU client error", "No GPU was available"), "busy", 60),
        (said_by_spaces("ZeroGPU client error", "Expired ZeroGPU proxy token"), "expired", math.inf),
        (RuntimeError("Connection closed by visitor while queueing"), "expired", math.inf),
        (RuntimeError("Connection closed by visitor on queue success"), "expired", math.inf),
        (said_by_spaces("ZeroGPU illegal duration", "The requested GPU duration (60s) is larger"), "cut", 0),
        (said_by_spaces("ZeroGPU worker error", "GPU task aborted"), "cut", 0),
        (said_by_spaces("ZeroGPU worker error", "OutOfMemoryError"), "cut", 0),
        (httpx.ConnectError("refused"), "busy", 60),
    ],
)
def test_each_error_of_spaces_is_understood(error: Exception, kind: str, seconds: float) -> None:
    assert setbacks.setback(error) == setbacks.Setback(kind, seconds)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    "error",
    [
        said_by_spaces("ZeroGPU worker error", "ValueError"),
        said_by_spaces("ZeroGPU client error", "Internal Gradio error"),
        RuntimeError("ZeroGPU API /schedule error: 500 (Internal Server Error)"),
        ValueError("Connection closed by visitor"),
        BadInput("a", "b"),
    ],
)
def test_any_other_error_is_nothing_to_wait_for(error: Exception) -> None:
    assert setbacks.setback(error) is None


def test_spaces_still_says_what_is_looked_for() -> None:
    folder = Path(spaces.__file__).parent / "zero"
    source = (folder / "client.py").read_text() + (folder / "wrappers.py").read_text()
    rules = [text for title, start, _ in setbacks._RULES for text in (title, start) if text]
    # The class's name of a CUDA error is PyTorch's; "No GPU was available after 60s" starts like the plain one.
    missing = {text for text in (*rules, "Try again in {res.wait}") if text not in source}
    assert missing <= {"OutOfMemoryError"}


def test_waits_are_rounded_up_and_every_sentence_shows_the_way_out() -> None:
    assert [setbacks.about(s).vi for s in (1, 60, 61, 3599, 3600, 7201)] == [
        "1 phút",
        "1 phút",
        "2 phút",
        "1 giờ",
        "1 giờ",
        "3 giờ",
    ]
    assert setbacks.about(61).en == "2 minutes" and setbacks.about(30).en == "1 minute"
    way_out = setbacks.instead(["vieneu_nano", "parametric"])
    sentences = [setbacks.alone(way_out), setbacks.expired(way_out), setbacks.quota(900, way_out)]
    for said in (*sentences, setbacks.busy(way_out)):
        assert said.vi.endswith("vieneu_nano hoặc parametric, không cần card đồ hoạ.")
        assert said.en.endswith("vieneu_nano or parametric, which needs no graphics card.")
    assert setbacks.alone(setbacks.instead([])).en.endswith("What has been read is kept.")


def test_the_newest_follower_who_does_not_rest_is_taken() -> None:
    early, resting, gone = Follower(Context()), Follower(Context(), 50.0), Follower(Context(), math.inf)
    assert newest([early, resting, gone], now=49.0) is early
    assert newest([early, resting, gone], now=50.0) is resting
    assert newest([gone], now=1e9) is None and newest([], now=0.0) is None


# The pool, with the real parametric engine


def test_nothing_is_spoken_until_somebody_follows_and_then_all_of_it(pool: ZeroPool, asked: Any) -> None:
    task = asked()
    future = pool.submit(task)
    time.sleep(0.3)
    assert not any(made(task)) and not future.done()
    obstacle = pool.obstacle(task)
    assert obstacle and "mở trang này" in obstacle.vi and "open this page" in obstacle.en
    assert "parametric" in obstacle.vi and "on_card" not in obstacle.vi
    with follows(pool, "another", "stranger"):
        time.sleep(0.2)
        assert not any(made(task))  # nobody pays for anybody else's
        with follows(pool, "one", "owner"):
            pool.finish(task, future)
    assert all(made(task)) and {who for who, _ in OnCard.spoken} == {"owner"}
    assert pool.obstacle(task) is None


def test_an_enrolment_also_waits_for_a_follower(pool: ZeroPool, tmp_path: Path) -> None:
    task = EnrollTask("on_card", str(DEMO_VOICE), "", str(tmp_path / "voice.npz"), "one")
    future = pool.submit(task)
    time.sleep(0.2)
    assert not future.done() and pool.obstacle(task)
    with follows(pool, "one", "owner"):
        pool.finish(task, future)
    assert Path(task.out).exists()


def test_of_two_followers_the_newest_ones_context_is_used(pool: ZeroPool, asked: Any) -> None:
    with follows(pool, "one", "old tab"):
        with follows(pool, "one", "new tab"):
            pool.run(asked(texts=TEXTS[:1]))
        assert pool.followed("one")
        pool.run(asked(texts=TEXTS[:2]))
    assert OnCard.spoken == [("new tab", TEXTS[0]), ("old tab", TEXTS[1])]
    assert not pool.followed("one") and WHO.get() == "nobody"


def test_a_follower_who_leaves_midway_stops_the_rest_until_the_next_one(pool: ZeroPool, asked: Any) -> None:
    OnCard.troubles.append((2, RuntimeError("Connection closed by visitor while queueing")))
    task = asked()
    future = pool.submit(task)
    with follows(pool, "one", "first"):
        until(lambda: sum(made(task)) == 2 and pool.obstacle(task))
    assert not future.done()
    with follows(pool, "one", "second"):
        pool.finish(task, future)
    assert [who for who, _ in OnCard.spoken] == ["first"] * 2 + ["second"] * 3
    assert [text for _, text in OnCard.spoken] == list(TEXTS)  # only what was missing


def test_a_used_up_quota_waits_and_a_new_follower_goes_on_with_what_is_missing(pool: ZeroPool, asked: Any) -> None:
    OnCard.troubles.append((3, said_by_spaces(QUOTA[0], QUOTA[1] + "Try again in 0:15:00. ")))
    task = asked()
    future = pool.submit(task)
    with follows(pool, "one", "poor"):
        obstacle = until(lambda: pool.obstacle(task))
        assert "sau khoảng 15 phút" in obstacle.vi and "in about 15 minutes" in obstacle.en
        time.sleep(0.2)
        assert sum(made(task)) == 3 and not future.done()
        with follows(pool, "one", "rich"):
            pool.finish(task, future)
    assert [who for who, _ in OnCard.spoken] == ["poor"] * 3 + ["rich"] * 2


def test_a_quota_that_is_there_again_is_used_without_a_new_follower(pool: ZeroPool, asked: Any) -> None:
    OnCard.troubles.append((1, said_by_spaces(QUOTA[0], QUOTA[1] + "Try again in 0:00:01. ")))
    with follows(pool, "one", "owner"):
        pool.run(asked())
    assert [text for _, text in OnCard.spoken] == list(TEXTS)


def test_an_expired_token_asks_to_reload_the_page(pool: ZeroPool, asked: Any) -> None:
    OnCard.troubles.append((0, said_by_spaces("ZeroGPU client error", "Expired ZeroGPU proxy token")))
    task = asked()
    future = pool.submit(task)
    with follows(pool, "one", "stale"):
        obstacle = until(lambda: pool.obstacle(task))
        assert "tải lại trang" in obstacle.vi and "Reload this page" in obstacle.en
        with follows(pool, "one", "reloaded"):
            pool.finish(task, future)
    assert {who for who, _ in OnCard.spoken} == {"reloaded"}


def test_without_a_free_card_it_is_tried_again(pool: ZeroPool, asked: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    soon = tuple((t, m, setbacks.Setback("busy", 0.5) if s.kind == "busy" else s) for t, m, s in setbacks._RULES)
    monkeypatch.setattr(setbacks, "_RULES", soon)
    OnCard.troubles.append((0, said_by_spaces("ZeroGPU client error", "No GPU was available")))
    with follows(pool, "one", "owner"):
        task, later = asked(), asked(texts=("Câu sau.",), name="later")
        futures = [pool.submit(task), pool.submit(later)]
        obstacle = until(lambda: pool.obstacle(task))
        assert "card đồ hoạ nào rảnh" in obstacle.vi and "No graphics card is free" in obstacle.en
        for each, future in zip((task, later), futures, strict=True):
            pool.finish(each, future)
    assert [text for _, text in OnCard.spoken] == [*TEXTS, "Câu sau."]  # what comes later did not overtake


def test_a_call_that_is_cut_is_made_again_with_half_of_what_is_missing(pool: ZeroPool, asked: Any) -> None:
    cut = said_by_spaces("ZeroGPU worker error", "GPU task aborted")
    OnCard.troubles.extend([(1, cut), (0, cut)])
    task = asked()
    future = pool.submit(task)
    with follows(pool, "one", "owner"):
        pool.finish(task, future)
    # 5 texts: one came before the cut; of the other 4 two were tried in vain; then one a call.
    assert [text for _, text in OnCard.spoken] == list(TEXTS) and future.size == 1  # type: ignore[attr-defined]


def test_a_call_that_is_cut_three_times_without_a_clip_says_so(pool: ZeroPool, asked: Any) -> None:
    cut = said_by_spaces("ZeroGPU worker error", "GPU task aborted")
    OnCard.troubles.extend([(0, cut)] * 9)
    with follows(pool, "one", "owner"), pytest.raises(Unavailable) as told:
        pool.run(asked())
    assert "ZeroGPU" in told.value.said.vi and len(OnCard.troubles) == 6


def test_an_error_of_the_engine_is_the_tasks_own_and_what_was_spoken_stays(pool: ZeroPool, asked: Any) -> None:
    with follows(pool, "one", "owner"):
        with pytest.raises(BadInput) as told:
            pool.run(asked(speed=9.0))
        assert "Tốc độ đọc" in told.value.said.vi
        OnCard.troubles.append((2, ValueError("broken")))
        task = asked()
        with pytest.raises(ValueError, match="broken"):
            pool.run(task)
        assert made(task) == [True, True, False, False, False]
        pool.run(task)  # the dispatcher is as good as new
        assert all(made(task))


def test_two_people_are_served_side_by_side_each_on_their_own_quota(pool: ZeroPool, asked: Any) -> None:
    OnCard.troubles.append((0, said_by_spaces(QUOTA[0], QUOTA[1] + "Try again in 0:15:00. ")))
    poor, rich = asked("poor"), asked("rich")
    with follows(pool, "poor", "Bình"):
        waiting = pool.submit(poor)
        until(lambda: pool.obstacle(poor))
        with follows(pool, "rich", "Ly"):
            pool.run(rich)
        assert not waiting.done() and not any(made(poor))
    assert {who for who, _ in OnCard.spoken} == {"Ly"}


def test_the_tasks_of_one_generation_run_in_order_one_at_a_time(pool: ZeroPool, asked: Any) -> None:
    tasks = [asked(texts=(f"Câu {n}.", f"Câu {n} nữa."), name=f"part {n}") for n in range(4)]
    futures = [pool.submit(task) for task in tasks]
    with follows(pool, "one", "owner"):
        for task, future in zip(tasks, futures, strict=True):
            pool.finish(task, future)
    assert [text for _, text in OnCard.spoken] == [text for task in tasks for text in task.texts]


def test_a_waiting_call_is_cancelled_at_once(pool: ZeroPool, asked: Any) -> None:
    task = asked()
    future = pool.submit(task)
    assert future.cancel() and future.done()
    with follows(pool, "one", "owner"), pytest.raises(PoolClosed):
        pool.finish(task, future)
    assert not any(made(task)) and OnCard.spoken == []


def test_a_running_call_ends_after_the_clip_that_is_being_made(
    pool: ZeroPool, asked: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    speaking, go_on = threading.Event(), threading.Event()

    def speak(self: OnCard, text: str, voice: Enrollment, params: Params) -> Clip:
        if text == TEXTS[1]:
            speaking.set()
            assert go_on.wait(20)
        return Clip(np.zeros(2400, np.float32), 24000)

    monkeypatch.setattr(OnCard, "speak", speak)
    task = asked()
    future = pool.submit(task)
    with follows(pool, "one", "owner"):
        assert speaking.wait(20)
        assert not future.cancel()  # it is under way: to be waited for
        go_on.set()
        with pytest.raises(CancelledError):
            future.result(20)
    assert made(task) == [True, False, False, False, False]


def test_closing_gives_up_what_waits(card: type[OnCard], asked: Any) -> None:
    pool = ZeroPool()
    task = asked()
    future = pool.submit(task)
    pool.close()
    with pytest.raises(PoolClosed):
        pool.finish(task, future)
    with pytest.raises(PoolClosed):
        pool.submit(task)
    assert not any(thread.is_alive() for thread in pool._threads)


def test_what_nobody_follows_is_given_back_and_what_somebody_follows_is_not(
    pool: ZeroPool, asked: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pools_zerogpu, "GRACE_SECONDS", 0.3)
    OnCard.troubles.append((0, said_by_spaces(QUOTA[0], QUOTA[1] + "Try again in 0:15:00. ")))
    left, kept = asked("left"), asked("kept")
    with follows(pool, "kept", "owner"):
        futures: dict[str, Future[None]] = {task.generation: pool.submit(task) for task in (left, kept)}
        with pytest.raises(Deserted):
            pool.finish(left, futures["left"])
        time.sleep(0.5)
        assert not futures["kept"].done()


def test_an_engine_goes_to_the_place_it_wants(pool: ZeroPool, monkeypatch: pytest.MonkeyPatch) -> None:
    class Told(LocalPool):
        def submit(self, task: Task) -> Future[None]:
            raise PoolClosed(task.engine)

    both = Places(Told(), pool)
    assert both.batch("on_card").unit == "second" and both.batch("parametric") == Batch(1, 1)
    assert both.workers("on_card") == 1
    monkeypatch.setattr(OnCard, "placement", lambda self, cores: Placement(1))
    with pytest.raises(PoolClosed, match="on_card"):
        both.submit(EnrollTask("on_card", "", "", ""))
    both.close()


def test_models_are_put_on_the_card_before_the_launch_where_they_belong_there(
    card: type[OnCard], monkeypatch: pytest.MonkeyPatch
) -> None:
    prepared: list[str] = []
    monkeypatch.setattr(type(engines.load("parametric")), "prepare", lambda self: prepared.append(self.name))
    zerogpu.prepare()
    assert prepared == ["on_card"]
