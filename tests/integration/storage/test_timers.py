"""Timers: replaced by name, fired once, dated by when they were due however late."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import ClassVar

from tests.integration.storage.conftest import NOW

from qunflow.domain.decisions import Timer
from qunflow.storage.database import Database
from qunflow.storage.inbox import InboxRow, take_messages
from qunflow.storage.leases import LANES
from qunflow.storage.timers import fire_due, next_due, set_timers

HOUR = timedelta(hours=1)


@dataclass(frozen=True, slots=True)
class Ring:
    KIND: ClassVar[str] = "ring"
    note: str = ""


def timer(name: str, due_at: datetime = NOW, note: str = "", stream: str = "s:1") -> Timer:
    return Timer(stream, name, due_at, Ring(note), "b", "winter")


async def put(database: Database, *timers: Timer, off: tuple[tuple[str, str], ...] = ()) -> None:
    async with database.unit("main") as unit:
        await set_timers(unit, timers, off)


async def fire(database: Database, now: datetime = NOW, limit: int = 500) -> int:
    async with database.unit("main") as unit:
        return await fire_due(unit, now, NOW, limit)


async def rung(database: Database) -> list[InboxRow]:
    async with database.unit("main") as unit:
        return await take_messages(unit, list(range(LANES)), 1000)


async def test_a_due_timer_becomes_a_message_dated_by_its_due_time(database: Database) -> None:
    await put(database, timer("hold", NOW, "x"))
    assert await fire(database, NOW + 5 * HOUR) == 1
    (message,) = await rung(database)
    assert (message.at, message.kind, message.body, message.lane_key) == (NOW, "ring", {"note": "x"}, "s:1")
    assert (message.person, message.campaign) == ("b", "winter")


async def test_it_fires_once_and_not_before_its_time(database: Database) -> None:
    await put(database, timer("hold", NOW + HOUR))
    assert [await fire(database, NOW + HOUR - timedelta(microseconds=1)), await fire(database, NOW + HOUR)] == [0, 1]
    assert await fire(database, NOW + 2 * HOUR) == 0


async def test_a_newer_timer_of_the_same_name_replaces_the_older_one(database: Database) -> None:
    await put(database, timer("hold", NOW, "old"), timer("hold", NOW + HOUR, "newer"))
    await put(database, timer("hold", NOW + 2 * HOUR, "newest"), timer("other", NOW + 3 * HOUR))
    async with database.unit("main") as unit:
        assert await next_due(unit) == NOW + 2 * HOUR
    assert await fire(database, NOW + 2 * HOUR) == 1
    assert [item.body for item in await rung(database)] == [{"note": "newest"}]


async def test_a_timer_that_was_turned_off_is_silent_and_can_be_set_again(database: Database) -> None:
    await put(database, timer("hold"))
    await put(database, off=(("s:1", "hold"), ("s:1", "never set")))
    assert await fire(database) == 0
    await put(database, timer("hold", NOW, "again"), off=(("s:1", "hold"),))
    assert await fire(database) == 1


async def test_late_timers_ring_in_the_order_they_were_due(database: Database) -> None:
    await put(database, *(timer(str(number), NOW + number * HOUR) for number in (3, 1, 2)))
    await fire(database, NOW + 9 * HOUR)
    assert [item.at for item in await rung(database)] == [NOW + number * HOUR for number in (1, 2, 3)]


async def test_very_many_are_fired_in_portions_oldest_first(database: Database) -> None:
    await put(database, *(timer(str(number), NOW + number * HOUR) for number in range(5)))
    assert [await fire(database, NOW + 9 * HOUR, limit=2) for _ in range(4)] == [2, 2, 1, 0]
    assert [item.at for item in await rung(database)] == [NOW + number * HOUR for number in range(5)]


async def test_two_workers_at_once_fire_each_timer_once(database: Database) -> None:
    await put(database, *(timer(str(number)) for number in range(200)))
    fired = await asyncio.gather(*(fire(database) for _ in range(4)))
    assert sum(fired) == 200
    messages = await rung(database)
    assert len({item.message_id for item in messages}) == len(messages) == 200


async def test_a_rollback_keeps_the_timer(database: Database) -> None:
    await put(database, timer("hold"))
    try:
        async with database.unit("main") as unit:
            await fire_due(unit, NOW, NOW)
            raise ValueError
    except ValueError:
        pass
    assert await fire(database) == 1
