"""Leases of lanes: who works on which conversations of a queue. They give order, never correctness.

A lane is a sixteenth of all conversations. An owner keeps its lanes by renewing; a dead owner's lanes are free after
``LEASE_SECONDS`` without a person. Living workers of a queue share its lanes equally: who holds more than its share
leaves some at its next renewal. Wall time, the database's own clock.
"""

from __future__ import annotations

import time
import zlib
from collections.abc import Awaitable, Callable, Sequence
from typing import Any

import structlog

from qunflow.storage.database import Database
from qunflow.storage.faults import is_lost

LANES = 16
LEASE_SECONDS = 4.0

log = structlog.get_logger("qunflow.leases")


class HeldLanes:
    """The lanes of one queue that one worker holds in every workspace; ``held`` is workspace → lanes."""

    def __init__(
        self, database: Database, queue: str, owner: str, workspaces: Callable[[], Awaitable[Sequence[str]]]
    ) -> None:
        self.held: dict[str, list[int]] = {}
        self._database = database
        self._queue = queue
        self._owner = owner
        self._workspaces = workspaces
        self._leased_at = 0.0

    async def renew(self, *, at_work: bool = False) -> None:
        """Take and renew what can be had, when a quarter of the lease has gone.

        Who is ``at_work`` on a lane gives none away: its new owner would believe that the work was broken off.
        """
        if time.monotonic() - self._leased_at < LEASE_SECONDS / 4 and self.held:
            return
        found = await self._workspaces()
        held: dict[str, list[int]] = {}
        async with self._database.directory() as connection:
            share = await fair_share(connection, self._queue, self._owner)
            share = LANES if at_work else share
            for workspace in found:
                held[workspace] = await take_lanes(connection, self._queue, workspace, self._owner, share)
        self.held = held
        self._leased_at = time.monotonic()

    def look_again(self) -> None:
        """Renew at the next turn, however fresh the lease is."""
        self._leased_at = 0.0

    async def give_back(self) -> None:
        """Leave all lanes to others at a clean end; without a database the lease runs out by itself."""
        try:
            async with self._database.directory() as connection:
                await drop_lanes(connection, self._queue, self._owner)
        except Exception as error:
            if not is_lost(error):
                raise
            log.warning("lanes_not_returned", error=str(error))


def lane_of(lane_key: str) -> int:
    """The lane of a conversation; the same on every machine."""
    return zlib.crc32(lane_key.encode()) % LANES


async def fair_share(connection: Any, queue: str, owner: str) -> int:
    """Tell that ``owner`` lives; answers how many lanes of a workspace it may hold beside the others who do."""
    workers = await connection.fetchval(
        "WITH me AS (INSERT INTO workers (queue, owner, seen_until) VALUES ($1, $2, clock_timestamp() + "
        "make_interval(secs => $3)) ON CONFLICT (queue, owner) DO UPDATE SET seen_until = excluded.seen_until), "
        "gone AS (DELETE FROM workers WHERE queue = $1 AND owner <> $2 AND seen_until < clock_timestamp() - "
        "interval '1 minute') "
        "SELECT 1 + count(*) FROM workers WHERE queue = $1 AND owner <> $2 AND seen_until >= clock_timestamp()",
        queue,
        owner,
        LEASE_SECONDS,
    )
    return -(-LANES // int(workers))


async def take_lanes(connection: Any, queue: str, workspace: str, owner: str, at_most: int = LANES) -> list[int]:
    """Take free lanes or lanes whose lease ran out, and renew one's own; answers all lanes now held.

    Of more than ``at_most`` the surplus is left to others.
    """
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
    held = sorted(row[0] for row in rows)
    if len(held) == at_most < LANES:
        await connection.execute(
            "DELETE FROM leases WHERE queue = $1 AND workspace_id = $2 AND owner = $3 AND lane <> ALL($4::smallint[])",
            queue,
            workspace,
            owner,
            held,
        )
    return held


async def drop_lanes(connection: Any, queue: str, owner: str) -> None:
    """Give lanes back at a clean end, so that nobody has to wait for the lease."""
    await connection.execute("DELETE FROM leases WHERE queue = $1 AND owner = $2", queue, owner)
    await connection.execute("DELETE FROM workers WHERE queue = $1 AND owner = $2", queue, owner)
