"""Bargain on paper: the worked example of campaigns.md §1.2, holds and leaves, stock, order, and every ending."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from tests.unit.features.campaigns.plans import START
from tests.unit.features.plays.table import HOLD, HOUR, Table, plan_with, refused

from qunflow.domain.errors import InvalidInput
from qunflow.domain.events import RefundOwed
from qunflow.features.campaigns.mechanics import bargain
from qunflow.features.campaigns.plan_model import check_model, frame_of

MODEL: dict[str, Any] = {
    "kind": "bargain",
    "item": "mug",
    "original_fen": 9900,
    "floor_fen": 990,
    "stock_total": 2,
    "helpers": 3,
}
MINUTE = timedelta(minutes=1)


def table(plan: dict[str, Any] | None = None, **model: Any) -> Table:
    made = Table(plan_with({**MODEL, **model}, **(plan or {})))
    for name in ("owner", "other", "a", "b", "c", "d", "e", "f", "g"):
        made.enter(name)
    return made


def opened(made: Table, who: str = "owner") -> str:
    unit = made.play(who, "open")
    assert isinstance(unit, str) and unit, unit
    return unit


def show(made: Table, unit: str) -> Any:
    return bargain.show(made.unit(unit), frame_of(made.plan).settings)


def helped(made: Table, unit: str, *names: str) -> None:
    for name in names:
        assert not refused(made.play(name, "help", unit))
        made.check()


def paid(made: Table, unit: str, who: str = "owner", fen: int = 990) -> str:
    """The owner orders and pays."""
    order = made.play(who, "order", unit)
    assert isinstance(order, str) and order.startswith(unit), order
    assert not refused(made.system("pay", unit, order=order, fen=fen))
    made.check()
    return order


def owed(made: Table) -> list[RefundOwed]:
    return [event.body for event in made.paper.log if isinstance(event.body, RefundOwed)]


def money(made: Table, unit: str) -> tuple[int, int]:
    """(escrow, revenue)"""
    return made.balance(f"escrow:winter:{unit}"), made.balance("revenue:winter")


def test_the_worked_example_ends_at_exactly_the_floor() -> None:
    made = table(helpers=10)
    for number in range(10):
        made.enter(f"h{number}")
    unit = opened(made)
    assert show(made, unit)["price_fen"] == 1881
    for number in range(9):
        helped(made, unit, f"h{number}")
        assert show(made, unit)["price_fen"] > 990 and show(made, unit)["missing"] == 9 - number
    helped(made, unit, "h9")
    assert show(made, unit)["price_fen"] == 990 and show(made, unit)["status"] == "reached"
    assert refused(made.play("a", "help", unit)) == "unit_full"


def test_a_friend_who_leaves_frees_exactly_the_own_cut_and_comes_back_with_a_new_hold() -> None:
    made = table()
    unit = opened(made)
    helped(made, unit, "a")
    before = show(made, unit)["price_fen"]
    helped(made, unit, "b")
    made.wait(HOLD - MINUTE)
    made.leave("b")
    assert show(made, unit)["price_fen"] == before and show(made, unit)["missing"] == 2
    assert refused(made.play("b", "help", unit)) == "not_in_group"


def test_who_comes_back_counts_once_and_waits_again() -> None:
    made = table(unit_ttl_hours=72)
    unit = opened(made)
    helped(made, unit, "a", "b")
    made.wait(HOUR)
    made.leave("a")
    made.join("a")
    assert made.unit(unit).friends == 2
    assert refused(made.play("a", "help", unit)) == "already_helped"
    made.wait(HOLD - MINUTE)
    assert [help.state for help in made.unit(unit).helps.values()] == ["pending", "confirmed"]
    made.leave("a")
    assert made.unit(unit).friends == 1
    made.check()


def test_who_helps_is_another_new_person_inside_once_a_day_within_quota() -> None:
    made = table(helps_per_helper=2, helps_per_day=1)
    made.enter("old", new=False)
    made.enter("outside", join=False)
    unit, other = opened(made), opened(made, "other")
    assert refused(made.play("owner", "help", unit)) == "self_help"
    assert refused(made.play("old", "help", unit)) == "not_new_user"
    assert refused(made.play("outside", "help", unit)) == "not_in_group"
    assert refused(made.play("nobody", "help", unit)) == "not_participating"
    assert refused(made.play("a", "help", "nothing")) == "unit_unknown"
    helped(made, unit, "a")
    assert refused(made.play("a", "help", unit)) == "already_helped"
    assert refused(made.play("a", "help", other)) == "helper_daily_quota"
    made.wait(timedelta(hours=20))
    helped(made, other, "a")
    made.wait(HOUR)
    assert refused(made.play("b", "dance", unit)) == "move_unknown"
    assert refused(made.play("b", "pay", unit, order="o", fen=1)) == "move_unknown"
    assert refused(made.play("b", "order", unit)) == "unit_unknown"


def test_one_friend_helps_once_in_the_campaign() -> None:
    made = table()
    unit, other = opened(made), opened(made, "other")
    helped(made, unit, "a")
    made.wait(timedelta(hours=23))
    assert refused(made.play("a", "help", other)) == "helper_quota"


def test_a_person_has_one_unit_open_and_one_success() -> None:
    made = table(helpers=1)
    unit = opened(made)
    assert refused(made.play("owner", "open")) == "unit_limit"
    helped(made, unit, "a")
    paid(made, unit)
    made.wait(HOLD + HOUR)
    assert made.unit(unit).outcome == "done"
    assert refused(made.play("owner", "open")) == "unit_limit"


def test_who_fails_may_try_again() -> None:
    made = table()
    unit = opened(made)
    made.wait(HOLD + MINUTE)
    assert made.unit(unit).outcome == "expired"
    assert refused(made.play("a", "help", unit)) == "expired"
    assert opened(made) != unit


def test_a_help_received_before_the_deadline_counts_and_one_after_it_does_not() -> None:
    made = table()
    unit = opened(made)
    made.wait(HOLD - timedelta(milliseconds=1))
    helped(made, unit, "a")
    made.wait(timedelta(milliseconds=1))
    assert refused(made.play("b", "help", unit)) == "expired"


def test_the_last_piece_goes_to_the_first_who_reaches_the_floor() -> None:
    made = table(stock_total=1, helpers=1)
    first, second = opened(made), opened(made, "other")
    helped(made, first, "a")
    helped(made, second, "b")
    assert show(made, first)["status"] == "reached" and made.unit(second).outcome == "sold_out"


def test_without_an_order_the_piece_goes_back() -> None:
    made = table(stock_total=1, helpers=1)
    unit = opened(made)
    helped(made, unit, "a")
    made.wait(61 * MINUTE)
    assert made.unit(unit).outcome == "expired_unordered"
    assert made.paper.counter("play:winter:stock").used == 0
    again = opened(made, "other")
    helped(made, again, "b")
    assert show(made, again)["status"] == "reached"


def test_an_order_is_paid_and_its_money_earned_once_every_hold_is_over() -> None:
    made = table(helpers=1)
    unit = opened(made)
    helped(made, unit, "a")
    order = paid(made, unit)
    assert refused(made.system("pay", unit, order=order, fen=990)) == "already_done"
    assert refused(made.system("pay", unit, order="o2", fen=990)) == "wrong_state"
    assert made.unit(unit).status == "open" and money(made, unit) == (990, 0)
    made.wait(HOLD + MINUTE)
    assert made.unit(unit).outcome == "done" and money(made, unit) == (0, 990)
    made.check()


def test_what_is_given_back_after_the_sale_waits_in_escrow_until_it_arrived() -> None:
    made = table(helpers=1, ship_after_hold=False)
    unit = opened(made)
    helped(made, unit, "a")
    order = paid(made, unit)
    assert made.unit(unit).outcome == "done" and money(made, unit) == (0, 990)
    assert not refused(made.system("refund", unit, order=order))
    assert refused(made.system("refund", unit, order=order)) == "wrong_state"
    assert money(made, unit) == (990, 0) and [one.reason for one in owed(made)] == ["after_sale"]
    made.system("refund_done", unit, refund=f"r-{order}")
    assert money(made, unit) == (0, 0)
    assert refused(made.system("refund_done", unit, refund=f"r-{order}")) == "already_done"
    made.check()


def test_a_help_revoked_after_payment_is_made_good_or_the_order_is_refunded() -> None:
    for repaired in (True, False):
        made = table(helpers=1)
        unit = opened(made)
        helped(made, unit, "a")
        paid(made, unit)
        made.wait(23 * HOUR)
        made.leave("a")
        assert show(made, unit)["missing"] == 1 and show(made, unit)["status"] == "paid"
        if repaired:
            made.wait(2 * HOUR)
            helped(made, unit, "b")
        made.wait(2 * HOLD)
        assert made.unit(unit).outcome == ("done" if repaired else "unrepaired")
        assert [one.reason for one in owed(made)] == ([] if repaired else ["unrepaired"])
        assert money(made, unit) == ((0, 990) if repaired else (990, 0))
        assert made.paper.counter("play:winter:stock").used == (1 if repaired else 0)
        made.check()


def test_what_nobody_pays_lapses_and_a_late_payment_still_buys_while_the_price_holds() -> None:
    made = table(helpers=1, stock_total=1)
    unit = opened(made)
    helped(made, unit, "a")
    order = made.play("owner", "order", unit)
    made.wait(16 * MINUTE)
    assert show(made, unit)["status"] == "reached" and show(made, unit)["order"] == ""
    assert not refused(made.system("pay", unit, order=order, fen=990))
    assert show(made, unit)["status"] == "paid" and not owed(made)
    made.wait(HOLD)
    assert made.unit(unit).outcome == "done" and money(made, unit) == (0, 990)
    made.check()


def test_a_payment_after_the_end_goes_back_in_full() -> None:
    made = table(helpers=1)
    unit = opened(made)
    helped(made, unit, "a")
    order = made.play("owner", "order", unit)
    made.wait(80 * MINUTE)
    assert made.unit(unit).outcome == "expired_unordered"
    assert not refused(made.system("pay", unit, order=order, fen=990))
    assert [(one.fen, one.reason) for one in owed(made)] == [(990, "late")] and money(made, unit) == (990, 0)
    made.system("refund_done", unit, refund=owed(made)[0].refund)
    assert money(made, unit) == (0, 0)


def test_what_costs_nothing_needs_no_payment() -> None:
    made = table(helpers=1, floor_fen=0)
    unit = opened(made)
    helped(made, unit, "a")
    made.play("owner", "order", unit)
    assert show(made, unit)["status"] == "paid"
    made.wait(HOLD + MINUTE)
    assert made.unit(unit).outcome == "done"
    made.check()


def test_a_help_revoked_at_the_floor_gives_time_to_find_somebody_else() -> None:
    made = table(helpers=1)
    unit = opened(made)
    made.wait(23 * HOUR)
    helped(made, unit, "a")
    made.wait(30 * MINUTE)
    made.leave("a")
    assert show(made, unit)["status"] == "open"
    made.wait(20 * HOUR)
    helped(made, unit, "b")
    assert show(made, unit)["status"] == "reached"
    assert made.paper.counter("play:winter:stock").used == 1


def test_an_order_that_is_cancelled_in_time_can_be_made_again() -> None:
    made = table(helpers=1)
    unit = opened(made)
    helped(made, unit, "a")
    first = made.play("owner", "order", unit)
    assert not refused(made.play("owner", "cancel", unit))
    assert show(made, unit)["status"] == "reached"
    assert paid(made, unit) != first
    assert show(made, unit)["status"] == "paid"


def test_who_may_buy_early_pays_the_price_of_the_moment_and_needs_no_more_friends() -> None:
    made = table(buy_early=True)
    unit = opened(made)
    helped(made, unit, "a")
    price = show(made, unit)["price_fen"]
    order = made.play("owner", "order", unit)
    assert show(made, unit)["order_fen"] == price > 990
    assert refused(made.play("b", "help", unit)) == "unit_closed"
    assert not refused(made.system("pay", unit, order=order, fen=price))
    made.wait(HOLD + MINUTE)
    assert made.unit(unit).outcome == "done" and money(made, unit) == (0, price)


def test_an_early_order_that_lapses_gives_its_piece_back_and_goes_on() -> None:
    made = table(buy_early=True, stock_total=1)
    unit = opened(made)
    helped(made, unit, "a")
    order = made.play("owner", "order", unit)
    fen = show(made, unit)["order_fen"]
    assert made.paper.counter("play:winter:stock").used == 1
    made.wait(16 * MINUTE)
    assert made.paper.counter("play:winter:stock").used == 0 and show(made, unit)["status"] == "open"
    helped(made, unit, "b")
    assert not refused(made.system("pay", unit, order=order, fen=fen))
    assert [one.reason for one in owed(made)] == ["late"], "the price has changed since"
    helped(made, unit, "c")
    assert show(made, unit)["status"] == "reached"


@pytest.mark.parametrize(("reason", "outcome"), [("left", "owner_left"), ("kicked", "cancelled")])
def test_an_owner_who_leaves_has_a_day_to_come_back_and_one_who_is_removed_has_not(reason: str, outcome: str) -> None:
    made = table(unit_ttl_hours=72)
    unit = opened(made)
    made.leave("owner", reason)
    if reason == "left":
        assert refused(made.play("a", "help", unit)) == "unit_frozen"
        made.wait(23 * HOUR)
        made.join("owner")
        helped(made, unit, "a")
        made.leave("owner")
        made.wait(HOLD + MINUTE)
    assert made.unit(unit).outcome == outcome
    assert made.player("owner").units == ()


def test_a_stop_ends_every_unit_and_refunds_what_was_paid() -> None:
    made = table(helpers=1)
    sold, waiting = opened(made), opened(made, "other")
    helped(made, sold, "a")
    paid(made, sold)
    made.set_status("stopped")
    assert {made.unit(unit).outcome for unit in (sold, waiting)} == {"stopped"}
    assert [one.reason for one in owed(made)] == ["stopped"] and money(made, sold) == (990, 0)
    assert made.paper.counter("play:winter:stock").used == 0


def test_open_units_run_on_after_the_end_for_the_grace_and_no_new_one_begins() -> None:
    made = table(plan={"ends_at": START + 10 * HOUR}, unit_ttl_hours=72, grace_hours=6)
    unit = opened(made)
    made.wait(10 * HOUR)
    made.set_status("ended")
    assert refused(made.play("other", "open")) == "not_running"
    helped(made, unit, "a")
    made.wait(7 * HOUR)
    assert made.unit(unit).outcome == "expired"


def test_a_new_user_can_cut_twice() -> None:
    made = table({"helper_scope": "any"}, new_user_weight=2)
    made.enter("old", new=False)
    unit = opened(made)
    helped(made, unit, "old")
    assert show(made, unit)["missing"] == 2
    helped(made, unit, "a")
    assert show(made, unit)["status"] == "reached"


def test_the_stock_can_be_set_aside_from_the_start_or_with_the_order() -> None:
    early = table(stock_total=1, reserve_stock_at="open")
    opened(early)
    assert refused(early.play("other", "open")) == "stock_out"
    late = table(stock_total=1, reserve_stock_at="order", helpers=1)
    first, second = opened(late), opened(late, "other")
    helped(late, first, "a")
    helped(late, second, "b")
    assert not refused(late.play("other", "order", second))
    assert refused(late.play("owner", "order", first)) == "stock_out"


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"floor_fen": 9900}, "model.floor_fen"),
        ({"original_fen": 1000, "floor_fen": 950, "helpers": 10}, "model.original_fen"),
        ({"first_cuts": [890, 1]}, "model.first_cuts"),
    ],
)
def test_a_bargain_that_cannot_be_is_refused(changes: dict[str, Any], field: str) -> None:
    with pytest.raises(InvalidInput) as wrong:
        check_model(plan_with({**MODEL, **changes}))
    assert wrong.value.field == field and wrong.value.way_out
