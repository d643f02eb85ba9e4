"""A person's own pronunciations: found in a text, kept for each person alone, read and written as CSV."""

from __future__ import annotations

import time

import pytest

from vnclone.models import Chapter, Chunk, Paragraph, Pronunciation
from vnclone.text import lexicon as room
from vnclone.text import normalize
from vnclone.text.chunks import plan
from vnclone.text.lexicon import Lexicon
from vnclone.text.sentences import split_sentences
from vnclone.text.tidy import fold, tidy

OWN = {
    "NĐ-CP": "nờ đê cê pê",
    "1/2": "một nửa",
    "TP.HCM": "Sài Gòn",
    "iPhone 15": "ai phôn 15",
    "covid": "cô vít",
    "Sơn": "Sân",
    "chị": "Chế",
}


def own(entries: dict[str, str] = OWN) -> Lexicon:
    return Lexicon(Pronunciation(word, say) for word, say in entries.items())


def said(text: str, entries: dict[str, str] = OWN) -> str:
    return room.spoken(text, "vi", own(entries))


def planned(text: str, max_chars: int, entries: dict[str, str] = OWN) -> list[Chunk]:
    return plan([Chapter("", (Paragraph(text),))], "vi", max_chars, lexicon=own(entries))


@pytest.mark.parametrize(
    ("written", "spoken"),
    [
        ("Theo NĐ-CP. Cho 1/2 quả.", "theo nờ đê cê pê. cho một nửa quả."),
        ("Ở TP.HCM. Ông có iPhone 15, và 2 vé.", "ở Sài Gòn. ông có ai phôn mười lăm, và hai vé."),
        ("COVID, Covid và covid-19.", "cô vít, cô vít và cô vít mười chín."),
        ("(TP.HCM) là nhà.", "Sài Gòn, là nhà."),
        ("Ông Sơn đi sơn nhà.", "ông Sân đi sơn nhà."),
        ("Chị ấy: “TP.HCM”!", "Chế ấy: Sài Gòn!"),
    ],
)
def test_what_a_person_says_wins_over_every_rule(written: str, spoken: str) -> None:
    assert said(written) == spoken


@pytest.mark.parametrize(
    "written", ["covid1", "covida", "11/2", "1/25", "ngày 1/2/2024", "1/2,5", "acovid", "iPhone 155"]
)
def test_a_part_of_a_word_or_of_a_number_is_no_entry(written: str) -> None:
    assert said(written) == normalize.spoken(written, "vi")


def test_what_joins_an_entry_to_a_number_is_no_minus_sign() -> None:
    assert said("Covid-19") == "cô vít mười chín"
    assert said("Nghị định 98/2020/NĐ-CP").startswith("nghị định chín mươi tám trên hai nghìn")
    assert said("Nghị định 98/2020/NĐ-CP").endswith(" nờ đê cê pê")


def test_an_address_and_a_cue_are_not_taken_apart_but_may_be_an_entry_as_a_whole() -> None:
    entries = {"vn": "Việt Nam", "lan": "Lân", "cười": "mỉm", "tin": "thư"}
    for text in ("Xem https://bao.vn/tin nhé", "Viết cho lan@bao.vn nhé", "Vào bao.vn nhé", "Nói [cười] nhé"):
        assert said(text, entries) == normalize.spoken(text, "vi")
    assert said("Viết cho lan@bao.vn, đọc tin", {"Lan@bao.vn": "x", "lan@bao.vn": "thư của Lân"}).startswith(
        "viết cho thư của Lân"
    )


def test_the_longest_entry_wins_and_capitals_before_lower_case() -> None:
    entries = {"hà": "A", "hà nội": "B", "hà nội mới": "C", "us": "ớt", "US": "Mỹ"}
    assert said("Hà Nội mới, Hà Nội, hà nam", entries) == "C, B, A nam"
    assert said("US us Us", entries) == "Mỹ ớt ớt"


def test_letters_composed_in_another_way_and_curly_quotes_are_the_same() -> None:
    assert said("Ho\u0302m nay", {"hôm": "bữa"}) == "bữa nay"
    assert said("hôm nay", {"ho\u0302m": "bữa"}) == "bữa nay"
    assert said("O’Brien đến", {"O'Brien": "ô brai ần"}) == "ô brai ần đến"


def test_without_an_entry_nothing_is_different() -> None:
    for text in ("Ngày 2/9/1945, tại TP. Huế (cũ): 5 người…", "***", ""):
        assert said(text) == normalize.spoken(text, "vi") == said(text, {})


def test_a_sentence_of_nothing_but_an_entry_is_said() -> None:
    assert said("→", {"→": "suy ra"}) == "suy ra"
    assert [chunk.spoken for chunk in planned("→\nMột.", 50, {"→": "suy ra"})] == ["suy ra", "một."]


@pytest.mark.parametrize("max_chars", [1, 9, 40, 256])
def test_no_chunk_ends_inside_an_entry_and_nothing_is_lost(max_chars: int) -> None:
    entries = {"Ng. V. An": "ông An", "a, b; c": "abc", "St. John. Smith": "xanh giôn"}
    text = "Hôm qua Ng. V. An và St. John. Smith gặp nhau, rồi a, b; c cùng đi. " * 9
    found = planned(text, max_chars, entries)
    assert all(0 < len(chunk.spoken) <= max_chars for chunk in found)
    assert fold("".join(chunk.written for chunk in found)) == fold(text)
    if max_chars >= 40:
        together = " ".join(chunk.spoken for chunk in found)
        assert [together.count(say) for say in entries.values()] == [9, 9, 9]
        assert len(split_sentences(text)) > len(split_sentences(own(entries).hide(tidy(text)).text)) == 9


def test_those_that_are_used_say_the_same_as_all() -> None:
    everything = own(OWN | {"không có": "x", "iPhone": "y", "iPhone 16": "z"})
    text = "TP.HCM có iPhone [cười] 15 và NĐ-CP."
    used = everything.used([text])
    assert set(used) == {"TP.HCM", "iPhone", "iPhone 15", "NĐ-CP"}
    assert room.spoken(text, "vi", own(used)) == room.spoken(text, "vi", everything)


@pytest.mark.parametrize("unit", ["a ", ".", "1/", "a.", "-a", "ab@", ",", "www.!", "x y ", "🙂 "])
def test_finding_takes_linear_time(unit: str) -> None:
    chains = {"a " * n + "b": "x" for n in range(1, 49)} | {f"từ {n} a": "y" for n in range(5000)}
    lexicon = own(chains | {"x": "ích"})

    def seconds(count: int) -> float:
        text = unit * (count // len(unit))
        started = time.perf_counter()
        assert lexicon.hide(text).written(lexicon.hide(text).text) == text
        return time.perf_counter() - started

    short = min(seconds(20_000) for _ in range(3))
    assert seconds(200_000) < 40 * short + 0.05


def test_it_never_raises_on_odd_text() -> None:
    for text in ("\ud800", "\U000f0000 iPhone 15", "\x00", "\ue000" * 9, "iPhone 15" * 3, "हिन्दी", "[cười"):
        said(text)
    assert said("\U000f0000 iPhone 15") == "ai phôn mười lăm"
    assert said("हिन्दी", {"हिन": "x"}) == normalize.spoken("हिन्दी", "vi")
