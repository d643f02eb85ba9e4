"""Thousands of damaged files of every format through the one door: a kind refusal or a text, never anything else."""

from __future__ import annotations

import random
import signal
import time
import zipfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from types import FrameType

import docx
import factories
import pytest
import test_formats

from vnclone.documents.reader import read
from vnclone.errors import VncloneError

ROUNDS = 700  # of each format
SECONDS = 20  # for one small damaged file, on a busy machine
VARIETIES = 6


class TooSlow(BaseException):
    """No handler of ours may take it for a damaged file."""


@contextmanager
def limited(seconds: int) -> Iterator[None]:
    def stop(number: int, frame: FrameType | None) -> None:
        raise TooSlow

    before = signal.signal(signal.SIGALRM, stop)
    signal.alarm(seconds)
    try:
        yield
    finally:
        signal.alarm(0)
        signal.signal(signal.SIGALRM, before)


def full_docx(path: Path) -> Path:
    document = docx.Document()
    document.add_heading("Khởi đầu", 1)
    document.add_paragraph("Một đoạn văn.", style="List Number")
    document.add_table(2, 2).cell(0, 0).text = "ô"
    document.add_heading("Kết thúc", 1)
    document.save(str(path))
    return path


def full_epub(path: Path) -> Path:
    nav = '<li><a href="a.xhtml">Một</a></li><li><a href="b.xhtml#x">Hai</a></li>'
    pages = {
        "a.xhtml": "<h1>Một</h1><p>Chữ.</p>",
        "b.xhtml": "<table><tr><td>A</td><td>B</td></tr></table><p id='x'>Hai</p>",
    }
    return test_formats.book(path, pages, nav)


def full_odt(path: Path) -> Path:
    body = "<text:h>Một</text:h><text:list><text:list-item><text:p>mục</text:p></text:list-item></text:list>"
    return test_formats.odt(
        path, body + "<table:table><table:table-row><table:table-cell/></table:table-row></table:table>"
    )


def full_html(path: Path) -> Path:
    path.write_text(test_formats.PAGE, "utf-8")
    return path


def full_markdown(path: Path) -> Path:
    path.write_text("# Một\n\n> lời *đậm*\n\n1. một\n   - con\n\n| a | b |\n|---|---|\n| 1 | 2 |\n", "utf-8")
    return path


def full_text(path: Path) -> Path:
    path.write_bytes("Chương 1. Một\n\nTrời mưa.\n\nChương 2. Hai\n\nTạnh rồi.\n".encode("utf-16"))
    return path


def full_rtf(path: Path) -> Path:
    path.write_bytes(rb"{\rtf1\ansi{\fonttbl{\f0 .VnTime;}}\f0 Ch\'ad\u417?ng {\b m\'e9t}\par\trowd a\cell b\cell\row}")
    return path


def full_pdf(path: Path) -> Path:
    return factories.pdf(path, [["Xin chào các bạn", "Dòng hai"], ["Trang hai"]])


WHOLE: dict[str, Callable[[Path], Path]] = {
    "docx": full_docx,
    "odt": full_odt,
    "pptx": test_formats.deck,
    "epub": full_epub,
    "html": full_html,
    "md": full_markdown,
    "txt": full_text,
    "rtf": full_rtf,
    "pdf": full_pdf,
}


def damaged(data: bytes, dice: random.Random) -> bytes:
    """One way of damage: bits flipped, cut off, a piece doubled, blanked or moved, noise put in."""
    out = bytearray(data)
    way, place, length = dice.randrange(VARIETIES), dice.randrange(len(out)), dice.randrange(1, 64)
    if way == 0:
        for _ in range(dice.randrange(1, 20)):
            out[dice.randrange(len(out))] ^= 1 << dice.randrange(8)
    elif way == 1:
        del out[place:]
    elif way == 2:
        out[place:place] = out[dice.randrange(len(out)) :][:length] * dice.randrange(1, 50)
    elif way == 3:
        out[place : place + length] = bytes(length)
    elif way == 4:
        del out[place : place + length]
    else:
        out[place : place + length] = dice.randbytes(length)
    return bytes(out)


def with_damaged_members(path: Path, dice: random.Random) -> bytes:
    """A whole zip whose members are damaged before they are packed: what a reader of XML meets."""
    with zipfile.ZipFile(path) as archive:
        members = {name: archive.read(name) for name in archive.namelist()}
    names = [name for name in members if members[name]]
    for name in dice.sample(names, k=min(len(names), dice.randrange(1, 3))):
        way = dice.randrange(3)
        if way == 0:
            members[name] = members[dice.choice(names)]
        elif way == 1:
            members[name] = retagged(members[name], dice)
        else:
            members[name] = damaged(members[name], dice)
    return factories.zipped(path.with_name("members.zip"), members).read_bytes()


def retagged(data: bytes, dice: random.Random) -> bytes:
    """XML that stays well formed and means nonsense: values and names of elements exchanged."""
    pieces = data.split(b'"')
    values = [place for place in range(1, len(pieces), 2) if b"://" not in pieces[place]]
    for place in dice.sample(values, k=min(len(values), 8)):
        pieces[place] = dice.choice(
            [b"", b"-1", b"99999999999999999999", b"\xc3\xa9", pieces[dice.choice(values)], b"0"]
        )
    return b'"'.join(pieces)


def told(path: Path, name: str) -> str:
    """What came of reading: "text", or the kind of the refusal."""
    try:
        with limited(SECONDS):
            read(str(path), lambda said, share: None, filename=name)
    except VncloneError as error:
        assert error.said.vi and error.said.en and error.said.vi != error.said.en
        return type(error).__name__
    return "text"


@pytest.mark.long
@pytest.mark.timeout(1800)
@pytest.mark.parametrize("kind", WHOLE)
def test_a_damaged_file_is_read_or_refused_kindly(tmp_path: Path, kind: str) -> None:
    dice = random.Random(kind)
    path = WHOLE[kind](tmp_path / f"whole.{kind}")
    data = path.read_bytes()
    outcomes = set()
    for number in range(ROUNDS):
        packed = zipfile.is_zipfile(path) and number % 3
        (tmp_path / "x").write_bytes(with_damaged_members(path, dice) if packed else damaged(data, dice))
        before = time.monotonic()
        try:
            outcomes.add(told(tmp_path / "x", f"x.{kind}"))
        except BaseException:
            print(f"{kind}, number {number}, after {time.monotonic() - before:.1f} s")
            raise
    assert "text" in outcomes and len(outcomes) > 1


@pytest.mark.long
@pytest.mark.timeout(600)
def test_noise_is_refused_or_read_as_text(tmp_path: Path) -> None:
    dice = random.Random(7)
    heads = (
        b"",
        b"PK\x03\x04",
        b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1",
        b"%PDF-1.7\n",
        b"{\\rtf1 ",
        b"<html>",
        b"\xff\xfe",
        b"MZ",
    )
    for _ in range(ROUNDS):
        (tmp_path / "x").write_bytes(dice.choice(heads) + dice.randbytes(dice.randrange(1, 5000)))
        told(tmp_path / "x", "x.docx")
