"""Settings -> wire -> page -> `demo.launch`: the one place where the app is put together and served."""

from __future__ import annotations

import logging
import os
import resource
import socket
from contextlib import nullcontext, suppress
from typing import TYPE_CHECKING, Any

from vnclone import sandbox
from vnclone.errors import Unavailable
from vnclone.settings import Settings, on_zero_gpu

if TYPE_CHECKING:
    from vnclone.wire import Services

OPEN_FILES = 16_384


def serve(settings: Settings | None = None, **options: Any) -> Services:
    """Serve until interrupted, or return at once with `prevent_thread_lock=True`. `options` go to `demo.launch`."""
    settings = settings or Settings()
    logging.basicConfig(level=logging.DEBUG if settings.debug else logging.WARNING, force=True)
    logging.getLogger("vnclone").setLevel(logging.DEBUG if settings.debug else logging.INFO)
    cache = str(settings.data.resolve() / "gradio")
    # Read by Gradio and the hub when imported: nothing is reported anywhere, uploads stay in the data folder.
    os.environ |= {"GRADIO_ANALYTICS_ENABLED": "False", "HF_HUB_DISABLE_TELEMETRY": "1", "GRADIO_TEMP_DIR": cache}
    check_address(settings)
    allow_many_files()
    if on_zero_gpu():
        prepare_card()
    from vnclone.ui.page import build, launch_options
    from vnclone.wire import wire

    services = wire(settings)
    returning = options.pop("prevent_thread_lock", False)
    with nullcontext() if returning else suppress(KeyboardInterrupt):  # Ctrl-C while the page is still being put up
        demo = build(services)
        demo.queue(default_concurrency_limit=None)
        demo.launch(**_launch(services, cache), **launch_options(services), **options, prevent_thread_lock=True)
        sandbox.keep_ready(1)
        if not returning:
            print(f"vnclone: {demo.local_url}", flush=True)
            demo.block_thread()  # returns at Ctrl-C
    if not returning:
        sandbox.keep_ready(0)
        services.close()
        os._exit(0)  # all that lasts is on disk, and a thread that waits for a child must not hold the exit for minutes
    return services


def check_address(settings: Settings) -> None:
    """Raises Unavailable before any work when the address cannot be listened on."""
    try:
        family, kind, _, _, address = socket.getaddrinfo(settings.host, settings.port, type=socket.SOCK_STREAM)[0]
        with socket.socket(family, kind) as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            probe.bind(address)
    except OSError as error:
        where, why = f"{settings.host}:{settings.port}", error.strerror
        raise Unavailable(
            f"Không mở được địa chỉ {where} ({why}). Hãy dừng chương trình đang dùng nó, hoặc đặt VNCLONE_PORT khác.",
            f"Cannot listen on {where} ({why}). Stop what is using it, or set another VNCLONE_PORT.",
        ) from None


def allow_many_files() -> None:
    """Each thread has its own database connection; Debian's usual 1,024 open files are too few for 400 threads."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = OPEN_FILES if hard == resource.RLIM_INFINITY else min(OPEN_FILES, hard)
    resource.setrlimit(resource.RLIMIT_NOFILE, (max(soft, wanted), hard))


def prepare_card() -> None:
    """`spaces` has to come before torch, and the models onto its card before the launch."""
    from vnclone.engines import zerogpu

    zerogpu.prepare()


def _launch(services: Services, cache: str) -> dict[str, Any]:
    from starlette.middleware import Middleware

    from vnclone.web.identity import gradio_gate
    from vnclone.web.problems import BodyLimit
    from vnclone.web.routes import routes

    settings, root = services.settings, services.files.root
    # A pasted novel is 12 MB as JSON; uploads have their own limit.
    body_limit = Middleware(BodyLimit, limit=16 << 20, exempt=("/gradio_api/upload",))
    return {
        "server_name": settings.host,
        "server_port": settings.port,
        "auth_dependency": gradio_gate(services.accounts, cache),
        "app_kwargs": {"routes": routes(services), "openapi_url": None, "middleware": [body_limit]},
        "run_history": False,
        "enable_monitoring": False,
        "show_error": False,
        "ssr_mode": False,
        "share": False,
        "quiet": True,
        "max_threads": 400,  # followers hold a slot each while they wait
        "max_file_size": settings.max_upload_size,
        "blocked_paths": [str(root / "users"), str(root / "vnclone.db"), str(root / "secret.key")],
    }
