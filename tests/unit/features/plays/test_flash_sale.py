"""Flash sale and free claim on paper: the right by friends, sessions, a stock that is neither oversold nor lost."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from tests.unit.features.plays.table import HOLD, HOUR, NAME, Table, plan_with, refused

from qunflow.domain.errors import InvalidInput
from qunflow.domain.events import RefundOwed
from qunflow.features.campaigns.plan_model import check_model

PLAN: dict[str, Any] = {"kind": "flash-sale", "item": "tea", "price_fen": 100, "stock_total": 1, "friends": 0}
MINUTE = timedelta(minutes=1)


def table(**changes: Any) -> Table:
    made = Table(plan_with({**PLAN, **changes}))
    for name in "abcdef":
        made.enter(name)
    return made


def pay(made: Table, unit: str, order: str, fen: int = 100) -> Any:
    return made.system("pay", unit, order=order, fen=fen)


def stock(made: Table) -> int:
    return made.paper.counter(f"play:{NAME}:stock").used


def refunds(made: Table) -> list[tuple[str, int]]:
    bodies = [event.body for event in made.paper.log]
    return [(body.payer, body.fen) for body in bodies if isinstance(body, RefundOwed)]


def test_a_piece_is_set_aside_paid_and_sold_once() -> None:
    made = table()
    unit = made.play("a", "open")
    order = made.play("a", "reserve", unit)
    assert stock(made) == 1 and refused(made.play("a", "reserve", unit)) == "wrong_state"
    assert not refused(pay(made, unit, order))
    assert refused(pay(made, unit, order)) == "already_done"
    assert made.unit(unit).outcome == "sold" and made.balance(f"revenue:{NAME}") == 100
    assert refused(made.play("a", "open")) == "unit_limit"
    other = made.play("b", "open")
    assert refused(made.play("b", "reserve", other)) == "stock_out"
    made.check()


def test_the_right_comes_with_friends_who_stayed_and_not_before() -> None:
    made = table(friends=2, unit_ttl_hours=30)
    unit = made.play("a", "open")
    for name in "bc":
        assert not refused(made.play(name, "help", unit))
    assert refused(made.play("d", "help", unit)) == "unit_full"
    assert refused(made.play("a", "reserve", unit)) == "wrong_state"
    made.wait(23 * HOUR)
    made.leave("c")
    assert not refused(made.play("d", "help", unit))
    made.wait(10 * HOUR)
    assert made.unit(unit).status == "open", "a friend's hold is waited for"
    made.wait(HOLD)
    assert made.unit(unit).play.status == "qualified"
    assert not refused(made.play("a", "reserve", unit))
    made.check()


def test_too_few_friends_at_the_deadline_end_it() -> None:
    made = table(friends=2)
    unit = made.play("a", "open")
    made.play("b", "help", unit)
    made.wait(25 * HOUR)
    assert made.unit(unit).outcome == "expired"
    made = table(friends=1)
    unit = made.play("a", "open")
    made.wait(20 * HOUR)
    made.play("b", "help", unit)
    made.wait(10 * HOUR)
    assert made.unit(unit).status == "open"
    made.leave("b")
    assert made.unit(unit).outcome == "expired"


def test_an_unpaid_piece_is_free_again_and_the_right_stays() -> None:
    made = table()
    unit, other = made.play("a", "open"), made.play("b", "open")
    made.play("a", "reserve", unit)
    assert refused(made.play("b", "reserve", other)) == "stock_out"
    made.wait(16 * MINUTE)
    assert stock(made) == 0 and made.unit(unit).play.status == "qualified"
    assert not refused(made.play("b", "reserve", other))
    made.check()


def test_a_late_payment_gets_a_piece_while_there_is_one_and_its_money_back_otherwise() -> None:
    made = table(stock_total=1)
    unit, other = made.play("a", "open"), made.play("b", "open")
    late, lost = made.play("a", "reserve", unit), ""
    made.wait(16 * MINUTE)
    lost = made.play("b", "reserve", other)
    made.wait(16 * MINUTE)
    assert not refused(pay(made, unit, late)) and made.unit(unit).outcome == "sold"
    assert not refused(pay(made, other, lost)) and refunds(made) == [("b", 100)]
    assert made.balance(f"escrow:{NAME}:{other}") == 100 and stock(made) == 1
    made.system("refund_done", other, refund=f"r-{lost}")
    assert made.balance(f"escrow:{NAME}:{other}") == 0
    made.check()


def test_a_payment_of_an_order_before_the_last_one_is_taken_for_the_last_one() -> None:
    made = table()
    unit = made.play("a", "open")
    first = made.play("a", "reserve", unit)
    made.wait(16 * MINUTE)
    second = made.play("a", "reserve", unit)
    pay(made, unit, first)
    assert made.unit(unit).outcome == "sold" and stock(made) == 1
    pay(made, unit, second)
    assert refunds(made) == [("a", 100)]
    made.check()


def test_a_free_claim_is_the_owners_at_once_and_costs_what_sending_costs() -> None:
    made = table(price_fen=0)
    unit = made.play("a", "open")
    made.play("a", "reserve", unit)
    assert made.unit(unit).outcome == "sold" and stock(made) == 1
    made = table(price_fen=0, shipping_fen=600)
    unit = made.play("a", "open")
    pay(made, unit, made.play("a", "reserve", unit), 600)
    assert made.balance(f"revenue:{NAME}") == 600
    made.check()


def test_buying_has_its_times_of_day() -> None:
    made = table(sessions=[{"start": "10:00", "end": "12:00"}])
    assert made.now == datetime(2026, 12, 1, 1, 0, tzinfo=UTC), "nine o'clock in Shanghai"
    unit = made.play("a", "open")
    assert refused(made.play("a", "reserve", unit)) == "not_on_sale"
    made.wait(HOUR - MINUTE)
    assert refused(made.play("a", "reserve", unit)) == "not_on_sale"
    made.wait(MINUTE)
    assert not refused(made.play("a", "reserve", unit))
    made.wait(2 * HOUR)
    assert refused(made.play("a", "reserve", unit)) == "not_on_sale"


def test_sessions_end_after_they_begin() -> None:
    with pytest.raises(InvalidInput, match="midnight"):
        check_model(plan_with({**PLAN, "sessions": [{"start": "22:00", "end": "02:00"}]}))


def test_the_right_may_hold_a_piece_and_gives_it_back() -> None:
    made = table(friends=1, right_holds_stock=True)
    units = [made.play(name, "open") for name in "ab"]
    made.play("c", "help", units[0])
    made.play("d", "help", units[1])
    made.wait(HOLD + HOUR)
    assert [made.unit(unit).play.status for unit in units] == ["qualified", "collecting"]
    assert made.unit(units[1]).outcome == "sold_out"
    made.wait(timedelta(days=12))
    assert made.unit(units[0]).outcome == "expired" and stock(made) == 0
    made.check()


def test_a_refund_after_the_sale_is_owed_once_and_restocks_nothing() -> None:
    made = table()
    unit = made.play("a", "open")
    order = made.play("a", "reserve", unit)
    pay(made, unit, order)
    assert not refused(made.system("refund", unit, order=order))
    assert refused(made.system("refund", unit, order=order)) == "wrong_state"
    assert stock(made) == 1 and made.balance(f"revenue:{NAME}") == 0
    made.system("refund_done", unit, refund=f"r-{order}")
    assert made.balance(f"external:{NAME}") == -made.budget
    made.check()
