"""The weights: what is listed, and their download by the real client from a hub on loopback, good days and bad."""

from __future__ import annotations

import hashlib
import os
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest
from huggingface_hub import constants, hf_hub_download, scan_cache_dir

from tests.conftest import ROOT, free_port
from tests.fetching import (
    BIG,
    REPOSITORY,
    REVISION,
    SECOND,
    SMALL,
    arrived,
    bundle,
    driver,
    environment,
    file_of,
    get,
    leftovers,
    partial,
    point_at,
    published,
    wait_until,
)
from tests.hub import Hub
from tests.small_disks import fill
from vnclone.engines import fetch, weights
from vnclone.engines.weights import DownloadStopped, Progress, WeightFile
from vnclone.errors import TooMany, Unavailable


def test_a_download_brings_every_file_and_tells_how_far_it_is(hub: Hub) -> None:
    wanted = published(hub, onnx_model=BIG, second=SECOND, config=SMALL)
    assert weights.missing_bytes(wanted) == weights.total_bytes(wanted) == len(BIG) + len(SECOND) + len(SMALL)
    seen = get(wanted)
    assert [arrived(wanted, path) for path in ("onnx/model", "second", "config")] == [BIG, SECOND, SMALL]
    assert weights.missing_bytes(wanted) == 0 and leftovers() == []
    done = [progress.done for progress in seen]
    assert done == sorted(done) and done[-1] == seen[-1].total == weights.total_bytes(wanted)
    assert {progress.file for progress in seen} == {"onnx/model", "second", "config"}
    assert seen[-1].eta_seconds == 0 and all(p.bytes_per_second >= 0 for p in seen)


def test_a_slow_download_tells_its_rate_and_its_end(hub: Hub, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(fetch, "_SHOWN_EVERY", 0.0)
    wanted = published(hub, model=BIG)
    middle = [progress for progress in get(wanted) if 0 < progress.done < progress.total][1:]
    assert middle and all(progress.bytes_per_second > 0 for progress in middle)
    for progress in middle:
        assert progress.eta_seconds == pytest.approx((progress.total - progress.done) / progress.bytes_per_second)


def test_what_is_there_is_not_fetched_again(hub: Hub) -> None:
    wanted = published(hub, model=BIG, config=SMALL)
    get(wanted)
    hub.asked.clear()
    assert get(wanted)[-1].done == weights.total_bytes(wanted)
    assert hub.asked == []


def test_asking_again_mends_a_file_whose_content_was_altered(hub: Hub) -> None:
    wanted = published(hub, model=BIG, config=SMALL)
    get(wanted)
    altered = weights.folder(wanted.repositories[0]) / "model"
    altered.resolve().write_bytes(b"x" + BIG[1:])
    hub.asked.clear()
    get(wanted)
    assert arrived(wanted, "model") == BIG
    assert {asked.path.rsplit("/", 1)[-1] for asked in hub.gets} == {"model"}


def test_the_real_client_finds_the_files_without_a_network(hub: Hub, monkeypatch: pytest.MonkeyPatch) -> None:
    wanted = published(hub, onnx_model=BIG, config=SMALL)
    get(wanted)
    hub.asked.clear()
    monkeypatch.setattr(constants, "HF_HUB_OFFLINE", True)
    for path, content in (("onnx/model", BIG), ("config", SMALL)):
        found = hf_hub_download(REPOSITORY, path, revision=REVISION, local_files_only=True)
        assert Path(found).read_bytes() == content and Path(found) == weights.folder(wanted.repositories[0]) / path
    listed = scan_cache_dir(constants.HF_HUB_CACHE)
    assert listed.warnings == [] and listed.size_on_disk == len(BIG) + len(SMALL)
    assert hub.asked == []


def test_what_another_program_fetched_counts(hub: Hub) -> None:
    wanted = published(hub, onnx_model=BIG, config=SMALL)
    for path in ("onnx/model", "config"):
        hf_hub_download(REPOSITORY, path, revision=REVISION)
    assert weights.missing_bytes(wanted) == 0


def test_files_are_found_where_links_cannot_be_made(hub: Hub, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(constants, "HF_HUB_DISABLE_SYMLINKS", True)
    wanted = published(hub, model=BIG)
    get(wanted)
    assert arrived(wanted, "model") == BIG
    assert not (weights.folder(wanted.repositories[0]) / "model").is_symlink()
    assert scan_cache_dir(constants.HF_HUB_CACHE).size_on_disk == len(BIG)


def test_a_cut_connection_is_taken_up_where_it_ended(hub: Hub) -> None:
    wanted = published(hub, model=BIG)
    hub.cut = [700_000, 500_000]
    get(wanted)
    assert arrived(wanted, "model") == BIG
    assert [asked.start for asked in hub.gets] == [0, 700_000, 1_200_000]
    assert hub.sent == len(BIG)


def test_a_cut_download_goes_on_where_it_stopped(hub: Hub) -> None:
    wanted = published(hub, model=BIG)
    hub.cut = [1_000_000] + [0] * 10
    with pytest.raises(Unavailable) as told:
        get(wanted)
    assert "cắt giữa chừng" in told.value.said.vi and "cut" in told.value.said.en
    assert weights.missing_bytes(wanted) == len(BIG) - 1_000_000
    hub.cut = []
    before = hub.sent
    seen = get(wanted)
    assert hub.gets[-1].start == 1_000_000 and hub.sent - before == len(BIG) - 1_000_000
    assert arrived(wanted, "model") == BIG
    assert seen[-1].done == len(BIG)


def test_a_killed_download_goes_on_where_it_stopped(hub: Hub, tmp_path: Path) -> None:
    wanted = published(hub, model=BIG)
    hub.stall_after = 1_000_000
    child = subprocess.Popen([sys.executable, "-c", driver(wanted)], env=environment(hub, tmp_path), cwd=ROOT)
    kept = partial(wanted)
    wait_until(lambda: kept.exists() and kept.stat().st_size >= 900_000)
    child.kill()
    child.wait()
    start = kept.stat().st_size
    hub.stall_after = -1
    hub.go.set()
    get(wanted)
    assert hub.gets[-1].start == start > 0 and arrived(wanted, "model") == BIG


def test_a_connection_that_just_ends_is_taken_up_where_it_ended(hub: Hub) -> None:
    wanted = published(hub, model=BIG)
    hub.lengths = False
    hub.cut = [700_000]
    get(wanted)
    assert arrived(wanted, "model") == BIG and [asked.start for asked in hub.gets] == [0, 700_000]


def test_a_server_that_knows_no_ranges_sends_it_all_again(hub: Hub) -> None:
    wanted = published(hub, model=BIG)
    hub.ranges = False
    hub.cut = [700_000]
    get(wanted)
    assert arrived(wanted, "model") == BIG and hub.sent == 700_000 + len(BIG)


def test_a_server_that_always_cuts_at_the_same_place_is_given_up(hub: Hub) -> None:
    wanted = published(hub, model=BIG)
    hub.ranges = False
    hub.cut = [700_000] * 50
    with pytest.raises(Unavailable):
        get(wanted)
    assert len(hub.gets) <= len(fetch.PAUSES) + 2


def test_a_file_with_the_wrong_content_is_thrown_away_and_told(hub: Hub) -> None:
    wanted = published(hub, model=BIG, config=SMALL)
    path = f"/{REPOSITORY}/resolve/{REVISION}/model"
    hub.listed[path] = hashlib.sha256(BIG).hexdigest()
    hub.files[path] = BIG[:-1] + b"!"
    with pytest.raises(Unavailable) as told:
        get(wanted)
    assert "SHA-256" in told.value.said.vi and "SHA-256" in told.value.said.en and "model" in told.value.said.en
    assert weights.missing_bytes(wanted) == len(BIG) + len(SMALL)
    assert leftovers() == [] and not list(Path(constants.HF_HUB_CACHE).rglob("snapshots/*/*"))
    hub.files[path] = BIG
    get(wanted)
    assert arrived(wanted, "model") == BIG


def test_a_file_that_the_hub_lists_otherwise_is_not_even_fetched(hub: Hub) -> None:
    wanted = published(hub, model=BIG)
    hub.publish(REPOSITORY, REVISION, "model", BIG[::-1])
    with pytest.raises(Unavailable) as told:
        get(wanted)
    assert "SHA-256" in told.value.said.en and hub.gets == []


def test_a_damaged_part_of_an_earlier_try_heals(hub: Hub) -> None:
    wanted = published(hub, model=BIG)
    kept = partial(wanted)
    kept.parent.mkdir(parents=True)
    kept.write_bytes(bytes(500_000))
    get(wanted)
    assert arrived(wanted, "model") == BIG and [asked.start for asked in hub.gets] == [500_000, 0]


def test_a_part_that_is_longer_than_the_file_heals(hub: Hub) -> None:
    wanted = published(hub, model=BIG)
    kept = partial(wanted)
    kept.parent.mkdir(parents=True)
    kept.write_bytes(BIG + b"more")
    get(wanted)
    assert arrived(wanted, "model") == BIG


def test_a_whole_file_that_never_got_its_name_is_not_fetched_again(hub: Hub) -> None:
    wanted = published(hub, model=BIG)
    kept = partial(wanted)
    kept.parent.mkdir(parents=True)
    kept.write_bytes(BIG)
    get(wanted)
    assert arrived(wanted, "model") == BIG and hub.gets == []


def test_a_damaged_blob_is_replaced(hub: Hub) -> None:
    wanted = published(hub, model=BIG)
    get(wanted)
    blob = (weights.folder(wanted.repositories[0]) / "model").resolve()
    blob.write_bytes(BIG[: len(BIG) // 2])
    assert weights.missing_bytes(wanted) > 0
    get(wanted)
    assert arrived(wanted, "model") == BIG and weights.missing_bytes(wanted) == 0


@pytest.mark.parametrize("content", [SMALL, BIG], ids=["git blob", "large file"])
def test_a_file_without_a_known_hash_is_checked_against_the_hubs_own(hub: Hub, content: bytes) -> None:
    path = f"/{REPOSITORY}/resolve/{REVISION}/model"
    hub.publish(REPOSITORY, REVISION, "model", content)
    hub.listed[path] = (
        hashlib.sha256(content).hexdigest()
        if content is BIG
        else hashlib.sha1(b"blob %d\0" % len(content) + content).hexdigest()
    )
    wanted = bundle(WeightFile("model", 10, exact=False))
    hub.files[path] = content[:-1] + b"!"
    with pytest.raises(Unavailable) as told:
        get(wanted)
    assert "SHA-256" in told.value.said.en and weights.missing_bytes(wanted) > 0 and leftovers() == []
    hub.files[path] = content
    seen = get(wanted)
    assert arrived(wanted, "model") == content and weights.missing_bytes(wanted) == 0
    assert seen[-1].done == seen[-1].total == len(content), "an estimate of the size is put right"


def test_half_the_weights_are_not_all_of_them(hub: Hub) -> None:
    wanted = published(hub, model=BIG, second=SECOND)
    get(wanted)
    (weights.folder(wanted.repositories[0]) / "second").unlink()
    assert weights.missing_bytes(wanted) == len(SECOND)
    before = hub.sent
    get(wanted)
    assert weights.missing_bytes(wanted) == 0 and hub.sent == before, "its content was still there"


def test_a_file_too_large_for_the_disk_is_told_before_anything_is_asked(hub: Hub) -> None:
    wanted = bundle(WeightFile("model", 10**15, "0" * 64))
    with pytest.raises(Unavailable) as told:
        get(wanted)
    assert "thiếu" in told.value.said.vi and "1,000,000 GB" in told.value.said.en and hub.asked == []


@pytest.fixture
def small_cache(hub: Hub, small_disk: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The cache on a file system of 6 MB."""
    monkeypatch.setattr(constants, "HF_HUB_CACHE", str(small_disk / "hub"))
    return small_disk


def test_a_disk_that_fills_up_meanwhile_is_told_and_gets_its_room_back(hub: Hub, small_cache: Path) -> None:
    wanted = published(hub, model=BIG)
    hub.on_get = lambda: ballasts.append(fill(small_cache, 500_000))
    ballasts: list[Path] = []
    with pytest.raises(Unavailable) as told:
        get(wanted)
    assert "không đủ chỗ" in told.value.said.vi and "no room" in told.value.said.en
    assert leftovers() == [] and os.statvfs(small_cache).f_bavail * os.statvfs(small_cache).f_frsize > 400_000
    hub.on_get = lambda: None
    ballasts[0].unlink()
    get(wanted)
    assert arrived(wanted, "model") == BIG


def test_no_network_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    port = free_port()
    point_at(f"http://127.0.0.1:{port}", tmp_path / "hub", monkeypatch)
    monkeypatch.setattr(fetch, "PAUSES", (0.01,))
    with pytest.raises(Unavailable) as told:
        get(bundle(file_of("model", BIG)))
    assert "Không kết nối được" in told.value.said.vi and f"127.0.0.1:{port}" in told.value.said.en
    assert leftovers() == []


@pytest.mark.parametrize(
    ("status", "headers", "word"),
    [
        (401, {}, "terms"),
        (401, {"X-Error-Code": "RepoNotFound"}, "terms"),
        (403, {"X-Error-Code": "GatedRepo"}, "terms"),
        (404, {"X-Error-Code": "RevisionNotFound"}, "Update"),
        (404, {"X-Error-Code": "RepoNotFound"}, "Update"),
        (400, {}, "400"),
    ],
)
def test_a_refusal_is_told_at_once(hub: Hub, status: int, headers: dict[str, str], word: str) -> None:
    hub.refuse = [(status, headers)] * 9
    with pytest.raises(Unavailable) as told:
        get(published(hub, model=BIG))
    assert word in told.value.said.en and len(hub.asked) == 1


def test_a_file_that_is_gone_is_named(hub: Hub) -> None:
    with pytest.raises(Unavailable) as told:
        get(bundle(file_of("lost.onnx", BIG)))
    assert "lost.onnx" in told.value.said.vi and REPOSITORY in told.value.said.en


@pytest.mark.parametrize("status", [429, 500, 503, 408])
def test_a_busy_hub_is_asked_again(hub: Hub, status: int) -> None:
    wanted = published(hub, model=BIG)
    hub.refuse = [(status, {}), (status, {"Retry-After": "0"})]
    get(wanted)
    assert arrived(wanted, "model") == BIG


def test_a_hub_that_stays_down_is_told(hub: Hub) -> None:
    hub.refuse = [(502, {})] * 99
    with pytest.raises(Unavailable) as told:
        get(published(hub, model=BIG))
    assert "502" in told.value.said.vi and len(hub.asked) == len(fetch.PAUSES) + 1


def test_a_long_wait_that_the_hub_asks_for_is_handed_on(hub: Hub) -> None:
    hub.refuse = [(429, {"RateLimit": '"api";r=0;t=240'})]
    with pytest.raises(TooMany) as told:
        get(published(hub, model=BIG))
    assert told.value.retry_seconds == 240 and "240" in told.value.said.vi and len(hub.asked) == 1


def test_a_sign_in_page_of_a_network_is_not_taken_for_a_hub(hub: Hub) -> None:
    hub.portal = True
    with pytest.raises(Unavailable) as told:
        get(published(hub, model=BIG))
    assert "Wi-Fi" in told.value.said.vi and "HF_ENDPOINT" in told.value.said.en and leftovers() == []


def test_a_repository_with_a_new_name_is_followed(hub: Hub) -> None:
    hub.publish("nobody/renamed", REVISION, "model", BIG)
    hub.moved[REPOSITORY] = "nobody/renamed"
    wanted = bundle(file_of("model", BIG))
    get(wanted)
    assert arrived(wanted, "model") == BIG


def test_a_mirror_that_hands_on_to_the_hub_gets_the_token_alone(hub: Hub, monkeypatch: pytest.MonkeyPatch) -> None:
    wanted = published(hub, model=BIG)
    mirror = Hub().start()
    mirror.moved[REPOSITORY] = REPOSITORY
    mirror.elsewhere = hub.url
    monkeypatch.setenv("HF_TOKEN", "hf_secret")
    monkeypatch.setattr(
        constants, "HUGGINGFACE_CO_URL_TEMPLATE", mirror.url + "/{repo_id}/resolve/{revision}/{filename}"
    )
    get(wanted)
    mirror.stop()
    assert arrived(wanted, "model") == BIG
    assert all(asked.token for asked in mirror.asked) and not any(asked.token for asked in hub.asked)


def test_a_stop_is_heeded_even_while_the_network_stalls(hub: Hub, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(constants, "HF_HUB_DOWNLOAD_TIMEOUT", 600)  # only the stop can end it
    wanted = published(hub, model=BIG)
    hub.stall_after = 1_000_000
    with pytest.raises(DownloadStopped) as told:
        get(wanted, lambda: time.monotonic() - hub.stalled > 0.5)
    assert "giữ lại" in told.value.said.vi and weights.missing_bytes(wanted) > 0
    hub.stall_after = -1
    hub.go.set()
    get(wanted)
    assert hub.gets[-1].start > 0 and arrived(wanted, "model") == BIG


def test_a_stop_before_it_begins_asks_nothing(hub: Hub) -> None:
    with pytest.raises(DownloadStopped):
        get(published(hub, model=BIG), lambda: True)
    assert hub.asked == []


def test_offline_mode_is_told_and_needs_nothing_that_is_there(hub: Hub, monkeypatch: pytest.MonkeyPatch) -> None:
    wanted = published(hub, model=BIG)
    monkeypatch.setattr(constants, "HF_HUB_OFFLINE", True)
    with pytest.raises(Unavailable) as told:
        get(wanted)
    assert "HF_HUB_OFFLINE" in told.value.said.vi and hub.asked == []
    monkeypatch.setattr(constants, "HF_HUB_OFFLINE", False)
    get(wanted)
    monkeypatch.setattr(constants, "HF_HUB_OFFLINE", True)
    assert get(wanted)[-1].done == len(BIG)


def test_a_folder_that_cannot_be_written_is_told(hub: Hub, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "file").write_text("")
    monkeypatch.setattr(constants, "HF_HUB_CACHE", str(tmp_path / "file" / "hub"))
    with pytest.raises(Unavailable) as told:
        get(published(hub, model=BIG))
    assert "HF_HOME" in told.value.said.vi and str(tmp_path / "file" / "hub") in told.value.said.en


def test_the_token_stays_with_the_hub_and_nothing_else_is_told(hub: Hub, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HF_TOKEN", "hf_secret")
    get(published(hub, model=BIG, config=SMALL))
    assert {asked.token for asked in hub.gets} == {False}
    assert {asked.token for asked in hub.asked if not asked.path.startswith("/cdn/")} == {True}
    assert {asked.agent for asked in hub.asked} == {"vnclone"}
    assert all(REPOSITORY in asked.path for asked in hub.asked), "nothing but the files is asked for"


def test_two_downloads_at_once_do_no_harm(hub: Hub) -> None:
    wanted = published(hub, model=BIG, second=SECOND, config=SMALL)
    seen: list[list[Progress]] = []
    threads = [threading.Thread(target=lambda: seen.append(get(wanted))) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert len(seen) == 3 and all(progress[-1].done == weights.total_bytes(wanted) for progress in seen)
    assert arrived(wanted, "model") == BIG and leftovers() == []
    assert hub.sent == len(BIG) + len(SECOND), "each is fetched once"


def test_two_processes_at_once_do_no_harm(hub: Hub, tmp_path: Path) -> None:
    wanted = published(hub, model=BIG, second=SECOND)
    command, env = [sys.executable, "-c", driver(wanted)], environment(hub, tmp_path)
    children = [subprocess.Popen(command, env=env, cwd=ROOT) for _ in range(2)]
    assert [child.wait(60) for child in children] == [0, 0]
    assert arrived(wanted, "model") == BIG and weights.missing_bytes(wanted) == 0 and leftovers() == []
    assert hub.sent == len(BIG) + len(SECOND)


def test_a_second_download_waits_and_can_be_stopped(hub: Hub) -> None:
    wanted = published(hub, model=BIG)
    hub.stall_after = 1_000_000
    first = threading.Thread(target=lambda: get(wanted))
    first.start()
    wait_until(lambda: partial(wanted).exists() and partial(wanted).stat().st_size >= 900_000)
    seen: list[Progress] = []
    with pytest.raises(DownloadStopped):
        weights.download(wanted, seen.append, lambda: bool(seen) and seen[-1].done >= 900_000)
    assert len(hub.gets) == 1, "it sees how far the other one is"
    hub.go.set()
    first.join(30)
    assert arrived(wanted, "model") == BIG
