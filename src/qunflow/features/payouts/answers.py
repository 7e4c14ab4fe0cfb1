"""What payouts tell other features: whether the payments of a campaign are over."""

from __future__ import annotations

from qunflow.domain.facts import PaidOrder, PaymentsOpen
from qunflow.engine.feature import Reader
from qunflow.features.payouts.model import BACK, PAID, PayoutState
from qunflow.features.payouts.orders_model import ARRIVED, DUE, OPEN, OPENING, ORDER_PAID, OrderState, order_stream

_UNDER_WAY = (DUE, OPENING, OPEN)


async def answer_open(reader: Reader, campaign: str) -> PaymentsOpen:
    """Orders that may still be paid, refunds that have not arrived, payouts under way; a whole look, rarely asked."""
    orders: list[OrderState] = list((await reader.states("payorder", "payorder:")).values())
    payouts: list[PayoutState] = list((await reader.states("payout", "payout:")).values())
    mine = [order for order in orders if order.campaign == campaign]
    going = [one for order in mine for one in order.refunds.values() if one.status != ARRIVED]
    paying = [one for one in payouts if one.campaign == campaign and one.status not in (PAID, *BACK)]
    return PaymentsOpen(campaign, sum(order.status in _UNDER_WAY for order in mine), len(going), len(paying))


async def answer_paid(reader: Reader, number: str) -> PaidOrder | None:
    """An order that was paid here; what refunds that arrived gave back is taken off its price."""
    order: OrderState | None = await reader.state(order_stream(number)) if number else None
    if order is None or order.status != ORDER_PAID or order.paid_at is None:
        return None
    back = sum(refund.fen for refund in order.refunds.values() if refund.status == ARRIVED)
    return PaidOrder(order.number, order.payer, order.fen - back, order.paid_at)
