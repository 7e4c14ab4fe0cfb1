"""Callbacks are stored before they are answered, once each, and one bad one spoils no other."""

from __future__ import annotations

import asyncio

import pytest
from tests.integration.engine.conftest import Works
from tests.integration.engine.toy import Add

from qunflow.domain.errors import QunflowError
from qunflow.domain.inbound import ContactLost, GroupHinted, GroupsListed
from qunflow.engine import intake as intake_file
from qunflow.engine.intake import Intake, lane_of_body


@pytest.fixture
def intake(works: Works) -> Intake:
    return Intake(works.engine, works.database)


async def stored(works: Works) -> list[str]:
    async with works.database.unit("main") as unit:
        return [row[0] for row in await unit.fetch("SELECT message_id FROM inbox ORDER BY message_id")]


async def test_a_callback_is_stored_when_it_is_answered_and_its_payload_with_it(works: Works, intake: Intake) -> None:
    await intake.store("main", "wx", "key", [Add(1), Add(2)], b"<xml/>")
    assert await stored(works) == ["wx:key:0", "wx:key:1"]
    assert await works.value("SELECT count(*) FROM inbox WHERE raw = '<xml/>'") == 1


async def test_the_same_callback_three_times_is_stored_once(works: Works, intake: Intake) -> None:
    await asyncio.gather(*(intake.store("main", "wx", "key", [Add(1)]) for _ in range(3)))
    await intake.store("main", "wx", "key", [Add(1)])
    assert await stored(works) == ["wx:key:0"]


async def test_many_at_once_are_one_commit(works: Works, intake: Intake) -> None:
    await asyncio.gather(*(intake.store("main", "wx", str(number), [Add(1)]) for number in range(100)))
    assert int(await works.value("SELECT count(DISTINCT xmin::text) FROM inbox")) <= 3


async def test_one_that_cannot_be_stored_is_refused_alone(works: Works, intake: Intake) -> None:
    names = ["a", "b", "bad", "c"]
    bodies = [Add(1), Add(1), Add(1, "no NUL \0 in the database"), Add(1)]
    found = await asyncio.gather(
        *(intake.store("main", "wx", name, [body]) for name, body in zip(names, bodies, strict=True)),
        return_exceptions=True,
    )
    assert [item is None for item in found] == [True, True, False, True]
    assert await stored(works) == ["wx:a:0", "wx:b:0", "wx:c:0"]


async def test_a_platform_that_hung_up_does_not_leave_the_others_waiting(works: Works, intake: Intake) -> None:
    bad = Add(1, "no NUL \0 in the database")
    tasks = [
        asyncio.create_task(intake.store("main", "wx", str(number), [body]))
        for number, body in enumerate([bad, Add(1)])
    ]
    await asyncio.sleep(0)
    tasks[0].cancel()
    await asyncio.wait_for(asyncio.gather(*tasks, return_exceptions=True), 5)
    await asyncio.wait_for(intake.store("main", "wx", "later", [Add(1)]), 5)
    assert await stored(works) == ["wx:1:0", "wx:later:0"]


async def test_too_many_at_once_are_told_to_come_back(intake: Intake, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(intake_file, "MAX_WAITING", 1)
    found = await asyncio.gather(
        *(intake.store("main", "wx", str(number), [Add(1)]) for number in range(3)), return_exceptions=True
    )
    assert [item.code for item in found if isinstance(item, QunflowError)] == ["overloaded"] * 2


def test_a_message_belongs_to_the_conversation_of_its_group_then_its_person_then_its_account() -> None:
    assert lane_of_body("wx", GroupHinted("g1", "created")) == "group:wx:g1"
    assert lane_of_body("wx", ContactLost("b", "amy", True)) == "person:wx:b"
    assert lane_of_body("wx", GroupsListed(("g1",))) == "channel:wx"
