"""Claims and counters between real connections: of all who want the last place exactly one gets it."""

from __future__ import annotations

import asyncio
from datetime import timedelta

import asyncpg
import pytest
from tests.integration.storage.conftest import NOW

from qunflow.domain.decisions import Claim, Counter
from qunflow.storage.database import Database
from qunflow.storage.faults import is_race
from qunflow.storage.guards import (
    find_expired,
    load_claims,
    load_counters,
    write_claims,
    write_counters,
)
from qunflow.storage.unit_of_work import UnitOfWork


async def set_limit(database: Database, name: str, limit: int) -> None:
    async with database.unit("main") as unit:
        await load_counters(unit, [name])
        await write_counters(unit, {name: Counter(0, limit)})


async def take(database: Database, name: str) -> bool:
    """Take one place, if there is one when the counter is locked."""
    async with database.unit("main") as unit:
        counter = (await load_counters(unit, [name]))[name]
        await asyncio.sleep(0.005)
        if counter.free < 1:
            return False
        await write_counters(unit, {name: Counter(counter.used + 1, counter.limit)})
        return True


@pytest.mark.parametrize("limit", [0, 1, 5])
async def test_never_more_places_are_taken_than_there_are(database: Database, limit: int) -> None:
    await set_limit(database, "seats", limit)
    won = await asyncio.gather(*(take(database, "seats") for _ in range(20)))
    assert sum(won) == limit
    async with database.unit("main") as unit:
        assert await load_counters(unit, ["seats"]) == {"seats": Counter(limit, limit)}


async def test_a_counter_that_two_make_at_once_is_one_counter(database: Database) -> None:
    assert await asyncio.gather(*(take(database, "new") for _ in range(8))) == [False] * 8


async def test_counters_wanted_in_different_orders_wait_for_each_other_and_never_in_a_ring(database: Database) -> None:
    async def both(names: list[str]) -> None:
        async with database.unit("main") as unit:
            counters = await load_counters(unit, names)
            await write_counters(unit, {name: Counter(counters[name].used, 100) for name in names})

    names = [f"c{number}" for number in range(6)]
    await asyncio.gather(*(both(names if turn % 2 else names[::-1]) for turn in range(20)))


async def claim(database: Database, holder: str, all_looked: asyncio.Barrier | None = None) -> str:
    async with database.unit("main") as unit:
        held = await load_claims(unit, [("help", "b")])
        if all_looked is not None:
            await all_looked.wait()
        if held:
            return held[("help", "b")].holder
        await write_claims(unit, [Claim("help", "b", holder)], [])
        return holder


async def test_of_two_who_claim_the_same_exactly_one_holds_it_and_the_other_may_try_again(database: Database) -> None:
    looked = asyncio.Barrier(6)
    claims = (claim(database, f"h{number}", looked) for number in range(6))
    found = await asyncio.gather(*claims, return_exceptions=True)
    errors = [item for item in found if isinstance(item, BaseException)]
    assert len(errors) == 5
    assert all(isinstance(error, asyncpg.UniqueViolationError) and is_race(error) for error in errors)
    (winner,) = [item for item in found if isinstance(item, str)]
    assert await claim(database, "later") == winner


async def test_a_released_claim_can_be_taken_in_the_same_commit(database: Database) -> None:
    await claim(database, "first")
    async with database.unit("main") as unit:
        await write_claims(unit, [Claim("help", "b", "second", NOW)], [("help", "b")])
    async with database.unit("main") as unit:
        assert await load_claims(unit, [("help", "b"), ("help", "c")]) == {
            ("help", "b"): Claim("help", "b", "second", NOW)
        }


async def test_the_same_claim_in_another_workspace_is_another_claim(database: Database) -> None:
    await claim(database, "first")
    async with database.unit("other") as unit:
        await write_claims(unit, [Claim("help", "b", "them")], [])


async def test_claims_that_ended_are_found_oldest_first(database: Database) -> None:
    async with database.unit("main") as unit:
        times = {"a": 3, "b": 1, "c": 2, "d": 9}
        claims = [Claim("place", key, "", NOW + timedelta(minutes=minute)) for key, minute in times.items()]
        await write_claims(unit, [*claims, Claim("place", "for ever"), Claim("else", "x", "", NOW)], [])
        assert await find_expired(unit, "place", NOW + timedelta(minutes=3)) == ("b", "c", "a")
        assert await find_expired(unit, "place", NOW + timedelta(minutes=3), limit=1) == ("b",)


async def test_a_counter_below_zero_is_refused_by_the_database_itself(database: Database) -> None:
    with pytest.raises(asyncpg.CheckViolationError):
        async with database.unit("main") as unit:
            await load_counters(unit, ["seats"])
            await write_counters(unit, {"seats": Counter(-1, 5)})


async def test_held_claims_are_found_by_their_index_below_row_level_security(database: Database) -> None:
    async with database.unit("main") as unit:
        claims = [Claim(f"s{number % 3}", f"k{number}", "x", NOW) for number in range(3_000)]
        await write_claims(unit, claims, ())
        seen: list[str] = []

        class Explained(UnitOfWork):
            async def fetch(self, statement: str, *values: object) -> list[object]:
                seen.extend(row[0] for row in await self.raw.fetch(f"EXPLAIN {statement}", *values))
                return []

        await load_claims(Explained("main", unit.raw), [("s0", "k0"), ("s1", "k1"), ("s2", "k5")])
    (found,) = [line for line in seen if "Index Cond" in line]
    assert "scope =" in found and "key =" in found, seen
