"""Payouts on paper under random orders of asking, agreeing, notices late, doubled and out of order, and lost answers.

The platform in memory counts by number like WeChat Pay. Whatever comes: nothing is paid twice, no fen appears or
vanishes, what is paid here is what the platform paid, and folding the log anew gives the same states.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule
from tests.unit.features.paper import CHANCE, NOW, Paper, message

from qunflow.domain.actions import Wish
from qunflow.domain.facts import WithdrawalTerms
from qunflow.domain.payments import CancelTransfer, ReadTransfer, RequestPayout, SendTransfer, TransferSeen
from qunflow.features.payouts import decide, ending, retrying
from qunflow.features.payouts.model import (
    ON_THE_WAY,
    PAID,
    ApprovePayout,
    CheckPayout,
    PayoutState,
    RejectPayout,
    RetryPayout,
    payout_stream,
)
from qunflow.features.payouts.rules import PayRules
from qunflow.features.payouts.workflow import PAYOUTS

RULES = PayRules(channel="pay", four_eyes_fen=500, person_count=100, person_fen=1_500, channel_fen=2_500)
TERMS = WithdrawalTerms("winter", 50, 700)
PEOPLE = ("p1", "p2")
KEYS = ("a", "b", "c")


@dataclass
class Platform:
    """Transfers by number, each with its amount and state."""

    bills: dict[str, list[Any]]
    paid: dict[str, int]

    def seen(self, number: str, fen: int) -> TransferSeen:
        if number not in self.bills:
            return TransferSeen(number, "NOT_FOUND", fen)
        amount, state = self.bills[number]
        return TransferSeen(number, state, amount, "bill", code="OVERDUE_CLOSE" if state == "FAIL" else "")

    def perform(self, action: Any) -> TransferSeen:
        if isinstance(action, SendTransfer):
            self.bills.setdefault(action.number, [action.fen, "WAIT_USER_CONFIRM"])
        bill = self.bills.get(action.number)
        if isinstance(action, CancelTransfer) and bill is not None and bill[1] == "WAIT_USER_CONFIRM":
            bill[1] = "CANCELLED"
        return self.seen(action.number, action.fen)

    def take(self, number: str) -> None:
        bill = self.bills[number]
        if bill[1] == "WAIT_USER_CONFIRM":
            bill[1] = "SUCCESS"
            self.paid[number] = self.paid.get(number, 0) + bill[0]


class Payouts(RuleBasedStateMachine):
    def __init__(self) -> None:
        super().__init__()
        self.paper = Paper.of(PAYOUTS.streams)
        self.platform = Platform({}, {})
        self.wishes: list[Wish] = []
        self.stuck: list[Wish] = []
        self.notices: list[TransferSeen] = []
        self.now = NOW
        for person in PEOPLE:
            self.paper.balances[f"available:{person}"] = 2_000
        self.paper.balances["external:test"] = -4_000

    # --- what people do ---------------------------------------------------------------------------------------

    @rule(person=st.sampled_from(PEOPLE), key=st.sampled_from(KEYS), fen=st.sampled_from((5, 100, 499, 500, 900)))
    def request(self, person: str, key: str, fen: int) -> None:
        body = RequestPayout(f"{person}-{key}", fen, "desk", f"o-{person}")
        self.decide(body, decide.decide_request, person=person)

    @rule(data=st.data(), by=st.sampled_from(("desk", "amy", "bob")))
    def approve(self, data: st.DataObject, by: str) -> None:
        self.about(data, lambda number: ApprovePayout(number, by), decide.decide_approve)

    @rule(data=st.data())
    def reject(self, data: st.DataObject) -> None:
        self.about(data, lambda number: RejectPayout(number, "amy", "other"), decide.decide_reject)

    @rule(data=st.data(), by=st.sampled_from(("amy", "bob")))
    def retry(self, data: st.DataObject, by: str) -> None:
        self.about(data, lambda number: RetryPayout(number, by), retrying.decide_retry)

    @rule(data=st.data())
    def take(self, data: st.DataObject) -> None:
        """A person takes a transfer; the notice may come, now or later."""
        if self.platform.bills:
            number = data.draw(st.sampled_from(sorted(self.platform.bills)))
            self.platform.take(number)
            self.notices.append(self.platform.seen(number, 0))

    @rule(data=st.data())
    def lapse(self, data: st.DataObject) -> None:
        waiting = sorted(number for number, bill in self.platform.bills.items() if bill[1] == "WAIT_USER_CONFIRM")
        if waiting:
            number = data.draw(st.sampled_from(waiting))
            self.platform.bills[number][1] = "FAIL"
            self.notices.append(self.platform.seen(number, 0))

    # --- what the machinery does ------------------------------------------------------------------------------

    @precondition(lambda self: self.wishes)
    @rule(data=st.data(), lost=st.booleans(), again=st.booleans(), stuck=st.booleans())
    def deliver(self, data: st.DataObject, lost: bool, again: bool, stuck: bool) -> None:
        """A call takes effect or is stuck on its way; its answer comes, gets lost, or the call is made once more."""
        wish = self.wishes.pop(data.draw(st.integers(0, len(self.wishes) - 1)))
        if stuck:
            self.stuck.append(wish)
            return
        seen = self.platform.perform(wish.action)
        if not lost:
            self.tell(seen)
        if again:
            self.wishes.append(wish)

    @precondition(lambda self: any(isinstance(wish.action, SendTransfer) for wish in self.wishes))
    @rule()
    def ask_before_it_arrives(self) -> None:
        """A transfer is stuck on its way while somebody asks after it: the platform knows nothing of it yet."""
        place = next(place for place, wish in enumerate(self.wishes) if isinstance(wish.action, SendTransfer))
        wish = self.wishes.pop(place)
        self.stuck.append(wish)
        self.tell(self.platform.seen(wish.action.number, wish.action.fen))

    @precondition(lambda self: self.stuck)
    @rule(taken=st.booleans())
    def arrive(self, taken: bool) -> None:
        """A call of a worker long taken for dead arrives after all; nobody hears the answer, but a notice may come."""
        action = self.stuck.pop().action
        self.platform.perform(action)
        if taken and action.number in self.platform.bills:
            self.platform.take(action.number)
            self.tell(self.platform.seen(action.number, action.fen))

    @precondition(lambda self: self.notices)
    @rule(data=st.data(), keep=st.booleans())
    def notice(self, data: st.DataObject, keep: bool) -> None:
        place = data.draw(st.integers(0, len(self.notices) - 1))
        self.tell(self.notices[place] if keep else self.notices.pop(place))

    @rule(data=st.data())
    def check(self, data: st.DataObject) -> None:
        self.about(data, lambda number: CheckPayout(number, 0), ending.decide_check)

    @rule(days=st.integers(0, 1))
    def time_passes(self, days: int) -> None:
        self.now += timedelta(days=days, minutes=5)

    def tell(self, seen: TransferSeen) -> None:
        self.decide(seen, ending.decide_seen)

    def about(self, data: st.DataObject, make: Any, rule_of: Any) -> None:
        numbers = sorted(stream.partition(":")[2] for stream in self.paper.states)
        if numbers:
            self.decide(make(data.draw(st.sampled_from(numbers))), rule_of)

    def decide(self, body: Any, rule_of: Any, person: str = "") -> None:
        asked = message(body, self.now, channel="pay", person=person, campaign="winter")
        state: PayoutState = self.paper.state(payout_stream(decide.number_of(asked)))
        facts = decide.PayoutFacts(RULES, "", state, TERMS)
        retried = isinstance(body, RetryPayout)
        allowed = retrying.need_retry(asked, facts) if retried else decide.need_payout(asked, facts)
        view = _Only(self.paper, allowed)
        decision = rule_of(asked, facts, view, CHANCE)
        touched = {name for posting in decision.postings for name in (posting.debit, posting.credit)}
        assert touched <= set(allowed.accounts)
        assert {move.name for move in decision.counters} <= set(allowed.counters)
        self.paper.take(asked, decision)
        self.wishes += decision.wishes

    # --- what always holds ------------------------------------------------------------------------------------

    @invariant()
    def no_fen_appears_or_vanishes(self) -> None:
        assert sum(self.paper.balances.values()) == 0
        for name, balance in self.paper.balances.items():
            assert balance >= 0 or name.partition(":")[0] in ("external", "debt"), name

    @invariant()
    def what_is_on_its_way_lies_in_clearing(self) -> None:
        states = list(self.paper.states.values())
        open_fen = sum(state.fen for state in states if state.status in ("requested", "audited", *ON_THE_WAY))
        assert self.paper.balance("clearing:pay") == open_fen
        assert self.paper.balance("external:pay") == sum(state.net for state in states if state.status == PAID)
        assert self.paper.balance("revenue:winter") == sum(state.fee for state in states if state.status == PAID)

    @invariant()
    def nobody_is_paid_twice_or_without_consent(self) -> None:
        for state in self.paper.states.values():
            assert self.platform.paid.get(state.number, 0) in (0, state.net)
            if state.status == PAID:
                assert self.platform.paid[state.number] == state.net
                assert len(set(state.approved_by) - {state.asked_by}) >= state.eyes
        assert set(self.platform.bills) <= {state.number for state in self.paper.states.values()}

    @invariant()
    def money_that_may_be_on_its_way_was_never_given_back(self) -> None:
        assert not any(getattr(event.body, "late", False) for event in self.paper.log)

    def teardown(self) -> None:
        """Every call arrives in the end, every payout is asked after: here and there agree, and replay does."""
        for wish in self.stuck:
            self.platform.perform(wish.action)
        for _ in range(3):
            for stream in list(self.paper.states):
                self.decide(CheckPayout(stream.partition(":")[2], 0), ending.decide_check)
            while self.wishes:
                self.tell(self.platform.perform(self.wishes.pop(0).action))
        for notice in self.notices:
            self.tell(notice)
        self.no_fen_appears_or_vanishes()
        self.what_is_on_its_way_lies_in_clearing()
        paid = {state.number for state in self.paper.states.values() if state.status == PAID}
        assert paid == set(self.platform.paid)
        assert self.paper.replayed() == self.paper.states


class _Only:
    """A view that shows only what was asked to be locked."""

    def __init__(self, paper: Paper, allowed: Any) -> None:
        self.paper, self.allowed = paper, allowed

    def state(self, stream: str) -> Any:
        assert stream in self.allowed.streams
        return self.paper.state(stream)

    def counter(self, name: str) -> Any:
        assert name in self.allowed.counters
        return self.paper.counter(name)

    def balance(self, account: str) -> int:
        assert account in self.allowed.accounts
        return self.paper.balance(account)

    def claim(self, scope: str, key: str) -> Any:
        assert (scope, key) in self.allowed.claims
        return self.paper.claim(scope, key)


TestPayouts = Payouts.TestCase
TestPayouts.settings = settings(max_examples=150)


def test_reading_wishes_are_made_at_the_same_account() -> None:
    state = PayoutState(number="q1", channel="pay", fen=100, status="sending", person="p1")
    paper = Paper.of(PAYOUTS.streams)
    paper.states[payout_stream("q1")] = state
    asked = message(CheckPayout("q1", 0), channel="")
    decision = ending.decide_check(asked, decide.PayoutFacts(RULES, "", state), paper, CHANCE)
    assert [(wish.channel, wish.action) for wish in decision.wishes] == [("pay", ReadTransfer("q1", 100))]
