"""The README says what is so: its settings, commands, links and examples are compared with the code, or run."""

from __future__ import annotations

import json
import os
import re
import shlex
import socket
import subprocess
import sys
import time
from pathlib import Path

import httpx
import pytest
import yaml

from vnclone.settings import Settings

ROOT = Path(__file__).resolve().parent.parent
README = (ROOT / "README.md").read_text("utf-8")
SHORT_TEXT = "Xin chào."


def blocks(language: str) -> list[str]:
    """The contents of the fenced blocks in `language`."""
    return re.findall(rf"^```{language}\n(.*?)^```", README, flags=re.MULTILINE | re.DOTALL)


def run(*command: str, **more: str) -> subprocess.CompletedProcess[str]:
    environment = {**os.environ, "PYTHONPATH": str(ROOT), **more}
    return subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, timeout=120)


def shell_commands() -> list[list[str]]:
    """The `python -m vnclone` lines, with $(cat …) answered as a shell would."""
    lines = [line for block in blocks("shell") for line in block.splitlines() if line.startswith("python -m vnclone ")]
    answered = [re.sub(r"\$\(cat (\S+)\)", lambda m: (ROOT / m[1]).read_text("utf-8").strip(), x) for x in lines]
    return [shlex.split(line)[3:] for line in answered]


def settings_table() -> list[str]:
    """The rows that the README must have, from the fields, defaults and descriptions of Settings."""
    rows = []
    for name, field in Settings.model_fields.items():
        default = "./data" if name == "data" else field.get_default()
        shown = json.dumps(default) if isinstance(default, bool) else str(default or "")
        rows.append(f"| `VNCLONE_{name.upper()}` | {f'`{shown}`' if shown else ''} | {field.description} |")
    return rows


def test_the_settings_table_is_what_settings_py_says():
    section = README.split("## Settings")[1].split("\n## ")[0]
    written = [line for line in section.splitlines() if line.startswith("| `")]
    assert written == settings_table(), "put these rows there:\n" + "\n".join(settings_table())


def test_every_setting_the_readme_names_exists():
    named = set(re.findall(r"VNCLONE_[A-Z_]+", README)) - {"VNCLONE_TEST_DOCUMENTS"}
    assert named <= {f"VNCLONE_{name.upper()}" for name in Settings.model_fields}


def test_every_make_job_the_readme_names_exists():
    jobs = set(re.findall(r"(?:`|^    )make ([a-z0-9-]+)", README, flags=re.MULTILINE))
    makefile = (ROOT / "Makefile").read_text("utf-8")
    assert jobs >= {"run", "test", "lint", "bench", "demo", "clean"}
    assert [job for job in sorted(jobs) if not re.search(rf"^{job}:", makefile, flags=re.MULTILINE)] == []


def explained(*words: str) -> str:
    """What `python -m vnclone … --help` prints, without starting another interpreter for each."""
    from typer.testing import CliRunner

    from vnclone.cli import app

    done = CliRunner(env={"COLUMNS": "200", "NO_COLOR": "1"}).invoke(app, [*words, "--help"])
    assert done.exit_code == 0, words
    return done.output


def test_every_command_and_option_the_readme_names_exists():
    listed, commands = explained(), shell_commands()
    assert {"speak", "read", "normalize", "check-voice", "engines", "serve"} <= {words[0] for words in commands}
    for words in commands:
        assert re.search(rf"\b{words[0]}\b", listed), words[0]
        options = [word for word in words if word.startswith("--")]
        assert [option for option in options if option not in explained(words[0])] == [], words[0]


def test_every_command_of_the_program_is_in_the_readme():
    from vnclone.cli import app

    named = {words[0] for words in shell_commands()} | set(re.findall(r"python -m vnclone ([a-z-]+)", README))
    commands = {c.name or c.callback.__name__.replace("_", "-") for c in app.registered_commands if c.callback}
    assert commands - named == set()


def test_the_shell_examples_run(tmp_path):
    for words in shell_commands():
        if words[0] in ("serve", "download"):
            continue
        there = [word.replace("out/", f"{tmp_path}/") for word in words]
        if "--text" in there:
            there[there.index("--text") + 1] = SHORT_TEXT
        done = run(sys.executable, "-m", "vnclone", *there)
        assert done.returncode == 0, (words[0], done.stderr)
        assert done.stdout.strip(), words[0]
    assert (tmp_path / "hello.mp3").stat().st_size > 1000
    assert SHORT_TEXT in (tmp_path / "hello.srt").read_text("utf-8")


@pytest.fixture
def served(tmp_path):
    """`python app.py` on a free port with a data folder of its own; gives its address."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    environment = {**os.environ, "VNCLONE_PORT": str(port), "VNCLONE_DATA": str(tmp_path / "data")}
    log = (tmp_path / "log").open("w+")
    with subprocess.Popen([sys.executable, "app.py"], cwd=ROOT, env=environment, stdout=log, stderr=log) as server:
        try:
            _wait_until_healthy(f"http://127.0.0.1:{port}", server, tmp_path / "log")
            yield f"http://127.0.0.1:{port}"
        finally:
            server.terminate()


def _wait_until_healthy(url: str, server: subprocess.Popen[bytes], log: Path) -> None:
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline and server.poll() is None:
        try:
            if httpx.get(f"{url}/health").json() == {"status": "healthy"}:
                return
        except httpx.TransportError:
            time.sleep(0.2)
    pytest.fail(f"the app did not start: {log.read_text('utf-8')[-2000:]}")


def test_the_python_example_runs(served, tmp_path):
    from docx import Document

    short = Document()
    short.add_paragraph(SHORT_TEXT)
    short.save(str(tmp_path / "short.docx"))
    (example,) = blocks("python")
    assert '"http://127.0.0.1:7860"' in example and '"assets/demo_document.docx"' in example
    example = example.replace("http://127.0.0.1:7860", served)
    example = example.replace("assets/demo_document.docx", f"{tmp_path}/short.docx")
    done = run(sys.executable, "-c", example, HF_HUB_OFFLINE="1", HF_HUB_DISABLE_TELEMETRY="1")
    assert done.returncode == 0, done.stderr
    *states, path = [line for line in done.stdout.splitlines() if not line.startswith("Loaded as API")]
    assert states[-1].startswith("100 ") and Path(path).stat().st_size > 1000


def test_every_link_to_a_file_leads_to_one():
    targets = re.findall(r"\]\(([^)#]+)\)", README) + re.findall(r'src="([^"]+)"', README)
    assert targets and [target for target in targets if not (ROOT / target).is_file()] == []


def test_every_file_and_folder_of_the_tree_exists_and_none_is_left_out():
    tree = re.findall(r"^    ([\w/.]+) {2,}\S", README, flags=re.MULTILINE)
    assert [name for name in tree if not (ROOT / name).exists()] == []
    here = {f"vnclone/{p.name}{'/' if p.is_dir() else ''}" for p in (ROOT / "vnclone").iterdir() if p.name[0] != "_"}
    assert here - set(tree) == set()


def test_the_front_matter_is_what_a_space_wants():
    space = yaml.safe_load(README.split("---")[1])
    assert space["sdk"] == "gradio" and (ROOT / space["app_file"]).is_file()
    assert isinstance(space["python_version"], str) and space["license"] == "agpl-3.0"
    colours = {"red", "yellow", "green", "blue", "indigo", "purple", "pink", "gray"}
    assert {space["colorFrom"], space["colorTo"]} <= colours
    assert len(space["short_description"]) <= 60 and space["pinned"] is False
