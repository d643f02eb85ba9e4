"""A recording in parts over HTTP: streamed from anywhere that is ready, chapters, subtitles, words, takes."""

from __future__ import annotations

import io
import json
import zipfile
from collections.abc import Iterator
from pathlib import Path

import av
import pytest
import soundfile
from fastapi import FastAPI
from starlette.testclient import TestClient

from tests.conftest import new_user
from tests.test_generations import finished
from tests.test_web import bearer
from vnclone.models import Generation, User, Voice
from vnclone.services.asking import Request
from vnclone.services.revising import Change
from vnclone.web.routes import routes
from vnclone.wire import Services

CHAPTERS = "Chương 1: Mở đầu\n\nMột hai ba bốn. Năm sáu bảy.\n\nChương 2: Kết thúc\n\nTám chín mười. Hết chuyện.\n"


@pytest.fixture(scope="module")
def http(services: Services) -> Iterator[TestClient]:
    with TestClient(FastAPI(routes=routes(services), openapi_url=None), "http://testserver") as client:
        yield client


@pytest.fixture(scope="module")
def told(services: Services, speaker: User, voice: Voice, tmp_path_factory: pytest.TempPathFactory) -> Generation:
    """A finished reading of a document of two chapters."""
    path = tmp_path_factory.mktemp("doc") / "a.txt"
    path.write_text(CHAPTERS, encoding="utf-8")
    document = services.library.wait(speaker.id, services.library.add(speaker.id, path, "Truyện: hai chương.txt").id)
    return finished(services, services.generations.create(speaker.id, Request(voice.id, document_id=document.id)))


def link(services: Services, generation: Generation, what: str, more: str = "") -> str:
    return services.links.of(generation.user_id, generation.id, what) + more


def test_a_zip_has_a_playable_file_for_each_chapter(http: TestClient, services: Services, told: Generation) -> None:
    answer = http.get(link(services, told, "chapters", "&format=mp3"))
    assert answer.headers["content-type"] == "application/zip"
    assert answer.headers["content-disposition"].startswith("attachment")
    with zipfile.ZipFile(io.BytesIO(answer.content)) as archive:
        names = archive.namelist()
        lengths = [soundfile.info(io.BytesIO(archive.read(name))).duration for name in names]
    assert [name.split(" ")[0] for name in names] == ["01", "02"] and all(name.endswith(".mp3") for name in names)
    assert sum(lengths) == pytest.approx(told.duration, abs=0.3) and min(lengths) > 1
    one = http.get(link(services, told, "chapters", "&number=2&format=wav")).content
    assert soundfile.info(io.BytesIO(one)).duration == pytest.approx(lengths[1], abs=0.1)
    for number in (3, -1):
        assert http.get(link(services, told, "chapters", f"&number={number}")).status_code == 404


@pytest.mark.parametrize(("format", "quality"), [("mp3", "vbr"), ("opus", ""), ("m4b", ""), ("flac", "")])
def test_every_format_comes_with_its_title(
    http: TestClient, services: Services, told: Generation, format: str, quality: str, tmp_path: Path
) -> None:
    answer = http.get(link(services, told, "audio", f"&format={format}&quality={quality}&download=1"))
    assert answer.status_code == 200, answer.text
    (path := tmp_path / f"a.{format}").write_bytes(answer.content)
    with av.open(str(path)) as container:
        assert float(container.duration / av.time_base) == pytest.approx(told.duration, abs=0.1)
        tags = {**container.metadata, **container.streams.audio[0].metadata}
        assert told.title in {value for name, value in tags.items() if name.lower() == "title"}
        if format in ("m4b", "mp3"):
            titles = [mark["metadata"]["title"] for mark in container.chapters()]
            assert len(titles) == 2 and "Kết thúc" in titles[1]


def test_subtitles_and_words_follow_the_sound(http: TestClient, services: Services, told: Generation) -> None:
    srt = http.get(link(services, told, "subtitles", "&format=srt")).text
    assert "Một hai ba bốn." in srt and "00:00:0" in srt
    by_word = http.get(link(services, told, "subtitles", "&format=vtt&words=1")).text
    assert by_word.startswith("WEBVTT") and by_word.count("<00:") > 8
    words = http.get(link(services, told, "words")).json()
    assert [w["text"] for w in words][-2:] == ["Hết", "chuyện."]
    starts = [w["start"] for w in words]
    assert starts == sorted(starts) and starts[0] >= 0 and words[-1]["end"] <= told.duration
    assert http.get(link(services, told, "subtitles", "&format=exe")).status_code == 422


def test_reading_along_knows_what_is_heard_when(http: TestClient, services: Services, told: Generation) -> None:
    reading = http.get(link(services, told, "reading")).json()
    assert reading["complete"] and reading["seconds"] == reading["total_seconds"] == pytest.approx(told.duration)
    assert [c["chapter"] for c in reading["chunks"]] == sorted(c["chapter"] for c in reading["chunks"])
    assert len(reading["chapters"]) == 2
    ends = [chunk["end"] for chunk in reading["chunks"]]
    assert ends == sorted(ends) and all(c["start"] < c["end"] for c in reading["chunks"])
    later = http.get(link(services, told, "reading", "&since=1")).json()
    assert later["chunks"] == reading["chunks"][1:] and later["since"] == 1
    assert http.get(link(services, told, "reading", "&since=99999")).json()["chunks"] == []


def test_a_take_is_heard_before_it_is_chosen(http: TestClient, services: Services, told: Generation) -> None:
    services.revisions.redo(told.user_id, told.id, 1, 1, Change())
    finished(services, services.generations.get(told.user_id, told.id))
    first = http.get(link(services, told, "take", "&chapter=1&paragraph=1&take=0"))
    second = http.get(link(services, told, "take", "&chapter=1&paragraph=1&take=1"))
    assert first.headers["content-type"] == "audio/wav" and first.content != second.content
    assert 1 < soundfile.info(io.BytesIO(first.content)).duration < 10
    assert http.get(link(services, told, "take", "&chapter=1&paragraph=1&take=7")).status_code == 404


def test_a_link_of_one_recording_opens_no_other_and_no_strangers(
    http: TestClient, services: Services, told: Generation, voice: Voice
) -> None:
    other = finished(services, services.generations.create(told.user_id, Request(voice.id, "Một bản khác.")))
    stranger = bearer(services, new_user(services))
    for what in ("audio", "chapters", "subtitles", "reading", "words", "take"):
        query = "&chapter=0&paragraph=0" if what == "take" else ""
        signed = link(services, told, what, query)
        assert http.get(signed.replace(told.id, other.id)).status_code == 401, what
        plain = f"/api/generation/{told.id}/{what}?{query[1:]}"
        assert http.get(plain).status_code == 401
        missing = http.get(plain.replace(told.id, "0" * 32), headers=stranger)
        theirs = http.get(plain, headers=stranger)
        assert theirs.status_code == missing.status_code == 404 and json.loads(theirs.text) == json.loads(missing.text)


def test_what_is_being_made_streams_from_any_moment_that_is_ready(
    http: TestClient, services: Services, speaker: User, voice: Voice
) -> None:
    text = "\n".join(f"Đây là câu thứ {number} của bài nghe thử từ giữa chừng." for number in range(14))
    generation = services.generations.create(speaker.id, Request(voice.id, text))
    for state in services.generations.follow(speaker.id, generation.id):
        if state.chunks_done >= 6:
            break
    reading = services.exports.reading(speaker.id, generation.id)
    ready = [chunk for chunk in reading["chunks"] if "end" in chunk]
    heard = services.exports.reading(speaker.id, generation.id, since=2, ready=True)["chunks"]
    assert heard and all("end" in chunk for chunk in heard) and heard[0] == ready[2]
    assert not reading["complete"] and len(ready) < 14 and reading["total_seconds"] > reading["seconds"]
    start = ready[4]["start"] + 0.5
    whole = http.get(link(services, generation, "audio"))
    done = finished(services, generation)
    assert done.status == "completed" and seconds(whole.content) == pytest.approx(done.duration, abs=1.2)
    # The rest needs a reading that stays unfinished: this one again, as it was a moment ago.
    services.generations._rows.update(generation.id, status="processing", completed_at=None)
    part = http.get(link(services, generation, "audio", f"&start={start}"))
    beyond = http.get(link(services, generation, "audio", f"&start={done.duration + 60}"))
    services.generations._rows.update(generation.id, status="cancelled")
    assert part.headers["accept-ranges"] == "none"
    assert seconds(part.content) == pytest.approx(done.duration - start, abs=1.2)
    assert not beyond.content  # nothing is ready there


def seconds(mp3: bytes) -> float:
    """How long it plays."""
    with av.open(io.BytesIO(mp3)) as container:
        return sum(frame.samples for frame in container.decode(audio=0)) / 24_000
