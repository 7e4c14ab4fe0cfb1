"""What payouts tell other features: whether the payments of a campaign are over."""

from __future__ import annotations

from qunflow.domain.facts import PaymentsOpen
from qunflow.engine.feature import Reader
from qunflow.features.payouts.model import BACK, PAID, PayoutState
from qunflow.features.payouts.orders_model import ARRIVED, DUE, OPEN, OPENING, OrderState

_UNDER_WAY = (DUE, OPENING, OPEN)


async def answer_open(reader: Reader, campaign: str) -> PaymentsOpen:
    """Orders that may still be paid, refunds that have not arrived, payouts under way; a whole look, rarely asked."""
    orders: list[OrderState] = list((await reader.states("payorder", "payorder:")).values())
    payouts: list[PayoutState] = list((await reader.states("payout", "payout:")).values())
    mine = [order for order in orders if order.campaign == campaign]
    going = [one for order in mine for one in order.refunds.values() if one.status != ARRIVED]
    paying = [one for one in payouts if one.campaign == campaign and one.status not in (PAID, *BACK)]
    return PaymentsOpen(campaign, sum(order.status in _UNDER_WAY for order in mine), len(going), len(paying))
