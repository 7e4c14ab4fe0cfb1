"""Distribution 分销 (M23–M25, campaigns.md §3): commissions on sales for one or two levels, three ranks, withdrawals.

What a sale earns is fixed when it is paid: who, which rank, which rate. It is frozen until the goods were received and
the time for returns is over. Every refund is the target less what was posted, so it ends at exactly nothing.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from qunflow.domain.decisions import Rejection
from qunflow.domain.errors import InvalidInput
from qunflow.domain.money import MAX_FEN, share_bps
from qunflow.domain.reasons import Reason
from qunflow.features.campaigns.mechanics import distribution_state
from qunflow.features.campaigns.mechanics.distribution import MAX_LEVELS, commission
from qunflow.features.campaigns.mechanics.distribution_state import (
    Appointed,
    Book,
    CommissionAdjusted,
    CommissionDue,
    CommissionReleased,
    Enrolled,
    Line,
    Progressed,
    RankChanged,
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
from qunflow.features.campaigns.mechanics.settings import bps, choice, fen, flag, name, rows, whole
from qunflow.ledger.settle import Amounts

#: Commissions together may take so much of the margin (§3.1).
MAX_OF_MARGIN_BPS = 8000
RANKS = ("junior", "mid", "senior")


@dataclass(frozen=True, slots=True)
class Rank:
    """A higher rank: its rates, and all that it takes. What is 0 is not asked for."""

    rate1_bps: int = bps("commission of this rank on sales to own friends")
    rate2_bps: int = bps("commission of this rank on sales of their friends", 0)
    buyers: int = whole("so many friends with a confirmed sale", 0, 100_000, 0)
    sales_fen: int = fen("confirmed sales to own friends", 0)
    orders: int = whole("so many confirmed orders of own friends", 0, 1_000_000, 0)
    own_spend_fen: int = fen("own confirmed purchases", 0)
    own_orders: int = whole("so many own confirmed orders", 0, 10_000, 0)


@dataclass(frozen=True, slots=True)
class Distribution:
    """Who earns what on sales, when it is free, and how it is withdrawn."""

    sales_fen: int = fen("the sales that commissions are reckoned for in all", low=1)
    levels: int = whole("how many levels earn; two are the legal limit", 1, MAX_LEVELS, 1)
    rate1_bps: int = bps("commission of the first rank on sales to own friends", 3000)
    rate2_bps: int = bps("with two levels: commission of the first rank on sales of their friends", 500)
    ranks: tuple[Rank, ...] = rows("the second and the third rank, the higher one last", Rank, 2, ())
    cap_bps: int = bps("both levels together never take more of a sale", 5000)
    margin_bps: int = bps("the margin of your goods; commissions may take four fifths of it", 10_000)
    promoters: str = choice(
        "who may promote: everybody who enrols, or whom staff appoint", *("all", "appointed"), default="all"
    )
    self_buy: bool = flag("whether promoters earn on what they buy themselves", False)
    bind_days: int = whole("so many days after joining, a friend's sales earn commissions; 0 for always", 0, 3650, 0)
    freeze_days: int = whole(
        "days from receipt until a commission is free; not shorter than the time for returns", 0, 180, 15
    )
    withdraw_min_fen: int = fen("the least that can be withdrawn", 1000, low=1)
    withdraw_fee_bps: int = bps("the fee of a withdrawal", 0)


@dataclass(frozen=True, slots=True)
class SalePaid:
    """An order outside the campaign was paid."""

    order: str = name("the order's id")
    fen: int = whole("what commissions are reckoned on: paid, less freight and coupons", 1, MAX_FEN)


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
    return Moves((Enrolled(settings.promoters == "all"),))


def _appoint(unit: Unit, command: Command, context: Context, settings: Distribution) -> Moves | Rejection:
    return Moves((Appointed(command.move == "appoint"),))


def _order_paid(unit: Unit, command: Command, context: Context, settings: Distribution) -> Moves | Rejection:
    """The lines of a sale, for those above the buyer who are promoters now; never more than two."""
    if context.taken(*_sale_claim(command)):
        return Rejection(Reason.ALREADY_DONE)
    if context.status not in ("running", "paused", "ended") or not context.kin:
        return Rejection(Reason.NOT_RUNNING, {"status": context.status})
    buyer, *above = context.kin
    if settings.self_buy and _promotes(buyer):
        above = [buyer, *above]
    since = command.actor.since
    if settings.bind_days and since is not None and command.at >= since + timedelta(days=settings.bind_days):
        above = []
    levels = min(settings.levels, MAX_LEVELS)
    lines = tuple(_line(level, kin, settings) for level, kin in enumerate(above[:levels], 1) if _promotes(kin))
    own = buyer.unit.unit if buyer.unit is not None and _promotes(buyer) else ""
    due = CommissionDue(str(command.params["order"]), buyer.person, own, int(command.params["fen"]), lines)
    return Moves((due,), claims=(_sale_claim(command),))


def _promotes(kin: Kin) -> bool:
    return kin.unit is not None and kin.unit.status == "open" and kin.unit.play.status == "active"


def _line(level: int, kin: Kin, settings: Distribution) -> Line:
    rank = kin.unit.play.rank if kin.unit is not None else 0
    return Line(level, kin.person, kin.unit.unit if kin.unit is not None else "", rank, rate(settings, rank, level))


def rate(settings: Distribution, rank: int, level: int) -> int:
    """The rate of a rank at a level, in basis points."""
    if rank == 0:
        return settings.rate1_bps if level == 1 else settings.rate2_bps
    row = settings.ranks[min(rank, len(settings.ranks)) - 1]
    return row.rate1_bps if level == 1 else row.rate2_bps


def _received(unit: Unit, command: Command, context: Context, settings: Distribution) -> Moves | Rejection:
    if unit.play.received_at is not None:
        return Rejection(Reason.ALREADY_DONE)
    free_at = command.at + timedelta(days=settings.freeze_days)
    return Moves((SaleReceived(),), timers=(("release", free_at),))


def _release(unit: Unit, command: Command, context: Context, settings: Distribution) -> Moves | Rejection:
    """The freeze is over; an open refund is waited for, and its end asks again."""
    book: Book = unit.play
    if book.status != "frozen" or book.asked or not _ripe(book, command, settings):
        return Moves()
    rest = book.base - book.refunded
    return Moves((CommissionReleased(),), tell=_progress(book, rest, 1 if rest else 0))


def _ripe(book: Book, command: Command, settings: Distribution) -> bool:
    return book.received_at is not None and command.at >= book.received_at + timedelta(days=settings.freeze_days)


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


def _progressed(unit: Unit, command: Command, context: Context, settings: Distribution) -> Moves | Rejection:
    book: Book = unit.play
    params = command.params
    moved = Progressed(str(params["buyer"]), int(params["fen"]), int(params["orders"]), bool(params["own"]))
    after = distribution_state.progressed(book, moved)
    best = max([book.rank, *(rank for rank, row in enumerate(settings.ranks, 1) if meets(after, row))])
    return Moves((moved, RankChanged(best)) if best > book.rank else (moved,))


def meets(book: Book, row: Rank) -> bool:
    """Whether everything that a rank takes is confirmed."""
    return (
        book.bought >= row.buyers
        and book.sales >= row.sales_fen
        and book.orders >= row.orders
        and book.own_fen >= row.own_spend_fen
        and book.own_orders >= row.own_orders
    )


SALE_MOVES = ("received", "release", "refund_asked", "refunded")
_MOVES: Mapping[str, Any] = {
    "enrol": _enrol,
    "appoint": _appoint,
    "dismiss": _appoint,
    "order_paid": _order_paid,
    "received": _received,
    "release": _release,
    "refund_asked": _refund_asked,
    "refunded": _refunded,
    "progress": _progressed,
}


def due(unit: Unit, settings: Distribution) -> Mapping[tuple[str, str], Amounts]:
    """The commissions of a sale: frozen ones are pending, released ones are free; refunds are in the sum already."""
    book: Book = unit.play
    found = {}
    for line in book.lines:
        amount = commission(book.base, book.refunded, line.rate_bps)
        free = book.status == "released"
        found[(line.person, f"commission-{line.level}")] = Amounts(amount) if free else Amounts(0, amount)
    return found


def _sale_claim(command: Command) -> tuple[str, str]:
    """An order earns commissions once."""
    return ("sale", str(command.params.get("order", "")))


def guards(unit: Unit, command: Command, frame: Frame) -> Guards:
    """An order's sale."""
    return Guards(claims=(_sale_claim(command),)) if command.move == "order_paid" else Guards()


def top_bps(settings: Distribution) -> int:
    """The most that one sale can cost: the best first level and the best second one."""
    first = max([settings.rate1_bps, *(row.rate1_bps for row in settings.ranks)])
    second = max([settings.rate2_bps, *(row.rate2_bps for row in settings.ranks)]) if settings.levels > 1 else 0
    return first + second


def check(frame: Frame) -> None:
    """Refuse rates above the cap or the margin, and a rank that is easier than the one below. Raises InvalidInput."""
    settings: Distribution = frame.settings
    top = top_bps(settings)
    if top > settings.cap_bps:
        raise InvalidInput(
            "distribution_cap",
            f"both levels together take up to {top / 100:g} % of a sale, the cap is {settings.cap_bps / 100:g} %",
            field="model.cap_bps",
            way_out="Lower the rates, or raise the cap.",
        )
    if top > share_bps(settings.margin_bps, MAX_OF_MARGIN_BPS):
        raise InvalidInput(
            "distribution_margin",
            f"commissions take up to {top / 100:g} % of a sale, and four fifths of the margin are less",
            field="model.margin_bps",
            way_out="Lower the rates.",
        )
    asked = [(row.buyers, row.sales_fen, row.orders, row.own_spend_fen, row.own_orders) for row in settings.ranks]
    for number, row in enumerate(asked):
        below = asked[number - 1] if number else (0,) * len(row)
        if any(one < other for one, other in zip(row, below, strict=True)) or row == below:
            raise InvalidInput(
                "distribution_rank",
                "each rank takes at least what the one below takes, and something more",
                field=f"model.ranks[{number}]",
                way_out="Raise what it takes.",
            )


def liability(frame: Frame) -> int:
    """The dearest commissions on all sales that are reckoned with; the budget ends it in any case."""
    return share_bps(frame.settings.sales_fen, top_bps(frame.settings))


def show(unit: Unit, settings: Distribution) -> Mapping[str, Any]:
    """A promoter's rank and figures, or a sale's commissions."""
    book: Book = unit.play
    if book.order:
        lines = {line.level: commission(book.base, book.refunded, line.rate_bps) for line in book.lines}
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
        "order_paid": _system(opens=True, owned=False, kin=MAX_LEVELS, params=SalePaid),
        "received": _system(pays=False),
        "release": _system(),
        "refund_asked": _system(pays=False, params=RefundNamed),
        "refunded": _system(params=RefundDecided),
        "progress": _system(pays=False, closed=True),
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
)
