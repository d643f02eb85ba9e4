"""A ZeroGPU Space: the services as they are wired there; then `spaces` itself against a loopback device API."""

from __future__ import annotations

import asyncio
import json
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.conftest import DEMO_VOICE, PASSWORD, ROOT, copy_of, free_port, new_email, new_user
from tests.zero_api import TEXTS, WHO, DeviceApi, OnCard, environment, placed, token, until
from vnclone.engines import zerogpu
from vnclone.engines.base import Batch
from vnclone.errors import NotFound
from vnclone.models import UNFINISHED, Enrollment, Generation, Params, Voice
from vnclone.pools import zerogpu as pools_zerogpu
from vnclone.services.asking import Request
from vnclone.services.notes import message
from vnclone.settings import Settings
from vnclone.wire import Services, wire


@pytest.fixture
def card(monkeypatch: pytest.MonkeyPatch) -> Iterator[type[OnCard]]:
    with placed(monkeypatch) as engine:
        yield engine


# The services, as on a Space


@pytest.fixture
def space(card: type[OnCard], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Services]:
    """Everything wired as on a ZeroGPU Space; the functions run in this process."""
    monkeypatch.setenv("SPACES_ZERO_GPU", "true")
    monkeypatch.setattr(pools_zerogpu, "GRACE_SECONDS", 0.8)
    made = wire(Settings(data=tmp_path / "data"))
    yield made
    made.close()


def speaker_of(services: Services) -> Voice:
    user = new_user(services)
    upload = copy_of(DEMO_VOICE, services.files.temporary())
    return services.voices.wait(user.id, services.voices.create(user.id, upload, "Đoan", True).id)


def waiting(services: Services, voice: Voice, text: str = "\n".join(TEXTS)) -> Generation:
    """A new generation that waits, visibly, for its owner."""
    asked = services.generations.create(voice.user_id, Request(voice.id, text, engine="on_card"))
    return until(lambda: is_waiting(services, asked))


def is_waiting(services: Services, generation: Generation) -> Generation | None:
    found = services.generations.get(generation.user_id, generation.id)
    return found if "mở trang này" in message(found).vi else None


def given_back(services: Services, generation: Generation) -> None:
    until(lambda: generation.id not in services.generations._held)


def test_a_generation_waits_for_its_owner_through_a_restart_and_ends_when_they_come(
    space: Services, card: type[OnCard]
) -> None:
    voice = speaker_of(space)
    generation = waiting(space, voice)
    given_back(space, generation)  # it holds no thread
    assert is_waiting(space, generation)
    stranger = new_user(space)
    with pytest.raises(NotFound):
        space.generations.following(stranger.id, generation.id)
    space.close()
    again = wire(space.settings)
    try:
        assert until(lambda: is_waiting(again, generation)).status == "processing"
        given_back(again, generation)
        assert is_waiting(again, generation) and card.spoken == []
        with again.generations.following(voice.user_id, generation.id):
            states = list(again.generations.follow(voice.user_id, generation.id))
        assert states[-1].status == "completed" and states[-1].note is None
        assert len(card.spoken) == len(TEXTS) and states[-1].duration > 3
    finally:
        again.close()


def test_what_was_read_before_the_owner_left_is_neither_read_again_nor_taken_off_the_progress(
    space: Services, card: type[OnCard], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pools_zerogpu, "BATCH", Batch(1, 1, "second"))  # a chunk a call
    voice = speaker_of(space)
    card.troubles.extend([(1, None), (1, None), (0, RuntimeError("Connection closed by visitor while queueing"))])
    generation = waiting(space, voice)
    with space.generations.following(voice.user_id, generation.id):
        until(lambda: not card.troubles)
    given_back(space, generation)
    left = until(lambda: is_waiting(space, generation))
    assert (left.chunks_done, left.chunks_total, left.eta_seconds) == (2, len(TEXTS), None)
    rows = space.generations._rows
    set_columns, shown = rows.update, [left.chunks_done]

    def update(item_id: str, only_from: tuple[str, ...] = (), **changes: Any) -> bool:
        shown.append(changes.get("chunks_done", shown[-1]))
        return set_columns(item_id, only_from, **changes)

    monkeypatch.setattr(rows, "update", update)
    with space.generations.following(voice.user_id, generation.id):
        *_, last = space.generations.follow(voice.user_id, generation.id)
    assert last.status == "completed" and shown == sorted(shown) and shown[-1] == len(TEXTS)
    assert len(card.spoken) == len(set(card.spoken)) == len(TEXTS)


@pytest.mark.parametrize("back", [False, True])
def test_a_waiting_generation_is_cancelled_and_deleted_at_once(
    space: Services, back: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pools_zerogpu, "GRACE_SECONDS", 0.8 if back else 60.0)
    voice = speaker_of(space)
    enrolled = space.generations.create(voice.user_id, Request(voice.id, "Bản đầu.", engine="on_card"))
    with space.generations.following(voice.user_id, enrolled.id):
        list(space.generations.follow(voice.user_id, enrolled.id))
    OnCard.spoken.clear()
    cancelled, deleted = waiting(space, voice), waiting(space, voice, "Xoá bản này.")
    if back:
        given_back(space, cancelled)
        given_back(space, deleted)
    folder = space.files.generation(voice.user_id, deleted.id)
    assert space.generations.cancel(voice.user_id, cancelled.id).status == "cancelled"
    space.generations.delete(voice.user_id, deleted.id)
    given_back(space, cancelled)
    until(lambda: not folder.exists())
    assert space.pool._card._calls == []  # type: ignore[attr-defined]
    with space.generations.following(voice.user_id, cancelled.id):
        time.sleep(0.3)
    assert space.generations.get(voice.user_id, cancelled.id).status == "cancelled" and OnCard.spoken == []


def test_generations_that_wait_keep_nobody_else_waiting(space: Services) -> None:
    voice = speaker_of(space)
    abandoned = [
        space.generations.create(voice.user_id, Request(voice.id, f"Câu {n}.", engine="on_card")) for n in range(12)
    ]
    local = space.generations.create(voice.user_id, Request(voice.id, "Xin chào.", engine="parametric"))
    *_, last = space.generations.follow(voice.user_id, local.id)  # without anybody's presence: it needs no card
    assert last.status == "completed"
    assert all(space.generations.get(voice.user_id, g.id).status in UNFINISHED for g in abandoned)


def test_the_page_that_follows_is_the_one_that_pays(space: Services, card: type[OnCard]) -> None:
    import gradio as gr

    from vnclone.ui.generate import GenerateTab
    from vnclone.ui.registry import Registry

    voice = speaker_of(space)
    generation = waiting(space, voice)
    with gr.Blocks():
        page = GenerateTab(space, Registry())

    async def shown() -> list[Any]:
        WHO.set("page")
        request = gr.Request(username=voice.user_id, session_hash="page")
        return [values async for values in page.follow(generation.id, request)]

    assert "Audio đã được tạo thành công!" in asyncio.run(shown())[-1][0]
    assert len(card.spoken) == len(TEXTS) and {who for who, _ in card.spoken} == {"page"}
    assert not space.pool.followed(generation.id)


# `spaces` itself, forking for real, against its device API on loopback


@pytest.fixture
def api() -> Iterator[DeviceApi]:
    made = DeviceApi()
    yield made
    made.close()


POOL_CHILD = """
import json, sys
from contextlib import contextmanager
from pathlib import Path
import gradio as gr
from gradio.context import LocalContext
from tests import zero_api
from tests.zero_api import TEXTS, until
zero_api.install()
from vnclone.errors import VncloneError
from vnclone.models import Params
from vnclone.pools.worker import EnrollTask, SpeakTask
from vnclone.pools.zerogpu import ZeroPool

folder, reference = map(Path, sys.argv[1:])

@contextmanager
def follows(who):
    LocalContext.request.set(gr.Request(headers={"x-ip-token": zero_api.token(who)}))
    with pool.following("one"):
        LocalContext.request.set(None)
        yield

pool = ZeroPool()
outs = tuple(str(folder / f"{n}.wav") for n in range(25))
task = SpeakTask("on_card", str(folder / "v.npz"), TEXTS * 5, outs, Params(), generation="one")
broken = SpeakTask("on_card", task.enrollment, ("x",), (str(folder / "x.wav"),), Params(speed=9.0), generation="one")
with follows("first"):
    pool.run(EnrollTask("on_card", str(reference), "", task.enrollment, "one"))
    future = pool.submit(task)
    said = [until(lambda: pool.obstacle(task)).vi]
    with follows("second"):
        pool.finish(task, future)
        try:
            pool.run(broken)
        except VncloneError as error:
            said += [type(error).__name__, error.said.vi, error.said.en]
print(json.dumps({"said": said, "times": [Path(out).stat().st_mtime_ns for out in outs]}))
"""


def test_spaces_itself_forks_and_hands_back_each_clip_and_survives_quota_and_a_killed_process(
    api: DeviceApi, tmp_path: Path
) -> None:
    api.answers.extend(["grant", "quota", "kill"])
    command = [sys.executable, "-c", POOL_CHILD, str(tmp_path), str(DEMO_VOICE)]
    env = environment(api.url, tmp_path) | {"PYTHONPATH": str(ROOT)}
    done = subprocess.run(command, env=env, cwd=ROOT, capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stderr
    told = json.loads(done.stdout.splitlines()[-1])
    assert "khoảng 15 phút" in told["said"][0] and told["said"][1] == "BadInput" and "Tốc độ đọc" in told["said"][2]
    first, second = token("first"), token("second")
    assert api.tokens[:3] == [first, first, second] and set(api.tokens[2:]) == {second} and len(api.tokens) >= 6
    asked = [int(query["durationSeconds"]) for query in api.scheduled]
    whole = zerogpu.seconds_needed("on_card", TEXTS * 5, Enrollment("", ""), Params())
    assert asked[:3] == [zerogpu.ENROLL_SECONDS, whole, whole] and asked[3] < whole  # cut: half of what is missing
    assert told["times"] == sorted(told["times"])  # each was made once, in order
    assert len(api.pids) == len(set(api.pids)) >= 4 and len(api.released) >= len(api.pids) - 1


APP_CHILD = """
from tests import zero_api
zero_api.install()
from vnclone.pools import zerogpu
zerogpu.GRACE_SECONDS = 1.0

if __name__ == "__main__":
    from vnclone.serve import serve
    serve()
"""


@contextmanager
def space_app(api: DeviceApi, folder: Path) -> Iterator[str]:
    """The whole app as a process that believes it is on ZeroGPU; its address."""
    port, script = free_port(), folder / "child.py"
    script.write_text(APP_CHILD)
    env = environment(api.url, folder) | {"PYTHONPATH": str(ROOT), "VNCLONE_PORT": str(port)}
    env |= {"VNCLONE_DATA": str(folder / "data"), "VNCLONE_HOST": "127.0.0.1"}
    with (folder / "log").open("w") as log:
        app = subprocess.Popen([sys.executable, str(script)], env=env, cwd=folder, stdout=log, stderr=log)
    url = f"http://127.0.0.1:{port}"
    try:
        until(lambda: answers(url) or app.poll() is not None, 60)
        assert app.poll() is None, (folder / "log").read_text()
        yield url
    finally:
        app.terminate()
        app.wait()


def answers(url: str) -> bool:
    try:
        return httpx.get(f"{url}/health").status_code == 200
    except httpx.TransportError:
        return False


def test_the_app_on_zero_gpu_reads_only_while_its_owner_follows_and_on_their_token(
    api: DeviceApi, tmp_path: Path
) -> None:
    from gradio_client import Client, handle_file

    with space_app(api, tmp_path) as url:
        body = {"email": new_email(), "password": PASSWORD}
        bearer = httpx.post(f"{url}/api/auth/register", json=body).json()["access_token"]
        headers = {"Authorization": f"Bearer {bearer}", "X-IP-Token": token("owner"), "Accept-Language": "vi"}
        client = Client(url, headers=headers, verbose=False)
        voice = client.predict(handle_file(str(copy_of(DEMO_VOICE, tmp_path))), "Đoan", True, api_name="/create_voice")
        reading = client.predict(voice["id"], "\n".join(TEXTS), engine="on_card", api_name="/generate")

        def says(words: str) -> bool:
            return words in client.predict(reading, api_name="/generation")["message"]

        @contextmanager
        def page() -> Iterator[None]:
            """Somebody's open page, that follows until it is closed."""
            call = httpx.post(f"{url}/gradio_api/call/follow", json={"data": [reading]}, headers=headers).json()
            with httpx.stream("GET", f"{url}/gradio_api/call/follow/{call['event_id']}", headers=headers) as stream:
                next(stream.iter_lines())
                yield

        until(lambda: says("mở trang này"))
        assert api.scheduled == []
        api.answers.append("queue")  # the card's queue lasts until it is granted
        with page():
            until(lambda: api.scheduled)
            until(lambda: not says("mở trang này"))
        until(lambda: says("mở trang này"))  # `spaces` noticed that the page is closed
        api.answers.append("quota")
        with page():
            until(lambda: says("khoảng 15 phút"))
        until(lambda: says("mở trang này"))  # and so did we, although nothing had changed meanwhile
        assert len(api.scheduled) == 2 and api.pids == []
        states = list(client.submit(reading, api_name="/follow"))
        assert states[-1]["status"] == "completed" and states[-1]["duration_seconds"] > 3
        assert len(api.pids) >= 2 and set(api.tokens) == {token("owner")}
        timers = [part["props"]["value"] for part in client.config["components"] if part["type"] == "timer"]
        assert timers and max(timers) < 170  # the page follows again before its token is too old
