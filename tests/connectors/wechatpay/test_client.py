"""The client against the stand-in: signatures of both sides, the same number again, answers that get lost."""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import UTC, datetime

import pytest
from tests.connectors.wechatpay.stand_in import StandIn

from qunflow.connectors.wechatpay.client import PayClient
from qunflow.connectors.wechatpay.errors import PayError, ResultUnknown
from qunflow.connectors.wechatpay.outbound import PayConnector
from qunflow.domain.errors import InvalidInput
from qunflow.domain.payments import NOT_FOUND, REFUSED, CancelTransfer, ReadTransfer, SendTransfer
from qunflow.domain.receipts import Result

SINCE = datetime(2026, 1, 1, tzinfo=UTC)
Number = Callable[[], str]


async def test_the_same_number_twice_is_one_transfer(client: PayClient, stand_in: StandIn, new_number: Number) -> None:
    number = new_number()
    first = await client.create_transfer(number, "o-1", 88)
    again = await client.create_transfer(number, "o-1", 88)
    assert first["transfer_bill_no"] == again["transfer_bill_no"]
    assert sum(bill["out_bill_no"] == number for bill in stand_in.bills()) == 1


async def test_the_same_number_with_another_amount_is_refused(client: PayClient, new_number: Number) -> None:
    number = new_number()
    await client.create_transfer(number, "o-1", 88)
    with pytest.raises(PayError) as caught:
        await client.create_transfer(number, "o-1", 89)
    assert (caught.value.pay_code, caught.value.unknown) == ("INVALID_REQUEST", False)


@pytest.mark.parametrize("kind", ["lost", "stall"])
async def test_a_lost_answer_is_unknown_and_found_by_its_number(
    stand_in: StandIn, new_number: Number, kind: str
) -> None:
    connector = PayConnector("pay", PayClient(stand_in.settings(timeout_seconds=0.5)))
    action = SendTransfer(new_number(), "o-1", 188)
    stand_in.disturb({"kind": kind, "path": "transfer-bills", "seconds": 1.5})
    with pytest.raises(ResultUnknown):
        await connector.perform(action, "a")
    found = await connector.detect(action, "a", SINCE)
    assert found is not None and found.answers[0].state == "WAIT_USER_CONFIRM"
    assert sum(bill["out_bill_no"] == action.number for bill in stand_in.bills()) == 1
    await connector.close()


async def test_what_never_arrived_is_not_found_and_may_be_sent_under_its_number(
    client: PayClient, stand_in: StandIn, new_number: Number
) -> None:
    connector, action = PayConnector("pay", client), SendTransfer(new_number(), "o-1", 188)
    stand_in.disturb({"kind": "error", "path": "transfer-bills"})
    with pytest.raises(ResultUnknown):
        await connector.perform(action, "a")
    assert await connector.detect(action, "a", SINCE) is None
    receipt = await connector.perform(action, "a")
    assert (receipt.result, receipt.answers[0].fen) == (Result.DONE, 188)


async def test_a_refusal_for_good_is_told_only_after_asking_for_an_earlier_try(
    client: PayClient, stand_in: StandIn, new_number: Number
) -> None:
    connector, action = PayConnector("pay", client), SendTransfer(new_number(), "o-1", 188)
    fault = {"kind": "error", "path": "transfer-bills", "status": 400, "code": "PARAM_ERROR"}
    stand_in.disturb(fault)
    refused = await connector.perform(action, "a")
    assert (refused.result, refused.answers[0].state) == (Result.REFUSED, REFUSED)
    await connector.perform(action, "a")
    stand_in.disturb(fault)
    there = await connector.perform(action, "a")
    assert there.answers[0].state == "WAIT_USER_CONFIRM"


async def test_the_merchants_own_trouble_is_tried_again_and_never_the_persons(
    client: PayClient, stand_in: StandIn, new_number: Number
) -> None:
    stand_in.act("/admin/balance", fen=0)
    receipt = await PayConnector("pay", client).perform(SendTransfer(new_number(), "o-1", 188), "a")
    assert (receipt.result, receipt.answers) == (Result.RETRY, ())
    assert receipt.retry_after >= 60


async def test_a_cancelled_transfer_gives_the_money_back_and_a_taken_one_stays(
    client: PayClient, stand_in: StandIn, new_number: Number
) -> None:
    connector = PayConnector("pay", client)
    taken, cancelled = new_number(), new_number()
    for number in (taken, cancelled):
        await client.create_transfer(number, "o-1", 100)
    stand_in.act("/phone/confirm", out_bill_no=taken, openid="o-1")
    states = [(await connector.perform(CancelTransfer(n, 100), "c")).answers[0].state for n in (taken, cancelled)]
    assert states == ["SUCCESS", "CANCELLED"]
    assert stand_in.status()["balance"] == 100_000_000 - 100


async def test_an_unknown_number_is_told_as_not_found(client: PayClient, new_number: Number) -> None:
    receipt = await PayConnector("pay", client).perform(ReadTransfer(new_number(), 88), "r")
    assert receipt.answers[0].state == NOT_FOUND


async def test_an_answer_that_is_not_signed_by_the_platform_is_unknown(stand_in: StandIn, new_number: Number) -> None:
    foreign = stand_in.settings(public_key_id="PUB_KEY_ID_9")
    client = PayClient(foreign)
    with pytest.raises(PayError) as caught:
        await client.create_transfer(new_number(), "o-1", 88)
    assert (caught.value.pay_code, caught.value.unknown) == ("UNSIGNED_ANSWER", True)
    await client.close()


@pytest.mark.parametrize("skew", [-301, 301])
async def test_a_clock_that_is_five_minutes_off_is_refused(stand_in: StandIn, new_number: Number, skew: int) -> None:
    client = PayClient(stand_in.settings(), lambda: time.time() + skew)
    with pytest.raises(PayError) as caught:
        await client.create_transfer(new_number(), "o-1", 88)
    assert caught.value.pay_code == "SIGN_ERROR"
    await client.close()


def test_the_stand_in_refuses_calls_without_signature_or_with_a_foreign_serial(stand_in: StandIn) -> None:
    bare = stand_in.http.get("/v3/refund/domestic/refunds/x")
    assert (bare.status_code, bare.json()["code"]) == (401, "SIGN_ERROR")
    assert "wechatpay-signature" not in bare.headers
    assert stand_in.http.get("/v3/none").content == b"" == stand_in.http.put("/v3/refund/domestic/refunds").content


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("mchid", "x"),
        ("api_v3_key", "short"),
        ("private_key", "-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----"),
        ("public_key", "none"),
        ("base_url", "http://pay.example.org"),
        ("base_url", "https://pay.example.org/path"),
        ("notify_url", "https://shop.example.org/x?y=1"),
        ("remark", "x" * 33),
    ],
)
def test_a_setting_that_breaks_its_rule_is_named(stand_in: StandIn, field: str, value: str) -> None:
    with pytest.raises(InvalidInput) as caught:
        stand_in.settings(**{field: value})
    assert caught.value.field == field
    assert stand_in.secrets()["private_key"][40:80] not in str(caught.value)
