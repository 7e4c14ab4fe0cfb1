"""May this move be made at all: what the host checks for every model before the model is asked. Pure."""

from __future__ import annotations

from datetime import datetime

from qunflow.domain.decisions import Rejection
from qunflow.domain.inbound import Message
from qunflow.domain.reasons import Reason
from qunflow.engine.feature import View
from qunflow.features.campaigns.mechanics.mechanic import Actor, MoveRule, Unit
from qunflow.features.campaigns.model import LIVE, ParticipationState, participation_stream
from qunflow.features.campaigns.plays.facts import (
    PlayFacts,
    help_claim,
    help_counters,
    limits_wins,
    open_claims,
    wins_counter,
)
from qunflow.features.campaigns.risk.helping import is_staff

PERSONAL = ("owner", "other", "anyone")


def refusal(message: Message, facts: PlayFacts, rule: MoveRule, unit: Unit, view: View) -> Rejection | None:
    """The first rule that the move breaks, in the order in which people should hear of it; None when it may go on."""
    person = participant(facts, view)
    for found in (
        _wrong_hand(facts, rule),
        _wrong_time(facts, rule, unit, person),
        _wrong_unit(facts, rule, unit, message.at),
        _wrong_person(facts, rule, unit, person),
        _spent(message, facts, rule, view),
    ):
        if found is not None:
            return found
    return None


def participant(facts: PlayFacts, view: View) -> ParticipationState | None:
    """The actor's place in the campaign; None when nobody acts."""
    if not facts.job.actor:
        return None
    state: ParticipationState = view.state(participation_stream(facts.frame.campaign, facts.job.actor))
    return state


def actor_of(person: ParticipationState | None, units: tuple[str, ...] = ()) -> Actor:
    """The actor as the model sees them."""
    if person is None:
        return Actor()
    inside = bool(person.groups)
    return Actor(person.person, inside, person.new_user, person.parent, units, person.joined_at, person.completed)


def _wrong_hand(facts: PlayFacts, rule: MoveRule) -> Rejection | None:
    """People make people's moves; staff and the system make theirs (and, on somebody's behalf, people's)."""
    by, wanted = facts.job.by, rule.who if rule.who not in PERSONAL else "person"
    allowed = by == wanted or (by == "system" and wanted == "person")
    return None if allowed else Rejection(Reason.MOVE_UNKNOWN, {"move": facts.job.move})


def _wrong_time(facts: PlayFacts, rule: MoveRule, unit: Unit, person: ParticipationState | None) -> Rejection | None:
    """New units only while it runs, moves of people also in the grace after it, the rest until it is settled."""
    status = facts.campaign.status
    allowed: tuple[str, ...] = (*LIVE, "stopped", "settling")
    if rule.anytime and rule.closed:
        allowed = (*allowed, "closed")  # money that comes later still than late is given back
    if not rule.anytime and (rule.who in PERSONAL or (rule.opens and not rule.surveys)):
        late = rule.grace or facts.job.by == "system"  # what waited for a person is carried out when it is decided
        allowed = ("running", "ended") if late else ("running",)
    if (person.test if person is not None else unit.test) and status == "draft":
        return None
    return None if status in allowed else Rejection(Reason.NOT_RUNNING, {"status": status})


def _wrong_unit(facts: PlayFacts, rule: MoveRule, unit: Unit, at: datetime) -> Rejection | None:
    if rule.opens:
        return Rejection(Reason.ALREADY_DONE) if unit.status else None
    if not unit.status:
        return Rejection(Reason.UNIT_UNKNOWN)
    if unit.status == "closed" and facts.job.move != "reverse" and not rule.closed:
        return Rejection(Reason.EXPIRED if unit.outcome == "expired" else Reason.UNIT_CLOSED, {"outcome": unit.outcome})
    if rule.who not in PERSONAL:
        return None
    if unit.status == "frozen":
        return Rejection(Reason.UNIT_FROZEN)
    late = rule.helps == "listed" and unit.expires_at is not None and at >= unit.expires_at
    return Rejection(Reason.EXPIRED) if late else None


def _wrong_person(facts: PlayFacts, rule: MoveRule, unit: Unit, person: ParticipationState | None) -> Rejection | None:
    if rule.who not in PERSONAL:
        return None
    if person is None or not person.person or (unit.status and person.test != unit.test):
        return Rejection(Reason.NOT_PARTICIPATING)
    if not rule.helps and not person.test and is_staff(facts.campaign.plan, person):
        return Rejection(Reason.RISK_DENIED, {"rule": "staff"})  # whose work it is wins nothing by it
    if rule.in_group and not person.groups:
        return Rejection(Reason.NOT_IN_GROUP)
    owns = person.person == unit.owner
    if rule.who == "other" and (owns or (unit.owner and unit.owner in person.faces)):
        return Rejection(Reason.SELF_HELP)
    if person.seat and facts.job.by == "person" and not (owns and not rule.opens):
        return Rejection(Reason.MERGED)  # what was begun with this account goes on, nothing new begins
    if rule.who == "owner" and not owns:
        return Rejection(Reason.UNIT_UNKNOWN)
    plan = facts.campaign.plan
    scope = plan.helper_scope if plan is not None else "any"
    if rule.helps and scope == "new_only" and not person.new_user and not person.test:
        return Rejection(Reason.NOT_NEW_USER)
    return None


def _spent(message: Message, facts: PlayFacts, rule: MoveRule, view: View) -> Rejection | None:
    """Claims and counters: one help each, a helper's quotas, units that are open or were won."""
    rules = facts.frame.rules
    if rule.opens and facts.owner and not rule.apart:
        taken = [claim.holder for scope, key in open_claims(facts) if (claim := view.claim(scope, key)) is not None]
        won = view.counter(wins_counter(facts.frame.campaign, facts.owner)).used
        often = limits_wins(facts.model) and won + len(taken) >= rules.wins_per_person
        if len(taken) >= rules.open_units or often:
            return Rejection(Reason.UNIT_LIMIT, {"open": taken, "won": won})
    if rule.helps != "listed":
        return None
    if view.claim(*help_claim(facts)) is not None:
        return Rejection(Reason.ALREADY_HELPED)
    campaign, day = help_counters(message, facts)
    if view.counter(campaign).used >= rules.helps_per_helper:
        return Rejection(Reason.HELPER_QUOTA, {"most": rules.helps_per_helper})
    if view.counter(day).used >= rules.helps_per_day:
        return Rejection(Reason.HELPER_DAILY_QUOTA, {"most": rules.helps_per_day})
    return None
