"""Links that a player or a picture opens without a header: signed, expiring, for one thing of one user."""

from __future__ import annotations

import hashlib
import hmac
import secrets
import time
from pathlib import Path
from urllib.parse import urlencode

from vnclone.disk import writing
from vnclone.errors import NotSignedIn

MIN_SECRET = 32
VALID_SECONDS = 12 * 3600  # a long novel listened to in one evening


class Links:
    """HMAC-SHA-256 with the server's secret over path, user and expiry."""

    def __init__(self, secret: str) -> None:
        self._secret = secret.encode()

    def audio(self, user_id: str, generation_id: str) -> str:
        """A path with its signature. The expiry is rounded, so that a page that polls gets the same link again."""
        return self.of(user_id, generation_id, "audio")

    def of(self, user_id: str, generation_id: str, what: str) -> str:
        """The same for "audio", "chapters", "subtitles", "reading", "words" or "take" of a generation."""
        return f"/api/generation/{generation_id}/{what}?{self._query('audio', user_id, generation_id)}"

    def page(self, user_id: str, document_id: str, number: int) -> str:
        """The same for the picture of a document's page."""
        return f"/api/documents/{document_id}/pages/{number}?{self._query('page', user_id, document_id)}"

    def check(self, item_id: str, user_id: str, expires: str, signature: str, kind: str = "audio") -> str:
        """The user id that the link was made for; `kind` is "audio" or "page".

        Raises NotSignedIn when it was changed or has expired.
        """
        number = int(expires) if expires.isascii() and expires.isdigit() and len(expires) < 13 else 0
        good = hmac.compare_digest(signature.encode(), self._sign(kind, item_id, user_id, number).encode())
        if not good or number < time.time():
            raise NotSignedIn(
                "Liên kết này đã hết hạn. Hãy tải lại trang để lấy liên kết mới.",
                "This link has expired. Reload the page for a new one.",
            )
        return user_id

    def _query(self, kind: str, user_id: str, item_id: str) -> str:
        expires = (int(time.time()) // 3600 + 1) * 3600 + VALID_SECONDS
        signature = self._sign(kind, item_id, user_id, expires)
        return urlencode({"user": user_id, "expires": expires, "signature": signature})

    def _sign(self, kind: str, item_id: str, user_id: str, expires: int) -> str:
        signed = f"{kind}\n{item_id}\n{user_id}\n{expires}".encode()
        return hmac.new(self._secret, signed, hashlib.sha256).hexdigest()


def secret_in(folder: Path) -> str:
    """The secret kept in the data folder: made once, readable by its owner alone, whole or not there."""
    path = folder / "secret.key"
    if path.exists() and len(secret := path.read_text().strip()) >= MIN_SECRET:
        return secret
    path.unlink(missing_ok=True)  # cut short by a crash: nothing worth keeping was signed with it
    with writing(path) as part:
        part.touch(mode=0o600)
        part.write_text(secrets.token_urlsafe(32))
    return path.read_text().strip()
