"""What a child that parses a stranger's file may do no more, however the file misleads it: reach a network, read other
people's files, write elsewhere. By the kernel, for all that the child starts too, and only where the kernel can.

Landlock (Linux 5.13, https://docs.kernel.org/userspace-api/landlock.html) limits files, seccomp
(https://docs.kernel.org/userspace-api/seccomp_filter.html) limits system calls. Neither needs a privilege.
"""

from __future__ import annotations

import ctypes
import os
import platform
import struct
import sys
from collections.abc import Iterable
from pathlib import Path

# Programs, libraries and what these read of the system; nothing of the person's or of other processes.
_ETC = ("ld.so.cache", "fonts", "libreoffice", "localtime", "alternatives", "passwd", "group", "nsswitch.conf")
_PROC = ("self", "cpuinfo", "meminfo", "stat", "filesystems", "sys")
SYSTEM = (
    *("/usr", "/lib", "/lib64", "/lib32", "/bin", "/sbin", "/opt", "/nix", "/sys/devices/system", "/sys/fs/cgroup"),
    *(f"/etc/{name}" for name in (*_ETC, "papersize", "mime.types", "locale.alias")),
    *(f"/proc/{name}" for name in _PROC),
)
DEVICES = ("/dev/null", "/dev/zero", "/dev/full", "/dev/random", "/dev/urandom")

_NO_NEW_PRIVILEGES, _SET_SECCOMP, _FILTER = 38, 22, 2  # prctl(2)
_CREATE_RULESET, _ADD_RULE, _RESTRICT_SELF = 444, 445, 446  # the same numbers on all architectures
_EXECUTE, _WRITE_FILE, _READ_FILE, _READ_DIR, _TRUNCATE, _IOCTL = 1, 2, 4, 8, 1 << 14, 1 << 15
_RIGHTS = {
    1: 1 << 13,
    2: 1 << 14,
    3: 1 << 15,
    4: 1 << 15,
}  # rights there are, by the version of Landlock: all bits below
_ON_FILES = _EXECUTE | _WRITE_FILE | _READ_FILE | _TRUNCATE | _IOCTL
_SCOPES = 3  # from version 6 on: no abstract sockets and no signals of processes outside
# Audit number of the architecture; its socket, ptrace, process_vm_readv and process_vm_writev.
_ARCHITECTURES = {"x86_64": (0xC000003E, (41, 101, 310, 311)), "aarch64": (0xC00000B7, (198, 117, 270, 271))}
_IO_URING_SETUP, _PIDFD_GETFD, _X32 = 425, 438, 0x40000000
_AF_UNIX, _EPERM = 1, 1


def confine(reads: Iterable[str] = (), writes: Iterable[str] = ()) -> None:
    """From here on this process reads only the system's own files, Python's and `reads`, and writes only to `writes`
    (files or folders that exist), and has no socket but local ones. There is no way back."""
    libc = ctypes.CDLL(None, use_errno=True)
    libc.prctl(_NO_NEW_PRIVILEGES, 1, 0, 0, 0)
    _limit_files(libc, [*SYSTEM, *_python(), *reads], [*DEVICES, *writes])
    _limit_calls(libc)


def _python() -> list[str]:
    """Where modules are imported from, but not the folder that the package lies in: people's data may lie there too."""
    package = Path(__file__).resolve().parent
    places = {sys.prefix, sys.base_prefix, sys.exec_prefix, *sys.path} - {"", str(package.parent)}
    return [str(package), *sorted(places)]


def _limit_files(libc: ctypes.CDLL, reads: list[str], writes: list[str]) -> None:
    version = libc.syscall(_CREATE_RULESET, None, ctypes.c_size_t(0), 1)
    if version < 1:
        return
    every = _RIGHTS.get(version, 1 << 16) - 1
    attributes = struct.pack("=QQQ", every, 0, _SCOPES if version >= 6 else 0)
    size = 8 if version < 4 else 16 if version < 6 else 24
    rules = libc.syscall(_CREATE_RULESET, attributes, ctypes.c_size_t(size), 0)
    if rules < 0:
        return
    for paths, rights in ((reads, _EXECUTE | _READ_FILE | _READ_DIR), (writes, every)):
        for path in paths:
            _allow(libc, rules, path, rights & every)
    libc.syscall(_RESTRICT_SELF, rules, 0)
    os.close(rules)


def _allow(libc: ctypes.CDLL, rules: int, path: str, rights: int) -> None:
    try:
        opened = os.open(path, os.O_PATH | os.O_CLOEXEC)
    except OSError:
        return  # not on this system
    if not os.path.isdir(path):
        rights &= _ON_FILES
    libc.syscall(_ADD_RULE, rules, 1, struct.pack("=Qi", rights, opened), 0)
    os.close(opened)


class _Program(ctypes.Structure):
    _fields_ = (("count", ctypes.c_ushort), ("instructions", ctypes.c_char_p))


def _limit_calls(libc: ctypes.CDLL) -> None:
    if platform.machine() not in _ARCHITECTURES:
        return
    code = _filter(*_ARCHITECTURES[platform.machine()])
    program = _Program(len(code) // 8, code)
    libc.prctl(_SET_SECCOMP, _FILTER, ctypes.byref(program), 0, 0)


def _filter(architecture: int, calls: tuple[int, ...]) -> bytes:
    """Classic BPF: refuse sockets other than local ones, looking into other processes, and ways around both."""
    load, equal, at_least, give_back = 0x20, 0x15, 0x35, 0x06
    allowed, refused = 0x7FFF0000, 0x00050000 | _EPERM
    socket, *others = calls
    forbidden = [*others, _IO_URING_SETUP, _PIDFD_GETFD]
    last = 7 + len(forbidden)  # the instruction that allows; the one after it refuses

    def jump(code: int, value: int, here: int, then: int | None = None, otherwise: int | None = None) -> bytes:
        return struct.pack(
            "=HBBI",
            code,
            0 if then is None else then - here - 1,
            0 if otherwise is None else otherwise - here - 1,
            value,
        )

    lines = [
        struct.pack("=HBBI", load, 0, 0, 4),  # seccomp_data.arch
        jump(equal, architecture, 1, otherwise=last + 1),
        struct.pack("=HBBI", load, 0, 0, 0),  # .nr
        jump(at_least, _X32, 3, then=last + 1),
        jump(equal, socket, 4, otherwise=7),
        struct.pack("=HBBI", load, 0, 0, 16),  # .args[0], the address family
        jump(equal, _AF_UNIX, 6, then=last, otherwise=last + 1),
        *(jump(equal, number, 7 + at, then=last + 1) for at, number in enumerate(forbidden)),
        struct.pack("=HBBI", give_back, 0, 0, allowed),
        struct.pack("=HBBI", give_back, 0, 0, refused),
    ]
    return b"".join(lines)
