"""What went wrong and may be tried again: actions that failed or were refused, and messages among the dead letters.

An action that carries a wish is not sent again: its end was told, and a second one would count twice.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from qunflow.domain.errors import Conflict, NotFound
from qunflow.storage.unit_of_work import UnitOfWork


@dataclass(frozen=True, slots=True)
class FailedAction:
    """One action that did not happen (``refused``) or may not have (``failed``).

    ``person`` and ``group`` name whom it was for, by name where one is known; ``settled``: its end was told already;
    ``late``: it would come too late now.
    """

    seq: int
    action_id: str
    at: datetime
    channel: str
    kind: str
    state: str
    reason: str
    detail: str
    person: str
    group: str
    settled: bool
    late: bool

    @property
    def may_retry(self) -> bool:
        """Whether trying again is safe and of use."""
        return not self.settled and not self.late


@dataclass(frozen=True, slots=True)
class FailedFilter:
    """Which failures are wanted; an empty field wants all. ``search`` is part of an id, a name or a detail."""

    since: datetime
    now: datetime
    state: str = ""
    kind: str = ""
    channel: str = ""
    reason: str = ""
    search: str = ""


@dataclass(frozen=True, slots=True)
class DeadLetter:
    """A message that could not be decided; nothing of it took effect."""

    seq: int
    message_id: str
    kind: str
    channel: str
    received_at: datetime
    reason: str


async def count_failed(unit: UnitOfWork, since: datetime) -> tuple[int, int]:
    """Actions since ``since`` that were refused, and those that failed."""
    row = (await unit.fetch(_COUNT, unit.workspace, since))[0]
    return int(row[0]), int(row[1])


async def list_failed(
    unit: UnitOfWork, wanted: FailedFilter, *, limit: int, offset: int = 0, newest_first: bool = True
) -> tuple[list[FailedAction], int]:
    """Failures and how many there are, by time."""
    order = "DESC" if newest_first else "ASC"
    rows = await unit.fetch(
        f"{_FAILED} ORDER BY at {order}, seq {order} LIMIT $9 OFFSET $10", *_values(unit, wanted), limit, offset
    )
    if rows or not offset:
        return [FailedAction(*tuple(row)[:-1]) for row in rows], int(rows[0][-1]) if rows else 0
    return [], int(await unit.value(f"SELECT count(*) FROM ({_FAILED}) AS f", *_values(unit, wanted)))


async def retry_action(unit: UnitOfWork, seq: int, now: datetime) -> str:
    """Put an action back; answers its id. Raises Conflict where that is not safe, NotFound.

    A refused one is sent as if new. Of a failed one it is unknown whether it happened, so it goes the way of every
    unknown result: its connector looks for it or repeats it with the same key (architecture.md §4.6).
    """
    unit.news.add("outbox")
    done = await unit.fetch(_RETRY, unit.workspace, seq, now)
    if done:
        return str(done[0][0])
    found = await unit.fetch(_WHY_NOT, unit.workspace, seq, now)
    if not found:
        raise NotFound("action_unknown", "there is no such delivery", field=str(seq))
    state, settled, late = found[0]
    if state not in ("refused", "failed"):
        raise Conflict("action_under_way", f"it is {state} now", field=str(seq))
    if settled:
        raise Conflict("action_settled", "its end was told: a second one would count twice", field=str(seq))
    assert late
    raise Conflict("action_late", "it would come too late to be of use", field=str(seq))


async def count_dead(unit: UnitOfWork) -> int:
    """How many dead letters there are."""
    return int(
        await unit.value("SELECT count(*) FROM inbox WHERE workspace_id = $1 AND state = 'dead'", unit.workspace)
    )


async def list_dead(unit: UnitOfWork, limit: int, offset: int = 0) -> list[DeadLetter]:
    """Dead letters, the newest first."""
    rows = await unit.fetch(
        "SELECT seq, message_id, kind, channel, received_at, reason FROM inbox WHERE workspace_id = $1 "
        "AND state = 'dead' ORDER BY seq DESC LIMIT $2 OFFSET $3",
        unit.workspace,
        limit,
        offset,
    )
    return [DeadLetter(*row) for row in rows]


async def revive_letter(unit: UnitOfWork, seq: int) -> str:
    """Let a dead letter be decided again; answers its id. Raises NotFound when it is no dead letter (any more)."""
    unit.news.add("inbox")
    rows = await unit.fetch(
        "UPDATE inbox SET state = 'new', reason = '' WHERE workspace_id = $1 AND seq = $2 AND state = 'dead' "
        "RETURNING message_id",
        unit.workspace,
        seq,
    )
    if not rows:
        raise NotFound("letter_unknown", "this is no dead letter any more", field=str(seq))
    return str(rows[0][0])


def _values(unit: UnitOfWork, wanted: FailedFilter) -> tuple[Any, ...]:
    texts = (wanted.state, wanted.kind, wanted.channel, wanted.reason, wanted.search.casefold())
    return unit.workspace, wanted.since, wanted.now, *texts


_SETTLED = "coalesce(o.body->>'wish', '') <> ''"
_BADLY = "o.workspace_id = $1 AND o.state IN ('refused', 'failed')"
_COUNT = f"""
SELECT count(*) FILTER (WHERE state = 'refused'), count(*) FILTER (WHERE state = 'failed') FROM outbox o
WHERE {_BADLY} AND o.at >= $2
"""
_FAILED = f"""
SELECT f.*, count(*) OVER () AS total FROM (
  SELECT o.seq, o.action_id, o.at, o.channel, o.kind, o.state, o.reason, o.detail,
    coalesce(nullif(p.name, ''), o.body->>'external', CASE jsonb_typeof(o.body->'staff') WHEN 'array'
      THEN array_to_string(ARRAY(SELECT jsonb_array_elements_text(o.body->'staff')), ', ')
      ELSE o.body->>'staff' END, '') AS person,
    coalesce(nullif(g.name, ''), o.body->>'chat', '') AS "group", {_SETTLED} AS settled,
    coalesce(o.expires_at < $3, false) AS late
  FROM outbox o
  LEFT JOIN identities i ON i.workspace_id = $1 AND i.channel = o.channel AND i.kind = 'platform'
    AND i.value = o.body->>'external'
  LEFT JOIN people p ON p.workspace_id = $1 AND p.person = i.person
  LEFT JOIN people g ON g.workspace_id = $1 AND g.person = 'group:' || o.channel || ':' || (o.body->>'chat')
  WHERE {_BADLY} AND o.at >= $2) AS f
WHERE ($4 = '' OR state = $4) AND ($5 = '' OR kind = $5) AND ($6 = '' OR channel = $6) AND ($7 = '' OR reason = $7)
  AND ($8 = '' OR strpos(lower(person || ' ' || "group" || ' ' || detail || ' ' || action_id), $8) > 0)
"""
_RETRY = f"""
UPDATE outbox o SET state = CASE o.state WHEN 'refused' THEN 'queued' ELSE 'sending' END, owner = '', tries = 0,
  retry_at = NULL, coalesce_key = NULL, reason = '', detail = ''
WHERE {_BADLY} AND o.seq = $2 AND NOT {_SETTLED} AND (o.expires_at IS NULL OR o.expires_at >= $3) RETURNING o.action_id
"""
_WHY_NOT = f"""
SELECT o.state, {_SETTLED}, coalesce(o.expires_at < $3, false) FROM outbox o WHERE o.workspace_id = $1 AND o.seq = $2
"""
