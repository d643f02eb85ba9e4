"""VieNeu-TTS v3 Turbo, 48 kHz: by ONNX on the processor, by PyTorch on an NVIDIA card (vieneu_torch.py).

The package's own engine classes are used, not its `Vieneu` front: that one keeps voices in shared state, writes
references into the home folder, opens the hub when it is made, and has no seed. Here everything comes from pinned
local folders, so nothing can be fetched, and the voice is an argument. Such insides change without notice: that is why
requirements.txt pins vieneu==3.8.3.
"""

from __future__ import annotations

import importlib.metadata
import json
import os
import re
import threading
import zipfile
from collections.abc import Generator, Iterator, Sequence
from contextlib import contextmanager
from functools import cache
from importlib.util import find_spec
from pathlib import Path
from typing import Any, Literal, Protocol, cast

import numpy as np

from vnclone.engines import neural, weights
from vnclone.engines.base import Engine, Placement, Plain, check_enrollment, not_installed
from vnclone.engines.weights import Bundle, Repository
from vnclone.errors import BadInput, Unavailable
from vnclone.models import Clip, EngineStatus, Enrollment, Params, Said
from vnclone.settings import Settings

INSTALL, INSTALL_CUDA = "pip install vieneu==3.8.3", "pip install -r requirements-gpu.txt"
RATE = 48_000
SHORTEST_REFERENCE = 1.0  # seconds; the speaker encoder fails on less than a frame and tells nothing from a syllable
CORES_A_PROCESS = 4  # a frame's matrices are small: beyond four threads they wait for each other more than they win
MEMORY_A_PROCESS = 2 << 30  # bytes: about 1 GB of fp32 weights and caches, and as much for the rest of the machine
CUDA_BATCH = 16  # chunks in one forward; a card has one copy of the model, so one process
_ALGORITHM = "3"  # part of the revision: raise it whenever the same input would sound different
EMOTION = re.compile(r"<\|emotion_\d+\|>")  # a cue among phonemes
_CUE = re.compile(r"(\[[^\]]+\])")
_LOADING = threading.Lock()
_DICE = threading.Lock()

Kind = Literal["fp32", "int8", "cuda"]


class Backend(Protocol):
    """A loaded model. One object a process; it keeps no voice."""

    def enroll(self, samples: np.ndarray, rate: int) -> tuple[np.ndarray, np.ndarray]:
        """float32 mono -> speaker embedding (192,), codec frames of the first 8 s (T, 16)."""
        ...

    def speak(self, phonemes: list[str], speaker_emb: np.ndarray, codes: np.ndarray, seed: int) -> list[np.ndarray]:
        """Raw float32 sound at 48 kHz for each string of phonemes, in order."""
        ...

    def stream(self, phonemes: str, speaker_emb: np.ndarray, codes: np.ndarray, seed: int) -> Iterator[np.ndarray]:
        """The same for one, in pieces, as they are made."""
        ...


class Vieneu(Plain):
    """Follows vnclone.engines.base.Engine."""

    name = "vieneu"
    sample_rate = RATE
    max_chars = 256  # the package's; a chunk ends after 300 codec frames, 24 s, whatever is left of it
    languages = frozenset({"vi", "en"})
    licence = "Apache-2.0"
    cues = True

    @property
    def revision(self) -> str:
        kind = _kind()
        return revision(weights.TURBO_TORCH if kind == "cuda" else weights.TURBO_FP32, kind, _ALGORITHM)

    def status(self) -> EngineStatus:
        if _kind() == "cuda" and not find_spec("torch"):
            return not_installed(INSTALL_CUDA)
        return status(self.name, self.weights())

    def weights(self) -> Bundle:
        return _bundle(_kind())

    def placement(self, cores: int) -> Placement:
        """One process for every four cores, as far as the memory goes; on a graphics card one, with batches."""
        if _kind() == "cuda":
            return Placement(workers=1, batch=CUDA_BATCH, gpu=True)
        return Placement(workers=workers_here(cores))

    def prepare(self) -> None:
        """Put the model on the graphics card, where that is what it runs on."""
        if _kind() == "cuda":
            _backend("cuda")

    def enroll(self, reference: Clip, transcript: str | None) -> Enrollment:
        """Speaker embedding and codec frames of the first 8 s, denoised as the training data was; no transcript needed.

        Raises BadInput for a recording that is silent or shorter than a second, Unavailable when the model cannot run.
        """
        samples = neural.reference(reference, SHORTEST_REFERENCE)
        speaker_emb, codes = _backend(_kind()).enroll(samples, reference.sample_rate)
        codes = np.asarray(codes, np.int64)
        return enrollment(cast("Engine", self), {"speaker_emb": np.asarray(speaker_emb, np.float32), "codes": codes})

    def speak(self, text: str, voice: Enrollment, params: Params) -> Clip:
        """`text` at 48 kHz and -19 LUFS; longer than `max_chars`, it is read in pieces.

        Raises EnrollmentUnusable for another revision's enrolment; BadInput for a language or speed it has not;
        Unavailable when the model cannot run.
        """
        return self._joined(text, {}, voice, params)

    def speak_many(self, texts: Sequence[str], voice: Enrollment, params: Params) -> Iterator[Clip]:
        """On a graphics card all in one batch; on the processor one after the other, each as soon as it is there."""
        first: dict[str, np.ndarray] = {}
        if _kind() == "cuda":
            self._check(voice, params)
            spoken = list(dict.fromkeys(p for text in texts for _, p in self._pieces(text, params)))
            raw = _backend(_kind_of(voice.revision)).speak(spoken, *_arrays(voice), params.seed) if spoken else []
            first = dict(zip(spoken, raw, strict=True))
        for text in texts:
            yield self._joined(text, first, voice, params)

    def stream(self, text: str, voice: Enrollment, params: Params) -> Generator[Clip, None, Clip]:
        """Frames at the voice's own pace and level as they are made; then the clip as `speak` would give it.

        At another speed, or for a text above `max_chars`, nothing is yielded: it could not be played as it comes.
        """
        self._check(voice, params)
        pieces = self._pieces(text, params)
        if params.speed != 1.0 or len(pieces) != 1:
            return self.speak(text, voice, params)
        phonemes, heard = pieces[0][1], [np.zeros(0, np.float32)]
        for samples in _backend(_kind_of(voice.revision)).stream(phonemes, *_arrays(voice), params.seed):
            heard.append(samples)
            yield Clip(np.clip(samples, -1, 1).astype(np.float32, copy=False), RATE)
        return self._joined(text, {phonemes: np.concatenate(heard)}, voice, params)

    def _check(self, voice: Enrollment, params: Params) -> None:
        check_enrollment(voice, cast("Engine", self))
        neural.check(params, self.languages)

    def _pieces(self, text: str, params: Params) -> list[tuple[str, str]]:
        """(text, its phonemes) of every piece with something to say."""
        pairs = [(piece, phonemes(piece, params.language)) for piece in neural.pieces(text, self.max_chars)]
        return [pair for pair in pairs if readable(pair[1])]

    def _joined(self, text: str, first: dict[str, np.ndarray], voice: Enrollment, params: Params) -> Clip:
        """`first`: readings with the first seed that are there already, by their phonemes."""
        self._check(voice, params)
        clips = (self._read(*piece, first, voice, params) for piece in self._pieces(text, params))
        return neural.joined(clips, RATE, text)

    def _read(self, text: str, spoken: str, first: dict[str, np.ndarray], voice: Enrollment, params: Params) -> Clip:
        backend, arrays = _backend(_kind_of(voice.revision)), _arrays(voice)

        def raw(seed: int) -> np.ndarray:
            return backend.speak([spoken], *arrays, seed)[0]

        return neural.speak_well(raw, text, RATE, params, first.get(spoken))


class OnnxBackend:
    """Follows Backend, on the processor. `kind` names the graphs: "fp32", or "int8" for processors with VNNI."""

    def __init__(self, kind: Kind, turbo: Path, codec: Path, threads: int) -> None:
        with repairable(Vieneu.name):
            from vieneu._v3_turbo_engine.onnx_runtime_lite import OnnxV3LiteEngine

            graphs = turbo / ("onnx_int8" if kind == "int8" else "onnx_update")
            json.loads((graphs / "tokenizer.json").read_bytes())  # tokenizers raises a bare Exception for a cut one
            self._engine: Any = OnnxV3LiteEngine(
                checkpoint_path=str(turbo), onnx_dir=str(graphs), codec_dir=str(codec), threads=threads
            )
        # The package goes on without these, and sounds worse or stops streaming; it must not be found out by ear.
        if self._engine.denoiser is None or self._engine.sess_codec_step is None or not self._engine._codec_stream_spec:
            raise damaged(Vieneu.name)

    def enroll(self, samples: np.ndarray, rate: int) -> tuple[np.ndarray, np.ndarray]:
        self._load_encoders()
        speaker_emb, codes = self._engine.prepare_reference(samples, sr=rate, denoise=True)
        return speaker_emb, codes

    def speak(self, phonemes: list[str], speaker_emb: np.ndarray, codes: np.ndarray, seed: int) -> list[np.ndarray]:
        return [self._speak(one, speaker_emb, codes, seed) for one in phonemes]

    def stream(self, phonemes: str, speaker_emb: np.ndarray, codes: np.ndarray, seed: int) -> Iterator[np.ndarray]:
        frames = self._engine.infer_stream(phonemes=phonemes, speaker_emb=speaker_emb, ref_codes=codes)
        yield from neural.drawn(frames, Dice(seed))

    def _speak(self, phonemes: str, speaker_emb: np.ndarray, codes: np.ndarray, seed: int) -> np.ndarray:
        with Dice(seed).thrown():
            return np.asarray(self._engine.infer(phonemes=phonemes, speaker_emb=speaker_emb, ref_codes=codes))

    def _load_encoders(self) -> None:
        """The speaker's and the codec's encoder, which the package loads when they are first used."""
        engine = self._engine
        with _LOADING, repairable(Vieneu.name):
            import onnxruntime

            engine._ensure_speaker_encoder()
            engine._sess_codec_enc = engine._sess_codec_enc or onnxruntime.InferenceSession(
                engine._codec_enc_path, engine._so, providers=["CPUExecutionProvider"]
            )


class Dice:
    """A seeded run of numpy's global generator, which the package draws from, for one reading among several.

    Between `thrown` blocks other readings may throw theirs; the generator is left as it was found.
    """

    def __init__(self, seed: int) -> None:
        self._state = np.random.RandomState(seed % neural.SEEDS).get_state()

    @contextmanager
    def thrown(self) -> Iterator[None]:
        with _DICE:
            found = np.random.get_state()
            np.random.set_state(self._state)
            try:
                yield
            finally:
                self._state = np.random.get_state()
                np.random.set_state(found)


# Text


def phonemes(text: str, language: str) -> str:
    """What the model reads: sea-g2p's phonemes, cues as <|emotion_k|>. English is marked: "to" is Vietnamese, too."""
    from vieneu_utils.phonemize_text import phonemize_text_with_emotions

    if language == "en":
        parts = _CUE.split(text)
        parts[::2] = [f"<en>{part.strip()}</en>" if part.strip() else "" for part in parts[::2]]
        text = " ".join(part for part in parts if part)
    return str(phonemize_text_with_emotions(text))


def readable(phonemes: str) -> bool:
    """Whether there is a sound in them, or a cue, and not only punctuation."""
    return any(character.isalnum() for character in phonemes)


# Which weights, where, and whether they are there; Nano shares these


def has_vnni(flags: frozenset[str]) -> bool:
    """Whether a processor with these flags (Linux's names) multiplies int8 exactly; others saturate, and it babbles."""
    return bool(flags & {"avx512_vnni", "avx_vnni"})


def kind_for(device: str, cuda: bool, vnni: bool, int8_missing: bool, fp32_missing: bool) -> Kind:
    """The backend for a setting of `device` ("auto", "cpu", "cuda") on a machine that has these.

    fp32 weights that are there already are used before int8 ones are asked for: they sound the same, only slower.
    """
    if device == "cuda" or (device == "auto" and cuda):
        return "cuda"
    return "int8" if vnni and (not int8_missing or fp32_missing) else "fp32"


def workers(cores: int, memory: int) -> int:
    """Processes for a machine of so many cores and bytes. Throughput grows with processes, each with its own model."""
    return max(1, min(cores // CORES_A_PROCESS, memory // MEMORY_A_PROCESS))


def threads(cores: int, processes: int) -> int:
    """onnxruntime's threads in each process; left alone it takes half the cores, one on a machine of two."""
    return max(1, min(cores // processes, CORES_A_PROCESS))


def workers_here(cores: int) -> int:
    """`workers` with this machine's memory."""
    return workers(cores, _memory())


def threads_here() -> int:
    """`threads` for this machine."""
    cores = os.cpu_count() or 1
    return threads(cores, workers_here(cores))


def revision(repository: Repository, kind: str, algorithm: str) -> str:
    """Package, model, backend and our own part in it, fit for a file's name."""
    return f"{algorithm}-{_version()}-{repository.revision[:7]}-{kind}"


def status(name: str, bundle: Bundle) -> EngineStatus:
    """Of an engine whose files are `bundle`. Loads no model, opens no connection."""
    if not (find_spec("vieneu") and find_spec("onnxruntime")):
        return not_installed(INSTALL)
    missing = weights.missing_bytes(bundle)
    if not missing:
        return EngineStatus("ready", Said("Sẵn sàng.", "Ready."))
    return weights.needs_download(name, missing)


def folders(name: str, bundle: Bundle) -> list[Path]:
    """Where the repositories of `bundle` lie. Raises Unavailable, with the command, unless every file is there."""
    found = [weights.folder(repository) for repository in bundle.repositories]
    for folder, repository in zip(found, bundle.repositories, strict=True):
        if not all((folder / file.path).is_file() for file in repository.files):
            raise weights.incomplete(name)
    return found


@contextmanager
def repairable(name: str) -> Iterator[None]:
    """Turns what reading a damaged model raises into Unavailable with the command that mends it."""
    from onnxruntime.capi import onnxruntime_pybind11_state as ort

    broken = (ort.Fail, ort.InvalidArgument, ort.InvalidGraph, ort.InvalidProtobuf, ort.NoModel, ort.NoSuchFile)
    try:
        yield
    except (*broken, ort.NotImplemented, ort.RuntimeException, OSError, ValueError, KeyError, EOFError) as error:
        raise damaged(name) from error
    except zipfile.BadZipFile as error:
        raise damaged(name) from error


def damaged(name: str) -> Unavailable:
    return Unavailable(
        f"Tệp mô hình của bộ đọc {name} bị hỏng hoặc thiếu. Hãy chạy lại để tải bù: {weights.command(name)}",
        f"A model file of the engine {name} is damaged or missing. Run this again to mend it: {weights.command(name)}",
    )


def enrollment(engine: Engine, arrays: dict[str, np.ndarray]) -> Enrollment:
    """Raises BadInput when the encoders heard no voice: an embedding of zeros, or a number that is none."""
    if not all(a.size and np.isfinite(a).all() for a in arrays.values()) or not arrays["speaker_emb"].any():
        raise BadInput(
            "Không nhận ra giọng nói trong bản ghi này. Hãy dùng bản ghi khác, rõ tiếng hơn.",
            "No voice could be made out in this recording. Use another one with clearer speech.",
        )
    return Enrollment(engine.name, engine.revision, arrays)


@cache
def _version() -> str:
    try:
        return importlib.metadata.version("vieneu")
    except importlib.metadata.PackageNotFoundError:
        return "none"


def _kind() -> Kind:
    device = Settings().device
    cuda = device == "auto" and bool(find_spec("torch")) and _cuda_here()
    missing = (weights.missing_bytes(bundle) > 0 for bundle in (weights.VIENEU_INT8, weights.VIENEU_FP32))
    return kind_for(device, cuda, has_vnni(_flags()), *missing)


def _cuda_here() -> bool:
    from vnclone.engines import vieneu_torch

    return bool(vieneu_torch.available())


def _bundle(kind: Kind) -> Bundle:
    return {"cuda": weights.VIENEU_TORCH, "int8": weights.VIENEU_INT8, "fp32": weights.VIENEU_FP32}[kind]


def _kind_of(revision: str) -> Kind:
    """The backend that `revision` names, for an enrolment that was checked already."""
    return cast(Kind, revision.rpartition("-")[2])


def _backend(kind: Kind) -> Backend:
    turbo, codec = folders(Vieneu.name, _bundle(kind))
    with _LOADING:
        return _loaded(kind, turbo, codec, threads_here())


@cache
def _loaded(kind: Kind, turbo: Path, codec: Path, threads: int) -> Backend:
    if kind != "cuda":
        return OnnxBackend(kind, turbo, codec, threads)
    from vnclone.engines.vieneu_torch import TorchBackend

    return cast(Backend, TorchBackend(turbo, codec))


def _arrays(voice: Enrollment) -> tuple[np.ndarray, np.ndarray]:
    return voice.arrays["speaker_emb"], voice.arrays["codes"]


@cache
def _flags() -> frozenset[str]:
    """The processor's features as Linux lists them; none elsewhere."""
    try:
        lines = Path("/proc/cpuinfo").read_text("ascii", "replace").splitlines()
    except OSError:
        return frozenset()
    return frozenset(word for line in lines if line.startswith("flags") for word in line.split()[2:])


def _memory() -> int:
    """Bytes of the machine; plenty where the system does not say."""
    if "SC_PHYS_PAGES" not in getattr(os, "sysconf_names", {}):
        return 1 << 40
    return os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
