"""Gathering in a browser: the list is looked at, with counts and ways, then one click asks everybody once."""

from __future__ import annotations

import pytest
from tests.console.console_process import ConsoleProcess
from tests.console.pictures import shot

from qunflow.domain.inbound import MemberEntered, MessagePosted
from qunflow.domain.rights import Role

pytestmark = [pytest.mark.journey, pytest.mark.long]
WORKSPACE, CHANNEL = "main", "mx"


async def test_the_active_are_looked_at_and_gathered_by_one_click(seen: ConsoleProcess) -> None:
    application = seen.application
    async with application.home.database.directory() as connection:
        await connection.execute(
            "INSERT INTO channels (name, workspace_id, kind, settings, secrets, created_at) "
            "VALUES ($1, 'main', 'matrix', '{}', '', now())",
            CHANNEL,
        )
    people = [MemberEntered("!old", f"@{name}:x", name) for name in ("ann", "bob", "cat")]
    said = [MessagePosted("!old", f"@{name}:x", "今天几点开始") for name in ("amy", "ann", "bob")]
    bodies = (MemberEntered("!old", "@amy:x", "Amy", True), *people, *said)
    await application.intake.store(WORKSPACE, CHANNEL, "begin", bodies, b"")
    runner = application.runner()
    while await runner.turn():
        pass

    page = await seen.page(await seen.account("小周", Role.OPERATOR), "/groups")
    await page.click("a:has-text('一键建群')")
    await page.wait_for_selector("text=还没有建过群")
    await page.fill("[data-field=name] input, input[data-field=name]", "活跃群")
    await page.fill("[data-field=staff] input, input[data-field=staff]", "@amy:x")
    await page.click("button:has-text('预览名单')")
    await page.wait_for_selector("[data-people='2']")
    await page.wait_for_selector("[data-staff='1']")
    await page.wait_for_selector("[data-make=automatic]")
    await shot(page, "gather-preview")
    await page.click("button:has-text('建群并邀请')")
    await page.click(".q-dialog button:has-text('建群并邀请')")
    await page.wait_for_selector("tr:has-text('活跃群'):has-text('自动 / 自动')")
    await shot(page, "gather-list")
    async with application.home.database.read(WORKSPACE) as unit:
        assert await unit.value("SELECT count(*) FROM outbox WHERE kind = 'create_group'") == 1
        assert await unit.value("SELECT count(*) FROM audit WHERE act = 'gather.start'") == 1
