"""The routes that a server calls: what is stored, what is refused, and with which status."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx
import pytest
from starlette.applications import Starlette
from tests.connectors.matrix.scripted import account

from qunflow.connectors.matrix import listener
from qunflow.connectors.matrix.inbound import MAX_TRANSACTION_BYTES, Body
from qunflow.connectors.matrix.listener import callback_routes
from qunflow.connectors.matrix.settings import MatrixSettings
from qunflow.domain.inbound import MemberEntered, MessagePosted

PAYLOADS = Path(__file__).parent / "payloads"
HOOK = "/hooks/matrix/shop"
OWN = "@qunflow11:qunflow.test"
TRANSACTIONS = f"{HOOK}/_matrix/app/v1/transactions"
GOOD = {"Authorization": "Bearer hs-token-0123456789"}


def events(*names: str) -> list[dict[str, Any]]:
    return [json.loads((PAYLOADS / f"{name}.json").read_text())["events"][0] for name in names]


@dataclass
class Inbox:
    """Stores once per channel and key, as the inbox does."""

    kept: dict[tuple[str, str], tuple[tuple[Body, ...], bytes]] = field(default_factory=dict)
    calls: int = 0
    fails_at: int = 0

    async def find(self, channel: str) -> MatrixSettings | None:
        tokens = {"shop": "hs-token-0123456789", "other": "hs-token-of-another"}
        if channel not in tokens:
            return None
        return account(hs_token=tokens[channel], server_name="qunflow.test", sender_localpart="qunflow11")

    async def store(self, channel: str, key: str, bodies: tuple[Body, ...], raw: bytes) -> None:
        self.calls += 1
        if self.calls == self.fails_at:
            raise ConnectionError("database away")
        self.kept.setdefault((channel, key), (bodies, raw))

    def kinds(self) -> list[type]:
        return [type(bodies[0]) for bodies, _ in self.kept.values()]


@pytest.fixture
def inbox() -> Inbox:
    return Inbox()


@pytest.fixture
async def web(inbox: Inbox) -> AsyncIterator[httpx.AsyncClient]:
    app = Starlette(routes=callback_routes(inbox.find, inbox.store))
    transport = httpx.ASGITransport(app=app, raise_app_exceptions=False)
    async with httpx.AsyncClient(transport=transport, base_url="http://hook") as client:
        yield client


async def push(web: httpx.AsyncClient, txn: str, *names: str, **more: Any) -> httpx.Response:
    return await web.put(f"{TRANSACTIONS}/{txn}", json={"events": events(*names)}, headers=GOOD, **more)


async def test_every_event_is_stored_in_order_before_the_200(web: httpx.AsyncClient, inbox: Inbox) -> None:
    answer = await push(web, "1", "joined", "power_levels", "text", "own_text")
    assert (answer.status_code, answer.json()) == (200, {})
    assert inbox.kinds() == [MemberEntered, MessagePosted] and {channel for channel, _ in inbox.kept} == {"shop"}


async def test_a_repeated_transaction_stores_nothing_twice(web: httpx.AsyncClient, inbox: Inbox) -> None:
    for txn in ("1", "1", "2"):
        assert (await push(web, txn, "joined", "text")).status_code == 200
    assert len(inbox.kept) == 2


async def test_a_failed_store_is_no_200_and_the_repeat_loses_nothing(web: httpx.AsyncClient, inbox: Inbox) -> None:
    inbox.fails_at = 2
    assert (await push(web, "1", "joined", "text")).status_code == 500
    assert (await push(web, "1", "joined", "text")).status_code == 200
    assert inbox.kinds() == [MemberEntered, MessagePosted]


async def test_the_older_way_with_the_token_in_the_query_works(web: httpx.AsyncClient, inbox: Inbox) -> None:
    path = f"{HOOK}/transactions/7?access_token=hs-token-0123456789"
    assert (await web.put(path, json={"events": events("text")})).status_code == 200
    assert inbox.kinds() == [MessagePosted]


@pytest.mark.parametrize(
    ("path", "headers", "status", "errcode", "code"),
    [
        (HOOK, {}, 401, "M_UNAUTHORIZED", "matrix_no_token"),
        (HOOK, {"Authorization": "Bearer wrong"}, 403, "M_FORBIDDEN", "matrix_wrong_token"),
        (HOOK, {"Authorization": "Bearer as-token-0123456789"}, 403, "M_FORBIDDEN", "matrix_wrong_token"),
        (HOOK, {"Authorization": "Basic hs-token-0123456789"}, 401, "M_UNAUTHORIZED", "matrix_no_token"),
        ("/hooks/matrix/other", GOOD, 403, "M_FORBIDDEN", "matrix_wrong_token"),
        ("/hooks/matrix/nobody", GOOD, 404, "M_NOT_FOUND", "matrix_channel_unknown"),
        ("/hooks/matrix/" + "x" * 65, GOOD, 404, "M_NOT_FOUND", "matrix_channel_unknown"),
    ],
)
@pytest.mark.parametrize("call", ["PUT transactions/1", "GET users/@a:b", "GET rooms/%23a:b", "POST ping"])
async def test_only_the_server_of_the_channel_is_heard(
    web: httpx.AsyncClient, inbox: Inbox, call: str, path: str, headers: dict[str, str], status: int, errcode: str,
    code: str,
) -> None:  # fmt: skip
    method, _, rest = call.partition(" ")
    answer = await web.request(method, f"{path}/_matrix/app/v1/{rest}", headers=headers, json={"events": []})
    assert (answer.status_code, answer.json()["errcode"], answer.json()["code"]) == (status, errcode, code)
    assert inbox.calls == 0


@pytest.mark.parametrize(
    ("content", "status", "code"),
    [
        (b"no json", 400, "matrix_payload"),
        (b"{}", 400, "matrix_payload"),
        (b" " * (MAX_TRANSACTION_BYTES + 1), 413, "matrix_too_long"),
    ],
)
async def test_what_is_no_transaction_is_refused(
    web: httpx.AsyncClient, inbox: Inbox, content: bytes, status: int, code: str
) -> None:
    answer = await web.put(f"{TRANSACTIONS}/1", content=content, headers=GOOD)
    assert (answer.status_code, answer.json()["code"]) == (status, code) and inbox.calls == 0


async def test_a_body_without_a_stated_length_is_cut_off_at_the_bound(web: httpx.AsyncClient, inbox: Inbox) -> None:
    given = 0

    async def pieces() -> AsyncIterator[bytes]:
        nonlocal given
        for _ in range(1_000):
            given += 1
            yield b" " * 1_048_576

    answer = await web.put(f"{TRANSACTIONS}/1", content=pieces(), headers=GOOD)
    assert answer.status_code == 413 and given == MAX_TRANSACTION_BYTES // 1_048_576 + 1


async def test_a_body_that_does_not_come_ends(web: httpx.AsyncClient, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(listener, "BODY_TIMEOUT", 0.05)

    async def pieces() -> AsyncIterator[bytes]:
        yield b"{"
        await asyncio.sleep(5)

    answer = await web.put(f"{TRANSACTIONS}/1", content=pieces(), headers=GOOD)
    assert (answer.status_code, answer.json()["code"]) == (408, "matrix_slow")


async def test_the_server_may_ask_for_our_account_and_ping(web: httpx.AsyncClient) -> None:
    assert (await web.get(f"{HOOK}/_matrix/app/v1/users/{OWN}", headers=GOOD)).status_code == 200
    assert (await web.get(f"{HOOK}/users/{OWN}", headers=GOOD)).status_code == 200
    assert (await web.get(f"{HOOK}/_matrix/app/v1/users/@x:shop.test", headers=GOOD)).status_code == 404
    unknown = await web.get(f"{HOOK}/_matrix/app/v1/rooms/%23x:shop.test", headers=GOOD)
    assert (unknown.status_code, unknown.json()["errcode"]) == (404, "M_NOT_FOUND")
    assert (await web.post(f"{HOOK}/_matrix/app/v1/ping", json={}, headers=GOOD)).json() == {}
