"""Entries of a vote with their place, and the votes themselves, as pages read them: cut in the database."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from qunflow.features.campaigns.plays.model import unit_stream
from qunflow.storage.people import find_names
from qunflow.storage.unit_of_work import UnitOfWork

#: Column of the list of entries → what it is sorted by.
ENTRY_SORTS = {
    "place": "e.place",
    "owner": "lower(coalesce(nullif(p.name, ''), e.owner))",
    "votes": "e.votes",
    "made_at": "e.made_at",
}
_ENTRIES = """
WITH u AS (
  SELECT substr(stream, length($2) + 1) AS unit, state->>'owner' AS owner, state->>'status' AS open,
    state->'play'->>'status' AS judged, state->'play'->>'work' AS work, (state->>'opened_at')::timestamptz AS made_at,
    (state->'play'->>'score')::int AS votes, (state->'play'->>'place')::int AS final,
    (state->'play'->>'reached_at')::timestamptz AS reached_at
  FROM streams WHERE workspace_id = $1 AND kind = 'unit' AND starts_with(stream, $2) AND version > 0
    AND state->>'owner' <> '' AND NOT coalesce((state->>'test')::boolean, false)
), e AS (
  SELECT u.*, CASE WHEN judged = 'approved' AND open = 'closed' THEN 'over' ELSE judged END AS status,
    CASE WHEN judged = 'ranked' THEN final WHEN judged = 'approved' AND open <> 'closed' THEN row_number() OVER (
      PARTITION BY judged = 'approved' AND open <> 'closed' ORDER BY votes DESC, reached_at NULLS LAST, unit
    ) END AS place
  FROM u
)
SELECT e.unit AS key, e.owner, coalesce(p.name, '') AS owner_name, e.status, e.votes, e.place, e.made_at,
  count(*) OVER () AS total
FROM e LEFT JOIN people p ON p.workspace_id = $1 AND p.person = e.owner
"""
_VOID = """
(v.stream || '/' || (v.data->>'voter') || '/' || (v.data->>'key') IN (
  SELECT x.stream || '/' || (x.data->>'voter') || '/' || (x.data->>'key') FROM events x
  WHERE x.workspace_id = $1 AND x.campaign = $2 AND x.type = 'vote_voided'))
"""
_FROM = "FROM events v WHERE v.workspace_id = $1 AND v.campaign = $2 AND v.type = 'voted'"
#: Names are looked up for the rows of the page alone; which votes are void is one small set.
_PAGE = f"""
WITH page AS (
  SELECT v.seq, v.stream, v.data, v.at {{source}}
  ORDER BY v.at {{way}}, v.seq {{way}} LIMIT ${{limit}} OFFSET ${{offset}}
), v AS (SELECT v.*, {_VOID} AS void FROM page v)
SELECT v.seq AS key, substr(v.stream, length($3) + 1) AS entry, v.data->>'voter' AS voter, v.data->>'key' AS day,
  coalesce(s.state->>'owner', '') AS owner, v.at AS cast_at, v.void
FROM v LEFT JOIN streams s ON s.workspace_id = $1 AND s.stream = v.stream
ORDER BY v.at {{way}}, v.seq {{way}}
"""


@dataclass(frozen=True, slots=True)
class VoteQuestion:
    """What a list asks: a part of a name or the beginning of an id, order, and the page.

    ``entry`` and ``voter`` are beginnings of ids; ``state``: ``valid`` or ``void`` of a vote, its status of an entry.
    """

    search: str = ""
    entry: str = ""
    voter: str = ""
    state: str = ""
    sort: str = ""
    descending: bool = True
    limit: int = 50
    offset: int = 0


async def read_entries(unit: UnitOfWork, campaign: str, asked: VoteQuestion) -> tuple[list[dict[str, Any]], int]:
    """One page of entries with the place that they have now, and how many there are."""
    values: list[str] = []
    where = []
    if asked.search:
        values.append(asked.search)
        where.append(_named("p.name", "e.owner", 3))
    if asked.state:
        values.append(asked.state)
        where.append(f"e.status = ${len(values) + 2}")
    order, way = ENTRY_SORTS.get(asked.sort, ENTRY_SORTS["place"]), "DESC" if asked.descending else "ASC"
    rows = await unit.fetch(
        f"{_ENTRIES} {'WHERE ' + ' AND '.join(where) if where else ''} ORDER BY {order} {way} NULLS LAST, e.unit "
        f"LIMIT ${len(values) + 3} OFFSET ${len(values) + 4}",
        *(unit.workspace, unit_stream(campaign, ""), *values, asked.limit, asked.offset),
    )
    total = int(rows[0]["total"]) if rows else 0
    if not rows and asked.offset:
        first = VoteQuestion(asked.search, state=asked.state, limit=1)
        total = (await read_entries(unit, campaign, first))[1]
    return [dict(row) for row in rows], total


async def read_votes(unit: UnitOfWork, campaign: str, asked: VoteQuestion) -> tuple[list[dict[str, Any]], int]:
    """One page of votes, valid and void, and how many there are."""
    values = [unit_stream(campaign, "")]
    where = [_FROM]
    if asked.search:
        values.append(asked.search)
        place = len(values) + 2
        found = f"SELECT person FROM people WHERE workspace_id = $1 AND strpos(lower(name), lower(${place})) > 0"
        where.append(f"(v.data->>'voter' IN ({found}) OR starts_with(v.data->>'voter', ${place}))")
    if asked.entry:
        values.append(unit_stream(campaign, asked.entry))
        where.append(f"starts_with(v.stream, ${len(values) + 2})")
    if asked.voter:
        values.append(asked.voter)
        where.append(f"starts_with(v.data->>'voter', ${len(values) + 2})")
    if asked.state:
        # Said so that it stays a look into a small set, whatever the planner believes about a table that grew just now.
        where.append(f"{_VOID} IS {'TRUE' if asked.state == 'void' else 'FALSE'}")
    source, known = " AND ".join(where), (unit.workspace, campaign, *values)
    total = int(await unit.value(f"SELECT count(*) {source} AND $3::text <> ''", *known))
    places = {"limit": len(known) + 1, "offset": len(known) + 2}
    text = _PAGE.format(source=source, way="DESC" if asked.descending else "ASC", **places)
    rows = await unit.fetch(text, *(*known, asked.limit, asked.offset))
    names = await find_names(unit, sorted({row[part] for row in rows for part in ("voter", "owner")}))
    named = {"voter": "voter_name", "owner": "owner_name"}
    return [{**row, **{told: names.get(row[part], "") for part, told in named.items()}} for row in rows], total


def _named(name: str, person: str, place: int) -> str:
    return f"(strpos(lower({name}), lower(${place})) > 0 OR starts_with({person}, ${place}))"
