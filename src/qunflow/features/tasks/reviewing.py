"""What reviewers do with a proof that waits: open it, decide, take it back; when a decision takes effect. Pure.

Leases give order, never correctness: whoever decides first about an attempt has decided it (campaigns.md §8).
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta

from qunflow.domain.decisions import NOTHING, Chance, Claim, Decision, Needs, NewEvent, Timer, reject
from qunflow.domain.events import Approved, Refused
from qunflow.domain.inbound import Message
from qunflow.domain.reasons import Reason
from qunflow.engine.feature import View
from qunflow.features.tasks.decide import REJECT_REASONS, ProofFacts
from qunflow.features.tasks.model import (
    APPROVE,
    FOUR_EYES_FEN,
    LEASE,
    REJECT,
    REVIEW,
    UNDO_SECONDS,
    FirstApproved,
    LeaveProof,
    OpenProof,
    ReviewDecided,
    ReviewProof,
    ReviewUndone,
    SettleReview,
    SubmissionState,
    UndoReview,
)

_SETTLE = "settle"


def need_review(message: Message, facts: ProofFacts) -> Needs:
    """The submission that a reviewer handles, its place among those that wait, and who had decided about it."""
    name = message.body.submission
    return Needs(streams=(name,), claims=((REVIEW, name), judges_claim(name, facts.judges)))


def judges_of(state: SubmissionState) -> tuple[str, ...]:
    """The accounts whose decisions keep others from deciding, or may be taken back."""
    return (state.first, state.judge, state.decided_by)


def judges_claim(submission: str, judges: Iterable[str]) -> tuple[str, str]:
    """A key that nobody ever holds: needs name it by the accounts that were read, rules look at it by the locked ones.

    So the batch starts again when somebody decided in between, whose people the facts do not tell.
    """
    return ("judges", ":".join((submission, *judges)))


def decide_review(message: Message, facts: ProofFacts, view: View, chance: Chance) -> Decision:
    """A person's decision about the attempt they saw; a large reward needs two, and nobody judges own invitees."""
    body: ReviewProof = message.body
    if not facts.campaign:
        return reject(Reason.NOT_PARTICIPATING, submission=body.submission)
    state: SubmissionState = view.state(body.submission)
    if state.status != "queued" or state.attempt != body.attempt:
        return reject(Reason.WRONG_STATE, status=state.status, attempt=state.attempt, by=state.decided_by or state.by)
    refusal = _no_judge(state, facts, view, body.reviewer)
    if refusal is not None:
        return refusal
    if not body.approve and body.reason not in REJECT_REASONS:
        return reject(Reason.OTHER, given=body.reason, known=sorted(REJECT_REASONS))
    if not body.approve and body.reason == Reason.OTHER and not body.words:
        return reject(Reason.NEEDS_WORDS)
    waited = _waited(state, message.at)
    if body.approve and facts.reward_fen >= FOUR_EYES_FEN and not state.first:
        first = FirstApproved(state.attempt, body.reviewer, waited)
        place = _place(view, state.submission, Claim(REVIEW, state.submission))
        return Decision(events=(_event(state, first),), answer="needs_second") + place
    until = message.at + timedelta(seconds=max(0, min(UNDO_SECONDS, body.hold)))
    decided = ReviewDecided(
        state.attempt,
        body.reviewer,
        APPROVE if body.approve else REJECT,
        until,
        waited,
        "" if body.approve else body.reason,
        max(0, facts.attempts - state.attempt),
        "" if body.approve else body.words,
        state.first,
    )
    return _decided(message, state, decided) + _place(view, state.submission, None)


def _decided(message: Message, state: SubmissionState, decided: ReviewDecided) -> Decision:
    """The decision, in force at once or by a timer."""
    event = _event(state, decided)
    if decided.until > message.at:
        settle = SettleReview(state.submission, state.attempt, decided.until)
        timer = Timer(state.submission, _SETTLE, decided.until, settle, state.person, state.campaign)
        return Decision(events=(event,), timers=(timer,), answer="decided")
    effect = _effect(state, decided.verdict, decided.by, decided.reason, decided.left)
    answer = "approved" if decided.verdict == APPROVE else "rejected"
    return Decision(events=(event, _event(state, effect)), answer=answer)


def decide_settle(message: Message, facts: object, view: View, chance: Chance) -> Decision:
    """The minute is over: what was decided and not taken back takes effect, once."""
    body: SettleReview = message.body
    state: SubmissionState = view.state(body.submission)
    if state.status != "decided" or state.attempt != body.attempt or state.until != body.until:
        return NOTHING
    return Decision(
        events=(_event(state, _effect(state, state.verdict, state.decided_by, state.decided_reason, state.left)),)
    )


def need_settle(message: Message, facts: object) -> Needs:
    """The submission alone."""
    return Needs(streams=(message.body.submission,))


def decide_undo(message: Message, facts: ProofFacts, view: View, chance: Chance) -> Decision:
    """A reviewer takes the own decision back before it takes effect; the proof is open before them again."""
    body: UndoReview = message.body
    state: SubmissionState = view.state(body.submission)
    view.claim(*judges_claim(body.submission, judges_of(state)))
    decided = state.status == "decided" and facts.same(state.decided_by, body.reviewer)
    seconded = state.status == "queued" and facts.same(state.first, body.reviewer)
    if state.attempt != body.attempt or not (decided or seconded):
        return reject(Reason.WRONG_STATE, status=state.status, attempt=state.attempt, by=state.decided_by or state.by)
    end = state.until if decided else _later(state.first_at)
    if end is None or message.at >= end:
        return reject(Reason.UNDO_OVER, status=state.status)
    undone = _event(state, ReviewUndone(state.attempt, body.reviewer))
    place = Decision()
    if _holder(view, state.submission, message.at) in ("", body.reviewer):
        held = Claim(REVIEW, state.submission, body.reviewer, message.at + LEASE)
        place = _place(view, state.submission, held)
    off = ((state.submission, _SETTLE),) if decided else ()
    return Decision(events=(undone,), timers_off=off, answer="queued") + place


def decide_open(message: Message, facts: ProofFacts, view: View, chance: Chance) -> Decision:
    """A reviewer opens a proof, or has it open still: nobody else is given it for ten minutes."""
    body: OpenProof = message.body
    state: SubmissionState = view.state(body.submission)
    if state.status != "queued" or state.attempt != body.attempt:
        return reject(Reason.WRONG_STATE, status=state.status, attempt=state.attempt, by=state.decided_by or state.by)
    refusal = _no_judge(state, facts, view, body.reviewer)
    if refusal is not None:
        return refusal
    holder = _holder(view, state.submission, message.at)
    if holder not in ("", body.reviewer):
        return reject(Reason.LEASED, by=holder)
    until = message.at + LEASE
    return _place(view, state.submission, Claim(REVIEW, state.submission, body.reviewer, until)) + Decision(
        answer=until.isoformat()
    )


def decide_leave(message: Message, facts: ProofFacts, view: View, chance: Chance) -> Decision:
    """A reviewer turns away: others may open the proof at once."""
    body: LeaveProof = message.body
    if _holder(view, body.submission, message.at) != body.reviewer:
        return NOTHING
    return _place(view, body.submission, Claim(REVIEW, body.submission))


def _no_judge(state: SubmissionState, facts: ProofFacts, view: View, reviewer: str) -> Decision | None:
    """Why this reviewer may not decide: it is their own proof or their invitee's, or they decided about it before.

    What counts is the human: an account with all the people it is. They approved first, or rejected before an appeal.
    """
    view.claim(*judges_claim(state.submission, judges_of(state)))
    people = facts.people(reviewer)
    if people & {state.person, facts.inviter, *facts.inviter_names}:
        return reject(Reason.OWN_INVITEE)
    if facts.same(reviewer, state.first) or facts.same(reviewer, state.judge):
        return reject(Reason.SAME_REVIEWER)
    return None


def _holder(view: View, submission: str, at: datetime) -> str:
    """Who has a waiting proof open; empty when nobody has, or no longer."""
    claim = view.claim(REVIEW, submission)
    return claim.holder if claim is not None and claim.until is not None and claim.until > at else ""


def _place(view: View, submission: str, claim: Claim | None) -> Decision:
    """Put another claim in the place of the one that is there, or take it away."""
    there = view.claim(REVIEW, submission) is not None
    return Decision(
        releases=((REVIEW, submission),) if there else (),
        claims=(claim,) if claim is not None else (),
    )


def _effect(state: SubmissionState, verdict: str, by: str, reason: str, left: int) -> Approved | Refused:
    if verdict == APPROVE:
        return Approved(state.submission, state.attempt, by)
    return Refused(state.submission, state.attempt, by, reason, left)


def _later(at: datetime | None) -> datetime | None:
    return at + timedelta(seconds=UNDO_SECONDS) if at is not None else None


def _waited(state: SubmissionState, at: datetime) -> int:
    return max(0, round((at - state.queued_at).total_seconds())) if state.queued_at is not None else 0


def _event(state: SubmissionState, what: object) -> NewEvent:
    return NewEvent(state.submission, what, state.person, "", state.campaign)
