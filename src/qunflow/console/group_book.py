"""Groups as the console shows them, each question answered once in some seconds for everybody who looks."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import quote
from zoneinfo import ZoneInfo

from qunflow.community.acts import ActState
from qunflow.community.decide import HOT_FOR
from qunflow.community.model import group_stream
from qunflow.community.roster import (
    GroupRow,
    MemberQuestion,
    MemberRow,
    campaigns_of,
    group_curve,
    last_acts,
    list_bans,
    list_members,
    list_rows,
)
from qunflow.community.set_desk import list_sets
from qunflow.community.sets import GroupSet
from qunflow.console.channel_desk import ChannelDesk
from qunflow.domain.errors import NotFound
from qunflow.domain.outcomes import Way
from qunflow.engine.door import Door
from qunflow.features.livecodes.code_store import all_pools
from qunflow.features.livecodes.model import PoolState
from qunflow.storage.directory import list_workspaces
from qunflow.storage.operators import list_members as list_operators
from qunflow.web.widgets.freshness import Fresh

FRESH_SECONDS = 2.0
MOST_ACTS, MOST_BANS, MOST_OPERATORS = 20, 100, 500
HOT, COLD = "hot", "cold"
SLOT_FORMAT = "%Y-%m-%d %H:%M"
SPANS = {"hour": (timedelta(hours=1), 48), "day": (timedelta(days=1), 60)}


@dataclass(frozen=True, slots=True)
class GroupSheet:
    """One group without its members: its row, pool, sets, bans, acts, and how its channel carries out each act."""

    row: GroupRow
    pool: PoolState | None
    sets: tuple[GroupSet, ...]
    every_set: tuple[GroupSet, ...]
    bans: tuple[tuple[str, str], ...]
    acts: tuple[ActState, ...]
    ways: Mapping[str, Way]
    heat: str
    who: Mapping[str, str]  # account → the operator's name


@dataclass(frozen=True, slots=True)
class Curve:
    """Joins, leaves and the size of a group over hours or days."""

    labels: tuple[str, ...]
    joined: tuple[int, ...]
    left: tuple[int, ...]
    size: tuple[int, ...]


class GroupBook:
    """Groups of all workspaces, for lists and pages."""

    def __init__(self, door: Door, channels: ChannelDesk) -> None:
        self.door, self._channels = door, channels
        self._rows: Fresh[list[dict[str, Any]]] = Fresh(FRESH_SECONDS)
        self._sheets: Fresh[GroupSheet] = Fresh(FRESH_SECONDS)
        self._curves: Fresh[Curve] = Fresh(FRESH_SECONDS)

    def forget(self, workspace: str, channel: str = "", chat: str = "") -> None:
        """Something was changed: read anew."""
        self._rows.forget(workspace)
        self._sheets.forget((workspace, channel, chat))

    async def rows(self, workspace: str) -> list[dict[str, Any]]:
        """Every group as a row of the list."""
        return await self._rows.get(workspace, lambda: self._read_rows(workspace))

    async def sheet(self, workspace: str, channel: str, chat: str) -> GroupSheet:
        """One group. Raises NotFound."""
        return await self._sheets.get((workspace, channel, chat), lambda: self._read_sheet(workspace, channel, chat))

    async def members(
        self, workspace: str, channel: str, chat: str, asked: MemberQuestion
    ) -> tuple[list[MemberRow], int, Mapping[str, str]]:
        """A piece of a group's members, how many fit, and person → campaign of the group's pool."""
        sheet = await self.sheet(workspace, channel, chat)
        async with self.door.database.read(workspace) as unit:
            rows, total = await list_members(unit, sheet.row.stream, asked)
            pool = sheet.pool.pool if sheet.pool is not None else ""
            parts = await campaigns_of(unit, pool, [row.person for row in rows if row.person])
        return rows, total, parts

    async def curve(self, workspace: str, channel: str, chat: str, slot: str) -> Curve:
        """The last 48 hours or 60 days of a group."""
        stream = group_stream(channel, chat)
        return await self._curves.get((workspace, stream, slot), lambda: self._read_curve(workspace, stream, slot))

    async def _read_rows(self, workspace: str) -> list[dict[str, Any]]:
        async with self.door.database.read(workspace) as unit:
            rows = await list_rows(unit)
            pools = await all_pools(unit)
        sets = await list_sets(self.door, workspace)
        now = self.door.clock.now()
        places = _pools_by_group(pools)
        return [group_row(row, places.get(row.stream), sets, now) for row in rows]

    async def _read_sheet(self, workspace: str, channel: str, chat: str) -> GroupSheet:
        stream = group_stream(channel, chat)
        async with self.door.database.read(workspace) as unit:
            found = await list_rows(unit, stream)
            if not found:
                raise NotFound("unknown_group", "there is no such group", field=chat[:100])
            pools = await all_pools(unit)
            bans = await list_bans(unit, stream, MOST_BANS)
            acts = await last_acts(unit, channel, chat, MOST_ACTS)
        sets = await list_sets(self.door, workspace)
        inside = tuple(one for one in sets if stream in one.groups)
        pool = _pools_by_group(pools).get(stream)
        heat = heat_of(found[0], self.door.clock.now())
        ways, who = await self._ways(workspace, channel), await self._operators(workspace)
        return GroupSheet(found[0], pool, inside, tuple(sets), tuple(bans), tuple(acts), ways, heat, who)

    async def _read_curve(self, workspace: str, stream: str, slot: str) -> Curve:
        async with self.door.database.directory() as connection:
            zone = ZoneInfo((await list_workspaces(connection)).get(workspace, "UTC"))
        step, count = SPANS[slot]
        now = self.door.clock.now().astimezone(zone).replace(minute=0, second=0, microsecond=0, tzinfo=None)
        last = now if slot == "hour" else now.replace(hour=0)
        first = last - step * (count - 1)
        async with self.door.database.read(workspace) as unit:
            since = first.replace(tzinfo=zone).astimezone(UTC)
            before, found = await group_curve(unit, stream, slot, str(zone), since)
        labels = [(first + step * place).strftime(SLOT_FORMAT) for place in range(count)]
        return make_curve(labels, before, found, slot)

    async def _ways(self, workspace: str, channel: str) -> Mapping[str, Way]:
        row = await self._channels.row(workspace, channel)
        return self._channels.ways[row.kind] if row is not None else {}

    async def _operators(self, workspace: str) -> Mapping[str, str]:
        async with self.door.database.directory() as connection:
            return {row.account: row.name for row in await list_operators(connection, workspace, MOST_OPERATORS)}


def make_curve(labels: Sequence[str], before: int, found: Sequence[tuple[str, int, int, int]], slot: str) -> Curve:
    """Every slot has its numbers; the size starts as it was ``before`` and goes on where nothing happened. Pure."""
    known = {label: (joined, left, size) for label, joined, left, size in found}
    sizes: list[int] = []
    size = before
    for label in labels:
        size = known[label][2] if label in known else size
        sizes.append(size)
    shown = tuple(label[5:] if slot == "hour" else label[5:10] for label in labels)
    joined = tuple(known.get(label, (0, 0, 0))[0] for label in labels)
    return Curve(shown, joined, tuple(known.get(label, (0, 0, 0))[1] for label in labels), tuple(sizes))


def group_row(row: GroupRow, pool: PoolState | None, sets: Sequence[GroupSet], now: datetime) -> dict[str, Any]:
    """A group as a row of the list. Pure."""
    return {
        "key": row.stream,
        "to": group_path(row.channel, row.chat),
        "name": row.name or row.chat,
        "channel": row.channel,
        "members": row.members,
        "soft": pool.settings.soft_limit if pool is not None else None,
        "pool": pool.settings.base_name if pool is not None else "",
        "owner": row.owner,
        "read_at": row.read_at,
        "heat": heat_of(row, now),
        "sets": " · ".join(one.title for one in sets if row.stream in one.groups),
    }


def heat_of(row: GroupRow, now: datetime) -> str:
    """``hot``: it changed within the last hour, so it is read every ten minutes; else ``cold``, once a day."""
    return HOT if row.changed_at is not None and now - row.changed_at < HOT_FOR else COLD


def group_path(channel: str, chat: str) -> str:
    """The address of a group's page."""
    return f"/groups/{quote(channel, safe='')}/{quote(chat, safe='')}"


def _pools_by_group(pools: Mapping[str, PoolState]) -> dict[str, PoolState]:
    return {
        group_stream(pool.settings.channel, chat): pool
        for pool in pools.values()
        for chat in pool.order
        if chat not in pool.gone
    }
