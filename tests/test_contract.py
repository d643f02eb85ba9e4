"""What every engine promises, asked of each by name: limits, rates, no memory, cancellation, concurrency, sentences.

The neural engines run their real packages on tiny models, GPT-SoVITS against a local server of its contract.
"""

from __future__ import annotations

import re
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from conftest import DEMO_VOICE, ROOT, SetUp

from vnclone import engines
from vnclone.audio.files import read_wav, write_wav
from vnclone.engines import level
from vnclone.engines.base import Engine, EnrollmentUnusable, save_enrollment
from vnclone.errors import BadInput
from vnclone.models import LANGUAGES, Clip, Enrollment, Params
from vnclone.pools import worker
from vnclone.pools.local import LocalPool

WORDS = {"vi": "Hôm nay trời đẹp quá, cả nhà cùng đi chơi.", "en": "The weather is fine today, we all go out."}
OTHERS = {"vi": "Ngày mai có mưa rào và gió mạnh.", "en": "Tomorrow there will be rain and wind."}
SAID = (ROOT / "assets" / "demo_voice.txt").read_text("utf-8")


@pytest.fixture(params=engines.names())
def engine(request: pytest.FixtureRequest, set_up: SetUp) -> Engine:
    return set_up(request.param)


@pytest.fixture
def voice(engine: Engine) -> Enrollment:
    return engine.enroll(read_wav(DEMO_VOICE), SAID)


@pytest.fixture
def params(engine: Engine) -> Params:
    return Params(language="vi" if "vi" in engine.languages else "en", seed=3)


def same(one: Clip, other: Clip) -> bool:
    return np.array_equal(one.samples, other.samples)


def higher(clip: Clip) -> Clip:
    """Another voice: the same recording, faster and higher."""
    return replace(clip, sample_rate=round(clip.sample_rate * 1.3))


def test_the_engine_tells_who_it_is(engine: Engine) -> None:
    assert engine.name in engines.names() and engines.load(engine.name) is engine
    assert engine.sample_rate in (24_000, 32_000, 48_000) and 50 <= engine.max_chars <= 500
    assert engine.languages and engine.languages <= set(LANGUAGES)
    assert re.fullmatch(r"[\w.-]+", engine.revision), "it is a part of a file's name"
    assert engine.licence.strip()
    assert engine.placement(2).workers >= 1 and engine.placement(64).batch >= 1


def test_a_ready_engine_says_so_in_both_languages(engine: Engine) -> None:
    status = engine.status()
    assert status.state == "ready" and status.download_bytes == 0
    assert status.detail.vi and status.detail.en and status.detail.vi != status.detail.en


def test_the_sound_has_the_engines_rate_level_and_length(engine: Engine, voice: Enrollment, params: Params) -> None:
    clip = engine.speak(WORDS[params.language], voice, params)
    assert clip.sample_rate == engine.sample_rate
    assert clip.samples.dtype == np.float32 and clip.samples.ndim == 1 and np.abs(clip.samples).max() <= 1
    assert 1.0 < clip.seconds < 8.0
    assert abs(level.loudness(clip.samples.astype(np.float64), clip.sample_rate) - level.TARGET_LUFS) < 2


def test_text_up_to_the_limit_and_beyond_is_read_whole(engine: Engine, voice: Enrollment, params: Params) -> None:
    words = " ".join([WORDS[params.language]] * 20)
    full = words[: engine.max_chars].rsplit(" ", 1)[0]
    short, limit, beyond = (
        engine.speak(text, voice, params).seconds for text in (WORDS[params.language], full, f"{full} {full} {full}")
    )
    share = len(full) / len(WORDS[params.language])
    assert 0.5 * share < limit / short < 1.6 * share
    assert 2.3 < beyond / limit < 4


def test_nothing_is_kept_between_calls(engine: Engine, voice: Enrollment, params: Params) -> None:
    text, other = WORDS[params.language], OTHERS[params.language]
    stranger = engine.enroll(higher(read_wav(DEMO_VOICE)), SAID)
    first = engine.speak(text, voice, params)
    assert not same(engine.speak(other, stranger, replace(params, seed=9)), first)
    assert same(engine.speak(text, voice, params), first)


def test_two_voices_at_once_are_as_one_after_the_other(engine: Engine, voice: Enrollment, params: Params) -> None:
    stranger = engine.enroll(higher(read_wav(DEMO_VOICE)), SAID)
    jobs = [(WORDS[params.language], voice), (OTHERS[params.language], stranger)] * 3

    def speak(job: tuple[str, Enrollment]) -> Clip:
        return engine.speak(*job, params)

    alone = [speak(job) for job in jobs[:2]]
    with ThreadPoolExecutor(4) as threads:
        together = list(threads.map(speak, jobs))
    assert all(same(clip, alone[number % 2]) for number, clip in enumerate(together))
    assert not same(*alone)


def test_abandoned_work_leaves_the_engine_as_it_was(engine: Engine, voice: Enrollment, params: Params) -> None:
    texts = [WORDS[params.language], OTHERS[params.language]] * 3
    before = engine.speak(texts[0], voice, params)
    many = engine.speak_many(texts, voice, params)
    next(many)
    many.close()  # type: ignore[attr-defined]
    stream = engine.stream(texts[1], voice, params)
    next(stream, None)
    stream.close()
    assert same(engine.speak(texts[0], voice, params), before)


def test_many_texts_come_in_their_order_and_a_stream_ends_with_the_clip(
    engine: Engine, voice: Enrollment, params: Params
) -> None:
    texts = [WORDS[params.language], OTHERS[params.language]]
    alone = [engine.speak(text, voice, params) for text in texts]
    assert [clip.seconds for clip in engine.speak_many(texts, voice, params)] == [clip.seconds for clip in alone]
    stream, finished = engine.stream(texts[0], voice, params), None
    while finished is None:
        try:
            assert next(stream).sample_rate == engine.sample_rate
        except StopIteration as end:
            finished = end.value
    assert abs(finished.seconds - alone[0].seconds) < 0.1


def test_nothing_to_say_is_a_short_silence(engine: Engine, voice: Enrollment, params: Params) -> None:
    for text in ("", " … ", "—!?", "🙂", "“”", " \n"):
        clip = engine.speak(text, voice, params)
        assert 0 < clip.seconds < 0.5 and not clip.samples.any() and clip.sample_rate == engine.sample_rate


@pytest.mark.parametrize("wrong", [{"language": "fr"}, {"speed": 0.0}], ids=["language", "speed"])
def test_what_it_cannot_do_is_said_in_both_languages(
    engine: Engine, voice: Enrollment, params: Params, wrong: dict[str, Any]
) -> None:
    with pytest.raises(BadInput) as refused:
        engine.speak(WORDS[params.language], voice, replace(params, **wrong))
    said = refused.value.said
    assert said.vi.endswith(".") and said.en.endswith(".") and "Hãy" in said.vi


def test_a_recording_with_nothing_in_it_is_refused_or_spoken_for(engine: Engine, params: Params) -> None:
    nothing = Clip(np.zeros(0, np.float32), 24_000)
    if engine.name == "parametric":  # it lends its own voice
        assert engine.speak(WORDS[params.language], engine.enroll(nothing, SAID), params).seconds > 1
        return
    with pytest.raises(BadInput) as refused:
        engine.enroll(nothing, SAID)
    assert "Hãy" in refused.value.said.vi and refused.value.said.en.endswith(".")


def test_an_enrolment_of_another_revision_is_refused(engine: Engine, voice: Enrollment, params: Params) -> None:
    for strange in (replace(voice, revision="0"), replace(voice, engine="nobody")):
        with pytest.raises(EnrollmentUnusable):
            engine.speak(WORDS[params.language], strange, params)
        with pytest.raises(EnrollmentUnusable):
            next(engine.stream(WORDS[params.language], strange, params), None)


def test_a_worker_process_speaks_the_same_and_its_errors_arrive(
    engine: Engine, voice: Enrollment, params: Params, tmp_path: Path
) -> None:
    if engine.name == "f5":
        pytest.skip("a child would look for the real model's shape: its file has no room for a tiny one's")
    save_enrollment(tmp_path / "strange.npz", replace(voice, revision="0"))
    reference, stored = tmp_path / "reference.wav", tmp_path / "voice.npz"
    write_wav(reference, read_wav(DEMO_VOICE))
    outs = tuple(str(tmp_path / name) for name in ("1.wav", "2.wav"))
    texts = (WORDS[params.language], OTHERS[params.language])
    pool = LocalPool(1)
    try:
        pool.run(worker.EnrollTask(engine.name, str(reference), SAID, str(stored)))
        pool.run(worker.SpeakTask(engine.name, str(stored), texts, outs, params))
        with pytest.raises(EnrollmentUnusable):
            pool.run(worker.SpeakTask(engine.name, str(tmp_path / "strange.npz"), texts, outs, params))
    finally:
        pool.close()
    here = list(engine.speak_many(texts, engine.enroll(read_wav(reference), SAID), params))
    for out, clip in zip(outs, here, strict=True):
        assert np.abs(read_wav(Path(out)).samples - clip.samples).max() < 1e-3
