"""Group-buy on paper: seats, payments that come when they like, the platform's fill, refunds to the last fen."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from tests.unit.features.plays.table import NAME, Table, plan_with, refused

from qunflow.domain.events import RefundOwed
from qunflow.domain.payments import OrderPaid, OrderRefunded
from qunflow.features.campaigns.mechanics.group_buy import MODEL
from qunflow.features.campaigns.mechanics.group_state import Group
from qunflow.features.campaigns.plan_model import frame_of

PLAN: dict[str, Any] = {"kind": "group-buy", "item": "mug", "price_fen": 1000, "stock_total": 20}
MINUTE = timedelta(minutes=1)
REVENUE, OUTSIDE = f"revenue:{NAME}", f"external:{NAME}"


def table(**changes: Any) -> Table:
    made = Table(plan_with({**PLAN, **changes}))
    for name in "abcdef":
        made.enter(name)
    return made


def pay(made: Table, unit: str, order: str, fen: int = 1000) -> Any:
    found = made.system("pay", unit, order=order, fen=fen)
    made.settle()
    return found


def started(made: Table) -> str:
    """A group whose leader has paid."""
    unit = str(made.play("a", "open"))
    assert not refused(pay(made, unit, f"{unit}-0"))
    return unit


def joined(made: Table, who: str, unit: str) -> str:
    order = made.play(who, "join", unit)
    assert not refused(order), order
    return str(order)


def group(made: Table, unit: str) -> Group:
    return made.unit(unit).play  # type: ignore[no-any-return]


def refunds(made: Table) -> list[RefundOwed]:
    return [event.body for event in made.paper.log if isinstance(event.body, RefundOwed)]


def pay_back(made: Table) -> None:
    """The payment part sends every refund that is owed, and says so twice."""
    for owed in refunds(made):
        made.system("refund_done", owed.unit, refund=owed.refund)
        assert refused(made.system("refund_done", owed.unit, refund=owed.refund)) == "already_done"


def stock(made: Table) -> int:
    return made.paper.counter(f"play:{NAME}:stock").used


def test_a_full_group_succeeds_and_its_money_is_the_shops() -> None:
    made = table()
    unit = started(made)
    assert made.balance(f"escrow:{NAME}:{unit}") == 1000
    for name in "bc":
        pay(made, unit, joined(made, name, unit))
    assert made.unit(unit).outcome == "success" and made.balance(REVENUE) == 3000
    assert refused(made.play("d", "join", unit)) == "unit_closed"
    assert not refused(made.play("a", "open")), "who is done may open another"
    made.check()


def test_nobody_joins_before_the_leader_has_paid() -> None:
    made = table()
    unit = made.play("a", "open")
    assert refused(made.play("b", "join", unit)) == "wrong_state"


def test_a_held_seat_is_taken_and_lapses_after_its_pay_time() -> None:
    made = table(size=2)
    unit = started(made)
    joined(made, "b", unit)
    assert refused(made.play("b", "join", unit)) == "already_done"
    assert refused(made.play("c", "join", unit)) == "unit_full"
    made.wait(16 * MINUTE)
    assert not refused(made.play("c", "join", unit)) and stock(made) == 2
    made.check()


@pytest.mark.parametrize(
    ("changes", "paid", "outcome"),
    [
        ({}, 1, "success"),
        ({"size": 5}, 1, "success"),
        ({"unit_cost_fen": 1001}, 2, "failed"),
        ({"unit_cost_fen": 900, "variable_cost_fen": 100}, 2, "success"),
        ({"unit_cost_fen": 900, "variable_cost_fen": 101}, 2, "failed"),
        ({"unit_cost_fen": 900, "fill_margin_floor_fen": 200}, 2, "success"),
        ({"unit_cost_fen": 900, "fill_margin_floor_fen": 201}, 2, "failed"),
        ({"fill_policy": "none"}, 2, "failed"),
        ({"fill_policy": "threshold", "fill_min_paid": 2}, 1, "failed"),
        ({"fill_policy": "threshold", "fill_min_paid": 2}, 2, "success"),
        ({"fill_policy": "threshold", "fill_min_ratio_bps": 6666}, 2, "success"),
        ({"fill_policy": "threshold", "fill_min_ratio_bps": 6667}, 2, "failed"),
    ],
)
def test_at_the_deadline_the_platform_completes_what_costs_it_nothing(
    changes: dict[str, Any], paid: int, outcome: str
) -> None:
    made = table(**changes)
    unit = started(made)
    for name in "bcd"[: paid - 1]:
        pay(made, unit, joined(made, name, unit))
    made.wait(timedelta(hours=25))
    found = made.unit(unit)
    assert found.outcome == outcome
    if outcome == "success":
        size = changes.get("size", 3)
        assert found.play.platform == size - paid and made.balance(REVENUE) == 1000 * paid
        assert stock(made) == paid, "the platform takes no goods"
        shown = [seat["kind"] for seat in made_show(made, unit)["seats"]]
        assert shown == ["paid"] * paid + ["platform"] * (size - paid)
    else:
        assert [owed.fen for owed in refunds(made)] == [1000] * paid
        pay_back(made)
        assert made.balance(REVENUE) == 0 and made.balance(OUTSIDE) == -made.budget and stock(made) == 0
    made.check()


def made_show(made: Table, unit: str) -> Any:
    return MODEL.show(made.unit(unit), frame_of(made.plan).settings)


def test_a_seat_that_is_held_at_the_deadline_is_filled_by_the_platform() -> None:
    made = table(size=2)
    unit = started(made)
    made.wait(timedelta(hours=23, minutes=50))
    order = joined(made, "b", unit)
    made.wait(timedelta(hours=1))
    assert made.unit(unit).outcome == "success" and group(made, unit).platform == 1
    pay(made, unit, order)
    late = [found for found in made.units() if found.unit != unit]
    assert len(late) == 1 and late[0].play.leader == "b" and late[0].status == "open"
    assert made.balance(f"escrow:{NAME}:{late[0].unit}") == 1000
    assert refused(pay(made, unit, order)) == "already_done"
    made.check()


def test_a_payment_after_a_failure_is_refunded_when_the_campaign_is_over() -> None:
    made = table()
    unit = made.play("a", "open")
    made.wait(20 * MINUTE)
    assert made.unit(unit).outcome == "unpaid"
    made.set_status("ended")
    pay(made, unit, f"{unit}-0")
    assert [(owed.payer, owed.fen, owed.reason) for owed in refunds(made)] == [("a", 1000, "late")]
    pay_back(made)
    assert made.balance(OUTSIDE) == -made.budget
    made.check()


def test_a_payment_of_another_sum_is_given_back() -> None:
    made = table()
    unit = made.play("a", "open")
    pay(made, unit, f"{unit}-0", 999)
    assert [owed.fen for owed in refunds(made)] == [999] and not group(made, unit).leader
    made.wait(20 * MINUTE)
    assert made.unit(unit).outcome == "unpaid"
    made.check()


def test_the_earliest_who_paid_leads_when_the_leader_leaves_and_the_deadline_stays() -> None:
    made = table(size=4)
    unit = started(made)
    orders = [joined(made, name, unit) for name in "bc"]
    for order in reversed(orders):
        made.wait(MINUTE)
        pay(made, unit, order)
    until = made.unit(unit).expires_at
    made.play("a", "leave", unit)
    assert group(made, unit).leader == "c" and made.unit(unit).expires_at == until
    for name in "cb":
        made.play(name, "leave", unit)
    assert made.unit(unit).outcome == "left" and len(refunds(made)) == 3 and stock(made) == 0
    pay_back(made)
    made.settle()
    assert made.balance(OUTSIDE) == -made.budget
    made.check()


def test_who_leaves_the_chat_group_keeps_the_seat() -> None:
    made = table()
    unit = started(made)
    made.leave("a")
    assert made.unit(unit).status == "open" and group(made, unit).leader == "a"


def test_a_refund_after_the_success_touches_nobody_else() -> None:
    made = table(size=2)
    unit = started(made)
    order = joined(made, "b", unit)
    pay(made, unit, order)
    assert not refused(made.system("refund", unit, order=order))
    assert refused(made.system("refund", unit, order=order)) == "wrong_state"
    found = made.unit(unit)
    assert found.outcome == "success" and [seat.state for seat in found.play.seats] == ["paid", "refunded"]
    assert made.balance(REVENUE) == 1000 and made.balance(f"escrow:{NAME}:{unit}") == 1000 and stock(made) == 2
    pay_back(made)
    assert made.balance(f"escrow:{NAME}:{unit}") == 0
    made.check()


def test_a_stop_refunds_everybody() -> None:
    made = table()
    unit = started(made)
    joined(made, "b", unit)
    made.set_status("stopped")
    assert made.unit(unit).outcome == "stopped" and len(refunds(made)) == 1 and stock(made) == 0
    pay_back(made)
    made.check()


def test_the_fee_for_leaving_is_the_shops_and_a_failure_costs_nobody_anything() -> None:
    made = table(refund_fee_fen=100)
    unit = started(made)
    pay(made, unit, joined(made, "b", unit))
    made.play("b", "leave", unit)
    assert refunds(made)[0].fen == 900 and made.balance(REVENUE) == 100
    made.set_status("stopped")
    assert [owed.fen for owed in refunds(made)] == [900, 1000]
    made.check()


def test_the_last_piece_and_the_limit_of_one_person() -> None:
    made = table(stock_total=2, limit_per_person=1)
    unit = started(made)
    assert not refused(made.play("b", "join", unit))
    assert refused(made.play("c", "join", unit)) == "stock_out"
    made.play("b", "leave", unit)
    made.settle()
    assert not refused(made.play("c", "join", unit))
    made = table(limit_per_person=1, size=2)
    unit = started(made)
    pay(made, unit, joined(made, "b", unit))
    assert refused(made.play("a", "open")) == "quota"


def test_what_the_payment_part_tells_reaches_the_group() -> None:
    made = table(size=2)
    unit = made.play("a", "open")
    for _ in range(2):
        made.send(OrderPaid(f"{unit}-0", unit, "a", 1000, "n1", "t1"), "a")
        made.settle()
    assert group(made, unit).leader == "a" and made.balance(f"escrow:{NAME}:{unit}") == 1000
    made.play("a", "leave", unit)
    for _ in range(2):
        made.send(OrderRefunded(f"{unit}-0", unit, "a", f"r-{unit}-0", 1000, 0), "a")
        made.settle()
    assert made.balance(f"escrow:{NAME}:{unit}") == 0 and made.balance(OUTSIDE) == -made.budget
    made.check()


def test_only_new_users_join_where_the_plan_says_so() -> None:
    made = table(new_user_join_only=True)
    made.enter("old", new=False)
    unit = started(made)
    assert refused(made.play("old", "join", unit)) == "not_new_user"
    assert not refused(made.play("old", "open"))
