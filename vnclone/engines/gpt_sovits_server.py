"""A GPT-SoVITS server as seen from here: where it is, what it demands, and one request to its /tts.

It is the `api_v2.py` of RVC-Boss/GPT-SoVITS; what it does was read there and in TTS_infer_pack/TTS.py (commits 0235857
and ef1cd01). What shapes this file:
- A bad request is answered 400 with {"message": …}; one that fails while it speaks, 200 with one second of zeros.
- It answers when the sound is whole, one request after the other: a server that says nothing is a busy one.
"""

from __future__ import annotations

import functools
import io
import ipaddress
import json
import tempfile
import time
import unicodedata
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

import numpy as np

from vnclone.errors import BadInput, Unavailable
from vnclone.models import Clip, EngineStatus, Said
from vnclone.settings import Settings

if TYPE_CHECKING:
    import ssl

    import httpx

SETTING, EXAMPLE = "VNCLONE_GPT_SOVITS_URL", "http://127.0.0.1:9880"
CONNECT_SECONDS = 3.0
SILENT_SECONDS = (
    120.0  # without a byte: a processor takes a minute or more for 13 s of speech, and one may be before us
)
WHOLE_SECONDS = 180.0  # for one request, with everything tried again
PAUSES = (0.5, 2.0)  # seconds before the second and the third attempt
MOST_BYTES, MOST_SECONDS = 32 << 20, 120.0  # of an answer; 200 characters are about 15 s
PROBE_SECONDS, PROBE_KEPT_SECONDS = 0.5, 10.0
_RATES = (8_000, 192_000)  # Hz
_UNSIZED = 0xFFFFFFFF  # in a WAV header: length unknown, as streamed files say
_LONGEST_COMPLAINT = 240  # characters
_UNSEEN = {"Cf", "Cs", "Co", "Cn"}  # formatting, surrogates, private and unassigned characters
_HEADERS = {"Accept-Encoding": "identity"}
_ABSENT = "vnclone-asks-without-a-recording.wav"


@dataclass(frozen=True, slots=True)
class Server:
    """`url`: where /tts is, without a slash at its end; `name`: host and port, which may be shown."""

    url: str
    name: str
    here: bool  # on this machine
    login: tuple[str, str] | None = field(default=None, repr=False)


@dataclass(frozen=True, slots=True)
class _Answer:
    status: int
    media: str
    body: bytes


@dataclass(frozen=True, slots=True)
class Probe:
    status: EngineStatus
    needs_transcript: bool = False


class _Failure(Exception):
    """Why there is no sound. `passing`: worth another attempt; `silent`: the server was reached and said nothing."""

    def __init__(self, said: Said, passing: bool = False, silent: bool = False) -> None:
        super().__init__(said.en)
        self.said, self.passing, self.silent = said, passing, silent


# Where the server is, and what it is


def locate() -> Server:
    """Where the setting says it is. Raises Unavailable when no address is set, or what is set is none."""
    import httpx

    given = Settings().gpt_sovits_url.strip()
    if not given:
        raise _no_address()
    try:
        url = httpx.URL(given)
        plain = url.scheme in ("http", "https") and url.host and not url.query and not url.fragment
        if not plain or (url.port or 0) > 65_535:
            raise _malformed()
    except (httpx.InvalidURL, ValueError):  # ValueError: a host that IDNA cannot write
        raise _malformed() from None
    login = (url.username, url.password) if url.userinfo else None
    bare = str(url.copy_with(userinfo=b""))  # a password in an address would be logged with it
    return Server(bare.rstrip("/").removesuffix("/tts"), url.netloc.decode("ascii"), _here(url.host), login)


def _here(host: str) -> bool:
    try:
        return host == "localhost" or ipaddress.ip_address(host).is_loopback or host in ("0.0.0.0", "::")
    except ValueError:
        return False


def probe() -> Probe:
    """What can be known in a second; remembered for ten."""
    try:
        server = locate()
    except Unavailable as error:
        return Probe(EngineStatus("unreachable", error.said))
    return _probed(server, int(time.monotonic() / PROBE_KEPT_SECONDS))


@functools.lru_cache(maxsize=4)
def _probed(server: Server, _now: int) -> Probe:
    """Ask for speech without a recording: the complaint tells whether this is the server, and what it demands.

    It looks at the languages first, then (v3, v4) for the transcript, then for the file, and has changed nothing yet.
    """
    request = {"text": "a", "text_lang": "en", "prompt_lang": "en", "prompt_text": "", "ref_audio_path": _ABSENT}
    try:
        answer = _post(server, request, PROBE_SECONDS, PROBE_SECONDS)
        complaint = _complaint(answer)
        about = _about(complaint, _ABSENT)
        if about == "language":
            raise _Failure(_without_english(server, complaint))
        if about == "other" and not complaint.startswith("tts failed"):
            raise _Failure(_not_the_server(server, answer.status))
    except _Failure as failure:
        if failure.silent:
            return Probe(EngineStatus("ready", _busy(server)))
        return Probe(EngineStatus("unreachable", failure.said))
    return Probe(EngineStatus("ready", _ready(server)), needs_transcript=about == "transcript")


# One request


def read(server: Server, request: dict[str, Any]) -> Clip:
    """The answer's sound, at its own rate. Raises BadInput for a reference it refuses, else Unavailable."""
    end, pauses = time.monotonic() + WHOLE_SECONDS, iter(PAUSES)
    while True:
        try:
            answer = _post(server, request, CONNECT_SECONDS, SILENT_SECONDS, end)
            return _sound(server, answer, Path(request["ref_audio_path"]).parent.name)
        except _Failure as failure:
            pause = next(pauses, None) if failure.passing else None
            if pause is None or time.monotonic() + pause > end:
                raise Unavailable(failure.said.vi, failure.said.en) from failure
        time.sleep(pause)


def _post(server: Server, request: dict[str, Any], connect: float, silent: float, end: float | None = None) -> _Answer:
    """`connect` and `silent`: seconds to wait for a connection and for the next byte; `end`: of `time.monotonic()`.

    No redirect is followed, and the environment's settings are left aside: a proxy would be handed what is meant for
    this one server.
    """
    import httpx

    end = end or time.monotonic() + connect + silent
    timeout = httpx.Timeout(min(silent, max(end - time.monotonic(), 0.1)), connect=connect)
    try:
        with (
            httpx.Client(
                verify=_tls(), timeout=timeout, auth=server.login, headers=_HEADERS, trust_env=False
            ) as client,
            client.stream("POST", f"{server.url}/tts", json=request) as answer,
        ):
            media = answer.headers.get("content-type", "").partition(";")[0].strip().lower()
            return _Answer(answer.status_code, media, _body(server, answer, end))
    except (httpx.ConnectError, httpx.ConnectTimeout) as error:
        raise _Failure(_no_connection(server), passing=True) from error
    except httpx.TimeoutException as error:
        raise _Failure(_silence(server), silent=True) from error
    except httpx.TransportError as error:
        raise _Failure(_cut(server), passing=True) from error


@functools.cache
def _tls() -> ssl.SSLContext:
    import httpx

    return httpx.create_ssl_context(trust_env=False)


def _body(server: Server, answer: httpx.Response, end: float) -> bytes:
    """At most 32 MiB, and not after `end`: neither a flood nor a trickle may hold a worker."""
    parts, size = [], 0
    for part in answer.iter_raw():
        parts.append(part)
        size += len(part)
        if size > MOST_BYTES:
            raise _Failure(_too_long(server))
        if time.monotonic() > end:
            raise _Failure(_silence(server))
    return b"".join(parts)


# The answer


def _sound(server: Server, answer: _Answer, folder: str) -> Clip:
    """`folder`: the name of the one that the reference lies in; nothing else is called so."""
    if answer.status >= 500:
        raise _Failure(_broken(server, f"HTTP {answer.status}"), passing=True)
    if complaint := _complaint(answer):
        raise _refused(server, complaint, folder)
    if answer.status != 200 or answer.media == "text/html":
        raise _Failure(_not_the_server(server, answer.status))
    clip = _decoded(server, answer)
    if not clip.samples.any():
        raise _Failure(_broken(server), passing=True)
    return clip


def _decoded(server: Server, answer: _Answer) -> Clip:
    """Checked before it is read: a header may promise less or more than there is."""
    import soundfile

    body = answer.body
    if not body:
        raise _Failure(_cut(server), passing=True)
    if body[:4] != b"RIFF":
        raise _Failure(_no_wav(server, answer.media))
    promised = int.from_bytes(body[4:8], "little")
    if promised != _UNSIZED and promised + 8 > len(body):
        raise _Failure(_cut(server), passing=True)
    try:
        with soundfile.SoundFile(io.BytesIO(body)) as file:
            if not _RATES[0] <= file.samplerate <= _RATES[1]:
                raise _Failure(_no_wav(server, answer.media))
            if file.frames > MOST_SECONDS * file.samplerate:
                raise _Failure(_too_long(server))
            samples = file.read(dtype="float32", always_2d=True).mean(axis=1)
            return Clip(np.clip(np.nan_to_num(samples), -1, 1), file.samplerate)
    except soundfile.LibsndfileError as error:
        raise _Failure(_no_wav(server, answer.media)) from error


def _complaint(answer: _Answer) -> str:
    """What the server says is wrong: its message and its exception, in one line; "" if it says nothing.

    {"message": …} or {"message": "tts failed", "Exception": …} with 400, {"detail": […]} with 422.
    """
    if answer.status not in (200, 400, 422) or answer.media not in ("application/json", "text/json"):
        return ""
    try:
        told = json.loads(answer.body)
    except ValueError:
        return ""
    if not isinstance(told, dict):
        return ""
    words = [str(told[key]) for key in ("message", "Exception", "exception", "detail") if told.get(key)]
    return one_line(": ".join(words))


def _about(complaint: str, reference: str) -> Literal["transcript", "reference", "language", "other"]:
    """Told by what is the same in all versions and languages of the server: a name, a path, an untranslated phrase."""
    if "prompt_text cannot be empty" in complaint:
        return "transcript"
    if reference in complaint:
        return "reference"
    if "_lang" in complaint and "not supported" in complaint:
        return "language"
    return "other"


def _refused(server: Server, complaint: str, folder: str) -> BadInput | _Failure:
    about = _about(complaint, folder)
    if about == "transcript":
        return transcript_demanded()
    if about == "reference":
        return _Failure(_no_shared_folder(server))
    if about == "language":
        return _Failure(_without_english(server, complaint))
    return _Failure(_said_no(server, complaint))


def one_line(text: str) -> str:
    """`text` in one line (a line break would make the server cut) without control and formatting characters."""
    kinds = ((c, unicodedata.category(c)) for c in text)
    return " ".join("".join(" " if kind == "Cc" else c for c, kind in kinds if kind not in _UNSEEN).split())


def _short(text: str, most: int) -> str:
    return text if len(text) <= most else f"{text[:most]}…"


# What people are told


def transcript_demanded() -> BadInput:
    return BadInput(
        "Máy chủ GPT-SoVITS này (mô hình v3 hoặc v4) cần biết bản ghi nói gì. Hãy tạo lại giọng từ bản ghi tiếng Anh "
        "dài 3 đến 10 giây và điền đúng lời trong bản ghi.",
        "This GPT-SoVITS server (a v3 or v4 model) needs to know what the recording says. Create the voice again from "
        "3 to 10 seconds of English, with its exact words as the transcript.",
    )


def _no_address() -> Unavailable:
    return Unavailable(
        f"Chưa có địa chỉ máy chủ GPT-SoVITS. Hãy chạy api_v2.py của nó rồi đặt {SETTING}, ví dụ {EXAMPLE}.",
        f"No address of a GPT-SoVITS server is set. Run its api_v2.py, then set {SETTING}, for example {EXAMPLE}.",
    )


def _malformed() -> Unavailable:
    """Without the address itself: it may hold a password."""
    return Unavailable(
        f"Địa chỉ trong {SETTING} không đúng dạng. Hãy viết cả http:// và cổng, ví dụ {EXAMPLE}.",
        f"The address in {SETTING} is malformed. Write it with http:// and the port, for example {EXAMPLE}.",
    )


def _ready(server: Server) -> Said:
    vi, en = f"Sẵn sàng ở {server.name}, chỉ đọc tiếng Anh.", f"Ready at {server.name}; it reads English only."
    if server.here:
        return Said(vi, en)
    folder = tempfile.gettempdir()
    return Said(
        f"{vi} Máy chủ ở máy khác: cả hai máy phải cùng thấy thư mục {folder}.",
        f"{en} The server is on another machine: both must see the same folder {folder}.",
    )


def _busy(server: Server) -> Said:
    return Said(
        f"Máy chủ GPT-SoVITS ở {server.name} đang bận; yêu cầu mới sẽ chờ đến lượt.",
        f"The GPT-SoVITS server at {server.name} is busy; a new request waits its turn.",
    )


def _no_connection(server: Server) -> Said:
    return Said(
        f"Không kết nối được với máy chủ GPT-SoVITS ở {server.name}. Hãy kiểm tra api_v2.py có đang chạy và {SETTING} "
        "có đúng không.",
        f"There is no connection to the GPT-SoVITS server at {server.name}. Check that api_v2.py is running and that "
        f"{SETTING} is right.",
    )


def _silence(server: Server) -> Said:
    return Said(
        f"Máy chủ GPT-SoVITS ở {server.name} không trả lời kịp. Có thể nó bị treo hoặc quá chậm: hãy xem cửa sổ của "
        "nó, khởi động lại rồi thử lại.",
        f"The GPT-SoVITS server at {server.name} did not answer in time. It may hang or be too slow: look at its "
        "window, restart it, then try again.",
    )


def _cut(server: Server) -> Said:
    return Said(
        f"Máy chủ GPT-SoVITS ở {server.name} ngắt kết nối giữa chừng. Có thể nó vừa dừng: hãy khởi động lại rồi thử "
        "lại.",
        f"The GPT-SoVITS server at {server.name} broke off in the middle of its answer. It may have stopped: restart "
        "it, then try again.",
    )


def _broken(server: Server, how: str = "") -> Said:
    how = f" ({how})" if how else ""
    return Said(
        f"Máy chủ GPT-SoVITS ở {server.name} gặp lỗi khi đọc{how}. Hãy xem lỗi trong cửa sổ của nó (thường là thiếu "
        "bộ nhớ), rồi thử lại.",
        f"The GPT-SoVITS server at {server.name} failed while reading{how}. Look for the error in its window (often "
        "it is short of memory), then try again.",
    )


def _not_the_server(server: Server, status: int) -> Said:
    return Said(
        f"Địa chỉ {server.name} có trả lời, nhưng không như api_v2.py của GPT-SoVITS (HTTP {status}). Hãy kiểm tra "
        f"{SETTING}, và chạy api_v2.py chứ không phải api.py hay trang web.",
        f"Something answers at {server.name}, but not as GPT-SoVITS's api_v2.py does (HTTP {status}). Check "
        f"{SETTING}, and run api_v2.py, not api.py or the web page.",
    )


def _no_wav(server: Server, media: str) -> Said:
    kind = _short(one_line(media), 60) or "?"
    return Said(
        f"Máy chủ ở {server.name} trả lời bằng thứ không phải âm thanh WAV ({kind}). Hãy kiểm tra {SETTING}, và cập "
        "nhật GPT-SoVITS.",
        f"The server at {server.name} answered with something that is not a WAV sound ({kind}). Check {SETTING}, and "
        "update GPT-SoVITS.",
    )


def _too_long(server: Server) -> Said:
    return Said(
        f"Máy chủ GPT-SoVITS ở {server.name} trả về âm thanh dài bất thường cho một câu. Hãy thử lại; nếu vẫn vậy, "
        "hãy khởi động lại nó.",
        f"The GPT-SoVITS server at {server.name} returned an absurdly long sound for one sentence. Try again; if it "
        "stays so, restart it.",
    )


def _no_shared_folder(server: Server) -> Said:
    folder = tempfile.gettempdir()
    return Said(
        f"Máy chủ GPT-SoVITS ở {server.name} không mở được tệp giọng mẫu trong {folder}. Nó chỉ đọc tệp trên máy của "
        "nó: hãy chạy nó trên cùng máy, cùng người dùng, hoặc chia sẻ thư mục này với nó ở đúng đường dẫn đó.",
        f"The GPT-SoVITS server at {server.name} could not open the voice's recording in {folder}. It reads files of "
        "its own machine only: run it on this machine as this user, or share that folder with it at the same path.",
    )


def _without_english(server: Server, complaint: str) -> Said:
    complaint = _short(complaint, _LONGEST_COMPLAINT)
    return Said(
        f"Máy chủ GPT-SoVITS ở {server.name} không nhận tiếng Anh (“{complaint}”). Hãy dùng mô hình chính thức.",
        f"The GPT-SoVITS server at {server.name} does not take English (“{complaint}”). Use an official model.",
    )


def _said_no(server: Server, complaint: str) -> Said:
    complaint = _short(complaint, _LONGEST_COMPLAINT)
    return Said(
        f"Máy chủ GPT-SoVITS ở {server.name} từ chối: “{complaint}”. Hãy sửa điều đó trên máy chủ rồi thử lại.",
        f"The GPT-SoVITS server at {server.name} refused: “{complaint}”. Put that right on the server, then try again.",
    )
