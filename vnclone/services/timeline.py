"""Where each step of a generation is in its sound: written line by line while it is joined, read by whoever listens."""

from __future__ import annotations

import json
import uuid
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType

from vnclone.disk import no_space_said
from vnclone.models import Word

FILE = "timeline.jsonl"  # in the folder of an edition: first the sample rate, then a line for each step
GAP = "gap"  # the flaw of a step that could not be spoken at all


@dataclass(frozen=True, slots=True)
class Placed:
    """A step's sound: `samples` from `start` on, then `pause` samples of silence. `words` count from its start."""

    key: str
    start: int
    samples: int
    pause: int
    flaws: tuple[str, ...] = ()
    words: tuple[Word, ...] = ()

    @property
    def end(self) -> int:
        return self.start + self.samples


@dataclass(frozen=True, slots=True)
class Timeline:
    """`placed` are the steps so far, in order."""

    rate: int
    placed: tuple[Placed, ...] = ()

    @property
    def seconds(self) -> float:
        """How much can be heard."""
        return (self.placed[-1].end + self.placed[-1].pause) / self.rate if self.placed else 0.0

    def flawed(self, gaps: bool) -> list[float]:
        """Where, in seconds, the gaps are; else, what the engine itself did not like."""
        return [p.start / self.rate for p in self.placed if p.flaws and (GAP in p.flaws) == gaps]


class Writer:
    """Appends to the file, a line at a time; a context manager.

    Of a reading that goes on after a restart, the file of before stays until as much has been joined again, so that
    whoever listens or reads along loses nothing.
    """

    def __init__(self, folder: Path, rate: int) -> None:
        self._target, self._new = folder / FILE, folder / f".{uuid.uuid4().hex}.part.jsonl"
        self._behind = len(load(folder).placed)
        with no_space_said():
            self._file = self._new.open("w", encoding="utf-8", buffering=1)
            self._file.write(f'{{"rate": {rate}}}\n')
        self._caught_up()

    def add(self, placed: Placed) -> None:
        line: dict[str, object] = {"key": placed.key, "at": [placed.start, placed.samples, placed.pause]}
        if placed.flaws:
            line["flaws"] = placed.flaws
        if placed.words:
            line["words"] = [[w.text, round(w.start, 3), round(w.end, 3)] for w in placed.words]
        with no_space_said():
            self._file.write(json.dumps(line, ensure_ascii=False) + "\n")
        if self._behind:
            self._behind -= 1
            self._caught_up()

    def _caught_up(self) -> None:
        """The new file takes the old one's place, and goes on growing there."""
        if not self._behind:
            self._new.replace(self._target)

    def __enter__(self) -> Writer:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        try:
            with no_space_said():
                self._file.close()
            if kind is None and self._new.exists():  # it has become shorter
                self._new.replace(self._target)
        finally:
            self._new.unlink(missing_ok=True)


def load(folder: Path) -> Timeline:
    """What has been written so far; empty before there is anything. A line cut short by a crash is not there."""
    try:
        lines = (folder / FILE).read_text(encoding="utf-8", errors="replace").split("\n")[:-1]
    except FileNotFoundError:
        return Timeline(1)
    if not lines:
        return Timeline(1)
    return Timeline(json.loads(lines[0])["rate"], tuple(map(_placed, lines[1:])))


def _placed(line: str) -> Placed:
    data = json.loads(line)
    words = tuple(Word(*word) for word in data.get("words", ()))
    start, samples, pause = data["at"]
    return Placed(data["key"], start, samples, pause, tuple(data.get("flaws", ())), words)
