"""``qunflow serve``: edge and worker in one process."""

from __future__ import annotations

import asyncio
import signal
from pathlib import Path
from typing import Annotated

import typer
import uvloop
from granian.constants import Interfaces
from granian.server.embed import Server

from qunflow.bootstrap import Application, Channels, edge_app, open_home, set_up_logging
from qunflow.settings import Settings, read_settings

app = typer.Typer(add_completion=False)


@app.command()
def serve(
    data: Annotated[Path | None, typer.Option(help="The data folder (QUNFLOW_DATA).")] = None,
    host: Annotated[str | None, typer.Option(help="Address to listen on (QUNFLOW_HOST).")] = None,
    port: Annotated[int | None, typer.Option(help="Port to listen on (QUNFLOW_PORT).")] = None,
) -> None:
    """Run the server: callbacks, phone pages and the workers behind them."""
    settings = read_settings(data=data, host=host, port=port)
    set_up_logging(settings.log_level)
    uvloop.run(_serve(settings))


async def _serve(settings: Settings) -> None:
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
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, server.stop)
    typer.echo(f"qunflow serves {settings.address} (data in {settings.data})", err=True)
    await server.serve()
