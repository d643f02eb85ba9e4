"""GPT-SoVITS, spoken by a server of its own (gpt_sovits_server.py) at VNCLONE_GPT_SOVITS_URL. English only.

The server takes the reference as a path on its own machine, and no version takes the sound itself (issue 2082 of
RVC-Boss/GPT-SoVITS; pull request 1811, base64, was not merged): both programs have to see one temporary folder. It
remembers what it computed of a reference under the path, and after a failure what it remembers may belong to another
(`set_ref_audio` in its TTS.py): a path used twice could be answered in somebody else's voice. So none is used twice.
"""

from __future__ import annotations

import contextlib
import hashlib
import shutil
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any, cast

import numpy as np

from vnclone.audio import speech, tempo
from vnclone.audio.files import pcm16, write_wav
from vnclone.audio.rates import resample
from vnclone.disk import no_space_said
from vnclone.engines import gpt_sovits_server as api
from vnclone.engines import neural
from vnclone.engines.base import Engine, Placement, Plain, check_enrollment
from vnclone.errors import BadInput, figure
from vnclone.models import Clip, EngineStatus, Enrollment, Params
from vnclone.settings import Settings

_ALGORITHM = "3"  # part of the revision: raise it whenever the same input would sound different
_SHORTEST, _LONGEST = 3.0, 9.95  # seconds of a reference: the server refuses what is not 3 to 10 s at 16 kHz
_EDGE = 0.1  # seconds kept before the first and after the last word
_FOREIGN = 0.2  # share of words with a letter outside ASCII: Vietnamese has three in four, English a name or two
_PREFIX, _LEFT_BEHIND = "vnclone-gpt-sovits-", 3600.0  # of folders, and the age in seconds at which nobody uses them
_READING: dict[str, Any] = {  # defaults differ between versions, so all is said; cut0: the text is one chunk already
    "text_split_method": "cut0",
    "top_k": 15,
    "top_p": 1,
    "temperature": 1,
    "repetition_penalty": 1.35,
    "batch_size": 1,
    "speed_factor": 1.0,
    "fragment_interval": 0.3,
    "sample_steps": 32,
    "super_sampling": False,
    "parallel_infer": True,
    "split_bucket": True,
    "media_type": "wav",
    "streaming_mode": False,
}


class GptSovits(Plain):
    """Follows vnclone.engines.base.Engine. Keeps nothing: each request carries the voice and all settings."""

    name = "gpt_sovits"
    sample_rate = 32_000  # of the v2 models, the server's default; v3's 24 and v4's 48 kHz are resampled to it
    max_chars = 200  # about 15 s of speech: the models were trained on sentences, and stop at 54 s with the reference
    languages = frozenset({"en"})
    licence = "MIT (GPT-SoVITS); the models of the server have their own"

    @property
    def revision(self) -> str:
        """Another address is another model, as far as anyone can know: the server does not name its own."""
        address = Settings().gpt_sovits_url.strip().rsplit("@", 1)[-1].rsplit("//", 1)[-1]
        address = address.rstrip("/").removesuffix("/tts")
        return f"{_ALGORITHM}-{hashlib.sha256(address.encode()).hexdigest()[:8]}"

    @property
    def needs_transcript(self) -> bool:  # type: ignore[override]
        """Whether the server demands it: v3 and v4 models do; v1, v2 and v2Pro do not. False if it cannot be asked."""
        return api.probe().needs_transcript

    def status(self) -> EngineStatus:
        """Takes at most a second, and is remembered for ten; nothing about anybody is sent."""
        return api.probe().status

    def placement(self, cores: int) -> Placement:
        """One request at a time: the server is one process that answers in turn, whatever the cores here."""
        return Placement(workers=1)

    def enroll(self, reference: Clip, transcript: str | None) -> Enrollment:
        """The best 3 to 10 s of `reference`, and what they say if that is known and English.

        Arrays: `samples` int16 (n,), `rate` in Hz, `transcript` UTF-8 bytes, none when unknown. A recording of more
        than 10 s is cut, and what the rest says nobody knows: its transcript is left out, since a wrong one makes the
        model repeat or swallow words. Raises BadInput below 3 s, and when the server demands a transcript.
        """
        if reference.seconds < _SHORTEST:
            raise _too_short(reference.seconds)
        start, end = _window(reference)
        whole = end - start >= reference.seconds
        words = _english(transcript or "") if whole else ""
        if not words and self.needs_transcript:
            raise api.transcript_demanded()
        rate = reference.sample_rate
        arrays = {
            "samples": pcm16(reference.samples[round(start * rate) : round(end * rate)]),
            "rate": np.array(rate),
            "transcript": np.frombuffer(words.encode(), np.uint8),
        }
        return Enrollment(self.name, self.revision, arrays)

    def speak(self, text: str, voice: Enrollment, params: Params) -> Clip:
        """`text` at 32 kHz, checked, at the common loudness and speed; longer than `max_chars`, it is read in pieces.

        Raises EnrollmentUnusable for another revision's enrolment, BadInput for a language that the server has not, a
        speed outside 0.5 to 2 or a transcript that it demands, Unavailable for all that goes wrong with the server.
        """
        check_enrollment(voice, cast("Engine", self))
        tempo.check_speed(params.speed)
        if params.language not in self.languages:
            raise _not_its_language(params.language)
        sayable = (text for text in neural.pieces(api.one_line(text), self.max_chars) if any(map(str.isalnum, text)))
        return neural.joined((self._piece(text, voice, params) for text in sayable), self.sample_rate)

    def _piece(self, text: str, voice: Enrollment, params: Params) -> Clip:
        server = api.locate()
        words = voice.arrays["transcript"].tobytes().decode()
        spoken = {"text": text, "text_lang": params.language, "prompt_text": words, "prompt_lang": "en"}
        with _lent(voice) as path:
            request = _READING | spoken | {"ref_audio_path": path}

            def raw(seed: int) -> np.ndarray:
                clip = api.read(server, request | {"seed": seed % (1 << 31)})  # -1 would be "any"
                return resample(clip, self.sample_rate).samples

            return neural.speak_well(raw, text, self.sample_rate, params)


def _window(clip: Clip) -> tuple[float, float]:
    """(start, end) in seconds: all of `clip` if the server takes it, else the stretch with the most speech in it.

    It begins at a word and ends after one, unless nobody draws breath for ten seconds; the earliest among equals.
    """
    if clip.seconds <= _LONGEST:
        return 0.0, clip.seconds
    spans = speech.detect(clip).spans()
    best, most = (0.0, _LONGEST), 0.0
    for first, _ in spans:
        start = max(0.0, first - _EDGE)
        last = min(start + _LONGEST, clip.seconds)
        inside = [(a, b) for a, b in spans if a >= first and b + _EDGE <= last] or [(first, last - _EDGE)]
        spoken, end = sum(b - a for a, b in inside), inside[-1][1] + _EDGE
        if spoken > most and end - start >= _SHORTEST:
            best, most = (start, end), spoken
    return best


def _english(transcript: str) -> str:
    """The words in one line; "" if too many of them have letters that English has not."""
    words = transcript.split()
    foreign = [word for word in words if any(letter.isalpha() and not letter.isascii() for letter in word)]
    return " ".join(words) if len(foreign) <= _FOREIGN * len(words) else ""


@contextlib.contextmanager
def _lent(voice: Enrollment) -> Iterator[str]:
    """The absolute path of a WAV of the reference that only this user can read, and that is gone after the call."""
    _sweep()
    samples = voice.arrays["samples"].astype(np.float32) / 32767
    with no_space_said(), tempfile.TemporaryDirectory(prefix=_PREFIX) as folder:
        path = Path(folder) / "reference.wav"
        write_wav(path, Clip(samples, int(voice.arrays["rate"])))
        yield str(path)


def _sweep() -> None:
    """Remove what a killed process left behind: it is somebody's voice."""
    for folder in Path(tempfile.gettempdir()).glob(f"{_PREFIX}*"):
        with contextlib.suppress(OSError):
            if time.time() - folder.stat().st_mtime > _LEFT_BEHIND:
                shutil.rmtree(folder)


def _too_short(seconds: float) -> BadInput:
    return BadInput(
        f"Giọng mẫu chỉ dài {figure(seconds)} giây; GPT-SoVITS cần từ 3 đến 10 giây. Hãy tạo lại giọng với bản ghi dài "
        "hơn.",
        f"The voice's recording is only {figure(seconds, 'en')} seconds long; GPT-SoVITS needs 3 to 10. Create the "
        "voice again from a longer one.",
    )


def _not_its_language(language: str) -> BadInput:
    return BadInput(
        f"GPT-SoVITS không đọc được ngôn ngữ “{language}”: mô hình chính thức không có tiếng Việt. Hãy chọn bộ đọc "
        "khác, hoặc dùng văn bản tiếng Anh.",
        f"GPT-SoVITS cannot read the language “{language}”: its official models have no Vietnamese. Choose another "
        "engine, or use an English text.",
    )
