"""After a campaign is closed its codes are given back, some days later: old posters say so until then (§5.4)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import ClassVar

from qunflow.domain.decisions import Chance, Decision, Needs, NewEvent, Timer
from qunflow.domain.events import CodesDone
from qunflow.domain.inbound import Message
from qunflow.engine.feature import Reader, View
from qunflow.features.campaigns.model import CampaignState, campaign_stream, participation_stream

#: So long the codes of a closed campaign still lead to the page that says that it is over.
CODES_KEPT = timedelta(days=7)
TOGETHER = 200


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
