"""PDF: characters with their places in, paragraphs out; scanned pages go to OCR."""

from __future__ import annotations

import re
import unicodedata
from collections import Counter
from collections.abc import Iterator
from typing import Any

from vnclone.documents import layout, ocr
from vnclone.documents.draft import Asked, Block, Draft
from vnclone.documents.layout import Line
from vnclone.errors import BadInput, Locked
from vnclone.models import Said
from vnclone.sandbox import Report
from vnclone.text.tidy import fold, tidy

READING = Said("Đang đọc tài liệu…", "Reading the document…")

# MuPDF takes a gap for a space only after code points below U+0700, so that "phân bố tần số" set without space
# characters comes out as "phân bốtần số"; the same share of the type size, measured here, is right for every letter.
_SPACE_SHARE = 0.15
_CELL_SHARE = 3.0  # of the type size: a wider gap on one line is another cell or column
_MIN_CHARACTERS = 50  # on a page with a picture over half of it: fewer are a stamp or a link, not its text
_MAX_GARBAGE = 0.1  # share of control, private and unknown characters above which the fonts have no letters
_MIN_STROKES = 50  # drawn paths on a page without text: letters turned into outlines
_BOLD = re.compile(r"bold|black|heavy|semibold|demi", re.IGNORECASE)
_BOLD_FLAG = 16
_SLIDE = re.compile(r"(?:slide|trang|page)\s*\d+|\d+", re.IGNORECASE)


def read(path: str, asked: Asked, report: Report) -> Draft:
    """The PDF at `path`.

    Raises BadInput for a damaged file, or scans where there is no OCR; Locked for a missing or wrong password;
    ManyPages or TooLarge above the limits.
    """
    pymupdf = _pymupdf()
    pymupdf.TOOLS.mupdf_display_errors(False)
    pymupdf.TOOLS.mupdf_display_warnings(False)
    try:
        document = pymupdf.open(path, filetype="pdf")
    except (RuntimeError, ValueError, pymupdf.mupdf.FzErrorBase) as error:
        raise _broken() from error
    with document:
        _unlock(document, asked.password)
        _check_pages(_page_count(document), asked)
        return _draft(document, report)


def _unlock(document: Any, password: str | None) -> None:
    if not document.needs_pass:
        return
    if password is None or password == "":
        raise Locked(
            "Tệp PDF này được bảo vệ bằng mật khẩu. Hãy nhập mật khẩu của tệp rồi thử lại.",
            "This PDF is protected by a password. Enter the file's password and try again.",
        )
    if not document.authenticate(password):
        raise Locked(
            "Mật khẩu của tệp PDF không đúng. Hãy kiểm tra chữ hoa, chữ thường rồi nhập lại.",
            "The password of this PDF is wrong. Check upper and lower case, then enter it again.",
        )


def _check_pages(count: int, asked: Asked) -> None:
    if count == 0:
        raise _broken()
    asked.check_pages(count)


def _page_count(document: Any) -> int:
    """0 where the file's list of pages cannot be read."""
    try:
        return int(document.page_count)
    except (RuntimeError, _pymupdf().mupdf.FzErrorBase):
        return 0


def _broken() -> BadInput:
    return BadInput(
        "Tệp PDF này bị hỏng hoặc tải lên chưa trọn vẹn nên không mở được. Hãy lưu lại rồi tải lên lần nữa.",
        "This PDF is damaged or was not uploaded completely, so it cannot be opened. Save it and upload it again.",
    )


def _draft(document: Any, report: Report) -> Draft:
    lines: dict[int, list[Line]] = {}
    scanned: list[int] = []
    damaged: list[int] = []
    for index in range(document.page_count):
        try:
            page = document[index]
            lines[index + 1] = list(page_lines(page, index + 1))
            if needs_ocr(page, lines[index + 1]):
                scanned.append(index + 1)
        except (RuntimeError, ValueError, _pymupdf().mupdf.FzErrorBase):
            damaged.append(index + 1)
        if index % 10 == 9:
            report(READING, 0.5 * (index + 1) / document.page_count)
    notes = _read_scans(document, scanned, lines, report)
    if damaged:
        notes.append(_damaged_note(damaged))
    elif document.is_repaired:
        notes.append(_repaired_note())
    ordered = [line for number in sorted(lines) for line in lines[number]]
    if not ordered and (damaged or document.is_repaired):
        raise _broken()
    if not ordered and notes:
        raise BadInput(f"Không đọc được chữ nào. {notes[0].vi}", f"No text could be read. {notes[0].en}")
    outline = _outline(document)
    blocks = _with_outline(layout.blocks(ordered, frozenset(outline)), outline)
    title = (document.metadata or {}).get("title") or ""
    return Draft(title, tuple(blocks), document.page_count, tuple(notes))


def _pymupdf() -> Any:
    """PyMuPDF, imported at first need: it takes 0.2 s and is only half typed."""
    import pymupdf

    return pymupdf


def page_lines(page: Any, number: int) -> Iterator[Line]:
    """The page's lines in the order of its text, spaces restored from the gaps between characters."""
    pymupdf = _pymupdf()
    flags = pymupdf.TEXT_PRESERVE_WHITESPACE | pymupdf.TEXT_CID_FOR_UNKNOWN_UNICODE | pymupdf.TEXT_MEDIABOX_CLIP
    height = page.rect.height
    for index, block in enumerate(page.get_text("rawdict", flags=flags)["blocks"]):
        row: Line | None = None
        for raw in block.get("lines", ()):
            line = _line(raw, number, index, height)
            if line is None:
                continue
            if row is not None and _is_same_row(row, line):
                row = _merged(row, line)
                continue
            if row is not None:
                yield row
            row = line
        if row is not None:
            yield row


def _line(raw: dict[str, Any], number: int, block: int, height: float) -> Line | None:
    """One raw line, or None without a sign in it or for text set upwards (a margin's stamp)."""
    if abs(raw["dir"][1]) > 0.5:
        return None
    text, weights, bold, ink = _characters(raw["spans"])
    if not text.strip() or not ink:
        return None
    size = max(weights, key=lambda key: weights[key])
    x0, x1 = ink[0], ink[1]
    _, y0, _, y1 = raw["bbox"]
    is_bold = bold * 2 > sum(weights.values())
    return Line(text.strip(), number, x0, y0, x1, y1, size, is_bold, height, block)


def _characters(spans: list[dict[str, Any]]) -> tuple[str, dict[float, int], int, tuple[float, float] | None]:
    """(text, characters by type size, bold characters, left and right edge of the ink) of a line's spans."""
    out: list[str] = []
    weights: dict[float, int] = {}
    bold, right, left = 0, None, 0.0
    for span in spans:
        size = span["size"]
        is_bold = bool(span["flags"] & _BOLD_FLAG or _BOLD.search(span["font"]))
        for char in span["chars"]:
            sign = char["c"]
            x0, _, x1, _ = char["bbox"]
            if sign.isspace():
                out.append(" ")
                continue
            if right is None:
                left = x0
            elif x0 - right > _SPACE_SHARE * size and out[-1] != " " and not unicodedata.combining(sign[0]):
                out.append(" ")
            out.append(sign)
            right = x1 if right is None else max(right, x1)
            weights[size] = weights.get(size, 0) + 1
            bold += is_bold
    return "".join(out), weights, bold, None if right is None else (left, right)


def _is_same_row(row: Line, line: Line) -> bool:
    """MuPDF cuts a line at tabs and wide spaces; pieces at one height and close together are one line."""
    overlap = min(row.y1, line.y1) - max(row.y0, line.y0)
    is_level = overlap > 0.5 * min(row.y1 - row.y0, line.y1 - line.y0)
    return is_level and -row.size < line.x0 - row.x1 < _CELL_SHARE * row.size


def _merged(row: Line, line: Line) -> Line:
    size = row.size if len(row.text) >= len(line.text) else line.size
    is_bold = row.bold if len(row.text) >= len(line.text) else line.bold
    space = "" if line.x0 - row.x1 < _SPACE_SHARE * size else " "
    y0, y1 = min(row.y0, line.y0), max(row.y1, line.y1)
    text = f"{row.text}{space}{line.text}"
    return Line(text, row.page, row.x0, y0, max(row.x1, line.x1), y1, size, is_bold, row.page_height, row.block)


def needs_ocr(page: Any, lines: list[Line]) -> bool:
    """Whether the page's own text is missing, a stray stamp over a scan, or made of unknown characters."""
    text = "".join(line.text for line in lines)
    count = sum(not character.isspace() for character in text)
    if count >= _MIN_CHARACTERS:
        return _garbage_share(text) > _MAX_GARBAGE
    if _has_large_picture(page):
        return True
    return count == 0 and len(page.get_bboxlog()) >= _MIN_STROKES


def _garbage_share(text: str) -> float:
    odd = sum(unicodedata.category(c) in ("Cc", "Co", "Cn") or c == "\ufffd" for c in text)
    return (odd + 6 * len(re.findall(r"\(cid:\d+\)", text))) / len(text)


def _has_large_picture(page: Any) -> bool:
    rect = _pymupdf().Rect
    area = page.rect.width * page.rect.height
    return any(abs(rect(image["bbox"]) & page.rect) > 0.5 * area for image in page.get_image_info())


def _read_scans(document: Any, scanned: list[int], lines: dict[int, list[Line]], report: Report) -> list[Said]:
    """Replace the lines of scanned pages by what OCR reads; notes say what it did or could not do."""
    if not scanned:
        return []
    _drop_stamps(scanned, lines)
    if not ocr.languages():
        return [_no_ocr_note(scanned)]
    unread = set(scanned)
    for done, (number, found) in enumerate(ocr.read_pages((n, document[n - 1]) for n in scanned), start=1):
        lines[number] = found or lines[number]
        unread -= {number} if found else set()
        report(READING, 0.5 + 0.5 * done / len(scanned))
    read_pages = [number for number in scanned if number not in unread]
    return [*([_ocr_note(read_pages)] if read_pages else []), *([_unread_note(sorted(unread))] if unread else [])]


def _drop_stamps(scanned: list[int], lines: dict[int, list[Line]]) -> None:
    """Text that several scanned pages share is a stamp; a slide's own few words stay until OCR reads more."""
    said = {number: fold("".join(line.text for line in lines[number])) for number in scanned}
    times = Counter(said.values())
    lines.update((number, []) for number in scanned if times[said[number]] > 1)


def _ranges(pages: list[int]) -> str:
    """ "1–3, 7" of [1, 2, 3, 7]."""
    runs: list[list[int]] = []
    for page in pages:
        if runs and page == runs[-1][1] + 1:
            runs[-1][1] = page
        else:
            runs.append([page, page])
    return ", ".join(str(a) if a == b else f"{a}–{b}" for a, b in runs)


def _no_ocr_note(pages: list[int]) -> Said:
    return Said(
        f"Trang {_ranges(pages)} là ảnh quét nên đã bị bỏ qua. "
        f"Muốn đọc được, người quản trị cần cài bộ nhận dạng chữ: {ocr.INSTALL}.",
        f"Scanned pages ({_ranges(pages)}) were skipped. "
        f"To have them read, the administrator must install text recognition: {ocr.INSTALL}.",
    )


def _ocr_note(pages: list[int]) -> Said:
    return Said(
        f"Trang {_ranges(pages)} là ảnh quét, chữ được nhận dạng tự động. Hãy xem lại trước khi nghe.",
        f"The text of scanned pages ({_ranges(pages)}) was recognised automatically. Check it before listening.",
    )


def _unread_note(pages: list[int]) -> Said:
    return Said(
        f"Chưa nhận dạng được chữ trên trang quét {_ranges(pages)}. Nếu tài liệu dài, hãy chia thành nhiều tệp nhỏ.",
        f"No text was recognised on scanned pages ({_ranges(pages)}). If the document is long, split it up.",
    )


def _damaged_note(pages: list[int]) -> Said:
    return Said(
        f"Trang {_ranges(pages)} bị hỏng nên đã bị bỏ qua.",
        f"Damaged pages ({_ranges(pages)}) were skipped.",
    )


def _repaired_note() -> Said:
    return Said(
        "Tệp PDF này bị lỗi và đã được sửa tạm để đọc; có thể thiếu một phần nội dung.",
        "This PDF was faulty and was repaired to be read; some of its content may be missing.",
    )


def _is_slide(title: str) -> bool:
    return bool(_SLIDE.fullmatch(title.strip()))


def _outline(document: Any) -> dict[tuple[int, str], int]:
    """Levels of the file's own outline by (page, folded title); {} where it only counts slides."""
    try:
        outline = document.get_toc()
    except (RuntimeError, ValueError, _pymupdf().mupdf.FzErrorBase):
        return {}  # a damaged outline costs chapters, not the text
    entries = [(level, title, page) for level, title, page, *_ in outline if not _is_slide(title)]
    wanted = {(page, fold(tidy(title))): level for level, title, page in entries if fold(tidy(title))}
    return wanted if len(wanted) >= 2 else {}


def _with_outline(blocks: list[Block], outline: dict[tuple[int, str], int]) -> list[Block]:
    """Blocks that the outline names on their page become sure headings of its levels."""
    result = []
    for block in blocks:
        level = outline.get((block.page or 0, fold(tidy(block.text)))) if len(block.text) < 200 else None
        result.append(block if level is None else Block(block.text, "heading", block.page, level, True))
    return result
