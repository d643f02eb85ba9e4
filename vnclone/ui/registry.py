"""Gradio components whose words depend on the reader's language: one list, applied at page load and at each switch."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import gradio as gr

from vnclone.ui.words import say

Properties = Callable[[str], dict[str, Any]]  # language -> the properties that depend on it


class Registry:
    """Components in the order they were added; `updates` is in that order too."""

    def __init__(self) -> None:
        self._entries: list[tuple[Any, Properties]] = []

    def add(self, component: Any, **keys: str) -> Any:
        """`label="key"` says that this property is that sentence of words.py. Returns the component."""
        return self.compute(component, lambda language: {name: say(key, language) for name, key in keys.items()})

    def compute(self, component: Any, properties: Properties) -> Any:
        """For what is more than a sentence, such as the choices of a dropdown. Returns the component."""
        self._entries.append((component, properties))
        return component

    @property
    def components(self) -> list[Any]:
        return [component for component, _ in self._entries]

    def updates(self, language: str) -> list[Any]:
        return [gr.update(**properties(language)) for _, properties in self._entries]
