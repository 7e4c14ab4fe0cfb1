"""The notice address: only what WeChat Pay signed now, over these very bytes, is stored; and it is stored once."""

from __future__ import annotations

import json
import time
from collections.abc import AsyncIterator
from typing import Any

import httpx
import pytest
from starlette.applications import Starlette
from tests.connectors.wechatpay.stand_in import DEFAULT, StandIn

from qunflow.connectors.wechatpay.client import PayClient
from qunflow.connectors.wechatpay.listener import MAX_BODY_BYTES, notice_routes
from qunflow.domain.inbound import EventNoted
from qunflow.domain.payments import PaymentSeen, RefundSeen, TransferSeen

TRANSFER = {
    "mch_id": DEFAULT.mchid,
    "out_bill_no": "q1",
    "transfer_bill_no": "1330001",
    "state": "SUCCESS",
    "transfer_amount": 188,
    "openid": "o-1",
}


class Desk:
    """Takes what the route stores, once for each key."""

    def __init__(self) -> None:
        self.stored: dict[str, Any] = {}

    async def store(self, channel: str, key: str, bodies: tuple[Any, ...], raw: bytes) -> None:
        self.stored.setdefault(f"{channel}/{key}", bodies)


@pytest.fixture
def desk() -> Desk:
    return Desk()


@pytest.fixture
async def hook(stand_in: StandIn, desk: Desk) -> AsyncIterator[httpx.AsyncClient]:
    client = PayClient(stand_in.settings())

    async def find(channel: str) -> PayClient | None:
        return client if channel == "pay" else None

    app = Starlette(routes=notice_routes(find, desk.store))
    transport = httpx.ASGITransport(app)
    async with httpx.AsyncClient(transport=transport, base_url="http://shop/hooks/wechatpay/") as made:
        yield made
    await client.close()


def notice(stand_in: StandIn, opened: Any, event: str = "MCHTRANSFER.BILL.FINISHED", key: str = "n-1") -> bytes:
    resource = {"original_type": "x", **stand_in.keys.seal(json.dumps(opened).encode(), "x")}
    body = {"id": key, "event_type": event, "resource_type": "encrypt-resource", "resource": resource}
    return json.dumps(body).encode()


def signed(stand_in: StandIn, content: bytes, age: int = 0) -> dict[str, str]:
    stamp = str(int(time.time()) - age)
    keys = stand_in.keys
    return {
        "Wechatpay-Timestamp": stamp,
        "Wechatpay-Nonce": "nonce",
        "Wechatpay-Signature": keys.sign(f"{stamp}\nnonce\n".encode() + content + b"\n"),
        "Wechatpay-Serial": keys.public_key_id,
    }


async def test_a_signed_notice_is_stored_once_however_often_it_comes(
    hook: httpx.AsyncClient, desk: Desk, stand_in: StandIn
) -> None:
    content = notice(stand_in, TRANSFER)
    for _ in range(2):
        assert (await hook.post("pay", content=content, headers=signed(stand_in, content))).status_code == 204
    assert desk.stored == {"pay/n-1": (TransferSeen("q1", "SUCCESS", 188, "1330001"),)}


async def test_orders_refunds_and_unknown_kinds_are_told(
    hook: httpx.AsyncClient, desk: Desk, stand_in: StandIn
) -> None:
    order = {"mchid": DEFAULT.mchid, "out_trade_no": "q2", "trade_state": "SUCCESS", "transaction_id": "t"}
    refund = {"mchid": DEFAULT.mchid, "out_trade_no": "q2", "out_refund_no": "q3", "refund_status": "SUCCESS"}
    told = {
        "TRANSACTION.SUCCESS": {**order, "amount": {"total": 990}},
        "REFUND.SUCCESS": {**refund, "amount": {"total": 990, "refund": 90}},
        "COUPON.USE": {"anything": 1},
    }
    for number, (event, opened) in enumerate(told.items()):
        content = notice(stand_in, opened, event, f"k{number}")
        assert (await hook.post("pay", content=content, headers=signed(stand_in, content))).status_code == 204
    assert [bodies[0] for bodies in desk.stored.values()] == [
        PaymentSeen("q2", "SUCCESS", 990, "t"),
        RefundSeen("q2", "q3", "SUCCESS", 90),
        EventNoted("COUPON.USE"),
    ]


@pytest.mark.parametrize(
    ("case", "code"),
    [
        ("tampered", "wechatpay_signature"),
        ("serial", "wechatpay_serial"),
        ("old", "wechatpay_skew"),
        ("unsigned", "wechatpay_unsigned"),
        ("probe", "wechatpay_signature"),
        ("foreign key", "wechatpay_resource"),
        ("another merchant", "wechatpay_payload"),
    ],
)
async def test_what_is_not_the_platforms_is_refused_and_nothing_stored(
    hook: httpx.AsyncClient, desk: Desk, stand_in: StandIn, case: str, code: str
) -> None:
    content = notice(stand_in, {**TRANSFER, "mch_id": "1"} if case == "another merchant" else TRANSFER)
    if case == "foreign key":
        content = content.replace(b'"ciphertext": "', b'"ciphertext": "AAAA')
    headers = signed(stand_in, content, age=301 if case == "old" else 0)
    if case == "tampered":
        content = content.replace(b"n-1", b"n-2")
    if case == "serial":
        headers["Wechatpay-Serial"] = "PUB_KEY_ID_0"
    if case == "unsigned":
        del headers["Wechatpay-Signature"]
    if case == "probe":  # WeChat Pay sends these on purpose and expects a refusal
        headers["Wechatpay-Signature"] = "WECHATPAY/SIGNTEST/" + headers["Wechatpay-Signature"]
    answer = await hook.post("pay", content=content, headers=headers)
    assert answer.status_code in (400, 401)
    assert code in answer.json()["message"]
    assert desk.stored == {}


async def test_an_unknown_account_and_a_body_without_end_are_refused(
    hook: httpx.AsyncClient, desk: Desk, stand_in: StandIn
) -> None:
    assert (await hook.post("none", content=b"{}")).status_code == 404
    long = b" " * (MAX_BODY_BYTES + 1)
    assert (await hook.post("pay", content=long, headers=signed(stand_in, long))).status_code == 413
    assert desk.stored == {}
