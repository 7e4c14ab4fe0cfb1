"""The inbox: whatever came in, stored once before it is answered, decided later in order of its conversation."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from qunflow.storage.json_text import from_json, to_json
from qunflow.storage.leases import lane_of
from qunflow.storage.unit_of_work import UnitOfWork


@dataclass(frozen=True, slots=True)
class InboxRow:
    """One message as stored; ``body`` is JSON data, ``raw`` the payload as it came (kept for a limited time)."""

    message_id: str
    lane_key: str
    kind: str
    body: Any
    at: datetime
    received_at: datetime
    channel: str = ""
    person: str = ""
    group: str = ""
    campaign: str = ""
    cause: str = ""
    depth: int = 0
    raw: bytes | None = None
    seq: int = 0


async def put_messages(unit: UnitOfWork, rows: Sequence[InboxRow]) -> int:
    """Store messages; one whose id is known is dropped. Answers how many were new."""
    if not rows:
        return 0
    unit.news.add("inbox")
    return await unit.write(
        "INSERT INTO inbox (workspace_id, message_id, lane, lane_key, kind, body, at, received_at, channel, person, "
        "group_id, campaign, cause, depth, raw) SELECT $1, m, l, lk, k, b::jsonb, a, r, ch, p, g, c, ca, d, raw FROM "
        "unnest($2::text[], $3::smallint[], $4::text[], $5::text[], $6::text[], $7::timestamptz[], $8::timestamptz[], "
        "$9::text[], $10::text[], $11::text[], $12::text[], $13::text[], $14::smallint[], $15::bytea[]) "
        "AS t(m, l, lk, k, b, a, r, ch, p, g, c, ca, d, raw) ON CONFLICT (workspace_id, message_id) DO NOTHING",
        unit.workspace,
        [row.message_id for row in rows],
        [lane_of(row.lane_key) for row in rows],
        [row.lane_key for row in rows],
        [row.kind for row in rows],
        [to_json(row.body) for row in rows],
        [row.at for row in rows],
        [row.received_at for row in rows],
        [row.channel for row in rows],
        [row.person for row in rows],
        [row.group for row in rows],
        [row.campaign for row in rows],
        [row.cause for row in rows],
        [row.depth for row in rows],
        [row.raw for row in rows],
    )


async def take_messages(unit: UnitOfWork, lanes: Sequence[int], limit: int) -> list[InboxRow]:
    """The oldest open messages of some lanes, done with this commit; what another worker holds is passed over."""
    rows = await unit.fetch(
        "UPDATE inbox SET state = 'done' WHERE workspace_id = $1 AND seq = ANY(ARRAY(SELECT seq FROM inbox "
        "WHERE workspace_id = $1 AND state = 'new' AND lane = ANY($2) ORDER BY seq LIMIT $3 FOR UPDATE SKIP LOCKED)) "
        "RETURNING message_id, lane_key, kind, body, at, received_at, channel, person, group_id, campaign, cause, "
        "depth, seq",
        unit.workspace,
        list(lanes),
        limit,
    )
    return [
        InboxRow(
            row[0], row[1], row[2], from_json(row[3]), row[4], row[5], row[6], row[7], row[8], row[9], row[10],
            row[11], None, row[12],
        )
        for row in sorted(rows, key=lambda row: row[12])
    ]  # fmt: skip


async def put_back(unit: UnitOfWork, seqs: Sequence[int]) -> None:
    """Leave messages that this transaction took for the next batch."""
    if seqs:
        await unit.write(
            "UPDATE inbox SET state = 'new' WHERE workspace_id = $1 AND seq = ANY($2)", unit.workspace, list(seqs)
        )


async def mark_dead(unit: UnitOfWork, seq: int, reason: str) -> None:
    """Put one message to the dead letters with its reason."""
    await unit.execute(
        "UPDATE inbox SET state = 'dead', reason = $3 WHERE workspace_id = $1 AND seq = $2 AND state = 'new'",
        unit.workspace,
        seq,
        reason[:1000],
    )


async def dead_letters(unit: UnitOfWork, limit: int = 100) -> list[tuple[str, str, str]]:
    """(message id, kind, reason) of the newest dead letters."""
    rows = await unit.fetch(
        "SELECT message_id, kind, reason FROM inbox WHERE workspace_id = $1 AND state = 'dead' "
        "ORDER BY seq DESC LIMIT $2",
        unit.workspace,
        limit,
    )
    return [(row[0], row[1], row[2]) for row in rows]
