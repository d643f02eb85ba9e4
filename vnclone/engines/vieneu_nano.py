"""VieNeu-TTS v3 Nano, 24 kHz: a flow-matching model of 48 M parameters for processors that Turbo is too slow on.

Each chunk is made as a whole, so nothing can be streamed. Enrolment, weights and messages are Turbo's (vieneu.py).
"""

from __future__ import annotations

import threading
from functools import cache
from pathlib import Path
from typing import Any, cast

import numpy as np

from vnclone.engines import neural, vieneu, weights
from vnclone.engines.base import Engine, Placement, Plain, check_enrollment
from vnclone.engines.weights import Bundle
from vnclone.models import Clip, EngineStatus, Enrollment, Params

RATE = 24_000
_ALGORITHM = "3"  # part of the revision: raise it whenever the same input would sound different
_LOADING = threading.Lock()


class VieneuNano(Plain):
    """Follows vnclone.engines.base.Engine."""

    name = "vieneu_nano"
    sample_rate = RATE
    max_chars = 140  # the package's: it was trained on clips of at most 15 s
    languages = frozenset({"vi"})  # it met English by chance only; English words in Vietnamese text are read
    licence = "Apache-2.0"
    cues = True

    @property
    def revision(self) -> str:
        return vieneu.revision(weights.NANO, "fp32", _ALGORITHM)

    def status(self) -> EngineStatus:
        return vieneu.status(self.name, self.weights())

    def weights(self) -> Bundle:
        return weights.VIENEU_NANO

    def placement(self, cores: int) -> Placement:
        return Placement(workers=vieneu.workers_here(cores))

    def enroll(self, reference: Clip, transcript: str | None) -> Enrollment:
        """Speaker embedding of 30 s at most, style of the first 5 s, denoised as Turbo's; no transcript needed.

        Raises BadInput for a recording that is silent or shorter than a second, Unavailable when the model cannot run.
        """
        samples = neural.reference(reference, vieneu.SHORTEST_REFERENCE)
        speaker_emb, style = _backend().enroll(samples, reference.sample_rate)
        return vieneu.enrollment(cast("Engine", self), {"speaker_emb": speaker_emb, "style": style})

    def speak(self, text: str, voice: Enrollment, params: Params) -> Clip:
        """`text` at 24 kHz and -19 LUFS; longer than `max_chars`, it is read in pieces.

        Raises EnrollmentUnusable for another revision's enrolment; BadInput for a language or speed it has not;
        Unavailable when the model cannot run.
        """
        check_enrollment(voice, cast("Engine", self))
        neural.check(params, self.languages)
        pieces = ((piece, vieneu.phonemes(piece, "vi")) for piece in neural.pieces(text, self.max_chars))
        return neural.joined((_read(*pair, voice, params) for pair in pieces if vieneu.readable(pair[1])), RATE, text)


class NanoBackend:
    """The loaded model. `folder` holds the Nano repository, `denoiser` is Turbo's file, which it is used with."""

    def __init__(self, folder: Path, denoiser: Path, threads: int) -> None:
        with vieneu.repairable(VieneuNano.name):
            from vieneu.v3nano import OnnxV3NanoEngine

            self._engine: Any = OnnxV3NanoEngine(local_dir=str(folder), threads=threads)
        self._denoiser = denoiser

    def enroll(self, samples: np.ndarray, rate: int) -> tuple[np.ndarray, np.ndarray]:
        """float32 mono -> speaker embedding (192,), style (50, 256)."""
        self._load_encoders()
        speaker_emb, style = self._engine.prepare_reference(samples, sr=rate, denoise=True)
        return speaker_emb, style

    def speak(self, phonemes: str, speaker_emb: np.ndarray, style: np.ndarray, seed: int) -> np.ndarray:
        """Raw float32 sound at 24 kHz."""
        spoken = self._known_cues(phonemes)
        return np.asarray(self._engine.infer(spoken, speaker_emb, style, seed=seed % neural.SEEDS))

    def _known_cues(self, phonemes: str) -> str:
        """Without cues that this model has no sign for: it would read their letters."""
        for tag in vieneu.EMOTION.findall(phonemes):
            if tag not in self._engine.emotion_map:
                phonemes = phonemes.replace(tag, "")
        return phonemes

    def _load_encoders(self) -> None:
        """What enrolment needs. The package would look for a missing denoiser on the hub, then go on without one."""
        with _LOADING, vieneu.repairable(VieneuNano.name):
            from vieneu._v3_turbo_engine.onnx_denoiser import OnnxDenoiser

            self._engine._ensure_clone_sessions()
            if self._engine.denoiser is None:
                self._engine.denoiser = OnnxDenoiser(str(self._denoiser), sess_options=self._engine._so)
                self._engine._denoiser_tried = True


def _read(text: str, spoken: str, voice: Enrollment, params: Params) -> Clip:
    backend, speaker_emb, style = _backend(), voice.arrays["speaker_emb"], voice.arrays["style"]

    def raw(seed: int) -> np.ndarray:
        return backend.speak(spoken, speaker_emb, style, seed)

    return neural.speak_well(raw, text, RATE, params)


def _backend() -> NanoBackend:
    nano, turbo = vieneu.folders(VieneuNano.name, weights.VIENEU_NANO)
    with _LOADING:
        return _loaded(nano, turbo / "denoiser.onnx", vieneu.threads_here())


@cache
def _loaded(folder: Path, denoiser: Path, threads: int) -> NanoBackend:
    return NanoBackend(folder, denoiser, threads)
