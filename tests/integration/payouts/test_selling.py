"""From the order of a unit to the last fen: paid at the pay sandbox, told by signed notices, earned or given back."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any

import pytest
from tests.integration.features.test_plays import system
from tests.integration.payouts.conftest import Shop
from tests.integration.payouts.market import Market

HOUR, MINUTE = timedelta(hours=1), timedelta(minutes=1)
FLASH: dict[str, Any] = {"kind": "flash-sale", "item": "tea", "price_fen": 100, "stock_total": 1, "friends": 0}
GROUP: dict[str, Any] = {
    "kind": "group-buy",
    "item": "mug",
    "price_fen": 1000,
    "stock_total": 50,
    "size": 3,
    "fill_policy": "none",
    "pay_ttl_min": 120,
}
BARGAIN: dict[str, Any] = {
    "kind": "bargain",
    "item": "mug",
    "original_fen": 9900,
    "floor_fen": 990,
    "stock_total": 5,
    "helpers": 1,
}


@pytest.fixture
async def market(shop: Shop) -> AsyncIterator[Market]:
    made = Market.over(shop)
    yield made
    await made.check()


async def test_a_flash_sale_is_paid_once_although_the_notice_comes_twice(market: Market) -> None:
    await market.begin(FLASH, "a")
    unit = await market.play("a", "open")
    order = await market.play("a", "reserve", unit)
    market.stand_in.act("/admin/notice-faults", copies=2)
    await market.pay("a", order)
    assert (await market.shown(unit))["status"] == "sold"
    assert (await market.revenue(), await market.escrow()) == (100, 0)
    assert len(market.stand_in.status()["orders"]) == 1


@pytest.mark.long
async def test_a_payment_that_is_heard_of_too_late_goes_back_and_nobody_buys_twice(market: Market) -> None:
    """§13.3 case 13 and §2.1: the piece was sold to somebody else meanwhile."""
    await market.begin(FLASH, "a", "b")
    units = [await market.play(name, "open") for name in "ab"]
    order = await market.play("a", "reserve", units[0])
    state = await market.prepare("a", order)
    await market.wait(14 * MINUTE)
    market.stand_in.act("/admin/notice-faults", lose=1000)
    market.stand_in.act("/phone/pay", prepay_id=state.prepay)
    await market.wait(MINUTE + timedelta(seconds=12))
    second = await market.play("b", "reserve", units[1])
    market.stand_in.act("/admin/notice-faults", lose=0)
    await market.wait(2 * MINUTE)
    await market.until_refunded(order)
    await market.pay("b", second)
    assert (await market.revenue(), await market.escrow(), market.refunds()) == (100, 0, [100])


async def test_a_group_that_is_full_earns_and_one_seat_given_back_changes_nothing_else(market: Market) -> None:
    await market.begin({**GROUP, "size": 2}, "a", "b")
    unit = await market.play("a", "open")
    await market.pay("a", f"{unit}-0")
    order = await market.play("b", "join", unit)
    assert await market.escrow() == 1000
    await market.pay("b", order)
    assert (await market.shown(unit))["status"] == "success"
    assert (await market.revenue(), await market.escrow()) == (2000, 0)
    await market.settling()
    assert (await market.close())["status"] == "closed"


async def test_who_buys_alone_pays_like_others_and_gets_back_what_the_shop_refunds(market: Market) -> None:
    await market.begin({**GROUP, "solo_price_fen": 1500}, "a")
    unit = await market.play("a", "alone")
    await market.pay("a", f"{unit}-0")
    assert (await market.shown(unit))["status"] == "paid"
    assert (await market.revenue(), await market.escrow()) == (1500, 0)
    assert (await system(market.stage, "refund", unit, order=f"{unit}-0")).rejection is None
    await market.until_refunded(f"{unit}-0")
    assert (await market.revenue(), await market.escrow(), market.refunds()) == (0, 0, [1500])
    await market.settling()
    assert (await market.close())["status"] == "closed"


async def test_a_group_that_fails_gives_everybody_everything_back_although_all_refunds_fail_once(
    market: Market,
) -> None:
    """§13.3 case 14: the first tries are refused; asked after later, they are sent again under the same number."""
    await market.begin(GROUP, "a", "b")
    unit = await market.play("a", "open")
    await market.pay("a", f"{unit}-0")
    order = await market.play("b", "join", unit)
    await market.pay("b", order)
    refused = {"kind": "error", "path": "refund", "times": 2, "status": 400, "code": "INVALID_REQUEST"}
    market.stand_in.disturb(refused)
    await market.wait(25 * HOUR)
    assert (await market.shown(unit))["status"] == "failed"
    if await market.escrow():
        assert (await market.close())["status"] != "closed"
        await market.wait(3 * HOUR)
    await market.until_refunded(f"{unit}-0", order)
    assert (await market.revenue(), await market.escrow(), market.refunds()) == (0, 0, [1000, 1000])


@pytest.mark.long
async def test_the_platform_completes_a_group_with_seats_that_are_nobodys_and_cost_nothing(market: Market) -> None:
    await market.begin({**GROUP, "fill_policy": "always"}, "a")
    unit = await market.play("a", "open")
    await market.pay("a", f"{unit}-0")
    await market.wait(25 * HOUR)
    found = await market.shown(unit)
    assert found["status"] == "success" and [seat["kind"] for seat in found["seats"]] == [
        "paid",
        "platform",
        "platform",
    ]
    assert (await market.revenue(), await market.escrow(), market.refunds()) == (1000, 0, [])


@pytest.mark.long
async def test_a_leader_who_leaves_is_refunded_and_the_next_one_leads_until_nobody_is_left(market: Market) -> None:
    await market.begin({**GROUP, "refund_fee_fen": 30}, "a", "b")
    unit = await market.play("a", "open")
    await market.pay("a", f"{unit}-0")
    order = await market.play("b", "join", unit)
    await market.pay("b", order)
    await market.play("a", "leave", unit)
    assert (await market.shown(unit))["leader"] == market.person("b")
    await market.play("b", "leave", unit)
    assert (await market.shown(unit))["status"] == "left"
    await market.until_refunded(f"{unit}-0", order)
    assert (await market.revenue(), await market.escrow(), market.refunds()) == (60, 0, [970, 970])


@pytest.mark.long
async def test_a_payment_after_the_groups_end_opens_a_group_of_its_own_which_gives_it_back(market: Market) -> None:
    """§2.2 rule 2: the refund leaves the escrow of the group that the payment moved into."""
    await market.begin(GROUP, "a", "b")
    unit = await market.play("a", "open")
    await market.pay("a", f"{unit}-0")
    await market.wait(23 * HOUR + 30 * MINUTE)
    order = await market.play("b", "join", unit)
    state = await market.prepare("b", order)
    await market.wait(20 * MINUTE)
    market.stand_in.act("/admin/notice-faults", lose=1000)
    market.stand_in.act("/phone/pay", prepay_id=state.prepay)
    await market.wait(10 * MINUTE + timedelta(seconds=15))
    market.stand_in.act("/admin/notice-faults", lose=0)
    await market.wait(MINUTE)
    await market.until_refunded(f"{unit}-0")
    assert await market.escrow() == 1000, "the late one's own group"
    await market.wait(25 * HOUR)
    await market.until_refunded(f"{unit}-0", order)
    assert (await market.revenue(), await market.escrow(), market.refunds()) == (0, 0, [1000, 1000])


@pytest.mark.long
@pytest.mark.parametrize("stays", [True, False])
async def test_a_bargain_is_earned_when_its_friend_stayed_and_given_back_when_nobody_made_it_good(
    market: Market, stays: bool
) -> None:
    await market.begin({**BARGAIN, "repair_hours": 2}, "owner", "a")
    unit = await market.play("owner", "open")
    await market.play("a", "help", unit)
    order = await market.play("owner", "order", unit)
    await market.pay("owner", order)
    assert (await market.shown(unit))["status"] == "paid" and await market.escrow() == 990
    if not stays:
        await market.stage.leave("a")
    await market.wait(26 * HOUR)
    if not stays:
        await market.until_refunded(order)
    assert (await market.shown(unit))["status"] == ("done" if stays else "unrepaired")
    assert (await market.revenue(), await market.escrow()) == ((990, 0) if stays else (0, 0))
    assert market.refunds() == ([] if stays else [990])


async def test_a_campaign_is_closed_only_when_nobodys_money_is_left_in_it(market: Market) -> None:
    await market.begin(GROUP, "a")
    unit = await market.play("a", "open")
    await market.pay("a", f"{unit}-0")
    market.stand_in.disturb(
        {"kind": "error", "path": "refund", "times": 1000, "status": 400, "code": "INVALID_REQUEST"}
    )
    await market.settling()
    found = await market.close()
    assert found["status"] == "settling"
    assert any("1000 fen that people paid" in word for word in found["open"])
    assert any("1 refunds" in word for word in found["open"])
    market.stand_in.disturb()
    await market.wait(25 * HOUR)
    await market.until_refunded(f"{unit}-0")
    assert (await market.close())["status"] == "closed"
    assert (await market.escrow(), market.refunds()) == (0, [1000])


@pytest.mark.long
async def test_what_is_paid_after_the_closing_is_given_back(market: Market) -> None:
    await market.begin(FLASH, "a")
    unit = await market.play("a", "open")
    order = await market.play("a", "reserve", unit)
    await market.settling()
    assert (await market.close())["status"] == "closed"
    from qunflow.domain.payments import PaymentSeen

    await market.shop.tell(PaymentSeen((await market.order(order)).number, "SUCCESS", 100, "late"))
    await market.stage.settle()
    assert await market.escrow() == 100 and len((await market.order(order)).refunds) == 1
