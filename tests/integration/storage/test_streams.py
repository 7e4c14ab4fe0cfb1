"""Stream heads: made under lock, found by kind, walked whole, never lost between two who make the same one."""

from __future__ import annotations

import asyncio

from qunflow.storage.database import Database
from qunflow.storage.streams import Head, list_states, lock_heads, read_heads, walk_heads, write_heads


async def put(database: Database, **heads: int) -> None:
    async with database.unit("main") as unit:
        named = {name.replace("_", ":"): Head(version, {"v": version}) for name, version in heads.items()}
        await lock_heads(unit, named)
        await write_heads(unit, named)


async def test_a_new_stream_is_locked_at_version_zero_without_a_state(database: Database) -> None:
    async with database.unit("main") as unit:
        assert await lock_heads(unit, ["a:2", "a:1", "a:2"]) == {"a:1": Head(0, None), "a:2": Head(0, None)}
        assert await lock_heads(unit, []) == {}


async def test_a_stream_without_an_event_is_not_to_be_seen(database: Database) -> None:
    async with database.unit("main") as unit:
        await lock_heads(unit, ["a:1"])
        assert await read_heads(unit, ["a:1", "a:9"]) == {}
        assert [name async for name, _ in walk_heads(unit)] == []


async def test_what_was_written_is_read_by_name_kind_and_prefix(database: Database) -> None:
    await put(database, a_1=1, a_10=2, ab_1=3, b_1=4)
    async with database.unit("main") as unit:
        assert await read_heads(unit, ["a:1", "b:1"]) == {"a:1": Head(1, {"v": 1}), "b:1": Head(4, {"v": 4})}
        assert [name for name, _ in await list_states(unit, "a")] == ["a:1", "a:10"]
        assert await list_states(unit, "a", "a:10") == [("a:10", {"v": 2})]


async def test_a_prefix_is_taken_as_it_stands(database: Database) -> None:
    await put(database, **{"a_x%y": 1, "a_xzy": 1})
    async with database.unit("main") as unit:
        assert [name for name, _ in await list_states(unit, "a", "a:x%")] == ["a:x%y"]


async def test_every_stream_is_walked_once_over_many_pages(database: Database) -> None:
    await put(database, **{f"a_{number:03}": number + 1 for number in range(25)})
    async with database.unit("main") as unit:
        seen = [name async for name, _ in walk_heads(unit, page=4)]
    assert seen == [f"a:{number:03}" for number in range(25)]


async def test_two_who_make_the_same_streams_count_on_from_each_other(database: Database) -> None:
    async def count(names: list[str]) -> None:
        async with database.unit("main") as unit:
            heads = await lock_heads(unit, names)
            await asyncio.sleep(0.002)
            await write_heads(unit, {name: Head(head.version + 1, {}) for name, head in heads.items()})

    names = [f"a:{number}" for number in range(5)]
    await asyncio.gather(*(count(names if turn % 2 else names[::-1]) for turn in range(16)))
    async with database.unit("main") as unit:
        assert {head.version for head in (await read_heads(unit, names)).values()} == {16}
