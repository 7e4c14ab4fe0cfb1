"""What the pages of live codes show, each question answered once in some seconds for everybody who looks."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from qunflow.community.roster import group_names
from qunflow.domain.decisions import Counter
from qunflow.engine.door import Door
from qunflow.features.livecodes.acts import find_code, find_pool
from qunflow.features.livecodes.code_store import (
    ScanCount,
    all_pools,
    campaign_titles,
    count_scans,
    entry_marks,
    last_scans,
    public_codes,
    read_places,
    scan_slots,
)
from qunflow.features.livecodes.leading import EntryMark, Led, Pass, PastScan, explain, lead_next
from qunflow.features.livecodes.model import CodeState, PoolState
from qunflow.storage.directory import list_workspaces
from qunflow.web.widgets.freshness import Fresh

FRESH_SECONDS = 2.0
SLOTS_SECONDS = 2.0
LAST_SCANS = 30
SLOT_FORMAT = "%Y-%m-%d %H:%M"
#: How far back a chart looks: 48 hours by the hour, 60 days by the day.
SPANS = {"hour": (timedelta(hours=1), 48), "day": (timedelta(days=1), 60)}

OPEN, WAITING, MAKING, CLOSED = "open", "full", "making", "closed"
STATES = (OPEN, WAITING, MAKING, CLOSED)


@dataclass(frozen=True, slots=True)
class EntryLine:
    """An entry of a pool as a row: its groups by name, members, limit, places kept and free."""

    entry: str
    groups: tuple[tuple[str, str, int], ...]  # chat, name, members
    limit: int
    kept: int
    free: int
    ready: bool
    overfull: bool


@dataclass(frozen=True, slots=True)
class CodeSheet:
    """Everything that a code's page shows, but its chart."""

    code: CodeState
    pool: PoolState
    lines: tuple[EntryLine, ...]
    next: Led
    scans: tuple[tuple[PastScan, Led], ...]
    names: Mapping[str, str]  # entry → the names of its groups
    count: ScanCount
    title: str


class CodeBook:
    """Live codes of all workspaces, for lists and pages."""

    def __init__(self, door: Door) -> None:
        self.door = door
        self._rows: Fresh[list[dict[str, Any]]] = Fresh(FRESH_SECONDS)
        self._sheets: Fresh[CodeSheet] = Fresh(FRESH_SECONDS)
        self._slots: Fresh[dict[str, int]] = Fresh(SLOTS_SECONDS)
        self._zones: Fresh[dict[str, str]] = Fresh(60.0)

    async def rows(self, workspace: str) -> list[dict[str, Any]]:
        """Every public code as a row of the list."""
        return await self._rows.get(workspace, lambda: self._read_rows(workspace))

    async def sheet(self, workspace: str, code: str) -> CodeSheet:
        """One code. Raises NotFound."""
        return await self._sheets.get((workspace, code), lambda: self._read_sheet(workspace, code))

    async def slots(self, workspace: str, code: str, slot: str) -> tuple[list[str], list[int]]:
        """The beginnings of the last hours or days with the scans in each, those without one too."""
        zone = ZoneInfo(await self.zone(workspace))
        step, count = SPANS[slot]
        now = self.door.clock.now().astimezone(zone).replace(minute=0, second=0, microsecond=0, tzinfo=None)
        last = now if slot == "hour" else now.replace(hour=0)
        labels = [(last - step * back).strftime(SLOT_FORMAT) for back in range(count - 1, -1, -1)]
        since = (last - step * (count - 1)).replace(tzinfo=zone).astimezone(UTC)

        async def read() -> dict[str, int]:
            async with self.door.database.read(workspace) as unit:
                return await scan_slots(unit, code, slot, str(zone), since)

        found = await self._slots.get((workspace, code, slot), read)
        return [label[5:] if slot == "hour" else label[5:10] for label in labels], [found.get(x, 0) for x in labels]

    def forget(self, workspace: str, code: str = "") -> None:
        """Something was changed: read anew."""
        self._rows.forget(workspace)
        self._sheets.forget((workspace, code))

    async def zone(self, workspace: str) -> str:
        """The time zone of a workspace."""

        async def read() -> dict[str, str]:
            async with self.door.database.directory() as connection:
                return await list_workspaces(connection)

        return (await self._zones.get("", read)).get(workspace, "UTC")

    async def _midnight(self, workspace: str) -> datetime:
        zone = ZoneInfo(await self.zone(workspace))
        today = self.door.clock.now().astimezone(zone).date()
        return datetime.combine(today, time(), zone).astimezone(UTC)

    async def _read_rows(self, workspace: str) -> list[dict[str, Any]]:
        midnight = await self._midnight(workspace)
        async with self.door.database.read(workspace) as unit:
            codes = await public_codes(unit)
            pools = await all_pools(unit)
            places = await read_places(unit, [pools[name] for name in {code.pool for code in codes} if name in pools])
            counts = await count_scans(unit, [code.code for code in codes], midnight)
            titles = await campaign_titles(unit, [code.campaign for code in codes])
        return [_row(code, pools.get(code.pool), places, counts, titles) for code in codes]

    async def _read_sheet(self, workspace: str, name: str) -> CodeSheet:
        code = await find_code(self.door, workspace, name)
        pool = await find_pool(self.door, workspace, code.pool)
        midnight = await self._midnight(workspace)
        async with self.door.database.read(workspace) as unit:
            counters = (await read_places(unit, [pool]))[pool.pool]
            scans = await last_scans(unit, name, LAST_SCANS)
            marks = await entry_marks(unit, pool.pool)
            count = (await count_scans(unit, [name], midnight)).get(name, ScanCount())
            titles = await campaign_titles(unit, [code.campaign])
            groups = await group_names(unit, [f"group:{pool.settings.channel}:{chat}" for chat in pool.order])
        return make_sheet(code, pool, counters, scans, marks, count, titles.get(code.campaign, ""), groups)


def make_sheet(
    code: CodeState,
    pool: PoolState,
    counters: Mapping[str, Counter],
    scans: Sequence[PastScan],
    marks: Sequence[EntryMark],
    count: ScanCount,
    title: str,
    groups: Mapping[str, str],
) -> CodeSheet:
    """Join what was read. Pure."""
    prefix = f"group:{pool.settings.channel}:"

    def called(chat: str) -> str:
        return groups.get(prefix + chat) or chat

    lines = []
    for entry in pool.in_order():
        places = counters.get(entry.entry, Counter())
        inside = tuple((chat, called(chat), pool.groups.get(chat, 0)) for chat in entry.chats)
        alive = any(chat not in pool.gone for chat in entry.chats)
        overfull = any(size > pool.settings.hard_limit for _, _, size in inside)
        if alive:
            lines.append(
                EntryLine(
                    entry.entry,
                    inside,
                    pool.settings.soft_limit * len(inside),
                    places.used,
                    max(0, places.free),
                    entry.ready,
                    overfull,
                )
            )
    names = {entry.entry: "、".join(called(chat) for chat in entry.chats) for entry in pool.in_order()}
    led = lead_next(pool, counters)
    shown = Led(led.entry, led.why, tuple(item for item in led.passed if item[1] is not Pass.GONE))
    told = tuple((scan, explain(scan, marks)) for scan in scans)
    return CodeSheet(code, pool, tuple(lines), shown, told, names, count, title)


def _row(
    code: CodeState,
    pool: PoolState | None,
    places: Mapping[str, Mapping[str, Counter]],
    counts: Mapping[str, ScanCount],
    titles: Mapping[str, str],
) -> dict[str, Any]:
    counters = places.get(code.pool, {})
    ready = [entry.entry for entry in pool.in_order() if entry.ready] if pool is not None else []
    free = sum(max(0, counters.get(entry, Counter()).free) for entry in ready)
    count = counts.get(code.code, ScanCount())
    return {
        "key": code.code,
        "code": code.code,
        "campaign": titles.get(code.campaign, code.campaign),
        "pool": pool.settings.base_name if pool is not None else code.pool,
        "channel": code.channel,
        "today": count.today,
        "total": count.total,
        "free": free,
        "state": state_of(code, free),
    }


def state_of(code: CodeState, free: int) -> str:
    """``closed``; ``making`` while its contact code is made on the platform; ``full`` when scans wait; else open."""
    if code.closed:
        return CLOSED
    if code.contact and not code.config:
        return MAKING
    return OPEN if free > 0 else WAITING
