"""What was won, on a phone of 375 points without scripts: in the system's Chromium, over real HTTP."""

from __future__ import annotations

import asyncio
import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
import uvicorn
from playwright.async_api import Page, Response
from starlette.applications import Starlette
from tests.console.console_process import free_port
from tests.integration.pages.conftest import CAMPAIGN, Stage
from tests.integration.pages.test_play_browser import chromium, fits, phone
from tests.integration.rewards.conftest import WORKSPACE, Depot
from tests.integration.rewards.test_pages import stage, win

from qunflow.domain.prizes import PrizeDue
from qunflow.features.livecodes.model import AskInvite
from qunflow.features.posters.drawing import PosterDesk
from qunflow.pages.shell import phone_routes

__all__ = ["stage"]
pytestmark = [pytest.mark.journey, pytest.mark.long]
MOST_BYTES = 60_000


@asynccontextmanager
async def serving(depot: Depot) -> AsyncIterator[str]:
    """The phone pages behind a port."""
    home, port, posters = depot.application.home, free_port(), PosterDesk()
    routes = phone_routes(depot.door, home.links, home.blobs, posters, AskInvite, vault=depot.vault, fresh_seconds=0.0)
    config = uvicorn.Config(Starlette(routes=routes), port=port, log_level="critical", lifespan="off", ws="none")
    server = uvicorn.Server(config)
    task = asyncio.create_task(server.serve())
    while not server.started:
        await asyncio.sleep(0.02)
    yield f"http://127.0.0.1:{port}"
    server.should_exit = True
    await task
    posters.close()


async def look(page: Page, name: str) -> None:
    """It fits; and a picture to look at, when somebody asked for pictures."""
    folder = os.environ.get("CONSOLE_PICTURES")
    if folder:
        await page.screenshot(path=Path(folder) / f"phone-{name}.png", full_page=True)
    assert await fits(page), name


async def more(depot: Depot, person: str) -> None:
    """Prizes of other kinds, each somewhere else on its way."""
    await depot.fund(50_000)
    await depot.add("stars", "points", amount=50, total=9)
    await depot.add("packet", "red_packet", face_value=888, total=9)
    await depot.add("vip", "privilege", total=9, valid_days=30)
    await depot.add("tea-set-with-a-long-name", "coupon_code")
    for number, (item, review) in enumerate(
        (("stars", False), ("packet", False), ("vip", False), ("tea-set-with-a-long-name", False), ("stars", True))
    ):
        body = PrizeDue("task", f"m{number}", 1, "due", item, review=review)
        await depot.door.ask(WORKSPACE, body, person=person, campaign=CAMPAIGN)
    await depot.settle()


async def test_progress_rewards_code_and_address_fit_a_narrow_phone(stage: Stage, depot: Depot, tmp_path: Path) -> None:
    owner, _, _ = await win(stage, depot)
    await more(depot, depot.application.home.links.open(owner).person)
    async with serving(depot) as base, chromium(tmp_path) as browser:
        page, sizes = await phone(browser, base), list[int]()

        async def weigh(response: Response) -> None:
            if response.status == 200 and response.request.resource_type in (
                "document",
                "stylesheet",
                "script",
                "font",
            ):
                sizes.append(len(await response.body()))

        page.on("response", weigh)
        await page.goto(f"/p/{owner}", wait_until="networkidle")
        await look(page, "progress")
        assert 0 < sum(sizes) < MOST_BYTES
        sizes.clear()
        await page.goto(f"/p/{owner}/rewards", wait_until="networkidle")
        await look(page, "rewards")
        assert 0 < sum(sizes) < MOST_BYTES
        assert await page.locator("section.card").count() == 7
        await page.get_by_role("button", name="查看兑换码").first.click()
        assert await page.locator("#code").inner_text() == "COFFEE-0001"
        await look(page, "code")
        await page.get_by_role("link", name="返回我的奖品").click()
        await page.locator("a[href*=address]").first.click()
        await look(page, "address")
        for name, text in {
            "name": "王小明",
            "phone": "13800138000",
            "region": "海南省海口市",
            "street": "某街 1 号",
        }.items():
            await page.fill(f"#{name}", text)
        await page.locator("form .button").click()
        assert await page.locator("#notice").is_visible()
        await look(page, "address-refused")
        await page.fill("#region", "浙江省杭州市西湖区")
        await page.locator("form .button").click()
        await page.wait_for_selector("main[data-state=rewards]")
        await look(page, "rewards-sent")
