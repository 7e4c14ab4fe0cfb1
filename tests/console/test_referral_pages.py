"""Referrals in a browser: a program, a customer's link on a phone, and a friend who becomes a lead and then a deal."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest
import uvicorn
from playwright.async_api import Page
from starlette.applications import Starlette
from tests.console.console_process import ConsoleProcess, free_port
from tests.console.pictures import shot

from qunflow.bootstrap import Application
from qunflow.domain.rights import Role
from qunflow.features.posters.drawing import PosterDesk
from qunflow.features.referrals.vault import ContactVault
from qunflow.pages.shell import phone_routes
from qunflow.storage.people import store_names

pytestmark = [pytest.mark.journey, pytest.mark.long]
WORKSPACE = "main"


@asynccontextmanager
async def phones(application: Application) -> AsyncIterator[str]:
    """The phone pages on a port; their address."""
    posters, port = PosterDesk(), free_port()
    home = application.home
    routes = phone_routes(application.door, home.links, home.blobs, posters, contacts=ContactVault(home.keys))
    server = uvicorn.Server(uvicorn.Config(Starlette(routes=routes), port=port, log_level="warning"))
    serving = asyncio.create_task(server.serve())
    while not server.started:
        await asyncio.sleep(0.02)
    yield f"http://127.0.0.1:{port}"
    server.should_exit = True
    await serving
    posters.close()


async def fill(page: Page, **values: str) -> None:
    for name, value in values.items():
        await page.fill(f"[data-field={name}] input, input[data-field={name}], textarea[data-field={name}]", value)


async def win(seen: ConsoleProcess, operator: Page) -> None:
    """An operator looks at the contact and enters the deal; an owner agrees."""
    await operator.goto(f"{seen.url}/referrals/leads")
    await operator.wait_for_selector("tr:has-text('王**'):has-text('待联系')")
    await shot(operator, "referral-leads")
    await operator.click("a:has-text('王**')")
    await operator.click("button:has-text('查看联系方式')")
    await operator.wait_for_selector("text=13800138000")
    await operator.keyboard.press("Escape")
    await operator.click("button:has-text('登记成交')")
    await fill(operator, order="A-1", net_fen="30000")
    await operator.click(".q-dialog button:has-text('登记成交')")
    await operator.wait_for_selector("[data-status=proposed]")
    assert await operator.locator("button:has-text('复核通过')").count() == 0, "agreeing needs the right to pay"
    owner = await seen.page(await seen.account("店长", Role.OWNER), operator.url.removeprefix(seen.url))
    await owner.click("button:has-text('复核通过')")
    await owner.click(".q-dialog button:has-text('复核通过')")
    await owner.wait_for_selector("[data-status=won]")
    runner = seen.application.runner()
    while await runner.turn():  # the server's part
        pass
    await owner.wait_for_selector("[data-reward='45000']")
    await shot(owner, "referral-lead")


async def test_from_a_new_program_to_a_deal_that_two_people_agreed_to(seen: ConsoleProcess) -> None:
    async with seen.application.home.database.unit(WORKSPACE) as unit:
        await store_names(unit, {"p-ann": "安安"})
    operator = await seen.page(await seen.account("小周", Role.OPERATOR), "/referrals/new")
    money = {"reward_bps": "1.5", "cap_fen": "600", "budget_total_fen": "5000", "budget_daily_fen": "2000"}
    await fill(operator, name="villa", title="老客推荐有礼", product="别墅整装", **money)
    await shot(operator, "referral-new")
    await operator.click("button:has-text('创建')")
    await operator.wait_for_selector("[data-left='500000']")
    await operator.get_by_label("客户", exact=True).fill("安安")
    await operator.click("button:has-text('生成链接')")
    own = await operator.get_attribute("a[href*='/r/']", "href")
    await shot(operator, "referral-program")
    assert own is not None and seen.browser is not None

    async with phones(seen.application) as address:
        context = await seen.browser.new_context(viewport={"width": 375, "height": 800})
        seen.contexts.append(context)
        phone = await context.new_page()
        base = seen.application.home.links.base_url
        await phone.goto(own.replace(base, address))
        await shot(phone, "referral-phone-own")
        friends = (await phone.get_attribute("#friend-link", "href") or "").replace(base, address)
        assert await phone.evaluate("document.documentElement.scrollWidth") <= 375
        await context.clear_cookies()
        await phone.goto(friends)
        await phone.fill("#name", "王先生")
        await phone.fill("#phone", "13800138000")
        await phone.check("[name=consent]")
        await shot(phone, "referral-phone-friend")
        assert await phone.evaluate("document.documentElement.scrollWidth") <= 375
        await phone.click("button")
        await phone.wait_for_selector("[data-state=referral_done]")

    await win(seen, operator)
    async with seen.application.home.database.read(WORKSPACE) as unit:
        acts = [row[0] for row in await unit.fetch("SELECT DISTINCT act FROM audit WHERE act LIKE 'referral.%'")]
    assert {"referral.set", "referral.link", "referral.look", "referral.win", "referral.agree"} <= set(acts)


async def test_an_analyst_sees_leads_but_no_contact_and_no_act(seen: ConsoleProcess) -> None:
    page = await seen.page(await seen.account("小数", Role.ANALYST), "/referrals")
    await page.wait_for_selector("text=还没有推荐计划")
    assert await page.locator("button:has-text('新建推荐计划')").count() == 0
