"""Group-buy 拼团 (M36, M37, campaigns.md §2.2): seats held at order time, a group that the platform completes.

A seat is taken when the order is made, so a payment never finds its group full. The deadline is the group's. What is
paid too late opens a group of its own, or is refunded; money is never left over.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any

from qunflow.domain.decisions import Rejection
from qunflow.domain.events import OrderMade
from qunflow.domain.ids import short_code
from qunflow.domain.reasons import Reason
from qunflow.features.campaigns.mechanics import group_state, paying
from qunflow.features.campaigns.mechanics.group_state import (
    HELD,
    PAID,
    Group,
    GroupFailed,
    GroupFilled,
    GroupSucceeded,
    LeaderMoved,
    PaymentMoved,
    Seat,
    SeatFreed,
    SeatHeld,
    SeatPaid,
)
from qunflow.features.campaigns.mechanics.group_terms import GroupBuy, check, fills
from qunflow.features.campaigns.mechanics.mechanic import (
    LATE,
    Command,
    Context,
    Count,
    Frame,
    Guards,
    Mechanic,
    MoveRule,
    Moves,
    Tell,
    Unit,
)
from qunflow.features.campaigns.mechanics.settings import fen, name

STOCK = "stock"


@dataclass(frozen=True, slots=True)
class Adopted:
    """A payment that found no seat any more."""

    order: str = name("the order's id")
    fen: int = fen("what was paid", low=1)


def decide(unit: Unit, command: Command, context: Context) -> Moves | Rejection:
    """Open, join, pay, leave, refund; seats that lapse, the deadline."""
    rule = _MOVES.get(command.move)
    return rule(unit, command, context, context.frame.settings) if rule is not None else Moves()


def _open(unit: Unit, command: Command, context: Context, settings: GroupBuy) -> Moves | Rejection:
    price = settings.price_fen - settings.leader_discount_fen
    return _spent(command.actor.person, context, settings) or _hold(unit, command, settings, price)


def _join(unit: Unit, command: Command, context: Context, settings: GroupBuy) -> Moves | Rejection:
    group: Group = unit.play
    if unit.expires_at is not None and command.at >= unit.expires_at:
        return Rejection(Reason.EXPIRED)
    if not group.leader:
        return Rejection(Reason.WRONG_STATE, {"status": "unpaid"})
    if group.seat_of(command.actor.person) is not None:
        return Rejection(Reason.ALREADY_DONE)
    if settings.new_user_join_only and not command.actor.new_user:
        return Rejection(Reason.NOT_NEW_USER)
    if group.taken >= settings.size:
        return Rejection(Reason.UNIT_FULL)
    return _spent(command.actor.person, context, settings) or _hold(unit, command, settings, settings.price_fen)


def _spent(person: str, context: Context, settings: GroupBuy) -> Rejection | None:
    if context.used(STOCK) >= settings.stock_total:
        return Rejection(Reason.STOCK_OUT)
    if context.used(_bought(person)) >= settings.limit_per_person:
        return Rejection(Reason.QUOTA, {"most": settings.limit_per_person})
    return None


def _hold(unit: Unit, command: Command, settings: GroupBuy, price: int) -> Moves:
    """A seat and a piece are kept until the pay time is over; the group's deadline ends it too."""
    group: Group = unit.play
    person, order = command.actor.person, f"{unit.unit}-{len(group.seats)}"
    until = command.at + timedelta(minutes=settings.pay_ttl_min)
    until = min(until, unit.expires_at) if unit.expires_at is not None else until
    first = min([seat.until for seat in group.held] + [until])
    return Moves(
        (SeatHeld(order, person, price, until), OrderMade(order, unit.unit, person, price, until)),
        _booked(person, 1, settings),
        timers=(("sweep", first + LATE),),
        answer=order,
    )


def _pay(unit: Unit, command: Command, context: Context, settings: GroupBuy) -> Moves | Rejection:
    group: Group = unit.play
    order, paid = str(command.params["order"]), int(command.params["fen"])
    seat = group.seat(order)
    if context.taken(*paying.order_claim(command)):
        return Rejection(Reason.ALREADY_DONE)
    if seat is None:
        return Rejection(Reason.WRONG_STATE, {"order": order})
    in_time = unit.expires_at is None or command.at < unit.expires_at
    if seat.state != HELD or not in_time or group.status != "open" or unit.status == "closed" or paid != seat.fen:
        return _late(unit, command, seat, paid)
    events: list[Any] = [SeatPaid(order)]
    if not group.leader:
        events.append(LeaderMoved(seat.person))
    came = paying.paid_in(context.frame, unit.unit, order, paid)
    moves = Moves(tuple(events), claims=(paying.order_claim(command),), postings=(came,))
    if len(group.paid) + 1 < settings.size:
        return moves
    return _with(moves, _succeed(unit, (*group.paid, seat), (), 0, context, settings))


def _late(unit: Unit, command: Command, seat: Seat, paid: int) -> Moves:
    """Too late, or not the price: the money goes on in a group of its own, which may have to give it back."""
    into = short_code(hashlib.blake2b(f"late {seat.order}".encode(), digest_size=16).digest())
    told = Tell(into, "adopt", {"order": seat.order, "fen": paid}, seat.person)
    return Moves((PaymentMoved(seat.order, into),), claims=(paying.order_claim(command),), tell=(told,))


def _adopt(unit: Unit, command: Command, context: Context, settings: GroupBuy) -> Moves | Rejection:
    """A group for a payment that came too late; when the campaign is over or nothing is left, a refund."""
    order, paid, person = str(command.params["order"]), int(command.params["fen"]), command.actor.person
    came = paying.paid_in(context.frame, unit.unit, order, paid)
    running = context.status == "running" and command.at < context.frame.ends_at
    whole_price = paid in (settings.price_fen, settings.price_fen - settings.leader_discount_fen)
    if not running or not whole_price or _spent(person, context, settings) is not None:
        owed = paying.owe(unit.unit, order, person, paid, "late")
        return Moves((owed,), postings=(came,), close="refunded")
    events = (SeatHeld(order, person, paid, command.at), SeatPaid(order), LeaderMoved(person))
    return Moves(events, _booked(person, 1, settings), postings=(came,))


def _leave(unit: Unit, command: Command, context: Context, settings: GroupBuy) -> Moves | Rejection:
    group: Group = unit.play
    seat = group.seat_of(command.actor.person)
    if seat is None or group.status != "open":
        return Rejection(Reason.WRONG_STATE, {"status": group.status})
    return _out(unit, seat, context, settings, settings.refund_fee_fen)


def _refund(unit: Unit, command: Command, context: Context, settings: GroupBuy) -> Moves | Rejection:
    """The shop gives an order back: before the success the seat is free, after it nothing else changes."""
    group: Group = unit.play
    seat = group.seat(str(command.params["order"]))
    if seat is None or seat.state != PAID:
        return Rejection(Reason.WRONG_STATE, {"status": seat.state if seat is not None else ""})
    if group.status == "open":
        return _out(unit, seat, context, settings, 0)
    owed = paying.owe(unit.unit, seat.order, seat.person, seat.fen, "after_sale")
    back = paying.unearned(context.frame, unit.unit, seat.order, seat.fen)
    return Moves((SeatFreed(seat.order, "refunded"), owed), postings=(back,))


def _out(unit: Unit, seat: Seat, context: Context, settings: GroupBuy, fee: int) -> Moves:
    """A seat is given up before the success; the earliest who paid leads on, and without one the group is over."""
    group: Group = unit.play
    rest = tuple(other for other in group.paid if other.order != seat.order)
    events: list[Any] = [SeatFreed(seat.order, "left" if seat.state == PAID else "released")]
    postings = []
    if seat.state == PAID:
        kept = min(fee, seat.fen - 1)
        events.append(paying.owe(unit.unit, seat.order, seat.person, seat.fen - kept, "left"))
        postings.append(paying.earned(context.frame, unit.unit, seat.order, kept))
    if rest and group.leader == seat.person:
        events.append(LeaderMoved(rest[0].person))
    moves = Moves(tuple(events), _stock(-1, settings), postings=tuple(postings), tell=(_unbook(unit, seat),))
    if rest:
        return moves
    others = tuple(other for other in group.held if other.order != seat.order)
    return _with(moves, _fail(unit, (), others, "left", settings))


def _sweep(unit: Unit, command: Command, context: Context, settings: GroupBuy) -> Moves | Rejection:
    """Seats whose pay time is over are free."""
    group: Group = unit.play
    over = tuple(seat for seat in group.held if seat.until <= command.at)
    rest = [seat.until for seat in group.held if seat.until > command.at]
    freed = Moves(
        tuple(SeatFreed(seat.order, "released") for seat in over),
        _stock(-len(over), settings),
        tell=tuple(_unbook(unit, seat) for seat in over),
        timers=(("sweep", min(rest) + LATE),) if rest else (),
    )
    return freed if rest or group.paid or not over else _with(freed, _fail(unit, (), (), "unpaid", settings))


def _expire(unit: Unit, command: Command, context: Context, settings: GroupBuy) -> Moves | Rejection:
    """The deadline: the platform completes the group when that costs nothing, else everybody gets the money back."""
    group: Group = unit.play
    reason = str(command.params.get("reason", "expired"))
    if group.status != "open":
        return Moves(close=reason)
    if reason == "expired" and fills(group, settings):
        return _succeed(unit, group.paid, group.held, settings.size - len(group.paid), context, settings)
    return _fail(unit, group.paid, group.held, reason, settings)


def _succeed(
    unit: Unit,
    paid: tuple[Seat, ...],
    held: tuple[Seat, ...],
    platform: int,
    context: Context,
    settings: GroupBuy,
) -> Moves:
    """The money is the shop's; seats that were not paid are free."""
    events: list[Any] = [SeatFreed(seat.order, "released") for seat in held]
    if platform:
        events.append(GroupFilled(platform))
    return Moves(
        (*events, GroupSucceeded(len(paid), platform)),
        _stock(-len(held), settings),
        postings=tuple(paying.earned(context.frame, unit.unit, seat.order, seat.fen) for seat in paid),
        tell=tuple(_unbook(unit, seat) for seat in held),
        timers_off=("sweep",),
        close="success",
    )


def _fail(unit: Unit, paid: tuple[Seat, ...], held: tuple[Seat, ...], reason: str, settings: GroupBuy) -> Moves:
    """Every paid seat is refunded in full; every piece is free."""
    events: list[Any] = [SeatFreed(seat.order, "released") for seat in held]
    for seat in paid:
        events += [SeatFreed(seat.order, "failed"), paying.owe(unit.unit, seat.order, seat.person, seat.fen, reason)]
    return Moves(
        (*events, GroupFailed(reason)),
        _stock(-len(paid) - len(held), settings),
        tell=tuple(_unbook(unit, seat) for seat in (*held, *paid)),
        timers_off=("sweep",),
        close="failed" if reason == "expired" else reason,
    )


def _with(first: Moves, then: Moves) -> Moves:
    """Both: what a seat does, and what that does to the group."""
    return replace(
        then,
        events=first.events + then.events,
        counts=first.counts + then.counts,
        claims=first.claims + then.claims,
        postings=first.postings + then.postings,
        tell=first.tell + then.tell,
    )


def _bought(person: str) -> str:
    """How many pieces a person has, or is about to have."""
    return f"bought:{person}"


def _booked(person: str, count: int, settings: GroupBuy) -> tuple[Count, ...]:
    return (*_stock(count, settings), Count(_bought(person), count, settings.limit_per_person))


def _stock(count: int, settings: GroupBuy) -> tuple[Count, ...]:
    return (Count(STOCK, count, settings.stock_total),) if count else ()


def _unbook(unit: Unit, seat: Seat) -> Tell:
    """The buyer may buy again; a move of its own, since others' counters are not at hand here."""
    return Tell(unit.unit, "unbook", {}, seat.person)


def _unbooked(unit: Unit, command: Command, context: Context, settings: GroupBuy) -> Moves | Rejection:
    return Moves(counts=(Count(_bought(command.actor.person), -1, settings.limit_per_person),))


def _done(unit: Unit, command: Command, context: Context, settings: GroupBuy) -> Moves | Rejection:
    return paying.refund_done(unit.unit, unit.play.owed, command, context.frame)


_MOVES: Mapping[str, Any] = {
    "open": _open,
    "join": _join,
    "pay": _pay,
    "adopt": _adopt,
    "leave": _leave,
    "refund": _refund,
    "refund_done": _done,
    "unbook": _unbooked,
    "sweep": _sweep,
    "expire": _expire,
}


def guards(unit: Unit, command: Command, frame: Frame) -> Guards:
    """The stock, the actor's own purchases, an order's payment, and the accounts of money that moves."""
    mine = (_bought(command.actor.person),) if command.actor.person else ()
    claims = (paying.order_claim(command),) if command.move == "pay" else ()
    money = paying.accounts(frame, command.unit) if command.move not in ("open", "join") else ()
    return Guards((STOCK, *mine), claims, money)


def show(unit: Unit, settings: GroupBuy) -> Mapping[str, Any]:
    """The seats as everybody may see them: paid ones, held ones, and those of the platform by that name."""
    group: Group = unit.play
    seats = [{"kind": seat.state, "person": seat.person, "order": seat.order} for seat in (*group.paid, *group.held)]
    return {
        "status": group.status if unit.outcome in ("", "success") else unit.outcome,
        "price_fen": settings.price_fen,
        "solo_price_fen": settings.solo_price_fen,
        "size": settings.size,
        "missing": max(0, settings.size - len(group.paid) - group.platform),
        "leader": group.leader,
        "seats": [*seats, *[{"kind": "platform", "person": "", "order": ""}] * group.platform],
    }


def in_escrow(unit: Unit) -> int:
    """What was paid and is neither the shop's nor back."""
    group: Group = unit.play
    waits = sum(seat.fen for seat in group.paid) if group.status == "open" else 0
    return waits + sum(group.owed.values())


MODEL = Mechanic(
    name="group-buy",
    stock="stock_total",
    settings=GroupBuy,
    state=Group,
    initial=Group(),
    moves={
        "open": MoveRule(opens=True, pays=False),
        "join": MoveRule(pays=False, grace=True),
        "leave": MoveRule(pays=False, grace=True, in_group=False),
        "adopt": MoveRule(who="system", opens=True, owned=False, pays=False, anytime=True, closed=True, params=Adopted),
        "unbook": MoveRule(who="system", pays=False, anytime=True, closed=True),
        "sweep": MoveRule(who="system", pays=False),
        **paying.PAY_MOVES,
    },
    decide=decide,
    evolve=group_state.evolve,
    events=group_state.EVENTS,
    guards=guards,
    show=show,
    in_escrow=in_escrow,
    rules=("unit_ttl_hours", "grace_hours", "open_units"),
    check=check,
    freezes=False,
)
