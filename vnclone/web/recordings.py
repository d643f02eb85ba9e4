"""A recording in parts over HTTP: its chapters, subtitles, words and takes, and what is heard when."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
from fastapi import APIRouter, Request
from starlette.concurrency import run_in_threadpool
from starlette.responses import Response

from vnclone.audio.files import pcm16, read_wav
from vnclone.audio.joiner import header
from vnclone.services.exports import file_name
from vnclone.web.audio import PRIVATE, file, listener
from vnclone.wire import Services


def router(services: Services) -> APIRouter:
    """`/generation/{id}/` chapters, subtitles, reading, words, take."""
    routes, exports = APIRouter(tags=["audio"]), services.exports

    @routes.get("/generation/{generation_id}/chapters", response_class=Response)
    async def chapters(
        request: Request, generation_id: str, number: int = 0, format: str = "", quality: str = ""
    ) -> Response:
        """A file for each chapter in a zip; with `number`, from 1, that chapter alone."""
        user_id = await listener(services, request, generation_id)
        generation = await run_in_threadpool(services.generations.get, user_id, generation_id)
        if number:
            path = await run_in_threadpool(exports.chapter, user_id, generation_id, number, format, quality)
        else:
            path = await run_in_threadpool(exports.chapters, user_id, generation_id, format, quality)
        return file(request, path, file_name(generation, path))

    @routes.get("/generation/{generation_id}/subtitles", response_class=Response)
    async def subtitles(request: Request, generation_id: str, format: str = "srt", words: bool = False) -> Response:
        """SRT or WebVTT; `words`: with the time of each word."""
        user_id = await listener(services, request, generation_id)
        generation = await run_in_threadpool(services.generations.get, user_id, generation_id)
        path = await run_in_threadpool(exports.subtitles, user_id, generation_id, format, words)
        return file(request, path, file_name(generation, path))

    @routes.get("/generation/{generation_id}/reading")
    async def reading(request: Request, generation_id: str, since: int = 0, ready: bool = False) -> dict[str, Any]:
        """For reading along: each chunk from number `since` on, with its text, and its times once it can be heard."""
        user_id = await listener(services, request, generation_id)
        return await run_in_threadpool(exports.reading, user_id, generation_id, max(0, since), ready)

    @routes.get("/generation/{generation_id}/words")
    async def words(request: Request, generation_id: str) -> list[dict[str, Any]]:
        """Each written word with its times in seconds; empty where the engine does not tell them."""
        user_id = await listener(services, request, generation_id)
        return await run_in_threadpool(exports.words, user_id, generation_id)

    @routes.get("/generation/{generation_id}/take", response_class=Response)
    async def take(request: Request, generation_id: str, chapter: int, paragraph: int, take: int = 0) -> Response:
        """One take of a paragraph as WAV, to be heard before it is chosen."""
        user_id = await listener(services, request, generation_id)
        sounds = await run_in_threadpool(services.revisions.sounds, user_id, generation_id, chapter, paragraph, take)
        return Response(await run_in_threadpool(joined, sounds), media_type="audio/wav", headers=PRIVATE)

    return routes


def joined(sounds: list[Path]) -> bytes:
    """A few chunks as one WAV in memory: a paragraph is a minute or two."""
    clips = [read_wav(path) for path in sounds]
    samples = np.concatenate([pcm16(clip.samples) for clip in clips])
    return header(clips[0].sample_rate, len(samples)) + samples.tobytes()
