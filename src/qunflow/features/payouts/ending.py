"""What becomes of a payout that is on its way: told by the payment account, by staff, or by nobody. Pure.

An unknown result never ends a payout and never gets a second number (campaigns.md §7): it is asked after under the same
number, and what WeChat does not know is sent again under the same number.
"""

from __future__ import annotations

from qunflow.domain.actions import Wish
from qunflow.domain.decisions import NOTHING, Chance, Decision, NewEvent, Posting, reject
from qunflow.domain.inbound import Message
from qunflow.domain.payments import NOT_FOUND, REFUSED, ReadTransfer, TransferSeen
from qunflow.domain.reasons import Reason
from qunflow.engine.feature import View
from qunflow.features.payouts.decide import (
    CHECK,
    MAX_CHECKS,
    PayoutFacts,
    check_timer,
    envelope,
    give_back,
    send,
    transfer_wish,
)
from qunflow.features.payouts.model import (
    AUDITED,
    BACK,
    FAILED,
    MANUAL,
    ON_THE_WAY,
    PAID,
    RETURNED,
    SENDING,
    WAITING,
    CheckPayout,
    ListPayout,
    PayoutPaid,
    PayoutState,
    PayoutWaiting,
    SettlePayout,
    clearing,
    payout_stream,
)
from qunflow.features.payouts.telling import LAPSED, told
from qunflow.ledger.accounts import available, debt, external, revenue


def decide_seen(message: Message, facts: PayoutFacts, view: View, chance: Chance) -> Decision:
    """A transfer as WeChat tells it, perhaps late, twice or out of order: only what is new counts."""
    body: TransferSeen = message.body
    state: PayoutState = view.state(payout_stream(body.number))
    if not state.number or state.channel != message.channel:
        return reject(Reason.PAYOUT_UNKNOWN)
    if body.fen != state.net:
        return reject(Reason.AMOUNT_DIFFERS, told=body.fen, asked=state.net)
    if body.state == "SUCCESS":
        return pay(state, view, body.bill)
    if state.status not in ON_THE_WAY:
        return NOTHING if state.status in (PAID, *BACK) else reject(Reason.WRONG_STATE, status=state.status)
    if body.state in ("FAIL", REFUSED):
        status = RETURNED if body.code in LAPSED else FAILED
        return give_back(state, view, status, body.code[:64]) + told(state, status, body.code[:64])
    if body.state == "CANCELLED":
        return give_back(state, view, RETURNED, "cancelled") + told(state, RETURNED, "cancelled")
    if body.state == NOT_FOUND:
        return Decision(wishes=(transfer_wish(state),)) if state.status == SENDING else NOTHING
    return _wait(state, body) if body.state == "WAIT_USER_CONFIRM" else NOTHING


def _wait(state: PayoutState, body: TransferSeen) -> Decision:
    """It waits for its person. Only the call that makes a transfer answers its package, also when it is repeated."""
    if state.status == WAITING and (state.package or not body.package):
        return NOTHING
    waiting = PayoutWaiting(state.number, body.bill, body.package)
    decision = Decision(events=(NewEvent(payout_stream(state.number), waiting, **envelope(state)),))
    if not body.package:
        decision += Decision(wishes=(transfer_wish(state),))
    return decision + told(state, WAITING) if state.status == SENDING else decision


def pay(state: PayoutState, view: View, bill: str, by: str = "") -> Decision:
    """The person has the money. After it was given back, it leaves what is available; what is missing is a debt."""
    if state.status == PAID:
        return NOTHING
    late = state.status in BACK
    paid = PayoutPaid(state.number, state.fen, bill, by, late)
    decision = Decision(
        events=(NewEvent(payout_stream(state.number), paid, **envelope(state)),),
        postings=_late(state, view) if late else _out(state, clearing(state.channel), state.net, state.fee, ""),
        timers_off=((payout_stream(state.number), CHECK),),
        answer=PAID,
    )
    return decision + told(state, PAID)


def _out(state: PayoutState, debit: str, net: int, fee: int, leg: str) -> tuple[Posting, ...]:
    """What the person gets, and what the campaign keeps."""
    legs = (("pay", external(state.channel), net), ("fee", revenue(state.campaign), fee))
    return tuple(Posting(f"{state.number}:{name}{leg}", debit, credit, fen) for name, credit, fen in legs if fen)


def _late(state: PayoutState, view: View) -> tuple[Posting, ...]:
    """It was given back before: what of it is still there pays for it, the rest is owed."""
    if state.account:  # a prize: its fen lie where they were, so all of it is owed until the prize settles it
        return _out(state, debt(state.person), state.net, state.fee, ":debt")
    has = max(0, min(state.fen, view.balance(available(state.person))))
    net, fee = min(has, state.net), max(0, min(has - state.net, state.fee))
    owed = _out(state, debt(state.person), state.net - net, state.fee - fee, ":debt")
    return (*_out(state, available(state.person), net, fee, ":late"), *owed)


def decide_check(message: Message, facts: PayoutFacts, view: View, chance: Chance) -> Decision:
    """No notice came: ask, and ask again later."""
    body: CheckPayout = message.body
    state: PayoutState = view.state(payout_stream(body.number))
    if state.status not in ON_THE_WAY:
        return NOTHING
    timers = (check_timer(message, state, body.turn + 1),) if body.turn < MAX_CHECKS else ()
    return Decision(wishes=(read_wish(state),), timers=timers)


def read_wish(state: PayoutState) -> Wish:
    """The question what became of it; one that nobody has asked yet is not asked twice."""
    lane = payout_stream(state.number)
    return Wish(state.channel, ReadTransfer(state.number, state.net), lane_key=lane, coalesce=f"{lane}:read")


# --- by hand ----------------------------------------------------------------------------------------------------


def decide_list(message: Message, facts: PayoutFacts, view: View, chance: Chance) -> Decision:
    """Put an agreed manual payout on a list; from then on only its result ends it."""
    body: ListPayout = message.body
    state: PayoutState = view.state(payout_stream(body.number))
    if not state.number or state.channel != MANUAL:
        return reject(Reason.PAYOUT_UNKNOWN)
    if state.status != AUDITED:
        return reject(Reason.WRONG_STATE, status=state.status)
    return send(message, state, facts.rules, view, body.list_name)


def decide_settle(message: Message, facts: PayoutFacts, view: View, chance: Chance) -> Decision:
    """Staff say that it was paid or that it failed; the same again changes nothing, the opposite is refused."""
    body: SettlePayout = message.body
    state: PayoutState = view.state(payout_stream(body.number))
    if not state.number or state.channel != MANUAL:
        return reject(Reason.PAYOUT_UNKNOWN)
    if body.fen != state.net:
        return reject(Reason.AMOUNT_DIFFERS, told=body.fen, asked=state.net)
    if state.status == body.result:
        return Decision(answer="same")
    if state.status != SENDING or body.result not in (PAID, FAILED):
        return reject(Reason.WRONG_STATE, status=state.status)
    if body.result == PAID:
        return pay(state, view, "", body.by)
    return give_back(state, view, FAILED, "by_hand", body.by) + told(state, FAILED, "by_hand")
