"""eSpeak NG in memory: text in, a Clip out, by ctypes from the `espeakng-loader` wheel. No subprocess, no file.

The library keeps its random seed, pitch flutter and gain control in static variables that no call resets, so two
readings of one sentence differ by what was read before. It is therefore loaded afresh for each text (5 ms) and
seeded: the same text always gives the same samples, in any process.
"""

from __future__ import annotations

import ctypes
import os
import re
import threading
import unicodedata
from bisect import bisect_left
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np

from vnclone.errors import BadInput, Unavailable
from vnclone.models import Clip, Word

SAMPLE_RATE = 22050  # Hz, of eSpeak NG's formant synthesiser
INSTALL = "pip install espeakng-loader"
_SYNCHRONOUS = 2  # AUDIO_OUTPUT_SYNCHRONOUS: samples come to the callback before espeak_Synth returns
_DONT_EXIT = 0x8000  # espeakINITIALIZE_DONT_EXIT: report missing data instead of ending the process
_UTF8 = 1  # espeakCHARS_UTF8; espeakSSML (0x10) and espeakPHONEMES (0x100) stay unset: text is text
_RATE, _VOLUME, _PITCH, _RANGE, _PUNCTUATION, _CAPITALS, _WORD_GAP = 1, 2, 3, 4, 5, 6, 7  # espeak_PARAMETER
_SLOWEST, _FASTEST = 80, 449  # words a minute; from 450 on eSpeak switches to another time-scaler
_LONGEST_DATA_PATH = 150  # bytes; the library's own limit (N_PATH_HOME) is 160: beyond it the data is not found
_SEED = 1
_END_OF_LIST, _WORD = 0, 1  # espeak_EVENT_TYPE
_lock = threading.Lock()  # one library a process, and it is not thread-safe
_MARKUP = str.maketrans("<>[]{}\\^", " " * 8)  # never markup or phoneme mnemonics


class _Event(ctypes.Structure):
    """espeak_EVENT of speak_lib.h, API revision 12 (eSpeak NG 1.52)."""

    _fields_ = (
        ("type", ctypes.c_int),
        ("unique_identifier", ctypes.c_uint),
        ("text_position", ctypes.c_int),  # characters, from 1
        ("length", ctypes.c_int),
        ("audio_position", ctypes.c_int),  # ms
        ("sample", ctypes.c_int),
        ("user_data", ctypes.c_void_p),
        ("id", ctypes.c_char * 8),
    )


_Callback = ctypes.CFUNCTYPE(ctypes.c_int, ctypes.POINTER(ctypes.c_short), ctypes.c_int, ctypes.POINTER(_Event))


@dataclass(slots=True)
class _Heard:
    """What the library says while it reads: `blocks` of int16 samples; `starts`: (character, seconds) of each word."""

    blocks: list[bytes] = field(default_factory=list)
    starts: list[tuple[int, float]] = field(default_factory=list)

    def receive(self, samples: Any, count: int, events: Any) -> int:
        """The library's callback; 0 tells it to go on."""
        if samples and count:
            self.blocks.append(ctypes.string_at(samples, 2 * count))
        place = 0
        while events and events[place].type != _END_OF_LIST:
            if events[place].type == _WORD:
                self.starts.append((events[place].text_position - 1, events[place].audio_position / 1000))
            place += 1
        return 0


def sayable(text: str) -> str:
    """`text` without what has no sound: control and private characters, emoji, brackets. "" when no word is left."""
    text = unicodedata.normalize("NFC", text).translate(_MARKUP)
    kept = "".join(" " if _mute(character) else character for character in text)
    return " ".join(kept.split()) if any(character.isalnum() for character in kept) else ""


def _mute(character: str) -> bool:
    category = unicodedata.category(character)
    return category[0] == "C" or category in ("So", "Sk", "Zl", "Zp")


def speak(text: str, voice_name: str, words_per_minute: int = 150, pitch: int = 50, pitch_range: int = 50) -> Clip:
    """`text` as eSpeak NG says it, at 22 050 Hz; an empty Clip when there is nothing to say.

    `voice_name`: a voice with or without a variant ("vi", "vi-VN-x-south", "en-us+f2"); `words_per_minute` 80 to 449
    (clipped); `pitch` and `pitch_range` 0 to 99, 50 being the voice's own. Nothing carries over between calls.
    The clip's words are those of `sayable(text)`, split at blanks; a word's end is the next one's start, so that a
    pause belongs to the word before it. eSpeak NG's own times: measured on vowels after a pause, right within 2 ms.
    Raises BadInput for an unknown voice; Unavailable when the library or its data is missing.
    """
    text = sayable(text)
    _check_variant(voice_name)
    if not text:
        return Clip(np.zeros(0, np.float32), SAMPLE_RATE)
    heard = _Heard()
    with _lock, _library(heard) as library:
        if library.espeak_SetVoiceByName(voice_name.encode()) != 0:
            raise _unknown_voice(voice_name)
        rate = min(max(words_per_minute, _SLOWEST), _FASTEST)
        _set_parameters(library, {_RATE: rate, _PITCH: pitch, _RANGE: pitch_range})
        encoded = text.encode() + b"\0"
        library.espeak_Synth(encoded, ctypes.c_size_t(len(encoded)), 0, 0, 0, _UTF8, None, None)
    samples = np.frombuffer(b"".join(heard.blocks), np.int16)
    words = _words(text, heard.starts, len(samples) / SAMPLE_RATE)
    return Clip(samples.astype(np.float32) / 32768, SAMPLE_RATE, words=words)


def _words(text: str, starts: list[tuple[int, float]], seconds: float) -> tuple[Word, ...]:
    """When each token of `text` is heard; what eSpeak NG reads as one ("of the") is shared out by its letters."""
    tokens = [(match.group(), match.end()) for match in re.finditer(r"\S+", text)]
    begins = _begins(tokens, starts)
    heard = [n for n, (token, _) in enumerate(tokens) if n in begins or _has_letters(token)]
    if not heard:
        return ()
    begins = {heard[0]: 0.0} | {n: at for n, at in begins.items() if n > heard[0]}
    words: list[Word] = []
    for first, following in pairwise([*begins, len(tokens)]):
        group = [tokens[n][0] for n in heard if first <= n < following]
        words += _share(group, begins[first], begins.get(following, seconds))
    return tuple(words)


def _begins(tokens: list[tuple[str, int]], starts: list[tuple[int, float]]) -> dict[int, float]:
    """Token number -> start in seconds, both ascending. `tokens`: each with its end in the text."""
    ends = [end for _, end in tokens]
    begins: dict[int, float] = {}
    last, latest = -1, -1.0
    for place, (character, at) in enumerate(starts):
        number = bisect_left(ends, character + 1)
        after = bisect_left(ends, starts[place + 1][0] + 1) if place + 1 < len(starts) else len(tokens)
        while number + 1 < min(after, len(tokens)) and not _has_letters(tokens[number][0]):
            number += 1  # "- Xin": the word is reported where its dash stands
        if last < number < len(tokens) and at > latest:
            begins[number] = at
            last, latest = number, at
    return begins


def _share(tokens: list[str], start: float, end: float) -> list[Word]:
    """`tokens` one after the other from `start` to `end`, each as long as its share of the letters."""
    edges = np.cumsum([0, *(len(token) for token in tokens)]) / max(sum(map(len, tokens)), 1) * (end - start) + start
    return [Word(token, float(a), float(b)) for token, (a, b) in zip(tokens, pairwise(edges), strict=True)]


def _has_letters(token: str) -> bool:
    return any(character.isalnum() for character in token)


def _set_parameters(library: ctypes.CDLL, parameters: dict[int, int]) -> None:
    fixed = {_VOLUME: 100, _PUNCTUATION: 0, _CAPITALS: 0, _WORD_GAP: 0}
    for parameter, value in (fixed | parameters).items():
        library.espeak_SetParameter(parameter, value, 0)


@contextmanager
def _library(heard: _Heard) -> Iterator[ctypes.CDLL]:
    """A library in its initial state that tells `heard` what it says; unloaded at the end."""
    callback = _Callback(heard.receive)  # the library holds only its address: keep the object alive
    with _data_path() as path:  # held throughout: dictionaries and voices are read from it later
        library = _open()
        try:
            if library.espeak_Initialize(_SYNCHRONOUS, 0, path, _DONT_EXIT) != SAMPLE_RATE:
                raise _unavailable()
            library.espeak_SetSynthCallback(callback)
            library.espeak_ng_SetRandSeed(ctypes.c_long(_SEED))  # else seeded with the time of day
            yield library
            library.espeak_Terminate()
        finally:
            _close(library)


def _open() -> ctypes.CDLL:
    try:
        import espeakng_loader

        return ctypes.CDLL(espeakng_loader.get_library_path())
    except (ImportError, OSError) as error:
        raise _unavailable() from error


def _close(library: ctypes.CDLL) -> None:
    """Unload the library, so that the next load starts with fresh static variables."""
    import _ctypes

    release = "dlclose" if hasattr(_ctypes, "dlclose") else "FreeLibrary"  # FreeLibrary on Windows
    getattr(_ctypes, release)(library._handle)


@contextmanager
def _data_path() -> Iterator[bytes]:
    """The data folder, by a name that fits in eSpeak's buffer: deep virtual environments have longer ones."""
    folder = os.fsencode(_data_folder())
    if len(folder) <= _LONGEST_DATA_PATH or not os.path.isdir("/proc/self/fd"):
        yield folder
        return
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        yield f"/proc/self/fd/{descriptor}".encode()
    finally:
        os.close(descriptor)


def _data_folder() -> Path:
    try:
        import espeakng_loader

        return Path(espeakng_loader.get_data_path())
    except (ImportError, RuntimeError) as error:
        raise _unavailable() from error


def _check_variant(voice_name: str) -> None:
    """eSpeak reads an unknown variant in the plain voice without a word: say so instead."""
    _, plus, variant = voice_name.partition("+")
    if plus and not (variant.isalnum() and (_data_folder() / "voices" / "!v" / variant).is_file()):
        raise _unknown_voice(voice_name)


def _unknown_voice(voice_name: str) -> BadInput:
    return BadInput(
        f"eSpeak NG không có giọng “{voice_name}”. Hãy dùng vi, vi-VN-x-central, vi-VN-x-south hoặc en-us.",
        f"eSpeak NG has no voice “{voice_name}”. Use vi, vi-VN-x-central, vi-VN-x-south or en-us.",
    )


def _unavailable() -> Unavailable:
    return Unavailable(
        f"Chưa nạp được eSpeak NG. Hãy chạy `{INSTALL}` (cài lại nếu đã có) rồi khởi động lại.",
        f"eSpeak NG could not be loaded. Run `{INSTALL}` (reinstall it if it is there), then restart.",
    )
