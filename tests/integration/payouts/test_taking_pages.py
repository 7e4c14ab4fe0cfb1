"""Money that waits for its person: on their own pages, taken in WeChat, told by a signed notice, or returned."""

from __future__ import annotations

import asyncio
import html
import json
import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta
from typing import Any

import httpx
import pytest
from starlette.applications import Starlette
from tests.integration.features.conftest import CAMPAIGN as MARKET
from tests.integration.features.conftest import person_of
from tests.integration.payouts.conftest import WORKSPACE, Shop
from tests.integration.payouts.market import Market
from tests.integration.payouts.test_prizes import CAMPAIGN, DAY, one, open_depot, until_grant, win
from tests.integration.payouts.test_selling import FLASH

from qunflow.bootstrap import Application
from qunflow.features.payouts.model import RETURNED, WAITING
from qunflow.features.posters.drawing import PosterDesk
from qunflow.features.rewards.vault import Vault
from qunflow.pages.shell import phone_routes
from qunflow.web.links import PersonLink

WECHAT = "Mozilla/5.0 (iPhone) MicroMessenger/8.0.50"
HEADERS = {"user-agent": WECHAT, "accept": "text/html", "accept-language": "zh-CN"}


def routes_of(shop: Shop, posters: PosterDesk) -> list[Any]:
    assert shop.payments is not None
    home = shop.application.home
    return phone_routes(
        shop.door,
        home.links,
        home.blobs,
        posters,
        fresh_seconds=0.0,
        vault=Vault(home.keys),
        confirm=shop.payments.confirmation,
    )


@pytest.fixture
async def phone(shop: Shop) -> AsyncIterator[httpx.AsyncClient]:
    """WeChat's browser before the phone pages of a shop with a payment account."""
    posters = PosterDesk()
    transport = httpx.ASGITransport(app=Starlette(routes=routes_of(shop, posters)))
    base = shop.application.home.links.base_url
    async with httpx.AsyncClient(transport=transport, base_url=base, headers=HEADERS) as http:
        yield http
    posters.close()


def link_of(shop: Shop, person: str, campaign: str = CAMPAIGN) -> str:
    return shop.application.home.links.seal(PersonLink(WORKSPACE, campaign, person))


def values_of(page: str) -> dict[str, str]:
    found: dict[str, str] = json.loads(html.unescape(re.findall(r'data-values="([^"]+)"', page)[0]))
    return found


@asynccontextmanager
async def working(shop: Shop) -> AsyncIterator[None]:
    """Engine and sender work meanwhile."""

    async def work() -> None:
        while True:
            await shop.settle()
            await asyncio.sleep(0.05)

    task = asyncio.create_task(work())
    yield
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)


async def ask(shop: Shop, phone: httpx.AsyncClient, sealed: str, number: str, **fields: str) -> httpx.Response:
    """The person is back: the page asks what became of it."""
    async with working(shop):
        return await phone.post(f"/p/{sealed}/take", data={"payout": number, **fields})


async def won(shop: Shop) -> tuple[str, str]:
    """A prize of p1 and the number of its payout, which waits to be taken."""
    await open_depot(shop)
    grant = await win(shop)
    await shop.settle()
    number = (await one(shop)).number
    await shop.until_status(number, WAITING)
    return grant, number


async def kept(application: Application) -> str:
    """Everything that the database holds of messages, calls, events and states."""
    tables = ("inbox", "outbox", "events", "streams")
    async with application.home.database.read(WORKSPACE) as unit:
        found = [await unit.fetch(f"SELECT to_jsonb(t)::text FROM {table} t") for table in tables]
    return "".join(row[0] for rows in found for row in rows)


async def test_a_prize_is_taken_from_its_page_and_the_notice_is_told_there(
    shop: Shop, phone: httpx.AsyncClient, caplog: pytest.LogCaptureFixture
) -> None:
    grant, number = await won(shop)
    sealed = link_of(shop, "p1")
    page = await phone.get(f"/p/{sealed}/rewards")
    assert "领取 6.00 元" in page.text and "还剩 2" in page.text and len(page.content) < 60_000
    assert "script-src 'self'" in page.headers["content-security-policy"]
    assert page.headers["cache-control"] == "no-store"
    assert shop.stand_in is not None
    settings, (bill,) = shop.stand_in.settings(), shop.stand_in.bills()
    package = f"package-{bill['transfer_bill_no']}"
    assert values_of(page.text) == {"mchId": settings.mchid, "appId": settings.appid, "package": package}
    assert package not in await kept(shop.application) and package not in caplog.text
    shop.stand_in.act("/phone/confirm", out_bill_no=number, openid="o-p1")
    await until_grant(shop, grant, "issued")
    over = await phone.get(f"/p/{sealed}/rewards")
    assert "已领取，钱在微信零钱里" in over.text and "data-values" not in over.text
    assert "script-src" not in over.headers["content-security-policy"]
    await shop.wait(timedelta(days=4))
    assert "data-payout" not in (await phone.get(f"/p/{sealed}/rewards")).text
    assert len(shop.stand_in.bills()) == 1


async def test_only_the_own_link_in_wechat_shows_how_to_take_it(shop: Shop, phone: httpx.AsyncClient) -> None:
    _, number = await won(shop)
    mine, other = link_of(shop, "p1"), link_of(shop, "p2")
    for agent, said in (("Mozilla/5.0 (iPhone) Safari/604.1", "在微信里打开本页"), ("WhatsApp/2.23", "")):
        page = await phone.get(f"/p/{mine}/rewards", headers={"user-agent": agent})
        assert said in page.text and "package" not in page.text, agent
        assert "script-src" not in page.headers["content-security-policy"]
    assert "data-payout" not in (await phone.get(f"/p/{other}/rewards")).text
    assert (await ask(shop, phone, other, number)).status_code == 404
    assert (await ask(shop, phone, mine, "q" + "0" * 30)).status_code == 404
    assert (await ask(shop, phone, mine, "../x")).status_code == 400
    assert (await ask(shop, phone, mine, number, page="//evil")).status_code == 400
    assert (await ask(shop, phone, mine, number, padding="x" * 2_000)).status_code == 413
    english = (await phone.get(f"/p/{mine}/rewards?lang=en")).text
    assert "Take 6.00 yuan" in english


async def test_without_a_notice_asking_tells_what_became_of_it_and_makes_no_second_bill(
    shop: Shop, phone: httpx.AsyncClient
) -> None:
    market = Market.over(shop)
    await market.begin(FLASH, "a")
    person = person_of("a")
    await shop.earn(person, 600)
    stand_in = market.stand_in
    stand_in.disturb({"kind": "lost", "path": "transfer-bills", "times": 1})  # the query tells no package
    number = await shop.send(person, 600, "w-1")
    await shop.until_status(number, WAITING)
    await shop.until(lambda: has_package(shop, number))
    sealed = link_of(shop, person, MARKET)
    for path in ("", "/play"):
        page = await phone.get(f"/p/{sealed}{path}")
        assert "领取 6.00 元" in page.text and "script-src 'self'" in page.headers["content-security-policy"], path
        assert values_of(page.text)["package"] == f"package-{stand_in.bills()[0]['transfer_bill_no']}"
    stand_in.act("/admin/notice-faults", lose=1_000)
    stand_in.act("/phone/confirm", out_bill_no=number, openid="o-1")
    back = await ask(shop, phone, sealed, number, page="play")
    assert (back.status_code, back.headers["location"]) == (303, f"/p/{sealed}/play")
    assert "已领取，钱在微信零钱里" in (await phone.get(back.headers["location"])).text
    assert len(stand_in.bills()) == 1 and stand_in.status()["balance"] == 100_000_000 - 600


async def has_package(shop: Shop, number: str) -> bool:
    return bool((await shop.payout(number)).package)


async def test_a_prize_that_nobody_takes_for_a_day_is_returned_to_the_budget_and_says_so(
    shop: Shop, phone: httpx.AsyncClient
) -> None:
    grant, number = await won(shop)
    sealed = link_of(shop, "p1")
    assert shop.stand_in is not None
    shop.stand_in.act("/admin/notice-faults", delay=20)
    clock: Any = shop.application.home.clock
    clock.advance_to(clock.now() + DAY + timedelta(minutes=1))
    late = (await phone.get(f"/p/{sealed}/rewards")).text
    assert "已超过 24 小时" in late and "data-values" not in late
    assert (await ask(shop, phone, sealed, number, page="rewards")).status_code == 303
    await shop.until_status(number, RETURNED)
    await until_grant(shop, grant, "cancelled")
    over = (await phone.get(f"/p/{sealed}/rewards")).text
    assert "24 小时内没有领取，已退回活动" in over and "data-values" not in over
    assert await shop.balances() == {f"external:{CAMPAIGN}": -10_000, f"budget:{CAMPAIGN}": 10_000}


async def test_a_person_who_asks_in_a_hurry_asks_wechat_once(shop: Shop, phone: httpx.AsyncClient) -> None:
    _, number = await won(shop)
    assert shop.stand_in is not None
    sealed = link_of(shop, "p1")
    before = asked(shop)
    async with working(shop):
        posts = (phone.post(f"/p/{sealed}/take", data={"payout": number}) for _ in range(4))
        answers = await asyncio.gather(*posts)
    assert {answer.status_code for answer in answers} == {303}
    assert asked(shop) - before == 1


def asked(shop: Shop) -> int:
    assert shop.stand_in is not None
    calls: dict[str, int] = shop.stand_in.status()["calls"]
    return sum(count for path, count in calls.items() if "out-bill-no" in path)
