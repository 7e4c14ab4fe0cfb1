"""A person's payouts, found in the log."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from qunflow.features.payouts.model import MANUAL, PayoutWaiting
from qunflow.storage.unit_of_work import UnitOfWork

MOST_READ = 20
#: A payout has one event of its making and at most two of its waiting: the second tells what opens it.
_MOST_EVENTS = 3 * MOST_READ
_OF_PERSON = """
SELECT stream, type, at FROM events WHERE workspace_id = $1 AND person = $2
AND type IN ('payout_requested', 'payout_waiting') AND channel <> $3 ORDER BY seq DESC LIMIT $4
"""


@dataclass(frozen=True, slots=True)
class PayoutTrace:
    """One payout: its stream, and since when its person can take it, if ever."""

    stream: str
    waiting_at: datetime | None


async def read_traces(unit: UnitOfWork, person: str) -> list[PayoutTrace]:
    """The newest payouts to a person through a payment account, at most 20, the newest first."""
    rows = await unit.fetch(_OF_PERSON, unit.workspace, person, MANUAL, _MOST_EVENTS)
    since: dict[str, datetime | None] = {}
    for row in rows:
        known = since.get(row["stream"])
        since[row["stream"]] = row["at"] if row["type"] == PayoutWaiting.KIND else known
    return [PayoutTrace(stream, at) for stream, at in since.items()][:MOST_READ]
