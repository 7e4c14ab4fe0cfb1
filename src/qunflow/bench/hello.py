"""The named reference: a raw ASGI application that says hello, on the server and with the settings of ``serve``.

``python -m qunflow.bench.hello PORT``
"""

from __future__ import annotations

import asyncio
import signal
import sys
from collections.abc import Awaitable, Callable, Mapping
from typing import Any

import uvloop
from granian.constants import Interfaces
from granian.server.embed import Server

_BODY = b"hello"
_START = {
    "type": "http.response.start",
    "status": 200,
    "headers": [(b"content-type", b"text/plain"), (b"content-length", b"5")],
}
_END = {"type": "http.response.body", "body": _BODY}


async def hello(
    scope: Mapping[str, Any],
    receive: Callable[[], Awaitable[Mapping[str, Any]]],
    send: Callable[[Mapping[str, Any]], Awaitable[None]],
) -> None:
    """Answer every request with hello; the body of a request is read."""
    if scope["type"] != "http":
        return
    if scope["method"] == "POST":
        while (await receive()).get("more_body"):
            pass
    await send(_START)
    await send(_END)


async def serve(port: int) -> None:
    """Serve until SIGTERM."""
    server = Server(
        hello, address="127.0.0.1", port=port, interface=Interfaces.ASGI, websockets=False, log_enabled=False
    )
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, server.stop)
    await server.serve()


if __name__ == "__main__":
    uvloop.run(serve(int(sys.argv[1])))
