"""Of several followers that one open page has started, only the newest goes on: the others would overwrite it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager

import gradio as gr


class Newest:
    """One for each kind of follower. A page is known by Gradio's session hash; what is gone is not kept."""

    def __init__(self) -> None:
        self._tokens: dict[str, object] = {}

    @contextmanager
    def of(self, request: gr.Request) -> Iterator[Callable[[], bool]]:
        """Gives a function that says whether this follower is still the newest one of its page."""
        page, token = str(request.session_hash), object()
        self._tokens[page] = token
        try:
            yield lambda: self._tokens.get(page) is token
        finally:
            if self._tokens.get(page) is token:
                del self._tokens[page]
