"""Posters as an operator uses them: the preview follows the typing, a draft keeps what was saved, mix-ups are told."""

from __future__ import annotations

import io

import pytest
import pytest_asyncio
import segno
import zxingcpp
from PIL import Image
from playwright.async_api import Page, expect
from tests.console.console_process import ConsoleProcess
from tests.console.pictures import shot
from tests.integration.features.conftest import CAMPAIGN, CHANNEL, Stage
from tests.integration.features.platform import ScriptedPlatform

from qunflow.bootstrap import add_channel
from qunflow.domain.rights import Role
from qunflow.storage.operators import AccountRow

pytestmark = [pytest.mark.journey, pytest.mark.long]
POSTER = {
    "title": "三人成团 立减百元",
    "subtitle": "只限本周",
    "selling_point": "坚果礼盒 到手 29 元",
    "endorsement": "三万家庭复购",
    "call_to_action": "扫码入群领券",
}


@pytest_asyncio.fixture(loop_scope="session")
async def stage(console: ConsoleProcess) -> Stage:
    """The engine behind the console, with a WeCom channel of its name."""
    home = console.application.home
    await add_channel(home, "wecom", CHANNEL, {"staff": ["amy"]}, {})
    return Stage(console.application, ScriptedPlatform(home.clock))


def picture_of(*texts: str) -> bytes:
    """A picture with these QR codes side by side."""
    sheet = Image.new("RGB", (420 * len(texts), 420), "white")
    for place, text in enumerate(texts):
        code = io.BytesIO()
        segno.make(text, error="m").save(code, kind="png", scale=8, border=4)
        with Image.open(code) as drawn:
            sheet.paste(drawn.convert("RGB").resize((380, 380), Image.Resampling.NEAREST), (420 * place + 20, 20))
    out = io.BytesIO()
    sheet.save(out, "PNG")
    return out.getvalue()


async def preview(page: Page, other_than: str = "") -> str:
    """The preview's picture once it differs from one that was there."""
    image = page.locator("[data-part=preview] img")
    for _ in range(100):
        found = await image.get_attribute("src") or ""
        if found and found != other_than:
            return found
        await page.wait_for_timeout(50)
    raise AssertionError("the preview stayed as it was")


async def test_the_preview_follows_the_typing_and_a_draft_keeps_it(
    seen: ConsoleProcess, owner: AccountRow, stage: Stage
) -> None:
    code = await stage.draft(poster=POSTER)
    page = await seen.page(owner, "/posters")
    await page.locator(f"[data-poster={CAMPAIGN}]").click()
    await expect(page.locator("[data-code=well]")).to_be_visible()
    await expect(page.get_by_text("五段文字都放得下")).to_be_visible()
    before = await preview(page)
    await shot(page, "poster")
    await page.fill('[data-field="title"]', "春天一起跑步")
    after = await preview(page, before)
    await page.fill('[data-field="subtitle"]', "")
    await expect(page.locator('[data-fault="subtitle.empty"]')).to_be_visible()
    await page.fill('[data-field="subtitle"]', "周末 🎉 开跑")
    await expect(page.locator('[data-fault="subtitle.dropped"]')).to_be_visible()
    assert await preview(page, after)
    await page.get_by_role("button", name="保存到活动草稿").click()
    await expect(page.get_by_text("海报已保存")).to_be_visible()
    plan = (await stage.campaign()).plan
    assert plan.poster["title"] == "春天一起跑步" and plan.poster["endorsement"] == POSTER["endorsement"]
    async with page.expect_download() as downloading:
        await page.get_by_role("link", name="下载海报 JPEG").click()
    with Image.open(await (await downloading.value).path()) as poster:
        assert poster.size == (720, 1280)
        address = f"{seen.application.home.settings.address}/c/{code}"
        assert [found.text for found in zxingcpp.read_barcodes(poster)] == [address]


async def test_a_group_code_on_an_own_design_is_told_from_the_live_code(
    seen: ConsoleProcess, owner: AccountRow, stage: Stage
) -> None:
    code = await stage.draft(poster=POSTER)
    address = f"{seen.application.home.settings.address}/c/{code}"
    page = await seen.page(owner, f"/posters/{CAMPAIGN}")
    await expect(page.locator("[data-code=well]")).to_have_count(1)
    field = page.locator("input[type=file]")
    for picture, verdict in (
        (picture_of("https://work.weixin.qq.com/gm/abcdef"), "raw_group_qr"),
        (picture_of(address, "https://example.org/x"), "too_many_qr"),
        (b"no picture", "unreadable"),
    ):
        await field.set_input_files({"name": "mine.png", "mimeType": "image/png", "buffer": picture})
        await expect(page.locator(f"[data-code={verdict}]")).to_be_visible()
    await shot(page, "poster-checked")
    await field.set_input_files({"name": "good.png", "mimeType": "image/png", "buffer": picture_of(address)})
    await expect(page.locator("[data-code=well]")).to_have_count(2)


async def test_after_the_launch_the_poster_stays(seen: ConsoleProcess, owner: AccountRow, stage: Stage) -> None:
    await stage.launch(poster={**POSTER, "endorsement": ""})
    await seen.speak(owner, "en", "dark")
    page = await seen.page(owner, f"/posters/{CAMPAIGN}")
    await expect(page.get_by_text("the texts stay")).to_be_visible()
    await expect(page.locator('[data-fault="endorsement.empty"]')).to_be_visible()
    await expect(page.get_by_role("button", name="Save into the draft")).to_have_count(0)
    await shot(page, "poster-dark")
    await page.goto(seen.url + "/posters?q=nothing")
    await expect(page.locator(".qf-empty")).to_be_visible()
    await page.goto(seen.url + "/posters")
    await expect(page.locator("[data-poster] img")).to_have_js_property("complete", True)
    assert await page.evaluate("document.querySelector('[data-poster] img').naturalWidth") == 270
    await shot(page, "posters-dark")


async def test_an_analyst_sees_posters_and_changes_none(seen: ConsoleProcess, stage: Stage) -> None:
    await stage.draft(poster=POSTER)
    analyst = await seen.account("小分析", Role.ANALYST)
    page = await seen.page(analyst, f"/posters/{CAMPAIGN}")
    await preview(page)
    await expect(page.get_by_role("button", name="保存到活动草稿")).to_have_count(0)
    staff = await seen.account("小群主", Role.GROUP_STAFF)
    refused = await (await seen.page(staff)).goto(seen.url + "/posters")
    assert refused is not None and refused.status == 403
