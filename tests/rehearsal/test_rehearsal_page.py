"""The page of a rehearsal before a real browser: start, watch, stop, read a result with its definitions."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import pytest_asyncio
from playwright.async_api import expect
from tests.console.console_process import ConsoleProcess
from tests.console.test_poster_pages import shot
from tests.integration.features.conftest import CAMPAIGN, CHANNEL, Stage
from tests.integration.features.platform import ScriptedPlatform

from qunflow.bootstrap import add_channel
from qunflow.features.campaigns.rehearsed import plan_key
from qunflow.features.campaigns.report import find_campaign
from qunflow.storage import rehearsals
from qunflow.storage.directory import DEFAULT_WORKSPACE as WORKSPACE
from qunflow.storage.operators import AccountRow
from qunflow.storage.rehearsals import RehearsalRow

pytestmark = [pytest.mark.journey, pytest.mark.long]
RESULT: dict[str, Any] = {
    "invariants": {"held": ["I1 ledger sums to zero", "I2 issued and reserved within the budget"], "broken": []},
    "groups_needed": [
        {"day": f"2027-03-0{day}", "members": 90 * day, "needed": day, "there": day + 1}
        | {"made": 1, "quota": 10, "delayed": 0}
        for day in range(1, 5)
    ],
    "staff_minutes": 41.5,
    "reward": {"expected": 123_400, "worst": 730_000},
    "budget_overrun": 0,
    "k": 0.62,
    "cycle_hours": 27.5,
    "fraud": {"caught": 6, "missed": 3},
    "gate": [{"check": "budget", "code": "gate_budget", "words": "budget 100 fen, worst case 730000 fen"}],
    "seconds": 58.2,
    "people": 200,
    "days": 4,
    "seed": "spring",
    "funnel": {"launched": 120, "scanned": 170, "joined": 150, "completed": 80},
    "moves": {"made": {}, "refused": {}},
    "not_played": "",
}  # fmt: skip


@pytest_asyncio.fixture(loop_scope="session")
async def stage(console: ConsoleProcess) -> Stage:
    """The engine behind the console, with a drafted campaign."""
    home = console.application.home
    await add_channel(home, "wecom", CHANNEL, {"staff": ["amy"]}, {})
    stage = Stage(console.application, ScriptedPlatform(home.clock))
    await stage.draft()
    return stage


async def test_a_result_explains_itself_and_the_gate_points_to_it(
    seen: ConsoleProcess, stage: Stage, owner: AccountRow
) -> None:
    plan = (await find_campaign(stage.application.door, WORKSPACE, CAMPAIGN)).plan
    assert plan is not None
    begun = datetime.now(UTC) - timedelta(hours=1)
    async with stage.application.home.database.unit(WORKSPACE) as unit:
        asked = RehearsalRow("abc", CAMPAIGN, plan_key(plan), "", begun, None, 200, "spring", 4, "running")
        await rehearsals.begin(unit, asked)
        await rehearsals.end(unit, "abc", begun, rehearsals.DONE, "", RESULT)
    page = await seen.page(owner, f"/campaigns/{CAMPAIGN}/gate")
    await expect(page.locator("[data-advice=gate]")).to_be_visible()
    await shot(page, "gate")
    await page.goto(f"{seen.url}/campaigns/{CAMPAIGN}/rehearsal")
    await expect(page.locator("[data-result=abc]")).to_be_visible()
    await page.locator("[data-figure=k]").click()
    await expect(page.locator(".qf-popover:visible")).to_be_visible()
    await page.keyboard.press("Escape")
    await shot(page, "rehearsal")
    await page.emulate_media(color_scheme="dark")
    await shot(page, "rehearsal-dark")


async def test_a_rehearsal_is_started_watched_and_stopped(
    seen: ConsoleProcess, stage: Stage, owner: AccountRow
) -> None:
    page = await seen.page(owner, f"/campaigns/{CAMPAIGN}/rehearsal")
    await page.get_by_role("button", name="开始", exact=True).click()
    running = page.locator("[data-running]")
    await expect(running).to_be_visible(timeout=20_000)
    await shot(page, "rehearsal-running")
    await running.get_by_role("button", name="停止").click()
    await expect(running).to_be_hidden(timeout=40_000)
    await expect(page.get_by_text("已停止").first).to_be_visible()
