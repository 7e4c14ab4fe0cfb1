"""Orders of campaigns paid inside WeChat: opened, paid once, refunded in part or whole (wecom-api.md §12). Pure.

Nothing is booked here: the campaign that hears OrderPaid and OrderRefunded books its own escrow.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from qunflow.domain.actions import Wish
from qunflow.domain.decisions import NOTHING, Chance, Decision, Needs, NewEvent, Timer, reject
from qunflow.domain.events import OrderMade, RefundOwed
from qunflow.domain.inbound import Message
from qunflow.domain.payments import (
    NOT_FOUND,
    REFUSED,
    ClosePayment,
    OpenPayment,
    OrderPaid,
    OrderRefunded,
    PaymentOpened,
    PaymentSeen,
    ReadPayment,
    ReadRefund,
    RefundSeen,
    SendRefund,
)
from qunflow.domain.reasons import Reason
from qunflow.engine.feature import View
from qunflow.features.payouts.model import merchant_number
from qunflow.features.payouts.orders_model import (
    ARRIVED,
    DUE,
    GOING,
    OPEN,
    OPENING,
    ORDER_PAID,
    CheckOrder,
    CheckRefund,
    OrderClosed,
    OrderExpected,
    OrderOpened,
    OrderOpening,
    OrderState,
    RefundElsewhere,
    RefundGoing,
    RefundState,
    RefundStuck,
    StartPayment,
    order_stream,
)
from qunflow.features.payouts.rules import PayRules

CHECKS = (60, 300, 1_800, 7_200, 86_400)
MAX_CHECKS = 40
_GRACE = timedelta(seconds=30)


@dataclass(frozen=True, slots=True)
class OrderFacts:
    """The workspace's rules: which payment account there is."""

    rules: PayRules = PayRules()


def order_number(workspace: str, campaign: str, order: str) -> str:
    """The merchant's number of a campaign's order."""
    return merchant_number(workspace, "order", campaign, order)


def number_of(message: Message) -> str:
    """The number of the order that a message is about."""
    body = message.body
    if isinstance(body, OrderMade | RefundOwed):
        return order_number(message.workspace, message.campaign, body.order)
    return str(body.number)


def need_order(message: Message, facts: object) -> Needs:
    """The order alone."""
    return Needs(streams=(order_stream(number_of(message)),))


def decide_made(message: Message, facts: OrderFacts, view: View, chance: Chance) -> Decision:
    """A campaign made an order: it can be paid where the workspace has a payment account."""
    body: OrderMade = message.body
    number, channel = number_of(message), facts.rules.channel
    if not channel or view.state(order_stream(number)).number:
        return NOTHING
    event = OrderExpected(number, body.order, body.unit, body.buyer, body.fen, body.until)
    stream = order_stream(number)
    lapse = Timer(stream, "check", body.until + _GRACE, CheckOrder(number, 0), body.buyer, message.campaign)
    return Decision(events=(NewEvent(stream, event, person=body.buyer, channel=channel),), timers=(lapse,))


def decide_start(message: Message, facts: OrderFacts, view: View, chance: Chance) -> Decision:
    """The payer wants to pay. Asking again is answered by what is there; somebody else cannot take an order over."""
    body: StartPayment = message.body
    state: OrderState = view.state(order_stream(body.number))
    if not state.number:
        return reject(Reason.ORDER_UNKNOWN)
    if state.status in (OPENING, OPEN) and state.external == body.external:
        return Decision(answer=state.status)
    if state.status != DUE or not body.external:
        return reject(Reason.WRONG_STATE, status=state.status)
    assert state.until is not None
    if message.at >= state.until:
        return reject(Reason.EXPIRED)
    action = OpenPayment(state.number, body.external, state.fen, state.until)
    return Decision(
        events=(_event(state, OrderOpening(state.number, body.external)),),
        wishes=(_wish(state, action),),
        timers=(_check(state, message.at, 0),),
        answer=OPENING,
    )


def decide_opened(message: Message, facts: object, view: View, chance: Chance) -> Decision:
    """The platform has the payment, or refused it for good."""
    body: PaymentOpened = message.body
    state: OrderState = view.state(order_stream(body.number))
    if state.status != OPENING or state.channel != message.channel:
        return NOTHING
    if body.prepay:
        return Decision(events=(_event(state, OrderOpened(state.number, body.prepay)),))
    return _close(state, body.code or "refused")


def decide_seen(message: Message, facts: object, view: View, chance: Chance) -> Decision:
    """An order as the platform tells it; paid counts once, also when it comes late, twice or after the closing."""
    body: PaymentSeen = message.body
    state: OrderState = view.state(order_stream(body.number))
    if not state.number or state.channel != message.channel:
        return reject(Reason.ORDER_UNKNOWN)
    if state.status == ORDER_PAID:
        return NOTHING
    if body.state in ("SUCCESS", "REFUND"):
        if body.fen != state.fen:
            return reject(Reason.AMOUNT_DIFFERS, told=body.fen, asked=state.fen)
        paid = OrderPaid(state.order, state.unit, state.payer, state.fen, state.number, body.transaction)
        return Decision(events=(_event(state, paid),), timers_off=((order_stream(state.number), "check"),))
    if state.status not in (OPENING, OPEN):
        return NOTHING
    over = state.until is not None and message.at >= state.until
    if body.state in ("CLOSED", "REVOKED", "PAYERROR") or (body.state == NOT_FOUND and over):
        return _close(state, "")
    if body.state == NOT_FOUND and state.status == OPENING and state.until is not None:
        return Decision(wishes=(_wish(state, OpenPayment(state.number, state.external, state.fen, state.until)),))
    return Decision(wishes=(_wish(state, ClosePayment(state.number)),)) if over else NOTHING


def decide_check(message: Message, facts: object, view: View, chance: Chance) -> Decision:
    """No notice came: ask, and ask again later. What nobody began to pay is over with its time."""
    body: CheckOrder = message.body
    state: OrderState = view.state(order_stream(body.number))
    if state.status == DUE and state.until is not None and message.at >= state.until:
        return _close(state, "unpaid")
    if state.status not in (OPENING, OPEN):
        return NOTHING
    timers = (_check(state, message.at, body.turn + 1),) if body.turn < MAX_CHECKS else ()
    return Decision(wishes=(_wish(state, ReadPayment(state.number)),), timers=timers)


# --- refunds ----------------------------------------------------------------------------------------------------


def decide_owed(message: Message, facts: object, view: View, chance: Chance) -> Decision:
    """Give back what a campaign owes; a refund has one number for ever."""
    body: RefundOwed = message.body
    state: OrderState = view.state(order_stream(number_of(message)))
    if state.status != ORDER_PAID:
        return reject(Reason.ORDER_UNKNOWN, order=body.order)
    refund_number = merchant_number(message.workspace, "refund", message.campaign, body.refund)
    if refund_number in state.refunds:
        return NOTHING
    if state.given_back + body.fen > state.fen:
        return reject(Reason.REFUND_TOO_LARGE, paid=state.fen, given_back=state.given_back)
    events = [_event(state, RefundGoing(state.number, refund_number, body.refund, body.fen))]
    if body.unit != state.unit:
        events.append(_event(state, RefundElsewhere(state.number, refund_number, body.unit)))
    return Decision(
        events=tuple(events),
        wishes=(_refund_wish(state, refund_number, body.fen),),
        timers=(_check_refund(state, refund_number, message.at, 0),),
    )


def decide_refund_seen(message: Message, facts: object, view: View, chance: Chance) -> Decision:
    """A refund as the platform tells it: arrived counts once; what it does not know is sent again unchanged.

    That goes for one it once refused too, for want of money in the account for example: money is never orphaned.
    """
    body: RefundSeen = message.body
    state: OrderState = view.state(order_stream(body.number))
    refund: RefundState | None = state.refunds.get(body.refund)
    if refund is None or state.channel != message.channel:
        return reject(Reason.ORDER_UNKNOWN)
    if body.fen != refund.fen:
        return reject(Reason.AMOUNT_DIFFERS, told=body.fen, asked=refund.fen)
    if refund.status == ARRIVED:
        return NOTHING
    if body.state == "SUCCESS":
        left = state.fen - sum(one.fen for one in state.refunds.values() if one.status == ARRIVED) - refund.fen
        unit = refund.unit or state.unit
        told = OrderRefunded(state.order, unit, state.payer, refund.refund, refund.fen, left)
        timer = (order_stream(state.number), f"refund:{body.refund}")
        return Decision(events=(_event(state, told),), timers_off=(timer,))
    if body.state == NOT_FOUND:
        return Decision(wishes=(_refund_wish(state, body.refund, refund.fen),))
    if refund.status == GOING and body.state in (REFUSED, "CLOSED", "ABNORMAL"):
        stuck = RefundStuck(state.number, body.refund, body.code or body.state)
        return Decision(events=(_event(state, stuck),))
    return NOTHING


def decide_check_refund(message: Message, facts: object, view: View, chance: Chance) -> Decision:
    """No notice came: ask, and ask again later; one that is stuck may still be mended on the merchant's site."""
    body: CheckRefund = message.body
    state: OrderState = view.state(order_stream(body.number))
    refund = state.refunds.get(body.refund_number)
    if refund is None or refund.status == ARRIVED:
        return NOTHING
    wish = _wish(state, ReadRefund(state.number, body.refund_number, refund.fen))
    again = body.turn < MAX_CHECKS
    timers = (_check_refund(state, body.refund_number, message.at, body.turn + 1),) if again else ()
    return Decision(wishes=(wish,), timers=timers)


# --- pieces -----------------------------------------------------------------------------------------------------


def _event(state: OrderState, body: object) -> NewEvent:
    stream = order_stream(state.number)
    return NewEvent(stream, body, person=state.payer, campaign=state.campaign, channel=state.channel)


def _wish(state: OrderState, action: object) -> Wish:
    return Wish(state.channel, action, lane_key=order_stream(state.number))


def _refund_wish(state: OrderState, refund_number: str, fen: int) -> Wish:
    return _wish(state, SendRefund(state.number, refund_number, fen, state.fen))


def _close(state: OrderState, code: str) -> Decision:
    stream = order_stream(state.number)
    return Decision(events=(_event(state, OrderClosed(state.number, code[:64])),), timers_off=((stream, "check"),))


def _check(state: OrderState, at: datetime, turn: int) -> Timer:
    """Ask after an order later, and in any case just after its time is over."""
    due = at + timedelta(seconds=CHECKS[min(turn, len(CHECKS) - 1)])
    if state.until is not None and at < state.until + _GRACE < due:
        due = state.until + _GRACE
    stream = order_stream(state.number)
    return Timer(stream, "check", due, CheckOrder(state.number, turn), state.payer, state.campaign)


def _check_refund(state: OrderState, refund_number: str, at: datetime, turn: int) -> Timer:
    due = at + timedelta(seconds=CHECKS[min(turn, len(CHECKS) - 1)])
    body = CheckRefund(state.number, refund_number, turn)
    stream = order_stream(state.number)
    return Timer(stream, f"refund:{refund_number}", due, body, state.payer, state.campaign)
