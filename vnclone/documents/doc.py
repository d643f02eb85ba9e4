"""Word's .doc of 6.0 to 2003: LibreOffice where it is installed, else msdoc2docx, else the bare text.

Both engines make a .docx, which the reader of those reads: headings, tables, notes and fonts come the same way.
"""

from __future__ import annotations

import os
import shutil
import struct
import tempfile
import zipfile

from vnclone.documents import docx, libreoffice, word6
from vnclone.documents.draft import Asked, Draft
from vnclone.documents.encrypted import decrypted
from vnclone.errors import BadInput, Locked, TooLarge
from vnclone.sandbox import Report
from vnclone.text.tidy import is_speakable

_SHARE = 0.6  # of the work is the conversion
# What msdoc2docx raises besides its own errors on a damaged file.
_FLAWS = (ValueError, LookupError, TypeError, AttributeError, ArithmeticError, AssertionError, RecursionError)


def read(path: str, asked: Asked, report: Report) -> Draft:
    """The .doc at `path`. Its pages exist only when printed.

    Raises Locked where a password is missing or wrong, BadInput for a damaged file.
    """
    with tempfile.TemporaryDirectory(prefix="vnclone-doc-") as folder:
        plain = _opened(path, asked.password, folder)
        report(libreoffice.CONVERTING, 0.0)
        for convert in (_by_libreoffice, _by_msdoc2docx):
            if (made := convert(plain, folder, report)) and (draft := _read(made, asked, report)):
                return draft
        return word6.read_text(plain)


def _read(made: str, asked: Asked, report: Report) -> Draft | None:
    """The draft of a converted file; None where nothing came of it: the next engine may see more."""
    try:
        draft = docx.read(made, asked, _after(report))
    except (BadInput, TooLarge):
        return None
    return draft if any(is_speakable(block.text) for block in draft.blocks) else None


def _after(report: Report) -> Report:
    return lambda said, share: report(said, _SHARE + (1 - _SHARE) * share)


def _opened(path: str, password: str | None, folder: str) -> str:
    """A copy without encryption, of our own name: what a person calls the file never reaches a command."""
    plain = os.path.join(folder, "document.doc")
    head = word6.header(word6.stream(path))
    if head.obfuscated:
        raise _obfuscated()
    if not head.encrypted:
        return shutil.copyfile(path, plain)
    return str(shutil.move(decrypted(path, password), plain))


def _obfuscated() -> Locked:
    return Locked(
        "Tệp .doc này được bảo vệ bằng mật khẩu kiểu cũ, chưa mở được. Hãy mở bằng Word, bỏ mật khẩu, rồi tải lên.",
        "This .doc is protected by an old kind of password that cannot be opened here. Open it in Word, remove the "
        "password and upload it again.",
    )


def _by_libreoffice(plain: str, folder: str, report: Report) -> str:
    return libreoffice.to_docx(plain, folder, lambda said, share: report(said, _SHARE * share))


def _by_msdoc2docx(plain: str, folder: str, report: Report) -> str:
    """The path of a .docx that msdoc2docx made, or "" for what it cannot read, as Word 6 and 95."""
    import doc2docx
    from doc2docx.errors import Doc2DocxError

    made = os.path.join(folder, "converted.docx")
    try:
        doc2docx.convert(plain, made)
    except (Doc2DocxError, struct.error, zipfile.BadZipFile, *_FLAWS):
        return ""
    return made
