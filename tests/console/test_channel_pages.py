"""Adding an account in the browser against a real sandbox: what to paste is shown, the doctor says what is missing."""

from __future__ import annotations

import asyncio
import os
import sys
from collections.abc import AsyncIterator
from pathlib import Path

import httpx
import pytest
import pytest_asyncio
from playwright.async_api import Page, expect
from tests.console.console_process import ConsoleProcess, free_port

from qunflow.bootstrap import Channels
from qunflow.domain.rights import Role
from qunflow.storage.operators import AccountRow

pytestmark = [pytest.mark.journey, pytest.mark.long]
CORP = "wwsandbox0000000001"


@pytest_asyncio.fixture(loop_scope="session")
async def sandbox(tmp_path: Path) -> AsyncIterator[httpx.AsyncClient]:
    """A sandbox of WeCom as a process of its own."""
    port = free_port()
    command = (sys.executable, "-m", "qunflow", "sandbox", "--port", str(port))
    with (tmp_path / "sandbox.log").open("wb") as log:
        process = await asyncio.create_subprocess_exec(*command, stdout=log, stderr=log, env={**os.environ})
    async with httpx.AsyncClient(base_url=f"http://127.0.0.1:{port}", trust_env=False) as client:
        for _ in range(400):
            try:
                await client.get("/")
                break
            except httpx.TransportError:
                await asyncio.sleep(0.05)
        yield client
    process.terminate()
    await process.wait()


async def fill(page: Page, name: str, value: str) -> None:
    await page.locator(f'[data-field="{name}"]').last.fill(value)


async def add_shop(page: Page, sandbox: httpx.AsyncClient) -> None:
    await fill(page, "name", "shop")
    await fill(page, "corp_id", CORP)
    await fill(page, "agent_id", "1000002")
    await fill(page, "staff", "amy")
    await fill(page, "base_url", str(sandbox.base_url).rstrip("/"))
    await fill(page, "secret", "sandbox-secret")
    await page.get_by_role("button", name="保存并检查").click()


async def test_an_account_is_added_step_by_step_and_the_doctor_watches(
    seen: ConsoleProcess, owner: AccountRow, sandbox: httpx.AsyncClient
) -> None:
    page = await seen.page(owner, "/channels")
    await expect(page.get_by_text("还没有渠道")).to_be_visible()
    await page.get_by_role("button", name="添加企业微信").click()
    await add_shop(page, sandbox)
    await expect(page.locator('[data-paste="callback"]')).to_have_value(
        f"{seen.application.home.settings.address}/hooks/wecom/shop"
    )
    token = await page.locator('[data-paste="token"]').input_value()
    assert len(token) == 32 and len(await page.locator('[data-paste="aes_key"]').input_value()) == 43
    staff = page.locator('[data-check="staff"]')
    await expect(staff).to_have_attribute("data-state", "failed", timeout=30_000)
    await expect(page.locator('[data-check="token"]')).to_have_attribute("data-state", "ok")
    await page.screenshot(path=os.environ.get("SHOTS", str(seen.folder)) + "/channel-step.png", full_page=True)
    made = await sandbox.post("/staff/new", json={"userid": "amy", "name": "Amy"})
    assert made.status_code == 200, made.text
    await expect(staff).to_have_attribute("data-state", "ok", timeout=40_000)  # it looked again by itself
    account = await Channels(seen.application.home).wecom_account("shop")
    assert account is not None
    row = await Channels(seen.application.home).row("shop")
    assert row is not None and b"sandbox-secret" not in row.secrets and "secret" not in row.settings


async def test_what_breaks_a_rule_is_said_and_nothing_is_stored(
    seen: ConsoleProcess, owner: AccountRow, sandbox: httpx.AsyncClient
) -> None:
    page = await seen.page(owner, "/channels/add/wecom")
    await add_shop(page, sandbox)
    await expect(page.locator('[data-paste="callback"]')).to_be_visible()
    await page.goto(seen.url + "/channels/add/wecom")
    await add_shop(page, sandbox)  # the same name again changes the account; one of another kind is refused
    await page.goto(seen.url + "/channels/add/matrix")
    await fill(page, "name", "shop")
    await fill(page, "homeserver_url", "http://127.0.0.1:8008")
    await fill(page, "server_name", "example.org")
    await page.get_by_role("button", name="保存并检查").click()
    await expect(page.get_by_text("channel_taken")).to_be_visible()


async def test_the_page_of_an_account_says_what_the_platform_can_do(
    seen: ConsoleProcess, owner: AccountRow, sandbox: httpx.AsyncClient
) -> None:
    page = await seen.page(owner, "/channels/add/wecom")
    await add_shop(page, sandbox)
    await expect(page.locator('[data-paste="callback"]')).to_be_visible()
    operator = await seen.account("小运营", Role.OPERATOR)
    other = await seen.page(operator, "/channels/shop")
    await expect(other.get_by_role("row", name="移出群成员")).to_contain_text("生成待办")
    await expect(other.get_by_role("row", name="给新加的客户发欢迎语")).to_contain_text("自动完成")
    await expect(other.get_by_role("button", name="修改设置")).to_have_count(0)
    await other.screenshot(path=os.environ.get("SHOTS", str(seen.folder)) + "/channel.png", full_page=True)
    refused = await other.goto(seen.url + "/channels/add/wecom")
    assert refused is not None and refused.status == 403
