"""HTTP: accounts, problems in the caller's language, cookies against other sites' pages, sound with Range and live."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Iterator

import pytest
import soundfile
from fastapi import FastAPI
from starlette.testclient import TestClient

from tests.conftest import PASSWORD, new_email
from tests.test_generations import LONG, SHORT, finished
from vnclone.models import User, Voice
from vnclone.services.asking import Request
from vnclone.web.identity import may_fetch
from vnclone.web.routes import routes
from vnclone.wire import Services

VI, EN = {"accept-language": "vi-VN,vi;q=0.9"}, {"accept-language": "en-GB"}


@pytest.fixture(scope="module")
def http(services: Services) -> Iterator[TestClient]:
    with TestClient(FastAPI(routes=routes(services), openapi_url=None), "http://testserver") as client:
        yield client


@pytest.fixture(autouse=True)
def no_cookies(http: TestClient) -> None:
    http.cookies.clear()


def bearer(services: Services, user: User) -> dict[str, str]:
    return {"authorization": f"Bearer {services.accounts.sign_in(user.email, PASSWORD, 'testclient')[1]}"}


def test_registering_signs_in_with_a_token_and_a_cookie_that_scripts_cannot_read(http: TestClient) -> None:
    email = new_email()
    answer = http.post("/api/auth/register", json={"email": email, "password": PASSWORD, "full_name": "Bà"})
    body = answer.json()
    assert answer.status_code == 201 and body["token_type"] == "bearer" and body["user"]["email"] == email
    assert "hashed_password" not in answer.text
    cookie = answer.headers["set-cookie"]
    assert "HttpOnly" in cookie and "SameSite=Lax" in cookie and "Secure" not in cookie
    assert http.get("/api/auth/me").json()["email"] == email  # by the cookie
    http.cookies.clear()
    assert http.get("/api/auth/me").status_code == 401
    token = {"authorization": f"Bearer {body['access_token']}"}
    assert http.get("/api/auth/me", headers=token).json()["full_name"] == "Bà"


def test_behind_https_the_cookie_works_in_a_frame(http: TestClient) -> None:
    body = {"email": new_email(), "password": PASSWORD}
    cookie = http.post("/api/auth/register", json=body, headers={"x-forwarded-proto": "https"}).headers["set-cookie"]
    assert "SameSite=None; Secure; Partitioned" in cookie


def test_signing_out_ends_the_token(http: TestClient, services: Services, user: User) -> None:
    token = bearer(services, user)
    assert http.get("/api/auth/me", headers=token).status_code == 200
    assert http.post("/api/auth/logout", headers=token).status_code == 204
    assert http.get("/api/auth/me", headers=token).status_code == 401


def test_a_cookie_sent_by_another_sites_page_is_ignored(http: TestClient, user: User) -> None:
    http.post("/api/auth/login", json={"email": user.email, "password": PASSWORD})
    assert http.get("/api/auth/me", headers={"origin": "http://testserver"}).status_code == 200
    for origin in ("http://evil.example", "null", "http://testserver.evil.example"):
        assert http.get("/api/auth/me", headers={"origin": origin}).status_code == 401
    login = {"email": user.email, "password": PASSWORD}
    assert http.post("/api/auth/login", json=login, headers={"origin": "http://evil.example"}).status_code == 401


def test_problems_are_told_in_the_callers_language(http: TestClient, user: User) -> None:
    wrong = {"email": user.email, "password": "sai mật khẩu"}
    vi = http.post("/api/auth/login", json=wrong, headers=VI)
    en = http.post("/api/auth/login", json=wrong, headers=EN)
    assert vi.status_code == en.status_code == 401
    assert vi.headers["content-type"] == "application/problem+json"
    assert "mật khẩu" in vi.json()["detail"] and "password" in en.json()["detail"]
    missing = http.post("/api/auth/login", json={"email": "a@b.vn"})
    assert missing.status_code == 422 and "password" in missing.json()["detail"]
    assert http.post("/api/auth/register", json={"email": "x", "password": PASSWORD}).status_code == 422


def test_too_many_wrong_passwords_are_answered_429_with_a_time(http: TestClient, user: User) -> None:
    wrong = {"email": user.email, "password": "sai mật khẩu"}
    codes = [http.post("/api/auth/login", json=wrong).status_code for _ in range(6)]
    assert codes == [401] * 5 + [429]
    assert int(http.post("/api/auth/login", json=wrong).headers["retry-after"]) >= 1


def test_a_body_without_end_is_refused(http: TestClient) -> None:
    def endless() -> Iterator[bytes]:
        yield b'{"email": "'
        for _ in range(40):
            yield b"x" * 65536

    assert http.post("/api/auth/login", content=endless()).status_code == 413


def test_gradio_clients_form_signs_in(http: TestClient, user: User) -> None:
    answer = http.post("/login", data={"username": user.email, "password": PASSWORD})
    assert answer.status_code == 200 and "sid=" in answer.headers["set-cookie"]
    assert http.post("/login", data={"username": user.email, "password": "sai sai sai"}).status_code == 401


def test_health_needs_nobody(http: TestClient) -> None:
    assert http.get("/health").json() == {"status": "healthy"}


def test_the_footer_can_link_the_running_source_without_anybodys_data(http: TestClient) -> None:
    names = zipfile.ZipFile(io.BytesIO(http.get("/source.zip").content)).namelist()
    assert {"vnclone-source/app.py", "vnclone-source/LICENSE", "vnclone-source/vnclone/wire.py"} <= set(names)
    assert not [name for name in names if "/data/" in name or ".env" in name or ".git/" in name or ".pyc" in name]


def test_finished_sound_is_served_in_ranges_to_its_owner_only(
    http: TestClient, services: Services, speaker: User, voice: Voice, user: User
) -> None:
    generation = finished(services, services.generations.create(speaker.id, Request(voice.id, SHORT)))
    path = f"/api/generation/{generation.id}/audio"
    assert http.get(path).status_code == 401
    assert http.get(path, headers=bearer(services, user)).status_code == 404
    owner = bearer(services, speaker)
    whole = http.get(path, headers=owner)
    assert whole.status_code == 200 and whole.headers["content-type"] == "audio/mpeg"
    part = http.get(path, headers=owner | {"range": "bytes=100-199"})
    assert part.status_code == 206 and part.content == whole.content[100:200]
    wav = http.get(path, params={"format": "wav", "download": "1"}, headers=owner)
    assert wav.content[:4] == b"RIFF" and "attachment" in wav.headers["content-disposition"]
    assert http.get(path, params={"format": "../x"}, headers=owner).status_code == 422


def test_a_caller_that_has_the_sound_already_is_told_so(
    http: TestClient, services: Services, speaker: User, voice: Voice
) -> None:
    generation = finished(services, services.generations.create(speaker.id, Request(voice.id, SHORT)))
    link = services.links.audio(speaker.id, generation.id)
    head = http.head(link)
    assert head.status_code == 200 and head.content == b"" and int(head.headers["content-length"]) > 1000
    assert http.get(link, headers={"if-none-match": head.headers["etag"]}).status_code == 304


def test_another_sites_page_cannot_sign_somebody_out(http: TestClient, user: User) -> None:
    http.post("/api/auth/login", json={"email": user.email, "password": PASSWORD})
    assert http.post("/api/auth/logout", headers={"origin": "http://evil.example"}).status_code == 401
    assert http.get("/api/auth/me").status_code == 200


@pytest.mark.parametrize("field", ["email", "password", "full_name"])
def test_half_a_character_is_refused_not_a_failure(http: TestClient, field: str) -> None:
    body = '{"email": "a@b.vn", "password": "12345678", "full_name": "A", "%s": "x\\ud800"}' % field  # noqa: UP031
    answer = http.post("/api/auth/register", content=body, headers={"content-type": "application/json"})
    assert answer.status_code == 422


def test_a_signed_link_plays_without_a_header_and_only_unchanged(
    http: TestClient, services: Services, speaker: User, voice: Voice
) -> None:
    generation = finished(services, services.generations.create(speaker.id, Request(voice.id, SHORT)))
    other = finished(services, services.generations.create(speaker.id, Request(voice.id, "Câu khác.")))
    link = services.links.audio(speaker.id, generation.id)
    assert http.get(link).status_code == 200
    assert http.get(link.replace(generation.id, other.id)).status_code == 401
    assert http.get(link[:-1] + ("0" if link[-1] != "0" else "1")).status_code == 401
    assert http.get(link.replace(f"user={speaker.id}", "user=somebody")).status_code == 401


def test_sound_can_be_heard_while_it_is_made(http: TestClient, services: Services, speaker: User, voice: Voice) -> None:
    generation = services.generations.create(speaker.id, Request(voice.id, LONG.replace("câu", "đoạn"), format="wav"))
    with http.stream("GET", services.links.audio(speaker.id, generation.id)) as answer:
        assert answer.headers["content-type"] == "audio/mpeg" and "content-length" not in answer.headers
        heard = b"".join(answer.iter_bytes())
    state = finished(services, generation)
    live, rate = soundfile.read(io.BytesIO(heard))
    assert state.status == "completed" and abs(len(live) / rate - state.duration) < 2.5


def test_a_reference_is_heard_by_its_owner_only(
    http: TestClient, services: Services, speaker: User, voice: Voice, user: User
) -> None:
    path = f"/api/voice-profiles/{voice.id}/reference"
    assert http.get(path).status_code == 401
    assert http.get(path, headers=bearer(services, user)).status_code == 404
    assert http.get(path, headers=bearer(services, speaker)).content[:4] == b"RIFF"


@pytest.mark.parametrize(
    ("path", "allowed"),
    [
        ("/c/" + "a" * 64 + "/x.wav", True),
        ("/c/uME/r/x.mp3", True),
        ("/c/uYOU/r/x.mp3", False),
        ("/c/uME/../uYOU/r/x.mp3", False),
        ("/c/./uYOU/x", False),
        ("/c//uYOU/x", False),
        ("/c/" + "a" * 63 + "/x", False),
        ("/c/" + "A" * 64 + "/x", False),
        ("/cc/" + "a" * 64 + "/x", False),
        ("/data/vnclone.db", False),
        ("/etc/passwd", False),
        ("../../etc/passwd", False),
        ("http://other.example/x", False),
        ("", False),
        ("/c", False),
    ],
)
def test_only_ones_own_files_leave_the_cache(path: str, allowed: bool) -> None:
    assert may_fetch(path, "ME", "/c") is allowed
