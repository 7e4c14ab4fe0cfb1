"""Groups and their members for lists: counted and cut by the database, so that no page loads a group whole."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from qunflow.community.acts import ActState
from qunflow.domain.codec import decode
from qunflow.storage.json_text import from_json
from qunflow.storage.unit_of_work import UnitOfWork

#: More groups than one workspace runs; the list says so when it is reached.
MOST_GROUPS = 5_000


@dataclass(frozen=True, slots=True)
class GroupRow:
    """A group without its members. Times are UTC."""

    stream: str
    channel: str
    chat: str
    name: str
    owner: str
    members: int
    banned: int
    knocks: int
    read_at: datetime | None
    changed_at: datetime | None


@dataclass(frozen=True, slots=True)
class MemberRow:
    """Somebody in a group now."""

    external: str
    person: str
    name: str
    staff: bool
    joined_at: datetime | None


@dataclass(frozen=True, slots=True)
class MemberQuestion:
    """Which members, in which order, and which piece of them."""

    search: str = ""
    staff: bool | None = None
    sort: str = "joined"
    descending: bool = True
    limit: int = 25
    offset: int = 0


#: The state is unpacked once for all its fields: it lies compressed beside its row.
_GROUPS = """
SELECT s.stream, t.channel, t.chat, f.name, t.owner,
  (SELECT count(*) FROM jsonb_object_keys(coalesce(t.members, '{}'))),
  (SELECT count(*) FROM jsonb_object_keys(coalesce(t.bans, '{}'))),
  (SELECT count(*) FROM jsonb_object_keys(coalesce(t.knocks, '{}'))), t.read_at, t.changed_at
FROM streams s
CROSS JOIN LATERAL jsonb_to_record(s.state) AS t(channel text, chat text, owner text, gone boolean, members jsonb,
  bans jsonb, knocks jsonb, read_at timestamptz, changed_at timestamptz)
LEFT JOIN LATERAL (SELECT e.data->>'name' AS name FROM events e WHERE e.workspace_id = $1 AND e.stream = s.stream
  AND e.version <= 20 AND e.type = 'group_found' ORDER BY e.version LIMIT 1) f ON true
WHERE s.workspace_id = $1 AND s.kind = 'group' AND s.version > 0 AND t.chat <> ''
  AND ($3 = '' OR s.stream = $3) AND NOT coalesce(t.gone, false)
ORDER BY s.stream LIMIT $2
"""
_NAMES = """
SELECT t.stream, f.name FROM unnest($2::text[]) AS t(stream) CROSS JOIN LATERAL (
  SELECT e.data->>'name' AS name FROM events e WHERE e.workspace_id = $1 AND e.stream = t.stream
  AND e.version <= 20 AND e.type = 'group_found' ORDER BY e.version LIMIT 1) f
"""
_MEMBERS = """
SELECT m.key, m.value->>'person', coalesce(p.name, ''), coalesce((m.value->>'staff')::boolean, false),
  to_timestamp(nullif((m.value->>'joined')::bigint, 0)), count(*) OVER ()
FROM streams s CROSS JOIN LATERAL jsonb_each(s.state->'members') m
LEFT JOIN people p ON p.workspace_id = $1 AND p.person = m.value->>'person'
WHERE s.workspace_id = $1 AND s.stream = $2
  AND ($3 = '' OR m.key ILIKE $3 OR p.name ILIKE $3)
  AND ($4::boolean IS NULL OR coalesce((m.value->>'staff')::boolean, false) = $4)
ORDER BY ORDER_BY, m.key LIMIT $5 OFFSET $6
"""
_ORDERS = {"name": "coalesce(p.name, '')", "joined": "(m.value->>'joined')::bigint", "external": "m.key"}
_CURVE = """
SELECT to_char(date_trunc($3, at AT TIME ZONE $4), 'YYYY-MM-DD HH24:MI') AS slot,
  count(*) FILTER (WHERE type = 'member_joined'), count(*) FILTER (WHERE type = 'member_left'),
  (array_agg((data->>'size')::int ORDER BY version DESC))[1]
FROM events WHERE workspace_id = $1 AND stream = $2 AND type IN ('member_joined', 'member_left') AND at >= $5
GROUP BY 1 ORDER BY 1
"""
_SIZE_BEFORE = """
SELECT (data->>'size')::int FROM events WHERE workspace_id = $1 AND stream = $2 AND at < $3
  AND type IN ('member_joined', 'member_left') ORDER BY version DESC LIMIT 1
"""
_PARTS = """
SELECT s.state->>'person', substr(c.stream, 10), c.state->'plan'->>'title', s.state->>'external'
FROM streams c JOIN streams s ON s.workspace_id = $1 AND s.stream = ANY (
  SELECT 'participation:' || substr(c.stream, 10) || ':' || person FROM unnest($3::text[]) AS t(person))
WHERE c.workspace_id = $1 AND c.kind = 'campaign' AND c.version > 0 AND c.state->>'pool' = $2 AND s.version > 0
"""


async def list_rows(unit: UnitOfWork, stream: str = "") -> list[GroupRow]:
    """Every group that is there, or one; at most ``MOST_GROUPS``."""
    return [GroupRow(*row) for row in await unit.fetch(_GROUPS, unit.workspace, MOST_GROUPS, stream)]


async def group_names(unit: UnitOfWork, streams: Sequence[str]) -> dict[str, str]:
    """stream → the name under which a group was found, for those that had one."""
    rows = await unit.fetch(_NAMES, unit.workspace, list(streams)) if streams else []
    return {row[0]: row[1] for row in rows if row[1]}


async def list_members(unit: UnitOfWork, stream: str, asked: MemberQuestion) -> tuple[list[MemberRow], int]:
    """One piece of the members of a group, and how many there are of the kind that was asked for."""
    order = f"{_ORDERS.get(asked.sort, _ORDERS['joined'])} {'DESC' if asked.descending else 'ASC'} NULLS LAST"
    pattern = f"%{_escaped(asked.search)}%" if asked.search else ""
    rows = await unit.fetch(
        _MEMBERS.replace("ORDER_BY", order), unit.workspace, stream, pattern, asked.staff, asked.limit, asked.offset
    )
    return [MemberRow(*row[:5]) for row in rows], int(rows[0][5]) if rows else 0


async def group_curve(
    unit: UnitOfWork, stream: str, slot: str, tz: str, since: datetime
) -> tuple[int, list[tuple[str, int, int, int]]]:
    """The size before ``since``; joins, leaves and the size at the end of each hour or day with a change."""
    rows = await unit.fetch(_CURVE, unit.workspace, stream, slot, tz, since)
    before = await unit.value(_SIZE_BEFORE, unit.workspace, stream, since)
    return before or 0, [(row[0], row[1], row[2], row[3]) for row in rows]


async def campaigns_of(unit: UnitOfWork, pool: str, people: Sequence[str]) -> Mapping[str, str]:
    """person → title of the campaign of this pool that the person takes part in."""
    rows = await unit.fetch(_PARTS, unit.workspace, pool, list(people)) if pool and people else []
    return {row[0]: row[2] or row[1] for row in rows if row[3]}


def _escaped(text: str) -> str:
    return text.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")


async def last_acts(unit: UnitOfWork, channel: str, chat: str, most: int) -> list[ActState]:
    """What was asked for a group, newest first, with what became of it."""
    rows = await unit.fetch(
        "SELECT state FROM streams WHERE workspace_id = $1 AND kind = 'act' AND version > 0 AND state->>'chat' = $2 "
        "AND state->>'channel' = $3 ORDER BY stream DESC LIMIT $4",
        unit.workspace,
        chat,
        channel,
        most,
    )
    return [decode(ActState, from_json(row[0])) for row in rows]


async def list_bans(unit: UnitOfWork, stream: str, most: int) -> list[tuple[str, str]]:
    """Who may not come into a group any more: platform id and name, at most ``most`` of them."""
    rows = await unit.fetch(
        "SELECT b.key, coalesce(p.name, '') FROM streams s CROSS JOIN LATERAL jsonb_each_text(s.state->'bans') b "
        "LEFT JOIN people p ON p.workspace_id = $1 AND p.person = b.value "
        "WHERE s.workspace_id = $1 AND s.stream = $2 ORDER BY b.key LIMIT $3",
        unit.workspace,
        stream,
        most,
    )
    return [(row[0], row[1]) for row in rows]
