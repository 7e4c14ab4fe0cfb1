"""Giving a grant to its person, by kind; what cannot be given now is tried again, then left to staff. Pure."""

from __future__ import annotations

from datetime import datetime, timedelta

from qunflow.domain.prizes import DrawsGranted
from qunflow.features.rewards.items import DRAW, MONEY, POINTS, RewardItem
from qunflow.features.rewards.model import FAILED, ISSUING, MANUAL, ExpireGrant, GrantIssued
from qunflow.features.rewards.turn import EXPIRE, TRY, Turn, prizes
from qunflow.ledger.accounts import available, debt
from qunflow.ledger.points import points, points_debt, points_outside

#: Waits between tries, in minutes (campaigns.md §9: at most five).
WAITS = (1, 5, 30, 120, 720)


def issue(turn: Turn, *, fresh: bool = False) -> None:
    """Try to give it; ``fresh`` counts the tries anew."""
    tries = 0 if fresh else turn.state.tries
    turn.move(ISSUING, tries=tries)
    item, at = turn.item, turn.message.at
    trouble = _give(turn, item)
    if trouble:
        _fail(turn, trouble, tries)
        return
    until = valid_until(item, at)
    turn.quiet(TRY)
    turn.add(GrantIssued(turn.facts.grant, item.name, item.kind, item.amount, until))
    if until is not None:
        turn.timer(EXPIRE, until, ExpireGrant(turn.facts.grant))


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
    if item.kind in MONEY:
        turn.post("pay", prizes(campaign), available(person), item.face_value)
        repaid = min(item.face_value, max(0, -turn.balance(debt(person))))
        turn.post("repay", available(person), debt(person), repaid)
    elif item.kind == POINTS:
        turn.post_points("points", points_outside(campaign), points(person), item.amount)
        repaid = min(item.amount, max(0, -turn.balance(points_debt(person))))
        turn.post_points("points_repay", points(person), points_debt(person), repaid)
    elif item.kind == DRAW:
        if not turn.facts.units:
            return "no_unit"
        turn.add(DrawsGranted(turn.facts.units[0], item.amount))
    return ""


def _fail(turn: Turn, trouble: str, tries: int) -> None:
    """Again later, at most five times; then it is the staff's."""
    if tries >= len(WAITS) or trouble == "item_expired":
        turn.move(FAILED, trouble, None, tries)
        turn.move(MANUAL, trouble, None, tries)
        return
    until = turn.message.at + timedelta(minutes=WAITS[tries])
    turn.move(FAILED, trouble, until, tries + 1)
    turn.later(until)
