"""Flash sale on paper: the line of those who wait, several pieces, deadlines for friends, cancelled and sent orders."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from tests.unit.features.campaigns.plans import END, START
from tests.unit.features.plays.table import HOLD, HOUR, NAME, Table, plan_with, refused
from tests.unit.features.plays.test_flash_sale import MINUTE, PLAN, pay, refunds, stock

from qunflow.domain.errors import InvalidInput
from qunflow.features.campaigns.mechanics.flash_state import Sale
from qunflow.features.campaigns.model import CampaignState, campaign_stream
from qunflow.features.campaigns.plan_model import check_model, read_model, with_setting
from qunflow.features.campaigns.running import StockRaised


def table(**changes: Any) -> Table:
    made = Table(plan_with({**PLAN, "waitlist": True, **changes}))
    for name in "abcdef":
        made.enter(name)
    return made


def rights(made: Table, names: str) -> list[str]:
    return [str(made.play(name, "open")) for name in names]


def sale(made: Table, unit: str) -> Sale:
    return made.unit(unit).play  # type: ignore[no-any-return]


def used(made: Table, counter: str) -> int:
    return made.paper.counter(f"play:{NAME}:{counter}").used


def line(made: Table) -> int:
    return used(made, "line")


def queued(made: Table, names: str, **changes: Any) -> list[str]:
    """The first has the only piece, the others wait for it, each a minute after the one before."""
    units = rights(made, names)
    assert not refused(made.play(names[0], "reserve", units[0]))
    for name, unit in zip(names[1:], units[1:], strict=True):
        made.wait(MINUTE)
        assert not refused(made.play(name, "wait", unit))
    return units


def test_what_is_not_paid_goes_to_who_waited_first_for_a_while_and_then_to_the_next() -> None:
    made = table(offer_min=10)
    units = queued(made, "abc")
    assert line(made) == 2
    made.wait(14 * MINUTE)
    assert sale(made, units[1]).line == "offered" and sale(made, units[2]).line == "waiting"
    assert (stock(made), line(made)) == (1, 1)
    made.wait(9 * MINUTE)
    assert sale(made, units[1]).line == "offered"
    made.wait(2 * MINUTE)
    assert sale(made, units[1]).line == "" and sale(made, units[2]).line == "offered"
    order = made.play("c", "reserve", units[2])
    pay(made, units[2], order)
    assert made.unit(units[2]).outcome == "sold" and stock(made) == 1 and line(made) == 0
    assert refused(made.play("b", "reserve", units[1])) == "stock_out"
    made.check()


def test_nobody_jumps_the_line_while_somebody_waits() -> None:
    made = table()
    units = queued(made, "ab")
    late = made.play("c", "open")
    made.slow = True
    made.play("a", "release", units[0])
    assert stock(made) == 0, "the piece is free, and on its way to b"
    assert refused(made.play("c", "reserve", late)) == "stock_out"
    made.now += MINUTE
    assert not refused(made.play("c", "wait", late))
    made.slow = False
    made.settle()
    assert sale(made, units[1]).line == "offered" and sale(made, late).line == "waiting"
    made.check()


def test_only_who_has_the_right_waits_once_and_not_while_there_is_stock() -> None:
    made = table(open_units=2, wins_per_person=2)
    first, second, third = (str(made.play(name, "open")) for name in "abb")
    assert refused(made.play("a", "wait", first)) == "in_stock"
    made.play("a", "reserve", first)
    assert refused(made.play("a", "wait", first)) == "wrong_state"
    assert refused(made.play("c", "wait", second)) == "unit_unknown"
    assert not refused(made.play("b", "wait", second))
    assert refused(made.play("b", "wait", second)) == "already_done"
    assert refused(made.play("b", "wait", third)) == "already_done", "one person stands in the line once"
    made = table(friends=1)
    assert refused(made.play("a", "wait", made.play("a", "open"))) == "wrong_state"
    made = table(waitlist=False)
    units = rights(made, "ab")
    made.play("a", "reserve", units[0])
    assert refused(made.play("b", "wait", units[1])) == "move_unknown"


def test_who_leaves_the_line_or_declines_makes_room() -> None:
    made = table()
    units = queued(made, "abcd")
    assert not refused(made.play("b", "stop_waiting", units[1]))
    assert refused(made.play("b", "stop_waiting", units[1])) == "wrong_state"
    made.play("a", "release", units[0])
    made.settle()
    assert sale(made, units[2]).line == "offered"
    made.play("c", "stop_waiting", units[2])
    made.settle()
    assert sale(made, units[3]).line == "offered" and stock(made) == 1 and line(made) == 0
    assert not refused(made.play("b", "wait", units[1])), "and may come back, at the end"
    made.check()


def test_an_offered_order_that_is_not_paid_goes_on_down_the_line_even_if_the_right_holds_pieces() -> None:
    made = table(right_holds_stock=True, stock_total=1)
    units = rights(made, "abc")
    assert [sale(made, unit).held for unit in units] == [True, False, False]
    for name, unit in zip("bc", units[1:], strict=True):
        made.wait(MINUTE)
        assert not refused(made.play(name, "wait", unit))
    made.leave("a", "kicked")
    assert sale(made, units[1]).line == "offered"
    made.play("b", "reserve", units[1])
    made.wait(16 * MINUTE)
    assert not sale(made, units[1]).held and sale(made, units[2]).line == "offered"
    made.check()


def test_a_late_payment_finds_its_piece_offered_and_is_refunded() -> None:
    made = table()
    units = queued(made, "ab")
    made.wait(20 * MINUTE)
    assert sale(made, units[1]).line == "offered"
    pay(made, units[0], f"{units[0]}-0")
    assert refunds(made) == [("a", 100)] and stock(made) == 1
    order = made.play("b", "reserve", units[1])
    assert not refused(pay(made, units[1], order)) and made.balance(f"revenue:{NAME}") == 100
    made.check()


def test_an_offer_is_taken_outside_of_the_sessions_too() -> None:
    made = table(sessions=[{"start": "09:00", "end": "09:10"}])
    units = queued(made, "ab")
    made.wait(20 * MINUTE)
    assert sale(made, units[1]).line == "offered"
    assert refused(made.play("c", "reserve", made.play("c", "open"))) == "not_on_sale"
    assert not refused(made.play("b", "reserve", units[1]))


def test_who_left_the_group_is_passed_over_and_stands_at_the_end_again() -> None:
    made = table()
    units = queued(made, "abc")
    made.leave("b")
    assert line(made) == 1
    made.play("a", "release", units[0])
    made.settle()
    assert sale(made, units[2]).line == "offered"
    made.join("b")
    assert line(made) == 1 and sale(made, units[1]).line == "waiting"
    made.play("c", "stop_waiting", units[2])
    made.settle()
    assert sale(made, units[1]).line == "offered"
    made.check()


def test_raised_stock_goes_to_the_line_first_and_as_far_as_it_reaches() -> None:
    made = table()
    units = queued(made, "abcd")
    state: CampaignState = made.paper.state(campaign_stream(NAME))
    assert state.plan is not None
    made.plan = with_setting(state.plan, "stock_total", 3)
    made.record(campaign_stream(NAME), StockRaised("stock_total", 3))
    made.wait(MINUTE)
    assert [sale(made, unit).line for unit in units[1:]] == ["offered", "offered", "waiting"]
    assert stock(made) == 3
    made.check()


def test_while_the_campaign_is_paused_nothing_is_offered_and_afterwards_it_is() -> None:
    made = table()
    units = queued(made, "ab")
    made.set_status("paused")
    made.wait(20 * MINUTE)
    assert sale(made, units[1]).line == "waiting" and stock(made) == 0
    made.set_status("running")
    made.wait(2 * MINUTE)
    assert sale(made, units[1]).line == "offered"
    made.check()


def test_the_end_empties_the_line_and_gives_every_piece_back() -> None:
    made = table()
    units = queued(made, "abc")
    made.set_status("stopped")
    assert {made.unit(unit).outcome for unit in units} == {"stopped"}
    assert (stock(made), line(made)) == (0, 0)
    made.wait(timedelta(days=1))
    assert not [timer for timer in made.paper.timers.values() if timer.name in ("pass_on", "sweep")]
    made.check()


def test_a_lost_right_loses_its_place_and_its_offer() -> None:
    made = Table(
        plan_with({**PLAN, "friends": 1, "waitlist": True, "helps_per_helper": 9}, leave_policy="revoke_until_end")
    )
    for name in "abcxyz":
        made.enter(name)
    units = rights(made, "abc")
    for friend, unit in zip("xyz", units, strict=True):
        made.play(friend, "help", unit)
    made.wait(HOLD + HOUR)
    made.play("a", "reserve", units[0])
    for name, unit in zip("bc", units[1:], strict=True):
        made.wait(MINUTE)
        assert not refused(made.play(name, "wait", unit))
    made.play("a", "release", units[0])
    made.settle()
    assert sale(made, units[1]).line == "offered"
    made.leave("y")
    assert sale(made, units[1]).status == "collecting" and sale(made, units[2]).line == "offered"
    made.leave("z")
    assert (stock(made), line(made)) == (0, 0)
    made.check()


def test_an_order_that_the_owner_cancels_frees_its_piece_and_the_right_stays() -> None:
    made = table(waitlist=False)
    unit = made.play("a", "open")
    order = made.play("a", "reserve", unit)
    assert not refused(made.play("a", "release", unit)) and stock(made) == 0
    assert refused(made.play("a", "release", unit)) == "wrong_state"
    assert not refused(pay(made, unit, order)), "a payment that comes all the same is a late one"
    assert made.unit(unit).outcome == "sold" and stock(made) == 1
    made.check()


def test_several_pieces_in_an_order_and_no_more_than_one_person_may_have() -> None:
    made = table(stock_total=5, limit_per_order=2, limit_per_person=3, wins_per_person=3, shipping_fen=50)
    unit = made.play("a", "open")
    assert refused(made.play("a", "reserve", unit, pieces=3)) == "quota"
    order = made.play("a", "reserve", unit, pieces=2)
    assert stock(made) == 2 and used(made, "bought:a") == 2
    assert not refused(pay(made, unit, order, 250)) and made.balance(f"revenue:{NAME}") == 250
    second = made.play("a", "open")
    assert refused(made.play("a", "reserve", second, pieces=2)) == "quota"
    order = made.play("a", "reserve", second)
    made.wait(20 * MINUTE)
    assert used(made, "bought:a") == 2 and stock(made) == 2
    assert not refused(made.system("refund", unit, order=f"{unit}-0")) and refunds(made) == [("a", 250)]
    made.check()


def test_a_right_that_holds_one_piece_needs_one_more_for_two() -> None:
    made = table(stock_total=2, limit_per_order=2, right_holds_stock=True, waitlist=False)
    first, second = rights(made, "ab")
    assert stock(made) == 2
    assert refused(made.play("a", "reserve", first, pieces=2)) == "stock_out"
    made.leave("b", "kicked")
    assert stock(made) == 1 and not refused(made.play("a", "reserve", first, pieces=2))
    made.wait(20 * MINUTE)
    assert stock(made) == 1 and sale(made, first).held, "the right keeps its own"
    assert made.unit(second).outcome == "cancelled"
    made.check()


def test_a_late_payment_of_two_pieces_needs_two() -> None:
    made = table(stock_total=2, limit_per_order=2, waitlist=False)
    unit, other = rights(made, "ab")
    order = made.play("a", "reserve", unit, pieces=2)
    made.wait(20 * MINUTE)
    made.play("b", "reserve", other)
    pay(made, unit, order, 200)
    assert refunds(made) == [("a", 200)] and stock(made) == 1
    made.check()


def test_friends_are_gathered_until_the_deadline_of_all() -> None:
    deadline = START + timedelta(hours=30)
    made = table(friends=1, qualify_by=deadline.isoformat(), unit_ttl_hours=48)
    unit, other = rights(made, "ab")
    assert made.unit(unit).expires_at == deadline
    made.wait(29 * HOUR)
    assert not refused(made.play("c", "help", unit))
    made.wait(2 * HOUR)
    assert made.unit(other).outcome == "expired" and made.unit(unit).status == "open", "a hold that runs is waited for"
    assert refused(made.play("d", "open")) == "expired"
    made.wait(HOLD)
    assert sale(made, unit).status == "qualified"
    made.check()


def test_goods_that_were_sent_can_still_be_refunded_and_restock_nothing() -> None:
    made = table(waitlist=False)
    unit = made.play("a", "open")
    order = made.play("a", "reserve", unit)
    assert refused(made.system("fulfil", unit, by="staff")) == "wrong_state"
    pay(made, unit, order)
    assert not refused(made.system("fulfil", unit, by="staff")) and sale(made, unit).status == "fulfilled"
    assert refused(made.system("fulfil", unit, by="staff")) == "wrong_state"
    assert not refused(made.system("refund", unit, order=order)) and stock(made) == 1
    assert refused(made.system("refund", unit, order=order)) == "wrong_state"
    made.check()


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"limit_per_order": 3, "limit_per_person": 2}, "model.limit_per_order"),
        ({"qualify_by": (END + HOUR).isoformat()}, "model.qualify_by"),
        ({"qualify_by": START.isoformat()}, "model.qualify_by"),
        (
            {"sessions": [{"start": "10:00", "end": "12:00"}, {"start": "11:59", "end": "13:00"}]},
            "model.sessions[1].start",
        ),
    ],
)
def test_terms_that_contradict_each_other_are_refused(changes: dict[str, Any], field: str) -> None:
    with pytest.raises(InvalidInput) as caught:
        check_model(plan_with({**PLAN, **changes}))
    assert caught.value.field == field and caught.value.rule and caught.value.way_out


@pytest.mark.parametrize(("name", "value"), [("offer_min", 4), ("limit_per_order", 11), ("waitlist", "yes")])
def test_terms_outside_their_bounds_are_refused_by_name(name: str, value: Any) -> None:
    with pytest.raises(InvalidInput) as caught:
        read_model("model", {**PLAN, name: value})
    assert caught.value.field == f"model.{name}"


def test_units_from_before_there_was_a_line_fold_and_play_on() -> None:
    made = table()
    unit = made.play("a", "open")
    state = made.unit(unit)
    old = {"status": "qualified", "order": "", "orders": 0, "held": False, "owed": {}}
    made.paper.states[f"unit:{NAME}:{unit}"] = replace(state, play=old)
    assert not refused(made.play("a", "reserve", unit))
