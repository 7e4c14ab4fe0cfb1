"""Recommending a friend: who may, who keeps the friend, and what is refused (campaigns.md §5.1, I5). Pure."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

from qunflow.community.model import PersonState
from qunflow.domain.actions import OpenContactCode, Wish
from qunflow.domain.clock import local_date
from qunflow.domain.decisions import (
    NOTHING,
    Chance,
    Claim,
    CounterMove,
    Decision,
    Needs,
    NewEvent,
    Timer,
    reject,
)
from qunflow.domain.ids import short_code
from qunflow.domain.inbound import ContactAdded, Message
from qunflow.domain.reasons import Reason
from qunflow.engine.feature import View
from qunflow.features.referrals.commands import ExpireLead, OpenRecommender, RecommendFriend
from qunflow.features.referrals.model import (
    CONTACT,
    FORM,
    LeadOpened,
    RecommenderLinked,
    RecommenderOpened,
    RecommenderState,
    lead_stream,
    recommender_stream,
)
from qunflow.features.referrals.program import ProgramState, Terms, program_stream

EXPIRE = "expire"
#: A recommender's browser is remembered so long, as a hash in a claim that ends.
DEVICE_KEPT = timedelta(days=90)


@dataclass(frozen=True, slots=True)
class FriendFacts:
    """The code that a friend came through with its program, and when the friend was first met."""

    recommender: RecommenderState | None = None
    program: ProgramState = ProgramState()
    met: PersonState | None = None


def code_of(workspace: str, program: str, person: str) -> str:
    """A customer's code in a program: the same for ever, and of no other customer."""
    seed = "\x00".join((workspace, program, person)).encode()[:64]
    return short_code(Chance(seed).token("referral"))


def friend_scope(program: str) -> str:
    """The scope of the claims that say whose a friend is; the holder is ``lead:code``."""
    return f"referral_friend:{program}"


def device_scope(program: str) -> str:
    """The scope of the claims that say which browser is a recommender's own."""
    return f"referral_device:{program}"


def day_counter(code: str, message: Message, terms: Terms) -> str:
    """The friends that one recommender brought on a local day."""
    return f"referral_leads:{code}:{local_date(message.at, terms.tz).isoformat()}"


# --- a customer gets a link -------------------------------------------------------------------------------------------


def need_recommender(message: Message, facts: tuple[str, ...]) -> Needs:
    """The customer's code, whose browser this is, and the browsers that are to be forgotten (``facts``)."""
    body: OpenRecommender = message.body
    code = code_of(message.workspace, body.program, message.person)
    scope = device_scope(body.program)
    devices = tuple((scope, device) for device in dict.fromkeys((body.device, *facts)) if device)
    return Needs(streams=(recommender_stream(code), program_stream(body.program)), claims=devices)


def decide_recommender(message: Message, facts: tuple[str, ...], view: View, chance: Chance) -> Decision:
    """Open the customer's code; again it only remembers the browser. The answer is the code."""
    body: OpenRecommender = message.body
    program: ProgramState = view.state(program_stream(body.program))
    if program.terms is None or not message.person:
        return reject(Reason.NOT_RUNNING, program=body.program)
    code = code_of(message.workspace, body.program, message.person)
    stream = recommender_stream(code)
    known: RecommenderState = view.state(stream)
    seen = _remember_device(message, body, code, facts, view)
    if known.code:
        return seen + Decision(answer=code)
    if program.closed:
        return reject(Reason.NOT_RUNNING, program=body.program)
    terms = program.terms
    event = NewEvent(stream, RecommenderOpened(code, body.program), message.person, channel=terms.channel)
    wishes: tuple[Wish, ...] = ()
    if terms.channel:
        action = OpenContactCode(code, terms.staff, remark=f"qunflow referral {code}")
        wishes = (Wish(terms.channel, action, lane_key=stream),)
    return seen + Decision(events=(event,), wishes=wishes, answer=code)


def _remember_device(message: Message, body: OpenRecommender, code: str, over: tuple[str, ...], view: View) -> Decision:
    """Keep the browser as the customer's own, and forget those whose 90 days are over."""
    scope = device_scope(body.program)
    gone = tuple((scope, device) for device in over if _is_over(message, view.claim(scope, device)))
    held = view.claim(scope, body.device) if body.device else None
    if not body.device or (held is not None and (scope, body.device) not in gone):
        return Decision(releases=gone)
    return Decision(releases=gone, claims=(Claim(scope, body.device, code, message.at + DEVICE_KEPT),))


def _is_over(message: Message, held: Claim | None) -> bool:
    return held is not None and held.until is not None and held.until <= message.at


def need_linked(message: Message, facts: object) -> Needs:
    """The code that the platform answers for."""
    return Needs(streams=(recommender_stream(message.body.token),))


def decide_linked(message: Message, facts: object, view: View, chance: Chance) -> Decision:
    """The platform's contact code of a recommender exists."""
    stream = recommender_stream(message.body.token)
    state: RecommenderState = view.state(stream)
    if not state.code or state.config:
        return NOTHING
    linked = RecommenderLinked(message.body.config, message.body.qr_image)
    return Decision(events=(NewEvent(stream, linked, state.person, channel=state.channel),))


# --- a friend comes ---------------------------------------------------------------------------------------------------


def lead_for(message: Message) -> str:
    """The name of a new lead: it follows from the message, so a repeat of it makes the same one."""
    return short_code(Chance(message.message_id.encode()[:64]).token("lead"))


def friend_key(message: Message) -> str:
    """What makes a friend one: our person, or the keyed digest of a phone."""
    body = message.body
    return f"phone:{body.digest}" if isinstance(body, RecommendFriend) else f"person:{message.person}"


def need_friend(message: Message, facts: FriendFacts) -> Needs:
    """The new lead, the claim on the friend, whose browser it is, and the recommender's count of the day."""
    if facts.recommender is None or facts.program.terms is None:
        return Needs()
    program = facts.program.name
    claims = [(friend_scope(program), friend_key(message))]
    device = message.body.device if isinstance(message.body, RecommendFriend) else ""
    if device:
        claims.append((device_scope(program), device))
    counter = day_counter(facts.recommender.code, message, facts.program.terms)
    return Needs((lead_stream(lead_for(message)), program_stream(program)), tuple(claims), (counter,))


def decide_friend(message: Message, facts: FriendFacts, view: View, chance: Chance) -> Decision:
    """Take a friend in, or say why not; the first recommender keeps the friend while the protection lasts."""
    recommender = facts.recommender
    if recommender is None or facts.program.terms is None:
        return NOTHING if isinstance(message.body, ContactAdded) else reject(Reason.UNKNOWN_CODE)
    program: ProgramState = view.state(program_stream(facts.program.name))
    if not program.open or program.terms is None:
        return reject(Reason.NOT_RUNNING, program=program.name)
    if _is_self(message, recommender, program.name, view):
        return reject(Reason.SELF_HELP)
    key = (friend_scope(program.name), friend_key(message))
    held = view.claim(*key)
    if held is not None and (held.until is None or held.until > message.at):
        lead, _, code = held.holder.partition(":")
        return Decision(answer=lead) if code == recommender.code else reject(Reason.ALREADY_REFERRED)
    if _is_known(message, facts):
        return reject(Reason.NOT_NEW_USER)
    counter = day_counter(recommender.code, message, facts.program.terms)
    if view.counter(counter).used >= program.terms.leads_per_day:
        return reject(Reason.HELPER_DAILY_QUOTA, most=program.terms.leads_per_day)
    opened = _open(message, recommender, program, key)
    count = CounterMove(counter, 1, program.terms.leads_per_day)
    return opened + Decision(releases=(key,) if held is not None else (), counters=(count,))


def _is_self(message: Message, recommender: RecommenderState, program: str, view: View) -> bool:
    if message.person and message.person == recommender.person:
        return True
    device = message.body.device if isinstance(message.body, RecommendFriend) else ""
    held = view.claim(device_scope(program), device) if device else None
    return held is not None and held.holder == recommender.code and held.until is not None and held.until > message.at


def _is_known(message: Message, facts: FriendFacts) -> bool:
    """Whether a contact was ours before this very message."""
    return facts.met is not None and facts.met.met_at is not None and facts.met.met_at < message.at


def _open(message: Message, recommender: RecommenderState, program: ProgramState, key: tuple[str, str]) -> Decision:
    assert program.terms is not None
    lead = lead_for(message)
    until = message.at + timedelta(days=program.terms.protect_days)
    form = isinstance(message.body, RecommendFriend)
    event = LeadOpened(
        lead,
        program.name,
        recommender.code,
        recommender.person,
        "" if form else message.person,
        key[1],
        FORM if form else CONTACT,
        program.terms,
        until,
    )
    stream = lead_stream(lead)
    return Decision(
        events=(NewEvent(stream, event, recommender.person, channel=recommender.channel),),
        claims=(Claim(*key, f"{lead}:{recommender.code}", until),),
        timers=(Timer(stream, EXPIRE, until, ExpireLead(lead)),),
        answer=lead,
    )
