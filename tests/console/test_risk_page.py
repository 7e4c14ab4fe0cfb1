"""Risk on the console: what was held is seen with its evidence, and decided by a button that asks first."""

from __future__ import annotations

import pytest
import pytest_asyncio
from tests.console.console_process import ConsoleProcess
from tests.console.test_todos_page import shot
from tests.integration.features.conftest import WORKSPACE, Stage, person_of
from tests.integration.features.platform import ScriptedPlatform
from tests.integration.features.test_risk import flags, invite, see, started

from qunflow.domain.inbound import ContactRead
from qunflow.domain.rights import Role
from qunflow.features.campaigns.risk import acts

pytestmark = [pytest.mark.journey, pytest.mark.long]


@pytest_asyncio.fixture(loop_scope="session")
async def stage(console: ConsoleProcess) -> Stage:
    """The engine behind the console, with a platform in memory."""
    return Stage(console.application, ScriptedPlatform(console.application.home.clock))


async def test_a_reviewer_sees_why_and_decides_what_was_held_and_appealed(seen: ConsoleProcess, stage: Stage) -> None:
    await started(stage)
    await see(stage, "owner", "phone")
    await invite(stage, "owner", "a", device="phone")
    await invite(stage, "owner", *"bcdefg", ip="line")
    await stage.tell(ContactRead("a", "小安"), ContactRead("g", "小古"), ContactRead("owner", "阿欧"))
    await stage.settle()
    denied = next(flag.flag for flag in await flags(stage) if flag.status == "denied")
    door = stage.application.door
    await acts.appeal(door, WORKSPACE, "winter", person_of("a"), denied, "我们是夫妻，共用一部手机")
    page = await seen.page(await seen.account("审核小林", Role.REVIEWER), "/risk")
    await page.wait_for_selector("text=同设备自助：1（上限 0）")
    await page.wait_for_selector("text=我们是夫妻")
    await page.wait_for_selector("text=同一 IP 助力过多：6（上限 5）")
    await shot(page, "risk")
    held = page.locator("tr", has_text="小古")
    await held.get_by_role("button", name="拒绝").click()
    await page.wait_for_selector("text=拒绝 小古 → 阿欧？")
    await shot(page, "risk-deny")
    await page.locator("[role=dialog] textarea").fill("多个账号来自同一来源")
    await page.locator("[role=dialog]").get_by_role("button", name="拒绝").click()
    await held.get_by_text("人工拒绝").wait_for()
    appealed = page.locator("tr", has_text="小安")
    await appealed.get_by_role("button", name="放行").click()
    await page.locator("[role=dialog]").get_by_role("button", name="放行").click()
    await appealed.get_by_text("已放行").wait_for()
    await stage.settle()
    assert {(await stage.of("g")).help, (await stage.of("a")).help} == {"revoked", "pending"}
    await shot(page, "risk-decided")
