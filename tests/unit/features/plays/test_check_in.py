"""Check-in on paper: days of the calendar, ladders, make-ups that friends bring."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.unit.features.plays.table import HOUR, NAME, Table, plan_with, refused

from qunflow.domain.errors import InvalidInput
from qunflow.domain.events import Confirmed
from qunflow.features.campaigns.mechanics.streak import longest_run
from qunflow.features.campaigns.plan_model import check_model

PLAN: dict[str, Any] = {
    "kind": "check-in",
    "people": 2,
    "ladder": [{"days": 2, "amount_fen": 100}, {"days": 4, "amount_fen": 300}],
}
DAY = timedelta(days=1)


def table(**changes: Any) -> Table:
    made = Table(plan_with({**PLAN, **changes}))
    for name, parent in (("a", ""), ("b", "a"), ("c", "a")):
        made.enter(name, parent)
    return made


def fen(made: Table) -> int:
    return made.balance("available:a")


def test_one_a_day_and_the_ladder_pays_each_step_once() -> None:
    made = table()
    unit = made.play("a", "open")
    assert refused(made.play("a", "check_in", unit)) == "already_done", "opening is the first one"
    found = []
    for _ in range(3):
        made.wait(DAY)
        assert not refused(made.play("a", "check_in", unit))
        found.append(fen(made))
    assert found == [100, 100, 400]
    made.check()


def test_a_day_ends_at_midnight_in_the_campaigns_zone() -> None:
    made = table()
    unit = made.play("a", "open")
    made.wait(14 * HOUR)
    assert refused(made.play("a", "check_in", unit)) == "already_done", "23:00 in Shanghai"
    made.wait(HOUR)
    assert made.play("a", "check_in", unit) == 2 and fen(made) == 100


def test_a_missed_day_breaks_the_row_and_takes_nothing_back() -> None:
    made = table()
    unit = made.play("a", "open")
    made.wait(DAY)
    made.play("a", "check_in", unit)
    made.wait(2 * DAY)
    assert made.play("a", "check_in", unit) == 2 and fen(made) == 100
    made = table(count="cumulative")
    unit = made.play("a", "open")
    made.wait(2 * DAY)
    assert made.play("a", "check_in", unit) == 2 and fen(made) == 100


def test_a_confirmed_friend_brings_a_make_up_that_closes_the_gap() -> None:
    made = table()
    unit = made.play("a", "open")
    for _ in range(2):
        made.wait(DAY if made.now.day == 1 else 2 * DAY)
        made.play("a", "check_in", unit)
    assert refused(made.play("a", "make_up", unit, day="2026-12-03")) == "quota"
    made.record(f"participation:{NAME}:b", Confirmed("a"), "b")
    assert made.play("a", "make_up", unit, day="2026-12-03") == 4 and fen(made) == 400
    assert refused(made.play("a", "make_up", unit, day="2026-12-03")) == "already_done"
    made.check()


def test_days_before_the_campaign_today_and_days_to_come_cannot_be_made_up() -> None:
    made = table(make_ups=3)
    unit = made.play("a", "open")
    made.wait(2 * DAY)
    for day in ("2020-02-29", "2026-12-03", "2026-12-04"):
        assert refused(made.play("a", "make_up", unit, day=day)) == "out_of_window"
    assert not refused(made.play("a", "make_up", unit, day="2026-12-02"))


def test_so_many_make_ups_in_a_month() -> None:
    made = table(make_ups=5, make_ups_per_month=1)
    unit = made.play("a", "open")
    made.wait(3 * DAY)
    assert not refused(made.play("a", "make_up", unit, day="2026-12-02"))
    assert refused(made.play("a", "make_up", unit, day="2026-12-03")) == "quota"


def test_so_many_take_part_and_nobody_checks_in_from_outside() -> None:
    made = table()
    unit = made.play("a", "open")
    made.play("b", "open")
    assert refused(made.play("c", "open")) == "quota"
    made.leave("a")
    made.wait(DAY)
    assert refused(made.play("a", "check_in", unit)) == "not_in_group"
    made.join("a")
    assert not refused(made.play("a", "check_in", unit))


@settings(max_examples=30, deadline=None)
@given(st.sets(st.integers(0, 40), max_size=30))
def test_the_longest_run_is_the_longest_run(numbers: set[int]) -> None:
    start = date(2024, 2, 15)
    days = [start + timedelta(days=number) for number in numbers]
    runs = [
        length
        for first in range(41)
        for length in range(1, 42)
        if all(first + step in numbers for step in range(length))
    ]
    assert longest_run(days) == max(runs, default=0)


@pytest.mark.parametrize("days", [[3, 2], [2, 2], [40]])
def test_a_ladder_rises_and_fits_into_the_campaign(days: list[int]) -> None:
    ladder = [{"days": number, "amount_fen": 1} for number in days]
    with pytest.raises(InvalidInput) as caught:
        check_model(plan_with({**PLAN, "ladder": ladder}))
    assert caught.value.field.startswith("model.ladder[") and caught.value.way_out
