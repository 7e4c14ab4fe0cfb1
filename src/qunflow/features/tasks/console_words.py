"""What the review pages say: findings, reasons and reviewers in the operator's language."""

from __future__ import annotations

from datetime import datetime

from qunflow.domain.reasons import Reason
from qunflow.features.tasks.store import WaitingProof
from qunflow.web.desk import Desk
from qunflow.web.widgets.formats import span_words

#: What brings a proof before a person, the weightiest first; a list shows the first that holds.
FINDINGS = (
    "appeal",
    "risk",
    "looks_alike",
    "like_another",
    "last_chance",
    "second",
    "count_likes",
    "count_minutes",
    "no_qr",
    "qr_engine_absent",
    "text_warns",
    "text_score",
    "text_likes",
    "text_minutes",
    "no_text",
)
TONES = {
    "appeal": "info",
    "risk": "negative",
    "looks_alike": "negative",
    "like_another": "warning",
    "last_chance": "negative",
    "second": "info",
}
#: Reasons of campaigns.md §8 in the order of the keys 1–9; ``0`` is ``other``, the last two have no key.
REASONS = (
    Reason.NOT_TARGET_PAGE,
    Reason.WRONG_POSTER,
    Reason.QR_MISMATCH,
    Reason.DUPLICATE_IMAGE,
    Reason.GROUPED_VISIBILITY,
    Reason.TOO_FEW_LIKES,
    Reason.DELETED_OR_TOO_SHORT,
    Reason.UNREADABLE,
    Reason.EDITED,
    Reason.OTHER,
    Reason.OUT_OF_WINDOW,
    Reason.NOT_GROUP_MEMBER,
)
KEYS = {str((place + 1) % 10): reason for place, reason in enumerate(REASONS[:10])}


def codes_of(proof: WaitingProof) -> list[str]:
    """Everything that a reviewer should know of a proof, the weightiest first."""
    found = {finding.partition(":")[0] for finding in proof.findings}
    if proof.last_chance:
        found.add("last_chance")
    if proof.first:
        found.add("second")
    return [code for code in FINDINGS if code in found] + sorted(found - set(FINDINGS))


def finding_words(desk: Desk, proof: WaitingProof, code: str) -> str:
    """A finding in a whole sentence."""
    numbers = {name: number for name, _, number in (finding.partition(":") for finding in proof.findings)}
    if code not in FINDINGS:
        return code
    return desk.say(f"console.reviews.finding.{code}.text", count=numbers.get(code, ""))


def reason_words(desk: Desk, reason: str) -> str:
    """A reason of campaigns.md §8 as reviewers know it."""
    known = {str(item) for item in REASONS} | {str(Reason.TOO_SMALL)}
    return desk.say(f"console.reviews.reason.{reason}") if reason in known else reason


def wait_words(desk: Desk, since: datetime | None, now: datetime) -> str:
    """How long something has waited; a dash for nothing."""
    return span_words(desk.say, None if since is None else max(0.0, (now - since).total_seconds()))
