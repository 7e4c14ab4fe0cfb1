"""The log: versions one after the other, once each, and a reader that loses nothing behind a slow writer."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Any, ClassVar
from uuid import uuid4

import asyncpg
import pytest
from tests.integration.storage.conftest import NOW

from qunflow.domain.events import Event
from qunflow.storage.database import Database
from qunflow.storage.event_log import EventRow, append_events, read_after, read_streams
from qunflow.storage.faults import is_race


@dataclass(frozen=True)
class Body:
    KIND: ClassVar[str] = "joined"
    SCHEMA: ClassVar[int] = 2
    data: Any = "a"


def event(stream: str = "s:1", version: int = 1, **changes: Any) -> Event:
    values: dict[str, Any] = {
        "event_id": str(uuid4()),
        "workspace": "main",
        "stream": stream,
        "version": version,
        "body": Body(),
        "at": NOW,
        "local_date": date(2026, 12, 1),
        "tz": "Asia/Shanghai",
        "recorded_at": NOW,
        "person": "b",
        "campaign": "winter",
        "channel": "wx",
        "cause": "m",
        "command_id": "m",
    }
    return Event(**{**values, **changes})


async def append(database: Database, *events: Event) -> None:
    async with database.unit("main") as unit:
        await append_events(unit, events)


def keys(rows: list[EventRow]) -> list[tuple[str, int]]:
    return [(row.stream, row.version) for row in rows]


async def test_an_event_comes_back_as_it_was_written(database: Database) -> None:
    written = event(body=Body({"名": ["字", 1, None, True]}))
    await append(database, written)
    async with database.unit("main") as unit:
        (found,) = (await read_streams(unit, ["s:1"]))["s:1"]
    envelope = [name for name in EventRow.__slots__ if name not in ("type", "schema", "data", "seq")]
    assert [getattr(found, name) for name in envelope] == [getattr(written, name) for name in envelope]
    assert (found.type, found.schema, found.data) == ("joined", 2, {"data": {"名": ["字", 1, None, True]}})


async def test_what_differs_within_a_batch_is_kept_apart_and_what_is_equal_is_equal(database: Database) -> None:
    await append(database, event(version=1, person="b"), event(version=2, person="c"), event("s:2", person="b"))
    async with database.unit("main") as unit:
        found = await read_streams(unit, ["s:1", "s:2"])
    assert [(row.version, row.person, row.campaign) for row in found["s:1"]] == [(1, "b", "winter"), (2, "c", "winter")]
    assert [(row.version, row.person, row.campaign) for row in found["s:2"]] == [(1, "b", "winter")]


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
