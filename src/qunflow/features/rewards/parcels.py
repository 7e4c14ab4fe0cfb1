"""Goods on their way: the address, picking, shipping, and what comes back (campaigns.md §9). Pure."""

from __future__ import annotations

from datetime import timedelta

from qunflow.domain.decisions import Chance, Claim, Decision, Needs, reject
from qunflow.domain.inbound import Message
from qunflow.domain.reasons import Reason
from qunflow.engine.feature import View
from qunflow.features.rewards.model import (
    ADDRESSED,
    APPROVED,
    AWAITING,
    DELIVERED,
    FORFEITED,
    ISSUED,
    ISSUING,
    PARCEL_NEXT,
    PICKING,
    RETURNED,
    SHIPPED,
    ForfeitParcel,
    GiveAddress,
    GrantIssued,
    MoveParcel,
    ParcelMoved,
)
from qunflow.features.rewards.news import tell_shipped
from qunflow.features.rewards.taking_back import take_back
from qunflow.features.rewards.turn import ADDRESS, PARCEL_SCOPE, GrantFacts, Turn, needs_of

#: An address can be corrected so often, so that nobody takes the addresses of others.
MAX_ADDRESSES = 3


def address_key(facts: GrantFacts, digest: str) -> tuple[str, str]:
    """One parcel to one address in one campaign."""
    return PARCEL_SCOPE, f"{facts.grant.partition(':')[0]}:{digest}"


def need_address(message: Message, facts: GrantFacts) -> Needs:
    """The grant, and the claim on the address."""
    found = needs_of(facts)
    claims = (*found.claims, address_key(facts, message.body.digest)) if facts.items else ()
    return Needs(found.streams, claims, found.counters, found.accounts)


def decide_address(message: Message, facts: GrantFacts, view: View, chance: Chance) -> Decision:
    """A person says where the parcel goes, or corrects it before it is packed."""
    body: GiveAddress = message.body
    turn = Turn(message, facts, view)
    state = turn.state
    if not state.grant or not state.parcel:
        return reject(Reason.GRANT_UNKNOWN)
    if state.status != APPROVED or state.parcel not in (AWAITING, ADDRESSED):
        return reject(Reason.WRONG_STATE, status=state.parcel)
    if state.moves >= MAX_ADDRESSES:
        return reject(Reason.TOO_MANY_ATTEMPTS, most=MAX_ADDRESSES)
    if any(blocked in body.region for blocked in turn.item.blocked_regions):
        return reject(Reason.REGION_BLOCKED)
    key = address_key(facts, body.digest)
    holder = view.claim(*key)
    if holder is not None and holder.holder != turn.person:
        return reject(Reason.ADDRESS_USED)
    if holder is None:
        turn.claim(Claim(*key, holder=turn.person))
    turn.add(ParcelMoved(facts.grant, ADDRESSED))
    turn.quiet(ADDRESS)
    return turn.decision + Decision(answer=turn.state.parcel)


def decide_forfeit(message: Message, facts: GrantFacts, view: View, chance: Chance) -> Decision:
    """Nobody said where it goes: it is in stock again. While staff hold the grant the time does not run out."""
    body: ForfeitParcel = message.body
    turn = Turn(message, facts, view)
    if turn.state.parcel != AWAITING:
        return Decision()
    if turn.state.status != APPROVED:
        turn.timer(ADDRESS, message.at + timedelta(days=1), body)
        return turn.answer()
    turn.add(ParcelMoved(facts.grant, FORFEITED))
    take_back(turn, "forfeited")
    return turn.answer()


def decide_parcel(message: Message, facts: GrantFacts, view: View, chance: Chance) -> Decision:
    """Staff pack and ship; the same again changes nothing, another tracking number is taken over."""
    body: MoveParcel = message.body
    turn = Turn(message, facts, view)
    state = turn.state
    if not state.grant or not state.parcel:
        return reject(Reason.GRANT_UNKNOWN)
    if body.state == state.parcel and body.tracking in ("", state.tracking):
        return Decision(answer=state.parcel)
    if body.state == state.parcel == SHIPPED:
        turn.add(ParcelMoved(facts.grant, SHIPPED, body.carrier, body.tracking, body.by))
        return turn.decision + Decision(answer=SHIPPED)
    steps = (PICKING, SHIPPED) if (body.state, state.parcel) == (SHIPPED, ADDRESSED) else (body.state,)
    for step in steps:
        if step not in PARCEL_NEXT[turn.state.parcel] or not _step(turn, step, body):
            return reject(Reason.WRONG_STATE, status=turn.state.parcel, wanted=body.state)
    return turn.decision + Decision(answer=turn.state.parcel)


def _step(turn: Turn, step: str, body: MoveParcel) -> bool:
    """One step; False where the grant does not allow it."""
    status = turn.state.status
    if step == PICKING:
        if status != APPROVED:
            return False
        turn.move(ISSUING)
    elif step == SHIPPED and turn.state.parcel == PICKING:
        if status != ISSUING or not body.tracking:
            return False
        turn.add(GrantIssued(turn.facts.grant, turn.state.item, turn.state.kind, 0, by=body.by))
        tell_shipped(turn, body.carrier, body.tracking)
    elif step in (SHIPPED, DELIVERED, RETURNED):
        if status != ISSUED:
            return False
    else:
        return False
    turn.add(ParcelMoved(turn.facts.grant, step, body.carrier, body.tracking, body.by))
    return True
