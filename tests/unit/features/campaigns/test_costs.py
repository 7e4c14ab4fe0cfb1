"""What a plan can cost: the worst case is the gate's, what is expected lies below it and follows the assumptions."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.unit.features.campaigns.plans import STAGES, make_plan

from qunflow.features.campaigns.costs import Assumptions, Costs, reckon
from qunflow.features.campaigns.gate import liability
from qunflow.features.campaigns.plan import Ladder, RacePlan, RankingPlan

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
