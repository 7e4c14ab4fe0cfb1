"""A submission: the proof that a participant hands in, and what was decided about it. Frozen."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import ClassVar

from qunflow.domain.events import Approved, Event, Refused, Submitted
from qunflow.domain.ids import stream_id
from qunflow.features.tasks.reading import TextFindings

#: A decision at the console may be taken back for so long, and takes effect afterwards.
UNDO_SECONDS = 60
#: A reviewer has a proof open for so long unless it is renewed (campaigns.md §8).
LEASE = timedelta(minutes=10)
#: An approval that brings at least so many fen needs a second reviewer (campaigns.md §8: 50 yuan).
FOUR_EYES_FEN = 5_000
#: The claims of proofs that wait: one for each, held by whoever looks at it, until the end of the lease.
REVIEW = "review"
#: The claims of proofs whose text is to be read; the holder is the time at which that was asked.
TEXT = "text"
#: The finding of a proof whose rejection was appealed.
APPEAL = "appeal"
APPROVE, REJECT = "approve", "reject"


@dataclass(frozen=True, slots=True)
class SubmissionState:
    """One participant's proof. ``status``: '' | checking | queued | decided | approved | rejected.

    ``decided`` is the ``verdict`` (approve | reject) of ``decided_by`` for ``decided_reason`` that takes effect at
    ``until`` unless it is undone; ``by`` and ``reason`` are known only then. ``first`` approved where two must;
    ``words`` is the digest of what a reviewer wrote. ``asked``: its text is to be read. ``appealed`` is the attempt
    whose rejection by ``judge`` the participant asked to have looked at again, with the text ``plea``.
    """

    submission: str = ""
    campaign: str = ""
    person: str = ""
    status: str = ""
    attempt: int = 0
    blob: str = ""
    submitted_at: datetime | None = None
    reason: str = ""
    by: str = ""
    findings: tuple[str, ...] = ()
    audit: bool = False
    test: bool = False
    queued_at: datetime | None = None
    verdict: str = ""
    decided_by: str = ""
    decided_reason: str = ""
    until: datetime | None = None
    left: int = 0
    words: str = ""
    first: str = ""
    first_at: datetime | None = None
    asked: bool = False
    appealed: int = 0
    judge: str = ""
    plea: str = ""


@dataclass(frozen=True, slots=True)
class ProofQueued:
    """The checks could not decide alone: a person must look. ``findings`` say what they saw."""

    KIND: ClassVar[str] = "proof_queued"
    SCHEMA: ClassVar[int] = 1
    attempt: int
    findings: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class AuditDrawn:
    """An automatic approval was drawn for a second look."""

    KIND: ClassVar[str] = "audit_drawn"
    SCHEMA: ClassVar[int] = 1
    attempt: int


@dataclass(frozen=True, slots=True)
class TextAsked:
    """The text of the picture is to be read: the other checks had only such ``findings`` as it may answer."""

    KIND: ClassVar[str] = "text_asked"
    SCHEMA: ClassVar[int] = 1
    attempt: int
    findings: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class TextRead:
    """The text was read: its score of 100, and the least minutes and the likes that it tells (-1: none)."""

    KIND: ClassVar[str] = "text_read"
    SCHEMA: ClassVar[int] = 1
    attempt: int
    score: int
    minutes: int
    likes: int


@dataclass(frozen=True, slots=True)
class ProofAppealed:
    """A participant asked, once, for another look at a rejection by ``judge``; ``words`` is the digest of the text."""

    KIND: ClassVar[str] = "proof_appealed"
    SCHEMA: ClassVar[int] = 1
    attempt: int
    judge: str
    words: str


@dataclass(frozen=True, slots=True)
class ReviewDecided:
    """A reviewer decided, ``waited`` seconds after the proof was queued; it takes effect at ``until``.

    ``first`` approved before, where two must. ``words`` is the digest of a text that lies among the erasable files.
    """

    KIND: ClassVar[str] = "review_decided"
    SCHEMA: ClassVar[int] = 1
    attempt: int
    by: str
    verdict: str
    until: datetime
    waited: int
    reason: str = ""
    left: int = 0
    words: str = ""
    first: str = ""


@dataclass(frozen=True, slots=True)
class ReviewUndone:
    """A reviewer took the own decision back before it took effect."""

    KIND: ClassVar[str] = "review_undone"
    SCHEMA: ClassVar[int] = 1
    attempt: int
    by: str


@dataclass(frozen=True, slots=True)
class FirstApproved:
    """The first of two reviewers approved; nothing follows from it before the second."""

    KIND: ClassVar[str] = "first_approved"
    SCHEMA: ClassVar[int] = 1
    attempt: int
    by: str
    waited: int


@dataclass(frozen=True, slots=True)
class SubmitProof:
    """A participant hands in an image that lies in the blob store."""

    KIND: ClassVar[str] = "submit_proof"
    blob: str


@dataclass(frozen=True, slots=True)
class AppealProof:
    """A participant asks to have a rejection looked at again; ``words`` is the digest of a stored text."""

    KIND: ClassVar[str] = "appeal_proof"
    attempt: int
    words: str


@dataclass(frozen=True, slots=True)
class TextFound:
    """The reader read the text of a picture, or could not: then nothing was ``found``."""

    KIND: ClassVar[str] = "text_found"
    submission: str
    attempt: int
    found: TextFindings | None


@dataclass(frozen=True, slots=True)
class TextOver:
    """A timer: whether the text was read or not, the proof waits for it no longer."""

    KIND: ClassVar[str] = "text_over"
    submission: str
    attempt: int


@dataclass(frozen=True, slots=True)
class ReviewProof:
    """A reviewer decides about the attempt that they saw; a newer attempt makes the decision void.

    ``hold`` seconds (at most a minute) the decision can be taken back; 0: it takes effect at once.
    """

    KIND: ClassVar[str] = "review_proof"
    submission: str
    attempt: int
    approve: bool
    reviewer: str
    reason: str = ""
    words: str = ""
    hold: int = 0


@dataclass(frozen=True, slots=True)
class UndoReview:
    """A reviewer takes the own decision back."""

    KIND: ClassVar[str] = "undo_review"
    submission: str
    attempt: int
    reviewer: str


@dataclass(frozen=True, slots=True)
class SettleReview:
    """A timer: the decision that was to take effect at ``until`` does."""

    KIND: ClassVar[str] = "settle_review"
    submission: str
    attempt: int
    until: datetime


@dataclass(frozen=True, slots=True)
class OpenProof:
    """A reviewer has a proof before them, or still has."""

    KIND: ClassVar[str] = "open_proof"
    submission: str
    attempt: int
    reviewer: str


@dataclass(frozen=True, slots=True)
class LeaveProof:
    """A reviewer turns to something else."""

    KIND: ClassVar[str] = "leave_proof"
    submission: str
    reviewer: str


def submission_stream(campaign: str, person: str) -> str:
    """The stream of a participant's proof; it is also the submission's name."""
    return stream_id("submission", campaign, person)


def evolve(state: SubmissionState, event: Event) -> SubmissionState:
    """Fold one event of a submission."""
    body = event.body
    if isinstance(body, Submitted):
        return SubmissionState(
            submission=body.submission,
            campaign=event.campaign,
            person=event.person,
            status="checking",
            attempt=body.attempt,
            blob=body.blob,
            submitted_at=event.at,
            audit=state.audit,
            test=state.test,
        )
    if isinstance(body, ProofQueued):
        return replace(state, status="queued", findings=body.findings, queued_at=event.at, asked=False)
    if isinstance(body, TextAsked):
        return replace(state, findings=body.findings, asked=True)
    if isinstance(body, ProofAppealed):
        return _appealed(state, body, event.at)
    if isinstance(body, Approved):
        return replace(state, status="approved", by=body.by, asked=False)
    if isinstance(body, Refused):
        return replace(state, status="rejected", by=body.by, reason=body.reason, asked=False)
    if isinstance(body, AuditDrawn):
        return replace(state, audit=True)
    return _evolve_review(state, event)


def _appealed(state: SubmissionState, body: ProofAppealed, at: datetime) -> SubmissionState:
    """The proof waits again; what the first reviewer decided is no part of what the second one sees as decided."""
    return replace(
        state,
        status="queued",
        findings=(APPEAL, *(finding for finding in state.findings if finding != APPEAL)),
        queued_at=at,
        appealed=body.attempt,
        judge=body.judge,
        plea=body.words,
        verdict="",
        decided_by="",
        decided_reason="",
        until=None,
        words="",
        first="",
        first_at=None,
    )


def _evolve_review(state: SubmissionState, event: Event) -> SubmissionState:
    body = event.body
    if isinstance(body, ReviewDecided):
        return replace(
            state,
            status="decided",
            verdict=body.verdict,
            decided_by=body.by,
            decided_reason=body.reason,
            left=body.left,
            words=body.words,
            until=body.until,
        )
    if isinstance(body, ReviewUndone) and state.status == "decided":
        return replace(
            state,
            status="queued",
            verdict="",
            decided_by="",
            decided_reason="",
            left=0,
            words="",
            until=None,
        )
    if isinstance(body, ReviewUndone):
        return replace(state, first="", first_at=None)
    if isinstance(body, FirstApproved):
        return replace(state, first=body.by, first_at=event.at)
    return state


EVENTS = (ProofQueued, AuditDrawn, ReviewDecided, ReviewUndone, FirstApproved, TextAsked, TextRead, ProofAppealed)
BODIES = (
    SubmitProof,
    ReviewProof,
    UndoReview,
    SettleReview,
    OpenProof,
    LeaveProof,
    TextFound,
    TextOver,
    AppealProof,
)
