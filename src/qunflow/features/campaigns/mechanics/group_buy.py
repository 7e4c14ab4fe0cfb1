"""Group-buy 拼团 (M36, M37, campaigns.md §2.2): seats held at order time, a group that the platform completes.

A seat is taken when the order is made, so a payment never finds its group full. The deadline is the group's. What is
paid too late opens a group of its own, or is refunded; money is never left over.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from qunflow.domain.decisions import Rejection
from qunflow.domain.ids import short_code
from qunflow.domain.reasons import Reason
from qunflow.features.campaigns.mechanics import group_state, paying
from qunflow.features.campaigns.mechanics.group_alone import ALONE, BOUGHT, decide_alone, is_alone
from qunflow.features.campaigns.mechanics.group_ending import expire, fail, fill, succeed
from qunflow.features.campaigns.mechanics.group_seats import (
    STOCK,
    booked,
    freed,
    given_back,
    held,
    joined,
    refused,
    seated,
    sized,
    stock,
    unbooked,
)
from qunflow.features.campaigns.mechanics.group_state import (
    HELD,
    PAID,
    Group,
    LeaderMoved,
    PaymentMoved,
    Seat,
    SeatFreed,
    SeatHeld,
    SeatPaid,
)
from qunflow.features.campaigns.mechanics.group_terms import AT_PAY, GroupBuy, check, price
from qunflow.features.campaigns.mechanics.lists import Lists, Passing
from qunflow.features.campaigns.mechanics.mechanic import (
    LATE,
    Actor,
    Command,
    Context,
    Frame,
    Guards,
    Mechanic,
    MoveRule,
    Moves,
    Tell,
    Unit,
)
from qunflow.features.campaigns.mechanics.paying import MOST_PIECES, Pieces, bought, pieces_of
from qunflow.features.campaigns.mechanics.settings import fen, name, whole

#: The list of groups that somebody who opens one may be put into.
LOBBY = "lobby"


@dataclass(frozen=True, slots=True)
class Adopted:
    """A payment that found no seat any more."""

    order: str = name("the order's id")
    fen: int = fen("what was paid", low=1)
    pieces: int = whole("how many pieces it was for", 1, MOST_PIECES, 1)


def decide(unit: Unit, command: Command, context: Context) -> Moves | Rejection:
    """Open, join, pay, leave, refund; seats that lapse, the deadline; and orders of people who buy alone."""
    if is_alone(unit) or command.move == ALONE:
        return decide_alone(unit, command, context)
    rule = _MOVES.get(command.move)
    return rule(unit, command, context, context.frame.settings) if rule is not None else Moves()


def _open(unit: Unit, command: Command, context: Context, settings: GroupBuy) -> Moves | Rejection:
    pieces = pieces_of(command)
    found = refused(command.actor.person, pieces, context, settings)
    return found or held(unit, command, settings, price(settings, pieces, True))


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
    pieces = pieces_of(command)
    found = refused(command.actor.person, pieces, context, settings)
    return found or held(unit, command, settings, price(settings, pieces, False))


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
        return _late(unit, command, seat, paid, settings)
    came = paying.paid_in(context.frame, unit.unit, order, paid)
    counts = stock(seat.pieces, settings) if settings.reserve_stock_at == AT_PAY else ()
    if counts and context.used(STOCK) + seat.pieces > settings.stock_total:
        gone = Moves(
            (SeatFreed(order, "stock"), paying.owe(unit.unit, order, seat.person, paid, "stock")),
            claims=(paying.order_claim(command),),
            postings=(came,),
            tell=(unbooked(unit, seat, seat.pieces),),
        )
        return gone if group.paid else joined(gone, fail(unit, (), _others(group, seat), "stock", settings))
    events: list[Any] = [SeatPaid(order)]
    if not group.leader:
        events.append(LeaderMoved(seat.person))
    moves = Moves(tuple(events), counts, claims=(paying.order_claim(command),), postings=(came,))
    if len(group.paid) + 1 < settings.size:
        return moves
    return joined(moves, succeed(unit, (*group.paid, seat), (), 0, context, settings))


def _others(group: Group, seat: Seat) -> tuple[Seat, ...]:
    return tuple(other for other in group.held if other.order != seat.order)


def _late(unit: Unit, command: Command, seat: Seat, paid: int, settings: GroupBuy) -> Moves:
    """Too late, or not the price: the money goes on in a group of its own, which may have to give it back.

    A seat that was still kept is over with its deadline. What it had counted for the buyer is given back first.
    """
    into = short_code(hashlib.blake2b(f"late {seat.order}".encode(), digest_size=16).digest())
    over = unit.expires_at is not None and command.at >= unit.expires_at
    lapsed = (seat,) if seat.state == HELD and over else ()
    params = {"order": seat.order, "fen": paid, "pieces": seat.pieces}
    told = Tell(unit.unit, "carry", {**params, "into": into, "lapsed": bool(lapsed)}, seat.person)
    return Moves(
        (*(SeatFreed(one.order, "released") for one in lapsed), PaymentMoved(seat.order, into)),
        freed(lapsed, settings),
        claims=(paying.order_claim(command),),
        tell=(told,),
    )


def _carry(unit: Unit, command: Command, context: Context, settings: GroupBuy) -> Moves | Rejection:
    """A late payment on its way: the buyer's counters first, then a group of its own."""
    params, person = command.params, command.actor.person
    counts = given_back(context, person, int(params["pieces"]), settings) if params["lapsed"] else ()
    adopted = {name: params[name] for name in ("order", "fen", "pieces")}
    return Moves(counts=counts, tell=(Tell(str(params["into"]), "adopt", adopted, person),))


def _adopt(unit: Unit, command: Command, context: Context, settings: GroupBuy) -> Moves | Rejection:
    """A group for a payment that came too late; when the campaign is over or nothing is left, a refund."""
    order, paid, person = str(command.params["order"]), int(command.params["fen"]), command.actor.person
    pieces = pieces_of(command)
    came = paying.paid_in(context.frame, unit.unit, order, paid)
    running = context.status == "running" and command.at < context.frame.ends_at
    whole_price = paid in (price(settings, pieces, False), price(settings, pieces, True))
    if not running or not whole_price or refused(person, pieces, context, settings) is not None:
        owed = paying.owe(unit.unit, order, person, paid, "late")
        return Moves((owed,), postings=(came,), close="refunded")
    events = (SeatHeld(order, person, paid, command.at), *sized(order, pieces), SeatPaid(order), LeaderMoved(person))
    return Moves(events, (*booked(person, pieces, settings), *stock(pieces, settings)), postings=(came,))


def _leave(unit: Unit, command: Command, context: Context, settings: GroupBuy) -> Moves | Rejection:
    group: Group = unit.play
    seat = group.seat_of(command.actor.person)
    if seat is None or group.status != "open":
        return Rejection(Reason.WRONG_STATE, {"status": group.status})
    return _out(unit, seat, context, settings, settings.refund_fee_fen * seat.pieces)


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
    told = (unbooked(unit, seat, seat.pieces),)
    moves = Moves(tuple(events), freed((seat,), settings), postings=tuple(postings), tell=told)
    return moves if rest else joined(moves, fail(unit, (), _others(group, seat), "left", settings))


def _not_alone(unit: Unit, command: Command, context: Context, settings: GroupBuy) -> Moves | Rejection:
    return Rejection(Reason.WRONG_STATE, {"status": unit.play.status})


def _sweep(unit: Unit, command: Command, context: Context, settings: GroupBuy) -> Moves | Rejection:
    """Seats whose pay time is over are free."""
    group: Group = unit.play
    over = tuple(seat for seat in group.held if seat.until <= command.at)
    rest = [seat.until for seat in group.held if seat.until > command.at]
    lapsed = Moves(
        tuple(SeatFreed(seat.order, "released") for seat in over),
        freed(over, settings),
        tell=tuple(unbooked(unit, seat, seat.pieces) for seat in over),
        timers=(("sweep", min(rest) + LATE),) if rest else (),
    )
    return lapsed if rest or group.paid or not over else joined(lapsed, fail(unit, (), (), "unpaid", settings))


def _unbooked(unit: Unit, command: Command, context: Context, settings: GroupBuy) -> Moves | Rejection:
    return Moves(counts=given_back(context, command.actor.person, pieces_of(command), settings))


def _done(unit: Unit, command: Command, context: Context, settings: GroupBuy) -> Moves | Rejection:
    return paying.refund_done(unit.unit, unit.play.owed, command, context.frame)


_MOVES: Mapping[str, Any] = {
    "open": _open,
    "join": _join,
    "pay": _pay,
    "carry": _carry,
    "adopt": _adopt,
    "leave": _leave,
    "refund": _refund,
    "release": _not_alone,
    "refund_done": _done,
    "unbook": _unbooked,
    "sweep": _sweep,
    "fill": fill,
    "expire": expire,
}


def guards(unit: Unit, command: Command, frame: Frame) -> Guards:
    """The stock, the actor's own purchases and seats, an order's payment, and the accounts of money that moves."""
    person = command.actor.person
    mine = (bought(person), seated(person)) if person else ()
    claims = (paying.order_claim(command),) if command.move == "pay" else ()
    money = paying.accounts(frame, command.unit) if command.move not in ("open", "join", ALONE) else ()
    return Guards((STOCK, *mine), claims, money)


def _listed(unit: Unit, settings: GroupBuy) -> str:
    """A group that somebody leads and that has a free seat stands in the lobby."""
    group: Group = unit.play
    waits = group.status == "open" and group.leader and group.fills_at is None and group.taken < settings.size
    return LOBBY if waits else ""


def _passes(move: str, actor: Actor, settings: GroupBuy) -> Passing | None:
    """Who opens a group is put into one of the lobby first, where the plan wants it and they may join one."""
    fits = settings.auto_match and (actor.new_user or not settings.new_user_join_only)
    return Passing(LOBBY, "join", spread=True) if move == "open" and fits else None


def show(unit: Unit, settings: GroupBuy) -> Mapping[str, Any]:
    """The seats as everybody may see them: paid ones, held ones, and those of the platform by that name."""
    group: Group = unit.play
    if group.alone is not None:
        status = group.alone.state if unit.outcome in ("", BOUGHT) else unit.outcome
        price_fen = group.alone.fen // group.alone.pieces
        shown = {"status": status, "price_fen": price_fen, "order_fen": group.alone.fen, "pieces": group.alone.pieces}
        return {**shown, "alone": True, "missing": 0}
    seats = [
        {"kind": seat.state, "person": seat.person, "order": seat.order, "pieces": seat.pieces, "matched": seat.matched}
        for seat in (*group.paid, *group.held)
    ]
    platform = {"kind": "platform", "person": "", "order": "", "pieces": 0, "matched": False}
    running = "filling" if group.fills_at is not None and group.status == "open" else group.status
    return {
        "status": running if unit.outcome in ("", "success") else unit.outcome,
        "alone": False,
        "price_fen": settings.price_fen,
        "solo_price_fen": settings.solo_price_fen,
        "size": settings.size,
        "missing": max(0, settings.size - len(group.paid) - group.platform),
        "leader": group.leader,
        "seats": [*seats, *[platform] * group.platform],
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
        "open": MoveRule(opens=True, pays=False, params=Pieces),
        ALONE: MoveRule(opens=True, pays=False, params=Pieces, apart=True),
        "release": MoveRule(who="owner", pays=False, grace=True, in_group=False),
        "join": MoveRule(pays=False, grace=True, params=Pieces),
        "leave": MoveRule(pays=False, grace=True, in_group=False),
        "adopt": MoveRule(who="system", opens=True, owned=False, pays=False, anytime=True, closed=True, params=Adopted),
        "carry": MoveRule(who="system", pays=False, anytime=True, closed=True),
        "unbook": MoveRule(who="system", pays=False, anytime=True, closed=True),
        "sweep": MoveRule(who="system", pays=False),
        "fill": MoveRule(who="system", pays=False),
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
    lists=Lists(lambda settings: {LOBBY: False} if settings.auto_match else {}, _listed, _passes),
)
