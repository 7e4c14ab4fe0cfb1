"""The event log: append-only, one version after the other in a stream; the envelope of architecture.md §4."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID

from qunflow.storage.json_text import from_json, to_json
from qunflow.storage.unit_of_work import UnitOfWork

_COLUMNS = (
    "event_id, stream, version, type, schema, at, local_date, tz, recorded_at, actor, person, group_id, "
    "campaign, channel, cause, command_id, data"
)


@dataclass(frozen=True, slots=True)
class EventRow:
    """One row of the log; ``data`` is JSON data of the body."""

    event_id: UUID
    stream: str
    version: int
    type: str
    schema: int
    at: datetime
    local_date: date
    tz: str
    recorded_at: datetime
    actor: str
    person: str
    group: str
    campaign: str
    channel: str
    cause: str
    command_id: str
    data: Any
    seq: int = 0


async def append_events(unit: UnitOfWork, rows: Sequence[EventRow]) -> None:
    """Append in one statement. A version that is taken raises a unique violation: somebody else was first."""
    if not rows:
        return
    columns: list[list[Any]] = [[] for _ in range(17)]
    for row in rows:
        values = (
            row.event_id, row.stream, row.version, row.type, row.schema, row.at, row.local_date, row.tz,
            row.recorded_at, row.actor, row.person, row.group, row.campaign, row.channel, row.cause,
            row.command_id, to_json(row.data),
        )  # fmt: skip
        for column, value in zip(columns, values, strict=True):
            column.append(value)
    await unit.write(
        f"INSERT INTO events (workspace_id, {_COLUMNS}) "
        "SELECT $1, e, s, v, ty, sc, a, d, tz, r, ac, p, g, c, ch, ca, co, da::jsonb FROM unnest($2::uuid[], "
        "$3::text[], $4::bigint[], $5::text[], $6::smallint[], $7::timestamptz[], $8::date[], $9::text[], "
        "$10::timestamptz[], $11::text[], $12::text[], $13::text[], $14::text[], $15::text[], $16::text[], "
        "$17::text[], $18::text[]) AS t(e, s, v, ty, sc, a, d, tz, r, ac, p, g, c, ch, ca, co, da)",
        unit.workspace,
        *columns,
    )


async def read_streams(unit: UnitOfWork, streams: Sequence[str]) -> dict[str, list[EventRow]]:
    """All events of some streams, by stream, oldest first."""
    rows = await unit.fetch(
        f"SELECT {_COLUMNS}, seq FROM events WHERE workspace_id = $1 AND stream = ANY($2) ORDER BY stream, version",
        unit.workspace,
        list(streams),
    )
    found: dict[str, list[EventRow]] = {name: [] for name in streams}
    for row in rows:
        found[row[1]].append(_row(row))
    return found


async def read_after(unit: UnitOfWork, seq: int, limit: int = 1000) -> list[EventRow]:
    """Events after ``seq`` that can no longer be preceded by a running transaction (a bare sequence loses rows)."""
    rows = await unit.fetch(
        f"SELECT {_COLUMNS}, seq FROM events WHERE workspace_id = $1 AND seq > $2 "
        "AND xid < pg_snapshot_xmin(pg_current_snapshot()) ORDER BY seq LIMIT $3",
        unit.workspace,
        seq,
        limit,
    )
    return [_row(row) for row in rows]


def _row(row: Any) -> EventRow:
    values = list(row)
    values[16] = from_json(values[16])
    return EventRow(*values)
