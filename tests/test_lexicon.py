"""A person's own pronunciations: found in a text, kept for each person alone, read and written as CSV."""

from __future__ import annotations

import csv
import io
import threading
import time

import pytest

from tests.conftest import new_user
from tests.test_generations import finished
from vnclone.errors import BadInput, NotFound, TooLarge
from vnclone.models import Chapter, Chunk, Paragraph, Pronunciation, User, Voice
from vnclone.services import lexicon_csv
from vnclone.services.asking import Request
from vnclone.services.lexicon_csv import MOST_ENTRIES
from vnclone.services.revising import Change
from vnclone.store.database import Database
from vnclone.text import chunks, normalize
from vnclone.text import lexicon as room
from vnclone.text.chunks import plan
from vnclone.text.lexicon import Lexicon
from vnclone.text.sentences import split_sentences
from vnclone.text.tidy import fold, tidy
from vnclone.wire import Services

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


# ---- kept for each person


def test_entries_are_kept_for_each_person_alone(services: Services, user: User) -> None:
    lexicons, other = services.lexicons, new_user(services)
    lexicons.put(user.id, "  NĐ-CP ", "nờ  đê\ncê pê")
    lexicons.put(user.id, "Ánh", "a nh")
    lexicons.put(other.id, "NĐ-CP", "khác")
    lexicons.put(user.id, "Ánh", "ánh")
    assert lexicons.entries(user.id) == [Pronunciation("Ánh", "ánh"), Pronunciation("NĐ-CP", "nờ đê cê pê")]
    assert [entry.word for entry in lexicons.entries(user.id, "anh")] == ["Ánh"]
    assert [entry.word for entry in lexicons.entries(user.id, "-C")] == ["NĐ-CP"]
    with pytest.raises(NotFound):
        lexicons.delete(other.id, "Ánh")
    lexicons.delete(user.id, "NĐ-CP")
    lexicons.clear(user.id)
    assert lexicons.entries(user.id) == [] and lexicons.entries(other.id) == [Pronunciation("NĐ-CP", "khác")]


def test_an_account_that_is_deleted_takes_its_entries_with_it(services: Services, user: User) -> None:
    services.lexicons.put(user.id, "a", "b")
    db = Database(services.files.database)
    with db.transaction() as connection:
        connection.execute("delete from sessions where user_id = ?", [user.id])
        connection.execute("delete from users where id = ?", [user.id])
    db.close()
    assert services.lexicons.entries(user.id) == []


def test_what_cannot_be_an_entry_is_refused_in_both_languages(services: Services, user: User) -> None:
    for word, say in (("", "x"), (" \u200b", "x"), ("x", ""), ("x", "…"), ("x" * 101, "x"), ("x", "x" * 301)):
        with pytest.raises(BadInput) as told:
            services.lexicons.put(user.id, word, say)
        assert told.value.said.vi and told.value.said.en
    services.lexicons.replace(user.id, [Pronunciation(f"từ {n}", "x") for n in range(MOST_ENTRIES)])
    services.lexicons.put(user.id, "từ 7", "y")  # one that is there may still be changed
    with pytest.raises(TooLarge, match="5,000"):
        services.lexicons.put(user.id, "một từ nữa", "x")
    assert len(services.lexicons.entries(user.id)) == MOST_ENTRIES


# ---- as CSV


@pytest.mark.parametrize(
    "content",
    [
        "word,say\nNĐ-CP,nghị định\n1/2,một nửa\n".encode(),
        "\ufeffword;say\r\nNĐ-CP;nghị định\r\n\r\n1/2;một nửa\r\n".encode(),
        'NĐ-CP,"nghị định"\n 1/2 , một nửa ,,\n'.encode(),
        "WORD\tSAY\nNĐ-CP\tnghị định\n1/2\tmột nửa".encode("utf-16"),
        "NĐ-CP;nghị định\nNĐ-CP;nghị định\n1/2;một nửa".encode(),
    ],
)
def test_a_file_is_read_as_spreadsheets_write_it(content: bytes) -> None:
    assert lexicon_csv.read(content) == [Pronunciation("NĐ-CP", "nghị định"), Pronunciation("1/2", "một nửa")]


@pytest.mark.parametrize(
    ("content", "line"),
    [
        (b"word,say\na,b\nc\n", 3),
        (b'word,say\n"a\nb",c\nd,e,f\n', 4),
        (b"word,say\na,b\n,c\n", 3),
        (b"a,b\nc,...\n", 2),
        (b"a,b\nc,d\na,e\n", 3),
        (b"a,b\nc\xff,d\n", 2),
        (b"a,b\n" + b"c" * 101 + b",d\n", 2),
        (b'a,b\n"' + b"c" * 200_000 + b",d\n", 2),
    ],
)
def test_a_fault_in_a_file_names_its_line(content: bytes, line: int) -> None:
    with pytest.raises(BadInput) as told:
        lexicon_csv.read(content)
    assert told.value.said.vi.startswith(f"Dòng {line}: ") and told.value.said.en.startswith(f"Line {line}: ")


def test_a_file_handed_out_starts_no_formula_and_is_taken_back_as_it_was(services: Services, user: User) -> None:
    odd = {"=1+1": "@x", "-5": "+a", "'=b": "''-c", "a,b;c": 'd "e"', "＝x": "'f", "NĐ-CP": "-g"}
    services.lexicons.replace(user.id, [Pronunciation(word, say) for word, say in odd.items()])
    made = services.lexicons.csv(user.id)
    assert made.startswith("\ufeffword,say\r\n")
    cells = [cell for row in csv.reader(io.StringIO(made[1:])) for cell in row]
    assert not [cell for cell in cells if cell[0] in "=+-@＝"]
    services.lexicons.clear(user.id)
    assert services.lexicons.load(user.id, made.encode()) == len(odd)
    assert {entry.word: entry.say for entry in services.lexicons.entries(user.id)} == odd


def test_a_file_with_a_fault_changes_nothing_and_a_good_one_adds(services: Services, user: User) -> None:
    services.lexicons.put(user.id, "a", "một")
    services.lexicons.put(user.id, "b", "hai")
    with pytest.raises(BadInput):
        services.lexicons.load(user.id, b"word,say\na,x\nc\n")
    assert services.lexicons.load(user.id, b"word,say\na,x\nc,y\n") == 2
    assert {e.word: e.say for e in services.lexicons.entries(user.id)} == {"a": "x", "b": "hai", "c": "y"}
    with pytest.raises(TooLarge):
        services.lexicons.load(user.id, "\n".join(f"t{n},x" for n in range(MOST_ENTRIES + 1)).encode())


# ---- in a recording


def test_a_recording_says_what_its_owner_says_and_another_lexicon_is_another_recording(
    services: Services, speaker: User, voice: Voice
) -> None:
    lexicons, asked = services.lexicons, Request(voice.id, "Theo NĐ-CP năm nay.", format="wav")
    lexicons.clear(speaker.id)
    plain = finished(services, services.generations.create(speaker.id, asked))
    lexicons.put(speaker.id, "NĐ-CP", "nờ đê cê pê")
    own = finished(services, services.generations.create(speaker.id, asked))
    said = [services.generations.plan(g).steps[0] for g in (plain, own)]
    assert said[1].chunk.spoken == "theo nờ đê cê pê năm nay." != said[0].chunk.spoken
    assert said[0].chunk.written == said[1].chunk.written and said[0].key != said[1].key
    lexicons.put(speaker.id, "không có trong bài", "x")  # which is the same recording
    again = services.generations.create(speaker.id, asked)
    assert again.request_hash == own.request_hash != plain.request_hash
    assert finished(services, again).status == "completed"
    lexicons.clear(speaker.id)
    assert services.generations.create(speaker.id, asked).request_hash == plain.request_hash


def test_a_recording_under_way_keeps_the_lexicon_it_was_asked_for_with(
    services: Services, speaker: User, voice: Voice, monkeypatch: pytest.MonkeyPatch
) -> None:
    services.lexicons.replace(speaker.id, [Pronunciation("NĐ-CP", "một cách")])
    started = threading.Event()
    plan = chunks.plan
    monkeypatch.setattr(chunks, "plan", lambda *args, **more: started.wait(20) and plan(*args, **more))
    made = services.generations.create(speaker.id, Request(voice.id, "Về NĐ-CP hôm ấy.", format="wav"))
    services.lexicons.clear(speaker.id)
    started.set()
    done = finished(services, made)
    assert services.generations.plan(done).steps[0].chunk.spoken == "về một cách hôm ấy."


def test_a_paragraph_read_again_is_said_as_its_owner_says_now(services: Services, speaker: User, voice: Voice) -> None:
    services.lexicons.replace(speaker.id, [Pronunciation("Sơn", "sờn")])
    asked = Request(voice.id, "Ông Sơn đến đây.\nBà Lan đi rồi.", format="wav")
    old = finished(services, services.generations.create(speaker.id, asked))
    services.lexicons.replace(speaker.id, [Pronunciation("Sơn", "san")])
    services.revisions.redo(speaker.id, old.id, 0, 0, Change())
    taken = finished(services, services.generations.get(speaker.id, old.id))
    assert services.revisions.parts(speaker.id, taken.id)[0].spoken == "ông sờn đến đây."
    services.revisions.redo(speaker.id, old.id, 0, 0, Change(text="Ông Sơn đến đây."))
    worded = finished(services, services.generations.get(speaker.id, old.id))
    parts = services.revisions.parts(speaker.id, worded.id)
    assert [part.spoken for part in parts] == ["ông san đến đây.", "bà lan đi rồi."]
    services.lexicons.clear(speaker.id)
