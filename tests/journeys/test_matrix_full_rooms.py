"""A room that is full leads to the next one, which qunflow makes itself; nobody is turned away, no room overflows."""

from __future__ import annotations

import asyncio

import pytest
from tests.journeys.matrix_shop import CAMPAIGN, Shop, open_shop, walk_it_oneself_and_launch
from tests.journeys.operator import WORKSPACE, Operator
from tests.journeys.person import PersonClient
from tests.journeys.synapse import NewPerson

from qunflow.connectors.matrix.settings import MatrixSettings
from qunflow.features.campaigns.report import campaign_report

pytestmark = pytest.mark.journey
SOFT_LIMIT = 4  # our own account and Lin are two of them


@pytest.fixture
async def shop(operator: Operator, account: MatrixSettings, new_person: NewPerson) -> Shop:
    staff = await new_person("lin", "林")
    return await open_shop(operator, account, staff, soft_limit=SOFT_LIMIT, low_at=1)


async def staff_follows(shop: Shop) -> None:
    """Our own person enters every group that asks for them."""
    await shop.staff.sync()
    for room in [room for room in shop.staff.invited if not shop.staff.is_direct(room)]:
        await shop.staff.join(room)
    await shop.operator.quiet()


async def test_a_full_room_leads_to_the_next(shop: Shop, new_person: NewPerson) -> None:
    code, first = await walk_it_oneself_and_launch(shop)
    people: list[PersonClient] = [await new_person(f"p{number}") for number in range(5)]
    rooms = []
    for person in people:
        rooms.append(await shop.scan_and_join(person, code))
        await shop.operator.quiet()
        await staff_follows(shop)
    assert rooms[0] == first and len(set(rooms)) == 3, rooms
    assert [rooms.count(room) for room in dict.fromkeys(rooms)] == [2, 2, 1]
    found = [await people[rooms.index(room)].ask("GET", f"/rooms/{room}/state/m.room.name") for room in rooms]
    assert [name["name"] for name in found] == ["暖心群1", "暖心群1", "暖心群2", "暖心群2", "暖心群3"]
    async with asyncio.timeout(60):  # the server pushes the last join when it likes
        while (report := await campaign_report(shop.operator.application.door, WORKSPACE, CAMPAIGN))["funnel"][
            "joined"
        ] < len(people):
            await shop.operator.quiet()
    assert report["overfull_groups"] == report["bypass_joins"] == 0
    assert (report["funnel"]["scanned"], report["funnel"]["joined"]) == (5, 5)
    assert max(group["members"] for group in report["groups"]) <= SOFT_LIMIT
    assert await shop.operator.dead_letters() == []
    assert await shop.operator.unsent() == []
