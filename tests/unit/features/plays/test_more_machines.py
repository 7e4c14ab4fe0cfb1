"""Distribution, cards, gifts and check-ins under random moves, repeats, leaves and overtaking messages."""

from __future__ import annotations

from collections import Counter
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import initialize, invariant, rule, run_state_machine_as_test
from tests.unit.features.plays.table import NAME, Table, plan_with
from tests.unit.features.plays.test_machines import BUDGET, PEOPLE, Machine

from qunflow.domain.clock import local_date
from qunflow.features.campaigns.mechanics import mutual
from qunflow.features.campaigns.mechanics.cards_state import CardDrawn, Composed, Hand
from qunflow.features.campaigns.mechanics.distribution import commission
from qunflow.features.campaigns.mechanics.distribution_state import Book
from qunflow.features.campaigns.mechanics.mechanic import Unit
from qunflow.features.campaigns.mechanics.streak import Sheet
from qunflow.features.campaigns.plan_model import frame_of
from qunflow.features.campaigns.plays.model import Play
from qunflow.features.payouts.model import (
    ApprovePayout,
    ListPayout,
    RejectPayout,
    RetryPayout,
    SettlePayout,
    payout_stream,
)

PARENTS = dict(zip(PEOPLE, ("", "a", "b", "c", "a", "e", ""), strict=True))


class FamilyMachine(Machine):
    """People who brought each other."""

    @initialize()
    def begin(self) -> None:
        self.table = Table(plan_with(self.model, leave_policy=self.policy), BUDGET)
        for name in PEOPLE:
            self.table.enter(name, PARENTS[name])
        self.closed: dict[str, Unit] = {}
        self.ended = False


class DistributionMachine(FamilyMachine):
    model = {
        "kind": "distribution",
        "sales_fen": 10000,
        "levels": 2,
        "freeze_days": 1,
        "withdraw_min_fen": 1,
        "withdraw_fee_bps": 1000,
        "self_buy": True,
        "ranks": [{"rate1_bps": 4000, "rate2_bps": 600, "buyers": 2}],
        "cap_bps": 6000,
    }
    opening = ("enrol", {})

    @initialize()
    def begin(self) -> None:
        super().begin()
        for name in "abce":
            self.table.play(name, "enrol")

    @rule(buyer=st.sampled_from(PEOPLE), order=st.integers(0, 6), fen=st.integers(1, 3000), refund=st.integers(0, 3000))
    def deliver_a_sale(self, buyer: str, order: int, fen: int, refund: int) -> None:
        """The usual way: paid, received, free a day later, perhaps given back in part."""
        self.sell(buyer, order, fen)
        sales = [unit.unit for unit in self.units() if unit.play.order == f"o{order}"]
        for unit in sales:
            self.table.system("received", unit)
            self.table.wait(timedelta(hours=25))
            if refund % 2:
                self.table.system("refunded", unit, refund=f"r{refund % 5}", fen=refund)

    @rule(buyer=st.sampled_from(PEOPLE), order=st.integers(0, 6), fen=st.integers(1, 3000))
    def sell(self, buyer: str, order: int, fen: int) -> None:
        self.table.system("order_paid", "", buyer, order=f"o{order}", fen=fen)

    @rule(place=st.integers(0, 9), move=st.sampled_from(["received", "received", "refund_asked", "refunded"]))
    def about_a_sale(self, place: int, move: str) -> None:
        self.step(place, move, {"refund": f"r{place % 3}"} if move == "refund_asked" else {})

    @rule(place=st.integers(0, 9), refund=st.integers(0, 3), fen=st.integers(0, 3000))
    def give_back(self, place: int, refund: int, fen: int) -> None:
        self.step(place, "refunded", {"refund": f"r{refund}", "fen": fen})

    def step(self, place: int, move: str, params: dict[str, Any]) -> None:
        sales = [unit for unit in self.units() if unit.play.order]
        if sales and (move != "refunded" or params):
            self.table.system(move, sales[place % len(sales)].unit, **params)

    @rule(who=st.sampled_from(PEOPLE), fen=st.integers(1, 600))
    def withdraw(self, who: str, fen: int) -> None:
        found = self.table.withdraw(who, fen)
        if isinstance(found, str):
            self.asked = [*getattr(self, "asked", []), found]

    @rule(place=st.integers(0, 9), step=st.integers(0, 5))
    def audit(self, place: int, step: int) -> None:
        asked = getattr(self, "asked", [])
        if asked:
            number = asked[place % len(asked)]
            net = self.table.paper.state(payout_stream(number)).net
            body = (
                ApprovePayout(number, "amy"),
                RejectPayout(number, "amy", "other"),
                ListPayout(number, "list"),
                SettlePayout(number, "paid", net, "amy"),
                SettlePayout(number, "failed", net, "amy"),
                RetryPayout(number, "amy"),
            )[step]
            found = self.table.send(body, "")
            if step == 5 and isinstance(found, str) and found not in asked:
                self.asked = [*asked, found]

    @invariant()
    def what_is_set_aside_is_on_its_way(self) -> None:
        if hasattr(self, "table"):
            states = [self.table.paper.state(payout_stream(number)) for number in getattr(self, "asked", [])]
            waiting = sum(one.fen for one in states if one.status in ("requested", "audited", "sending"))
            paid = [one for one in states if one.status == "paid"]
            assert self.table.balance("clearing:manual") == waiting
            assert self.table.balance("external:manual") == sum(one.net for one in paid)

    def check_unit(self, unit: Unit) -> None:
        book: Book = unit.play
        assert len(book.lines) <= 2 and 0 <= book.refunded <= book.base
        assert len({line.person for line in book.lines}) == len(book.lines)
        family = [book.buyer, PARENTS.get(book.buyer, ""), PARENTS.get(PARENTS.get(book.buyer, ""), "")]
        assert all(line.person in family for line in book.lines)

    @invariant()
    def an_order_earns_once(self) -> None:
        orders = [unit.play.order for unit in self.units() if unit.play.order]
        assert len(orders) == len(set(orders))

    def teardown(self) -> None:
        super().teardown()
        if not hasattr(self, "table"):
            return
        for who in PEOPLE:
            due = sum(
                commission(unit.play.base, unit.play.refunded, line.rate_bps)
                for unit in self.units()
                for line in unit.play.lines
                if line.person == who
            )
            state = self.table.person(who)
            held = sum(state.contest.held.values()) if state.contest is not None else 0
            posted = sum(amounts.total for amounts in state.posted.values())
            assert posted <= due and (held or posted == due)
            confirmed: dict[str, int] = {}
            for unit in self.units():
                book = unit.play
                if book.status == "released" and any(line.person == who and line.level == 1 for line in book.lines):
                    confirmed[book.buyer] = confirmed.get(book.buyer, 0) + book.base - book.refunded
            for unit in self.units():
                if unit.owner == who:
                    counted = {buyer: fen for buyer, fen in unit.play.buyers.items() if fen}
                    assert counted == {buyer: fen for buyer, fen in confirmed.items() if fen}


class CardsMachine(FamilyMachine):
    model = {
        "kind": "cards",
        "kinds": [
            {"card": "fu", "weight": 5000},
            {"card": "lu", "weight": 4000},
            {"card": "shou", "weight": 1000, "cap": 4},
        ],
        "daily_draws": 3,
        "gifts_per_day": 2,
        "gift_keep_one": False,
        "pool_fen": 2000,
        "pool_method": "random",
    }

    @initialize()
    def begin(self) -> None:
        super().begin()
        for name in "abcde":
            self.table.play(name, "open")

    @rule(who=st.sampled_from(PEOPLE), times=st.integers(1, 4))
    def draw(self, who: str, times: int) -> None:
        first = PEOPLE.index(who)
        for name in (PEOPLE * 2)[first : first + times]:
            for unit in self.table.player(name).units:
                for _ in range(3):
                    self.table.play(name, "draw", unit)
                self.table.play(name, "compose", unit)
            self.trade(name, PEOPLE[times], times + first, 0)

    @rule(who=st.sampled_from(PEOPLE), other=st.sampled_from(PEOPLE), move=st.integers(0, 9), card=st.integers(0, 2))
    def trade(self, who: str, other: str, move: int, card: int) -> None:
        """Half of the time a whole gift, else one move of one."""
        for unit in self.table.player(who).units:
            names = tuple(self.table.unit(unit).play.cards) * 3 or ("fu", "lu", "shou")
            number = str(move % 3)
            if move < 5:
                number = str(self.table.play(who, "offer", unit, card=names[card]))
            step = ("accept", "cancel", "accept", "give", "request")[move % 5]
            actor = other if step in ("accept", "request") else who
            params = {"card": names[card]} if step == "request" else {"offer": number}
            for _ in range(2):
                self.table.play(actor, step, unit, **params)

    def check_unit(self, unit: Unit) -> None:
        hand: Hand = unit.play
        assert all(count > 0 for count in hand.cards.values())
        assert hand.free <= 3 and hand.drawn <= 10 and hand.gifts <= 2

    @invariant()
    def cards_are_neither_made_nor_lost(self) -> None:
        """Minted = in hands + on offer + burned + on their way; and never more of the rare one than its cap."""
        if not hasattr(self, "table"):
            return
        minted, there = Counter[str](), Counter[str]()
        for event in self.table.paper.log:
            if isinstance(event.body, CardDrawn):
                minted.update(event.body.cards)
            if isinstance(event.body, Composed):
                there.update(event.body.cards)
        for unit in self.units():
            there.update(dict(unit.play.cards))
            there.update(offer.card for offer in unit.play.offers.values() if offer.state == "offered")
        for message in self.table.queue:
            if isinstance(message.body, Play) and message.body.move == "receive":
                there[message.body.params["card"]] += 1
        assert minted == there and minted["shou"] <= 4
        assert self.table.paper.counter(f"play:{NAME}:minted:shou").used == minted["shou"]

    def kept(self, unit: Unit) -> Any:
        return unit.status, unit.outcome, unit.play.fen

    def teardown(self) -> None:
        if not hasattr(self, "table"):
            return
        if not self.ended:
            self.table.set_status("ended")
        super().teardown()
        sets = [unit for unit in self.units() if unit.outcome == "prized"]
        assert sum(unit.play.fen for unit in sets) == (2000 if sets else 0)
        assert all(unit.play.fen >= 1 for unit in sets)


class MutualMachine(Machine):
    model = {
        "kind": "mutual",
        "helper_reward_fen": 100,
        "sharer_reward_fen": 300,
        "packets": 4,
        "gifts": 2,
        "use_days": 2,
        "helps_per_helper": 2,
        "wins_per_person": 3,
    }
    moves = ("take",)

    @rule(who=st.sampled_from(PEOPLE), again=st.booleans(), refund=st.booleans(), fen=st.integers(1, 500))
    def order(self, who: str, again: bool, refund: bool, fen: int) -> None:
        """A friend takes a gift somewhere, orders, and perhaps gives it back."""
        for unit in [unit.unit for unit in self.units()]:
            self.table.play(who, "take", unit)
            for _ in range(2 if again else 1):
                self.table.system("used", unit, who, order="o1", fen=fen)
            if refund:
                self.table.system("refunded", unit, who, order="o1")

    def check_unit(self, unit: Unit) -> None:
        assert unit.friends <= 2 and unit.owner not in unit.play.gifts
        assert set(unit.play.gifts) == set(unit.helps)

    def kept(self, unit: Unit) -> Any:
        return unit.status, unit.outcome, unit.helps

    def teardown(self) -> None:
        super().teardown()
        for unit in self.units():
            assert unit.status == "closed", "every packet ends"
            amounts = mutual.due(unit, frame_of(self.table.plan).settings).values()
            assert all(not found.pending for found in amounts)


class MutualTogetherMachine(MutualMachine):
    policy = "revoke_until_end"
    model = {**MutualMachine.model, "helper_reward_at": "order", "both_or_none": True}


class CheckInMachine(FamilyMachine):
    model = {
        "kind": "check-in",
        "ladder": [{"days": 2, "amount_fen": 50}, {"days": 4, "amount_fen": 200}],
        "people": 5,
        "make_ups": 1,
    }
    moves = ("check_in",)

    @initialize()
    def begin(self) -> None:
        super().begin()
        for name in "abc":
            self.table.play(name, "open")

    @rule(who=st.sampled_from(PEOPLE), back=st.integers(0, 5))
    def make_up(self, who: str, back: int) -> None:
        day = local_date(self.table.now, "Asia/Shanghai") - timedelta(days=back)
        for unit in self.table.player(who).units:
            self.table.play(who, "make_up", unit, day=day.isoformat())

    @rule(times=st.integers(1, 5))
    def every_day(self, times: int) -> None:
        for _ in range(times):
            for unit in self.units():
                self.table.play(unit.owner, "check_in", unit.unit)
            self.table.wait(timedelta(days=1))

    def check_unit(self, unit: Unit) -> None:
        sheet: Sheet = unit.play
        assert len(set(sheet.days)) == len(sheet.days) and len(sheet.used_on) <= 3
        assert all(day <= local_date(self.table.now, "Asia/Shanghai") for day in sheet.days)


MACHINES: tuple[type[Machine], ...] = (
    DistributionMachine,
    CardsMachine,
    MutualMachine,
    MutualTogetherMachine,
    CheckInMachine,
)


@pytest.mark.parametrize("machine", MACHINES, ids=lambda machine: machine.__name__)
def test_a_model_keeps_its_promises_whatever_happens(machine: type[Machine]) -> None:
    run_state_machine_as_test(
        machine,
        settings=settings(
            max_examples=12, stateful_step_count=40, deadline=None, suppress_health_check=list(HealthCheck)
        ),
    )
