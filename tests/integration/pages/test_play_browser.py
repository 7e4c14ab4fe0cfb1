"""A friend cuts a price on a phone of 375 points without scripts: in the system's Chromium, over real HTTP."""

from __future__ import annotations

import asyncio
import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
import uvicorn
from playwright.async_api import Browser, Page, async_playwright
from starlette.applications import Starlette
from tests.console.console_process import chromium_environment, find_chromium, free_port
from tests.integration.pages.conftest import Stage
from tests.integration.pages.test_play_moves import BARGAIN, begin

from qunflow.features.posters.drawing import PosterDesk
from qunflow.pages.shell import phone_routes

pytestmark = pytest.mark.journey
NARROW = {"width": 375, "height": 740}


@asynccontextmanager
async def serving(stage: Stage) -> AsyncIterator[str]:
    """The phone pages behind a port."""
    home, port, posters = stage.application.home, free_port(), PosterDesk()
    app = Starlette(routes=phone_routes(stage.application.door, home.links, home.blobs, posters, fresh_seconds=0.0))
    server = uvicorn.Server(uvicorn.Config(app, port=port, log_level="critical", lifespan="off", ws="none"))
    task = asyncio.create_task(server.serve())
    while not server.started:
        await asyncio.sleep(0.02)
    yield f"http://127.0.0.1:{port}"
    server.should_exit = True
    await task
    posters.close()


@asynccontextmanager
async def chromium(folder: Path) -> AsyncIterator[Browser]:
    """The system's browser."""
    path = find_chromium()
    if path is None:
        if os.environ.get("CI", "").lower() == "true":
            pytest.fail("There is no Chromium, and with CI=true its tests are not skipped: run `make chromium`.")
        pytest.skip("There is no Chromium: run `make chromium`.")
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(
            executable_path=path, args=["--no-sandbox", "--disable-gpu"], env=chromium_environment(folder)
        )
        yield browser
        await browser.close()


async def phone(browser: Browser, base: str) -> Page:
    """A narrow phone that runs no scripts, with cookies of its own."""
    context = await browser.new_context(
        base_url=base,
        viewport=NARROW,
        device_scale_factor=2,
        java_script_enabled=False,
        locale="zh-CN",
        is_mobile=True,  # type: ignore[arg-type]
    )
    return await context.new_page()


async def fits(page: Page) -> bool:
    """Whether nothing hangs over the edge, and every button is large enough for a thumb."""
    boxes = [await one.bounding_box() for one in await page.locator("body *:visible").all()]
    wide = [box for box in boxes if box is not None and (box["x"] < 0 or box["x"] + box["width"] > 375.5)]
    buttons = [await one.bounding_box() for one in await page.locator(".button:visible").all()]
    return not wide and all(box is not None and box["height"] >= 44 for box in buttons)


async def test_a_friend_helps_from_a_shared_address_on_a_narrow_phone_without_scripts(
    stage: Stage, tmp_path: Path
) -> None:
    links = await begin(stage, {**BARGAIN, "helpers": 1}, "owner", "friend")
    async with serving(stage) as base, chromium(tmp_path) as browser:
        owner, friend = await phone(browser, base), await phone(browser, base)
        await owner.goto(f"/p/{links['owner']}/play")
        await owner.get_by_role("button", name="我要砍价").click()
        assert await owner.locator("#did").is_visible() and await fits(owner)
        shared = await owner.get_by_role("link", name="打开分享页").get_attribute("href")
        await friend.goto(f"/p/{links['friend']}/play")
        await friend.goto(base + str(shared)[str(shared).index("/u/") :])
        assert await fits(friend)
        await friend.get_by_role("button", name="帮好友砍一刀").click()
        assert "助力成功" in await friend.locator("#did").inner_text() and await fits(friend)
        await owner.reload()
        assert "9.90 元" in await owner.locator(".price").first.inner_text()
        assert await owner.locator("#percent").inner_text() == "100.00 %" and await fits(owner)
