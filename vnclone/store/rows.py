"""Rows to models and back. Nested values are JSON columns; everything else is a column of its own name."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import asdict, fields, is_dataclass
from typing import Any, TypeVar

from vnclone.models import Chapter, ReadOptions, Said, Scan, chapters_from_json, chapters_to_json, report_from_json

T = TypeVar("T")

DECODERS: dict[str, Callable[[Any], Any]] = {
    "error": lambda value: Said(**value),
    "note": lambda value: Said(**value),
    "report": report_from_json,
    "chapters": chapters_from_json,
    "notes": lambda value: tuple(Said(**note) for note in value),
    "is_active": bool,
    "pauses": dict,
    "voices": dict,
    "lexicon": dict,
    "scans": lambda value: tuple(Scan(**scan) for scan in value),
    "options": lambda value: ReadOptions(**value),
    "skipped": tuple,
}


def to_row(model: Any) -> dict[str, Any]:
    """A dict of column values for a frozen dataclass."""
    return {f.name: encode(getattr(model, f.name)) for f in fields(model)}


def encode(value: Any) -> Any:
    """A column's value: JSON for dataclasses, tuples and dicts, everything else as it is."""
    if isinstance(value, dict):
        return json.dumps(value, ensure_ascii=False)
    if is_dataclass(value) and not isinstance(value, type):
        return json.dumps(asdict(value), ensure_ascii=False)
    if isinstance(value, tuple) and value and isinstance(value[0], Chapter):
        return json.dumps(chapters_to_json(value), ensure_ascii=False)
    if isinstance(value, tuple):
        return json.dumps([item if isinstance(item, str) else asdict(item) for item in value], ensure_ascii=False)
    return value


def from_row(model: type[T], row: dict[str, Any]) -> T:
    """The `model` that `row` holds; columns the row leaves out, or empty ones, take the model's default."""
    names = {f.name for f in fields(model)}  # type: ignore[arg-type]
    return model(**{name: _decode(name, value) for name, value in row.items() if name in names and value is not None})


def _decode(name: str, value: Any) -> Any:
    decoder = DECODERS.get(name)
    if decoder is None:
        return value
    return decoder(json.loads(value) if isinstance(value, str) else value)
