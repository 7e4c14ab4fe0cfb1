"""Flash sale 一元秒杀 and free claim 免费领 (M34, M35, campaigns.md §2.1): friends give the right, stock is scarce.

A free claim is a flash sale at the price of 0. The right is earned by confirmed friends; a piece is set aside with the
order, sold with its payment, and free again when nobody pays.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import timedelta
from typing import Any

from qunflow.domain.decisions import Rejection
from qunflow.domain.events import OrderMade
from qunflow.domain.reasons import Reason
from qunflow.features.campaigns.mechanics import flash_state, paying
from qunflow.features.campaigns.mechanics.flash_state import (
    Fulfilled,
    Qualified,
    Reserved,
    Sale,
    SaleOpened,
    SaleRefunded,
    Sold,
)
from qunflow.features.campaigns.mechanics.flash_stock import (
    LINE,
    LISTS,
    STOCK,
    above_limit,
    buys,
    dropped,
    free,
    let_go,
    offer,
    out_of_line,
    pass_on,
    stock,
    stop_waiting,
    sweep,
    wait,
    waiter_claim,
)
from qunflow.features.campaigns.mechanics.flash_terms import FlashSale, check, cost, last_order, on_sale
from qunflow.features.campaigns.mechanics.lists import Passing
from qunflow.features.campaigns.mechanics.mechanic import (
    CONFIRMED,
    LATE,
    Command,
    Context,
    Frame,
    Guards,
    Mechanic,
    MoveRule,
    Moves,
    Unit,
)
from qunflow.features.campaigns.mechanics.paying import OrderSized, Pieces, bought, pieces_of


def decide(unit: Unit, command: Command, context: Context) -> Moves | Rejection:
    """Open, help, reserve, pay, refund; orders that lapse, the line of those who wait, the deadline."""
    rule = _MOVES.get(command.move)
    return rule(unit, command, context, context.frame.settings) if rule is not None else Moves()


def _open(unit: Unit, command: Command, context: Context, settings: FlashSale) -> Moves | Rejection:
    if settings.friends:
        deadline = settings.qualify_by
        if deadline is not None and command.at >= deadline:
            return Rejection(Reason.EXPIRED)
        sooner = deadline is not None and (unit.expires_at is None or deadline < unit.expires_at)
        return Moves((SaleOpened(),), expires_at=deadline if sooner else None)
    if settings.right_holds_stock and not settings.waitlist and not free(unit, context, settings, 1):
        return Rejection(Reason.STOCK_OUT)
    qualified = _qualified(unit, context, settings)
    return replace(qualified, events=(SaleOpened(), *qualified.events))


def _help(unit: Unit, command: Command, context: Context, settings: FlashSale) -> Moves | Rejection:
    """More friends than needed are asked for only while one of them is missing."""
    if unit.play.status != "collecting" or unit.friends > settings.friends:
        return Rejection(Reason.UNIT_FULL)
    return Moves(answer=settings.friends - unit.friends)


def _confirm(unit: Unit, command: Command, context: Context, settings: FlashSale) -> Moves | Rejection:
    if unit.play.status != "collecting" or confirmed(unit) < settings.friends:
        return Moves()
    if settings.right_holds_stock and not settings.waitlist and not free(unit, context, settings, 1):
        return Moves(close="sold_out")
    return _qualified(unit, context, settings)


def _qualified(unit: Unit, context: Context, settings: FlashSale) -> Moves:
    """The right to buy, until the campaign's open units must end; it may hold a piece, while there is one."""
    holds = settings.right_holds_stock and free(unit, context, settings, 1)
    counts = stock(1, settings) if holds else ()
    return Moves((Qualified(True, holds),), counts, expires_at=last_order(context.frame))


def _revoke(unit: Unit, command: Command, context: Context, settings: FlashSale) -> Moves | Rejection:
    """A friend left: too few in time ends it; a right that is not used yet is lost again."""
    sale: Sale = unit.play
    if sale.status == "qualified" and confirmed(unit) < settings.friends:
        return replace(dropped(unit, context, settings), events=(Qualified(False, False),))
    late = unit.expires_at is not None and command.at >= unit.expires_at
    if sale.status == "collecting" and late and unit.friends < settings.friends:
        return Moves(close="expired")
    return Moves()


def _reserve(unit: Unit, command: Command, context: Context, settings: FlashSale) -> Moves | Rejection:
    """An order, and with it its pieces. Everything else is checked before the stock is touched."""
    sale: Sale = unit.play
    pieces = pieces_of(command)
    refused = _may_order(unit, command, context, settings, pieces)
    if refused is not None:
        return refused
    more = pieces - sale.set_aside
    if more > 0 and not free(unit, context, settings, more):
        return Rejection(Reason.STOCK_OUT, {"waitlist": settings.waitlist})
    order, price = f"{unit.unit}-{sale.orders}", cost(settings, pieces)
    until = command.at + timedelta(minutes=settings.pay_ttl_min)
    events = (Reserved(order, until), *((OrderSized(order, pieces),) if pieces > 1 else ()))
    made = Moves(
        events,
        (*stock(more, settings), *buys(unit, pieces, settings)),
        releases=out_of_line(unit),
        answer=order,
    )
    if not price:
        return replace(made, events=(*events, Sold(order, 0)), timers_off=("sweep",), close="sold", won=True)
    offered = OrderMade(order, unit.unit, unit.owner, price, until)
    return replace(made, events=(*events, offered), timers=(("sweep", until + LATE),))


def _may_order(unit: Unit, command: Command, context: Context, settings: FlashSale, pieces: int) -> Rejection | None:
    sale: Sale = unit.play
    if sale.status != "qualified":
        return Rejection(Reason.WRONG_STATE, {"status": sale.status, "missing": missing(unit, settings)})
    if unit.expires_at is not None and command.at >= unit.expires_at:
        return Rejection(Reason.EXPIRED)
    if pieces > settings.limit_per_order:
        return Rejection(Reason.QUOTA, {"most": settings.limit_per_order})
    if sale.line == "offered":
        late = sale.until is not None and command.at >= sale.until
        return Rejection(Reason.EXPIRED) if late else above_limit(unit, context, settings, pieces)
    if not on_sale(settings, command.at, context.frame.tz):
        return Rejection(Reason.NOT_ON_SALE)
    return above_limit(unit, context, settings, pieces)


def _pay(unit: Unit, command: Command, context: Context, settings: FlashSale) -> Moves | Rejection:
    """The order is sold. A payment after it lapsed still gets its pieces while there are some; else it is refunded."""
    sale: Sale = unit.play
    order, paid = str(command.params["order"]), int(command.params["fen"])
    claim = paying.order_claim(command)
    if context.taken(*claim):
        return Rejection(Reason.ALREADY_DONE)
    if order not in {f"{unit.unit}-{number}" for number in range(sale.orders)}:
        return Rejection(Reason.WRONG_STATE, {"order": order})
    came = paying.paid_in(context.frame, unit.unit, order, paid)
    pieces = sale.sizes.get(order, 1)
    more = pieces - sale.set_aside
    unbooked = pieces - (sale.pieces if sale.status == "reserved" else 0)
    runs = "closed" not in (unit.status, context.status)
    waits = runs and sale.status in ("reserved", "qualified") and paid == cost(settings, pieces)
    over = above_limit(unit, context, settings, unbooked) is not None
    if not waits or over or (more > 0 and not free(unit, context, settings, more)):
        owed = paying.owe(unit.unit, order, unit.owner, paid, "late")
        return Moves((owed,), claims=(claim,), postings=(came,))
    return Moves(
        (Sold(order, paid),),
        (*stock(more, settings), *buys(unit, unbooked, settings)),
        claims=(claim,),
        releases=out_of_line(unit),
        postings=(came, paying.earned(context.frame, unit.unit, order, paid)),
        timers_off=("sweep",),
        close="sold",
        won=True,
    )


def _release(unit: Unit, command: Command, context: Context, settings: FlashSale) -> Moves | Rejection:
    """The owner gives the order up; a payment that comes all the same is a late one."""
    if unit.play.status != "reserved":
        return Rejection(Reason.WRONG_STATE, {"status": unit.play.status})
    return let_go(unit, command, context, settings)


def _fulfil(unit: Unit, command: Command, context: Context, settings: FlashSale) -> Moves | Rejection:
    if unit.play.status != "sold":
        return Rejection(Reason.WRONG_STATE, {"status": unit.play.status})
    return Moves((Fulfilled(),))


def _refund(unit: Unit, command: Command, context: Context, settings: FlashSale) -> Moves | Rejection:
    """The shop gives a sold order back; the right and the quota stay used, and so do its pieces."""
    sale: Sale = unit.play
    if sale.status not in ("sold", "fulfilled") or command.params["order"] != sale.order:
        return Rejection(Reason.WRONG_STATE, {"status": sale.status})
    refunded, price = SaleRefunded(sale.order), cost(settings, sale.pieces)
    if not price:
        return Moves((refunded,))
    owed = paying.owe(unit.unit, sale.order, unit.owner, price, "after_sale")
    return Moves((refunded, owed), postings=(paying.unearned(context.frame, unit.unit, sale.order, price),))


def _expire(unit: Unit, command: Command, context: Context, settings: FlashSale) -> Moves | Rejection:
    """Friends whose hold is running are waited for, and so is an order that can still be paid."""
    sale: Sale = unit.play
    reason = str(command.params.get("reason", "expired"))
    if reason == "expired" and (
        sale.status == "reserved" or (sale.status == "collecting" and unit.friends >= settings.friends)
    ):
        return Moves()
    return replace(dropped(unit, context, settings), close=reason)


def _done(unit: Unit, command: Command, context: Context, settings: FlashSale) -> Moves | Rejection:
    return paying.refund_done(unit.unit, unit.play.owed, command, context.frame)


def confirmed(unit: Unit) -> int:
    """Friends who stayed through the hold."""
    return sum(help.state == CONFIRMED for help in unit.helps.values())


def missing(unit: Unit, settings: FlashSale) -> int:
    """Friends that are still to be confirmed."""
    return max(0, settings.friends - confirmed(unit)) if unit.play.status == "collecting" else 0


_MOVES: Mapping[str, Any] = {
    "open": _open,
    "help": _help,
    "return": _help,
    "confirm": _confirm,
    "revoke": _revoke,
    "reserve": _reserve,
    "release": _release,
    "wait": wait,
    "stop_waiting": stop_waiting,
    "pass_on": pass_on,
    "offer": offer,
    "pay": _pay,
    "sweep": sweep,
    "fulfil": _fulfil,
    "refund": _refund,
    "refund_done": _done,
    "expire": _expire,
}


def guards(unit: Unit, command: Command, frame: Frame) -> Guards:
    """The stock, the owner's purchases and place in the line, and for payments the order and the accounts."""
    if command.move in ("help", "return"):
        return Guards()
    settings: FlashSale = frame.settings
    owner = unit.owner or command.actor.person
    counters = (STOCK, bought(owner), *((LINE,) if settings.waitlist else ()))
    claims = (paying.order_claim(command),) if command.move == "pay" else ()
    waits = (waiter_claim(owner),) if settings.waitlist else ()
    money = paying.accounts(frame, command.unit) if command.move in paying.PAY_MOVES else ()
    return Guards(counters, (*claims, *waits), money)


def show(unit: Unit, settings: FlashSale) -> Mapping[str, Any]:
    """The price, how many friends are confirmed and missing, the order that is to be paid, the place in the line."""
    sale: Sale = unit.play
    status = sale.line if sale.status == "qualified" and sale.line else sale.status
    return {
        "status": status if unit.outcome in ("", "sold") else unit.outcome,
        "price_fen": settings.price_fen,
        "shipping_fen": settings.shipping_fen,
        "helped": unit.friends,
        "confirmed": confirmed(unit),
        "missing": missing(unit, settings),
        "order": sale.order if sale.status == "reserved" else "",
        "order_fen": cost(settings, sale.pieces),
        "pieces": sale.pieces,
    }


MODEL = Mechanic(
    name="flash-sale",
    stock="stock_total",
    settings=FlashSale,
    state=Sale,
    initial=Sale(),
    moves={
        "open": MoveRule(opens=True, pays=False),
        "help": MoveRule(who="other", helps="listed", grace=True, pays=False),
        "reserve": MoveRule(who="owner", grace=True, pays=False, params=Pieces),
        "release": MoveRule(who="owner", grace=True, pays=False, in_group=False),
        "wait": MoveRule(who="owner", grace=True, pays=False),
        "stop_waiting": MoveRule(who="owner", grace=True, pays=False, in_group=False),
        "pass_on": MoveRule(who="system", pays=False, anytime=True, closed=True),
        "offer": MoveRule(who="system", pays=False, anytime=True),
        "sweep": MoveRule(who="system", pays=False),
        "fulfil": MoveRule(who="staff", pays=False, anytime=True, closed=True),
        **paying.PAY_MOVES,
    },
    decide=decide,
    evolve=flash_state.evolve,
    events=flash_state.EVENTS,
    guards=guards,
    show=show,
    in_escrow=lambda unit: sum(unit.play.owed.values()),
    rules=("unit_ttl_hours", "grace_hours", "open_units", "wins_per_person", "helps_per_helper", "helps_per_day"),
    check=check,
    lists=LISTS,
    restocked=Passing(LINE, "pass_on"),
)
