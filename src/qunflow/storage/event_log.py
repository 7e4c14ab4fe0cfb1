"""The event log: append-only, one version after the other in a stream; the envelope of architecture.md §4."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from qunflow.domain.codec import encode
from qunflow.domain.events import Event
from qunflow.storage.columns import once_if_equal
from qunflow.storage.json_text import from_json, to_json
from qunflow.storage.unit_of_work import UnitOfWork

_COLUMNS = (
    "event_id, stream, version, type, schema, at, local_date, tz, recorded_at, actor, person, group_id, "
    "campaign, channel, cause, command_id, data"
)


@dataclass(frozen=True, slots=True)
class EventRow:
    """One row of the log; ``data`` is JSON data of the body."""

    event_id: str
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


async def append_events(unit: UnitOfWork, events: Sequence[Event]) -> None:
    """Append in one statement. A version that is taken raises a unique violation: somebody else was first."""
    if not events:
        return
    columns: tuple[list[Any], ...] = (
        [event.event_id for event in events],
        [event.stream for event in events],
        [event.version for event in events],
        [str(event.body.KIND) for event in events],
        [int(event.body.SCHEMA) for event in events],
        [event.at for event in events],
        [event.local_date for event in events],
        [event.tz for event in events],
        [event.recorded_at for event in events],
        [event.actor for event in events],
        [event.person for event in events],
        [event.group for event in events],
        [event.campaign for event in events],
        [event.channel for event in events],
        [event.cause for event in events],
        [event.command_id for event in events],
        [to_json(encode(event.body)) for event in events],
    )
    await unit.write(_APPEND, unit.workspace, *(once_if_equal(column) for column in columns))


_TYPES = (
    "uuid", "text", "bigint", "text", "smallint", "timestamptz", "date", "text", "timestamptz", "text", "text", "text",
    "text", "text", "text", "text", "text",
)  # fmt: skip
#: Most columns of a batch hold one value: it travels once, and unnest fills the rest with NULL.
_APPEND = (
    f"INSERT INTO events (workspace_id, {_COLUMNS}) SELECT $1, "
    + ", ".join(f"coalesce(c{n}, (${n}::{kind}[])[1])" for n, kind in enumerate(_TYPES[:-1], 2))
    + f", coalesce(c{len(_TYPES) + 1}, (${len(_TYPES) + 1}::text[])[1])::jsonb FROM unnest("
    + ", ".join(f"${n}::{kind}[]" for n, kind in enumerate(_TYPES, 2))
    + f") AS t({', '.join(f'c{n}' for n in range(2, len(_TYPES) + 2))})"
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
    values[0] = str(values[0])
    values[16] = from_json(values[16])
    return EventRow(*values)
