"""A neural engine in the main job: VieNeu's package on tiny models, through services, workers and the live stream."""

from __future__ import annotations

import asyncio
import io
import os
import uuid
from collections.abc import Iterator
from pathlib import Path

import av
import numpy as np
import pytest
import soundfile

from tests.conftest import DEMO_VOICE, SetUp, copy_of, new_user
from tests.test_generations import finished
from vnclone import engines
from vnclone.audio.files import write_wav
from vnclone.errors import BadInput
from vnclone.models import Chunk, Clip, Generation, Params, User, Voice
from vnclone.pools.worker import SpeakTask, speak
from vnclone.services import plans
from vnclone.services.asking import Request
from vnclone.services.listening import Listener, Live
from vnclone.services.plans import Plan, Step
from vnclone.settings import Settings
from vnclone.wire import Services, wire

TEXT = "Bà kể: [cười] ngày xưa có cô bé quàng khăn đỏ. Cô bé đi vào rừng thăm bà. Trời hôm ấy đẹp lắm, chim hót vang."


@pytest.fixture
def here(set_up: SetUp, tmp_path: Path) -> Iterator[Services]:
    """Services of their own on a machine that has VieNeu."""
    set_up("vieneu")
    services = wire(Settings(data=tmp_path / "data"))
    yield services
    services.close()


@pytest.fixture
def lan(here: Services) -> User:
    return new_user(here)


@pytest.fixture
def her_voice(here: Services, lan: User, tmp_path: Path) -> Voice:
    created = here.voices.create(lan.id, copy_of(DEMO_VOICE, tmp_path), "Lan", True)
    return here.voices.wait(lan.id, created.id)


def test_auto_is_vieneu_and_the_record_keeps_it(here: Services, lan: User, her_voice: Voice) -> None:
    done = finished(here, here.generations.create(lan.id, Request(her_voice.id, TEXT, format="wav")))
    assert (done.status, done.engine) == ("completed", "vieneu")
    assert done.engine_revision == engines.load("vieneu").revision
    samples, rate = soundfile.read(here.exports.audio(lan.id, done.id))
    assert rate == 48_000 and 4 < len(samples) / rate < 30
    assert any("[cười]" in step.chunk.spoken for step in here.generations.plan(done).steps)
    assert not here.generations.live(done).exists(), "what was streamed is a file by now"


def test_a_voice_is_enrolled_once_for_each_engine(here: Services, lan: User, her_voice: Voice) -> None:
    def stored() -> dict[str, int]:
        return {path.name: path.stat().st_mtime_ns for path in here.files.voice(lan.id, her_voice.id).glob("*.npz")}

    for engine in ("vieneu", "vieneu_nano"):
        finished(here, here.generations.create(lan.id, Request(her_voice.id, TEXT, engine=engine)))
    first = stored()
    assert len(first) == 2
    for engine in ("vieneu", "vieneu_nano"):
        done = finished(
            here, here.generations.create(lan.id, Request(her_voice.id, "Câu khác, chưa đọc.", engine=engine))
        )
        assert done.status == "completed" and done.engine == engine
    assert stored() == first


def test_an_english_text_is_not_given_to_an_engine_without_english(
    here: Services, lan: User, her_voice: Voice, monkeypatch: pytest.MonkeyPatch
) -> None:
    text = "The weather is fine today, and we are going out to the lake."
    monkeypatch.setattr(engines.load("vieneu"), "languages", frozenset({"vi"}))
    assert finished(here, here.generations.create(lan.id, Request(her_voice.id, text))).engine == "parametric"
    with pytest.raises(BadInput) as refused:
        here.generations.create(lan.id, Request(her_voice.id, text, engine="vieneu_nano"))
    assert "tiếng Việt" in refused.value.said.vi


def test_a_worker_leaves_the_frames_where_a_listener_finds_them(
    here: Services, lan: User, her_voice: Voice, tmp_path: Path
) -> None:
    done = finished(here, here.generations.create(lan.id, Request(her_voice.id, TEXT)))
    enrollment = here.voices.enrollment(her_voice, done.engine, done.engine_revision)
    live, out = tmp_path / "first.pcm", tmp_path / "first.wav"
    speak(SpeakTask("vieneu", str(enrollment), ("Trời đẹp lắm.",), (str(out),), Params(), str(live)))
    heard, finished_sound = np.fromfile(live, "<f4"), soundfile.read(out)[0]
    assert len(heard) > 10_000 and abs(len(heard) - len(finished_sound)) < 48_000
    speak(SpeakTask("vieneu", str(enrollment), ("Trời đẹp.",), (str(out),), Params(speed=1.5), str(live)))
    assert live.stat().st_size == 0, "what is stretched cannot be played as it comes"


def test_live_samples_are_read_as_they_are_written(tmp_path: Path) -> None:
    path, sound = tmp_path / "first.pcm", np.linspace(-1, 1, 1000, dtype="<f4")
    live = Live(path, 48_000)
    assert not len(live.read().samples) and not live.heard
    path.write_bytes(sound[:300].tobytes() + b"\x01\x02")
    assert np.array_equal(live.read().samples, sound[:300]) and live.heard
    path.write_bytes(sound.tobytes())
    assert np.array_equal(live.read().samples, sound[300:]) and not len(live.read().samples)


def test_a_listener_hears_the_first_chunk_before_it_is_finished_and_only_once(
    here: Services, lan: User, her_voice: Voice
) -> None:
    generation = _under_way(here, lan, her_voice)
    rate = 48_000
    tone = (0.3 * np.sin(2 * np.pi * 440 * np.arange(2 * rate) / rate)).astype("<f4")

    async def scenario() -> tuple[bytes, bytes]:
        live = here.generations.live(generation)
        live.write_bytes(tone[:rate].tobytes())
        stream = Listener(here.generations, generation).listen()
        early = await anext(stream)
        live.write_bytes(tone.tobytes())
        for step in here.generations.plan(generation).steps:
            write_wav(here.generations.sound(generation, step), Clip(tone, rate))
        here.generations._rows.update(generation.id, status="completed")
        return early, early + b"".join([piece async for piece in stream])

    early, whole = asyncio.run(asyncio.wait_for(scenario(), 60))
    assert 0.5 < _seconds(early) < 1.2, "the first second, while nothing is a file yet"
    assert abs(_seconds(whole) - (2 + 0.3 + 2 + 0.3)) < 0.3, "two chunks and their pauses, nothing twice"


def _under_way(here: Services, lan: User, voice: Voice) -> Generation:
    """A reading of two chunks that no thread works on."""
    asked = (lan.id, voice.id, "", TEXT, "t", voice.name, "vi", "north", "vieneu", "1", 1.0, "mp3", "processing")
    generation = Generation(uuid.uuid4().hex, *asked, "2026-01-01", "2026-01-01")  # type: ignore[arg-type]
    here.generations._rows.add(generation)
    steps = tuple(Step(Chunk("a", "a", "vi", 0.3), name * 64, voice.id) for name in "ab")
    plans.save(here.generations.folder(generation), Plan(steps))
    return generation


def _seconds(mp3: bytes) -> float:
    with av.open(io.BytesIO(mp3)) as container:
        return sum(frame.samples for frame in container.decode(audio=0)) / container.streams.audio[0].rate


def test_a_script_that_the_engine_does_not_know_is_told(here: Services, lan: User, her_voice: Voice) -> None:
    silent = finished(
        here, here.generations.create(lan.id, Request(her_voice.id, "Привет, мир! Как дела?", engine="vieneu"))
    )
    assert silent.status == "failed" and silent.error and "không đọc được chữ nào" in silent.error.vi
    text = "Trời hôm nay rất đẹp, cả nhà đi chơi. 你好世界。今天天气很好。 Chúng tôi về nhà lúc năm giờ chiều."
    partly = finished(here, here.generations.create(lan.id, Request(her_voice.id, text, engine="vieneu")))
    assert partly.status == "completed" and partly.note and "Nên nghe lại ở 0:0" in partly.note.vi
    assert here.exports.doubtful(lan.id, partly.id)


def test_a_listener_of_a_deleted_reading_hears_its_end(here: Services, lan: User, her_voice: Voice) -> None:
    generation = _under_way(here, lan, her_voice)

    async def scenario() -> list[bytes]:
        stream = Listener(here.generations, generation).listen()
        asyncio.get_running_loop().call_later(0.5, here.generations.delete, lan.id, generation.id)
        return [piece async for piece in stream]

    assert isinstance(asyncio.run(asyncio.wait_for(scenario(), 30)), list)


def test_what_workers_need_for_a_moment_lies_in_the_data_folder(here: Services) -> None:
    left = here.files.work() / "vnclone-gpt-sovits-x"
    left.mkdir()
    (left / "reference.wav").write_bytes(b"a voice")
    assert not list(here.files.work().glob(".*"))
    os.utime(left, (1, 1))
    here.files.sweep()
    assert not left.exists(), "what a killed process left is gone at the next start"
