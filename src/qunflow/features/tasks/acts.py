"""Acts of a reviewer: the queue, and decisions about what was seen."""

from __future__ import annotations

from typing import Any

from qunflow.domain.errors import Conflict, NotFound
from qunflow.engine.door import Door
from qunflow.features.tasks.model import ReviewProof, SubmissionState


async def queue(door: Door, workspace: str, campaign: str) -> list[dict[str, Any]]:
    """Proofs that wait for a person, oldest first."""
    prefix = f"submission:{campaign}:"
    waiting: list[SubmissionState] = await door.look.all_of(workspace, "submission", prefix, "queued")
    waiting.sort(key=lambda state: (state.submitted_at.timestamp() if state.submitted_at else 0.0, state.submission))
    return [
        {
            "submission": state.submission,
            "attempt": state.attempt,
            "findings": list(state.findings),
            "submitted_at": state.submitted_at.isoformat() if state.submitted_at else "",
            "blob": state.blob,
        }
        for state in waiting
    ]


async def review(
    door: Door, workspace: str, submission: str, approve: bool, reviewer: str, reason: str = ""
) -> dict[str, Any]:
    """Decide about the attempt that waits now. Raises NotFound, or Conflict with the reason of a rejection."""
    state: SubmissionState | None = await door.look.state(workspace, submission)
    if state is None or not submission.startswith("submission:"):
        raise NotFound("submission_unknown", "there is no submission of this name", field=submission)
    body = ReviewProof(submission, state.attempt, approve, reviewer, reason)
    answer = await door.ask(workspace, body, campaign=state.campaign)
    if answer.rejection is not None:
        raise Conflict(str(answer.rejection.reason), str(dict(answer.rejection.detail)), field=submission)
    return {"submission": submission, "status": answer.value}
