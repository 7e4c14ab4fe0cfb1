"""Order in a group, by an operator at a command line and by people whose own clients see what becomes of them."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
from tests.journeys.matrix_shop import Shop, open_shop
from tests.journeys.operator import WORKSPACE, Operator
from tests.journeys.person import PersonClient, PersonError
from tests.journeys.synapse import NewPerson

from qunflow.community import desk
from qunflow.community.acts import Act, ActOnGroup
from qunflow.community.model import GroupState
from qunflow.connectors.matrix.settings import MatrixSettings
from qunflow.domain.errors import QunflowError
from qunflow.engine.replay import check_replay

pytestmark = pytest.mark.journey


class Table:
    """One group and its operator."""

    def __init__(self, shop: Shop, room: str) -> None:
        self.operator, self.staff = shop.operator, shop.staff.mxid
        self.room = room

    async def say(self, act: str, *more: str) -> dict[str, Any]:
        """An act at the command line that goes well."""
        found: dict[str, Any] = (await self.operator.say("group", act, self.room, *more, "--json")).data()
        assert found["outcome"] == "delivered", found
        await self.operator.quiet()
        return found

    async def do(self, act: Act, **fields: str) -> None:
        """The same act without the second that a command takes to start."""
        door = self.operator.application.door
        body = ActOnGroup(desk.new_act_name(), str(act), self.room, **fields)
        await desk.ask_act(door, WORKSPACE, await self.group(), body)
        assert (await desk.wait_for_end(door, WORKSPACE, body.name, 20)).outcome == "delivered"
        await self.operator.quiet()

    async def refused(self, act: Act, **fields: str) -> str:
        """The code with which an act is refused."""
        body = ActOnGroup(desk.new_act_name(), str(act), self.room, **fields)
        with pytest.raises(QunflowError) as caught:
            await desk.ask_act(self.operator.application.door, WORKSPACE, await self.group(), body)
        return caught.value.code

    async def group(self) -> GroupState:
        return await desk.find_group(self.operator.application.door, WORKSPACE, self.room)

    async def heard(self, person: PersonClient) -> None:
        """Wait until the knock of this person is there."""
        for _ in range(200):
            if person.mxid in (await self.group()).knocks:
                return
            await asyncio.sleep(0.05)
        raise AssertionError("the knock was not heard")


@pytest.fixture
async def shop(operator: Operator, account: MatrixSettings, new_person: NewPerson) -> Shop:
    return await open_shop(operator, account, await new_person("lin", "林"))


@pytest.fixture
async def table(shop: Shop) -> Table:
    """The first group, which staff is in and which may be knocked at."""
    room = await shop.staff.invitation(within=20.0)
    await shop.staff.join(room)
    table = Table(shop, room)
    await table.say("join-rule", "knock")
    return table


async def let_in(table: Table, person: PersonClient, words: str = "") -> None:
    await person.knock(table.room, words)
    await table.heard(person)
    await table.do(Act.APPROVE, external=person.mxid)
    await person.invitation(table.room)
    await person.join(table.room)
    await table.operator.quiet()


async def test_a_knock_is_answered_and_a_ban_holds_until_it_is_lifted(table: Table, new_person: NewPerson) -> None:
    ann, bob = await new_person("ann", "安安"), await new_person("bob", "小波")
    assert await table.refused(Act.APPROVE, external=ann.mxid) == "wrong_state"

    # Ann is let in, Bob is turned away and reads why.
    await ann.knock(table.room, "老客户")
    await table.heard(ann)
    (knock,) = (await table.operator.say("group", "knocks", table.room, "--json")).data()
    assert (knock["member"], knock["name"], knock["says"]) == (ann.mxid, "安安", "老客户")
    await table.say("approve", ann.mxid)
    assert await ann.invitation() == table.room
    await ann.join(table.room)
    await bob.knock(table.room)
    await table.heard(bob)
    await table.say("refuse", bob.mxid, "--note", "名额已满")
    assert (await bob.removal(table.room))["content"]["reason"] == "名额已满"
    assert not (await table.group()).knocks

    # Ann is removed and may ask again; staff cannot be removed at all.
    await table.say("kick", ann.mxid)
    assert "客服" in (await ann.removal(table.room))["content"]["reason"]
    assert await table.refused(Act.KICK, external=ann.mxid) == "not_in_group"
    assert await table.refused(Act.BAN, external=table.staff) == "wrong_state"
    await let_in(table, ann, "再来一次")

    # Banned she is out for good: no knock, no way in, until the ban is lifted.
    await table.say("ban", ann.mxid, "--reason", "fraud", "--note", "广告")
    banned = (await ann.removal(table.room))["content"]
    assert (banned["membership"], banned["reason"]) == ("ban", "广告")
    for attempt in (ann.knock, ann.join):
        with pytest.raises(PersonError) as refused:
            await attempt(table.room)
        assert refused.value.status == 403
    assert await table.refused(Act.BAN, external=ann.mxid) == "already_done"
    await table.say("unban", ann.mxid)
    await let_in(table, ann)
    await check_the_log(table)


async def check_the_log(table: Table) -> None:
    """Every act stands in the group's log with its end, and the event log tells the same once more."""
    acts = (await table.operator.say("group", "log", table.room, "--json")).data()
    assert [item["act"] for item in acts] == [
        "join_rule", "approve", "refuse", "kick", "approve", "ban", "unban", "approve",
    ]  # fmt: skip
    assert {item["outcome"] for item in acts} == {"delivered"}
    assert [item["reason"] for item in acts if item["act"] in ("kick", "ban")] == ["kicked", "fraud"]
    application = table.operator.application
    assert (await check_replay(application.home.database, application.registry, WORKSPACE)).differing == ()
    assert await table.operator.dead_letters() == []
    assert await table.operator.unsent() == []


async def test_topic_pin_and_redaction_are_seen_in_the_room(table: Table, new_person: NewPerson) -> None:
    ann = await new_person("ann", "安安")
    await let_in(table, ann)
    said = await ann.say(table.room, "加我微信")
    await table.say("topic", "每晚八点答疑")
    await table.say("pin", f"https://matrix.to/#/{table.room}/{said}?via=qunflow.test")
    await ann.state(table.room, "m.room.topic", lambda content: content["topic"] == "每晚八点答疑")
    await ann.state(table.room, "m.room.pinned_events", lambda content: content["pinned"] == [said])
    await table.do(Act.UNPIN, message=said)
    await table.say("redact", said, "--note", "广告")
    await ann.state(table.room, "m.room.pinned_events", lambda content: content["pinned"] == [])
    await ann.state(table.room, "m.room.redaction", lambda content: content.get("reason") == "广告")
    assert (await ann.ask("GET", f"/rooms/{table.room}/event/{said}"))["content"] == {}
    told = await table.operator.say("group", "pin", table.room, "no-id", "--json")
    assert told.code == 1 and '"outcome": "refused_by_platform"' in told.out
    assert await table.refused(Act.JOIN_RULE, value="public") == "join_rule"
