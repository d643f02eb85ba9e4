"""The page's words, formats and HTML: what needs no browser."""

from __future__ import annotations

import asyncio
import re
import string
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import gradio as gr
import pytest

from vnclone import engines
from vnclone.errors import BadInput
from vnclone.models import FORMATS, Chapter, Document, Generation, Paragraph, Pronunciation, Said, Scan, Voice
from vnclone.services.previewing import Preview
from vnclone.services.tasks import Progress
from vnclone.settings import Settings
from vnclone.text.differences import Stretch
from vnclone.text.lexicon import Lexicon
from vnclone.ui import (
    choices,
    document_cards,
    downloads,
    formatting,
    frame,
    guest,
    history,
    lexicon,
    markup,
    player,
    preview,
    scans,
    session,
    spoken,
    theme,
    voices,
)
from vnclone.ui.actions import asked, asked_number, asked_yes
from vnclone.ui.cards import About
from vnclone.ui.door import door
from vnclone.ui.newest import Newest
from vnclone.ui.registry import Registry
from vnclone.ui.view import CHAPTERS_AT_ONCE, PARAGRAPHS_AT_ONCE, View, asked_view
from vnclone.ui.view import About as Around
from vnclone.ui.words import WORDS, say

NASTY = "<img src=x onerror=alert(1)> ${alert(2)} {{x}} \"'&"
MOMENT = "2026-11-22T19:20:30.000001+00:00"
UI = Path(voices.__file__).parent
VOICE = Voice("v1", "u1", NASTY, "ready", MOMENT, MOMENT, MOMENT, MOMENT, duration=12.4, quality_score=91)
DOCUMENT = Document(
    id="d1",
    user_id="u1",
    filename=NASTY + ".txt",
    file_type="txt",
    status="ready",
    created_at=MOMENT,
    updated_at=MOMENT,
    title=NASTY,
    word_count=300,
    chapters=(
        Chapter(NASTY, (Paragraph("Một hai ba."), Paragraph(NASTY))),
        Chapter("Hai", (Paragraph("Bốn năm."),), included=False),
    ),
    notes=(Said(NASTY, NASTY),),
)
EDITED = replace(
    DOCUMENT,
    chapters=(
        Chapter("A", (Paragraph("", original="Câu đã bỏ."), Paragraph("Mới.", original=NASTY), Paragraph(NASTY))),
        Chapter("B", (Paragraph("Câu trang hai.", page=2),)),
    ),
    scans=(Scan(2, 61), Scan(3, 95)),
)
GENERATION = Generation(
    id="g1",
    user_id="u1",
    voice_profile_id="v1",
    document_id="",
    text_input="x",
    title=NASTY,
    voice_name=NASTY,
    language="vi",
    accent="north",
    engine="parametric",
    engine_revision="1",
    speed=1.0,
    format="mp3",
    status="processing",
    created_at=MOMENT,
    updated_at=MOMENT,
    progress=34,
    chunks_done=3,
    chunks_total=9,
    eta_seconds=125.0,
)

ABOUT = About(lambda g, what: "/a?x=1&y=2", lambda g: MOMENT, lambda g: 3, ("g1", NASTY))


def event(**data: object) -> gr.EventData:
    return gr.EventData(None, data)


def test_every_sentence_has_the_same_blanks_in_both_languages() -> None:
    blanks = {key: [_blanks(said.vi), _blanks(said.en)] for key, said in WORDS.items()}
    assert {key: found for key, found in blanks.items() if found[0] != found[1]} == {}


def _blanks(sentence: str) -> set[str | None]:
    return {name for _, name, _, _ in string.Formatter().parse(sentence) if name}


def test_every_sentence_is_used_and_every_used_one_exists() -> None:
    files = [path for path in UI.glob("*.py") if not path.name.startswith("words")] + list(theme.ASSETS.glob("*.js"))
    code = "".join(path.read_text(encoding="utf-8") for path in files)
    quoted = set(re.findall(r"""["']([a-z_]+)["']""", code))
    prefixes = ("status_", "language_", "accent_", "source_", "engine_", "download_", "pause_", "mp3_")
    prefixes += ("listen_", "redo_")  # the script puts these together
    prefixes += ("kind_", "skip_", "encoding_", "why_", "edit_")
    unused = {key for key in WORDS if key not in quoted and not key.startswith(prefixes)}
    assert unused == set()
    assert set(re.findall(r"""say\(["']([a-z_]+)["']""", code)) <= set(WORDS)


def test_no_vietnamese_sentence_is_left_in_the_english_ones() -> None:
    letters = re.compile("[ăâđêôơưĂÂĐÊÔƠƯ\u1ea0-\u1ef9]")
    assert [
        key for key, said in WORDS.items() if letters.search(said.en) and key not in ("switch", "switch_hint")
    ] == []


def test_numbers_follow_the_language() -> None:
    assert formatting.number(1234567, "vi") == "1.234.567"
    assert formatting.number(1234567, "en") == "1,234,567"


@pytest.mark.parametrize(
    ("seconds", "vi", "en"),
    [
        (0, "0 giây", "0 s"),
        (45.4, "45 giây", "45 s"),
        (59.6, "1 phút", "1 min"),
        (200, "3 phút 20 giây", "3 min 20 s"),
        (3600, "1 giờ", "1 h"),
        (3900, "1 giờ 5 phút", "1 h 5 min"),
    ],
)
def test_a_length_is_told_in_the_two_largest_units(seconds: float, vi: str, en: str) -> None:
    assert (formatting.length(seconds, "vi"), formatting.length(seconds, "en")) == (vi, en)


@pytest.mark.parametrize(("seconds", "told"), [(1, "5 giây"), (12, "10 giây"), (58, "1 phút"), (140, "2 phút")])
def test_an_estimate_claims_no_precision_it_has_not(seconds: float, told: str) -> None:
    assert formatting.rough_length(seconds, "vi") == told


def test_times_are_shown_as_in_vietnam() -> None:
    assert formatting.date(MOMENT, "vi") == "23/11/2026 02:20"
    assert formatting.date(MOMENT, "en") == "23 Nov 2026, 02:20"


def pages() -> dict[str, str]:
    """Every piece of HTML that shows what a person wrote, in Vietnamese."""
    failed = replace(VOICE, status="failed", error=Said(NASTY, NASTY))
    done = replace(GENERATION, status="completed", progress=100, completed_at=MOMENT)
    broken = replace(GENERATION, status="failed", error=Said(NASTY, NASTY))
    busy = {"v1": Progress(Said(NASTY, NASTY), 0.5)}
    return {
        "voices": voices.cards([VOICE, failed, replace(VOICE, status="processing")], busy, "vi", [VOICE]),
        "documents": document_cards.cards(
            [DOCUMENT, replace(DOCUMENT, status="failed", error=Said(NASTY, NASTY))], {}, 150, "vi"
        ),
        "document": preview.page(EDITED, View(0, page=2), Around(150, lambda page: "/p?a=1&b=2", error=NASTY), "vi"),
        "history": history.listing([done, GENERATION, broken], (3, 30), True, ABOUT, "vi"),
        "player": player.player(done, True, "/a?x=1&y=2", "vi") + player.progress(broken, "vi"),
        "form": voices.form("vi", Settings(), error=NASTY, done=NASTY),
        "notice": markup.notice(NASTY),
        "lexicon": lexicon.listed([Pronunciation(NASTY, NASTY)], NASTY, 1, "vi")
        + lexicon.search_form(NASTY, 1, 1, "vi")
        + lexicon.add_form({"word": NASTY, "say": NASTY}, NASTY, 1, "vi"),
        "spoken": spoken.html(Preview(((Stretch(NASTY, NASTY, True),),), True), Lexicon.of({NASTY: NASTY}), 1, "vi"),
    }


@pytest.mark.parametrize("name", list(pages()))
def test_what_people_write_never_becomes_markup(name: str) -> None:
    html = pages()[name]
    assert "&lt;img src=x onerror=alert(1)&gt;" in html
    assert "<img src=x" not in html
    assert 'x}} "' not in html, "a quote would end the attribute"


def test_a_signed_link_survives_in_an_attribute() -> None:
    html = downloads.menu(GENERATION, ABOUT.link, 1, "vi")
    assert 'href="/a?x=1&amp;y=2&amp;format=wav&amp;download=1"' in html
    assert 'data-src="/a?x=1&amp;y=2"' in player.player(GENERATION, True, "/a?x=1&y=2", "vi")


def test_a_generation_is_heard_from_its_first_chunk_on() -> None:
    assert player.player(replace(GENERATION, chunks_done=0), False, "/a", "vi") == ""
    live = player.player(GENERATION, True, "/a", "vi")
    assert 'data-src="/a"' in live and "data-final" not in live
    assert player.player(replace(GENERATION, status="cancelled"), False, "/a", "vi") == ""


def test_the_sound_is_the_scripts_alone_so_that_a_new_value_cannot_restart_it() -> None:
    assert "<audio" not in player.player(replace(GENERATION, completed_at=MOMENT), True, "/a", "vi")


def test_progress_is_told_in_words_and_numbers() -> None:
    html = player.progress(GENERATION, "vi")
    assert "Đang tạo audio… · 34% · đoạn 3/9 · còn 2 phút" in html
    assert 'aria-valuenow="34"' in html and 'role="status"' in html
    assert 'data-action="cancel"' in html
    assert 'data-action="cancel"' not in player.progress(replace(GENERATION, status="completed"), "vi")


def test_empty_lists_teach_the_next_step() -> None:
    assert "Chưa có giọng nào" in voices.cards([], {}, "vi")
    assert "No documents yet" in document_cards.cards([], {}, 150, "en")
    assert 'data-goto="generate"' in history.listing([], (0, 0), False, ABOUT, "vi")


def test_more_is_offered_only_while_there_is_more() -> None:
    assert history.pages(20, 20, "vi") == ""
    assert 'data-count="40"' in history.pages(20, 21, "vi")


def test_a_document_tells_words_and_length_of_the_chapters_that_are_read() -> None:
    left_out = replace(DOCUMENT, chapters=(DOCUMENT.chapters[1],))
    assert preview.included(left_out, 150, "vi")[1] == "0 từ"
    assert preview.included(replace(left_out, chapters=(Chapter("x", (Paragraph("từ " * 300),)),)), 150, "vi")[1:] == [
        "300 từ",
        "khoảng 2 phút",
    ]


def test_a_long_chapter_is_shown_in_parts() -> None:
    long = replace(DOCUMENT, chapters=(Chapter("x", tuple(Paragraph(f"câu {n}") for n in range(100))),))
    html = preview.page(long, View(0), Around(150), "vi")
    assert html.count('class="v-paragraph"') == PARAGRAPHS_AT_ONCE
    assert "Xem thêm 20 đoạn" in html
    assert preview.page(long, View(0, limit=480), Around(150), "vi").count('class="v-paragraph"') == 100


def test_a_long_book_stays_light() -> None:
    book = tuple(Chapter(f"Chương {n}", tuple(Paragraph("từ " * 30) for _ in range(25))) for n in range(200))
    html = preview.page(replace(DOCUMENT, chapters=book), View(), Around(150), "vi")
    assert html.count('class="v-chapter"') == CHAPTERS_AT_ONCE
    assert "Xem thêm 140 chương" in html
    assert len(html) < 60_000


def test_what_is_unfolded_is_taken_from_the_browser_within_bounds() -> None:
    assert asked_view(event(), DOCUMENT) == View()
    assert asked_view(event(opened="1", limit="480", chapters="360", page="3"), DOCUMENT) == View(1, 480, 360, 3)
    assert asked_view(event(opened="7", limit="-1", chapters="x", page="none"), DOCUMENT) == View()
    single = replace(DOCUMENT, chapters=DOCUMENT.chapters[:1])
    assert asked_view(event(opened="none"), single).opened == 0, "a single chapter is always open"


def test_what_was_left_out_or_changed_can_be_taken_back() -> None:
    html = preview.page(EDITED, View(0), Around(150), "vi")
    assert "<del>Câu đã bỏ.</del>" in html and html.count('data-action="restore"') == 2
    assert "đã sửa" in html


def test_why_a_chapter_was_left_out_is_told_while_it_is() -> None:
    parts = tuple(Chapter(title, (Paragraph("x"),), False) for title in ("", "MỤC LỤC", "Tài liệu tham khảo", "Khác"))
    found = replace(DOCUMENT, chapters=parts)
    html = preview.page(found, View(), Around(150, proposed=frozenset(range(4))), "vi")
    told = [html.index(words) for words in ("Trang bìa", "Mục lục, thường", "Tài liệu tham khảo, thường", "Phần này")]
    assert told == sorted(told)
    assert "thường không cần nghe" not in preview.page(found, View(), Around(150), "vi"), "the person's own choice"


def test_only_kinds_that_occur_can_be_skipped() -> None:
    mixed = (Paragraph("x"), Paragraph("y", "footnote"), Paragraph("z", "footnote"))
    found = replace(DOCUMENT, chapters=(Chapter("A", mixed),), skipped=("footnote",))
    html = preview.page(found, View(0), Around(150), "vi")
    assert html.count('data-action="skip"') == 1 and "Chú thích cuối trang (2)" in html
    assert 'data-kind="footnote">' in html, "not ticked: it is not read"
    assert preview.included(found, 150, "vi")[1] == "1 từ"


def test_the_encoding_that_was_found_is_told_beside_the_switch() -> None:
    html = preview.page(replace(DOCUMENT, encoding="tcvn3"), View(), Around(150), "vi")
    assert "Đã chuyển từ TCVN3" in html
    assert [value in html for value in ('value="keep"', 'value="viqr"', 'value="auto" selected')] == [True] * 3


def test_doubtful_pages_are_listed_and_one_is_shown_beside_its_text() -> None:
    html = preview.page(EDITED, View(-1, page=2), Around(150, lambda page: f"/p/{page}?a=1&b=2"), "vi")
    assert "Trang quét: 2, trong đó 1 trang" in html and "Trang 2 · 61%" in html and "Trang 3 · 95%" not in html
    assert 'src="/p/2?a=1&amp;b=2"' in html and "Câu trang hai." in html
    assert "không phải trang quét" in preview.page(EDITED, View(-1, page=9), Around(150), "vi")
    assert scans.scans(DOCUMENT, View(), Around(150), "vi") == ""


def test_a_card_asks_for_what_its_file_needs() -> None:
    needs = replace(DOCUMENT, status="failed", asks="pages", error=Said("Có 1320 trang.", "It has 1,320 pages."))
    assert "Đọc cả 1.320 trang" in document_cards.card(needs, None, 150, "vi")
    html = document_cards.card(replace(needs, asks="password"), None, 150, "vi")
    assert 'type="password"' in html and "Chờ bạn trả lời" in html
    assert "data-ask" not in document_cards.card(replace(needs, asks=""), None, 150, "vi")


def test_a_card_tells_how_far_the_reading_is_and_can_stop_it() -> None:
    progress = Progress(Said("Đang nhận dạng trang 3/9, còn 2 phút", "x"), 0.3)
    html = document_cards.card(replace(DOCUMENT, status="processing"), progress, 150, "vi")
    assert "Đang nhận dạng trang 3/9, còn 2 phút" in html and "30%" in html and "Dừng đọc" in html
    again = document_cards.card(DOCUMENT, progress, 150, "vi")
    assert "30%" in again and "Xem và chọn chương" in again, "it can be used meanwhile"


def test_the_forms_of_a_guest_tell_password_managers_what_their_fields_are() -> None:
    html = guest.landing("vi", registration_open=True)
    for kind in ("username", "current-password", "new-password", "name"):
        assert f'autocomplete="{kind}"' in html
    labels = set(re.findall(r'<label for="([^"]+)"', html))
    inputs = set(re.findall(r'<input id="([^"]+)"', html))
    assert inputs and inputs == labels


def test_a_closed_server_offers_no_registration() -> None:
    assert "register" not in guest.landing("vi", registration_open=False)


def test_the_header_of_a_guest_has_no_sign_out() -> None:
    assert "data-sign-out" not in frame.header("vi", None)
    assert 'data-set-language="en"' in frame.header("vi", None)
    assert 'data-set-language="vi"' in frame.header("en", None)


def test_the_source_is_linked_in_the_footer() -> None:
    assert 'href="https://example.org/src"' in frame.footer("vi", "https://example.org/src")


def test_what_a_browser_sends_is_taken_as_text_and_numbers_only() -> None:
    assert asked(event(id=["x"]), "id") == "['x']"
    assert asked(gr.EventData(None, None), "id", "none") == "none"
    assert asked_number(event(count="12"), "count") == 12
    for wrong in ("-1", "١٢", "1e9", "9" * 40, None):
        assert asked_number(event(count=wrong), "count", 7) == 7
    assert asked_yes(event(option=True), "option") and not asked_yes(event(option="no"), "option")


@pytest.mark.parametrize(
    ("sent", "speed"), [(1.5, 1.5), ("2", 2.0), (None, 1.0), ("x", 1.0), (float("nan"), 1.0), (-3, 1.0)]
)
def test_a_speed_that_is_no_number_is_the_natural_one(sent: object, speed: float) -> None:
    assert choices.speed(sent) == speed


def test_a_choice_stays_while_it_is_offered() -> None:
    offered = [("Một", "1"), ("Hai", "2")]
    assert "value" not in choices.kept(offered, "2"), "another handler may be setting a newer one"
    assert choices.kept(offered, "9")["value"] == "1"
    assert choices.kept([], "9")["value"] is None


def test_every_engine_is_offered_with_an_honest_line() -> None:
    offered = choices.engines("vi")["choices"]
    assert offered[0][1] == "auto" and len(offered) > 1
    assert [name for _, name in offered[1:]] == list(engines.names())
    assert dict((name, label) for label, name in offered)["parametric"] == "Tham số (có sẵn) · sẵn sàng"
    assert all(" · " in label for label, _ in offered[1:])


def test_every_format_is_offered_and_can_be_downloaded_the_one_asked_for_first() -> None:
    assert [value for _, value in choices.formats("vi")["choices"]] == list(FORMATS)
    html = downloads.menu(replace(GENERATION, format="flac"), ABOUT.link, 1, "vi")
    assert {kind: html.count(f"format={kind}&amp;") for kind in FORMATS} == dict.fromkeys(FORMATS, 1) | {"mp3": 2}
    assert html.index("format=flac") < html.index("format=mp3")
    assert "quality=vbr" in html and "format=vtt" in html


def test_a_file_for_each_chapter_is_offered_where_there_are_several() -> None:
    assert "từng chương" not in downloads.menu(GENERATION, ABOUT.link, 1, "vi")
    assert "MP3 từng chương" in downloads.menu(GENERATION, ABOUT.link, 2, "vi")


def test_a_note_on_a_document_is_seen_on_its_card() -> None:
    assert "v-fair" in document_cards.card(replace(DOCUMENT, notes=(Said("Bảng mã cũ.", "Old."),)), None, 150, "vi")
    assert "v-fair" not in document_cards.card(replace(DOCUMENT, notes=()), None, 150, "vi")


def test_nothing_read_takes_no_time() -> None:
    assert preview.included(replace(DOCUMENT, filename="x", chapters=()), 150, "vi") == ["x", "0 từ"]


def test_a_session_that_ended_leads_to_signing_in() -> None:
    with pytest.raises(gr.Error, match="Phiên đăng nhập đã hết hạn") as told:
        session.member(Opened("a"))
    assert 'href="./"' in str(told.value) and 'href="./"' in session.over("vi")


def test_sizes_are_told_in_the_readers_language() -> None:
    assert formatting.size(100 * 2**20, "vi") == "100 MB"
    assert (formatting.size(3 * 2**29, "vi"), formatting.size(3 * 2**29, "en")) == ("1,5 GB", "1.5 GB")
    assert (formatting.size(1, "vi"), formatting.size(700 << 10, "vi"), formatting.size(5 * 2**19, "vi")) == (
        "1 KB",
        "700 KB",
        "2,5 MB",
    )


def test_the_registry_gives_each_component_its_words() -> None:
    registry = Registry()
    with gr.Blocks():
        box = registry.add(gr.Textbox(), label="email", placeholder="full_name")
    assert registry.components == [box]
    update = registry.updates("en")[0]
    assert (update["label"], update["placeholder"]) == ("Email", "Full name")
    assert registry.updates("vi")[0]["label"] == say("email", "vi")


def test_the_font_has_vietnamese_letters_in_every_weight() -> None:
    files = re.findall(r"url\(/assets/(fonts/[^)]+)\)", theme.font_faces())
    assert len(files) == len(theme.RANGES) * len(theme.WEIGHTS)
    assert [name for name in files if not (theme.ASSETS / name).is_file()] == []
    assert sum("vietnamese" in name for name in files) == len(theme.WEIGHTS)


def test_the_look_fetches_nothing_from_elsewhere() -> None:
    hosts = re.findall(r"(?:https?:)?//[a-z0-9.-]+\.[a-z]{2,}", theme.head() + theme.theme()._get_theme_css())
    assert set(hosts) <= {"http://www.w3.org"}, "the name of SVG's vocabulary is no address"


def test_a_handler_of_any_kind_tells_an_error_of_ours_as_it_is() -> None:
    def plain() -> None:
        raise BadInput("Sai rồi.", "Wrong.")

    async def stream() -> object:
        yield 1
        raise BadInput("Sai rồi.", "Wrong.")

    async def drain() -> None:
        async for _ in door(stream)():
            pass

    with pytest.raises(gr.Error, match="Sai rồi"):
        door(plain)()
    with pytest.raises(gr.Error, match="Sai rồi"):
        asyncio.run(drain())


class Opened(gr.Request):
    """A request of one open page."""

    def __init__(self, page: str) -> None:
        super().__init__(session_hash=page)


def test_only_the_newest_follower_of_a_page_goes_on() -> None:
    newest = Newest()
    with newest.of(Opened("a")) as first, newest.of(Opened("b")) as other:
        assert first() and other()
        with newest.of(Opened("a")) as second:
            assert second() and not first() and other()
    assert newest._tokens == {}, "a page that is gone is not kept"


def test_the_page_is_cheap_to_import_beside_gradio() -> None:
    code = (
        "import time, sys, gradio, vnclone.wire; start = time.perf_counter(); import vnclone.ui.page;"
        "heavy = {'scipy', 'librosa', 'torch', 'pymupdf', 'av', 'pyworld'} & set(sys.modules);"
        "print(time.perf_counter() - start, sorted(heavy))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=120)
    seconds, heavy = done.stdout.split(" ", 1)
    assert heavy.strip() == "[]"
    assert float(seconds) < 0.5
