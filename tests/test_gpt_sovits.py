"""The GPT-SoVITS client against a local server that keeps to api_v2.py's contract, and against everything else."""

from __future__ import annotations

import base64
import multiprocessing
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import httpx
import numpy as np
import pytest
from api_v2 import ApiV2, expected, fingerprint, heard, running
from conftest import free_port
from pytest import MonkeyPatch

from vnclone.engines import gpt_sovits, gpt_sovits_server, level
from vnclone.engines.base import EnrollmentUnusable, load_enrollment, save_enrollment
from vnclone.engines.gpt_sovits import GptSovits
from vnclone.errors import BadInput, Unavailable, VncloneError
from vnclone.models import Clip, Enrollment, Params

ROOT = Path(__file__).resolve().parent.parent
SENTENCE = "The weather is lovely today, so we walked around the lake."
OTHER = "Please bring the blue umbrella before the evening rain begins."
WORDS = "This is what the recording says."
ENGLISH = Params(language="en", seed=7)
ENGINE = GptSovits()  # it keeps nothing, as a test says: one does for all of them


@pytest.fixture(scope="module")
def started() -> Iterator[ApiV2]:
    with running(ApiV2()) as server:
        yield server


@pytest.fixture
def server(started: ApiV2, monkeypatch: MonkeyPatch, tmp_path: Path) -> ApiV2:
    """The server as new, set as ours; temporary files in a folder of this test; no long waits; nothing remembered."""
    httpx.get(f"{started.url}/control", timeout=10, trust_env=False)  # what the last test left it with is done now
    started.renew()
    gpt_sovits_server._probed.cache_clear()
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    monkeypatch.setattr(gpt_sovits_server, "PAUSES", (0.01, 0.02))
    monkeypatch.setenv("VNCLONE_GPT_SOVITS_URL", started.url)
    return started


@pytest.fixture
def voice(server: ApiV2) -> Enrollment:
    return ENGINE.enroll(_recording(5.0), WORDS)


def _recording(seconds: float, pitch: float = 150.0, rate: int = 24_000) -> Clip:
    """Words of 0.6 s between pauses of 0.4 s, over a little noise."""
    times = np.arange(int(seconds * rate)) / rate
    rng = np.random.default_rng(int(pitch))
    buzz = sum(np.sin(2 * np.pi * pitch * n * times) / n for n in range(1, 12))
    words = 0.2 * buzz * (abs(times % 1.0 - 0.5) < 0.3) * (0.6 + 0.4 * np.sin(2 * np.pi * 5 * times))
    return Clip((words + rng.normal(0, 1e-4, len(times))).astype(np.float32), rate)


def _failed(voice: Enrollment, kind: type[VncloneError] = Unavailable) -> VncloneError:
    with pytest.raises(kind) as caught:
        ENGINE.speak(SENTENCE, voice, ENGLISH)
    assert type(caught.value) is kind, "its kind has to survive the way out of a worker"
    _is_a_sentence_in_both_languages(caught.value.said.vi, caught.value.said.en)
    return caught.value


def _is_a_sentence_in_both_languages(vi: str, en: str) -> None:
    assert vi.endswith(".") and en.endswith(".") and vi != en
    assert "hãy" in vi.lower() and "Traceback" not in vi + en and "httpx" not in vi + en


# What is sent and what comes back


def test_gpt_sovits_reads_the_text_in_the_voice_with_the_seed(server: ApiV2, voice: Enrollment) -> None:
    clip = ENGINE.speak(SENTENCE, voice, ENGLISH)
    (asked,) = server.seen
    assert (asked["text"], asked["text_lang"], asked["seed"]) == (SENTENCE, "en", 7)
    assert (asked["prompt_text"], asked["prompt_lang"]) == (WORDS, "en")
    assert asked["fingerprint"] == fingerprint(voice.arrays["samples"])
    assert (asked["text_split_method"], asked["batch_size"], asked["speed_factor"]) == ("cut0", 1, 1.0)
    assert clip.sample_rate == ENGINE.sample_rate and clip.flaws == ()
    assert heard(clip, expected(voice, SENTENCE, 7)) > 0.98
    assert heard(clip, expected(voice, SENTENCE, 8)) < 0.3
    assert level.loudness(clip.samples.astype(float), clip.sample_rate) == pytest.approx(level.TARGET_LUFS, abs=1.0)


@pytest.mark.parametrize(("version", "rate"), [("v1", 32_000), ("v2ProPlus", 32_000), ("v3", 24_000), ("v4", 48_000)])
def test_gpt_sovits_gives_its_own_rate_whatever_the_servers_is(
    server: ApiV2, voice: Enrollment, version: str, rate: int
) -> None:
    server.version = version
    clip = ENGINE.speak(SENTENCE, voice, ENGLISH)
    sound = expected(voice, SENTENCE, 7, rate)
    assert clip.sample_rate == 32_000
    assert clip.seconds == pytest.approx(len(sound) / rate - 0.3, abs=0.1)
    assert heard(clip, sound, rate) > 0.98


def test_gpt_sovits_reads_a_long_text_whole_in_pieces(server: ApiV2, voice: Enrollment) -> None:
    text = " ".join([SENTENCE, OTHER] * 4)
    clip = ENGINE.speak(text, voice, ENGLISH)
    pieces = [asked["text"] for asked in server.seen]
    assert " ".join(pieces) == text and max(map(len, pieces)) <= ENGINE.max_chars
    assert clip.seconds > sum(len(expected(voice, piece, 7)) / 32_000 - 0.5 for piece in pieces)


def test_gpt_sovits_sends_one_line_without_control_characters(server: ApiV2, voice: Enrollment) -> None:
    ENGINE.speak("The first line,\nthe sec\u00adond\x00 line\tand the \ud800last.", voice, ENGLISH)
    assert server.seen[0]["text"] == "The first line, the second line and the last."


@pytest.mark.parametrize("text", ["", "  \n", "…!?", "🙂", "\x00"])
def test_gpt_sovits_asks_nobody_about_text_with_nothing_to_say(server: ApiV2, voice: Enrollment, text: str) -> None:
    clip = ENGINE.speak(text, voice, ENGLISH)
    assert 0 < clip.seconds < 0.3 and not clip.samples.any() and server.asked == 0


@pytest.mark.parametrize("speed", [0.5, 2.0])
def test_gpt_sovits_speed_is_made_here(server: ApiV2, voice: Enrollment, speed: float) -> None:
    normal = ENGINE.speak(SENTENCE, voice, ENGLISH)
    other = ENGINE.speak(SENTENCE, voice, Params(language="en", seed=7, speed=speed))
    assert normal.seconds / other.seconds == pytest.approx(speed, rel=0.03)
    assert {asked["speed_factor"] for asked in server.seen} == {1.0}


@pytest.mark.parametrize("text", [SENTENCE, ""])
@pytest.mark.parametrize("speed", [0.0, 9.0, float("nan")])
def test_gpt_sovits_refuses_an_impossible_speed_before_it_asks(
    server: ApiV2, voice: Enrollment, speed: float, text: str
) -> None:
    with pytest.raises(BadInput):
        ENGINE.speak(text, voice, Params(language="en", speed=speed))
    assert server.asked == 0


def test_gpt_sovits_says_that_it_has_no_vietnamese(server: ApiV2, voice: Enrollment) -> None:
    with pytest.raises(BadInput) as caught:
        ENGINE.speak("Xin chào.", voice, Params(language="vi"))
    assert "không có tiếng Việt" in caught.value.said.vi and "no Vietnamese" in caught.value.said.en
    assert ENGINE.languages == {"en"} and server.seen == []


# The voice


def test_gpt_sovits_lends_the_recording_for_the_call_only(server: ApiV2, voice: Enrollment, tmp_path: Path) -> None:
    ENGINE.speak(SENTENCE, voice, ENGLISH)
    assert server.seen[0]["exists"] and server.seen[0]["ref_audio_path"].startswith(str(tmp_path))
    assert list(tmp_path.iterdir()) == []
    server.fault = "html"
    _failed(voice)
    assert list(tmp_path.iterdir()) == []


def test_gpt_sovits_removes_what_a_killed_process_left(server: ApiV2, voice: Enrollment, tmp_path: Path) -> None:
    old, new = tmp_path / "vnclone-gpt-sovits-old", tmp_path / "vnclone-gpt-sovits-new"
    for folder in (old, new):
        folder.mkdir()
        (folder / "reference.wav").write_bytes(b"a voice")
    os.utime(old, (1, 1))
    ENGINE.speak(SENTENCE, voice, ENGLISH)
    assert list(tmp_path.iterdir()) == [new]


def test_gpt_sovits_uses_no_path_twice(server: ApiV2, voice: Enrollment) -> None:
    for _ in range(3):
        ENGINE.speak(SENTENCE, voice, ENGLISH)
    assert len({asked["ref_audio_path"] for asked in server.seen}) == 3


def test_gpt_sovits_is_not_misled_by_what_the_server_remembers_of_a_failure(server: ApiV2, voice: Enrollment) -> None:
    ENGINE.speak(SENTENCE, voice, ENGLISH)
    server.fault = "half a reference"  # another voice is heard, and then the memory is full
    _failed(ENGINE.enroll(_recording(5.0, pitch=260.0), WORDS))
    server.fault = ""
    assert heard(ENGINE.speak(SENTENCE, voice, ENGLISH), expected(voice, SENTENCE, 7)) > 0.98


def test_gpt_sovits_voices_and_texts_at_once_do_not_mix(server: ApiV2, voice: Enrollment) -> None:
    voices = (voice, ENGINE.enroll(_recording(4.0, pitch=260.0), "Another one speaks here."))
    jobs = [(text, one) for text in (SENTENCE, OTHER) for one in voices] * 2
    with ThreadPoolExecutor(4) as pool:
        clips = list(pool.map(lambda job: ENGINE.speak(*job, ENGLISH), jobs))
    for (text, one), clip in zip(jobs, clips, strict=True):
        assert heard(clip, expected(one, text, 7)) > 0.98
        other = voices[1] if one is voice else voices[0]
        assert heard(clip, expected(other, text, 7)) < 0.3


def test_gpt_sovits_keeps_nothing_between_calls(server: ApiV2, voice: Enrollment) -> None:
    first = ENGINE.speak(SENTENCE, voice, ENGLISH)
    ENGINE.speak(OTHER, ENGINE.enroll(_recording(4.0, pitch=260.0), None), Params(language="en", speed=1.5, seed=9))
    assert ENGINE.speak(SENTENCE, voice, ENGLISH).samples.tobytes() == first.samples.tobytes()
    assert vars(ENGINE) == {}


def test_gpt_sovits_takes_a_short_recording_whole_with_its_words(server: ApiV2) -> None:
    recording = _recording(9.9)
    arrays = ENGINE.enroll(recording, f"  {WORDS}\n").arrays
    assert len(arrays["samples"]) == len(recording.samples) and int(arrays["rate"]) == 24_000
    assert arrays["transcript"].tobytes().decode() == WORDS


@pytest.mark.parametrize("seconds", [10.0, 12.0, 60.0])
def test_gpt_sovits_cuts_a_long_recording_at_pauses_and_forgets_its_words(server: ApiV2, seconds: float) -> None:
    voice = ENGINE.enroll(_recording(seconds), WORDS)
    arrays = voice.arrays
    length = len(arrays["samples"]) / 24_000
    assert 8.0 < length <= 9.95 and arrays["transcript"].size == 0
    edges = arrays["samples"][: 24_000 // 100], arrays["samples"][-24_000 // 100 :]
    assert all(np.abs(edge).max() < 1_500 for edge in edges)
    ENGINE.speak(SENTENCE, voice, ENGLISH)
    assert server.seen[0]["prompt_text"] == ""


def test_gpt_sovits_takes_the_part_with_the_most_speech(server: ApiV2) -> None:
    quiet = Clip(_recording(20.0).samples.copy(), 24_000)
    quiet.samples[: 24_000 * 10] *= (np.arange(24_000 * 10) // 24_000 % 3 == 0) * 1.0 + 1e-4
    start, end = gpt_sovits._window(quiet)
    assert start > 8.5 and 8.0 < end - start <= 9.95


def test_gpt_sovits_takes_ten_seconds_of_somebody_who_draws_no_breath(server: ApiV2) -> None:
    noise = np.random.default_rng(0).normal(0, 1e-4, 24_000 * 20)
    held = 0.2 * np.sin(2 * np.pi * 150 * np.arange(24_000 * 20) / 24_000) * (np.arange(24_000 * 20) > 24_000)
    voice = ENGINE.enroll(Clip((noise + held).astype(np.float32), 24_000), None)
    ENGINE.speak(SENTENCE, voice, ENGLISH)
    assert 9.0 < len(voice.arrays["samples"]) / 24_000 <= 9.95


def test_gpt_sovits_refuses_a_recording_below_three_seconds(server: ApiV2) -> None:
    with pytest.raises(BadInput, match=r"2\.5 seconds"):
        ENGINE.enroll(_recording(2.5), WORDS)
    ENGINE.speak(SENTENCE, ENGINE.enroll(_recording(3.0), WORDS), ENGLISH)


@pytest.mark.parametrize("words", ["Hôm nay trời đẹp, chúng tôi đi dạo quanh hồ.", "他说英语很好。", "", None])
def test_gpt_sovits_sends_only_english_words_as_english(server: ApiV2, words: str | None) -> None:
    english = "It’s Mr Nguyễn’s café on the corner, “the old one”, isn’t it?"
    assert ENGINE.enroll(_recording(5.0), words).arrays["transcript"].size == 0
    assert ENGINE.enroll(_recording(5.0), english).arrays["transcript"].size > 0


def test_gpt_sovits_asks_for_the_transcript_where_the_server_demands_it(server: ApiV2) -> None:
    assert not ENGINE.needs_transcript
    without = ENGINE.enroll(_recording(5.0), None)
    server.version = "v4"
    assert "3 to 10 seconds of English" in _failed(without, BadInput).said.en
    gpt_sovits_server._probed.cache_clear()
    assert ENGINE.needs_transcript and ENGINE.status().state == "ready"
    for recording, words in ((_recording(5.0), None), (_recording(30.0), WORDS), (_recording(5.0), "Xin chào các bạn")):
        with pytest.raises(BadInput) as caught:
            ENGINE.enroll(recording, words)
        _is_a_sentence_in_both_languages(caught.value.said.vi, caught.value.said.en)
    ENGINE.speak(SENTENCE, ENGINE.enroll(_recording(5.0), WORDS), ENGLISH)


def test_gpt_sovits_enrolment_goes_through_a_file(server: ApiV2, voice: Enrollment, tmp_path: Path) -> None:
    save_enrollment(tmp_path / "voice.npz", voice)
    ENGINE.speak(SENTENCE, load_enrollment(tmp_path / "voice.npz"), ENGLISH)
    assert server.seen[0]["fingerprint"] == fingerprint(voice.arrays["samples"])


def test_gpt_sovits_another_server_is_another_revision(
    server: ApiV2, voice: Enrollment, monkeypatch: MonkeyPatch
) -> None:
    before = ENGINE.revision
    assert before.replace("-", "").isalnum()
    monkeypatch.setenv("VNCLONE_GPT_SOVITS_URL", "http://127.0.0.1:1")
    assert ENGINE.revision != before
    with pytest.raises(EnrollmentUnusable):
        ENGINE.speak(SENTENCE, voice, ENGLISH)


# Status


def test_gpt_sovits_status_is_quick_and_tells_how_to_set_the_address(monkeypatch: MonkeyPatch) -> None:
    monkeypatch.delenv("VNCLONE_GPT_SOVITS_URL", raising=False)
    status = ENGINE.status()
    assert status.state == "unreachable"
    for said in (status.detail.vi, status.detail.en):
        assert "VNCLONE_GPT_SOVITS_URL" in said and "http://127.0.0.1:9880" in said
    assert not ENGINE.needs_transcript


MALFORMED = """127.0.0.1:9880 http:// ftp://127.0.0.1 http://[::1 http://h:abc http://127.0.0.1:99999 http://xn--
 http://h/?a=1 http://h/#a nonsense http://a\x01b http://user:secret@h:x"""


@pytest.mark.parametrize("address", MALFORMED.split())
def test_gpt_sovits_tells_a_malformed_address_without_repeating_it(monkeypatch: MonkeyPatch, address: str) -> None:
    monkeypatch.setenv("VNCLONE_GPT_SOVITS_URL", address)
    status = ENGINE.status()
    assert status.state == "unreachable" and "malformed" in status.detail.en and "không đúng dạng" in status.detail.vi
    assert "secret" not in status.detail.en + status.detail.vi


def test_gpt_sovits_status_is_asked_once_in_ten_seconds_and_sends_nothing_of_anybody(server: ApiV2) -> None:
    statuses = [ENGINE.status() for _ in range(5)]
    assert {status.state for status in statuses} == {"ready"} and server.asked <= 2  # two if ten seconds just passed
    assert "English only" in statuses[0].detail.en and "chỉ đọc tiếng Anh" in statuses[0].detail.vi
    assert server.seen == [] and server.cache == {} and server.controls == []


def test_gpt_sovits_that_is_reading_for_another_is_ready(server: ApiV2, voice: Enrollment) -> None:
    server.busy_seconds = 1.5
    with ThreadPoolExecutor(1) as pool:
        reading = pool.submit(ENGINE.speak, SENTENCE, voice, ENGLISH)
        assert server.arrived.wait(10)
        gpt_sovits_server._probed.cache_clear()
        status = ENGINE.status()
        assert not reading.done(), "the server was not busy any more"
    assert status.state == "ready" and "busy" in status.detail.en
    assert reading.result().seconds > 2


OTHERS = ["html", "not found", "forbidden", "moved", "another api", "broken json", "crash", "die", "rude", "trickle"]


@pytest.mark.parametrize("fault", OTHERS)
def test_gpt_sovits_is_not_reached_where_something_else_answers(server: ApiV2, fault: str) -> None:
    server.fault = fault
    status = ENGINE.status()
    assert status.state == "unreachable"
    _is_a_sentence_in_both_languages(status.detail.vi, status.detail.en)


def test_gpt_sovits_server_without_english_is_not_ready(server: ApiV2, voice: Enrollment) -> None:
    server.languages = ["zh", "ja"]
    assert ENGINE.status().state == "unreachable" and "English" in ENGINE.status().detail.en
    assert "does not take English" in _failed(voice).said.en


def test_gpt_sovits_on_another_machine_is_told_to_share_the_folder() -> None:
    there = gpt_sovits_server.Server("http://10.0.0.5:9880", "10.0.0.5:9880", gpt_sovits_server._here("10.0.0.5"))
    said = gpt_sovits_server._ready(there)
    assert tempfile.gettempdir() in said.vi and tempfile.gettempdir() in said.en and "another machine" in said.en
    for host in ("127.0.0.1", "localhost", "::1", "127.8.8.8"):
        assert gpt_sovits_server._here(host)


# Everything that goes wrong with the server

FAULTS = {
    "hang": ("không trả lời kịp", "did not answer in time"),
    "trickle": ("không trả lời kịp", "did not answer in time"),
    "die": ("ngắt kết nối giữa chừng", "broke off"),
    "die chunked": ("ngắt kết nối giữa chừng", "broke off"),
    "cut wav": ("ngắt kết nối giữa chừng", "broke off"),
    "empty": ("ngắt kết nối giữa chừng", "broke off"),
    "html": ("không như api_v2.py", "not as GPT-SoVITS's api_v2.py does (HTTP 200)"),
    "not found": ("không như api_v2.py", "not as GPT-SoVITS's api_v2.py does (HTTP 404)"),
    "forbidden": ("không như api_v2.py", "(HTTP 403)"),
    "moved": ("không như api_v2.py", "(HTTP 302)"),
    "broken json": ("không như api_v2.py", "(HTTP 400)"),
    "another api": ("từ chối", "Field required"),
    "bad gateway": ("gặp lỗi khi đọc (HTTP 502)", "failed while reading (HTTP 502)"),
    "crash": ("gặp lỗi khi đọc (HTTP 500)", "failed while reading (HTTP 500)"),
    "out of memory": ("gặp lỗi khi đọc", "failed while reading"),
    "silence": ("gặp lỗi khi đọc", "failed while reading"),
    "nothing": ("gặp lỗi khi đọc", "failed while reading"),
    "half a reference": ("từ chối: “tts failed: CUDA out of memory”", "refused: “tts failed: CUDA out of memory”"),
    "ogg": ("không phải âm thanh WAV (audio/ogg)", "not a WAV sound (audio/ogg)"),
    "noise": ("không phải âm thanh WAV", "not a WAV sound"),
    "listed json": ("không phải âm thanh WAV (application/json)", "not a WAV sound (application/json)"),
    "absurd rate": ("không phải âm thanh WAV", "not a WAV sound"),
    "absurd": ("dài bất thường", "absurdly long"),
    "flood": ("dài bất thường", "absurdly long"),
}
PASSING = {"die", "die chunked", "cut wav", "empty", "bad gateway", "crash", "out of memory", "silence", "nothing"}


@pytest.mark.parametrize("fault", FAULTS)
def test_gpt_sovits_says_in_both_languages_what_is_wrong(
    server: ApiV2, voice: Enrollment, fault: str, monkeypatch: MonkeyPatch
) -> None:
    monkeypatch.setattr(gpt_sovits_server, "SILENT_SECONDS", 0.3)
    monkeypatch.setattr(gpt_sovits_server, "WHOLE_SECONDS", 2.0 if fault == "trickle" else 60.0)
    server.fault = fault
    error = _failed(voice)
    vi, en = FAULTS[fault]
    assert vi in error.said.vi and en in error.said.en and server.url[7:] in error.said.en
    assert server.asked == (3 if fault in PASSING else 1)
    assert fault != "hang" or server.left.wait(10), "the connection was not closed"


@pytest.mark.parametrize("fault", sorted(PASSING - {"out of memory"}))
def test_gpt_sovits_tries_again_what_may_pass(server: ApiV2, voice: Enrollment, fault: str) -> None:
    server.fault, server.faults_left = fault, 2
    assert heard(ENGINE.speak(SENTENCE, voice, ENGLISH), expected(voice, SENTENCE, 7)) > 0.98
    assert len(server.seen) == 1


def test_gpt_sovits_shows_what_the_server_says_without_what_would_harm(server: ApiV2, voice: Enrollment) -> None:
    server.fault = "rude"
    error = _failed(voice)
    assert "“a bc xxx" in error.said.en and len(error.said.en) < 500 and error.said.en.isprintable()


def test_gpt_sovits_refused_connection_says_what_to_check(
    server: ApiV2, voice: Enrollment, monkeypatch: MonkeyPatch
) -> None:
    monkeypatch.setenv("VNCLONE_GPT_SOVITS_URL", f"http://127.0.0.1:{free_port()}")
    error = _failed(Enrollment(ENGINE.name, ENGINE.revision, voice.arrays))
    assert "no connection" in error.said.en and "Không kết nối được" in error.said.vi
    status = ENGINE.status()
    assert status.state == "unreachable" and status.detail == error.said


def test_gpt_sovits_server_that_comes_back_is_used(server: ApiV2, voice: Enrollment, monkeypatch: MonkeyPatch) -> None:
    monkeypatch.setattr(gpt_sovits_server, "PAUSES", (0.2, 2.0))
    port, later = free_port(), ApiV2()
    monkeypatch.setenv("VNCLONE_GPT_SOVITS_URL", f"http://127.0.0.1:{port}")
    moved = Enrollment(ENGINE.name, ENGINE.revision, voice.arrays)
    with ThreadPoolExecutor(1) as pool:
        reading = pool.submit(ENGINE.speak, SENTENCE, moved, ENGLISH)
        time.sleep(0.6)
        with running(later, port):
            assert reading.result(30).seconds > 2
    assert len(later.seen) == 1


def test_gpt_sovits_server_that_cannot_see_the_recording_is_told_from_others(
    server: ApiV2, voice: Enrollment, monkeypatch: MonkeyPatch
) -> None:
    monkeypatch.setattr(os.path, "exists", lambda path: False)  # as on another machine; the server asks by this
    error = _failed(voice)
    assert "could not open the voice's recording" in error.said.en and "không mở được tệp giọng mẫu" in error.said.vi
    assert tempfile.gettempdir() in error.said.vi


def test_gpt_sovits_password_in_the_address_is_sent_and_never_shown(
    server: ApiV2, voice: Enrollment, monkeypatch: MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setenv("VNCLONE_GPT_SOVITS_URL", server.url.replace("http://", "http://me:se%20cret@") + "/tts/")
    caplog.set_level(0)
    ENGINE.speak(SENTENCE, Enrollment(ENGINE.name, ENGINE.revision, voice.arrays), ENGLISH)
    assert server.headers["authorization"] == "Basic " + base64.b64encode(b"me:se cret").decode()
    server.fault = "html"
    error = _failed(voice)
    shown = caplog.text + str(error) + error.said.vi + repr(gpt_sovits_server.locate()) + ENGINE.status().detail.en
    assert "cret" not in shown and ENGINE.revision == voice.revision


def test_gpt_sovits_gives_no_proxy_the_request(server: ApiV2, voice: Enrollment, monkeypatch: MonkeyPatch) -> None:
    for name in ("http_proxy", "HTTP_PROXY", "all_proxy", "ALL_PROXY"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")
    assert ENGINE.speak(SENTENCE, voice, ENGLISH).seconds > 2


# Cancelling, and other processes


def _speak_there(folder: str) -> None:
    """In a process of its own, whose environment names the server."""
    GptSovits().speak(SENTENCE, load_enrollment(Path(folder) / "voice.npz"), ENGLISH)


def test_gpt_sovits_abandoned_call_closes_its_connection(
    server: ApiV2, voice: Enrollment, tmp_path: Path, monkeypatch: MonkeyPatch
) -> None:
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    save_enrollment(tmp_path / "voice.npz", voice)
    server.fault = "hang"
    process = multiprocessing.get_context("spawn").Process(target=_speak_there, args=(str(tmp_path),))
    process.start()
    assert server.arrived.wait(30) and not server.left.is_set()
    process.kill()
    process.join()
    assert server.left.wait(10)


def test_gpt_sovits_stops_asking_when_nobody_takes_the_rest(server: ApiV2, voice: Enrollment) -> None:
    clips = ENGINE.speak_many([SENTENCE, OTHER, SENTENCE], voice, ENGLISH)
    next(clips)
    clips.close()  # type: ignore[attr-defined]
    assert [asked["text"] for asked in server.seen] == [SENTENCE]


def test_gpt_sovits_wants_one_worker_and_nothing_to_download() -> None:
    assert ENGINE.placement(64).workers == 1 and ENGINE.weights() is None


def test_importing_gpt_sovits_loads_nothing_heavy() -> None:
    heavy = {"httpx", "soundfile", "soxr", "av", "scipy"}
    code = f"import sys\nfrom vnclone.engines import gpt_sovits\nprint({heavy!r} & set(sys.modules))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=ROOT)
    assert done.stdout.strip() == "set()"
