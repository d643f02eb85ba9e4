"""Bringing a bundle's files into the hub's cache: what has arrived is kept, what is wrong goes, nothing is half there.

A file grows as `blobs/<its hash>.incomplete`, under the lock that huggingface_hub's own downloads take. Only when its
content was checked does it get its name, and only then does the snapshot's folder show it.
"""

from __future__ import annotations

import errno
import hashlib
import os
import shutil
import time
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO

from vnclone.engines import hub
from vnclone.engines.hub import Remote
from vnclone.engines.weights import (
    PARTIAL,
    Bundle,
    DownloadStopped,
    Progress,
    Repository,
    WeightFile,
    amount,
    cache,
    folder,
    is_whole,
    missing_bytes,
    storage,
    total_bytes,
)
from vnclone.errors import Unavailable, VncloneError

if TYPE_CHECKING:
    from hashlib import _Hash

PAUSES = (1.0, 2.0, 4.0, 8.0)  # seconds before each new try; the count starts anew whenever more has arrived
_SHOWN_EVERY = 0.2  # seconds between two reports
_GLANCE = 0.2  # seconds between two looks at whether to stop, while waiting
_RATE_OVER = 10.0  # seconds that the rate is taken over
_BLOCK = 1 << 20  # bytes read at a time to hash what is there
_NO_SPACE = {errno.ENOSPC, errno.EDQUOT}
_NOT_WRITABLE = {errno.EACCES, errno.EPERM, errno.EROFS, errno.ENOTDIR, errno.EEXIST}


class _Damaged(Exception):
    """The content is not what its hash says. `resumed`: some of it was there before this try."""

    def __init__(self, resumed: bool) -> None:
        super().__init__("wrong content")
        self.resumed = resumed


@dataclass(slots=True)
class _Meter:
    """How far everything is, in bytes: files that are whole, `size` of the one being fetched, and those to come."""

    report: Callable[[Progress], None]
    cancelled: Callable[[], bool]
    settled: int
    to_come: int
    file: str = ""
    size: int = 0
    here: int = 0
    _received: int = 0
    _shown: float = 0.0
    _lately: deque[tuple[float, int]] = field(default_factory=deque)

    def begin(self, file: WeightFile) -> None:
        self.file, self.size, self.here = file.path, file.size, 0
        self.to_come -= file.size

    def at(self, place: int, received: int = 0) -> None:
        """The current file has `place` bytes, of which `received` have just come over the network."""
        self.here = place
        self._received += received
        self.check()

    def settle(self) -> None:
        """The current file is whole."""
        self.settled, self.size, self.here = self.settled + self.size, 0, 0
        self.show()

    def check(self) -> None:
        """Show where it is, not too often. Raises DownloadStopped when somebody asked to stop."""
        if self.cancelled():
            raise DownloadStopped
        if time.monotonic() - self._shown >= _SHOWN_EVERY:
            self.show()

    def show(self) -> None:
        self._shown = time.monotonic()
        rate = self._rate()
        done, total = self.settled + min(self.here, self.size), self.settled + self.size + self.to_come
        eta = 0.0 if done == total else (total - done) / rate if rate else None
        self.report(Progress(done, total, rate, eta, self.file))

    def _rate(self) -> float:
        """Bytes a second over the last moments."""
        self._lately.append((self._shown, self._received))
        while len(self._lately) > 2 and self._shown - self._lately[0][0] > _RATE_OVER:
            self._lately.popleft()
        (since, before), now = self._lately[0], self._shown
        return (self._received - before) / (now - since) if now > since else 0.0


def fetch(bundle: Bundle, report: Callable[[Progress], None], cancelled: Callable[[], bool]) -> None:
    """What `weights.download` promises."""
    from huggingface_hub import is_offline_mode

    with _disk_in_plain_words(bundle):
        _drop_altered(bundle, cancelled)
    missing = [(r, f) for r in bundle.repositories for f in r.files if not is_whole(r, f)]
    to_come = sum(file.size for _, file in missing)
    meter = _Meter(report, cancelled, total_bytes(bundle) - to_come, to_come)
    if missing and is_offline_mode():
        raise hub.offline()
    with _disk_in_plain_words(bundle):
        if missing:
            cache().mkdir(parents=True, exist_ok=True)
            _require_space(missing_bytes(bundle))
        for repository, file in missing:
            meter.begin(file)
            meter.check()
            _bring(repository, file, meter)
            meter.settle()
    if not missing:
        meter.show()


def _drop_altered(bundle: Bundle, cancelled: Callable[[], bool]) -> None:
    """Files that are there with other content, or cannot be read, are removed: asking again mends them."""
    for repository, file in [(r, f) for r in bundle.repositories for f in r.files if f.sha256 and is_whole(r, f)]:
        pointer = folder(repository) / file.path
        if _sha256(pointer, cancelled) != file.sha256:
            pointer.resolve().unlink()
            pointer.unlink(missing_ok=True)


def _sha256(path: Path, cancelled: Callable[[], bool]) -> str:
    """Of the file's content; "" when it cannot be read."""
    digest = hashlib.sha256()
    try:
        with path.open("rb") as opened:
            while block := opened.read(_BLOCK):
                digest.update(block)
                if cancelled():
                    raise DownloadStopped
    except PermissionError:
        return ""
    return digest.hexdigest()


def _bring(repository: Repository, file: WeightFile, meter: _Meter) -> None:
    """Fetch one file, trying again where that may help. Raises VncloneError."""
    import httpx2
    from huggingface_hub.errors import FileMetadataError, OfflineModeIsEnabled

    furthest, tries = 0, 0
    while True:
        try:
            return _attempt(repository, file, meter)
        except _Damaged as error:
            if not error.resumed:
                raise _wrong_content(repository, file) from error
        except (httpx2.HTTPError, FileMetadataError, OfflineModeIsEnabled, hub.CutShort) as error:
            if meter.here > furthest:
                furthest, tries = meter.here, 0
            wait = hub.seconds_to_wait(error, PAUSES[tries]) if tries < len(PAUSES) else None
            if wait is None:
                raise hub.in_plain_words(error, repository.id, file.path) from error
            tries += 1
            _pause(wait, meter)


def _attempt(repository: Repository, file: WeightFile, meter: _Meter) -> None:
    remote = hub.patiently(lambda: hub.look(repository.id, repository.revision, file.path), meter.check)
    if (file.exact and remote.size != file.size) or (file.sha256 and _is_other_sha256(remote.etag, file.sha256)):
        raise _wrong_content(repository, file)
    meter.size = remote.size
    blob = storage(repository) / "blobs" / remote.etag
    with _locked(repository, remote.etag, lambda: meter.at(_size(_partial(blob)))):
        if not is_whole(repository, file):  # else another download brought it meanwhile
            _make_blob(blob, remote, file, meter)
            _show_in_snapshot(blob, folder(repository) / file.path)


def _make_blob(blob: Path, remote: Remote, file: WeightFile, meter: _Meter) -> None:
    """`blob`, its content checked; one that is there already but wrong is replaced."""
    blob.parent.mkdir(parents=True, exist_ok=True)
    if _is_right(blob, remote, file, meter):
        return
    blob.unlink(missing_ok=True)
    partial = _partial(blob)
    try:
        with os.fdopen(os.open(partial, os.O_RDWR | os.O_CREAT | getattr(os, "O_BINARY", 0), 0o666), "r+b") as opened:
            _fill(opened, remote, file, meter)
        os.replace(partial, blob)
    except _Damaged:
        partial.unlink(missing_ok=True)
        raise
    except OSError as error:
        if error.errno in _NO_SPACE:  # a full disk harms everything else on it: give the room back
            partial.unlink(missing_ok=True)
        raise


def _fill(partial: BinaryIO, remote: Remote, file: WeightFile, meter: _Meter) -> None:
    """Complete `partial` and check it. Raises _Damaged, CutShort, and what `hub.read` does."""
    digest, place = _hashed(partial, remote, file, meter), partial.tell()
    resumed = place > 0
    for at, data in hub.read(remote.url, place, meter.check) if place < remote.size else ():
        if at != place:  # the server sends all of it, whatever it was asked for
            partial.truncate(partial.seek(at))
            digest, place, resumed = _new_digest(remote, file), at, False
        partial.write(data)
        digest.update(data)
        place += len(data)
        meter.at(place, len(data))
    if place < remote.size:
        raise hub.CutShort
    partial.flush()
    os.fsync(partial.fileno())
    if place > remote.size or digest.hexdigest() != (file.sha256 or remote.etag):
        raise _Damaged(resumed)


def _is_right(blob: Path, remote: Remote, file: WeightFile, meter: _Meter) -> bool:
    """Whether `blob` is there and its content is what its hash says."""
    if _size(blob) != remote.size or not blob.is_file():
        return False
    with blob.open("rb") as opened:
        return _hashed(opened, remote, file, meter).hexdigest() == (file.sha256 or remote.etag)


def _hashed(opened: BinaryIO, remote: Remote, file: WeightFile, meter: _Meter) -> _Hash:
    """The digest of what is there, which is thereby read to its end."""
    digest = _new_digest(remote, file)
    while block := opened.read(_BLOCK):
        digest.update(block)
        meter.at(opened.tell())
    return digest


def _new_digest(remote: Remote, file: WeightFile) -> _Hash:
    """SHA-256; for a small file of which only its git blob's name is known, what git makes that name from."""
    if file.sha256 or _is_sha256(remote.etag):
        return hashlib.sha256()
    return hashlib.sha1(f"blob {remote.size}\0".encode(), usedforsecurity=False)


def _is_sha256(etag: str) -> bool:
    return len(etag) == 64


def _is_other_sha256(etag: str, sha256: str) -> bool:
    return _is_sha256(etag) and etag != sha256


def _show_in_snapshot(blob: Path, pointer: Path) -> None:
    """The layout of huggingface_hub's cache: a relative link to the blob, or the blob itself where links cannot be."""
    from huggingface_hub import constants

    pointer.parent.mkdir(parents=True, exist_ok=True)
    link = pointer.with_name(f".{pointer.name}.{os.getpid()}.{os.urandom(4).hex()}.tmp")
    try:
        if constants.HF_HUB_DISABLE_SYMLINKS:
            raise OSError(errno.ENOSYS, os.strerror(errno.ENOSYS))
        link.symlink_to(os.path.relpath(blob, pointer.parent))
        link.replace(pointer)
    except OSError:  # no symbolic links on this file system, or not for this account (Windows)
        os.replace(blob, pointer)
    finally:
        link.unlink(missing_ok=True)


@contextmanager
def _locked(repository: Repository, etag: str, idle: Callable[[], None]) -> Iterator[None]:
    """The lock that every download of this blob takes; `idle` is called while somebody else has it."""
    from filelock import Timeout
    from huggingface_hub.utils import WeakFileLock  # type: ignore[attr-defined]

    path = cache() / ".locks" / storage(repository).name / f"{etag}.lock"
    path.parent.mkdir(parents=True, exist_ok=True)
    with ExitStack() as stack:
        while True:
            try:
                stack.enter_context(WeakFileLock(path, timeout=_GLANCE))
                break
            except Timeout:
                idle()
        yield


@contextmanager
def _disk_in_plain_words(bundle: Bundle) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        if error.errno in _NO_SPACE:
            raise _no_space(missing_bytes(bundle)) from error
        if error.errno in _NOT_WRITABLE:
            raise _not_writable() from error
        raise Unavailable(
            f"Không lưu được tệp mô hình vào {cache()} ({error.strerror}). Hãy kiểm tra ổ đĩa rồi thử lại.",
            f"A model file could not be stored in {cache()} ({error.strerror}). Check the disk, then try again.",
        ) from error


def _require_space(needed: int) -> None:
    if shutil.disk_usage(cache()).free < needed:
        raise _no_space(needed)


def _no_space(needed: int) -> Unavailable:
    free = shutil.disk_usage(cache()).free
    vi, en = ([amount(n, language) for n in (needed, free, max(0, needed - free))] for language in ("vi", "en"))
    return Unavailable(
        f"Ổ đĩa không đủ chỗ để tải mô hình: cần {vi[0]} ở {cache()}, chỉ còn {vi[1]}, thiếu {vi[2]}. Hãy giải phóng "
        "dung lượng, hoặc đặt biến HF_HOME sang ổ khác, rồi thử lại.",
        f"The disk has no room for the model: it takes {en[0]} in {cache()}, {en[1]} are free, {en[2]} are missing. "
        "Free some space, or point HF_HOME at another disk, then try again.",
    )


def _not_writable() -> Unavailable:
    return Unavailable(
        f"Không ghi được vào thư mục {cache()}. Hãy cấp quyền ghi cho thư mục ấy, hoặc đặt biến HF_HOME sang thư mục "
        "khác, rồi thử lại.",
        f"The folder {cache()} cannot be written. Allow writing there, or point HF_HOME at another folder, then try "
        "again.",
    )


def _wrong_content(repository: Repository, file: WeightFile) -> VncloneError:
    return Unavailable(
        f"Tệp {file.path} của {repository.id} tải về không đúng nội dung (mã kiểm tra SHA-256 không khớp) nên đã bị "
        "bỏ. Hãy thử lại; nếu vẫn thế, mạng hoặc máy chủ trung gian đang đổi nội dung tệp.",
        f"The file {file.path} of {repository.id} arrived with the wrong content (its SHA-256 does not match) and was "
        "thrown away. Try again; if that does not help, the network or a mirror alters files.",
    )


def _pause(seconds: float, meter: _Meter) -> None:
    until = time.monotonic() + seconds
    while (left := until - time.monotonic()) > 0:
        meter.check()
        time.sleep(min(left, _GLANCE))


def _partial(blob: Path) -> Path:
    return blob.with_name(blob.name + PARTIAL)


def _size(path: Path) -> int:
    """Bytes at `path`; 0 where nothing is."""
    try:
        return path.stat().st_size
    except OSError:
        return 0
