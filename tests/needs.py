"""What a test needs from the machine: a program, an OCR language, the folder of real documents.

Missing in CI (`CI=true`) is a failure, so that nothing is left unchecked unseen; elsewhere it is a skip that says
what brings it.
"""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path
from typing import NoReturn

import pytest


def program(name: str, package: str) -> str:
    """The path of the program `name`; `package` is the Debian package that brings it."""
    path = shutil.which(name)
    return path or _missing(f"the program {name} is not installed: apt-get install {package}")


def ocr_language(code: str) -> str:
    """The path of tesseract, once it is known to read the language `code` ("vie")."""
    tesseract = program("tesseract", "tesseract-ocr")
    listed = subprocess.run([tesseract, "--list-langs"], capture_output=True, text=True, check=True, timeout=60)
    if code not in listed.stdout.split():
        _missing(f"tesseract has no data for {code}: apt-get install tesseract-ocr-{code}")
    return tesseract


def documents() -> Path:
    """The folder of real documents. Only an unset VNCLONE_TEST_DOCUMENTS skips; a wrong one fails everywhere."""
    name = os.environ.get("VNCLONE_TEST_DOCUMENTS")
    if not name:
        pytest.skip("VNCLONE_TEST_DOCUMENTS names no folder of real documents")
    folder = Path(name)
    if not folder.is_dir():
        pytest.fail(f"VNCLONE_TEST_DOCUMENTS names {folder}, which is not a folder")
    return folder


def _missing(what: str) -> NoReturn:
    if os.environ.get("CI", "").lower() in ("true", "1"):
        pytest.fail(f"CI must run this test, but {what}")
    pytest.skip(what)
