"""A submission: the proof that a participant hands in, and what was decided about it. Frozen."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime
from typing import ClassVar

from qunflow.domain.events import Approved, Event, Refused, Submitted
from qunflow.domain.ids import stream_id


@dataclass(frozen=True, slots=True)
class SubmissionState:
    """One participant's proof. ``status``: '' | checking | queued | approved | rejected."""

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
class SubmitProof:
    """A participant hands in an image that lies in the blob store."""

    KIND: ClassVar[str] = "submit_proof"
    blob: str


@dataclass(frozen=True, slots=True)
class ReviewProof:
    """A reviewer decides about the attempt that they saw; a newer attempt makes the decision void."""

    KIND: ClassVar[str] = "review_proof"
    submission: str
    attempt: int
    approve: bool
    reviewer: str
    reason: str = ""


def submission_stream(campaign: str, person: str) -> str:
    """The stream of a participant's proof; it is also the submission's name."""
    return stream_id("submission", campaign, person)


def evolve(state: SubmissionState, event: Event) -> SubmissionState:
    """Fold one event of a submission."""
    body = event.body
    if isinstance(body, Submitted):
        return replace(
            state,
            submission=body.submission,
            campaign=event.campaign,
            person=event.person,
            status="checking",
            attempt=body.attempt,
            blob=body.blob,
            submitted_at=event.at,
            reason="",
            by="",
            findings=(),
        )
    if isinstance(body, ProofQueued):
        return replace(state, status="queued", findings=body.findings)
    if isinstance(body, Approved):
        return replace(state, status="approved", by=body.by)
    if isinstance(body, Refused):
        return replace(state, status="rejected", by=body.by, reason=body.reason)
    if isinstance(body, AuditDrawn):
        return replace(state, audit=True)
    return state


EVENTS = (ProofQueued, AuditDrawn)
BODIES = (SubmitProof, ReviewProof)
