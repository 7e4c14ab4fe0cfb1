"""A grant: one prize for one person, from the promise to what became of it. Frozen; money in fen."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import ClassVar

from qunflow.domain.events import Event
from qunflow.domain.ids import stream_id
from qunflow.domain.payments import PayoutTold, PayoutWanted

WAITING, HELD, APPROVED, ISSUING = "due", "held", "approved", "issuing"
FAILED, MANUAL, ISSUED, REDEEMED = "failed", "manual", "issued", "redeemed"
CANCELLED, REVERSED, EXPIRED = "cancelled", "reversed", "expired"
#: From a status, the ones that may follow (campaigns.md §9). What is over never changes (I9).
NEXT: Mapping[str, tuple[str, ...]] = {
    "": (WAITING,),
    WAITING: (HELD, APPROVED, CANCELLED),
    HELD: (APPROVED, CANCELLED),
    APPROVED: (HELD, ISSUING, CANCELLED),
    ISSUING: (ISSUED, FAILED),
    FAILED: (ISSUING, MANUAL, CANCELLED),
    MANUAL: (ISSUING, ISSUED, CANCELLED),
    ISSUED: (REDEEMED, REVERSED, EXPIRED),
    REDEEMED: (REVERSED,),
    CANCELLED: (),
    REVERSED: (),
    EXPIRED: (),
}
STATUSES = tuple(status for status in NEXT if status)
OVER = (CANCELLED, REVERSED, EXPIRED)
#: Promised and not decided: a campaign waits for these before it is closed (§0.2).
OPEN = (WAITING, HELD, APPROVED, ISSUING, FAILED, MANUAL)
#: Given: it counts as granted, whether it was used or not.
GIVEN = (ISSUED, REDEEMED, EXPIRED)

AWAITING, ADDRESSED, PICKING = "awaiting_address", "address_ok", "picking"
SHIPPED, DELIVERED, RETURNED, FORFEITED = "shipped", "delivered", "returned", "forfeited"
#: From a parcel's state, the ones that may follow.
PARCEL_NEXT: Mapping[str, tuple[str, ...]] = {
    "": (AWAITING,),
    AWAITING: (ADDRESSED, FORFEITED),
    ADDRESSED: (ADDRESSED, PICKING),
    PICKING: (SHIPPED, ADDRESSED),
    SHIPPED: (DELIVERED, RETURNED),
    DELIVERED: (RETURNED,),
    RETURNED: (SHIPPED,),
    FORFEITED: (),
}
#: A parcel that still has to leave.
TO_SEND = (AWAITING, ADDRESSED, PICKING)
PARCELS = tuple(state for state in PARCEL_NEXT if state)
#: What a grant is held for: the campaign's own hold, a freeze of the plan, staff who have to agree, a doubt.
HOLDS = ("hold", "freeze", "review", "risk")
#: Why a grant is due and gets no further: nothing is in stock, or the budget is short.
WAITS = ("stock", "budget")


@dataclass(frozen=True, slots=True)
class GrantState:
    """One grant. ``asked`` is the item that was promised, ``item`` the one that is given (a substitute perhaps).

    ``told`` is where the campaign stands: held, due or gone. ``reserved``: a piece of stock and its cost are set aside.
    ``until`` is the end of a hold, of the next try or of what was issued. ``agreed`` is who approved it by hand.
    Money: ``payout`` is the key of the last payout that was asked for, the ``payouts``-th; ``repaid`` fen of it went
    to a debt of its person instead.
    """

    grant: str = ""
    campaign: str = ""
    person: str = ""
    asked: str = ""
    item: str = ""
    kind: str = ""
    status: str = ""
    reason: str = ""
    told: str = ""
    reserved: bool = False
    cost: int = 0
    sponsor: str = ""
    review: bool = False
    risk: bool = False
    agreed: str = ""
    frozen_until: datetime | None = None
    until: datetime | None = None
    tries: int = 0
    made_at: datetime | None = None
    issued_at: datetime | None = None
    parcel: str = ""
    moves: int = 0  # of the parcel: how often an address was given
    carrier: str = ""
    tracking: str = ""
    limit: int = 0
    code_used: bool = False
    payout: str = ""
    payouts: int = 0
    repaid: int = 0


@dataclass(frozen=True, slots=True)
class GrantMade:
    """A prize became due to a person, or is held by the campaign."""

    KIND: ClassVar[str] = "grant_made"
    SCHEMA: ClassVar[int] = 1
    grant: str
    item: str
    told: str
    limit: int
    review: bool
    frozen_until: datetime | None = None


@dataclass(frozen=True, slots=True)
class GrantTold:
    """The campaign stands elsewhere now."""

    KIND: ClassVar[str] = "grant_told"
    SCHEMA: ClassVar[int] = 1
    told: str
    frozen_until: datetime | None = None


@dataclass(frozen=True, slots=True)
class GrantReserved:
    """A piece of ``item`` is set aside, and ``cost`` fen for it: of the budget, or of its sponsor."""

    KIND: ClassVar[str] = "grant_reserved"
    SCHEMA: ClassVar[int] = 1
    item: str
    kind: str
    cost: int
    sponsor: str = ""


@dataclass(frozen=True, slots=True)
class GrantMoved:
    """A grant is in another status, or waits for another reason; ``until`` is when that ends by itself."""

    KIND: ClassVar[str] = "grant_moved"
    SCHEMA: ClassVar[int] = 1
    status: str
    reason: str = ""
    until: datetime | None = None
    tries: int = 0
    by: str = ""


@dataclass(frozen=True, slots=True)
class GrantFreed:
    """The piece of stock that was set aside is free again."""

    KIND: ClassVar[str] = "grant_freed"
    SCHEMA: ClassVar[int] = 1
    item: str


@dataclass(frozen=True, slots=True)
class GrantRepaid:
    """So many fen of a prize of money settled what its person owed."""

    KIND: ClassVar[str] = "grant_repaid"
    SCHEMA: ClassVar[int] = 1
    fen: int


@dataclass(frozen=True, slots=True)
class GrantIssued:
    """The person has it: paid, counted, shown as a code, shipped, or entitled until ``until``."""

    KIND: ClassVar[str] = "grant_issued"
    SCHEMA: ClassVar[int] = 1
    grant: str
    item: str
    kind: str
    amount: int
    until: datetime | None = None
    by: str = ""


@dataclass(frozen=True, slots=True)
class GrantRedeemed:
    """What was issued was used up, once."""

    KIND: ClassVar[str] = "grant_redeemed"
    SCHEMA: ClassVar[int] = 1
    grant: str
    by: str


@dataclass(frozen=True, slots=True)
class GrantEnded:
    """What was issued is taken back (``reversed``) or ran out (``expired``); ``debt`` fen are owed for it now."""

    KIND: ClassVar[str] = "grant_ended"
    SCHEMA: ClassVar[int] = 1
    grant: str
    status: str
    reason: str
    debt: int = 0
    by: str = ""


@dataclass(frozen=True, slots=True)
class GrantHeld:
    """Staff or a risk rule stop it for a doubt, or (``on`` false) let it go on."""

    KIND: ClassVar[str] = "grant_doubted"
    SCHEMA: ClassVar[int] = 1
    on: bool
    by: str


@dataclass(frozen=True, slots=True)
class ParcelMoved:
    """A parcel is on its way. The address stands beside the log; ``region`` was checked."""

    KIND: ClassVar[str] = "parcel_moved"
    SCHEMA: ClassVar[int] = 1
    grant: str
    state: str
    carrier: str = ""
    tracking: str = ""
    by: str = ""


EVENTS = (
    GrantMade,
    GrantTold,
    GrantReserved,
    GrantMoved,
    GrantFreed,
    GrantRepaid,
    GrantIssued,
    GrantRedeemed,
    GrantEnded,
    GrantHeld,
    ParcelMoved,
)


@dataclass(frozen=True, slots=True)
class TryGrant:
    """Carry a grant on as far as it goes: a timer's, or when stock came."""

    KIND: ClassVar[str] = "try_grant"
    grant: str


@dataclass(frozen=True, slots=True)
class DecideGrant:
    """Staff decide: ``approve``, ``hold``, ``release``, ``cancel``, ``retry``, ``done`` (by hand) or ``reverse``."""

    KIND: ClassVar[str] = "decide_grant"
    grant: str
    act: str
    by: str
    reason: str = ""


@dataclass(frozen=True, slots=True)
class RedeemGrant:
    """Use what was issued, once."""

    KIND: ClassVar[str] = "redeem_grant"
    grant: str
    by: str


@dataclass(frozen=True, slots=True)
class ExpireGrant:
    """A timer: what was issued runs out."""

    KIND: ClassVar[str] = "expire_grant"
    grant: str


@dataclass(frozen=True, slots=True)
class GiveAddress:
    """Where a parcel goes: sealed for storing, ``digest`` for one parcel to one address, ``region`` in plain."""

    KIND: ClassVar[str] = "give_address"
    grant: str
    region: str
    digest: str
    sealed: str


@dataclass(frozen=True, slots=True)
class MoveParcel:
    """Staff pick, ship (with ``tracking``), or hear that it arrived or came back."""

    KIND: ClassVar[str] = "move_parcel"
    grant: str
    state: str
    by: str
    carrier: str = ""
    tracking: str = ""


@dataclass(frozen=True, slots=True)
class ForfeitParcel:
    """A timer: nobody said where it should go."""

    KIND: ClassVar[str] = "forfeit_parcel"
    grant: str


COMMANDS = (TryGrant, DecideGrant, RedeemGrant, ExpireGrant, GiveAddress, MoveParcel, ForfeitParcel, PayoutTold)
ACTS = ("approve", "hold", "release", "cancel", "retry", "done", "reverse")


def grant_id(campaign: str, person: str, rule: str, milestone: str, revision: int) -> str:
    """What makes a grant once for ever (campaigns.md §13.1)."""
    return f"{campaign}:{person}:{rule}:{milestone}:{revision}"


def owner_of(grant: str) -> tuple[str, str]:
    """Campaign and person of a grant's id; empty for what is none."""
    campaign, _, rest = grant.partition(":")
    return campaign, rest.partition(":")[0]


def prize_of(grant: str) -> str:
    """Rule, milestone and revision of a grant's id."""
    return grant.partition(":")[2].partition(":")[2]


def grant_stream(grant: str) -> str:
    """The stream of one grant."""
    return stream_id("grant", grant)


def evolve(state: GrantState, event: Event) -> GrantState:
    """Fold one event of a grant."""
    body = event.body
    if isinstance(body, GrantMade):
        return GrantState(
            grant=body.grant,
            campaign=event.campaign,
            person=event.person,
            asked=body.item,
            item=body.item,
            status=WAITING,
            told=body.told,
            review=body.review,
            frozen_until=body.frozen_until,
            made_at=event.at,
            limit=body.limit,
        )
    if isinstance(body, GrantTold):
        return replace(state, told=body.told, frozen_until=body.frozen_until or state.frozen_until)
    if isinstance(body, GrantReserved):
        return replace(state, item=body.item, kind=body.kind, cost=body.cost, sponsor=body.sponsor, reserved=True)
    if isinstance(body, GrantFreed):
        return replace(state, reserved=False)
    if isinstance(body, GrantHeld):
        return replace(state, risk=body.on)
    if isinstance(body, GrantMoved):
        agreed = body.by if body.status == APPROVED and body.by else state.agreed
        return replace(state, status=body.status, reason=body.reason, until=body.until, tries=body.tries, agreed=agreed)
    return _evolve_given(state, event)


def _evolve_given(state: GrantState, event: Event) -> GrantState:
    body = event.body
    if isinstance(body, GrantIssued):
        return replace(state, status=ISSUED, reason="", until=body.until, issued_at=event.at)
    if isinstance(body, GrantRepaid):
        return replace(state, repaid=state.repaid + body.fen)
    if isinstance(body, PayoutWanted):
        return replace(state, payout=body.key, payouts=state.payouts + 1)
    if isinstance(body, GrantRedeemed):
        return replace(state, status=REDEEMED, code_used=True)
    if isinstance(body, GrantEnded):
        return replace(state, status=body.status, reason=body.reason)
    if isinstance(body, ParcelMoved):
        moves = state.moves + (body.state == ADDRESSED)
        carrier, tracking = body.carrier or state.carrier, body.tracking or state.tracking
        return replace(state, parcel=body.state, moves=moves, carrier=carrier, tracking=tracking)
    return state
