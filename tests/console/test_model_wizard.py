"""A bargain planned in the wizard, from the empty form to its gate: a real browser, real PostgreSQL."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import UTC, datetime

import pytest
import pytest_asyncio
from playwright.async_api import Page
from tests.console.console_process import ConsoleProcess
from tests.console.test_campaign_pages import fill, shot, step
from tests.integration.features.conftest import Stage
from tests.integration.features.platform import ScriptedPlatform

from qunflow.storage.directory import ChannelRow, save_channel
from qunflow.storage.half_plans import find_half_plan
from qunflow.storage.operators import AccountRow

pytestmark = [pytest.mark.journey, pytest.mark.long]

BARGAIN = {
    "model__item": "mug-500ml",
    "model__original_fen": "99",
    "model__stock_total": "80",
    "model__floor_fen": "9.9",
    "model__first_cuts": "3 1.5",
    "model__order_window_min": "90",
}


@pytest_asyncio.fixture(loop_scope="session")
async def stage(console: ConsoleProcess) -> AsyncIterator[Stage]:
    """The engine behind the console, with a channel on a platform in memory."""
    home = console.application.home
    async with home.database.directory() as connection:
        await save_channel(connection, ChannelRow("shop", "main", "wecom", {}, b""), home.clock.now())
    yield Stage(console.application, ScriptedPlatform(console.application.home.clock))


async def offer(page: Page, kind: str) -> None:
    await page.click(f"[data-offer={kind}]")
    await page.wait_for_selector(f"[data-offer={kind}][aria-checked=true]")


async def until_kept(page: Page) -> None:
    await page.wait_for_selector("[data-half-plan]:has-text('已暂存')")
    await page.wait_for_timeout(1500)


async def choose_bargain(page: Page) -> None:
    """A model's fields come with their defaults, and are not thrown away unasked."""
    await step(page, "2 玩法")
    await shot(page, "models-none")
    await offer(page, "cards")
    await page.click("[data-field='model.kinds.add']")
    await page.fill("[data-field='model.kinds[0].card']", "fu")
    await page.fill("[data-field='model.kinds[0].weight']", "500")
    await page.click("[data-field='model.kinds.add']")
    await page.fill("[data-field='model.kinds[1].card']", "lu")
    await page.fill("[data-field='model.kinds[1].weight']", "9500")
    await page.wait_for_selector("text=平均要抽 20.1 次")
    await shot(page, "models-cards")
    await page.click("[data-offer=bargain]")
    await page.click(".q-dialog >> text=取消")
    assert await page.input_value("[data-field='model.kinds[0].card']") == "fu"
    await page.click("[data-offer=bargain]")
    await page.click(".q-dialog >> button:has-text('换玩法')")
    await page.wait_for_selector("[data-offer=bargain][aria-checked=true]")
    assert await page.locator("[data-field='model.kinds']").count() == 0
    assert await page.input_value("[data-field='model.first_bps']") == "90"
    await fill(page, model__item="mug-500ml", model__original_fen="0.5", model__stock_total="80")
    await page.click("text=金额太小")
    await page.wait_for_selector(".q-field__messages:has-text('金额太小')")
    await shot(page, "models-refused")
    await fill(page, **BARGAIN)
    await page.wait_for_selector("text=第一刀后价格 ¥18.81，剩下 ¥8.91 由 10 位好友砍")


async def test_a_bargain_from_the_empty_form_to_its_gate(seen: ConsoleProcess, owner: AccountRow, stage: Stage) -> None:
    page = await seen.page(owner, "/campaigns/new")
    await page.wait_for_selector("[data-field=campaign]")
    await fill(page, campaign="mugs", title="保温杯砍价", goal="一周八百名新成员", expected_joins="800")
    await fill(page, starts_at="2027-03-01T09:00", ends_at="2027-03-07T22:00")
    await page.wait_for_timeout(500)
    await page.click("[aria-label='时区']")  # nine o'clock stays nine o'clock
    await page.click(".q-menu >> text=东京")
    await choose_bargain(page)
    await until_kept(page)
    await page.reload()
    await page.wait_for_selector("[data-half-plan]:has-text('接着上次')")
    assert await page.input_value("[data-field=title]") == "保温杯砍价"
    assert await page.input_value("[data-field=starts_at]") == "2027-03-01T09:00"
    await step(page, "2 玩法")
    assert await page.input_value("[data-field='model.first_cuts']") == "3 1.50"
    await shot(page, "models-bargain")
    await step(page, "渠道与员工")
    await page.click("[aria-label='渠道 *']")
    await page.click(".q-menu >> text=shop")
    await fill(page, staff="lin")
    await step(page, "奖励")
    await fill(page, budget_total_fen="1", reward_per_user_max_fen="1")
    await step(page, "海报")
    for name in ("title", "subtitle", "selling_point", "endorsement", "call_to_action"):
        await fill(page, **{f"poster__{name}": "好友帮砍"})
    await step(page, "8 群")
    await fill(page, pool__base_name="砍价群")
    await page.wait_for_selector("text=计划已完整")
    await page.click("text=保存草稿 >> nth=0")
    await page.wait_for_url("**/campaigns/mugs/gate")
    state = await stage.application.door.look.state("main", "campaign:mugs")
    assert state.plan.model.kind == "bargain" and state.plan.tz == "Asia/Tokyo"
    assert state.plan.model.settings["first_cuts"] == [300, 150]
    assert state.plan.starts_at == datetime(2027, 3, 1, tzinfo=UTC)
    async with stage.application.home.database.read("main") as unit:
        now = stage.application.home.clock.now()
        assert await find_half_plan(unit, owner.account, "", now) is None


async def test_a_sample_is_a_start_and_likes_are_a_task(seen: ConsoleProcess, owner: AccountRow, stage: Stage) -> None:
    await seen.speak(owner, "en", "dark")
    page = await seen.page(owner, "/campaigns/new")
    await page.click("text=Start from a sample")
    await page.wait_for_selector("[data-sample=distribution-ranks]")
    await shot(page, "samples", full=False)
    await page.click("[data-sample=distribution-ranks]")
    await page.wait_for_selector("[data-offer=distribution][aria-checked=true]")
    assert await page.input_value("[data-field='model.ranks[1].rate1_bps']") == "40"
    await page.fill("[data-field='model.ranks[1].rate1_bps']", "150")
    await page.wait_for_selector(".q-field__messages:has-text('Type per cent')")
    await shot(page, "models-dark")
    await page.click("[data-offer=likes]")
    await page.click(".q-dialog >> button:has-text('Change')")
    await page.wait_for_selector("[data-offer=likes][aria-checked=true]")
    await page.click(".q-tab:has-text('Flow and task')")
    await page.wait_for_function("document.querySelector(\"[data-field='task.likes_required']\").value === '38'")
