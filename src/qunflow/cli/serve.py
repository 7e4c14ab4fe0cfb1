"""``qunflow serve``: edge with workers and console, each in its own process under a parent that keeps them alive."""

from __future__ import annotations

import asyncio
import os
import signal
import sys
from collections.abc import Callable
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from qunflow.settings import Settings, read_settings

app = typer.Typer(add_completion=False)

#: An orphan that does not end by itself after so long ends at once.
ORPHAN_SECONDS = 20.0


class Part(StrEnum):
    """What a process of ``serve`` is."""

    ALL = "all"
    EDGE = "edge"
    CONSOLE = "console"


@app.command()
def serve(
    data: Annotated[Path | None, typer.Option(help="The data folder (QUNFLOW_DATA).")] = None,
    host: Annotated[str | None, typer.Option(help="Address to listen on (QUNFLOW_HOST).")] = None,
    port: Annotated[int | None, typer.Option(help="Port to listen on (QUNFLOW_PORT).")] = None,
    console_host: Annotated[str | None, typer.Option(help="The console's address (QUNFLOW_CONSOLE_HOST).")] = None,
    console_port: Annotated[int | None, typer.Option(help="The console's port (QUNFLOW_CONSOLE_PORT).")] = None,
    role: Annotated[Part, typer.Option(help="Run everything, or one part only.")] = Part.ALL,
    supervised: Annotated[
        bool, typer.Option(help="End when standard input closes; serve gives it to its own.")
    ] = False,
) -> None:
    """Run the server: callbacks, phone pages and the workers behind them, and the operators' console."""
    given = {"data": data, "host": host, "port": port, "console_host": console_host, "console_port": console_port}
    settings = read_settings(**given)
    if role is Part.ALL:
        from qunflow.cli.supervising import supervise

        sys.exit(asyncio.run(supervise({name: str(value) for name, value in given.items() if value is not None})))
    import uvloop

    from qunflow.bootstrap import set_up_logging

    set_up_logging(settings.log_level)
    uvloop.run((_edge if role is Part.EDGE else _console)(settings, supervised))


async def _edge(settings: Settings, supervised: bool) -> None:
    from granian.constants import Interfaces
    from granian.server.embed import Server

    from qunflow.bootstrap import Application, Channels, edge_app, open_home

    home = await open_home(settings)
    application = Application.join(home)
    server = Server(
        edge_app(application, Channels(home)),
        address=settings.host,
        port=settings.port,
        interface=Interfaces.ASGI,
        websockets=False,
        log_enabled=False,
        log_access=False,
    )
    _stop_on_signals(server.stop, supervised)
    typer.echo(f"qunflow serves {settings.address} (data in {settings.data})", err=True)
    await server.serve()


async def _console(settings: Settings, supervised: bool) -> None:
    from qunflow.bootstrap import open_home
    from qunflow.bootstrap.console import serve_console

    typer.echo(f"qunflow's console: {settings.console_address}", err=True)
    await serve_console(await open_home(settings), lambda stop: _stop_on_signals(stop, supervised))


def _stop_on_signals(stop: Callable[[], None], supervised: bool) -> None:
    """Stop on Ctrl-C and SIGTERM, and when the parent is gone: its end of standard input closes with it."""
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, stop)
    if supervised:
        loop.add_reader(sys.stdin.fileno(), _orphaned, stop)


def _orphaned(stop: Callable[[], None]) -> None:
    if os.read(sys.stdin.fileno(), 1024):
        return
    loop = asyncio.get_running_loop()
    loop.remove_reader(sys.stdin.fileno())
    loop.call_later(ORPHAN_SECONDS, os._exit, 1)
    stop()
