"""Seats of a group-buy 拼团: what keeping one takes, and what giving it back frees. Pure."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

from qunflow.domain.decisions import Rejection
from qunflow.domain.events import OrderMade
from qunflow.domain.reasons import Reason
from qunflow.features.campaigns.mechanics.group_state import PAID, Group, Seat, SeatHeld, SeatMatched
from qunflow.features.campaigns.mechanics.group_terms import AT_HOLD, GroupBuy
from qunflow.features.campaigns.mechanics.mechanic import LATE, Command, Context, Count, Moves, Tell, Unit
from qunflow.features.campaigns.mechanics.paying import UNBOUNDED, OrderSized, bought, pieces_of

STOCK = "stock"


def seated(person: str) -> str:
    """The counter of the open groups in which a person has a seat."""
    return f"seated:{person}"


def refused(person: str, pieces: int, context: Context, settings: GroupBuy) -> Rejection | None:
    """Why a person cannot have a seat with so many pieces more: as :func:`above`, and so many groups at a time."""
    found = above(person, pieces, context, settings)
    if found is None and settings.one_open_group and context.used(seated(person)):
        return Rejection(Reason.UNIT_LIMIT, {"open": context.used(seated(person))})
    return found


def above(person: str, pieces: int, context: Context, settings: GroupBuy) -> Rejection | None:
    """Why a person cannot have so many pieces more: stock, what one order and one person may hold."""
    if pieces > settings.limit_per_order:
        return Rejection(Reason.QUOTA, {"most": settings.limit_per_order})
    if context.used(STOCK) + pieces > settings.stock_total:
        return Rejection(Reason.STOCK_OUT)
    if context.used(bought(person)) + pieces > settings.limit_per_person:
        return Rejection(Reason.QUOTA, {"most": settings.limit_per_person})
    return None


def held(unit: Unit, command: Command, settings: GroupBuy, fen: int) -> Moves:
    """A seat is kept until the pay time is over; the group's deadline ends it too."""
    group: Group = unit.play
    person, order, pieces = command.actor.person, f"{unit.unit}-{len(group.seats)}", pieces_of(command)
    until = command.at + timedelta(minutes=settings.pay_ttl_min)
    until = min(until, unit.expires_at) if unit.expires_at is not None else until
    first = min([seat.until for seat in group.held] + [until])
    return Moves(
        (
            SeatHeld(order, person, fen, until),
            *sized(order, pieces),
            *((SeatMatched(order),) if command.params.get("passed") else ()),
            OrderMade(order, unit.unit, person, fen, until),
        ),
        (*booked(person, pieces, settings), *(stock(pieces, settings) if settings.reserve_stock_at == AT_HOLD else ())),
        timers=(("sweep", first + LATE),),
        answer=order,
    )


def sized(order: str, pieces: int) -> tuple[OrderSized, ...]:
    """The event of an order that holds more than one piece."""
    return (OrderSized(order, pieces),) if pieces > 1 else ()


def booked(person: str, pieces: int, settings: GroupBuy) -> tuple[Count, ...]:
    """A person has so many pieces more, and a seat more in an open group."""
    most = 1 if settings.one_open_group else UNBOUNDED
    return (Count(bought(person), pieces, settings.limit_per_person), Count(seated(person), 1, most))


def stock(pieces: int, settings: GroupBuy) -> tuple[Count, ...]:
    """So many pieces are set aside, or free again."""
    return (Count(STOCK, pieces, settings.stock_total),) if pieces else ()


def freed(seats: tuple[Seat, ...], settings: GroupBuy) -> tuple[Count, ...]:
    """The pieces of seats that are over are free again."""
    kept = [seat for seat in seats if seat.state == PAID or settings.reserve_stock_at == AT_HOLD]
    return stock(-sum(seat.pieces for seat in kept), settings)


def unbooked(unit: Unit, seat: Seat, pieces: int) -> Tell:
    """The buyer has no seat here any more, and may buy so many again; a move of its own, since others' counters are
    not at hand here.
    """
    return Tell(unit.unit, "unbook", {"pieces": pieces}, seat.person)


def given_back(context: Context, person: str, pieces: int, settings: GroupBuy) -> tuple[Count, ...]:
    """A person's counters after :func:`unbooked`; never more than was counted."""
    most = 1 if settings.one_open_group else UNBOUNDED
    return (
        Count(bought(person), -min(pieces, context.used(bought(person))), settings.limit_per_person),
        Count(seated(person), -min(1, context.used(seated(person))), most),
    )


def joined(first: Moves, then: Moves) -> Moves:
    """Both: what a seat does, and what that does to the group."""
    return replace(
        then,
        events=first.events + then.events,
        counts=first.counts + then.counts,
        claims=first.claims + then.claims,
        postings=first.postings + then.postings,
        tell=first.tell + then.tell,
    )
