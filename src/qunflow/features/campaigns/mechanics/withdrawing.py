"""Withdrawals with an audit (campaigns.md §3.1): asked → approved → paid, and every way back. Pure.

The money leaves what is available when it is asked for and lies in clearing until its payout is known, so it can be
asked for once. A return repays a debt first.
"""

from __future__ import annotations

from dataclasses import dataclass

from qunflow.domain.decisions import Rejection
from qunflow.domain.money import MAX_FEN, share_bps
from qunflow.domain.reasons import Reason
from qunflow.features.campaigns.mechanics.distribution_state import (
    APPROVED,
    AUDITING,
    PAID,
    PAY_FAILED,
    RETURNED,
    Book,
    Withdrawn,
)
from qunflow.features.campaigns.mechanics.mechanic import Command, Context, Frame, MoveRule, Moves, Transfer, Unit
from qunflow.features.campaigns.mechanics.settings import name, whole
from qunflow.ledger.accounts import available, clearing, debt, external, revenue

MAX_WITHDRAWALS = 500


@dataclass(frozen=True, slots=True)
class Limits:
    """The least that may be withdrawn, in fen, and the fee in basis points."""

    least: int
    fee_bps: int


@dataclass(frozen=True, slots=True)
class Wanted:
    """How much somebody wants."""

    fen: int = whole("how much, in fen", 1, MAX_FEN)


@dataclass(frozen=True, slots=True)
class WithdrawalOf:
    """The withdrawal that is spoken of."""

    withdrawal: str = name("the withdrawal's id")


MOVES = {
    "withdraw": MoveRule(who="owner", pays=False, params=Wanted, anytime=True, in_group=False),
    "approve": MoveRule(who="staff", pays=False, params=WithdrawalOf, anytime=True),
    "reject": MoveRule(who="staff", pays=False, params=WithdrawalOf, anytime=True),
    "retry": MoveRule(who="staff", pays=False, params=WithdrawalOf, anytime=True),
    "give_up": MoveRule(who="staff", pays=False, params=WithdrawalOf, anytime=True),
    "paid_out": MoveRule(who="system", pays=False, params=WithdrawalOf, anytime=True),
    "pay_failed": MoveRule(who="system", pays=False, params=WithdrawalOf, anytime=True),
}
#: move → (the states it is made in, the state after it).
_STEPS = {
    "approve": ((AUDITING,), APPROVED),
    "reject": ((AUDITING,), RETURNED),
    "retry": ((PAY_FAILED,), APPROVED),
    "give_up": ((PAY_FAILED,), RETURNED),
    "paid_out": ((APPROVED,), PAID),
    "pay_failed": ((APPROVED,), PAY_FAILED),
}


def accounts(frame: Frame, unit: str, owner: str) -> tuple[str, ...]:
    """Those that a withdrawal moves."""
    campaign = frame.campaign
    return (available(owner), debt(owner), clearing(campaign, unit), external(campaign), revenue(campaign))


def decide(unit: Unit, command: Command, context: Context, limits: Limits) -> Moves | Rejection:
    """One step of a withdrawal; a step that was made before is refused."""
    if unit.play.order:
        return Rejection(Reason.WRONG_STATE, {"status": unit.play.status})
    return _ask(unit, command, context, limits) if command.move == "withdraw" else _step(unit, command, context)


def _ask(unit: Unit, command: Command, context: Context, limits: Limits) -> Moves | Rejection:
    book: Book = unit.play
    wanted, owner = int(command.params["fen"]), unit.owner
    if context.balances[debt(owner)] < 0:
        return Rejection(Reason.IN_DEBT, {"debt": -context.balances[debt(owner)]})
    if wanted < limits.least:
        return Rejection(Reason.BELOW_MINIMUM, {"least": limits.least})
    if wanted > context.balances[available(owner)]:
        return Rejection(Reason.BALANCE_SHORT, {"available": context.balances[available(owner)]})
    if len(book.withdrawals) >= MAX_WITHDRAWALS:
        return Rejection(Reason.QUOTA, {"most": MAX_WITHDRAWALS})
    asked = f"{unit.unit}-w{len(book.withdrawals)}"
    kept = Transfer(f"ask:{asked}", available(owner), clearing(context.frame.campaign, unit.unit), wanted)
    fee = share_bps(wanted, limits.fee_bps)
    return Moves((Withdrawn(asked, wanted, fee, AUDITING),), postings=(kept,), answer=asked)


def _step(unit: Unit, command: Command, context: Context) -> Moves | Rejection:
    book: Book = unit.play
    key = str(command.params["withdrawal"])
    known, (states, after) = book.withdrawals.get(key), _STEPS[command.move]
    if known is None or known.state not in states:
        return Rejection(Reason.WRONG_STATE, {"status": known.state if known is not None else ""})
    campaign, owner = context.frame.campaign, unit.owner
    held = clearing(campaign, unit.unit)
    postings: tuple[Transfer, ...] = ()
    if after == PAID:
        out = Transfer(f"out:{key}", held, external(campaign), known.fen - known.fee)
        postings = (out, Transfer(f"fee:{key}", held, revenue(campaign), known.fee))
    if after == RETURNED:
        repaid = min(known.fen, -context.balances[debt(owner)])
        back = Transfer(f"back:{key}", held, available(owner), known.fen)
        postings = (back, Transfer(f"repay:{key}", available(owner), debt(owner), repaid))
    return Moves((Withdrawn(key, known.fen, known.fee, after),), postings=postings)
