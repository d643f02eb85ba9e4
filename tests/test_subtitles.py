"""Subtitles that people can read, and that other programs' parsers can: FFmpeg reads back what is written."""

from __future__ import annotations

import random
import re
from collections.abc import Iterable
from itertools import pairwise
from pathlib import Path

import pytest

from vnclone.audio.subtitles import Cue, Span, cues, subtitles, word_cues, write
from vnclone.models import Word

CHUNK = (
    "Một người bạn ở TP.HCM, TS. Hạnh, nghe thử rồi nói: “Kho báu đó, đừng để mất.” Chúng tôi chép lại từng đoạn, "
    "ghi ngày giờ, đặt tên cho từng câu chuyện. Đến cuối năm, cả nhà có 46 đoạn ghi, dài gần chín tiếng rưỡi."
)
STAMP = re.compile(r"<(\d\d):(\d\d):(\d\d)\.(\d{3})>")


def _span(text: str, start: float = 0.0, seconds: float | None = None) -> Span:
    """Without word times, at a usual pace."""
    return Span(start, start + (seconds or 0.27 * len(text.split())), text)


def _timed(text: str, start: float = 0.0, each: float = 0.25) -> Span:
    """With word times, a quarter of a second each."""
    tokens = text.split()
    words = tuple(Word(token, start + n * each, start + (n + 1) * each) for n, token in enumerate(tokens))
    return Span(start, start + len(tokens) * each, text, words)


def _flat(found: Iterable[Cue]) -> str:
    return " ".join(cue.text.replace("\n", " ") for cue in found)


def _parsed(path: Path, text: str) -> list[tuple[float, float, str]]:
    """(start, end, text) of each cue as FFmpeg's demuxer reads the file, in seconds."""
    import av

    path.write_text(text, encoding="utf-8")
    with av.open(str(path)) as container:
        packets = [packet for packet in container.demux(subtitles=0) if packet.size]
        times = [(float(p.pts * p.time_base), float((p.pts + p.duration) * p.time_base)) for p in packets]
        return [(*time, bytes(packet).decode()) for time, packet in zip(times, packets, strict=True)]


# What people see


@pytest.mark.parametrize("span", [_span(CHUNK), _timed(CHUNK)], ids=["by characters", "by words"])
def test_a_chunk_becomes_readable_cues_with_every_word_once(span: Span) -> None:
    found = list(cues([span]))
    assert len(found) >= 3 and _flat(found) == CHUNK
    for cue in found:
        lines = cue.text.split("\n")
        assert len(lines) <= 2 and all(len(line) <= 42 for line in lines)
        assert 1 <= cue.end - cue.start <= 7
    assert found[0].start == span.start and found[-1].end == pytest.approx(span.end)
    assert all(left.end <= right.start for left, right in pairwise(found))


def test_cues_end_where_sentences_do_before_commas_and_commas_before_blanks() -> None:
    found = [cue.text.replace("\n", " ") for cue in cues([_timed(CHUNK)])]
    assert any(text.endswith("mất.”") for text in found) and any(text.endswith("câu chuyện.") for text in found)
    assert all(text[-1] in ",.:”" for text in found)
    assert not any(text.endswith(("TS.", "TP.")) for text in found)


def test_sentences_long_enough_to_read_stand_alone() -> None:
    found = [cue.text for cue in cues([_timed("Trời đang mưa rất to. Tôi ở nhà đọc sách.")])]
    assert found == ["Trời đang mưa rất to.", "Tôi ở nhà đọc sách."]


def test_a_short_clause_goes_with_the_next_rather_than_alone() -> None:
    text = "Thế mà, những con đường dài hun hút chạy mãi, giữa hai hàng cây xanh mát đến tận chân đồi."
    first, second = (cue.text.replace("\n", " ") for cue in cues([_timed(text)]))
    assert first.startswith("Thế mà,") and first.endswith("chạy mãi,") and second.endswith("chân đồi.")


def test_a_title_before_a_name_is_no_sentence_end() -> None:
    text = "Hôm qua chúng tôi đã gặp lại người thầy cũ là GS. Nguyễn Văn B. Trần ở nhà riêng."
    assert not any(cue.text.endswith(("GS.", "B.")) for cue in cues([_timed(text, each=0.4)]))


def test_a_long_clause_is_cut_in_halves_at_blanks() -> None:
    text = "những con đường dài hun hút chạy giữa hai hàng cây xanh mát " * 3
    found = list(cues([_timed(text.strip())]))
    lengths = [len(cue.text) for cue in found]
    assert _flat(found) == text.strip() and max(lengths) < 2 * min(lengths)


def test_two_lines_are_about_as_long_and_part_at_a_comma() -> None:
    (cue,) = cues([_timed("Có hôm ngoại đọc ca dao, có hôm ngoại dạy tôi nấu canh chua")])
    assert cue.text == "Có hôm ngoại đọc ca dao,\ncó hôm ngoại dạy tôi nấu canh chua"
    (cue,) = cues([_timed("những con đường dài hun hút chạy giữa hai hàng cây xanh")])
    first, second = cue.text.split("\n")
    assert abs(len(first) - len(second)) <= 6


def test_a_slow_reading_is_cut_by_time_as_well() -> None:
    found = list(cues([_timed("Chậm rãi từng từ một cho thật rõ ràng.", each=1.5)]))
    assert len(found) > 1 and all(cue.end - cue.start <= 7 for cue in found)


def test_a_short_answer_joins_its_neighbour_or_lasts_a_second() -> None:
    found = list(cues([_timed("Vâng."), _timed("Tôi hiểu rồi, cảm ơn anh.", 0.55), _timed("Hết.", 9.0)]))
    assert [cue.text for cue in found] == ["Vâng. Tôi hiểu rồi, cảm ơn anh.", "Hết."]
    assert found[-1].end == 9.25  # the sound may be over then
    (alone, following) = cues([_timed("Một"), _timed("Đoạn sau bắt đầu ngay ở đây.", 0.8)])
    assert (alone.end, following.start) == (0.8, 0.8)


def test_words_longer_than_a_line_are_cut_and_nothing_is_lost() -> None:
    address = "https://example.vn/" + "duong-dan-rat-dai/" * 8
    found = list(cues([_timed(f"Xem {address} nhé", each=3.0)]))
    assert max(len(line) for cue in found for line in cue.text.split("\n")) <= 42
    assert _flat(found).replace(" ", "") == f"Xem{address}nhé"


def test_a_script_without_blanks_is_cut_too() -> None:
    text = "今日は天気がとても良いので散歩に行きましょう" * 12
    found = list(cues([_span(text, seconds=40)]))
    assert _flat(found).replace(" ", "") == text
    assert all(len(line) <= 42 for cue in found for line in cue.text.split("\n"))


def test_words_of_another_text_are_not_trusted() -> None:
    span = Span(0.0, 4.0, "Chào các bạn thân mến của tôi", (Word("khác", 0.0, 4.0),))
    assert _flat(cues([span])) == span.text
    assert [cue.text for cue in word_cues([span])] == ["Chào các bạn thân mến của tôi"]


def test_word_times_set_the_cues() -> None:
    text = "Câu đầu rất là ngắn gọn thôi. Câu sau thì dài hơn một chút đó."
    words = [Word(token, 0.2 * n, 0.2 * n + 0.2) for n, token in enumerate(text.split())]
    late = tuple(word if n < 7 else Word(word.text, word.start + 5, word.end + 5) for n, word in enumerate(words))
    first, second = cues([Span(0.0, 8.0, text, late)])
    assert (first.end, second.start) == pytest.approx((1.4, 6.4))


def test_a_word_a_cue_keeps_dashes_beside_words() -> None:
    words = (Word("“", 0, 0), Word("Một", 0, 0.5), Word("–", 0.5, 0.5), Word("hai", 0.5, 1.0))
    found = list(word_cues([Span(0, 1, "“ Một – hai", words), _span("Không có giờ của từ.", 2.0)]))
    assert [cue.text for cue in found] == ["“ Một –", "hai", "Không có giờ của từ."]
    assert [cue.start for cue in found] == [0, 0.5, 2.0]


def test_cues_come_while_spans_do() -> None:
    def endless() -> Iterable[Span]:
        n = 0
        while True:
            yield _timed(CHUNK, 20.0 * n)
            n += 1

    stream = cues(endless())
    assert [next(stream).start for _ in range(200)][-1] > 200


# What programs read


@pytest.mark.parametrize("format", ["srt", "vtt"])
@pytest.mark.parametrize("by_word", [False, True])
def test_another_parser_reads_the_same(tmp_path: Path, format: str, by_word: bool) -> None:
    spans = [_timed(CHUNK, 3599.1234), _span(CHUNK, 3660.5)]
    expected = list(word_cues(spans) if by_word and format == "srt" else cues(spans))
    read = _parsed(tmp_path / f"x.{format}", subtitles(spans, format, by_word))
    assert len(read) == len(expected)
    for (start, end, text), cue in zip(read, expected, strict=True):
        assert (start, end) == pytest.approx((cue.start, cue.end), abs=0.002)
        assert STAMP.sub("", text) == cue.text


HOSTILE = [
    "a --> b ---> c",
    "00:00:01,000 --> 00:00:02,000",
    "<b>đậm</b> & <c.x>y</c> &amp; {\\an8}trên",
    "dòng\n\n1\n\n00:00:09,000 --> 00:00:10,000\nhai",
    "NOTE không phải chú thích",
    "WEBVTT\r\n\r\nSTYLE",
    "tách\u2028dòng\x85mới\x0bnữa",
]


@pytest.mark.parametrize("format", ["srt", "vtt"])
@pytest.mark.parametrize("text", HOSTILE)
def test_no_text_breaks_the_file(tmp_path: Path, format: str, text: str) -> None:
    written = write([Cue(0, 1, "trước"), Cue(1, 2, text), Cue(2, 3, "sau")], format)
    assert written.count("-->") == 3
    read = _parsed(tmp_path / f"x.{format}", written)
    assert [(start, end) for start, end, _ in read] == [(0, 1), (1, 2), (2, 3)]
    assert (read[0][2], read[2][2]) == ("trước", "sau")


def test_nothing_in_an_srt_is_obeyed_as_a_tag(tmp_path: Path) -> None:
    import av

    path = tmp_path / "x.srt"
    path.write_text(write([Cue(0, 1, "1 < 2 <b>đậm</b> {\\an8}trên")], "srt"), encoding="utf-8")
    with av.open(str(path)) as container:
        (packet,) = (packet for packet in container.demux(subtitles=0) if packet.size)
        shown = b"".join(line.ass for line in packet.decode()).decode()
    assert shown.endswith("1 < 2 ‹b›đậm‹/b› (\\an8)trên")


def test_html_is_escaped_in_webvtt_with_and_without_word_times() -> None:
    text = "R&D <b>đậm</b> -> x"
    for written in (write([Cue(0, 1, text)], "vtt"), subtitles([_timed(text)], "vtt", by_word=True)):
        assert "R&amp;D" in written and "&lt;b&gt;đậm&lt;/b&gt;" in written and "-&gt;" in written


def test_milliseconds_never_overlap_and_no_cue_is_empty() -> None:
    written = write([Cue(0.0004, 0.00049, "a"), Cue(0.0005, 1.9999, "b"), Cue(1.5, 1.5, "c"), Cue(2, 3, " \n")], "srt")
    assert re.findall(r"\d\d:\d\d:\d\d,\d{3}", written) == [
        *("00:00:00,000", "00:00:00,001"),
        *("00:00:00,001", "00:00:02,000"),
        *("00:00:02,000", "00:00:02,001"),
    ]
    assert write([Cue(360_000.0, 360_001.0, "trăm giờ")], "srt").startswith("1\n100:00:00,000 --> 100:00:01,000\n")


def test_karaoke_times_ascend_strictly_within_their_cue() -> None:
    written = subtitles([_timed("Hôm nay – trời đẹp.", each=0.5)], "vtt", by_word=True)
    assert "Hôm <00:00:00.500>nay <00:00:01.000>– <00:00:01.500>trời <00:00:02.000>đẹp." in written
    words = tuple(Word(token, 0.0, 0.0) for token in ["một", "hai", "ba"])
    assert not STAMP.search(subtitles([Span(0.0, 1.0, "một hai ba", words)], "vtt", by_word=True))
    assert not STAMP.search(subtitles([_timed("một hai")], "vtt")) and "WEBVTT" in subtitles([], "vtt", by_word=True)


@pytest.mark.parametrize("seed", range(40))
def test_any_spans_give_ordered_cues_with_all_their_words(seed: int, tmp_path: Path) -> None:
    dice = random.Random(seed)
    pool = ["vâng,", "trời!", "“Đi", "ngay.”", "–", "...", "a" * 60, "NASA", "v.v.", "một", "đường", "<i>", "1.", "-->"]
    at, spans = 0.0, []
    for _ in range(dice.randint(1, 8)):
        text = " ".join(dice.choice(pool) for _ in range(dice.randint(1, 40)))
        spans.append((_timed if dice.random() < 0.5 else _span)(text, at))
        at = spans[-1].end + dice.choice((0.0, 0.1, 0.6, 2.0))
    found = list(cues(spans))
    assert _flat(found).replace(" ", "") == "".join(span.text for span in spans).replace(" ", "")
    assert all(left.end <= right.start + 1e-9 for left, right in pairwise(found))
    assert all(len(line) <= 42 for cue in found for line in cue.text.split("\n"))
    for by_word in (False, True):
        for format in ("srt", "vtt"):
            read = _parsed(tmp_path / f"x.{format}", subtitles(spans, format, by_word))
            assert all(start < end for start, end, _ in read)
            assert all(left[1] <= right[0] for left, right in pairwise(read))
