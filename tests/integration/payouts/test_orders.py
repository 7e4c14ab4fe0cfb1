"""Orders paid inside WeChat: paid once, refunded in parts, whatever comes late, twice or not at all."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import httpx
import pytest
from tests.integration.payouts.conftest import ACCOUNT, WORKSPACE, Shop

from qunflow.domain.errors import Conflict
from qunflow.domain.events import OrderMade, RefundOwed
from qunflow.domain.payments import OrderPaid, OrderRefunded, PaymentSeen
from qunflow.features.payouts.orders import order_number
from qunflow.features.payouts.orders_acts import find_order, start_payment, stuck_refunds
from qunflow.features.payouts.orders_model import CLOSED, OPEN, ORDER_PAID, OrderState

CAMPAIGN, ORDER = "winter", "o-77"
NUMBER = order_number(WORKSPACE, CAMPAIGN, ORDER)


async def make(shop: Shop, fen: int = 990, minutes: int = 30) -> None:
    """A campaign made an order; its event goes round."""
    until = shop.application.home.clock.now() + timedelta(minutes=minutes)
    await shop.door.ask(WORKSPACE, OrderMade(ORDER, "u-1", "p1", fen, until), campaign=CAMPAIGN, channel="wx")


async def order(shop: Shop) -> OrderState:
    return await find_order(shop.door, WORKSPACE, NUMBER)


async def until(shop: Shop, status: str) -> OrderState:
    async def fits() -> bool:
        return (await order(shop)).status == status

    await shop.until(fits)
    return await order(shop)


async def opened(shop: Shop) -> Any:
    """An order that its buyer's phone can pay; the sandbox."""
    await make(shop)
    await start_payment(shop.door, WORKSPACE, NUMBER, "o-1")
    await until(shop, OPEN)
    assert shop.stand_in is not None
    return shop.stand_in


async def told(shop: Shop, kind: type) -> list[Any]:
    """Events of a kind in the log."""
    from qunflow.domain.codec import decode
    from qunflow.storage.json_text import from_json

    async with shop.application.home.database.read(WORKSPACE) as unit:
        rows = await unit.fetch(
            "SELECT data FROM events WHERE workspace_id = $1 AND type = $2 ORDER BY seq",
            WORKSPACE,
            kind.KIND,  # type: ignore[attr-defined]
        )
    return [decode(kind, from_json(row[0])) for row in rows]


async def owe(shop: Shop, refund: str, fen: int) -> Any:
    body = RefundOwed(refund, ORDER, "u-1", "p1", fen, "failed")
    return await shop.door.ask(WORKSPACE, body, campaign=CAMPAIGN, channel="wx")


async def test_an_order_is_paid_once_although_the_notice_comes_twice(shop: Shop) -> None:
    stand_in = await opened(shop)
    stand_in.act("/admin/notice-faults", copies=2)
    stand_in.act("/phone/pay", prepay_id=(await order(shop)).prepay)
    await until(shop, ORDER_PAID)
    await shop.tell(PaymentSeen(NUMBER, "SUCCESS", 990, "again"))
    await shop.wait(timedelta(hours=1))
    (paid,) = await told(shop, OrderPaid)
    assert (paid.order, paid.unit, paid.payer, paid.fen) == (ORDER, "u-1", "p1", 990)
    assert paid.transaction.startswith("42000")


async def test_the_phone_gets_values_that_open_the_payment(shop: Shop) -> None:
    stand_in = await opened(shop)
    assert shop.payments is not None
    values = await shop.payments.payment(shop.door, WORKSPACE, NUMBER, "o-1")
    assert values["package"] == f"prepay_id={(await order(shop)).prepay}"
    assert set(values) == {"appId", "timeStamp", "nonceStr", "package", "signType", "paySign"}
    with pytest.raises(Conflict):
        await shop.payments.payment(shop.door, WORKSPACE, NUMBER, "o-2")
    assert len(stand_in.status()["orders"]) == 1


async def test_a_lost_answer_makes_no_second_order(shop: Shop) -> None:
    assert shop.stand_in is not None
    shop.stand_in.disturb({"kind": "lost", "path": "jsapi"})
    await make(shop)
    await start_payment(shop.door, WORKSPACE, NUMBER, "o-1")
    await until(shop, OPEN)
    assert len(shop.stand_in.status()["orders"]) == 1


async def test_without_a_notice_asking_finds_the_payment(shop: Shop) -> None:
    stand_in = await opened(shop)
    stand_in.act("/admin/notice-faults", delay=60)
    stand_in.act("/phone/pay", prepay_id=(await order(shop)).prepay)
    await shop.wait(timedelta(minutes=2))
    await until(shop, ORDER_PAID)


async def test_what_nobody_pays_is_closed_and_can_not_be_paid_after(shop: Shop) -> None:
    stand_in = await opened(shop)
    prepay = (await order(shop)).prepay
    await shop.wait(timedelta(minutes=31))
    await until(shop, CLOSED)
    with pytest.raises(httpx.HTTPStatusError):
        stand_in.act("/phone/pay", prepay_id=prepay)
    with pytest.raises(Conflict):
        await start_payment(shop.door, WORKSPACE, NUMBER, "o-1")
    assert await told(shop, OrderPaid) == []


async def test_a_payment_that_is_told_after_the_closing_is_still_told_to_the_campaign(shop: Shop) -> None:
    await opened(shop)
    await shop.wait(timedelta(minutes=31))
    await until(shop, CLOSED)
    await shop.tell(PaymentSeen(NUMBER, "SUCCESS", 990, "late"))
    await until(shop, ORDER_PAID)
    assert len(await told(shop, OrderPaid)) == 1


async def test_another_amount_is_no_payment(shop: Shop) -> None:
    await opened(shop)
    await shop.tell(PaymentSeen(NUMBER, "SUCCESS", 1, "t"))
    await shop.settle()
    assert (await order(shop)).status == OPEN


@pytest.fixture(params=["", "lost", "error"])
def disturbance(request: pytest.FixtureRequest) -> Iterator[str]:
    yield request.param


async def test_refunds_in_parts_arrive_once_each_and_never_exceed_the_payment(shop: Shop, disturbance: str) -> None:
    stand_in = await opened(shop)
    stand_in.act("/phone/pay", prepay_id=(await order(shop)).prepay)
    await until(shop, ORDER_PAID)
    if disturbance:
        stand_in.disturb({"kind": disturbance, "path": "refund"})
    assert (await owe(shop, "r-1", 300)).rejection is None
    assert (await owe(shop, "r-1", 300)).rejection is None
    assert (await owe(shop, "r-2", 690)).rejection is None
    assert (await owe(shop, "r-3", 1)).rejection.reason == "refund_too_large"

    async def arrived() -> bool:
        return len(await told(shop, OrderRefunded)) == 2

    await shop.until(arrived)
    found = {one.refund: one for one in await told(shop, OrderRefunded)}
    assert {name: one.fen for name, one in found.items()} == {"r-1": 300, "r-2": 690}
    assert min(one.left for one in found.values()) == 0
    assert [one["amount"]["refund"] for one in stand_in.status()["refunds"]] == [300, 690]
    await shop.wait(timedelta(days=1))
    assert len(await told(shop, OrderRefunded)) == 2


async def test_a_refused_refund_is_shown_to_staff(shop: Shop) -> None:
    stand_in = await opened(shop)
    stand_in.act("/phone/pay", prepay_id=(await order(shop)).prepay)
    await until(shop, ORDER_PAID)
    stand_in.disturb({"kind": "error", "path": "refund", "status": 400, "code": "PARAM_ERROR"})
    await owe(shop, "r-1", 300)
    await shop.settle()
    ((state, number),) = await stuck_refunds(shop.door, WORKSPACE)
    assert (state.number, state.refunds[number].code) == (NUMBER, "PARAM_ERROR")


async def test_an_order_that_was_not_paid_is_not_refunded(shop: Shop) -> None:
    await opened(shop)
    assert (await owe(shop, "r-1", 300)).rejection.reason == "order_unknown"


async def test_without_an_account_nothing_is_expected(desk: Shop) -> None:
    await make(desk)
    await desk.settle()
    assert await desk.door.look.state(WORKSPACE, f"payorder:{NUMBER}") is None
    assert ACCOUNT not in await desk.balances()
