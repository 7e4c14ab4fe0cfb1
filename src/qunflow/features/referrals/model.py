"""A recommender and a recommended friend (a lead): states, events, commands and timers. Frozen; amounts in fen."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import ClassVar

from qunflow.domain.events import Event
from qunflow.domain.ids import stream_id
from qunflow.features.referrals.program import Terms, reward_of
from qunflow.ledger.settle import Amounts

OPEN, CONTACTED, WON, LOST, EXPIRED = "open", "contacted", "won", "lost", "expired"
#: What lists show for a deal that waits for a second person.
PROPOSED = "proposed"
STATUSES = (OPEN, CONTACTED, PROPOSED, WON, LOST, EXPIRED)
ALIVE = (OPEN, CONTACTED)
LOST_REASONS = ("no_interest", "bought_elsewhere", "unreachable", "duplicate", "wrong_contact", "other")
CONTACT, FORM = "contact", "form"
RULE = "referral"


@dataclass(frozen=True, slots=True)
class RecommenderState:
    """A customer's personal code in a program; ``qr_image`` is the platform's picture that adds the staff member."""

    code: str = ""
    program: str = ""
    person: str = ""
    channel: str = ""
    config: str = ""
    qr_image: str = ""
    opened_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Proposal:
    """A deal that one member of staff entered and a second one has to agree to."""

    order: str
    net_fen: int
    by: str
    at: datetime


@dataclass(frozen=True, slots=True)
class LeadState:
    """A recommended friend. ``friend`` is our person, empty while only a phone number is known.

    ``key`` is what makes the friend one: a person, or a keyed digest of the phone. ``terms`` are those of the day of
    the recommendation. ``tied``: the order is one that was paid here, so its price is looked up. ``refunds`` are those
    that staff entered, by their id.
    """

    lead: str = ""
    program: str = ""
    code: str = ""
    recommender: str = ""
    friend: str = ""
    key: str = ""
    source: str = ""
    channel: str = ""
    status: str = ""
    opened_at: datetime | None = None
    protected_until: datetime | None = None
    terms: Terms | None = None
    proposal: Proposal | None = None
    order: str = ""
    tied: bool = False
    net_fen: int = 0
    refunds: Mapping[str, int] = field(default_factory=dict)
    hold_until: datetime | None = None
    handled_by: tuple[str, ...] = ()
    ended_at: datetime | None = None
    reason: str = ""
    posted: Amounts = Amounts()
    held: int = 0
    revision: int = 0
    forgotten: bool = False

    @property
    def kept_fen(self) -> int:
        """What the shop keeps of the price."""
        return self.net_fen - sum(self.refunds.values())

    @property
    def shown(self) -> str:
        """The status for people: a deal that waits for a second person stands apart."""
        return PROPOSED if self.proposal is not None and self.status in ALIVE else self.status


def due_of(state: LeadState, at: datetime) -> Amounts:
    """What the recommender should have been granted now: waiting until the hold is over, then for good."""
    if state.status != WON or state.terms is None or state.hold_until is None:
        return Amounts()
    earned = reward_of(state.terms, state.kept_fen)
    return Amounts(earned) if at >= state.hold_until else Amounts(0, earned)


# --- events -----------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class RecommenderOpened:
    """A customer has a personal link from now on."""

    KIND: ClassVar[str] = "recommender_opened"
    SCHEMA: ClassVar[int] = 1
    code: str
    program: str


@dataclass(frozen=True, slots=True)
class RecommenderLinked:
    """The platform's contact code behind a recommender's link."""

    KIND: ClassVar[str] = "recommender_linked"
    SCHEMA: ClassVar[int] = 1
    config: str
    qr_image: str


@dataclass(frozen=True, slots=True)
class LeadOpened:
    """A friend was recommended and agreed; ``key`` is a person or a keyed digest, never a name or a number."""

    KIND: ClassVar[str] = "lead_opened"
    SCHEMA: ClassVar[int] = 1
    lead: str
    program: str
    code: str
    recommender: str
    friend: str
    key: str
    source: str
    terms: Terms
    protected_until: datetime


@dataclass(frozen=True, slots=True)
class LeadContacted:
    """Staff spoke with the friend."""

    KIND: ClassVar[str] = "lead_contacted"
    SCHEMA: ClassVar[int] = 1
    lead: str
    by: str


@dataclass(frozen=True, slots=True)
class LeadProposed:
    """Staff entered a deal that a second person has to agree to."""

    KIND: ClassVar[str] = "lead_proposed"
    SCHEMA: ClassVar[int] = 1
    lead: str
    order: str
    net_fen: int
    by: str


@dataclass(frozen=True, slots=True)
class LeadDoubted:
    """The second person did not agree."""

    KIND: ClassVar[str] = "lead_doubted"
    SCHEMA: ClassVar[int] = 1
    lead: str
    by: str


@dataclass(frozen=True, slots=True)
class LeadWon:
    """The friend bought. ``by`` entered it, ``agreed_by`` was the second person where one was needed."""

    KIND: ClassVar[str] = "lead_won"
    SCHEMA: ClassVar[int] = 1
    lead: str
    order: str
    net_fen: int
    tied: bool
    payer: str
    by: str
    agreed_by: str
    hold_until: datetime


@dataclass(frozen=True, slots=True)
class LeadRefunded:
    """So much of a deal's price was given back, as staff say."""

    KIND: ClassVar[str] = "lead_refunded"
    SCHEMA: ClassVar[int] = 1
    lead: str
    refund: str
    fen: int
    by: str


@dataclass(frozen=True, slots=True)
class LeadPriced:
    """What is kept of the price of an order that was paid here changed."""

    KIND: ClassVar[str] = "lead_priced"
    SCHEMA: ClassVar[int] = 1
    lead: str
    net_fen: int


@dataclass(frozen=True, slots=True)
class LeadRewarded:
    """The recommender's reward moved by so much (negative: taken back)."""

    KIND: ClassVar[str] = "lead_rewarded"
    SCHEMA: ClassVar[int] = 1
    lead: str
    available: int
    pending: int
    revision: int


@dataclass(frozen=True, slots=True)
class LeadRewardHeld:
    """So much is due and the budget has no room for it; 0: not any more."""

    KIND: ClassVar[str] = "lead_reward_held"
    SCHEMA: ClassVar[int] = 1
    lead: str
    fen: int


@dataclass(frozen=True, slots=True)
class LeadLost:
    """Nothing came of it; ``reason`` is one of LOST_REASONS."""

    KIND: ClassVar[str] = "lead_lost"
    SCHEMA: ClassVar[int] = 1
    lead: str
    reason: str
    by: str


@dataclass(frozen=True, slots=True)
class LeadExpired:
    """The protection ended without a deal."""

    KIND: ClassVar[str] = "lead_expired"
    SCHEMA: ClassVar[int] = 1
    lead: str


@dataclass(frozen=True, slots=True)
class LeadForgotten:
    """Name and phone of the friend are erased."""

    KIND: ClassVar[str] = "lead_forgotten"
    SCHEMA: ClassVar[int] = 1
    lead: str
    by: str


LEAD_EVENTS = (
    RecommenderOpened,
    RecommenderLinked,
    LeadOpened,
    LeadContacted,
    LeadProposed,
    LeadDoubted,
    LeadWon,
    LeadRefunded,
    LeadPriced,
    LeadRewarded,
    LeadRewardHeld,
    LeadLost,
    LeadExpired,
    LeadForgotten,
)


def recommender_stream(code: str) -> str:
    """The stream of a recommender's code."""
    return stream_id("recommender", code)


def lead_stream(lead: str) -> str:
    """The stream of one lead."""
    return stream_id("lead", lead)


# --- folds ------------------------------------------------------------------------------------------------------------


def evolve_recommender(state: RecommenderState, event: Event) -> RecommenderState:
    """Fold one event of a recommender."""
    body = event.body
    if isinstance(body, RecommenderOpened):
        return RecommenderState(body.code, body.program, event.person, event.channel, opened_at=event.at)
    if isinstance(body, RecommenderLinked):
        return replace(state, config=body.config, qr_image=body.qr_image)
    return state


def evolve_lead(state: LeadState, event: Event) -> LeadState:
    """Fold one event of a lead."""
    body = event.body
    if isinstance(body, LeadOpened):
        return LeadState(
            lead=body.lead,
            program=body.program,
            code=body.code,
            recommender=body.recommender,
            friend=body.friend,
            key=body.key,
            source=body.source,
            channel=event.channel,
            status=OPEN,
            opened_at=event.at,
            protected_until=body.protected_until,
            terms=body.terms,
        )
    if isinstance(body, LeadContacted):
        return replace(state, status=CONTACTED, handled_by=(*state.handled_by, body.by))
    if isinstance(body, LeadProposed):
        return replace(state, proposal=Proposal(body.order, body.net_fen, body.by, event.at))
    if isinstance(body, LeadDoubted):
        return replace(state, proposal=None)
    if isinstance(body, LeadWon):
        return _won(state, body, event)
    if isinstance(body, LeadLost):
        return replace(state, status=LOST, reason=body.reason, ended_at=event.at, proposal=None)
    if isinstance(body, LeadExpired):
        return replace(state, status=EXPIRED, ended_at=event.at)
    return after_money(state, body)


def _won(state: LeadState, body: LeadWon, event: Event) -> LeadState:
    by = tuple(one for one in (body.by, body.agreed_by) if one)
    return replace(
        state,
        status=WON,
        order=body.order,
        net_fen=body.net_fen,
        tied=body.tied,
        friend=state.friend or body.payer,
        hold_until=body.hold_until,
        handled_by=(*state.handled_by, *by),
        ended_at=event.at,
        proposal=None,
    )


def after_money(state: LeadState, body: object) -> LeadState:
    """The lead after what changes its price or its reward; a decision looks at its own effect with it."""
    if isinstance(body, LeadRefunded):
        return replace(state, refunds={**state.refunds, body.refund: body.fen})
    if isinstance(body, LeadPriced):
        return replace(state, net_fen=body.net_fen)
    if isinstance(body, LeadRewarded):
        posted = Amounts(state.posted.available + body.available, state.posted.pending + body.pending)
        return replace(state, posted=posted, revision=body.revision)
    if isinstance(body, LeadRewardHeld):
        return replace(state, held=body.fen)
    if isinstance(body, LeadForgotten):
        return replace(state, forgotten=True)
    return state
