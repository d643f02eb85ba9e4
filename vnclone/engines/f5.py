"""F5-TTS with the Vietnamese ViVoice checkpoint: the nearest to a voice there is, on a graphics card, non-commercial.

It goes on speaking where a reference stopped, so it has to know word for word what the reference says. The package's
model, tokenizer and vocoder are used; loading and the steps around the model are here, since the package's own
(f5_tts/infer/utils_infer.py of 1.1.22) print what they load and take no seed. tests/test_f5.py compares the sound.
"""

from __future__ import annotations

import functools
import sys
import threading
import unicodedata
from dataclasses import dataclass, field
from importlib.machinery import ModuleSpec
from importlib.util import find_spec, module_from_spec
from pathlib import Path
from typing import Any, cast

import numpy as np

from vnclone.audio.rates import resample
from vnclone.engines import cuda, guard, neural, weights
from vnclone.engines.base import Engine, Placement, Plain, check_enrollment, not_installed
from vnclone.engines.weights import Bundle
from vnclone.errors import BadInput, Unavailable, figure
from vnclone.models import Clip, EngineStatus, Enrollment, Params, Said
from vnclone.settings import Settings

INSTALL = "pip install -r requirements-f5.txt && pip install --no-deps f5-tts==1.1.22"
RATE = 24_000
SHORTEST, LONGEST = 2.0, 12.0  # seconds of a reference; the package cuts what is longer
# The checkpoint was trained as "F5TTS_Base" (configs/F5TTS_Base.yaml; fine_tuning.sh and infer.sh of its authors'
# F5-TTS-Vietnamese): rotary positions on the first head only, filler tokens of the text unmasked. The two flags change
# no shape, so the weights load without them, and babble.
ARCHITECTURE: dict[str, Any] = {
    "dim": 1024,
    "depth": 22,
    "heads": 16,
    "ff_mult": 2,
    "text_dim": 512,
    "text_mask_padding": False,
    "conv_layers": 4,
    "pe_attn_head": 1,
}
# utils_infer.py: nfe_step, cfg_strength, sway_sampling_coef; then the mel spectrogram that Vocos inverts.
_STEPS, _GUIDANCE, _SWAY = 32, 2.0, -1.0
_HOP, _FFT, _MELS = 256, 1024, 100
_TOTAL = 22.0  # seconds of reference and reading together: what infer_process plans with; 30 is what training saw
_LOUDNESS = 0.1  # root mean square that a quieter reference is raised to
_TAIL = 0.05  # seconds of silence that end a reference
_SHORT_BYTES, _SHORT_SPEED = 10, 0.3  # a text so short is given more time
_ALGORITHM = "3"  # part of the revision: raise it whenever the same input would sound different
_PACKAGES = ("torch", "torchaudio", "f5_tts", "vocos", "torchdiffeq", "x_transformers", "rjieba", "pypinyin")
_LOADING = threading.Lock()


class F5(Plain):
    """Follows vnclone.engines.base.Engine."""

    name = "f5"
    sample_rate = RATE
    max_chars = 135  # chunk_text's default, about 8 s; behind a long reference read slowly less fits (see _Prompt)
    languages = frozenset({"vi"})
    licence = "CC-BY-NC-SA-4.0 (hynt/F5-TTS-Vietnamese-ViVoice: non-commercial), MIT (F5-TTS, Vocos)"
    needs_transcript = True

    @property
    def revision(self) -> str:
        return f"{_ALGORITHM}-{weights.F5_VIVOICE.revision[:7]}"

    def status(self) -> EngineStatus:
        if _absent():
            return not_installed(INSTALL)
        missing = weights.missing_bytes(weights.F5)
        if not missing:
            return EngineStatus("ready", _READY if Settings().device != "cpu" and cuda.available() else _READY_AND_SLOW)
        return weights.needs_download(self.name, missing)

    def weights(self) -> Bundle:
        return weights.F5

    def placement(self, cores: int) -> Placement:
        """One process: it fills a card, and PyTorch takes every core; each further one holds another 1.4 GB."""
        return Placement(workers=1, gpu=cuda.wanted())

    def prepare(self) -> None:
        """Put the model on the graphics card, where there is one."""
        if cuda.wanted():
            _model()

    def enroll(self, reference: Clip, transcript: str | None) -> Enrollment:
        """The reference itself and its words. Arrays: `samples` float32 (n,) at 24 kHz; `transcript` UTF-8 bytes.

        Nothing is cut, for nobody knows which words a part of the recording holds. Raises BadInput without a
        transcript, with one that cannot be what is said, and for a recording that is silent, under 2 s or over 12 s.
        """
        words = plain(transcript or "")
        if not any(map(str.isalnum, words)):
            raise _no_transcript()
        samples = neural.reference(reference, SHORTEST)
        seconds = len(samples) / reference.sample_rate
        if seconds > LONGEST:
            raise _too_long(seconds)
        if not guard.SLOWEST / 2 <= guard.syllables(words) / seconds <= guard.FASTEST:
            raise _other_words(guard.syllables(words), seconds)
        sound = resample(Clip(samples, reference.sample_rate), RATE).samples
        arrays = {"samples": _raised(sound), "transcript": np.frombuffer(_ended(words).encode(), np.uint8)}
        return Enrollment(self.name, self.revision, arrays)

    def speak(self, text: str, voice: Enrollment, params: Params) -> Clip:
        """`text` at 24 kHz and -19 LUFS; longer than `max_chars`, or than the reference leaves room for, in pieces.

        Raises EnrollmentUnusable for another revision's enrolment; BadInput for a language or speed it has not;
        Unavailable when the model is not there or damaged, or the card is full.
        """
        check_enrollment(voice, cast("Engine", self))
        neural.check(params, self.languages)
        prompt = _Prompt.of(voice)
        pieces = neural.pieces(plain(text), min(self.max_chars, prompt.max_chars))
        return neural.joined((_read(piece, prompt, params) for piece in pieces if _sayable(piece)), RATE)


_READY = Said("Sẵn sàng.", "Ready.")
# Measured with the network's real size on two shared cores: 398 s for 1.7 s of speech, 32 steps of 7.7 s of sound.
_READY_AND_SLOW = Said(
    "Sẵn sàng, nhưng không có card đồ hoạ thì rất chậm: vài phút cho mỗi giây tiếng nói.",
    "Ready, but very slow without a graphics card: minutes for each second of speech.",
)
_COMMAND = weights.command(F5.name)


@dataclass(frozen=True, slots=True)
class _Prompt:
    """What comes before every reading: a reference, float32 (n,) at 24 kHz, and its words with their full stop."""

    samples: np.ndarray
    words: str

    @classmethod
    def of(cls, voice: Enrollment) -> _Prompt:
        return cls(voice.arrays["samples"], voice.arrays["transcript"].tobytes().decode())

    @property
    def frames(self) -> int:
        return len(self.samples) // _HOP

    @property
    def max_chars(self) -> int:
        """How much fits behind it at its own pace (infer_process of utils_infer.py, in characters)."""
        seconds = len(self.samples) / RATE
        return max(20, int(len(self.words) / seconds * (_TOTAL - seconds)))

    def frames_with(self, text: str) -> int:
        """Frames of it and of `text` together, by the length of their words (_infer_basic of utils_infer.py)."""
        wanted = len(text.encode())
        speed = _SHORT_SPEED if wanted < _SHORT_BYTES else 1.0
        return self.frames + int(self.frames / len(self.words.encode()) * wanted / speed)


@dataclass(frozen=True, slots=True)
class _Model:
    """The loaded network and vocoder on their device. PyTorch's dice and the card's memory allow one reading a time."""

    network: Any
    vocoder: Any
    device: str
    lock: threading.Lock = field(default_factory=threading.Lock)

    def read(self, text: str, prompt: _Prompt, seed: int) -> np.ndarray:
        """float32 at 24 kHz, the voice's own pace. Raises Unavailable when the card is full."""
        with self.lock:
            return cuda.retried(lambda: self._sampled(text, prompt, seed))

    def _sampled(self, text: str, prompt: _Prompt, seed: int) -> np.ndarray:
        import torch
        from f5_tts.model.utils import convert_char_to_pinyin

        with torch.inference_mode(), cuda.Dice(seed, self.device).thrown():
            try:
                mel, _ = self.network.sample(
                    cond=torch.from_numpy(prompt.samples)[None].to(self.device),
                    text=convert_char_to_pinyin([prompt.words + text]),
                    duration=prompt.frames_with(text),
                    steps=_STEPS,
                    cfg_strength=_GUIDANCE,
                    sway_sampling_coef=_SWAY,
                )
            finally:  # a reading that failed leaves its text behind, and the next one would say that
                self.network.transformer.clear_cache()
            spoken = mel.to(torch.float32)[:, prompt.frames :, :].permute(0, 2, 1)
            return np.asarray(self.vocoder.decode(spoken).squeeze().cpu().numpy(), np.float32)


def plain(text: str) -> str:
    """As the checkpoint's transcripts are written: NFC, lower case, no quotation marks, one space between words."""
    without = str.maketrans("", "", '"“”„«»')
    return " ".join(unicodedata.normalize("NFC", text).translate(without).lower().split())


def _read(text: str, prompt: _Prompt, params: Params) -> Clip:
    return neural.speak_well(functools.partial(_model().read, text, prompt), text, RATE, params)


def _sayable(text: str) -> bool:
    return any(map(str.isalnum, text))


def _ended(words: str) -> str:
    """With a full stop, so that the reading begins a sentence, and the two spaces that the package puts behind it."""
    return f"{words}  " if words.endswith((".", "!", "?")) else f"{words.rstrip(',;:')}.  "


def _raised(samples: np.ndarray) -> np.ndarray:
    """Loud enough for the model, with a moment of silence at its end; float32."""
    loudness = float(np.sqrt(np.mean(np.square(samples))))
    raised = samples * max(1.0, _LOUDNESS / max(loudness, 1e-6))
    return np.concatenate([raised, np.zeros(round(_TAIL * RATE))]).astype(np.float32)


# Loading


def _absent() -> str:
    """The first of the packages that is not installed; "" when all are."""
    return next((package for package in _PACKAGES if not find_spec(package)), "")


def _model() -> _Model:
    """The model on the device that the settings ask for. Raises Unavailable when something is missing or damaged."""
    if absent := _absent():
        raise _incomplete(absent)
    if weights.missing_bytes(weights.F5):
        raise weights.incomplete(F5.name)
    with _LOADING:
        return _loaded(weights.folder(weights.F5_VIVOICE), weights.folder(weights.VOCOS), cuda.device())


@functools.cache
def _loaded(vivoice: Path, vocos: Path, device: str) -> _Model:
    from pickle import UnpicklingError

    import torch
    import yaml

    _spare_the_trainer()
    try:
        network, vocoder = _network(vivoice, device), _vocoder(vocos)
        return cuda.retried(lambda: _Model(network.to(device), vocoder.to(device), device))
    except ImportError as error:
        raise _incomplete(error.name or str(error)) from error
    except torch.cuda.OutOfMemoryError:
        raise
    except (OSError, RuntimeError, LookupError, ValueError, EOFError, UnpicklingError, yaml.YAMLError) as error:
        raise _damaged() from error


def _network(folder: Path, device: str) -> Any:
    """The averaged (EMA) weights; of the file's 5.4 GB the optimiser's two thirds are mapped, never read."""
    import torch
    from f5_tts.model.backbones.dit import DiT
    from f5_tts.model.cfm import CFM
    from f5_tts.model.utils import get_tokenizer

    characters, count = get_tokenizer(str(folder / "config.json"), "custom")
    mel = {"n_fft": _FFT, "hop_length": _HOP, "win_length": _FFT, "n_mel_channels": _MELS, "target_sample_rate": RATE}
    network = CFM(
        transformer=DiT(**ARCHITECTURE, text_num_embeds=count, mel_dim=_MELS),
        mel_spec_kwargs={**mel, "mel_spec_type": "vocos"},
        odeint_kwargs={"method": "euler"},
        vocab_char_map=characters,
    )
    file = torch.load(folder / "model_last.pt", map_location="cpu", weights_only=True, mmap=True)
    network.load_state_dict(_averaged(file["ema_model_state_dict"]))
    return network.to(_precision(device)).eval()


def _averaged(state: dict[str, Any]) -> dict[str, Any]:
    """By the network's own names, without the average's counters and old versions' mel filters (load_checkpoint)."""
    dropped = {"initted", "step", "mel_spec.mel_stft.mel_scale.fb", "mel_spec.mel_stft.spectrogram.window"}
    named = {name.replace("ema_model.", ""): tensor for name, tensor in state.items()}
    return {name: tensor for name, tensor in named.items() if name not in dropped}


def _precision(device: str) -> Any:
    """Half on cards since Volta (2017), as the package does; elsewhere single."""
    import torch

    half = device.startswith("cuda") and torch.cuda.get_device_properties(device).major >= 7
    return torch.float16 if half else torch.float32


def _vocoder(folder: Path) -> Any:
    import torch
    from vocos import Vocos

    vocoder = Vocos.from_hparams(str(folder / "config.yaml"))
    vocoder.load_state_dict(torch.load(folder / "pytorch_model.bin", map_location="cpu", weights_only=True))
    return vocoder.eval()


def _spare_the_trainer() -> None:
    """Make f5_tts.model importable without its __init__, which imports the trainer: wandb, datasets, accelerate."""
    name, found = "f5_tts.model", find_spec("f5_tts")
    if name in sys.modules or found is None:
        return
    package = ModuleSpec(name, None, is_package=True)
    package.submodule_search_locations = [str(Path(p) / "model") for p in found.submodule_search_locations or ()]
    sys.modules[name] = module_from_spec(package)


# What people are told


def _no_transcript() -> BadInput:
    return BadInput(
        "F5-TTS cần biết bản ghi giọng nói gì. Hãy tạo lại giọng và gõ đúng từng lời trong bản ghi vào ô lời thoại.",
        "F5-TTS has to know what the voice recording says. Create the voice again and type its exact words as the "
        "transcript.",
    )


def _too_long(seconds: float) -> BadInput:
    return BadInput(
        f"Bản ghi giọng dài {figure(seconds)} giây; F5-TTS chỉ nghe được tối đa {LONGEST:g} giây và cần đúng lời của "
        "cả bản ghi. Hãy tạo một giọng mới từ bản ghi 6 đến 12 giây kèm lời, hoặc chọn bộ đọc khác.",
        f"The voice recording is {figure(seconds, 'en')} seconds long; F5-TTS takes {LONGEST:g} at most, and the exact "
        "words of all of it. Create a new voice from a recording of 6 to 12 seconds with its transcript, or choose "
        "another engine.",
    )


def _other_words(count: int, seconds: float) -> BadInput:
    return BadInput(
        f"Lời thoại ({count} tiếng) không khớp với bản ghi dài {figure(seconds)} giây. Hãy tạo lại giọng và gõ đúng "
        "những gì bản ghi nói, không thừa không thiếu.",
        f"The transcript ({count} syllables) does not fit a recording of {figure(seconds, 'en')} seconds. Create the "
        "voice again and type exactly what it says, no more and no less.",
    )


def _damaged() -> Unavailable:
    return Unavailable(
        "Tệp mô hình của bộ đọc f5 bị hỏng. Hãy xoá thư mục của mô hình trong bộ nhớ đệm Hugging Face rồi chạy: "
        f"{_COMMAND}",
        "A model file of the engine f5 is damaged. Delete the model's folder in the Hugging Face cache, then run: "
        f"{_COMMAND}",
    )


def _incomplete(package: str) -> Unavailable:
    return Unavailable(
        f"Thiếu thư viện của bộ đọc f5 ({package}). Hãy chạy: {INSTALL}",
        f"A library of the engine f5 is missing ({package}). Run: {INSTALL}",
    )
