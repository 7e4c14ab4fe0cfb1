"""Prizes, risk rules and the posted minutes written in the wizard; what is short stands on the first page."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest
import pytest_asyncio
from playwright.async_api import Page
from tests.console.console_process import ConsoleProcess
from tests.console.test_campaign_pages import fill, shot, step
from tests.integration.features.conftest import Stage
from tests.integration.features.platform import ScriptedPlatform
from tests.integration.rewards.conftest import Depot

from qunflow.features.rewards.vault import Vault
from qunflow.storage.directory import ChannelRow, save_channel
from qunflow.storage.operators import AccountRow

pytestmark = [pytest.mark.journey, pytest.mark.long]


@pytest_asyncio.fixture(loop_scope="session")
async def stage(console: ConsoleProcess) -> AsyncIterator[Stage]:
    """The engine behind the console, with a channel on a platform in memory."""
    home = console.application.home
    async with home.database.directory() as connection:
        await save_channel(connection, ChannelRow("shop", "main", "wecom", {}, b""), home.clock.now())
    yield Stage(console.application, ScriptedPlatform(console.application.home.clock))


async def choose(page: Page, field: str, label: str) -> None:
    await page.locator(f"[data-field='{field}']").click()
    await page.click(f".q-menu >> text='{label}'")
    await page.wait_for_timeout(200)


async def write(page: Page) -> None:
    """A plan with prizes, own risk rules and a task that has to be posted for two hours."""
    await page.wait_for_selector("[data-field=campaign]")
    await fill(page, campaign="spring-gifts", title="春日有礼", goal="三天一百名新成员", expected_joins="50")
    await fill(page, starts_at="2027-03-01T09:00", ends_at="2027-03-07T22:00")
    await step(page, "渠道与员工")
    await page.click("[aria-label='渠道 *']")
    await page.click(".q-menu >> text=shop")
    await fill(page, staff="lin")
    await step(page, "奖励")
    await fill(page, budget_total_fen="2000", reward_per_user_max_fen="30")
    await page.click("[data-field='prizes.add']")
    await page.fill("[data-field='prizes[0].item']", "cup")
    await page.fill("[data-field='prizes[0].at']", "3")
    await page.fill("[data-field='prizes[0].cost_fen']", "35")
    await page.click("[data-field='prizes.add']")
    await choose(page, "prizes[1].rule", "任务")
    await page.fill("[data-field='prizes[1].item']", "coffee")
    await page.fill("[data-field='prizes[1].cost_fen']", "8")
    await page.fill("[data-field='prizes[1].limit']", "40")
    await page.click("[data-field=risk]")
    await choose(page, "risk.profile", "严格")
    await page.click("text=逐条修改规则")
    await page.fill("[data-field='risk.rules.ip.most']", "8")
    await choose(page, "risk.rules.velocity.reaction", "拒绝")
    await shot(page, "wizard-prizes")
    await step(page, "任务")
    await page.click("[data-field=task]")
    await fill(page, task__posted_minutes="120")
    await step(page, "海报")
    for name in ("title", "subtitle", "selling_point", "endorsement", "call_to_action"):
        await fill(page, **{f"poster__{name}": "春日有礼"})
    await step(page, "8 群")
    await fill(page, pool__base_name="春日群")


async def test_prizes_and_risk_are_written_checked_and_kept_like_the_file(
    seen: ConsoleProcess, owner: AccountRow, stage: Stage
) -> None:
    page = await seen.page(owner, "/campaigns/new")
    await write(page)
    await page.click("text=保存草稿 >> nth=0")
    await page.wait_for_selector("aside >> text=单人上限")  # one cup costs more than a person's cap
    await step(page, "奖励")
    await page.wait_for_selector(".q-field__messages:has-text('单人上限')")
    await fill(page, reward_per_user_max_fen="60")
    await page.wait_for_selector("text=计划已完整")
    await shot(page, "wizard-prizes-whole")
    await page.click("text=保存草稿 >> nth=0")
    await page.wait_for_url("**/campaigns/spring-gifts/gate")
    plan = (await stage.application.door.look.state("main", "campaign:spring-gifts")).plan
    assert [(prize.rule, prize.item, prize.at, prize.cost_fen, prize.limit) for prize in plan.prizes] == [
        ("invites", "cup", 3, 3500, 0),
        ("task", "coffee", 0, 800, 40),
    ]
    assert (plan.risk.profile, plan.risk.rules["ip"].most, plan.risk.rules["velocity"].weight) == ("strict", 8, 90)
    assert set(plan.risk.rules) == {"ip", "velocity"} and plan.task.posted_minutes == 120
    await page.goto(page.url.replace("/gate", "/edit"))
    await step(page, "奖励")
    assert await page.input_value("[data-field='prizes[0].cost_fen']") == "35"
    await page.click("text=逐条修改规则")
    assert await page.input_value("[data-field='risk.rules.ip.most']") == "8"


async def test_what_is_short_stands_on_the_first_page_and_costs_are_told_apart(
    seen: ConsoleProcess, owner: AccountRow, stage: Stage
) -> None:
    depot = Depot(stage.application, Vault(stage.application.home.keys))
    await depot.fund(50_000)
    await depot.add("cup", "physical", unit_cost=2000, total=1)
    await depot.add("lamp", "coupon_template", unit_cost=4000, total=10, sponsor="Lumen Ltd")
    for person in ("p1", "p2"):
        await depot.tell(person, "cup")
    for number in range(9):
        await depot.tell(f"q{number}", "lamp")
    page = await seen.page(owner, "/")
    await page.wait_for_selector("[data-block=stock] [data-item=cup]:has-text('已空（共 1），1 份在等')")
    await page.wait_for_selector("[data-block=stock] [data-item=lamp]:has-text('剩 1 / 10')")
    await shot(page, "today-stock")
    await page.click("[data-item=cup] a")
    await page.wait_for_url("**/rewards/item/cup")
    await page.goto(page.url.replace("/item/cup", "/costs"))
    await page.wait_for_selector("tr:has-text('Lumen Ltd'):has-text('部分赞助'):has-text('94.7')")
    await shot(page, "reward-costs")
