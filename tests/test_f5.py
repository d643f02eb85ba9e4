"""F5-TTS: enrolment and its refusals everywhere; the real package on a tiny random checkpoint where it is installed.

`make test-f5` installs it. The tiny network has the layout of the real one (a DiT and Vocos as files of the same
names, trained by nobody), so it loads and runs through the same code and says nothing.
"""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import replace
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import soundfile

from vnclone.engines import cuda, f5, weights
from vnclone.engines.base import EnrollmentUnusable, load_enrollment, save_enrollment
from vnclone.engines.f5 import F5
from vnclone.errors import BadInput, Unavailable
from vnclone.models import Clip, Enrollment, Params

missing = [name for name in f5._PACKAGES if find_spec(name) is None]
needs_f5 = pytest.mark.skipif(bool(missing), reason=f"not installed here: {', '.join(missing)}: make test-f5")

ROOT = Path(__file__).resolve().parent.parent
WORDS = (ROOT / "assets" / "demo_voice.txt").read_text("utf-8")
TEXT = "Hôm nay trời đẹp, chúng tôi đi dạo."
TINY = {"dim": 32, "depth": 2, "heads": 1, "ff_mult": 2, "text_dim": 16, "conv_layers": 1}
TINY |= {"text_mask_padding": False, "pe_attn_head": 1}
VOCOS = """
feature_extractor:
  class_path: vocos.feature_extractors.MelSpectrogramFeatures
  init_args: {sample_rate: 24000, n_fft: 1024, hop_length: 256, n_mels: 100, padding: center}
backbone:
  class_path: vocos.models.VocosBackbone
  init_args: {input_channels: 100, dim: 16, intermediate_dim: 32, num_layers: 1}
head:
  class_path: vocos.heads.ISTFTHead
  init_args: {dim: 16, n_fft: 1024, hop_length: 256, padding: center}
"""


@pytest.fixture(scope="module")
def reference() -> Clip:
    """Six seconds."""
    samples, rate = soundfile.read(ROOT / "assets" / "demo_voice.wav", dtype="float32")
    return Clip(samples, rate)


@pytest.fixture
def voice(reference: Clip) -> Enrollment:
    return F5().enroll(reference, WORDS)


@pytest.fixture
def no_weights(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty hub cache."""
    from huggingface_hub import constants

    monkeypatch.setattr(constants, "HF_HUB_CACHE", str(tmp_path))
    return tmp_path


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A hub cache with the tiny checkpoint at the pinned revisions."""
    cache = tmp_path_factory.mktemp("hub")
    _build_network(_snapshot(cache, weights.F5_VIVOICE))
    _build_vocoder(_snapshot(cache, weights.VOCOS))
    return cache


@pytest.fixture
def tiny(files: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """The engine's folders are those of `files`, and the manifest knows their sizes."""
    _use(files, monkeypatch)
    yield files
    f5._loaded.cache_clear()


def _use(cache: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from huggingface_hub import constants

    f5._loaded.cache_clear()
    monkeypatch.setattr(constants, "HF_HUB_CACHE", str(cache))
    monkeypatch.setattr(f5, "ARCHITECTURE", TINY)
    repositories = tuple(map(_sized, weights.F5.repositories))
    monkeypatch.setattr(weights, "F5", replace(weights.F5, repositories=repositories))


def _sized(repository: weights.Repository) -> weights.Repository:
    sizes = {file.path: (weights.folder(repository) / file.path).stat().st_size for file in repository.files}
    return replace(repository, files=tuple(replace(file, size=sizes[file.path]) for file in repository.files))


def _snapshot(cache: Path, repository: weights.Repository) -> Path:
    folder = cache / f"models--{repository.id.replace('/', '--')}" / "snapshots" / repository.revision
    folder.mkdir(parents=True)
    return folder


def _build_network(folder: Path) -> None:
    """As the trainer saves it: the average's weights under its names, beside the optimiser's state."""
    import torch

    f5._spare_the_trainer()
    from f5_tts.model.backbones.dit import DiT
    from f5_tts.model.cfm import CFM

    torch.set_num_threads(1)
    characters = " abcdeghiklmnopqrstuvxyàáâãèéêìíòóôõùúýăđĩũơưạảấầẩẫậắằẳẵặẹẻẽếềểễệỉịọỏốồổỗộớờởỡợụủứừửữựỳỵỷỹ.,"
    (folder / "config.json").write_text("".join(f"{c}\n" for c in characters), "utf-8")
    torch.manual_seed(1)
    network = CFM(transformer=DiT(**TINY, text_num_embeds=len(characters), mel_dim=100))
    for parameter in network.parameters():  # the package starts its output at zero: any text would sound alike
        torch.nn.init.normal_(parameter, std=0.1)
    average = {f"ema_model.{name}": tensor for name, tensor in network.state_dict().items()}
    average |= {
        "initted": torch.tensor(True),
        "step": torch.tensor(5),
        "ema_model.mel_spec.mel_stft.mel_scale.fb": torch.ones(3),
    }
    optimizer = {"state": {0: {"step": torch.tensor(5.0)}}, "param_groups": [{"lr": 1e-5, "params": [0]}]}
    unaveraged = {name: torch.zeros_like(tensor) for name, tensor in network.state_dict().items()}
    saved = {"model_state_dict": unaveraged, "ema_model_state_dict": average, "update": 5}
    torch.save({**saved, "optimizer_state_dict": optimizer}, folder / "model_last.pt")


def _build_vocoder(folder: Path) -> None:
    import torch
    from vocos import Vocos

    (folder / "config.yaml").write_text(VOCOS, "utf-8")
    torch.manual_seed(2)
    torch.save(Vocos.from_hparams(str(folder / "config.yaml")).state_dict(), folder / "pytorch_model.bin")


def _sound(seconds: float, reference: Clip) -> Clip:
    """The reference again and again, for so long."""
    return Clip(np.resize(reference.samples, int(seconds * reference.sample_rate)), reference.sample_rate)


def _prompt(voice: Enrollment) -> Any:
    return f5._Prompt.of(voice)


# Enrolment: no model needed


def test_a_voice_is_its_sound_and_its_words(voice: Enrollment, reference: Clip, tmp_path: Path) -> None:
    prompt = _prompt(voice)
    assert prompt.words == f5.plain(WORDS) + "  "  # it ends with a full stop already
    assert len(prompt.samples) / 24_000 == pytest.approx(reference.seconds, abs=0.6)  # silence at its ends goes
    assert np.sqrt(np.mean(prompt.samples**2)) > 0.095 and not prompt.samples[-1200:].any()
    save_enrollment(tmp_path / "voice.npz", voice)
    again = load_enrollment(tmp_path / "voice.npz")
    assert (again.engine, again.revision) == ("f5", F5().revision)
    assert _prompt(again).words == prompt.words and np.array_equal(_prompt(again).samples, prompt.samples)


@pytest.mark.parametrize("words", [None, "", "   \n", "…!?"])
def test_without_a_transcript_it_asks_for_one(reference: Clip, words: str | None) -> None:
    with pytest.raises(BadInput) as caught:
        F5().enroll(reference, words)
    assert "từng lời" in caught.value.said.vi and "exact words" in caught.value.said.en


def test_more_than_twelve_seconds_are_refused_rather_than_cut_from_their_words(reference: Clip) -> None:
    with pytest.raises(BadInput) as caught:
        F5().enroll(_sound(20, reference), f"{WORDS} {WORDS} {WORDS}")
    assert "12 giây" in caught.value.said.vi and "12 at most" in caught.value.said.en
    assert "20" in caught.value.said.vi
    assert F5().enroll(_sound(11.5, reference), f"{WORDS} {WORDS}")


@pytest.mark.parametrize("times", [0.05, 8])
def test_a_transcript_of_something_else_is_noticed(reference: Clip, times: float) -> None:
    words = WORDS * int(times) if times > 1 else "nuôi"
    with pytest.raises(BadInput) as caught:
        F5().enroll(reference, words)
    assert "không khớp" in caught.value.said.vi and "does not fit" in caught.value.said.en


@pytest.mark.parametrize("clip", [Clip(np.zeros(72_000, np.float32), 24_000), Clip(np.ones(100, np.float32), 24_000)])
def test_silence_and_snippets_are_no_voice(clip: Clip) -> None:
    with pytest.raises(BadInput):
        F5().enroll(clip, WORDS)


def test_text_is_written_as_the_checkpoint_learnt_it() -> None:
    decomposed = "“Xin  chào”,\nĐà Na\u0306\u0303ng"
    assert f5.plain(decomposed) == "xin chào, đà nẵng"
    assert [f5._ended(words) for words in ("a", "a.", "a,", "a?")] == ["a.  ", "a.  ", "a.  ", "a?  "]


def test_reference_and_reading_fit_into_what_the_model_knows(reference: Clip) -> None:
    for seconds, words in ((11.8, WORDS), (11.8, f"{WORDS} {WORDS}"), (4.0, WORDS)):
        prompt = _prompt(F5().enroll(_sound(seconds, reference), words))
        longest = "a" * min(F5.max_chars, prompt.max_chars)
        assert prompt.frames_with(longest) * 256 / 24_000 < 30
    assert prompt.frames_with("vâng") > prompt.frames_with("vâng thưa anh")  # a word alone is given time


def test_what_is_missing_is_said_with_the_command(no_weights: Path) -> None:
    status = F5().status()
    if missing:
        assert status.state == "not_installed" and "requirements-f5.txt" in status.detail.vi
    else:
        assert status.state == "needs_download" and "vnclone download f5" in status.detail.en
        assert status.download_bytes == weights.total_bytes(weights.F5) > 5 * 10**9


def test_speaking_without_the_model_says_what_to_do(voice: Enrollment, no_weights: Path) -> None:
    with pytest.raises(Unavailable) as caught:
        F5().speak(TEXT, voice, Params())
    wanted = "requirements-f5.txt" if missing else "vnclone download f5"
    assert wanted in caught.value.said.vi and wanted in caught.value.said.en


def test_its_licence_is_said() -> None:
    assert "CC-BY-NC-SA-4.0" in F5.licence and F5().weights().notice is not None


def test_another_language_speed_or_revision_is_refused(voice: Enrollment) -> None:
    for params in (Params(language="en"), Params(speed=3.0)):
        with pytest.raises(BadInput):
            F5().speak(TEXT, voice, params)
    with pytest.raises(EnrollmentUnusable):
        F5().speak(TEXT, replace(voice, revision="0"), Params())


def test_text_with_nothing_to_say_is_a_short_silence(voice: Enrollment) -> None:
    clip = F5().speak("… !?", voice, Params())
    assert 0 < clip.seconds < 0.2 and not clip.samples.any()


def test_importing_it_loads_nothing_heavy() -> None:
    heavy = {"torch", "torchaudio", "scipy", "librosa", "vocos", "transformers", "huggingface_hub"}
    code = f"import sys\nfrom vnclone.engines import f5\nf5.F5().placement(4)\nprint({heavy!r} & set(sys.modules))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=ROOT)
    assert done.stdout.strip() == "set()"


# Reading, by the real package


@needs_f5
def test_it_reads_with_the_weights_that_are_there(tiny: Path, voice: Enrollment) -> None:
    status = F5().status()
    assert status.state == "ready" and ("graphics card" in status.detail.en) == (not cuda.available())
    clip = F5().speak(TEXT, voice, Params())
    assert clip.sample_rate == 24_000 and clip.samples.dtype == np.float32
    assert clip.seconds > 0.3 and np.isfinite(clip.samples).all() and 0.01 < np.abs(clip.samples).max() <= 1


@needs_f5
def test_the_sound_is_the_packages_own(tiny: Path, voice: Enrollment, monkeypatch: pytest.MonkeyPatch) -> None:
    import torch

    for name in ("matplotlib", "pydub", "transformers"):  # which the package's own steps import, and ours do not
        pytest.importorskip(name)
    ours = f5._model().read(f5.plain(TEXT), _prompt(voice), 5)
    from f5_tts.model.cfm import CFM

    monkeypatch.setattr(sys.modules["f5_tts.model"], "CFM", CFM, raising=False)
    from f5_tts.infer.utils_infer import infer_batch_process

    model, prompt = f5._model(), _prompt(voice)
    sound = (torch.from_numpy(prompt.samples)[None], 24_000)
    torch.manual_seed(5)
    steps = infer_batch_process(
        sound, prompt.words[:-1], [f5.plain(TEXT)], model.network, model.vocoder, progress=None, device="cpu"
    )
    theirs, rate, _ = next(steps)
    assert rate == 24_000 and len(theirs) == len(ours) > 24_000
    scale = np.sqrt(np.mean(ours**2) / np.mean(theirs**2))  # it gives a quiet reference's level back
    assert np.allclose(ours, scale * theirs, atol=1e-4)


@needs_f5
def test_the_averaged_weights_are_the_ones_that_speak(tiny: Path) -> None:
    import torch

    saved = torch.load(weights.folder(weights.F5_VIVOICE) / "model_last.pt", weights_only=True)
    network = f5._model().network
    assert torch.equal(
        network.transformer.proj_out.weight, saved["ema_model_state_dict"]["ema_model.transformer.proj_out.weight"]
    )
    assert network.vocab_char_map["ữ"] > 0 and not network.training


@needs_f5
def test_a_seed_decides_and_leaves_pytorchs_dice_alone(tiny: Path, voice: Enrollment) -> None:
    import torch

    model, prompt = f5._model(), _prompt(voice)
    torch.manual_seed(99)
    before = torch.get_rng_state()
    first, again, other = (model.read("xin chào các bạn", prompt, seed) for seed in (1, 1, 2))
    assert np.array_equal(first, again) and not np.array_equal(first, other)
    assert torch.equal(torch.get_rng_state(), before)


@needs_f5
def test_voice_and_text_are_heard(tiny: Path, voice: Enrollment, reference: Clip) -> None:
    model, mine = f5._model(), _prompt(voice)
    theirs = _prompt(F5().enroll(Clip(reference.samples[::-1].copy(), reference.sample_rate), WORDS))
    base = model.read("một hai ba", mine, 1)
    assert not np.array_equal(base, model.read("ba hai một", mine, 1))
    assert not np.array_equal(base[:1000], model.read("một hai ba", theirs, 1)[:1000])


@needs_f5
def test_two_voices_at_once_are_as_one_after_the_other(tiny: Path, voice: Enrollment, reference: Clip) -> None:
    other = F5().enroll(Clip(reference.samples[::-1].copy(), reference.sample_rate), WORDS)
    jobs = [(text, of) for text in ("một hai ba bốn", "năm sáu bảy tám") for of in (voice, other)]
    in_turn = [f5._model().read(text, _prompt(of), 1) for text, of in jobs]
    with ThreadPoolExecutor(4) as pool:
        at_once = list(pool.map(lambda job: f5._model().read(job[0], _prompt(job[1]), 1), jobs))
    assert all(np.array_equal(a, b) for a, b in zip(in_turn, at_once, strict=True))


@needs_f5
def test_a_text_above_the_limit_is_read_in_pieces(
    tiny: Path, voice: Enrollment, monkeypatch: pytest.MonkeyPatch
) -> None:
    read: list[str] = []
    real = f5._Model.read

    def noted(self: Any, text: str, prompt: Any, seed: int) -> np.ndarray:
        read.append(text)
        return real(self, text, prompt, seed)

    monkeypatch.setattr(f5._Model, "read", noted)
    clip = F5().speak(", ".join([TEXT.rstrip(".")] * 6), voice, Params())
    assert len(set(read)) >= 2 and max(map(len, read)) <= F5.max_chars
    assert clip.seconds > 3


@needs_f5
def test_speed_changes_the_length_and_nothing_else(tiny: Path, voice: Enrollment) -> None:
    normal, fast = (F5().speak("xin chào", voice, Params(speed=speed)) for speed in (1.0, 2.0))
    assert fast.seconds == pytest.approx(normal.seconds / 2, rel=0.1)


@contextmanager
def _full(times: int) -> Iterator[list[int]]:
    """The card is full in the second step of sampling, so many times. Yields a list as long as that came true."""
    import torch

    network = f5._model().network
    hit: list[int] = []
    steps: list[int] = []

    def refuse(module: Any, args: Any) -> None:
        steps.append(1)
        if len(steps) % 2 == 0 and len(hit) < times:
            hit.append(1)
            raise torch.cuda.OutOfMemoryError("CUDA out of memory.")

    handle = network.transformer.transformer_blocks[0].register_forward_pre_hook(refuse)
    try:
        yield hit
    finally:
        handle.remove()


@needs_f5
def test_a_full_card_is_tried_once_more(tiny: Path, voice: Enrollment) -> None:
    prompt = _prompt(voice)
    calm = f5._model().read("một hai ba", prompt, 1)
    with _full(1) as hit:
        assert np.array_equal(f5._model().read("một hai ba", prompt, 1), calm)
    assert hit == [1]


@needs_f5
def test_a_card_that_stays_full_says_so_and_the_next_text_is_its_own(tiny: Path, voice: Enrollment) -> None:
    prompt = _prompt(voice)
    calm = f5._model().read("bốn năm sáu", prompt, 1)
    with _full(2), pytest.raises(Unavailable) as caught:
        f5._model().read("một hai ba", prompt, 1)
    assert "card đồ hoạ" in caught.value.said.vi and "memory is full" in caught.value.said.en
    assert np.array_equal(f5._model().read("bốn năm sáu", prompt, 1), calm)


@needs_f5
@pytest.mark.parametrize(
    ("repository", "name"),
    [("F5_VIVOICE", "model_last.pt"), ("VOCOS", "pytorch_model.bin"), ("VOCOS", "config.yaml")],
)
@pytest.mark.parametrize("damage", ["half", "other"])
def test_a_broken_file_says_how_to_mend_it(
    files: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    voice: Enrollment,
    repository: str,
    name: str,
    damage: str,
) -> None:
    import shutil

    cache = shutil.copytree(files, tmp_path / "hub")
    _use(cache, monkeypatch)
    path = weights.folder(getattr(weights, repository)) / name
    data = path.read_bytes()
    path.write_bytes(data[: len(data) // 2] if damage == "half" else b"\x00" * len(data))
    assert F5().status().state == ("needs_download" if damage == "half" else "ready")
    with pytest.raises(Unavailable) as caught:
        F5().speak(TEXT, voice, Params())
    assert "vnclone download f5" in caught.value.said.vi and "vnclone download f5" in caught.value.said.en
    f5._loaded.cache_clear()


@needs_f5
def test_a_checkpoint_of_another_shape_is_damaged(
    tiny: Path, voice: Enrollment, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(f5, "ARCHITECTURE", TINY | {"depth": 3})
    with pytest.raises(Unavailable):
        F5().speak(TEXT, voice, Params())


@needs_f5
def test_the_trainer_and_its_telemetry_are_never_imported(tiny: Path) -> None:
    folders = [str(weights.folder(repository)) for repository in (weights.F5_VIVOICE, weights.VOCOS)]
    code = (
        f"import sys\nfrom pathlib import Path\nfrom vnclone.engines import f5\nf5.ARCHITECTURE = {TINY!r}\n"
        f"f5._loaded(*map(Path, {folders!r}), 'cpu')\n"
        "print({'wandb', 'accelerate', 'datasets', 'transformers', 'f5_tts.model.trainer'} & set(sys.modules))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=ROOT)
    assert done.stdout.strip() == "set()"
