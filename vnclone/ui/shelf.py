"""A list of uploads as it is watched: again and again while something in it is being worked on."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterable

import gradio as gr

from vnclone.services.uploads import T, Uploads
from vnclone.ui.newest import Newest

POLL_SECONDS = 0.4


async def watched(
    uploads: Uploads[T], owner: str, newest: Newest, request: gr.Request, added: Iterable[str] = ()
) -> AsyncIterator[tuple[list[T], list[T]]]:
    """(everything, what has become ready since the first look or of what was just `added`); ends when nothing is being
    processed any more, or when this page asks anew.
    """
    waiting = set(added)  # a small file is ready before anybody looks
    with newest.of(request) as still_newest:
        while still_newest():
            found = await asyncio.to_thread(uploads.list, owner)
            busy = {item.id for item in found if uploads.is_busy(item)}
            waiting |= {item.id for item in found if item.status == "processing"}
            yield found, [item for item in found if item.id in waiting and item.status == "ready"]
            if not busy:
                return
            await asyncio.sleep(POLL_SECONDS)
