"""What a plan can cost: the worst case is the gate's, what is expected lies below it and follows the assumptions."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.unit.features.campaigns.plans import STAGES, make_plan

from qunflow.features.campaigns.console_samples import Sample, list_samples
from qunflow.features.campaigns.costs import Assumptions, Costs, reckon
from qunflow.features.campaigns.gate import liability
from qunflow.features.campaigns.model_costs import at_least
from qunflow.features.campaigns.plan import Ladder, PrizePlan, RacePlan, RankingPlan
from qunflow.features.campaigns.plan_check import read_costly
from qunflow.features.campaigns.plan_write import plan_data

ALL = {
    "breakthrough": ((5, 1000),),
    "ranking": RankingPlan((900, 400)),
    "race": RacePlan(600, per_head_fen=100, prizes=(300,), times=2),
    "stages": STAGES,
    "headline_fen": 3000,
}


def line(costs: Costs, rule: str) -> tuple[int, int]:
    found = next(item for item in costs.lines if item.rule == rule)
    return found.expected, found.worst


def test_the_worst_case_by_rule_sums_to_what_the_gate_wants() -> None:
    plan = make_plan(**ALL)
    costs = reckon(plan)
    assert costs.worst == liability(plan) == sum(item.worst for item in costs.lines)
    assert {item.rule for item in costs.lines} == {"invites", "stages", "task", "ranking", "race"}


def test_friends_are_shared_out_evenly_among_those_who_bring_some() -> None:
    plan = make_plan(expected_joins=100, ladder=Ladder("marginal", ((1, 3, 500), (4, 10, 800))), task=None)
    # 60 friends over 20 people are 3 each: 1,500 fen for each of them
    assert line(reckon(plan), "invites") == (30_000, 71_000)
    # 70 friends over 20 people: ten bring 4 (2,300 fen), ten bring 3
    assert line(reckon(plan, Assumptions(brought_bps=7000)), "invites")[0] == 10 * 2300 + 10 * 1500


def test_the_task_costs_those_who_finish_it() -> None:
    plan = make_plan(expected_joins=100, ladder=None)
    assert line(reckon(plan), "task") == (10_000, 20_000)
    assert line(reckon(plan, Assumptions(finish_bps=0)), "task") == (0, 20_000)


def test_a_cap_that_cuts_promises_and_a_short_budget_are_told() -> None:
    plan = make_plan()
    assert (reckon(plan).capped, reckon(plan).short) == (False, 0)
    tight = replace(plan, reward_per_user_max_fen=1000, budget_total_fen=50_000)
    costs = reckon(tight)
    assert costs.capped and costs.person == 1000
    assert costs.short == liability(tight) - 50_000


@pytest.mark.parametrize("cut", [{}, {"ladder": None}, {"task": None}, {"stages": (), "headline_fen": 0}])
@given(
    joins=st.integers(1, 5000),
    brought=st.integers(0, 10_000),
    inviters=st.integers(0, 10_000),
    finish=st.integers(0, 10_000),
)
def test_nothing_expected_is_above_the_worst_case(
    cut: dict[str, object], joins: int, brought: int, inviters: int, finish: int
) -> None:
    plan = make_plan(**{**ALL, **cut, "expected_joins": joins})
    costs = reckon(plan, Assumptions(brought, inviters, finish))
    assert all(0 <= item.expected <= item.worst for item in costs.lines)
    assert costs.expected <= costs.worst


def model_line(kind: str, assumed: Assumptions | None = None, joins: int = 100, **settings: object) -> tuple[int, int]:
    data = {**plan_data(make_plan(ladder=None, task=None, expected_joins=joins)), "model": {"kind": kind, **settings}}
    return line(reckon(read_costly(data), assumed), "model")


def test_a_packet_of_many_shares_costs_what_its_players_take() -> None:
    # 85 of 100 play and take one of 200 shares of each of 2 packets
    assert model_line("lucky-packet", total_fen=20_000, shares=200, packets=2) == (17_000, 40_000)
    assert model_line("lucky-packet", total_fen=20_000, shares=20, packets=2) == (40_000, 40_000)


def test_a_size_of_a_red_packet_is_won_as_often_as_its_friends_suffice() -> None:
    tiers = [{"target_fen": 800, "helpers": 2, "total": 50}, {"target_fen": 6600, "helpers": 20, "total": 50}]
    # 20 bring 60 friends: ten open each size; 30 friends fill ten small ones, and one of the large ones
    assert model_line("red-packet", tiers=tiers) == (10 * 800 + 6600, 50 * 7400)


def test_rewards_that_wait_for_an_order_come_for_those_who_buy() -> None:
    gifts = {"helper_reward_fen": 200, "sharer_reward_fen": 300, "packets": 100, "gifts": 5}
    assert model_line("mutual", **gifts) == (60 * 200 + 36 * 300, 500 * 500)


def test_a_check_in_is_reached_by_those_who_come_back_each_day() -> None:
    ladder = [{"days": 1, "amount_fen": 100}, {"days": 3, "amount_fen": 1000}]
    half = Assumptions(returns_bps=5000)
    assert model_line("check-in", half, ladder=ladder, people=1000) == (85 * 100 + 85 * 1000 // 4, 1_100_000)
    assert at_least(1, 2, 0.5) == pytest.approx(0.75)


def test_prizes_are_expected_as_often_as_the_same_people_win_them() -> None:
    cup = PrizePlan("invites", "cup", at=3, cost_fen=100)
    rare = PrizePlan("invites", "rare", at=4, cost_fen=1000)
    tea = PrizePlan("task", "tea", cost_fen=10)
    costs = reckon(make_plan(expected_joins=100, prizes=(cup, rare, tea)))
    assert line(costs, "prizes") == (20 * 100 + 50 * 10, 33 * 100 + 25 * 1000 + 100 * 10)


def test_each_further_stage_is_reached_by_those_who_buy() -> None:
    costs = reckon(make_plan(ladder=None, task=None, stages=STAGES, headline_fen=3000, expected_joins=100))
    assert line(costs, "stages") == (60 * 500 + 36 * 1500 + 21 * 1000, 300_000)


@pytest.mark.parametrize("sample", list_samples(), ids=lambda sample: sample.name)
@given(shares=st.tuples(*[st.integers(0, 10_000)] * 6), joins=st.integers(1, 100_000))
def test_no_sample_is_ever_expected_above_its_worst_case(sample: Sample, shares: tuple[int, ...], joins: int) -> None:
    costs = reckon(read_costly({**sample.data, "expected_joins": joins}), Assumptions(*shares))
    assert all(0 <= item.expected <= item.worst for item in costs.lines)
    assert costs.worst == sum(item.worst for item in costs.lines)
