"""The log: versions one after the other, once each, and a reader that loses nothing behind a slow writer."""

from __future__ import annotations

from datetime import date
from typing import Any
from uuid import uuid4

import asyncpg
import pytest
from tests.integration.storage.conftest import NOW

from qunflow.storage.database import Database
from qunflow.storage.event_log import EventRow, append_events, read_after, read_streams
from qunflow.storage.faults import is_race


def event(stream: str = "s:1", version: int = 1, **changes: Any) -> EventRow:
    values: dict[str, Any] = {
        "event_id": str(uuid4()),
        "stream": stream,
        "version": version,
        "type": "joined",
        "schema": 1,
        "at": NOW,
        "local_date": date(2026, 12, 1),
        "tz": "Asia/Shanghai",
        "recorded_at": NOW,
        "actor": "",
        "person": "b",
        "group": "",
        "campaign": "winter",
        "channel": "wx",
        "cause": "m",
        "command_id": "m",
        "data": {"parent": "a"},
    }
    return EventRow(**{**values, **changes})


async def append(database: Database, *rows: EventRow) -> None:
    async with database.unit("main") as unit:
        await append_events(unit, rows)


def keys(rows: list[EventRow]) -> list[tuple[str, int]]:
    return [(row.stream, row.version) for row in rows]


async def test_an_event_comes_back_as_it_was_written(database: Database) -> None:
    written = event(data={"名": ["字", 1, None, True]})
    await append(database, written)
    async with database.unit("main") as unit:
        (found,) = (await read_streams(unit, ["s:1"]))["s:1"]
    assert found == EventRow(*[getattr(written, name) for name in EventRow.__slots__[:-1]], seq=found.seq)


async def test_a_version_exists_once_and_the_loser_may_try_again(database: Database) -> None:
    await append(database, event(version=1))
    with pytest.raises(asyncpg.UniqueViolationError) as caught:
        await append(database, event(version=1))
    assert is_race(caught.value)


async def test_the_same_event_twice_is_refused(database: Database) -> None:
    first = event(version=1)
    await append(database, first)
    with pytest.raises(asyncpg.UniqueViolationError):
        await append(database, event(version=2, event_id=first.event_id))


async def test_streams_are_read_by_version_and_apart(database: Database) -> None:
    await append(database, event("s:1", 2), event("s:2", 1), event("s:1", 1))
    async with database.unit("main") as unit:
        found = await read_streams(unit, ["s:1", "s:2", "s:3"])
    assert {name: [row.version for row in rows] for name, rows in found.items()} == {
        "s:1": [1, 2],
        "s:2": [1],
        "s:3": [],
    }


async def test_a_reader_of_the_tail_waits_for_a_slow_writer_and_loses_nothing(database: Database) -> None:
    async with database.unit("main") as slow:
        await append_events(slow, [event("slow:1")])
        await append(database, event("fast:1"), event("fast:1", 2))
        async with database.unit("main") as reader:
            assert await read_after(reader, 0) == []
    async with database.unit("main") as reader:
        assert keys(await read_after(reader, 0)) == [("slow:1", 1), ("fast:1", 1), ("fast:1", 2)]


async def test_a_reader_goes_on_where_it_stopped(database: Database) -> None:
    await append(database, *(event("s:1", version) for version in range(1, 8)))
    seen: list[int] = []
    last = 0
    async with database.unit("main") as unit:
        while rows := await read_after(unit, last, limit=3):
            seen += [row.version for row in rows]
            last = rows[-1].seq
    assert seen == list(range(1, 8))


async def test_nothing_to_append_is_fine(database: Database) -> None:
    await append(database)
    async with database.unit("main") as unit:
        assert await read_after(unit, 0) == []
