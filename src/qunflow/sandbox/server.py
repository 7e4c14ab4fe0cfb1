"""The sandbox as a server: platform side, control side and pictures on one port."""

from __future__ import annotations

import asyncio
import signal
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import uvloop
from granian.constants import Interfaces
from granian.server.embed import Server
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from qunflow.domain.clock import Clock
from qunflow.domain.errors import Conflict
from qunflow.sandbox import (
    control_console,
    control_desk,
    control_phone,
    control_staff,
    platform_albums,
    platform_auth,
    platform_contact_ways,
    platform_contacts,
    platform_groups,
    platform_identity,
    platform_join_ways,
    platform_links,
    platform_mass,
    platform_media,
    platform_messages,
    platform_moments,
    platform_statistics,
    platform_tags,
    platform_templates,
    platform_transfers,
    platform_words,
)
from qunflow.sandbox.browser.routes import BrowserPages
from qunflow.sandbox.callbacks import CallbackPost
from qunflow.sandbox.control_admin import AdminDesk
from qunflow.sandbox.control_door import ControlDoor
from qunflow.sandbox.pictures import Pictures
from qunflow.sandbox.platform_door import Api, PlatformDoor
from qunflow.sandbox.settings import Limits, SandboxSettings
from qunflow.sandbox.signing_in import SignIn
from qunflow.sandbox.world import World
from qunflow.storage.clock import open_clock

__all__ = ["Limits", "SandboxSettings", "build_app", "run"]

_PLATFORM_AREAS = (
    platform_auth,
    platform_contacts,
    platform_contact_ways,
    platform_groups,
    platform_join_ways,
    platform_messages,
    platform_mass,
    platform_media,
    platform_identity,
    platform_links,
    platform_moments,
    platform_statistics,
    platform_tags,
    platform_templates,
    platform_transfers,
    platform_words,
    platform_albums,
)
_CONTROL_AREAS = (control_phone, control_staff, control_desk, control_console)
_PULSE_SECONDS = 0.5
_BACKLOG = 1_024


async def _no_such_path(request: Request, error: Exception) -> Response:
    return Response(status_code=404)


def build_app(settings: SandboxSettings, clock: Clock) -> Starlette:
    """The whole sandbox over a clock; its callbacks run while the app's lifespan does."""
    post = CallbackPost(settings.limits, clock)
    world = World(settings, clock, post.post)
    platform: dict[str, Api] = {}
    for area in _PLATFORM_AREAS:
        platform |= area.APIS
    control = AdminDesk(post).apis()
    for acts in _CONTROL_AREAS:
        control |= acts.APIS
    control_door, pictures, sign_in = ControlDoor(world, control), Pictures(world), SignIn(world)

    @asynccontextmanager
    async def lifespan(app: Starlette) -> AsyncIterator[None]:
        post.start(world.corp)
        pulse = asyncio.create_task(_pulse(world))
        yield
        pulse.cancel()
        await asyncio.gather(pulse, return_exceptions=True)
        await post.stop()

    routes = [
        Route("/cgi-bin/{path:path}", PlatformDoor(world, platform)),
        Route("/phone/{path:path}", control_door),
        Route("/staff/{path:path}", control_door),
        Route("/admin/{path:path}", control_door),
        Route("/status", control_door),
        Route("/qr/{name}.png", pictures.qr),
        Route("/q/{name}", pictures.code_page),
        Route("/media/{name}", pictures.media),
        *BrowserPages(world).routes(),
        Route("/connect/oauth2/authorize", sign_in.authorize),
        Route("/wwlogin/sso/login", sign_in.login),
    ]
    return Starlette(routes=routes, lifespan=lifespan, exception_handlers={404: _no_such_path})


async def _pulse(world: World) -> None:
    """What waits for an instant happens although nobody calls; a clock that jumps is noticed here."""
    while True:
        await asyncio.sleep(_PULSE_SECONDS)
        world.settle()


async def _serve(settings: SandboxSettings) -> None:
    app = build_app(settings, open_clock(settings.clock_file))
    server = Server(
        app,
        address=settings.host,
        port=settings.port,
        interface=Interfaces.ASGI,
        websockets=False,
        backlog=_BACKLOG,
        log_enabled=False,
        log_access=False,
    )
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, server.stop)
    await server.serve()


def _require_free_port(settings: SandboxSettings) -> None:
    """The server shares ports with whoever asks for it, and two sandboxes on one port would each know half."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((settings.host, settings.port))
        except OSError as error:
            raise Conflict(
                "sandbox_address_taken",
                f"{settings.host}:{settings.port} cannot be listened on ({error.strerror}).",
                field="port",
                way_out="Choose another port, or stop what listens there.",
            ) from error


def run(settings: SandboxSettings) -> None:
    """Serve until SIGINT or SIGTERM, in this one process; ``Conflict`` when the address is taken."""
    _require_free_port(settings)
    uvloop.run(_serve(settings))
