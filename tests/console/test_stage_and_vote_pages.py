"""Stage records and votes on the console: a fact by the form, a file with its result, fraud voided with its reason."""

from __future__ import annotations

from pathlib import Path

import pytest
import pytest_asyncio
from tests.console.console_process import ConsoleProcess
from tests.console.test_todos_page import shot
from tests.integration.features.conftest import WORKSPACE, Stage, person_of
from tests.integration.features.platform import ScriptedPlatform
from tests.integration.features.test_stage_facts import started
from tests.integration.features.test_void_votes import voted

from qunflow.domain.inbound import ContactRead
from qunflow.domain.rights import Role

pytestmark = [pytest.mark.journey, pytest.mark.long]


@pytest_asyncio.fixture(loop_scope="session")
async def stage(console: ConsoleProcess) -> Stage:
    """The engine behind the console, with a platform in memory."""
    return Stage(console.application, ScriptedPlatform(console.application.home.clock))


async def audited(stage: Stage, act: str) -> list[tuple[str, str]]:
    async with stage.application.home.database.read(WORKSPACE) as unit:
        rows = await unit.fetch("SELECT outcome, name FROM audit WHERE act = $1 ORDER BY seq", act)
    return [tuple(row) for row in rows]


async def test_stages_come_by_the_form_and_by_a_file_with_its_result(
    seen: ConsoleProcess, stage: Stage, tmp_path: Path
) -> None:
    await started(stage, "b", "c")
    await stage.tell(ContactRead("a", "阿安"), ContactRead("b", "小北"), ContactRead("c", "小晨"))
    await stage.settle()
    page = await seen.page(await seen.account("运营小周", Role.OPERATOR), "/campaigns/winter")
    await page.get_by_role("link", name="阶段记录").click()
    await page.locator("tr", has_text="小北").get_by_text("register").wait_for()
    await page.get_by_role("button", name="登记阶段").click()
    dialog = page.locator("[role=dialog]")
    await dialog.get_by_label("好友").fill("b")
    await dialog.get_by_label("订单金额").fill("10")
    await dialog.get_by_label("订单号").fill("A1")
    await shot(page, "stages-form")
    await dialog.get_by_role("button", name="登记").click()
    await page.locator("tr", has_text="小北").get_by_text("register、first-order").wait_for()
    assert await stage.balance(f"available:{person_of('a')}") == 500 + 500 + 1500
    file = tmp_path / "orders.csv"
    file.write_text(
        "person,stage,fen,order\nb,first-order,1000,A1\nc,first-order,1000,A2\nghost,repurchase,1,A3\n"
        "c,repurchase,oh,A4\n"
    )
    await page.set_input_files("input[type=file]", file)
    await page.wait_for_selector("text=新登记 1 行，已有 1 行，拒绝 1 行，查无此人 1 行。")
    await page.locator("tr[data-outcome=unknown]", has_text="ghost").get_by_text("查无此人").wait_for()
    await page.locator("tr[data-outcome=refused]", has_text="A4").get_by_text("金额要写整数").wait_for()
    await page.locator("tr", has_text="小晨").get_by_text("register、first-order").wait_for()
    await shot(page, "stages")
    async with page.expect_download() as download:
        await page.get_by_role("button", name="下载全部结果").click()
    told = Path(await (await download.value).path()).read_text("utf-8-sig")
    assert "3,c,first-order,A2,taken,," in told.splitlines()
    assert await audited(stage, "campaign.stage") == [("done", "运营小周")]
    assert await audited(stage, "campaign.stage_import") == [("done", "运营小周")]
    looker = await seen.page(await seen.account("分析小林", Role.ANALYST), "/campaigns/winter/stages?f.stages=first")
    await looker.locator("tr", has_text="小晨").wait_for()
    assert await looker.locator("input[type=file]").count() == 0, "who may not run campaigns records nothing"
    async with looker.expect_download() as download:
        await looker.get_by_role("button", name="导出").click()
    listed = Path(await (await download.value).path()).read_text("utf-8-sig")
    assert "小北" in listed and person_of("c") in listed


async def test_fraud_is_voided_with_a_reason_and_the_rank_follows(seen: ConsoleProcess, stage: Stage) -> None:
    one, two = await voted(stage)
    names = {"x": "小希", "y": "小叶", "u": "小吴", "v": "小魏", "w": "小王"}
    await stage.tell(*(ContactRead(who, name) for who, name in names.items()))
    await stage.settle()
    account = await seen.account("运营小周", Role.OPERATOR)
    page = await seen.page(account, "/campaigns/winter")
    await page.get_by_role("link", name="作品与票数").click()
    await page.locator("tr", has_text=one).get_by_role("cell", name="3", exact=True).wait_for()
    await shot(page, "entries")
    await page.get_by_role("link", name="小希").click()
    await page.wait_for_url("**/votes?f.entry=*")
    mine = page.locator("tr", has_text="小吴")
    await mine.get_by_role("button", name="作废这张票").click()
    dialog = page.locator("[role=dialog]")
    await dialog.get_by_text("作废 小吴 投给 小希 的这张票？").wait_for()
    await dialog.get_by_role("button", name="作废").click()
    await dialog.get_by_text("必须填写").wait_for()
    await dialog.locator("textarea").fill("同一设备三个账号")
    await shot(page, "votes-void")
    await dialog.get_by_role("button", name="作废").click()
    await mine.get_by_text("已作废").wait_for()
    await page.locator("tr", has_text="小魏").get_by_role("button", name="作废此人全部票").click()
    await dialog.locator("textarea").fill("刷票")
    await dialog.get_by_role("button", name="作废").click()
    await page.locator("tr", has_text="小魏").get_by_text("已作废").wait_for()
    await page.locator("tr", has_text="小王").get_by_role("button", name="作废此人全部票").click()
    await dialog.locator("textarea").fill("刷票")
    await dialog.get_by_role("button", name="作废").click()
    await page.wait_for_selector("text=已作废 2 张票。")
    await shot(page, "votes")
    assert await audited(stage, "campaign.void_votes") == [("done", "运营小周")] * 3
    async with stage.application.home.database.read(WORKSPACE) as unit:
        assert await unit.value(
            "SELECT details->>'reason' FROM audit WHERE act = 'campaign.void_votes' ORDER BY seq"
        ) == ("同一设备三个账号")
    await seen.speak(account, "en", "dark")
    dark = await seen.page(account, "/campaigns/winter/entries")
    await dark.locator("tr", has_text=two).wait_for()
    await shot(dark, "entries-dark")
