"""Documents over HTTP: the picture of a page, to be looked at beside what was read from it."""

from __future__ import annotations

from fastapi import APIRouter, Request
from starlette.concurrency import run_in_threadpool
from starlette.responses import Response

from vnclone.web.audio import file, listener
from vnclone.wire import Services


def router(services: Services) -> APIRouter:
    """`/documents/{id}/pages/{number}`."""
    routes = APIRouter(tags=["documents"])

    @routes.get("/documents/{document_id}/pages/{number}", response_class=Response)
    async def page(request: Request, document_id: str, number: int) -> Response:
        """A scanned page as PNG, for the document's owner."""
        user_id = await listener(services, request, document_id, "page")
        return file(request, await run_in_threadpool(services.library.picture, user_id, document_id, number))

    return routes
