"""A disk that really fills up: told as such, nothing half written, and on it goes when there is space again."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.conftest import DEMO_VOICE, copy_of, new_user
from tests.small_disks import fill, resize
from tests.test_generations import LONG, SHORT, finished
from vnclone.errors import Unavailable
from vnclone.services.asking import Request
from vnclone.settings import Settings
from vnclone.wire import wire


def scraps(folder: Path) -> list[Path]:
    return [path for path in folder.rglob(".*") if path.is_file()]


def test_a_reading_that_fills_the_disk_fails_with_a_reason_and_goes_on_with_space(
    small_disk: Path, tmp_path: Path
) -> None:
    services = wire(Settings(data=small_disk / "data"))
    user = new_user(services)
    upload = copy_of(DEMO_VOICE, tmp_path)
    voice = services.voices.wait(user.id, services.voices.create(user.id, upload, "Đoan", True).id)
    state = finished(services, services.generations.create(user.id, Request(voice.id, LONG, format="wav")))
    assert state.status == "failed" and state.error is not None and "đầy" in state.error.vi
    assert scraps(small_disk) == []
    made = {path for path in (small_disk / "data").rglob("chunks/*/*.wav")}
    assert made
    assert resize(small_disk, 64, "remount")
    state = finished(services, services.generations.create(user.id, Request(voice.id, LONG, format="wav")))
    assert state.status == "completed"
    assert all(path.exists() for path in made)
    services.close()


def test_an_upload_that_does_not_fit_is_refused_and_leaves_nothing(small_disk: Path, tmp_path: Path) -> None:
    services = wire(Settings(data=small_disk / "data"))
    user = new_user(services)
    ballast = fill(small_disk, 100_000)
    with pytest.raises(Unavailable) as told:
        services.voices.create(user.id, copy_of(DEMO_VOICE, tmp_path), "Đoan", True)
    assert "đầy" in told.value.said.vi and services.voices.list(user.id) == []
    assert not [path for path in (small_disk / "data" / "users").rglob("*") if path.is_file()]
    ballast.unlink()
    upload = copy_of(DEMO_VOICE, tmp_path)
    assert services.voices.wait(user.id, services.voices.create(user.id, upload, "Đoan", True).id).status == "ready"
    services.close()


def test_a_disk_without_a_byte_left_is_told_as_such_by_the_database_too(small_disk: Path, tmp_path: Path) -> None:
    services = wire(Settings(data=small_disk / "data"))
    user = new_user(services)
    upload = copy_of(DEMO_VOICE, tmp_path)
    voice = services.voices.wait(user.id, services.voices.create(user.id, upload, "Đoan", True).id)
    ballast = fill(small_disk, 0)
    told = []
    for _ in range(30):  # the journal has a little room left at first
        try:
            services.generations.create(user.id, Request(voice.id, SHORT))
        except Unavailable as error:
            told.append(error.said.vi)
            break
    ballast.unlink()
    assert told and "đầy" in told[0]
    state = finished(services, services.generations.create(user.id, Request(voice.id, SHORT)))
    assert state.status == "completed"
    services.close()
