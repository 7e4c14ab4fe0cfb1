"""The worker: leases lanes of the inbox, fires due timers, decides batches; poison messages end in the dead letters."""

from __future__ import annotations

import asyncio
import time
from collections import Counter as Tally
from collections.abc import Awaitable, Callable, Sequence
from datetime import datetime

import structlog

from qunflow.domain.codec import decode
from qunflow.domain.errors import Conflict, QunflowError
from qunflow.domain.inbound import Message
from qunflow.engine.deciding import Engine
from qunflow.engine.faults import is_lost, is_race
from qunflow.engine.feature import Registry
from qunflow.engine.pipeline import MAX_DEPTH, Decided
from qunflow.engine.seen import Seen
from qunflow.storage import inbox
from qunflow.storage.database import Database
from qunflow.storage.idling import wait_for_work
from qunflow.storage.leases import HeldLanes
from qunflow.storage.locking import LockedElsewhere
from qunflow.storage.timers import fire_due, next_due
from qunflow.storage.unit_of_work import UnitOfWork

QUEUE = "inbox"
BATCH = 200
RACE_TRIES = 4
#: Messages that one commit carries out besides its batch, because they follow from it.
MOST_ROUND = 400
#: Wall seconds between two looks for timers that were set into the past.
LOOK_SECONDS = 0.2

log = structlog.get_logger("qunflow.engine")


class Runner:
    """Works on the inbox of every workspace until it is stopped."""

    def __init__(
        self,
        engine: Engine,
        database: Database,
        owner: str,
        workspaces: Callable[[], Awaitable[Sequence[str]]],
        wake: asyncio.Event,
        idle_seconds: float = 0.2,
    ) -> None:
        self.engine = engine
        self.database = database
        self.lanes = HeldLanes(database, QUEUE, owner, workspaces)
        self.wake = wake
        self.idle_seconds = idle_seconds
        self.reasons: Tally[tuple[str, str]] = Tally()
        self._overtaken = False
        self._crowded: set[str] = set()  # workspaces whose last turn was full
        self._fired_at: datetime | None = None
        self._looked_at = 0.0

    async def run(self) -> None:
        """Work until cancelled; gives the lanes back at the end."""
        try:
            while True:
                self.wake.clear()
                try:
                    busy = await self.turn()
                except Exception as error:
                    if not is_lost(error):
                        raise
                    log.warning("database_away", error=str(error))
                    await asyncio.sleep(1.0)
                    continue
                if busy < BATCH and not self._overtaken and not self.wake.is_set():
                    await wait_for_work(self.wake, self.idle_seconds)
        finally:
            await asyncio.shield(self.lanes.give_back())

    async def turn(self) -> int:
        """One round over all workspaces; answers how many messages were carried out."""
        await self.lanes.renew()
        self._overtaken = False  # messages that wait for the next batch although nothing new comes
        done = 0
        await self._fire_timers()
        for workspace, lanes in self.lanes.held.items():
            if lanes:
                count = await self._work_on(workspace, lanes)
                done += count
                (self._crowded.add if count >= BATCH else self._crowded.discard)(workspace)
        return done

    async def _work_on(self, workspace: str, lanes: Sequence[int]) -> int:
        """One batch; where the last turn left more, two side by side, so that database and rules work at once."""
        if workspace not in self._crowded or len(lanes) < 2:
            return await self.process(workspace, lanes)
        return sum(await asyncio.gather(self.process(workspace, lanes[::2]), self.process(workspace, lanes[1::2])))

    async def _fire_timers(self) -> None:
        """Turn due timers into messages; nothing can be newly due while the clock shows the same."""
        now = self.engine.clock.now()
        if now == self._fired_at and time.monotonic() - self._looked_at < LOOK_SECONDS:
            return
        for workspace in self.lanes.held:
            async with self.database.read(workspace) as unit:
                due = await next_due(unit)
            if due is not None and due <= now:
                async with self.database.unit(workspace) as unit:
                    await fire_due(unit, now, self.engine.dice.wall())
        self._fired_at, self._looked_at = now, time.monotonic()

    async def process(self, workspace: str, lanes: Sequence[int], limit: int = BATCH, whole: bool = True) -> int:
        """Decide one batch and, when ``whole``, what follows from it, in one commit.

        One that fails is tried without what follows, then halved until a single poison message is left.
        """
        for tried in range(RACE_TRIES):
            rows: list[inbox.InboxRow] = []
            try:
                async with self.database.unit(workspace) as unit:
                    rows = await inbox.take_messages(unit, lanes, limit)
                    if not rows:
                        return 0
                    count = await self._carry_out(unit, rows, whole)
                self._overtaken = self._overtaken or count < len(rows)
                return count
            except Exception as error:
                if is_lost(error) or not rows:
                    raise
                if is_race(error) and tried + 1 < RACE_TRIES:
                    await asyncio.sleep(0.005 * (tried + 1))
                    continue
                if whole:
                    return await self.process(workspace, lanes, len(rows), whole=False)
                if len(rows) > 1:
                    return await self._halves(workspace, lanes, len(rows))
                await self._bury(workspace, rows[0], error)
                return 1
        return 0

    async def _halves(self, workspace: str, lanes: Sequence[int], count: int) -> int:
        first = await self.process(workspace, lanes, count // 2, whole=False)
        return first + await self.process(workspace, lanes, count - count // 2, whole=False)

    async def _carry_out(self, unit: UnitOfWork, rows: Sequence[inbox.InboxRow], whole: bool) -> int:
        messages = [message_of(unit.workspace, row, self.engine.registry) for row in rows]
        seen = Seen()
        decided = await self.engine.decide_and_write(unit, messages, seen=seen)
        reasons = decided.reasons
        self._look_again_after(decided)
        going_round = decided.going_round
        if whole and decided.count == len(rows):  # what follows must not overtake the rest of a batch
            going_round = await self._go_round(unit, seen, going_round, reasons)
        async with unit.together():
            await inbox.put_back(unit, [row.seq for row in rows[decided.count :]])
            await self.engine.put_round(unit, going_round)
        self.reasons.update(reasons)
        return decided.count

    async def _go_round(
        self, unit: UnitOfWork, seen: Seen, waiting: list[Message], reasons: Tally[tuple[str, str]]
    ) -> list[Message]:
        """Decide what follows in the same transaction, as far as no lock is held elsewhere; answers what is left."""
        done = 0
        while waiting and done + len(waiting) <= MOST_ROUND and max(item.depth for item in waiting) <= MAX_DEPTH:
            try:
                decided = await self.engine.decide_and_write(unit, waiting, patient=False, seen=seen)
            except LockedElsewhere:
                break
            done += decided.count
            reasons.update(decided.reasons)
            self._look_again_after(decided)
            waiting = waiting[decided.count :] + decided.going_round
        return waiting

    def _look_again_after(self, decided: Decided) -> None:
        """A timer that was set may be due already, although the clock shows the same."""
        if any(decision.timers for _, decision in decided.wishes):
            self._fired_at = None

    async def _bury(self, workspace: str, row: inbox.InboxRow, error: Exception) -> None:
        reason = error.sentence() if isinstance(error, QunflowError) else f"{type(error).__name__}: {error}"
        log.error("poison_message", message=row.message_id, kind=row.kind, reason=reason, exc_info=error)
        async with self.database.unit(workspace) as unit:
            await inbox.mark_dead(unit, row.seq, reason)


def message_of(workspace: str, row: inbox.InboxRow, registry: Registry) -> Message:
    """A stored message as the rules see it. Raises Conflict for a kind that nobody declared."""
    body = registry.bodies.get(row.kind)
    if body is None:
        raise Conflict("unknown_kind", f"no part of qunflow declares messages of kind {row.kind}", field=row.kind)
    return Message(
        workspace=workspace,
        message_id=row.message_id,
        at=row.at,
        body=decode(body, row.body),
        channel=row.channel,
        lane_key=row.lane_key,
        depth=row.depth,
        person=row.person,
        group=row.group,
        campaign=row.campaign,
        cause=row.cause,
    )
