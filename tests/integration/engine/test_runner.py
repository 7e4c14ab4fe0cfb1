"""The worker of the inbox: every message has its effect once, in order, and poison is put aside with its reason."""

from __future__ import annotations

import asyncio
import contextlib
from datetime import timedelta

import asyncpg
import pytest
from tests.conftest import run_on
from tests.integration.engine.conftest import Works
from tests.integration.engine.toy import Add, AddSeen, Fail, Later, Round, Then

from qunflow.engine.deciding import inbox_row
from qunflow.engine.pipeline import MAX_DEPTH
from qunflow.storage.event_log import read_streams
from qunflow.storage.inbox import InboxRow, put_messages
from qunflow.storage.leases import LANES
from qunflow.storage.streams import lock_heads

ALL = list(range(LANES))


async def test_one_poison_message_among_a_hundred_good_ones_is_put_aside_with_its_reason(works: Works) -> None:
    bodies = [Add(number) for number in range(100)]
    await works.put(*bodies[:61], Fail("it cannot be decided"), *bodies[61:])
    await works.run()
    assert (await works.tally()).numbers == tuple(range(100))
    assert await works.dead() == [("fail", "ValueError: it cannot be decided")]
    assert await works.value("SELECT count(*) FROM inbox WHERE state = 'new'") == 0


async def test_several_poison_messages_are_all_found(works: Works) -> None:
    await works.put(Fail("a"), Add(1), Fail("b"), Fail("c"), Add(2))
    await works.run()
    assert [reason for _, reason in await works.dead()] == ["ValueError: a", "ValueError: b", "ValueError: c"]
    assert (await works.tally()).total == 3


async def test_a_kind_that_nobody_declared_is_put_aside(works: Works) -> None:
    async with works.database.unit("main") as unit:
        now = works.clock.now()
        await put_messages(unit, [InboxRow("m", "lane", "riddle", {}, now, now)])
    await works.put(Add(1))
    await works.run()
    ((kind, reason),) = await works.dead()
    assert kind == "riddle" and "[unknown_kind]" in reason
    assert (await works.tally()).total == 1


async def test_a_body_that_does_not_fit_its_kind_is_put_aside(works: Works) -> None:
    async with works.database.unit("main") as unit:
        now = works.clock.now()
        await put_messages(unit, [InboxRow("m", "lane", "add", {"stream": "tally:a"}, now, now)])
    await works.run()
    assert "number" in (await works.dead())[0][1]


async def test_a_message_whose_facts_were_overtaken_is_decided_afterwards_on_fresh_ones(works: Works) -> None:
    await works.put(AddSeen(1), Add(4), AddSeen(2), Add(5), AddSeen(3))
    await works.run()
    async with works.database.unit("main") as unit:
        seen = [row.data["seen"] for row in (await read_streams(unit, ["tally:b"]))["tally:b"]]
    assert seen == [0, 4, 9]


async def test_what_goes_round_for_ever_is_stopped_at_its_depth(works: Works) -> None:
    await works.put(Round(), Add(1))
    await works.run()
    ((kind, reason),) = await works.dead()
    assert kind == "round" and f"more than {MAX_DEPTH} times" in reason and "[too_deep]" in reason
    assert await works.value("SELECT max(depth) FROM inbox") == MAX_DEPTH + 1
    assert (await works.tally()).total == 1


async def test_what_follows_is_decided_in_the_same_commit(works: Works) -> None:
    await works.put(Then(1), Then(2))
    assert await works.runner().turn() == 2
    assert [(await works.tally(stream)).numbers for stream in ("tally:a", "tally:b")] == [(1, 2), (1, 2)]
    assert await works.value("SELECT count(DISTINCT xid) FROM events") == 1


@pytest.mark.parametrize("together", [True, False])
async def test_what_follows_and_fails_is_put_aside_and_not_its_cause(works: Works, together: bool) -> None:
    for some in [(Then(1), Then(2, fails=True), Then(3))] if together else [(Then(1),), (Then(2, True),), (Then(3),)]:
        await works.put(*some)
        await works.run()
    assert (await works.tally()).numbers == (1, 2, 3)
    assert (await works.tally("tally:b")).numbers == (1, 3)
    assert await works.dead() == [("fail", "ValueError: what follows fails")]


async def test_what_follows_waits_in_the_inbox_while_somebody_else_holds_its_lock(works: Works) -> None:
    await works.put(Add(5, "tally:b"))
    await works.run()
    await works.put(Then(1))
    async with works.database.unit("main") as other:
        await lock_heads(other, ["tally:b"])
        async with asyncio.timeout(5):
            assert await works.runner().turn() == 1
        assert (await works.tally()).numbers == (1,)
        assert await works.value("SELECT count(*) FROM inbox WHERE state = 'new'") == 1
    await works.run()
    assert (await works.tally("tally:b")).numbers == (5, 1)


async def test_the_same_message_again_changes_nothing(works: Works) -> None:
    message = works.message(Add(3), "callback-1")
    for _ in range(3):
        async with works.database.unit("main") as unit:
            await put_messages(unit, [inbox_row(message, works.engine.dice.wall())])
        await works.run()
    assert (await works.tally()).numbers == (3,)


async def test_a_conversation_keeps_its_order_over_many_batches(works: Works) -> None:
    await works.put(*(Add(number) for number in range(450)))
    await works.run()
    assert (await works.tally()).numbers == tuple(range(450))


async def test_a_late_timer_is_decided_by_when_it_was_due(works: Works) -> None:
    await works.put(Later(7, 60))
    await works.run()
    due = works.clock.now() + timedelta(seconds=60)
    works.clock.advance_to(due + timedelta(hours=5))
    await works.run()
    async with works.database.unit("main") as unit:
        (event,) = (await read_streams(unit, ["tally:a"]))["tally:a"]
    assert (event.at, event.data["number"]) == (due, 7)


async def test_the_work_of_a_dead_worker_is_taken_over_without_a_person(works: Works, others: Works) -> None:
    dead, alive = works.runner("dead"), others.runner("alive")
    await dead.turn()
    await works.put(Add(1))
    assert await alive.turn() == 0
    async with works.database.directory() as connection:
        await connection.execute("UPDATE leases SET lease_until = clock_timestamp() - interval '1 second'")
        await connection.execute("UPDATE workers SET seen_until = clock_timestamp() - interval '1 second'")
    alive.lanes.look_again()  # as if its next look had come
    assert await alive.turn() == 1
    assert (await works.tally()).total == 1


async def test_a_worker_that_ends_gives_its_lanes_back(works: Works, others: Works) -> None:
    task = asyncio.create_task(works.runner("one").run())
    await works.put(Add(1))
    while not (await works.tally()).total:
        await asyncio.sleep(0.01)
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)
    await works.put(Add(2))
    assert await others.runner("two").turn() == 1


async def test_a_worker_outlives_a_database_that_drops_its_connections(works: Works, database_url: str) -> None:
    task = asyncio.create_task(works.runner("one").run())
    await works.put(Add(1))
    while not (await works.tally()).total:
        await asyncio.sleep(0.01)
    await run_on(
        database_url,
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE pid <> pg_backend_pid() "
        "AND datname = current_database()",
    )
    await asyncio.sleep(0.1)
    for _ in range(20):  # until no connection of the pool is a dead one any more
        with contextlib.suppress(asyncpg.PostgresConnectionError, asyncpg.InterfaceError, OSError):
            await works.tally()
    await works.put(Add(2))
    deadline = asyncio.get_running_loop().time() + 8
    while (await works.tally()).total != 3:
        assert not task.done(), task
        assert asyncio.get_running_loop().time() < deadline
        await asyncio.sleep(0.05)
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)


@pytest.mark.parametrize("split", [True, False], ids=["each its lanes", "both all lanes"])
async def test_two_workers_at_once_do_every_message_once(works: Works, others: Works, split: bool) -> None:
    for number in range(120):
        await works.put(Add(1, "tally:shared"), Add(number, f"tally:{number % 6}"), lane=f"lane{number % 6}")
    lanes = (ALL[:8], ALL[8:]) if split else (ALL, ALL)

    async def work(each: Works, own: list[int]) -> None:
        runner = each.runner()
        for _ in range(400):
            if not await runner.process("main", own, 5) and not await works.value(
                "SELECT count(*) FROM inbox WHERE state = 'new'"
            ):
                return
            await asyncio.sleep(0)

    await asyncio.gather(work(works, lanes[0]), work(others, lanes[1]))
    assert await works.dead() == []
    assert (await works.tally("tally:shared")).total == 120
    assert await works.value("SELECT count(*) FROM events") == 240
    for lane in range(6):
        numbers = (await works.tally(f"tally:{lane}")).numbers
        expected = tuple(number for number in range(120) if number % 6 == lane)
        assert sorted(numbers) == list(expected)
        if split:
            assert numbers == expected, "a conversation lost its order"
