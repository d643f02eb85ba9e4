"""The main job through the services: a voice, a text, chunks, a finished file; cancelled, killed, deleted, resumed."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest
import soundfile

from tests.conftest import DEMO_VOICE, ROOT, copy_of, new_user
from vnclone.errors import BadInput, NotFound, TooLarge, Unavailable
from vnclone.models import Generation, User, Voice
from vnclone.services.asking import Request
from vnclone.services.revising import Change
from vnclone.settings import Settings
from vnclone.wire import Services, wire


def settled(services: Services, voice: Voice) -> int:
    """How many chunks there are once no more come: those that were in a worker's hands are finished."""
    count, since = -1, time.monotonic()
    while time.monotonic() - since < 3:
        if (now := len(chunk_files(services, voice))) != count:
            count, since = now, time.monotonic()
        time.sleep(0.1)
    return count


SHORT = "Xin chào các bạn. Hôm nay trời đẹp, chúng ta cùng đọc sách."
LONG = " ".join(f"Đây là câu số {number}, dài vừa phải để máy có việc mà làm trong một lúc." for number in range(1, 22))


def finished(services: Services, generation: Generation) -> Generation:
    states = list(services.generations.follow(generation.user_id, generation.id))
    return states[-1]


def chunk_files(services: Services, voice: Voice) -> set[Path]:
    return set(services.files.chunks(voice.user_id, voice.id).glob("*.wav"))


def test_a_text_becomes_sound_with_progress_that_only_rises(services: Services, speaker: User, voice: Voice) -> None:
    generation = services.generations.create(speaker.id, Request(voice.id, SHORT))
    states = list(services.generations.follow(speaker.id, generation.id))
    assert states[-1].status == "completed" and states[-1].progress == 100
    assert [s.progress for s in states] == sorted(s.progress for s in states)
    assert states[-1].chunks_done == states[-1].chunks_total >= 2
    samples, rate = soundfile.read(services.exports.audio(speaker.id, generation.id))
    assert rate == 24000 and 3 < len(samples) / rate < 10
    assert abs(len(samples) / rate - states[-1].duration) < 0.2
    assert 0.02 < np.sqrt(np.mean(samples**2)) < 0.3 and np.abs(samples).max() < 1


def test_each_format_is_a_file_of_that_kind(services: Services, speaker: User, voice: Voice) -> None:
    generation = finished(services, services.generations.create(speaker.id, Request(voice.id, SHORT)))
    first_bytes = {"wav": b"RIFF", "flac": b"fLaC"}
    for format in ("mp3", "wav", "flac", "m4a"):
        path = services.exports.audio(speaker.id, generation.id, format)
        assert path.suffix == f".{format}"
        assert path.read_bytes().startswith(first_bytes.get(format, b""))
        assert path.stat().st_size > 5000


def test_the_same_request_again_synthesises_nothing(services: Services, speaker: User, voice: Voice) -> None:
    one = finished(services, services.generations.create(speaker.id, Request(voice.id, SHORT, format="wav")))
    files = {path: path.stat().st_mtime_ns for path in chunk_files(services, voice)}
    two = finished(services, services.generations.create(speaker.id, Request(voice.id, SHORT, format="wav")))
    assert {path: path.stat().st_mtime_ns for path in chunk_files(services, voice)} == files
    sounds = [services.exports.audio(speaker.id, g.id).read_bytes() for g in (one, two)]
    assert sounds[0] == sounds[1]


def test_speed_and_accent_and_language_change_the_sound(services: Services, speaker: User, voice: Voice) -> None:
    def sound(**more: object) -> bytes:
        generation = services.generations.create(speaker.id, Request(voice.id, SHORT, format="wav", **more))  # type: ignore[arg-type]
        finished(services, generation)
        return services.exports.audio(speaker.id, generation.id).read_bytes()

    sounds = [sound(), sound(speed=1.5), sound(accent="south"), sound(accent="central"), sound(language="en")]
    assert len(set(sounds)) == 5
    assert len(sounds[1]) < 0.8 * len(sounds[0])


def test_cancelling_stops_within_a_chunk_and_keeps_what_was_asked(
    services: Services, speaker: User, voice: Voice
) -> None:
    before = settled(services, voice)
    generation = services.generations.create(speaker.id, Request(voice.id, LONG))
    for state in services.generations.follow(speaker.id, generation.id):
        if state.chunks_done >= 1:
            break
    cancelled = services.generations.cancel(speaker.id, generation.id)
    assert cancelled.status == "cancelled" and cancelled.chunks_done < cancelled.chunks_total
    in_hands = services.pool.workers("parametric") + 2  # what was under way may be finished, nothing else is begun
    assert settled(services, voice) - before <= cancelled.chunks_done + in_hands < cancelled.chunks_total
    assert services.generations.get(speaker.id, generation.id).status == "cancelled"
    with pytest.raises(NotFound):
        services.exports.audio(speaker.id, generation.id)


def test_deleting_removes_the_files_and_only_the_chunks_nobody_else_needs(
    services: Services, speaker: User, voice: Voice
) -> None:
    kept = finished(
        services, services.generations.create(speaker.id, Request(voice.id, "Câu chung. Câu thứ hai ở lại."))
    )
    before = chunk_files(services, voice)
    gone = finished(
        services, services.generations.create(speaker.id, Request(voice.id, "Câu chung.\nMột câu chỉ ở đây."))
    )
    folder = services.files.generation(speaker.id, gone.id)
    services.generations.delete(speaker.id, gone.id)
    services.retention._sweeper.settle()
    assert not folder.exists() and chunk_files(services, voice) == before
    assert services.generations.get(speaker.id, kept.id)
    with pytest.raises(NotFound):
        services.generations.get(speaker.id, gone.id)


def test_nobody_reaches_what_is_anothers(services: Services, speaker: User, voice: Voice, user: User) -> None:
    generation = finished(services, services.generations.create(speaker.id, Request(voice.id, SHORT)))
    g = services.generations
    x, r = services.exports, services.revisions
    own = (x.audio, x.chapters, x.subtitles, x.reading, x.words, x.doubtful, r.parts, g.get, g.pause, g.resume)
    for act in (lambda u, i: x.chapter(u, i, 1), lambda u, i: r.redo(u, i, 0, 0, Change())):
        with pytest.raises(NotFound):
            act(user.id, generation.id)  # type: ignore[no-untyped-call]
    for reach in (*own, g.cancel, g.delete, services.voices.get, services.voices.delete):
        with pytest.raises(NotFound):
            reach(user.id, voice.id if reach.__self__ is services.voices else generation.id)  # type: ignore[attr-defined]
    with pytest.raises(NotFound):
        g.create(user.id, Request(voice.id, SHORT))
    assert g.history(user.id) == [] and services.voices.list(user.id) == []


@pytest.mark.parametrize("cancelled_first", [False, True])
def test_deleting_what_is_being_read_leaves_no_sound_of_it(
    services: Services, user: User, cancelled_first: bool
) -> None:
    upload = copy_of(DEMO_VOICE, services.files.temporary())
    voice = services.voices.wait(user.id, services.voices.create(user.id, upload, "Tạm", True).id)
    generation = services.generations.create(user.id, Request(voice.id, LONG))
    for state in services.generations.follow(user.id, generation.id):
        if state.chunks_done >= 1:
            break
    if cancelled_first:
        services.generations.cancel(user.id, generation.id)
    services.generations.delete(user.id, generation.id)
    assert settled(services, voice) == 0
    assert not list((services.files.root / "users" / user.id / "generations").glob("*"))


def test_a_second_process_is_kept_off_the_same_data_folder(services: Services) -> None:
    with pytest.raises(Unavailable) as told:
        wire(Settings(data=services.files.root))
    assert str(services.files.root) in told.value.said.vi


def test_a_misspelt_engine_is_told_at_the_start(tmp_path: Path) -> None:
    with pytest.raises(BadInput, match="parametric"):
        wire(Settings(data=tmp_path, engine="parametrik"))


@pytest.mark.parametrize(
    "bad",
    [
        {"text": ""},
        {"text": " \n\t"},
        {"text": "… — !!! 😀"},
        {"text": "x" * 2_000_001},
        {"text": SHORT, "language": "fr"},
        {"text": SHORT, "format": "../../x"},
        {"text": SHORT, "accent": "west"},
        {"text": SHORT, "speed": 0.1},
        {"text": SHORT, "speed": float("nan")},
        {"text": SHORT, "engine": "nothing"},
    ],
)
def test_bad_settings_are_named_and_nothing_is_left_behind(
    services: Services, speaker: User, voice: Voice, bad: dict[str, object]
) -> None:
    count = services.generations.count(speaker.id)
    with pytest.raises(BadInput) as told:
        services.generations.create(speaker.id, Request(voice.id, **bad))  # type: ignore[arg-type]
    assert told.value.said.vi != told.value.said.en
    assert services.generations.count(speaker.id) == count


def test_a_document_with_every_chapter_left_out_fails_with_a_reason(
    services: Services, speaker: User, voice: Voice, tmp_path: Path
) -> None:
    path = tmp_path / "a.txt"
    path.write_text("Xin chào.", encoding="utf-8")
    document = services.library.wait(speaker.id, services.library.add(speaker.id, path, "a.txt").id)
    services.library.update(speaker.id, document.id, [{"chapter": 0, "included": False}])
    state = finished(services, services.generations.create(speaker.id, Request(voice.id, document_id=document.id)))
    assert state.status == "failed" and state.error is not None and "đọc" in state.error.vi


def test_edits_at_once_do_not_undo_one_another(services: Services, user: User) -> None:
    path = services.files.temporary() / "a.txt"
    path.write_text("\n\n".join(f"Câu {number}." for number in range(12)), encoding="utf-8")
    document = services.library.wait(user.id, services.library.add(user.id, path, "a.txt").id)
    with ThreadPoolExecutor(6) as threads:
        for at in range(12):
            change = {"chapter": 0, "paragraph": at, "text": f"Đã sửa {at}."}
            threads.submit(services.library.update, user.id, document.id, [change])
    texts = [p.text for p in services.library.get(user.id, document.id).chapters[0].paragraphs]
    assert texts == [f"Đã sửa {at}." for at in range(12)]


def test_a_file_is_what_it_contains_not_what_it_is_called(services: Services, user: User) -> None:
    path = services.files.temporary() / "a"
    path.write_text("Xin chào các bạn.", encoding="utf-8")
    document = services.library.wait(user.id, services.library.add(user.id, path, "a.docx").id)
    assert document.file_type == "txt"


def test_a_killed_worker_costs_nothing_but_time(services: Services, speaker: User, voice: Voice) -> None:
    generation = services.generations.create(speaker.id, Request(voice.id, LONG.replace("câu", "dòng")))
    killed = False
    for state in services.generations.follow(speaker.id, generation.id):
        if state.chunks_done >= 1 and not killed:
            os.kill(services.pool.processes("parametric")[0], signal.SIGKILL)
            killed = True
    assert killed and state.status == "completed"
    done = services.generations.get(speaker.id, generation.id)
    seconds = sum(span.end - span.start for span in services.exports.spans(done))
    assert 0.8 * state.duration < seconds <= state.duration


def test_deleting_a_voice_cancels_what_it_is_reading_and_removes_its_files(services: Services, user: User) -> None:
    upload = copy_of(DEMO_VOICE, services.files.temporary())
    voice = services.voices.wait(user.id, services.voices.create(user.id, upload, "Tạm", True).id)
    done = finished(services, services.generations.create(user.id, Request(voice.id, SHORT)))
    running = services.generations.create(user.id, Request(voice.id, LONG))
    services.generations.forget_voice(user.id, voice.id, recordings=False)
    services.voices.delete(user.id, voice.id)
    settled(services, voice)
    assert services.generations.get(user.id, running.id).status == "cancelled"
    assert services.exports.audio(user.id, done.id).exists()
    left = services.files.root / "users" / user.id
    assert not list((left / "voices").glob("*")) and not list((left / "chunks").rglob("*.wav"))


def test_two_people_are_read_to_at_once_and_nothing_is_mixed(
    services: Services, speaker: User, voice: Voice, user: User
) -> None:
    upload = copy_of(DEMO_VOICE, services.files.temporary())
    other = services.voices.wait(user.id, services.voices.create(user.id, upload, "Khác", True).id)
    alone = finished(services, services.generations.create(speaker.id, Request(voice.id, SHORT, format="wav")))
    a = services.generations.create(user.id, Request(other.id, LONG.replace("câu", "hàng"), format="wav"))
    b = services.generations.create(user.id, Request(other.id, SHORT, format="wav"))
    short_first = finished(services, b)
    assert short_first.status == "completed"
    assert services.generations.get(user.id, a.id).status == "processing"  # a book does not starve a sentence
    sounds = [services.exports.audio(g.user_id, g.id).read_bytes() for g in (alone, b)]
    assert sounds[0] == sounds[1]
    services.generations.cancel(user.id, a.id)


CHILD = """
import sys, time
from pathlib import Path
from vnclone.settings import Settings
from vnclone.wire import wire

if __name__ == "__main__":
    services = wire(Settings(data=Path(sys.argv[1])))
    print("ready", flush=True)
    time.sleep(60)
"""


def test_a_killed_app_goes_on_where_it_stopped(tmp_path: Path) -> None:
    data = tmp_path / "data"
    first = wire(Settings(data=data))
    user = new_user(first)
    voice = first.voices.wait(user.id, first.voices.create(user.id, copy_of(DEMO_VOICE, tmp_path), "Đoan", True).id)
    whole = finished(first, first.generations.create(user.id, Request(voice.id, LONG, format="wav")))
    expected = first.exports.audio(user.id, whole.id).read_bytes()
    generation = first.generations.create(user.id, Request(voice.id, LONG, format="wav", speed=1.01))
    first.generations.cancel(user.id, generation.id)
    time.sleep(1)
    first.generations._rows.update(generation.id, status="pending", speed=1.0)  # as if it had just been asked for
    shutil.rmtree(first.files.generation(user.id, generation.id))
    shutil.rmtree(first.files.chunks(user.id, voice.id))
    first.close()
    script = tmp_path / "child.py"
    script.write_text(CHILD)
    child = subprocess.Popen([sys.executable, str(script), str(data)], env=os.environ | {"PYTHONPATH": str(ROOT)})
    chunks = data / "users" / user.id / "chunks" / voice.id
    deadline = time.monotonic() + 60
    while len(list(chunks.glob("*.wav"))) < 5 and time.monotonic() < deadline:
        time.sleep(0.02)
    os.kill(child.pid, signal.SIGKILL)
    child.wait()
    made = {path: path.stat().st_ino for path in chunks.glob("*.wav")}  # using one changes its times
    assert len(made) >= 5
    again = wire(Settings(data=data))
    try:
        state = finished(again, again.generations.get(user.id, generation.id))
        assert state.status == "completed" and state.chunks_total > len(made)
        assert again.exports.audio(user.id, generation.id).read_bytes() == expected
        assert made == {path: path.stat().st_ino for path in made}
        deadline = time.monotonic() + 20
        while list(data.rglob(".*.part*")) and time.monotonic() < deadline:
            time.sleep(0.1)
        assert not list(data.rglob(".*.part*"))
    finally:
        again.close()


def test_a_document_is_read_chapter_by_chapter_without_what_was_left_out(
    services: Services, speaker: User, voice: Voice, tmp_path: Path
) -> None:
    path = tmp_path / "truyen.txt"
    path.write_text("Chương 1\n\nMột hai ba.\n\nChương 2\n\nBốn năm sáu.\n", encoding="utf-8")
    document = services.library.wait(speaker.id, services.library.add(speaker.id, path, "truyện.txt").id)
    assert not path.exists() and len(document.chapters) == 2 and document.word_count > 5
    services.library.update(speaker.id, document.id, [{"chapter": 0, "included": False}])
    state = finished(services, services.generations.create(speaker.id, Request(voice.id, document_id=document.id)))
    said = " ".join(span.text for span in services.exports.spans(state))
    assert "Bốn năm sáu" in said and "Một hai ba" not in said


def test_a_document_that_cannot_be_read_says_why_and_leaves_nothing(services: Services, user: User) -> None:
    path = services.files.temporary() / "a.pdf"
    path.write_bytes(b"%PDF-1.7\nbroken")
    document = services.library.add(user.id, path, "hỏng.pdf")
    with pytest.raises(BadInput) as told:
        services.library.wait(user.id, document.id)
    assert told.value.said.vi and services.library.list(user.id) == []
    assert not list((services.files.root / "users" / user.id).rglob("original"))


@pytest.mark.parametrize("content", [b"", b"RIFF", b"not a sound at all" * 100])
def test_a_voice_that_is_none_says_why_and_leaves_nothing(services: Services, user: User, content: bytes) -> None:
    path = services.files.temporary() / "a.wav"
    path.write_bytes(content)
    with pytest.raises(BadInput) as told:
        services.voices.wait(user.id, services.voices.create(user.id, path, "x", True).id)
    assert told.value.said.vi != told.value.said.en
    assert services.voices.list(user.id) == []
    left = services.files.root / "users" / user.id
    assert not [path for path in left.rglob("*") if path.is_file()]


def test_a_voice_without_consent_or_too_large_is_not_even_taken(services: Services, user: User) -> None:
    upload = copy_of(DEMO_VOICE, services.files.temporary())
    with pytest.raises(BadInput):
        services.voices.create(user.id, upload, "x", False)
    with upload.open("ab") as file:
        file.truncate(101 << 20)
    with pytest.raises(TooLarge) as told:
        services.voices.create(user.id, upload, "x", True)
    assert "101" in told.value.said.vi and "100" in told.value.said.vi
    assert services.voices.list(user.id) == []


def test_a_voice_keeps_its_consent_and_its_verdict(services: Services, voice: Voice) -> None:
    assert voice.consent_at.startswith("20") and voice.consent_by == "page"
    assert voice.quality_score is not None and 60 <= voice.quality_score <= 100
    assert voice.report is not None and voice.report.sample_rate >= 24000
    folder = services.files.voice(voice.user_id, voice.id)
    assert soundfile.info(str(folder / "reference.wav")).samplerate >= 24000
    assert not (folder / "original").exists()


def test_editing_changes_what_is_read_and_a_bad_edit_changes_nothing(services: Services, user: User) -> None:
    path = services.files.temporary() / "a.txt"
    path.write_text("Câu một.\n\nCâu hai.\n", encoding="utf-8")
    document = services.library.wait(user.id, services.library.add(user.id, path, "a.txt").id)
    for bad in ([{"chapter": 9, "paragraph": 0, "text": "x"}], [{"chapter": -1, "included": True}], [{}], ["x"]):
        with pytest.raises(BadInput):
            services.library.update(user.id, document.id, bad)  # type: ignore[arg-type]
    changed = services.library.update(user.id, document.id, [{"chapter": 0, "paragraph": 1, "text": "Câu đã sửa."}])
    assert [p.text for p in changed.chapters[0].paragraphs] == ["Câu một.", "Câu đã sửa."]


def test_the_plan_on_disk_is_readable_json(services: Services, speaker: User, voice: Voice) -> None:
    generation = finished(services, services.generations.create(speaker.id, Request(voice.id, SHORT)))
    plan = services.files.generation(speaker.id, generation.id) / "plan.json"
    assert json.loads(plan.read_text())["steps"][0]["chunk"]["spoken"]
