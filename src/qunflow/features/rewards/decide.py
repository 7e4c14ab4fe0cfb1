"""A grant's way from the promise to the person, and back (campaigns.md §9, §3.2). Pure.

``carry`` takes a grant as far as it goes now; timers, stock that comes in and staff only call it again, so that a
message that comes twice or late changes nothing more.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from qunflow.domain.decisions import Chance, CounterMove, Decision, Needs, NewEvent, reject
from qunflow.domain.inbound import Message
from qunflow.domain.prizes import PrizeDue
from qunflow.domain.reasons import Reason
from qunflow.engine.feature import View
from qunflow.features.rewards.issuing import issue
from qunflow.features.rewards.items import (
    CODED,
    MONEY,
    PHYSICAL,
    PRIVILEGE,
    RewardItem,
    StockLow,
    item_stream,
    stock_counter,
)
from qunflow.features.rewards.model import (
    APPROVED,
    AWAITING,
    CANCELLED,
    EXPIRED,
    FAILED,
    GIVEN,
    HELD,
    ISSUED,
    ISSUING,
    MANUAL,
    OVER,
    REDEEMED,
    WAITING,
    DecideGrant,
    ForfeitParcel,
    GrantEnded,
    GrantHeld,
    GrantIssued,
    GrantMade,
    GrantRedeemed,
    GrantReserved,
    GrantTold,
    ParcelMoved,
    RedeemGrant,
)
from qunflow.features.rewards.news import ADDRESS_NEWS, tell
from qunflow.features.rewards.taking_back import take_back
from qunflow.features.rewards.turn import (
    ADDRESS,
    EXPIRE,
    TRY,
    GrantFacts,
    Turn,
    cap_counter,
    needs_of,
    paid_by_hand,
    prizes,
    sponsored,
    sponsors,
    wait_claim,
)

#: A person has so long to say where a parcel goes (campaigns.md §9).
ADDRESS_DAYS = 7
#: Looks at a short budget: after so many minutes, the last one again and again.
BUDGET_WAITS = (5, 30, 120, 360, 1_440)
MAX_BUDGET_TRIES = 60


def need_grant(message: Message, facts: GrantFacts) -> Needs:
    """Everything around the grant."""
    return needs_of(facts)


def decide_prize(message: Message, facts: GrantFacts, view: View, chance: Chance) -> Decision:
    """The campaign says where it stands with a prize: it is promised, due, or gone."""
    body: PrizeDue = message.body
    turn = Turn(message, facts, view)
    frozen = message.at + timedelta(hours=body.freeze_hours) if body.freeze_hours and body.state == "due" else None
    if not turn.state.grant:
        if body.state == "gone":
            return Decision()
        turn.add(GrantMade(facts.grant, body.item, body.state, body.limit, body.review, frozen))
        if body.limit:
            if view.counter(cap_counter(facts.grant)).used >= body.limit:
                turn.move(CANCELLED, "limit")
                return turn.answer()
            turn.follow(Decision(counters=(CounterMove(cap_counter(facts.grant), 1, body.limit),)))
    elif body.state != turn.state.told and turn.state.status not in OVER:
        turn.add(GrantTold(body.state, frozen))
    carry(turn)
    return turn.answer()


def decide_try(message: Message, facts: GrantFacts, view: View, chance: Chance) -> Decision:
    """A timer, or stock that came in."""
    turn = Turn(message, facts, view)
    carry(turn)
    return turn.answer()


def carry(turn: Turn) -> None:
    """As far as it goes now."""
    state = turn.state
    if not state.grant or state.status in OVER:
        return
    if state.told == "gone":
        if state.status != ISSUING or state.kind not in MONEY:  # a payout that is under way tells how it ends
            take_back(turn, "revoked")
        return
    if state.status in (ISSUING, MANUAL, *GIVEN):
        return
    if state.status == FAILED:
        if state.until is None or state.until <= turn.message.at:
            issue(turn)
        return
    if not state.reserved and not _take(turn):
        return
    if turn.state.parcel:
        _hold_parcel(turn)
        return
    reason, until = _hold(turn)
    if reason:
        if (turn.state.status, turn.state.reason, turn.state.until) != (HELD, reason, until):
            turn.move(HELD, reason, until)
            if until is not None:
                turn.later(until)
        return
    if turn.state.status != APPROVED:
        turn.move(APPROVED, by=turn.state.agreed)
    if turn.state.kind == PHYSICAL:
        until = turn.message.at + timedelta(days=ADDRESS_DAYS)
        turn.add(ParcelMoved(turn.facts.grant, AWAITING))
        tell(turn, ADDRESS_NEWS, turn.item, 0, until)
        turn.timer(ADDRESS, until, ForfeitParcel(turn.facts.grant))
    else:
        issue(turn)


def _hold_parcel(turn: Turn) -> None:
    """A doubt stops a parcel too, and its end lets it go on."""
    if turn.state.risk and turn.state.status == APPROVED:
        turn.move(HELD, "risk")
    elif not turn.state.risk and turn.state.status == HELD:
        turn.move(APPROVED, by=turn.state.agreed)


def _hold(turn: Turn) -> tuple[str, datetime | None]:
    """What a grant is held for now: the campaign, a doubt, the freeze, and last the consent of staff."""
    state = turn.state
    if state.told == "held":
        return "hold", None
    if state.risk:
        return "risk", None
    if state.frozen_until is not None and state.frozen_until > turn.message.at:
        return "freeze", state.frozen_until
    return ("review", None) if state.review and not state.agreed else ("", None)


def _take(turn: Turn) -> bool:
    """Set a piece of stock and its cost aside; what is not there is waited for, never passed over (§9)."""
    state, at = turn.state, turn.message.at
    free = [item for item in turn.items if _is_open(item, at) and turn.view.counter(stock_counter(item.name)).free > 0]
    if not free:
        if state.reason != "stock":
            turn.move(WAITING, "stock")
            turn.claim(wait_claim(turn.state, at))
        return False
    item = free[0]
    if not item.sponsor and turn.balance(f"budget:{turn.campaign}") < item.cost:
        wait = BUDGET_WAITS[min(state.tries, len(BUDGET_WAITS) - 1)]
        turn.leave_queue()
        turn.move(WAITING, "budget", tries=state.tries + 1)
        if state.tries < MAX_BUDGET_TRIES:
            turn.later(at + timedelta(minutes=wait))
        return False
    turn.leave_queue()
    if item.sponsor:
        turn.post("cost", sponsors(turn.campaign), sponsored(turn.campaign), item.cost)
    else:
        turn.post("cost", f"budget:{turn.campaign}", prizes(turn.campaign), item.cost)
    turn.add(GrantReserved(item.name, item.kind, item.cost, item.sponsor))
    turn.follow(Decision(counters=(CounterMove(stock_counter(item.name), 1),)))
    _warn(turn, item)
    return True


def _is_open(item: RewardItem, at: datetime) -> bool:
    return bool(item.name) and not item.closed and (item.expires_at is None or item.expires_at > at)


def _warn(turn: Turn, item: RewardItem) -> None:
    """Told once when a tenth or less is left, and once when nothing is."""
    stock = turn.view.counter(stock_counter(item.name))
    free = stock.free - 1
    if (not item.low and free * 10 <= stock.limit) or (not item.empty and free <= 0):
        event = NewEvent(item_stream(item.name), StockLow(item.name, free, stock.limit), campaign=turn.campaign)
        turn.follow(Decision(events=(event,)))


# --- what staff and holders do ----------------------------------------------------------------------------------------


def decide_act(message: Message, facts: GrantFacts, view: View, chance: Chance) -> Decision:
    """Staff decide about a grant."""
    body: DecideGrant = message.body
    turn = Turn(message, facts, view)
    if not turn.state.grant:
        return reject(Reason.GRANT_UNKNOWN)
    state = turn.state
    before = state
    if body.act == "approve" and (state.status, state.reason) == (HELD, "review"):
        turn.move(APPROVED, by=body.by)
        carry(turn)
    elif body.act == "hold" and state.status in (WAITING, HELD, APPROVED) and not state.risk:
        turn.add(GrantHeld(True, body.by))
        carry(turn)
    elif body.act == "release" and state.risk:
        turn.add(GrantHeld(False, body.by))
        carry(turn)
    elif body.act == "retry" and state.status in (FAILED, MANUAL):
        issue(turn, fresh=True)
    elif body.act == "retry" and state.status == WAITING:
        carry(turn)
    elif body.act == "done" and state.status == MANUAL:
        if state.kind in MONEY:
            turn.post("by_hand", prizes(turn.campaign), paid_by_hand(), state.cost - state.repaid)
        turn.add(GrantIssued(facts.grant, state.item, state.kind, 0, by=body.by))
    elif body.act == "cancel" and state.status in (WAITING, HELD, APPROVED, FAILED, MANUAL):
        take_back(turn, "staff", body.by)
    elif body.act == "reverse" and state.status in (ISSUED, REDEEMED):
        take_back(turn, body.reason or "staff", body.by)
    else:
        return reject(Reason.WRONG_STATE, status=before.status, act=body.act)
    return turn.answer()


def decide_redeem(message: Message, facts: GrantFacts, view: View, chance: Chance) -> Decision:
    """What was issued is used up, once."""
    body: RedeemGrant = message.body
    turn = Turn(message, facts, view)
    state = turn.state
    if not state.grant:
        return reject(Reason.GRANT_UNKNOWN)
    if state.status == REDEEMED:
        return reject(Reason.ALREADY_DONE)
    if state.status == EXPIRED or (state.until is not None and state.until <= message.at):
        return reject(Reason.EXPIRED)
    if state.status != ISSUED or state.kind not in (*CODED, PRIVILEGE):
        return reject(Reason.WRONG_STATE, status=state.status)
    turn.add(GrantRedeemed(facts.grant, body.by))
    turn.quiet(EXPIRE)
    return turn.answer()


def decide_expire(message: Message, facts: GrantFacts, view: View, chance: Chance) -> Decision:
    """What was issued ran out unused; a timer that comes late or twice changes nothing."""
    turn = Turn(message, facts, view)
    state = turn.state
    if state.status == ISSUED and state.until is not None and state.until <= message.at:
        turn.add(GrantEnded(facts.grant, EXPIRED, "expired"))
        turn.quiet(TRY)
    return turn.answer()
