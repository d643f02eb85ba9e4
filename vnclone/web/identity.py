"""Who a request belongs to, and in which language to answer it."""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable
from urllib.parse import unquote, urlsplit

from starlette.concurrency import run_in_threadpool
from starlette.requests import HTTPConnection
from starlette.responses import Response

from vnclone.services.accounts import SESSION_DAYS, Accounts

COOKIE = "sid"
GUEST = ""
# A file that Gradio received lies in a folder named by a 256-bit hash; one that we hand out in `u<user id>`.
UPLOAD_FOLDER = re.compile(r"[0-9a-f]{64}")
CLOSED_TO_GUESTS = tuple(f"/gradio_api/{name}" for name in ("upload", "file", "process_recording", "deep_link"))
CLOSED_TO_ALL = ("/gradio_api/proxy",)  # fetching other hosts' pages is not what we serve


def token_of(request: HTTPConnection) -> str:
    """The Bearer token, else the cookie's; a cookie sent along from another site's page is ignored (CSRF)."""
    scheme, _, token = request.headers.get("authorization", "").partition(" ")
    if scheme.lower() == "bearer" and token:
        return token.strip()
    return request.cookies.get(COOKIE, "") if same_origin(request) else ""


def same_origin(request: HTTPConnection) -> bool:
    """True without an Origin header (no browser, or a plain link), or when its host is the one asked."""
    origin = request.headers.get("origin")
    return origin is None or urlsplit(origin).netloc == request.headers.get("host", "")


async def user_of(accounts: Accounts, request: HTTPConnection) -> str:
    """The user's id, or GUEST."""
    token = token_of(request)
    if not token:
        return GUEST
    return accounts.known(token) or await run_in_threadpool(accounts.identify, token) or GUEST


def gradio_gate(accounts: Accounts, cache: str) -> Callable[[HTTPConnection], Awaitable[str | None]]:
    """Gradio's `auth_dependency`: an id, GUEST, or None for what this caller must not reach at all."""

    async def who(request: HTTPConnection) -> str | None:
        user_id = await user_of(accounts, request)
        path = unquote(request.url.path)
        if path.startswith(CLOSED_TO_ALL) or (not user_id and path.startswith(CLOSED_TO_GUESTS)):
            return None
        if path.startswith("/gradio_api/file") and not may_fetch(path.partition("=")[2], user_id, cache):
            return None
        return user_id

    return who


def may_fetch(path: str, user_id: str, cache: str) -> bool:
    """Whether a path in Gradio's cache is this user's own copy, or an upload known only to whoever made it."""
    parts = path.removeprefix(cache.rstrip("/")).strip("/").split("/")
    if not path.startswith(cache.rstrip("/") + "/") or ".." in parts or "." in parts or "" in parts:
        return False
    return parts[0] == f"u{user_id}" or bool(UPLOAD_FOLDER.fullmatch(parts[0]))


def language_of(request: HTTPConnection) -> str:
    """The page's own choice, else the browser's first language of ours, else Vietnamese."""
    chosen = request.cookies.get("lang", "")
    if chosen in ("vi", "en"):
        return chosen
    for part in request.headers.get("accept-language", "").split(","):
        code = part.split(";")[0].strip().lower()[:2]
        if code in ("vi", "en"):
            return code
    return "vi"


def set_cookie(request: HTTPConnection, response: Response, token: str) -> None:
    """The session cookie. Over https it must also work in a Space's frame, which is another site to the browser."""
    age = SESSION_DAYS * 86400 if token else 0
    secure = request.url.scheme == "https" or request.headers.get("x-forwarded-proto") == "https"
    site = "SameSite=None; Secure; Partitioned" if secure else "SameSite=Lax"
    response.headers.append("set-cookie", f"{COOKIE}={token}; Path=/; HttpOnly; Max-Age={age}; {site}")
