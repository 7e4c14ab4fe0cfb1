"""The digest through the whole engine: one task a day for those who did not look, settled by what staff did."""

from __future__ import annotations

from datetime import timedelta

import pytest
from tests.integration.features.conftest import CAMPAIGN, CHANNEL, HOUR, WORKSPACE, Stage, person_of

from qunflow.analytics.scripts import count_scripts
from qunflow.features.campaigns.plan import TaskPlan
from qunflow.features.scripts.model import PageSeen


@pytest.fixture
async def reminded(stage: Stage) -> Stage:
    """Three people in the group whose reminder is due an hour before the digest (nine to eight in Shanghai)."""
    code = await stage.launch(task=TaskPlan(reward_fen=200), remind_after_hours=10)
    for name in ("b", "c", "d"):
        await stage.add(name, code)
        await stage.join(name)
    await stage.wait(10 * HOUR)
    return stage


async def look(stage: Stage, external: str) -> None:
    door = stage.application.door
    await door.ask(WORKSPACE, PageSeen(), person=person_of(external), campaign=CAMPAIGN, channel=CHANNEL)


async def test_those_who_did_not_look_are_told_in_one_task(reminded: Stage) -> None:
    await look(reminded, "c")
    assert (await reminded.outcomes("c"))["remind"] == "shown_on_page"
    await reminded.wait(HOUR)
    (task,) = reminded.platform.broadcasts
    assert sorted(task.externals) == ["b", "d"]
    await reminded.check()


async def test_the_results_of_the_task_settle_each_persons_scripts(reminded: Stage) -> None:
    await reminded.wait(HOUR)
    reminded.platform.confirmed = {"b": "sent", "c": "not_contact"}
    await reminded.wait(timedelta(minutes=15))
    assert (await reminded.outcomes("b"))["remind"] == "staff_confirmed"
    assert (await reminded.outcomes("c"))["remind"] == "refused_by_platform(not_contact)"
    assert (await reminded.outcomes("d"))["remind"] == ""
    reminded.platform.confirmed["d"] = "sent"
    await reminded.wait(timedelta(minutes=15))
    assert (await reminded.outcomes("d"))["remind"] == "staff_confirmed"
    polls = reminded.platform.asked["read_broadcast"]
    await reminded.wait(2 * HOUR)
    assert reminded.platform.asked["read_broadcast"] == polls
    async with reminded.application.home.database.unit(WORKSPACE) as unit:
        counts = await count_scripts(unit, CAMPAIGN)
    assert (counts.missing, counts.duplicate) == (0, 0)
    await reminded.check()


async def test_a_day_has_one_digest_and_a_day_without_news_has_none(reminded: Stage) -> None:
    await reminded.wait(HOUR)
    reminded.platform.confirmed = dict.fromkeys("bcd", "sent")
    for _ in range(30):
        await reminded.wait(2 * HOUR)
    assert len(reminded.platform.broadcasts) == 1
    await reminded.check()
