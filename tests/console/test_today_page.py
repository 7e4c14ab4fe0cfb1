"""Today and deliveries: each sees the blocks of the own rights, figures follow, a retry is done once and noted."""

from __future__ import annotations

from datetime import timedelta

import httpx
import pytest
import pytest_asyncio
from playwright.async_api import Page
from tests.console.console_process import ConsoleProcess
from tests.console.pictures import shot
from tests.integration.features.conftest import WORKSPACE, Stage
from tests.integration.features.platform import ScriptedPlatform
from tests.integration.features.proofs import hand_in, proof_of, wait_for_review

from qunflow.domain.reasons import Reason
from qunflow.domain.receipts import Receipt, Result
from qunflow.domain.rights import Role
from qunflow.features.campaigns.plan import PoolPlan
from qunflow.features.tasks import acts
from qunflow.features.todos import acts as todo_acts
from qunflow.storage.audit import AuditFilter, list_notes
from qunflow.storage.inbox import mark_dead

pytestmark = pytest.mark.journey

REFUSED = Receipt(Result.REFUSED, reason=Reason.PLATFORM_ERROR, detail="errcode 45009 api freq out of limit")


@pytest_asyncio.fixture(loop_scope="session")
async def stage(console: ConsoleProcess) -> Stage:
    """The engine behind the console, with a platform in memory."""
    return Stage(console.application, ScriptedPlatform(console.application.home.clock))


async def figure(page: Page, block: str, name: str, value: str) -> None:
    """A figure of a block shows this, now or within five seconds."""
    found = page.locator(f"[data-block={block}] [data-figure={name}] .qf-value")
    await found.filter(has_text=value).wait_for(timeout=5_000)
    assert (await found.inner_text()).strip() == value


async def busy_day(stage: Stage) -> None:
    """One of everything that needs a person."""
    await wait_for_review(stage, "b", "c", pool=PoolPlan("福利群", soft_limit=4, low_at=20), budget_total_fen=7_200)
    code = (await stage.campaign()).code
    stage.platform.faults = [REFUSED] * 3
    await stage.add("d", code)
    stage.platform.faults = []
    await stage.add("e", code, settled=False)
    rows = await stage.rows("SELECT seq FROM inbox WHERE state = 'new' AND kind = 'contact_added'")
    async with stage.application.home.database.unit(WORKSPACE) as unit:
        await mark_dead(unit, rows[0][0], "KeyError: 'x'")
    data = {"chat": "g1", "topic": "群规更新了", "staff": "amy"}
    await todo_acts.ask_todo(stage.application.door, WORKSPACE, "wx", "set_topic", data)
    await stage.settle()


async def test_today_shows_what_needs_a_person_and_follows_within_seconds(seen: ConsoleProcess, stage: Stage) -> None:
    await busy_day(stage)
    page = await seen.page(await seen.account("店长", Role.OWNER), "/")
    await figure(page, "reviews", "waiting", "2")
    await figure(page, "todos", "open", str((await stage.rows("SELECT count(*) FROM streams WHERE kind = 'todo' AND "
                                            "state->>'status' = 'open'"))[0][0]))  # fmt: skip
    await figure(page, "deliveries", "refused", "5")  # two proofs had no desk to be examined at
    await figure(page, "deliveries", "dead", "1")
    await figure(page, "groups", "short", "1")
    await shot(page, "today-light")
    await acts.review(stage.application.door, WORKSPACE, proof_of("b"), True, "lin")
    await figure(page, "reviews", "waiting", "1")
    await stage.wait(timedelta(hours=9))
    await page.wait_for_selector("[data-block=todos] .text-negative")
    await page.click("[data-block=reviews] [data-figure=waiting]")
    await page.wait_for_selector(".q-menu >> text=现在需要人来看的凭证数")
    await page.keyboard.press("Escape")
    await page.click("[data-block=deliveries] a:has-text('查看') >> nth=0")
    await page.wait_for_url("**/deliveries")


async def test_a_delivery_is_tried_again_where_that_is_safe_and_the_retry_is_noted(
    seen: ConsoleProcess, stage: Stage
) -> None:
    await busy_day(stage)
    page = await seen.page(await seen.account("店长", Role.OPERATOR), "/deliveries")
    row = page.locator("tr", has_text="生成个人活码")
    await row.wait_for()
    welcome = page.locator("tr", has_text="欢迎语")
    assert "重试会重复" in await welcome.inner_text()
    assert await welcome.locator("[aria-label=重试]").count() == 0
    assert "平台拒绝或无法连接。 errcode 45009" in await row.inner_text()
    await shot(page, "deliveries")
    await row.locator("[aria-label=重试]").click()
    await page.wait_for_selector("text=已放回队列")
    await row.wait_for(state="detached")
    await stage.settle()
    assert stage.platform.asked["open_contact_code"] > 0
    await page.goto(f"{seen.url}/deliveries/letters")
    await page.click("[aria-label=重试]")
    await page.wait_for_selector("text=没有死信")
    await stage.settle()
    assert (await stage.of("e")).person != ""
    async with stage.application.home.database.read(WORKSPACE) as unit:
        notes = await list_notes(unit, AuditFilter(search="retry"), limit=10)
    assert {(note.act, note.outcome) for note in notes} == {("delivery.retry", "done"), ("letter.retry", "done")}
    await stage.check()


BLOCKS = {
    Role.OWNER: {"reviews", "todos", "campaigns", "groups", "stock", "deliveries"},
    Role.OPERATOR: {"reviews", "todos", "campaigns", "groups", "stock", "deliveries"},
    Role.REVIEWER: {"reviews"},
    Role.GROUP_STAFF: {"todos", "groups"},
    Role.ANALYST: {"campaigns", "stock"},
}


async def test_each_role_sees_its_own_blocks_and_no_other_page(seen: ConsoleProcess, stage: Stage) -> None:
    for role, blocks in BLOCKS.items():
        account = await seen.account(f"one-{role}", role)
        page = await seen.page(account, "/")
        await page.wait_for_selector("[data-block]")
        found = await page.eval_on_selector_all("[data-block]", "all => all.map(one => one.dataset.block)")
        assert set(found) == blocks
        cookies = {"qunflow_session": await seen.cookie(account)}
        async with httpx.AsyncClient(base_url=seen.url, cookies=cookies, trust_env=False) as browser:
            paths = {"deliveries": "/deliveries", "reviews": "/reviews", "todos": "/todos"}
            for block, path in paths.items():
                assert (await browser.get(path)).status_code == (200 if block in blocks else 403)
            letters = (await browser.get("/deliveries/letters")).status_code
            assert letters == (200 if "deliveries" in blocks else 403)
            exported = (await browser.get("/deliveries.csv")).status_code
            assert exported == (200 if role in (Role.OWNER, Role.OPERATOR, Role.ANALYST) else 403)


async def test_an_empty_day_says_so_in_the_dark_and_in_english(seen: ConsoleProcess, stage: Stage) -> None:
    owner = await seen.account("Owner", Role.OWNER)
    await seen.speak(owner, "en", "dark")
    page = await seen.page(owner, "/")
    for text in ("Nothing waits for a review.", "Nothing to do.", "Everything of the last 3 days was delivered."):
        await page.wait_for_selector(f"text={text}")
    await shot(page, "today-dark-empty")
    await busy_day(stage)
    await hand_in(stage, "d") if (await stage.of("d")).groups else None
    await figure(page, "reviews", "waiting", "2")
    await shot(page, "today-dark")
