"""A data folder under test, seen from outside: processes that work on it, and what must be true of it afterwards."""

from __future__ import annotations

import json
import os
import shutil
import signal
import sqlite3
import subprocess
import sys
import threading
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import av
import soundfile

from faults.moments import Orders
from tests.conftest import ROOT

Steps = Sequence[Sequence[Any]]
FORMATS = ("mp3", "m4b", "opus", "flac", "wav", "m4a")
SCRAPS = ("users/**/.*", "users/**/beside.*", "users/**/first.pcm", "tmp/*", "work/*", "gradio/*")
PATIENCE_SECONDS = 120.0


@dataclass
class Outcome:
    """What a process told before it ended, by itself or not."""

    told: list[dict[str, Any]]
    code: int
    errors: str

    @property
    def killed(self) -> bool:
        return self.code == -signal.SIGKILL

    def last(self, name: str) -> Any:
        return next((line[name] for line in reversed(self.told) if name in line), None)


@dataclass
class House:
    """`root/data` is the data folder; beside it lies what the processes told."""

    root: Path
    logs: Path | None = None  # where processes write what they tell, when not beside the data folder
    seen: dict[str, int] = field(default_factory=dict)  # every finished chunk ever seen, and its inode

    @property
    def data(self) -> Path:
        return self.root / "data"

    @property
    def errors(self) -> Path:
        return (self.logs or self.root) / "errors.txt"

    def copy(self, root: Path, logs: Path | None = None) -> House:
        root.mkdir(parents=True, exist_ok=True)
        shutil.copytree(self.data, root / "data", copy_function=shutil.copyfile)  # as new: old chunks may be evicted
        return House(root, logs)

    # ---- processes

    def begin(self, steps: Steps, given: Orders | None = None, **more: str) -> subprocess.Popen[str]:
        env = os.environ | {"PYTHONPATH": f"{ROOT}:{ROOT / 'tests'}", "VNCLONE_ENGINE": "parametric"} | more
        env |= given.environment() if given else {}
        command = [sys.executable, "-m", "faults.child", str(self.data), json.dumps(steps)]
        with self.errors.open("w") as errors:
            return subprocess.Popen(command, cwd=ROOT, env=env, stdout=subprocess.PIPE, stderr=errors, text=True)

    def run(
        self,
        steps: Steps,
        given: Orders | None = None,
        after: float = 0.0,
        meanwhile: Callable[[subprocess.Popen[str]], None] | None = None,
    ) -> Outcome:
        """Until the process has ended; `after` so many seconds it is killed. `meanwhile` is called once it runs."""
        child = self.begin(steps, given)
        timer = threading.Timer(after or PATIENCE_SECONDS, child.kill)
        timer.start()
        if meanwhile:
            meanwhile(child)
        assert child.stdout is not None
        lines = child.stdout.read().splitlines()
        code = child.wait()
        timer.cancel()
        told = [json.loads(line) for line in lines if line.startswith("{") and line.endswith("}")]
        return Outcome(told, code, self.errors.read_text())

    # ---- what is there

    def rows(self, sql: str = "select * from generations order by created_at", *values: Any) -> list[dict[str, Any]]:
        with sqlite3.connect(self.data / "vnclone.db", timeout=30) as database:
            database.row_factory = sqlite3.Row
            found = [dict(row) for row in database.execute(sql, values)]
        database.close()
        return found

    def folder(self, row: dict[str, Any]) -> Path:
        own = self.data / "users" / row["user_id"] / "generations" / row["id"]
        return own / str(row["edition"]) if row["edition"] else own

    def pcm(self, row: dict[str, Any]) -> bytes:
        return soundfile.read(self.folder(row) / "audio.wav", dtype="int16")[0].tobytes()  # type: ignore[no-any-return]

    def chunks(self) -> dict[str, int]:
        found = self.data.glob("users/*/chunks/*/*.wav")
        return {str(p.relative_to(self.data)): p.stat().st_ino for p in found if not p.name.startswith(".")}

    def scraps(self) -> list[str]:
        found = {path for pattern in SCRAPS for path in self.data.glob(pattern)}
        return sorted(str(path.relative_to(self.data)) for path in found)

    # ---- what must be true

    def look(self) -> None:
        """No chunk that was finished once is lost, or has been made again."""
        now = self.chunks()
        lost = [name for name, inode in self.seen.items() if now.get(name) != inode]
        assert not lost, f"made again or lost: {lost}"
        self.seen |= now

    def check_database(self) -> None:
        assert self.rows("pragma integrity_check") == [{"integrity_check": "ok"}]

    def check_finished(self, row: dict[str, Any], pcm: bytes) -> None:
        """A recording that is over: its row, its sound, its file in the format that was asked for, nothing else."""
        assert row["status"] == "completed", row
        assert (row["progress"], row["chunks_done"], row["error"]) == (100, row["chunks_total"], None), row
        assert row["note"] is None, row["note"]
        assert self.pcm(row) == pcm
        file = self.folder(row) / f"audio.{row['format']}"
        seconds, titles = playable(file)
        assert abs(seconds - len(pcm) / 2 / 24_000) < 0.1 and abs(row["duration"] - len(pcm) / 2 / 24_000) < 0.01
        assert titles == chapters(self.folder(row)) or row["format"] == "wav"
        plan = json.loads((self.folder(row) / "plan.json").read_text())["steps"]
        keys = {step["key"] for step in plan}
        assert row["chunks_total"] == len(plan)
        lines = (self.folder(row) / "timeline.jsonl").read_text().splitlines()[1:]
        assert [json.loads(line)["key"] for line in lines] == [step["key"] for step in plan]
        assert keys <= {Path(name).stem for name in self.chunks()}
        self.check_editions(row)

    def check_editions(self, row: dict[str, Any]) -> None:
        """Of what was heard before, or was not finished, nothing is left but the takes."""
        own = self.data / "users" / row["user_id"] / "generations" / row["id"]
        there = {path.name for path in own.iterdir()}
        audio = {f"audio.{row['format']}", "audio.wav", "plan.json", "timeline.jsonl"}
        if row["edition"]:
            assert there - {"takes.json"} == {str(row["edition"])}, there
            assert {path.name for path in (own / str(row["edition"])).iterdir()} == audio
        else:
            assert there - {"takes.json"} == audio, there

    def check_clean(self, generations: int = 1) -> None:
        """Nothing half-made, nothing without an owner."""
        assert not self.scraps()
        rows = self.rows()
        assert len(rows) == generations
        ids = {row["id"] for row in rows}
        assert {path.name for path in self.data.glob("users/*/generations/*")} == ids
        self.check_database()


def playable(file: Path) -> tuple[float, list[str]]:
    """How many seconds can be decoded, and the titles of the chapters."""
    with av.open(str(file)) as container:
        titles = [str(mark["metadata"].get("title", "")) for mark in container.chapters()]
        samples, rate = 0, 1
        for frame in container.decode(audio=0):
            samples, rate = samples + frame.samples, frame.sample_rate
    if file.suffix in (
        ".opus",
        ".flac",
    ):  # Vorbis comments, which FFmpeg's Ogg and FLAC readers give as chapters or tags
        with av.open(str(file)) as container:
            said = {**container.metadata, **container.streams.audio[0].metadata}
        named = {key: value for key, value in said.items() if key.startswith("CHAPTER") and key.endswith("NAME")}
        titles = titles or [named[key] for key in sorted(named)]
    return samples / rate, titles


def chapters(folder: Path) -> list[str]:
    found = list(json.loads((folder / "plan.json").read_text())["chapters"])
    return found if len(found) > 1 or any(found) else []


def moments_told(told: Path) -> Counter[tuple[str, str]]:
    """(who, label) -> how often, of an uninterrupted run."""
    return Counter(tuple(line.split("\t")) for line in told.read_text().splitlines())  # type: ignore[misc]
