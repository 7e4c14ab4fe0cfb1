"""Buying the goods of a group-buy 拼团 alone, at ``solo_price_fen`` (campaigns.md §2.2). Pure.

An order like the others, of the same pieces and within the same bound for each person. It is a unit of its own: no
group, no seat, and nobody completes it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import timedelta
from typing import Any

from qunflow.domain.decisions import Rejection
from qunflow.domain.events import OrderMade
from qunflow.domain.reasons import Reason
from qunflow.features.campaigns.mechanics import paying
from qunflow.features.campaigns.mechanics.group_alone_state import Alone, AloneOrdered, AloneOver, AlonePaid
from qunflow.features.campaigns.mechanics.group_seats import STOCK, above, stock
from qunflow.features.campaigns.mechanics.group_state import HELD, PAID
from qunflow.features.campaigns.mechanics.group_terms import AT_HOLD, AT_PAY, GroupBuy
from qunflow.features.campaigns.mechanics.mechanic import Command, Context, Count, Moves, Tell, Unit
from qunflow.features.campaigns.mechanics.paying import bought, pieces_of

#: The move that begins such a unit, and how one ends that was paid.
ALONE, BOUGHT = "alone", "bought"


def is_alone(unit: Unit) -> bool:
    """Whether a unit is somebody's order of their own: it is nobody else's business."""
    return getattr(unit.play, "alone", None) is not None


def decide_alone(unit: Unit, command: Command, context: Context) -> Moves | Rejection:
    """Order, pay, give up, refund; the end of its pay time."""
    rule = _MOVES.get(command.move)
    if rule is None:
        return Rejection(Reason.WRONG_STATE, {"status": ALONE})
    return rule(unit, command, context, context.frame.settings)


def _order(unit: Unit, command: Command, context: Context, settings: GroupBuy) -> Moves | Rejection:
    if not settings.solo_price_fen:
        return Rejection(Reason.MOVE_UNKNOWN, {"move": ALONE})
    person, pieces = command.actor.person, pieces_of(command)
    refused = above(person, pieces, context, settings)
    if refused is not None:
        return refused
    order, fen = f"{unit.unit}-0", settings.solo_price_fen * pieces
    until = command.at + timedelta(minutes=settings.pay_ttl_min)
    until = min(until, unit.expires_at) if unit.expires_at is not None else until
    return Moves(
        (AloneOrdered(order, person, fen, pieces, until), OrderMade(order, unit.unit, person, fen, until)),
        (
            Count(bought(person), pieces, settings.limit_per_person),
            *(stock(pieces, settings) if settings.reserve_stock_at == AT_HOLD else ()),
        ),
        expires_at=until,
    )


def _pay(unit: Unit, command: Command, context: Context, settings: GroupBuy) -> Moves | Rejection:
    """Paid in time it is the buyer's; what comes later, or is another sum, goes back."""
    alone, claim = _of(unit), paying.order_claim(command)
    order, paid = str(command.params["order"]), int(command.params["fen"])
    if context.taken(*claim):
        return Rejection(Reason.ALREADY_DONE)
    if order != alone.order:
        return Rejection(Reason.WRONG_STATE, {"order": order})
    came = paying.paid_in(context.frame, unit.unit, order, paid)
    over = unit.status == "closed" or alone.state != HELD or command.at >= alone.until
    if over or paid != alone.fen:
        owed = paying.owe(unit.unit, order, alone.person, paid, "late")
        return Moves((owed,), claims=(claim,), postings=(came,))
    counts = stock(alone.pieces, settings) if settings.reserve_stock_at == AT_PAY else ()
    if counts and context.used(STOCK) + alone.pieces > settings.stock_total:
        owed = paying.owe(unit.unit, order, alone.person, paid, "stock")
        gone = (AloneOver(order, "stock"), owed)
        return Moves(gone, claims=(claim,), postings=(came,), tell=(_unbooked(unit),), close="stock")
    earned = paying.earned(context.frame, unit.unit, order, paid)
    return Moves((AlonePaid(order),), counts, claims=(claim,), postings=(came, earned), close=BOUGHT)


def _release(unit: Unit, command: Command, context: Context, settings: GroupBuy) -> Moves | Rejection:
    if _of(unit).state != HELD:
        return Rejection(Reason.WRONG_STATE, {"status": _of(unit).state})
    return _ended(unit, settings, "cancelled")


def _refund(unit: Unit, command: Command, context: Context, settings: GroupBuy) -> Moves | Rejection:
    """The shop gives a paid order back; its pieces and the buyer's quota stay used."""
    alone = _of(unit)
    if alone.state != PAID or command.params["order"] != alone.order:
        return Rejection(Reason.WRONG_STATE, {"status": alone.state})
    owed = paying.owe(unit.unit, alone.order, alone.person, alone.fen, "after_sale")
    back = paying.unearned(context.frame, unit.unit, alone.order, alone.fen)
    return Moves((AloneOver(alone.order, "refunded"), owed), postings=(back,))


def _expire(unit: Unit, command: Command, context: Context, settings: GroupBuy) -> Moves | Rejection:
    reason = str(command.params.get("reason", "expired"))
    return _ended(unit, settings, "unpaid" if reason == "expired" else reason)


def _ended(unit: Unit, settings: GroupBuy, outcome: str) -> Moves:
    """An order that nobody paid: its pieces are free, and its buyer may have as many again."""
    alone = _of(unit)
    kept = alone.pieces if settings.reserve_stock_at == AT_HOLD else 0
    return Moves((AloneOver(alone.order, "released"),), stock(-kept, settings), tell=(_unbooked(unit),), close=outcome)


def _unbooked(unit: Unit) -> Tell:
    """A move of its own, since the buyer's counter is not at hand when the clock or the shop moves."""
    return Tell(unit.unit, "unbook", {"pieces": _of(unit).pieces}, _of(unit).person)


def _unbook(unit: Unit, command: Command, context: Context, settings: GroupBuy) -> Moves | Rejection:
    mine = bought(command.actor.person)
    back = min(pieces_of(command), context.used(mine))
    return Moves(counts=(Count(mine, -back, settings.limit_per_person),))


def _done(unit: Unit, command: Command, context: Context, settings: GroupBuy) -> Moves | Rejection:
    return paying.refund_done(unit.unit, unit.play.owed, command, context.frame)


def _of(unit: Unit) -> Alone:
    found: Alone = unit.play.alone
    return found


_MOVES: Mapping[str, Callable[[Unit, Command, Context, Any], Moves | Rejection]] = {
    ALONE: _order,
    "pay": _pay,
    "release": _release,
    "refund": _refund,
    "refund_done": _done,
    "unbook": _unbook,
    "expire": _expire,
}
