"""The files that neural engines run on: where they come from, at which revision, and which of them are here.

They lie in huggingface_hub's own cache, so that HF_HOME, a Space's `preload_from_hub` and what other programs fetched
all count. Nothing here opens a connection but `download`.

Sizes and SHA-256 are those that the hub lists for these revisions. A revision is a commit, so what it holds cannot
change; pinning it matters most for the PyTorch codec, whose modelling code is run.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from vnclone.errors import Conflict, Unavailable, figure
from vnclone.models import EngineStatus, Said

PARTIAL = ".incomplete"  # what a file is called, after its blob's name, until it is whole


@dataclass(frozen=True, slots=True)
class WeightFile:
    """A file at `path` inside a repository, `size` in bytes.

    Without `sha256` it is checked against what the hub itself lists at the pinned revision. Where the size is not
    known to the byte (`exact` is False), `size` is only good for an estimate and the file's presence is what counts:
    it gets its name only after its content was checked.
    """

    path: str
    size: int
    sha256: str = ""
    exact: bool = True


@dataclass(frozen=True, slots=True)
class Repository:
    """A model repository, "owner/name", at a commit, and the files of it that are needed."""

    id: str
    revision: str
    files: tuple[WeightFile, ...]


@dataclass(frozen=True, slots=True)
class Bundle:
    """All that one backend of an engine needs. `notice` is what must be said before it is downloaded."""

    name: str
    licence: str
    notice: Said | None
    repositories: tuple[Repository, ...]


@dataclass(frozen=True, slots=True)
class Progress:
    """How far a download is, in bytes; `file` is the one being fetched. `eta_seconds` is None until it can be told."""

    done: int
    total: int
    bytes_per_second: float
    eta_seconds: float | None
    file: str


class DownloadStopped(Conflict):
    """Somebody asked it to stop. What is there already stays, and the next download goes on from it."""

    def __init__(
        self,
        vi: str = "Đã dừng tải. Phần đã tải được giữ lại; lần sau sẽ tải tiếp từ chỗ này.",
        en: str = "The download was stopped. What has arrived is kept; the next download goes on from here.",
    ) -> None:
        super().__init__(vi, en)


_TURBO, _TURBO_REVISION = "pnnbao-ump/VieNeu-TTS-v3-Turbo", "5f2a3e93092efaba9153253ff5f2e6a8e810e4f2"

_DENOISER = WeightFile("denoiser.onnx", 42_661_414, "b7621953291cfe05e695a9c0ff4255aa2f93239fc17c26627e18b7b6b8f72f0b")
_TURBO_ENROLMENT = (
    _DENOISER,
    WeightFile("speaker_encoder.onnx", 28_303_423, "a6ac6a63997761ae2997373e2ee1c47040854b4b759ea41ec48e4e42df0f4d73"),
)
_TOKENIZER = (22_320, "6cc6bcbe380b8c37bd9f2514e37c5dfa3e00e122c6e3125dae5c4afe48e39158")
_ACOUSTIC = (7_207_223, "f631e3387c788c3d8b9a5ac5df94952af5bc4c4d1049ff8a751e76a246fff2d4")
_HEADS = (52_219_622, "fb22484baa424bbb775133a6e5f0d00d6299b2b256fbe3312a864b85b9aed01e")

TURBO_FP32 = Repository(
    _TURBO,
    _TURBO_REVISION,
    (
        WeightFile(
            "onnx_update/config.json",
            2_200,
            "17d89d414ee302a82db7b330bf57b4cdf8541569392119c81f552178cafcb79b",
            exact=False,
        ),
        WeightFile("onnx_update/tokenizer.json", *_TOKENIZER),
        WeightFile(
            "onnx_update/vieneu_prefill.onnx",
            324_499,
            "27f8b064f6b57b5448e95d095f1959588c005d614678045c2b97ecccf3b7a0f7",
        ),
        WeightFile(
            "onnx_update/vieneu_decode_step.onnx",
            306_134,
            "bedc379cea61ea5d616312750d95ad3924e055856662d19187a889a5edc24ceb",
        ),
        WeightFile("onnx_update/vieneu_acoustic_cached.onnx", *_ACOUSTIC),
        WeightFile("onnx_update/vieneu_v3_heads.npz", *_HEADS),
        WeightFile(
            "onnx_update/vieneu_backbone_shared.data",
            415_319_040,
            "c7c072193db33d0542457e2612c7272c44c4279d1cafaf0aa4c379964911db2f",
        ),
        *_TURBO_ENROLMENT,
    ),
)
TURBO_INT8 = Repository(
    _TURBO,
    _TURBO_REVISION,
    (
        WeightFile("onnx_int8/config.json", 2_152, "a9f8d9c4b4736448ab355d1a98cfe48f5e39aecf2916c37b0806c228612e9a2d"),
        WeightFile("onnx_int8/tokenizer.json", *_TOKENIZER),
        WeightFile(
            "onnx_int8/vieneu_prefill.onnx",
            1_090_823,
            "c6a80dabf67c820de798f8deb7d4e0f37d81b5d76e33fbe20ab5a67f2d371f4e",
        ),
        WeightFile(
            "onnx_int8/vieneu_decode_step.onnx",
            1_062_040,
            "2c5b30bd8ccb751c58d651f44c074df10c4113efd08719adaa8e3dec6a6ce2ca",
        ),
        WeightFile("onnx_int8/vieneu_acoustic_cached.onnx", *_ACOUSTIC),
        WeightFile("onnx_int8/vieneu_v3_heads.npz", *_HEADS),
        WeightFile(
            "onnx_int8/vieneu_backbone_shared.data",
            103_891_968,
            "bb683925f7c8d826fadca4f8a0252ae4d5fc5b7837c14f6857e18f4c6666588d",
        ),
        *_TURBO_ENROLMENT,
    ),
)
TURBO_TORCH = Repository(
    _TURBO,
    _TURBO_REVISION,
    (
        WeightFile("update/config.json", 2_152, "a9f8d9c4b4736448ab355d1a98cfe48f5e39aecf2916c37b0806c228612e9a2d"),
        WeightFile("update/tokenizer.json", *_TOKENIZER),
        WeightFile(
            "update/tokenizer_config.json",
            5_000,
            "92275a9c86820184aef42a27439b1aab4605d96a694a1cc6e23970c6152c3fa6",
            exact=False,
        ),
        WeightFile(
            "update/special_tokens_map.json",
            1_000,
            "e7ad7c838b1e3c669a85e7caf940c01267e4d2448c99a14228e6d1708d7e99e6",
            exact=False,
        ),
        WeightFile(
            "update/model.safetensors",
            247_974_928,
            "119003a9e121760d1c3b9b50bd675bfde8d5f3de2b12641cf97a17d3883a5da7",
        ),
        *_TURBO_ENROLMENT,
    ),
)
CODEC_ONNX = Repository(
    "OpenMOSS-Team/MOSS-Audio-Tokenizer-Nano-ONNX",
    "ceff0d0749bfb3fa2d61149794ec6feef0d1e1ae",
    (
        WeightFile(
            "codec_browser_onnx_meta.json",
            17_036,
            "3e291c883bb7d11ff2fe8e964e3e495519760358859f35c951254c7741592731",
        ),
        WeightFile(
            "moss_audio_tokenizer_decode_full.onnx",
            681_902,
            "0fbbafe3fd4afa2a019af5c5ced204af6e2d1db044fa40f021525d2aee95b4ac",
        ),
        WeightFile(
            "moss_audio_tokenizer_decode_shared.data",
            44_198_912,
            "e69d52e0f4e84ca27850557ee54face46632d3a5a16c89bd246c7c408466dcad",
        ),
        WeightFile(
            "moss_audio_tokenizer_decode_step.onnx",
            351_400,
            "9527c86a29e1837edec1f74db57d5eeaadb3a715af3382703566460afed25855",
        ),
        WeightFile(
            "moss_audio_tokenizer_encode.data",
            44_507_136,
            "aa751265b2bab2887eac224484546b194875aa7494b607115439b3dc6b228a2c",
        ),
        WeightFile(
            "moss_audio_tokenizer_encode.onnx",
            815_775,
            "eadea4a645abdcf98714c7aead122ee2ce7da6e080f9f80b977cd1ca8e19473a",
        ),
    ),
)
CODEC_TORCH = Repository(
    "OpenMOSS-Team/MOSS-Audio-Tokenizer-Nano",
    "6aa02b01e445cc585582cf0ba480bc3ea6c8dd68",
    (
        WeightFile("__init__.py", 52, "ed0b4910a5e53b1dfc3234cfcf96e2c6890d339f9134a3dfed8481d01b3768fd"),
        WeightFile("config.json", 7_385, "b38892f8ba00efc18af2ad9eca999c7603f871548c2e7f99258cb1cefc70ee06"),
        WeightFile(
            "configuration_moss_audio_tokenizer.py",
            19_249,
            "b2d67dc4581e70f4b69b2d7eccefe32581d0c5192fe4d97fe1830e94a255b8aa",
        ),
        WeightFile(
            "modeling_moss_audio_tokenizer.py",
            138_814,
            "b14af7c188944da5101adbd4aaa9c3617d66b83507f0efbd6eb416381a105930",
        ),
        WeightFile(
            "model.safetensors.index.json",
            34_346,
            "2bf639e2c37c8502b1d0d92bf616b8108cb9975d42f587487a103682575b1d6d",
        ),
        WeightFile(
            "model-00001-of-00001.safetensors",
            87_922_568,
            "34d9880d805eecb21bde975202b1c256dbd0eb98c8680b9d3aeffd2bc6ac2f67",
        ),
    ),
)
NANO = Repository(
    "pnnbao-ump/VieNeu-TTS-v3-Nano",
    "aba295eb96a6fa6003ebe417cc1f2802a7adc1dc",
    (
        WeightFile("config.json", 2_927, "3762f1716fd8d7a1451ddf2e051c03b0a341e8adda4f1dbd0db0ae9777514e56"),
        WeightFile("constants.npz", 53_448, "7c011938effe41687a9af85107a31a040dfcf0fb3d0f048ec10f4fb65c1a8829"),
        WeightFile("text_encoder.onnx", 26_519_943, "204f02cccae1f16ccb2d3840f05721a37fe250b82cbd456337a0ccb49615e4bf"),
        WeightFile(
            "duration_predictor.onnx", 727_809, "20fd7fa60006d0a48ee82e0451b3f920d2052588c083c756cce669f3947c0a68"
        ),
        WeightFile(
            "vector_estimator.onnx", 155_132_418, "c6c1d4398ca35d3ad1bd3f0459413d1b975d09e7f2f3a2b4493a7b92bbf6ce93"
        ),
        WeightFile(
            "codec_decoder.onnx", 99_319_941, "b0ab15e7828a39d53679e25b1ba4ba415a61311307202a6323130b9e1cc3029d"
        ),
        # No table of their hashes is public: the hub's own at this revision is what they are checked against.
        WeightFile("speaker_encoder.onnx", 28_303_423, exact=False),
        WeightFile("codec_encoder.onnx", 56_419_417, exact=False),
        WeightFile("reference_encoder.onnx", 10_778_145, exact=False),
    ),
)
# The Nano package takes Turbo's denoiser where it has none of its own; this one is known, and shared with Turbo.
DENOISER = Repository(_TURBO, _TURBO_REVISION, (_DENOISER,))
F5_VIVOICE = Repository(
    "hynt/F5-TTS-Vietnamese-ViVoice",
    "50228ccc563853f0ac628f49ed99a11f653d9ebe",
    (
        # The vocabulary, in spite of its name: a character a line.
        WeightFile("config.json", 11_337, "031ab4b5cab593dfba597551159b7d6594f2cb6acf2fabf5897d56c3e695d2ea"),
        WeightFile("model_last.pt", 5_394_362_124, "5ae8293dd09868d5758cd1edc6b74f53bd0200652d907bd43724a69c7b82ea1f"),
    ),
)
VOCOS = Repository(
    "charactr/vocos-mel-24khz",
    "0feb3fdd929bcd6649e0e7c5a688cf7dd012ef21",
    (
        WeightFile("config.yaml", 461, "da9033922f969a47f0c160010226919e59f27761fd5066f3828d46de6650b0fc"),
        WeightFile("pytorch_model.bin", 54_365_991, "97ec976ad1fd67a33ab2682d29c0ac7df85234fae875aefcc5fb215681a91b2a"),
    ),
)

VIENEU_FP32 = Bundle("vieneu-fp32", "Apache-2.0", None, (TURBO_FP32, CODEC_ONNX))
VIENEU_INT8 = Bundle("vieneu-int8", "Apache-2.0", None, (TURBO_INT8, CODEC_ONNX))
VIENEU_TORCH = Bundle("vieneu-torch", "Apache-2.0", None, (TURBO_TORCH, CODEC_TORCH))
VIENEU_NANO = Bundle("vieneu-nano", "Apache-2.0", None, (NANO, DENOISER))
F5 = Bundle(
    "f5",
    "CC-BY-NC-SA-4.0",
    Said(
        "Mô hình F5-TTS tiếng Việt (ViVoice) theo giấy phép CC-BY-NC-SA-4.0: chỉ dùng cho mục đích phi thương mại, "
        "ghi nguồn, và chia sẻ lại theo cùng giấy phép.",
        "The Vietnamese F5-TTS model (ViVoice) is licensed CC-BY-NC-SA-4.0: for non-commercial use only, with "
        "attribution, and shared alike.",
    ),
    (F5_VIVOICE, VOCOS),
)
BUNDLES = (VIENEU_FP32, VIENEU_INT8, VIENEU_TORCH, VIENEU_NANO, F5)


def total_bytes(bundle: Bundle) -> int:
    """What all of it takes on disk."""
    return sum(file.size for repository in bundle.repositories for file in repository.files)


def missing_bytes(bundle: Bundle) -> int:
    """What is still to be fetched; 0 exactly when every file is there, whole. Looks at the disk alone."""
    missing = [(r, f) for r in bundle.repositories for f in r.files if not is_whole(r, f)]
    return sum(max(1, file.size - _arrived(repository, file)) for repository, file in missing)


def amount(size: int, language: str = "vi") -> str:
    """Bytes in a sentence: "658 MB", "5,4 GB" ("5.4 GB" in English), in powers of a thousand as downloads are told."""
    if size >= 10**9:
        return f"{figure(size / 10**9, language)} GB"
    unit, name = (10**6, "MB") if size >= 10**6 else (10**3, "kB")
    return f"{figure(max(size / unit, 0.1 if size else 0), language, digits=1 if size < 10 * unit else 0)} {name}"


def command(engine: str) -> str:
    """What fetches an engine's weights, in a shell."""
    return f"python -m vnclone download {engine}"


def needs_download(engine: str, missing: int) -> EngineStatus:
    """Of an engine that lacks so many bytes."""
    vi = f"Cần tải {amount(missing)}. Hãy chạy: {command(engine)}"
    en = f"{amount(missing, 'en')} to download. Run: {command(engine)}"
    return EngineStatus("needs_download", Said(vi, en), missing)


def incomplete(engine: str) -> Unavailable:
    return Unavailable(
        f"Mô hình của bộ đọc {engine} chưa được tải đủ. Hãy chạy: {command(engine)}",
        f"The model of the engine {engine} has not been downloaded completely. Run: {command(engine)}",
    )


def is_whole(repository: Repository, file: WeightFile) -> bool:
    """Whether `file` is there, with its size where that is known."""
    try:
        size = (folder(repository) / file.path).stat().st_size
    except OSError:
        return False
    return size == file.size or not file.exact


def folder(repository: Repository) -> Path:
    """Where the files of `repository` lie, each at its path, whether or not they are there yet."""
    return storage(repository) / "snapshots" / repository.revision


def storage(repository: Repository) -> Path:
    """The repository's own folder in the hub's cache: `blobs` holds contents, `snapshots` a folder a revision."""
    return cache() / f"models--{repository.id.replace('/', '--')}"


def cache() -> Path:
    """huggingface_hub's cache, as its settings (HF_HUB_CACHE, HF_HOME) say."""
    from huggingface_hub import constants

    return Path(constants.HF_HUB_CACHE).expanduser().resolve()


def download(bundle: Bundle, report: Callable[[Progress], None], cancelled: Callable[[], bool] = lambda: False) -> None:
    """Fetch what is missing of `bundle`, check it, and put it in place; a file that is there is not fetched again.

    `report` is called several times a second, always from the calling thread; `cancelled` is asked as often. A
    download that ended early goes on where it stopped. Several at once, in threads or processes, do no harm.

    Raises Unavailable (no network, offline mode, the hub's refusal or trouble, a file that is not the pinned one, no
    space, a folder that cannot be written), TooMany (the hub asks to wait) and DownloadStopped.
    """
    from vnclone.engines.fetch import fetch

    fetch(bundle, report, cancelled)


def _arrived(repository: Repository, file: WeightFile) -> int:
    """Bytes of an earlier try that are kept. Blobs are named by SHA-256 where the file is large."""
    if not file.sha256:
        return 0
    try:
        return min(file.size, (storage(repository) / "blobs" / f"{file.sha256}{PARTIAL}").stat().st_size)
    except OSError:
        return 0
