"""Generations that lose nothing: paused and resumed, failing chunks, shared work, editions, and what is swept away."""

from __future__ import annotations

import json
import os
import sqlite3
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import naughty
import numpy as np
import pytest
import soundfile

from tests.conftest import DEMO_VOICE, copy_of, new_user
from vnclone import engines
from vnclone.errors import BadInput, Conflict, NotFound, TooMany
from vnclone.models import Generation, User, Voice
from vnclone.pools.local import LocalPool, Rules
from vnclone.services import generations, speaking, timeline, watching
from vnclone.services.asking import Request
from vnclone.services.revising import Change
from vnclone.services.sweeping import Limits, Sweeper, chunks_in
from vnclone.settings import Settings
from vnclone.wire import Services, wire

PARAGRAPHS = [f"Đây là đoạn số {number}, kể một chuyện ngắn về một ngày đẹp trời." for number in range(1, 9)]
TEXT = "\n".join(PARAGRAPHS)


def finished(services: Services, generation: Generation) -> Generation:
    *_, last = services.generations.follow(generation.user_id, generation.id)
    return last


def read(services: Services, voice: Voice, text: str = TEXT, **more: object) -> Generation:
    asked = Request(voice.id, text, format="wav", **more)  # type: ignore[arg-type]
    return finished(services, services.generations.create(voice.user_id, asked))


def chunk_times(services: Services, voice: Voice) -> dict[str, int]:
    """When each chunk's sound was written (its inode: using it again changes its times)."""
    folder = services.files.chunks(voice.user_id, voice.id)
    return {path.name: path.stat().st_ino for path in folder.glob("*.wav")}


def pcm(services: Services, generation: Generation) -> bytes:
    path = services.exports.audio(generation.user_id, generation.id, "wav")
    return soundfile.read(path, dtype="int16")[0].tobytes()  # type: ignore[no-any-return]


@pytest.fixture
def own_voice(services: Services, user: User) -> Voice:
    """A voice without any chunk."""
    upload = copy_of(DEMO_VOICE, services.files.temporary())
    return services.voices.wait(user.id, services.voices.create(user.id, upload, "Riêng", True).id)


def after_chunks(services: Services, generation: Generation, count: int) -> Generation:
    for state in services.generations.follow(generation.user_id, generation.id):
        if state.chunks_done >= count:
            return state
    raise AssertionError("it was over before")


# ---- paused, resumed, cancelled


@pytest.mark.parametrize("stop", ["pause", "cancel"])
def test_what_is_stopped_goes_on_without_reading_anything_twice(
    services: Services, own_voice: Voice, stop: str
) -> None:
    generation = services.generations.create(own_voice.user_id, Request(own_voice.id, TEXT, format="wav"))
    after_chunks(services, generation, 2)
    stopped = getattr(services.generations, stop)(own_voice.user_id, generation.id)
    assert stopped.status == {"pause": "paused", "cancel": "cancelled"}[stop]
    time.sleep(1.5)
    before = chunk_times(services, own_voice)
    assert 2 <= len(before) < 9
    resumed = services.generations.resume(own_voice.user_id, generation.id)
    assert resumed.status in ("pending", "processing")
    done = finished(services, resumed)
    assert done.status == "completed" and done.progress == 100
    after = chunk_times(services, own_voice)
    assert {name: after[name] for name in before} == before
    assert pcm(services, done) == pcm(services, read(services, own_voice, TEXT, pauses={"paragraph": 0.6}))


def test_pausing_and_resuming_again_and_again_in_two_tabs_ends_in_one_sound(
    services: Services, own_voice: Voice
) -> None:
    user = own_voice.user_id
    generation = services.generations.create(user, Request(own_voice.id, TEXT, format="wav"))

    def tab() -> None:
        for _ in range(12):
            services.generations.pause(user, generation.id)
            time.sleep(0.02)
            services.generations.resume(user, generation.id)
            time.sleep(0.05)

    tabs = [threading.Thread(target=tab) for _ in range(2)]
    for each in tabs:
        each.start()
    for each in tabs:
        each.join()
    done = finished(services, services.generations.resume(user, generation.id))
    assert done.status == "completed"
    assert len(chunk_times(services, own_voice)) == done.chunks_total


def test_what_is_over_can_neither_be_paused_nor_resumed(services: Services, speaker: User, voice: Voice) -> None:
    done = read(services, voice, "Câu này đã đọc xong.")
    for act in (services.generations.pause, services.generations.resume, services.generations.cancel):
        assert act(speaker.id, done.id).status == "completed"


# ---- the same request


def test_the_same_request_at_once_is_synthesised_once(services: Services, own_voice: Voice) -> None:
    made: list[str] = []
    submit = services.pool.submit

    def counted(task: object) -> object:
        made.extend(getattr(task, "texts", ()))
        return submit(task)  # type: ignore[arg-type]

    services.pool.submit = counted  # type: ignore[method-assign, assignment]
    try:
        asked = Request(own_voice.id, TEXT, format="wav")
        both = [services.generations.create(own_voice.user_id, asked) for _ in range(2)]
        done = [finished(services, generation) for generation in both]
    finally:
        services.pool.submit = submit  # type: ignore[method-assign]
    assert [g.status for g in done] == ["completed"] * 2
    assert len(made) == len(set(made)) == done[0].chunks_total
    assert pcm(services, done[0]) == pcm(services, done[1])


def test_the_same_request_tomorrow_takes_the_sound_that_is_there(services: Services, own_voice: Voice) -> None:
    first = read(services, own_voice)
    for chunk in services.files.chunks(own_voice.user_id, own_voice.id).iterdir():
        chunk.unlink()  # evicted meanwhile
    second = read(services, own_voice)
    assert second.status == "completed" and pcm(services, second) == pcm(services, first)
    assert not chunk_times(services, own_voice)
    assert services.exports.audio(own_voice.user_id, second.id, "mp3").stat().st_size > 10_000
    services.generations.delete(own_voice.user_id, first.id)
    assert pcm(services, second)


def test_an_edit_elsewhere_costs_one_chunk(services: Services, own_voice: Voice) -> None:
    read(services, own_voice)
    before = chunk_times(services, own_voice)
    edited = read(services, own_voice, TEXT.replace("đoạn số 5", "đoạn thứ năm"))
    after = chunk_times(services, own_voice)
    assert edited.status == "completed" and len(after) == len(before) + 1
    assert {name: after[name] for name in before} == before


# ---- chunks that fail


@pytest.fixture
def fragile(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[tuple[Services, Voice]]:
    """Services whose engine does what its text says, in real worker processes that may take two seconds a chunk."""
    monkeypatch.setitem(engines._ENGINES, naughty.NAME, "naughty:Naughty")
    engines.load.cache_clear() if hasattr(engines.load, "cache_clear") else None
    monkeypatch.setattr(speaking, "BACKOFF_SECONDS", (0.05, 0.05, 0.05))
    pool = LocalPool(cores=2, rules=Rules(work=naughty.work, limit=lambda task: 4.0))
    services = wire(Settings(data=tmp_path / "data"), pool=pool)
    user = new_user(services)
    upload = copy_of(DEMO_VOICE, tmp_path)
    yield services, services.voices.wait(user.id, services.voices.create(user.id, upload, "x", True).id)
    services.close()


GOOD = [f"câu tốt số {word}" for word in ("một", "hai", "ba", "bốn", "năm")]


@pytest.mark.parametrize("deed", ["nan", "unpicklable", "die", "hang", "exit", "memory"])
def test_a_chunk_that_fails_for_good_is_left_out_and_said(fragile: tuple[Services, Voice], deed: str) -> None:
    services, voice = fragile
    text = "\n".join([*GOOD[:2], f"câu {deed} hỏng", *GOOD[2:]])
    done = read(services, voice, text, engine=naughty.NAME)
    assert done.status == "completed" and done.note and "để trống" in done.note.vi, done.error
    sound = timeline.load(services.generations.folder(done))
    assert [timeline.GAP in placed.flaws for placed in sound.placed] == [False, False, True, False, False, False]
    gap = sound.placed[2]
    assert gap.samples == 0 and gap.pause >= naughty.RATE
    assert not services.generations.sound(done, services.generations.plan(done).steps[2]).exists()


def test_an_engine_that_fails_at_everything_stops_early_and_can_be_resumed(fragile: tuple[Services, Voice]) -> None:
    services, voice = fragile
    text = "\n".join([*GOOD, *[f"câu nan số {number}" for number in ("một", "hai", "ba", "bốn", "năm", "sáu")]])
    failed = read(services, voice, text, engine=naughty.NAME)
    assert failed.status == "failed" and failed.error and failed.chunks_done == len(GOOD) + 2
    again = finished(services, services.generations.resume(voice.user_id, failed.id))
    assert again.status == "failed" and len(chunk_times(services, voice)) == len(GOOD)


def test_a_single_sentence_that_fails_is_an_error_and_no_silence(fragile: tuple[Services, Voice]) -> None:
    services, voice = fragile
    failed = read(services, voice, "câu nan hỏng", engine=naughty.NAME)
    assert failed.status == "failed" and failed.error


def test_a_silent_chunk_is_kept_and_named(fragile: tuple[Services, Voice]) -> None:
    services, voice = fragile
    done = read(services, voice, "\n".join([*GOOD, "câu silent hỏng"]), engine=naughty.NAME)
    assert done.status == "completed" and done.note and "nghe lại" in done.note.vi


def test_cancelling_while_a_chunk_hangs_answers_at_once(fragile: tuple[Services, Voice]) -> None:
    services, voice = fragile
    asked = Request(voice.id, "\n".join([GOOD[0], "câu hang hỏng"]), engine=naughty.NAME)
    generation = services.generations.create(voice.user_id, asked)
    after_chunks(services, generation, 1)
    assert services.generations.cancel(voice.user_id, generation.id).status == "cancelled"


def test_half_an_hour_without_progress_ends_in_a_failure_that_can_be_resumed(
    fragile: tuple[Services, Voice], monkeypatch: pytest.MonkeyPatch
) -> None:
    services, voice = fragile
    monkeypatch.setattr(watching, "STALL_SECONDS", 1.0)
    failed = read(services, voice, "\n".join([GOOD[0], "câu hang hỏng"]), engine=naughty.NAME)
    assert failed.status == "failed" and failed.error and "30 phút" in failed.error.vi


def test_a_database_that_another_program_holds_is_waited_for(
    services: Services, own_voice: Voice, monkeypatch: pytest.MonkeyPatch
) -> None:
    from vnclone.store import database

    monkeypatch.setattr(database, "BUSY_SECONDS", 0.2)  # threads that begin now give up soon, and try again
    generation = services.generations.create(own_voice.user_id, Request(own_voice.id, TEXT, format="wav"))
    after_chunks(services, generation, 1)
    backup = sqlite3.connect(services.files.database, timeout=30)
    backup.execute("BEGIN EXCLUSIVE")
    time.sleep(3)
    backup.rollback()
    backup.close()
    assert finished(services, generation).status == "completed"


# ---- read again in one place


def test_one_paragraph_is_worded_anew_and_the_rest_is_the_same_sound(services: Services, own_voice: Voice) -> None:
    user, old = own_voice.user_id, read(services, own_voice)
    before, sound = chunk_times(services, own_voice), pcm(services, old)
    places = timeline.load(services.generations.folder(old)).placed
    services.revisions.redo(user, old.id, 0, 4, Change(text="Một câu hoàn toàn khác được đặt vào đây."))
    new = finished(services, services.generations.get(user, old.id))
    assert new.status == "completed" and new.edition == 1 and new.request_hash == ""
    assert len(chunk_times(services, own_voice)) == len(before) + 1
    other = pcm(services, new)
    changed = timeline.load(services.generations.folder(new)).placed[4]
    assert other[: places[4].start * 2] == sound[: places[4].start * 2]
    assert other[(changed.end + changed.pause) * 2 :] == sound[(places[4].end + places[4].pause) * 2 :]
    assert "hoàn toàn khác" in services.exports.subtitles(user, new.id).read_text()
    assert not (services.files.edition(user, old.id, 0) / "audio.wav").exists()


def test_takes_are_kept_and_chosen(services: Services, own_voice: Voice) -> None:
    user, old = own_voice.user_id, read(services, own_voice)
    first = pcm(services, old)
    for _ in range(2):
        services.revisions.redo(user, old.id, 0, 2, Change())
        finished(services, services.generations.get(user, old.id))
    part = services.revisions.parts(user, old.id)[2]
    assert (part.take, part.takes) == (2, 3)
    sounds = [services.revisions.sounds(user, old.id, 0, 2, take) for take in range(3)]
    assert len({path.read_bytes() for paths in sounds for path in paths}) == 3
    services.revisions.choose(user, old.id, 0, 2, 0)
    chosen = finished(services, services.generations.get(user, old.id))
    assert chosen.edition == 3 and pcm(services, chosen) == first
    with pytest.raises(NotFound):
        services.revisions.choose(user, old.id, 0, 2, 3)


def test_a_paragraph_is_said_as_it_is_told(services: Services, own_voice: Voice) -> None:
    user, old = own_voice.user_id, read(services, own_voice, "Ông Nguyen đến.\nCông ty ABC mở cửa.")
    services.revisions.redo(user, old.id, 0, 1, Change(spoken="công ty a bê xê mở cửa."))
    new = finished(services, services.generations.get(user, old.id))
    part = services.revisions.parts(user, new.id)[1]
    assert part.spoken == "công ty a bê xê mở cửa." and part.written == "Công ty ABC mở cửa."


def test_a_chapter_gets_another_voice_and_a_voice_can_be_asked_for(
    services: Services, own_voice: Voice, tmp_path: Path
) -> None:
    user = own_voice.user_id
    upload = copy_of(DEMO_VOICE, services.files.temporary())
    samples, rate = soundfile.read(upload)
    soundfile.write(upload, samples, int(rate * 0.84))  # lower
    other = services.voices.wait(user, services.voices.create(user, upload, "Trầm", True).id)
    text = tmp_path / "a.txt"
    text.write_text("Chương 1: Mở\n\nĐoạn của chương một.\n\nChương 2: Kết\n\nĐoạn của chương hai.\n", encoding="utf-8")
    document = services.library.wait(user, services.library.add(user, text, "a.txt").id)
    assert len(document.chapters) == 2
    asked = Request(own_voice.id, document_id=document.id, format="wav", voices={"1": other.id})
    done = finished(services, services.generations.create(user, asked))
    assert {s.voice for s in services.generations.plan(done).of_paragraph(1, None)} == {other.id}
    assert len(chunk_times(services, other)) >= 1
    services.revisions.redo(user, done.id, 0, None, Change(voice_id=other.id))
    again = finished(services, services.generations.get(user, done.id))
    assert again.status == "completed", again.note
    assert {step.voice for step in services.generations.plan(again).steps} == {other.id}


def test_a_change_that_is_cancelled_or_fails_keeps_the_sound_there_was(
    services: Services, own_voice: Voice, monkeypatch: pytest.MonkeyPatch
) -> None:
    user, old = own_voice.user_id, read(services, own_voice)
    sound = pcm(services, old)
    services.revisions.redo(user, old.id, 0, None, Change())
    assert services.generations.is_audible(services.generations.get(user, old.id))
    assert pcm(services, old) == sound  # while it is being made
    cancelled = services.generations.cancel(user, old.id)
    assert cancelled.status == "completed" and pcm(services, cancelled) == sound
    for bad in (Change(text="…"), Change(voice_id="nobody"), Change(text="x" * 30_000)):
        with pytest.raises((BadInput, NotFound)):
            services.revisions.redo(user, old.id, 0, 1, bad)
    with pytest.raises(NotFound):
        services.revisions.redo(user, old.id, 5, 1, Change())
    assert services.generations.get(user, old.id).status == "completed"


def test_only_what_is_finished_is_changed_and_by_one_at_a_time(services: Services, own_voice: Voice) -> None:
    user = own_voice.user_id
    running = services.generations.create(user, Request(own_voice.id, TEXT, format="wav"))
    with pytest.raises(Conflict):
        services.revisions.redo(user, running.id, 0, 1, Change())
    finished(services, running)
    services.revisions.redo(user, running.id, 0, 1, Change())
    with pytest.raises(Conflict):
        services.revisions.redo(user, running.id, 0, 2, Change())
    assert finished(services, services.generations.get(user, running.id)).status == "completed"


# ---- pauses


def test_each_boundary_has_the_pause_that_was_asked_for(services: Services, own_voice: Voice) -> None:
    text = "Câu một ở đây. Câu hai ở đây.\nĐoạn hai ở đây."
    pauses = {"sentence": 1.0, "paragraph": 2.0}
    done = read(services, own_voice, text, pauses=pauses)
    rate = engines.load(done.engine).sample_rate
    placed = timeline.load(services.generations.folder(done)).placed
    assert [round(p.pause / rate, 3) for p in placed] == [1.0, 2.0, 0.5]
    samples, _ = soundfile.read(services.exports.audio(own_voice.user_id, done.id, "wav"))
    for p in placed:
        assert not np.any(samples[p.end : p.end + p.pause])
    for bad in ({"sentence": -1}, {"sentence": 11}, {"word": 1}, {"sentence": "1"}, {"sentence": float("nan")}):
        with pytest.raises(BadInput):
            read(services, own_voice, text, pauses=bad)


# ---- the timeline, limits, sweeping


def test_a_timeline_cut_short_by_a_crash_is_read_as_far_as_it_is_whole(tmp_path: Path) -> None:
    with timeline.Writer(tmp_path, 24_000) as line:
        for number in range(3):
            line.add(timeline.Placed(f"{number}", number * 100, 80, 20))
    whole = (tmp_path / timeline.FILE).read_bytes()
    for end in range(len(whole) + 1):
        (tmp_path / timeline.FILE).write_bytes(whole[:end])
        assert len(timeline.load(tmp_path).placed) <= 3
    assert [p.key for p in timeline.load(tmp_path).placed] == ["0", "1", "2"]


def test_nobody_queues_without_end(services: Services, own_voice: Voice, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(generations, "MOST_OPEN", 2)
    asked = Request(own_voice.id, TEXT, format="wav")
    begun = [services.generations.create(own_voice.user_id, asked) for _ in range(2)]
    with pytest.raises(TooMany):
        services.generations.create(own_voice.user_id, asked)
    for generation in begun:
        services.generations.cancel(own_voice.user_id, generation.id)


def aged(path: Path, days: float) -> None:
    os.utime(path, (time.time() - days * 86400,) * 2)


def test_chunks_are_evicted_by_age_and_size_but_never_those_of_a_live_generation(
    services: Services, own_voice: Voice
) -> None:
    user = own_voice.user_id
    read(services, own_voice)
    folder = services.files.chunks(user, own_voice.id)
    live = services.generations.create(user, Request(own_voice.id, "Câu đang chờ đọc.\n" + PARAGRAPHS[0]))
    services.generations.pause(user, live.id)
    for chunk in chunks_in(folder):
        aged(folder / f"{chunk.key}.wav", 40)
    rows = services.generations._rows
    needed = {step.key for step in services.generations.plan(live).steps}
    sweeper = Sweeper(rows, services.files, Limits(days=30))
    sweeper.everything()
    left = {chunk.key for chunk in chunks_in(folder)}
    assert left <= needed and len(left) == len(needed & {c.key for c in chunks_in(folder)})
    services.generations.cancel(user, live.id)
    read(services, own_voice, TEXT + "\nThêm một câu nữa cho đủ.")
    for number, chunk in enumerate(chunks_in(folder)):
        aged(folder / f"{chunk.key}.wav", 1 + number / 10)
    oldest = max(chunks_in(folder), key=lambda chunk: -chunk.used)
    size = sum(chunk.size for chunk in chunks_in(folder))
    Sweeper(rows, services.files, Limits(user_bytes=size - 1)).everything()
    assert oldest.key not in {chunk.key for chunk in chunks_in(folder)}
    assert 0 < sum(chunk.size for chunk in chunks_in(folder)) < size


def test_old_recordings_are_deleted_completely_once_they_were_seen_to_be_old_twice(
    services: Services, own_voice: Voice
) -> None:
    user, retention = own_voice.user_id, services.retention
    old, new = read(services, own_voice, "Bản cũ đã quá hạn."), read(services, own_voice, "Bản mới còn hạn.")
    assert retention.expires_at(new) and not retention.expired()
    services.generations._rows.update(old.id, completed_at="2020-01-01T00:00:00+00:00")
    assert [g.id for g in retention.expired()] == [old.id]
    retention._tick()
    assert services.generations.get(user, old.id)  # the clock may be wrong just now
    retention._tick()
    with pytest.raises(NotFound):
        services.generations.get(user, old.id)
    assert not (services.files.root / "users" / user / "generations" / old.id).exists()
    retention._sweeper.settle()
    assert len(chunk_times(services, own_voice)) == len(services.generations.plan(new).steps)


def test_history_is_searched_without_diacritics_and_filtered(services: Services, own_voice: Voice) -> None:
    user = own_voice.user_id
    one = read(services, own_voice, "Quyết định của Thủ tướng về giáo dục.")
    two = read(services, own_voice, "Truyện Kiều của Nguyễn Du.")
    ids: Callable[..., list[str]] = lambda **f: [g.id for g in services.generations.history(user, **f)]  # noqa: E731
    assert ids() == [two.id, one.id]
    assert (
        ids(search="giao duc") == [one.id]
        and ids(search="KIỀU") == [two.id]
        and ids(search="riêng") == [two.id, one.id]
    )
    assert ids(search="giáo Kiều") == [] and ids(status="failed") == [] and ids(engine="parametric") == [two.id, one.id]
    assert services.generations.count(user, search="kiều") == 1
    assert ids(search="'; drop table generations; --") == [] and ids(search="%") == ids(search="😀") == []
    assert one.spent_seconds > 0 and one.size_bytes > 10_000 and "sea-g2p" in one.normalizer


def test_the_plan_and_takes_of_a_deleted_recording_are_gone(services: Services, own_voice: Voice) -> None:
    user, old = own_voice.user_id, read(services, own_voice)
    services.revisions.redo(user, old.id, 0, 0, Change())
    finished(services, services.generations.get(user, old.id))
    services.generations.delete(user, old.id)
    deadline = time.monotonic() + 10
    while chunk_times(services, own_voice) and time.monotonic() < deadline:
        time.sleep(0.05)  # the thread that made it lets go of its files first
    assert chunk_times(services, own_voice) == {}
    assert not (services.files.root / "users" / user / "generations" / old.id).exists()


def test_a_plan_of_the_last_version_is_still_read(services: Services, own_voice: Voice) -> None:
    done = read(services, own_voice, "Một câu.")
    folder = services.generations.folder(done)
    plan = json.loads((folder / "plan.json").read_text())
    steps = [
        {"chunk": {k: v for k, v in s["chunk"].items() if k != "boundary"}, "key": s["key"]} for s in plan["steps"]
    ]
    (folder / "plan.json").write_text(json.dumps(steps))
    assert services.generations.plan(done).steps[0].voice == own_voice.id
