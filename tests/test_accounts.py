"""Accounts: registering, signing in, being slowed down, and what a restart keeps."""

from __future__ import annotations

import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from tests.conftest import PASSWORD, new_email
from vnclone.errors import BadInput, Conflict, NotSignedIn, TooMany
from vnclone.services.accounts import FREE_FAILURES, Accounts, hash_token
from vnclone.services.links import Links, secret_in
from vnclone.settings import Settings
from vnclone.store.accounts import AccountRows
from vnclone.store.database import Database


def accounts_in(folder: Path, **settings: object) -> Accounts:
    return Accounts(AccountRows(Database(folder / "x.db")), Settings(data=folder, **settings))  # type: ignore[arg-type]


def test_a_registered_person_signs_in_with_any_case_of_their_email(tmp_path: Path) -> None:
    accounts = accounts_in(tmp_path)
    user, token = accounts.register("  Ba.Noi@Example.com ", PASSWORD, "Bà  Nội")
    assert (user.email, user.full_name) == ("ba.noi@example.com", "Bà Nội")
    assert accounts.identify(token) == user.id
    again, other = accounts.sign_in("BA.NOI@example.com", PASSWORD, "::1")
    assert again.id == user.id and other != token


def test_passwords_are_argon2id_and_tokens_are_stored_hashed(tmp_path: Path) -> None:
    accounts = accounts_in(tmp_path)
    _, token = accounts.register("a@b.vn", PASSWORD, "A")
    content = b"".join(path.read_bytes() for path in tmp_path.glob("x.db*"))
    assert b"$argon2id$" in content
    assert token.encode() not in content and PASSWORD.encode() not in content
    assert hash_token(token).encode() in content


def test_a_session_survives_a_restart_and_ends_when_signed_out(tmp_path: Path) -> None:
    user, token = accounts_in(tmp_path).register("a@b.vn", PASSWORD, "A")
    restarted = accounts_in(tmp_path)
    assert restarted.known(token) is None
    assert restarted.identify(token) == user.id
    assert restarted.known(token) == user.id
    restarted.sign_out(token)
    assert restarted.known(token) is None
    assert restarted.identify(token) is None


@pytest.mark.parametrize(
    "email", ["", "a", "a@b", "a b@c.vn", "@c.vn", "a@b.vn\nx@y.vn", "a" * 250 + "@b.vn", "a\u200bb@c.vn", "<b>@c.vn"]
)
def test_what_is_no_email_is_refused(tmp_path: Path, email: str) -> None:
    with pytest.raises(BadInput):
        accounts_in(tmp_path).register(email, PASSWORD, "A")


@pytest.mark.parametrize("password", ["", "1234567", "x" * 201])
def test_a_password_too_short_or_too_long_is_refused(tmp_path: Path, password: str) -> None:
    with pytest.raises(BadInput):
        accounts_in(tmp_path).register("a@b.vn", password, "A")


def test_an_email_registers_once(tmp_path: Path) -> None:
    accounts = accounts_in(tmp_path)
    accounts.register("a@b.vn", PASSWORD, "A")
    with pytest.raises(Conflict):
        accounts.register("A@B.vn", PASSWORD, "A")


def test_a_closed_server_registers_nobody(tmp_path: Path) -> None:
    with pytest.raises(BadInput):
        accounts_in(tmp_path, registration="closed").register("a@b.vn", PASSWORD, "A")


def test_an_unknown_email_and_a_wrong_password_are_told_the_same(tmp_path: Path) -> None:
    accounts = accounts_in(tmp_path)
    accounts.register("a@b.vn", PASSWORD, "A")
    with pytest.raises(NotSignedIn) as wrong:
        accounts.sign_in("a@b.vn", "sai mật khẩu", "::1")
    with pytest.raises(NotSignedIn) as unknown:
        accounts.sign_in("nobody@b.vn", "sai mật khẩu", "::1")
    assert wrong.value.said == unknown.value.said


def test_wrong_passwords_are_slowed_down_even_after_a_restart_and_even_for_the_right_one(tmp_path: Path) -> None:
    accounts = accounts_in(tmp_path)
    accounts.register("a@b.vn", PASSWORD, "A")
    for _ in range(FREE_FAILURES["email+address"][0]):
        with pytest.raises(NotSignedIn):
            accounts.sign_in("a@b.vn", "sai mật khẩu", "10.0.0.1")
    with pytest.raises(TooMany) as blocked:
        accounts_in(tmp_path).sign_in("a@b.vn", PASSWORD, "10.0.0.1")
    assert blocked.value.retry_seconds >= 1
    assert accounts.sign_in("a@b.vn", PASSWORD, "10.0.0.2")  # the owner, from elsewhere


def test_waiting_lets_the_right_password_in_and_forgives(tmp_path: Path) -> None:
    accounts = accounts_in(tmp_path)
    accounts.register("a@b.vn", PASSWORD, "A")
    for _ in range(FREE_FAILURES["email+address"][0]):
        with pytest.raises(NotSignedIn):
            accounts.sign_in("a@b.vn", "sai mật khẩu", "10.0.0.1")
    time.sleep(1.1)  # the first wait is 2 ** 0 seconds
    accounts.sign_in("a@b.vn", PASSWORD, "10.0.0.1")
    with pytest.raises(NotSignedIn):
        accounts.sign_in("a@b.vn", "sai mật khẩu", "10.0.0.1")


def test_signing_in_often_with_the_right_password_is_never_slowed(tmp_path: Path) -> None:
    accounts = accounts_in(tmp_path)
    accounts.register("a@b.vn", PASSWORD, "A")
    for _ in range(FREE_FAILURES["address"][0] + 5):
        accounts.sign_in("a@b.vn", PASSWORD, "10.0.0.1")


def test_somebody_new_each_time_has_a_token_of_their_own(tmp_path: Path) -> None:
    accounts = accounts_in(tmp_path)
    tokens = {accounts.register(new_email(), PASSWORD, "A")[1] for _ in range(5)}
    assert len(tokens) == 5 and all(len(token) >= 43 for token in tokens)


def test_many_sign_ins_at_once_all_get_their_answer(tmp_path: Path) -> None:
    accounts = accounts_in(tmp_path)
    emails = [accounts.register(new_email(), PASSWORD, "A")[0].email for _ in range(4)]
    with ThreadPoolExecutor(4) as threads:
        done = [threads.submit(accounts.sign_in, emails[n % 4], PASSWORD, f"10.0.0.{n}") for n in range(16)]
    assert all(future.result()[1] for future in done)


def test_a_signed_link_holds_only_for_what_it_was_made_for(tmp_path: Path) -> None:
    links = Links("secret")
    query = dict(part.split("=") for part in links.audio("u1", "g1").partition("?")[2].split("&"))
    given = (query["user"], query["expires"], query["signature"])
    assert links.check("g1", *given) == "u1"
    later = str(int(query["expires"]) + 1)
    for bad in [("g2", *given), ("g1", "u2", *given[1:]), ("g1", "u1", later, given[2]), ("g1", *given[:2], "é")]:
        with pytest.raises(NotSignedIn):
            links.check(*bad)
    with pytest.raises(NotSignedIn):
        Links("other").check("g1", *given)


def test_an_old_link_has_expired(monkeypatch: pytest.MonkeyPatch) -> None:
    links = Links("secret")
    query = dict(part.split("=") for part in links.audio("u1", "g1").partition("?")[2].split("&"))
    monkeypatch.setattr("vnclone.services.links.time.time", lambda: int(query["expires"]) + 1)
    with pytest.raises(NotSignedIn):
        links.check("g1", query["user"], query["expires"], query["signature"])


def test_the_secret_is_made_once_and_only_its_owner_can_read_it(tmp_path: Path) -> None:
    secret = secret_in(tmp_path)
    assert secret == secret_in(tmp_path) and len(secret) >= 32
    assert (tmp_path / "secret.key").stat().st_mode & 0o777 == 0o600


@pytest.mark.parametrize("left", ["", "short"])
def test_a_secret_cut_short_by_a_crash_is_made_anew(tmp_path: Path, left: str) -> None:
    (tmp_path / "secret.key").write_text(left)
    assert len(secret_in(tmp_path)) >= 32
    assert (tmp_path / "secret.key").stat().st_mode & 0o777 == 0o600
