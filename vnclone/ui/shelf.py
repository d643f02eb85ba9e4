"""A list of uploads as it is watched: again and again while something in it is being worked on."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

import gradio as gr

from vnclone.services.uploads import T, Uploads
from vnclone.ui.newest import Newest

POLL_SECONDS = 0.4


async def watched(
    uploads: Uploads[T], owner: str, newest: Newest, request: gr.Request
) -> AsyncIterator[tuple[list[T], list[T]]]:
    """(everything, what has become ready since the first look); ends when nothing is being processed any more, or
    when this page asks anew.
    """
    waiting: set[str] = set()
    with newest.of(request) as still_newest:
        while still_newest():
            found = await asyncio.to_thread(uploads.list, owner)
            waiting |= {item.id for item in found if item.status == "processing"}
            yield found, [item for item in found if item.id in waiting and item.status == "ready"]
            if not any(item.status == "processing" for item in found):
                return
            await asyncio.sleep(POLL_SECONDS)
