"""Acts of the console on the real engine and database: notes, a later end, stopping, drafting on a channel."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest
from tests.integration.features.conftest import CAMPAIGN, HOUR, WORKSPACE, Stage, plan_at

from qunflow.bootstrap import add_channel
from qunflow.domain.errors import Conflict, InvalidInput, NotFound
from qunflow.features.campaigns import acts
from qunflow.features.campaigns.board import load_sheet, log_mark
from qunflow.features.campaigns.note_store import Note, list_notes

DAY = timedelta(days=1)


async def notes_of(stage: Stage) -> tuple[Note, ...]:
    async with stage.application.door.database.unit(WORKSPACE) as unit:
        return await list_notes(unit, CAMPAIGN)


async def test_notes_are_kept_beside_the_log_and_ticked_off(stage: Stage) -> None:
    await stage.launch()
    door = stage.application.door
    first = await acts.take_note(door, WORKSPACE, CAMPAIGN, "now", "  群里吵 ", "老王", "g1")
    await stage.wait(HOUR)
    await acts.take_note(door, WORKSPACE, CAMPAIGN, "next_time", "海报太花", "老王")
    await acts.mark_note(door, WORKSPACE, CAMPAIGN, first, True)
    newest, oldest = await notes_of(stage)
    assert (newest.words, newest.due, newest.done_at) == ("海报太花", "next_time", None)
    assert (oldest.words, oldest.chat, oldest.author, oldest.done_at) == ("群里吵", "g1", "老王", stage.now)
    await acts.mark_note(door, WORKSPACE, CAMPAIGN, first, False)
    assert (await notes_of(stage))[1].done_at is None
    logged = await stage.rows("SELECT data::text FROM events WHERE type LIKE 'campaign_note%'")
    assert len(logged) == 4 and not any("群里吵" in row[0] or "老王" in row[0] for row in logged)
    with pytest.raises(InvalidInput):
        await acts.take_note(door, WORKSPACE, CAMPAIGN, "now", " ", "老王")
    with pytest.raises(NotFound):
        await acts.take_note(door, WORKSPACE, "nowhere", "now", "x", "老王")
    await stage.check()


async def test_a_campaign_runs_on_to_its_later_end(stage: Stage) -> None:
    await stage.launch()
    door = stage.application.door
    ends_at = (await stage.campaign()).plan.ends_at
    with pytest.raises(Conflict) as refused:
        await acts.extend_end(door, WORKSPACE, CAMPAIGN, ends_at - HOUR)
    assert refused.value.code == "worse_for_people"
    await acts.extend_end(door, WORKSPACE, CAMPAIGN, ends_at + DAY)
    await stage.wait(ends_at + HOUR - stage.now)
    assert (await stage.campaign()).status == "running"
    await stage.wait(DAY)
    assert (await stage.campaign()).status == "ended"
    await stage.check()


async def test_stopping_takes_nothing_back_that_was_begun(stage: Stage) -> None:
    code = await stage.launch()
    await stage.add("a", code)
    await stage.join("a")
    await stage.add("b", await stage.own_code("a"))
    await stage.join("b")
    assert await acts.set_status(stage.application.door, WORKSPACE, CAMPAIGN, "stopped") == "stopped"
    await stage.wait(timedelta(hours=24))
    assert (await stage.of("a")).posted["ladder"].available == 500
    await stage.wait(timedelta(hours=2))
    assert (await stage.campaign()).status == "settling"
    closed = await acts.close(stage.application.door, WORKSPACE, CAMPAIGN)
    assert closed["status"] in ("closed", "settling") and not any("fen" in item for item in closed["open"])
    await stage.check()


async def test_a_plan_is_drafted_only_on_a_channel_of_its_own_workspace(stage: Stage) -> None:
    door, plan = stage.application.door, replace(plan_at(stage.now), channel="shop")
    with pytest.raises(NotFound):
        await acts.draft_on_channel(door, WORKSPACE, plan)
    account = {"corp_id": "ww1", "agent_id": 1, "staff": ["amy"], "base_url": "https://wecom.example"}
    secrets = {"secret": "s3cret", "token": "token", "aes_key": "a" * 43}
    await add_channel(stage.application.home, "wecom", "shop", account, secrets)
    with pytest.raises(NotFound):
        await acts.draft_on_channel(door, "other", plan)
    assert await acts.draft_on_channel(door, WORKSPACE, plan) == CAMPAIGN
    assert await acts.set_status(door, WORKSPACE, CAMPAIGN, "cancelled") == "cancelled"


async def test_the_mark_changes_with_every_event(stage: Stage) -> None:
    await stage.launch()
    door = stage.application.door
    before = await log_mark(door, WORKSPACE)
    assert await log_mark(door, WORKSPACE) == before
    await acts.raise_budget(door, WORKSPACE, CAMPAIGN, 100)
    assert await log_mark(door, WORKSPACE) != before
    assert (await load_sheet(door, WORKSPACE, CAMPAIGN)).money.budget == 100_100
    with pytest.raises(InvalidInput):
        await acts.raise_budget(door, WORKSPACE, CAMPAIGN, 0)
