"""Checks of a proof in order, cheap ones first (campaigns.md §8). Pure; what people decide is in ``reviewing``."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta

from qunflow.domain.actions import ExamineProof, FetchMedia, Wish
from qunflow.domain.decisions import NOTHING, Chance, Claim, Decision, Needs, NewEvent, Timer, reject
from qunflow.domain.events import Approved, Refused, Submitted
from qunflow.domain.inbound import Message, MessagePosted, ProofExamined
from qunflow.domain.reasons import Reason
from qunflow.engine.feature import View
from qunflow.features.tasks.likeness import ALIKE_BITS, NEAR_BITS, picture_key, picture_scopes
from qunflow.features.tasks.model import (
    REVIEW,
    TEXT,
    AuditDrawn,
    ProofQueued,
    SubmissionState,
    SubmitProof,
    TextAsked,
    TextOver,
    submission_stream,
)

#: Images go to this connector of our own; the work is heavy and waits in the outbox like any other.
DESK = "desk"
MAX_LEAST_WIDTH = 300
#: Findings: nearly the picture of somebody else, or somewhat like it.
LOOKS_ALIKE, LIKE_ANOTHER = "looks_alike", "like_another"
#: Nobody read the text: no engine, or none in time. From such a risk on a person looks (campaigns.md §8).
NO_TEXT, RISK = "no_text", "risk"
RISK_AT = 60
#: What the text may answer; all other findings need a person whatever it says.
_ANSWERED = frozenset({"no_qr", "count_likes", "count_minutes"})
#: A proof whose text nobody has read after so long goes to a person.
TEXT_SECONDS = 60
TEXT_TIMER = "text"
REJECT_REASONS = frozenset(
    {
        Reason.NOT_TARGET_PAGE, Reason.WRONG_POSTER, Reason.QR_MISMATCH, Reason.DUPLICATE_IMAGE,
        Reason.GROUPED_VISIBILITY, Reason.TOO_FEW_LIKES, Reason.DELETED_OR_TOO_SHORT, Reason.UNREADABLE,
        Reason.EDITED, Reason.OUT_OF_WINDOW, Reason.NOT_GROUP_MEMBER, Reason.TOO_SMALL, Reason.OTHER,
    }
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class ProofFacts:
    """What a proof is judged by: the campaign's rules and the participant's standing, read before the lock.

    ``nearest`` is how many bits lie between the picture and the most alike one of somebody else, where that was asked.
    ``pays``: something of worth follows from the pass. ``reads``: an engine that reads text is there.
    ``selves`` are the people who the accounts are that decide and decided, ``judges`` the accounts that had decided
    when the facts were read.
    """

    campaign: str = ""
    running: bool = False
    participating: bool = False
    in_group: bool = False
    test: bool = False
    attempts: int = 0
    min_height: int = 0
    audit_bps: int = 0
    code_url: str = ""
    inviter: str = ""
    likes_required: int = 0
    reward_fen: int = 0
    nearest: int | None = None
    posted_minutes: int = 0
    risk: int = 0
    pays: bool = False
    reads: bool = False
    inviter_names: tuple[str, ...] = ()
    selves: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    judges: tuple[str, ...] = ()

    def people(self, account: str) -> frozenset[str]:
        """Whoever decides as this account: the account, and the people it is."""
        return frozenset((account, *self.selves.get(account, ()))) - {""}

    def same(self, account: str, other: str) -> bool:
        """Whether two accounts are one human."""
        return not self.people(account).isdisjoint(self.people(other))


def need_submission(message: Message, facts: ProofFacts) -> Needs:
    """The participant's submission."""
    return Needs(streams=(submission_stream(facts.campaign, message.person),)) if facts.campaign else Needs()


def decide_submit(message: Message, facts: ProofFacts, view: View, chance: Chance) -> Decision:
    """Take a proof in, when the campaign runs, the person is in a group and attempts are left."""
    body: SubmitProof = message.body
    return _submit(message, facts, view, body.blob)


def _submit(message: Message, facts: ProofFacts, view: View, blob: str) -> Decision:
    refusal = _refusal(facts)
    if refusal is not None:
        return reject(refusal)
    stream = submission_stream(facts.campaign, message.person)
    state: SubmissionState = view.state(stream)
    if state.status == "approved":
        return reject(Reason.ALREADY_DONE)
    if state.status in ("checking", "queued", "decided"):
        return reject(Reason.WRONG_STATE, status=state.status)
    if state.attempt >= facts.attempts:
        return reject(Reason.TOO_MANY_ATTEMPTS, attempts=facts.attempts)
    attempt = state.attempt + 1
    event = NewEvent(stream, Submitted(stream, attempt, blob), message.person, "", facts.campaign)
    wish = Wish(DESK, ExamineProof(stream, attempt, blob), lane_key=stream)
    return Decision(events=(event,), wishes=(wish,), answer=attempt)


def decide_posted(message: Message, facts: ProofFacts, view: View, chance: Chance) -> Decision:
    """An image in a room of the campaign (Matrix): fetched into our store first, then a proof like any other."""
    body: MessagePosted = message.body
    if not facts.campaign or not body.media:
        return NOTHING
    if not body.blob:
        wanted = _submit(message, facts, view, "")
        if wanted.rejection is not None:  # e.g. approved already: what would be refused is not fetched either
            return wanted
        lane = f"group:{message.channel}:{body.chat}"
        fetch = FetchMedia(body.chat, body.external, body.media)
        return Decision(wishes=(Wish(message.channel, fetch, lane_key=lane),))
    return _submit(message, facts, view, body.blob)


def _refusal(facts: ProofFacts) -> Reason | None:
    if not facts.participating:
        return Reason.NOT_PARTICIPATING
    if not facts.running:
        return Reason.NOT_RUNNING
    return None if facts.in_group else Reason.NOT_IN_GROUP


def need_examined(message: Message, facts: ProofFacts) -> Needs:
    """The submission, its place in the queue, and the claims on this very image and on its look in the campaign."""
    if not facts.campaign:
        return Needs()
    body: ProofExamined = message.body
    person = body.submission.rpartition(":")[2]
    places = ((REVIEW, body.submission), (TEXT, body.submission))
    claims = ((f"proof:{facts.campaign}", body.sha256), *places, *_looks(body, facts, person))
    return Needs(streams=(body.submission,), claims=claims)


def _looks(body: ProofExamined, facts: ProofFacts, person: str) -> tuple[tuple[str, str], ...]:
    key = picture_key(body.dhash, person)
    return tuple((scope, key) for scope in picture_scopes(facts.campaign, body.dhash))


def decide_examined(message: Message, facts: ProofFacts, view: View, chance: Chance) -> Decision:
    """Approve, reject or queue by what the examination found. A missing engine queues, it never approves blindly."""
    body: ProofExamined = message.body
    if not facts.campaign:
        return NOTHING
    state: SubmissionState = view.state(body.submission)
    if state.status != "checking" or state.attempt != body.attempt or state.asked:
        return NOTHING
    person = state.person
    scope = f"proof:{facts.campaign}"
    held = view.claim(scope, body.sha256)
    claims: tuple[Claim, ...] = () if held is not None else (Claim(scope, body.sha256, person),)
    reason = hard_failure(body, facts, held.holder if held is not None else "", person)
    if reason is not None:
        refused = Refused(body.submission, body.attempt, "auto", reason, max(0, facts.attempts - body.attempt))
        keep = claims if reason is not Reason.DUPLICATE_IMAGE else ()
        return Decision(events=(about(state, refused),), claims=keep)
    claims += tuple(
        Claim(*look, person, message.at) for look in _looks(body, facts, person) if view.claim(*look) is None
    )
    kept, findings = Decision(claims=claims), soft_findings(body, facts)
    if not findings:
        return kept + passed(state, facts, chance)
    codes = {finding.partition(":")[0] for finding in findings}
    if facts.reads and codes <= _ANSWERED and view.claim(TEXT, body.submission) is None:
        return kept + _ask_text(message, state, findings)
    unread = not facts.reads and not codes.isdisjoint(_ANSWERED)
    return kept + queued(view, state, (*findings, NO_TEXT) if unread else findings)


def passed(state: SubmissionState, facts: ProofFacts, chance: Chance) -> Decision:
    """The checks approve; some of those are drawn for a second look."""
    events = [about(state, Approved(state.submission, state.attempt, "auto"))]
    if int.from_bytes(chance.token("audit")[:4], "big") % 10_000 < facts.audit_bps:
        events.append(about(state, AuditDrawn(state.attempt)))
    return Decision(events=tuple(events))


def queued(view: View, state: SubmissionState, findings: tuple[str, ...]) -> Decision:
    """A person must look; the claim is the proof's place in the queue."""
    place = () if view.claim(REVIEW, state.submission) is not None else (Claim(REVIEW, state.submission),)
    return Decision(events=(about(state, ProofQueued(state.attempt, findings)),), claims=place)


def _ask_text(message: Message, state: SubmissionState, findings: tuple[str, ...]) -> Decision:
    """Have the text read, for a minute at most. The claim is where the reader finds its work, the oldest first."""
    until = message.at + timedelta(seconds=TEXT_SECONDS)
    over = TextOver(state.submission, state.attempt)
    return Decision(
        events=(about(state, TextAsked(state.attempt, findings)),),
        claims=(Claim(TEXT, state.submission, message.at.isoformat()),),
        timers=(Timer(state.submission, TEXT_TIMER, until, over, state.person, state.campaign),),
    )


def hard_failure(body: ProofExamined, facts: ProofFacts, holder: str, person: str) -> Reason | None:
    """The first check that fails for good, or None: readable, large enough, in the group, new, of the own poster."""
    if not body.format:
        return Reason.UNREADABLE
    if body.height < facts.min_height or body.width < MAX_LEAST_WIDTH:
        return Reason.TOO_SMALL
    if not facts.in_group:
        return Reason.NOT_GROUP_MEMBER
    if holder and holder != person:
        return Reason.DUPLICATE_IMAGE
    if body.qr_texts and facts.code_url not in body.qr_texts:
        return Reason.QR_MISMATCH
    return None


def soft_findings(body: ProofExamined, facts: ProofFacts) -> tuple[str, ...]:
    """What the code in the picture leaves open; empty when the own QR was found and neither likes nor time are asked.

    Likes and times stand in the text: where nothing reads it, a person does (M21). A look like another person's
    picture is told to whoever looks; it never decides, and under the own code it says nothing: screens of one app are
    alike (campaigns.md §8.5).
    """
    found = []
    if not body.qr_engine:
        found.append("qr_engine_absent")
    elif facts.code_url not in body.qr_texts:
        found.append("no_qr")
    if facts.likes_required:
        found.append(f"count_likes:{facts.likes_required}")
    if facts.posted_minutes:
        found.append(f"count_minutes:{facts.posted_minutes}")
    if facts.risk >= RISK_AT:
        found.append(RISK)
    if found and facts.nearest is not None and facts.nearest <= NEAR_BITS:
        found.append(LOOKS_ALIKE if facts.nearest <= ALIKE_BITS else LIKE_ANOTHER)
    return tuple(found)


def about(state: SubmissionState, what: object) -> NewEvent:
    """An event of a submission."""
    return NewEvent(state.submission, what, state.person, "", state.campaign)
