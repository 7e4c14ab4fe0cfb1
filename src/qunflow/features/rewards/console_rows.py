"""Items and grants as pages read them: each question answered once in some seconds for everybody who looks."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from qunflow.engine.door import Door
from qunflow.features.rewards import acts, reading, store
from qunflow.features.rewards.items import KINDS, MONEY
from qunflow.features.rewards.model import HOLDS, PARCELS, STATUSES, WAITS
from qunflow.web.widgets.freshness import Fresh
from qunflow.web.widgets.listing import Cell, Column, ListPage, ListQuery

FRESH_SECONDS = 2.0
EVERY_SECONDS = 3.0
ITEM_STATES = ("open", "low", "out", "closed")
ITEM_TONES = {"open": "positive", "low": "warning", "out": "negative", "closed": "grey-8"}
#: Why a grant is where it is; what staff wrote themselves is ``other``.
REASONS = (
    *(*HOLDS, *WAITS, "limit", "revoked", "staff", "forfeited", "no_unit", "item_expired", "expired"),
    *("unclaimed", "day_cap", "no_payee", "below_minimum", "above_maximum", "in_debt", "balance_short"),
    *("by_hand", "fraud", "other"),
)
TONES = {
    "due": "warning",
    "held": "info",
    "failed": "warning",
    "manual": "negative",
    "issued": "positive",
    "redeemed": "positive",
    "cancelled": "grey-8",
    "reversed": "grey-8",
    "expired": "grey-8",
}
STATUS = Column("status", "console.rewards.status", Cell.STATE, True, True, STATUSES, "console.rewards.status", TONES)
PARCEL = Column("parcel", "console.rewards.parcel", Cell.STATE, True, True, PARCELS, "console.rewards.parcel")
KIND = Column("kind", "console.rewards.kind", Cell.STATE, True, True, KINDS, "console.rewards.kind")
CAMPAIGN = Column(
    "campaign", "console.rewards.col.campaign", sortable=True, filterable=True, link="/campaigns/{campaign}"
)
ITEM = Column("item", "console.rewards.col.item", sortable=True, filterable=True, link="/rewards/item/{item}")
PERSON = Column("name", "console.rewards.col.person")


@dataclass(frozen=True, slots=True)
class ItemSheet:
    """One item with its stock, its codes by state, its grants by status, and how many wait for it."""

    stock: reading.ItemStock
    codes: dict[str, int]
    grants: dict[str, int]
    waiting: int


class RewardRows:
    """The inventory of every workspace."""

    def __init__(self, door: Door) -> None:
        self._door = door
        self._items: Fresh[list[dict[str, Any]]] = Fresh(FRESH_SECONDS)
        self._sheets: Fresh[ItemSheet] = Fresh(FRESH_SECONDS)
        self._grants: Fresh[tuple[list[dict[str, Any]], int]] = Fresh(FRESH_SECONDS)

    async def items(self, workspace: str) -> list[dict[str, Any]]:
        """Every item as a row."""

        async def read() -> list[dict[str, Any]]:
            return [_item_row(stock) for stock in await acts.list_items(self._door, workspace)]

        return await self._items.get(workspace, read)

    async def sheet(self, workspace: str, name: str) -> ItemSheet:
        """One item. Raises NotFound."""

        async def read() -> ItemSheet:
            item = await acts.find_item(self._door, workspace, name)
            async with self._door.database.read(workspace) as unit:
                (stock,) = await reading.with_stock(unit, [item])
                codes = await store.count_codes(unit, name)
                grants = await reading.count_statuses(unit, name)
                waiting = await reading.count_waiting(unit, name, self._door.clock.now())
            return ItemSheet(stock, codes, grants, waiting)

        return await self._sheets.get((workspace, name), read)

    async def grants(self, workspace: str, query: ListQuery, *, parcels: bool = False) -> ListPage:
        """One page of grants, or of parcels."""
        asked = reading.GrantQuestion(
            dict(query.filters), query.search, query.sort, query.descending, query.per_page, query.offset, parcels
        )
        key = (workspace, asked.search, asked.sort, asked.descending, asked.limit, asked.offset, parcels)

        async def read() -> tuple[list[dict[str, Any]], int]:
            async with self._door.database.read(workspace) as unit:
                return await reading.read_grants(unit, asked)

        rows, total = await self._grants.get((*key, tuple(sorted(query.filters.items()))), read)
        return ListPage([_grant_row(row) for row in rows], total)

    def forget(self, workspace: str, name: str = "") -> None:
        """Something was changed."""
        self._items.forget(workspace)
        if name:
            self._sheets.forget((workspace, name))
        self._grants = Fresh(FRESH_SECONDS)


def _grant_row(row: dict[str, Any]) -> dict[str, Any]:
    """A grant for the list: a name to call the person by, and its reason as one that can be said."""
    reason = str(row["reason"] or "")
    said = reason if not reason or reason in REASONS else "other"
    name = row["name"] or str(row["person"])[:8]
    return {**row, "name": name, "parcel": row["parcel"] or None, "said": said or None}


def _item_row(stock: reading.ItemStock) -> dict[str, Any]:
    item = stock.item
    state = "closed" if item.closed else "out" if stock.free <= 0 else "low" if item.low else "open"
    return {
        "key": item.name,
        "title": item.title,
        "kind": item.kind,
        "free": stock.free,
        "total": stock.total,
        "unit_cost": item.cost if item.kind in MONEY else item.unit_cost,
        "face_value": item.face_value,
        "sponsor": item.sponsor,
        "expires_at": item.expires_at,
        "state": state,
    }
