"""Files converted to .docx by LibreOffice where it is installed: a process of its own, with a profile of its own."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import time
from pathlib import Path

from vnclone.models import Said
from vnclone.sandbox import Report

CONVERTING = Said("Đang chuyển tài liệu Word cũ…", "Converting the old Word document…")
SECONDS = 180  # for one document
_KIT = Path(__file__).with_name("officekit.py")
_STARTS = 2  # the program ends as soon as it has written a new profile, and wants to be started again
_POLL_SECONDS = 0.02
_REPORT_SECONDS = 1.0
# What a stranger's document may not do while it is converted: run macros, fetch what it links to.
_PROFILE = """<?xml version="1.0" encoding="UTF-8"?>
<oor:items xmlns:oor="http://openoffice.org/2001/registry">
<item oor:path="/org.openoffice.Office.Common/Security/Scripting"><prop oor:name="DisableMacrosExecution" oor:op="fuse">
<value>true</value></prop></item>
<item oor:path="/org.openoffice.Office.Common/Security/Scripting"><prop oor:name="BlockUntrustedRefererLinks"
 oor:op="fuse"><value>true</value></prop></item>
<item oor:path="/org.openoffice.Office.Writer/Content/Update"><prop oor:name="Link" oor:op="fuse">
<value>0</value></prop></item>
</oor:items>
"""


def program() -> str:
    """The path of LibreOffice's program, "" where it is not installed."""
    return shutil.which("soffice") or shutil.which("libreoffice") or ""


def to_docx(source: str, folder: str, report: Report) -> str:
    """The path of a .docx made of `source` inside `folder`, or "" where there is no LibreOffice or it failed.

    By its library, and by the program where the library does not do it. What they end with means nothing (0 after a
    failure, too): the file alone counts. `report` hears a share of 0 to 1 while it lasts.
    """
    if not program():
        return ""
    made = Path(folder, "made", Path(source).stem + ".docx")
    made.parent.mkdir(exist_ok=True)
    until = time.monotonic() + SECONDS
    for command in _commands(Path(source), made, Path(folder, "profile")):
        _run(command, folder, until, report)
        if made.is_file() and made.stat().st_size:
            return str(made)
    return ""


def _commands(source: Path, made: Path, profile: Path) -> list[list[str]]:
    """Two that share a profile lose each other's work: this one is new. Behind the program's launcher is another,
    which would outlive being told to stop: where it can be found it is started itself."""
    (profile / "user").mkdir(parents=True)
    (profile / "user" / "registrymodifications.xcu").write_text(_PROFILE, "utf-8")
    launcher = Path(program()).resolve()
    direct = launcher.with_name("soffice.bin")
    by_kit = [sys.executable, "-I", str(_KIT), str(launcher.parent)]
    by_kit += [path.as_uri() for path in (profile, source.resolve(), made.resolve())]
    by_program = [str(direct if direct.is_file() else launcher), "--headless", "--norestore", "--nologo"]
    by_program += [f"-env:UserInstallation={profile.as_uri()}", "--convert-to", "docx"]
    by_program += ["--outdir", str(made.parent), str(source)]
    return [by_kit, *[by_program] * _STARTS]


def _run(command: list[str], folder: str, until: float, report: Report) -> None:
    """Until it ends or its time is up. It stays in our group of processes and so never outlives us."""
    own = {"PATH": os.defpath, "HOME": folder, "TMPDIR": folder, "LC_ALL": "C.UTF-8", "SAL_USE_VCLPLUGIN": "svp"}
    # Extensions of all users lie where a confined process may not look, and nothing opens without them.
    own["UNO_SHARED_PACKAGES_CACHE"] = Path(folder, "extensions").as_uri()
    quiet = subprocess.DEVNULL
    told = time.monotonic()
    process = subprocess.Popen(command, cwd=folder, env=own, stdin=quiet, stdout=quiet, stderr=quiet)
    try:
        while process.poll() is None and (now := time.monotonic()) < until:
            if now - told > _REPORT_SECONDS:
                told = now
                report(CONVERTING, min(1.0, max(0.0, 1 - (until - now) / SECONDS)))
            time.sleep(_POLL_SECONDS)
    finally:
        process.kill()
        process.wait()
