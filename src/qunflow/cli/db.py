"""``qunflow db``: the database of a data folder."""

from __future__ import annotations

import asyncio
from contextlib import nullcontext
from pathlib import Path
from typing import Annotated

import typer

from qunflow.storage.embedded import EmbeddedServer

app = typer.Typer(help="Look at, upgrade or stop the database.", no_args_is_help=True, add_completion=False)

DataFolder = Annotated[Path, typer.Option("--data", envvar="QUNFLOW_DATA", help="The data folder.")]
DEFAULT_FOLDER = Path("var")


@app.command()
def upgrade(
    data: DataFolder = DEFAULT_FOLDER,
    url: Annotated[
        str, typer.Option(envvar="QUNFLOW_DATABASE_URL", help="A PostgreSQL of your own, as its owner.")
    ] = "",
) -> None:
    """Bring the database to the schema of this version."""
    from qunflow.storage.migrate import upgrade_database

    with nullcontext() if url else EmbeddedServer.attach(data) as server:
        before, now = asyncio.run(upgrade_database(url if server is None else server.url))
    typer.echo(f"schema {now}, as before" if before == now else f"schema {before or 'none'} -> {now}")


@app.command()
def status(data: DataFolder = DEFAULT_FOLDER) -> None:
    """Say whether the embedded database runs, where it lies and who uses it."""
    found = EmbeddedServer.status(data)
    if found.cluster is None:
        typer.echo(f"no database yet in {data}")
        return
    typer.echo(f"running, process {found.pid}" if found.running else "stopped")
    typer.echo(f"files  {found.cluster}")
    if found.running:
        typer.echo(f"url    {found.url}")
        typer.echo(f"users  {', '.join(map(str, found.users)) or 'none'}")


@app.command()
def stop(
    data: DataFolder = DEFAULT_FOLDER,
    force: Annotated[bool, typer.Option(help="Stop it also while processes use it.")] = False,
) -> None:
    """Stop the embedded database, for example one that a killed process left running."""
    typer.echo("stopped" if EmbeddedServer.stop(data, force=force) else "it was not running")
