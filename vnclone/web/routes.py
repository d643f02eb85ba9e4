"""Everything that is not Gradio's own, as one list of routes that precede Gradio's."""

from __future__ import annotations

from pathlib import Path

from fastapi import FastAPI
from starlette.requests import Request
from starlette.responses import FileResponse, JSONResponse, Response
from starlette.routing import BaseRoute, Mount, Route
from starlette.staticfiles import StaticFiles

from vnclone import __version__
from vnclone.web import audio, auth, documents, lexicon, problems, recordings, source
from vnclone.wire import Services

ASSETS = Path(__file__).resolve().parent.parent.parent / "assets"


def routes(services: Services) -> list[BaseRoute]:
    """For `app_kwargs={"routes": …}`. Only single files and the fonts: Gradio's own bundle also lives in /assets."""
    api = FastAPI(title="vnclone", version=__version__, docs_url=None, redoc_url=None, openapi_url="/openapi.json")
    api.include_router(auth.router(services.accounts))
    api.include_router(audio.router(services))
    api.include_router(recordings.router(services))
    api.include_router(documents.router(services))
    api.include_router(lexicon.router(services))
    problems.install(api, large=("/api/lexicon",))
    login = FastAPI(docs_url=None, redoc_url=None, openapi_url=None)
    login.include_router(auth.gradio_login(services.accounts))
    problems.install(login)
    return [
        Route("/health", health),
        Route("/login", login, methods=["POST"]),
        Route("/login/", login, methods=["POST"]),
        Route("/source.zip", source.download),
        Route("/assets/logo.svg", logo),
        Mount("/assets/fonts", StaticFiles(directory=ASSETS / "fonts")),
        Mount("/api", api),
    ]


async def health(_: Request) -> Response:
    return JSONResponse({"status": "healthy"})


async def logo(_: Request) -> Response:
    return FileResponse(ASSETS / "logo.svg", headers={"cache-control": "public, max-age=86400"})
