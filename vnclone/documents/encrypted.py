"""Office documents under a password, opened with it: .docx and .pptx of today, and .doc of 97 to 2003."""

from __future__ import annotations

import os
import struct
import tempfile
from pathlib import Path
from typing import IO, Any
from zipfile import BadZipFile

from vnclone.documents.compound import is_compound, locked, streams
from vnclone.documents.refusals import broken_office
from vnclone.errors import BadInput, Locked

# Excel's built-in password, which Office tries by itself: such a file opens without a question ([MS-OFFCRYPTO] 2.4.2.3
# asks for it; a "read only recommended" document is encrypted so).
DEFAULT_PASSWORD = "VelvetSweatshop"
_MALFORMED = (
    ValueError,
    LookupError,
    TypeError,
    AttributeError,
    OSError,
    OverflowError,
    RuntimeError,
    struct.error,
    BadZipFile,
)


def is_encrypted(path: str) -> bool:
    """Whether the file is an encrypted document of Word, Excel or PowerPoint 2007 and later."""
    return is_compound(path) and "encryptedpackage" in streams(path)


def decrypted(path: str, password: str | None) -> str:
    """The path of a decrypted copy, which the caller removes.

    Raises Locked where the password is missing or wrong, BadInput for a damaged file or a way of encryption that
    is not known.
    """
    from msoffcrypto import OfficeFile
    from msoffcrypto.exceptions import DecryptionError, FileFormatError, InvalidKeyError, ParseError

    try:
        with open(path, "rb") as file:
            return _copy(OfficeFile(file), password, InvalidKeyError)
    except (FileFormatError, ParseError, *_MALFORMED) as error:
        raise broken_office() from error
    except DecryptionError as error:
        raise _unknown() from error


def _copy(office: Any, password: str | None, wrong: type[Exception]) -> str:
    _unlock(office, password, wrong)
    handle, name = tempfile.mkstemp(prefix="decrypted-")
    try:
        with os.fdopen(handle, "wb") as out:
            _write(office, out, password, wrong)
    except BaseException:
        Path(name).unlink()
        raise
    return name


def _unlock(office: Any, password: str | None, wrong: type[Exception]) -> None:
    """The default password opens without a word; else the one that was given has to be right."""
    # Only packages of today can be loaded without a check; the older kinds are always checked.
    checked = {"verify_password": True} if office.format == "ooxml" else {}
    for tried in (DEFAULT_PASSWORD, *([password] if password else [])):
        try:
            office.load_key(password=tried, **checked)
            return
        except wrong:
            continue
    raise _wrong() if password else locked()


def _write(office: Any, out: IO[bytes], password: str | None, wrong: type[Exception]) -> None:
    try:
        office.decrypt(out)
    except wrong as error:
        raise (_wrong() if password else locked()) from error


def _wrong() -> Locked:
    return Locked(
        "Mật khẩu của tệp Office không đúng. Hãy kiểm tra chữ hoa, chữ thường rồi nhập lại.",
        "The password of this Office file is wrong. Check upper and lower case, then enter it again.",
    )


def _unknown() -> BadInput:
    return BadInput(
        "Tệp này được mã hoá theo cách chưa mở được. Hãy mở bằng Word, bỏ mật khẩu rồi tải lên lại.",
        "This file is encrypted in an unknown way. Open it in Word, remove the password and upload it.",
    )
