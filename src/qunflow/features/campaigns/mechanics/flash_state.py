"""The state of a flash sale 秒杀: how far one person is from the right to buy to the sold piece. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import ClassVar

from qunflow.domain.events import Event
from qunflow.features.campaigns.mechanics.paying import OrderSized, RefundDone, owed_after


@dataclass(frozen=True, slots=True)
class Sale:
    """``status``: collecting | qualified | reserved | sold | refunded. ``held``: a piece of the stock is set aside.

    ``order`` is the last one made, ``orders`` how many were; ``owed`` are refunds that have not arrived, in fen.
    ``pieces`` are those that are set aside while ``held``; ``sizes`` the orders with more than one piece. ``line``:
    waiting | offered on the waiting list; ``offered``: the piece that is set aside came from there.
    """

    status: str = ""
    order: str = ""
    orders: int = 0
    until: datetime | None = None
    held: bool = False
    owed: Mapping[str, int] = field(default_factory=dict)
    pieces: int = 1
    sizes: Mapping[str, int] = field(default_factory=dict)
    line: str = ""
    offered: bool = False

    @property
    def set_aside(self) -> int:
        """Pieces that nobody else can have."""
        return self.pieces if self.held else 0


@dataclass(frozen=True, slots=True)
class SaleOpened:
    """Somebody collects friends for the right to buy."""

    KIND: ClassVar[str] = "sale_opened"
    SCHEMA: ClassVar[int] = 1


@dataclass(frozen=True, slots=True)
class Qualified:
    """Enough friends are confirmed; ``held`` when a piece is set aside with it. False ``holds`` takes it back."""

    KIND: ClassVar[str] = "sale_qualified"
    SCHEMA: ClassVar[int] = 1
    holds: bool
    held: bool


@dataclass(frozen=True, slots=True)
class Reserved:
    """A piece is kept for the order until ``until``."""

    KIND: ClassVar[str] = "sale_reserved"
    SCHEMA: ClassVar[int] = 1
    order: str
    until: datetime


@dataclass(frozen=True, slots=True)
class Released:
    """The order was not paid in time; ``held`` when the piece stays set aside for this person."""

    KIND: ClassVar[str] = "sale_released"
    SCHEMA: ClassVar[int] = 1
    order: str
    held: bool


@dataclass(frozen=True, slots=True)
class Sold:
    """The piece is the buyer's."""

    KIND: ClassVar[str] = "sale_sold"
    SCHEMA: ClassVar[int] = 1
    order: str
    fen: int


@dataclass(frozen=True, slots=True)
class SaleRefunded:
    """The shop took the sale back; the piece does not return to the stock by itself."""

    KIND: ClassVar[str] = "sale_refunded"
    SCHEMA: ClassVar[int] = 1
    order: str


@dataclass(frozen=True, slots=True)
class Waiting:
    """Nothing is left: the person stands in line, or does not any more (``waits`` false)."""

    KIND: ClassVar[str] = "sale_waiting"
    SCHEMA: ClassVar[int] = 1
    waits: bool


@dataclass(frozen=True, slots=True)
class Offered:
    """A piece is set aside for who waited, to be ordered until ``until``."""

    KIND: ClassVar[str] = "sale_offered"
    SCHEMA: ClassVar[int] = 1
    until: datetime


@dataclass(frozen=True, slots=True)
class OfferOver:
    """The offered piece was not ordered; the next in line gets it."""

    KIND: ClassVar[str] = "sale_offer_over"
    SCHEMA: ClassVar[int] = 1


@dataclass(frozen=True, slots=True)
class Fulfilled:
    """The goods were handed over or sent."""

    KIND: ClassVar[str] = "sale_fulfilled"
    SCHEMA: ClassVar[int] = 1


EVENTS = (
    SaleOpened,
    Qualified,
    Reserved,
    OrderSized,
    Released,
    Sold,
    Fulfilled,
    SaleRefunded,
    Waiting,
    Offered,
    OfferOver,
    RefundDone,
)


def evolve(state: Sale, event: Event) -> Sale:
    """Fold one event of a sale."""
    body = event.body
    if isinstance(body, SaleOpened):
        return Sale("collecting")
    if isinstance(body, Qualified):
        status = "qualified" if body.holds else "collecting"
        return replace(state, status=status, held=body.held, pieces=1, line="", offered=False)
    if isinstance(body, Reserved | OrderSized | Released | Sold):
        return _ordered(state, body)
    if isinstance(body, Waiting):
        return replace(state, line="waiting" if body.waits else "")
    if isinstance(body, Offered):
        return replace(state, line="offered", until=body.until, held=True, pieces=1, offered=True)
    if isinstance(body, OfferOver):
        return replace(state, line="", until=None, held=False, offered=False)
    if isinstance(body, Fulfilled):
        return replace(state, status="fulfilled")
    if isinstance(body, SaleRefunded):
        return replace(state, status="refunded")
    owed = owed_after(state.owed, body)
    return state if owed is state.owed else replace(state, owed=owed)


def _ordered(state: Sale, body: Reserved | OrderSized | Released | Sold) -> Sale:
    """An order's way: made, sized, lapsed or sold."""
    if isinstance(body, Reserved):
        orders = state.orders + 1
        made = replace(state, status="reserved", order=body.order, orders=orders, until=body.until, line="")
        return replace(made, held=True, pieces=1)
    if isinstance(body, OrderSized):
        return replace(state, pieces=body.pieces, sizes={**state.sizes, body.order: body.pieces})
    if isinstance(body, Released):
        return replace(
            state, status="qualified", until=None, held=body.held, pieces=1, offered=state.offered and body.held
        )
    pieces = state.sizes.get(body.order, 1)
    return replace(state, status="sold", order=body.order, until=None, held=True, pieces=pieces, line="")
