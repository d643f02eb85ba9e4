"""Registering, signing in and out, and who a token belongs to."""

from __future__ import annotations

import hashlib
import math
import re
import secrets
import threading
import time
import uuid
from datetime import UTC, datetime, timedelta

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from vnclone.errors import BadInput, Conflict, NotSignedIn, TooMany, lasting
from vnclone.models import User
from vnclone.settings import Settings
from vnclone.store.accounts import AccountRows
from vnclone.store.owned import now

SESSION_DAYS = 30
HASHES_AT_ONCE = 2  # more only queue for memory and cores: forty at once took 2.5 GB
KNOWN_SECONDS = 60  # how long a token is believed without asking the database again
# Wrong passwords that cost nothing, and the longest wait in seconds after them.
FREE_FAILURES = {"email+address": (5, 900.0), "address": (30, 900.0), "email": (50, 900.0)}
EMAIL = re.compile(r"[^@\s<>()\[\]\\,;:\"]+@[^@\s<>()\[\]\\,;:\"]+\.[^@\s<>()\[\]\\,;:\".]+")
MIN_PASSWORD, MAX_PASSWORD = 8, 200


class Accounts:
    """Tokens are 256 random bits; only their SHA-256 is stored. Passwords are argon2id."""

    def __init__(self, rows: AccountRows, settings: Settings) -> None:
        self._rows, self._settings = rows, settings
        self._hasher = PasswordHasher()  # argon2id, RFC 9106's low-memory profile: 64 MiB each
        self._hashing = threading.BoundedSemaphore(HASHES_AT_ONCE)
        self._nobodys_hash = self._hasher.hash(secrets.token_hex(8))
        self._known: dict[str, tuple[str, float]] = {}  # token hash -> user id, believed until

    def register(self, email: str, password: str, full_name: str) -> tuple[User, str]:
        """A new user and a token. Raises BadInput, Conflict when the email has an account already."""
        if self._settings.registration != "open":
            raise BadInput(
                "Máy chủ này không nhận đăng ký mới. Hãy hỏi người quản trị.",
                "This server does not accept new accounts. Ask its administrator.",
            )
        email, full_name = clean_email(email), printable(full_name)
        check_password(password)
        moment = now()
        user = User(uuid.uuid4().hex, email, full_name or email.split("@")[0], True, moment, moment)
        if not self._rows.add_user(user, self._hash(password)):
            raise Conflict(
                "Email này đã có tài khoản. Hãy đăng nhập, hoặc dùng email khác.",
                "An account with this email already exists. Sign in, or use another email.",
            )
        return user, self._new_token(user.id)

    def sign_in(self, email: str, password: str, address: str) -> tuple[User, str]:
        """The user and a new token. Raises NotSignedIn, or TooMany after too many wrong passwords.

        The failure is counted before the password is checked, so that parallel guesses cannot outrun the count.
        """
        email = email.strip().lower()
        keys = {"email+address": f"{email} {address}", "address": address, "email": email}
        hashed = {kind: hashlib.sha256(f"{kind} {key}".encode()).hexdigest() for kind, key in keys.items()}
        self._wait_if_blocked(list(hashed.values()))
        for kind, key in hashed.items():
            self._rows.add_failure(key, *FREE_FAILURES[kind])
        found = self._rows.credentials(email)
        # An unknown email costs the same time as a wrong password.
        if not self._matches(found[1] if found else self._nobodys_hash, password) or not found:
            raise NotSignedIn("Email hoặc mật khẩu chưa đúng.", "Wrong email or password.")
        user, stored = found
        self._rows.forgive([hashed["email+address"], hashed["email"]])
        self._rows.take_back(hashed["address"])  # not forgiven: one good account must not cover guesses at others
        if self._hasher.check_needs_rehash(stored):
            self._rows.set_password(user.id, self._hash(password))
        return user, self._new_token(user.id)

    def sign_out(self, token: str) -> None:
        token_hash = hash_token(token)
        self._known.pop(token_hash, None)
        self._rows.end_session(token_hash)

    def known(self, token: str) -> str | None:
        """The user id of a token seen within the last minute, without touching the disk: safe on an event loop."""
        user_id, until = self._known.get(hash_token(token), ("", 0.0))
        return user_id if until > time.monotonic() else None

    def identify(self, token: str) -> str | None:
        """The id of the user this token belongs to, or None."""
        token_hash = hash_token(token)
        user_id = self._rows.session_user(token_hash)
        if user_id:
            if len(self._known) > 10_000:
                self._known.clear()
            self._known[token_hash] = (user_id, time.monotonic() + KNOWN_SECONDS)
        return user_id

    def user(self, user_id: str) -> User:
        user = self._rows.user(user_id) if user_id else None
        if user is None:
            raise not_signed_in()
        return user

    def is_first(self, user_id: str) -> bool:
        """Whether this is the first account that was made here: the server's owner."""
        return bool(user_id) and self._rows.first_user() == user_id

    def _new_token(self, user_id: str) -> str:
        token = secrets.token_urlsafe(32)
        expires = datetime.now(UTC) + timedelta(days=SESSION_DAYS)
        self._rows.add_session(hash_token(token), user_id, expires.isoformat(timespec="microseconds"))
        return token

    def _wait_if_blocked(self, keys: list[str]) -> None:
        wait = self._rows.failures(keys) - time.time()
        if wait > 0:
            seconds = math.ceil(wait)
            told = seconds if seconds < 60 else math.ceil(seconds / 60) * 60
            raise TooMany(
                f"Sai mật khẩu quá nhiều lần. Hãy thử lại sau {lasting(told)}.",
                f"Too many wrong passwords. Try again in {lasting(told, 'en')}.",
                retry_seconds=seconds,
            )

    def _hash(self, password: str) -> str:
        with self._hashing:
            return self._hasher.hash(password)

    def _matches(self, stored: str, password: str) -> bool:
        try:
            with self._hashing:
                return self._hasher.verify(stored, password[:MAX_PASSWORD])
        except (VerificationError, InvalidHashError):
            return False


def hash_token(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()


def clean_email(email: str) -> str:
    email = email.strip().lower()
    if len(email) > 254 or not email.isprintable() or not EMAIL.fullmatch(email):
        raise BadInput(
            "Email chưa đúng dạng (ví dụ: ban@vidu.vn).",
            "That does not look like an email address (for example: you@example.com).",
        )
    return email


def printable(name: str) -> str:
    """A name on one line, without control, invisible or direction-changing characters; at most 200 characters."""
    return " ".join("".join(c if c.isprintable() else " " for c in name).split())[:200]


def check_password(password: str) -> None:
    if not MIN_PASSWORD <= len(password) <= MAX_PASSWORD:
        raise BadInput(
            f"Mật khẩu cần từ {MIN_PASSWORD} đến {MAX_PASSWORD} ký tự.",
            f"The password must have {MIN_PASSWORD} to {MAX_PASSWORD} characters.",
        )


def not_signed_in() -> NotSignedIn:
    return NotSignedIn("Hãy đăng nhập trước.", "Please sign in first.")
