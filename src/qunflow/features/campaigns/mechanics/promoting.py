"""Distribution 分销 (M23–M25, campaigns.md §3): commissions on sales for one or two levels, three ranks, withdrawals.

What a sale earns is fixed when it is paid: who, which rank, which rate. It is frozen until the goods were received and
the time for returns is over. Every refund is the target less what was posted, so it ends at exactly nothing.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import pairwise
from typing import Any

from qunflow.domain.decisions import Rejection
from qunflow.domain.money import MAX_FEN
from qunflow.domain.reasons import Reason
from qunflow.features.campaigns.mechanics import distribution_state
from qunflow.features.campaigns.mechanics.distribution import MAX_LEVELS, commission, fixed_commission
from qunflow.features.campaigns.mechanics.distribution_state import (
    Appointed,
    Book,
    CommissionAdjusted,
    CommissionDue,
    CommissionFixed,
    CommissionHeld,
    CommissionReleased,
    Enrolled,
    Line,
    RefundAsked,
    SaleReceived,
)
from qunflow.features.campaigns.mechanics.mechanic import (
    Command,
    Context,
    Frame,
    Guards,
    Kin,
    Mechanic,
    MoveRule,
    Moves,
    Tell,
    Unit,
)
from qunflow.features.campaigns.mechanics.promoting_ranks import first_review, progressed, review
from qunflow.features.campaigns.mechanics.promoting_terms import (
    OVERRIDE,
    RANKS,
    REGISTER,
    SHOP,
    SPECIALS,
    Distribution,
    allowed,
    check,
    fixed,
    liability,
    rate,
)
from qunflow.features.campaigns.mechanics.settings import choice, name, time, whole
from qunflow.ledger.settle import Amounts

#: A code counts as that of a sign-up for so long after the person was first met (§3.1).
SIGN_UP_SECONDS = 30
#: No buyer may return goods for longer.
MOST_HELD = timedelta(days=365)


@dataclass(frozen=True, slots=True)
class SalePaid:
    """An order outside the campaign was paid. What commissions are on is the sum less freight, coupons and taxes."""

    order: str = name("the order's id")
    fen: int = whole("what was paid, in fen", 1, MAX_FEN)
    freight_fen: int = whole("how much of it is for sending, in fen", 0, MAX_FEN, 0)
    coupon_fen: int = whole("coupons in it that the shop paid for, in fen", 0, MAX_FEN, 0)
    tax_fen: int = whole("taxes in it, in fen", 0, MAX_FEN, 0)
    item: str = name("the code of the goods, where they have a fixed commission", "")
    pieces: int = whole("how many pieces of them", 1, 10_000, 1)
    margin_fen: int | None = whole(
        "what the shop earns on the order, in fen; without it the plan's margin", 0, MAX_FEN, None
    )
    source: str = choice("where it was bought", SHOP, *SPECIALS, default=SHOP)


@dataclass(frozen=True, slots=True)
class GoodsReceived:
    """The buyer has the goods."""

    returns_until: datetime | None = time("until when the buyer may return them, if not as the plan says", None)


@dataclass(frozen=True, slots=True)
class Wanted:
    """How much a promoter wants to withdraw."""

    fen: int = whole("how much, in fen", 1, MAX_FEN)


@dataclass(frozen=True, slots=True)
class RefundNamed:
    """A refund of the sale that is asked for."""

    refund: str = name("the refund's id")


@dataclass(frozen=True, slots=True)
class RefundDecided:
    """A refund of the sale that was decided."""

    refund: str = name("the refund's id")
    fen: int = whole("how much of what commissions were reckoned on goes back; 0 when it was refused", 0, MAX_FEN)


def decide(unit: Unit, command: Command, context: Context) -> Moves | Rejection:
    """Enrol; paid, received and refunded sales. What is withdrawn is the payout part's."""
    if command.move == "withdraw":
        return Rejection(Reason.MOVE_UNKNOWN, {"move": command.move})
    rule = _MOVES.get(command.move)
    if rule is None:
        return Moves()
    if command.move not in ("enrol", "order_paid") and bool(unit.play.order) != (command.move in SALE_MOVES):
        return Rejection(Reason.WRONG_STATE, {"status": unit.play.status})
    found: Moves | Rejection = rule(unit, command, context, context.frame.settings)
    return found


def _enrol(unit: Unit, command: Command, context: Context, settings: Distribution) -> Moves | Rejection:
    return Moves((Enrolled(settings.promoters == "all"),), timers=first_review(command.at, settings))


def _appoint(unit: Unit, command: Command, context: Context, settings: Distribution) -> Moves | Rejection:
    return Moves((Appointed(command.move == "appoint"),))


def enters(settings: Distribution, parent: str, known_seconds: float) -> str:
    """To whom who enters is bound: who brought them, and with ``register`` only when they were met just now."""
    late = settings.bind_mode == REGISTER and known_seconds > SIGN_UP_SECONDS
    return "" if late else parent


def _bind(unit: Unit, command: Command, context: Context, settings: Distribution) -> Moves | Rejection:
    """A participant buys through this promoter from now on: somebody who entered earlier, so never a circle."""
    actor, host = command.actor, context.host
    if unit.play.status != "active" or not unit.owner:
        return Rejection(Reason.WRONG_STATE, {"status": unit.play.status})
    lives = bool(actor.bound_to) and not _lapsed(actor.bound_at, command.at, settings)
    if lives and actor.bound_to == unit.owner:
        return Rejection(Reason.ALREADY_DONE)
    if settings.bind_mode == REGISTER or (lives and settings.bind_mode != OVERRIDE):
        return Rejection(Reason.ALREADY_BOUND, {"mode": settings.bind_mode})
    if host.entered_at is None or actor.entered_at is None or host.entered_at >= actor.entered_at:
        return Rejection(Reason.BOND_ORDER)
    return Moves(binds=unit.owner)


def _lapsed(bound_at: datetime | None, at: datetime, settings: Distribution) -> bool:
    """Whether a bond ran out."""
    return bool(settings.bind_days) and bound_at is not None and at >= bound_at + timedelta(days=settings.bind_days)


def _above(kin: Sequence[Kin], at: datetime, settings: Distribution) -> list[Kin]:
    """Those above the buyer, up to the first bond that ran out."""
    found: list[Kin] = []
    for child, parent in pairwise(kin):
        if _lapsed(child.bound_at, at, settings):
            break
        found.append(parent)
    return found


def _order_paid(unit: Unit, command: Command, context: Context, settings: Distribution) -> Moves | Rejection:
    """The lines of a sale, for those above the buyer who are promoters now; never more than two."""
    if context.taken(*_sale_claim(command)):
        return Rejection(Reason.ALREADY_DONE)
    if context.status not in ("running", "paused", "ended") or not context.kin:
        return Rejection(Reason.NOT_RUNNING, {"status": context.status})
    params, buyer, claims = command.params, context.kin[0], (_sale_claim(command),)
    order, base = str(params["order"]), _reckoned_on(params, settings)
    if settings.exclude_flash_group_bargain and params.get("source", SHOP) != SHOP:
        return Moves((CommissionDue(order, buyer.person, "", base, ()),), claims=claims)
    above = _above(context.kin, command.at, settings)
    if settings.self_buy and _promotes(buyer):
        above = [buyer, *above]
    levels = min(settings.levels, MAX_LEVELS)
    lines = tuple(_line(level, kin, settings) for level, kin in enumerate(above[:levels], 1) if _promotes(kin))
    own = buyer.unit.unit if buyer.unit is not None and _promotes(buyer) else ""
    due = CommissionDue(order, buyer.person, own, base, lines)
    return Moves((due, *_fixed(lines, base, params, settings)), claims=claims)


def _reckoned_on(params: Mapping[str, Any], settings: Distribution) -> int:
    """What commissions are on: paid, less freight and, as the plan says, coupons and taxes."""
    less = int(params.get("freight_fen", 0))
    less += int(params.get("coupon_fen", 0)) if settings.less_coupons else 0
    less += int(params.get("tax_fen", 0)) if settings.less_taxes else 0
    return max(0, int(params["fen"]) - less)


def _fixed(
    lines: tuple[Line, ...], base: int, params: Mapping[str, Any], settings: Distribution
) -> tuple[CommissionFixed, ...]:
    """Lines that are not paid by their rate: fixed goods, and what is above the margin. The first level goes first."""
    margin = params.get("margin_fen")
    left = allowed(settings, base, int(margin) if margin is not None else None)
    found = []
    for line in lines:
        each = fixed(settings, str(params.get("item", "")), line.level)
        by_rate = commission(base, 0, line.rate_bps)
        wanted = by_rate if each is None else each * int(params.get("pieces", 1))
        gets = min(wanted, left)
        left -= gets
        if each is not None or gets < by_rate:
            found.append(CommissionFixed(line.level, gets))
    return tuple(found)


def _promotes(kin: Kin) -> bool:
    return kin.unit is not None and kin.unit.status == "open" and kin.unit.play.status == "active"


def _line(level: int, kin: Kin, settings: Distribution) -> Line:
    rank = kin.unit.play.rank if kin.unit is not None else 0
    return Line(level, kin.person, kin.unit.unit if kin.unit is not None else "", rank, rate(settings, rank, level))


def _received(unit: Unit, command: Command, context: Context, settings: Distribution) -> Moves | Rejection:
    """The freeze runs from here, to the end of the time for returns where that is later."""
    if unit.play.received_at is not None:
        return Rejection(Reason.ALREADY_DONE)
    free_at, told = _free_at(command.at, settings), command.params.get("returns_until")
    until = datetime.fromisoformat(told) if isinstance(told, str) else told
    if until is None or until <= free_at:
        return Moves((SaleReceived(),), timers=(("release", free_at),))
    until = min(until, command.at + MOST_HELD)
    return Moves((SaleReceived(), CommissionHeld(until)), timers=(("release", until),))


def _free_at(received_at: datetime, settings: Distribution) -> datetime:
    return received_at + timedelta(days=max(settings.freeze_days, settings.after_sale_days))


def _release(unit: Unit, command: Command, context: Context, settings: Distribution) -> Moves | Rejection:
    """The freeze is over; an open refund is waited for, and its end asks again."""
    book: Book = unit.play
    if book.status != "frozen" or book.asked or not _ripe(book, command, settings):
        return Moves()
    rest = book.base - book.refunded
    return Moves((CommissionReleased(),), tell=_progress(book, rest, 1 if rest else 0))


def _ripe(book: Book, command: Command, settings: Distribution) -> bool:
    if book.received_at is None or command.at < _free_at(book.received_at, settings):
        return False
    return book.held_until is None or command.at >= book.held_until


def _refund_asked(unit: Unit, command: Command, context: Context, settings: Distribution) -> Moves | Rejection:
    refund = str(command.params["refund"])
    if refund in unit.play.asked or refund in unit.play.refunds:
        return Rejection(Reason.ALREADY_DONE)
    return Moves((RefundAsked(refund),))


def _refunded(unit: Unit, command: Command, context: Context, settings: Distribution) -> Moves | Rejection:
    """Part of the base went back. What the lines are due follows by itself; ranks hear of what they had counted."""
    book: Book = unit.play
    refund = str(command.params["refund"])
    if refund in book.refunds:
        return Rejection(Reason.ALREADY_DONE)
    back = min(int(command.params["fen"]), book.base - book.refunded)
    adjusted, rest = CommissionAdjusted(refund, back), book.base - book.refunded - back
    if book.status == "released":
        tells = _progress(book, -back, -1 if back and not rest else 0) if back else ()
        return Moves((adjusted,), tell=tells)
    still_asked = set(book.asked) - {refund}
    if still_asked or not _ripe(book, command, settings):
        return Moves((adjusted,))
    return Moves((adjusted, CommissionReleased()), tell=_progress(book, rest, 1 if rest else 0))


def _progress(book: Book, fen_moved: int, orders: int) -> tuple[Tell, ...]:
    """What counts for ranks: sales of direct friends, and own purchases."""
    if not fen_moved and not orders:
        return ()
    params = {"buyer": book.buyer, "fen": fen_moved, "orders": orders}
    direct = [Tell(line.unit, "progress", {**params, "own": False}) for line in book.lines if line.level == 1]
    own = [Tell(book.buyer_unit, "progress", {**params, "own": True})] if book.buyer_unit else []
    return (*direct, *own)


SALE_MOVES = ("received", "release", "refund_asked", "refunded")
_MOVES: Mapping[str, Any] = {
    "enrol": _enrol,
    "appoint": _appoint,
    "dismiss": _appoint,
    "bind": _bind,
    "order_paid": _order_paid,
    "received": _received,
    "release": _release,
    "refund_asked": _refund_asked,
    "refunded": _refunded,
    "progress": progressed,
    "review": review,
}


def due(unit: Unit, settings: Distribution) -> Mapping[tuple[str, str], Amounts]:
    """The commissions of a sale: frozen ones are pending, released ones are free; refunds are in the sum already."""
    book: Book = unit.play
    found = {}
    for line in book.lines:
        amount = line_due(book, line)
        free = book.status == "released"
        found[(line.person, f"commission-{line.level}")] = Amounts(amount) if free else Amounts(0, amount)
    return found


def line_due(book: Book, line: Line) -> int:
    """Fen of a sale's line now: by its rate, or of its fixed sum; refunds are in it."""
    whole_sum = book.fixed.get(str(line.level))
    if whole_sum is None:
        return commission(book.base, book.refunded, line.rate_bps)
    return fixed_commission(whole_sum, book.base, book.refunded)


def _sale_claim(command: Command) -> tuple[str, str]:
    """An order earns commissions once."""
    return ("sale", str(command.params.get("order", "")))


def guards(unit: Unit, command: Command, frame: Frame) -> Guards:
    """An order's sale."""
    return Guards(claims=(_sale_claim(command),)) if command.move == "order_paid" else Guards()


def show(unit: Unit, settings: Distribution) -> Mapping[str, Any]:
    """A promoter's rank and figures, or a sale's commissions."""
    book: Book = unit.play
    if book.order:
        lines = {line.level: line_due(book, line) for line in book.lines}
        return {"status": book.status, "base_fen": book.base, "refunded_fen": book.refunded, "commissions": lines}
    return {
        "status": book.status,
        "rank": RANKS[book.rank],
        "buyers": book.bought,
        "sales_fen": book.sales,
        "orders": book.orders,
        "withdraw_min_fen": settings.withdraw_min_fen,
        "withdraw_fee_bps": settings.withdraw_fee_bps,
    }


def _system(**more: Any) -> MoveRule:
    return MoveRule(who="system", anytime=True, **more)


MODEL = Mechanic(
    name="distribution",
    settings=Distribution,
    state=Book,
    initial=Book(),
    moves={
        "enrol": MoveRule(opens=True, pays=False),
        "appoint": MoveRule(who="staff", pays=False),
        "dismiss": MoveRule(who="staff", pays=False),
        "bind": MoveRule(who="other", pays=False, grace=True, in_group=False),
        "order_paid": _system(opens=True, owned=False, kin=MAX_LEVELS, params=SalePaid),
        "received": _system(pays=False, params=GoodsReceived),
        "release": _system(),
        "refund_asked": _system(pays=False, params=RefundNamed),
        "refunded": _system(params=RefundDecided),
        "progress": _system(pays=False, closed=True),
        "review": _system(pays=False),
        "withdraw": MoveRule(who="owner", pays=False, params=Wanted, anytime=True, in_group=False, payout=True),
    },
    decide=decide,
    evolve=distribution_state.evolve,
    events=distribution_state.EVENTS,
    due=due,
    guards=guards,
    show=show,
    check=check,
    liability=liability,
    each=liability,
    freezes=False,
    enters=enters,
    arrives="bind",
)
