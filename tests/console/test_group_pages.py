"""Groups as an operator uses them: members page by page, sets, acts that ask first and say how they are carried out."""

from __future__ import annotations

from typing import Any

import httpx
import pytest
import pytest_asyncio
from playwright.async_api import expect
from tests.console.console_process import ConsoleProcess
from tests.console.pictures import shot
from tests.integration.features.conftest import CHANNEL, WORKSPACE, Stage
from tests.integration.features.platform import ScriptedPlatform

from qunflow.bootstrap import add_channel
from qunflow.community import set_desk
from qunflow.domain.inbound import GroupHinted
from qunflow.domain.rights import Role
from qunflow.storage.operators import AccountRow

pytestmark = [pytest.mark.journey, pytest.mark.long]
PEOPLE = [f"wm{number:03d}" for number in range(60)]


@pytest_asyncio.fixture(loop_scope="session")
async def stage(console: ConsoleProcess) -> Stage:
    """The engine behind the console, a WeCom channel of that name, and a group with sixty members."""
    home = console.application.home
    await add_channel(home, "wecom", CHANNEL, {"staff": ["amy"]}, {})
    one = Stage(console.application, ScriptedPlatform(home.clock))
    await one.launch()
    one.platform.groups["g1"].extend(PEOPLE)
    await one.tell(GroupHinted("g1", "members_added", tuple(PEOPLE)))
    await one.settle()
    return one


async def wishes(stage: Stage, kind: str) -> list[Any]:
    rows = await stage.rows("SELECT body::text FROM outbox WHERE kind = $1", kind)
    return [row[0] for row in rows]


async def test_members_come_page_by_page(seen: ConsoleProcess, owner: AccountRow, stage: Stage) -> None:
    page = await seen.page(owner, "/groups")
    await expect(page.locator("tbody tr")).to_have_count(1)
    await expect(page.locator("tbody tr")).to_contain_text("61")
    await page.get_by_role("link", name="福利群1").click()
    await expect(page.locator("[data-figure=members]")).to_contain_text("61 / 200")
    members = page.locator(".qf-table tbody tr")
    await expect(members).to_have_count(25)
    await expect(page.get_by_text("第 1–25 条，共 61 条")).to_be_visible()
    await page.get_by_role("button", name="下一页").click()
    await expect(page.get_by_text("第 26–50 条，共 61 条")).to_be_visible()
    assert "page=2" in page.url
    await page.get_by_label("搜索").fill("wm00")
    await expect(members).to_have_count(10)
    await shot(page, "group")
    await page.goto(page.url.partition("?")[0] + "?f.role=staff")
    await expect(members).to_have_count(1)
    await expect(members).to_contain_text("amy")
    cookies = {"qunflow_session": await seen.cookie(owner)}
    async with httpx.AsyncClient(base_url=seen.url, cookies=cookies, trust_env=False) as http:
        file = await http.get(f"/files/groups/{CHANNEL}/g1/members.csv")
    assert file.content.decode("utf-8-sig").count("\n") == 62


async def test_an_act_asks_and_says_that_it_becomes_a_card(
    seen: ConsoleProcess, owner: AccountRow, stage: Stage
) -> None:
    page = await seen.page(owner, f"/groups/{CHANNEL}/g1?q=wm007")
    row = page.locator(".qf-table tbody tr")
    await expect(row).to_have_count(1)
    await row.get_by_role("button", name="移出群").click()
    dialog = page.locator(".q-dialog")
    await expect(dialog).to_contain_text("变成一张发给群主的卡片")
    await shot(page, "group-kick")
    await dialog.get_by_role("button", name="取消").click()
    assert await wishes(stage, "remove_member") == []
    await row.get_by_role("button", name="移出群").click()
    await dialog.get_by_role("button", name="移出群").click()
    line = page.locator("tr[data-act=kick]")
    await expect(line).to_contain_text("wm007")
    await expect(line).to_contain_text("店长")
    await expect(line).to_have_attribute("data-outcome", "asked")
    assert len(await wishes(stage, "remove_member")) == 1
    await page.get_by_role("button", name="现在重新读取").click()
    before = len(await wishes(stage, "read_group"))
    await dialog.get_by_role("button", name="现在重新读取").click()
    await expect(page.get_by_text("已请求读取")).to_be_visible()
    assert len(await wishes(stage, "read_group")) == before + 1
    await expect(page.get_by_role("button", name="解除禁止")).to_be_disabled()


async def test_what_happens_in_the_group_appears_by_itself(
    seen: ConsoleProcess, owner: AccountRow, stage: Stage
) -> None:
    await seen.speak(owner, "en", "dark")
    page = await seen.page(owner, f"/groups/{CHANNEL}/g1")
    await expect(page.locator("[data-figure=members]")).to_contain_text("61 / 200")
    await stage.leave("wm003")
    await stage.leave("wm004")
    await expect(page.locator("[data-figure=members]")).to_contain_text("59 / 200", timeout=5_000)
    await expect(page.get_by_text("of 59").or_(page.get_by_text("59 rows"))).to_be_visible()
    await shot(page, "group-dark")
    missing = await page.goto(seen.url + f"/groups/{CHANNEL}/nowhere")
    assert missing is not None and missing.status == 404


async def test_groups_are_put_into_sets_and_lists_narrowed_to_one(
    seen: ConsoleProcess, owner: AccountRow, stage: Stage
) -> None:
    await stage.make_group("x1", "闲聊群", "bob")
    page = await seen.page(owner, "/groups")
    await expect(page.locator("tbody tr")).to_have_count(2)
    await page.locator("tbody tr", has_text="闲聊群").locator(".q-checkbox").click()
    await page.get_by_role("button", name="放进群组").click()
    await page.fill('.q-dialog [data-field="title"]', "聊天")
    await page.locator(".q-dialog").get_by_role("button", name="放进群组").click()
    chip = page.get_by_role("link", name="聊天 (1)")
    await expect(chip).to_be_visible()
    await chip.click()
    await expect(page.locator("tbody tr")).to_have_count(1)
    await expect(page.locator("tbody tr")).to_contain_text("闲聊群")
    await shot(page, "groups")
    door = stage.application.door
    (one,) = await set_desk.list_sets(door, WORKSPACE)
    assert one.groups == (f"group:{CHANNEL}:x1",)
    await page.goto(seen.url + "/groups/sets")
    await expect(page.locator("tbody tr")).to_contain_text("聊天")
    await shot(page, "group-sets")
    await page.get_by_role("button", name="删除群组").click()
    await expect(page.get_by_text("还没有群组")).to_be_visible()
    await page.get_by_role("button", name="撤销").click()
    await expect(page.locator("tbody tr")).to_contain_text("聊天")
    assert [found.groups for found in await set_desk.list_sets(door, WORKSPACE)] == [one.groups]
    await stage.check()


async def test_group_staff_see_groups_and_may_do_nothing_to_them(seen: ConsoleProcess, stage: Stage) -> None:
    staff = await seen.account("小群主", Role.GROUP_STAFF)
    page = await seen.page(staff, f"/groups/{CHANNEL}/g1")
    await expect(page.locator(".qf-table tbody tr")).to_have_count(25)
    for name in ("移出群", "移出并禁止再进", "改群公告", "现在重新读取", "导出 CSV"):
        await expect(page.get_by_role("button", name=name)).to_have_count(0)
    cookies = {"qunflow_session": await seen.cookie(staff)}
    async with httpx.AsyncClient(base_url=seen.url, cookies=cookies, trust_env=False) as http:
        assert (await http.get(f"/files/groups/{CHANNEL}/g1/members.csv")).status_code == 403
    reviewer = await seen.account("小审核", Role.REVIEWER)
    refused = await (await seen.page(reviewer)).goto(seen.url + "/groups")
    assert refused is not None and refused.status == 403
