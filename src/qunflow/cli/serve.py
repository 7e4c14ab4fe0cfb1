"""``qunflow serve``: edge with workers and console, each in its own process under a parent that keeps them alive."""

from __future__ import annotations

import asyncio
import gc
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
#: New objects after which the collector of garbage looks at them.
COLLECT_AFTER = 10_000


class Part(StrEnum):
    """What a process of ``serve`` is."""

    ALL = "all"
    EDGE = "edge"
    CONSOLE = "console"
    READER = "reader"


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

        chosen = {name: str(value) for name, value in given.items() if value is not None}
        sys.exit(asyncio.run(supervise(chosen, _parts(settings))))
    import uvloop

    from qunflow.bootstrap import set_up_logging

    set_up_logging(settings.log_level)
    uvloop.run({Part.EDGE: _edge, Part.CONSOLE: _console}.get(role, _reader)(settings, supervised))


def _parts(settings: Settings) -> tuple[str, ...]:
    """The parts that run: the reader of texts only where it is wished and there."""
    if not settings.read_text:
        return (Part.EDGE, Part.CONSOLE)
    from qunflow.bootstrap.reading import reads_text

    if reads_text(settings):
        return (Part.EDGE, Part.CONSOLE, Part.READER)
    typer.echo("QUNFLOW_READ_TEXT is on, but nothing that reads is installed: run `make text`", err=True)
    return (Part.EDGE, Part.CONSOLE)


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
    _spare_collector()
    await server.serve()


def _spare_collector() -> None:
    """What was loaded stays as long as the process: the collector of garbage need not look through it again."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(COLLECT_AFTER, 20, 20)


async def _console(settings: Settings, supervised: bool) -> None:
    from qunflow.bootstrap import open_home
    from qunflow.bootstrap.console import serve_console

    typer.echo(f"qunflow's console: {settings.console_address}", err=True)
    await serve_console(await open_home(settings), lambda stop: _stop_on_signals(stop, supervised))


async def _reader(settings: Settings, supervised: bool) -> None:
    from qunflow.bootstrap import Application, open_home
    from qunflow.bootstrap.reading import serve_reader

    home = await open_home(settings)
    await serve_reader(Application.join(home), lambda stop: _stop_on_signals(stop, supervised))


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
