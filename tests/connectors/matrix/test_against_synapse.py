"""The connector against a real Synapse, seen from outside by persons with clients of their own."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import replace
from urllib.parse import urlsplit

import httpx
import pytest
from granian.constants import Interfaces
from granian.server.embed import Server
from starlette.applications import Starlette
from tests.connectors.matrix.conftest import Blobs, png
from tests.connectors.matrix.scripted import NOON, StandingClock
from tests.journeys.synapse import CHANNEL, NewPerson, Synapse

from qunflow.connectors.matrix.client import MatrixClient, NewRoom
from qunflow.connectors.matrix.inbound import Body
from qunflow.connectors.matrix.listener import callback_routes
from qunflow.connectors.matrix.outbound import MatrixConnector
from qunflow.connectors.matrix.settings import MatrixSettings
from qunflow.domain import actions as do
from qunflow.domain import inbound as body
from qunflow.domain.reasons import Reason
from qunflow.domain.receipts import Receipt, Result

IMAGE = png(30, 20, b"\x00\xff" * 500)


@pytest.fixture(scope="module")
def shop(synapse: Synapse) -> MatrixSettings:
    """One account for the file. Nobody listens for it: pushes are tested with another."""
    return synapse.take_account()


@pytest.fixture
async def live(shop: MatrixSettings, blobs: Blobs) -> AsyncIterator[MatrixConnector]:
    made = connected(shop, blobs)
    yield made
    await made.close()


def connected(shop: MatrixSettings, blobs: Blobs) -> MatrixConnector:
    return MatrixConnector(CHANNEL, shop, MatrixClient(shop), StandingClock(), blobs.read, blobs.put)


async def done(connector: MatrixConnector, action: object, key: str = "k") -> Receipt:
    receipt = await connector.perform(action, key)
    assert receipt.result is Result.DONE, receipt
    return receipt


async def group(connector: MatrixConnector, key: str, *admins: str) -> str:
    return (await done(connector, do.CreateGroup("一群", "pool:1", admins), key)).reference


async def test_a_group_is_made_once_and_read_whole(live: MatrixConnector, new_person: NewPerson) -> None:
    ann = await new_person("ann", "安")
    room = await group(live, "once", ann.mxid)
    assert await group(live, "once", ann.mxid) == room
    assert await group(live, "another") != room
    detected = await live.detect(do.CreateGroup("一群", "pool:1", (ann.mxid,)), "once", NOON)
    assert detected is not None and detected.answers == (body.GroupCreated(room, "一群", "pool:1"),)
    assert await live.detect(do.CreateGroup("一群", "pool:1"), "never", NOON) is None
    await ann.invitation(room)
    await ann.join(room)
    (read,) = (await done(live, do.ReadGroup(room))).answers
    assert (read.name, {seen.external: seen.name for seen in read.members}[ann.mxid]) == ("一群", "安")
    assert [seen.is_staff for seen in read.members if seen.external == read.owner] == [True]
    (foreign,) = (await done(live, do.ReadGroup("!nowhere:qunflow.test"))).answers
    assert foreign.gone


async def test_a_person_is_invited_told_shown_and_removed(
    shop: MatrixSettings, live: MatrixConnector, new_person: NewPerson
) -> None:
    bob = await new_person("bob")
    room = await group(live, "life")
    invite = do.InviteMember(room, bob.mxid)
    assert await live.detect(invite, "i", NOON) is None
    await done(live, invite, "i")
    assert await live.detect(invite, "i", NOON) == Receipt(Result.DONE, room)
    await bob.invitation(room)
    await bob.join(room)
    await done(live, invite, "i again")

    for _ in range(3):  # the same action: one message
        told = await done(live, do.SendText("大家好", chat=room), "t")
    await done(live, do.SendImage("poster", "扫码", chat=room), "p")
    shown = await bob.message(room, "扫码")
    assert [content["body"] for content in bob.messages(room)] == ["大家好", "扫码"] and told.reference
    assert await bob.download(shown["url"]) == png(300, 200)
    assert (shown["info"]["w"], shown["info"]["h"]) == (300, 200)

    remove = do.RemoveMember(room, bob.mxid, "发广告三次")
    await done(live, remove, "r")
    removal = await bob.removal(room)
    assert (removal["content"]["reason"], removal["sender"]) == ("发广告三次", shop.sender)
    assert await live.detect(remove, "r", NOON) == Receipt(Result.DONE, room)
    await done(live, remove, "r again")


async def test_an_admin_is_not_removed_and_a_banned_person_not_invited(
    live: MatrixConnector, new_person: NewPerson
) -> None:
    ann, bob = await new_person("ann"), await new_person("bob")
    room = await group(live, "admins", ann.mxid)
    await done(live, do.InviteMember(room, bob.mxid))
    await ann.join(room)
    await bob.join(room)
    banned = await ann.http.post(f"/_matrix/client/v3/rooms/{room}/ban", json={"user_id": bob.mxid})
    assert banned.status_code == 200
    assert (await live.perform(do.InviteMember(room, bob.mxid), "k")).reason is Reason.KICKED
    encryption = {"algorithm": "m.megolm.v1.aes-sha2"}
    hidden = await ann.http.put(f"/_matrix/client/v3/rooms/{room}/state/m.room.encryption", json=encryption)
    assert hidden.status_code == 403


async def test_one_person_is_written_to_in_one_direct_room(
    shop: MatrixSettings, live: MatrixConnector, new_person: NewPerson, blobs: Blobs
) -> None:
    cy = await new_person("cy")
    await done(live, do.SendText("第一句", external=cy.mxid), "d1")
    room = await cy.invitation()
    await cy.join(room)
    restarted = connected(shop, blobs)  # remembers nothing and finds the room by its alias
    await done(restarted, do.TellStaff(cy.mxid, "新待办", "群满了"), "d2")
    await cy.message(room, "新待办\n群满了")
    await cy.message(room, "第一句")
    await cy.leave(room)
    mass = await done(restarted, do.Broadcast("b1", (cy.mxid,), "大促"), "d3")
    assert mass.answers[1] == body.BroadcastRead("b1", {cy.mxid: "not_contact"})
    await done(restarted, do.SendText("还在吗", external=cy.mxid), "d4")
    assert await cy.invitation(room) == room and len(cy.invited) == 1
    nobody = await live.perform(do.SendText("hi", external="@nobody:qunflow.test"), "d5")
    assert (nobody.result, nobody.reason) == (Result.REFUSED, Reason.NOT_CONTACT)
    await restarted.close()


async def test_an_image_of_a_person_comes_into_our_store(
    live: MatrixConnector, new_person: NewPerson, blobs: Blobs
) -> None:
    ann = await new_person("ann")
    room = await group(live, "proof", ann.mxid)
    await ann.join(room)
    mxc = await ann.show(room, IMAGE)
    (posted,) = (await done(live, do.FetchMedia(room, ann.mxid, mxc))).answers
    assert (posted.external, posted.media) == (ann.mxid, mxc)
    assert (blobs.kept[posted.blob], blobs.kinds[posted.blob]) == (IMAGE, "image/png")
    missing = await live.perform(do.FetchMedia(room, ann.mxid, "mxc://qunflow.test/missing"), "k")
    assert missing.result is Result.REFUSED


@pytest.mark.parametrize("version", ["9", "12"])
async def test_rooms_of_other_versions_are_ours_too(shop: MatrixSettings, new_person: NewPerson, version: str) -> None:
    client, ann = MatrixClient(replace(shop, room_version=version)), await new_person("ann")
    room = await client.create_room(NewRoom(shop.alias_name("g", version), "群", power={ann.mxid: 50}))
    await client.invite(room, ann.mxid)
    await ann.join(room)
    await client.kick(room, ann.mxid, "over")
    assert await client.membership(room, ann.mxid) == "leave"
    await client.close()


async def test_a_message_is_not_doubled_by_a_restart_of_the_server(
    synapse: Synapse, live: MatrixConnector, new_person: NewPerson
) -> None:
    ann = await new_person("ann")
    room = await group(live, "restart", ann.mxid)
    await ann.join(room)
    first = await done(live, do.SendText("只说一次", chat=room), "r1")
    synapse.stop()
    away = await live.perform(do.SendText("只说一次", chat=room), "r1")
    assert (away.result, away.reason) == (Result.RETRY, Reason.PLATFORM_ERROR)
    await asyncio.to_thread(synapse.start)
    assert await done(live, do.SendText("只说一次", chat=room), "r1") == first
    await done(live, do.SendText("然后", chat=room), "r2")
    await ann.message(room, "然后")
    assert [content["body"] for content in ann.messages(room)] == ["只说一次", "然后"]


# --- pushes -------------------------------------------------------------------------------------------------------


class Inbox:
    """Keeps what the server pushed, once by its key."""

    def __init__(self, account: MatrixSettings) -> None:
        self.account = account
        self.kept: dict[str, Body] = {}

    async def find(self, channel: str) -> MatrixSettings | None:
        return self.account if channel == CHANNEL else None

    async def store(self, channel: str, key: str, bodies: tuple[Body, ...], raw: bytes) -> None:
        self.kept.setdefault(key, bodies[0])

    async def until(self, found: Callable[[list[Body]], bool]) -> list[Body]:
        async with asyncio.timeout(15):
            while not found(list(self.kept.values())):
                await asyncio.sleep(0.05)
        return list(self.kept.values())


@asynccontextmanager
async def served(inbox: Inbox) -> AsyncIterator[None]:
    """A real server on the port that the registration names."""
    address = urlsplit(inbox.account.base_url)
    app = Starlette(routes=callback_routes(inbox.find, inbox.store))
    server = Server(app, address=str(address.hostname), port=address.port or 0, interface=Interfaces.ASGINL)
    task = asyncio.create_task(server.serve())
    async with httpx.AsyncClient(trust_env=False) as probe:
        for _ in range(100):
            try:
                await probe.get(inbox.account.base_url)
                break
            except httpx.ConnectError:
                await asyncio.sleep(0.05)
    try:
        yield
    finally:
        server.stop()
        await task


async def test_what_happens_in_our_rooms_is_pushed_to_us(synapse: Synapse, new_person: NewPerson, blobs: Blobs) -> None:
    shop = synapse.take_account()
    live, inbox = connected(shop, blobs), Inbox(shop)
    ann, bob = await new_person("ann", "安"), await new_person("bob")
    async with served(inbox):
        room = await group(live, "pushed", ann.mxid)
        await done(live, do.InviteMember(room, bob.mxid))
        await done(live, do.SendText("私聊", external=bob.mxid))
        await ann.join(room)
        await bob.invitation(room)
        await bob.join(room)
        direct = await bob.invitation()
        await bob.join(direct)
        await ann.rename("安安")
        await bob.say(direct, "收到")
        await ann.say(room, "大家好")
        mxc = await ann.show(room, IMAGE)
        await done(live, do.SendText("我们自己", chat=room), "own")
        await done(live, do.RemoveMember(room, bob.mxid, "广告"))
        await ann.leave(room)
        bodies = await inbox.until(lambda seen: body.MemberWent(room, ann.mxid) in seen)
    assert [told for told in bodies if told.chat == room] == [
        body.MemberEntered(room, ann.mxid, "安"),
        body.MemberEntered(room, bob.mxid, bob.mxid.split(":")[0][1:]),
        body.MemberNamed(room, ann.mxid, "安安"),
        body.MessagePosted(room, ann.mxid, "大家好"),
        body.MessagePosted(room, ann.mxid, media=mxc),
        body.MemberWent(room, bob.mxid, removed=True),
        body.MemberWent(room, ann.mxid),
    ]
    assert [told for told in bodies if told.chat != room and isinstance(told, body.MessagePosted)] == [
        body.MessagePosted(direct, bob.mxid, "收到")
    ]
    await live.close()


async def test_knocks_bans_and_their_ends_are_pushed_to_us(
    synapse: Synapse, new_person: NewPerson, blobs: Blobs
) -> None:
    shop = replace(synapse.take_account(), join_rule="knock", display_name="群助手")
    live, inbox = connected(shop, blobs), Inbox(shop)
    ann, bob = await new_person("ann", "安"), await new_person("bob", "波")
    async with served(inbox):
        room = await group(live, "knocked at")
        await ann.knock(room, "老客户")
        await bob.knock(room)
        await bob.leave(room)
        await inbox.until(lambda seen: body.KnockEnded(room, bob.mxid, "withdrawn") in seen)
        await done(live, do.InviteMember(room, ann.mxid))
        await ann.join(room)
        await bob.knock(room, "我也来")
        await done(live, do.RefuseKnock(room, bob.mxid, "名额已满"))
        await done(live, do.BanMember(room, ann.mxid, "广告"))
        await done(live, do.UnbanMember(room, ann.mxid))
        bodies = await inbox.until(lambda seen: body.BanEnded(room, ann.mxid) in seen)
    assert [told for told in bodies if told.chat == room] == [
        body.KnockHeard(room, ann.mxid, "安", "老客户"),
        body.KnockHeard(room, bob.mxid, "波"),
        body.KnockEnded(room, bob.mxid, "withdrawn"),
        body.KnockEnded(room, ann.mxid, "invited"),
        body.MemberEntered(room, ann.mxid, "安"),
        body.KnockHeard(room, bob.mxid, "波", "我也来"),
        body.KnockEnded(room, bob.mxid, "refused"),
        body.MemberWent(room, ann.mxid, removed=True, banned=True),
        body.BanEnded(room, ann.mxid),
    ]
    (read,) = (await done(live, do.ReadGroup(room))).answers
    assert [seen.name for seen in read.members] == ["群助手"]
    await live.close()


async def test_topic_pins_and_redactions_are_seen_by_others(live: MatrixConnector, new_person: NewPerson) -> None:
    ann = await new_person("ann")
    room = await group(live, "order", ann.mxid)
    await ann.join(room)
    said = await ann.say(room, "加微信 abc")
    for _ in range(2):
        await done(live, do.SetTopic(room, "每晚八点"), "t")
        await done(live, do.PinMessage(room, said), "p")
        await done(live, do.RedactMessage(room, said, "广告"), "r")
    await ann.state(room, "m.room.topic", lambda content: content["topic"] == "每晚八点")
    await ann.state(room, "m.room.pinned_events", lambda content: content["pinned"] == [said])
    redaction = await ann.state(room, "m.room.redaction", lambda content: content.get("reason") == "广告")
    assert redaction
    again = await ann.ask("GET", f"/rooms/{room}/event/{said}")
    assert again["content"] == {}
    assert len([event for event in ann.seen[room] if event["type"] == "m.room.redaction"]) == 1
