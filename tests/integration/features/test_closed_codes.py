"""A week after a campaign was closed, its codes lead nowhere and the platform has its contact codes back."""

from __future__ import annotations

from datetime import timedelta

from tests.integration.features.conftest import CAMPAIGN, WORKSPACE, Stage

from qunflow.domain.actions import CloseContactCode
from qunflow.domain.facts import CodeFact
from qunflow.features.campaigns.model import SetStatus


async def test_the_codes_of_a_closed_campaign_are_given_back_a_week_later(stage: Stage) -> None:
    code = await stage.launch(ranking=None)
    await stage.add("a", code)
    for status in ("ended", "settling", "closed"):
        await stage.application.door.ask(WORKSPACE, SetStatus(status), campaign=CAMPAIGN)
        await stage.settle()
    assert (await stage.campaign()).status == "closed"
    await stage.wait(timedelta(days=6))
    assert stage.platform.asked[CloseContactCode.KIND] == 0
    assert await stage.application.door.look.ask(WORKSPACE, CodeFact, code) is not None
    await stage.wait(timedelta(days=2))
    assert stage.platform.asked[CloseContactCode.KIND] == 2  # the campaign's own and the participant's
    assert await stage.application.door.look.ask(WORKSPACE, CodeFact, code) is None
