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
from collections.abc import Iterable, Sequence
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
# System calls that nobody needs who only parses a file, and that Landlock knows nothing of: x86_64, aarch64 (None: the
# architecture has none). Linux's arch/x86/entry/syscalls/syscall_64.tbl and include/uapi/asm-generic/unistd.h.
_OF_OTHERS_FILES = {  # a path that may not be opened can still be changed by these
    "chmod": (90, None), "fchmod": (91, 52), "fchmodat": (268, 53), "fchmodat2": (452, 452),
    "chown": (92, None), "fchown": (93, 55), "lchown": (94, None), "fchownat": (260, 54),
    "utime": (132, None), "utimes": (235, None), "futimesat": (261, None), "utimensat": (280, 88),
    "setxattr": (188, 5), "lsetxattr": (189, 6), "fsetxattr": (190, 7), "setxattrat": (463, 463),
    "removexattr": (197, 14), "lremovexattr": (198, 15), "fremovexattr": (199, 16), "removexattrat": (466, 466),
    "file_setattr": (469, 469), "link": (86, None), "linkat": (265, 37), "open_by_handle_at": (304, 265),
}  # fmt: skip
_OF_SOCKETS = {  # local ones too: a service of the machine listens at a path, and one of a pair can send to any path
    "socket": (41, 198), "socketpair": (53, 199),
}  # fmt: skip
_OF_OTHER_PROCESSES = {
    "ptrace": (101, 117), "process_vm_readv": (310, 270), "process_vm_writev": (311, 271), "pidfd_getfd": (438, 438),
    "setsid": (112, 157), "setpgid": (109, 154),  # whoever leaves the group outlives its end
}  # fmt: skip
_AROUND_THE_FILTER = {"io_uring_setup": (425, 425)}
_REFUSED = _OF_OTHERS_FILES | _OF_SOCKETS | _OF_OTHER_PROCESSES | _AROUND_THE_FILTER
_PLACES = {"x86_64": 0, "aarch64": 1}
_AUDIT = {"x86_64": 0xC000003E, "aarch64": 0xC00000B7}  # include/uapi/linux/audit.h
_X32, _EPERM = 0x40000000, 1


def confine(reads: Iterable[str] = (), writes: Iterable[str] = ()) -> None:
    """From here on this process reads only the system's own files, Python's and `reads`, and writes only to `writes`
    (files or folders that exist), has no socket, and changes no file's mode, owner, times or name elsewhere.
    There is no way back."""
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
    machine = platform.machine()
    if machine not in _PLACES:
        return
    place = _PLACES[machine]
    refused = sorted(number for numbers in _REFUSED.values() if (number := numbers[place]) is not None)
    code = _filter(_AUDIT[machine], refused)
    program = _Program(len(code) // 8, code)
    libc.prctl(_SET_SECCOMP, _FILTER, ctypes.byref(program), 0, 0)


def _filter(architecture: int, refused: Sequence[int]) -> bytes:
    """Classic BPF: EPERM for the `refused` numbers. Programs that would like to keep a file's mode or times go on
    without; to kill them would cost the document."""
    load, equal, at_least, give_back = 0x20, 0x15, 0x35, 0x06
    last = 4 + len(refused)  # the instruction that allows; the one after it refuses

    def jump(code: int, value: int, here: int, then: int | None = None, otherwise: int | None = None) -> bytes:
        """Both ways lead to the next instruction unless told otherwise."""
        ways = (0 if to is None else to - here - 1 for to in (then, otherwise))
        return struct.pack("=HBBI", code, *ways, value)

    lines = [
        struct.pack("=HBBI", load, 0, 0, 4),  # seccomp_data.arch
        jump(equal, architecture, 1, otherwise=last + 1),
        struct.pack("=HBBI", load, 0, 0, 0),  # .nr
        jump(at_least, _X32, 3, then=last + 1),
        *(jump(equal, number, 4 + at, then=last + 1) for at, number in enumerate(refused)),
        struct.pack("=HBBI", give_back, 0, 0, 0x7FFF0000),
        struct.pack("=HBBI", give_back, 0, 0, 0x00050000 | _EPERM),
    ]
    return b"".join(lines)
