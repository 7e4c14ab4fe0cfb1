"""Items of which a tenth or less is left, and those who wait for them: read for the first page of the console."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from qunflow.storage.unit_of_work import UnitOfWork

_SHORT = """
SELECT substr(s.stream, 13), coalesce(s.state->>'title', ''), c."limit" - c.used AS free, c."limit",
  (SELECT count(*) FROM claims w WHERE w.workspace_id = $1 AND w.scope = 'reward_wait:' || substr(s.stream, 13)
    AND w.until <= $2)
FROM streams s JOIN counters c ON c.workspace_id = $1 AND c.name = 'stock:' || substr(s.stream, 13)
WHERE s.workspace_id = $1 AND s.kind = 'reward_item' AND s.version > 0
  AND coalesce((s.state->>'closed')::boolean, false) IS FALSE AND (c."limit" - c.used) * 10 <= c."limit"
  AND (c.used > 0 OR EXISTS (SELECT 1 FROM claims w WHERE w.workspace_id = $1
    AND w.scope = 'reward_wait:' || substr(s.stream, 13)))
ORDER BY c."limit" > c.used, c."limit" - c.used, s.stream LIMIT $3
"""
MOST = 200


@dataclass(frozen=True, slots=True)
class ShortItem:
    """One open item of which a tenth or less is left; ``waiting`` people were promised one and wait for it."""

    name: str
    title: str
    free: int
    total: int
    waiting: int


async def read_short(unit: UnitOfWork, now: datetime, limit: int = MOST) -> list[ShortItem]:
    """The items that are short, the empty ones first. One that never had stock counts when somebody waits for it."""
    rows = await unit.fetch(_SHORT, unit.workspace, now, limit)
    return [ShortItem(str(row[0]), str(row[1]), int(row[2]), int(row[3]), int(row[4])) for row in rows]
