"""What a participant is due now, and the ledger brought to it. Pure; every rule that changes what is due ends here."""

from __future__ import annotations

from collections.abc import Sequence

from qunflow.domain.decisions import Decision, Needs, NewEvent
from qunflow.domain.events import Rewarded
from qunflow.engine.feature import View
from qunflow.features.campaigns.contest import Contest, RewardHeld
from qunflow.features.campaigns.mechanics import invitation
from qunflow.features.campaigns.model import CampaignState, ParticipationState, participation_stream
from qunflow.ledger.settle import Amounts, account_names, settle

BONUS = "breakthrough"
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
    return invitation.due(campaign.plan, state.invitees, state.reached, state.completed, contest.prizes, kept, plays)


def settled(
    campaign: CampaignState,
    before: ParticipationState,
    after: ParticipationState,
    events: Sequence[NewEvent],
    view: View,
) -> Decision:
    """The events that lead from ``before`` to ``after``, and with them the ledger brought to what is due after them."""
    found = list(events)
    if after.test:
        return Decision(events=tuple(found))
    accounts = account_names(before.campaign, before.person)
    balances = {account: view.balance(account) for account in accounts}
    revision = before.revision + 1
    settlement = settle(before.campaign, before.person, owed(campaign, after), before.posted, balances, revision)
    held = dict((before.contest or _NONE).held)
    for change in settlement.changes:
        if not change.held:
            found.append(own(before, Rewarded(change.rule, change.available, revision, change.pending)))
            held.pop(change.rule, None)
        elif held.pop(change.rule, 0) != change.held:
            found.append(own(before, RewardHeld(change.rule, change.held)))
    found.extend(own(before, RewardHeld(rule, 0)) for rule in sorted(held))  # its rise is no longer due
    return Decision(events=tuple(found), postings=settlement.postings)


def need_person(campaign: str, person: str) -> Needs:
    """A participant's stream and accounts."""
    return Needs(streams=(participation_stream(campaign, person),), accounts=account_names(campaign, person))


def own(state: ParticipationState, body: object) -> NewEvent:
    """An event of a participant's own stream."""
    stream = participation_stream(state.campaign, state.person)
    return NewEvent(stream, body, state.person, "", state.campaign, state.channel)
