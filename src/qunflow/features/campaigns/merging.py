"""One human once in each campaign (campaigns.md §0.1, §7): the earliest help stays, what is double is taken back. Pure.

Nothing is moved from one participation to the other and no edge is rewritten: what must not count twice is voided by
events, and the ledger follows by due less posted.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime

from qunflow.community.model import PersonState, person_stream
from qunflow.domain.decisions import NOTHING, Chance, Decision, Needs, NewEvent
from qunflow.domain.inbound import Message
from qunflow.domain.merging import PersonMerged
from qunflow.domain.reasons import Reason
from qunflow.engine.feature import Reader, View
from qunflow.features.campaigns.contest import RANKING
from qunflow.features.campaigns.merged import HelpVoided, MergeSeats, SeatsMerged, merged_fields
from qunflow.features.campaigns.model import (
    CampaignState,
    InvolvedState,
    ParticipationState,
    campaign_stream,
    involved_stream,
    participation_stream,
)
from qunflow.features.campaigns.owing import day_counters, own, settled
from qunflow.features.campaigns.plan import Plan
from qunflow.features.campaigns.plays.owing import Purse
from qunflow.ledger.settle import account_names

COUNTS = ("pending", "confirmed")
_EVER = datetime.max.replace(tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class SeatFacts:
    """The campaign, and who the human is: the person that goes on first, then those that went into it."""

    campaign: CampaignState
    people: tuple[str, ...]


async def load_involved(reader: Reader, message: Message) -> tuple[str, ...]:
    """The campaigns of the person that is gone."""
    body: PersonMerged = message.body
    involved: InvolvedState | None = await reader.state(involved_stream(body.gone))
    return involved.campaigns if involved is not None else ()


def need_nothing(message: Message, facts: object) -> Needs:
    """This rule only sends commands on."""
    return Needs()


def decide_merged(message: Message, facts: tuple[str, ...], view: View, chance: Chance) -> Decision:
    """Each campaign of the person that is gone is brought in order by itself."""
    body: PersonMerged = message.body
    return Decision(
        commands=tuple(
            (participation_stream(name, body.kept), MergeSeats(name, body.kept, body.met_at)) for name in facts
        )
    )


async def load_seats(reader: Reader, message: Message) -> SeatFacts | None:
    """The campaign and everybody who is this human."""
    body: MergeSeats = message.body
    campaign: CampaignState | None = await reader.state(campaign_stream(body.campaign))
    person: PersonState | None = await reader.state(person_stream(body.kept))
    if campaign is None or campaign.plan is None or person is None or person.merged_into:
        return None  # who went on is gone by now, too: that merge brings the campaign in order
    return SeatFacts(campaign, (body.kept, *person.took_in))


def need_seats(message: Message, facts: SeatFacts | None) -> Needs:
    """Every participation of the human, with their accounts."""
    if facts is None:
        return Needs()
    name = facts.campaign.campaign
    accounts = [account for person in facts.people for account in account_names(name, person)]
    streams = tuple(participation_stream(name, person) for person in facts.people)
    return Needs(streams, counters=day_counters(facts.campaign, message.at), accounts=tuple(accounts))


def decide_seats(message: Message, facts: SeatFacts | None, view: View, chance: Chance) -> Decision:
    """Void what counts twice: helps, prizes that one human gets once, and a newness that was none."""
    if facts is None or facts.campaign.plan is None:
        return NOTHING
    body: MergeSeats = message.body
    plan, name = facts.campaign.plan, facts.campaign.campaign
    found = [view.state(participation_stream(name, person)) for person in facts.people]
    states: list[ParticipationState] = [state for state in found if state.person]
    old = body.met_at is not None and body.met_at < plan.starts_at
    voided = voided_helps(states, old and plan.helper_scope == "new_only")
    void = voids(plan, states)
    decision, purse = NOTHING, Purse(view, {})
    for state in states:
        others = tuple(other.person for other in states if other is not state)
        merged = SeatsMerged(states[0].person, others, void[state.person], old)
        after = replace(state, **merged_fields(state.person, state.new_user, merged))
        events: list[NewEvent] = [own(state, merged)] if after != state else []
        if state.person in voided:
            events.append(own(state, HelpVoided(state.parent, str(Reason.MERGED))))
        if events:
            changed = settled(facts.campaign, state, after, events, purse, message.at)
            purse.take(changed)
            decision += changed
    return replace(decision, stop=Reason.MERGED) if voided else decision


def voided_helps(states: Sequence[ParticipationState], none_counts: bool) -> set[str]:
    """Whose help counts no more: that for oneself, every one but the earliest, all when the human was no new user."""
    human = {state.person for state in states}
    living = [state for state in states if state.help in COUNTS]
    valid = [state for state in living if state.parent not in human and not none_counts]
    valid.sort(key=lambda state: (state.joined_at or _EVER, state.person))
    return {state.person for state in living if state not in valid[:1]}


def voids(plan: Plan, states: Sequence[ParticipationState]) -> Mapping[str, tuple[str, ...]]:
    """person → what one human gets once and another of them has, or will have: the seat where nobody has it yet."""
    found: dict[str, list[str]] = {state.person: [] for state in states}
    for token in once(plan):
        holder = next((state.person for state in states if token not in state.void and has(state, token)), "")
        for place, state in enumerate(states):
            if state.person != holder and (holder or place):
                found[state.person].append(token)
    return {person: tuple(tokens) for person, tokens in found.items()}


def once(plan: Plan) -> tuple[str, ...]:
    """What a plan gives one human once: the task, each step of the bonus, a place, and the things for these."""
    steps = tuple(f"breakthrough:{at}" for at, _ in plan.breakthrough)
    goods = tuple(
        f"{prize.rule}:{prize.milestone}" for prize in plan.prizes if prize.rule in ("invites", "task", RANKING)
    )
    task = ("task",) if plan.task is not None else ()
    place = (RANKING,) if plan.ranking is not None else ()
    return (*task, *place, *steps, *goods)


def has(state: ParticipationState, token: str) -> bool:
    """Whether a participation has what is given once."""
    rule, _, which = token.partition(":")
    if token == "task":
        return state.completed
    if token == RANKING:
        return state.contest is not None and RANKING in state.contest.prizes
    if rule == "breakthrough":
        return sum(one in COUNTS for one in state.invitees.values()) >= int(which)
    good = state.contest.goods.get(token) if state.contest is not None else None
    return good is not None and good.state != "gone"
