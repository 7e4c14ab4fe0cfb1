"""The feature's door. What it must know of campaigns it asks as a fact; it imports no other feature."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from qunflow.domain.facts import AccountPersons, GroupCampaign, ParticipantRisk, ParticipantStanding
from qunflow.domain.inbound import Message, MessagePosted, ProofExamined
from qunflow.engine.feature import Feature, Handler, LoadFacts, Reader, StreamType
from qunflow.features.tasks import appealing, decide, reading_verdict, reviewing
from qunflow.features.tasks.decide import ProofFacts
from qunflow.features.tasks.likeness import nearest, picture_scopes
from qunflow.features.tasks.model import (
    BODIES,
    EVENTS,
    AppealProof,
    LeaveProof,
    OpenProof,
    ReviewProof,
    SettleReview,
    SubmissionState,
    SubmitProof,
    TextFound,
    TextOver,
    UndoReview,
    evolve,
)


def tasks_feature(code_url: Callable[[str], str], reads: bool = False) -> Feature:
    """The feature; ``code_url`` makes the address that a personal poster's QR carries. ``reads``: text is read."""
    load = _loader(code_url, reads)
    examined, judged = _with_likeness(load), _with_judges(load)
    return Feature(
        name="tasks",
        handlers=(
            Handler("tasks.submit", SubmitProof, decide.need_submission, decide.decide_submit, load),
            Handler("tasks.posted", MessagePosted, decide.need_submission, decide.decide_posted, load),
            Handler("tasks.examined", ProofExamined, decide.need_examined, decide.decide_examined, examined),
            Handler("tasks.review", ReviewProof, reviewing.need_review, reviewing.decide_review, judged),
            Handler("tasks.undo", UndoReview, reviewing.need_review, reviewing.decide_undo, judged),
            Handler("tasks.settle", SettleReview, reviewing.need_settle, reviewing.decide_settle),
            Handler("tasks.open", OpenProof, reviewing.need_review, reviewing.decide_open, judged),
            Handler("tasks.leave", LeaveProof, reviewing.need_review, reviewing.decide_leave, load),
            Handler("tasks.text", TextFound, reading_verdict.need_text, reading_verdict.decide_found, load),
            Handler("tasks.text_over", TextOver, reading_verdict.need_text, reading_verdict.decide_over, load),
            Handler("tasks.appeal", AppealProof, appealing.need_appeal, appealing.decide_appeal, load),
        ),
        streams=(StreamType("submission", SubmissionState, SubmissionState(), evolve),),
        events=EVENTS,
        bodies=BODIES,
    )


def _loader(code_url: Callable[[str], str], reads: bool) -> LoadFacts:
    async def load(reader: Reader, message: Message) -> ProofFacts:
        body = message.body
        if isinstance(body, SubmitProof | AppealProof):
            campaign, person = message.campaign, message.person
        elif isinstance(body, MessagePosted):
            if not body.media:
                return ProofFacts()
            key = f"{message.channel}:{body.chat}:{message.person}"
            place: GroupCampaign | None = await reader.ask(GroupCampaign, key)
            campaign, person = (place.campaign if place is not None else ""), message.person
        else:
            _, campaign, person = body.submission.split(":", 2)
        standing: ParticipantStanding | None = await reader.ask(ParticipantStanding, f"{campaign}:{person}")
        if standing is None:
            return ProofFacts()
        risk: ParticipantRisk | None = None
        if isinstance(body, ProofExamined | TextFound):
            risk = await reader.ask(ParticipantRisk, f"{campaign}:{person}")
        return ProofFacts(
            campaign=campaign,
            running=standing.accepts_proofs,
            participating=True,
            in_group=standing.in_group,
            test=standing.test,
            attempts=standing.attempts,
            min_height=standing.min_height,
            audit_bps=standing.audit_bps,
            code_url=code_url(standing.code) if standing.code else "",
            inviter=standing.parent,
            likes_required=standing.likes_required,
            reward_fen=standing.reward_fen,
            posted_minutes=standing.posted_minutes,
            risk=risk.score if risk is not None else 0,
            pays=standing.pays,
            reads=reads,
        )

    return load


def _with_judges(load: LoadFacts) -> LoadFacts:
    """The same facts, and who the reviewer and those who decided before are on the channels."""

    async def load_judged(reader: Reader, message: Message) -> ProofFacts:
        facts: ProofFacts = await load(reader, message)
        body: ReviewProof | OpenProof | UndoReview = message.body
        state: SubmissionState = await reader.state(body.submission) or SubmissionState()
        judges = reviewing.judges_of(state)
        found: dict[str, tuple[str, ...]] = {}
        for account in {body.reviewer, *judges} - {""}:
            named: AccountPersons | None = await reader.ask(AccountPersons, account)
            found[account] = named.persons if named is not None else ()
        names = tuple((await reader.externals(facts.inviter)).values()) if facts.inviter else ()
        return replace(facts, inviter_names=names, selves=found, judges=judges)

    return load_judged


def _with_likeness(load: LoadFacts) -> LoadFacts:
    """The same facts, and for a picture without the own code how like it is to those of other people."""

    async def load_examined(reader: Reader, message: Message) -> ProofFacts:
        facts: ProofFacts = await load(reader, message)
        body: ProofExamined = message.body
        asked = facts.likes_required or facts.posted_minutes or facts.risk
        if not facts.campaign or (facts.code_url in body.qr_texts and not asked):
            return facts
        keys: set[str] = set()
        for scope in picture_scopes(facts.campaign, body.dhash):
            keys.update(
                await reader.expired_claims(scope, message.at)
            )  # they guard nothing: they are there to be found
        person = body.submission.rpartition(":")[2]
        return replace(facts, nearest=nearest(body.dhash, person, keys))

    return load_examined
