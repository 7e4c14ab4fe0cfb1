"""Distribution on paper: who earns on whose sales, freeze, refunds to the last fen, debt, ranks, withdrawals."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.unit.features.plays.table import NAME, Table, plan_with, refused

from qunflow.domain.errors import InvalidInput
from qunflow.features.campaigns.plan_model import check_model
from qunflow.features.payouts.model import ApprovePayout, ListPayout, RejectPayout, RetryPayout, SettlePayout

PLAN: dict[str, Any] = {"kind": "distribution", "sales_fen": 1_000_000}
TWO: dict[str, Any] = {
    **PLAN,
    "levels": 2,
    "rate1_bps": 2000,
    "rate2_bps": 0,
    "ranks": [
        {"rate1_bps": 3000, "rate2_bps": 300, "buyers": 2, "sales_fen": 20000},
        {"rate1_bps": 4000, "rate2_bps": 500, "buyers": 3, "sales_fen": 100000},
    ],
}
DAY = timedelta(days=1)


def table(plan: dict[str, Any], budget: int = 10_000_000) -> Table:
    """a brought b, b brought c, c brought d; e, f and g were brought by a."""
    made = Table(plan_with(plan), budget)
    for name, parent in (("a", ""), ("b", "a"), ("c", "b"), ("d", "c"), ("e", "a"), ("f", "a"), ("g", "a")):
        made.enter(name, parent)
    return made


def enrol(made: Table, *names: str) -> list[str]:
    return [str(made.play(name, "enrol")) for name in names]


def sell(made: Table, buyer: str, fen: int, order: str = "o1") -> str:
    found = made.system("order_paid", "", buyer, order=order, fen=fen)
    assert not refused(found), found
    made.settle()
    return str(found)


def system(made: Table, move: str, unit: str, **params: Any) -> Any:
    found = made.system(move, unit, **params)
    made.settle()
    return found


def release(made: Table, sale: str) -> None:
    system(made, "received", sale)
    made.wait(16 * DAY)


def fen(made: Table, who: str) -> tuple[int, int]:
    return made.balance(f"pending:{who}"), made.balance(f"available:{who}")


def test_one_level_earns_a_share_that_is_frozen_until_the_time_for_returns_is_over() -> None:
    made = table(PLAN)
    enrol(made, "a", "b")
    sale = sell(made, "c", 9999)
    assert fen(made, "b") == (2999, 0) and fen(made, "a") == (0, 0)
    system(made, "received", sale)
    made.wait(14 * DAY)
    assert fen(made, "b") == (2999, 0)
    made.wait(2 * DAY)
    assert fen(made, "b") == (0, 2999)
    made.check()


def test_nothing_is_freed_before_the_goods_are_received() -> None:
    made = table(PLAN)
    enrol(made, "b")
    sell(made, "c", 10000)
    made.wait(100 * DAY)
    assert fen(made, "b") == (3000, 0)


def test_never_more_than_two_earn_however_long_the_chain_is() -> None:
    made = table({**TWO, "rate2_bps": 500})
    enrol(made, "a", "b", "c")
    sell(made, "d", 10000)
    assert [fen(made, name)[0] for name in "abc"] == [0, 500, 2000]
    made.check()


def test_a_level_that_promotes_nothing_is_not_passed_on() -> None:
    made = table({**TWO, "rate2_bps": 500})
    enrol(made, "a")
    sell(made, "c", 10000)
    assert [fen(made, name)[0] for name in "abc"] == [500, 0, 0]


def test_own_purchases_earn_only_where_the_plan_says_so() -> None:
    made = table(PLAN)
    enrol(made, "b")
    sell(made, "b", 10000)
    assert fen(made, "b") == (0, 0)
    made = table({**TWO, "rate2_bps": 500, "self_buy": True})
    enrol(made, "a", "b")
    sell(made, "b", 10000)
    assert (fen(made, "b")[0], fen(made, "a")[0]) == (2000, 500)


def test_an_order_earns_once() -> None:
    made = table(PLAN)
    enrol(made, "b")
    sell(made, "c", 10000)
    assert refused(made.system("order_paid", "", "c", order="o1", fen=10000)) == "already_done"
    assert fen(made, "b") == (3000, 0)


@settings(max_examples=25, deadline=None)
@given(st.lists(st.integers(1, 4000), max_size=12), st.booleans())
def test_refunds_in_any_steps_end_at_exactly_what_the_rest_earns(steps: list[int], released: bool) -> None:
    made = table(PLAN)
    enrol(made, "b")
    sale = sell(made, "c", 9999)
    if released:
        release(made, sale)
    back = 0
    for number, step in enumerate(steps):
        system(made, "refunded", sale, refund=f"r{number}", fen=step)
        back = min(9999, back + step)
        assert sum(fen(made, "b")) == (9999 - back) * 3000 // 10000
    system(made, "refunded", sale, refund="rest", fen=9999)
    assert fen(made, "b") == (0, 0) and made.balance(f"budget:{NAME}") == made.budget
    made.check()


def test_a_refund_counts_once() -> None:
    made = table(PLAN)
    enrol(made, "b")
    sale = sell(made, "c", 10000)
    system(made, "refunded", sale, refund="r1", fen=5000)
    assert refused(made.system("refunded", sale, refund="r1", fen=5000)) == "already_done"
    assert fen(made, "b") == (1500, 0)


def test_an_open_refund_is_waited_for() -> None:
    made = table(PLAN)
    enrol(made, "b")
    sale = sell(made, "c", 10000)
    system(made, "refund_asked", sale, refund="r1")
    release(made, sale)
    assert fen(made, "b") == (3000, 0)
    system(made, "refunded", sale, refund="r1", fen=0)
    assert fen(made, "b") == (0, 3000)
    made.check()


def test_what_was_withdrawn_becomes_a_debt_that_the_next_income_repays() -> None:
    made = table({**PLAN, "withdraw_min_fen": 100})
    enrol(made, "a", "b")
    sale = sell(made, "c", 10000)
    release(made, sale)
    number = made.withdraw("b", 3000)
    system(made, "refunded", sale, refund="r1", fen=10000)
    assert made.balance("debt:b") == -3000
    assert refused(made.withdraw("b", 100)) == "in_debt"
    pay_by_hand(made, number, "paid", 3000)
    release(made, sell(made, "c", 20000, "o2"))
    assert made.balance("debt:b") == 0 and fen(made, "b") == (0, 3000)
    made.check()


def test_what_was_refused_repays_a_debt_first() -> None:
    made = table({**PLAN, "withdraw_min_fen": 100})
    enrol(made, "a", "b")
    sale = sell(made, "c", 10000)
    release(made, sale)
    number = made.withdraw("b", 3000)
    system(made, "refunded", sale, refund="r1", fen=4000)
    assert made.balance("debt:b") == -1200
    assert not refused(made.send(RejectPayout(number, "amy", "other"), ""))
    assert made.balance("debt:b") == 0 and fen(made, "b") == (0, 1800)
    made.check()


def test_a_withdrawal_has_an_audit_a_fee_and_every_way_back() -> None:
    made = table({**PLAN, "withdraw_min_fen": 1000, "withdraw_fee_bps": 100})
    (unit,) = enrol(made, "b")
    release(made, sell(made, "c", 20000))
    assert refused(made.play("b", "withdraw", unit, fen=3000)) == "move_unknown", "asked of the payout part"
    assert refused(made.withdraw("b", 999)) == "below_minimum"
    assert refused(made.withdraw("b", 6001)) == "balance_short"
    first, second = (str(made.withdraw("b", 3000)) for _ in range(2))
    assert made.balance("clearing:manual") == 6000 and fen(made, "b") == (0, 0)
    assert not refused(made.send(RejectPayout(first, "amy", "other"), ""))
    assert fen(made, "b") == (0, 3000)
    pay_by_hand(made, second, "failed", 2970)
    assert refused(made.send(RetryPayout(first, "amy"), "")) == "wrong_state"
    third = made.send(RetryPayout(second, "amy"), "")
    assert third != second and made.send(RetryPayout(second, "amy"), "") == third
    assert fen(made, "b") == (0, 3000) and made.balance("clearing:manual") == 3000
    assert not refused(made.send(ListPayout(third, "monday"), ""))
    assert refused(made.send(SettlePayout(third, "paid", 3000, "amy"), "")) == "amount_differs"
    assert not refused(made.send(SettlePayout(third, "paid", 2970, "amy"), ""))
    assert made.balance("clearing:manual") == 0 and made.balance("external:manual") == 2970
    assert made.balance(f"revenue:{NAME}") == 30
    made.check()


def pay_by_hand(made: Table, number: str, result: str, net: int) -> None:
    """Everybody agrees, staff pay and say what became of it."""
    for step in (ApprovePayout(number, "amy"), ListPayout(number, "list"), SettlePayout(number, result, net, "amy")):
        assert not refused(made.send(step, "")), step


def test_a_rank_rises_on_confirmed_sales_and_counts_from_the_next_order_on() -> None:
    made = table(TWO)
    (unit,) = enrol(made, "a")
    sales = [sell(made, buyer, 10000, f"o-{buyer}") for buyer in "bef"]
    for sale in sales[:2]:
        system(made, "received", sale)
    made.wait(16 * DAY)
    assert made.unit(unit).play.rank == 1
    system(made, "received", sales[2])
    before = fen(made, "a")
    sell(made, "g", 10000, "o-g")
    assert fen(made, "a")[0] - before[0] == 3000, "the new rate"
    made.wait(16 * DAY)
    assert fen(made, "a")[1] == 3 * 2000, "what was paid before keeps the old one"
    assert made.unit(unit).play.rank == 1, "three buyers, but not the sales"
    made.check()


def test_a_wholly_refunded_sale_counts_for_no_rank_and_a_rank_is_kept() -> None:
    made = table(TWO)
    (unit,) = enrol(made, "a")
    for buyer in "be":
        release(made, sell(made, buyer, 10000, f"o-{buyer}"))
    third = sell(made, "f", 80000, "o-f")
    release(made, third)
    assert made.unit(unit).play.rank == 2
    system(made, "refunded", third, refund="r", fen=80000)
    book = made.unit(unit).play
    assert (book.bought, book.sales, book.orders, book.rank) == (2, 20000, 2, 2)
    made.check()


def test_whom_staff_have_to_appoint_earns_nothing_before() -> None:
    made = table({**PLAN, "promoters": "appointed"})
    (unit,) = enrol(made, "b")
    sell(made, "c", 10000)
    assert fen(made, "b") == (0, 0)
    made.system("appoint", unit, by="staff")
    sell(made, "c", 10000, "o2")
    assert fen(made, "b") == (3000, 0)
    made.system("dismiss", unit, by="staff")
    sell(made, "c", 10000, "o3")
    assert fen(made, "b") == (3000, 0)


def test_a_bond_that_runs_out_earns_no_more() -> None:
    made = table({**PLAN, "bind_days": 3})
    enrol(made, "b")
    made.wait(3 * DAY - timedelta(seconds=1))
    sell(made, "c", 10000)
    made.wait(timedelta(seconds=1))
    sell(made, "c", 10000, "o2")
    assert fen(made, "b") == (3000, 0)


def test_what_the_budget_cannot_carry_is_held_whole() -> None:
    made = table(PLAN, budget=4000)
    enrol(made, "b")
    sell(made, "c", 10000)
    sell(made, "c", 10000, "o2")
    assert fen(made, "b") == (3000, 0)


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"rate1_bps": 5001}, "model.cap_bps"),
        ({"levels": 2, "rate1_bps": 4600}, "model.cap_bps"),
        ({"rate1_bps": 4100, "margin_bps": 5000}, "model.margin_bps"),
        ({"ranks": [{"rate1_bps": 3500}]}, "model.ranks[0]"),
        ({"ranks": [{"rate1_bps": 3500, "buyers": 5}, {"rate1_bps": 4000, "orders": 9}]}, "model.ranks[1]"),
    ],
)
def test_a_plan_that_gives_too_much_or_ranks_for_nothing_is_refused(changes: dict[str, Any], field: str) -> None:
    with pytest.raises(InvalidInput) as caught:
        check_model(plan_with({**PLAN, **changes}))
    assert caught.value.field == field and caught.value.way_out


def test_three_levels_cannot_be_written() -> None:
    with pytest.raises(InvalidInput, match="from 1 to 2"):
        plan_with({**PLAN, "levels": 3})
