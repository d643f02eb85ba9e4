"""Cached chunks that nobody needs any more: of deleted recordings at once, of old ones by age and by size."""

from __future__ import annotations

import logging
import math
import shutil
import time
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from vnclone.models import OPEN, Generation
from vnclone.services import plans, takes
from vnclone.services.plans import Step
from vnclone.store.files import Files
from vnclone.store.owned import Owned

log = logging.getLogger(__name__)
KEPT_DAYS = 30.0
USER_BYTES = 4 << 30  # about 24 hours of sound at 24 kHz
SHARE_OF_DISK = 0.25  # all users' chunks together, of what the disk has for us
FRESH_SECONDS = 600.0  # a chunk used a moment ago is about to be joined


@dataclass(frozen=True, slots=True)
class Limits:
    """How much cached sound is kept: days since it was last used, bytes of a user, bytes of all."""

    days: float = KEPT_DAYS
    user_bytes: int = USER_BYTES
    all_bytes: int | None = None  # None: a share of the disk


@dataclass(frozen=True, slots=True)
class Chunk:
    """A cached sound: with its flaws and words it is `key.*` in `folder`. A crash may have left these alone."""

    folder: Path
    key: str
    used: float  # seconds since the epoch
    size: int

    def remove(self) -> None:
        for file in self.folder.glob(f"{self.key}.*"):
            file.unlink(missing_ok=True)


class Sweeper:
    """One thread of its own, so that nobody waits for it."""

    def __init__(self, rows: Owned[Generation], files: Files, limits: Limits | None = None) -> None:
        self._rows, self._files, self._limits = rows, files, limits or Limits()
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="sweeper")
        self._last: Future[None] | None = None

    def soon(self, user_id: str, voice_id: str) -> None:
        """Remove the chunks of a voice that no recording is made of."""
        with suppress(RuntimeError):  # the app is stopping: the next start sweeps
            self._last = self._thread.submit(self._logged, user_id, voice_id)

    def settle(self) -> None:
        """Wait until all is swept that was to be."""
        if self._last:
            self._last.result()

    def close(self) -> None:
        self._thread.shutdown(wait=False, cancel_futures=True)

    def everything(self, ages: bool = True) -> None:
        """All voices' chunks that no recording is made of; then what is too much and, with `ages`, what is too old."""
        for folder in self._files.root.glob("users/*/chunks/*"):
            self._sweep(folder.parent.parent.name, folder.name)
        self._evict(self._limits.days if ages else math.inf)

    def _logged(self, user_id: str, voice_id: str) -> None:
        try:
            self._sweep(user_id, voice_id)
        except OSError:
            log.exception("the chunks of voice %s could not be swept", voice_id)

    def _sweep(self, user_id: str, voice_id: str) -> None:
        folder = self._files.root / "users" / user_id / "chunks" / voice_id
        there = chunks_in(folder)
        if there:
            needed = self._keys(self._rows.all(user_id), voice_id)
            now = {chunk.key: chunk.used for chunk in chunks_in(folder)}  # a reading that began since may have taken it
            for chunk in there:
                if chunk.key not in needed and now.get(chunk.key) == chunk.used:
                    chunk.remove()

    def _keys(self, generations: list[Generation], voice_id: str = "") -> set[str]:
        """What these recordings are made of, all editions and takes; of one voice, or of all."""
        keys: set[str] = set()
        for generation in generations:
            if not voice_id or voice_id in (generation.voice_profile_id, *generation.voices.values()):
                keys |= {step.key for step in self._steps(generation)}
            elif generation.edition:  # a paragraph may have been read again in any voice
                keys |= {step.key for step in self._steps(generation) if step.voice == voice_id}
        return keys

    def _steps(self, generation: Generation) -> list[Step]:
        steps: list[Step] = []
        for edition in (generation.edition, generation.edition + 1):
            folder = self._files.root / "users" / generation.user_id / "generations" / generation.id
            steps += plans.load(folder / str(edition) if edition else folder, generation).steps
        return steps + takes.steps(self._files.root / "users" / generation.user_id / "generations" / generation.id)

    def _evict(self, days: float) -> None:
        """By age, then the longest unused beyond each user's share and everybody's.

        Never of what is being made, nor of what failed, as on a full disk, and may be resumed.
        """
        live = self._keys(self._rows.with_status(*OPEN, "failed"))
        kept: list[Chunk] = []
        for user in self._files.root.glob("users/*"):
            found = [c for folder in user.glob("chunks/*") for c in chunks_in(folder)]
            kept += self._within(found, self._limits.user_bytes, days, live)
        self._within(kept, self._all_bytes(), days, live)

    def _within(self, chunks: list[Chunk], most: int, days: float, live: set[str]) -> list[Chunk]:
        """Removes what is too old, and the oldest of what is more than `most` bytes; returns what stays."""
        size, now = sum(chunk.size for chunk in chunks), time.time()
        kept = []
        for chunk in sorted(chunks, key=lambda chunk: chunk.used):
            unused = now - chunk.used
            evictable = chunk.key not in live and abs(unused) > FRESH_SECONDS
            if evictable and (size > most or unused > days * 86400):
                chunk.remove()
                size -= chunk.size
            else:
                kept.append(chunk)
        return kept

    def _all_bytes(self) -> int:
        if self._limits.all_bytes is not None:
            return self._limits.all_bytes
        disk = shutil.disk_usage(self._files.root)
        used = sum(c.size for folder in self._files.root.glob("users/*/chunks/*") for c in chunks_in(folder))
        return int(SHARE_OF_DISK * (disk.free + used))


def chunks_in(folder: Path) -> list[Chunk]:
    """The cached sounds in a voice's folder; files that are being written have other names."""
    found: dict[str, Chunk] = {}
    for path in folder.glob("*"):
        with suppress(FileNotFoundError):
            if not path.name.startswith(".") and (path.suffix == ".wav" or path.stem not in found):
                state = path.stat()
                found[path.stem] = Chunk(folder, path.stem, state.st_mtime, state.st_size)
    return list(found.values())
