"""Tenancy in the catalogue: a table that somebody adds without a policy, or without the workspace in its key, fails."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import UTC, date, datetime
from typing import Any
from uuid import uuid4

import asyncpg
import pytest

from qunflow.storage.database import APP_ROLE, Database

#: Read before the workspace is known (architecture.md §1.7); everything else belongs to one workspace.
DIRECTORY = {"workspaces", "channels", "short_codes", "leases", "workers", "alembic_version"}
#: Who may come in and where to is asked before the workspace is known.
DIRECTORY |= {"operators", "operator_seats", "console_sessions", "console_links", "sign_in_failures"}
APPEND_ONLY = {"events", "postings", "audit"}
VALUES: dict[str, Any] = {
    "text": None,  # its own column's name, so that a row passes checks like debit <> credit
    "bigint": 1,
    "smallint": 1,
    "integer": 1,
    "boolean": True,
    "jsonb": "{}",
    "bytea": b"x",
    "date": date(2026, 12, 1),
    "timestamp with time zone": datetime(2026, 12, 1, tzinfo=UTC),
}
#: Columns that take some words only.
CHOSEN = {
    ("risk_signals", "kind"): "device",
    ("risk_words", "kind"): "appeal",
    ("reward_codes", "state"): "assigned",
    ("rehearsals", "state"): "done",
}


@pytest.fixture
async def owner(database_url: str) -> AsyncIterator[asyncpg.Connection]:
    """The database as its owner."""
    connection = await asyncpg.connect(database_url)
    yield connection
    await connection.close()


async def tables(connection: Any) -> set[str]:
    rows = await connection.fetch("SELECT tablename FROM pg_tables WHERE schemaname = 'public'")
    return {row[0] for row in rows}


async def tenant_tables(connection: Any) -> list[str]:
    return sorted(await tables(connection) - DIRECTORY)


async def put_row(connection: Any, table: str, workspace: str) -> None:
    """One row of a workspace in any table; not even the owner may write it without naming the workspace."""
    await connection.execute("SELECT set_config('qunflow.workspace', $1, false)", workspace)
    statement, values = await row_of(connection, table, workspace)
    await connection.execute(statement, *values)


async def row_of(connection: Any, table: str, workspace: str) -> tuple[str, list[Any]]:
    """A statement, with its values, that puts one row of a workspace into any table."""
    columns = await connection.fetch(
        "SELECT column_name, data_type FROM information_schema.columns WHERE table_schema = 'public' "
        "AND table_name = $1 AND is_identity = 'NO' AND column_default IS NULL ORDER BY ordinal_position",
        table,
    )
    values: list[Any] = []
    for name, kind in columns:
        value = CHOSEN.get((table, name), uuid4() if kind == "uuid" else VALUES[kind])
        values.append(workspace if name == "workspace_id" else name if value is None else value)
    names = ", ".join(f'"{name}"' for name, _ in columns)
    marks = ", ".join(f"${number}" for number in range(1, len(values) + 1))
    return f"INSERT INTO {table} ({names}) VALUES ({marks})", values


async def test_the_directory_is_all_that_stands_outside_the_workspaces(owner: asyncpg.Connection) -> None:
    assert await tables(owner) >= DIRECTORY
    assert len(await tenant_tables(owner)) >= 13


async def test_every_other_table_forces_a_policy_on_reads_and_writes(owner: asyncpg.Connection) -> None:
    rows = await owner.fetch(
        "SELECT c.relname, c.relrowsecurity AND c.relforcerowsecurity AS forced, p.polqual IS NOT NULL AS reads, "
        "p.polwithcheck IS NOT NULL AS writes, p.polcmd FROM pg_class c LEFT JOIN pg_policy p ON p.polrelid = c.oid "
        "WHERE c.relkind IN ('r', 'p') AND c.relnamespace = 'public'::regnamespace"
    )
    found = {row["relname"]: tuple(row)[1:] for row in rows if row["relname"] not in DIRECTORY}
    assert found == dict.fromkeys(await tenant_tables(owner), (True, True, True, b"*"))


async def test_every_unique_key_begins_with_the_workspace(owner: asyncpg.Connection) -> None:
    rows = await owner.fetch(
        "SELECT i.indexrelid::regclass::text AS name, t.relname AS table, a.attname AS first FROM pg_index i "
        "JOIN pg_class t ON t.oid = i.indrelid JOIN pg_attribute a ON a.attrelid = t.oid AND a.attnum = i.indkey[0] "
        "WHERE i.indisunique AND t.relnamespace = 'public'::regnamespace"
    )
    wrong = [row["name"] for row in rows if row["table"] not in DIRECTORY and row["first"] != "workspace_id"]
    assert wrong == []


async def test_the_application_role_owns_nothing_and_cannot_step_past_a_policy(owner: asyncpg.Connection) -> None:
    role = await owner.fetchrow("SELECT * FROM pg_roles WHERE rolname = $1", APP_ROLE)
    assert role is not None
    rights = ("rolsuper", "rolbypassrls", "rolcreaterole", "rolcreatedb", "rolreplication", "rolcanlogin")
    assert {name: role[name] for name in rights} == dict.fromkeys(rights, False)
    owned = await owner.fetchval("SELECT count(*) FROM pg_class WHERE relowner = $1", role["oid"])
    member_of = await owner.fetchval("SELECT count(*) FROM pg_auth_members WHERE member = $1", role["oid"])
    assert (owned, member_of) == (0, 0)


async def test_the_application_acts_as_that_role(database: Database) -> None:
    async with database.unit("main") as unit:
        assert await unit.value("SELECT current_user::text") == APP_ROLE
    async with database.directory() as connection:
        assert await connection.fetchval("SELECT current_user::text") == APP_ROLE


async def test_rows_of_another_workspace_are_invisible_in_every_table(
    database: Database, owner: asyncpg.Connection
) -> None:
    for table in await tenant_tables(owner):
        await put_row(owner, table, "other")
        async with database.unit("main") as unit:
            assert await unit.value(f"SELECT count(*) FROM {table}") == 0, table
        async with database.unit("other") as unit:
            assert await unit.value(f"SELECT count(*) FROM {table}") == 1, table


async def test_without_a_workspace_nothing_is_visible(database: Database, owner: asyncpg.Connection) -> None:
    for table in await tenant_tables(owner):
        await put_row(owner, table, "other")
        async with database.directory() as connection:
            assert await connection.fetchval(f"SELECT count(*) FROM {table}") == 0, table


async def test_rows_cannot_be_written_for_another_workspace(database: Database, owner: asyncpg.Connection) -> None:
    for table in await tenant_tables(owner):
        statement, values = await row_of(owner, table, "other")
        with pytest.raises(asyncpg.InsufficientPrivilegeError, match="row-level security"):
            async with database.unit("main") as unit:
                await unit.execute(statement, *values)


async def test_rows_of_another_workspace_can_be_neither_changed_nor_moved_nor_deleted(
    database: Database, owner: asyncpg.Connection
) -> None:
    for table in set(await tenant_tables(owner)) - APPEND_ONLY:
        for workspace in ("main", "other"):
            await put_row(owner, table, workspace)
        with pytest.raises(asyncpg.InsufficientPrivilegeError):
            async with database.unit("main") as unit:
                await unit.execute(f"UPDATE {table} SET workspace_id = 'other'")
        async with database.unit("main") as unit:
            assert await unit.execute(f"DELETE FROM {table} WHERE workspace_id = 'other'") == 0, table
            assert await unit.execute(f"DELETE FROM {table}") == 1, table
        assert await owner.fetchval(f"SELECT count(*) FROM {table}") == 1, table


@pytest.mark.parametrize("table", sorted(APPEND_ONLY))
@pytest.mark.parametrize("statement", ["UPDATE {} SET workspace_id = workspace_id", "DELETE FROM {}", "TRUNCATE {}"])
async def test_what_happened_and_what_was_posted_cannot_be_rewritten(
    database: Database, owner: asyncpg.Connection, table: str, statement: str
) -> None:
    await put_row(owner, table, "main")
    with pytest.raises(asyncpg.InsufficientPrivilegeError, match="permission denied"):
        async with database.unit("main") as unit:
            await unit.execute(statement.format(table))


async def test_no_table_can_be_emptied_or_changed_in_shape_by_the_application(
    database: Database, owner: asyncpg.Connection
) -> None:
    for table in await tables(owner):
        for statement in (
            f"TRUNCATE {table}",
            f"ALTER TABLE {table} DISABLE ROW LEVEL SECURITY",
            f"DROP TABLE {table}",
        ):
            with pytest.raises(asyncpg.InsufficientPrivilegeError):
                async with database.directory() as connection:
                    await connection.execute(statement)
