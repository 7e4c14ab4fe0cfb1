"""The pay sandbox as a server: the API, the phones and the switches on one port."""

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
from qunflow.sandbox.pay import orders, transfers
from qunflow.sandbox.pay.control import control_routes
from qunflow.sandbox.pay.door import Handler, PayDoor
from qunflow.sandbox.pay.keys import open_keys
from qunflow.sandbox.pay.notices import NoticePost
from qunflow.sandbox.pay.settings import PaySandboxSettings
from qunflow.sandbox.pay.world import PayWorld
from qunflow.storage.clock import open_clock

_PULSE_SECONDS = 0.5
_TRANSFERS, _TRADES = "/v3/fund-app/mch-transfer/transfer-bills", "/v3/pay/transactions"
_APIS: tuple[tuple[str, str, Handler], ...] = (
    ("POST", _TRANSFERS, lambda world, call: transfers.create(world, call.body)),
    ("GET", f"{_TRANSFERS}/out-bill-no/{{number}}", lambda world, call: transfers.read(world, call.path)),
    ("GET", f"{_TRANSFERS}/transfer-bill-no/{{number}}", lambda world, call: transfers.read(world, call.path)),
    ("POST", f"{_TRANSFERS}/out-bill-no/{{number}}/cancel", lambda world, call: transfers.cancel(world, call.path)),
    ("POST", f"{_TRADES}/jsapi", lambda world, call: orders.create(world, call.body)),
    ("GET", f"{_TRADES}/out-trade-no/{{number}}", lambda world, call: orders.read(world, call.path, call.query)),
    (
        "POST",
        f"{_TRADES}/out-trade-no/{{number}}/close",
        lambda world, call: orders.close(world, call.path, call.body),
    ),
    ("POST", "/v3/refund/domestic/refunds", lambda world, call: orders.refund(world, call.body)),
    ("GET", "/v3/refund/domestic/refunds/{number}", lambda world, call: orders.read_refund(world, call.path)),
)


async def _empty(request: Request, error: Exception) -> Response:
    return Response(status_code=getattr(error, "status_code", 404))


def build_app(settings: PaySandboxSettings, clock: Clock) -> Starlette:
    """The whole pay sandbox over a clock; its notices go out while the app's lifespan runs."""
    post = NoticePost()
    world = PayWorld(settings, open_keys(settings.keys), clock, post.tell, settings.balance)

    @asynccontextmanager
    async def lifespan(app: Starlette) -> AsyncIterator[None]:
        post.start(world)
        pulse = asyncio.create_task(_pulse(world))
        yield
        pulse.cancel()
        await asyncio.gather(pulse, return_exceptions=True)
        await post.stop()

    routes = [Route(path, PayDoor(world, handler).__call__, methods=[method]) for method, path, handler in _APIS]
    handlers = {404: _empty, 405: _empty}
    return Starlette(routes=[*routes, *control_routes(world, post)], lifespan=lifespan, exception_handlers=handlers)


async def _pulse(world: PayWorld) -> None:
    """What waits for an instant happens although nobody calls."""
    while True:
        await asyncio.sleep(_PULSE_SECONDS)
        world.settle()


async def _serve(settings: PaySandboxSettings) -> None:
    server = Server(
        build_app(settings, open_clock(settings.clock_file)),
        address=settings.host,
        port=settings.port,
        interface=Interfaces.ASGI,
        websockets=False,
        log_enabled=False,
        log_access=False,
    )
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, server.stop)
    await server.serve()


def run(settings: PaySandboxSettings) -> None:
    """Serve until SIGINT or SIGTERM; ``Conflict`` when the address is taken."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((settings.host, settings.port))
        except OSError as error:
            taken = f"{settings.host}:{settings.port} cannot be listened on ({error.strerror})"
            raise Conflict("sandbox_address_taken", taken, field="port", way_out="Choose another port.") from error
    uvloop.run(_serve(settings))
