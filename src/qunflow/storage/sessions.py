"""Sessions of the console, one-time links and failed sign-ins. Tokens are stored as hashes only."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

#: A failure is forgotten after this long without another.
FAILURES_KEPT = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class SessionRow:
    """One signed-in browser."""

    session: str
    account: str
    workspace: str
    created_at: datetime
    seen_at: datetime
    address: str
    browser: str


@dataclass(frozen=True, slots=True)
class LinkRow:
    """What a one-time link is for: making an owner, an account with a role, or a new password."""

    kind: str
    workspace: str
    role: str
    account: str
    made_by: str
    expires_at: datetime


_SESSION = "session, account, workspace_id, created_at, seen_at, address, browser"
_LINK = "kind, workspace_id, role, account, made_by, expires_at"


def hashed(token: str) -> bytes:
    """What is stored of a token; 256 random bits need no salt."""
    return hashlib.sha256(token.encode()).digest()


async def add_session(connection: Any, token: str, row: SessionRow) -> None:
    """Store a new session."""
    await connection.execute(
        f"INSERT INTO console_sessions (token_hash, {_SESSION}) VALUES ($1, $2, $3, $4, $5, $6, $7, $8)",
        *(hashed(token), row.session, row.account, row.workspace, row.created_at, row.seen_at, row.address),
        row.browser,
    )


async def find_session(connection: Any, token: str, seen_after: datetime, created_after: datetime) -> SessionRow | None:
    """The living session of a token."""
    row = await connection.fetchrow(
        f"SELECT {_SESSION} FROM console_sessions WHERE token_hash = $1 AND seen_at > $2 AND created_at > $3",
        *(hashed(token), seen_after, created_after),
    )
    return None if row is None else SessionRow(*row)


async def touch_session(connection: Any, session: str, at: datetime) -> None:
    """Note that somebody is there."""
    await connection.execute(
        "UPDATE console_sessions SET seen_at = $2 WHERE session = $1 AND seen_at < $2", session, at
    )


async def move_session(connection: Any, session: str, workspace: str) -> None:
    """Open another workspace in a session."""
    await connection.execute("UPDATE console_sessions SET workspace_id = $2 WHERE session = $1", session, workspace)


async def list_sessions(connection: Any, account: str, seen_after: datetime) -> list[SessionRow]:
    """The living sessions of an account, newest visit first."""
    rows = await connection.fetch(
        f"SELECT {_SESSION} FROM console_sessions WHERE account = $1 AND seen_at > $2 ORDER BY seen_at DESC LIMIT 100",
        *(account, seen_after),
    )
    return [SessionRow(*row) for row in rows]


async def end_session(connection: Any, account: str, session: str) -> bool:
    """End one session of an account; False when there is none."""
    command = "DELETE FROM console_sessions WHERE account = $1 AND session = $2"
    return bool(await connection.execute(command, account, session) != "DELETE 0")


async def end_sessions(connection: Any, account: str, but: str = "") -> None:
    """End every session of an account except one."""
    await connection.execute("DELETE FROM console_sessions WHERE account = $1 AND session <> $2", account, but)


async def forget_old(connection: Any, seen_before: datetime, at: datetime) -> None:
    """Delete sessions and links that are over, and failures that count no longer."""
    await connection.execute("DELETE FROM console_sessions WHERE seen_at < $1", seen_before)
    await connection.execute("DELETE FROM console_links WHERE expires_at < $1", at)
    await connection.execute("DELETE FROM sign_in_failures WHERE last_at < $1", at - FAILURES_KEPT)


async def add_link(connection: Any, token: str, row: LinkRow, at: datetime) -> None:
    """Store a one-time link."""
    await connection.execute(
        f"INSERT INTO console_links (token_hash, {_LINK}, made_at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8)",
        *(hashed(token), row.kind, row.workspace, row.role, row.account, row.made_by, row.expires_at, at),
    )


async def drop_links(connection: Any, kind: str, account: str) -> None:
    """Delete the links of a kind for an account: a new one replaces them."""
    await connection.execute("DELETE FROM console_links WHERE kind = $1 AND account = $2", kind, account)


async def find_link(connection: Any, token: str, at: datetime, *, take: bool = False) -> LinkRow | None:
    """The link of a token that is still good; with ``take`` it is used up."""
    start = "DELETE FROM console_links" if take else "SELECT {} FROM console_links"
    end = f" RETURNING {_LINK}" if take else ""
    statement = f"{start.format(_LINK)} WHERE token_hash = $1 AND expires_at > $2{end}"
    row = await connection.fetchrow(statement, hashed(token), at)
    return None if row is None else LinkRow(*row)


async def count_try(
    connection: Any, key: str, at: datetime, free: int, first: float, longest: float
) -> datetime | None:
    """Count a try to sign in before it is checked, so that many at once gain nothing.

    Answers None when the try may be checked, else until when the door is closed. From the ``free``-th try on the
    door closes for ``first`` seconds, twice as long each time, at most ``longest``.
    """
    row = await connection.fetchrow(
        "INSERT INTO sign_in_failures AS f (name_key, failures, last_at, closed_until) VALUES ($1, 1, $2, $2) "
        "ON CONFLICT (name_key) DO UPDATE SET "
        "failures = CASE WHEN f.last_at < $2 - $6::interval THEN 1 ELSE f.failures + 1 END, last_at = $2, "
        "closed_until = CASE WHEN f.last_at < $2 - $6::interval OR f.failures + 1 < $3 THEN $2 "
        "ELSE $2 + make_interval(secs => least($5::float8, $4::float8 * power(2, least(f.failures + 1 - $3, 20)))) END "
        "WHERE f.closed_until <= $2 RETURNING closed_until",
        *(key, at, free, first, longest, FAILURES_KEPT),
    )
    if row is not None:
        return None
    closed: datetime = await connection.fetchval("SELECT closed_until FROM sign_in_failures WHERE name_key = $1", key)
    return closed


async def clear_tries(connection: Any, key: str) -> None:
    """Forget the failures of a name."""
    await connection.execute("DELETE FROM sign_in_failures WHERE name_key = $1", key)
