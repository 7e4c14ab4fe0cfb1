"""Lanes have one owner at a time; a dead owner's lanes are taken over without a person."""

from __future__ import annotations

import asyncio

from qunflow.storage.database import Database
from qunflow.storage.leases import LANES, HeldLanes, drop_lanes, lane_of, take_lanes

ALL = list(range(LANES))


async def take(database: Database, owner: str, at_most: int = LANES, queue: str = "inbox") -> list[int]:
    async with database.directory() as connection:
        return await take_lanes(connection, queue, "main", owner, at_most)


async def expire(database: Database, owner: str) -> None:
    """The owner died a while ago."""
    async with database.directory() as connection:
        await connection.execute(
            "UPDATE leases SET lease_until = clock_timestamp() - interval '1 second' WHERE owner = $1", owner
        )


def test_a_conversation_has_the_same_lane_on_every_machine() -> None:
    assert [lane_of(key) for key in ("", "group:wx:g1", "person:wx:b", "群")] == [0, 3, 10, 0]
    assert {lane_of(f"group:wx:{number}") for number in range(500)} == set(ALL)


async def test_the_first_owner_takes_all_and_the_second_none(database: Database) -> None:
    assert await take(database, "one") == ALL
    assert await take(database, "two") == []
    assert await take(database, "one") == ALL


async def test_the_lanes_of_a_dead_owner_are_taken_over_and_it_gets_none_back(database: Database) -> None:
    await take(database, "one")
    await expire(database, "one")
    assert await take(database, "two") == ALL
    assert await take(database, "one") == []


async def test_an_owner_who_was_only_slow_renews_when_nobody_came(database: Database) -> None:
    await take(database, "one")
    await expire(database, "one")
    assert await take(database, "one") == ALL
    assert await take(database, "two") == []


async def test_lanes_can_be_shared(database: Database) -> None:
    first = await take(database, "one", at_most=10)
    second = await take(database, "two")
    assert (len(first), sorted([*first, *second])) == (10, ALL)


async def test_those_who_race_for_the_same_lanes_never_both_get_one(database: Database) -> None:
    for _ in range(5):
        found = await asyncio.gather(*(take(database, f"owner{number}", 7) for number in range(5)))
        lanes = [lane for some in found for lane in some]
        assert len(lanes) == len(set(lanes))
        async with database.directory() as connection:
            rows = await connection.fetch("SELECT owner, lane FROM leases")
        held = {(row[0], row[1]) for row in rows}
        assert {(f"owner{number}", lane) for number, some in enumerate(found) for lane in some} <= held
        async with database.directory() as connection:
            await connection.execute("UPDATE leases SET lease_until = clock_timestamp() - interval '1 second'")


async def test_lanes_that_are_given_back_are_free_at_once(database: Database) -> None:
    await take(database, "one")
    async with database.directory() as connection:
        await drop_lanes(connection, "inbox", "one")
    assert await take(database, "two") == ALL


async def test_each_queue_and_each_workspace_has_lanes_of_its_own(database: Database) -> None:
    await take(database, "one")
    assert await take(database, "two", queue="outbox") == ALL
    async with database.directory() as connection:
        assert await take_lanes(connection, "inbox", "other", "two") == ALL


def worker(database: Database, owner: str) -> HeldLanes:
    async def workspaces() -> list[str]:
        return ["main"]

    return HeldLanes(database, "inbox", owner, workspaces)


async def renew(*workers: HeldLanes) -> list[list[int]]:
    for one in workers:
        one.look_again()
        await one.renew()
    return [one.held["main"] for one in workers]


async def test_workers_share_the_lanes_and_none_is_worked_on_twice(database: Database) -> None:
    one, two, three = (worker(database, name) for name in ("one", "two", "three"))
    assert await renew(one) == [ALL]
    assert await renew(two) == [[]]
    assert [len(lanes) for lanes in await renew(one, two)] == [8, 8]
    assert sorted(one.held["main"] + two.held["main"]) == ALL
    await renew(three, one, two, three)
    held = one.held["main"] + two.held["main"] + three.held["main"]
    assert sorted(held) == ALL
    assert max(len(item.held["main"]) for item in (one, two, three)) == 6


async def test_who_leaves_or_dies_leaves_its_share_to_the_others(database: Database) -> None:
    one, two, three = (worker(database, name) for name in ("one", "two", "three"))
    await renew(one, two, three, one, two, three)
    await three.give_back()
    await renew(one, two)
    assert sorted(one.held["main"] + two.held["main"]) == ALL
    await expire(database, "two")
    async with database.directory() as connection:
        await connection.execute("UPDATE workers SET seen_until = clock_timestamp() WHERE owner = 'two'")
    assert await renew(one) == [ALL]


async def test_who_is_at_work_gives_no_lane_away(database: Database) -> None:
    one, two = worker(database, "one"), worker(database, "two")
    await renew(one, two)
    one.look_again()
    await one.renew(at_work=True)
    assert one.held["main"] == ALL
    assert await renew(two) == [[]]
