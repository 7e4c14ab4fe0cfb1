"""The plans that come as examples are valid, and their budgets carry the worst case."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest

from qunflow.domain.errors import InvalidInput
from qunflow.features.campaigns.gate import liability
from qunflow.features.campaigns.mechanics.invitation import uncapped_worst_case, worst_case
from qunflow.features.campaigns.plan_file import parse_plan
from qunflow.features.campaigns.plan_model import ended_at, frame_of
from qunflow.rehearsal import games

EXAMPLES = sorted((Path(__file__).parents[3] / "examples" / "campaigns").glob("*.yaml"))
#: Days of check-ins, seven rains.
COUNTS_DAYS = ("check-in", "check-in-photo", "red-packet-rain")


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


@pytest.mark.parametrize("path", EXAMPLES, ids=lambda path: path.stem)
def test_a_sample_can_be_tried_for_two_days_unless_it_counts_days(path: Path) -> None:
    plan = parse_plan(path.read_text(encoding="utf-8"))
    if path.stem in COUNTS_DAYS:
        with pytest.raises(InvalidInput) as refused:
            ended_at(plan, plan.starts_at + timedelta(days=2))
        assert refused.value.field.startswith("model.") and refused.value.way_out
        return
    short = ended_at(plan, plan.starts_at + timedelta(days=2))
    assert short.ends_at - short.starts_at == timedelta(days=2)


def test_times_of_a_model_keep_their_distance_to_the_end_and_lie_after_the_start() -> None:
    plan = parse_plan((EXAMPLES[0].parent / "cards.yaml").read_text(encoding="utf-8"))
    before = frame_of(plan).settings.compose_deadline
    short = ended_at(plan, plan.starts_at + timedelta(days=2))
    assert short.ends_at - frame_of(short).settings.compose_deadline == plan.ends_at - before
    shortest = ended_at(plan, plan.starts_at + timedelta(minutes=30))
    assert frame_of(shortest).settings.compose_deadline == shortest.ends_at


def test_a_model_that_no_crowd_plays_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    plans = [parse_plan(path.read_text("utf-8")) for path in EXAMPLES]
    assert {games.unplayed(plan) for plan in plans} == {""}
    monkeypatch.setattr(games, "GAMES", {})
    assert {games.unplayed(plan) for plan in plans if plan.model is not None} == {
        plan.model.kind for plan in plans if plan.model is not None
    }
