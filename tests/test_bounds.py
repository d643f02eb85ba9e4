"""How long a document may be, and what an edit of a long one costs."""

from __future__ import annotations

import json
from collections import Counter
from dataclasses import asdict
from pathlib import Path
from typing import Any

import docx
import pytest
from test_library import chapter, document, uploaded

from vnclone.documents import bounds
from vnclone.documents.bounds import MAX_CHAPTERS, MAX_CHARACTERS, MAX_PARAGRAPHS, check_length
from vnclone.documents.reader import read
from vnclone.errors import BadInput, TooLarge
from vnclone.models import Chapter, Paragraph, User, chapters_from_json, chapters_to_json
from vnclone.store import rows
from vnclone.wire import Services


def many(path: Path, count: int) -> Path:
    """A small .docx of that many one-letter paragraphs, read by a machine in no time."""
    made = docx.Document()
    made.save(str(path))
    body = made.element.body
    first = made.add_paragraph("a")._p
    for _ in range(count - 1):
        body.insert(0, first.__copy__())
    made.save(str(path))
    return path


def test_a_document_of_more_paragraphs_than_any_book_never_reaches_the_server(services: Services, user: User) -> None:
    with pytest.raises(BadInput, match="over the limit of 100,000 paragraphs"):
        uploaded(services, user, "a\n\n" * (MAX_PARAGRAPHS + 1))
    assert services.library.list(user.id) == []


def test_a_document_over_the_limit_is_refused_before_its_chapters_are_sought(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(bounds, "MAX_PARAGRAPHS", 50)
    monkeypatch.setattr("vnclone.documents.reader.assemble", lambda *asked: pytest.fail("it was assembled"))
    with pytest.raises(TooLarge):
        read(str(many(tmp_path / "a.docx", 51)), lambda said, share: None, filename="a.docx")


@pytest.mark.parametrize(
    ("chapters", "said"),
    [
        ([chapter("", "a" * (MAX_CHARACTERS + 1))], "5,000,000 characters"),
        ([chapter("", *["a"] * (MAX_PARAGRAPHS + 1))], "100,000 paragraphs"),
        ([chapter("", "a")] * (MAX_CHAPTERS + 1), "10,000 chapters"),
    ],
)
def test_each_limit_is_told_in_figures(chapters: list[Chapter], said: str) -> None:
    with pytest.raises(TooLarge) as told:
        check_length(chapters)
    assert said in told.value.said.en and said.split()[0].replace(",", ".") in told.value.said.vi


def test_the_longest_document_allowed_is_allowed() -> None:
    check_length([chapter("", *["a" * 50] * (MAX_PARAGRAPHS // MAX_CHAPTERS))] * MAX_CHAPTERS)


def test_chapters_are_written_with_every_field_they_have() -> None:
    found = (Chapter("Một", (Paragraph("hai", "heading", 3, "ba"), Paragraph("bốn")), False), chapter("Hai"))
    assert json.dumps(chapters_to_json(found)) == json.dumps([asdict(part) for part in found])
    assert chapters_from_json(chapters_to_json(found)) == found


def test_an_edit_gets_a_long_document_out_of_the_database_once(
    services: Services, user: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    decoded = Counter[str]()
    made = uploaded(services, user, "Một hai ba.\n\nBốn năm sáu.\n")

    def counted(value: Any) -> Any:
        decoded["chapters"] += 1
        return chapters_from_json(value)

    monkeypatch.setitem(rows.DECODERS, "chapters", counted)
    changed = services.library.update(user.id, made.id, [{"chapter": 0, "paragraph": 1, "text": "Bảy."}])
    assert decoded["chapters"] == 1
    assert changed == services.library.get(user.id, made.id)
    assert changed.word_count == 4 and changed.updated_at > made.updated_at


def test_what_is_read_of_a_long_document_is_not_copied() -> None:
    found = document(chapter("", "Một.", "Hai."))
    assert found.to_read[0].paragraphs[0] is found.chapters[0].paragraphs[0]
