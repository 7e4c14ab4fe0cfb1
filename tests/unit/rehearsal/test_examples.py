"""The plans that come as examples are valid, and their budgets carry the worst case."""

from __future__ import annotations

from pathlib import Path

import pytest

from qunflow.features.campaigns.gate import liability
from qunflow.features.campaigns.mechanics.invitation import uncapped_worst_case, worst_case
from qunflow.features.campaigns.plan_file import parse_plan

EXAMPLES = sorted((Path(__file__).parents[3] / "examples" / "campaigns").glob("*.yaml"))


def test_there_is_one_for_each_way_of_rewarding() -> None:
    plans = [parse_plan(path.read_text("utf-8")) for path in EXAMPLES]
    assert {plan.ladder.mode if plan.ladder else "stages" for plan in plans} == {"marginal", "step", "stages"}
    assert len({plan.campaign for plan in plans}) == len(plans)


@pytest.mark.parametrize("path", EXAMPLES, ids=lambda path: path.stem)
def test_the_budget_carries_the_worst_case(path: Path) -> None:
    plan = parse_plan(path.read_text("utf-8"))
    assert liability(plan) <= plan.budget_total_fen
    if plan.model is not None:  # what a model costs is bounded by its own stock, not by who joins
        assert uncapped_worst_case(plan) <= plan.reward_per_user_max_fen
        return
    assert 0 < worst_case(plan) <= plan.reward_per_user_max_fen
    assert worst_case(plan) * plan.expected_joins <= plan.budget_total_fen
