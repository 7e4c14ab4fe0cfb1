"""Live codes as an operator uses them: a QR that a phone reads, rotation told beforehand, a code without a campaign."""

from __future__ import annotations

import io
from datetime import timedelta

import httpx
import pytest
import pytest_asyncio
import zxingcpp
from PIL import Image
from playwright.async_api import expect
from tests.console.console_process import ConsoleProcess
from tests.console.pictures import shot
from tests.integration.features.conftest import CAMPAIGN, CHANNEL, WORKSPACE, Stage
from tests.integration.features.platform import ScriptedPlatform

from qunflow.bootstrap import add_channel
from qunflow.domain.rights import Role
from qunflow.features.campaigns.plan import PoolPlan
from qunflow.features.livecodes.model import Scan
from qunflow.storage.operators import AccountRow

pytestmark = [pytest.mark.journey, pytest.mark.long]
POOL = PoolPlan("福利群", soft_limit=3, low_at=1)


@pytest_asyncio.fixture(loop_scope="session")
async def stage(console: ConsoleProcess) -> Stage:
    """The engine behind the console, with a platform in memory."""
    return Stage(console.application, ScriptedPlatform(console.application.home.clock))


async def scan(stage: Stage, code: str, *visitors: str) -> list[str]:
    """These visitors scan; the entries that they are led to."""
    found = []
    for visitor in visitors:
        answer = await stage.application.door.ask(WORKSPACE, Scan(code, visitor))
        found.append(answer.value.entry)
    return found


async def test_a_downloaded_code_opens_the_codes_address(seen: ConsoleProcess, owner: AccountRow, stage: Stage) -> None:
    code = await stage.launch(pool=POOL)
    page = await seen.page(owner, f"/codes/{code}")
    address = f"{seen.application.home.settings.address}/c/{code}"
    await expect(page.locator('[data-field="address"]')).to_have_value(address)
    async with page.expect_download() as downloading:
        await page.get_by_role("link", name="下载 PNG").click()
    file = await (await downloading.value).path()
    assert (await downloading.value).suggested_filename == f"{code}.png"
    with Image.open(file) as image:
        assert image.width >= 400
        assert [found.text for found in zxingcpp.read_barcodes(image)] == [address]
    cookies = {"qunflow_session": await seen.cookie(owner)}
    async with httpx.AsyncClient(base_url=seen.url, cookies=cookies, trust_env=False) as http:
        drawing = await http.get(f"/files/codes/{code}.svg")
    assert drawing.headers["content-type"].startswith("image/svg+xml") and b"<svg" in drawing.content


async def test_the_page_says_beforehand_where_the_next_scan_goes(
    seen: ConsoleProcess, owner: AccountRow, stage: Stage
) -> None:
    code = await stage.launch(pool=POOL)
    page = await seen.page(owner, f"/codes/{code}")
    await expect(page.locator("[data-next=g1]")).to_contain_text("下一次扫码进入：福利群1")
    assert await scan(stage, code, "anna0001", "anna0001", "bert0002") == ["g1", "g1", "g1"]
    await expect(page.locator("[data-next='']")).to_contain_text("等候")
    await stage.settle()
    await stage.make_group("g2", "福利群2")
    next_scan = page.locator("[data-next=g2]")
    await expect(next_scan).to_contain_text("下一次扫码进入：福利群2")
    await expect(next_scan).to_contain_text("「福利群1」已满")
    assert await scan(stage, code, "carl0003", "anna0001") == ["g2", "g1"]
    rows = page.locator("tr[data-why]")
    await expect(rows).to_have_count(5)
    assert [await rows.nth(place).get_attribute("data-why") for place in range(5)] == [
        "kept", "passed", "first", "kept", "first"
    ]  # fmt: skip
    await expect(rows.nth(1)).to_contain_text("之前的：「福利群1」已满")
    await expect(page.locator("[data-figure=total]")).to_contain_text("5")
    await expect(page.locator("[data-entry=g1]")).to_contain_text("1 / 3")
    await shot(page, "code")
    await seen.speak(owner, "en", "dark")
    english = await seen.page(owner, f"/codes/{code}")
    await expect(english.get_by_text("The next scan goes to")).to_be_visible()
    await shot(english, "code-dark")
    await stage.wait(timedelta(hours=1))
    await stage.check()


async def test_more_groups_are_asked_for_and_the_limit_goes_up(
    seen: ConsoleProcess, owner: AccountRow, stage: Stage
) -> None:
    code = await stage.launch(pool=POOL)
    page = await seen.page(owner, f"/codes/{code}")
    await page.get_by_role("button", name="现在要一个新群").click()
    await expect(page.get_by_text("群名必须正好是「福利群2」")).to_be_visible()
    await shot(page, "code-ask")
    await page.locator(".q-dialog").get_by_role("button", name="现在要一个新群").click()
    await expect(page.get_by_text("已要求新群：福利群2").first).to_be_visible()
    await page.get_by_role("button", name="提高软上限").click()
    field = page.locator('.q-dialog [data-field="soft_limit"]')
    await field.fill("2")
    await page.locator(".q-dialog").get_by_role("button", name="提高软上限").click()
    await expect(page.locator(".q-dialog .q-field__messages")).to_contain_text("4")
    await field.fill("40")
    await page.locator(".q-dialog").get_by_role("button", name="提高软上限").click()
    await expect(page.locator("[data-entry=g1]")).to_contain_text("1 / 40")
    await stage.settle()
    assert await scan(stage, code, *(f"v{number}" for number in range(10))) == ["g1"] * 10


async def test_a_code_without_a_campaign_and_the_list(seen: ConsoleProcess, owner: AccountRow, stage: Stage) -> None:
    home = seen.application.home
    await add_channel(home, "wecom", CHANNEL, {"staff": ["amy"]}, {})
    page = await seen.page(owner, "/codes")
    await expect(page.get_by_text("还没有活码")).to_be_visible()
    await shot(page, "codes-empty")
    await page.locator(".qf-empty").get_by_role("button", name="新建活码").click()
    await page.fill('[data-field="base_name"]', "门店群")
    await page.fill('[data-field="staff"]', "amy")
    await shot(page, "code-new")
    await page.get_by_role("button", name="建立活码").click()
    await page.wait_for_url("**/codes/*")
    await expect(page.get_by_text("平台上的联系码还没建好")).to_be_visible()
    await stage.settle()
    await stage.make_group("g9", "门店群1")
    await expect(page.locator("[data-next=g9]")).to_contain_text("门店群1")
    code = page.url.rsplit("/", 1)[1]
    await scan(stage, code, "anna0001")
    await stage.launch(pool=POOL)
    await page.goto(seen.url + "/codes")
    await expect(page.locator("tbody tr")).to_have_count(2)
    row = page.locator("tbody tr", has_text="门店群")
    await expect(row).to_contain_text("可扫")
    await expect(row).to_contain_text("148")
    await shot(page, "codes")
    await page.goto(seen.url + f"/codes?q={CAMPAIGN}xx")
    await expect(page.locator("tbody tr")).to_have_count(0)


async def test_group_staff_see_codes_and_may_change_nothing(seen: ConsoleProcess, stage: Stage) -> None:
    code = await stage.launch(pool=POOL)
    staff = await seen.account("小群主", Role.GROUP_STAFF)
    page = await seen.page(staff, f"/codes/{code}")
    await expect(page.locator("[data-next=g1]")).to_be_visible()
    await expect(page.get_by_role("button", name="现在要一个新群")).to_have_count(0)
    refused = await page.goto(seen.url + "/codes/new")
    assert refused is not None and refused.status == 403
    analyst = await seen.account("小分析", Role.ANALYST)
    cookies = {"qunflow_session": await seen.cookie(analyst)}
    async with httpx.AsyncClient(base_url=seen.url, cookies=cookies, trust_env=False) as http:
        assert (await http.get(f"/files/codes/{code}.png")).status_code == 403


async def test_an_export_holds_the_codes(seen: ConsoleProcess, owner: AccountRow, stage: Stage) -> None:
    code = await stage.launch(pool=POOL)
    cookies = {"qunflow_session": await seen.cookie(owner)}
    async with httpx.AsyncClient(base_url=seen.url, cookies=cookies, trust_env=False) as http:
        answer = await http.get("/codes.csv")
    text = io.StringIO(answer.content.decode("utf-8-sig")).read()
    assert code in text and "冬日邀请季" in text
