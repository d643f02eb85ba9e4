"""What tests share: the demo voice, services over a folder of their own, and the served app."""

from __future__ import annotations

import socket
import uuid
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from vnclone.models import User, Voice
from vnclone.settings import Settings
from vnclone.wire import Services, wire

ROOT = Path(__file__).resolve().parent.parent
DEMO_VOICE = ROOT / "assets" / "demo_voice.wav"
PASSWORD = "mật khẩu dài 123"


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
