"""VieNeu's PyTorch backend: the real package on a tiny random model, on the processor. `make test-f5` runs it.

The model has the layout and code path of the real one; its codec is a repository with modelling code of its own, as
the real codec is, whose sound tells which codes it was given.
"""

from __future__ import annotations

import json
import shutil
import socket
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from vnclone.engines import cuda
from vnclone.errors import Unavailable

torch_missing = find_spec("torch") is None or find_spec("transformers") is None
needs_torch = pytest.mark.skipif(torch_missing, reason="PyTorch is not installed here: make test-f5")

RATE, FRAME, CODEBOOKS = 48_000, 3840, 16
SHORT, LONG = "sin", "sin tʃaːw kaːk ɓaːn"
CONFIGURATION = """
from transformers import PretrainedConfig


class TinyCodecConfig(PretrainedConfig):
    model_type = "tiny-codec"

    def __init__(self, number_channels=2, **kwargs):
        self.number_channels = number_channels
        super().__init__(**kwargs)
"""
MODELLING = '''
from types import SimpleNamespace

import torch
from transformers import PreTrainedModel

from .configuration_moss_audio_tokenizer import TinyCodecConfig

FRAME, CODEBOOKS = 3840, 16


class TinyCodec(PreTrainedModel):
    """Sound of a frame: code 0 as a tone, the sum of all codes as its level. A stream counts the frames it has had."""

    config_class = TinyCodecConfig

    def __init__(self, config):
        super().__init__(config)
        self.gain = torch.nn.Parameter(torch.tensor(0.25))
        self.streamed = 0
        self.post_init()

    def encode(self, wav, return_dict=True):
        level = wav.mean(1).reshape(1, -1, FRAME).abs().mean(-1)
        codes = (level * 5000).long().clamp(0, 1023)[None].repeat(CODEBOOKS, 1, 1)
        return SimpleNamespace(audio_codes=codes)

    def decode(self, codes, return_dict=True):
        return SimpleNamespace(audio=self._sound(codes[:, 0]))

    def batch_decode(self, rows, num_quantizers, streaming, reset_stream):
        self.streamed = rows[0].shape[1] + (0 if reset_stream else self.streamed)
        audio = self._sound(rows[0])
        return SimpleNamespace(audio=audio, audio_lengths=torch.tensor([audio.shape[-1]]))

    def _reset_batch_decode_streaming_state(self):
        self.streamed = 0

    def _sound(self, codes):
        time = torch.arange(FRAME) / 48000
        hertz = 200 + 12.5 * torch.round(codes[0] / 4)[:, None]
        level = self.gain * (0.5 + codes.float().mean(0)[:, None] / 2048)
        return (level * torch.sin(2 * torch.pi * hertz * time)).reshape(1, 1, -1).repeat(1, 2, 1)
'''


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """The Turbo repository and the codec's."""
    import torch

    torch.set_num_threads(1)  # these matrices are so small that threads only wait for each other
    folder = tmp_path_factory.mktemp("vieneu_torch")
    return _turbo(folder), _codec(folder / "codec")


@pytest.fixture(scope="module")
def backend(built: tuple[Path, Path]) -> Any:
    return _backend(*built)


@pytest.fixture(scope="module")
def voice(backend: Any) -> tuple[np.ndarray, np.ndarray]:
    return backend.enroll(_speech(120.0), 24_000)


def _backend(turbo: Path, codec: Path) -> Any:
    from vnclone.engines.vieneu_torch import TorchBackend

    return TorchBackend(turbo, codec, device="cpu")


def _turbo(folder: Path) -> Path:
    import tiny_vieneu
    import torch
    from safetensors.torch import save_model
    from vieneu._v3_turbo_engine import VieNeuV3TurboConfig
    from vieneu._v3_turbo_engine.modeling_v3_turbo import VieNeuV3TurboForTTS

    tiny_vieneu.build_turbo(folder / "turbo")
    update = folder / "turbo" / "update"
    update.mkdir()
    shutil.copy(folder / "turbo" / "onnx_update" / "tokenizer.json", update)
    (update / "tokenizer_config.json").write_text('{"tokenizer_class": "PreTrainedTokenizerFast"}', "utf-8")
    sizes = {"num_attention_heads": 2, "num_key_value_heads": 1, "intermediate_size": 32, "local_intermediate_size": 32}
    told = json.loads((folder / "turbo" / "config.json").read_text("utf-8"))
    config = VieNeuV3TurboConfig(**told, **sizes, head_dim=8)
    config.save_pretrained(update)
    torch.manual_seed(7)
    save_model(VieNeuV3TurboForTTS(config), str(update / "model.safetensors"))
    return folder / "turbo"


def _codec(folder: Path) -> Path:
    import torch
    from safetensors.torch import save_file

    folder.mkdir()
    classes = {"AutoConfig": "configuration_moss_audio_tokenizer.TinyCodecConfig"}
    classes["AutoModel"] = "modeling_moss_audio_tokenizer.TinyCodec"
    config = {"model_type": "tiny-codec", "architectures": ["TinyCodec"], "auto_map": classes, "number_channels": 2}
    (folder / "config.json").write_text(json.dumps(config), "utf-8")
    (folder / "__init__.py").write_text("", "utf-8")
    (folder / "configuration_moss_audio_tokenizer.py").write_text(CONFIGURATION, "utf-8")
    (folder / "modeling_moss_audio_tokenizer.py").write_text(MODELLING, "utf-8")
    save_file({"gain": torch.tensor(0.25)}, folder / "model.safetensors", metadata={"format": "pt"})
    return folder


def _speech(hertz: float, seconds: float = 3.0) -> np.ndarray:
    """Something voiced at 24 kHz."""
    time = np.arange(int(seconds * 24_000)) / 24_000
    partials = sum(np.sin(2 * np.pi * hertz * n * time) / n for n in range(1, 20))
    return (0.1 * partials * (1 + np.sin(2 * np.pi * 3 * time))).astype(np.float32)


@contextmanager
def _full(backend: Any, fits: int = 0, times: int = 10**6) -> Iterator[list[int]]:
    """The card is full, `times` times, for every forward of more than `fits` rows. Yields the sizes that were tried."""
    import torch

    tried: list[int] = []
    left = [times]

    def refuse(module: Any, args: Any, kwargs: Any) -> None:
        rows = kwargs["inputs_embeds"].shape[0]
        if rows > fits and left[0] > 0:
            left[0] -= 1
            tried.append(rows)
            raise torch.cuda.OutOfMemoryError("CUDA out of memory.")

    handle = backend._tts.model.semantic_backbone.register_forward_pre_hook(refuse, with_kwargs=True)
    try:
        yield tried
    finally:
        handle.remove()
        backend._most = 32


def test_a_card_is_not_promised_where_there_is_none() -> None:
    from vnclone.engines import vieneu_torch

    if torch_missing or not Path("/proc/driver/nvidia").exists():
        assert not vieneu_torch.available()


@needs_torch
def test_loading_opens_no_connection_and_needs_no_repository(
    built: tuple[Path, Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    opened: list[Any] = []
    monkeypatch.setattr(socket.socket, "connect", lambda self, address: opened.append(address))
    monkeypatch.setattr(socket, "getaddrinfo", lambda *a, **k: opened.append(a))
    _backend(*built)
    assert opened == []


@needs_torch
def test_a_voice_is_an_embedding_and_frames_of_eight_seconds_at_most(backend: Any) -> None:
    speaker_emb, codes = backend.enroll(_speech(120.0, 12.0), 24_000)
    assert speaker_emb.shape == (192,) and speaker_emb.dtype == np.float32 and speaker_emb.any()
    assert codes.shape == (100, CODEBOOKS) and codes.dtype == np.int64  # 8 s at 12.5 frames a second
    other, _ = backend.enroll(_speech(220.0), 24_000)
    assert not np.allclose(other, speaker_emb)


@needs_torch
def test_each_text_has_its_sound_in_order_and_of_its_length(backend: Any, voice: Any) -> None:
    from vieneu_utils.core_utils import max_expected_frames

    texts = [LONG, SHORT, LONG[: len(LONG) // 2]]
    read = backend.speak(texts, *voice, 3)
    assert [len(one) for one in read] == [max_expected_frames(text) * FRAME for text in texts]  # it never stops early
    assert all(one.dtype == np.float32 and np.isfinite(one).all() and one.any() for one in read)
    assert backend.speak([], *voice, 3) == []


@needs_torch
def test_a_seed_decides_and_leaves_pytorchs_dice_alone(backend: Any, voice: Any) -> None:
    import torch

    torch.manual_seed(99)
    before = torch.get_rng_state()
    first, second = (backend.speak([SHORT, LONG], *voice, 5) for _ in range(2))
    assert all(np.array_equal(a, b) for a, b in zip(first, second, strict=True))
    assert not np.array_equal(first[1], backend.speak([SHORT, LONG], *voice, 6)[1])
    assert torch.equal(torch.get_rng_state(), before)


@needs_torch
def test_another_voice_is_heard_in_the_same_text(backend: Any, voice: Any) -> None:
    other = backend.enroll(_speech(220.0), 24_000)
    assert not np.array_equal(backend.speak([LONG], *voice, 5)[0], backend.speak([LONG], *other, 5)[0])


@needs_torch
def test_two_voices_at_once_are_as_one_after_the_other(backend: Any, voice: Any) -> None:
    jobs = [(voice, 1), (backend.enroll(_speech(220.0), 24_000), 2)] * 3
    in_turn = [backend.speak([LONG], *of, seed)[0] for of, seed in jobs]
    with ThreadPoolExecutor(3) as pool:
        at_once = list(pool.map(lambda job: backend.speak([LONG], *job[0], job[1])[0], jobs))
    assert all(np.array_equal(a, b) for a, b in zip(in_turn, at_once, strict=True))


@needs_torch
def test_a_stream_comes_in_pieces_and_is_whole(backend: Any, voice: Any) -> None:
    from vieneu_utils.core_utils import max_expected_frames

    pieces = list(backend.stream(LONG, *voice, 5))
    assert len(pieces) > 1 and all(piece.dtype == np.float32 for piece in pieces)
    assert sum(map(len, pieces)) == max_expected_frames(LONG) * FRAME
    again = np.concatenate(list(backend.stream(LONG, *voice, 5)))
    assert np.array_equal(np.concatenate(pieces), again)
    assert not np.array_equal(again, np.concatenate(list(backend.stream(LONG, *voice, 6))))


@needs_torch
def test_what_others_draw_between_pieces_changes_nothing(backend: Any, voice: Any) -> None:
    import torch

    quiet = np.concatenate(list(backend.stream(LONG, *voice, 5)))
    pieces = []
    for piece in backend.stream(LONG, *voice, 5):
        torch.rand(10)
        pieces.append(piece)
    assert np.array_equal(np.concatenate(pieces), quiet)


@needs_torch
def test_dice_go_on_where_they_stopped() -> None:
    import torch

    with cuda.Dice(5, "cpu").thrown():
        whole = torch.rand(4)
    dice, parts = cuda.Dice(5, "cpu"), []
    for _ in range(2):
        with dice.thrown():
            parts.append(torch.rand(2))
        torch.rand(3)
    assert torch.equal(torch.cat(parts), whole)


@needs_torch
def test_a_stream_that_nobody_hears_out_lets_the_next_one_begin(backend: Any, voice: Any) -> None:
    abandoned = backend.stream(LONG, *voice, 5)
    next(abandoned)
    abandoned.close()
    assert backend._tts.audio_tokenizer.streamed == 0
    with ThreadPoolExecutor(1) as pool:
        assert pool.submit(lambda: len(backend.speak([SHORT], *voice, 5))).result(timeout=30) == 1


@needs_torch
def test_a_full_card_halves_the_batch_and_loses_nothing(backend: Any, voice: Any) -> None:
    texts = [LONG, SHORT, LONG[:12], SHORT, SHORT]
    lengths = [len(one) for one in backend.speak(texts, *voice, 5)]
    with _full(backend, fits=2) as tried:
        assert [len(one) for one in backend.speak(texts, *voice, 5)] == lengths
        assert tried == [5]  # five, then two at a time: it learns
        backend.speak(texts, *voice, 5)
        assert tried == [5]


@needs_torch
def test_a_full_card_once_is_only_a_second_try(backend: Any, voice: Any) -> None:
    calm = np.concatenate(list(backend.stream(LONG, *voice, 5)))
    with _full(backend, times=1) as tried:
        assert np.array_equal(np.concatenate(list(backend.stream(LONG, *voice, 5))), calm)
    assert tried == [1]


@needs_torch
def test_a_card_without_room_for_one_says_so(backend: Any, voice: Any) -> None:
    with _full(backend) as tried:
        with pytest.raises(Unavailable) as caught:
            backend.speak([LONG] * 4, *voice, 5)
        assert tried == [4, 2, 1]
        with pytest.raises(Unavailable):
            list(backend.stream(LONG, *voice, 5))
    assert "card đồ hoạ" in caught.value.said.vi and "memory is full" in caught.value.said.en
    assert len(backend.speak([SHORT], *voice, 5)) == 1


@needs_torch
def test_enrolling_on_a_full_card_is_tried_again(backend: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    import torch

    real, calls = backend._tts.audio_tokenizer.encode, []

    def encode(*args: Any, **kwargs: Any) -> Any:
        calls.append(1)
        if len(calls) == 1:
            raise torch.cuda.OutOfMemoryError("CUDA out of memory.")
        return real(*args, **kwargs)

    monkeypatch.setattr(backend._tts.audio_tokenizer, "encode", encode)
    assert backend.enroll(_speech(120.0), 24_000)[1].shape[1] == CODEBOOKS and len(calls) == 2


@needs_torch
@pytest.mark.parametrize("name", ["update/model.safetensors", "update/tokenizer.json", "update/config.json"])
@pytest.mark.parametrize("damage", ["half", "gone"])
def test_a_broken_model_file_says_how_to_mend_it(
    built: tuple[Path, Path], tmp_path: Path, name: str, damage: str
) -> None:
    turbo = shutil.copytree(built[0], tmp_path / "turbo")
    _damage(turbo / name, damage)
    with pytest.raises(Unavailable) as caught:
        _backend(turbo, built[1])
    assert "vnclone download vieneu" in caught.value.said.vi and "vnclone download vieneu" in caught.value.said.en


@needs_torch
@pytest.mark.parametrize("name", ["denoiser.onnx", "speaker_encoder.onnx"])
@pytest.mark.parametrize("damage", ["half", "gone"])
def test_an_encoder_that_the_package_would_do_without_is_missed(
    built: tuple[Path, Path], tmp_path: Path, name: str, damage: str
) -> None:
    turbo = shutil.copytree(built[0], tmp_path / "turbo")
    _damage(turbo / name, damage)
    with pytest.raises(Unavailable):
        _backend(turbo, built[1])


@needs_torch
@pytest.mark.parametrize("damage", ["half", "gone"])
def test_a_broken_codec_says_how_to_mend_it(built: tuple[Path, Path], tmp_path: Path, damage: str) -> None:
    codec = shutil.copytree(built[1], tmp_path / "codec")
    _damage(codec / "model.safetensors", damage)
    with pytest.raises(Unavailable):
        _backend(built[0], codec)


@needs_torch
def test_a_library_that_is_missing_is_named(built: tuple[Path, Path], tmp_path: Path) -> None:
    codec = shutil.copytree(built[1], tmp_path / "codec_with_needs")
    modelling = codec / "modeling_moss_audio_tokenizer.py"
    modelling.write_text("import no_such_library\n" + modelling.read_text("utf-8"), "utf-8")
    with pytest.raises(Unavailable) as caught:
        _backend(built[0], codec)
    assert "no_such_library" in caught.value.said.en and "requirements-gpu.txt" in caught.value.said.en


def _damage(path: Path, damage: str) -> None:
    data = path.read_bytes()
    path.unlink()
    if damage == "half":
        path.write_bytes(data[: len(data) // 2])


# What both PyTorch engines share


def test_the_device_is_what_the_settings_say(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("VNCLONE_DEVICE", "cpu")
    assert cuda.device() == "cpu"
    monkeypatch.setenv("VNCLONE_DEVICE", "auto")
    assert cuda.device() == ("cuda" if cuda.available() else "cpu")


def test_a_card_that_is_demanded_and_not_there_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    if cuda.available():
        pytest.skip("there is a card here")
    monkeypatch.setenv("VNCLONE_DEVICE", "cuda")
    with pytest.raises(Unavailable) as caught:
        cuda.device()
    assert "VNCLONE_DEVICE" in caught.value.said.vi and "VNCLONE_DEVICE" in caught.value.said.en
