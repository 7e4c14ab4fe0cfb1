"""Who is active, who pays, who must not be asked, and how far a gathering is. SQL over the log and the states."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from qunflow.storage.unit_of_work import UnitOfWork

#: Events whose person did something: said, joined, took part, handed in, helped.
ACTS = ("person_spoke", "participating", "joined", "spreading", "submitted", "unit_owned", "help_given")
_ACTIVE = """
SELECT DISTINCT person FROM events WHERE workspace_id = $1 AND at >= $2 AND type = ANY($3) AND person <> ''
AND ($4 = '' OR person IN (SELECT person FROM events WHERE workspace_id = $1 AND campaign = $4
  AND type = 'participating'))
"""
#: Paid here or by hand, as the ledger has it; an order of which all is owed back does not count.
_PAYING = """
WITH paid AS (SELECT split_part(key, ':paid:', 2) AS number, split_part(key, ':', 2) AS campaign, sum(amount) AS fen
  FROM postings WHERE workspace_id = $1 AND at >= $2 AND key LIKE 'play:%:paid:%' GROUP BY 1, 2),
owed AS (SELECT data->>'order' AS number, campaign, sum((data->>'fen')::bigint) AS fen FROM events
  WHERE workspace_id = $1 AND type = 'refund_owed' GROUP BY 1, 2)
SELECT DISTINCT o.data->>'buyer' FROM events o JOIN paid p ON p.number = o.data->>'order' AND p.campaign = o.campaign
LEFT JOIN owed b ON b.number = p.number AND b.campaign = p.campaign
WHERE o.workspace_id = $1 AND o.type = 'order_made' AND ($3 = '' OR o.campaign = $3) AND coalesce(b.fen, 0) < p.fen
"""
_STAFF = """
SELECT DISTINCT m.value->>'person' FROM streams s CROSS JOIN LATERAL jsonb_each(s.state->'members') m
WHERE s.workspace_id = $1 AND s.kind = 'group' AND s.version > 0 AND (m.value->>'staff')::boolean
"""
#: Banned from a group, or refused by a person in the list of the risk rules.
_BANNED = """
SELECT b.value FROM streams s CROSS JOIN LATERAL jsonb_each_text(s.state->'bans') b
WHERE s.workspace_id = $1 AND s.kind = 'group' AND s.version > 0
UNION SELECT coalesce(nullif(state->>'helper', ''), state->>'owner') FROM streams
WHERE workspace_id = $1 AND kind = 'flag' AND version > 0 AND state->>'status' = 'refused'
"""
_INSIDE = """
SELECT DISTINCT m.value->>'person' FROM streams s CROSS JOIN LATERAL jsonb_each(s.state->'members') m
WHERE s.workspace_id = $1 AND s.stream = ANY($2)
"""
_IDS = """
SELECT i.person, min(i.value) FROM identities i WHERE i.workspace_id = $1 AND i.channel = $2 AND i.kind = 'platform'
AND i.person = ANY($3) GROUP BY i.person
"""
_OUTCOMES = """
SELECT coalesce(state->>'outcome', ''), coalesce(state->>'reason', ''), count(*) FROM streams
WHERE workspace_id = $1 AND kind = 'gathered' AND starts_with(stream, $2) AND version > 0 GROUP BY 1, 2
"""


async def active_since(unit: UnitOfWork, since: datetime, campaign: str) -> set[str]:
    """Who wrote a valid message or took part; with a campaign only those who take part in it."""
    return {row[0] for row in await unit.fetch(_ACTIVE, unit.workspace, since, list(ACTS), campaign)}


async def paid_since(unit: UnitOfWork, since: datetime, campaign: str) -> set[str]:
    """Who paid an order that is not wholly given back; with a campaign only orders of it."""
    return {row[0] for row in await unit.fetch(_PAYING, unit.workspace, since, campaign)}


async def staff_people(unit: UnitOfWork) -> set[str]:
    """Staff and our own accounts, in whatever group."""
    return {row[0] for row in await unit.fetch(_STAFF, unit.workspace) if row[0]}


async def banned_people(unit: UnitOfWork) -> set[str]:
    """Who must not be asked."""
    return {row[0] for row in await unit.fetch(_BANNED, unit.workspace) if row[0]}


async def people_inside(unit: UnitOfWork, groups: Sequence[str]) -> set[str]:
    """Who is in one of these groups (by their streams) now."""
    rows = await unit.fetch(_INSIDE, unit.workspace, list(groups)) if groups else []
    return {row[0] for row in rows if row[0]}


async def ids_on(unit: UnitOfWork, channel: str, people: Sequence[str]) -> dict[str, str]:
    """person → platform id, for those whom the channel knows."""
    return {row[0]: row[1] for row in await unit.fetch(_IDS, unit.workspace, channel, list(people))}


async def count_outcomes(unit: UnitOfWork, prefix: str) -> dict[tuple[str, str], int]:
    """(outcome, reason) → people of a gathering; an empty outcome still waits."""
    return {(row[0], row[1]): int(row[2]) for row in await unit.fetch(_OUTCOMES, unit.workspace, prefix)}
