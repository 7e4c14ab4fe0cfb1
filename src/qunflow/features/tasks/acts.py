"""Acts of reviewers: the queue, opening a proof, decisions about what was seen, taking one back."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from qunflow.domain.errors import Conflict, InvalidInput, NotFound
from qunflow.domain.inbound import Message
from qunflow.domain.reasons import Reason
from qunflow.engine.commands import Answer
from qunflow.engine.door import Door
from qunflow.features.tasks.model import (
    AppealProof,
    LeaveProof,
    OpenProof,
    ReviewProof,
    SubmissionState,
    UndoReview,
)
from qunflow.features.tasks.store import QueueFilter, read_order, read_waiting
from qunflow.storage.blobs import BlobStore

MAX_LISTED = 10_000
MAX_BULK = 100
MAX_WORDS = 300
#: What a participant may write about a rejection.
MAX_PLEA = 500
#: A reviewer who steps through the queue gets that far at once.
MOST_STEPS = 1_000
Seen = tuple[str, int]


@dataclass(frozen=True, slots=True)
class BulkDone:
    """What became of a bulk approval: those that are approved, and the reason for each that is not."""

    done: tuple[Seen, ...]
    refused: tuple[tuple[str, str], ...]


async def queue(door: Door, workspace: str, campaign: str) -> list[dict[str, Any]]:
    """Proofs of a campaign that wait for a person: a last chance or a risk first, then the oldest."""
    async with door.database.read(workspace) as unit:
        waiting, _ = await read_waiting(unit, QueueFilter(exact=campaign), door.clock.now(), limit=MAX_LISTED)
    return [
        {
            "submission": proof.submission,
            "attempt": proof.attempt,
            "findings": list(proof.findings),
            "submitted_at": proof.submitted_at.isoformat(),
            "blob": proof.blob,
        }
        for proof in waiting
    ]


async def review(
    door: Door, workspace: str, submission: str, approve: bool, reviewer: str, reason: str = "", words: str = ""
) -> dict[str, Any]:
    """Decide at once about the attempt that waits now; ``words`` are the digest of a text that ``keep_words`` stored.

    Raises NotFound, InvalidInput, or Conflict with the reason of a rejection.
    """
    state = await find_submission(door, workspace, submission)
    return await decide(door, workspace, (submission, state.attempt), approve, reviewer, reason, words)


async def decide(
    door: Door,
    workspace: str,
    seen: Seen,
    approve: bool,
    reviewer: str,
    reason: str = "",
    words: str = "",
    *,
    hold: int = 0,
) -> dict[str, Any]:
    """Decide about the attempt that was seen; for ``hold`` seconds it can be undone. Raises as ``review``."""
    submission, attempt = seen
    campaign = (await find_submission(door, workspace, submission)).campaign
    body = ReviewProof(submission, attempt, approve, reviewer, reason, words, hold)
    answer = await door.ask(workspace, body, campaign=campaign)
    return {"submission": submission, "status": _told(answer, submission)}


async def undo(door: Door, workspace: str, seen: Seen, reviewer: str) -> None:
    """Take the own decision back. Raises Conflict once it is in force."""
    _told(await door.ask(workspace, UndoReview(*seen, reviewer)), seen[0])


async def open_proof(door: Door, workspace: str, seen: Seen, reviewer: str) -> None:
    """Open a proof, or keep it open for ten more minutes. Raises Conflict when somebody else has it."""
    _told(await door.ask(workspace, OpenProof(*seen, reviewer)), seen[0])


async def leave_proof(door: Door, workspace: str, submission: str, reviewer: str) -> None:
    """Let others have a proof again."""
    await door.ask(workspace, LeaveProof(submission, reviewer))


async def step(
    door: Door, workspace: str, wanted: QueueFilter, reviewer: str, after: str = "", back: bool = False
) -> str:
    """Open the next proof that is free, ``after`` that one (or the one before it); empty when there is none."""
    async with door.database.read(workspace) as unit:
        order = await read_order(unit, wanted, door.clock.now(), MOST_STEPS)
    names = [name for name, _, _ in order]
    place = names.index(after) if after in names else -1 if not back else len(names)
    ahead = order[:place][::-1] if back else order[place + 1 :]
    for name, holder, first in ahead:
        if holder in ("", reviewer) and first != reviewer:
            state = await find_submission(door, workspace, name)
            answer = await door.ask(workspace, OpenProof(name, state.attempt, reviewer))
            if answer.rejection is None:
                return name
    return ""


async def approve_many(door: Door, workspace: str, seen: Sequence[Seen], reviewer: str, *, hold: int = 0) -> BulkDone:
    """Approve proofs that all have the same findings; those that somebody else has open are left alone.

    Raises InvalidInput when they differ, or are over a hundred.
    """
    if not 0 < len(seen) <= MAX_BULK:
        raise InvalidInput("review_bulk", f"choose 1 to {MAX_BULK} proofs", field="proofs")
    states = await door.look.states(workspace, [name for name, _ in seen])
    findings = {tuple(sorted(state.findings)) for state in states if state is not None and state.status == "queued"}
    if len(findings) > 1:
        raise InvalidInput("review_bulk_differs", "only proofs with the same findings go together", field="proofs")
    answers = await asyncio.gather(*(_one_of_many(door, workspace, item, reviewer, hold) for item in seen))
    refused = [(item[0], str(answer.rejection.reason)) for item, answer in zip(seen, answers, strict=True)
               if answer.rejection is not None]  # fmt: skip
    done = [item for item, answer in zip(seen, answers, strict=True) if answer.rejection is None]
    return BulkDone(tuple(done), tuple(refused))


async def _one_of_many(door: Door, workspace: str, seen: Seen, reviewer: str, hold: int) -> Answer:
    opened = await door.ask(workspace, OpenProof(*seen, reviewer))
    if opened.rejection is not None:
        return opened
    return await door.ask(workspace, ReviewProof(*seen, True, reviewer, hold=hold), campaign=seen[0].split(":")[1])


async def keep_words(door: Door, blobs: BlobStore, workspace: str, submission: str, words: str) -> str:
    """Store what a reviewer wrote beside the log, where it is erased with its person; answers its digest.

    Raises InvalidInput for a text of no or of over 300 characters, NotFound.
    """
    text = words.strip()
    if not 1 <= len(text) <= MAX_WORDS:
        raise InvalidInput("review_words", f"say why in 1 to {MAX_WORDS} characters", field="words")
    state = await find_submission(door, workspace, submission)
    async with door.database.alone(workspace) as unit:
        return await blobs.put(unit, text.encode(), "text/plain; charset=utf-8", state.person, door.clock.now())


async def appeal(
    door: Door, blobs: BlobStore, workspace: str, campaign: str, person: str, attempt: int, words: str
) -> None:
    """A participant asks, once, for another look at a rejection; the text lies where it is erased with the person.

    Raises InvalidInput for a text of no or over 500 characters, and Conflict when there is nothing to ask (again).
    """
    text = words.strip().replace("\x00", "")
    if not 1 <= len(text) <= MAX_PLEA:
        raise InvalidInput("appeal_words", f"say why in 1 to {MAX_PLEA} characters", field="words")
    at = door.clock.now()
    question = Message(workspace, "dry-run", at, AppealProof(attempt, ""), person=person, campaign=campaign)
    _appealed(await door.commands.dry_run(question))  # a text that nobody will read is not stored
    async with door.database.alone(workspace) as unit:
        digest = await blobs.put(unit, text.encode(), "text/plain; charset=utf-8", person, at)
    _appealed(await door.ask(workspace, AppealProof(attempt, digest), person=person, campaign=campaign))


def _appealed(answer: Answer) -> None:
    if answer.rejection is not None:
        done = answer.rejection.reason is Reason.ALREADY_DONE
        raise Conflict("appealed_already" if done else "appeal_closed", str(answer.rejection.reason), field="attempt")


async def find_submission(door: Door, workspace: str, submission: str) -> SubmissionState:
    """A participant's proof. Raises NotFound."""
    if submission.startswith("submission:"):
        state: SubmissionState | None = await door.look.state(workspace, submission)
        if state is not None:
            return state
    raise NotFound("submission_unknown", "there is no submission of this name", field=submission[:200])


def _told(answer: Answer, submission: str) -> Any:
    if answer.rejection is None:
        return answer.value
    reason = answer.rejection.reason
    if reason is Reason.NEEDS_WORDS:
        raise InvalidInput("needs_words", "this reason needs words of your own", field="words")
    raise Conflict(str(reason), str(dict(answer.rejection.detail)), field=submission)
