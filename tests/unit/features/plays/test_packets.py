"""Lucky packet and red-packet rain on paper: exact, set aside whole, once each, and what is left returns."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from tests.unit.features.plays.table import HOLD, HOUR, Table, plan_with, refused

from qunflow.domain.errors import InvalidInput
from qunflow.features.campaigns.gate import liability
from qunflow.features.campaigns.plan_model import check_model

LUCKY: dict[str, Any] = {"kind": "lucky-packet", "total_fen": 1000, "shares": 4, "packets": 2}
RAIN: dict[str, Any] = {"kind": "rain", "at": "20:00", "total_fen": 1000, "shares": 3, "times": 2, "minutes": 10}
PEOPLE = ("a", "b", "c", "d", "e")


def table(model: dict[str, Any], budget: int = 10_000, **changes: Any) -> Table:
    made = Table(plan_with({**model, **changes}), budget)
    for name in PEOPLE:
        made.enter(name)
    return made


def create(made: Table) -> Any:
    return made.system("create", by="staff")


def test_a_packet_is_set_aside_whole_and_shared_to_the_fen() -> None:
    made = table(LUCKY)
    unit = create(made)
    assert made.balance(f"pending:unit:{unit}") == 1000 and made.balance("budget:winter") == 9000
    taken = []
    for name in PEOPLE[:4]:
        taken.append(made.play(name, "take", unit))
        assert made.balance(f"available:{name}") == taken[-1]
        made.check()
    assert sum(taken) == 1000 and made.balance("budget:winter") == 9000
    assert made.unit(unit).outcome == "emptied"
    assert refused(made.play("e", "take", unit)) == "unit_closed"


def test_nobody_takes_twice_and_the_same_command_counts_once() -> None:
    made = table(LUCKY)
    unit = create(made)
    fen = made.play("a", "take", unit)
    assert refused(made.play("a", "take", unit)) == "already_done"
    assert made.balance("available:a") == fen


def test_what_nobody_took_returns_to_the_budget() -> None:
    made = table(LUCKY)
    unit = create(made)
    fen = made.play("a", "take", unit)
    made.wait(HOLD + HOUR)
    assert made.unit(unit).outcome == "expired"
    assert made.balance("budget:winter") == 10_000 - fen and made.unit(unit).reserve == 0
    assert refused(made.play("b", "take", unit)) == "expired"
    made.check()


def test_only_staff_make_packets_as_many_as_planned_and_as_the_budget_carries() -> None:
    made = table(LUCKY)
    assert refused(made.play("a", "create")) == "move_unknown"
    create(made)
    create(made)
    assert refused(create(made)) == "stock_out"
    poor = table(LUCKY, budget=999)
    assert refused(create(poor)) == "budget_spent"
    assert poor.units() == []


def test_one_person_takes_no_more_shares_than_allowed() -> None:
    made = table(LUCKY, takes_per_person=1)
    first, second = create(made), create(made)
    made.play("a", "take", first)
    assert refused(made.play("a", "take", second)) == "quota"


def test_equal_shares_are_equal() -> None:
    made = table(LUCKY, mode="equal", shares=3)
    unit = create(made)
    assert [made.play(name, "take", unit) for name in PEOPLE[:3]] == [334, 333, 333]


def test_who_is_outside_takes_nothing() -> None:
    made = table(LUCKY)
    made.enter("outside", join=False)
    assert refused(made.play("outside", "take", create(made))) == "not_in_group"


def test_it_rains_by_itself_and_only_for_its_minutes() -> None:
    made = table(RAIN)
    assert made.units() == []
    made.wait(11 * HOUR)  # 20:00 in Shanghai
    assert [unit.unit for unit in made.units()] == ["rain-1"]
    fen = made.play("a", "catch", "rain-1")
    made.wait(timedelta(minutes=9))
    more = made.play("b", "catch", "rain-1")
    made.wait(timedelta(minutes=1))
    assert refused(made.play("c", "catch", "rain-1")) == "expired"
    made.wait(timedelta(minutes=1))
    assert made.unit("rain-1").outcome == "expired"
    assert made.balance("budget:winter") == 10_000 - fen - more
    made.wait(HOLD)
    assert made.unit("rain-2").outcome == "expired"
    assert made.balance("budget:winter") == 10_000 - fen - more
    made.check()


def test_nobody_makes_it_rain_by_hand_and_nothing_falls_while_it_is_paused() -> None:
    made = table(RAIN)
    assert refused(made.system("pour", "rain-1", by="staff")) == "move_unknown"
    made.set_status("paused")
    made.wait(12 * HOUR)
    assert made.units() == []


@pytest.mark.parametrize(
    ("model", "field"),
    [
        ({**LUCKY, "shares": 1001}, "model.total_fen"),
        ({**LUCKY, "high_fen": 200}, "model.total_fen"),
        ({**RAIN, "times": 30}, "model.times"),
    ],
)
def test_packets_that_cannot_be_are_refused(model: dict[str, Any], field: str) -> None:
    with pytest.raises(InvalidInput) as wrong:
        check_model(plan_with(model))
    assert wrong.value.field == field and wrong.value.way_out


def test_the_worst_case_is_every_packet() -> None:
    assert liability(plan_with(LUCKY)) == 2000 and liability(plan_with(RAIN)) == 2000


def test_a_packet_that_took_the_whole_budget_is_paid_out_all_the_same() -> None:
    made = table(LUCKY, budget=1000)
    unit = create(made)
    assert made.balance("budget:winter") == 0
    assert sum(made.play(name, "take", unit) for name in PEOPLE[:4]) == 1000
    assert sum(made.balance(f"available:{name}") for name in PEOPLE) == 1000
