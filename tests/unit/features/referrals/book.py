"""Referrals on paper: what phones, staff, payments and timers say, decided by the pure rules."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from tests.unit.features.paper import CHANCE, NOW, Paper, message

from qunflow.community.model import PersonState
from qunflow.domain.decisions import Decision
from qunflow.domain.facts import PaidOrder
from qunflow.domain.inbound import ContactAdded
from qunflow.domain.payments import OrderRefunded
from qunflow.features.referrals import commands, decide, program, settling, winning
from qunflow.features.referrals.decide import FriendFacts, code_of
from qunflow.features.referrals.model import LeadState, lead_stream, recommender_stream
from qunflow.features.referrals.program import ProgramState, Terms, program_stream
from qunflow.features.referrals.winning import LeadFacts
from qunflow.features.referrals.workflow import REFERRALS

PROGRAM = "villa"
DAY = timedelta(days=1)
SHARE = Terms(
    "老客推荐",
    "别墅装修",
    budget_total_fen=200_000,
    budget_daily_fen=120_000,
    reward_bps=150,
    cap_fen=60_000,
    hold_days=10,
    protect_days=30,
    four_eyes_fen=2_000_000,
    leads_per_day=3,
)


def rules() -> dict[str, tuple[Any, Any]]:
    """Kind of a body → the facts' maker and the rule, by the feature's own handlers."""
    return {str(handler.accepts.KIND): (handler.needs, handler.decide) for handler in REFERRALS.handlers}  # type: ignore[attr-defined]


@dataclass
class Book:
    """One workspace; ``orders`` are those that were paid here."""

    terms: Terms = SHARE
    now: datetime = NOW
    paper: Paper = field(default_factory=lambda: Paper.of(REFERRALS.streams))
    orders: dict[str, PaidOrder] = field(default_factory=dict)
    turns: int = 0

    def __post_init__(self) -> None:
        assert self.send(program.SetProgram(PROGRAM, self.terms, "amy"), program.decide_set).rejection is None

    def send(self, body: Any, rule: Any, facts: Any = None, *, at: datetime | None = None, **fields: Any) -> Decision:
        """Decide one message and take in what follows, commands and all."""
        self.turns += 1
        told = message(body, at or self.now, **{"message_id": f"m{self.turns}", **fields})
        decision: Decision = rule(told, facts, self.paper, CHANCE)
        if decision.rejection is None:
            self.paper.take(told, decision)
            for _, follow in decision.commands:
                self.hand_on(follow, at or self.now)
        return decision

    def hand_on(self, body: Any, at: datetime) -> None:
        """A command or timer of the rules themselves."""
        lead = self.lead(body.lead)
        if isinstance(body, commands.SettleLead):
            self.send(body, settling.decide_settle, LeadFacts(lead, self.orders.get(lead.order)), at=at)
        elif isinstance(body, commands.ExpireLead):
            self.send(body, winning.decide_expire, LeadFacts(lead), at=at)
        else:
            assert isinstance(body, commands.ForgetLead)
            self.send(body, winning.decide_forget, LeadFacts(lead), at=at)

    def wait(self, time: timedelta) -> None:
        """Time passes; timers go off at their own instants, in order."""
        until = self.now + time
        while due := [timer for timer in self.paper.timers.values() if timer.due_at <= until]:
            timer = min(due, key=lambda one: (one.due_at, one.stream, one.name))
            del self.paper.timers[(timer.stream, timer.name)]
            self.now = max(self.now, timer.due_at)
            self.hand_on(timer.body, timer.due_at)
        self.now = until

    # --- people -------------------------------------------------------------------------------------------------

    def link(self, person: str, device: str = "") -> str:
        body = commands.OpenRecommender(PROGRAM, device)
        found = self.send(body, decide.decide_recommender, (), person=person)
        assert found.rejection is None
        return str(found.answer)

    def facts(self, code: str, met: PersonState | None = None) -> FriendFacts:
        known = self.paper.state(recommender_stream(code))
        state: ProgramState = self.paper.state(program_stream(PROGRAM))
        return FriendFacts(known if known.code else None, state, met)

    def recommend(self, person: str, digest: str, device: str = "") -> Decision:
        code = code_of("main", PROGRAM, person)
        body = commands.RecommendFriend(code, digest, "", device)
        return self.send(body, decide.decide_friend, self.facts(code))

    def add(self, person: str, friend: str, met: datetime | None = None) -> Decision:
        code = code_of("main", PROGRAM, person)
        body = ContactAdded(f"wm-{friend}", "amy", code)
        return self.send(body, decide.decide_friend, self.facts(code, PersonState(met)), person=friend)

    # --- staff --------------------------------------------------------------------------------------------------

    def win(self, lead: str, order: str, net: int = 0, by: str = "amy") -> Decision:
        facts = LeadFacts(self.lead(lead), self.orders.get(order))
        return self.send(commands.WinLead(lead, order, net, by), winning.decide_win, facts)

    def agree(self, lead: str, by: str, agree: bool = True) -> Decision:
        facts = LeadFacts(self.lead(lead))
        return self.send(commands.AgreeLead(lead, agree, by), winning.decide_agree, facts)

    def lose(self, lead: str, reason: str = "no_interest") -> Decision:
        facts = LeadFacts(self.lead(lead))
        return self.send(commands.LoseLead(lead, reason, "amy"), winning.decide_lose, facts)

    def contact(self, lead: str) -> Decision:
        return self.send(commands.ContactLead(lead, "amy"), winning.decide_contacted, LeadFacts(self.lead(lead)))

    def refund(self, lead: str, refund: str, fen: int) -> Decision:
        facts = LeadFacts(self.lead(lead))
        return self.send(commands.RefundLead(lead, refund, fen, "amy"), settling.decide_refund, facts)

    def pay(self, order: str, payer: str, fen: int) -> None:
        """Somebody paid an order here."""
        self.orders[order] = PaidOrder(order, payer, fen, self.now)

    def give_back(self, order: str, fen: int) -> None:
        """A refund of such an order arrived, and the payment part tells of it."""
        paid = self.orders[order]
        self.orders[order] = PaidOrder(order, paid.payer, paid.net_fen - fen, paid.paid_at)
        told = OrderRefunded(order, "u", paid.payer, f"r{self.turns}", fen, paid.net_fen - fen)
        self.send(told, settling.decide_order_refunded, lane_key=f"payorder:{order}")

    # --- what there is ------------------------------------------------------------------------------------------

    def lead(self, lead: str) -> LeadState:
        found: LeadState = self.paper.state(lead_stream(lead))
        return found

    def leads(self) -> list[LeadState]:
        return [state for name, state in self.paper.states.items() if name.startswith("lead:") and state.lead]

    def balance(self, account: str) -> int:
        return self.paper.balance(account)
