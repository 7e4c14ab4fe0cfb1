"""When a campaign may be closed, and what happens afterwards (campaigns.md §0.2).

Closed is only what holds no money of anybody: what people paid is the shop's or back with them, nothing is set aside
for a unit, and no order, refund, payout or prize is under way. Some days later its codes are given back: old posters
say so until then (§5.4).
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import ClassVar

from qunflow.domain.decisions import Chance, Decision, Needs, NewEvent, Timer, reject
from qunflow.domain.events import CodesDone
from qunflow.domain.facts import GrantsOpen, PaymentsOpen
from qunflow.domain.inbound import Message
from qunflow.domain.reasons import Reason
from qunflow.engine.feature import Reader, View
from qunflow.features.campaigns.mechanics.models import MODELS
from qunflow.features.campaigns.model import CampaignState, SetStatus, campaign_stream, participation_stream
from qunflow.features.campaigns.plays.model import thawed, unit_stream

#: So long the codes of a closed campaign still lead to the page that says that it is over.
CODES_KEPT = timedelta(days=7)
TOGETHER = 200


@dataclass(frozen=True, slots=True)
class MoneyLeft:
    """Fen that people paid and that are nobody's yet, fen set aside for units, payments and prizes under way."""

    escrow: int = 0
    reserve: int = 0
    payments: PaymentsOpen | None = None
    prizes: GrantsOpen | None = None

    @property
    def items(self) -> dict[str, int]:
        """What of it there is, by its name."""
        known = self.payments or PaymentsOpen("", 0, 0, 0)
        found = {
            "escrow_fen": self.escrow,
            "reserve_fen": self.reserve,
            "orders": known.orders,
            "refunds": known.refunds,
            "payouts": known.payouts,
            "grants": self.prizes.grants if self.prizes is not None else 0,
        }
        return {name: count for name, count in found.items() if count}


async def load_money_left(reader: Reader, message: Message) -> MoneyLeft | None:
    """What a closing looks at: every unit and every payment, once in a campaign's life; None for other steps."""
    body: SetStatus = message.body
    if body.status != "closed":
        return None
    payments: PaymentsOpen | None = await reader.ask(PaymentsOpen, message.campaign)
    prizes: GrantsOpen | None = await reader.ask(GrantsOpen, message.campaign)
    found = await reader.states("unit", unit_stream(message.campaign, ""))
    units = [thawed(unit) for unit in found.values() if unit.model in MODELS]
    escrow = sum(MODELS[unit.model].in_escrow(unit) for unit in units if not unit.test)
    return MoneyLeft(escrow, sum(unit.reserve for unit in units), payments, prizes)


def refuse_closing(left: MoneyLeft | None) -> Decision | None:
    """A no that names what is left; None when nothing is."""
    return reject(Reason.MONEY_OPEN, **left.items) if left is not None and left.items else None


@dataclass(frozen=True, slots=True)
class EndCodes:
    """A timer: nobody needs the codes of this campaign any more."""

    KIND: ClassVar[str] = "end_codes"


def codes_timer(campaign: str, closed_at: datetime) -> Timer:
    """The timer that is set when a campaign is closed."""
    return Timer(campaign_stream(campaign), "end_codes", closed_at + CODES_KEPT, EndCodes(), campaign=campaign)


async def load_codes(reader: Reader, message: Message) -> tuple[str, ...]:
    """The personal codes of a campaign; a whole look, once in its life."""
    found = await reader.states("participation", participation_stream(message.campaign, ""))
    return tuple(sorted(state.code for state in found.values() if state.code))


def need_closed(message: Message, facts: tuple[str, ...]) -> Needs:
    """The campaign."""
    return Needs(streams=(campaign_stream(message.campaign),))


def decide_end_codes(message: Message, facts: tuple[str, ...], view: View, chance: Chance) -> Decision:
    """Say which codes are done, in bounded events."""
    stream = campaign_stream(message.campaign)
    state: CampaignState = view.state(stream)
    channel = state.plan.channel if state.plan is not None else ""
    codes = (*((state.code,) if state.code else ()), *facts)
    parts = (codes[first : first + TOGETHER] for first in range(0, len(codes), TOGETHER))
    return Decision(
        events=tuple(NewEvent(stream, CodesDone(part), campaign=message.campaign, channel=channel) for part in parts)
    )
