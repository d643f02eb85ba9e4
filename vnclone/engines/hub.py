"""The model hub over HTTP: what a file is there, its bytes from any place on, and its refusals in plain words.

Requests run in threads of their own, so that a stalled connection cannot hold up a person who wants to stop. They go
through huggingface_hub's session (proxies, offline mode, endpoint, token) but carry no telemetry.

Plain HTTP is used even where the hub could also serve a file through Xet: a Range request goes on where an earlier
try, or an earlier process, stopped; huggingface_hub 2.4's own download starts a file anew each time.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor, wait
from dataclasses import dataclass
from queue import Empty, Full, Queue
from threading import Event
from typing import TYPE_CHECKING, TypeVar
from urllib.parse import urljoin, urlsplit

from vnclone.errors import TooMany, Unavailable, VncloneError

if TYPE_CHECKING:
    import httpx2

T = TypeVar("T")

_GLANCE = 0.2  # seconds between two looks at whether to stop
_QUEUED = 64  # pieces read ahead of the disk, of at most 64 KiB each
_REDIRECTS = 5
_LONGEST_WAIT = 60.0  # seconds that the hub may ask to wait before we hand that to the person
_TOO_MANY, _WAIT_UNSAID = 429, 60


@dataclass(frozen=True, slots=True)
class Remote:
    """A file as the hub lists it: `etag` is its SHA-256, or the SHA-1 of its git blob where it is small."""

    url: str
    etag: str
    size: int


class CutShort(Exception):
    """The connection ended properly, but before the file did."""


def patiently(call: Callable[[], T], idle: Callable[[], None]) -> T:
    """`call()` from a thread of its own; `idle` is called while it takes its time, and may raise to leave it alone."""
    pool = ThreadPoolExecutor(max_workers=1)
    try:
        future = pool.submit(call)
        while not wait([future], timeout=_GLANCE).done:
            idle()
        return future.result()
    finally:
        pool.shutdown(wait=False)


def look(repository_id: str, revision: str, path: str) -> Remote:
    """What the hub says of a file. Raises httpx2's and huggingface_hub's errors."""
    from huggingface_hub import hf_hub_url
    from huggingface_hub.errors import FileMetadataError

    url = hf_hub_url(repository_id, path, revision=revision)
    headers = _head(url).headers
    etag = (headers.get("x-linked-etag") or headers.get("etag") or "").removeprefix("W/").strip('"')
    size = headers.get("x-linked-size") or headers.get("content-length") or ""
    if "x-repo-commit" not in headers or not re.fullmatch("[0-9a-f]{40}|[0-9a-f]{64}", etag) or not size.isdigit():
        raise FileMetadataError(f"{urlsplit(url).netloc} does not answer like a model hub")
    return Remote(url, etag, int(size))


def read(url: str, start: int, idle: Callable[[], None]) -> Iterator[tuple[int, bytes]]:
    """The file's bytes from `start` on, as they come: each piece and where it belongs.

    The first piece belongs elsewhere when the server sends all of it in spite of `start`. `idle` as in `patiently`.
    """
    pieces: Queue[tuple[int, bytes] | None] = Queue(maxsize=_QUEUED)
    left = Event()
    pool = ThreadPoolExecutor(max_workers=1)
    try:
        future = pool.submit(_pump, url, start, pieces, left)
        while True:
            try:
                piece = pieces.get(timeout=_GLANCE)
            except Empty:
                idle()
                continue
            if piece is None:
                return future.result()
            yield piece
    finally:
        left.set()
        pool.shutdown(wait=False)


def seconds_to_wait(error: Exception, pause: float) -> float | None:
    """How long to wait before trying again: `pause`, or what the hub asks for; None where trying is no use."""
    import httpx2
    from huggingface_hub.errors import HfHubHTTPError

    if not isinstance(error, HfHubHTTPError):
        return pause if isinstance(error, httpx2.TransportError | CutShort) else None
    status = error.response.status_code
    if status == _TOO_MANY:
        asked = _asked_to_wait(error.response) or pause
        return asked if asked <= _LONGEST_WAIT else None
    return pause if status >= 500 or status == 408 else None


def in_plain_words(error: Exception, repository_id: str, path: str) -> VncloneError:
    """What to tell the person about an error of `look` or `read`."""
    import httpx2
    from huggingface_hub.errors import FileMetadataError, HfHubHTTPError, OfflineModeIsEnabled

    if isinstance(error, OfflineModeIsEnabled):
        return offline()
    if isinstance(error, HfHubHTTPError):
        return _refusal(error, repository_id, path)
    if isinstance(error, FileMetadataError):
        return Unavailable(
            f"{host()} không trả lời như một kho mô hình. Có thể mạng này đòi đăng nhập trước (cổng Wi-Fi), hoặc biến "
            "HF_ENDPOINT chưa đúng. Hãy kiểm tra rồi thử lại.",
            f"{host()} does not answer like a model hub. This network may want a sign-in first (a Wi-Fi portal), or "
            "HF_ENDPOINT is wrong. Check both, then try again.",
        )
    if isinstance(error, CutShort | httpx2.ReadError | httpx2.RemoteProtocolError | httpx2.ReadTimeout):
        return Unavailable(
            f"Kết nối tới {host()} bị cắt giữa chừng nhiều lần khi tải {path}. Phần đã tải được giữ lại; hãy thử lại "
            "để tải tiếp.",
            f"The connection to {host()} was cut several times while fetching {path}. What has arrived is kept; try "
            "again to go on from there.",
        )
    return Unavailable(
        f"Không kết nối được tới {host()}. Hãy kiểm tra mạng (hoặc proxy) rồi thử lại; phần đã tải được giữ lại.",
        f"{host()} cannot be reached. Check the network (or the proxy), then try again; what has arrived is kept.",
    )


def offline() -> Unavailable:
    return Unavailable(
        "Máy đang đặt chế độ ngoại tuyến (biến HF_HUB_OFFLINE hoặc TRANSFORMERS_OFFLINE) nên không tải được. Hãy bỏ "
        "biến ấy, khởi động lại rồi tải.",
        "This machine is set to offline mode (HF_HUB_OFFLINE or TRANSFORMERS_OFFLINE), so nothing can be fetched. "
        "Unset that variable, start again, then download.",
    )


def host() -> str:
    """The hub's name and port, for people."""
    from huggingface_hub import constants

    return urlsplit(constants.ENDPOINT).netloc


def _head(url: str) -> httpx2.Response:
    """The answer to HEAD, after redirects; one that leads to a CDN tells all there is and is not followed."""
    import httpx2
    from huggingface_hub import get_session
    from huggingface_hub.utils import hf_raise_for_status  # type: ignore[attr-defined]

    headers = _headers()
    for _ in range(_REDIRECTS):
        response = get_session().request("HEAD", url, headers=headers, timeout=_timeout(), follow_redirects=False)
        hf_raise_for_status(response)
        target = urljoin(url, response.headers.get("location", ""))
        leaves = urlsplit(target)[:2] != urlsplit(url)[:2]
        if not response.has_redirect_location or (leaves and "x-repo-commit" in response.headers):
            return response
        if leaves:  # a mirror that hands on to the hub
            headers.pop("authorization", None)
        url = target
    raise httpx2.RemoteProtocolError("too many redirects")


def _pump(url: str, start: int, pieces: Queue[tuple[int, bytes] | None], left: Event) -> None:
    """Put what the server sends into `pieces`, and None at the end, until somebody has `left`."""
    from huggingface_hub import get_session
    from huggingface_hub.utils import hf_raise_for_status  # type: ignore[attr-defined]

    wanted = {"range": f"bytes={start}-"} if start else {}
    try:
        with get_session().stream("GET", url, headers=_headers() | wanted, timeout=_timeout()) as response:
            hf_raise_for_status(response)
            at = _begins_at(response)
            for data in response.iter_bytes():
                if not _offer(pieces, (at, data), left):
                    return
                at += len(data)
    finally:
        _offer(pieces, None, left)


def _offer(pieces: Queue[tuple[int, bytes] | None], piece: tuple[int, bytes] | None, left: Event) -> bool:
    """Whether the piece was taken; False once nobody waits for it."""
    while not left.is_set():
        try:
            pieces.put(piece, timeout=_GLANCE)
        except Full:
            continue
        return True
    return False


def _begins_at(response: httpx2.Response) -> int:
    place = re.match(r"bytes (\d+)-", response.headers.get("content-range", ""))
    return int(place[1]) if place else 0


def _headers() -> dict[str, str]:
    """No compression, so that a place in the file means something. The token stays with the hub: a redirect to
    another host drops it."""
    from huggingface_hub import constants, get_token

    headers = {"user-agent": "vnclone", "accept-encoding": "identity"}
    token = None if constants.HF_HUB_DISABLE_IMPLICIT_TOKEN else get_token()
    return headers | ({"authorization": f"Bearer {token}"} if token else {})


def _timeout() -> float:
    from huggingface_hub import constants

    return float(constants.HF_HUB_DOWNLOAD_TIMEOUT)


def _asked_to_wait(response: httpx2.Response) -> int:
    """Seconds, from `Retry-After` or the hub's `RateLimit` header; 0 where neither says."""
    from huggingface_hub.utils import parse_ratelimit_headers  # type: ignore[attr-defined]

    after = response.headers.get("retry-after", "").strip()
    limit = parse_ratelimit_headers(response.headers)
    return int(after) if after.isdigit() else limit.reset_in_seconds if limit and not limit.remaining else 0


def _refusal(error: Exception, repository_id: str, path: str) -> VncloneError:
    """An HTTP status of 400 and above, in plain words."""
    status = error.response.status_code  # type: ignore[attr-defined]
    if status == _TOO_MANY:
        seconds = _asked_to_wait(error.response) or _WAIT_UNSAID  # type: ignore[attr-defined]
        return TooMany(
            f"{host()} đang giới hạn số lượt tải. Hãy thử lại sau {seconds} giây; phần đã tải được giữ lại.",
            f"{host()} limits how often it is asked. Try again in {seconds} seconds; what has arrived is kept.",
            seconds,
        )
    if status in (401, 403):
        return Unavailable(
            f"{host()} không cho tải {repository_id}: kho này có thể đã đóng hoặc đòi chấp nhận điều khoản. Hãy mở "
            "trang của kho, đăng nhập bằng lệnh `hf auth login` nếu cần, rồi thử lại.",
            f"{host()} does not let {repository_id} be fetched: it may have been closed, or wants its terms accepted. "
            "Open its page, sign in with `hf auth login` if it asks for that, then try again.",
        )
    if status in (404, 410):
        return Unavailable(
            f"{host()} không còn tệp {path} của {repository_id} ở phiên bản cần dùng. Hãy cập nhật vnclone rồi thử "
            "lại.",
            f"{host()} no longer has the file {path} of {repository_id} at the version that is needed. Update "
            "vnclone, then try again.",
        )
    return Unavailable(
        f"{host()} đang trục trặc (mã {status}) nên chưa tải được {path}. Hãy thử lại sau ít phút; phần đã tải được "
        "giữ lại.",
        f"{host()} has a problem (status {status}), so {path} could not be fetched. Try again in a few minutes; what "
        "has arrived is kept.",
    )
