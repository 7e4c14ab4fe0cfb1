"""Restore of a backup: the file is checked whole, then one transaction makes the tables, fills and proves them.

Whatever fails, the database is as it was before.
"""

from __future__ import annotations

import os
import secrets
import shutil
import zipfile
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import asyncpg
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection, create_async_engine

from qunflow.domain.errors import Conflict, InvalidInput
from qunflow.storage.backup import (
    FILE_MODE,
    LEFT_OUT,
    Table,
    enter_workspace,
    key_fingerprint,
    read_ledger,
    read_tables,
)
from qunflow.storage.backup_archive import (
    CHUNK,
    KEY,
    Manifest,
    Tell,
    opened_archive,
    table_entry,
    verify_archive,
)
from qunflow.storage.database import Database, async_url
from qunflow.storage.migrate import MIGRATION_LOCK, known_schemas, newest_schema, upgrade_to
from qunflow.storage.sealing import KEY_FILE
from qunflow.storage.unit_of_work import UnitOfWork

#: Rows of these are there as soon as a server has started once: a database with nothing else is empty.
ALWAYS_FILLED = frozenset({*LEFT_OUT, "workspaces"})
LOCK_SECONDS = 10

#: Proves the restored data from within the transaction, workspace by workspace; raising undoes everything.
Prove = Callable[[Database, Sequence[str]], Awaitable[None]]

OTHERS = (
    "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid() "
    "AND usename IS NOT NULL"
)
FUNCTIONS = (
    "SELECT p.oid::regprocedure::text FROM pg_proc p WHERE p.pronamespace = 'public'::regnamespace AND NOT EXISTS "
    "(SELECT FROM pg_depend d WHERE d.objid = p.oid AND d.deptype = 'e')"
)


@dataclass(frozen=True, slots=True)
class Restored:
    """What was restored: the backup's manifest, the schema now, and how the data folder's key fits.

    ``key`` is ``same``, ``restored``, ``missing`` (put the key file there before the server starts) or ``other``
    (sealed secrets and personal links of the backup cannot be opened with it).
    """

    manifest: Manifest
    schema: str
    key: str


class OneTransaction(Database):
    """A database seen from inside one running transaction, for whoever proves what it holds."""

    def __init__(self, raw: Any) -> None:
        super().__init__("", 1)
        self._raw = raw

    @asynccontextmanager
    async def unit(self, workspace: str) -> AsyncIterator[UnitOfWork]:
        """A workspace inside the same transaction; nothing is committed at its end."""
        await enter_workspace(self._raw, workspace)
        yield UnitOfWork(workspace, self._raw)


async def restore_backup(
    url: str, data: Path, source: Path, *, replace_data: bool, prove: Prove, tell: Tell
) -> Restored:
    """Restore ``source`` into the database at ``url`` and the data folder; all or nothing.

    Raises InvalidInput ``backup_broken``, ``backup_newer``; Conflict ``database_in_use``, ``database_not_empty``,
    ``restore_differs``.
    """
    manifest = verify_archive(source, tell)
    if manifest.schema not in known_schemas():
        raise InvalidInput(
            "backup_newer",
            f"this backup has schema {manifest.schema} of qunflow {manifest.qunflow}, known is {newest_schema()}",
            field=str(source),
            way_out="Restore it with that version or a newer one.",
        )
    data.mkdir(parents=True, exist_ok=True)
    drafts = data / f"blobs.new-{secrets.token_hex(4)}"
    engine = create_async_engine(async_url(url))
    try:
        with opened_archive(source) as (archive, _):
            _unpack_blobs(archive, drafts, tell)
            async with engine.connect() as connection:
                await connection.execute(text("SELECT pg_advisory_lock(:key)"), {"key": MIGRATION_LOCK})
                await connection.commit()
                with _Exchange(data / "blobs", drafts) as exchange:
                    async with connection.begin():
                        await _restore(connection, archive, manifest, replace_data, prove, tell)
                        exchange.swap()
                    exchange.keep()
                tell("gathering statistics")
                await connection.execute(text("ANALYZE"))
                await connection.commit()
            return Restored(manifest, newest_schema(), _restore_key(archive, manifest, data, replace_data))
    finally:
        shutil.rmtree(drafts, ignore_errors=True)
        await engine.dispose()


class _Exchange:
    """Puts the new images in place of the old ones; back again unless ``keep`` was called."""

    def __init__(self, place: Path, drafts: Path) -> None:
        self._place = place
        self._drafts = drafts
        self._old = drafts.with_name(drafts.name.replace("new", "old"))
        self._swapped = self._kept = False

    def __enter__(self) -> _Exchange:
        return self

    def swap(self) -> None:
        """The last step before the commit."""
        if self._place.exists():
            self._place.rename(self._old)
        self._drafts.rename(self._place)
        self._swapped = True

    def keep(self) -> None:
        """The commit is done: the old images go."""
        self._kept = True
        shutil.rmtree(self._old, ignore_errors=True)

    def __exit__(self, *_: object) -> None:
        if self._swapped and not self._kept:
            self._place.rename(self._drafts)
            if self._old.exists():
                self._old.rename(self._place)


async def _restore(
    connection: AsyncConnection, archive: zipfile.ZipFile, manifest: Manifest, replace_data: bool, prove: Prove,
    tell: Tell,
) -> None:  # fmt: skip
    await connection.execute(text(f"SET LOCAL lock_timeout = '{LOCK_SECONDS}s'"))
    raw: Any = (await connection.get_raw_connection()).driver_connection
    await raw.set_type_codec("jsonb", schema="pg_catalog", encoder=str, decoder=str, format="text")
    others = await raw.fetchval(OTHERS)
    if others:
        raise Conflict(
            "database_in_use",
            f"{others} other connection(s) use this database",
            way_out="Stop every server and command that works on it, then try again.",
        )
    await _clear(raw, replace_data)
    tell(f"making schema {manifest.schema}")
    await connection.run_sync(upgrade_to, manifest.schema)
    tables = {table.name: table for table in await read_tables(raw)}
    await _see_all(raw, list(tables.values()), True)
    for copy in manifest.tables:
        tell(f"filling {copy.name} ({copy.rows} rows)")
        if copy.name not in tables or not set(copy.columns) <= set(tables[copy.name].columns):
            raise _differs(f"schema {manifest.schema} has no table {copy.name} with these columns")
        with archive.open(table_entry(copy.name)) as entry:
            try:
                await raw.copy_to_table(copy.name, source=entry, columns=copy.columns, format="text")
            except asyncpg.PostgresError as error:
                raise _differs(f"{copy.name} does not take its rows: {error}") from error
    await _go_on_counting(raw, manifest)
    await _compare(raw, manifest)
    await _see_all(raw, list(tables.values()), False)
    if manifest.schema != newest_schema():
        tell(f"upgrading to schema {newest_schema()}")
        await connection.run_sync(upgrade_to)
    tell("replaying the event log")
    workspaces = [row[0] for row in await raw.fetch("SELECT workspace_id FROM workspaces ORDER BY 1")]
    await prove(OneTransaction(raw), workspaces)


async def _clear(raw: Any, replace_data: bool) -> None:
    """Take away the tables that are there. Raises Conflict ``database_not_empty`` unless that was asked for."""
    tables = await read_tables(raw)
    if not replace_data:
        await _see_all(raw, tables, True)
        for table in tables:
            filled = table.name not in ALWAYS_FILLED and await raw.fetchval(f"SELECT EXISTS (SELECT FROM {table.name})")
            if filled:
                raise Conflict(
                    "database_not_empty",
                    f"this database holds data already ({table.name})",
                    way_out="Restore into another data folder, or say --replace to lose what is there.",
                )
    if tables:
        await raw.execute(f"DROP TABLE {', '.join(table.name for table in tables)} CASCADE")
    for row in await raw.fetch(FUNCTIONS):
        await raw.execute(f"DROP FUNCTION {row[0]} CASCADE")


async def _see_all(raw: Any, tables: Sequence[Table], everything: bool) -> None:
    """Let the owner past row-level security, or force it on the owner again."""
    for table in tables:
        if table.secured:
            await raw.execute(f"ALTER TABLE {table.name} {'NO ' if everything else ''}FORCE ROW LEVEL SECURITY")


async def _go_on_counting(raw: Any, manifest: Manifest) -> None:
    """Identity columns go on after the last number that was ever given out."""
    for place, last in manifest.sequences.items():
        table, column = place.split(".")
        highest = await raw.fetchval(f'SELECT max("{column}") FROM {table}') or 0
        if max(last, highest) > 0:
            await raw.execute(
                "SELECT setval(pg_get_serial_sequence($1, $2)::regclass, $3)", table, column, max(last, highest)
            )


async def _compare(raw: Any, manifest: Manifest) -> None:
    for table, rows in manifest.rows.items():
        present = await raw.fetchval(f"SELECT count(*) FROM {table}")
        if present != rows:
            raise _differs(f"{table} has {present} rows and not {rows}")
    workspaces = [row[0] for row in await raw.fetch("SELECT workspace_id FROM workspaces")]
    if set(await read_ledger(raw, workspaces)) != set(manifest.ledger):
        raise _differs("the sums of the ledger are others")
    unequal = await raw.fetchval(
        "SELECT count(*) FROM (SELECT workspace_id, unit, account, sum(amount) AS moved FROM (SELECT workspace_id, "
        "unit, debit AS account, -amount AS amount FROM postings UNION ALL SELECT workspace_id, unit, credit, amount "
        "FROM postings) AS legs GROUP BY 1, 2, 3) AS summed FULL JOIN accounts USING (workspace_id, unit, account) "
        "WHERE coalesce(moved, 0) <> coalesce(balance, 0)"
    )
    if unequal:
        raise _differs(f"{unequal} accounts do not show what was posted to them")


def _differs(what: str) -> Conflict:
    return Conflict(
        "restore_differs", f"what was restored differs from the backup: {what}", way_out="Nothing was kept."
    )


def _unpack_blobs(archive: zipfile.ZipFile, folder: Path, tell: Tell) -> None:
    """The images into ``folder``; ``verify_archive`` has checked that their names stay below it."""
    folder.mkdir()
    names = [name for name in archive.namelist() if name.startswith("blobs/")]
    for number, name in enumerate(names):
        if number % 100 == 0:
            tell(f"unpacking images {number}/{len(names)}")
        path = folder / name.removeprefix("blobs/")
        path.parent.mkdir(parents=True, exist_ok=True)
        with archive.open(name) as entry, path.open("wb") as target:
            shutil.copyfileobj(entry, target, CHUNK)


def _restore_key(archive: zipfile.ZipFile, manifest: Manifest, data: Path, replace_data: bool) -> str:
    present = key_fingerprint(data)
    if present == manifest.key and present:
        return "same"
    if manifest.key_included and (replace_data or not present):
        draft = data / f".{KEY_FILE}.{secrets.token_hex(4)}"
        handle = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, FILE_MODE)
        with os.fdopen(handle, "wb") as file:
            file.write(archive.read(KEY))
        draft.replace(data / KEY_FILE)
        return "restored"
    return "other" if present else "missing"


def restored_data(restored: Restored) -> dict[str, Any]:
    """The report as plain data."""
    manifest = restored.manifest
    return {
        "schema": restored.schema,
        "backup_schema": manifest.schema,
        "made_at": manifest.made_at,
        "rows": dict(manifest.rows),
        "images": manifest.blobs,
        "ledger": [
            {"workspace": item.workspace, "unit": item.unit, "balance": item.balance} for item in manifest.ledger
        ],
        "key": restored.key,
    }
