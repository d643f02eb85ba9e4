"""What the dropdowns of the generate tab offer, and what is made of their raw values."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import gradio as gr

from vnclone import engines as all_engines
from vnclone.models import FORMATS
from vnclone.ui.registry import Properties
from vnclone.ui.words import say


def of(label: str, prefix: str, values: Sequence[str]) -> Properties:
    """The label, and for each value the word called `prefix_value`."""
    return lambda language: {
        "label": say(label, language),
        "choices": [(say(f"{prefix}_{value}", language), value) for value in values],
    }


def engines(language: str) -> dict[str, Any]:
    """`auto` and every engine, each with how it stands: ready, to be downloaded, not installed."""
    offered = [(say("engine_auto", language), "auto")]
    for name in all_engines.names():
        state = say(f"engine_state_{all_engines.load(name).status().state}", language)
        offered.append((say("engine_line", language, name=say(f"engine_{name}", language), state=state), name))
    return {"label": say("engine", language), "choices": offered}


def formats(language: str) -> dict[str, Any]:
    return {"label": say("format", language), "choices": [(kind.upper(), kind) for kind in FORMATS]}


def kept(offered: list[tuple[str, str]], value: Any) -> dict[str, Any]:
    """New choices of a dropdown: the value that was chosen stays while it is offered, else the first one is taken.

    A value that stays is not sent: another handler may be setting a newer one at this moment.
    """
    ids = [choice for _, choice in offered]
    if value in ids:
        return gr.update(choices=offered)
    return gr.update(choices=offered, value=next(iter(ids), None))


def speed(value: Any) -> float:
    """The slider's value as a number; 1.0 for what is none. Its range is checked by the service."""
    try:
        number = float(value)
    except (TypeError, ValueError):
        return 1.0
    return number if math.isfinite(number) and number > 0 else 1.0
