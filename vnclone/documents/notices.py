"""What a person is told about a document that was read in part or not at all."""

from __future__ import annotations

from collections.abc import Sequence

from vnclone.documents import ocr
from vnclone.errors import BadInput
from vnclone.models import Said


def ranges(pages: Sequence[int]) -> str:
    """ "1–3, 7" of [1, 2, 3, 7]."""
    runs: list[list[int]] = []
    for page in pages:
        if runs and page == runs[-1][1] + 1:
            runs[-1][1] = page
        else:
            runs.append([page, page])
    return ", ".join(str(a) if a == b else f"{a}–{b}" for a, b in runs)


def broken() -> BadInput:
    """The error for a PDF that cannot be opened, or has no page."""
    return BadInput(
        "Tệp PDF này bị hỏng hoặc tải lên chưa trọn vẹn nên không mở được. Hãy lưu lại rồi tải lên lần nữa.",
        "This PDF is damaged or was not uploaded completely, so it cannot be opened. Save it and upload it again.",
    )


def no_ocr(pages: Sequence[int]) -> Said:
    return Said(
        f"Trang {ranges(pages)} là ảnh quét nên đã bị bỏ qua. "
        f"Muốn đọc được, người quản trị cần cài bộ nhận dạng chữ: {ocr.INSTALL}.",
        f"Scanned pages ({ranges(pages)}) were skipped. "
        f"To have them read, the administrator must install text recognition: {ocr.INSTALL}.",
    )


def recognised(pages: Sequence[int]) -> Said:
    return Said(
        f"Trang {ranges(pages)} là ảnh quét, chữ được nhận dạng tự động. Hãy xem lại trước khi nghe.",
        f"The text of scanned pages ({ranges(pages)}) was recognised automatically. Check it before listening.",
    )


def unread(pages: Sequence[int]) -> Said:
    return Said(
        f"Chưa nhận dạng được chữ trên trang quét {ranges(pages)}. Nếu trang có chữ, hãy quét lại rõ hơn.",
        f"No text was recognised on scanned pages ({ranges(pages)}). If there is text, scan them again more sharply.",
    )


def damaged(pages: Sequence[int]) -> Said:
    return Said(
        f"Trang {ranges(pages)} bị hỏng nên đã bị bỏ qua.",
        f"Damaged pages ({ranges(pages)}) were skipped.",
    )


def repaired() -> Said:
    return Said(
        "Tệp PDF này bị lỗi và đã được sửa tạm để đọc; có thể thiếu một phần nội dung.",
        "This PDF was faulty and was repaired to be read; some of its content may be missing.",
    )
