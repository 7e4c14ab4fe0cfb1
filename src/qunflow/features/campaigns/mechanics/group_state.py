"""The state of a group-buy 拼团, its events and their fold: which seat is whose and how far it is. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any, ClassVar

from qunflow.domain.events import Event
from qunflow.features.campaigns.mechanics.group_alone_state import ALONE_EVENTS, Alone, alone_after
from qunflow.features.campaigns.mechanics.paying import OrderSized, RefundDone, owed_after

HELD, PAID = "held", "paid"


@dataclass(frozen=True, slots=True)
class Seat:
    """One place. ``state``: held | paid, and over: released (unpaid) | left | failed | stock | refunded (afterwards).

    ``matched``: the person opened a group and was put into this one.
    """

    order: str
    person: str
    fen: int
    state: str
    until: datetime
    paid_at: datetime | None = None
    pieces: int = 1
    matched: bool = False


@dataclass(frozen=True, slots=True)
class Group:
    """``status``: open | success | failed. ``platform``: seats that the platform filled 平台补位: no people, no money.

    ``owed``: refunds that have not arrived, in fen by their id. ``fills_at``: the deadline is over, and the platform
    completes the group then. ``alone``: no group at all but the order of somebody who buys alone.
    """

    status: str = ""
    leader: str = ""
    seats: tuple[Seat, ...] = ()
    platform: int = 0
    owed: Mapping[str, int] = field(default_factory=dict)
    fills_at: datetime | None = None
    alone: Alone | None = None

    @property
    def held(self) -> tuple[Seat, ...]:
        """Seats that wait for their payment."""
        return tuple(seat for seat in self.seats if seat.state == HELD)

    @property
    def paid(self) -> tuple[Seat, ...]:
        """Paid seats, in the order in which they were paid."""
        found = [seat for seat in self.seats if seat.state == PAID]
        return tuple(sorted(found, key=lambda seat: (seat.paid_at or seat.until, seat.order)))

    @property
    def taken(self) -> int:
        """Seats that nobody else can have."""
        return len(self.held) + len(self.paid)

    def seat_of(self, person: str) -> Seat | None:
        """The seat that a person has now."""
        return next((seat for seat in (*self.held, *self.paid) if seat.person == person), None)

    def seat(self, order: str) -> Seat | None:
        """The seat of an order, whatever became of it."""
        return next((seat for seat in self.seats if seat.order == order), None)


@dataclass(frozen=True, slots=True)
class SeatHeld:
    """A place is kept for an order until ``until``."""

    KIND: ClassVar[str] = "seat_held"
    SCHEMA: ClassVar[int] = 1
    order: str
    buyer: str
    fen: int
    until: datetime


@dataclass(frozen=True, slots=True)
class SeatPaid:
    """The order of a place was paid."""

    KIND: ClassVar[str] = "seat_paid"
    SCHEMA: ClassVar[int] = 1
    order: str


@dataclass(frozen=True, slots=True)
class SeatFreed:
    """A place is over: released, left, failed, or refunded after the success (which frees nothing)."""

    KIND: ClassVar[str] = "seat_freed"
    SCHEMA: ClassVar[int] = 1
    order: str
    outcome: str


@dataclass(frozen=True, slots=True)
class LeaderMoved:
    """Who leads the group now: the earliest who paid."""

    KIND: ClassVar[str] = "leader_moved"
    SCHEMA: ClassVar[int] = 1
    leader: str


@dataclass(frozen=True, slots=True)
class SeatMatched:
    """Who has this place opened a group of their own and was put into this one."""

    KIND: ClassVar[str] = "seat_matched"
    SCHEMA: ClassVar[int] = 1
    order: str


@dataclass(frozen=True, slots=True)
class GroupWaits:
    """The deadline is over: the platform completes the group at ``fills_at``, if that still costs nothing."""

    KIND: ClassVar[str] = "group_waits"
    SCHEMA: ClassVar[int] = 1
    fills_at: datetime


@dataclass(frozen=True, slots=True)
class GroupFilled:
    """The platform completed the group with so many seats (M37)."""

    KIND: ClassVar[str] = "group_filled"
    SCHEMA: ClassVar[int] = 1
    seats: int


@dataclass(frozen=True, slots=True)
class GroupSucceeded:
    """The group is complete: ``paid`` orders are to be fulfilled."""

    KIND: ClassVar[str] = "group_succeeded"
    SCHEMA: ClassVar[int] = 1
    paid: int
    platform: int


@dataclass(frozen=True, slots=True)
class GroupFailed:
    """The group came to nothing; everybody who paid is refunded in full."""

    KIND: ClassVar[str] = "group_failed"
    SCHEMA: ClassVar[int] = 1
    reason: str


@dataclass(frozen=True, slots=True)
class PaymentMoved:
    """A payment came too late for its seat; it goes on in the group ``into``."""

    KIND: ClassVar[str] = "payment_moved"
    SCHEMA: ClassVar[int] = 1
    order: str
    into: str


EVENTS = (
    SeatHeld,
    SeatPaid,
    SeatFreed,
    LeaderMoved,
    SeatMatched,
    GroupWaits,
    GroupFilled,
    GroupSucceeded,
    GroupFailed,
    PaymentMoved,
    OrderSized,
    RefundDone,
    *ALONE_EVENTS,
)


def evolve(state: Group, event: Event) -> Group:
    """Fold one event of a group."""
    body = event.body
    if isinstance(body, SeatHeld):
        seat = Seat(body.order, body.buyer, body.fen, HELD, body.until)
        return replace(state, status=state.status or "open", seats=(*state.seats, seat))
    if isinstance(body, SeatPaid):
        return replace(state, seats=_changed(state, body.order, state=PAID, paid_at=event.at))
    if isinstance(body, SeatFreed):
        return replace(state, seats=_changed(state, body.order, state=body.outcome))
    if isinstance(body, OrderSized):
        return replace(state, seats=_changed(state, body.order, pieces=body.pieces))
    if isinstance(body, SeatMatched):
        return replace(state, seats=_changed(state, body.order, matched=True))
    if isinstance(body, GroupWaits):
        return replace(state, fills_at=body.fills_at)
    if isinstance(body, LeaderMoved):
        return replace(state, leader=body.leader)
    if isinstance(body, GroupFilled):
        return replace(state, platform=body.seats)
    if isinstance(body, GroupSucceeded):
        return replace(state, status="success")
    if isinstance(body, GroupFailed):
        return replace(state, status="failed")
    if isinstance(body, ALONE_EVENTS):
        return replace(state, status="alone", alone=alone_after(state.alone, body))
    owed = owed_after(state.owed, body)
    return state if owed is state.owed else replace(state, owed=owed)


def _changed(group: Group, order: str, **to: Any) -> tuple[Seat, ...]:
    return tuple(replace(seat, **to) if seat.order == order else seat for seat in group.seats)
