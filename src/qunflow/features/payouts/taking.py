"""A person takes a payout that waits for them: what became of it is asked of the payment account. Pure.

Asking never makes anything: the question and, where the package is missing, the repeated call go under the payout's own
number, which WeChat Pay counts once.
"""

from __future__ import annotations

from dataclasses import replace

from qunflow.domain.actions import Wish
from qunflow.domain.decisions import Chance, Decision, reject
from qunflow.domain.inbound import Message
from qunflow.domain.reasons import Reason
from qunflow.engine.feature import View
from qunflow.features.payouts.decide import PayoutFacts, transfer_wish
from qunflow.features.payouts.ending import read_wish
from qunflow.features.payouts.model import MANUAL, WAITING, AskPayout, PayoutState, payout_stream


def decide_ask(message: Message, facts: PayoutFacts, view: View, chance: Chance) -> Decision:
    """Ask what became of the person's own payout while it waits for them; answers the status as it is known."""
    body: AskPayout = message.body
    state: PayoutState = view.state(payout_stream(body.number))
    if not state.number or state.person != message.person or state.channel == MANUAL:
        return reject(Reason.PAYOUT_UNKNOWN)
    if state.status != WAITING:
        return Decision(answer=state.status)
    wishes: tuple[Wish, ...] = (read_wish(state),)
    if not state.package:
        again = transfer_wish(state)
        wishes = (*wishes, replace(again, coalesce=f"{again.lane_key}:package"))
    return Decision(wishes=wishes, answer=state.status)
