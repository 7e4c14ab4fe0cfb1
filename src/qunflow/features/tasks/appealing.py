"""A participant asks, once for each rejection, that another reviewer looks again (campaigns.md §8). Pure."""

from __future__ import annotations

from qunflow.domain.decisions import Chance, Claim, Decision, Needs, reject
from qunflow.domain.inbound import Message
from qunflow.domain.reasons import Reason
from qunflow.engine.feature import View
from qunflow.features.tasks.decide import ProofFacts, about
from qunflow.features.tasks.model import (
    REVIEW,
    AppealProof,
    ProofAppealed,
    SubmissionState,
    submission_stream,
)


def need_appeal(message: Message, facts: ProofFacts) -> Needs:
    """The participant's own submission, and its place in the queue."""
    if not facts.campaign:
        return Needs()
    name = submission_stream(facts.campaign, message.person)
    return Needs(streams=(name,), claims=((REVIEW, name),))


def decide_appeal(message: Message, facts: ProofFacts, view: View, chance: Chance) -> Decision:
    """Put the rejected proof back into the queue with the participant's words; no attempt is used up."""
    body: AppealProof = message.body
    if not facts.participating:
        return reject(Reason.NOT_PARTICIPATING)
    if not facts.running:
        return reject(Reason.NOT_RUNNING)
    state: SubmissionState = view.state(submission_stream(facts.campaign, message.person))
    if state.status != "rejected" or state.attempt != body.attempt:
        return reject(Reason.WRONG_STATE, status=state.status, attempt=state.attempt)
    if state.appealed == state.attempt:
        return reject(Reason.ALREADY_DONE)
    event = about(state, ProofAppealed(state.attempt, state.by, body.words))
    place = () if view.claim(REVIEW, state.submission) is not None else (Claim(REVIEW, state.submission),)
    return Decision(events=(event,), claims=place, answer=state.submission)


def may_appeal(state: SubmissionState, accepts: bool) -> bool:
    """Whether the participant may ask now."""
    return accepts and state.status == "rejected" and state.appealed != state.attempt
