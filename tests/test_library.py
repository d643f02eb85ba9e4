"""A person's documents: edited without losing the original, read again without losing edits, asked about, dropped."""

from __future__ import annotations

import random
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import factories
import needs
import pymupdf
import pytest
from fastapi import FastAPI
from starlette.testclient import TestClient

from tests.conftest import new_user
from vnclone.errors import BadInput, Conflict, Locked, ManyPages, NotFound, VncloneError
from vnclone.models import Chapter, Document, Paragraph, ReadOptions, Scan, User
from vnclone.services import editing, library, rereading
from vnclone.services.editing import changed
from vnclone.services.rereading import align, carried, outline
from vnclone.settings import Settings
from vnclone.text import chunks
from vnclone.web.routes import routes
from vnclone.wire import Services, wire

MOMENT = "2026-11-22T19:20:30.000001+00:00"
STORY = "Lời đầu sách.\n\nChương I\n\nMỞ ĐẦU\n\nMột hai ba.\n\nBốn năm sáu.\n\nChương II. Tiếp theo\n\nBảy tám chín.\n"
PASSWORD = "mở cửa ra"


@pytest.fixture(scope="module")
def strict(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Services]:
    """A server that asks before it reads more than three pages, and reads no more than six."""
    made = wire(Settings(data=tmp_path_factory.mktemp("strict"), max_document_pages=3, max_confirmed_pages=6))
    yield made
    made.close()


def document(*chapters: Chapter, **more: Any) -> Document:
    return Document("d1", "u1", "a.txt", "txt", "ready", MOMENT, MOMENT, chapters=chapters, **more)


def chapter(title: str, *texts: str, heads: int = 0, included: bool = True) -> Chapter:
    found = (Paragraph(text, "heading" if at < heads else "body") for at, text in enumerate(texts))
    return Chapter(title, tuple(found), included)


def texts(found: Document) -> list[list[str]]:
    return [[paragraph.text for paragraph in part.paragraphs] for part in found.chapters]


def titles(found: Document) -> list[str]:
    return [part.title for part in found.chapters]


def uploaded(services: Services, user: User, content: str | bytes, name: str = "truyện.txt") -> Document:
    path = services.files.temporary() / "upload"
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return services.library.wait(user.id, services.library.add(user.id, path, name).id)


def settled(services: Services, user: User, document_id: str) -> Document:
    """Once it is read, or could not be."""
    for _ in services.library.follow(user.id, document_id):
        pass
    return services.library.get(user.id, document_id)


def pdf_of(folder: Path, pages: int, **save: Any) -> Path:
    made = pymupdf.open()
    for number in range(pages):
        made.new_page().insert_text((72, 72), f"This is page {number} of a document that somebody wrote down.")
    made.save(folder / "a.pdf", **save)
    return folder / "a.pdf"


def locked_pdf(folder: Path, pages: int = 1) -> Path:
    return pdf_of(folder, pages, encryption=pymupdf.PDF_ENCRYPT_AES_256, user_pw=PASSWORD, owner_pw="owner")


# ---- editing


def test_an_edited_paragraph_keeps_what_the_document_says() -> None:
    first = changed(document(chapter("A", "Một.", "Hai.")), [{"chapter": 0, "paragraph": 0, "text": " Mốt. "}])
    assert first.chapters[0].paragraphs[0] == Paragraph("Mốt.", original="Một.")
    second = changed(first, [{"chapter": 0, "paragraph": 0, "text": "Mười."}])
    assert second.chapters[0].paragraphs[0] == Paragraph("Mười.", original="Một.")
    back = changed(second, [{"chapter": 0, "paragraph": 0, "restore": True}])
    assert back.chapters[0].paragraphs[0] == Paragraph("Một.")
    assert changed(first, [{"chapter": 0, "paragraph": 0, "text": "Một."}]) == back


def test_what_is_left_out_keeps_its_place_and_can_be_taken_back() -> None:
    gone = changed(document(chapter("A", "Một.", "Hai.")), [{"chapter": 0, "paragraph": 0, "text": " "}])
    assert gone.chapters[0].paragraphs == (Paragraph("", original="Một."), Paragraph("Hai."))
    again = changed(gone, [{"chapter": 0, "paragraph": 1, "text": "Ba."}])
    assert texts(again) == [["", "Ba."]]
    assert texts(changed(again, [{"chapter": 0, "paragraph": 0, "restore": True}])) == [["Một.", "Ba."]]


def test_chapters_are_merged_split_and_renamed_one_change_after_another() -> None:
    found = document(chapter("A", "1", "2", "3"), chapter("B", "4", included=False))
    made = changed(found, [{"chapter": 0, "split": 1}, {"chapter": 1, "title": " Hai.\nba "}])
    assert titles(made) == ["A", "Hai. ba", "B"] and texts(made) == [["1"], ["2", "3"], ["4"]]
    made = changed(made, [{"chapter": 2, "merge": True}, {"chapter": 1, "merge": True}])
    assert titles(made) == ["A"] and texts(made) == [["1", "2", "3", "4"]]
    assert made.chapters[0].included


def test_a_new_chapter_is_called_by_the_heading_that_it_begins_with() -> None:
    found = document(Chapter("", (Paragraph("x"), Paragraph("Chương II", "heading"), Paragraph("ĐẤT ĐAI", "heading"))))
    assert titles(changed(found, [{"chapter": 0, "split": 1}])) == ["", "Chương II. ĐẤT ĐAI"]
    assert titles(changed(found, [{"chapter": 0, "split": 2}])) == ["", "ĐẤT ĐAI"]


def test_a_title_follows_the_headings_that_say_it() -> None:
    found = document(chapter("Chương l. MỞ ĐẦU", "Chương l", "MỞ ĐẦU", "x", heads=2))
    mended = changed(found, [{"chapter": 0, "paragraph": 0, "text": "Chương I"}])
    assert titles(mended) == ["Chương I. MỞ ĐẦU"]
    left_out = changed(mended, [{"chapter": 0, "paragraph": 0, "text": ""}])
    assert titles(left_out) == ["MỞ ĐẦU"]
    assert titles(changed(left_out, [{"chapter": 0, "paragraph": 0, "restore": True}])) == ["Chương l. MỞ ĐẦU"]
    own = changed(found, [{"chapter": 0, "title": "Của tôi"}, {"chapter": 0, "paragraph": 0, "text": "Chương I"}])
    assert titles(own) == ["Của tôi"]


@pytest.mark.parametrize(
    "wrong",
    [
        {"chapter": 2, "included": True},
        {"chapter": -1, "included": True},
        {"chapter": 0, "included": "false"},
        {"chapter": True, "included": True},
        {"chapter": 0, "paragraph": 9, "text": "x"},
        {"chapter": 0, "paragraph": 0, "text": None},
        {"chapter": 0, "paragraph": 0, "restore": False},
        {"chapter": 0, "paragraph": 0, "kind": "footnote"},
        {"chapter": 0, "paragraph": 0, "text": "x", "kind": "body"},
        {"chapter": 0, "paragraph": 0},
        {"chapter": 0, "title": "x" * 301},
        {"chapter": 0, "title": "x", "paragraph": 0},
        {"chapter": 0, "merge": True},
        {"chapter": 1, "merge": 1},
        {"chapter": 0, "split": 0},
        {"chapter": 0, "split": 2},
        {"chapter": 0, "drop": True},
        {"skipped": ["body"]},
        {"skipped": "footnote"},
        {"text": "x"},
        {},
        "chapter",
        None,
    ],
)
def test_a_change_that_makes_no_sense_is_refused_with_all_that_came_with_it(
    services: Services, speaker: User, wrong: Any
) -> None:
    found = uploaded(services, speaker, "Một.\n\nHai.\n")
    with pytest.raises(BadInput):
        changed(document(chapter("A", "1", "2"), chapter("B", "3")), [wrong])
    good = {"chapter": 0, "paragraph": 0, "text": "Ba."}
    with pytest.raises(BadInput):
        services.library.update(speaker.id, found.id, [good, {"chapter": 7, "included": True}])
    assert texts(services.library.get(speaker.id, found.id)) == texts(found)


def test_a_change_that_comes_late_is_told_so() -> None:
    found = document(chapter("A", "1", "2"), chapter("B", "3"))
    seen, named = editing.mark(found.chapters[0].paragraphs[0]), editing.chapter_mark(found.chapters[1])
    edit = {"chapter": 0, "paragraph": 0, "text": "x", "mark": seen}
    rename = {"chapter": 1, "title": "C", "mark": named}
    assert texts(changed(found, [edit, rename])) == [["x", "2"], ["3"]]
    with pytest.raises(Conflict):
        changed(changed(found, [edit]), [edit])
    with pytest.raises(Conflict):
        changed(changed(found, [{"chapter": 0, "split": 1}]), [rename])
    with pytest.raises(Conflict):
        changed(changed(found, [{"chapter": 1, "merge": True}]), [rename])


# ---- what is read aloud


def test_only_what_is_wanted_is_read_and_chapters_keep_their_numbers() -> None:
    notes = Chapter("C", (Paragraph("Ghi chú.", "footnote"), Paragraph("Lời cuối.")))
    found = document(chapter("A", "1", included=False), chapter("Phần", "Một.", "Hai."), notes, skipped=("footnote",))
    found = changed(found, [{"chapter": 1, "paragraph": 0, "text": ""}, {"chapter": 1, "paragraph": 1, "text": "Ba."}])
    assert [[p.text for p in c.paragraphs] for c in found.to_read] == [[], ["Ba."], ["Lời cuối."]]
    assert all(p.original is None for c in found.to_read for p in c.paragraphs)
    assert [(c.chapter, c.written) for c in chunks.plan(found.to_read, "vi", 200)] == [
        (1, "Phần"),
        (1, "Ba."),
        (2, "C"),
        (2, "Lời cuối."),
    ]


def test_of_a_chapter_with_nothing_left_the_title_is_not_read_either() -> None:
    found = changed(document(chapter("A", "1"), chapter("B", "2")), [{"chapter": 0, "paragraph": 0, "text": ""}])
    assert [c.included for c in found.to_read] == [False, True]


def test_words_that_were_left_out_or_are_skipped_are_not_counted(services: Services, user: User) -> None:
    found = uploaded(services, user, "Một hai ba.\n\nBốn năm.\n")
    changes = [{"chapter": 0, "paragraph": 0, "text": ""}, {"skipped": ["table row", "footnote"]}]
    found = services.library.update(user.id, found.id, changes)
    assert (found.word_count, found.skipped) == (2, ("footnote", "table row"))


# ---- reading again


def replaced(services: Services, found: Document, content: str) -> None:
    """Another content of the kept file: what a reader sees that has learned to read more of it."""
    (services.library.folder(found) / "original").write_text(content, encoding="utf-8")


def read_again(services: Services, user: User, found: Document) -> Document:
    services.library.read_again(user.id, found.id, ReadOptions())
    return settled(services, user, found.id)


def test_what_a_person_made_of_a_document_outlives_another_reading(services: Services, user: User) -> None:
    found = uploaded(services, user, STORY)
    assert titles(found) == ["", "Chương I. MỞ ĐẦU", "Chương II. Tiếp theo"]
    changes = [
        {"chapter": 1, "paragraph": 2, "text": "Một hai bốn."},
        {"chapter": 1, "split": 3},
        {"chapter": 2, "title": "Phần của tôi"},
        {"chapter": 3, "included": False},
        {"chapter": 1, "merge": True},
    ]
    services.library.update(user.id, found.id, changes)
    replaced(services, found, "Bìa sách mới tìm thấy.\n\n" + STORY)
    again = read_again(services, user, found)
    assert again.id == found.id and again.status == "ready" and again.notes == ()
    assert [(c.title, c.included, len(c.paragraphs)) for c in again.chapters] == [
        ("", True, 5),
        ("Phần của tôi", True, 1),
        ("Chương II. Tiếp theo", False, 2),
    ]
    edited = [p for c in again.chapters for p in c.paragraphs if p.original]
    assert [(p.text, p.original) for p in edited] == [("Một hai bốn.", "Một hai ba.")]
    assert "Bìa sách mới tìm thấy." in [p.text for p in again.chapters[0].paragraphs]


def test_an_edit_without_a_place_in_the_new_reading_is_told(services: Services, user: User) -> None:
    found = uploaded(services, user, STORY)
    services.library.update(user.id, found.id, [{"chapter": 1, "paragraph": 3, "text": "Sửa rồi."}])
    replaced(services, found, STORY.replace("Bốn năm sáu.\n\n", ""))
    again = read_again(services, user, found)
    assert [note.vi for note in again.notes if "1 chỗ bạn đã sửa" in note.vi]
    assert "Sửa rồi." not in str(again.chapters)


def test_the_text_stays_usable_and_editable_while_it_is_read_again(services: Services, user: User) -> None:
    found = uploaded(services, user, STORY)
    services.library.read_again(user.id, found.id, ReadOptions())
    assert services.library.require_ready(user.id, found.id).chapters == found.chapters
    services.library.update(user.id, found.id, [{"chapter": 0, "paragraph": 0, "text": "Sửa trong lúc đọc."}])
    again = settled(services, user, found.id)
    assert again.chapters[0].paragraphs[0] == Paragraph("Sửa trong lúc đọc.", original="Lời đầu sách.")


def test_a_second_reading_that_fails_costs_nothing_and_says_why(services: Services, user: User) -> None:
    found = uploaded(services, user, STORY)
    replaced(services, found, "...")
    again = read_again(services, user, found)
    assert (again.status, again.chapters) == ("ready", found.chapters)
    assert again.error is not None
    replaced(services, found, STORY)
    assert read_again(services, user, found).error is None


def test_a_reading_is_asked_for_once_at_a_time_and_in_an_encoding_that_exists(services: Services, user: User) -> None:
    found = uploaded(services, user, STORY)
    with pytest.raises(BadInput, match="tcvn3"):
        services.library.read_again(user.id, found.id, ReadOptions(encoding="latin-1"))
    services.library.read_again(user.id, found.id, ReadOptions(encoding="keep"))
    with pytest.raises(Conflict):
        services.library.read_again(user.id, found.id, ReadOptions())
    assert settled(services, user, found.id).options.encoding == "keep"


def test_a_second_reading_that_is_stopped_changes_nothing(services: Services, user: User) -> None:
    found = uploaded(services, user, STORY)
    replaced(services, found, "Khác hẳn.\n")
    services.library.read_again(user.id, found.id, ReadOptions())
    services.library.stop_reading_again(user.id, found.id)
    again = settled(services, user, found.id)
    assert (again.chapters, again.error, again.status) == (found.chapters, None, "ready")


def test_a_reading_of_the_same_text_leaves_every_division_as_it_is() -> None:
    dice = random.Random(5)
    for _ in range(400):
        first = divided([dice.choice("abcdef") * dice.randint(1, 2) for _ in range(dice.randint(1, 12))], dice)
        found = document(*first)
        for _ in range(dice.randint(0, 6)):
            found = tampered(found, dice)
        assert carried(found.chapters, outline(first), first) == rereading.Carried(found.chapters, 0)


def test_no_paragraph_of_the_new_reading_is_ever_lost_or_moved() -> None:
    dice = random.Random(6)
    for number in range(400):
        words = [dice.choice("abcdef") * dice.randint(1, 2) for _ in range(dice.randint(1, 12))]
        first = divided(words, dice)
        found = document(*first)
        for _ in range(dice.randint(0, 6)):
            found = tampered(found, dice)
        later = [word for word in words if dice.random() < 0.8] or ["z"]
        later.insert(dice.randint(0, len(later)), "mới")
        made = carried(found.chapters, outline(first) if number % 4 else None, divided(later, dice)).chapters
        assert [editing.said(p) for c in made for p in c.paragraphs] == later
        assert all(c.paragraphs for c in made)


def divided(words: list[str], dice: random.Random) -> tuple[Chapter, ...]:
    cuts = sorted({0, *(dice.randrange(len(words)) for _ in range(dice.randint(0, 3)))})
    parts = zip(cuts, [*cuts[1:], len(words)], strict=True)
    return tuple(chapter(dice.choice("AB"), *words[a:b], included=dice.random() < 0.7) for a, b in parts)


def tampered(found: Document, dice: random.Random) -> Document:
    at = dice.randrange(len(found.chapters))
    place = dice.randrange(len(found.chapters[at].paragraphs))
    changes = [
        {"chapter": at, "paragraph": place, "text": dice.choice(["", "khác"])},
        {"chapter": at, "title": "Tên"},
        {"chapter": at, "included": False},
        {"chapter": at, "merge": True},
        {"chapter": at, "split": place},
    ]
    try:
        return changed(found, [dice.choice(changes)])
    except BadInput:
        return found


def test_paragraphs_find_their_place_by_position_or_by_their_words() -> None:
    assert align(["Ch­¬ng", "x"], ["Chương", "x"]) == {0: 0, 1: 1}
    assert align(["một", "hai", "ba"], ["không", "một", "hai!", "ba"]) == {0: 1, 1: 2, 2: 3}
    assert align(["a", "sai", "b"], ["mới", "a", "đúng", "b"]) == {0: 1, 1: 2, 2: 3}
    assert align(["x", "x", "y"], ["x", "y"]) == {0: 0, 2: 1}


# ---- asking


def test_a_locked_file_asks_for_its_password_and_goes_on_without_a_new_upload(
    services: Services, user: User, tmp_path: Path
) -> None:
    item = services.library.add(user.id, locked_pdf(tmp_path), "khoá.pdf")
    asking = settled(services, user, item.id)
    assert (asking.status, asking.asks) == ("failed", "password") and asking.error is not None
    services.library.answer(user.id, item.id, "sai")
    assert settled(services, user, item.id).asks == "password"
    services.library.answer(user.id, item.id, PASSWORD)
    done = settled(services, user, item.id)
    assert (done.status, done.asks, done.error, done.pages) == ("ready", "", None, 1)
    with pytest.raises(Conflict):
        services.library.answer(user.id, item.id, PASSWORD)
    kept = [path for path in services.files.root.rglob("*") if path.is_file() and path.name != "original"]
    assert [path for path in kept if PASSWORD.encode() in path.read_bytes()] == []


def test_many_pages_are_read_once_that_is_confirmed_and_never_beyond_the_limit(
    strict: Services, tmp_path: Path
) -> None:
    user = new_user(strict)
    item = strict.library.add(user.id, pdf_of(tmp_path, 5), "dài.pdf")
    assert settled(strict, user, item.id).asks == "pages"
    strict.library.answer(user.id, item.id, all_pages=True)
    done = settled(strict, user, item.id)
    assert (done.status, done.pages, done.options.all_pages) == ("ready", 5, True)
    item = strict.library.add(user.id, pdf_of(tmp_path, 7), "quá dài.pdf")
    refused = settled(strict, user, item.id)
    assert (refused.status, refused.asks) == ("failed", "")
    with pytest.raises(Conflict):
        strict.library.answer(user.id, item.id, all_pages=True)
    assert strict.library.read(pdf_of(tmp_path, 5), "dài.pdf").pages == 5, "the shell does not ask"


def test_a_password_that_was_right_is_not_asked_for_twice(strict: Services, tmp_path: Path) -> None:
    user = new_user(strict)
    item = strict.library.add(user.id, locked_pdf(tmp_path, 5), "khoá.pdf")
    assert settled(strict, user, item.id).asks == "password"
    strict.library.answer(user.id, item.id, PASSWORD)
    assert settled(strict, user, item.id).asks == "pages"
    strict.library.answer(user.id, item.id, all_pages=True)
    assert settled(strict, user, item.id).status == "ready"


def test_a_door_that_cannot_ask_gets_the_error_and_nothing_stays(strict: Services, tmp_path: Path) -> None:
    user = new_user(strict)
    for make, pages, kind, status in ((locked_pdf, 1, Locked, 422), (pdf_of, 5, ManyPages, 413)):
        item = strict.library.add(user.id, make(tmp_path, pages), "a.pdf")
        with pytest.raises(VncloneError) as told:
            strict.library.wait(user.id, item.id)
        assert type(told.value) is kind and told.value.status == status
        assert strict.library.list(user.id) == []
        assert not (strict.files.root / "users" / user.id / "documents" / item.id).exists()


def test_what_is_not_answered_in_a_day_goes(
    services: Services, user: User, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    item = services.library.add(user.id, locked_pdf(tmp_path), "khoá.pdf")
    folder = services.library.folder(settled(services, user, item.id))
    services.library.forget_unanswered()
    assert (folder / "original").exists()
    monkeypatch.setattr(library, "ASKED_HOURS", 0)
    services.library.forget_unanswered()
    assert not folder.exists()
    assert services.library.get(user.id, item.id).asks == ""
    with pytest.raises(Conflict):
        services.library.answer(user.id, item.id, PASSWORD)


def test_a_deleted_document_is_not_read_to_its_end(services: Services, user: User, tmp_path: Path) -> None:
    needs.ocr_language("vie")
    page = [f"Dòng số {number} của trang quét này có nhiều chữ." for number in range(30)]
    scan = factories.scan(tmp_path / "quét.pdf", [page] * 8)
    item = services.library.add(user.id, scan, "quét.pdf")
    shares = []
    for progress in services.library.follow(user.id, item.id):
        shares.append(progress.share)
        if progress.share > 0 and len(services.library.list(user.id)):
            services.library.delete(user.id, item.id)
    assert max(shares) < 0.8
    assert not (services.files.root / "users" / user.id / "documents" / item.id).exists()


# ---- scanned pages


@pytest.fixture
def scanned(services: Services, user: User, tmp_path: Path) -> Document:
    """A document of two pages, the second of which counts as scanned."""
    found = uploaded(services, user, pdf_of(tmp_path, 2).read_bytes(), "quét.pdf")
    services.library._rows.update(found.id, scans=(Scan(2, 61),))
    return services.library.get(user.id, found.id)


def test_a_scanned_page_is_seen_by_its_owner_alone(services: Services, user: User, scanned: Document) -> None:
    with TestClient(FastAPI(routes=routes(services), openapi_url=None), "http://testserver") as http:
        link = services.links.page(user.id, scanned.id, 2)
        answer = http.get(link)
        assert (answer.status_code, answer.headers["content-type"]) == (200, "image/png")
        assert pymupdf.Pixmap(answer.content).width == library.PICTURE_WIDTH
        assert "private" in answer.headers["cache-control"]
        assert http.get(link.replace("/pages/2", "/pages/1")).status_code == 404, "it was not scanned"
        stranger = new_user(services)
        assert http.get(link.split("?")[0]).status_code == 401
        assert http.get(link.replace(user.id, stranger.id)).status_code == 401
        assert http.get(services.links.page(stranger.id, scanned.id, 2)).status_code == 404
        audio = services.links.audio(user.id, scanned.id).split("?")[1]
        assert http.get(f"{link.split('?')[0]}?{audio}").status_code == 401, "a link is for what it was made for"


def test_pictures_of_pages_go_with_their_document(services: Services, user: User, scanned: Document) -> None:
    picture = services.library.picture(user.id, scanned.id, 2)
    assert picture.parent == services.library.folder(scanned)
    services.library.delete(user.id, scanned.id)
    assert not picture.exists()
    with pytest.raises(NotFound):
        services.library.picture(user.id, scanned.id, 2)
