"""Connector and callback URL together with the sandbox, both over real HTTP: what one sends, the other takes."""

from __future__ import annotations

import asyncio
import io
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta
from typing import Any

import httpx
import pytest
from granian.constants import Interfaces
from granian.server.embed import Server
from starlette.applications import Starlette
from tests.connectors.wecom.conftest import PNG
from tests.connectors.wecom.scripted import AES_KEY, TOKEN, HandClock, account

from qunflow.connectors.wecom.client import WecomClient
from qunflow.connectors.wecom.inbound import Body
from qunflow.connectors.wecom.listener import WecomAccount, callback_routes
from qunflow.connectors.wecom.outbound import WecomConnector
from qunflow.connectors.wecom.settings import WecomSettings
from qunflow.domain import actions as do
from qunflow.domain import inbound as body
from qunflow.domain.reasons import Reason
from qunflow.domain.receipts import Receipt, Result

sandbox = pytest.importorskip("qunflow.sandbox.server")
CORP, SECRET, AGENT = "wwtestcorp00000001", "secret-of-tests", 1_000_077


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@asynccontextmanager
async def served(app: Starlette, port: int, probe: str) -> AsyncIterator[str]:
    address = f"http://127.0.0.1:{port}"
    server = Server(app, address="127.0.0.1", port=port, interface=Interfaces.ASGI, log_enabled=False)
    task = asyncio.create_task(server.serve())
    try:
        async with httpx.AsyncClient(trust_env=False) as client:
            for _ in range(200):
                try:
                    await client.get(address + probe)
                    break
                except httpx.ConnectError:
                    await asyncio.sleep(0.02)
        yield address
    finally:
        server.stop()
        await task


class Town:
    """The people of the sandbox, the connector, and what its callback URL stored."""

    def __init__(self, http: httpx.AsyncClient, connector: WecomConnector, client: WecomClient) -> None:
        self.http, self.connector, self.client = http, connector, client
        self.heard: list[Body] = []
        self._numbers = iter(range(1, 1000))

    async def act(self, path: str, **values: Any) -> dict[str, Any]:
        answer = await self.http.post(path, json=values)
        assert answer.status_code == 200, answer.text
        return dict(answer.json())

    async def see(self, path: str, **query: Any) -> dict[str, Any]:
        return dict((await self.http.get(path, params=query)).json())

    async def done(self, action: Any, key: str = "") -> tuple[Any, ...]:
        receipt = await self.connector.perform(action, key or f"key{next(self._numbers)}")
        assert receipt.result is Result.DONE, receipt
        return receipt.answers

    async def scan(self, phone: str, picture: str) -> dict[str, Any]:
        zxingcpp = pytest.importorskip("zxingcpp")
        image = pytest.importorskip("PIL.Image")
        (code,) = zxingcpp.read_barcodes(image.open(io.BytesIO((await self.http.get(picture)).content)))
        return await self.act("/phone/scan", phone=phone, qr=code.text)

    async def person(self, name: str) -> str:
        return str((await self.act("/phone/new", phone=name, name=name))["external_userid"])

    async def befriend(self, phone: str, token: str = "tok") -> body.ContactAdded:
        (opened,) = await self.done(do.OpenContactCode(token, ("lisi",)))
        await self.scan(phone, opened.qr_image)
        await self.quiet()
        added = self.heard[-1]
        assert isinstance(added, body.ContactAdded)
        return added

    async def quiet(self) -> None:
        for _ in range(500):
            if not (await self.see("/status"))["pending_callbacks"]:
                return
            await asyncio.sleep(0.01)
        raise AssertionError("callbacks are still under way")


@pytest.fixture
async def town(clock: HandClock) -> AsyncIterator[Town]:
    port = free_port()
    settings = sandbox.SandboxSettings(port=port, corp_id=CORP, secret=SECRET, agentid=AGENT, seed="town")
    ours: WecomSettings = account(
        f"http://127.0.0.1:{port}", corp_id=CORP, secret=SECRET, agent_id=AGENT, staff=("lisi",)
    )
    seen: dict[tuple[str, str], tuple[Body, ...]] = {}

    async def find(channel: str) -> WecomAccount | None:
        return WecomAccount(ours.envelope) if channel == "shop" else None

    async def store(channel: str, key: str, bodies: tuple[Body, ...], xml: bytes) -> None:
        if (channel, key) not in seen:
            seen[channel, key] = bodies
            made.heard.extend(bodies)

    async def read_blob(blob: str) -> bytes:
        return PNG

    client = WecomClient(ours, clock, jitter=lambda: 0.5)
    connector = WecomConnector("shop", ours, client, clock, read_blob)
    hook = Starlette(routes=callback_routes(find, store))
    async with (
        served(sandbox.build_app(settings, clock), port, "/status") as address,
        served(hook, free_port(), "/") as hook_address,
        httpx.AsyncClient(base_url=address, trust_env=False) as http,
    ):
        made = Town(http, connector, client)
        url = f"{hook_address}/hooks/wecom/shop"
        accepted = await made.act("/admin/corp", callback_url=url, token=TOKEN, aes_key=AES_KEY)
        assert accepted == {"ok": True, "reason": ""}
        await made.act("/staff/new", userid="lisi", name="李四")
        yield made
        await connector.close()


async def test_from_a_scan_to_a_welcome_on_the_phone(town: Town) -> None:
    external = await town.person("p1")
    added = await town.befriend("p1", "tok123")
    assert (added.external, added.staff, added.state) == (external, "lisi", "tok123")
    attachments = (do.Attachment("link", url="https://a.example/p", title="进度"), do.Attachment("image", blob="b"))
    welcome = do.SendWelcome(external, added.welcome_code, "欢迎", attachments, "w1")
    for _ in range(2):  # the second try meets 41051
        assert await town.done(welcome) == (body.ActionEnded("w1", "delivered"),)
    (message,) = (await town.see("/phone/inbox", phone="p1"))["messages"]
    assert message["text"] == "欢迎" and len(message["attachments"]) == 2
    (read,) = await town.done(do.ReadContact(external))
    assert read.name == "p1" and dict(read.states) == {"lisi": "tok123"}


async def test_a_welcome_that_comes_too_late_is_refused(town: Town, clock: HandClock) -> None:
    external = await town.person("p1")
    added = await town.befriend("p1")
    clock.forward(seconds=21)
    receipt = await town.connector.perform(do.SendWelcome(external, added.welcome_code, "a", wish="w"), "k")
    assert (receipt.result, receipt.reason) == (Result.REFUSED, Reason.WELCOME_EXPIRED)


async def test_from_an_entry_into_a_group_and_out_again(town: Town, clock: HandClock) -> None:
    chat = (await town.act("/staff/create_group", userid="lisi", name="福利群", members=[]))["chat_id"]
    (opened,) = await town.done(do.OpenEntry("pool", "entry", (chat,), state="js"))
    external = await town.person("p1")
    clock.forward(minutes=1)
    assert (await town.scan("p1", opened.qr_image))["kind"] == "joined"
    (read,) = await town.done(do.ReadGroup(chat))
    assert (read.name, read.owner, read.read_at) == ("福利群", "lisi", clock.now())
    joined = {member.external: member for member in read.members}
    assert joined["lisi"].is_staff and not joined[external].is_staff
    assert (joined[external].how, joined[external].state) == ("qr", "js")
    assert joined[external].joined_at == clock.now()
    await town.act("/staff/remove_member", userid="lisi", chat_id=chat, external_userid=external)
    await town.quiet()
    hints = {(hint.change, hint.removed_by_staff) for hint in town.heard if isinstance(hint, body.GroupHinted)}
    assert {("created", False), ("members_added", False), ("members_removed", True)} <= hints
    assert await town.done(do.ListGroups()) == (body.GroupsListed((chat,)),)
    await town.act("/staff/dismiss", userid="lisi", chat_id=chat)
    assert (await town.done(do.ReadGroup(chat)))[0].gone
    assert await town.done(do.ListGroups()) == (body.GroupsListed(()),)


async def test_entries_are_updated_read_and_closed(town: Town) -> None:
    chats = [
        (await town.act("/staff/create_group", userid="lisi", name=name, members=[]))["chat_id"]
        for name in ("甲", "乙")
    ]
    (opened,) = await town.done(do.OpenEntry("pool", "entry", tuple(chats[:1]), auto_create=True, base_name="群"))
    await town.done(do.UpdateEntry("pool", "entry", opened.config, tuple(chats)))
    assert await town.done(do.ReadEntry("pool", "entry", opened.config)) == (
        body.EntryRead("pool", "entry", tuple(chats)),
    )
    for action in (do.CloseEntry(opened.config), do.CloseEntry(opened.config)):
        await town.done(action)
    (code,) = await town.done(do.OpenContactCode("tok", ("lisi",)))
    assert (await town.client.get_contact_way(code.config))["state"] == "tok"
    for close in (do.CloseContactCode(code.config), do.CloseContactCode(code.config)):
        await town.done(close)


async def test_a_mass_send_from_task_to_result(town: Town, clock: HandClock) -> None:
    externals = tuple([await town.person(name) for name in ("p1", "p2", "p3")])
    for phone in ("p1", "p2"):
        await town.befriend(phone)
    send = do.Broadcast("b1", externals, "快来")
    began = clock.now()
    filed = await town.connector.perform(send, "k")
    (answer,) = filed.answers
    assert answer == body.BroadcastFiled("b1", filed.reference, (externals[2],))
    found = await town.connector.detect(send, "k", began)
    assert found == Receipt(Result.DONE, filed.reference, (answer,))
    assert await town.connector.detect(do.Broadcast("b2", externals, "别的"), "k", began) is None
    assert await town.connector.detect(send, "k", began + timedelta(minutes=5)) is None
    ask = do.ReadBroadcast("b1", filed.reference)
    assert dict((await town.done(ask))[0].results) == dict.fromkeys(externals[:2], "waiting")
    await town.client.remind_groupmsg_send(filed.reference)
    await town.act("/phone/delete_staff", phone="p2", userid="lisi")
    await town.act("/staff/confirm", userid="lisi", msgid=filed.reference)
    (read,) = await town.done(ask)
    assert set(read.results) == set(externals[:2]) and read.results[externals[0]] == "sent"
    await town.act("/admin/settings", mass_dispatch_seconds=60)
    assert (await town.connector.perform(ask, "k")).result is Result.RETRY


async def test_a_mass_send_that_nobody_can_get_is_refused_for_each(town: Town) -> None:
    external = await town.person("p1")
    receipt = await town.connector.perform(do.Broadcast("b1", (external,), "快来"), "k")
    assert (receipt.result, receipt.reason) == (Result.REFUSED, Reason.NOT_CONTACT)
    assert receipt.answers == (body.BroadcastRead("b1", {external: "not_contact"}),)


async def test_staff_see_a_card_once_however_often_it_is_tried(town: Town) -> None:
    card = do.TellStaff("lisi", "移出成员", "广告", "https://a.example/t", wish="w1")
    for key in ("k1", "k1", "k2"):
        await town.done(card, key)
    messages = (await town.see("/staff/inbox", userid="lisi"))["messages"]
    assert len(messages) == 2
    receipt = await town.connector.perform(do.TellStaff("nobody", "a", "b", wish="w1"), "k")
    assert receipt.result is Result.REFUSED


async def test_tokens_that_end_early_and_limits_do_no_harm(town: Town) -> None:
    assert await town.client.follow_user_list() == ("lisi",)
    await town.act("/admin/settings", force_token_expiry=True)
    assert await town.client.follow_user_list() == ("lisi",)
    await town.act("/admin/settings", frequency_per_minute=1)
    receipts = [await town.connector.perform(do.ListGroups(), "k") for _ in range(3)]
    assert receipts[-1].result is Result.RETRY and receipts[-1].retry_after > 0
