"""The button that fetches an engine's weights: who may press it, what is shown, how it ends."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from tests.conftest import new_user
from tests.fetching import BIG, NOTICE, SMALL, published
from tests.hub import Hub
from vnclone import engines
from vnclone.engines import weights
from vnclone.errors import BadInput
from vnclone.models import User
from vnclone.settings import Settings
from vnclone.ui.engines import EnginesPanel, progress_line
from vnclone.wire import Services, wire

ENGINE = "vieneu_nano"


@pytest.fixture
def here(tmp_path: Path, hub: Hub, monkeypatch: pytest.MonkeyPatch):  # type: ignore[no-untyped-def]
    """Services of their own, whose engine wants two files of the loopback hub."""
    monkeypatch.setattr(weights, "VIENEU_NANO", published(hub, model=BIG, config=SMALL))
    services = wire(Settings(data=tmp_path / "data"))
    yield services
    services.close()


@pytest.fixture
def owner(here: Services) -> User:
    return new_user(here)


def until(true: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 30
    while not true():
        assert time.monotonic() < deadline
        time.sleep(0.02)


def over(services: Services) -> bool:
    return not services.downloads.of(ENGINE).running


def shown(services: Services, user: User | None, language: str = "vi") -> str:
    panel = object.__new__(EnginesPanel)  # without the component, which only a Blocks being built can have
    panel._services = services
    return panel.show(user.id if user else "", language)


def test_the_owner_fetches_an_engine_and_it_is_ready(here: Services, owner: User) -> None:
    assert engines.load(ENGINE).status().state == "needs_download"
    assert 'data-action="download"' in shown(here, owner) and "Tải về" in shown(here, owner)
    here.downloads.start(owner.id, ENGINE)
    until(lambda: over(here))
    assert here.downloads.of(ENGINE).error is None
    assert engines.load(ENGINE).status().state == "ready" and engines.best() == ENGINE
    assert "VieNeu-TTS v3 Nano" in shown(here, owner).split("</summary>")[0]


def test_the_owner_has_the_files_checked_and_mended(here: Services, owner: User) -> None:
    here.downloads.start(owner.id, ENGINE)
    until(lambda: over(here))
    assert "Kiểm tra tệp" in shown(here, owner) and "Kiểm tra tệp" not in shown(here, new_user(here))
    broken = weights.folder(weights.VIENEU_NANO.repositories[0]) / "model"
    broken.resolve().write_bytes(b"x" + BIG[1:])
    assert engines.load(ENGINE).status().state == "ready", "its size is right"
    here.downloads.start(owner.id, ENGINE)
    until(lambda: over(here))
    assert broken.read_bytes() == BIG and here.downloads.of(ENGINE).error is None


def test_progress_is_shown_with_bytes_and_rate_and_it_can_be_stopped(here: Services, owner: User, hub: Hub) -> None:
    hub.stall_after = 1_000_000
    here.downloads.start(owner.id, ENGINE)
    until(lambda: (p := here.downloads.of(ENGINE).progress) is not None and p.done >= 900_000)
    html = shown(here, owner)
    assert 'role="progressbar"' in html and " MB / 2 MB" in html and "/giây" in html and 'data-action="stop"' in html
    assert 'data-action="stop"' not in shown(here, new_user(here)) and 'role="progressbar"' in shown(here, None)
    here.downloads.stop(owner.id, ENGINE)
    until(lambda: over(here))
    assert here.downloads.of(ENGINE).error is None, "as asked"
    assert 0 < engines.load(ENGINE).status().download_bytes < len(BIG) + len(SMALL)
    hub.stall_after = -1
    hub.go.set()
    here.downloads.start(owner.id, ENGINE)
    until(lambda: over(here))
    assert engines.load(ENGINE).status().state == "ready"


def test_only_the_first_account_may(here: Services, owner: User, hub: Hub) -> None:
    other = new_user(here)
    assert here.downloads.may_ask(owner.id) and not here.downloads.may_ask(other.id)
    for user_id in (other.id, "", "nobody"):
        with pytest.raises(BadInput) as refused:
            here.downloads.start(user_id, ENGINE)
        assert "tài khoản đầu tiên" in refused.value.said.vi and "first account" in refused.value.said.en
    assert hub.asked == [] and 'data-action="download"' not in shown(here, other)
    assert "Hãy nhờ người lập máy chủ" in shown(here, other) and "server&#x27;s owner" in shown(here, other, "en")


def test_what_cannot_be_fetched_is_told(here: Services, owner: User, hub: Hub) -> None:
    hub.files.clear()
    here.downloads.start(owner.id, ENGINE)
    until(lambda: over(here))
    error = here.downloads.of(ENGINE).error
    assert error and "model" in error.en and error.vi in shown(here, owner).replace("&quot;", '"')
    with pytest.raises(BadInput):
        here.downloads.start(owner.id, "parametric")
    with pytest.raises(BadInput):
        here.downloads.start(owner.id, "nosuch")


def test_a_licence_that_binds_is_agreed_to_first(here: Services, owner: User, monkeypatch: pytest.MonkeyPatch) -> None:
    assert "data-confirm" not in shown(here, owner)
    monkeypatch.setattr(weights, "VIENEU_NANO", replace(weights.VIENEU_NANO, notice=NOTICE))
    assert f'data-confirm="{NOTICE.vi}"' in shown(here, owner) and "Đồng ý và tải" in shown(here, owner)
    assert f'data-confirm="{NOTICE.en}"' in shown(here, owner, "en")


def test_the_app_stops_while_it_fetches(here: Services, owner: User, hub: Hub) -> None:
    hub.stall_after = 1_000_000
    here.downloads.start(owner.id, ENGINE)
    until(lambda: here.downloads.of(ENGINE).progress is not None)
    here.downloads.close()
    until(lambda: over(here))
    hub.go.set()


def test_before_the_first_byte_it_says_that_it_connects() -> None:
    assert "Đang kết nối" in progress_line(None, "vi") and "Connecting" in progress_line(None, "en")
