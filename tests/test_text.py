"""Text: sentences, language, spoken form and chunks, on real normalisers."""

from __future__ import annotations

import re
import threading
import time
import unicodedata

import pytest

from vnclone.models import Chapter, Paragraph
from vnclone.text.chunks import FIRST_CHARS, PAUSES, TITLE, estimate_seconds, plan
from vnclone.text.headings import heading_level, is_label_only
from vnclone.text.language import detect
from vnclone.text.normalize import spoken
from vnclone.text.readers import library
from vnclone.text.sentences import split_sentences
from vnclone.text.tidy import fold, tidy

LONG = "Căn cứ Luật Tổ chức Chính phủ; căn cứ Pháp lệnh phát hành công trái, xét đề nghị của Bộ trưởng Bộ Tài chính. "


def chapter(*paragraphs: str | Paragraph, title: str = "", included: bool = True) -> Chapter:
    return Chapter(title, tuple(p if isinstance(p, Paragraph) else Paragraph(p) for p in paragraphs), included)


@pytest.mark.parametrize(
    "sentences",
    [
        ["GS.TS. Nguyễn Văn An đến.", "PGS.TS. Lê Bình ở TP.HCM.", "Ông ở Q.1."],
        ["Cam, chanh, v.v.", "Sau đó đi về, v.v. và nghỉ."],
        ["Mr. Smith went home.", "He slept, e.g. on Monday.", "See No. 5 below."],
        ["He said no.", "Then he left."],
        ["Giá 3.5 triệu.", "Xem https://a.vn/x.y?z=1.", "Viết tới abc@gmail.com.", "Hết."],
        ["“Anh đi đâu?” cô hỏi.", "“Đi chợ.”", "Anh đáp."],
        ["1. Mục tiêu.", "2. Nội dung."],
        ["Điều 5. Phạm vi điều chỉnh"],
        ["Gồm: 1. cam; 2. chanh.", "Hết."],
        ["– Anh đi đâu? – cô hỏi.", "– Đi chợ!"],
        ["Ừ... thì ra thế...", "Vậy à…", "Được."],
        ["Bị cáo Nguyễn Văn A.", "Ông khai.", "J. K. Rowling viết.", "George W. Bush đọc."],
        ["Năm 2005.", "5 người đến (xem Hình 1.2)."],
        ["Ông sinh ngày 2.9.1945.", "Ông mất năm 1969."],
        ["(Theo báo chí.)", "Thật à?!", "Không."],
        ["TP. Hồ Chí Minh rộng.", "Cty. TNHH Hoa Mai lớn."],
    ],
)
def test_sentences_end_where_a_reader_would_end_them(sentences: list[str]) -> None:
    assert split_sentences(" ".join(sentences)) == sentences


def test_a_missing_space_after_a_full_stop_still_ends_a_sentence() -> None:
    assert split_sentences("Tôi đi.Anh ở lại. Dùng Node.Js nhé.") == ["Tôi đi.", "Anh ở lại.", "Dùng Node.Js nhé."]


def test_a_line_break_ends_a_sentence() -> None:
    assert split_sentences("Dòng một\nDòng hai") == ["Dòng một", "Dòng hai"]


@pytest.mark.parametrize("unit", ["a", ".", ". ", "1.", '"', "?\n", ".x"])
def test_splitting_takes_linear_time_and_loses_nothing(unit: str) -> None:
    text = unit * 100_000
    started = time.perf_counter()
    sentences = split_sentences(text)
    assert time.perf_counter() - started < 3
    assert "".join("".join(sentences).split()) == "".join(text.split())


@pytest.mark.parametrize(
    ("text", "language"),
    [
        ("Hôm nay trời đẹp.", "vi"),
        ("Xin chao cac ban, toi la Nam", "vi"),
        ("Sử dụng Docker để deploy container trên Kubernetes cluster", "vi"),
        ("Tra\u0302\u0300n", "vi"),
        ("UBND", "vi"),
        ("123", "vi"),
        ("", "vi"),
        ("Hello world.", "en"),
        ("Chapter 1", "en"),
        ("The café is open", "en"),
        ("Hà Nội is the capital of Việt Nam and the second largest city", "en"),
    ],
)
def test_the_language_of_a_paragraph(text: str, language: str) -> None:
    assert detect(text) == language


@pytest.mark.parametrize(
    ("written", "said"),
    [
        ("Nhiệt độ là -12,5 độ.", "nhiệt độ là âm mười hai phẩy năm độ."),
        ("10 − 5 = 5", "mười trừ năm bằng năm"),
        ("Giá 5500000 đồng.", "giá năm triệu năm trăm nghìn đồng."),
        ("Điện thoại 91234567.", "điện thoại chín một hai ba bốn năm sáu bảy."),
        ("ngày 19/05/1990", "ngày mười chín tháng năm năm một nghìn chín trăm chín mươi"),
        ("nặng 3kg-6kg", "nặng ba ki lô gam đến sáu ki lô gam"),
        ("1. Mục tiêu", "một, mục tiêu"),
        ("IV. Nội dung", "bốn, nội dung"),
        ("Phụ lục II, khối C", "phụ lục hai, khối xê"),
        ("số 12/1999/NĐ-CP", "số mười hai trên một nghìn chín trăm chín mươi chín trên nghị định chính phủ"),
        ("Tên | Tuổi", "tên, tuổi"),
        ("lãi 5‰", "lãi năm phần nghìn"),
        ("- Gạch đầu dòng", "gạch đầu dòng"),
        ("***", ""),
    ],
)
def test_vietnamese_is_said_in_words(written: str, said: str) -> None:
    assert spoken(written, "vi") == said


def test_english_never_becomes_vietnamese() -> None:
    assert spoken("It costs $5.50 & 20% more, at -5 degrees.", "en") == (
        "It costs 5.50 dollars and 20 percent more, at minus 5 degrees."
    )


def test_english_titles_units_and_dates_are_said_whole() -> None:
    assert spoken("Dr. Smith drove at 80 km/h on 2024-03-05.", "en") == (
        "Doctor Smith drove at 80 kilometers per hour on March 5, 2024."
    )


def test_letters_of_other_scripts_are_not_lost() -> None:
    assert spoken("Tiếng 中文 và русский", "vi") == "tiếng 中文 và русский"


def test_input_on_which_the_normaliser_panics_is_still_spoken() -> None:
    from sea_g2p import Normalizer

    odd = "1." * 109
    with pytest.raises(BaseException, match="Backtrack") as caught:
        Normalizer().normalize(odd)
    assert not isinstance(caught.value, Exception)
    assert spoken(odd, "vi").count("một") == 109


def test_a_panic_in_the_middle_keeps_the_words_around_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("vnclone.text.readers.library._ENDLESS_WORD", re.compile("(?!)"))
    said = library.normalized("đầu câu " + "1." * 200 + " cuối câu")
    assert said.startswith("đầu câu") and said.endswith("cuối câu")
    assert said.count("một") + said.count("1") == 200


def test_only_the_library_s_panic_is_caught(monkeypatch: pytest.MonkeyPatch) -> None:
    class Interrupted:
        def normalize(self, text: str) -> str:
            raise KeyboardInterrupt

    monkeypatch.setattr("vnclone.text.readers.library._normaliser", Interrupted)
    with pytest.raises(KeyboardInterrupt):
        library.normalized("xin chào")


def test_eight_threads_say_the_same() -> None:
    texts = [f"Ngày {day}/5/2024 có {day * 1234567} đồng." for day in range(1, 25)]
    expected = [spoken(text, "vi") for text in texts]
    answers: dict[int, list[str]] = {}
    threads = [
        threading.Thread(target=lambda n=n: answers.update({n: [spoken(text, "vi") for text in texts]}))
        for n in range(8)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert [answers[n] for n in range(8)] == [expected] * 8


def test_nothing_invisible_survives_tidying() -> None:
    dirty = "a\x00b\u00adc\u200bd\ud800e\x0bf \ufeffx\u00a0 y\ue000 o\u0302\u0301 \ufb01 \ud83d\ude00\r\nz"
    assert tidy(dirty) == "abcde\nf x y ố fi 😀\nz"
    assert unicodedata.is_normalized("NFC", tidy(dirty))


@pytest.mark.parametrize(
    ("line", "level"),
    [
        ("Chương I", 2),
        ("CHƯƠNG II. QUY ĐỊNH CHUNG", 2),
        ("Phần thứ nhất", 1),
        ("Điều 5. Phạm vi", 5),
        ("Điều 5 của Luật này quy định", None),
        ("Bài hát hay", None),
        ("Lời nói đầu", 1),
        ("Chapter One: The Boy", 2),
        ("Mục tiêu của đề tài", None),
        ("Phần lớn người dân", None),
    ],
)
def test_headings_are_known_by_their_words(line: str, level: int | None) -> None:
    assert heading_level(line) == level


def test_a_bare_chapter_number_waits_for_its_name() -> None:
    assert is_label_only("CHƯƠNG I") and not is_label_only("Chương I. Quy định chung")


@pytest.mark.parametrize("max_chars", [7, 40, 256])
@pytest.mark.parametrize("text", [LONG * 8, "a" * 3000, "123456789" * 40, "https://a.vn/" + "x1-" * 300, "ă, " * 500])
def test_a_chunk_is_never_longer_than_the_engine_s_limit_and_nothing_is_lost(text: str, max_chars: int) -> None:
    chunks = plan([chapter(text)], "vi", max_chars)
    assert chunks and all(0 < len(chunk.spoken) <= max_chars for chunk in chunks)
    assert fold("".join(chunk.written for chunk in chunks)) == fold(text)


def test_what_is_spoken_is_the_whole_text_once_and_in_order() -> None:
    text = LONG * 4
    chunks = plan([chapter(text)], "vi", 256)
    assert fold(" ".join(chunk.spoken for chunk in chunks)) == fold(spoken(text, "vi"))


def test_short_neighbours_are_joined_and_the_first_chunk_stays_short() -> None:
    chunks = plan([chapter("Xin chào. Một. Hai. Ba. Bốn.", LONG * 2)], "vi", 256)
    assert [chunk.written for chunk in chunks[:2]] == ["Xin chào.", "Một. Hai. Ba. Bốn."]
    first = plan([chapter("một hai ba bốn, năm sáu bảy " * 20)], "vi", 256)[0]
    assert len(first.written) <= FIRST_CHARS and first.written.endswith(",")


def test_chunks_point_back_to_their_paragraphs_and_pause_by_boundary() -> None:
    chapters = [
        chapter("Không đọc.", title="Bỏ", included=False),
        chapter(Paragraph("Mở đầu", "heading"), "Một câu.", "***", "Câu khác.", title="Mở đầu"),
        chapter("Hết.", title="Kết luận"),
    ]
    found = [(c.written, c.chapter, c.paragraph, c.pause_seconds) for c in plan(chapters, "auto", 200)]
    assert found == [
        ("Mở đầu", 1, 0, PAUSES["heading"]),
        ("Một câu.", 1, 1, PAUSES["paragraph"]),
        ("Câu khác.", 1, 3, PAUSES["chapter"]),
        ("Kết luận", 2, TITLE, PAUSES["heading"]),
        ("Hết.", 2, 0, PAUSES["chapter"]),
    ]


def test_a_title_repeated_over_two_paragraphs_is_read_once() -> None:
    label, name = Paragraph("Chương I", "heading"), Paragraph("QUY ĐỊNH CHUNG", "heading")
    both = chapter(label, name, title="Chương I. QUY ĐỊNH CHUNG")
    assert [chunk.written for chunk in plan([both], "vi", 200)] == ["Chương I", "QUY ĐỊNH CHUNG"]


def test_an_english_sentence_in_a_vietnamese_paragraph_is_english() -> None:
    chunks = plan([chapter("Tôi chào anh ấy. He said hello to everyone there. Rồi tôi đi về.")], "auto", 256)
    assert [chunk.language for chunk in chunks] == ["vi", "en", "vi"]
    assert {chunk.language for chunk in plan([chapter("Tôi đi. He said hello.")], "en", 256)} == {"en"}


def test_text_without_letters_makes_no_chunk() -> None:
    assert plan([chapter("***", "…", "😀", " ", title="—")], "auto", 100) == []


def test_a_limit_of_nothing_is_refused() -> None:
    with pytest.raises(ValueError, match="max_chars"):
        plan([], "vi", 0)


def test_reading_time_is_words_over_pace() -> None:
    assert estimate_seconds(300) == pytest.approx(120)
    assert estimate_seconds(300, 200) == pytest.approx(90)
