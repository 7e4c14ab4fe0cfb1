"""The review queue as reviewers use it: by keyboard, two at once, with a minute to take back, in bulk."""

from __future__ import annotations

import io
import os
from datetime import timedelta
from pathlib import Path

import pytest
import pytest_asyncio
import segno
from PIL import Image, ImageDraw
from playwright.async_api import Page
from tests.console.console_process import ConsoleProcess
from tests.integration.features.conftest import WORKSPACE, Stage
from tests.integration.features.platform import ScriptedPlatform
from tests.integration.features.proofs import hand_in, proof, proof_of, wait_for_review

from qunflow.domain.inbound import ContactRead
from qunflow.domain.rights import Role
from qunflow.features.tasks import acts
from qunflow.rehearsal.dice import Dice
from qunflow.rehearsal.proofs import Shot, draw_proof
from qunflow.storage.audit import AuditFilter, list_notes

pytestmark = pytest.mark.journey


@pytest_asyncio.fixture(loop_scope="session")
async def stage(console: ConsoleProcess) -> Stage:
    """The engine behind the console, with a platform in memory."""
    return Stage(console.application, ScriptedPlatform(console.application.home.clock))


async def shot(page: Page, name: str) -> None:
    """A picture to look at, when somebody asked for pictures."""
    folder = os.environ.get("CONSOLE_PICTURES")
    if folder:
        await page.wait_for_timeout(500)
        await page.screenshot(path=Path(folder) / f"{name}.png")


def screenshot(stage: Stage, number: int) -> bytes:
    """A phone's screen with a post; no own code can be read on it."""
    poster = Image.new("RGB", (1080, 1920), "#b8433a")
    pen = ImageDraw.Draw(poster)
    pen.rectangle((80, 120, 1000, 900), fill="#f4c7a1")
    code = io.BytesIO()
    segno.make(f"https://q.example/c/{number}").save(code, kind="png", scale=8)
    poster.paste(Image.open(code).convert("RGB").resize((360, 360)), (640, 1460))
    out = io.BytesIO()
    poster.save(out, "JPEG")
    return draw_proof(Dice("reviews"), Shot(number, f"参与者{number}", stage.now), out.getvalue())


async def proofs_wait(stage: Stage, count: int) -> list[str]:
    """A campaign in which so many people's screenshots wait for a person."""
    await wait_for_review(stage)
    code = (await stage.campaign()).code
    names = []
    for number in range(count):
        external = f"p{number}"
        await stage.add(external, code)
        await stage.tell(ContactRead(external, f"参与者{number}"))
        await stage.join(external)
        names.append(await hand_in(stage, external, screenshot(stage, number)))
        await stage.wait(timedelta(minutes=1))
    return names


async def opened(page: Page, name: str) -> None:
    """This proof is before the reviewer, and its picture has been seen."""
    await page.wait_for_selector(f"[data-open='{name}'][data-ready^='{name}#']")


async def test_a_reviewer_works_through_the_queue_by_keyboard(seen: ConsoleProcess, stage: Stage) -> None:
    names = await proofs_wait(stage, 4)
    await stage.application.door.look.state(WORKSPACE, names[0])
    reviewer = await seen.account("阿琳", Role.REVIEWER)
    page = await seen.page(reviewer, "/reviews")
    await opened(page, names[0])
    assert "没有找到二维码" in await page.inner_text("main")
    await shot(page, "reviews-light")
    await page.keyboard.press("a")
    await opened(page, names[1])
    assert (await proof(stage, names[0])).status == "decided"
    await page.keyboard.press("r")
    await page.wait_for_selector("[data-reason=edited]:visible")
    await shot(page, "reviews-reasons")
    await page.keyboard.press("2")
    await opened(page, names[2])
    assert (await proof(stage, names[1])).decided_reason == "wrong_poster"
    await page.keyboard.press("u")
    await opened(page, names[1])
    assert (await proof(stage, names[1])).status == "queued"
    await page.keyboard.press("j")
    await opened(page, names[2])
    await page.keyboard.press("k")
    await opened(page, names[1])
    await page.keyboard.press("?")
    await page.wait_for_selector(".q-dialog >> text=撤销上一个决定")
    await page.keyboard.press("Escape")
    await page.wait_for_selector(".q-dialog", state="detached")
    await page.keyboard.press("r")
    await page.keyboard.press("0")
    await page.fill("[data-field=words]", "海报被裁掉了一半")
    await page.click(".q-dialog button:has-text('拒绝')")
    await opened(page, names[2])
    assert (await proof(stage, names[1])).decided_reason == "other"
    await stage.wait(timedelta(minutes=1))
    states = [(await proof(stage, name)).status for name in names]
    assert states == ["approved", "rejected", "queued", "queued"]
    assert await stage.balance(f"available:{(await proof(stage, names[0])).person}") == 200
    async with stage.application.home.database.read(WORKSPACE) as unit:
        notes = await list_notes(unit, AuditFilter(act="review."), limit=10)
    assert [(note.act, note.outcome) for note in reversed(notes)] == [
        ("review.approve", "done"),
        ("review.reject", "done"),
        ("review.undo", "done"),
        ("review.reject", "done"),
    ]
    await page.goto(f"{seen.url}/reviews/people")
    await page.wait_for_selector("td >> text=阿琳")
    await shot(page, "reviews-people")
    await stage.check()


async def test_two_reviewers_get_different_proofs_and_a_decision_elsewhere_moves_the_page_on(
    seen: ConsoleProcess, stage: Stage
) -> None:
    names = await proofs_wait(stage, 3)
    first = await seen.page(await seen.account("阿琳", Role.REVIEWER), "/reviews")
    await opened(first, names[0])
    second = await seen.page(await seen.account("周", Role.REVIEWER), "/reviews")
    await opened(second, names[1])
    await second.wait_for_selector("td >> text=阿琳")
    await acts.review(stage.application.door, WORKSPACE, names[0], True, "cli")
    await opened(first, names[2])
    await first.close()
    await acts.review(stage.application.door, WORKSPACE, names[1], True, "cli")
    await opened(second, names[2])


async def test_proofs_with_the_same_findings_are_approved_together_and_undone_together(
    seen: ConsoleProcess, stage: Stage
) -> None:
    names = await proofs_wait(stage, 3)
    page = await seen.page(await seen.account("阿琳", Role.OPERATOR), "/reviews")
    await opened(page, names[0])
    await page.click("thead .q-checkbox")
    await page.click("button:has-text('通过所选')")
    await shot(page, "reviews-bulk")
    await page.click(".q-dialog button:has-text('通过')")
    await page.wait_for_selector("text=没有要审核的凭证了")
    assert {(await proof(stage, name)).status for name in names} == {"decided"}
    await shot(page, "reviews-empty")
    await page.click("[role=status] button:has-text('撤销')")
    await page.wait_for_selector("[data-open^='submission:']")
    assert {(await proof(stage, name)).status for name in names} == {"queued"}


async def test_the_queue_pages_filters_and_shows_pictures_only_of_its_own(seen: ConsoleProcess, stage: Stage) -> None:
    await proofs_wait(stage, 1)
    code = (await stage.campaign()).code
    for number in range(60):
        await stage.add(f"n{number}", code, settled=False)
    await stage.settle()
    stage.platform.groups["g1"] += [f"n{number}" for number in range(60)]
    await stage.join("last")
    for number in range(60):
        await hand_in(stage, f"n{number}", qr_engine=False)
    page = await seen.page(await seen.account("阿琳", Role.OWNER), "/reviews")
    await page.wait_for_selector("text=第 1–25 条，共 61 条")
    await page.goto(f"{seen.url}/reviews?f.finding=no_qr")
    await page.wait_for_selector("text=共 1 条")
    await opened(page, proof_of("p0"))
    answer = await page.request.get(f"{seen.url}/reviews/proof?submission={proof_of('p0')}&attempt=1")
    assert (answer.status, answer.headers["content-type"]) == (200, "image/jpeg")
    for query in (f"submission={proof_of('p0')}&attempt=2", "submission=todo:x&attempt=1", "attempt=1"):
        assert (await page.request.get(f"{seen.url}/reviews/proof?{query}")).status == 404
    analyst = await seen.page(await seen.account("分析", Role.ANALYST))
    refused = await analyst.request.get(f"{seen.url}/reviews/proof?submission={proof_of('p0')}&attempt=1")
    assert refused.status == 403
    for role, status in ((Role.REVIEWER, 200), (Role.GROUP_STAFF, 403), (Role.ANALYST, 403)):
        other = await seen.page(await seen.account(f"r-{role}", role))
        assert (await other.request.get(f"{seen.url}/reviews")).status == status


async def test_the_page_in_the_dark_and_in_english(seen: ConsoleProcess, stage: Stage) -> None:
    names = await proofs_wait(stage, 2)
    reviewer = await seen.account("Lin", Role.REVIEWER)
    await seen.speak(reviewer, "en", "dark")
    page = await seen.page(reviewer, "/reviews")
    await opened(page, names[0])
    assert "No QR code was found" in await page.inner_text("main")
    await shot(page, "reviews-dark")
    await page.click("[aria-label='Enlarge the screenshot']")
    await page.wait_for_selector(".qf-zoom img")
    await page.keyboard.press("a")  # nothing is decided while the picture lies over the page
    await shot(page, "reviews-zoom")
    await page.keyboard.press("Escape")
    await page.wait_for_selector(".qf-zoom", state="detached")
    assert (await proof(stage, names[0])).status == "queued"
