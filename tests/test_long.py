"""The long ones, for `make test-long`: strange texts by the hundred, and workers killed again and again."""

from __future__ import annotations

import os
import random
import signal
import time
from pathlib import Path

import numpy as np
import pytest
from conftest import DEMO_VOICE, SetUp, copy_of, new_user

from vnclone.audio.files import read_wav
from vnclone.errors import BadInput
from vnclone.models import Params
from vnclone.services.asking import Request
from vnclone.settings import Settings
from vnclone.text.normalize import spoken
from vnclone.wire import wire

pytestmark = [pytest.mark.long, pytest.mark.timeout(900)]

PIECES = (
    *(
        "xin chào",
        "Điều 5.",
        "25%",
        "[cười]",
        "[",
        "]]",
        "I.",
        "…",
        "ﬁ",
        "🙂",
        "你好",
        "привет",
        "\u202e",
        "\x00",
        "a" * 300,
    ),
    *("1.1.1.1", "https://a.vn/x?y=1", "<|emotion_9|>", "<en>hi</en>", "№12", "x²", "\n", "\t", "ạ̣̣", "“”", "-" * 40),
)
LONG = " ".join(f"Đây là câu số {number}, dài vừa phải để máy có việc mà làm trong một lúc." for number in range(30))


@pytest.mark.parametrize("name", ["vieneu", "vieneu_nano", "parametric"])
def test_no_text_breaks_an_engine(name: str, set_up: SetUp) -> None:
    engine, dice = set_up(name), random.Random(3)
    voice = engine.enroll(read_wav(DEMO_VOICE), None)
    for _ in range(120):
        written = " ".join(dice.choices(PIECES, k=dice.randint(1, 6)))
        for text in (written, spoken(written, "vi")):
            clip = engine.speak(text, voice, Params(seed=dice.randrange(1 << 40)))
            assert np.isfinite(clip.samples).all() and np.abs(clip.samples).max(initial=0) <= 1, repr(text)
            assert clip.sample_rate == engine.sample_rate and 0 < clip.seconds < 200, repr(text)


@pytest.mark.parametrize("name", ["vieneu", "parametric"])
def test_a_reading_outlives_its_workers(name: str, set_up: SetUp, tmp_path: Path) -> None:
    """Workers are killed every second; each chunk is still made once, and the sound is that of a quiet run."""
    set_up(name)
    services = wire(Settings(data=tmp_path / "data"))
    try:
        user = new_user(services)
        voice = services.voices.wait(
            user.id, services.voices.create(user.id, copy_of(DEMO_VOICE, tmp_path), "x", True).id
        )
        sounds = []
        for killing in (True, False):
            if not killing:  # from the beginning again
                for chunk in services.files.chunks(user.id, voice.id).iterdir():
                    chunk.unlink()
            pauses = {} if killing else {"chapter": 1.0}  # nowhere in this text, but not the same request
            asked = Request(voice.id, LONG, engine=name, format="wav", pauses=pauses)
            generation = services.generations.create(user.id, asked)
            killed, last = 0, time.monotonic()
            for _ in services.generations.follow(user.id, generation.id):
                if killing and killed < 4 and time.monotonic() - last > 1:
                    for process in services.pool.processes(name)[:1]:
                        os.kill(process, signal.SIGKILL)
                    killed, last = killed + 1, time.monotonic()
            done = services.generations.get(user.id, generation.id)
            assert done.status == "completed", done.error
            assert killed or not killing
            sounds.append(services.exports.audio(user.id, generation.id).read_bytes())
        assert sounds[0] == sounds[1]
    finally:
        services.close()


def test_speeds_beyond_the_limits_are_refused_for_every_text(set_up: SetUp) -> None:
    engine, dice = set_up("vieneu_nano"), random.Random(5)
    voice = engine.enroll(read_wav(DEMO_VOICE), None)
    for _ in range(60):
        speed = dice.choice([dice.uniform(-5, 0.49), dice.uniform(2.01, 50), float("inf"), float("nan")])
        with pytest.raises(BadInput):
            engine.speak(dice.choice(PIECES), voice, Params(speed=speed))
