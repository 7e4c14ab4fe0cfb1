"""Members in a browser: one is found, the other account searched, what a merge would do is shown, one click does it."""

from __future__ import annotations

import pytest
from tests.console.console_process import ConsoleProcess
from tests.console.pictures import shot

from qunflow.domain.inbound import MemberEntered
from qunflow.domain.rights import Role

pytestmark = [pytest.mark.journey, pytest.mark.long]
WORKSPACE, CHANNEL = "main", "mx"


async def test_two_accounts_become_one_member_after_a_look_at_what_happens(seen: ConsoleProcess) -> None:
    application = seen.application
    async with application.home.database.directory() as connection:
        await connection.execute(
            "INSERT INTO channels (name, workspace_id, kind, settings, secrets, created_at) "
            "VALUES ($1, 'main', 'matrix', '{}', '', now())",
            CHANNEL,
        )
    people = [MemberEntered("!old", "@amy:x", "Amy", True), MemberEntered("!old", "@ann:x", "安安")]
    people.append(MemberEntered("!old", "@ann2:x", "安安的新手机"))
    await application.intake.store(WORKSPACE, CHANNEL, "begin", people, b"")
    runner = application.runner()
    while await runner.turn():
        pass

    page = await seen.page(await seen.account("小周", Role.OPERATOR), "/members")
    await page.fill("input[maxlength]", "安安")
    await page.keyboard.press("Enter")
    await page.wait_for_selector("a:has-text('安安的新手机')")
    await shot(page, "members-found")
    await page.click("a:text-is('安安')")
    await page.wait_for_selector("text=与谁是同一个人")
    await page.fill("input[maxlength]", "amy:x")
    await page.click("button:has-text('查找')")
    await page.wait_for_selector("text=没有找到")
    await page.fill("input[maxlength]", "新手机")
    await page.click("button:has-text('查找')")
    await page.click("button:has-text('合并')")
    await page.wait_for_selector(".q-dialog :text('合并不能撤销')")
    await shot(page, "members-ask")
    await page.click(".q-dialog button:has-text('合并')")
    await page.wait_for_selector("[data-fact=went_in]")
    await page.wait_for_selector("[data-fact=identities]:has-text('@ann2:x')")
    await shot(page, "members-one")
    async with application.home.database.read(WORKSPACE) as unit:
        assert await unit.value("SELECT count(*) FROM events WHERE type = 'person_merged'") == 1
        assert await unit.value("SELECT count(*) FROM audit WHERE act = 'member.merge'") == 1
