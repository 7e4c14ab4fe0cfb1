"""The campaigns' pages as an operator uses them: a real browser, real PostgreSQL, the sandbox as WeCom."""

from __future__ import annotations

import os
from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

import pytest
import pytest_asyncio
from playwright.async_api import Page
from tests.console.console_process import ConsoleProcess, free_port
from tests.integration.features.conftest import CAMPAIGN, Stage
from tests.integration.features.platform import ScriptedPlatform
from tests.unit.features.campaigns.plans import make_plan

from qunflow.cli.demo_run import CHANNEL, DemoSettings, Play, Scene
from qunflow.domain.rights import Role
from qunflow.features.campaigns.plan import Plan, TaskPlan
from qunflow.rehearsal import crowd
from qunflow.rehearsal.crowd import PersonPlan
from qunflow.rehearsal.driver import open_street
from qunflow.rehearsal.phone import Phone
from qunflow.rehearsal.stage import Credentials
from qunflow.rehearsal.stage import Stage as Processes
from qunflow.rehearsal.street import Outcome
from qunflow.rehearsal.tester import TESTER
from qunflow.storage.clock import SharedClock
from qunflow.storage.operators import AccountRow

pytestmark = [pytest.mark.journey, pytest.mark.long]

TYPED = {
    "campaign": "spring",
    "title": "春日邀请季",
    "goal": "三天一百名新成员",
    "expected_joins": "50",
    "starts_at": "2026-12-01T08:00",
    "ends_at": "2026-12-04T22:00",
}


@pytest_asyncio.fixture(loop_scope="session")
async def stage(console: ConsoleProcess) -> Stage:
    """The engine behind the console, with a platform in memory."""
    return Stage(console.application, ScriptedPlatform(console.application.home.clock))


@dataclass
class OnTestDatabase(Processes):
    """Sandbox and edge beside the test's database."""

    database_url: str = ""

    def environment(self) -> dict[str, str]:
        return {**super().environment(), "QUNFLOW_DATABASE_URL": self.database_url}


@pytest_asyncio.fixture(loop_scope="session")
async def play(console: ConsoleProcess, clock: SharedClock, tmp_path: Path) -> AsyncIterator[Play]:
    """WeCom as the sandbox, an edge with its workers, staff at their desk; the plan says who they are."""
    home = console.application.home
    url, edge = home.settings.database_url, home.settings.port
    logs = tmp_path / "logs"
    processes = OnTestDatabase(
        home.settings.data, tmp_path / "clock", Credentials(), free_port(), edge, logs, database_url=url
    )
    poster = dict.fromkeys(("title", "subtitle", "selling_point", "endorsement", "call_to_action"), "春日")
    plan: Plan = make_plan(campaign="spring", channel=CHANNEL, staff=("lin",), poster=poster)
    settings = DemoSettings(10, "spring", tmp_path, tmp_path / "none")
    one = Play(Scene(settings, plan, clock, processes, console.application, lambda done, of, at: None))
    try:
        await one.set_up()
        yield one
    finally:
        await processes.stop()


async def shot(page: Page, name: str, full: bool = True) -> None:
    """A picture to look at, when somebody asked for pictures."""
    folder = os.environ.get("CONSOLE_PICTURES")
    if folder:
        await page.wait_for_timeout(500)
        await page.screenshot(path=Path(folder) / f"{name}.png", full_page=full)


async def fill(page: Page, **typed: str) -> None:
    for name, value in typed.items():
        await page.fill(f"[data-field='{name.replace('__', '.')}']", value)


async def step(page: Page, name: str) -> None:
    await page.click(f".q-tab:has-text('{name}')")
    await page.wait_for_timeout(300)


async def write_plan(page: Page) -> None:
    """Fill the wizard in, step by step."""
    await fill(page, **TYPED)
    await step(page, "渠道与员工")
    await page.click("[aria-label='渠道 *']")
    await page.click(f".q-menu >> text={CHANNEL}")
    await fill(page, staff="lin")
    await step(page, "奖励")
    await fill(page, budget_total_fen="300", reward_per_user_max_fen="80")
    await page.click("[data-field=ladder]")
    await page.fill("[data-field='ladder.bands[0].amount_fen']", "5")
    await step(page, "海报")
    for name in ("title", "subtitle", "selling_point", "endorsement", "call_to_action"):
        await fill(page, **{f"poster__{name}": "春日邀请"})
    await step(page, "8 群")
    await fill(page, pool__base_name="春日群")


async def people_come(play: Play, code: str, *numbers: int) -> list[Outcome]:
    """These people scan, add, join and open their poster; all but the first through the one before."""
    doors, settings = play.doors(code)
    found = []
    async with open_street(settings, doors) as street:
        before: int | None = None
        for number in numbers:
            phone = Phone(PersonPlan(number, f"客人{number}", before, adds_contact=True, steps=()), street)
            for kind in (crowd.SCAN, crowd.JOIN, crowd.POSTER):
                found.append(await until_done(play, phone, kind))
            before = number
    return found


async def until_done(play: Play, phone: Phone, kind: str) -> Outcome:
    for _ in range(20):
        outcome = await phone.perform(kind, play.clock.now())
        await play.settle()
        if outcome is Outcome.DONE:
            return outcome
    return Outcome.LATER


async def status_is(page: Page, status: str) -> None:
    await page.wait_for_selector(f"[data-status={status}]")


async def code_of(play: Play) -> str:
    state = await play.application.door.look.state("main", "campaign:spring")
    assert state is not None
    return str(state.code)


async def plan_it(page: Page) -> None:
    """From the empty list to a stored draft before its gate."""
    await page.wait_for_selector("text=还没有活动")
    await shot(page, "empty")
    await page.click(".qf-empty >> text=新建活动")
    await page.wait_for_selector("[data-field=campaign]")
    await page.click("text=保存草稿 >> nth=0")
    await page.wait_for_selector(".q-field__messages:has-text('必须填写')")
    await shot(page, "wizard-missing")
    await write_plan(page)
    await page.wait_for_selector("text=计划已完整")
    await shot(page, "wizard-whole")
    await page.click("text=保存草稿 >> nth=0")
    await page.wait_for_url("**/campaigns/spring/gate")


async def launch_it(page: Page, play: Play) -> str:
    """Closed at first; after groups were made and the path was walked the gate opens; answers the live code."""
    await page.wait_for_selector("[data-check=self_test][data-passed=false]")
    assert await page.is_disabled("button:has-text('上线')")
    await shot(page, "gate-closed")
    await play.settle()
    code = await code_of(play)
    assert await people_come(play, code, TESTER) == [Outcome.DONE] * 3
    play.clock.advance_to(play.clock.now() + timedelta(minutes=1))
    for check in ("groups", "live_code", "no_mix_up", "self_test", "staff_inside", "budget"):
        await page.wait_for_selector(f"[data-check={check}][data-passed=true]")
    await shot(page, "gate-open")
    await page.click("button:has-text('上线')")
    await page.click(".q-dialog >> button:has-text('上线')")
    await page.wait_for_url("**/campaigns/spring")
    await status_is(page, "running")
    return code


async def watch_it(page: Page) -> None:
    """The board shows who came, tells what a figure is, and takes a note."""
    for name, count in (("scanned", 3), ("joined", 3), ("launched", 3), ("invited_each", "0.67")):
        await page.wait_for_selector(f"[data-figure={name}]:has-text('{count}')", timeout=6_000)
    await shot(page, "board")
    await page.click("[data-figure=joined]")
    await page.wait_for_selector(".qf-popover:has-text('每人只算一次')")
    await page.keyboard.press("Escape")
    await fill(page, note="群里有人问什么时候发奖")
    await page.click("button:has-text('记下')")
    await page.wait_for_selector("text=群里有人问什么时候发奖 >> visible=true")


async def test_from_an_empty_list_to_an_ended_campaign(seen: ConsoleProcess, owner: AccountRow, play: Play) -> None:
    page = await seen.page(owner, "/campaigns")
    await plan_it(page)
    code = await launch_it(page, play)
    assert await people_come(play, code, 1, 2, 3) == [Outcome.DONE] * 9
    await watch_it(page)
    await page.click("[data-act=pause]")
    await status_is(page, "paused")
    await page.click("text=撤销")
    await status_is(page, "running")
    await page.click("[data-act=pause]")
    await status_is(page, "paused")
    await shot(page, "paused")
    await page.click("[data-act=end]")
    await page.click(".q-dialog >> button:has-text('结束')")
    await status_is(page, "ended")
    await page.click("text=复盘报告")
    await page.wait_for_selector("text=关闭之前")
    assert await page.is_disabled("button:has-text('关闭活动')")
    await shot(page, "report")
    async with play.application.home.database.read("main") as unit:
        acts = {row[0] for row in await unit.fetch("SELECT act FROM audit WHERE workspace_id = 'main'")}
    assert acts >= {"campaign.draft", "campaign.launch", "campaign.note", "campaign.paused", "campaign.ended"}


async def test_what_runs_may_only_get_better(seen: ConsoleProcess, owner: AccountRow, stage: Stage) -> None:
    await stage.launch(budget_total_fen=500)
    page = await seen.page(owner, f"/campaigns/{CAMPAIGN}")
    await status_is(page, "running")
    await page.click("[data-act=raise]")
    await page.fill("[data-field=amount]", "-5")
    await page.click(".q-dialog >> button:has-text('加预算')")
    await page.wait_for_selector(".q-field__messages:has-text('金额')")
    await page.fill("[data-field=amount]", "20")
    await page.wait_for_timeout(500)
    await page.click(".q-dialog >> button:has-text('加预算')")
    await page.wait_for_selector("[data-figure=budget]:has-text('25.00')", timeout=6_000)
    await page.click("[data-act=extend]")
    await page.fill("[data-field=ends_at]", "2026-12-02T09:00")
    await page.wait_for_timeout(500)
    await page.click(".q-dialog >> button:has-text('延长')")
    await page.wait_for_selector("text=对参与者不利，不允许")
    await page.click("[data-act=extend]")
    await page.fill("[data-field=ends_at]", "2026-12-20T21:30")
    await page.wait_for_timeout(500)
    await page.click(".q-dialog >> button:has-text('延长')")
    await page.wait_for_selector("text=2026-12-20 21:30")
    await page.click("[data-act=stop]")
    await fill(page, reason="平台要求")
    await page.wait_for_timeout(500)
    await page.click(".q-dialog >> button:has-text('紧急停止')")
    await status_is(page, "stopped")
    await page.wait_for_selector("text=紧急停止：平台要求")


async def test_an_analyst_looks_and_exports_and_changes_nothing(seen: ConsoleProcess, stage: Stage) -> None:
    await stage.launch(task=TaskPlan(reward_fen=200))
    analyst = await seen.account("小安", Role.ANALYST)
    await seen.speak(analyst, "en", "dark")
    page = await seen.page(analyst, "/campaigns?f.status=running&sort=-title")
    await page.wait_for_selector("td >> text=冬日邀请季")
    assert await page.locator("text=New campaign").count() == 0
    async with page.expect_download() as download:
        await page.click("text=Export CSV")
    body = (await (await download.value).path()).read_text("utf-8-sig")
    assert body.splitlines()[1].startswith("冬日邀请季,winter,running,")
    await page.click("td >> text=冬日邀请季")
    await status_is(page, "running")
    await page.wait_for_selector("text=not enough data")
    assert await page.locator("[data-act]").count() == 0
    await shot(page, "dark-english")
    refused = await page.goto(seen.url + "/campaigns/new")
    assert refused is not None and refused.status == 403


async def test_a_draft_is_imported_changed_and_exported_as_yaml(
    seen: ConsoleProcess, owner: AccountRow, stage: Stage
) -> None:
    await stage.draft()
    page = await seen.page(owner, f"/campaigns/{CAMPAIGN}/edit")
    await page.wait_for_selector("[data-field=title]")
    assert await page.input_value("[data-field=title]") == "冬日邀请季"
    assert await page.is_disabled("[data-field=campaign]")
    async with page.expect_download() as download:
        await page.click("text=导出 YAML")
    text = (await (await download.value).path()).read_text("utf-8")
    assert "title: 冬日邀请季" in text and "amount_fen: 800" in text
    await page.click("text=导入 YAML")
    await page.fill(
        ".q-dialog textarea", text.replace("冬日邀请季", "改过的标题").replace("amount_fen: 500", "amount_fen: 0")
    )
    await page.click(".q-dialog >> text=载入")
    await page.wait_for_function("document.querySelector('[data-field=title]').value === '改过的标题'")
    await page.click("text=金额至少 1 分")
    await page.wait_for_selector("[data-field='ladder.bands[0].amount_fen']")
    await shot(page, "wizard-error")
