"""Backup while the server runs: one snapshot of every table and the images that it names, in one file.

Works by COPY over the ordinary connection, so the embedded server and any other are served alike and no client
program of a fitting version is needed. Row-level security is forced on the owner too, therefore each workspace is read
as itself.
"""

from __future__ import annotations

import hashlib
import hmac
import os
import secrets
import zipfile
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import IO, Any

import asyncpg

from qunflow import __version__
from qunflow.domain.errors import Conflict, InvalidInput
from qunflow.storage.backup_archive import (
    CHUNK,
    KEY,
    MANIFEST,
    LedgerSum,
    Manifest,
    TableCopy,
    Tell,
    table_entry,
)
from qunflow.storage.database import plain_url
from qunflow.storage.migrate import MIGRATION_LOCK
from qunflow.storage.sealing import KEY_FILE

#: Not copied: the schema's number stands in the manifest; leases and workers belong to processes that run now.
LEFT_OUT = ("alembic_version", "leases", "workers")
FILE_MODE = 0o600

TABLES = """
SELECT c.relname AS name, c.relrowsecurity AS secured,
  array(SELECT a.attname::text FROM pg_attribute a WHERE a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
    AND a.attgenerated = '' AND a.atttypid <> 'xid8'::regtype ORDER BY a.attnum) AS columns,
  array(SELECT a.attname::text FROM pg_attribute a WHERE a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
    AND a.attidentity <> '') AS counted,
  array(SELECT r.confrelid::regclass::text FROM pg_constraint r WHERE r.conrelid = c.oid AND r.contype = 'f') AS needs
FROM pg_class c WHERE c.relnamespace = 'public'::regnamespace AND c.relkind = 'r' ORDER BY c.relname
"""

LEDGER = """
SELECT workspace_id, unit, sum(accounts)::bigint, sum(balance)::bigint, sum(postings)::bigint, sum(moved)::bigint FROM (
  SELECT workspace_id, unit, count(*) AS accounts, sum(balance) AS balance, 0 AS postings, 0 AS moved FROM accounts
  WHERE workspace_id = ANY($1) GROUP BY 1, 2 UNION ALL
  SELECT workspace_id, unit, 0, 0, count(*), sum(amount) FROM postings
  WHERE workspace_id = ANY($1) GROUP BY 1, 2) AS both_sides GROUP BY 1, 2 ORDER BY 1, 2
"""


@dataclass(frozen=True, slots=True)
class Table:
    """A table as the catalogue shows it; ``secured``: its rows are only seen workspace by workspace."""

    name: str
    secured: bool
    columns: tuple[str, ...]
    counted: tuple[str, ...]  # columns that the database numbers by itself
    needs: frozenset[str]  # tables that must be filled before


@dataclass
class _Hashed:
    """Writes through to ``into`` and hashes what passes."""

    into: IO[bytes]
    digest: Any = field(default_factory=hashlib.sha256)

    async def __call__(self, piece: bytes) -> None:
        self.digest.update(piece)
        self.into.write(piece)


async def write_backup(url: str, data: Path, target: Path, *, with_key: bool, tell: Tell) -> Manifest:
    """Write the database at ``url`` and the images below ``data`` to ``target`` (0600); answers the manifest.

    The file appears whole or not at all. Raises InvalidInput ``backup_exists`` when it is there already, Conflict
    ``backup_no_schema`` for a database without tables.
    """
    _refuse_existing(target)
    if with_key and not (data / KEY_FILE).is_file():
        raise InvalidInput("backup_no_key", f"there is no {KEY_FILE} in the data folder", field=str(data))
    draft = target.with_name(f".{target.name}.{secrets.token_hex(4)}")
    connection: Any = await asyncpg.connect(plain_url(url))
    try:
        handle = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, FILE_MODE)
        with os.fdopen(handle, "wb") as file:
            with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED, compresslevel=3) as archive:
                manifest = await _fill(connection, data, archive, with_key, tell)
            file.flush()
            os.fsync(file.fileno())
        _refuse_existing(target)
        draft.rename(target)
        _sync_folder(target.parent)
    except OSError as error:
        raise InvalidInput("backup_write", f"the file cannot be written: {error}", field=str(target)) from error
    finally:
        draft.unlink(missing_ok=True)
        await connection.close()
    return manifest


def key_fingerprint(data: Path) -> str:
    """Which key a data folder has: equal for equal keys, and of no use to find the key; empty without one."""
    path = data / KEY_FILE
    if not path.is_file():
        return ""
    return hmac.new(path.read_bytes(), b"qunflow backup", hashlib.sha256).hexdigest()[:16]


async def read_tables(connection: Any) -> list[Table]:
    """Every table, those that others refer to first. Columns that only mean something inside this server are left out:
    a transaction number copied elsewhere would hide its row from readers that follow the log."""
    found = {
        row["name"]: Table(
            row["name"], row["secured"], tuple(row["columns"]), tuple(row["counted"]), frozenset(row["needs"])
        )
        for row in await connection.fetch(TABLES)
    }
    ordered: list[Table] = []
    while found:
        ready = [table for table in found.values() if not (table.needs - {table.name}) & found.keys()]
        if not ready:
            raise Conflict("backup_ring", f"tables refer to each other in a ring: {', '.join(sorted(found))}")
        for table in ready:
            ordered.append(found.pop(table.name))
    return ordered


async def read_ledger(connection: Any, workspaces: Sequence[str]) -> tuple[LedgerSum, ...]:
    """The sums of the books that can be seen now, of the named workspaces."""
    return tuple(LedgerSum(*row) for row in await connection.fetch(LEDGER, list(workspaces)))


async def enter_workspace(connection: Any, workspace: str) -> None:
    """See this workspace's rows until the transaction ends or enters another one."""
    await connection.execute("SELECT set_config('qunflow.workspace', $1, true)", workspace)


async def _fill(connection: Any, data: Path, archive: zipfile.ZipFile, with_key: bool, tell: Tell) -> Manifest:
    # No migration may run between the snapshot and the locks that keep the tables as they are.
    await connection.execute("SELECT pg_advisory_lock_shared($1)", MIGRATION_LOCK)
    async with connection.transaction(isolation="repeatable_read"):
        tables = await read_tables(connection)
        if "alembic_version" not in {table.name for table in tables}:
            raise Conflict("backup_no_schema", "this database holds no tables of qunflow")
        copied = [table for table in tables if table.name not in LEFT_OUT]
        await connection.execute(f"LOCK TABLE {', '.join(table.name for table in copied)} IN ACCESS SHARE MODE")
        await connection.execute("SELECT pg_advisory_unlock_shared($1)", MIGRATION_LOCK)
        made_at = datetime.now(UTC).isoformat(timespec="seconds")
        schema = str(await connection.fetchval("SELECT version_num FROM alembic_version"))
        workspaces = [row[0] for row in await connection.fetch("SELECT workspace_id FROM workspaces ORDER BY 1")]
        copies = [await _copy_table(connection, table, workspaces, archive, tell) for table in copied]
        ledger: list[LedgerSum] = []
        blobs: list[str] = []
        for workspace in workspaces:
            await enter_workspace(connection, workspace)
            ledger += await read_ledger(connection, [workspace])
            found = await connection.fetch("SELECT DISTINCT digest FROM blobs WHERE workspace_id = $1", workspace)
            blobs += [f"{workspace}/{row[0][:2]}/{row[0]}" for row in found]
        sequences = await _last_numbers(connection, copied)
    stored = _copy_blobs(data / "blobs", sorted(blobs), archive, tell)
    if with_key:
        archive.write(data / KEY_FILE, KEY)
    manifest = Manifest(
        schema, __version__, made_at, tuple(copies), sequences, tuple(ledger),
        stored, len(blobs) - stored, key_fingerprint(data), with_key,
    )  # fmt: skip
    archive.writestr(MANIFEST, manifest.packed())
    return manifest


async def _copy_table(
    connection: Any, table: Table, workspaces: Sequence[str], archive: zipfile.ZipFile, tell: Tell
) -> TableCopy:
    tell(f"copying {table.name}")
    columns = ", ".join(f'"{name}"' for name in table.columns)
    rows = 0
    with archive.open(table_entry(table.name), "w", force_zip64=True) as entry:
        sink = _Hashed(entry)
        if table.secured:
            for workspace in workspaces:
                await enter_workspace(connection, workspace)
                query = f"SELECT {columns} FROM {table.name} WHERE workspace_id = $1"
                rows += _count(await connection.copy_from_query(query, workspace, output=sink, format="text"))
        else:
            rows = _count(
                await connection.copy_from_query(f"SELECT {columns} FROM {table.name}", output=sink, format="text")
            )
    return TableCopy(table.name, table.columns, rows, sink.digest.hexdigest())


def _count(status: str) -> int:
    return int(status.rsplit(" ", 1)[-1])


async def _last_numbers(connection: Any, tables: Sequence[Table]) -> dict[str, int]:
    """The last number of each identity column: read after the snapshot, so never below what the snapshot holds."""
    found = {}
    for table in tables:
        for column in table.counted:
            sequence = await connection.fetchval("SELECT pg_get_serial_sequence($1, $2)", table.name, column)
            last, used = await connection.fetchrow(f"SELECT last_value, is_called FROM {sequence}")
            found[f"{table.name}.{column}"] = int(last) if used else 0
    return found


def _copy_blobs(folder: Path, names: Sequence[str], archive: zipfile.ZipFile, tell: Tell) -> int:
    """Copy the images that are there; one that was erased since the snapshot stays erased. Answers how many."""
    stored = 0
    for number, name in enumerate(names):
        if number % 100 == 0:
            tell(f"copying images {number}/{len(names)}")
        try:
            source = (folder / name).open("rb")
        except FileNotFoundError:
            continue
        with source, archive.open(zipfile.ZipInfo(f"blobs/{name}"), "w") as entry:
            while piece := source.read(CHUNK):
                entry.write(piece)
        stored += 1
    return stored


def _refuse_existing(target: Path) -> None:
    if target.exists():
        raise InvalidInput("backup_exists", "this file exists already", field=str(target), way_out="Name another one.")


def _sync_folder(folder: Path) -> None:
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
