"""``qunflow db``: the database of a data folder."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, nullcontext
from pathlib import Path
from typing import Annotated, Any

import orjson
import typer

from qunflow.storage.embedded import EmbeddedServer

app = typer.Typer(
    help="Look at, upgrade, stop, back up or restore the database.", no_args_is_help=True, add_completion=False
)

DataFolder = Annotated[Path, typer.Option("--data", envvar="QUNFLOW_DATA", help="The data folder.")]
Url = Annotated[str, typer.Option(envvar="QUNFLOW_DATABASE_URL", help="A PostgreSQL of your own, as its owner.")]
AsJson = Annotated[bool, typer.Option("--json", help="One JSON document on stdout.")]
DEFAULT_FOLDER = Path("var")
KEY_WORDS = {
    "same": "the data folder has the key that the sealed secrets need",
    "restored": "the key came with the backup",
    "missing": "PUT secret.key of the old data folder into this one BEFORE the server starts",
    "other": "the data folder has ANOTHER KEY: secrets of channels have to be stored again, personal links are dead",
}


@app.command()
def upgrade(data: DataFolder = DEFAULT_FOLDER, url: Url = "") -> None:
    """Bring the database to the schema of this version."""
    from qunflow.storage.migrate import upgrade_database

    with _connected(data, url) as address:
        before, now = asyncio.run(upgrade_database(address))
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


@app.command()
def backup(
    file: Annotated[Path, typer.Argument(help="The file to write; it must not exist.")],
    data: DataFolder = DEFAULT_FOLDER,
    url: Url = "",
    with_key: Annotated[bool, typer.Option("--with-key", help="Put secret.key into the file too.")] = False,
    as_json: AsJson = False,
) -> None:
    """Write all data and images as of one instant into one file, also while the server runs."""
    from qunflow.storage.backup import write_backup

    with _connected(data, url) as address, _progress() as tell:
        manifest = asyncio.run(write_backup(address, data, file, with_key=with_key, tell=tell))
    found = {
        "file": str(file),
        "bytes": file.stat().st_size,
        "schema": manifest.schema,
        "made_at": manifest.made_at,
        "rows": dict(manifest.rows),
        "images": manifest.blobs,
        "images_erased_meanwhile": manifest.blobs_gone,
        "key_included": manifest.key_included,
    }
    kept = "with secret.key: keep it like a password" if with_key else "keep secret.key of the data folder too"
    _show(
        found,
        [f"{file}: {sum(manifest.rows.values())} rows, {manifest.blobs} images, {found['bytes']} bytes", kept],
        as_json,
    )


@app.command()
def restore(
    file: Annotated[Path, typer.Argument(help="A file that `qunflow db backup` wrote.")],
    data: Annotated[
        Path, typer.Option("--into", "--data", envvar="QUNFLOW_DATA", help="The data folder to restore into.")
    ] = DEFAULT_FOLDER,
    url: Url = "",
    replace: Annotated[bool, typer.Option("--replace", help="Lose the data that is there.")] = False,
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask before --replace.")] = False,
    as_json: AsJson = False,
) -> None:
    """Restore a backup: everything is checked, then all of it is there or nothing was changed."""
    from qunflow.storage.restore import restore_backup, restored_data

    if replace and not yes:
        typer.confirm(f"All data in {url and 'this database' or data} will be lost. Go on?", abort=True, err=True)
    with _connected(data, url) as address, _progress() as tell:
        restored = asyncio.run(restore_backup(address, data, file, replace_data=replace, prove=_replayed, tell=tell))
    found = restored_data(restored)
    counted = f"{sum(found['rows'].values())} rows, {found['images']} images as of {found['made_at']}"
    _show(found, [f"restored: {counted}, schema {found['schema']}", f"key: {KEY_WORDS[restored.key]}"], as_json)


async def _replayed(database: Any, workspaces: Sequence[str]) -> None:
    """Fold the restored event log anew; it must give the restored states."""
    from qunflow.bootstrap import build_registry
    from qunflow.domain.errors import Conflict
    from qunflow.engine.replay import check_replay
    from qunflow.web.links import Links

    registry = build_registry(Links("http://localhost", b"replay needs no links"))
    for workspace in workspaces:
        report = await check_replay(database, registry, workspace)
        if not report.equal:
            raise Conflict(
                "restore_replay",
                f"the restored event log does not give the restored states of {len(report.differing)} streams",
                field=report.differing[0],
                way_out="Nothing was kept. Restore with the version of qunflow that made the backup.",
            )


@contextmanager
def _connected(data: Path, url: str) -> Iterator[str]:
    """The owner's URL of the database; the embedded one runs at least until the end."""
    with nullcontext() if url else EmbeddedServer.attach(data) as server:
        yield url if server is None else server.url


@contextmanager
def _progress() -> Iterator[Callable[[str], None]]:
    """One line on stderr that changes, on a terminal; a line for each step elsewhere."""
    moving = sys.stderr.isatty()

    def tell(step: str) -> None:
        sys.stderr.write(f"\r\x1b[K{step[:70]}" if moving else f"{step}\n")
        sys.stderr.flush()

    try:
        yield tell
    finally:
        if moving:
            sys.stderr.write("\r\x1b[K")


def _show(found: dict[str, Any], lines: list[str], as_json: bool) -> None:
    if as_json:
        sys.stdout.write(orjson.dumps(found, option=orjson.OPT_INDENT_2).decode() + "\n")
        return
    for line in lines:
        typer.echo(line)
