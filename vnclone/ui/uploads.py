"""Files that came through Gradio: only what it received itself is taken, and nothing of it stays in its cache."""

import os
import secrets
import shutil
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from gradio.utils import get_upload_folder

from vnclone.errors import BadInput
from vnclone.web.identity import UPLOAD_FOLDER

KEPT_SECONDS = 30.0  # longer than between the end of an upload and the call that names it


def received(file: Any) -> Path:
    """The uploaded file that a call names. Raises BadInput for any other path, whoever it belongs to."""
    named = file.get("path") if isinstance(file, dict) else getattr(file, "path", file)
    if not isinstance(named, str) or not named:
        raise not_uploaded()
    path = Path(os.path.realpath(named))
    folder = Path(os.path.realpath(get_upload_folder()))
    if path.parent.parent != folder or not UPLOAD_FOLDER.fullmatch(path.parent.name) or not path.is_file():
        raise not_uploaded()
    return path


@contextmanager
def taken(file: Any) -> Iterator[Path]:
    """A second name of the uploaded file, for a service to move away; the upload itself is removed a little later.

    Gradio names an upload by its content, so that two people who upload the same file at once share one: whoever
    comes first must not take it from the other.
    """
    path = received(file)
    claim = path.parent / secrets.token_hex(8) / path.name
    try:
        claim.parent.mkdir()
        os.link(path, claim)
    except FileNotFoundError:
        raise not_uploaded() from None
    try:
        yield claim
    finally:
        shutil.rmtree(claim.parent, ignore_errors=True)
        _forget_later(path)


def _forget_later(path: Path) -> None:
    """Remove an upload once nobody has sent it again for KEPT_SECONDS."""

    def forget() -> None:
        try:
            if time.time() - path.stat().st_mtime < KEPT_SECONDS:
                _forget_later(path)
            else:
                shutil.rmtree(path.parent, ignore_errors=True)
        except FileNotFoundError:
            return  # an earlier caller's timer has removed it

    timer = threading.Timer(KEPT_SECONDS, forget)
    timer.daemon = True
    timer.start()


def handed_out(path: Path, corner: Path, name: str) -> dict[str, Any]:
    """A file of ours for gradio_client to download: a link to it in `corner`, a user's own part of the cache."""
    folder = corner / secrets.token_urlsafe(16)
    folder.mkdir(parents=True, mode=0o700)
    copy = folder / name
    try:
        os.link(path, copy)
    except OSError:  # another file system, or one without links
        shutil.copyfile(path, copy)
    return {"path": str(copy), "orig_name": name, "meta": {"_type": "gradio.FileData"}}


def not_uploaded() -> BadInput:
    return BadInput("Không tìm thấy tệp đã tải lên. Hãy tải lại.", "The uploaded file was not found. Upload it again.")
