"""One document converted by LibreOffice's own library; run as a script of its own, so that a crash costs that alone.

    python officekit.py PROGRAM_FOLDER PROFILE_URL SOURCE_URL TARGET_URL

Unlike the program `soffice` this opens no pipe in /tmp (which a confined process may not) and needs no second start for
a new profile. The functions stand in tables whose first places have been the same since LibreOffice 4.3:
include/LibreOfficeKit/LibreOfficeKit.h.
"""

from __future__ import annotations

import ctypes
import os
import sys
from typing import Any

_LOAD, _SAVE = 2, 2  # places of documentLoad and saveAs in their tables, after nSize and destroy
_LIBRARIES = ("libmergedlo.so", "libsofficeapp.so")


def main(program: str, profile: str, source: str, target: str) -> int:
    """0 when the document was written, 1 when not."""
    library = ctypes.CDLL(os.path.join(program, _library(program)), mode=ctypes.RTLD_GLOBAL)
    start = library.libreofficekit_hook_2
    start.restype, start.argtypes = ctypes.c_void_p, [ctypes.c_char_p, ctypes.c_char_p]
    office = start(program.encode(), profile.encode())
    document = office and _function(office, _LOAD, ctypes.c_void_p, 1)(office, source.encode())
    if not document:
        return 1
    return 0 if _function(document, _SAVE, ctypes.c_int, 3)(document, target.encode(), b"docx", None) else 1


def _library(program: str) -> str:
    return next(name for name in _LIBRARIES if os.path.exists(os.path.join(program, name)))


def _function(thing: int, place: int, result: Any, strings: int) -> Any:
    """The function at `place` of a thing's table; it takes the thing and some strings."""
    table = ctypes.cast(thing, ctypes.POINTER(ctypes.POINTER(ctypes.c_void_p)))[0]
    return ctypes.CFUNCTYPE(result, ctypes.c_void_p, *[ctypes.c_char_p] * strings)(table[place])


if __name__ == "__main__":
    code = main(*sys.argv[1:5])
    os._exit(code)  # the library's own ending is slow and may crash
