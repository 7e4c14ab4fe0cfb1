"""What follows from the text of a screenshot: asked for after the other checks, answered or not in time. Pure.

An engine that is absent, dead or slow approves nothing: a timer brings the proof before a person (campaigns.md §8).
"""

from __future__ import annotations

from qunflow.domain.decisions import NOTHING, Chance, Decision, Needs
from qunflow.domain.events import Refused
from qunflow.domain.inbound import Message
from qunflow.domain.reasons import Reason
from qunflow.engine.feature import View
from qunflow.features.tasks.decide import NO_TEXT, RISK, RISK_AT, TEXT_TIMER, ProofFacts, about, passed, queued
from qunflow.features.tasks.model import REVIEW, TEXT, SubmissionState, TextFound, TextOver, TextRead
from qunflow.features.tasks.reading import GOOD_SCORE, TextFindings


def need_text(message: Message, facts: ProofFacts) -> Needs:
    """The submission and its places: among those to be read, and among those that a person looks at."""
    name = message.body.submission
    return Needs(streams=(name,), claims=((TEXT, name), (REVIEW, name)))


def decide_over(message: Message, facts: ProofFacts, view: View, chance: Chance) -> Decision:
    """Nobody read the text in time: a person looks."""
    body: TextOver = message.body
    state: SubmissionState = view.state(body.submission)
    if not _waits(state, body.attempt):
        return _off(view, body.submission)
    return queued(view, state, (*state.findings, NO_TEXT)) + _off(view, body.submission)


def decide_found(message: Message, facts: ProofFacts, view: View, chance: Chance) -> Decision:
    """The text was read, or could not be: approve, reject, or let a person look with what it says."""
    body: TextFound = message.body
    state: SubmissionState = view.state(body.submission)
    if not facts.campaign or not _waits(state, body.attempt):
        return _off(view, body.submission)
    done = _off(view, body.submission) + Decision(timers_off=((body.submission, TEXT_TIMER),), answer="read")
    if body.found is None:
        return queued(view, state, (*state.findings, NO_TEXT)) + done
    seen = body.found
    read = Decision(events=(about(state, TextRead(state.attempt, seen.score, seen.newest, seen.likes)),))
    reason = text_failure(seen, facts) if facts.in_group else Reason.NOT_GROUP_MEMBER
    if reason is not None:
        refused = Refused(state.submission, state.attempt, "auto", reason, max(0, facts.attempts - state.attempt))
        return read + Decision(events=(about(state, refused),)) + done
    left = still_open(state.findings, seen, facts) + ((RISK,) if facts.risk >= RISK_AT else ())
    if left:
        return read + queued(view, state, (*left, *hints(seen))) + done
    return read + passed(state, facts, chance) + done


def text_failure(seen: TextFindings, facts: ProofFacts) -> Reason | None:
    """What the text alone rejects: words of the app, a time that is too short everywhere, a number of likes."""
    if seen.hidden > 1:
        return Reason.GROUPED_VISIBILITY
    if seen.deleted > 1 or 0 <= seen.oldest < facts.posted_minutes:
        return Reason.DELETED_OR_TOO_SHORT
    if seen.likes_stated and 0 <= seen.likes < facts.likes_required:
        return Reason.TOO_FEW_LIKES
    return None


def still_open(findings: tuple[str, ...], seen: TextFindings, facts: ProofFacts) -> tuple[str, ...]:
    """The findings that the text does not answer. Without the own code a proof that pays is never answered (M21)."""
    left = []
    for finding in findings:
        code = finding.partition(":")[0]
        answered = {
            "no_qr": seen.score >= GOOD_SCORE and not facts.pays,
            "count_likes": seen.likes >= facts.likes_required,
            "count_minutes": seen.newest >= facts.posted_minutes,
        }.get(code, False)
        if not answered:
            left.append(finding)
    if seen.hidden or seen.deleted:
        left.append("text_warns")
    return tuple(left)


def hints(seen: TextFindings) -> tuple[str, ...]:
    """What a reviewer is told of the text beside the findings."""
    told = [f"text_score:{seen.score}"]
    if seen.likes >= 0:
        told.append(f"text_likes:{seen.likes}")
    if seen.newest >= 0:
        told.append(f"text_minutes:{seen.newest}")
    return tuple(told)


def _waits(state: SubmissionState, attempt: int) -> bool:
    return state.status == "checking" and state.asked and state.attempt == attempt


def _off(view: View, submission: str) -> Decision:
    """The proof needs no reading any more."""
    held = view.claim(TEXT, submission)
    return Decision(releases=((TEXT, submission),)) if held is not None else NOTHING
