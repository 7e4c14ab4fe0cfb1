"""A prize is taken on a phone of 375 points: in the system's Chromium with WeChat's bridge imitated, over real HTTP."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
import uvicorn
from starlette.applications import Starlette
from tests.console.console_process import free_port
from tests.integration.pages.test_play_browser import NARROW, chromium, fits
from tests.integration.payouts.conftest import Shop
from tests.integration.payouts.test_taking_pages import WECHAT, link_of, routes_of, won, working

from qunflow.features.payouts.model import PAID
from qunflow.features.posters.drawing import PosterDesk

pytestmark = pytest.mark.journey
#: WeChat's bridge as a page sees it: what is invoked is told to the test, which answers as WeChat does.
BRIDGE = """
window.WeixinJSBridge = {invoke: (name, values, done) =>
  window.wechat(name, values).then((said) => done({err_msg: name + said}))};
"""


@asynccontextmanager
async def serving(shop: Shop) -> AsyncIterator[str]:
    """The phone pages behind a port."""
    port, posters = free_port(), PosterDesk()
    app = Starlette(routes=routes_of(shop, posters))
    server = uvicorn.Server(uvicorn.Config(app, port=port, log_level="critical", lifespan="off", ws="none"))
    task = asyncio.create_task(server.serve())
    while not server.started:
        await asyncio.sleep(0.02)
    yield f"http://127.0.0.1:{port}"
    server.should_exit = True
    await task
    posters.close()


async def test_the_button_opens_wechats_page_and_what_became_of_it_is_shown(
    shop: Shop, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("qunflow.pages.taking.WAIT_SECONDS", 1.0)
    monkeypatch.setattr("qunflow.pages.taking.PACE_SECONDS", 0.1)
    _, number = await won(shop)
    assert shop.stand_in is not None
    stand_in, sealed = shop.stand_in, link_of(shop, "p1")
    stand_in.act("/admin/notice-faults", lose=1_000)
    invoked: list[tuple[str, Any]] = []
    answers = [": function not exist", ":cancel", ":ok"]

    async def wechat(name: str, values: Any) -> str:
        invoked.append((name, values))
        answer = answers[len(invoked) - 1]
        if answer == ":ok":
            stand_in.act("/phone/confirm", out_bill_no=number, openid="o-p1")
        return answer

    async with serving(shop) as base, chromium(tmp_path) as browser, working(shop):
        context = await browser.new_context(
            base_url=base, viewport=NARROW, user_agent=WECHAT, locale="zh-CN", device_scale_factor=2
        )
        page, faults = await context.new_page(), []
        page.on("console", lambda line: faults.append(line.text) if line.type == "error" else None)
        await page.goto(f"/p/{sealed}/rewards")
        take = page.get_by_role("button", name="领取 6.00 元")
        await take.click()
        assert "在微信里打开本页" in await page.get_by_role("status").inner_text(), "there is no bridge yet"
        await page.expose_function("wechat", wechat)
        await page.add_init_script(BRIDGE)
        await page.reload()
        assert await fits(page)
        await take.click()
        await page.get_by_text("请把微信更新到最新版").wait_for()
        async with page.expect_navigation():
            await take.click()
        await page.get_by_text("等你确认收款").wait_for()
        await take.click()
        await page.get_by_text("已领取，钱在微信零钱里").wait_for(timeout=10_000)
        assert await fits(page) and faults == []
        await context.close()
    (bill,) = stand_in.bills()
    settings = stand_in.settings()
    package = f"package-{bill['transfer_bill_no']}"
    values = {"mchId": settings.mchid, "appId": settings.appid, "package": package}
    assert invoked == [("requestMerchantTransfer", values)] * 3
    assert (await shop.payout(number)).status == PAID
