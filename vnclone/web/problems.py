"""Errors as RFC 9457 problem+json, in the caller's language; and a bound on request bodies."""

from __future__ import annotations

import logging
from collections.abc import MutableMapping
from http import HTTPStatus
from typing import Any

from fastapi import FastAPI
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.types import ASGIApp, Receive, Scope, Send

from vnclone.errors import TooMany, VncloneError
from vnclone.models import Said
from vnclone.services.tasks import unexpected
from vnclone.web.identity import language_of

log = logging.getLogger(__name__)
MAX_BODY = 1 << 20
MAX_LARGE_BODY = 4 << 20
PLAIN = {
    404: Said("Không có địa chỉ này.", "There is nothing at this address."),
    405: Said("Địa chỉ này không nhận phương thức đó.", "This address does not accept that method."),
    413: Said("Yêu cầu quá lớn.", "The request is too large."),
}


def problem(request: Request, status: int, said: Said) -> Response:
    title = HTTPStatus(status).phrase
    body = {"type": "about:blank", "title": title, "status": status, "detail": said.in_(language_of(request))}
    return JSONResponse(body, status, media_type="application/problem+json")


async def known_error(request: Request, error: Exception) -> Response:
    assert isinstance(error, VncloneError)
    response = problem(request, error.status, error.said)
    if isinstance(error, TooMany):
        response.headers["retry-after"] = str(error.retry_seconds)
    return response


async def bad_request(request: Request, error: Exception) -> Response:
    assert isinstance(error, RequestValidationError)
    names = {".".join(part for part in e["loc"][1:] if isinstance(part, str)) for e in error.errors()}
    fields = ", ".join(sorted(names - {""}))
    if not fields:
        return problem(request, 422, Said("Dữ liệu gửi lên không phải JSON hợp lệ.", "The request is not valid JSON."))
    said = Said(
        f"Những trường này bị thiếu hoặc chưa đúng: {fields}.",
        f"These fields of the request are missing or wrong: {fields}.",
    )
    return problem(request, 422, said)


async def http_error(request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)
    phrase = HTTPStatus(error.status_code).phrase
    return problem(request, error.status_code, PLAIN.get(error.status_code, Said(phrase, phrase)))


async def unknown_error(request: Request, error: Exception) -> Response:
    return problem(request, 500, unexpected(error))


def install(app: FastAPI, large: tuple[str, ...] = ()) -> None:
    """Every error of `app` leaves as a problem, and no body above MAX_BODY is read; above MAX_LARGE_BODY at `large`."""
    app.add_exception_handler(VncloneError, known_error)
    app.add_exception_handler(RequestValidationError, bad_request)
    app.add_exception_handler(HTTPException, http_error)
    app.add_exception_handler(Exception, unknown_error)
    app.add_middleware(BodyLimit, exempt=large)
    app.add_middleware(BodyLimit, limit=MAX_LARGE_BODY)


class BodyLimit:
    """Refuses a body once more than `limit` bytes of it have come, whatever its header claims.

    Paths that start with one of `exempt` have a limit of their own.
    """

    def __init__(self, app: ASGIApp, limit: int = MAX_BODY, exempt: tuple[str, ...] = ()) -> None:
        self._app, self._limit, self._exempt = app, limit, exempt

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        received = 0

        async def counted() -> MutableMapping[str, Any]:
            nonlocal received
            message = await receive()
            received += len(message.get("body", b""))
            if received > self._limit:
                raise HTTPException(413)  # the one kind of error that FastAPI lets out while it reads a body
            return message

        limited = scope["type"] == "http" and not scope["path"].startswith(self._exempt)
        await self._app(scope, counted if limited else receive, send)
