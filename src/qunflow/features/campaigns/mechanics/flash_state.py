"""The state of a flash sale 秒杀: how far one person is from the right to buy to the sold piece. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import ClassVar

from qunflow.domain.events import Event
from qunflow.features.campaigns.mechanics.paying import RefundDone, owed_after


@dataclass(frozen=True, slots=True)
class Sale:
    """``status``: collecting | qualified | reserved | sold | refunded. ``held``: a piece of the stock is set aside.

    ``order`` is the last one made, ``orders`` how many were; ``owed`` are refunds that have not arrived, in fen.
    """

    status: str = ""
    order: str = ""
    orders: int = 0
    until: datetime | None = None
    held: bool = False
    owed: Mapping[str, int] = field(default_factory=dict)


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


EVENTS = (SaleOpened, Qualified, Reserved, Released, Sold, SaleRefunded, RefundDone)


def evolve(state: Sale, event: Event) -> Sale:
    """Fold one event of a sale."""
    body = event.body
    if isinstance(body, SaleOpened):
        return Sale("collecting")
    if isinstance(body, Qualified):
        return replace(state, status="qualified" if body.holds else "collecting", held=body.held)
    if isinstance(body, Reserved):
        return replace(state, status="reserved", order=body.order, orders=state.orders + 1, until=body.until, held=True)
    if isinstance(body, Released):
        return replace(state, status="qualified", until=None, held=body.held)
    if isinstance(body, Sold):
        return replace(state, status="sold", order=body.order, until=None, held=True)
    if isinstance(body, SaleRefunded):
        return replace(state, status="refunded")
    owed = owed_after(state.owed, body)
    return state if owed is state.owed else replace(state, owed=owed)
