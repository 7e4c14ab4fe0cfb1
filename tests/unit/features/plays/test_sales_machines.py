"""Models that sell, under random moves: seats and stock are never oversold, and no fen of a payment is left over."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import invariant, rule, run_state_machine_as_test
from tests.unit.features.plays.table import NAME
from tests.unit.features.plays.test_machines import PEOPLE, BoostMachine, Machine

from qunflow.domain.decisions import Rejection
from qunflow.domain.events import OrderMade, RefundOwed
from qunflow.features.campaigns.mechanics.flash_state import Sale
from qunflow.features.campaigns.mechanics.group_state import Group
from qunflow.features.campaigns.mechanics.mechanic import Unit
from qunflow.features.campaigns.mechanics.models import MODELS

#: A flash sale in these states counts for what its buyer may have.
ORDERED = ("reserved", "sold", "fulfilled", "refunded")


class SalesMachine(Machine):
    """Payments and refunds come when they like, twice, and for what is long over."""

    def orders(self) -> list[OrderMade]:
        return [event.body for event in self.table.paper.log if isinstance(event.body, OrderMade)]

    def owed(self) -> list[RefundOwed]:
        return [event.body for event in self.table.paper.log if isinstance(event.body, RefundOwed)]

    @rule(place=st.integers(0, 30), short=st.integers(0, 15), again=st.booleans())
    def pay(self, place: int, short: int, again: bool) -> None:
        orders = self.orders()
        if orders:
            order = orders[-1 - place % min(len(orders), 6)]
            fen = order.fen - (1 if short == 0 else 0)
            for _ in range(2 if again else 1):
                found = self.table.system("pay", order.unit, order=order.order, fen=fen)
                if not isinstance(found, Rejection):
                    self.came = getattr(self, "came", 0) + fen

    @rule(who=st.sampled_from(PEOPLE), place=st.integers(0, 30), times=st.integers(1, 3))
    def buy(self, who: str, place: int, times: int) -> None:
        """Some people in a row take the first step and pay at once."""
        first = PEOPLE.index(who)
        for number in range(times):
            before = len(self.orders())
            self.step(PEOPLE[(first + number) % len(PEOPLE)], place)
            if len(self.orders()) > before:
                self.pay(0, 1, False)

    def step(self, who: str, place: int) -> None:
        """One person's move towards an order."""
        running = [unit.unit for unit in self.units() if unit.status == "open"]
        if running:
            self.table.play(who, self.moves[0], running[place % len(running)])
        else:
            self.open(who)

    @rule(place=st.integers(0, 30))
    def give_back(self, place: int) -> None:
        orders = self.orders()
        if orders:
            order = orders[place % len(orders)]
            self.table.system("refund", order.unit, order=order.order)

    @rule(place=st.integers(0, 30))
    def refund_arrives(self, place: int) -> None:
        owed = self.owed()
        if owed:
            self.arrives(owed[place % len(owed)])

    def arrives(self, owed: RefundOwed) -> None:
        found = self.table.system("refund_done", owed.unit, refund=owed.refund)
        if not isinstance(found, Rejection):
            self.went = getattr(self, "went", 0) + owed.fen

    @invariant()
    def a_refund_is_owed_once(self) -> None:
        if hasattr(self, "table"):
            ids = [owed.refund for owed in self.owed()]
            assert len(ids) == len(set(ids))

    @invariant()
    def escrow_is_what_is_unearned_or_owed(self) -> None:
        for unit in self.units():
            kept = self.unearned(unit) + sum(unit.play.owed.values())
            assert self.table.balance(f"escrow:{NAME}:{unit.unit}") == kept == MODELS[unit.model].in_escrow(unit)

    def unearned(self, unit: Unit) -> int:
        return 0

    def kept(self, unit: Unit) -> Any:
        return unit.status, unit.outcome, unit.helps

    def teardown(self) -> None:
        if not hasattr(self, "table"):
            return
        super().teardown()
        for owed in self.owed():
            self.arrives(owed)
        self.table.settle()
        came, went = getattr(self, "came", 0), getattr(self, "went", 0)
        earned = self.table.balance(f"revenue:{NAME}")
        left = sum(self.unearned(unit) for unit in self.units())
        assert came == went + earned + left, "every fen that came is earned, went back, or is in a running unit"
        assert self.counted() == self.used("stock")
        self.table.check()

    def counted(self) -> int:
        """Pieces that are somebody's."""
        return 0

    def used(self, counter: str) -> int:
        return self.table.paper.counter(f"play:{NAME}:{counter}").used


class GroupMachine(SalesMachine):
    model = {
        "kind": "group-buy",
        "item": "mug",
        "price_fen": 1000,
        "leader_discount_fen": 100,
        "unit_cost_fen": 500,
        "stock_total": 5,
        "limit_per_person": 2,
        "refund_fee_fen": 30,
        "size": 3,
    }
    moves = ("join", "join", "join", "leave")

    def check_unit(self, unit: Unit) -> None:
        group: Group = unit.play
        assert group.taken + group.platform <= 3
        people = [seat.person for seat in (*group.held, *group.paid)]
        if group.status == "open":
            assert len(people) == len(set(people))
            assert (group.leader in {seat.person for seat in group.paid}) or not group.paid
        if unit.outcome == "success" and "refunded" not in {seat.state for seat in group.seats}:
            assert len(group.paid) + group.platform == 3
        if unit.status == "closed":
            assert not group.held

    def unearned(self, unit: Unit) -> int:
        return sum(seat.fen for seat in unit.play.paid) if unit.play.status == "open" else 0

    def counted(self) -> int:
        kept = [seat for unit in self.units() for seat in unit.play.seats if seat.state in ("held", "paid", "refunded")]
        running = [unit for unit in self.units() if unit.play.status == "open" and unit.status != "closed"]
        seated = [seat.person for unit in running for seat in (*unit.play.held, *unit.play.paid)]
        for person in PEOPLE:
            assert self.used(f"bought:{person}") == sum(seat.pieces for seat in kept if seat.person == person)
            assert self.used(f"seated:{person}") == seated.count(person)
        waits = self.model.get("reserve_stock_at") == "pay"
        return sum(seat.pieces for seat in kept if not (waits and seat.state == "held"))

    @invariant()
    def the_lobby_holds_who_can_be_joined(self) -> None:
        """Groups with a leader and a free seat, and no others; nobody sits in two open groups unless they may."""
        if not hasattr(self, "table"):
            return
        listed = {key for scope, key in self.table.paper.claims if scope == f"list:lobby:{NAME}"}
        open_now = [unit for unit in self.units() if unit.status == "open" and unit.play.status == "open"]
        size = int(self.model.get("size", 3))
        assert listed == {
            unit.unit
            for unit in open_now
            if unit.play.leader and unit.play.taken < size and unit.play.fills_at is None and self.matches
        }
        if self.model.get("one_open_group", True):
            people = [seat.person for unit in open_now for seat in (*unit.play.held, *unit.play.paid)]
            assert len(people) == len(set(people))

    matches = True


class GroupNoFillMachine(GroupMachine):
    model = {**GroupMachine.model, "fill_policy": "none", "size": 2, "auto_match": False}
    matches = False

    def check_unit(self, unit: Unit) -> None:
        assert unit.play.platform == 0 and unit.play.taken <= 2


class GroupPiecesMachine(GroupMachine):
    """Several pieces in an order, set aside when they are paid, in several groups at a time; the fill waits."""

    model = {
        **GroupMachine.model,
        "limit_per_order": 2,
        "limit_per_person": 3,
        "one_open_group": False,
        "open_units": 2,
        "reserve_stock_at": "pay",
        "fill_delay_min": 61,
    }

    @rule(who=st.sampled_from(PEOPLE), place=st.integers(0, 30), opens=st.booleans())
    def order_two(self, who: str, place: int, opens: bool) -> None:
        running = [unit.unit for unit in self.units() if unit.status == "open"]
        if opens or not running:
            self.table.play(who, "open", pieces=2)
        else:
            self.table.play(who, "join", running[place % len(running)], pieces=2)


class FlashMachine(SalesMachine):
    policy = "revoke_until_end"
    model = {
        "kind": "flash-sale",
        "item": "mug",
        "price_fen": 100,
        "stock_total": 2,
        "friends": 0,
        "wins_per_person": 2,
    }
    moves = ("reserve", "reserve", "help")

    def step(self, who: str, place: int) -> None:
        mine = [unit.unit for unit in self.units() if unit.status == "open" and unit.owner == who]
        if mine:
            self.table.play(who, "reserve", mine[0])
        else:
            self.open(who)

    def check_unit(self, unit: Unit) -> None:
        sale: Sale = unit.play
        assert self.used("stock") <= 2
        assert (sale.status in ("reserved", "sold", "refunded")) <= sale.held
        if unit.status == "closed" and unit.outcome != "sold":
            assert sale.status not in ("sold", "refunded")

    def kept(self, unit: Unit) -> Any:
        return unit.status, unit.outcome

    def counted(self) -> int:
        kept = [unit for unit in self.units() if unit.outcome in ("", "sold")]
        for person in PEOPLE:
            ordered = [unit for unit in kept if unit.owner == person and unit.play.status in ORDERED]
            assert self.used(f"bought:{person}") == sum(unit.play.pieces for unit in ordered)
        return sum(unit.play.set_aside for unit in kept)


class FlashFriendsMachine(FlashMachine):
    """The right needs a friend, and holds a piece."""

    model = {
        **FlashMachine.model,
        "friends": 1,
        "right_holds_stock": True,
        "unit_ttl_hours": 48,
        "helps_per_helper": 3,
    }

    def step(self, who: str, place: int) -> None:
        mine = [unit for unit in self.units() if unit.status == "open" and unit.owner == who]
        if not mine:
            self.open(who)
            mine = [unit for unit in self.units() if unit.status == "open" and unit.owner == who]
        for unit in mine:
            if unit.play.status == "collecting":
                self.table.play(PEOPLE[place % len(PEOPLE)], "help", unit.unit)
                self.table.wait(timedelta(hours=25))
            self.table.play(who, "reserve", unit.unit)


class FlashLineMachine(FlashMachine):
    """Two pieces and a line of those who wait; one person has at most three pieces."""

    model = {**FlashMachine.model, "waitlist": True, "offer_min": 20, "limit_per_order": 2, "limit_per_person": 3}
    moves = ("reserve", "wait", "wait", "wait", "release", "stop_waiting")

    def step(self, who: str, place: int) -> None:
        mine = [unit for unit in self.units() if unit.status == "open" and unit.owner == who]
        if not mine:
            self.open(who)
        for unit in mine:
            found = self.table.play(who, "reserve", unit.unit, pieces=1 + place % 2)
            if isinstance(found, Rejection):
                self.table.play(who, "wait", unit.unit)

    @invariant()
    def the_line_is_who_waits_and_nobody_stands_in_it_twice(self) -> None:
        if not hasattr(self, "table"):
            return
        claims = self.table.paper.claims
        waiting = [unit for unit in self.units() if unit.status == "open" and unit.play.line == "waiting"]
        assert {key for scope, key in claims if scope == f"list:line:{NAME}"} == {unit.unit for unit in waiting}
        assert self.used("line") == len(waiting)
        inside = [unit.owner for unit in self.units() if unit.status != "closed" and unit.play.line]
        assert len(inside) == len(set(inside))
        assert {key for scope, key in claims if scope == "play:waiter"} == {f"{NAME}:{owner}" for owner in inside}

    @invariant()
    def a_free_piece_is_on_its_way_to_who_waits(self) -> None:
        if hasattr(self, "table") and self.used("line") and self.used("stock") < 2:
            coming = [item.body for item in self.table.queue if getattr(item.body, "move", "") == "pass_on"]
            clocks = [timer for timer in self.table.paper.timers.values() if timer.name == "pass_on"]
            assert coming or clocks


class FlashLineRightsMachine(FlashLineMachine):
    """The right needs a friend, may be lost again, and holds a piece while there is one."""

    policy = "revoke_until_end"
    model = {
        **FlashLineMachine.model,
        "friends": 1,
        "right_holds_stock": True,
        "unit_ttl_hours": 48,
        "helps_per_helper": 3,
    }

    def step(self, who: str, place: int) -> None:
        super().step(who, place)
        for unit in self.units():
            if unit.status == "open" and unit.owner == who and unit.play.status == "collecting":
                self.table.play(PEOPLE[place % len(PEOPLE)], "help", unit.unit)
                self.table.wait(timedelta(hours=25))


class FreeClaimMachine(FlashMachine):
    model = {**FlashMachine.model, "price_fen": 0}


class BargainMachine(SalesMachine, BoostMachine):
    model = {
        "kind": "bargain",
        "item": "mug",
        "original_fen": 900,
        "floor_fen": 200,
        "stock_total": 1,
        "helpers": 2,
        "buy_early": True,
        "helps_per_helper": 3,
    }
    moves = ("help", "help", "order", "cancel")

    def step(self, who: str, place: int) -> None:
        """The owner orders what can be ordered; else friends help."""
        running = [unit for unit in self.units() if unit.status == "open"]
        if not running:
            self.open(who)
            return
        unit = running[place % len(running)]
        if unit.play.status == "open" and place % 4:
            self.table.play(who, "help", unit.unit)
        self.table.play(unit.owner, "order", unit.unit)

    @invariant()
    def nobody_helps_more_often_than_once(self) -> None:
        """Here three helps are allowed, one on each unit."""

    def unearned(self, unit: Unit) -> int:
        return unit.play.fen if unit.play.status == "paid" and unit.status != "closed" else 0

    def kept(self, unit: Unit) -> Any:
        return unit.status, unit.outcome, unit.helps, unit.play.taken

    def counted(self) -> int:
        return sum(unit.play.reserved for unit in self.units() if unit.outcome in ("", "done", "refunded"))


class BargainAtOpenMachine(BargainMachine):
    policy = "revoke_until_end"
    model = {**BargainMachine.model, "reserve_stock_at": "open", "buy_early": False, "unit_ttl_hours": 72}


class BargainAtOrderMachine(BargainMachine):
    model = {**BargainMachine.model, "reserve_stock_at": "order", "floor_fen": 0, "ship_after_hold": False}


MACHINES = (
    BargainMachine,
    BargainAtOpenMachine,
    BargainAtOrderMachine,
    GroupMachine,
    GroupNoFillMachine,
    GroupPiecesMachine,
    FlashMachine,
    FlashFriendsMachine,
    FlashLineMachine,
    FlashLineRightsMachine,
    FreeClaimMachine,
)


@pytest.mark.parametrize("machine", MACHINES, ids=lambda machine: machine.__name__)
def test_a_model_that_sells_keeps_its_promises_whatever_happens(machine: type[Machine]) -> None:
    run_state_machine_as_test(
        machine,
        settings=settings(
            max_examples=12, stateful_step_count=40, deadline=None, suppress_health_check=list(HealthCheck)
        ),
    )
