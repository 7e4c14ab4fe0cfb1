"""The Matrix server is killed in the middle of things: nothing is lost, nothing is said or heard twice."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from tests.journeys.matrix_shop import TASK_FEN, Shop, newcomer, open_shop, walk_it_oneself_and_launch
from tests.journeys.operator import WORKSPACE, Operator
from tests.journeys.person import PersonClient
from tests.journeys.phone import screenshot
from tests.journeys.synapse import CHANNEL, NewPerson, Synapse, free_ports
from tests.journeys.wire import Wire, strung

from qunflow.bootstrap import Application, open_home
from qunflow.community import desk
from qunflow.community.acts import Act, ActOnGroup
from qunflow.connectors.matrix.settings import MatrixSettings
from qunflow.engine.replay import check_replay
from qunflow.settings import Settings
from qunflow.storage.clock import SharedClock

pytestmark = pytest.mark.journey
PATIENCE = 45.0


@pytest.fixture
async def wire(account: MatrixSettings) -> AsyncIterator[Wire]:
    """Where the server pushes to; qunflow listens at the other end."""
    async with strung(urlsplit(account.base_url).port or 0, free_ports(1)[0]) as strung_wire:
        yield strung_wire


@pytest.fixture
async def operator(
    wire: Wire, account: MatrixSettings, database_url: str, clock: SharedClock, tmp_path: Path
) -> AsyncIterator[Operator]:
    settings = Settings(
        data=tmp_path / "data",
        database_url=database_url,
        clock=tmp_path / "clock",
        port=wire.port,
        public_url=account.base_url,
        idle_seconds=0.05,
    )
    home = await open_home(settings)
    one = Operator(Application.join(home), clock, tmp_path)
    yield one
    await one.stop()
    await home.close()


def said_to(person: PersonClient, room: str, part: str) -> list[str]:
    """Texts of the room that name this person and have ``part`` in them."""
    named = [
        content for content in person.messages(room) if person.mxid in content.get("m.mentions", {}).get("user_ids", [])
    ]
    return [content["body"] for content in named if part in content["body"]]


async def topic_while_away(shop: Shop, room: str) -> str:
    """The operator sets a topic while the server is away; the name of the act."""
    door = shop.operator.application.door
    body = ActOnGroup(desk.new_act_name(), str(Act.TOPIC), room, value="停机时改的")
    await desk.ask_act(door, WORKSPACE, await desk.find_group(door, WORKSPACE, room), body)
    return body.name


async def heard_images(operator: Operator, mxc: str) -> int:
    """How many messages of the inbox tell of this image as it was pushed."""
    async with operator.application.home.database.unit(WORKSPACE) as unit:
        return int(
            await unit.value(
                "SELECT count(*) FROM inbox WHERE kind = 'message_posted' AND body->>'media' = $1 "
                "AND coalesce(body->>'blob', '') = '' AND channel = $2",
                mxc,
                CHANNEL,
            )
        )


async def test_a_killed_server_loses_and_doubles_nothing(
    operator: Operator, wire: Wire, synapse: Synapse, account: MatrixSettings, new_person: NewPerson
) -> None:
    shop = await open_shop(operator, account, await new_person("lin", "林"))
    code, room = await walk_it_oneself_and_launch(shop)
    ann, poster = await newcomer(shop, await new_person("ann", "安安"), code, room)
    bob, _ = await newcomer(shop, await new_person("bob", "小波"), code, room)
    await operator.quiet()

    # A push arrives at us and its answer is lost; then the server dies.
    wire.lossy = True
    mxc = await ann.show(room, screenshot(poster, f"found {ann.mxid}"), "image/jpeg")
    # Once it has tried again it has noted the failure, and only what it has noted does it repeat after a restart.
    async with asyncio.timeout(PATIENCE):
        while len(wire.swallowed) < 2:
            await asyncio.sleep(0.02)
    synapse.kill()

    # While it is away an operator acts, and a day goes by after which Bob is to be reminded.
    topic = await topic_while_away(shop, room)
    operator.clock.advance_to(operator.clock.now() + timedelta(hours=21))
    await asyncio.sleep(1.0)
    wire.lossy = False
    await asyncio.to_thread(synapse.start)

    await ann.told(room, "审核通过", to=ann.mxid, within=PATIENCE)
    await bob.told(room, "别忘了提交转发截图", to=bob.mxid, within=PATIENCE)
    done = await desk.wait_for_end(operator.application.door, WORKSPACE, topic, PATIENCE)
    assert done.outcome == "delivered"
    await ann.state(room, "m.room.topic", lambda content: content["topic"] == "停机时改的")
    async with asyncio.timeout(PATIENCE):  # the same transaction once more, this time with its answer
        while not set(wire.swallowed) <= set(wire.passed):
            await asyncio.sleep(0.05)
    await operator.quiet()
    assert await heard_images(operator, mxc) == 1
    await bob.sync()
    await ann.sync()
    for text in ("欢迎参加", "截图已收到", "审核通过"):
        assert len(said_to(ann, room, text)) == 1, text
    assert len(said_to(bob, room, "别忘了提交转发截图")) == 1
    assert (await shop.earned(await shop.participant(ann)))[0] == TASK_FEN
    application = operator.application
    assert (await check_replay(application.home.database, application.registry, WORKSPACE)).differing == ()
    assert await operator.dead_letters() == []
    assert await operator.unsent() == []
