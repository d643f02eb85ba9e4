"""What tests of downloads share: made-up bundles, a hub on loopback that has them, and processes that fetch them."""

from __future__ import annotations

import hashlib
import os
import random
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import huggingface_hub
import pytest
from huggingface_hub import constants

from tests.hub import Hub
from vnclone.engines import fetch, weights
from vnclone.engines.weights import Bundle, Progress, Repository, WeightFile
from vnclone.models import Said

ROOT = Path(__file__).resolve().parent.parent
REPOSITORY, REVISION = "nobody/tiny", "0123456789abcdef0123456789abcdef01234567"
BIG = random.Random(5).randbytes(2_000_000)
SECOND = random.Random(6).randbytes(300_000)
SMALL = b'{"vocab": 1}'
NOTICE = Said("Chỉ dùng phi thương mại.", "For non-commercial use only.")


@pytest.fixture
def hub(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Hub]:
    """A hub that the client takes for the real one, and an empty cache."""
    made = Hub().start()
    point_at(made.url, tmp_path / "hub", monkeypatch)
    monkeypatch.setattr(fetch, "PAUSES", (0.01,) * len(fetch.PAUSES))
    yield made
    made.stop()
    huggingface_hub.close_session()


def point_at(url: str, cache: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    huggingface_hub.close_session()
    monkeypatch.delenv("HF_TOKEN", raising=False)
    monkeypatch.setattr(constants, "ENDPOINT", url)
    monkeypatch.setattr(constants, "HUGGINGFACE_CO_URL_TEMPLATE", url + "/{repo_id}/resolve/{revision}/{filename}")
    monkeypatch.setattr(constants, "HF_HUB_CACHE", str(cache))
    monkeypatch.setattr(constants, "HF_TOKEN_PATH", str(cache / "token"))


def file_of(path: str, content: bytes, **more: Any) -> WeightFile:
    return WeightFile(path, len(content), hashlib.sha256(content).hexdigest(), **more)


def bundle(*files: WeightFile) -> Bundle:
    return Bundle("tiny", "Apache-2.0", None, (Repository(REPOSITORY, REVISION, files),))


def published(hub: Hub, **contents: bytes) -> Bundle:
    """A bundle of these files, which the hub has; `_` in a name is `/`."""
    named = {name.replace("_", "/"): content for name, content in contents.items()}
    for path, content in named.items():
        hub.publish(REPOSITORY, REVISION, path, content)
    return bundle(*(file_of(path, content) for path, content in named.items()))


def get(wanted: Bundle, cancelled: Callable[[], bool] = lambda: False) -> list[Progress]:
    seen: list[Progress] = []
    weights.download(wanted, seen.append, cancelled)
    return seen


def arrived(wanted: Bundle, path: str) -> bytes:
    return (weights.folder(wanted.repositories[0]) / path).read_bytes()


def leftovers() -> list[str]:
    """Files in the cache that are not of a whole download: partial ones and temporary ones."""
    here = Path(constants.HF_HUB_CACHE)
    return [path.name for path in here.rglob("*") if path.suffix in (".incomplete", ".tmp")]


def partial(wanted: Bundle) -> Path:
    """Where the first file grows."""
    repository = wanted.repositories[0]
    return weights.storage(repository) / "blobs" / f"{repository.files[0].sha256}.incomplete"


def wait_until(true: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 60
    while not true():
        assert time.monotonic() < deadline
        time.sleep(0.02)


def driver(wanted: Bundle, then: str = "weights.download(bundle, lambda progress: None)") -> str:
    """A program that has `bundle` and does something with it."""
    return f"""
from vnclone.engines import weights
from vnclone.engines.weights import Bundle, Repository, WeightFile
from vnclone.models import Said
bundle = {wanted!r}
{then}
"""


def environment(hub: Hub, tmp_path: Path, **more: str) -> dict[str, str]:
    """Of a process that takes `hub` for the real one and shares this test's cache."""
    plain = {k: v for k, v in os.environ.items() if not k.startswith("HF_")}
    mine = {"HF_ENDPOINT": hub.url, "HF_HOME": str(tmp_path), "HF_HUB_CACHE": constants.HF_HUB_CACHE}
    return plain | mine | {"PYTHONPATH": str(ROOT), "LC_ALL": "C.UTF-8", "TMPDIR": str(tmp_path)} | more


def shell(wanted: Bundle, *arguments: str) -> list[str]:
    """The real command line, in which the engine `parametric` wants `wanted`."""
    then = "from vnclone.engines.parametric import Parametric\nfrom vnclone.cli import main\n"
    then += f"Parametric.weights = lambda self: bundle\nmain({list(arguments)!r})"
    return [sys.executable, "-c", driver(wanted, then)]


def run(command: list[str], env: dict[str, str]) -> subprocess.CompletedProcess[str]:
    return subprocess.run(command, env=env, cwd=ROOT, capture_output=True, text=True, timeout=60)


def program(*arguments: str) -> list[str]:
    return [sys.executable, "-m", "vnclone", *arguments]
