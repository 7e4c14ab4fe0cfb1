"""What a bargain 砍价 sells (campaigns.md §1.2): the order, its payment, and every way back. Pure.

The money lies in escrow until the order may be shipped: a help that is revoked meanwhile has to be made good, or all of
it goes back. A payment after its order lapsed still counts while the price is the same and there is a piece.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace

from qunflow.domain.decisions import Rejection
from qunflow.domain.events import OrderMade
from qunflow.domain.reasons import Reason
from qunflow.features.campaigns.mechanics import boost, boost_comfort, paying
from qunflow.features.campaigns.mechanics.boost import Offer, over
from qunflow.features.campaigns.mechanics.boost_state import Boost, OrderCancelled, UnitPaid
from qunflow.features.campaigns.mechanics.mechanic import (
    LATE,
    Command,
    Context,
    Count,
    Frame,
    Guards,
    MoveRule,
    Moves,
    Unit,
)

#: Moves that may move money; the others are made often and lock no account.
_MONEY = ("pay", "refund", "refund_done", "confirm")


def price(play: Boost, offer: Offer) -> int:
    """What an order costs: as it was made, else as the cuts are now."""
    return play.fen if play.status == "ordered" else offer.floor + offer.total - play.gathered


def _order(unit: Unit, command: Command, context: Context, offer: Offer) -> Moves | Rejection:
    """An order at the floor, or early at the price of the moment; it holds a piece until it lapses."""
    play: Boost = unit.play
    if not (play.status == "reached" or (play.status == "open" and offer.buy_early)):
        return Rejection(Reason.WRONG_STATE, {"status": play.status})
    if play.status == "open" and unit.expires_at is not None and command.at >= unit.expires_at:
        return Rejection(Reason.EXPIRED)
    if _gone(play, context, offer):
        return Rejection(Reason.STOCK_OUT)
    order, fen = f"{unit.unit}-{play.orders}", price(play, offer)
    if not fen:
        return replace(_paid(unit, order, 0, context, offer), answer=order)
    until = command.at + offer.pay_ttl
    return Moves(
        (OrderMade(order, unit.unit, unit.owner, fen, until),),
        _take(play, offer),
        timers=(("sweep", until + LATE),),
        timers_off=("window", "expire"),
        answer=order,
    )


def _pay(unit: Unit, command: Command, context: Context, offer: Offer) -> Moves | Rejection:
    """The order is paid, once. What comes too late for it goes back in full."""
    play: Boost = unit.play
    order, fen = str(command.params["order"]), int(command.params["fen"])
    claim = paying.order_claim(command)
    if context.taken(*claim):
        return Rejection(Reason.ALREADY_DONE)
    if order not in {f"{unit.unit}-{number}" for number in range(play.orders)}:
        return Rejection(Reason.WRONG_STATE, {"order": order})
    came = paying.paid_in(context.frame, unit.unit, order, fen)
    if not _waits(unit, command, context, offer) or fen != price(play, offer) or _gone(play, context, offer):
        owed = paying.owe(unit.unit, order, unit.owner, fen, "late")
        return Moves((owed,), claims=(claim,), postings=(came,))
    paid = _paid(unit, order, fen, context, offer)
    return replace(paid, claims=(claim,), postings=(came, *paid.postings))


def _waits(unit: Unit, command: Command, context: Context, offer: Offer) -> bool:
    """Whether the unit still takes a payment: for an order that runs, or again for one that lapsed."""
    early = offer.buy_early and (unit.expires_at is None or command.at < unit.expires_at)
    may = ("ordered", "reached", "open") if early else ("ordered", "reached")
    return "closed" not in (unit.status, context.status) and unit.play.status in may


def _paid(unit: Unit, order: str, fen: int, context: Context, offer: Offer) -> Moves:
    play: Boost = unit.play
    early = play.early or play.status == "open"
    ready = (unit.settled and (early or not play.free)) or not offer.ship_after_hold
    return Moves(
        (UnitPaid(order, fen),),
        _take(play, offer),
        postings=(paying.earned(context.frame, unit.unit, order, fen),) if ready else (),
        timers_off=("sweep", "window", "expire"),
        close="done" if ready else "",
        won=True,
    )


def _confirm(unit: Unit, command: Command, context: Context, offer: Offer) -> Moves | Rejection:
    """With the last hold the paid order may be shipped, and its money is the shop's."""
    play: Boost = unit.play
    if play.status != "paid" or (play.free and not play.early) or not unit.settled:
        return Moves()
    return Moves(postings=(paying.earned(context.frame, unit.unit, play.order, play.fen),), close="done")


def _lapse(unit: Unit, command: Command, context: Context, offer: Offer) -> Moves | Rejection:
    """Nobody paid in time, or the owner gives the order up: as before it, while the unit's time runs."""
    play: Boost = unit.play
    if play.status != "ordered" or play.until is None:
        return Moves() if command.move == "sweep" else Rejection(Reason.WRONG_STATE, {"status": play.status})
    if command.move == "sweep" and command.at < play.until:
        return Moves()
    late = unit.expires_at is not None and command.at >= unit.expires_at
    if late and not play.free:
        ended = over(play, offer, "expired_unordered")
        return replace(ended, events=(OrderCancelled(play.order, False),), timers_off=("sweep",))
    keeps = offer.reserve_at == "open" or (offer.reserve_at == "reached" and not play.free)
    counts = () if keeps else (Count(offer.stock, -1, offer.stock_total),)
    cancelled = (OrderCancelled(play.order, keeps),)
    if play.free:
        return Moves(cancelled, counts, expires_at=unit.expires_at, timers_off=("repair", "sweep"))
    timers = (("window", command.at + offer.window),) if offer.window is not None else ()
    return Moves(cancelled, counts, timers=timers, timers_off=("sweep",))


def _refund(unit: Unit, command: Command, context: Context, offer: Offer) -> Moves | Rejection:
    """The shop gives a paid order back; the success stays used."""
    play: Boost = unit.play
    if play.status != "paid" or play.order != command.params["order"] or not play.fen:
        return Rejection(Reason.WRONG_STATE, {"status": play.status})
    owed = paying.owe(unit.unit, play.order, unit.owner, play.fen, "after_sale")
    if unit.status != "closed":
        return Moves((owed,), timers_off=("repair",), close="refunded")
    return Moves((owed,), postings=(paying.unearned(context.frame, unit.unit, play.order, play.fen),))


def _expire(unit: Unit, command: Command, context: Context, offer: Offer) -> Moves | Rejection:
    """The time is over, the owner left for good, or everything is stopped. What was ordered waits for its own end."""
    play: Boost = unit.play
    reason = str(command.params.get("reason", "expired"))
    if (reason == "expired" and play.status != "open") or (reason == "owner_left" and play.order):
        return Moves()
    return _over(unit, offer, reason)


def _window(unit: Unit, command: Command, context: Context, offer: Offer) -> Moves | Rejection:
    return over(unit.play, offer, "expired_unordered") if unit.play.status == "reached" else Moves()


def _repair(unit: Unit, command: Command, context: Context, offer: Offer) -> Moves | Rejection:
    """The owner found nobody for a revoked help: a paid order is refunded, an unpaid one lapses."""
    play: Boost = unit.play
    if not play.free or play.early or play.status not in ("ordered", "paid"):
        return Moves()
    return _over(unit, offer, "unrepaired")


def _over(unit: Unit, offer: Offer, outcome: str) -> Moves:
    """An end without success: the stock goes back, and so does what was paid."""
    play: Boost = unit.play
    owed = paying.owe(unit.unit, play.order, unit.owner, play.fen, outcome)
    events = (owed,) if play.status == "paid" and play.fen else ()
    return replace(over(play, offer, outcome), events=events, timers_off=("sweep", "repair", "window"))


def _done(unit: Unit, command: Command, context: Context, offer: Offer) -> Moves | Rejection:
    return paying.refund_done(unit.unit, unit.play.owed, command, context.frame)


def _gone(play: Boost, context: Context, offer: Offer) -> bool:
    return not play.reserved and context.used(offer.stock) >= offer.stock_total


def _take(play: Boost, offer: Offer) -> tuple[Count, ...]:
    return () if play.reserved else (Count(offer.stock, 1, offer.stock_total),)


DECISIONS: Mapping[str, boost.Decide] = {
    "order": _order,
    "cancel": _lapse,
    "sweep": _lapse,
    "pay": _pay,
    "refund": _refund,
    "refund_done": _done,
    "confirm": _confirm,
    "expire": _expire,
    "window": _window,
    "repair": _repair,
    boost_comfort.MOVE: boost_comfort.comfort,
}
MOVES: Mapping[str, MoveRule] = {
    "order": MoveRule(who="owner", grace=True, pays=False),
    "cancel": MoveRule(who="owner", grace=True, pays=False, in_group=False),
    "sweep": MoveRule(who="system", pays=False),
    "window": MoveRule(who="system", pays=False),
    "repair": MoveRule(who="system", pays=False),
    **boost_comfort.MOVES,
    **paying.PAY_MOVES,
}


def guards_of(offer_of: boost.OfferOf) -> Callable[[Unit, Command, Frame], Guards]:
    """The stock, and for moves of money the order and the accounts."""
    stock = boost.guards_of(offer_of)

    def name_guards(unit: Unit, command: Command, frame: Frame) -> Guards:
        if command.move == boost_comfort.MOVE:
            return boost_comfort.guards(unit, command)
        claims = (paying.order_claim(command),) if command.move == "pay" else ()
        money = paying.accounts(frame, command.unit) if command.move in _MONEY else ()
        return replace(stock(unit, command, frame), claims=claims, accounts=money)

    return name_guards


def in_escrow(unit: Unit) -> int:
    """What was paid and is neither the shop's nor back."""
    play: Boost = unit.play
    waits = play.fen if play.status == "paid" and unit.status != "closed" else 0
    return waits + sum(play.owed.values())
