"""Backup of a database that is being written to, and its restore: the snapshot whole, or nothing changed."""

from __future__ import annotations

import asyncio
import os
import stat
import zipfile
from collections.abc import AsyncIterator, Sequence
from pathlib import Path
from typing import Any
from uuid import uuid4

import asyncpg
import orjson
import pytest
from sqlalchemy.ext.asyncio import create_async_engine
from tests.conftest import START, drop, renamed, run_on
from tests.integration.engine.conftest import Works
from tests.integration.engine.toy import Add, AddSeen, TakeSeat, toy_registry

from qunflow.domain.errors import Conflict, InvalidInput
from qunflow.engine.replay import check_replay
from qunflow.ledger.check import check_ledger
from qunflow.storage.backup import LEFT_OUT, write_backup
from qunflow.storage.backup_archive import MANIFEST, Manifest, verify_archive
from qunflow.storage.blobs import BlobStore
from qunflow.storage.clock import SharedClock
from qunflow.storage.database import Database, async_url
from qunflow.storage.directory import ensure_workspace
from qunflow.storage.event_log import read_after
from qunflow.storage.migrate import newest_schema, present_schema, upgrade_to
from qunflow.storage.restore import Restored, restore_backup
from qunflow.storage.sealing import KEY_FILE, Keys


def silent(step: str) -> None:
    """Nobody watches."""


async def prove(database: Database, workspaces: Sequence[str]) -> None:
    """The toy's log gives the toy's states."""
    for workspace in workspaces:
        report = await check_replay(database, toy_registry(), workspace)
        assert report.equal and bool(report.events) == (workspace == "main")


async def backup(url: str, data: Path, target: Path, with_key: bool = False) -> Manifest:
    return await write_backup(url, data, target, with_key=with_key, tell=silent)


async def restore(url: str, data: Path, source: Path, replace: bool = False) -> Restored:
    return await restore_backup(url, data, source, replace_data=replace, prove=prove, tell=silent)


@pytest.fixture
async def works(database_url: str, clock: SharedClock) -> AsyncIterator[Works]:
    """The toy with its workspace, and a second, silent workspace."""
    database = Database.connect(database_url, pool_size=6)
    async with database.directory() as connection:
        for name in ("main", "other"):
            await ensure_workspace(connection, name, name, "Asia/Shanghai", START)
    yield Works(database, clock)
    await database.close()


@pytest.fixture
async def empty_url(server_url: str) -> AsyncIterator[str]:
    """A database without any table."""
    name = f"restored_{uuid4().hex}"
    await run_on(server_url, f'CREATE DATABASE "{name}"')
    yield renamed(server_url, name)
    await drop(server_url, name)


@pytest.fixture
def data(tmp_path: Path) -> Path:
    """A data folder with its key."""
    Keys.in_folder(tmp_path / "old")
    return tmp_path / "old"


async def hammer(works: Works, stop: asyncio.Event) -> int:
    """Commits without a pause: states, events, postings, claims."""
    number = 0
    while not stop.is_set():
        number += 1
        asked = [Add(1, f"tally:{number % 7}"), AddSeen(2, "tally:x", "tally:y"), TakeSeat(f"p{number}", 100_000)]
        await asyncio.gather(*(works.ask(body) for body in asked))
    return number


async def everything(url: str) -> dict[str, list[Any]]:
    """Every row of every table of the workspace, as text."""
    connection = await asyncpg.connect(url)
    try:
        await connection.execute("SET qunflow.workspace = 'main'")
        names = await connection.fetch(
            "SELECT relname FROM pg_class WHERE relnamespace = 'public'::regnamespace AND relkind = 'r' "
            "AND relname NOT IN ('leases', 'workers') ORDER BY 1"
        )
        return {
            row[0]: [line[0] for line in await connection.fetch(
                f"SELECT (to_jsonb(t) - 'xid')::text FROM {row[0]} t ORDER BY 1")]
            for row in names
        }  # fmt: skip
    finally:
        await connection.close()


async def test_a_backup_under_fire_is_one_snapshot_and_restores_whole(
    works: Works, database_url: str, empty_url: str, data: Path, tmp_path: Path
) -> None:
    async with works.database.unit("main") as unit:
        digest = await BlobStore(data / "blobs").put(unit, b"a picture", "image/jpeg", "p1", START)
    stop = asyncio.Event()
    writing = asyncio.create_task(hammer(works, stop))
    await asyncio.sleep(0.5)
    manifest = await backup(database_url, data, tmp_path / "b.zip")
    await asyncio.sleep(0.2)
    stop.set()
    assert await writing > 20
    restored = await restore(empty_url, tmp_path / "new", tmp_path / "b.zip")
    found = await everything(empty_url)
    assert {name: len(rows) for name, rows in found.items() if name not in LEFT_OUT} == manifest.rows
    assert 0 < len(found["events"]) < len((await everything(database_url))["events"])
    assert await BlobStore(tmp_path / "new" / "blobs").read("main", digest) == b"a picture"
    assert restored.key == "missing" and stat.S_IMODE((tmp_path / "b.zip").stat().st_mode) == 0o600
    other = Database.connect(empty_url)
    async with other.unit("main") as unit:
        assert (await check_ledger(unit)).balanced
        assert await unit.value("SELECT count(*) FROM postings") > 0
        assert len(await read_after(unit, 0, 10_000)) == manifest.rows["events"]  # none hidden by an old number
    await other.close()


async def test_a_quiet_database_comes_back_equal_and_goes_on(
    works: Works, database_url: str, empty_url: str, data: Path, tmp_path: Path, clock: SharedClock
) -> None:
    await asyncio.gather(*(works.ask(Add(1, f"tally:{number}")) for number in range(20)))
    await works.put(*(Add(2) for _ in range(5)))
    await backup(database_url, data, tmp_path / "b.zip")
    before = await everything(database_url)
    await restore(empty_url, tmp_path / "new", tmp_path / "b.zip")
    assert await everything(empty_url) == before
    assert await present_schema(empty_url) == await present_schema(database_url)
    database = Database.connect(empty_url)
    resumed = Works(database, clock)
    await resumed.run()
    assert (await resumed.tally()).total == (await works.tally()).total + 10
    await resumed.ask(Add(1))
    highest = "SELECT max(seq) FROM events"
    assert await resumed.value(highest) > await works.value(highest)
    async with database.unit("other") as unit:
        assert await unit.fetch("SELECT 1 FROM events") == []  # row-level security is in force again
    await database.close()


@pytest.mark.parametrize("harm", ["short", "byte", "foreign", "row", "extra", "empty"])
async def test_a_broken_file_is_refused_and_nothing_is_written(
    harm: str, works: Works, database_url: str, empty_url: str, data: Path, tmp_path: Path
) -> None:
    await works.ask(Add(1))
    whole = tmp_path / "whole.zip"
    await backup(database_url, data, whole)
    broken = tmp_path / "broken.zip"
    broken.write_bytes(harmed(whole, harm))
    with pytest.raises(InvalidInput, match="backup_broken"):
        await restore(empty_url, tmp_path / "new", broken)
    assert await everything(empty_url) == {}
    assert not (tmp_path / "new").exists()


def harmed(path: Path, harm: str) -> bytes:
    content = path.read_bytes()
    if harm == "short":
        return content[: len(content) * 2 // 3]
    if harm == "byte":
        with zipfile.ZipFile(path) as archive:
            entry = archive.getinfo("tables/events.copy")
        place = entry.header_offset + 30 + len(entry.filename) + entry.compress_size // 2 + 20
        return content[:place] + bytes([content[place] ^ 0x55]) + content[place + 1 :]
    if harm in ("foreign", "empty"):
        return b"no zip at all" if harm == "foreign" else b""
    copy = path.with_name("copy.zip")
    with zipfile.ZipFile(path) as archive, zipfile.ZipFile(copy, "w") as other:
        for name in archive.namelist():
            text = archive.read(name)
            other.writestr(name, text + text if harm == "row" and name == "tables/events.copy" else text)
        if harm == "extra":
            other.writestr("blobs/../../etc/passwd", "x")
    return copy.read_bytes()


async def test_rows_that_break_the_books_are_refused_and_the_old_data_stay(
    works: Works, database_url: str, empty_url: str, data: Path, tmp_path: Path
) -> None:
    await works.ask(TakeSeat("p1", 5))
    await backup(database_url, data, tmp_path / "b.zip")
    await restore(empty_url, tmp_path / "new", tmp_path / "b.zip")
    before = await everything(empty_url)
    with zipfile.ZipFile(tmp_path / "b.zip") as archive:
        content = {name: archive.read(name) for name in archive.namelist()}
    manifest = orjson.loads(content[MANIFEST])
    manifest["ledger"][0]["moved"] += 1
    content[MANIFEST] = orjson.dumps(manifest)
    with zipfile.ZipFile(tmp_path / "wrong.zip", "w") as archive:
        for name, text in content.items():
            archive.writestr(name, text)
    with pytest.raises(Conflict, match="restore_differs"):
        await restore(empty_url, tmp_path / "new", tmp_path / "wrong.zip", replace=True)
    assert await everything(empty_url) == before
    assert sorted(path.name for path in (tmp_path / "new").iterdir()) == ["blobs"]


async def test_a_replay_that_differs_undoes_the_restore(
    works: Works, database_url: str, empty_url: str, data: Path, tmp_path: Path
) -> None:
    await works.ask(Add(1))
    await backup(database_url, data, tmp_path / "b.zip")

    async def refuse(database: Database, workspaces: Sequence[str]) -> None:
        assert list(workspaces) == ["main", "other"]
        raise Conflict("restore_replay", "not equal")

    with pytest.raises(Conflict, match="restore_replay"):
        await restore_backup(
            empty_url, tmp_path / "new", tmp_path / "b.zip", replace_data=False, prove=refuse, tell=silent
        )
    assert await everything(empty_url) == {}
    assert not (tmp_path / "new" / "blobs").exists()


async def test_data_that_are_there_stay_unless_it_is_said(
    works: Works, database_url: str, empty_url: str, data: Path, tmp_path: Path
) -> None:
    await works.ask(Add(1))
    await backup(database_url, data, tmp_path / "one.zip")
    await works.ask(Add(1))
    await backup(database_url, data, tmp_path / "two.zip")
    await restore(empty_url, data, tmp_path / "one.zip")
    with pytest.raises(Conflict, match="database_not_empty"):
        await restore(empty_url, data, tmp_path / "two.zip")
    assert len((await everything(empty_url))["events"]) == 1
    assert (await restore(empty_url, data, tmp_path / "two.zip", replace=True)).key == "same"
    assert len((await everything(empty_url))["events"]) == 2


async def test_a_database_that_somebody_uses_is_not_replaced(
    works: Works, database_url: str, data: Path, tmp_path: Path
) -> None:
    await works.ask(Add(1))
    await backup(database_url, data, tmp_path / "b.zip")
    with pytest.raises(Conflict, match="database_in_use"):
        await restore(database_url, data, tmp_path / "b.zip", replace=True)
    assert (await works.tally()).total == 1


async def test_the_key_is_in_the_file_only_when_asked_for(
    works: Works, database_url: str, empty_url: str, data: Path, tmp_path: Path
) -> None:
    await works.ask(Add(1))
    key = (data / KEY_FILE).read_bytes()
    await backup(database_url, data, tmp_path / "without.zip")
    await backup(database_url, data, tmp_path / "with.zip", with_key=True)
    with zipfile.ZipFile(tmp_path / "without.zip") as archive:
        assert all(key not in archive.read(name) for name in archive.namelist())
    new = tmp_path / "new"
    assert (await restore(empty_url, new, tmp_path / "with.zip")).key == "restored"
    assert (new / KEY_FILE).read_bytes() == key and stat.S_IMODE((new / KEY_FILE).stat().st_mode) == 0o600
    (new / KEY_FILE).write_bytes(os.urandom(32))
    assert (await restore(empty_url, new, tmp_path / "without.zip", replace=True)).key == "other"


async def test_a_file_that_is_there_is_not_overwritten(
    works: Works, database_url: str, data: Path, tmp_path: Path
) -> None:
    (tmp_path / "b.zip").write_text("mine")
    with pytest.raises(InvalidInput, match="backup_exists"):
        await backup(database_url, data, tmp_path / "b.zip")
    with pytest.raises(InvalidInput, match="backup_write"):
        await backup(database_url, data, tmp_path / "nowhere" / "b.zip")
    assert (tmp_path / "b.zip").read_text() == "mine"
    assert sorted(path.name for path in tmp_path.iterdir()) == ["b.zip", "clock", "old"]


async def test_a_backup_of_a_newer_schema_is_refused(
    works: Works, database_url: str, empty_url: str, data: Path, tmp_path: Path
) -> None:
    await works.ask(Add(1))
    owner = await asyncpg.connect(database_url)
    await owner.execute("UPDATE alembic_version SET version_num = '9999'")
    await owner.close()
    await backup(database_url, data, tmp_path / "b.zip")
    with pytest.raises(InvalidInput, match="backup_newer"):
        await restore(empty_url, tmp_path / "new", tmp_path / "b.zip")


async def test_an_image_that_is_erased_meanwhile_is_counted_and_left_out(
    works: Works, database_url: str, data: Path, tmp_path: Path
) -> None:
    store = BlobStore(data / "blobs")
    async with works.database.unit("main") as unit:
        gone = await store.put(unit, b"one", "image/jpeg", "p1", START)
        await store.put(unit, b"two", "image/jpeg", "p2", START)
    (store.folder / "main" / gone[:2] / gone).unlink()
    manifest = await backup(database_url, data, tmp_path / "b.zip")
    assert (manifest.blobs, manifest.blobs_gone) == (1, 1)
    assert verify_archive(tmp_path / "b.zip", silent) == manifest


async def test_a_backup_of_an_older_schema_is_restored_and_brought_to_the_newest(
    server_url: str, empty_url: str, data: Path, tmp_path: Path
) -> None:
    name = f"older_{uuid4().hex}"
    await run_on(server_url, f'CREATE DATABASE "{name}"')
    older = renamed(server_url, name)
    engine = create_async_engine(async_url(older))
    async with engine.begin() as connection:
        await connection.run_sync(upgrade_to, "0001")
    await engine.dispose()
    await run_on(older, "INSERT INTO workspaces VALUES ('main', 'one', 'Asia/Shanghai', now())")
    manifest = await backup(older, data, tmp_path / "b.zip")
    await drop(server_url, name)

    async def look(database: Database, workspaces: Sequence[str]) -> None:
        assert list(workspaces) == ["main"]

    restored = await restore_backup(
        empty_url, tmp_path / "new", tmp_path / "b.zip", replace_data=False, prove=look, tell=silent
    )
    assert (manifest.schema, restored.schema) == ("0001", newest_schema())
    assert await present_schema(empty_url) == newest_schema()
