"""Group-buy on paper: who opens is put into another's group, waits before the platform fills, several pieces, stock."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from tests.unit.features.plays.table import NAME, Table, plan_with, refused
from tests.unit.features.plays.test_group_buy import (
    MINUTE,
    PLAN,
    REVENUE,
    group,
    pay,
    pay_back,
    refunds,
    started,
    stock,
)

from qunflow.domain.errors import InvalidInput
from qunflow.features.campaigns.mechanics.group_state import Seat
from qunflow.features.campaigns.plan_model import check_model, read_model

HOUR = timedelta(hours=1)


def table(**changes: Any) -> Table:
    made = Table(plan_with({**PLAN, **changes}))
    for name in "abcdef":
        made.enter(name)
    return made


def seat_of(made: Table, unit: str, who: str) -> Seat:
    found = group(made, unit).seat_of(who)
    assert found is not None
    return found


def used(made: Table, counter: str) -> int:
    return made.paper.counter(f"play:{NAME}:{counter}").used


# --- put into an open group -------------------------------------------------------------------------------------------


def test_who_opens_while_a_group_has_a_free_seat_is_put_into_it_and_told_so() -> None:
    made = table(leader_discount_fen=200)
    unit = str(made.play("a", "open"))
    pay(made, unit, f"{unit}-0", 800)
    assert made.play("b", "open") == unit
    seat = seat_of(made, unit, "b")
    assert seat.matched and seat.fen == 1000 and not seat_of(made, unit, "a").matched
    assert len(made.units()) == 1 and group(made, unit).leader == "a"
    pay(made, unit, seat.order)
    made.check()


def test_nobody_is_put_into_a_group_that_is_unpaid_full_over_or_their_own() -> None:
    made = table(size=2, one_open_group=False, open_units=2)
    unpaid = made.play("a", "open")
    own = made.play("b", "open")
    assert own != unpaid, "its leader has not paid"
    pay(made, own, f"{own}-0")
    assert made.play("b", "open") not in (own, unpaid), "not into the own one"
    assert made.play("c", "open") == own
    assert made.play("d", "open") not in (own, unpaid), "it is full"
    made.wait(20 * MINUTE)
    assert made.play("e", "open") == own, "the seat that was not paid is free again"
    made.check()


def test_a_group_beyond_its_deadline_takes_nobody_although_the_clock_is_late() -> None:
    made = table(unit_ttl_hours=1)
    unit = started(made)
    made.now += HOUR  # the timer has not run
    assert made.play("b", "open") != unit


def test_matching_can_be_switched_off_and_keeps_to_who_may_join() -> None:
    made = table(auto_match=False)
    unit = started(made)
    assert made.play("b", "open") != unit
    made = table(new_user_join_only=True)
    made.enter("old", new=False)
    unit = started(made)
    assert made.play("old", "open") != unit and made.play("b", "open") == unit


def test_the_one_that_has_waited_longest_is_filled_first() -> None:
    made = table(auto_match=True)
    units = []
    for name in "ab":  # both unpaid, so neither is put into the other's
        units.append(str(made.play(name, "open")))
    pay(made, units[1], f"{units[1]}-0")
    made.wait(MINUTE)
    pay(made, units[0], f"{units[0]}-0")
    assert [made.play(name, "open") for name in "cd"] == [units[1], units[1]]
    assert made.play("e", "open") == units[0]


def test_a_person_has_a_seat_in_one_open_group_at_a_time() -> None:
    made = table(auto_match=False)
    first = started(made)
    second = str(made.play("b", "open"))
    pay(made, second, f"{second}-0")
    assert refused(made.play("a", "join", second)) == "unit_limit"
    assert not refused(made.play("c", "join", first))
    assert refused(made.play("c", "open")) == "unit_limit"
    made.play("c", "leave", first)
    made.settle()
    assert not refused(made.play("c", "join", second))
    made = table(auto_match=False, one_open_group=False)
    first = started(made)
    second = str(made.play("b", "open"))
    pay(made, second, f"{second}-0")
    assert not refused(made.play("a", "join", second))


def test_after_a_group_succeeded_everybody_in_it_may_buy_again() -> None:
    made = table(size=2)
    unit = started(made)
    pay(made, unit, str(made.play("b", "join", unit)))
    assert made.unit(unit).outcome == "success" and used(made, "seated:a") == used(made, "seated:b") == 0
    assert not refused(made.play("b", "open"))
    made.check()


# --- the wait before the fill -----------------------------------------------------------------------------------------


def test_the_platform_waits_before_it_completes_a_group_and_nobody_joins_meanwhile() -> None:
    made = table(fill_delay_min=90)
    unit = started(made)
    made.wait(23 * HOUR + 55 * MINUTE)
    order = made.play("b", "join", unit)
    made.wait(10 * MINUTE)
    assert made.unit(unit).status == "open" and group(made, unit).platform == 0
    assert refused(made.play("c", "join", unit)) == "expired"
    assert made.play("d", "open") != unit
    assert stock(made) == 2, "a held seat is free with the deadline; the leader's piece and d's are kept"
    pay(made, unit, str(order))
    assert group(made, unit).taken == 1, "what is paid too late goes on in a group of its own"
    made.wait(84 * MINUTE)
    assert made.unit(unit).status == "open"
    made.wait(2 * MINUTE)
    assert made.unit(unit).outcome == "success" and group(made, unit).platform == 2
    made.check()


def test_who_leaves_in_the_wait_may_turn_the_fill_into_a_refund() -> None:
    made = table(fill_delay_min=60, fill_policy="threshold", fill_min_paid=2)
    unit = started(made)
    pay(made, unit, str(made.play("b", "join", unit)))
    made.wait(24 * HOUR + 30 * MINUTE)
    assert made.unit(unit).status == "open"
    made.play("b", "leave", unit)
    made.wait(HOUR)
    assert made.unit(unit).outcome == "failed" and [owed.fen for owed in refunds(made)] == [1000, 1000]
    pay_back(made)
    assert made.balance(REVENUE) == 0 and stock(made) == 0
    made.check()


def test_a_group_that_cannot_be_filled_is_refunded_at_once_and_a_stop_ends_the_wait() -> None:
    made = table(fill_delay_min=60, unit_cost_fen=2000)
    unit = started(made)
    made.wait(24 * HOUR + MINUTE)
    assert made.unit(unit).outcome == "failed"
    made = table(fill_delay_min=60)
    unit = started(made)
    made.wait(24 * HOUR + MINUTE)
    made.set_status("stopped")
    assert made.unit(unit).outcome == "stopped"
    made.wait(2 * HOUR)
    assert group(made, unit).platform == 0
    made.check()


def test_the_clock_of_the_fill_may_run_twice_and_hours_late() -> None:
    made = table(fill_delay_min=30)
    unit = started(made)
    made.wait(24 * HOUR + MINUTE)
    made.system("fill", unit)
    made.system("expire", unit, reason="expired")
    assert made.unit(unit).status == "open", "not before its time"
    made.wait(5 * HOUR)
    made.system("fill", unit)
    assert made.unit(unit).outcome == "success" and group(made, unit).platform == 2
    made.check()


# --- several pieces ---------------------------------------------------------------------------------------------------


def test_an_order_of_several_pieces_is_one_seat_and_so_many_of_everything_else() -> None:
    made = table(size=2, limit_per_order=3, limit_per_person=4, stock_total=6, unit_cost_fen=400)
    unit = str(made.play("a", "open", pieces=3))
    assert stock(made) == 3 and used(made, "bought:a") == 3
    assert not refused(pay(made, unit, f"{unit}-0", 3000))
    assert refused(made.play("b", "join", unit, pieces=4)) == "quota"
    order = str(made.play("b", "join", unit, pieces=2))
    assert refused(made.play("c", "join", unit)) == "unit_full"
    pay(made, unit, order, 2000)
    assert made.unit(unit).outcome == "success" and made.balance(REVENUE) == 5000 and stock(made) == 5
    assert refused(made.play("a", "open", pieces=2)) in ("stock_out", "quota")
    made.check()


def test_the_fill_reckons_with_the_cost_of_every_piece() -> None:
    made = table(limit_per_order=2, limit_per_person=2, unit_cost_fen=1001, fill_margin_floor_fen=0)
    unit = str(made.play("a", "open", pieces=2))
    pay(made, unit, f"{unit}-0", 2000)
    made.wait(25 * HOUR)
    assert made.unit(unit).outcome == "failed" and stock(made) == 0 and used(made, "bought:a") == 0
    made.check()


def test_a_late_payment_of_several_pieces_goes_on_as_such() -> None:
    made = table(limit_per_order=2, limit_per_person=2)
    unit = str(made.play("a", "open", pieces=2))
    made.wait(20 * MINUTE)
    pay(made, unit, f"{unit}-0", 2000)
    (late,) = [found for found in made.units() if found.unit != unit]
    assert late.play.paid[0].pieces == 2 and stock(made) == 2 and used(made, "bought:a") == 2
    made.check()


def test_a_payment_between_the_deadline_and_its_clock_opens_a_group_even_with_one_piece_for_each() -> None:
    """Case 14: the last seat is held but unpaid at the deadline."""
    made = table(limit_per_person=1, pay_ttl_min=120)
    unit = started(made)
    made.wait(23 * HOUR)
    order = str(made.play("b", "join", unit))
    made.now += HOUR + timedelta(seconds=1)  # the deadline is over, its clock has not run
    pay(made, unit, order)
    (late,) = [found for found in made.units() if found.unit != unit]
    assert late.play.leader == "b" and not refunds(made) and used(made, "seated:b") == 1
    made.wait(timedelta(minutes=1))
    assert made.unit(unit).outcome == "success" and group(made, unit).platform == 2
    made.check()


# --- stock that is set aside with the payment -------------------------------------------------------------------------


def test_stock_may_be_set_aside_with_the_payment_and_who_finds_none_is_refunded() -> None:
    made = table(reserve_stock_at="pay", stock_total=2, auto_match=False)
    unit = started(made)
    orders = [str(made.play(name, "join", unit)) for name in "bc"]
    assert stock(made) == 1
    for order in orders:
        assert not refused(pay(made, unit, order))
    assert stock(made) == 2 and [(owed.payer, owed.reason) for owed in refunds(made)] == [("c", "stock")]
    assert len(group(made, unit).paid) == 2 and used(made, "bought:c") == used(made, "seated:c") == 0
    made.check()


def test_a_group_whose_leader_finds_no_stock_at_the_payment_fails_for_that() -> None:
    made = table(reserve_stock_at="pay", stock_total=1, auto_match=False)
    units = [str(made.play(name, "open")) for name in "ab"]
    for unit in units:
        pay(made, unit, f"{unit}-0")
    assert made.unit(units[1]).outcome == "stock" and [owed.payer for owed in refunds(made)] == ["b"]
    pay_back(made)
    made.wait(25 * HOUR)
    assert made.balance(REVENUE) == 1000 and stock(made) == 1
    made.check()


# --- plans ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"limit_per_order": 3}, "model.limit_per_order"),
        ({"fill_policy": "none", "fill_delay_min": 5}, "model.fill_delay_min"),
        ({"solo_price_fen": 900}, "model.solo_price_fen"),
        ({"leader_discount_fen": 1000}, "model.leader_discount_fen"),
        ({"refund_fee_fen": 101}, "model.refund_fee_fen"),
        ({"fill_min_paid": 4}, "model.fill_min_paid"),
    ],
)
def test_terms_that_contradict_each_other_are_refused(changes: dict[str, Any], field: str) -> None:
    with pytest.raises(InvalidInput) as caught:
        check_model(plan_with({**PLAN, **changes}))
    assert caught.value.field == field and caught.value.rule and caught.value.way_out


@pytest.mark.parametrize(
    ("name", "value"),
    [("size", 1), ("size", 11), ("fill_delay_min", 1441), ("reserve_stock_at", "never"), ("auto_match", 1)],
)
def test_terms_outside_their_bounds_are_refused_by_name(name: str, value: Any) -> None:
    with pytest.raises(InvalidInput) as caught:
        read_model("model", {**PLAN, name: value})
    assert caught.value.field == f"model.{name}"
