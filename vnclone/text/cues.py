"""Cues in a text: laughter, a sigh, a cleared throat. Engines that know them get them, others never see them."""

from __future__ import annotations

import re

# What VieNeu-TTS v3 was trained to do, under the names it takes in either language.
_NAMES = {
    "cười": "cười",
    "cuoi": "cười",
    "chuckle": "cười",
    "thở dài": "thở dài",
    "tho dai": "thở dài",
    "sigh": "thở dài",
    "hắng giọng": "hắng giọng",
    "hang giong": "hắng giọng",
    "clear throat": "hắng giọng",
}
CUE = re.compile(rf"\[\s*({'|'.join(_NAMES)})\s*\]", re.IGNORECASE)


def split(text: str) -> list[tuple[str, bool]]:
    """`text` in parts, each with whether it is a cue, in its one spelling: "[cười]", "[thở dài]", "[hắng giọng]"."""
    parts = CUE.split(text)  # odd places hold the cue's name
    return [(f"[{_NAMES[part.lower()]}]" if place % 2 else part, bool(place % 2)) for place, part in enumerate(parts)]


def without(text: str) -> str:
    """`text` as an engine without cues is to read it."""
    return re.sub(r"\s+([.,;:!?…])", r"\1", " ".join(CUE.sub(" ", text).split())) if CUE.search(text) else text
