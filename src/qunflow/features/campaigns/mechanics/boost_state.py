"""The state of a boost unit, its events and their fold: which cut is whose, and how far the order is. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import ClassVar

from qunflow.domain.events import Event, OrderMade, RefundOwed
from qunflow.features.campaigns.mechanics.paying import RefundDone, owed_after


@dataclass(frozen=True, slots=True)
class Boost:
    """One person's cuts. ``status``: open | reached | ordered | paid | refunded; ``taken``: who took each, '' for free.

    ``order`` is the one that counts, ``orders`` how many were made, ``fen`` what it costs and ``until`` when it lapses;
    ``owed`` are refunds that have not arrived, in fen.
    """

    status: str = ""
    tier: int = 0
    plan: tuple[int, ...] = ()
    taken: tuple[str, ...] = ()
    order: str = ""
    early: bool = False  # ordered before the goal: friends are no longer needed
    reserved: bool = False  # holds a unit of the stock
    orders: int = 0
    fen: int = 0
    until: datetime | None = None
    owed: Mapping[str, int] = field(default_factory=dict)
    comfort: int = 0  # fen that the owner got because nothing was left

    @property
    def gathered(self) -> int:
        """Fen cut or gathered by now."""
        return sum(fen for fen, who in zip(self.plan, self.taken, strict=True) if who)

    @property
    def free(self) -> tuple[int, ...]:
        """The cuts that nobody took."""
        return tuple(place for place, who in enumerate(self.taken) if not who)


@dataclass(frozen=True, slots=True)
class BoostPlanned:
    """The cuts of a unit, fixed for good; ``reserved`` when it holds stock from the start."""

    KIND: ClassVar[str] = "boost_planned"
    SCHEMA: ClassVar[int] = 1
    tier: int
    plan: tuple[int, ...]
    reserved: bool = False


@dataclass(frozen=True, slots=True)
class SlotTaken:
    """Somebody took these cuts."""

    KIND: ClassVar[str] = "slot_taken"
    SCHEMA: ClassVar[int] = 1
    helper: str
    slots: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class SlotFreed:
    """A help was revoked: exactly its cuts are free again."""

    KIND: ClassVar[str] = "slot_freed"
    SCHEMA: ClassVar[int] = 1
    helper: str
    slots: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class BoostReached:
    """Every cut is taken: the floor price, or the whole target. ``reserved`` when it holds stock from now on."""

    KIND: ClassVar[str] = "boost_reached"
    SCHEMA: ClassVar[int] = 1
    reserved: bool = False


@dataclass(frozen=True, slots=True)
class BoostComforted:
    """Nothing was left when the goal was reached: the owner gets this instead, in fen."""

    KIND: ClassVar[str] = "boost_comforted"
    SCHEMA: ClassVar[int] = 1
    fen: int


@dataclass(frozen=True, slots=True)
class OrderCancelled:
    """The order lapsed or was cancelled before it was paid; ``reserved`` while the unit goes on holding its piece."""

    KIND: ClassVar[str] = "unit_order_cancelled"
    SCHEMA: ClassVar[int] = 2
    order: str
    reserved: bool


@dataclass(frozen=True, slots=True)
class UnitPaid:
    """The order was paid; it may have lapsed before."""

    KIND: ClassVar[str] = "unit_paid"
    SCHEMA: ClassVar[int] = 2
    order: str
    fen: int


EVENTS = (BoostPlanned, SlotTaken, SlotFreed, BoostReached, BoostComforted, OrderCancelled, UnitPaid, RefundDone)


def evolve(state: Boost, event: Event) -> Boost:
    """Fold one event of a unit."""
    body = event.body
    if isinstance(body, BoostPlanned):
        free = ("",) * len(body.plan)
        return Boost("open", body.tier, tuple(body.plan), free, reserved=body.reserved)
    if isinstance(body, SlotTaken | SlotFreed):
        who = body.helper if isinstance(body, SlotTaken) else ""
        taken = tuple(who if place in body.slots else old for place, old in enumerate(state.taken))
        reopened = isinstance(body, SlotFreed) and state.status == "reached"
        return replace(state, taken=taken, status="open" if reopened else state.status)
    if isinstance(body, BoostReached):
        return replace(state, status="reached", reserved=state.reserved or body.reserved)
    if isinstance(body, BoostComforted):
        return replace(state, comfort=body.fen)
    return _evolve_order(state, body)


def _evolve_order(state: Boost, body: object) -> Boost:
    if isinstance(body, OrderMade):
        return replace(
            state,
            status="ordered",
            order=body.order,
            orders=state.orders + 1,
            fen=body.fen,
            until=body.until,
            early=state.status == "open",
            reserved=True,
        )
    if isinstance(body, OrderCancelled):
        status = "open" if state.free else "reached"
        return replace(state, status=status, order="", early=False, fen=0, until=None, reserved=body.reserved)
    if isinstance(body, UnitPaid):
        return replace(
            state,
            status="paid",
            order=body.order,
            orders=max(state.orders, 1),
            fen=body.fen,
            until=None,
            early=state.early or state.status == "open",
            reserved=True,
        )
    owed = owed_after(state.owed, body)
    if isinstance(body, RefundOwed) and state.status == "paid" and body.order == state.order:
        return replace(state, status="refunded", owed=owed)
    return state if owed is state.owed else replace(state, owed=owed)
