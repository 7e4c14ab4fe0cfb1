"""Buying alone beside the groups, on paper: an order like the others, of the same pieces, and never a seat."""

from __future__ import annotations

from typing import Any

import pytest
from tests.unit.features.plays.table import NAME, Table, refused
from tests.unit.features.plays.test_group_buy import MINUTE, REVENUE, group, joined, pay, pay_back, refunds, started
from tests.unit.features.plays.test_group_buy import stock as taken
from tests.unit.features.plays.test_group_buy import table as groups

from qunflow.domain.events import OrderMade
from qunflow.features.campaigns.mechanics.group_buy import MODEL
from qunflow.features.campaigns.plan_model import frame_of


def table(**changes: Any) -> Table:
    return groups(**{"solo_price_fen": 1500, **changes})


def alone(made: Table, who: str, **params: Any) -> str:
    unit = made.play(who, "alone", **params)
    assert not refused(unit), unit
    made.settle()
    return str(unit)


def bought(made: Table, who: str) -> int:
    return made.paper.counter(f"play:{NAME}:bought:{who}").used


def numbers(made: Table, unit: str) -> Any:
    return MODEL.show(made.unit(unit), frame_of(made.plan).settings)


def test_an_order_alone_is_paid_and_is_the_shops_at_once() -> None:
    made = table()
    unit = alone(made, "a")
    (order,) = [event.body for event in made.paper.log if isinstance(event.body, OrderMade)]
    assert (order.order, order.fen, order.buyer, order.unit) == (f"{unit}-0", 1500, "a", unit)
    assert taken(made) == 1 and bought(made, "a") == 1 and numbers(made, unit)["status"] == "held"
    assert not refused(pay(made, unit, order.order, 1500))
    assert made.unit(unit).outcome == "bought" and made.balance(REVENUE) == 1500
    assert refused(pay(made, unit, order.order, 1500)) == "already_done"
    made.wait(30 * MINUTE)
    assert (taken(made), bought(made, "a")) == (1, 1) and numbers(made, unit)["status"] == "paid"
    made.check()


def test_it_is_no_group_has_no_seat_and_stands_beside_them() -> None:
    made = table(limit_per_person=3)
    team = started(made)
    unit = alone(made, "a")
    assert "seats" not in numbers(made, unit) and group(made, unit).seats == ()
    assert refused(made.play("b", "join", unit)) == "wrong_state"
    assert [key for scope, key in made.paper.claims if scope == f"list:lobby:{NAME}"] == [team]
    other = alone(made, "a")
    assert other != unit, "it takes none of the units that one may have open"
    assert refused(made.play("b", "release", unit)) == "unit_unknown", "it is nobody else's"
    assert refused(made.play("a", "release", team)) == "wrong_state"
    pay(made, team, joined(made, "b", team))
    pay(made, team, joined(made, "c", team))
    assert made.unit(team).outcome == "success" and made.balance(REVENUE) == 3000
    made.check()


def test_who_buys_alone_may_still_open_and_join() -> None:
    made = table(limit_per_person=3)
    alone(made, "a")
    assert not refused(made.play("a", "open"))
    alone(made, "b")
    assert made.paper.counter(f"play:{NAME}:seated:b").used == 0
    made.check()


@pytest.mark.parametrize("move", ["release", ""])
def test_an_order_that_is_given_up_or_not_paid_frees_its_pieces_and_the_quota(move: str) -> None:
    made = table(limit_per_order=2)
    unit = alone(made, "a", pieces=2)
    assert (taken(made), bought(made, "a")) == (2, 2)
    assert refused(made.play("a", "alone")) == "quota"
    made.play("a", move, unit) if move else made.wait(16 * MINUTE)
    made.settle()
    assert made.unit(unit).outcome == ("cancelled" if move else "unpaid")
    assert (taken(made), bought(made, "a")) == (0, 0)
    pay(made, unit, f"{unit}-0", 3000)
    assert [(owed.payer, owed.fen, owed.reason) for owed in refunds(made)] == [("a", 3000, "late")]
    pay_back(made)
    assert made.balance(f"escrow:{NAME}:{unit}") == 0 == made.balance(REVENUE)
    alone(made, "a")
    made.check()


def test_groups_and_orders_alone_share_the_pieces_and_the_bound_for_each_person() -> None:
    made = table(stock_total=2, limit_per_person=2)
    team = started(made)
    alone(made, "b")
    assert refused(made.play("c", "alone")) == "stock_out" and refused(made.play("c", "join", team)) == "stock_out"
    made = table(limit_per_person=1)
    started(made)
    assert refused(made.play("a", "alone")) == "quota"
    alone(made, "b")
    assert refused(made.play("b", "open")) == "quota"


def test_pieces_that_are_set_aside_with_the_payment_may_be_gone() -> None:
    made = table(stock_total=1, reserve_stock_at="pay")
    first, second = alone(made, "a"), alone(made, "b")
    assert taken(made) == 0
    pay(made, second, f"{second}-0", 1500)
    pay(made, first, f"{first}-0", 1500)
    assert made.unit(first).outcome == "stock" and taken(made) == 1 and bought(made, "a") == 0
    assert [(owed.payer, owed.reason) for owed in refunds(made)] == [("a", "stock")]
    made.check()


def test_another_sum_than_the_price_goes_back() -> None:
    made = table()
    unit = alone(made, "a")
    pay(made, unit, f"{unit}-0", 1000)
    assert [(owed.fen, owed.reason) for owed in refunds(made)] == [(1000, "late")] and made.balance(REVENUE) == 0
    made.wait(16 * MINUTE)
    assert made.unit(unit).outcome == "unpaid" and taken(made) == 0
    made.check()


def test_the_shop_gives_a_paid_order_back_once_and_nothing_is_restocked() -> None:
    made = table()
    unit = alone(made, "a")
    order = f"{unit}-0"
    assert refused(made.system("refund", unit, order=order)) == "wrong_state"
    pay(made, unit, order, 1500)
    assert not refused(made.system("refund", unit, order=order))
    assert refused(made.system("refund", unit, order=order)) == "wrong_state"
    assert made.balance(REVENUE) == 0 and MODEL.in_escrow(made.unit(unit)) == 1500
    pay_back(made)
    assert MODEL.in_escrow(made.unit(unit)) == 0 and taken(made) == 1 and bought(made, "a") == 1
    assert numbers(made, unit)["status"] == "refunded"
    made.check()


def test_without_a_price_nobody_buys_alone() -> None:
    made = groups()
    assert refused(made.play("a", "alone")) == "move_unknown" and made.units() == []


def test_a_stop_ends_orders_that_are_not_paid() -> None:
    made = table()
    unit = alone(made, "a")
    made.set_status("stopped")
    assert made.unit(unit).outcome == "stopped" and (taken(made), bought(made, "a")) == (0, 0)
    made.check()
