"""Leases of lanes: who works on which conversations of a queue. They give order, never correctness.

A lane is a sixteenth of all conversations. An owner keeps its lanes by renewing; a dead owner's lanes are free after
``LEASE_SECONDS`` without a person. Wall time, the database's own clock.
"""

from __future__ import annotations

import zlib
from collections.abc import Sequence
from typing import Any

LANES = 16
LEASE_SECONDS = 4.0


def lane_of(lane_key: str) -> int:
    """The lane of a conversation; the same on every machine."""
    return zlib.crc32(lane_key.encode()) % LANES


async def take_lanes(connection: Any, queue: str, workspace: str, owner: str, at_most: int = LANES) -> list[int]:
    """Take free lanes or lanes whose lease ran out, and renew one's own; answers all lanes now held."""
    rows = await connection.fetch(
        "WITH wanted AS (SELECT l.lane FROM generate_series(0, $5::int - 1) AS l(lane) LEFT JOIN leases x ON "
        "x.queue = $1 AND x.workspace_id = $2 AND x.lane = l.lane WHERE x.lane IS NULL OR x.owner = $3 OR "
        "x.lease_until < clock_timestamp() ORDER BY (x.owner = $3) DESC NULLS LAST, l.lane LIMIT $4) "
        "INSERT INTO leases (queue, workspace_id, lane, owner, lease_until) SELECT $1, $2, lane, $3, "
        "clock_timestamp() + make_interval(secs => $6) FROM wanted "
        "ON CONFLICT (queue, workspace_id, lane) DO UPDATE SET owner = $3, lease_until = excluded.lease_until "
        "WHERE leases.owner = $3 OR leases.lease_until < clock_timestamp() RETURNING lane",
        queue,
        workspace,
        owner,
        at_most,
        LANES,
        LEASE_SECONDS,
    )
    return sorted(row[0] for row in rows)


async def drop_lanes(connection: Any, queue: str, owner: str) -> None:
    """Give lanes back at a clean end, so that nobody has to wait for the lease."""
    await connection.execute("DELETE FROM leases WHERE queue = $1 AND owner = $2", queue, owner)


async def owners(connection: Any, queue: str) -> Sequence[str]:
    """Who holds lanes of a queue now, for ``status`` and for sharing fairly."""
    rows = await connection.fetch(
        "SELECT DISTINCT owner FROM leases WHERE queue = $1 AND lease_until >= clock_timestamp()", queue
    )
    return [row[0] for row in rows]
