"""The door of every Gradio handler: an error of ours is shown as it is, any other as one sentence with a logged id."""

import functools
import inspect
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import gradio as gr

from vnclone.errors import VncloneError
from vnclone.models import Said
from vnclone.services.accounts import not_signed_in
from vnclone.services.tasks import unexpected
from vnclone.web.identity import language_of


def user_id(request: gr.Request) -> str:
    """The caller's id, as Gradio's `auth_dependency` found it. Raises NotSignedIn for a guest."""
    if not request.username:
        raise not_signed_in()
    return str(request.username)


def language(request: gr.Request) -> str:
    """ "vi" or "en", by the page's cookie or the browser's languages."""
    return language_of(request.request) if request is not None and request.request is not None else "vi"


def door(handler: Callable[..., Any]) -> Callable[..., Any]:
    """Wrap a handler whose arguments include its `gr.Request`; it stays plain, async or a generator as it was."""
    for is_kind, wrapped in (
        (inspect.isasyncgenfunction, _async_steps),
        (inspect.iscoroutinefunction, _async_call),
        (inspect.isgeneratorfunction, _steps),
    ):
        if is_kind(handler):
            return wrapped(handler)
    return _call(handler)


def _async_steps(handler: Callable[..., Any]) -> Callable[..., Any]:
    @functools.wraps(handler)
    async def steps(*args: Any, **kwargs: Any) -> Any:
        with told((*args, *kwargs.values())):
            async for value in handler(*args, **kwargs):
                yield value

    return steps


def _async_call(handler: Callable[..., Any]) -> Callable[..., Any]:
    @functools.wraps(handler)
    async def call(*args: Any, **kwargs: Any) -> Any:
        with told((*args, *kwargs.values())):
            return await handler(*args, **kwargs)

    return call


def _steps(handler: Callable[..., Any]) -> Callable[..., Any]:
    @functools.wraps(handler)
    def steps(*args: Any, **kwargs: Any) -> Any:
        with told((*args, *kwargs.values())):
            yield from handler(*args, **kwargs)

    return steps


def _call(handler: Callable[..., Any]) -> Callable[..., Any]:
    @functools.wraps(handler)
    def call(*args: Any, **kwargs: Any) -> Any:
        with told((*args, *kwargs.values())):
            return handler(*args, **kwargs)

    return call


@contextmanager
def told(arguments: tuple[Any, ...]) -> Iterator[None]:
    """Turns what is raised into what the person sees, in the language of the request among `arguments`."""
    try:
        yield
    except gr.Error:
        raise
    except Exception as error:  # noqa: BLE001 - the door
        said = error.said if isinstance(error, VncloneError) else unexpected(error)
        request = next((a for a in arguments if isinstance(a, gr.Request)), None)
        chosen = language(request) if request else "vi"
        title = Said("Chưa làm được", "That did not work").in_(chosen)
        raise gr.Error(said.in_(chosen), title=title, print_exception=False) from None
