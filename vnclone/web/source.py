"""The running source as a zip: what the AGPL promises to everyone who uses the app over a network."""

from __future__ import annotations

import functools
import io
import zipfile
from collections.abc import Iterator
from pathlib import Path

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response

ROOT = Path(__file__).resolve().parent.parent.parent
FOLDERS = ("vnclone", "assets", "tests", "bench", "docs")
LEFT_OUT = ("__pycache__",)


async def download(_: Request) -> Response:
    """Everything that makes this server; nothing of anybody's data."""
    headers = {"content-disposition": 'attachment; filename="vnclone.zip"'}
    return Response(await run_in_threadpool(archive), media_type="application/zip", headers=headers)


@functools.cache
def archive() -> bytes:
    """The zip, made once."""
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w", zipfile.ZIP_DEFLATED) as file:
        for path in sources():
            file.write(path, Path("vnclone-source") / path.relative_to(ROOT))
    return content.getvalue()


def sources() -> Iterator[Path]:
    """The files at the top that make and describe the app, and the folders of code; never .env, .git or the data."""
    names = {"app.py", "Makefile", "Dockerfile", "LICENSE", "NOTICE", "compose.yaml", "packages.txt", "pyproject.toml"}
    for path in sorted(ROOT.iterdir()):
        if path.name in names or path.name.startswith("requirements") or path.suffix == ".md":
            yield path
    for folder in FOLDERS:
        for path in sorted((ROOT / folder).rglob("*")):
            if path.is_file() and not set(LEFT_OUT) & set(path.parts):
                yield path
