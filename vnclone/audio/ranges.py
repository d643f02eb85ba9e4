"""Bytes of one file at the end of another, by the kernel where it can."""

from __future__ import annotations

import errno
import os
from typing import BinaryIO

BLOCK_BYTES = 1 << 20
# What copy_file_range says between two file systems, of a kind of file or in a sandbox that it cannot do.
NOT_HERE = frozenset({errno.EXDEV, errno.ENOSYS, errno.EINVAL, errno.EOPNOTSUPP, errno.EPERM, errno.ETXTBSY})


def append(target: BinaryIO, source: BinaryIO, offset: int, count: int) -> None:
    """Append `count` bytes of `source` from `offset` on to `target`, which stands at its end and then does so again.

    In constant memory. Raises EOFError when `source` is shorter than that.
    """
    target.flush()
    done = _by_kernel(target.fileno(), source.fileno(), offset, count)
    target.seek(0, os.SEEK_END)  # the file object has not seen those
    source.seek(offset + done)
    while done < count:
        block = source.read(min(BLOCK_BYTES, count - done))
        if not block:
            raise EOFError(f"{count - done} bytes are missing")
        target.write(block)
        done += len(block)


def _by_kernel(target: int, source: int, offset: int, count: int) -> int:
    """How many bytes the kernel copied: all, or fewer where it cannot."""
    done = 0
    while hasattr(os, "copy_file_range") and done < count:
        try:
            copied = os.copy_file_range(source, target, count - done, offset + done)
        except OSError as error:
            if error.errno in NOT_HERE:
                break
            raise
        if not copied:
            break
        done += copied
    return done
