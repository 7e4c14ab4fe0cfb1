"""The payout of a prize: asked for by the reward inventory, agreed to by the plan that promises it. Pure.

Its fen never lie in the person's balance: they come out of what the campaign set aside for prizes, and go back there
when they are not paid.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import date

from qunflow.domain.clock import at_local_hour, local_date
from qunflow.domain.decisions import NOTHING, Chance, Decision, NewEvent
from qunflow.domain.inbound import Message
from qunflow.domain.payments import PayoutWanted
from qunflow.domain.reasons import Reason
from qunflow.engine.feature import View
from qunflow.features.payouts.decide import PayoutFacts, number_of, send, set_aside
from qunflow.features.payouts.model import (
    AUDITED,
    MANUAL,
    REQUESTED,
    PayoutApproved,
    PayoutForPrize,
    PayoutRequested,
    PayoutState,
    payout_stream,
)
from qunflow.features.payouts.rules import PayRules
from qunflow.features.payouts.telling import refused
from qunflow.ledger.accounts import debt


def decide_wanted(message: Message, facts: PayoutFacts, view: View, chance: Chance) -> Decision:
    """Set the fen of a prize aside and send them; what is asked for again, under the same key, is there already.

    The plan is the first agreement, whoever approved the prize by hand the second; from ``four_eyes_fen`` on one more
    is waited for where only the plan agreed. A no is told to the prize, which decides what follows.
    """
    body: PayoutWanted = message.body
    number, rules = number_of(message), facts.rules
    if view.state(payout_stream(number)).number:
        return NOTHING
    code = _trouble(body, message.person, facts, view)
    if code is not None:
        return refused(body, code)
    state = _first(message, number, facts, local_date(message.at, rules.tz))
    taken = set_aside(
        number, state.person, body.fen, state.channel, state.day or date.min, rules, view, _events(state), body.account
    )
    if taken.rejection is not None:
        return refused(body, taken.rejection.reason, at_local_hour(message.at, rules.tz, 0))
    taken = replace(taken, answer=None)
    if state.status == REQUESTED or state.channel == MANUAL:
        return taken
    sent = send(message, state, rules, view)
    if sent.rejection is not None:
        return refused(body, sent.rejection.reason, at_local_hour(message.at, rules.tz, 0))
    return taken + sent


def _trouble(body: PayoutWanted, person: str, facts: PayoutFacts, view: View) -> Reason | None:
    rules = facts.rules
    if not person or (rules.channel and not facts.external):
        return Reason.NO_PAYEE
    if body.fen < rules.min_fen:
        return Reason.BELOW_MINIMUM
    if body.fen > min(rules.max_fen, rules.person_fen, rules.channel_fen):
        return Reason.ABOVE_MAXIMUM
    if view.balance(debt(person)) < 0:
        return Reason.IN_DEBT
    return Reason.BALANCE_SHORT if view.balance(body.account) < body.fen else None


def _first(message: Message, number: str, facts: PayoutFacts, day: date) -> PayoutState:
    """The payout as it begins, with those who agreed."""
    body: PayoutWanted = message.body
    rules: PayRules = facts.rules
    plan = f"campaign:{message.campaign}"
    agreed = tuple(dict.fromkeys((plan, *body.agreed)))
    eyes = 2 if body.fen >= rules.four_eyes_fen else 1
    return PayoutState(
        number=number,
        key=body.key,
        person=message.person,
        external=facts.external,
        campaign=message.campaign,
        channel=rules.channel or MANUAL,
        fen=body.fen,
        status=AUDITED if len(agreed) >= eyes else REQUESTED,
        day=day,
        requested_at=message.at,
        asked_by=plan,
        eyes=eyes,
        approved_by=agreed[:eyes],
        grant=body.grant,
        account=body.account,
    )


def _events(state: PayoutState) -> tuple[NewEvent, ...]:
    assert state.day is not None
    bodies: list[object] = [
        PayoutRequested(state.number, state.key, state.external, state.fen, state.eyes, state.day, state.asked_by),
        PayoutForPrize(state.number, state.grant, state.account),
    ]
    last = len(state.approved_by)
    bodies += [
        PayoutApproved(state.number, by, place == last and state.status == AUDITED)
        for place, by in enumerate(state.approved_by, 1)
    ]
    whose = {"person": state.person, "campaign": state.campaign, "channel": state.channel}
    return tuple(NewEvent(payout_stream(state.number), body, **whose) for body in bodies)
