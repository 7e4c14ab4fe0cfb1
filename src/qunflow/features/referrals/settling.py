"""Money of recommended friends: due less posted, in the ledger, within the budgets (campaigns.md §3.2, §9). Pure."""

from __future__ import annotations

from datetime import datetime

from qunflow.domain.clock import at_local_hour, local_date
from qunflow.domain.decisions import NOTHING, Chance, CounterMove, Decision, Needs, NewEvent, Timer, reject
from qunflow.domain.inbound import Message
from qunflow.domain.reasons import Reason
from qunflow.engine.feature import View
from qunflow.features.referrals.commands import RefundLead, SettleLead
from qunflow.features.referrals.model import (
    RULE,
    WON,
    LeadPriced,
    LeadRefunded,
    LeadRewarded,
    LeadRewardHeld,
    LeadState,
    after_money,
    due_of,
    lead_stream,
)
from qunflow.features.referrals.program import Terms, program_stream, purse_of
from qunflow.features.referrals.winning import ORDER_SCOPE, LeadFacts
from qunflow.ledger.settle import account_names, settle

HELD = "held"


def budget_counter(program: str, at: datetime, terms: Terms) -> str:
    """What a program granted on a local day."""
    return f"budget:{purse_of(program)}:{local_date(at, terms.tz).isoformat()}"


def need_money(message: Message, facts: LeadFacts) -> Needs:
    """The lead, its recommender's accounts, the program with its budget, and what was granted today."""
    lead = facts.lead
    if lead.terms is None:
        return Needs(streams=(lead_stream(message.body.lead),))
    streams = (lead_stream(lead.lead), program_stream(lead.program))
    counters = (budget_counter(lead.program, message.at, lead.terms),)
    return Needs(streams, (), counters, account_names(purse_of(lead.program), lead.recommender))


def decide_refund(message: Message, facts: LeadFacts, view: View, chance: Chance) -> Decision:
    """Staff gave a part of the price back; the same refund counts once."""
    body: RefundLead = message.body
    state: LeadState = view.state(lead_stream(body.lead))
    if not state.lead:
        return reject(Reason.LEAD_UNKNOWN)
    if state.status != WON or state.tied:
        return reject(Reason.WRONG_STATE, status="paid_here" if state.tied else state.status)
    known = state.refunds.get(body.refund)
    if known is not None:
        return Decision(answer=state.kept_fen) if known == body.fen else reject(Reason.AMOUNT_DIFFERS, known=known)
    if body.fen > state.kept_fen:
        return reject(Reason.REFUND_TOO_LARGE, kept=state.kept_fen)
    refunded = LeadRefunded(state.lead, body.refund, body.fen, body.by)
    after = after_money(state, refunded)
    return Decision(events=(_own(state, refunded),), answer=after.kept_fen) + settled_lead(after, view, message.at)


def decide_settle(message: Message, facts: LeadFacts, view: View, chance: Chance) -> Decision:
    """Bring a deal's reward to what is due now, by the price that the shop still keeps."""
    body: SettleLead = message.body
    state: LeadState = view.state(lead_stream(body.lead))
    if state.status != WON:
        return NOTHING
    if state.tied and facts.paid is not None and facts.paid.net_fen != state.net_fen:
        priced = LeadPriced(state.lead, facts.paid.net_fen)
        return Decision(events=(_own(state, priced),)) + settled_lead(after_money(state, priced), view, message.at)
    return settled_lead(state, view, message.at)


def settled_lead(state: LeadState, view: View, at: datetime) -> Decision:
    """Post due less posted. What a budget has no room for is held whole and looked at again the next local day."""
    assert state.terms is not None
    purse = purse_of(state.program)
    terms = view.state(program_stream(state.program)).terms or state.terms
    counter = budget_counter(state.program, at, state.terms)
    room = terms.budget_daily_fen - view.counter(counter).used
    balances = {name: view.balance(name) for name in account_names(purse, state.recommender)}
    revision, rule = state.revision + 1, f"{RULE}@{state.lead}"
    due, posted = {rule: due_of(state, at)}, {rule: state.posted}
    settlement = settle(purse, state.recommender, due, posted, balances, revision, room)
    events: list[NewEvent] = []
    held = 0
    granted = 0
    for change in settlement.changes:
        held = change.held
        if not change.held:
            granted = max(0, change.available + change.pending)
            events.append(_own(state, LeadRewarded(state.lead, change.available, change.pending, revision)))
    if held != state.held:
        events.append(_own(state, LeadRewardHeld(state.lead, held)))
    stream = lead_stream(state.lead)
    due_at = at_local_hour(at, state.terms.tz, 0)
    timers = (Timer(stream, HELD, due_at, SettleLead(state.lead)),) if held else ()
    counters = (CounterMove(counter, granted, terms.budget_daily_fen),) if granted else ()
    return Decision(tuple(events), counters=counters, postings=settlement.postings, timers=timers)


def need_order(message: Message, facts: object) -> Needs:
    """Whose deal the order was."""
    return Needs(claims=((ORDER_SCOPE, order_of(message)),))


def order_of(message: Message) -> str:
    """The number of the order that the payment part tells about: its events lie on the order's own stream."""
    return message.lane_key.partition(":")[2]


def decide_order_refunded(message: Message, facts: object, view: View, chance: Chance) -> Decision:
    """Money of an order went back: its deal is reckoned anew."""
    held = view.claim(ORDER_SCOPE, order_of(message))
    if held is None:
        return NOTHING
    return Decision(commands=((lead_stream(held.holder), SettleLead(held.holder)),))


def _own(state: LeadState, body: object) -> NewEvent:
    return NewEvent(lead_stream(state.lead), body, state.recommender, channel=state.channel)
