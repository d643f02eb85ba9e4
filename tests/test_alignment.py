"""When words are heard: what eSpeak NG tells, what the parametric engine makes of it, and what written words get."""

from __future__ import annotations

import random
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
import soundfile

from vnclone import engines
from vnclone.engines import espeak
from vnclone.engines.base import Engine
from vnclone.models import Clip, Enrollment, Params, Word
from vnclone.text import normalize
from vnclone.text.alignment import written_words

# Spoken words: measured in the sound

VOICE = Path(__file__).parent.parent / "assets" / "demo_voice.wav"
PAUSED = "Ba, ao, ăn, em, anh, ông, yêu, oan."  # vowels after pauses begin at once; a "b" begins with silence


@pytest.fixture(scope="module")
def engine() -> Engine:
    return engines.load("parametric")


@pytest.fixture(scope="module")
def voice(engine: Engine) -> Enrollment:
    samples, rate = soundfile.read(VOICE, dtype="float32", always_2d=True)
    return engine.enroll(Clip(samples.mean(axis=1), rate), None)


def _onset(clip: Clip, near: float) -> float:
    """When sound begins after the last pause (20 dB below the loudest 10 ms) before `near` + 0.05, in seconds."""
    size = clip.sample_rate // 100
    power = np.convolve(np.square(clip.samples, dtype=np.float64), np.ones(size) / size, "same")
    quiet = np.flatnonzero(power[: int((near + 0.05) * clip.sample_rate)] < 1e-2 * power.max())
    return float(quiet[-1]) / clip.sample_rate


def test_espeak_says_when_each_word_starts() -> None:
    for rate in (80, 150, 300):
        clip = espeak.speak(PAUSED, "vi", rate)
        assert [word.text for word in clip.words] == PAUSED.split()
        assert clip.words[0].start == 0 and clip.words[-1].end == clip.seconds
        assert all(left.end == right.start for left, right in pairwise(clip.words))
        for word in clip.words[1:]:
            assert _onset(clip, word.start) == pytest.approx(word.start, abs=0.012)


def test_words_that_espeak_reads_as_one_share_its_time() -> None:
    words = espeak.speak("In the end of the day", "en-us").words
    assert [word.text for word in words] == ["In", "the", "end", "of", "the", "day"]
    assert all(left.start < left.end == right.start for left, right in pairwise(words))


@pytest.mark.parametrize("text", ["- Xin - chào – bạn", "Năm 2/9/1945, … 5 % (a) 𝐀𝐁 漢字 g h", "a f. g h " * 200])
def test_every_token_with_a_letter_has_its_time(text: str) -> None:
    words = espeak.speak(text, "vi", 300).words
    spoken = [token for token in espeak.sayable(text).split() if any(map(str.isalnum, token)) or token == "%"]
    assert [word.text for word in words] == spoken
    assert all(left.start < left.end <= right.start for left, right in pairwise(words))


@pytest.mark.parametrize("params", [Params(), Params(speed=0.5), Params(speed=2.5), Params(seed=3)])
def test_word_times_follow_the_sound_through_trim_and_stretch(
    engine: Engine, voice: Enrollment, params: Params
) -> None:
    clip = engine.speak(PAUSED, voice, params)
    assert [word.text for word in clip.words] == PAUSED.split()
    assert clip.words[0].start == 0 and clip.words[-1].end == clip.seconds
    for word in clip.words[1:]:
        assert _onset(clip, word.start) == pytest.approx(word.start, abs=0.025)


def test_word_times_go_on_from_piece_to_piece(engine: Engine, voice: Enrollment) -> None:
    text = ("Một hai ba bốn, ao ăn em anh. " * 14).strip()
    assert len(text) > engine.max_chars
    clip = engine.speak(text, voice, Params(speed=2))
    assert [word.text for word in clip.words] == text.split()
    edges = [edge for word in clip.words for edge in (word.start, word.end)]
    assert edges == sorted(edges) and edges[-1] == pytest.approx(clip.seconds)
    for word in clip.words[4::8]:
        assert _onset(clip, word.start) == pytest.approx(word.start, abs=0.025)


# Written words: judged by ear and eye, not by the code

# Written with "|" between tokens, and what is heard for each:
JUDGED = [
    (
        "Ngày|2/9/1945,|Bác|đọc|Tuyên|ngôn.",
        "ngày|hai tháng chín năm một nghìn chín trăm bốn mươi lăm,|bác|đọc|tuyên|ngôn.",
    ),
    (
        "Trong|5|năm|2020|2025,|GDP|tăng|6,5%/năm.",
        "trong|năm|năm|hai nghìn không trăm hai mươi|hai nghìn không trăm hai mươi lăm,|g d p|tăng|"
        "sáu phẩy năm phần trăm trên năm.",
    ),
    ("còn|50|%|của|100|$|thôi", "còn|năm mươi|phần trăm|của|một trăm|đô la|thôi"),
    ("Gọi|0912|345|678|nhé!", "gọi|không chín một hai,|ba bốn năm,|sáu bảy tám|nhé!"),
    ("iPhone|15|Pro|256GB|giá|30tr", "i phone|mười lăm|pro|hai trăm năm mươi sáu gigabyte|giá|ba mươi triệu"),
    ("Ông|A|(1990)|nói:|“Đi!”", "ông|a,|một nghìn chín trăm chín mươi,|nói,|đi!"),
    ("TP.HCM|mưa|25|mm.", "thành phố hồ chí minh|mưa|hai mươi lăm|mi li mét."),
    ("IV.|Nội|dung|phần|II", "bốn,|nội|dung|phần|hai"),
    ("hai|2|hai|22|hai", "hai|hai|hai|hai mươi hai|hai"),
]


def _heard(spoken: str) -> list[Word]:
    """A word a second."""
    return [Word(word, float(n), float(n + 1)) for n, word in enumerate(spoken.split())]


@pytest.mark.parametrize(("written", "said"), JUDGED)
def test_each_token_is_heard_where_it_is_said(written: str, said: str) -> None:
    words = written_words(written.replace("|", " "), _heard(said.replace("|", " ")))
    at, expected = 0, []
    for token, spoken in zip(written.split("|"), said.split("|"), strict=True):
        end = at + len(spoken.split())
        expected.append((token, float(at), float(end)))
        at = end
    assert [(word.text, word.start, word.end) for word in words] == expected


def test_a_dash_is_not_heard_and_takes_no_time() -> None:
    words = written_words("một – hai • ba", _heard("một hai ba"))
    assert [(word.start, word.end) for word in words] == [(0, 1), (1, 1), (1, 2), (2, 2), (2, 3)]


def test_an_opening_quote_apart_starts_with_the_first_word() -> None:
    spoken = [Word("chào", 0.5, 1.0)]
    assert written_words("“ Chào ”", spoken) == [Word("“", 0.5, 0.5), Word("Chào", 0.5, 1.0), Word("”", 1.0, 1.0)]


def test_pauses_between_spoken_words_stay() -> None:
    spoken = [Word("một", 0.1, 0.4), Word("hai", 0.9, 1.2)]
    assert written_words("Một, hai.", spoken) == [Word("Một,", 0.1, 0.4), Word("hai.", 0.9, 1.2)]


def test_letters_of_either_normal_form_and_case_are_equal() -> None:
    words = written_words("Thu\u031b\u0301 NHẤT đến", _heard("thứ nhất đến"))
    assert [word.start for word in words] == [0, 1, 2]


def test_more_words_on_the_page_than_spoken_share_their_time() -> None:
    words = written_words("alpha beta gamma delta", [Word("x", 2.0, 4.0)])
    assert (words[0].start, words[-1].end) == (2.0, 4.0)
    assert all(left.end == right.start and left.start < left.end for left, right in pairwise(words))


@pytest.mark.parametrize("written", ["", "  ", "… –", "một"])
def test_nothing_spoken_or_nothing_written_is_no_trouble(written: str) -> None:
    assert written_words(written, []) == []
    assert [word.text for word in written_words(written, _heard("một hai"))] == written.split()


def test_any_two_texts_are_aligned_in_order_to_the_end() -> None:
    dice = random.Random(4)
    pool = [
        "năm",
        "hai",
        "mươi",
        "5",
        "2025",
        "–",
        "%",
        "một",
        "NASA",
        "(x)",
        "mười",
        "1.250đ",
        "đi",
        "về",
        "…",
        "½",
        "a@b.vn",
        "https://a.vn/b?c=1",
    ]
    for _ in range(300):
        written = [dice.choice(pool) for _ in range(dice.randint(1, 14))]
        spoken = _heard(" ".join(dice.choice(pool) for _ in range(dice.randint(1, 14))))
        words = written_words(" ".join(written), spoken)
        assert [word.text for word in words] == written
        edges = [edge for word in words for edge in (word.start, word.end)]
        assert edges == sorted(edges) and edges[0] >= 0 and edges[-1] <= len(spoken)
        if any(token not in "–…" for token in written):
            assert edges[0] == 0 and edges[-1] == len(spoken)  # nothing that is heard belongs to nobody
            assert all(left.end == right.start for left, right in pairwise(words))


def test_a_real_chunk_keeps_its_plain_words_exact() -> None:
    written = "Theo Nghị định 15/2020/NĐ-CP, doanh nghiệp bị phạt từ 10 đến 20 triệu đồng, ông An (45 tuổi) cho biết."
    spoken = _heard(normalize.spoken(written, "vi"))
    by_text = {word.text: word for word in reversed(spoken)}  # "nghị định" is said once more, for NĐ
    for word in written_words(written, spoken):
        if word.text in ("Nghị", "doanh", "nghiệp", "phạt", "triệu", "ông", "cho"):
            said = by_text[word.text.casefold()]
            assert (word.start, word.end) == (said.start, said.end)


def test_an_english_chunk_keeps_its_digits_in_place() -> None:
    words = written_words("Rows: 7 1,234,567,890 5 NASA", _heard("Rows: 7 1,234,567,890 5 NASA"))
    assert [word.start for word in words] == [0, 1, 2, 3, 4]
