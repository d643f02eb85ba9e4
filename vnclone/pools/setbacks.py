"""Why a task came to nothing: a worker that hung or died, a sound that is none, what `spaces` raised on ZeroGPU.

As what to do next and what to tell people. ZeroGPU's titles and messages are those of `spaces` 0.51 (zero/client.py,
zero/wrappers.py).
"""

from __future__ import annotations

import math
import re
from dataclasses import dataclass
from typing import Literal

from vnclone.errors import Unavailable, lasting
from vnclone.models import Said

RETRY_SECONDS = 60.0  # ZeroGPU's own queue has been waited in for 60 s by then
UNKNOWN_WAIT_SECONDS = 600.0  # of a quota that does not say when there is more
_AGAIN = re.compile(r"Try again in (?:(\d+) days?, )?(\d+):(\d\d):(\d\d)")  # a timedelta, as str() writes it


class TooSlow(Unavailable):
    """A worker took longer than a task may, and was killed: it hung, or the machine is much too busy."""


class WorkerDied(Unavailable):
    """A worker's process ended in the middle of a task: a crash in an engine, or no memory left."""


class BadSound(Unavailable):
    """An engine returned samples that are no numbers."""


@dataclass(frozen=True, slots=True)
class Setback:
    """Of a call on ZeroGPU.

    `quota` and `expired` are the follower's, who rests for `seconds`; `busy` is everybody's, and the call rests.
    `cut`: the call was more than the card could do in its time or memory.
    """

    kind: Literal["quota", "expired", "busy", "cut"]
    seconds: float = 0.0


BUSY = Setback("busy", RETRY_SECONDS)
EXPIRED = Setback("expired", math.inf)
CUT = Setback("cut")
_RULES = (  # title, start of the message, what it means; the first that fits
    ("ZeroGPU quota exceeded", "No GPU was available", BUSY),
    ("ZeroGPU pending credits exceeded", "", Setback("quota", RETRY_SECONDS)),  # until other calls of theirs end
    ("ZeroGPU queue timeout", "", BUSY),
    ("ZeroGPU client error", "No GPU was available", BUSY),
    ("ZeroGPU client error", "Expired ZeroGPU proxy token", EXPIRED),
    ("ZeroGPU illegal duration", "", CUT),
    ("ZeroGPU worker error", "GPU task aborted", CUT),
    ("ZeroGPU worker error", "OutOfMemoryError", CUT),  # of errors raised on the card only the class's name comes back
    ("", "Connection closed by visitor", EXPIRED),
    ("", "Unexpected end of stream", BUSY),
    ("", "Error while re-trying after queue disconnect", BUSY),
)


def setback(error: Exception) -> Setback | None:
    """What `error` means; None for one that has nothing to do with ZeroGPU's turns."""
    import httpx

    if isinstance(error, httpx.TransportError):
        return BUSY
    title, message = _told(error)
    if title == "ZeroGPU quota exceeded" and not message.startswith("No GPU was available"):
        return Setback("quota", wait_seconds(message))
    fitting = (found for rule, start, found in _RULES if rule == title and message.startswith(start))
    return next(fitting, None)


def wait_seconds(message: str) -> float:
    """When there is more quota, in seconds from now: "Try again in 1 day, 2:03:04" is 93784."""
    found = _AGAIN.search(message)
    if not found:
        return UNKNOWN_WAIT_SECONDS
    days, hours, minutes, seconds = (int(part or 0) for part in found.groups())
    return float(max(((days * 24 + hours) * 60 + minutes) * 60 + seconds, 1))


def _told(error: Exception) -> tuple[str, str]:
    """Title and message of Gradio's own error; of a RuntimeError "" and its message."""
    if isinstance(error, RuntimeError):
        return "", str(error)
    return str(getattr(error, "title", type(error).__name__)), str(getattr(error, "message", error))


def alone(elsewhere: Said) -> Said:
    return Said(
        "Đang chờ bạn mở trang này: trên ZeroGPU, bản đọc chỉ chạy tiếp khi bạn đang xem nó, bằng lượt dùng card đồ "
        f"hoạ của bạn. Phần đã đọc vẫn được giữ.{elsewhere.vi}",
        "Waiting for you to open this page: on ZeroGPU a reading goes on only while you watch it, on your own quota of "
        f"the graphics card. What has been read is kept.{elsewhere.en}",
    )


def expired(elsewhere: Said) -> Said:
    return Said(
        "Phiên dùng card đồ hoạ đã hết hạn. Hãy tải lại trang này (hoặc theo dõi lại) để đọc tiếp; phần đã đọc vẫn "
        f"được giữ.{elsewhere.vi}",
        "Your session on the graphics card has expired. Reload this page (or follow again) to go on; what has been "
        f"read is kept.{elsewhere.en}",
    )


def quota(seconds: float, elsewhere: Said) -> Said:
    """`seconds` from now there is more."""
    wait = about(seconds)
    return Said(
        f"Bạn đã dùng hết lượt card đồ hoạ ZeroGPU. Bản đọc tự tiếp tục sau khoảng {wait.vi} nếu trang này vẫn mở; "
        f"phần đã đọc vẫn được giữ.{elsewhere.vi}",
        f"Your ZeroGPU quota is used up. The reading goes on by itself in about {wait.en} if this page stays open; "
        f"what has been read is kept.{elsewhere.en}",
    )


def busy(elsewhere: Said) -> Said:
    return Said(
        f"Chưa có card đồ hoạ nào rảnh. Máy tự thử lại mỗi phút; phần đã đọc vẫn được giữ.{elsewhere.vi}",
        "No graphics card is free right now. It is tried again every minute; what has been read is kept."
        f"{elsewhere.en}",
    )


def instead(engines: list[str]) -> Said:
    """The way out, to be put after a sentence: engines that are ready and need no card."""
    if not engines:
        return Said("", "")
    vi, en = " hoặc ".join(engines), " or ".join(engines)
    return Said(
        f" Bạn cũng có thể huỷ và đọc bằng {vi}, không cần card đồ hoạ.",
        f" You can also cancel and read with {en}, which needs no graphics card.",
    )


def about(seconds: float) -> Said:
    """A wait, rounded up: "25 phút", "2 giờ"; it changes once a minute at most."""
    minutes = max(math.ceil(seconds / 60), 1)
    if minutes < 60:
        return Said(f"{minutes} phút", f"{minutes} minute{'s' if minutes > 1 else ''}")
    hours = math.ceil(minutes / 60)
    return Said(f"{hours} giờ", f"{hours} hour{'s' if hours > 1 else ''}")


def keeps_being_cut() -> Unavailable:
    return Unavailable(
        "Card đồ hoạ ZeroGPU nhiều lần dừng giữa chừng, kể cả với đoạn rất ngắn. Phần đã đọc vẫn được giữ. Hãy thử lại "
        "sau ít phút, hoặc đọc bằng bộ đọc khác.",
        "The ZeroGPU graphics card keeps stopping before a chunk is finished, even with very short ones. What has been "
        "read is kept. Try again in a few minutes, or read with another engine.",
    )


def too_slow(seconds: float) -> TooSlow:
    """`seconds`: the limit that passed."""
    limit = seconds if seconds < 60 else 30.0 * round(seconds / 30)
    return TooSlow(
        f"Tiến trình tạo giọng không trả lời trong {lasting(limit)} nên đã bị dừng. Phần đã đọc vẫn được giữ. Hãy thử "
        "lại khi máy chủ rảnh hơn, hoặc chọn bộ đọc khác.",
        f"The speech process did not answer for {lasting(limit, 'en')} and was stopped. What has been read is kept. "
        "Try again when the server is less busy, or choose another engine.",
    )


def worker_died() -> WorkerDied:
    return WorkerDied(
        "Tiến trình tạo giọng đã dừng đột ngột (có thể máy chủ thiếu bộ nhớ). Phần đã đọc vẫn được giữ. Hãy thử lại, "
        "hoặc chọn bộ đọc khác.",
        "The speech process stopped suddenly (the server may be short of memory). What has been read is kept. Try "
        "again, or choose another engine.",
    )


def bad_sound() -> BadSound:
    return BadSound(
        "Bộ đọc đã tạo ra âm thanh hỏng cho một đoạn, nên đoạn đó không được giữ. Hãy thử lại, hoặc chọn bộ đọc khác.",
        "The engine made a broken sound for one chunk, which was not kept. Try again, or choose another engine.",
    )
