"""The toy feature on the real engine and database."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

import pytest
import structlog
from tests.integration.engine.toy import Tally, toy_registry

from qunflow.domain.codec import decode
from qunflow.domain.events import Event
from qunflow.domain.inbound import Message
from qunflow.engine.commands import Answer, Commands
from qunflow.engine.deciding import Engine, inbox_row, real_dice
from qunflow.engine.reading import BatchReader
from qunflow.engine.runner import Runner
from qunflow.storage.clock import SharedClock
from qunflow.storage.database import Database
from qunflow.storage.inbox import dead_letters, put_messages
from qunflow.storage.streams import read_heads
from qunflow.storage.unit_of_work import UnitOfWork


async def as_they_are(reader: BatchReader, messages: Sequence[Message]) -> list[Message]:
    """The toy knows no persons."""
    return list(messages)


async def keep_nothing(unit: UnitOfWork, messages: Sequence[Message], events: Sequence[Event]) -> None:
    """The toy keeps nothing beside its events."""


@dataclass
class Works:
    """One process's worth of engine; several may stand on one database."""

    database: Database
    clock: SharedClock
    engine: Engine = field(init=False)
    commands: Commands = field(init=False)
    told: int = 0

    def __post_init__(self) -> None:
        self.engine = Engine(
            toy_registry(), self.clock, real_dice(), as_they_are, keep_nothing, {"main": "Asia/Shanghai"}
        )
        self.commands = Commands(self.engine, self.database)

    def message(self, body: Any, name: str = "", lane: str = "lane") -> Message:
        self.told += 1
        return Message("main", name or f"message-{id(self)}-{self.told}", self.clock.now(), body, "", lane)

    async def ask(self, body: Any, name: str = "") -> Answer:
        return await self.commands.ask(self.message(body, name), remember=bool(name))

    async def put(self, *bodies: Any, lane: str = "lane") -> None:
        """Messages of one conversation into the inbox."""
        rows = [inbox_row(self.message(body, lane=lane), self.engine.dice.wall()) for body in bodies]
        async with self.database.unit("main") as unit:
            await put_messages(unit, rows)

    def runner(self, owner: str = "one") -> Runner:
        async def workspaces() -> list[str]:
            return ["main"]

        return Runner(self.engine, self.database, owner, workspaces, asyncio.Event(), 0.01)

    async def run(self) -> None:
        """Until nothing is left to do."""
        runner = self.runner()
        while await runner.turn():
            pass

    async def tally(self, stream: str = "tally:a") -> Tally:
        async with self.database.unit("main") as unit:
            heads = await read_heads(unit, [stream])
        return decode(Tally, heads[stream].data) if stream in heads else Tally()

    async def dead(self) -> list[tuple[str, str]]:
        """(kind, reason) of the dead letters, oldest first."""
        async with self.database.unit("main") as unit:
            return [(kind, reason) for _, kind, reason in reversed(await dead_letters(unit))]

    async def value(self, statement: str) -> Any:
        async with self.database.unit("main") as unit:
            return await unit.value(statement)


@pytest.fixture(autouse=True)
def quiet() -> Iterator[None]:
    """Poison is expected here; drawing its tracebacks takes seconds."""
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.CRITICAL))
    yield
    structlog.reset_defaults()


@pytest.fixture
async def database(database_url: str) -> AsyncIterator[Database]:
    opened = Database.connect(database_url, pool_size=10)
    yield opened
    await opened.close()


@pytest.fixture
def works(database: Database, clock: SharedClock) -> Works:
    return Works(database, clock)


@pytest.fixture
def others(database: Database, clock: SharedClock) -> Works:
    """A second process on the same database."""
    return Works(database, clock)
