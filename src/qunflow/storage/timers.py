"""Timers are rows: when they are due they become messages, dated by their due time however late they run."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from qunflow.domain.codec import encode
from qunflow.domain.decisions import Timer
from qunflow.storage.inbox import InboxRow, put_messages
from qunflow.storage.json_text import from_json, to_json
from qunflow.storage.unit_of_work import UnitOfWork


async def set_timers(unit: UnitOfWork, timers: Sequence[Timer], off: Sequence[tuple[str, str]]) -> None:
    """Turn timers off and set others; one of the same stream and name is replaced."""
    if off:
        await unit.write(
            "DELETE FROM timers t USING unnest($2::text[], $3::text[]) AS x(s, n) WHERE t.workspace_id = $1 "
            "AND t.stream = x.s AND t.name = x.n AND t.stream = ANY($2::text[]) AND t.name = ANY($3::text[])",
            unit.workspace,
            [stream for stream, _ in off],
            [name for _, name in off],
        )
    latest = {(timer.stream, timer.name): timer for timer in timers}
    if latest:
        rows = [latest[key] for key in sorted(latest)]
        await unit.write(
            "INSERT INTO timers (workspace_id, stream, name, due_at, kind, body, person, campaign) "
            "SELECT $1, s, n, d, k, b::jsonb, p, c FROM unnest($2::text[], $3::text[], $4::timestamptz[], $5::text[], "
            "$6::text[], $7::text[], $8::text[]) AS t(s, n, d, k, b, p, c) ON CONFLICT (workspace_id, stream, name) "
            "DO UPDATE SET due_at = excluded.due_at, kind = excluded.kind, body = excluded.body",
            unit.workspace,
            [row.stream for row in rows],
            [row.name for row in rows],
            [row.due_at for row in rows],
            [str(row.body.KIND) for row in rows],
            [to_json(encode(row.body)) for row in rows],
            [row.person for row in rows],
            [row.campaign for row in rows],
        )


async def fire_due(unit: UnitOfWork, now: datetime, received_at: datetime, limit: int = 500) -> int:
    """Turn due timers into messages, once each; answers how many."""
    rows: list[Any] = await unit.fetch(
        "DELETE FROM timers WHERE (workspace_id, stream, name) IN (SELECT workspace_id, stream, name FROM timers "
        "WHERE workspace_id = $1 AND due_at <= $2 ORDER BY due_at LIMIT $3 FOR UPDATE SKIP LOCKED) "
        "RETURNING stream, name, due_at, kind, body, person, campaign",
        unit.workspace,
        now,
        limit,
    )
    messages = [
        InboxRow(
            message_id=f"timer:{row[0]}:{row[1]}:{row[2].isoformat()}",
            lane_key=row[0],
            kind=row[3],
            body=from_json(row[4]),
            at=row[2],
            received_at=received_at,
            person=row[5],
            campaign=row[6],
        )
        for row in sorted(rows, key=lambda row: (row[2], row[0], row[1]))
    ]
    await put_messages(unit, messages)
    return len(messages)


async def next_due(unit: UnitOfWork) -> datetime | None:
    """When the earliest timer is due."""
    found: datetime | None = await unit.value("SELECT min(due_at) FROM timers WHERE workspace_id = $1", unit.workspace)
    return found
