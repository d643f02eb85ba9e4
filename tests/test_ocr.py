"""OCR: scans and pictures of pages, made on the spot or real, in; their text, its confidence and its notes out."""

from __future__ import annotations

import collections
import re
import subprocess
import unicodedata
from pathlib import Path

import factories
import needs
import papers
import pymupdf
import pytest
from PIL import Image, ImageFilter

from vnclone import sandbox
from vnclone.documents import cleaning, image, ocr, pdf, pictures
from vnclone.documents.draft import Asked, Draft
from vnclone.documents.reader import read
from vnclone.errors import BadInput, ManyPages, TooLarge, Unavailable
from vnclone.models import Manuscript, Said, manuscript_from_json

LINES = [
    "Cộng hòa xã hội chủ nghĩa Việt Nam,",
    "độc lập, tự do, hạnh phúc.",
    "Căn cứ Luật tổ chức Chính phủ ngày 25",
    "tháng 12 năm 2001 và theo đề nghị của",
    "Bộ trưởng Bộ Tài chính về mức lương,",
    "Thủ tướng Chính phủ quyết định như sau.",
]


@pytest.fixture(autouse=True)
def one_thread(monkeypatch: pytest.MonkeyPatch) -> None:
    """As in the child process that documents are read in."""
    monkeypatch.setenv("OMP_THREAD_LIMIT", "1")


def drafted(path: Path, **asked: object) -> Draft:
    reader = pdf if path.suffix == ".pdf" else image
    return reader.read(str(path), Asked(**{"filename": path.name, **asked}), lambda said, share: None)


def said(draft: Draft) -> str:
    return " ".join(block.text for block in draft.blocks)


def opened(path: Path) -> Manuscript:
    return manuscript_from_json(read(str(path), lambda said, share: None, filename=path.name))


def scanned(path: Path, pages: list[list[str]] | None = None) -> Image.Image:
    """The first page of such a scan as a grey picture at 200 dpi."""
    with pymupdf.open(factories.scan(path, pages or [LINES])) as document:
        return ocr.render(document[0]).convert("L")


def recall(truth: str, text: str) -> float:
    """The share of the words of `truth` that are in `text`."""
    wanted, found = (
        collections.Counter(re.findall(r"\w+", unicodedata.normalize("NFC", t).lower())) for t in (truth, text)
    )
    return (wanted & found).total() / wanted.total()


def plain_tesseract(picture: Image.Image, folder: Path) -> str:
    picture.save(folder / "plain.png")
    command = [needs.ocr_language("vie"), str(folder / "plain.png"), "-", "-l", "vie", "--psm", "3", "--dpi", "200"]
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout


def test_a_scan_with_a_stray_stamp_is_recognised_within_4_gib(tmp_path: Path) -> None:
    needs.ocr_language("vie")
    path = factories.scan(tmp_path / "a.pdf", [LINES], stamp="a.vn")
    limits = sandbox.Limits(seconds=60, memory_bytes=4 << 30)
    arguments = {"path": str(path), "filename": path.name}
    manuscript = manuscript_from_json(sandbox.run("vnclone.documents.reader:read", arguments, limits, reads=[path]))
    assert " ".join(LINES) in manuscript.text.replace("\n\n", " ")
    assert "recognised" in manuscript.notes[0].en
    assert [scan.page for scan in manuscript.scans] == [1] and 80 < manuscript.scans[0].confidence <= 100


def test_only_pages_that_need_it_are_recognised(tmp_path: Path) -> None:
    needs.ocr_language("vie")
    document = pymupdf.open(factories.pdf(tmp_path / "text.pdf", [["Trang có chữ thật."]]))
    document.insert_pdf(pymupdf.open(factories.scan(tmp_path / "scan.pdf", [LINES])))
    document.new_page()
    document.save(tmp_path / "both.pdf")
    draft = drafted(tmp_path / "both.pdf")
    assert said(draft) == " ".join(["Trang có chữ thật.", *LINES])
    assert [scan.page for scan in draft.scans] == [2] and "Trang 2 " in draft.notes[0].vi


def layered(path: Path, lines: list[str], layer: list[str]) -> Path:
    """A scan of `lines` over which another program laid `layer` unseen, as what it had recognised."""
    document = pymupdf.open(factories.scan(path.with_suffix(".bare.pdf"), [lines]))
    writer = pymupdf.TextWriter(document[0].rect)
    for row, line in enumerate(layer):
        writer.append((72, 90 + row * 20), line, font=papers.REGULAR, fontsize=11)
    writer.write_text(document[0], render_mode=3)
    document.save(path)
    return path


@pytest.mark.parametrize("kind", ["no marks", "half of the marks"])
def test_a_layer_without_its_marks_is_recognised_anew(tmp_path: Path, kind: str) -> None:
    needs.ocr_language("vie")
    bare = [unicodedata.normalize("NFD", line).replace("đ", "d").replace("Đ", "D") for line in LINES]
    layer = ["".join(sign for sign in line if not unicodedata.combining(sign)) for line in bare]
    if kind == "half of the marks":
        layer = [
            " ".join(a if n % 3 else b for n, (a, b) in enumerate(zip(x.split(), y.split(), strict=True)))
            for x, y in zip(layer, LINES, strict=True)
        ]
    draft = drafted(layered(tmp_path / "a.pdf", LINES, layer))
    assert said(draft) == " ".join(LINES) and [scan.page for scan in draft.scans] == [1]


def test_a_good_layer_is_taken_as_it_is(tmp_path: Path) -> None:
    english = ["The committee of the house met on the", "first of June and decided that all of", "it is to be read by"]
    for name, lines in (("vi.pdf", LINES), ("en.pdf", english * 2)):
        draft = drafted(layered(tmp_path / name, lines, lines))
        assert said(draft) == " ".join(lines) and not draft.scans


def test_a_font_without_letters_goes_to_ocr(tmp_path: Path) -> None:
    needs.ocr_language("vie")
    document = pymupdf.open(factories.pdf(tmp_path / "a.pdf", [LINES], size=13))
    for xref in range(1, document.xref_length()):
        if document.xref_get_key(xref, "ToUnicode")[0] != "null":
            document.xref_set_key(xref, "ToUnicode", "null")
    document.save(tmp_path / "b.pdf")
    draft = drafted(tmp_path / "b.pdf")
    assert recall(" ".join(LINES), said(draft)) > 0.95 and [scan.page for scan in draft.scans] == [1]


def test_progress_names_the_page_and_the_time_left(tmp_path: Path) -> None:
    needs.ocr_language("vie")
    heard: list[tuple[Said, float]] = []
    path = factories.scan(tmp_path / "a.pdf", [LINES] * 3)
    pdf.read(str(path), Asked(), lambda said, share: heard.append((said, share)))
    told = [said.vi for said, _ in heard]
    assert "Đang nhận dạng chữ trang 1/3…" in told and any("trang 3/3" in sentence for sentence in told)
    shares = [share for _, share in heard]
    assert shares == sorted(shares) and shares[-1] == 1


def test_the_time_left_is_told_in_round_figures(monkeypatch: pytest.MonkeyPatch) -> None:
    clock = iter([0.0, 63.0])
    monkeypatch.setattr(ocr.time, "monotonic", lambda: next(clock, 63.0))
    heard: list[Said] = []
    progress = ocr._Progress(20, lambda said, share: heard.append(said))
    progress._done = 10
    assert progress._said().vi == "Đang nhận dạng chữ trang 11/20, còn khoảng 65 giây…"
    progress._done = 2
    assert progress._said().en.endswith("about 9 minutes left…")


def test_without_ocr_scans_are_named_and_the_rest_is_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    ocr._installed.cache_clear()
    scan = factories.scan(tmp_path / "scan.pdf", [["Trang quét"]] * 2)
    with pytest.raises(BadInput, match=ocr.INSTALL):
        drafted(scan)
    Image.new("L", (300, 300), 255).save(tmp_path / "a.png")
    with pytest.raises(Unavailable, match=ocr.INSTALL):
        drafted(tmp_path / "a.png")
    document = pymupdf.open(factories.pdf(tmp_path / "text.pdf", [["Trang có chữ thật."]]))
    document.insert_pdf(pymupdf.open(scan))
    document.save(tmp_path / "both.pdf")
    draft = drafted(tmp_path / "both.pdf")
    monkeypatch.undo()
    ocr._installed.cache_clear()
    assert said(draft) == "Trang có chữ thật."
    assert "2–3" in draft.notes[0].vi and ocr.INSTALL in draft.notes[0].vi


def test_a_page_on_which_nothing_is_found_is_named(tmp_path: Path) -> None:
    needs.ocr_language("vie")
    document = pymupdf.open(factories.pdf(tmp_path / "text.pdf", [["Trang có chữ thật."]]))
    page = document.new_page()
    page.insert_image(page.rect, pixmap=pymupdf.Pixmap(pymupdf.csGRAY, (0, 0, 9, 9)))
    document.save(tmp_path / "a.pdf")
    draft = drafted(tmp_path / "a.pdf")
    assert said(draft) == "Trang có chữ thật." and "2" in draft.notes[0].en and not draft.scans


def test_a_slide_s_few_words_survive_without_ocr(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ocr, "languages", lambda: "")
    assert said(drafted(factories.scan(tmp_path / "a.pdf", [["Nền"]], stamp="Agenda for today"))) == "Agenda for today"


def test_a_huge_page_is_rendered_within_25_megapixels() -> None:
    document = pymupdf.open()
    picture = ocr.render(document.new_page(width=14_400, height=14_400))
    assert picture.width * picture.height <= ocr.MAX_PIXELS


# Cleaning


@pytest.mark.parametrize("angle", [-9.0, -3.0, -1.5, 1.0, 2.0, 5.0, 10.0])
def test_the_angle_of_a_page_is_measured_to_a_fifth_of_a_degree(tmp_path: Path, angle: float) -> None:
    picture = scanned(tmp_path / "a.pdf", [LINES * 4])
    tilted = picture.rotate(-angle, expand=True, fillcolor=255, resample=Image.Resampling.BICUBIC)
    assert abs(cleaning.skew(tilted) - angle) <= 0.2
    assert cleaning.straightened(picture) is picture


def test_a_page_askew_is_read_like_a_level_one_and_better_than_tesseract_alone(tmp_path: Path) -> None:
    needs.ocr_language("vie")
    tilted = scanned(tmp_path / "a.pdf", [LINES * 4]).rotate(8, expand=True, fillcolor=255)
    ours = " ".join(line.text for line in ocr.read_page(tilted, 1, 842).lines)
    truth = " ".join(LINES * 4)
    assert recall(truth, ours) > 0.97 > recall(truth, plain_tesseract(tilted, tmp_path))


@pytest.mark.parametrize("turn", [90, 180, 270])
def test_a_page_on_its_side_or_head_is_turned(tmp_path: Path, turn: int) -> None:
    needs.ocr_language("vie")
    turned = scanned(tmp_path / "a.pdf", [LINES * 4]).rotate(turn, expand=True)
    found = ocr.read_page(turned, 1, 842)
    assert recall(" ".join(LINES * 4), " ".join(line.text for line in found.lines)) > 0.95


def test_a_red_stamp_over_words_does_not_cost_them(tmp_path: Path) -> None:
    needs.ocr_language("vie")
    from PIL import ImageDraw

    picture = scanned(tmp_path / "a.pdf", [LINES * 4]).convert("RGB")
    stamp = Image.new("RGB", picture.size, "white")
    drawing = ImageDraw.Draw(stamp)
    for radius in range(60, 240, 24):
        drawing.ellipse((500 - radius, 600 - radius, 500 + radius, 600 + radius), outline=(214, 30, 40), width=7)
    from PIL import ImageChops

    stamped = ImageChops.multiply(picture, stamp)
    truth = " ".join(LINES * 4)
    ours = recall(truth, " ".join(line.text for line in ocr.read_page(stamped, 1, 842).lines))
    assert ours > 0.95 and ours >= recall(truth, plain_tesseract(stamped.convert("L"), tmp_path))


def test_a_shadow_over_the_paper_does_not_cost_the_words_in_it(tmp_path: Path) -> None:
    needs.ocr_language("vie")
    from PIL import ImageChops

    picture = scanned(tmp_path / "a.pdf", [LINES * 4])
    shade = Image.linear_gradient("L").rotate(90).resize(picture.size).point(lambda value: 60 + value * 195 // 255)
    shadowed = ImageChops.multiply(picture, shade).filter(ImageFilter.GaussianBlur(0.6))
    found = " ".join(line.text for line in ocr.read_page(shadowed, 1, 842).lines)
    assert recall(" ".join(LINES * 4), found) > 0.97


def test_an_english_page_is_read_in_english(tmp_path: Path) -> None:
    needs.ocr_language("eng")
    needs.ocr_language("vie")
    lines = [
        "The quick brown fox jumps over the lazy dog while",
        "the committee writes its annual report on children,",
        "which everybody should have read by the end of June.",
    ]
    assert recall(" ".join(lines), said(drafted(factories.scan(tmp_path / "a.pdf", [lines])))) == 1.0


# Pictures of pages


@pytest.mark.parametrize("name", ["a.png", "a.jpg", "a.tif", "a.webp", "a.bmp", "a.gif"])
def test_pictures_of_pages_are_read(tmp_path: Path, name: str) -> None:
    needs.ocr_language("vie")
    picture = scanned(tmp_path / "a.pdf")
    picture.save(tmp_path / name)
    draft = drafted(tmp_path / name)
    assert recall(" ".join(LINES), said(draft)) > 0.95
    assert draft.pages == 1 and draft.scans[0].page == 1 and "recognised" in draft.notes[0].en


def test_every_frame_of_a_tiff_is_a_page(tmp_path: Path) -> None:
    needs.ocr_language("vie")
    frames = [
        scanned(tmp_path / f"{n}.pdf", [[f"Trang thứ {word} của tài liệu", *LINES]])
        for n, word in enumerate(("nhất", "hai"))
    ]
    frames[0].convert("1").save(tmp_path / "a.tif", save_all=True, append_images=[frames[1].convert("1")])
    draft = drafted(tmp_path / "a.tif")
    assert [scan.page for scan in draft.scans] == [1, 2] and {block.page for block in draft.blocks} == {1, 2}
    assert "nhất" in said(draft) and "hai" in said(draft)
    with pytest.raises(ManyPages):
        drafted(tmp_path / "a.tif", max_pages=1)


def test_a_photograph_is_turned_as_its_camera_says(tmp_path: Path) -> None:
    needs.ocr_language("vie")
    exif = Image.Exif()
    exif[0x0112] = 6  # to be turned a quarter clockwise
    large = scanned(tmp_path / "a.pdf").resize((3300, 4670)).rotate(90, expand=True)
    large.convert("RGB").save(tmp_path / "a.jpg", exif=exif, quality=80)
    assert recall(" ".join(LINES), said(drafted(tmp_path / "a.jpg"))) > 0.95
    pictures.page_picture(str(tmp_path / "a.jpg"), 1, 800, str(tmp_path / "b.jpg"), lambda said, share: None)
    with Image.open(tmp_path / "b.jpg") as shown:
        assert shown.width == 800 and shown.height > shown.width


def test_black_letters_on_nothing_are_black_letters_on_white(tmp_path: Path) -> None:
    needs.ocr_language("vie")
    clear = Image.new("RGBA", (picture := scanned(tmp_path / "a.pdf")).size, (0, 0, 0, 0))
    clear.putalpha(picture.point(lambda value: 255 - value))
    clear.save(tmp_path / "a.png")
    assert recall(" ".join(LINES), said(drafted(tmp_path / "a.png"))) > 0.95


def test_pictures_too_large_broken_or_without_letters_are_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    Image.new("1", (15_000, 9_000)).save(tmp_path / "bomb.png")
    with pytest.raises(TooLarge):
        drafted(tmp_path / "bomb.png")
    scanned(tmp_path / "a.pdf").save(tmp_path / "a.png")
    whole = (tmp_path / "a.png").read_bytes()
    for name, data in (("half.png", whole[: len(whole) // 2]), ("junk.png", whole[:30] + bytes(500))):
        (tmp_path / name).write_bytes(data)
        with pytest.raises(BadInput, match="damaged"):
            drafted(tmp_path / name)
    needs.ocr_language("vie")
    Image.new("L", (800, 800), 255).save(tmp_path / "blank.png")
    with pytest.raises(BadInput, match="No text"):
        drafted(tmp_path / "blank.png")


# Real scans


def test_a_real_scan_says_what_its_word_edition_says() -> None:
    needs.ocr_language("vie")
    manuscript = opened(needs.documents() / "scan-10209542.pdf")
    text = " ".join(manuscript.text.split())
    for phrase in ("Ngân hàng Chính sách xã hội", "Thủ tướng Chính phủ", "hỗ trợ lãi suất đối với các khoản vay"):
        assert phrase in text
    assert not re.search(r"[\x00-\x09\x0b-\x1f]", manuscript.text)


@pytest.mark.long
def test_a_real_scan_is_read_no_worse_than_by_tesseract_alone(tmp_path: Path) -> None:
    path = needs.documents() / "scan-10209629.pdf"
    soffice = needs.program("soffice", "libreoffice-writer")
    profile = f"-env:UserInstallation=file://{tmp_path}/profile"
    convert = [soffice, profile, "--headless", "--convert-to", "txt:Text (encoded):UTF8", "--outdir", str(tmp_path)]
    subprocess.run([*convert, str(path.with_suffix(".doc"))], check=True, capture_output=True, timeout=120)
    truth = (tmp_path / "scan-10209629.txt").read_text(encoding="utf-8-sig")
    with pymupdf.open(path) as document:
        plain = " ".join(plain_tesseract(ocr.render(page).convert("L"), tmp_path) for page in document)
    assert recall(truth, said(drafted(path))) >= recall(truth, plain) - 0.003
