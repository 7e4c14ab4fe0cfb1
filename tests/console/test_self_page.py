"""Somebody says at the console who they are in the groups; an owner sees it, changes it, and reviews obey."""

from __future__ import annotations

import pytest
import pytest_asyncio
from playwright.async_api import expect
from tests.console.console_process import ConsoleProcess
from tests.integration.features.conftest import WORKSPACE, Stage, person_of
from tests.integration.features.platform import ScriptedPlatform
from tests.integration.features.proofs import hand_in, proof

from qunflow.domain.inbound import ContactRead
from qunflow.domain.rights import Role
from qunflow.features.campaigns.plan import TaskPlan
from qunflow.storage.audit import AuditFilter, list_notes

pytestmark = pytest.mark.journey


@pytest_asyncio.fixture(loop_scope="session")
async def stage(console: ConsoleProcess) -> Stage:
    """The engine behind the console, with a platform in memory."""
    return Stage(console.application, ScriptedPlatform(console.application.home.clock))


async def test_who_says_that_they_brought_somebody_cannot_review_them_until_an_owner_takes_it_back(
    seen: ConsoleProcess, stage: Stage
) -> None:
    await stage.add("a", await stage.launch(task=TaskPlan(reward_fen=200)))
    await stage.tell(ContactRead("a", "审核员小安"))
    await stage.join("a")
    await stage.add("b", await stage.own_code("a"))
    await stage.join("b")
    name = await hand_in(stage, "b")
    lin, owner = await seen.account("lin", Role.REVIEWER), await seen.account("店长", Role.OWNER)

    page = await seen.page(lin, "/me")
    await page.fill("input[maxlength='255']", "小安")
    await page.click("text=查找")
    await page.click("text=这是我")
    await expect(page.locator("section[aria-label='群里的我'] table")).to_contain_text("审核员小安")
    await expect(page.locator("section[aria-label='群里的我']")).to_contain_text("wx: a")
    assert await page.locator("button:has-text('取消注明')").count() == 0, "only owners take it back"

    await page.goto(f"{seen.url}/reviews")
    row = page.locator("tr", has_text="name of b")
    await row.wait_for()
    assert await page.locator(f"[data-open='{name}']").count() == 0, "it is not given to them"
    await row.locator("button[aria-label='打开']").click()
    await page.wait_for_selector("text=不能审核自己和自己邀请的人")
    assert (await proof(stage, name)).status == "queued"

    page = await seen.page(owner, "/accounts")
    await page.locator("tr", has_text="lin").locator("button[aria-label='对应群成员']").click()
    dialog = page.locator(".q-dialog")
    await expect(dialog).to_contain_text("审核员小安")
    await dialog.locator("button:has-text('取消注明')").click()
    await expect(dialog).to_contain_text("还没有注明")
    async with stage.application.home.database.read(WORKSPACE) as unit:
        found = await list_notes(unit, AuditFilter(act="name_self"), limit=9)
    told = [(note.act, note.name, note.target, note.details["person"]) for note in found]
    assert told == [
        ("account.unname_self", "店长", lin.account, person_of("a")),
        ("account.name_self", "lin", lin.account, person_of("a")),
    ]
