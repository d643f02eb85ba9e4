"""What an engine is asked for before it begins: readiness, language, transcript; how its chunks are grouped."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.conftest import DEMO_VOICE, copy_of
from tests.test_generations import SHORT, finished
from vnclone import engines
from vnclone.engines.base import Batch, Plain, load_enrollment
from vnclone.engines.parametric import Parametric
from vnclone.errors import BadInput, NotFound, Unavailable
from vnclone.models import Chapter, Chunk, EngineStatus, Generation, Paragraph, Said, User, Voice
from vnclone.services import plans, suiting
from vnclone.services.asking import Request
from vnclone.services.notes import listen_again
from vnclone.services.plans import Step
from vnclone.services.reading import typed
from vnclone.text import chunks, cues
from vnclone.wire import Services

VIETNAMESE, ENGLISH = "Hôm nay trời đẹp, chúng ta đi chơi.", "The weather is fine today, and we are going out."


class OneLanguage(Parametric):
    """A real engine that owns to less than it can."""

    name = "one"
    languages = frozenset({"vi"})


class Hungry(OneLanguage):
    needs_transcript = True


class Absent(Plain):
    name = "absent"
    languages = frozenset({"vi"})

    def status(self) -> EngineStatus:
        return EngineStatus("needs_download", Said("Cần tải 1 GB.", "1 GB to be downloaded."), 1 << 30)


def steps(languages: str) -> list[Step]:
    names = {"v": "vi", "e": "en"}
    return [Step(Chunk("a", "a", names[letter], 0.3), str(n), "voice") for n, letter in enumerate(languages)]  # type: ignore[arg-type]


def a_generation() -> Generation:
    asked = ("id", "user", "voice", "", SHORT, "title", "name", "auto", "north", "parametric", "1", 1.0, "mp3")
    return Generation(*asked, "pending", "2026", "2026")  # type: ignore[arg-type]


def test_groups_grow_so_that_the_first_sound_is_soon_and_never_mix_languages() -> None:
    sizes = [len(group) for group in plans.groups(steps("v" * 20), a_generation(), Batch(1, 8))]
    assert sizes == [1, 2, 4, 8, 5]
    assert [len(group) for group in plans.groups(steps("v" * 3), a_generation(), Batch(1, 1))] == [1, 1, 1]
    mixed = list(plans.groups(steps("vveevv"), a_generation(), Batch(1, 8)))
    assert [[step.chunk.language for step in group] for group in mixed] == [["vi"], ["vi"], ["en", "en"], ["vi", "vi"]]


def test_an_engine_of_one_language_reads_foreign_words_but_refuses_a_foreign_text() -> None:
    engine = OneLanguage()
    assert suiting.language_for(engine, "auto", typed(f"{VIETNAMESE}\n{VIETNAMESE}\nHello world, OK.")) == "vi"
    assert suiting.language_for(Parametric(), "auto", typed(ENGLISH)) == "auto"
    for asked, text in (("auto", ENGLISH), ("en", VIETNAMESE)):
        with pytest.raises(BadInput) as refused:
            suiting.language_for(engine, asked, typed(text))
        assert "chỉ đọc được tiếng Việt" in refused.value.said.vi and "reads only Vietnamese" in refused.value.said.en


def test_a_left_out_chapter_does_not_decide_the_language() -> None:
    foreign = Chapter("", (Paragraph(ENGLISH * 20),), included=False)
    assert suiting.language_for(OneLanguage(), "auto", (foreign, *typed(VIETNAMESE))) == "vi"


def test_an_engine_that_is_not_ready_or_lacks_the_transcript_says_so(voice: Voice) -> None:
    with pytest.raises(Unavailable) as absent:
        suiting.check(Absent(), voice, "vi", typed(VIETNAMESE))  # type: ignore[arg-type]
    assert "1 GB" in absent.value.said.vi and "1 GB" in absent.value.said.en
    with pytest.raises(BadInput) as asks:
        suiting.check(Hungry(), voice, "vi", typed(VIETNAMESE))
    assert "Nội dung bản ghi" in asks.value.said.vi and "transcript" in asks.value.said.en


def test_what_a_recording_says_can_be_told_later(services: Services, user: User, tmp_path: Path) -> None:
    created = services.voices.create(user.id, copy_of(DEMO_VOICE, tmp_path), "Đoan", True)
    silent = services.voices.wait(user.id, created.id)
    with pytest.raises(BadInput):
        suiting.check(Hungry(), silent, "vi", typed(VIETNAMESE))
    told = services.voices.set_transcript(user.id, silent.id, "  Một câu\n trong bản ghi.\u200b ")
    assert told.transcript == "Một câu trong bản ghi."
    suiting.check(Hungry(), told, "vi", typed(VIETNAMESE))
    paths = {services.voices.enrollment(voice, "one", "1") for voice in (silent, told)}
    assert len(paths) == 2, "an engine that learns from the words enrols again"
    with pytest.raises(NotFound):
        services.voices.set_transcript("somebody else", silent.id, "x")


def test_cues_reach_only_the_engines_that_know_them() -> None:
    text = typed("Thật à? [Cười] Hay quá, 25% rồi [thở dài] .")
    known = " ".join(chunk.spoken for chunk in chunks.plan(text, "vi", 300, cues=True))
    assert "[cười]" in known and "[thở dài]" in known and "hai mươi lăm phần trăm" in known
    plain = " ".join(chunk.spoken for chunk in chunks.plan(text, "vi", 300))
    assert "cười" not in plain and "[" not in plain and "hay quá" in plain
    assert cues.without("a [ghi chú] b") == "a [ghi chú] b"  # brackets that are no cue are the text's own


def test_a_broken_enrolment_is_made_again(services: Services, speaker: User, voice: Voice) -> None:
    finished(services, services.generations.create(speaker.id, Request(voice.id, SHORT)))
    engine = engines.load("parametric")
    stored = services.voices.enrollment(voice, engine.name, engine.revision)
    stored.write_bytes(stored.read_bytes()[:100])
    done = finished(
        services, services.generations.create(speaker.id, Request(voice.id, "Câu này chưa ai đọc bao giờ."))
    )
    assert done.status == "completed"
    assert load_enrollment(stored).engine == "parametric"


def test_a_reading_does_not_go_on_with_another_revision(
    services: Services, speaker: User, voice: Voice, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(engines.load("parametric"), "revision", "0-older")
    generation = services.generations.create(speaker.id, Request(voice.id, SHORT))
    list(services.generations.follow(speaker.id, generation.id))
    monkeypatch.undo()
    services.generations._rows.update(generation.id, status="pending", completed_at=None)
    services.generations.begin(generation)
    over = finished(services, services.generations.get(speaker.id, generation.id))
    assert over.status == "failed" and over.engine_revision == "0-older"
    assert over.error and "phiên bản khác" in over.error.vi and "has changed" in over.error.en


def test_doubtful_places_are_named_and_many_are_counted() -> None:
    assert listen_again([12.4, 3725.0]).en == "Listen again at 0:12, 1:02:05."
    assert listen_again([float(n) for n in range(8)]).vi.endswith("và 3 chỗ khác.")


def test_flaws_of_a_chunk_are_told_with_its_place(services: Services, speaker: User, voice: Voice) -> None:
    text = "Câu thứ nhất chỉ có ở đây. Câu thứ hai cũng vậy, không ai khác đọc nó."
    first = finished(services, services.generations.create(speaker.id, Request(voice.id, text)))
    sound = services.generations.sound(first, services.generations.plan(first).steps[1])
    flaws: Path = sound.with_suffix(".flaws")
    flaws.write_text('["too_long"]')
    other = Request(voice.id, text, pauses={"chapter": 1.0})  # not the same request, which would take the sound over
    again = finished(services, services.generations.create(speaker.id, other))
    assert again.note and again.note.en.startswith("Listen again at 0:0")
    services.generations.delete(speaker.id, first.id)
    services.generations.delete(speaker.id, again.id)
    services.retention._sweeper.settle()
    assert not flaws.exists() and not sound.exists()
