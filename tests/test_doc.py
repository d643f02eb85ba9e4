"""Old Word files: each engine on files made here and on real ones, and what happens where an engine fails."""

from __future__ import annotations

import hashlib
import os
import random
import re
import struct
import subprocess
import unicodedata
from collections import Counter
from pathlib import Path

import docx
import needs
import pytest

from vnclone import sandbox
from vnclone.documents import doc, libreoffice, word6
from vnclone.documents.docx import read as read_docx
from vnclone.documents.draft import Asked, Draft
from vnclone.documents.legacy import converted
from vnclone.errors import BadInput, Locked, VncloneError

TEXT = "Chương I\rNhững quy định chung\rTên\x07Tuổi\x07\x07Lan\x0720\x07\x07Hết\x02.\r"
SECTOR = 512


def compound(path: Path, streams: dict[str, bytes]) -> Path:
    """An OLE compound file of these streams, each of 4096 bytes or more: no small sectors ([MS-CFB])."""
    chains, sectors = [], []
    for data in streams.values():
        data += bytes(-len(data) % SECTOR)
        chains.append((len(sectors), len(data)))
        sectors += [data[place : place + SECTOR] for place in range(0, len(data), SECTOR)]
    names = ["Root Entry", *streams]
    entries = [_entry("Root Entry", 5, -2, 0, child=1)]
    for number, (name, (start, size)) in enumerate(zip(streams, chains, strict=True), 1):
        entries.append(_entry(name, 2, start, size, right=number + 1 if number < len(streams) else -1))
    directory = b"".join(entries).ljust(SECTOR, b"\0")
    assert len(names) <= 4
    fat = [-1] * 128
    for start, size in chains:
        count = size // SECTOR
        fat[start : start + count] = [*range(start + 1, start + count), -2]
    fat[len(sectors)], fat[len(sectors) + 1] = -2, -3
    sectors += [directory, struct.pack("<128i", *fat)]
    header = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(16) + struct.pack("<5H6x", 0x3E, 3, 0xFFFE, 9, 6)
    header += struct.pack("<IIiIIiIiI", 0, 1, len(sectors) - 2, 0, 4096, -2, 0, -2, 0)
    header += struct.pack("<109i", len(sectors) - 1, *[-1] * 108)
    path.write_bytes(header + b"".join(sectors))
    return path


def _entry(name: str, kind: int, start: int, size: int, right: int = -1, child: int = -1) -> bytes:
    label = name.encode("utf-16-le") + b"\0\0"
    middle = struct.pack("<HBBiii", len(label), kind, 1, -1, right, child)
    return label.ljust(64, b"\0") + middle + bytes(36) + struct.pack("<iQ", start, size)


def information(
    version: int, flags: int, main: int, notes: int, begin: int = 0x400, clx: tuple[int, int] = (0, 0)
) -> bytes:
    """The head of a WordDocument stream."""
    old = version < 0xC1
    head = bytearray(0x400)
    struct.pack_into("<2sH", head, 0, b"\xdc\xa5" if old else b"\xec\xa5", version)
    struct.pack_into("<H", head, 10, flags)
    struct.pack_into("<L", head, 0x18, begin)
    struct.pack_into("<2L", head, 0x34 if old else 0x4C, main, notes)
    struct.pack_into("<2L", head, 0x160 if old else 0x1A2, *clx)
    return bytes(head)


def word_6(path: Path, text: bytes, notes: int = 0, flags: int = 0) -> Path:
    """Word 6: one run of bytes behind the head."""
    head = information(0x65, flags, len(text) - notes, notes)
    return compound(path, {"WordDocument": (head + text).ljust(8192, b"\0")})


def pieces(parts: list[tuple[int, int]]) -> bytes:
    """A Clx: formats to be skipped, then how many letters each piece has and where it is."""
    ends = [0]
    for count, _ in parts:
        ends.append(ends[-1] + count)
    plc = struct.pack(f"<{len(ends)}L", *ends) + b"".join(struct.pack("<HLH", 0, place, 0) for _, place in parts)
    return b"\x01\x03\0abc" + b"\x02" + struct.pack("<L", len(plc)) + plc


def texts(draft: Draft) -> list[str]:
    return [" ".join(block.text.split()) for block in draft.blocks if block.text.strip()]


def opened(path: Path, password: str | None = None) -> Draft:
    return doc.read(str(path), Asked(password=password), lambda said, share: None)


@pytest.fixture
def no_libreoffice(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(libreoffice, "program", lambda: "")


@pytest.mark.usefixtures("no_libreoffice")
def test_word_6_is_read_without_any_program_and_keeps_the_letter_that_catdoc_loses(tmp_path: Path) -> None:
    text = "Ng\xad¬i n\xadíc ta\x13 PAGE \x14\x15\rC¨n cø LuËt cña Quèc héi\x0bdßng hai\r".encode("latin-1")
    draft = opened(word_6(tmp_path / "a.doc", text))
    assert converted([block.text for block in draft.blocks], "auto").texts == [
        "Ngươi nước ta",
        "Căn cứ Luật của Quốc hội\ndòng hai",
    ]


@pytest.mark.usefixtures("no_libreoffice")
def test_a_file_saved_fast_is_read_in_the_order_of_its_pieces(tmp_path: Path) -> None:
    clx = pieces([(4, 0x410), (5, 0x400)])
    body = information(0x65, 4, 9, 0, clx=(0x600, len(clx))) + b"hai\r." + bytes(11) + b"mot "
    path = compound(tmp_path / "a.doc", {"WordDocument": body.ljust(0x600, b"\0") + clx.ljust(8192, b"\0")})
    assert texts(opened(path)) == ["mot hai", "."]


def word_97(path: Path, text: str, notes: str = "", flags: int = 0x200) -> Path:
    return compound(path, word_97_streams(text, notes, flags))


def word_97_streams(text: str, notes: str, flags: int) -> dict[str, bytes]:
    """Word 97: pieces in another stream, one of two bytes a letter and one of one byte."""
    wide, narrow = text.encode("utf-16-le"), notes.encode("cp1252")
    clx = pieces([(len(wide) // 2, 0x400), (len(narrow), 0x40000000 | 2 * (0x400 + len(wide)))])
    head = information(0xC1, flags, len(wide) // 2, len(narrow), clx=(64, len(clx)))
    table = (bytes(64) + clx).ljust(4096, b"\0")
    return {"WordDocument": (head + wide + narrow).ljust(8192, b"\0"), "1Table": table}


def test_the_bare_text_has_rows_and_notes_and_counts_letters_as_word_does(tmp_path: Path) -> None:
    draft = word6.read_text(str(word_97(tmp_path / "a.doc", "😀 " + TEXT, "\x02 Ghi ch\xfa.\r")))
    assert [(block.kind, block.text.strip()) for block in draft.blocks] == [
        ("body", "😀 Chương I"),
        ("body", "Những quy định chung"),
        ("table row", "Tên | Tuổi"),
        ("table row", "Lan | 20"),
        ("body", "Hết."),
        ("footnote", "Ghi chú."),
    ]


def locked(path: Path, text: str, password: str) -> Path:
    """Word 97 under a password: RC4 of 40 bits, a key for each 512 bytes ([MS-OFFCRYPTO] 2.3.6)."""
    from cryptography.hazmat.decrepit.ciphers.algorithms import ARC4
    from cryptography.hazmat.primitives.ciphers import Cipher

    salt, verifier = bytes(range(16)), bytes(range(16, 32))
    short = hashlib.md5((hashlib.md5(password.encode("utf-16-le")).digest()[:5] + salt) * 16).digest()[:5]

    def hidden(data: bytes) -> bytes:
        blocks = [data[place : place + 512] for place in range(0, len(data), 512)]
        keys = [hashlib.md5(short + struct.pack("<I", number)).digest() for number in range(len(blocks))]
        return b"".join(
            Cipher(ARC4(key), None).encryptor().update(data) for key, data in zip(keys, blocks, strict=True)
        )

    streams = word_97_streams(text, "", 0x300)
    words, table = streams["WordDocument"], streams["1Table"]
    head = words[:0x0E] + struct.pack("<L", 52) + words[0x12:0x44]
    start = struct.pack("<HH", 1, 1) + salt + hidden(verifier + hashlib.md5(verifier).digest())
    return compound(path, {"WordDocument": head + hidden(words)[0x44:], "1Table": start + hidden(table)[52:]})


@pytest.mark.usefixtures("no_libreoffice")
def test_a_locked_file_asks_for_its_password_and_opens_with_it(tmp_path: Path) -> None:
    path = locked(tmp_path / "a.doc", TEXT, "bí mật")
    for password, said in ((None, "Enter"), ("khác", "wrong")):
        with pytest.raises(Locked, match=said):
            opened(path, password)
    assert "Những quy định chung" in texts(opened(path, "bí mật"))
    assert sorted(tmp_path.iterdir()) == [path]


def test_a_password_of_the_old_kind_is_said_to_be_one(tmp_path: Path) -> None:
    for path in (word_6(tmp_path / "a.doc", b"x", flags=0x100), word_97(tmp_path / "b.doc", TEXT, flags=0x8300)):
        with pytest.raises(Locked, match="old kind"):
            opened(path)


@pytest.mark.usefixtures("no_libreoffice")
def test_broken_files_are_refused_or_read_and_nothing_else(tmp_path: Path) -> None:
    good = word_97(tmp_path / "a.doc", TEXT * 20, "\x02 Ghi.\r").read_bytes()
    chance = random.Random(5)
    for number in range(150):
        data = bytearray(good)
        if number % 3 == 0:
            data = data[: chance.randrange(len(data))]
        for _ in range(chance.randrange(1, 60)):
            data[chance.randrange(len(data))] = chance.choice((0, 255, 2, chance.randrange(256))) if data else 0
        (tmp_path / "b.doc").write_bytes(data)
        try:
            opened(tmp_path / "b.doc")
        except VncloneError as error:
            assert error.said.vi != error.said.en


def test_a_stream_that_is_no_word_document_is_refused(tmp_path: Path) -> None:
    for streams in ({"WordDocument": bytes(4096)}, {"Workbook": bytes(4096)}):
        with pytest.raises(BadInput):
            opened(compound(tmp_path / "a.doc", streams))


def program(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, script: str) -> None:
    """A program of ours in the place of LibreOffice."""
    path = tmp_path / "bin" / "soffice"
    path.parent.mkdir()
    path.write_text("#!/bin/sh\n" + script)
    path.chmod(0o755)
    monkeypatch.setenv("PATH", f"{path.parent}{os.pathsep}{os.environ['PATH']}")


@pytest.mark.parametrize("script", ["exit 0", "exit 81", "kill -9 $$", "trap '' TERM; sleep 600"])
def test_a_libreoffice_that_fails_lies_or_hangs_costs_its_time_only(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, script: str
) -> None:
    program(tmp_path, monkeypatch, script)
    monkeypatch.setattr(libreoffice, "SECONDS", 2.5)
    told: list[float] = []
    path = word_97(tmp_path / "a.doc", TEXT)
    draft = doc.read(str(path), Asked(), lambda said, share: told.append(share))
    assert "Những quy định chung" in texts(draft)
    assert told == sorted(told) and (len(told) >= 2 or "sleep" not in script)


def test_nothing_is_left_behind(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "own").mkdir()
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path / "own"))
    opened(word_97(tmp_path / "a.doc", TEXT))
    assert list((tmp_path / "own").iterdir()) == []


def rich(tmp_path: Path) -> Path:
    """A .doc by LibreOffice: headings, a table, a list, a running head, a name that no command should see."""
    program_path = needs.program("soffice", "libreoffice-writer-nogui")
    document = docx.Document()
    document.add_heading("Khởi đầu", 1)
    document.add_paragraph("Trước bảng: “trích dẫn” – 5 m² 😀.")
    table = document.add_table(2, 2)
    for cell, text in zip((c for row in table.rows for c in row.cells), ("Tên", "Tuổi", "Lan", "20"), strict=True):
        cell.text = text
    document.add_heading("Tiếp theo", 2)
    document.sections[0].header.paragraphs[0].text = "Đầu trang"
    run = document.add_paragraph("Bé ").add_run("céng hoµ")
    run.font.name = ".VnTimeH"
    document.save(tmp_path / "rich.docx")
    profile = f"-env:UserInstallation={(tmp_path / 'profile').as_uri()}"
    command = [program_path, "--headless", profile, "--convert-to", "doc", "--outdir", str(tmp_path), "rich.docx"]
    subprocess.run(command, cwd=tmp_path, check=True, capture_output=True, timeout=120)
    return (tmp_path / "rich.doc").rename(tmp_path / "-h; $(x) “lạ”.doc")


def test_headings_tables_and_fonts_come_by_both_engines(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = rich(tmp_path)
    drafts = [opened(path)]
    monkeypatch.setattr(libreoffice, "program", lambda: "")
    drafts.append(opened(path))
    for draft in drafts:
        blocks = [block for block in draft.blocks if block.text.strip()]
        assert [(b.kind, b.level, b.text) for b in blocks[:4]] == [
            ("heading", 1, "Khởi đầu"),
            ("body", None, "Trước bảng: “trích dẫn” – 5 m² 😀."),
            ("table row", None, "Tên | Tuổi"),
            ("table row", None, "Lan | 20"),
        ]
        assert converted([blocks[5].text], "tcvn3").texts == ["Bộ CỘNG HOÀ"]


def test_libreoffice_works_inside_the_sandbox(tmp_path: Path) -> None:
    needs.program("soffice", "libreoffice-writer-nogui")
    source = rich(tmp_path)
    (tmp_path / "made here").mkdir()
    asked = {"source": str(source), "folder": str(tmp_path / "made here")}
    made = sandbox.run("vnclone.documents.libreoffice:to_docx", asked, reads=[source], writes=[tmp_path / "made here"])
    assert "Khởi đầu" in texts(read_docx(made, Asked(), lambda said, share: None))


def words(text: str) -> Counter[str]:
    return Counter(re.findall(r"\w+", unicodedata.normalize("NFC", text).casefold()))


def unicode_words(draft: Draft) -> Counter[str]:
    return words("\n".join(converted([block.text for block in draft.blocks], "auto").texts))


@pytest.mark.parametrize("engine", ["soffice", "msdoc2docx", "bare"])
def test_real_files_say_what_their_transcripts_say(engine: str, monkeypatch: pytest.MonkeyPatch) -> None:
    if engine == "soffice":
        needs.program("soffice", "libreoffice-writer-nogui")
    else:
        monkeypatch.setattr(libreoffice, "program", lambda: "")
    paths = [path for path in sorted(needs.documents().glob("*.doc")) if path.with_suffix(".txt").exists()]
    assert paths
    for path in paths:
        got = unicode_words(word6.read_text(str(path)) if engine == "bare" else opened(path))
        expected = words(path.with_suffix(".txt").read_text("utf-8"))
        common = (got & expected).total()
        assert common >= 0.995 * expected.total() and common >= 0.995 * got.total(), path.name


def test_real_word_6_files_say_the_same_with_and_without_libreoffice(monkeypatch: pytest.MonkeyPatch) -> None:
    needs.program("soffice", "libreoffice-writer-nogui")
    paths = sorted(needs.documents().glob("word6-*.doc"))
    by_soffice = [unicode_words(opened(path)) for path in paths]
    monkeypatch.setattr(libreoffice, "program", lambda: "")
    assert paths and [unicode_words(opened(path)) for path in paths] == by_soffice
    assert all(found["nước"] or found["chủ"] for found in by_soffice)
