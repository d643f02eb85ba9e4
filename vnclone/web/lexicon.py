"""A person's own pronunciations over HTTP: all of them as JSON or as a file, and all of them written at once."""

from __future__ import annotations

from fastapi import APIRouter, Request
from pydantic import BaseModel
from starlette.concurrency import run_in_threadpool
from starlette.responses import JSONResponse, Response

from vnclone.models import Pronunciation
from vnclone.services.accounts import not_signed_in
from vnclone.services.asking import check_choice
from vnclone.services.lexicon_csv import MOST_ENTRIES
from vnclone.web.audio import PRIVATE
from vnclone.web.auth import Text
from vnclone.web.identity import user_of
from vnclone.wire import Services

FILE_NAME = "lexicon.csv"
FORMATS = ("json", "csv")


class Entry(BaseModel):
    """A word or phrase, and how to say it."""

    word: Text
    say: Text


def router(services: Services) -> APIRouter:
    """`/lexicon`."""
    routes, lexicons = APIRouter(tags=["lexicon"]), services.lexicons

    async def owner(request: Request) -> str:
        user_id = await user_of(services.accounts, request)
        if not user_id:
            raise not_signed_in()
        return user_id

    @routes.get("/lexicon", response_model=list[Entry])
    async def entries(request: Request, format: str = "json", limit: int = MOST_ENTRIES, offset: int = 0) -> Response:
        """The caller's entries in alphabetical order; with `format=csv` all of them as a file."""
        user_id = await owner(request)
        check_choice("format", format, FORMATS)
        if format == "csv":
            headers = PRIVATE | {"content-disposition": f'attachment; filename="{FILE_NAME}"'}
            return Response(await run_in_threadpool(lexicons.csv, user_id), media_type="text/csv", headers=headers)
        found = await run_in_threadpool(lexicons.entries, user_id)
        return listed(found, max(0, limit), max(0, offset))

    @routes.put("/lexicon", response_model=list[Entry])
    async def replace(request: Request, body: list[Entry]) -> Response:
        """These entries instead of all that were there, all or none; answers as GET does."""
        user_id = await owner(request)
        given = [Pronunciation(entry.word, entry.say) for entry in body]
        await run_in_threadpool(lexicons.replace, user_id, given)
        return listed(await run_in_threadpool(lexicons.entries, user_id), MOST_ENTRIES, 0)

    return routes


def listed(found: list[Pronunciation], limit: int, offset: int) -> Response:
    shape = [{"word": entry.word, "say": entry.say} for entry in found[offset : offset + limit]]
    return JSONResponse(shape, headers=PRIVATE | {"x-total-count": str(len(found))})
