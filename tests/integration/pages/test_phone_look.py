"""The phone pages of every sample plan in the system's Chromium: 375 and 320 points wide, Chinese and English."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest
from tests.integration.pages.conftest import CAMPAIGN, CHANNEL, WORKSPACE, Stage
from tests.integration.pages.phone_eye import MOST_BYTES, PhoneEye
from tests.integration.pages.test_play_browser import chromium, serving
from tests.integration.pages.test_play_moves import move
from tests.integration.pages.test_play_pages import picture

from qunflow.features.campaigns.model import DraftCampaign
from qunflow.features.campaigns.plan import Plan
from qunflow.features.campaigns.plan_file import parse_plan
from qunflow.features.campaigns.plan_model import frame_of, model_of
from qunflow.features.campaigns.plays.model import Play
from qunflow.features.campaigns.plays.pages_offers import Button, openers_of
from qunflow.web.links import UnitLink
from qunflow.web.texts import LANGUAGES

SAMPLES = sorted((Path(__file__).parents[3] / "examples" / "campaigns").glob("*.yaml"))
NAMES = ("林小满", "Alexandra Montgomery")


async def bring_to_life(stage: Stage, file: Path) -> tuple[Plan, list[str]]:
    """The sample runs since an hour and a half; the links of two people in its group."""
    plan = replace(parse_plan(file.read_text("utf-8")), campaign=CAMPAIGN, channel=CHANNEL, staff=("amy",))
    clock: Any = stage.application.home.clock
    clock.advance_to(max(clock.now(), plan.starts_at + timedelta(minutes=90)))
    await stage.application.door.ask(WORKSPACE, DraftCampaign(plan, True), campaign=CAMPAIGN, channel=CHANNEL)
    await stage.settle()
    code = await stage.code()
    await stage.open_group()
    await stage.open_contact(code)
    await stage.launch()
    links = [await stage.add_contact(f"p{place}", code, name) for place, name in enumerate(NAMES)]
    await stage.join("g1", "p0", "p1")
    return plan, links


async def begin(stage: Stage, plan: Plan, link: str) -> str:
    """The first person's unit, or one of the shop's; nothing where there is none yet."""
    model = model_of(plan)
    assert model is not None
    buttons = openers_of(model, frame_of(plan))
    if buttons and not buttons[0].upload:
        told = (await move(stage, link, buttons[0].move, **_first_choices(buttons[0]))).json()
        await stage.settle()
        return str(told["unit"])
    if model.name == "voting":
        files = {"proof": ("work.jpg", picture())}
        done = await stage.http.post(f"/p/{link}/work", data={"nonce": "nonce000001"}, files=files)
        return str(httpx.URL(done.headers["location"]).params["unit"])
    if "create" in model.moves:
        answer = await stage.application.door.ask(WORKSPACE, Play("create", "", {}, "staff"), campaign=CAMPAIGN)
        return str(answer.value)
    return ""


def _first_choices(button: Button) -> dict[str, Any]:
    return {each.name: int(each.choices[0].value) for each in button.fields}


@pytest.mark.journey
@pytest.mark.long
@pytest.mark.parametrize("file", SAMPLES, ids=lambda file: file.stem)
async def test_every_page_of_a_sample_fits_narrow_phones_is_light_and_speaks_plainly(
    stage: Stage, tmp_path: Path, file: Path
) -> None:
    plan, (own, other) = await bring_to_life(stage, file)
    code = await stage.own_code(own)
    async with serving(stage) as base, chromium(tmp_path) as browser:
        gift = str(getattr(frame_of(plan).settings, "gift_message", "")) if plan.model is not None else ""
        theirs = [plan.title, *plan.rules.splitlines(), *NAMES, gift]
        eyes = [await PhoneEye.open(browser, base, language, theirs) for language in LANGUAGES]
        if plan.model is not None:
            for eye in eyes:
                await eye.look(f"/p/{own}/play")
            unit = await begin(stage, plan, own)
            shared = stage.application.home.links.seal_unit(UnitLink(WORKSPACE, CAMPAIGN, unit))
            for eye in eyes if unit else ():
                await eye.look(f"/p/{own}/play?unit={unit}")
                for me in ("", own, other):
                    await eye.look(f"/u/{shared}", me)
        for eye in eyes:
            for path in (f"/c/{code}", f"/p/{own}", f"/p/{own}/entry", f"/p/{own}/appeal"):
                await eye.look(path)
    assert [one for eye in eyes for one in eye.found] == []
    assert all(0 < eye.heaviest < MOST_BYTES for eye in eyes)
    print(f"\n{file.stem}: at most {max(eye.heaviest for eye in eyes):,} bytes")
