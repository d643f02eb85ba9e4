"""Text and a voice in, a Clip out. One file an engine; adding one is one line in `_ENGINES`.

Nothing heavy is imported here: an engine's module is loaded when the engine is asked for.
"""

from __future__ import annotations

import importlib
from functools import cache
from typing import TYPE_CHECKING, cast

from vnclone.errors import BadInput, Unavailable
from vnclone.settings import canonical_engine

if TYPE_CHECKING:
    from vnclone.engines.base import Engine

AUTO = "auto"
# name -> "module:class", the best first: `auto` takes the first one that is ready. After `parametric`, which always is,
# come those that have to be chosen: one needs a transcript and is not for commercial use, one is somebody's server.
_ENGINES = {
    "vieneu": "vnclone.engines.vieneu:Vieneu",
    "vieneu_nano": "vnclone.engines.vieneu_nano:VieneuNano",
    "parametric": "vnclone.engines.parametric:Parametric",
    "f5": "vnclone.engines.f5:F5",
    "gpt_sovits": "vnclone.engines.gpt_sovits:GptSovits",
}


def names() -> tuple[str, ...]:
    """Every engine's name, the best first, whether or not it is ready."""
    return tuple(_ENGINES)


def load(name: str) -> Engine:
    """The engine called `name`; "auto" is the best one that is ready, and the specification's aliases are understood.

    Raises BadInput, listing what exists, for an unknown name; Unavailable when "auto" finds none ready.
    """
    name = canonical_engine(name)
    if name == AUTO:
        name = best()
    if name not in _ENGINES:
        known = ", ".join((AUTO, *_ENGINES))
        raise BadInput(
            f"Không có bộ đọc nào tên là “{name}”. Hãy chọn một trong: {known}.",
            f"There is no engine called “{name}”. Choose one of: {known}.",
        )
    return _load(name)


def best() -> str:
    """The name of the first engine whose status is ready. Raises Unavailable, with each engine's reason, if none is."""
    reasons = []
    for name in _ENGINES:
        status = _load(name).status()
        if status.state == "ready":
            return name
        reasons.append((name, status.detail))
    raise Unavailable(
        "Chưa có bộ đọc nào sẵn sàng. " + " ".join(f"{name}: {detail.vi}" for name, detail in reasons),
        "No engine is ready yet. " + " ".join(f"{name}: {detail.en}" for name, detail in reasons),
    )


@cache
def _load(name: str) -> Engine:
    module, _, kind = _ENGINES[name].partition(":")
    return cast("Engine", getattr(importlib.import_module(module), kind)())
