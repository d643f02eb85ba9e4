"""Files that came through Gradio: only what it received itself is taken, and nothing of it stays in its cache."""

import os
import secrets
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from gradio.utils import get_upload_folder

from vnclone.errors import BadInput
from vnclone.web.identity import UPLOAD_FOLDER


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
    """The uploaded file, for a service to move away; what is left of it in the cache is removed, come what may."""
    path = received(file)
    try:
        yield path
    finally:
        shutil.rmtree(path.parent, ignore_errors=True)


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
