"""Arriving again: who takes part already comes through the live code of somebody else (campaigns.md §13.3, case 8).

For models that keep bonds that is an attempt to be bound to the code's owner, the same move as choosing them on their
page, with the same rules (docs/decisions/0020); for all other models it is nothing.
"""

from __future__ import annotations

from qunflow.domain.decisions import NOTHING, Chance, Decision, NewEvent
from qunflow.domain.facts import CodeFact
from qunflow.domain.inbound import Message
from qunflow.engine.door import Door
from qunflow.engine.feature import Reader, View
from qunflow.features.campaigns.mechanics.mechanic import Mechanic
from qunflow.features.campaigns.model import CampaignState, campaign_stream
from qunflow.features.campaigns.plan_model import model_of
from qunflow.features.campaigns.plays import acts
from qunflow.features.campaigns.plays.model import CameThrough, Play, PlayerState, player_stream, unit_stream

#: While people come in by codes.
OPEN = ("draft", "running")


def arrival_model(campaign: CampaignState | None) -> Mechanic | None:
    """The campaign's model, when it keeps bonds and an arrival may change them."""
    model = model_of(campaign.plan) if campaign is not None else None
    return model if model is not None and model.arrives else None


async def load_promoter(reader: Reader, campaign: CampaignState | None, code: CodeFact, person: str) -> str:
    """The unit of who owns the code; empty for a code of one's own or of nobody, and for models without bonds."""
    if arrival_model(campaign) is None or not _leads_elsewhere(code, person):
        return ""
    player: PlayerState | None = await reader.state(player_stream(code.campaign, code.owner), stale_ok=True)
    return _unit_of(player)


def arrival(campaign: CampaignState, person: str, unit: str) -> Decision:
    """That a person came through the code of who has this unit; what becomes of it is decided as a move of its own."""
    if not unit:
        return NOTHING
    channel = campaign.plan.channel if campaign.plan is not None else ""
    stream = player_stream(campaign.campaign, person)
    return Decision(events=(NewEvent(stream, CameThrough(unit), person, "", campaign.campaign, channel),))


async def load_came(reader: Reader, message: Message) -> Mechanic | None:
    """The campaign's model."""
    return arrival_model(await reader.state(campaign_stream(message.campaign), stale_ok=True))


def decide_came(message: Message, facts: Mechanic | None, view: View, chance: Chance) -> Decision:
    """The attempt; what the rules say against it is nobody's error."""
    body: CameThrough = message.body
    if facts is None:
        return NOTHING
    move = Play(facts.arrives, body.unit, {}, "system", message.person)
    return Decision(commands=((unit_stream(message.campaign, body.unit), move),))


async def arrive(door: Door, workspace: str, person: str, code: str) -> None:
    """A participant scanned a live code in a browser that is known to be theirs: the same attempt, made at once."""
    fact: CodeFact | None = await door.look.ask(workspace, CodeFact, code)
    if fact is None or not fact.campaign or not _leads_elsewhere(fact, person):
        return
    campaign: CampaignState | None = await door.look.state(workspace, campaign_stream(fact.campaign))
    model = arrival_model(campaign)
    if model is None or campaign is None or campaign.status not in OPEN:
        return
    unit = _unit_of(await door.look.state(workspace, player_stream(fact.campaign, fact.owner)))
    if unit:  # what the rules say against it is nobody's error: the code leads on all the same
        await acts.play(door, workspace, fact.campaign, person, model.arrives, unit)


def _leads_elsewhere(code: CodeFact, person: str) -> bool:
    return bool(code.owner) and code.owner != person


def _unit_of(player: PlayerState | None) -> str:
    return player.units[0] if player is not None and player.units else ""
