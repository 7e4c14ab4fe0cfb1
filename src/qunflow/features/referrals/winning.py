"""What becomes of a recommended friend: contacted, bought, lost, expired; who has to agree to a deal. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from qunflow.domain.decisions import NOTHING, Chance, Claim, Decision, Needs, NewEvent, Timer, reject
from qunflow.domain.facts import PaidOrder
from qunflow.domain.inbound import Message
from qunflow.domain.reasons import Reason
from qunflow.engine.feature import View
from qunflow.features.referrals.commands import (
    AgreeLead,
    ContactLead,
    ExpireLead,
    ForgetLead,
    LoseLead,
    SettleLead,
    WinLead,
)
from qunflow.features.referrals.decide import EXPIRE, friend_scope
from qunflow.features.referrals.model import (
    ALIVE,
    CONTACTED,
    LOST_REASONS,
    LeadContacted,
    LeadDoubted,
    LeadExpired,
    LeadForgotten,
    LeadLost,
    LeadProposed,
    LeadState,
    LeadWon,
    lead_stream,
)

ORDER_SCOPE = "referral_order"
SETTLE, FORGET = "settle", "forget"
#: Name and phone of a friend with whom nothing came about are erased after so long.
FORGET_AFTER = timedelta(days=30)


@dataclass(frozen=True, slots=True)
class LeadFacts:
    """The lead (to find its locks), and its order where it was paid here."""

    lead: LeadState = LeadState()
    paid: PaidOrder | None = None


def need_lead(message: Message, facts: LeadFacts) -> Needs:
    """The lead alone."""
    return Needs(streams=(lead_stream(message.body.lead),))


def need_deal(message: Message, facts: LeadFacts) -> Needs:
    """The lead, its order's claim, and the claims on the friend."""
    body = message.body
    order = body.order if isinstance(body, WinLead) else _proposed_order(facts.lead)
    scope = friend_scope(facts.lead.program)
    claims = [(scope, facts.lead.key)] if facts.lead.key else []
    if facts.paid is not None and facts.lead.program:
        claims.append((scope, f"person:{facts.paid.payer}"))
    if order:
        claims.append((ORDER_SCOPE, order))
    return Needs((lead_stream(body.lead),), tuple(dict.fromkeys(claims)))


def _proposed_order(lead: LeadState) -> str:
    return lead.proposal.order if lead.proposal is not None else ""


def decide_contacted(message: Message, facts: LeadFacts, view: View, chance: Chance) -> Decision:
    """Staff spoke with the friend; again it changes nothing."""
    body: ContactLead = message.body
    state: LeadState = view.state(lead_stream(body.lead))
    refused = _not_alive(message, state)
    if refused is not None:
        return refused
    if state.status == CONTACTED:
        return Decision(answer=CONTACTED)
    return Decision(events=(_event(state, LeadContacted(state.lead, body.by)),), answer=CONTACTED)


def decide_win(message: Message, facts: LeadFacts, view: View, chance: Chance) -> Decision:
    """The friend bought: at once when the order was paid here or is small, else a second person has to agree."""
    body: WinLead = message.body
    state: LeadState = view.state(lead_stream(body.lead))
    refused = _not_alive(message, state) or _order_refusal(message, facts, state, view)
    if refused is not None:
        return refused
    assert state.terms is not None
    taken = Claim(ORDER_SCOPE, body.order, state.lead)
    if facts.paid is not None:
        won = _won(message, state, body.order, facts.paid.net_fen, body.by, "", view, facts.paid)
        return won + Decision(claims=(taken,))
    if body.net_fen >= state.terms.four_eyes_fen:
        proposed = LeadProposed(state.lead, body.order, body.net_fen, body.by)
        kept = _friend_kept(state, view, None)
        return kept + Decision(events=(_event(state, proposed),), claims=(taken,), answer="proposed")
    return _won(message, state, body.order, body.net_fen, body.by, "", view) + Decision(claims=(taken,))


def _order_refusal(message: Message, facts: LeadFacts, state: LeadState, view: View) -> Decision | None:
    body, paid = message.body, facts.paid
    if state.proposal is not None:
        return reject(Reason.WRONG_STATE, status=state.shown)
    held = view.claim(ORDER_SCOPE, body.order)
    if held is not None:
        return reject(Reason.ORDER_USED, lead=held.holder)
    if paid is None:
        return None if body.net_fen > 0 else reject(Reason.ORDER_UNKNOWN, order=body.order)
    if body.net_fen and body.net_fen != paid.net_fen:
        return reject(Reason.AMOUNT_DIFFERS, told=body.net_fen, paid=paid.net_fen)
    if paid.net_fen <= 0:
        return reject(Reason.ORDER_UNKNOWN, order=body.order)
    if paid.payer == state.recommender:
        return reject(Reason.SELF_HELP)
    if state.friend and paid.payer != state.friend:
        return reject(Reason.ORDER_UNKNOWN, payer="another")
    if state.opened_at is not None and paid.paid_at < state.opened_at:
        return reject(Reason.OUT_OF_WINDOW)
    return _taken_by_other(state, f"person:{paid.payer}", view)


def _taken_by_other(state: LeadState, key: str, view: View) -> Decision | None:
    held = view.claim(friend_scope(state.program), key)
    mine = held is None or held.holder.partition(":")[0] == state.lead
    return None if mine else reject(Reason.ALREADY_REFERRED)


def _won(
    message: Message,
    state: LeadState,
    order: str,
    net_fen: int,
    by: str,
    agreed_by: str,
    view: View,
    paid: PaidOrder | None = None,
) -> Decision:
    """The deal counts: the friend is a customer for ever, and the reward waits for the end of its hold."""
    assert state.terms is not None
    hold_until = message.at + timedelta(days=state.terms.hold_days)
    payer = paid.payer if paid is not None else ""
    won = LeadWon(state.lead, order, net_fen, paid is not None, payer, by, agreed_by, hold_until)
    stream, scope, holder = lead_stream(state.lead), friend_scope(state.program), f"{state.lead}:{state.code}"
    keys = dict.fromkeys((state.key, *((f"person:{payer}",) if payer else ())))
    again = tuple((scope, key) for key in keys if view.claim(scope, key) is not None)
    return Decision(
        events=(_event(state, won),),
        releases=again,
        claims=tuple(Claim(scope, key, holder) for key in keys),
        timers=(Timer(stream, SETTLE, hold_until, SettleLead(state.lead)),),
        timers_off=((stream, EXPIRE),),
        commands=((stream, SettleLead(state.lead)),),
        answer="won",
    )


def decide_agree(message: Message, facts: LeadFacts, view: View, chance: Chance) -> Decision:
    """The second person: never the one who entered the deal."""
    body: AgreeLead = message.body
    state: LeadState = view.state(lead_stream(body.lead))
    proposal = state.proposal
    if not state.lead:
        return reject(Reason.LEAD_UNKNOWN)
    if proposal is None or state.status not in ALIVE:
        return reject(Reason.WRONG_STATE, status=state.status)
    if proposal.by == body.by:
        return reject(Reason.SAME_REVIEWER, by=body.by)
    if body.agree:
        return _won(message, state, proposal.order, proposal.net_fen, proposal.by, body.by, view)
    doubted = Decision(
        events=(_event(state, LeadDoubted(state.lead, body.by)),),
        releases=((ORDER_SCOPE, proposal.order),),
        answer=state.status,
    )
    doubted += _friend_kept(state, view, state.protected_until)
    over = state.protected_until is not None and message.at >= state.protected_until
    return doubted + Decision(commands=((lead_stream(state.lead), ExpireLead(state.lead)),)) if over else doubted


def _friend_kept(state: LeadState, view: View, until: datetime | None) -> Decision:
    """The friend stays this lead's: without an end while a deal waits for its second person."""
    key = (friend_scope(state.program), state.key)
    there = view.claim(*key) is not None
    claim = Claim(*key, f"{state.lead}:{state.code}", until)
    return Decision(releases=(key,) if there else (), claims=(claim,))


def need_end(message: Message, facts: LeadFacts) -> Needs:
    """The lead, and the claim on its friend."""
    claims = ((friend_scope(facts.lead.program), facts.lead.key),) if facts.lead.key else ()
    return Needs((lead_stream(message.body.lead),), claims)


def decide_lose(message: Message, facts: LeadFacts, view: View, chance: Chance) -> Decision:
    """Nothing comes of it: the friend is free to be recommended again."""
    body: LoseLead = message.body
    state: LeadState = view.state(lead_stream(body.lead))
    refused = _not_alive(message, state)
    if refused is not None:
        return refused
    if body.reason not in LOST_REASONS or state.proposal is not None:
        return reject(Reason.WRONG_STATE, status=state.shown)
    return _ended(message, state, LeadLost(state.lead, body.reason, body.by), view)


def decide_expire(message: Message, facts: LeadFacts, view: View, chance: Chance) -> Decision:
    """The protection is over. A deal that waits for its second person came in time and is not ended."""
    body: ExpireLead = message.body
    state: LeadState = view.state(lead_stream(body.lead))
    early = state.protected_until is None or message.at < state.protected_until
    if state.status not in ALIVE or state.proposal is not None or early:
        return NOTHING
    return _ended(message, state, LeadExpired(state.lead), view)


def _ended(message: Message, state: LeadState, body: LeadLost | LeadExpired, view: View) -> Decision:
    """Free the friend, if nobody took them meanwhile, and set the time at which name and phone are erased."""
    stream, key = lead_stream(state.lead), (friend_scope(state.program), state.key)
    held = view.claim(*key)
    mine = held is not None and held.holder.partition(":")[0] == state.lead
    timers = (Timer(stream, FORGET, message.at + FORGET_AFTER, ForgetLead(state.lead)),)
    return Decision(
        events=(_event(state, body),),
        releases=(key,) if mine else (),
        timers=timers,
        timers_off=((stream, EXPIRE),),
        answer=str(body.KIND).removeprefix("lead_"),
    )


def decide_forget(message: Message, facts: LeadFacts, view: View, chance: Chance) -> Decision:
    """Erase name and phone of the friend; the row goes in the same commit."""
    body: ForgetLead = message.body
    state: LeadState = view.state(lead_stream(body.lead))
    if not state.lead:
        return reject(Reason.LEAD_UNKNOWN)
    if state.forgotten:
        return Decision(answer="forgotten")
    return Decision(events=(_event(state, LeadForgotten(state.lead, body.by)),), answer="forgotten")


def _not_alive(message: Message, state: LeadState) -> Decision | None:
    if not state.lead:
        return reject(Reason.LEAD_UNKNOWN)
    if state.status not in ALIVE:
        return reject(Reason.WRONG_STATE, status=state.status)
    over = state.protected_until is not None and message.at >= state.protected_until
    return reject(Reason.EXPIRED) if over and state.proposal is None else None


def _event(state: LeadState, body: object) -> NewEvent:
    return NewEvent(lead_stream(state.lead), body, state.recommender, channel=state.channel)
