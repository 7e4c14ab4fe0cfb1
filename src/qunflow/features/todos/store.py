"""Reading to-dos for the console: the list, how many are late or due soon, the names behind a card."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from qunflow.community.model import group_stream
from qunflow.features.todos.card import About
from qunflow.features.todos.model import TodoState
from qunflow.storage.people import find_names, find_persons
from qunflow.storage.unit_of_work import UnitOfWork

#: The open ones and the newest of the others; older ones are reached by their address.
MOST_TODOS = 5_000
SOON = timedelta(hours=2)


@dataclass(frozen=True, slots=True)
class TodoCount:
    """Open to-dos: how many in all, past their deadline, and due within two hours."""

    open: int = 0
    late: int = 0
    soon: int = 0


@dataclass(frozen=True, slots=True)
class TodoHead:
    """One to-do in a list; ``subject`` is the person, group or name that it is about."""

    todo: str
    action: str
    outcome: str
    subject: str
    staff: str
    channel: str
    campaign: str
    opened_at: datetime | None
    due_at: datetime | None
    closed_at: datetime | None


async def read_todos(unit: UnitOfWork, now: datetime) -> list[TodoHead]:
    """To-dos, the open ones first, at most ``MOST_TODOS``; an open one past its deadline is ``overdue``."""
    rows = await unit.fetch(_TODOS, unit.workspace, now, MOST_TODOS)
    return [TodoHead(*row) for row in rows]


async def count_open(unit: UnitOfWork, now: datetime) -> TodoCount:
    """How many are open, late, and due soon."""
    row = (await unit.fetch(_COUNT, unit.workspace, now, now + SOON))[0]
    return TodoCount(int(row[0]), int(row[1]), int(row[2]))


async def read_urgent(unit: UnitOfWork, now: datetime, limit: int) -> list[TodoHead]:
    """Open to-dos, those whose deadline comes first (or went by longest ago) first."""
    rows = await unit.fetch(_URGENT, unit.workspace, now, limit)
    return [TodoHead(*row) for row in rows]


async def load_names(unit: UnitOfWork, state: TodoState, language: str) -> About:
    """The names behind a card, as they are now."""
    chat, external = str(state.data.get("chat", "")), str(state.data.get("external", ""))
    group = group_stream(state.channel, chat) if chat else ""
    key = (state.channel, external)
    person = (await find_persons(unit, [key])).get(key, "") if external else ""
    names = await find_names(unit, [name for name in (group, person) if name])
    return About(names.get(group, ""), names.get(person, ""), language)


async def read_proof(unit: UnitOfWork, stream: str) -> tuple[str, datetime] | None:
    """The proof that closed a to-do, and when; None for one that no event closed."""
    rows: list[Any] = await unit.fetch(
        "SELECT data->>'proof', at FROM events WHERE workspace_id = $1 AND stream = $2 "
        "AND type = 'todo_closed' LIMIT 1",
        unit.workspace,
        stream,
    )
    return (str(rows[0][0]), rows[0][1]) if rows else None


_HEADS = """
SELECT substr(s.stream, 6), s.state->>'action', CASE
    WHEN s.state->>'status' = 'open' AND (s.state->>'due_at')::timestamptz < $2 THEN 'overdue'
    WHEN s.state->>'status' = 'done' AND (s.state->>'closed_at')::timestamptz > (s.state->>'due_at')::timestamptz
      THEN 'late' ELSE s.state->>'status' END AS outcome,
  coalesce(nullif(p.name, ''), nullif(g.name, ''), s.state->'data'->>'name', s.state->'data'->>'external',
    s.state->'data'->>'chat', s.state->'data'->>'item', '') AS subject,
  coalesce(s.state->>'staff', ''), s.state->>'channel', coalesce(s.state->>'campaign', ''),
  (s.state->>'opened_at')::timestamptz, (s.state->>'due_at')::timestamptz, (s.state->>'closed_at')::timestamptz
FROM (SELECT * FROM streams WHERE workspace_id = $1 AND kind = 'todo' AND version > 0 {which}) AS s
LEFT JOIN identities i ON i.workspace_id = $1 AND i.channel = s.state->>'channel' AND i.kind = 'platform'
  AND i.value = s.state->'data'->>'external'
LEFT JOIN people p ON p.workspace_id = $1 AND p.person = i.person
LEFT JOIN people g ON g.workspace_id = $1
  AND g.person = 'group:' || (s.state->>'channel') || ':' || (s.state->'data'->>'chat')
"""
_IN_ORDER = "ORDER BY (state->>'status' = 'open') DESC, (state->>'opened_at')::timestamptz DESC LIMIT $3"
_TODOS = _HEADS.format(which=_IN_ORDER)
_SOONEST = "AND state->>'status' = 'open' ORDER BY (state->>'due_at')::timestamptz NULLS LAST, stream LIMIT $3"
_URGENT = _HEADS.format(which=_SOONEST) + " ORDER BY (s.state->>'due_at')::timestamptz NULLS LAST, s.stream"
_COUNT = """
SELECT count(*), count(*) FILTER (WHERE (state->>'due_at')::timestamptz < $2),
  count(*) FILTER (WHERE (state->>'due_at')::timestamptz >= $2 AND (state->>'due_at')::timestamptz <= $3)
FROM streams WHERE workspace_id = $1 AND kind = 'todo' AND version > 0 AND state->>'status' = 'open'
"""
