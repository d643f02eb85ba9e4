"""The tab of documents in a real browser: several files at once, questions on a card, chapters, corrections, scans."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import docx
import pymupdf
import pytest
from playwright import sync_api

from tests.conftest import App
from tests.test_browser import NASTY, add_document, browser, register, visit  # noqa: F401
from vnclone.models import Document, Scan

expect = sync_api.expect
STORY = "Lời đầu sách.\n\nChương I\n\nMỞ ĐẦU\n\nMột hai ba.\n\nBốn năm sáu.\n\nChương II. Tiếp theo\n\nBảy tám chín.\n"
RELOADED = ("AbortError", "errored out")  # what Gradio says of its own requests when a page is left
LONG = 90_000  # ms for a machine with much else to do
SECRET = "open sesame"


@pytest.fixture(scope="module")
def context(browser: sync_api.Browser) -> Iterator[sync_api.BrowserContext]:  # noqa: F811
    made = browser.new_context(locale="vi-VN")
    made.set_default_timeout(30_000)
    yield made
    made.close()


@pytest.fixture
def page(context: sync_api.BrowserContext, app: App) -> Iterator[sync_api.Page]:
    """Somebody new at the tab of documents; what the console complains of is an error."""
    elsewhere: list[str] = []
    wrong: list[str] = []
    opened = visit(context, app, elsewhere)
    opened.on("pageerror", lambda error: wrong.append(str(error)))
    opened.on("console", lambda message: wrong.append(message.text) if is_complaint(message) else None)
    register(opened)
    opened.locator("#documents-button").click()
    yield opened
    assert (wrong, elsewhere) == ([], [])


def is_complaint(message: sync_api.ConsoleMessage) -> bool:
    return message.type == "error" and not any(word in message.text for word in RELOADED)


def mine(page: sync_api.Page, app: App) -> list[Document]:
    """The documents of whoever is signed in, as the server has them."""
    user = page.evaluate("fetch('/api/auth/me').then((answer) => answer.json())")
    return app.services.library.list(user["id"])


def send(page: sync_api.Page, *files: Path) -> None:
    page.set_input_files("#document-file", list(files))
    page.locator("#document-form button[type=submit]").click()


def open_first(page: sync_api.Page) -> None:
    page.locator("#document-list [data-action=open]").first.click()
    page.locator(".v-reading").wait_for()


def opened_story(page: sync_api.Page) -> None:
    add_document(page, "truyện.txt", STORY.encode())
    open_first(page)


def unfold(page: sync_api.Page, number: int) -> None:
    page.locator(f".v-chapter [data-action=open][data-chapter='{number}']").click()
    page.locator(".v-paragraph").first.wait_for()


def correct(page: sync_api.Page, place: int, text: str) -> None:
    page.locator(".v-paragraph").nth(place).locator("[data-edit]").click()
    page.fill(".v-paragraph textarea", text)
    page.get_by_role("button", name="Lưu", exact=True).click()
    expect(page.locator(".v-paragraph textarea")).to_have_count(0)


def titles(page: sync_api.Page) -> list[str]:
    return page.locator(".v-chapter h3").all_inner_texts()


def locked(path: Path, pages: int = 1) -> Path:
    made = pymupdf.open()
    for _ in range(pages):
        made.new_page().insert_text((72, 72), "This page is read aloud once its password is known.")
    made.save(path, encryption=pymupdf.PDF_ENCRYPT_AES_256, user_pw=SECRET, owner_pw="owner")
    return path


def test_several_files_are_sent_at_once_and_a_wrong_one_is_named(page: sync_api.Page, tmp_path: Path) -> None:
    for name, text in (("một.txt", "Đây là bài một."), ("hai.md", "# Hai\n\nĐây là bài hai."), ("rỗng.txt", "")):
        (tmp_path / name).write_text(text, encoding="utf-8")
    assert ".tiff" in (page.get_attribute("#document-file", "accept") or "")
    send(page, *sorted(tmp_path.iterdir()))
    expect(page.locator("#document-form [data-error]")).to_contain_text("rỗng.txt: Tệp này rỗng")
    expect(page.locator("#document-list .v-badge.v-good")).to_have_count(2, timeout=LONG)


def test_a_locked_file_is_opened_on_its_card_and_nothing_typed_there_is_lost(
    page: sync_api.Page, tmp_path: Path
) -> None:
    (tmp_path / "khác.txt").write_text("Một bài khác.", encoding="utf-8")
    send(page, locked(tmp_path / "khoá.pdf"))
    field = page.locator("#document-list input[type=password]")
    field.press_sequentially("open ", delay=20)
    send(page, tmp_path / "khác.txt")  # the list is written anew, several times
    expect(page.locator("#document-list .v-badge.v-good")).to_have_count(1, timeout=LONG)
    expect(field).to_have_value("open ")
    field.press_sequentially("up")
    field.press("Enter")
    expect(field).to_have_value("", timeout=LONG)
    expect(page.locator("#document-list")).to_contain_text("không đúng")
    field.fill(SECRET)
    page.get_by_role("button", name="Mở tệp").click()
    expect(page.locator("#document-list .v-badge.v-good")).to_have_count(2, timeout=LONG)


def test_more_pages_than_usual_are_read_after_one_click(page: sync_api.Page, tmp_path: Path) -> None:
    made = pymupdf.open()
    for number in range(101):
        made.new_page().insert_text((72, 72), f"This is page {number} of a long document.")
    made.save(tmp_path / "dài.pdf")
    send(page, tmp_path / "dài.pdf")
    page.get_by_role("button", name="Đọc cả 101 trang").click(timeout=LONG)
    expect(page.locator("#document-list")).to_contain_text("101 trang", timeout=LONG)
    expect(page.locator("#document-list .v-badge.v-good")).to_have_count(1, timeout=LONG)


def test_a_paragraph_is_corrected_left_out_and_taken_back(page: sync_api.Page, app: App) -> None:
    opened_story(page)
    unfold(page, 1)
    facts = page.locator(".v-reading .v-facts").first
    expect(facts).to_contain_text("20 từ")
    correct(page, 2, "Hai từ.")
    expect(page.locator(".v-changed")).to_contain_text("đã sửa")
    expect(facts).to_contain_text("19 từ")
    correct(page, 3, "")
    expect(page.locator(".v-gone del")).to_have_text("Bốn năm sáu.")
    expect(facts).to_contain_text("16 từ")
    page.locator(".v-changed [data-edit]").click()
    expect(page.locator(".v-editor")).to_contain_text("Bản gốc: Một hai ba.")
    page.keyboard.press("Escape")
    page.get_by_role("button", name="Khôi phục đoạn 4").click()
    expect(page.locator(".v-gone")).to_have_count(0)
    expect(facts).to_contain_text("19 từ")
    assert page.evaluate("document.activeElement.closest('.v-paragraph') !== null"), "the keyboard goes on there"


def test_chapters_are_split_merged_renamed_and_ticked_together(page: sync_api.Page) -> None:
    opened_story(page)
    assert titles(page) == ["Phần 1", "Chương I. MỞ ĐẦU", "Chương II. Tiếp theo"]
    unfold(page, 1)
    page.locator(".v-paragraph [data-edit]").nth(3).click()
    page.fill(".v-paragraph textarea", "Bốn năm bảy.")
    page.get_by_role("button", name="Tách thành chương mới từ đây").click()
    expect(page.locator(".v-chapter h3")).to_have_text(["Phần 1", "Chương I. MỞ ĐẦU", "Phần 3", "Chương II. Tiếp theo"])
    expect(page.locator(".v-paragraph p").first).to_have_text("Bốn năm bảy.")  # what was typed came along
    page.locator("[data-action=rename]").click()
    page.fill("dialog input", NASTY)
    page.keyboard.press("Enter")
    expect(page.locator(".v-chapter h3").nth(2)).to_have_text(NASTY)
    assert page.title() != "hacked"
    page.locator("[data-action=merge]").click()
    expect(page.locator(".v-chapter h3")).to_have_count(3)
    expect(page.locator(".v-paragraph")).to_have_count(4)
    page.get_by_role("button", name="Bỏ chọn tất cả").click()
    expect(page.locator(".v-reading .v-facts").first).to_contain_text("0 từ")
    page.get_by_role("button", name="Chọn tất cả", exact=True).click()
    expect(page.locator(".v-left-out")).to_have_count(0)


def test_what_another_tab_has_changed_is_not_overwritten(page: sync_api.Page, context: sync_api.BrowserContext) -> None:
    opened_story(page)
    unfold(page, 1)
    other = context.new_page()
    other.goto(page.url)
    other.locator("#documents-button").click()
    open_first(other)
    unfold(other, 1)
    correct(other, 2, "Đã sửa ở nơi khác.")
    page.locator(".v-paragraph [data-edit]").nth(2).click()
    page.fill(".v-paragraph textarea", "Chữ của tôi.")
    page.get_by_role("button", name="Lưu", exact=True).click()
    expect(page.locator(".v-reading [role=alert]")).to_contain_text("thay đổi ở nơi khác")
    expect(page.locator(".v-paragraph textarea")).to_have_value("Chữ của tôi.")
    page.get_by_role("button", name="Lưu", exact=True).click()
    expect(page.locator(".v-paragraph p").nth(2)).to_have_text("Chữ của tôi.")
    other.close()


def test_table_rows_can_be_left_out_of_the_reading(page: sync_api.Page, tmp_path: Path) -> None:
    made = docx.Document()
    made.add_paragraph("Bảng sau đây cho biết số dân của hai tỉnh.")
    for cell, text in zip(made.add_table(1, 2)._cells, ("Hà Nam", "Hà Giang"), strict=True):
        cell.text = text
    made.save(tmp_path / "bảng.docx")
    send(page, tmp_path / "bảng.docx")
    expect(page.locator("#document-list .v-badge.v-good")).to_have_count(1, timeout=LONG)
    open_first(page)
    page.get_by_label("Hàng trong bảng (1)").uncheck()
    expect(page.locator(".v-skipped .v-tag")).to_contain_text("không đọc")
    expect(page.locator(".v-reading .v-facts").first).to_contain_text("10 từ")
    page.get_by_label("Hàng trong bảng (1)").check()
    expect(page.locator(".v-skipped")).to_have_count(0)


def test_a_document_is_read_again_and_corrections_stay(page: sync_api.Page, app: App) -> None:
    opened_story(page)
    unfold(page, 1)
    correct(page, 2, "Hai từ.")
    (document,) = mine(page, app)
    original = app.services.library.folder(document) / "original"
    original.write_text("Trang bìa mới tìm thấy.\n\n" + STORY, encoding="utf-8")
    page.locator("#reread-" + document.id + " summary").click()
    page.select_option("select[name=encoding]", "keep")
    page.get_by_role("button", name="Đọc lại tệp").click()
    expect(page.locator(".v-reading .v-facts").first).to_contain_text("24 từ", timeout=LONG)
    expect(page.locator("select[name=encoding]")).to_have_value("keep")
    unfold(page, 1) if page.locator(".v-changed").count() == 0 else None
    expect(page.locator(".v-changed p")).to_have_text("Hai từ.")


def test_a_scanned_page_is_seen_beside_its_text_and_corrected_there(
    page: sync_api.Page, app: App, tmp_path: Path
) -> None:
    made = pymupdf.open()
    for number in (1, 2):
        made.new_page().insert_text((72, 72), f"These words stand on page {number} of the file.")
    made.save(tmp_path / "quét.pdf")
    send(page, tmp_path / "quét.pdf")
    expect(page.locator("#document-list .v-badge.v-good")).to_have_count(1, timeout=LONG)
    app.services.library._rows.update(mine(page, app)[0].id, scans=(Scan(1, 93), Scan(2, 61)))
    open_first(page)
    page.locator(".v-scans summary").click()
    page.get_by_role("button", name="Trang 2 · 61%").click()
    page.wait_for_function("document.querySelector('.v-picture img')?.naturalWidth > 500", timeout=LONG)
    expect(page.locator(".v-scan .v-paragraph p")).to_contain_text("on page 2")
    page.locator(".v-scan [data-edit]").click()
    page.fill(".v-scan textarea", "These words were corrected beside the picture.")
    page.locator(".v-scan").get_by_role("button", name="Lưu").click()
    expect(page.locator(".v-scan .v-changed p")).to_have_text("These words were corrected beside the picture.")
    page.get_by_role("button", name="Trang quét trước").click()
    expect(page.locator(".v-scan .v-paragraph p")).to_contain_text("on page 1")
    page.fill(".v-scans input[name=page]", "2")
    page.locator(".v-scans form button").click()
    expect(page.locator(".v-scan .v-changed")).to_have_count(1)
    page.set_viewport_size({"width": 390, "height": 844})
    assert not page.evaluate("document.documentElement.scrollWidth > window.innerWidth")
    page.get_by_role("button", name="Đóng ảnh trang").click()
    expect(page.locator(".v-picture")).to_have_count(0)


def test_every_control_of_an_opened_document_has_a_name(page: sync_api.Page, app: App) -> None:
    add_document(page, "truyện.txt", STORY.encode())
    app.services.library._rows.update(mine(page, app)[0].id, scans=(Scan(1, 50),), encoding="tcvn3")
    open_first(page)
    unfold(page, 1)
    page.locator(".v-scans summary").click()
    nameless = """[...document.querySelectorAll('.v-reading :is(input, textarea, select, button, img)')].filter((e) =>
        !(e.labels?.length || e.ariaLabel || e.alt || e.textContent.trim())).map((e) => e.outerHTML.slice(0, 200))"""
    assert page.evaluate(nameless) == []
    expect(page.locator(".v-reading")).to_contain_text("Đã chuyển từ TCVN3")
    page.locator("[data-set-language=en]").click()
    expect(page.locator(".v-reading")).to_contain_text("Converted from TCVN3")
    expect(page.locator(".v-paragraph")).to_have_count(4)  # what was unfolded still is


def test_what_another_tab_made_of_a_paragraph_is_seen_and_nothing_typed_is_lost(page: sync_api.Page, app: App) -> None:
    opened_story(page)
    unfold(page, 1)
    (document,) = mine(page, app)
    app_side = {"chapter": 1, "paragraph": 1, "text": "Lời của tab kia."}
    page.locator(".v-paragraph").nth(1).locator("[data-edit]").click()
    page.fill(".v-paragraph textarea", "Lời của tab này.")
    app.services.library.update(document.user_id, document.id, [app_side])
    page.get_by_role("button", name="Lưu", exact=True).click()
    expect(page.locator(".v-editor")).to_contain_text("Vừa được sửa ở nơi khác thành: Lời của tab kia.")
    expect(page.locator(".v-paragraph textarea")).to_have_value("Lời của tab này.")
    expect(page.locator(".v-reading")).to_contain_text("đã thay đổi ở nơi khác")
    page.get_by_role("button", name="Lưu", exact=True).click()
    expect(page.locator(".v-paragraph textarea")).to_have_count(0)
    kept = app.services.library.get(document.user_id, document.id)
    assert kept.chapters[1].paragraphs[1].text == "Lời của tab này."
