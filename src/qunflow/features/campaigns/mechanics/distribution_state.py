"""Promoters and their sales 分销: states, events and their fold. Pure.

A unit is either one promoter (rank, what they confirmed) or one sale with the commissions that it earns.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import ClassVar

from qunflow.domain.events import Event


@dataclass(frozen=True, slots=True)
class Line:
    """One commission of a sale, as it was when the order was paid: who, at which level, rank and rate."""

    level: int
    person: str
    unit: str
    rank: int
    rate_bps: int


@dataclass(frozen=True, slots=True)
class Tally:
    """What a promoter had when they were demoted: it does not count for a rise any more."""

    buyers: Mapping[str, int] = field(default_factory=dict)
    orders: int = 0
    own_fen: int = 0
    own_orders: int = 0


@dataclass(frozen=True, slots=True)
class Book:
    """``status`` of a promoter: waiting | active | dismissed; of a sale: frozen | released. Fen throughout.

    ``buyers`` are net confirmed sales by direct buyer; ``orders`` those that are not wholly refunded.
    ``asked`` are refunds that are being looked at, ``refunds`` those that were decided. ``fixed``: level → the sum of
    a line that is not paid by its rate. ``held_until``: until when the buyer may return the goods. ``mark``,
    ``reviewed_fen`` and ``reviewed_at`` are of a promoter's last demotion and last review.
    """

    status: str = ""
    rank: int = 0
    buyers: Mapping[str, int] = field(default_factory=dict)
    orders: int = 0
    own_fen: int = 0
    own_orders: int = 0
    order: str = ""
    buyer: str = ""
    buyer_unit: str = ""
    base: int = 0
    refunded: int = 0
    lines: tuple[Line, ...] = ()
    received_at: datetime | None = None
    asked: tuple[str, ...] = ()
    refunds: tuple[str, ...] = ()
    fixed: Mapping[str, int] = field(default_factory=dict)
    held_until: datetime | None = None
    mark: Tally = Tally()
    reviewed_fen: int = 0
    reviewed_at: datetime | None = None

    @property
    def bought(self) -> int:
        """Direct buyers with a sale that holds."""
        return sum(fen > 0 for fen in self.buyers.values())

    @property
    def sales(self) -> int:
        """Confirmed sales to direct buyers."""
        return sum(self.buyers.values())


@dataclass(frozen=True, slots=True)
class Enrolled:
    """A participant wants to promote; ``active`` unless staff have to appoint them."""

    KIND: ClassVar[str] = "promoter_enrolled"
    SCHEMA: ClassVar[int] = 1
    active: bool


@dataclass(frozen=True, slots=True)
class Appointed:
    """Staff let a promoter work, or dismiss them: commissions of sales that were paid stay."""

    KIND: ClassVar[str] = "promoter_appointed"
    SCHEMA: ClassVar[int] = 1
    active: bool


@dataclass(frozen=True, slots=True)
class Progressed:
    """Confirmed sales of a promoter changed by so much; ``own`` when they bought themselves."""

    KIND: ClassVar[str] = "promoter_progressed"
    SCHEMA: ClassVar[int] = 1
    buyer: str
    fen: int
    orders: int
    own: bool


@dataclass(frozen=True, slots=True)
class RankChanged:
    """A promoter rose; sales that were paid before keep their rate."""

    KIND: ClassVar[str] = "rank_changed"
    SCHEMA: ClassVar[int] = 1
    rank: int


@dataclass(frozen=True, slots=True)
class Reviewed:
    """A promoter's sales since the last review were looked at: the rank that they keep."""

    KIND: ClassVar[str] = "promoter_reviewed"
    SCHEMA: ClassVar[int] = 1
    rank: int


@dataclass(frozen=True, slots=True)
class CommissionFixed:
    """The line of a level is this sum of the whole sale, whatever its rate: of fixed goods, or all that is allowed."""

    KIND: ClassVar[str] = "commission_fixed"
    SCHEMA: ClassVar[int] = 1
    level: int
    fen: int


@dataclass(frozen=True, slots=True)
class CommissionHeld:
    """The buyer may return the goods until then, which is later than the freeze."""

    KIND: ClassVar[str] = "commission_held"
    SCHEMA: ClassVar[int] = 1
    until: datetime


@dataclass(frozen=True, slots=True)
class CommissionDue:
    """An order was paid: its commissions, fixed for good but for refunds."""

    KIND: ClassVar[str] = "commission_due"
    SCHEMA: ClassVar[int] = 1
    order: str
    buyer: str
    buyer_unit: str
    base: int
    lines: tuple[Line, ...]


@dataclass(frozen=True, slots=True)
class SaleReceived:
    """The buyer has the goods: the freeze runs from here."""

    KIND: ClassVar[str] = "sale_received"
    SCHEMA: ClassVar[int] = 1


@dataclass(frozen=True, slots=True)
class CommissionReleased:
    """The freeze is over and no refund is open."""

    KIND: ClassVar[str] = "commission_released"
    SCHEMA: ClassVar[int] = 1


@dataclass(frozen=True, slots=True)
class RefundAsked:
    """The buyer wants money back: nothing is released meanwhile."""

    KIND: ClassVar[str] = "commission_refund_asked"
    SCHEMA: ClassVar[int] = 1
    refund: str


@dataclass(frozen=True, slots=True)
class CommissionAdjusted:
    """A refund was decided: so much of the base went back (0: it was refused)."""

    KIND: ClassVar[str] = "commission_adjusted"
    SCHEMA: ClassVar[int] = 1
    refund: str
    fen: int


EVENTS = (
    Enrolled,
    Appointed,
    Progressed,
    RankChanged,
    Reviewed,
    CommissionDue,
    CommissionFixed,
    SaleReceived,
    CommissionHeld,
    CommissionReleased,
    RefundAsked,
    CommissionAdjusted,
)


def evolve(state: Book, event: Event) -> Book:
    """Fold one event of a promoter or a sale."""
    body = event.body
    if isinstance(body, Enrolled):
        return Book("active" if body.active else "waiting")
    if isinstance(body, Appointed):
        return replace(state, status="active" if body.active else "dismissed")
    if isinstance(body, Progressed):
        return progressed(state, body)
    if isinstance(body, RankChanged):
        return replace(state, rank=body.rank)
    if isinstance(body, Reviewed):
        return _reviewed(state, body, event.at)
    return _sold(state, body, event.at)


def _sold(state: Book, body: object, at: datetime) -> Book:
    """Fold one event of a sale."""
    if isinstance(body, CommissionDue):
        return Book(
            "frozen",
            order=body.order,
            buyer=body.buyer,
            buyer_unit=body.buyer_unit,
            base=body.base,
            lines=tuple(body.lines),
        )
    if isinstance(body, CommissionFixed):
        return replace(state, fixed={**state.fixed, str(body.level): body.fen})
    if isinstance(body, SaleReceived):
        return replace(state, received_at=at)
    if isinstance(body, CommissionHeld):
        return replace(state, held_until=body.until)
    if isinstance(body, CommissionReleased):
        return replace(state, status="released")
    if isinstance(body, RefundAsked):
        return replace(state, asked=(*state.asked, body.refund))
    if isinstance(body, CommissionAdjusted):
        asked = tuple(refund for refund in state.asked if refund != body.refund)
        return replace(state, asked=asked, refunds=(*state.refunds, body.refund), refunded=state.refunded + body.fen)
    return state


def _reviewed(state: Book, body: Reviewed, at: datetime) -> Book:
    """A promoter after a review; who was demoted rises again by what comes from now on."""
    looked_at = replace(state, reviewed_fen=state.sales, reviewed_at=at)
    if body.rank >= state.rank:
        return looked_at
    mark = Tally(state.buyers, state.orders, state.own_fen, state.own_orders)
    return replace(looked_at, rank=body.rank, mark=mark)


def progressed(state: Book, body: Progressed) -> Book:
    """A promoter's figures after a sale or a refund."""
    if body.own:
        return replace(state, own_fen=state.own_fen + body.fen, own_orders=state.own_orders + body.orders)
    buyers = {**state.buyers, body.buyer: state.buyers.get(body.buyer, 0) + body.fen}
    return replace(state, buyers=buyers, orders=state.orders + body.orders)
