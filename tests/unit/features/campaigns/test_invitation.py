"""What one participant is due: pending is reserved, confirmed is earned, the cap and the worst case hold."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.unit.features.campaigns.plans import STAGES, make_plan

from qunflow.features.campaigns.gate import liability
from qunflow.features.campaigns.mechanics.invitation import capped, due, worst_case
from qunflow.features.campaigns.plan import Ladder, Plan, TaskPlan
from qunflow.ledger.settle import Amounts

WINTER = make_plan()
NESTED = make_plan(ladder=None, task=None, stages=STAGES, headline_fen=3000, reward_per_user_max_fen=30_000)


def friends(confirmed: int, pending: int = 0, revoked: int = 0) -> dict[str, str]:
    states = ["confirmed"] * confirmed + ["pending"] * pending + ["revoked"] * revoked
    return {f"p{number}": state for number, state in enumerate(states)}


@pytest.mark.parametrize(
    ("confirmed", "pending", "ladder"),
    [
        (0, 0, (0, 0)),
        (3, 0, (1500, 0)),
        (0, 3, (0, 1500)),
        (3, 1, (1500, 800)),
        (10, 5, (7100, 0)),
        (9, 5, (6300, 800)),
    ],
)
def test_confirmed_invites_earn_and_pending_ones_are_reserved(
    confirmed: int, pending: int, ladder: tuple[int, int]
) -> None:
    assert due(WINTER, friends(confirmed, pending, 4), {}, False)["ladder"] == Amounts(*ladder)


def test_the_task_pays_only_when_it_is_done() -> None:
    assert "task" not in due(WINTER, {}, {}, False)
    assert due(WINTER, {}, {}, True)["task"] == Amounts(200)


def test_a_task_without_a_reward_is_no_rule_of_the_ledger() -> None:
    assert "task" not in due(make_plan(task=TaskPlan()), {}, {}, True)


def test_stages_pay_by_what_each_friend_reached() -> None:
    reached = {"a": ("register", "first-order"), "b": ("register",)}
    assert due(NESTED, friends(2), reached, False) == {"stages": Amounts(2500)}


def test_only_so_many_friends_are_paid_for_as_the_plan_says() -> None:
    two = make_plan(ladder=None, task=None, stages=STAGES, headline_fen=3000, max_invitees=2)
    reached = {"a": ("register",), "b": ("register", "first-order"), "c": ("register", "first-order", "repurchase")}
    assert due(two, friends(3), reached, False)["stages"] == Amounts(5000)
    assert due(make_plan(max_invitees=3), friends(4, 2), {}, False)["ladder"] == Amounts(1500, 0)
    assert due(make_plan(max_invitees=3), friends(2, 2), {}, False)["ladder"] == Amounts(1000, 500)


def test_the_cap_pays_what_is_earned_before_what_is_pending() -> None:
    cut = capped({"ladder": Amounts(500, 800), "task": Amounts(200)}, 1000)
    assert cut == {"ladder": Amounts(500, 300), "task": Amounts(200)}
    assert capped({"ladder": Amounts(500), "task": Amounts(200)}, 600) == {"ladder": Amounts(500), "task": Amounts(100)}


amounts = st.dictionaries(
    st.sampled_from(["ladder", "stages", "task"]), st.builds(Amounts, st.integers(0, 5000), st.integers(0, 5000))
)


@given(amounts, st.integers(0, 12_000))
def test_the_cap_holds_for_all_rules_together_and_never_adds(rules: dict[str, Amounts], most: int) -> None:
    cut = capped(rules, most)
    assert sum(item.total for item in cut.values()) == min(most, sum(item.total for item in rules.values()))
    assert all(cut[rule].available <= rules[rule].available for rule in rules)
    assert all(cut[rule].pending <= rules[rule].pending for rule in rules)


PLANS = [
    WINTER,
    NESTED,
    make_plan(ladder=Ladder("whole", ((1, 3, 500), (4, 10, 800))), reward_per_user_max_fen=100_000),
    make_plan(ladder=Ladder("step", ((3, 7, 1000), (8, 19, 3000))), reward_per_user_max_fen=2500),
    make_plan(ladder=Ladder("whole", ((1, 9, 900), (10, 20, 100))), reward_per_user_max_fen=100_000, max_invitees=12),
    make_plan(stages=STAGES, headline_fen=3000, reward_per_user_max_fen=100_000, max_invitees=3),
]
states = st.dictionaries(st.integers(0, 40).map(str), st.sampled_from(["pending", "confirmed", "revoked"]), max_size=30)
stages_of = st.lists(st.sampled_from([stage.name for stage in STAGES]), unique=True).map(tuple)


@given(st.sampled_from(PLANS), states, st.data(), st.booleans())
def test_nobody_is_due_more_than_the_worst_case(plan: Plan, invitees: dict[str, str], data: Any, done: bool) -> None:
    reached = data.draw(st.fixed_dictionaries(dict.fromkeys(invitees, stages_of)))
    total = sum(item.total for item in due(plan, invitees, reached, done).values())
    assert total <= worst_case(plan) <= plan.reward_per_user_max_fen


@given(st.sampled_from(PLANS), st.lists(st.tuples(states, st.booleans()), max_size=4), st.data())
def test_all_together_never_cost_more_than_the_gate_asked_the_budget_for(
    plan: Plan, people: list[tuple[dict[str, str], bool]], data: Any
) -> None:
    total = 0
    for invitees, done in people:
        reached = data.draw(st.fixed_dictionaries(dict.fromkeys(invitees, stages_of)))
        total += sum(item.total for item in due(plan, invitees, reached, done).values())
    joins = max(1, len(people), sum(len(invitees) for invitees, _ in people))
    assert total <= liability(replace(plan, expected_joins=joins))
