"""Replay (I10): folding the log anew gives every stored state, and a state that was tampered with is found."""

from __future__ import annotations

import asyncio
import random

import asyncpg
from tests.integration.engine.conftest import Works
from tests.integration.engine.toy import Add, AddSeen, Fail, TakeSeat, toy_registry

from qunflow.engine.replay import check_replay
from qunflow.ledger.check import check_ledger


async def workload(works: Works, seed: int) -> None:
    """Random commands and messages, some of them poison."""
    dice = random.Random(seed)
    for _ in range(12):
        bodies = [
            dice.choice(
                [
                    Add(dice.randrange(9), f"tally:{dice.randrange(4)}"),
                    AddSeen(dice.randrange(9), f"tally:{dice.randrange(4)}", f"tally:{dice.randrange(4)}"),
                    TakeSeat(f"p{dice.randrange(30)}", 12),
                    Fail(),
                ]
            )
            for _ in range(15)
        ]
        await works.put(*bodies[:8], lane=f"lane{dice.randrange(5)}")
        await asyncio.gather(*(works.ask(body) for body in bodies[8:]), return_exceptions=True)
        if dice.random() < 0.5:
            await works.run()
    await works.run()


async def test_the_log_gives_exactly_the_stored_states_after_any_work(works: Works) -> None:
    await workload(works, 7)
    report = await check_replay(works.database, toy_registry(), "main")
    assert report.equal
    assert report.streams == await works.value("SELECT count(*) FROM streams WHERE version > 0") >= 4
    assert report.events == await works.value("SELECT count(*) FROM events") > 50


async def test_the_ledger_is_whole_after_any_work(works: Works) -> None:
    await workload(works, 8)
    async with works.database.unit("main") as unit:
        found = await check_ledger(unit)
    assert found.balanced and await works.value("SELECT count(*) FROM postings") > 3


async def test_versions_of_every_stream_follow_each_other_without_a_gap(works: Works) -> None:
    await workload(works, 9)
    gaps = "SELECT count(*) FROM (SELECT count(*), max(version) FROM events GROUP BY stream) x WHERE count <> max"
    assert await works.value(gaps) == 0


async def test_a_state_that_somebody_changed_is_named(works: Works, database_url: str) -> None:
    await works.ask(Add(1))
    await works.ask(Add(2, "tally:b"))
    owner = await asyncpg.connect(database_url)
    await owner.execute("SET qunflow.workspace = 'main'")
    await owner.execute("UPDATE streams SET state = jsonb_set(state, '{total}', '99') WHERE stream = 'tally:b'")
    await owner.close()
    report = await check_replay(works.database, toy_registry(), "main")
    assert (report.equal, report.differing) == (False, ("tally:b",))


async def test_a_missing_event_is_noticed(works: Works, database_url: str) -> None:
    await works.ask(Add(0))
    await works.ask(Add(0))
    owner = await asyncpg.connect(database_url)
    await owner.execute("SET qunflow.workspace = 'main'")
    await owner.execute("DELETE FROM events WHERE version = 2")
    await owner.close()
    assert (await check_replay(works.database, toy_registry(), "main")).differing == ("tally:a",)


async def test_a_ledger_that_somebody_changed_is_not_whole(works: Works, database_url: str) -> None:
    await works.ask(TakeSeat("b"))
    owner = await asyncpg.connect(database_url)
    await owner.execute("SET qunflow.workspace = 'main'")
    await owner.execute("UPDATE accounts SET balance = balance + 1 WHERE account = 'budget:x'")
    await owner.close()
    async with works.database.unit("main") as unit:
        found = await check_ledger(unit)
    assert (found.balanced, found.wrong, found.total) == (False, ("budget:x",), 1)
