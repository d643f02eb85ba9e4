"""Chunks that raise, hang, are silent or no numbers, in any combination: in worker processes of the real pool."""

from __future__ import annotations

import random
from collections.abc import Iterator
from pathlib import Path

import pytest

from faults import moody
from faults.conftest import Scale, Table
from tests.conftest import DEMO_VOICE, copy_of, new_user
from vnclone import engines
from vnclone.models import Generation, Voice
from vnclone.pools.local import LocalPool, Rules
from vnclone.services import speaking, timeline
from vnclone.services.asking import Request
from vnclone.settings import Settings
from vnclone.wire import Services, wire

LIMIT_SECONDS = 4.0  # with room for a process to start on a busy machine
NUMBERS = ("một", "hai", "ba", "bốn", "năm", "sáu", "bảy", "tám", "chín", "mười")


@pytest.fixture
def moody_services(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[tuple[Services, Voice]]:
    monkeypatch.setitem(engines._ENGINES, moody.NAME, "faults.moody:Moody")
    monkeypatch.setattr(speaking, "BACKOFF_SECONDS", (0.02, 0.02, 0.02))
    monkeypatch.setenv(moody.DONE, str(tmp_path / "done"))
    (tmp_path / "done").mkdir()
    pool = LocalPool(cores=2, rules=Rules(work=moody.work, limit=lambda task: LIMIT_SECONDS))
    services = wire(Settings(data=tmp_path / "data"), pool=pool)
    user = new_user(services)
    upload = copy_of(DEMO_VOICE, tmp_path)
    yield services, services.voices.wait(user.id, services.voices.create(user.id, upload, "x", True).id)
    services.close()


def a_text(number: int, dice: random.Random) -> tuple[list[str], list[str]]:
    """Sentences, and what is to become of each: "good", "silent" or "gap"; never three gaps in a row."""
    sentences: list[str] = []
    fates: list[str] = []
    for at in range(dice.randint(4, 8)):
        words = f"câu {NUMBERS[at]} của bài {' '.join(NUMBERS[int(digit)] for digit in str(number))}"
        deed = dice.choice(moody.DEEDS) if dice.random() < 0.45 else ""
        once = dice.random() < 0.6
        if deed == "hang" and not once:
            deed = "die"
        fate = "good" if not deed or once else "silent" if deed in moody.SILENT else "gap"
        if fates[-2:] == ["gap", "gap"] and fate == "gap":
            deed, fate = "", "good"
        sentences.append(f"{words} {'once' if once else ''} {deed}".strip())
        fates.append(fate)
    return (sentences, fates) if "good" in fates else ([*sentences, "câu cuối cùng"], [*fates, "good"])


def fates_of(services: Services, generation: Generation) -> list[str]:
    placed = timeline.load(services.generations.folder(generation)).placed
    return ["gap" if timeline.GAP in p.flaws else "silent" if p.flaws else "good" for p in placed]


@pytest.mark.timeout(900)
def test_texts_whose_chunks_fail_in_every_way_lose_those_alone(
    scale: Scale, table: Table, moody_services: tuple[Services, Voice]
) -> None:
    (services, voice), dice, failing = moody_services, random.Random(14), 0
    texts = scale(3, 30)
    for number in range(texts):
        sentences, fates = a_text(number, dice)
        failing += sum(any(word in moody.DEEDS for word in sentence.split()) for sentence in sentences)
        asked = Request(voice.id, "\n".join(sentences), format="mp3", engine=moody.NAME, language="vi")
        *_, done = services.generations.follow(voice.user_id, services.generations.create(voice.user_id, asked).id)
        assert done.status == "completed", (sentences, done.error)
        assert fates_of(services, done) == fates, sentences
        assert ("để trống" in done.note.vi if done.note else False) == ("gap" in fates)
        for step, fate in zip(services.generations.plan(done).steps, fates, strict=True):
            assert services.generations.sound(done, step).exists() == (fate != "gap")
        assert services.exports.audio(voice.user_id, done.id).stat().st_size > 1000
    found = "each came about when it could; a gap or a note where it never did; the rest untouched"
    table.add(
        "4",
        "chunks that raise, hang, die, are silent or no numbers, once or always",
        f"{failing} chunks in {texts} texts",
        found,
    )
