"""The shell: real runs of `python -m vnclone`, their exit codes, and one plain line for bad input."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

import pytest
import soundfile

from tests.conftest import DEMO_VOICE, ROOT

HOME = {"HOME": "/nonexistent", "LANG": "C.UTF-8"}


def run(*arguments: object, input: str | None = None, cwd: Path = ROOT, **env: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "vnclone", *map(str, arguments)],
        input=input,
        capture_output=True,
        text=True,
        cwd=cwd,
        env=os.environ | {"PYTHONPATH": str(ROOT), "LANG": "C.UTF-8"} | env,
        timeout=240,
    )


def test_speak_writes_sound_and_subtitles_and_touches_nothing_else(tmp_path: Path) -> None:
    out, srt = tmp_path / "o.mp3", tmp_path / "o.srt"
    text = "Xin chào các bạn. Hôm nay trời đẹp."
    done = run("speak", "--voice", DEMO_VOICE, "--text", text, "--out", out, "--subtitles", srt, "--json", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    summary = json.loads(done.stdout)
    info = soundfile.info(str(out))
    assert summary["engine"] == "parametric" and abs(info.duration - summary["duration_seconds"]) < 0.3
    assert "00:00:00,000 --> " in srt.read_text() and "Xin chào các bạn." in srt.read_text()
    assert DEMO_VOICE.exists() and sorted(path.name for path in tmp_path.iterdir()) == ["o.mp3", "o.srt"]


def test_speak_reads_a_document(tmp_path: Path) -> None:
    document = tmp_path / "a.txt"
    document.write_text("Chương 1\n\nMột hai ba.\n", encoding="utf-8")
    done = run("speak", "--voice", DEMO_VOICE, "--document", document, "--out", tmp_path / "o.wav", "--speed", "1.5")
    assert done.returncode == 0, done.stderr
    assert soundfile.info(str(tmp_path / "o.wav")).duration > 1
    assert document.exists()


def test_read_prints_the_contracts_keys(tmp_path: Path) -> None:
    document = tmp_path / "a.txt"
    document.write_text("Xin chào.\n\nĐoạn hai.\n", encoding="utf-8")
    shape = json.loads(run("read", document, "--json").stdout)
    assert set(shape) == {"title", "text", "chapters", "pages", "word_count", "estimated_seconds", "notes"}
    assert shape["text"] == "Xin chào.\n\nĐoạn hai." and shape["word_count"] == 4
    assert set(shape["chapters"][0]) == {"title", "included", "paragraphs"}
    assert set(shape["chapters"][0]["paragraphs"][0]) == {"kind", "text", "page"}
    assert run("read", document).stdout.strip() == shape["text"]


def test_normalize_takes_a_text_or_lines() -> None:
    assert "hai mươi lăm" in run("normalize", "Có 25 người.").stdout
    lines = run("normalize", input="Có 25 người.\n\nNăm 1990.\n").stdout.splitlines()
    assert len(lines) == 3 and "hai mươi lăm" in lines[0] and lines[1] == ""


def test_check_voice_judges(tmp_path: Path) -> None:
    shape = json.loads(run("check-voice", DEMO_VOICE, "--json").stdout)
    assert shape["ok"] is True and 60 <= shape["score"] <= 100 and shape["snr_db"] > 15
    assert shape["net_speech_seconds"] > 3
    for finding in shape["findings"]:
        assert set(finding) == {"code", "severity", "message", "from", "to"}


def test_engines_are_listed_with_their_state() -> None:
    rows = {row["name"]: row for row in json.loads(run("engines", "--json").stdout)}
    keys = {"name", "status", "detail", "download_bytes", "sample_rate", "languages", "licence"}
    assert set(rows["parametric"]) == keys
    assert rows["parametric"]["status"] == "ready" and rows["parametric"]["languages"] == ["en", "vi"]


@pytest.mark.parametrize(
    ("arguments", "word"),
    [
        (["speak", "--voice", "nowhere.wav", "--text", "a", "--out", "o.mp3"], "nowhere.wav"),
        (["speak", "--voice", DEMO_VOICE, "--text", "a", "--out", "o.xyz"], ".xyz"),
        (["speak", "--voice", DEMO_VOICE, "--out", "o.mp3"], "--text"),
        (["speak", "--voice", DEMO_VOICE, "--text", "a", "--out", "o.mp3", "--engine", "zzz"], "parametric"),
        (["speak", "--voice", DEMO_VOICE, "--text", "a", "--out", "o.mp3", "--speed", "9"], "0,5"),
        (["speak", "--voice", DEMO_VOICE, "--text", "a", "--out", "o.mp3", "--subtitles", "x.doc"], ".srt"),
        (["speak", "--voice", ROOT / "README.md", "--text", "a", "--out", "o.mp3"], ""),
        (["read", ROOT / "assets" / "demo_voice.wav"], ""),
        (["check-voice", ROOT / "README.md"], ""),
        (["speak", "--voice", DEMO_VOICE, "--text", "a", "--out", "/proc/x.mp3"], "/proc/x.mp3"),
        (["speak", "--voice", DEMO_VOICE, "--text", "!!!", "--out", "o.mp3"], ""),
        (["nonsense"], "nonsense"),
        (["speak", "--nonsense"], "--nonsense"),
    ],
)
def test_bad_input_is_one_plain_line_and_exit_2(tmp_path: Path, arguments: list[object], word: str) -> None:
    done = run(*arguments, cwd=tmp_path, LC_ALL="C.UTF-8")
    last = done.stderr.strip().splitlines()
    assert done.returncode == 2 and len(last) == 1, done.stderr
    assert word in last[0] or word == ".xyz"
    assert "Traceback" not in done.stderr and not list(tmp_path.iterdir())


@pytest.mark.parametrize("command", [["serve"], ["read", str(ROOT / "assets" / "demo_document.docx")]])
def test_a_wrong_setting_is_one_line_that_names_it(tmp_path: Path, command: list[str]) -> None:
    done = run(*command, VNCLONE_PORT="abc", VNCLONE_DATA=str(tmp_path / "d"), TMPDIR=str(tmp_path))
    assert done.returncode == 2 and len(done.stderr.strip().splitlines()) == 1
    assert "VNCLONE_PORT" in done.stderr and not list(tmp_path.iterdir())


def test_a_text_that_is_not_utf_8_is_one_line() -> None:
    text = os.fsdecode(b"caf\xe9")
    done = run("speak", "--voice", DEMO_VOICE, "--text", text, "--out", "o.mp3")
    assert done.returncode == 2 and len(done.stderr.strip().splitlines()) == 1 and "UTF-8" in done.stderr


def test_a_taken_port_is_one_line(tmp_path: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = str(taken.getsockname()[1])
        done = run("serve", VNCLONE_PORT=port, VNCLONE_DATA=str(tmp_path))
    assert done.returncode == 2 and len(done.stderr.strip().splitlines()) == 1 and port in done.stderr


@pytest.mark.parametrize("ending", [signal.SIGTERM, signal.SIGHUP, signal.SIGINT])
def test_speak_that_is_stopped_leaves_nothing_of_the_voice_behind(tmp_path: Path, ending: signal.Signals) -> None:
    text = " ".join(f"Câu số {number} dài vừa phải để có việc mà làm." for number in range(300))
    command = [sys.executable, "-m", "vnclone", "speak", "--voice", str(DEMO_VOICE), "--text", text]
    env = os.environ | {"PYTHONPATH": str(ROOT), "TMPDIR": str(tmp_path)}
    child = subprocess.Popen([*command, "--out", str(tmp_path / "o.mp3")], env=env, stderr=subprocess.DEVNULL)
    deadline = time.monotonic() + 60
    while not list(tmp_path.rglob("chunks/*/*.wav")) and time.monotonic() < deadline:
        time.sleep(0.05)
    child.send_signal(ending)
    assert child.wait(timeout=60) == 130
    assert not [path for path in tmp_path.rglob("*") if path.is_file()]


def test_errors_are_english_for_an_english_reader(tmp_path: Path) -> None:
    arguments = ("speak", "--voice", DEMO_VOICE, "--text", "a", "--out", "o.xyz")
    vi, en = run(*arguments, LC_ALL="C.UTF-8").stderr, run(*arguments, LC_ALL="en_US.UTF-8").stderr
    assert "phải" in vi
    if "must" not in en:  # the locale is not installed here: then it reads Vietnamese too
        assert en == vi


def test_an_output_folder_that_cannot_be_written_is_a_line(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    done = run("speak", "--voice", DEMO_VOICE, "--text", "Xin chào.", "--out", tmp_path / "file" / "o.mp3")
    assert done.returncode == 2 and len(done.stderr.strip().splitlines()) <= 2 and "Traceback" not in done.stderr


def test_a_lexicon_is_said_by_normalize_and_by_speak_and_its_faults_are_told(tmp_path: Path) -> None:
    own, wrong = tmp_path / "own.csv", tmp_path / "wrong.csv"
    own.write_text("word,say\nNĐ-CP,nờ đê cê pê\n", encoding="utf-8")
    wrong.write_text("word,say\nNĐ-CP\n", encoding="utf-8")
    assert run("normalize", "Theo NĐ-CP.", "--lexicon", own).stdout == "theo nờ đê cê pê.\n"
    assert run("normalize", "--lexicon", own, input="NĐ-CP\n\n").stdout == "nờ đê cê pê\n\n"
    sizes = []
    for more in ((), ("--lexicon", own)):
        out = tmp_path / f"{len(more)}.wav"
        done = run("speak", "--voice", DEMO_VOICE, "--text", "Theo NĐ-CP.", "--out", out, *more)
        assert done.returncode == 0, done.stderr
        sizes.append(out.read_bytes())
    assert sizes[0] != sizes[1]
    for command in (("normalize", "x"), ("speak", "--voice", DEMO_VOICE, "--text", "x", "--out", tmp_path / "x.wav")):
        done = run(*command, "--lexicon", wrong)
        assert done.returncode == 2 and "2" in done.stderr and len(done.stderr.splitlines()) == 1
