"""What a campaign tells of its prizes, what they can cost at worst, and what the gate says of the inventory."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest
from tests.unit.features.campaigns.plans import make_plan

from qunflow.domain.errors import InvalidInput
from qunflow.domain.facts import RewardItemFact
from qunflow.features.campaigns.gate import liability
from qunflow.features.campaigns.plan import POSTER_ELEMENTS, PrizePlan, RankingPlan
from qunflow.features.campaigns.plan_file import plan_from
from qunflow.features.campaigns.plan_write import plan_data
from qunflow.features.campaigns.prizes import (
    Good,
    Standing,
    afford,
    check_item_prizes,
    cost_told,
    each_prizes,
    most,
    prize_events,
)
from qunflow.features.campaigns.stock import ItemStock, stock_problems

CUP = PrizePlan("invites", "cup", at=3, cost_fen=2_000)
NOTHING = Standing(0, 0, {}, False)


def told(plan_prizes: tuple[PrizePlan, ...], standing: Standing, known: dict[str, Good]) -> list[tuple[str, str, int]]:
    events = prize_events(make_plan(prizes=plan_prizes), standing, known)
    for event in events:
        known[f"{event.rule}:{event.milestone}"] = Good(event.state, event.revision)
    return [(f"{event.rule}:{event.milestone}", event.state, event.revision) for event in events]


def test_a_prize_is_held_due_gone_and_due_again_under_a_new_revision() -> None:
    known: dict[str, Good] = {}
    assert told((CUP,), replace(NOTHING, stayed=1, waiting=1), known) == []
    assert told((CUP,), replace(NOTHING, stayed=2, waiting=1), known) == [("invites:3", "held", 1)]
    assert told((CUP,), replace(NOTHING, stayed=3), known) == [("invites:3", "due", 1)]
    assert told((CUP,), replace(NOTHING, stayed=3), known) == []
    assert told((CUP,), replace(NOTHING, stayed=2, waiting=1), known) == []  # back with a new hold: nothing is lost
    assert told((CUP,), replace(NOTHING, stayed=2), known) == [("invites:3", "gone", 1)]
    assert told((CUP,), replace(NOTHING, stayed=4), known) == [("invites:3", "due", 2)]


def test_what_was_reached_before_the_freeze_is_kept_after_it() -> None:
    known: dict[str, Good] = {}
    told((CUP,), replace(NOTHING, stayed=3), known)
    assert told((CUP,), replace(NOTHING, stayed=1, frozen=True), known) == []


def test_a_place_is_won_once_and_stays_and_a_stage_and_a_unit_have_one_prize_each() -> None:
    place = PrizePlan("ranking", "bike", place=2)
    stage = PrizePlan("stage", "tea", stage="order")
    unit = PrizePlan("model", "mug", name="vote", limit=5)
    known: dict[str, Good] = {}
    won = Standing(0, 0, {"a": ("order",), "b": ()}, True, (("vote@u1", 100, 0), ("vote@u2", 0, 50)), 2)
    assert told((place, stage, unit), won, known) == [
        ("model:vote@u1", "due", 1),
        ("model:vote@u2", "held", 1),
        ("ranking:2", "due", 1),
        ("stage:order@a", "due", 1),
    ]
    assert told((place, stage, unit), replace(won, place=0, reached={}), known) == [("stage:order@a", "gone", 1)]


def test_the_worst_case_counts_what_can_be_won() -> None:
    plan = make_plan(expected_joins=100)
    assert most(plan, CUP) == 33
    assert most(plan, replace(CUP, limit=10)) == 10
    assert most(plan, PrizePlan("ranking", "bike", place=1)) == 1
    assert liability(replace(plan, prizes=(CUP,))) == liability(plan) + 33 * 2_000


def test_the_gate_names_what_the_inventory_lacks() -> None:
    plan = make_plan(prizes=(CUP, replace(CUP, at=5, item="draws", cost_fen=0)), expected_joins=100)
    early = plan.ends_at - timedelta(days=1)
    cup = RewardItemFact("cup", "physical", 2_500, "", early, True)
    draws = RewardItemFact("draws", "draw", 0, "", None, True)
    stock = {"cup": ItemStock(cup, 10), "draws": ItemStock(draws, 100)}
    assert [problem.code for problem in stock_problems(plan, stock)] == [
        "prize_cost",
        "prize_expires",
        "prize_draw",
        "prize_stock",
    ]
    assert {problem.code for problem in stock_problems(plan, {})} == {"prize_item"}
    sponsored = replace(cup, sponsor="Acme", expires_at=None)
    good = {"cup": ItemStock(sponsored, 33), "draws": ItemStock(replace(draws, kind="points"), 20)}
    assert stock_problems(plan, good) == []


def test_a_plan_with_prizes_is_written_and_read_back_the_same() -> None:
    prizes = (CUP, PrizePlan("ranking", "bike", place=2, freeze_hours=48, review=True))
    poster = dict.fromkeys(POSTER_ELEMENTS, "x")
    plan = make_plan(prizes=prizes, ranking=RankingPlan((500, 0)), poster=poster)
    assert plan_from(plan_data(plan)).prizes == prizes


TEA = PrizePlan("task", "tea", cost_fen=500)
BOTH = make_plan(prizes=(CUP, TEA))
REACHED = replace(NOTHING, stayed=3, task_done=True)


def test_prizes_are_promised_below_the_persons_cap_and_within_the_day_as_far_as_they_fit() -> None:
    events = prize_events(BOTH, REACHED, {})

    def kept(cap_left: int, room: int | None = None) -> tuple[list[str], int, int]:
        found = afford(BOTH, events, {}, cap_left, room)
        return [event.item for event in found.events], found.granted, found.held

    assert kept(2_500) == (["cup", "tea"], 2_500, 0)
    assert kept(2_499) == (["cup"], 2_000, 0)
    assert kept(1_999) == (["tea"], 500, 0)  # above the cap: not promised, and no day will bring it
    assert kept(2_500, 2_400) == (["cup"], 2_000, 500)  # the day is used up: held for the next
    assert kept(2_500, 0) == ([], 0, 2_500)


def test_what_was_promised_keeps_its_place_and_costs_no_day_again() -> None:
    known = {"invites:3": Good("held", 1)}
    due = prize_events(BOTH, REACHED, known)
    found = afford(BOTH, due, known, 0, 0)
    assert [(event.item, event.state) for event in found.events] == [("cup", "due")]
    assert (found.granted, found.held, cost_told(BOTH, known)) == (0, 0, 2_000)
    assert cost_told(BOTH, {"invites:3": Good("gone", 1)}) == 0


def test_a_prize_dearer_than_a_persons_cap_is_refused_with_the_way_out() -> None:
    with pytest.raises(InvalidInput) as caught:
        check_item_prizes(make_plan(prizes=(replace(CUP, cost_fen=7_301),)))
    assert (caught.value.code, caught.value.field) == ("prize_cap", "prizes[0].cost_fen")
    assert "7301" in caught.value.way_out


def test_one_persons_prizes_are_each_milestone_once_and_the_best_place() -> None:
    places = (PrizePlan("ranking", "bike", place=1, cost_fen=900), PrizePlan("ranking", "cup", place=2, cost_fen=300))
    stage = PrizePlan("stage", "tea", stage="register", cost_fen=10, limit=7)
    assert each_prizes(make_plan(prizes=(CUP, TEA, *places, stage))) == 2_000 + 500 + 900 + 70
