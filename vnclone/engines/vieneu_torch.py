"""VieNeu-TTS v3 Turbo on an NVIDIA card, by PyTorch: the backend that vieneu.py takes where there is one.

The package's own classes are used: VieNeuTTSv3Turbo loads, enrols and streams, V3TurboBatchEngine reads several chunks
in one forward with its frames captured as CUDA graphs. Neither locks, and all draw from PyTorch's global generators:
here one call runs at a time.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np

from vnclone.engines import cuda, neural, vieneu, weights
from vnclone.errors import Unavailable

SUBFOLDER = "update"  # of the repository: where the PyTorch weights and the tokenizer lie
_MOST = 32  # chunks in one forward, at first: the package's own limit (max_batch_size)


def available() -> bool:
    """Whether PyTorch is installed and sees an NVIDIA card. Quick."""
    return cuda.available()


class TorchBackend:
    """Follows vieneu.Backend. Loads the model from the pinned folders when it is made; keeps no voice.

    `device` is "cuda", or "cpu", which is slower than ONNX. Raises Unavailable when a file is missing or damaged, or
    the card is too full for the model.
    """

    def __init__(self, turbo: Path | None = None, codec: Path | None = None, device: str = "cuda") -> None:
        turbo = turbo or weights.folder(weights.TURBO_TORCH)
        codec = codec or weights.folder(weights.CODEC_TORCH)
        self._device, self._most = device, _MOST
        self._lock = threading.RLock()
        self._tts = cuda.retried(lambda: _loaded(turbo, codec, device))
        from vieneu.v3_turbo_serve import V3TurboBatchEngine

        self._batches: Any = V3TurboBatchEngine(self._tts)

    def enroll(self, samples: np.ndarray, rate: int) -> tuple[np.ndarray, np.ndarray]:
        """float32 mono at `rate` Hz -> speaker embedding float32 (192,), int64 codec frames of 8 s at most (T, 16)."""
        with self._lock:
            speaker_emb, codes = cuda.retried(lambda: self._tts.prepare_reference(samples, sr=rate, denoise=True))
        return np.asarray(speaker_emb, np.float32), np.asarray(codes, np.int64)

    def speak(self, phonemes: list[str], speaker_emb: np.ndarray, codes: np.ndarray, seed: int) -> list[np.ndarray]:
        """Raw float32 sound at 48 kHz for each string of phonemes, in order, in batches that the card has room for.

        The rows of a batch share one run of random numbers: the same list with the same seed sounds the same, a
        string in other company may not. Raises Unavailable when not even one fits.
        """
        requests = [{"phonemes": one, "speaker_emb": speaker_emb, "ref_codes": codes} for one in phonemes]
        read: list[np.ndarray] = []
        with self._lock:
            while len(read) < len(requests):
                read += self._batch(requests[len(read) :], seed + len(read))
        return read

    def stream(self, phonemes: str, speaker_emb: np.ndarray, codes: np.ndarray, seed: int) -> Iterator[np.ndarray]:
        """Raw float32 sound at 48 kHz as it is made.

        The codec is one, and remembers where a stream is: until this one has ended or is closed, others wait.
        Raises Unavailable when the card has no room for it.
        """
        torch, heard = _torch(), False
        with self._lock:
            for _ in range(cuda.TRIES):
                try:
                    for samples in self._frames(phonemes, speaker_emb, codes, seed):
                        heard = True
                        yield samples
                    return
                except torch.cuda.OutOfMemoryError:
                    pass
                self._give_back()
                if heard:
                    break
        raise cuda.full()

    def _frames(self, phonemes: str, speaker_emb: np.ndarray, codes: np.ndarray, seed: int) -> Iterator[np.ndarray]:
        frames = self._tts.infer_stream(phonemes=phonemes, speaker_emb=speaker_emb, ref_codes=codes)
        yield from neural.drawn(frames, cuda.Dice(seed, self._device))

    def _batch(self, requests: list[dict[str, Any]], seed: int) -> list[np.ndarray]:
        """The first of `requests`, as many as fit: half as many each time the card was full, in later calls too."""
        torch, size = _torch(), min(len(requests), self._most)
        while size:
            try:
                with cuda.Dice(seed, self._device).thrown():
                    return [np.asarray(one, np.float32) for one in self._batches.generate_batch(requests[:size])]
            except torch.cuda.OutOfMemoryError:
                self._most = max(1, size // 2)
            self._give_back()
            size //= 2
        raise cuda.full()

    def _give_back(self) -> None:
        """Captured graphs hold memory of their own, one for each size of batch that was ever read."""
        self._batches._fused.clear()
        self._batches._graphs.clear()
        _torch().cuda.empty_cache()


def _loaded(turbo: Path, codec: Path, device: str) -> Any:
    torch, name = _torch(), vieneu.Vieneu.name
    try:
        from safetensors import SafetensorError
        from vieneu._v3_turbo_engine import VieNeuTTSv3Turbo

        with vieneu.repairable(name):
            tts = VieNeuTTSv3Turbo(
                checkpoint_path=str(turbo), model_subfolder=SUBFOLDER, moss_tokenizer_path=str(codec), device=device
            )
    except ImportError as error:
        raise _incomplete(error) from error
    except torch.cuda.OutOfMemoryError:
        raise
    except (SafetensorError, RuntimeError) as error:  # cut off; other shapes than the configuration's
        raise vieneu.damaged(name) from error
    if tts.speaker_encoder is None or tts.denoiser is None:  # the package goes on without them, and sounds worse
        raise vieneu.damaged(name)
    return tts


def _incomplete(error: ImportError) -> Unavailable:
    return Unavailable(
        f"Thiếu thư viện để chạy bộ đọc trên card đồ hoạ ({error.name or error}). Hãy chạy: {vieneu.INSTALL_CUDA}",
        f"A library that the engine needs on a graphics card is missing ({error.name or error}). "
        f"Run: {vieneu.INSTALL_CUDA}",
    )


def _torch() -> Any:
    import torch

    return torch
