"""What a participant is due now, and the ledger brought to it. Pure; every rule that changes what is due ends here."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime

from qunflow.domain.clock import at_local_hour, local_date
from qunflow.domain.decisions import CounterMove, Decision, Needs, NewEvent, Timer
from qunflow.domain.events import Rewarded
from qunflow.domain.prizes import PrizeDue
from qunflow.engine.feature import View
from qunflow.features.campaigns.contest import Contest, RewardHeld
from qunflow.features.campaigns.mechanics import invitation
from qunflow.features.campaigns.model import (
    CampaignState,
    ParticipationState,
    campaign_stream,
    participation_stream,
)
from qunflow.features.campaigns.prizes import GONE, Afforded, Good, Standing, afford, cost_told, prize_events
from qunflow.features.campaigns.running import DayBegins
from qunflow.ledger.settle import Amounts, Settlement, account_names, settle

BONUS = "breakthrough"
#: Under this name things are held that the day has no room for.
GOODS = "goods"
_NONE = Contest()


def owed(campaign: CampaignState, state: ParticipationState) -> dict[str, Amounts]:
    """Fen by rule that this participant should have been granted now; nothing in a test run."""
    if campaign.plan is None or state.test:
        return {}
    contest = state.contest or _NONE
    kept = 0
    if campaign.frozen_at is not None:  # what was due then: posted, or held for want of budget
        kept = state.posted.get(BONUS, Amounts()).total + contest.held.get(BONUS, 0)
    plays: dict[str, Amounts] = {}
    for key, amounts in contest.plays.items():
        rule = key.partition("@")[0]
        known = plays.get(rule, Amounts())
        plays[rule] = Amounts(known.available + amounts.available, known.pending + amounts.pending)
    plan, task_done, prizes = campaign.plan, state.completed, contest.prizes
    if state.void:  # another participation of the same human has these
        steps = tuple(step for step in plan.breakthrough if f"{BONUS}:{step[0]}" not in state.void)
        plan, task_done = replace(plan, breakthrough=steps), task_done and "task" not in state.void
        prizes = {rule: fen for rule, fen in prizes.items() if rule not in state.void}
    found = invitation.due(plan, state.invitees, state.reached, task_done, prizes, kept, plays)
    goods = cost_told(campaign.plan, contest.goods)
    return invitation.capped(found, max(0, campaign.plan.reward_per_user_max_fen - goods)) if goods else found


def settled(
    campaign: CampaignState,
    before: ParticipationState,
    after: ParticipationState,
    events: Sequence[NewEvent],
    view: View,
    at: datetime,
    place: int = 0,
) -> Decision:
    """The events that lead from ``before`` to ``after``, and with them the ledger brought to what is due after them.

    What the plan's daily budget has no room for is held, and looked at again when the next local day begins. Things
    count as their ``cost_fen``: those that are gone make room, new ones come after the fen.
    """
    found = list(events)
    if after.test:
        return Decision(events=tuple(found))
    prizes = _prizes(campaign, after, place)
    gone = [prize for prize in prizes if prize.state == GONE]
    after = _without(after, gone)
    accounts = account_names(before.campaign, before.person)
    balances = {account: view.balance(account) for account in accounts}
    revision = before.revision + 1
    room = room_today(campaign, at, view)
    due = owed(campaign, after)
    settlement = settle(before.campaign, before.person, due, before.posted, balances, revision, room)
    told = _afforded(campaign, after, [prize for prize in prizes if prize.state != GONE], due, settlement, room)
    held = dict((before.contest or _NONE).held)
    for change in settlement.changes:
        if not change.held:
            found.append(own(before, Rewarded(change.rule, change.available, revision, change.pending)))
            held.pop(change.rule, None)
        elif held.pop(change.rule, 0) != change.held:
            found.append(own(before, RewardHeld(change.rule, change.held)))
    if told.held and held.pop(GOODS, 0) != told.held:
        found.append(own(before, RewardHeld(GOODS, told.held)))
    found.extend(own(before, RewardHeld(rule, 0)) for rule in sorted(held))  # its rise is no longer due
    found.extend(own(before, event) for event in (*gone, *told.events))
    decision = Decision(events=tuple(found), postings=settlement.postings)
    return decision if room is None else decision + _day_of(campaign, settlement, told, at)


def _without(state: ParticipationState, gone: Sequence[PrizeDue]) -> ParticipationState:
    """The participant after prizes were taken back."""
    if not gone or state.contest is None:
        return state
    goods = dict(state.contest.goods)
    for prize in gone:
        goods[f"{prize.rule}:{prize.milestone}"] = Good(GONE, prize.revision)
    return replace(state, contest=replace(state.contest, goods=goods))


def _afforded(
    campaign: CampaignState,
    after: ParticipationState,
    prizes: list[PrizeDue],
    due: Mapping[str, Amounts],
    settlement: Settlement,
    room: int | None,
) -> Afforded:
    """Which new prizes fit beside the fen that are due: below the person's cap, and into the day."""
    if campaign.plan is None or not prizes:
        return Afforded(())
    told = (after.contest or _NONE).goods
    left = campaign.plan.reward_per_user_max_fen - cost_told(campaign.plan, told)
    left -= sum(amounts.total for amounts in due.values())
    today = None if room is None else room - _granted(settlement)
    return afford(campaign.plan, prizes, told, left, today)


def _granted(settlement: Settlement) -> int:
    return sum(max(0, change.available + change.pending) for change in settlement.changes)


def _prizes(campaign: CampaignState, after: ParticipationState, place: int) -> list[PrizeDue]:
    """What is new about the things that the plan promises beside fen; ``place`` is one just won on the ranking."""
    if campaign.plan is None or not campaign.plan.prizes:
        return []
    contest = after.contest or _NONE
    standing = Standing(
        sum(state == invitation.CONFIRMED for state in after.invitees.values()),
        sum(state == invitation.PENDING for state in after.invitees.values()),
        after.reached,
        after.completed,
        tuple((key, amounts.available, amounts.pending) for key, amounts in sorted(contest.plays.items())),
        place,
        campaign.frozen_at is not None,
        after.void,
    )
    return prize_events(campaign.plan, standing, contest.goods)


def day_counters(campaign: CampaignState, at: datetime) -> tuple[str, ...]:
    """What was granted on the local day; none where the plan bounds no day (campaigns.md §13.1)."""
    if campaign.plan is None or not campaign.plan.budget_daily_fen:
        return ()
    return (f"budget:{campaign.campaign}:{local_date(at, campaign.plan.tz).isoformat()}",)


def room_today(campaign: CampaignState, at: datetime, view: View) -> int | None:
    """Fen that may still be granted today; None where the plan bounds no day."""
    names = day_counters(campaign, at)
    if not names or campaign.plan is None:
        return None
    return campaign.plan.budget_daily_fen - view.counter(names[0]).used


def _day_of(campaign: CampaignState, settlement: Settlement, told: Afforded, at: datetime) -> Decision:
    """Count what was granted, and look again tomorrow at what was held."""
    assert campaign.plan is not None
    (name,), daily = day_counters(campaign, at), campaign.plan.budget_daily_fen
    granted = _granted(settlement) + told.granted
    counters = (CounterMove(name, granted, daily),) if granted else ()
    if not told.held and not any(change.held for change in settlement.changes):
        return Decision(counters=counters)
    stream, due = campaign_stream(campaign.campaign), at_local_hour(at, campaign.plan.tz, 0)
    return Decision(counters=counters, timers=(Timer(stream, "day", due, DayBegins(), campaign=campaign.campaign),))


def need_person(campaign: CampaignState, person: str, at: datetime) -> Needs:
    """A participant's stream and accounts, and what was granted today."""
    name = campaign.campaign
    streams, counters = (participation_stream(name, person),), day_counters(campaign, at)
    return Needs(streams, counters=counters, accounts=account_names(name, person))


def own(state: ParticipationState, body: object) -> NewEvent:
    """An event of a participant's own stream."""
    stream = participation_stream(state.campaign, state.person)
    return NewEvent(stream, body, state.person, "", state.campaign, state.channel)
