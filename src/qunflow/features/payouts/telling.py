"""What a prize hears of its payout. Pure."""

from __future__ import annotations

from datetime import datetime

from qunflow.domain.decisions import NOTHING, Decision
from qunflow.domain.ids import stream_id
from qunflow.domain.payments import PAYOUT_REFUSED, PayoutTold, PayoutWanted
from qunflow.features.payouts.model import PayoutState

#: Why a transfer failed although nobody refused it: the person did not take it in time.
LAPSED = ("OVERDUE_CLOSE", "USER_NOT_CONFIRM")


def told(state: PayoutState, status: str, code: str = "") -> Decision:
    """The word to the prize that a payout is for; nothing for any other payout."""
    if not state.grant:
        return NOTHING
    body = PayoutTold(state.grant, state.key, status, code, code in LAPSED)
    return Decision(commands=((stream_id("grant", state.grant), body),))


def refused(wanted: PayoutWanted, code: str, again_at: datetime | None = None) -> Decision:
    """Nothing was set aside."""
    body = PayoutTold(wanted.grant, wanted.key, PAYOUT_REFUSED, code, again_at=again_at)
    return Decision(commands=((stream_id("grant", wanted.grant), body),))
