"""What comes over gradio_client is checked against the endpoint's own type hints before it reaches a service."""

import functools
import inspect
from collections.abc import Callable
from typing import Any, get_type_hints

import gradio as gr
from pydantic import ConfigDict, TypeAdapter, ValidationError

from vnclone.errors import BadInput

STRICT = ConfigDict(strict=True)  # "false" is no boolean and "5" no number: guessing has deleted recordings
UNCHECKED = (gr.Request, gr.FileData)  # Gradio's own, and files, which `uploads.received` checks


def checked(endpoint: Callable[..., Any]) -> Callable[..., Any]:
    """Wrap an endpoint so that a wrong type raises BadInput naming the parameter; its signature stays."""
    hints = {name: kind for name, kind in get_type_hints(endpoint).items() if name != "return"}
    kinds = {name: TypeAdapter(kind, config=STRICT) for name, kind in hints.items() if kind not in UNCHECKED}
    signature = inspect.signature(endpoint)

    def check(*args: Any, **kwargs: Any) -> None:
        for name, value in signature.bind(*args, **kwargs).arguments.items():
            if name in kinds:
                _check(kinds[name], name, value)

    if inspect.isasyncgenfunction(endpoint):

        @functools.wraps(endpoint)
        async def steps(*args: Any, **kwargs: Any) -> Any:
            check(*args, **kwargs)
            async for value in endpoint(*args, **kwargs):
                yield value

        return steps

    @functools.wraps(endpoint)
    def call(*args: Any, **kwargs: Any) -> Any:
        check(*args, **kwargs)
        return endpoint(*args, **kwargs)

    return call


def _check(kind: TypeAdapter[Any], name: str, value: Any) -> None:
    try:
        kind.validate_python(value)
        if isinstance(value, str):
            value.encode()  # half a surrogate pair is no character
    except (ValidationError, UnicodeError):
        raise BadInput(
            f"Tham số “{name}” không đúng kiểu dữ liệu.", f"The parameter “{name}” has the wrong type."
        ) from None
