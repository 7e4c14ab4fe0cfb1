"""The board counts in the database what the report counts from states: the same numbers at every turn of a campaign."""

from __future__ import annotations

from datetime import timedelta

from tests.integration.features.conftest import CAMPAIGN, HOUR, WORKSPACE, Stage, person_of

from qunflow.analytics.funnel import load_funnel
from qunflow.domain.events import Approved
from qunflow.domain.inbound import Message
from qunflow.features.campaigns.board import load_sheet, open_items
from qunflow.features.campaigns.board_numbers import MOST_POINTS, STEPS, count_people, step_for
from qunflow.features.campaigns.model import LaunchCampaign, RaiseBudget, SetStatus
from qunflow.features.campaigns.plan import TaskPlan
from qunflow.features.campaigns.report import campaign_report

HOLD = timedelta(hours=24)


async def same(stage: Stage) -> None:
    """Every number that both know is equal."""
    door = stage.application.door
    sheet = await load_sheet(door, WORKSPACE, CAMPAIGN)
    report = await campaign_report(door, WORKSPACE, CAMPAIGN)
    async with door.database.unit(WORKSPACE) as unit:
        assert sheet.funnel == await load_funnel(unit, CAMPAIGN)
        many = await count_people(unit, [CAMPAIGN, "another"])
    rewards = {"due": sheet.money.due, "posted": sheet.money.posted, "pending": sheet.money.pending}
    assert rewards == report["rewards"]
    scripts = {"wished": sheet.scripts.wished, "outcomes": sheet.scripts.outcomes}
    scripts |= {"missing": sheet.scripts.missing, "duplicate": sheet.scripts.duplicate}
    assert scripts == report["scripts"]
    assert sum(line.count for line in sheet.script_lines) == sum(sheet.scripts.outcomes.values())
    assert sheet.open_proofs == report["open_proofs"]
    assert [(group.chat, group.members) for group in sheet.groups] == [
        (group["chat"], group["members"]) for group in report["groups"]
    ]
    funnel = sheet.funnel
    counted = (funnel.launched, funnel.scanned, funnel.joined, funnel.completed)
    assert many.get(CAMPAIGN, (0, 0, 0, 0)) == counted
    assert sheet.money.left == await stage.balance(f"budget:{CAMPAIGN}")
    if sheet.arrivals is not None:
        assert sum(sheet.arrivals.scans) == funnel.scans
        assert sum(sheet.arrivals.joins) == funnel.joined
        assert sum(sheet.arrivals.completions) == funnel.completed


async def approve(stage: Stage, name: str) -> None:
    """A proof of this person was approved."""
    body = Approved(f"proof-{name}", 1, "auto")
    message = Message("main", f"approved-{name}", stage.now, body, person=person_of(name), campaign=CAMPAIGN)
    await stage.application.commands.ask(message)
    await stage.settle()


async def test_the_board_says_what_the_report_says(stage: Stage) -> None:
    code = await stage.draft(task=TaskPlan(reward_fen=200), budget_total_fen=1900)
    await same(stage)
    await stage.add("tester", code)  # a test run: it counts nowhere
    await stage.join("tester")
    await same(stage)
    await stage.application.door.ask(WORKSPACE, LaunchCampaign(True), campaign=CAMPAIGN)
    await stage.add("a", code)
    await stage.join("a")
    own = await stage.own_code("a")
    await stage.wait(HOUR)
    for name in "bcd":
        await stage.add(name, own)
        await stage.join(name)
    await same(stage)
    await approve(stage, "a")
    await approve(stage, "b")
    await stage.wait(timedelta(minutes=30))
    await stage.leave("d")
    await same(stage)
    await stage.wait(HOLD)
    await same(stage)
    sheet = await load_sheet(stage.application.door, WORKSPACE, CAMPAIGN)
    assert (sheet.funnel.joined, sheet.funnel.completed, sheet.funnel.confirmed) == (4, 2, 2)
    assert (sheet.spread.invited_each.numerator, sheet.spread.invited_each.denominator) == (3, 4)
    assert (sheet.spread.k.numerator, sheet.spread.confirmed_share.denominator) == (2, 3)


async def test_what_is_held_for_want_of_budget_is_due_and_waits(stage: Stage) -> None:
    code = await stage.launch(budget_total_fen=1200)
    await stage.add("a", code)
    await stage.join("a")
    own = await stage.own_code("a")
    for name in "bcd":
        await stage.add(name, own)
        await stage.join(name)
    await stage.wait(HOLD)
    await same(stage)
    sheet = await load_sheet(stage.application.door, WORKSPACE, CAMPAIGN)
    assert (sheet.money.held_people, sheet.money.due > sheet.money.posted) == (1, True)
    assert {item.what for item in open_items(sheet)} >= {"held"}
    await stage.application.door.ask(WORKSPACE, RaiseBudget(5000), campaign=CAMPAIGN)
    await stage.settle()
    await same(stage)
    sheet = await load_sheet(stage.application.door, WORKSPACE, CAMPAIGN)
    assert (sheet.money.held, sheet.money.due - sheet.money.posted, sheet.money.budget) == (0, 0, 6200)
    await stage.application.door.ask(WORKSPACE, SetStatus("ended"), campaign=CAMPAIGN)
    await stage.settle()
    await same(stage)


async def test_k_is_realised_by_those_who_joined_long_enough_ago(stage: Stage) -> None:
    code = await stage.launch()
    await stage.add("a", code)
    await stage.join("a")
    await stage.add("b", await stage.own_code("a"))
    await stage.join("b")
    await stage.wait(HOLD)
    early = await load_sheet(stage.application.door, WORKSPACE, CAMPAIGN)
    assert early.spread.k_realised.value is None
    await stage.wait(timedelta(days=6))
    later = await load_sheet(stage.application.door, WORKSPACE, CAMPAIGN)
    assert later.spread.cycle_seconds == HOLD.total_seconds()
    assert (later.spread.k_realised.numerator, later.spread.k_realised.denominator) == (1, 2)


def test_a_chart_has_a_bounded_number_of_points_whatever_the_span() -> None:
    for days in (0, 1, 3, 10, 30, 60, 365):
        step = step_for(timedelta(days=days))
        assert step in STEPS
        assert timedelta(days=days) / step < MOST_POINTS
