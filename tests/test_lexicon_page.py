"""One's own pronunciations and the preview in a real browser: added, previewed, changed, found, deleted, in and out."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright import sync_api

from tests.conftest import App
from tests.test_browser import NASTY, browser, signed_in_with_voice  # noqa: F401

expect = sync_api.expect
TEXT = "Theo NĐ-CP, ngày 2/9 có 5 người."


@pytest.fixture(scope="module")
def context(browser: sync_api.Browser) -> Iterator[sync_api.BrowserContext]:  # noqa: F811
    made = browser.new_context(locale="vi-VN")
    made.set_default_timeout(30_000)
    yield made
    made.close()


@pytest.fixture
def page(context: sync_api.BrowserContext, app: App) -> sync_api.Page:
    """Somebody new in the generate tab, with both parts unfolded and a text typed."""
    opened = signed_in_with_voice(context, app, [])
    opened.locator("button#generate-button").click()
    opened.locator("#generate-source label").nth(1).click()
    opened.fill("#generate-text textarea", TEXT)
    opened.locator("#lexicon > button").click()
    opened.locator("#spoken > button").click()
    expect(opened.locator("#spoken-text")).to_contain_text("hai tháng chín")
    return opened


def add(page: sync_api.Page, word: str, say: str) -> None:
    page.fill("#lexicon-word", word)
    page.fill("#lexicon-say", say)
    page.keyboard.press("Enter")


def test_an_entry_is_kept_and_the_preview_follows_it(page: sync_api.Page) -> None:
    add(page, "NĐ-CP", "nghị định riêng")
    expect(page.locator("#lexicon-list li")).to_have_count(1)
    expect(page.locator("#spoken-text mark").first).to_contain_text("nghị định riêng")
    expect(page.locator("#lexicon-word")).to_have_value("")
    expect(page.locator("#lexicon-word")).to_be_focused()
    page.locator("#lexicon-list [data-action=edit]").click()
    page.fill("#dialog-text", "cách khác")
    page.keyboard.press("Enter")
    expect(page.locator("#lexicon-list li")).to_contain_text("cách khác")
    expect(page.locator("#spoken-text mark").first).to_contain_text("cách khác")
    add(page, NASTY, NASTY)
    expect(page.locator("#lexicon-list li")).to_have_count(2)
    page.fill("#lexicon-query", "cach khac")
    page.keyboard.press("Enter")
    expect(page.locator("#lexicon-list li")).to_have_count(1)
    page.locator("#lexicon-list [data-action=delete]").click()
    expect(page.locator("#spoken-text")).not_to_contain_text("cách khác")
    page.reload()
    page.locator("#lexicon > button").click()
    expect(page.locator("#lexicon-list li")).to_have_count(1)
    assert page.title() == "vnclone"


def test_what_is_wrong_is_told_beside_the_form_and_nothing_typed_is_lost(page: sync_api.Page) -> None:
    add(page, "abc", "…")
    expect(page.locator("#lexicon-list [role=alert]")).to_contain_text("“abc”")
    expect(page.locator("#lexicon-word")).to_have_value("abc")
    page.locator("#lexicon-csv summary").click()
    wrong = {"name": "a.csv", "mimeType": "text/csv", "buffer": b"word,say\na,b,c\n"}
    page.set_input_files("#lexicon-upload", wrong)
    page.locator("#lexicon-csv-form [type=submit]").click()
    expect(page.locator("#lexicon-csv-form [data-error]")).to_contain_text("Dòng 2")


def test_a_file_goes_in_and_comes_out_and_another_person_sees_none_of_it(
    page: sync_api.Page, context: sync_api.BrowserContext, app: App
) -> None:
    page.locator("#lexicon-csv summary").click()
    file = {"name": "a.csv", "mimeType": "text/csv", "buffer": "word;say\nNĐ-CP;riêng của tôi\n".encode()}
    page.set_input_files("#lexicon-upload", file)
    page.locator("#lexicon-csv-form [type=submit]").click()
    expect(page.locator("#lexicon-list li")).to_contain_text("riêng của tôi")
    expect(page.locator("#spoken-text")).to_contain_text("riêng của tôi")
    with page.expect_download() as waiting:
        page.locator("#lexicon-csv a").click()
    assert Path(waiting.value.path()).read_text("utf-8-sig") == "word,say\nNĐ-CP,riêng của tôi\n"
    other = signed_in_with_voice(context, app, [])
    other.locator("button#generate-button").click()
    other.locator("#lexicon > button").click()
    expect(other.locator("#lexicon-list")).to_contain_text("Chưa có mục nào")
    assert "riêng của tôi" not in other.content()


def test_a_phone_shows_both_parts_without_scrolling_sideways(page: sync_api.Page) -> None:
    page.set_viewport_size({"width": 390, "height": 844})
    add(page, "NĐ-CP" * 15, "mộtcáchđọcrấtdàikhôngcódấucách" * 5)
    expect(page.locator("#lexicon-list li")).to_have_count(1)
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
