"""The state of a boost unit, its events and their fold: which cut is whose, and how far the order is. Pure."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import ClassVar

from qunflow.domain.events import Event


@dataclass(frozen=True, slots=True)
class Boost:
    """One person's cuts. ``status``: open | reached | ordered | paid; ``taken``: who took each cut, '' for free."""

    status: str = ""
    tier: int = 0
    plan: tuple[int, ...] = ()
    taken: tuple[str, ...] = ()
    order: str = ""
    early: bool = False  # ordered before the goal: friends are no longer needed
    reserved: bool = False  # holds a unit of the stock

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
class UnitOrdered:
    """An order was made ``price_fen`` above the floor price: 0 unless it came before the goal."""

    KIND: ClassVar[str] = "unit_ordered"
    SCHEMA: ClassVar[int] = 1
    order: str
    price_fen: int
    reserved: bool = False


@dataclass(frozen=True, slots=True)
class OrderCancelled:
    """The order was cancelled before it was paid."""

    KIND: ClassVar[str] = "unit_order_cancelled"
    SCHEMA: ClassVar[int] = 1
    order: str


@dataclass(frozen=True, slots=True)
class UnitPaid:
    """The order was paid."""

    KIND: ClassVar[str] = "unit_paid"
    SCHEMA: ClassVar[int] = 1
    order: str


@dataclass(frozen=True, slots=True)
class RefundDue:
    """The paid order is to be refunded in full: helps were revoked and not made good, or the campaign was stopped."""

    KIND: ClassVar[str] = "unit_refund_due"
    SCHEMA: ClassVar[int] = 1
    order: str


EVENTS = (BoostPlanned, SlotTaken, SlotFreed, BoostReached, UnitOrdered, OrderCancelled, UnitPaid, RefundDue)


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
    if isinstance(body, UnitOrdered):
        reserved = state.reserved or body.reserved
        return replace(state, status="ordered", order=body.order, early=body.price_fen > 0, reserved=reserved)
    if isinstance(body, OrderCancelled):
        return replace(state, status="open" if state.free else "reached", order="", early=False)
    if isinstance(body, UnitPaid):
        return replace(state, status="paid")
    return state
