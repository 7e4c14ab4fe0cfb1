"""Buying alone from the page of a group-buy: an order to pay, one's own, and nobody else's business."""

from __future__ import annotations

import re

from tests.integration.pages.conftest import CAMPAIGN, WORKSPACE, Stage, element
from tests.integration.pages.test_play_moves import move
from tests.integration.pages.test_play_pages import GROUP, by_staff, phones

from qunflow.web.links import UnitLink


async def test_one_buys_alone_beside_the_groups_pays_and_is_told_so(stage: Stage) -> None:
    buyer, other = await phones(stage, GROUP, "buyer", "other")
    page = await buyer.open()
    assert "¥19.90" in page.text and "19.90" in element(page.text, "alone")
    ordered = await buyer.tap(page, "alone")
    assert "已下单" in element(ordered.text, "did") and "应付 19.90 元" in ordered.text
    (unit,) = set(re.findall(r'data-unit="([^"]+)"', ordered.text))
    part = ordered.part(unit)
    assert 'data-alone="yes"' in part and 'class="seats"' not in part and "/u/" not in part
    assert {"release", "open", "alone"} <= set(ordered.moves), "a group may be opened besides"
    assert unit not in (await other.open()).text, "others do not see it"
    address = f"/u/{stage.application.home.links.seal_unit(UnitLink(WORKSPACE, CAMPAIGN, unit))}"
    assert (await other.http.get(address)).status_code == 404
    assert (await buyer.http.get(address)).status_code == 200
    await by_staff(stage, "pay", unit, "system", order=f"{unit}-0", fen=1990)
    paid = await buyer.open()
    assert "购买成功" in paid.part(unit) and 'data-status="paid"' in paid.part(unit)
    assert "release" not in paid.moves and "Bought" in (await buyer.http.get(f"/p/{buyer.link}/play?lang=en")).text


async def test_an_order_alone_is_cancelled_and_a_plan_without_the_price_offers_none(stage: Stage) -> None:
    (buyer,) = await phones(stage, GROUP, "buyer")
    ordered = await buyer.tap(await buyer.open(), "alone")
    done = await buyer.tap(ordered, "release")
    assert "订单已取消" in element(done.text, "did") and "已取消" in done.text and "release" not in done.moves


async def test_without_a_price_for_it_nobody_is_offered_to_buy_alone(stage: Stage) -> None:
    (buyer,) = await phones(stage, {**GROUP, "solo_price_fen": 0}, "buyer")
    assert "alone" not in (await buyer.open()).moves
    answer = await move(stage, buyer.link, "alone")
    assert (answer.status_code, answer.json()["code"]) == (404, "move_unknown")
