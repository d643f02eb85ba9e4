"""A GPT-SoVITS server for tests: api_v2.py's contract over HTTP, with a sound that tells what it was made from.

What it keeps to, as read in api_v2.py and TTS_infer_pack/TTS.py of RVC-Boss/GPT-SoVITS (commits 0235857, ef1cd01): the
parameters, their defaults and the order of the checks; the words of its errors; the reference as a path, remembered by
path; 3 to 10 s of it; v1's languages and v2's; the transcript that v3 and v4 demand; a handler that blocks
the whole server; one second of zeros at 16 kHz for what fails while it speaks; each version's sample rate.
"""

from __future__ import annotations

import asyncio
import hashlib
import io
import os
import re
import socket
import threading
import time
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import soundfile
import uvicorn
from fastapi import FastAPI, Response
from fastapi.responses import JSONResponse
from pydantic import BaseModel

from vnclone.audio.rates import resample
from vnclone.models import Clip, Enrollment

RATES = {"v1": 32_000, "v2": 32_000, "v2Pro": 32_000, "v2ProPlus": 32_000, "v3": 24_000, "v4": 48_000}
V1 = ["auto", "en", "zh", "ja", "all_zh", "all_ja"]
V2 = ["auto", "auto_yue", "en", "zh", "ja", "yue", "ko", "all_zh", "all_ja", "all_yue", "all_ko"]
CUTS = ("cut0", "cut1", "cut2", "cut3", "cut4", "cut5")
MEDIA = ("wav", "raw", "ogg", "aac")
ENDS = "，。？！,.?!~:：—…"  # `splits` of text_segmentation_method.py
SYLLABLE_SECONDS = 0.2
Receive, Send = Callable[[], Awaitable[dict[str, Any]]], Callable[[dict[str, Any]], Awaitable[None]]


class TtsRequest(BaseModel):
    """The body of POST /tts. What is not here is ignored, as there."""

    text: str = None  # type: ignore[assignment]
    text_lang: str = None  # type: ignore[assignment]
    ref_audio_path: str = None  # type: ignore[assignment]
    aux_ref_audio_paths: list[str] = None  # type: ignore[assignment]
    prompt_lang: str = None  # type: ignore[assignment]
    prompt_text: str = ""
    top_k: int = 15
    top_p: float = 1
    temperature: float = 1
    text_split_method: str = "cut5"
    batch_size: int = 1
    batch_threshold: float = 0.75
    split_bucket: bool = True
    speed_factor: float = 1.0
    fragment_interval: float = 0.3
    seed: int = -1
    media_type: str = "wav"
    streaming_mode: bool | int = False
    parallel_infer: bool = True
    repetition_penalty: float = 1.35
    sample_steps: int = 32
    super_sampling: bool = False
    overlap_length: int = 2
    min_chunk_length: int = 16


@dataclass
class ApiV2:
    """`seen`: the requests that came to speaking, with the reference's `fingerprint`. `fault`: what goes wrong."""

    version: str = "v2"
    languages: list[str] | None = None
    fault: str = ""
    faults_left: int = 1_000
    busy_seconds: float = 0.0
    url: str = ""
    asked: int = 0  # requests to /tts, whatever became of them
    seen: list[dict[str, Any]] = field(default_factory=list)
    controls: list[str] = field(default_factory=list)
    headers: dict[str, str] = field(default_factory=dict)  # of the last request
    arrived: threading.Event = field(default_factory=threading.Event)
    left: threading.Event = field(default_factory=threading.Event)  # the caller hung up before the answer
    cache: dict[str, Any] = field(default_factory=dict)  # prompt_cache: semantic, spec, path

    def renew(self) -> None:
        """As it was when it started, at the same address."""
        self.__dict__.update(vars(ApiV2(url=self.url)))

    def answer(self, request: dict[str, Any]) -> Response:
        """tts_handle: the check of the parameters, then the first sound of the pipeline, or what it raised."""
        refused = self._refused(request)
        if refused:
            return JSONResponse({"message": refused}, 400)
        time.sleep(self.busy_seconds)
        try:
            rate, samples = self._run(request)
        except Exception as error:  # noqa: BLE001 - whatever it is, as there
            return JSONResponse({"message": "tts failed", "Exception": str(error)}, 400)
        return Response(wav(samples, rate), media_type="audio/wav")

    def _refused(self, request: dict[str, Any]) -> str:
        languages = self.languages or (V1 if self.version == "v1" else V2)
        for name in ("ref_audio_path", "text", "text_lang", "prompt_lang"):
            if request[name] in (None, ""):
                return f"{name} is required"
            if name.endswith("_lang") and request[name].lower() not in languages:
                return f"{name}: {request[name]} is not supported in version {self.version}"
        if request["media_type"] not in MEDIA:
            return f"media_type: {request['media_type']} is not supported"
        if request["text_split_method"] not in CUTS:
            return f"text_split_method:{request['text_split_method']} is not supported"
        return ""

    def _run(self, request: dict[str, Any]) -> tuple[int, np.ndarray]:
        if not request["prompt_text"] and self.version in ("v3", "v4"):
            raise ValueError("prompt_text cannot be empty when using SoVITS_V3")
        path = request["ref_audio_path"]
        if path != self.cache.get("path"):
            if not os.path.exists(path):
                raise ValueError(f"{path} not exists")
            self._set_reference(path)
        self.seen.append(request | {"fingerprint": self.cache["semantic"], "exists": os.path.exists(path)})
        if self.fault == "out of memory":
            return 16_000, np.zeros(16_000, np.int16)
        rate = RATES[self.version]
        return rate, made(request["text"], request["seed"], self.cache["semantic"], request["prompt_text"], rate)

    def _set_reference(self, path: str) -> None:
        """In its order: what is heard of the reference changes before the path does."""
        with open(path, "rb") as file:
            samples, rate = soundfile.read(io.BytesIO(file.read()), dtype="int16")
        if not 48_000 <= np.ceil(len(samples) * 16_000 / rate) <= 160_000:
            raise OSError("参考音频在3~10秒范围外，请更换！")
        self.cache["semantic"] = fingerprint(samples)
        if self.fault == "half a reference":
            raise RuntimeError("CUDA out of memory")
        self.cache["path"] = path

    def app(self) -> FastAPI:
        app = FastAPI()

        @app.post("/tts")
        async def post(request: TtsRequest) -> Response:  # async and blocking, as there: one at a time
            return self.answer(request.model_dump())

        @app.get("/control")
        async def control(command: str | None = None) -> Response:
            self.controls.append(command or "")
            return JSONResponse({"message": "command is required"}, 400)

        return app


def made(text: str, seed: int, reference: str, prompt: str, rate: int) -> np.ndarray:
    """int16 sound of syllables, five a second, each its own; another word, seed or voice is another sound.

    Its 0.3 s of silence at the end are the server's `fragment_interval`.
    """
    told = "\n".join([text.rstrip(ENDS), str(seed), reference, prompt])
    rng = np.random.default_rng(list(hashlib.sha256(told.encode()).digest()))
    count = len(re.findall("[aeiouy]+", re.sub(r"e\b", "", text.lower())))  # as good as English needs here
    parts = [_syllable(rng, rate) for _ in range(max(1, count))]
    return np.concatenate([*parts, np.zeros(int(0.3 * rate), np.int16)])


def _syllable(rng: np.random.Generator, rate: int) -> np.ndarray:
    """A vowel at 90 to 250 Hz between two near-silences. The same samples, seen at each rate."""
    times = np.arange(int(SYLLABLE_SECONDS * rate)) / rate
    pitch, glide = rng.uniform(90, 250), rng.uniform(-200, 200)
    gains = rng.uniform(0.05, 1.0, 20) / np.arange(1, 21) ** 0.5
    phase = 2 * np.pi * (pitch * times + glide * times**2 / 2)
    sound = sum(gain * np.sin(number * phase) for number, gain in enumerate(gains, 1))
    envelope = np.sin(np.pi * times / SYLLABLE_SECONDS) ** 2
    return np.asarray(8000 * rng.uniform(0.5, 1) * envelope * sound / np.abs(sound).max(), np.int16)


def expected(voice: Enrollment, text: str, seed: int, rate: int = 32_000) -> np.ndarray:
    """The sound that answers a request with `voice`, one of the client's enrolments."""
    words = voice.arrays["transcript"].tobytes().decode()
    return made(text, seed, fingerprint(voice.arrays["samples"]), words, rate)


def heard(clip: Clip, sound: np.ndarray, rate: int = 32_000) -> float:
    """How much of `clip` is `sound`, whatever its level and its edges: their best normalised correlation, up to 1."""
    there = resample(Clip(sound.astype(np.float32) / 32768, rate), clip.sample_rate).samples
    size = 1 << (len(there) + len(clip.samples)).bit_length()
    product = np.fft.irfft(np.fft.rfft(clip.samples, size) * np.conj(np.fft.rfft(there, size)), size)
    return float(product.max() / (np.linalg.norm(clip.samples) * np.linalg.norm(there)))


def fingerprint(samples: np.ndarray) -> str:
    """Of a recording's int16 samples."""
    return hashlib.sha256(np.ascontiguousarray(samples, "<i2").tobytes()).hexdigest()


def wav(samples: np.ndarray, rate: int, kind: str = "WAV") -> bytes:
    buffer = io.BytesIO()
    soundfile.write(buffer, samples, rate, format=kind)
    return buffer.getvalue()


class Faults:
    """In front of the app: what a broken network, another program at the address or a dying server would answer."""

    def __init__(self, server: ApiV2) -> None:
        self.server, self.app = server, server.app()

    async def __call__(self, scope: dict[str, Any], receive: Receive, send: Send) -> None:
        server = self.server
        if scope["type"] == "http" and scope["path"].endswith("/tts"):
            server.asked += 1
            server.headers = {name.decode(): value.decode() for name, value in scope["headers"]}
            server.arrived.set()
            broken = _FAULTS.get(server.fault)
            if broken and server.faults_left > 0:
                server.faults_left -= 1
                return await broken(server, receive, send)
        await self.app(scope, receive, send)


def _answering(status: int, media: str, body: bytes, **headers: str) -> Callable[..., Awaitable[None]]:
    async def answer(_server: ApiV2, _receive: Receive, send: Send) -> None:
        await _start(send, status, media, **{"content-length": str(len(body)), **headers})
        await send({"type": "http.response.body", "body": body})

    return answer


async def _start(send: Send, status: int, media: str, **headers: str) -> None:
    pairs = {"content-type": media, **headers}
    raw = [(name.replace("_", "-").encode(), value.encode()) for name, value in pairs.items() if value]
    await send({"type": "http.response.start", "status": status, "headers": raw})


async def _hang(server: ApiV2, receive: Receive, _send: Send) -> None:
    left = server.left
    while (await receive())["type"] != "http.disconnect":
        pass
    left.set()


async def _die(_server: ApiV2, _receive: Receive, send: Send) -> None:
    body = wav(np.ones(32_000, np.int16), 32_000)
    await _start(send, 200, "audio/wav", **{"content-length": str(len(body))})
    await send({"type": "http.response.body", "body": body[:20_000], "more_body": True})
    raise ConnectionError("the server dies here")


async def _die_chunked(_server: ApiV2, _receive: Receive, send: Send) -> None:
    await _start(send, 200, "audio/wav")
    await send({"type": "http.response.body", "body": wav(np.ones(32_000, np.int16), 32_000), "more_body": True})
    raise ConnectionError("the server dies here")


async def _flood(_server: ApiV2, _receive: Receive, send: Send) -> None:
    await _start(send, 200, "audio/wav")
    for _ in range(100):
        await send({"type": "http.response.body", "body": b"RIFF" + bytes(1 << 20), "more_body": True})


async def _trickle(server: ApiV2, _receive: Receive, send: Send) -> None:
    await _start(send, 200, "audio/wav")
    for _ in range(1_000):
        await send({"type": "http.response.body", "body": b"R", "more_body": True})
        await asyncio.sleep(0.05)


_TONE = wav((8000 * np.sin(np.arange(32_000) / 20)).astype(np.int16), 32_000)
_FAULTS: dict[str, Callable[..., Awaitable[None]]] = {
    "hang": _hang,
    "die": _die,
    "die chunked": _die_chunked,
    "flood": _flood,
    "trickle": _trickle,
    "html": _answering(200, "text/html; charset=utf-8", b"<!doctype html><title>Welcome to nginx</title>"),
    "bad gateway": _answering(502, "text/html", b"<h1>502 Bad Gateway</h1>"),
    "crash": _answering(500, "text/plain; charset=utf-8", b"Internal Server Error"),
    "not found": _answering(404, "application/json", b'{"detail":"Not Found"}'),
    "forbidden": _answering(403, "text/plain", b"no"),
    "moved": _answering(302, "", b"", location="http://192.0.2.1/tts"),
    "another api": _answering(422, "application/json", b'{"detail":[{"loc":["body","input"],"msg":"Field required"}]}'),
    "rude": _answering(400, "application/json", ('{"message":"a\\u0007b\\u202ec\\n' + "x" * 5_000 + '"}').encode()),
    "broken json": _answering(400, "application/json", b'{"message": '),
    "listed json": _answering(200, "application/json", b"[1, 2]"),
    "empty": _answering(200, "audio/wav", b""),
    "cut wav": _answering(200, "audio/wav", _TONE[:-1_000]),
    "ogg": _answering(200, "audio/ogg", wav(np.ones(32_000, np.int16), 32_000, "OGG")),
    "noise": _answering(200, "audio/wav", b"RIFF\x10\x00\x00\x00WAVE" + bytes(range(256)) * 4),
    "nothing": _answering(200, "audio/wav", wav(np.zeros(0, np.int16), 32_000)),
    "absurd": _answering(200, "audio/wav", wav(np.ones(200 * 8_000, np.int16), 8_000)),
    "absurd rate": _answering(200, "audio/wav", wav(np.ones(1_000, np.int16), 10)),
    "silence": _answering(200, "audio/wav", wav(np.zeros(16_000, np.int16), 16_000)),
}


@contextmanager
def running(server: ApiV2, port: int = 0) -> Iterator[ApiV2]:
    """`server` on a loopback port, by default a free one, at its `url`."""
    with socket.create_server(("127.0.0.1", port)) as listening:
        server.url = f"http://127.0.0.1:{listening.getsockname()[1]}"
        config = uvicorn.Config(Faults(server), log_level="critical", lifespan="off", timeout_graceful_shutdown=1)
        uvicorn_server = uvicorn.Server(config)
        thread = threading.Thread(target=uvicorn_server.run, kwargs={"sockets": [listening]}, daemon=True)
        thread.start()
        while not uvicorn_server.started:
            time.sleep(0.01)
        yield server
        uvicorn_server.should_exit = uvicorn_server.force_exit = True
        thread.join(10)
