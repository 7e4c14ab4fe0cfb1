"""Each role sees and may do its own, in tabs that were open before a change too."""

from __future__ import annotations

import httpx
import pytest
from tests.console.console_process import ConsoleProcess

from qunflow.domain.rights import Role
from qunflow.storage.audit import AuditFilter, AuditRow, list_notes
from qunflow.storage.directory import ensure_workspace
from qunflow.storage.operators import set_seat

pytestmark = pytest.mark.journey


async def notes(console: ConsoleProcess, act: str, workspace: str = "main") -> list[AuditRow]:
    async with console.application.home.database.read(workspace) as unit:
        return await list_notes(unit, AuditFilter(act=act), limit=100)


@pytest.mark.parametrize("role", [Role.OPERATOR, Role.REVIEWER, Role.GROUP_STAFF, Role.ANALYST])
async def test_a_role_without_the_right_has_neither_entry_nor_page(console: ConsoleProcess, role: Role) -> None:
    account = await console.account("someone", role)
    cookies = {"qunflow_session": await console.cookie(account)}
    async with httpx.AsyncClient(base_url=console.url, cookies=cookies, trust_env=False) as browser:
        own = await browser.get("/me")
        assert own.status_code == 200
        assert '"/audit"' not in own.text and '"/accounts"' not in own.text
        for path in ("/audit", "/accounts", "/audit.csv"):
            refused = await browser.get(path)
            assert (refused.status_code, "没有这项权限" in refused.text) == (403, True)
        assert (await browser.get("/no-such-page")).status_code == 404


async def test_an_open_tab_does_nothing_more_once_the_role_is_gone(seen: ConsoleProcess) -> None:
    await seen.account("first", Role.OWNER)
    second = await seen.account("second", Role.OWNER)
    page = await seen.page(second, "/accounts")
    await page.wait_for_selector("text=first")
    async with seen.application.home.database.directory() as connection:
        await set_seat(connection, second.account, "main", Role.ANALYST, seen.office.now())
    await page.click("text=生成邀请链接")
    await page.wait_for_selector("text=没有这项权限")
    assert [note.outcome for note in await notes(seen, "account.invite")] != ["done"]
    async with seen.application.home.database.directory() as connection:
        assert await connection.fetchval("SELECT count(*) FROM console_links WHERE made_by = $1", second.account) == 0


async def test_two_workspaces_are_apart_and_one_account_switches(seen: ConsoleProcess) -> None:
    async with seen.application.home.database.directory() as connection:
        await ensure_workspace(connection, "other", "第二家店", "Asia/Tokyo", seen.office.now())
    both = await seen.account("both", Role.OWNER)
    await seen.account("both", Role.ANALYST, "other")
    await seen.account("stranger", Role.OWNER, "other")
    page = await seen.page(both, "/accounts")
    await page.wait_for_selector("td >> text=both")
    assert "stranger" not in await page.inner_text("main")
    await page.click("header >> text=qunflow >> nth=1")
    await page.click("text=第二家店")
    await page.wait_for_selector("header >> text=第二家店")
    answer = await page.goto(f"{seen.url}/accounts")
    assert answer is not None and answer.status == 403
    assert [note.target for note in await notes(seen, "session.switch")] == ["other"]


async def test_an_invited_person_gets_the_role_of_the_link(seen: ConsoleProcess) -> None:
    owner = await seen.account("owner", Role.OWNER)
    page = await seen.page(owner, "/accounts")
    await page.click("text=生成邀请链接")
    link = await page.input_value(".q-dialog input")
    guest = await seen.page()
    await guest.goto(link)
    await guest.fill("input[name=name]", "新运营")
    for name in ("password", "again"):
        await guest.fill(f"input[name={name}]", "blue tin horse rain")
    await guest.click("button")
    await guest.wait_for_selector("header >> text=新运营")
    assert [(note.name, note.details["role"]) for note in await notes(seen, "link.invite")][0] == ("新运营", "operator")
