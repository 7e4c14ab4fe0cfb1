"""The engine: messages lie in the inbox, each is decided, answered by an action in the outbox, and committed."""

from __future__ import annotations

import asyncio
import os
import time
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

from qunflow.bench.ground import WORKSPACE, Ground, new_ground
from qunflow.bench.processes import cpu_seconds
from qunflow.bench.replies import REPLIES
from qunflow.bootstrap import Home, open_home
from qunflow.community.workflow import COMMUNITY, keep_names, resolve_persons
from qunflow.domain.events import SHARED_EVENTS, Event
from qunflow.domain.inbound import INBOUND_BODIES, Message, MessagePosted
from qunflow.engine.deciding import Engine, real_dice
from qunflow.engine.feature import Registry
from qunflow.engine.intake import Intake
from qunflow.engine.runner import Runner
from qunflow.storage.unit_of_work import UnitOfWork

CHANNEL = "bench"
SPEAKERS = 20  # persons in each group who speak in turn
AT_ONCE = 500  # callbacks that arrive together


@dataclass(frozen=True, slots=True)
class EngineResult:
    """Messages and what became of them. Costs are processor microseconds for each message."""

    messages: int
    groups: int
    per_second: float  # out of the inbox: decided and committed
    stored_per_second: float  # into the inbox, before that
    whole_per_second: float  # both, one after the other
    worker_us: float
    database_us: float
    events: int
    actions: int
    open: int
    dead: int

    def as_data(self) -> dict[str, Any]:
        """The figures as plain data."""
        data = {name: round(value, 1) if isinstance(value, float) else value for name, value in asdict(self).items()}
        every = self.events == self.actions == self.messages and not self.open and not self.dead
        return {**data, "every_message_answered": every}


async def bench_engine(messages: int, groups: int) -> EngineResult:
    """Measure the engine in this process, its database beside it on the same machine."""
    async with new_ground() as ground:
        home = await open_home(ground.settings)
        try:
            return await _measure(ground, home, messages, groups)
        finally:
            await home.close()


async def _measure(ground: Ground, home: Home, messages: int, groups: int) -> EngineResult:
    registry = Registry((COMMUNITY, REPLIES), SHARED_EVENTS, INBOUND_BODIES)
    engine = Engine(registry, home.clock, real_dice(), resolve_persons, _keep, home.zones)
    begun = time.perf_counter()
    await _fill(Intake(engine, home.database), messages, groups)
    stored = time.perf_counter()
    database = ground.database_process()
    worker_before, database_before = cpu_seconds([os.getpid()]), cpu_seconds(database)
    await _empty(engine, home)
    ended = time.perf_counter()
    # The database runs under a parent of its own, so the two families do not overlap.
    worker, store = cpu_seconds([os.getpid()]) - worker_before, cpu_seconds(database) - database_before
    counts = await _counts(home)
    return EngineResult(
        messages, groups, messages / (ended - stored), messages / (stored - begun), messages / (ended - begun),
        1e6 * worker / messages, 1e6 * store / messages, *counts,
    )  # fmt: skip


async def _keep(unit: UnitOfWork, messages: Sequence[Message], events: Sequence[Event]) -> None:
    await keep_names(unit, messages, events)


async def _fill(intake: Intake, messages: int, groups: int) -> None:
    """As callbacks do: many at once, each stored before its answer."""
    for first in range(0, messages, AT_ONCE):
        await asyncio.gather(
            *(
                intake.store(WORKSPACE, CHANNEL, f"m{number}", (_said(number, groups),), b"<xml/>")
                for number in range(first, min(first + AT_ONCE, messages))
            )
        )


def _said(number: int, groups: int) -> MessagePosted:
    group, turn = number % groups, number // groups
    return MessagePosted(f"group{group}", f"person{group}-{turn % SPEAKERS}", f"when does it begin? ({turn})")


async def _empty(engine: Engine, home: Home) -> None:
    async def workspaces() -> list[str]:
        return [WORKSPACE]

    runner = Runner(engine, home.database, "bench", workspaces, asyncio.Event())
    while await runner.turn():
        pass


async def _counts(home: Home) -> tuple[int, int, int, int]:
    """Events, actions, messages left open, dead letters."""
    async with home.database.unit(WORKSPACE) as unit:
        return (
            int(await unit.value("SELECT count(*) FROM events WHERE type = 'bench_replied'")),
            int(await unit.value("SELECT count(*) FROM outbox")),
            int(await unit.value("SELECT count(*) FROM inbox WHERE state = 'new'")),
            int(await unit.value("SELECT count(*) FROM inbox WHERE state = 'dead'")),
        )
