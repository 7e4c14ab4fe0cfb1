"""What a rehearsal says, from counts to the result, and what the gate and the report make of it."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from tests.unit.features.campaigns.plans import make_plan

from qunflow.features.campaigns.mechanics.mechanic import CONFIRMED, REVOKED, Help, Unit
from qunflow.features.campaigns.model import ParticipationState
from qunflow.features.campaigns.rehearsed import advice_of, forecasts, plan_key
from qunflow.rehearsal.browser import Browser, Tally
from qunflow.rehearsal.crowd import Crowd, PersonPlan
from qunflow.rehearsal.forecast import DayCount, Fraud, Money, count_fraud, groups_over_time, result_of
from qunflow.rehearsal.http import HttpClient
from qunflow.rehearsal.invariants import Checked, cycles, judged, levels, selves
from qunflow.rehearsal.quota import QuotaDesk
from qunflow.storage.rehearsals import RehearsalRow

NOW = datetime(2027, 3, 1, 2, tzinfo=UTC)


def test_groups_are_needed_as_members_come_and_go() -> None:
    days = [DayCount("1", 90, 0, 0), DayCount("2", 80, 10, 1, 2), DayCount("3", 0, 100, 0)]
    found = groups_over_time(days, soft_limit=100, staff=2, a_day=5, ready=1)
    assert [(day.members, day.needed, day.there) for day in found] == [(90, 1, 1), (160, 2, 2), (60, 1, 2)]
    assert [day.delayed for day in found] == [0, 2, 0] and {day.quota for day in found} == {10}
    assert found[0].as_data()["day"] == "1"


def test_cheats_who_never_came_are_neither_caught_nor_missed() -> None:
    people = tuple(
        PersonPlan(number, "", None, True, (), forgery="plain" if number == 3 else "", fraud="ad" if number < 3 else "")
        for number in range(6)
    )
    found = count_fraud(Crowd(people, ((),) * 6), came={0, 1, 3, 4}, found_out={1, 4, 3})
    assert found == Fraud(caught=2, missed=1)


def test_the_result_has_the_cost_the_worst_case_and_what_the_budget_lacks() -> None:
    checked = Checked(("I1 ledger sums to zero",), ())
    found = result_of(checked, (), 7.5, Money(120, 300, 100), 0.41, 7_200.0, Fraud(1, 2), (), {"seed": "1"})
    assert found["reward"] == {"expected": 120, "worst": 300} and found["budget_overrun"] == 20
    assert (found["k"], found["cycle_hours"], found["seed"]) == (0.41, 2.0, "1")
    assert result_of(checked, (), 0, Money(1, 1, 9), None, None, Fraud(0, 0), (), {})["budget_overrun"] == 0


def test_an_invariant_that_nothing_was_said_of_is_not_claimed() -> None:
    found = judged({"I1": [], "I4": ["unit:a b"]})
    assert found.held == ("I1 ledger sums to zero",)
    assert found.broken == ("I4 one help each: unit:a b",)


def test_the_pure_checks_find_what_must_not_be() -> None:
    given = {"a": Help(CONFIRMED, NOW), "b": Help(REVOKED, NOW)}
    assert selves([Unit("u", owner="a", helps=given), Unit("v", owner="c", helps=given)]) == ["u"]
    assert cycles([_person("a", "b"), _person("b", "a"), _person("c", "a"), _person("d", "")]) == ["a", "b", "c"]
    assert levels([Unit("u")]) == []


def _person(name: str, parent: str) -> ParticipationState:
    return replace(ParticipationState(), person=name, parent=parent)


async def test_staff_over_their_quota_make_the_rest_on_the_next_morning(monkeypatch: pytest.MonkeyPatch) -> None:
    made: list[str] = []
    at = [NOW]

    async def make(self: Any, userid: str, name: str) -> int:
        made.append(f"{userid}:{name}")
        return 1

    async def nothing() -> int:
        return 0

    async def no_acts(self: Any) -> int:
        return 0

    monkeypatch.setattr("qunflow.rehearsal.staff.StaffDesk.make_group", make)
    monkeypatch.setattr("qunflow.rehearsal.staff.StaffDesk.act", no_acts)
    client = HttpClient()
    staff = ("lin", "zhou")
    desk = QuotaDesk("http://x", staff, Browser(client, Tally()), nothing, lambda: at[0], "Asia/Shanghai", 1)
    for name in ("a", "b", "c"):
        await desk.make_group("lin", name)
    assert made == ["lin:a", "zhou:b"] and desk.delayed == {"2027-03-01": 1}
    due = desk.next_due()
    assert due is not None and due.astimezone(UTC).hour == 0, "eight in the morning in Shanghai"
    at[0] = due
    assert await desk.act() == 1
    assert made[-1] == "lin:c" and desk.next_due() is None
    client.close()


# --- what the gate and the report make of it --------------------------------------------------------------------------


def _row(plan_key: str, **changes: Any) -> RehearsalRow:
    result = {
        "invariants": {"held": ["I1"], "broken": []},
        "reward": {"expected": 500, "worst": 900},
        "budget_overrun": 0,
        "gate": [],
        "k": 0.5,
        "cycle_hours": 20.0,
        "funnel": {"joined": 50, "scanned": 100, "completed": 25},
        "groups_needed": [{"members": 50, "needed": 2}],
        **changes,
    }
    return RehearsalRow("r", "winter", plan_key, "", NOW, NOW + timedelta(minutes=2), 80, "1", 0, "done", "", result)


def test_the_advice_is_never_silent() -> None:
    plan = make_plan()
    key = plan_key(plan)
    assert advice_of(plan, None).state == "none"
    assert advice_of(plan, _row(key)).state == "well"
    assert advice_of(replace(plan, expected_joins=plan.expected_joins + 1), _row(key)).state == "stale"
    assert advice_of(plan, _row(key, budget_overrun=7)).state == "over_budget"
    assert advice_of(plan, _row(key, invariants={"held": [], "broken": ["I1"]})).state == "broken"
    assert advice_of(plan, _row(key, gate=[{"check": "budget"}])).state == "gate"
    for state in ("none", "stale", "over_budget"):
        found = replace(advice_of(plan, None), state=state)
        assert found.measured and found.way_out


def test_forecast_and_fact_stand_side_by_side_for_as_many_people_as_came() -> None:
    fact = {"joined": 100.0, "reward": 800.0, "groups": 3.0, "k": 0.4, "cycle_hours": None, "completion": 0.3}
    found = {item.name: (item.forecast, item.actual) for item in forecasts(_row("").result or {}, fact)}
    assert found["reward"] == (1_000.0, 800.0) and found["groups"] == (4.0, 3.0)
    assert found["completion"] == (0.5, 0.3) and found["cycle_hours"] == (20.0, None)


def test_a_rehearsal_in_which_nobody_joined_forecasts_no_money() -> None:
    row = _row("", funnel={"joined": 0, "scanned": 0, "completed": 0}, groups_needed=[])
    found = {item.name: item.forecast for item in forecasts(row.result or {}, {"joined": 5.0})}
    assert found["reward"] is None and found["completion"] is None and found["groups"] is None
