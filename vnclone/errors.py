"""What can go wrong with a person's own input: each error says what, and what to do, in Vietnamese and English."""

from __future__ import annotations

from vnclone.models import Said


class VncloneError(Exception):
    """Shown to people as it is. `status` is the HTTP status a web door answers with."""

    status = 400

    def __init__(self, vi: str, en: str) -> None:
        super().__init__(en)
        self.said = Said(vi, en)

    def __reduce__(self) -> tuple[type[VncloneError], tuple[str, str]]:
        """Both sentences cross to another process; by default one would, and fail there."""
        return type(self), (self.said.vi, self.said.en)

    def to_json(self) -> dict[str, str]:
        return {"kind": type(self).__name__, "vi": self.said.vi, "en": self.said.en}


class BadInput(VncloneError):
    """The file, text or setting cannot be used as it is."""

    status = 422


class TooLarge(VncloneError):
    """Above a limit of size, pages or length."""

    status = 413


class Locked(BadInput):
    """Encrypted, and the password is missing or wrong."""


class ManyPages(TooLarge):
    """More pages than are read without asking, and not more than may be."""


class NotSignedIn(VncloneError):
    """No valid session or token, or wrong credentials."""

    status = 401


class NotFound(VncloneError):
    """Missing, or somebody else's: never told apart."""

    status = 404


class Conflict(VncloneError):
    """It exists already, or its state does not allow this."""

    status = 409


class TooMany(VncloneError):
    """Too often; `retry_seconds` says when again."""

    status = 429

    def __init__(self, vi: str, en: str, retry_seconds: int = 60) -> None:
        super().__init__(vi, en)
        self.retry_seconds = retry_seconds


class Unavailable(VncloneError):
    """The machine cannot do it now: an engine that is not ready, a full disk, a missing program."""

    status = 503


class DiskFull(Unavailable):
    """Nothing more can be written; what is there stays."""


def figure(value: float, language: str = "vi", digits: int = 1) -> str:
    """A number in a sentence, without trailing zeros: 1.234,5 in Vietnamese, 1,234.5 in English."""
    text = f"{value:,.{digits}f}"
    text = text.rstrip("0").rstrip(".") if "." in text else text
    return text if language == "en" else text.translate(str.maketrans(",.", ".,"))


def lasting(seconds: float, language: str = "vi") -> str:
    """A limit of time in a sentence: "5 giây", "1,5 phút", "100 giây"; "5 seconds", "1 minute" in English."""
    minutes = seconds >= 60 and seconds % 30 == 0
    count = figure(seconds / 60 if minutes else seconds, language)
    if language != "en":
        return f"{count} {'phút' if minutes else 'giây'}"
    return f"{count} {'minute' if minutes else 'second'}{'' if count == '1' else 's'}"


def clock(seconds: float) -> str:
    """A place in a sound: 12.4 -> "0:12", 3725 -> "1:02:05"."""
    minutes, second = divmod(int(seconds), 60)
    hours, minute = divmod(minutes, 60)
    return f"{hours}:{minute:02d}:{second:02d}" if hours else f"{minute}:{second:02d}"


_ALL = (BadInput, TooLarge, Locked, ManyPages, NotSignedIn, NotFound, Conflict, TooMany, Unavailable, DiskFull)
KINDS = {kind.__name__: kind for kind in _ALL}


def from_json(data: dict[str, str]) -> VncloneError:
    """The error that a child process wrote with `to_json`."""
    return KINDS.get(data["kind"], BadInput)(data["vi"], data["en"])


def disk_full() -> DiskFull:
    return DiskFull(
        "Ổ đĩa của máy chủ đã đầy nên chưa lưu được. Hãy xoá bớt bản đọc cũ hoặc giải phóng dung lượng rồi thử lại.",
        "The server's disk is full, so this could not be saved. Delete old audio or free some space, then try again.",
    )
