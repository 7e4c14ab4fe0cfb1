"""The history of rehearsals: one row each, from its start to its result."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from qunflow.storage.json_text import from_json, to_json
from qunflow.storage.unit_of_work import UnitOfWork

RUNNING, DONE, STOPPED, FAILED = "running", "done", "stopped", "failed"
MOST_WORDS = 2_000
_FIELDS = "rehearsal, campaign, plan_key, account, begun_at, ended_at, people, seed, days, state, words, result"


@dataclass(frozen=True, slots=True)
class RehearsalRow:
    """A rehearsal. ``plan_key`` stands for the plan as it was, ``words`` say why it failed, ``result`` is its JSON."""

    rehearsal: str
    campaign: str
    plan_key: str
    account: str
    begun_at: datetime
    ended_at: datetime | None
    people: int
    seed: str
    days: int
    state: str
    words: str = ""
    result: dict[str, Any] | None = None


async def begin(unit: UnitOfWork, row: RehearsalRow) -> None:
    """Note that a rehearsal begins."""
    await unit.execute(
        "INSERT INTO rehearsals (workspace_id, rehearsal, campaign, plan_key, account, begun_at, people, seed, days, "
        "state) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, 'running')",
        *(unit.workspace, row.rehearsal, row.campaign, row.plan_key, row.account, row.begun_at),
        *(row.people, row.seed, row.days),
    )


async def end(
    unit: UnitOfWork, rehearsal: str, at: datetime, state: str, words: str = "", result: dict[str, Any] | None = None
) -> None:
    """Note how it ended; a rehearsal ends once."""
    await unit.execute(
        "UPDATE rehearsals SET ended_at = $3, state = $4, words = $5, result = $6::jsonb "
        "WHERE workspace_id = $1 AND rehearsal = $2 AND state = 'running'",
        *(unit.workspace, rehearsal, at, state, words[:MOST_WORDS]),
        to_json(result) if result is not None else None,
    )


async def last_done(unit: UnitOfWork, campaign: str) -> RehearsalRow | None:
    """The newest rehearsal of a campaign that came to a result."""
    rows = await unit.fetch(
        f"SELECT {_FIELDS} FROM rehearsals WHERE workspace_id = $1 AND campaign = $2 AND state = 'done' "
        "ORDER BY begun_at DESC, rehearsal DESC LIMIT 1",
        unit.workspace,
        campaign,
    )
    return _row(rows[0]) if rows else None


async def list_rehearsals(
    unit: UnitOfWork, campaign: str, limit: int = 20, offset: int = 0
) -> tuple[tuple[RehearsalRow, ...], int]:
    """Rehearsals of a campaign, the newest first, and how many there are."""
    rows = await unit.fetch(
        f"SELECT {_FIELDS} FROM rehearsals WHERE workspace_id = $1 AND campaign = $2 "
        "ORDER BY begun_at DESC, rehearsal DESC LIMIT $3 OFFSET $4",
        *(unit.workspace, campaign, limit, offset),
    )
    total = await unit.value(
        "SELECT count(*) FROM rehearsals WHERE workspace_id = $1 AND campaign = $2", unit.workspace, campaign
    )
    return tuple(_row(row) for row in rows), int(total or 0)


def _row(row: Any) -> RehearsalRow:
    found = list(row)
    found[-1] = from_json(found[-1]) if found[-1] is not None else None
    return RehearsalRow(*found)
