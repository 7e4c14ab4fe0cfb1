"""What becomes of the payout of a prize of money (campaigns.md §9): told once, late, twice or out of order. Pure.

An unknown result is nothing to tell: the payout is asked after under its own number until it is known, and only then a
prize is issued, tried again under another number, or left to staff.
"""

from __future__ import annotations

from qunflow.domain.decisions import NOTHING, Chance, Decision
from qunflow.domain.inbound import Message
from qunflow.domain.payments import PAYOUT_WAITING, PayoutTold
from qunflow.engine.feature import View
from qunflow.features.rewards.issuing import fail, issue, note_issued
from qunflow.features.rewards.items import MONEY
from qunflow.features.rewards.model import FAILED, ISSUING, MANUAL
from qunflow.features.rewards.news import TAKE_NEWS, tell
from qunflow.features.rewards.taking_back import take_back
from qunflow.features.rewards.turn import GrantFacts, Turn

PAID, RETURNED = "paid", "returned"
UNCLAIMED = "unclaimed"


def decide_told(message: Message, facts: GrantFacts, view: View, chance: Chance) -> Decision:
    """Paid: issued. Not taken in a day: back to the budget. Failed: again later, then the staff's."""
    body: PayoutTold = message.body
    turn = Turn(message, facts, view)
    state = turn.state
    if not state.grant or state.kind not in MONEY:
        return NOTHING
    mine = state.status == ISSUING and state.payout == body.key
    if body.status == PAID:
        _paid(turn, mine)
    elif not mine:
        return NOTHING
    elif body.status == PAYOUT_WAITING:
        tell(turn, TAKE_NEWS, turn.item, state.cost - state.repaid)
    else:
        _not_paid(turn, body)
    return turn.answer()


def _paid(turn: Turn, mine: bool) -> None:
    """A success that comes after a failure is a debt of its person; the prize settles it when it is tried again."""
    if mine:
        note_issued(turn)
    elif turn.state.status in (FAILED, MANUAL):
        issue(turn)
    if turn.state.told == "gone" and turn.state.status != ISSUING:
        take_back(turn, "revoked")


def _not_paid(turn: Turn, body: PayoutTold) -> None:
    state = turn.state
    code = UNCLAIMED if body.lapsed else body.code or body.status
    if state.told == "gone" or body.lapsed:
        turn.move(FAILED, code, None, state.tries)
        take_back(turn, UNCLAIMED if body.lapsed else "revoked")
    elif body.again_at is not None:  # a day's room is used up: no fault, so no try is counted
        turn.move(FAILED, code, body.again_at, state.tries)
        turn.later(body.again_at)
    elif body.status == RETURNED:  # somebody said no
        turn.move(FAILED, code, None, state.tries)
        turn.move(MANUAL, code, None, state.tries)
    else:
        fail(turn, code, state.tries)
