"""Giving a grant to its person, by kind; what cannot be given now is tried again, then left to staff. Pure."""

from __future__ import annotations

from datetime import datetime, timedelta

from qunflow.domain.payments import PayoutWanted
from qunflow.domain.prizes import DrawsGranted
from qunflow.features.rewards.items import DRAW, MONEY, POINTS, RewardItem
from qunflow.features.rewards.model import FAILED, ISSUING, MANUAL, ExpireGrant, GrantIssued, GrantRepaid
from qunflow.features.rewards.news import tell_issued
from qunflow.features.rewards.turn import EXPIRE, TRY, Turn, prizes
from qunflow.ledger.accounts import debt
from qunflow.ledger.points import points, points_debt, points_outside

#: Waits between tries, in minutes (campaigns.md §9: at most five).
WAITS = (1, 5, 30, 120, 720)
#: What no later try can mend: it is the staff's at once.
HOPELESS = ("item_expired", "below_minimum", "above_maximum", "already_done")


def issue(turn: Turn, *, fresh: bool = False) -> None:
    """Try to give it; ``fresh`` counts the tries anew."""
    tries = 0 if fresh else turn.state.tries
    turn.move(ISSUING, tries=tries)
    item = turn.item
    trouble = _give(turn, item)
    if trouble:
        fail(turn, trouble, tries)
    elif item.kind not in MONEY or not _pay(turn):
        note_issued(turn)


def note_issued(turn: Turn) -> None:
    """The person has it: note it, tell them, and set its end."""
    item, at = turn.item, turn.message.at
    until = valid_until(item, at)
    turn.quiet(TRY)
    turn.add(GrantIssued(turn.facts.grant, item.name, item.kind, item.amount, until))
    tell_issued(turn, item, until)
    if until is not None:
        turn.timer(EXPIRE, until, ExpireGrant(turn.facts.grant))


def _pay(turn: Turn) -> bool:
    """Ask for the payout of a prize of money, once for each try; what its person owes is settled first.

    Answers whether there was anything left to pay.
    """
    state, person = turn.state, turn.person
    account = prizes(turn.campaign)
    left = state.cost - state.repaid
    repaid = min(left, max(0, -turn.balance(debt(person))))
    if repaid:
        turn.post(f"repay{state.payouts or ''}", account, debt(person), repaid)
        turn.add(GrantRepaid(repaid))
    if left == repaid:
        return False
    key = f"{turn.facts.grant}~{state.payouts + 1}"
    agreed = (state.agreed,) if state.agreed else ()
    turn.quiet(TRY)
    turn.add(PayoutWanted(turn.facts.grant, key, account, left - repaid, agreed))
    return True


def valid_until(item: RewardItem, at: datetime) -> datetime | None:
    """When something that is issued now runs out; money, points and draws never do."""
    if item.kind in (*MONEY, POINTS, DRAW):
        return None
    ends = [item.expires_at] if item.expires_at is not None else []
    if item.valid_days:
        ends.append(at + timedelta(days=item.valid_days))
    return min(ends, default=None)


def _give(turn: Turn, item: RewardItem) -> str:
    """What giving moves; answers why it cannot be done now, empty when it was."""
    person, campaign = turn.person, turn.campaign
    if item.expires_at is not None and item.expires_at <= turn.message.at:
        return "item_expired"
    if item.kind == POINTS:
        turn.post_points("points", points_outside(campaign), points(person), item.amount)
        repaid = min(item.amount, max(0, -turn.balance(points_debt(person))))
        turn.post_points("points_repay", points(person), points_debt(person), repaid)
    elif item.kind == DRAW:
        if not turn.facts.units:
            return "no_unit"
        turn.add(DrawsGranted(turn.facts.units[0], item.amount))
    return ""


def fail(turn: Turn, trouble: str, tries: int) -> None:
    """Again later, at most five times; then it is the staff's."""
    if tries >= len(WAITS) or trouble in HOPELESS:
        turn.move(FAILED, trouble, None, tries)
        turn.move(MANUAL, trouble, None, tries)
        return
    until = turn.message.at + timedelta(minutes=WAITS[tries])
    turn.move(FAILED, trouble, until, tries + 1)
    turn.later(until)
