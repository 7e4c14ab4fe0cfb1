"""The inbox: stored once however often it came, taken in order, never by two."""

from __future__ import annotations

import asyncio
from typing import Any

from tests.integration.storage.conftest import NOW

from qunflow.storage.database import Database
from qunflow.storage.inbox import (
    InboxRow,
    dead_letters,
    mark_dead,
    put_back,
    put_messages,
    take_messages,
)
from qunflow.storage.leases import LANES, lane_of

ALL = list(range(LANES))


def row(name: str, lane_key: str = "lane", **changes: Any) -> InboxRow:
    return InboxRow(**{"message_id": name, "lane_key": lane_key, "kind": "k", "body": {"名": [1, None]}, "at": NOW,
                       "received_at": NOW, **changes})  # fmt: skip


async def put(database: Database, *rows: InboxRow) -> int:
    async with database.unit("main") as unit:
        return await put_messages(unit, rows)


async def test_a_message_is_stored_once_however_often_it_came(database: Database) -> None:
    assert await put(database, row("a"), row("b"), row("a")) == 2
    assert await put(database, row("a"), row("c")) == 1
    assert sum(await asyncio.gather(*(put(database, row("d"), row("e")) for _ in range(6)))) == 2


async def test_a_message_that_was_done_is_not_stored_again(database: Database) -> None:
    await put(database, row("a"))
    async with database.unit("main") as unit:
        await take_messages(unit, ALL, 10)
    assert await put(database, row("a")) == 0


async def test_a_message_comes_back_as_it_was_stored_but_for_its_raw_payload(database: Database) -> None:
    stored = row("a", channel="wx", person="b", group="g", campaign="c", cause="z", depth=3, raw=b"<xml/>")
    await put(database, stored)
    async with database.unit("main") as unit:
        (found,) = await take_messages(unit, ALL, 10)
        raw = await unit.value("SELECT raw FROM inbox")
    assert raw == b"<xml/>"
    assert found == row("a", channel="wx", person="b", group="g", campaign="c", cause="z", depth=3, seq=found.seq)


async def test_messages_of_a_conversation_come_in_the_order_they_were_stored(database: Database) -> None:
    for number in range(20):
        await put(database, row(f"m{number}", f"lane{number % 3}"))
    seen: list[str] = []
    while True:
        async with database.unit("main") as unit:
            found = await take_messages(unit, ALL, 7)
        if not found:
            break
        seen += [item.message_id for item in found]
    assert seen == [f"m{number}" for number in range(20)]


async def test_only_the_lanes_asked_for_are_taken(database: Database) -> None:
    await put(database, *(row(f"m{number}", f"lane{number}") for number in range(40)))
    mine = [0, 1, 2]
    async with database.unit("main") as unit:
        found = await take_messages(unit, mine, 100)
    assert found and {lane_of(item.lane_key) for item in found} <= set(mine)


async def test_what_one_worker_holds_another_passes_over(database: Database) -> None:
    await put(database, *(row(f"m{number}") for number in range(4)))
    async with database.unit("main") as one:
        first = await take_messages(one, ALL, 2)
        async with database.unit("main") as two:
            second = await take_messages(two, ALL, 10)
    assert [[item.message_id for item in some] for some in (first, second)] == [["m0", "m1"], ["m2", "m3"]]


async def test_a_rollback_gives_the_messages_back(database: Database) -> None:
    await put(database, row("a"))
    try:
        async with database.unit("main") as unit:
            await take_messages(unit, ALL, 10)
            raise ValueError
    except ValueError:
        pass
    async with database.unit("main") as unit:
        assert len(await take_messages(unit, ALL, 10)) == 1


async def test_what_is_put_back_comes_first_in_the_next_batch(database: Database) -> None:
    await put(database, row("a"), row("b"))
    async with database.unit("main") as unit:
        _, second = await take_messages(unit, ALL, 10)
        await put_back(unit, [second.seq])
    await put(database, row("c"))
    async with database.unit("main") as unit:
        assert [item.message_id for item in await take_messages(unit, ALL, 10)] == ["b", "c"]
    async with database.unit("main") as unit:
        assert await take_messages(unit, ALL, 10) == []


async def test_a_dead_letter_has_its_reason_and_is_not_taken_any_more(database: Database) -> None:
    await put(database, row("a"), row("b"))
    async with database.unit("main") as unit:
        first = (await take_messages(unit, ALL, 1))[0]
        await put_back(unit, [first.seq])
        await mark_dead(unit, first.seq, "x" * 2000)
        assert await dead_letters(unit) == [("a", "k", "x" * 1000)]
        assert [item.message_id for item in await take_messages(unit, ALL, 10)] == ["b"]
