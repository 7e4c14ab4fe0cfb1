"""An order on the phone page: what is to be paid, the payment that WeChat opens, and that it was paid."""

from __future__ import annotations

import html
import json
import re
from collections.abc import AsyncIterator

import httpx
import pytest
from starlette.applications import Starlette
from tests.integration.features.conftest import CAMPAIGN, WORKSPACE, person_of
from tests.integration.payouts.conftest import ACCOUNT, Shop
from tests.integration.payouts.market import Market
from tests.integration.payouts.test_selling import FLASH

from qunflow.features.payouts.orders_model import OPEN, ORDER_PAID
from qunflow.features.posters.drawing import PosterDesk
from qunflow.pages.shell import phone_routes
from qunflow.storage.people import add_persons
from qunflow.web.links import PersonLink

PHONE = {"user-agent": "Mozilla/5.0 (iPhone) MicroMessenger/8.0", "accept": "text/html", "accept-language": "zh-CN"}


@pytest.fixture
async def phone(shop: Shop) -> AsyncIterator[httpx.AsyncClient]:
    """A browser before the phone pages of a shop with a payment account."""
    assert shop.payments is not None
    home, posters = shop.application.home, PosterDesk()
    routes = phone_routes(shop.door, home.links, home.blobs, posters, prepare=shop.payments.payment, fresh_seconds=0.0)
    transport = httpx.ASGITransport(app=Starlette(routes=routes))
    async with httpx.AsyncClient(transport=transport, base_url=home.links.base_url, headers=PHONE) as http:
        yield http
    posters.close()


def link_of(shop: Shop, who: str) -> str:
    return shop.application.home.links.seal(PersonLink(WORKSPACE, CAMPAIGN, person_of(who)))


async def test_an_order_is_paid_from_its_page_and_by_nobody_else(shop: Shop, phone: httpx.AsyncClient) -> None:
    market = Market.over(shop)
    await market.begin(FLASH, "a", "b")
    unit = await market.play("a", "open")
    order = await market.play("a", "reserve", unit)
    page, path = f"/p/{link_of(shop, 'a')}/play", f"/p/{link_of(shop, 'a')}/pay"
    assert "店家会联系你" in (await phone.get(page)).text, "the account does not know this person yet"
    async with shop.application.home.database.unit(WORKSPACE) as rows:
        await add_persons(rows, {(ACCOUNT, "o-a"): person_of("a"), (ACCOUNT, "o-b"): person_of("b")})
    due = (await phone.get(page)).text
    assert "应付 1.00 元" in due and f'action="{path}"' in due and "script-src" not in str(phone.headers)
    foreign = await phone.post(f"/p/{link_of(shop, 'b')}/pay", data={"order": order})
    assert foreign.status_code == 404
    assert (await phone.post(path, data={"order": order})).status_code == 303
    assert 'http-equiv="refresh"' in (await phone.get(page)).text
    await market.until_order(order, OPEN)
    ready = await phone.get(page)
    values = json.loads(html.unescape(re.findall(r'data-values="([^"]+)"', ready.text)[0]))
    assert values["package"].startswith("prepay_id=") and values["signType"] == "RSA"
    assert "script-src 'self'" in ready.headers["content-security-policy"]
    market.stand_in.act("/phone/pay", prepay_id=values["package"].removeprefix("prepay_id="))
    await market.until_order(order, ORDER_PAID)
    await market.stage.settle()
    over = (await phone.get(page)).text
    assert "购买成功" in over and "实付 1.00 元" in over and "data-values" not in over
    await market.check()
