"""Pronunciations by every door: each answers with the caller's own, and never with anybody else's."""

from __future__ import annotations

from collections.abc import Iterator

import httpx
import pytest
from gradio_client import Client

from tests.conftest import App
from tests.test_api import token_for
from vnclone.services.lexicon_csv import LONGEST_SAY, LONGEST_WORD, MOST_ENTRIES

ENTRIES = [{"word": "NĐ-CP", "say": "nờ đê cê pê"}, {"word": "Sơn", "say": "sờn"}]


@pytest.fixture(scope="module")
def two(app: App) -> Iterator[tuple[httpx.Client, httpx.Client]]:
    """A person with entries, and another without."""
    clients = [
        httpx.Client(base_url=app.url, headers={"authorization": f"Bearer {token_for(app)}"}, timeout=60)
        for _ in range(2)
    ]
    assert clients[0].put("/api/lexicon", json=ENTRIES).status_code == 200
    yield clients[0], clients[1]
    for client in clients:
        client.close()


def token_of(client: httpx.Client) -> str:
    return str(client.headers["authorization"])


def test_what_is_put_is_what_is_got_and_nobody_else_sees_it(two: tuple[httpx.Client, httpx.Client]) -> None:
    mine, other = two
    answer = mine.get("/api/lexicon")
    assert answer.json() == ENTRIES and answer.headers["x-total-count"] == "2"
    assert "private" in answer.headers["cache-control"]
    assert mine.get("/api/lexicon", params={"limit": 1, "offset": 1}).json() == ENTRIES[1:]
    assert other.get("/api/lexicon").json() == []
    assert other.get("/api/lexicon?format=csv").text == "\ufeffword,say\r\n"
    assert other.put("/api/lexicon", json=[{"word": "NĐ-CP", "say": "khác"}]).json() == [
        {"word": "NĐ-CP", "say": "khác"}
    ]
    assert mine.get("/api/lexicon").json() == ENTRIES
    other.put("/api/lexicon", json=[])
    assert mine.get("/api/lexicon").json() == ENTRIES


def test_the_file_is_a_download_of_the_callers_own(two: tuple[httpx.Client, httpx.Client]) -> None:
    answer = two[0].get("/api/lexicon", params={"format": "csv"})
    assert answer.content.decode("utf-8-sig").splitlines() == ["word,say", "NĐ-CP,nờ đê cê pê", "Sơn,sờn"]
    assert answer.headers["content-disposition"].startswith("attachment")
    assert answer.headers["content-type"].startswith("text/csv")
    assert two[0].get("/api/lexicon", params={"format": "xml"}).status_code == 422


def test_a_guest_and_another_sites_page_get_nothing(app: App, two: tuple[httpx.Client, httpx.Client]) -> None:
    cookie = {"cookie": f"sid={token_of(two[0]).removeprefix('Bearer ')}"}
    elsewhere = cookie | {"origin": "http://evil.example"}
    assert httpx.get(f"{app.url}/api/lexicon", headers=cookie).json() == ENTRIES
    for headers in ({}, elsewhere):
        for query in ("", "?format=csv"):
            assert httpx.get(f"{app.url}/api/lexicon{query}", headers=headers).status_code == 401
        assert httpx.put(f"{app.url}/api/lexicon", headers=headers, json=[]).status_code == 401
    assert two[0].get("/api/lexicon").json() == ENTRIES


def test_a_bad_list_is_refused_whole(two: tuple[httpx.Client, httpx.Client]) -> None:
    good = {"word": "a", "say": "b"}
    bad = ({"word": "a"}, {"word": "", "say": "b"}, {"word": "a", "say": "…"}, {"word": "x" * 101, "say": "b"}, 5)
    for entry in bad:
        answer = two[0].put("/api/lexicon", json=[good, entry])
        assert answer.status_code == 422 and answer.headers["content-type"] == "application/problem+json"
    assert two[0].put("/api/lexicon", content=b'[{"word":"\\ud800","say":"x"}]').status_code == 422
    assert two[0].put("/api/lexicon", json=[{"word": f"t{n}", "say": "b"} for n in range(5001)]).status_code == 413
    assert two[0].get("/api/lexicon").json() == ENTRIES


def test_the_largest_list_there_may_be_goes_through_and_a_body_without_end_does_not(app: App) -> None:
    owner = {"authorization": f"Bearer {token_for(app)}"}
    most = [{"word": f"{n:04}" + "x" * (LONGEST_WORD - 4), "say": "b" * LONGEST_SAY} for n in range(MOST_ENTRIES)]
    answer = httpx.put(f"{app.url}/api/lexicon", json=most, headers=owner, timeout=60)
    assert answer.status_code == 200 and len(answer.json()) == MOST_ENTRIES
    endless = (b"[" + b" " * 65536 for _ in range(80))
    assert httpx.put(f"{app.url}/api/lexicon", content=endless, headers=owner, timeout=60).status_code == 413


def test_a_preview_says_what_its_caller_says(app: App, two: tuple[httpx.Client, httpx.Client]) -> None:
    mine, other = (
        Client(app.url, headers={"Authorization": token_of(client)}, verbose=False).predict(
            "Theo NĐ-CP.\nÔng Sơn.", api_name="/preview"
        )
        for client in two
    )
    assert mine == "theo nờ đê cê pê.\nông sờn."
    assert "nờ đê cê pê" not in other and other.endswith("ông sơn.")
