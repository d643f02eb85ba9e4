"""What will be said beside what is written: its differences, how much of a text is looked at, and one's own words."""

from __future__ import annotations

import pytest

from vnclone.models import Chapter, Paragraph
from vnclone.services import previewing
from vnclone.services.previewing import FIRST_CHARACTERS, preview
from vnclone.services.reading import typed
from vnclone.text import chunks
from vnclone.text.differences import Stretch, stretches
from vnclone.text.lexicon import Lexicon
from vnclone.text.tidy import fold
from vnclone.ui import spoken as panel

NOTHING = Lexicon()


def told(text: str, lexicon: Lexicon = NOTHING) -> list[list[tuple[str, str]]]:
    """The differences of each paragraph, as (written, said)."""
    found = preview(typed(text), "vi", lexicon)
    return [[(s.written, s.spoken) for s in paragraph if s.is_changed] for paragraph in found.paragraphs]


def test_only_words_that_are_other_words_are_differences() -> None:
    assert stretches("Chị ấy “đi” 5 km – nhé.", "chị ấy đi năm ki lô mét nhé.") == [
        Stretch("Chị ấy “đi”", "chị ấy đi", False),
        Stretch("5 km –", "năm ki lô mét", True),
        Stretch("nhé.", "nhé.", False),
    ]
    assert stretches("", "") == [] and stretches("–", "") == [Stretch("–", "", False)]


def test_a_preview_shows_each_paragraph_and_the_lexicons_effect() -> None:
    own = Lexicon.of({"NĐ-CP": "nghị định riêng"})
    assert told("Theo NĐ-CP này.\n\nCó 5 người.", own) == [[("NĐ-CP", "nghị định riêng")], [("5", "năm")]]
    assert told("Không có gì khác.") == [[]]


def test_what_is_shown_is_what_is_said() -> None:
    text, own = "Ngày 2/9 ở TP.HCM. Giá 5%.\nCâu hai.", Lexicon.of({"TP.HCM": "Sài Gòn"})
    shown = preview(typed(text), "vi", own)
    said = " ".join(s.spoken for paragraph in shown.paragraphs for s in paragraph)
    assert fold(said) == fold(" ".join(c.spoken for c in chunks.plan(typed(text), "vi", 200, lexicon=own)))


def test_of_a_long_text_only_what_is_shown_is_worked_out(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[int] = []
    plan = chunks.plan

    def counted(chapters: list[Chapter], *args: object, **more: object) -> object:
        asked.append(sum(len(p.text) for c in chapters for p in c.paragraphs))
        return plan(chapters, *args, **more)  # type: ignore[arg-type]

    monkeypatch.setattr(previewing.chunks, "plan", counted)
    whole = [Chapter(f"Chương {n}", (Paragraph("Một câu nói 5 lần. " * 400),) * 9) for n in range(50)]
    first = preview(whole, "auto", NOTHING)
    more = preview(whole, "auto", NOTHING, characters=4000)
    assert not first.is_whole and asked[0] <= FIRST_CHARACTERS < asked[1] <= 4000
    assert len(str(more.paragraphs)) > len(str(first.paragraphs))
    assert [p[-1].written for p in first.paragraphs] == ["0", "lần."], "a sentence is cut"


def test_a_short_text_is_shown_whole_and_what_is_left_out_is_not_shown() -> None:
    chapters = [Chapter("Bỏ", (Paragraph("Không đọc."),), included=False), Chapter("", (Paragraph("Đọc 1 câu."),))]
    found = preview(chapters, "vi", NOTHING)
    assert found.is_whole and [" ".join(s.written for s in p) for p in found.paragraphs] == ["Đọc 1 câu."]
    assert preview([], "vi", NOTHING).paragraphs == () == preview(typed("***"), "vi", NOTHING).paragraphs
    assert not preview(typed("x" * 5000), "vi", NOTHING).is_whole


def test_differences_are_told_without_colour_too() -> None:
    own = Lexicon.of({"NĐ-CP": "nghị định riêng"})
    html = panel.html(preview(typed("Theo NĐ-CP có 5."), "vi", own), own, FIRST_CHARACTERS, "vi")
    assert "<u>5.</u>" in html and "<mark>năm.</mark>" in html
    assert "cách đọc riêng)" in html and html.count("✎</span>") == 1
    assert "data-action" not in html
    long = panel.html(preview(typed("Có 5 người. " * 900), "vi", own), own, FIRST_CHARACTERS, "vi")
    assert 'data-action="more"' in long and "✎</span>" not in long
