"""The callback URL: what is stored, what is refused, and with which status (wecom-api.md §2)."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx
import pytest
from granian.constants import Interfaces
from granian.server.embed import Server
from starlette.applications import Starlette
from tests.connectors.wecom.scripted import AES_KEY, CORP, TOKEN

from qunflow.connectors.wecom.crypto import Envelope
from qunflow.connectors.wecom.inbound import Body
from qunflow.connectors.wecom.listener import WecomAccount, callback_routes
from qunflow.domain.inbound import ContactAdded, EventNoted

XML = (Path(__file__).parent / "payloads" / "add_external_contact.xml").read_bytes()
ENVELOPE = Envelope(TOKEN, AES_KEY, CORP)
URL = "/hooks/wecom/shop"


@dataclass
class Inbox:
    """Stores once per channel and key, as the inbox does."""

    kept: dict[tuple[str, str], tuple[tuple[Body, ...], bytes]] = field(default_factory=dict)
    calls: int = 0

    async def find(self, channel: str) -> WecomAccount | None:
        return WecomAccount(ENVELOPE) if channel == "shop" else None

    async def store(self, channel: str, key: str, bodies: tuple[Body, ...], xml: bytes) -> None:
        self.calls += 1
        self.kept.setdefault((channel, key), (bodies, xml))


@pytest.fixture
def inbox() -> Inbox:
    return Inbox()


@pytest.fixture
def app(inbox: Inbox) -> Starlette:
    return Starlette(routes=callback_routes(inbox.find, inbox.store))


@pytest.fixture
async def web(app: Starlette) -> AsyncIterator[httpx.AsyncClient]:
    transport = httpx.ASGITransport(app=app)
    async with httpx.AsyncClient(transport=transport, base_url="http://hook") as client:
        yield client


def push(xml: bytes = XML, envelope: Envelope = ENVELOPE) -> dict[str, Any]:
    encrypted, signature = envelope.seal(xml, "1795262400", "n1")
    body = f"<xml><ToUserName><![CDATA[{CORP}]]></ToUserName><Encrypt><![CDATA[{encrypted}]]></Encrypt></xml>"
    params = {"msg_signature": signature, "timestamp": "1795262400", "nonce": "n1"}
    return {"url": URL, "params": params, "content": body.encode()}


async def test_the_url_check_is_answered_with_the_raw_text(web: httpx.AsyncClient) -> None:
    encrypted, signature = ENVELOPE.seal("1616140317555161061", "1", "2")
    params = {"msg_signature": signature, "timestamp": "1", "nonce": "2", "echostr": encrypted}
    answer = await web.get(URL, params=params)
    assert (answer.status_code, answer.content) == (200, b"1616140317555161061")
    assert answer.headers["content-type"].startswith("text/plain")
    forged = await web.get(URL, params={**params, "nonce": "3"})
    assert forged.status_code == 403 and forged.json()["code"] == "wecom_envelope_bad_signature"


async def test_a_push_is_stored_before_the_empty_200(web: httpx.AsyncClient, inbox: Inbox) -> None:
    answer = await web.post(**push())
    assert (answer.status_code, answer.content) == (200, b"")
    ((channel, key), (bodies, raw)) = next(iter(inbox.kept.items()))
    assert channel == "shop" and key.startswith("sha256:") and raw == XML
    assert bodies == (ContactAdded("wmAAAA0001", "lisi", "k7dm2xwq9hbt", "WELCOME0001"),)


async def test_a_repeat_is_answered_200_and_stored_once(web: httpx.AsyncClient, inbox: Inbox) -> None:
    for _ in range(4):  # sealed anew each time, as the platform does
        assert (await web.post(**push())).status_code == 200
    assert inbox.calls == 4 and len(inbox.kept) == 1


async def test_an_event_nobody_knows_is_kept_raw(web: httpx.AsyncClient, inbox: Inbox) -> None:
    xml = b"<xml><Event>change_weather</Event></xml>"
    assert (await web.post(**push(xml))).status_code == 200
    assert list(inbox.kept.values()) == [((EventNoted("change_weather"),), xml)]


@pytest.mark.parametrize(
    ("changes", "status", "code"),
    [
        ({"url": "/hooks/wecom/other"}, 404, "wecom_channel_unknown"),
        ({"url": "/hooks/wecom/" + "x" * 65}, 404, "wecom_channel_unknown"),
        ({"params": {"timestamp": "1", "nonce": "2"}}, 400, "wecom_parameter"),
        ({"params": {"msg_signature": "0" * 40, "timestamp": "1", "nonce": "2"}}, 403, "wecom_envelope_bad_signature"),
        ({"params": {"msg_signature": "0" * 5000, "timestamp": "1", "nonce": "2"}}, 400, "wecom_parameter"),
        ({"content": b"<xml><Encrypt>"}, 400, "wecom_payload"),
        ({"content": b""}, 400, "wecom_payload"),
        ({"content": b"<!DOCTYPE x><xml><Encrypt>a</Encrypt></xml>"}, 400, "wecom_payload"),
        ({"content": b"x" * 1_048_577}, 413, "wecom_too_long"),
        ({"headers": {"content-length": "-1"}}, 413, "wecom_too_long"),
    ],
)  # fmt: skip
async def test_what_is_not_from_wecom_is_refused(
    web: httpx.AsyncClient, inbox: Inbox, changes: dict[str, Any], status: int, code: str
) -> None:
    answer = await web.post(**{**push(), **changes})
    assert (answer.status_code, answer.json()["code"]) == (status, code)
    assert inbox.calls == 0


async def test_a_message_for_another_corp_is_refused(web: httpx.AsyncClient, inbox: Inbox) -> None:
    answer = await web.post(**push(envelope=Envelope(TOKEN, AES_KEY, "wwother")))
    assert (answer.status_code, answer.json()["code"]) == (403, "wecom_envelope_foreign_receiver")
    inner = await web.post(**push(b"<xml>"))
    assert (inner.status_code, inner.json()["code"]) == (400, "wecom_payload")
    assert inbox.calls == 0


@pytest.mark.parametrize(("stated", "pieces_read"), [(None, 17), (b"10485760", 0)])
async def test_a_long_body_is_cut_off_early(
    app: Starlette, inbox: Inbox, stated: bytes | None, pieces_read: int
) -> None:
    given = 0

    async def receive() -> dict[str, Any]:
        nonlocal given
        given += 1
        return {"type": "http.request", "body": b"x" * 65_536, "more_body": True}

    sent: list[dict[str, Any]] = []

    async def send(message: Any) -> None:
        sent.append(message)

    length = (b"content-length", stated) if stated else (b"transfer-encoding", b"chunked")
    scope = {
        "type": "http",
        "http_version": "1.1",
        "method": "POST",
        "path": URL,
        "raw_path": URL.encode(),
        "root_path": "",
        "query_string": b"msg_signature=a&timestamp=1&nonce=2",
        "headers": [length],
    }
    await app(scope, receive, send)
    assert sent[0]["status"] == 413 and given == pieces_read and inbox.calls == 0


async def test_a_failed_store_is_not_answered_200(inbox: Inbox) -> None:
    async def store(channel: str, key: str, bodies: tuple[Body, ...], xml: bytes) -> None:
        raise ConnectionError("database away")

    broken = Starlette(routes=callback_routes(inbox.find, store))
    transport = httpx.ASGITransport(app=broken, raise_app_exceptions=False)
    async with httpx.AsyncClient(transport=transport, base_url="http://hook") as client:
        assert (await client.post(**push())).status_code == 500


async def test_it_works_behind_a_real_server(app: Starlette, inbox: Inbox) -> None:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    server = Server(app, address="127.0.0.1", port=port, interface=Interfaces.ASGINL)
    task = asyncio.create_task(server.serve())
    try:
        async with httpx.AsyncClient(base_url=f"http://127.0.0.1:{port}", trust_env=False) as client:
            for _ in range(100):
                try:
                    stored = await client.post(**push())
                    break
                except httpx.ConnectError:
                    await asyncio.sleep(0.05)
            assert stored.status_code == 200 and len(inbox.kept) == 1
            long = await client.post(**{**push(), "content": b"x" * 2_000_000})
            assert long.status_code == 413
    finally:
        server.stop()
        await task
