"""Heads and counters locked in one question are what two questions would give, for those who wait as well."""

from __future__ import annotations

import asyncio

import pytest

from qunflow.domain.decisions import Counter
from qunflow.storage.database import Database
from qunflow.storage.guards import load_counters, write_counters
from qunflow.storage.heads_and_counters import lock_heads_and_counters
from qunflow.storage.locking import LockedElsewhere
from qunflow.storage.streams import Head, write_heads


async def test_what_is_new_is_made_and_what_is_there_is_found(database: Database) -> None:
    async with database.unit("main") as unit:
        found = await lock_heads_and_counters(unit, ["a:2", "a:1", "a:2"], ["seats"])
        assert found == ({"a:1": Head(0, None), "a:2": Head(0, None)}, {"seats": Counter(0, 0)})
        await write_heads(unit, {"a:1": Head(1, {"x": 1})})
        await write_counters(unit, {"seats": Counter(2, 5)})
    async with database.unit("main") as unit:
        heads, counters = await lock_heads_and_counters(unit, ["a:1", "a:3"], ["seats", "beds"])
        assert heads == {"a:1": Head(1, {"x": 1}), "a:3": Head(0, None)}
        assert counters == {"seats": Counter(2, 5), "beds": Counter(0, 0)}
        assert await lock_heads_and_counters(unit, [], ["seats"]) == ({}, {"seats": Counter(2, 5)})
        assert await lock_heads_and_counters(unit, ["a:1"], []) == ({"a:1": Head(1, {"x": 1})}, {})
    async with database.unit("other") as unit:
        assert await lock_heads_and_counters(unit, ["a:1"], ["seats"]) == ({"a:1": Head(0, None)}, {"seats": Counter()})


async def test_twenty_who_wait_for_each_other_all_see_what_the_one_before_left(database: Database) -> None:
    async def one() -> int:
        async with database.unit("main") as unit:
            heads, counters = await lock_heads_and_counters(unit, ["a:1"], ["seats"])
            await write_heads(unit, {"a:1": Head(heads["a:1"].version + 1, {})})
            await write_counters(unit, {"seats": Counter(counters["seats"].used + 1, 50)})
            assert heads["a:1"].version == counters["seats"].used
            return counters["seats"].used

    assert sorted(await asyncio.gather(*(one() for _ in range(20)))) == list(range(20))


async def test_who_is_not_patient_does_not_wait(database: Database) -> None:
    async with database.unit("main") as unit:
        await lock_heads_and_counters(unit, ["a:1", "a:2"], ["seats"])
    async with database.unit("main") as holder:
        await load_counters(holder, ["seats"])
        with pytest.raises(LockedElsewhere):
            async with database.unit("main") as unit:
                await lock_heads_and_counters(unit, ["a:1"], ["seats"], patient=False)
