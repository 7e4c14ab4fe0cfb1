"""Campaigns off track, counted from the log: a low rate on enough data, a budget nearly gone, a gate still closed."""

from __future__ import annotations

import logging
from collections.abc import AsyncIterator, Iterator
from datetime import timedelta

import pytest
import structlog
from tests.integration.features.conftest import CAMPAIGN, CHANNEL, WORKSPACE, Stage, plan_at
from tests.integration.features.platform import ScriptedPlatform
from tests.integration.features.proofs import wait_for_review

from qunflow.bootstrap import Application
from qunflow.console.today_numbers import TodayNumbers, Trouble
from qunflow.features.campaigns.model import DraftCampaign
from qunflow.features.campaigns.plan import PoolPlan
from qunflow.features.tasks import acts


@pytest.fixture(autouse=True)
def quiet() -> Iterator[None]:
    """Refusals are expected here."""
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.CRITICAL))
    yield
    structlog.reset_defaults()


@pytest.fixture
async def stage(application: Application) -> AsyncIterator[Stage]:
    yield Stage(application, ScriptedPlatform(application.home.clock))


async def troubles(stage: Stage) -> dict[tuple[str, str], float]:
    found: tuple[Trouble, ...] = await numbers(stage).troubles(WORKSPACE)
    return {(one.campaign, one.what): one.value for one in found}


def numbers(stage: Stage) -> TodayNumbers:
    return TodayNumbers(stage.application.door, stage.application.home.links)


async def test_a_draft_that_starts_soon_and_does_not_pass_the_gate_is_told_and_a_later_one_is_not(stage: Stage) -> None:
    soon, later = stage.now + timedelta(days=1), stage.now + timedelta(days=3)
    for name, starts in (("soon", soon), ("later", later)):
        plan = plan_at(stage.now, campaign=name, starts_at=starts, ends_at=starts + timedelta(days=7))
        await stage.application.door.ask(WORKSPACE, DraftCampaign(plan), campaign=name, channel=CHANNEL)
        await stage.settle()
    found = await troubles(stage)
    assert set(found) == {("soon", "gate")} and found[("soon", "gate")] >= 1


async def test_a_budget_of_which_less_than_a_tenth_is_left_is_told(stage: Stage) -> None:
    first, second = await wait_for_review(stage, "b", "c", reward_fen=920, budget_total_fen=1_000)
    await acts.review(stage.application.door, WORKSPACE, first, True, "lin")
    await stage.settle()
    assert await troubles(stage) == {(CAMPAIGN, "budget"): 80.0}


async def test_a_low_rate_is_told_once_there_are_enough_data(stage: Stage) -> None:
    await wait_for_review(stage, pool=PoolPlan("福利群", soft_limit=150, low_at=20))
    code = (await stage.campaign()).code
    people = [f"p{number}" for number in range(29)]
    for name in people:
        await stage.add(name, code, settled=False)
    await stage.settle()
    stage.platform.groups["g1"] += people[:-1]
    await stage.join(people[-1])
    assert await troubles(stage) == {}
    await stage.add("last", code)
    await stage.join("last")
    assert (await troubles(stage)).get((CAMPAIGN, "completion_rate")) == 0.0


async def test_groups_that_fill_up_and_pools_short_of_places_are_counted(stage: Stage) -> None:
    await wait_for_review(stage, "b", "c", pool=PoolPlan("福利群", soft_limit=4, low_at=1))
    block = await numbers(stage).groups(WORKSPACE)
    assert (block.filling, block.groups, [(line.free, line.fullest) for line in block.short]) == (0, 1, [(1, 3)])
    await stage.add("d", (await stage.campaign()).code)
    await stage.join("d")
    block = await numbers(stage).groups(WORKSPACE)
    assert (block.filling, block.groups, [line.free for line in block.short]) == (1, 1, [0])
