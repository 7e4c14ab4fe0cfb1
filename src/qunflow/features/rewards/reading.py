"""Looking at grants: pages of them, a person's, counts and costs; read from the stored states. Money in fen."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from qunflow.features.rewards.items import MONEY, RewardItem, queue_scope, stock_counter
from qunflow.features.rewards.model import GIVEN, REVERSED, STATUSES, grant_stream
from qunflow.storage.stock import read_counters
from qunflow.storage.unit_of_work import UnitOfWork

_FROM = "FROM streams s LEFT JOIN people p ON p.workspace_id = $1 AND p.person = s.state->>'person'"
_COLUMNS = """
substr(s.stream, 7) AS key, s.state->>'campaign' AS campaign, s.state->>'person' AS person,
coalesce(p.name, '') AS name, s.state->>'asked' AS asked, s.state->>'item' AS item, s.state->>'kind' AS kind,
s.state->>'status' AS status, s.state->>'reason' AS reason, s.state->>'parcel' AS parcel,
s.state->>'carrier' AS carrier, s.state->>'tracking' AS tracking, s.state->>'sponsor' AS sponsor,
(s.state->>'tries')::int AS tries, (s.state->>'cost')::bigint AS cost,
(s.state->>'made_at')::timestamptz AS made_at, (s.state->>'issued_at')::timestamptz AS issued_at,
(s.state->>'until')::timestamptz AS until
"""
#: Column of a list → what it is sorted by.
SORTS: Mapping[str, str] = {
    "made_at": "(s.state->>'made_at')",
    "status": "s.state->>'status'",
    "item": "s.state->>'item'",
    "campaign": "s.state->>'campaign'",
    "parcel": "s.state->>'parcel'",
}
_FILTERS = {"status": "status", "campaign": "campaign", "item": "item", "parcel": "parcel", "person": "person"}


@dataclass(frozen=True, slots=True)
class GrantQuestion:
    """What a list asks: equal values by field, a part of a name or an id, order, and the page."""

    equal: Mapping[str, str]
    search: str = ""
    sort: str = "made_at"
    descending: bool = True
    limit: int = 50
    offset: int = 0
    parcels: bool = False


@dataclass(frozen=True, slots=True)
class ItemStock:
    """An item with its stock: promised and given, of all there are."""

    item: RewardItem
    used: int
    total: int

    @property
    def free(self) -> int:
        """How many are left."""
        return self.total - self.used


@dataclass(frozen=True, slots=True)
class CostSheet:
    """What a campaign's things cost: ``own`` out of its budget, ``sponsored`` by others, and how many are given."""

    own: int
    sponsored: int
    given: int


async def read_grants(unit: UnitOfWork, asked: GrantQuestion) -> tuple[list[dict[str, Any]], int]:
    """One page of grants as rows with their ``key``, and how many there are."""
    where, values = _where(asked)
    order = SORTS.get(asked.sort, SORTS["made_at"])
    total = int(await unit.value(f"SELECT count(*) {_FROM} {where}", unit.workspace, *values))
    rows = await unit.fetch(
        f"SELECT {_COLUMNS} {_FROM} {where} ORDER BY {order} {'DESC' if asked.descending else 'ASC'}, s.stream "
        f"LIMIT ${len(values) + 2} OFFSET ${len(values) + 3}",
        *(unit.workspace, *values, asked.limit, asked.offset),
    )
    return [dict(row) for row in rows], total


def _where(asked: GrantQuestion) -> tuple[str, list[str]]:
    parts = ["WHERE s.workspace_id = $1 AND s.kind = 'grant' AND s.version > 0"]
    values: list[str] = []
    for name, value in asked.equal.items():
        if name in _FILTERS and value:
            values.append(value)
            parts.append(f"s.state->>'{_FILTERS[name]}' = ${len(values) + 1}")
    if asked.parcels:
        parts.append("s.state->>'parcel' <> ''")
    if asked.search:
        values.append(asked.search)
        place = len(values) + 1
        parts.append(f"(strpos(lower(p.name), lower(${place})) > 0 OR strpos(s.stream, ${place}) > 0)")
    return " AND ".join(parts), values


async def read_person(unit: UnitOfWork, campaign: str, person: str) -> list[dict[str, Any]]:
    """A person's grants in a campaign, the oldest first."""
    rows = await unit.fetch(
        f"SELECT {_COLUMNS} {_FROM} WHERE s.workspace_id = $1 AND s.kind = 'grant' AND starts_with(s.stream, $2) "
        "AND s.version > 0 ORDER BY s.stream LIMIT 500",
        *(unit.workspace, grant_stream(f"{campaign}:{person}:")),
    )
    return sorted((dict(row) for row in rows), key=lambda row: (row["made_at"], row["key"]))


async def count_statuses(unit: UnitOfWork, item: str = "") -> dict[str, int]:
    """Grants by status, of one item when it is named."""
    rows = await unit.fetch(
        "SELECT state->>'status', count(*) FROM streams WHERE workspace_id = $1 AND kind = 'grant' AND version > 0 "
        "AND ($2 = '' OR state->>'item' = $2) GROUP BY 1",
        *(unit.workspace, item),
    )
    found = {row[0]: int(row[1]) for row in rows}
    return {status: found[status] for status in STATUSES if status in found}


async def read_costs(unit: UnitOfWork, campaign: str) -> CostSheet:
    """Own and sponsored costs apart (M128): what is set aside, under way or given now."""
    rows = await unit.fetch(
        "SELECT coalesce(sum(cost) FILTER (WHERE sponsor = ''), 0), "
        "coalesce(sum(cost) FILTER (WHERE sponsor <> ''), 0), "
        "count(*) FILTER (WHERE status = ANY($3)) FROM (SELECT (state->>'cost')::bigint AS cost, "
        "coalesce(state->>'sponsor', '') AS sponsor, state->>'status' AS status FROM streams WHERE workspace_id = $1 "
        "AND kind = 'grant' AND state->>'campaign' = $2 AND (state->>'reserved')::boolean "
        "AND NOT (state->>'kind' = ANY($4) AND state->>'status' = $5)) AS g",
        *(unit.workspace, campaign, list(GIVEN), list(MONEY), REVERSED),
    )
    return CostSheet(int(rows[0][0]), int(rows[0][1]), int(rows[0][2]))


async def with_stock(unit: UnitOfWork, items: list[RewardItem]) -> list[ItemStock]:
    """Items with their counters."""
    counters = await read_counters(unit, [stock_counter(item.name) for item in items])
    found = []
    for item in items:
        counter = counters.get(stock_counter(item.name))
        used, total = (counter.used, counter.limit) if counter is not None else (0, item.total)
        found.append(ItemStock(item, used, total))
    return found


async def count_waiting(unit: UnitOfWork, item: str, at: datetime) -> int:
    """How many wait for stock of an item."""
    return int(
        await unit.value(
            "SELECT count(*) FROM claims WHERE workspace_id = $1 AND scope = $2 AND until <= $3",
            *(unit.workspace, queue_scope(item), at),
        )
    )
