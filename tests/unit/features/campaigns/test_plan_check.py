"""A plan that is still being written: every error at once, costs of what is there, and the file it came from."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from typing import Any

import pytest
from tests.unit.features.campaigns.plans import STAGES, make_plan

from qunflow.domain.errors import InvalidInput
from qunflow.features.campaigns.mechanics.ladder import MODES
from qunflow.features.campaigns.plan import POSTER_ELEMENTS, Ladder, Plan, RacePlan, RankingPlan
from qunflow.features.campaigns.plan_check import plan_errors, read_costly, read_yaml
from qunflow.features.campaigns.plan_file import parse_plan
from qunflow.features.campaigns.plan_write import plan_data, write_plan

POSTER = dict.fromkeys(POSTER_ELEMENTS, "春日")
PLANS = [
    make_plan(poster=POSTER),
    make_plan(poster=POSTER, ladder=None, task=None, stages=STAGES, headline_fen=3000),
    make_plan(poster=POSTER, breakthrough=((3, 500), (9, 900)), ranking=RankingPlan((900, 400), 2, 20)),
    make_plan(poster=POSTER, race=RacePlan(1230, times=2, first_on=date(2026, 12, 2), prizes=(300,), per_head_fen=5)),
    make_plan(poster=POSTER, scripts={"join": ("一\n二", "三")}, promotion=("朋友圈",), rules="规则", tz="Asia/Tokyo"),
]


def found(data: dict[str, Any]) -> set[tuple[str, str]]:
    return {(error.field, error.code) for error in plan_errors(data)}


@pytest.mark.parametrize("plan", PLANS)
def test_a_plan_survives_its_file(plan: Plan) -> None:
    assert parse_plan(write_plan(plan_data(plan))) == plan
    assert plan_errors(plan_data(plan)) == []


def test_every_wrong_field_is_told_at_once_and_the_rules_between_fields_too() -> None:
    data = plan_data(PLANS[0])
    data |= {"title": "", "expected_joins": 0, "colour": "red"}
    data["ladder"]["bands"][1]["from"] = 2
    del data["channel"]
    assert found(data) == {
        ("title", "plan_text"),
        ("expected_joins", "plan_number"),
        ("colour", "plan_unknown"),
        ("channel", "plan_missing"),
        ("ladder.bands[1]", "ladder_overlap"),
    }


def test_rules_over_the_whole_plan_come_when_each_field_is_right() -> None:
    data = plan_data(PLANS[0])
    data["ends_at"] = data["starts_at"]
    assert found(data) == {("ends_at", "plan_window")}


def test_costs_are_read_from_what_is_there() -> None:
    plan = read_costly({"expected_joins": 7, "task": {"reward_fen": 300}, "ladder": {"bands": "nonsense"}})
    assert (plan.expected_joins, plan.task and plan.task.reward_fen, plan.ladder) == (7, 300, None)
    assert read_costly({}).budget_total_fen == 0


@pytest.mark.parametrize("mode", MODES)
def test_a_ladder_that_overlaps_costs_nothing_until_it_is_mended(mode: str) -> None:
    bands = [{"from": 1, "to": 3, "amount_fen": 500}, {"from": 3, "to": 9, "amount_fen": 800}]
    assert read_costly({"ladder": {"mode": mode, "bands": bands}}).ladder is None
    bands[1]["from"] = 4
    assert read_costly({"ladder": {"mode": mode, "bands": bands}}).ladder == Ladder(mode, ((1, 3, 500), (4, 9, 800)))


@pytest.mark.parametrize("text", ["- a list", "{", "1: one", "x" * 300_000, "[" * 5000])
def test_what_is_no_plan_file_is_refused(text: str) -> None:
    with pytest.raises(InvalidInput):
        read_yaml(text)


def test_times_are_written_in_the_zone_of_the_plan() -> None:
    data = plan_data(replace(PLANS[0], tz="Asia/Shanghai"))
    assert data["starts_at"] == "2026-12-01T09:00:00+08:00"
    assert plan_data(PLANS[3])["race"]["at"] == "20:30"
