"""Pieces of a flash sale 秒杀: set aside, free again, and the line of those who wait for one (campaigns.md §2.1). Pure.

Who stands in the line is kept by the host, first come first. While anybody does, a free piece is theirs: nobody else
takes one. It is set aside for the first of them for a bounded time, then for the next.
"""

from __future__ import annotations

from datetime import timedelta

from qunflow.domain.decisions import Rejection
from qunflow.domain.reasons import Reason
from qunflow.features.campaigns.mechanics.flash_state import Offered, OfferOver, Released, Sale, Waiting
from qunflow.features.campaigns.mechanics.flash_terms import FlashSale
from qunflow.features.campaigns.mechanics.lists import Lists, Passing
from qunflow.features.campaigns.mechanics.mechanic import LATE, Actor, Command, Context, Count, Moves, News, Tell, Unit
from qunflow.features.campaigns.mechanics.paying import UNBOUNDED, bought

STOCK, LINE = "stock", "line"
#: A piece that could not be offered (the campaign is paused) is tried again after so long.
AGAIN = timedelta(minutes=1)
SELLING = ("running", "ended")
#: The words in which the next of the line hears that a piece is set aside for them.
OFFER_SCRIPT = "piece_offered"


def waiters(unit: Unit, context: Context) -> int:
    """How many others stand in the line; 0 where there is none."""
    line = context.counters.get(LINE)
    if line is None:
        return 0
    listed = unit.play.line == "waiting" and unit.status == "open" and not unit.test
    return max(0, line.used - (1 if listed else 0))


def free(unit: Unit, context: Context, settings: FlashSale, pieces: int) -> bool:
    """Whether so many pieces can be set aside: they are there, and nobody waits for them."""
    return context.used(STOCK) + pieces <= settings.stock_total and not waiters(unit, context)


def stock(count: int, settings: FlashSale) -> tuple[Count, ...]:
    """So many pieces are set aside, or free again."""
    return (Count(STOCK, count, settings.stock_total),) if count else ()


def buys(unit: Unit, count: int, settings: FlashSale) -> tuple[Count, ...]:
    """The owner has so many pieces more, or less."""
    return (Count(bought(unit.owner), count, settings.limit_per_person or UNBOUNDED),) if count else ()


def above_limit(unit: Unit, context: Context, settings: FlashSale, more: int) -> Rejection | None:
    """Why the owner cannot have so many pieces more."""
    if more <= 0 or not settings.limit_per_person:
        return None
    over = context.used(bought(unit.owner)) + more > settings.limit_per_person
    return Rejection(Reason.QUOTA, {"most": settings.limit_per_person}) if over else None


def waiter_claim(owner: str) -> tuple[str, str]:
    """One person stands in the line once."""
    return ("waiter", owner)


def out_of_line(unit: Unit) -> tuple[tuple[str, str], ...]:
    """The claim of who stands in the line, or has an offer, to be released."""
    return (waiter_claim(unit.owner),) if unit.play.line else ()


def passed_on(unit: Unit, context: Context, pieces: int) -> tuple[Tell, ...]:
    """Free pieces go to those who wait; a move of its own, since their units are not at hand here."""
    count = min(pieces, waiters(unit, context))
    return tuple(Tell(unit.unit, "pass_on", {"piece": number}) for number in range(count))


def let_go(unit: Unit, command: Command, context: Context, settings: FlashSale) -> Moves:
    """The order is over: the right stays, and its pieces are free unless the right itself holds one."""
    sale: Sale = unit.play
    over = unit.expires_at is not None and command.at >= unit.expires_at
    keeps = settings.right_holds_stock and not over and not sale.offered
    back = sale.set_aside - (1 if keeps else 0)
    return Moves(
        (Released(sale.order, keeps),),
        (*stock(-back, settings), *buys(unit, -min(sale.pieces, context.used(bought(unit.owner))), settings)),
        tell=passed_on(unit, context, back),
        timers_off=("sweep",),
        close="expired" if over else "",
    )


def wait(unit: Unit, command: Command, context: Context, settings: FlashSale) -> Moves | Rejection:
    """Who has the right and finds nothing left stands in the line."""
    sale: Sale = unit.play
    if not settings.waitlist:
        return Rejection(Reason.MOVE_UNKNOWN, {"move": "wait"})
    if sale.line or context.taken(*waiter_claim(unit.owner)):
        return Rejection(Reason.ALREADY_DONE)
    if sale.status != "qualified" or sale.held:
        return Rejection(Reason.WRONG_STATE, {"status": sale.status})
    if unit.expires_at is not None and command.at >= unit.expires_at:
        return Rejection(Reason.EXPIRED)
    refused = above_limit(unit, context, settings, 1)
    if refused is not None:
        return refused
    if free(unit, context, settings, 1):
        return Rejection(Reason.IN_STOCK)
    left = settings.stock_total - context.used(STOCK)
    return Moves((Waiting(True),), claims=(waiter_claim(unit.owner),), tell=passed_on(unit, context, left))


def stop_waiting(unit: Unit, command: Command, context: Context, settings: FlashSale) -> Moves | Rejection:
    """Out of the line; an offered piece goes to the next."""
    if unit.play.line == "waiting":
        return Moves((Waiting(False),), releases=out_of_line(unit))
    return _offer_over(unit, context, settings) if unit.play.line else Rejection(Reason.WRONG_STATE)


def offer(unit: Unit, command: Command, context: Context, settings: FlashSale) -> Moves | Rejection:
    """A free piece is set aside for who waits, for a while. Sessions do not bound it: it was waited for."""
    sale: Sale = unit.play
    if sale.line != "waiting" or unit.status != "open" or context.status not in SELLING:
        return Rejection(Reason.WRONG_STATE, {"status": sale.line})
    until = command.at + timedelta(minutes=settings.offer_min)
    if unit.expires_at is not None:
        if command.at >= unit.expires_at:
            return Rejection(Reason.EXPIRED)
        until = min(until, unit.expires_at)
    if context.used(STOCK) >= settings.stock_total:
        return Rejection(Reason.STOCK_OUT)
    more = context.used(STOCK) + 1 < settings.stock_total and waiters(unit, context)
    clocks = (("pass_on", command.at),) if more else ()
    told = (News(OFFER_SCRIPT, until),)
    return Moves((Offered(until),), stock(1, settings), timers=(("sweep", until + LATE), *clocks), news=told)


def pass_on(unit: Unit, command: Command, context: Context, settings: FlashSale) -> Moves | Rejection:
    """Nobody of those who wait took a free piece just now: tried again later while there is one and somebody waits."""
    line = context.counters.get(LINE)
    stuck = line is not None and line.used and context.used(STOCK) < settings.stock_total
    return Moves(timers=(("pass_on", command.at + AGAIN),)) if stuck else Moves()


def sweep(unit: Unit, command: Command, context: Context, settings: FlashSale) -> Moves | Rejection:
    """Nobody paid the order, or nobody ordered the piece that was offered."""
    sale: Sale = unit.play
    if sale.until is None or sale.until > command.at:
        return Moves()
    if sale.status == "reserved":
        return let_go(unit, command, context, settings)
    return _offer_over(unit, context, settings) if sale.line == "offered" else Moves()


def _offer_over(unit: Unit, context: Context, settings: FlashSale) -> Moves:
    return Moves(
        (OfferOver(),),
        stock(-1, settings),
        releases=out_of_line(unit),
        tell=passed_on(unit, context, 1),
        timers_off=("sweep",),
    )


def dropped(unit: Unit, context: Context, settings: FlashSale) -> Moves:
    """What a right that is lost gives back: its pieces, its order's count, its place in the line."""
    sale: Sale = unit.play
    booked = min(sale.pieces, context.used(bought(unit.owner))) if sale.status == "reserved" else 0
    return Moves(
        counts=(*stock(-sale.set_aside, settings), *buys(unit, -booked, settings)),
        releases=out_of_line(unit),
        tell=passed_on(unit, context, sale.set_aside),
        timers_off=("sweep",),
    )


def _listed(unit: Unit, settings: FlashSale) -> str:
    return LINE if unit.play.line == "waiting" else ""


def _passes(move: str, actor: Actor, settings: FlashSale) -> Passing | None:
    return Passing(LINE, "offer") if move == "pass_on" and settings.waitlist else None


LISTS = Lists(lambda settings: {LINE: True} if settings.waitlist else {}, _listed, _passes)
