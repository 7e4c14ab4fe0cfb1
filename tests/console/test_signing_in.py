"""From the printed link to the first page, and the ways back out."""

from __future__ import annotations

import pytest
from tests.console.console_process import PASSWORD, ConsoleProcess

from qunflow.domain.rights import Role

pytestmark = pytest.mark.journey


async def test_the_first_owner_comes_in_by_the_printed_link_once(seen: ConsoleProcess) -> None:
    link = seen.link()
    page = await seen.page()
    await page.goto(link)
    await page.fill("input[name=name]", "店长")
    await page.fill("input[name=password]", "password123")
    await page.fill("input[name=again]", "password123")
    await page.click("button")
    assert "太容易被猜到" in await page.inner_text("[role=alert]")
    assert await page.input_value("input[name=name]") == "店长"
    await page.fill("input[name=password]", PASSWORD)
    await page.fill("input[name=again]", PASSWORD)
    await page.click("button")
    await page.wait_for_selector("nav a")
    await page.goto(f"{seen.url}/accounts")
    await page.wait_for_selector("text=店长")
    other = await seen.page()
    answer = await other.goto(link)
    assert answer is not None and answer.status == 404
    assert "已使用" in await other.inner_text("main")


async def test_signing_in_leads_to_the_page_that_was_asked_for_and_out_again(seen: ConsoleProcess) -> None:
    await seen.account("店长", Role.OWNER)
    page = await seen.page(path="/audit")
    assert "/login?next=/audit" in page.url
    await page.fill("input[name=name]", "店长")
    await page.fill("input[name=password]", PASSWORD)
    await page.click("button")
    await page.wait_for_url("**/audit")
    await page.click("header >> text=店长")
    await page.click("text=退出登录")
    await page.wait_for_url("**/login**")
    await page.goto(f"{seen.url}/audit")
    assert "/login" in page.url


async def test_a_revoked_session_loses_its_open_tab(seen: ConsoleProcess) -> None:
    owner = await seen.account("店长", Role.OWNER)
    old = await seen.page(owner, "/audit")
    await old.wait_for_selector("nav a")
    new = await seen.page(owner, "/me")
    await new.click("td button")
    await old.wait_for_url("**/login**", timeout=20_000)


async def test_language_and_look_follow_the_account_into_another_browser(seen: ConsoleProcess) -> None:
    owner = await seen.account("店长", Role.OWNER)
    await seen.speak(owner, "zh")
    page = await seen.page(owner, "/audit")
    await page.click("header >> text=English")
    await page.wait_for_selector("nav >> text=Audit log")
    await page.click('header [aria-label="Light or dark"]')
    await page.wait_for_selector("body.body--dark")
    other = await seen.page(owner, "/audit")
    await other.wait_for_selector("body.body--dark")
    assert "Audit log" in await other.inner_text("nav")
