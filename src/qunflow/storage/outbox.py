"""The outbox: actions that a commit asked for. Each is sent after it, once, and ends in a terminal state.

``queued → sending → done | refused | failed``; ``sending`` without a live owner means: result unknown.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from qunflow.storage.json_text import from_json, to_json
from qunflow.storage.leases import lane_of
from qunflow.storage.unit_of_work import UnitOfWork


@dataclass(frozen=True, slots=True)
class OutboxRow:
    """One action as stored; ``unknown`` tells that an earlier try may or may not have happened."""

    action_id: str
    lane_key: str
    channel: str
    kind: str
    body: Any
    at: datetime
    not_before: datetime
    expires_at: datetime | None = None
    coalesce_key: str | None = None
    priority: int = 0
    seq: int = 0
    tries: int = 0
    unknown: bool = False


@dataclass(frozen=True, slots=True)
class Ending:
    """How a row ends or goes back: ``state`` done | refused | failed, or queued | sending (result unknown)."""

    seq: int
    state: str
    reference: str = ""
    reason: str = ""
    detail: str = ""
    retry_at: datetime | None = None


async def put_actions(unit: UnitOfWork, rows: Sequence[OutboxRow]) -> None:
    """Queue actions; a queued twin with the same coalesce key makes a new one needless."""
    if not rows:
        return
    unit.news.add("outbox")
    await unit.write(
        "INSERT INTO outbox (workspace_id, action_id, lane, lane_key, channel, kind, body, coalesce_key, priority, at, "
        "not_before, expires_at) SELECT $1, i, l, lk, ch, k, b::jsonb, co, p, a, n, e FROM unnest($2::text[], "
        "$3::smallint[], $4::text[], $5::text[], $6::text[], $7::text[], $8::text[], $9::smallint[], "
        "$10::timestamptz[], $11::timestamptz[], $12::timestamptz[]) AS t(i, l, lk, ch, k, b, co, p, a, n, e) "
        "ON CONFLICT DO NOTHING",
        unit.workspace,
        [row.action_id for row in rows],
        [lane_of(row.lane_key) for row in rows],
        [row.lane_key for row in rows],
        [row.channel for row in rows],
        [row.kind for row in rows],
        [to_json(row.body) for row in rows],
        [row.coalesce_key for row in rows],
        [row.priority for row in rows],
        [row.at for row in rows],
        [row.not_before for row in rows],
        [row.expires_at for row in rows],
    )


async def take_actions(
    unit: UnitOfWork, lanes: Sequence[int], owner: str, now: datetime, wall: datetime, limit: int
) -> list[OutboxRow]:
    """Mark sendable actions as ``sending`` by ``owner``: at most one of a conversation, oldest of highest priority.

    A row that somebody else left in ``sending`` on a lane that is ours now comes back as ``unknown``.
    """
    rows = await unit.fetch(
        "WITH open AS (SELECT seq, state, owner, priority, retry_at, row_number() OVER "
        "(PARTITION BY lane_key ORDER BY (state = 'sending') DESC, priority DESC, seq) AS place FROM outbox "
        "WHERE workspace_id = $1 AND lane = ANY($2) AND state IN ('queued', 'sending') "
        "AND not_before <= $4), "
        "chosen AS (SELECT seq, state = 'sending' AS unknown FROM open WHERE place = 1 "
        "AND (retry_at IS NULL OR retry_at <= $5) AND "
        "(state = 'queued' OR owner <> $3) ORDER BY priority DESC, seq LIMIT $6) "
        "UPDATE outbox AS o SET state = 'sending', owner = $3, sent_at = coalesce(o.sent_at, $5), tries = o.tries + 1 "
        "FROM chosen WHERE o.workspace_id = $1 AND o.seq = chosen.seq AND (o.state = 'queued' OR o.owner <> $3) "
        "RETURNING o.action_id, o.lane_key, o.channel, o.kind, o.body, o.at, o.not_before, o.expires_at, "
        "o.coalesce_key, o.priority, o.seq, o.tries, chosen.unknown",
        unit.workspace,
        list(lanes),
        owner,
        now,
        wall,
        limit,
    )
    found = [_row(row) for row in rows]
    return sorted(found, key=lambda row: row.seq)


def _row(row: Any) -> OutboxRow:
    action_id, lane_key, channel, kind, body, at, not_before, expires_at, coalesce, priority, seq, tries, unknown = row
    return OutboxRow(
        action_id,
        lane_key,
        channel,
        kind,
        from_json(body),
        at,
        not_before,
        expires_at,
        coalesce,
        priority,
        seq,
        tries,
        unknown,
    )


async def end_actions(unit: UnitOfWork, endings: Sequence[Ending], owner: str) -> int:
    """Store how actions ended; only those still ``sending`` by ``owner``. Answers how many."""
    if not endings:
        return 0
    return await unit.write(
        "UPDATE outbox AS o SET state = t.s, owner = '', "
        # what goes back has let a twin in meanwhile: both are sent
        "coalesce_key = CASE WHEN t.s <> 'queued' THEN o.coalesce_key END, "
        "reference = t.r, reason = t.w, detail = t.d, retry_at = t.ra "
        "FROM unnest($3::bigint[], $4::text[], $5::text[], $6::text[], $7::text[], $8::timestamptz[]) "
        "AS t(q, s, r, w, d, ra) WHERE o.workspace_id = $1 AND o.seq = t.q AND o.state = 'sending' AND o.owner = $2",
        unit.workspace,
        owner,
        [ending.seq for ending in endings],
        [ending.state for ending in endings],
        [ending.reference for ending in endings],
        [ending.reason for ending in endings],
        [ending.detail[:1000] for ending in endings],
        [ending.retry_at for ending in endings],
    )


async def leave_actions(unit: UnitOfWork, owner: str) -> int:
    """Give up what ``owner`` was sending when it was interrupted: whether it happened is unknown. Answers how many."""
    return await unit.execute(
        "UPDATE outbox SET owner = '' WHERE workspace_id = $1 AND state = 'sending' AND owner = $2",
        unit.workspace,
        owner,
    )


async def next_sendable(unit: UnitOfWork) -> datetime | None:
    """The earliest ``not_before`` among queued actions."""
    found: datetime | None = await unit.value(
        "SELECT min(not_before) FROM outbox WHERE workspace_id = $1 AND state = 'queued'", unit.workspace
    )
    return found
