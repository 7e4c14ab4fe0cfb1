"""A failed payout is tried again (campaigns.md §3.1): under a number of its own, since the old one is used up. Pure.

Its money went back to the person when it failed, so it has to be there still; everybody who had to agree has agreed.
"""

from __future__ import annotations

from dataclasses import replace

from qunflow.domain.clock import local_date
from qunflow.domain.decisions import Chance, Decision, Needs, NewEvent, reject
from qunflow.domain.inbound import Message
from qunflow.domain.reasons import Reason
from qunflow.engine.feature import View
from qunflow.features.payouts.decide import (
    CLAIM,
    PayoutFacts,
    channel_counter,
    count_counter,
    envelope,
    fen_counter,
    send,
    set_aside,
    short,
)
from qunflow.features.payouts.model import (
    AUDITED,
    FAILED,
    MANUAL,
    PayoutApproved,
    PayoutCharged,
    PayoutRequested,
    PayoutState,
    RetryPayout,
    clearing,
    merchant_number,
    payout_stream,
)
from qunflow.ledger.accounts import available, debt, external


def next_key(key: str) -> str:
    """The key of the next try; the same old payout always has the same next one, so it is tried again once."""
    root, _, tried = key.rpartition("~")
    return f"{root}~{int(tried) + 1}" if root and tried.isdigit() else f"{key}~2"


def need_retry(message: Message, facts: PayoutFacts) -> Needs:
    """The old payout and the new one, its person's accounts, and the counters of today."""
    state = facts.state
    if not state.number:
        return Needs()
    number, person = merchant_number(message.workspace, "payout", next_key(state.key)), state.person
    day = local_date(message.at, facts.rules.tz)
    return Needs(
        streams=(payout_stream(state.number), payout_stream(number)),
        claims=((CLAIM, number),),
        counters=(count_counter(person, day), fen_counter(person, day), channel_counter(state.channel, day)),
        accounts=(available(person), debt(person), clearing(state.channel), external(state.channel)),
    )


def decide_retry(message: Message, facts: PayoutFacts, view: View, chance: Chance) -> Decision:
    """Set the money aside again and send it; asking again answers the payout that is there."""
    body: RetryPayout = message.body
    if not facts.state.number:
        return reject(Reason.PAYOUT_UNKNOWN)
    old: PayoutState = view.state(payout_stream(facts.state.number))
    if old.status != FAILED or old.grant:  # a prize is tried again as a whole: qunflow reward decide … retry
        return reject(Reason.WRONG_STATE, status=old.status)
    key, day = next_key(old.key), local_date(message.at, facts.rules.tz)
    number = merchant_number(message.workspace, "payout", key)
    if view.state(payout_stream(number)).number:
        return Decision(answer=number)
    refusal = short(old.fen, old.person, view)
    if refusal is not None:
        return refusal
    bodies: list[object] = [PayoutRequested(number, key, old.external, old.fen, old.eyes, day, old.asked_by)]
    bodies += [PayoutCharged(number, old.fee)] if old.fee else []
    bodies += [PayoutApproved(number, one, False) for one in old.approved_by]
    bodies.append(PayoutApproved(number, body.by, True))
    events = tuple(NewEvent(payout_stream(number), one, **envelope(old)) for one in bodies)
    taken = set_aside(number, old.person, old.fen, old.channel, day, facts.rules, view, events)
    if taken.rejection is not None or old.channel == MANUAL:
        return taken
    again = replace(old, number=number, key=key, day=day, sent_day=None, status=AUDITED)
    sent = send(message, again, facts.rules, view)
    return sent if sent.rejection is not None else replace(taken + sent, answer=number)
