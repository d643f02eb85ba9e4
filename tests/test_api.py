"""gradio_client: the whole job as one user, and a second who reaches nothing of the first's."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
import soundfile
from gradio_client import Client, handle_file
from gradio_client.exceptions import AppError

from tests.conftest import DEMO_VOICE, PASSWORD, App, new_email
from vnclone.ui.endpoints import NAMES

TEXT = "Xin chào các bạn. Hôm nay trời đẹp."
STATE_KEYS = {"id", "status", "progress", "message", "chunks_done", "chunks_total", "duration_seconds", "eta_seconds"}
STATE_KEYS |= {"engine", "audio_url", "error"}


def token_for(app: App) -> str:
    body = {"email": new_email(), "password": PASSWORD, "full_name": "Người Thử"}
    return str(httpx.post(f"{app.url}/api/auth/register", json=body).json()["access_token"])


def client_for(app: App, folder: Path, token: str) -> Client:
    headers = {"Authorization": f"Bearer {token}"}
    return Client(app.url, headers=headers, verbose=False, download_files=str(folder))


@pytest.fixture(scope="module")
def token(app: App) -> str:
    return token_for(app)


@pytest.fixture(scope="module")
def client(app: App, token: str, tmp_path_factory: pytest.TempPathFactory) -> Client:
    return client_for(app, tmp_path_factory.mktemp("first"), token)


@pytest.fixture(scope="module")
def stranger(app: App, tmp_path_factory: pytest.TempPathFactory) -> Client:
    return client_for(app, tmp_path_factory.mktemp("second"), token_for(app))


@pytest.fixture(scope="module")
def made(client: Client, tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """A voice, a document and a finished generation of the first user: their ids."""
    voice = client.predict(handle_file(DEMO_VOICE), "Đoan", True, api_name="/create_voice")
    path = tmp_path_factory.mktemp("doc") / "truyện ngắn.txt"
    path.write_text("Chương 1\n\nMột hai ba.\n\nChương 2\n\nBốn năm sáu.\n", encoding="utf-8")
    document = client.predict(handle_file(path), api_name="/add_document")
    generation = client.predict(voice["id"], "", document["id"], "auto", "auto", 1.0, "mp3", api_name="/generate")
    states = list(client.submit(generation, api_name="/follow"))
    assert states[-1]["status"] == "completed", states[-1]
    return {"voice": voice["id"], "document": document["id"], "generation": generation}


def test_exactly_the_contracts_endpoints_are_exposed(client: Client) -> None:
    named = client.view_api(return_format="dict", print_info=False)["named_endpoints"]
    assert set(named) == {f"/{name}" for name in NAMES}


def test_parameters_come_in_the_contracts_order(client: Client) -> None:
    named = client.view_api(return_format="dict", print_info=False)["named_endpoints"]
    order = {name: [p["parameter_name"] for p in named[f"/{name}"]["parameters"]] for name in NAMES}
    assert order["create_voice"] == ["audio", "name", "consent", "transcript"]
    assert order["generate"] == ["voice_id", "text", "document_id", "language", "engine", "speed", "format"]
    assert order["update_document"] == ["document_id", "paragraphs"]
    assert order["history"] == ["limit", "offset"]
    assert order["delete_voice"] == ["voice_id", "recordings"]
    assert order["rename_voice"] == ["voice_id", "name"]
    assert order["subtitles"] == ["generation_id", "format"]
    assert order["preview"] == ["text", "language"]


def test_the_whole_job(client: Client, made: dict[str, str], app: App) -> None:
    assert client.predict(api_name="/me")["full_name"] == "Người Thử"
    voice = client.predict(made["voice"], api_name="/voice")
    assert voice["status"] == "ready" and 60 <= voice["quality_score"] <= 100
    document = client.predict(made["document"], api_name="/document")
    assert document["filename"] == "truyện ngắn.txt" and len(document["chapters"]) == 2
    assert "Bốn năm sáu." in document["text_content"]
    state = client.predict(made["generation"], api_name="/generation")
    assert set(state) == STATE_KEYS and state["progress"] == 100 and state["error"] is None
    file = client.predict(made["generation"], api_name="/audio")
    assert soundfile.info(file).duration == pytest.approx(state["duration_seconds"], abs=0.3)
    assert httpx.get(app.url + state["audio_url"]).content == Path(file).read_bytes()
    assert [g["id"] for g in client.predict(api_name="/history")] == [made["generation"]]


def test_subtitles_are_a_file_and_a_preview_tells_what_will_be_said(client: Client, made: dict[str, str]) -> None:
    srt = Path(client.predict(made["generation"], api_name="/subtitles"))
    assert srt.suffix == ".srt" and "-->" in srt.read_text() and "Bốn năm sáu." in srt.read_text()
    vtt = Path(client.predict(made["generation"], "vtt", api_name="/subtitles"))
    assert vtt.read_text().startswith("WEBVTT")
    with pytest.raises(AppError, match="srt, vtt"):
        client.predict(made["generation"], "ass", api_name="/subtitles")
    assert client.predict("Ngày 2/9/1945", api_name="/preview").startswith("ngày hai tháng chín")
    assert client.predict("Page 5", "en", api_name="/preview")


def test_what_was_cancelled_is_resumed_and_a_voice_renamed(client: Client, made: dict[str, str]) -> None:
    text = " ".join(f"Câu số {number} của một bài khá dài." for number in range(30))
    generation = client.predict(made["voice"], text, api_name="/generate")
    assert client.predict(generation, api_name="/cancel")["status"] == "cancelled"
    assert client.predict(generation, api_name="/resume")["status"] in ("pending", "processing")
    assert list(client.submit(generation, api_name="/follow"))[-1]["status"] == "completed"
    assert client.predict(generation, api_name="/resume")["status"] == "completed"
    assert client.predict(made["voice"], "Đoan mới", api_name="/rename_voice")["name"] == "Đoan mới"
    client.predict(generation, api_name="/delete_generation")


def test_following_yields_rising_states_in_the_callers_language(app: App, made: dict[str, str], token: str) -> None:
    headers = {"Authorization": f"Bearer {token}", "Accept-Language": "en"}
    english = Client(app.url, headers=headers, verbose=False)
    generation = english.predict(made["voice"], TEXT, api_name="/generate")
    states = list(english.submit(generation, api_name="/follow"))
    assert [s["progress"] for s in states] == sorted(s["progress"] for s in states)
    assert states[-1]["message"] == "The audio has been generated!"


def test_a_document_can_be_edited_before_it_is_read(client: Client, made: dict[str, str]) -> None:
    changes = [{"chapter": 0, "included": False}, {"chapter": 1, "paragraph": 0, "text": "Đoạn mới."}]
    changed = client.predict(made["document"], changes, api_name="/update_document")
    assert changed["chapters"][0]["included"] is False
    assert "Đoạn mới." in changed["text_content"]


def test_a_stranger_gets_the_same_answer_for_mine_as_for_nothing(
    stranger: Client, made: dict[str, str], client: Client
) -> None:
    calls: list[tuple[str, str, list[Any]]] = [
        ("/voice", "voice", []),
        ("/delete_voice", "voice", []),
        ("/document", "document", []),
        ("/update_document", "document", [[]]),
        ("/delete_document", "document", []),
        ("/generation", "generation", []),
        ("/follow", "generation", []),
        ("/cancel", "generation", []),
        ("/resume", "generation", []),
        ("/subtitles", "generation", []),
        ("/rename_voice", "voice", ["Của người khác"]),
        ("/delete_generation", "generation", []),
        ("/audio", "generation", []),
        ("/generate", "voice", [TEXT]),
    ]
    for name, noun, more in calls:
        answers = []
        for asked in (made[noun], "0" * 32):
            with pytest.raises(AppError) as told:
                stranger.predict(asked, *more, api_name=name)
            answers.append(str(told.value))
        assert answers[0] == answers[1] and "Không tìm thấy" in answers[0], name
    assert stranger.predict(api_name="/voices") == stranger.predict(api_name="/documents") == []
    assert stranger.predict(api_name="/history") == []
    assert client.predict(made["voice"], api_name="/voice")["id"] == made["voice"]


def test_a_strangers_voice_cannot_read_my_document(stranger: Client, made: dict[str, str]) -> None:
    own = stranger.predict(handle_file(DEMO_VOICE), "Của tôi", True, api_name="/create_voice")
    with pytest.raises(AppError, match="Không tìm thấy"):
        stranger.predict(own["id"], "", made["document"], api_name="/generate")


def test_a_guest_can_call_nothing(app: App, made: dict[str, str]) -> None:
    guest = Client(app.url, verbose=False)
    arguments = {"voice": ["x"], "document": ["x"], "generation": ["x"], "generate": ["x", TEXT], "follow": ["x"]}
    arguments |= {name: ["x"] for name in ("delete_voice", "delete_document", "cancel", "delete_generation", "audio")}
    arguments |= {"update_document": ["x", []], "rename_voice": ["x", "y"]}
    arguments |= {name: ["x"] for name in ("resume", "subtitles", "preview")}
    for name in set(NAMES) - {"create_voice", "add_document"}:
        with pytest.raises(AppError, match="đăng nhập"):
            guest.predict(*arguments.get(name, []), api_name=f"/{name}")
    upload = {"files": ("a.wav", DEMO_VOICE.read_bytes())}
    assert httpx.post(f"{app.url}/gradio_api/upload", files=upload).status_code == 401


def test_signing_in_with_email_and_password_works_too(app: App) -> None:
    email = new_email()
    httpx.post(f"{app.url}/api/auth/register", json={"email": email, "password": PASSWORD})
    assert Client(app.url, auth=(email, PASSWORD), verbose=False).predict(api_name="/me")["email"] == email


def call(app: App, token: str, name: str, data: list[Any]) -> str:
    """A raw call, as somebody would make it who does not use gradio_client: the event stream as text."""
    headers = {"Authorization": f"Bearer {token}", "Content-Type": "application/json"}
    body = json.dumps({"data": data})  # as ASCII, so that half a surrogate pair can be sent as well
    event = httpx.post(f"{app.url}/gradio_api/call/{name}", content=body, headers=headers).json()["event_id"]
    return httpx.get(f"{app.url}/gradio_api/call/{name}/{event}", headers=headers, timeout=60).text


@pytest.fixture(scope="module")
def secrets(app: App, made: dict[str, str]) -> Iterator[list[Path]]:
    yield [app.services.files.database, app.services.files.root / "secret.key", Path("/etc/passwd"), DEMO_VOICE]


def test_no_file_of_the_server_can_be_named_as_an_upload(app: App, token: str, secrets: list[Path]) -> None:
    for path in [*secrets, *app.services.files.root.glob("users/*/voices/*/reference.wav")]:
        for name in (str(path), f"{app.services.files.root}/gradio/{'a' * 64}/../../{path.name}"):
            file = {"path": name, "meta": {"_type": "gradio.FileData"}}
            for endpoint, data in (("create_voice", [file, "x", True, ""]), ("add_document", [file, "x"])):
                answer = call(app, token, endpoint, data)
                assert "event: error" in answer and "event: complete" not in answer
        assert path.exists()


def test_no_file_of_the_server_can_be_fetched(app: App, token: str, secrets: list[Path]) -> None:
    headers = {"Authorization": f"Bearer {token}"}
    root = app.services.files.root
    tricks = [str(path) for path in secrets] + [f"{root}/gradio/{'a' * 64}/../../vnclone.db", "app.py", "../app.py"]
    tricks += [f"{root}/gradio/u{'0' * 32}/x/y.mp3", "http://127.0.0.1:1/x", "%2e%2e/%2e%2e/etc/passwd"]
    for trick in tricks:
        for prefix in ("/gradio_api/file=", "/gradio_api/file/", "/gradio_api//file=", "/file="):
            answer = httpx.get(app.url + prefix + trick, headers=headers)
            assert answer.status_code in (400, 401, 403, 404), (prefix, trick, answer.status_code)


def test_my_handed_out_file_is_not_a_strangers(app: App, client: Client, made: dict[str, str], token: str) -> None:
    answer = call(app, token, "audio", [made["generation"]])
    data = json.loads(answer.split("data: ")[1])
    url = f"{app.url}/gradio_api/file={data[0]['path']}"
    assert httpx.get(url, headers={"Authorization": f"Bearer {token}"}).status_code == 200
    assert httpx.get(url, headers={"Authorization": f"Bearer {token_for(app)}"}).status_code == 401
    assert httpx.get(url).status_code == 401


def test_uploads_do_not_stay_in_the_shared_cache(app: App, made: dict[str, str]) -> None:
    cache = app.services.files.root / "gradio"
    deadline = time.monotonic() + 20
    while shared(cache) and time.monotonic() < deadline:
        time.sleep(0.1)
    assert shared(cache) == []


def shared(cache: Path) -> list[Path]:
    """Files in Gradio's cache that are in no user's own corner."""
    folders = [folder for folder in cache.iterdir() if not folder.name.startswith("u")]
    return [path for folder in folders for path in folder.rglob("*") if path.is_file()]


def test_two_people_may_upload_the_same_file_at_once(client: Client, stranger: Client) -> None:
    jobs = [
        who.submit(handle_file(DEMO_VOICE), "Cùng lúc", True, api_name="/create_voice") for who in (client, stranger)
    ]
    made = [job.result(timeout=120) for job in jobs]
    assert [voice["status"] for voice in made] == ["ready", "ready"]
    for who, voice in zip((client, stranger), made, strict=True):
        who.predict(voice["id"], api_name="/delete_voice")


WRONG: list[tuple[str, list[Any]]] = [
    ("generate", ["VOICE", TEXT, None]),
    ("generate", ["VOICE", None]),
    ("generate", ["VOICE", 5]),
    ("generate", ["VOICE", TEXT, "", "auto", "auto", "fast"]),
    ("generate", ["VOICE", TEXT, "", "auto", "auto", True]),
    ("generate", ["VOICE", "nửa \ud800 chữ"]),
    ("generate", [["VOICE"], TEXT]),
    ("delete_voice", ["VOICE", "false"]),
    ("history", ["5"]),
    ("history", [None]),
    ("update_document", ["DOCUMENT", {}]),
    ("update_document", ["DOCUMENT", [{"chapter": 0, "paragraph": 0, "text": None}]]),
    ("update_document", ["DOCUMENT", [{"chapter": 0, "included": "false"}]]),
    ("update_document", ["DOCUMENT", [{"chapter": 0.9, "paragraph": 0, "text": "x"}]]),
    ("update_document", ["DOCUMENT", [{"chapter": True, "paragraph": 0, "text": "x"}]]),
    ("voice", [10**30]),
    ("generation", [{"a": 1}]),
]


@pytest.mark.parametrize(("name", "data"), WRONG)
def test_a_wrong_type_is_a_sentence_and_changes_nothing(
    app: App, client: Client, token: str, made: dict[str, str], name: str, data: list[Any], caplog: Any
) -> None:
    named = {"VOICE": made["voice"], "DOCUMENT": made["document"]}
    before = [client.predict(api_name="/history"), client.predict(made["document"], api_name="/document")]
    defaults = {"generate": ["", "", "", "auto", "auto", 1.0, "mp3"], "history": [50, 0], "delete_voice": ["", False]}
    given = [named.get(value, value) if isinstance(value, str) else value for value in data]
    answer = call(app, token, name, given + defaults.get(name, [])[len(given) :])
    assert "event: error" in answer and "AppError" not in answer
    assert "ngoài dự kiến" not in json.loads(answer.split("data: ")[1])["error"]
    assert [client.predict(api_name="/history"), client.predict(made["document"], api_name="/document")] == before
    assert not caplog.records


def test_a_call_without_all_its_parameters_is_told_so_and_nothing_of_it_is_printed(
    app: App, token: str, capfd: pytest.CaptureFixture[str]
) -> None:
    answer = call(app, token, "generate", ["x", "VĂN BẢN BÍ MẬT"])
    assert "parameter is missing" in answer
    assert "BÍ MẬT" not in "".join(capfd.readouterr())


def test_odd_pages_of_history_are_empty_or_cut_not_errors(client: Client, made: dict[str, str]) -> None:
    assert client.predict(-5, -5, api_name="/history") == []
    assert client.predict(5, 10**20, api_name="/history") == []
    assert made["generation"] in [g["id"] for g in client.predict(10**20, 0, api_name="/history")]


def test_a_guest_cannot_fill_the_memory(app: App) -> None:
    answer = httpx.post(f"{app.url}/gradio_api/queue/join", content=b" " * (17 << 20))
    assert answer.status_code == 413


def test_bad_input_is_a_sentence(client: Client, made: dict[str, str], tmp_path: Path) -> None:
    empty = tmp_path / "a.wav"
    empty.write_bytes(b"RIFF")
    with pytest.raises(AppError) as told:
        client.predict(handle_file(empty), "x", True, api_name="/create_voice")
    assert "Traceback" not in str(told.value) and len(str(told.value)) > 20
    with pytest.raises(AppError, match="được phép"):
        client.predict(handle_file(DEMO_VOICE), "x", False, api_name="/create_voice")
    with pytest.raises(AppError, match="parametric"):
        client.predict(made["voice"], TEXT, "", "auto", "zzz", api_name="/generate")


def test_deleting_a_voice_with_its_recordings_leaves_nothing(app: App, tmp_path: Path) -> None:
    client = client_for(app, tmp_path, token_for(app))
    voice = client.predict(handle_file(DEMO_VOICE), "Tạm", True, api_name="/create_voice")
    generation = client.predict(voice["id"], TEXT, api_name="/generate")
    list(client.submit(generation, api_name="/follow"))
    owner = client.predict(api_name="/me")["id"]
    client.predict(generation, api_name="/audio")  # a copy that Gradio serves
    client.predict(voice["id"], True, api_name="/delete_voice")
    assert client.predict(api_name="/voices") == client.predict(api_name="/history") == []
    folder = app.services.files.root / "users" / owner
    copies = app.services.files.cache / f"u{owner}"
    assert not [path for place in (folder, copies) for path in place.rglob("*") if path.is_file()]
