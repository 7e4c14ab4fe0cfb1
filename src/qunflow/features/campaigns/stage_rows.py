"""Who reached which stages of a nested reward, as a page reads it: filtered, sorted and cut in the database."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from qunflow.storage.unit_of_work import UnitOfWork

#: Column of the list → what it is sorted by.
SORTS = {
    "friend": "lower(coalesce(nullif(p.name, ''), r.friend))",
    "inviter": "lower(coalesce(nullif(i.name, ''), r.inviter))",
    "reached": "cardinality(r.stages)",
    "changed_at": "r.changed_at",
}
_ROWS = """
WITH latest AS (
  SELECT DISTINCT ON (data->>'invitee', data->>'stage') data->>'invitee' AS friend, data->>'stage' AS stage,
    person AS inviter, (data->>'holds')::boolean AS holds, at, seq
  FROM events WHERE workspace_id = $1 AND campaign = $2 AND type = 'stage_reached'
  ORDER BY data->>'invitee', data->>'stage', seq DESC
), r AS (
  SELECT friend, max(inviter) AS inviter, max(at) AS changed_at,
    coalesce(array_agg(stage ORDER BY seq) FILTER (WHERE holds), '{}') AS stages
  FROM latest GROUP BY friend
)
SELECT r.friend, r.inviter, r.changed_at, r.stages, coalesce(p.name, '') AS friend_name,
  coalesce(i.name, '') AS inviter_name, count(*) OVER () AS total
FROM r LEFT JOIN people p ON p.workspace_id = $1 AND p.person = r.friend
LEFT JOIN people i ON i.workspace_id = $1 AND i.person = r.inviter
"""


@dataclass(frozen=True, slots=True)
class StageQuestion:
    """What the list asks: a part of a name or the beginning of an id, a stage that holds, the page."""

    search: str = ""
    reached: str = ""
    sort: str = "changed_at"
    descending: bool = True
    limit: int = 50
    offset: int = 0


async def read_stage_rows(unit: UnitOfWork, campaign: str, asked: StageQuestion) -> tuple[list[dict[str, Any]], int]:
    """One page of friends who reached a stage once, and how many there are."""
    where, values = [], [campaign]
    if asked.search:
        values.append(asked.search)
        names = f"strpos(lower(concat_ws(' ', p.name, i.name)), lower(${len(values) + 1})) > 0"
        where.append(f"({names} OR starts_with(r.friend, ${len(values) + 1}))")
    if asked.reached:
        values.append(asked.reached)
        where.append(f"strpos(array_to_string(r.stages, ' '), ${len(values) + 1}) > 0")
    order = SORTS.get(asked.sort, SORTS["changed_at"])
    rows = await unit.fetch(
        f"{_ROWS} {'WHERE ' + ' AND '.join(where) if where else ''} "
        f"ORDER BY {order} {'DESC' if asked.descending else 'ASC'}, r.friend "
        f"LIMIT ${len(values) + 2} OFFSET ${len(values) + 3}",
        *(unit.workspace, *values, asked.limit, asked.offset),
    )
    total = int(rows[0]["total"]) if rows else await _beyond(unit, campaign, asked)
    return [dict(row) for row in rows], total


async def _beyond(unit: UnitOfWork, campaign: str, asked: StageQuestion) -> int:
    """How many there are when the page lies behind the last one."""
    if not asked.offset:
        return 0
    first = StageQuestion(asked.search, asked.reached, asked.sort, asked.descending, 1)
    return (await read_stage_rows(unit, campaign, first))[1]
