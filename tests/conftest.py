"""What tests share: the demo voice, services over a folder of their own, and the served app."""

from __future__ import annotations

import socket
import uuid
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.fetching import hub  # noqa: F401 - a fixture for every file
from tests.small_disks import small_disk  # noqa: F401 - another
from vnclone import engines
from vnclone.engines.base import Engine
from vnclone.models import User, Voice
from vnclone.settings import Settings
from vnclone.wire import Services, wire

ROOT = Path(__file__).resolve().parent.parent
DEMO_VOICE = ROOT / "assets" / "demo_voice.wav"
PASSWORD = "mật khẩu dài 123"
SetUp = Callable[[str], Engine]  # engine's name -> the engine, ready to speak


@dataclass(frozen=True)
class App:
    """The served app: `url` without a slash at its end, and the services behind it."""

    url: str
    services: Services


@pytest.fixture(scope="session")
def services(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Services]:
    made = wire(Settings(data=tmp_path_factory.mktemp("services")))
    yield made
    made.close()


@pytest.fixture
def user(services: Services) -> User:
    """Somebody new."""
    return new_user(services)


@pytest.fixture(scope="session")
def speaker(services: Services) -> User:
    """Somebody who has a voice already."""
    return new_user(services)


@pytest.fixture(scope="session")
def voice(services: Services, speaker: User, tmp_path_factory: pytest.TempPathFactory) -> Voice:
    upload = copy_of(DEMO_VOICE, tmp_path_factory.mktemp("upload"))
    return services.voices.wait(speaker.id, services.voices.create(speaker.id, upload, "Đoan", True).id)


@pytest.fixture(scope="session")
def app(tmp_path_factory: pytest.TempPathFactory) -> Iterator[App]:
    """The real app on a free loopback port."""
    from vnclone.serve import serve
    from vnclone.ui import uploads

    uploads.KEPT_SECONDS = 0.5  # an upload is forgotten soon enough to be seen
    port = free_port()
    settings = Settings(data=tmp_path_factory.mktemp("app"), host="127.0.0.1", port=port)
    served = serve(settings, prevent_thread_lock=True)
    yield App(f"http://127.0.0.1:{port}", served)
    served.close()


@pytest.fixture(scope="session")
def app_url(app: App) -> str:
    return app.url


@pytest.fixture(scope="session")
def models(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A hub's cache in which VieNeu's models are tiny ones whose sound tells what was said; to be left as it is."""
    import tiny_hub as tiny

    folder = tmp_path_factory.mktemp("tiny")
    tiny.hub(folder / "hub", folder / "work")
    return folder / "hub"


@pytest.fixture
def set_up(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Iterator[SetUp]:
    """Makes any engine ready: tiny models for the neural ones, a local server for GPT-SoVITS."""
    with ExitStack() as servers:

        def ready(name: str) -> Engine:
            if name.startswith("vieneu"):
                use_tiny(request.getfixturevalue("models"), monkeypatch)
            elif name == "f5":
                use_tiny_f5(request.getfixturevalue("tmp_path_factory").mktemp("f5"), monkeypatch)
            elif name == "gpt_sovits":
                from api_v2 import ApiV2, running

                monkeypatch.setenv("VNCLONE_GPT_SOVITS_URL", servers.enter_context(running(ApiV2())).url)
            return engines.load(name)

        yield ready


def use_tiny(cache: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """VieNeu's models are those of `cache`, here and in children, and the manifest lists their sizes."""
    import tiny_hub
    from huggingface_hub import constants

    from vnclone.engines import weights

    monkeypatch.setattr(constants, "HF_HUB_CACHE", str(cache))
    monkeypatch.setenv("HF_HUB_CACHE", str(cache))
    monkeypatch.setenv("VNCLONE_DEVICE", "cpu")
    for name in ("VIENEU_FP32", "VIENEU_INT8", "VIENEU_NANO"):
        monkeypatch.setattr(weights, name, tiny_hub.manifest(getattr(weights, name)))


def use_tiny_f5(cache: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The same for F5, where its packages are installed."""
    pytest.importorskip("f5_tts", reason="F5's packages are not installed: see make test-f5")
    import test_f5

    from vnclone.engines import weights

    test_f5._build_network(test_f5._snapshot(cache, weights.F5_VIVOICE))
    test_f5._build_vocoder(test_f5._snapshot(cache, weights.VOCOS))
    test_f5._use(cache, monkeypatch)


def new_user(services: Services) -> User:
    return services.accounts.register(new_email(), PASSWORD, "Người Thử")[0]


def new_email() -> str:
    return f"{uuid.uuid4().hex[:12]}@example.com"


def copy_of(path: Path, folder: Path) -> Path:
    """A copy that a service may move away."""
    copy = folder / f"{uuid.uuid4().hex}{path.suffix}"
    copy.write_bytes(path.read_bytes())
    return copy


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
