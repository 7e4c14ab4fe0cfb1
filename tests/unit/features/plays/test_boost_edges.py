"""Edges of bargain and red packet on paper (campaigns.md §13.3 cases 6, 7, 18), fixed cuts, and what comes too late."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from tests.unit.features.plays.table import HOLD, HOUR, NAME, Table, plan_with, refused

from qunflow.domain.errors import InvalidInput
from qunflow.domain.prizes import PrizeDue
from qunflow.features.campaigns.gate import liability
from qunflow.features.campaigns.mechanics.boost_state import Boost
from qunflow.features.campaigns.plan import PrizePlan
from qunflow.features.campaigns.plan_file import plan_from
from qunflow.features.campaigns.plan_model import check_model, model_each
from qunflow.features.campaigns.plan_write import plan_data

BARGAIN: dict[str, Any] = {
    "kind": "bargain",
    "item": "mug",
    "original_fen": 9900,
    "floor_fen": 990,
    "stock_total": 1,
    "helpers": 1,
}
PACKET: dict[str, Any] = {
    "kind": "red-packet",
    "reserve_at": "target",
    "tiers": [{"target_fen": 800, "helpers": 1, "total": 1}],
}
COMFORT = {"sold_out_fen": 50, "sold_out_limit": 2}
LATE = "abcdef"


def table(model: dict[str, Any], plan: dict[str, Any] | None = None, **changes: Any) -> Table:
    made = Table(plan_with({**model, **changes}, **(plan or {})))
    for name in ("o1", "o2", "o3", "o4", *LATE):
        made.enter(name)
    return made


def opened(made: Table, *names: str) -> list[str]:
    return [str(made.play(name, "open")) for name in names]


def play_of(made: Table, unit: str) -> Boost:
    return made.unit(unit).play  # type: ignore[no-any-return]


def filled(made: Table, *names: str) -> list[str]:
    """Each of these opens a unit, and one friend each reaches its goal."""
    units = opened(made, *names)
    for friend, unit in zip(LATE, units, strict=False):
        assert not refused(made.play(friend, "help", unit))
        made.settle()
    return units


@pytest.mark.parametrize("model", [BARGAIN, PACKET], ids=["bargain", "red-packet"])
def test_who_comes_too_late_gets_the_alternative_once_while_there_is_any(model: dict[str, Any]) -> None:
    made = table(model, **COMFORT)
    units = filled(made, "o1", "o2", "o3", "o4")
    assert [made.unit(unit).outcome for unit in units] == ["", "sold_out", "sold_out", "sold_out"]
    assert [made.balance(f"available:{name}") for name in ("o2", "o3", "o4")] == [50, 50, 0]
    assert play_of(made, units[1]).comfort == 50
    made.system("comfort", units[1])
    again = opened(made, "o2")
    made.play("e", "help", again[0])
    made.settle()
    assert made.balance("available:o2") == 50, "once for each owner"
    made.check()


def test_a_coupon_goes_with_the_alternative_where_the_plan_names_one() -> None:
    prize = PrizePlan("model", "coupon", name="sold-out", limit=5)
    made = table(BARGAIN, {"prizes": (prize,)}, **COMFORT)
    filled(made, "o1", "o2")
    told = [event for event in made.paper.log if isinstance(event.body, PrizeDue)]
    assert [(event.person, event.body.item, event.body.state) for event in told] == [("o2", "coupon", "due")]


def test_the_alternative_stands_in_the_worst_case() -> None:
    assert liability(plan_with({**BARGAIN, **COMFORT})) == 100
    assert liability(plan_with({**PACKET, **COMFORT})) == 900
    assert model_each(plan_with({**PACKET, **COMFORT})) == 850
    assert liability(plan_with(BARGAIN)) == 0


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"sold_out_fen": 5}, "model.sold_out_limit"),
        ({"sold_out_limit": 5}, "model.sold_out_fen"),
        ({**COMFORT, "reserve_stock_at": "open"}, "model.sold_out_fen"),
        ({**COMFORT, "reserve_stock_at": "order"}, "model.sold_out_fen"),
    ],
)
def test_an_alternative_that_nobody_can_get_is_refused(changes: dict[str, Any], field: str) -> None:
    with pytest.raises(InvalidInput) as caught:
        check_model(plan_with({**BARGAIN, **changes}))
    assert caught.value.field == field and caught.value.way_out


def test_a_plan_with_an_alternative_comes_back_from_its_file() -> None:
    plan = plan_with({**BARGAIN, **COMFORT})
    plan = replace(plan, poster={"title": "t", "subtitle": "s", "selling_point": "p", "endorsement": "e",
                                 "call_to_action": "c"})  # fmt: skip
    assert plan_from(plan_data(plan)) == plan


# --- case 18: the smallest and the largest ----------------------------------------------------------------------------


def test_one_cut_takes_all() -> None:
    made = table(BARGAIN, owner_first=False)
    (unit,) = opened(made, "o1")
    assert play_of(made, unit).plan == (8910,) and play_of(made, unit).gathered == 0
    made.play("a", "help", unit)
    assert play_of(made, unit).status == "reached"
    made.check()


def test_one_fen_can_be_bargained_for() -> None:
    made = table(BARGAIN, original_fen=1, floor_fen=0, owner_first=False)
    (unit,) = opened(made, "o1")
    made.play("a", "help", unit)
    order = made.play("o1", "order", unit)
    assert play_of(made, unit).status == "paid" and str(order).startswith(unit), "a floor of 0 needs no payment"
    made.check()


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"floor_fen": 9900}, "model.floor_fen"),
        ({"floor_fen": 9901}, "model.floor_fen"),
        ({"original_fen": 11, "floor_fen": 0, "helpers": 10}, "model.original_fen"),
        ({"original_fen": 10, "floor_fen": 0, "helpers": 10}, "model.original_fen"),
        ({"original_fen": 5, "floor_fen": 0, "helpers": 10}, "model.helpers"),
        ({"first_cuts": [1, 1]}, "model.first_cuts"),
    ],
)
def test_a_price_too_small_for_its_cuts_is_refused(changes: dict[str, Any], field: str) -> None:
    with pytest.raises(InvalidInput) as caught:
        check_model(plan_with({**BARGAIN, **changes}))
    assert caught.value.field in (field, "model.original_fen") and caught.value.way_out


def test_the_cuts_after_the_first_are_as_the_plan_sets_them_whoever_comes() -> None:
    made = table(BARGAIN, helpers=4, first_cuts=[400, 300], tail="increasing", new_user_weight=1)
    (unit,) = opened(made, "o1")
    plan = play_of(made, unit).plan
    assert plan[:3] == (8019, 400, 300) and sum(plan) == 8910 and plan[3] <= plan[4]
    for friend in "abc":
        made.play(friend, "help", unit)
    assert play_of(made, unit).gathered == sum(plan[:4])


# --- cases 6 and 7: who leaves when -----------------------------------------------------------------------------------


def test_helps_that_wait_when_their_owner_leaves_for_good_end_nothing_and_pay_nothing() -> None:
    made = table(PACKET, tiers=[{"target_fen": 800, "helpers": 2, "total": 1}], unit_ttl_hours=72)
    (unit,) = opened(made, "o1")
    made.play("a", "help", unit)
    made.leave("o1")
    assert refused(made.play("b", "help", unit)) == "unit_frozen"
    made.leave("a")
    made.wait(HOLD + HOUR)
    assert made.unit(unit).outcome == "owner_left" and made.balance(f"budget:{NAME}") == made.budget
    made.join("a")
    assert made.unit(unit).helps["a"].state == "revoked"
    made.check()


def test_helps_are_confirmed_while_their_owner_is_away_and_count_when_they_return() -> None:
    made = table(PACKET, unit_ttl_hours=96, tiers=[{"target_fen": 800, "helpers": 2, "total": 1}])
    (unit,) = opened(made, "o1")
    made.play("a", "help", unit)
    made.wait(10 * HOUR)
    made.leave("o1")
    made.wait(15 * HOUR)
    assert made.unit(unit).helps["a"].state == "confirmed"
    made.join("o1")
    made.play("b", "help", unit)
    made.wait(HOLD + HOUR)
    assert made.balance("available:o1") == 800
    made.check()


def test_who_leaves_after_the_order_was_paid_is_made_good_by_somebody_else() -> None:
    made = table(BARGAIN, helpers=2, unit_ttl_hours=72)
    (unit,) = opened(made, "o1")
    for friend in "ab":
        made.play(friend, "help", unit)
    order = made.play("o1", "order", unit)
    made.system("pay", unit, order=order, fen=990)
    made.leave("b")
    assert len(play_of(made, unit).free) == 1 and play_of(made, unit).status == "paid"
    made.play("c", "help", unit)
    made.wait(HOLD + HOUR)
    assert made.unit(unit).outcome == "done" and made.balance(f"revenue:{NAME}") == 990
    made.check()
