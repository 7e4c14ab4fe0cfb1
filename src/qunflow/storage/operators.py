"""Accounts of the console and where they sit: outside the workspaces, because an account may sit in several."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from qunflow.domain.rights import Role

_ACCOUNT = "account, name, password, language, look, founder, created_at, disabled_at"


@dataclass(frozen=True, slots=True)
class AccountRow:
    """One account; ``password`` is its argon2 hash, ``founder`` may make workspaces."""

    account: str
    name: str
    password: str
    language: str
    look: str
    founder: bool
    created_at: datetime
    disabled_at: datetime | None


@dataclass(frozen=True, slots=True)
class SeatRow:
    """What an account is in one workspace."""

    workspace: str
    title: str
    tz: str
    role: Role
    since: datetime
    disabled_at: datetime | None


@dataclass(frozen=True, slots=True)
class MemberRow:
    """An account as a workspace lists it."""

    account: str
    name: str
    role: Role
    since: datetime
    disabled: bool
    seen_at: datetime | None


def name_key(name: str) -> str:
    """What two names must not share: letter case is of no account."""
    return name.strip().casefold()


async def add_account(connection: Any, row: AccountRow) -> bool:
    """Store a new account; False when the name is taken."""
    found = await connection.fetchval(
        "INSERT INTO operators (account, name, name_key, password, language, look, founder, created_at) "
        "VALUES ($1, $2, $3, $4, $5, $6, $7, $8) ON CONFLICT (name_key) DO NOTHING RETURNING account",
        *(row.account, row.name, name_key(row.name), row.password, row.language, row.look, row.founder),
        row.created_at,
    )
    return found is not None


async def find_account(connection: Any, account: str) -> AccountRow | None:
    """One account by its id."""
    row = await connection.fetchrow(f"SELECT {_ACCOUNT} FROM operators WHERE account = $1", account)
    return None if row is None else AccountRow(*row)


async def find_account_by_name(connection: Any, name: str) -> AccountRow | None:
    """One account by its name."""
    row = await connection.fetchrow(f"SELECT {_ACCOUNT} FROM operators WHERE name_key = $1", name_key(name))
    return None if row is None else AccountRow(*row)


async def any_account(connection: Any) -> bool:
    """Whether there is an account at all."""
    return bool(await connection.fetchval("SELECT EXISTS (SELECT FROM operators)"))


async def list_accounts(connection: Any, limit: int) -> list[tuple[AccountRow, str]]:
    """Accounts of the installation by name, each with ``workspace:role`` of its seats in one text."""
    rows = await connection.fetch(
        f"SELECT {_ACCOUNT}, (SELECT coalesce(string_agg(s.workspace_id || ':' || s.role, ' ' ORDER BY 1), '') "
        "FROM (SELECT workspace_id, role FROM operator_seats WHERE account = o.account AND disabled_at IS NULL "
        "ORDER BY workspace_id) AS s) FROM operators o ORDER BY name_key LIMIT $1",
        limit,
    )
    return [(AccountRow(*row[:8]), row[8]) for row in rows]


async def set_password(connection: Any, account: str, password: str) -> None:
    """Replace the hash of an account's password."""
    await connection.execute("UPDATE operators SET password = $2 WHERE account = $1", account, password)


async def set_manners(connection: Any, account: str, language: str, look: str) -> None:
    """Language and look (auto, light, dark) of an account."""
    await connection.execute(
        "UPDATE operators SET language = $2, look = $3 WHERE account = $1", account, language, look
    )


async def set_disabled(connection: Any, account: str, at: datetime | None) -> None:
    """Disable an account everywhere, or enable it with None."""
    await connection.execute("UPDATE operators SET disabled_at = $2 WHERE account = $1", account, at)


async def list_seats(connection: Any, account: str) -> list[SeatRow]:
    """Where an account sits, by workspace."""
    rows = await connection.fetch(
        "SELECT s.workspace_id, w.title, w.tz, s.role, s.since, s.disabled_at FROM operator_seats s "
        "JOIN workspaces w USING (workspace_id) WHERE s.account = $1 ORDER BY s.workspace_id",
        account,
    )
    return [SeatRow(row[0], row[1], row[2], Role(row[3]), row[4], row[5]) for row in rows]


async def set_seat(connection: Any, account: str, workspace: str, role: Role, at: datetime) -> None:
    """Give an account a role in a workspace, or another one; a disabled seat is enabled."""
    await connection.execute(
        "INSERT INTO operator_seats (account, workspace_id, role, since) VALUES ($1, $2, $3, $4) "
        "ON CONFLICT (account, workspace_id) DO UPDATE SET role = excluded.role, disabled_at = NULL",
        *(account, workspace, str(role), at),
    )


async def disable_seat(connection: Any, account: str, workspace: str, at: datetime | None) -> None:
    """Disable an account in one workspace, or enable it with None."""
    await connection.execute(
        "UPDATE operator_seats SET disabled_at = $3 WHERE account = $1 AND workspace_id = $2", account, workspace, at
    )


async def lock_owners(connection: Any, workspace: str) -> set[str]:
    """The accounts that own a workspace and may sign in, kept from changing until the transaction ends."""
    await connection.execute("SELECT FROM workspaces WHERE workspace_id = $1 FOR UPDATE", workspace)
    rows = await connection.fetch(
        "SELECT s.account FROM operator_seats s JOIN operators o USING (account) WHERE s.workspace_id = $1 "
        "AND s.role = $2 AND s.disabled_at IS NULL AND o.disabled_at IS NULL FOR UPDATE",
        workspace,
        str(Role.OWNER),
    )
    return {row[0] for row in rows}


async def list_members(connection: Any, workspace: str, limit: int) -> list[MemberRow]:
    """Who sits in a workspace, by name, with the time of the last visit."""
    rows = await connection.fetch(
        "SELECT o.account, o.name, s.role, s.since, (s.disabled_at IS NOT NULL OR o.disabled_at IS NOT NULL), "
        "(SELECT max(seen_at) FROM console_sessions c WHERE c.account = o.account AND c.workspace_id = $1) "
        "FROM operator_seats s JOIN operators o USING (account) WHERE s.workspace_id = $1 ORDER BY o.name_key LIMIT $2",
        workspace,
        limit,
    )
    return [MemberRow(row[0], row[1], Role(row[2]), row[3], row[4], row[5]) for row in rows]
