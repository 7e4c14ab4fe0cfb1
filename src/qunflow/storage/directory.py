"""The few tables outside the workspaces: which workspaces there are, and where a channel or a public code belongs."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from qunflow.storage.json_text import from_json, to_json

DEFAULT_WORKSPACE = "main"


@dataclass(frozen=True, slots=True)
class ChannelRow:
    """An account on a platform: ``settings`` are open, ``secrets`` sealed bytes."""

    name: str
    workspace: str
    kind: str
    settings: Mapping[str, Any]
    secrets: bytes


async def ensure_workspace(connection: Any, workspace: str, title: str, tz: str, at: datetime) -> None:
    """Make a workspace unless it is there."""
    await connection.execute(
        "INSERT INTO workspaces (workspace_id, title, tz, created_at) VALUES ($1, $2, $3, $4) ON CONFLICT DO NOTHING",
        workspace,
        title,
        tz,
        at,
    )


async def list_workspaces(connection: Any) -> dict[str, str]:
    """workspace → time zone."""
    rows = await connection.fetch("SELECT workspace_id, tz FROM workspaces ORDER BY workspace_id")
    return {row[0]: row[1] for row in rows}


async def save_channel(connection: Any, row: ChannelRow, at: datetime) -> None:
    """Store an account, or replace its settings; the name belongs to one workspace for good."""
    await connection.execute(
        "INSERT INTO channels (name, workspace_id, kind, settings, secrets, created_at) "
        "VALUES ($1, $2, $3, $4, $5, $6) ON CONFLICT (name) "
        "DO UPDATE SET settings = excluded.settings, secrets = excluded.secrets "
        "WHERE channels.workspace_id = excluded.workspace_id AND channels.kind = excluded.kind",
        row.name,
        row.workspace,
        row.kind,
        to_json(dict(row.settings)),
        row.secrets,
        at,
    )


async def list_channels(connection: Any) -> list[ChannelRow]:
    """Every account of every workspace."""
    rows = await connection.fetch("SELECT name, workspace_id, kind, settings, secrets FROM channels ORDER BY name")
    return [ChannelRow(row[0], row[1], row[2], from_json(row[3]), bytes(row[4])) for row in rows]


async def find_channel(connection: Any, name: str) -> ChannelRow | None:
    """One account by its name."""
    row = await connection.fetchrow(
        "SELECT name, workspace_id, kind, settings, secrets FROM channels WHERE name = $1", name
    )
    return None if row is None else ChannelRow(row[0], row[1], row[2], from_json(row[3]), bytes(row[4]))


async def add_short_codes(connection: Any, codes: Mapping[str, str]) -> None:
    """Note the workspaces of public codes."""
    if codes:
        await connection.execute(
            "INSERT INTO short_codes (code, workspace_id) SELECT * FROM unnest($1::text[], $2::text[]) "
            "ON CONFLICT DO NOTHING",
            list(codes),
            list(codes.values()),
        )


async def workspace_of_code(connection: Any, code: str) -> str | None:
    """The workspace that a public code belongs to."""
    found: str | None = await connection.fetchval("SELECT workspace_id FROM short_codes WHERE code = $1", code)
    return found
