"""The adviser's page and an appeal before a reviewer, in a real browser."""

from __future__ import annotations

import pytest
from tests.console.console_process import ConsoleProcess
from tests.console.test_review_page import opened, proofs_wait, shot, stage
from tests.integration.features.conftest import CAMPAIGN, WORKSPACE, Stage
from tests.integration.features.proofs import proof, proof_of

from qunflow.domain.rights import Role
from qunflow.features.tasks import acts

__all__ = ["stage"]
pytestmark = [pytest.mark.journey, pytest.mark.long]


async def test_an_answer_changed_ranks_the_models_anew(seen: ConsoleProcess) -> None:
    page = await seen.page(await seen.account("阿琳", Role.OPERATOR), "/campaigns")
    await page.click("text=不知道选哪种")
    await page.wait_for_selector("[data-model]")
    first = page.locator("[data-model]").first
    assert await first.get_attribute("data-model") in ("bargain", "mutual", "invitation")
    await shot(page, "adviser")
    await page.get_by_label("主要目的 *").click()
    await page.get_by_role("option", name="卖货").click()
    await page.wait_for_selector("[data-model]:first-of-type[data-model=group-buy], [data-model=mutual]")
    margin = page.get_by_label("毛利率 *")
    await margin.fill("8%")
    await margin.blur()
    await page.wait_for_selector("text=毛利低于 15 %")
    assert await page.locator("[data-model=distribution]").get_attribute("data-fits") == "false"
    await shot(page, "adviser_thin")


async def test_an_appeal_is_read_by_another_reviewer_who_decides(seen: ConsoleProcess, stage: Stage) -> None:
    (name,) = await proofs_wait(stage, 1)
    door, blobs = stage.application.door, stage.application.home.blobs
    amy = await seen.account("阿美", Role.REVIEWER)
    lin = await seen.account("阿琳", Role.REVIEWER)
    await acts.review(door, WORKSPACE, name, False, amy.account, "edited")
    await stage.settle()
    person = proof_of("p0").rpartition(":")[2]
    await acts.appeal(door, blobs, WORKSPACE, CAMPAIGN, person, 1, "这是我自己的海报，只是开了护眼模式")
    theirs = await seen.page(amy, "/reviews")
    await theirs.wait_for_selector("[data-open='']")  # it is not given to who rejected it
    page = await seen.page(lin, "/reviews")
    await opened(page, name)
    assert await page.locator("[data-finding=appeal]").count() == 1
    assert "护眼模式" in await page.inner_text("[data-open]")
    await shot(page, "appeal")
    await page.keyboard.press("a")
    await page.wait_for_selector("text=撤销")
    assert (await proof(stage, name)).verdict == "approve"
