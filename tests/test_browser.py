"""The page in a real browser: everything a person does, from registering to signing out, and nothing sent elsewhere."""

from __future__ import annotations

import io
import shutil
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

import needs
import pytest
from playwright import sync_api

from tests.conftest import DEMO_VOICE, PASSWORD, App, new_email

FLAGS = [
    *("--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-sync"),
    *("--disable-background-networking", "--disable-component-update", "--autoplay-policy=no-user-gesture-required"),
    *("--use-fake-ui-for-media-stream", "--use-fake-device-for-media-stream"),
]
NASTY = "<img src=x onerror=document.title='hacked'> ${document.title='hacked'}"
TEXT = "Đây là câu thứ nhất của bài đọc. Đây là câu thứ hai, dài hơn một chút. Và đây là câu cuối cùng của bài."
SOUND = "document.querySelector('#generate-controls audio')"
expect = sync_api.expect
expect.set_options(timeout=20_000)  # five seconds are few where other things run


@pytest.fixture(scope="module")
def browser() -> Iterator[sync_api.Browser]:
    chromium = needs.program("chromium", "chromium")
    with sync_api.sync_playwright() as playwright:
        opened = playwright.chromium.launch(executable_path=chromium, args=FLAGS)
        yield opened
        opened.close()


@pytest.fixture(scope="module")
def context(browser: sync_api.Browser) -> sync_api.BrowserContext:
    """A Vietnamese browser. One for all tests, so that Gradio's files are fetched once; `visit` makes it a guest's."""
    made = browser.new_context(locale="vi-VN")
    made.set_default_timeout(30_000)
    return made


@pytest.fixture
def asked_elsewhere() -> list[str]:
    """Hosts other than our own that the page asked for anything."""
    return []


def visit(context: sync_api.BrowserContext, app: App, elsewhere: list[str], width: int = 1280) -> sync_api.Page:
    """A guest on the page; every address asked for that is not the app's own is added to `elsewhere`."""
    for former in context.pages:
        former.close()
    context.clear_cookies()
    page = context.new_page()
    page.set_viewport_size({"width": width, "height": 844})
    ours = urlsplit(app.url).netloc

    def note(request: sync_api.Request) -> None:
        if urlsplit(request.url).netloc not in (ours, "") and not request.url.startswith(("blob:", "data:")):
            elsewhere.append(request.url)

    page.on("request", note)
    page.goto(app.url)
    page.wait_for_selector("#sign-in-form")
    return page


def register(page: sync_api.Page, name: str = "Nguyễn Thị Hằng") -> str:
    email = new_email()
    page.locator("[data-show-form=register]").click()
    page.fill("#register-name", name)
    page.fill("#register-email", email)
    page.fill("#register-password", PASSWORD)
    page.keyboard.press("Enter")
    page.wait_for_selector("#voice-form form")
    return email


def add_voice(page: sync_api.Page, name: str) -> None:
    page.set_input_files("#voice-file", DEMO_VOICE)
    page.fill("#voice-name", name)
    page.check("#voice-consent")
    page.locator("#voice-form button[type=submit]").click()
    page.wait_for_selector("#voice-list .v-badge.v-good", timeout=90_000)


def add_document(page: sync_api.Page, name: str, content: bytes) -> None:
    page.locator("#documents-button").click()
    page.set_input_files("#document-file", {"name": name, "mimeType": "text/plain", "buffer": content})
    page.locator("#document-form button[type=submit]").click()
    page.wait_for_selector("#document-list .v-badge.v-good", timeout=90_000)


def generate(page: sync_api.Page, text: str) -> None:
    page.locator("button#generate-button").click()
    page.locator("#generate-source label").nth(1).click()
    page.fill("#generate-text textarea", text)
    page.locator("#generate-submit").click()


def long_text(paragraphs: int) -> str:
    """No two sentences alike: what was spoken once is not spoken again."""
    return "\n".join(f"Đoạn thứ {n} của bài. {TEXT.replace('câu', f'câu số {n}')}" for n in range(paragraphs))


def signed_in_with_voice(context: sync_api.BrowserContext, app: App, elsewhere: list[str]) -> sync_api.Page:
    """A page whose voice was made without the browser: quicker where the form is not what is tested."""
    page = visit(context, app, elsewhere)
    register(page)
    user = page.evaluate("fetch('/api/auth/me').then((answer) => answer.json())")
    copy = app.services.files.temporary() / "voice.wav"
    shutil.copyfile(DEMO_VOICE, copy)
    app.services.voices.wait(user["id"], app.services.voices.create(user["id"], copy, "Đoan", True).id)
    page.reload()
    page.wait_for_selector("#voice-list .v-badge.v-good")
    return page


def test_a_person_does_everything_and_nothing_is_asked_elsewhere(
    context: sync_api.BrowserContext, app: App, asked_elsewhere: list[str]
) -> None:
    page = visit(context, app, asked_elsewhere)
    register(page)
    add_voice(page, "Giọng của mẹ")
    expect(page.locator("#voice-list")).to_contain_text("Chất lượng")
    add_document(page, "bài.txt", TEXT.encode())
    expect(page.locator("#document-list")).to_contain_text("25 từ")
    listen_and_download(page)
    page.reload()
    expect(page.locator("#generate-submit")).to_be_visible()  # the tab that was open
    listen_and_download(page)
    page.locator("#history-button").click()
    expect(page.locator("#history-list article")).to_have_count(2)
    page.locator("#history-list [data-action=delete]").first.click()
    page.locator("dialog button[type=submit]").click()
    expect(page.locator("#history-list article")).to_have_count(1)
    page.locator("#history-list [data-action=delete]").click()
    page.locator("dialog button[type=submit]").click()
    expect(page.locator("#history-list")).to_contain_text("Chưa có bản đọc nào")
    page.locator("button#generate-button").click()
    expect(page.locator("#generate-progress")).to_contain_text("Bản đọc sẽ hiện ở đây")
    assert page.locator(".toast-body").count() == 0, "deleting what was followed here is no error"
    page.locator("[data-sign-out]").click()
    page.wait_for_selector("#sign-in-form")
    assert page.evaluate("fetch('/api/auth/me').then((answer) => answer.status)") == 401
    assert asked_elsewhere == []


def listen_and_download(page: sync_api.Page) -> None:
    """Generate from the document, hear it, and download it as MP3."""
    import soundfile

    page.locator("button#generate-button").click()
    expect(page.locator("#generate-estimate")).to_contain_text("25 từ")
    page.locator("#generate-submit").click()
    expect(page.locator("#generate-progress [role=status]")).not_to_be_empty()
    page.wait_for_function(f"{SOUND} && {SOUND}.readyState >= 3 && {SOUND}.currentTime > 0", timeout=90_000)
    expect(page.locator("#generate-progress [role=status]")).to_have_text(
        "Audio đã được tạo thành công!", timeout=90_000
    )
    page.wait_for_function(f"{SOUND}.src.includes('final=1') && {SOUND}.duration > 3 && isFinite({SOUND}.duration)")
    page.locator("#generate-player summary").click()
    with page.expect_download() as waiting:
        page.locator("#generate-player a", has_text="MP3").first.click()
    sound, rate = soundfile.read(io.BytesIO(Path(waiting.value.path()).read_bytes()))
    assert waiting.value.suggested_filename.endswith(".mp3")
    assert len(sound) / rate > 3 and abs(sound).max() > 0.05


def test_sound_plays_before_the_end_and_goes_on_in_the_finished_file(
    context: sync_api.BrowserContext, app: App, asked_elsewhere: list[str]
) -> None:
    page = signed_in_with_voice(context, app, asked_elsewhere)
    generate(page, long_text(6))
    page.wait_for_function(f"{SOUND} && {SOUND}.currentTime > 0.5", timeout=90_000)
    assert not page.evaluate(f"{SOUND}.src.includes('final')"), "it was heard only when it was finished"
    page.wait_for_function(f"{SOUND}.src.includes('final')", timeout=120_000)
    heard = page.evaluate(f"{SOUND}.currentTime")
    assert heard > 0.5
    page.wait_for_function(f"!{SOUND}.paused && {SOUND}.currentTime > {heard} + 0.5")


def test_a_page_opened_again_follows_what_is_running_and_can_stop_it(
    context: sync_api.BrowserContext, app: App, asked_elsewhere: list[str]
) -> None:
    page = signed_in_with_voice(context, app, asked_elsewhere)
    generate(page, long_text(80))
    expect(page.locator("#generate-progress [role=status]")).to_contain_text("đoạn", timeout=60_000)
    page.reload()
    page.locator("button#generate-button").click()
    expect(page.locator("#generate-progress [role=status]")).to_contain_text("Đang tạo audio")
    page.locator("#generate-progress [data-action=cancel]").click()
    expect(page.locator("#generate-progress [role=status]")).to_have_text("Đã huỷ.")


def test_an_error_is_told_beside_the_form_and_nothing_typed_is_lost(
    context: sync_api.BrowserContext, app: App, asked_elsewhere: list[str], tmp_path: Path
) -> None:
    page = visit(context, app, asked_elsewhere)
    page.locator("#sign-in-form [type=submit]").click()
    expect(page.locator("#sign-in-email-wrong")).to_have_text("Hãy nhập email.")
    expect(page.locator("#sign-in-password-wrong")).to_have_text("Hãy nhập mật khẩu.")
    page.fill("#sign-in-email", "nobody@example.com")
    page.fill("#sign-in-password", "wrong password")
    page.keyboard.press("Enter")
    expect(page.locator("#sign-in-form [data-error]")).to_have_text("Email hoặc mật khẩu chưa đúng.")
    assert page.input_value("#sign-in-email") == "nobody@example.com"
    register(page)
    page.fill("#voice-name", "Giọng của tôi")
    page.set_input_files("#voice-file", DEMO_VOICE)
    page.locator("#voice-form button[type=submit]").click()
    expect(page.locator("#voice-form [data-error]")).to_contain_text("đánh dấu vào ô xác nhận")
    page.check("#voice-consent")
    page.set_input_files("#voice-file", {"name": "rỗng.wav", "mimeType": "audio/wav", "buffer": b""})
    page.locator("#voice-form button[type=submit]").click()
    expect(page.locator("#voice-form [data-error]")).to_contain_text("rỗng")
    assert page.input_value("#voice-name") == "Giọng của tôi" and page.is_checked("#voice-consent")


def test_a_recording_that_cannot_be_used_says_why(
    context: sync_api.BrowserContext, app: App, asked_elsewhere: list[str]
) -> None:
    page = visit(context, app, asked_elsewhere)
    register(page)
    page.set_input_files("#voice-file", {"name": "ảnh.mp3", "mimeType": "audio/mpeg", "buffer": b"not a sound" * 99})
    page.check("#voice-consent")
    page.locator("#voice-form button[type=submit]").click()
    expect(page.locator("#voice-list .v-error")).not_to_be_empty(timeout=60_000)


def test_the_microphone_records_and_its_bytes_are_sent(
    context: sync_api.BrowserContext, app: App, asked_elsewhere: list[str]
) -> None:
    page = visit(context, app, asked_elsewhere)
    register(page)
    page.locator("[data-record]").click()
    expect(page.locator("[data-record-label]")).to_contain_text("Dừng ghi (2 giây)", timeout=15_000)
    page.locator("[data-record]").click()
    expect(page.locator("[data-chosen]")).to_contain_text("Bản ghi từ micro")
    page.check("#voice-consent")
    page.locator("#voice-form button[type=submit]").click()
    expect(page.locator("#voice-list .v-error")).to_contain_text("5", timeout=60_000)  # it is shorter than 5 seconds


def test_names_and_titles_never_become_markup(
    context: sync_api.BrowserContext, app: App, asked_elsewhere: list[str]
) -> None:
    page = signed_in_with_voice(context, app, asked_elsewhere)
    page.locator("#voice-list [data-action=rename]").click()
    page.fill("dialog input", NASTY)
    page.keyboard.press("Enter")
    expect(page.locator("#voice-list h3")).to_have_text(NASTY)
    add_document(page, "x.txt", f"{NASTY}\n\n{NASTY} và chữ.".encode())
    page.locator("#document-list [data-action=open]").click()
    page.locator(".v-reading .v-chapter [data-action=open], .v-reading .v-paragraph").first.wait_for()
    generate(page, NASTY)
    page.locator("#history-button").click()
    expect(page.locator("#history-list h3")).to_contain_text("<img src=x")
    assert page.locator("img[src=x]").count() == 0
    assert page.title() != "hacked"


def test_a_document_is_corrected_and_chapters_are_left_out(
    context: sync_api.BrowserContext, app: App, asked_elsewhere: list[str]
) -> None:
    page = visit(context, app, asked_elsewhere)
    register(page)
    add_document(page, "bài.txt", TEXT.encode())
    page.locator("#document-list [data-action=open]").click()
    paragraph = page.locator(".v-paragraph").first
    paragraph.locator("[data-edit]").click()
    paragraph.locator("textarea").fill("Chỉ còn năm từ thôi.")
    paragraph.get_by_role("button", name="Lưu", exact=True).click()
    expect(page.locator(".v-reading .v-facts")).to_contain_text("5 từ")
    page.locator(".v-chapter-head input").uncheck()
    expect(page.locator(".v-reading .v-facts")).to_contain_text("0 từ")


def test_deleting_a_voice_asks_first(context: sync_api.BrowserContext, app: App, asked_elsewhere: list[str]) -> None:
    page = signed_in_with_voice(context, app, asked_elsewhere)
    page.locator("#voice-list [data-action=delete]").click()
    page.get_by_role("button", name="Giữ lại", exact=True).click()
    expect(page.locator("#voice-list article")).to_have_count(1)
    page.locator("#voice-list [data-action=delete]").click()
    page.locator("dialog button[type=submit]").click()
    expect(page.locator("#voice-list")).to_contain_text("Chưa có giọng nào")


def test_the_page_speaks_english_at_one_click_and_remembers_it(
    context: sync_api.BrowserContext, app: App, asked_elsewhere: list[str]
) -> None:
    page = visit(context, app, asked_elsewhere)
    register(page)
    page.fill("#voice-name", "Giọng của mẹ")
    page.locator("[data-set-language=en]").click()
    expect(page.get_by_role("tab", name="Voices")).to_be_visible()
    expect(page.locator("html")).to_have_attribute("lang", "en")
    assert page.input_value("#voice-name") == "Giọng của mẹ"
    page.reload()
    expect(page.get_by_role("tab", name="Documents")).to_be_visible()
    page.locator("button#generate-button").click()
    expect(page.locator("#generate-first")).to_contain_text("Add a voice first")


def test_an_english_browser_is_greeted_in_english(browser: sync_api.Browser, app: App) -> None:
    page = browser.new_context(locale="en-US").new_page()
    page.goto(app.url)
    expect(page.locator("h1")).to_have_text("Hear your documents in your own voice", timeout=30_000)
    page.context.close()


def test_a_phone_never_scrolls_sideways(context: sync_api.BrowserContext, app: App, asked_elsewhere: list[str]) -> None:
    page = visit(context, app, asked_elsewhere, width=360)
    wide = "document.documentElement.scrollWidth > window.innerWidth"
    assert not page.evaluate(wide)
    register(page, "Công Tằng Tôn Nữ Thị Hằng Nga")
    for language in ("vi", "en"):
        for tab in ("voices", "documents", "generate", "history"):
            page.locator(f"button#{tab}-button").click()
            page.wait_for_timeout(150)
            assert not page.evaluate(wide), (language, tab)
        if language == "vi":
            page.locator("[data-set-language=en]").click()
            expect(page.get_by_role("tab", name="Voices")).to_be_visible()


def test_every_control_has_a_name(context: sync_api.BrowserContext, app: App, asked_elsewhere: list[str]) -> None:
    page = signed_in_with_voice(context, app, asked_elsewhere)
    nameless = """[...document.querySelectorAll('input, textarea, select, button, audio, a[href]')].filter((e) =>
        e.offsetParent && !(e.labels?.length || e.ariaLabel || e.getAttribute('aria-labelledby') || e.title
        || e.textContent.trim() || e.querySelector('img[alt]'))).map((e) => e.outerHTML.slice(0, 200))"""
    for tab in ("voices", "documents", "generate", "history"):
        page.locator(f"button#{tab}-button").click()
        page.wait_for_timeout(200)
        assert page.evaluate(nameless) == [], tab


def test_no_password_is_left_in_the_browser_and_no_upload_in_the_cache(
    context: sync_api.BrowserContext, app: App, asked_elsewhere: list[str]
) -> None:
    page = visit(context, app, asked_elsewhere)
    register(page)
    add_voice(page, "Một")
    stored = page.evaluate("JSON.stringify({...localStorage}) + JSON.stringify({...sessionStorage})")
    assert PASSWORD not in stored
    cache = app.services.files.root / "gradio"
    assert [path for path in cache.rglob("*") if path.is_file() and path.suffix == ".wav"] == []


def test_the_document_that_was_asked_for_is_the_one_that_is_read(
    context: sync_api.BrowserContext, app: App, asked_elsewhere: list[str]
) -> None:
    page = signed_in_with_voice(context, app, asked_elsewhere)
    add_document(page, "một.txt", TEXT.encode())
    page.locator("#document-list .v-news [data-goto=generate]").click()
    expect(page.locator("#generate-document input")).to_have_value("một")
    page.locator("#documents-button").click()
    page.set_input_files("#document-file", {"name": "hai.txt", "mimeType": "text/plain", "buffer": TEXT.encode()})
    page.locator("#document-form button[type=submit]").click()
    expect(page.locator("#document-list .v-badge.v-good")).to_have_count(2, timeout=60_000)
    page.locator("#document-list .v-news [data-goto=generate]").click()
    expect(page.locator("#generate-document input")).to_have_value("hai")
    for name in ("một", "hai"):
        page.locator("#documents-button").click()
        page.locator("#document-list article", has_text=f"{name}.txt").locator("[data-action=open]").click()
        page.locator("#document-open [data-action=use]").click()
        expect(page.locator("#generate-document input")).to_have_value(name)
        page.wait_for_timeout(700)  # what the opened tab asks for has come too
        expect(page.locator("#generate-document input")).to_have_value(name)
        page.locator("#documents-button").click()
        page.locator("#document-open [data-action=close]").click()


def test_a_draft_and_the_tab_outlive_a_reload_and_back_leads_to_the_former_tab(
    context: sync_api.BrowserContext, app: App, asked_elsewhere: list[str]
) -> None:
    page = signed_in_with_voice(context, app, asked_elsewhere)
    page.locator("button#generate-button").click()
    page.locator("#generate-source label").nth(1).click()
    page.fill("#generate-text textarea", TEXT)
    page.fill("#generate-speed input[type=number]", "1.5")
    page.reload()
    expect(page.locator("#generate-text textarea")).to_have_value(TEXT, timeout=15_000)
    expect(page.locator("#generate-speed input[type=number]")).to_have_value("1.5")
    expect(page.locator("#generate-estimate")).to_contain_text("25 từ")
    page.locator("#history-button").click()
    expect(page.locator("#history-list")).to_be_visible()
    page.go_back()
    expect(page.locator("#generate-submit")).to_be_visible()
    page.locator("#generate-submit").click()
    expect(page.locator("#generate-progress [role=status]")).not_to_be_empty()
    page.wait_for_function("!JSON.parse(sessionStorage.getItem('vnclone.draft')).text")


def test_a_session_that_ended_leads_to_signing_in_and_the_draft_is_kept(
    context: sync_api.BrowserContext, app: App, asked_elsewhere: list[str]
) -> None:
    page = visit(context, app, asked_elsewhere)
    email = register(page)
    page.set_input_files("#voice-file", DEMO_VOICE)
    page.check("#voice-consent")
    context.clear_cookies()
    page.locator("#voice-form button[type=submit]").click()
    expect(page.locator("#voice-form [data-error]")).to_contain_text("Phiên đăng nhập đã hết hạn")
    page.locator("#history-button").click()
    expect(page.locator("#history-list")).to_contain_text("Phiên đăng nhập đã hết hạn")
    page.locator("#history-list a").click()
    page.wait_for_selector("#sign-in-form")
    page.fill("#sign-in-email", email)
    page.fill("#sign-in-password", PASSWORD)
    page.keyboard.press("Enter")
    page.wait_for_selector("#voice-form form")
    other = context.new_page()
    other.goto(app.url)
    other.locator("[data-sign-out]").click()
    page.wait_for_selector("#sign-in-form")  # signing out in one tab is signing out in all


def test_a_correction_that_is_not_saved_yet_outlives_other_clicks(
    context: sync_api.BrowserContext, app: App, asked_elsewhere: list[str]
) -> None:
    page = visit(context, app, asked_elsewhere)
    register(page)
    add_document(page, "bài.txt", TEXT.encode())
    page.locator("#document-list [data-action=open]").click()
    page.locator(".v-paragraph [data-edit]").first.click()
    page.fill(".v-paragraph textarea", "Ba từ thôi.")
    page.locator(".v-chapter-head input").uncheck()
    expect(page.locator(".v-reading .v-facts")).to_contain_text("0 từ")
    expect(page.locator(".v-paragraph textarea")).to_have_value("Ba từ thôi.")
    page.locator("[data-set-language=en]").click()
    expect(page.locator(".v-reading [data-action=use]")).to_have_text("Use this document")
    expect(page.locator(".v-paragraph textarea")).to_have_value("Ba từ thôi.")
    page.locator(".v-paragraph textarea").press("Control+Enter")
    expect(page.locator(".v-paragraph p").first).to_have_text("Ba từ thôi.")
    expect(page.locator(".v-paragraph textarea")).to_have_count(0)
    page.locator(".v-paragraph [data-edit]").first.click()
    page.locator(".v-paragraph textarea").press("Escape")
    expect(page.locator(".v-paragraph textarea")).to_have_count(0)


def test_the_tab_key_closes_an_open_list(
    context: sync_api.BrowserContext, app: App, asked_elsewhere: list[str]
) -> None:
    page = signed_in_with_voice(context, app, asked_elsewhere)
    page.locator("button#generate-button").click()
    page.locator("#generate-accent input").click()
    expect(page.get_by_role("listbox")).to_be_visible()
    page.keyboard.press("Tab")
    expect(page.get_by_role("listbox")).to_have_count(0)


def test_only_a_generation_of_this_page_starts_to_sound_by_itself(
    context: sync_api.BrowserContext, app: App, asked_elsewhere: list[str]
) -> None:
    page = signed_in_with_voice(context, app, asked_elsewhere)
    generate(page, long_text(40))
    page.wait_for_function(f"{SOUND} && !{SOUND}.paused", timeout=60_000)
    page.reload()
    page.wait_for_selector("#generate-controls .v-play", timeout=60_000)
    page.wait_for_timeout(500)
    assert page.evaluate(f"{SOUND}.paused")
    page.locator("#generate-progress [data-action=cancel]").click()


def test_a_lost_connection_is_told_in_the_readers_language(
    context: sync_api.BrowserContext, app: App, asked_elsewhere: list[str]
) -> None:
    page = visit(context, app, asked_elsewhere)
    register(page)
    context.set_offline(True)
    page.locator("#history-button").click()
    expect(page.locator(".v-lost")).to_contain_text("Mất kết nối", timeout=20_000)
    assert page.locator(".toast-body:visible").count() == 0
    context.set_offline(False)
