"""Rewards on the console: an item with codes from a file, grants that staff decide about, parcels out and back in."""

from __future__ import annotations

from pathlib import Path

import pytest
from tests.console.console_process import ConsoleProcess
from tests.console.pictures import shot
from tests.integration.rewards.conftest import CAMPAIGN, WORKSPACE, Depot

from qunflow.domain.rights import Role
from qunflow.features.rewards import acts
from qunflow.features.rewards.vault import Address, Vault

pytestmark = [pytest.mark.journey, pytest.mark.long]
HOME = Address("王小明", "13800138000", "浙江省杭州市西湖区", "文三路 100 号")


@pytest.fixture
def store_room(console: ConsoleProcess) -> Depot:
    """The engine behind the console."""
    return Depot(console.application, Vault(console.application.home.keys))


async def test_an_item_is_added_and_its_codes_come_in_whole_or_not_at_all(
    seen: ConsoleProcess, store_room: Depot, tmp_path: Path
) -> None:
    page = await seen.page(await seen.account("小周", Role.OPERATOR), "/rewards")
    await page.click("button:has-text('添加奖品') >> nth=0")
    await page.fill("input[data-field=name], [data-field=name] input", "coffee")
    await page.fill("input[data-field=title], [data-field=title] input", "咖啡券")
    await shot(page, "reward-new")
    await page.click("button:has-text('添加'):not(:has-text('奖品'))")
    await page.wait_for_selector("h1:has-text('咖啡券'), [role=heading]:has-text('咖啡券')")
    for name, lines in (("bad.csv", "GOOD-0001\n=1+1\n"), ("good.csv", "code\nGOOD-0001\nGOOD-0002\n")):
        (tmp_path / name).write_text(lines)
    await page.set_input_files("input[type=file]", tmp_path / "bad.csv")
    await page.wait_for_selector("text=line 2")
    await page.set_input_files("input[type=file]", tmp_path / "good.csv")
    await page.wait_for_selector("[data-free='2']")
    await shot(page, "reward-item")
    assert await store_room.codes("coffee") == {"free": 2}


async def test_staff_approve_look_at_a_code_and_take_back(seen: ConsoleProcess, store_room: Depot) -> None:
    await store_room.add("coffee", "coupon_code", face_value=1500)
    await store_room.load("coffee", "SEEN-0001", "SEEN-0002")
    held, waiting = await store_room.tell("p1", "coffee", review=True), await store_room.tell("p3", "nothing")
    await store_room.tell("p2", "coffee")
    page = await seen.page(await seen.account("店长", Role.OWNER), "/rewards/grants")
    await page.wait_for_selector("tr:has-text('p1')")
    await shot(page, "reward-grants")
    await page.click("tr:has-text('p1') [aria-label='批准'], tr:has-text('p1') button:has-text('批准')")
    await page.wait_for_selector("tr:has-text('p1'):has-text('已发放')")
    assert (await store_room.grant(held)).status == "issued"
    await page.click("tr:has-text('p2') [aria-label='查看码'], tr:has-text('p2') button:has-text('查看码')")
    await page.wait_for_selector("text=SEEN-0001")
    assert (await store_room.grant(waiting)).reason == "stock"
    async with store_room.application.home.database.read(WORKSPACE) as unit:
        assert await unit.value("SELECT count(*) FROM audit WHERE act = 'reward.look'") == 1


async def test_parcels_are_exported_and_their_numbers_taken_in(
    seen: ConsoleProcess, store_room: Depot, tmp_path: Path
) -> None:
    await store_room.add("cup", "physical", face_value=3000, total=5, sponsor="Acme")
    grant = await store_room.tell("p1", "cup")
    await acts.give_address(store_room.door, store_room.vault, WORKSPACE, grant, HOME)
    page = await seen.page(await seen.account("小周", Role.OPERATOR), "/rewards/parcels")
    await page.wait_for_selector("tr:has-text('p1'):has-text('待发货')")
    async with page.expect_download() as download:
        await page.click("a:has-text('导出待发货地址')")
    listed = (Path(await (await download.value).path())).read_text("utf-8-sig")
    assert "13800138000" in listed and grant in listed and CAMPAIGN in listed
    (tmp_path / "numbers.csv").write_text(f"grant,carrier,tracking\n{grant},SF,SF123\n")
    await page.set_input_files("input[type=file]", tmp_path / "numbers.csv")
    await page.wait_for_selector("tr:has-text('SF123'):has-text('已发货')")
    await shot(page, "reward-parcels")
