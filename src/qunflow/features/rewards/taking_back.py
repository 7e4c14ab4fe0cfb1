"""Taking a grant back: before it was given it is cancelled; after, what is left goes back, the rest is a debt. Pure."""

from __future__ import annotations

from qunflow.domain.decisions import CounterMove, Decision
from qunflow.features.rewards.items import CODED, MONEY, PHYSICAL, POINTS, PRIVILEGE, RewardItem
from qunflow.features.rewards.model import (
    CANCELLED,
    EXPIRED,
    FAILED,
    ISSUED,
    ISSUING,
    REDEEMED,
    RETURNED,
    REVERSED,
    GrantEnded,
)
from qunflow.features.rewards.turn import ADDRESS, EXPIRE, TRY, Turn, cap_counter, sponsored
from qunflow.ledger.accounts import available, debt
from qunflow.ledger.points import points, points_debt, points_outside


def take_back(turn: Turn, reason: str, by: str = "") -> None:
    """Whatever its status; what ran out stays as it is (I9)."""
    state = turn.state
    if state.status in (ISSUED, REDEEMED):
        _reverse(turn, reason, by)
        return
    if state.status in (EXPIRED, CANCELLED, REVERSED):
        return
    if state.status == ISSUING:  # goods that are being packed
        turn.move(FAILED, reason)
    turn.leave_queue()
    turn.quiet(TRY, ADDRESS)
    turn.free()
    turn.post("owed_again", debt(turn.person), f"budget:{turn.campaign}", state.repaid)
    if state.limit:
        turn.follow(Decision(counters=(CounterMove(cap_counter(turn.facts.grant), -1),)))
    turn.move(CANCELLED, reason, by=by)


def _reverse(turn: Turn, reason: str, by: str) -> None:
    """Fen and points as far as they are there, codes that were not used, goods that came back; else their worth."""
    item = turn.item
    owed = _give_back(turn, item)
    turn.quiet(TRY, EXPIRE)
    turn.add(GrantEnded(turn.facts.grant, REVERSED, reason, owed, by))


def _give_back(turn: Turn, item: RewardItem) -> int:
    """Move what goes back; answers what is owed in fen (points: in points)."""
    state, person, campaign = turn.state, turn.person, turn.campaign
    budget = f"budget:{campaign}"
    if item.kind in MONEY:
        there = max(0, min(item.face_value, turn.balance(available(person))))
        turn.post("claw", available(person), budget, there)
        turn.post("debt", debt(person), budget, item.face_value - there)
        return item.face_value - there
    if item.kind == POINTS:
        there = max(0, min(item.amount, turn.balance(points(person))))
        turn.post_points("claw", points(person), points_outside(campaign), there)
        turn.post_points("debt", points_debt(person), points_outside(campaign), item.amount - there)
        return item.amount - there
    if item.kind == PHYSICAL and state.parcel == RETURNED:
        turn.free()
        return 0
    if item.kind in (*CODED, PRIVILEGE) and state.status != REDEEMED:
        return 0  # the code is void; its piece of stock stays given, for somebody has seen it
    turn.post("debt", debt(person), sponsored(campaign) if state.sponsor else budget, item.face_value)
    return item.face_value
