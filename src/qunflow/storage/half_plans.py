"""What operators have written of a plan and not saved yet: kept over a reload, for seven days at most."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import orjson

from qunflow.storage.unit_of_work import UnitOfWork

KEPT_FOR = timedelta(days=7)
#: Bytes of one half-written plan; a longer one is not kept.
MOST_BYTES = 300_000
#: So many of one operator in a workspace; the oldest goes first.
MOST_EACH = 10


@dataclass(frozen=True, slots=True)
class HalfPlan:
    """A plan's data as it was last typed."""

    at: datetime
    data: dict[str, Any]


async def keep_half_plan(unit: UnitOfWork, account: str, campaign: str, data: Mapping[str, Any], at: datetime) -> bool:
    """Keep what an operator has written; ``campaign`` is the draft's name, empty for a new plan.

    Forgets what is too old besides. Answers whether it was kept: what is too large, or no data of a plan file, is not.
    """
    try:
        words = orjson.dumps(dict(data)).decode()
    except orjson.JSONEncodeError:
        return False
    if len(words.encode()) > MOST_BYTES:
        return False
    await unit.execute(
        "INSERT INTO half_plans (workspace_id, account, campaign, at, words) VALUES ($1, $2, $3, $4, $5) "
        "ON CONFLICT (workspace_id, account, campaign) DO UPDATE SET at = excluded.at, words = excluded.words",
        *(unit.workspace, account, campaign, at, words),
    )
    await unit.execute("DELETE FROM half_plans WHERE workspace_id = $1 AND at < $2", unit.workspace, at - KEPT_FOR)
    await unit.execute(
        "DELETE FROM half_plans WHERE workspace_id = $1 AND account = $2 AND campaign NOT IN (SELECT campaign "
        "FROM half_plans WHERE workspace_id = $1 AND account = $2 ORDER BY at DESC, campaign LIMIT $3)",
        *(unit.workspace, account, MOST_EACH),
    )
    return True


async def find_half_plan(unit: UnitOfWork, account: str, campaign: str, now: datetime) -> HalfPlan | None:
    """What an operator left half-written, None when there is nothing or it is too old."""
    rows = await unit.fetch(
        "SELECT at, words FROM half_plans WHERE workspace_id = $1 AND account = $2 AND campaign = $3 AND at >= $4",
        *(unit.workspace, account, campaign, now - KEPT_FOR),
    )
    return HalfPlan(rows[0][0], orjson.loads(rows[0][1])) if rows else None


async def forget_half_plan(unit: UnitOfWork, account: str, campaign: str) -> None:
    """Forget it: it was saved, or thrown away."""
    await unit.execute(
        "DELETE FROM half_plans WHERE workspace_id = $1 AND account = $2 AND campaign = $3",
        *(unit.workspace, account, campaign),
    )
