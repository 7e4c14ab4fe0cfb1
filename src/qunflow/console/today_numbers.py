"""What needs a person now, counted by the database: each question is asked once in some seconds for all who look."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial

from qunflow.analytics.diagnosis import diagnose
from qunflow.analytics.funnel import Funnel
from qunflow.domain.errors import QunflowError
from qunflow.domain.facts import PoolRoom
from qunflow.engine.door import Door
from qunflow.features.campaigns.acts import measure_gate
from qunflow.features.campaigns.board import WORK_MEMORY, log_mark
from qunflow.features.campaigns.board_numbers import count_acts, count_visits, funnel_of
from qunflow.features.livecodes.model import PoolState
from qunflow.features.rewards.shortage import ShortItem, read_short
from qunflow.features.tasks.store import QueueCount, count_queue
from qunflow.features.todos.store import TodoCount, TodoHead, count_open, read_urgent
from qunflow.storage.mending import FailedAction, FailedFilter, count_dead, count_failed, list_failed
from qunflow.web.links import Links
from qunflow.web.widgets.freshness import Fresh

#: Failures of so long ago are of no use to anybody.
LOOK_BACK = timedelta(days=3)
#: A draft that starts so soon should pass the launch gate.
LAUNCH_SOON = timedelta(days=2)
#: At most so many running campaigns are diagnosed, the newest first; each has its own board.
MOST_CAMPAIGNS = 20
SHOWN = 5
#: A budget of which less than a tenth is left is nearly gone.
BUDGET_PARTS = 10
FULL_PERCENT = 90


@dataclass(frozen=True, slots=True)
class TodoBlock:
    """Open to-dos, and those whose deadline comes first."""

    count: TodoCount
    first: tuple[TodoHead, ...]


@dataclass(frozen=True, slots=True)
class PoolLine:
    """A pool that is short of places: ``fullest`` members of its fullest group, up to ``soft_limit``."""

    pool: str
    free: int
    groups: int
    fullest: int
    soft_limit: int
    low_at: int


@dataclass(frozen=True, slots=True)
class GroupBlock:
    """Groups that are nearly full, all groups, and pools short of places."""

    filling: int
    groups: int
    short: tuple[PoolLine, ...]


@dataclass(frozen=True, slots=True)
class Trouble:
    """One thing that is off track. ``what``: scan_yield | join_rate | completion_rate (low, with enough data),
    gate (checks that do not hold before a start), budget (fen left).
    """

    campaign: str
    title: str
    what: str
    value: float


@dataclass(frozen=True, slots=True)
class DeliveryBlock:
    """Deliveries of the last three days that were refused or failed, the newest of them, and dead letters."""

    refused: int
    failed: int
    newest: tuple[FailedAction, ...]
    dead: int


class TodayNumbers:
    """Reads the blocks of every workspace."""

    def __init__(self, door: Door, links: Links) -> None:
        self._door, self._links = door, links
        self._reviews: Fresh[QueueCount] = Fresh(1.8)
        self._todos: Fresh[TodoBlock] = Fresh(1.8)
        self._groups: Fresh[GroupBlock] = Fresh(2.5)
        self._troubles: Fresh[tuple[Trouble, ...]] = Fresh(3.0)
        self._funnels: Fresh[Funnel] = Fresh(120.0, most=64)
        self._deliveries: Fresh[DeliveryBlock] = Fresh(1.8)
        self._stock: Fresh[list[ShortItem]] = Fresh(2.5)

    async def reviews(self, workspace: str) -> QueueCount:
        """The review queue."""

        async def read() -> QueueCount:
            async with self._door.database.read(workspace) as unit:
                return await count_queue(unit, self._door.clock.now() - timedelta(days=1))

        return await self._reviews.get(workspace, read)

    async def todos(self, workspace: str) -> TodoBlock:
        """Open to-dos."""

        async def read() -> TodoBlock:
            now = self._door.clock.now()
            async with self._door.database.read(workspace) as unit:
                return TodoBlock(await count_open(unit, now), tuple(await read_urgent(unit, now, SHOWN)))

        return await self._todos.get(workspace, read)

    async def groups(self, workspace: str) -> GroupBlock:
        """Groups that fill up, and pools short of places."""
        return await self._groups.get(workspace, lambda: self._read_groups(workspace))

    async def troubles(self, workspace: str) -> tuple[Trouble, ...]:
        """Campaigns off track."""
        return await self._troubles.get(workspace, lambda: self._read_troubles(workspace))

    async def deliveries(self, workspace: str) -> DeliveryBlock:
        """What failed lately."""

        async def read() -> DeliveryBlock:
            now = self._door.clock.now()
            async with self._door.database.read(workspace) as unit:
                refused, failed = await count_failed(unit, now - LOOK_BACK)
                newest, _ = await list_failed(unit, FailedFilter(now - LOOK_BACK, now), limit=SHOWN)
                return DeliveryBlock(refused, failed, tuple(newest), await count_dead(unit))

        return await self._deliveries.get(workspace, read)

    async def stock(self, workspace: str) -> list[ShortItem]:
        """Rewards of which little or nothing is left."""

        async def read() -> list[ShortItem]:
            async with self._door.database.read(workspace) as unit:
                return await read_short(unit, self._door.clock.now())

        return await self._stock.get(workspace, read)

    def forget_deliveries(self, workspace: str) -> None:
        """One was tried again."""
        self._deliveries.forget(workspace)

    async def _read_groups(self, workspace: str) -> GroupBlock:
        pools: list[PoolState] = await self._door.look.all_of(workspace, "pool")
        filling, groups, short = 0, 0, []
        for pool in pools:
            soft, sizes = pool.settings.soft_limit, [pool.groups.get(chat, 0) for chat in pool.alive()]
            groups += len(sizes)
            filling += sum(size * 100 >= soft * FULL_PERCENT for size in sizes)
            room: PoolRoom | None = await self._door.look.ask(workspace, PoolRoom, pool.pool)
            free = room.free if room is not None else 0
            if free <= pool.settings.low_at:
                fullest = max(sizes, default=0)
                short.append(PoolLine(pool.pool, free, len(sizes), fullest, soft, pool.settings.low_at))
        short.sort(key=lambda line: (line.free, line.pool))
        return GroupBlock(filling, groups, tuple(short))

    async def _read_troubles(self, workspace: str) -> tuple[Trouble, ...]:
        now, mark = self._door.clock.now(), await log_mark(self._door, workspace)
        async with self._door.database.read(workspace) as unit:
            heads = await unit.fetch(_HEADS, unit.workspace, now + LAUNCH_SOON)
        found: list[Trouble] = []
        for name, title, status, budget, left in heads[:MOST_CAMPAIGNS]:
            if status == "draft":
                found += await self._gate(workspace, name, title)
                continue
            if budget and left * BUDGET_PARTS < budget:
                found.append(Trouble(name, title, "budget", float(left)))
            funnel = await self._funnels.get((workspace, name, mark), partial(self._funnel, workspace, name, now))
            low = [finding for finding in diagnose(funnel) if finding.verdict == "low"]
            found += [Trouble(name, title, finding.metric, finding.value or 0.0) for finding in low]
        return tuple(found)

    async def _gate(self, workspace: str, name: str, title: str) -> list[Trouble]:
        try:
            checks = await measure_gate(self._door, self._links, workspace, name)
        except QunflowError:  # it was launched or cancelled between the two looks
            return []
        failed = sum(not check.passed for check in checks)
        return [Trouble(name, title, "gate", float(failed))] if failed else []

    async def _funnel(self, workspace: str, name: str, now: datetime) -> Funnel:
        async with self._door.database.unit(workspace) as unit:
            await unit.execute(f"SET LOCAL work_mem = '{WORK_MEMORY}'; SET LOCAL max_parallel_workers_per_gather = 0")
            return funnel_of(await count_acts(unit, name, now), *await count_visits(unit, name))


_HEADS = """
SELECT substr(s.stream, 10), s.state->'plan'->>'title', s.state->>'status', (s.state->>'budget')::bigint,
  coalesce(a.balance, 0)
FROM streams s LEFT JOIN accounts a ON a.workspace_id = $1 AND a.unit = 'fen'
  AND a.account = 'budget:' || substr(s.stream, 10)
WHERE s.workspace_id = $1 AND s.kind = 'campaign' AND s.version > 0 AND (s.state->>'status' IN ('running', 'paused')
  OR (s.state->>'status' = 'draft' AND (s.state->'plan'->>'starts_at')::timestamptz < $2))
ORDER BY (s.state->'plan'->>'starts_at')::timestamptz DESC, s.stream
"""
