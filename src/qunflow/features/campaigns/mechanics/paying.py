"""Orders of a unit and the money for them (campaigns.md §2, §9): in, earned, and back, each counted once. Pure.

What is paid lies in the unit's escrow until it is earned. A refund is owed by an event with an id of its own and lies
in escrow until the payment part says that it arrived: it may try as often as it takes.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar

from qunflow.domain.decisions import Rejection
from qunflow.domain.events import RefundOwed
from qunflow.domain.money import MAX_FEN
from qunflow.domain.reasons import Reason
from qunflow.features.campaigns.mechanics.mechanic import Command, Frame, MoveRule, Moves, Transfer
from qunflow.features.campaigns.mechanics.settings import name, whole
from qunflow.ledger.accounts import escrow, external, revenue

#: No plan lets one order hold more.
MOST_PIECES = 10
#: The bound of a counter that the plan does not bound.
UNBOUNDED = 1_000_000


@dataclass(frozen=True, slots=True)
class Payment:
    """What the payment part tells: so much was paid for the order."""

    order: str = name("the order's id")
    fen: int = whole("what was paid, in fen", 1, MAX_FEN)


@dataclass(frozen=True, slots=True)
class OrderOf:
    """The order that is spoken of."""

    order: str = name("the order's id")


@dataclass(frozen=True, slots=True)
class Pieces:
    """How many are ordered."""

    pieces: int = whole("how many pieces", 1, MOST_PIECES, 1)


@dataclass(frozen=True, slots=True)
class RefundOf:
    """The refund that arrived."""

    refund: str = name("the refund's id")


@dataclass(frozen=True, slots=True)
class RefundDone:
    """The refund arrived at the payer."""

    KIND: ClassVar[str] = "refund_done"
    SCHEMA: ClassVar[int] = 1
    refund: str
    fen: int


@dataclass(frozen=True, slots=True)
class OrderSized:
    """The order holds more than one piece."""

    KIND: ClassVar[str] = "order_sized"
    SCHEMA: ClassVar[int] = 1
    order: str
    pieces: int


#: Money may come or go whenever the campaign is not closed, also for units that are over (I9).
PAY_MOVES = {
    "pay": MoveRule(who="system", pays=False, params=Payment, anytime=True, closed=True),
    "refund": MoveRule(who="system", pays=False, params=OrderOf, anytime=True, closed=True),
    "refund_done": MoveRule(who="system", pays=False, params=RefundOf, anytime=True, closed=True),
}


def pieces_of(command: Command) -> int:
    """How many pieces a move orders."""
    return int(command.params.get("pieces", 1))


def bought(person: str) -> str:
    """The counter of the pieces that a person has, or is about to have."""
    return f"bought:{person}"


def order_claim(command: Command) -> tuple[str, str]:
    """An order is paid once, however often the news of it comes."""
    return ("order", str(command.params.get("order", "")))


def accounts(frame: Frame, unit: str) -> tuple[str, ...]:
    """Those that payments and refunds of a unit move."""
    return (external(frame.campaign), escrow(frame.campaign, unit), revenue(frame.campaign))


def paid_in(frame: Frame, unit: str, order: str, fen: int) -> Transfer:
    """A payment came."""
    return Transfer(f"paid:{order}", external(frame.campaign), escrow(frame.campaign, unit), fen)


def earned(frame: Frame, unit: str, order: str, fen: int) -> Transfer:
    """A payment is the shop's."""
    return Transfer(f"earned:{order}", escrow(frame.campaign, unit), revenue(frame.campaign), fen)


def unearned(frame: Frame, unit: str, order: str, fen: int) -> Transfer:
    """A payment that was the shop's is to go back."""
    return Transfer(f"unearned:{order}", revenue(frame.campaign), escrow(frame.campaign, unit), fen)


def owe(unit: str, order: str, payer: str, fen: int, reason: str) -> RefundOwed:
    """An order's refund; an order has at most one."""
    return RefundOwed(f"r-{order}", order, unit, payer, fen, reason)


def owed_after(owed: Mapping[str, int], body: object) -> Mapping[str, int]:
    """Fold: refund → fen, for those that have not arrived."""
    if isinstance(body, RefundOwed):
        return {**owed, body.refund: body.fen}
    if isinstance(body, RefundDone):
        return {refund: fen for refund, fen in owed.items() if refund != body.refund}
    return owed


def refund_done(unit: str, owed: Mapping[str, int], command: Command, frame: Frame) -> Moves | Rejection:
    """A refund arrived: its money leaves escrow."""
    refund = str(command.params["refund"])
    if refund not in owed:
        return Rejection(Reason.ALREADY_DONE)
    back = Transfer(f"back:{refund}", escrow(frame.campaign, unit), external(frame.campaign), owed[refund])
    return Moves((RefundDone(refund, owed[refund]),), postings=(back,))
