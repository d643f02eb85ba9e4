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


KINDS = {kind.__name__: kind for kind in (BadInput, TooLarge, NotSignedIn, NotFound, Conflict, TooMany, Unavailable)}


def from_json(data: dict[str, str]) -> VncloneError:
    """The error that a child process wrote with `to_json`."""
    return KINDS.get(data["kind"], BadInput)(data["vi"], data["en"])


def disk_full() -> Unavailable:
    return Unavailable(
        "Ổ đĩa của máy chủ đã đầy nên chưa lưu được. Hãy xoá bớt bản ghi cũ hoặc giải phóng dung lượng rồi thử lại.",
        "The server's disk is full, so this could not be saved. Delete old recordings or free some space, then retry.",
    )
