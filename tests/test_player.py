"""The player in a real browser: hearing while it is made, reading along, and reading a paragraph again."""

from __future__ import annotations

import io
from collections.abc import Iterator
from typing import Any

import pytest
from playwright import sync_api

from tests.conftest import DEMO_VOICE, App, copy_of
from tests.test_browser import add_document, browser, generate, long_text, signed_in_with_voice  # noqa: F401

expect = sync_api.expect
expect.set_options(timeout=20_000)  # five seconds are few where other things run
HEARD = "vnclonePlayer.heard()"
AUDIO = "document.querySelector('#generate-controls audio')"
READ = "fetch(vnclonePlayer.link('reading')).then((answer) => answer.json())"
THREE = "Câu {n} thứ nhất ở đây.\nCâu {n} thứ hai có số 12 nhé.\nCâu {n} thứ ba là câu cuối cùng."
RELOADED = ("AbortError", "errored out")  # what Gradio says of its own requests when a page is left
LONG = 90_000  # ms for a machine with much else to do


@pytest.fixture(scope="module")
def opened(browser: sync_api.Browser, app: App) -> Iterator[sync_api.Page]:  # noqa: F811
    """Somebody signed in, with one voice. Each test makes a recording of its own."""
    context = browser.new_context(locale="vi-VN")
    context.set_default_timeout(30_000)
    yield signed_in_with_voice(context, app, [])
    context.close()


@pytest.fixture
def page(opened: sync_api.Page) -> Iterator[sync_api.Page]:
    """The same page; what its console complains of is an error."""
    wrong: list[str] = []

    def heard(message: sync_api.ConsoleMessage) -> None:
        if message.type == "error" and not any(word in message.text for word in RELOADED):
            wrong.append(message.text)

    def thrown(error: sync_api.Error) -> None:
        wrong.append(str(error))

    opened.on("console", heard)
    opened.on("pageerror", thrown)
    opened.set_viewport_size({"width": 1280, "height": 900})
    yield opened
    opened.remove_listener("console", heard)
    opened.remove_listener("pageerror", thrown)
    assert wrong == []


def until(page: sync_api.Page, condition: str) -> None:
    page.wait_for_function(condition, timeout=LONG)


def finished(page: sync_api.Page, text: str) -> None:
    """A recording of `text`, done and shown; its sound is stopped."""
    generate(page, text)
    start = text.split("\n")[0]
    until(page, f"{HEARD}.now?.status === 'completed' && {start!r}.startsWith({HEARD}.text?.chunks[0]?.text ?? '-')")
    until(page, f"{HEARD}.text.chunks.every((chunk) => chunk.end)")
    page.evaluate("vnclonePlayer.pause()")
    until(page, "document.querySelector('.v-listen').dataset.kind !== 'live'")


def drag(page: sync_api.Page, seconds: float) -> None:
    """What a person does with the bar."""
    page.locator(".v-seek").evaluate(
        """(bar, seconds) => { bar.value = seconds;
        for (const name of ["input", "change"]) bar.dispatchEvent(new Event(name)); }""",
        seconds,
    )


def sounding(page: sync_api.Page) -> Any:
    """The number of the chunk that is heard by the server's own account; and the one that is marked."""
    return page.evaluate(
        f"""async () => {{ const {{ chunks }} = await {READ}, at = {HEARD}.position;
        let now = -1; chunks.forEach((chunk, n) => {{ if (chunk.start <= at) now = n; }});
        return [now, Number(document.querySelector('.v-heard')?.dataset.n ?? -1), at]; }}"""
    )


def test_what_is_ready_is_heard_and_read_along_while_the_rest_is_made(page: sync_api.Page) -> None:
    generate(page, long_text(60))
    until(page, f"{HEARD}.playing && {HEARD}.position > 0.3")
    assert page.evaluate(f"{HEARD}.now.status") == "processing", "it was heard only when it was finished"
    until(page, f"{HEARD}.text?.seconds > 25")
    page.locator("#generate-progress [data-action=pause]").click()
    until(page, f"{HEARD}.now.status === 'paused'")
    expect(page.locator("#generate-progress [role=status]")).to_contain_text("tạm dừng")
    ready, total = page.evaluate(f"[{HEARD}.text.seconds, Number(document.querySelector('.v-seek').max)]")
    assert 25 < ready < total, "the whole is expected to be longer than what is ready"
    assert "khoảng" in str(page.locator(".v-seek").get_attribute("aria-valuetext"))
    share = page.locator(".v-seek").evaluate("(bar) => parseFloat(bar.style.getPropertyValue('--ready'))")
    assert 0 < share < 100
    drag(page, ready - 8)
    until(page, f"{HEARD}.playing && {HEARD}.position > {ready - 8}")
    assert page.evaluate(f"{HEARD}.position") < ready
    heard, marked, at = sounding(page)
    assert marked == heard, at
    assert page.locator(f"[data-n='{marked}']").evaluate(
        """(span) => { const place = (node) => node.getBoundingClientRect();
        const box = place(span.closest('.v-script')), here = place(span);
        return here.bottom > box.top && here.top < box.bottom; }"""
    ), "what is heard is in view"
    drag(page, total)
    until(page, f"{HEARD}.position <= {HEARD}.text.seconds")
    ready = page.evaluate(f"{HEARD}.text.seconds")  # what was being spoken at the pause has come since
    unready = page.evaluate(f"{HEARD}.text.chunks.findIndex((chunk) => chunk.end === undefined)")
    page.evaluate(f"vnclonePlayer.seek({HEARD}.text.chunks[{unready - 1}].start)")
    expect(page.locator(f"[data-n='{unready}']")).to_have_class("v-sentence v-unready")
    expect(page.locator(".v-sound-state")).to_contain_text("Mới đọc đến", timeout=LONG)
    page.locator("#generate-progress [data-action=resume]").click()
    until(page, f"{HEARD}.playing && {HEARD}.position > {ready} + 0.5")
    page.locator("#generate-progress [data-action=cancel]").click()
    expect(page.locator("#generate-progress [role=status]")).to_have_text("Đã huỷ.")
    expect(page.locator("#generate-progress [data-action=resume]")).to_have_text("Đọc tiếp")
    expect(page.locator(".v-listen")).to_be_hidden()


def test_the_finished_file_takes_over_without_a_jump(page: sync_api.Page) -> None:
    generate(page, long_text(7).replace("câu", "lời"))
    until(page, f"{HEARD}.playing && {HEARD}.position > 0.2 && {HEARD}.now.status !== 'completed'")
    page.evaluate(
        f"""() => {{ window.seen = []; window.watching = setInterval(() => {{
        const {{ position, playing }} = {HEARD}; seen.push([performance.now(), position, playing]); }}, 40); }}"""
    )
    until(page, f"{AUDIO}.src.includes('final=1') && {HEARD}.playing")
    before = page.evaluate(f"{HEARD}.position")
    until(page, f"{HEARD}.position > {before} + 0.5")
    jumps = page.evaluate(
        """() => { clearInterval(watching);
        const steps = seen.slice(1).map(([at, there], n) => [there - seen[n][1], (at - seen[n][0]) / 1000]);
        return steps.filter(([moved, passed]) => moved < -0.15 || moved > passed + 0.4); }"""
    )
    assert jumps == []
    exact = page.evaluate(f"[{AUDIO}.duration, Number(document.querySelector('.v-seek').max), {HEARD}.text.seconds]")
    assert max(exact) - min(exact) < 0.2
    assert "khoảng" not in page.locator(".v-clock").inner_text()
    page.evaluate("vnclonePlayer.pause()")


def test_a_sentence_is_heard_where_it_is_clicked(page: sync_api.Page) -> None:
    finished(page, THREE.format(n=1))
    page.locator(".v-sentence").nth(2).click()
    assert page.evaluate(f"{HEARD}.position >= {HEARD}.text.chunks[2].start"), "at once, not by and by"
    until(page, f"{HEARD}.playing && {HEARD}.position > {HEARD}.text.chunks[2].start")
    heard, marked, _ = sounding(page)
    assert heard == marked == 2
    until(page, f"{HEARD}.position > {HEARD}.text.chunks[2].start + 0.3")
    page.evaluate("vnclonePlayer.pause()")
    page.locator(".v-sentence").nth(2).press("ArrowUp")
    page.keyboard.press("Enter")
    until(page, f"{HEARD}.playing && document.querySelector('.v-heard').dataset.n === '1'")
    page.evaluate("vnclonePlayer.pause()")
    told = page.evaluate(
        """async () => { const words = await (await fetch(vnclonePlayer.link('words'))).json();
        const word = words.find((one) => one.text === 'hai');
        vnclonePlayer.seek((word.start + word.end) / 2); return word; }"""
    )
    until(page, f"Math.abs({HEARD}.position - {(told['start'] + told['end']) / 2}) < 0.05")
    until(page, "CSS.highlights.has('v-word') && String([...CSS.highlights.get('v-word')][0]) === 'hai'")


def test_a_paragraph_is_read_again_in_other_words_and_the_old_take_can_be_chosen(page: sync_api.Page) -> None:
    import soundfile

    finished(page, THREE.format(n=2))
    page.locator(".v-sentence").nth(2).click()
    until(page, f"{HEARD}.playing && {HEARD}.position > {HEARD}.text.chunks[2].start + 0.1")
    page.evaluate("vnclonePlayer.pause()")
    page.locator(".v-again").nth(1).click()
    page.locator(".v-panel summary", has_text="Sửa lời").click()
    words = page.locator(".v-panel textarea").first
    expect(words).to_have_value("Câu 2 thứ hai có số 12 nhé.")
    words.fill("…")
    page.locator(".v-panel .v-primary").click()
    expect(page.locator(".v-panel [role=alert]")).to_contain_text("Không có chữ nào để đọc")
    expect(words).to_have_value("…")
    words.fill("Câu này đã được viết lại, dài hơn hẳn lúc ban đầu.")
    before = page.evaluate(f"[{HEARD}.text.seconds, {HEARD}.position - {HEARD}.text.chunks[2].start]")
    page.locator(".v-panel .v-primary").click()
    until(page, f"{HEARD}.text.edition === 1")
    expect(page.locator(".v-panel")).to_have_count(0)
    expect(page.locator(".v-sentence").nth(1)).to_have_text("Câu này đã được viết lại, dài hơn hẳn lúc ban đầu.")
    after = page.evaluate(f"[{HEARD}.text.seconds, {HEARD}.position - {HEARD}.text.chunks[2].start]")
    assert after[0] > before[0] + 0.3
    assert abs(after[1] - before[1]) < 0.1, "the same place of the same sentence"
    sound, rate = soundfile.read(io.BytesIO(_file(page)))
    assert abs(len(sound) / rate - after[0]) < 0.1
    page.locator(".v-again").nth(1).click()
    listen = page.locator(".v-takes button", has_text="Nghe bản 1")
    listen.click()
    until(page, "document.querySelector('.v-takes audio')?.currentTime > 0.2")
    page.locator(".v-takes button", has_text="Chọn").click()
    until(page, f"{HEARD}.text.edition === 2")
    expect(page.locator(".v-sentence").nth(1)).to_have_text("Câu 2 thứ hai có số 12 nhé.")
    assert abs(page.evaluate(f"{HEARD}.text.seconds") - before[0]) < 0.05


def _file(page: sync_api.Page) -> bytes:
    link = page.evaluate("location.origin + vnclonePlayer.link('audio', '&format=wav')")
    return page.context.request.get(link).body()


def test_the_way_it_is_said_can_be_changed_alone_while_it_plays_on(page: sync_api.Page) -> None:
    finished(page, THREE.format(n=3))
    page.locator(".v-again").first.click()
    page.locator(".v-panel summary", has_text="Cách đọc").click()
    page.locator(".v-panel textarea").nth(1).fill("câu ba thứ nhất ở ngay đây, đọc khác đi một chút")
    page.evaluate("vnclonePlayer.seek(0); vnclonePlayer.play()")
    page.locator(".v-panel .v-primary").click()
    until(page, f"{HEARD}.text.edition === 1 && {AUDIO}.src.includes('edition=1') && {HEARD}.playing")
    expect(page.locator(".v-sentence").first).to_have_text("Câu 3 thứ nhất ở đây.")
    page.evaluate("vnclonePlayer.pause()")


def test_a_whole_chapter_gets_another_voice(page: sync_api.Page, app: App) -> None:
    user = page.evaluate("fetch('/api/auth/me').then((answer) => answer.json())")["id"]
    there = [voice.name for voice in app.services.voices.list(user)]
    if "Minh" not in there:
        copy = copy_of(DEMO_VOICE, app.services.files.temporary())
        app.services.voices.wait(user, app.services.voices.create(user, copy, "Minh", True).id)
    text = "Chương 1\n\nTrời hôm nay đẹp lắm.\n\nChương 2\n\nNgày mai trời sẽ mưa to.\n"
    add_document(page, "truyện.txt", text.encode())
    page.locator("#document-list [data-goto=generate]").first.click()
    expect(page.locator("#generate-document input")).to_have_value("truyện")
    page.locator("#generate-submit").click()
    until(page, f"{HEARD}.now?.status === 'completed' && {HEARD}.text?.chunks.some((chunk) => chunk.chapter === 1)")
    until(page, f"{HEARD}.text.chunks.every((chunk) => chunk.end)")
    page.evaluate("vnclonePlayer.pause()")
    page.locator(".v-chapter-voice").nth(1).click()
    expect(page.locator(".v-panel .v-primary")).to_be_disabled()
    other = page.locator(".v-panel select option:not(:checked)").first.inner_text()
    page.locator(".v-panel select").select_option(label=other)
    page.locator(".v-panel .v-primary").click()
    until(page, f"{HEARD}.text.edition === 1")
    names = {voice.id: voice.name for voice in app.services.voices.list(user)}
    parts = app.services.revisions.parts(user, page.evaluate(f"{HEARD}.now.id"))
    assert {names[part.voice_id] for part in parts if part.chapter == 1} == {other}
    assert other not in {names[part.voice_id] for part in parts if part.chapter == 0}


def test_the_language_is_switched_and_the_sound_plays_on(page: sync_api.Page) -> None:
    finished(page, long_text(3).replace("câu", "dòng"))
    page.evaluate(f"vnclonePlayer.seek(1); vnclonePlayer.play(); window.same = {AUDIO}")
    until(page, f"{HEARD}.playing && {HEARD}.position > 1.2")
    page.locator("[data-set-language=en]").click()
    expect(page.locator(".v-play")).to_have_attribute("aria-label", "Pause playback")
    assert page.evaluate(f"{HEARD}.playing && {HEARD}.position > 1.2 && same === {AUDIO}")
    page.locator("[data-set-language=vi]").click()
    expect(page.locator(".v-play")).to_have_attribute("aria-label", "Dừng phát")
    page.locator(".v-play").click()
    assert page.evaluate(f"{AUDIO}.paused")


def test_a_stream_that_is_cut_goes_on_from_there(page: sync_api.Page) -> None:
    generate(page, long_text(50).replace("câu", "mục"))
    until(page, f"{HEARD}.now && {HEARD}.text?.seconds > 12 && {HEARD}.now.status === 'processing'")
    page.locator("#generate-progress [data-action=pause]").click()
    until(page, f"{HEARD}.now.status === 'paused'")
    page.evaluate("vnclonePlayer.pause()")
    page.evaluate("vnclonePlayer.seek(0)")  # where it goes on after the reload
    asked: list[str] = []
    sent: list[int] = []

    def cut(route: sync_api.Route) -> None:
        asked.append(route.request.url)
        if len(asked) > 1:
            route.continue_()
        else:
            whole = page.context.request.get(route.request.url).body()
            sent.append(len(whole) // 4)
            route.fulfill(status=200, content_type="audio/mpeg", body=whole[: len(whole) // 4])

    page.route("**/audio?*start=*", cut)
    page.reload()
    page.locator("button#generate-button").click()
    page.locator(".v-play").click()
    until(page, f"{HEARD}.playing && !{AUDIO}.src.endsWith('start=0.00')")
    begun = float(asked[1].split("start=")[1])
    assert asked[0].endswith("start=0.00") and abs(begun - sent[0] * 8 / 64_000) < 0.5, "64 kbit/s"
    until(page, f"{HEARD}.position > {begun} + 0.5")
    page.unroute("**/audio?*start=*")
    page.evaluate("vnclonePlayer.pause()")
    page.locator("#generate-progress [data-action=cancel]").click()


def test_a_phone_shows_player_and_text_without_scrolling_sideways(page: sync_api.Page) -> None:
    finished(page, THREE.format(n=4) + "\n" + "Dài" * 60)
    page.set_viewport_size({"width": 390, "height": 844})
    wide = "document.documentElement.scrollWidth > window.innerWidth"
    assert not page.evaluate(wide)
    page.locator(".v-again").first.click()
    page.locator(".v-panel summary").first.click()
    assert not page.evaluate(wide)
    nameless = """[...document.querySelectorAll('#generate-recording :is(input, textarea, select, button)')]
        .filter((e) => e.offsetParent && !(e.labels?.length || e.ariaLabel || e.title || e.textContent.trim()))
        .map((e) => e.outerHTML)"""
    assert page.evaluate(nameless) == []


def test_a_page_that_missed_what_happened_asks_again(
    page: sync_api.Page, app: App, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Gradio's queue can lose what it has for a page: here all that it would send while the reading is cancelled."""
    from gradio.queueing import Queue

    generate(page, long_text(40).replace("câu", "tiếng"))
    until(page, f"{HEARD}.playing && {HEARD}.position > 0.3 && {HEARD}.text")
    user, id = page.evaluate(f"fetch('/api/auth/me').then((a) => a.json()).then((u) => [u.id, {HEARD}.now.id])")
    with monkeypatch.context() as losing:
        losing.setattr(Queue, "send_message", lambda *_: None)
        app.services.generations.cancel(user, id)
        page.wait_for_timeout(1500)  # its follower has ended by then
    assert page.evaluate(f"{HEARD}.now.status") == "processing"
    expect(page.locator("#generate-progress [role=status]")).to_have_text("Đã huỷ.")
    expect(page.locator(".v-listen")).to_be_hidden()
