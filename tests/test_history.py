"""The history of recordings and what the generate tab takes from it: found, kept for a while, done again."""

from __future__ import annotations

import re
import uuid
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import gradio as gr
import pytest
from playwright import sync_api
from test_browser import asked_elsewhere, browser, context, long_text, signed_in_with_voice  # noqa: F401 - fixtures

from tests.conftest import App
from vnclone.models import Chapter, Chunk, Document, Generation, Paragraph, User, Voice
from vnclone.services.asking import Request
from vnclone.services.plans import Step
from vnclone.services.retention import Retention
from vnclone.text.chunks import PAUSES
from vnclone.text.tidy import searchable
from vnclone.ui import again, casting, downloads, estimate, expiry, history
from vnclone.ui.generate import GenerateTab
from vnclone.ui.history import HistoryTab
from vnclone.ui.options import BOUNDARIES
from vnclone.ui.registry import Registry
from vnclone.wire import Services

expect = sync_api.expect
TEXT = "Sông Hương chảy qua thành phố Huế. Chiều nay trời trong, gió nhẹ."


def row(user: str, title: str, age: timedelta = timedelta(), **changes: Any) -> Generation:
    """A finished recording without a sound, as old as that."""
    at = (datetime.now(UTC) - age).isoformat(timespec="microseconds")
    made = Generation(
        id=uuid.uuid4().hex,
        user_id=user,
        voice_profile_id="v1",
        document_id="",
        text_input=title,
        title=title,
        voice_name="Đoan",
        language="vi",
        accent="north",
        engine="parametric",
        engine_revision="1",
        speed=1.0,
        format="mp3",
        status="completed",
        created_at=at,
        updated_at=at,
        completed_at=at,
        duration=100.0,
        spent_seconds=12.0,
        size_bytes=5 << 20,
        normalizer="vnclone 0.3.0, sea-g2p 0.10.0",
        search=searchable(f"{title} Đoan"),
    )
    return replace(made, **changes)


def keep(services: Services, *rows: Generation) -> None:
    for generation in rows:
        services.generations._rows.add(generation)


@pytest.fixture
def tab(services: Services) -> Iterator[HistoryTab]:
    """The tab without a browser."""
    with gr.Blocks():
        registry = Registry()
        yield HistoryTab(services, registry, GenerateTab(services, registry))


def asked(tab: HistoryTab, shown: int = history.PAGE, **filters: str) -> dict[Any, Any]:
    boxes = zip(history.FILTERS, tab.filters, strict=True)
    values = {box: filters.get(name, "") for name, box in boxes}
    return values | {tab.shown: shown, tab.trouble: history.NOTHING_WRONG}


def test_words_are_found_without_their_diacritics_and_counted(services: Services, user: User, tab: HistoryTab) -> None:
    keep(services, row(user.id, "Sông Hương"), row(user.id, "Núi Ngự"), row(user.id, "Hương sen", status="failed"))
    html = tab.cards(user.id, "vi", asked(tab, search="huong"))
    assert "Sông Hương" in html and "Hương sen" in html and "Núi Ngự" not in html
    assert "Tìm thấy 2 trên 3 bản đọc" in html
    html = tab.cards(user.id, "en", asked(tab, search="HƯƠNG", status="completed", engine="parametric"))
    assert "Sông Hương" in html and "Hương sen" not in html and "1 found of 3" in html
    html = tab.cards(user.id, "vi", asked(tab, voice_profile_id="another"))
    assert 'data-action="clear"' in html and "Không có bản đọc nào như vậy" in html


def test_a_card_tells_what_made_it_how_large_it_is_and_how_long_it_took(
    services: Services, user: User, tab: HistoryTab
) -> None:
    keep(services, row(user.id, "Một", pauses={"sentence": 1.5}, voices={"2": "x"}, quality="vbr", edition=3))
    html = tab.cards(user.id, "vi", asked(tab))
    for told in ("1 phút 40 giây", "5 MB", "phiên bản 1", "sea-g2p 0.10.0", "0,12", "Sau câu: 1,5 s", "MP3 VBR"):
        assert told in html, told
    assert "edition=3" in html, "a player takes up a newer edition only if its address is another"
    assert "&amp;format=srt&amp;words=1" in html and "Sẽ tự xoá ngày" in html


@pytest.mark.parametrize(
    ("state", "offered"),
    [
        ({"status": "processing", "completed_at": None}, {"follow", "pause", "cancel", "again", "delete"}),
        ({"status": "paused", "completed_at": None}, {"follow", "resume", "cancel", "again", "delete"}),
        ({"status": "failed", "completed_at": None}, {"resume", "again", "delete"}),
        ({"status": "cancelled", "completed_at": None}, {"resume", "again", "delete"}),
        ({"status": "completed"}, {"follow", "again", "delete"}),
        ({"status": "processing"}, {"follow", "cancel", "again", "delete"}),  # a paragraph is read again
    ],
)
def test_what_is_offered_makes_sense_in_its_state(state: dict[str, Any], offered: set[str]) -> None:
    generation = replace(row("u", "Một"), **state)
    html = history.card(generation, history.About(lambda g, what: f"/{what}?x=1"), "vi")
    assert set(re.findall(r'data-action="(\w+)"', html)) == offered
    assert ("<audio" in html) == ("v-menu" in html) == generation.is_heard


def test_more_is_offered_until_everything_is_listed(services: Services, user: User, tab: HistoryTab) -> None:
    keep(services, *(row(user.id, f"Bài {n}", timedelta(hours=n)) for n in range(25)))
    first = tab.cards(user.id, "vi", asked(tab))
    assert first.count("<article") == 20 and "20 trên 25 bản đọc" in first and "Bài 24" not in first
    assert tab.cards(user.id, "vi", asked(tab, shown=40)).count("<article") == 25


def test_what_did_not_work_is_told_on_the_card_and_goes_with_the_next_click(
    services: Services, user: User, tab: HistoryTab
) -> None:
    stopped = row(user.id, "Dở dang", status="paused", completed_at=None, engine_revision="of another time")
    keep(services, stopped)
    wrong = tab._done(user.id, "en", "resume", stopped.id)
    assert wrong[0] == stopped.id and "has changed" in wrong[1]
    html = tab.cards(user.id, "en", asked(tab) | {tab.trouble: wrong})
    assert wrong[1] in html and 'role="alert"' in html
    assert tab._done(user.id, "en", "cancel", stopped.id) == history.NOTHING_WRONG
    assert services.generations.get(user.id, stopped.id).status == "cancelled"


def test_days_are_counted_by_the_calendar_of_vietnam() -> None:
    late = datetime(2026, 12, 20, 16, 30, tzinfo=UTC)  # 23:30 in Vietnam
    assert expiry.days_left("2026-12-20T16:59:00+00:00", late) == 0
    assert expiry.days_left("2026-12-20T17:01:00+00:00", late) == 1
    assert expiry.days_left("2026-12-01T00:00:00+00:00", late) == 0, "overdue, and deleted within the hour"


def test_the_last_days_are_told_loudly() -> None:
    def told(days: float) -> str:
        return expiry.told((datetime.now(UTC) + timedelta(days=days)).isoformat(), "vi")

    assert "v-notice" not in told(9) and "Sẽ tự xoá ngày" in told(9)
    assert "còn 2 ngày" in told(2) and "v-notice" in told(2)
    assert "trong hôm nay" in told(0)
    assert expiry.told(None, "vi") == ""


def test_what_goes_within_three_days_is_counted_the_first_one_named(services: Services, user: User) -> None:
    days = services.settings.retention_days
    assert expiry.banner(services, user.id, "vi") == ""
    keep(services, *(row(user.id, f"Mới {n}", timedelta(days=1, hours=n)) for n in range(150)))
    assert expiry.banner(services, user.id, "vi") == ""
    keep(services, *(row(user.id, f"Cũ <{n}>", timedelta(days=days - 2, minutes=n)) for n in range(120)))
    html = expiry.banner(services, user.id, "vi")
    assert "120 bản đọc sẽ tự xoá" in html and "Cũ &lt;119&gt;" in html


def test_nothing_is_said_where_everything_is_kept(services: Services, user: User, tmp_path: Path) -> None:
    keeps = Retention(services.generations._rows, services.generations, services.generations._sweeper, days=0)
    old = row(user.id, "Cũ", timedelta(days=900))
    assert keeps.expires_at(old) is None and expiry.told(keeps.expires_at(old), "vi") == ""
    assert "cho đến khi bạn xoá" in estimate.kept(0, "vi") and "30 ngày" in estimate.kept(30, "vi")


def test_a_recording_of_a_lost_document_brings_back_what_was_read(
    services: Services, speaker: User, voice: Voice, tmp_path: Path
) -> None:
    path = tmp_path / "truyện.txt"
    path.write_text(f"Chương 1\n\n{TEXT}\n\nChương 2\n\nNgày 2/9 trời mưa.\n", encoding="utf-8")
    document = services.library.wait(speaker.id, services.library.add(speaker.id, path, path.name).id)
    asked_for = Request(voice.id, document_id=document.id, voices={"1": voice.id}, speed=1.25)
    made = services.generations.create(speaker.id, asked_for)
    *_, made = services.generations.follow(speaker.id, made.id)
    assert made.status == "completed", made.error
    counts = downloads.ChapterCounts(services.generations)
    assert counts.of(made) == 2
    found = again.left(services, speaker.id, made.id)
    assert (found.source, found.text, found.cast, found.uncast) == ("document", "", {"1": voice.id}, False)
    services.library.delete(speaker.id, document.id)
    found = again.left(services, speaker.id, made.id)
    assert found.source == "text" and found.cast == {} and not found.uncast
    assert TEXT in found.text and "Ngày 2/9 trời mưa." in found.text, "as it was written, not as it is spoken"
    assert "Tài liệu của bản đọc này đã bị xoá" in again.told(found, "vi")


def test_a_recording_of_a_lost_voice_says_so_kindly(services: Services, speaker: User, voice: Voice) -> None:
    lost = row(
        speaker.id, "Một", voice_profile_id="gone", voice_name="Giọng <b>", document_id="d", voices={"0": "gone"}
    )
    keep(services, lost)
    found = again.left(services, speaker.id, lost.id)
    assert found.voice is None and found.cast == {}
    html = again.told(found, "vi")
    assert "Giọng &lt;b&gt;" in html and "chọn giọng khác" in html
    assert "Hãy chọn tài liệu khác" in html, "nothing of what was read is left"


def test_what_was_read_comes_back_a_line_a_paragraph() -> None:
    places = [(0, -1, "Một."), (0, 0, "Hai."), (0, 0, "Ba."), (1, 0, "Bốn.")]
    steps = tuple(Step(Chunk(text, text, "vi", 0.3, chapter, at), "k", "v") for chapter, at, text in places)
    assert again.read_text(steps) == "Một.\nHai. Ba.\n\nBốn."


def test_only_pauses_that_differ_are_asked_for(tab: HistoryTab) -> None:
    options = tab._generate.options
    usual = dict(zip(options.pauses, (PAUSES[b] for b in BOUNDARIES), strict=True))
    assert options.pauses_asked(usual) == {}
    changed = usual | {options.pauses[0]: None, options.pauses[1]: 1.25, options.pauses[4]: 0}
    assert options.pauses_asked(changed) == {"sentence": 1.25, "chapter": 0}
    made = row("u", "Một", pauses={"sentence": 1.25, "chapter": 0.0})
    assert options.pauses_asked(options.of(made, {})) == {"sentence": 1.25, "chapter": 0.0}


BOOK = Document(
    "d1",
    "u1",
    "x.txt",
    "txt",
    "ready",
    "2026-11-22",
    "2026-11-22",
    chapters=(
        Chapter("<Một>", (Paragraph("a"),)),
        Chapter("Hai", (Paragraph("b"),), included=False),
        Chapter("", (Paragraph("c"),)),
    ),
)
VOICES = [("Ba", "v1"), ("<Mẹ>", "v2")]


def test_a_voice_is_chosen_for_each_chapter_that_is_read() -> None:
    html = casting.html(BOOK, VOICES, ("d1", {"2": "v2"}), "vi")
    assert html.count("<select") == 2 and 'data-chapter="1"' not in html, "a chapter left out is not read"
    assert 'value="v2" selected>&lt;Mẹ&gt;' in html and "Phần 3" in html and "<Một>" not in html
    assert casting.html(BOOK, VOICES[:1], casting.NOBODY, "vi") == ""
    assert casting.html(replace(BOOK, chapters=BOOK.chapters[:2]), VOICES, casting.NOBODY, "vi") == ""
    assert "selected>&lt;Mẹ" not in casting.html(BOOK, VOICES, ("another", {"2": "v2"}), "vi")


def test_a_choice_of_a_chapters_voice_is_kept_for_its_document_alone() -> None:
    def choose(before: Any, **data: str) -> Any:
        return casting.assigned(before, gr.EventData(None, data), gr.Request())

    one = choose(casting.NOBODY, document="d1", chapter="2", value="v2")
    both = choose(one, document="d1", chapter="0", value="v1")
    assert casting.voices_of(both, "d1") == {"2": "v2", "0": "v1"} and casting.voices_of(both, "d2") == {}
    assert casting.voices_of(choose(both, document="d1", chapter="2", value=""), "d1") == {"0": "v1"}
    assert casting.voices_of(choose(both, document="d2", chapter="5", value="v1"), "d2") == {"5": "v1"}


@pytest.mark.parametrize(("kind", "told"), [("mp3", "470 KB"), ("wav", "2,7 MB"), ("nonsense", "phút")])
def test_about_how_large_the_file_will_be_is_told(services: Services, kind: str, told: str) -> None:
    """A minute, at the pace that has been measured: 64 kbit/s, or 2 bytes for each of 24,000 samples a second."""
    minute = round(services.paces.words_per_minute("parametric"))
    assert told in estimate.estimate(services, minute, 1.0, "parametric", kind, "vi")


# ---- in a real browser


def owner(page: sync_api.Page) -> str:
    return str(page.evaluate("fetch('/api/auth/me').then((answer) => answer.json())")["id"])


def open_history(page: sync_api.Page) -> sync_api.Locator:
    """Open the tab; gives its list."""
    page.locator("#history-button").click()
    listing = page.locator("#history-list")
    expect(listing.locator("h2")).to_be_visible()
    return listing


def add_book(app: App, user: str, tmp_path: Path) -> str:
    path = tmp_path / "sách.txt"
    path.write_text("".join(f"Chương {n}\n\nĐây là chương thứ {n}, ngắn thôi.\n\n" for n in (1, 2, 3)), "utf-8")
    return app.services.library.wait(user, app.services.library.add(user, path, path.name).id).id


def second_voice(app: App, user: str) -> Voice:
    """Another voice of the same sample."""
    first = app.services.voices.list(user)[0]
    copy = app.services.files.temporary() / "voice.wav"
    copy.write_bytes(app.services.voices.reference(first).read_bytes())
    return app.services.voices.wait(user, app.services.voices.create(user, copy, "Giọng hai", True).id)


def test_what_is_typed_is_looked_for_and_filters_are_combined(
    context: sync_api.BrowserContext,  # noqa: F811
    app: App,
    asked_elsewhere: list[str],  # noqa: F811
) -> None:
    page = signed_in_with_voice(context, app, asked_elsewhere)
    user = owner(page)
    open_history(page)
    expect(page.locator("#history-filters")).to_be_hidden()  # nothing to look for yet
    old = timedelta(days=app.services.settings.retention_days - 1)
    keep(app.services, *(row(user, f"Bài {n}") for n in range(30)))
    keep(app.services, row(user, "Đời mưa gió", old), row(user, "Mưa hè", status="cancelled", completed_at=None))
    page.reload()
    listing = open_history(page)
    expect(page.locator("#history-expiring")).to_contain_text("“Đời mưa gió”")
    expect(listing.locator("article")).to_have_count(20)
    page.locator("#history-search").locator("input, textarea").press_sequentially("mua", delay=40)
    expect(listing).to_contain_text("Tìm thấy 2 trên 32 bản đọc")
    expect(listing.locator("h3")).to_have_text(["Mưa hè", "Đời mưa gió"])
    page.locator("#history-status input").click()
    page.get_by_role("option", name="Hoàn tất").click()
    expect(listing.locator("h3")).to_have_text(["Đời mưa gió"])
    expect(listing.locator("article .v-fair")).to_contain_text("còn 1 ngày")
    page.locator("#history-search").locator("input, textarea").fill("không có")
    expect(listing).to_contain_text("Không có bản đọc nào như vậy")
    listing.locator("[data-action=clear]").click()
    expect(listing.locator("article")).to_have_count(20)
    expect(page.locator("#history-search").locator("input, textarea")).to_have_value("")
    listing.locator("[data-action=more]").click()
    expect(listing.locator("article")).to_have_count(32)


def test_what_cannot_go_on_says_so_beside_its_button(
    context: sync_api.BrowserContext,  # noqa: F811
    app: App,
    asked_elsewhere: list[str],  # noqa: F811
) -> None:
    page = signed_in_with_voice(context, app, asked_elsewhere)
    keep(app.services, row(owner(page), "Dở dang", status="paused", completed_at=None, engine_revision="of old"))
    listing = open_history(page)
    listing.locator("[data-action=resume]").click()
    expect(listing.locator("article [role=alert]")).to_contain_text("phiên bản khác")
    page.wait_for_timeout(800)  # the list has been looked at again
    expect(listing.locator("article [role=alert]")).to_contain_text("phiên bản khác")
    assert page.locator(".toast-body").count() == 0
    listing.locator("[data-action=cancel]").click()
    expect(listing.locator(".v-badge")).to_have_text("Đã huỷ")
    expect(listing.locator("article [role=alert]")).to_have_count(0)


def test_a_recording_is_done_again_with_everything_as_it_was(
    context: sync_api.BrowserContext,  # noqa: F811
    app: App,
    asked_elsewhere: list[str],  # noqa: F811
    tmp_path: Path,
) -> None:
    page = signed_in_with_voice(context, app, asked_elsewhere)
    user = owner(page)
    book, other = add_book(app, user, tmp_path), second_voice(app, user)
    first = next(voice for voice in app.services.voices.list(user) if voice.id != other.id)
    page.reload()
    page.locator("button#generate-button").click()
    expect(page.locator("#generate-estimate")).to_contain_text("được giữ 30 ngày")
    choose(page, "voice", "Đoan")
    page.locator("#generate-more button").first.click()
    page.locator("#generate-cast summary").click()
    page.get_by_label("Giọng của chương “Chương 2”").select_option(label="Giọng hai")
    page.locator("#generate-quality label", has_text="VBR").click()
    page.fill("#pause-sentence input", "0.75")
    page.locator("#pause-sentence input").blur()
    page.locator("#generate-submit").click()
    made = finished(app, user)
    assert (made.voice_profile_id, made.document_id, made.voices) == (first.id, book, {"1": other.id})
    assert (made.quality, made.pauses) == ("vbr", {"sentence": 0.75})
    page.reload()  # the form is as it was at first
    listing = open_history(page)
    downloads_open(page, listing)
    listing.locator("[data-action=again]").click()
    expect(page.locator("#generate-again")).to_contain_text("làm lại “sách”")
    expect(page.locator("#generate-voice input")).to_have_value("Đoan")
    expect(page.locator("#pause-sentence input")).to_have_value("0.75")
    expect(page.locator("#generate-quality input[value=vbr]")).to_be_checked()
    expect(page.get_by_label("Giọng của chương “Chương 2”")).to_have_value(other.id)
    page.locator("#generate-format label", has_text="OPUS").click()
    expect(page.locator("#generate-quality")).to_be_hidden()
    page.locator("#generate-submit").click()
    expect(page.locator("#generate-again")).not_to_contain_text("làm lại")
    second = finished(app, user)
    assert second.id != made.id and (second.format, second.voices) == ("opus", {"1": other.id})
    app.services.library.delete(user, book)
    open_history(page).locator("[data-action=again]").first.click()
    expect(page.locator("#generate-again")).to_contain_text("Tài liệu của bản đọc này đã bị xoá")
    expect(page.locator("#generate-text textarea")).to_have_value(re.compile("Đây là chương thứ 2, ngắn thôi."))
    assert page.locator(".toast-body").count() == 0 and asked_elsewhere == []


def choose(page: sync_api.Page, name: str, value: str) -> None:
    page.locator(f"#generate-{name} input").click()
    page.get_by_role("option", name=value).click()


def finished(app: App, user: str) -> Generation:
    """The newest recording, once it is done."""
    import time

    for _ in range(600):
        newest = app.services.generations.history(user, 1)
        if newest and newest[0].status == "completed":
            break
        time.sleep(0.1)
    assert newest[0].status == "completed", newest
    return newest[0]


def downloads_open(page: sync_api.Page, listing: sync_api.Locator) -> None:
    """Every download of the first recording gives a file of its kind."""
    listing.locator(".v-menu summary").first.click()
    links = listing.locator("article").first.locator(".v-menu a")
    assert links.count() == 12  # six formats, MP3 twice; chapters; SRT and WebVTT, each with words too
    names = []
    for link in links.all():
        with page.expect_download() as waiting:
            link.click()
        assert Path(waiting.value.path()).stat().st_size > 100, link.text_content()
        names.append(waiting.value.suggested_filename)
    endings = ["mp3", "mp3", "wav", "flac", "m4a", "m4b", "opus", "zip", "srt", "srt", "vtt", "vtt"]
    assert [name.split(".")[-1] for name in names] == endings


def test_one_recording_is_heard_in_the_list_while_another_is_paused_and_resumed(
    context: sync_api.BrowserContext,  # noqa: F811
    app: App,
    asked_elsewhere: list[str],  # noqa: F811
) -> None:
    page = signed_in_with_voice(context, app, asked_elsewhere)
    user = owner(page)
    voice = app.services.voices.list(user)[0]
    app.services.generations.create(user, Request(voice.id, text=long_text(3)))
    finished(app, user)
    app.services.generations.create(user, Request(voice.id, text=long_text(300)))
    listing = open_history(page)
    expect(listing.locator("article")).to_have_count(2)
    sound = "document.querySelector('#history-list audio')"
    page.evaluate(f"{sound}.play()")
    page.wait_for_function(f"{sound}.currentTime > 0.3")
    upper = listing.locator("article").first
    upper.locator("[data-action=pause]").click()
    expect(upper.locator(".v-badge")).to_have_text("Tạm dừng")
    upper.locator("[data-action=resume]").click()
    expect(upper.locator(".v-badge")).to_have_text(re.compile("Đang"))
    heard = page.evaluate(f"{sound}.currentTime")
    page.wait_for_function(f"!{sound}.paused && {sound}.currentTime > {heard} + 1", timeout=15_000)
    upper.locator("[data-action=follow]").click()
    expect(page.locator("#generate-progress")).to_contain_text("Huỷ")
    open_history(page)
    upper.locator("[data-action=delete]").click()
    page.locator("dialog button[type=submit]").click()
    expect(listing.locator("article")).to_have_count(1)


def test_the_list_and_its_menus_fit_a_phone(
    context: sync_api.BrowserContext,  # noqa: F811
    app: App,
    asked_elsewhere: list[str],  # noqa: F811
    tmp_path: Path,
) -> None:
    page = signed_in_with_voice(context, app, asked_elsewhere)
    user = owner(page)
    add_book(app, user, tmp_path)
    second_voice(app, user)
    keep(app.services, row(user, "Một bản đọc có tiêu đề rất dài " * 6, pauses={"sentence": 2.0}))
    page.reload()
    page.set_viewport_size({"width": 360, "height": 800})
    wide = "document.documentElement.scrollWidth > window.innerWidth"
    listing = open_history(page)
    listing.locator(".v-menu summary").click()
    listing.locator(".v-more summary").click()
    page.wait_for_timeout(200)
    assert not page.evaluate(wide)
    page.locator("button#generate-button").click()
    page.locator("#generate-more button").first.click()
    page.locator("#generate-cast summary").click()
    page.wait_for_timeout(300)
    assert not page.evaluate(wide)
