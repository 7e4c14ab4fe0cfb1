"""The pictures of a check-in on the console: a day at a glance, one struck out with its reason, the file."""

from __future__ import annotations

from pathlib import Path

import pytest
import pytest_asyncio
from tests.console.console_process import ConsoleProcess
from tests.console.test_todos_page import shot
from tests.integration.features.conftest import WORKSPACE, Stage, person_of
from tests.integration.features.platform import ScriptedPlatform
from tests.integration.features.test_check_in_photos import handed_in

from qunflow.domain.inbound import ContactRead
from qunflow.domain.rights import Role

pytestmark = [pytest.mark.journey, pytest.mark.long]


@pytest_asyncio.fixture(loop_scope="session")
async def stage(console: ConsoleProcess) -> Stage:
    """The engine behind the console, with a platform in memory."""
    return Stage(console.application, ScriptedPlatform(console.application.home.clock))


async def test_a_picture_is_looked_at_and_struck_out_and_the_reward_follows(seen: ConsoleProcess, stage: Stage) -> None:
    codes = await handed_in(stage)
    await stage.tell(ContactRead("a", "阿安"), ContactRead("b", "小北"))
    await stage.settle()
    account = await seen.account("运营小周", Role.OPERATOR)
    page = await seen.page(account, "/campaigns/winter")
    await page.get_by_role("link", name="打卡图片").click()
    mine = page.locator(f"[data-photo='{codes['a2']}']")
    await mine.get_by_text("阿安").wait_for()
    assert await page.locator(".qf-photo").count() == 1, "today's alone"
    assert await mine.locator("img").evaluate("one => one.decode().then(() => one.naturalWidth)") > 0
    await page.get_by_label("哪一天").fill("")
    await page.locator(f"[data-photo='{codes['b1']}']").get_by_text("和之前的一张很像").wait_for()
    assert await page.locator(".qf-photo").count() == 3
    await page.wait_for_selector("text=收下 3 张，其中剔除 0 张")
    await shot(page, "photos")
    await mine.get_by_role("button", name="剔除").click()
    dialog = page.locator("[role=dialog]")
    await dialog.get_by_text("剔除 阿安").wait_for()
    await dialog.get_by_label("原因").click()
    await page.get_by_role("option", name="不是要求的内容").click()
    await shot(page, "photos-strike")
    await dialog.get_by_role("button", name="剔除").click()
    await mine.get_by_text("已剔除：不是要求的内容").wait_for()
    await page.wait_for_selector("text=收下 3 张，其中剔除 1 张")
    assert await stage.balance(f"available:{person_of('a')}") == 100
    async with stage.application.home.database.read(WORKSPACE) as unit:
        audited = await unit.fetch("SELECT outcome, name FROM audit WHERE act = 'campaign.strike_photo'")
    assert [tuple(row) for row in audited] == [("done", "运营小周")]
    await mine.locator("button.qf-open").click()
    await page.locator("[role=dialog] img").wait_for()
    await page.keyboard.press("Escape")
    async with page.expect_download() as download:
        await page.get_by_role("button", name="导出").click()
    told = Path(await (await download.value).path()).read_text("utf-8-sig")
    assert "not_target_page" in told and all(code in told for code in codes.values())
    await seen.speak(account, "en", "dark")
    dark = await seen.page(account, "/campaigns/winter/photos")
    await dark.locator(".qf-photo").first.wait_for()
    await shot(dark, "photos-dark")
    looker = await seen.page(await seen.account("分析小林", Role.ANALYST), "/campaigns/winter")
    await looker.get_by_role("link", name="复盘").or_(looker.locator("h1, [role=heading]").first).first.wait_for()
    assert await looker.get_by_role("link", name="打卡图片").count() == 0, "who may not see reviews sees no pictures"
