"""Registering, signing in and out over REST: what must come before a token."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Form, Request
from pydantic import AfterValidator, BaseModel
from starlette.concurrency import run_in_threadpool
from starlette.responses import JSONResponse, Response

from vnclone.errors import NotSignedIn
from vnclone.models import User
from vnclone.services.accounts import Accounts
from vnclone.services.shapes import user_shape
from vnclone.web.identity import same_origin, set_cookie, token_of, user_of


def whole(text: str) -> str:
    """Half a surrogate pair is no character: it can be neither stored nor hashed."""
    text.encode()
    return text


Text = Annotated[str, AfterValidator(whole)]


class Registration(BaseModel):
    email: Text
    password: Text
    full_name: Text = ""


class Credentials(BaseModel):
    email: Text
    password: Text


def router(accounts: Accounts) -> APIRouter:
    """`/register`, `/login`, `/logout`, `/me`; below `/auth`."""
    routes = APIRouter(prefix="/auth", tags=["auth"])

    @routes.post("/register", status_code=201)
    async def register(request: Request, body: Registration) -> Response:
        """Make an account; answers like `/login`."""
        require_same_origin(request)
        made = await run_in_threadpool(accounts.register, body.email, body.password, body.full_name)
        return signed_in(request, *made, status=201)

    @routes.post("/login")
    async def login(request: Request, body: Credentials) -> Response:
        """A Bearer token, and the same token as an HttpOnly cookie."""
        return await sign_in(accounts, request, body.email, body.password)

    @routes.post("/logout", status_code=204)
    async def logout(request: Request) -> Response:
        """End this session, and no other."""
        require_same_origin(request)
        await run_in_threadpool(accounts.sign_out, token_of(request))
        response = Response(status_code=204)
        set_cookie(request, response, "")
        return response

    @routes.get("/me")
    async def me(request: Request) -> dict[str, Any]:
        """The user whose token or cookie this is."""
        user_id = await user_of(accounts, request)
        return user_shape(await run_in_threadpool(accounts.user, user_id))

    return routes


def gradio_login(accounts: Accounts) -> APIRouter:
    """`POST /login` as `gradio_client`'s `auth=(email, password)` sends it."""
    routes = APIRouter(include_in_schema=False)

    @routes.post("/login")
    @routes.post("/login/")
    async def login(request: Request, username: str = Form(...), password: str = Form(...)) -> Response:
        response = await sign_in(accounts, request, username, password)
        return response

    return routes


async def sign_in(accounts: Accounts, request: Request, email: str, password: str) -> Response:
    require_same_origin(request)
    address = request.client.host if request.client else ""
    made = await run_in_threadpool(accounts.sign_in, email, password, address)
    return signed_in(request, *made)


def signed_in(request: Request, user: User, token: str, status: int = 200) -> Response:
    body = {"access_token": token, "token_type": "bearer", "user": user_shape(user)}
    response = JSONResponse(body, status)
    set_cookie(request, response, token)
    return response


def require_same_origin(request: Request) -> None:
    """Another site's page may not sign its visitor in or out here (login CSRF)."""
    if not same_origin(request):
        raise NotSignedIn("Hãy làm việc này từ chính trang của vnclone.", "Do this from vnclone's own page.")
