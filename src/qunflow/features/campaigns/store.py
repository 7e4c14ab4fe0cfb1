"""Standings as a table, kept in the commit of the events they follow from: a board is read from its index.

The words of notes are kept in the same commit.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from qunflow.domain.events import Event
from qunflow.domain.inbound import Message
from qunflow.features.campaigns.contest import StandingMoved
from qunflow.features.campaigns.mechanics.ranking import Entrant
from qunflow.features.campaigns.note_store import keep_notes
from qunflow.storage.people import find_names
from qunflow.storage.unit_of_work import UnitOfWork

#: The longest board that is read; who stands further down is told no exact place.
MAX_LINES = 50_000
#: A line as it is ordered: more invites (so their negative), then the earlier time, then the id.
Key = tuple[int, datetime, str]
_BOARD = "WHERE workspace_id = $1 AND campaign = $2 AND board = $3"


async def keep_standings(unit: UnitOfWork, messages: Sequence[Message], events: Sequence[Event]) -> None:
    """Bring the tables to what the events of a commit say; their streams are locked, so the last one holds."""
    await keep_notes(unit, messages, events)
    latest = {
        (event.campaign, event.body.board, event.person): event.body
        for event in events
        if isinstance(event.body, StandingMoved)
    }
    gone = sorted(key for key, body in latest.items() if not body.count)
    there = sorted(key for key, body in latest.items() if body.count)
    if gone:
        await unit.execute(
            "DELETE FROM standings s USING unnest($2::text[], $3::text[], $4::text[]) AS t(c, b, p) "
            "WHERE s.workspace_id = $1 AND s.campaign = t.c AND s.board = t.b AND s.person = t.p",
            unit.workspace,
            *[[key[part] for key in gone] for part in range(3)],
        )
    if there:
        await unit.execute(
            "INSERT INTO standings (workspace_id, campaign, board, person, count, reached_at) "
            "SELECT $1, c, b, p, n, a FROM unnest($2::text[], $3::text[], $4::text[], $5::bigint[], $6::timestamptz[]) "
            "AS t(c, b, p, n, a) ON CONFLICT (workspace_id, campaign, board, person) "
            "DO UPDATE SET count = excluded.count, reached_at = excluded.reached_at",
            unit.workspace,
            *[[key[part] for key in there] for part in range(3)],
            [latest[key].count for key in there],
            [latest[key].reached_at for key in there],
        )


async def find_lines(unit: UnitOfWork, campaign: str, board: str) -> list[Key]:
    """The lines of a board, best first, at most ``MAX_LINES``."""
    rows = await unit.fetch(
        f"SELECT -count, reached_at, person FROM standings {_BOARD} ORDER BY count DESC, reached_at, person LIMIT $4",
        unit.workspace,
        campaign,
        board,
        MAX_LINES,
    )
    return [tuple(row) for row in rows]


async def find_own(unit: UnitOfWork, campaign: str, board: str, person: str) -> Entrant | None:
    """One person's line; None for somebody without an invite on this board."""
    rows = await unit.fetch(
        f"SELECT person, count, reached_at FROM standings {_BOARD} AND person = $4",
        unit.workspace,
        campaign,
        board,
        person,
    )
    return Entrant(*rows[0]) if rows else None


async def names_of(unit: UnitOfWork, people: Sequence[str]) -> dict[str, str]:
    """The names of the people on a board, in one question."""
    return await find_names(unit, list(people)) if people else {}
