"""A thousand visitors at once before 150 free places: nobody gets a place that is not there, and none is lost."""

from __future__ import annotations

import asyncio
from collections import Counter
from datetime import timedelta

import pytest

from qunflow.bootstrap import Application
from qunflow.domain.inbound import EntryOpened, GroupRead, MemberSeen
from qunflow.engine.reading import first_person_id
from qunflow.features.livecodes.model import MakeCode, MakePool, PoolSettings, Scan, ScanAnswer, TakePlace, person_key
from qunflow.storage.guards import load_counters

AMY = MemberSeen("amy", is_staff=True)
#: One of the 151 members is our own.
SETTINGS = PoolSettings("wx", "福利群", ("amy",), soft_limit=151, low_at=50)


class Street:
    """A live code on the street, and the hands of the platform behind it."""

    def __init__(self, application: Application) -> None:
        self.application = application
        self.code = ""
        self.told = 0

    async def settle(self) -> None:
        runner = self.application.runner()
        while await runner.turn():
            pass

    async def tell(self, *bodies: object) -> None:
        self.told += 1
        await self.application.intake.store("main", "wx", f"told-{self.told}", bodies)
        await self.settle()

    async def begin(self) -> None:
        door = self.application.door
        await door.ask("main", MakePool("p", SETTINGS))
        self.code = str((await door.ask("main", MakeCode("p", "winter"))).value)
        await self.settle()
        await self.open_group(1)

    async def open_group(self, number: int, *members: MemberSeen) -> None:
        """The group that was asked for exists, and so does the way into it."""
        now = self.application.home.clock.now()
        chat = f"g{number}"
        await self.tell(GroupRead(chat, now, f"福利群{number}", "amy", members=(AMY, *members)))
        await self.tell(
            EntryOpened("p", chat, f"config-{number}", f"https://platform.example/{chat}.png", chats=(chat,))
        )

    async def scan(self, *visitors: int) -> list[ScanAnswer]:
        asked = (self.application.door.ask("main", Scan(self.code, f"v{number}")) for number in visitors)
        return [answer.value for answer in await asyncio.gather(*asked)]

    async def used(self) -> dict[str, tuple[int, int]]:
        """Places handed out and places there are, by group."""
        names = ["places:p:g1", "places:p:g2"]
        async with self.application.home.database.unit("main") as unit:
            found = await load_counters(unit, names)
        return {name[-2:]: (counter.used, counter.limit) for name, counter in found.items()}

    async def rows(self, statement: str) -> list[tuple[object, ...]]:
        async with self.application.home.database.unit("main") as unit:
            return [tuple(row) for row in await unit.fetch(statement)]


@pytest.fixture
async def street(application: Application) -> Street:
    made = Street(application)
    await made.begin()
    return made


async def test_a_thousand_at_once_get_exactly_the_places_there_are_and_the_next_group_takes_the_next(
    street: Street,
) -> None:
    first = await street.scan(*range(1000))
    assert Counter(bool(answer.entry) for answer in first) == {True: 150, False: 850}
    assert (await street.used())["g1"] == (150, 150)
    await street.settle()
    wished = await street.rows("SELECT body->>'name' FROM outbox WHERE kind = 'create_group' ORDER BY seq")
    assert wished == [("福利群1",), ("福利群2",)]
    await street.open_group(2)
    waiting = [number for number, answer in enumerate(first) if not answer.entry]
    second = await street.scan(*waiting)
    assert Counter(answer.entry for answer in second) == {"g2": 150, "": 700}
    assert await street.used() == {"g1": (150, 150), "g2": (150, 150)}
    events = await street.rows("SELECT count(*), count(*) FILTER (WHERE data->>'placed' <> '') FROM events "
                               "WHERE type = 'scanned'")  # fmt: skip
    assert events == [(1850, 300)]
    assert await street.rows("SELECT kind, reason FROM inbox WHERE state = 'dead'") == []


async def test_those_who_scan_again_get_the_same_place_and_use_no_second_one(street: Street) -> None:
    first = await street.scan(*range(60))
    again = await street.scan(*range(60), *range(60))
    assert [answer.entry for answer in again] == [answer.entry for answer in first] * 2 == ["g1"] * 120
    assert (await street.used())["g1"] == (60, 150)


async def test_places_that_nobody_used_come_back_by_the_sweep(street: Street) -> None:
    await street.scan(*range(150))
    assert [answer.entry for answer in await street.scan(999)] == [""]
    clock = street.application.home.clock
    clock.advance_to(clock.now() + timedelta(minutes=10))  # type: ignore[attr-defined]
    await street.settle()
    assert (await street.used())["g1"] == (0, 150)
    assert await street.rows("SELECT count(*) FROM claims") == [(0,)]
    assert [answer.entry for answer in await street.scan(999)] == ["g1"]


async def test_a_join_gives_the_kept_place_back_and_takes_the_room(street: Street) -> None:
    door = street.application.door
    await street.scan(1, 2)
    person = first_person_id("main", "wx", "ext-1")
    answer = await door.ask("main", TakePlace("p", "v1"), person=person)
    assert (answer.value.entry, (await street.used())["g1"]) == ("g1", (2, 150))
    await street.tell(
        GroupRead(
            "g1", door.clock.now(), "福利群1", "amy", members=(AMY, MemberSeen("ext-1"), MemberSeen("past the code"))
        )
    )
    assert (await street.used())["g1"] == (1, 148)
    assert await street.rows("SELECT key FROM claims") == [("v2",)]
    assert person_key(person) not in {key for (key,) in await street.rows("SELECT key FROM claims")}


async def test_two_processes_hand_out_no_place_twice(street: Street) -> None:
    other = Application.join(street.application.home)
    asked = [
        each.door.ask("main", Scan(street.code, f"v{number}"))
        for number in range(200)
        for each in (street.application, other)
    ]
    answers = await asyncio.gather(*asked)
    entries: dict[str, set[str]] = {}
    for number, answer in enumerate(answers):
        entries.setdefault(f"v{number // 2}", set()).add(answer.value.entry)
    placed = [visitor for visitor, found in entries.items() if "g1" in found]
    assert len(placed) == 150
    assert (await street.used())["g1"] == (150, 150)
