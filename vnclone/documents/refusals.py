"""What to say about files that are no document, or none that can be read: one sentence a reason, in both languages."""

from __future__ import annotations

import re
from pathlib import PurePath

from vnclone.errors import BadInput

# Extensions that promise a document, and the word by which its kind is named in English below.
_CLAIMS = ("pdf", "docx", "txt", "doc", "rtf", "odt", "epub", "pptx", "html", "md")
READABLE = ".docx, .doc, .pdf, .odt, .rtf, .pptx, .epub, .html, .md, .txt"


def unsupported(filename: str, vi: str, en: str) -> BadInput:
    """The error for a real kind that is not read."""
    vi, en = _named(filename, vi, en)
    return BadInput(
        f"{vi}, hiện chưa đọc được. Hãy lưu nội dung thành .docx, .pdf hoặc .txt rồi tải lên.",
        f"{en}, which cannot be read yet. Save its content as .docx, .pdf or .txt and upload that.",
    )


def _named(filename: str, vi: str, en: str) -> tuple[str, str]:
    """What the file is; that it "really" is so only where its extension claims another kind of document."""
    extension = PurePath(filename).suffix[1:].lower()
    if extension in _CLAIMS and extension not in re.findall(r"\w+", en.lower()):
        return f"Tệp “{filename}” thực ra là {vi}", f"“{filename}” is really {en}"
    return f"Tệp này là {vi}", f"This is {en}"


def empty() -> BadInput:
    return BadInput(
        "Tệp này rỗng (0 byte). Hãy kiểm tra lại tệp gốc rồi tải lên lại.",
        "This file is empty (0 bytes). Check the original and upload it again.",
    )


def only_zeros() -> BadInput:
    return BadInput(
        "Tệp này chỉ toàn số 0: nội dung đã mất khi sao chép hoặc tải về. Hãy lấy lại tệp gốc rồi tải lên.",
        "This file consists of zeros only: its content was lost while it was copied. Upload the original again.",
    )


def no_text() -> BadInput:
    """The error for a document that opens and says nothing."""
    return BadInput(
        "Tài liệu này không có chữ nào để đọc. Hãy chọn một tài liệu có nội dung chữ.",
        "There is no text in this document to read aloud. Choose a document with text in it.",
    )


def not_text() -> BadInput:
    """The error for bytes of an unknown kind."""
    return BadInput(
        f"Không nhận ra định dạng của tệp này. Hãy dùng một trong các loại tệp: {READABLE}.",
        f"The format of this file was not recognised. Use one of these: {READABLE}.",
    )


def lock_file() -> BadInput:
    return BadInput(
        "Đây là tệp khoá tạm mà Word tạo ra khi tài liệu đang mở, không phải tài liệu. "
        "Hãy đóng Word rồi tải lên tệp không có dấu “~$” ở đầu tên.",
        "This is the lock file that Word keeps beside an open document, not the document. "
        "Close Word and upload the file whose name does not begin with “~$”.",
    )


def half_upload() -> BadInput:
    return BadInput(
        "Tệp này bị hỏng hoặc tải lên chưa trọn vẹn: phần cuối bị thiếu. Hãy lưu lại rồi tải lên lần nữa.",
        "This file is damaged or was not uploaded completely: its end is missing. Save it and upload it again.",
    )


def broken_office() -> BadInput:
    return BadInput(
        "Tệp Office này bị hỏng hoặc tải lên chưa trọn vẹn nên không mở được. Hãy lưu lại rồi tải lên lần nữa.",
        "This Office file is damaged or was not uploaded completely, so it cannot be opened. "
        "Save it and upload it again.",
    )


def locked_archive() -> BadInput:
    return BadInput(
        "Đây là tệp nén ZIP có mật khẩu. Hãy giải nén trên máy của bạn rồi tải lên tài liệu bên trong.",
        "This is a ZIP archive with a password. Unpack it on your computer and upload the document in it.",
    )


def archive_of_one(member: str) -> BadInput:
    return BadInput(
        f"Đây là tệp nén ZIP chứa tài liệu “{member}”. Hãy giải nén trên máy của bạn rồi tải lên chính tài liệu đó.",
        f"This is a ZIP archive that holds the document “{member}”. Unpack it and upload that document itself.",
    )


def web_archive() -> BadInput:
    return BadInput(
        "Tệp này là trang web lưu trọn gói (.mht), hiện chưa đọc được. "
        "Hãy mở bằng Word hoặc trình duyệt rồi lưu thành .docx, .html hoặc .pdf.",
        "This is a web page saved as a single file (.mht), which cannot be read. "
        "Open it in Word or a browser and save it as .docx, .html or .pdf.",
    )
