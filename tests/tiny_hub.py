"""The tiny models as a hub's cache has real ones, and the manifest that lists them."""

from __future__ import annotations

import hashlib
from dataclasses import replace
from pathlib import Path

from tiny_vieneu import build_codec, build_nano, build_turbo

from vnclone.engines import weights
from vnclone.engines.weights import Bundle, Repository


def hub(cache: Path, work: Path, stops_below: float = 1e6) -> None:
    """Everything, in the hub's cache at `cache`, at the manifest's revisions. `work` is a folder to build in."""
    build_turbo(work / "turbo", stops_below)
    build_codec(work / "codec")
    build_nano(work / "nano")
    built = {"turbo": weights.TURBO_FP32, "codec": weights.CODEC_ONNX, "nano": weights.NANO}
    for name, repository in built.items():
        owner = f"models--{repository.id.replace('/', '--')}"
        as_snapshot(work / name, cache / owner / "snapshots" / repository.revision)


def manifest(bundle: Bundle) -> Bundle:
    """`bundle` with the sizes of the files that are there."""

    def sized(repository: Repository) -> Repository:
        folder = weights.folder(repository)
        files = (replace(file, size=(folder / file.path).stat().st_size, exact=True) for file in repository.files)
        return replace(repository, files=tuple(files))

    return replace(bundle, repositories=tuple(map(sized, bundle.repositories)))


def as_snapshot(built: Path, snapshot: Path) -> None:
    """The files of `built` as the hub's client keeps them: links from the snapshot to blobs named by their hash."""
    blobs = snapshot.parent.parent / "blobs"
    for path in (p for p in built.rglob("*") if p.is_file()):
        data = path.read_bytes()
        blob = blobs / hashlib.sha256(data + path.name.encode()).hexdigest()
        link = snapshot / path.relative_to(built)
        for folder in (blobs, link.parent):
            folder.mkdir(parents=True, exist_ok=True)
        blob.write_bytes(data)
        link.symlink_to(blob)
