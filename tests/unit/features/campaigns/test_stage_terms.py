"""Terms of nested stages: time, least order, order of the stages; on paper (campaigns.md §5.2)."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.unit.features.campaigns.plans import make_plan

from qunflow.domain.errors import InvalidInput
from qunflow.features.campaigns.mechanics.invitation import due as due_of_plan
from qunflow.features.campaigns.mechanics.stages import check_terms, due, is_late
from qunflow.features.campaigns.plan import StagePlan
from qunflow.features.campaigns.plan_file import STAGE_FIELDS, plan_from
from qunflow.features.campaigns.plan_write import plan_data

SEED = (("register", 500), ("first-order", 1500), ("repurchase", 1000))
AT = datetime(2026, 12, 1, tzinfo=UTC)
POSTER = {"title": "t", "subtitle": "s", "selling_point": "p", "endorsement": "e", "call_to_action": "c"}


def plan_with(*stages: StagePlan) -> Any:
    total = sum(stage.amount_fen for stage in stages)
    return make_plan(ladder=None, task=None, stages=stages, headline_fen=total, poster=POSTER)


@pytest.mark.parametrize(("days", "hours", "late"), [(0, 10_000, False), (2, 47, False), (2, 48, True), (2, 49, True)])
def test_the_time_for_a_stage_is_counted_from_the_first_one(days: int, hours: int, late: bool) -> None:
    assert is_late(days, AT, AT + timedelta(hours=hours)) is late
    assert not is_late(days, None, AT + timedelta(hours=hours)), "no stage was reached yet"


def by_hand(reached: Sequence[str], skips: Sequence[str]) -> int:
    total = 0
    for place, (name, amount) in enumerate(SEED):
        before = all(other in reached for other, _ in SEED[:place])
        total += amount if name in reached and (before or name in skips) else 0
    return total


@given(st.sets(st.sampled_from([name for name, _ in SEED])), st.sets(st.sampled_from([name for name, _ in SEED])))
def test_a_stage_that_may_be_skipped_to_pays_for_itself(reached: set[str], skips: set[str]) -> None:
    assert due(SEED, {"b": sorted(reached)}, skips=sorted(skips)) == by_hand(sorted(reached), sorted(skips))


def test_a_plan_pays_what_was_skipped_to() -> None:
    plan = plan_with(StagePlan("register", 500), StagePlan("order", 1500), StagePlan("again", 1000, skip_ok=True))
    found = due_of_plan(plan, {"b": "confirmed"}, {"b": ("register", "again")}, False)
    assert found["stages"].available == 1500


@pytest.mark.parametrize(
    ("terms", "field"),
    [
        ([(1, 0, False)], "stages[0].ttl_days"),
        ([(0, 5, False)], "stages[0].min_order_fen"),
        ([(0, 0, True)], "stages[0].skip_ok"),
        ([(0, 0, False), (30, 0, False), (29, 0, False)], "stages[2].ttl_days"),
    ],
)
def test_terms_that_cannot_be_kept_are_refused(terms: list[tuple[int, int, bool]], field: str) -> None:
    with pytest.raises(InvalidInput) as caught:
        check_terms(terms)
    assert caught.value.field == field and caught.value.way_out


def test_the_example_of_the_rules_is_accepted_and_comes_back_from_its_file() -> None:
    check_terms([(0, 0, False), (30, 1000, False), (60, 0, False)])
    check_terms([(0, 0, False), (30, 0, False), (0, 0, True)])
    plan = plan_with(
        StagePlan("register", 500), StagePlan("first-order", 1500, 30, 1000), StagePlan("more", 9, 0, 0, True)
    )
    assert plan_from(plan_data(plan)) == plan
    assert set(STAGE_FIELDS) == {"name", "amount_fen", "ttl_days", "min_order_fen", "skip_ok"}


@pytest.mark.parametrize(
    ("name", "value"), [("ttl_days", 367), ("ttl_days", -1), ("min_order_fen", "5"), ("skip_ok", 1)]
)
def test_a_term_out_of_its_bounds_names_its_field(name: str, value: Any) -> None:
    data = plan_data(plan_with(StagePlan("register", 500), StagePlan("order", 1500)))
    data["stages"][1][name] = value
    with pytest.raises(InvalidInput) as caught:
        plan_from(data)
    assert caught.value.field == f"stages[1].{name}"
