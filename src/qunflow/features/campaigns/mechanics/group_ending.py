"""How a group of a group-buy 拼团 ends: full, completed by the platform, or refunded (M37, campaigns.md §2.2). Pure."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from qunflow.domain.decisions import Rejection
from qunflow.features.campaigns.mechanics import paying
from qunflow.features.campaigns.mechanics.group_seats import freed, unbooked
from qunflow.features.campaigns.mechanics.group_state import (
    Group,
    GroupFailed,
    GroupFilled,
    GroupSucceeded,
    GroupWaits,
    Seat,
    SeatFreed,
)
from qunflow.features.campaigns.mechanics.group_terms import GroupBuy, fills
from qunflow.features.campaigns.mechanics.mechanic import LATE, Command, Context, Moves, Unit

CLOCKS = ("sweep", "fill")


def expire(unit: Unit, command: Command, context: Context, settings: GroupBuy) -> Moves | Rejection:
    """The deadline: the platform completes the group when that costs nothing, else everybody gets the money back."""
    group: Group = unit.play
    reason = str(command.params.get("reason", "expired"))
    if group.status != "open":
        return Moves(close=reason)
    if reason != "expired":
        return fail(unit, group.paid, group.held, reason, settings)
    if group.fills_at is not None:
        return Moves()
    if not fills(group, settings):
        return fail(unit, group.paid, group.held, reason, settings)
    return _wait(unit, command, settings) if settings.fill_delay_min else _completed(unit, context, settings)


def _wait(unit: Unit, command: Command, settings: GroupBuy) -> Moves:
    """Nobody can join any more and seats that were not paid are free; the platform completes the group later."""
    group: Group = unit.play
    at = (unit.expires_at or command.at) + timedelta(minutes=settings.fill_delay_min)
    return Moves(
        (*(SeatFreed(seat.order, "released") for seat in group.held), GroupWaits(at)),
        freed(group.held, settings),
        tell=tuple(unbooked(unit, seat, seat.pieces) for seat in group.held),
        timers=(("fill", at + LATE),),
        timers_off=("sweep",),
    )


def fill(unit: Unit, command: Command, context: Context, settings: GroupBuy) -> Moves | Rejection:
    """The wait after the deadline is over. Who left meanwhile may have made it a loss: then all is refunded."""
    group: Group = unit.play
    if group.status != "open" or group.fills_at is None or command.at < group.fills_at:
        return Moves()
    if not fills(group, settings):
        return fail(unit, group.paid, (), "expired", settings)
    return _completed(unit, context, settings)


def _completed(unit: Unit, context: Context, settings: GroupBuy) -> Moves:
    group: Group = unit.play
    return succeed(unit, group.paid, group.held, settings.size - len(group.paid), context, settings)


def succeed(
    unit: Unit,
    paid: tuple[Seat, ...],
    held: tuple[Seat, ...],
    platform: int,
    context: Context,
    settings: GroupBuy,
) -> Moves:
    """The money is the shop's; seats that were not paid are free, and everybody may have a seat elsewhere."""
    events: list[Any] = [SeatFreed(seat.order, "released") for seat in held]
    if platform:
        events.append(GroupFilled(platform))
    return Moves(
        (*events, GroupSucceeded(len(paid), platform)),
        freed(held, settings),
        postings=tuple(paying.earned(context.frame, unit.unit, seat.order, seat.fen) for seat in paid),
        tell=(*(unbooked(unit, seat, seat.pieces) for seat in held), *(unbooked(unit, seat, 0) for seat in paid)),
        timers_off=CLOCKS,
        close="success",
    )


def fail(unit: Unit, paid: tuple[Seat, ...], held: tuple[Seat, ...], reason: str, settings: GroupBuy) -> Moves:
    """Every paid seat is refunded in full; every piece is free."""
    events: list[Any] = [SeatFreed(seat.order, "released") for seat in held]
    for seat in paid:
        events += [SeatFreed(seat.order, "failed"), paying.owe(unit.unit, seat.order, seat.person, seat.fen, reason)]
    return Moves(
        (*events, GroupFailed(reason)),
        freed((*held, *paid), settings),
        tell=tuple(unbooked(unit, seat, seat.pieces) for seat in (*held, *paid)),
        timers_off=CLOCKS,
        close="failed" if reason == "expired" else reason,
    )
