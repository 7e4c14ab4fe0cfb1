"""Flash sale 一元秒杀 and free claim 免费领 (M34, M35, campaigns.md §2.1): friends give the right, stock is scarce.

A free claim is a flash sale at the price of 0. The right is earned by confirmed friends; a piece is set aside with the
order, sold with its payment, and free again when nobody pays.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from qunflow.domain.decisions import Rejection
from qunflow.domain.errors import InvalidInput
from qunflow.domain.events import OrderMade
from qunflow.domain.reasons import Reason
from qunflow.features.campaigns.mechanics import flash_state, paying
from qunflow.features.campaigns.mechanics.flash_state import (
    Qualified,
    Released,
    Reserved,
    Sale,
    SaleOpened,
    SaleRefunded,
    Sold,
)
from qunflow.features.campaigns.mechanics.mechanic import (
    CONFIRMED,
    LATE,
    Command,
    Context,
    Count,
    Frame,
    Guards,
    Mechanic,
    MoveRule,
    Moves,
    Unit,
)
from qunflow.features.campaigns.mechanics.settings import clock, fen, flag, name, rows, whole

STOCK = "stock"


@dataclass(frozen=True, slots=True)
class Session:
    """A time of each day at which one may buy."""

    start: int = clock("when it begins, in the campaign's zone")
    end: int = clock("when it ends; on the same day")


@dataclass(frozen=True, slots=True)
class FlashSale:
    """What is sold at what price, and how many friends give the right to buy."""

    item: str = name("the code of the goods in your shop")
    price_fen: int = fen("the price; 0 gives it away")
    stock_total: int = whole("how many are there in all", 1, 1_000_000)
    friends: int = whole("how many confirmed friends give the right to buy; 0 gives it to everybody", 0, 200, 3)
    sessions: tuple[Session, ...] = rows("the times of day for buying; none: all day", Session, 6, ())
    pay_ttl_min: int = whole("minutes to pay", 5, 120, 15)
    shipping_fen: int = fen("what sending costs the buyer", 0)
    right_holds_stock: bool = flag("whether a piece is set aside with the right, not only with the order", False)


def decide(unit: Unit, command: Command, context: Context) -> Moves | Rejection:
    """Open, help, reserve, pay, refund; orders that lapse, the deadline."""
    rule = _MOVES.get(command.move)
    return rule(unit, command, context, context.frame.settings) if rule is not None else Moves()


def _open(unit: Unit, command: Command, context: Context, settings: FlashSale) -> Moves | Rejection:
    if settings.friends:
        return Moves((SaleOpened(),))
    if settings.right_holds_stock and _gone(context, settings):
        return Rejection(Reason.STOCK_OUT)
    qualified = _qualified(context, settings)
    return replace(qualified, events=(SaleOpened(), *qualified.events))


def _help(unit: Unit, command: Command, context: Context, settings: FlashSale) -> Moves | Rejection:
    """More friends than needed are asked for only while one of them is missing."""
    if unit.play.status != "collecting" or unit.friends > settings.friends:
        return Rejection(Reason.UNIT_FULL)
    return Moves(answer=settings.friends - unit.friends)


def _confirm(unit: Unit, command: Command, context: Context, settings: FlashSale) -> Moves | Rejection:
    if unit.play.status != "collecting" or confirmed(unit) < settings.friends:
        return Moves()
    if settings.right_holds_stock and _gone(context, settings):
        return Moves(close="sold_out")
    return _qualified(context, settings)


def _qualified(context: Context, settings: FlashSale) -> Moves:
    """The right to buy, until the campaign's open units must end."""
    last = context.frame.ends_at + timedelta(hours=context.frame.rules.grace_hours)
    counts = _stock(1, settings) if settings.right_holds_stock else ()
    return Moves((Qualified(True, settings.right_holds_stock),), counts, expires_at=last)


def _revoke(unit: Unit, command: Command, context: Context, settings: FlashSale) -> Moves | Rejection:
    """A friend left: too few in time ends it; a right that is not used yet is lost again."""
    sale: Sale = unit.play
    if sale.status == "qualified" and confirmed(unit) < settings.friends:
        return Moves((Qualified(False, False),), _stock(-1, settings) if sale.held else ())
    late = unit.expires_at is not None and command.at >= unit.expires_at
    if sale.status == "collecting" and late and unit.friends < settings.friends:
        return Moves(close="expired")
    return Moves()


def _reserve(unit: Unit, command: Command, context: Context, settings: FlashSale) -> Moves | Rejection:
    """An order, and with it a piece. Everything else is checked before the stock is touched."""
    sale: Sale = unit.play
    if sale.status != "qualified":
        return Rejection(Reason.WRONG_STATE, {"status": sale.status, "missing": missing(unit, settings)})
    if unit.expires_at is not None and command.at >= unit.expires_at:
        return Rejection(Reason.EXPIRED)
    if not on_sale(settings, command.at, context.frame.tz):
        return Rejection(Reason.NOT_ON_SALE)
    if not sale.held and _gone(context, settings):
        return Rejection(Reason.STOCK_OUT)
    order, price = f"{unit.unit}-{sale.orders}", cost(settings)
    until = command.at + timedelta(minutes=settings.pay_ttl_min)
    counts = () if sale.held else _stock(1, settings)
    if not price:
        return Moves((Reserved(order, until), Sold(order, 0)), counts, close="sold", won=True, answer=order)
    made = OrderMade(order, unit.unit, unit.owner, price, until)
    return Moves((Reserved(order, until), made), counts, timers=(("sweep", until + LATE),), answer=order)


def _pay(unit: Unit, command: Command, context: Context, settings: FlashSale) -> Moves | Rejection:
    """The piece is sold. A payment after its order lapsed still gets one while there is one; else it is refunded."""
    sale: Sale = unit.play
    order, paid = str(command.params["order"]), int(command.params["fen"])
    claim = paying.order_claim(command)
    if context.taken(*claim):
        return Rejection(Reason.ALREADY_DONE)
    if order not in {f"{unit.unit}-{number}" for number in range(sale.orders)}:
        return Rejection(Reason.WRONG_STATE, {"order": order})
    came = paying.paid_in(context.frame, unit.unit, order, paid)
    runs = "closed" not in (unit.status, context.status)
    waits = runs and sale.status in ("reserved", "qualified") and paid == cost(settings)
    if not waits or (not sale.held and _gone(context, settings)):
        owed = paying.owe(unit.unit, order, unit.owner, paid, "late")
        return Moves((owed,), claims=(claim,), postings=(came,))
    kept = paying.earned(context.frame, unit.unit, order, paid)
    counts = () if sale.held else _stock(1, settings)
    sold = Moves((Sold(order, paid),), counts, claims=(claim,), postings=(came, kept), timers_off=("sweep",))
    return replace(sold, close="sold", won=True)


def _sweep(unit: Unit, command: Command, context: Context, settings: FlashSale) -> Moves | Rejection:
    """Nobody paid: the right stays, the piece is free unless the right holds it."""
    sale: Sale = unit.play
    if sale.status != "reserved" or sale.until is None or sale.until > command.at:
        return Moves()
    over = unit.expires_at is not None and command.at >= unit.expires_at
    keeps = settings.right_holds_stock and not over
    counts = () if keeps else _stock(-1, settings)
    return Moves((Released(sale.order, keeps),), counts, close="expired" if over else "")


def _refund(unit: Unit, command: Command, context: Context, settings: FlashSale) -> Moves | Rejection:
    """The shop gives a sold order back; the right and the quota stay used."""
    sale: Sale = unit.play
    if sale.status != "sold" or command.params["order"] != sale.order:
        return Rejection(Reason.WRONG_STATE, {"status": sale.status})
    refunded, price = SaleRefunded(sale.order), cost(settings)
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
    return Moves(counts=_stock(-1, settings) if sale.held else (), timers_off=("sweep",), close=reason)


def _done(unit: Unit, command: Command, context: Context, settings: FlashSale) -> Moves | Rejection:
    return paying.refund_done(unit.unit, unit.play.owed, command, context.frame)


def confirmed(unit: Unit) -> int:
    """Friends who stayed through the hold."""
    return sum(help.state == CONFIRMED for help in unit.helps.values())


def missing(unit: Unit, settings: FlashSale) -> int:
    """Friends that are still to be confirmed."""
    return max(0, settings.friends - confirmed(unit)) if unit.play.status == "collecting" else 0


def cost(settings: FlashSale) -> int:
    """What the buyer pays in all."""
    return settings.price_fen + settings.shipping_fen


def on_sale(settings: FlashSale, at: datetime, tz: str) -> bool:
    """Whether a session runs at ``at``; each includes its first minute and not its last."""
    local = at.astimezone(ZoneInfo(tz))
    minute = local.hour * 60 + local.minute
    return not settings.sessions or any(item.start <= minute < item.end for item in settings.sessions)


def _gone(context: Context, settings: FlashSale) -> bool:
    return context.used(STOCK) >= settings.stock_total


def _stock(count: int, settings: FlashSale) -> tuple[Count, ...]:
    return (Count(STOCK, count, settings.stock_total),)


_MOVES: Mapping[str, Any] = {
    "open": _open,
    "help": _help,
    "return": _help,
    "confirm": _confirm,
    "revoke": _revoke,
    "reserve": _reserve,
    "pay": _pay,
    "sweep": _sweep,
    "refund": _refund,
    "refund_done": _done,
    "expire": _expire,
}


def guards(unit: Unit, command: Command, frame: Frame) -> Guards:
    """The stock, and for payments the order and the accounts."""
    if command.move in ("help", "return"):
        return Guards()
    claims = (paying.order_claim(command),) if command.move == "pay" else ()
    money = paying.accounts(frame, command.unit) if command.move in paying.PAY_MOVES else ()
    return Guards((STOCK,), claims, money)


def check(frame: Frame) -> None:
    """Refuse sessions that end before they begin. Raises InvalidInput."""
    settings: FlashSale = frame.settings
    for number, session in enumerate(settings.sessions):
        if session.end <= session.start:
            raise InvalidInput(
                "flash_session",
                "a session ends after it begins, on the same day",
                field=f"model.sessions[{number}].end",
                way_out="Write two sessions for a time over midnight.",
            )


def show(unit: Unit, settings: FlashSale) -> Mapping[str, Any]:
    """The price, how many friends are confirmed and missing, and the order that is to be paid."""
    sale: Sale = unit.play
    return {
        "status": sale.status if unit.outcome in ("", "sold") else unit.outcome,
        "price_fen": settings.price_fen,
        "shipping_fen": settings.shipping_fen,
        "helped": unit.friends,
        "confirmed": confirmed(unit),
        "missing": missing(unit, settings),
        "order": sale.order if sale.status == "reserved" else "",
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
        "reserve": MoveRule(who="owner", grace=True, pays=False),
        "sweep": MoveRule(who="system", pays=False),
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
)
