"""Referrals on paper under random phones, staff, payments and timers.

Whatever comes: what is posted is what is due or held, the ledger sums to zero and no budget is overdrawn, a friend and
an order belong to one lead, what is over never changes but for its money, and folding the log gives the same states.
"""

from __future__ import annotations

from collections import Counter as Tally
from datetime import timedelta

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule
from tests.unit.features.referrals.book import PROGRAM, SHARE, Book

from qunflow.features.referrals.model import ALIVE, WON, LeadState, due_of
from qunflow.features.referrals.program import budget_account, purse_of
from qunflow.ledger.settle import Amounts

PEOPLE = ("ann", "bob", "cat")
FRIENDS = ("f1", "f2", "f3", "f4")
STAFF = ("amy", "ben")
ORDERS = ("o1", "o2", "o3", "q1", "q2")
NUMBER = st.integers(0, 9)
PRICES = (1, 70, 500_000, 1_999_999, 2_000_000, 5_000_000)


class Referrals(RuleBasedStateMachine):
    @initialize()
    def begin(self) -> None:
        self.book = Book()
        self.over: dict[str, tuple[str, str, str]] = {}
        for person in PEOPLE:
            self.book.link(person)

    def pick(self, number: int) -> str:
        """Some lead, if there is one."""
        leads = self.book.leads()
        return leads[number % len(leads)].lead if leads else "none"

    @rule(person=st.sampled_from(PEOPLE), friend=st.sampled_from(FRIENDS))
    def recommend(self, person: str, friend: str) -> None:
        self.book.recommend(person, friend)

    @rule(person=st.sampled_from(PEOPLE), friend=st.sampled_from((*FRIENDS, *PEOPLE)))
    def add(self, person: str, friend: str) -> None:
        self.book.add(person, friend, met=self.book.now)

    @rule(n=NUMBER, order=st.sampled_from(ORDERS[:3]), net=st.sampled_from(PRICES), by=st.sampled_from(STAFF))
    def win(self, n: int, order: str, net: int, by: str) -> None:
        self.book.win(self.pick(n), order, net, by)

    @rule(order=st.sampled_from(ORDERS[3:]), payer=st.sampled_from((*FRIENDS, *PEOPLE)), fen=st.sampled_from(PRICES))
    def pay(self, order: str, payer: str, fen: int) -> None:
        if order not in self.book.orders:
            self.book.pay(order, payer, fen)

    @rule(n=NUMBER, order=st.sampled_from(ORDERS[3:]))
    def win_paid(self, n: int, order: str) -> None:
        self.book.win(self.pick(n), order)

    @rule(n=NUMBER, by=st.sampled_from(STAFF), agree=st.booleans())
    def agree(self, n: int, by: str, agree: bool) -> None:
        self.book.agree(self.pick(n), by, agree)

    @rule(n=NUMBER, refund=st.sampled_from(("r1", "r2", "r3")), part=st.integers(1, 4))
    def refund(self, n: int, refund: str, part: int) -> None:
        lead = self.book.lead(self.pick(n))
        self.book.refund(lead.lead or "none", refund, max(1, lead.kept_fen // part))

    @rule(order=st.sampled_from(ORDERS[3:]), part=st.integers(1, 3))
    def give_back(self, order: str, part: int) -> None:
        if order in self.book.orders and self.book.orders[order].net_fen:
            self.book.give_back(order, max(1, self.book.orders[order].net_fen // part))

    @rule(n=NUMBER)
    def contact(self, n: int) -> None:
        self.book.contact(self.pick(n))

    @rule(n=NUMBER)
    def lose(self, n: int) -> None:
        self.book.lose(self.pick(n))

    @rule(person=st.sampled_from(PEOPLE), fen=st.integers(1, 50_000))
    def pay_out(self, person: str, fen: int) -> None:
        """Some of what is available leaves the house."""
        left = min(fen, self.book.balance(f"available:{person}"))
        self.book.paper.balances[f"available:{person}"] = self.book.balance(f"available:{person}") - left
        self.book.paper.balances["external:out"] = self.book.balance("external:out") + left

    @rule(hours=st.sampled_from((1, 30, 24 * 9, 24 * 31)))
    def wait(self, hours: int) -> None:
        self.book.wait(timedelta(hours=hours))

    # --- what always holds --------------------------------------------------------------------------------------

    @invariant()
    def money_is_whole(self) -> None:
        balances = self.book.paper.balances
        assert sum(balances.values()) == 0
        assert all(sum_ >= 0 for name, sum_ in balances.items() if name.partition(":")[0] not in ("external", "debt"))
        assert all(sum_ <= 0 for name, sum_ in balances.items() if name.startswith("debt"))
        posted = sum(lead.posted.total for lead in self.book.leads())
        assert self.book.balance(budget_account(PROGRAM)) + posted == SHARE.budget_total_fen
        assert self.book.balance(f"external:{purse_of(PROGRAM)}") == -SHARE.budget_total_fen

    @invariant()
    def what_is_posted_is_due_or_held(self) -> None:
        for lead in self.book.leads():
            due = due_of(lead, self.book.now)
            if not lead.held:
                assert lead.posted == due
            else:
                assert due.total - lead.posted.total == lead.held > 0
            assert lead.status == WON or lead.posted == Amounts()

    @invariant()
    def no_day_grants_more_than_its_budget(self) -> None:
        counters = self.book.paper.counters
        assert all(one.used <= SHARE.budget_daily_fen for name, one in counters.items() if name.startswith("budget:"))

    @invariant()
    def a_friend_and_an_order_have_one_lead(self) -> None:
        alive = Tally(lead.key for lead in self.book.leads() if lead.status in (*ALIVE, WON))
        orders = Tally(lead.order for lead in self.book.leads() if lead.order)
        buyers = Tally(lead.friend for lead in self.book.leads() if lead.status == WON and lead.tied)
        assert max([*alive.values(), *orders.values(), *buyers.values()], default=1) == 1
        assert all(lead.recommender != lead.friend for lead in self.book.leads())

    @invariant()
    def what_is_over_stays(self) -> None:
        for lead in self.book.leads():
            if lead.status not in ALIVE:
                known = self.over.setdefault(lead.lead, frozen(lead))
                assert known == frozen(lead)

    @invariant()
    def the_log_gives_the_states(self) -> None:
        replayed = self.book.paper.replayed()
        assert all(replayed[name] == state for name, state in self.book.paper.states.items())


def frozen(lead: LeadState) -> tuple[str, str, str]:
    """What of a lead that is over nobody may change."""
    return lead.status, lead.order, lead.reason


TestReferrals = Referrals.TestCase
TestReferrals.settings = settings(max_examples=60, stateful_step_count=40, deadline=None)
