"""Earning: helps, proofs and stages change what is due; the difference to what was posted goes to the ledger."""

from __future__ import annotations

from collections.abc import Mapping

from qunflow.domain.decisions import NOTHING, Chance, Decision, Needs, NewEvent, reject
from qunflow.domain.events import (
    Approved,
    Completed,
    Confirmed,
    Departed,
    Joined,
    Refused,
    Rewarded,
    ScriptDue,
    Submitted,
)
from qunflow.domain.inbound import Message
from qunflow.domain.reasons import Reason
from qunflow.engine.feature import View
from qunflow.features.campaigns.entering import room_of
from qunflow.features.campaigns.mechanics import invitation
from qunflow.features.campaigns.mechanics.stages import next_stage
from qunflow.features.campaigns.model import (
    CampaignState,
    Helped,
    ParticipationState,
    RecordStage,
    RewardHeld,
    StageReached,
    participation_stream,
)
from qunflow.features.campaigns.plan import Plan
from qunflow.ledger.settle import account_names, settle


def need_inviter(message: Message, facts: CampaignState | None) -> Needs:
    """The inviter's stream and accounts, when the participant has one."""
    parent = message.body.parent
    return _need_person(message.campaign, parent) if facts is not None and parent else Needs()


def need_earner(message: Message, facts: CampaignState | None) -> Needs:
    """The participant's stream and accounts."""
    return _need_person(message.campaign, message.person) if facts is not None else Needs()


def _need_person(campaign: str, person: str) -> Needs:
    return Needs(streams=(participation_stream(campaign, person),), accounts=account_names(campaign, person))


def decide_help_changed(message: Message, facts: CampaignState | None, view: View, chance: Chance) -> Decision:
    """An invitee joined, left or was confirmed: the inviter's count changes, and with it what is due."""
    body: Joined | Departed | Confirmed = message.body
    state_now = "confirmed" if isinstance(body, Confirmed) else body.help
    if facts is None or facts.plan is None or not body.parent or not state_now:
        return NOTHING
    inviter: ParticipationState = view.state(participation_stream(message.campaign, body.parent))
    if not inviter.person or inviter.invitees.get(message.person) == state_now:
        return NOTHING
    invitees = {**inviter.invitees, message.person: state_now}
    reached = dict(inviter.reached)
    events = [_own(inviter, Helped(message.person, state_now))]
    if facts.plan.stages:
        first = facts.plan.stages[0].name
        holds = state_now == "confirmed"
        if holds != (first in reached.get(message.person, ())):
            events.append(_own(inviter, StageReached(message.person, first, holds)))
            reached[message.person] = (first,) if holds else ()
    return _settled(facts.plan, inviter, events, invitees, reached, inviter.completed, view)


def decide_approved(message: Message, facts: CampaignState | None, view: View, chance: Chance) -> Decision:
    """The proof was approved: the participant has completed the task, and the reward is due. Never before (M09)."""
    body: Approved = message.body
    state: ParticipationState = view.state(participation_stream(message.campaign, message.person))
    if facts is None or facts.plan is None or state.completed or not state.person:
        return NOTHING
    events = [_own(state, Completed(body.submission))]
    decision = _settled(facts.plan, state, events, state.invitees, state.reached, True, view)
    reward = facts.plan.task.reward_fen if facts.plan.task is not None else 0
    script = ScriptDue("approved", "approved", state.external, {"reward": reward, **room_of(state, facts)})
    stream = participation_stream(state.campaign, state.person)
    off = ((stream, "remind"), (stream, "last_call"))
    return decision + Decision(events=(_own(state, script),), timers_off=off)


def decide_proof_script(message: Message, facts: CampaignState | None, view: View, chance: Chance) -> Decision:
    """A proof came in or was rejected: tell the participant, with the reason and the way out (M06)."""
    body: Submitted | Refused = message.body
    state: ParticipationState = view.state(participation_stream(message.campaign, message.person))
    if facts is None or not state.person:
        return NOTHING
    if isinstance(body, Submitted):
        script = ScriptDue("submitted", f"submitted:{body.attempt}", state.external, room_of(state, facts))
    else:
        params = {"reason": body.reason, "left": body.left, **room_of(state, facts)}
        script = ScriptDue("rejected", f"rejected:{body.attempt}", state.external, params)
    return Decision(events=(_own(state, script),))


def decide_stage(message: Message, facts: CampaignState | None, view: View, chance: Chance) -> Decision:
    """A stage fact about an invitee, in order; a refund takes the stage and those after it back (§5.2)."""
    body: RecordStage = message.body
    state: ParticipationState = view.state(participation_stream(message.campaign, message.person))
    if facts is None or facts.plan is None or not state.person:
        return reject(Reason.NOT_PARTICIPATING)
    pairs = [(stage.name, stage.amount_fen) for stage in facts.plan.stages]
    names = state.reached.get(body.invitee, ())
    if body.stage not in {name for name, _ in pairs} or body.invitee not in state.invitees:
        return reject(Reason.STAGE_UNKNOWN, stage=body.stage)
    if body.holds == (body.stage in names):
        return Decision(answer=list(names))
    if body.holds and next_stage(pairs, names) != body.stage:
        return reject(Reason.STAGE_ORDER, stage=body.stage, next=next_stage(pairs, names))
    after = (*names, body.stage) if body.holds else tuple(name for name in names if name != body.stage)
    events = [_own(state, StageReached(body.invitee, body.stage, body.holds))]
    reached = {**state.reached, body.invitee: after}
    decision = _settled(facts.plan, state, events, state.invitees, reached, state.completed, view)
    return decision + Decision(answer=list(after))


def _settled(
    plan: Plan,
    state: ParticipationState,
    events: list[NewEvent],
    invitees: Mapping[str, str],
    reached: Mapping[str, tuple[str, ...]],
    completed: bool,
    view: View,
) -> Decision:
    """The events, and with them the ledger brought to what is due after them."""
    if state.test:
        return Decision(events=tuple(events))
    due = invitation.due(plan, invitees, reached, completed)
    accounts = account_names(state.campaign, state.person)
    balances = {account: view.balance(account) for account in accounts}
    revision = state.revision + 1
    settled = settle(state.campaign, state.person, due, state.posted, balances, revision)
    for change in settled.changes:
        if change.held:
            events.append(_own(state, RewardHeld(change.rule, change.held)))
        else:
            rewarded = Rewarded(change.rule, change.available, revision, change.pending)
            events.append(_own(state, rewarded))
    return Decision(events=tuple(events), postings=settled.postings)


def _own(state: ParticipationState, body: object) -> NewEvent:
    stream = participation_stream(state.campaign, state.person)
    return NewEvent(stream, body, state.person, "", state.campaign, state.channel)
