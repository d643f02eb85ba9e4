"""Changes to a document that cannot be made: each is told what came and what may come."""

from __future__ import annotations

from typing import Any

import pytest
from test_library import chapter, document

from vnclone.errors import BadInput, Conflict
from vnclone.services.editing import changed, chapter_mark

FOUND = document(chapter("A", "1", "2"), chapter("B", "3"))


@pytest.mark.parametrize(
    ("wrong", "parts"),
    [
        ({"chapter": 0, "included": "false"}, ['"false"', "true", "false"]),
        ({"chapter": 0, "title": "x" * 400}, ["400", "300"]),
        ({"chapter": 0, "title": 7}, ["7", "“title”"]),
        ({"chapter": 0, "merge": True}, ["0", "1"]),
        ({"chapter": 1, "merge": "yes"}, ['"yes"', "true"]),
        ({"chapter": 0, "paragraph": 0, "kind": "footnote"}, ['"footnote"', '"heading"', '"body"']),
        ({"chapter": 0, "paragraph": 0, "kind": ["body"]}, ['["body"]', '"heading"']),
        ({"chapter": 0, "drop": True}, ["drop", "merge", "skipped"]),
        ({"chapter": 0, "included": True, "reason": "x"}, ["reason", "chapter, mark"]),
        ({"chapter": 0, "paragraph": 0, "text": "x", "kind": "body"}, ["text, restore, kind", '"kind": "body"']),
        ({"chapter": 0, "text": "x"}, ["“paragraph”", "0"]),
        ({"chapter": 2, "included": True}, ["“chapter”", "2", "0", "1"]),
        ({"chapter": 0, "paragraph": -1, "text": "x"}, ["“paragraph”", "-1", "0", "1"]),
        ({"chapter": True, "included": True}, ["“chapter”", "true"]),
        ({"chapter": 0, "split": 0}, ["“split”", "1"]),
        ({"chapter": 1, "split": 1}, ["“split”", "1"]),
        ({"skipped": ["body"]}, ['["body"]', '"footnote"', '"caption"', '"table row"']),
        ({"skipped": [], "chapter": 0}, ["skipped", "chapter"]),
        ({"chapter": 0, "paragraph": 0, "text": None}, ["null", "“text”"]),
        ("chapter", ['"chapter"', "title"]),
    ],
)
def test_a_refused_change_names_what_came_and_what_is_allowed(wrong: Any, parts: list[str]) -> None:
    with pytest.raises(BadInput) as told:
        changed(FOUND, [wrong])
    for said in (told.value.said.vi, told.value.said.en):
        assert all(part in said for part in parts), said


def test_changes_that_are_no_list_are_told_so() -> None:
    with pytest.raises(BadInput, match="must be a list"):
        changed(FOUND, {"chapter": 0})  # type: ignore[arg-type]


def test_a_long_or_half_value_is_quoted_shortly() -> None:
    with pytest.raises(BadInput) as told:
        changed(FOUND, [{"chapter": 0, "paragraph": 0, "kind": "nửa \ud800" + "x" * 5000}])
    assert len(told.value.said.en) < 200
    told.value.said.vi.encode()


def test_a_title_that_is_too_long_is_not_taken_for_a_change_that_comes_late() -> None:
    with pytest.raises(BadInput, match="400 characters"):
        changed(FOUND, [{"chapter": 0, "title": "x" * 400, "mark": chapter_mark(FOUND.chapters[0])}])


def test_a_place_that_is_no_more_is_a_change_that_comes_late() -> None:
    with pytest.raises(Conflict):
        changed(FOUND, [{"chapter": 5, "title": "x", "mark": "seen before"}])
