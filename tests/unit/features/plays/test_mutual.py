"""Mutual benefit on paper: both sides, holds, leaving with and without having used the gift, refunds."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from tests.unit.features.plays.table import HOLD, HOUR, NAME, Table, plan_with, refused

PLAN: dict[str, Any] = {
    "kind": "mutual",
    "helper_reward_fen": 500,
    "sharer_reward_fen": 800,
    "packets": 2,
    "gifts": 2,
    "min_order_fen": 3000,
}
DAY = timedelta(days=1)


def table(**changes: Any) -> Table:
    made = Table(plan_with({**PLAN, **changes}))
    for name in "sabcd":
        made.enter(name)
    return made


def fen(made: Table, who: str) -> tuple[int, int]:
    return made.balance(f"pending:{who}"), made.balance(f"available:{who}")


def used(made: Table, who: str, unit: str, paid: int = 5000) -> Any:
    return made.system("used", unit, who, order=f"o-{who}", fen=paid)


def test_the_friend_is_rewarded_for_joining_and_the_sharer_for_the_friends_order() -> None:
    made = table()
    unit = made.play("s", "open")
    assert made.play("a", "take", unit) == 1
    assert fen(made, "a") == (500, 0) and fen(made, "s") == (0, 0)
    assert not refused(used(made, "a", unit))
    assert fen(made, "s") == (800, 0)
    made.wait(HOLD + HOUR)
    assert fen(made, "a") == (0, 500) and fen(made, "s") == (0, 800)
    made.check()


def test_a_packet_has_so_many_gifts_and_a_friend_takes_one() -> None:
    made = table()
    unit = made.play("s", "open")
    assert refused(made.play("s", "take", unit)) == "self_help"
    for name in "ab":
        assert not refused(made.play(name, "take", unit))
    assert refused(made.play("a", "take", unit)) == "already_helped"
    assert refused(made.play("c", "take", unit)) == "unit_full"
    made.leave("b")
    assert not refused(made.play("c", "take", unit))
    other = made.play("d", "open")
    assert refused(made.play("a", "take", other)) == "helper_quota"
    assert refused(made.play("a", "open")) == "stock_out"


def test_who_leaves_inside_the_hold_gives_back_an_unused_gift_and_keeps_a_used_one() -> None:
    made = table()
    unit = made.play("s", "open")
    for name in "ab":
        made.play(name, "take", unit)
    used(made, "a", unit)
    for name in "ab":
        made.leave(name)
    assert fen(made, "a") == (0, 500) and fen(made, "b") == (0, 0) and fen(made, "s") == (0, 0)
    assert refused(used(made, "b", unit)) == "wrong_state"
    made.check()


def test_a_small_order_uses_nothing_and_a_gift_is_used_once_and_in_time() -> None:
    made = table(unit_ttl_hours=240)
    unit = made.play("s", "open")
    made.play("a", "take", unit)
    assert refused(used(made, "a", unit, 2999)) == "below_minimum"
    assert not refused(used(made, "a", unit))
    assert refused(used(made, "a", unit)) == "wrong_state"
    made.play("b", "take", unit)
    made.wait(7 * DAY)
    assert refused(used(made, "b", unit)) in ("expired", "wrong_state")
    assert fen(made, "b") == (0, 500), "what the friend got for joining stays"
    made.wait(5 * DAY)
    assert made.unit(unit).outcome == "done"
    made.check()


def test_a_refund_takes_the_sharers_reward_back_also_after_the_end() -> None:
    made = table(helper_reward_at="order")
    unit = made.play("s", "open")
    made.play("a", "take", unit)
    assert fen(made, "a") == (0, 0)
    used(made, "a", unit)
    made.wait(3 * DAY)
    assert made.unit(unit).outcome == "done" and fen(made, "s") == (0, 800) and fen(made, "a") == (0, 500)
    assert not refused(made.system("refunded", unit, "a", order="o-a"))
    assert refused(made.system("refunded", unit, "a", order="o-a")) == "wrong_state"
    made.settle()
    assert fen(made, "s") == (0, 0) and fen(made, "a") == (0, 0)
    assert made.balance(f"budget:{NAME}") == made.budget
    made.check()


def test_both_or_none() -> None:
    made = table(both_or_none=True)
    unit = made.play("s", "open")
    made.play("a", "take", unit)
    assert fen(made, "a") == (0, 0)
    used(made, "a", unit)
    assert fen(made, "a") == (500, 0) and fen(made, "s") == (800, 0)
    made.leave("a")
    assert fen(made, "a") == (0, 0) and fen(made, "s") == (0, 0)
    made.check()


def test_a_stop_keeps_what_was_promised_and_takes_no_more() -> None:
    made = table(sharer_reward_at="join")
    unit = made.play("s", "open")
    made.play("a", "take", unit)
    made.set_status("stopped")
    assert refused(made.play("b", "take", unit)) == "not_running"
    made.wait(2 * DAY)
    assert fen(made, "a") == (0, 500) and fen(made, "s") == (0, 800) and made.unit(unit).outcome == "done"
    made.check()
