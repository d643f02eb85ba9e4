"""Sound over HTTP: a native player's Range requests, a stream of what is still being made, a voice's reference."""

from __future__ import annotations

from pathlib import Path

from fastapi import APIRouter, Request
from starlette.concurrency import run_in_threadpool
from starlette.responses import FileResponse, Response, StreamingResponse

from vnclone.errors import NotFound, NotSignedIn
from vnclone.models import OPEN
from vnclone.services.accounts import not_signed_in
from vnclone.services.exports import file_name
from vnclone.services.listening import Listener
from vnclone.web.identity import user_of
from vnclone.wire import Services

MEDIA_TYPES = {"mp3": "audio/mpeg", "wav": "audio/wav", "flac": "audio/flac", "m4a": "audio/mp4", "m4b": "audio/mp4"}
MEDIA_TYPES |= {
    "opus": "audio/ogg",
    "zip": "application/zip",
    "srt": "application/x-subrip",
    "vtt": "text/vtt",
    "png": "image/png",
}
PRIVATE = {"cache-control": "private, no-cache", "x-content-type-options": "nosniff"}


def router(services: Services) -> APIRouter:
    """`/generation/{id}/audio` and `/voice-profiles/{id}/reference`."""
    routes = APIRouter(tags=["audio"])

    @routes.head("/generation/{generation_id}/audio", include_in_schema=False)
    @routes.get("/generation/{generation_id}/audio", response_class=Response)
    async def audio(
        request: Request,
        generation_id: str,
        format: str = "",
        quality: str = "",
        start: float = 0.0,
        download: bool = False,
    ) -> Response:
        """The finished sound, with Range; while it is being made, MP3 from `start` seconds on as it comes."""
        user_id = await listener(services, request, generation_id)
        generation = await run_in_threadpool(services.generations.get, user_id, generation_id)
        if generation.status in OPEN and not generation.is_heard and not download:
            headers = {"cache-control": "no-store", "accept-ranges": "none"}
            if request.method == "HEAD":
                return Response(media_type="audio/mpeg", headers=headers)
            sound = Listener(services.generations, generation, start).listen()
            return StreamingResponse(sound, media_type="audio/mpeg", headers=headers)
        path = await run_in_threadpool(services.exports.audio, user_id, generation_id, format, quality)
        return file(request, path, file_name(generation, path) if download else None)

    @routes.head("/voice-profiles/{voice_id}/reference", include_in_schema=False)
    @routes.get("/voice-profiles/{voice_id}/reference", response_class=Response)
    async def reference(request: Request, voice_id: str) -> Response:
        """The cleaned recording of a voice, for its owner."""
        user_id = await user_of(services.accounts, request)
        if not user_id:
            raise not_signed_in()
        voice = await run_in_threadpool(services.voices.get, user_id, voice_id)
        path = services.voices.reference(voice)
        if not path.exists():
            raise NotFound("Giọng này chưa có bản ghi để nghe.", "This voice has no recording to play yet.")
        return file(request, path)

    return routes


async def listener(services: Services, request: Request, item_id: str, kind: str = "audio") -> str:
    """The user id, from a signed link of this `kind`, or where that has expired from the request.

    Raises NotSignedIn.
    """
    query, problem = request.query_params, not_signed_in()
    if "signature" in query:
        try:
            given = query.get("user", ""), query.get("expires", ""), query["signature"]
            return services.links.check(item_id, *given, kind=kind)
        except NotSignedIn as expired:
            problem = expired
    user_id = await user_of(services.accounts, request)
    if not user_id:
        raise problem
    return user_id


def file(request: Request, path: Path, name: str | None = None) -> Response:
    """The file with Range and ETag; 304 for a caller that has it already."""
    kind = MEDIA_TYPES[path.suffix[1:]]
    answer = FileResponse(path, media_type=kind, filename=name, headers=PRIVATE, stat_result=path.stat())
    if request.headers.get("if-none-match") == answer.headers["etag"]:
        return Response(status_code=304, headers={"etag": answer.headers["etag"], **PRIVATE})
    return answer
