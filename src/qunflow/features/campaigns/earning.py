"""Earning: helps, proofs and stages change what is due; the difference to what was posted goes to the ledger."""

from __future__ import annotations

from dataclasses import replace

from qunflow.domain.decisions import NOTHING, Chance, Decision, Needs, reject
from qunflow.domain.events import (
    Approved,
    Completed,
    Confirmed,
    Departed,
    Joined,
    Refused,
    ScriptDue,
    Submitted,
)
from qunflow.domain.inbound import Message
from qunflow.domain.reasons import Reason
from qunflow.engine.feature import Reader, View
from qunflow.features.campaigns.contest import RANKING, AwardPrize, Contest, PostHeld, PrizeWon
from qunflow.features.campaigns.entering import room_of
from qunflow.features.campaigns.mechanics.stages import is_late, next_stage
from qunflow.features.campaigns.merged import HelpVoided
from qunflow.features.campaigns.model import (
    LIVE,
    CampaignState,
    Helped,
    ParticipationState,
    participation_stream,
)
from qunflow.features.campaigns.owing import need_person, own, settled
from qunflow.features.campaigns.plan import Plan, StagePlan
from qunflow.features.campaigns.screening import Screened
from qunflow.features.campaigns.staging import RecordStage, StageReached

#: Stages are told while the budget is there: orders go on after the end, and nothing is paid after the closing.
STAGED = (*LIVE, "stopped", "settling")


def need_inviter(message: Message, facts: CampaignState | None) -> Needs:
    """The inviter's stream and accounts, when the participant has one."""
    parent = message.body.parent
    return need_person(facts, parent, message.at) if facts is not None and parent else Needs()


def need_earner(message: Message, facts: CampaignState | None) -> Needs:
    """The participant's stream and accounts."""
    return need_person(facts, message.person, message.at) if facts is not None else Needs()


def decide_help_changed(message: Message, facts: CampaignState | None, view: View, chance: Chance) -> Decision:
    """An invitee joined, left, was confirmed or screened: the inviter's count changes, and with it what is due."""
    body: Joined | Departed | Confirmed | Screened | HelpVoided = message.body
    state_now = "confirmed" if isinstance(body, Confirmed) else body.help
    if facts is None or facts.plan is None or not body.parent or not state_now:
        return NOTHING
    inviter: ParticipationState = view.state(participation_stream(message.campaign, body.parent))
    if not inviter.person or inviter.invitees.get(message.person) == state_now:
        return NOTHING
    reached = dict(inviter.reached)
    events = [own(inviter, Helped(message.person, state_now))]
    if facts.plan.stages:
        first = facts.plan.stages[0].name
        holds = state_now == "confirmed"
        if holds != (first in reached.get(message.person, ())):
            events.append(own(inviter, StageReached(message.person, first, holds)))
            rest = tuple(name for name in reached.get(message.person, ()) if name != first)
            reached[message.person] = (*rest, first) if holds else rest
    invitees = {**inviter.invitees, message.person: state_now}
    return settled(facts, inviter, replace(inviter, invitees=invitees, reached=reached), events, view, message.at)


def decide_approved(message: Message, facts: CampaignState | None, view: View, chance: Chance) -> Decision:
    """The proof was approved: the participant has completed the task, and the reward is due. Never before (M09)."""
    body: Approved = message.body
    state: ParticipationState = view.state(participation_stream(message.campaign, message.person))
    if facts is None or facts.plan is None or state.completed or not state.person:
        return NOTHING
    events = [own(state, Completed(body.submission))]
    decision = settled(facts, state, replace(state, completed=True), events, view, message.at)
    reward = facts.plan.task.reward_fen if facts.plan.task is not None else 0
    script = ScriptDue("approved", "approved", state.external, {"reward": reward, **room_of(state, facts)})
    stream = participation_stream(state.campaign, state.person)
    off = ((stream, "remind"), (stream, "last_call"))
    return decision + Decision(events=(own(state, script),), timers_off=off)


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
    return Decision(events=(own(state, script),))


def decide_stage(message: Message, facts: CampaignState | None, view: View, chance: Chance) -> Decision:
    """A stage fact about an invitee, in order, in time and large enough; a refund takes it and those after it back."""
    body: RecordStage = message.body
    state: ParticipationState = view.state(participation_stream(message.campaign, message.person))
    if facts is None or facts.plan is None or not state.person:
        return reject(Reason.NOT_PARTICIPATING)
    if facts.status not in STAGED and not state.test:
        return reject(Reason.NOT_RUNNING, status=facts.status)
    names = state.reached.get(body.invitee, ())
    terms = next((stage for stage in facts.plan.stages if stage.name == body.stage), None)
    if terms is None or body.invitee not in state.invitees:
        return reject(Reason.STAGE_UNKNOWN, stage=body.stage)
    if body.holds == (body.stage in names):
        return Decision(answer=list(names))
    refused = _refused_stage(message, facts.plan, terms, state) if body.holds else NOTHING
    if refused.rejection is not None:
        return refused
    after = (*names, body.stage) if body.holds else tuple(name for name in names if name != body.stage)
    events = [own(state, StageReached(body.invitee, body.stage, body.holds))]
    reached = {**state.reached, body.invitee: after}
    decision = settled(facts, state, replace(state, reached=reached), events, view, message.at)
    return decision + Decision(answer=list(after))


def _refused_stage(message: Message, plan: Plan, terms: StagePlan, state: ParticipationState) -> Decision:
    """Why a stage cannot be reached now: one before it is missing, it is too late, or the order too small."""
    body: RecordStage = message.body
    pairs = [(stage.name, stage.amount_fen) for stage in plan.stages]
    following = next_stage(pairs, state.reached.get(body.invitee, ()))
    if following != body.stage and not terms.skip_ok:
        return reject(Reason.STAGE_ORDER, stage=body.stage, next=following)
    if is_late(terms.ttl_days, state.staged.get(body.invitee), message.at):
        return reject(Reason.EXPIRED, stage=body.stage, days=terms.ttl_days)
    if body.fen < terms.min_order_fen:
        return reject(Reason.BELOW_MINIMUM, stage=body.stage, least=terms.min_order_fen)
    return NOTHING


def decide_award(message: Message, facts: CampaignState | None, view: View, chance: Chance) -> Decision:
    """A place of a frozen board is due to a participant, once for each board."""
    body: AwardPrize = message.body
    state: ParticipationState = view.state(participation_stream(message.campaign, body.person))
    contest = state.contest or Contest()
    if facts is None or not state.person or body.rule in contest.prizes or body.rule in state.void:
        return NOTHING
    events = [own(state, PrizeWon(body.rule, body.place, body.fen))]
    after = replace(state, contest=replace(contest, prizes={**contest.prizes, body.rule: body.fen}))
    return settled(facts, state, after, events, view, message.at, body.place if body.rule == RANKING else 0)


def need_named(message: Message, facts: CampaignState | None) -> Needs:
    """The stream and accounts of the participant that the command names."""
    return need_person(facts, message.body.person, message.at) if facts is not None else Needs()


def decide_post_held(message: Message, facts: CampaignState | None, view: View, chance: Chance) -> Decision:
    """The budget was raised: what was held for this participant is posted, as far as the money goes."""
    body: PostHeld = message.body
    state: ParticipationState = view.state(participation_stream(message.campaign, body.person))
    return settled(facts, state, state, (), view, message.at) if facts is not None and state.person else NOTHING


async def load_held(reader: Reader, message: Message) -> tuple[str, ...]:
    """Everybody of the campaign for whom something is held; a whole look, as rare as a raised budget."""
    found = await reader.states("participation", participation_stream(message.campaign, ""))
    return tuple(state.person for state in found.values() if state.contest is not None and state.contest.held)


def decide_raised(message: Message, facts: tuple[str, ...], view: View, chance: Chance) -> Decision:
    """More money is there: everybody for whom something was held is looked at again, one by one."""
    lanes = ((participation_stream(message.campaign, person), PostHeld(person)) for person in facts)
    return Decision(commands=tuple(lanes))


def need_nothing(message: Message, facts: object) -> Needs:
    """For rules that only send commands on."""
    return Needs()
