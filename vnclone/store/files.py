"""The data folder: where each noun's files lie. Names are our own ids, never a person's; writes end in a rename."""

from __future__ import annotations

import errno
import os
import shutil
import time
import uuid
from pathlib import Path

from vnclone.disk import no_space_said, writing


class Files:
    """Paths below `root`; folders are made when they are asked for."""

    def __init__(self, root: Path) -> None:
        self.root = root.resolve()
        self.root.mkdir(parents=True, exist_ok=True, mode=0o700)
        self.database = self.root / "vnclone.db"
        self.cache = self.root / "gradio"  # where Gradio receives uploads and serves copies from
        self._opened = time.time()

    def voice(self, user_id: str, voice_id: str) -> Path:
        return self._made(self.root / "users" / user_id / "voices" / voice_id)

    def document(self, user_id: str, document_id: str) -> Path:
        return self._made(self.root / "users" / user_id / "documents" / document_id)

    def generation(self, user_id: str, generation_id: str) -> Path:
        return self._made(self.root / "users" / user_id / "generations" / generation_id)

    def edition(self, user_id: str, generation_id: str, number: int) -> Path:
        """What one edition of a recording consists of: plan, timeline, sound. The first lies in its folder itself."""
        folder = self.root / "users" / user_id / "generations" / generation_id
        return self._made(folder / str(number) if number else folder)

    def chunks(self, user_id: str, voice_id: str) -> Path:
        """The finished chunks of one voice, named by their hash."""
        return self._made(self.root / "users" / user_id / "chunks" / voice_id)

    def live(self, user_id: str, generation_id: str) -> Path:
        """The first chunk's sound while it is made: float32 samples, removed when all is made."""
        return self.generation(user_id, generation_id) / "first.pcm"

    def copies(self, user_id: str, generation_id: str) -> Path:
        """Where Gradio serves a user's copies of a recording from; only `u<their id>` is open to them."""
        return self.cache / f"u{user_id}" / generation_id

    def temporary(self) -> Path:
        """A new empty folder on the same disk, so that a rename out of it is atomic."""
        return self._made(self.root / "tmp" / uuid.uuid4().hex)

    def work(self) -> Path:
        """Where worker processes put what they need for a moment; emptied at each start."""
        return self._made(self.root / "work")

    def take(self, upload: Path, target: Path) -> None:
        """Move an upload to `target`. Raises Unavailable when the disk is full, and leaves nothing half written."""
        with writing(target) as part:
            try:
                os.replace(upload, part)
            except OSError as error:
                if error.errno != errno.EXDEV:
                    raise
                shutil.copyfile(upload, part)
                upload.unlink()

    def sweep(self) -> None:
        """Delete what a former process left behind: temporary folders, Gradio's cache, `.part` files."""
        places = ("tmp/*", "work/*", "gradio/*", "users/**/.*.part*")
        for scrap in [scrap for place in places for scrap in self.root.glob(place)]:
            try:
                if scrap.stat().st_mtime < self._opened:
                    shutil.rmtree(scrap) if scrap.is_dir() else scrap.unlink()
            except FileNotFoundError:
                continue  # finished or removed meanwhile

    def sweep_orphans(self, known: dict[str, set[str]]) -> None:
        """Delete the folders of what no longer has a row: a process was killed between the two. Older ones only.

        `known` maps the folders' names ("voices", "documents", "generations", "chunks") to the ids that have a row.
        """
        for kind, ids in known.items():
            for folder in self.root.glob(f"users/*/{kind}/*"):
                if folder.name not in ids and folder.stat().st_mtime < self._opened:
                    shutil.rmtree(folder, ignore_errors=True)

    def remove(self, folder: Path) -> None:
        """Delete a folder of ours and all in it; one that is gone already is fine."""
        if self.root not in folder.resolve().parents:
            raise ValueError(f"{folder} is not in the data folder")
        shutil.rmtree(folder, ignore_errors=True)

    def _made(self, folder: Path) -> Path:
        with no_space_said():
            folder.mkdir(parents=True, exist_ok=True)
        return folder
