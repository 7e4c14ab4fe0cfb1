"""The outbox: one action of a conversation at a time, no twins, nothing lost when its owner dies."""

from __future__ import annotations

import asyncio
from datetime import datetime, timedelta
from typing import Any

from tests.integration.storage.conftest import NOW

from qunflow.storage.database import Database
from qunflow.storage.leases import LANES
from qunflow.storage.outbox import (
    Ending,
    OutboxRow,
    end_actions,
    next_sendable,
    put_actions,
    take_actions,
)

ALL = list(range(LANES))
WALL = datetime.now(NOW.tzinfo)
MINUTE = timedelta(minutes=1)


def row(name: str, lane_key: str = "lane", **changes: Any) -> OutboxRow:
    return OutboxRow(**{"action_id": name, "lane_key": lane_key, "channel": "wx", "kind": "k", "body": {"a": 1},
                        "at": NOW, "not_before": NOW, **changes})  # fmt: skip


async def put(database: Database, *rows: OutboxRow) -> None:
    async with database.unit("main") as unit:
        await put_actions(unit, rows)


async def take(
    database: Database, owner: str = "one", now: datetime = NOW, wall: datetime = WALL, limit: int = 32
) -> list[OutboxRow]:
    async with database.unit("main") as unit:
        return await take_actions(unit, ALL, owner, now, wall, limit)


async def end(database: Database, taken: OutboxRow, state: str = "done", owner: str = "one", **fields: Any) -> int:
    async with database.unit("main") as unit:
        return await end_actions(unit, [Ending(taken.seq, state, **fields)], owner)


def names(rows: list[OutboxRow]) -> list[str]:
    return [item.action_id for item in rows]


async def test_an_action_comes_back_as_it_was_stored(database: Database) -> None:
    stored = row("a", expires_at=NOW + MINUTE, coalesce_key="co", priority=3)
    await put(database, stored)
    (found,) = await take(database)
    assert found == row("a", expires_at=NOW + MINUTE, coalesce_key="co", priority=3, seq=found.seq, tries=1)


async def test_only_one_action_of_a_conversation_is_on_its_way(database: Database) -> None:
    await put(database, row("a1", "a"), row("a2", "a"), row("b1", "b"))
    first = await take(database)
    assert names(first) == ["a1", "b1"]
    assert await take(database) == []
    await end(database, first[0])
    assert names(await take(database)) == ["a2"]


async def test_the_more_urgent_goes_first_and_equals_go_in_order(database: Database) -> None:
    await put(database, row("slow", "a"), row("next", "a"), row("welcome", "a", priority=10))
    seen = []
    for _ in range(3):
        (taken,) = await take(database)
        seen.append(taken.action_id)
        await end(database, taken)
    assert seen == ["welcome", "slow", "next"]


async def test_with_few_hands_urgent_conversations_go_before_others(database: Database) -> None:
    await put(database, row("a", "a"), row("b", "b", priority=5), row("c", "c"))
    assert names(await take(database, limit=1)) == ["b"]


async def test_a_queued_twin_is_needless_and_one_behind_a_sent_one_is_not(database: Database) -> None:
    twin = {"coalesce_key": "read:g1"}
    await put(database, row("a", **twin), row("b", **twin))
    (first,) = await take(database)
    await put(database, row("c", **twin), row("d", **twin))
    await end(database, first)
    (second,) = await take(database)
    await end(database, second)
    assert (first.action_id, second.action_id, await take(database)) == ("a", "c", [])


async def test_an_action_id_counts_once_for_ever(database: Database) -> None:
    await put(database, row("a"))
    await end(database, (await take(database))[0])
    await put(database, row("a"))
    assert await take(database) == []


async def test_an_action_waits_for_its_time_and_does_not_hold_its_conversation_up(database: Database) -> None:
    await put(database, row("later", not_before=NOW + MINUTE), row("now"))
    assert names(await take(database)) == ["now"]
    async with database.unit("main") as unit:
        assert await next_sendable(unit) == NOW + MINUTE


async def test_a_retry_waits_and_holds_its_conversation_up(database: Database) -> None:
    await put(database, row("a1", "a"), row("a2", "a"), row("b", "b"))
    await end(database, (await take(database))[0], "queued", retry_at=WALL + MINUTE)
    assert await take(database) == []
    (again,) = await take(database, wall=WALL + MINUTE)
    assert (again.action_id, again.tries, again.unknown) == ("a1", 2, False)


async def test_one_that_goes_back_beside_its_queued_twin_is_tried_again(database: Database) -> None:
    await put(database, row("a1", "a", coalesce_key="read"))
    (first,) = await take(database)
    await put(database, row("a2", "a", coalesce_key="read"))
    await end(database, first, "queued")
    assert names(await take(database)) == ["a1"]


async def test_what_a_dead_owner_left_comes_back_as_unknown_before_anything_else(database: Database) -> None:
    await put(database, row("a1", "a"))
    await take(database, "one")
    await put(database, row("a2", "a", priority=10))
    (found,) = await take(database, "two")
    assert (found.action_id, found.unknown, found.tries) == ("a1", True, 2)
    assert await take(database, "two") == []


async def test_an_owner_whose_action_was_taken_over_cannot_end_it_any_more(database: Database) -> None:
    await put(database, row("a"))
    (taken,) = await take(database, "one")
    await take(database, "two")
    assert await end(database, taken, owner="one") == 0
    assert await end(database, taken, owner="two") == 1


async def test_an_unknown_result_comes_back_to_the_same_owner_after_its_wait(database: Database) -> None:
    await put(database, row("a"))
    (taken,) = await take(database)
    await end(database, taken, "sending", retry_at=WALL + MINUTE)
    assert await take(database) == []
    assert [item.unknown for item in await take(database, wall=WALL + MINUTE)] == [True]


async def test_how_an_action_ended_is_kept(database: Database) -> None:
    await put(database, row("a"))
    await end(database, (await take(database))[0], "refused", reference="r", reason="quota", detail="d" * 2000)
    async with database.unit("main") as unit:
        found = await unit.fetch("SELECT state, owner, reference, reason, length(detail) FROM outbox")
    assert tuple(found[0]) == ("refused", "", "r", "quota", 1000)


async def test_two_owners_at_once_never_take_the_same_action(database: Database) -> None:
    await put(database, *(row(f"m{number}", f"lane{number}") for number in range(60)))
    halves = [list(range(8)), list(range(8, LANES))]

    async def some(owner: str, lanes: list[int]) -> list[str]:
        async with database.unit("main") as unit:
            return names(await take_actions(unit, lanes, owner, NOW, WALL, 100))

    found = await asyncio.gather(some("one", halves[0]), some("two", halves[1]))
    assert sorted([*found[0], *found[1]]) == sorted(f"m{number}" for number in range(60))
