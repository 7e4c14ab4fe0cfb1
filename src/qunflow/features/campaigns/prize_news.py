"""The holder of a prize is told of it by the campaign's script, once: on their page, or in the direct chat. Pure."""

from __future__ import annotations

from typing import Any

from qunflow.domain.decisions import NOTHING, Chance, Decision, Needs
from qunflow.domain.events import ScriptDue
from qunflow.domain.inbound import Message
from qunflow.domain.prizes import PrizeNews
from qunflow.engine.feature import View
from qunflow.features.campaigns.model import CampaignState, ParticipationState, participation_stream
from qunflow.features.campaigns.owing import own
from qunflow.features.campaigns.plan import PRIZE_SCRIPTS


def need_holder(message: Message, facts: CampaignState | None) -> Needs:
    """The holder's own stream."""
    return Needs(streams=(participation_stream(message.campaign, message.person),)) if facts is not None else Needs()


def decide_news(message: Message, facts: CampaignState | None, view: View, chance: Chance) -> Decision:
    """What a prize is and how to get it is nobody else's business: no room hears it."""
    body: PrizeNews = message.body
    if facts is None or body.script not in PRIZE_SCRIPTS:
        return NOTHING
    state: ParticipationState = view.state(participation_stream(message.campaign, message.person))
    if not state.person:
        return NOTHING
    params: dict[str, Any] = {"item": body.item}
    params |= {"amount": body.amount} if body.amount else {}
    params |= {"until": body.until.isoformat()} if body.until is not None else {}
    params |= {"carrier": body.carrier, "tracking": body.tracking} if body.tracking else {}
    params |= {} if facts.contact else {"direct": True}
    return Decision(events=(own(state, ScriptDue(body.script, f"{body.script}@{body.prize}", state.external, params)),))
