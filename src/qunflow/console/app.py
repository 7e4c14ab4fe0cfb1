"""The console as one ASGI application."""

from __future__ import annotations

import logging
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager

from fastapi import FastAPI
from nicegui import app as nicegui_app
from nicegui import ui
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import ASGIApp

from qunflow.console.entrance import Entrance
from qunflow.console.files import file_route
from qunflow.console.gate import Gate
from qunflow.console.head import HEAD
from qunflow.console.mounting import OpenPages, mount_pages
from qunflow.console.office import Office
from qunflow.console.quicker import remember_signatures
from qunflow.console.ways import Ways
from qunflow.domain.errors import QunflowError
from qunflow.web.desk import ConsoleFile, Pages

#: Seconds for which the page of a browser that went away waits for it.
RECONNECT_SECONDS = 10.0


def console_app(office: Office, pages: Pages, close: Callable[[], Awaitable[None]]) -> ASGIApp:
    """The console with these pages; ``close`` runs at its end. Once in a process: NiceGUI keeps one application."""
    remember_signatures()
    ways, opened, entrance = Ways(pages), OpenPages(), Entrance(office)

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        yield
        await close()

    async def told(request: Request, error: Exception) -> Response:
        assert isinstance(error, QunflowError)  # registered for these only
        return entrance.problem(request, error, request.scope["state"].get("visitor"))

    async def broke(request: Request, error: Exception) -> Response:
        internal = QunflowError("internal", "something broke; the server's log has the reason", status=500)
        return entrance.problem(request, internal, request.scope["state"].get("visitor"))

    outer = FastAPI(docs_url=None, redoc_url=None, openapi_url=None, lifespan=lifespan)
    outer.add_exception_handler(QunflowError, told)
    outer.add_exception_handler(Exception, broke)  # the server logs it whole afterwards
    outer.router.routes.extend(entrance.routes())
    outer.router.routes.extend(file_route(page, office) for page in ways.pages if isinstance(page, ConsoleFile))
    mount_pages(ways, office, opened)
    ui.add_head_html(HEAD, shared=True)
    logging.getLogger("nicegui").setLevel(logging.WARNING)
    nicegui_app.config.socket_io_js_transports = ["websocket"]
    # No storage secret: NiceGUI then keeps nothing about anybody, neither in a cookie nor in a file.
    ui.run_with(
        outer,
        title="qunflow",
        language="zh-CN",
        reconnect_timeout=RECONNECT_SECONDS,
        binding_refresh_interval=0.5,
        gzip_middleware_factory=None,
        show_welcome_message=False,
    )
    return Gate(outer, office, ways, opened, entrance)
